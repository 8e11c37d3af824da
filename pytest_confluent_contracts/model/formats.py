"""Which texts have a format that OpenAPI names and JSON Schema does not?

A validator knows the formats of JSON Schema by itself; these are added to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

# RFC 4648 4 and 5, in one line or in several (RFC 2045 6.8), with or without its padding.
BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]|\r?\n)*={0,2}(?:\r?\n)?\Z")
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


OPENAPI_FORMATS: Final[dict[str, Callable[[str], bool]]] = {"byte": is_base64}
