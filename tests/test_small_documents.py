"""Is each construct of OpenAPI judged right: silent where it is kept, told where it is broken?

For each document in `tests/documents/`: a service by hand that keeps it, the embedded service, and services by hand
that each break one clause.
"""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from judging import red, warned
from small_services import FOLDER, Row, held, held_to_one, read

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.clauses import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES = [import_module(path.stem) for path in sorted(FOLDER.parent.glob("services_of_*.py"))]
ROWS: tuple[Row, ...] = tuple(chain.from_iterable(module.ROWS for module in MODULES))
# All tests of one document are run together: what is sent to its services is planned once.
a_document = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name, scope="module")


@a_document
def test_a_service_that_keeps_its_document_is_silent(row: Row) -> None:
    """Nothing is red and nothing is warned."""
    rulings = held(row, row.service)
    assert (red(rulings), warned(rulings)) == ({}, set())


@a_document
def test_each_broken_answer_is_told_by_its_clause(row: Row) -> None:
    """The clause of the construct is red, or warned where it is a SHOULD."""
    verdicts = {id: held_to_one(row, make, id).verdict for id, make in row.broken.items()}
    silent = verdicts.keys() - _told(verdicts)
    # The evidence of some comes with that of the others.
    verdicts |= {id: held(row, row.broken[id])[id].verdict for id in silent}
    assert _told(verdicts) == row.broken.keys()


def _told(verdicts: Mapping[str, Verdict]) -> set[str]:
    """Return the clauses that tell a fault."""
    return {id for id, one in verdicts.items() if one in (Verdict.BROKEN, Verdict.WARNED)}


@a_document
def test_the_embedded_service_keeps_it(row: Row) -> None:
    """`mock` is green on it."""
    for operation in read(row.path).operations:
        campaign = Double(operation, max_examples=8).campaign()
        rulings = {clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}
        assert red(rulings) == {}


def test_each_document_has_its_row() -> None:
    """No document lies there unused."""
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(row.name for row in ROWS)
