"""Does a client keep to the documents? Something to send to, and a judge of what was sent.

`mocked` answers in process, `served` on a port; both need nothing of pytest.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clients.verdicts import ClientBroken as ClientBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.clients.mocking import MockedContract
    from pytest_confluent_contracts.clients.serving import ServedContract

__all__ = ["ClientBroken", "mocked", "served"]


@contextmanager
def mocked(*documents: str, judge: bool = True) -> Iterator[MockedContract]:
    """Let the servers of *documents* be answered in process, for clients that use httpx.

    *documents* are files, or names of bundled ones; without any, these are all. Raises
    `ClientBroken` at the end where a request was sent that they forbid, unless *judge* is false;
    `ContractError` where a document cannot be read.

    >>> with mocked("confluent-api-keys") as api:
    ...     api["getIamV2ApiKey"].answers(404)
    Answers to getIamV2ApiKey: 404
    """
    from pytest_confluent_contracts.clients.mocking import MockedContract
    from pytest_confluent_contracts.clients.stand_in import read_documents

    mock = MockedContract(read_documents(documents))
    with mock.patched():
        yield mock
    if judge:
        mock.check()


@contextmanager
def served(*documents: str, judge: bool = True, port: int = 0) -> Iterator[ServedContract]:
    """Let *documents* be answered on a port of this machine (0: a free one), by a thread.

    Raises as `mocked` does, and `ContractError` where the port is taken, or uvicorn is missing.
    """
    from pytest_confluent_contracts.clients.serving import ServedContract
    from pytest_confluent_contracts.clients.stand_in import read_documents

    server = ServedContract(read_documents(documents), port=port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
    if judge:
        server.check()
