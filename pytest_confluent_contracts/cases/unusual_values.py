"""Which values of a body has nobody who was not sent them? No defaults, no documented constants.

A default that is sent tells nothing of whether what is sent is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    varied_members,
    with_allowed_values,
    writable_members,
)
from pytest_confluent_contracts.cases.samples import is_allowed_value, sample_of, samples_of
from pytest_confluent_contracts.model.paths import ABSENT, NEW_NAME, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext

# Members that are prose: long, so that an answer does not show all by showing a part.
PROSE = frozenset(
    {
        *("description", "note", "notes", "comment", "comments", "summary", "details", "text"),
        *("message", "body", "content", "remark", "remarks"),
    }
)
SAMPLES = 3  # of the items of a list
LONG = ", and what follows is long enough to be missed wherever a part of it is shown alone"
BOUND = frozenset({"format", "enum", "pattern", "const"})
LONGEST_TEXT = 1_000  # characters: what is longer shows nothing more
# How long a text is made of which nobody says how long it may be: past what a column often holds,
# else as long as its pattern allows.
LENGTHS = (300, 100, 60, 40, 30, 20, 16, 12, 8)
# Texts of which only some are values, however long; and a pattern says what it says.
LISTED = BOUND - {"pattern"}


def with_unusual_values(operation: Operation, context: RunContext, body: Any, label: str) -> Any:
    """Return *body* with another value wherever it has a default, a constant, or a number.

    Two labels mostly give two values. Off loopback, where nothing may be made up, and of pins,
    *body* is left as it is, and so is an empty list or map of what another system checks.
    """
    if not context.made_up:
        return body
    values: dict[str, Any] = {}
    for member in writable_members(operation):
        value = value_at(body, member.path)
        checked = operation.promises.checked_elsewhere.paths
        is_others = value in ([], {}) and member.path in checked
        if value is ABSENT or member.path in context.pins or member.secret or is_others:
            continue
        other = unusual_value(member.schema, value, member.name, label)
        if other is not ABSENT:
            values[member.path] = other
    return with_allowed_values(operation, body, values)


def unusual_value(schema: Mapping[str, Any], value: Any, name: str, label: str) -> Any:
    """Return another value than *value*, and than the default; `ABSENT` where none is known."""
    for other in _candidates(schema, value, name, label):
        is_default = "default" in schema and other == schema["default"]
        if not is_default and is_allowed_value(schema, other):
            return other
    return ABSENT


def with_longest_texts(operation: Operation, context: RunContext, body: Any) -> Any:
    """Return *body* with each text in it as long as its schema allows, as far as nobody chose it.

    What an id names is there or not, however long it may be. Off loopback, where nothing may be
    made up, *body* is left as it is.
    """
    if not context.made_up:
        return body
    others = operation.promises.checked_elsewhere.paths
    values: dict[str, Any] = {}
    for member in varied_members(operation, context):
        value = value_at(body, member.path)
        if value is ABSENT or member.secret or member.path in others or _names_one(member.name):
            continue
        longest = _longest_value(member.schema, value)
        if longest != value and is_allowed_value(member.schema, longest):
            values[member.path] = longest
    return with_allowed_values(operation, body, values)


def _names_one(name: str) -> bool:
    return name.lower() == "id" or name.endswith(("_id", "Id", "ID"))


def _longest_value(schema: Mapping[str, Any], value: Any) -> Any:
    """Return *value* with the texts in it as long as *schema* allows; itself where it has none."""
    if isinstance(value, str):
        return _longest_text(schema, value)
    if isinstance(value, list):
        item = schema.get("items")
        part = _part_of(schema, item) if isinstance(item, Mapping) else {}
        return [_longest_value(part, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    members = schema.get("properties") or {}
    changed = dict(value)
    for name, inner in value.items():
        own = members.get(name)
        if isinstance(own, Mapping) and not _names_one(name):
            changed[name] = _longest_value(_part_of(schema, own), inner)
    return changed


def _longest_text(schema: Mapping[str, Any], value: str) -> str:
    if not value or not LISTED.isdisjoint(schema):
        return value
    most = schema.get("maxLength")
    lengths = LENGTHS if most is None else (min(int(most), LONGEST_TEXT),)
    for length in lengths:
        longest = value.ljust(length, value[-1])
        if len(longest) > len(value) and is_allowed_value(schema, longest):
            return longest
    return value


def _candidates(schema: Mapping[str, Any], value: Any, name: str, label: str) -> Iterator[Any]:
    if "enum" in schema:
        yield from _listed(schema, value, label)
    elif isinstance(value, str):
        if name.lower() in PROSE and BOUND.isdisjoint(schema):
            yield f"{value}{LONG}"
    elif isinstance(value, bool):
        yield not schema.get("default", False)
    elif isinstance(value, int | float):
        yield value + len(label)
        yield value + 1
        yield value - 1
    elif isinstance(value, list):
        item = schema.get("items")
        part = item if isinstance(item, Mapping) else {}
        yield from _other_lists(_part_of(schema, part), value, label)
    elif value == {}:
        yield from _filled_maps(schema, name, label)


def _filled_maps(schema: Mapping[str, Any], name: str, label: str) -> Iterator[Any]:
    """Yield a map with one entry, where *schema* says what an entry may be: an empty one is soon
    kept.
    """
    entry = schema.get("additionalProperties")
    if isinstance(entry, Mapping) and entry:
        yield {NEW_NAME: f"{label}-{name}"}
        yield {NEW_NAME: sample_of(_part_of(schema, entry))}


def _other_lists(item: Mapping[str, Any], value: list[Any], label: str) -> Iterator[Any]:
    """Yield a list with other values in its objects; *item* is the schema of one."""
    if not value:
        if "properties" in item:
            yield [_unusual_item(item, _full_item(item), label)]
        else:
            yield from _short_lists(item, label)
        return
    objects = [one for one in value if isinstance(one, Mapping)]
    if len(objects) == len(value):
        yield [_unusual_item(item, one, label) for one in objects]


def _short_lists(item: Mapping[str, Any], label: str) -> Iterator[Any]:
    """Yield lists of one value that is no object; the first are such as tell *label*.

    A list of two may come back in another order, where it is kept as a set. A UUID names what
    is kept elsewhere, and made up it names nothing.
    """
    if item.get("format") == "uuid":
        return
    letters = "".join(letter for letter in label.lower() if "a" <= letter <= "z")
    known = list(islice(samples_of(item, "item"), SAMPLES))
    start = len(label) % max(1, len(known))
    for value in (label, letters, *known[start:], *known[:start]):
        if value and is_allowed_value(item, value):
            yield [value]


def _part_of(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *part* of *schema* with what its references lead to."""
    if "$defs" not in schema:
        return part
    return {**part, "$defs": schema["$defs"]}


def _listed(schema: Mapping[str, Any], value: Any, label: str) -> list[Any]:
    """Return the values of an enumeration, beginning with one that *label* chooses."""
    others = [one for one in schema["enum"] if one != value and one is not None]
    start = len(label) % max(1, len(others))
    return others[start:] + others[:start]


def _full_item(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with each of its members that may be sent, as far as a value is known."""
    members = schema.get("properties") or {}
    found: dict[str, Any] = {}
    for name, own in members.items():
        value: Any = ABSENT
        if not own.get("readOnly"):
            value = sample_of(_part_of(schema, own), name)
        if value is not ABSENT:
            found[name] = value
    return found


def _unusual_item(schema: Mapping[str, Any], item: Mapping[str, Any], label: str) -> dict[str, Any]:
    """Return an item of a list with other values in its own members."""
    changed = dict(item)
    members = schema.get("properties") or {}
    for name, value in item.items():
        own = _part_of(schema, members.get(name) or {})
        is_free = isinstance(value, str) and BOUND.isdisjoint(own)
        other = f"{label}-{name}" if is_free else unusual_value(own, value, name, label)
        if other is not ABSENT and is_allowed_value(own, other):
            changed[name] = other
    return changed
