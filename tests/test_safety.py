"""Does anything leave that should not, in a whole run? Host, method, resource, budget and encryption."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from chaos_proxy import HOST, named, resolver
from other_service import ENVIRONMENT, Answer, Choices, OtherService, Request
from running import CONFLUENT, DATADOG, QUIET, Answered, Run, gate, serving

from pytest_confluent_contracts.plugin import settings

if TYPE_CHECKING:
    from pathlib import Path

CLOUD = "https://api.confluent.cloud"
ONE = ("--contract-spec=confluent-api-keys", "--contract-max-examples=1")
FAST = ("--contract-insecure", "--contract-rate=2000")

# --- defaults --------------------------------------------------------------------------------------------------------


def checked(pytester: pytest.Pytester, *given: str) -> settings.Settings:
    """Return what *given* options amount to."""
    return settings.read_settings(pytester.parseconfig(*QUIET, *given))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("url", [CLOUD, "https://api.datadoghq.com", "https://gateway.example"])
def test_off_loopback_the_defaults_are_careful(pytester: pytest.Pytester, url: str) -> None:
    """Off loopback: 5 requests a second, 600 a document, 4 in flight, the limit left alone, credentials encrypted."""
    found = checked(pytester, f"--contract-target={url}", "--contract-spec=confluent-api-keys")
    assert (found.local, found.rate, found.budget, found.concurrency) == (False, 5.0, 600, 4)
    assert (found.throttle, found.insecure, found.hosts) == (False, False, ())


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"]
)
def test_on_loopback_nothing_is_held_back(pytester: pytest.Pytester, url: str) -> None:
    """On loopback there is nobody to spare: no rate, no cap, one request at a time."""
    found = checked(pytester, f"--contract-target={url}")
    assert (found.local, found.rate, found.budget, found.concurrency) == (True, 0.0, None, 1)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "url", ["http://127.example.com", "http://localhost.example.com", "http://10.0.0.7"]
)
def test_what_only_looks_like_loopback_is_not(pytester: pytest.Pytester, url: str) -> None:
    """A name that begins like a loopback address is somebody else's host."""
    assert not checked(
        pytester, f"--contract-target={url}", "--contract-spec=confluent-api-keys"
    ).local


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "given", ["https://h", "h/path", "u@h", "h:x", "h:99999", "", "two words", ":80"]
)
def test_what_is_no_host_is_refused_in_one_line(pytester: pytest.Pytester, given: str) -> None:
    """An address in the place of HOST[:PORT] is a usage error that names the option."""
    with pytest.raises(
        pytest.UsageError, match=r"\A--contract-allow-host=[^\n]*: give HOST\[:PORT\]\Z"
    ):
        checked(pytester, f"--contract-target={CLOUD}", f"--contract-allow-host={given}")


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("raise ValueError({})", "shut_shop:app"),
        ("def make(): raise ValueError({})", "shut_shop:make()"),
    ],
    ids=["import", "factory"],
)
@pytest.mark.usefixtures("bare")
def test_what_an_application_raises_is_told_without_secrets(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, module: str, target: str
) -> None:
    """Neither one of the documents nor of the options, whole or cut where the message is too long."""
    key, header = "Right7Q2Mofakey-api", "Other8R3Npgbkey-header"
    monkeypatch.setenv("CONFLUENT_CLOUD_API_SECRET", key)
    monkeypatch.setenv("SHOP_KEY", header)
    for name in [name for name in sys.modules if name == "shut_shop"]:
        monkeypatch.delitem(sys.modules, name)
    long = f"no database for {key} " + "x" * 320 + header + "y" * 600
    pytester.makepyfile(shut_shop=module.format(repr(long)))
    options = (f"--contract-target={target}", "--contract-header", "X-Shop=env:SHOP_KEY")
    with pytest.raises(pytest.UsageError) as raised:
        checked(pytester, *options, "--contract-spec=confluent-api-keys")
    told = str(raised.value)
    assert "ValueError: no database for [redacted] xxx" in told
    assert "(shut_shop.py:1, in " in told
    assert not {key[:8], header[:8], header[-8:]} & {told[at : at + 8] for at in range(len(told))}


# --- whole runs ------------------------------------------------------------------------------------------------------


def away(
    folder: Path, service: OtherService, *given: str, environment: dict[str, str] = ENVIRONMENT
) -> Run:
    """Run the gate against *service* under a name that is not loopback's."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    return gate(folder, f"--contract-target={named(service.url)}", *given, given=environment)


def prefix(request: Request) -> str:
    """Return the path without the resource."""
    return request.path.rpartition("/")[0]


def test_off_loopback_plain_http_is_refused_in_one_line(folder: Path, other: OtherService) -> None:
    """Without --contract-insecure nothing is sent, and one red clause says why in one line."""
    run = away(folder, other, *ONE, "--contract-param=id=ak-12345", "-k", "security or 200/json")
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert other.requests == []
    assert set(run.failures.values()) == {
        "not judged: not sent: credentials would travel unencrypted; use https, or --contract-insecure"
    }
    assert "Traceback" not in run.everything


OTHERS = ("ak-12345", "account_id_abc123")


def test_without_a_resource_nothing_is_changed(folder: Path, other: OtherService) -> None:
    """Off loopback and without --contract-param only strangers and unknown ids are sent, none for a real resource."""
    run = away(
        folder,
        other,
        *FAST,
        "--contract-spec=confluent-api-keys",
        "--contract-spec=datadog-confluent-cloud",
    )
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
    assert (
        run.verdicts[f"{CONFLUENT}security/none"]
        == run.verdicts[f"{DATADOG}security/none"]
        == "kept"
    )


def test_what_another_system_checks_is_not_made_up(folder: Path, other: OtherService) -> None:
    """Off loopback Datadog's keys must be pinned: without pins nothing that changes anything is sent."""
    datadog = (
        "--contract-spec=datadog-confluent-cloud",
        "--contract-param=account_id=account_id_abc123",
    )
    run = away(folder, other, *FAST, *datadog)
    accepted = [
        request
        for request in other.requests
        if request.resource_id == "account_id_abc123" and authorised(request)
    ]
    assert accepted == []
    assert other.account["api_key"] == "FIRSTKEY"
    told = {one.skipped for one in run.told if one.verdict == "not exercised"}
    assert any(
        "pin real ones" in line and "--contract-pin data.attributes.api_secret=env:" in line
        for line in told
    )
    assert run.code == 0, run.everything


def authorised(request: Request) -> bool:
    """Return whether a request carries Datadog's right credentials."""
    right = (ENVIRONMENT["DD_API_KEY"], ENVIRONMENT["DD_APP_KEY"])
    return (request.headers.get("dd-api-key"), request.headers.get("dd-application-key")) == right


PINS = (
    "--contract-pin=data.attributes.api_key=FIRSTKEY",
    "--contract-pin=data.attributes.api_secret=env:SECRET",
)
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
    assert all(count <= 3 for count in strangers.values())
    assert len(strangers) <= 28


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
        if (
            not request.is_confluent
            and authorised(request)
            and not service.problems(request, request.json)
        ):
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
        return Answer(
            307, {}, [("Content-Type", "application/json"), ("Location", url + request.path)]
        )

    with serving(elsewhere) as url, OtherService(tamper=redirect) as service:
        run = gate(
            folder, f"--contract-target={service.url}", *ONE, "-m", "security", given=ENVIRONMENT
        )
    assert service.requests
    assert (lured, run.code) == ([], 1)


def test_no_proxy_of_the_environment_is_asked(folder: Path, other: OtherService) -> None:
    """A proxy that the environment names would be another host: nothing goes there."""
    lured: list[str] = []

    def proxy(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        lured.append(path)
        return 502, [], b""

    with serving(proxy) as url:
        given = ENVIRONMENT | dict.fromkeys(
            ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), url
        )
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
    run = gate(
        folder,
        f"--contract-target={other.url}",
        *ONE,
        f"--contract-budget={budget}",
        given=ENVIRONMENT,
    )
    before = {"display_name": "first name", "description": "first description"}
    assert 0 < len(other.requests) <= budget
    assert other.spec == before, run.everything
    assert "--contract-budget raises" in run.out, run.everything
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
