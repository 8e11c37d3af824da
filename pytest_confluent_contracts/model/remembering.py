"""How is something worked out once that is asked for often? Remembered by what it was asked of.

Documents are frozen, and so are the schemas and bodies in them: the very same one has the very same
answer. To compare them, or to write them as text, would cost more than most answers.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class SameObject:
    """A key that equals another one of the very same object; it keeps that alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        """Return what tells objects apart."""
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        """Return whether both are keys of one object."""
        return isinstance(other, SameObject) and self.value is other.value


def remembered(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a function returned for the very same arguments, of the last *most* of them.

    Nobody may change what it returns.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=most)
        def answer(*keys: SameObject) -> Any:
            return function(*(key.value for key in keys))  # type: ignore[call-arg]

        @wraps(function)
        def asked(*arguments: P.args, **named: P.kwargs) -> T:
            assert not named, "what is remembered is asked for without names"
            found: T = answer(*map(SameObject, arguments))
            return found

        return asked

    return decorate
