"""What does the path of an operation look like? Its segments, whatever its parameters are called.

``/things/{id}``, ``/things/{thing_id}/`` and ``/things/{id}.json`` have one shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

VARIABLE = "{}"
Segments = tuple[str, ...]
EXTENSION = re.compile(r"(?<=[^/.])\.(json|xml|csv|ya?ml|\{format\})\Z")
# OData, Part 2: URL Conventions, 4.3.1: `/Things({id})` and `/Things('{id}')`.
KEY_IN_BRACKETS = re.compile(r"([^/(){}]+)\('?(\{[^/{}]+\})'?\)")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class PathShape:
    """The segments of a path, each parameter as ``{}``, and the parameters' names in order."""

    segments: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def ends_with_parameter(self) -> bool:
        """Return whether its last segment is a parameter, and nothing beside it."""
        return self.segments[-1:] == (VARIABLE,)

    @property
    def parameter(self) -> str:
        """Return the name of the parameter that it ends with, ``""`` where it does with none."""
        if not self.ends_with_parameter:
            return ""
        return self.names[-1]

    @property
    def collection(self) -> tuple[str, ...]:
        """Return its segments without the parameter that it ends with."""
        if not self.ends_with_parameter:
            return self.segments
        return self.segments[:-1]

    @property
    def literals(self) -> tuple[str, ...]:
        """Return its segments that are no parameters."""
        return tuple(segment for segment in self.segments if VARIABLE not in segment)


def path_shape(path: str) -> PathShape:
    """Return the shape of the template *path*.

    >>> path_shape("/things/{thing_id}/parts/").segments
    ('things', '{}', 'parts')
    """
    plain = EXTENSION.sub("", path.strip("/"))
    plain = KEY_IN_BRACKETS.sub(r"\1/\2", plain)
    names = tuple(re.findall(r"\{([^{}]+)\}", plain))
    segments = re.sub(r"\{[^{}]+\}", VARIABLE, plain).split("/")
    return PathShape(tuple(segment for segment in segments if segment), names)


def nearest_around(segments: Segments, known: Container[Segments]) -> Segments | None:
    """Return the longest of *known* below which *segments* stand, None where none is.

    For example, ``/things/{id}`` for ``/things/{id}/parts/{part}``.
    """
    for count in range(len(segments) - 1, 0, -1):
        if segments[:count] in known:
            return segments[:count]
    return None


# --- names ----------------------------------------------------------------------------------------


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: of ``thingId``, ``thing-id`` and ``thing_id``
    they are the same.
    """
    return [word.lower() for word in WORDS.findall(name)]


@lru_cache(maxsize=8192)
def joined_words(name: str) -> str:
    """Return *name* in small letters without what stands between its words."""
    return "".join(words_of(name))


def singular(name: str) -> str:
    """Return what one of *name* is called, in small letters: ``policies`` gives ``policy``."""
    plural = joined_words(name)
    if plural.endswith("ies") and len(plural) > len("ties"):
        return plural[: -len("ies")] + "y"
    if plural.endswith(("sses", "xes", "ches", "shes", "zes")):
        return plural[: -len("es")]
    if plural.endswith("s") and not plural.endswith(("ss", "us", "is")):
        return plural[:-1]
    return plural
