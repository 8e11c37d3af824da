"""In which ways can a resource go wrong that only the order of the requests shows?

Each takes several writes in an order that the steps of its life do not have: a second deletion of
another, an update after a deletion, a create after an update and a deletion of the newest.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import Mutation, replace_step
from pytest_confluent_contracts.double.mutations.life_steps import (
    in_role,
    with_another,
    written_paths,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.resources import Resource as Kind

EQUAL = "lifecycle/created-equals-sent"
GONE = "lifecycle/deleted-is-gone"
NOT_REUSED = "lifecycle/ids-not-reused"
REPLACED = "lifecycle/replaced-equals-sent"
UNLISTED = "lifecycle/deleted-is-not-listed"
UPDATED = "lifecycle/updated-is-read"
WRITES = {Role.UPDATE: UPDATED, Role.REPLACE: REPLACED}
FEWEST_DELETED = 2


@dataclass
class Course:
    """What was done to which of the resources so far, and what is gone, each in order."""

    done: list[tuple[Role, str]] = field(default_factory=list)
    gone: dict[str, Resource] = field(default_factory=dict)

    def has_deleted_another(self, id: str) -> bool:
        """Return whether another than *id* was deleted."""
        return any(other != id for other in self.gone)

    def last_to(self, id: str) -> Role | None:
        """Return what was done last to the one under *id*, None where nothing was."""
        return next((role for role, other in reversed(self.done) if other == id), None)

    def last_in(self, role: Role) -> str:
        """Return to which the last was done in *role*, ``""`` where none was."""
        return next((id for own, id in reversed(self.done) if own is role), "")


def follow_course(service: Service) -> Course:
    """Return what is done to the resources of *service* from now on, as it is filled."""
    course = Course()

    def keep(_: Service, inner: Any, id: str, resource: Resource) -> None:
        inner(id, resource)
        course.done.append((Role.CREATE, id))

    def remove(own: Service, inner: Any, id: str) -> None:
        course.gone[id] = own.collection.resources[id]
        inner(id)
        course.done.append((Role.DELETE, id))

    in_role(Role.CREATE, replace_step("keep", keep))(service)
    in_role(Role.DELETE, replace_step("remove", remove))(service)
    for role in WRITES:
        in_role(role, replace_step("perform", _noting(course, role)))(service)
    return course


def _noting(course: Course, role: Role) -> Callable[..., Any]:
    def perform(_: Service, inner: Any, request: Request, resource: Resource, body: Any) -> Any:
        answer = inner(request, resource, body)
        course.done.append((role, resource.key))
        return answer

    return perform


def order_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations that requests on *kind* show in an order of their own."""
    if not (kind.operation_id(Role.CREATE) and kind.operation_id(Role.DELETE)):
        return
    name = "a delete after that of another removes nothing"
    yield Mutation(name, (GONE,), keeps_the_second, needs_sequence=True)
    for role, clause in WRITES.items():
        if kind.operation_id(role):
            told = f"{'an' if role is Role.UPDATE else 'a'} {role.value}"
            name = f"{told} after a delete is answered and not stored"
            yield Mutation(name, (clause,), loses_after_delete(role), needs_sequence=True)
            name = f"a delete right after {told} of the newest removes nothing"
            yield Mutation(name, (GONE,), keeps_after(role), needs_sequence=True)
    if kind.operation_id(Role.UPDATE):
        name = "an update after that of another writes to the other, too"
        other = writes_to_the_other(Role.UPDATE)
        yield Mutation(name, (UPDATED,), other, needs_sequence=True)
    if kind.operation_id(Role.LIST):
        name = "a list shows the last but one of those that were deleted"
        yield Mutation(name, (UNLISTED,), lists_last_but_one, needs_sequence=True)
    if not kind.chooses_ids:
        name = "a create takes the id of the last but one of those that were deleted"
        yield Mutation(name, (NOT_REUSED,), gives_last_but_one, needs_sequence=True)


def remains_mutation() -> Mutation:
    """Return that a create has what the newest had, which was updated and deleted before it."""
    name = "a create keeps of the newest, which was updated and deleted, what is not sent"
    return Mutation(name, (EQUAL,), keeps_of_the_newest, needs_sequence=True)


def keeps_the_second(service: Service) -> Service:
    """Remove nothing once another was removed."""
    course = follow_course(service)

    def remove(_: Service, inner: Any, id: str) -> None:
        if not course.has_deleted_another(id):
            inner(id)

    return in_role(Role.DELETE, replace_step("remove", remove))(service)


def keeps_after(role: Role) -> Alter:
    """Return the alteration in which the newest is not removed right after a write in *role*."""

    def alter(service: Service) -> Service:
        course = follow_course(service)

        def remove(_: Service, inner: Any, id: str) -> None:
            if course.last_in(Role.CREATE) != id or course.last_to(id) is not role:
                inner(id)

        return in_role(Role.DELETE, replace_step("remove", remove))(service)

    return alter


def loses_after_delete(role: Role) -> Alter:
    """Return the alteration in which nothing is stored in *role* once one was deleted."""

    def alter(service: Service) -> Service:
        course = follow_course(service)

        def perform(_: Service, inner: Any, request: Request, resource: Resource, body: Any) -> Any:
            was = deepcopy(resource.shown)
            answer = inner(request, resource, body)
            if course.gone:
                resource.shown = was
            return answer

        return in_role(role, replace_step("perform", perform))(service)

    return alter


def writes_to_the_other(role: Role) -> Alter:
    """Return the alteration in which a write changes what the last one in *role* was to, too."""

    def alter(service: Service) -> Service:
        course = follow_course(service)

        def perform(
            own: Service, inner: Any, request: Request, resource: Resource, body: Any
        ) -> Any:
            other = own.collection.resources.get(course.last_in(role))
            if other is not None and other is not resource:
                other.shown = with_another(other.shown, own.collection, 0)
            return inner(request, resource, body)

        return in_role(role, replace_step("perform", perform))(service)

    return alter


def lists_last_but_one(service: Service) -> Service:
    """List what was deleted before the last that was."""
    course = follow_course(service)

    def listed(own: Service, inner: Any, request: Request) -> list[Resource]:
        scope = own.id_in(request.path)
        there: list[Resource] = inner(request)
        gone = list(course.gone.values())[-FEWEST_DELETED:]
        is_back = len(gone) < FEWEST_DELETED or gone[0].key in own.collection.resources
        return there if is_back or gone[0].scope != scope else [*there, gone[0]]

    return in_role(Role.LIST, replace_step("listed", listed))(service)


def gives_last_but_one(service: Service) -> Service:
    """Give a new one the id of what was deleted before the last that was."""
    course = follow_course(service)

    def new_id_of_resource(own: Service, inner: Any) -> str:
        gone = list(course.gone)[-FEWEST_DELETED:]
        if len(gone) < FEWEST_DELETED or gone[0] in own.collection.resources:
            return str(inner())
        return gone[0].rpartition("/")[2]

    return in_role(Role.CREATE, replace_step("new_id_of_resource", new_id_of_resource))(service)


def keeps_of_the_newest(service: Service) -> Service:
    """Fill a new one with what was not sent from the newest, where that was updated and deleted."""
    course = follow_course(service)

    def make_resource(own: Service, inner: Any, id: str, body: Any) -> Resource:
        made: Resource = inner(id, body)
        last = course.last_in(Role.DELETE)
        is_newest = bool(last) and course.last_in(Role.CREATE) == last
        if not is_newest or (Role.UPDATE, last) not in course.done:
            return made
        sent = own.collection.body_in_common_form(own.operation, body)
        for path in written_paths(own.collection):
            left = paths.value_at(course.gone[last].shown, path)
            if paths.value_at(sent, path) is ABSENT and left is not ABSENT:
                made.shown = paths.with_value(made.shown, path, left)
        return made

    return in_role(Role.CREATE, replace_step("make_resource", make_resource))(service)
