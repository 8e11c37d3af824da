"""How does an answer that was made in this process come back to httpx? As one from a wire would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence


class _WholeBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in one piece, read when somebody reads it: then httpx tells how long it took.

    What httpx has of this kind is read ahead by it and by respx, and its coding undone.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def whole_answer(
    status: int,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    request: httpx.Request | None = None,
) -> httpx.Response:
    """Return an answer with *body* in one piece, and its length where *headers* do not tell it.

    *request* is what it answers: respx copies an answer that does not know.
    """
    told = list(headers)
    if body and not any(name.lower() == "content-length" for name, _ in headers):
        told.append(("Content-Length", str(len(body))))
    return httpx.Response(status, headers=told, stream=_WholeBody(body), request=request)
