"""Are two values one value in two notations? Times as instants, addresses as RFC 3986 says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_confluent_contracts.clauses.reading import is_same
from pytest_confluent_contracts.model.moments import instant_told

# RFC 3986 appendix B: scheme, authority, path, query and fragment of a reference.
URI = re.compile(
    r"(?P<scheme>[^:/?#]+:)?(?P<authority>//[^/?#]*)?(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL
)
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
# The formats of texts that may be written in several ways.
URIS = ("uri", "uri-reference")
NOTED = ("date-time", *URIS)
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986 2.3


def is_same_value(schema: Mapping[str, Any], one: Any, other: Any) -> bool:
    """Return whether two values that *schema* describes mean the same.

    They are the same to the character and the type, but for two notations of one instant (``format:
    date-time``, RFC 3339), of one address (``format: uri``, RFC 3986 6.2.2) or of one ``number``:
    the items of a list and the members of an object, too. A list of ``uniqueItems`` is a set, and
    its order free. ``10:00:00Z`` is ``12:00:00+02:00``,
    ``https://X.test/%7ea`` is ``https://x.test/~a``, and 1.0 is 1; ``https://x.test`` and
    ``https://x.test/`` are two.
    """
    if is_same(one, other):
        return True
    if isinstance(one, str) and isinstance(other, str) and schema.get("format") not in NOTED:
        return False
    return is_same(_normal_form(schema, one), _normal_form(schema, other))


def is_taken_over(schema: Mapping[str, Any], sent: Any, came: Any) -> bool:
    """Return whether *came* is what was *sent*, maybe with more members in its objects.

    Nobody says whether a PATCH with an object sets the members it names or the whole of it, and an
    item may be shown with members that were not sent. What was sent must be there as it was; of
    items, an empty list may be left out, and those that have ids are things in any order. Where the
    schema allows several forms (``oneOf``), what is sent by its name may be shown as the object
    that has it: ``"bug"`` as ``{"id": 1, "name": "bug"}``.
    """
    if is_same_value(schema, sent, came) or _is_named_by(schema, sent, came):
        return True
    if isinstance(sent, Mapping) and isinstance(came, Mapping):
        return _has_members(schema, sent, came)
    if isinstance(sent, list) and isinstance(came, list) and len(sent) == len(came):
        items = _schema_below(schema.get("items"))
        if all(isinstance(one, Mapping) and "id" in one for one in came):
            return _are_taken_over(items, sent, came)
        pairs = zip(sent, came, strict=True)
        return all(is_taken_over(items, one, other) for one, other in pairs)
    return False


def _members_said(value: Any) -> int:
    return len(value) if isinstance(value, Mapping) else 0


def _has_members(
    schema: Mapping[str, Any], sent: Mapping[str, Any], came: Mapping[str, Any]
) -> bool:
    """Return whether *came* has each member that was *sent*, but for an empty list."""
    members = _schema_below(schema.get("properties"))
    rest = _schema_below(schema.get("additionalProperties"))
    for name, value in sent.items():
        own = _schema_below(members.get(name, rest))
        if not is_taken_over(own, value, came.get(name, [])):
            return False
    return True


def _are_taken_over(schema: Mapping[str, Any], sent: list[Any], came: list[Any]) -> bool:
    """Return whether each of the things *sent* is one of those that *came*, in any order.

    What says most is looked for first: what says less may be it, too.
    """
    left = list(came)
    for one in sorted(sent, key=_members_said, reverse=True):
        found = next((other for other in left if is_taken_over(schema, one, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is_named_by(schema: Mapping[str, Any], sent: Any, came: Any) -> bool:
    """Return whether *came* is the object that *sent* names, in another form of *schema*."""
    has_forms = "oneOf" in schema or "anyOf" in schema
    if not has_forms or not isinstance(sent, str | int) or not isinstance(came, Mapping):
        return False
    return any(is_same(sent, value) for value in came.values())


def _normal_form(schema: Mapping[str, Any], value: Any) -> Any:
    """Return *value* with each text in it in the one notation of its ``format``."""
    if isinstance(value, str):
        return _normal_text(schema.get("format"), value)
    if isinstance(value, list):
        items = _schema_below(schema.get("items"))
        told = [_normal_form(items, item) for item in value]
        return sorted(told, key=repr) if schema.get("uniqueItems") is True else told
    if isinstance(value, Mapping):
        members = _schema_below(schema.get("properties"))
        return {
            name: _normal_form(_schema_below(members.get(name)), member)
            for name, member in value.items()
        }
    if isinstance(value, float) and value.is_integer() and _may_be_fraction(schema):
        return int(value)  # JSON tells no whole number apart from one with an empty fraction
    return value


def _may_be_fraction(schema: Mapping[str, Any]) -> bool:
    return "type" not in schema or "number" in schema["type"]


def _schema_below(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        return {}
    return found


def _normal_text(form: Any, text: str) -> str:
    if form == "date-time":
        return instant_told(text) or text
    if form in URIS:
        return normal_uri(text)
    return text


def normal_uri(text: str) -> str:
    """Return a URI in the notation of RFC 3986 6.2.2, which all that are equal by it share.

    Scheme and host are in lower case and escapes in upper case, no unreserved character is escaped,
    and the path has no dot segments. What only its scheme makes equal (6.2.3: a default port, the
    empty path) stays apart.

    >>> normal_uri("HTTPS://Me@X.test/a/./%7eb%2f?Q")
    'https://Me@x.test/a/~b%2F?Q'
    """
    found = URI.fullmatch(text)
    if found is None:
        return text
    scheme, authority = found["scheme"] or "", found["authority"] or ""
    user, mark, host = authority.rpartition("@")
    host = _unescaped(host.lower())
    path = _without_dot_segments(_unescaped(found["path"]))
    return f"{scheme.lower()}{_unescaped(user)}{mark}{host}{path}{_unescaped(found['rest'])}"


def _unescaped(text: str) -> str:
    """Return *text* with escapes in upper case, and none for unreserved characters (6.2.2.2)."""

    def written(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        if UNRESERVED.match(character):
            return character
        return escape[0].upper()

    return ESCAPE.sub(written, text)


def _without_dot_segments(path: str) -> str:
    """Return an absolute path without ``.`` and ``..`` (RFC 3986 5.2.4); others as they are."""
    if not path.startswith("/"):
        return path
    segments = path.split("/")
    kept: list[str] = []
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")  # what they name is a folder
    return "/" + "/".join(kept)


def is_default(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether *value* is what the document says of the member's absence."""
    return "default" in schema and is_same_value(schema, schema["default"], value)
