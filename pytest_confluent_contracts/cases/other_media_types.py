"""Which other bodies may a request have? One of each media type, and operations of a JSON Patch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    fresh_body,
    judged_case,
    minimal_body,
    violations,
)
from pytest_confluent_contracts.model.media_types import BodyKind, essence
from pytest_confluent_contracts.model.paths import ABSENT, has_items, pointer_of, steps_of
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation

MOST_PATCHED = 3  # members that operations of a JSON Patch are tried on


def other_media_type_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return valid bodies in each other media type of the request, and JSON Patches."""
    found: list[Case] = []
    for content in operation.other_requests:
        variant = replace(operation, request=content, other_requests=())
        name = essence(content.media_type)
        for one in _valid_cases(variant, context, name):
            subject = Subject(SubjectKind.MEDIA_TYPE, name)
            found.append(replace(one, operation=operation, subject=subject))
        found += [replace(one, operation=operation) for one in patching_cases(variant, context)]
    return [*found, *patching_cases(operation, context)]


def _valid_cases(variant: Operation, context: RunContext, name: str) -> Iterator[Case]:
    bodies = {
        f"the smallest update as {name}": minimal_body(variant, context),
        f"new values as {name}": fresh_body(variant, context, "other"),
    }
    for title, body in bodies.items():
        one = judged_case(Probe.VALID, title, variant, context, body)
        if one.expect is Expect.ACCEPTED:
            yield one


def patching_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return operations of a JSON Patch, of which each may fail for what is there (RFC 5789 2.2).

    Whatever is answered to them, no service may fail over them.
    """
    content = operation.request
    if content is None or content.kind is not BodyKind.JSON_PATCH:
        return []
    found: list[Case] = []
    for title, body in _patches(operation):
        if not violations(operation, body):
            one = judged_case(Probe.VALID, title, operation, context, body)
            subject = Subject(SubjectKind.PATCH_PATH)
            found.append(replace(one, expect=Expect.ANY, value=ABSENT, subject=subject))
    return found


def _patches(operation: Operation) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield patches of texts that an answer shows, and of a member that is not there."""
    texts = [
        member.path
        for member in operation.answer_members
        if member.schema.get("type") == "string" and not member.read_only
    ]
    for path in [one for one in texts if not has_items(one)][:MOST_PATCHED]:
        pointer = pointer_of(str(step) for step in steps_of(path))
        for name in ("add", "replace"):
            patch = {"op": name, "path": pointer, "value": f"contract {name}"}
            yield f"a patch: {name} {pointer}", [patch]
    gone = "/x-contract-not-there"
    yield "a patch of what is not there", [{"op": "remove", "path": gone}]
    yield "a patch that tests in vain", [{"op": "test", "path": gone, "value": "contract"}]
