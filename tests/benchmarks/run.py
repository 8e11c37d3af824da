"""How fast is the gate? ``python tests/benchmarks/run.py [PART ...]`` prints ratios, each measured in this run.

Parts: ``a`` against schemathesis, ``b`` exchanges, ``c`` start-up, ``d`` memory, ``e`` growth, ``f`` 80 ms of latency.
"""

from __future__ import annotations

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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.model.traffic import Case

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from other_service import ENVIRONMENT, OtherService, Request  # noqa: E402

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
            env=kept | ENVIRONMENT | (given or {}),
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


def gate(url: str, *options: str) -> Cost:
    """Run the gate as its README says."""
    return run(sys.executable, "-m", "pytest", f"--contract-target={url}", *options)


class Slow(OtherService):
    """Answers after *latency* seconds, and notes the moments of the first and the last request."""

    latency = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def respond(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Wait, then answer."""
        self.moments.append(time.perf_counter())
        time.sleep(self.latency)
        return super().respond(request)


def distinct(service: OtherService) -> int:
    """Return how many different bodies a service was asked to judge, a document at a time."""
    return len({(request.is_confluent, request.body) for request in service.requests})


# --- a: the whole gate against schemathesis --------------------------------------------------------------------------

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


def part_a() -> Iterator[str]:
    """Compare one pytest run over both documents with ``schemathesis run`` over each, on one server; both are warm."""
    with OtherService() as service:
        gate(service.url, "-k", "document")
    with OtherService() as service:
        ours = gate(service.url)
        judged, asked = distinct(service), len(service.requests)
    walls, theirs, asked_by_them = 0.0, 0, 0
    failures: list[int] = []
    for name in PREFIX:
        with OtherService() as service:
            cost = schemathesis(name, service.url)
            theirs, asked_by_them = (
                theirs + distinct(service),
                asked_by_them + len(service.requests),
            )
            walls, failures = walls + cost.wall, [*failures, cost.code]
    yield f"the gate: {ours.wall:.1f} s, exit {ours.code}, {asked} requests, {judged} distinct bodies"
    yield f"schemathesis: {walls:.1f} s, exit {failures}, {asked_by_them} requests, {theirs} distinct bodies"
    yield f"wall time: {ours.wall / walls:.3f} of schemathesis (target: at most 0.25)"
    yield f"distinct bodies: {judged / max(theirs, 1):.2f} of schemathesis (target: at least 1)"


def schemathesis(name: str, url: str) -> Cost:
    """Run schemathesis over one document: all checks, mode all, credentials, a fixed id, only declared methods."""
    e = ENVIRONMENT
    basic = ("--auth", f"{e['CONFLUENT_CLOUD_API_KEY']}:{e['CONFLUENT_CLOUD_API_SECRET']}")
    keys = ("-H", f"DD-API-KEY: {e['DD_API_KEY']}", "-H", f"DD-APPLICATION-KEY: {e['DD_APP_KEY']}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(TOML, encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(SPECS / f"{name}.yaml"),
            "--url",
            url,
        ]
        credentials = basic if name.startswith("confluent") else keys
        return run(*command, "--checks=all", "--seed=0", *credentials, folder=folder)


# --- b: exchanges a second -------------------------------------------------------------------------------------------

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


def part_b() -> Iterator[str]:
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
        for _ in range(7):
            slow, fast = timed(by_wire), timed(by_client)
            ratios.append(fast / slow)
            ours.append(len(sent) / slow)
        target.close()
    yield f"{statistics.median(ours):.0f} exchanges a second, {len(sent)} requests, 7 rounds"
    yield f"exchanges a second: {statistics.median(ratios):.2f} of a bare httpx.Client (target: at least 0.5)"


def _path(case: Case) -> str:
    from pytest_confluent_contracts.model import paths

    return paths.filled_template(case.operation.path, case.parameters, paths.percent_encoded)


def timed(action: Callable[[], None]) -> float:
    """Return the seconds that *action* takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


# --- c: the cost of being installed ----------------------------------------------------------------------------------


def part_c(rounds: int = 21) -> Iterator[str]:
    """Compare the CPU of a collection with the plugin unused, and with the plugin blocked, in turns."""
    used, blocked = [], []
    run(sys.executable, "-m", "pytest", "--co", "-q", *QUIET)  # writes the bytecode
    for _ in range(rounds):
        used.append(run(sys.executable, "-m", "pytest", "--co", "-q", *QUIET).cpu)
        blocked.append(
            run(
                sys.executable, "-m", "pytest", "--co", "-q", *QUIET, "-p", "no:confluent_contracts"
            ).cpu
        )
    ratio = statistics.median(used) / statistics.median(blocked)
    usual, least = statistics.median(used), statistics.median(blocked)
    yield f"installed {1000 * usual:.0f} ms, blocked {1000 * least:.0f} ms of CPU"
    yield f"CPU: {ratio:.3f} of pytest without (best of {rounds}: {min(used) / min(blocked):.3f}; target: at most 1.02)"


# --- d: memory -------------------------------------------------------------------------------------------------------


def part_d() -> Iterator[str]:
    """Measure the peak memory of a default run."""
    with OtherService() as service:
        cost = gate(service.url)
    yield f"peak memory of a default run: {cost.peak:.0f} MB (target: under 200)"


# --- e: growth -------------------------------------------------------------------------------------------------------


def part_e() -> Iterator[str]:
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
        with OtherService() as service:
            cost = gate(service.url, *options)
        counted = re.search(r"(\d+) passed.* in [\d.]+s", cost.out)
        clauses = counted.group(1) if counted else "?"
        each = 1000 * cost.wall / max(len(service.requests), 1)
        yield (
            f"{name}: {cost.wall:.1f} s ({cost.cpu:.1f} s of CPU), {len(service.requests)} requests, "
            f"{clauses} kept, {each:.1f} ms a request"
        )


# --- f: a slow network -----------------------------------------------------------------------------------------------


def part_f() -> Iterator[str]:
    """Compare 1 and 4 requests in flight against 80 ms of latency, where their order does not matter."""
    chosen = (
        "-k",
        "security or request/body or request/spec or unknown-id",
        "--contract-spec=confluent-api-keys",
    )
    spans = {}
    for many in (1, 4):
        with Slow() as service:
            service.latency = 0.08
            cost = gate(service.url, *chosen, f"--contract-concurrency={many}")
            spans[many] = service.moments[-1] - service.moments[0]
        yield f"{many} in flight: {spans[many]:.1f} s, {len(service.moments)} requests, exit {cost.code}"
    yield f"80 ms: {spans[1] / spans[4]:.2f} times faster (target: at least 2.5)"


PARTS = {"a": part_a, "b": part_b, "c": part_c, "d": part_d, "e": part_e, "f": part_f}


def main() -> None:
    """Measure the parts that are named, else all."""
    if sys.argv[1:] == ["serve"]:
        serve()
    for name in sys.argv[1:] or PARTS:
        for line in PARTS[name]():
            say(f"({name}) {line}")


if __name__ == "__main__":
    main()
