"""What does the gate say of a target that serves nobody, fails, falls silent, or speaks no HTTP?"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
import uuid
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

import httpx
import pytest
from judging import document, target_that_answers
from other_service import ENVIRONMENT, OtherService, Request
from running import CONFLUENT, DATADOG, Answered, Handle, Run, gate, listening, serving

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.sample_strings import MARKED_TEXTS, TEXTS
from pytest_confluent_contracts.clauses.judging import weigh
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http.strict_json import TOO_DEEP, parse_json
from pytest_confluent_contracts.model.traffic import DEEPEST_READ, RunContext
from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.report.sentences import finding_sentence
from pytest_confluent_contracts.run.sender import RETRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_confluent_contracts.model.traffic import Exchange

LONGEST = 30.0  # most of the longest is waiting: 7 s for each document, as a 429 asks for
CODES = {401: "user_unauthenticated", 404: "not_found", 429: "too_many_requests", 500: "internal"}

# --- servers -------------------------------------------------------------------------------------------------------


def always(status: int) -> Handle:
    """Return a handler that answers *status* to everything, in the documented envelope."""

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        confluent = path.startswith("/iam/")
        error = {
            "id": str(uuid.uuid4()),
            "status": str(status),
            "code": CODES[status],
            "title": CODES[status],
        }
        content = json.dumps({"errors": [error if confluent else CODES[status]]}).encode()
        told = [("Content-Type", "application/json"), *(identity(status) if confluent else [])]
        return (status, told[1:], b"") if confluent and status == 429 else (status, told, content)

    return handle


def identity(status: int) -> list[tuple[str, str]]:
    """Return the headers that Confluent's page promises for *status*."""
    told = [("X-Request-Id", uuid.uuid4().hex)]
    told += [("WWW-Authenticate", 'Basic error="invalid_key"')] if status == 401 else []
    limits = {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1",
        "Retry-After": "1",
    }
    return told + (list(limits.items()) if status == 429 else [])


def drops(connection: socket.socket) -> None:
    """Read a little, and hang up."""
    connection.recv(65536)


def mute(connection: socket.socket) -> None:
    """Read, and never answer."""
    while connection.recv(65536):
        pass
    threading.Event().wait(2)


def babbles(connection: socket.socket) -> None:
    """Answer with what is not HTTP."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x01 220 mail.example ESMTP ready\r\n\r\n")


def trickles(connection: socket.socket) -> None:
    """Begin an answer, and send the rest a byte at a time, for longer than any timeout."""
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    for _ in range(100):
        connection.sendall(b" ")
        threading.Event().wait(0.05)


@contextmanager
def closed() -> Iterator[str]:
    """Yield the URL of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "401": lambda: serving(always(401)),
    "404": lambda: serving(always(404)),
    "429": lambda: serving(always(429)),
    "500": lambda: serving(always(500)),
    "drops": lambda: listening(drops),
    "mute": lambda: listening(mute),
    "babbles": lambda: listening(babbles),
    "trickles": lambda: listening(trickles),
    "closed": closed,
}
UNJUDGED = ("401", "404", "drops", "mute", "babbles", "trickles", "closed")
SILENT = {
    "drops": "closed without an answer",
    "mute": "no complete answer within 0.3 s",
    "babbles": "no HTTP",
    "trickles": "no complete answer within 0.3 s",
    "closed": "no connection",
}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Return the run against a hostile server, by its name; each is run once."""
    runs: dict[str, Run] = {}

    def run(name: str) -> Run:
        if name not in runs:
            with SERVERS[name]() as url:
                options = (
                    f"--contract-target={url}",
                    "--contract-timeout=0.3",
                    "--contract-max-examples=5",
                )
                runs[name] = gate(tmp_path_factory.mktemp(name), *options, given=ENVIRONMENT)
        return runs[name]

    return run


# --- laws ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVERS)
def test_a_hostile_target_fails_the_run_in_time(held: Callable[[str], Run], name: str) -> None:
    """Whatever the target does, the run ends soon, with exit 1, and nobody sees a traceback."""
    run = held(name)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert run.seconds < LONGEST
    assert "Traceback" not in run.everything
    assert "INTERNALERROR" not in run.everything


@pytest.mark.parametrize("name", SERVERS)
def test_each_red_clause_has_one_clear_line(held: Callable[[str], Run], name: str) -> None:
    """The short summary has a line for each red clause that says what came, in words and not in class names."""
    run = held(name)
    assert set(run.failures) == run.red
    internal = re.compile(r"\s*\Z|\w*(Error|Exception|ContractBroken)")
    assert {node: told for node, told in run.failures.items() if internal.match(told)} == {}


def test_a_red_clause_has_one_line_in_ci_too(tmp_path: Path) -> None:
    """Where CI is set pytest does not cut lines to the terminal; the short summary still has one line a red clause."""
    with closed() as url:
        options = (f"--contract-target={url}", "-k", "200/body", "-q")
        run = gate(tmp_path, *options, given={**ENVIRONMENT, "CI": "true"})
    summary = run.out.partition("short test summary info")[2].splitlines()[1:-1]
    assert len(summary) == len(run.red)


def test_a_refusing_target_is_told_what_it_withheld(held: Callable[[str], Run]) -> None:
    """A clause on successful answers is never green without one, and what was promised and did not come is told."""
    run = held("429")
    on_success = {
        node: verdict
        for node, verdict in run.verdicts.items()
        if re.search("::200/|::update/", node)
    }
    assert "kept" not in on_success.values(), on_success
    assert {
        node
        for node in on_success
        if node.endswith(("200/body/id", "200/body/data.id", "200/json"))
    } <= run.red
    assert re.search("withheld: .*429", run.out)


def test_a_target_that_accepts_nothing_does_not_keep_the_requests(
    held: Callable[[str], Run],
) -> None:
    """A service that refuses every body is red on each clause that it accept one, and on each documented example."""
    run = held("429")
    owed = {
        node
        for node in run.verdicts
        if re.search(r"::request/(accepted|example/)|::security/.*/accepted", node)
    }
    tried = {node for node in owed if run.verdicts[node] != "not exercised" or node in run.red}
    assert len(tried) >= 6
    assert owed <= run.red, owed - run.red


@pytest.mark.parametrize("name", UNJUDGED)
def test_a_target_that_lets_nobody_in_is_not_judged(held: Callable[[str], Run], name: str) -> None:
    """Where the first request shows that nobody can be judged, no clause on the target has a verdict, and one is red."""
    run = held(name)
    told = {verdict for node, verdict in run.verdicts.items() if "::document/example" not in node}
    assert told == {"not exercised"}
    assert sorted(run.red) == [f"{CONFLUENT}answered", f"{DATADOG}answered"]


def test_a_failing_target_is_told_its_status(held: Callable[[str], Run]) -> None:
    """500 to everything breaks `statuses` of both documents, and the line says so."""
    told = {
        node: line for node, line in held("500").failures.items() if node.endswith("::statuses")
    }
    assert len(told) == 2
    assert all("500 answered" in line for line in told.values())


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_target_is_told_why_no_answer_came(held: Callable[[str], Run], name: str) -> None:
    """Where no answer came, the line of the one red clause of each document names the reason."""
    run = held(name)
    assert {node: line for node, line in run.failures.items() if SILENT[name] not in line} == {}


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_target_is_not_asked_on_and_on(held: Callable[[str], Run], name: str) -> None:
    """After a few requests without an answer the run gives up."""
    assert held(name).out.count("sent again") <= 2 * RETRIES


# --- answers without end -------------------------------------------------------------------------------------------

DEEP = (50, 300, 900, 990, 5000)
DEEPER = 100_000


class Deep(OtherService):
    """Keeps every promise, and adds to each answer a member that is nested deep, each time to another depth."""

    def __init__(self, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.depths = cycle(
            (depth, pair) for depth in depths for pair in ((b"[", b"]"), (b'{"a":', b"}"))
        )

    def respond(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return the conforming answer with one member more."""
        status, headers, body = super().respond(request)
        depth, (begin, end) = next(self.depths)
        if body.endswith(b"}"):
            body = body[:-1] + b', "extra": ' + begin * depth + b"0" + end * depth + b"}"
        told = [(name, value) for name, value in headers if name != "Content-Length"]
        return status, [*told, ("Content-Length", str(len(body)))], body


def test_answers_without_end_are_findings_and_no_accident(tmp_path: Path) -> None:
    """JSON of any depth, on success and on errors, breaks clauses by name; no report, judge or redactor falls over it."""
    loud = ("--contract-report=report", "--junitxml=junit.xml", "-vv", "--tb=long", "--showlocals")
    with Deep((*DEEP, DEEPER, *DEEP * 5)) as service:  # half a megabyte now and then is enough
        one = "--contract-spec=confluent-api-keys"
        options = (f"--contract-target={service.url}", one, "--contract-max-examples=1", *loud)
        run = gate(tmp_path, *options, given=ENVIRONMENT)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert [
        word for word in ("RecursionError", "Traceback", "INTERNALERROR") if word in run.everything
    ] == []
    red = {
        node.partition("::")[2].partition("::")[2]
        for node, line in run.failures.items()
        if TOO_DEEP in line
    }
    assert {"200/json", "error/json"} <= red, run.failures
    assert {path.name for path in (tmp_path / "report").iterdir()} >= {
        "report.json",
        "report.html",
        "exchanges.har",
    }


def test_answers_of_some_depth_are_none_of_our_business(tmp_path: Path) -> None:
    """A member that is nested as deep as sane JSON may be breaks nothing."""
    with Deep((1, 20, DEEPEST_READ - 2)) as service:
        run = gate(
            tmp_path,
            f"--contract-target={service.url}",
            "--contract-max-examples=1",
            "-k",
            "json or security",
            given=ENVIRONMENT,
        )
    assert (run.code, run.red) == (0, set()), run.everything


@pytest.mark.parametrize("pair", ["[]", "{}"])
@pytest.mark.parametrize("depth", [DEEPEST_READ, DEEPEST_READ + 1, *DEEP, DEEPER])
def test_json_is_read_to_a_depth_that_everyone_can_follow(depth: int, pair: str) -> None:
    """Up to the limit the value is read, beyond it the flaw is named; many brackets side by side are no depth."""
    begin = {"[]": "[", "{}": '{"a":'}[pair]
    value, flaw = parse_json((begin * (depth - 1) + pair + pair[1] * (depth - 1)).encode())
    assert flaw == ("" if depth <= DEEPEST_READ else TOO_DEEP)
    assert isinstance(value, list | dict) == (depth <= DEEPEST_READ)
    assert parse_json(f"[{', '.join([pair] * depth)}]".encode())[1] == ""


# --- answers that are judged without a run -------------------------------------------------------------------------

Answer = tuple[int, dict[str, str], str]


def exchanged(*answers: Answer) -> list[Exchange]:
    """Return the exchanges in which a service of the first document gave *answers*."""
    _, operation = document("confluent-api-keys")
    left, clock = iter(answers), VirtualClock()

    def answer(_: httpx.Request) -> httpx.Response:
        status, headers, body = next(left)
        return httpx.Response(status, headers=headers, content=body)

    context = RunContext((("id", "ak-1"),), {}, {})
    client = target_that_answers(operation, context, clock, answer, "http://h").client
    case = baseline_update(operation, context)
    return [client.exchange(case, serial) for serial in range(len(answers))]


def findings(exchanges: list[Exchange]) -> dict[str, str]:
    """Return what is wrong with *exchanges*, by clause: its first finding in words."""
    found: dict[str, str] = {}
    for clause in clauses.derive(document("confluent-api-keys")[1]):
        against = weigh(clause, exchanges).against
        if against and against[0].finding:
            found[clause.id] = finding_sentence(against[0].finding)
    return found


@pytest.mark.parametrize("digits", [5, 5000])
def test_a_number_of_any_length_in_a_header_is_judged(digits: int) -> None:
    """Python reads no more than 4300 digits; what a header holds is judged all the same."""
    number = "9" * digits
    headers = {
        "X-RateLimit-Limit": f"-{number}",
        "X-RateLimit-Remaining": number,
        "RateLimit": f"a;r={number}",
    }
    told = findings(exchanged((200, headers, "{}")))
    assert "is negative" in told["200/header/X-RateLimit-Limit"]
    assert "200/header/X-RateLimit-Remaining" not in told
    assert ("rate-limit/structured-fields" in told) == (digits > 15)


def test_many_names_and_ids_are_read_in_one_go() -> None:
    """An answer with tens of thousands of members or errors is judged in seconds, its last one too."""
    names = ", ".join(f'"{number}": 0' for number in range(60_000))
    listed = [{"id": str(number)} for number in range(60_000)]
    twice = json.dumps({"errors": [*listed, {"id": "59999"}]})
    begun = time.perf_counter()
    assert parse_json(f'{{{names}, "x": 1, "x": 2}}'.encode())[1] == "the name 'x' comes twice"
    assert "59999" in findings(exchanged((400, {}, twice)))["error/id-unique/in-one-answer"]
    assert time.perf_counter() - begun < 20


def test_members_that_a_target_makes_up_make_no_endless_line() -> None:
    """A finding names a few of them, each so that it can be read, and written in any encoding."""
    body = json.dumps(
        {"\ud800\x1b[31m": 0, "a" * 1000: 0, **{f"x{number}": 0 for number in range(5000)}}
    )
    told = findings(exchanged((200, {}, body)))["200/undeclared"]
    assert told.isprintable()
    assert "and 4994 more" in told
    assert len(told) < 400


def test_what_a_gateway_repeats_before_the_answer_is_no_promise_of_the_service() -> None:
    """Of requests that were sent again, only the last answer is held against what errors and ids promise."""
    page = json.dumps({"errors": [{"id": "1", "status": "503", "code": "busy", "title": "Busy"}]})
    other = page.replace("Busy", "Away")
    lost = exchanged(*((503, {"X-Request-Id": "gateway"}, body) for body in (page, page, other)))
    unique = {"request-id/unique", "error/id-unique", "error/code-and-title"}
    assert findings(lost).keys() >= unique
    assert findings([replace(one, superseded=True) for one in lost]).keys() & unique == set()


# --- a request, told -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("bash") is None, reason="the line is written for bash")
def test_a_curl_line_sends_the_very_bytes() -> None:
    """Whatever is in a body, the shell gives curl what was sent."""
    (one,) = exchanged((200, {}, "{}"))
    bodies = [
        text.encode()
        for text in (
            *TEXTS.values(),
            *MARKED_TEXTS.values(),
            *("it's\n", "'", "\\", "\u0085\u00ad\u200b'"),
        )
    ]
    bodies = [
        body for body in (*bodies, b"a\xffb'\\", b"\xc3") if body and b"\0" not in body
    ]  # a shell has no NUL
    lines = [curl(replace(one, case=replace(one.case, body=body))) for body in bodies]
    script = "curl() { printf '%s\\0' \"${@: -1}\"; }\n" + "\n".join(lines)
    given = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert given.split(b"\0")[:-1] == bodies
