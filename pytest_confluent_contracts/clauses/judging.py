"""What does the evidence say of a clause? Exchanges and a clause in, a ruling out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import Level, Ruling, Shape, Verdict
from pytest_confluent_contracts.model.media_types import essence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.clauses import (
        Clause,
        Evidence,
        MissingEvidence,
        ToldStep,
    )
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
        """Return the evidence against the clause with the smallest request; there must be some."""
        return min(self.against, key=evidence_size)


def weigh(clause: Clause, *rows: Sequence[Exchange]) -> Weighed:
    """Return what exchanges say of *clause*.

    Each of *rows* is judged by itself, one having nothing to do with another.
    """
    evidence: list[Evidence] = []
    for exchanges in rows:
        evidence += clause.judge(exchanges)
    against = [item for item in evidence if item.finding]
    return Weighed(clause, tuple(evidence), tuple(against))


def evidence_size(evidence: Evidence) -> tuple[int, int]:
    """Return the size of the request that gave *evidence*; the document itself is the smallest."""
    if evidence.exchange:
        return evidence.exchange.case.size
    return (0, 0)


def rule(
    operation: Operation,
    weighed: Weighed,
    exchanges: Sequence[Exchange],
    *,
    missing: MissingEvidence | None = None,
    smallest: Evidence | None = None,
    vain_tries: int = 0,
    recorded: bool = False,
    sequence: tuple[ToldStep, ...] = (),
) -> Ruling:
    """Return the verdict on the clause that was weighed.

    *missing* says why there is no evidence, where the run knows better than the clause; *smallest*
    is the smallest evidence against it that was found since, *vain_tries* how many attempts showed
    nothing again; *recorded* means that nothing was sent; *sequence* are the requests that show it
    in this order alone.
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
            shapes=_distinct_shapes(shown, weighed.against),
            since="" if recorded else _broken_since(weighed.evidence),
            vain_tries=vain_tries,
            sequence=sequence,
        )
    if weighed.evidence:
        return ruling
    return replace(
        ruling,
        verdict=Verdict.NOT_EXERCISED,
        missing=missing or _explained(clause, exchanges),
    )


def _distinct_shapes(shown: Evidence, against: Sequence[Evidence]) -> tuple[Shape, ...]:
    """Return the shapes of wrong answers, that of *shown* first, then the most frequent.

    Eleven pages of a proxy (404, text/html) are not told by two crashes (500, text/plain) that
    happen to have smaller requests.
    """
    alike: dict[tuple[object, ...], list[Evidence]] = {}
    for item in against:
        alike.setdefault(_look_alike(item), []).append(item)
    # What was found while shrinking is another exchange, and stands for those of its shape.
    first = _shape_of(shown, len(alike.pop(_look_alike(shown), ())))
    others = [_shape_of(min(own, key=evidence_size), len(own)) for own in alike.values()]
    others.sort(key=lambda shape: -shape.count)
    return (first, *others)


def _look_alike(evidence: Evidence) -> tuple[object, ...]:
    """Return what evidence against a clause has in common with other evidence of its shape."""
    exchange, finding = evidence.exchange, evidence.finding
    kind = finding.kind if finding else None
    if exchange is None:
        return 0, "", kind
    return exchange.status, essence(exchange.header("Content-Type")), kind


def _shape_of(evidence: Evidence, count: int) -> Shape:
    finding, exchange = evidence.finding, evidence.exchange
    assert finding is not None
    media_type = essence(exchange.header("Content-Type")) if exchange else ""
    status = exchange.status if exchange else 0
    return Shape(status, media_type, finding.kind, count, finding, exchange)


def _explained(clause: Clause, exchanges: Sequence[Exchange]) -> MissingEvidence:
    """Return why the exchanges say nothing; evidence for a SHOULD is not owed."""
    found = clause.explain(exchanges)
    return replace(found, withheld=found.withheld and clause.level is Level.MUST)


def _broken_since(evidence: Sequence[Evidence]) -> str:
    """Return the title of the request since which all that had been accepted comes out wrong.

    What was sent then may be the cause: a service that breaks when it is sent a certain value, and
    stays broken. ``""`` where nothing of the kind shows.
    """
    first = next(index for index, item in enumerate(evidence) if item.finding)
    turned = evidence[first].exchange
    if turned is None or first < FINE_BEFORE:
        return ""
    again = _asked_again(evidence[:first], evidence[first + 1 :])
    if again and all(item.finding for item in again):
        return turned.case.title
    return ""


def _asked_again(before: Sequence[Evidence], after: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence of *after* on requests that were accepted *before*."""
    fine_before = set()
    for item in before:
        if _is_accepted(item):
            fine_before.add(_asked_by(item))
    return [item for item in after if _asked_by(item) in fine_before]


def _is_accepted(evidence: Evidence) -> bool:
    return evidence.exchange is not None and evidence.exchange.accepted


def _asked_by(evidence: Evidence) -> tuple[object, ...]:
    """Return what was asked, and by whom: credentials themselves are redacted."""
    if evidence.exchange is None:
        return ()
    return evidence.exchange.case.key, evidence.exchange.case.authority
