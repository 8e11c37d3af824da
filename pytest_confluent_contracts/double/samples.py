"""Which value does a schema allow? One that is made of its keywords, and checked against it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from pytest_confluent_contracts.double.patterns import UnreadablePattern, matching_text
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.sizes import is_too_large

DEEPEST = 12  # levels; what contains itself ends before
TURNS = 4  # how often another value is tried
FORMATTED = {
    "date-time": "2026-01-05T08:30:{:02d}Z",
    "date": "2026-01-{:02d}",
    "time": "08:30:{:02d}Z",
    "duration": "P{}D",
    "uuid": "7f2c1e9a-5b1d-4c7e-9a57-0000000000{:02d}",
    "email": "sample{}@contract.example",
    "idn-email": "sample{}@contract.example",
    "hostname": "sample{}.contract.example",
    "idn-hostname": "sample{}.contract.example",
    "ipv4": "192.0.2.{}",
    "ipv6": "2001:db8::{}",
    "uri": "https://contract.example/sample{}",
    "uri-reference": "/sample{}",
    "iri": "https://contract.example/sample{}",
    "iri-reference": "/sample{}",
    "uri-template": "https://contract.example/{{sample{}}}",
    "json-pointer": "/sample/{}",
    "relative-json-pointer": "{}",
    "regex": "^sample{}$",
}
BYTES = ("c2FtcGxl", "b3RoZXI=", "dGhpcmQ=", "bW9yZQ==")  # base64, as `byte` says (RFC 4648 4)
OBJECT_KEYWORDS = frozenset(
    {
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("minProperties", "maxProperties", "propertyNames", "dependentRequired"),
    }
)
ARRAY_KEYWORDS = frozenset({"items", "prefixItems", "minItems", "maxItems", "contains"})
TEXT_KEYWORDS = frozenset({"minLength", "maxLength", "pattern", "format"})
NUMBER_KEYWORDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
# What two schemas ask for each in its own way.
COMBINATIONS = frozenset({"allOf", "oneOf", "anyOf", "if"})
EVERY_TYPE = ("object", "array", "string", "number", "boolean", "null")
Schema = Mapping[str, Any]


def allowed_value(schema: Schema) -> Any:
    """Return a value that *schema* allows, `ABSENT` where none is found."""
    return copied_json(_allowed_value(_text_of(schema)))


def copied_json(value: Any) -> Any:
    """Return a copy of a JSON value: `deepcopy` looks for much that it cannot hold."""
    if isinstance(value, list):
        return [copied_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    copy = dict(value)
    for name, member in value.items():
        if isinstance(member, (dict, list)):
            copy[name] = copied_json(member)
    return copy


def is_allowed(schema: Schema, value: Any) -> bool:
    """Return whether *schema* allows *value*."""
    return bool(_validator_of(schema).is_valid(value))


@remembered(1024)
def _text_of(schema: Schema) -> str:
    return json.dumps(schema, default=str)


@remembered(1024)
def _validator_of(schema: Schema) -> Any:
    return _validator_of_text(json.dumps(schema, sort_keys=True, default=str))


@lru_cache(maxsize=256)
def _allowed_value(schema: str) -> Any:
    root = json.loads(schema)
    if not isinstance(root, dict):
        return "sample"
    return _Sampler(root).value(root)


@lru_cache(maxsize=1024)
def _validator_of_text(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True)


class _Sampler:
    """Makes values of the schemas within one document's schema *root*."""

    def __init__(self, root: Schema) -> None:
        self.root = root

    def value(self, schema: Any, turn: int = 0, depth: int = 0) -> Any:
        """Return a value that *schema* allows, `ABSENT` where none is found.

        Values of different turns differ where the schema lets them.
        """
        if schema is True:
            return "sample"
        if not isinstance(schema, Mapping) or depth > DEEPEST:
            return ABSENT
        for number in range(turn, turn + TURNS):
            for found in self._values(schema, number, depth):
                if found is not ABSENT and self._allows(schema, found):
                    return found
        return ABSENT

    def _allows(self, schema: Schema, value: Any) -> bool:
        known = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        return is_allowed({**known, **schema}, value)

    def _values(self, schema: Schema, turn: int, depth: int) -> Iterator[Any]:
        """Yield values that *schema* may allow: those it shows, then those that are made of it."""
        shown = [schema[key] for key in ("const", "example", "default") if key in schema]
        shown += [value for value in schema.get("examples") or () if turn == 0]
        if turn == 0:
            yield from shown
        choices = schema.get("enum") or ()
        for index in range(len(choices)):
            yield choices[(index + turn) % len(choices)]
        for variant in self._variants(schema):
            for kind in _likely_types(variant):
                yield self._of_type(kind, variant, turn, depth)

    # --- what schemas are combined of -------------------------------------------------------------

    def _variants(self, schema: Schema) -> Iterator[Schema]:
        """Yield *schema* with one choice made at each of its combinations."""
        plain = dict(schema)
        reference = plain.pop("$ref", None)
        if isinstance(reference, str):
            target = self._referred(reference)
            if isinstance(target, Mapping):
                yield from self._variants(both(plain, target))
            return
        for branch in plain.pop("allOf", ()):
            if isinstance(branch, Mapping):
                plain = dict(both(plain, branch))
        for key in ("oneOf", "anyOf"):
            branches = plain.pop(key, None)
            if branches:
                for branch in branches:
                    if isinstance(branch, Mapping):
                        yield from self._variants(both(plain, branch))
                return
        if "if" in plain:
            yield from self._conditional(plain)
            return
        yield plain

    def _conditional(self, plain: dict[str, Any]) -> Iterator[Schema]:
        condition, then = plain.pop("if"), plain.pop("then", {})
        otherwise = plain.pop("else", {})
        if isinstance(otherwise, Mapping):
            yield from self._variants(both(plain, otherwise))
        if isinstance(condition, Mapping) and isinstance(then, Mapping):
            yield from self._variants(both(both(plain, condition), then))
        yield from self._variants(plain)

    def _referred(self, reference: str) -> Any:
        """Return the schema that a reference within the document names, None where none is."""
        found: Any = self.root
        for step in reference.removeprefix("#").split("/"):
            if not step:
                continue
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or name not in found:
                return None
            found = found[name]
        return found

    # --- values by their type ---------------------------------------------------------------------

    def _of_type(self, kind: str, schema: Schema, turn: int, depth: int) -> Any:
        if kind == "object":
            return self._sample_object(schema, turn, depth)
        if kind == "array":
            return self._sample_array(schema, turn, depth)
        if kind == "string":
            return _sample_text(schema, turn)
        if kind in ("number", "integer"):
            return _sample_number(schema, turn, is_whole=kind == "integer")
        if kind == "boolean":
            return turn % 2 == 1
        return None

    def _sample_object(self, schema: Schema, turn: int, depth: int) -> Any:
        if is_too_large(schema, "minProperties"):
            return ABSENT
        names = self._wanted_names(schema, turn, depth)
        made: dict[str, Any] = {}
        for name in _in_order_of(schema, names):
            value = self.value(_member_schema(schema, name), turn, depth + 1)
            if value is ABSENT and name in (schema.get("required") or ()):
                return ABSENT
            if value is not ABSENT:
                made[name] = value
        return made

    def _wanted_names(self, schema: Schema, turn: int, depth: int) -> list[str]:
        """Return the names of the members that the object shall have."""
        properties = schema.get("properties") or {}
        needed = list(schema.get("required") or ())
        shown = [name for name in properties if _is_member_shown(name, properties[name], depth)]
        names = list(dict.fromkeys([*needed, *shown]))[: schema.get("maxProperties", 10_000)]
        names += [name for name in properties if name not in names]
        least = schema.get("minProperties", 0)
        names = names[: max(least, len(set(needed) | set(shown)))]
        names = self._with_dependents(schema, names)
        for number in range(least - len(names)):
            name = self._free_name(schema, turn + number)
            if name not in names:
                names.append(name)
        return names[: schema.get("maxProperties", 10_000)]

    def _with_dependents(self, schema: Schema, names: list[str]) -> list[str]:
        asked = schema.get("dependentRequired") or {}
        for name in names:  # it grows
            names += [one for one in asked.get(name, ()) if one not in names]
        return names

    def _free_name(self, schema: Schema, turn: int) -> str:
        """Return the name of a member that is not declared."""
        for pattern in schema.get("patternProperties") or ():
            found = _sample_text({"pattern": pattern}, turn)
            if found is not ABSENT:
                return str(found)
        names = schema.get("propertyNames")
        found = self.value(names, turn) if names else ABSENT
        if found is ABSENT:
            return f"sample-{turn}"
        return str(found)

    def _sample_array(self, schema: Schema, turn: int, depth: int) -> Any:
        if is_too_large(schema, "minItems"):
            return ABSENT
        first = [self.value(one, turn, depth + 1) for one in schema.get("prefixItems") or ()]
        items = first[: schema.get("maxItems", len(first))]
        if "contains" in schema:
            for number in range(schema.get("minContains", 1)):
                items.append(self.value(schema["contains"], turn + number, depth + 1))
        is_unique = schema.get("uniqueItems", False)
        while len(items) < schema.get("minItems", 0):
            number = turn + len(items) if is_unique else turn
            items.append(self.value(schema.get("items", True), number, depth + 1))
            if schema.get("items", True) is True and is_unique:
                items[-1] = f"sample-{len(items)}"
        if any(item is ABSENT for item in items):
            return ABSENT
        return items


def _in_order_of(schema: Schema, names: list[str]) -> list[str]:
    """Return *names* as the document lists them, those that it does not list last."""
    order = list(schema.get("properties") or ())
    listed = [name for name in order if name in names]
    others = [name for name in names if name not in order]
    return listed + others


def _is_member_shown(name: str, member: Any, depth: int) -> bool:
    """Return whether an optional member is shown: an example stands there, or members that may."""
    if name == "deleted_at":  # the resource is alive
        return False
    if not isinstance(member, Mapping) or member.get("writeOnly") or depth > DEEPEST // 2:
        return False
    return "example" in member or "properties" in member


def _member_schema(schema: Schema, name: str) -> Any:
    """Return what *schema* says of the member *name*, declared or not."""
    properties = schema.get("properties") or {}
    found = properties.get(name, ABSENT)
    for pattern, described in (schema.get("patternProperties") or {}).items():
        if is_allowed({"pattern": pattern}, name) and isinstance(described, Mapping):
            found = described if found is ABSENT else both(found, described)
    if found is not ABSENT:
        return found
    return schema.get("additionalProperties", True)


def _likely_types(schema: Schema) -> list[str]:
    """Return the types that a value may have, those first that the keywords speak of."""
    if "type" in schema:
        return sorted(types_allowed(schema), key=lambda kind: kind == "null")
    if OBJECT_KEYWORDS & schema.keys():
        return ["object", *EVERY_TYPE]
    if ARRAY_KEYWORDS & schema.keys():
        return ["array", *EVERY_TYPE]
    if TEXT_KEYWORDS & schema.keys():
        return ["string", *EVERY_TYPE]
    if NUMBER_KEYWORDS & schema.keys():
        return ["number", "integer", *EVERY_TYPE]
    return ["string", *EVERY_TYPE]


def _sample_text(schema: Schema, turn: int) -> Any:
    if is_too_large(schema, "minLength"):
        return ABSENT
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    if "pattern" in schema:
        try:
            return matching_text(schema["pattern"], least, turn)
        except (UnreadablePattern, ValueError, RecursionError):
            return ABSENT
    form = schema.get("format")
    if form in FORMATTED:
        return FORMATTED[form].format(turn + 1)
    if form == "byte":
        return BYTES[turn % len(BYTES)]
    mark = str(turn) if turn else ""
    text = ("sample".ljust(least, "x"))[:most]
    if mark:
        return f"{text[: max(0, most - len(mark))]}{mark}"
    return text


def _sample_number(schema: Schema, turn: int, *, is_whole: bool) -> Any:
    """Return a number within the bounds of *schema*; of each *turn* another."""
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    number = _first_multiple(_start(low, high), step) + turn * step
    if number == schema.get("exclusiveMinimum"):
        number += step
    if is_whole:
        return int(number)
    if low is not None and high is not None and not _is_below(number, schema):
        return (low + high) / 2
    return number


def _start(low: float | None, high: float | None) -> float:
    if low is not None:
        return low
    if high is None:
        return 0
    return min(0, high - 1)


def _is_below(number: float, schema: Schema) -> bool:
    """Return whether *number* is not above the bounds of *schema*."""
    if "exclusiveMaximum" in schema and number >= schema["exclusiveMaximum"]:
        return False
    return "maximum" not in schema or bool(number <= schema["maximum"])


def _first_multiple(start: float, step: float) -> float:
    """Return the first multiple of *step* from *start* on."""
    return -(-start // step) * step


def both(one: Schema, other: Schema) -> Schema:
    """Return a schema that asks for what *one* and *other* ask for, as far as one can say it."""
    merged = dict(one)
    apart: list[Schema] = []
    for key, value in other.items():
        if key not in merged or merged[key] == value:
            merged[key] = value
        elif key in COMBINATIONS:
            apart.append({key: value})
        else:
            merged[key] = _both_keywords(key, merged[key], value)
    if apart:
        merged["allOf"] = [*merged.get("allOf", ()), *apart]
    return merged


def _both_keywords(key: str, known: Any, value: Any) -> Any:
    """Return what *key* asks for where one schema says *known* and the other *value*."""
    if key in ("properties", "patternProperties"):
        return {**known, **{name: _both(known.get(name), own) for name, own in value.items()}}
    if key in ("items", "additionalProperties"):
        return _both(known, value)
    if key == "required":
        return list(dict.fromkeys([*known, *value]))
    if key == "enum":
        return [item for item in known if item in value]
    if key == "type":
        return _shared_types(known, value)
    if key.startswith(("min", "exclusiveMin")):
        return max(known, value)
    if key.startswith(("max", "exclusiveMax")):
        return min(known, value)
    return value


def _both(known: Any, value: Any) -> Any:
    if known is None or known is True:
        return value
    if value is True:
        return known
    if known is False or value is False:
        return False
    return both(known, value)


def _shared_types(known: Any, value: Any) -> list[str]:
    one, other = types_allowed({"type": known}), types_allowed({"type": value})
    found = [kind for kind in one if kind in other]
    if "integer" in (*one, *other) and "number" in (*one, *other):
        found.append("integer")
    return found
