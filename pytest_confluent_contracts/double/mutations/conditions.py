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
    KEPT_HEADERS,
    NOT_MODIFIED,
    PRECONDITION_FAILED,
    requires_condition,
    takes_if_match,
    takes_if_none,
    takes_if_none_match,
    tells_caching,
    tells_tag,
)
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Alter, Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

FORM, MOVES, STAYS = "conditional/etag-form", "conditional/etag-moves", "conditional/etag-stays"
READ, TELLS = "conditional/if-none-match", "conditional/304-tells-tag"
CURRENT, LOST = "conditional/if-match", "conditional/lost-update"
REQUIRED = "conditional/required"
HEADERS, NO_BODY = "conditional/304-tells-headers", "conditional/304-has-no-body"
WEAK, IF_NONE, VARY = (
    *("conditional/weak-never-matches", "conditional/if-none-match-any"),
    "conditional/vary",
)
UNCHANGED = "lifecycle/refused-changes-nothing"


def condition_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the tags and the conditions of *operation*."""
    if operation.resource is None:
        return
    if operation.role is Role.READ and operation.method == "GET" and tells_tag(operation):
        yield from tag_mutations()
        if takes_if_none_match(operation):
            yield from read_mutations()
            yield from kept_header_mutations(operation)
    if operation.role is Role.READ and tells_caching(operation) and has_own_header(operation):
        yield from vary_mutations()
    if takes_if_none(operation):
        yield from creating_mutations()
    if operation.role in (Role.UPDATE, Role.REPLACE, Role.DELETE) and takes_if_match(operation):
        yield from write_mutations(operation)


def vary_mutations() -> Iterator[Mutation]:
    """Yield the mutations of who may keep what was read."""
    kept = chain_changes(set_header("Cache-Control", "public, max-age=60"), set_header("Vary"))
    told = "what is read with credentials is for any cache to keep"
    yield Mutation(told, (VARY,), alter_answers(kept, is_shown))
    kept = chain_changes(
        set_header("Cache-Control", "s-maxage=9"), set_header("Vary", "Accept-Encoding")
    )
    told = "what is read with credentials varies by the coding alone"
    yield Mutation(told, (VARY,), alter_answers(kept, is_shown))


def creating_mutations() -> Iterator[Mutation]:
    """Yield the mutations of a write that is only to create."""
    step = "is_excluded"
    yield mutate_step("If-None-Match: * writes over what is there", step, never, IF_NONE)
    yield mutate_step("If-None-Match knows tags and no *", step, by_tag_alone, IF_NONE)
    conflict = in_place_of_412(409)
    yield mutate_step("If-None-Match: * is a conflict", "serve", conflict, IF_NONE)


def has_own_header(operation: Operation) -> bool:
    """Return whether the credentials that go first stand in headers that no cache knows."""
    if not operation.security:
        return False
    own = [one for one in operation.security[0] if one.location is Location.HEADER]
    carriers = {one.carrier.lower() for one in own}
    return bool(carriers) and "authorization" not in carriers


def is_shown(_: Request, answer: Answer) -> bool:
    """Hold on successes."""
    return answer.status < 300


def chain_changes(*changes: Change) -> Change:
    """Return the change that makes each of *changes*."""

    def change_all(answer: Answer, request: Request, own: Service) -> Answer:
        for change in changes:
            answer = change(answer, request, own)
        return answer

    return change_all


def by_tag_alone(own: Service, inner: Any, request: Request, resource: Resource) -> bool:
    """Know tags, and no ``*``."""
    return request.headers.get("if-none-match") != "*" and bool(inner(request, resource))


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
    yield Mutation("ETag has its W in small letters", (FORM,), alter_answers(small_w, has_tag))
    yield Mutation("ETag stands in quotes twice", (FORM,), alter_answers(quote_twice, has_tag))
    yield mutate_step("ETag does not tell of the last member", "tag_of", without_last, MOVES)


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


def small_w(answer: Answer, request: Request, own: Service) -> Answer:
    """Write the mark of a weak tag wrongly."""
    return set_header("ETag", f"w/{_tag(answer)}")(answer, request, own)


def quote_twice(answer: Answer, request: Request, own: Service) -> Answer:
    """Write quotes around the quotes."""
    return set_header("ETag", f'"{_tag(answer)}"')(answer, request, own)


def without_last(own: Service, _: Any, resource: Resource) -> str:
    """Tell a tag of how what is shown begins, and of nothing else."""
    shown = own.store.show(resource)
    return f'"{str(shown)[:40].encode().hex()}"'


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
    untold = alter_answers(set_header("ETag"), is_not_modified)
    yield Mutation("a 304 has no ETag", (TELLS,), untold)
    yield mutate_step("of several If-None-Match one counts", "is_unchanged", first_tag, READ)
    yield mutate_step("If-None-Match: * is a tag like any other", "is_unchanged", tags_alone, READ)
    yield mutate_step("If-None-Match is compared strongly", "is_unchanged", strongly, READ)
    yield mutate_step("If-None-Match is compared as one text", "is_unchanged", as_one_text, READ)
    yield mutate_step("a 304 has a body", "serve", with_body, NO_BODY)
    yield mutate_step("what has not changed is a 200 without a body", "serve", empty_200, READ)


def kept_header_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield a mutation for each header of a success that a 304 has, too."""
    headers = operation.success.headers if operation.success else ()
    documented = {one.name.lower() for one in headers}
    for name in KEPT_HEADERS:
        if name.lower() in documented:
            lost = alter_answers(set_header(name), is_not_modified)
            yield Mutation(f"a 304 has no {name}", (HEADERS,), lost)


def is_not_modified(_: Request, answer: Answer) -> bool:
    """Hold on 304."""
    return answer.status == NOT_MODIFIED


def _told_tags(request: Request) -> list[str]:
    return [one.strip() for one in request.headers.get("if-none-match", "").split(",") if one]


def first_tag(own: Service, inner: Any, request: Request, resource: Resource) -> bool:
    """Look at the first tag alone."""
    told = {**request.headers, "if-none-match": "".join(_told_tags(request)[:1])}
    return bool(inner(replace(request, headers=told), resource))


def tags_alone(own: Service, inner: Any, request: Request, resource: Resource) -> bool:
    """Know no ``*``."""
    return "*" not in _told_tags(request) and bool(inner(request, resource))


def strongly(own: Service, inner: Any, request: Request, resource: Resource) -> bool:
    """Find a weak tag another one than the strong one."""
    is_weak = any(one.startswith("W/") for one in _told_tags(request))
    return not is_weak and bool(inner(request, resource))


def as_one_text(own: Service, inner: Any, request: Request, resource: Resource) -> bool:
    """Compare the whole header."""
    return request.headers.get("if-none-match") == own.tag_of(resource)


def with_body(_: Service, inner: Any, request: Request) -> Answer:
    """Send a body with a 304."""
    answer: Answer = inner(request)
    return replace(answer, raw=b"{}") if answer.status == NOT_MODIFIED else answer


def empty_200(_: Service, inner: Any, request: Request) -> Answer:
    """Say 200 and nothing."""
    answer: Answer = inner(request)
    return replace(answer, status=200) if answer.status == NOT_MODIFIED else answer


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


# --- writes ---------------------------------------------------------------------------------------


def write_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of a write on a condition."""
    step = "check_condition"
    yield mutate_step("If-Match is not looked at", step, pass_all, LOST)
    yield mutate_step("an old tag is taken once it was told", step, refuse_others_alone, LOST)
    yield mutate_step("an old tag is a conflict", "serve", in_place_of_412(409), LOST)
    yield mutate_step("a tag of nobody's is taken", step, refuse_known_alone, LOST)
    yield mutate_step("an old tag is an invalid request", "serve", in_place_of_412(400), LOST)
    yield mutate_step("a weak tag is as good as a strong one", step, compare_weakly, WEAK)
    if operation.role is not Role.DELETE:
        yield mutate_step("no If-Match is the current one", step, refuse_all, CURRENT)
        yield mutate_step("of several If-Match the first counts", step, look_at_first, CURRENT)
        yield mutate_step("If-Match: * is a tag like any other", step, know_no_star, CURRENT)
        yield mutate_step("what is answered 412 is written", "serve", write_anyway, UNCHANGED)
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


def refuse_known_alone(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Take a tag that is none of the service's."""
    if "contract" not in request.headers.get("if-match", ""):
        inner(request, resource)


def _with_if_match(request: Request, told: str) -> Request:
    return replace(request, headers={**request.headers, "if-match": told})


def compare_weakly(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Take a weak tag for the strong one."""
    told = request.headers.get("if-match")
    inner(request if told is None else _with_if_match(request, told.removeprefix("W/")), resource)


def look_at_first(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Look at the first of several tags alone."""
    told = request.headers.get("if-match")
    inner(request if told is None else _with_if_match(request, told.split(",")[0]), resource)


def know_no_star(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Take ``*`` for a tag that is not current; only where it is no stand-in for none."""
    told = request.headers.get("if-match")
    inner(_with_if_match(request, '"*"') if told == "*" else request, resource)


def write_anyway(own: Service, inner: Any, request: Request) -> Answer:
    """Write what is refused with 412."""
    try:
        answer: Answer = inner(request)
    except Refused as refused:
        if refused.problems[0].status == PRECONDITION_FAILED:
            inner(_with_if_match(request, "*"))
        raise
    return answer


def need_none(_: Service, inner: Any, request: Request, resource: Resource) -> None:
    """Write without a condition, too."""
    if "if-match" in request.headers:
        inner(request, resource)
