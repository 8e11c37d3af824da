"""What would nobody have thought of? Bodies that Hypothesis draws."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    sendable_members,
    violations,
    with_pins,
)
from pytest_confluent_contracts.cases.kept_draws import once_drawn
from pytest_confluent_contracts.model.paths import WHOLE, with_value

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.traffic import RunContext

# What the cases with drawn bodies are called.
GENERATED, GENERATED_BROKEN = "a generated body", "a generated broken body"
ALLOWED_PER_FORBIDDEN = 20  # what is forbidden can be listed, and is
MOST_REMEMBERED = 64  # schemas, with the bodies that were drawn of them


def allowed_bodies(operation: Operation, context: RunContext) -> list[Any]:
    """Return generated bodies that the schema allows, without the pins."""
    if operation.request is None:
        return []
    checked = () if context.made_up else operation.promises.checked_elsewhere.paths
    text, secrets = _schema_as_drawn(operation.request), _secret_paths(operation)
    drawn = _drawn_bodies(text, frozenset(checked), secrets, context.max_examples, context.seed)
    return list(drawn)


def forbidden_bodies(operation: Operation, context: RunContext) -> list[Any]:
    """Return generated bodies that break exactly one place of the schema, by the ground truth."""
    if operation.request is None:
        return []
    places = (WHOLE, *(member.path for member in sendable_members(operation)))
    count = math.ceil(context.max_examples / ALLOWED_PER_FORBIDDEN)
    text, secrets = _schema_as_drawn(operation.request), _secret_paths(operation)
    made: list[Any] = []
    # The pins come last: what was drawn is kept, and they must not be.
    for body, path, junk in _drawn_breaks(text, secrets, places, count, context.seed + 1):
        made.append(with_value(with_pins(body, context), path, junk))
    return [body for body in made if len(violations(operation, body)) == 1]


@lru_cache(MOST_REMEMBERED)
def _drawn_bodies(
    schema: str, fixed: frozenset[str], secrets: frozenset[str], count: int, seed: int
) -> tuple[Any, ...]:
    """Return *count* bodies that *schema*, which is JSON, allows, drawn once."""

    def draw() -> list[Any]:
        from pytest_confluent_contracts.cases.body_strategies import drawn_bodies

        return drawn_bodies(schema, fixed, secrets, count, seed)

    question = [schema, sorted(fixed), sorted(secrets), count, seed]
    return tuple(once_drawn("allowed bodies", question, draw))


@lru_cache(MOST_REMEMBERED)
def _drawn_breaks(
    schema: str, secrets: frozenset[str], places: tuple[str, ...], count: int, seed: int
) -> tuple[list[Any], ...]:
    """Return *count* times a body, a place in it, and what spoils it there, drawn once."""

    def draw() -> list[Any]:
        from pytest_confluent_contracts.cases.body_strategies import drawn_breaks

        return drawn_breaks(schema, secrets, places, count, seed)

    question = [schema, sorted(secrets), places, count, seed]
    return tuple(once_drawn("broken bodies", question, draw))


def _schema_as_drawn(request: Content) -> str:
    """Return the schema of *request* as a text, in its own order: what is drawn hangs on that."""
    return json.dumps(request.schema, default=str)


def _secret_paths(operation: Operation) -> frozenset[str]:
    """Return the paths of the secret members that an update may send."""
    return frozenset(member.path for member in sendable_members(operation) if member.secret)
