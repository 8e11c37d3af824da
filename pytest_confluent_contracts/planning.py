"""What would a run send, change, put back, and leave unexercised? Told without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.making import complete, writable
from pytest_confluent_contracts.cases.restoring import unseen
from pytest_confluent_contracts.cases.valid import later
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from pytest_confluent_contracts.gate import Gate
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext


def plan(gate: Gate, items: Sequence[pytest.Item]) -> Iterator[str]:
    """Yield the plan of each operation of which a clause was collected."""
    operations: dict[str, tuple[Operation, list[Clause]]] = {}
    for item in items:
        operation, clause = getattr(item.parent, "operation", None), getattr(item, "clause", None)
        if operation is not None and clause is not None:
            operations.setdefault(f"{operation.document}::{operation.id}", (operation, []))[1].append(clause)
    for name, (operation, clauses) in operations.items():
        yield name
        yield from (f"  {line}" for line in _operation(gate, operation, clauses))


def _operation(gate: Gate, operation: Operation, clauses: Sequence[Clause]) -> Iterator[str]:
    door = gate.door(operation)
    context, base = gate.context(operation, door), door.wire.base_url
    unasked, needed = gate.unasked(operation, context), {probe for clause in clauses for probe in clause.needs}
    yield f"to: {operation.method} {base}{cases.path_of(cases.first(operation, context))}"
    if operation.security and not any(complete(alternative, context) for alternative in operation.security):
        yield "nothing: no credentials are set"
        return
    total = int(context.owned)
    if context.owned:
        yield "opening:      1 request"
    for probe in (probe for probe in Probe if probe in needed):
        count = 0 if probe in unasked else len(cases.of(probe, operation, context))
        total += count
        told = unasked.get(probe) or (
            f"{count} requests" if probe is not Probe.THROTTLE else "until 429, twice the limit at most"
        )
        yield f"{probe.value + ':':<14}{told}"
    if Probe.VALID in needed - unasked.keys() and (changes := len(later(operation, context))):
        total += changes
        yield f"later:        {changes} requests, after a pause each"
    yield f"in all: {total} requests{_limits(gate, operation)}; failures are shrunk with a few more"
    yield from _changes(operation, context)
    yield from _unexercised(clauses, unasked)


def _limits(gate: Gate, operation: Operation) -> str:
    rate, budget = gate.settings.rate, gate.budget(operation)
    told = [*([f"{budget}"] if budget is not None else []), *([f"{rate:g} a second"] if rate else [])]
    return f" (at most {', '.join(told)})" if told else ""


def _changes(operation: Operation, context: RunContext) -> Iterator[str]:
    if not context.owned:
        yield "changed: nothing"
        return
    paths = [member.path for member in writable(operation) if member.path not in context.pins]
    lost = unseen(operation, context)
    yield f"changed: {', '.join(paths) or 'nothing'}"
    yield f"put back: {', '.join(path for path in paths if path not in lost) or 'nothing'}"
    if lost:
        yield f"not put back: {', '.join(lost)}: no answer shows what was there"


def _unexercised(clauses: Sequence[Clause], unasked: dict[Probe, str]) -> Iterator[str]:
    for reason in dict.fromkeys(unasked.values()):
        named = [
            clause.id
            for clause in clauses
            if clause.needs and all(unasked.get(probe) == reason for probe in clause.needs)
        ]
        if named:
            yield f"not exercised: {reason}: {len(named)} clauses ({', '.join(named[:4])}{', ...' if len(named) > 4 else ''})"
