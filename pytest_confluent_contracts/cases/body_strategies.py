"""Which bodies does Hypothesis draw of a schema? Imported where some must be drawn."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from pytest_confluent_contracts.cases.drawing import ANYTHING, draw_values
from pytest_confluent_contracts.cases.kept_draws import MADE_UP
from pytest_confluent_contracts.cases.pattern_strategies import matching_strategy
from pytest_confluent_contracts.cases.samples import (
    FORMATTED,
    discriminated_schema,
    is_allowed_value,
    samples_of,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import (
    WHOLE,
    Item,
    item_path,
    member_path,
    steps_of,
    value_path,
)
from pytest_confluent_contracts.model.sizes import is_too_large

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES_TAKEN = 12  # of what is put together, to draw from
MOST_EXACT = 2**53 - 1
# What a schema asks for in such ways that values are put together, and not drawn part by part.
COMPOSED = frozenset(
    {
        *("$ref", "allOf", "oneOf", "anyOf", "not", "if", "dependentRequired", "dependentSchemas"),
        *("patternProperties", "propertyNames", "prefixItems", "contains"),
        *("unevaluatedProperties", "unevaluatedItems"),
    }
)
STEPPED = frozenset({"multipleOf", "exclusiveMinimum", "exclusiveMaximum"})
# Of a drawn list, by how many lists and maps lie around it: a list without bound in one in one is
# long in one direction only, or a body has thousands of members and takes seconds to draw.
MOST_ITEMS = (12, 4, 2, 1)
MOST_VALUES = (5, 4, 2, 1)  # of a drawn map, likewise
PLAIN_NAMES = "abcdefghijklmnopqrstuvwxyz0123456789-_"
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.:/"


def drawn_bodies(
    schema: str, fixed: Collection[str], secrets: Collection[str], count: int, seed: int
) -> list[Any]:
    """Return *count* bodies that *schema*, which is JSON, allows.

    What is at the paths *fixed* is left out, and what is at *secrets* is made up as secrets are.
    """
    return draw_values(_body_strategy(json.loads(schema), fixed, secrets), count, seed)


def drawn_breaks(
    schema: str, secrets: Collection[str], places: Sequence[str], count: int, seed: int
) -> list[list[Any]]:
    """Return *count* times a body that *schema* allows, one of *places*, and what to put there."""
    fine = _body_strategy(json.loads(schema), (), secrets)
    broken = st.tuples(fine, st.sampled_from(places), JUNK)
    return [list(drawn) for drawn in draw_values(broken, count, seed)]


# --- strategies -----------------------------------------------------------------------------------


class Drawing(NamedTuple):
    """What is left out, and what is secret, by path; and what references lead to."""

    fixed: Collection[str]
    secrets: Collection[str]
    definitions: Mapping[str, Any]


def _body_strategy(
    schema: Mapping[str, Any], fixed: Collection[str], secrets: Collection[str]
) -> st.SearchStrategy[Any]:
    discriminated = discriminated_schema(schema)
    drawing = Drawing(fixed, secrets, discriminated.get("$defs", {}))
    return _value_strategy(discriminated, WHOLE, drawing)


def _value_strategy(
    schema: Mapping[str, Any], path: str, drawing: Drawing
) -> st.SearchStrategy[Any]:
    """Draw what *schema* allows at *path*, without the members that are fixed."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"] or [None])
    if "const" in schema:
        return st.just(schema["const"])
    if COMPOSED & schema.keys():
        return _sampled_strategy({**schema, "$defs": drawing.definitions})
    kinds = types_allowed(schema) or ["object" if "properties" in schema else "string"]
    return st.one_of([_typed_strategy(kind, schema, path, drawing) for kind in kinds])


def _typed_strategy(
    kind: str, schema: Mapping[str, Any], path: str, drawing: Drawing
) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _object_strategy(schema, path, drawing)
    if kind == "array":
        return _list_strategy(schema, path, drawing)
    if kind == "string":
        if path in drawing.secrets:
            return secret_strategy()
        return text_strategy(schema)
    if kind in ("integer", "number"):
        return _number_strategy(kind, schema)
    if kind == "boolean":
        return st.booleans()
    return st.none()


def _sampled_strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Draw from the values that are put together for *schema*: in variety less, but all right."""
    found = list(islice(samples_of(schema), SAMPLES_TAKEN))
    if found:
        return st.sampled_from(found)
    return st.nothing()


def _list_strategy(
    schema: Mapping[str, Any], path: str, drawing: Drawing
) -> st.SearchStrategy[list[Any]]:
    """Draw lists of what ``items`` allows: the empty one where it allows nothing."""
    item = schema.get("items") or {"type": "string"}
    items = _value_strategy(item, item_path(path), drawing)
    fewest = schema.get("minItems", 0)
    if items.is_empty or is_too_large(schema, "minItems"):
        return st.nothing() if fewest else st.just([])
    most = max(fewest, _most_items(schema, path))
    if schema.get("uniqueItems"):
        return st.lists(items, min_size=fewest, max_size=most, unique_by=repr)
    return st.lists(items, min_size=fewest, max_size=most)


def _most_items(schema: Mapping[str, Any], path: str) -> int:
    """Return how many items a drawn list at *path* has at most."""
    around = _parts_around(path)
    most = MOST_ITEMS[around]
    stated: int = schema.get("maxItems", most)
    return min(stated, most) if around else stated


def _parts_around(path: str) -> int:
    """Return how many lists and maps lie around the value at *path*, at most the last known."""
    around = sum(isinstance(step, Item) for step in steps_of(path))
    return min(around, len(MOST_ITEMS) - 1)


def _number_strategy(kind: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Draw numbers within the bounds of *schema* that its format holds."""
    if STEPPED & schema.keys() or schema.get("format") == "float":
        return _sampled_strategy(schema)
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "number":
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    # RFC 8259 6: beyond this, numbers are not the same everywhere. Whole numbers have whole bounds.
    low = -MOST_EXACT if low is None else math.ceil(low)
    high = MOST_EXACT if high is None else math.floor(high)
    if low <= high:
        return st.integers(low, high)
    return st.nothing()


def _object_strategy(
    schema: Mapping[str, Any], path: str, drawing: Drawing
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw declared members only: undeclared ones have a probe of their own.

    Objects are always drawn: an absent one is no news twice.
    """
    if not schema.get("properties"):
        return _map_strategy(schema, path, drawing)
    always: dict[str, st.SearchStrategy[Any]] = {}
    sometimes: dict[str, st.SearchStrategy[Any]] = {}
    required = schema.get("required") or ()
    for name, member in (schema.get("properties") or {}).items():
        child = member_path(path, name)
        if child in drawing.fixed or not _may_send(member):
            continue
        is_always = name in required or "properties" in member
        parts = always if is_always else sometimes
        parts[name] = _value_strategy(member, child, drawing)
    return st.fixed_dictionaries(always, optional=sometimes)


def _map_strategy(
    schema: Mapping[str, Any], path: str, drawing: Drawing
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw maps from names to values, as ``additionalProperties`` has them."""
    values = schema.get("additionalProperties")
    if not isinstance(values, Mapping) or schema.get("required"):
        held = {"type": "object", **schema, "$defs": drawing.definitions}
        return _sampled_strategy(held)
    fewest = schema.get("minProperties", 0)
    usual = MOST_VALUES[_parts_around(path)]
    most = max(fewest, min(usual, schema.get("maxProperties", usual)))
    strategy = _value_strategy(values, value_path(path), drawing)
    if strategy.is_empty or is_too_large(schema, "minProperties"):
        return st.nothing() if fewest else st.just({})
    names = st.text(PLAIN_NAMES, min_size=1, max_size=12)
    return st.dictionaries(names, strategy, min_size=fewest, max_size=most)


def _may_send(schema: Mapping[str, Any]) -> bool:
    is_described = bool(types_allowed(schema)) or "enum" in schema or bool(COMPOSED & schema.keys())
    return is_described and not schema.get("readOnly")


def secret_strategy() -> st.SearchStrategy[dict[str, list[Any]]]:
    """Draw made-up secrets, of which `kept_draws` makes texts."""
    return st.tuples(st.integers(0, 2**64 - 1), st.text(ANYTHING, max_size=6)).map(_secret_of)


def _secret_of(parts: tuple[int, str]) -> dict[str, list[Any]]:
    return {MADE_UP: list(parts)}


def text_strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Draw texts of every plane, short and middling, within the bounds of *schema*."""
    if "pattern" in schema:
        return _patterned_strategy(schema)
    form = schema.get("format")
    if form in FORMATS:
        return FORMATS[form].filter(partial(is_allowed_value, schema))
    if form in FORMATTED:
        return _sampled_strategy(schema)
    low, high = schema.get("minLength", 0), schema.get("maxLength", 400)
    if low > high or is_too_large(schema, "minLength"):
        return st.nothing()

    def sized(alphabet: st.SearchStrategy[str] | str, size: int) -> st.SearchStrategy[str]:
        return st.text(alphabet, min_size=low, max_size=max(low, min(size, high)))

    return st.one_of(sized(ANYTHING, 10), sized(PLAIN, 40), sized(ANYTHING, 80), sized(PLAIN, 400))


def _patterned_strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Draw texts of the pattern of *schema*, samples where nobody can invert it."""
    strategy = matching_strategy(schema["pattern"])
    if strategy is None:
        return _sampled_strategy(schema)
    return strategy.filter(partial(is_allowed_value, schema))


def _moment_text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


def _time_text(moment: time) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


def _base64_text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


FORMATS: dict[str, st.SearchStrategy[str]] = {
    "date-time": st.datetimes().map(_moment_text),
    "date": st.dates().map(date.isoformat),
    "uuid": st.uuids().map(str),
    "uri": st.integers(0, 10**6).map("https://contract.example/{}".format),
    "time": st.times().map(_time_text),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "byte": st.binary(max_size=30).map(_base64_text),
    "email": st.integers(0, 10**6).map("contract-{}@contract.example".format),
}


def _junk_around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(st.text(PLAIN, max_size=5), inner, max_size=3)
    return st.one_of(st.lists(inner, max_size=3), objects)


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**40), 2**40),
        st.floats(-1e9, 1e9),
        st.text(ANYTHING, max_size=8),
    ),
    _junk_around,
    max_leaves=4,
)
