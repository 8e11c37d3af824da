"""Which values tell that they were kept? No defaults, no documented constants, no empty lists."""

from __future__ import annotations

from typing import Any

import pytest
from lives import THINGS, world
from whole_documents import operations_of

from pytest_confluent_contracts.cases.unusual_values import (
    LONGEST_TEXT,
    unusual_value,
    with_longest_texts,
    with_unusual_values,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import RunContext

CONTEXT = RunContext((), {}, {})
ITEM = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "on": {"type": "boolean"}, "own": {"readOnly": True}},
}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "boolean"}, False, True),
        ({"type": "boolean", "default": True}, True, False),
        ({"type": "integer", "default": 3}, 3, 7),
        ({"type": "integer", "maximum": 5}, 5, 4),
        ({"type": "integer", "maximum": 5, "default": 4}, 5, ABSENT),
        ({"type": "string", "enum": ["a", "b", "c"], "default": "a"}, "a", "b"),
        ({"type": "string", "enum": ["a", "b"], "default": "b"}, "a", ABSENT),
        ({"type": "string", "enum": ["a"]}, "a", ABSENT),
        ({"type": "string"}, "any", ABSENT),  # that is made new for each body
        ({"type": "array", "items": {"type": "string"}}, ["a"], ABSENT),
        ({"type": "array", "items": ITEM}, [{"id": "x"}], [{"id": "last-id"}]),
        ({"type": "array", "items": ITEM}, [], [{"id": "last-id", "on": True}]),
        ({"type": "array", "items": ITEM, "maxItems": 0}, [], ABSENT),
        ({"type": "array", "items": {"pattern": "^[a-z]{1,9}$"}}, [], ["last"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, [], ["b"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "default": ["b"]}, [], ["a"]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, [], ABSENT),
        ({"type": "array", "items": {"type": "string", "format": "uuid"}}, [], ABSENT),
        ({"type": "array", "items": True}, [], ["last"]),
        ({"type": "array", "items": False}, [], ABSENT),
    ],
)
def test_a_value_that_nobody_has_unsent(schema: dict[str, Any], value: Any, expected: Any) -> None:
    """It is of the schema, and neither the value that is there nor the default."""
    assert unusual_value(schema, value, "member", "last") == expected


def test_a_body_with_values_that_nobody_has_unsent() -> None:
    """Each member that the run may choose; what is pinned, or may not be made up, stays."""
    operation = operations_of("houses")["createThing"]
    body = {"id": "t", "colour": "red", "heavy": False}
    assert with_unusual_values(operation, CONTEXT, body, "x") == body | {"heavy": True}
    pinned = RunContext((), {"heavy": False}, {})
    assert with_unusual_values(operation, pinned, body, "x") == body
    nothing = RunContext((), {}, {}, made_up=False)
    assert with_unusual_values(operation, nothing, body, "x") == body
    numbered = world(THINGS)["create"]
    changed = with_unusual_values(numbered, CONTEXT, {"name": "a", "size": 3}, "last")
    assert changed == {"name": "a", "size": 7}


LONG = """
openapi: 3.1.0
info: {title: Long, version: '1'}
paths:
  /things:
    post:
      operationId: create
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                name: {type: string, maxLength: 12}
                note: {type: string}
                story: {type: string, maxLength: 100000}
                code: {type: string, pattern: '^[a-z]{1,30}$'}
                kind: {type: string, enum: [new, old]}
                mail: {type: string, format: email}
                owner_id: {type: string}
                tags: {type: array, items: {type: string, maxLength: 9}}
                parts:
                  type: array
                  items: {type: object, properties: {id: {type: string}, label: {type: string, maxLength: 7}, any: true}}
                whatever: {type: array, items: true}
      responses: {'201': {description: made}}
"""


def test_texts_are_as_long_as_they_may_be() -> None:
    """Not what names something, nor what is one of a few; nothing off loopback, and no pin."""
    operation = world(LONG)["create"]
    short = {"name": "ab", "note": "ab", "story": "ab", "code": "ab", "tags": ["ab"]}
    kept = {"kind": "new", "mail": "a@b.test", "owner_id": "ab"}
    body = {**short, **kept, "parts": [{"id": "ab", "label": "ab", "any": "a"}], "whatever": ["a"]}
    long = with_longest_texts(operation, CONTEXT, body)
    lengths = {name: len(long[name]) for name in ("name", "note", "story", "code")}
    assert lengths == {"name": 12, "note": 300, "story": LONGEST_TEXT, "code": 30}
    [part] = long["parts"]
    assert (long["tags"], part["id"], part["label"]) == (["abbbbbbbb"], "ab", "abbbbbb")
    assert {name: long[name] for name in kept} == kept
    pinned = RunContext((), {"name": "ab"}, {})
    assert with_longest_texts(operation, pinned, body)["name"] == "ab"
    nothing = RunContext((), {}, {}, made_up=False)
    assert with_longest_texts(operation, nothing, body) == body
