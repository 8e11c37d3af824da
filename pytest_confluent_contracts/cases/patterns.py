"""Which texts match a pattern of ECMA-262? What Hypothesis draws, as far as Python reads it.

It draws in `pattern_strategies`; what it has drawn once is known.
"""

from __future__ import annotations

import string
from functools import lru_cache

from pytest_confluent_contracts.cases.kept_draws import once_drawn
from pytest_confluent_contracts.cases.pattern_syntax import pattern_validator

PLAIN_DRAWN = 40  # of which those are taken that the rest of a schema allows
PLAIN_CHARACTERS = string.ascii_letters + string.digits + "-_.:@"
# Tried before anything is drawn, and where nothing can be.
PLAIN_TEXTS = ("a", "A", "1", "ab", "abc", "0", "1.0.0", "a-b", "a_b", "A1", "")


def texts_matching(pattern: str, fewest: int) -> tuple[str, ...]:
    """Return a few texts that match *pattern*, those of *fewest* characters and more first.

    What no one can invert gives those of some plain ones that match, and maybe none at all.
    """
    validator = pattern_validator(pattern)
    if validator is None:
        return ()
    found = [text for text in PLAIN_TEXTS if validator.is_valid(text)]
    found += _texts_drawn(pattern)
    shortest_first = sorted(dict.fromkeys(found), key=len)
    fitting = [text for text in shortest_first if len(text) >= fewest]
    return (*fitting, *(text for text in shortest_first if len(text) < fewest))


@lru_cache(maxsize=256)
def _texts_drawn(pattern: str) -> tuple[str, ...]:
    """Return texts that match *pattern*, none where it cannot be inverted."""

    def draw() -> list[str]:
        from pytest_confluent_contracts.cases.pattern_strategies import drawn_texts

        return drawn_texts(pattern)

    return tuple(once_drawn("texts of a pattern", [pattern], draw))


@lru_cache(maxsize=128)
def plain_texts_matching(pattern: str, seed: int) -> tuple[str, ...]:
    """Return many texts of plain characters that match *pattern*, of each *seed* others.

    None are returned where the pattern is none that Python reads.
    """

    def draw() -> list[str]:
        from pytest_confluent_contracts.cases.pattern_strategies import drawn_plain_texts

        return drawn_plain_texts(pattern, PLAIN_CHARACTERS, PLAIN_DRAWN, seed)

    question = [pattern, PLAIN_CHARACTERS, PLAIN_DRAWN, seed]
    return tuple(dict.fromkeys(once_drawn("plain texts of a pattern", question, draw)))
