"""Which bodies does the document forbid? One constraint broken each; the schema says what is wrong, not the maker."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases import generated
from pytest_confluent_contracts.cases.build import (
    case,
    distinct,
    encoded,
    fresh,
    judged,
    members,
    minimal,
    types_of,
    writable,
)
from pytest_confluent_contracts.cases.valid import long_text, opening
from pytest_confluent_contracts.model.documents import Operation, Property
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    WHOLE,
    has_items,
    value_at,
    with_value,
    without_value,
)
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Of each type what counts as empty in some language, and what does not: services forget the one or the other.
WRONG: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0,),
    "number": (1.5,),
    "string": ("", "text"),
    "array": ([], ["text"]),
    "object": ({}, {"a": "b"}),
}
SPELLED = {"boolean": "true", "integer": "7", "number": "1.5", "array": "[]", "object": "{}"}
CHECK_EVERY = 40
AGAIN = 60


def bodies(operation: Operation, context: RunContext) -> list[Case]:
    """Return bodies that break one place each, some of them again: the same problem must be called the same."""
    if operation.request is None:
        return []
    drawn = (("a generated broken body", body) for body in generated.forbidden(operation, context))
    made = [
        *listed(operation, context),
        *(judged(Probe.BROKEN, title, operation, context, body) for title, body in drawn),
    ]
    refused = distinct(one for one in made if one.expect is Expect.REFUSED)
    return list(_checked([*refused, *refused[::AGAIN]], operation, context))


def listed(operation: Operation, context: RunContext) -> list[Case]:
    """Return the broken bodies that follow from the schema alone, with none drawn."""
    return [
        judged(Probe.BROKEN, title, operation, context, body)
        for title, body in _deterministic(operation, context)
    ]


def _checked(cases: list[Case], operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield the cases with the smallest update in between: its answer shows whether a refused one changed anything."""
    look = opening(operation, context, cases[0].probe) if cases else None
    for index, one in enumerate(cases):
        if look and index and index % CHECK_EVERY == 0:
            yield look
        yield one
    if look:
        yield look


def _deterministic(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    schema = operation.request.schema if operation.request else {}
    whole = Property(WHOLE, schema, True, operation.place)
    least, everything = minimal(operation, context), fresh(operation, context, "wrapped")
    for member in (whole, *members(operation)):
        name, right = member.path or "the body", value_at(everything, member.path)
        for index, value in enumerate(wrong_values(member.schema, right)):
            base = (
                fresh(operation, context, f"refused-{index}", member.path) if index % 2 else least
            )
            told = (
                "in a list of one" if value == [right] else json.dumps(value)[:40]
            )  # pins may be secret
            yield f"{name} is {told}", with_value(base, member.path, value)
        if has_items(member.path):
            continue
        among = fresh(operation, context, "refused", member.path)
        yield f"{name} is null among others", with_value(among, member.path, None)
        if member.required and member.path:
            yield f"{name} is missing", without_value(least, member.path)
            yield f"{name} is missing among others", without_value(among, member.path)
        if "properties" in member.schema:
            yield f"{name} is empty", with_value(least, member.path, {})
    yield from _lists(operation, context)
    yield from _several(operation, context)


def _several(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    """Yield bodies in which each two neighbouring members are wrong, and all of them: each error must tell of one."""
    leaves = [member for member in members(operation) if _is_leaf(member)]
    for some in (*itertools.pairwise(leaves), tuple(leaves)) if len(leaves) > 1 else ():
        body = minimal(operation, context)
        for member in some:
            body = with_value(body, member.path, 7)
        yield f"{' and '.join(member.path for member in some)} are 7", body
    for member in leaves[:1]:
        yield (
            f"{member.path} is 10**30",
            with_value(minimal(operation, context), member.path, 10**30),
        )


def _is_leaf(member: Property) -> bool:
    return "properties" not in member.schema and not has_items(member.path)


def wrong_values(schema: Mapping[str, Any], right: Any = ABSENT) -> Iterator[Any]:
    """Yield values of every JSON type that *schema* does not allow, one with *right* in it, then some that break its bounds."""
    kinds = types_of(schema)
    allowed = {*kinds, *(["integer"] if "number" in kinds else [])}
    wrong = (
        WRONG if right is ABSENT else {**WRONG, "array": ([], [right])}
    )  # some services unwrap a list of one
    if kinds:
        yield from (
            value for kind, values in wrong.items() if kind not in allowed for value in values
        )
        yield from (
            text for kind, text in SPELLED.items() if kind in kinds and "string" not in kinds
        )
    if "enum" in schema:
        yield from _not_in(schema["enum"])
    if schema.get("minLength"):
        yield long_text(schema["minLength"] - 1)
    if "maxLength" in schema:
        yield from (long_text(schema["maxLength"] + 1), long_text(schema["maxLength"] * 2 + 10))
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "maxItems" in schema:
        yield ["text"] * (schema["maxItems"] + 1)
    if "format" in schema or "pattern" in schema:
        yield from ("not so", " ")


def _not_in(enum: list[Any]) -> Iterator[Any]:
    for value in (text for text in enum if isinstance(text, str)):
        yield from (
            "",
            f"{value}s",
            f"x{value}",
            value[:-1],
            value.upper(),
            f"{value} ",
            "something-else",
        )


def _lists(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    """Yield lists in which one item among good ones is wrong: the last of two, the first of many, and far inside."""
    least = minimal(operation, context)
    for member in members(operation):
        texts = "array" in types_of(member.schema) and "string" in types_of(
            member.schema.get("items") or {}
        )
        if not texts or value_at(least, member.path) is not ABSENT:
            continue
        good = [f"good:{index}" for index in range(20)]
        for what, items in (
            ("the last of two", [good[0], None]),
            ("the first of many", [7, *good]),
            ("the last of many", [*good, 7]),
        ):
            yield f"{what} {member.path} is wrong", with_value(least, member.path, items)


# --- not JSON --------------------------------------------------------------------------------------------------------


def malformed(operation: Operation, context: RunContext) -> list[Case]:
    """Return bodies that are no JSON, or not sent as JSON."""
    if operation.request is None:
        return []
    made = [
        *_not_json(operation, context),
        *_surrogates(operation, context),
        *_wrong_type(operation, context),
        *_none(operation, context),
    ]
    return list(_checked(made, operation, context))


def _raw(
    title: str, kind: str, operation: Operation, context: RunContext, body: bytes, **more: Any
) -> Case:
    settings: dict[str, Any] = {"body": body, "expect": Expect.REFUSED, "varies": kind} | more
    return case(Probe.MALFORMED, title, operation, context, **settings)


def _target(operation: Operation, context: RunContext) -> Property | None:
    """Return the string member into which bad bytes are put."""
    return next(
        (
            m
            for m in writable(operation)
            if "string" in types_of(m.schema) and not m.secret and m.path not in context.pins
        ),
        None,
    )


def _not_json(operation: Operation, context: RunContext) -> Iterator[Case]:
    good = encoded(fresh(operation, context, "refused"))
    bodies = {
        "a body cut off before its last brace": good[:-1],
        "a body cut off in the middle": good[: len(good) // 2],
        "a trailing comma": good[:-1] + b",}",
        "a bare word": b"update",
        "single quotes": good.replace(b'"', b"'"),
        "two values": good + good,
        "words after the value": good + b" and more",
        "a comment": b"/* update */" + good,
        "white space only": b"   ",
        "one brace": b"{",
        "one hundred thousand open brackets": b"[" * 100_000,
        "a NUL after the value": good + b"\x00",
    }
    for title, body in bodies.items():
        yield _raw(title, "json", operation, context, body)
    if member := _target(operation, context):
        yield from _bad_bytes(member, operation, context)


def _bad_bytes(member: Property, operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies that are well formed but for one string, or for lists that are too deep to read."""
    for title, bad in _BAD_BYTES.items():
        good = with_value(fresh(operation, context, "refused"), member.path, "HERE")
        body = encoded(good).replace(b"HERE", bad)
        yield _raw(f"{title} in {member.path}", "json", operation, context, body)
    for title, depth in (("500", 500), ("20 000", 20_000)):
        deep, shallow = (
            b"[" * depth + b"]" * depth,
            with_value(minimal(operation, context), member.path, "HERE"),
        )
        body = encoded(shallow).replace(b'"HERE"', deep)
        yield _raw(f"a list {title} deep as {member.path}", "json", operation, context, body)


_BAD_BYTES = {
    "invalid UTF-8": b"a\xff\xfeb",
    "a lone continuation byte": b"a\x80b",
    "a cut-off UTF-8 sequence": b"a\xe2\x82",
    "an overlong encoding": b"a\xc0\xafb",
    "a raw newline": b"one\ntwo",
    "an unknown escape": b"\\x41",
    "a cut-off escape": b"\\u12",
}


def _surrogates(operation: Operation, context: RunContext) -> Iterator[Case]:
    if member := _target(operation, context):
        value = with_value(minimal(operation, context), member.path, "a\ud800b")
        good = encoded(with_value(minimal(operation, context), member.path, "HERE"))
        forms = {"escaped": b"a\\ud800b", "as raw bytes": b"a\xed\xa0\x80b"}
        for form, text in forms.items():
            title = f"a lone surrogate, {form}, in {member.path}"
            yield _raw(
                title,
                "lone-surrogate",
                operation,
                context,
                good.replace(b"HERE", text),
                value=value,
            )


def _wrong_type(operation: Operation, context: RunContext) -> Iterator[Case]:
    good = encoded(fresh(operation, context, "refused"))
    for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        one = _raw(f"a body sent as {media_type}", "media-type", operation, context, good)
        headers = tuple(
            (name, media_type if name == "Content-Type" else value) for name, value in one.headers
        )
        yield _raw(one.title, "media-type", operation, context, good, headers=headers)


def _readable(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies that a service may read or refuse, as long as it does not fail."""
    good = encoded(minimal(operation, context))
    for title, body in (
        ("a byte order mark", b"\xef\xbb\xbf" + good),
        ("UTF-16", good.decode().encode("utf-16")),
    ):
        yield _raw(title, "readable", operation, context, body, expect=Expect.ANY)
    one = _raw(
        "a body without Content-Type", "readable", operation, context, good, expect=Expect.ANY
    )
    yield replace(one, headers=tuple(pair for pair in one.headers if pair[0] != "Content-Type"))
    foreign = tuple(
        (name, f"{value}; charset=iso-8859-1" if name == "Content-Type" else value)
        for name, value in one.headers
    )
    yield replace(one, title="a body said to be Latin-1", headers=foreign)


def _none(operation: Operation, context: RunContext) -> Iterator[Case]:
    yield from _readable(operation, context)
    if operation.request and operation.request.required:
        yield _raw("an empty body", "required", operation, context, b"")
    else:
        yield _raw("an empty body", "optional", operation, context, b"", expect=Expect.ANY)
