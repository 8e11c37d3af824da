"""What do all pages of a list show? Each page leads to the next, and each is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.list_parts import next_page
from pytest_confluent_contracts.http.targets import Access, allowances_at
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.page_links import NEXT_PAGE, next_query

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.sender import Sender

MOST_PAGES = 12  # of one walk: what others have may fill thousands


def walk(sender: Sender, case: Case) -> list[Exchange]:
    """Send *case*, and what each of its pages leads to; return the answers in order.

    The walk ends at the last page, at one that has been seen, and after `MOST_PAGES`. Raise
    `Refusal` where a request may not go.
    """
    _admit(sender, case)
    answers = [sender.send(case)]
    pages, resource = case.operation.listing.pages, case.operation.resource
    asked, queries = case, {case.query}
    while pages is not None and resource is not None and len(answers) < MOST_PAGES:
        last = answers[-1]
        if not last.accepted or sender.stopped:
            break
        count = len(list(paths.values_at(last.json, resource.items)))
        query = next_query(asked, last, pages, count)
        if query is None or query in queries:
            break
        queries.add(query)
        asked = next_page(case, query, NEXT_PAGE)
        _admit(sender, asked)
        answers.append(sender.send(asked))
    return answers


def _admit(sender: Sender, case: Case) -> None:
    """Let the guard know of the query: it changes nothing, wherever an answer has led."""
    client, operation = sender.client, case.operation
    access = Access(
        operation=operation,
        credentials={},
        paths=frozenset({paths.filled_template(operation.path, case.parameters)}),
        queries=frozenset({case.written_query}),
    )
    client.guard.admit_read(operation.key, allowances_at(client.base_url, [access]))
