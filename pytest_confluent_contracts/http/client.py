"""What came back? A case goes out over httpx and returns as an exchange, redacted."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from pytest_confluent_contracts.http.additions import (
    AddedSecrets,
    Additions,
    shown_with,
    without,
)
from pytest_confluent_contracts.http.codings import TooLarge, decode_body
from pytest_confluent_contracts.http.connections import CONNECTION, LOSS
from pytest_confluent_contracts.http.guard import ADDED, BY_OTHER, OPERATION, SENT_AT
from pytest_confluent_contracts.http.in_process import RAISED
from pytest_confluent_contracts.http.raised import shortened
from pytest_confluent_contracts.http.strict_json import parse_json
from pytest_confluent_contracts.http.tls import is_refused_by_alert
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import (
    REDACTED,
    Case,
    Clock,
    Exchange,
    FailureKind,
    Framing,
    OutgoingRequest,
    Principal,
    RedactedCase,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.http.guard import Guard
    from pytest_confluent_contracts.http.redaction import Redactor
    from pytest_confluent_contracts.model.traffic import CodingFlaw, Loss

# An encoding that httpx reads whatever else is installed, so that the same run sends the same bytes
# everywhere.
OWN_HEADERS = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", "pytest-confluent-contracts"))
PROXY_WANTS_CREDENTIALS = 407  # RFC 9110 15.5.8: it comes from no target
NOTHING_ADDED = Additions()
LARGEST_ANSWER_BYTES = 16 * 2**20
MOST_ADDRESSES = 256  # remembered as they were parsed


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
        additions: Additions = NOTHING_ADDED,
    ) -> None:
        self._additions, self._secrets = additions, AddedSecrets(redactor)
        self.base_url, self.guard, self.clock = base_url.rstrip("/"), guard, clock
        self.redactor, self.timeout = redactor, timeout
        self._timeouts_s = httpx.Timeout(timeout).as_dict()
        # Most requests of a run go to the same few addresses.
        self._parsed_url = lru_cache(MOST_ADDRESSES)(httpx.URL)

    def exchange(self, case: Case, serial: int) -> Exchange:
        """Send *case* and return what came, numbered *serial*.

        What is lost on a connection that was open before is sent again over a new one, and the
        exchange says so: the target may have hung up after the last answer (RFC 9112 9.5). Raise
        `guard.Refusal` where it may not go.
        """
        url = self.base_url + case.written_target
        losses: list[Loss] = []
        while True:
            request = self._request(case, url)
            try:
                answer = self._read_answer(request)
            except (httpx.HTTPError, _TooSlow, TooLarge) as error:
                # Each loss leaves one connection less that was open before, so there is an end.
                if LOSS in request.extensions:
                    losses.append(request.extensions[LOSS])
                    continue
                answer = _no_answer(error, self.timeout)
            return self._redacted_exchange(case, serial, request, url, answer, losses)

    def _request(self, case: Case, url: str) -> httpx.Request:
        """Return the request of *case*, with what is added to it; raise `Refusal` for a bad one."""
        headers = self._additions.with_given(case, _headers_of(case))
        method, body = case.operation.method, case.body or b""
        outgoing = OutgoingRequest(method, url, tuple(_with_own(headers)), body, case)
        added = self._additions.signed(outgoing, self.redactor)
        return httpx.Request(
            method,
            self._parsed_url(url),
            headers=_with_own([*without(headers, added), *added]),
            content=_body_sent(case),
            extensions={
                OPERATION: case.operation.key,
                BY_OTHER: case.principal is Principal.OTHER,
                ADDED: added,
                "timeout": self._timeouts_s,
            },
        )

    def _read_answer(self, request: httpx.Request) -> _Answer:
        """Read the whole answer within one timeout: httpx counts its own anew with every byte.

        The bytes are taken as they came: httpx would raise where their coding is a lie.
        """
        response = self.guard.handle_request(request)
        if response.status_code == PROXY_WANTS_CREDENTIALS and self.guard.rules.reach.proxy:
            response.close()
            told = f"{response.status_code} {response.reason_phrase}"
            raise httpx.ProxyError(told, request=request)
        begun, raw, stream = request.extensions[SENT_AT], bytearray(), response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        try:
            for chunk in stream:
                raw += chunk
                if len(raw) > LARGEST_ANSWER_BYTES:
                    raise TooLarge
                if self.clock.now() - begun > self.timeout:
                    raise _TooSlow
        finally:
            stream.close()
        headers: list[tuple[str, str]] = []
        for name, value in response.headers.raw:
            headers.append((name.decode("latin-1"), value.decode("latin-1")))
        # By hand: httpx would first find out which encoding all names and values have.
        named = [value for name, value in headers if name.lower() == "content-encoding"]
        asked: list[str] = []
        for sent_name, sent_value in request.headers.raw:
            if sent_name.lower() == b"accept-encoding":
                asked.append(sent_value.decode("latin-1"))
        decoded = decode_body(bytes(raw), named, asked, LARGEST_ANSWER_BYTES)
        return _Answer(response.status_code, tuple(headers), decoded.content, decoded.flaw)

    def _redacted_exchange(
        self,
        case: Case,
        serial: int,
        request: httpx.Request,
        url: str,
        answer: _Answer,
        losses: Sequence[Loss],
    ) -> Exchange:
        """Make the exchange: the one place at which secrets are taken out.

        *url* is the one of *request* as we wrote it: httpx may write it in another way.
        """
        added = request.extensions[ADDED]
        clean, text = self._secrets.redactor_for(added), answer.text
        clean_text = clean.text(text)
        shown_case = _redacted_case(case, clean)
        sent = shown_with(shown_case, self._additions, request.headers.raw, added)
        shown_url = clean.text(url.partition("?")[0])
        if sent.query:
            shown_url = f"{shown_url}?{sent.written_query}"
        value, flaw = parse_json(answer.body)
        told = [
            f"{name}: {content}"
            for name, content in answer.headers
            if not leads_on(request, name, content)
        ]
        secrets = _secret_members(case)
        if secrets or clean_text != text:  # else nothing was taken out of it, and nothing is in it
            told.append(text)
        return Exchange(
            serial=serial,
            case=sent,
            url=shown_url,
            status=answer.status,
            headers=tuple((name, clean.text(content)) for name, content in answer.headers),
            text=clean_text,
            json=clean.value_read(value, answer.decoded, clean_text),
            flaw=flaw,
            leaks=tuple(clean.leaks("\n".join(told), secrets, case.operation.key)),
            sent_at=request.extensions[SENT_AT],
            came_at=self.clock.now(),
            failure=clean.text(answer.failure),
            failure_kind=answer.failure_kind,
            connection=request.extensions.get(CONNECTION, 0),
            losses=tuple(losses),
            coding=answer.coding,
            raised=shortened(clean.text(request.extensions.get(RAISED, ""))),
        )

    def close(self) -> None:
        """Close the connections."""
        self.guard.close()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came back, as it came; status 0 where nothing did, and ``failure`` says why."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    coding: CodingFlaw | None = None
    failure: str = ""
    failure_kind: FailureKind = FailureKind.NONE

    @property
    def decoded(self) -> str:
        """Return the body as a text, whatever its coding."""
        return self.body.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """Return the body as it may be shown: bytes of a coding that nobody could undo are not."""
        if self.coding is not None and not self.coding.is_readable:
            return f"({len(self.body)} bytes in the content coding {self.coding.coding})"
        return self.decoded


class _TooSlow(Exception):
    """The answer was not complete within the timeout."""


def _headers_of(case: Case) -> list[tuple[str, str]]:
    """Return the headers of *case*, its cookies among them."""
    cookies = [("Cookie", case.written_cookies)] if case.cookies else []
    return [*case.headers, *cookies]


def _with_own(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *headers*, and our own where there is none of that name."""
    named = {name.lower() for name, _ in headers}
    own = [(name, value) for name, value in OWN_HEADERS if name.lower() not in named]
    return [*headers, *own]


def _body_sent(case: Case) -> bytes | Iterator[bytes]:
    """Return the body of *case*; httpx sends what comes piece by piece in chunks."""
    body = case.body or b""
    if case.framing is Framing.CHUNKED:
        return _pieces(body)
    return body


def _pieces(body: bytes) -> Iterator[bytes]:
    """Yield *body* in a few pieces, the first of a single byte."""
    middle = max(1, len(body) // 2)
    for piece in (body[:1], body[1:middle], body[middle:]):
        if piece:  # an empty chunk would be the last (RFC 9112 7.1)
            yield piece


def _secret_members(case: Case) -> dict[str, str]:
    """Return the secret members that the body of *case* carries, by path."""
    found: dict[str, str] = {}
    for path in case.operation.secret_paths:
        value = paths.value_at(case.value, path)
        if isinstance(value, str):
            found[path] = value
    return found


def _redacted_case(case: Case, clean: Redactor) -> RedactedCase:
    """Return *case* as it may be shown.

    Credentials are blank, secrets are out of path, query, body and value. Its cookies stand among
    its headers, too.
    """
    value, body = case.value, (case.body or b"").decode("utf-8", "surrogateescape")
    for path, secret in _secret_members(case).items():
        if secret:  # an empty one is none, and says something of the request
            value = paths.with_value(value, path, REDACTED)
            body = body.replace(json.dumps(secret, ensure_ascii=False), f'"{REDACTED}"')
    headers: list[tuple[str, str]] = []
    for name, content in case.headers:
        is_secret = case.operation.carries_credentials(name)
        headers.append((name, REDACTED if is_secret else clean.text(content)))
    query = _redacted_pairs(case, Location.QUERY, case.query, clean)
    cookies = _redacted_pairs(case, Location.COOKIE, case.cookies, clean)
    if cookies:
        headers.append(("Cookie", "; ".join(f"{name}={content}" for name, content in cookies)))
    if case.framing is Framing.CHUNKED:
        headers.append(("Transfer-Encoding", "chunked"))
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
        subject=case.subject,
        spelling=clean.text(case.spelling),
        framing=case.framing,
        query=query,
        cookies=cookies,
        trial=case.trial,
        principal=case.principal,
    )


def _redacted_pairs(
    case: Case, location: Location, pairs: Iterable[tuple[str, str]], clean: Redactor
) -> tuple[tuple[str, str], ...]:
    """Return names and values at *location* as they may be shown: credentials are blank."""
    secret = case.operation.credential_carriers(location)
    shown: list[tuple[str, str]] = []
    for name, content in pairs:
        is_secret = unquote(name) in secret
        shown.append((name, REDACTED if is_secret else clean.text(content)))
    return tuple(shown)


# --- failures -------------------------------------------------------------------------------------


# What httpx says where no HTTP came, and what we make of it.
PROTOCOL_ERRORS = {
    "disconnected": "the connection was closed without an answer",
    "message body": "the answer broke off",
}


def _no_answer(error: Exception, timeout: float) -> _Answer:
    """Return what *error* leaves of an answer: why there is none."""
    reason = _failure_reason(error, timeout)
    return _Answer(0, failure=reason, failure_kind=_failure_kind(error))


def _failure_kind(error: Exception) -> FailureKind:
    """Return what kind of failure *error* is: whether there was a connection at all."""
    is_connecting = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
    for one in _chain_of(error):
        if is_refused_by_alert(one) or (is_connecting and isinstance(one, ssl.SSLError)):
            return FailureKind.TLS_REFUSED
    if is_connecting or isinstance(error, httpx.ProxyError):
        return FailureKind.UNCONNECTED
    return FailureKind.BROKEN_OFF


def _failure_reason(error: Exception, timeout: float) -> str:
    """Return in a few words why no answer came.

    The library's own words where they quote nothing.
    """
    if isinstance(error, (httpx.TimeoutException, _TooSlow)):
        return f"no complete answer within {timeout:g} s"
    if isinstance(error, TooLarge):
        return f"an answer of more than {LARGEST_ANSWER_BYTES // 2**20} MiB"
    if isinstance(error, httpx.ConnectError):
        return f"no connection ({error or type(error).__name__})"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refuses ({error})"
    if any(map(is_refused_by_alert, _chain_of(error))):
        return f"TLS was refused by the other side ({error})"
    if isinstance(error, httpx.RemoteProtocolError):
        for words, reason in PROTOCOL_ERRORS.items():
            if words in str(error):
                return reason
        return "no HTTP came"
    # httpx may quote what was sent, in forms that nothing could redact.
    return f"the connection broke ({type(error).__name__})"


def _chain_of(error: BaseException) -> list[BaseException]:
    """Return *error* and those that it was raised from, each once.

    The way may lead back: one error that is raised again and again has itself for its context.
    """
    found: list[BaseException] = []
    below: BaseException | None = error
    while below is not None and not any(below is one for one in found):
        found.append(below)
        below = below.__cause__ or below.__context__
    return found


def leads_on(request: httpx.Request, name: str, content: str) -> bool:
    """Return whether a header leads to another path of the host with the query of *request*.

    Frameworks redirect so where a slash is missing or too much; a key in the query goes along.
    """
    if name.lower() != "location" or not request.url.query:
        return False
    address, _, query = content.partition("?")
    host = address.partition("://")[2].partition("/")[0]
    is_same_host = not host or host == request.url.netloc.decode("ascii")
    return is_same_host and query == request.url.query.decode("ascii")
