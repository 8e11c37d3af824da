"""How is a value drawn that every run draws again? Hypothesis, kept to itself and seeded."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

import hypothesis
from hypothesis import HealthCheck, Phase, configuration
from hypothesis import strategies as st
from hypothesis.internal.conjecture import junkdrawer
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
BACKEND = "confluent-contracts"
# Named, for the default alphabet of st.text() builds a table of 200 MB for UTF-8 in every fresh
# checkout.
ANYTHING = st.characters(exclude_categories=["Cs"])


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
    # Of what allows no value, there is none to draw.
    with suppress(hypothesis.errors.Unsatisfiable):
        gather()
    return values[:count]
