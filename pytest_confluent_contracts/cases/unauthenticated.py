"""Who must be turned away? Requests without credentials, and with wrong ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.baseline import baseline_between
from pytest_confluent_contracts.cases.build import (
    PLAIN_REQUEST,
    alternative_name,
    bare_case,
    credential_value,
    credentials_of,
    fresh_body,
    full_body,
    is_complete,
    is_given,
    judged_case,
    minimal_body,
    smallest_title,
    with_credentials,
    writable_members,
)
from pytest_confluent_contracts.cases.unknown_ids import surely_unknown_id
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import with_value
from pytest_confluent_contracts.model.traffic import (
    CARELESS_WORDS,
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme, Slot

CASES_PER_LOOK = 18
WRONG_VALUE = "a wrong value"
# Who puts it into a query finds whoever is the first. Sent to services of this machine only.
QUERY = "'OR'1'='1"
TRUNCATED = b'{"'  # the beginning of any update


@dataclass(frozen=True)
class Attempt:
    """The credentials of one request, by where they stand, and what is wrong with them."""

    title: str
    subject: Subject
    credentials: Mapping[Slot, str]


def unauthenticated_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return requests that must be refused, with looks at the resource in between.

    Then comes each alternative with its own credentials. Where one may ask without any, there is
    nothing to refuse.
    """
    if not operation.schemes:
        return []
    if not all(operation.security):
        return list(_valid_alternatives(operation, context))
    refused = list(_refused_cases(operation, context))
    looked = baseline_between(refused, operation, context, CASES_PER_LOOK)
    return [*looked, *_valid_alternatives(operation, context)]


def _refused_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    attempts = [*_wrong_attempts(operation, context)]
    attempts = [one for one in attempts if not _is_right(one, operation, context)]
    for index, attempt in enumerate(attempts):
        body = fresh_body(operation, context, f"refused-{index}")
        one = judged_case(Probe.CREDENTIALS, attempt.title, operation, context, body)
        yield _sent_by(one, attempt)
    if operation.request is not None:
        least = judged_case(
            Probe.CREDENTIALS,
            f"without credentials, {smallest_title(operation)}",
            operation,
            context,
            minimal_body(operation, context),
        )
        # A service may look at who asks only where there is something to write.
        yield _sent_by(least, attempts[0])
    yield from _otherwise_wrong_cases(attempts, operation, context)
    # A service that keeps what it was asked may know wrong credentials when they come again.
    wrong = _first_wrong(attempts)
    again = replace(wrong, title=f"{wrong.title}, once more")
    body = fresh_body(operation, context, "refused-again")
    one = judged_case(Probe.CREDENTIALS, again.title, operation, context, body)
    yield _sent_by(one, again)


def _sent_by(case: Case, attempt: Attempt) -> Case:
    """Return *case* with the credentials of *attempt*: whatever else it is, it must be refused."""
    return replace(
        with_credentials(case, attempt.credentials),
        expect=Expect.UNAUTHENTICATED,
        violations=(),
        authority="",
        subject=attempt.subject,
    )


def _otherwise_wrong_cases(
    attempts: list[Attempt], operation: Operation, context: RunContext
) -> Iterator[Case]:
    """Yield requests with wrong credentials and a wrong body, or an id that nobody has.

    Who may not ask should not hear of the latter.
    """
    wrong = _first_wrong(attempts)
    scheme, title = wrong.subject.name, wrong.title
    if operation.request:
        before_body = Subject(SubjectKind.CREDENTIALS_BEFORE_BODY, scheme)
        asks = replace(wrong, title=f"{title}, a wrong body", subject=before_body)
        body = _wrong_body(operation, context)
        one = judged_case(Probe.CREDENTIALS, asks.title, operation, context, body)
        yield _sent_by(one, asks)
        asks = replace(asks, title=f"{title}, a body that is not JSON")
        one = bare_case(Probe.CREDENTIALS, asks.title, operation, context, body=TRUNCATED)
        yield _sent_by(one, asks)
    if context.parameters:
        before_id = Subject(SubjectKind.CREDENTIALS_BEFORE_ID, scheme)
        asks = replace(wrong, title=f"{title}, an unknown id", subject=before_id)
        body = fresh_body(operation, context, "refused-unknown")
        one = judged_case(Probe.CREDENTIALS, asks.title, operation, context, body)
        *rest, (name, _) = context.parameters
        unknown = (*rest, (name, surely_unknown_id(operation, context)))
        yield replace(_sent_by(one, asks), parameters=unknown)


def _first_wrong(attempts: list[Attempt]) -> Attempt:
    return next(one for one in attempts if WRONG_VALUE in one.title)


def _wrong_body(operation: Operation, context: RunContext) -> Any:
    """Return a body of which one member has a wrong type, or that is no object at all."""
    for member in writable_members(operation):
        if types_allowed(member.schema) == ["string"]:
            return with_value(full_body(operation, context), member.path, 7)
    return 7


def _is_right(attempt: Attempt, operation: Operation, context: RunContext) -> bool:
    """Return whether *attempt* sends all that one alternative asks for.

    Several schemes may be told by one header in one form: a bearer token, OAuth 2, OpenID Connect.
    The token of one in the place of the other is then no wrong one.
    """
    for alternative in operation.security:
        if is_complete(alternative, context):
            right = credentials_of(alternative, context)
            if right.items() <= attempt.credentials.items():
                return True
    return False


def _about(scheme: str) -> Subject:
    return Subject(SubjectKind.CREDENTIALS, scheme)


def _valid_alternatives(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield each alternative's own update, one that writes.

    A service may look at who asks for writing in another place than for reading.
    """
    for alternative in operation.security:
        if is_complete(alternative, context):
            name = alternative_name(alternative)
            body = fresh_body(operation, context, "allowed")
            what = "new values" if operation.request else PLAIN_REQUEST
            title = f"{what} with valid {name}" if name else f"{what} without credentials"
            one = judged_case(Probe.CREDENTIALS, title, operation, context, body)
            own = credentials_of(alternative, context)
            yield replace(with_credentials(one, own), authority=name)


# --- attempts -------------------------------------------------------------------------------------


def _wrong_attempts(operation: Operation, context: RunContext) -> Iterator[Attempt]:
    yield Attempt("without credentials", _about(""), {})
    for alternative in operation.security:
        given = _values_given(alternative, context)
        for scheme in alternative:
            partners = [other for other in alternative if other is not scheme]
            rest = {partner.slot: given[partner.slot] for partner in partners}
            if partners:
                yield Attempt(f"without {scheme.carrier}", _about(scheme.name), rest)
            if len(partners) > 1:  # of two, one alone is the pair without the other
                alone = {scheme.slot: given[scheme.slot]}
                yield Attempt(f"with {scheme.carrier} alone", _about(partners[0].name), alone)
            yield from _with_wrong_value(scheme, rest, operation, context)
        if len(alternative) == 2:
            yield from _with_values_exchanged(*alternative, given)


def _values_given(alternative: tuple[SecurityScheme, ...], context: RunContext) -> dict[Slot, str]:
    """Return what carries the credential of each scheme, made-up values where none were given."""
    given: dict[Slot, str] = {}
    for scheme in alternative:
        values = context.credentials.get(scheme.name, _made_up_values(scheme, context))
        given[scheme.slot] = credential_value(scheme, values)
    return given


def _with_wrong_value(
    scheme: SecurityScheme, rest: Mapping[Slot, str], operation: Operation, context: RunContext
) -> Iterator[Attempt]:
    """Yield attempts with a wrong value of *scheme* beside the *rest*, of its partners.

    What is right for another alternative that stands in the same place is left out.
    """
    wrong = [*_wrong_values(scheme, operation, context)]
    wrong += _crossed_values(scheme, operation, context)
    for title, value in wrong:
        sent = {**rest, scheme.slot: value}
        if not _is_let_in(sent, operation, context):
            yield Attempt(f"with {title} in {scheme.carrier}", _about(scheme.name), sent)
    malformed = Subject(SubjectKind.MALFORMED_CREDENTIALS, scheme.name)
    for title, value in _malformed_values(scheme, context):
        sent = {**rest, scheme.slot: value}
        yield Attempt(f"with {title} in {scheme.carrier}", malformed, sent)


def _is_let_in(sent: Mapping[Slot, str], operation: Operation, context: RunContext) -> bool:
    """Return whether *sent* is all that an alternative asks for.

    A bearer's token and one of OAuth 2 stand in one header, and look the same.
    """
    for alternative in operation.security:
        if is_complete(alternative, context):
            own = credentials_of(alternative, context)
            if own.items() <= sent.items():
                return True
    return False


def _with_values_exchanged(
    one: SecurityScheme, two: SecurityScheme, given: Mapping[Slot, str]
) -> Iterator[Attempt]:
    """Yield attempts in which one of the two values is right, but not where it stands."""
    first, second = given[one.slot], given[two.slot]
    swapped = {one.slot: second, two.slot: first}
    yield Attempt(f"with {one.carrier} and {two.carrier} swapped", _about(one.name), swapped)
    for scheme, same in ((two, first), (one, second)):
        title = f"with the value of its partner in {scheme.carrier}"
        yield Attempt(title, _about(scheme.name), {one.slot: same, two.slot: same})


def _made_up_values(scheme: SecurityScheme, context: RunContext) -> dict[str, str]:
    numbers = random.Random(f"{context.seed}/{scheme.name}")
    return {part: f"cw{numbers.getrandbits(80):020x}" for part, _ in scheme.variables}


# --- wrong values ---------------------------------------------------------------------------------


def _wrong_values(
    scheme: SecurityScheme, operation: Operation, context: RunContext
) -> Iterator[tuple[str, str]]:
    """Yield values that must not be accepted, each with its description.

    These are another value, and every near miss of the right one.
    """
    right, other = context.credentials.get(scheme.name, {}), _made_up_values(scheme, context)
    yield WRONG_VALUE, credential_value(scheme, other)
    yield from _near_misses(scheme, right, other)
    if scheme.kind in ("basic", "bearer") and is_given(scheme, context):
        value = credential_value(scheme, right).partition(" ")[2]
        for foreign in ("Digest", *_other_kinds(scheme, operation)):
            yield f"the right value under {foreign}", f"{foreign} {value}"
    if scheme.kind == "basic" and {"username", "password"} <= right.keys():
        yield from _wrong_pairs(scheme, right)
    if scheme.kind != "bearer" and context.made_up:
        queries = dict.fromkeys((part for part, _ in scheme.variables), QUERY)
        yield "a query's condition", credential_value(scheme, queries)
    if scheme.kind != "apiKey":
        yield "a scheme that is not documented", f"Digest {next(iter(other.values()))}"
        return
    yield "an empty value", ""
    if is_given(scheme, context):
        yield "a list with the right value in it", f"x, {right['value']}"


def _other_kinds(scheme: SecurityScheme, operation: Operation) -> list[str]:
    """Return what stands before the credentials of the other schemes in the header of *scheme*."""
    found: list[str] = []
    for other in operation.schemes:
        is_beside = other.slot == scheme.slot and other.kind in ("basic", "bearer")
        if is_beside and other.kind != scheme.kind:
            found.append(other.kind.capitalize())
    return found


def _near_misses(
    scheme: SecurityScheme, right: Mapping[str, str], other: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for part, _ in scheme.variables:
        if not right.get(part):
            continue
        near = dict(_near_texts(right[part]))
        if scheme.kind == "basic":
            near |= _near_halves(right[part], other[part])
        if part == "username":
            near |= {"the right value and more": f"{right[part]}x"}
        else:
            near |= {f"the word {word}": word for word in CARELESS_WORDS}
        if part != "username" and scheme.kind != "bearer":
            near |= _wrapped_texts(right[part])
        for title, text in near.items():
            yield f"{title} ({part})", credential_value(scheme, {**right, part: text})


def _near_texts(right: str) -> Iterator[tuple[str, str]]:
    yield "the right value cut short", right[:-1]
    swapped = right.swapcase()
    if swapped != right:
        yield "the right value in the other case", swapped
    last = "y" if right.endswith("x") else "x"
    yield "the right value with its last character changed", right[:-1] + last


def _near_halves(right: str, wrong: str) -> dict[str, str]:
    """Return what may stand for one half of a pair whose other half is right."""
    return {
        "another value": wrong,
        "an empty value": "",
        "something and the right value": f"x{right}",
    }


def _wrapped_texts(right: str) -> dict[str, str]:
    """Return what a program sends that quoted a secret, or cut it out of an address wrongly."""
    return {
        "the right value in quotes": f'"{right}"',
        "the right value and a query's syntax": f"{right}&a=b",
    }


def _crossed_values(
    scheme: SecurityScheme, operation: Operation, context: RunContext
) -> Iterator[tuple[str, str]]:
    """Yield values of *scheme* with the secret of another alternative's scheme in its place."""
    own = context.credentials.get(scheme.name, {})
    *_, (part, _) = scheme.variables  # of a pair, the secret comes last
    beside = [one for one in operation.security if scheme in one]
    for other in operation.schemes:
        if any(other in one for one in beside) or not is_given(other, context):
            continue
        *_, (foreign, _) = other.variables
        secret = context.credentials[other.name][foreign]
        value = credential_value(scheme, {**own, part: secret})
        yield f"the secret of {other.name} ({part})", value


def _wrong_pairs(scheme: SecurityScheme, right: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    user, password = right["username"], right["password"]
    pairs = {
        "user and password exchanged": (password, user),
        "the user as password": (user, user),
        "the password as user": (password, password),
        "an empty user and an empty password": ("", ""),
    }
    for title, (one, other) in pairs.items():
        halves = {"username": one, "password": other}
        yield title, credential_value(scheme, halves)
    for title, tail in (("a space", " "), ("a colon and more", ":x")):
        longer = {**right, "password": right["password"] + tail}
        yield f"{title} behind the password", credential_value(scheme, longer)
    spaced = {**right, "password": f" {right['password']}"}
    yield "a space before the password", credential_value(scheme, spaced)


def _malformed_values(scheme: SecurityScheme, context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield header values that are no credentials of any kind, each with its description.

    A service may refuse them as it does a bad request.
    """
    if scheme.kind == "apiKey":
        return
    right = context.credentials.get(scheme.name, {})
    yield "an empty value", ""
    if is_given(scheme, context):
        whole = credential_value(scheme, right)
        kind, _, value = whole.partition(" ")
        yield "the right value without a scheme", value
        yield "a list with the right value in it", f"{kind} x, {whole}"
    if scheme.kind == "basic":
        yield "a Basic that is not base64", "Basic %%%"
        yield "a Basic without a colon", "Basic bm9jb2xvbg=="
    if scheme.kind == "bearer":
        yield "a Bearer without a token", "Bearer"
        if context.made_up:
            yield "a query's condition", f"Bearer {QUERY}"
        if is_given(scheme, context):  # neither is a token (RFC 6750 2.1)
            for title, text in _wrapped_texts(right["token"]).items():
                yield title, f"Bearer {text}"
