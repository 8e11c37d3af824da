"""What do the structured fields of an answer hold (RFC 9651)?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Malformed(ValueError):
    """The text is no structured field of the type that is asked for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its bare value, and the parameters behind it by name.

    A string and a token are both text here, for services write a policy's name as either; an
    integer is int, a byte sequence bytes, a flag True.
    """

    value: Any
    parameters: Mapping[str, Any]

    def count(self, name: str) -> int | None:
        """Return the parameter *name*, None where it is absent, or no integer from 0 on."""
        return as_count(self.parameters.get(name))


def as_count(value: Any) -> int | None:
    """Return *value* where it is an integer from 0 on, else None: True is no integer."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_count:
        return None
    return int(value)


def parse_list(text: str) -> tuple[Item, ...]:
    """Return the items of a List (RFC 9651 3.1); raise `Malformed` where *text* is none, or empty.

    Several lines of a field are one text, joined by commas. For example, ``"a, b";q=5;x, c`` is
    the text ``a, b`` with q of 5 and the flag x, and the text ``c``. Inner lists are refused: no
    field of the rate limit has them.
    """
    members = _parse(text, "list")
    items = tuple(_item(member) for member in members)
    if not items:
        raise Malformed(text)
    return items


def parse_dictionary(text: str) -> dict[str, Item]:
    """Return the members of a Dictionary (RFC 9651 3.2) by name; raise `Malformed` as a list does.

    For example, ``limit=100, remaining=50`` holds the items 100 and 50.
    """
    members = _parse(text, "dictionary")
    if not members:
        raise Malformed(text)
    return {name: _item(member) for name, member in members.items()}


def _parse(text: str, kind: str) -> Any:
    import http_sf  # only where a field came: most answers have none

    try:
        return http_sf.parse(text.encode(), tltype=kind)
    except ValueError as error:
        raise Malformed(text) from error


def _item(member: Any) -> Item:
    value, parameters = member
    if isinstance(value, list):
        raise Malformed("an inner list")
    return Item(_plain(value), {name: _plain(one) for name, one in parameters.items()})


def _plain(value: Any) -> Any:
    import http_sf

    if isinstance(value, http_sf.Token):
        return str(value)
    return value
