"""Does --help say what an option takes? Each value has a name of its own, and 80 columns are enough."""

from __future__ import annotations

import pytest

from pytest_confluent_contracts.plugin.options import ARGUMENTS, METAVARS, OPTIONS

TAKING = [name for name, kind, _ in OPTIONS if "metavar" in ARGUMENTS[kind]]


@pytest.mark.parametrize("name", TAKING)
def test_a_value_says_what_it_is(name: str) -> None:
    """URL, SECONDS, FILE: not VALUE."""
    assert METAVARS.get(name, "VALUE") != "VALUE"


def test_only_options_that_take_a_value_name_it() -> None:
    """A switch has none, and nothing is named that is no option."""
    assert set(METAVARS) <= set(TAKING)
