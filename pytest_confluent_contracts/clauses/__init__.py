"""What is promised, and is it kept? A family a module, each deriving its clauses beside the code that judges them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation


def derive(operation: Operation) -> tuple[Clause, ...]:
    """Return every clause of *operation*, in the order in which people read a document; ids are unique."""
    from pytest_confluent_contracts.clauses import (
        errors,
        rate_limit,
        requests,
        security,
        shape,
        update,
    )

    families = (shape, errors, requests, security, rate_limit, update)
    return tuple(clause for family in families for clause in family.derive(operation))
