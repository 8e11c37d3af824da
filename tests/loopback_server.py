"""How do the tests serve HTTP? A server on loopback that keeps its connections open, says nothing, and stops with its block."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast


class LoopbackServer(ThreadingHTTPServer):
    """Serves on a free port of loopback; *owner* is whom its handlers ask for answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[LoopbackHandler], owner: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.owner = owner

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nobody's concern."""


class LoopbackHandler(BaseHTTPRequestHandler):
    """Leaves every method to `answer`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def owner(self) -> Any:
        """Return whom the server belongs to."""
        return cast("LoopbackServer", self.server).owner

    def answer(self) -> None:
        """Answer the request that came."""
        raise NotImplementedError

    def read_body(self) -> bytes:
        """Return the body of the request that came, counted or in chunks (RFC 9112 6 and 7.1)."""
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def do_PATCH(self) -> None:
        """Answer, whatever the method."""
        self.answer()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH  # noqa: N815
    do_TRACE = do_QUERY = do_PATCH  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""
