"""What does a schema ask for that joins two, as ``allOf`` does?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# Of two lower bounds the higher holds, of two upper bounds the lower.
LOWER_BOUNDS = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
UPPER_BOUNDS = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
AFTER_PREFIX = ("prefixItems", "items")
# Keywords that mean something together only, told by the first of them.
GROUPS = (
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    AFTER_PREFIX,
    ("oneOf", "x-discriminator"),
)
# What each of two schemas may ask for in its own way, so that neither stands for both.
ASSERTIONS = frozenset(
    {
        *("oneOf", "anyOf", "not", "pattern", "multipleOf", "const", "format", "contains"),
        *("prefixItems", "propertyNames", "dependentSchemas", "patternProperties", "$ref"),
        *("dependentRequired", "unevaluatedProperties", "unevaluatedItems"),
    }
)
NOTHING: Final[Mapping[str, Any]] = {"not": {}}  # the schema that allows no value


def merged_schemas(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema that asks for both.

    A member that one of them does not name, and does not allow beside those that it names, is
    forbidden: it is there, and allows no value.

    >>> merged_schemas({"additionalProperties": False}, {"properties": {"a": {}}})["properties"]
    {'a': {'not': {}}}
    """
    return joined_schemas(_held_to_others(one, other), _held_to_others(other, one))


def is_forbidden(schema: Mapping[str, Any]) -> bool:
    """Return whether *schema* allows no value, as that of a member which must stay away."""
    return schema.get("not") == {}


def contradiction(schema: Mapping[str, Any]) -> str:
    """Return why no value at all satisfies *schema*, as far as its own keywords show; else ``""``.

    >>> contradiction({"type": "integer", "minimum": 3, "maximum": 2})
    'minimum 3 is above maximum 2'
    """
    members = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name in members and is_forbidden(members[name]):
            return f"{name} is required, and a part that does not name it is closed"
    # Of parts that allow one type or the other, each kept its own.
    typed_parts = [part for part in schema.get("allOf", ()) if "type" in part]
    if schema.get("type") == [] or ("type" in schema and typed_parts):
        return "no type is allowed by every part"
    if schema.get("enum") == []:
        return "no value of enum is allowed by every part"
    return _crossed_bounds(schema)


def _crossed_bounds(schema: Mapping[str, Any]) -> str:
    for low, high in zip(LOWER_BOUNDS, UPPER_BOUNDS, strict=True):
        if low in schema and high in schema and schema[low] > schema[high]:
            return f"{low} {schema[low]} is above {high} {schema[high]}"
    return ""


def _held_to_others(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return *one* with its members held to what *other* says of those that it does not name."""
    additional = other.get("additionalProperties", True)
    if additional is True or "properties" not in one:
        return dict(one)
    members: dict[str, Any] = {}
    for name, member in one["properties"].items():
        if _is_named_by(other, name):
            members[name] = member
        elif additional is False:
            members[name] = {**NOTHING, **_line_of(member)}
        else:
            members[name] = merged_schemas(member, additional)
    return {**one, "properties": members}


def _line_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in ("x-line",) if key in schema}


def _is_named_by(schema: Mapping[str, Any], name: str) -> bool:
    """Return whether *schema* has a rule of its own for the member *name*."""
    if name in (schema.get("properties") or {}):
        return True
    return any(_may_match(pattern, name) for pattern in schema.get("patternProperties") or ())


def _may_match(pattern: str, name: str) -> bool:
    """Return whether *name* matches, also where Python cannot read the pattern (ECMA-262)."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True


def joined_schemas(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema that asks for both, as one who forgets that a part is closed takes it.

    ``nullable`` in any branch of allOf makes it so. Strictly a null would have to pass every
    branch; documents write ``nullable`` beside ``allOf`` and mean it.

    >>> joined_schemas({"maxLength": 9}, {"maxLength": 20, "minLength": 2})
    {'maxLength': 9, 'minLength': 2}

    What one keyword cannot say for both stays apart:

    >>> joined_schemas({"pattern": "^a"}, {"pattern": "z$"})
    {'pattern': '^a', 'allOf': [{'pattern': 'z$'}]}
    """
    merged, other = dict(one), dict(other)
    apart = list(other.pop("allOf", ()))
    apart += _taken_apart(merged, other)
    for key, value in other.items():
        if key not in merged:
            merged[key] = value
        elif _stays_apart(key, merged[key], value):
            apart.append({key: value})
        else:
            merged[key] = _merged_keyword(key, merged[key], value)
    if apart:
        merged["allOf"] = [*merged.get("allOf", ()), *apart]
    return merged


def _taken_apart(one: Mapping[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """Take out of *other* the groups of keywords that cannot stand beside those of *one*."""
    apart: list[dict[str, Any]] = []
    for group in GROUPS:
        if _clash(one, other, group):
            taken = {}
            for key in group:
                if key in other:
                    taken[key] = other.pop(key)
            apart.append(taken)
    return apart


def _clash(one: Mapping[str, Any], other: Mapping[str, Any], group: Sequence[str]) -> bool:
    """Return whether both speak of *group*, and do not say the same."""
    if group == AFTER_PREFIX:  # what `items` speaks of hangs on the `prefixItems` beside it
        if not ({*group} & one.keys() and {*group} & other.keys()):
            return False
        return one.get("prefixItems") != other.get("prefixItems")
    if group[0] not in one or group[0] not in other:
        return False
    return any(one.get(key) != other.get(key) for key in group)


def _merged_keyword(key: str, known: Any, value: Any) -> Any:
    """Return what *key* asks for where one schema says *known* and the other *value*."""
    if key == "properties":
        return _merged_members(known, value)
    if key in ("items", "additionalProperties"):
        return _merged_alone(known, value)
    if key in LOWER_BOUNDS:
        return max(known, value)
    if key in UPPER_BOUNDS:
        return min(known, value)
    if key == "required":
        return list(dict.fromkeys([*known, *value]))
    if key == "enum":
        return [item for item in known if item in value]
    if key == "type":
        return _merged_types(known, value)
    if key in ("nullable", "uniqueItems"):
        return known or value
    if key == "x-line":
        return known
    return value


def _merged_alone(known: Any, value: Any) -> Any:
    """Return what both ask for where each is a schema, or a boolean for anything or nothing."""
    if known is False or value is False:
        return False
    if known is True:
        return value
    if value is True:
        return known
    return merged_schemas(known, value)


def _merged_types(known: Any, value: Any) -> Any:
    """Return the types that both allow: a name, or a list of them."""
    both = sorted(_types_in(known) & _types_in(value))
    if "number" in both:
        both.remove("integer")  # it is one
    if len(both) == 1:
        return both[0]
    return both


def _types_in(stated: Any) -> set[str]:
    """Return the names of types that *stated* allows; with numbers, integers too."""
    names = set(stated) if isinstance(stated, list) else {stated}
    if "number" in names:
        return names | {"integer"}
    return names


def _stays_apart(key: str, known: Any, value: Any) -> bool:
    """Return whether no one value of *key* asks for what both ask for."""
    if key == "type":
        return not _types_in(known) & _types_in(value)  # which nothing satisfies
    return key in ASSERTIONS and known != value


def _merged_members(known: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(known)
    for name, member in others.items():
        merged[name] = merged_schemas(merged.get(name, {}), member)
    return merged
