"""Does the network's trouble stay apart from the service's? A fault proxy between the two."""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from chaos_proxy import (
    BadGateway,
    Fault,
    FaultProxy,
    Half,
    Plan,
    Reset,
    Retelling,
    Slow,
    bursts,
    named,
    now_and_then,
    resolver,
)
from other_service import ENVIRONMENT, Choices, OtherService
from running import CONFLUENT, Run, gate

from pytest_confluent_contracts.http.connections import RENEWED_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ONE = (
    "--contract-spec=confluent-api-keys",
    "--contract-max-examples=1",
    "--contract-param=id=ak-12345",
)
AWAY = ("--contract-insecure", "--contract-rate=2000")
BEFORE = {"display_name": "first name", "description": "first description"}
KINDS: dict[str, tuple[Plan, str]] = {
    # Halfway between those that open a connection anew: each has answered several times by then.
    "reset": (now_and_then(Reset(), 2 * RENEWED_AFTER, 15), "the connection broke"),
    "slow": (now_and_then(Slow(0.5), 90), "no complete answer within 0.25 s"),
    "half": (now_and_then(Half(), 45), "the answer broke off"),
    "502": (bursts(BadGateway(), 2, 45), "502 answered"),
}
# Not those that a client may see on any connection that was open before.
ANSWERED_AGAIN = [kind for kind in KINDS if kind != "reset"]
# What is lost here needs no time to recover.
HASTY = "from pytest_confluent_contracts.plugin import gate\ngate.REMOTE_BACKOFF_S = 0.05\n"
Held = tuple[Run, OtherService, list[str]]


def held(
    folder: Path, plan: Plan, *options: str, choices: Choices | None = None, far: bool = False
) -> Held:
    """Run the gate against a conforming service behind a proxy with faults."""
    if far:
        (folder / "conftest.py").write_text(resolver() + HASTY, encoding="utf-8")
    with OtherService(choices) as service, FaultProxy(service.url, plan) as proxy:
        url = named(proxy.url) if far else proxy.url
        run = gate(folder, f"--contract-target={url}", *ONE, *options, given=ENVIRONMENT)
    return run, service, proxy.met


def nothing(_: int) -> Fault | None:
    """No fault at all."""
    return None


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Held]:
    """Return the run under a kind of chaos, ``""`` for none; each is run once."""
    runs: dict[str, Held] = {}

    def run(kind: str) -> Held:
        if kind not in runs:
            plan = KINDS[kind][0] if kind else nothing
            timeout = "--contract-timeout=0.25" if kind == "slow" else "--contract-timeout=5"
            runs[kind] = held(tmp_path_factory.mktemp(f"chaos-{kind}"), plan, timeout)
        return runs[kind]

    return run


def differing(one: Run, other: Run) -> set[str]:
    """Return the clauses, without the document's name, on which two runs differ.

    Whether there is evidence of how Reset moves hangs on how long a run takes.
    """
    ids = (set(one.verdicts) | set(other.verdicts)) - {f"{CONFLUENT}rate-limit/reset-moves"}
    return {
        id.removeprefix(CONFLUENT) for id in ids if one.verdicts.get(id) != other.verdicts.get(id)
    }


def test_without_faults_the_proxy_changes_nothing(chaos: Callable[[str], Held]) -> None:
    """The proxy itself is no finding."""
    run, service, met = chaos("")
    assert (run.code, met, service.spec) == (0, [], BEFORE), run.everything


@pytest.mark.parametrize("kind", ANSWERED_AGAIN)
def test_chaos_breaks_no_clause_but_that_on_answers(
    chaos: Callable[[str], Held], kind: str
) -> None:
    """On loopback a lost answer is the service's: `answered` is broken, and every other verdict stands."""
    run, _, met = chaos(kind)
    assert len(met) >= 3
    assert differing(run, chaos("")[0]) == {"answered"}
    assert run.red == {f"{CONFLUENT}answered"}


@pytest.mark.parametrize("kind", ANSWERED_AGAIN)
def test_each_kind_of_chaos_is_named(chaos: Callable[[str], Held], kind: str) -> None:
    """The red line says in words what happened, and that it was answered when sent again; each retry has its line."""
    run, _, met = chaos(kind)
    line = run.failures[f"{CONFLUENT}answered"]
    assert KINDS[kind][1] in line, line
    assert "again" in line
    retries = [
        line
        for line in run.out.splitlines()
        if line.startswith("contracts: ") and "sent again in" in line
    ]
    # A busy machine is slow by itself now and then.
    by_itself = len(retries) - len(met) if kind == "slow" else 0
    assert len(retries) == len(met) + max(0, by_itself)


def test_resets_of_connections_kept_open_are_counted(chaos: Callable[[str], Held]) -> None:
    """Each may be closed, and what is lost is sent again without a word; that it is lost again and again only warns."""
    run, _, met = chaos("reset")
    assert len(met) >= 3
    assert differing(run, chaos("")[0]) == {"wire/kept-open"}
    assert run.verdicts[f"{CONFLUENT}wire/kept-open"] == "warned"
    assert re.search(rf"\b{len(met)} of \d+ requests were lost on a connection", run.out), run.out
    assert "sent again in" not in run.out


@pytest.mark.parametrize("kind", KINDS)
def test_under_chaos_the_resource_is_put_back(chaos: Callable[[str], Held], kind: str) -> None:
    """Whatever was lost on the way, the key is as it was."""
    assert chaos(kind)[1].spec == BEFORE


def test_a_fault_on_the_last_request_does_not_keep_the_resource_changed(folder: Path) -> None:
    """The update that puts back is sent again where it is lost."""
    some = ("-k", "request/undeclared")
    last = len(held(folder, nothing, *some)[1].requests) - 1
    run, service, met = held(
        folder, lambda number: Reset() if number in (last, last + 1) else None, *some
    )
    assert met == ["Reset", "Reset"], run.everything
    assert service.spec == BEFORE


SECURITY = ("-k", "security or request/undeclared or unknown-id")


@pytest.mark.parametrize("kind", ["reset", "half", "502"])
def test_off_loopback_chaos_is_nobodys_breach(folder: Path, kind: str) -> None:
    """Off loopback, what is answered when sent again is availability: each clause is green, with requests in flight."""
    faults: dict[str, Fault] = {"reset": Reset(), "half": Half(), "502": BadGateway()}
    run, service, met = held(folder, now_and_then(faults[kind], 12), *AWAY, *SECURITY, far=True)
    assert len(met) >= 5
    assert (run.code, run.red) == (0, set()), run.everything
    assert service.spec == BEFORE


def test_off_loopback_availability_is_a_finding_of_its_own(folder: Path) -> None:
    """`answered` is kept and `answered/at-once` warns, by name and number, without failing the run."""
    run, _, met = held(folder, bursts(BadGateway(), 2, 60), *AWAY, far=True)
    assert met
    assert (run.code, run.red) == (0, set()), run.everything
    assert run.verdicts[f"{CONFLUENT}answered"] == "kept"
    assert run.verdicts[f"{CONFLUENT}answered/at-once"] == "warned"
    assert "502 answered" in run.out


def test_a_gateway_that_never_recovers_is_broken(folder: Path) -> None:
    """502 to everything is no availability finding: the statuses of the contract are broken, and the run ends."""
    run, service, met = held(
        folder, lambda _: BadGateway(), *AWAY, "-k", "security or request/unknown-id", far=True
    )
    assert len(met) <= 12, "a gateway that is down is not asked on and on"
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert service.spec == BEFORE
    assert any("502" in line for line in run.failures.values())


# --- 429 bursts ------------------------------------------------------------------------------------------------------

TELLING: dict[str, Callable[[], str]] = {
    "seconds": lambda: "1",
    "date": lambda: formatdate(time.time() + 1, usegmt=True),
    "absent": lambda: "",
    "absurd": lambda: "soon, or -1",
}
LIMITED = Choices(limit=60, window=1.0)
RATE = ("-k", "429/ or security or request/undeclared")


@pytest.fixture(scope="module")
def bursting(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Held]:
    """Return the run against a limited service whose Retry-After is told in one way; each is run once."""
    runs: dict[str, Held] = {}

    def run(form: str) -> Held:
        if form not in runs:
            fault = Retelling(TELLING[form])
            folder = tmp_path_factory.mktemp(f"burst-{form}")
            runs[form] = held(
                folder, lambda _: fault, *RATE, "--contract-throttle", choices=LIMITED
            )
        return runs[form]

    return run


@pytest.mark.parametrize("form", TELLING)
def test_bursts_of_429_are_waited_out(bursting: Callable[[str], Held], form: str) -> None:
    """However Retry-After is told, the run ends, and the key is as it was."""
    run, service, _ = bursting(form)
    assert run.code in (0, 1), run.everything
    assert "again and again" not in run.out
    assert service.spec == BEFORE


def test_retry_after_in_seconds_is_kept(bursting: Callable[[str], Held]) -> None:
    """The documented form is green."""
    run = bursting("seconds")[0]
    assert (run.code, run.verdicts[f"{CONFLUENT}429/header/Retry-After"]) == (0, "kept"), (
        run.everything
    )


@pytest.mark.parametrize("form", ["date", "absent", "absurd"])
def test_only_the_form_of_retry_after_is_held_against_it(
    bursting: Callable[[str], Held], form: str
) -> None:
    """Another form breaks the clause on the header, and no clause that is not about Retry-After."""
    run = bursting(form)[0]
    assert run.verdicts[f"{CONFLUENT}429/header/Retry-After"] == "broken", run.everything
    assert {
        id for id in differing(run, bursting("seconds")[0]) if "retry-after" not in id.lower()
    } == set()


# --- no connection at all --------------------------------------------------------------------------------------------


def test_tls_that_is_refused_is_named(folder: Path, other: OtherService) -> None:
    """https on a port that speaks http: the run ends, and its one red line says that there was no connection, and why."""
    url = other.url.replace("http:", "https:")
    run = gate(folder, f"--contract-target={url}", *ONE, "-k", "security", given=ENVIRONMENT)
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert len(run.red) == 1
    assert all("no connection" in line and "SSL" in line for line in run.failures.values()), (
        run.failures
    )
    assert "Traceback" not in run.everything


def test_a_name_that_does_not_resolve_is_named(folder: Path) -> None:
    """A host that nobody knows: the run ends, and its one red line says so."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    run = gate(
        folder, "--contract-target=https://nowhere.test", *ONE, "-k", "security", given=ENVIRONMENT
    )
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert len(run.red) == 1
    assert all("Name or service not known" in line for line in run.failures.values()), run.failures


@pytest.mark.parametrize(("failing", "code"), [(2, 0), (99, 1)])
def test_a_name_that_resolves_at_the_third_try_will_do(
    folder: Path, other: OtherService, failing: int, code: int
) -> None:
    """Two failures of the resolver are retried; one that goes on is told."""
    (folder / "conftest.py").write_text(resolver(failing) + HASTY, encoding="utf-8")
    options = (*ONE, *AWAY, "-k", "security", "--contract-concurrency=1")
    run = gate(folder, f"--contract-target={named(other.url)}", *options, given=ENVIRONMENT)
    assert run.code == code, run.everything
    assert "Name or service not known" in run.out
