"""How few rows are enough for any two values to meet? A covering array, grown by one column at a time.

In-parameter-order (IPO) by Lei and Tai, "In-Parameter-Order: A Test Generation Strategy for Pairwise
Testing", 1998: the rows of some columns are given a value of the next column each, and rows are added
for the pairs that have not met by then.
"""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What has a value in no row yet; it may take any.
FREE = -1
Pair = tuple[int, int, int]  # a column, its value, and the value of the column that is added


def covering_rows(axes: Mapping[str, Sequence[Any]], seed: int) -> list[dict[str, Any]]:
    """Return rows of one value an axis, among which any two values of two axes meet.

    The first row has the first value of each axis. *seed* breaks ties: some give fewer rows.
    """
    columns = sorted(axes, key=lambda name: -len(axes[name]))
    indices = index_rows([len(axes[name]) for name in columns], Random(seed))
    first = indices[0]
    rows: list[dict[str, Any]] = []
    for row in indices:
        values: dict[str, Any] = {}
        for name, index, zero in zip(columns, row, first, strict=True):
            values[name] = axes[name][(index - zero) % len(axes[name])]
        rows.append(values)
    return rows


def index_rows(sizes: Sequence[int], random: Random) -> list[list[int]]:
    """Return rows of an index below each of *sizes*, the largest of which come first."""
    rows = [list(row) for row in product(range(sizes[0]), range(sizes[1]))]
    for column in range(2, len(sizes)):
        unmet = {
            (before, value, added)
            for before in range(column)
            for value in range(sizes[before])
            for added in range(sizes[column])
        }
        add_column(rows, sizes[column], unmet, random)
        add_rows(rows, sorted(unmet))
    return [[max(index, 0) for index in row] for row in rows]


def add_column(rows: list[list[int]], size: int, unmet: set[Pair], random: Random) -> None:
    """Give each row that value of the next column which meets most of what it has not met."""
    taken = [0] * size
    for row in rows:
        met = [pairs_met(row, added) & unmet for added in range(size)]
        ranks = [(len(met[added]), -taken[added], random.random()) for added in range(size)]
        best = ranks.index(max(ranks))
        unmet -= met[best]
        taken[best] += 1
        row.append(best)


def pairs_met(row: Sequence[int], added: int) -> set[Pair]:
    """Return what meets where *row* is given the value *added*."""
    return {(before, value, added) for before, value in enumerate(row) if value != FREE}


def add_rows(rows: list[list[int]], unmet: Sequence[Pair]) -> None:
    """Let each pair of *unmet* meet in a row that has room for it, or in a new one."""
    for before, value, added in unmet:
        for row in rows:
            if row[before] in (value, FREE) and row[-1] in (added, FREE):
                break
        else:
            row = [FREE] * len(rows[0])
            rows.append(row)
        row[before], row[-1] = value, added
