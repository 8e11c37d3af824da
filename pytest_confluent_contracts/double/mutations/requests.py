"""In which ways can a service read requests wrongly? Refuse what is valid, take what is not."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    any_resource,
    chain_alterations,
    is_accepted,
    mutate_answers,
    mutate_step,
    replace_step,
    sends_body,
    set_status,
    with_status,
)
from pytest_confluent_contracts.double.service import Refused, steps_to_violation
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Property
from pytest_confluent_contracts.model.paths import ABSENT, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Alter, Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

VALUE_KEYWORDS = ("type", "null", "enum")


def request_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how a request's body, its examples and its ids are taken."""
    if operation.request is None:
        return
    invalid = refuse_as_invalid(operation)
    yield from constraint_mutations(operation)
    all_refused = "every body is refused"
    yield mutate_answers(all_refused, invalid, is_accepted, "request/accepted", "200/*")
    for example in operation.request.examples:
        same = sends_body(partial(eq, example.value))
        name, clause = f"the example {example.name} is refused", f"request/example/{example.name}"
        yield mutate_answers(name, invalid, same, clause)
    surprised, refused = sends_body(has_undeclared_member), "undeclared members are refused"
    yield mutate_answers(refused, invalid, surprised, "request/undeclared")
    yield mutate_answers("undeclared members crash it", set_status(500), surprised, "statuses")
    yield from malformed_mutations(operation)
    if operation.promises.refusals.unknown:
        unknown = "request/unknown-id"
        yield mutate_step("unknown ids are served", "find_resource", find_any_resource, unknown)
        yield mutate_step("unknown ids are created", "find_resource", create_unknown, unknown)
        not_found, name = with_status(404), "unknown ids are refused as invalid"
        yield mutate_answers(name, invalid, not_found, unknown)
        if operation.response(403):
            hidden, name = set_status(403), "unknown ids are forbidden"
            yield mutate_answers(name, hidden, not_found, f"{unknown}/not-hidden")


def refuse_as_invalid(operation: Operation) -> Change:
    """Change the status to the lowest one that refuses a body."""
    return set_status(min(operation.refusals, default=400))


def has_undeclared_member(body: Any) -> bool:
    """Return whether *body* has one of the members that the run sends though none declares it."""
    return "x_contract" in json.dumps(body)


def find_any_resource(service: Service, *_: Any) -> Resource:
    """Find the service's own resource, whatever was asked for."""
    return any_resource(service)


def create_unknown(service: Service, inner: Any, request: Request) -> Any:
    """Refuse an unknown id, but know it from then on."""
    try:
        return inner(request)
    except Refused:
        service.store.resources[service.id_in(request.path)] = service.store.initial()
        raise


# --- what is not checked --------------------------------------------------------------------------


def constraint_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield a mutation for each constraint that may stay unchecked, alone and beside others."""
    again = "request/accepted/after-refusals"
    name = "the request after a refused one is refused"
    yield mutate_step(name, "check_body", refuse_after_refusal, again)
    several = unchecked_several()
    name = "a body that is wrong in several places is taken"
    yield Mutation(name, ("request/several",), several)
    members = sendable_members(operation)
    for member in members:
        siblings = sibling_values(member, members)
        for keyword in checked_keywords(member):
            yield from unchecked_mutations(member, keyword, siblings)


def unchecked_mutations(
    member: Property,
    keyword: str,
    siblings: Sequence[str],
) -> Iterator[Mutation]:
    """Yield that *keyword* is not checked: in any body, and only where all *siblings* are sent."""
    name = member.path or "body"
    told, breaks = f"request {name}: {keyword} not checked", (f"request/{name}/{keyword}",)
    yield Mutation(told, breaks, leave_unchecked(member.path, keyword))
    if siblings:
        told = f"{told} where {' and '.join(siblings)} stand beside it"
        yield Mutation(told, breaks, leave_unchecked(member.path, keyword, siblings))


def unchecked_several() -> Alter:
    """Return the alteration that finds nothing wrong where more than one thing is."""
    unchecked = replace_step("violations_in", at_most_one_violation)
    return chain_alterations(unchecked, replace_step("apply_update", apply_objects_only))


def at_most_one_violation(_: Service, inner: Any, body: Any) -> list[Any]:
    """Find nothing wrong where more than one thing is."""
    found = list(inner(body))
    return found if len(found) < 2 else []


def refuse_after_refusal(service: Service, inner: Any, body: Any) -> None:
    """Refuse a valid body after a broken one for what was wrong with that one."""
    before = vars(service).pop("_broken_before", ())
    try:
        inner(body)
    except Refused as refused:
        vars(service)["_broken_before"] = refused.problems
        raise
    if before:
        raise Refused(*before)


def sibling_values(member: Property, members: Sequence[Property]) -> list[str]:
    """Return the paths of the other members of the same object that hold a value of their own.

    What is itself an object, or stands in a list, counts as having none.
    """
    if "properties" in member.schema or paths.has_items(member.path):
        return []
    found: list[str] = []
    for other in members:
        if other is member or not other.path:
            continue
        if other.parent == member.parent and "properties" not in other.schema:
            found.append(other.path)
    return found


def sendable_members(operation: Operation) -> list[Property]:
    """Return the members that a request must send rightly, the whole body first."""
    request = operation.request
    assert request is not None
    frozen = [member.path for member in request.properties if member.read_only]
    found = [Property(paths.WHOLE, request.schema, False, request.place)]
    for member in request.properties:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if "type" in member.schema and not is_frozen:
            found.append(member)
    return found


def checked_keywords(member: Property) -> list[str]:
    """Return the keywords of *member*'s schema that a service may forget to check."""
    found = ["type", "null"]
    if member.required:
        found.append("required")
    found += [key for key in ("enum", "minLength", "maxLength") if key in member.schema]
    return found


def leave_unchecked(path: str, keyword: str, siblings: Sequence[str] = ()) -> Alter:
    """Leave one constraint of one member unchecked, in bodies that have each of *siblings* too."""

    def violations_in(_: Service, inner: Any, body: Any) -> list[Any]:
        found = list(inner(body))
        if any(value_at(body, sibling) is ABSENT for sibling in siblings):
            return found
        return [error for error in found if not is_violation_of(error, body, path, keyword)]

    unchecked = replace_step("violations_in", violations_in)
    return chain_alterations(unchecked, replace_step("apply_update", apply_objects_only))


def is_violation_of(error: Any, body: Any, path: str, keyword: str) -> bool:
    """Return whether a validator's error tells of *keyword* at *path*.

    A value out of an enum may be of any type: there, the type and the enum count as one.
    """
    told = error.kind.name
    if told == "type" and error.instance is None:
        told = "null"
    if told != keyword:
        if "enum" not in (told, keyword):
            return False
        if told not in VALUE_KEYWORDS or keyword not in VALUE_KEYWORDS:
            return False
    return paths.path_of(steps_to_violation(error, body)) == path


def apply_objects_only(_: Service, inner: Any, resource: Resource, body: Any) -> None:
    """Apply objects only.

    A body that nobody checked must not crash the service: that would be another mutation.
    """
    if isinstance(body, dict):
        inner(resource, body)


# --- what is not JSON -----------------------------------------------------------------------------


def malformed_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how a body is taken that is not JSON, is empty, or of another type."""
    required: list[str] = []
    if operation.request and operation.request.required:
        required = ["request/body/required"]
    clause, crash = "request/body/json", set_status(500)
    name = "bodies that are not JSON are taken"
    yield mutate_step(name, "read_body", read_malformed, clause, *required)
    yield mutate_step(
        "any media type is taken", "read_body", read_any_type, "request/body/media-type"
    )
    unreadable = sends_body(is_no_json, with_status(*operation.refusals))
    name = "bodies that are not JSON crash it"
    yield mutate_answers(name, crash, unreadable, "statuses", clause)
    if required:
        name = "an empty body is taken"
        yield mutate_answers(name, set_status(200), sends_no_body, *required)
    breaks = ("statuses", "request/body/lone-surrogate")
    yield mutate_answers("lone surrogates crash it", crash, sends_lone_surrogate, *breaks)


def is_no_json(body: Any) -> bool:
    """Hold for what `sent_json` returns where nothing can be read."""
    return body is None


def sends_no_body(request: Request, _: Answer) -> bool:
    """Hold where the request has no body."""
    return not request.body


def sends_lone_surrogate(request: Request, _: Answer) -> bool:
    """Hold where the request has half of a surrogate pair, escaped or as bytes."""
    return b"\\ud800" in request.body or b"\xed\xa0\x80" in request.body


def read_malformed(service: Service, inner: Any, request: Request) -> Any:
    """Read a valid body where none can be read."""
    try:
        return inner(request)
    except Refused as refusal:
        if refusal.problems[0].code == "malformed_body":
            return minimal_body(service.operation)
        raise


def read_any_type(service: Service, inner: Any, request: Request) -> Any:
    """Read the body as the documented media type, whatever it is said to be."""
    content = service.operation.request
    own = {"content-type": content.media_type if content else ""}
    return inner(replace(request, headers={**request.headers, **own}))


def minimal_body(operation: Operation) -> Any:
    """Return a body that passes for valid further on."""
    content = operation.request
    if content and content.required and content.examples:
        return deepcopy(content.examples[0].value)
    return {}
