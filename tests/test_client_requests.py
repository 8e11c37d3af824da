"""Do the makers of requests and the judge of clients agree? What a run sends is judged as if a client had sent it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import Case, Exchange, Expect, Probe, make_exchange
from leading import read_api

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.http.strict_json import parse_json
from pytest_confluent_contracts.model.clauses import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Document

NAMES = ("confluent-api-keys", "datadog-confluent-cloud", "shop", "conditions")
NO_FAULT_OF_A_CLIENT = (
    "a lone surrogate, escaped",  # grammatical (RFC 8259 8.2)
    "without the header parameter If-Match",  # asked for by 428 alone: each answer tells when
)


def document_named(name: str) -> Document:
    """Return a bundled document, or one of our own."""
    known = documents.bundled_documents()
    return documents.read_document(known[name]) if name in known else read_api(name)


def sent(case: Any) -> Exchange:
    """Return the exchange of *case* as a recording of it would show it."""
    whole = Case(**{field.name: getattr(case, field.name) for field in fields(case)})
    return make_exchange(replace(whole, value=parse_json(case.body or b"")[0]))


def judged(name: str) -> Iterator[tuple[Any, list[str]]]:
    """Yield each case that a run of the document would send, and the MUST clauses that it breaks."""
    for operation in document_named(name).operations:
        held = clauses.derive_for_clients(operation)
        must = [clause for clause in held if clause.level is Level.MUST]
        for case in Double(operation, max_examples=2).plan.every_case():
            exchange = sent(case)
            red = [one.id for one in must if any(each.finding for each in one.judge([exchange]))]
            yield case, red


@pytest.mark.parametrize("name", NAMES)
def test_what_is_allowed_is_let_be_and_what_is_broken_is_told(name: str) -> None:
    """Thousands of requests of which the makers know what is wrong with them, of every probe."""
    blamed: list[tuple[str, list[str]]] = []
    missed: list[str] = []
    counted = 0
    for case, red in judged(name):
        counted += 1
        is_fault = not case.title.startswith(NO_FAULT_OF_A_CLIENT)
        is_forbidden = case.expect is Expect.REFUSED and is_fault
        if case.expect is Expect.ACCEPTED and red and case.probe is not Probe.READ_ONLY:
            blamed.append((case.title, red))
        if is_forbidden and not red:
            missed.append(case.title)
    assert (blamed, missed) == ([], [])
    assert counted > 100
