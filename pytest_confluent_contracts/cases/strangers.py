"""Who must be turned away? Requests without credentials, with wrong ones, and for ids that do not exist."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.build import (
    case,
    complete,
    encoded,
    fresh,
    header,
    judged,
    minimal,
)
from pytest_confluent_contracts.cases.valid import opening
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme

CHECK_EVERY = 12
PLAIN, ODD = "", "odd"  # an odd id may as well be refused as a bad request


# --- credentials -----------------------------------------------------------------------------------------------------


def credentials(operation: Operation, context: RunContext) -> list[Case]:
    """Return requests that must be refused, a look at the resource in between, then each alternative with its own."""
    if not operation.security or not all(operation.security):
        return []
    look = opening(operation, context, Probe.CREDENTIALS)
    made: list[Case] = []
    for index, one in enumerate(_refused(operation, context)):
        made += [look, one] if index and index % CHECK_EVERY == 0 else [one]
    return [*made, look, *_alternatives(operation, context)]


def _stranger(
    title: str,
    scheme: str,
    headers: Mapping[str, str],
    operation: Operation,
    context: RunContext,
    index: int,
) -> Case:
    one = judged(
        Probe.CREDENTIALS, title, operation, context, fresh(operation, context, f"refused-{index}")
    )
    sent = _anonymous(one) + tuple(headers.items())
    expect = Expect.UNAUTHENTICATED
    return replace(one, headers=sent, expect=expect, violations=(), authority="", varies=scheme)


def _anonymous(case: Case) -> tuple[tuple[str, str], ...]:
    """Return the headers of *case* but for those that carry credentials."""
    own = {scheme.header for scheme in case.operation.schemes}
    return tuple(pair for pair in case.headers if pair[0] not in own)


def _refused(operation: Operation, context: RunContext) -> Iterator[Case]:
    for index, (title, scheme, headers) in enumerate(_variants(operation, context)):
        one = _stranger(title, scheme, headers, operation, context, index)
        yield one
        if (
            not scheme or "a wrong value" in title
        ):  # who asks may be looked at only where there is something to write
            body = minimal(operation, context)
            yield replace(
                one, title=f"{title}, the smallest update", value=body, body=encoded(body)
            )


def _variants(
    operation: Operation, context: RunContext
) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield "without credentials", "", {}
    for alternative in operation.security:
        given = {
            s.name: header(s, context.credentials.get(s.name, _made_up(s, context)))
            for s in alternative
        }
        for scheme in alternative:
            rest = dict(given[s.name] for s in alternative if s is not scheme)
            if len(alternative) > 1:
                yield f"without {scheme.header}", scheme.name, rest
                yield (
                    f"with {scheme.header} alone",
                    _partner(alternative, scheme).name,
                    dict([given[scheme.name]]),
                )
            for title, value in _wrong(scheme, context):
                yield f"with {title} in {scheme.header}", scheme.name, rest | {scheme.header: value}
            for title, value in _malformed(scheme, context):
                yield (
                    f"with {title} in {scheme.header}",
                    f"{scheme.name}/malformed",
                    rest | {scheme.header: value},
                )
        if len(alternative) == 2:
            one, two = alternative
            swapped = {one.header: given[two.name][1], two.header: given[one.name][1]}
            yield f"with {one.header} and {two.header} swapped", one.name, swapped
            for scheme, same in ((two, given[one.name][1]), (one, given[two.name][1])):
                yield (
                    f"with the value of its partner in {scheme.header}",
                    scheme.name,
                    {one.header: same, two.header: same},
                )


def _partner(alternative: tuple[SecurityScheme, ...], scheme: SecurityScheme) -> SecurityScheme:
    return next(other for other in alternative if other is not scheme)


def _made_up(scheme: SecurityScheme, context: RunContext) -> dict[str, str]:
    numbers = random.Random(f"{context.seed}/{scheme.name}")
    return {part: f"cw{numbers.getrandbits(80):020x}" for part, _ in scheme.variables}


def _wrong(scheme: SecurityScheme, context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield header values that must not be accepted: another value, and every near miss of the right one."""
    right, other = context.credentials.get(scheme.name, {}), _made_up(scheme, context)
    yield "a wrong value", header(scheme, other)[1]
    for part, _ in scheme.variables:
        if right.get(part):
            for title, near in _near(right[part], other[part]):
                if near or scheme.kind != "bearer":  # without its token a Bearer is malformed
                    yield f"{title} ({part})", header(scheme, {**right, part: near})[1]
    if scheme.kind in ("basic", "bearer") and all(right.get(part) for part, _ in scheme.variables):
        yield (
            "the right value under another scheme",
            f"Digest {header(scheme, right)[1].partition(' ')[2]}",
        )
    if scheme.kind == "basic" and {"username", "password"} <= right.keys():
        exchanged = {"username": right["password"], "password": right["username"]}
        yield "user and password exchanged", header(scheme, exchanged)[1]
        for title, tail in (("a space", " "), ("a colon and more", ":x")):
            yield (
                f"{title} behind the password",
                header(scheme, {**right, "password": right["password"] + tail})[1],
            )
    if scheme.header == "Authorization":
        yield "a scheme that is not documented", f"Digest {next(iter(other.values()))}"
    else:
        yield "an empty value", ""


def _malformed(scheme: SecurityScheme, context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield header values that are no credentials of any kind: a service may refuse them as it does a bad request."""
    if scheme.header != "Authorization":
        return
    right = context.credentials.get(scheme.name, {})
    yield "an empty value", ""
    if all(right.get(part) for part, _ in scheme.variables):
        yield "the right value without a scheme", header(scheme, right)[1].partition(" ")[2]
    if scheme.kind == "basic":
        yield "a Basic that is not base64", "Basic %%%"
        yield "a Basic without a colon", "Basic bm9jb2xvbg=="
    if scheme.kind == "bearer":
        yield "a Bearer without a token", "Bearer"


def _near(right: str, wrong: str) -> Iterator[tuple[str, str]]:
    yield "another value", wrong
    yield "an empty value", ""
    yield "the right value cut short", right[:-1]
    yield "the right value and more", f"{right}x"
    yield "something and the right value", f"x{right}"
    swapped = right.swapcase()
    if swapped != right:
        yield "the right value in the other case", swapped
    yield (
        "the right value with its last character changed",
        right[:-1] + ("x" if right[-1:] != "x" else "y"),
    )


def _alternatives(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield each alternative's own update: one that writes, for who asks may be looked at in another place than for reading."""
    for alternative in operation.security:
        if complete(alternative, context):
            name = "+".join(scheme.name for scheme in alternative)
            body = fresh(operation, context, "allowed")
            one = judged(
                Probe.CREDENTIALS, f"new values with valid {name}", operation, context, body
            )
            own = tuple(header(scheme, context.credentials[scheme.name]) for scheme in alternative)
            yield replace(one, headers=_anonymous(one) + own, authority=name)


# --- unknown ids -----------------------------------------------------------------------------------------------------


def unknown_ids(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates of resources that do not exist, the first once more at the end: a PATCH must not create it."""
    if not context.parameters:
        return []
    ids = list(_ids(context))
    made = [_unknown(operation, context, id, kind, index) for index, (id, kind) in enumerate(ids)]
    look = opening(operation, context, Probe.UNKNOWN)
    return [*made, made[0], look]


def _ids(context: RunContext) -> Iterator[tuple[str, str]]:
    """Yield ids that nobody has, plain ones and ones that a service may trip over."""
    known = context.parameters[-1][1]
    numbers = random.Random(f"{context.seed}/{known}")
    yield f"{known}0", PLAIN
    yield f"x{known}", PLAIN
    if (
        context.made_up
        and (other := re.sub("[0-9]", lambda digit: str(9 - int(digit.group())), known)) != known
    ):
        yield other, PLAIN  # of the same look: on a shared service it might be somebody's
    yield known[:-1] or "0", PLAIN
    yield f"contract-unknown-{numbers.getrandbits(48):012x}", PLAIN
    yield f"{numbers.getrandbits(32):08x}-0000-4000-8000-{numbers.getrandbits(48):012x}", PLAIN
    if known.swapcase() != known:
        yield known.swapcase(), PLAIN
    yield f"{known} ", ODD
    yield "a%b'c\u00e9\u6f22", ODD
    yield "x" * 300, ODD


def _unknown(operation: Operation, context: RunContext, id: str, kind: str, index: int) -> Case:
    *rest, (name, _) = context.parameters
    title = f"{name} {id[:40]}"
    if operation.request:
        one = judged(
            Probe.UNKNOWN, title, operation, context, fresh(operation, context, f"refused-{index}")
        )
    else:
        one = case(Probe.UNKNOWN, title, operation, context)
    return replace(
        one, parameters=(*rest, (name, id)), expect=Expect.UNKNOWN, violations=(), varies=kind
    )
