"""Is a problem told as RFC 9457 has it: its status, its members, and where in the body it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jsonschema_rs

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NOTHING,
    Looked,
    always,
    each,
    missing,
    quote_value,
    texts_at,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.media_types import essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Response
    from pytest_confluent_contracts.model.traffic import Exchange

PROBLEM = "application/problem+json"
ON_ERRORS = Topic(status="error")
# RFC 9457 3.1: what each member is, where it is there; of status there is a clause of its own.
MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "type": {"type": "string", "format": "uri-reference"},
    "title": {"type": "string"},
    "detail": {"type": "string"},
    "instance": {"type": "string", "format": "uri-reference"},
}
# The extension that RFC 9457 3 itself shows: a list of errors, each with a JSON Pointer.
POINTER = paths.member_path(paths.item_path("errors"), "pointer")
VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
    for name, schema in MEMBERS.items()
}


def problem_details(operation: Operation, refusals: Sequence[Response]) -> Iterator[Clause]:
    """Yield the clauses on problems, where the document has any among its *refusals*."""
    documented = {essence(response.content.media_type) for response in refusals if response.content}
    if PROBLEM not in documented:
        return
    yield Clause(
        id="error/problem-status",
        family=Family.ERRORS,
        place=operation.place,
        promise="status equals the HTTP status (RFC 9457 3.1.2)",
        judge=each(always, _look_at_status),
        explain=missing(MissingKind.NO_PROBLEM_STATUS),
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/problem-members",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=operation.place,
        promise="type and instance are URI references, title and detail texts (RFC 9457 3.1)",
        judge=each(always, _look_at_members),
        explain=missing(MissingKind.NO_ERROR_HAD_IT),
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/problem-pointer",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=operation.place,
        promise="errors[].pointer is a JSON Pointer, which may be a fragment (RFC 9457 3)",
        judge=each(always, _look_at_pointers),
        explain=missing(MissingKind.NO_SUCH_ERROR_MEMBER, POINTER),
        needs=EVERY,
        topic=ON_ERRORS,
    )


def members_of_problems(exchange: Exchange) -> frozenset[str]:
    """Return the members that the media type of the answer gives a meaning (RFC 9457 3.1)."""
    if essence(exchange.header("content-type")) != PROBLEM:
        return frozenset()
    return frozenset({*MEMBERS, "status"})


def _problem_in(exchange: Exchange) -> dict[str, Any] | None:
    """Return the problem that an error answer tells, None where it tells none."""
    is_problem = essence(exchange.header("content-type")) == PROBLEM
    if exchange.status < 400 or not is_problem or not isinstance(exchange.json, dict):
        return None
    return exchange.json


def _look_at_status(exchange: Exchange) -> Finding | Looked:
    told = (_problem_in(exchange) or {}).get("status")
    if told is None:
        return NOTHING
    if told == exchange.status:
        return KEPT
    observed = quote_value(told)
    return Finding(FindingKind.PROBLEM_STATUS_WRONG, exchange.status, observed=observed)


def _look_at_members(exchange: Exchange) -> Finding | Looked:
    problem = _problem_in(exchange)
    if problem is None:
        return NOTHING
    for name, validator in VALIDATORS.items():
        if problem.get(name) is None:
            continue  # null is what some write for nothing
        if not validator.is_valid(problem[name]):
            kind, observed = FindingKind.PROBLEM_MEMBER_WRONG, quote_value(problem[name])
            return Finding(kind, exchange.status, name, observed=observed)
    return KEPT


def _look_at_pointers(exchange: Exchange) -> Finding | Looked:
    if _problem_in(exchange) is None:
        return NOTHING
    came = texts_at(exchange.json, POINTER)
    for pointer in came:
        kind = _pointer_violation(pointer, exchange.case.value)
        if kind is not None:
            return Finding(kind, exchange.status, POINTER, observed=quote_value(pointer))
    if came:
        return KEPT
    return NOTHING


def _pointer_violation(pointer: str, body: Any) -> FindingKind | None:
    """Return in which way *pointer* is none, or leads nowhere in *body*; None where it is right.

    ``#/a%20b`` is ``/a b`` as the fragment of a URI (RFC 6901 6). It may end at what is missing.
    """
    plain = unquote(pointer[1:]) if pointer.startswith("#") else pointer
    if not paths.is_pointer(plain):
        return FindingKind.POINTER_MALFORMED
    if body is paths.ABSENT or not plain:
        return None
    holder = paths.value_at_pointer(body, plain.rpartition("/")[0])
    if isinstance(holder, dict | list):
        return None
    return FindingKind.POINTER_NOWHERE
