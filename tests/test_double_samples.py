"""Which values does the embedded service make of a schema? Each is one that the schema allows."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest

from pytest_confluent_contracts.clauses.header_values import is_documented_value
from pytest_confluent_contracts.double.patterns import UnreadablePattern, matching_text
from pytest_confluent_contracts.double.samples import allowed_value
from pytest_confluent_contracts.model.paths import ABSENT

ONE, TWO = {"required": ["a"], "properties": {"a": {"const": 1}}}, {"required": ["b"]}
TREE = {"type": "object", "required": ["v"], "properties": {"v": {}, "next": {"$ref": "#/$defs/t"}}}
SCHEMAS: dict[str, dict[str, Any]] = {
    "anything": {},
    "a constant": {"const": {"a": [1]}},
    "one of some": {"enum": [None, 7]},
    "an example that is wrong": {"type": "integer", "example": "7"},
    "a long text": {"type": "string", "minLength": 300},
    "a short text": {"type": "string", "maxLength": 2},
    "a pattern": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3,}$", "minLength": 9},
    "each format": {
        "type": "object",
        "required": ["a", "b", "c", "d", "e", "f", "g"],
        "properties": {
            "a": {"type": "string", "format": "uuid"},
            "b": {"type": "string", "format": "date-time"},
            "c": {"type": "string", "format": "email"},
            "d": {"type": "string", "format": "uri"},
            "e": {"type": "string", "format": "ipv6"},
            "f": {"type": "string", "format": "duration"},
            "g": {"type": "string", "format": "byte"},
        },
    },
    "a number in steps": {"type": "integer", "minimum": 7, "multipleOf": 5},
    "a number between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "a negative number": {"type": "integer", "maximum": -5},
    "types": {"type": ["null", "string"], "minLength": 3},
    "different items": {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}},
    "first items": {"prefixItems": [{"type": "string"}, {"type": "boolean"}], "type": "array", "minItems": 2},
    "an item of a kind": {"type": "array", "contains": {"const": 3}, "minItems": 2},
    "one of two": {"type": "object", "oneOf": [ONE, TWO]},
    "all of two": {"allOf": [ONE, TWO], "type": "object"},
    "not": {"not": {"type": "string"}},
    "if": {"required": ["k"], "properties": {"k": {"enum": ["x"]}}, "if": {"properties": {"k": {"const": "x"}}},
           "then": {"required": ["n"]}, "type": "object"},
    "dependents": {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"], "b": ["c"]}},
    "a map": {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    "names by pattern": {"type": "object", "minProperties": 2, "additionalProperties": False,
                         "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}},
    "property names": {"type": "object", "minProperties": 2, "propertyNames": {"pattern": "^[A-Z]+$"}},
    "a reference": {"$defs": {"t": TREE}, "$ref": "#/$defs/t"},
    "odd names": {"type": "object", "required": ["a/b", "m~n", "x.y", ""]},
}  # fmt: skip


@pytest.mark.parametrize("what", SCHEMAS)
def test_a_value_is_one_that_the_schema_allows(what: str) -> None:
    """Held against the schema by a validator that had no part in it."""
    schema = SCHEMAS[what]
    made = allowed_value(schema)
    assert made is not ABSENT
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(made)


@pytest.mark.parametrize(
    "schema", [{"type": "integer", "enum": ["a"]}, {"allOf": [{"const": 1}, {"const": 2}]}]
)
def test_what_allows_nothing_has_no_value(schema: dict[str, Any]) -> None:
    """Nothing is made up."""
    assert allowed_value(schema) is ABSENT


PATTERNS = (
    "^[a-z]{3}-[0-9]+$",
    r"^(foo|bar)?\d{2,}$",
    r"^\S+@\S+\.[a-z]{2,4}$",
    "^[^/]+$",
    r"^a.c\.d$",
    "^(?:x|y(z))*$",
    r"^[\w-]{5}$",
    r"\u0041\x42",
    "x{2}?",
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_matches_its_pattern(pattern: str) -> None:
    """Texts of each turn do, and long ones."""
    for turn in range(3):
        assert re.search(pattern, matching_text(pattern, turn=turn))
    assert re.search(pattern, matching_text(pattern, least=5))


@pytest.mark.parametrize(
    "pattern", ["^(?!x).*$", "(?<=a)b", r"\p{Lu}", r"(a)\1", "[^\x00-\uffff]", "(a"]
)
def test_a_pattern_that_is_not_read_is_told(pattern: str) -> None:
    """No text is guessed."""
    with pytest.raises(UnreadablePattern):
        matching_text(pattern)


VALUES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "a text": ({"type": "string"}, "a", True),
    "one of some": ({"type": "string", "enum": ["a"]}, "b", False),
    "a number": ({"type": "number"}, "1.5", True),
    "no number": ({"type": "number"}, "one", False),
    "a truth value": ({"type": "boolean"}, "true", True),
    "no truth value": ({"type": "boolean"}, "yes", False),
    "a list": ({"type": "array", "items": {"type": "integer"}}, "1, 2", True),
    "a list of others": ({"type": "array", "items": {"type": "integer"}}, "1,x", False),
    "an object": ({"type": "object", "required": ["a"]}, "a,1", True),
    "an object, exploded": (
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        "a=1",
        True,
    ),
    "an object without a member": ({"type": "object", "required": ["a"]}, "b,1", False),
    "a number or a text": ({"type": ["integer", "string"]}, "x", True),
    "anything": ({}, "x", True),
}


@pytest.mark.parametrize("what", VALUES)
def test_a_header_is_read_as_its_schema_has_it(what: str) -> None:
    """In style ``simple``, as each type that it may be."""
    schema, text, expected = VALUES[what]
    assert is_documented_value("X-Sample", schema, text) is expected


def test_http_writes_its_dates_in_its_own_way() -> None:
    """Whatever format a document names for them (RFC 9110 5.6.7)."""
    date, schema = "Thu, 01 Jan 2026 00:00:00 GMT", {"type": "string", "format": "date-time"}
    assert is_documented_value("Last-Modified", schema, date)
    assert not is_documented_value("X-Changed", schema, date)
