"""Who must be turned away? Requests without credentials, with wrong ones, and for ids that do not exist."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.making import case, complete, encoded, fresh, header, judged, minimal
from pytest_confluent_contracts.cases.valid import opening
from pytest_confluent_contracts.contract import Brief, Case, Expect, Operation, Probe, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECK_EVERY = 12
PLAIN, ODD = "", "odd"  # an odd id may as well be refused as a bad request


# --- credentials -----------------------------------------------------------------------------------------------------


def credentials(operation: Operation, brief: Brief) -> list[Case]:
    """Return requests that must be refused, a look at the resource in between, then each alternative with its own."""
    if not operation.security or not all(operation.security):
        return []
    look = opening(operation, brief, Probe.CREDENTIALS)
    made: list[Case] = []
    for index, one in enumerate(_refused(operation, brief)):
        made += [look, one] if index and index % CHECK_EVERY == 0 else [one]
    return [*made, look, *_alternatives(operation, brief)]


def _stranger(
    title: str, scheme: str, headers: Mapping[str, str], operation: Operation, brief: Brief, index: int
) -> Case:
    one = judged(Probe.CREDENTIALS, title, operation, brief, fresh(operation, brief, f"refused-{index}"))
    sent = _anonymous(one) + tuple(headers.items())
    expect = Expect.UNAUTHENTICATED
    return replace(one, headers=sent, expect=expect, violations=(), authority="", varies=scheme)


def _anonymous(case: Case) -> tuple[tuple[str, str], ...]:
    """Return the headers of *case* but for those that carry credentials."""
    own = {scheme.header for alternative in case.operation.security for scheme in alternative}
    return tuple(pair for pair in case.headers if pair[0] not in own)


def _refused(operation: Operation, brief: Brief) -> Iterator[Case]:
    for index, (title, scheme, headers) in enumerate(_variants(operation, brief)):
        one = _stranger(title, scheme, headers, operation, brief, index)
        yield one
        if not scheme or "a wrong value" in title:  # who asks may be looked at only where there is something to write
            body = minimal(operation, brief)
            yield replace(one, title=f"{title}, the smallest update", value=body, body=encoded(body))


def _variants(operation: Operation, brief: Brief) -> Iterator[tuple[str, str, dict[str, str]]]:
    yield "without credentials", "", {}
    for alternative in operation.security:
        given = {s.name: header(s, brief.credentials.get(s.name, _made_up(s, brief))) for s in alternative}
        for scheme in alternative:
            rest = dict(given[s.name] for s in alternative if s is not scheme)
            if len(alternative) > 1:
                yield f"without {scheme.header}", scheme.name, rest
                yield f"with {scheme.header} alone", _partner(alternative, scheme).name, dict([given[scheme.name]])
            for title, value in _wrong(scheme, brief):
                yield f"with {title} in {scheme.header}", scheme.name, rest | {scheme.header: value}
            for title, value in _malformed(scheme, brief):
                yield f"with {title} in {scheme.header}", f"{scheme.name}/malformed", rest | {scheme.header: value}
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


def _partner(alternative: tuple[Scheme, ...], scheme: Scheme) -> Scheme:
    return next(other for other in alternative if other is not scheme)


def _made_up(scheme: Scheme, brief: Brief) -> dict[str, str]:
    numbers = random.Random(f"{brief.seed}/{scheme.name}")
    return {part: f"cw{numbers.getrandbits(80):020x}" for part, _ in scheme.variables}


def _wrong(scheme: Scheme, brief: Brief) -> Iterator[tuple[str, str]]:
    """Yield header values that must not be accepted: another value, and every near miss of the right one."""
    right, other = brief.credentials.get(scheme.name, {}), _made_up(scheme, brief)
    yield "a wrong value", header(scheme, other)[1]
    for part, _ in scheme.variables:
        if right.get(part):
            for title, near in _near(right[part], other[part]):
                if near or scheme.kind != "bearer":  # without its token a Bearer is malformed
                    yield f"{title} ({part})", header(scheme, {**right, part: near})[1]
    if scheme.kind in ("basic", "bearer") and all(right.get(part) for part, _ in scheme.variables):
        yield "the right value under another scheme", f"Digest {header(scheme, right)[1].partition(' ')[2]}"
    if scheme.kind == "basic" and {"username", "password"} <= right.keys():
        exchanged = {"username": right["password"], "password": right["username"]}
        yield "user and password exchanged", header(scheme, exchanged)[1]
        for title, tail in (("a space", " "), ("a colon and more", ":x")):
            yield f"{title} behind the password", header(scheme, {**right, "password": right["password"] + tail})[1]
    if scheme.header == "Authorization":
        yield "a scheme that is not documented", f"Digest {next(iter(other.values()))}"
    else:
        yield "an empty value", ""


def _malformed(scheme: Scheme, brief: Brief) -> Iterator[tuple[str, str]]:
    """Yield header values that are no credentials of any kind: a service may refuse them as it does a bad request."""
    if scheme.header != "Authorization":
        return
    right = brief.credentials.get(scheme.name, {})
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
    yield "the right value with its last character changed", right[:-1] + ("x" if right[-1:] != "x" else "y")


def _alternatives(operation: Operation, brief: Brief) -> Iterator[Case]:
    """Yield each alternative's own update: one that writes, for who asks may be looked at in another place than for reading."""
    for alternative in operation.security:
        if complete(alternative, brief):
            name = "+".join(scheme.name for scheme in alternative)
            body = fresh(operation, brief, "allowed")
            one = judged(Probe.CREDENTIALS, f"new values with valid {name}", operation, brief, body)
            own = tuple(header(scheme, brief.credentials[scheme.name]) for scheme in alternative)
            yield replace(one, headers=_anonymous(one) + own, authority=name)


# --- unknown ids -----------------------------------------------------------------------------------------------------


def unknown_ids(operation: Operation, brief: Brief) -> list[Case]:
    """Return updates of resources that do not exist, the first once more at the end: a PATCH must not create it."""
    if not brief.parameters:
        return []
    ids = list(_ids(brief))
    made = [_unknown(operation, brief, id, kind, index) for index, (id, kind) in enumerate(ids)]
    look = opening(operation, brief, Probe.UNKNOWN)
    return [*made, made[0], look]


def _ids(brief: Brief) -> Iterator[tuple[str, str]]:
    """Yield ids that nobody has, plain ones and ones that a service may trip over."""
    known = brief.parameters[-1][1]
    numbers = random.Random(f"{brief.seed}/{known}")
    yield f"{known}0", PLAIN
    yield f"x{known}", PLAIN
    if brief.made_up and (other := re.sub("[0-9]", lambda digit: str(9 - int(digit.group())), known)) != known:
        yield other, PLAIN  # of the same look: on a shared service it might be somebody's
    yield known[:-1] or "0", PLAIN
    yield f"contract-unknown-{numbers.getrandbits(48):012x}", PLAIN
    yield f"{numbers.getrandbits(32):08x}-0000-4000-8000-{numbers.getrandbits(48):012x}", PLAIN
    if known.swapcase() != known:
        yield known.swapcase(), PLAIN
    yield f"{known} ", ODD
    yield "a%b'c\u00e9\u6f22", ODD
    yield "x" * 300, ODD


def _unknown(operation: Operation, brief: Brief, id: str, kind: str, index: int) -> Case:
    *rest, (name, _) = brief.parameters
    title = f"{name} {id[:40]}"
    if operation.request:
        one = judged(Probe.UNKNOWN, title, operation, brief, fresh(operation, brief, f"refused-{index}"))
    else:
        one = case(Probe.UNKNOWN, title, operation, brief)
    return replace(one, parameters=(*rest, (name, id)), expect=Expect.UNKNOWN, violations=(), varies=kind)
