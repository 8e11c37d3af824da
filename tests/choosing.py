"""How do the tests try what documents leave open? Any two choices meet in one of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from covering import covering_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Axes = Mapping[str, Sequence[Any]]
    Pair = tuple[int, int, str, str]

Chosen = TypeVar("Chosen")


def choices_of_pairs(make: Callable[..., Chosen], axes: Axes, seed: int = 0) -> list[Chosen]:
    """Return the choices that *make* makes of a value of each axis, so that any two values meet.

    *seed* breaks ties: some give fewer.
    """
    return [make(**row) for row in covering_rows(axes, seed)]


def pairs_met(made: Iterable[object], axes: Axes) -> set[Pair]:
    """Return the pairs of values that meet in one of *made*, each with the places of their axes."""
    rows = [[getattr(one, axis) for axis in axes] for one in made]
    return {
        (i, j, str(row[i]), str(row[j])) for row in rows for i in range(len(row)) for j in range(i)
    }


def pairs_of(axes: Axes) -> set[Pair]:
    """Return every pair of values of two axes."""
    values = list(axes.values())
    return {
        (i, j, str(one), str(other))
        for i in range(len(values))
        for j in range(i)
        for one in values[i]
        for other in values[j]
    }
