"""What is promised, and is it kept? A family derives its clauses beside the code that judges.

`rate_limit`, `update` and `lifecycle` are the doors of families that fill several modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Clause, Judge
    from pytest_confluent_contracts.model.documents import Operation


def derive(operation: Operation) -> tuple[Clause, ...]:
    """Return every clause of *operation*, in the order in which people read a document.

    Their ids are unique.
    """
    from pytest_confluent_contracts.clauses import (
        conditional,
        errors,
        lifecycle,
        lists,
        other_principal,
        parameters,
        rate_limit,
        requests,
        security,
        shape,
        update,
        wire,
    )

    families = (
        *(shape, errors, requests, parameters, security, rate_limit),
        *(update, lifecycle, other_principal, lists, conditional, wire),
    )
    derived: list[Clause] = []
    for family in families:
        derived += family.derive(operation)
    return tuple(derived)


def derive_for_clients(operation: Operation) -> tuple[Clause, ...]:
    """Return every clause on the requests that somebody else sends to *operation*.

    Their ids are unique, and begin with ``client/``.
    """
    from pytest_confluent_contracts.clauses import client

    return tuple(client.derive(operation))


def suspicions_of_clients(operation: Operation) -> tuple[Judge, ...]:
    """Return judges that find something wherever the clauses on clients do, at less cost."""
    from pytest_confluent_contracts.clauses import client

    return tuple(client.derive_suspicions(operation))
