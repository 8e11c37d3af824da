"""What changed between two runs? Newly broken, mended, newly exercised, no longer exercised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_confluent_contracts.report.causes import standing, why

Data = Mapping[str, Any]

RED = frozenset({"broken", "withheld"})
UNEXERCISED = frozenset({"not exercised", "withheld"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Node ids with a word on each: what became of clauses from an old run to a new one."""

    broken: tuple[tuple[str, str], ...]
    mended: tuple[tuple[str, str], ...]
    gained: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]
    new: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]

    @property
    def worse(self) -> bool:
        """Return whether a clause is newly broken, or evidence was lost."""
        return bool(self.broken or self.lost)

    def lines(self) -> Iterator[str]:
        """Yield what changed, what is worse first."""
        kinds = {
            "newly broken": self.broken,
            "no longer exercised": self.lost,
            "mended": self.mended,
            "newly exercised": self.gained,
            "new promise": self.new,
            "no longer promised": self.gone,
        }
        for kind, entries in kinds.items():
            yield from (f"{kind}: {node}: {told}" for node, told in entries)
        yield ", ".join(f"{len(entries)} {kind}" for kind, entries in kinds.items() if entries) or "nothing changed"


def between(old: Data, new: Data) -> Difference:
    """Return what changed from the run *old* to the run *new*.

    A clause that *new* does not have is lost evidence as long as its document is the same: it was not run. In another
    version of the document it is no longer promised.
    """
    was, now = _by_node(old), _by_node(new)
    both = [(was[node], now[node]) for node in was if node in now]
    missing = [clause for node, clause in was.items() if node not in now]
    unrun = [one for one in missing if _digest(old, one) == _digest(new, one) and standing(one) not in UNEXERCISED]
    added = [one for node, one in now.items() if node not in was]
    return Difference(
        broken=_named(b for a, b in [*both, *((None, one) for one in added)] if _red(b) and not (a and _red(a))),
        mended=_named(b for a, b in both if _red(a) and standing(b) not in UNEXERCISED and not _red(b)),
        gained=_named(b for a, b in both if standing(a) in UNEXERCISED and standing(b) not in UNEXERCISED),
        lost=(
            *_named(b for a, b in both if standing(a) not in UNEXERCISED and standing(b) in UNEXERCISED),
            *((one["node"], "it was not run") for one in unrun),
        ),
        new=_named(one for one in added if not _red(one)),
        gone=_named(one for one in missing if _digest(old, one) != _digest(new, one)),
    )


def _by_node(run: Data) -> dict[str, Data]:
    return {clause["node"]: clause for clause in run["clauses"]}


def _digest(run: Data, clause: Data) -> str:
    return next((one["digest"] for one in run["documents"] if one["name"] == clause["document"]), "")


def _red(clause: Data) -> bool:
    return standing(clause) in RED


def _named(clauses: Iterable[Data]) -> tuple[tuple[str, str], ...]:
    return tuple((clause["node"], _told(clause)) for clause in clauses)


def _told(clause: Data) -> str:
    if clause["finding"]:
        return str(clause["finding"]["came"])
    return why(clause) if standing(clause) in UNEXERCISED else f"{clause['verdict']}, judged {clause['judged']}×"
