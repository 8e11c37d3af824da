"""In which ways can a service break a clause?

Small alterations of the embedded service, derived from a document.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.mutations.altering import Alter, Mutation
from pytest_confluent_contracts.double.mutations.answers import answer_mutations
from pytest_confluent_contracts.double.mutations.conditions import condition_mutations
from pytest_confluent_contracts.double.mutations.conventions import convention_mutations
from pytest_confluent_contracts.double.mutations.credentials import credential_mutations
from pytest_confluent_contracts.double.mutations.envelopes import envelope_mutations
from pytest_confluent_contracts.double.mutations.headers import header_mutations, status_mutations
from pytest_confluent_contracts.double.mutations.lifecycle import lifecycle_mutations
from pytest_confluent_contracts.double.mutations.limits import limit_mutations
from pytest_confluent_contracts.double.mutations.list_parts import list_part_mutations
from pytest_confluent_contracts.double.mutations.parameters import parameter_mutations
from pytest_confluent_contracts.double.mutations.rare import rare_mutations
from pytest_confluent_contracts.double.mutations.requests import request_mutations
from pytest_confluent_contracts.double.mutations.tenants import tenant_mutations
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
    list_part_mutations,
    condition_mutations,
    tenant_mutations,
)


def derive(operation: Operation) -> tuple[Mutation, ...]:
    """Return the mutations that *operation*'s document gives reason for, by name, each once.

    Where two have the same name, the later one stands in the place of the earlier.
    """
    found: dict[str, Mutation] = {}
    for family in FAMILIES:
        for mutation in family(operation):
            found[mutation.name] = mutation
    if operation.method == "DELETE":
        found = {name: one for name, one in found.items() if is_asked_of_deletion(one)}
    if operation.is_safe:
        return tuple(breaking_shown(mutation, "read/") for mutation in found.values())
    if operation.makes_or_ends:
        return tuple(breaking_shown(mutation, "answer/") for mutation in found.values())
    return tuple(found.values())


# A deletion goes once to each of what the run made: not in several forms, not under each
# alternative of credentials, not again and again until the limit is reached.
UNASKED_OF_DELETIONS = (
    *("429/*", "request/form/*", "request/unknown-id/parent", "security/first/*"),
    *("security/*/accepted", "200/*", "rate-limit/429-*", "rate-limit/enforced"),
    *("rate-limit/*-honest", "rate-limit/*-exact", "rate-limit/reset-moves"),
    *("rate-limit/remaining-counts-down", "rate-limit/reset-relative"),
    *("rate-limit/window-as-told", "rate-limit/*-on-429", "rate-limit/*-not-before-reset"),
)


def is_asked_of_deletion(mutation: Mutation) -> bool:
    """Return whether a deletion shows one of the clauses that *mutation* breaks."""
    unasked = [clause for clause in mutation.breaks if is_unasked_of_deletion(clause)]
    return len(unasked) < len(mutation.breaks)


def is_unasked_of_deletion(clause: str) -> bool:
    """Return whether no deletion of a run shows *clause*."""
    return any(fnmatchcase(clause, pattern) for pattern in UNASKED_OF_DELETIONS)


def breaking_shown(mutation: Mutation, beginning: str) -> Mutation:
    """Return *mutation* as one of what an answer shows that is no update's.

    There these clauses have another *beginning*.
    """
    breaks: list[str] = []
    for clause in mutation.breaks:
        is_shown = clause.startswith("update/")
        breaks.append(clause.replace("update/", beginning, 1) if is_shown else clause)
    return replace(mutation, breaks=tuple(breaks))
