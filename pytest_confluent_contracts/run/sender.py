"""How does a case come to an answer of its own?

Sent, retried, a 429 waited out, several at a time, quota left to others.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.http.guard import BudgetSpent, Refusal
from pytest_confluent_contracts.http.targets import MOCK_URL
from pytest_confluent_contracts.model import quota
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import (
    Case,
    Exchange,
    FailureKind,
    Probe,
    is_local,
)
from pytest_confluent_contracts.run.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_confluent_contracts.http.targets import Target
    from pytest_confluent_contracts.model.documents import Operation

LONGEST_WAIT_S = 60.0  # a longer Retry-After is not worth a CI job's time
LIMITED = "the rate limit is reached"
WAITS_IN_VAIN = 3
RETRIES = 2
GATEWAY_STATUSES = frozenset({502, 503, 504})
SILENT_AFTER = 3  # cases without an answer
RESERVE = 0.2  # of the quota, left to others
PAUSE_S = 1.2  # more than a time stamp of whole seconds resolves
SHRINK_TRIES = 120


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """How a run goes about it.

    ``backoff``: seconds before a first retry; ``pause``: seconds for time stamps to move;
    ``concurrency``: requests in flight; ``reserve``: whether quota is kept for others;
    ``shrink_tries``: requests that a finding may be shrunk with; ``frugal``: whether a clause that
    is broken already is sent no further probe.
    """

    backoff: float = 0.05
    pause: float = PAUSE_S
    concurrency: int = 1
    reserve: bool = False
    shrink_tries: int = SHRINK_TRIES
    frugal: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told while a run goes on.

    They hear of each request to come, of waits and retries, of exchanges, of the first state.
    *chosen* makes of a case that is to show something another, or None where it is not to be sent.
    It is asked of a smaller one, too, whether that may be sent; what puts back, or ends what was
    made, it is not asked about.
    """

    progress: Callable[[Probe, int, int], None] = lambda *_: None
    say: Callable[[str], None] = lambda _: None
    exchanged: Callable[[Exchange], None] = lambda _: None
    chosen: Callable[[Case], Case | None] = lambda case: case
    first_state_seen: Callable[[dict[str, Any]], dict[str, Any]] = lambda was: was


class Sender:
    """Sends the cases of one operation and keeps their history; lives as long as the session.

    ``stopped`` says why nothing more is sent, None while it is. *look* is the case with which a
    target that seems silent is asked once more; *noted* hears of each answer before anybody else
    does. The exchanges are numbered from *first_serial* on. Each request goes within what *asking*
    makes of its case, which may raise `Refusal`. ``is_watched`` says whether what its creates make
    is taken down; that is done from several threads.
    """

    def __init__(
        self,
        operation: Operation,
        target: Target,
        policy: RunPolicy,
        listener: Listener,
        look: Case,
        noted: Callable[[Case, Exchange], None],
        first_serial: int = 0,
    ) -> None:
        self.operation, self.policy, self.listener = operation, policy, listener
        self.client, self.clock, self.quota = target.client, target.clock, target.quota
        self.history: list[Exchange] = []
        self.stopped: MissingEvidence | None = None
        self._look, self.noted = look, noted
        self.asking: Callable[[Case], AbstractContextManager[None]] = lambda _: nullcontext()
        self.is_watched = False
        self._sent: dict[int, Case] = {}
        self._silent = 0
        self._first_serial = first_serial
        self._answered_before = False  # among the exchanges that were let go

    def let_go(self) -> None:
        """Forget the exchanges so far; those to come are numbered on."""
        self._answered_before = self._has_answered
        self._first_serial += len(self.history)
        self.history.clear()
        self._sent.clear()

    @property
    def _has_answered(self) -> bool:
        """Return whether the target has ever given an answer."""
        return self._answered_before or any(not one.failure for one in self.history)

    # --- one case, or several ---------------------------------------------------------------------

    def send(self, case: Case) -> Exchange:
        """Send *case* until it has an answer of its own; raise `Refusal` where it may not go.

        A 429 is waited out, a failure on the way retried.
        """
        self._keep_reserve(case)
        return self._settle(case, self.send_once(case))

    def send_once(self, case: Case) -> Exchange:
        """Send *case* and take whatever comes, a 429 too."""
        with self.asking(case):
            return self._note(case, self.client.exchange(case, self._next_serial))

    def _answer_aside(self, case: Case) -> Exchange:
        """Return the answer to *case*, in another thread; it is numbered when it is taken down.

        What a create has made is taken down at once: others may be waited for.
        """
        with self.asking(case):
            exchange = self.client.exchange(case, 0)
            if self._is_making:
                self.noted(case, exchange)
            return exchange

    @property
    def _next_serial(self) -> int:
        return self._first_serial + len(self.history)

    def sent_case(self, exchange: Exchange) -> Case:
        """Return the case that was sent, with the secrets that the exchange no longer has."""
        return self._sent[exchange.serial]

    @property
    def _is_making(self) -> bool:
        return self.operation.role is Role.CREATE

    @property
    def may_send_together(self) -> bool:
        """Return whether several may be in flight: not while nobody answers.

        Off this machine creates go one by one, so that what one has made is written down before the
        next goes; so they do within a budget, of which each keeps a deletion meanwhile, and in the
        embedded service, where nothing takes time.
        """
        if self.policy.concurrency < 2 or self._silent:
            return False
        if not self._is_making:
            return True
        is_counted = self.client.guard.left(self.operation.key) is not None
        is_alone_there = is_local(self.client.base_url) and self.client.base_url != MOCK_URL
        return self.is_watched and is_alone_there and not is_counted

    def send_together(
        self,
        batch: Sequence[Case],
        progress: Callable[[int], None],
        landed: Callable[[int, Exchange], None] = lambda *_: None,
        room: Callable[[], int] | None = None,
    ) -> None:
        """Send cases whose order does not matter several at a time; they are judged in the order
        of the list.

        *progress* hears the index of each before it goes, and *landed* of its answer, once that is
        its own. *room* says how many may be in flight by what was answered so far, where that is
        less than the policy says: where it is none, the rest is not sent.
        """
        flying: deque[tuple[int, Future[Exchange]]] = deque()
        pool = ThreadPoolExecutor(self.policy.concurrency)
        try:
            for index, case in enumerate(batch):
                while flying and len(flying) >= self._most(room):
                    self._land(batch, flying, landed)
                if self.stopped or not self._most(room):
                    break
                self._keep_reserve(case, len(flying))
                progress(index)
                flying.append((index, pool.submit(self._answer_aside, case)))
            while flying:
                self._land(batch, flying, landed)
        finally:
            # Where one was held back or the run broken off, the others were sent all the same, and
            # may have made something.
            with undisturbed(), pool:
                for index, answer in flying:
                    with suppress(Refusal):
                        self._note(batch[index], answer.result(), is_noted=self._is_making)

    def _most(self, room: Callable[[], int] | None) -> int:
        """Return how many may be in flight, where there is *room* for so many."""
        if room is None:
            return self.policy.concurrency
        return min(room(), self.policy.concurrency)

    def _land(
        self,
        batch: Sequence[Case],
        flying: deque[tuple[int, Future[Exchange]]],
        landed: Callable[[int, Exchange], None],
    ) -> None:
        """Wait for the answer that was asked for first, and take it down."""
        index, answer = flying.popleft()
        exchange = self._note(batch[index], answer.result(), is_noted=self._is_making)
        landed(index, self._settle(batch[index], exchange))

    def _note(self, case: Case, exchange: Exchange, *, is_noted: bool = False) -> Exchange:
        """Take down an answer, and number it where it was answered aside."""
        if exchange.serial != self._next_serial:
            exchange = replace(exchange, serial=self._next_serial)
        self._sent[exchange.serial] = case
        self.history.append(exchange)
        self.quota.note(exchange)
        if not is_noted:
            self.noted(case, exchange)  # also where a hook of somebody else's fails
        self.listener.exchanged(exchange)
        return exchange

    # --- an answer of its own ---------------------------------------------------------------------

    def _settle(self, case: Case, exchange: Exchange) -> Exchange:
        """Wait out each 429 and send *case* again; give up where the target throttles for good."""
        exchange = self._retried(case, exchange)
        if case.probe is Probe.THROTTLE:
            return exchange
        for waits in range(WAITS_IN_VAIN):
            if not exchange.throttled or self.stopped:
                return exchange
            longer = 2.0**waits if waits else 0.0  # seconds: what was asked for was not enough
            self.wait(max(asked_wait(exchange), longer), LIMITED)
            exchange = self._retried(case, self.send_once(case))
        if exchange.throttled:
            status = str(exchange.status)
            self.stopped = MissingEvidence(MissingKind.THROTTLED_AGAIN, status, withheld=True)
        return exchange

    def _retried(self, case: Case, exchange: Exchange) -> Exchange:
        """Send *case* again where it failed on the way.

        An answer then stands in the place of the failures.
        """
        failed: list[Exchange] = []
        while is_transient(exchange) and len(failed) < RETRIES and not self.stopped:
            if self._is_nobody_there(exchange):
                break
            failed.append(exchange)
            pause = self.policy.backoff * 2 ** len(failed)
            self.listener.say(f"{exchange.failure or exchange.status}; sent again in {pause:.1f} s")
            self.clock.sleep(pause)
            exchange = self.send_once(case)
        if failed and not is_transient(exchange):
            for one in failed:
                index = one.serial - self._first_serial
                self.history[index] = replace(one, superseded=True)
        self._stop_where_silent(exchange)
        return exchange

    def _is_nobody_there(self, exchange: Exchange) -> bool:
        """Return whether asking again is in vain.

        Nothing listens on this machine, or the very first handshake of TLS was refused.
        """
        if self._has_answered:
            return False
        if exchange.failure_kind is FailureKind.UNCONNECTED:
            return is_local(exchange.url)
        return exchange.failure_kind is FailureKind.TLS_REFUSED

    def _stop_where_silent(self, exchange: Exchange) -> None:
        """Stop where the target has fallen silent.

        At once if it never answered, else after a few cases and a last look.
        """
        self._silent = self._silent + 1 if is_transient(exchange) else 0
        if not self._has_answered or self._silent > SILENT_AFTER:
            times = sum(map(is_transient, self.history))
            self.stopped = MissingEvidence(
                MissingKind.FELL_SILENT,
                self.client.base_url,
                withheld=True,
                asked=times,
                answers=((exchange.failure or str(exchange.status), times),),
            )
        elif self._silent == SILENT_AFTER:
            self._stop_where_silent(self.send_once(self._look))

    def stop_for(self, refusal: Refusal) -> None:
        """Send nothing more, since the guard let a request not go."""
        # What the budget did not pay for, the target does not owe.
        withheld = not isinstance(refusal, BudgetSpent)
        self.stopped = MissingEvidence(MissingKind.HELD_BACK, str(refusal), withheld=withheld)

    # --- the rate limit ---------------------------------------------------------------------------

    def wait(self, seconds: float, why: str) -> None:
        """Let *seconds* go by, a minute at most, and tell *why*."""
        capped = min(seconds, LONGEST_WAIT_S)
        if capped >= 1.0:
            asked = f" of the {seconds:.0f} s asked for" if seconds > capped else ""
            self.listener.say(f"{why}: waiting {capped:.0f} s{asked}")
        self.clock.sleep(capped)

    def _keep_reserve(self, case: Case, flying: int = 0) -> None:
        """Leave a share of the announced quota to others: where *case* would touch it, wait for
        the next window.

        Not every answer tells of the quota: what was sent since the last that did, and what is in
        flight, counts as spent.
        """
        if not self.policy.reserve:
            return
        told = self.quota.last_told(case.operation, case.authority)
        if told is None:
            return
        limit, remaining = told.quota.limit or 0, told.quota.remaining or 0
        left = remaining - told.sent_since - flying
        reset = float(told.quota.seconds_to_reset or 1)
        if self.clock.now() - told.came_at < reset and left - 1 < RESERVE * limit:
            self.wait(reset, f"{left} of {limit} requests are left to others")


def is_transient(exchange: Exchange) -> bool:
    """Return whether the request failed on the way, and may be answered when it is sent again."""
    return bool(exchange.failure) or exchange.status in GATEWAY_STATUSES


def asked_wait(exchange: Exchange) -> float:
    """Return the seconds that a 429 asks to wait.

    That is what Retry-After says (seconds, or a date), else Reset, else 1. Where Retry-After is
    absurd and Reset is not, Reset is believed.
    """
    headers = quota.known_headers(exchange.case.operation)
    retry = exchange.header(headers.retry_after)
    asked = quota.parse_retry_after(retry, exchange.header("Date"))
    reset = quota.latest_quota(exchange).seconds_to_reset
    told = [float(wait) for wait in (asked, reset) if wait is not None]
    fitting = [wait for wait in told if wait <= LONGEST_WAIT_S]
    return [*fitting, *told, 1.0][0]
