"""Is each value of a parameter written as OpenAPI's tables and RFC 6570 have it, encoded once?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.model.documents import Location, Parameter
from pytest_confluent_contracts.model.serialisation import path_text, written_pairs
from pytest_confluent_contracts.model.sources import SourceLocation

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, LIST, OBJECT = "blue", ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}
TYPES = {str: "string", list: "array", dict: "object", int: "integer", bool: "boolean"}
# OpenAPI 3.1.1, Style Examples: style, explode, and how a text, a list and an object are written.
IN_PATH = [
    ("simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ("label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("matrix", False, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
    ("matrix", True, ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
]
IN_QUERY = [
    ("form", False, LIST, "color=blue,black,brown"),
    ("form", False, OBJECT, "color=R,100,G,200,B,150"),
    ("form", True, TEXT, "color=blue"),
    ("form", True, "", "color="),
    ("form", True, LIST, "color=blue&color=black&color=brown"),
    ("form", True, OBJECT, "R=100&G=200&B=150"),
    ("spaceDelimited", False, LIST, "color=blue%20black%20brown"),
    ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
    ("pipeDelimited", False, LIST, "color=blue%7Cblack%7Cbrown"),
    ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
]


def parameter(
    location: Location,
    style: str,
    value: Any,
    *,
    explode: bool = False,
    reserved: bool = False,
    media_type: str = "",
    name: str = "color",
) -> Parameter:
    """Return a parameter for values like *value*."""
    return Parameter(
        name=name,
        location=location,
        required=True,
        style=style,
        explode=explode,
        allow_reserved=reserved,
        schema={"type": TYPES[type(value)]},
        media_type=media_type,
        examples=(),
        deprecated=False,
        place=SourceLocation("own.yaml", 1),
    )


def query(value: Any, style: str = "form", **more: Any) -> str:
    """Return what *value* becomes in a query."""
    pairs = written_pairs(parameter(Location.QUERY, style, value, **more), value)
    return "&".join(f"{name}={text}" for name, text in pairs)


@pytest.mark.parametrize(("style", "explode", "text", "items", "members"), IN_PATH)
def test_a_value_in_the_path(
    style: str, explode: bool, text: str, items: str, members: str
) -> None:
    """A text, a list and an object, in each style, exploded and not."""
    expected: Mapping[str, Any] = {text: TEXT, items: LIST, members: OBJECT}
    for written, value in expected.items():
        own = parameter(Location.PATH, style, value, explode=explode)
        assert path_text(own, value) == written


@pytest.mark.parametrize(("style", "explode", "value", "written"), IN_QUERY)
def test_a_value_in_the_query(style: str, explode: bool, value: Any, written: str) -> None:
    """A list and an object, in each style that a query may have."""
    assert query(value, style, explode=explode) == written


def test_a_plain_text_in_the_path_is_encoded_when_it_goes() -> None:
    """Its text stands as it is until then; in another style it is written at once."""
    assert path_text(parameter(Location.PATH, "simple", ""), "a b/c") == "a b/c"
    assert path_text(parameter(Location.PATH, "label", ""), "a b/c") == ".a%20b%2Fc"


def test_an_empty_text_of_the_matrix_style_has_no_equals_sign() -> None:
    """RFC 6570 3.2.7."""
    assert path_text(parameter(Location.PATH, "matrix", ""), "") == ";color"


def test_what_separates_is_encoded_inside_a_part() -> None:
    """A comma in an item is none between two."""
    assert query(["a,b", "c&d=e+f"], explode=False) == "color=a%2Cb,c%26d%3De%2Bf"


def test_reserved_characters_stay_where_that_is_allowed() -> None:
    """All but those that a reader of the query would take for its own."""
    assert query("a/b?c:d,e&f=g#h+i", reserved=True) == "color=a/b?c:d,e%26f%3Dg%23h%2Bi"
    assert query("a/b?c:d,e", reserved=False) == "color=a%2Fb%3Fc%3Ad%2Ce"


def test_a_percent_sign_is_encoded_once() -> None:
    """It is a character like any other."""
    assert query("100%41") == "color=100%2541"


def test_a_name_is_encoded() -> None:
    """Brackets are none of a query's own (RFC 3986 3.4)."""
    assert query(5, name="page[size]", explode=True) == "page%5Bsize%5D=5"


def test_content_is_json() -> None:
    """Texts too, with their quotes, where the media type is JSON; else as they are."""
    assert query({"a": 1}, media_type="application/json") == "color=%7B%22a%22%3A1%7D"
    assert query("a", media_type="application/json") == "color=%22a%22"
    assert query("a", media_type="text/plain") == "color=a"


def test_headers_are_not_encoded() -> None:
    """They are no part of the URL."""
    own = parameter(Location.HEADER, "simple", LIST)
    assert written_pairs(own, ["a b", "c/d"]) == (("color", "a b,c/d"),)
    exploded = parameter(Location.HEADER, "simple", OBJECT, explode=True)
    assert written_pairs(exploded, OBJECT) == (("color", "R=100,G=200,B=150"),)
    assert written_pairs(parameter(Location.HEADER, "simple", True), True) == (("color", "true"),)


def test_cookies_are_pairs() -> None:
    """A list that is exploded is a cookie for each item."""
    own = parameter(Location.COOKIE, "form", LIST, explode=True)
    assert written_pairs(own, ["a", "b;c"]) == (("color", "a"), ("color", "b%3Bc"))
    flat = parameter(Location.COOKIE, "form", LIST)
    assert written_pairs(flat, ["a", "b"]) == (("color", "a,b"),)
