"""In which ways can a service break a clause?

Small alterations of the embedded service, derived from a document.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.mutations.altering import Alter, Mutation
from pytest_confluent_contracts.double.mutations.answers import answer_mutations
from pytest_confluent_contracts.double.mutations.conventions import convention_mutations
from pytest_confluent_contracts.double.mutations.credentials import credential_mutations
from pytest_confluent_contracts.double.mutations.envelopes import envelope_mutations
from pytest_confluent_contracts.double.mutations.headers import header_mutations, status_mutations
from pytest_confluent_contracts.double.mutations.lifecycle import lifecycle_mutations
from pytest_confluent_contracts.double.mutations.limits import limit_mutations
from pytest_confluent_contracts.double.mutations.parameters import parameter_mutations
from pytest_confluent_contracts.double.mutations.rare import rare_mutations
from pytest_confluent_contracts.double.mutations.requests import request_mutations
from pytest_confluent_contracts.double.mutations.texts import text_mutations
from pytest_confluent_contracts.double.mutations.updates import (
    secret_mutations,
    time_mutations,
    update_mutations,
)
from pytest_confluent_contracts.double.mutations.wire import wire_mutations

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation

__all__ = ["Alter", "Mutation", "derive"]

# The order is that of the tests, and their names are compared from run to run.
FAMILIES = (
    answer_mutations,
    envelope_mutations,
    header_mutations,
    status_mutations,
    request_mutations,
    parameter_mutations,
    credential_mutations,
    limit_mutations,
    update_mutations,
    secret_mutations,
    time_mutations,
    rare_mutations,
    wire_mutations,
    text_mutations,
    convention_mutations,
    lifecycle_mutations,
)


def derive(operation: Operation) -> tuple[Mutation, ...]:
    """Return the mutations that *operation*'s document gives reason for, by name, each once.

    Where two have the same name, the later one stands in the place of the earlier.
    """
    found: dict[str, Mutation] = {}
    for family in FAMILIES:
        for mutation in family(operation):
            found[mutation.name] = mutation
    if operation.is_safe:
        return tuple(map(breaking_reads, found.values()))
    return tuple(found.values())


def breaking_reads(mutation: Mutation) -> Mutation:
    """Return *mutation* as one of what a read shows: there these clauses have another beginning."""
    breaks: list[str] = []
    for clause in mutation.breaks:
        is_shown = clause.startswith("update/")
        breaks.append(clause.replace("update/", "read/", 1) if is_shown else clause)
    return replace(mutation, breaks=tuple(breaks))
