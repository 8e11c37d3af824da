"""Which texts match a pattern of ECMA-262? What Hypothesis draws, as far as Python reads it."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from pytest_confluent_contracts.cases.drawing import ANYTHING, draw_values

PATTERN_SEED = 0
DRAWN = 12
# Written so that Python's `re` reads ASCII classes as ECMA-262 has them, and `$` as the end alone.
PLAIN_TEXTS = ("a", "A", "1", "ab", "abc", "0", "1.0.0", "a-b", "a_b", "A1", "")


def python_pattern(pattern: str) -> str:
    r"""Return *pattern* as Python's ``re`` writes it, where both differ in spelling alone.

    >>> python_pattern(r"^(?<year>\d+)$")
    '^(?P<year>\\d+)\\Z'
    """
    named = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern)
    control = re.sub(r"\\c([A-Za-z])", lambda found: f"\\x{ord(found[1]) % 32:02x}", named)
    braced = re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: _escaped_point(found[1]), control)
    return re.sub(r"(?<!\\)\$(?![^\[]*\])", r"\\Z", braced)


def _escaped_point(digits: str) -> str:
    return f"\\U{int(digits, 16):08x}"


def matching_strategy(pattern: str) -> st.SearchStrategy[str] | None:
    """Return the strategy of texts that match *pattern*, None where it cannot be inverted."""
    validator = pattern_validator(pattern)
    if validator is None:
        return None
    try:
        compiled = re.compile(python_pattern(pattern), re.ASCII)
        strategy = st.from_regex(compiled, alphabet=ANYTHING)
        strategy.validate()
    except (re.error, HypothesisException, ValueError, OverflowError, NotImplementedError):
        return None
    return strategy.filter(validator.is_valid)


def pattern_validator(pattern: str) -> Any:
    """Return the validator that judges *pattern*, None where it reads none."""
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return None


def texts_matching(pattern: str, fewest: int) -> tuple[str, ...]:
    """Return a few texts that match *pattern*, those of *fewest* characters and more first.

    What no one can invert gives those of some plain ones that match, and maybe none at all.
    """
    validator = pattern_validator(pattern)
    if validator is None:
        return ()
    found = [text for text in PLAIN_TEXTS if validator.is_valid(text)]
    strategy = matching_strategy(pattern)
    if strategy is not None:
        found += _drawn(strategy)
    shortest_first = sorted(dict.fromkeys(found), key=len)
    fitting = [text for text in shortest_first if len(text) >= fewest]
    return (*fitting, *(text for text in shortest_first if len(text) < fewest))


def _drawn(strategy: st.SearchStrategy[str]) -> list[str]:
    try:
        return draw_values(strategy, DRAWN, PATTERN_SEED)
    except HypothesisException:
        return []
