"""How does Python write a pattern of ECMA-262, and who judges one?"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs

# A class of Unicode, which Python does not know, and of each the part in ASCII.
PROPERTY = re.compile(r"\\p\{(?P<name>[A-Za-z_=]+)\}")
PLAIN_PARTS = {
    **dict.fromkeys(("Lu", "Lt", "Uppercase", "Uppercase_Letter"), "A-Z"),
    **dict.fromkeys(("Ll", "Lowercase", "Lowercase_Letter"), "a-z"),
    **dict.fromkeys(("L", "Letter", "Alphabetic", "Latin"), "A-Za-z"),
    **dict.fromkeys(("N", "Nd", "Number", "Decimal_Number"), "0-9"),
    **dict.fromkeys(("P", "Punctuation", "Po"), ".,!"),
    **dict.fromkeys(("Z", "Zs", "White_Space"), " "),
}


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


def pattern_validator(pattern: str) -> Any:
    """Return the validator that judges *pattern*, None where it reads none."""
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return None
