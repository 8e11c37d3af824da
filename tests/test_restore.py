"""Is the resource as it was, however the run ends?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import Run, ctrl_c, gate, interrupted

from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from pathlib import Path

CONFLUENT = ("--contract-spec=confluent-api-keys", "--contract-max-examples=1")
PINS = (
    "--contract-pin=data.attributes.api_key=FIRSTKEY",
    "--contract-pin=data.attributes.api_secret=first-secret",
)
DATADOG = ("--contract-spec=datadog-confluent-cloud", "--contract-max-examples=1", *PINS)
SOME = ("-k", "request/undeclared")  # few requests, and most of them write something
BEFORE = (
    {"display_name": "first name", "description": "first description"},
    ["first", "first:tag"],
)


def state(service: OtherService) -> tuple[dict[str, Any], list[str]]:
    """Return what the run may have changed."""
    return service.spec, service.account["tags"]


def changed(service: OtherService) -> bool:
    """Return whether a request wrote another value than the first one: else a test would prove nothing."""
    bodies = [request.json for request in service.requests]
    return any(isinstance(body, dict) and (body.get("spec") or body.get("data")) for body in bodies)


def held(folder: Path, service: OtherService, *options: str) -> Run:
    """Run the gate against *service* in *folder*; what it keeps of the resource lies beside it."""
    (kept := folder.parent / "kept").mkdir(exist_ok=True)
    given = ENVIRONMENT | {"TMPDIR": str(kept)}
    return gate(folder, f"--contract-target={service.url}", *options, given=given)


def failing(request: Request, answer: Answer) -> Answer:
    """Answer 500 to the document's own example, after doing what it asks."""
    if answer.status == 200 and "metadata" in request.json:
        answer.status, answer.payload = 500, {"errors": [{"id": "e-1", "status": "500"}]}
    return answer


# --- runs that end by themselves -------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [CONFLUENT, DATADOG], ids=["confluent", "datadog"])
def test_after_a_normal_end_the_resource_is_as_it_was(
    folder: Path, other: OtherService, document: tuple[str, ...]
) -> None:
    """Everything that was changed is put back, and nothing has to be said."""
    run = held(folder, other, *document, *SOME)
    assert (run.code, changed(other)) == (0, True), run.everything
    assert state(other) == BEFORE
    assert (other.account["api_key"], other.api_secret) == ("FIRSTKEY", "first-secret")
    assert "not put back" not in run.out


CLAUSES = (
    "request/accepted",
    "request/body/json",
    "request/spec/type",
    "request/unknown-id",
    "security/none",
)


@pytest.mark.parametrize("clause", CLAUSES)
def test_whatever_is_chosen_the_resource_is_as_it_was(
    folder: Path, other: OtherService, clause: str
) -> None:
    """A run of one clause, chosen with -k or by --lf, knows the first state too: whichever probe comes first."""
    run = held(folder, other, *CONFLUENT, "-k", clause)
    assert run.code == 0, run.everything
    assert state(other) == BEFORE


def test_after_a_failure_with_x_the_resource_is_as_it_was(folder: Path) -> None:
    """A broken clause and -x end the run early, and the key is put back."""

    with OtherService(tamper=failing) as service:
        run = held(folder, service, *CONFLUENT, "-x", "-k", "request/example or security")
    assert (run.code, len(run.red), changed(service)) == (1, 1, True), run.everything
    assert "security/none" not in "".join(run.verdicts)
    assert state(service) == BEFORE


AT_THE = """
import os
from pathlib import Path

import pytest

count = 0

def pytest_contract_exchange(config, exchange):
    global count
    count += 1
    flag = Path(__file__).parent / "died"
    if count == {number} and ({where}):
        {how}
"""
DYING = {
    "where": "hasattr(config, 'workerinput') and not flag.exists()",
    "how": "flag.touch(); os._exit(9)",
}


def ending(folder: Path, number: int, how: str, where: str = "True") -> None:
    """Write a conftest.py that ends the run at the exchange with this number."""
    (folder / "conftest.py").write_text(
        AT_THE.format(number=number, how=how, where=where), encoding="utf-8"
    )


ENDINGS = {
    "pytest.exit": ('pytest.exit("enough")', 2),
    "an exception of a hook": ('raise RuntimeError("a bug in a conftest.py")', 1),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 2),
    "SystemExit": ("raise SystemExit(3)", None),
}


@pytest.mark.parametrize("end", ENDINGS)
def test_however_a_run_is_broken_off_the_resource_is_as_it_was(
    folder: Path, other: OtherService, end: str
) -> None:
    """A conftest.py that ends the run in the middle of a probe does not keep the key from being put back."""
    how, code = ENDINGS[end]
    ending(folder, 20, how)
    run = held(folder, other, *CONFLUENT, *SOME)
    assert len(other.requests) > 20, run.everything
    assert state(other) == BEFORE
    assert code is None or run.code == code, run.everything


BROKEN_HOOK = """
def pytest_contract_exchange(exchange):
    if exchange.case.title == "put back what was there":
        raise RuntimeError("a bug in a conftest.py")
"""


def test_where_putting_back_one_resource_fails_the_others_are_put_back(
    folder: Path, other: OtherService
) -> None:
    """A hook that fails whenever something is put back keeps neither document's resource from being put back."""
    (folder / "conftest.py").write_text(BROKEN_HOOK, encoding="utf-8")
    run = held(folder, other, *CONFLUENT, *DATADOG, *SOME)
    assert (run.code, changed(other)) == (1, True), run.everything
    assert "RuntimeError: a bug in a conftest.py" in run.everything
    assert state(other) == BEFORE


def test_what_cannot_be_put_back_is_said(folder: Path, other: OtherService) -> None:
    """Without pins Datadog's key and secret are overwritten before any answer shows them: both are named at the end."""
    run = held(
        folder, other, "--contract-spec=datadog-confluent-cloud", "--contract-max-examples=1", *SOME
    )
    assert other.account["tags"] == BEFORE[1]
    [line] = [line for line in run.out.splitlines() if line.startswith("not put back: ")]
    assert "data.attributes.api_secret" in line
    assert other.account["api_key"] == "FIRSTKEY" or "data.attributes.api_key" in line, line


def test_a_service_that_refuses_to_be_put_back_is_told(folder: Path, other: OtherService) -> None:
    """Where the last update is refused, the line says so, with the values that were there."""
    held(folder, other, *CONFLUENT, *SOME)

    class Closing(OtherService):
        def update(self, request: Request) -> Any:
            if (
                len(self.requests) >= len(other.requests)
                and (request.json or {}).get("spec", {}).get("display_name") == "first name"
            ):
                return self.shown(self.confluent_payload()) | {"spec": 1 / 0}
            return super().update(request)

    with Closing() as service:
        run = held(folder, service, *CONFLUENT, *SOME)
    [line] = [line for line in run.out.splitlines() if line.startswith("not put back: ")]
    assert "first name" in line
    assert "answered 500" in line


def test_what_cannot_be_put_back_holds_no_secret(folder: Path, other: OtherService) -> None:
    """The line on what stays changed names members; a credential that stood in one of them is blanked."""
    other.spec["description"] = f"made with {ENVIRONMENT['CONFLUENT_CLOUD_API_SECRET']}"
    run = held(folder, other, *CONFLUENT, *SOME)
    [line] = [line for line in run.out.splitlines() if line.startswith("not put back: ")]
    assert "spec.description" in line
    assert ENVIRONMENT["CONFLUENT_CLOUD_API_SECRET"] not in run.everything


# --- runs that are ended ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [2, 100])
def test_ctrl_c_puts_back_prints_and_exits_2(folder: Path, other: OtherService, after: int) -> None:
    """Ctrl-C in the middle: the resource is as it was, the closing section is printed, exit 2."""
    done = interrupted(folder, other, after, ctrl_c, *CONFLUENT, "-p", "no:schemathesis")
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    assert state(other) == BEFORE
    assert "= contracts =" in done.out
    assert "no verdict: the run ended after" in done.out
    assert "INTERNALERROR" not in done.everything


def test_no_hook_of_the_garbage_collector_swallows_ctrl_c() -> None:
    """Python drops what is raised in a gc callback, Ctrl-C too: drawing bodies leaves none behind."""
    drawing = """
import gc
from pytest_confluent_contracts import cases, documents
from pytest_confluent_contracts.model.traffic import Probe, RunContext
read = documents.read_document(documents.bundled_documents()["confluent-api-keys"])
operation = next(one for one in read.operations if one.method == "PATCH")
during = []
gc.callbacks.append(lambda phase, info: during.append(len(gc.callbacks)))
for probe in Probe:
    cases.of(probe, operation, RunContext(operation.parameters, {}, {}))
assert set(during) == {1} and len(gc.callbacks) == 1, (set(during), gc.callbacks)
"""
    done = subprocess.run(
        [sys.executable, "-c", drawing], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


NODE = "contracts/confluent-api-keys::updateIamV2ApiKey::"
VERDICTS = (f"{NODE}document/example/422", f"{NODE}200/json", "--contract-max-examples=1")


def test_ctrl_c_after_verdicts_tells_them(folder: Path, other: OtherService) -> None:
    """Verdicts that were reached before Ctrl-C stand in the closing section."""
    done = interrupted(folder, other, 100, ctrl_c, *VERDICTS)
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    assert "confluent-api-keys::updateIamV2ApiKey: " in done.out
    assert state(other) == BEFORE


def test_ctrl_c_ends_workers_too(folder: Path, other: OtherService) -> None:
    """Ctrl-C under xdist: the resource is as it was, exit 2."""
    done = interrupted(folder, other, 100, ctrl_c, *CONFLUENT, "-n", "2")
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    time.sleep(0.5)
    assert state(other) == BEFORE


ENDED = {
    "SIGTERM": lambda pid: os.kill(pid, signal.SIGTERM),
    "SIGTERM to all": lambda pid: os.killpg(pid, signal.SIGTERM),
    "SIGHUP": lambda pid: os.kill(pid, signal.SIGHUP),
    "SIGHUP to all": lambda pid: os.killpg(pid, signal.SIGHUP),
}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])
@pytest.mark.parametrize("how", ENDED)
def test_a_cancelled_job_puts_back(
    folder: Path, other: OtherService, how: str, workers: tuple[str, ...]
) -> None:
    """CI cancels a job with SIGTERM, a terminal that is closed sends SIGHUP: the resource is put back all the same."""
    done = interrupted(folder, other, 60, ENDED[how], *CONFLUENT, *workers)
    assert (done.code, changed(other)) == (pytest.ExitCode.INTERRUPTED, True), done.everything
    assert state(other) == BEFORE


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])
def test_what_a_killed_run_leaves_is_enough_to_put_back(
    folder: Path, other: OtherService, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """Nothing runs after SIGKILL: what was there lies in a folder of ours alone, without a secret; the next run names it."""
    other.spec["description"] = f"made with {ENVIRONMENT['CONFLUENT_CLOUD_API_SECRET']}"
    (place := tmp_path / "temporary").mkdir()
    given = {"TMPDIR": str(place)}
    interrupted(
        folder,
        other,
        60,
        lambda pid: os.killpg(pid, signal.SIGKILL),
        *CONFLUENT,
        *workers,
        given=given,
    )
    [left] = place.glob("contract-state-*/*.json")
    assert left.parent.stat().st_mode & 0o077 == 0
    kept = json.loads(left.read_text(encoding="utf-8"))
    assert kept["resource"] == f"{other.url}/iam/v2/api-keys/ak-12345"
    assert kept["was"] == {
        "spec.display_name": "first name",
        "spec.description": "made with [redacted]",
    }
    again = gate(folder, "--contract-target=mock", "-k", "nothing", given=given)
    assert f"a run that was killed put nothing back; what was there: {left}" in again.out
    left.unlink()
    assert (
        "was killed" not in gate(folder, "--contract-target=mock", "-k", "nothing", given=given).out
    )


# --- workers that die ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarts", ["0", "4"], ids=["not replaced", "replaced"])
@pytest.mark.parametrize("document", [CONFLUENT, DATADOG], ids=["confluent", "datadog"])
def test_after_the_death_of_a_worker_the_resource_is_as_it_was(
    folder: Path, other: OtherService, document: tuple[str, ...], restarts: str
) -> None:
    """A worker that dies in the middle of a probe leaves nothing behind, whether another takes its place or not."""
    ending(folder, 15, **DYING)
    few = ("-k", "200/header/X-RateLimit-Limit" if document is CONFLUENT else "rate-limit/integers")
    run = held(folder, other, *document, "-n", "1", f"--max-worker-restart={restarts}", *few)
    assert (folder / "died").exists(), run.everything
    assert (run.code, changed(other)) == (1, True), run.everything
    assert state(other) == BEFORE
    assert other.account["api_key"] == "FIRSTKEY"


def test_a_worker_that_dies_after_the_first_answer_leaves_nothing(
    folder: Path, other: OtherService
) -> None:
    """Nothing is changed before it is known how to put it back."""
    ending(folder, 2, **DYING)
    held(folder, other, *CONFLUENT, "-n", "1", "--max-worker-restart=0", *SOME)
    assert (folder / "died").exists()
    assert state(other) == BEFORE


def test_a_worker_without_the_controllers_folder_keeps_nothing(tmp_path: Path) -> None:
    """On another machine there is no such folder: the state that the worker saw is the one it puts back."""
    was = {"spec.display_name": "first name"}
    assert saved_state.first(tmp_path / "elsewhere", ("a", "b"), "https://h/1", was) == was
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_alive_left_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the state of a process that is gone is an orphan."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    saved_state.first(saved_state.folder(), ("a", "b"), "https://h/1", {})
    assert saved_state.orphans() == []
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    monkeypatch.setattr(os, "getpid", lambda: gone.pid)
    saved_state.first(saved_state.folder(), ("a", "b"), "https://h/1", {})
    assert [path.name.rpartition("-")[0] for path in saved_state.orphans()] == ["a-b"]


def test_a_run_that_ends_meanwhile_left_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run removes its folder while this one looks into it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = saved_state.folder()

    def ends(_: str) -> bool:
        place.rmdir()
        return False

    monkeypatch.setattr(saved_state, "_lives", ends)
    assert saved_state.orphans() == []


def test_operations_that_differ_in_a_slash_are_kept_apart(tmp_path: Path) -> None:
    """No resource is put back to what another one was."""
    keys = [
        ("a", "patch /v1/keys/{id}"),
        ("a", "patch /v1-keys/{id}"),
        ("a-patch", "/v1/keys/{id}"),
    ]
    for key in keys:
        assert saved_state.first(tmp_path, key, "https://h/1", {"name": key[1]}) == {"name": key[1]}
    assert {key: was["name"] for key, was in saved_state.left(tmp_path)} == {
        key: key[1] for key in keys
    }


def test_what_was_made_is_kept_as_it_comes_and_goes(tmp_path: Path) -> None:
    """Each change adds to the file; what a kill broke off in the middle counts for nothing."""
    texts: list[str] = []
    for id in ("1", "2", "3"):
        told = {"parameters": (("id", id),), "made_at": 7.0, "maker": "own", "url": f"u/{id}"}
        texts.append(saved_state.written_made(told))
    kept = saved_state.MadeFile(tmp_path, ("shop", "carts"))
    kept.keep(texts[:1])
    kept.keep(texts[:2])
    kept.keep(texts[1:2])
    [path] = tmp_path.iterdir()
    assert saved_state.urls_left(path) == ["u/2"]
    with path.open("a", encoding="utf-8") as file:
        file.write(f"+{texts[2]}"[:-5])
    assert saved_state.urls_left(path) == ["u/2"]
    assert list(saved_state.made_left(tmp_path)) == [
        (("shop", "carts"), [((("id", "2"),), 7.0, "own")])
    ]
    kept.keep([])
    assert not path.exists()
    kept.keep(texts[2:])
    assert saved_state.urls_left(path) == ["u/3"]
