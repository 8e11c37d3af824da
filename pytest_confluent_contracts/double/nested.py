"""Does a resource show what lies in it? Then its list and what is under it are one.

Which member that is, the document's reader tells (``in_parent``). Items without an id get one.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double import faces
from pytest_confluent_contracts.double.samples import copied_json
from pytest_confluent_contracts.double.store import Resource, is_same
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.double.collection import Collection

Items = list[dict[str, Any]]


def place_of(child: Collection) -> str:
    """Return where one of the parent shows what lies in it, ``""`` where it does not."""
    return child.kind.in_parent if child.kind is not None and child.parent is not None else ""


def listed_in(shown: Any, child: Collection) -> Items:
    """Return the items in *shown*, an answer about the parent; none where it has no such list."""
    found = paths.value_at(shown, place_of(child))
    if not isinstance(found, list):
        return []
    return [one for one in found if isinstance(one, dict)]


def _id_name(child: Collection) -> str:
    return paths.last_name(child.id_member)


# --- what is under it is in its list --------------------------------------------------------------


def note_child(child: Collection, id: str, resource: Resource) -> None:
    """Put what was taken up under *id* into the list of its parent, unless it is there."""
    above = child.parent.resources.get(resource.scope) if child.parent is not None else None
    place = place_of(child)
    if above is None or not place:
        return
    items, name = listed_in(above.shown, child), _id_name(child)
    own = _own_id(child, id)
    if all(one.get(name) != own for one in items):
        above.shown = paths.with_value(above.shown, place, [*items, _item_of(child, resource, own)])


def _own_id(child: Collection, id: str) -> Any:
    pairs = child.named(id)
    return child.id_value(pairs[-1][1] if pairs else id.rpartition("/")[2])


def _item_of(child: Collection, resource: Resource, own: Any) -> dict[str, Any]:
    """Return *resource* as an item of its parent's list: the members of the same names."""
    told = dict(_values_by_name(child, resource, _item_names(child)))
    return {_id_name(child): own, **told}


def _item_names(child: Collection) -> list[str]:
    """Return the members of an item, as the parent's answers document them."""
    assert child.parent is not None
    member = child.parent.members.get(place_of(child))
    items = (member.schema.get("items") or {}) if member is not None else {}
    return [name for name in items.get("properties") or {} if name != _id_name(child)]


def _values_by_name(
    child: Collection, resource: Resource, names: list[str]
) -> Iterator[tuple[str, Any]]:
    for path in child.members:
        name = paths.last_name(path)
        if name not in names or paths.has_items(path):
            continue
        value = paths.value_at(resource.shown, path)
        if value is not ABSENT:
            yield name, copied_json(value)


def with_what_lies_in(collection: Collection, id: str, shown: Any) -> Any:
    """Return *shown*, what is kept under *id*, with its lists as what they list is by now."""
    for child in collection.children:
        place = place_of(child)
        if not (id and place) or paths.value_at(shown, place) is ABSENT:
            continue
        current: Items = []
        for item in listed_in(shown, child):
            under = child.resources.get(_key_under(child, id, item.get(_id_name(child))))
            if under is not None:
                current.append({**item, **dict(_values_by_name(child, under, list(item)))})
        shown = paths.with_value(shown, place, current)
    return shown


def _key_under(child: Collection, id: str, own: Any) -> str:
    """Return under what *child* keeps the one of the id *own* that lies in the parent *id*."""
    return child.key_under(id.split("/"), str(own))


# --- what is in its list is under it --------------------------------------------------------------


def take_up_listed(collection: Collection, id: str, resource: Resource) -> None:
    """Take up what the new *resource* lists, each under its id, or under one of its own."""
    for child in collection.children:
        items = listed_in(resource.shown, child)
        if not place_of(child) or not items:
            continue
        named = [_with_id(child, item, at) for at, item in enumerate(items)]
        resource.shown = paths.with_value(resource.shown, place_of(child), named)
        for item in named:
            _take_up(child, id, item, resource)


def _with_id(child: Collection, item: dict[str, Any], at: int) -> dict[str, Any]:
    name = _id_name(child)
    if item.get(name):
        return item
    return {**item, name: f"made-{len(child.used)}-{at}"}


def _take_up(child: Collection, id: str, item: dict[str, Any], above: Resource) -> None:
    key = _key_under(child, id, item[_id_name(child)])
    if key in child.resources:
        return
    shown = _written(child, faces.without_end(child.sample, child.members), item)
    shown = child.completed(child.identified(shown, child.named(key)))
    child.add(key, Resource(shown, above.created, above.updated, scope=id))


def _written(child: Collection, shown: Any, item: dict[str, Any]) -> Any:
    """Return *shown* with the values of *item*, and with defaults, or nothing, for all others."""
    for path, member in child.members.items():
        name = paths.last_name(path)
        if name == _id_name(child) or paths.has_items(path) or "properties" in member.schema:
            continue
        if name in item:
            shown = paths.with_value(shown, path, deepcopy(item[name]))
        elif "default" in member.schema:
            shown = paths.with_value(shown, path, deepcopy(member.schema["default"]))
        elif not member.required:
            shown = paths.without_value(shown, path)
    return shown


def settle_listed(collection: Collection, id: str, resource: Resource, before: Any) -> None:
    """Take up what a write has put into its lists, and remove what it has taken out of them."""
    for child in collection.children:
        was, now = listed_in(before, child), listed_in(resource.shown, child)
        if not place_of(child) or is_same(was, now):
            continue
        name = _id_name(child)
        kept = {str(item.get(name)) for item in now}
        for item in was:
            if str(item.get(name)) not in kept:
                child.remove(_key_under(child, id, item.get(name)))
        take_up_listed(collection, id, resource)
