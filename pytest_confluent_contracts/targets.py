"""Where do the requests go? A URL, or the embedded service behind respx: from httpx on, the way is the same."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import respx

from pytest_confluent_contracts.guard import Guard, Redactor, Rules, Secret, WallClock, origin
from pytest_confluent_contracts.service import Request, Service, VirtualClock
from pytest_confluent_contracts.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Clock

MOCK = "mock"
MOCK_URL = "http://mock.contract.invalid"


@dataclass(frozen=True, slots=True)
class Door:
    """An open way to one operation of the target."""

    wire: Wire
    clock: Clock
    parameters: tuple[tuple[str, str], ...]
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Manners:
    """How a run behaves: seconds a request may take, requests a second (0: no limit) and in all (None: no limit), other hosts."""

    timeout: float
    rate: float = 0.0
    budget: int | None = None
    hosts: tuple[str, ...] = ()
    insecure: bool = False


def mocked(
    operation: Operation, manners: Manners, pins: Mapping[str, Any], alter: Callable[[Service], Service]
) -> Door:
    """Return the door to an embedded service of *operation*, on a clock that nobody has to wait for."""
    clock = VirtualClock()
    service = alter(Service(operation, clock))
    router = respx.Router(assert_all_called=False, assert_all_mocked=False)
    router.route(host=urlsplit(MOCK_URL).hostname).mock(side_effect=_handler(service))
    guard = Guard(_rules(MOCK_URL, operation, manners), clock, httpx.MockTransport(router.handler))
    redactor = Redactor(_secrets(operation, service.credentials, pins))
    wire = Wire(MOCK_URL, guard, clock, redactor, manners.timeout)
    return Door(wire, clock, service.parameters, service.credentials)


def _handler(service: Service) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.multi_items()}
        path = request.url.raw_path.decode("ascii")
        try:
            answer = service.handle(Request(request.method, path, headers, request.content))
        except ConnectionError as error:  # a service that hangs up, as a socket would tell it
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)

    return handle


def live(
    url: str,
    operation: Operation,
    manners: Manners,
    parameters: tuple[tuple[str, str], ...],
    credentials: Mapping[str, Mapping[str, str]],
    pins: Mapping[str, Any],
) -> Door:
    """Return the door to *operation* at *url*."""
    clock = WallClock()
    guard = Guard(_rules(url, operation, manners), clock)
    redactor = Redactor(_secrets(operation, credentials, pins))
    return Door(Wire(url, guard, clock, redactor, manners.timeout), clock, parameters, credentials)


def _rules(url: str, operation: Operation, manners: Manners) -> Rules:
    prefix = unquote(urlsplit(url).path.rstrip("/"))
    route = "[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", prefix + operation.path)))
    secret = frozenset(scheme.header.lower() for alternative in operation.security for scheme in alternative)
    return Rules(
        origins=frozenset(_origins(url, manners.hosts)),
        method=operation.method,
        path=re.compile(route),
        budget=manners.budget,
        rate=manners.rate,
        secret_headers=secret,
        insecure=manners.insecure,
    )


def _origins(url: str, hosts: Iterable[str]) -> Iterator[str]:
    """Yield where requests may go: the target, and each other host at its port, encrypted or as the target is."""
    yield origin(url)
    for scheme in {"https", urlsplit(url).scheme}:
        yield from (origin(f"{scheme}://{host}") for host in hosts)


def confine(door: Door, paths: Iterable[str]) -> None:
    """Let the door's guard pass requests for these paths only: the given resource, and ids that nobody has."""
    guard = door.wire.guard
    prefix = urlsplit(door.wire.base_url).path.rstrip("/")
    guard.rules = replace(guard.rules, resources=frozenset(unquote(prefix) + path for path in paths))


def hide(door: Door, cases: Collection[Case]) -> None:
    """Take out of every answer what *cases* carry for credentials: a near miss tells all but a character of the right one."""
    own = {scheme.header for case in cases for alternative in case.operation.security for scheme in alternative}
    carried = {value for case in cases for name, value in case.headers if name in own}
    door.wire.redactor.blank(part for value in carried for part in _parts(value))


def _parts(value: str) -> Iterator[str]:
    """Yield a credential header's value, what stands behind its scheme, and the pair in it with both halves."""
    token = value.partition(" ")[2]
    yield from (value, token)
    with suppress(ValueError):
        pair = base64.b64decode(token, validate=True).decode("utf-8")
        yield from (pair, pair.partition(":")[0], pair.partition(":")[2])


def _secrets(
    operation: Operation, credentials: Mapping[str, Mapping[str, str]], pins: Mapping[str, Any]
) -> Sequence[Secret]:
    """Return what must not be seen: every credential, every pin, and the pair that basic authentication sends."""
    secret_members = (
        {member.path for member in operation.request.properties if member.secret} if operation.request else set()
    )
    found = [
        Secret(f"the pin {path}", value, path in secret_members)
        for path, value in pins.items()
        if isinstance(value, str)
    ]
    for name, parts in credentials.items():
        found += [Secret(f"the credential {name} ({part})", value, part != "username") for part, value in parts.items()]
        if {"username", "password"} <= set(parts):
            found.append(Secret(f"the credential {name}", f"{parts['username']}:{parts['password']}"))
    return found
