"""What could have been ruled? Verdicts made by hand, and the records that reports are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchanges import confluent, make_case, make_exchange

from pytest_confluent_contracts.model.clauses import (
    Clause,
    Family,
    Finding,
    Level,
    MissingEvidence,
    MissingKind,
    Ruling,
    Topic,
    Verdict,
)
from pytest_confluent_contracts.model.sources import SourceLocation
from pytest_confluent_contracts.model.traffic import Expect, Probe
from pytest_confluent_contracts.report import record

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Exchange

UNSAID = Topic()
UNSEEN = MissingEvidence(MissingKind.NO_ERROR_HAD_IT)


def make_clause(
    id: str,
    family: Family = Family.SHAPE,
    topic: Topic = UNSAID,
    level: Level = Level.MUST,
) -> Clause:
    """Return a clause that nobody judges: it only has a name, and what it is about."""
    return Clause(
        id=id,
        family=family,
        place=SourceLocation("specs/made-up.yaml", 7),
        promise="it is as it should be",
        judge=lambda _: (),
        explain=lambda _: UNSEEN,
        needs=frozenset({Probe.VALID}),
        level=level,
        topic=topic,
    )


def answered(status: int, expect: Expect = Expect.REFUSED, failure: str = "") -> Exchange:
    """Return a request for which *expect* was promised, and the answer that came."""
    case = make_case(confluent(), {"spec": {}}, expect=expect)
    return make_exchange(case, status, {}, failure=failure)


def make_broken(
    clause: Clause, finding: Finding, exchange: Exchange | None = None, **more: Any
) -> Ruling:
    """Return the verdict on a clause that 3 of 9 answers break; on a SHOULD, it warns."""
    verdict = Verdict.BROKEN if clause.level is Level.MUST else Verdict.WARNED
    counted: dict[str, Any] = {"judged": 9, "against": 3} | more
    return Ruling(clause, "d", "o", verdict, finding=finding, exchange=exchange, **counted)


def make_unexercised(clause: Clause, missing: MissingEvidence) -> Ruling:
    """Return the verdict on a clause for which no evidence came."""
    return Ruling(clause, "d", "o", Verdict.NOT_EXERCISED, missing=missing)


def withheld(
    subject: str,
    status: str = "",
    *,
    expect: Expect = Expect.ACCEPTED,
    asked: int = 40,
) -> MissingEvidence:
    """Return why evidence is missing that the target owes: *asked* requests were all answered *status*."""
    return MissingEvidence(
        MissingKind.WITHHELD,
        subject,
        withheld=True,
        expect=expect,
        asked=asked if status else 0,
        answers=((status, asked),) if status else (),
    )


def told(ruling: Ruling, **more: Any) -> dict[str, Any]:
    """Return the record of *ruling*, with *more* in it."""
    return record.ruling_record(ruling) | more
