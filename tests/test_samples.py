"""Is every value that is put together allowed by its schema, and is there one wherever there can be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from exchanges import operation_from
from small_services import FOLDER, read

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases import patterns, samples, strategies
from pytest_confluent_contracts.cases.build import full_body, minimal_body
from pytest_confluent_contracts.cases.negative import wrong_values
from pytest_confluent_contracts.model.formats import OPENAPI_FORMATS
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext, SubjectKind

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
SCHEMAS: dict[str, dict[str, Any]] = {
    "a step above a bound": {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5},
    "a step below a bound": {"type": "integer", "exclusiveMaximum": -3, "multipleOf": 5},
    "between two bounds": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "a text of a length": {"type": "string", "minLength": 4, "maxLength": 6},
    "a pattern and a length": {"type": "string", "pattern": "^[a-z]+$", "minLength": 3},
    "a class of Unicode": {"type": "string", "pattern": r"^\p{Lu}\p{Ll}+$"},
    "what lies ahead": {"type": "string", "pattern": r"^(?=.*\d)[a-z\d]{4,}$"},
    "two patterns": {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}]},
    "items that differ": {
        "type": "array",
        "minItems": 3,
        "uniqueItems": True,
        "items": {"type": "integer"},
    },
    "a list with its first items": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    },
    "a list with one of a kind": {"type": "array", "contains": {"const": 5}},
    "a map of at least two": {
        "type": "object",
        "minProperties": 2,
        "additionalProperties": {"type": "integer"},
    },
    "names by pattern": {
        "type": "object",
        "minProperties": 1,
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
    },
    "one brings another": {
        "type": "object",
        "required": ["a"],
        "dependentRequired": {"a": ["b"], "b": ["c"]},
    },
    "one brings a schema": {
        "type": "object",
        "required": ["a"],
        "dependentSchemas": {"a": {"required": ["b"]}},
    },
    "a condition that holds": {
        "type": "object",
        "required": ["k"],
        "properties": {"k": {"const": 1}},
        "if": {"properties": {"k": {"const": 1}}},
        "then": {"required": ["v"]},
    },
    "two choices at once": {
        "type": "object",
        "allOf": [
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"oneOf": [{"required": ["c"]}, {"required": ["d"]}]},
        ],
    },
    "not of one type": {"not": {"type": "string"}},
    "what contains itself": {"$ref": "#/$defs/node", "$defs": {"node": NODE}},
    "anything": {},
    "null alone": {"type": "null"},
    "bytes": {"type": "string", "format": "byte"},
    "a float above a decimal": {"type": "number", "format": "float", "minimum": 0.1},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_sample_is_allowed(name: str) -> None:
    """By the validator: put together here, or else by the strategies of schemathesis."""
    schema = SCHEMAS[name]
    value = samples.sample_of(schema)
    if value is ABSENT:
        value = strategies.drawn_values(schema, 3)[0]
    assert jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, formats=dict(OPENAPI_FORMATS)
    ).is_valid(value)


@pytest.mark.parametrize("form", samples.FORMATTED)
def test_a_sample_has_its_format(form: str) -> None:
    """Each format has a value of its own."""
    assert samples.sample_of({"type": "string", "format": form}) == samples.FORMATTED[form]


def test_of_what_allows_nothing_there_is_no_sample() -> None:
    """Neither here nor there, and without an error."""
    schema = {"type": "string", "enum": ["a"], "pattern": "b"}
    assert samples.sample_of(schema) is ABSENT
    assert strategies.drawn_values(schema, 3) == []


@pytest.mark.parametrize(
    "pattern", ["(", r"\Z", r"(?<a>x)\k<a>", r"^\p{Script=Greek}$", "[", "a{99999}", "(?i)a"]
)
def test_a_pattern_that_nobody_inverts_costs_variety_alone(pattern: str) -> None:
    """There is no text, or one that the validator allows; never an error."""
    for text in patterns.texts_matching(pattern, 0):
        assert samples.is_allowed_value({"pattern": pattern}, text)


def test_a_float_is_sent_that_a_float_holds() -> None:
    """0.1 would come back as another number."""
    float_number = {"type": "number", "format": "float"}
    assert not samples.is_held_exactly(float_number, 0.1)
    assert not samples.is_held_exactly(float_number, 2.0**200)
    assert samples.is_held_exactly(float_number, 0.25)
    assert samples.is_held_exactly({"type": "number"}, 0.1)


# --- every valid body is valid -------------------------------------------------------------------------------------


def operations() -> list[Operation]:
    """Return the operations of every small document."""
    found: list[Operation] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        found += read(path).operations
    return found


@pytest.mark.parametrize("operation", operations(), ids=lambda one: f"{one.document}-{one.id}")
def test_every_valid_body_is_valid(operation: Operation) -> None:
    """The least, the full one and each that should be accepted satisfy the schema of their media type."""
    request = operation.request
    if request is None or request.kind not in (BodyKind.JSON, BodyKind.MERGE_PATCH):
        return
    context = RunContext(operation.parameters, {}, {}, max_examples=5)
    validator = jsonschema_rs.Draft202012Validator(
        dict(request.schema), validate_formats=True, formats=dict(OPENAPI_FORMATS)
    )
    promised = [
        case.value
        for case in cases.of(Probe.VALID, operation, context)
        if case.expect is Expect.ACCEPTED and case.subject.kind is not SubjectKind.MEDIA_TYPE
    ]
    bodies = [minimal_body(operation, context), full_body(operation, context), *promised]
    assert [body for body in bodies if not validator.is_valid(body)] == []


DISCRIMINATED = """\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        content:
          application/json:
            schema:
              oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
              discriminator: {propertyName: kind, mapping: {meow: Cat, woof: '#/components/schemas/Dog'}}
      responses: {'200': {description: The pet.}}
components:
  schemas:
    Cat: {type: object, required: [kind, lives], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, required: [kind, barks], properties: {kind: {type: string}, barks: {type: boolean}}}
"""


def test_a_discriminator_names_the_branch_that_is_sent(tmp_path: Path) -> None:
    """By its mapping; a body that names another branch keeps the schema, and nothing is promised for it."""
    operation = operation_from(DISCRIMINATED, tmp_path)
    context = RunContext((("id", "1"),), {}, {}, max_examples=20)
    sent = [
        case.value
        for case in cases.of(Probe.VALID, operation, context)
        if case.expect is Expect.ACCEPTED
    ]
    assert {(body["kind"], "lives" in body) for body in sent} == {("meow", True), ("woof", False)}


SENT_BYTES = {"": True, "aGk=": True, "aA==": True, "+2": False, "-1_2": False, "a\nGk=": False}


@pytest.mark.parametrize(("text", "expected"), SENT_BYTES.items())
def test_bytes_are_sent_as_every_reader_takes_them(text: str, expected: bool) -> None:
    """Padded, of one alphabet and in one line (RFC 4648 3 and 4); an answer may have them in more."""
    schema = {"type": "string", "format": "byte"}
    assert samples.is_allowed_value(schema, text) is expected
    assert OPENAPI_FORMATS["byte"](text)


def test_a_pattern_is_broken_before_and_behind_what_matches() -> None:
    """Who looks for it anywhere in a text takes these."""
    tied = {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$"}
    loose = {"type": "string", "pattern": "[A-Z]{3}-[0-9]{2}"}
    sent = [value for value in wrong_values(tied) if isinstance(value, str)]
    inside = [text for text in sent if samples.is_allowed_value(loose, text)]
    assert len(inside) == 2
    assert not [text for text in inside if samples.is_allowed_value(tied, text)]
    small = [text for text in sent if text != text.upper()]
    assert [text for text in small if samples.is_allowed_value(tied, text.upper())]
