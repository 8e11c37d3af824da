"""Which values of one member are worth sending? All of its type, each with a description."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    holds_strings,
    made_up_secret,
    sample_value,
    varied_members,
)
from pytest_confluent_contracts.cases.sample_strings import (
    ENTRY_SIZES,
    KEYED_TEXTS,
    LIST_SIZES,
    LOOK_ALIKES,
    MARKED_TEXTS,
    SECRET_SIZES,
    SIZES,
    TEXTS,
)
from pytest_confluent_contracts.cases.samples import (
    discriminated_schema,
    is_allowed_value,
    is_held_exactly,
    member_schema,
    sample_of,
    samples_of,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT, item_path
from pytest_confluent_contracts.model.schema_merging import merged_schemas
from pytest_confluent_contracts.model.sizes import size_bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.traffic import RunContext

TEXTS_PER_LIST = 12
SAMPLES_SENT = 6  # of an object whose members hang on one another
MANY_KINDS = ("spaces around it", "a character outside the BMP", "NUL", "right to left")
ALPHABET = string.ascii_lowercase + string.digits


def described_values(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    """Yield the values worth sending for *member* that its schema allows, each described."""
    is_any_known = False
    for described, value in _values_by_type(member, operation, context):
        if is_allowed_value(member.schema, value) and is_returned(member.schema, value):
            is_any_known = True
            yield described, value
    if member.is_composed:
        for value in islice(
            samples_of(discriminated_schema(member.schema), member.name), SAMPLES_SENT
        ):
            is_any_known = True
            yield "a sample", value
    if not is_any_known:
        value = sample_value(member)
        if value is not ABSENT:
            yield "a sample", value


def is_returned(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether *value* is no number that its format makes another one."""
    return not isinstance(value, float) or is_held_exactly(schema, value)


def has_list_of_texts(operation: Operation, context: RunContext) -> bool:
    """Return whether a run may write a list of texts, beside which each other text is sent too."""
    return any(holds_strings(member.schema) for member in varied_members(operation, context))


def readable_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield texts of every length, and those that other readers take for something else.

    Each that *schema* allows, with its description. What a service makes of them shows in its
    answer: several members may have one each in the same body.
    """
    described = [*_sized_texts(schema), *MARKED_TEXTS.items(), *_look_alikes()]
    for title, text in described:
        if is_allowed_value(schema, text):
            yield title, text


def _look_alikes() -> Iterator[tuple[str, str]]:
    for kind, texts in LOOK_ALIKES.items():
        for text in texts:
            yield f"what looks like {kind}, {text!r}", text


def _values_by_type(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    schema = member.schema
    kinds = types_allowed(schema)
    if "enum" in schema:
        for value in schema["enum"]:
            yield f"{value!r}", value
    elif "string" in kinds:
        yield from _secret_values(context) if member.secret else TEXTS.items()
        if not member.secret and has_list_of_texts(operation, context):
            yield from readable_values(schema)
    elif "array" in kinds:
        samples = operation.promises.samples.by_path.get(item_path(member.path), ())
        yield from _list_values(schema, samples)
        yield from _lists_of_objects(schema)
    elif "boolean" in kinds:
        yield "true", True
        yield "false", False
    elif "integer" in kinds or "number" in kinds:
        yield from _number_values(schema)
    if "null" in kinds:
        yield "null", None


@lru_cache(maxsize=64)
def long_text(length: int) -> str:
    """Return a text of *length* characters in which each place can be told from its neighbours."""
    return "".join(ALPHABET[(index * 7 + index // 36) % 36] for index in range(length))


def _bounds_stated(schema: Mapping[str, Any], *keywords: str) -> list[int]:
    """Return the sizes that *schema* sets by *keywords*, and that a request can reach."""
    bounds = (size_bound(schema, keyword) for keyword in keywords)
    return [bound for bound in bounds if bound is not None]


def _number_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for number in (0, 1, -1, 7, schema.get("minimum", 0), schema.get("maximum", 2**31)):
        yield str(number), number


def _sized_texts(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lengths = {*SIZES, *_bounds_stated(schema, "minLength", "maxLength")}
    for length in sorted(lengths):
        yield f"{length} characters long", long_text(length)
    yield "198 characters outside ASCII long", "\u00e9\u6f22\U0001f600" * 66  # 594 bytes


def _secret_values(context: RunContext) -> Iterator[tuple[str, str]]:
    yield "the empty string", ""
    yield "a text with spaces around it", f" {made_up_secret(context, 'spaces')} "
    mixed = "".join(TEXTS[kind] for kind in MANY_KINDS) + TEXTS["quotes and backslashes"]
    yield "a text of many kinds of characters", made_up_secret(context, "kinds") + mixed
    for length in SECRET_SIZES:
        head = made_up_secret(context, length)
        yield f"{length} characters long", (head + long_text(length))[:length]


def _list_values(
    schema: Mapping[str, Any], samples: Iterable[Any]
) -> Iterator[tuple[str, list[Any]]]:
    yield "the empty list", []
    if not holds_strings(schema):
        return
    for text in samples:
        yield f"[{text!r}]", [text]
    yield from _lists_of_texts(schema)
    yield "one entry twice", ["twice:1", "twice:1"]
    yield "an entry repeated among others", ["b", "a", "b", "c", "a"]
    yield "entries in falling order", ["zulu", "mike", "Alpha", "alpha"]
    yield "every kind of entry", [*KEYED_TEXTS, ""]
    for size in (*LIST_SIZES, *_bounds_stated(schema, "minItems", "maxItems")):
        yield f"{size} entries long", [f"tag-{index}:{index % 7}" for index in range(size)]
    for length in ENTRY_SIZES:
        yield f"one entry of {length} characters", [long_text(length)]


def _lists_of_objects(schema: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield two different objects in both orders, and where they hold others of their kind, those.

    A service may keep as many levels as its author thought of, or an order of its own.
    """
    items = _schema_of_items(schema)
    two = _two_objects(items)
    if two is None:
        return
    one, other = two
    yield "two different items", [one, other]
    yield "two different items, the other way round", [other, one]
    for name in items.get("properties") or ():
        held = member_schema(items, name)
        inner = [other, one]
        if "array" in types_allowed(held) and is_allowed_value(held, inner):
            nested = [{**one, name: [{**other, name: inner}, one]}, other]
            yield f"items in the {name} of items", nested


def _schema_of_items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of the items of a list, with what it refers to in its place."""
    items, definitions = schema.get("items"), schema.get("$defs") or {}
    if not isinstance(items, Mapping):
        return {}
    rest = dict(items)
    target = definitions.get(str(rest.pop("$ref", "")).rpartition("/")[2], {})
    return {**merged_schemas(rest, target), "$defs": definitions}


def _two_objects(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return two objects that *schema* allows, and that differ in one text, None without any."""
    least = sample_of(schema, "item")
    if not isinstance(least, dict):
        return None
    for name in schema.get("properties") or ():
        member = member_schema(schema, name)
        text = sample_of(member, name)
        if isinstance(text, str) and not member.get("readOnly"):
            one, other = {**least, name: text}, {**least, name: f"other {text}"}
            if is_allowed_value(schema, one) and is_allowed_value(schema, other):
                return one, other
    return None


def _lists_of_texts(schema: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield lists of all texts that an entry may be, some in each; a text's title tells its kind.

    An odd entry that the schema does not allow must not keep the others from being sent.
    """
    texts = [*TEXTS.items(), *MARKED_TEXTS.items()]
    for kind, alike in LOOK_ALIKES.items():
        texts += [(f"what looks like {kind}", text) for text in alike]
    allowed = [(title, text) for title, text in texts if is_allowed_value(schema["items"], text)]
    for begin in range(0, len(allowed), TEXTS_PER_LIST):
        some = allowed[begin : begin + TEXTS_PER_LIST]
        titles = dict.fromkeys(title for title, _ in some)
        yield ", ".join(titles), [text for _, text in some]
