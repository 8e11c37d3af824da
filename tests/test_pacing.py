"""Does the run keep its pace? Rate, reserve, waits for a 429, and requests in flight, on clocks that can be read."""

from __future__ import annotations

import itertools
import re
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from chaos_proxy import named, resolver
from exchanges import confluent
from judging import opened, target_that_answers
from other_service import ENVIRONMENT, Answer, Choices, OtherService, Request
from running import Run, gate

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.plan import PlannedProbe, make_plan
from pytest_confluent_contracts.double import proving
from pytest_confluent_contracts.double.service import Answer as ServiceAnswer
from pytest_confluent_contracts.double.service import Request as ServiceRequest
from pytest_confluent_contracts.double.service import Service, VirtualClock
from pytest_confluent_contracts.http import guard, targets
from pytest_confluent_contracts.model.clauses import MissingKind
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.report.sentences import missing_sentence
from pytest_confluent_contracts.run.campaign import Campaign
from pytest_confluent_contracts.run.sender import Listener, RunPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFLUENT = (
    "--contract-spec=confluent-api-keys",
    "--contract-max-examples=1",
    "--contract-param=id=ak-12345",
)
AWAY = ("--contract-insecure", *CONFLUENT)


class Timed(OtherService):
    """Notes when each request came, and how many were in flight."""

    def __init__(self, choices: Choices | None = None, latency: float = 0.0) -> None:
        super().__init__(choices)
        self.times: list[float] = []
        self.latency, self.flying, self.most = latency, 0, 0
        self._count = threading.Lock()

    def respond(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer after the latency."""
        with self._count:
            self.times.append(time.monotonic())
            self.flying += 1
            self.most = max(self.most, self.flying)
        time.sleep(self.latency)
        answer = super().respond(request)
        with self._count:
            self.flying -= 1
        return answer


def away(folder: Path, service: OtherService, *given: str) -> Run:
    """Run the gate against *service* under a name that is not loopback's."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    return gate(folder, f"--contract-target={named(service.url)}", *AWAY, *given, given=ENVIRONMENT)


# --- the rate --------------------------------------------------------------------------------------------------------


def at_rate(rate: float, clock: VirtualClock) -> guard.Guard:
    """Return a guard for two operations that lets out so many requests a second."""
    rules = guard.Rules(frozenset({"https://h"}), rate=rate)
    allowance = guard.Allowance("PATCH", frozenset({"/x"}))
    allowances = {("d", "0"): allowance, ("d", "1"): allowance}
    return guard.Guard(rules, allowances, clock, httpx.MockTransport(lambda _: httpx.Response(200)))


def asked(number: int = 0) -> httpx.Request:
    """Return a request of one of the two operations."""
    return httpx.Request("PATCH", "https://h/x", extensions={guard.OPERATION: ("d", str(number))})


@pytest.mark.parametrize("rate", [0.5, 5.0, 50.0])
def test_the_guard_spaces_requests_evenly(rate: float) -> None:
    """On a clock that waits exactly, 100 requests of two operations take 99 intervals, however they come in."""
    clock = VirtualClock()
    paced = at_rate(rate, clock)
    begun = clock.now()
    for index in range(100):
        clock.sleep(0.3 / rate if index % 3 else 0.0)
        paced.handle_request(asked(index % 2))
    assert clock.now() - begun == pytest.approx(99 / rate, rel=0.05)


def test_a_pause_is_not_made_up_for() -> None:
    """After a pause the rate goes on from there: no burst."""
    clock = VirtualClock()
    paced = at_rate(5.0, clock)
    paced.handle_request(asked())
    clock.sleep(60)
    begun = clock.now()
    for _ in range(6):
        paced.handle_request(asked())
    assert clock.now() - begun == pytest.approx(1.0, rel=0.01)


def test_waiting_for_its_turn_is_no_part_of_an_exchange() -> None:
    """At a rate of one request in 20 s nothing is too slow for a timeout of 10 s, and each tells when it went."""
    operation = confluent()
    double = proving.Double(operation)
    client = double.target(settings=targets.ClientSettings(10.0, rate=0.05)).client
    case = baseline_update(operation, double.context)
    came = [client.exchange(case, serial) for serial in range(3)]
    assert [one.failure for one in came] == ["", "", ""]
    assert [one.sent_at for one in came] == pytest.approx([0, 20, 40], abs=0.1)
    assert all(one.came_at - one.sent_at < 0.1 for one in came)


def test_the_rate_holds_over_a_run(folder: Path) -> None:
    """At 40 a second the server sees 40 a second within 5 %, and in no second more than 5 % above.

    The median of the gaps tells: a machine that is busy with other tests stalls now and then.
    """
    with Timed() as service:
        run = away(folder, service, "--contract-rate=40", "-k", "security or request/undeclared")
    assert run.code == 0, run.everything
    steady = service.times[:-1]  # the last one puts back
    gaps = [later - earlier for earlier, later in itertools.pairwise(steady)]
    assert statistics.median(gaps) == pytest.approx(1 / 40, rel=0.05)
    busiest = max(sum(begun <= moment < begun + 1.0 for moment in steady) for begun in steady)
    assert busiest <= 42


def test_on_loopback_nothing_slows_a_run(folder: Path) -> None:
    """Without a rate the same requests go out as fast as they are answered."""
    with Timed() as service:
        gate(
            folder,
            f"--contract-target={service.url}",
            *CONFLUENT,
            "-k",
            "security",
            given=ENVIRONMENT,
        )
    assert (len(service.times) - 1) / (service.times[-1] - service.times[0]) > 60


# --- the reserve -----------------------------------------------------------------------------------------------------


def remaining(service: OtherService) -> Callable[[Request, Answer], Answer]:
    """Return a tamper hook that notes what is left of the limit after each answer."""
    service.left = []  # type: ignore[attr-defined]

    def note(request: Request, answer: Answer) -> Answer:
        if (told := answer.header("X-RateLimit-Remaining")) is not None:
            service.left.append(int(told))  # type: ignore[attr-defined]
        return answer

    return note


@pytest.mark.parametrize("throttle", [False, True])
def test_a_fifth_of_the_quota_is_left_to_others(folder: Path, throttle: bool) -> None:
    """Remaining is never seen below 20 % of Limit, unless --contract-throttle asks for the whole."""
    with Timed(Choices(limit=20, window=1.0)) as service:
        service.tamper = remaining(service)
        more = (
            ("--contract-throttle", "-k", "429/no-body or request/undeclared")
            if throttle
            else ("-k", "request/undeclared or security")
        )
        run = away(folder, service, "--contract-rate=2000", *more)
    left = service.left  # type: ignore[attr-defined]
    assert run.code == 0, run.everything
    assert len(left) > 20
    assert min(left) == 0 if throttle else min(left) >= 4


def test_the_wait_for_the_next_window_is_told(folder: Path) -> None:
    """A pause that leaves quota to others says why, and how long."""
    with OtherService(Choices(limit=20, window=1.0)) as service:
        run = away(folder, service, "--contract-rate=2000", "-k", "request/undeclared or body/json")
    assert re.search(
        r"^contracts: \d+ of 20 requests are left to others: waiting 1 s$", run.out, re.MULTILINE
    )


# --- 429 -------------------------------------------------------------------------------------------------------------


def held_up(headers: list[tuple[str, str]], times: int) -> tuple[float, list[str], int, str]:
    """Send one case to a service that answers 429 so often; return seconds, lines, requests, and why it stopped."""
    operation = confluent()
    clock, said, sent = VirtualClock(), [], []  # type: ignore[var-annotated]

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return (
            httpx.Response(429, headers=headers)
            if len(sent) <= times
            else httpx.Response(200, json={})
        )

    parts = {part: "x" * 8 for scheme in operation.security[0] for part, _ in scheme.variables}
    context = RunContext((("id", "ak-1"),), {}, {operation.security[0][0].name: parts})
    target = target_that_answers(operation, context, clock, answer)
    plan = make_plan(operation, context, needed=())
    campaign = Campaign(plan, target, listener=Listener(say=said.append))
    begun = clock.now()
    campaign.sender.send(baseline_update(operation, context, Probe.VALID))
    stopped = missing_sentence(campaign.sender.stopped) if campaign.sender.stopped else ""
    return clock.now() - begun, said, len(sent), stopped


DATE = "Sun, 22 Nov 2026 10:00:00 GMT"
WAITS: dict[str, tuple[list[tuple[str, str]], float]] = {
    "seconds": ([("Retry-After", "7")], 7.0),
    "a date": ([("Retry-After", "Sun, 22 Nov 2026 10:00:09 GMT"), ("Date", DATE)], 9.0),
    "a date gone by": ([("Retry-After", "Sun, 22 Nov 2026 09:00:00 GMT"), ("Date", DATE)], 0.0),
    "absent, with a reset": ([("X-RateLimit-Reset", "5")], 5.0),
    "absent": ([], 1.0),
    "absurdly long": ([("Retry-After", "86400")], 60.0),
    "longer than a number": ([("Retry-After", "9" * 40), ("X-RateLimit-Reset", "4")], 4.0),
    "absurdly far away": ([("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"), ("Date", DATE)], 60.0),
    "a year beyond numbers": (
        [("Retry-After", f"Fri, 31 Dec {9**30} 23:59:59 GMT"), ("X-RateLimit-Reset", "3")],
        3.0,
    ),
    "negative": ([("Retry-After", "-5"), ("X-RateLimit-Reset", "3")], 3.0),
    "a word": ([("Retry-After", "soon"), ("X-RateLimit-Reset", "3")], 3.0),
    "a reset as a time of day": ([("X-RateLimit-Reset", "1795341612"), ("Date", DATE)], 12.0),
    "a reset of earlier drafts": ([("RateLimit-Reset", "6")], 6.0),
    "a reset in a dictionary": ([("RateLimit", "limit=9, remaining=0, reset=8")], 8.0),
    "a reset of a policy": ([("RateLimit", '"a";r=0;t=9'), ("RateLimit-Policy", '"a";q=9')], 9.0),
    "the reset of what is spent": ([("RateLimit", '"day";r=90;t=50, "burst";r=0;t=2')], 2.0),
    "the longest reset of what is spent": ([("RateLimit", '"a";r=0;t=2, "b";r=0;t=7')], 7.0),
    "no structured field": ([("RateLimit", "reset in 9 s")], 1.0),
}


@pytest.mark.parametrize("form", WAITS)
def test_a_429_is_waited_out_as_it_says(form: str) -> None:
    """Retry-After in seconds or as a date, else Reset, else a second; never more than a minute, and it is told."""
    headers, seconds = WAITS[form]
    waited, said, sent, stopped = held_up(headers, 1)
    assert waited == pytest.approx(seconds, abs=1.0)
    assert (sent, stopped) == (2, "")
    assert bool(said) == (seconds >= 1)
    assert all(f"waiting {seconds:.0f} s" in line for line in said)


def test_an_absurd_wait_is_told_as_such() -> None:
    """What was asked for and what is waited are both told."""
    _, said, _, _ = held_up([("Retry-After", "86400")], 1)
    assert said == ["the rate limit is reached: waiting 60 s of the 86400 s asked for"]


def test_a_service_that_throttles_for_good_is_left_alone() -> None:
    """After three waits in vain nothing more is sent, and the reason is told."""
    waited, _, sent, stopped = held_up([("Retry-After", "0")], 99)
    assert sent == 4
    assert waited < 10
    assert "429 was answered again and again" in stopped


def test_nothing_is_sent_after_a_target_has_fallen_silent() -> None:
    """A probe that was broken off for silence does not go on with its last requests."""
    operation = confluent()
    double = proving.Double(operation, max_examples=1)
    campaign = double.campaign(lambda service: silent(service, 5))
    campaign.run(Probe.VALID)
    assert campaign.sender.stopped is not None
    assert campaign.sender.stopped.kind is MissingKind.FELL_SILENT
    assert (
        campaign.history[-1].case.title == "the smallest update"
    )  # the last look before it gives up


def silent(service: Service, after: int) -> Service:
    """Return *service*, which hangs up on each request after so many."""
    handle, turns = service.handle, itertools.count()

    def hung_up(request: ServiceRequest) -> ServiceAnswer:
        if next(turns) >= after:
            raise ConnectionError
        return handle(request)

    service.handle = hung_up  # type: ignore[method-assign]
    return service


# --- a service that is only limited ----------------------------------------------------------------------------------

THROTTLED = Choices(limit=20, window=1.0)


@pytest.mark.parametrize("given", [(), ("--contract-throttle",)], ids=["without", "throttle"])
@pytest.mark.parametrize("far", [False, True], ids=["loopback", "away"])
def test_a_service_with_a_tight_limit_is_green(
    folder: Path, given: tuple[str, ...], far: bool
) -> None:
    """20 requests per 2 s, each promise kept: no clause is red, with and without --contract-throttle."""
    few = ("-k", "security or 429/no-body")
    with OtherService(THROTTLED) as service:
        if far:
            run = away(folder, service, "--contract-rate=2000", *few, *given)
        else:
            run = gate(
                folder,
                f"--contract-target={service.url}",
                *CONFLUENT,
                *few,
                *given,
                given=ENVIRONMENT,
            )
        assert service.spec["display_name"] == "first name"
    assert run.code == 0, run.everything
    assert run.red == set()
    assert len(service.requests) > 20


# --- in flight -------------------------------------------------------------------------------------------------------


def requests_of(service: OtherService) -> Counter[tuple[str, bytes, str]]:
    """Return what a service was asked, without order."""
    return Counter(
        (one.path, one.body, one.headers.get("authorization", "")) for one in service.requests
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Run, Timed]]:
    """Return the same run with one and with four requests in flight, against 20 ms of latency."""
    found = {}
    for many in (1, 4):
        with Timed(latency=0.02) as service:
            target, folder = (
                f"--contract-target={service.url}",
                tmp_path_factory.mktemp(f"flight-{many}"),
            )
            chosen = ("-k", "security or body/json or unknown-id or request/undeclared")
            run = gate(
                folder,
                target,
                *CONFLUENT,
                *chosen,
                f"--contract-concurrency={many}",
                given=ENVIRONMENT,
            )
        found[many] = run, service
    return found


def test_requests_in_flight_change_no_verdict(pair: dict[int, tuple[Run, Timed]]) -> None:
    """Verdicts are the same one by one and four at a time."""
    assert pair[1][0].code == pair[4][0].code == 0, pair[4][0].everything
    assert pair[1][0].verdicts == pair[4][0].verdicts


def test_requests_in_flight_are_the_same_requests(pair: dict[int, tuple[Run, Timed]]) -> None:
    """The same requests are sent, each as often."""
    assert requests_of(pair[1][1]) == requests_of(pair[4][1])


def test_no_more_are_in_flight_than_asked_for(pair: dict[int, tuple[Run, Timed]]) -> None:
    """One at a time is one at a time, and four are never five."""
    assert (pair[1][1].most, pair[4][1].most) == (1, 4)


def test_as_many_are_in_flight_as_asked_for() -> None:
    """No request waits for a connection until its time is over; waiting counts the seconds, not the requests."""
    with Timed(latency=0.3) as service:
        operation = confluent()
        context = RunContext(operation.parameters, {}, {})
        target = opened(operation, service.url, context, timeout=0.9)
        case, begun = baseline_update(operation, context), time.perf_counter()
        with ThreadPoolExecutor(64) as pool:
            came = list(pool.map(lambda serial: target.client.exchange(case, serial), range(64)))
        target.close()
    assert {(one.status, one.failure) for one in came} == {(401, "")}
    assert service.most > 16
    assert 0.3 <= target.guard.waiting <= time.perf_counter() - begun


def test_what_was_in_flight_when_one_was_held_back_is_told() -> None:
    """Each request that went out has its exchange, though the one before it was not let out."""
    operation = confluent()
    double = proving.Double(operation, max_examples=1)
    one, held, *others = cases.of(Probe.BROKEN, operation, double.context)
    planned = (one, replace(held, parameters=(("id", "another"),)), *others[:8])
    plan = replace(double.plan, probes=(PlannedProbe(Probe.BROKEN, planned),))
    campaign = double.campaign(policy=RunPolicy(concurrency=4), plan=plan)
    campaign.run(Probe.BROKEN)
    assert campaign.sender.stopped is not None
    assert "is not the resource" in campaign.sender.stopped.subject
    assert len(campaign.history) == campaign.sender.client.guard.sent > 2


def test_requests_that_change_something_travel_alone(folder: Path) -> None:
    """Where an accepted body is followed by another, each waits for the answer to the one before."""
    with Timed(latency=0.02) as service:
        options = (*CONFLUENT, "--contract-concurrency=4", "-k", "request/undeclared")
        run = gate(folder, f"--contract-target={service.url}", *options, given=ENVIRONMENT)
    assert run.code == 0
    assert service.most == 1


def told(run: Run) -> list[Any]:
    """Return what each clause counted."""
    return [(one.id, one.contract["judged"] if one.contract else None) for one in run.told]


def test_as_much_is_judged_in_flight(pair: dict[int, tuple[Run, Timed]]) -> None:
    """Each clause judges as many answers."""
    assert told(pair[1][0]) == told(pair[4][0])
