"""Hooks that a conftest.py may implement; each is called with keywords."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.traffic import Exchange


def pytest_contract_exchange(config: pytest.Config, exchange: Exchange) -> None:
    """Called after each exchange, already redacted, in the process that sent it."""


def pytest_contract_ruling(config: pytest.Config, ruling: Ruling) -> None:
    """Called with each verdict, before waivers, in the process that judged it."""
