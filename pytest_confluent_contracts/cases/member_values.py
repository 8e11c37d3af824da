"""Which values of one member are worth sending? All of its type, each with a description."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import holds_strings, made_up_secret, types_allowed
from pytest_confluent_contracts.cases.sample_strings import (
    ENTRY_SIZES,
    KEYED_TEXTS,
    LIST_SIZES,
    SECRET_SIZES,
    SIZES,
    TEXTS,
)
from pytest_confluent_contracts.model.paths import item_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.traffic import RunContext

TEXTS_PER_LIST = 5
MANY_KINDS = ("spaces around it", "a character outside the BMP", "NUL", "right to left")
ALPHABET = string.ascii_lowercase + string.digits


def described_values(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    """Yield the values worth sending for *member*, each with its description."""
    schema = member.schema
    kinds = types_allowed(schema)
    if "enum" in schema:
        for value in schema["enum"]:
            yield f"{value!r}", value
    elif "string" in kinds:
        yield from _secret_values(context) if member.secret else _string_values(schema)
    elif "array" in kinds:
        samples = operation.promises.samples.by_path.get(item_path(member.path), ())
        yield from _list_values(schema, samples)
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


def _bounds_of(schema: Mapping[str, Any], *keywords: str) -> list[int]:
    """Return the bounds that *schema* sets by *keywords*."""
    return [schema[keyword] for keyword in keywords if keyword in schema]


def _number_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for number in (0, 1, -1, 7, schema.get("minimum", 0), schema.get("maximum", 2**31)):
        yield str(number), number


def _string_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from TEXTS.items()
    lengths = {*SIZES, *_bounds_of(schema, "minLength", "maxLength")}
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
    titles, texts = list(TEXTS), list(TEXTS.values())
    for begin in range(0, len(texts), TEXTS_PER_LIST):
        end = begin + TEXTS_PER_LIST
        yield ", ".join(titles[begin:end]), texts[begin:end]
    yield "one entry twice", ["twice:1", "twice:1"]
    yield "an entry repeated among others", ["b", "a", "b", "c", "a"]
    yield "entries in falling order", ["zulu", "mike", "Alpha", "alpha"]
    yield "every kind of entry", [*KEYED_TEXTS, ""]
    for size in (*LIST_SIZES, *_bounds_of(schema, "minItems", "maxItems")):
        yield f"{size} entries long", [f"tag-{index}:{index % 7}" for index in range(size)]
    for length in ENTRY_SIZES:
        yield f"one entry of {length} characters", [long_text(length)]
