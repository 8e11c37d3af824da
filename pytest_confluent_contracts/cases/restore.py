"""What puts the resource back as it was? The update that writes what its first answer showed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import judged, minimal, pinned, types_of, writable
from pytest_confluent_contracts.model.paths import ABSENT, value_at, with_value
from pytest_confluent_contracts.model.traffic import REDACTED, Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext


def shown(operation: Operation, answer: Any) -> dict[str, Any]:
    """Return what *answer* shows of the members that an update may write; what it leaves out counts as empty."""
    content = operation.success.content if operation.success else None
    answered = {member.path for member in content.properties} if content else set()
    found: dict[str, Any] = {}
    for member in writable(operation):
        if member.path in answered and not member.secret:
            empty: Any = [] if types_of(member.schema) == ["array"] else ""
            value = value_at(answer, member.path)
            found[member.path] = empty if value in (ABSENT, None) else value
    return found


def restoring(operation: Operation, context: RunContext, was: Mapping[str, Any]) -> Case:
    """Return the update that writes *was*, by path."""
    body = minimal(operation, context)
    for path, value in was.items():
        body = with_value(body, path, value)
    return judged(
        Probe.EXAMPLES, "put back what was there", operation, context, pinned(body, context)
    )


def beyond(operation: Operation, context: RunContext, was: Mapping[str, Any]) -> list[str]:
    """Return the members that cannot be put back: those that no answer showed as they were, and values that were redacted."""
    lost = unseen(operation, context)
    redacted = [
        path for path, value in was.items() if path not in context.pins and REDACTED in repr(value)
    ]
    return lost + [path for path in redacted if path not in lost]


def unseen(operation: Operation, context: RunContext) -> list[str]:
    """Return the members whose first value no answer shows: secrets, and what even the smallest update must write."""
    free = (member for member in writable(operation) if member.path not in context.pins)
    return [member.path for member in free if member.secret or member.required]
