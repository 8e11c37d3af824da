"""Where does a page of a list lead? Links of every kind, and positions that are counted on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lives import world

from pytest_confluent_contracts.model import page_links
from pytest_confluent_contracts.model.promises import Pages, PageStyle

W = world()
CURSOR = Pages(style=PageStyle.CURSOR, size="limit", position="cursor", next="next")
LINKED = replace(CURSOR, next="", in_header=True)


def leads_to(
    pages: Pages, answer: dict[str, Any], *, query: str = "", count: int = 2, link: str = ""
) -> str | None:
    """Return the query of the next page, as it is written; None where there is none."""
    told = {"Link": link} if link else {}
    exchange = W.ask("list", 200, answer, told=told)
    pairs = tuple(pair.partition("=")[::2] for pair in query.split("&") if pair)
    asked = replace(exchange.case, query=pairs)
    found = page_links.next_query(asked, exchange, pages, count)
    return None if found is None else "&".join("=".join(pair) for pair in found)


@pytest.mark.parametrize(
    ("told", "query"),
    [
        ("abc", "limit=2&cursor=abc"),
        ("a/b=", "limit=2&cursor=a%2Fb%3D"),
        ("https://vendor.example/things?cursor=a%2Fb", "cursor=a%2Fb"),
        ("/things?limit=2&cursor=x", "limit=2&cursor=x"),
        ("?cursor=x", "cursor=x"),
        (None, None),
        ("", None),
    ],
)
def test_a_member_leads_to_the_next_page(told: Any, query: str | None) -> None:
    """A cursor keeps what was asked for; an address has its own query, whatever its host."""
    assert leads_to(CURSOR, {"next": told}, query="limit=2") == query
    assert leads_to(CURSOR, {}, query="limit=2") is None


@pytest.mark.parametrize(
    ("header", "query"),
    [
        ('<https://vendor.example/things?cursor=x>; rel="next"', "cursor=x"),
        ("</things?cursor=x>; rel=next", "cursor=x"),
        ('</things?cursor=a>; rel="prev", </things?cursor=x>; rel="next last"', "cursor=x"),
        ('</things?cursor=a,b>; title="a, b"; rel="next"', "cursor=a%2Cb"),
        ('</things?cursor=a>; rel="prev"', None),
        ("", None),
    ],
)
def test_the_header_link_leads_to_the_next_page(header: str, query: str | None) -> None:
    """RFC 8288: several links in one header, relations in any place, words in quotes."""
    assert leads_to(LINKED, {}, link=header) == query


def test_whether_there_is_more_may_be_said_apart() -> None:
    """A cursor that stands there at the end, too, leads nowhere."""
    pages = replace(CURSOR, more="has_more")
    assert leads_to(pages, {"next": "x", "has_more": False}) is None
    assert leads_to(pages, {"next": "x", "has_more": True}) == "cursor=x"


def test_pages_and_items_are_counted_on() -> None:
    """From the first; a page that is not full is the last."""
    numbers = Pages(style=PageStyle.NUMBER, size="limit", position="page")
    assert leads_to(numbers, {}, query="limit=2") == "limit=2&page=2"
    assert leads_to(numbers, {}, query="limit=2&page=2") == "limit=2&page=3"
    assert leads_to(numbers, {}, query="limit=2", count=1) is None
    assert leads_to(replace(numbers, first_number=0), {}, query="limit=2") == "limit=2&page=1"
    offsets = Pages(style=PageStyle.OFFSET, size="limit", position="offset", default_size=2)
    assert leads_to(offsets, {}) == "offset=2"
    assert leads_to(offsets, {}, query="offset=2") == "offset=4"
    assert leads_to(offsets, {}, count=0) is None
    assert leads_to(replace(offsets, first_number=1), {}) == "offset=3"
