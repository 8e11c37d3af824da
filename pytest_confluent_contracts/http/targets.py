"""Where do the requests go?

A URL, an application in this process, or the embedded service behind respx: from httpx on, the way
is the same.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import respx

from pytest_confluent_contracts.http.client import NOTHING_ADDED, Client
from pytest_confluent_contracts.http.connections import CONNECTION, SENDING
from pytest_confluent_contracts.http.guard import (
    OPERATION,
    Allowance,
    Guard,
    Rules,
    WallClock,
    origin,
)
from pytest_confluent_contracts.http.quota_ledger import QuotaLedger
from pytest_confluent_contracts.http.redaction import Redactor, Secret
from pytest_confluent_contracts.http.tls import DIRECTLY, Reach
from pytest_confluent_contracts.http.whole_answer import whole_answer
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.traffic import CARELESS_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.http.additions import Additions
    from pytest_confluent_contracts.http.guard import Key
    from pytest_confluent_contracts.http.in_process import Hosted
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Clock

    # What stands in for the network: the key of an operation, method, path, headers (names as they
    # are sent), body and the number of the connection in; status, headers and body out. It raises
    # `ConnectionError` where it hangs up, `ConnectionAbortedError` where a request crosses the
    # closing of a connection that was open before.
    Answered = tuple[int, Sequence[tuple[str, str]], bytes]
    Answering = Callable[[Key, str, str, Mapping[str, str], bytes, int], Answered]

MOCK_URL = "http://mock.contract.invalid"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How a run treats its target.

    Seconds that a request may take, requests a second (0: no limit), other hosts that may be sent
    to, and whether credentials may travel in the clear off this machine. What is added to each
    request, and how connections are opened.
    """

    timeout: float
    rate: float = 0.0
    hosts: tuple[str, ...] = ()
    insecure: bool = False
    additions: Additions = NOTHING_ADDED
    reach: Reach = DIRECTLY


@dataclass(frozen=True, slots=True)
class Access:
    """What may be sent of one operation, and what of it must not be seen.

    ``paths`` are the only ones, decoded, without those of the target's URL, beside those that may
    go just as they are spelled; ``queries`` are the only ones, as they are written, beside those
    made of ``query_names`` alone, where the method changes nothing; ``near_misses`` is what
    requests carry that is nearly a credential; ``budget`` is in requests (None: no limit).
    ``other_credentials`` are those of a second principal. ``keys`` are those of the paths on which
    a PUT creates.
    """

    operation: Operation
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    paths: frozenset[str] = frozenset()
    spelled_paths: frozenset[str] = frozenset()
    near_misses: frozenset[str] = field(default=frozenset(), repr=False)
    budget: int | None = None
    queries: frozenset[str] = frozenset({""})
    query_names: frozenset[str] = frozenset()
    other_credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    keys: frozenset[str] = frozenset()


class Target:
    """Where the requests of a session go.

    There is one client, one guard, one clock and one ledger of quota for all operations.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        operations: Iterable[Operation],
        hosted: Hosted | None = None,
    ) -> None:
        self.client, self.clock, self._hosted = client, clock, hosted
        self.guard = client.guard
        self.quota = QuotaLedger(operations)

    def close(self) -> str:
        """Close the connections, and end what runs in this process.

        Return what went wrong with that, ``""`` where nothing did.
        """
        self.client.close()
        return self._hosted.shut_down() if self._hosted else ""


# --- the kinds of target --------------------------------------------------------------------------


def live(
    url: str,
    accesses: Sequence[Access],
    settings: ClientSettings,
    pins: Mapping[str, Any],
) -> Target:
    """Return the target at *url*, open for *accesses* alone.

    *pins* are values that must not be seen.
    """
    client = _client_at(url, accesses, settings, pins)
    return Target(client, client.clock, (access.operation for access in accesses))


def in_process(
    hosted: Hosted,
    url: str,
    accesses: Sequence[Access],
    settings: ClientSettings,
    pins: Mapping[str, Any],
) -> Target:
    """Return the application that is *hosted* in this process as a target, and start it.

    *url* stands before each documented path. Raise `TargetUnusable` where it does not start.
    """
    client = _client_at(url, accesses, settings, pins, hosted)
    hosted.open()
    return Target(client, client.clock, (access.operation for access in accesses), hosted)


def _client_at(
    url: str,
    accesses: Sequence[Access],
    settings: ClientSettings,
    pins: Mapping[str, Any],
    inner: httpx.BaseTransport | None = None,
) -> Client:
    """Return the client of a target at *url*; *inner* stands in for the network."""
    clock, allowances = WallClock(), allowances_at(url, accesses)
    guard = Guard(_rules(url, accesses, settings), allowances, clock, inner)
    redactor = redactor_of(accesses, pins, own_secrets(settings))
    return Client(url, guard, clock, redactor, settings.timeout, settings.additions)


def embedded(
    answer: Answering,
    clock: Clock,
    accesses: Sequence[Access],
    settings: ClientSettings,
    redactor: Redactor,
) -> Target:
    """Return what *answer* serves as one target, on a *clock* that nobody has to wait for."""
    router = respx.Router(assert_all_called=False, assert_all_mocked=False)
    router.route(host=urlsplit(MOCK_URL).hostname).mock(side_effect=_handler(answer))
    inner = httpx.MockTransport(_forgetting(router))
    rules, allowances = _rules(MOCK_URL, accesses, settings), allowances_at(MOCK_URL, accesses)
    guard = Guard(rules, allowances, clock, inner)
    client = Client(MOCK_URL, guard, clock, redactor, settings.timeout, settings.additions)
    return Target(client, clock, (access.operation for access in accesses))


def _forgetting(router: respx.Router) -> Callable[[httpx.Request], httpx.Response]:
    """Return how *router* answers, who would keep each request and answer to the end of the run."""

    def handle(request: httpx.Request) -> httpx.Response:
        try:
            return router.handler(request)
        finally:
            router.reset()

    return handle


def _handler(answer: Answering) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        sent = request.headers.raw
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
        path = request.url.raw_path.decode("ascii")
        key, connection = request.extensions[OPERATION], request.extensions[CONNECTION]
        asked = (key, request.method, path, headers, request.content, connection)
        try:
            answered = answer(*asked)
        except ConnectionAbortedError as error:  # on a connection that it had kept open
            request.extensions["trace"](SENDING, {})
            raise httpx.ReadError(str(error), request=request) from error
        except ConnectionError as error:  # a service that hangs up, as a socket would tell it
            raise httpx.ReadError(str(error), request=request) from error
        return whole_answer(*answered)

    return handle


# --- what may go ----------------------------------------------------------------------------------


def _rules(url: str, accesses: Iterable[Access], settings: ClientSettings) -> Rules:
    headers = settings.additions.hidden_names()
    queries: set[str] = set()
    for access in accesses:
        headers.update(name.lower() for name in access.operation.credential_headers)
        queries |= access.operation.credential_carriers(Location.QUERY)
    return Rules(
        origins=frozenset(_origins(url, settings.hosts)),
        rate=settings.rate,
        secret_headers=frozenset(headers),
        insecure=settings.insecure,
        secret_queries=frozenset(queries),
        reach=settings.reach,
    )


def _origins(url: str, hosts: Iterable[str]) -> Iterator[str]:
    """Yield where requests may go.

    That is the target, and each other host at its port, encrypted or as the target is.
    """
    yield origin(url)
    for scheme in {"https", urlsplit(url).scheme}:
        yield from (origin(f"{scheme}://{host}") for host in hosts)


def allowances_at(url: str, accesses: Iterable[Access]) -> dict[Key, Allowance]:
    """Return what the guard of a target at *url* lets out, by operation."""
    prefix, spelled_prefix = _prefixes_of(url)
    found: dict[Key, Allowance] = {}
    for access in accesses:
        known = found.get(access.operation.key)
        allowance = Allowance(
            method=access.operation.method,
            paths=frozenset(prefix + path for path in access.paths),
            budget=access.budget,
            spelled_paths=frozenset(spelled_prefix + path for path in access.spelled_paths),
            queries=access.queries,
            query_names=access.query_names,
            keys=frozenset(prefix + path for path in access.keys),
        )
        found[access.operation.key] = known.joined(allowance) if known else allowance
    return found


@lru_cache
def _prefixes_of(url: str) -> tuple[str, str]:
    """Return the path of *url*, decoded and as it is spelled: each create asks for them."""
    decoded = unquote(urlsplit(url).path.rstrip("/"))
    spelled = httpx.URL(url).raw_path.decode("ascii").partition("?")[0].rstrip("/")
    return decoded, spelled


# --- what must not be seen ------------------------------------------------------------------------


def redactor_of(
    accesses: Iterable[Access], pins: Mapping[str, Any], more: Iterable[Secret] = ()
) -> Redactor:
    """Return what takes the secrets of all *accesses* out of an exchange of any operation.

    So it does *more* of them.
    """
    secrets = [*more]
    near_misses: set[str] = set()
    for access in accesses:
        secrets += _pinned_secrets(access.operation, pins)
        secrets += _credential_secrets(access)
        near_misses |= access.near_misses
    return Redactor(secrets, near_misses)


def own_secrets(settings: ClientSettings) -> Iterator[Secret]:
    """Yield what the run's own settings hide: headers, and the password that the proxy wants."""
    yield from settings.additions.secrets()
    password = urlsplit(settings.reach.proxy).password
    if password:
        yield Secret("the password of the proxy", unquote(password))


def _pinned_secrets(operation: Operation, pins: Mapping[str, Any]) -> Iterator[Secret]:
    """Yield every pin; only one of a secret member is given away by an answer that shows it."""
    secret_paths = operation.secret_paths
    for path, value in pins.items():
        if isinstance(value, str):
            yield Secret(f"the pin {path}", value, path in secret_paths, operation.key)


def _credential_secrets(access: Access) -> Iterator[Secret]:
    """Yield every credential of both principals, and the pair that basic authentication sends.

    A user name may be shown.
    """
    key = access.operation.key
    for whose, credentials in (("", access.credentials), ("other ", access.other_credentials)):
        for name, parts in credentials.items():
            told = f"the {whose}credential {name}"
            for part, value in parts.items():
                yield Secret(f"{told} ({part})", value, part != "username", key)
            if {"username", "password"} <= set(parts):
                pair = f"{parts['username']}:{parts['password']}"
                yield Secret(told, pair, operation=key)


def near_misses(cases: Iterable[Case]) -> frozenset[str]:
    """Return what *cases* carry for credentials.

    A near miss tells all but a character of the right one.
    """
    found: set[str] = set()
    for case in cases:
        for value in _credentials_in(case):
            found.update(_credential_parts(value))
    # What nobody has chosen tells nothing, and may stand in any answer.
    return frozenset(found.difference(CARELESS_WORDS))


def _credentials_in(case: Case) -> Iterator[str]:
    """Yield what carries credentials in *case*, as it was before it was written."""
    operation = case.operation
    for name, value in case.headers:
        if operation.carries_credentials(name):
            yield value
    carried = ((Location.QUERY, case.query), (Location.COOKIE, case.cookies))
    for location, pairs in carried:
        carriers = operation.credential_carriers(location)
        for name, value in pairs:
            if unquote(name) in carriers:
                yield unquote(value)


def _credential_parts(value: str) -> Iterator[str]:
    """Yield a credential header's value and what is in it.

    That is what stands behind its scheme, and the pair that is coded in it with both halves.
    """
    token = value.partition(" ")[2]
    yield from (value, token)
    with suppress(ValueError):
        pair = base64.b64decode(token, validate=True).decode("utf-8")
        yield from (pair, pair.partition(":")[0], pair.partition(":")[2])
