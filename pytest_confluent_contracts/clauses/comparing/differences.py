"""How is one difference told before it has a clause, and whom does it break?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pytest_confluent_contracts.model.changes import Breaks, Direction
from pytest_confluent_contracts.model.paths import ABSENT


class Way(Enum):
    """Which way a value travels: the client writes a request, and reads an answer."""

    REQUEST = "request"
    ANSWER = "answer"


# Who breaks where other values are allowed than before.
BROKEN_BY: Final = {
    (Way.REQUEST, Direction.TIGHTENED): Breaks.CLIENTS,
    (Way.REQUEST, Direction.LOOSENED): Breaks.SERVERS,
    (Way.REQUEST, Direction.CHANGED): Breaks.CLIENTS,
    (Way.ANSWER, Direction.TIGHTENED): Breaks.SERVERS,
    (Way.ANSWER, Direction.LOOSENED): Breaks.CLIENTS,
    (Way.ANSWER, Direction.CHANGED): Breaks.CLIENTS,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule of a value that changed.

    ``path`` leads to the value, ``keyword`` is the rule; the lines are 0 where nothing stands.
    """

    path: str
    keyword: str
    direction: Direction
    breaks: Breaks
    was: Any = ABSENT
    now: Any = ABSENT
    old_line: int = 0
    new_line: int = 0

    @property
    def said(self) -> tuple[Any, ...]:
        """Return what two differences share that say the same, wherever it stands."""
        values = (repr(self.was), repr(self.now))
        return (self.path, self.keyword, self.direction, self.breaks, *values)


def direction_of_sets(old: frozenset[Any], new: frozenset[Any]) -> Direction | None:
    """Return how the allowed values changed from *old* to *new*, None where they are the same."""
    if old == new:
        return None
    if new < old:
        return Direction.TIGHTENED
    if new > old:
        return Direction.LOOSENED
    return Direction.CHANGED
