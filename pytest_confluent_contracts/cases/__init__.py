"""Which requests are worth sending? Deterministic cases first, then generated ones; the only home of Hypothesis."""

from __future__ import annotations

from pytest_confluent_contracts.contract import Brief, Case, Operation, Probe


def of(probe: Probe, operation: Operation, brief: Brief) -> list[Case]:
    """Return the cases of *probe*, in the order in which they are sent; the same brief gives the same bytes."""
    from pytest_confluent_contracts.cases import broken, coverage, strangers, valid

    return {
        Probe.EXAMPLES: valid.examples,
        Probe.VALID: valid.bodies,
        Probe.READ_ONLY: valid.read_only,
        Probe.BROKEN: broken.bodies,
        Probe.MALFORMED: broken.malformed,
        Probe.CREDENTIALS: strangers.credentials,
        Probe.UNKNOWN: strangers.unknown_ids,
        Probe.COVERAGE: coverage.bodies,
        Probe.THROTTLE: valid.throttling,
    }[probe](operation, brief)
