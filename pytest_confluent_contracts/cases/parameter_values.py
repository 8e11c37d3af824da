"""Which value does a parameter get that must be sent? The run's, the document's, or a sample."""

from __future__ import annotations

import json
import random
import re
import string
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from pytest_confluent_contracts.cases.drawing import draw_values, isolated_hypothesis
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.serialisation import path_text, written_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.traffic import RunContext

    Pairs = tuple[tuple[str, str], ...]

FORMAT_SAMPLES: Final = {
    "date": "2026-01-05",
    "date-time": "2026-01-05T08:30:00Z",
    "time": "08:30:00Z",
    "duration": "P1D",
    "email": "contract@contract.example",
    "hostname": "contract.example",
    "ipv4": "192.0.2.1",  # RFC 5737: nobody's
    "ipv6": "2001:db8::1",
    "uri": "https://contract.example/a",
    "uri-reference": "/a",
    "uuid": "7d444840-9dc0-41d1-b245-5ffdce74fad2",
}
PATTERN_DRAWS = 40  # of which the first that is plain and allowed is taken
PLAIN_CHARACTERS: Final = string.ascii_letters + string.digits + "-_.:@"
# Headers of which the same value may not be sent with another request, or has to fit the resource.
ONE_USE_HEADERS: Final = frozenset({"idempotency-key", "x-idempotency-key", "x-request-id"})
ANY_VERSION: Final = {"if-match": "*"}  # RFC 9110 13.1.1: whichever there is


def is_fitting(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether *schema* allows *value*."""
    return bool(_validator_of(json.dumps(schema, sort_keys=True, default=str)).is_valid(value))


@lru_cache(maxsize=512)
def _validator_of(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True)


# --- what is always sent --------------------------------------------------------------------------


def sent_values(
    operation: Operation, context: RunContext, title: str = ""
) -> Iterator[tuple[Parameter, Any]]:
    """Yield the parameters beside those of the path that every request has, with their values.

    These are the required ones, and those that the run was given. A key that may be used once is
    another one for each *title* of a request.
    """
    given = dict(context.given)
    for parameter in operation.other_parameters:
        if parameter.name in given:
            yield parameter, value_from_text(parameter, given[parameter.name])
        elif parameter.required:
            yield parameter, _required_value(parameter, f"{context.seed}/{title}")


def carried_parameters(
    operation: Operation, context: RunContext, title: str = ""
) -> dict[Location, Pairs]:
    """Return what `sent_values` yields as it is written, by location."""
    found: dict[Location, Pairs] = dict.fromkeys(Location, ())
    for parameter, value in sent_values(operation, context, title):
        found[parameter.location] += written_pairs(parameter, value)
    return found


def _required_value(parameter: Parameter, label: str) -> Any:
    name = parameter.name.lower()
    if parameter.location is Location.HEADER and name in ONE_USE_HEADERS:
        drawn = str(uuid.UUID(int=random.Random(label).getrandbits(128), version=4))
        if is_fitting(parameter.schema, drawn):
            return drawn
    return documented_value(parameter)


def documented_value(parameter: Parameter) -> Any:
    """Return the first of example, default, listed value and sample that the schema allows."""
    schema = parameter.schema
    shown = [*parameter.examples, parameter.default, schema.get("const", ABSENT)]
    for value in (*shown, *schema.get("enum", ())):
        if value is not ABSENT and value is not None and is_fitting(schema, value):
            return value
    any_version = ANY_VERSION.get(parameter.name.lower())
    if any_version and is_fitting(schema, any_version):
        return any_version
    return sampled_value(schema, parameter.name)


def value_from_text(parameter: Parameter, text: str) -> Any:
    """Return the value that somebody means who writes *text* for *parameter*.

    A list may be given as JSON, or with commas between its items.
    """
    if "string" in parameter.types or not parameter.types:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text.split(",") if "array" in parameter.types else text


def given_path_text(parameter: Parameter | None, text: str) -> str:
    """Return what stands in the path for the *text* that was given for *parameter*."""
    if parameter is None or parameter.is_text:
        return text
    return path_text(parameter, value_from_text(parameter, text))


def only_text(parameter: Parameter | None) -> str:
    """Return the text of the one value that *parameter* may have, ``""`` where there are more."""
    schema = parameter.schema if parameter is not None else {}
    only = [schema["const"]] if "const" in schema else list(schema.get("enum", ()))
    if parameter is None or len(only) != 1:
        return ""
    return path_text(parameter, only[0])


def held_parameters(operation: Operation) -> Pairs:
    """Return the path parameters of a resource that the embedded service can have, all allowed."""
    held: list[tuple[str, str]] = []
    for parameter in operation.path_parameters:
        plain = f"{parameter.name}-0001"
        value = plain if is_fitting(parameter.schema, plain) else documented_value(parameter)
        held.append((parameter.name, path_text(parameter, value)))
    shown = dict(operation.parameters)
    return tuple((name, shown.get(name) or text) for name, text in held)


# --- samples --------------------------------------------------------------------------------------


def sampled_value(schema: Mapping[str, Any], name: str = "sample") -> Any:
    """Return the plainest value that *schema* allows, as far as one is found.

    The same schema gives the same value.
    """
    for key in ("const", "default", "example"):
        if key in schema and is_fitting(schema, schema[key]):
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("oneOf", "anyOf"):
        rest = {name: value for name, value in schema.items() if name != key}
        for branch in schema.get(key) or ():
            value = sampled_value({**rest, **branch}, name)
            if is_fitting(schema, value):
                return value
    return _typed_sample(schema, name)


def _typed_sample(schema: Mapping[str, Any], name: str) -> Any:
    stated = schema.get("type", "string")
    kind = stated if isinstance(stated, str) else next(iter(stated), "string")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return _number_sample(schema)
    if kind == "array":
        items = schema.get("items") or {"type": "string"}
        one = sampled_value(items, name)
        return [one] * max(1, schema.get("minItems", 1))
    if kind == "object":
        return _object_sample(schema)
    return _text_sample(schema, name)


def _number_sample(schema: Mapping[str, Any]) -> Any:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    candidates = [step, low, high]
    for bound in (low, high):
        if bound is not None:
            candidates += [bound + step, bound - step, bound + step - bound % step]
    fitting = [one for one in candidates if one is not None and is_fitting(schema, one)]
    return next(iter(fitting), step)


def _object_sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    members = schema.get("properties") or {}
    wanted = schema.get("required") or list(members)[:1]
    return {name: sampled_value(members.get(name, {}), name) for name in wanted}


def _text_sample(schema: Mapping[str, Any], name: str) -> str:
    shown = FORMAT_SAMPLES.get(str(schema.get("format")), f"contract-{name}")
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(shown) + 400)
    sized = shown.ljust(least, "x")[:most]
    if is_fitting(schema, sized) or "pattern" not in schema:
        return sized
    drawn = patterned_texts(schema)
    return drawn[0] if drawn else sized


def patterned_texts(schema: Mapping[str, Any], seed: int = 0) -> list[str]:
    """Return texts of plain characters that the pattern of *schema* and the rest of it allow.

    None are returned where the pattern is none that Python reads.
    """
    drawn = _drawn_texts(str(schema["pattern"]), seed)
    return [text for text in drawn if text and is_fitting(schema, text)]


@lru_cache(maxsize=128)
def _drawn_texts(pattern: str, seed: int) -> tuple[str, ...]:
    alphabet = st.sampled_from(PLAIN_CHARACTERS)
    try:
        with isolated_hypothesis():
            drawn = draw_values(st.from_regex(pattern, alphabet=alphabet), PATTERN_DRAWS, seed)
    except (re.error, HypothesisException, ValueError):
        return ()
    return tuple(dict.fromkeys(drawn))
