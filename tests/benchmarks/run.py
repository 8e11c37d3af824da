"""How fast is the gate? ``run.py [PART ...]`` measures what was to be reached, both sides in one run.

Parts, and how long each takes on two quiet cores (all: some 20 minutes):

- ``updates``: the two updates beside ``schemathesis run`` (all checks, 100 examples) on a service
  like it: warm, with what an earlier run has compiled and drawn, the same with the README's line of
  ``addopts``, and with neither byte code nor draws (3 min)
- ``apis``: the same over both whole APIs (5 min)
- ``latency``: both at 80 ms of latency, beside one request at a time (7 min)
- ``memory``, ``mock``, ``collect``: the peak of a default run, the embedded service over both whole
  APIs, 1,000 operations collected (1 min)
- ``addopts``: what the line of ``addopts`` spares any run of pytest, cold and warm (1 min)
- ``wire``: exchanges a second beside a bare client; ``unused``: what the plugin costs who does not
  use it; ``growth``: the time of a run by its examples (3 min)

``--rounds N`` measures N times (3) and takes medians; ``--against FOLDER``, a checkout of another
revision, has ``updates`` and ``apis`` compare the requests that both send. A table of what was
reached comes at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.model.traffic import Case

    Handle = Callable[[str, str, dict[str, str], bytes], Any]

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import whole_services  # noqa: E402
from running import serving  # noqa: E402

SPECS = HERE.parent.parent / "specs"
QUIET = ("-p", "no:schemathesis", "-p", "no:respx", "-p", "no:anyio", "-p", "no:hypothesispytest")
PREFIX = {"confluent-api-keys": "/iam/", "datadog-confluent-cloud": "/api/"}


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- running ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost: seconds by the clock and of the CPU, peak memory in MB, and its output."""

    wall: float
    cpu: float
    peak: float
    code: int
    out: str


def run(
    *command: str,
    folder: str | None = None,
    given: dict[str, str] | None = None,
    deadline: float | None = None,
) -> Cost:
    """Run *command* in an empty folder, and end it after *deadline* seconds."""
    ours = ("PYTEST_", "CONTRACT_", "SCHEMATHESIS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder or empty,
            env=kept | whole_services.CREDENTIALS | (given or {}),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        ending = threading.Timer(deadline or 3600.0, process.kill)
        ending.start()
        _, status, usage = os.wait4(process.pid, 0)
        ending.cancel()
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    return Cost(
        wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, text
    )


def gate(url: str, *options: str, given: dict[str, str] | None = None) -> Cost:
    """Run the gate as its README says."""
    command = (sys.executable, "-m", "pytest", f"--contract-target={url}", *options)
    return run(*command, given=given)


# --- what was to be reached -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """A figure beside its target: *at_most* so much, or at least where *is_least*."""

    what: str
    figure: float
    target: float
    unit: str = ""
    is_least: bool = False

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Return what was measured, the target, the figure and whether it was reached."""
        kept = self.figure >= self.target if self.is_least else self.figure <= self.target
        bound = "at least" if self.is_least else "at most"
        shown = f"{self.figure:.2f}{self.unit}"
        return self.what, f"{bound} {self.target:g}{self.unit}", shown, "yes" if kept else "NO"


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield *rows* in columns, the first as the title."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part is to do: *rounds* of each measurement, and *against* which other checkout."""

    rounds: int = 3
    against: str = ""


# --- the services ---------------------------------------------------------------------------------


class Counting:
    """A handle that counts what it is asked, each answer *latency* seconds later."""

    def __init__(self, handle: Handle, latency: float = 0.0) -> None:
        self.handle, self.latency = handle, latency
        self.requests: Counter[tuple[str, str, bytes]] = Counter()
        self.moments: list[float] = []
        self.lock = threading.Lock()

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        """Count, wait, answer."""
        with self.lock:
            self.requests[method, path, body] += 1
            self.moments.append(time.perf_counter())
        if self.latency:
            time.sleep(self.latency)
        return self.handle(method, path, headers, body)

    @property
    def kinds(self) -> Counter[tuple[str, int, str]]:
        """Return the requests by method, depth of the path and body.

        Ids and times differ from one service to another.
        """
        found: Counter[tuple[str, int, str]] = Counter()
        for (method, path, body), many in self.requests.items():
            timeless = TIME.sub("a time", body.decode("latin-1"))
            found[method, path.partition("?")[0].count("/"), timeless] += many
        return found

    @property
    def count(self) -> int:
        """Return how many requests came."""
        return len(self.moments)

    @property
    def span(self) -> float:
        """Return the seconds from the first request to the last."""
        return self.moments[-1] - self.moments[0]


def both_apis() -> Handle:
    """Return what answers for both whole APIs, by their paths."""
    keys, accounts = whole_services.KeyService(), whole_services.AccountService()

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        service = keys if path.startswith(PREFIX["confluent-api-keys"]) else accounts
        return service.respond(method, path, headers, body)

    return handle


TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")
UPDATES = ("updateIamV2ApiKey", "UpdateConfluentAccount")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held: its name, the operations (all, where none is named), and their targets.

    ``warm``, ``lean`` and ``cold`` are at most so much of the wall time of schemathesis; at 80 ms
    of latency a run must be ``faster`` so many times than one request after another.
    """

    name: str
    operations: tuple[str, ...]
    faster: float
    warm: float = 0.25
    lean: float | None = None
    cold: float | None = None


HELD = {
    "updates": Held("the two updates", UPDATES, faster=2.5, lean=0.20, cold=0.6),
    "apis": Held("both whole APIs", (), faster=4.0),
}
LEAN = ("-p", "no:schemathesis", "-p", "no:respx")  # the README's line of addopts
TOGETHER = "--contract-concurrency=16"
LATENCY_S = 0.08


def held_by_gate(
    held: Held,
    *options: str,
    latency: float = 0.0,
    given: dict[str, str] | None = None,
    kept: str = "",
) -> tuple[Cost, Counting]:
    """Hold a new service by the gate, and return what that cost, and what was asked.

    *kept* is the folder of pytest's cache, where what was drawn is kept for the next run; without
    one, nothing is kept.
    """
    cache = ("-o", f"cache_dir={kept}") if kept else ("-p", "no:cacheprovider")
    counting = Counting(both_apis(), latency)
    chosen = [f"--contract-operation={one}" for one in held.operations]
    secrets = whole_services.CREDENTIALS | (given or {})
    with serving(counting) as url:
        cost = gate(url, *cache, *chosen, *options, given=secrets)
    assert cost.code == 0, cost.out
    return cost, counting


def held_by_schemathesis(
    held: Held, given: dict[str, str] | None = None
) -> tuple[float, list[Counting]]:
    """Hold a new service by schemathesis, a document after the other; return the seconds."""
    asked: list[Counting] = []
    seconds = 0.0
    for name in PREFIX:
        asked.append(Counting(both_apis()))
        with serving(asked[-1]) as url:
            seconds += schemathesis(name, url, held.operations, given).wall
    return seconds, asked


TOML = """
[generation]
mode = "all"
max-examples = 100
database = "none"

[phases.coverage]
unexpected-methods = []

[parameters]
id = "ak-12345"
account_id = "account_id_abc123"
"""


def schemathesis(
    name: str, url: str, operations: Sequence[str] = (), given: dict[str, str] | None = None
) -> Cost:
    """Run schemathesis over one document: all checks, mode all, credentials, a fixed id.

    Only declared methods are sent, and only *operations*, where any are named.
    """
    e = whole_services.CREDENTIALS
    basic = ("--auth", f"{e['CONFLUENT_CLOUD_API_KEY']}:{e['CONFLUENT_CLOUD_API_SECRET']}")
    keys = ("-H", f"DD-API-KEY: {e['DD_API_KEY']}", "-H", f"DD-APPLICATION-KEY: {e['DD_APP_KEY']}")
    credentials = basic if name.startswith("confluent") else keys
    written = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    own = [one for one in operations if f"operationId: {one}" in written]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(TOML, encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", str(SPECS / f"{name}.yaml"), "--url", url, "--checks=all", "--seed=0"),
            *(f"--include-operation-id={one}" for one in own),
        ]
        return run(*command, *credentials, folder=folder, given=given)


# --- beside schemathesis --------------------------------------------------------------------------


def part_updates(asked: Asked) -> Iterator[str | Reached]:
    """Hold the two updates beside schemathesis: warm, lean, and without byte code."""
    yield from beside_schemathesis(HELD["updates"], asked)


def part_apis(asked: Asked) -> Iterator[str | Reached]:
    """Hold both whole APIs beside schemathesis."""
    yield from beside_schemathesis(HELD["apis"], asked)


def beside_schemathesis(held: Held, asked: Asked) -> Iterator[str | Reached]:
    """Hold *held* by both tools in turns, and yield what share of the time the gate takes.

    A warm run finds what a run before it has compiled, and drawn.
    """
    warm: list[float] = []
    lean: list[float] = []
    with tempfile.TemporaryDirectory() as kept:
        first, counted = held_by_gate(held, kept=kept)
        yield f"{held.name}: the gate, the first time {first.wall:.1f} s ({first.cpu:.1f} s of CPU)"
        for _ in range(asked.rounds):
            theirs, by_them = held_by_schemathesis(held)
            ours, counted = held_by_gate(held, kept=kept)
            spared, _ = held_by_gate(held, *LEAN, kept=kept)
            warm.append(ours.wall / theirs)
            lean.append(spared.wall / theirs)
            told = f"{ours.wall:.1f} s ({ours.cpu:.1f} s of CPU), {counted.count} requests"
            yield f"{held.name}: the gate {told}; with the line of addopts {spared.wall:.1f} s"
            their_count = sum(one.count for one in by_them)
            yield f"{held.name}: schemathesis {theirs:.1f} s, {their_count} requests"
    yield Reached(
        f"{held.name}: wall time, of schemathesis run", statistics.median(warm), held.warm
    )
    if held.lean is not None:
        told = f"{held.name}: the same with the line of addopts"
        yield Reached(told, statistics.median(lean), held.lean)
    if held.cold is not None:
        yield from without_byte_code(held, held.cold, asked)
    if asked.against:
        yield from against_other(held, counted, asked)


def without_byte_code(held: Held, target: float, asked: Asked) -> Iterator[str | Reached]:
    """Hold *held* by both tools, each in an environment that has compiled nothing yet."""
    cold: list[float] = []
    for _ in range(asked.rounds):
        with uncompiled() as given:
            theirs, _ = held_by_schemathesis(held, given)
        with uncompiled() as given:
            ours, _ = held_by_gate(held, given=given)
        cold.append(ours.wall / theirs)
        yield f"{held.name}: without byte code {ours.wall:.1f} s, schemathesis {theirs:.1f} s"
    yield Reached(f"{held.name}: the same without any byte code", statistics.median(cold), target)


@contextmanager
def uncompiled() -> Iterator[dict[str, str]]:
    """Yield the environment of a process that finds no byte code, and keeps what it compiles."""
    with tempfile.TemporaryDirectory() as folder:
        yield {"PYTHONPYCACHEPREFIX": folder}


def against_other(held: Held, counted: Counting, asked: Asked) -> Iterator[str | Reached]:
    """Hold *held* by the gate of another checkout, and compare what the services were asked."""
    other, before = held_by_gate(held, given={"PYTHONPATH": asked.against})
    yield f"{held.name}: {asked.against}: {other.wall:.1f} s, {before.count} requests"
    lost, more = Counter(before.kinds), Counter(counted.kinds)
    lost.subtract(counted.kinds)
    more.subtract(before.kinds)
    apart = sum((+lost).values()) + sum((+more).values())
    yield Reached(f"{held.name}: requests that only one revision sends", float(apart), 0.0)


# --- a slow network -------------------------------------------------------------------------------


def part_latency(asked: Asked) -> Iterator[str | Reached]:
    """Hold both at 80 ms of latency: one request after another, and as many as may be together."""
    for held in HELD.values():
        alone, first = held_by_gate(held, "--contract-concurrency=1", latency=LATENCY_S)
        yield f"{held.name}: one at a time {first.span:.1f} s, {first.count} requests"
        together, second = held_by_gate(held, TOGETHER, latency=LATENCY_S)
        yield f"{held.name}: {TOGETHER} {second.span:.1f} s, {second.count} requests"
        told = f"{held.name} at 80 ms: {TOGETHER}, times as fast as one at a time"
        yield Reached(told, alone.wall / together.wall, held.faster, is_least=True)


# --- memory, the embedded service, collecting -----------------------------------------------------


def part_memory(_: Asked) -> Iterator[str | Reached]:
    """Measure the peak memory of a run that draws, and of the next one, which knows the draws."""
    for held in HELD.values():
        with tempfile.TemporaryDirectory() as kept:
            for told in ("the first run", "the next run"):
                cost, counted = held_by_gate(held, *LEAN, kept=kept)
                yield f"{held.name}: {told} {cost.peak:.0f} MB, {counted.count} requests"
                yield Reached(f"peak memory of {told}, {held.name}", cost.peak, 100.0, " MB")


def part_mock(asked: Asked) -> Iterator[str | Reached]:
    """Hold the embedded service against both whole APIs."""
    costs = [gate("mock", "-p", "no:cacheprovider") for _ in range(asked.rounds)]
    yield f"mock: {', '.join(f'{one.wall:.1f} s ({one.cpu:.1f} s of CPU)' for one in costs)}"
    yield Reached(
        "--contract-target=mock", statistics.median([one.wall for one in costs]), 12.0, " s"
    )


def part_collect(_: Asked) -> Iterator[str | Reached]:
    """Collect the clauses of 1,000 operations."""
    from many_operations import document

    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "thousand.yaml"
        written.write_text(json.dumps(document(1000), indent=1), encoding="utf-8")
        options = (f"--contract-spec={written}", "--co", "-q", "-p", "no:cacheprovider")
        cost = gate("mock", *options)
    yield f"collect: {cost.out.rstrip().splitlines()[-1]}, peak {cost.peak:.0f} MB"
    yield Reached("1,000 operations collected", cost.wall, 15.0, " s")


# --- the line of addopts --------------------------------------------------------------------------


def part_addopts(asked: Asked) -> Iterator[str | Reached]:
    """Tell what the line of addopts spares any run of pytest, warm and without byte code."""
    command = (sys.executable, "-m", "pytest", "--co", "-q", "-p", "no:cacheprovider")
    run(*command)  # writes the byte code
    for told, given in (("warm", nullcontext({})), ("cold", None)):
        walls: list[float] = []
        cpus: list[float] = []
        for _ in range(asked.rounds):
            with given or uncompiled() as environment:
                whole = run(*command, given=environment)
            with given or uncompiled() as environment:
                lean = run(*command, *LEAN, given=environment)
            walls.append(whole.wall - lean.wall)
            cpus.append(whole.cpu - lean.cpu)
        less = f"{statistics.median(walls):.2f} s, {statistics.median(cpus):.2f} s of CPU"
        yield f"{' '.join(LEAN)}: {less} less, {told}"


# --- wire: exchanges a second -------------------------------------------------------------------------------------------

CANNED = json.dumps(
    {"data": {"attributes": {"api_key": "K", "tags": ["a", "b:c"] * 8}, "id": "x", "type": "t"}}
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 100\r\nContent-Length: %d\r\n\r\n"


def serve() -> None:
    """Answer every request with the same bytes: a server that costs next to nothing."""
    door = socket.create_server(("127.0.0.1", 0))
    say(str(door.getsockname()[1]))
    while True:
        threading.Thread(target=attend, args=(door.accept()[0],), daemon=True).start()


def attend(connection: socket.socket) -> None:
    """Answer the requests of one connection; who hangs up in the middle has had enough."""
    answer = HEAD % len(CANNED) + CANNED
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(ConnectionError), connection, connection.makefile("rb") as reader:
        while reader.readline():
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
            connection.sendall(answer)


@contextmanager
def canned() -> Iterator[str]:
    """Yield the URL of the server that costs next to nothing, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def part_wire(_: Asked) -> Iterator[str | Reached]:
    """Compare the gate's wire with a bare client that sends the same bytes, in turns."""
    import httpx

    from pytest_confluent_contracts import cases, documents
    from pytest_confluent_contracts.cases.plan import make_plan
    from pytest_confluent_contracts.http import targets
    from pytest_confluent_contracts.model.traffic import Probe, RunContext
    from pytest_confluent_contracts.run.access import planned_access

    read = documents.read_document(SPECS / "confluent-api-keys.yaml")
    operation = next(one for one in read.operations if one.id == "updateIamV2ApiKey")
    parts = {"username": "KEY7Q2M4XWZ", "password": "oS3cr3t/7fJ+ya0qQ9xVdLk2RmTnUwEz"}
    credentials = {operation.security[0][0].name: parts}
    context = RunContext((("id", "ak-12345"),), {}, credentials)
    sent = [
        one
        for probe in Probe
        if probe is not Probe.THROTTLE
        for one in cases.of(probe, operation, context)
    ]
    with canned() as url, httpx.Client(trust_env=False, timeout=10) as client:
        settings = targets.ClientSettings(10.0)
        target = targets.live(url, [planned_access(make_plan(operation, context))], settings, {})
        bare = [
            (url + _path(one), [*one.headers, ("User-Agent", "x")], one.body or b"") for one in sent
        ]

        def by_client() -> None:
            for address, headers, body in bare:
                client.request(operation.method, address, headers=headers, content=body)

        def by_wire() -> None:
            for index, one in enumerate(sent):
                target.client.exchange(one, index)

        ratios, ours = [], []
        for _turn in range(7):
            slow, fast = timed(by_wire), timed(by_client)
            ratios.append(fast / slow)
            ours.append(len(sent) / slow)
        target.close()
    yield f"{statistics.median(ours):.0f} exchanges a second, {len(sent)} requests, 7 rounds"
    told = "exchanges a second, of a bare httpx.Client"
    yield Reached(told, statistics.median(ratios), 0.5, is_least=True)


def _path(case: Case) -> str:
    from pytest_confluent_contracts.model import paths

    return paths.filled_template(case.operation.path, case.parameters, paths.percent_encoded)


def timed(action: Callable[[], None]) -> float:
    """Return the seconds that *action* takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


# --- unused: the cost of being installed ----------------------------------------------------------------------------------


def part_unused(asked: Asked) -> Iterator[str | Reached]:
    """Compare the CPU of a collection with the plugin unused, and with the plugin blocked, in turns."""
    used, blocked = [], []
    run(sys.executable, "-m", "pytest", "--co", "-q", *QUIET)  # writes the bytecode
    for _ in range(7 * asked.rounds):
        used.append(run(sys.executable, "-m", "pytest", "--co", "-q", *QUIET).cpu)
        blocked.append(
            run(
                sys.executable, "-m", "pytest", "--co", "-q", *QUIET, "-p", "no:confluent_contracts"
            ).cpu
        )
    ratio = statistics.median(used) / statistics.median(blocked)
    usual, least = statistics.median(used), statistics.median(blocked)
    yield f"installed {1000 * usual:.0f} ms, blocked {1000 * least:.0f} ms of CPU"
    yield f"best of {len(used)}: {min(used) / min(blocked):.3f}"
    yield Reached("CPU of pytest with the plugin unused, of it blocked", ratio, 1.02)


# --- growth -------------------------------------------------------------------------------------------------------


def part_growth(_: Asked) -> Iterator[str | Reached]:
    """Measure the time of a run against the number of examples, of documents and of clauses."""
    one = "--contract-spec=confluent-api-keys"
    rows = {
        "1 document, 1 clause, 100 examples": (one, "-k", "200/json"),
        "1 document, all clauses, 100 examples": (one,),
        "2 documents, all clauses, 100 examples": (),
        "2 documents, all clauses, 200 examples": ("--contract-max-examples=200",),
        "2 documents, all clauses, 400 examples": ("--contract-max-examples=400",),
        "2 documents, all clauses, 800 examples": ("--contract-max-examples=800",),
    }
    for name, options in rows.items():
        cost, counted_requests = held_by_gate(HELD["updates"], *options)
        counted = re.search(r"(\d+) passed.* in [\d.]+s", cost.out)
        clauses = counted.group(1) if counted else "?"
        each = 1000 * cost.wall / max(counted_requests.count, 1)
        yield (
            f"{name}: {cost.wall:.1f} s ({cost.cpu:.1f} s of CPU), {counted_requests.count} requests, "
            f"{clauses} kept, {each:.1f} ms a request"
        )


PARTS = {
    "updates": part_updates,
    "apis": part_apis,
    "latency": part_latency,
    "memory": part_memory,
    "mock": part_mock,
    "collect": part_collect,
    "addopts": part_addopts,
    "wire": part_wire,
    "unused": part_unused,
    "growth": part_growth,
}


def main() -> None:
    """Measure the parts that are named, else all, and tell which targets were reached."""
    if sys.argv[1:] == ["serve"]:
        serve()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", default="", metavar="FOLDER")
    given = parser.parse_args()
    asked = Asked(given.rounds, str(Path(given.against).resolve()) if given.against else "")
    rows: list[tuple[str, ...]] = [("what", "target", "figure", "reached")]
    for name in given.parts or PARTS:
        for told in PARTS[name](asked):
            if isinstance(told, Reached):
                rows.append(told.row)
                say(f"({name}) {': '.join(told.row[:1])}: {told.row[2]}")
            else:
                say(f"({name}) {told}")
    for line in table(rows):
        say(line)


if __name__ == "__main__":
    main()
