"""Is the embedded service killed by the right clause wherever it tells a limit or a problem wrongly?"""

from __future__ import annotations

from functools import lru_cache

import pytest
from judging import DOCUMENTS, document
from services_of_limits import ROWS
from small_services import FOLDER, read

from pytest_confluent_contracts.double.mutations.conventions import convention_mutations
from pytest_confluent_contracts.double.proving import MutationTester

NAMES = [row.name for row in ROWS]


@lru_cache
def shared_tester(name: str) -> MutationTester:
    """Return the tester of a small document; its requests are made once."""
    return MutationTester(read(FOLDER / f"{name}.yaml").operations[0], seed=0, max_examples=4)


CASES = [
    pytest.param(name, mutation.name, id=f"{name}-{mutation.name}")
    for name in NAMES
    for mutation in convention_mutations(read(FOLDER / f"{name}.yaml").operations[0])
]


@pytest.mark.parametrize(("name", "mutation"), CASES)
def test_a_convention_told_wrongly_is_killed_by_its_clause(name: str, mutation: str) -> None:
    """The document names the headers; what is wrong with them is told by the clause on it alone."""
    result = shared_tester(name).try_mutation(mutation)
    assert result.named, "no clause has this id"
    assert result.complaint == ""


def test_the_bundled_documents_have_none_of_them() -> None:
    """What Confluent's page promises has mutations of its own, and Datadog's names no headers."""
    assert [list(convention_mutations(document(name)[1])) for name in DOCUMENTS] == [[], []]
