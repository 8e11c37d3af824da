"""Does a gate that is spread over workers, machines and jobs send the same, once?"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from chaos_proxy import named, resolver
from other_service import ENVIRONMENT, OtherService, Request
from running import CONFLUENT, DATADOG, Run, gate

from pytest_confluent_contracts.report import files

if TYPE_CHECKING:
    from pathlib import Path

SOME = (
    "--contract-max-examples=1",
    "-k",
    "security or unknown-id or body/json or request/undeclared",
)
ONE, TWO = "--contract-spec=confluent-api-keys", "--contract-spec=datadog-confluent-cloud"

NOTING = """
import os
from pathlib import Path

def pytest_contract_exchange(config, exchange):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "none")
    with (Path({place!r}) / "workers").open("a") as log:
        log.write(f"{{worker}} {{exchange.case.operation.id}} {{os.getcwd()}}\\n")
"""


def held(folder: Path, service: OtherService, *options: str) -> Run:
    """Run the gate in *folder*, noting which worker sends what."""
    (folder / "conftest.py").write_text(NOTING.format(place=str(folder)), encoding="utf-8")
    return gate(folder, f"--contract-target={service.url}", *SOME, *options, given=ENVIRONMENT)


def noted(folder: Path) -> set[tuple[str, str, str]]:
    """Return (worker, operation, folder) of each request."""
    lines = (folder / "workers").read_text(encoding="utf-8").splitlines()
    return {
        (worker, operation, place)
        for worker, operation, place in (line.split(" ", 2) for line in lines)
    }


def requests_of(service: OtherService) -> Counter[tuple[str, bytes]]:
    """Return what a service was asked, without order."""
    return Counter((request.path, request.body) for request in service.requests)


def document_of(request: Request) -> str:
    """Return which document a request belongs to."""
    return "confluent" if request.is_confluent else "datadog"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, OtherService]:
    """Return the run in one process."""
    with OtherService() as service:
        (folder := tmp_path_factory.mktemp("alone") / "run").mkdir()
        return held(folder, service), service


WAYS = {
    "-n 2": ("-n", "2"),
    "-n 3": ("-n", "3"),
    "-n 2 --dist no": ("-n", "2", "--dist", "no"),
    "-n 2 --dist load": ("-n", "2", "--dist", "load"),
    "-n 2 --dist loadscope": ("-n", "2", "--dist", "loadscope"),
    "-n 2 --dist loadfile": ("-n", "2", "--dist", "loadfile"),
    "-n 2 --dist loadgroup": ("-n", "2", "--dist", "loadgroup"),
    "-n 2 --dist worksteal": ("-n", "2", "--dist", "worksteal"),
}


@pytest.mark.parametrize("way", WAYS)
def test_workers_send_what_one_process_sends(
    folder: Path, other: OtherService, alone: tuple[Run, OtherService], way: str
) -> None:
    """An operation stays on one worker, without being asked to; the same is sent, and the same is said, once."""
    run = held(folder, other, *WAYS[way])
    workers = Counter(operation for _, operation, _ in noted(folder))
    assert (run.code, workers) == (
        0,
        Counter({"updateIamV2ApiKey": 1, "UpdateConfluentAccount": 1}),
    ), run.everything
    assert requests_of(other) == requests_of(alone[1])
    assert run.verdicts == alone[0].verdicts
    assert run.out.count("= contracts =") == 1


@pytest.mark.parametrize("workers", [("-n", "2"), ("--tx", "2*popen")], ids=" ".join)
def test_no_worker_repeats_what_another_sends(
    folder: Path, other: OtherService, workers: tuple[str, ...]
) -> None:
    """--dist each would send everything twice, to one resource: it is refused in one line, and nothing leaves."""
    run = held(folder, other, *workers, "--dist", "each")
    lines = [line for line in run.err.splitlines() if line]
    assert (run.code, other.requests) == (pytest.ExitCode.USAGE_ERROR, []), run.everything
    assert len(lines) == 1
    assert "--dist=each" in lines[0]


def told(folder: Path) -> tuple[dict[str, str], int, int]:
    """Return what a report says: verdicts by node id, clauses, exchanges."""
    report = files.read_report(folder / "report")
    clauses = report["clauses"]
    return (
        {one["node"]: one["verdict"] for one in clauses},
        len(clauses),
        report["exchanges"]["count"],
    )


def test_workers_write_one_complete_report(
    folder: Path, tmp_path: Path, other: OtherService
) -> None:
    """The reports of two workers are written once, and say what the reports of one process say."""
    (single := tmp_path / "single").mkdir()
    summary = tmp_path / "summary.md"
    with OtherService() as service:
        held(single, service, "--contract-report=report")
    (folder / "conftest.py").write_text(NOTING.format(place=str(folder)), encoding="utf-8")
    options = (f"--contract-target={other.url}", *SOME, "-n", "2", "--contract-report=report")
    run = gate(folder, *options, given=ENVIRONMENT | {"GITHUB_STEP_SUMMARY": str(summary)})
    verdicts, clauses, exchanges = told(folder)
    assert (verdicts, clauses) == (run.verdicts, len(run.verdicts))
    assert (verdicts, clauses, exchanges) == told(single)
    assert sorted(
        path.name for path in tmp_path.rglob("report*/*") if single not in path.parents
    ) == sorted(path.name for path in (single / "report").iterdir())
    assert summary.read_text(encoding="utf-8") == (folder / "report" / "summary.md").read_text(
        encoding="utf-8"
    )


def test_two_workers_share_the_work(folder: Path, other: OtherService) -> None:
    """With two workers and two operations both have something to do."""
    held(folder, other, "-n", "2")
    assert {worker for worker, _, _ in noted(folder)} == {"gw0", "gw1"}


def test_a_remote_worker_sends_what_one_process_sends(
    folder: Path, tmp_path: Path, other: OtherService, alone: tuple[Run, OtherService]
) -> None:
    """Through xdist's own workers in other folders, the stand-in for other machines, the total is the same."""
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    gateways = [part for place in places for part in ("--tx", f"popen//chdir={place}")]
    run = held(folder, other, *gateways, "--dist", "loadscope")
    assert run.code == 0, run.everything
    assert requests_of(other) == requests_of(alone[1])
    assert run.verdicts == alone[0].verdicts


def test_a_random_seed_is_the_same_for_all_workers(folder: Path, other: OtherService) -> None:
    """The seed is drawn once: workers that drew their own would not agree on what to collect or send."""
    run = held(folder, other, "-n", "2", "--contract-seed=random")
    assert run.code == 0, run.everything


@pytest.mark.parametrize("budget", [1, 10, 37])
def test_workers_keep_to_the_budget(folder: Path, other: OtherService, budget: int) -> None:
    """No run sends more than the budget, however many workers there are, putting back included."""
    run = held(folder, other, "-n", "2", f"--contract-budget={budget}")
    sent = Counter(map(document_of, other.requests))
    assert run.red == set(), run.failures
    assert set(sent) == ({"confluent", "datadog"} if budget > 1 else {"confluent"})
    assert sum(sent.values()) <= budget


def test_workers_share_the_rate(folder: Path) -> None:
    """At 40 a second, two workers together send 40 a second and no more."""

    class Timed(OtherService):
        def respond(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
            times.append(time.monotonic())
            return super().respond(request)

    times: list[float] = []
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    pins = (
        "--contract-pin=data.attributes.api_key=FIRSTKEY",
        "--contract-pin=data.attributes.api_secret=first-secret",
    )
    names = ("--contract-param=id=ak-12345", "--contract-param=account_id=account_id_abc123")
    with Timed() as service:
        options = (
            f"--contract-target={named(service.url)}",
            ONE,
            TWO,
            *pins,
            *names,
            "--contract-insecure",
        )
        run = gate(
            folder, *options, "--contract-rate=40", "-n", "2", "-k", "security", given=ENVIRONMENT
        )
    assert run.code == 0, run.everything
    busiest = max(sum(begun <= moment < begun + 1.0 for moment in times) for begun in times)
    assert busiest <= 42


def test_jobs_split_by_document_add_up_to_one(
    tmp_path: Path, alone: tuple[Run, OtherService]
) -> None:
    """Two jobs, a document each, judge the same clauses with the same verdicts and requests as one."""
    verdicts: dict[str, str] = {}
    with OtherService() as service:
        for name in (ONE, TWO):
            (folder := tmp_path / name.partition("=")[2]).mkdir()
            run = held(folder, service, name)
            assert not set(run.verdicts) & set(verdicts)
            verdicts |= run.verdicts
    assert verdicts == alone[0].verdicts
    assert requests_of(service) == requests_of(alone[1])


def test_jobs_split_by_operation_add_up_to_one(
    tmp_path: Path, alone: tuple[Run, OtherService]
) -> None:
    """Two jobs, a node id each, do too."""
    verdicts: dict[str, str] = {}
    with OtherService() as service:
        for name in (CONFLUENT, DATADOG):
            (folder := tmp_path / name.split("::")[1]).mkdir()
            run = held(folder, service, name.removesuffix("::"))
            verdicts |= run.verdicts
    assert verdicts == alone[0].verdicts
    assert requests_of(service) == requests_of(alone[1])


def test_each_job_has_its_own_budget(folder: Path, other: OtherService) -> None:
    """A job with one document may send the whole budget to it."""
    held(folder, other, ONE, "--contract-budget=30")
    assert 25 <= len(other.requests) <= 30
