"""What does a team promise beside the document? Clauses that its `conftest.py` makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.documents import Operation
from pytest_confluent_contracts.model.sources import ContractError, SourceLocation
from pytest_confluent_contracts.model.traffic import OF_RESOURCES, Exchange, Probe

# Names with slashes between them, and no word that a node id would be taken apart by.
ID = re.compile(r"[\w.{}<>+-]+(/[\w.{}<>+-]+)*")
# Those of one operation that leave its window open.
USUAL_PROBES = frozenset(Probe) - OF_RESOURCES - {Probe.THROTTLE}
WhyBroken = Callable[[Exchange], str | None]


def own_clause(
    operation: Operation,
    id: str,
    promise: str,
    why_broken: WhyBroken,
    *,
    of: Callable[[Exchange], bool] = lambda _: True,
    family: Family = Family.SHAPE,
    level: Level = Level.MUST,
    place: SourceLocation | None = None,
    needs: frozenset[Probe] = USUAL_PROBES,
) -> Clause:
    """Return a clause on each exchange of *operation* for which *of* holds: by default on all.

    *why_broken* returns in a few words what is wrong with one, ``""`` or None where nothing is. The
    exchanges are redacted. *promise* is told as what was promised, *place* as where: by default at
    the operation. *needs* are the probes whose exchanges are judged; a selection sends no others.
    Where nothing comes for which *of* holds, the clause is not exercised. Raise `ContractError`
    where *id* is none.
    """
    if not ID.fullmatch(id):
        cure = "give words with slashes between them, as in 'body/no-names'"
        raise ContractError(f"{id!r} is no id of a clause; {cure}")

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            # What was sent again and answered then is told by a clause of its own.
            if exchange.superseded or exchange.failure or not of(exchange):
                continue
            told = why_broken(exchange)
            if told:
                finding = Finding(FindingKind.OWN, exchange.status, observed=str(told))
                yield Evidence(exchange, finding)
            else:
                yield Evidence(exchange)

    return Clause(
        id=id,
        family=family,
        level=level,
        place=place or operation.place,
        promise=promise,
        judge=judge,
        explain=lambda _: MissingEvidence(MissingKind.NO_ANSWER_CONCERNED),
        needs=needs,
    )
