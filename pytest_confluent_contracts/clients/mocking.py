"""How is a client answered in process? By respx, in the place of what httpx sends with."""

from __future__ import annotations

from contextlib import contextmanager
from inspect import signature
from typing import TYPE_CHECKING

import httpx
import respx

from pytest_confluent_contracts.clients.stand_in import StandIn
from pytest_confluent_contracts.http.whole_answer import whole_answer
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator


class MockedContract(StandIn):
    """The servers of documents, answered in process for clients that use httpx.

    ``router`` is respx's own, where routes to other hosts may be added; without, a request to an
    unknown host is refused by respx, and goes nowhere.
    """

    router: respx.MockRouter

    @contextmanager
    def patched(self) -> Iterator[None]:
        """Answer what httpx sends, synchronous and asynchronous, until the end of the block."""
        # `httpx` is where its transports are replaced: what lies below them is not even built.
        self.router = respx.mock(using="httpx", assert_all_called=False, assert_all_mocked=True)
        own = self.router.route(host__in=self._hosts())

        def respond(request: httpx.Request) -> httpx.Response:
            return self._respond(request)

        # respx asks for it with each request, and to work it out costs more than a route.
        respond.__signature__ = signature(respond)  # type: ignore[attr-defined]
        own.mock(side_effect=respond)
        with self.router:
            yield

    def _hosts(self) -> tuple[str, ...]:
        """Return the hosts of the servers; raise `ContractError` where there is none."""
        hosts = tuple(sorted(self.routes.hosts()))
        if not hosts:
            files = ", ".join(one.file for one in self.documents)
            raise ContractError(f"{files}: `servers` names no host that could be answered for")
        return hosts

    def _respond(self, request: httpx.Request) -> httpx.Response:
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ]
        try:
            answered = self.answer(request.method, _url_of(request.url), headers, request.content)
        except ConnectionError as error:  # a mutation that hangs up
            raise httpx.ReadError(str(error), request=request) from error
        return whole_answer(*answered, request)


def _url_of(url: httpx.URL) -> str:
    """Return *url* as it is asked for, undecoded, without a fragment."""
    authority = url.netloc.decode("ascii")
    return f"{url.scheme}://{authority}{url.raw_path.decode('ascii')}"
