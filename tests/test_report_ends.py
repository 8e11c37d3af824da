"""Are the reports there, whole and true, however a run ends? ``-x``, Ctrl-C, a folder that cannot be written."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import ctrl_c, gate, interrupted
from test_report_runs import SCHEMA, counted, page_counts, summary_counts

from pytest_confluent_contracts import documents

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "report.json",
    "exchanges.jsonl",
    "report.html",
    "report.sarif",
    "codequality.json",
    "summary.md",
    "exchanges.har",
    "badge.svg",
}
ONE = ("--contract-spec=confluent-api-keys", "--contract-max-examples=1")
REPORT = "--contract-report=reports"
TWO_WORKERS = ("-n", "2")
NOTED = """
import os
from pathlib import Path

def pytest_sessionfinish(session):
    with (Path({place!r}) / "ended").open("a") as log:
        log.write(os.environ.get("PYTEST_XDIST_WORKER", "controller") + "\\n")
"""


def agreed(folder: Path) -> dict[str, Any]:
    """Return the run as told in *folder*: all files are there, nothing else is, and each says the same."""
    assert {path.name for path in folder.iterdir()} == NAMES
    run: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [
        error.message for error in jsonschema_rs.Draft202012Validator(SCHEMA).iter_errors(run)
    ] == []
    sarif = json.loads((folder / "report.sarif").read_text(encoding="utf-8"))["runs"][0]
    rules = [rule["properties"]["verdict"] for rule in sarif["tool"]["driver"]["rules"]]
    assert rules == [clause["verdict"] for clause in run["clauses"]]
    if run["clauses"]:
        assert page_counts(folder) == counted(run["clauses"])
    assert sum(summary_counts(folder).values()) == len(run["clauses"])
    entries = json.loads((folder / "exchanges.har").read_text(encoding="utf-8"))["log"]["entries"]
    lines = (folder / "exchanges.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(entries) == len(lines) == run["exchanges"]["count"]
    assert sarif["invocations"][0]["executionSuccessful"] is not run["interrupted"]
    return run


def no_request_id(request: Request, answer: Answer) -> Answer:
    """Leave X-Request-Id out of everything."""
    answer.set("X-Request-Id", None)
    return answer


# --- -x ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [(), TWO_WORKERS], ids=["alone", "-n 2"])
def test_after_x_the_reports_tell_what_was_judged(folder: Path, workers: tuple[str, ...]) -> None:
    """The first broken clause ends the run; the reports hold it, and say that they are not the whole."""
    with OtherService(tamper=no_request_id) as service:
        options = (
            f"--contract-target={service.url}",
            *ONE,
            REPORT,
            "-x",
            "-k",
            "200/header",
            *workers,
        )
        done = gate(folder, *options, given=ENVIRONMENT)
    told = agreed(folder / "reports")
    assert done.code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED), done.everything
    assert {one["node"] for one in told["clauses"] if one["verdict"] == "broken"} == done.red
    assert {one["node"]: one["verdict"] for one in told["clauses"]} == done.verdicts
    assert told["interrupted"] is True


# --- Ctrl-C --------------------------------------------------------------------------------------------------------


def slow(request: Request, answer: Answer) -> Answer:
    """Take a while for each answer."""
    time.sleep(0.02)
    return answer


# In the first probe, before any verdict; and in a later one.
MOMENTS = {"before a verdict": 20, "after some verdicts": 130}


@pytest.mark.parametrize("workers", [(), TWO_WORKERS], ids=["alone", "-n 2"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_after_ctrl_c_the_reports_are_whole(
    folder: Path, moment: str, workers: tuple[str, ...]
) -> None:
    """Every file is there and agrees with the others; what one process sent is in the archive, judged or not."""
    with OtherService(tamper=slow) as service:
        chosen = ("-k", "security or unknown-id or body/json or request/undeclared")
        done = interrupted(
            folder, service, MOMENTS[moment], ctrl_c, *ONE, REPORT, *chosen, *workers
        )
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    told = agreed(folder / "reports")
    assert told["interrupted"] is True
    assert bool(told["clauses"]) == (moment == "after some verdicts")
    if not workers:  # xdist does not wait for what its workers sent last
        assert told["exchanges"]["count"] >= MOMENTS[moment] - 1
    assert "Traceback" not in done.everything


def test_only_the_controller_writes(folder: Path, other: OtherService) -> None:
    """Two workers and the controller end; the summary is on the page of the job once, and no file lies elsewhere."""
    (folder / "conftest.py").write_text(NOTED.format(place=str(folder)), encoding="utf-8")
    page = folder / "page.md"
    options = (f"--contract-target={other.url}", *ONE, REPORT, "-k", "security", *TWO_WORKERS)
    done = gate(folder, *options, given=ENVIRONMENT | {"GITHUB_STEP_SUMMARY": str(page)})
    assert done.code == 0, done.everything
    assert sorted((folder / "ended").read_text().split()) == ["controller", "gw0", "gw1"]
    assert page.read_text(encoding="utf-8") == (folder / "reports" / "summary.md").read_text(
        encoding="utf-8"
    )
    assert agreed(folder / "reports")["exchanges"]["count"] == len(other.requests)


# --- a folder that cannot be written -------------------------------------------------------------------------------

BLOCKING = """
import shutil
from pathlib import Path

def pytest_contract_ruling(config, ruling):
    shutil.rmtree({place!r}, ignore_errors=True)
    Path({place!r}).touch()
"""


@pytest.mark.parametrize("workers", [(), TWO_WORKERS], ids=["alone", "-n 2"])
@pytest.mark.parametrize("when", ["at the start", "in the middle"])
def test_a_folder_that_cannot_be_written_costs_no_verdict(
    folder: Path, when: str, workers: tuple[str, ...]
) -> None:
    """A file lies where the reports should: one line with the cure, exit 4, and the verdicts are told all the same."""
    place = folder / "file"
    if when == "at the start":
        place.touch()
    else:
        (folder / "conftest.py").write_text(BLOCKING.format(place=str(place)), encoding="utf-8")
    done = gate(
        folder,
        "--contract-target=mock",
        f"--contract-report={place}",
        "-k",
        "security/none",
        *workers,
    )
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    lines = [line for line in done.everything.splitlines() if "--contract-report" in line]
    assert lines == [
        f"--contract-report={place}: cannot be written: File exists; name a directory that can"
    ]
    assert set(done.verdicts.values()) == {"kept"}
    assert "updateIamV2ApiKey: 1 kept" in done.out
    assert "Traceback" not in done.everything


REMOVING = """
from pathlib import Path

def pytest_contract_ruling(config, ruling):
    Path("mine.yaml").unlink(missing_ok=True)
"""


def test_a_document_that_is_gone_costs_no_report(folder: Path) -> None:
    """The document is removed in the middle of the run: all reports are there, the page without its text."""
    text = documents.bundled_documents()["confluent-api-keys"].read_text(encoding="utf-8")
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    (folder / "conftest.py").write_text(REMOVING, encoding="utf-8")
    done = gate(
        folder, "--contract-target=mock", "--contract-spec=mine.yaml", REPORT, "-k", "security/none"
    )
    assert done.code == 0, done.everything
    assert agreed(folder / "reports")["clauses"]
    assert "is not at hand" in (folder / "reports" / "report.html").read_text(encoding="utf-8")


def test_however_quiet_an_exit_code_has_its_reason(folder: Path) -> None:
    """With -q -q there is no closing section; why the reports are missing is said."""
    (folder / "file").touch()
    done = gate(
        folder,
        "--contract-target=mock",
        "--contract-report=file",
        "-k",
        "security/none",
        "-q",
        "-q",
    )
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    assert "cannot be written" in done.out
    assert "= contracts =" not in done.out
