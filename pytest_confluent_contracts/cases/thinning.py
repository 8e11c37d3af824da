"""Which cases are sent where not all may be? Each group keeps its share, each kind its first.

What is left out is what tells least: another case of a kind that is sent, spread evenly, so that no
part of a list is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.traffic import Case


def kept_cases(groups: Sequence[Sequence[Case]], most: int) -> list[list[int]]:
    """Return the indices of the cases that are sent of each of *groups*, *most* in all.

    Small groups are sent whole, and the large ones share what they leave. The first case of each
    kind goes before the others of its kind in any group.
    """
    firsts = [_first_of_each_kind(group) for group in groups]
    sizes, floors = [len(group) for group in groups], [len(one) for one in firsts]
    if sum(floors) > most:
        floors = [0] * len(groups)
    shares = fair_shares(sizes, floors, most)
    kept: list[list[int]] = []
    for group, first, share in zip(groups, firsts, shares, strict=True):
        others = [index for index in range(len(group)) if index not in set(first)]
        chosen = _spread(first, share) + _spread(others, share - len(first))
        kept.append(sorted(chosen))
    return kept


def fair_shares(sizes: Sequence[int], floors: Sequence[int], most: int) -> list[int]:
    """Return how many of each of several groups are taken, *most* in all, the small ones whole.

    None has fewer than its floor, where *most* allows that: ``fair_shares([2, 50, 90], [0, 0, 0],
    62)`` is ``[2, 30, 30]``.
    """
    level = max(sizes, default=0)
    while level and sum(_shares_at(level, sizes, floors)) > most:
        level -= 1
    shares = _shares_at(level, sizes, floors)
    left = most - sum(shares)
    for index, size in enumerate(sizes):  # what does not suffice for a whole level more
        if left > 0 and shares[index] < size:
            shares[index] += 1
            left -= 1
    return shares


def _shares_at(level: int, sizes: Sequence[int], floors: Sequence[int]) -> list[int]:
    return [min(size, max(level, floor)) for size, floor in zip(sizes, floors, strict=True)]


def _spread(indices: Sequence[int], count: int) -> list[int]:
    """Return *count* of *indices*, as far from one another as they can be, the first among them."""
    if count >= len(indices):
        return list(indices)
    return [indices[turn * len(indices) // count] for turn in range(max(0, count))]


def _first_of_each_kind(group: Sequence[Case]) -> list[int]:
    """Return the index of the first case of each kind in *group*."""
    found: dict[tuple[object, ...], int] = {}
    for index, case in enumerate(group):
        found.setdefault(_kind_of(case), index)
    return list(found.values())


def _kind_of(case: Case) -> tuple[object, ...]:
    """Return what a clause tells cases by: the promise, what it is about, which rule breaks."""
    keywords = frozenset(violation.keyword for violation in case.violations)
    return case.expect, case.subject, keywords, case.trial
