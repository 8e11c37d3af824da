"""Is a pattern a regular expression of ECMA-262, as JSON Schema and OpenAPI have it?

No library in Python reads that dialect. What neither Python nor the validator reads is none, with
what only ECMA-262 has taken for something else; and so is what ECMA-262 has not.
"""

from __future__ import annotations

import re
import warnings

# Inside a class or behind a backslash, signs mean themselves.
ESCAPED_OR_CLASS = re.compile(r"\\[pPu]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
# Groups with Python's names, comments, atomic groups, flags for the rest; possessive quantifiers.
NOT_IN_ECMA = re.compile(r"\(\?(?:P[<=>]|#|>|[aiLmsux]+\))|[*+?]\+|\{\d+(?:,\d*)?\}\+")
# What ECMA-262 has and the others have not, or not all of it, and what stands for it.
ONLY_IN_ECMA = (
    (re.compile(r"\[\^\]"), "."),
    (re.compile(r"\[\]"), "(?!)"),
    (re.compile(r"\(\?<[=!]"), "(?="),
    (re.compile(r"\(\?<\w+>"), "("),
    (re.compile(r"\\k<\w+>|\\[pP]\{[^}]*\}"), "x"),
)


def is_ecma_pattern(pattern: str) -> bool:
    """Return whether *pattern* may be a regular expression of ECMA-262.

    >>> is_ecma_pattern("^[a-z]+$"), is_ecma_pattern("^[a-z+$"), is_ecma_pattern("(?P<year>x)")
    (True, False, False)
    """
    if NOT_IN_ECMA.search(ESCAPED_OR_CLASS.sub("x", pattern)):
        return False
    if _is_read(pattern):
        return True
    for written, other in ONLY_IN_ECMA:
        pattern = written.sub(other, pattern)
    return _is_read(pattern)


def _is_read(pattern: str) -> bool:
    import jsonschema_rs

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of sets in sets, which ECMA has not
            re.compile(pattern)
        return True
    except re.error as error:
        if "group reference" in error.msg:  # a number, of which ECMA-262 makes a character
            return True
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
        return True
    except ValueError:
        return False
