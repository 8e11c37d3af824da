"""What may a test use? The target, its settings, and the gate that judges clauses."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.plugin.stash import GATE, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.plugin.gate import Gate
    from pytest_confluent_contracts.plugin.settings import Settings


@pytest.fixture(scope="session")
def contract_settings(pytestconfig: pytest.Config) -> Any:
    """Return what the run was asked for (`settings.Settings`).

    Fails without ``--contract-target``.
    """
    settings = pytestconfig.stash.get(SETTINGS, None)
    if settings is None:
        pytest.fail("contract_settings: give --contract-target", pytrace=False)
    return settings


@pytest.fixture(scope="session")
def contract_target(contract_settings: Settings) -> str:
    """Return where the requests go, as it was named: a URL, MODULE:APP, fixture:NAME or mock."""
    return contract_settings.target


@pytest.fixture(scope="session")
def contract_gate(request: pytest.FixtureRequest) -> Iterator[Gate]:
    """Return the gate of this session.

    It is open for the operations of which a clause was selected, else for all. It asks for what it
    is made of by itself: pytest would look at each argument again for each test.
    """
    from pytest_confluent_contracts.plugin import progress
    from pytest_confluent_contracts.plugin.gate import Gate
    from pytest_confluent_contracts.plugin.selection import (
        clauses_asked_once,
        needed_probes,
        selected_clauses,
    )

    config = request.config
    needed = needed_probes(request.session.items)
    telling = progress.telling_of(config)
    chosen = selected_clauses(request.session.items)
    asked_once = clauses_asked_once(request.session.items)
    settings = _reached(request, request.getfixturevalue("contract_settings"))
    gate = Gate(config, settings, telling, needed or None, chosen, asked_once=asked_once)
    config.stash[GATE] = gate
    with _without_going_through_all():
        yield gate
        gate.close()


@contextmanager
def _without_going_through_all() -> Iterator[None]:
    """Let the garbage collector leave alone, within the block, what is there at its beginning.

    What was imported and collected stays to the end of the run, and is most of what there is.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _reached(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Return *settings* with what the fixture has given that the target names, if it names one."""
    from pytest_confluent_contracts.http.raised import TargetUnusable
    from pytest_confluent_contracts.plugin.destination import given_by_fixture

    name = settings.destination.fixture
    if not name or settings.plan:
        return settings
    option = f"--contract-target=fixture:{name}"
    try:
        given = request.getfixturevalue(name)
    except pytest.FixtureLookupError:
        cure = "define it in the conftest.py of the root folder, with scope='session'"
        raise TargetUnusable(f"{option}: there is no such fixture; {cure}") from None
    except pytest.fail.Exception as error:
        told = next(iter(str(error).splitlines()), "it failed")
        raise TargetUnusable(f"{option}: {told}") from None
    return replace(settings, destination=given_by_fixture(settings.destination, given))
