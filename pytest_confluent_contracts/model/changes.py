"""What changed between two documents, as data: a clause, what was, what is, and who breaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pytest_confluent_contracts.model.documents import Document
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.sources import SourceLocation


class Breaks(StrEnum):
    """Who kept the old document, and does not keep the new one, or can no longer rely on it.

    Where a change breaks clients, servers mostly have to change too: clients are named.
    """

    CLIENTS = "clients"
    SERVERS = "servers"
    NOBODY = "nobody"


class Direction(StrEnum):
    """In which way a clause changed: fewer values than before, more, or others."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: of one rule on one thing, where it stood and where it stands.

    ``operation`` is ``METHOD /path``, ``""`` for the whole document; ``clause`` the id of the
    clause that changed, ``member`` the path in a body, ``keyword`` the rule on it. ``was`` and
    ``now`` are JSON values, `ABSENT` where there is none; a place is None where nothing stands.
    """

    operation: str
    clause: str
    direction: Direction
    breaks: Breaks
    keyword: str
    member: str = ""
    was: Any = ABSENT
    now: Any = ABSENT
    old_place: SourceLocation | None = None
    new_place: SourceLocation | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes from one document to another, in the order of the old one."""

    old: Document
    new: Document
    changes: tuple[Change, ...]

    def count(self, who: Breaks) -> int:
        """Return how many changes break *who*."""
        return sum(change.breaks is who for change in self.changes)
