"""The evidence for each clause: probes run once, exchanges are shared by all clauses, failures are shrunk."""

from __future__ import annotations

import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.making import complete
from pytest_confluent_contracts.cases.restoring import beyond, restoring, shown
from pytest_confluent_contracts.cases.shrinking import shrink
from pytest_confluent_contracts.cases.valid import later, opening, whole
from pytest_confluent_contracts.clauses.judging import evidence_size, rule, weigh
from pytest_confluent_contracts.clauses.update import granularity, parse_moment
from pytest_confluent_contracts.guard import BudgetSpent, Refusal
from pytest_confluent_contracts.model.clauses import Evidence, MissingEvidence, MissingKind
from pytest_confluent_contracts.model.traffic import Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_confluent_contracts.clauses.judging import Weighed
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Clock, Exchange, RunContext
    from pytest_confluent_contracts.wire import Wire

ORDER = tuple(Probe)
ORDERLESS = frozenset({Expect.REFUSED, Expect.UNAUTHENTICATED, Expect.UNKNOWN})

LONGEST_WAIT = 60.0  # seconds; a longer Retry-After is not worth a CI job's time
LIMITED = "the rate limit is reached"
WAITS_IN_VAIN = 3
RETRIES = 2
GATEWAY = frozenset({502, 503, 504})
SILENT_AFTER = 3
HOPELESS_AFTER = 12
HOPELESS = frozenset({Probe.VALID, Probe.COVERAGE})
RESERVE = 0.2
AFTER_THE_WAIT = 3  # requests: the new window must be seen to count down
SHRINK_TRIES = 120
SHRINK_BUDGET = 400
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?\Z")  # a fraction is judged elsewhere, and can be waited out all the same
PAUSE = 1.2  # seconds; more than a time stamp of whole seconds resolves
MORE_THAN_A_TICK = 1.2  # times a tick of the clock that the time stamps show


@dataclass(frozen=True, slots=True)
class Manner:
    """How a campaign goes about it.

    Seconds before a retry, seconds for time stamps to move, requests in flight, whether quota is kept for others, how many
    requests a finding may be shrunk with, and the probes that must not run, each with its reason.
    """

    backoff: float = 0.05
    pause: float = PAUSE
    concurrency: int = 1
    reserve: bool = False
    shrink_tries: int = SHRINK_TRIES
    skipped: Mapping[Probe, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told while a campaign runs: of each request to come, of waits and retries, of exchanges, of the first state."""

    progress: Callable[[Probe, int, int], None] = lambda *_: None
    say: Callable[[str], None] = lambda _: None
    exchanged: Callable[[Exchange], None] = lambda _: None
    opened: Callable[[dict[str, Any]], dict[str, Any]] = lambda was: was


class Campaign:
    """Holds one operation against the target; lives as long as the session."""

    def __init__(
        self,
        operation: Operation,
        context: RunContext,
        wire: Wire,
        clock: Clock,
        manner: Manner | None = None,
        listener: Listener | None = None,
        planned: Mapping[Probe, Sequence[Case]] | None = None,
    ) -> None:
        self.operation, self.context, self.wire, self.clock = operation, context, wire, clock
        self.manner, self.listener = manner or Manner(), listener or Listener()
        self.journal: list[Exchange] = []
        self.stopped: MissingEvidence | None = None if self.authorised else self._missing_credentials()
        self.skipped = dict(self.manner.skipped)
        self.was: dict[str, Any] | None = None
        self._planned = dict(planned or {})
        self._done: set[Probe] = set()
        self._raw: dict[int, Case] = {}
        self._silent = 0
        self._shrunk = 0

    # --- verdicts --------------------------------------------------------------------------------------------------

    def ruling(self, clause: Clause) -> Ruling:
        """Return the verdict on *clause*, after the probes that it needs have run."""
        for probe in ORDER:
            if probe in clause.needs:
                self.run(probe)
        weighed = self.weigh(clause)
        if not weighed.against:
            missing = None if weighed.evidence else self._why_missing(clause)
            return rule(self.operation, weighed, self.journal, missing=missing)
        smallest, vain_tries = self._smallest(weighed)
        return rule(self.operation, weighed, self.journal, smallest=smallest, vain_tries=vain_tries)

    def weigh(self, clause: Clause) -> Weighed:
        """Return what the exchanges so far say of *clause*."""
        return weigh(clause, self.journal)

    def _why_missing(self, clause: Clause) -> MissingEvidence | None:
        """Return why nothing bears on *clause*, where the run knows: it stopped, or was not to run what would show it."""
        if clause.needs and self.stopped:
            return self.stopped
        unasked = [
            self.skipped[probe]
            for probe in ORDER
            if probe in clause.needs and probe in self.skipped and probe is not Probe.THROTTLE
        ]
        probe = clause.explain(self.journal).probe
        if not unasked and probe in self.skipped:
            unasked = [self.skipped[probe]]
        if unasked:  # what was not asked for cannot be withheld
            return MissingEvidence(MissingKind.NOT_ASKED_FOR, unasked[0])
        return None

    @property
    def authorised(self) -> bool:
        """Return whether the credentials of at least one alternative were given."""
        alternatives = self.operation.security
        return not alternatives or any(complete(alternative, self.context) for alternative in alternatives)

    def _missing_credentials(self) -> MissingEvidence:
        ways = [
            " and ".join(variable for scheme in alternative for _, variable in scheme.variables)
            for alternative in self.operation.security
        ]
        return MissingEvidence(MissingKind.NO_CREDENTIALS, ", or ".join(ways), withheld=True)

    # --- probes ------------------------------------------------------------------------------------------------------

    def run(self, probe: Probe) -> None:
        """Send the cases of *probe*, unless that was done before."""
        if probe in self._done:
            return
        self._done.add(probe)
        if self.stopped or probe in self.skipped:
            return
        try:
            self._open()
            if probe is Probe.THROTTLE:
                self._exhaust()
            else:
                self._send_all(probe)
            if probe is Probe.VALID:
                self._change_later()
        except Refusal as refusal:
            self._stop_for(refusal)

    def _change_later(self) -> None:
        """Change each member alone, so late that the time of the update must move with each of them."""
        path = str(self.operation.promise("timestamps", "updated"))
        told = [stamp for e in self.journal if e.accepted and (stamp := parse_moment(e.json, path))]
        of_this_run = set(told) - set(told[:1])  # the first was there before
        pause = min(self.manner.pause, MORE_THAN_A_TICK * granularity(of_this_run))
        for case in later(self.operation, self.context) if told else ():
            if self.stopped:
                return
            self.clock.sleep(pause)
            self.send(case)

    def _open(self) -> None:
        """Begin with the update that changes least, whichever probe comes first: its answer shows what was there."""
        if self.context.owned and not self.journal:
            self.send(opening(self.operation, self.context))

    def _stop_for(self, refusal: Refusal) -> None:
        withheld = not isinstance(refusal, BudgetSpent)  # what the budget did not pay for, the target does not owe
        self.stopped = MissingEvidence(MissingKind.HELD_BACK, str(refusal), withheld=withheld)

    def planned(self, probe: Probe) -> Sequence[Case]:
        """Return the cases of *probe*, in the order in which they are sent."""
        if probe not in self._planned:
            self._planned[probe] = cases.of(probe, self.operation, self.context)
        return self._planned[probe]

    def _send_all(self, probe: Probe) -> None:
        planned, sent, hopeless = self.planned(probe), 0, 0
        for orderless, run in groupby(planned, key=lambda case: case.expect in ORDERLESS):
            batch = list(run)
            if orderless and self.manner.concurrency > 1 and not self._silent:  # one at a time while nobody answers
                self._send_together(probe, batch, sent, len(planned))
                sent += len(batch)
                continue
            for case in batch:
                if self.stopped:
                    return
                self.listener.progress(probe, sent, len(planned))
                sent += 1
                if case.expect is Expect.ACCEPTED and probe in HOPELESS:
                    if hopeless >= HOPELESS_AFTER:
                        continue
                    hopeless = 0 if self.send(case).accepted else hopeless + 1
                else:
                    self.send(case)

    def _send_together(self, probe: Probe, batch: Sequence[Case], sent: int, total: int) -> None:
        """Send cases whose order does not matter several at a time; they are judged in the order of the list."""
        flying: deque[tuple[Case, Future[Exchange]]] = deque()
        with ThreadPoolExecutor(self.manner.concurrency) as pool:
            try:
                for index, case in enumerate(batch):
                    if len(flying) == self.manner.concurrency:
                        self._land(*flying.popleft())
                    if self.stopped:
                        break
                    self._keep_reserve(len(flying))
                    self.listener.progress(probe, sent + index, total)
                    flying.append((case, pool.submit(self.wire.exchange, case, 0)))
                while flying:
                    self._land(*flying.popleft())
            finally:  # where one was held back or the run was broken off, what is in flight was sent all the same
                for case, answer in flying:
                    with suppress(Refusal):
                        self._note(case, answer.result())

    def _land(self, case: Case, answer: Future[Exchange]) -> None:
        self._settle(case, self._note(case, answer.result()))

    def send(self, case: Case) -> Exchange:
        """Send *case* until it has an answer of its own: a 429 is waited out, a failure on the way retried."""
        self._keep_reserve()
        return self._settle(case, self._once(case))

    def _settle(self, case: Case, exchange: Exchange) -> Exchange:
        exchange = self._retried(case, exchange)
        for waits in range(WAITS_IN_VAIN):
            if exchange.status != self._throttled or case.probe is Probe.THROTTLE or self.stopped:
                return exchange
            self._wait(max(_announced(exchange, self.operation), 2.0**waits if waits else 0.0), LIMITED)
            exchange = self._retried(case, self._once(case))
        if exchange.status == self._throttled and case.probe is not Probe.THROTTLE:
            status = str(exchange.status)
            self.stopped = MissingEvidence(MissingKind.THROTTLED_AGAIN, status, withheld=True)
        return exchange

    def _retried(self, case: Case, exchange: Exchange) -> Exchange:
        """Send *case* again where it failed on the way; an answer then stands in the place of the failures."""
        failed: list[Exchange] = []
        while _transient(exchange) and len(failed) < RETRIES and not self.stopped:
            failed.append(exchange)
            pause = self.manner.backoff * 2 ** len(failed)
            self.listener.say(f"{exchange.failure or exchange.status}; sent again in {pause:.1f} s")
            self.clock.sleep(pause)
            exchange = self._once(case)
        if failed and not _transient(exchange):
            for one in failed:
                self.journal[one.serial] = replace(one, superseded=True)
        self._listen(exchange)
        return exchange

    def _listen(self, exchange: Exchange) -> None:
        """Stop where the target has fallen silent: at once if it never answered, else after a few cases and a last look."""
        self._silent = self._silent + 1 if _transient(exchange) else 0
        never = not any(not one.failure for one in self.journal)
        if never or self._silent > SILENT_AFTER:
            times = sum(_transient(one) for one in self.journal)
            self.stopped = MissingEvidence(
                MissingKind.FELL_SILENT,
                self.wire.base_url,
                withheld=True,
                asked=times,
                answers=((exchange.failure or str(exchange.status), times),),
            )
        elif self._silent == SILENT_AFTER:
            self._listen(self._once(opening(self.operation, self.context)))

    def _once(self, case: Case) -> Exchange:
        return self._note(case, self.wire.exchange(case, len(self.journal)))

    def _note(self, case: Case, exchange: Exchange) -> Exchange:
        exchange = replace(exchange, serial=len(self.journal))
        self._raw[exchange.serial] = case
        self.journal.append(exchange)
        self.listener.exchanged(exchange)
        if self.was is None and self.context.owned and exchange.accepted and case.parameters == self.context.parameters:
            self.was = self.listener.opened(shown(self.operation, exchange.json))
        return exchange

    # --- the rate limit ------------------------------------------------------------------------------------------------

    @property
    def _throttled(self) -> int:
        return int(self.operation.promise("refusals", "throttled") or 429)

    def _wait(self, seconds: float, why: str) -> None:
        capped = min(seconds, LONGEST_WAIT)
        if capped >= 1.0:
            asked = f" of the {seconds:.0f} s asked for" if seconds > capped else ""
            self.listener.say(f"{why}: waiting {capped:.0f} s{asked}")
        self.clock.sleep(capped)

    def _keep_reserve(self, flying: int = 0) -> None:
        """Leave a share of the announced quota to others: wait for the next window before it is touched.

        Not every answer tells of the quota: what was sent since the last that did, and what is in flight, counts as spent.
        """
        told = self._last_told() if self.manner.reserve else None
        if told is None:
            return
        limit, left = self._told(told, "limit") or 0, self._told(told, "remaining") or 0
        reset, spent = float(self._told(told, "reset") or 1), len(self.journal) - told.serial - 1 + flying
        if self.clock.now() - told.came_at < reset and left - spent - 1 < RESERVE * limit:
            self._wait(reset, f"{left - spent} of {limit} requests are left to others")

    def _last_told(self) -> Exchange | None:
        """Return the last answer that told what is left of a limit."""
        answers = (one for one in reversed(self.journal) if self._told(one, "limit"))
        return next((one for one in answers if self._told(one, "remaining") is not None), None)

    def _exhaust(self) -> None:
        """Spend the window until 429 comes, wait as it says, and ask again; only where a limit is told and can be paid."""
        again, other = self.planned(Probe.THROTTLE)
        exchange = self._once(again)
        limit = self._told(exchange, "limit")
        if limit is None:
            self.skipped[Probe.THROTTLE] = "the target tells no limit"
        elif not self._affords(limit):
            self.skipped[Probe.THROTTLE] = f"a limit of {limit} requests does not fit the budget"
        else:
            self._spend_window(again, other, limit)

    def _spend_window(self, again: Case, other: Case, limit: int) -> None:
        for index in range(2 * limit + 2):
            self.listener.progress(Probe.THROTTLE, index, 2 * limit + 2)
            exchange = self._once(again)
            if exchange.failure:
                return
            if exchange.status == self._throttled:
                refused = [self._once(case) for case in (other, again)]
                told = next((one for one in reversed(refused) if one.status == self._throttled), exchange)
                self._wait(_announced(told, self.operation) + 1.0, LIMITED)
                for _ in range(AFTER_THE_WAIT):
                    self._once(again)
                return

    def _affords(self, limit: int) -> bool:
        left = self.wire.guard.left
        return limit <= 1000 if left is None else 2 * limit + 5 + AFTER_THE_WAIT <= left

    def _told(self, exchange: Exchange, role: str) -> int | None:
        name = self.operation.promise("rate-limit", role) or f"X-RateLimit-{role.title()}"
        return _number(exchange.header(name))

    # --- findings --------------------------------------------------------------------------------------------------

    def _smallest(self, weighed: Weighed) -> tuple[Evidence, int]:
        """Return the smallest evidence against a clause, and how many attempts to show it again were all in vain."""
        found, clause = weighed.smallest, weighed.clause
        is_shrinkable = clause.needs and not self.stopped and any(one.accepted for one in self.journal)
        if found.exchange is None or not is_shrinkable:
            return found, 0
        return self._smaller(clause, found, found.exchange)

    def _smaller(self, clause: Clause, found: Evidence, original: Exchange) -> tuple[Evidence, int]:
        """Shrink the body of *found*: from memory, and with new requests, as long as they show the same."""
        trial = Trial(found)

        def shows(case: Case) -> bool:
            if bool(case.violations) != bool(original.case.violations):
                return False  # another kind of request would show another kind of finding
            if case.key not in trial.known:
                if self.stopped or trial.asked >= self.manner.shrink_tries or self._shrunk >= SHRINK_BUDGET:
                    return False
                trial.known[case.key] = trial.note(self._shown_by(clause, case, original.status))
            return trial.known[case.key]

        try:
            shrink(self._raw[original.serial], shows, 10 * self.manner.shrink_tries)
        except Refusal as refusal:
            self._stop_for(refusal)
        return trial.best, 0 if trial.shown else trial.asked

    def _shown_by(self, clause: Clause, case: Case, status: int) -> Evidence | None:
        """Return the evidence against *clause* that *case* gives with the same *status*, None where it gives none."""
        if clause.stateful:
            self._spend(whole(self.operation, self.context))
        before = len(self.journal)
        self._spend(case)
        if clause.stateful:
            self._spend(opening(self.operation, self.context))
        for item in self.weigh(clause).against:
            shown = item.exchange
            if shown is not None and shown.serial >= before and shown.status == status:
                return item
        return None

    def _spend(self, case: Case) -> None:
        self._shrunk += 1
        self.send(case)

    # --- putting back ------------------------------------------------------------------------------------------------------

    def restore(self) -> str:
        """Put the resource back as its first answer showed it; return what could not be put back, empty where all was."""
        if self.was is None:
            return ""
        self.wire.guard.close_up()
        was, self.was = self.was, None
        lost = beyond(self.operation, self.context, was)
        told = [f"{', '.join(lost)} cannot be put back: no answer shows what was there"] if lost else []
        exchange = self._put_back(restoring(self.operation, self.context, was))
        if not (exchange and exchange.accepted):
            why = f"answered {exchange.status}" if exchange and not exchange.failure else "not answered"
            told.append(f"the update that puts back {was} was {why}")
        return "; ".join(told)

    def _put_back(self, case: Case) -> Exchange | None:
        try:
            self.stopped = None
            return self.send(case)
        except Refusal:
            return None


@dataclass(slots=True)
class Trial:
    """What came of the attempts to show a finding with less."""

    best: Evidence
    asked: int = 0
    shown: int = 0
    known: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def note(self, evidence: Evidence | None) -> bool:
        """Count one attempt, keep the smallest that showed it, and say whether this one did."""
        self.asked += 1
        if evidence is None:
            return False
        self.shown += 1
        self.best = min(self.best, evidence, key=evidence_size)
        return True


def _transient(exchange: Exchange) -> bool:
    return bool(exchange.failure) or exchange.status in GATEWAY


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None


def _announced(exchange: Exchange, operation: Operation) -> float:
    """Return the seconds that a 429 asks to wait: Retry-After (seconds, or a date), else Reset, else 1.

    Where Retry-After is absurd and Reset is not, Reset is believed.
    """
    retry = exchange.header(operation.promise("rate-limit", "retry-after") or "Retry-After")
    reset = _number(exchange.header(operation.promise("rate-limit", "reset") or "X-RateLimit-Reset"))
    asked = float(retry) if retry and SECONDS.match(retry) else _until(retry or "", exchange.header("Date"))
    told = [wait for wait in (asked, reset) if wait is not None]
    return next((wait for wait in told if wait <= LONGEST_WAIT), told[0] if told else 1.0)


def _until(date: str, now: str | None) -> float | None:
    """Return the seconds from the answer's own Date to *date* (RFC 9110 10.2.3)."""
    try:
        return max(0.0, (parsedate_to_datetime(date) - parsedate_to_datetime(now or "")).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
