"""Which updates does a run start from and come back to? The smallest, the full one, examples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.build import (
    PLAIN_REQUEST,
    fresh_body,
    full_body,
    is_promised,
    judged_case,
    minimal_body,
    smallest_title,
    varied_members,
    with_pins,
)
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import ABSENT, value_at, with_value
from pytest_confluent_contracts.model.resources import Role
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

    from pytest_confluent_contracts.model.documents import Example, Operation


def baseline_update(
    operation: Operation, context: RunContext, probe: Probe = Probe.EXAMPLES
) -> Case:
    """Return the request that changes as little as an update can.

    Its answer shows the resource as it is.
    """
    title = smallest_title(operation)
    if operation.request is None:
        return judged_case(probe, title, operation, context, ABSENT)
    body = minimal_body(operation, context)
    if is_promised(operation, with_pins(body, context)):
        return judged_case(probe, title, operation, context, body)
    # Nobody knows one that the schema allows: whatever comes of it is right.
    unknown = Subject(SubjectKind.NO_VALID_BODY)
    return judged_case(
        probe, title, operation, context, body, expect=Expect.ANY, violations=(), subject=unknown
    )


def full_update(operation: Operation, context: RunContext) -> Case:
    """Return the request that writes every member that may be written: a known state to start."""
    body = full_body(operation, context)
    return judged_case(Probe.EXAMPLES, "every member", operation, context, body)


def spaced_updates(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates that each change one member alone.

    There are some where a time stamp is promised to move with them.
    """
    if operation.request is None or not operation.promises.timestamps.updated:
        return []
    new, least = fresh_body(operation, context, "later"), minimal_body(operation, context)
    updates: list[Case] = []
    for member in varied_members(operation, context):
        value = value_at(new, member.path)
        if member.secret or value is ABSENT:
            continue
        body = with_value(least, member.path, value)
        updates.append(judged_case(Probe.VALID, f"a new {member.path}", operation, context, body))
    if operation.role is Role.CREATE:
        # What it makes has just begun to be: one after a pause shows what moves by itself.
        return updates[:1]
    return updates


def baseline_between(
    cases: list[Case], operation: Operation, context: RunContext, every: int
) -> Iterator[Case]:
    """Yield *cases* with the smallest update before each *every*-th of them, and at the end.

    Its answer shows whether one that must be refused changed anything. What asks for no change is
    sent without looks; what makes another one with each request, with the last of them alone.
    """
    if not cases or operation.is_safe:
        yield from cases
        return
    look = baseline_update(operation, context, cases[0].probe)
    if operation.role is Role.CREATE:
        every = len(cases) + 1
    for index, one in enumerate(cases):
        if index and index % every == 0:
            yield look
        yield one
    yield look


def example_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return the document's request examples, as published but for the pins, each sent twice."""
    made: list[Case] = []
    if operation.request:
        for example in operation.request.examples:
            made += [_example_case(operation, context, example)] * 2
    return [one for one in made if one.body is not None]


def _example_case(operation: Operation, context: RunContext, example: Example) -> Case:
    title, body = f"the document's example {example.name}", with_pins(example.value, context)
    subject = Subject(SubjectKind.EXAMPLE, example.name)
    one = judged_case(Probe.EXAMPLES, title, operation, context, body, subject=subject)
    is_unread = operation.request is not None and operation.request.kind is BodyKind.XML
    if is_unread:
        return replace(one, expect=Expect.ACCEPTED)
    return one


def throttling_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return the request that is repeated until the rate limit answers, and one to send there.

    The second would change something, were it not refused.
    """
    if operation.request is None:
        titles = (f"{PLAIN_REQUEST}, again and again", f"{PLAIN_REQUEST} at the limit")
        return [judged_case(Probe.THROTTLE, one, operation, context, ABSENT) for one in titles]
    updates = {
        f"{smallest_title(operation)}, again and again": minimal_body(operation, context),
        "new values while the limit is reached": fresh_body(operation, context, "limited"),
    }
    return [
        judged_case(Probe.THROTTLE, title, operation, context, body)
        for title, body in updates.items()
    ]
