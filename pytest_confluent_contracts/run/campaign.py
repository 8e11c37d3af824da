"""The evidence for each clause.

Probes run once, exchanges are shared by all clauses, failures are shrunk.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.build import complete
from pytest_confluent_contracts.cases.restore import beyond, restoring, shown
from pytest_confluent_contracts.cases.shrinking import shrink
from pytest_confluent_contracts.cases.valid import later, opening, whole
from pytest_confluent_contracts.clauses.judging import evidence_size, rule, weigh
from pytest_confluent_contracts.clauses.update import granularity, parse_moment
from pytest_confluent_contracts.http.guard import BudgetSpent, Refusal
from pytest_confluent_contracts.model import quota
from pytest_confluent_contracts.model.clauses import Evidence, MissingEvidence, MissingKind
from pytest_confluent_contracts.model.traffic import Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_confluent_contracts.clauses.judging import Weighed
    from pytest_confluent_contracts.http.targets import Connection
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.quota import Quota
    from pytest_confluent_contracts.model.traffic import Case, Exchange, RunContext

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
LARGEST_LIMIT = 1000  # requests; where no budget says what may be spent
AFTER_THE_WAIT = 3  # requests: the new window must be seen to count down
SHRINK_TRIES = 120
SHRINK_BUDGET = 400
PAUSE = 1.2  # seconds; more than a time stamp of whole seconds resolves
MORE_THAN_A_TICK = 1.2  # times a tick of the clock that the time stamps show


@dataclass(frozen=True, slots=True)
class RunPolicy:
    """How a campaign goes about it.

    ``backoff``: seconds before a first retry; ``pause``: seconds for time stamps to move;
    ``concurrency``: requests in flight; ``reserve``: whether quota is kept for others;
    ``shrink_tries``: requests that a finding may be shrunk with; ``skipped``: the probes that must
    not run, each with its reason.
    """

    backoff: float = 0.05
    pause: float = PAUSE
    concurrency: int = 1
    reserve: bool = False
    shrink_tries: int = SHRINK_TRIES
    skipped: Mapping[Probe, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told while a campaign runs.

    They hear of each request to come, of waits and retries, of exchanges, of the first state.
    """

    progress: Callable[[Probe, int, int], None] = lambda *_: None
    say: Callable[[str], None] = lambda _: None
    exchanged: Callable[[Exchange], None] = lambda _: None
    opened: Callable[[dict[str, Any]], dict[str, Any]] = lambda was: was


class Campaign:
    """Holds one operation against the target; lives as long as the session.

    *planned* are cases that were made before, by probe; others are made when needed.
    """

    def __init__(
        self,
        operation: Operation,
        context: RunContext,
        connection: Connection,
        policy: RunPolicy | None = None,
        listener: Listener | None = None,
        planned: Mapping[Probe, Sequence[Case]] | None = None,
    ) -> None:
        self.operation, self.context = operation, context
        self.client, self.clock = connection.client, connection.clock
        self.quota = connection.quota
        self.policy, self.listener = policy or RunPolicy(), listener or Listener()
        self.journal: list[Exchange] = []
        self.stopped: MissingEvidence | None = (
            None if self.authorised else self._missing_credentials()
        )
        self.skipped = dict(self.policy.skipped)
        self.was: dict[str, Any] | None = None
        self._planned = dict(planned or {})
        self._done: set[Probe] = set()
        self._raw: dict[int, Case] = {}
        self._silent = 0
        self._shrunk = 0

    # --- verdicts ---------------------------------------------------------------------------------

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
        return not alternatives or any(complete(one, self.context) for one in alternatives)

    def _missing_credentials(self) -> MissingEvidence:
        ways = [
            " and ".join(variable for scheme in alternative for _, variable in scheme.variables)
            for alternative in self.operation.security
        ]
        return MissingEvidence(MissingKind.NO_CREDENTIALS, ", or ".join(ways), withheld=True)

    # --- probes -----------------------------------------------------------------------------------

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
        """Change each member alone, so late that the time of the update must move each time."""
        path = self.operation.promises.timestamps.updated
        told = [parse_moment(exchange.json, path) for exchange in self.journal if exchange.accepted]
        stamps = [stamp for stamp in told if stamp is not None]
        if not path or not stamps:
            return
        of_this_run = set(stamps) - {stamps[0]}  # the first was there before
        pause = min(self.policy.pause, MORE_THAN_A_TICK * granularity(of_this_run))
        for case in later(self.operation, self.context):
            if self.stopped:
                return
            self.clock.sleep(pause)
            self.send(case)

    def _open(self) -> None:
        """Begin with the update that changes least, whichever probe comes first.

        Its answer shows what was there.
        """
        if self.context.owned and not self.journal:
            self.send(opening(self.operation, self.context))

    def _stop_for(self, refusal: Refusal) -> None:
        withheld = not isinstance(
            refusal, BudgetSpent
        )  # what the budget did not pay for, the target does not owe
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
            # While nobody answers, one at a time.
            if orderless and self.policy.concurrency > 1 and not self._silent:
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
        """Send cases whose order does not matter several at a time.

        They are judged in the order of the list.
        """
        flying: deque[tuple[Case, Future[Exchange]]] = deque()
        with ThreadPoolExecutor(self.policy.concurrency) as pool:
            try:
                for index, case in enumerate(batch):
                    if len(flying) == self.policy.concurrency:
                        self._land(*flying.popleft())
                    if self.stopped:
                        break
                    self._keep_reserve(case, len(flying))
                    self.listener.progress(probe, sent + index, total)
                    flying.append((case, pool.submit(self.client.exchange, case, 0)))
                while flying:
                    self._land(*flying.popleft())
            finally:
                # Where one was held back or the run broken off, the others were sent all the same.
                for case, answer in flying:
                    with suppress(Refusal):
                        self._note(case, answer.result())

    def _land(self, case: Case, answer: Future[Exchange]) -> None:
        self._settle(case, self._note(case, answer.result()))

    def send(self, case: Case) -> Exchange:
        """Send *case* until it has an answer of its own.

        A 429 is waited out, a failure on the way retried.
        """
        self._keep_reserve(case)
        return self._settle(case, self._once(case))

    def _settle(self, case: Case, exchange: Exchange) -> Exchange:
        exchange = self._retried(case, exchange)
        for waits in range(WAITS_IN_VAIN):
            if not exchange.throttled or case.probe is Probe.THROTTLE or self.stopped:
                return exchange
            longer = 2.0**waits if waits else 0.0  # seconds: what was asked for was not enough
            self._wait(max(_asked_wait(exchange), longer), LIMITED)
            exchange = self._retried(case, self._once(case))
        if exchange.throttled and case.probe is not Probe.THROTTLE:
            status = str(exchange.status)
            self.stopped = MissingEvidence(MissingKind.THROTTLED_AGAIN, status, withheld=True)
        return exchange

    def _retried(self, case: Case, exchange: Exchange) -> Exchange:
        """Send *case* again where it failed on the way.

        An answer then stands in the place of the failures.
        """
        failed: list[Exchange] = []
        while _transient(exchange) and len(failed) < RETRIES and not self.stopped:
            failed.append(exchange)
            pause = self.policy.backoff * 2 ** len(failed)
            self.listener.say(f"{exchange.failure or exchange.status}; sent again in {pause:.1f} s")
            self.clock.sleep(pause)
            exchange = self._once(case)
        if failed and not _transient(exchange):
            for one in failed:
                self.journal[one.serial] = replace(one, superseded=True)
        self._listen(exchange)
        return exchange

    def _listen(self, exchange: Exchange) -> None:
        """Stop where the target has fallen silent.

        That is at once if it never answered, else after a few cases and a last look.
        """
        self._silent = self._silent + 1 if _transient(exchange) else 0
        never = not any(not one.failure for one in self.journal)
        if never or self._silent > SILENT_AFTER:
            times = sum(_transient(one) for one in self.journal)
            self.stopped = MissingEvidence(
                MissingKind.FELL_SILENT,
                self.client.base_url,
                withheld=True,
                asked=times,
                answers=((exchange.failure or str(exchange.status), times),),
            )
        elif self._silent == SILENT_AFTER:
            self._listen(self._once(opening(self.operation, self.context)))

    def _once(self, case: Case) -> Exchange:
        return self._note(case, self.client.exchange(case, len(self.journal)))

    def _note(self, case: Case, exchange: Exchange) -> Exchange:
        exchange = replace(exchange, serial=len(self.journal))
        self._raw[exchange.serial] = case
        self.journal.append(exchange)
        self.quota.note(exchange)
        self.listener.exchanged(exchange)
        own = self.context.owned and case.parameters == self.context.parameters
        if self.was is None and own and exchange.accepted:
            self.was = self.listener.opened(shown(self.operation, exchange.json))
        return exchange

    # --- the rate limit ---------------------------------------------------------------------------

    def _wait(self, seconds: float, why: str) -> None:
        capped = min(seconds, LONGEST_WAIT)
        if capped >= 1.0:
            asked = f" of the {seconds:.0f} s asked for" if seconds > capped else ""
            self.listener.say(f"{why}: waiting {capped:.0f} s{asked}")
        self.clock.sleep(capped)

    def _keep_reserve(self, case: Case, flying: int = 0) -> None:
        """Leave a share of the announced quota to others.

        Where *case* would touch it, wait for the next window. Not every answer tells of the quota:
        what was sent since the last that did, and what is in flight, counts as spent.
        """
        if not self.policy.reserve:
            return
        told = self.quota.last_told(self.operation, case.authority)
        if told is None:
            return
        limit, remaining = told.quota.limit or 0, told.quota.remaining or 0
        left = remaining - told.sent_since - flying
        reset = float(told.quota.seconds_to_reset or 1)
        if self.clock.now() - told.came_at < reset and left - 1 < RESERVE * limit:
            self._wait(reset, f"{left} of {limit} requests are left to others")

    def _exhaust(self) -> None:
        """Spend the window until 429 comes, wait as it says, and ask again.

        That is done only where a limit is told and can be paid.
        """
        again, other = self.planned(Probe.THROTTLE)
        exchange = self._once(again)
        limit = _told_quota(exchange).limit
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
            if exchange.throttled:
                refused = [exchange, *(self._once(case) for case in (other, again))]
                last = [one for one in refused if one.throttled][-1]
                self._wait(_asked_wait(last) + 1.0, LIMITED)
                for _ in range(AFTER_THE_WAIT):
                    self._once(again)
                return

    def _affords(self, limit: int) -> bool:
        left = self.client.guard.left(self.operation.key)
        if left is None:
            return limit <= LARGEST_LIMIT
        return 2 * limit + 5 + AFTER_THE_WAIT <= left

    # --- findings ---------------------------------------------------------------------------------

    def _smallest(self, weighed: Weighed) -> tuple[Evidence, int]:
        """Return the smallest evidence against a clause, and how many attempts to show it again were all in vain."""
        found, clause = weighed.smallest, weighed.clause
        is_shrinkable = (
            clause.needs and not self.stopped and any(one.accepted for one in self.journal)
        )
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
                if (
                    self.stopped
                    or trial.asked >= self.policy.shrink_tries
                    or self._shrunk >= SHRINK_BUDGET
                ):
                    return False
                trial.known[case.key] = trial.note(self._shown_by(clause, case, original.status))
            return trial.known[case.key]

        try:
            shrink(self._raw[original.serial], shows, 10 * self.policy.shrink_tries)
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

    # --- putting back -----------------------------------------------------------------------------

    def restore(self) -> str:
        """Put the resource back as its first answer showed it.

        Return what could not be put back, empty where all was.
        """
        if self.was is None:
            return ""
        self.client.guard.close_up(self.operation.key)
        was, self.was = self.was, None
        lost = beyond(self.operation, self.context, was)
        told: list[str] = []
        if lost:
            told.append(f"{', '.join(lost)} cannot be put back: no answer shows what was there")
        exchange = self._put_back(restoring(self.operation, self.context, was))
        if not (exchange and exchange.accepted):
            why = "not answered"
            if exchange and not exchange.failure:
                why = f"answered {exchange.status}"
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


def _told_quota(exchange: Exchange) -> Quota:
    return quota.read_quota(exchange.header, quota.known_headers(exchange.case.operation))


def _asked_wait(exchange: Exchange) -> float:
    """Return the seconds that a 429 asks to wait.

    That is what Retry-After says (seconds, or a date), else Reset, else 1. Where Retry-After is
    absurd and Reset is not, Reset is believed.
    """
    headers = quota.known_headers(exchange.case.operation)
    retry = exchange.header(headers.retry_after)
    asked = quota.parse_retry_after(retry, exchange.header("Date"))
    reset = _told_quota(exchange).seconds_to_reset
    told = [float(wait) for wait in (asked, reset) if wait is not None]
    fitting = [wait for wait in told if wait <= LONGEST_WAIT]
    return [*fitting, *told, 1.0][0]
