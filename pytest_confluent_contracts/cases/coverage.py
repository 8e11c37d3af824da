"""What does schemathesis know of this schema? Its coverage cases as a second source, behind this one adapter.

Passive: its generators are read, its transport and its checks are never touched. The drivers are internal to
schemathesis and move between minors; a test holds this adapter against the installed version.
"""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hypothesis.internal import charmap
from hypothesis.internal.intervalsets import IntervalSet

from pytest_confluent_contracts.cases import negative
from pytest_confluent_contracts.cases.build import (
    distinct,
    judged,
    members,
    path_at_fault,
    pinned,
    token,
)
from pytest_confluent_contracts.model.paths import value_at, value_at_pointer, with_value
from pytest_confluent_contracts.model.traffic import Case, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation

# What Hypothesis finds out for UTF-8 by trying each code point, in a second and 200 MB, in every fresh checkout.
UTF_8 = IntervalSet(((0, 0xD7FF), (0xE000, sys.maxunicode)))
TOLD_AS = {
    IntervalSet: UTF_8,
    tuple[IntervalSet, IntervalSet]: (UTF_8, IntervalSet(())),
}  # by its version


def bodies(operation: Operation, context: RunContext) -> list[Case]:
    """Return what schemathesis' coverage phase adds: bodies that are wrong in a way of their own, or allowed."""
    if operation.request is None or not context.made_up:
        return []
    known = {_wrong(case) for case in negative.listed(operation, context)}
    made = (
        judged(
            Probe.COVERAGE,
            "a coverage body of schemathesis",
            operation,
            context,
            _told_apart(body, index, operation, context),
        )
        for index, body in enumerate(_bodies(operation))
    )
    return distinct(
        one
        for one in made
        if len(one.violations) < 2 and (not one.violations or _wrong(one) not in known)
    )


def _wrong(case: Case) -> tuple[object, ...]:
    """Return in which way the body is wrong: keyword, place, and the type of the value there."""
    ways: list[object] = []
    for violation in case.violations:
        kind = type(value_at_pointer(case.value, violation.pointer))
        path = path_at_fault(violation, case.value)
        ways.append((violation.keyword, violation.missing, path, kind))
    return tuple(ways)


def _told_apart(body: Any, index: int, operation: Operation, context: RunContext) -> Any:
    """Return *body* with constants, pins, and secrets that cannot be mistaken for another of its values."""
    for member in members(operation):
        if member.secret and isinstance(value_at(body, member.path), str):
            body = with_value(body, member.path, token(context, f"coverage/{index}"))
    constants = {
        member.path: member.schema["enum"][0]
        for member in members(operation)
        if _constant(member.schema)
    }
    return (
        pinned(body, replace(context, pins=constants | dict(context.pins)))
        if isinstance(body, dict)
        else body
    )


def _bodies(operation: Operation) -> Iterator[Any]:
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.config import SchemathesisConfig

    # An explicit config: without one schemathesis reads the schemathesis.toml of whoever runs the gate.
    schema = schemathesis.openapi.from_dict(_document(operation), config=SchemathesisConfig())
    told = schema["/"]["patch"]
    generation = told.schema.config.generation
    with _characters_known():
        cases = schema.iter_coverage_cases(
            told, generation_modes=list(GenerationMode), generation_config=generation
        )
        for case in cases:
            if case.method == "PATCH" and isinstance(
                case.body, dict | list | str | int | float | bool | None
            ):
                yield case.body


@contextmanager
def _characters_known() -> Iterator[None]:
    """Tell Hypothesis which characters UTF-8 has, where it wants to know it in a form that is known; else it finds out."""
    wanted = inspect.signature(charmap.intervals_from_codec).return_annotation
    if wanted not in TOLD_AS:
        yield
        return
    with patch.object(charmap, "intervals_from_codec", lambda _: TOLD_AS[wanted]):
        yield


def _document(operation: Operation) -> dict[str, Any]:
    """Return a document of the request body alone, of what an update may send: for the rest nothing need be drawn."""
    assert operation.request is not None
    content = {operation.request.media_type: {"schema": _sendable(operation.request.schema)}}
    body = {"required": operation.request.required, "content": content}
    told = {"requestBody": body, "responses": {"200": {"description": ""}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": operation.id, "version": "1"},
        "paths": {"/": {"patch": told}},
    }


def _sendable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* without what is not written, and without constants: half of the time would go into their opposite."""
    properties = schema.get("properties", {})
    kept = {
        name: _sendable(one)
        for name, one in properties.items()
        if not (one.get("readOnly") or _constant(one))
    }
    required = [
        name for name in schema.get("required", ()) if name in kept or name not in properties
    ]
    return {**schema, "properties": kept, "required": required} if kept else dict(schema)


def _constant(schema: Mapping[str, Any]) -> bool:
    return len(schema.get("enum", "ab")) == 1
