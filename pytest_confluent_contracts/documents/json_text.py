"""What does a JSON text say? Its values, with the lines on which they stand.

Python's own parser keeps no positions; its scanner of strings is used, the rest is a few rules.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, decoder
from typing import Any

from pytest_confluent_contracts.documents.lines import (
    DEEPEST,
    Items,
    Node,
    RepeatedKey,
    UnreadableText,
    refuse_repeated,
)

SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
CONSTANTS = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Any:
    """Return the one value of *text* (RFC 8259); raise `UnreadableText`.

    A repeated name is an error, too.
    """
    value, repeated = read_json_with_repeated(text)
    refuse_repeated(repeated)
    return value


def read_json_with_repeated(text: str) -> tuple[Any, list[RepeatedKey]]:
    """Return the one value of *text*, and the names that are repeated: the first of each counts.

    Raise `UnreadableText`.
    """
    reader = _Reader(text)
    try:
        value, end = reader.value(reader.after_space(0), 0)
    except JSONDecodeError as error:
        raise UnreadableText(error.msg, error.lineno) from error
    if reader.after_space(end) != len(text):
        raise reader.error("more than one value", end)
    return value, reader.repeated


class _Reader:
    """Reads one text; positions are counted in characters, and only grow."""

    def __init__(self, text: str) -> None:
        self.repeated: list[RepeatedKey] = []
        self._text = text
        self._line, self._counted = 1, 0

    def error(self, why: str, position: int) -> UnreadableText:
        """Return the error that *why* holds at *position*."""
        return UnreadableText(why, self._text.count("\n", 0, position) + 1)

    def after_space(self, position: int) -> int:
        """Return the position of the next character at *position* or behind it that is no space."""
        found = SPACE.match(self._text, position)
        return found.end() if found else position

    def _line_at(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """Return the value that begins at *at*, and the position behind it."""
        first = self._text[at : at + 1]
        if first == '"':
            return self._string(at)
        if first in ("{", "[") and depth == DEEPEST:
            raise self.error(f"nested more than {DEEPEST} levels deep", at)
        if first == "{":
            return self._mapping(at, depth)
        if first == "[":
            return self._list(at, depth)
        for word, constant in CONSTANTS.items():
            if self._text.startswith(word, at):
                return constant, at + len(word)
        return self._number(at)

    def _string(self, at: int) -> tuple[str, int]:
        scan: Any = decoder.scanstring  # type: ignore[attr-defined]  # in C; typeshed leaves it out
        text, end = scan(self._text, at + 1, True)
        return text, end

    def _number(self, at: int) -> tuple[int | float, int]:
        found = NUMBER.match(self._text, at)
        if not found:
            raise self.error("a value is expected here", at)
        fraction, exponent = found.groups()
        try:
            number = float(found[0]) if fraction or exponent else int(found[0])
        except ValueError as error:  # Python reads integers of some thousand digits at most
            raise self.error(str(error), at) from error
        return number, found.end()

    def _mapping(self, at: int, depth: int) -> tuple[Node, int]:
        mapping = Node(self._line_at(at))
        at = self.after_space(at + 1)
        if self._text[at : at + 1] == "}":
            return mapping, at + 1
        while True:
            if self._text[at : at + 1] != '"':
                raise self.error("a member's name is expected here", at)
            line = self._line_at(at)
            name, at = self._string(at)
            at = self._behind(":", self.after_space(at))
            value, at = self.value(at, depth + 1)
            if name in mapping:
                self.repeated.append(RepeatedKey(name, line, mapping))
            else:
                mapping[name] = value
                mapping.lines[name] = line
            at = self.after_space(at)
            if self._text[at : at + 1] == "}":
                return mapping, at + 1
            at = self._behind(",", at)

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        items = Items()
        at = self.after_space(at + 1)
        if self._text[at : at + 1] == "]":
            return items, at + 1
        while True:
            items.lines.append(self._line_at(at))
            item, at = self.value(at, depth + 1)
            items.append(item)
            at = self.after_space(at)
            if self._text[at : at + 1] == "]":
                return items, at + 1
            at = self._behind(",", at)

    def _behind(self, sign: str, at: int) -> int:
        """Return the position of what stands behind *sign*, which is expected at *at*."""
        if self._text[at : at + 1] != sign:
            raise self.error(f"{sign!r} is expected here", at)
        return self.after_space(at + 1)
