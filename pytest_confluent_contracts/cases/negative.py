"""Which bodies does the document forbid? One constraint broken each; the schema says which."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.baseline import baseline_between
from pytest_confluent_contracts.cases.build import (
    distinct_cases,
    fresh_body,
    holds_strings,
    judged_case,
    minimal_body,
    sendable_members,
    with_values,
)
from pytest_confluent_contracts.cases.generated import GENERATED_BROKEN, forbidden_bodies
from pytest_confluent_contracts.cases.member_values import long_text
from pytest_confluent_contracts.cases.samples import member_schema, sample_of, texts_of
from pytest_confluent_contracts.model.documents import Operation, Property, types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, WITH_MEMBERS
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    WHOLE,
    has_items,
    path_of,
    value_at,
    with_value,
    without_value,
)
from pytest_confluent_contracts.model.schema_merging import merged_schemas
from pytest_confluent_contracts.model.sizes import size_bound
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Of each type what counts as empty in some language, and what does not: services forget the one or
# the other.
WRONG: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True, False),
    "integer": (0,),
    "number": (1.5,),
    "string": ("", "text"),
    "array": ([], ["text"]),
    "object": ({}, {"a": "b"}),
}
SPELLED = {"boolean": "true", "integer": "7", "number": "1.5", "array": "[]", "object": "{}"}
BRANCHING = frozenset(
    {"oneOf", "anyOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"}
)
CLOSING = frozenset({"additionalProperties", "unevaluatedProperties"})
SIZES_OF_LISTS = frozenset({"minItems", "maxItems", "uniqueItems", "example", "default"})
SIZES_OF_MAPS = frozenset({"minProperties", "maxProperties", "example", "default"})
CASES_PER_LOOK = 40
SEEN_BY_MOST = 3  # times a kind of mistake is sent: one of several replicas may let it pass
SHOWN_CHARACTERS = 40  # of a value, in the title of its case


def broken_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return bodies that break one place each, and some of them again.

    What is wrong in few of them is sent once more: over another connection it may come to a replica
    that takes it. The same problem must be called the same, too.
    """
    if operation.request is None or operation.request.kind not in {*WITH_MEMBERS, *IN_JSON}:
        return []
    drawn = [
        judged_case(Probe.BROKEN, GENERATED_BROKEN, operation, context, body)
        for body in forbidden_bodies(operation, context)
    ]
    made = [*listed_cases(operation, context), *drawn]
    refused = distinct_cases(one for one in made if one.expect is Expect.REFUSED)
    made = list(_seldom_in_a_row(refused))
    if len(made) == len(refused):
        made += refused[:1]
    return list(baseline_between(made, operation, context, CASES_PER_LOOK))


def _seldom_in_a_row(refused: list[Case]) -> Iterator[Case]:
    """Yield *refused*, what is seldom wrong in a row and the first of it once more at its end.

    In a row it goes over several connections. An object that is missing or null is no value: who
    takes that has nothing to store.
    """
    by_kind: dict[tuple[str, str], list[Case]] = {}
    for one in refused:
        if len(one.violations) == 1 and _is_value(one):
            kind = (one.subject.name, one.violations[0].keyword)
            by_kind.setdefault(kind, []).append(one)
    rows: dict[tuple[object, ...], list[Case]] = {}
    for alike in by_kind.values():
        if len(alike) < SEEN_BY_MOST:
            rows |= {one.key: [] for one in alike}
            rows[alike[0].key] = [*alike, alike[0]]
    for one in refused:
        yield from rows.get(one.key, [one])


def _is_value(case: Case) -> bool:
    """Return whether the member that is wrong is one that holds a value, and no object."""
    for member in sendable_members(case.operation):
        if member.path == case.subject.name:
            return "properties" not in member.schema
    return False


def listed_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return the broken bodies that follow from the schema alone, with none drawn."""
    return [
        judged_case(Probe.BROKEN, title, operation, context, body)
        for title, body in _listed_bodies(operation, context)
    ]


def _listed_bodies(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    schema = operation.request.schema if operation.request else {}
    whole = Property(WHOLE, schema, True, operation.place)
    for member in (whole, *sendable_members(operation)):
        yield from _with_wrong_value(member, operation, context)
        if not has_items(member.path):
            yield from _with_nothing(member, operation, context)
    yield from _with_wrong_item(operation, context)
    yield from _with_several_wrong(operation, context)


def _with_wrong_value(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    """Yield bodies in which *member* is wrong, by turns alone and among new values."""
    name = member.path or "the body"
    least = minimal_body(operation, context)
    whole = fresh_body(operation, context, "wrapped")
    right = ABSENT if has_items(member.path) else value_at(whole, member.path)
    values = [value for value in wrong_values(member.schema, right) if value is not ABSENT]
    for index, value in enumerate(values):
        among = index % 2 == 1
        label = f"refused-{index}"
        base = fresh_body(operation, context, label, member.path) if among else least
        # What is right may be a pin, and pins may be secret: it is not shown.
        is_wrapped = value == [right]
        shown = "in a list of one" if is_wrapped else json.dumps(value)[:SHOWN_CHARACTERS]
        yield f"{name} is {shown}", with_value(base, member.path, value)


def _with_nothing(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    """Yield bodies in which *member* is null, missing or empty."""
    name = member.path or "the body"
    least = minimal_body(operation, context)
    among = fresh_body(operation, context, "refused", member.path)
    yield f"{name} is null among others", with_value(among, member.path, None)
    if member.required and member.path:
        yield f"{name} is missing", without_value(least, member.path)
        yield f"{name} is missing among others", without_value(among, member.path)
    if "properties" in member.schema:
        yield f"{name} is empty", with_value(least, member.path, {})


def _with_wrong_item(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    """Yield lists in which one item among good ones is wrong.

    It is the last of two, the first of many, or far inside.
    """
    least = minimal_body(operation, context)
    good = [f"good:{index}" for index in range(20)]
    lists = {
        "the last of two": [good[0], None],
        "the first of many": [7, *good],
        "the last of many": [*good, 7],
    }
    for member in sendable_members(operation):
        is_list = "array" in types_allowed(member.schema) and holds_strings(member.schema)
        if is_list and value_at(least, member.path) is ABSENT:
            for which, items in lists.items():
                body = with_value(least, member.path, items)
                yield f"{which} {member.path} is wrong", body


def _with_several_wrong(operation: Operation, context: RunContext) -> Iterator[tuple[str, Any]]:
    """Yield bodies in which each two neighbouring members are wrong, and all of them.

    Each error must tell of one.
    """
    least = minimal_body(operation, context)
    leaves = [member.path for member in sendable_members(operation) if _is_leaf(member)]
    groups: list[tuple[str, ...]] = [*itertools.pairwise(leaves)]
    if len(leaves) > 1:
        groups.append(tuple(leaves))
    for group in groups:
        yield f"{' and '.join(group)} are 7", with_values(least, dict.fromkeys(group, 7))
    if leaves:
        yield f"{leaves[0]} is 10**30", with_value(least, leaves[0], 10**30)


def _is_leaf(member: Property) -> bool:
    return "properties" not in member.schema and not has_items(member.path)


# --- wrong values ---------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Return whether *value* is a number of JSON: a boolean is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def wrong_values(schema: Mapping[str, Any], right: Any = ABSENT) -> Iterator[Any]:
    """Yield values that *schema* does not allow: first of other types, then beyond its bounds.

    One is a list of *right* alone, where that is given.
    """
    yield from _of_other_types(types_allowed(schema), right)
    if "enum" in schema:
        yield from _misspelled_choices(schema["enum"])
    if "const" in schema:
        yield from _misspelled_choices([schema["const"]])
    yield from _beyond_bounds(schema)
    yield from _beside_branches(schema)
    yield from _members_misplaced(schema)
    if "format" in schema or "pattern" in schema:
        yield "not so"
        yield " "
    if "pattern" in schema:
        yield from _beside_pattern(schema)


def _beside_pattern(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a text with a right one in it, and one in the other case.

    Who looks for the pattern anywhere in a text, and not from end to end, takes the first two.
    """
    right = sample_of(schema)
    if isinstance(right, str):
        yield f"!{right}"
        yield f"{right}!"
        yield right.swapcase()


def _members_misplaced(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield objects and lists with a part that *schema* has a rule for, though no name of it."""
    for pattern in schema.get("patternProperties") or ():
        for name in itertools.islice(texts_of({"pattern": pattern}, "member"), 4):
            for value in (7, "text", None):
                yield {name: value}
    if "propertyNames" in schema or CLOSING & schema.keys():
        yield from _members_undeclared(schema)
    if "contains" in schema:
        yield from ([7], ["text"], [])
    if schema.get("prefixItems"):
        least = sample_of({**schema, "minItems": len(schema["prefixItems"])})
        if not isinstance(least, list):
            least = []
        yield from _items_misplaced(least)


def _members_undeclared(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield right objects with a member more, whose name *schema* may not allow."""
    least = sample_of(schema)
    if not isinstance(least, dict):
        return
    for name in ("member-", "member-" * 9):
        value = sample_of(member_schema(schema, name), name)
        if value is ABSENT:
            value = "text"
        yield {**least, name: value}
    yield {**least, "no member, \u00fcber 7 letters long": "text"}


def _items_misplaced(right: list[Any]) -> Iterator[Any]:
    """Yield lists like *right* in which one item is of another type, and one with an item more."""
    for index in range(len(right)):
        for value in (7, "text"):
            yield [*right[:index], value, *right[index + 1 :]]
    yield [*right, "text"]


def _typed_sizes_beyond(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield lists and maps of the right values that are too many, too few, or alike."""
    if "items" in schema and not holds_strings(schema):
        yield from _lists_beyond(schema)
    for bound, step in (("maxProperties", 1), ("minProperties", -1)):
        size = size_bound(schema, bound)
        if size:
            free = _without_keys(schema, SIZES_OF_MAPS)
            yield sample_of({**free, "minProperties": max(0, size + step)})


def _lists_beyond(schema: Mapping[str, Any]) -> Iterator[Any]:
    free = _without_keys(schema, SIZES_OF_LISTS)
    differ = schema.get("uniqueItems", False)
    one_item = sample_of({**free, "minItems": 1})
    if differ and isinstance(one_item, list):
        yield [*one_item, *one_item]
    for bound, step in (("maxItems", 1), ("minItems", -1)):
        size = size_bound(schema, bound)
        if size is not None and size + step >= 0:
            sized = {"minItems": size + step, "maxItems": size + step}
            yield sample_of({**free, "uniqueItems": differ, **sized})


def _without_keys(schema: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}


def _of_other_types(kinds: list[str], right: Any) -> Iterator[Any]:
    if not kinds:
        return
    wrong = dict(WRONG)
    if right is not ABSENT:
        wrong["array"] = ([], [right])  # some services unwrap a list of one
    allowed = set(kinds)
    if "number" in kinds:
        allowed.add("integer")
    if "integer" not in allowed:
        del wrong["number"]  # numbers are one kind: who takes 1.5 takes 0
    for kind, values in wrong.items():
        if kind not in allowed:
            yield from values
    for kind, text in SPELLED.items():
        if kind in kinds and "string" not in kinds:
            yield text


def _misspelled_choices(enum: list[Any]) -> Iterator[Any]:
    for value in enum:
        if is_number(value):
            yield value + 1
        if isinstance(value, str):
            yield ""
            yield f"{value}s"
            yield f"x{value}"
            yield value[:-1]
            yield value.upper()
            yield f"{value} "
            yield "something-else"


def _beyond_bounds(schema: Mapping[str, Any]) -> Iterator[Any]:
    fewest, most = size_bound(schema, "minLength"), size_bound(schema, "maxLength")
    if fewest:
        yield long_text(fewest - 1)
    if most is not None:
        yield long_text(most + 1)
        yield long_text(most * 2 + 10)
    yield from _numbers_beyond(schema)
    yield from _sizes_beyond(schema)


def _numbers_beyond(schema: Mapping[str, Any]) -> Iterator[float]:
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "exclusiveMinimum" in schema:
        yield schema["exclusiveMinimum"]
    if "exclusiveMaximum" in schema:
        yield schema["exclusiveMaximum"]
    if "multipleOf" in schema:
        yield from _between_multiples(schema)


def _between_multiples(schema: Mapping[str, Any]) -> Iterator[float]:
    """Yield a number between two multiples that lies within the bounds, if there is one."""
    step = schema["multipleOf"]
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    if "integer" not in types_allowed(schema):
        yield (lowest // step + 1) * step + step / 2
    elif step > 1:
        yield (lowest // step + 1) * step + 1


def _beside_branches(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values that may meet none of the branches of *schema*, several of them, or a ``not``.

    Whether they do, the ground truth says.
    """
    if not BRANCHING & schema.keys():
        return
    yield from itertools.chain.from_iterable(WRONG.values())
    yield from range(1, 8)
    rest = _without_keys(schema, BRANCHING)
    for asked in ({}, *_asked_beside(schema)):
        value = sample_of(merged_schemas(rest, asked))
        yield from _with_parts_left_out(value)


def _asked_beside(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what single branches and conditions of *schema* ask for, and two branches together."""
    for key in ("oneOf", "anyOf"):
        branches = [one for one in schema.get(key, ()) if isinstance(one, dict)]
        yield from branches
        for one, other in itertools.pairwise(branches):
            yield merged_schemas(one, other)
    for key in ("not", "if", "then"):
        if isinstance(schema.get(key), dict):
            yield schema[key]
    for name in (*schema.get("dependentRequired", ()), *schema.get("dependentSchemas", ())):
        yield {"type": "object", "required": [name]}


def _with_parts_left_out(value: Any) -> Iterator[Any]:
    """Yield *value*, and where it is an object, it without each of its members."""
    if value is not ABSENT:
        yield value
    if isinstance(value, dict):
        for name in value:
            yield without_value(value, path_of([name]))


def _sizes_beyond(schema: Mapping[str, Any]) -> Iterator[Any]:
    fewest, most = size_bound(schema, "minItems"), size_bound(schema, "maxItems")
    if most is not None:
        yield ["text"] * (most + 1)
    if fewest:
        yield ["text"] * (fewest - 1)
    if schema.get("uniqueItems"):
        yield ["text", "text"]
    yield from _typed_sizes_beyond(schema)
    yield from _maps_beyond(schema)


def _maps_beyond(schema: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    fewest, most = size_bound(schema, "minProperties"), size_bound(schema, "maxProperties")
    if most is not None:
        yield {f"member-{index}": "text" for index in range(most + 1)}
    if fewest:
        yield {f"member-{index}": "text" for index in range(fewest - 1)}
