"""What puts the resource back as it was? The update that writes what its first answer showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.bodies import OF_TEXTS
from pytest_confluent_contracts.cases.build import (
    judged_case,
    minimal_body,
    with_pins,
    with_values,
    writable_members,
)
from pytest_confluent_contracts.cases.samples import discriminated_schema, schema_text, validator_of
from pytest_confluent_contracts.model.media_types import WITH_MEMBERS, BodyKind
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.traffic import REDACTED, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.traffic import Case, RunContext

# What writes that nothing is there, where null is not allowed.
EMPTY_VALUES: tuple[Any, ...] = ("", [], {})


def shown_values(operation: Operation, answer: Any) -> dict[str, Any]:
    """Return what *answer* shows of the members that an update may write, by path.

    What it leaves out counts as empty; a merge patch removes it again (RFC 7396 1). What has no
    empty value is left out here, too.
    """
    answered = {member.path for member in operation.answer_members}
    found: dict[str, Any] = {}
    for member in writable_members(operation):
        if member.path in answered and not member.secret:
            value = value_at(answer, member.path)
            is_there = value is not ABSENT and value is not None
            was = value if is_there else _empty_value(operation, member)
            if was is not ABSENT:
                found[member.path] = was
    return found


def _empty_value(operation: Operation, member: Property) -> Any:
    """Return what writes that nothing is at *member*, `ABSENT` where nothing does.

    Null says it best, where the schema allows it; a form has no null.
    """
    if operation.request and operation.request.kind is BodyKind.MERGE_PATCH:
        return None
    is_form = operation.request is not None and operation.request.kind in OF_TEXTS
    validator = validator_of(schema_text(discriminated_schema(member.schema)))
    for empty in EMPTY_VALUES if is_form else (None, *EMPTY_VALUES):
        if validator.is_valid(empty):
            return empty
    return ABSENT


def restoring_update(operation: Operation, context: RunContext, was: Mapping[str, Any]) -> Case:
    """Return the update that writes *was*, by path."""
    body = with_pins(with_values(minimal_body(operation, context), was), context)
    return judged_case(Probe.EXAMPLES, "put back what was there", operation, context, body)


def unrestorable_paths(
    operation: Operation, context: RunContext, was: Mapping[str, Any]
) -> list[str]:
    """Return the paths of the members that cannot be put back.

    No answer showed them as they were, or their values were redacted.
    """
    lost = unseen_paths(operation, context)
    answered = {member.path for member in operation.answer_members}
    for member in writable_members(operation):
        is_shown = member.path in answered and not member.secret
        if is_shown and member.path not in {*was, *lost}:
            lost.append(member.path)
    for path, value in was.items():
        is_redacted = REDACTED in repr(value)
        if is_redacted and path not in context.pins and path not in lost:
            lost.append(path)
    return lost


def unseen_paths(operation: Operation, context: RunContext) -> list[str]:
    """Return the paths of the members whose first value no answer shows.

    These are secrets, and what even the smallest update must write; and all of a body that has no
    members of the resource (a file, a JSON Patch).
    """
    if operation.request and operation.request.kind not in WITH_MEMBERS:
        return ["what the body writes"]
    found: list[str] = []
    is_replaced = operation.method == "PUT"  # even the first answer shows what was put there
    for member in writable_members(operation):
        is_hidden = member.secret or member.required or is_replaced
        if is_hidden and member.path not in context.pins:
            found.append(member.path)
    return found
