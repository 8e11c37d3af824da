"""Which ids obey the schema of a path parameter, and are nobody's?

An id that only looks unknown may be refused for its form before anybody looks for it. Where the
target is shared, an id counts as nobody's if it was drawn from so many that no stranger has it.
"""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.cases.patterns import plain_texts_matching
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.serialisation import path_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Parameter
    from pytest_confluent_contracts.model.traffic import RunContext

HIGHEST: Final = 2**31 - 1  # what a service that counts in 32 bits can look for
TOP_OF_RANGE: Final = 2**20  # numbers: who counts up has not come so far
FEWEST_CHARACTERS: Final = 12  # of a drawn text that no stranger has
MOST_DRAWS: Final = 400
# What narrows down the texts that a value may be.
NARROWING: Final = frozenset({"format", "pattern", "enum", "const", "minLength", "maxLength"})


def is_narrow(parameter: Parameter | None) -> bool:
    """Return whether not every text is a value of *parameter*."""
    if parameter is None:
        return False
    is_any_text = parameter.is_text and "string" in (parameter.types or ("string",))
    return not is_any_text or bool(NARROWING & set(parameter.schema))


def conforming_ids(parameter: Parameter, context: RunContext, count: int) -> list[str]:
    """Return up to *count* ids of nobody that the schema of *parameter* allows, as texts.

    The same context gives the same ids; there are none where each allowed one may be somebody's.
    """
    known = dict(context.parameters).get(parameter.name, "")
    numbers = random.Random(f"{context.seed}/{known}/{parameter.name}")
    found: dict[str, None] = {}
    for value in _drawn_values(parameter, numbers, context):
        text = path_text(parameter, value)
        if text != known and is_allowed_value(parameter.schema, value):
            found[text] = None
        if len(found) == count:
            break
    return list(found)


def drawn_ids(schema: Mapping[str, Any], context: RunContext, count: int, label: str) -> list[Any]:
    """Return up to *count* different ids that *schema* allows, for what the run makes itself."""
    numbers = random.Random(f"{context.seed}/made/{label}")
    is_number = {"integer", "number"} & set(types_allowed(schema))
    found: list[Any] = []
    draw = _drawn_numbers if is_number else _drawn_texts
    for value in draw(schema, numbers, context):
        if value not in found and is_allowed_value(schema, value):
            found.append(value)
        if len(found) == count:
            break
    return found


def _drawn_values(
    parameter: Parameter, numbers: random.Random, context: RunContext
) -> Iterator[Any]:
    schema = parameter.schema
    if {"enum", "const"} & set(schema):
        return
    if "array" in parameter.types:
        for text in _drawn_texts(schema.get("items") or {}, numbers, context):
            yield [text]
    elif {"integer", "number"} & set(parameter.types):
        yield from _drawn_numbers(schema, numbers, context)
    elif "object" not in parameter.types:
        yield from _drawn_texts(schema, numbers, context)


def _drawn_numbers(
    schema: Mapping[str, Any], numbers: random.Random, context: RunContext
) -> Iterator[int]:
    lowest = int(schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1))
    highest = int(schema.get("maximum", schema.get("exclusiveMaximum", HIGHEST + 1) - 1))
    is_wide = highest - lowest > 16 * TOP_OF_RANGE
    if not is_wide and not context.made_up:
        return
    beginning = highest - TOP_OF_RANGE if is_wide else lowest
    for _ in range(MOST_DRAWS):
        yield numbers.randint(min(beginning, highest), highest)


def _drawn_texts(
    schema: Mapping[str, Any], numbers: random.Random, context: RunContext
) -> Iterator[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 4000)
    is_uuid = schema.get("format") == "uuid"
    is_patterned = "pattern" in schema and not is_uuid
    draws = FEWEST_CHARACTERS if is_patterned else MOST_DRAWS
    for _ in range(draws):
        bits = numbers.getrandbits(128)
        if is_uuid:
            yield str(uuid.UUID(int=bits, version=4))
            continue
        text = f"unknown{bits:032x}".ljust(least, "0")[-most:]
        if context.made_up or len(text) >= FEWEST_CHARACTERS:
            yield text
    if "pattern" in schema:
        for text in plain_texts_matching(str(schema["pattern"]), context.seed + 1):
            is_long = context.made_up or len(text) >= FEWEST_CHARACTERS
            if text and is_long and is_allowed_value(schema, text):
                yield text
