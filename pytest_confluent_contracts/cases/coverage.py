"""What does schemathesis know of this schema? Its coverage cases, as a second source.

They come through the one adapter (`strategies`), where they are not known from before.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    distinct_cases,
    judged_case,
    made_up_secret,
    path_at_fault,
    sendable_members,
    with_pins,
)
from pytest_confluent_contracts.cases.kept_draws import once_drawn
from pytest_confluent_contracts.cases.negative import listed_cases
from pytest_confluent_contracts.cases.samples import discriminated_schema
from pytest_confluent_contracts.model.media_types import IN_JSON
from pytest_confluent_contracts.model.paths import value_at, value_at_pointer, with_value
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.traffic import Case, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Content, Operation

# Bodies of a schema that contains itself: the first hold a wrong value at each of its first places,
# those behind go ever deeper, and each of them takes longer to make.
MOST_OF_CIRCLES = 60
MOST_REMEMBERED = 64  # operations: who plans one for several services asks schemathesis once


def coverage_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return what schemathesis' coverage phase adds.

    These are bodies that are allowed, and bodies that are wrong in one way that the listed broken
    ones are not.
    """
    request = operation.request
    if request is None or request.kind not in IN_JSON or not context.made_up:
        return []
    known = {ways_wrong(case) for case in listed_cases(operation, context)}
    added: list[Case] = []
    for index, body in enumerate(_readable_bodies(operation)):
        sent = _unmistakable(body, index, operation, context)
        title = "a coverage body of schemathesis"
        one = judged_case(Probe.COVERAGE, title, operation, context, sent)
        is_new = len(one.violations) == 1 and ways_wrong(one) not in known
        if is_new or not one.violations:
            added.append(one)
    return distinct_cases(added)


@remembered(MOST_REMEMBERED)
def _readable_bodies(operation: Operation) -> list[Any]:
    """Return the bodies of schemathesis, none where it cannot read the schema.

    It goes every way through what contains itself; of those bodies the first ones are taken.
    """
    request = operation.request
    assert request is not None
    most = MOST_OF_CIRCLES if "$defs" in request.schema else None
    schema = schema_sent(request)

    def draw() -> list[Any]:
        from pytest_confluent_contracts.cases.strategies import coverage_bodies

        return coverage_bodies(schema, operation, most)

    sent = [operation.id, operation.method, request.media_type, request.required]
    # A text, for what hangs on its order too: the keys of JSON would be the same in any.
    question = [json.dumps(schema, default=str), *sent, most]
    return once_drawn("coverage of schemathesis", question, draw)


def ways_wrong(case: Case) -> tuple[object, ...]:
    """Return in which ways the body is wrong: keyword, place, and the type of the value there."""
    ways: list[object] = []
    for violation in case.violations:
        kind = type(value_at_pointer(case.value, violation.pointer))
        path = path_at_fault(violation, case.value)
        ways.append((violation.keyword, violation.missing, path, kind))
    return tuple(ways)


def _unmistakable(body: Any, index: int, operation: Operation, context: RunContext) -> Any:
    """Return *body* with constants, pins, and secrets of its own.

    A secret cannot be mistaken for another of its values.
    """
    if not isinstance(body, dict):
        return body
    constants: dict[str, Any] = {}
    sent: Any = body
    for member in sendable_members(operation):
        if member.secret and isinstance(value_at(sent, member.path), str):
            secret = made_up_secret(context, f"coverage/{index}")
            sent = with_value(sent, member.path, secret)
        if _is_constant(member.schema):
            constants[member.path] = member.schema["enum"][0]
    return with_pins(sent, replace(context, pins=constants | dict(context.pins)))


def schema_sent(request: Content) -> dict[str, Any]:
    """Return the schema of what is sent of the body of *request*, as schemathesis is told it."""
    return _sendable_schema(discriminated_schema(request.schema))


def _sendable_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* without what is not written, and without constants.

    Half of the time would go into the opposite of constants.
    """
    properties = schema.get("properties", {})
    kept: dict[str, Any] = {}
    for name, member in properties.items():
        if not (member.get("readOnly") or _is_constant(member)):
            kept[name] = _sendable_schema(member)
    if not kept:
        return dict(schema)
    left_out = properties.keys() - kept.keys()
    required = [name for name in schema.get("required", ()) if name not in left_out]
    return {**schema, "properties": kept, "required": required}


def _is_constant(schema: Mapping[str, Any]) -> bool:
    return len(schema.get("enum", "ab")) == 1
