"""Where does it stand that people wrote, and how are they told that it is wrong?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where a promise stands: a file, as shown to people, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class ContractError(Exception):
    """A wrong document, option or value: one line that names the cure.

    ``place`` is where a document is wrong, None where no line of one is.
    """

    def __init__(self, told: str, place: SourceLocation | None = None) -> None:
        super().__init__(told)
        self.place = place
