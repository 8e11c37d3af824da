"""What do all pages of a list show? Each page leads to the next, and each is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.list_parts import next_page
from pytest_confluent_contracts.http.targets import Access, allowances_at
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.page_links import (
    FIRST,
    LAST,
    LED_STEPS,
    NEXT_PAGE,
    PREVIOUS,
    link_of_page,
    next_query,
    query_of_link,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.page_links import Query
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.sender import Sender

FEWEST_PAGES = 2  # of a walk of which the other links are followed
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


def look_around(sender: Sender, case: Case, answers: Sequence[Exchange]) -> None:
    """Ask for where the pages of a walk lead otherwise: to the first, the last, and the one before.

    *answers* are those to *case* and to what it led to. Raise `Refusal` where a request may not go.
    """
    pages = case.operation.listing.pages
    if pages is None or len(answers) < FEWEST_PAGES or not answers[-1].accepted:
        return
    asked: dict[tuple[str, Query], None] = {}
    for relation, index in ((LAST, 0), (FIRST, -1), (PREVIOUS, -1), (PREVIOUS, 1)):
        link = link_of_page(answers[index], pages, relation)
        if link:
            query = query_of_link(answers[index].case, link, pages)
            asked[relation, query] = None
    for relation, query in asked:
        ask_page(sender, next_page(case, query, LED_STEPS[relation]))


def ask_page(sender: Sender, case: Case) -> Exchange:
    """Send *case* and follow nothing; raise `Refusal` where it may not go."""
    _admit(sender, case)
    return sender.send(case)


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
