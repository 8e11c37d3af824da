"""What is still on its way into `model`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.traffic import Exchange, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Family, Level, Verdict
    from pytest_confluent_contracts.model.sources import SourceLocation


@dataclass(frozen=True, slots=True)
class Promise:
    """An entry of ``x-contract``: what the document's prose promises, as data."""

    data: Mapping[str, Any]
    place: SourceLocation
    says: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An exchange that bears on a clause; an empty finding means that it keeps the promise."""

    exchange: Exchange | None
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a clause has no evidence.

    *withheld* means that the document promises it and the target did not give it; *probe* is the one that would have shown it,
    whose own reason for not running is then the better one.
    """

    reason: str
    withheld: bool = False
    probe: Probe | None = None


Judge = Callable[[Sequence[Exchange]], Iterable[Evidence]]
Absentee = Callable[[Sequence[Exchange]], Absence]


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of a document.

    ``judge`` turns a run's exchanges into the evidence for this clause; ``absent`` says why there is none. ``stateful``
    marks promises about what a request changes: they are reproduced from a known state.
    """

    id: str
    family: Family
    level: Level
    place: SourceLocation
    promise: str
    needs: frozenset[Probe]
    judge: Judge
    absent: Absentee
    stateful: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and the smallest request that shows it."""

    came: str
    exchange: Exchange | None
    curl: str
    seen: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on a clause, with the evidence counted: *judged* exchanges, *against* of them broke it."""

    clause: Clause
    document: str
    operation: str
    verdict: Verdict
    judged: int = 0
    against: int = 0
    reason: str = ""
    withheld: bool = False
    finding: Finding | None = None
