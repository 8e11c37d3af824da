"""How can a request be sent again by hand? As one curl line, without what is secret."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_confluent_contracts.report.visible import break_commands, is_printable, visible

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Exchange

LONGEST_BODY = 600  # bytes; a longer body is cut in its middle
HEAD, TAIL = 500, 60  # bytes that are left of it


def curl(exchange: Exchange) -> str:
    """Return the request of *exchange* as a curl line: credentials redacted, a long body cut."""
    case = exchange.case
    parts = [f"curl -X {case.operation.method}", _quoted_text(exchange.url)]
    for name, value in case.headers:
        if name != "Accept":
            parts.append(f"-H {_quoted_text(f'{name}: {value}')}")
    if case.body:
        parts.append(f"--data-binary {_quoted_body(case.body)}")
    return " ".join(parts)


def _quoted_body(body: bytes) -> str:
    if len(body) <= LONGEST_BODY:
        return _quoted(body)
    return f"{_quoted(body[:HEAD] + b' ... ' + body[-TAIL:])} (cut: {len(body)} bytes)"


def _quoted(body: bytes) -> str:
    return _quoted_text(body.decode("utf-8", "surrogateescape"))


def _quoted_text(text: str) -> str:
    """Return *text* as one word of bash, as ``$'...'`` where anything in it has to be spelled."""
    if text.isprintable() and visible(text) == text:
        return shlex.quote(text)
    return break_commands(f"$'{''.join(map(_spelled, text))}'")


def _spelled(mark: str) -> str:
    """Return *mark* as it stands inside ``$'...'`` of a shell: byte by byte if it is not seen."""
    if is_printable(mark):
        return f"\\{mark}" if mark in "\\'" else mark
    return "".join(f"\\x{byte:02x}" for byte in mark.encode("utf-8", "surrogateescape"))
