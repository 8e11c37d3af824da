"""In which ways can conditions go wrong? Tags that do not tell, and writes that are lost."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_answers,
    mutate_step,
    set_header,
    set_status,
)
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.conditions import (
    NOT_MODIFIED,
    PRECONDITION_FAILED,
    requires_condition,
    takes_if_match,
    takes_if_none_match,
    tells_tag,
)
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

FORM, MOVES, STAYS = "conditional/etag-form", "conditional/etag-moves", "conditional/etag-stays"
READ, TELLS = "conditional/if-none-match", "conditional/304-tells-tag"
CURRENT, LOST = "conditional/if-match", "conditional/lost-update"
REQUIRED = "conditional/required"


def condition_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the tags and the conditions of *operation*."""
    if operation.resource is None:
        return
    if operation.role is Role.READ and operation.method == "GET" and tells_tag(operation):
        yield from tag_mutations()
        if takes_if_none_match(operation):
            yield from read_mutations()
    if operation.role in (Role.UPDATE, Role.REPLACE, Role.DELETE) and takes_if_match(operation):
        yield from write_mutations(operation)


# --- tags -----------------------------------------------------------------------------------------


def tag_mutations() -> Iterator[Mutation]:
    """Yield the mutations of the tag that a read tells."""
    yield Mutation("ETag has no quotes", (FORM,), alter_answers(unquote, has_tag))
    yield Mutation("ETag has single quotes", (FORM,), alter_answers(requote, has_tag))
    yield mutate_step("ETag is always the same", "tag_of", always_the_same, MOVES)
    yield mutate_step("ETag is made of the id", "tag_of", of_the_id, MOVES)
    yield mutate_step("ETag is made of how long the body is", "tag_of", of_the_length, MOVES)
    yield Mutation("ETag is new each time", (STAYS,), each_time_new())
    yield Mutation("every third ETag is another", (STAYS,), each_third_another())


def has_tag(_: Request, answer: Answer) -> bool:
    """Hold on successes with a tag."""
    return answer.status < 300 and _tag(answer) is not None


def _tag(answer: Answer) -> str | None:
    return next((value for name, value in answer.headers if name == "ETag"), None)


def unquote(answer: Answer, request: Request, own: Service) -> Answer:
    """Take the quotes off."""
    return set_header("ETag", (_tag(answer) or "").strip('"'))(answer, request, own)


def requote(answer: Answer, request: Request, own: Service) -> Answer:
    """Write other quotes."""
    return set_header("ETag", (_tag(answer) or "").replace('"', "'"))(answer, request, own)


def always_the_same(_: Service, __: Any, resource: Resource) -> str:
    """Tell one tag of everything."""
    return '"1"'


def of_the_id(own: Service, _: Any, resource: Resource) -> str:
    """Tell a tag that no write moves."""
    return f'"{paths.value_at(own.store.show(resource), own.collection.id_member)}"'


def of_the_length(own: Service, _: Any, resource: Resource) -> str:
    """Tell the length to the next hundred: short changes do not move it."""
    return f'"{len(str(own.store.show(resource))) // 2000}"'


def each_time_new() -> Alter:
    """Count the answers."""
    counted = itertools.count(1)

    def renew(answer: Answer, request: Request, own: Service) -> Answer:
        return set_header("ETag", f'"{next(counted)}"')(answer, request, own)

    return alter_answers(renew, has_tag)


def each_third_another() -> Alter:
    """Tell another tag with every third answer."""
    counted = itertools.count(1)

    def renew(answer: Answer, request: Request, own: Service) -> Answer:
        if next(counted) % 3:
            return answer
        return set_header("ETag", '"other"')(answer, request, own)

    return alter_answers(renew, has_tag)


# --- reads ----------------------------------------------------------------------------------------


def read_mutations() -> Iterator[Mutation]:
    """Yield the mutations of a read on a condition."""
    yield mutate_step("If-None-Match is not looked at", "is_unchanged", never, READ)
    yield mutate_step("any If-None-Match is answered 304", "is_unchanged", whenever_asked, READ)
    yield mutate_step("an old If-None-Match is answered 304", "is_unchanged", unless_others, READ)
    yield mutate_step("what has not changed is a 204", "serve", another_status(204), READ)
    yield mutate_step("a 304 has no ETag", "serve", without_tag, TELLS)


def never(_: Service, __: Any, request: Request, resource: Resource) -> bool:
    """Find everything changed."""
    return False


def whenever_asked(_: Service, __: Any, request: Request, resource: Resource) -> bool:
    """Find everything unchanged."""
    return "if-none-match" in request.headers


def unless_others(_: Service, __: Any, request: Request, resource: Resource) -> bool:
    """Find everything unchanged of which a tag was ever told."""
    told = request.headers.get("if-none-match", "contract")
    return "contract" not in told


def another_status(status: int) -> Callable[..., Answer]:
    """Return the step that answers *status* in the place of 304."""

    def serve(_: Service, inner: Any, request: Request) -> Answer:
        answer: Answer = inner(request)
        return replace(answer, status=status) if answer.status == NOT_MODIFIED else answer

    return serve


def without_tag(_: Service, inner: Any, request: Request) -> Answer:
    """Leave the tag out of a 304."""
    answer: Answer = inner(request)
    return replace(answer, headers=()) if answer.status == NOT_MODIFIED else answer


# --- writes ---------------------------------------------------------------------------------------


def write_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of a write on a condition."""
    step = "check_condition"
    yield mutate_step("If-Match is not looked at", step, pass_all, LOST)
    yield mutate_step("an old tag is taken once it was told", step, refuse_others_alone, LOST)
    yield mutate_step("an old tag is a conflict", "serve", in_place_of_412(409), LOST)
    if operation.role is not Role.DELETE:
        yield mutate_step("no If-Match is the current one", step, refuse_all, CURRENT)
    if requires_condition(operation) and operation.role is not Role.DELETE:
        yield mutate_step("a write needs no condition", step, need_none, REQUIRED)
        refused = alter_answers(set_status(400), with_428)
        yield Mutation("a write without a condition is answered 400", (REQUIRED,), refused)


def with_428(_: Request, answer: Answer) -> bool:
    """Hold on answers to writes without a condition."""
    return answer.status == 428


def pass_all(_: Service, __: Any, request: Request, resource: Resource) -> None:
    """Write, whatever the condition."""


def refuse_others_alone(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Take every tag that looks like one of the service's."""
    told = request.headers.get("if-match")
    if told is None or "contract" in told:
        inner(request, resource)


def in_place_of_412(status: int) -> Callable[..., Answer]:
    """Return the step that refuses with *status* where it ought to be 412."""

    def serve(_: Service, inner: Any, request: Request) -> Answer:
        try:
            answer: Answer = inner(request)
        except Refused as refused:
            if refused.problems[0].status != PRECONDITION_FAILED:
                raise
            raise Refused(replace(refused.problems[0], status=status)) from None
        return answer

    return serve


def refuse_all(own: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Find every tag an old one."""
    if '"' in request.headers.get("if-match", ""):
        inner(replace(request, headers={**request.headers, "if-match": '"none"'}), resource)
    inner(request, resource)


def need_none(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Write without a condition, too."""
    if "if-match" in request.headers:
        inner(request, resource)
