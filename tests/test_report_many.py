"""Can hundreds of operations be read? The page, the terminal and the summary of a run over 300 of them."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from rulings import answered, make_broken, make_clause
from test_report_causes import EVERYWHERE, in_each

from pytest_confluent_contracts.model.clauses import Family, Finding, FindingKind, Verdict
from pytest_confluent_contracts.report import files, markdown, record, terminal
from pytest_confluent_contracts.report import run as runs
from pytest_confluent_contracts.report.exchange_log import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Record = dict[str, Any]
COUNT, CLAUSES, FILE = 300, 60, "specs/many.yaml"
LINES = 12_000


def described() -> Record:
    """Return a document of many operations."""
    operations = [
        {
            "id": f"o{number}",
            "method": "GET",
            "path": f"/things/{number}",
            "line": 20 * number + 1,
            "statuses": ["200", "404"],
            "limits": {
                "limit": "X-RateLimit-Limit",
                "remaining": "X-RateLimit-Remaining",
                "reset": "",
            },
            "keywords": [],
        }
        for number in range(COUNT)
    ]
    told = {"name": "d", "title": "Many", "version": "1", "digest": "0", "file": FILE}
    return told | {"operations": operations, "left_out": []}


def clauses_told(failing: list[Record]) -> list[Record]:
    """Return the records of a run: what is kept of each operation, and what is *failing*."""
    kept = []
    for number in range(CLAUSES):
        family = list(Family)[number % 6]
        ruling = make_broken(make_clause(f"200/body/member{number}", family), FOUND)
        one = record.ruling_record(ruling)
        kept.append(one | {"verdict": "kept", "finding": None, "file": FILE})
    told = [one | {"file": FILE, "also": []} for one in failing]
    every = in_each(COUNT, *kept, *told)
    for one in every:
        one["line"] = 20 * int(one["operation"][1:]) + len(one["clause"]) % 19 + 1
    return every


FOUND = Finding(FindingKind.NOT_ANSWERED, 200)
FAILING = {
    "nothing": [],
    "a header in each": EVERYWHERE["a header is missing"],
    "three things in each": [EVERYWHERE[name][0] for name in list(EVERYWHERE)[:3]],
}


def sent() -> Iterator[Record]:
    """Yield what was sent: some requests to each operation, and answers that tell a limit."""
    one = record.exchange_record(answered(200))
    for number in range(COUNT):
        for turn in range(40):
            headers = [["X-RateLimit-Limit", "40"], ["X-RateLimit-Remaining", str(40 - turn)]]
            moment = {"sent_at": float(turn), "came_at": turn + 0.5}
            yield one | {"document": "d", "operation": f"o{number}", "headers": headers} | moment


def own_failure(number: int) -> Record:
    """Return what is wrong in one operation alone, with a long answer."""
    finding = Finding(FindingKind.VALUE_LOST, 200, f"member{number}", expected="x" * 300)
    exchange = answered(200)
    told = record.ruling_record(make_broken(make_clause("own"), finding, exchange), lambda _: 1)
    node = f"contracts/d::o{number}::own"
    return told | {"operation": f"o{number}", "node": node, "file": FILE, "line": 20 * number + 2}


@pytest.fixture(scope="module", params=[*FAILING, "another thing in each"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the reports of a run over 300 operations."""
    folder = tmp_path_factory.mktemp("many")
    records = clauses_told(FAILING.get(request.param, []))
    if request.param not in FAILING:
        records += [own_failure(number) for number in range(COUNT)]
    begun = time.process_time()
    run = runs.gather_run({"documents": [described()], "target": "mock"}, records, sent())
    text = "\n".join(f"line{number}: it is as it should be" for number in range(LINES))
    files.write_reports(folder, run, {FILE: text}, Exchanges(sent))
    assert time.process_time() - begun < 40
    return folder


def test_the_page_is_small(written: Path) -> None:
    """It is under 5 MB, whatever is wrong, and has a row and a fold for each operation."""
    page = (written / "report.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 5 * 2**20
    assert page.count("<tr data-of=") == page.count('class="operation"') == COUNT


def test_each_clause_is_counted_where_its_operation_is(written: Path) -> None:
    """Kept clauses are numbers, and their names stand once, with their operation."""
    page = (written / "report.html").read_text(encoding="utf-8")
    told = json.loads((written / "report.json").read_text(encoding="utf-8"))["clauses"]
    kept = Counter(one["operation"] for one in told if one["verdict"] == "kept")
    for name in ("o0", "o299"):
        [fold] = re.findall(rf"<details [^>]*><summary><b>[^<]* · {name}</b>.*?\n", page)
        assert f"{kept[name]} kept" in fold
        assert fold.count("member59") >= 1


def test_limits_are_drawn_of_some_and_told_of_all(written: Path) -> None:
    """A plot of each would be megabytes."""
    page = (written / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 12
    assert page.count("40 answers over 39 s") >= COUNT


def test_a_long_document_is_shown_around_what_is_wrong(written: Path) -> None:
    """Its lines are numbered as they are in the file, and each link leads to a line that is there."""
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "the lines around what is not as promised" in page
    shown = set(re.findall(r'id="(d0-\d+)"', page))
    assert set(re.findall(r'href="#(d0-\d+)"', page)) <= shown
    assert len(shown) < 2000
    if shown:
        first = min(int(one.partition("-")[2]) for one in shown)
        assert f"line{first - 1}:" in page
        assert "counter-set:l" in page


def test_the_terminal_tells_a_cause_of_many_once() -> None:
    """Each operation has a line, all of them a table, and what they have in common stands behind them."""
    records = clauses_told(FAILING["a header in each"])
    lines = [line.text for line in terminal.closing_lines(records, {}, 0)]
    broken = [line for line in lines if line.startswith("  broken: ")]
    assert len(broken) == 1
    assert "in 300 operations" in broken[0]
    assert len([line for line in lines if line.startswith("d::o")]) == COUNT
    assert sum(line.startswith("all 300 operations: ") for line in lines) == 1
    assert len(lines) < COUNT + 20
    long = [line.text for line in terminal.closing_lines(records, {}, 1)]
    assert len(long) > 5 * COUNT, "-v has the tables"


def test_the_summary_fits_the_page_of_a_job() -> None:
    """A row an operation, one entry a cause; far from the megabyte that GitHub takes."""
    records = clauses_told(FAILING["three things in each"])
    run = runs.gather_run({"documents": [described()], "target": "mock"}, records, ())
    told = markdown.markdown_summary(run)
    assert len(told) < 100_000
    assert told.count("**broken**") == 3
    assert told.count("| d · `o") == COUNT
    [rows] = [line for line in told.splitlines() if line.startswith("| d · `o7` ")]
    assert [cell.strip() for cell in rows.split("|")[2:4]] == [str(CLAUSES), "3"]
    assert list(Verdict)[:2] == [Verdict.KEPT, Verdict.BROKEN]
