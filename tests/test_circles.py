"""Are schemas that contain one another read on however many ways, and followed as deep as a body goes?"""

from __future__ import annotations

import json
from time import monotonic, process_time
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from exchanges import BROKEN, KEPT, make_case, make_exchange, operation_from, verdict
from services_of_circles import ROWS, TASK, WRONG
from small_services import read

from pytest_confluent_contracts import cases, clauses
from pytest_confluent_contracts.cases.plan import MOST_REQUESTS, make_plan
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Content, Operation

DOCUMENT = """\
openapi: {version}
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
  schemas: {schemas}
"""
SOON_S = 2
# How a member refers to a schema, in the version that takes it.
WAYS = {
    "reference": ("3.1.0", "{{$ref: '#/components/schemas/{}'}}"),
    "list": ("3.1.0", "{{type: array, items: {{$ref: '#/components/schemas/{}'}}}}"),
    "map": ("3.1.0", "{{type: object, additionalProperties: {{$ref: '#/components/schemas/{}'}}}}"),
    "sole part": ("3.0.3", "{{nullable: true, allOf: [{{$ref: '#/components/schemas/{}'}}]}}"),
    "choice": ("3.1.0", "{{anyOf: [{{type: string}}, {{$ref: '#/components/schemas/{}'}}]}}"),
}
[TASKS] = read(ROWS[0].path).operations


def circles(count: int, way: str, folder: Path) -> Operation:
    """Return an operation on the first of *count* schemas that all refer to one another in one *way*."""
    version, member = WAYS[way]
    schemas: list[str] = []
    names = [f"s{number}" for number in range(count)]
    for name in names:
        members = [f"{other}: {member.format(other)}" for other in names if other != name]
        listed = ", ".join(["size: {type: integer}", *members])
        schemas.append(f"    {name}: {{type: object, required: [size], properties: {{{listed}}}}}")
    text = DOCUMENT.format(
        version=version,
        schema="{$ref: '#/components/schemas/s0'}",
        schemas="\n" + "\n".join(schemas),
    )
    return operation_from(text, folder)


def body_of(operation: Operation) -> Content:
    """Return the request's body."""
    assert operation.request is not None
    return operation.request


def is_valid(operation: Operation, body: object) -> bool:
    """Return whether the request's schema allows *body*."""
    return bool(jsonschema_rs.Draft202012Validator(dict(body_of(operation).schema)).is_valid(body))


def levels_of(body: Any) -> int:
    """Return how many objects lie within one another in *body*."""
    if not isinstance(body, dict):
        return 0
    return 1 + max(map(levels_of, body.values()), default=0)


@pytest.mark.parametrize("count", [4, 6, 12, 25])
@pytest.mark.parametrize("way", WAYS)
def test_what_all_refers_to_one_another_is_read_soon(way: str, count: int, tmp_path: Path) -> None:
    """Its members are in proportion to those of the document, which has the square of *count*."""
    began = monotonic()
    operation = circles(count, way, tmp_path)
    assert monotonic() - began < SOON_S
    schema, members = body_of(operation).schema, body_of(operation).properties
    assert len(schema["$defs"]) == count
    assert len(members) <= 4 * count**2
    ids = [clause.id for clause in clauses.derive(operation)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("way", WAYS)
def test_it_is_judged_however_deep(way: str, tmp_path: Path) -> None:
    """The validator follows the references through each of the schemas."""
    operation = circles(6, way, tmp_path)
    for size in (1, "large"):
        body: Any = {"size": size}
        for number in (4, 3, 2, 1, 5, 2, 3, 4, 1):
            name = f"s{number}"
            held = {"list": [body], "map": {"any": body}}.get(way, body)
            body = {"size": 1, name: held}
        assert is_valid(operation, body) is (size == 1)
    if way == "sole part":
        assert is_valid(operation, {"size": 1, "s1": None})
        assert not is_valid(operation, {"size": 1, "s1": {"size": None}})


@pytest.mark.parametrize("way", WAYS)
def test_a_plan_of_it_is_made_soon(way: str, tmp_path: Path) -> None:
    """However many members there are, what is sent keeps within its number, and each probe has its share."""
    operation = circles(6, way, tmp_path)
    context = RunContext(operation.parameters, {}, {}, max_examples=5)
    began = process_time()
    plan = make_plan(operation, context)
    assert process_time() - began < SOON_S
    assert plan.size <= MOST_REQUESTS
    assert all(plan.of(probe).cases for probe in (Probe.VALID, Probe.BROKEN, Probe.MALFORMED))


def test_few_circles_are_written_out_as_ever(tmp_path: Path) -> None:
    """The members of three such schemas are told on every way, to the first repetition."""
    members = [member.path for member in body_of(circles(3, "reference", tmp_path)).properties]
    assert "s1.s0.s2.s1.size" in members
    assert len(members) == len(set(members)) == 465


def test_what_is_required_one_way_only_is_so_in_circles(tmp_path: Path) -> None:
    """A member that refers to a schema which is read-only is not required in a request."""
    names = ("a", "b", "c", "d")
    schemas: list[str] = []
    for name in names:
        members = ", ".join(
            f"{other}: {{$ref: '#/components/schemas/{other}'}}" for other in names if other != name
        )
        said = "readOnly: true, " if name == "d" else ""
        schemas.append(
            f"    {name}: {{type: object, {said}required: [d], properties: {{{members}}}}}"
        )
    text = DOCUMENT.format(
        version="3.1.0",
        schema="{$ref: '#/components/schemas/a'}",
        schemas="\n" + "\n".join(schemas),
    )
    operation = operation_from(text, tmp_path)
    assert is_valid(operation, {"b": {}})
    assert not [member.path for member in operation.request_members if member.required]
    assert next(one for one in operation.answer_members if one.path == "d").required


def test_what_asks_for_itself_and_others_ends(tmp_path: Path) -> None:
    """Among many circles, one without a member in between runs no validator in it."""
    names = ("a", "b", "c", "d", "e")
    schemas: list[str] = []
    for name in names:
        others = [f"{{$ref: '#/components/schemas/{other}'}}" for other in names if other != name]
        members = ", ".join(f"m{index}: {other}" for index, other in enumerate(others))
        schemas.append(
            f"    {name}: {{type: object, anyOf: [{', '.join(others)}], properties: {{{members}}}}}"
        )
    text = DOCUMENT.format(
        version="3.1.0",
        schema="{$ref: '#/components/schemas/a'}",
        schemas="\n" + "\n".join(schemas[:3]) + "\n" + "\n".join(schemas[3:]),
    )
    operation = operation_from(text, tmp_path)
    assert is_valid(operation, {"m0": {"m1": {}}})
    assert not is_valid(operation, "text")


# --- each follows --------------------------------------------------------------------------------------------------


def test_the_judge_follows_three_levels() -> None:
    """What is wrong three objects deep is told of the member that leads there."""
    right = make_exchange(make_case(TASKS, TASK), 200, TASK)
    wrong = make_exchange(make_case(TASKS, TASK), 200, WRONG)
    assert verdict(TASKS, "200/body/owner.team", right) == KEPT
    assert verdict(TASKS, "200/body/owner.team", wrong) == BROKEN
    assert verdict(TASKS, "200/body/place.floor", wrong) == KEPT


def test_the_generator_follows_three_levels() -> None:
    """Allowed bodies have four objects within one another, and broken ones break the third."""
    context = RunContext((("id", "t-1"),), {}, {}, max_examples=8)
    sent = [
        case for case in cases.of(Probe.VALID, TASKS, context) if case.expect is Expect.ACCEPTED
    ]
    assert max(levels_of(json.loads(case.body or b"null")) for case in sent) >= 4
    refused = [case for case in cases.of(Probe.BROKEN, TASKS, context) if case.violations]
    assert {case.violations[0].pointer.count("/") for case in refused} >= {1, 2, 3}


def test_the_double_follows_three_levels() -> None:
    """It shows what the schemas require, level after level, and refuses what is wrong deep within."""
    campaign = Double(TASKS, max_examples=8).campaign()
    for probe in (Probe.VALID, Probe.BROKEN):
        campaign.run(probe)
    shown = [json.loads(one.text) for one in campaign.history if one.status == 200]
    assert max(map(levels_of, shown)) >= 4
    deep = [
        one.status
        for one in campaign.history
        if one.case.violations and one.case.violations[0].pointer.count("/") >= 3
    ]
    assert deep
    assert set(deep) == {400}
