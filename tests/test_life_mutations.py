"""Is every way to break the life of a resource noticed? By the clause that it says it breaks."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

import pytest
from whole_documents import FOLDER, operations_of

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.double import mutations
from pytest_confluent_contracts.double.mutations.lifecycle import lifecycle_mutations
from pytest_confluent_contracts.double.proving import MutationTester, is_on_life
from pytest_confluent_contracts.plugin.lives import Lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations import Mutation
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext

SEQUENCES = 20


def make_lives(context_of: Callable[[Operation], RunContext]) -> Lives:
    """Return what leads the resources of the library."""
    return lives_of(context_of, 0)


def make_ordered_lives(context_of: Callable[[Operation], RunContext]) -> Lives:
    """Return what sends sequences, too."""
    return lives_of(context_of, SEQUENCES)


def lives_of(context_of: Callable[[Operation], RunContext], count: int) -> Lives:
    """Return what leads the resources of the library, and sends *count* sequences of each."""
    read = documents.read_document(FOLDER / "library.yaml")
    return Lives([read], context_of, lambda _: True, lambda *_: None, count_of=lambda _: count)


@lru_cache
def breaker(id: str, *, ordered: bool = False) -> MutationTester:
    """Return what breaks the service of one operation of the library."""
    operations = operations_of("library")
    make = make_ordered_lives if ordered else make_lives
    return MutationTester(operations[id], 0, 1, list(operations.values()), make)


def one_mutation_of_each_clause() -> Iterator[tuple[str, str, Mutation]]:
    """Yield each clause on lives once, with an operation that has it, and a mutation that breaks it."""
    known: set[str] = set()
    for id, operation in operations_of("library").items():
        mutations = [one for one in lifecycle_mutations(operation) if not one.needs_sequence]
        for clause in filter(is_on_life, clauses.derive(operation)):
            found = list(filter(partial(breaks, clause.id), mutations))
            if found and clause.id not in known:
                known.add(clause.id)
                yield id, clause.id, found[len(found) // 2]


def breaks(clause: str, mutation: Mutation) -> bool:
    """Return whether *mutation* says that it breaks *clause*."""
    return clause in mutation.breaks


CASES = list(one_mutation_of_each_clause())


@pytest.mark.parametrize(
    ("id", "clause", "mutation"), CASES, ids=[f"{c[0]}-{c[2].name}" for c in CASES]
)
def test_a_mutation_is_noticed(id: str, clause: str, mutation: Mutation) -> None:
    """The clause that it breaks turns red; the others may."""
    result = breaker(id).try_mutation(mutation.name)
    assert clause in result.named
    assert not result.complaint


def test_maps_that_are_merged_are_noticed() -> None:
    """A replacement that has other entries leaves out those of before."""
    name = "a replace puts what is sent beside what was in a map"
    assert breaker("replaceSettings").try_mutation(name).noticed


def mutations_of_order() -> Iterator[tuple[str, str]]:
    """Yield each mutation once that sequences alone show, with an operation whose clause it breaks."""
    known: set[str] = set()
    for id in operations_of("library"):
        for name, mutation in breaker(id).mutations.items():
            if mutation.needs_sequence and name not in known:
                known.add(name)
                yield id, name


@pytest.mark.parametrize(("id", "name"), list(mutations_of_order()))
def test_what_an_order_alone_shows_is_noticed_by_a_sequence(id: str, name: str) -> None:
    """The steps of the life do not show it, for they have another order."""
    assert not breaker(id).try_mutation(name).noticed
    assert breaker(id, ordered=True).try_mutation(name).noticed


@pytest.mark.parametrize("id", operations_of("library"))
def test_the_service_as_it_is_turns_no_clause_on_its_life_red(id: str) -> None:
    """A conforming service is silent."""
    on_life = [clause for clause in breaker(id).clauses if is_on_life(clause)]
    scenario = breaker(id).double.scenario()
    assert scenario is not None
    rulings = [scenario.ruling(operations_of("library")[id], clause) for clause in on_life]
    assert [ruling.clause.id for ruling in rulings if ruling.against or ruling.withheld] == []


# What is there once for each parent has no siblings, who chooses an id may choose it again, and
# what was refused is not known again where the one member that it has was wrong.
WITHOUT = {
    ("createJob", "lifecycle/refused-create-creates-nothing"),
    ("replaceSettings", "lifecycle/siblings-untouched"),
    ("createBook", "lifecycle/ids-not-reused"),
}


def test_every_clause_on_a_life_has_its_mutations() -> None:
    """No promise is taken on trust: whatever can be broken is."""
    for id, operation in operations_of("library").items():
        named = {clause for one in mutations.derive(operation) for clause in one.breaks}
        on_life = [clause.id for clause in breaker(id).clauses if is_on_life(clause)]
        assert [one for one in on_life if one not in named and (id, one) not in WITHOUT] == [], id


def test_names_of_mutations_are_their_own() -> None:
    """Two of one name would be one."""
    for operation in operations_of("library").values():
        names = [mutation.name for mutation in lifecycle_mutations(operation)]
        assert len(names) == len(set(names)), operation.id
