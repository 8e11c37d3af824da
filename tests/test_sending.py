"""Do headers, certificates and a proxy do what their options say, and is what is secret of them shown nowhere?"""

from __future__ import annotations

import base64
import ssl
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from framework_applications import DOCUMENT
from loopback_server import LoopbackHandler, LoopbackServer
from running import gate, serving

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.additions import Additions, why_unfit
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.raised import TargetUnusable
from pytest_confluent_contracts.http.tls import Reach, believing_context, show_certificate
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import (
    FailureKind,
    GivenHeader,
    ParameterTrial,
    RunContext,
    TrialKind,
)
from pytest_confluent_contracts.plugin.sending_options import checked_headers, checked_proxy
from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.run.access import planned_access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.traffic import Case, Exchange, OutgoingRequest

SECRET = "s3cret-of-the-gateway"


@lru_cache
def plan() -> Plan:
    """Return what is sent for the read of the small document."""
    [operation] = [
        one for one in documents.read_document(DOCUMENT, ()).operations if one.method == "GET"
    ]
    return make_plan(operation, RunContext(operation.parameters, {}, {}, max_examples=1))


def exchanged(
    url: str, settings: targets.ClientSettings, changed: Callable[[Case], Case] = lambda one: one
) -> Exchange:
    """Return what comes of one request under *settings*."""
    target = targets.live(url, [planned_access(plan(), None)], settings, {})
    try:
        return target.client.exchange(changed(plan().baseline), 0)
    finally:
        target.close()


def client_settings(**more: Any) -> targets.ClientSettings:
    """Return settings with *more* of them."""
    return targets.ClientSettings(5.0, **more)


# --- headers ---------------------------------------------------------------------------------------------------------


class Echo:
    """A service that keeps the headers it was sent, and says them again."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer with all headers."""
        self.seen.append(headers)
        return 200, [("X-Said", headers.get("x-gate", ""))], str(headers).encode()


def test_a_header_goes_with_every_request() -> None:
    """It stands in the curl line, and takes the place of our own; a hidden one is shown nowhere."""
    given = (GivenHeader("X-Team", "shop"), GivenHeader("X-Gate", SECRET, hidden=True))
    more = (*given, GivenHeader("User-Agent", "my-own/1.0"))
    with serving(echo := Echo()) as url:
        exchange = exchanged(url, client_settings(additions=Additions(more)))
    [seen] = echo.seen
    assert (seen["x-team"], seen["x-gate"], seen["user-agent"]) == ("shop", SECRET, "my-own/1.0")
    assert SECRET not in repr(exchange)
    assert "-H 'X-Team: shop' -H 'X-Gate: [redacted]'" in curl(exchange)
    assert exchange.leaks == ("the header X-Gate",)


def test_what_a_hook_returns_is_added_and_shown_nowhere() -> None:
    """It may go by what is sent: method, URL, headers, body; a header of that name is replaced."""
    heard: list[OutgoingRequest] = []

    def sign(outgoing: OutgoingRequest) -> list[tuple[str, str]]:
        heard.append(outgoing)
        signature = base64.b64encode(f"{outgoing.method} {outgoing.url} by me".encode()).decode()
        return [("X-Gate", signature), ("user-agent", "me"), ("X-Short", "a")]

    with serving(echo := Echo()) as url:
        exchange = exchanged(url, client_settings(additions=Additions(sign=sign)))
    [seen], [outgoing] = echo.seen, heard
    assert base64.b64decode(seen["x-gate"]).decode() == f"GET {url}/things/t-1 by me"
    assert seen["user-agent"] == "me"
    assert outgoing.header("accept-encoding") == "gzip, deflate"
    assert outgoing.case.operation.id == "readThing"
    assert seen["x-gate"] not in repr(exchange)
    assert seen["x-gate"] not in curl(exchange)
    assert exchange.text.count("[redacted]") == 1
    assert exchange.leaks == ("what pytest_contract_request added (X-Gate)",)


def broken_hook(_: object) -> list[tuple[str, str]]:
    """Raise what a hook with a mistake would."""
    told = "no key"
    raise KeyError(told)


def test_what_a_hook_raised_is_told_without_secrets() -> None:
    """An error of the hook's may hold the value of a header that was given; else it is told whole."""

    def failing_hook(_: OutgoingRequest) -> list[tuple[str, str]]:
        told = f"cannot sign with {SECRET}"
        raise ValueError(told)

    given = (GivenHeader("X-Shop", SECRET, hidden=True),)
    with serving(Echo()) as url, pytest.raises(Refusal) as raised:
        exchanged(url, client_settings(additions=Additions(given, failing_hook)))
    assert "raised ValueError: cannot sign with [redacted] (test_sending.py:" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("sign", "told"),
    [
        (broken_hook, "pytest_contract_request raised KeyError: 'no key' (test_sending.py:"),
        (lambda _: [("Content-Length", "3")], "'Content-Length': each request says itself how"),
        (lambda _: [("X-A", "1\r\nX-B: 2")], "'X-A': its value cannot stand in a header"),
        (lambda _: [("a b", "1")], "'a b': this is no name of a header"),
    ],
)
def test_what_a_hook_may_not_do_is_told_and_nothing_goes(sign: Any, told: str) -> None:
    """In one line, as what holds the run back."""
    with serving(echo := Echo()) as url, pytest.raises(Refusal) as raised:
        exchanged(url, client_settings(additions=Additions(sign=sign)))
    assert str(raised.value).startswith("not sent: ")
    assert told in str(raised.value)
    assert echo.seen == []


def test_a_header_that_the_case_is_about_goes_as_it_has_it() -> None:
    """A trial of the header itself, which is left out, is not spoilt."""
    trial = ParameterTrial(TrialKind.MISSING, Location.HEADER, "x-team")
    given = Additions((GivenHeader("X-Team", "shop"),), lambda _: [("X-TEAM", "shop too")])
    with serving(echo := Echo()) as url:
        exchanged(url, client_settings(additions=given), lambda one: replace(one, trial=trial))
    assert "x-team" not in echo.seen[0]


def test_added_secrets_do_not_travel_in_the_clear() -> None:
    """Off this machine, neither a hidden header nor what a hook adds."""
    hidden = Additions((GivenHeader("X-Gate", SECRET, hidden=True),))
    signed = Additions(sign=lambda _: [("X-Gate", SECRET)])
    for additions in (hidden, signed):
        with pytest.raises(Refusal, match="unencrypted"):
            exchanged("http://203.0.113.7", client_settings(additions=additions))


KEYED = """\
openapi: 3.0.3
info: {title: Keyed, version: '1'}
paths:
  /things/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: t-1}
        - {name: X-Tenant, in: header, schema: {type: string}}
      security: [{key: []}]
      responses: {'200': {description: The thing.}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}
"""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("X-Api-Key=abc", "set CONTRACT_KEY_VALUE in the environment"),
        ("x-tenant=abc", "give --contract-param x-tenant=..."),
        ("Content-Type=text/plain", "each request says itself"),
        ("X Y=1", "no name of a header"),
    ],
)
def test_a_header_that_cannot_go_along_is_told(tmp_path: Path, written: str, told: str) -> None:
    """With what says it instead."""
    (tmp_path / "keyed.yaml").write_text(KEYED, encoding="utf-8")
    held = documents.read_document(tmp_path / "keyed.yaml", ()).operations
    name, _, value = written.partition("=")
    with pytest.raises(ContractError) as raised:
        list(checked_headers([written], [(name, value)], held))
    assert str(raised.value).startswith(f"--contract-header {name}: ")
    assert told in str(raised.value)


def test_a_header_that_may_go_along_is_fit() -> None:
    """Latin-1 is allowed, as RFC 9110 5.5 has it."""
    assert why_unfit("X-Team", "caf\xe9, shop", [plan().operation]) == ""


# --- certificates ----------------------------------------------------------------------------------------------------


class _Handler(LoopbackHandler):
    def answer(self) -> None:
        status, headers, body = self.owner(self.command, self.path, dict(self.headers), b"")
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def answered(*_: object) -> tuple[int, list[tuple[str, str]], bytes]:
    """Answer with nothing."""
    return 200, [], b"{}"


@contextmanager
def over_tls(context: ssl.SSLContext) -> Iterator[str]:
    """Serve over TLS on loopback."""
    server = LoopbackServer(_Handler, answered)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server:
        yield server.url.replace("http:", "https:")


class Authority:
    """A certificate authority, with files of what it issues."""

    def __init__(self, folder: Path) -> None:
        self.issuer = trustme.CA()
        self.bundle, self.cert = folder / "ca.pem", folder / "client.pem"
        self.issuer.cert_pem.write_to_path(self.bundle)
        client = self.issuer.issue_cert("client@example.org")
        self.parts = (folder / "cert.pem", folder / "key.pem")
        client.private_key_and_cert_chain_pem.write_to_path(self.cert)
        client.cert_chain_pems[0].write_to_path(self.parts[0])
        client.private_key_pem.write_to_path(self.parts[1])
        self.other_key = folder / "other.pem"
        self.issuer.issue_cert("other@example.org").private_key_pem.write_to_path(self.other_key)

    def context(self, wants_client: bool = False) -> ssl.SSLContext:
        """Return what a server of 127.0.0.1 goes by."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issuer.issue_cert("127.0.0.1").configure_cert(made)
        if wants_client:
            self.issuer.configure_trust(made)
            made.verify_mode = ssl.CERT_REQUIRED
        return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return an authority that nobody knows."""
    return Authority(tmp_path_factory.mktemp("authority"))


def test_a_bundle_is_believed(authority: Authority) -> None:
    """And without it the connection is refused."""
    with over_tls(authority.context()) as url:
        without = exchanged(url, client_settings())
        believing = exchanged(url, client_settings(reach=Reach(str(authority.bundle))))
    assert without.failure_kind is FailureKind.TLS_REFUSED
    assert (believing.status, believing.failure) == (200, "")


def test_a_certificate_is_shown(authority: Authority) -> None:
    """In one file or in two; without it the other side ends TLS, which is told as that."""
    bundle = str(authority.bundle)
    shown = [(str(authority.cert),), tuple(map(str, authority.parts))]
    with over_tls(authority.context(wants_client=True)) as url:
        without = exchanged(url, client_settings(reach=Reach(bundle)))
        with_it = [exchanged(url, client_settings(reach=Reach(bundle, one))) for one in shown]
    assert without.failure_kind is FailureKind.TLS_REFUSED
    assert "TLS was refused by the other side" in without.failure
    assert [one.status for one in with_it] == [200, 200]


def test_the_preflight_names_the_options(authority: Authority, folder: Path) -> None:
    """Both of them mend what was refused; with them the run goes."""
    (folder / "things.yaml").write_bytes(DOCUMENT.read_bytes())
    with over_tls(authority.context(wants_client=True)) as url:
        options = (f"--contract-target={url}", "--contract-spec=things.yaml", "-k", "answered")
        bundle = f"--contract-ca-bundle={authority.bundle}"
        refused = gate(folder, *options, bundle)
        done = gate(folder, *options, bundle, f"--contract-client-cert={authority.cert}")
    assert refused.code == pytest.ExitCode.TESTS_FAILED
    assert "--contract-ca-bundle or --contract-client-cert" in refused.out
    assert "cannot be reached over TLS" not in done.out
    assert "Traceback" not in done.everything + refused.everything


def test_files_that_do_not_fit_are_told(authority: Authority, tmp_path: Path) -> None:
    """One line each: none there, nothing in it, another's key, an encrypted one."""
    (tmp_path / "empty.pem").write_text("")
    cert = str(authority.parts[0])
    encrypted = tmp_path / "encrypted.pem"
    encrypted.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjVvKZtHlmIbQICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEL3jdkBvObn+QELgKVE2cnMEQAer\n"
        "wgo0fr6GDVRyLkYMcCA8DQdhfoBOVgQxjYbZ1uGTsGoBPLLTnXNPdCPt1PAFBmZE\n"
        "9qjm2hbmvCb6tBC1cZM=\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    contexts: dict[str, Callable[[], object]] = {
        "--contract-ca-bundle=/no/such.pem: no such file": lambda: believing_context(
            "/no/such.pem"
        ),
        "no certificate can be read in it": lambda: believing_context(str(tmp_path / "empty.pem")),
        "no such file: /no/such.pem": lambda: show_certificate(fresh(), ("/no/such.pem",)),
        "no certificate and key can be read": lambda: show_certificate(fresh(), (cert,)),
        "not that of the certificate": lambda: show_certificate(
            fresh(), (cert, str(authority.other_key))
        ),
        "the key is encrypted": lambda: show_certificate(fresh(), (cert, str(encrypted))),
    }
    for told, make in contexts.items():
        with pytest.raises(TargetUnusable) as raised:
            make()
        assert told in str(raised.value)
        assert "\n" not in str(raised.value)


def fresh() -> ssl.SSLContext:
    """Return a context that knows nothing."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# --- a proxy ---------------------------------------------------------------------------------------------------------


class _Proxy(LoopbackHandler):
    """Answers itself what it is asked to pass on, and notes it."""

    def answer(self) -> None:
        self.owner.append((self.command, self.path, self.headers.get("Proxy-Authorization", "")))
        wanted = self.headers.get("Proxy-Authorization") or "nobody" not in self.path
        self.send_response(200 if wanted else 407)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = answer  # noqa: N815

    def do_CONNECT(self) -> None:  # noqa: N802
        """Refuse to open a tunnel."""
        self.owner.append((self.command, self.path, ""))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_requests_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the one that was named; that of the environment is not asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[tuple[str, str, str]] = []
    with LoopbackServer(_Proxy, seen) as proxy:
        named = proxy.url.replace("//", f"//me:{SECRET}@")
        settings = client_settings(reach=Reach(proxy=named))
        exchange = exchanged("http://shop.test:8080", settings)
    [(method, url, credentials)] = seen
    assert (exchange.status, method, url) == (200, "GET", "http://shop.test:8080/things/t-1")
    assert base64.b64decode(credentials.partition(" ")[2]).decode() == f"me:{SECRET}"
    assert SECRET not in repr(exchange)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://nobody.test", "the proxy refuses (407"),
        ("https://shop.test", "the proxy refuses (403"),
    ],
)
def test_a_proxy_that_refuses_is_no_answer_of_the_target(url: str, told: str) -> None:
    """It is told as no connection, with what the proxy said."""
    with LoopbackServer(_Proxy, []) as proxy:
        exchange = exchanged(url, client_settings(reach=Reach(proxy=proxy.url)))
    assert exchange.failure_kind is FailureKind.UNCONNECTED
    assert told in exchange.failure


@pytest.mark.parametrize(
    ("given", "typed", "is_here", "told"),
    [
        ("shop:80", "shop:80", False, "give http(s)://HOST:PORT, or env:NAME"),
        ("socks5://shop:80", "socks5://shop:80", False, "give http(s)://HOST:PORT"),
        ("http://proxy.test/x", "http://proxy.test/x", False, "nothing behind it"),
        ("http://proxy.test:port", "http://proxy.test:port", False, "give http(s)://HOST:PORT"),
        (f"http://me:{SECRET}@proxy.test", f"http://me:{SECRET}@proxy.test", False, "env:NAME"),
        ("http://proxy.test:3128", "http://proxy.test:3128", True, "the target is on this machine"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told(
    given: str, typed: str, is_here: bool, told: str
) -> None:
    """Without its password."""
    with pytest.raises(ContractError) as raised:
        checked_proxy(given, typed, is_here)
    assert told in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_password_of_the_environment_is_none_of_the_options() -> None:
    """So it is repeated as it was typed."""
    given = f"http://me:{SECRET}@proxy.test:3128"
    assert checked_proxy(given, "env:MY_PROXY", False) == given
