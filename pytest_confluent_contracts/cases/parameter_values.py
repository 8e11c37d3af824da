"""Which value does a parameter get that must be sent? The run's, the document's, or a sample."""

from __future__ import annotations

import json
import random
import uuid
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.cases.samples import is_allowed_value, samples_of
from pytest_confluent_contracts.model.conditions import IF_MATCH, requires_condition
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.serialisation import path_text, written_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, Parameter, Property
    from pytest_confluent_contracts.model.resources import Scope
    from pytest_confluent_contracts.model.traffic import RunContext

    Pairs = tuple[tuple[str, str], ...]

UNSEEN: Final[tuple[Any, ...]] = (None, "", [], {})  # written, these are nothing
# Headers of which the same value may not be sent with another request, or has to fit the resource.
ONE_USE_HEADERS: Final = frozenset({"idempotency-key", "x-idempotency-key", "x-request-id"})
ANY_VERSION: Final = {"if-match": "*"}  # RFC 9110 13.1.1: whichever there is


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
    """Return what `sent_values` yields as it is written, by location.

    Where a write without a condition is refused, there is one that any version meets.
    """
    found: dict[Location, Pairs] = dict.fromkeys(Location, ())
    for parameter, value in sent_values(operation, context, title):
        found[parameter.location] += written_pairs(parameter, value)
    names = {name.lower() for name, _ in found[Location.HEADER]}
    if requires_condition(operation) and IF_MATCH.lower() not in names:
        found[Location.HEADER] += ((IF_MATCH, ANY_VERSION[IF_MATCH.lower()]),)
    return found


def _required_value(parameter: Parameter, label: str) -> Any:
    name = parameter.name.lower()
    if parameter.location is Location.HEADER and name in ONE_USE_HEADERS:
        drawn = str(uuid.UUID(int=random.Random(label).getrandbits(128), version=4))
        if is_allowed_value(parameter.schema, drawn):
            return drawn
    return documented_value(parameter)


def documented_value(parameter: Parameter) -> Any:
    """Return the first of example, default, listed value and sample that the schema allows."""
    schema = parameter.schema
    shown = [*parameter.examples, parameter.default, schema.get("const", ABSENT)]
    for value in (*shown, *schema.get("enum", ())):
        if value is not ABSENT and value is not None and is_allowed_value(schema, value):
            return value
    any_version = ANY_VERSION.get(parameter.name.lower())
    if any_version and is_allowed_value(schema, any_version):
        return any_version
    return sampled_value(schema, parameter.name)


def value_of_scope(asking: Operation, scope: Scope, given: str | None, member: Property) -> Any:
    """Return what *member* must be, so that *asking* finds what has it; None where it may not be.

    *given* is the text that somebody gave for the parameter of the *scope*, None where nobody did.
    """
    declared = {one.name: one for one in asking.other_parameters}
    parameter = declared[scope.parameter]
    value = documented_value(parameter) if given is None else value_from_text(parameter, given)
    return value if is_allowed_value(member.schema, value) else None


def value_from_text(parameter: Parameter, text: str) -> Any:
    """Return the value that somebody means who writes *text* for *parameter*.

    A list may be given as JSON, or with commas between its items.
    """
    if "string" in parameter.types or not parameter.types:
        return text
    try:
        return json.loads(text)
    except ValueError:
        if "array" in parameter.types:
            return text.split(",")
        return text


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
        value = plain if is_allowed_value(parameter.schema, plain) else documented_value(parameter)
        held.append((parameter.name, path_text(parameter, value)))
    shown = dict(operation.parameters)
    return tuple((name, shown.get(name) or text) for name, text in held)


# --- samples --------------------------------------------------------------------------------------


def sampled_value(schema: Mapping[str, Any], name: str = "sample") -> Any:
    """Return a plain value that *schema* allows, and that can be told from none where it is sent.

    The same schema gives the same value; where none is found, it is a text.
    """
    for value in samples_of(schema, name):
        if value not in UNSEEN:
            return value
    return f"contract-{name}"
