"""Is the wire seen as it is? Servers on loopback that lie about codings and framing, or lose what they are sent."""

from __future__ import annotations

import gzip
import itertools
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from exchanges import BROKEN, confluent, verdict
from judging import DOCUMENTS, judged, red, warned
from loopback_server import LoopbackServer
from other_service import ENVIRONMENT, Answer, Choices, OtherService, Request, ServiceHandler
from running import listening

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.client import LARGEST_ANSWER_BYTES, Client
from pytest_confluent_contracts.http.connections import KEPT_OPEN, RENEWED_AFTER
from pytest_confluent_contracts.http.guard import Guard, Rules, WallClock
from pytest_confluent_contracts.http.redaction import Redactor
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import CodingFault, CodingFlaw, Loss, RunContext
from pytest_confluent_contracts.run.access import planned_access

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.model.traffic import Case, Clock, Exchange

Encoded = tuple[int, list[tuple[str, str]], bytes]
CODING, FRAMING = "wire/content-coding", "wire/framing"
KEPT, SAME = "wire/kept-open", "wire/same-on-every-connection"
JSON = b'{"id": "ak-12345"}'


# --- one client and one server of few words --------------------------------------------------------------------------


class Asking:
    """A client of the server at a URL, which sends one small update each time."""

    def __init__(self, url: str, clock: Clock, timeout: float) -> None:
        context = RunContext((("id", "ak-12345"),), {}, {}, max_examples=1)
        access = planned_access(make_plan(confluent(), context))
        allowances = targets.allowances_at(url, [access])
        self.guard = Guard(Rules(frozenset({url})), allowances, clock)
        self.client = Client(url, self.guard, clock, Redactor(()), timeout)
        self.case: Case = baseline_update(confluent(), context)

    def ask(self, count: int = 1) -> list[Exchange]:
        """Return what came of *count* requests."""
        return [self.client.exchange(self.case, index) for index in range(count)]


@contextmanager
def asking(
    talk: Callable[[socket.socket], None], clock: Clock | None = None, timeout: float = 5.0
) -> Iterator[Asking]:
    """Return a client of a server that leaves each connection to *talk*."""
    with listening(talk) as url:
        one = Asking(url, clock or VirtualClock(), timeout)
        try:
            yield one
        finally:
            one.client.close()


def read_request(connection: socket.socket) -> bool:
    """Read one request; return whether one came."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return True


def answer_of(*headers: str, body: bytes = JSON) -> bytes:
    """Return an answer with *headers*, and with its length unless it comes in chunks."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", *headers]
    if not any(line.startswith("Transfer-Encoding") for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def always(answer: bytes) -> Callable[[socket.socket], None]:
    """Return what gives *answer* to each request, on each connection."""

    def talk(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(answer)

    return talk


# --- codings ---------------------------------------------------------------------------------------------------------

CODED = gzip.compress(JSON)
ANSWERS: dict[str, tuple[bytes, CodingFlaw | None]] = {
    "gzip": (answer_of("Content-Encoding: gzip", body=CODED), None),
    "none": (answer_of(), None),
    "claimed": (
        answer_of("Content-Encoding: gzip"),
        CodingFlaw(CodingFault.NOT_APPLIED, "gzip"),
    ),
    "twice": (
        answer_of("Content-Encoding: gzip", body=gzip.compress(CODED)),
        CodingFlaw(CodingFault.REPEATED, "gzip"),
    ),
    "unnamed": (answer_of(body=CODED), CodingFlaw(CodingFault.UNNAMED, "gzip")),
    "br": (answer_of("Content-Encoding: br"), CodingFlaw(CodingFault.UNASKED, "br")),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_whatever_is_said_of_the_coding_status_headers_and_body_are_read(what: str) -> None:
    """httpx raises where the coding is a lie; here it is one flaw beside an answer like any other."""
    answer, flaw = ANSWERS[what]
    with asking(always(answer)) as one:
        [came] = one.ask()
    assert (came.failure, came.status, came.json) == ("", 200, {"id": "ak-12345"})
    assert came.coding == flaw
    assert came.header("content-type") == "application/json"


def test_bytes_that_nobody_can_read_are_not_shown() -> None:
    """They are counted, and named by their coding."""
    with asking(always(answer_of("Content-Encoding: br", body=b"\x8b\x01\xff" * 5))) as one:
        [came] = one.ask()
    assert (came.text, came.is_readable) == ("(15 bytes in the content coding br)", False)


def test_a_small_answer_that_becomes_a_large_one_is_no_answer() -> None:
    """It is read no further than any other."""
    bomb = gzip.compress(bytes(LARGEST_ANSWER_BYTES + 1))
    with asking(always(answer_of("Content-Encoding: gzip", body=bomb))) as one:
        [came] = one.ask()
    assert came.failure == "an answer of more than 16 MiB"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_lie_on_every_answer_breaks_one_clause(name: str) -> None:
    """The other promises are judged by what stands in the answers, and are kept."""

    class Claiming(OtherService):
        def encode(self, request: Request, answer: Answer) -> Encoded:
            """Name a coding that is not applied."""
            status, headers, body = super().encode(request, answer)
            return status, [*headers, ("Content-Encoding", "gzip")], body

    with Claiming() as service:
        rulings = judged(name, service.url, service.environment)
    assert red(rulings).keys() == {CODING}
    assert "Content-Encoding gzip, in which the body is not" in red(rulings)[CODING]


# --- framing ---------------------------------------------------------------------------------------------------------

CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(JSON), JSON)


def test_both_ways_to_tell_the_end_of_an_answer_are_seen() -> None:
    """h11 goes by the chunks, and both headers come through."""
    both = ("Transfer-Encoding: chunked", "Content-Length: 3")
    with asking(always(answer_of(*both, body=CHUNKS))) as one:
        [came] = one.ask()
    assert came.json == {"id": "ak-12345"}
    assert verdict(confluent(), FRAMING, came) == BROKEN


# --- connections -----------------------------------------------------------------------------------------------------


def test_one_request_after_another_goes_over_another_connection() -> None:
    """A few connections are kept open; no two requests in a row go over one, and their turns have no period."""
    accepted: list[int] = []

    def talk(connection: socket.socket) -> None:
        accepted.append(connection.fileno())
        always(answer_of())(connection)

    with asking(talk) as one:
        turns = [came.connection for came in one.ask(RENEWED_AFTER - 4)]
        again = [came.connection for came in one.ask(3)]
    assert len(accepted) == KEPT_OPEN
    assert set(turns) == set(range(1, KEPT_OPEN + 1))
    assert all(before != after for before, after in itertools.pairwise(turns))
    for period in range(2, 13):
        assert turns[period:] != turns[:-period]
    assert set(again) <= set(turns)


def test_each_connection_has_its_turn_in_each_round() -> None:
    """What is sent three times in a row is seen by most of three replicas, each bound to one."""
    with asking(always(answer_of())) as one:
        turns = [came.connection for came in one.ask(KEPT_OPEN * 7)]
    for begin in range(0, len(turns), KEPT_OPEN):
        assert set(turns[begin : begin + KEPT_OPEN]) == set(range(1, KEPT_OPEN + 1))


def test_now_and_then_a_connection_is_opened_anew() -> None:
    """There are first requests of a connection all through a run; what was closed is no loss."""
    with asking(always(answer_of())) as one:
        row = one.ask(RENEWED_AFTER * 4)
    opened = [index for index, came in enumerate(row) if came.connection > KEPT_OPEN]
    assert {row[index].connection for index in opened} == set(range(4, 8))
    assert opened[0] == RENEWED_AFTER - 1
    assert not any(came.losses or came.failure for came in row)


def test_the_same_requests_take_the_same_turns() -> None:
    """A run can be repeated, connection by connection."""
    rows = []
    for _ in range(2):
        with asking(always(answer_of())) as one:
            rows.append([came.connection for came in one.ask(2 * RENEWED_AFTER)])
    assert rows[0] == rows[1]


def hanging_up(after: int, times: int) -> Callable[[socket.socket], None]:
    """Return what answers *after* requests of a connection and closes it on the next, *times* in all."""
    left = iter(range(times))

    def talk(connection: socket.socket) -> None:
        for turn in itertools.count():
            if not read_request(connection):
                return
            if turn >= after and next(left, None) is not None:
                return
            connection.sendall(answer_of())

    return talk


def test_what_is_lost_on_a_connection_kept_open_is_sent_again_and_noted() -> None:
    """Each time, not once a run; the next try goes over a new connection, and the others stay open."""
    with asking(hanging_up(after=2, times=4)) as one:
        row = one.ask(40)
        sent = one.guard.sent
    assert {came.status for came in row} == {200}
    losses = [loss for came in row for loss in came.losses]
    assert [loss.answers for loss in losses] == [2, 2, 2, 2]
    assert sent == 44
    # One more was opened by us.
    assert max(came.connection for came in row) == KEPT_OPEN + 4 + 1


def test_a_request_on_which_the_target_hangs_up_each_time_is_not_answered() -> None:
    """Once more over a new connection, and then it is a failure; what was lost before stands beside it."""

    def talk(connection: socket.socket) -> None:
        if read_request(connection) and not over.is_set():
            connection.sendall(answer_of())
            read_request(connection)

    over = threading.Event()
    with asking(talk) as one:
        one.ask(KEPT_OPEN)
        over.set()
        [came] = one.ask()
    assert came.failure == "the connection was closed without an answer"
    assert len(came.losses) == 1


def test_how_long_a_connection_was_idle_is_noted() -> None:
    """A loss after a pause is another thing than one right after an answer (RFC 9112 9.5)."""
    clock = VirtualClock()
    with asking(hanging_up(after=1, times=1), clock) as one:
        one.ask(KEPT_OPEN)
        clock.sleep(7.0)
        [came] = one.ask()
    assert came.losses == (Loss(idle=7.0, answers=1),)


def test_a_connection_that_the_target_closed_in_time_is_opened_anew_under_another_number() -> None:
    """That is no loss, with a word or without one."""
    for told in ("Connection: close", ""):

        def talk(connection: socket.socket, told: str = told) -> None:
            read_request(connection)
            connection.sendall(answer_of(*filter(None, [told])))

        with asking(talk) as one:
            row = []
            for _ in range(9):
                row += one.ask()
                threading.Event().wait(0.05)
        assert [came.connection for came in row] == list(range(1, 10))
        assert [came.losses for came in row] == [()] * 9


def test_a_target_that_attends_to_one_connection_at_a_time_gets_one() -> None:
    """As small servers do; found out by one request that waits in vain, and is sent again."""
    attending = threading.Lock()

    def talk(connection: socket.socket) -> None:
        with attending:
            always(answer_of())(connection)

    with asking(talk, WallClock(), timeout=1.0) as one:
        row = one.ask(6)
        sent = one.guard.sent
    assert [came.status for came in row] == [200] * 6
    assert [came.losses for came in row] == [(), (Loss(idle=0.0, answers=0),), *[()] * 4]
    assert len({came.connection for came in row[1:]}) == 1
    assert sent == 7
    assert verdict(confluent(), KEPT, *row) == "kept"


def test_a_target_that_falls_silent_is_not_asked_on_and_on() -> None:
    """One that answers nobody is no target that attends to another connection."""

    def talk(connection: socket.socket) -> None:
        while read_request(connection):
            if not silent.is_set():
                connection.sendall(answer_of())

    silent = threading.Event()
    with asking(talk, WallClock(), timeout=0.5) as one:
        one.ask()
        silent.set()
        row = one.ask(3)
        assert {came.failure for came in row} == {"no complete answer within 0.5 s"}
        assert one.guard.sent == 5


# --- services --------------------------------------------------------------------------------------------------------


class LosingHandler(ServiceHandler):
    """Hangs up on each n-th request, which the service never sees."""

    def answer(self) -> None:
        """Answer, or not."""
        losing = self.server.losing  # type: ignore[attr-defined]
        if losing():
            self.close_connection = True
            self.read_body()
            return
        super().answer()


@pytest.mark.parametrize(("every", "told"), [(30, True), (150, True), (300, False)])
def test_a_service_that_loses_requests_now_and_then_is_warned(every: int, told: bool) -> None:
    """Two and more are told with how many of how many; one alone may be bad luck."""
    turns, lock = itertools.count(1), threading.Lock()

    def losing() -> bool:
        with lock:
            turn = next(turns)
            return turn > 20 and turn % every == 0

    with OtherService() as service, LoopbackServer(LosingHandler, service) as server:
        server.losing = losing  # type: ignore[attr-defined]
        rulings = judged("confluent-api-keys", server.url, ENVIRONMENT)
    assert red(rulings) == {}
    assert warned(rulings) == ({KEPT} if told else set())
    if told:
        finding = rulings[KEPT].finding
        assert finding is not None
        assert 2 <= int(str(finding.observed)) < int(str(finding.expected))


class StickyHandler(ServiceHandler):
    """Leads each connection to one of several services, in turns."""

    def setup(self) -> None:
        """Choose the service of this connection."""
        self.own: OtherService = next(self.server.owner)  # type: ignore[attr-defined]
        super().setup()

    @property
    def owner(self) -> OtherService:
        """Return the service of this connection."""
        return self.own


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_replicas_with_states_of_their_own_are_told_by_their_cause(name: str, count: int) -> None:
    """Sticky by connection, each right by itself: that they differ is seen because requests take turns."""
    with ExitStack() as open_:
        replicas = [open_.enter_context(OtherService()) for _ in range(count)]
        own = LoopbackServer(StickyHandler, itertools.cycle(replicas))
        server = open_.enter_context(own)
        rulings = judged(name, server.url, ENVIRONMENT)
    found = red(rulings)
    if count == 1:
        assert found == {}
        assert rulings[SAME].verdict is Verdict.KEPT
        return
    assert {SAME, "update/omitted-unchanged"} <= found.keys()
    assert "over connection" in found[SAME]


@pytest.mark.parametrize("tells_closing", [False, True])
def test_a_service_that_keeps_no_connection_open_has_none_to_lose(tells_closing: bool) -> None:
    """What it does not promise is not exercised, and nothing else changes."""
    with OtherService(Choices(hangs_up=1, tells_closing=tells_closing)) as service:
        rulings = judged("confluent-api-keys", service.url, service.environment)
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert rulings[KEPT].verdict in (Verdict.NOT_EXERCISED, Verdict.KEPT)
