"""What did a request say in its query, its headers and its cookies, and does its document allow it?

It reads the bytes that came, by OpenAPI's styles, and knows nothing of who wrote them.
"""

from __future__ import annotations

import json
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus

import jsonschema_rs

from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter, SecurityScheme

    Broken = tuple[Parameter, str]  # a parameter, and the rule of it that is broken
    Written = tuple[str, str]  # a name and its value

REQUIRED: Final = "required"  # the rule that a parameter is sent
INTEGER = re.compile(r"-?[0-9]+\Z")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
BETWEEN: Final[Mapping[str, str]] = {"spaceDelimited": r"%20|\+", "pipeDelimited": r"%7C|\|"}


class SentParameters:
    """The names and values in a request's query, headers and cookies, undecoded, in order."""

    def __init__(self, target: str, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._target = target

    @cached_property
    def query(self) -> list[Written]:
        """Return the names and values in the query."""
        parts = _parts_between(self._target.partition("?")[2], "&")
        return [_name_and_value(part) for part in parts]

    @cached_property
    def cookies(self) -> list[Written]:
        """Return those of the cookies."""
        parts = _parts_between(self.headers.get("cookie", ""), ";")
        return [_name_and_value(part.strip()) for part in parts]

    def texts(self, location: Location, name: str) -> list[str]:
        """Return each undecoded value of *name* at *location*."""
        if location is Location.HEADER:
            if name.lower() not in self.headers:
                return []
            return [self.headers[name.lower()]]
        pairs = self._named_queries if location is Location.QUERY else self._named_cookies
        return [value for told, value in pairs if told == name]

    @cached_property
    def _named_queries(self) -> list[Written]:
        return [(_plain_name(name), value) for name, value in self.query]

    @cached_property
    def _named_cookies(self) -> list[Written]:
        return [(_plain_name(name), value) for name, value in self.cookies]


@lru_cache(maxsize=1024)
def _plain_name(written: str) -> str:
    """Return a name, decoded: the same few come again and again."""
    return unquote_plus(written)


def _name_and_value(part: str) -> Written:
    name, _, value = part.partition("=")
    return name, value


def _parts_between(text: str, between: str) -> list[str]:
    return [part for part in text.split(between) if part]


def carried_credential(scheme: SecurityScheme, target: str, headers: Mapping[str, str]) -> str:
    """Return what a request shows for *scheme*, ``""`` where there is nothing."""
    sent = SentParameters(target, headers)
    texts = sent.texts(scheme.location, scheme.carrier)
    if not texts:
        return ""
    if scheme.location is Location.HEADER:
        return texts[-1]
    return unquote(texts[-1])


def broken_rules(operation: Operation, target: str, headers: Mapping[str, str]) -> list[Broken]:
    """Return each parameter that a request misses, or sends as the document forbids, and the rule.

    Those of the path are left out: whoever looks for the resource finds nothing there.
    """
    sent = SentParameters(target, headers)
    found: list[Broken] = []
    for parameter in operation.other_parameters:
        found += [(parameter, rule) for rule in _rules_broken(parameter, sent)]
    return found


def sends(name: str, location: Location, target: str, headers: Mapping[str, str]) -> list[str]:
    """Return the decoded texts of the parameter *name* at *location* in a request."""
    return [unquote_plus(text) for text in SentParameters(target, headers).texts(location, name)]


def rules_broken_in_path(parameter: Parameter, text: str) -> list[str]:
    """Return the rules that *text*, decoded, breaks as the value of a parameter of the path."""
    errors = _validator_of(parameter).iter_errors(_value_in_types(parameter.types, text))
    return [_rule_of_error(error) for error in errors]


def is_there(parameter: Parameter, target: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request has *parameter*, readable or not."""
    try:
        return _sent_value(parameter, SentParameters(target, headers)) is not ABSENT
    except ValueError:
        return True


def _rules_broken(parameter: Parameter, sent: SentParameters) -> list[str]:
    try:
        value = _sent_value(parameter, sent)
    except ValueError:
        return ["type"]
    if value is ABSENT:
        if not parameter.required:
            return []
        return [REQUIRED]
    return [_rule_of_error(error) for error in _validator_of(parameter).iter_errors(value)]


@remembered(1024)
def _validator_of(parameter: Parameter) -> Any:
    return jsonschema_rs.Draft202012Validator(dict(parameter.schema), validate_formats=True)


def _rule_of_error(error: Any) -> str:
    """Return the keyword that was broken, with where it stands: in the items, or the members."""
    keyword, place = str(error.kind.name), list(error.instance_path)
    if place and isinstance(place[0], int):
        return f"items/{keyword}"
    is_of_member = bool(place) or keyword == "required"
    if is_of_member:
        return f"properties/{keyword}"
    return keyword


# --- reading by style -----------------------------------------------------------------------------


def _sent_value(parameter: Parameter, sent: SentParameters) -> Any:
    """Return the value of *parameter*, `ABSENT` where it was not sent.

    Raise `ValueError` where it cannot be read.
    """
    if "object" in parameter.types and not parameter.media_type:
        return _sent_object(parameter, sent)
    texts = sent.texts(parameter.location, parameter.name)
    if not texts:
        return ABSENT
    if parameter.media_type:
        text = _decoded(parameter, texts[-1])
        if "json" in parameter.media_type:
            return json.loads(text)
        return text
    if "array" not in parameter.types:
        return _value_in_types(parameter.types, _decoded(parameter, texts[-1]))
    if not parameter.explode or parameter.location is Location.HEADER:
        texts = _split(parameter, texts[-1])
    types = _types_named(parameter.schema.get("items"))
    return [_value_in_types(types, _decoded(parameter, text)) for text in texts]


def _sent_object(parameter: Parameter, sent: SentParameters) -> Any:
    members = parameter.schema.get("properties") or {}
    found: dict[str, Any] = {}
    for name, text in _sent_members(parameter, sent, members):
        found[name] = _value_in_types(_types_named(members.get(name)), _decoded(parameter, text))
    return found or ABSENT


def _sent_members(
    parameter: Parameter, sent: SentParameters, known: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the name and the undecoded text of each member of an object."""
    if parameter.style == "deepObject":
        for written, text in sent.query:
            found = re.fullmatch(rf"{re.escape(parameter.name)}\[(.*)\]", unquote_plus(written))
            if found:
                yield found[1], text
    elif parameter.explode and parameter.location is not Location.HEADER:
        for name in known:
            for text in sent.texts(parameter.location, name):
                yield name, text
    else:
        for text in sent.texts(parameter.location, parameter.name):
            yield from _listed_members(parameter, _split(parameter, text))


def _listed_members(parameter: Parameter, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    if parameter.explode:
        for word in words:
            name, _, text = word.partition("=")
            yield name, text
        return
    for name, text in zip(words[::2], words[1::2], strict=True):  # each name has its member
        yield _decoded(parameter, name), text


def _split(parameter: Parameter, text: str) -> list[str]:
    words = re.split(BETWEEN.get(parameter.style, ","), text)
    if parameter.location is Location.HEADER:
        return [word.strip() for word in words]
    return words


def _decoded(parameter: Parameter, text: str) -> str:
    if parameter.location is Location.HEADER:
        return text
    if parameter.location is Location.QUERY:
        return unquote_plus(text)
    return unquote(text)


# --- values ---------------------------------------------------------------------------------------


def _types_named(schema: Any) -> list[str]:
    if not isinstance(schema, dict):
        return []
    return types_allowed(schema)


def _value_in_types(types: Sequence[str], text: str) -> Any:
    """Return *text* as a value of one of *types*, as a text where it reads as none of them."""
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "integer" in types and INTEGER.match(text):
        return int(text)
    if "number" in types and NUMBER.match(text):
        return float(text)
    return text
