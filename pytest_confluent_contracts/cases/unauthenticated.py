"""Who must be turned away? Requests without credentials, and with wrong ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.baseline import baseline_between
from pytest_confluent_contracts.cases.build import (
    alternative_name,
    credential_header,
    encoded_json,
    fresh_body,
    headers_of,
    is_complete,
    is_given,
    judged_case,
    minimal_body,
)
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme

CASES_PER_LOOK = 12
WRONG_VALUE = "a wrong value"


@dataclass(frozen=True)
class Attempt:
    """The credentials of one request: headers, and what is wrong with them.

    ``sends_least_too``: the smallest update travels with them as well.
    """

    title: str
    subject: Subject
    headers: Mapping[str, str]
    sends_least_too: bool = False


def unauthenticated_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return requests that must be refused, with looks at the resource in between.

    Then comes each alternative with its own credentials. Where one may ask without any, there is
    nothing to refuse.
    """
    if not operation.security or not all(operation.security):
        return []
    refused = list(_refused_cases(operation, context))
    looked = baseline_between(refused, operation, context, CASES_PER_LOOK)
    return [*looked, *_valid_alternatives(operation, context)]


def _refused_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    for index, attempt in enumerate(_wrong_attempts(operation, context)):
        body = fresh_body(operation, context, f"refused-{index}")
        one = judged_case(Probe.CREDENTIALS, attempt.title, operation, context, body)
        refused = replace(
            one,
            headers=_headers_but_credentials(one) + tuple(attempt.headers.items()),
            expect=Expect.UNAUTHENTICATED,
            violations=(),
            authority="",
            subject=attempt.subject,
        )
        yield refused
        # A service may look at who asks only where there is something to write.
        if attempt.sends_least_too:
            least = minimal_body(operation, context)
            title = f"{attempt.title}, the smallest update"
            yield replace(refused, title=title, value=least, body=encoded_json(least))


def _about(scheme: str) -> Subject:
    return Subject(SubjectKind.CREDENTIALS, scheme)


def _headers_but_credentials(case: Case) -> tuple[tuple[str, str], ...]:
    """Return the headers of *case* but for those that carry credentials."""
    carries = case.operation.carries_credentials
    return tuple(pair for pair in case.headers if not carries(pair[0]))


def _valid_alternatives(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield each alternative's own update, one that writes.

    A service may look at who asks for writing in another place than for reading.
    """
    for alternative in operation.security:
        if is_complete(alternative, context):
            name = alternative_name(alternative)
            body = fresh_body(operation, context, "allowed")
            title = f"new values with valid {name}"
            one = judged_case(Probe.CREDENTIALS, title, operation, context, body)
            headers = _headers_but_credentials(one) + headers_of(alternative, context)
            yield replace(one, headers=headers, authority=name)


# --- attempts -------------------------------------------------------------------------------------


def _wrong_attempts(operation: Operation, context: RunContext) -> Iterator[Attempt]:
    yield Attempt("without credentials", _about(""), {}, sends_least_too=True)
    for alternative in operation.security:
        given = _headers_given(alternative, context)
        for scheme in alternative:
            partners = [other for other in alternative if other is not scheme]
            rest = dict(given[partner.name] for partner in partners)
            if partners:
                alone = dict([given[scheme.name]])
                yield Attempt(f"without {scheme.header}", _about(scheme.name), rest)
                yield Attempt(f"with {scheme.header} alone", _about(partners[0].name), alone)
            yield from _with_wrong_header(scheme, rest, context)
        if len(alternative) == 2:
            yield from _with_values_exchanged(*alternative, given)


def _headers_given(
    alternative: tuple[SecurityScheme, ...], context: RunContext
) -> dict[str, tuple[str, str]]:
    """Return the header of each scheme by its name, with made-up values where none were given."""
    headers: dict[str, tuple[str, str]] = {}
    for scheme in alternative:
        values = context.credentials.get(scheme.name, _made_up_values(scheme, context))
        headers[scheme.name] = credential_header(scheme, values)
    return headers


def _with_wrong_header(
    scheme: SecurityScheme, rest: Mapping[str, str], context: RunContext
) -> Iterator[Attempt]:
    """Yield attempts with a wrong header of *scheme* beside the *rest*, of its partners."""
    for title, value in _wrong_values(scheme, context):
        is_other = title == WRONG_VALUE
        headers = {**rest, scheme.header: value}
        yield Attempt(f"with {title} in {scheme.header}", _about(scheme.name), headers, is_other)
    malformed = Subject(SubjectKind.MALFORMED_CREDENTIALS, scheme.name)
    for title, value in _malformed_values(scheme, context):
        headers = {**rest, scheme.header: value}
        yield Attempt(f"with {title} in {scheme.header}", malformed, headers)


def _with_values_exchanged(
    one: SecurityScheme, two: SecurityScheme, given: Mapping[str, tuple[str, str]]
) -> Iterator[Attempt]:
    """Yield attempts in which one of the two values is right, but not where it stands."""
    (_, first), (_, second) = given[one.name], given[two.name]
    swapped = {one.header: second, two.header: first}
    yield Attempt(f"with {one.header} and {two.header} swapped", _about(one.name), swapped)
    for scheme, same in ((two, first), (one, second)):
        title = f"with the value of its partner in {scheme.header}"
        yield Attempt(title, _about(scheme.name), {one.header: same, two.header: same})


def _made_up_values(scheme: SecurityScheme, context: RunContext) -> dict[str, str]:
    numbers = random.Random(f"{context.seed}/{scheme.name}")
    return {part: f"cw{numbers.getrandbits(80):020x}" for part, _ in scheme.variables}


# --- values of a header ---------------------------------------------------------------------------


def _wrong_values(scheme: SecurityScheme, context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield header values that must not be accepted, each with its description.

    These are another value, and every near miss of the right one.
    """
    right, other = context.credentials.get(scheme.name, {}), _made_up_values(scheme, context)
    yield WRONG_VALUE, credential_header(scheme, other)[1]
    yield from _near_misses(scheme, right, other)
    if scheme.kind in ("basic", "bearer") and is_given(scheme, context):
        value = credential_header(scheme, right)[1].partition(" ")[2]
        yield "the right value under another scheme", f"Digest {value}"
    if scheme.kind == "basic" and {"username", "password"} <= right.keys():
        yield from _wrong_pairs(scheme, right)
    if scheme.header == "Authorization":
        yield "a scheme that is not documented", f"Digest {next(iter(other.values()))}"
    else:
        yield "an empty value", ""


def _near_misses(
    scheme: SecurityScheme, right: Mapping[str, str], other: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for part, _ in scheme.variables:
        if not right.get(part):
            continue
        for title, near in _near_texts(right[part], other[part]):
            # Without its token a Bearer is malformed.
            if near or scheme.kind != "bearer":
                yield f"{title} ({part})", credential_header(scheme, {**right, part: near})[1]


def _near_texts(right: str, wrong: str) -> Iterator[tuple[str, str]]:
    yield "another value", wrong
    yield "an empty value", ""
    yield "the right value cut short", right[:-1]
    yield "the right value and more", f"{right}x"
    yield "something and the right value", f"x{right}"
    swapped = right.swapcase()
    if swapped != right:
        yield "the right value in the other case", swapped
    last = "y" if right.endswith("x") else "x"
    yield "the right value with its last character changed", right[:-1] + last


def _wrong_pairs(scheme: SecurityScheme, right: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    exchanged = {"username": right["password"], "password": right["username"]}
    yield "user and password exchanged", credential_header(scheme, exchanged)[1]
    for title, tail in (("a space", " "), ("a colon and more", ":x")):
        longer = {**right, "password": right["password"] + tail}
        yield f"{title} behind the password", credential_header(scheme, longer)[1]


def _malformed_values(scheme: SecurityScheme, context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield header values that are no credentials of any kind, each with its description.

    A service may refuse them as it does a bad request.
    """
    if scheme.header != "Authorization":
        return
    right = context.credentials.get(scheme.name, {})
    yield "an empty value", ""
    if is_given(scheme, context):
        value = credential_header(scheme, right)[1].partition(" ")[2]
        yield "the right value without a scheme", value
    if scheme.kind == "basic":
        yield "a Basic that is not base64", "Basic %%%"
        yield "a Basic without a colon", "Basic bm9jb2xvbg=="
    if scheme.kind == "bearer":
        yield "a Bearer without a token", "Bearer"
