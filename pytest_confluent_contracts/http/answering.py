"""Does somebody answer at a URL yet? One harmless request asks, through a guard of its own."""

from __future__ import annotations

import ssl
from enum import StrEnum
from urllib.parse import unquote

import httpx

from pytest_confluent_contracts.http.guard import (
    OPERATION,
    Allowance,
    Guard,
    Rules,
    WallClock,
    origin,
)

ASKED = ("", "does it answer?")  # the key of the one request that goes
STARTING = frozenset({502, 503, 504})  # what a gateway answers while nothing is behind it


class Heard(StrEnum):
    """What became of asking."""

    NOBODY = "nobody accepts a connection there"
    SILENCE = "a connection is accepted, and nothing is answered"
    NOT_YET = "it answers that it is not there yet (502, 503 or 504)"
    ANSWER = "it answers"


def ask_once(url: str, timeout_s: float) -> Heard:
    """Return what is heard at *url* within *timeout_s*: OPTIONS is asked, which is safe to ask.

    Any answer is one (RFC 9110 9.3.7 names it a ping); so is a handshake of TLS that we refuse.
    """
    asked = httpx.URL(url)
    path = asked.raw_path.decode("ascii") or "/"
    allowance = Allowance("OPTIONS", frozenset({unquote(path)}))
    guard = Guard(Rules(frozenset({origin(url)})), {ASKED: allowance}, WallClock())
    request = httpx.Request(
        "OPTIONS",
        asked,
        headers={"Connection": "close"},
        extensions={OPERATION: ASKED, "timeout": httpx.Timeout(timeout_s).as_dict()},
    )
    try:
        response = guard.handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream.close()
    except httpx.HTTPError as error:
        return _heard_of(error)
    finally:
        guard.close()
    return Heard.NOT_YET if response.status_code in STARTING else Heard.ANSWER


def _heard_of(error: httpx.HTTPError) -> Heard:
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, ssl.SSLError) and not isinstance(below, ssl.SSLEOFError):
            return Heard.ANSWER
        below = below.__cause__ or below.__context__
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return Heard.NOBODY
    return Heard.SILENCE
