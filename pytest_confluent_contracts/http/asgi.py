"""How is an ASGI application run in this process? In one event loop, from its lifespan's start.

The loop has a thread of its own, so that whoever asks may wait, and give up. It is a daemon: an
application that blocks its loop must not keep the run from ending.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from pytest_confluent_contracts.http.in_process import (
    AnswerChannel,
    Ended,
    Finished,
    Hosted,
    HungUp,
    Started,
    read_answer,
)
from pytest_confluent_contracts.http.raised import TargetUnusable, told_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    AsgiApplication = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

THREAD = "contract-asgi"
GRACE_S = 5.0  # in which what is still running at the end may end
SHUTDOWN_S = 10.0  # in which the lifespan may end
PAUSE_S = 0.001
VERSIONS = {"version": "3.0", "spec_version": "2.3"}  # of ASGI, and of its HTTP
LIFESPAN_VERSIONS = {"version": "3.0", "spec_version": "2.0"}


class AsgiHost(Hosted):
    """Carries requests to an ASGI application, which runs from `open` to `shut_down`.

    *startup_s* is the seconds that its lifespan may take to start; *name* is what it is called
    where something is wrong.
    """

    def __init__(self, application: AsgiApplication, name: str, startup_s: float) -> None:
        self._application, self._name, self._startup_s = application, name, startup_s
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        self._started: Future[None] = Future()
        self._requests: set[asyncio.Task[None]] = set()
        self._complaint = ""

    # --- its life ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Run the start of its lifespan; raise `TargetUnusable` where that fails."""
        self._thread.start()
        try:
            self._started.result(self._startup_s)
        except TimeoutError:
            self._end()
            told = f"its lifespan did not start within {self._startup_s:g} s"
            cure = "--contract-start-timeout gives it longer"
            raise TargetUnusable(f"--contract-target={self._name}: {told}; {cure}") from None
        except _NotStarted as error:
            self._end()
            told = f"its lifespan did not start: {error}"
            raise TargetUnusable(f"--contract-target={self._name}: {told}") from None

    def shut_down(self) -> str:
        """Let running requests end, and then its lifespan; return what went wrong."""
        if not self._thread.is_alive():
            return ""
        self._end()
        if self._thread.is_alive():
            return f"{self._name}: it did not end, and is left behind"
        return f"{self._name}: {self._complaint}" if self._complaint else ""

    def _end(self) -> None:
        with suppress(RuntimeError):  # where the loop has ended
            self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(GRACE_S + SHUTDOWN_S)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            # Known before anybody could wait for it.
            self._loop, self._ending = runner.get_loop(), asyncio.Event()
            runner.run(self._live())

    async def _live(self) -> None:
        """Start, serve, and end: then no task is left."""
        lifespan = _Lifespan(self._application)
        starting = asyncio.ensure_future(lifespan.start())
        ending = asyncio.ensure_future(self._ending.wait())
        await asyncio.wait((starting, ending), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            return
        error = starting.exception()
        if error is not None:
            self._started.set_exception(error)
            return
        self._state = lifespan.state
        self._started.set_result(None)
        await ending
        await self._end_requests()
        self._complaint = await lifespan.end()

    async def _end_requests(self) -> None:
        """Wait a while for requests that are still running, and then cancel them."""
        if self._requests:
            _, running = await asyncio.wait(self._requests, timeout=GRACE_S)
            for task in running:
                task.cancel()

    # --- a request --------------------------------------------------------------------------------

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the application answers; its body is read as it comes."""
        channel = AnswerChannel()
        assert isinstance(request.stream, httpx.SyncByteStream)
        pieces = list(request.stream)
        scope = _scope(request) | {"state": dict(self._state)}
        self._loop.call_soon_threadsafe(self._begin, scope, pieces, channel)
        return read_answer(request, channel)

    def _begin(self, scope: dict[str, Any], pieces: list[bytes], channel: AnswerChannel) -> None:
        call = _Call(scope, pieces, channel)
        channel.when_gone(lambda: self._tell_gone(call))
        task = self._loop.create_task(call.run(self._application))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    def _tell_gone(self, call: _Call) -> None:
        with suppress(RuntimeError):  # where the loop has ended
            self._loop.call_soon_threadsafe(call.end)


class _Call:
    """One request to an application: what it may ask for, and what it says."""

    def __init__(
        self, scope: dict[str, Any], pieces: Iterable[bytes], channel: AnswerChannel
    ) -> None:
        self._scope, self._pieces, self._channel = scope, [*pieces] or [b""], channel
        self._is_begun, self._is_over = False, asyncio.Event()

    async def run(self, application: AsgiApplication) -> None:
        """Ask *application*, and hand on all that it says, whatever becomes of it."""
        raised = ""
        try:
            await application(self._scope, self._receive, self._send)
        except HungUp:
            pass
        except asyncio.CancelledError:
            raised = "nothing: it was cancelled at the end of the run"
            raise
        except BaseException as error:
            raised = told_error(error)
        finally:
            self._channel.say(Finished(raised))

    def end(self) -> None:
        """Tell the application that nothing more is sent or read."""
        self._is_over.set()

    async def _receive(self) -> Message:
        """Return the next piece of the body; behind the last, that the client is gone."""
        if self._pieces:
            piece = self._pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and not self._is_begun:
            self._is_begun = True
            headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            self._channel.say(Started(message["status"], headers))
        elif kind == "http.response.body" and self._is_begun and not self._is_over.is_set():
            await self._send_body(message)
        else:
            told = f"the message {kind!r} is not one that may come now"
            raise RuntimeError(told)

    async def _send_body(self, message: Message) -> None:
        while self._channel.is_full:
            await asyncio.sleep(PAUSE_S)
        piece = bytes(message.get("body", b""))
        if piece:
            self._channel.say(piece)
        if not message.get("more_body", False):
            self._is_over.set()
            self._channel.say(Ended())


def _scope(request: httpx.Request) -> dict[str, Any]:
    """Return the scope of *request*, as servers have it.

    httpx has a transport for ASGI, too: it is asynchronous alone, waits for the whole answer and
    for what runs behind it, and takes an answer that breaks off for a whole one.
    """
    written, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote(written.decode("ascii")),
        "raw_path": written,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port or 80),
        "extensions": {},
    }


# --- its start and its end ------------------------------------------------------------------------


class _NotStarted(Exception):
    """The lifespan failed to start, and why."""


class _Lifespan:
    """Tells an application of its start and its end, where it listens.

    One that raises before it has said anything does not know the protocol, and is served all the
    same, as servers do.
    """

    def __init__(self, application: AsgiApplication) -> None:
        self.state: dict[str, Any] = {}
        self._application = application
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._raised = ""
        self._listens = False

    async def start(self) -> None:
        """Run the start; raise `_NotStarted` where it fails."""
        self._task = asyncio.ensure_future(self._run())
        self._heard.put_nowait({"type": "lifespan.startup"})
        said = await self._told.get()
        if said["type"] == "lifespan.startup.failed":
            await asyncio.wait((self._task,), timeout=1.0)
            raise _NotStarted(self._raised or _last_line(said))
        self._listens = said["type"] == "lifespan.startup.complete"

    async def end(self) -> str:
        """Run the end; return what went wrong, ``""`` where nothing did."""
        if not self._listens:
            return ""
        self._heard.put_nowait({"type": "lifespan.shutdown"})
        try:
            said = await asyncio.wait_for(self._told.get(), SHUTDOWN_S)
        except TimeoutError:
            return f"its lifespan did not end within {SHUTDOWN_S:g} s"
        if said["type"] == "lifespan.shutdown.complete":
            await asyncio.wait((self._task,), timeout=1.0)
            return ""
        await asyncio.wait((self._task,), timeout=1.0)
        return f"its lifespan did not end well: {self._raised or _last_line(said)}"

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": LIFESPAN_VERSIONS, "state": self.state}
        last = {"type": "over"}
        try:
            await self._application(scope, self._heard.get, self._told.put)
        except Exception as error:
            self._raised = told_error(error)
        except SystemExit as error:  # which would end the loop, too: it does not want to run
            self._raised = told_error(error)
            last = {"type": "lifespan.startup.failed"}
        self._told.put_nowait(last)


def _last_line(said: Message) -> str:
    """Return the last line of what an application says of its failure: often a traceback."""
    lines = str(said.get("message", "")).strip().splitlines()
    return lines[-1] if lines else "it does not say why"
