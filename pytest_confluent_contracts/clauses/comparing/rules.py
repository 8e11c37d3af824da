"""Which rules on a value of one JSON type changed: bounds, formats, patterns, and the like?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_confluent_contracts.clauses.comparing.meanings import Schema, meaning
from pytest_confluent_contracts.model.changes import Direction
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What a bound is where none is stated (JSON Schema 2020-12 validation, 6).
LOWEST: Final = {"minLength": 0, "minItems": 0, "minProperties": 0, "minContains": 1}
# The rules of each type; "" are those of every type.
LOWER_BOUNDS: Final = {
    "string": ("minLength",),
    "array": ("minItems", "minContains"),
    "object": ("minProperties",),
}
UPPER_BOUNDS: Final = {
    "string": ("maxLength",),
    "array": ("maxItems", "maxContains"),
    "object": ("maxProperties",),
}
# Rules of which `allOf` may ask for several.
ASSERTED: Final = {
    "string": ("format", "pattern", "contentEncoding", "contentMediaType"),
    "number": ("format", "multipleOf"),
    "array": ("contains",),
    "object": ("propertyNames", "dependentSchemas"),
    "": ("not", "if", "oneOf", "anyOf"),
}
BESIDE_IF: Final = ("if", "then", "else")
# Formats of numbers, each of which holds those before it.
NUMBER_FORMATS: Final = (("int32", "int64"), ("float", "double"))
INTEGER_BOUNDS: Final = {"int32": 2**31, "int64": 2**63}


class RuleChange(NamedTuple):
    """A rule that changed: its keyword, how, and its values."""

    keyword: str
    direction: Direction
    was: Any = ABSENT
    now: Any = ABSENT


def rule_changes(kind: str, old: Schema, new: Schema) -> Iterator[RuleChange]:
    """Yield each rule that changed of values of the JSON type *kind*, members and items aside."""
    for keyword in LOWER_BOUNDS.get(kind, ()):
        yield from _bound_change(keyword, old, new, rises=True)
    for keyword in UPPER_BOUNDS.get(kind, ()):
        yield from _bound_change(keyword, old, new, rises=False)
    if kind == "number":
        yield from _numeric_bounds(old, new)
    if kind == "array" and bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        is_unique = bool(new.get("uniqueItems"))
        direction = Direction.TIGHTENED if is_unique else Direction.LOOSENED
        yield RuleChange("uniqueItems", direction, not is_unique, is_unique)
    if kind == "object":
        yield from _dependent_members(old, new)
    for keyword in (*ASSERTED.get(kind, ()), *ASSERTED[""]):
        # The formats of whole numbers and of fractions say nothing of each other.
        if keyword == "format" and kind == "number" and _is_whole(old) != _is_whole(new):
            continue
        yield from _assertion_changes(keyword, old, new)


# --- bounds ------------------------------------------------------------------------------------


def _bound_change(keyword: str, old: Schema, new: Schema, *, rises: bool) -> Iterator[RuleChange]:
    """Yield the change of a bound that is tighter where it *rises*, or else where it falls."""
    lowest = LOWEST.get(keyword, ABSENT)
    was, now = old.get(keyword, lowest), new.get(keyword, lowest)
    if was == now:
        return
    direction = _direction_of_bound(was, now, rises=rises)
    yield RuleChange(keyword, direction, old.get(keyword, ABSENT), new.get(keyword, ABSENT))


def _direction_of_bound(was: Any, now: Any, *, rises: bool) -> Direction:
    if was is ABSENT:
        return Direction.TIGHTENED
    if now is ABSENT:
        return Direction.LOOSENED
    is_tighter = now > was if rises else now < was
    return Direction.TIGHTENED if is_tighter else Direction.LOOSENED


class _Limit(NamedTuple):
    """A bound of a number: the keyword that states it, and its value in the order of tightness."""

    keyword: str
    stated: Any
    tightness: tuple[float, bool] | None


def _numeric_bounds(old: Schema, new: Schema) -> Iterator[RuleChange]:
    for inclusive, exclusive, sign in (
        ("minimum", "exclusiveMinimum", 1),
        ("maximum", "exclusiveMaximum", -1),
    ):
        was = _tightest(old, inclusive, exclusive, sign)
        now = _tightest(new, inclusive, exclusive, sign)
        if was.tightness == now.tightness:
            continue
        direction, tighter = Direction.LOOSENED, was
        if was.tightness is None or (now.tightness and now.tightness > was.tightness):
            direction, tighter = Direction.TIGHTENED, now
        yield RuleChange(tighter.keyword, direction, was.stated, now.stated)


def _tightest(schema: Schema, inclusive: str, exclusive: str, sign: int) -> _Limit:
    """Return the bound that holds; of a whole number, above 5 is from 6 on."""
    found = _Limit("", ABSENT, None)
    is_whole = _is_whole(schema)
    for keyword, is_exclusive in ((inclusive, False), (exclusive, True)):
        stated = schema.get(keyword)
        if isinstance(stated, bool) or not isinstance(stated, int | float):
            continue
        if not is_exclusive and _comes_of_format(schema, keyword, stated):
            continue
        tightness = (sign * stated, is_exclusive)
        if is_whole and is_exclusive and float(stated).is_integer():
            tightness = (sign * stated + 1, False)
        if found.tightness is None or tightness > found.tightness:
            found = _Limit(keyword, stated, tightness)
    return found


def _is_whole(schema: Schema) -> bool:
    return "integer" in types_allowed(schema) and "number" not in types_allowed(schema)


def _comes_of_format(schema: Schema, keyword: str, stated: float) -> bool:
    """Return whether the bound says what the format, which is compared by itself, says."""
    size = INTEGER_BOUNDS.get(str(schema.get("format")))
    if size is None:
        return False
    return stated == (-size if keyword == "minimum" else size - 1)


# --- rules of which several may hold --------------------------------------------------------------


def _assertion_changes(keyword: str, old: Schema, new: Schema) -> Iterator[RuleChange]:
    """Yield the changes of a rule that ``allOf`` may ask for several times."""
    was, now = _asserted(keyword, old), _asserted(keyword, new)
    gone = [one for text, one in was.items() if text not in now]
    added = [one for text, one in now.items() if text not in was]
    for one, other in zip(gone, added, strict=False):
        yield RuleChange(keyword, _direction_of_rule(keyword, one, other), one, other)
    for one in gone[len(added) :]:
        yield RuleChange(keyword, Direction.LOOSENED, was=one)
    for other in added[len(gone) :]:
        yield RuleChange(keyword, Direction.TIGHTENED, now=other)


def _asserted(keyword: str, schema: Schema) -> dict[str, Any]:
    """Return each value of *keyword* that *schema* and the parts of its ``allOf`` ask for."""
    found: dict[str, Any] = {}
    for stated in (schema, *schema.get("allOf", ())):
        part = _with_format_of_content(stated)
        if keyword not in part:
            continue
        value: Any = part[keyword]
        if keyword == "if":
            value = {key: part[key] for key in BESIDE_IF if key in part}
        found[meaning(value)] = value
    return found


def _with_format_of_content(schema: Schema) -> Schema:
    """Return *schema* with the format of 3.0 that its ``content...`` keywords of 3.1 stand for.

    OpenAPI 3.1.0, 4.7.14.3: base64 was ``byte``, and bytes as they are were ``binary``.
    """
    encoding, media_type = schema.get("contentEncoding"), schema.get("contentMediaType")
    if encoding == "base64":
        kept = {key: schema[key] for key in schema if key != "contentEncoding"}
        return {**kept, "format": "byte"}
    if media_type == "application/octet-stream" and encoding is None:
        kept = {key: schema[key] for key in schema if key != "contentMediaType"}
        return {**kept, "format": "binary"}
    return schema


def _direction_of_rule(keyword: str, was: Any, now: Any) -> Direction:
    if keyword == "format":
        return _direction_of_format(str(was), str(now))
    if keyword == "multipleOf" and isinstance(was, int) and isinstance(now, int):
        if now % was == 0:
            return Direction.TIGHTENED
        if was % now == 0:
            return Direction.LOOSENED
    return Direction.CHANGED


def _direction_of_format(was: str, now: str) -> Direction:
    for ordered in NUMBER_FORMATS:
        if was in ordered and now in ordered:
            is_narrower = ordered.index(now) < ordered.index(was)
            return Direction.TIGHTENED if is_narrower else Direction.LOOSENED
    return Direction.CHANGED


def _dependent_members(old: Schema, new: Schema) -> Iterator[RuleChange]:
    """Yield the change of ``dependentRequired``: which members ask for which others."""
    was, now = _pairs(old), _pairs(new)
    if was == now:
        return
    direction = Direction.CHANGED
    if now > was:
        direction = Direction.TIGHTENED
    elif now < was:
        direction = Direction.LOOSENED
    keyword = "dependentRequired"
    yield RuleChange(keyword, direction, old.get(keyword, ABSENT), new.get(keyword, ABSENT))


def _pairs(schema: Schema) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    stated: Mapping[str, Sequence[str]] = schema.get("dependentRequired") or {}
    for name, others in stated.items():
        found |= {(name, other) for other in others}
    return frozenset(found)
