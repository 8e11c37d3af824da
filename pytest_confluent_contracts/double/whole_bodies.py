"""What is left of a resource that a request writes as a whole? What it sent, and defaults."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.samples import is_allowed
from pytest_confluent_contracts.double.store import read_only_paths, writable_members
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.double.collection import Collection
    from pytest_confluent_contracts.model.documents import Operation, Property


class WholeBodies:
    """Writes resources of *collection* as a whole, as the bodies of *operation* have them."""

    def __init__(self, operation: Operation, collection: Collection) -> None:
        self._operation, self._collection = operation, collection
        sent = collection.in_common_form(operation)
        fixed = fixed_paths(sent, collection)
        self._written = list(_written_members(sent, collection, fixed))
        self._writable = writable_members(sent, collection.members, fixed)

    def written(self, shown: Any, body: Any) -> Any:
        """Return *shown* with all that a request may write as *body* has it.

        What was left out is gone, or what the document says that its absence means. What the
        service makes itself stays as it is shown.
        """
        collection = self._collection
        body = collection.body_in_common_form(self._operation, body)
        if not isinstance(shown, dict) or not isinstance(body, dict):
            return shown
        wanted = self._with_sent(_without_unsent(shown, body, self._written), body)
        wanted = _with_defaults(wanted, body, self._written, collection)
        for candidate in (wanted, self._with_sent(shown, body), body):
            whole = collection.completed(candidate)
            if collection.is_allowed(whole):
                return whole
        return collection.completed(wanted)

    def _with_sent(self, shown: Any, body: Any) -> Any:
        members = self._collection.members
        for member in self._written:
            if "properties" in member.schema:
                shown = _with_object(shown, body, member.path)
        for member in self._writable:
            value = paths.value_at(body, member.path)
            if value is ABSENT or not member.path:
                continue
            takes = is_allowed(members[member.path].schema, value)
            # A service that took a wrong value has it.
            if takes or not is_allowed(member.schema, value):
                shown = paths.with_value(shown, member.path, deepcopy(value))
        return shown


def _written_members(
    operation: Operation, collection: Collection, fixed: Sequence[str]
) -> Iterator[Property]:
    """Yield the members of the request that may be written and are shown, objects before theirs."""
    for member in operation.request_members:
        is_fixed = any(paths.is_within(member.path, path) for path in fixed)
        holds_fixed = any(paths.is_within(path, member.path) for path in fixed)
        if is_fixed or holds_fixed or paths.has_items(member.path):
            continue
        if member.path and member.path in collection.members:
            yield member


def fixed_paths(operation: Operation, collection: Collection) -> list[str]:
    """Return the members of the request that *operation* does not write, or never shows."""
    fixed = [*read_only_paths(operation), *operation.secret_paths]
    if operation.role is not Role.CREATE:  # whoever creates says what then stays
        fixed += [*operation.promises.immutable.paths, *collection.fixed]
    return fixed


def _without_unsent(shown: Any, body: Any, written: Sequence[Property]) -> Any:
    for member in written:
        if paths.value_at(body, member.path) is ABSENT:
            shown = paths.without_value(shown, member.path)
    return shown


def _with_object(shown: Any, body: Any, path: str) -> Any:
    """Return *shown* with null at *path* where *body* has null, with an object where it has one."""
    sent = paths.value_at(body, path)
    if sent is None:
        return paths.with_value(shown, path, None)
    if isinstance(sent, dict) and not isinstance(paths.value_at(shown, path), dict):
        return paths.with_value(shown, path, {})
    return shown


def _with_defaults(
    shown: Any, body: Any, written: Sequence[Property], collection: Collection
) -> Any:
    """Return *shown* with the documented defaults of what was left out."""
    for member in written:
        documented = {**collection.members[member.path].schema, **member.schema}
        holder = paths.value_at(shown, paths.parent_path(member.path))
        is_unsent = paths.value_at(body, member.path) is ABSENT
        if is_unsent and "default" in documented and isinstance(holder, dict):
            shown = paths.with_value(shown, member.path, deepcopy(documented["default"]))
    return shown
