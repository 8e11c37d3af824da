"""How does the answer of an application in this process come back? As a server would send it.

An application says what it has to say in a thread of its own: status and headers, the body piece by
piece, the end, and whether it raised. What it raises before it has begun is a 500, as servers make
one of it, and afterwards an answer that breaks off; what it was is told beside (`RAISED`).
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# An extension of a request: what the application raised, in one line; with its secrets.
RAISED = "contract_raised"
# Seconds in which an application that has answered 5xx says what it raised.
SOON_S = 0.2
MOST_AHEAD = 64  # pieces of a body that nobody has read yet
BODILESS = frozenset({204, 304})  # RFC 9110 15.3.5, 15.4.5

Headers = list[tuple[bytes, bytes]]


class Hosted(httpx.BaseTransport):
    """Carries requests to an application, which runs in this process from `open` to `shut_down`."""

    def open(self) -> None:
        """Start it, where it has a start; raise `TargetUnusable` where it does not start."""

    def shut_down(self) -> str:
        """Stop it; return what went wrong, ``""`` where nothing did."""
        raise NotImplementedError


class HungUp(OSError):
    """Nobody waits for the answer any more."""


# --- what an application says ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The application has begun to answer."""

    status: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The application has returned, or raised what ``raised`` tells."""

    raised: str = ""


Said = Started | bytes | Ended | Finished


class AnswerChannel:
    """What an application says of one request, on its way to who asked."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._gone = threading.Event()
        self._tell_gone: Callable[[], None] = lambda: None

    def when_gone(self, tell: Callable[[], None]) -> None:
        """Call *tell* once nobody listens any more."""
        self._tell_gone = tell

    def say(self, said: Said) -> None:
        """Hand on what the application says; raise `HungUp` where nobody listens."""
        if self._gone.is_set() and not isinstance(said, Finished):
            told = "the client has hung up"
            raise HungUp(told)
        self._said.put(said)

    @property
    def is_full(self) -> bool:
        """Return whether the application is far ahead of who reads."""
        return self._said.qsize() >= MOST_AHEAD and not self._gone.is_set()

    def next_said(self, timeout: float | None, request: httpx.Request) -> Said:
        """Return what is said next; raise `httpx.ReadTimeout` where nothing is within *timeout*."""
        try:
            return self._said.get(timeout=timeout)
        except queue.Empty:
            told = "the application says nothing"
            raise httpx.ReadTimeout(told, request=request) from None

    def hang_up(self) -> None:
        """Listen no more."""
        if not self._gone.is_set():
            self._gone.set()
            self._tell_gone()


# --- what a server makes of it --------------------------------------------------------------------


def read_answer(request: httpx.Request, channel: AnswerChannel) -> httpx.Response:
    """Return the answer that comes over *channel*, its body as a stream.

    What every server adds is added: a date (RFC 9110 6.6.1), and a 500 where nothing came.
    """
    timeout = _read_timeout(request)
    try:
        said = channel.next_said(timeout, request)
    except BaseException:
        channel.hang_up()
        raise
    if not isinstance(said, Started):
        assert isinstance(said, Finished)
        request.extensions[RAISED] = said.raised or "nothing: it returned without an answer"
        return _internal_error()
    if any(b"\n" in value or b"\r" in value for _, value in said.headers):
        channel.hang_up()
        told = "a header holds a line break"  # no server sends it
        raise httpx.RemoteProtocolError(told, request=request)
    stream = _AnswerStream(request, channel, said)
    return httpx.Response(said.status, headers=_with_date(said.headers), stream=stream)


def _read_timeout(request: httpx.Request) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout


def _with_date(headers: Headers) -> Headers:
    if any(name.lower() == b"date" for name, _ in headers):
        return headers
    return [*headers, (b"date", formatdate(usegmt=True).encode("ascii"))]


def _internal_error() -> httpx.Response:
    """Return what servers answer where an application raised before it had begun."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"21")]
    content = httpx.ByteStream(b"Internal Server Error")
    return httpx.Response(500, headers=_with_date(headers), stream=content)


class _AnswerStream(httpx.SyncByteStream):
    """The body of an answer, as long as its Content-Length says, none where none is allowed."""

    def __init__(self, request: httpx.Request, channel: AnswerChannel, head: Started) -> None:
        self._request, self._channel, self._status = request, channel, head.status
        self._has_body = request.method != "HEAD" and head.status not in BODILESS
        self._left = _content_length(head.headers) if self._has_body else None

    def __iter__(self) -> Iterator[bytes]:
        timeout = _read_timeout(self._request)
        while True:
            said = self._channel.next_said(timeout, self._request)
            if isinstance(said, bytes):
                yield from self._fitting(said)
                continue
            if isinstance(said, Finished):
                self._break_off(said.raised)
            break
        if self._left:
            self._break_off("nothing: its body is shorter than its Content-Length")
        if self._status >= 500:
            self._note_raised()

    def _fitting(self, piece: bytes) -> Iterator[bytes]:
        """Yield as much of *piece* as the answer has room for."""
        if self._left is not None:
            piece = piece[: self._left]
            self._left -= len(piece)
        if self._has_body and piece:
            yield piece

    def _break_off(self, raised: str) -> None:
        self._request.extensions[RAISED] = raised or "nothing: it returned before its answer ended"
        told = "peer closed connection without sending complete message body"  # as httpx tells it
        raise httpx.RemoteProtocolError(told, request=self._request)

    def _note_raised(self) -> None:
        """Wait a moment for what a framework raises again once it has answered."""
        with suppress(httpx.ReadTimeout):
            said = self._channel.next_said(SOON_S, self._request)
            if isinstance(said, Finished) and said.raised:
                self._request.extensions[RAISED] = said.raised

    def close(self) -> None:
        """Read no more."""
        self._channel.hang_up()


def _content_length(headers: Headers) -> int | None:
    for name, value in headers:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return None
