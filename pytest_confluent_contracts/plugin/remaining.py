"""Which clauses are still to be ruled? What no clause needs any more is let go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource


class Remaining:
    """Counts the clauses of each operation that this process has still to rule.

    *chosen* are those that it may be asked for: without any, it never says that all are ruled.
    """

    def __init__(self, chosen: Sequence[tuple[Operation, Sequence[Clause]]]) -> None:
        self._left: dict[tuple[str, str], Counter[str]] = {}
        self._unfinished: Counter[tuple[str, str]] = Counter()  # operations, by their resource
        for operation, clauses in chosen:
            self._left[operation.key] = Counter(clause.id for clause in clauses)
            self._unfinished[_resource_key(operation.resource)] += 1
        self._finished: list[Operation] = []
        self._last: tuple[tuple[str, str], str] | None = None

    def begin(self, operation: Operation, clause: Clause) -> list[Operation]:
        """Return the operations of which all clauses were ruled before this one is asked for.

        Each is returned once, and none as long as the same clause is asked for again: plugins that
        run a failed test once more do so before the next test.
        """
        asked = (operation.key, clause.id)
        if asked == self._last:
            return []
        self._last = asked
        finished, self._finished = self._finished, []
        return finished

    def ruled(self, operation: Operation, clause: Clause) -> None:
        """Take down that *clause* was ruled."""
        left = self._left.get(operation.key)
        if left is None:
            return
        left[clause.id] -= 1
        if left[clause.id] <= 0:
            del left[clause.id]
        if not left:
            del self._left[operation.key]
            self._finished.append(operation)
            self._unfinished[_resource_key(operation.resource)] -= 1

    def is_over(self, resource: Resource) -> bool:
        """Return whether no clause of any operation on *resource* is still to be ruled."""
        return self._unfinished[_resource_key(resource)] <= 0


def _resource_key(resource: Resource | None) -> tuple[str, str]:
    return ("", "") if resource is None else (resource.document, resource.name)
