"""How does each operation show one resource? Its answers' members, seen from one common form.

The common form is that of the answers about one resource, ``{"data": {"id": ...}}`` for example. A
list may show the same without what is around it: its items are brought into that form.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.samples import allowed_value, is_allowed
from pytest_confluent_contracts.double.store import composed_body, described_success
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_confluent_contracts.model.documents import Content, Operation, Property
    from pytest_confluent_contracts.model.resources import Resource as Kind

GONE = "deleted_at"  # the member that no resource has that is there
# Which operation's answers say first how one resource looks.
SPEAKING = (Role.UPDATE, Role.REPLACE, Role.READ, Role.CREATE)


@dataclass(frozen=True, slots=True)
class Face:
    """What one operation shows of a resource, in the common form.

    ``members`` are those that it documents; ``schema`` is that of the whole, None where it shows
    the resource as an item of a list; ``sample`` is what the document shows.
    """

    members: Mapping[str, Property]
    schema: Mapping[str, Any] | None
    sample: Any


def face_of(operation: Operation) -> Face | None:
    """Return what *operation* shows of a resource, None where it shows none."""
    success = described_success(operation)
    if success is None or success.content is None:
        return None
    kind = operation.resource
    if kind is not None and operation.role is Role.LIST:
        return _face_of_items(kind, success.content)
    if kind is None or operation.role in SPEAKING:
        return _face_of_one(success.content)
    return None


def _face_of_one(content: Content) -> Face:
    members = {member.path: member for member in content.properties}
    return Face(members, content.schema, composed_body(content))


def _face_of_items(kind: Kind, content: Content) -> Face | None:
    """Return how the items of a list look, with what stands around one elsewhere put around it."""
    if not kind.items:
        return None
    around = envelope_of(kind, [member.path for member in content.properties])
    members: dict[str, Property] = {}
    item: Any = ABSENT
    for member in content.properties:
        if member.path == kind.items:
            item = allowed_value(member.schema)
        elif paths.is_within(member.path, kind.items):
            inner = paths.relative_path(member.path, kind.items)
            members[joined_path(around, inner)] = member
    shown = _first_item(composed_body(content), kind.items)
    sample = item if shown is ABSENT else shown
    return Face(members, None, paths.with_value({}, around, sample) if around else sample)


def _first_item(body: Any, items: str) -> Any:
    for _, found in paths.values_at(body, items):
        return found
    return ABSENT


def envelope_of(kind: Kind, listed: Iterable[str]) -> str:
    """Return the path of what a list shows of one resource, ``""`` where that is all of it.

    *listed* are the paths of the list's members.
    """
    known = set(listed)
    holders = ["", *reversed(list(paths.around(kind.id_member)))]
    for holder in holders:
        inner = paths.relative_path(kind.id_member, holder)
        if joined_path(kind.items, inner) in known:
            return holder
    return ""


def joined_path(outer: str, inner: str) -> str:
    """Return the path of the member *inner* of what stands at *outer*.

    >>> joined_path("data[]", "id")
    'data[].id'
    """
    return paths.path_of([*paths.steps_of(outer), *paths.steps_of(inner)])


# --- one resource by several faces ----------------------------------------------------------------


def foreign_members(own: Mapping[str, Property], others: Iterable[str]) -> list[str]:
    """Return those of the paths *others* that are shown elsewhere, and not where *own* are.

    What stands in an object of which *own* says nothing more may be shown.
    """
    described = {paths.parent_path(path) for path in own}

    def is_foreign(path: str) -> bool:
        return path not in own and paths.parent_path(path) in described

    return list(filter(is_foreign, others))


def without_each(shown: Any, steps: Sequence[paths.Step]) -> Any:
    """Return *shown* without the member that *steps* lead to, in each item of a list."""
    step, rest = steps[0], steps[1:]
    if step is paths.ITEM and isinstance(shown, list) and rest:
        return [without_each(item, rest) for item in shown]
    if not isinstance(shown, Mapping) or step not in shown:
        return shown
    if rest:
        return {**shown, step: without_each(shown[step], rest)}
    return {name: value for name, value in shown.items() if name != step}


def completed(shown: Any, faces: Iterable[Face]) -> Any:
    """Return *shown* with what each of *faces* requires, as its document shows it."""
    for face in faces:
        if not is_whole(shown, face):
            shown = _with_required(shown, face)
    return shown


def is_whole(shown: Any, face: Face) -> bool:
    """Return whether *face* misses nothing in *shown*, which may have more."""
    if face.schema is None or not isinstance(shown, Mapping):
        return False
    return is_allowed(face.schema, shown)


def _with_required(shown: Any, face: Face) -> Any:
    for path, member in face.members.items():
        if not member.required or paths.has_items(path):
            continue
        holder = paths.value_at(shown, paths.parent_path(path))
        if not isinstance(holder, Mapping) or paths.value_at(shown, path) is not ABSENT:
            continue
        value = paths.value_at(face.sample, path)
        if value is ABSENT:
            value = allowed_value(member.schema)
        if value is not ABSENT:
            shown = paths.with_value(shown, path, deepcopy(value))
    return shown


def filled(shown: Any, face: Face, hidden: Iterable[str]) -> Any:
    """Return *shown* with every member of *face* that it may have, each allowed beside the others.

    Without those that are *hidden*, and without what tells that it is gone.
    """
    left_out = list(hidden)
    for path, member in face.members.items():
        if paths.has_items(path) or not path or path in left_out or member.name == GONE:
            continue
        holder = paths.value_at(shown, paths.parent_path(path))
        if not isinstance(holder, Mapping) or paths.value_at(shown, path) not in (ABSENT, []):
            continue
        value = _sampled_member(member.schema)
        wider = paths.with_value(shown, path, value)
        if value is not ABSENT and (face.schema is None or is_allowed(face.schema, wider)):
            shown = wider
    return shown


def _sampled_member(schema: Mapping[str, Any]) -> Any:
    """Return a value that *schema* allows, a list with an entry where it may have one."""
    with_entry = allowed_value({**schema, "minItems": max(1, schema.get("minItems", 0))})
    if isinstance(with_entry, list) and is_allowed(schema, with_entry):
        return with_entry
    return allowed_value(schema)
