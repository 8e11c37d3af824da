"""Where does a session keep what it has drawn? In pytest's cache, where that is used."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.plugin.stash import DRAWS, NOTES

if TYPE_CHECKING:
    import pytest

FOLDER = "confluent-contracts"  # in pytest's folder of folders


def keep_draws(config: pytest.Config) -> None:
    """Let what is drawn in this process come from pytest's cache, and go there.

    Nothing is kept where there is no cache (``-p no:cacheprovider``), nor where none can be made.
    """
    cache: Any = getattr(config, "cache", None)
    if cache is None or config.option.collectonly:
        return
    from pytest_confluent_contracts.cases.kept_draws import kept_in

    try:
        folder = cache.mkdir(FOLDER)
    except OSError as error:
        config.stash[NOTES].append(f"what is drawn is not kept: {error}")
        return
    keeping = ExitStack()
    config.stash[DRAWS] = keeping.enter_context(kept_in(folder))
    config.add_cleanup(keeping.close)


def save_draws(config: pytest.Config) -> None:
    """Write what was drawn for the runs that follow; what fails is noted."""
    draws = config.stash.get(DRAWS, None)
    if draws is not None:
        draws.save()
        config.stash[NOTES].extend(draws.notes)
