"""In which ways can the life of a resource go wrong? From its creation to its end, in each role.

A mutation is made for every operation of a resource, whichever service it alters: which operation
has the clause that it breaks is not the service's to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.mutations.life_creates import (
    create_mutations,
    own_create_mutations,
)
from pytest_confluent_contracts.double.mutations.life_ends import (
    delete_mutations,
    own_delete_mutations,
)
from pytest_confluent_contracts.double.mutations.life_keys import key_mutations
from pytest_confluent_contracts.double.mutations.life_orders import order_mutations
from pytest_confluent_contracts.double.mutations.life_parents import (
    own_parent_mutations,
    parent_mutations,
)
from pytest_confluent_contracts.double.mutations.life_reads import (
    AT_SECOND,
    head_mutations,
    list_mutations,
    long_text_mutations,
    odd_item_mutations,
    read_mutations,
)
from pytest_confluent_contracts.double.mutations.life_writes import (
    own_change_mutations,
    replace_mutations,
    update_mutations,
)
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Mutation
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource

BY_ROLE: dict[Role, Callable[[Resource], Iterator[Mutation]]] = {
    Role.CREATE: create_mutations,
    Role.LIST: list_mutations,
    Role.READ: read_mutations,
    Role.REPLACE: replace_mutations,
    Role.UPDATE: update_mutations,
    Role.DELETE: delete_mutations,
}


# Of clauses that several operations have, each its own; and what hangs on the operation itself.
OWN: dict[Role, Callable[[Operation], Iterator[Mutation]]] = {
    Role.CREATE: own_create_mutations,
    Role.REPLACE: own_change_mutations,
    Role.UPDATE: own_change_mutations,
    Role.DELETE: own_delete_mutations,
}


def _is_waited_for(operation: Operation, mutation: Mutation) -> bool:
    """Return whether a run asks so long after a 202 that nobody sees the mutation."""
    return operation.names_status(202) and mutation.name == f"what is created {AT_SECOND}"


def lifecycle_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the life of what *operation* is about."""
    kind = operation.resource
    if kind is None:
        return
    for role, mutations in BY_ROLE.items():
        if kind.operation_id(role):
            yield from (one for one in mutations(kind) if not _is_waited_for(operation, one))
    yield from long_text_mutations(operation)
    yield from odd_item_mutations(operation)
    yield from order_mutations(kind)
    if kind.parent:
        yield from parent_mutations(kind)
    if operation.role in OWN:
        yield from OWN[operation.role](operation)
    if operation.role is Role.REPLACE and kind.is_made_by_put:
        yield from own_create_mutations(operation.as_create)
        yield from key_mutations(operation)
    yield from own_parent_mutations(operation)
    if operation.method == "HEAD":
        yield from head_mutations(operation)
