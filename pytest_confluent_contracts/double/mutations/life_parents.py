"""How can it go wrong that one lies in another? Found elsewhere, outliving it, not shown there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    chain_alterations,
    replace_step,
)
from pytest_confluent_contracts.double.mutations.life_steps import in_role, with_another
from pytest_confluent_contracts.double.nested import place_of
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.double.store import Resource
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.collection import Collection
    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource as Kind

    Items = list[Any]

PARENT = "lifecycle/own-parent-only"
GONE = "lifecycle/gone-with-parent"
SHOWN = "lifecycle/parent-shows-its-own"
SIBLINGS = "lifecycle/siblings-untouched"
UNTOUCHED = "lifecycle/parent-untouched"
WRITES = {Role.CREATE: "a create", Role.UPDATE: "an update", Role.DELETE: "a delete"}
SERVED = {Role.READ: "a read", Role.UPDATE: "an update"}


def parent_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of what lies in a parent, where both are made by requests."""
    names = paths.template_names(kind.collection)
    is_scoped = set(names) < set(paths.template_names(kind.item))
    if not is_scoped or not kind.operation_id(Role.CREATE):
        return
    for role, told in SERVED.items():
        if kind.operation_id(role):
            found = in_role(role, replace_step("find_resource", find_anywhere))
            yield Mutation(f"{told} finds what lies in another parent", (PARENT,), found)
    yield from outliving_mutations(kind)
    if kind.in_parent:
        yield from showing_mutations()


def own_parent_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield what *operation* itself can do to the parent, or in another one."""
    kind = operation.resource
    if kind is None or not kind.parent or not kind.operation_id(Role.CREATE):
        return
    if operation.role in WRITES:
        changes = in_role(operation.role, replace_step("perform", change_parent))
        name = f"{WRITES[operation.role]} changes what the parent is"
        yield Mutation(name, (UNTOUCHED,), changes)
    is_scoped = set(paths.template_names(kind.collection)) < set(paths.template_names(kind.item))
    if operation.role is Role.DELETE and is_scoped:
        found = in_role(Role.DELETE, replace_step("perform", remove_anywhere))
        finds = in_role(Role.DELETE, replace_step("find_resource", find_anywhere))
        name = "a delete removes what lies in another parent"
        yield Mutation(name, (SIBLINGS,), chain_alterations(found, finds))


def remove_anywhere(
    service: Service, inner: Any, request: Request, resource: Resource, body: Any
) -> Any:
    """Remove the resource wherever it lies."""
    answer = inner(request, resource, body)
    service.collection.remove(resource.key)
    return answer


def in_role_of_parent(role: Role, *alters: Alter) -> Alter:
    """Return the alteration of all services in *role* that are about the parents."""

    def alter_parents(service: Service) -> Service:
        above = service.collection.parent
        for one in above.with_role(role) if above is not None else ():
            for alter in alters:
                alter(one)
        return service

    return alter_parents


# --- found elsewhere ------------------------------------------------------------------------------


def find_anywhere(service: Service, inner: Any, request: Request) -> Resource:
    """Find what has the id in any parent, where the one that is named is there."""
    try:
        found: Resource = inner(request)
    except Refused:
        above, own = service.values_in(request.path)[:-1], service.values_in(request.path)[-1]
        parent = service.collection.parent
        is_there = parent is None or "/".join(above) in parent.resources
        for key, resource in service.collection.resources.items():
            if is_there and key.rpartition("/")[2] == own:
                return resource
        raise
    return found


def change_parent(
    service: Service, inner: Any, request: Request, resource: Resource, body: Any
) -> Any:
    """Do what is asked, and write another value into what the parent is."""
    answer = inner(request, resource, body)
    above, parent = service.collection.parent, "/".join(service.values_in(request.path)[:1])
    if above is not None and parent in above.resources:
        known = above.resources[parent]
        known.shown = with_another(known.shown, above, 0)
    return answer


# --- outliving ------------------------------------------------------------------------------------


def outliving_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield that what lies in a parent is there after its end."""
    stays = in_role_of_parent(Role.DELETE, replace_step("remove", remove_alone))
    if kind.operation_id(Role.READ):
        yield Mutation("what lies in a parent is read after its end", (GONE,), stays)
    if kind.operation_id(Role.LIST):
        listed = in_role(Role.LIST, replace_step("find_resource", find_or_none))
        both = chain_alterations(stays, listed)
        yield Mutation("what lies in a parent is listed after its end", (GONE,), both)
        moves = in_role_of_parent(Role.CREATE, replace_step("keep", keep_with_orphans))
        told = "what lay in a parent lies in the next that is made"
        yield Mutation(told, (GONE,), chain_alterations(stays, moves))
        told = "what lay in a parent comes back when one is made again"
        yield Mutation(told, (GONE,), brings_back)


def remove_alone(service: Service, _: Any, id: str) -> None:
    """Take away the resource, and leave what lies in it."""
    service.collection.resources.pop(id, None)


def find_or_none(_: Service, inner: Any, request: Request) -> Resource:
    """Take a parent that is not there for one in which there may be something."""
    try:
        found: Resource = inner(request)
    except Refused:
        return Resource({}, 0.0)
    return found


def keep_with_orphans(service: Service, inner: Any, id: str, resource: Resource) -> None:
    """Keep the new resource, and put into it whatever lies in none."""
    inner(id, resource)
    for child in service.collection.children:
        for key, one in list(child.resources.items()):
            if one.scope not in service.collection.resources:
                del child.resources[key]
                one.scope = id
                child.add(f"{id}/{key.rpartition('/')[2]}", one)


def brings_back(service: Service) -> Service:
    """Hide what lies in a parent with its end, and show it in the next one of its id.

    Where nobody chooses the ids of parents, that is the next that is made.
    """
    hidden: list[tuple[Collection, str, Resource]] = []

    def remove(own: Service, inner: Any, id: str) -> None:
        for child in own.collection.children:
            below = [(child, key, one) for key, one in child.resources.items() if one.scope == id]
            hidden.extend(below)
        inner(id)

    def keep(own: Service, inner: Any, id: str, resource: Resource) -> None:
        inner(id, resource)
        kind = own.collection.kind
        is_chosen = kind is not None and kind.chooses_ids
        for child, key, one in hidden:
            if one.scope == id or not is_chosen:
                one.scope = id
                child.add(f"{id}/{key.rpartition('/')[2]}", one)

    in_role_of_parent(Role.DELETE, replace_step("remove", remove))(service)
    return in_role_of_parent(Role.CREATE, replace_step("keep", keep))(service)


# --- what the parent shows ------------------------------------------------------------------------


def showing_mutations() -> Iterator[Mutation]:
    """Yield that a parent shows others to lie in it than do."""
    for role, told in ((Role.READ, "a read"), (Role.LIST, "a list")):
        for what, change in OTHERWISE.items():
            show = partial(show_listed, change)
            alter = in_role_of_parent(role, replace_step("show_resource", show))
            yield Mutation(f"{told} of parents shows {what} in them", (SHOWN,), alter)
    told = "a list of parents shows what is made in one in all others, too"
    shows = in_role_of_parent(Role.LIST, replace_step("show_resource", show_newest_of_others))
    yield Mutation(told, (PARENT,), shows)


def show_listed(
    change: Callable[[Items], Items], service: Service, inner: Any, resource: Resource
) -> Any:
    """Show the resource, and *change* what it lists."""
    shown = inner(resource)
    for place in places_in(service.collection):
        listed = paths.value_at(shown, place)
        if isinstance(listed, list):
            shown = paths.with_value(shown, place, change(listed))
    return shown


def show_newest_of_others(service: Service, inner: Any, resource: Resource) -> Any:
    """Show the newest of what lies in another, beside what lies in the resource."""
    shown = inner(resource)
    for child in service.collection.children:
        place = child.kind.in_parent if child.kind else ""
        newest = next(reversed(child.resources.values()), None)
        listed = paths.value_at(shown, place) if place else None
        if newest is not None and newest.scope != resource.key and isinstance(listed, list):
            id = newest.key.rpartition("/")[2]
            item = {paths.last_name(child.id_member): id}
            shown = paths.with_value(shown, place, [*listed, item])
    return shown


def places_in(collection: Collection) -> list[str]:
    """Return where a resource of *collection* lists what lies in it."""
    return list(filter(None, map(place_of, collection.children)))


def none_of_them(_: Items) -> Items:
    """List nothing."""
    return []


def all_but_newest(listed: Items) -> Items:
    """Leave out the newest."""
    return listed[:-1]


def first_two(listed: Items) -> Items:
    """Leave out what comes after the second."""
    return listed[:2]


def one_more(listed: Items) -> Items:
    """List one that is not there, where there is one."""
    added = [{**one, "id": f"{one.get('id')}-gone"} for one in listed[-1:]]
    return [*listed, *added]


OTHERWISE: Mapping[str, Callable[[Items], Items]] = {
    "nothing": none_of_them,
    "all but the newest": all_but_newest,
    "the first two": first_two,
    "one that is not there": one_more,
}
