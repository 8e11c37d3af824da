"""Below which row does a row of a table stand?

A table names of each field only the parent's name. The rows stand depth-first, so the parent is
one of the rows that lead to the row before; where several of that name do, the fields that each has
already, and the page's examples, tell which is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_confluent_contracts.documents.lines import UnreadableText
from pytest_confluent_contracts.documents.pages.types import CHOICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.documents.pages.types import StatedType

ROOT: Final = -1
ANY_KEY: Final = "<any-key>"
# As whose child the fields of any name are listed: that of the object above, which is not named.
OF_ANY_NAME: Final = "additionalproperties"
OPTION = re.compile(r"(?:option|object) [0-9]+", re.IGNORECASE)
MOST_READINGS = 64  # that are followed at once; a table of a page that is meant to be read has two


class FieldRow(NamedTuple):
    """A row that describes a field: ``label`` is how other rows name it, mostly its name."""

    line: int
    parent: str
    label: str
    name: str
    marks: frozenset[str]
    type: StatedType
    description: str


@dataclass
class _Reading:
    """One way to read the rows so far: the parent of each, and the rows that lead to the last."""

    parents: list[int] = field(default_factory=list)
    path: list[int] = field(default_factory=list)
    taken: set[tuple[int, str]] = field(default_factory=set)

    def copy(self) -> _Reading:
        return _Reading(list(self.parents), list(self.path), set(self.taken))

    def add(self, name: str, parent: int) -> None:
        """Read the next row as the field *name* of the row *parent*."""
        while self.path and self.path[-1] != parent:
            self.path.pop()
        if not self.path and parent != ROOT:
            self.path = _way_to(parent, self.parents)
        self.path.append(len(self.parents))
        self.parents.append(parent)
        self.taken.add((parent, name))


def _way_to(row: int, parents: Sequence[int]) -> list[int]:
    way: list[int] = []
    while row != ROOT:
        way.append(row)
        row = parents[row]
    return way[::-1]


def parents_of(rows: Sequence[FieldRow], examples: Sequence[Any]) -> list[int]:
    """Return the index of each row's parent, `ROOT` of those that have none.

    Raise `UnreadableText` at the row whose parent is not there, or could be one of several.
    """
    readings = [_Reading()]
    for row in rows:
        readings = _extended(readings, rows, row)
        if len(readings) > MOST_READINGS:
            raise _ambiguous(row)
    if len(readings) > 1:
        readings = _best_fitting(readings, rows, examples)
    first, *others = readings
    for other in others:
        pairs = zip(rows, first.parents, other.parents, strict=True)
        raise _ambiguous(next(row for row, one, two in pairs if one != two))
    return first.parents


def _ambiguous(row: FieldRow) -> UnreadableText:
    told = f"which of the rows `{row.parent}` above is the parent of `{row.label}` stays open"
    return UnreadableText(told, row.line)


def _extended(
    readings: Sequence[_Reading], rows: Sequence[FieldRow], row: FieldRow
) -> list[_Reading]:
    """Return each way to read *row* after each of the *readings*."""
    found: list[_Reading] = []
    for reading in readings:
        candidates = _candidates(reading, rows, row)
        free = [one for one in candidates if (one, row.name) not in reading.taken]
        for index, parent in enumerate(free):
            following = reading if index == len(free) - 1 else reading.copy()
            following.add(row.name, parent)
            found.append(following)
    if not found:
        raise _without_parent(rows[: len(readings[0].parents)], row)
    return found


def _without_parent(above: Sequence[FieldRow], row: FieldRow) -> UnreadableText:
    """Return why no row *above* can be the parent of *row*."""
    named = [one for one in above if one.label == row.parent]
    holding = [one for one in named if one.type.holds]
    if not row.parent or holding or row.parent.lower() == OF_ANY_NAME:
        return UnreadableText(f"`{row.label}` is listed twice below the same parent", row.line)
    if named:
        told = (
            f"the parent `{row.parent}` is of the type {named[-1].type.name}, and holds no fields"
        )
        return UnreadableText(told, row.line)
    return UnreadableText(f"no row above is the parent `{row.parent}`", row.line)


def _candidates(reading: _Reading, rows: Sequence[FieldRow], row: FieldRow) -> list[int]:
    """Return the rows that may be the parent of *row*, the nearest last."""
    if not row.parent:
        return [ROOT]
    above = [index for index in reading.path if _is_parent(rows[index], row)]
    if above:
        return above
    if row.parent.lower() == OF_ANY_NAME:
        return _objects_above(reading, rows)
    # Not depth-first, or named with its own parents: where only one can be meant.
    return [index for index in range(len(reading.parents)) if _is_meant(index, reading, rows, row)]


def _is_parent(candidate: FieldRow, row: FieldRow) -> bool:
    return candidate.label == row.parent and candidate.type.holds


def _is_meant(index: int, reading: _Reading, rows: Sequence[FieldRow], row: FieldRow) -> bool:
    if _is_parent(rows[index], row):
        return True
    way = ".".join(rows[step].label for step in _way_to(index, reading.parents))
    return "." in row.parent and way == row.parent.replace("[]", "") and rows[index].type.holds


def _objects_above(reading: _Reading, rows: Sequence[FieldRow]) -> list[int]:
    """Return the objects that a field of any name may belong to.

    Right behind an object it is that one, else one of those that lead to the row before.
    """
    objects = [index for index in reading.path if rows[index].type.holds]
    if objects and objects[-1] == len(reading.parents) - 1:
        return objects[-1:]
    return objects


# --- which reading the examples know --------------------------------------------------------------


def is_choice(row: int, parents: Sequence[int], rows: Sequence[FieldRow]) -> bool:
    """Return whether the rows below *row* are what its value may be, and no members of it.

    At the root they are, where all of them are called options.
    """
    if row != ROOT:
        return rows[row].type.name == CHOICE
    labels = [one.label for one, parent in zip(rows, parents, strict=True) if parent == ROOT]
    return bool(labels) and all(map(OPTION.fullmatch, labels))


class Nesting:
    """A table of fields whose parents are known: what stands below what."""

    def __init__(self, rows: Sequence[FieldRow], parents: Sequence[int]) -> None:
        self.rows, self.parents = rows, parents
        self._below: dict[int, list[int]] = {}
        for index, parent in enumerate(parents):
            self._below.setdefault(parent, []).append(index)
        self._choices = {ROOT} if is_choice(ROOT, parents, rows) else set()
        self._choices |= {index for index in self._below if is_choice(index, parents, rows)}

    def below(self, row: int) -> list[int]:
        """Return the rows right below *row*, in the page's order."""
        return self._below.get(row, [])

    def is_choice(self, row: int) -> bool:
        """Return whether the rows below *row* are what its value may be."""
        return row in self._choices

    def unexplained(self, value: Any, row: int = ROOT) -> int:
        """Return how many members of *value*, an example at *row*, no row describes."""
        below = self.below(row)
        if isinstance(value, list):
            return sum(self.unexplained(item, row) for item in value)
        if not isinstance(value, dict) or not below:
            return 0
        if self.is_choice(row):
            return min(self.unexplained(value, branch) for branch in below)
        known = {self.rows[index].name: index for index in below}
        count = 0
        for name, member in value.items():
            found = known.get(name, known.get(ANY_KEY))
            count += 1 if found is None else self.unexplained(member, found)
        return count

    def values_at(self, row: int, examples: Sequence[Any]) -> list[Any]:
        """Return the values that *examples* of the whole show at *row*, those of lists singly."""
        found = list(examples)
        for step in _way_to(row, self.parents):
            if not self.is_choice(self.parents[step]):
                found = _members_named(found, self.rows[step].name)
        return list(_singly(found))


def _best_fitting(
    readings: Sequence[_Reading], rows: Sequence[FieldRow], examples: Sequence[Any]
) -> list[_Reading]:
    """Return those of the *readings* that fit the *examples* best.

    They leave the fewest members of the examples unexplained, and of these the fewest rows unseen.
    """
    misfits: list[tuple[int, int]] = []
    for reading in readings:
        nesting = Nesting(rows, reading.parents)
        unexplained = sum(map(nesting.unexplained, examples))
        unseen = sum(not nesting.values_at(row, examples) for row in range(len(rows)))
        misfits.append((unexplained, unseen))
    fewest = min(misfits)
    return [one for one, misfit in zip(readings, misfits, strict=True) if misfit == fewest]


def _singly(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _singly(value)
        else:
            yield value


def _members_named(values: Sequence[Any], name: str) -> list[Any]:
    """Return the members of this *name* of each of *values*, all of them for a map."""
    found: list[Any] = []
    for value in _singly(values):
        if isinstance(value, dict) and name == ANY_KEY:
            found += value.values()
        elif isinstance(value, dict) and name in value:
            found.append(value[name])
    return found
