"""Which clauses will nobody be able to judge, since what would show them is left out of a plan?

Told before anything is sent: an answer is made up for each case, as the document promises it, and
the clause is asked whether it would bear on it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import CaseParts, Exchange, Expect, RedactedCase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.traffic import Case

# What answers a case where the document names no status for it (RFC 9110 15).
USUAL_STATUS = {
    Expect.ACCEPTED: 200,
    Expect.ANY: 200,
    Expect.REFUSED: 400,
    Expect.UNAUTHENTICATED: 401,
    Expect.UNKNOWN: 404,
}


class Foreseen:
    """Tells of one plan which clauses it leaves without evidence."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._answers: dict[int, Exchange] = {}  # by the identity of the case, which the plan keeps

    def why_left_out(self, clause: Clause) -> MissingEvidence | None:
        """Return why nothing will bear on *clause*; None where something is sent that shows it.

        That is also None where nothing would show it if all were sent.
        """
        plan = self._plan
        needed = [one for one in plan.probes if one.probe in clause.needs]
        left_out = [case for one in needed for case in one.left_out]
        sent = [plan.baseline] if plan.context.owned else []
        for one in needed:
            sent += one.cases
        if not self._would_show(clause, left_out, sent):
            return None
        told = f"the {plan.most} requests that may be sent do not suffice for it"
        return MissingEvidence(MissingKind.NOT_ASKED_FOR, f"{told}; --contract-budget raises that")

    def _would_show(self, clause: Clause, left_out: Sequence[Case], sent: Sequence[Case]) -> bool:
        """Return whether *left_out* would bear on *clause*, and nothing that is *sent* does."""
        if not left_out:
            return False
        if self._bears_on(clause, sent):
            return False
        if self._bears_on(clause, [*sent, *left_out]):
            return True
        # What an answer has to hold nobody makes up: who owes it must be asked for it.
        owed = clause.explain([]).expect
        expected = [case.expect for case in left_out]
        return owed in expected and owed not in [case.expect for case in sent]

    def _bears_on(self, clause: Clause, cases: Sequence[Case]) -> bool:
        """Return whether answers to *cases* would bear on *clause*."""
        answers: list[Exchange] = []
        for case in cases:
            if id(case) not in self._answers:
                self._answers[id(case)] = _made_up_exchange(case, len(self._answers))
            answers.append(self._answers[id(case)])
        return any(True for _ in clause.judge(answers))


def _made_up_exchange(case: Case, serial: int) -> Exchange:
    """Return an exchange in which *case* is answered with the status that the document promises.

    What is accepted is shown as it was sent.
    """
    parts = {one.name: getattr(case, one.name) for one in fields(CaseParts)}
    return Exchange(
        serial=serial,
        case=RedactedCase(**parts),
        url="",
        status=_promised_status(case),
        headers=(),
        text="",
        json=case.value if case.expect is Expect.ACCEPTED else ABSENT,
        flaw="",
        leaks=(),
        sent_at=float(serial),
        came_at=float(serial),
    )


def _promised_status(case: Case) -> int:
    refusals = case.operation.promises.refusals
    named = {
        Expect.REFUSED: refusals.invalid,
        Expect.UNAUTHENTICATED: refusals.unauthenticated,
        Expect.UNKNOWN: refusals.unknown,
    }
    statuses = named.get(case.expect, ())
    return next(iter(statuses), USUAL_STATUS[case.expect])
