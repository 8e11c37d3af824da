"""What may a test use? The target, its settings, and the gate that judges clauses."""

from __future__ import annotations

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
    """Return where the requests go: a URL, or ``mock``."""
    return contract_settings.target


@pytest.fixture(scope="session")
def contract_gate(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, contract_settings: Settings
) -> Iterator[Gate]:
    """Return the gate of this session.

    It is open for the operations of which a clause was selected, else for all.
    """
    from pytest_confluent_contracts.plugin import progress
    from pytest_confluent_contracts.plugin.gate import Gate, needed_probes, selected_clauses

    needed = needed_probes(request.session.items)
    telling = progress.telling_of(pytestconfig)
    chosen = selected_clauses(request.session.items)
    gate = Gate(pytestconfig, contract_settings, telling, needed or None, chosen)
    pytestconfig.stash[GATE] = gate
    yield gate
    gate.close()
