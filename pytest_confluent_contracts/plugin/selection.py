"""Which clauses do the collected tests judge, and what must be sent for these?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Probe


def ends_at_first_failure(config: pytest.Config) -> bool:
    """Return whether the first broken clause ends the run: ``-x``."""
    return bool(config.getoption("maxfail") == 1)


def is_frugal(config: pytest.Config) -> bool:
    """Return whether a broken clause is enough to know: ``-x``, ``--lf``."""
    return ends_at_first_failure(config) or bool(config.getoption("lf", False))


def needed_probes(items: Sequence[pytest.Item]) -> list[tuple[Operation, frozenset[Probe]]]:
    """Return the operations with a clause among *items*, in their order.

    Each has the probes that its clauses need.
    """
    needed: list[tuple[Operation, frozenset[Probe]]] = []
    for operation, clauses in selected_clauses(items):
        probes: set[Probe] = set()
        for clause in clauses:
            probes.update(clause.needs)
        needed.append((operation, frozenset(probes)))
    return needed


def selected_clauses(items: Sequence[pytest.Item]) -> list[tuple[Operation, list[Clause]]]:
    """Return the operations with a clause among *items*, in their order, each with its clauses."""
    found: dict[tuple[str, str], tuple[Operation, list[Clause]]] = {}
    for item in items:
        operation, clause = getattr(item.parent, "operation", None), getattr(item, "clause", None)
        if operation is not None and clause is not None:
            found.setdefault(operation.key, (operation, []))[1].append(clause)
    return list(found.values())


def clauses_asked_once(items: Sequence[pytest.Item]) -> list[tuple[Operation, list[Clause]]]:
    """Return what `selected_clauses` does, nothing where a test of one's own uses the gate, too.

    Such a test may ask for any clause at any time. What it is about must be there still: a life
    that was led may not be led once more where the caller chooses ids, or a parent has ended.
    """
    for item in items:
        is_clause = getattr(item, "clause", None) is not None
        if not is_clause and "contract_gate" in getattr(item, "fixturenames", ()):
            return []
    return selected_clauses(items)
