"""In which ways can a list, a read or a HEAD go wrong? What it shows, and what it changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    replace_step,
    set_header,
)
from pytest_confluent_contracts.double.mutations.life_steps import (
    in_role,
    mutate_role,
    others_than,
    with_another,
    without_one,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource as Kind

    Listing = Callable[[list[Resource]], list[Resource]]

LISTED = "lifecycle/listed-once"
PARENT = "lifecycle/own-parent-only"
READABLE = "lifecycle/created-is-readable"
UNCHANGED = "lifecycle/reads-change-nothing"
SAME = "lifecycle/same-everywhere"
HEAD = "lifecycle/head-as-get"
AS_DOCUMENTED = "lifecycle/listed-as-documented"
ORDINALS = ("first", "second", "third")
CUT = 200  # characters: longer than a text that is not long on purpose
NOT_FREE = frozenset({"format", "enum", "pattern", "const"})


# --- lists ----------------------------------------------------------------------------------------


def list_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of what a list shows."""
    if kind.operation_id(Role.CREATE):
        for told, do in LISTINGS.items():
            if do is drop_changed and not has_changes(kind):
                continue
            name = f"a list {told}"
            yield mutate_role(name, Role.LIST, "listed", partial(list_otherwise, do), LISTED)
        yield Mutation("a list is as old as the last one", (LISTED,), list_of_before(1))
        yield Mutation("a list is as old as the second last one", (LISTED,), list_of_before(2))
        yield Mutation("every second list lacks the newest", (LISTED,), each_second_lacks_newest())
    if kind.parent:
        for told, show in STRANGERS.items():
            name = f"a list shows {told}"
            yield mutate_role(name, Role.LIST, "listed", partial(list_strangers, show), PARENT)
    yield from shown_mutations(kind, Role.LIST)
    yield from touching_mutations(kind, Role.LIST, "listed")


def has_changes(kind: Kind) -> bool:
    """Return whether an operation changes what is there."""
    return bool(kind.operation_id(Role.UPDATE) or kind.operation_id(Role.REPLACE))


def list_otherwise(change: Listing, _: Service, inner: Any, request: Request) -> list[Resource]:
    """List what *change* makes of it."""
    return change(inner(request))


def drop_newest(found: list[Resource]) -> list[Resource]:
    """Leave out the newest."""
    return found[:-1]


def drop_second(found: list[Resource]) -> list[Resource]:
    """Leave out the second."""
    return found[:1] + found[2:]


def drop_third(found: list[Resource]) -> list[Resource]:
    """Leave out the third."""
    return found[:2] + found[3:]


def drop_from_three_on(found: list[Resource]) -> list[Resource]:
    """Leave out all after the second."""
    return found[:2]


def drop_all_where_three(found: list[Resource]) -> list[Resource]:
    """Show nothing where there are three."""
    return found if len(found) < 3 else []


def repeat_newest(found: list[Resource]) -> list[Resource]:
    """Show the newest twice."""
    return found + found[-1:]


def repeat_third(found: list[Resource]) -> list[Resource]:
    """Show the third twice."""
    return found + found[2:3]


def repeat_all(found: list[Resource]) -> list[Resource]:
    """Show everything twice."""
    return found + found


def repeat_apart(found: list[Resource]) -> list[Resource]:
    """Show the newest first, too."""
    return found[-1:] + found


def replace_newest(found: list[Resource]) -> list[Resource]:
    """Show the oldest in place of the newest."""
    return found[:-1] + found[:1]


def show_oldest_alone(found: list[Resource]) -> list[Resource]:
    """Show the oldest alone."""
    return found[:1]


def drop_alike(found: list[Resource]) -> list[Resource]:
    """Leave out what has as many members as one before it."""
    sizes: set[int] = set()
    kept: list[Resource] = []
    for one in found:
        if len(str(one.shown)) not in sizes:
            kept.append(one)
        sizes.add(len(str(one.shown)))
    return kept


def drop_changed(found: list[Resource]) -> list[Resource]:
    """Leave out what was changed since it was created."""
    return [one for one in found if one.updated == one.created]


LISTINGS: Mapping[str, Listing] = {
    "lacks the newest": drop_newest,
    "lacks the second": drop_second,
    "lacks the third": drop_third,
    "lacks all after the second": drop_from_three_on,
    "is empty where there are three": drop_all_where_three,
    "has the newest twice": repeat_newest,
    "has the third twice": repeat_third,
    "has everything twice": repeat_all,
    "has the newest first, too": repeat_apart,
    "has the oldest in place of the newest": replace_newest,
    "has the oldest alone": show_oldest_alone,
    "lacks what is as long as another": drop_alike,
    "lacks what was changed": drop_changed,
}


def list_of_before(age: int) -> Alter:
    """Return the alteration in which a list is that of *age* lists before."""

    def alter(service: Service) -> Service:
        before: list[list[Resource]] = []

        def listed(_: Service, inner: Any, request: Request) -> list[Resource]:
            before.append(list(inner(request)))
            return before[max(0, len(before) - 1 - age)]

        return in_role(Role.LIST, replace_step("listed", listed))(service)

    return alter


def each_second_lacks_newest() -> Alter:
    """Return the alteration in which every second list lacks the newest."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)

        def listed(_: Service, inner: Any, request: Request) -> list[Resource]:
            found: list[Resource] = inner(request)
            return drop_newest(found) if next(turns) % 2 == 0 else found

        return in_role(Role.LIST, replace_step("listed", listed))(service)

    return alter


def list_strangers(show: Listing, service: Service, inner: Any, request: Request) -> Any:
    """List some of what lies under other parents, too."""
    own = inner(request)
    known = [id(one) for one in own]
    others = [one for one in service.collection.resources.values() if id(one) not in known]
    return own + show(others)


def show_all(found: list[Resource]) -> list[Resource]:
    """Return all."""
    return found


def show_newest(found: list[Resource]) -> list[Resource]:
    """Return the newest."""
    return found[-1:]


def show_third(found: list[Resource]) -> list[Resource]:
    """Return the third."""
    return found[2:3]


STRANGERS: Mapping[str, Listing] = {
    "what lies under other parents": show_all,
    "the newest of other parents": show_newest,
    "the third of other parents": show_third,
}


# --- what is shown of one -------------------------------------------------------------------------


def shown_mutations(kind: Kind, role: Role) -> Iterator[Mutation]:
    """Yield that answers in *role* show something else than the others."""
    for turn, ordinal in enumerate(ORDINALS):
        name = f"a {role.value} shows another value of the {ordinal} member"
        do = partial(show_with_another, turn)
        yield mutate_role(name, role, "show_resource", do, SAME)
        if has_changes(kind):
            name = f"{name} of what was changed"
            do = partial(show_changed_with_another, turn)
            yield mutate_role(name, role, "show_resource", do, SAME)


def odd_item_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that a list shows a value of another type in the place of a member."""
    kind = operation.resource
    if kind is None or operation.role is not Role.LIST or not kind.operation_id(Role.CREATE):
        return
    for member in operation.answer_members:
        is_of_item = paths.parent_path(member.path) == kind.items and member.path != kind.items
        is_typed = bool(types_allowed(member.schema))
        if is_of_item and is_typed and member.name != paths.last_name(kind.id_member or "id"):
            odd = "odd" if "object" in types_allowed(member.schema) else {"odd": True}
            name = f"a list shows a value of another type as {member.name}"
            show = partial(show_with_odd, member.name, odd)
            yield mutate_role(name, Role.LIST, "show_resource", show, AS_DOCUMENTED)
            return


def show_with_odd(name: str, odd: Any, service: Service, inner: Any, resource: Resource) -> Any:
    """Show *odd* as the member *name*, beside the id."""
    shown, kind = inner(resource), service.operation.resource
    around = paths.parent_path(kind.id_member) if kind is not None else ""
    return paths.with_value(shown, paths.member_path(around, name), odd)


def show_with_another(turn: int, service: Service, inner: Any, resource: Resource) -> Any:
    """Show another value of one member."""
    return with_another(inner(resource), service.collection, turn)


def show_changed_with_another(turn: int, service: Service, inner: Any, resource: Resource) -> Any:
    """Show another value of one member of what was changed since its creation."""
    shown = inner(resource)
    if resource.updated == resource.created:
        return shown
    return with_another(shown, service.collection, turn)


def long_text_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that answers in one role show the beginning of a long text, where one may be long."""
    kind = operation.resource
    if kind is None or not kind.operation_id(Role.CREATE) or not _shows_long_texts(operation):
        return
    for role in (Role.READ, Role.LIST, Role.UPDATE):
        if kind.operation_id(role):
            told = "an update" if role is Role.UPDATE else f"a {role.value}"
            name = f"{told} shows the beginning of a long text alone"
            yield mutate_role(name, role, "show_resource", show_beginnings, SAME)


def _shows_long_texts(operation: Operation) -> bool:
    """Return whether a read or a list shows a text that a request may make a long one."""
    kind, success = operation.resource, operation.success
    content = success.content if success is not None else None
    if operation.role not in (Role.READ, Role.LIST) or kind is None or content is None:
        return False
    for member in content.properties:
        is_written = member.path.endswith(kind.written) and member.name != "id"
        is_text = "string" in types_allowed(member.schema) and NOT_FREE.isdisjoint(member.schema)
        if is_written and is_text and member.schema.get("maxLength", CUT + 1) > CUT:
            return True
    return False


def show_beginnings(_: Service, inner: Any, resource: Resource) -> Any:
    """Show of each text the first characters."""
    return with_beginnings(inner(resource))


def with_beginnings(value: Any) -> Any:
    """Return *value*, in which each text is cut."""
    if isinstance(value, str):
        return value[:CUT]
    if isinstance(value, list):
        return [with_beginnings(one) for one in value]
    if isinstance(value, dict):
        return {name: with_beginnings(one) for name, one in value.items()}
    return value


# --- reads ----------------------------------------------------------------------------------------


def read_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of a read: what it finds, and what it changes."""
    if kind.operation_id(Role.CREATE):
        for told, find in FINDINGS.items():
            if find is readable_unchanged and not has_changes(kind):
                continue
            yield Mutation(f"what is created {told}", (READABLE,), find())
    yield from shown_mutations(kind, Role.READ)
    yield from touching_mutations(kind, Role.READ, "show_resource")


def readable_times(most: int) -> Alter:
    """Return the alteration in which one can be read so many times, and no more."""

    def alter(service: Service) -> Service:
        times: dict[str, int] = {}

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            id = own.id_in(request.path)
            found: Resource = inner(request)
            times[id] = times.get(id, 0) + 1
            if times[id] > most:
                raise own.unknown()
            return found

        return in_role(Role.READ, replace_step("find_resource", find_resource))(service)

    return alter


def readable_at_second() -> Alter:
    """Return the alteration in which the first read of each finds nothing."""

    def alter(service: Service) -> Service:
        asked: set[str] = set()

        def find_resource(own: Service, inner: Any, request: Request) -> Resource:
            id = own.id_in(request.path)
            is_first = id not in asked and id in own.collection.resources
            if is_first:
                asked.add(id)
                raise own.unknown()
            found: Resource = inner(request)
            return found

        return in_role(Role.READ, replace_step("find_resource", find_resource))(service)

    return alter


def readable_unchanged() -> Alter:
    """Return the alteration in which what was changed cannot be read."""

    def find_resource(own: Service, inner: Any, request: Request) -> Resource:
        found: Resource = inner(request)
        if found.updated != found.created:
            raise own.unknown()
        return found

    return in_role(Role.READ, replace_step("find_resource", find_resource))


def readable_newest() -> Alter:
    """Return the alteration in which the newest of each parent alone can be read."""

    def find_resource(own: Service, inner: Any, request: Request) -> Resource:
        found: Resource = inner(request)
        if own.collection.under(found.scope)[-1] is not found:
            raise own.unknown()
        return found

    return in_role(Role.READ, replace_step("find_resource", find_resource))


def readable_alone() -> Alter:
    """Return the alteration in which nothing can be read where there are two beside it."""

    def find_resource(own: Service, inner: Any, request: Request) -> Resource:
        found: Resource = inner(request)
        if len(others_than(own.collection, found)) >= 2:
            raise own.unknown()
        return found

    return in_role(Role.READ, replace_step("find_resource", find_resource))


AT_SECOND = "can be read from the second time on"
FINDINGS: Mapping[str, Callable[[], Alter]] = {
    "can be read once": partial(readable_times, 1),
    "can be read twice": partial(readable_times, 2),
    AT_SECOND: readable_at_second,
    "can be read until it is changed": readable_unchanged,
    "can be read until another is created": readable_newest,
    "can be read where it has few beside it": readable_alone,
}


# --- what a read changes --------------------------------------------------------------------------


def touching_mutations(kind: Kind, role: Role, step: str) -> Iterator[Mutation]:
    """Yield that an answer in *role* changes what it shows, behind its own back."""
    told = role.value
    for what, touch in TOUCHES.items():
        if touch is write_to_others and not kind.parameter:
            continue
        name = f"each {told} {what}"
        yield Mutation(name, (UNCHANGED,), touch_each_nth(role, step, 1, touch))
        if touch is give_another_value:
            name = f"every second {told} {what}"
            yield Mutation(name, (UNCHANGED,), touch_each_nth(role, step, 2, touch))


def touch_each_nth(role: Role, step: str, count: int, touch: Callable[..., None]) -> Alter:
    """Return the alteration in which each *count*-th answer changes what it is about."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)

        def touch_after(own: Service, inner: Any, asked: Any) -> Any:
            answered = inner(asked)
            if next(turns) % count == 0:
                about = answered if isinstance(answered, list) else [asked]
                for resource in about:
                    touch(own, resource)
            return answered

        return in_role(role, replace_step(step, touch_after))(service)

    return alter


def give_another_value(service: Service, resource: Resource) -> None:
    """Write another value to the first member."""
    resource.shown = with_another(resource.shown, service.collection, 0)


def take_a_value(service: Service, resource: Resource) -> None:
    """Take the last written member away."""
    resource.shown = without_one(resource.shown, service.collection, -1)


def write_to_others(service: Service, resource: Resource) -> None:
    """Write another value to the second member of the others."""
    for other in others_than(service.collection, resource):
        other.shown = with_another(other.shown, service.collection, 1)


TOUCHES: Mapping[str, Callable[..., None]] = {
    "writes to what it shows": give_another_value,
    "takes a value from what it shows": take_a_value,
    "writes to the others": write_to_others,
}


# --- HEAD -----------------------------------------------------------------------------------------

# What a HEAD may leave out, since it is known only where the content is made (RFC 9110 9.3.2).
KNOWN_WITH_CONTENT = frozenset(
    {"content-length", "content-encoding", "transfer-encoding", "vary", "etag"}
)


def head_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the ways in which HEAD can answer otherwise than GET."""
    for told, change in HEADS.items():
        yield Mutation(f"HEAD {told}", (HEAD,), replace_step("handle", partial(answer_as, change)))
    response = operation.success
    documented = [header.name for header in response.headers] if response else []
    for name in ("Content-Type", *documented):
        if name.lower() in KNOWN_WITH_CONTENT:
            continue
        drop = partial(answer_as, set_header(name))
        told = f"HEAD has no {name}"
        yield Mutation(told, (f"{HEAD}/headers",), replace_step("handle", drop))
    yield Mutation("HEAD writes to what it is about", (UNCHANGED,), head_that_writes)


def answer_as(change: Callable[..., Answer], service: Service, inner: Any, request: Request) -> Any:
    """Answer as *change* has it where something is there."""
    answer = inner(request)
    return change(answer, request, service) if answer.status < 300 else answer


def with_a_body(answer: Answer, *_: Any) -> Answer:
    """Send a body."""
    return replace(answer, raw=b'{"a": 1}')


def as_status(status: int, answer: Answer, *_: Any) -> Answer:
    """Answer with another status."""
    return replace(answer, status=status)


HEADS: Mapping[str, Callable[..., Answer]] = {
    "has a body": with_a_body,
    "is answered with 204": partial(as_status, 204),
    "is answered with 404": partial(as_status, 404),
    "is answered with 405": partial(as_status, 405),
    "has another media type": set_header("Content-Type", "text/plain"),
    "has another length": set_header("Content-Length", "3"),
}


def head_that_writes(service: Service) -> Service:
    """Write to what a HEAD asks for."""

    def perform(own: Service, inner: Any, request: Request, resource: Any, body: Any) -> Any:
        answer = inner(request, resource, body)
        give_another_value(own, resource)
        return answer

    return replace_step("perform", perform)(service)
