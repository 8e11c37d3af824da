"""What goes wrong between the gate and a service? A proxy with faults, and names that resolve to loopback only."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from loopback_server import LoopbackHandler, LoopbackServer

# --- names -----------------------------------------------------------------------------------------------------------

HOST = "gateway.test"
RESOLVER = f"""
import socket

looked_up = []
really = socket.getaddrinfo

def getaddrinfo(host, *more, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if not name.endswith(".test"):
        return really(host, *more, **named)
    looked_up.append(name)
    if name != "{HOST}" or len(looked_up) <= FAILING:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return really("127.0.0.1", *more, **named)

socket.getaddrinfo = getaddrinfo
"""


def resolver(failing: int = 0) -> str:
    """Return a conftest.py under which `HOST` is loopback, after *failing* look-ups; no other name of .test exists."""
    return f"FAILING = {failing}\n{RESOLVER}"


def named(url: str, host: str = HOST) -> str:
    """Return *url*, on loopback, with a name in the place of the address."""
    return url.replace("127.0.0.1", host)


# --- faults ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Answer:
    """An answer on its way back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def set(self, name: str, value: str | None) -> None:
        """Put *value* in the place of the header *name*; None takes it out."""
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        self.headers += [(name, value)] if value is not None else []


class Fault:
    """What may happen to a request; this one lets it pass."""

    def before(self, connection: socket.socket) -> bool:
        """Return whether the request goes on to the service."""
        return True

    def after(self, answer: Answer) -> Answer | None:
        """Return the answer to give, None to hang up."""
        return answer


class Reset(Fault):
    """The connection is reset, and the service never sees the request."""

    def before(self, connection: socket.socket) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return False


@dataclass(slots=True)
class Slow(Fault):
    """The answer comes late."""

    seconds: float = 0.6

    def after(self, answer: Answer) -> Answer | None:
        time.sleep(self.seconds)
        return answer


class Half(Fault):
    """The service did what it was asked to, and half of its answer arrives."""

    def after(self, answer: Answer) -> Answer | None:
        answer.headers = [("Content-Length", str(len(answer.body) + 64)), *answer.headers]
        answer.body = answer.body[: len(answer.body) // 2]
        return answer


class BadGateway(Fault):
    """A gateway answers in the place of the service, in HTML."""

    def after(self, answer: Answer) -> Answer | None:
        return Answer(
            502, [("Content-Type", "text/html")], b"<html><h1>502 Bad Gateway</h1></html>"
        )


@dataclass(slots=True)
class Retelling(Fault):
    """Every 429 tells the wait in another way; ``""`` for not at all."""

    tell: Callable[[], str]

    def after(self, answer: Answer) -> Answer | None:
        if answer.status == 429:
            answer.set("Retry-After", self.tell() or None)
        return answer


# --- the proxy -------------------------------------------------------------------------------------------------------

Plan = Callable[[int], Fault | None]


def now_and_then(fault: Fault, every: int = 9, first: int = 3) -> Plan:
    """Return the plan under which one request in *every* meets *fault*, beginning with number *first*."""
    return lambda number: fault if number >= first and (number - first) % every == 0 else None


def bursts(fault: Fault, of: int = 2, every: int = 15) -> Plan:
    """Return the plan under which *of* requests in a row meet *fault*, again and again."""
    return lambda number: fault if number % every in range(1, of + 1) else None


class FaultProxy:
    """Passes requests on to *upstream*, and lets *plan* say which of them, counted from 0, meet which fault."""

    def __init__(self, upstream: str, plan: Plan) -> None:
        self.upstream, self.plan = urlsplit(upstream).netloc, plan
        self.met: list[str] = []
        self._count, self._lock, self._server = 0, threading.Lock(), LoopbackServer(_Handler, self)

    def next_fault(self) -> Fault:
        """Return what happens to the next request."""
        with self._lock:
            fault, self._count = self.plan(self._count), self._count + 1
            if fault is not None:
                self.met.append(type(fault).__name__)
            return fault or Fault()

    @property
    def url(self) -> str:
        """Return the address of the proxy."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.__exit__(*exc)


class _Handler(LoopbackHandler):
    def answer(self) -> None:
        body = self.read_body()
        fault = self.owner.next_fault()
        if not fault.before(self.connection):
            self.close_connection = True
            return
        answer = fault.after(self._asked(body))
        self.close_connection = answer is None or isinstance(fault, Half)
        if answer is not None:
            self.wfile.write(_told(answer))

    def _asked(self, body: bytes) -> Answer:
        upstream = http.client.HTTPConnection(self.owner.upstream, timeout=20)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                upstream.putheader(name, value)
        upstream.putheader("Content-Length", str(len(body)))
        upstream.endheaders(body)
        came = upstream.getresponse()
        content = came.read()
        upstream.close()
        return Answer(
            came.status,
            [pair for pair in came.getheaders() if pair[0].lower() != "content-length"],
            content,
        )


def _told(answer: Answer) -> bytes:
    sized = any(name == "Content-Length" for name, _ in answer.headers)
    own = [] if sized else [("Content-Length", str(len(answer.body)))]
    lines = [
        f"HTTP/1.1 {answer.status} Told",
        *(f"{name}: {value}" for name, value in [*own, *answer.headers]),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body
