"""Is there any value that a schema allows? Why not, as far as its own keywords show.

What is said here is certain: a schema of which nothing is found may still allow nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.schema_merging import (
    contradiction,
    is_forbidden,
    merged_schemas,
)
from pytest_confluent_contracts.model.violations import quote_value

# Bounds that cross each other where they are equal, too.
EXCLUSIVE_PAIRS = (
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)
SIZES = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
    *EXCLUSIVE_PAIRS,
)
# Keywords that ask for the same where they have the same value, and hold no schemas.
OF_PLAIN_VALUES = frozenset(
    {
        *("type", "required", "const", "enum", "pattern", "format", "multipleOf", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    }
)
# By these a schema may allow members that it does not list.
OF_OTHER_MEMBERS = ("patternProperties", "$ref", "oneOf", "anyOf", "allOf", "if")


class Contradiction(NamedTuple):
    """Why nothing satisfies a schema, and the keywords that say so."""

    told: str
    keywords: tuple[str, ...] = ()


def contradiction_in(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return why no value satisfies *schema*, JSON Schema 2020-12 with ``allOf`` merged.

    None where nothing shows it.

    >>> contradiction_in({"minimum": 3, "maximum": 2}).told
    'minimum 3 is above maximum 2'
    """
    looks = (_crossed, _stated, _kept_apart, _no_number, _too_few_members, _too_few_items)
    for look in looks:
        found = look(schema)
        if found is not None:
            return found
    return _no_branch(schema)


def undeclared_required(schema: Mapping[str, Any]) -> list[str]:
    """Return the members that *schema* requires, does not list, and forbids as it is closed."""
    if any(key in schema for key in ("patternProperties", "$ref")):
        return []
    is_closed = schema.get("additionalProperties") is False
    if "unevaluatedProperties" in schema and not is_closed:
        is_open = any(key in schema for key in OF_OTHER_MEMBERS)
        is_closed = schema["unevaluatedProperties"] is False and not is_open
    if not is_closed:
        return []
    members = schema.get("properties") or {}
    return [name for name in schema.get("required") or () if name not in members]


def _crossed(schema: Mapping[str, Any]) -> Contradiction | None:
    for low, high in SIZES:
        if not _is_number(schema.get(low)) or not _is_number(schema.get(high)):
            continue
        least, most = schema[low], schema[high]
        is_exclusive = (low, high) in EXCLUSIVE_PAIRS
        if least > most:
            return Contradiction(f"{low} {least} is above {high} {most}", (low, high))
        if is_exclusive and least == most:
            return Contradiction(f"{low} {least} meets {high} {most}", (low, high))
    return None


def _stated(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return what merging tells: forbidden members, types and values that no part has both of."""
    told = contradiction(schema)
    if told:
        return Contradiction(told, ("required", "allOf", "type", "enum"))
    return None


def _kept_apart(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return where values and types that several parts name have nothing in common."""
    values = _constants(schema)
    if values is not None and not values:
        return Contradiction("no value of const and enum is allowed by every part", ("const",))
    denied = schema.get("not")
    if isinstance(denied, Mapping) and denied and _implies(schema, denied):
        return Contradiction("what `not` forbids is what the schema asks for", ("not",))
    return None


def _implies(schema: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether whatever satisfies *schema* satisfies *other*, as far as its keywords show."""
    said = other.keys() - {"x-line"}
    return bool(said) and all(_implies_keyword(schema, key, other[key]) for key in said)


def _implies_keyword(schema: Mapping[str, Any], key: str, value: Any) -> bool:
    if key not in schema or key not in OF_PLAIN_VALUES:
        return False
    if key == "type":
        types = set(types_allowed(schema))
        return bool(types) and types <= _types_with_integer({"type": value})
    if key == "required":
        return set(value) <= set(schema["required"])
    return bool(schema[key] == value)


def _types_with_integer(schema: Mapping[str, Any]) -> set[str]:
    types = set(types_allowed(schema))
    if "number" in types:
        types.add("integer")
    return types


def _constants(schema: Mapping[str, Any]) -> list[Any] | None:
    """Return the values that const and enum of every part allow, None where none names any."""
    lists: list[list[Any]] = []
    for part in (schema, *schema.get("allOf", ())):
        if "const" in part:
            lists.append([part["const"]])
        if "enum" in part:
            lists.append(list(part["enum"]))
    if not lists:
        return None
    first, *others = lists
    for other in others:
        texts = {quote_value(value) for value in other}
        first = [value for value in first if quote_value(value) in texts]
    return first


def _no_number(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return where no multiple, or no integer, lies between the bounds."""
    types = set(types_allowed(schema)) - {"null"}
    low, high = schema.get("minimum"), schema.get("maximum")
    if not types or not types <= {"integer", "number"} or not _is_number(low):
        return None
    step = schema.get("multipleOf", 1 if types == {"integer"} else None)
    if not _is_number(high) or not isinstance(step, int) or step < 1 or "null" in schema:
        return None
    if math.floor(high / step) < math.ceil(low / step):
        told = f"no multiple of {step} lies from {low} to {high}"
        if step == 1:
            told = f"no integer lies from {low} to {high}"
        return Contradiction(told, ("minimum", "maximum", "multipleOf"))
    return None


def _too_few_members(schema: Mapping[str, Any]) -> Contradiction | None:
    required = set(schema.get("required") or ())
    most = schema.get("maxProperties")
    if _is_number(most) and len(required) > most:
        told = f"{len(required)} members are required, above maxProperties {most}"
        return Contradiction(told, ("maxProperties", "required"))
    least = schema.get("minProperties")
    is_closed = schema.get("additionalProperties") is False
    if not is_closed or "patternProperties" in schema or not _is_number(least):
        return None
    members = schema.get("properties") or {}
    allowed = [member for member in members.values() if not is_forbidden(member)]
    if len(allowed) < least:
        told = f"minProperties {least} is above the {len(allowed)} members that are allowed"
        return Contradiction(told, ("minProperties",))
    return None


def _too_few_items(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return where a list must be longer than its places, or its different items, allow."""
    least, items = schema.get("minItems"), schema.get("items")
    prefix = schema.get("prefixItems") or []
    if not _is_number(least):
        return None
    if (items is False or (isinstance(items, Mapping) and is_forbidden(items))) and len(
        prefix
    ) < least:
        told = f"minItems {least} is above the {len(prefix)} items that are allowed"
        return Contradiction(told, ("minItems",))
    if schema.get("uniqueItems") is not True or not isinstance(items, Mapping) or prefix:
        return None
    count = _count_of_values(items)
    if count is not None and count < least:
        told = f"minItems {least} is above the {count} different items that there are"
        return Contradiction(told, ("minItems",))
    return None


def _count_of_values(schema: Mapping[str, Any]) -> int | None:
    """Return how many values *schema* names, None where it may be any number."""
    values = _constants(schema)
    if values is not None:
        return len({quote_value(value) for value in values})
    if types_allowed(schema) == ["boolean"]:
        return len((True, False))
    return None


def _no_branch(schema: Mapping[str, Any]) -> Contradiction | None:
    """Return where no branch of ``oneOf`` or ``anyOf`` fits what stands beside it."""
    for keyword in ("oneOf", "anyOf"):
        branches = schema.get(keyword)
        if not isinstance(branches, list) or not branches:
            continue
        beside = {key: value for key, value in schema.items() if key != keyword}
        if all(_is_contradicted(merged_schemas(beside, one)) for one in branches):
            return Contradiction(f"no branch of {keyword} allows any value", (keyword,))
        first = _without_lines(branches[0])
        is_open = bool(first) and keyword == "oneOf" and len(branches) > 1
        if is_open and all(_without_lines(one) == first for one in branches[1:]):
            told = "all branches of oneOf are the same, so that a value fits none or several"
            return Contradiction(told, (keyword,))
    return None


def _is_contradicted(schema: Mapping[str, Any]) -> bool:
    looks = (_crossed, _stated, _kept_apart, _no_number)
    return is_forbidden(schema) or any(look(schema) is not None for look in looks)


def _without_lines(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_lines(one) for name, one in value.items() if name != "x-line"}
    if isinstance(value, list):
        return [_without_lines(one) for one in value]
    return value


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
