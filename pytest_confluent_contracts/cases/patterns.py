"""Which texts match a pattern of ECMA-262? What Hypothesis draws, as far as Python reads it."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from pytest_confluent_contracts.cases.drawing import ANYTHING, draw_values, isolated_hypothesis

PATTERN_SEED = 0
DRAWN = 8
PLAIN_DRAWN = 40  # of which those are taken that the rest of a schema allows
PLAIN_CHARACTERS = string.ascii_letters + string.digits + "-_.:@"
# Tried before anything is drawn, and where nothing can be.
PROPERTY = re.compile(r"\\p\{(?P<name>[A-Za-z_=]+)\}")
PLAIN_PARTS = {
    **dict.fromkeys(("Lu", "Lt", "Uppercase", "Uppercase_Letter"), "A-Z"),
    **dict.fromkeys(("Ll", "Lowercase", "Lowercase_Letter"), "a-z"),
    **dict.fromkeys(("L", "Letter", "Alphabetic", "Latin"), "A-Za-z"),
    **dict.fromkeys(("N", "Nd", "Number", "Decimal_Number"), "0-9"),
    **dict.fromkeys(("P", "Punctuation", "Po"), ".,!"),
    **dict.fromkeys(("Z", "Zs", "White_Space"), " "),
}
LOOKAROUND = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.)*\)")
PLAIN_TEXTS = ("a", "A", "1", "ab", "abc", "0", "1.0.0", "a-b", "a_b", "A1", "")


def python_pattern(pattern: str) -> str:
    r"""Return *pattern* as Python's ``re`` writes it, of classes of Unicode their part in ASCII.

    >>> python_pattern(r"^(?<year>\d+)\p{Lu}$")
    '^(?P<year>\\d+)[A-Z]\\Z'
    """
    named = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern)
    referred = re.sub(r"\\k<([A-Za-z_]\w*)>", r"(?P=\1)", named)
    control = re.sub(r"\\c([A-Za-z])", lambda found: f"\\x{ord(found[1]) % 32:02x}", referred)
    braced = re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: _escaped_point(found[1]), control)
    plain = PROPERTY.sub(_plain_class, braced)
    return re.sub(r"(?<!\\)\$(?![^\[]*\])", r"\\Z", plain)


def _escaped_point(digits: str) -> str:
    return f"\\U{int(digits, 16):08x}"


def _plain_class(found: re.Match[str]) -> str:
    """Return a class of ASCII for ``\\p{..}``, without its brackets where it stands in others."""
    before = found.string[: found.start()]
    is_inside = before.rfind("[") > before.rfind("]")
    letters = PLAIN_PARTS.get(found["name"].rpartition("=")[2], "A-Za-z0-9")
    if is_inside:
        return letters
    return f"[{letters}]"


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


@lru_cache(maxsize=128)
def plain_texts_matching(pattern: str, seed: int) -> tuple[str, ...]:
    """Return many texts of plain characters that match *pattern*, of each *seed* others.

    None are returned where the pattern is none that Python reads.
    """
    alphabet = st.sampled_from(PLAIN_CHARACTERS)
    try:
        with isolated_hypothesis():
            texts = st.from_regex(python_pattern(pattern), alphabet=alphabet)
            drawn = draw_values(texts, PLAIN_DRAWN, seed)
    except (re.error, HypothesisException, ValueError):
        return ()
    return tuple(dict.fromkeys(drawn))


def _drawn(strategy: st.SearchStrategy[str]) -> list[str]:
    try:
        return draw_values(strategy, DRAWN, PATTERN_SEED)
    except HypothesisException:
        return []
