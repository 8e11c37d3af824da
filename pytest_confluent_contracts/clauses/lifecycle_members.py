"""What does an answer show of one resource, wherever in it that stands, and is it the same?

All paths are seen from the resource itself: ``name``, and neither ``data.name`` nor
``data[].name``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import quote_value
from pytest_confluent_contracts.clauses.update_state import (
    EMPTY,
    QUOTED,
    holds_secret,
    is_alike,
    is_same_state,
    may_vary,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import COMPOSING, separate_members
from pytest_confluent_contracts.model.formats import UUID
from pytest_confluent_contracts.model.moments import TIME_STAMP
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange, RedactedCase


CREATING = "that creates"  # what an operation of two roles is called in that one
Key = tuple[str, ...]  # the ids of the parents, where they count, and the own id


@dataclass(frozen=True, slots=True)
class ItemModel:
    """What the document says of one resource in the requests and answers of one operation.

    ``root`` is where one stands in an answer (``data``, ``data[]``), ``request_root`` where in a
    body; ``shown`` are the members that an answer has, ``written`` those that a request may write
    and that are no secrets; ``created`` and ``updated`` are the time stamps, ``fixed`` what no
    update changes. ``is_composed`` says whether the members hang on one another.
    """

    operation: Operation
    root: str
    request_root: str
    shown: Mapping[str, Property]
    written: Mapping[str, Property]
    created: str
    updated: str
    fixed: tuple[str, ...]
    is_composed: bool

    @classmethod
    def of(cls, operation: Operation, resource: Resource) -> ItemModel:
        """Return the model of *resource* in the traffic of *operation*."""
        promises = operation.promises
        root = _root_in_answers(operation, resource)
        request_root = _root_in_requests(operation, resource)
        hidden = {*promises.create_only.paths, *promises.secrets.paths}
        shown = _members_below(root, operation.answer_members)
        for path in hidden:
            shown.pop(_seen_from(root, path), None)
        sent = [one for one in operation.request_members if may_vary(operation, one)]
        may_send = [one for one in sent if not holds_secret(operation, one)]
        written = _members_below(request_root, may_send)
        for path in hidden:
            written.pop(_seen_from(request_root, path), None)
        fixed = _fixed_members(operation)
        if operation.role is not Role.CREATE:
            for path in list(_members_within(written, request_root, fixed)):
                del written[path]
        content = operation.success_content
        return cls(
            operation=operation,
            root=root,
            request_root=request_root,
            shown=shown,
            written=written,
            created=_seen_from(root, promises.timestamps.created),
            updated=_seen_from(root, promises.timestamps.updated),
            fixed=tuple(_members_within(shown, root, fixed)),
            is_composed=content is not None and not COMPOSING.isdisjoint(content.schema),
        )

    @property
    def teller(self) -> str:
        """Return what tells its answers from those of others: a PUT may answer in two ways."""
        if self.operation.makes_on_key:
            return f"{self.operation.id} {CREATING}"
        return self.operation.id

    def body_sent(self, case: RedactedCase) -> Any:
        """Return what the request says of the resource, ABSENT where that is no object."""
        sent = paths.value_at(case.value, self.request_root)
        if not isinstance(sent, Mapping):
            return ABSENT
        return sent

    def schema_of(self, path: str) -> Mapping[str, Any]:
        """Return what the document says of a member that answers show."""
        return self.shown[path].schema


def _fixed_members(operation: Operation) -> tuple[str, ...]:
    """Return what the document says that no update changes, objects as a whole."""
    immutable = operation.promises.immutable
    return () if immutable.inferred else immutable.paths


def _members_within(shown: Iterable[str], root: str, holders: Sequence[str]) -> Iterator[str]:
    """Yield those of the members *shown* that stand within one of *holders*."""
    for path in shown:
        if paths.is_member_of_any(whole_path(root, path), holders):
            yield path


def whole_path(root: str, path: str) -> str:
    """Return *path*, which is seen from *root*, as seen from the body."""
    return paths.path_of([*paths.steps_of(root), *paths.steps_of(path)])


def _root_in_answers(operation: Operation, resource: Resource) -> str:
    if operation.role is Role.LIST:
        return resource.items
    root = paths.parent_path(resource.id_member)
    is_there = any(member.path == root for member in operation.answer_members)
    return root if is_there else paths.WHOLE


def _root_in_requests(operation: Operation, resource: Resource) -> str:
    root = paths.parent_path(resource.id_member)
    is_there = any(member.path == root for member in operation.request_members)
    return root if is_there else paths.WHOLE


def _members_below(root: str, members: Iterable[Property]) -> dict[str, Property]:
    """Return those of *members* that stand below *root* and are followed one by one."""
    below: list[Property] = []
    for member in members:
        path = _seen_from(root, member.path)
        if path:
            below.append(replace(member, path=path))
    return {member.path: member for member in separate_members(below)}


def _seen_from(root: str, path: str) -> str:
    """Return *path* as seen from *root*, ``""`` where it does not stand below it."""
    if path and path != root and paths.is_within(path, root):
        return paths.relative_path(path, root)
    return ""


# --- what one answer shows ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer shows of the resource *key*."""

    exchange: Exchange
    key: Key
    item: Mapping[str, Any]
    model: ItemModel

    def value(self, path: str) -> Any:
        """Return the member at *path*; null counts as absent."""
        value = paths.value_at(self.item, path)
        return ABSENT if value is None else value


def id_text(value: Any) -> str:
    """Return an id as it stands in a path, ``""`` where *value* is none.

    A UUID is the same in both cases (RFC 9562 4).
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text.lower() if UUID.fullmatch(text) else text


def id_name(resource: Resource) -> str:
    """Return the path of the id as seen from the resource."""
    return _seen_from(paths.parent_path(resource.id_member), resource.id_member)


# --- is it the same? ---------------------------------------------------------------------------


def is_hidden(*values: Any) -> bool:
    """Return whether a secret in one of *values* was redacted, so that it cannot be compared."""
    return any(REDACTED in json.dumps(value, default=str) for value in values)


def is_same_told(schema: Mapping[str, Any], one: Any, other: Any) -> bool:
    """Return whether two answers tell the same value, maybe in two notations.

    A time may be told to the second by one and to the microsecond by the other, as a service does
    that answers from memory first and from its database later.
    """
    if is_same_state(schema, one, other):
        return True
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if UUID.fullmatch(one) and one.lower() == other.lower():
        return True
    return _is_same_instant(one, other)


def _is_same_instant(one: str, other: str) -> bool:
    """Return whether two times differ by less than the coarser of them can tell."""
    first, second = TIME_STAMP.fullmatch(one), TIME_STAMP.fullmatch(other)
    if first is None or second is None:
        return False
    digits = [len(found["fraction"] or "") for found in (first, second)]
    if digits[0] == digits[1]:
        return False
    try:
        apart = datetime.fromisoformat(one.upper()) - datetime.fromisoformat(other.upper())
    except (ValueError, OverflowError):  # no such day, the first hours of year 1
        return False
    return abs(apart.total_seconds()) <= 10.0 ** -min(*digits, 6)


def is_told_alike(one: ItemModel, other: ItemModel, path: str) -> bool:
    """Return whether both operations show *path*, in the same form."""
    if path not in one.shown or path not in other.shown:
        return False
    return is_alike(one.schema_of(path), other.schema_of(path))


def changes_between(
    before: Shown, after: Shown, members: Iterable[str]
) -> dict[str, tuple[Any, Any]]:
    """Return those of *members* that two answers of one form tell differently, in order.

    An empty value may be left out of an answer.
    """
    changed: dict[str, tuple[Any, Any]] = {}
    for path in sorted(members):
        if not is_told_alike(before.model, after.model, path):
            continue
        was, now = before.value(path), after.value(path)
        is_same = is_same_told(after.model.schema_of(path), was, now)
        if not is_same and not is_hidden(was, now):
            changed[path] = (was, now)
    return changed


def disagreements(one: Shown, other: Shown, members: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Return those of *members* that both answers show, and each tells differently."""
    changed = changes_between(one, other, members)
    return {
        path: (was, now)
        for path, (was, now) in changed.items()
        if was is not ABSENT and now is not ABSENT
    }


def is_nothing(value: Any) -> bool:
    """Return whether *value* is empty, or the zero that many languages have in its place."""
    return value in EMPTY or value is False or value == 0


def quoted(value: Any) -> str:
    """Return *value* for a finding, ``""`` where there is none."""
    return "" if value is ABSENT else quote_value(value, QUOTED)
