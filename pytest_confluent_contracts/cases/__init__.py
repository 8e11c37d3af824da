"""Which requests are worth sending? Deterministic cases first, then generated ones.

This is the only home of Hypothesis and schemathesis. What they draw is asked of `kept_draws`; they
are imported by what draws (`drawing`, `*_strategies`, `strategies`), where it was not drawn before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.traffic import OF_RESOURCES, Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.documents import Operation


def of(probe: Probe, operation: Operation, context: RunContext) -> list[Case]:
    """Return the cases of *probe*, in the order in which they are sent.

    The same context gives the same bytes.
    """
    if probe in OF_RESOURCES:
        return []  # the steps are those of a resource, over all its operations
    from pytest_confluent_contracts.cases import (
        baseline,
        chosen_ids,
        coverage,
        legal_forms,
        malformed,
        negative,
        parameters,
        read_only,
        unauthenticated,
        unknown_ids,
        valid,
    )

    make: Callable[[Operation, RunContext], list[Case]] = {
        Probe.EXAMPLES: baseline.example_cases,
        Probe.VALID: valid.allowed_cases,
        Probe.FORMS: legal_forms.legal_form_cases,
        Probe.READ_ONLY: read_only.read_only_cases,
        Probe.BROKEN: negative.broken_cases,
        Probe.MALFORMED: malformed.malformed_cases,
        Probe.CREDENTIALS: unauthenticated.unauthenticated_cases,
        Probe.UNKNOWN: unknown_ids.unknown_id_cases,
        Probe.COVERAGE: coverage.coverage_cases,
        Probe.PARAMETERS: parameters.parameter_cases,
        Probe.THROTTLE: baseline.throttling_cases,
    }[probe]
    made = list(chosen_ids.with_own_ids(make(operation, context), operation, context))
    if operation.method == "DELETE":
        return [case for case in made if _spares(case, context)]
    if context.owned:
        return made
    # Without a resource of its own a run sends only what must be refused.
    return [case for case in made if case.expect is not Expect.ACCEPTED]


def _spares(case: Case, context: RunContext) -> bool:
    """Return whether a deletion must be refused, and would end what the run made if it is not."""
    is_refused = case.expect in (Expect.REFUSED, Expect.UNAUTHENTICATED)
    return is_refused and case.parameters == context.parameters and not case.spelling
