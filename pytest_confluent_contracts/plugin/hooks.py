"""Hooks that a conftest.py may implement; each is called with keywords."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.traffic import Exchange, OutgoingRequest


def pytest_contract_request(
    config: pytest.Config, request: OutgoingRequest
) -> Mapping[str, str] | None:
    """Called before each request goes; return headers to add to it, by name, or None.

    A header that the request has of that name is replaced. What is returned is secret: it is taken
    out, by value, of whatever is kept of the exchange. Several requests may be in flight, each in
    a thread of its own. Headers that carry the document's credentials, or frame the request, are
    refused; one that the case is about goes as the case has it.
    """


def pytest_contract_exchange(config: pytest.Config, exchange: Exchange) -> None:
    """Called after each exchange, already redacted, in the process that sent it."""


def pytest_contract_ruling(config: pytest.Config, ruling: Ruling) -> None:
    """Called with each verdict, before waivers, in the process that judged it."""
