"""What does the evidence say of a clause? Exchanges and a clause in, a ruling out; nobody else makes one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import Level, Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.clauses import Clause, Evidence, MissingEvidence
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

FINE_BEFORE = 10  # answers; fewer are no state that could have been lost


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence that some exchanges give for a clause, and the part of it that is against it."""

    clause: Clause
    evidence: tuple[Evidence, ...]
    against: tuple[Evidence, ...]

    @property
    def smallest(self) -> Evidence:
        """Return the evidence against the clause whose request is the smallest; there must be some."""
        return min(self.against, key=evidence_size)


def weigh(clause: Clause, *rows: Sequence[Exchange]) -> Weighed:
    """Return what exchanges say of *clause*; each of *rows* is judged by itself, one having nothing to do with another."""
    evidence = tuple(item for exchanges in rows for item in clause.judge(exchanges))
    return Weighed(clause, evidence, tuple(item for item in evidence if item.finding))


def evidence_size(evidence: Evidence) -> tuple[int, int]:
    """Return the size of the request that gave *evidence*; nothing is smaller than the document itself."""
    return evidence.exchange.case.size if evidence.exchange else (0, 0)


def rule(
    operation: Operation,
    weighed: Weighed,
    exchanges: Sequence[Exchange],
    *,
    missing: MissingEvidence | None = None,
    smallest: Evidence | None = None,
    vain_tries: int = 0,
    recorded: bool = False,
) -> Ruling:
    """Return the verdict on the clause that was weighed.

    *missing* says why there is no evidence, where the run knows better than the clause; *smallest*
    is the smallest evidence against it that was found since, *vain_tries* how many attempts showed
    nothing again; *recorded* means that nothing was sent.
    """
    clause = weighed.clause
    ruling = Ruling(
        clause=clause,
        document=operation.document,
        operation=operation.id,
        verdict=Verdict.KEPT,
        judged=len(weighed.evidence),
        against=len(weighed.against),
        recorded=recorded,
    )
    if weighed.against:
        shown = smallest or weighed.smallest
        return replace(
            ruling,
            verdict=Verdict.BROKEN if clause.level is Level.MUST else Verdict.WARNED,
            finding=shown.finding,
            exchange=shown.exchange,
            since="" if recorded else _broken_since(weighed.evidence),
            vain_tries=vain_tries,
        )
    if weighed.evidence:
        return ruling
    return replace(
        ruling,
        verdict=Verdict.NOT_EXERCISED,
        missing=missing or _explained(clause, exchanges),
    )


def _explained(clause: Clause, exchanges: Sequence[Exchange]) -> MissingEvidence:
    """Return why the exchanges say nothing; evidence for a SHOULD is not owed."""
    found = clause.explain(exchanges)
    return replace(found, withheld=found.withheld and clause.level is Level.MUST)


def _broken_since(evidence: Sequence[Evidence]) -> str:
    """Return the title of the request since which all comes out wrong that had been accepted before.

    What was sent then may be the cause: ``""`` where nothing of the kind shows.
    """
    first = next(index for index, item in enumerate(evidence) if item.finding)
    turned = evidence[first].exchange
    fine_before = {_asked(item) for item in evidence[:first] if _is_accepted(item)}
    asked_again = [item for item in evidence[first + 1 :] if _asked(item) in fine_before]
    if turned is None or first < FINE_BEFORE or not asked_again:
        return ""
    return turned.case.title if all(item.finding for item in asked_again) else ""


def _is_accepted(evidence: Evidence) -> bool:
    return evidence.exchange is not None and evidence.exchange.accepted


def _asked(evidence: Evidence) -> tuple[object, ...]:
    """Return what was asked, and by whom: credentials themselves are redacted."""
    if evidence.exchange is None:
        return ()
    return evidence.exchange.case.key, evidence.exchange.case.authority
