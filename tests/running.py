"""How do the tests run the gate, and what do they run it against? Subprocesses, and servers on loopback."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from judging import DOCUMENTS, UPDATES_ALONE, document
from loopback_server import LoopbackHandler, LoopbackServer
from observing import LOG
from warm_runs import WarmRuns

from pytest_confluent_contracts.double.service import Request, Service, VirtualClock

TESTS = Path(__file__).parent
ROOT = TESTS.parent
CODE = os.pathsep.join(
    (str(TESTS), str(ROOT))
)  # the package of this checkout, before an installed one
REMEMBERING = ("-p", "no:schemathesis", "-p", "no:respx", "-p", "no:anyio")
QUIET = (*REMEMBERING, "-p", "no:cacheprovider")
# What a whole run takes long for shows nothing more of the life of a resource.
FEW = ("--contract-max-examples=5", "--contract-sequences=3")
CONFLUENT = "contracts/confluent-api-keys::updateIamV2ApiKey::"
DATADOG = "contracts/datadog-confluent-cloud::UpdateConfluentAccount::"
VARIABLES = (
    "CONFLUENT_CLOUD_API_KEY",
    "CONFLUENT_CLOUD_API_SECRET",
    "CONFLUENT_CLOUD_ACCESS_TOKEN",
    "DD_API_KEY",
    "DD_APP_KEY",
)
FOREIGN = (
    "PYTEST_",
    "CONTRACT_",
    "COV_",
    "GITHUB_",
)  # what a run would do otherwise because of who started the tests
DEADLINE = 120.0


# --- runs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What one run said of one clause."""

    id: str
    outcome: str
    text: str
    skipped: str
    contract: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        """Return the verdict on the clause, ``""`` where there is none."""
        return str(self.contract["verdict"]) if self.contract else ""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run of the gate: exit code, output, seconds, and what it said of each clause."""

    code: int
    out: str
    err: str
    seconds: float
    told: tuple[Told, ...]

    @property
    def verdicts(self) -> dict[str, str]:
        """Return the verdict on each clause, by node id."""
        return {one.id: one.verdict for one in self.told}

    @property
    def red(self) -> set[str]:
        """Return the node ids that failed."""
        return {one.id for one in self.told if one.outcome == "failed"}

    @property
    def failures(self) -> dict[str, str]:
        """Return the line of each red clause in the short summary, by node id."""
        lines = [
            line.removeprefix("FAILED ")
            for line in self.out.splitlines()
            if line.startswith("FAILED ")
        ]
        return {node: told for node, _, told in (line.partition(" - ") for line in lines)}

    @property
    def everything(self) -> str:
        """Return all that a person sees."""
        return self.out + self.err


@cache
def own_temporary() -> str:
    """Return a folder for what runs leave: they would tell of what runs of others, that were killed, have left."""
    made = tempfile.mkdtemp(prefix="contract-tests-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def environment(given: dict[str, str]) -> dict[str, str]:
    """Return the environment of a run: none of the caller's credentials and options, whole lines, and *given*."""
    ours = (*VARIABLES, "CI", "BUILD_NUMBER", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return (
        {name: value for name, value in kept.items() if name not in ours}
        | {"COLUMNS": "300", "TMPDIR": own_temporary()}
        | given
    )


WARM = WarmRuns()


def updates_alone(options: Sequence[str]) -> Iterator[str]:
    """Yield the options that leave of the bundled documents among *options* the updates alone."""
    if not any(option.startswith("--contract-target") for option in options):
        return
    naming, files = ("--contract-spec", "contracts/", "specs/"), (".yaml", ".json", ".py")
    named = [option for option in options if option.startswith(naming) or option.endswith(files)]
    for name in DOCUMENTS:
        if not named or any(name in option for option in named):
            yield f"--contract-overlay={UPDATES_ALONE / f'{name}.yaml'}"


def gate(
    folder: Path,
    *options: str,
    given: dict[str, str] | None = None,
    plugins: tuple[str, ...] = QUIET,
    fresh: bool = False,
    whole: bool = False,
) -> Run:
    """Run ``pytest`` with *options* in *folder*, and return what it said.

    In a fork of a process that has loaded everything; *fresh*: in a process of its own, as a user's is.
    Of the bundled documents the updates are held alone, unless *whole*.
    """
    options = options if whole else (*options, *updates_alone(options))
    log = folder.parent / f"{folder.name}-{time.monotonic_ns()}.jsonl"
    told = environment({LOG: str(log), "PYTHONPATH": CODE} | (given or {}))
    arguments = ["-p", "observing", *plugins, *options]
    begun = time.monotonic()
    if fresh:
        command = [sys.executable, "-m", "pytest", *arguments]
        done = subprocess.run(
            command,
            cwd=folder,
            env=told,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    else:
        done = WARM.run(arguments, folder, told, DEADLINE)
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    reports = tuple(Told(**json.loads(line)) for line in lines)
    return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - begun, reports)


def ctrl_c(pid: int) -> None:
    """End a run as Ctrl-C in a terminal does: the whole group is told, the workers too."""
    os.killpg(pid, signal.SIGINT)


class Asked(Protocol):
    """A service that takes down what it was asked for."""

    @property
    def url(self) -> str:
        """Return its address."""

    @property
    def environment(self) -> dict[str, str]:
        """Return what holds its credentials."""

    @property
    def requests(self) -> Sequence[Any]:
        """Return what it was asked for."""


def interrupted(
    folder: Path,
    service: Asked,
    after: int,
    end: Callable[[int], None],
    *options: str,
    given: dict[str, str] | None = None,
) -> Run:
    """Run the gate, call *end* with its process id once *service* has had *after* requests, and return what was said."""
    told = environment(service.environment | {"PYTHONPATH": CODE} | (given or {}))
    target = (f"--contract-target={service.url}",)
    arguments = [*QUIET, *updates_alone(target + options), *target, *options]
    begun = time.monotonic()

    def end_it(pid: int) -> None:
        while len(service.requests) < after and time.monotonic() < begun + DEADLINE / 2:
            try:
                os.kill(pid, 0)  # which asks whether it is there
            except ProcessLookupError:
                return  # it tells why, where its exit code is compared
            time.sleep(0.01)
        end(pid)

    done = WARM.run(arguments, folder, told, DEADLINE / 2, end_it)
    return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - begun, ())


# --- a small document of nobody's ----------------------------------------------------------------------------------

THINGS = """\
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
      responses:
        '200':
          description: The thing.
          content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
"""


# --- servers -------------------------------------------------------------------------------------------------------

Answered = tuple[int, list[tuple[str, str]], bytes]
Handle = Callable[[str, str, dict[str, str], bytes], Answered]


class _Handler(LoopbackHandler):
    def answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.read_body()
        status, own, content = self.owner(self.command, self.path, headers, body)
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        if self.command != "HEAD":  # of which nobody knows how long the content would be
            lines.append(f"Content-Length: {len(content)}")
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in own), "", ""])
        self.wfile.write(head.encode("latin-1") + content)


@contextmanager
def serving(handle: Handle) -> Iterator[str]:
    """Serve *handle* over HTTP/1.1 on loopback as long as the block lasts; yield the URL."""
    with LoopbackServer(_Handler, handle) as server:
        yield server.url


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept connections on loopback and leave each to *talk*, which need not speak HTTP; yield the URL."""
    door = socket.create_server(("127.0.0.1", 0), backlog=64)

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=attend, args=(door.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()


# --- the embedded service, over HTTP -------------------------------------------------------------------------------

LIMIT, WINDOW = 300, 4.0  # a busy machine spends them within the window, too


class RealClock(VirtualClock):
    """Seconds as they pass; the latency that the service plays is left to the network."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = time.monotonic()

    def now(self) -> float:
        """Return the seconds since the clock was made."""
        return time.monotonic() - self.begun

    def sleep(self, seconds: float) -> None:
        """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class Served:
    """The embedded service behind a URL, and the environment that holds its credentials."""

    url: str
    environment: dict[str, str]


def _credentials(service: Service) -> dict[str, str]:
    return {
        variable: service.credentials[scheme.name][part]
        for scheme in service.operation.schemes
        for part, variable in scheme.variables
    }


@contextmanager
def embedded() -> Iterator[Served]:
    """Serve both bundled documents' embedded services over real HTTP, with windows that a test can wait for."""
    operations = [document(name)[1] for name in DOCUMENTS]
    services = {
        operation.path.partition("{")[0]: Service(operation, RealClock())
        for operation in operations
    }
    lock = threading.Lock()
    for service in services.values():
        service.limit, service.window = LIMIT, WINDOW

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        service = next(service for prefix, service in services.items() if path.startswith(prefix))
        with lock:
            answer = service.handle(Request(method, path, headers, body))
        return answer.status, list(answer.headers), answer.body

    given = {
        name: value
        for service in services.values()
        for name, value in _credentials(service).items()
    }
    with serving(handle) as url:
        yield Served(url, given)
