"""What came back? A case goes out over httpx and returns as an exchange, redacted."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx

from pytest_confluent_contracts.http.guard import OPERATION, SENT_AT
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED, Case, Clock, Exchange, RedactedCase

if TYPE_CHECKING:
    from pytest_confluent_contracts.http.guard import Guard
    from pytest_confluent_contracts.http.redaction import Redactor

# An encoding that httpx reads whatever else is installed, so that the same run sends the same bytes
# everywhere.
OWN_HEADERS = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", "pytest-confluent-contracts"))
LARGEST = 16 * 2**20
TOO_DEEP = "it is nested too deeply to be read"
HEAD = "http11.receive_response_headers.complete"  # as httpcore names what has happened
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
DEEPEST = 100  # levels; what reads, judges and tells of an answer may then follow it level by level


class Client:
    """The one way to a target, for all of its operations.

    It keeps connections open between exchanges, and nothing else: no cookies, no redirects.
    *timeout* is the seconds that an exchange may take. Safe to use from several threads.
    """

    def __init__(
        self,
        base_url: str,
        guard: Guard,
        clock: Clock,
        redactor: Redactor,
        timeout: float,
    ) -> None:
        self.base_url, self.guard, self.clock = base_url.rstrip("/"), guard, clock
        self.redactor, self.timeout = redactor, timeout
        self._limits = httpx.Timeout(timeout).as_dict()
        self._closing: tuple[tuple[str, str], ...] = ()

    def exchange(self, case: Case, serial: int) -> Exchange:
        """Send *case* and return what came, numbered *serial*.

        Raise `guard.Refusal` where it may not go.
        """
        filled = paths.filled_template(case.operation.path, case.parameters, paths.percent_encoded)
        url, line = self.base_url + filled, _Line()
        extensions = {OPERATION: case.operation.key, "timeout": self._limits, "trace": line.note}
        headers = [*case.headers, *OWN_HEADERS, *self._closing]
        request = httpx.Request(
            case.operation.method,
            url,
            headers=headers,
            content=case.body or b"",
            extensions=extensions,
        )
        try:
            response, body = self._answer(request)
        except (httpx.HTTPError, _TooSlow, _TooLarge) as error:
            if isinstance(error, CLOSED) and line.was_closed_before:
                # The target may have hung up after the last answer (RFC 9112 9.5). Whether it did,
                # or hangs up on requests, shows from now on: with no connection kept open, only
                # the latter can happen again.
                self._closing = (("Connection", "close"),)
                return self.exchange(case, serial)
            return self._kept(case, serial, url, request, failure=_reason(error, self.timeout))
        return self._kept(case, serial, url, request, response=response, body=body)

    def _answer(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Read the whole answer within one timeout: httpx counts its own anew with every byte."""
        response = self.guard.handle_request(request)
        begun, body = request.extensions[SENT_AT], bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise _TooLarge
                if self.clock.now() - begun > self.timeout:
                    raise _TooSlow
        finally:
            response.close()
        return response, bytes(body)

    def _kept(
        self,
        case: Case,
        serial: int,
        url: str,
        request: httpx.Request,
        *,
        response: httpx.Response | None = None,
        body: bytes = b"",
        failure: str = "",
    ) -> Exchange:
        """Make the exchange: the one place at which secrets are taken out."""
        clean, text = self.redactor, body.decode("utf-8", "replace")
        raw = response.headers.raw if response is not None else []
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
        value, flaw = parsed(body)
        leaks: tuple[str, ...] = ()
        if response is not None:
            shown = "\n".join([*(f"{name}: {content}" for name, content in headers), text])
            leaks = tuple(clean.leaks(shown, _secrets(case), case.operation.key))
        return Exchange(
            serial=serial,
            case=_redacted(case, clean),
            url=clean.text(url),
            status=response.status_code if response is not None else 0,
            headers=tuple((name, clean.text(content)) for name, content in headers),
            text=clean.text(text),
            json=clean.value(value),
            flaw=flaw,
            leaks=leaks,
            sent_at=request.extensions[SENT_AT],
            came_at=self.clock.now(),
            failure=clean.text(failure),
        )

    def close(self) -> None:
        """Close the connections."""
        self.guard.close()


class _Line:
    """What became of the connection that a request went over."""

    def __init__(self) -> None:
        self._events: set[str] = set()

    def note(self, event: str, _: object) -> None:
        """Hear of what httpcore does, ``connection.connect_tcp.started`` for one."""
        self._events.add(event)

    @property
    def was_closed_before(self) -> bool:
        """Return whether an earlier request opened the connection, and nothing came back.

        It is never so for the embedded service.
        """
        opened = any(event.startswith("connection.") for event in self._events)
        return bool(self._events) and not opened and HEAD not in self._events


class _TooSlow(Exception):
    """The answer was not complete within the timeout."""


class _TooLarge(Exception):
    """The answer was larger than any documented one could be."""


def _secrets(case: Case) -> dict[str, str]:
    """Return the secret members that the body of *case* carries, by path."""
    found: dict[str, str] = {}
    for member in case.operation.request.properties if case.operation.request else ():
        if member.secret:
            value = paths.value_at(case.value, member.path)
            if isinstance(value, str):
                found[member.path] = value
    return found


def _redacted(case: Case, clean: Redactor) -> RedactedCase:
    """Return *case* as it may be shown.

    Credential headers are blank, secrets are out of path, body and value.
    """
    own = case.operation.credential_headers
    value, body = case.value, (case.body or b"").decode("utf-8", "surrogateescape")
    for path, secret in _secrets(case).items():
        if secret:  # an empty one is none, and says something of the request
            value = paths.with_value(value, path, REDACTED)
            body = body.replace(json.dumps(secret, ensure_ascii=False), f'"{REDACTED}"')
    headers: list[tuple[str, str]] = []
    for name, content in case.headers:
        headers.append((name, REDACTED if name in own else clean.text(content)))
    return RedactedCase(
        probe=case.probe,
        title=clean.text(case.title),
        operation=case.operation,
        headers=tuple(headers),
        parameters=tuple((name, clean.text(content)) for name, content in case.parameters),
        value=value if value is ABSENT else clean.value(value),
        body=None if case.body is None else clean.text(body).encode("utf-8", "surrogateescape"),
        expect=case.expect,
        authority=case.authority,
        violations=case.violations,
        varies=case.varies,
    )


# --- JSON, strictly -------------------------------------------------------------------------------


def parsed(body: bytes) -> tuple[Any, str]:
    """Return the JSON value of *body*, or ABSENT and what is wrong with it (RFC 8259).

    Names that come twice make it none (section 4).
    """
    if not body:
        return ABSENT, "it is empty"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return ABSENT, f"byte {error.start} is not UTF-8"
    if text.startswith("\ufeff"):
        return ABSENT, "it begins with a byte order mark (RFC 8259 8.1)"
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        return ABSENT, TOO_DEEP
    except ValueError as error:
        return ABSENT, str(error)
    return (ABSENT, TOO_DEEP) if _is_deep(text, value) else (value, "")


def _is_deep(text: str, value: Any) -> bool:
    """Return whether *value* is nested more than `DEEPEST` levels deep.

    RFC 8259 section 9 leaves a limit to the reader.
    """
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        items = (item for one in level for item in (one.values() if isinstance(one, dict) else one))
        level = [item for item in items if isinstance(item, dict | list)]
    return bool(level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the name {name!r} comes twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


# --- failures -------------------------------------------------------------------------------------


# What httpx says where no HTTP came, and what we make of it.
PROTOCOL_ERRORS = {
    "disconnected": "the connection was closed without an answer",
    "message body": "the answer broke off",
}


def _reason(error: Exception, timeout: float) -> str:
    """Return in a few words why no answer came.

    The library's own words where they quote nothing.
    """
    if isinstance(error, (httpx.TimeoutException, _TooSlow)):
        return f"no complete answer within {timeout:g} s"
    if isinstance(error, _TooLarge):
        return f"an answer of more than {LARGEST // 2**20} MiB"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error or type(error).__name__})"
    if isinstance(error, httpx.RemoteProtocolError):
        for words, reason in PROTOCOL_ERRORS.items():
            if words in str(error):
                return reason
        return "no HTTP came"
    # httpx may quote what was sent, in forms that nothing could redact.
    return f"the connection broke ({type(error).__name__})"


# --- the request, told ----------------------------------------------------------------------------

SHOWN = 600


def curl(exchange: Exchange) -> str:
    """Return the request of *exchange* as a curl line.

    Credentials are redacted, a long body is cut in its middle.
    """
    parts = [f"curl -X {exchange.case.operation.method}", shlex.quote(exchange.url)]
    for name, value in exchange.case.headers:
        if name != "Accept":
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if exchange.case.body:
        parts.append(f"--data-binary {_quoted(exchange.case.body)}")
    return " ".join(parts)


def _quoted(body: bytes) -> str:
    cut = len(body) > SHOWN
    shown = body[: SHOWN - 100] + b" ... " + body[-60:] if cut else body
    text = shown.decode("utf-8", "surrogateescape")
    quoted = shlex.quote(text) if text.isprintable() else f"$'{''.join(map(_spelled, text))}'"
    return f"{quoted} (cut: {len(body)} bytes)" if cut else quoted


def _spelled(mark: str) -> str:
    """Return *mark* as it stands inside ``$'...'`` of a shell.

    Byte by byte where it cannot be seen.
    """
    if mark.isprintable():
        return f"\\{mark}" if mark in "\\'" else mark
    return "".join(f"\\x{byte:02x}" for byte in mark.encode("utf-8", "surrogateescape"))
