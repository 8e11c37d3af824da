"""How is a service altered that shares its resources with others? In which role, and when."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    count_leaves,
    replace_step,
)
from pytest_confluent_contracts.double.store import writable_members
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import WRITING_ROLES, Role

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.collection import Collection
    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.double.store import Resource


@dataclass(frozen=True, slots=True)
class Turn:
    """One accepted request: the *count*-th in its role, with those before it as *earlier*."""

    count: int
    body: Any
    service: Service
    earlier: tuple[Any, ...]


When = Callable[[Turn], bool]


def in_role(role: Role, *alters: Alter) -> Alter:
    """Return the alteration of all services in *role* about what the altered one is about."""

    def alter_kin(service: Service) -> Service:
        for one in service.collection.with_role(role):
            for alter in alters:
                alter(one)
        return service

    return alter_kin


def mutate_role(name: str, role: Role, step: str, do: Callable[..., Any], *breaks: str) -> Mutation:
    """Return the mutation that replaces one step of what serves *role*."""
    return Mutation(name, breaks, in_role(role, replace_step(step, do)))


def on_turns(when: When, step: str, do: Callable[..., Any]) -> Alter:
    """Return the alteration that puts *do* in place of one step where *when* holds."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)
        earlier: list[Any] = []
        is_due = False

        def perform(own: Service, inner: Any, request: Request, resource: Any, body: Any) -> Any:
            nonlocal is_due
            is_due = when(Turn(next(turns), body, own, tuple(earlier)))
            earlier.append(body)
            return inner(request, resource, body)

        def do_when_due(own: Service, inner: Any, *given: Any) -> Any:
            if is_due:
                return do(own, inner, *given)
            return inner(*given)

        replace_step(step, do_when_due)(service)
        return replace_step("perform", perform)(service)

    return alter


def mutations_on_turns(
    name: str,
    role: Role,
    turns: Mapping[str, When],
    step: str,
    do: Callable[..., Any],
    *breaks: str,
) -> Iterator[Mutation]:
    """Yield one mutation for each of *turns*, by what the name adds."""
    for told, when in turns.items():
        yield Mutation(f"{name}{told}", breaks, in_role(role, on_turns(when, step, do)))


# --- when -----------------------------------------------------------------------------------------


def each_time(_: Turn) -> bool:
    """Hold always."""
    return True


def from_second_on(turn: Turn) -> bool:
    """Hold on all but the first."""
    return turn.count >= 2


def at_second(turn: Turn) -> bool:
    """Hold on the second alone."""
    return turn.count == 2


def at_third(turn: Turn) -> bool:
    """Hold on the third alone."""
    return turn.count == 3


def sends_few(turn: Turn) -> bool:
    """Hold where less than another body had is sent."""
    return any(count_leaves(turn.body) < count_leaves(body) for body in turn.earlier)


def sends_the_same(turn: Turn) -> bool:
    """Hold where the same members have the same values as before, the id aside."""
    own = turn.service.operation.resource
    path = own.id_sent if own else ""
    bodies = [paths.without_value(one, path) if path else one for one in turn.earlier]
    return (paths.without_value(turn.body, path) if path else turn.body) in bodies


CREATES: dict[str, When] = {
    "": each_time,
    " from the second on": from_second_on,
    " at the third": at_third,
    " where the same was sent before": sends_the_same,
}


# --- what is written ------------------------------------------------------------------------------


def written_paths(collection: Collection) -> list[str]:
    """Return the members that requests write one way or another, in the document's order."""
    found: list[str] = []
    for role in WRITING_ROLES:
        for service in collection.with_role(role):
            for member in writable_members(service.store.sent, collection.members, ()):
                is_one = "const" in member.schema or len(member.schema.get("enum", "**")) == 1
                if not (is_one or member.read_only or member.path == collection.id_member):
                    found.append(member.path)
    return list(dict.fromkeys(found))


def present_paths(shown: Any, collection: Collection) -> list[str]:
    """Return those of the written members that *shown* has a value for."""

    def is_present(path: str) -> bool:
        return another_value(paths.value_at(shown, path)) is not ABSENT

    return list(filter(is_present, written_paths(collection)))


def present_sent_paths(shown: Any, collection: Collection, sent: Any) -> list[str]:
    """Return those of the written members that *shown* has, and *sent* where that is given."""
    present = present_paths(shown, collection)
    if sent is ABSENT:
        return present
    return [path for path in present if paths.value_at(sent, path) is not ABSENT]


def another_value(value: Any) -> Any:
    """Return a value of the same type that is another, ABSENT where there is none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list) and value:
        return [*value, value[-1]]
    return ABSENT


def with_another(shown: Any, collection: Collection, turn: int, sent: Any = ABSENT) -> Any:
    """Return *shown* with another value in one of its written members, by *turn*.

    It is one that *sent* has, where that is given.
    """
    present = present_sent_paths(shown, collection, sent)
    if not present:
        return shown
    path = present[turn % len(present)]
    return paths.with_value(shown, path, another_value(paths.value_at(shown, path)))


def without_one(shown: Any, collection: Collection, turn: int, sent: Any = ABSENT) -> Any:
    """Return *shown* without one of its written members, by *turn*, one that *sent* has."""
    present = present_sent_paths(shown, collection, sent)
    if not present:
        return shown
    return paths.without_value(shown, present[turn % len(present)])


def forget_each(collection: Collection, gone: list[Resource]) -> None:
    """Take each of *gone* out of the collection."""
    known = [id(one) for one in gone]
    kept = collection.resources
    for key in [key for key, one in kept.items() if id(one) in known]:
        del kept[key]


def others_than(collection: Collection, resource: Resource) -> list[Resource]:
    """Return the other resources of a collection that lie beside *resource*, oldest first.

    Those of its own principal: a service may keep the principals apart, and mix up what is of one.
    """
    beside = collection.under(resource.scope)
    return [one for one in beside if one is not resource and one.tenant == resource.tenant]
