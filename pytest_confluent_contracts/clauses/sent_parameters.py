"""What value has a parameter in a request that somebody else made? Read by OpenAPI's styles.

They are those of OpenAPI 3.1 (Parameter Object, Style Values), which follow RFC 6570.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus

from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.traffic import Exchange

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,300})\Z")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
TRUTHS = {"true": True, "false": False}
DELIMITERS: Final[Mapping[str, str]] = {
    "spaceDelimited": r"%20|\+| ",
    "pipeDelimited": r"%7[Cc]|\|",
}
MEMBER_IN_BRACKETS = re.compile(r"\[([^\]]*)\]")
MOST_SHOWN = 3  # of what is written several times
BETWEEN: Final[Mapping[str, str]] = {"spaceDelimited": "%20", "pipeDelimited": "|"}


class OtherStyle(ValueError):
    """A query parameter is written as another style has it: *observed*, not *expected*."""

    def __init__(self, observed: str, expected: str) -> None:
        super().__init__(f"{observed}, not {expected}")
        self.observed, self.expected = observed, expected


def sent_value(parameter: Parameter, exchange: Exchange) -> Any:
    """Return the value of *parameter* in the request of *exchange*, `ABSENT` where it has none.

    A text that is no value of the documented types stays a text. Raises `ValueError` where what
    stands there cannot be read at all: a name without its value in an object, JSON that is none;
    `OtherStyle` where it is written in another style than the documented one.
    """
    texts = _written_texts(parameter, exchange)
    if parameter.location is Location.QUERY:
        _check_style(parameter, texts)
    if parameter.media_type:
        return _value_of_content(parameter, texts)
    if "object" in parameter.types:
        return _object_value(parameter, exchange, texts)
    if not texts:
        return ABSENT
    if "array" in parameter.types:
        items = parameter.schema.get("items")
        return [typed_value(_decoded(parameter, text), items) for text in _items(parameter, texts)]
    return typed_value(_decoded(parameter, texts[-1]), parameter.schema)


def undeclared_queries(operation: Operation, exchange: Exchange) -> list[str]:
    """Return the names in the query that *operation* does not declare, in their order, each once.

    What carries a credential of the operation is declared by its security; the members of an
    object are declared with it.
    """
    names = dict.fromkeys(_plain_name(name) for name, _ in exchange.case.query)
    declared = _names_in_query(operation) if names else None
    if declared is None:
        return []
    unknown = [name for name in names if name not in declared]
    return [name for name in unknown if not _is_in_deep_object(operation, name)]


@remembered(1024)
def _names_in_query(operation: Operation) -> frozenset[str] | None:
    """Return the names that the query of *operation* may have, None where it may have any."""
    asked = [one for one in operation.declared if one.location is Location.QUERY]
    names = {one.name for one in asked} | operation.credential_carriers(Location.QUERY)
    for parameter in asked:
        is_apart = parameter.explode and parameter.style != "deepObject"
        if is_apart and "object" in parameter.types:
            members = parameter.schema.get("properties")
            if not members or parameter.schema.get("additionalProperties"):
                return None  # any name may be a member of it
            names |= set(members)
    return frozenset(names)


def _is_in_deep_object(operation: Operation, name: str) -> bool:
    """Return whether *name* is that of a member in brackets (style ``deepObject``)."""
    outer, bracket, _ = name.partition("[")
    deep = {one.name for one in operation.declared if one.style == "deepObject"}
    return bool(bracket) and outer in deep


# --- where it stands ------------------------------------------------------------------------------


def _written_texts(parameter: Parameter, exchange: Exchange) -> list[str]:
    """Return each text that stands for *parameter*, as it is written."""
    case, name = exchange.case, parameter.name
    if parameter.location is Location.PATH:
        prefix = _prefix_in_path(parameter)
        return [text.removeprefix(prefix) for text in _named(case.parameters, name)]
    if parameter.location is Location.HEADER:
        lowered = [(told.lower(), value) for told, value in case.headers]
        return _named(lowered, name.lower())
    pairs = case.query if parameter.location is Location.QUERY else case.cookies
    return [text for told, text in pairs if _plain_name(told) == name]


@lru_cache(maxsize=1024)
def _plain_name(written: str) -> str:
    """Return a name in a query or a cookie, decoded: the same few come again and again."""
    return unquote_plus(written)


def _check_style(parameter: Parameter, texts: Sequence[str]) -> None:
    """Raise `OtherStyle` where *texts* in the query have another form than that of *parameter*."""
    name, is_list = parameter.name, "array" in parameter.types
    observed = "&".join(f"{name}={text}" for text in texts[:MOST_SHOWN])
    if parameter.style == "deepObject" and observed and parameter.types == ("object",):
        raise OtherStyle(observed, f"{name}[MEMBER]=VALUE")
    if len(texts) < 2 or parameter.media_type or not parameter.types:
        return
    if not is_list:
        raise OtherStyle(observed, f"one {name}")
    if not parameter.explode:
        between = BETWEEN.get(parameter.style, ",")
        raise OtherStyle(observed, f"{name}=A{between}B")


def _named(pairs: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [text for told, text in pairs if told == name]


def _prefix_in_path(parameter: Parameter) -> str:
    """Return what the style of a path parameter writes before its value."""
    return {"matrix": f";{parameter.name}=", "label": "."}.get(parameter.style, "")


def _decoded(parameter: Parameter, text: str) -> str:
    if parameter.location is Location.QUERY:
        return unquote_plus(text)
    if parameter.location is Location.COOKIE:
        return unquote(text)
    return text  # headers are not encoded, and paths were decoded when they were taken apart


def _value_of_content(parameter: Parameter, texts: Sequence[str]) -> Any:
    if not texts:
        return ABSENT
    text = _decoded(parameter, texts[-1])
    if "json" in parameter.media_type:
        return json.loads(text)
    return text


# --- lists and objects ----------------------------------------------------------------------------


def _items(parameter: Parameter, texts: Sequence[str]) -> list[str]:
    """Return the written items of a list."""
    if parameter.location is Location.PATH:
        is_labelled = parameter.style == "label" and parameter.explode
        return re.split(r"[.]" if is_labelled else ",", texts[-1])
    is_one_field = parameter.location is Location.HEADER
    if parameter.explode and not is_one_field:
        return list(texts)
    whole = ",".join(texts)
    if not whole:
        return []
    words = re.split(DELIMITERS.get(parameter.style, ","), whole)
    return [word.strip() for word in words]


def _object_value(parameter: Parameter, exchange: Exchange, texts: Sequence[str]) -> Any:
    """Return an object, each member in its documented type; `ABSENT` where none of it was sent."""
    members = parameter.schema.get("properties") or {}
    found: dict[str, Any] = {}
    for name, text in _member_texts(parameter, exchange, texts):
        found[name] = typed_value(_decoded(parameter, text), members.get(name))
    if found:
        return found
    return ABSENT


def _member_texts(
    parameter: Parameter, exchange: Exchange, texts: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield the name and the written text of each member of an object."""
    if parameter.style == "deepObject":
        yield from _members_in_brackets(parameter, exchange)
    elif parameter.explode and parameter.location is Location.QUERY:
        yield from _members_apart(parameter, exchange.case.query)
    elif parameter.explode and parameter.location is Location.COOKIE:
        yield from _members_apart(parameter, exchange.case.cookies)
    elif texts:
        yield from _listed_members(parameter, _items_of_object(parameter, texts))


def _members_in_brackets(parameter: Parameter, exchange: Exchange) -> Iterator[tuple[str, str]]:
    for written, text in exchange.case.query:
        outer, bracket, inner = unquote_plus(written).partition("[")
        if outer == parameter.name and bracket:
            yield "".join(MEMBER_IN_BRACKETS.findall(f"[{inner}")), text


def _members_apart(
    parameter: Parameter, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    known = parameter.schema.get("properties") or {}
    for written, text in pairs:
        if unquote_plus(written) in known:
            yield unquote_plus(written), text


def _items_of_object(parameter: Parameter, texts: Sequence[str]) -> list[str]:
    words = re.split(DELIMITERS.get(parameter.style, ","), texts[-1])
    return [word.strip() for word in words]


def _listed_members(parameter: Parameter, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the members of ``a,1,b,2``, or of ``a=1,b=2`` where the parameter is exploded."""
    if parameter.explode:
        for word in words:
            name, _, text = word.partition("=")
            yield name, text
        return
    if len(words) % 2:
        raise ValueError("a name has no value")
    yield from zip(words[::2], words[1::2], strict=True)


# --- types ----------------------------------------------------------------------------------------


def typed_value(text: str, schema: Any) -> Any:
    """Return *text* as a value of the types that *schema* names: as itself where it is of none.

    A schema that composes others may name its types in them: then what reads as a number is one.
    """
    types = _types_of(schema)
    if "string" in types:
        return text
    if "boolean" in types and text in TRUTHS:
        return TRUTHS[text]
    is_number = "number" in types and NUMBER.match(text)
    if INTEGER.match(text) and ("integer" in types or is_number):
        return int(text)
    if is_number:
        return float(text)
    return text


def _types_of(schema: Any) -> list[str]:
    if not isinstance(schema, dict):
        return []
    types = types_allowed(schema)
    if not types and {"oneOf", "anyOf"} & set(schema):
        return ["boolean", "number"]
    return types
