"""Which of several embedded services answers?

Each has one operation; they share a clock, and what their operations are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.service import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.double.service import Service


class Router:
    """Hands each request to the service of its operation."""

    def __init__(self, services: Mapping[tuple[str, str], Service]) -> None:
        self.services = dict(services)

    def answer(
        self,
        operation: tuple[str, str],
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        connection: int = 1,
    ) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """Return status, headers and body; raise `ConnectionError` where the service hangs up.

        *operation* is `Operation.key`; the names of *headers* are as they were sent; *connection*
        is the number of the one that the request came over.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        request = Request(method, path, lowered, body, connection, tuple(headers))
        answered = self.services[operation].handle(request)
        return answered.status, answered.headers, answered.body
