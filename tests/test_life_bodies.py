"""Which bodies does the life of a resource send? Such as tell what is kept of what is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.life import LONGEST, SECOND, LifeCases
from pytest_confluent_contracts.cases.sequences import Kind, Move, SequenceCases
from pytest_confluent_contracts.model.conditions import IF_CURRENT, IF_STALE
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

SITE = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "name": {"type": "string", "maxLength": 40},
        "contact": {
            "type": "object",
            "required": ["email"],
            "properties": {"email": {"type": "string"}, "phone": {"type": "string"}},
        },
        "tags": {
            "type": "array",
            "default": [],
            "items": {"type": "string", "pattern": "^[a-z]{1,12}$"},
        },
    },
}
CONTENT = {"application/json": {"schema": SITE}}
SHOWN = {"200": {"description": "It.", "content": CONTENT}}
REFUSED = {"428": {"description": "On which?"}}
TAGGED = {"200": {**SHOWN["200"], "headers": {"ETag": {"schema": {"type": "string"}}}}}
ONE = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def site_cases(
    kind: type[LifeCases], folder: Path, refused: dict[str, Any] | None = None
) -> LifeCases:
    """Return what makes the requests about a site: its PUT may ask for a condition."""
    body = {"required": True, "content": CONTENT}
    made = {"201": {**SHOWN["200"]}}
    told = {
        "openapi": "3.1.0",
        "info": {"title": "Sites", "version": "1"},
        "paths": {
            "/sites": {"post": {"operationId": "make", "requestBody": body, "responses": made}},
            "/sites/{id}": {
                "parameters": [ONE],
                "get": {"operationId": "read", "responses": TAGGED},
                "put": {
                    "operationId": "put",
                    "requestBody": body,
                    "responses": {**SHOWN, **(refused or {})},
                },
                "delete": {"operationId": "end", "responses": {"204": {"description": "Gone."}}},
            },
        },
    }
    path = folder / "sites.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    document = documents.read_document(path)
    [resource] = document.resources
    known = {one.id: one for one in document.operations}
    operations = {role: known[id] for role, id in resource.roles if id in known}

    def context_of(operation: Operation) -> RunContext:
        return RunContext(operation.parameters, {}, {})

    return kind(resource, operations, context_of)


def test_replacements_leave_out_one_member_and_then_all_that_may_be(tmp_path: Path) -> None:
    """What is there is left out with all that is in it, after a replacement has been done."""
    cases = site_cases(LifeCases, tmp_path)
    steps = [step.case for step in cases.steps(creates=True) if step.about == SECOND]
    full, less, least = [one.value for one in steps if one.subject.name == "replace"]
    assert set(full) == {"name", "contact", "tags"}
    assert set(less) == {"name", "contact", "tags"}
    assert set(less["contact"]) == {"email"}
    assert set(least) == {"name"}


def test_one_is_made_and_replaced_whose_texts_are_as_long_as_they_may_be(tmp_path: Path) -> None:
    """Where nobody says how long, longer than a column often is; read and listed after each."""
    steps = site_cases(LifeCases, tmp_path).steps(creates=True)
    own = [step for step in steps if LONGEST in (step.creates, step.about)]
    names = ["create", "read", "read", "replace", "read", "read"]
    assert [step.case.subject.name for step in own] == names
    made, written = (one.case.value for one in own if one.case.value is not ABSENT)
    for body in (made, written):
        lengths = len(body["name"]), len(body["contact"]["email"]), len(body["tags"][0])
        assert lengths == (40, 300, 12)
    assert made["name"] != written["name"]


@pytest.mark.parametrize("refused", [None, REFUSED])
def test_replacements_of_sequences_leave_out_what_may_be(
    tmp_path: Path, refused: dict[str, Any] | None
) -> None:
    """On the tag of now, too, where a replacement without one is refused."""
    cases = site_cases(SequenceCases, tmp_path, refused)
    assert isinstance(cases, SequenceCases)
    moves = [Move(Kind.CREATE, "first", "a")]
    moves += [Move(Kind.REPLACE, "first", "b")]
    moves += [Move(Kind.REPLACE_LESS, "first", label) for label in ("c", "dd")]
    steps = [step for _, own in cases.steps_of(moves) for step in own]
    written = [one for one in steps if one.case.operation.role is Role.REPLACE]
    members = [set(one.case.value) for one in written]
    assert members == [{"name", "contact", "tags"}, {"name"}, {"name", "contact", "tags"}]
    assert set(written[2].case.value["contact"]) == {"email"}
    assert all((one.condition is not None) is bool(refused) for one in written)


def test_what_was_there_before_is_asked_on_conditions_and_never_deleted(tmp_path: Path) -> None:
    """Where the run makes none, two writers with one tag are tried on the one that it was given."""
    steps = site_cases(LifeCases, tmp_path, REFUSED).steps(creates=False)
    conditions = {step.case.subject.name for step in steps if step.condition is not None}
    assert {IF_CURRENT, IF_STALE} <= conditions
    assert Role.DELETE not in {step.case.operation.role for step in steps}
