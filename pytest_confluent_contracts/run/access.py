"""What may be sent of an operation?

Derived from its cases before the target is opened: nothing else ever goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.http.targets import Access, near_misses
from pytest_confluent_contracts.model.paths import filled_template
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext


def derived_access(operation: Operation, context: RunContext, budget: int | None = None) -> Access:
    """Return the access to the run's own resource and to ids that nobody has.

    *budget* is in requests (None: no limit).
    """
    sent = [*cases.of(Probe.UNKNOWN, operation, context), cases.first(operation, context)]
    return Access(
        operation=operation,
        credentials=context.credentials,
        paths=frozenset(filled_template(operation.path, case.parameters) for case in sent),
        near_misses=near_misses(cases.of(Probe.CREDENTIALS, operation, context)),
        budget=budget,
    )
