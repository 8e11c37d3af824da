"""Is the resource as it was, however the run ends?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import QUIET, TESTS, Run, environment, gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFLUENT = ("--contract-spec=confluent-api-keys", "--contract-max-examples=1")
PINS = ("--contract-pin=data.attributes.api_key=FIRSTKEY", "--contract-pin=data.attributes.api_secret=first-secret")
DATADOG = ("--contract-spec=datadog-confluent-cloud", "--contract-max-examples=1", *PINS)
SOME = ("-k", "request/undeclared")  # few requests, and most of them write something
BEFORE = ({"display_name": "first name", "description": "first description"}, ["first", "first:tag"])


def state(service: OtherService) -> tuple[dict[str, Any], list[str]]:
    """Return what the run may have changed."""
    return service.spec, service.account["tags"]


def changed(service: OtherService) -> bool:
    """Return whether a request wrote another value than the first one: else a test would prove nothing."""
    bodies = [request.json for request in service.requests]
    return any(isinstance(body, dict) and (body.get("spec") or body.get("data")) for body in bodies)


def held(folder: Path, service: OtherService, *options: str) -> Run:
    """Run the gate against *service* in *folder*."""
    return gate(folder, f"--contract-target={service.url}", *options, given=ENVIRONMENT)


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


CLAUSES = ("request/accepted", "request/body/json", "request/spec/type", "request/unknown-id", "security/none")


@pytest.mark.parametrize("clause", CLAUSES)
def test_whatever_is_chosen_the_resource_is_as_it_was(folder: Path, other: OtherService, clause: str) -> None:
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


ENDING = """
import pytest

count = 0

def pytest_contract_exchange(config, exchange):
    global count
    count += 1
    if count == 20:
        {how}
"""
ENDINGS = {
    "pytest.exit": ('pytest.exit("enough")', 2),
    "an exception of a hook": ('raise RuntimeError("a bug in a conftest.py")', 1),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 2),
    "SystemExit": ("raise SystemExit(3)", None),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_however_a_run_is_broken_off_the_resource_is_as_it_was(folder: Path, other: OtherService, ending: str) -> None:
    """A conftest.py that ends the run in the middle of a probe does not keep the key from being put back."""
    how, code = ENDINGS[ending]
    (folder / "conftest.py").write_text(ENDING.format(how=how), encoding="utf-8")
    run = held(folder, other, *CONFLUENT, *SOME)
    assert len(other.requests) > 20, run.everything
    assert state(other) == BEFORE
    assert code is None or run.code == code, run.everything


def test_what_cannot_be_put_back_is_said(folder: Path, other: OtherService) -> None:
    """Without pins Datadog's key and secret are overwritten before any answer shows them: both are named at the end."""
    run = held(folder, other, "--contract-spec=datadog-confluent-cloud", "--contract-max-examples=1", *SOME)
    assert other.account["tags"] == BEFORE[1]
    [line] = [line for line in run.out.splitlines() if line.startswith("not put back: ")]
    assert "data.attributes.api_secret" in line
    assert other.account["api_key"] == "FIRSTKEY" or "data.attributes.api_key" in line, line


def test_a_service_that_refuses_to_be_put_back_is_told(folder: Path) -> None:
    """Where the last update is refused, the line says so, with the values that were there."""

    class Closing(OtherService):
        def update(self, request: Request) -> Any:
            if len(self.requests) > 30 and (request.json or {}).get("spec", {}).get("display_name") == "first name":
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


def interrupted(
    folder: Path, service: OtherService, after: int, end: Callable[[int], None], *options: str
) -> tuple[int, str]:
    """Start a run, call *end* with its process id after so many requests, and return exit code and output."""
    command = [sys.executable, "-m", "pytest", *QUIET, f"--contract-target={service.url}", *options]
    given = environment(ENVIRONMENT | {"PYTHONPATH": str(TESTS)})
    with subprocess.Popen(
        command,
        cwd=folder,
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        deadline = time.monotonic() + 30
        while len(service.requests) < after and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        end(run.pid)
        out, _ = run.communicate(timeout=60)
    return run.returncode, out


def terminal(pid: int) -> None:
    """Do what Ctrl-C does: the whole group is told."""
    os.killpg(pid, signal.SIGINT)


@pytest.mark.parametrize("after", [2, 100])
def test_ctrl_c_puts_back_prints_and_exits_2(folder: Path, other: OtherService, after: int) -> None:
    """Ctrl-C in the middle: the resource is as it was, the closing section is printed, exit 2."""
    code, out = interrupted(folder, other, after, terminal, *CONFLUENT, "-p", "no:schemathesis")
    assert code == pytest.ExitCode.INTERRUPTED, out
    assert state(other) == BEFORE
    assert "= contracts =" in out
    assert "no verdict: the run ended after" in out
    assert "INTERNALERROR" not in out


NODE = "contracts/confluent-api-keys::updateIamV2ApiKey::"
VERDICTS = (f"{NODE}document/example/422", f"{NODE}200/json", "--contract-max-examples=1")


def test_ctrl_c_after_verdicts_tells_them(folder: Path, other: OtherService) -> None:
    """Verdicts that were reached before Ctrl-C stand in the closing section."""
    code, out = interrupted(folder, other, 100, terminal, *VERDICTS)
    assert code == pytest.ExitCode.INTERRUPTED, out
    assert "confluent-api-keys::updateIamV2ApiKey: " in out
    assert state(other) == BEFORE


def test_ctrl_c_ends_workers_too(folder: Path, other: OtherService) -> None:
    """Ctrl-C under xdist: the resource is as it was, exit 2."""
    code, out = interrupted(folder, other, 100, terminal, *CONFLUENT, "-n", "2")
    assert code == pytest.ExitCode.INTERRUPTED, out
    time.sleep(0.5)
    assert state(other) == BEFORE


def test_a_cancelled_job_puts_back(folder: Path, other: OtherService) -> None:
    """CI cancels a job with SIGTERM: the resource is put back before the run ends."""
    code, out = interrupted(folder, other, 100, lambda pid: os.kill(pid, signal.SIGTERM), *CONFLUENT)
    assert code != 0, out
    assert state(other) == BEFORE


# --- workers that die ------------------------------------------------------------------------------------------------

DYING = """
import os
from pathlib import Path

count = 0

def pytest_contract_exchange(config, exchange):
    global count
    count += 1
    flag = Path(__file__).parent / "died"
    if hasattr(config, "workerinput") and count == {after} and not flag.exists():
        flag.touch()
        os._exit(9)
"""


@pytest.mark.parametrize("restarts", ["0", "4"], ids=["not replaced", "replaced"])
@pytest.mark.parametrize("document", [CONFLUENT, DATADOG], ids=["confluent", "datadog"])
def test_after_the_death_of_a_worker_the_resource_is_as_it_was(
    folder: Path, other: OtherService, document: tuple[str, ...], restarts: str
) -> None:
    """A worker that dies in the middle of a probe leaves nothing behind, whether another takes its place or not."""
    (folder / "conftest.py").write_text(DYING.format(after=15), encoding="utf-8")
    few = ("-k", "200/header/X-RateLimit-Limit" if document is CONFLUENT else "rate-limit/integers")
    run = held(folder, other, *document, "-n", "1", f"--max-worker-restart={restarts}", *few)
    assert (folder / "died").exists(), run.everything
    assert (run.code, changed(other)) == (1, True), run.everything
    assert state(other) == BEFORE
    assert other.account["api_key"] == "FIRSTKEY"


def test_a_worker_that_dies_after_the_first_answer_leaves_nothing(folder: Path, other: OtherService) -> None:
    """Nothing is changed before it is known how to put it back."""
    (folder / "conftest.py").write_text(DYING.format(after=2), encoding="utf-8")
    held(folder, other, *CONFLUENT, "-n", "1", "--max-worker-restart=0", *SOME)
    assert (folder / "died").exists()
    assert state(other) == BEFORE
