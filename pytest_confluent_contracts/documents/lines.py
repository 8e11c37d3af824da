"""Where does a value of a file stand? Mappings that know their line, and those of their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 200  # levels of a file that is read; published documents have some 40


class Node(dict[str, Any]):
    """A mapping of the file that knows the line on which it, and each of its members, begins."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of the member *key*, or the mapping's own."""
        return self.lines.get(key, self.line)


class UnreadableText(Exception):
    """A text that is not what its format asks for: why, and on which line, counted from 1."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def strip(value: Any) -> Any:
    """Return *value* with plain dicts and lists, fit for libraries that copy or pickle."""
    if isinstance(value, Mapping):
        return {key: strip(member) for key, member in value.items()}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value
