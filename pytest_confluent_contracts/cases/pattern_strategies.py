"""Which texts does Hypothesis draw of a pattern? Imported where some must be drawn."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from pytest_confluent_contracts.cases.drawing import ANYTHING, draw_values
from pytest_confluent_contracts.cases.pattern_syntax import pattern_validator, python_pattern

PATTERN_SEED = 0
DRAWN = 8
# What looks ahead or behind in a pattern.
LOOKAROUND = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.)*\)")


def drawn_texts(pattern: str) -> list[str]:
    """Return a few texts that match *pattern*, none where it cannot be inverted."""
    strategy = matching_strategy(pattern)
    if strategy is None:
        return []
    return _drawn(strategy)


def drawn_plain_texts(pattern: str, characters: str, count: int, seed: int) -> list[str]:
    """Return *count* texts of *characters* that match *pattern*, which is ECMA-262's.

    None are returned where it is none that Python reads.
    """
    alphabet = st.sampled_from(characters)
    try:
        texts = st.from_regex(python_pattern(pattern), alphabet=alphabet)
        return draw_values(texts, count, seed)
    except (re.error, HypothesisException, ValueError):
        return []


@lru_cache(maxsize=256)
def matching_strategy(pattern: str) -> st.SearchStrategy[str] | None:
    """Return the strategy of texts that match *pattern*, None where it cannot be inverted."""
    validator = pattern_validator(pattern)
    if validator is None:
        return None
    written = python_pattern(pattern)
    # What looks ahead or behind rules out too much to be met by chance; without it, more is.
    for tried in (written, LOOKAROUND.sub("", written)):
        strategy = _inverted(tried, validator)
        if strategy is not None:
            return strategy
    return None


def _inverted(pattern: str, validator: Any) -> st.SearchStrategy[str] | None:
    """Return texts of *pattern* that *validator* allows, None where a few draws find none."""
    try:
        strategy = st.from_regex(re.compile(pattern, re.ASCII), alphabet=ANYTHING)
        strategy.validate()
    except (re.error, HypothesisException, ValueError, OverflowError, NotImplementedError):
        return None
    allowed = strategy.filter(validator.is_valid)
    if not _drawn(allowed):
        return None
    return allowed


def _drawn(strategy: st.SearchStrategy[str]) -> list[str]:
    try:
        return draw_values(strategy, DRAWN, PATTERN_SEED)
    except HypothesisException:
        return []
