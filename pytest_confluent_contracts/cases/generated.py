"""What would nobody have thought of? Bodies that Hypothesis draws, and the small ones it finds."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

import hypothesis
import hypothesis.core
from hypothesis import HealthCheck, Phase, configuration
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from hypothesis.internal.conjecture import junkdrawer
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from pytest_confluent_contracts.cases.build import (
    sendable_members,
    types_allowed,
    violations,
    with_pins,
)
from pytest_confluent_contracts.model.paths import WHOLE, item_path, member_path, with_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext

T = TypeVar("T")
BACKEND = "confluent-contracts"
SHRINK_SEED = 0
# Named, for the default alphabet of st.text() builds a table of 200 MB for UTF-8 in every fresh
# checkout.
ANYTHING = st.characters(exclude_categories=["Cs"])
ALLOWED_PER_FORBIDDEN = 20  # what is forbidden can be listed, and is
MOST_ITEMS = 12  # of a drawn list whose schema has no bound
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.:/"


class ConstantFreeProvider(HypothesisProvider):
    """Hypothesis without constants.

    It would mix literals of the user's own modules, secrets too, into what is sent.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = ConstantFreeProvider


@contextmanager
def isolated_hypothesis() -> Iterator[None]:
    """Keep Hypothesis to itself, whoever draws.

    It mixes in no constants, makes no ``.hypothesis`` where there was none, and loses no Ctrl-C:
    raises `KeyboardInterrupt` in the place of an error that one caused.
    """
    home = configuration.storage_directory(intent_to_write=False).home_directory
    if not home.exists():
        # Its caches go nowhere: nothing can lie below a device.
        configuration.set_hypothesis_home_dir(os.devnull)
    # schemathesis draws with the usual provider, parts of which Hypothesis takes without looking
    # it up.
    unmixed = patch.object(
        HypothesisProvider, "_maybe_draw_constant", ConstantFreeProvider._maybe_draw_constant
    )
    # A signal that arrives while garbage is collected would be raised in this callback, where
    # Python drops it.
    unhooked = patch.object(junkdrawer, "_gc_initialized", True)
    try:
        with unmixed, unhooked:
            yield
    except Exception as error:
        # Interrupted while it makes ready, Hypothesis trips over what is not there yet, and hides
        # why.
        if _caused_by_interrupt(error):
            raise KeyboardInterrupt from None
        raise
    finally:
        configuration.set_hypothesis_home_dir(home)


def _caused_by_interrupt(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def draw_values(strategy: st.SearchStrategy[T], count: int, seed: int) -> list[T]:
    """Return *count* draws, or as many as there are.

    The same seed gives the same values, in every profile and beside every database.
    """
    values: list[T] = []
    if not count:
        return values

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        backend=BACKEND,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def gather(value: T) -> None:
        values.append(value)

    # The key of a database that is not used: to make one, Hypothesis would read and take apart the
    # source of this file.
    gather._hypothesis_internal_database_key = b""  # type: ignore[attr-defined]
    gather()
    return values[:count]


# --- strategies -----------------------------------------------------------------------------------


def allowed_bodies(operation: Operation, context: RunContext) -> list[Any]:
    """Return generated bodies that the schema allows, without the pins."""
    if operation.request is None:
        return []
    checked = () if context.made_up else operation.promises.checked_elsewhere.paths
    secrets = _secret_paths(operation)
    strategy = _value_strategy(operation.request.schema, WHOLE, frozenset(checked), secrets)
    return draw_values(strategy, context.max_examples, context.seed)


def _value_strategy(
    schema: Mapping[str, Any], path: str, fixed: frozenset[str], secrets: frozenset[str]
) -> st.SearchStrategy[Any]:
    """Draw what *schema* allows at *path*, without the members at the paths of *fixed*."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    kinds = types_allowed(schema) or ["object" if "properties" in schema else "string"]
    return st.one_of([_typed_strategy(kind, schema, path, fixed, secrets) for kind in kinds])


def _typed_strategy(
    kind: str, schema: Mapping[str, Any], path: str, fixed: frozenset[str], secrets: frozenset[str]
) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _object_strategy(schema, path, fixed, secrets)
    if kind == "array":
        item = schema.get("items") or {"type": "string"}
        items = _value_strategy(item, item_path(path), fixed, secrets)
        fewest, most = schema.get("minItems", 0), schema.get("maxItems", MOST_ITEMS)
        return st.lists(items, min_size=fewest, max_size=most)
    if kind == "string":
        return secret_strategy() if path in secrets else text_strategy(schema)
    low, high = schema.get("minimum"), schema.get("maximum")
    return {
        "boolean": st.booleans(),
        "integer": st.integers(low, high),
        "number": st.floats(low, high, allow_nan=False, allow_infinity=False),
        "null": st.none(),
    }[kind]


def _object_strategy(
    schema: Mapping[str, Any], path: str, fixed: frozenset[str], secrets: frozenset[str]
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw declared members only: undeclared ones have a probe of their own.

    Objects are always drawn: an absent one is no news twice.
    """
    always: dict[str, st.SearchStrategy[Any]] = {}
    sometimes: dict[str, st.SearchStrategy[Any]] = {}
    required = schema.get("required") or ()
    for name, member in (schema.get("properties") or {}).items():
        child = member_path(path, name)
        if child in fixed or not _may_send(member):
            continue
        is_always = name in required or "properties" in member
        parts = always if is_always else sometimes
        parts[name] = _value_strategy(member, child, fixed, secrets)
    return st.fixed_dictionaries(always, optional=sometimes)


def _may_send(schema: Mapping[str, Any]) -> bool:
    is_described = bool(types_allowed(schema)) or "enum" in schema
    return is_described and not schema.get("readOnly")


def _secret_paths(operation: Operation) -> frozenset[str]:
    """Return the paths of the secret members that an update may send."""
    return frozenset(member.path for member in sendable_members(operation) if member.secret)


def secret_strategy() -> st.SearchStrategy[str]:
    """Draw made-up secrets: long enough that one found in an answer is no chance."""
    return st.tuples(st.integers(0, 2**64 - 1), st.text(ANYTHING, max_size=6)).map(_secret_of)


def _secret_of(parts: tuple[int, str]) -> str:
    number, tail = parts
    return f"cs{number:016x}{tail}"


def text_strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Draw texts of every plane, short and middling, within the bounds of *schema*."""
    if "pattern" in schema:
        return st.from_regex(schema["pattern"])
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    low, high = schema.get("minLength", 0), schema.get("maxLength", 400)

    def sized(alphabet: st.SearchStrategy[str] | str, size: int) -> st.SearchStrategy[str]:
        return st.text(alphabet, min_size=low, max_size=max(low, min(size, high)))

    return st.one_of(sized(ANYTHING, 10), sized(PLAIN, 40), sized(ANYTHING, 80), sized(PLAIN, 400))


def _moment_text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") + "Z"


FORMATS: dict[str, st.SearchStrategy[str]] = {
    "date-time": st.datetimes().map(_moment_text),
    "date": st.dates().map(date.isoformat),
    "uuid": st.uuids().map(str),
    "uri": st.integers(0, 10**6).map("https://contract.example/{}".format),
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


def forbidden_bodies(operation: Operation, context: RunContext) -> list[Any]:
    """Return generated bodies that break exactly one place of the schema, by the ground truth."""
    if operation.request is None:
        return []

    def spoilt(drawn: tuple[Any, str, Any]) -> Any:
        body, path, junk = drawn
        return with_value(with_pins(body, context), path, junk)

    places = [WHOLE, *(member.path for member in sendable_members(operation))]
    fine = _value_strategy(operation.request.schema, WHOLE, frozenset(), _secret_paths(operation))
    broken = st.tuples(fine, st.sampled_from(places), JUNK).map(spoilt)
    count = math.ceil(context.max_examples / ALLOWED_PER_FORBIDDEN)
    made = draw_values(broken, count, context.seed + 1)
    return [body for body in made if len(violations(operation, body)) == 1]


# --- shrinking ------------------------------------------------------------------------------------


class ShrinkingDone(BaseException):
    """No smaller value is wanted: raised by what Hypothesis asks, which lets it through."""


def smallest_levels(
    levels: list[int], holds: Callable[[tuple[int, ...]], bool], tries: int
) -> tuple[int, ...]:
    """Return the smallest tuple, each number between 0 and its level, for which *holds*.

    Where *holds* raises `ShrinkingDone`, *levels* are returned. It must hold for *levels* itself.
    Hypothesis is given the whole tuple as a remembered failure and shrinks it; integers are all
    that it draws, *tries* tuples at most, not counting those that it asks about while it shrinks.
    """
    database, key = InMemoryExampleDatabase(), b"shrink"
    # Under the secondary key: what stands under the primary one passes for shrunk already.
    database.save(key + b".secondary", choices_to_bytes(levels))
    chosen = st.tuples(*(st.integers(0, level) for level in levels))
    settings = hypothesis.settings(
        max_examples=tries,
        phases=[Phase.reuse, Phase.shrink],
        database=database,
        deadline=None,
        backend="hypothesis",
    )
    # One finding is made smaller by the same requests in every run. With the `random` of `find` the
    # database would be forgotten.
    seeded = patch.object(hypothesis.core, "global_force_seed", SHRINK_SEED)
    try:
        with isolated_hypothesis(), seeded:
            return hypothesis.find(chosen, holds, settings=settings, database_key=key)
    except (ShrinkingDone, hypothesis.errors.NoSuchExample):
        return tuple(levels)
