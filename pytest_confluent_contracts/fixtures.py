"""What may a test use? The target, its settings, and the gate that judges clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.gate import Gate
    from pytest_confluent_contracts.settings import Settings


@pytest.fixture(scope="session")
def contract_settings(pytestconfig: pytest.Config) -> Any:
    """Return what the run was asked for (`settings.Settings`); fails without ``--contract-target``."""
    from pytest_confluent_contracts.stash import SETTINGS

    settings = pytestconfig.stash.get(SETTINGS, None)
    if settings is None:
        pytest.fail("contract_settings: give --contract-target", pytrace=False)
    return settings


@pytest.fixture(scope="session")
def contract_target(contract_settings: Settings) -> str:
    """Return where the requests go: a URL, or ``mock``."""
    return contract_settings.target


@pytest.fixture(scope="session")
def contract_gate(pytestconfig: pytest.Config, contract_settings: Settings) -> Iterator[Gate]:
    """Return the gate of this session."""
    from pytest_confluent_contracts import progress
    from pytest_confluent_contracts.gate import Gate
    from pytest_confluent_contracts.stash import GATE

    gate = Gate(pytestconfig, contract_settings, progress.of(pytestconfig))
    pytestconfig.stash[GATE] = gate
    yield gate
    gate.close()
