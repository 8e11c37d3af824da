"""How is a client answered on a port? By uvicorn, whatever language it is written in."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep, time
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clients.stand_in import MOST_HEARD, PassingClock, StandIn
from pytest_confluent_contracts.double.store import EPOCH
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    import uvicorn

    from pytest_confluent_contracts.model.documents import Document

    Message = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

LARGEST_BODY = 10_000_000  # bytes that are kept; of a larger body no byte is
LONGEST_BODY_S = 30.0  # in which a client must have sent its body
STARTED_WITHIN_S = 10.0
STOPPED_WITHIN_S = 5.0
LOOPBACK = "127.0.0.1"
EVERYWHERE = frozenset({"0.0.0.0", "::"})
BACKLOG = 512
TOO_SLOW, TOO_LARGE = 408, 413
WITHOUT_BODY = frozenset({204, 304})  # RFC 9110 8.6: no Content-Length there
HOW_TO_GET_IT = "serving needs uvicorn: pip install 'pytest-confluent-contracts[serve]'"


class ServedContract(StandIn):
    """The servers of documents behind one port of this machine; ``url`` is where it is.

    *latency* is the seconds before each answer, *most_heard* the requests that are remembered.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        host: str = LOOPBACK,
        port: int = 0,
        latency: float = 0.0,
        most_heard: int = MOST_HEARD,
    ) -> None:
        self._latency = latency
        self._socket = _listening(host, port)
        # Its answers tell the time that it is.
        super().__init__(documents, PassingClock(time() - EPOCH.timestamp()), most_heard)
        self._thread: Thread | None = None
        self.server = _server_of(self, self._socket)

    @property
    def url(self) -> str:
        """Return the address, without a slash at its end."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def address_of(self, document: Document) -> str:
        """Return the address of the port: all documents share it."""
        return self.url

    # --- from the beginning to the end ------------------------------------------------------------

    def run(self) -> None:
        """Serve until `end` is called."""
        self.server.run(sockets=[self._socket])

    def end(self) -> None:
        """Let `run` return when what is on its way is answered, or a moment later."""
        self.server.should_exit = True

    def start(self) -> None:
        """Serve in a thread; return when requests are answered."""
        self._thread = Thread(target=self.run, name="contract-server", daemon=True)
        self._thread.start()
        end = monotonic() + STARTED_WITHIN_S
        while not self.server.started:
            if monotonic() > end or not self._thread.is_alive():
                raise ContractError(f"{self.url} did not start within {STARTED_WITHIN_S:g} s")
            sleep(0.005)

    def stop(self) -> None:
        """End the thread, and close the port."""
        self.end()
        if self._thread is not None:
            self._thread.join(STOPPED_WITHIN_S)
        self._socket.close()

    # --- a request --------------------------------------------------------------------------------

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3.0)."""
        if scope["type"] != "http":
            return
        try:
            body = await asyncio.wait_for(_body_of(receive), LONGEST_BODY_S)
        except TimeoutError:
            await _refuse(send, TOO_SLOW)
            return
        except ConnectionError:  # it went away
            return
        if body is None:
            await _refuse(send, TOO_LARGE)
            return
        if self._latency:
            await asyncio.sleep(self._latency)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        try:
            answered = self.answer(scope["method"], self._url_of(scope), headers, body)
        except ConnectionError:  # a mutation that hangs up
            await _hang_up(send)
            return
        await _tell(send, *answered)

    def _url_of(self, scope: Message) -> str:
        path = "/" + _origin_form(scope["raw_path"].decode("latin-1")).removeprefix("/")
        query = scope["query_string"].decode("latin-1")
        address = self._asked_at(scope)
        return f"{address}{path}?{query}" if query else f"{address}{path}"

    def _asked_at(self, scope: Message) -> str:
        """Return the address that a client has of the port.

        Where it listens at every address of the machine, only the client knows which one it took.
        """
        named = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        is_everywhere = self._socket.getsockname()[0] in EVERYWHERE
        if is_everywhere and re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", named):
            return f"http://{named}"
        return self.url


def _origin_form(target: str) -> str:
    """Return the path of *target*: to a proxy clients send a whole URL (RFC 9112 3.2.2)."""
    scheme, found, rest = target.partition("://")
    if not found or scheme.lower() not in ("http", "https"):
        return target
    return rest.partition("/")[2]


async def _body_of(receive: Receive) -> bytes | None:
    """Return the body, None where it is too large; raise `ConnectionError` where it breaks off.

    Of one that is too large the rest is read and dropped: a client that is still sending reads no
    answer.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went away")
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            parts.clear()
        else:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if size <= LARGEST_BODY else None


async def _tell(send: Send, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    told = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in headers
    ]
    names = {name for name, _ in told}
    is_framed = b"content-length" in names or b"transfer-encoding" in names
    if not is_framed and status not in WITHOUT_BODY:
        told.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _hang_up(send: Send) -> None:
    """Begin an answer and leave it: the server closes the connection then."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


# --- uvicorn --------------------------------------------------------------------------------------


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise `ContractError` where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By the number of its protocol asyncio knows TCP, and waits for no more to send (TCP_NODELAY).
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or error
        raise ContractError(
            f"{host}:{port} cannot be served at: {why}; port 0 takes a free one"
        ) from error
    return found


def _server_of(app: ServedContract, listening: socket.socket) -> uvicorn.Server:
    """Return the server of *app*, silent; raise `ContractError` where uvicorn is missing."""
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        listening.close()
        raise ContractError(HOW_TO_GET_IT) from error

    class Server(uvicorn.Server):
        """Leaves the signals to whoever runs it."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
        backlog=BACKLOG,
    )
    return Server(config)
