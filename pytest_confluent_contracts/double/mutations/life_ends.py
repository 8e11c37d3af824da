"""In which ways can a deletion go wrong? What stays, what comes back, and what goes with it."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import Mutation, replace_step
from pytest_confluent_contracts.double.mutations.life_steps import (
    forget_each,
    in_role,
    mutate_role,
    others_than,
    with_another,
    without_one,
)
from pytest_confluent_contracts.double.mutations.life_writes import change_mutations
from pytest_confluent_contracts.double.service import Problem, Refused
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource as Kind

GONE = "lifecycle/deleted-is-gone"
UNLISTED = "lifecycle/deleted-is-not-listed"
AGAIN = "lifecycle/delete-again-has-no-effect"
BACK = "lifecycle/no-resurrection"
REFUSED = "lifecycle/refused-changes-nothing"
CHANGING = (Role.UPDATE, Role.REPLACE)


def delete_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of a deletion, and of what comes after it."""
    yield from staying_mutations(kind)
    if kind.operation_id(Role.LIST):
        yield from listing_mutations()
    yield from again_mutations()
    for role in CHANGING:
        if kind.operation_id(role):
            yield from return_mutations(role)


def own_delete_mutations(_: Operation) -> Iterator[Mutation]:
    """Yield that a deletion reaches more than it is to, or does something when it is refused."""
    yield from refused_mutations()
    yield from change_mutations(Role.DELETE, "delete")
    for told, choose in TAKEN_ALONG.items():
        name = f"a delete takes {told} along"
        taking = partial(remove_others, choose)
        yield mutate_role(name, Role.DELETE, "perform", taking, "lifecycle/siblings-untouched")


# --- what stays -----------------------------------------------------------------------------------


def staying_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield that what was deleted is still served."""
    name = "a delete removes nothing"
    yield mutate_role(name, Role.DELETE, "remove", remove_nothing, GONE)
    name = "a delete empties what it is to remove"
    yield mutate_role(name, Role.DELETE, "remove", empty_instead, GONE)
    if any(kind.operation_id(role) for role in CHANGING):
        name = "a delete removes what was never changed alone"
        yield mutate_role(name, Role.DELETE, "remove", remove_unchanged, GONE)
    name = "a delete removes where few are there alone"
    yield mutate_role(name, Role.DELETE, "remove", remove_where_few, GONE)
    name = "a delete removes nothing after one that was refused"
    yield Mutation(name, (GONE,), in_role(Role.DELETE, keeps_after_refusal))
    yield Mutation("only a second delete removes", (GONE,), removes_at(2))
    if kind.operation_id(Role.UPDATE):
        name = "a delete removes nothing after an update that was refused"
        yield Mutation(name, (GONE,), keeps_after_refused_update)
    for role in (Role.READ, *CHANGING):
        # A PUT that creates finds nothing, and makes one.
        is_held = role is not Role.REPLACE or not kind.is_made_by_put
        if kind.operation_id(role) and is_held:
            told = f"{'an' if role is Role.UPDATE else 'a'} {role.value}"
            yield Mutation(f"{told} finds what was deleted", (GONE,), finds_deleted(role, each))
            name = f"the first {role.value} finds what was deleted"
            yield Mutation(name, (GONE,), finds_deleted(role, first))
            name = f"the second {role.value} finds what was deleted"
            if role is Role.READ:
                yield Mutation(name, (GONE, BACK), finds_deleted(role, second))
            yield from status_mutations(role)


def status_mutations(role: Role) -> Iterator[Mutation]:
    """Yield that what was deleted is refused as something else."""
    for status in (400, 405):
        name = f"what was deleted is answered with {status} to {role.value}"
        yield Mutation(name, (GONE,), answers_deleted(role, status))


def remove_nothing(_: Service, __: Any, id: str) -> None:
    """Remove nothing."""


def empty_instead(service: Service, _: Any, id: str) -> None:
    """Take a value away, and leave the rest."""
    resource = service.collection.resources[id]
    resource.shown = without_one(resource.shown, service.collection, 0)


def remove_unchanged(service: Service, inner: Any, id: str) -> None:
    """Remove what is as it was created."""
    resource = service.collection.resources[id]
    if resource.updated == resource.created:
        inner(id)


def remove_where_few(service: Service, inner: Any, id: str) -> None:
    """Remove it where there are less than two others."""
    resource = service.collection.resources[id]
    if len(others_than(service.collection, resource)) < 2:
        inner(id)


def keeps_after_refusal(service: Service) -> Service:
    """Remove nothing any more once a delete was refused."""
    refusals: list[Refused] = []

    def serve(_: Service, inner: Any, request: Request) -> Any:
        try:
            return inner(request)
        except Refused as refused:
            refusals.append(refused)
            raise

    def remove(_: Service, inner: Any, id: str) -> None:
        if not refusals:
            inner(id)

    replace_step("serve", serve)(service)
    return replace_step("remove", remove)(service)


def keeps_after_refused_update(service: Service) -> Service:
    """Remove nothing any more once an update was refused."""
    refusals: list[Refused] = []

    def check_body(_: Service, inner: Any, body: Any) -> None:
        try:
            inner(body)
        except Refused as refused:
            refusals.append(refused)
            raise

    def remove(_: Service, inner: Any, id: str) -> None:
        if not refusals:
            inner(id)

    in_role(Role.UPDATE, replace_step("check_body", check_body))(service)
    return in_role(Role.DELETE, replace_step("remove", remove))(service)


def removes_at(count: int) -> Alter:
    """Return the alteration in which the *count*-th delete of each removes it."""

    def alter(service: Service) -> Service:
        asked: dict[str, int] = {}

        def remove(_: Service, inner: Any, id: str) -> None:
            asked[id] = asked.get(id, 0) + 1
            if asked[id] >= count:
                inner(id)

        return in_role(Role.DELETE, replace_step("remove", remove))(service)

    return alter


def each(_: int) -> bool:
    """Hold always."""
    return True


def first(turn: int) -> bool:
    """Hold the first time."""
    return turn == 1


def second(turn: int) -> bool:
    """Hold the second time."""
    return turn == 2


def remembers_deleted(service: Service) -> dict[str, Resource]:
    """Return what is deleted from now on, as it is filled."""
    gone: dict[str, Resource] = {}

    def remove(own: Service, inner: Any, id: str) -> None:
        gone[id] = own.collection.resources[id]
        inner(id)

    in_role(Role.DELETE, replace_step("remove", remove))(service)
    return gone


def finds_deleted(role: Role, when: Callable[[int], bool]) -> Alter:
    """Return the alteration in which *role* still finds what was deleted, where *when* holds."""

    def alter(service: Service) -> Service:
        gone, turns = remembers_deleted(service), itertools.count(1)

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            id = own.id_in(request.path)
            if id in gone and when(next(turns)):
                return gone[id]
            found: Resource = inner(request)
            return found

        return in_role(role, replace_step("find_resource", find_resource))(service)

    return alter


def answers_deleted(role: Role, status: int) -> Alter:
    """Return the alteration in which *role* refuses what was deleted with *status*."""

    def alter(service: Service) -> Service:
        gone = remembers_deleted(service)

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            if own.id_in(request.path) in gone:
                raise Refused(Problem(status, "gone", "It was there."))
            found: Resource = inner(request)
            return found

        return in_role(role, replace_step("find_resource", find_resource))(service)

    return alter


def listing_mutations() -> Iterator[Mutation]:
    """Yield that what was deleted is still listed."""
    for told, when in {"a": each, "the first": first, "the second": second}.items():
        name = f"{told} list after a delete shows what was deleted"
        yield Mutation(name, (UNLISTED,), lists_deleted(when))
    name = "a delete hides from reads alone"
    yield Mutation(name, (UNLISTED,), in_role(Role.DELETE, replace_step("remove", hide_alone)))


def lists_deleted(when: Callable[[int], bool]) -> Alter:
    """Return the alteration in which a list shows what was deleted where *when* holds."""

    def alter(service: Service) -> Service:
        gone, turns = remembers_deleted(service), itertools.count(1)

        def listed(own: Service, inner: Any, request: Request) -> list[Resource]:
            scope = own.id_in(request.path)
            there: list[Resource] = inner(request)
            lost = [one for one in gone.values() if one.scope == scope]
            if lost and when(next(turns)):
                return there + lost
            return there

        return in_role(Role.LIST, replace_step("listed", listed))(service)

    return alter


def hide_alone(service: Service, _: Any, id: str) -> None:
    """Keep it where no path leads to it, and lists find it."""
    kept = service.collection.resources
    kept[f"{id}\x1fhidden"] = kept.pop(id)


# --- again, and back ------------------------------------------------------------------------------


def again_mutations() -> Iterator[Mutation]:
    """Yield that a second delete of the same does something."""
    for told, choose in TAKEN_ALONG.items():
        name = f"a second delete takes {told} away"
        yield Mutation(name, (AGAIN,), at_second_delete(partial(take_away, choose)))
    for status in (500, 503):
        name = f"a second delete is answered with {status}"
        yield Mutation(name, (AGAIN,), answers_deleted(Role.DELETE, status))


def at_second_delete(do: Callable[[Service, Resource], None]) -> Alter:
    """Return the alteration that does something when what was deleted is deleted again."""

    def alter(service: Service) -> Service:
        gone = remembers_deleted(service)

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            id = own.id_in(request.path)
            if id in gone:
                do(own, gone[id])
            found: Resource = inner(request)
            return found

        return in_role(Role.DELETE, replace_step("find_resource", find_resource))(service)

    return alter


def take_away(choose: Callable[..., list[Resource]], service: Service, resource: Resource) -> None:
    """Remove what *choose* returns."""
    chosen = choose(others_than(service.collection, resource), resource)
    forget_each(service.collection, chosen)


def remove_others(
    choose: Callable[..., list[Resource]],
    service: Service,
    inner: Any,
    request: Request,
    resource: Resource,
    body: Any,
) -> Any:
    """Remove what is asked for, and what *choose* returns."""
    answer = inner(request, resource, body)
    take_away(choose, service, resource)
    return answer


def newest_two(others: list[Resource], _: Resource) -> list[Resource]:
    """Return the newest two."""
    return others[-2:]


def all_others(others: list[Resource], _: Resource) -> list[Resource]:
    """Return all."""
    return others


def next_to_it(others: list[Resource], resource: Resource) -> list[Resource]:
    """Return the one that was created after *resource*."""
    return [one for one in others if one.created > resource.created][:1]


TAKEN_ALONG: Mapping[str, Callable[..., list[Resource]]] = {
    "the newest two": newest_two,
    "all others": all_others,
    "the one that was created after it": next_to_it,
}


def return_mutations(role: Role) -> Iterator[Mutation]:
    """Yield that a refused write in *role* brings back what was deleted."""
    article = "an" if role is Role.UPDATE else "a"
    for told, change in RETURNS.items():
        name = f"{article} {role.value} is refused and brings back what was deleted{told}"
        yield Mutation(name, (BACK,), brings_back(role, change))
    name = f"{article} {role.value} brings back what was deleted"
    yield Mutation(name, (BACK,), brings_back(role, as_it_was, is_served=True))


def brings_back(
    role: Role, change: Callable[[Service, Resource], None], *, is_served: bool = False
) -> Alter:
    """Return the alteration in which a write to what was deleted brings it back."""

    def alter(service: Service) -> Service:
        gone = remembers_deleted(service)

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            id = own.id_in(request.path)
            if id in gone and is_served:
                own.collection.resources[id] = gone[id]
            try:
                found: Resource = inner(request)
            except Refused:
                if id in gone:
                    change(own, gone[id])
                    own.collection.resources[id] = gone[id]
                raise
            return found

        return in_role(role, replace_step("find_resource", find_resource))(service)

    return alter


def as_it_was(_: Service, __: Resource) -> None:
    """Bring it back as it was."""


def as_another(service: Service, resource: Resource) -> None:
    """Bring it back with another value."""
    resource.shown = with_another(resource.shown, service.collection, 0)


RETURNS: Mapping[str, Callable[[Service, Resource], None]] = {
    "": as_it_was,
    " with another value": as_another,
}


# --- a refused delete -----------------------------------------------------------------------------


def refused_mutations() -> Iterator[Mutation]:
    """Yield that a delete without credentials is refused, and does something."""
    for told, do in REFUSED_DELETES.items():
        name = f"a delete that is refused {told}"
        spoil = partial(spoil_unauthenticated, do)
        yield mutate_role(name, Role.DELETE, "authenticate", spoil, REFUSED)


def spoil_unauthenticated(
    do: Callable[[Service, str], None], service: Service, inner: Any, request: Request
) -> None:
    """Refuse the request, and do something to what it is about."""
    try:
        inner(request)
    except Refused:
        id = service.id_in(request.path)
        if id in service.collection.resources:
            do(service, id)
        raise


def remove_it(service: Any, id: str) -> None:
    """Remove it all the same."""
    service.collection.remove(id)


def change_it(service: Service, id: str) -> None:
    """Write another value to it."""
    resource = service.collection.resources[id]
    resource.shown = with_another(resource.shown, service.collection, 0)


def empty_it(service: Service, id: str) -> None:
    """Take a value from it."""
    resource = service.collection.resources[id]
    resource.shown = without_one(resource.shown, service.collection, 0)


REFUSED_DELETES: Mapping[str, Callable[[Any, str], None]] = {
    "removes": remove_it,
    "writes to what it is about": change_it,
    "takes a value away": empty_it,
}
