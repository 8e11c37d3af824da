"""Which operations of the documents does a run hold? Those that ``--contract-operation`` names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation, UnreadOperation

LEAVES_OUT = "!"  # what a pattern begins with that leaves operations out
SHOWN = 6  # operations named to whoever asked for one that there is not


def is_chosen(operation: Operation | UnreadOperation, patterns: Sequence[str]) -> bool:
    """Return whether *patterns* choose the operation.

    One of them matches it, if any is there to choose, and none of those that leave out does. They
    are matched against ``operationId`` and ``METHOD /path``; ``*`` stands for anything.
    """
    wanted = [pattern for pattern in patterns if not pattern.startswith(LEAVES_OUT)]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith(LEAVES_OUT)]
    if matches_any(operation, unwanted):
        return False
    return not wanted or matches_any(operation, wanted)


def matches_any(operation: Operation | UnreadOperation, patterns: Sequence[str]) -> bool:
    """Return whether one of *patterns* names the operation."""
    return any(_matches(operation, pattern) for pattern in patterns)


def patterns_for(
    known: Sequence[Operation | UnreadOperation], patterns: Sequence[str]
) -> list[str]:
    """Return those of *patterns* that choose one of the operations *known*, or leave it out."""
    return [one for one in patterns if matches_any_of(known, one.removeprefix(LEAVES_OUT))]


def matches_any_of(known: Sequence[Operation | UnreadOperation], pattern: str) -> bool:
    """Return whether *pattern* names one of the operations *known*."""
    return any(_matches(one, pattern) for one in known)


def _matches(operation: Operation | UnreadOperation, pattern: str) -> bool:
    literal = pattern.replace("[", "[[]")
    names = (operation.id, f"{operation.method} {operation.path}")
    return any(fnmatchcase(name, literal) for name in names)


def checked_patterns(
    given: Sequence[str], known: Sequence[Operation | UnreadOperation]
) -> Iterator[str]:
    """Yield each pattern *given*.

    Raise `ContractError` where one matches no operation that is *known*, or all leave none.
    """
    for pattern in given:
        if not matches_any_of(known, pattern.removeprefix(LEAVES_OUT)):
            shown = ", ".join(f"{one.id} ({one.method} {one.path})" for one in known[:SHOWN])
            more = ", ..." if len(known) > SHOWN else ""
            told = f"no operation has this name or METHOD /path; known: {shown}{more}"
            raise ContractError(f"--contract-operation={pattern}: {told}")
        yield pattern
    if given and not any(is_chosen(one, given) for one in known):
        asked = " ".join(f"--contract-operation={pattern}" for pattern in given)
        raise ContractError(f"{asked}: no operation is left to hold")
