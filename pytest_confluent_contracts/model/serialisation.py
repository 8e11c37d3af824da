"""How is the value of a parameter written into a request? OpenAPI's styles, each encoded once.

They are those of OpenAPI 3.1 (Parameter Object, Style Values), which follow RFC 6570. In path,
query and cookies, what is not unreserved (RFC 3986 2.3) is percent-encoded; in headers nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from pytest_confluent_contracts.model.documents import Location, Operation, Parameter
from pytest_confluent_contracts.model.paths import plain_of_style

# Of the reserved characters (RFC 3986 2.2), those that may stand in a query as they are: not what
# ends it, nor what tells its pairs apart, and no plus, which forms read as a space.
RESERVED_IN_QUERY: Final = ":/?@!$'()*,;"
DELIMITERS: Final = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}

Pair = tuple[str, str]


def text_of(value: Any) -> str:
    """Return a value as one text: a string as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def content_text(media_type: str, value: Any) -> str:
    """Return *value* in the media type of a parameter's ``content``: JSON, or a text as it is."""
    if "json" not in media_type:
        return text_of(value)
    return json.dumps(value, separators=(",", ":"))


def path_text(parameter: Parameter, value: Any) -> str:
    """Return what stands for *value* in `CaseParts.parameters`.

    That is its text as it is, or where a style or several parts make it, as it is written in the
    path.
    """
    if parameter.is_text:
        return text_of(value)
    return _path_form(parameter, value)


def plain_text(parameter: Parameter, written: str) -> str:
    """Return the text of which `path_text` has made *written*.

    A list or an object is given back as it is written.
    """
    if parameter.is_text or parameter.media_type or {"array", "object"} & set(parameter.types):
        return written
    return plain_of_style(parameter.style, parameter.name, written)


def plain_values(operation: Operation, values: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return the *values* of path parameters of *operation* as plain texts, by their names."""
    if not operation.styled_names:
        return tuple(values)
    declared = {one.name: one for one in operation.path_parameters}
    found: list[Pair] = []
    for name, text in values:
        plain = plain_text(declared[name], text) if name in declared else text
        found.append((name, plain))
    return tuple(found)


def written_pairs(parameter: Parameter, value: Any) -> tuple[Pair, ...]:
    """Return the names and values that *value* becomes in a query, a header or a cookie.

    A query gets several where a list or an object is exploded.
    """
    if parameter.location is Location.QUERY:
        return tuple(_query_pairs(parameter, value))
    if parameter.location is Location.HEADER:
        return ((parameter.name, _header_text(parameter, value)),)
    return tuple(_cookie_pairs(parameter, value))


# --- path -----------------------------------------------------------------------------------------


def _path_form(parameter: Parameter, value: Any) -> str:
    if parameter.media_type:
        return _encoded(content_text(parameter.media_type, value))
    if parameter.style == "matrix":
        return _matrix_form(parameter, value)
    between = "."
    if parameter.style == "simple" or not parameter.explode:
        between = ","  # RFC 6570 3.2.5: a list without the modifier has commas inside a label, too
    prefix = "." if parameter.style == "label" else ""
    return prefix + between.join(_words(value, exploded=parameter.explode))


def _matrix_form(parameter: Parameter, value: Any) -> str:
    name = _encoded(parameter.name)
    if parameter.explode and isinstance(value, Mapping):
        return "".join(f";{word}" for word in _words(value, exploded=True))
    if parameter.explode and isinstance(value, list):
        return "".join(f";{name}={_encoded(text_of(item))}" for item in value)
    text = ",".join(_words(value, exploded=False))
    if text:
        return f";{name}={text}"
    return f";{name}"


def _words(value: Any, *, exploded: bool) -> list[str]:
    """Return the parts of *value*, encoded: items, or names and members; exploded, ``a=b``."""
    if isinstance(value, Mapping):
        return list(_member_words(value, exploded=exploded))
    if isinstance(value, list):
        return [_encoded(text_of(item)) for item in value]
    return [_encoded(text_of(value))]


def _member_words(value: Mapping[str, Any], *, exploded: bool) -> Iterable[str]:
    for name, member in value.items():
        words = _encoded(name), _encoded(text_of(member))
        if exploded:
            yield "=".join(words)
        else:
            yield from words


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe=safe)


# --- query ----------------------------------------------------------------------------------------


def _query_pairs(parameter: Parameter, value: Any) -> Iterable[Pair]:
    safe = RESERVED_IN_QUERY if parameter.allow_reserved else ""
    name = _encoded(parameter.name)
    if parameter.media_type:
        yield name, _encoded(content_text(parameter.media_type, value))
    elif parameter.style == "deepObject" and isinstance(value, Mapping):
        for key, member in value.items():
            yield _encoded(f"{parameter.name}[{key}]"), _encoded(text_of(member), safe)
    elif isinstance(value, Mapping | list):
        yield from _parts_in_query(parameter, name, value, safe)
    else:
        yield name, _encoded(text_of(value), safe)


def _parts_in_query(
    parameter: Parameter, name: str, value: Mapping[str, Any] | list[Any], safe: str
) -> Iterable[Pair]:
    if not parameter.explode:
        # A comma inside a part would be taken for one between two.
        between = DELIMITERS.get(parameter.style, ",")
        inside = safe.replace(",", "")
        yield name, between.join(_encoded(text_of(part), inside) for part in _flat_parts(value))
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield _encoded(key), _encoded(text_of(member), safe)
    else:
        for item in value:
            yield name, _encoded(text_of(item), safe)


def _flat_parts(value: Mapping[str, Any] | list[Any]) -> list[Any]:
    """Return the items of a list, or each name of an object and its member in turn."""
    if isinstance(value, list):
        return value
    parts: list[Any] = []
    for name, member in value.items():
        parts += [name, member]
    return parts


# --- headers and cookies --------------------------------------------------------------------------


def _header_text(parameter: Parameter, value: Any) -> str:
    if parameter.media_type:
        return content_text(parameter.media_type, value)
    if not isinstance(value, Mapping | list):
        return text_of(value)
    if parameter.explode and isinstance(value, Mapping):
        return ",".join(f"{name}={text_of(member)}" for name, member in value.items())
    return ",".join(text_of(part) for part in _flat_parts(value))


def _cookie_pairs(parameter: Parameter, value: Any) -> Iterable[Pair]:
    """Yield one cookie for a value, and for an exploded one, one for each part.

    The form style would put an ampersand between these, which no reader of cookies knows.
    """
    if parameter.media_type:
        yield parameter.name, _encoded(content_text(parameter.media_type, value))
    elif not isinstance(value, Mapping | list):
        yield parameter.name, _encoded(text_of(value))
    elif not parameter.explode:
        text = ",".join(_encoded(text_of(part)) for part in _flat_parts(value))
        yield parameter.name, text
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield name, _encoded(text_of(member))
    else:
        for item in value:
            yield parameter.name, _encoded(text_of(item))
