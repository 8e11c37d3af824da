"""What does a run over hundreds of operations cost? ``many_operations.py [COUNT ...]`` holds 75, 150 and 300.

Each count is held against the embedded service as it is. The largest one is held twice more: with a header missing on
two thirds of the operations, and with three faults in each. Told are wall time, peak memory, the sizes of the reports,
how long the page takes to open (headless Chromium, or what CONTRACT_CHROMIUM names), and at the end which targets were
reached: peak memory, growth, the page. The whole takes some 15 minutes of one core.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

sys.path.insert(0, str(Path(__file__).parent))

import run as bench

Data = dict[str, Any]

COUNTS = (75, 150, 300)
LARGEST_MB, LONGEST_OPENING_S, LARGEST_PAGE_MB = 1500.0, 3.0, 5.0
LINEAR = 1.25  # times what an operation more has cost before
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:respx")
CHROMIUM = os.environ.get("CONTRACT_CHROMIUM") or shutil.which("chromium") or ""

# What a broken service does, as a plugin of the run: the header is missing on two thirds of the
# operations; in each, it is missing, a member is of another type, and errors are no JSON.
BREAKING = """
import json
from pytest_confluent_contracts.double.router import Router

whole = Router.answer
many = {many}
known = {{}}


def answer(self, operation, *parts, **more):
    status, headers, body = whole(self, operation, *parts, **more)
    number = known.setdefault(operation, len(known))
    if many or number % 3 < 2:
        headers = tuple(one for one in headers if one[0] != "X-Request-Id")
    if many and status >= 400:
        headers = (*(one for one in headers if one[0] != "Content-Type"), ("Content-Type", "text/html"))
    if many and status < 300 and b'"note"' in body:
        body = body.replace(b'"note": "', b'"note": 7, "was": "')
    return status, headers, body


Router.answer = answer
"""


# --- the document ------------------------------------------------------------------------------------------------


def text(**more: Any) -> Data:
    """Return the schema of a text."""
    return {"type": "string", **more}


def referred(kind: str, name: str) -> Data:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def answered(description: str, schema: Data | None) -> Data:
    """Return an answer, which has a request id."""
    told: Data = {
        "description": description,
        "headers": {"X-Request-Id": referred("headers", "RequestId")},
    }
    if schema is not None:
        told["content"] = {"application/json": {"schema": schema}}
    return told


WRITTEN: Data = {
    "name": text(minLength=1, maxLength=80),
    "note": text(),
    "kind": text(enum=["small", "large", "other"]),
    "size": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 3},
    "labels": {"type": "array", "items": text(maxLength=40), "maxItems": 20},
    "contact": {"type": "object", "properties": {"email": text(format="email"), "phone": text()}},
    "enabled": {"type": "boolean"},
}
SHOWN: Data = {
    "id": text(readOnly=True),
    **WRITTEN,
    "state": text(enum=["ready", "busy"], readOnly=True),
    "created_at": text(format="date-time", readOnly=True),
    "updated_at": text(format="date-time", readOnly=True),
}
STATUS: Data = {"type": "object", "required": ["state"], "properties": {"state": SHOWN["state"]}}
RESTART: Data = {
    "type": "object",
    "required": ["reason"],
    "properties": {"reason": text(maxLength=200)},
}
REFUSALS = {"400": "wrong", "401": "nobody known", "404": "not there"}


def components(resources: int) -> Data:
    """Return what the operations refer to: schemas of each resource, and what all share."""
    schemas: Data = {
        "Error": {
            "type": "object",
            "required": ["message", "code"],
            "properties": {
                "message": text(),
                "code": text(),
                "details": {"type": "array", "items": text()},
            },
        },
        "Restart": RESTART,
    }
    for number in range(resources):
        schemas[f"New{number}"] = {"type": "object", "required": ["name"], "properties": WRITTEN}
        schemas[f"Change{number}"] = {"type": "object", "properties": WRITTEN}
        schemas[f"Thing{number}"] = {
            "type": "object",
            "required": ["id", "name"],
            "properties": SHOWN,
        }
    return {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "headers": {"RequestId": {"required": True, "schema": text(minLength=8)}},
        "schemas": schemas,
        "responses": {
            told: answered(told, referred("schemas", "Error")) for told in REFUSALS.values()
        },
    }


def operation(id: str, status: str, schema: Data | None, sent: str = "") -> Data:
    """Return an operation that succeeds with *status*, and takes the body *sent*."""
    responses = {status: answered("done", schema)}
    for refusal, told in REFUSALS.items():
        responses[refusal] = referred("responses", told)
    found: Data = {"operationId": id, "responses": responses}
    if sent:
        content = {"application/json": {"schema": referred("schemas", sent)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def operations(number: int) -> Iterator[tuple[str, str, Data]]:
    """Yield path, method and the operation of each that is about resource *number*.

    Of 14 resources there are 100: GET 45, POST 27, DELETE 14, PUT 8, PATCH 6.
    """
    thing = referred("schemas", f"Thing{number}")
    # Every third lies in the one before it.
    around = f"/things{number - 1}/{{thing{number - 1}_id}}" if number % 3 == 2 else ""
    one = f"{around}/things{number}/{{thing{number}_id}}"
    listed = operation(
        f"listThings{number}",
        "200",
        {"type": "object", "properties": {"data": {"type": "array", "items": thing}}},
    )
    listed["parameters"] = [
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100},
        },
    ]
    yield f"{around}/things{number}", "get", listed
    yield one, "get", operation(f"getThing{number}", "200", thing)
    yield f"{one}/status", "get", operation(f"getStatus{number}", "200", STATUS)
    if number % 7 < 4:
        yield one, "put", operation(f"replaceThing{number}", "200", thing, f"New{number}")
    else:
        yield one, "patch", operation(f"updateThing{number}", "200", thing, f"Change{number}")
    yield one, "delete", operation(f"deleteThing{number}", "204", None)
    yield (
        f"{around}/things{number}",
        "post",
        operation(f"createThing{number}", "201", thing, f"New{number}"),
    )
    if number % 14 != 13:
        yield f"{one}/restart", "post", operation(f"restartThing{number}", "200", STATUS, "Restart")
    if number % 14 < 3:
        yield (
            f"{one}/usage",
            "get",
            operation(
                f"getUsage{number}",
                "200",
                {"type": "object", "properties": {"used": {"type": "integer"}}},
            ),
        )


def document(count: int) -> Data:
    """Return an OpenAPI document of *count* operations about resources."""
    paths: Data = {}
    made, number = 0, 0
    while made < count:
        for path, method, told in operations(number):
            if made == count:
                break
            names = re.findall(r"{(\w+)}", path)
            given = [
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": text(),
                    "example": f"{name}-x",
                }
                for name in names
            ]
            paths.setdefault(path, {"parameters": given} if given else {})[method] = told
            made += 1
        number += 1
    return {
        "openapi": "3.1.0",
        "info": {"title": "Many things", "version": "1"},
        "security": [{"key": []}],
        "paths": paths,
        "components": components(number),
    }


# --- a run -------------------------------------------------------------------------------------------------------


def held(folder: Path, count: int, breaking: str = "", options: Sequence[str] = ()) -> bench.Cost:
    """Hold a document of *count* operations in a process of its own; its reports lie in *folder*."""
    written = folder / "many.yaml"
    written.write_text(json.dumps(document(count), indent=1), encoding="utf-8")
    asked = [
        "--contract-target=mock",
        f"--contract-spec={written}",
        "--contract-report=reports",
        *options,
    ]
    given: dict[str, str] = {}
    if breaking:
        (folder / "breaking.py").write_text(breaking, encoding="utf-8")
        given["PYTHONPATH"] = os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
        asked += ["-p", "breaking"]
    command = (sys.executable, "-m", "pytest", *QUIET, *asked)
    return bench.run(*command, folder=str(folder), given=given)


def opening_s(page: Path) -> float:
    """Return the seconds until *page* is loaded and laid out in headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        opened = browser.new_page()
        opened.set_default_timeout(120_000)
        begun = time.perf_counter()
        opened.goto(page.as_uri())
        # Asking for a size makes the browser lay the page out.
        opened.evaluate("document.documentElement.scrollHeight")
        took = time.perf_counter() - begun
        browser.close()
    return took


def sizes(folder: Path) -> str:
    """Return the reports with their sizes."""
    found = sorted(folder.iterdir(), key=lambda path: -path.stat().st_size)
    return ", ".join(f"{path.name} {path.stat().st_size / 2**20:.1f}" for path in found)


class Targets:
    """What was to be reached, and whether it was: told as it comes, and together at the end."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.missed: list[str] = []

    def hold(self, name: str, figure: float, at_most: float, unit: str) -> None:
        """Note that *figure*, in *unit*, was to be *at_most* so much."""
        line = f"{name}: {figure:.2f} {unit} (at most {at_most:g})"
        self.told.append(line)
        if figure > at_most:
            self.missed.append(line)

    def say(self) -> None:
        """Tell all of them, and what was missed."""
        for line in self.told:
            bench.say(f"{'missed ' if line in self.missed else 'reached'} {line}")
        bench.say(f"{len(self.told)} targets, {len(self.missed)} missed")


def measured(
    count: int,
    targets: Targets,
    broken: str = "",
    breaking: str = "",
    options: Sequence[str] = (),
) -> tuple[bench.Cost, list[str]]:
    """Return the cost of a run, and what is to be told of it; note what was to be reached.

    *broken* says in words what *breaking* does.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cost = held(folder, count, breaking, options)
        last = cost.out.rstrip().splitlines()[-1]
        spent = f"{cost.wall:.0f} s ({cost.cpu:.0f} s of CPU), peak {cost.peak:.0f} MB"
        lines = [
            f"{spent}, exit {cost.code}: {last}",
            f"reports in MB: {sizes(folder / 'reports')}",
        ]
        page = folder / "reports" / "report.html"
        which = f"{count} operations{f', {broken}' if broken else ''}"
        targets.hold(f"{which}: peak memory", cost.peak, LARGEST_MB, "MB")
        targets.hold(f"{which}: the page", page.stat().st_size / 2**20, LARGEST_PAGE_MB, "MB")
        if CHROMIUM:
            opening = opening_s(page)
            targets.hold(f"{which}: the page opens in", opening, LONGEST_OPENING_S, "s")
        else:
            lines.append("no Chromium is named by CONTRACT_CHROMIUM: no page is opened")
    return cost, lines


def hold_growth(targets: Targets, costs: Sequence[tuple[int, bench.Cost]]) -> None:
    """Note whether each operation more costs what each one before it has: CPU and memory."""
    growth: list[tuple[float, float]] = []
    for (few, less), (many, more) in pairwise(costs):
        seconds, megabytes = (more.cpu - less.cpu), (more.peak - less.peak)
        growth.append((seconds / (many - few), megabytes / (many - few)))
        told = f"{growth[-1][0]:.2f} s of CPU and {growth[-1][1]:.2f} MB"
        bench.say(f"({few} to {many}) {told} more for each operation")
    for (seconds, megabytes), (later_seconds, later_megabytes) in pairwise(growth):
        targets.hold("growth of CPU", later_seconds / seconds, LINEAR, "of that before")
        targets.hold("growth of memory", later_megabytes / megabytes, LINEAR, "of that before")


def main() -> None:
    """Measure the counts that are named, else three; options of pytest are handed on."""
    counts = [int(one) for one in sys.argv[1:] if one.isdecimal()] or list(COUNTS)
    options = [one for one in sys.argv[1:] if not one.isdecimal()]
    targets = Targets()
    costs: list[tuple[int, bench.Cost]] = []
    for count in counts:
        cost, lines = measured(count, targets, options=options)
        costs.append((count, cost))
        for line in lines:
            bench.say(f"({count}) {line}")
    hold_growth(targets, costs)
    for told, many in (("a header missing on two thirds", False), ("three faults in each", True)):
        _, lines = measured(counts[-1], targets, told, BREAKING.format(many=many), options)
        for line in lines:
            bench.say(f"({counts[-1]}, {told}) {line}")
    targets.say()


if __name__ == "__main__":
    main()
