"""Which id does each create choose, where the caller names what he makes? One of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.bodies import encoded_json
from pytest_confluent_contracts.cases.build import path_at_fault, violations
from pytest_confluent_contracts.cases.conforming_ids import drawn_ids
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model.paths import ABSENT, last_name, value_at, with_value
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext


def with_own_ids(
    cases: Sequence[Case], operation: Operation, context: RunContext
) -> Iterator[Case]:
    """Yield *cases* of a create, each with an id that none of the others has.

    The id of what is there already may be refused, whatever else a body has. One that is wrong
    itself stays as it is.
    """
    resource = operation.resource
    if operation.role is not Role.CREATE or resource is None:
        yield from cases
        return
    cases = [_without_empty_ids(case, operation, context, at) for at, case in enumerate(cases)]
    if not resource.id_sent:
        yield from cases
        return
    schemas = {one.path: one.schema for one in operation.request_members}
    label = cases[0].probe.value if cases else ""
    chosen = _ids(schemas[resource.id_sent], context, len(cases), label)
    for case, id in zip(cases, chosen, strict=False):
        yield _with_id(case, resource.id_sent, id)


def _without_empty_ids(case: Case, operation: Operation, context: RunContext, at: int) -> Case:
    """Return *case* with a name for each thing in its body whose id is empty.

    Its id may be any text, yet nobody could ask for it by an empty one: a service may refuse that.
    """
    resource = operation.resource
    if resource is None or not resource.id_member or not _is_plain(case):
        return case
    name, plain = last_name(resource.id_member), f"contract-{context.seed}-{case.probe.value}-{at}"
    value = _named(case.value, name, plain)
    if value == case.value or violations(operation, value):
        return case
    return replace(case, value=value, body=encoded_json(value))


def _is_plain(case: Case) -> bool:
    """Return whether the case is an object to be accepted, written as others are."""
    if case.expect is not Expect.ACCEPTED or not isinstance(case.value, dict):
        return False
    return case.body == encoded_json(case.value)


def _named(value: Any, name: str, plain: str) -> Any:
    """Return *value* with other texts, each begun by *plain*, for empty members called *name*."""
    if isinstance(value, list):
        return [_named(one, name, f"{plain}-{index}") for index, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named = {key: _named(one, name, plain) for key, one in value.items()}
    return {**named, name: plain} if named.get(name) == "" else named


def _ids(schema: Any, context: RunContext, count: int, label: str) -> list[Any]:
    """Return *count* ids that *schema* allows, ABSENT in the place of those that are not found.

    Those of another *label* are others.
    """
    plain = [f"contract-{context.seed}-{label}-{index}" for index in range(count)]
    if all(is_allowed_value(schema, one) for one in plain):
        return list(plain)
    found = drawn_ids(schema, context, count, label)
    return [*found, *[ABSENT] * (count - len(found))]


def _with_id(case: Case, path: str, id: Any) -> Case:
    """Return *case* with *id*, unless it has none, a wrong one, or is written in its own way."""
    is_formed = case.probe is Probe.FORMS or not isinstance(case.value, dict)
    if case.probe is Probe.MALFORMED:  # a valid body stands among them, to be taken after others
        is_formed = not _is_plain(case)
    if id is ABSENT or is_formed or value_at(case.value, path) is ABSENT:
        return case
    if any(path_at_fault(one, case.value) == path for one in case.violations):
        return case
    value = with_value(case.value, path, id)
    return replace(case, value=value, body=encoded_json(value))
