"""What changed between two runs? Newly broken, mended, newly exercised, no longer exercised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_confluent_contracts.report.causes import is_red, standing, why

Data = Mapping[str, Any]
Entry = tuple[str, str]  # the node id of a clause, and a word on it

UNEXERCISED = frozenset({"not exercised", "withheld"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Node ids with a word on each: what became of clauses from an old run to a new one."""

    broken: tuple[Entry, ...]
    mended: tuple[Entry, ...]
    gained: tuple[Entry, ...]
    lost: tuple[Entry, ...]
    new: tuple[Entry, ...]
    gone: tuple[Entry, ...]

    @property
    def worse(self) -> bool:
        """Return whether a clause is newly broken, or evidence was lost."""
        return bool(self.broken or self.lost)

    @property
    def by_kind(self) -> dict[str, tuple[Entry, ...]]:
        """Return the entries by what became of their clauses, what is worse first."""
        return {
            "newly broken": self.broken,
            "no longer exercised": self.lost,
            "mended": self.mended,
            "newly exercised": self.gained,
            "new promise": self.new,
            "no longer promised": self.gone,
        }

    def lines(self) -> Iterator[str]:
        """Yield what changed, what is worse first."""
        for kind, entries in self.by_kind.items():
            for node, told in entries:
                yield f"{kind}: {node}: {told}"
        counted = [f"{len(entries)} {kind}" for kind, entries in self.by_kind.items() if entries]
        yield ", ".join(counted) or "nothing changed"

    def as_data(self) -> dict[str, Any]:
        """Return what changed for programs: ``worse``, and each change with its clause."""
        changes: list[dict[str, str]] = []
        for kind, entries in self.by_kind.items():
            for node, told in entries:
                changes.append({"kind": kind, "node": node, "told": told})
        return {"worse": self.worse, "changes": changes}


def compare_runs(old: Data, new: Data) -> Difference:
    """Return what changed from the run *old* to the run *new*.

    A clause that *new* does not have is lost evidence as long as its document is the same: it was
    not run. In another version of the document it is no longer promised.
    """
    was, now = _by_node(old), _by_node(new)
    found = _Changes()
    for node, before in was.items():
        if node in now:
            found.compare(before, now[node])
        elif _digest(old, before) != _digest(new, before):
            found.gone.append(_named(before))
        elif _was_exercised(before):
            found.lost_unrun.append((before["node"], "it was not run"))
    for node, added in now.items():
        if node not in was:
            (found.broken_new if is_red(added) else found.new).append(_named(added))
    return found.told()


@dataclass(slots=True)
class _Changes:
    """Node ids with a word on each, as they are found."""

    broken: list[Entry] = field(default_factory=list)
    broken_new: list[Entry] = field(default_factory=list)
    mended: list[Entry] = field(default_factory=list)
    gained: list[Entry] = field(default_factory=list)
    lost: list[Entry] = field(default_factory=list)
    lost_unrun: list[Entry] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)

    def compare(self, before: Data, after: Data) -> None:
        """Note what became of a clause that both runs have."""
        if is_red(after) and not is_red(before):
            self.broken.append(_named(after))
        if is_red(before) and _was_exercised(after) and not is_red(after):
            self.mended.append(_named(after))
        if _was_exercised(after) and not _was_exercised(before):
            self.gained.append(_named(after))
        if _was_exercised(before) and not _was_exercised(after):
            self.lost.append(_named(after))

    def told(self) -> Difference:
        """Return all of it: of what is worse, clauses that both runs have come first."""
        return Difference(
            broken=(*self.broken, *self.broken_new),
            mended=tuple(self.mended),
            gained=tuple(self.gained),
            lost=(*self.lost, *self.lost_unrun),
            new=tuple(self.new),
            gone=tuple(self.gone),
        )


def _by_node(run: Data) -> dict[str, Data]:
    return {clause["node"]: clause for clause in run["clauses"]}


def _digest(run: Data, clause: Data) -> str:
    return next(
        (one["digest"] for one in run["documents"] if one["name"] == clause["document"]), ""
    )


def _was_exercised(clause: Data) -> bool:
    return standing(clause) not in UNEXERCISED


def _named(clause: Data) -> Entry:
    return clause["node"], _told(clause)


def _told(clause: Data) -> str:
    if clause["finding"]:
        return str(clause["finding"]["came"])
    if not _was_exercised(clause):
        return why(clause)
    return f"{clause['verdict']}, judged {clause['judged']}×"
