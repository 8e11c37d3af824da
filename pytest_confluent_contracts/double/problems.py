"""What do the members of an error mean, and what does the service write into them?

The list ``errors`` with the usual names is written by the service; here it is whatever the document
promises under other names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.promises import ErrorFormat

    # What stands at the place in the entry of this index; `ABSENT` for nothing.
    ValueOf = Callable[[int], Any]

USUAL_PLACES = frozenset({"errors[].id", "errors[].status", "errors[].source.pointer"})


def promised_parts(
    format: ErrorFormat,
    statuses: Sequence[int],
    pointers: Sequence[str | None],
    new_id: Callable[[], str],
) -> dict[str, ValueOf]:
    """Return what stands at each place of an error that is not one of the usual ones.

    *statuses* and *pointers* are those of the problems, one an entry; a list that the document
    shows with more entries has the first one's again. *new_id* makes an id of its own.
    """

    def status_of(index: int) -> str:
        return str(_entry_of(statuses, index))

    def pointer_of(index: int) -> Any:
        pointer = _entry_of(pointers, index)
        return ABSENT if pointer is None else pointer

    def id_of(index: int) -> str:
        return new_id()

    values: dict[str, ValueOf] = {}
    parts = (format.status, status_of), (format.occurrence, id_of), (format.pointer, pointer_of)
    for member, value_of in parts:
        if member is not None and member.path not in USUAL_PLACES:
            values[member.path] = value_of
    return values


def _entry_of(entries: Sequence[Any], index: int) -> Any:
    if index < len(entries):
        return entries[index]
    return entries[0]


def with_part(body: Any, path: str, value_of: ValueOf) -> Any:
    """Return *body* with what *value_of* has at each place of *path*, made where it is missing."""
    return _with_part(body, paths.steps_of(path), value_of, 0)


def _with_part(body: Any, steps: Sequence[Any], value_of: ValueOf, index: int) -> Any:
    if not steps:
        return value_of(index)
    step, rest = steps[0], steps[1:]
    if step is paths.ITEM:
        items = body if isinstance(body, list) and body else [ABSENT]
        return [_with_part(item, rest, value_of, at) for at, item in enumerate(items)]
    if not isinstance(step, str):
        return body  # the values of a map have no place that can be told
    holder = dict(body) if isinstance(body, Mapping) else {}
    value = _with_part(holder.pop(step, ABSENT), rest, value_of, index)
    if value is ABSENT or (value == {} and rest):
        return holder
    return {**holder, step: value}
