"""In which ways can a PUT go wrong that creates, too? What it says, and what was there before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import Mutation, replace_step
from pytest_confluent_contracts.double.mutations.life_steps import in_role, mutate_role
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.double.service import Answer, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

TELLS = "lifecycle/status-tells-if-new"
EQUAL = "lifecycle/created-equals-sent"
CREATED, OK, NO_CONTENT = 201, 200, 204


def key_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what *operation*, a PUT, makes on keys."""
    replaced = [status for status in (OK, NO_CONTENT) if operation.names_status(status)]
    if not replaced:
        return
    name = f"a PUT that creates is answered {replaced[0]}"
    yield mutate_role(name, Role.CREATE, "perform", _told_as(replaced[0]), TELLS)
    name = "a PUT that replaces is answered 201"
    yield mutate_role(name, Role.REPLACE, "perform", _told_as(CREATED), TELLS)
    name = "a PUT that creates again is answered as one that replaces"
    yield Mutation(name, (TELLS,), _told_as_known(replaced[0]))
    if any(not member.required for member in operation.request_members):
        name = "what is created again has what it had before it was deleted"
        yield Mutation(name, (EQUAL,), _keeps_of_deleted)


def _told_as(status: int) -> Any:
    def perform(_: Service, inner: Any, *given: Any) -> Answer:
        answer: Answer = inner(*given)
        return replace(answer, status=status)

    return perform


def _told_as_known(status: int) -> Any:
    """Return the alteration in which a key that was there before counts as there."""

    def perform(own: Service, inner: Any, *given: Any) -> Answer:
        known = set(own.collection.used)
        answer: Answer = inner(*given)
        is_again = known == set(own.collection.used)
        return replace(answer, status=status) if is_again else answer

    return in_role(Role.CREATE, replace_step("perform", perform))


def _keeps_of_deleted(service: Service) -> Service:
    """Let a creation begin with what was deleted under its key."""
    gone: dict[str, Any] = {}

    def remove(own: Service, inner: Any, id: str) -> None:
        gone[id] = own.collection.resources[id].shown
        inner(id)

    def make_resource(_: Service, inner: Any, id: str, body: Any) -> Resource:
        made: Resource = inner(id, body)
        before = gone.get(id, ABSENT)
        if isinstance(before, dict) and isinstance(made.shown, dict):
            made.shown = {**before, **made.shown}
        return made

    in_role(Role.DELETE, replace_step("remove", remove))(service)
    return in_role(Role.CREATE, replace_step("make_resource", make_resource))(service)
