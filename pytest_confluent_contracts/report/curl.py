"""How can a request be sent again by hand? As one curl line, without what is secret."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.traffic import SubjectKind
from pytest_confluent_contracts.report.visible import break_commands, is_printable, visible

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

LONGEST_HEADER = 200  # characters; of a longer one made of zeros, their number is told
LONGEST_BODY = 600  # bytes; a longer body is cut in its middle
HEAD, TAIL = 500, 60  # bytes that are left of it
# What clients send as curl does by itself, or as suits them.
SAYING_NOTHING = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"}
)


def curl(exchange: Exchange, address: str = "") -> str:
    """Return the request of *exchange* as a curl line: credentials redacted, a long body cut.

    *address* stands in the place of its URL where it is given, a word of the shell by itself.
    """
    case = exchange.case
    parts = [f"curl -X {case.operation.method}", address or _quoted_text(exchange.url)]
    is_form = case.subject.kind is SubjectKind.FORM
    hidden = frozenset() if is_form else SAYING_NOTHING - _declared_headers(case.operation)
    for name, value in case.headers:
        if name.lower() not in hidden:
            parts.append(f"-H {_quoted_header(name, value)}")
    if is_form and "accept" not in {name.lower() for name, _ in case.headers}:
        parts.append("-H Accept:")  # curl sends none then
    if case.body:
        parts.append(f"--data-binary {_quoted_body(case.body)}")
    return " ".join(parts)


def _declared_headers(operation: Operation) -> frozenset[str]:
    """Return the headers that are parameters of *operation*, in small letters."""
    headers = (one.name for one in operation.declared if one.location is Location.HEADER)
    return frozenset(map(str.lower, headers))


def _quoted_header(name: str, value: str) -> str:
    """Return a header for the shell, the zeros of a long one made by it."""
    if len(value) > LONGEST_HEADER and set(value) == {"0"}:
        return f"\"{name}: $(printf '%0{len(value)}d' 0)\""
    return _quoted_text(f"{name}: {value}")


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
