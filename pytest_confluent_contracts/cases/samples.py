"""Which one plain value does a schema allow? Every keyword is honoured, or there is none."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs

from pytest_confluent_contracts.cases.patterns import texts_matching
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.formats import SENT_FORMATS
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.schema_merging import is_forbidden, merged_schemas
from pytest_confluent_contracts.model.sizes import is_too_large

MOST_DEEP = 8  # levels of a value that is put together
MOST_TRIED = 60  # candidates for one value
FORMATTED = {
    "date-time": "2026-01-05T08:30:00Z",
    "date": "2026-01-05",
    "time": "08:30:00Z",
    "duration": "P3D",
    "uuid": "c0117ac7-0000-4000-8000-000000000001",
    "uri": "https://contract.example/sample",
    "uri-reference": "/sample",
    "iri": "https://contract.example/sample",
    "iri-reference": "/sample",
    "uri-template": "/sample/{id}",
    "email": "contract@contract.example",
    "idn-email": "contract@contract.example",
    "hostname": "contract.example",
    "idn-hostname": "contract.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "regex": "^contract$",
    "json-pointer": "/sample",
    "relative-json-pointer": "0/sample",
    "byte": "Y29udHJhY3Q+Pz8/Kw==",  # with what other alphabets write in another way
}
TYPES = ("object", "string", "integer", "number", "boolean", "array", "null")
# What tells the type of a value that no `type` names.
TELLING = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


# --- validity -------------------------------------------------------------------------------------


@remembered(2048)
def schema_text(schema: Mapping[str, Any]) -> str:
    """Return *schema* as one text, the same for equal schemas."""
    return json.dumps(schema, sort_keys=True, default=str)


@lru_cache(maxsize=512)
def validator_of(schema: str) -> Any:
    """Return the validator of a schema that `schema_text` wrote."""
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema), validate_formats=True, formats=dict(SENT_FORMATS)
    )


def is_allowed_value(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether *schema*, that of one member, allows *value*."""
    return bool(validator_of(schema_text(schema)).is_valid(value))


# --- samples --------------------------------------------------------------------------------------


def sample_of(schema: Mapping[str, Any], name: str = "sample") -> Any:
    """Return one plain value that *schema* allows, of a member called *name*.

    `ABSENT` where none was found. The value is the document's own where it shows one: its example,
    constant, default or first choice. The same schema gives the same value.

    >>> sample_of({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5})
    5
    """
    return next(samples_of(schema, name), ABSENT)


def samples_of(schema: Mapping[str, Any], name: str = "sample") -> Iterator[Any]:
    """Yield plain values that *schema* allows, of a member called *name*."""
    return _Sampler(schema.get("$defs", {})).values(schema, name, 0)


class _Sampler:
    """Puts values together, and keeps those that the schema allows by a validator."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions

    def first(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        return next(self.values(schema, name, depth), ABSENT)

    def values(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        """Yield values that *schema* allows, the plainest first."""
        if depth > MOST_DEEP:
            return
        held = {**schema, "$defs": self.definitions} if self.definitions else schema
        for tried, value in enumerate(self._candidates(schema, name, depth)):
            if tried == MOST_TRIED:
                return
            if value is not ABSENT and is_allowed_value(held, value):
                yield value

    def _candidates(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        yield from shown_values(schema)
        for plain in self._alternatives(schema):
            for kind in kinds_of(plain):
                yield from self._of_kind(kind, plain, name, depth)

    def _alternatives(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield *schema* with each way to meet what it asks for in several ways."""
        rest = dict(schema)
        if "$ref" in rest:
            target = self.definitions.get(str(rest.pop("$ref")).rpartition("/")[2], {})
            yield from self._alternatives(merged_schemas(rest, target))
        elif "allOf" in rest:
            parts = rest.pop("allOf")
            left = dict(rest)
            if parts[1:]:
                left["allOf"] = parts[1:]
            for choice in _branches_of(parts[0]):
                both = merged_branch(left, choice)
                if len(both.get("allOf", ())) >= len(parts):  # they have nothing to do together
                    both = {**rest, **{key: choice[key] for key in choice if key not in rest}}
                yield from self._alternatives(both)
        elif "oneOf" in rest or "anyOf" in rest:
            branches = rest.pop("oneOf") if "oneOf" in rest else rest.pop("anyOf")
            for branch in branches:
                yield from self._alternatives(merged_branch(rest, branch))
        elif "if" in rest:
            condition = rest.pop("if")
            then, other = rest.pop("then", {}), rest.pop("else", {})
            yield merged_branch(rest, other)
            yield merged_branch(merged_branch(rest, condition), then)
        else:
            yield rest

    def _of_kind(
        self, kind: str, schema: Mapping[str, Any], name: str, depth: int
    ) -> Iterable[Any]:
        if kind == "object":
            return self._sample_objects(schema, depth)
        if kind == "array":
            return self._sample_lists(schema, name, depth)
        if kind == "string":
            return texts_of(schema, name)
        if kind in ("integer", "number"):
            numbers = numbers_of(schema, is_whole=kind == "integer")
            return (number for number in numbers if is_held_exactly(schema, number))
        return {"boolean": (True, False), "null": (None,)}[kind]

    # --- objects ----------------------------------------------------------------------------------

    def _sample_objects(self, schema: Mapping[str, Any], depth: int) -> Iterator[Any]:
        """Yield the object of what is required, then with one more member after another."""
        if is_too_large(schema, "minProperties"):
            return
        wanted = _names_required(schema)
        least = self._object_with(schema, wanted, depth)
        if least is ABSENT:
            return
        if len(least) >= schema.get("minProperties", 0):
            yield least
        for name in self._further_names(schema, least):
            value = self._member_value(schema, name, depth)
            if value is not ABSENT:
                least = {**least, name: value}
                if len(least) >= schema.get("minProperties", 0):
                    yield least

    def _object_with(self, schema: Mapping[str, Any], names: Sequence[str], depth: int) -> Any:
        found: dict[str, Any] = {}
        for name in names:
            found[name] = self._member_value(schema, name, depth)
            if found[name] is ABSENT:
                return ABSENT
        return found

    def _member_value(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        return self.first(member_schema(schema, name), name, depth + 1)

    def _further_names(self, schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
        members = schema.get("properties") or {}
        for name, member in members.items():
            if name not in known and not (is_forbidden(member) or member.get("readOnly")):
                yield name
        for pattern in schema.get("patternProperties") or ():
            yield from texts_of({"pattern": pattern}, "member")
        names = schema.get("propertyNames")
        if isinstance(names, Mapping) and names:
            yield from samples_of({"type": "string", **names}, "member")
        elif _needs_more_members(schema):
            most = max(1, schema.get("minProperties", 0))
            yield from (f"member-{index}" for index in range(1, most + 1))

    # --- lists ------------------------------------------------------------------------------------

    def _sample_lists(self, schema: Mapping[str, Any], name: str, depth: int) -> Iterator[Any]:
        if is_too_large(schema, "minItems") or is_too_large(schema, "minContains"):
            return
        fewest = max(schema.get("minItems", 0), schema.get("minContains", 0))
        if "contains" in schema:
            fewest = max(fewest, 1)
        if not fewest:
            yield []
        first = self._items(schema, name, depth, fewest)
        if first is not ABSENT:
            yield first
        for size in (len(schema.get("prefixItems", ())), 1):
            more = self._items(schema, name, depth, max(fewest, size))
            if more is not ABSENT:
                yield more

    def _items(self, schema: Mapping[str, Any], name: str, depth: int, count: int) -> Any:
        found: list[Any] = []
        for index in range(count):
            item = self._list_item(schema, name, depth, index, found)
            if item is ABSENT:
                return ABSENT
            found.append(item)
        return found

    def _list_item(
        self, schema: Mapping[str, Any], name: str, depth: int, index: int, known: Sequence[Any]
    ) -> Any:
        """Return the item at *index*, one that *known* does not hold where they must differ."""
        prefix = schema.get("prefixItems", ())
        stated = prefix[index] if index < len(prefix) else schema.get("items", {})
        if stated is False:
            return ABSENT
        item = {} if stated is True else stated
        if index < max(1, schema.get("minContains", 1)) and "contains" in schema:
            item = merged_schemas(item, schema["contains"])
        differ = schema.get("uniqueItems")
        told = f"{name} {index}" if differ and index else name
        for value in self.values(item, told, depth + 1):
            if not differ or value not in known:
                return value
        return ABSENT


# --- parts of a schema ----------------------------------------------------------------------------


def shown_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values that the document itself shows for *schema*, and its choices."""
    for key in ("example", "const", "default"):
        if key in schema:
            yield schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list):
            yield from schema[key]


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the JSON types that *schema* allows or, where it names none, those that it tells."""
    if "type" in schema:
        return sorted(types_allowed(schema), key=lambda kind: kind == "null")
    told = [kind for kind, keys in TELLING.items() if not schema.keys().isdisjoint(keys)]
    return [*told, *(kind for kind in ("string", *TYPES) if kind not in told)]


def merged_branch(one: Mapping[str, Any], other: Any) -> dict[str, Any]:
    """Return what both ask for; where *other* is a boolean, it is a schema, too."""
    if isinstance(other, Mapping):
        return merged_schemas(one, other)
    if other is True:
        return dict(one)
    return {**one, "not": {}}


def _branches_of(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the ways to meet *part* of an ``allOf``."""
    key = next((key for key in ("oneOf", "anyOf") if key in part), None)
    if key is None:
        yield part
        return
    rest = {name: value for name, value in part.items() if name != key}
    for branch in part[key]:
        yield merged_branch(rest, branch)


def discriminated_schema(schema: Any) -> Any:
    """Return *schema* with its branches held to the values of the discriminator that name them.

    A body may keep the schema and yet name another branch, or none: no service can take that, and
    OpenAPI has it that a discriminator changes no validation (3.1.1, 4.8.25).
    """
    if isinstance(schema, list):
        return [discriminated_schema(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    held = {key: discriminated_schema(value) for key, value in schema.items()}
    told = held.pop("x-discriminator", None)
    if not isinstance(told, Mapping):
        return held
    for key in ("oneOf", "anyOf"):
        if key in held:
            held[key] = list(discriminated_branches(held[key], told))
            return held
    if told["all"]:
        return merged_branch(held, _naming_branch(told, told["all"]))
    return held


def discriminated_branches(branches: Sequence[Any], told: Mapping[str, Any]) -> Iterator[Any]:
    """Yield each of *branches*, held to the values of the discriminator that stand for it."""
    values = told["values"]
    for index, branch in enumerate(branches):
        if index >= len(values) or not values[index]:
            yield branch
            continue
        held = branch if isinstance(branch, Mapping) else {}
        yield merged_branch(held, _naming_branch(told, values[index]))


def _naming_branch(told: Mapping[str, Any], values: Sequence[str]) -> dict[str, Any]:
    name = told["name"]
    return {"type": "object", "required": [name], "properties": {name: {"enum": [*values]}}}


def member_schema(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what *schema* asks of its member *name*, whether it names it or not."""
    asked: list[Any] = []
    members = schema.get("properties") or {}
    if name in members:
        asked.append(members[name])
    for pattern, member in (schema.get("patternProperties") or {}).items():
        if is_allowed_value({"pattern": pattern}, name):
            asked.append(member)
    if not asked:
        asked.append(schema.get("additionalProperties", True))
    held: dict[str, Any] = {}
    for one in asked:
        held = merged_branch(held, one)
    if "$defs" in schema:  # what the member's own references lead to
        held = {**held, "$defs": schema["$defs"]}
    return held


def _needs_more_members(schema: Mapping[str, Any]) -> bool:
    """Return whether *schema* speaks of members that it does not name."""
    values = schema.get("additionalProperties", True)
    is_map = isinstance(values, Mapping)
    return is_map or bool(schema.get("minProperties") and values is not False)


def _names_required(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that *schema* requires, and those that they bring along."""
    names = list(schema.get("required") or ())
    brought = schema.get("dependentRequired") or {}
    for name in names:
        names += [other for other in brought.get(name, ()) if other not in names]
    return names


# --- texts and numbers ----------------------------------------------------------------------------


def texts_of(schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield texts that *schema* may allow, the plainest first."""
    if is_too_large(schema, "minLength"):
        return
    form = schema.get("format", schema.get("contentEncoding"))
    if form in FORMATTED:
        yield FORMATTED[form]
    elif form == "base64":
        yield FORMATTED["byte"]
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    yield f"contract {name}".ljust(low, "x")[:high]
    if "pattern" in schema:
        yield from _texts_of_pattern(schema["pattern"], low)
    yield from ("a" * max(low, 1), "A" * max(low, 1), "1" * max(low, 1), "")


@lru_cache(maxsize=512)
def _texts_of_pattern(pattern: str, fewest: int) -> tuple[str, ...]:
    """Return texts that match *pattern*, none where it cannot be inverted."""
    return texts_matching(pattern, fewest)


def numbers_of(schema: Mapping[str, Any], *, is_whole: bool) -> Iterator[float]:
    """Yield numbers that *schema* may allow: multiples of its step, next to its bounds, and on."""
    low, high = _number_bounds(schema, is_whole)
    step = schema.get("multipleOf") or 1
    if "multipleOf" in schema:
        yield from _multiples_between(low, high, step)
    yield from _numbers_between(low, high, is_whole)
    begin = 1 if low is None else low
    for index in range(1, MOST_TRIED):
        yield begin + index * step


def _multiples_between(low: Any, high: Any, step: float) -> Iterator[float]:
    begin = step
    if low is not None:
        begin = low
    elif high is not None:
        begin = high - step
    first = math.ceil(begin / step)
    yield first * step
    yield (first + 1) * step


def _numbers_between(low: Any, high: Any, is_whole: bool) -> Iterator[float]:
    if low is not None:
        yield low
    if low is not None and high is not None and not is_whole:
        yield (low + high) / 2
    if low is None and (high is None or high >= 1):
        yield 1
    if high is not None:
        yield high
    for near in (low, high):
        if near is not None and not is_whole:
            yield near + 0.5
            yield near - 0.5


def is_held_exactly(schema: Mapping[str, Any], number: float) -> bool:
    """Return whether a service that keeps *number* as its format says gives it back unchanged.

    ``format: float`` is one of 32 bits (OpenAPI 3.0, 4.4): 0.1 comes back as another number.
    """
    if schema.get("format") != "float":
        return True
    try:
        return bool(struct.unpack("f", struct.pack("f", number))[0] == number)
    except OverflowError:
        return False


def _number_bounds(schema: Mapping[str, Any], is_whole: bool) -> tuple[Any, Any]:
    """Return the lowest and the highest number that *schema* allows, None where it sets none."""
    lows, highs = [], []
    if "minimum" in schema:
        lows.append(schema["minimum"])
    if "exclusiveMinimum" in schema:
        lows.append(math.floor(schema["exclusiveMinimum"]) + 1)
    if "maximum" in schema:
        highs.append(schema["maximum"])
    if "exclusiveMaximum" in schema:
        highs.append(math.ceil(schema["exclusiveMaximum"]) - 1)
    low, high = max(lows, default=None), min(highs, default=None)
    if is_whole and low is not None:
        low = math.ceil(low)
    if is_whole and high is not None:
        high = math.floor(high)
    return low, high
