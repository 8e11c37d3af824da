"""What do schemas that contain themselves, closed parts and one-way members mean once they are read?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from exchanges import BROKEN, KEPT, clause_of, make_case, make_exchange, operation_from, verdict
from judging import red, warned

from pytest_confluent_contracts import cases, clauses
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.schema_merging import contradiction, merged_schemas
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Content, Operation

DOCUMENT = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things/{{id}}:
    patch:
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}
      responses:
        '200': {{description: The thing., content: {{application/json: {{schema: {schema}}}}}}}
        '400': {{description: Wrong.}}
        '404': {{description: No such thing.}}
components:
  schemas:
    Node:
      type: object
      required: [name]
      properties: {{name: {{type: string}}, child: {{$ref: '#/components/schemas/Node'}}}}
    Own: {{allOf: [{{$ref: '#/components/schemas/Own'}}], type: object}}
    Base:
      type: object
      oneOf: [{{$ref: '#/components/schemas/Sub'}}]
    Sub: {{allOf: [{{$ref: '#/components/schemas/Base'}}], properties: {{a: {{type: string}}}}}}
"""
CLOSED = (
    "{allOf: [{type: object, properties: {a: {type: string}}, required: [a], additionalProperties: false},"
    " {type: object, properties: {b: {type: string}}, required: [b], additionalProperties: false}]}"
)


def with_schema(schema: str, folder: Path) -> Operation:
    """Return the operation whose request and answer have *schema*."""
    return operation_from(DOCUMENT.format(schema=schema), folder)


def request_of(operation: Operation) -> Content:
    """Return the request's body."""
    assert operation.request is not None
    return operation.request


def is_valid(operation: Operation, body: object) -> bool:
    """Return whether the validator of the request's schema allows *body*."""
    schema = dict(request_of(operation).schema)
    return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(body))


def test_what_contains_itself_is_judged_however_deep(tmp_path: Path) -> None:
    """The validator follows the reference; the members are told down to the first repetition."""
    operation = with_schema("{$ref: '#/components/schemas/Node'}", tmp_path)
    deep: object = {"name": 7}
    for _ in range(20):
        deep = {"name": "a", "child": deep}
    assert not is_valid(operation, deep)
    paths = [member.path for member in operation.request_members]
    assert paths == ["name", "child", "child.name", "child.child"]
    answered = make_exchange(make_case(operation, {"name": "a"}), 200, deep)
    assert verdict(operation, "200/body/child.child", answered) == BROKEN
    right = make_exchange(make_case(operation, {"name": "a"}), 200, {"name": "a"})
    assert verdict(operation, "200/body/name", right) == KEPT


def test_what_contains_itself_is_sent_and_refused_however_deep(tmp_path: Path) -> None:
    """Bodies of several levels are sent, right ones and wrong ones, and the double minds each level."""
    operation = with_schema("{$ref: '#/components/schemas/Node'}", tmp_path)
    context = RunContext((("id", "t-1"),), {}, {}, max_examples=10)
    refused = [case for case in cases.of(Probe.BROKEN, operation, context) if case.violations]
    assert {case.violations[0].pointer.count("/child") for case in refused} >= {0, 1, 2}
    campaign = Double(operation, max_examples=10).campaign()
    assert red({clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}) == {}


@pytest.mark.parametrize("name", ["Own", "Base"])
def test_what_asks_for_itself_asks_for_nothing_more(name: str, tmp_path: Path) -> None:
    """A circle without a member in between ends: no validator runs in it."""
    operation = with_schema(f"{{$ref: '#/components/schemas/{name}'}}", tmp_path)
    assert is_valid(operation, {"a": "b"})
    assert not is_valid(operation, "text")


# --- closed parts --------------------------------------------------------------------------------------------------


def test_a_closed_part_forbids_what_others_name() -> None:
    """As JSON Schema has it: each part is held to by itself."""
    one = {"properties": {"a": {}}, "additionalProperties": False}
    merged = merged_schemas(one, {"properties": {"a": {"type": "string"}, "b": {}}})
    assert merged["properties"] == {"a": {"type": "string"}, "b": {"not": {}}}
    typed = {"properties": {"a": {}}, "additionalProperties": {"type": "string"}}
    assert merged_schemas(typed, {"properties": {"b": {}}})["properties"]["b"] == {"type": "string"}
    matched = {"patternProperties": {"^b": {}}, "additionalProperties": False}
    assert merged_schemas(matched, {"properties": {"b": {}}})["properties"]["b"] == {}


def test_a_closed_part_that_nothing_can_satisfy_is_told_of_the_document(tmp_path: Path) -> None:
    """As a warning, with its line; the parts are then read as if they knew of one another."""
    operation = with_schema(CLOSED, tmp_path)
    for id in ("document/schema/request/body", "document/schema/200/body"):
        clause = clause_of(operation, id)
        assert clause.level is Level.SHOULD
        assert clause.place.line > 1
        assert [bool(one.finding) for one in clause.judge([])] == [True]
    assert is_valid(operation, {"a": "1", "b": "2"})
    campaign = Double(operation, max_examples=10).campaign()
    rulings = {clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}
    assert red(rulings) == {}
    assert warned(rulings) == {"document/schema/request/body", "document/schema/200/body"}


def test_of_what_nothing_satisfies_no_body_is_sent_and_nobody_is_blamed(tmp_path: Path) -> None:
    """The clauses on requests say that no body is known."""
    text = DOCUMENT.format(schema="{allOf: [{type: string}, {type: integer}]}")
    text = text.replace("content: {application/json: {schema: {allOf", "x-not: {a: {b: {allOf")
    text = text.replace(
        "requestBody: {x-not: {a: {b:", "requestBody: {content: {application/json: {schema:"
    )
    operation = operation_from(text, tmp_path)
    context = RunContext((("id", "t-1"),), {}, {}, max_examples=10)
    sent = [case.expect for case in cases.of(Probe.VALID, operation, context)]
    assert Expect.ACCEPTED not in sent
    campaign = Double(operation, max_examples=10).campaign()
    rulings = {clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}
    assert red(rulings) == {}
    missing = rulings["request/accepted"].missing
    assert missing is not None
    assert missing.kind == "no valid body is known"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"minimum": 3, "maximum": 2}, "minimum 3 is above maximum 2"),
        ({"minItems": 3, "maxItems": 2}, "minItems 3 is above maxItems 2"),
        ({"enum": []}, "no value of enum is allowed by every part"),
        ({"required": ["a"], "properties": {"a": {"not": {}}}}, "a is required"),
        ({"properties": {"a": {"not": {}}}}, ""),
        ({"minimum": 2, "maximum": 2}, ""),
    ],
)
def test_a_contradiction_is_seen(schema: dict[str, object], told: str) -> None:
    """And nothing is called one that can be satisfied."""
    assert contradiction(schema).startswith(told)
    assert bool(contradiction(schema)) is bool(told)


# --- one way -------------------------------------------------------------------------------------------------------


def test_one_way_members_are_required_in_their_own_direction(tmp_path: Path) -> None:
    """Read-only ones in answers, write-only ones in requests."""
    schema = (
        "{type: object, required: [a, r, w], properties:"
        " {a: {type: string}, r: {type: string, readOnly: true}, w: {type: string, writeOnly: true}}}"
    )
    operation = with_schema(schema, tmp_path)
    assert request_of(operation).schema["required"] == ["a", "w"]
    assert [m.path for m in operation.request_members if m.required] == ["a", "w"]
    assert [m.path for m in operation.answer_members if m.required] == ["a", "r"]
