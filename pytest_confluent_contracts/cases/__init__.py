"""Which requests are worth sending? Deterministic cases first, then generated ones; the only home of Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.paths import filled_template
from pytest_confluent_contracts.model.traffic import Case, CaseParts, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.documents import Operation


def of(probe: Probe, operation: Operation, context: RunContext) -> list[Case]:
    """Return the cases of *probe*, in the order in which they are sent; the same context gives the same bytes."""
    from pytest_confluent_contracts.cases import coverage, generated, negative, strangers, valid

    make: Callable[[Operation, RunContext], list[Case]] = {
        Probe.EXAMPLES: valid.examples,
        Probe.VALID: valid.bodies,
        Probe.READ_ONLY: valid.read_only,
        Probe.BROKEN: negative.bodies,
        Probe.MALFORMED: negative.malformed,
        Probe.CREDENTIALS: strangers.credentials,
        Probe.UNKNOWN: strangers.unknown_ids,
        Probe.COVERAGE: coverage.bodies,
        Probe.THROTTLE: valid.throttling,
    }[probe]
    with generated.apart():
        made = make(operation, context)
    # Without a resource of its own a run sends only what must be refused.
    return made if context.owned else [case for case in made if case.expect is not Expect.ACCEPTED]


def first(operation: Operation, context: RunContext) -> Case:
    """Return the first request of a run: the update that changes least."""
    from pytest_confluent_contracts.cases import valid

    return valid.opening(operation, context)


def path_of(case: CaseParts) -> str:
    """Return the path that *case* goes to, before percent-encoding."""
    return filled_template(case.operation.path, case.parameters)
