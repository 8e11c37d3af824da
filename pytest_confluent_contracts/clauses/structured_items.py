"""How does a structured field write a list of items (RFC 9651)?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Parameter = int | str | bool

KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
# Each kind of bare item but the integer, in the order of RFC 9651 3.3.
BARE_ITEM = re.compile(
    r"-?[0-9]{1,12}\.[0-9]{1,3}(?![0-9])"  # decimal
    r'|"(?:[ !#-\[\]-~]|\\["\\])*"'  # string
    r"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*"  # token
    r"|:[A-Za-z0-9+/]*=*:"  # bytes
    r"|\?[01]"  # boolean
    r"|@-?[0-9]{1,15}(?![0-9])"  # date
    r'|%"(?:[ !#$&-~]|%[0-9a-f]{2})*"'  # display string
)
BLANKS = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a list: its bare item as it is written, and the parameters behind it.

    A parameter that is an integer is one here, one without a value is True, any other is its text.
    """

    text: str
    parameters: Mapping[str, Parameter]

    def integer(self, name: str) -> int | None:
        """Return the parameter *name*, None where it is absent, or no integer from 0 on."""
        value = self.parameters.get(name)
        is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return int(value) if is_count and value is not None else None


class Malformed(ValueError):
    """The text is no list of items."""


def parse_items(field: str) -> list[Item]:
    """Return the items of *field*, of which several lines are joined by commas.

    For example, ``"a, b";q=5;x, c`` is the string ``"a, b"`` with q of 5 and the flag x, and the
    token ``c``. Inner lists are not read. Raise `Malformed` where it is none, or empty.
    """
    scanner = _Scanner(field.strip(" "))
    items = [scanner.read_item()]
    while scanner.skip_comma():
        items.append(scanner.read_item())
    return items


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def read_item(self) -> Item:
        text = str(self._read_bare_item()[0])
        parameters: dict[str, Parameter] = {}
        while self._skip(";"):
            while self._skip(" "):
                pass
            name = self._take(KEY)
            parameters[name] = self._read_bare_item()[1] if self._skip("=") else True
        return Item(text, parameters)

    def skip_comma(self) -> bool:
        """Go past a comma and what is blank around it; return False at the end."""
        self._take(BLANKS)
        if self._at == len(self._text):
            return False
        if not self._skip(","):
            raise Malformed(self._text)
        self._take(BLANKS)
        return True

    def _read_bare_item(self) -> tuple[str, Parameter]:
        """Return a bare item as it is written, and its value as a parameter has it."""
        number = INTEGER.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            return number.group(), int(number.group())
        text = self._take(BARE_ITEM)
        return text, text

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise Malformed(self._text)
        self._at = found.end()
        return found.group()

    def _skip(self, character: str) -> bool:
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True
