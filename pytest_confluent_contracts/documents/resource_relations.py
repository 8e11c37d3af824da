"""What are the resources of a document to each other? Parents in paths, ids of others in bodies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.path_shapes import (
    VARIABLE,
    nearest_around,
    path_shape,
    singular,
)
from pytest_confluent_contracts.documents.resource_ids import may_be_alike, named_resources
from pytest_confluent_contracts.documents.resource_scopes import scopes_of
from pytest_confluent_contracts.model.paths import has_items, last_name
from pytest_confluent_contracts.model.resources import WRITING_ROLES, Reference, Resource, Role
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.documents.path_shapes import Segments
    from pytest_confluent_contracts.model.documents import Operation, Parameter

    Members = Sequence[tuple[Operation, Role]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of all resources: by the segments of their items, and by what one is called.

    ``schemas`` are those of their ids in paths, by name.
    """

    by_item: Mapping[Segments, Resource]
    by_thing: Mapping[str, Sequence[Resource]]
    schemas: Mapping[str, Mapping[str, Any]]


def related_resources(
    resources: Mapping[Segments, Resource], members: Mapping[Segments, Members]
) -> dict[Segments, Resource]:
    """Return *resources* with their parents and their references, as *members* tell them.

    *members* are the operations of each, with their roles. Raise `ContractError` with its line
    where ``x-contract`` names a resource that there is not.
    """
    known = _known_of(resources, members)
    found: dict[Segments, Resource] = {}
    for group, resource in resources.items():
        own = members[group]
        _check_stated_names(own, known)
        found[group] = replace(
            resource,
            parent=_parent_of(resource, own, known),
            references=tuple(_references_of(resource, own, known)),
            written=tuple(_written_members(own)),
            scopes=tuple(scopes_of(resource, own)),
        )
    groups = {resource.name: group for group, resource in resources.items()}
    for group, resource in found.items():
        if resource.parent:
            around = members[groups[resource.parent]]
            found[group] = replace(resource, in_parent=_listed_in_parent(resource, around))
    return found


def declared_parameter(operation: Operation, name: str) -> Parameter | None:
    """Return the declared path parameter of *operation* that is called *name*."""
    named = [one for one in operation.path_parameters if one.name == name]
    return next(iter(named), None)


def _known_of(
    resources: Mapping[Segments, Resource], members: Mapping[Segments, Members]
) -> _Known:
    by_item: dict[Segments, Resource] = {}
    by_thing: dict[str, list[Resource]] = {}
    schemas: dict[str, Mapping[str, Any]] = {}
    for group, resource in resources.items():
        schemas[resource.name] = _id_schema(resource, members[group])
        if resource.parameter:
            by_item[path_shape(resource.item).segments] = resource
            by_thing.setdefault(singular(resource.name.rpartition("/")[2]), []).append(resource)
    return _Known(by_item, by_thing, schemas)


def _id_schema(resource: Resource, members: Members) -> Mapping[str, Any]:
    """Return the schema of the path parameter that names one of *resource*."""
    for operation, _ in members:
        if operation.path == resource.item:
            declared = declared_parameter(operation, resource.parameter)
            if declared is not None:
                return declared.schema
    return {}


def _parent_of(own: Resource, members: Members, known: _Known) -> str:
    """Return the name of the resource whose id stands before in the paths of *members*."""
    for operation, _ in members:
        stated = operation.promises.resource
        if stated is not None and stated.parent:
            return stated.parent
    for operation, role in members:
        if role is Role.ACTION:
            continue
        # What may itself be an item, as `/repos/{owner}` is of `/repos/{owner}/{repo}`.
        below = (*path_shape(operation.path).collection, VARIABLE)
        around = nearest_around(below, known.by_item)
        if around is not None and known.by_item[around].name != own.name:
            return known.by_item[around].name
    return ""


def _written_members(members: Members) -> Iterator[str]:
    """Yield what bodies may write, and a read shows at the same place."""
    sent: set[str] = set()
    for operation, role in members:
        if role in WRITING_ROLES:
            sent |= {one.path for one in operation.request_members if not one.read_only}
    for operation, role in members:
        if role is Role.READ:
            for member in operation.answer_members:
                is_value = "properties" not in member.schema and not has_items(member.path)
                if is_value and member.path in sent:
                    yield member.path


def _listed_in_parent(own: Resource, around: Members) -> str:
    """Return where an answer to a read *around* lists what lies there, ``""`` where none does.

    It is called as the path is, and its items have an id of the same name.
    """
    word = own.collection.rstrip("/").rpartition("/")[2]
    id = last_name(own.id_member) if own.id_member else ""
    for operation, role in around:
        for member in operation.answer_members:
            items = member.schema.get("items") or {}
            has_ids = id in (items.get("properties") or {})
            is_of_one = role is Role.READ and not has_items(member.path)
            if is_of_one and has_ids and last_name(member.path) == word:
                return member.path
    return ""


def _references_of(own: Resource, members: Members, known: _Known) -> Iterator[Reference]:
    """Yield the members of its bodies that hold the id of another resource.

    What is stated counts; else names and types must agree with one other resource alone.
    """
    found: dict[str, str] = {}
    for operation, _ in members:
        stated = operation.promises.resource
        if stated is not None:
            found |= dict(stated.references)
    for operation, role in members:
        if role not in WRITING_ROLES:
            continue
        for member, thing in named_resources(operation):
            other = _called(thing, own, known)
            is_open = member.path not in found and member.path != own.id_sent
            if is_open and other and may_be_alike(known.schemas[other], member.schema):
                found[member.path] = other
    for path, name in found.items():
        yield Reference(path, name)


def _called(thing: str, own: Resource, known: _Known) -> str:
    """Return the one other resource of which one is called *thing*, ``""`` where none surely is."""
    found = known.by_thing.get(thing, ())
    if len(found) != 1 or found[0].name == own.name:
        return ""
    return found[0].name


def _check_stated_names(members: Members, known: _Known) -> None:
    """Raise `ContractError` where what *members* state names a resource that there is not."""
    for operation, _ in members:
        stated = operation.promises.resource
        if stated is None:
            continue
        for name in (stated.parent, *stated.references.values()):
            if name and name not in known.schemas:
                told = f"no resource is called {name!r}; known: {', '.join(known.schemas)}"
                raise ContractError(f"{stated.place}: x-contract: {told}", stated.place)
