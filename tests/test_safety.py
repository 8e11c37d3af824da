"""Does anything leave that should not? Host, method, resource, budget and encryption, before a request is sent."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx
import pytest
from chaos_proxy import HOST, named, resolver
from other_service import ENVIRONMENT, Answer, Choices, OtherService, Request
from running import CONFLUENT, DATADOG, QUIET, Answered, Run, gate, serving

from pytest_confluent_contracts import documents, guard, settings, targets
from pytest_confluent_contracts.cases import path_of
from pytest_confluent_contracts.cases.valid import opening
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.service import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

CLOUD = "https://api.confluent.cloud"
PATH = re.compile("/iam/v2/api-keys/[^/]+")
OURS = "/iam/v2/api-keys/ak-1"
ONE = ("--contract-spec=confluent-api-keys", "--contract-max-examples=1")
FAST = ("--contract-insecure", "--contract-rate=2000")

# --- the guard alone -------------------------------------------------------------------------------------------------


def guarded(**more: object) -> tuple[guard.Guard, list[httpx.Request]]:
    """Return a guard for one key of Confluent Cloud, and the list of what it lets out."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    given = {"origins": frozenset({CLOUD}), "method": "PATCH", "path": PATH} | more
    rules = guard.Rules(secret_headers=frozenset({"authorization"}), **given)  # type: ignore[arg-type]
    return guard.Guard(rules, VirtualClock(), httpx.MockTransport(answer)), seen


def asked(method: str, url: str, **headers: str) -> httpx.Request:
    """Return a request."""
    return httpx.Request(method, url, headers=headers)


FORBIDDEN = {
    "another host": ("PATCH", f"https://example.com{OURS}"),
    "a host that contains the target's": ("PATCH", f"https://api.confluent.cloud.example.com{OURS}"),
    "a host below the target's": ("PATCH", f"https://evil.api.confluent.cloud{OURS}"),
    "another port": ("PATCH", f"https://api.confluent.cloud:8443{OURS}"),
    "another scheme": ("PATCH", f"http://api.confluent.cloud{OURS}"),
    "another scheme at the target's port": ("PATCH", f"http://api.confluent.cloud:443{OURS}"),
    "the target's host as user name": ("PATCH", f"https://api.confluent.cloud@example.com{OURS}"),
    **{method: (method, CLOUD + OURS) for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE")},
    "the collection": ("PATCH", f"{CLOUD}/iam/v2/api-keys"),
    "the collection with a slash": ("PATCH", f"{CLOUD}/iam/v2/api-keys/"),
    "another path": ("PATCH", f"{CLOUD}/iam/v2/users/u-1"),
    "a longer path": ("PATCH", f"{CLOUD}{OURS}/rotate"),
    "a prefix": ("PATCH", f"{CLOUD}/v1{OURS}"),
    "a coded slash": ("PATCH", f"{CLOUD}/iam/v2/api-keys/ak-1%2F..%2Fak-2"),
    "a query": ("PATCH", f"{CLOUD}{OURS}?dry=1/2"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_document_does_not_declare_stays_in(what: str) -> None:
    """Another host, method or path is refused before anything leaves, in one line."""
    guard_, seen = guarded()
    method, url = FORBIDDEN[what]
    with pytest.raises(guard.Refusal, match=r"\Anot sent: [^\n]+\Z"):
        guard_.handle_request(asked(method, url))
    assert (seen, guard_.sent) == ([], 0)


def test_what_the_document_declares_goes_out() -> None:
    """The declared method on the declared path passes."""
    guard_, seen = guarded()
    assert guard_.handle_request(asked("PATCH", CLOUD + OURS)).status_code == 200
    assert (len(seen), guard_.sent) == (1, 1)


def test_another_host_may_be_allowed() -> None:
    """A host of --contract-allow-host is let out, and no other."""
    guard_, seen = guarded(origins=frozenset({CLOUD, "https://eu.confluent.cloud"}))
    guard_.handle_request(asked("PATCH", f"https://eu.confluent.cloud{OURS}"))
    with pytest.raises(guard.Refusal, match=r"https://us\.confluent\.cloud is neither .* --contract-allow-host"):
        guard_.handle_request(asked("PATCH", f"https://us.confluent.cloud{OURS}"))
    assert len(seen) == 1


SAME = {
    "https://h": ("https://h:443", "https://H"),
    "http://h": ("http://h:80",),
    "https://h:8443": ("https://h:8443",),
    "http://[::1]:8080": ("http://[::1]:8080",),
    "https://bücher.example": ("https://xn--bcher-kva.example",),
}


@pytest.mark.parametrize("url", SAME)
def test_one_service_is_known_however_it_is_written(url: str) -> None:
    """A port that the scheme implies and the case of a host make no other service; another port does."""
    assert {guard.origin(other) for other in SAME[url]} == {guard.origin(f"{url}/prefix")}
    assert sum(guard.origin(url) == guard.origin(other) for other in SAME) == 1


ALLOWED = {
    ("http://127.0.0.1:8080", "gateway.example"): {"https://gateway.example", "http://gateway.example"},
    ("http://127.0.0.1:8080", "127.0.0.1:9090"): {"https://127.0.0.1:9090", "http://127.0.0.1:9090"},
    ("https://127.0.0.1", "gateway.example:8443"): {"https://gateway.example:8443"},
}


@pytest.mark.parametrize(("target", "host"), ALLOWED)
def test_an_allowed_host_is_one_port(target: str, host: str) -> None:
    """--contract-allow-host lets out to its port, encrypted or as the target is, and to no other port of the host."""
    operation = documents.read(documents.bundled()["confluent-api-keys"]).operations[0]
    manners = targets.Manners(timeout=1.0, hosts=(host,))
    door = targets.live(target, operation, manners, operation.parameters, {}, {})
    door.wire.close()
    assert door.wire.guard.rules.origins == {target} | ALLOWED[target, host]


def test_only_the_given_resource_and_unknown_ids_go_out() -> None:
    """Of all the paths that the document declares, only those named pass."""
    guard_, seen = guarded(resources=frozenset({OURS, "/iam/v2/api-keys/nobody's id"}))
    guard_.handle_request(asked("PATCH", CLOUD + OURS))
    guard_.handle_request(asked("PATCH", f"{CLOUD}/iam/v2/api-keys/nobody's%20id"))
    for other in ("ak-2", "ak-1?x=1", "ak-1%3Fx", "AK-1", "ak-1%00"):
        with pytest.raises(guard.Refusal, match="is not the resource"):
            guard_.handle_request(asked("PATCH", f"{CLOUD}/iam/v2/api-keys/{other}"))
    assert len(seen) == 2


@pytest.mark.parametrize("id", ["ak-1", "a b", "100%41", "\u00e4+~"])
def test_an_id_of_any_characters_is_let_through(id: str) -> None:
    """The resource is known by its name, whatever of it is percent-encoded on the way."""
    operation = documents.read(documents.bundled()["confluent-api-keys"]).operations[0]
    door = targets.mocked(operation, targets.Manners(1.0), {}, lambda service: service)
    case = opening(operation, RunContext((("id", id),), {}, door.credentials))
    targets.confine(door, [path_of(case)])
    assert door.wire.exchange(case, 0).status == 404


def test_credentials_do_not_travel_in_the_clear() -> None:
    """Plain http with credentials is refused off loopback; without credentials, encrypted or asked for it passes."""
    plain = f"http://api.confluent.cloud{OURS}"
    both = frozenset({CLOUD, "http://api.confluent.cloud"})
    guard_, seen = guarded(origins=both)
    with pytest.raises(guard.Refusal, match="--contract-insecure"):
        guard_.handle_request(asked("PATCH", plain, Authorization="Basic eDp5"))
    assert seen == []
    guard_.handle_request(asked("PATCH", plain))
    guard_.handle_request(asked("PATCH", CLOUD + OURS, Authorization="Basic eDp5"))
    insecure, also_seen = guarded(origins=both, insecure=True)
    insecure.handle_request(asked("PATCH", plain, Authorization="Basic eDp5"))
    assert (len(seen), len(also_seen)) == (2, 1)


@pytest.mark.parametrize("budget", [1, 2, 10, 37])
def test_the_budget_is_never_exceeded(budget: int) -> None:
    """No more than the budget leaves; the last request is kept for putting back, where there is more than one."""
    guard_, seen = guarded(budget=budget)
    for _ in range(max(1, budget - 1)):
        guard_.handle_request(asked("PATCH", CLOUD + OURS))
    with pytest.raises(guard.BudgetSpent, match="--contract-budget"):
        guard_.handle_request(asked("PATCH", CLOUD + OURS))
    guard_.close_up()
    for _ in range(budget - len(seen)):
        guard_.handle_request(asked("PATCH", CLOUD + OURS))
    with pytest.raises(guard.BudgetSpent):
        guard_.handle_request(asked("PATCH", CLOUD + OURS))
    assert len(seen) == budget


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example", f"{CLOUD}:8443", CLOUD.replace("https", "http")])
def test_a_redirect_is_a_request_like_any_other(elsewhere: str) -> None:
    """Even a client that follows redirects gets no further than the guard: another port is another service."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(307, headers={"Location": elsewhere + OURS})

    rules = guard.Rules(frozenset({CLOUD}), "PATCH", PATH)
    transport = guard.Guard(rules, VirtualClock(), httpx.MockTransport(answer))
    with httpx.Client(transport=transport) as client, pytest.raises(guard.Refusal, match=re.escape(elsewhere)):
        client.patch(CLOUD + OURS, follow_redirects=True)
    assert transport.sent == 1


# --- defaults --------------------------------------------------------------------------------------------------------


def checked(pytester: pytest.Pytester, *given: str) -> settings.Settings:
    """Return what *given* options amount to."""
    return settings.read(pytester.parseconfig(*QUIET, *given))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("url", [CLOUD, "https://api.datadoghq.com", "https://gateway.example"])
def test_off_loopback_the_defaults_are_careful(pytester: pytest.Pytester, url: str) -> None:
    """Off loopback: 5 requests a second, 600 a document, 4 in flight, the limit left alone, credentials encrypted."""
    found = checked(pytester, f"--contract-target={url}", "--contract-spec=confluent-api-keys")
    assert (found.local, found.rate, found.budget, found.concurrency) == (False, 5.0, 600, 4)
    assert (found.throttle, found.insecure, found.hosts) == (False, False, ())


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_on_loopback_nothing_is_held_back(pytester: pytest.Pytester, url: str) -> None:
    """On loopback there is nobody to spare: no rate, no cap, one request at a time."""
    found = checked(pytester, f"--contract-target={url}")
    assert (found.local, found.rate, found.budget, found.concurrency) == (True, 0.0, None, 1)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("url", ["http://127.example.com", "http://localhost.example.com", "http://10.0.0.7"])
def test_what_only_looks_like_loopback_is_not(pytester: pytest.Pytester, url: str) -> None:
    """A name that begins like a loopback address is somebody else's host."""
    assert not checked(pytester, f"--contract-target={url}", "--contract-spec=confluent-api-keys").local


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("given", ["https://h", "h/path", "u@h", "h:x", "h:99999", "", "two words", ":80"])
def test_what_is_no_host_is_refused_in_one_line(pytester: pytest.Pytester, given: str) -> None:
    """An address in the place of HOST[:PORT] is a usage error that names the option."""
    with pytest.raises(pytest.UsageError, match=r"\A--contract-allow-host=[^\n]*: give HOST\[:PORT\]\Z"):
        checked(pytester, f"--contract-target={CLOUD}", f"--contract-allow-host={given}")


# --- whole runs ------------------------------------------------------------------------------------------------------


def away(folder: Path, service: OtherService, *given: str, environment: dict[str, str] = ENVIRONMENT) -> Run:
    """Run the gate against *service* under a name that is not loopback's."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    return gate(folder, f"--contract-target={named(service.url)}", *given, given=environment)


def prefix(request: Request) -> str:
    """Return the path without the resource."""
    return request.path.rpartition("/")[0]


def test_off_loopback_plain_http_is_refused_in_one_line(folder: Path, other: OtherService) -> None:
    """Without --contract-insecure nothing is sent, and each red clause says why in the same one line."""
    run = away(folder, other, *ONE, "--contract-param=id=ak-12345", "-k", "security or 200/json")
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert other.requests == []
    assert set(run.failures.values()) == {
        "not exercised: not sent: credentials would travel unencrypted; use https, or --contract-insecure"
    }
    assert "Traceback" not in run.everything


OTHERS = ("ak-12345", "account_id_abc123")


def test_without_a_resource_nothing_is_changed(folder: Path, other: OtherService) -> None:
    """Off loopback and without --contract-param only strangers and unknown ids are sent, none for a real resource."""
    run = away(folder, other, *FAST, "--contract-spec=confluent-api-keys", "--contract-spec=datadog-confluent-cloud")
    asked_for = {request.resource_id for request in other.requests}
    assert other.requests
    assert not asked_for & set(OTHERS), asked_for
    assert other.spec["display_name"] == "first name"
    assert other.account["api_key"] == "FIRSTKEY"
    told = [one.skipped for one in run.told if one.verdict == "not exercised"]
    for name in ("id", "account_id"):
        named_ = f"not exercised: name a resource that may be changed: --contract-param {name}=..."
        assert sum(named_ in line for line in told) >= 25, run.everything
    assert run.code == 0, run.everything
    assert run.verdicts[f"{CONFLUENT}security/none"] == run.verdicts[f"{DATADOG}security/none"] == "kept"


def test_what_another_system_checks_is_not_made_up(folder: Path, other: OtherService) -> None:
    """Off loopback Datadog's keys must be pinned: without pins nothing that changes anything is sent."""
    datadog = ("--contract-spec=datadog-confluent-cloud", "--contract-param=account_id=account_id_abc123")
    run = away(folder, other, *FAST, *datadog)
    accepted = [
        request for request in other.requests if request.resource_id == "account_id_abc123" and authorised(request)
    ]
    assert accepted == []
    assert other.account["api_key"] == "FIRSTKEY"
    told = {one.skipped for one in run.told if one.verdict == "not exercised"}
    assert any("pin real ones" in line and "--contract-pin data.attributes.api_secret=env:" in line for line in told)
    assert run.code == 0, run.everything


def authorised(request: Request) -> bool:
    """Return whether a request carries Datadog's right credentials."""
    right = (ENVIRONMENT["DD_API_KEY"], ENVIRONMENT["DD_APP_KEY"])
    return (request.headers.get("dd-api-key"), request.headers.get("dd-application-key")) == right


PINS = ("--contract-pin=data.attributes.api_key=FIRSTKEY", "--contract-pin=data.attributes.api_secret=env:SECRET")
NAMES = ("--contract-param=id=ak-12345", "--contract-param=account_id=account_id_abc123")


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, OtherService]:
    """Return a whole run off loopback, with resources and pins, in haste, and what it did to the service."""
    folder = tmp_path_factory.mktemp("default")
    documents = ("--contract-spec=confluent-api-keys", "--contract-spec=datadog-confluent-cloud")
    given = {**ENVIRONMENT, "SECRET": "first-secret"}
    with OtherService() as service:
        run = away(folder, service, *documents, *FAST, *NAMES, *PINS, environment=given)
    return run, service


def test_a_whole_run_keeps_to_what_was_given(default: tuple[Run, OtherService]) -> None:
    """Over a default run: one method, one host, the two resources, and ids that nobody has."""
    run, service = default
    assert run.code == 0, run.everything
    assert {request.method for request in service.requests} == {"PATCH"}
    assert {request.headers["host"].partition(":")[0] for request in service.requests} == {HOST}
    paths = Counter((prefix(request), unquote(request.resource_id)) for request in service.requests)
    strangers = {path: count for path, count in paths.items() if path[1] not in OTHERS}
    assert len({path[0] for path in paths}) == 2
    assert all(count <= 2 for count in strangers.values())
    assert len(strangers) <= 18


def test_a_whole_run_fits_the_default_budget(default: tuple[Run, OtherService]) -> None:
    """Off loopback at most 600 requests are sent for a document, what is put back included."""
    sent = Counter(prefix(request) for request in default[1].requests)
    assert len(sent) == 2
    assert max(sent.values()) <= 600


def test_pinned_values_are_in_every_valid_body(default: tuple[Run, OtherService]) -> None:
    """No accepted body carried another key or secret than the pinned ones."""
    service = default[1]
    assert service.account["api_key"] == "FIRSTKEY"
    pairs = set()
    for request in service.requests:
        if not request.is_confluent and authorised(request) and not service.problems(request, request.json):
            attributes = request.json["data"]["attributes"]
            pairs.add((attributes["api_key"], attributes["api_secret"]))
    assert pairs == {("FIRSTKEY", "first-secret")}


def test_a_redirect_is_not_followed(folder: Path) -> None:
    """A target that answers 307 is judged for that; the address it names is not asked."""
    lured: list[str] = []

    def elsewhere(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        lured.append(path)
        return 200, [], b"{}"

    def redirect(request: Request, answer: Answer) -> Answer:
        return Answer(307, {}, [("Content-Type", "application/json"), ("Location", url + request.path)])

    with serving(elsewhere) as url, OtherService(tamper=redirect) as service:
        run = gate(folder, f"--contract-target={service.url}", *ONE, "-m", "security", given=ENVIRONMENT)
    assert service.requests
    assert (lured, run.code) == ([], 1)


def test_no_proxy_of_the_environment_is_asked(folder: Path, other: OtherService) -> None:
    """A proxy that the environment names would be another host: nothing goes there."""
    lured: list[str] = []

    def proxy(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        lured.append(path)
        return 502, [], b""

    with serving(proxy) as url:
        given = ENVIRONMENT | dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), url)
        run = gate(folder, f"--contract-target={other.url}", *ONE, "-m", "security", given=given)
    assert other.requests
    assert (lured, run.code) == ([], 0)


@pytest.mark.parametrize("budget", [1, 10, 37])
def test_both_documents_share_the_budget(folder: Path, other: OtherService, budget: int) -> None:
    """A budget is the run's: two documents together send no more than one would."""
    gate(folder, f"--contract-target={other.url}", f"--contract-budget={budget}", given=ENVIRONMENT)
    assert 0 < len(other.requests) <= budget


@pytest.mark.parametrize("budget", [1, 10, 37])
def test_no_run_sends_more_than_its_budget(folder: Path, other: OtherService, budget: int) -> None:
    """At a tiny budget no more leaves, restoring included; what was not seen is skipped, and the key is as it was."""
    run = gate(folder, f"--contract-target={other.url}", *ONE, f"--contract-budget={budget}", given=ENVIRONMENT)
    before = {"display_name": "first name", "description": "first description"}
    assert 0 < len(other.requests) <= budget
    assert other.spec == before, run.everything
    assert f"the budget of {budget} requests is spent" in run.out
    assert run.red == set(), run.failures
    assert run.code == 0


def test_the_budget_counts_retries_too(folder: Path) -> None:
    """Requests that are sent again after a 429 count: a service that always throttles sees no more than the budget."""
    with OtherService(Choices(limit=3, window=1.0)) as service:
        gate(
            folder,
            f"--contract-target={service.url}",
            *ONE,
            "--contract-budget=10",
            "-k",
            "200/json",
            given=ENVIRONMENT,
        )
    assert len(service.requests) <= 10
