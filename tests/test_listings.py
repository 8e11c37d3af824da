"""In which parts does a list come? What a document states of its pages, and what its names tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.promises import AboveMaximum, PageStyle
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.listing import Listing

SIZE = {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20, "maximum": 50}}
ITEM = {"type": "object", "properties": {"id": {"type": "string"}, "status": {"type": "string"}}}
MEMBERS: dict[str, Any] = {
    "id": {"type": "string"},
    "status": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "fields": {"type": "string"},
}
TAGGED = {"type": "object", "properties": MEMBERS}


def parameter(name: str, **schema: Any) -> dict[str, Any]:
    """Return a query parameter."""
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}}


def listing(
    folder: Path,
    *parameters: dict[str, Any],
    around: dict[str, Any] | None = None,
    headers: tuple[str, ...] = (),
    stated: dict[str, Any] | None = None,
    item: dict[str, Any] = ITEM,
) -> Listing:
    """Return how the list of a document comes that has these parameters, and members around its items."""
    properties = {"data": {"type": "array", "items": item}, **(around or {})}
    operation: dict[str, Any] = {
        "operationId": "list",
        "parameters": list(parameters),
        "responses": {
            "200": {
                "description": "all",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
                "content": {
                    "application/json": {"schema": {"type": "object", "properties": properties}}
                },
            }
        },
    }
    if stated:
        operation["x-contract"] = stated
    read = {
        "operationId": "read",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {
            "200": {"description": "one", "content": {"application/json": {"schema": ITEM}}}
        },
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"get": operation}, "/things/{id}": {"get": read}},
    }
    path = folder / f"things{len(list(folder.iterdir()))}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    found = documents.read_document(path)
    if found.unread:
        raise ContractError(found.unread[0].reason)
    return next(one.listing for one in found.operations if one.id == "list")


def test_a_list_without_parts_has_none(tmp_path: Path) -> None:
    """A size alone is no page: nobody knows how to go on."""
    assert listing(tmp_path).pages is None
    assert listing(tmp_path, SIZE).pages is None
    assert listing(tmp_path, SIZE, parameter("cursor")).pages is None


def test_a_cursor_is_found_in_the_answer(tmp_path: Path) -> None:
    """By the names that people use, at any depth around the items."""
    around = {"meta": {"type": "object", "properties": {"nextCursor": {"type": "string"}}}}
    pages = listing(tmp_path, SIZE, parameter("cursor"), around=around).pages
    assert pages is not None
    assert (pages.style, pages.position, pages.next) == (
        PageStyle.CURSOR,
        "cursor",
        "meta.nextCursor",
    )
    assert (pages.size, pages.default_size, pages.largest_size) == ("limit", 20, 50)
    assert pages.inferred


@pytest.mark.parametrize(
    ("name", "schema", "style", "first"),
    [
        ("page", {"type": "integer"}, PageStyle.NUMBER, 1),
        ("page", {"type": "integer", "default": 0}, PageStyle.NUMBER, 0),
        ("pageNumber", {"type": "integer", "minimum": 0}, PageStyle.NUMBER, 0),
        ("offset", {"type": "integer", "default": 0}, PageStyle.OFFSET, 0),
        ("skip", {"type": "integer"}, PageStyle.OFFSET, 0),
        ("offset", {"type": "integer", "minimum": 1}, PageStyle.OFFSET, 1),
        ("startIndex", {"type": "integer"}, PageStyle.OFFSET, 1),
    ],
)
def test_a_number_leads_on_by_itself(
    tmp_path: Path, name: str, schema: dict[str, Any], style: PageStyle, first: int
) -> None:
    """Nothing in an answer has to lead to the next page."""
    pages = listing(tmp_path, SIZE, parameter(name, **schema)).pages
    assert pages is not None
    assert (pages.style, pages.position, pages.begins_at) == (style, name, first)
    assert not pages.tells_next


def test_a_word_is_no_number_of_a_page(tmp_path: Path) -> None:
    """``start`` may be a day."""
    day = parameter("start", type="string", format="date")
    assert listing(tmp_path, SIZE, day).pages is None


def test_the_header_link_leads_on(tmp_path: Path) -> None:
    """RFC 8288, where it is documented."""
    pages = listing(tmp_path, SIZE, headers=("Link",)).pages
    assert pages is not None
    assert pages.in_header
    assert pages.tells_next


def test_what_stands_around_is_recognised(tmp_path: Path) -> None:
    """Links to the other pages, whether there is more, and how many there are."""
    text = {"type": "string"}
    around = {
        "links": {"type": "object", "properties": {"next": text, "prev": text, "first": text}},
        "has_more": {"type": "boolean"},
        "total_count": {"type": "integer"},
    }
    pages = listing(tmp_path, parameter("page", type="integer"), around=around).pages
    assert pages is not None
    told = (pages.next, pages.previous, pages.first, pages.last, pages.more, pages.total)
    assert told == ("links.next", "links.prev", "links.first", "", "has_more", "total_count")


def test_a_header_counts_all(tmp_path: Path) -> None:
    """As `X-Total-Count` does; another one does not."""
    pages = listing(
        tmp_path, SIZE, parameter("page", type="integer"), headers=("X-Total-Count",)
    ).pages
    assert pages is not None
    assert (pages.total_header, pages.told_total) == ("X-Total-Count", "X-Total-Count")
    other = listing(tmp_path, SIZE, parameter("page", type="integer"), headers=("X-Count",)).pages
    assert other is not None
    assert other.told_total == ""


def test_what_is_stated_counts(tmp_path: Path) -> None:
    """Whatever the names: with its line, and the bounds of the parameter."""
    stated = {
        "pagination": {
            "says": "Pages.",
            "style": "offset",
            "size": "many",
            "above-maximum": "capped",
            "position": "from",
            "total": "all",
        }
    }
    many = parameter("many", type="integer", maximum=7)
    pages = listing(tmp_path, many, parameter("from"), stated=stated).pages
    assert pages is not None
    assert (pages.style, pages.size, pages.largest_size) == (PageStyle.OFFSET, "many", 7)
    assert (pages.above_maximum, pages.total, pages.inferred) == (
        AboveMaximum.CAPPED,
        "all",
        False,
    )
    lines = (tmp_path / "things0.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[pages.place.line - 1].strip() == "pagination:"


def test_what_is_stated_wrongly_is_told_with_its_line(tmp_path: Path) -> None:
    """A key that there is none of, and a style."""
    for wrong in ({"style": "pages"}, {"per-page": "limit"}):
        with pytest.raises(ContractError, match=r"things\d\.yaml:\d+"):
            listing(tmp_path, stated={"pagination": wrong})


def test_a_filter_is_named_as_a_member(tmp_path: Path) -> None:
    """Of an item, in a plain form, without a default; a stated one has its own member."""
    found = listing(
        tmp_path,
        parameter("status"),
        parameter("colour"),
        parameter("id", type="object"),
    ).filters
    assert [(one.parameter, one.member, one.inferred) for one in found] == [
        ("status", "status", True)
    ]
    with_default = listing(tmp_path, parameter("status", type="string", default="open")).filters
    assert with_default == ()
    stated = {"filters": {"by-parameter": {"colour": "status"}}}
    told = listing(tmp_path, parameter("colour"), stated=stated).filters
    assert [(one.parameter, one.member, one.inferred) for one in told] == [
        ("colour", "status", False)
    ]


TEXTS = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("name", "schema", "member"),
    [
        ("status", TEXTS, "status"),
        ("status[]", TEXTS, "status"),
        ("statuses", TEXTS, "status"),
        ("ids", TEXTS, "id"),
        ("tags", TEXTS, "tags[]"),
        ("tag", TEXTS, ""),  # a list that is called as one value
        ("id", {"type": "array", "items": {"type": "integer"}}, ""),
        ("fields", TEXTS, ""),
        ("ids", {**TEXTS, "default": ["a"]}, ""),
    ],
)
def test_a_list_of_values_is_a_filter(
    tmp_path: Path, name: str, schema: dict[str, Any], member: str
) -> None:
    """Called as the member, or by the plural of its name; not what chooses members of the answer."""
    found = listing(tmp_path, parameter(name, **schema), item=TAGGED).filters
    assert [(one.parameter, one.member) for one in found] == ([(name, member)] if member else [])


def test_an_order_is_a_documented_value(tmp_path: Path) -> None:
    """Of the parameter that sorts, named as a member of an item; up or down."""
    values = ["status", "-status", "id:desc", "relevance"]
    found = listing(tmp_path, parameter("sort", type="string", enum=values)).orders
    assert [(one.value, one.member, one.is_descending) for one in found] == [
        ("status", "status", False),
        ("-status", "status", True),
        ("id:desc", "id", True),
    ]


NUMBERS = {"last_page": {"type": ["number", "null"]}, "previous_page": {"type": "integer"}}


def test_a_number_of_a_page_is_no_link_to_it(tmp_path: Path) -> None:
    """A text of that name is one."""
    pages = listing(tmp_path, parameter("page", type="integer"), around=NUMBERS).pages
    assert pages is not None
    assert (pages.last, pages.previous) == ("", "")


def test_a_text_of_that_name_is_a_link(tmp_path: Path) -> None:
    """Even where it may be null."""
    texts = {name: {"type": ["string", "null"]} for name in NUMBERS}
    pages = listing(tmp_path, parameter("page", type="integer"), around=texts).pages
    assert pages is not None
    assert (pages.last, pages.previous) == ("last_page", "previous_page")
