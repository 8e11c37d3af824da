"""Is every way to break pages, filters, an order and conditions noticed? By the clause that it breaks.

Of an API with entity tags, a sorted list and each style of pages: one mutation of each clause. Those of
the bundled documents are all tried by `--contract-prove`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from leading import read_api

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.double.mutations.conditions import condition_mutations
from pytest_confluent_contracts.double.mutations.list_parts import list_part_mutations
from pytest_confluent_contracts.double.proving import MutationTester
from pytest_confluent_contracts.model.clauses import Family
from pytest_confluent_contracts.plugin.lives import Lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations import Mutation
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext

FAMILIES = (Family.LIST, Family.CONDITIONAL)
FEWEST = 300  # mutations of all operations of this document
# What a life does not show: the embedded service lets no cache keep anything, shows no tag that is
# strong, or has no header that a 304 would have to keep.
WITHOUT = {
    ("getRack", "conditional/etag-moves"),
    ("getRack", "conditional/304-tells-headers"),
}


def make_lives(context_of: Callable[[Operation], RunContext]) -> Lives:
    """Return what leads the resources of the warehouse."""
    return Lives([read_api("warehouse")], context_of, lambda _: True, lambda *_: None)


@lru_cache
def breaker(id: str) -> MutationTester:
    """Return what breaks the embedded service of one operation of the warehouse."""
    operations = {one.id: one for one in read_api("warehouse").operations}
    return MutationTester(operations[id], 0, 1, list(operations.values()), make_lives)


def mutations_of(operation: Operation) -> list[Mutation]:
    """Return the mutations of the pages, the filters and the conditions of *operation*."""
    return [*list_part_mutations(operation), *condition_mutations(operation)]


def one_of_each_clause() -> Iterator[tuple[str, str, str]]:
    """Yield each clause with a mutation that breaks it: once, with the first operation that has it."""
    known: set[str] = set()
    for operation in read_api("warehouse").operations:
        made = mutations_of(operation)
        for clause in clauses.derive(operation):
            names = [one.name for one in made if clause.id in one.breaks]
            if clause.family in FAMILIES and names and clause.id not in known:
                known.add(clause.id)
                yield operation.id, clause.id, names[len(names) // 2]


CASES = list(one_of_each_clause())


@pytest.mark.parametrize(("id", "clause", "mutation"), CASES, ids=[case[1] for case in CASES])
def test_a_mutation_is_noticed(id: str, clause: str, mutation: str) -> None:
    """The clause that it breaks turns red."""
    result = breaker(id).try_mutation(mutation)
    assert clause in result.named
    assert not result.complaint


def test_every_clause_has_its_mutations() -> None:
    """No promise is taken on trust, and there are many ways to break them."""
    count = 0
    for operation in read_api("warehouse").operations:
        made = mutations_of(operation)
        count += len(made)
        named = {clause for one in made for clause in one.breaks}
        own = {one.id for one in clauses.derive(operation) if one.family in FAMILIES}
        assert {id for id in own - named if (operation.id, id) not in WITHOUT} == set()
        assert len({one.name for one in made}) == len(made)
    assert count >= FEWEST


@pytest.mark.parametrize("id", ["listSites", "listRacks", "listBoxes", "getSite", "replaceRack"])
def test_the_embedded_service_as_it_is_turns_none_of_them_red(id: str) -> None:
    """A conforming service is silent."""
    double, held = breaker(id).double, breaker(id).clauses
    scenario = double.scenario()
    assert scenario is not None
    own = [clause for clause in held if clause.family in FAMILIES]
    rulings = [scenario.ruling(double.operation, clause) for clause in own]
    assert [one.clause.id for one in rulings if one.against or one.withheld] == []
