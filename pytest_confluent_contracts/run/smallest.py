"""What is the smallest request that shows a finding?

Shrunk from memory, and with a bounded number of new requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.baseline import baseline_update, full_update
from pytest_confluent_contracts.cases.shrinking import ShrinkingDone, shrink
from pytest_confluent_contracts.clauses.judging import evidence_size, weigh
from pytest_confluent_contracts.http.guard import Refusal

if TYPE_CHECKING:
    from pytest_confluent_contracts.clauses.judging import Weighed
    from pytest_confluent_contracts.model.clauses import Clause, Evidence
    from pytest_confluent_contracts.model.traffic import Case, Exchange, RunContext
    from pytest_confluent_contracts.run.sender import Sender

SHRINK_BUDGET = 400  # requests, for all findings of one operation
IN_A_KNOWN_STATE = 3  # requests of an attempt: one before, to know the state, and one after it


class Shrinker:
    """Makes findings of one operation smaller.

    Counts the requests that this takes, over all of them.
    """

    def __init__(self, sender: Sender, context: RunContext) -> None:
        self.sender, self.context = sender, context
        self._spent = 0

    def smallest(self, weighed: Weighed) -> tuple[Evidence, int]:
        """Return the smallest evidence against a clause, and how many attempts to show it again
        were all in vain.
        """
        found, clause = weighed.smallest, weighed.clause
        is_served = any(exchange.accepted for exchange in self.sender.history)
        if found.exchange is None or not clause.needs or self.sender.stopped or not is_served:
            return found, 0
        return self._smaller(clause, found, found.exchange)

    def _smaller(self, clause: Clause, found: Evidence, original: Exchange) -> tuple[Evidence, int]:
        """Shrink the body of *found*.

        From memory, and with new requests, as long as they show the same.
        """
        trial = Trial(found)

        def shows(case: Case) -> bool:
            if bool(case.violations) != bool(original.case.violations):
                return False  # another kind of request would show another kind of finding
            if case.key not in trial.known and self.sender.listener.chosen(case) is None:
                trial.known[case.key] = False  # a hook drops it: nobody has tried
            if case.key not in trial.known:
                if not self._may_try(trial, clause):
                    raise ShrinkingDone  # what is smaller can be shown by a new request alone
                before = len(self.sender.history)
                evidence = self._shown_by(clause, case, original.status)
                # What was sent again, after a wait or a lost connection, is counted too.
                trial.spent += len(self.sender.history) - before
                self._spent += len(self.sender.history) - before
                trial.known[case.key] = trial.note(evidence)
            return trial.known[case.key]

        most_asked = 10 * self.sender.policy.shrink_tries  # most of them are answered from memory
        try:
            shrink(self.sender.sent_case(original), shows, most_asked)
        except Refusal as refusal:
            self.sender.stop_for(refusal)
        return trial.best, 0 if trial.shown else trial.asked

    def _may_try(self, trial: Trial, clause: Clause) -> bool:
        """Return whether one more attempt may be sent: for this finding, and for all of them."""
        if self.sender.stopped:
            return False
        needed = IN_A_KNOWN_STATE if clause.stateful else 1
        of_this = self.sender.policy.shrink_tries - trial.spent
        return needed <= min(of_this, SHRINK_BUDGET - self._spent)

    def _shown_by(self, clause: Clause, case: Case, status: int) -> Evidence | None:
        """Return the evidence against *clause* that *case* gives with the same *status*, None
        where it gives none.
        """
        operation = self.sender.operation
        if clause.stateful:  # begin in a known state, and look at what became of it
            self.sender.send(full_update(operation, self.context))
        before = len(self.sender.history)
        self.sender.send(case)
        if clause.stateful:
            self.sender.send(baseline_update(operation, self.context))
        for item in weigh(clause, self.sender.history).against:
            shown = item.exchange
            if shown is not None and shown.serial >= before and shown.status == status:
                return item
        return None


@dataclass(slots=True)
class Trial:
    """What came of the attempts to show a finding with less, and the requests that they took."""

    best: Evidence
    spent: int = 0
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
