"""Which values does the document name for a parameter, and which break just one rule of it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from pytest_confluent_contracts.cases.parameter_values import sampled_value
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.sizes import size_bound

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Parameter

MOST_LISTED = 12  # values of an enum that are tried
WRONG_TEXT: Final = "contract-none"
# What names something that must be there: what its schema allows need not be.
REFERENCE = re.compile(
    r"(?i)(?:^|.*[_\-.\[])(?:ids?|uuid|key|token|cursor|etag|version|revision|ref|name)\]?\Z"
    r"|.*[a-z0-9](?:Id|Ids|Key|Token|Cursor|Version)\Z"
)
SIZES_OF_INTEGERS: Final = frozenset({-(2**31), 2**31 - 1, -(2**63), 2**63 - 1})
# Characters that are written in another way, in one text.
SPECIAL_TEXT: Final = "a b/c?d=e&f+g%41;h,i\u00e9"
HEADER_TEXT: Final = "a b/c?d=e&f+g%41"


# --- allowed --------------------------------------------------------------------------------------


def documented_values(parameter: Parameter) -> list[Any]:
    """Return what the document itself shows for *parameter* and its schema allows."""
    shown = [*parameter.examples, parameter.default, parameter.schema.get("const", ABSENT)]
    return _distinct_fitting(parameter.schema, shown)


def named_values(parameter: Parameter) -> list[Any]:
    """Return the values that the document names: shown, listed, both booleans, and bounds.

    What a service has to look up is left out: no schema says which of them are there.
    """
    is_reference = REFERENCE.match(parameter.name) is not None
    listed = list(_values_listed(parameter.schema, with_bounds=not is_reference))
    return _distinct_fitting(parameter.schema, [*documented_values(parameter), *listed])


def odd_values(parameter: Parameter) -> list[Any]:
    """Return values that the schema allows, and that may mean nothing to the service."""
    schema = parameter.schema
    text = HEADER_TEXT if parameter.location is Location.HEADER else SPECIAL_TEXT
    shown = [text, sampled_value(schema, parameter.name)]
    if "maxLength" in schema:
        shown.append("x" * min(schema["maxLength"], 4000))
    if "array" in parameter.types:
        shown.append([HEADER_TEXT])
    known = named_values(parameter)
    return [one for one in _distinct_fitting(schema, shown) if one not in known]


def _distinct_fitting(schema: Mapping[str, Any], values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        is_value = value is not ABSENT and value is not None and value != []
        if is_value and value not in found and is_allowed_value(schema, value):
            found.append(value)
    return found


def _values_listed(schema: Mapping[str, Any], *, with_bounds: bool) -> Iterator[Any]:
    kinds = _kinds_of(schema)
    yield from [one for one in schema.get("enum", ()) if one is not None][:MOST_LISTED]
    if kinds == ["boolean"]:
        yield from (True, False)
    if with_bounds and set(kinds) & {"integer", "number"}:
        yield from _values_at_bounds(schema)
    if kinds == ["array"]:
        yield from _lists_of(schema, with_bounds=with_bounds)
    if kinds == ["object"]:
        yield from _objects_of(schema)


def _values_at_bounds(schema: Mapping[str, Any]) -> Iterator[Any]:
    for key, inside in (
        ("minimum", 0),
        ("maximum", 0),
        ("exclusiveMinimum", 1),
        ("exclusiveMaximum", -1),
    ):
        bound = schema.get(key)
        if bound is not None and bound not in SIZES_OF_INTEGERS:
            yield bound + inside


def _lists_of(schema: Mapping[str, Any], *, with_bounds: bool) -> Iterator[list[Any]]:
    """Yield lists of named items: all of them, as few as may be, one alone."""
    named = list(_values_listed(schema.get("items") or {}, with_bounds=with_bounds))
    if not named:
        return
    most, fewest = schema.get("maxItems", len(named)), schema.get("minItems", 1)
    yield named[:most]
    yield named[: max(1, fewest)]
    if not schema.get("uniqueItems") and fewest > len(named):
        yield (named * fewest)[:fewest]


def _objects_of(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the object whose members have the first values that are named for them."""
    found: dict[str, Any] = {}
    for name, member in (schema.get("properties") or {}).items():
        shown = [member[key] for key in ("example", "default") if key in member]
        listed = [*shown, *_values_listed(member, with_bounds=True)]
        if listed:
            found[name] = listed[0]
    if found:
        yield found


# --- broken ---------------------------------------------------------------------------------------


def broken_values(parameter: Parameter) -> dict[str, Any]:
    """Return, for each rule of the schema, the first value that breaks it and nothing else.

    A rule is a keyword, after ``items/`` or ``properties/`` that of a part. What a text cannot show
    is left out: that a text is no string, or an empty value.
    """
    found: dict[str, Any] = {}
    validator = jsonschema_rs.Draft202012Validator(dict(parameter.schema), validate_formats=True)
    for value in _wrong_candidates(parameter.schema, parameter):
        rules = {_rule_broken(error) for error in validator.iter_errors(value)}
        if len(rules) == 1 and _can_be_told(parameter, value):
            found.setdefault(rules.pop(), value)
    return found


def _rule_broken(error: Any) -> str:
    within = error.instance_path
    keyword = str(error.kind.name)
    if keyword == "required":
        return "properties/required"
    if not within:
        return keyword
    if isinstance(within[0], int):
        return f"items/{keyword}"
    return f"properties/{keyword}"


def _can_be_told(parameter: Parameter, value: Any) -> bool:
    """Return whether a reader of the request can tell what *value* was."""
    if parameter.media_type:
        return True
    if value in ("", [], {}):
        return False
    if isinstance(value, Mapping) and parameter.explode and parameter.style != "deepObject":
        # Its members stand in the request under their own names.
        declared = parameter.schema.get("properties") or {}
        return value.keys() <= declared.keys()
    return True


def _wrong_candidates(schema: Mapping[str, Any], parameter: Parameter) -> Iterator[Any]:
    """Yield values of which each may break one rule of *schema*."""
    kinds = _kinds_of(schema)
    if parameter.media_type:
        yield from (WRONG_TEXT, 7)
    if "array" in kinds:
        yield from _wrong_lists(schema, parameter)
    elif "object" in kinds:
        yield from _wrong_objects(schema, parameter)
    elif "string" in kinds or not kinds:
        yield from _wrong_texts(schema)
    else:
        yield from _wrong_numbers(schema)


def _wrong_texts(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (WRONG_TEXT, "contract none!", "0", "~", "CONTRACT")
    sample = sampled_value(schema)
    if not isinstance(sample, str):
        return
    if schema.get("minLength", 0) > 1:
        yield sample[: schema["minLength"] - 1]
    most = size_bound(schema, "maxLength")
    if most is not None:
        yield sample.ljust(most + 1, sample[-1:] or "x")


def _wrong_numbers(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield WRONG_TEXT
    sample = sampled_value(schema)
    if isinstance(sample, bool) or not isinstance(sample, int | float):
        return
    for key, outside in (
        ("minimum", -1),
        ("maximum", 1),
        ("exclusiveMinimum", 0),
        ("exclusiveMaximum", 0),
    ):
        if key in schema:
            bound, step = schema[key], schema.get("multipleOf", 1)
            yield bound + outside * step
    half_a_step = schema.get("multipleOf", 1) / 2
    yield from (sample + 1, sample - 1, sample + 0.5, sample + half_a_step, sample - half_a_step)
    if "enum" in schema:
        yield max(one for one in schema["enum"] if one is not None) + 1


def _wrong_lists(schema: Mapping[str, Any], parameter: Parameter) -> Iterator[list[Any]]:
    items = schema.get("items") or {}
    sample = sampled_value(schema, parameter.name)
    fine = sample if isinstance(sample, list) else []
    for wrong in _wrong_candidates(items, parameter):
        if not isinstance(wrong, list | dict):
            yield [*fine[1:], wrong]
    if schema.get("uniqueItems") and fine:
        yield [*fine, fine[0]]
    most = size_bound(schema, "maxItems")
    if most is not None:
        named = list(_values_listed(items, with_bounds=True)) or fine
        yield (named * (most + 1))[: most + 1]
        yield [f"x{index}" for index in range(most + 1)]
    if schema.get("minItems", 0) > 1:
        yield fine[: schema["minItems"] - 1]


def _wrong_objects(schema: Mapping[str, Any], parameter: Parameter) -> Iterator[dict[str, Any]]:
    sample = sampled_value(schema, parameter.name)
    fine = sample if isinstance(sample, dict) else {}
    for name, member in (schema.get("properties") or {}).items():
        for wrong in _wrong_candidates(member, parameter):
            if not isinstance(wrong, list | dict):
                yield {**fine, name: wrong}
    members = schema.get("properties") or {}
    full = {key: sampled_value(member, key) for key, member in members.items()} | fine
    for name in schema.get("required") or ():
        yield {key: value for key, value in full.items() if key != name}
    yield {**fine, WRONG_TEXT: "1"}


def _kinds_of(schema: Mapping[str, Any]) -> list[str]:
    kinds = [kind for kind in types_allowed(schema) if kind != "null"]
    return kinds or _implied_kinds(schema)


def _implied_kinds(schema: Mapping[str, Any]) -> list[str]:
    if "properties" in schema:
        return ["object"]
    if "items" not in schema:
        return []
    return ["array"]
