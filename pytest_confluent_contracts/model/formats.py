"""Which texts have a format that OpenAPI names and JSON Schema does not?

A validator knows the formats of JSON Schema by itself; these are added to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

# RFC 4648 4 and 5, in one line or in several (RFC 2045 6.8), with or without its padding.
BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]|\r?\n)*={0,2}(?:\r?\n)?\Z")
# RFC 4648 4: groups of four, the last one filled up.
PLAIN_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")  # RFC 9562 4
GROUP_CHARACTERS = 4  # of base64, for each three bytes


def is_base64(text: str) -> bool:
    """Return whether *text* is bytes in base64, as ``format: byte`` has it (OpenAPI 3.0, 4.4).

    >>> is_base64("aGk="), is_base64("not so")
    (True, False)
    """
    if not BASE64.match(text):
        return False
    letters = re.sub(r"[\r\n]", "", text)
    bare = letters.rstrip("=")
    is_padded = bare != letters
    # One letter alone is no byte; where there is padding, it fills the last group.
    return len(bare) % GROUP_CHARACTERS != 1 and not (is_padded and len(letters) % GROUP_CHARACTERS)


def is_plain_base64(text: str) -> bool:
    """Return whether *text* is base64 as every reader takes it: one alphabet, padded, in one line.

    That is what RFC 4648 3.1 to 3.3 and 4 ask of writers. Readers need not take any other.

    >>> is_plain_base64("aGk="), is_plain_base64("aGk"), is_plain_base64("-_==")
    (True, False, False)
    """
    return bool(PLAIN_BASE64.match(text))


OPENAPI_FORMATS: Final[dict[str, Callable[[str], bool]]] = {"byte": is_base64}
# What is sent as one of these, and has to be taken.
SENT_FORMATS: Final[dict[str, Callable[[str], bool]]] = {"byte": is_plain_base64}
