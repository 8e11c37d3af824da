"""Which operation of the old document is which of the new one, and how is a change of it told?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.comparing.differences import Way
from pytest_confluent_contracts.model.changes import Breaks, Change, Direction
from pytest_confluent_contracts.model.paths import ABSENT, VARIABLE
from pytest_confluent_contracts.model.sources import SourceLocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_confluent_contracts.clauses.comparing.differences import Difference
    from pytest_confluent_contracts.clauses.comparing.schemas import Known
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.published import PublishedDocument, PublishedOperation

Places = tuple[SourceLocation | None, SourceLocation | None]


@dataclass(frozen=True, slots=True)
class OperationPair:
    """One operation in both documents, and where a line of each stands.

    ``known`` is what was found of the bodies of all operations so far, by the way they travel.
    """

    old: PublishedOperation
    new: PublishedOperation
    locate_old: Callable[[int], SourceLocation]
    locate_new: Callable[[int], SourceLocation]
    known: Mapping[Way, Known]

    @property
    def operations(self) -> tuple[Operation, Operation]:
        """Return the operation as the old document has it, and as the new one does."""
        return self.old.operation, self.new.operation

    @property
    def places(self) -> Places:
        """Return where the operation stood, and where it stands."""
        return self.old.operation.place, self.new.operation.place

    def change(
        self,
        clause: str,
        keyword: str,
        direction: Direction,
        breaks: Breaks,
        *,
        values: tuple[Any, Any] = (ABSENT, ABSENT),
        places: Places | None = None,
    ) -> Change:
        """Return a change that is about no member of a body; by default at the operation."""
        old_place, new_place = places or self.places
        return Change(
            operation=name_of(self.new.operation),
            clause=clause,
            direction=direction,
            breaks=breaks,
            keyword=keyword,
            was=values[0],
            now=values[1],
            old_place=old_place,
            new_place=new_place,
        )

    def change_of(self, clause: str, difference: Difference, places: Places) -> Change:
        """Return *difference* as the change of *clause*; at *places* where it has no lines."""
        old_place, new_place = places
        if difference.old_line:
            old_place = self.locate_old(difference.old_line)
        if difference.new_line:
            new_place = self.locate_new(difference.new_line)
        return Change(
            operation=name_of(self.new.operation),
            clause=clause,
            direction=difference.direction,
            breaks=difference.breaks,
            keyword=difference.keyword,
            member=difference.path,
            was=difference.was,
            now=difference.now,
            old_place=old_place,
            new_place=new_place,
        )


def name_of(operation: Operation) -> str:
    """Return how people know *operation*, whatever its id is: ``PATCH /things/{id}``."""
    return f"{operation.method} {operation.path}"


def paired_operations(
    old: PublishedDocument, new: PublishedDocument
) -> tuple[list[OperationPair], list[PublishedOperation], list[PublishedOperation]]:
    """Return the operations that both have, those that are gone, and those that are new.

    They are known by method and path; what a variable of the path is called says nothing. One that
    could not be read in the other document is neither gone nor new.
    """
    gone = _without_unread(old.operations, new.document)
    added = _without_unread(new.operations, old.document)
    pairs: list[OperationPair] = []
    known: dict[Way, Known] = {way: {} for way in Way}
    for known_by in (_by_path, _by_template):
        waiting = {known_by(one): one for one in reversed(added)}
        for one in list(gone):
            other = waiting.pop(known_by(one), None)
            if other is not None:
                pairs.append(OperationPair(one, other, old.locate, new.locate, known))
                gone.remove(one)
                added.remove(other)
    order = {id(one): index for index, one in enumerate(old.operations)}
    pairs.sort(key=lambda pair: order[id(pair.old)])
    return pairs, gone, added


def _without_unread(
    operations: Iterable[PublishedOperation], other: Document
) -> list[PublishedOperation]:
    unread = {(one.method, VARIABLE.sub("{}", one.path)) for one in other.unread}
    return [one for one in operations if _by_template(one) not in unread]


def _by_path(published: PublishedOperation) -> tuple[str, str]:
    return published.operation.method, published.operation.path


def _by_template(published: PublishedOperation) -> tuple[str, str]:
    return published.operation.method, VARIABLE.sub("{}", published.operation.path)


def each_once(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield *changes* without those that say of one clause what was said before."""
    known: set[tuple[Any, ...]] = set()
    for change in changes:
        values = repr(change.was), repr(change.now)
        said = (change.clause, change.member, change.keyword, change.direction, *values)
        if said not in known:
            known.add(said)
            yield change
