"""In which ways can a replacement or an update go wrong? What it writes, to what, and when not."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import Mutation, replace_step
from pytest_confluent_contracts.double.mutations.life_steps import (
    another_value,
    at_second,
    each_time,
    forget_each,
    in_role,
    mutate_role,
    mutations_on_turns,
    others_than,
    present_paths,
    with_another,
    without_one,
    written_paths,
)
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.mutations.life_steps import When
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource as Kind

REPLACED = "lifecycle/replaced-equals-sent"
LEFT_OUT = "lifecycle/replace-drops-what-is-left-out"
UPDATED = "lifecycle/updated-is-read"
REFUSED = "lifecycle/refused-changes-nothing"
SIBLINGS = "lifecycle/siblings-untouched"
ORDINALS = ("first", "second", "third")
REPLACES: Mapping[str, When] = {"": each_time, " the second time": at_second}


# --- replace --------------------------------------------------------------------------------------


def replace_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of a replacement."""
    for turn, ordinal in enumerate(ORDINALS):
        name = f"a replace stores another value of the {ordinal} member"
        do = partial(write_otherwise, turn)
        yield from mutations_on_turns(name, Role.REPLACE, REPLACES, "write_whole", do, REPLACED)
        name = f"a replace answers another value of the {ordinal} member"
        do = partial(show_otherwise, turn)
        yield mutate_role(name, Role.REPLACE, "show_resource", do, REPLACED)
        name = f"a replace keeps what the {ordinal} member was"
        do = partial(keep_one, turn)
        yield mutate_role(name, Role.REPLACE, "write_whole", do, REPLACED)
    name = "a replace is answered and not stored"
    kept = (REPLACED, LEFT_OUT)
    yield from mutations_on_turns(name, Role.REPLACE, REPLACES, "perform", undo_change, *kept)
    name = "a replace keeps what is left out"
    yield mutate_role(name, Role.REPLACE, "write_whole", keep_unsent, LEFT_OUT)
    name = "a replace answers rightly and keeps what is left out"
    yield mutate_role(name, Role.REPLACE, "perform", keep_unsent_behind, LEFT_OUT)


def write_otherwise(turn: int, service: Service, inner: Any, shown: Any, body: Any) -> Any:
    """Write another value for one of the members that were sent."""
    wanted = inner(shown, body)
    sent = service.collection.body_in_common_form(service.operation, body)
    present = [
        path
        for path in present_paths(wanted, service.collection)
        if paths.value_at(sent, path) is not ABSENT
    ]
    if not present:
        return wanted
    path = present[turn % len(present)]
    return paths.with_value(wanted, path, another_value(paths.value_at(wanted, path)))


def show_otherwise(turn: int, service: Service, inner: Any, resource: Resource) -> Any:
    """Show another value than is kept."""
    return with_another(inner(resource), service.collection, turn)


def keep_one(turn: int, service: Service, inner: Any, shown: Any, body: Any) -> Any:
    """Write all but one of the members that were there."""
    wanted = inner(shown, body)

    def differs(path: str) -> bool:
        was = paths.value_at(shown, path)
        return was is not ABSENT and was != paths.value_at(wanted, path)

    present = list(filter(differs, present_paths(wanted, service.collection)))
    if not present:
        return wanted
    path = present[turn % len(present)]
    return paths.with_value(wanted, path, paths.value_at(shown, path))


def undo_change(
    service: Service, inner: Any, request: Request, resource: Resource, body: Any
) -> Any:
    """Answer as if it were done, and leave everything as it was."""
    was, updated = deepcopy(resource.shown), resource.updated
    answer = inner(request, resource, body)
    resource.shown, resource.updated = was, updated
    return answer


def keep_unsent(service: Service, inner: Any, shown: Any, body: Any) -> Any:
    """Write what was sent, and leave what was not."""
    return with_unsent(service, inner(shown, body), shown)


def with_unsent(service: Service, wanted: Any, was: Any) -> Any:
    """Return *wanted* with each written member that it has not as it was."""
    for path in written_paths(service.collection):
        value = paths.value_at(was, path)
        if value is not ABSENT and paths.value_at(wanted, path) is ABSENT:
            wanted = paths.with_value(wanted, path, value)
    return wanted


def merge_maps(service: Service, inner: Any, shown: Any, body: Any) -> Any:
    """Write what was sent, and leave what was in each of its maps."""
    wanted = inner(shown, body)
    for path in service.operation.request_maps:
        was, now = paths.value_at(shown, path), paths.value_at(wanted, path)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            wanted = paths.with_value(wanted, path, {**was, **now})
    return wanted


def keep_unsent_behind(
    service: Service, inner: Any, request: Request, resource: Resource, body: Any
) -> Any:
    """Answer rightly, and leave in store what was not sent."""
    was = deepcopy(resource.shown)
    answer = inner(request, resource, body)
    resource.shown = with_unsent(service, resource.shown, was)
    return answer


# --- update ---------------------------------------------------------------------------------------


def update_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of an update."""
    name = "an update is answered and not stored"
    yield mutate_role(name, Role.UPDATE, "perform", undo_change, UPDATED)
    for turn, ordinal in enumerate(ORDINALS):
        name = f"an update stores another value of the {ordinal} member than it answers"
        do = partial(change_behind, partial(with_another, turn=turn))
        yield mutate_role(name, Role.UPDATE, "perform", do, UPDATED)
        name = f"an update takes the {ordinal} member away behind its answer"
        do = partial(change_behind, partial(without_one, turn=turn))
        yield mutate_role(name, Role.UPDATE, "perform", do, UPDATED)
    for role in (Role.READ, Role.LIST):
        if kind.operation_id(role):
            name = f"a {role.value} shows what was there before the update"
            yield Mutation(name, (UPDATED,), shows_before_update(role))


def change_behind(
    change: Callable[..., Any],
    service: Service,
    inner: Any,
    request: Request,
    resource: Resource,
    body: Any,
) -> Any:
    """Answer rightly, and *change* what is in store."""
    answer = inner(request, resource, body)
    resource.shown = change(resource.shown, service.collection)
    return answer


def drop_unsent_behind(
    service: Service, inner: Any, request: Request, resource: Resource, body: Any
) -> Any:
    """Answer rightly, and drop from the store what may be left out and was not sent."""
    answer = inner(request, resource, body)
    sent = service.collection.body_in_common_form(service.operation, body)
    for path in present_paths(resource.shown, service.collection):
        if paths.value_at(sent, path) is ABSENT:
            resource.shown = paths.without_value(resource.shown, path)
    return answer


def shows_before_update(role: Role) -> Alter:
    """Return the alteration in which *role* shows a resource as it was before its update."""

    def alter(service: Service) -> Service:
        before: dict[int, Any] = {}

        def apply_update(_: Service, inner: Any, resource: Resource, body: Any) -> None:
            before[id(resource)] = deepcopy(resource)
            inner(resource, body)

        def show_resource(_: Service, inner: Any, resource: Resource) -> Any:
            return inner(before.get(id(resource), resource))

        in_role(Role.UPDATE, replace_step("apply_update", apply_update))(service)
        return in_role(role, replace_step("show_resource", show_resource))(service)

    return alter


# --- others, and refusals -------------------------------------------------------------------------


def own_change_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that *operation*, an update or a replacement, reaches more than it is to."""
    role, kind = operation.role, operation.resource
    if role is Role.UPDATE and may_leave_out(operation):
        name = "an update leaves nothing but what it sent"
        yield mutate_role(name, Role.UPDATE, "perform", drop_unsent_behind, UPDATED)
    if role is Role.REPLACE and operation.request_maps:
        name = "a replace puts what is sent beside what was in a map"
        yield mutate_role(name, Role.REPLACE, "write_whole", merge_maps, LEFT_OUT)
    if kind is not None and kind.parameter:  # of what each parent has one of, there are no others
        yield from change_mutations(role, role.value)
    yield from refused_mutations(role, role.value)


def may_leave_out(operation: Operation) -> bool:
    """Return whether something is there, however little was sent, that *operation* need not send.

    That is what has a default, what the creation alone can say, and all where nothing is required.
    """
    members = operation.request_members
    is_bare = not any(member.required for member in members if member.path)
    has_defaults = any("default" in member.schema for member in members)
    return is_bare or has_defaults


def change_mutations(role: Role, told: str) -> Iterator[Mutation]:
    """Yield that a write in *role* reaches others than the one that was asked for."""
    for what, reach in REACHES.items():
        if reach is copy_to_all and role is Role.DELETE:  # two may have the same values
            continue
        name = f"{'an' if told[0] in 'aeiou' else 'a'} {told} {what}"
        yield mutate_role(name, role, "perform", partial(reach_others, reach), SIBLINGS)


def reach_others(
    reach: Callable[..., None],
    service: Service,
    inner: Any,
    request: Request,
    resource: Resource,
    body: Any,
) -> Any:
    """Do what is asked for, and something to others."""
    others = others_than(service.collection, resource)
    answer = inner(request, resource, body)
    reach(service, others, resource, body)
    return answer


def write_to_all(service: Service, others: list[Resource], _: Resource, __: Any) -> None:
    """Write another value to the first member of all others."""
    for other in others:
        other.shown = with_another(other.shown, service.collection, 0)


def write_to_newest(service: Service, others: list[Resource], _: Resource, __: Any) -> None:
    """Write another value to the second member of the newest but one."""
    for other in others[-2:-1]:
        other.shown = with_another(other.shown, service.collection, 1)


def drop_from_all(service: Service, others: list[Resource], _: Resource, __: Any) -> None:
    """Take a member from all others."""
    for other in others:
        other.shown = without_one(other.shown, service.collection, 0)


def copy_to_all(service: Service, others: list[Resource], resource: Resource, __: Any) -> None:
    """Write what the resource has of each written member to all others."""
    for other in others:
        for path in present_paths(resource.shown, service.collection):
            value = paths.value_at(resource.shown, path)
            other.shown = paths.with_value(other.shown, path, deepcopy(value))


def forget_others(service: Service, others: list[Resource], _: Resource, __: Any) -> None:
    """Take all others away."""
    forget_each(service.collection, others)


REACHES: Mapping[str, Callable[..., None]] = {
    "writes to all others": write_to_all,
    "writes to another": write_to_newest,
    "takes a value from all others": drop_from_all,
    "gives its values to all others": copy_to_all,
    "takes all others away": forget_others,
}


def refused_mutations(role: Role, told: str) -> Iterator[Mutation]:
    """Yield that a request in *role* is refused, and changes something."""
    article = "an" if told[0] in "aeiou" else "a"
    for what, spoil in SPOILS.items():
        name = f"{article} {told} that is refused {what}"
        yield mutate_role(name, role, "check_body", partial(spoil_when_refused, spoil), REFUSED)
    name = f"{article} {told} that is refused is done as far as it is right"
    yield Mutation(name, (REFUSED,), in_role(role, applies_what_is_right))


def spoil_when_refused(spoil: Callable[..., None], service: Service, inner: Any, body: Any) -> None:
    """Refuse the body, and change what the service has."""
    try:
        inner(body)
    except Refused:
        for resource in service.collection.resources.values():
            spoil(service, resource)
        raise


def give_another(service: Service, resource: Resource) -> None:
    """Write another value to the first member."""
    resource.shown = with_another(resource.shown, service.collection, 0)


def give_another_last(service: Service, resource: Resource) -> None:
    """Write another value to the last member."""
    resource.shown = with_another(resource.shown, service.collection, -1)


def take_one(service: Service, resource: Resource) -> None:
    """Take the first member away."""
    resource.shown = without_one(resource.shown, service.collection, 0)


SPOILS: Mapping[str, Callable[..., None]] = {
    "writes to the first member": give_another,
    "writes to the last member": give_another_last,
    "takes a member away": take_one,
}


def applies_what_is_right(service: Service) -> Service:
    """Refuse what is wrong, and write what is right of it."""
    about: list[Resource] = []

    def find_resource(_: Service, inner: Any, request: Request) -> Resource:
        found: Resource = inner(request)
        about[:] = [found]
        return found

    def check_body(own: Service, inner: Any, body: Any) -> None:
        try:
            inner(body)
        except Refused as refused:
            pointers = [problem.pointer for problem in refused.problems if problem.pointer]
            if pointers and about:
                path = paths.path_of(paths.tokens_of(pointers[0]))
                own.apply_update(about[0], paths.without_value(body, path))
            raise

    replace_step("find_resource", find_resource)(service)
    return replace_step("check_body", check_body)(service)
