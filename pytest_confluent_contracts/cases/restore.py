"""What puts the resource back as it was? The update that writes what its first answer showed."""

from __future__ import annotations

import re
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
# What stands in the place of characters that nobody shall see: writing that back would lose them.
MASKED = re.compile(r"\*{3}|\u2022{3}|\u2026|\.{3}")


def shown_values(
    operation: Operation, answer: Any, read: Operation | None = None
) -> dict[str, Any]:
    """Return what *answer* shows of the members that an update may write, by path.

    It is the answer of *read*, where that is given, else of the update itself. What it leaves out
    counts as empty; a merge patch removes it again (RFC 7396 1), a PUT leaves it out, too. What has
    no empty value is left out here, and so is what a read shows masked.
    """
    answered = {member.path for member in (read or operation).answer_members}
    found: dict[str, Any] = {}
    for member in writable_members(operation):
        if member.path not in answered or member.secret:
            continue
        was = value_at(answer, member.path)
        if was is ABSENT or was is None:
            was = _value_of_nothing(operation, member)
        if was is not ABSENT and not (read and _is_masked(was)):
            found[member.path] = was
    return found


def _is_masked(value: Any) -> bool:
    return isinstance(value, str) and MASKED.search(value) is not None


def _value_of_nothing(operation: Operation, member: Property) -> Any:
    """Return what writes that nothing is at *member*: a PUT leaves it out."""
    return ABSENT if operation.method == "PUT" else _empty_value(operation, member)


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
    operation: Operation,
    context: RunContext,
    was: Mapping[str, Any],
    read: Operation | None = None,
) -> list[str]:
    """Return the paths of the members that cannot be put back.

    No answer showed them as they were, that of *read* before the first update included, or their
    values were redacted.
    """
    lost = unseen_paths(operation, context, read)
    answered = {member.path for member in (read or operation).answer_members}
    for member in writable_members(operation):
        is_shown = member.path in answered and not member.secret
        # What a PUT leaves out is gone again; what a read leaves out was not there.
        may_lack = operation.method == "PUT" and not member.required
        if is_shown and not may_lack and member.path not in {*was, *lost}:
            lost.append(member.path)
    for path, value in was.items():
        is_redacted = REDACTED in repr(value)
        if is_redacted and path not in context.pins and path not in lost:
            lost.append(path)
    return lost


def unseen_paths(
    operation: Operation, context: RunContext, read: Operation | None = None
) -> list[str]:
    """Return the paths of the members whose first value no answer shows.

    These are secrets, and what even the smallest update must write, unless *read* shows it before;
    and all of a body that has no members of the resource (a file, a JSON Patch).
    """
    if operation.request and operation.request.kind not in WITH_MEMBERS:
        return ["what the body writes"]
    read_before = {member.path for member in read.answer_members} if read else set()
    found: list[str] = []
    is_replaced = operation.method == "PUT"  # even the first answer shows what was put there
    for member in writable_members(operation):
        is_written = (member.required or is_replaced) and member.path not in read_before
        if (member.secret or is_written) and member.path not in context.pins:
            found.append(member.path)
    return found
