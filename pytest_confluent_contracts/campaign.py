"""The evidence for each clause: probes run once, exchanges are shared by all clauses, failures are shrunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.making import complete
from pytest_confluent_contracts.cases.shrinking import shrink
from pytest_confluent_contracts.cases.valid import opening, whole
from pytest_confluent_contracts.contract import (
    Brief,
    Case,
    Clause,
    Clock,
    Evidence,
    Exchange,
    Expect,
    Finding,
    Level,
    Operation,
    Probe,
    Ruling,
    Verdict,
)
from pytest_confluent_contracts.guard import Refusal
from pytest_confluent_contracts.wire import Wire, curl

ORDER = tuple(Probe)
LONGEST_WAIT = 60.0
WAITS_IN_VAIN = 2
SILENT_AFTER = 3
HOPELESS_AFTER = 12
SHRINK_TRIES = 60
SHRINK_BUDGET = 400
PAUSE = 1.2
LONGEST_RESET = 10**6

Progress = Callable[[Probe, int, int, float], None]


class Campaign:
    """Holds one operation against the target; lives as long as the session."""

    def __init__(
        self,
        operation: Operation,
        brief: Brief,
        wire: Wire,
        clock: Clock,
        *,
        skipped: Mapping[Probe, str] | None = None,
        planned: Mapping[Probe, Sequence[Case]] | None = None,
        progress: Progress = lambda *_: None,
        observe: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        self.operation, self.brief, self.wire, self.clock = operation, brief, wire, clock
        self.journal: list[Exchange] = []
        self.stopped = "" if self.authorised else self._missing_credentials()
        self._skipped, self._planned = dict(skipped or {}), dict(planned or {})
        self._progress, self._observe = progress, observe
        self._done: set[Probe] = set()
        self._raw: dict[int, Case] = {}
        self._shrunk = 0

    # --- verdicts --------------------------------------------------------------------------------------------------

    def ruling(self, clause: Clause) -> Ruling:
        """Return the verdict on *clause*, after the probes that it needs have run."""
        for probe in ORDER:
            if probe in clause.needs:
                self.run(probe)
        evidence, against = self.judged(clause)
        ruled = Ruling(clause, self.operation.document, self.operation.id, Verdict.KEPT, len(evidence), len(against))
        if against:
            verdict = Verdict.BROKEN if clause.level is Level.MUST else Verdict.WARNED
            return replace(ruled, verdict=verdict, finding=self._finding(clause, evidence, against))
        return ruled if evidence else self._without_evidence(clause, ruled)

    def judged(self, clause: Clause) -> tuple[list[Evidence], list[Evidence]]:
        """Return the evidence that the exchanges so far give for *clause*, and the part of it that is against it."""
        evidence = list(clause.judge(self.journal))
        return evidence, [item for item in evidence if item.finding]

    def _without_evidence(self, clause: Clause, ruled: Ruling) -> Ruling:
        unrun = [reason for probe in ORDER if probe in clause.needs and (reason := self._skipped.get(probe))]
        absence = clause.absent(self.journal)
        if clause.needs and self.stopped:
            return replace(ruled, verdict=Verdict.NOT_EXERCISED, reason=self.stopped, withheld=True)
        reason = unrun[0] if unrun and not (absence.withheld and len(unrun) < len(clause.needs)) else absence.reason
        withheld = absence.withheld and reason == absence.reason
        return replace(ruled, verdict=Verdict.NOT_EXERCISED, reason=reason, withheld=withheld)

    @property
    def authorised(self) -> bool:
        """Return whether the credentials of at least one alternative were given."""
        alternatives = self.operation.security
        return not alternatives or any(complete(alternative, self.brief) for alternative in alternatives)

    def _missing_credentials(self) -> str:
        ways = [
            " and ".join(variable for scheme in alternative for _, variable in scheme.variables)
            for alternative in self.operation.security
        ]
        return f"no credentials: set {', or '.join(ways)} in the environment"

    # --- probes ------------------------------------------------------------------------------------------------------

    def run(self, probe: Probe) -> None:
        """Send the cases of *probe*, unless that was done before."""
        if probe in self._done:
            return
        self._done.add(probe)
        if self.stopped or probe in self._skipped:
            return
        try:
            if probe is Probe.THROTTLE:
                self._exhaust()
            else:
                self._send_all(probe, self.planned(probe))
            if probe is Probe.EXAMPLES:
                self._age()
        except Refusal as refusal:
            self.stopped = str(refusal)

    def planned(self, probe: Probe) -> Sequence[Case]:
        """Return the cases of *probe*, in the order in which they are sent."""
        if probe not in self._planned:
            self._planned[probe] = cases.of(probe, self.operation, self.brief)
        return self._planned[probe]

    def _send_all(self, probe: Probe, planned: Sequence[Case]) -> None:
        hopeless = 0
        for index, case in enumerate(planned):
            if self.stopped:
                return
            self._progress(probe, index, len(planned), self.clock.now())
            if hopeless >= HOPELESS_AFTER and case.expect is Expect.ACCEPTED:
                continue
            exchange = self.send(case)
            if case.expect is Expect.ACCEPTED:
                hopeless = 0 if exchange.accepted else hopeless + 1

    def _age(self) -> None:
        """Let more time pass than a time stamp resolves, so that the next change must show a new one."""
        self.clock.sleep(PAUSE)

    def send(self, case: Case) -> Exchange:
        """Send *case*; a 429 is waited out and the case sent again, so that it never passes for the answer."""
        waits = 0
        while True:
            exchange = self._once(case)
            if exchange.status != self._throttled or case.probe is Probe.THROTTLE or self.stopped:
                return exchange
            if waits >= WAITS_IN_VAIN:
                self.stopped = f"{exchange.status} was answered again and again, after waiting as long as it said"
                return exchange
            waits += 1
            self.clock.sleep(min(_announced(exchange, self.operation), LONGEST_WAIT))

    def _once(self, case: Case) -> Exchange:
        exchange = self.wire.exchange(case, len(self.journal))
        self._raw[exchange.serial] = case
        self.journal.append(exchange)
        self._observe(exchange)
        recent = self.journal[-SILENT_AFTER:]
        if len(recent) == SILENT_AFTER and all(one.failure for one in recent):
            self.stopped = f"{exchange.failure} from {self.wire.base_url}, {SILENT_AFTER} times in a row"
        return exchange

    @property
    def _throttled(self) -> int:
        return int(self.operation.promise("refusals", "throttled") or 429)

    # --- the rate limit ------------------------------------------------------------------------------------------------

    def _exhaust(self) -> None:
        """Spend the window until 429 comes, wait as it says, and ask again; only where a limit is told and can be paid."""
        [case] = self.planned(Probe.THROTTLE)
        first = self._once(case)
        limit = self._told(first, "limit")
        if limit is None:
            self._skipped[Probe.THROTTLE] = "the target tells no limit"
            return
        if not self._affords(limit):
            self._skipped[Probe.THROTTLE] = f"a limit of {limit} requests does not fit the budget"
            return
        for _ in range(2 * limit + 2):
            exchange = self._once(case)
            if exchange.status == self._throttled or self.stopped:
                break
        if exchange.status == self._throttled:
            self.clock.sleep(min(_announced(exchange, self.operation), LONGEST_WAIT) + 1.0)
            self._once(case)

    def _affords(self, limit: int) -> bool:
        budget = self.wire.guard.left
        return limit <= 1000 if budget is None else 2 * limit + 2 <= budget

    def _told(self, exchange: Exchange, role: str) -> int | None:
        usual = {"limit": "X-RateLimit-Limit", "remaining": "X-RateLimit-Remaining"}
        value = exchange.header(self.operation.promise("rate-limit", role) or usual[role])
        return int(value) if value and value.isascii() and value.isdigit() else None

    # --- findings --------------------------------------------------------------------------------------------------------

    def _finding(self, clause: Clause, evidence: Sequence[Evidence], against: Sequence[Evidence]) -> Finding:
        """Return what is wrong with the smallest request that shows it."""
        found = min(against, key=_size)
        seen = f"{len(against)} of {len(evidence)} answers"
        if found.exchange is None:
            return Finding(found.finding, None, "", "in the document itself")
        if clause.needs and not self.stopped:
            found, seen = self._smaller(clause, found, seen)
        exchange = found.exchange
        return Finding(found.finding, exchange, curl(exchange) if exchange else "", seen)

    def _smaller(self, clause: Clause, found: Evidence, seen: str) -> tuple[Evidence, str]:
        """Shrink the body of *found*: from memory, and with new requests, as long as they show the same."""
        assert found.exchange is not None
        trial = Trial(found)

        def shows(case: Case) -> bool:
            if self.stopped or trial.asked >= SHRINK_TRIES or self._shrunk >= SHRINK_BUDGET:
                return False
            return trial.note(self._shown_by(clause, case))

        try:
            shrink(self._raw[found.exchange.serial], shows, SHRINK_TRIES)
        except Refusal as refusal:
            self.stopped = str(refusal)
        again = "" if trial.shown or not trial.asked else f", and not again in {trial.asked} tries"
        return trial.best, seen + again

    def _shown_by(self, clause: Clause, case: Case) -> Evidence | None:
        """Return the evidence against *clause* that *case* gives, None where it gives none."""
        if clause.stateful:
            self._spend(whole(self.operation, self.brief))
        before = len(self.journal)
        self._spend(case)
        if clause.stateful:
            self._spend(opening(self.operation, self.brief))
        against = (item for item in clause.judge(self.journal) if item.finding)
        return next((item for item in against if item.exchange and item.exchange.serial >= before), None)

    def _spend(self, case: Case) -> None:
        self._shrunk += 1
        self.send(case)


@dataclass(slots=True)
class Trial:
    """What came of the attempts to show a finding with less."""

    best: Evidence
    asked: int = 0
    shown: int = 0

    def note(self, evidence: Evidence | None) -> bool:
        """Count one attempt, keep the smallest that showed it, and say whether this one did."""
        self.asked += 1
        if evidence is None:
            return False
        self.shown += 1
        self.best = min(self.best, evidence, key=_size)
        return True


def _size(evidence: Evidence) -> tuple[int, int]:
    return evidence.exchange.case.size if evidence.exchange else (0, 0)


def _announced(exchange: Exchange, operation: Operation) -> float:
    """Return the seconds that a 429 asks to wait: Retry-After, else Reset, else 1."""
    for role, usual in (("retry-after", "Retry-After"), ("reset", "X-RateLimit-Reset")):
        value = exchange.header(operation.promise("rate-limit", role) or usual)
        if value and value.isascii() and value.isdigit() and int(value) < LONGEST_RESET:
            return float(value)
    return 1.0
