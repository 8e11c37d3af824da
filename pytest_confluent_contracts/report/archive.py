"""Which requests and answers were there? All of them, redacted, as an HTTP archive (HAR 1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

import harfile

Data = Mapping[str, Any]
HTTP = "HTTP/1.1"
PHRASES = {int(status): status.phrase for status in HTTPStatus}


def write_archive(file: IO[str], run: Data, exchanges: Iterable[Data]) -> None:
    """Write the *exchanges* of *run* to *file*, one after the other.

    One without an answer has status 0 and says why in its comment.
    """
    creator = harfile.Creator(name=run["tool"]["name"], version=run["tool"]["version"] or "0")
    begun = datetime.fromisoformat(run["started"])
    with harfile.HarFile.open(file, creator=creator) as har:
        for exchange in exchanges:
            _add(har, exchange, begun)


def _add(har: harfile.HarFile, exchange: Data, begun: datetime) -> None:
    took = max(0.0, round(1000 * (exchange["came_at"] - exchange["sent_at"]), 3))
    har.add_entry(
        startedDateTime=begun + timedelta(seconds=exchange["sent_at"]),
        time=took,
        request=_request(exchange),
        response=_response(exchange),
        timings=harfile.Timings(send=0, wait=took, receive=0),
        connection=str(exchange.get("connection") or "") or None,
        comment=_comment(exchange),
    )


def _comment(exchange: Data) -> str:
    told = (
        f"{exchange['document']}::{exchange['operation']} {exchange['probe']}: {exchange['title']}"
    )
    if lost := exchange.get("lost"):  # a report may have been written before that was told
        told += f"; lost on {lost} connections, and sent again"
    return f"{told}; {exchange['failure']}" if exchange["failure"] else told


def _request(exchange: Data) -> harfile.Request:
    query = urlsplit(exchange["url"]).query
    return harfile.Request(
        method=exchange["method"],
        url=exchange["url"],
        httpVersion=HTTP,
        headers=_headers(exchange["request_headers"]),
        queryString=[
            harfile.Record(name=name, value=value)
            for name, value in parse_qsl(query, keep_blank_values=True)
        ],
        postData=_sent(exchange),
        bodySize=-1,  # what was sent may have been redacted since
    )


def _sent(exchange: Data) -> harfile.PostData | None:
    body = exchange["request_body"]
    if body is None:
        return None
    coded = exchange["request_encoding"] == "base64"
    kind = _header(exchange["request_headers"], "content-type")
    return harfile.PostData(mimeType=kind, text=body, comment="base64" if coded else None)


def _response(exchange: Data) -> harfile.Response:
    kind = _header(exchange["headers"], "content-type")
    return harfile.Response(
        status=exchange["status"],
        statusText=PHRASES.get(exchange["status"], ""),
        httpVersion=HTTP,
        headers=_headers(exchange["headers"]),
        content=harfile.Content(size=len(exchange["text"]), mimeType=kind, text=exchange["text"]),
        redirectURL=_header(exchange["headers"], "location"),
        bodySize=-1,
    )


def _headers(pairs: Iterable[Iterable[str]]) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in pairs]


def _header(pairs: Iterable[Iterable[str]], wanted: str) -> str:
    return next((value for name, value in pairs if name.lower() == wanted), "")
