"""How large may a value be that is worth sending? Bounds that a request can reach, and no others.

Generators of documents write the largest number that they know where nobody has set a bound
(``maxItems: 2147483647``): a value of that size fits into no request, and into no memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT: Final = 2**20  # characters
MOST_PARTS: Final = 10_000  # items of a list, members of a map
LARGEST: Final = {
    **dict.fromkeys(("minLength", "maxLength"), LONGEST_TEXT),
    **dict.fromkeys(("minItems", "maxItems"), MOST_PARTS),
    **dict.fromkeys(("minContains", "minProperties", "maxProperties"), MOST_PARTS),
}


def size_bound(schema: Mapping[str, Any], keyword: str) -> int | None:
    """Return the size that *schema* sets by *keyword*, None where it sets none that can be reached.

    >>> size_bound({"maxItems": 20}, "maxItems"), size_bound({"maxItems": 2**31 - 1}, "maxItems")
    (20, None)
    """
    bound = schema.get(keyword)
    if bound is None or bound > LARGEST[keyword]:
        return None
    return int(bound)


def is_too_large(schema: Mapping[str, Any], keyword: str) -> bool:
    """Return whether *schema* asks by *keyword* for a size that no request reaches."""
    return schema.get(keyword) is not None and size_bound(schema, keyword) is None
