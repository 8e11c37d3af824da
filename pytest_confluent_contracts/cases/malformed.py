"""Which requests are no JSON, or are not sent as JSON? Broken bytes, wrong media types, no body."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.baseline import baseline_between
from pytest_confluent_contracts.cases.bodies import encoded_body, encoded_json
from pytest_confluent_contracts.cases.build import (
    bare_case,
    fresh_body,
    minimal_body,
    writable_members,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, BodyKind, matching
from pytest_confluent_contracts.model.paths import with_value
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation

CASES_PER_LOOK = 40
PLACEHOLDER = "HERE"  # stands in a good body where the bad bytes go
BAD_BYTES = {
    "invalid UTF-8": b"a\xff\xfeb",
    "a lone continuation byte": b"a\x80b",
    "a cut-off UTF-8 sequence": b"a\xe2\x82",
    "an overlong encoding": b"a\xc0\xafb",
    "a raw newline": b"one\ntwo",
    "an unknown escape": b"\\x41",
    "a cut-off escape": b"\\u12",
}
LONE_SURROGATES = {"escaped": b"a\\ud800b", "as raw bytes": b"a\xed\xa0\x80b"}
DEPTHS = {"500": 500, "20 000": 20_000}
FOREIGN_MEDIA_TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded")


def malformed_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return bodies that are no JSON, or not sent as JSON."""
    if operation.request is None:
        return []
    if operation.request.kind not in IN_JSON:
        made = [*_as_another_type(operation, context), _without_body(operation, context)]
        return list(baseline_between(made, operation, context, CASES_PER_LOOK))
    path = _text_path(operation, context)
    made = [
        *_broken_json(operation, context),
        *_with_bad_bytes(path, operation, context),
        *_with_deep_lists(path, operation, context),
        *_with_surrogates(path, operation, context),
        *_as_another_type(operation, context),
        *_readable_cases(operation, context),
        _without_body(operation, context),
    ]
    return list(baseline_between(made, operation, context, CASES_PER_LOOK))


def _raw_case(
    title: str, kind: str, operation: Operation, context: RunContext, body: bytes, **more: Any
) -> Case:
    """Return the case that sends *body* as it is and must be refused, unless *more* says else."""
    settings: dict[str, Any] = {
        "body": body,
        "expect": Expect.REFUSED,
        "subject": Subject(SubjectKind.MALFORMED, kind),
    }
    return bare_case(Probe.MALFORMED, title, operation, context, **(settings | more))


def _text_path(operation: Operation, context: RunContext) -> str | None:
    """Return the path of the string member into which bad bytes are put, None without one."""
    for member in writable_members(operation):
        is_text = "string" in types_allowed(member.schema) and not member.secret
        if is_text and member.path not in context.pins:
            return member.path
    return None


def _broken_json(operation: Operation, context: RunContext) -> Iterator[Case]:
    good = encoded_json(fresh_body(operation, context, "refused"))
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
        "one hundred thousand open brackets": b"[" * 100_000,
        "a NUL after the value": good + b"\x00",
    }
    for title, body in bodies.items():
        if _is_json(body):  # of a body without a text in it, or of a lone number
            continue
        yield _raw_case(title, "json", operation, context, body)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _with_bad_bytes(path: str | None, operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies that are well formed but for the string at *path*."""
    if path is None:
        return
    good = with_value(fresh_body(operation, context, "refused"), path, PLACEHOLDER)
    for title, bad in BAD_BYTES.items():
        body = encoded_json(good).replace(PLACEHOLDER.encode(), bad)
        yield _raw_case(f"{title} in {path}", "json", operation, context, body)


def _with_deep_lists(path: str | None, operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies with a list at *path* that is too deep to read."""
    if path is None:
        return
    good = with_value(minimal_body(operation, context), path, PLACEHOLDER)
    for title, depth in DEPTHS.items():
        deep = b"[" * depth + b"]" * depth
        body = encoded_json(good).replace(encoded_json(PLACEHOLDER), deep)
        yield _raw_case(f"a list {title} deep as {path}", "json", operation, context, body)


def _with_surrogates(path: str | None, operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies with half of a character at *path*: JSON can spell it, UTF-8 cannot."""
    if path is None:
        return
    least = minimal_body(operation, context)
    value = with_value(least, path, "a\ud800b")
    good = encoded_json(with_value(least, path, PLACEHOLDER))
    for form, text in LONE_SURROGATES.items():
        title = f"a lone surrogate, {form}, in {path}"
        body = good.replace(PLACEHOLDER.encode(), text)
        yield _raw_case(title, "lone-surrogate", operation, context, body, value=value)


def _as_another_type(operation: Operation, context: RunContext) -> Iterator[Case]:
    assert operation.request is not None
    body = fresh_body(operation, context, "refused")
    good = encoded_body(operation.request, body) or b"contract"
    documented = [one.media_type for one in (operation.request, *operation.other_requests)]
    for media_type in FOREIGN_MEDIA_TYPES:
        if matching(documented, media_type):
            continue
        one = _raw_case(f"a body sent as {media_type}", "media-type", operation, context, good)
        yield _with_content_type(one, media_type)


def _readable_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield bodies that a service may read or refuse, as long as it does not fail."""
    good = encoded_json(minimal_body(operation, context))

    def readable(title: str, body: bytes) -> Case:
        return _raw_case(title, "readable", operation, context, body, expect=Expect.ANY)

    yield readable("a byte order mark", b"\xef\xbb\xbf" + good)
    yield readable("UTF-16", good.decode().encode("utf-16"))
    yield _with_content_type(readable("a body without Content-Type", good), None)
    latin = readable("a body said to be Latin-1", good)
    media_type = dict(latin.headers)["Content-Type"]
    yield _with_content_type(latin, f"{media_type}; charset=iso-8859-1")


def _with_content_type(case: Case, media_type: str | None) -> Case:
    """Return *case* with *media_type* in the place of its own, without any where that is None."""
    headers: list[tuple[str, str]] = []
    for name, value in case.headers:
        if name != "Content-Type":
            headers.append((name, value))
        elif media_type is not None:
            headers.append((name, media_type))
    return replace(case, headers=tuple(headers))


def _without_body(operation: Operation, context: RunContext) -> Case:
    request = operation.request
    # An empty text is a text, and an empty file a file.
    if request and request.required and request.kind not in (BodyKind.TEXT, BodyKind.BINARY):
        return _raw_case("an empty body", "required", operation, context, b"")
    return _raw_case("an empty body", "optional", operation, context, b"", expect=Expect.ANY)
