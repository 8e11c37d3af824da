"""Hooks that a conftest.py may implement; each is called with keywords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from typing import Literal

    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange, OutgoingRequest


def pytest_contract_credentials(
    config: pytest.Config, operation: Operation
) -> Mapping[str, Mapping[str, str]] | None:
    """Called once for each operation, before its first request; return credentials, or None.

    They are texts by the name of the security scheme and by part (``username`` and ``password``,
    ``token``, or ``value``; ``operation.schemes`` has them), and stand in the place of what the
    environment has for that scheme. They are secret, as those are.
    """


@pytest.hookspec(firstresult=True)
def pytest_contract_case(config: pytest.Config, case: Case) -> Case | Literal[False] | None:
    """Called for each case that is to show something, before it is sent; the first answer counts.

    Return None to leave it as it is, another of the same operation, path and query
    (`dataclasses.replace`) to send that in its place, or False to send nothing. What is judged by
    it is what the case then says (``expect``, ``violations``). The guard lets out what it would
    have let out, and no more. Where a finding is made smaller, False keeps a smaller case from
    being sent, and another case is not sent in its place. What exhausts the rate limit is asked
    about once, not each time. It is not asked of what finds out whether anybody can be judged, of
    what goes on where an answer has led (other pages, how far a 202 is), of the update before and
    after a smaller case, of what puts back, and of what deletes at the end.
    """


def pytest_contract_clauses(config: pytest.Config, operation: Operation) -> Iterable[Clause] | None:
    """Called once for each operation when tests are collected; return clauses to add, or None.

    `model.own_clauses.own_clause` makes one. Its id is unique in the operation.
    """


@pytest.hookspec(firstresult=True)
def pytest_contract_resource(
    config: pytest.Config, operation: Operation
) -> AbstractContextManager[dict[str, str]] | None:
    """Called once for each path with parameters for which no option names a resource.

    Return a context manager that sets one up, gives a text for each parameter of the path by name,
    and takes it away at the end of the run; None where there is none. What it gives is the run's
    to read and to change, off this machine, too; with xdist each worker has its own.
    """


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
