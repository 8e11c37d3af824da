"""Where in a body does the id of a resource stand? Told by names and types, and never guessed.

Where several members could be it, nobody knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.path_shapes import joined_words, singular, words_of
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import types_allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from pytest_confluent_contracts.model.documents import Content, Operation, Parameter, Property

# What a parameter's name may end with, and a member that is the same be called.
ID_WORDS = frozenset(
    ("id", "uuid", "guid", "key", "slug", "name", "number", "code", "handle", "login", "username")
)
UUIDS = ("uuid", "guid")
# Members that hold what an answer is about, beside the one that is called as the resource is.
HOLDERS = frozenset(("data", "result", "resource"))
# Members that hold the items of a list, where it has other lists of objects, too.
LISTS = frozenset(("data", "items", "results", "entries", "records", "values", "value"))
DEEPEST_LIST = 2  # names in the path of the items of a list


def member_with_id(
    answer: Content, parameter: Parameter, thing: str, sent: Sequence[Property] = ()
) -> str:
    """Return the path of the member of *answer* that has the id of *parameter*, else ``""``.

    *thing* is what one of the resource is called, *sent* what a create's body has. For example,
    ``id`` for ``/things/{thing_id}``, and ``name`` for ``/things/{thing_name}``.
    """
    for name in _names_of_id(parameter.name, thing, sent):
        found = _members_called(answer.properties, name, parameter, thing)
        if len(found) == 1:
            return found[0]
        if found:
            return ""  # an envelope with an id of its own, perhaps
    return ""


def member_of_items_with_id(answer: Content, parameter: Parameter, thing: str) -> str:
    """Return the member that has the id of *parameter* in the items of a list, else ``""``.

    It is told where no answer is about one of them alone.
    """
    items = set(_lists_of_objects(answer))
    for name in _names_of_id(parameter.name, thing, ()):
        found: set[str] = set()
        for member in answer.properties:
            has_name = joined_words(member.name) == name and member.parent in items
            if has_name and may_be_alike(parameter.schema, member.schema):
                found.add(paths.member_path(paths.WHOLE, member.name))
        if len(found) == 1:
            return found.pop()
    return ""


def _names_of_id(parameter: str, thing: str, sent: Sequence[Property]) -> Iterator[str]:
    """Yield what a member with the id may be called, the surest name first, in joined words."""
    words = words_of(parameter)
    last = words[-1] if words else ""
    whole = "".join(words)
    yield whole
    if last == "id":
        yield from ("id", f"{thing}id", *UUIDS)
    elif last in ID_WORDS:
        yield last
    elif whole == thing:
        yield from ("id", f"{thing}id", *UUIDS, "slug", "key")
        if any(one.path == "name" and one.required for one in sent):
            yield "name"  # whoever creates one has to name it


def _members_called(
    members: Iterable[Property], name: str, parameter: Parameter, thing: str
) -> list[str]:
    """Return the paths of *members* that are called *name* and may be what *parameter* may be."""
    found: list[str] = []
    for member in members:
        if joined_words(member.name) != name or paths.has_items(member.path):
            continue
        holder = joined_words(paths.last_name(member.parent)) if member.parent else ""
        depth = len(paths.steps_of(member.path))
        is_about_it = depth == 1 or (depth == 2 and holder in {*HOLDERS, thing})
        if is_about_it and may_be_alike(parameter.schema, member.schema):
            found.append(member.path)
    return found


def may_be_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether the values of two schemas may be the same: their types and formats agree.

    An id is a text or a whole number. What one of them leaves open does not speak against it.
    """
    types, others = set(types_allowed(one)), set(types_allowed(other))
    if types and others and not types & others & {"string", "integer"}:
        return False
    if not (types | others) & {"string", "integer"}:
        return not types and not others
    formats = {schema["format"] for schema in (one, other) if "format" in schema}
    return len(formats) < 2 or "integer" in types


# --- lists ----------------------------------------------------------------------------------------


def is_list(answer: Content) -> bool:
    """Return whether *answer* may list things: it is a list, has one of objects, or is open."""
    types = types_allowed(answer.schema)
    if "array" in types or not (types or answer.properties):
        return True
    return any(_lists_of_objects(answer))


def has_list_alone(answer: Content) -> bool:
    """Return whether *answer* is a list by itself, and so nothing that has an id."""
    return types_allowed(answer.schema) == ["array"]


def is_of_one(answer: Content, thing: str) -> bool:
    """Return whether *answer* is about one thing, called *thing*: it has an id, in no list."""
    names = ("id", f"{thing}id", *UUIDS)
    for member in answer.properties:
        if joined_words(member.name) not in names or paths.has_items(member.path):
            continue
        if len(paths.steps_of(member.path)) <= 2:
            return True
    return False


def items_in_list(answer: Content, id_member: str) -> str:
    """Return the path of the items in *answer* (``data[]``), ``""`` where nobody knows.

    They are the only objects in a list that have the id; of several lists the one that is called as
    such lists are.
    """
    found = list(_lists_of_objects(answer))
    if id_member:
        known = {member.path for member in answer.properties}
        name = paths.last_name(id_member)
        found = [one for one in found if f"{one}.{name}" in known or not _has_members(answer, one)]
    if len(found) == 1:
        return found[0]
    usual = [one for one in found if joined_words(paths.last_name(one)) in LISTS]
    if len(usual) == 1:
        return usual[0]
    return ""


def _lists_of_objects(answer: Content) -> Iterator[str]:
    """Yield the paths of the items of each list of objects in *answer*, those that are near."""
    for member in answer.properties:
        if not member.path.endswith(paths.item_path("")):
            continue
        steps = paths.steps_of(member.path)
        is_of_one_list = steps.count(paths.ITEM) == 1 and steps[-1] is paths.ITEM
        types = types_allowed(member.schema)
        if is_of_one_list and len(steps) <= DEEPEST_LIST + 1 and (not types or "object" in types):
            yield member.path


def _has_members(answer: Content, path: str) -> bool:
    return any(member.parent == path for member in answer.properties)


# --- what is sent ---------------------------------------------------------------------------------


def member_with_chosen_id(create: Operation, id_member: str, parameter: str) -> str:
    """Return the member of the body of *create* in which the caller chooses the id, else ``""``."""
    name = joined_words(paths.last_name(id_member) if id_member else parameter)
    for member in create.request_members:
        if joined_words(member.name) != name or member.read_only:
            continue
        is_near = len(paths.steps_of(member.path)) <= 2 and not paths.has_items(member.path)
        is_of_it = not member.parent or member.parent == paths.parent_path(id_member)
        if is_near and is_of_it:
            return member.path
    return ""


def optional_names_of_others(operation: Operation) -> Iterator[str]:
    """Yield what may be left out of a body and names another thing by its id, or holds such a name.

    For example, ``parent_id``, and ``owner`` where that must have its ``id``.
    """
    members = {member.path: member for member in operation.request_members}
    for member, _ in named_resources(operation):
        path = member.path
        while path in members and members[path].required:
            path = members[path].parent
        if path:
            yield path


def named_resources(operation: Operation) -> Iterator[tuple[Property, str]]:
    """Yield each member of a body that names another thing by its id, with what that is called.

    For example, ``owner_id`` and the ``id`` of ``owner`` name an owner.
    """
    for member in operation.request_members:
        is_no_id = not joined_words(member.name).endswith("id")
        if is_no_id or member.read_only or paths.has_items(member.path):
            continue
        words = words_of(member.name)
        if words[-1:] == ["id"] and len(words) > 1:
            yield member, singular("_".join(words[:-1]))
        elif words == ["id"] and member.parent:
            yield member, singular(paths.last_name(member.parent))
