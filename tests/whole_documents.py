"""What is a whole document of our own? Its operations, and the embedded services behind them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.parameter_values import held_parameters
from pytest_confluent_contracts.double.roles import services_of
from pytest_confluent_contracts.double.service import Request, VirtualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.double.service import Answer, Service
    from pytest_confluent_contracts.model.documents import Operation

FOLDER = Path(__file__).parent / "whole_documents"


@lru_cache
def operations_of(name: str) -> dict[str, Operation]:
    """Return all operations of one of our documents by their ids."""
    read = documents.read_document(FOLDER / f"{name}.yaml")
    return {one.id: one for one in read.operations}


class Double:
    """The embedded services of one document, asked without any traffic."""

    def __init__(self, name: str = "library") -> None:
        operations = operations_of(name).values()
        held = {one.key: held_parameters(one) for one in operations}
        made = services_of(operations, VirtualClock(), held=held)
        self.services: Mapping[str, Service] = {id: service for (_, id), service in made.items()}

    def ask(self, id: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        """Return the answer to one request to the operation *id*, with the right key by default."""
        service = self.services[id]
        headers = {"content-type": "application/json"}
        for credential in service.credentials.values():
            headers["x-key"] = credential["value"] if key is None else key
        sent = b"" if body is None else json.dumps(body).encode()
        return service.handle(Request(service.operation.method, path, headers, sent))
