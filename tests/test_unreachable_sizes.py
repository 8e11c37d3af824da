"""What is sent where a document sets bounds that no request reaches, or nests lists in lists?

Generators write the largest number that they know where nobody has set a bound. What is sent must fit into memory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import operation_from

from pytest_confluent_contracts.cases.generated import allowed_bodies
from pytest_confluent_contracts.cases.negative import broken_cases, wrong_values
from pytest_confluent_contracts.cases.parameter_trials import broken_values
from pytest_confluent_contracts.cases.samples import sample_of
from pytest_confluent_contracts.cases.valid import allowed_cases
from pytest_confluent_contracts.double.samples import allowed_value
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

LARGEST = 2**31 - 1
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
KEYWORDS: dict[str, dict[str, Any]] = {
    "maxLength": {"type": "string"},
    "maxItems": TEXTS,
    "maxProperties": {"type": "object", "additionalProperties": {"type": "string"}},
}
FEWEST = {"minLength": "maxLength", "minItems": "maxItems", "minProperties": "maxProperties"}
NOTHING = {"type": "object", "properties": {"of": {"oneOf": [{"enum": []}]}}, "required": ["of"]}


def updates(
    tmp_path: Path, members: dict[str, Any], *queries: dict[str, Any]
) -> tuple[Operation, RunContext]:
    """Return an update whose body has *members*, with *queries*, and a run against it."""
    schema = {"type": "object", "properties": members}
    body = {"content": {"application/json": {"schema": schema}}}
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    update = {
        "parameters": [path, *queries],
        "requestBody": body,
        "responses": {"200": {"description": ""}},
    }
    text = {
        "openapi": "3.1.0",
        "info": {"title": "sizes", "version": "1"},
        "paths": {"/things/{id}": {"patch": update}},
    }
    operation = operation_from(json.dumps(text), tmp_path)
    return operation, RunContext(operation.parameters, {}, {}, max_examples=20)


def sizes_of(values: Any) -> list[int]:
    """Return the sizes of those of *values* that have one."""
    return [len(value) for value in values if isinstance(value, str | list | dict)]


@pytest.mark.parametrize(("keyword", "schema"), KEYWORDS.items())
def test_a_bound_that_can_be_reached_is_broken(keyword: str, schema: dict[str, Any]) -> None:
    """By one part too many."""
    assert 21 in sizes_of(wrong_values({**schema, keyword: 20}))


@pytest.mark.parametrize(("keyword", "schema"), KEYWORDS.items())
def test_one_that_cannot_be_reached_is_not(keyword: str, schema: dict[str, Any]) -> None:
    """Nothing of its size is made."""
    assert max(sizes_of(wrong_values({**schema, keyword: LARGEST}))) < 100


def test_typed_items_are_bound_likewise() -> None:
    """A list of numbers is put together item by item."""
    assert 21 in sizes_of(wrong_values({**NUMBERS, "maxItems": 20}))
    assert max(sizes_of(wrong_values({**NUMBERS, "maxItems": LARGEST}))) < 100


@pytest.mark.parametrize(("bound", "is_broken"), [(20, True), (LARGEST, False)])
@pytest.mark.parametrize("keyword", ["maxLength", "maxItems"])
def test_a_parameter_is_bound_likewise(
    tmp_path: Path, keyword: str, bound: int, is_broken: bool
) -> None:
    """In a query, too, the rule is broken where it can be."""
    schema = {**KEYWORDS[keyword], keyword: bound}
    operation, _ = updates(tmp_path, {}, {"name": "q", "in": "query", "schema": schema})
    (parameter,) = operation.other_parameters
    assert (keyword in broken_values(parameter)) == is_broken


def test_allowed_bodies_fit_into_memory(tmp_path: Path) -> None:
    """Where the bound can be reached, one of that size is sent."""
    members = {"ids": {**TEXTS, "maxItems": LARGEST}, "name": {"type": "string", "maxLength": 300}}
    operation, context = updates(tmp_path, members)
    sent = [case.value for case in allowed_cases(operation, context)]
    assert 300 in {len(body.get("name", "")) for body in sent}
    assert max(len(body.get("ids", [])) for body in sent) < 10_000
    assert broken_cases(operation, context)


@pytest.mark.parametrize(("fewest", "most"), FEWEST.items())
def test_what_no_memory_holds_has_no_sample(fewest: str, most: str) -> None:
    """Neither for the gate nor for the embedded service; of twenty parts there is one."""
    schema = KEYWORDS[most]
    assert (
        len(sample_of({**schema, fewest: 20})) == len(allowed_value({**schema, fewest: 20})) == 20
    )
    assert sample_of({**schema, fewest: LARGEST}) is ABSENT
    assert allowed_value({**schema, fewest: LARGEST}) is ABSENT


def test_a_list_of_what_nothing_satisfies_is_drawn_empty(tmp_path: Path) -> None:
    """As is a map; the other members are drawn as they are."""
    members = {
        "none": {"type": "array", "items": NOTHING},
        "nobody": {"type": "object", "additionalProperties": NOTHING},
        "some": {"type": "array", "items": {"type": "boolean"}},
    }
    drawn = allowed_bodies(*updates(tmp_path, members))
    assert len(drawn) == 20
    assert {len(body.get(name, ())) for body in drawn for name in ("none", "nobody")} == {0}
    assert any(body.get("some") for body in drawn)


def test_lists_in_lists_stay_small_enough_to_draw(tmp_path: Path) -> None:
    """A list alone is drawn as long as ever."""
    schema: dict[str, Any] = {"type": "boolean"}
    for _ in range(8):
        schema = {"type": "array", "items": schema}
    alone = {"type": "array", "items": {"type": "boolean"}}
    drawn = allowed_bodies(*updates(tmp_path, {"deep": schema, "alone": alone}))
    assert max(len(json.dumps(body.get("deep"))) for body in drawn) < 1_000
    assert max(len(body.get("alone", ())) for body in drawn) > 4
