"""Which sequences does Hypothesis draw? Imported where some must be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from pytest_confluent_contracts.cases.drawing import draw_values

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHANCE = 11


def drawn_moves(
    kinds: Sequence[str], picks: Sequence[str], lengths: tuple[int, int], count: int, seed: int
) -> list[Any]:
    """Return *count* sequences of moves, each a kind, a pick, and a number that decides the rest.

    *lengths* are those of the shortest and the longest.
    """
    one = st.tuples(st.sampled_from(kinds), st.sampled_from(picks), st.integers(0, MOST_CHANCE))
    fewest, most = lengths
    strategy = st.lists(one.map(list), min_size=fewest, max_size=most)
    return draw_values(strategy, count, seed)
