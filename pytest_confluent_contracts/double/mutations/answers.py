"""In which ways can a successful answer's body be wrong? Member by member, and as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    always,
    change_bytes,
    drop_member,
    insert_value,
    is_accepted,
    mutate_answers,
    put_value,
    set_header,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.sizes import size_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Mutation, When
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.model.documents import Operation, Property

WRONG_TYPE = {
    "string": 7,
    "integer": "7",
    "number": "7",
    "boolean": "yes",
    "array": {},
    "object": "text",
}
HTML_PAGE = b"<html><body><h1>It works</h1></body></html>"


def answer_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the body of a successful answer."""
    success = operation.success
    if success is None or success.content is None:
        return
    name = success.status
    yield from member_mutations(name, success.content.properties, is_accepted)
    yield from whole_body_mutations(name, is_accepted)
    surprising = put_value("x_surprise", 1)
    undeclared = f"{name} with an undeclared member"
    yield mutate_answers(undeclared, surprising, is_accepted, f"{name}/undeclared")
    for path in operation.promises.allowed_values.by_path:
        other, clause = put_value(path, "mainframe"), f"{name}/values/{path}"
        yield mutate_answers(f"{name} {path} not in the list", other, is_accepted, clause)


def member_mutations(prefix: str, members: Iterable[Property], when: When) -> Iterator[Mutation]:
    """Yield the ways in which each of *members* can be wrong, or missing."""
    for member in members:
        name, clause = f"{prefix}/body/{member.path}", f"{prefix}/{member.clause_name}"
        for what, new in wrong_values(member.schema):
            yield mutate_answers(f"{name} {what}", insert_value(member.path, new), when, clause)
        if member.required:
            yield mutate_answers(f"{name} dropped", drop_member(member.path), when, clause)


def wrong_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the ways in which a value can break *schema*: what is wrong, and such a value."""
    kinds = types_allowed(schema)
    if kinds:
        first = next(kind for kind in kinds if kind != "null")
        yield "retyped", WRONG_TYPE[first]
        if "null" not in kinds:
            yield "null", None
    if "enum" in schema:
        yield "out of its enum", "something-else"
    if schema.get("minLength"):
        yield "too short", ""
    most = size_bound(schema, "maxLength")
    if most is not None:
        yield "too long", "x" * (most + 1)
    if "format" in schema and "string" in kinds:
        yield "of the wrong format", "not so"
    if "maximum" in schema:
        yield "too large", schema["maximum"] + 1
    if schema.get("additionalProperties") is False:
        yield "with a member too many", {"x_surprise": 1}


# --- the body as a whole --------------------------------------------------------------------------


def whole_body_mutations(prefix: str, when: When) -> Iterator[Mutation]:
    """Yield the ways in which a body as a whole can be wrong: its media type, JSON, top level."""
    media = f"{prefix}/media-type"
    text = set_header("Content-Type", "text/plain")
    yield mutate_answers(f"{prefix} as text", text, when, media)
    yield mutate_answers(f"{prefix} as HTML", answer_in_html, when, media)
    unnamed = set_header("Content-Type")
    yield mutate_answers(f"{prefix} without Content-Type", unnamed, when, media)
    latin = set_header("Content-Type", "application/json; charset=iso-8859-1")
    yield mutate_answers(f"{prefix} said to be Latin-1", latin, when, media)
    two = set_header("Content-Type", "application/json", "text/html")
    yield mutate_answers(f"{prefix} with two Content-Types", two, when, media)
    for what, make in BROKEN_JSON.items():
        yield mutate_answers(f"{prefix} {what}", change_bytes(make), when, f"{prefix}/json")
    for what, instead in WRONG_JSON.items():
        change = change_bytes(always(instead))
        yield mutate_answers(f"{prefix} is {what}", change, when, f"{prefix}/body")


def answer_in_html(answer: Answer, request: Request, service: Service) -> Answer:
    """Return a web page with the answer's status."""
    page = replace(answer, raw=HTML_PAGE)
    return set_header("Content-Type", "text/html")(page, request, service)


def ending_in(end: bytes) -> Callable[[bytes], bytes]:
    """Return the function that writes *end* over the body's closing brace."""

    def ended(body: bytes) -> bytes:
        return body[:-1] + end

    return ended


def truncate(body: bytes) -> bytes:
    """Return the body without its last two bytes."""
    return body[:-2]


def write_twice(body: bytes) -> bytes:
    """Return the body, and the body again."""
    return body + body


def encode_in_utf16(body: bytes) -> bytes:
    """Return the body in another encoding of Unicode, which JSON must not have."""
    return body.decode("utf-8").encode("utf-16")


def prepend_byte_order_mark(body: bytes) -> bytes:
    """Return the body behind a byte order mark."""
    return b"\xef\xbb\xbf" + body


BROKEN_JSON: Mapping[str, Callable[[bytes], bytes]] = {
    "truncated": truncate,
    "empty": always(b""),
    "twice": write_twice,
    "in UTF-16": encode_in_utf16,
    "with a byte order mark": prepend_byte_order_mark,
    "with NaN": ending_in(b', "x": NaN}'),
    "with a name twice": ending_in(b', "x": 1, "x": 1}'),
    "with invalid UTF-8": ending_in(b', "x": "\xff"}'),
}
WRONG_JSON: Mapping[str, bytes] = {
    "a list": b"[]",
    "null": b"null",
    "a text": b'"ok"',
}
