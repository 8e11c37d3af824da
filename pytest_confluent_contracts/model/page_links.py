"""Where does one page of a list lead? Read from its answer, for who follows and who judges.

A link may name the vendor's host, whichever host answered: only its query counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import PageStyle
from pytest_confluent_contracts.model.serialisation import DELIMITERS

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.promises import Pages
    from pytest_confluent_contracts.model.traffic import CaseParts, Exchange

    Query = tuple[tuple[str, str], ...]  # names and values as they are written, percent-encoded

NEXT_PAGE = "next page"  # the name of the step that goes on where a page of a list has led
NEXT, PREVIOUS, FIRST, LAST = "next", "prev", "first", "last"
# The names of the steps that look where the other links of a walk's pages lead.
LED_STEPS = {FIRST: "first page", LAST: "last page", PREVIOUS: "page before"}
FILTERED = "filtered"  # the name of the step that asks for what meets a filter
ODD_SIZE = "odd page size"  # the name of the step that asks for a page of no size
FROM_OFFSET = "page from an offset"  # the name of the step that asks for a page between two pages
# The name of the step that sends a page's position with another filter than it was led to by.
OTHER_FILTER = "page of another filter"
# One link of the header Link (RFC 8288 3): its target, and its parameters.
LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;=\s]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^,;\s]*))?)*)")
RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^,;\s]*))", re.IGNORECASE)
ANCHOR = re.compile(r";\s*anchor\s*=", re.IGNORECASE)  # the link is another resource's (3.2)


def link_of_page(answer: Exchange, pages: Pages, relation: str) -> str:
    """Return what *answer* says of the page that is its *relation*, ``""`` where it says nothing.

    That is an address, or what stands in the parameter of the position.
    """
    members = {
        NEXT: pages.next,
        PREVIOUS: pages.previous,
        FIRST: pages.first,
        LAST: pages.last,
    }
    path = members[relation]
    value = paths.value_at(answer.json, path) if path else ABSENT
    if value is not ABSENT and value is not None and not isinstance(value, bool):
        return str(value)
    return link_in_header(answer, relation) if pages.in_header else ""


def link_in_header(answer: Exchange, relation: str) -> str:
    """Return the target of the link of *relation* in the header Link, ``""`` without any."""
    names = {relation, "previous"} if relation == PREVIOUS else {relation}
    for target, parameters in LINK.findall(", ".join(answer.header_values("Link"))):
        for quoted, bare in RELATION.findall(parameters)[:1]:
            is_of_it = names & set((quoted or bare).lower().split())
            if is_of_it and not ANCHOR.search(parameters):
                return str(target) if is_address(target) else f"./{target}"
    return ""


def tells_pages(answer: Exchange) -> bool:
    """Return whether the header Link of *answer* leads to any page."""
    return any(link_in_header(answer, one) for one in (NEXT, PREVIOUS, FIRST, LAST))


def tells_another(answer: Exchange, pages: Pages) -> bool:
    """Return whether *answer* says that there is another page behind it."""
    if pages.more:
        more = paths.value_at(answer.json, pages.more)
        if isinstance(more, bool):
            return more
    return bool(link_of_page(answer, pages, NEXT))


def next_query(asked: CaseParts, answer: Exchange, pages: Pages, count: int) -> Query | None:
    """Return the query of the page behind *answer*, None where there is none.

    *count* is how many items the page has: where no answer tells of a next page, one that is full
    may have one.
    """
    if pages.tells_next and not tells_another(answer, pages):
        return None
    link = link_of_page(answer, pages, NEXT)
    if link and (pages.position or is_address(link)):
        return query_of_link(asked, link, pages)
    if pages.style is PageStyle.CURSOR or not pages.position or count == 0:
        return None
    size = asked_size(asked, pages) or count
    if not pages.tells_next and count < size:
        return None
    return with_position(asked.query, pages, str(_next_position(asked, pages, size)))


def query_of_link(asked: CaseParts, link: str, pages: Pages) -> Query:
    """Return the query that *link* asks with: its own, or that of *asked* at the position it is."""
    if is_address(link):
        pairs = parse_qsl(urlsplit(link).query, keep_blank_values=True)
        return tuple((_written(name), _written(value)) for name, value in pairs)
    return with_position(asked.query, pages, link)


def is_address(link: str) -> bool:
    """Return whether *link* is a reference to a URI, and not a position by itself.

    >>> is_address("/things?page=2"), is_address("bcAOehAY8F16"), is_address("2")
    (True, False, False)
    """
    return "://" in link or link.startswith(("/", "?", "./", "../"))


def with_position(query: Query, pages: Pages, position: Any) -> Query:
    """Return *query* at *position*."""
    others = tuple(pair for pair in query if pair[0] != _written(pages.position))
    return (*others, (_written(pages.position), _written(str(position))))


def with_size(query: Query, pages: Pages, size: int) -> Query:
    """Return *query* for pages of at most *size* items."""
    others = tuple(pair for pair in query if pair[0] != _written(pages.size))
    return (*others, (_written(pages.size), str(size)))


def asked_size(asked: CaseParts, pages: Pages) -> int | None:
    """Return how many items a page of *asked* may have, the default included; None if unknown."""
    told = dict(asked.query).get(_written(pages.size), "") if pages.size else ""
    if told.isdecimal():
        return int(told)
    return pages.default_size


def sent_text(asked: CaseParts, name: str) -> str | None:
    """Return the decoded text of the query parameter *name*, None where it was not sent."""
    for written, value in asked.query:
        if unquote(written) == name:
            return unquote(value)
    return None


def without_pages(query: Query, pages: Pages) -> Query:
    """Return what of *query* is not about pages."""
    return tuple(pair for pair in query if not is_about_pages(pair[0], pages))


def asks_for_position(asked: CaseParts, pages: Pages | None) -> bool:
    """Return whether *asked* is for a page that it names, and not for the first."""
    if pages is None or not pages.position:
        return False
    return sent_text(asked, pages.position) is not None


def is_about_pages(name: str, pages: Pages | None) -> bool:
    """Return whether the query parameter *name*, as it is written, asks for a page."""
    return pages is not None and name in (_written(pages.size), _written(pages.position))


def sent_texts(asked: CaseParts, name: str) -> list[str]:
    """Return all decoded texts of the query parameter *name*: a list of values may have several."""
    values = [value for written, value in asked.query if unquote(written) == name]
    for parameter in asked.operation.other_parameters:
        is_list = "array" in parameter.types and not parameter.explode
        if parameter.name == name and is_list:
            between = DELIMITERS.get(parameter.style, ",")
            values = between.join(values).split(between) if values else []
    return [unquote(value) for value in values]


def _next_position(asked: CaseParts, pages: Pages, size: int) -> int:
    told = dict(asked.query).get(_written(pages.position), "")
    position = int(told) if told.isdecimal() else pages.begins_at
    return position + (size if pages.style is PageStyle.OFFSET else 1)


def _written(text: str) -> str:
    return quote(text, safe="")
