"""What kind of body does a media type stand for, and which documented one does an answer have?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache


class BodyKind(StrEnum):
    """How bodies of a media type are written, as far as we write and read them."""

    JSON = "json"
    MERGE_PATCH = "merge patch"  # RFC 7396: JSON, null removes
    JSON_PATCH = "json patch"  # RFC 6902: a list of operations in JSON
    FORM = "form"  # application/x-www-form-urlencoded
    MULTIPART = "multipart"  # RFC 7578
    TEXT = "text"
    BINARY = "binary"
    XML = "xml"


# In the order in which one of several is chosen: what we can say most of comes first.
PREFERRED = (
    *(BodyKind.JSON, BodyKind.MERGE_PATCH, BodyKind.FORM, BodyKind.MULTIPART),
    *(BodyKind.JSON_PATCH, BodyKind.TEXT, BodyKind.BINARY, BodyKind.XML),
)
IN_JSON = frozenset({BodyKind.JSON, BodyKind.MERGE_PATCH, BodyKind.JSON_PATCH})
# Whose members are those of the resource.
WITH_MEMBERS = frozenset({BodyKind.JSON, BodyKind.MERGE_PATCH, BodyKind.FORM, BodyKind.MULTIPART})
FORMS = frozenset({BodyKind.FORM, BodyKind.MULTIPART})
KINDS = {
    "application/merge-patch+json": BodyKind.MERGE_PATCH,
    "application/json-patch+json": BodyKind.JSON_PATCH,
    "application/x-www-form-urlencoded": BodyKind.FORM,
    "application/octet-stream": BodyKind.BINARY,
    "application/*": BodyKind.JSON,
    "*/*": BodyKind.JSON,
}


def essence(media_type: str | None) -> str:
    """Return the media type without its parameters, in lower case (RFC 9110 8.3.1)."""
    return (media_type or "").partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
def body_kind(media_type: str) -> BodyKind:
    """Return the kind of the bodies of *media_type*; ranges stand for JSON.

    >>> body_kind("application/hal+json; charset=utf-8").value
    'json'
    """
    name = essence(media_type)
    if name in KINDS:
        return KINDS[name]
    family, _, subtype = name.partition("/")
    # RFC 6839 3.1 and 4.1: a suffix tells the syntax.
    if subtype == "json" or subtype.endswith("+json"):
        return BodyKind.JSON
    if subtype == "xml" or subtype.endswith("+xml"):
        return BodyKind.XML
    if family in ("multipart", "text"):
        if family == "multipart":
            return BodyKind.MULTIPART
        return BodyKind.TEXT
    return BodyKind.BINARY


def is_range(media_type: str) -> bool:
    """Return whether *media_type* stands for several: ``*/*`` or ``application/*``."""
    return "*" in essence(media_type)


def sent_media_type(media_type: str) -> str:
    """Return the media type that a request is sent as which may be of *media_type*."""
    if is_range(media_type):
        return "application/json"
    return media_type


def preference(media_type: str) -> tuple[int, int, int]:
    """Return the place of *media_type* in the order in which one of several is chosen."""
    plain = essence(media_type) == "application/json"
    return is_range(media_type), PREFERRED.index(body_kind(media_type)), not plain


def matching(media_types: Iterable[str], came: str | None) -> str | None:
    """Return that of *media_types* which *came* is, the most specific (RFC 9110 12.5.1); or None.

    >>> matching(["*/*", "application/*", "application/json"], "application/xml")
    'application/*'
    """
    return _matching(tuple(media_types), essence(came))


@lru_cache(maxsize=1024)
def _matching(media_types: Sequence[str], name: str) -> str | None:
    found = [one for one in media_types if _covers(essence(one), name)]
    return min(found, key=lambda one: essence(one).count("*"), default=None)


def _covers(documented: str, came: str) -> bool:
    if documented in (came, "*/*", "*"):
        return bool(came)
    family, _, subtype = documented.partition("/")
    return subtype == "*" and came.startswith(f"{family}/")
