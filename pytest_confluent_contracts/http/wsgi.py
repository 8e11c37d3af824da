"""How is a WSGI application run in this process (PEP 3333)? Each request in a thread of its own.

As a threaded server runs it: what takes too long is left behind, and nothing waits for it.
"""

from __future__ import annotations

import io
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

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
from pytest_confluent_contracts.http.raised import told_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

THREAD = "contract-wsgi"
GRACE_S = 5.0  # in which what is still running at the end may end
PAUSE_S = 0.001
# What an environment has under names of its own (PEP 3333, RFC 3875 4.1).
UNPREFIXED = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


class WsgiHost(Hosted):
    """Carries requests to a WSGI application, whose *name* is told where it does not end."""

    def __init__(self, application: WsgiApplication, name: str) -> None:
        self._application, self._name = application, name
        self._running: list[threading.Thread] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the application answers; its body is read as it comes."""
        channel = AnswerChannel()
        assert isinstance(request.stream, httpx.SyncByteStream)
        call = _Call(_environment(request, b"".join(request.stream)), channel)
        thread = threading.Thread(
            target=call.run, args=(self._application,), name=THREAD, daemon=True
        )
        self._running = [one for one in self._running if one.is_alive()]
        self._running.append(thread)
        thread.start()
        return read_answer(request, channel)

    def shut_down(self) -> str:
        """Wait for what is still running; return what has not ended."""
        end = time.monotonic() + GRACE_S
        for thread in self._running:
            thread.join(max(0.0, end - time.monotonic()))
        alive = sum(thread.is_alive() for thread in self._running)
        if not alive:
            return ""
        return f"{self._name}: {alive} of its requests did not end, and are left behind"


class _Call:
    """One request to an application, and what it says of it."""

    def __init__(self, environment: dict[str, Any], channel: AnswerChannel) -> None:
        self._environment, self._channel = environment, channel
        self._head: Started | None = None
        self._is_begun = False

    def run(self, application: WsgiApplication) -> None:
        """Ask *application*, and hand on all that it says, whatever becomes of it."""
        raised = ""
        try:
            self._answer(application)
        except HungUp:
            pass
        except BaseException as error:
            raised = told_error(error)
        self._channel.say(Finished(raised))

    def _answer(self, application: WsgiApplication) -> None:
        pieces = application(self._environment, self._start_response)
        try:
            for piece in pieces:
                self._write(piece)
            self._begin()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        self._channel.say(Ended())

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._is_begun:
            raise exc_info[1]
        if self._head is not None and not exc_info:
            told = "start_response was called twice"
            raise RuntimeError(told)
        coded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = Started(int(status.partition(" ")[0]), coded)
        return self._write

    def _write(self, piece: bytes) -> None:
        if not piece:
            return  # the head goes with the first byte: until then it may be another
        self._begin()
        while self._channel.is_full:
            time.sleep(PAUSE_S)
        self._channel.say(bytes(piece))

    def _begin(self) -> None:
        if self._is_begun:
            return
        if self._head is None:
            told = "start_response was not called"
            raise RuntimeError(told)
        self._is_begun = True
        self._channel.say(self._head)


def _environment(request: httpx.Request, body: bytes) -> dict[str, Any]:
    """Return the environment of *request* (PEP 3333): its bytes as latin-1.

    httpx has a transport for WSGI, too: it decodes the path twice, keeps one of several headers of
    a name, and waits for the whole answer.
    """
    written, _, query = request.url.raw_path.partition(b"?")
    found: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(written).decode("latin-1"),
        "QUERY_STRING": query.decode("ascii"),
        "RAW_URI": request.url.raw_path.decode("ascii"),
        "REQUEST_URI": request.url.raw_path.decode("ascii"),
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.raw:
        _add_header(found, name.decode("latin-1"), value.decode("latin-1"))
    # An application reads as many bytes as are counted; chunks are the server's to put together.
    if found.pop("HTTP_TRANSFER_ENCODING", ""):
        found["CONTENT_LENGTH"] = str(len(body))
    return found


def _add_header(environment: dict[str, Any], name: str, value: str) -> None:
    """Add a header; several of one name become one, as RFC 9110 5.2 and RFC 6265 4.2 have it."""
    key = name.upper().replace("-", "_")
    if key not in UNPREFIXED:
        key = f"HTTP_{key}"
    between = "; " if key == "HTTP_COOKIE" else ", "
    environment[key] = f"{environment[key]}{between}{value}" if key in environment else value
