"""Where does it stand that people wrote, and how are they told that it is wrong?"""

from __future__ import annotations

from dataclasses import dataclass


class ContractError(Exception):
    """A wrong document, option or value: one line that names the cure."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where a promise stands: a file, as shown to people, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
