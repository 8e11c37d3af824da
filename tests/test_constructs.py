"""Does each construct of a schema count: in what is sent, in what is judged, and in what the double refuses?

For each: the double of the document is silent; a double of the same document without the construct takes what is
forbidden, and the clause that speaks of the construct tells so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchanges import operation_from
from judging import red

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.double.service import Service
from pytest_confluent_contracts.model.clauses import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Operation

DOCUMENT = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things/{{id}}:
    patch:
      operationId: updateThing
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      requestBody:
        content: {{application/json: {{schema: {{type: object, properties: {{a: {schema}}}}}}}}}
      responses:
        '200':
          description: The thing.
          content: {{application/json: {{schema: {{type: object, properties: {{a: {shown}}}}}}}}}
        '400': {{description: Wrong., content: &wrong {{application/json: {{schema: {{type: object}}}}}}}}
        '404': {{description: No such thing., content: *wrong}}
"""

# The schema of a member, and the same without the construct.
CONSTRUCTS = {
    "enum": ("{type: string, enum: [one, two]}", "{type: string, example: one}"),
    "const": ("{type: string, const: one}", "{type: string, example: one}"),
    "minLength": ("{type: string, minLength: 3}", "{type: string}"),
    "maxLength": ("{type: string, maxLength: 30}", "{type: string}"),
    "minimum": ("{type: integer, minimum: 3}", "{type: integer, example: 3}"),
    "maximum": ("{type: integer, maximum: 30}", "{type: integer}"),
    "exclusiveMinimum": ("{type: integer, exclusiveMinimum: 3}", "{type: integer, example: 4}"),
    "exclusiveMaximum": ("{type: number, exclusiveMaximum: 30}", "{type: number}"),
    "multipleOf": ("{type: integer, multipleOf: 5}", "{type: integer, example: 5}"),
    "minItems": (
        "{type: array, minItems: 2, items: {type: string}}",
        "{type: array, items: {type: string}}",
    ),
    "maxItems": (
        "{type: array, maxItems: 3, items: {type: string}}",
        "{type: array, items: {type: string}}",
    ),
    "uniqueItems": (
        "{type: array, uniqueItems: true, items: {type: string}}",
        "{type: array, items: {type: string}}",
    ),
    "minProperties": (
        "{type: object, minProperties: 2, additionalProperties: {type: string}, example: {b: c, d: e}}",
        "{type: object, additionalProperties: {type: string}}",
    ),
    "maxProperties": (
        "{type: object, maxProperties: 2, additionalProperties: {type: string}}",
        "{type: object, additionalProperties: {type: string}}",
    ),
    "format": ("{type: string, format: uuid}", "{type: string}"),
    "pattern": ("{type: string, pattern: '^x-[a-z]+$'}", "{type: string}"),
    "oneOf": (
        "{type: object, oneOf: [{required: [b]}, {required: [c]}], example: {b: 1}}",
        "{type: object}",
    ),
    "anyOf": ("{type: integer, anyOf: [{minimum: 9}, {multipleOf: 4}]}", "{type: integer}"),
    "not": ("{type: string, not: {maxLength: 2}}", "{type: string}"),
    "contains": (
        "{type: array, items: {type: integer}, contains: {const: 5}}",
        "{type: array, items: {type: integer}}",
    ),
    "propertyNames": (
        "{type: object, additionalProperties: {type: string}, propertyNames: {maxLength: 9}}",
        "{type: object, additionalProperties: {type: string}}",
    ),
    "dependentRequired": (
        "{type: object, dependentRequired: {b: [c]}}",
        "{type: object}",
    ),
    "dependentSchemas": (
        "{type: object, dependentSchemas: {b: {required: [c]}}}",
        "{type: object}",
    ),
    "if": (
        "{type: object, if: {required: [b]}, then: {required: [c]}}",
        "{type: object}",
    ),
    "unevaluatedProperties": (
        "{type: object, properties: {b: {type: string}}, unevaluatedProperties: false}",
        "{type: object, properties: {b: {type: string}}}",
    ),
}


def held(operation: Operation, service: Operation) -> dict[str, Ruling]:
    """Return the rulings on *operation* where the double of *service* answers."""
    campaign = Double(operation, max_examples=10).campaign(lambda own: Service(service, own.clock))
    return {clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}


@pytest.mark.parametrize("keyword", CONSTRUCTS)
def test_a_construct_is_sent_judged_and_kept(tmp_path: Path, keyword: str) -> None:
    """Where it is kept nothing is red; where nobody minds it, its clause is, and no other of the member."""
    with_it, without = CONSTRUCTS[keyword]
    (tmp_path / "strict").mkdir()
    (tmp_path / "loose").mkdir()
    strict = operation_from(DOCUMENT.format(schema=with_it, shown=without), tmp_path / "strict")
    loose = operation_from(DOCUMENT.format(schema=without, shown=without), tmp_path / "loose")
    kept, broken = held(strict, strict), held(strict, loose)
    assert red(kept) == {}
    assert kept[f"request/a/{keyword}"].verdict is Verdict.KEPT
    assert {id for id in red(broken) if id.startswith("request/a/")} == {f"request/a/{keyword}"}
