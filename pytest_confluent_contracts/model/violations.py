"""Which rule of a schema does a value break? What a validator found, as parts that are quoted."""

from __future__ import annotations

import json
from typing import Any, Final

from pytest_confluent_contracts.model.clauses import Quoted

# What is wrong with a value: the keyword that it breaks, what came, and what the keyword demands.
Violated = tuple[str, str, Quoted]
# Keywords of which the validator tells what they demand as a value; of the others, it is a schema.
QUOTED_BOUNDS: Final = frozenset(
    (
        *("type", "enum", "const", "format", "pattern", "multipleOf"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("additionalProperties", "unevaluatedProperties"),
    )
)


def violation_of(error: Any) -> Violated:
    """Return what a validation *error* of jsonschema_rs says, in parts."""
    keyword = str(error.kind.name)
    bound = _quoted_bound(error.kind.value) if keyword in QUOTED_BOUNDS else ""
    return keyword, quote_value(error.instance), bound


def quote_value(value: Any, width: int = 80) -> str:
    """Return *value* as JSON on one line of at most *width* characters.

    Where its middle is left out, the line says how long it is.
    """
    text = json.dumps(value, ensure_ascii=True, default=str)
    if len(text) <= width:
        return text
    length = len(value) if isinstance(value, str) else len(text)
    return f"{text[: width - 30]}... ({length} characters) ...{text[-8:]}"


def _quoted_bound(demanded: Any) -> Quoted:
    if isinstance(demanded, list):
        return tuple(quote_value(one) for one in demanded)
    return quote_value(demanded)
