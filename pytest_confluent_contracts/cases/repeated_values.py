"""Which updates send a value again? One that is there already, the other member's, a list's items.

A service that looks for what changed before it writes may leave out the rest. They are sent in this
order: each is about what the one before it left.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.cases.build import (
    fresh_body,
    holds_strings,
    minimal_body,
    varied_members,
    with_values,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.traffic import RunContext

MOST_PAIRS = 3


class RepeatedValues(NamedTuple):
    """A body of the row, and what it is about."""

    title: str
    value: Any


def repeating_bodies(operation: Operation, context: RunContext) -> Iterator[RepeatedValues]:
    """Yield bodies that send a member as it is, alone and beside one that changes, and lists.

    For the members ``a`` and ``b``: both new; ``a`` as it is and ``b`` new; ``b`` as it is and
    ``a`` new; the same with ``b`` before ``a``; ``a`` as it is alone; and where both are texts,
    each with the value of the other one, and back. What makes another one with each request finds
    no value there before.
    """
    if operation.role is Role.CREATE:
        return
    rows = _FreshRows(operation, context)
    free = [member for member in varied_members(operation, context) if rows.can_vary(member)]
    for one, other in list(pairwise(free))[:MOST_PAIRS]:
        yield from _beside_each_other(rows, one.path, other.path)
        if types_allowed(one.schema) == types_allowed(other.schema) == ["string"]:
            yield from _exchanged(rows, one.path, other.path)
    for member in free:
        if holds_strings(member.schema):
            yield from _list_steps(rows, member.path)


class _FreshRows:
    """Bodies with new values, of which a member may have the same again."""

    def __init__(self, operation: Operation, context: RunContext) -> None:
        self._operation, self._context = operation, context
        self._least = minimal_body(operation, context)

    def can_vary(self, member: Property) -> bool:
        """Return whether there are new values for *member* that an answer may show."""
        return not member.secret and self.new(member.path, 1) != self.new(member.path, 2)

    def new(self, path: str, turn: int) -> Any:
        """Return the value of the member at *path* in this *turn*."""
        return value_at(fresh_body(self._operation, self._context, f"turn-{turn}"), path)

    def body(self, values: dict[str, Any]) -> Any:
        """Return the smallest body with *values* in it, in their order."""
        known = {path: value for path, value in values.items() if value is not ABSENT}
        return with_values(self._least, known)


def _beside_each_other(rows: _FreshRows, one: str, other: str) -> Iterator[RepeatedValues]:
    """Yield the bodies in which one of both members is as it is, with either of them first."""
    steps = (
        (f"{one} and {other} are new", {one: 1, other: 1}),
        (f"{one} as it is before a new {other}", {one: 1, other: 2}),
        (f"a new {one} before {other} as it is", {one: 2, other: 2}),
        (f"{other} as it is before a new {one}", {other: 2, one: 3}),
        (f"a new {other} before {one} as it is", {other: 3, one: 3}),
        (f"{one} as it is, alone", {one: 3}),
    )
    for title, turns in steps:
        values = {path: rows.new(path, turn) for path, turn in turns.items()}
        yield RepeatedValues(title, rows.body(values))


def _exchanged(rows: _FreshRows, one: str, other: str) -> Iterator[RepeatedValues]:
    """Yield the bodies in which each of both has the other's value, and its own again."""
    for path, partner in ((one, other), (other, one)):
        borrowed, own = rows.new(partner, 3), rows.new(path, 3)
        yield RepeatedValues(f"{path} is what {partner} is", rows.body({path: borrowed}))
        yield RepeatedValues(f"{path} is what it was", rows.body({path: own}))


def _list_steps(rows: _FreshRows, path: str) -> Iterator[RepeatedValues]:
    """Yield the bodies that change a list as people do: by an item, by order, to nothing."""
    [first], [second] = (rows.new(path, turn) for turn in (1, 2))
    steps: tuple[tuple[str, list[Any]], ...] = (
        ("has one item", [first]),
        ("has an item more", [first, second]),
        ("has another order", [second, first]),
        ("has an item less", [second]),
        ("has an item twice", [second, second]),
        ("is emptied", []),
    )
    for title, items in steps:
        yield RepeatedValues(f"{path} {title}", rows.body({path: items}))
