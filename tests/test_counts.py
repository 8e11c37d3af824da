"""Is what a run counts true: each clause once, on the target, with no more requests than were needed?"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import CONFLUENT, QUIET, REMEMBERING, Run, gate

if TYPE_CHECKING:
    from pathlib import Path

MOCK = "--contract-target=mock"
ONE = "--contract-spec=confluent-api-keys"
FEW = "--contract-max-examples=10"
TWICE = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        runtestprotocol(item, nextitem=nextitem, log=True)
    return True
"""


def test_a_clause_that_is_run_again_counts_once(folder: Path) -> None:
    """Plugins that repeat a test report it each time: the last verdict stands, in every count."""
    (folder / "conftest.py").write_text(TWICE, encoding="utf-8")
    options = (MOCK, ONE, FEW, "-k", "security", "--contract-report=report")
    run = gate(folder, *options)
    report = json.loads((folder / "report/report.json").read_text(encoding="utf-8"))
    told = [one["node"] for one in report["clauses"]]
    assert len(told) == len(set(told)) > 3, run.everything
    assert f"updateIamV2ApiKey: {len(told)} kept" in run.out


def test_the_documents_own_examples_are_counted_apart(folder: Path) -> None:
    """They are kept without a request, so that they stand in a line of their own, and exercise nothing."""
    run = gate(folder, MOCK, ONE, "-k", "document", "--contract-fail-under=1")
    assert run.code == 0, run.everything
    assert re.search("^  the document's own examples: 8 kept, 2 warned$", run.out, re.MULTILINE)


def test_a_skipped_clause_stands_at_its_line_of_the_document(folder: Path) -> None:
    """Not at the line of ours that skips it."""
    run = gate(folder, MOCK, ONE, FEW, "-k", "409/header", "-rs")
    assert re.search(r"SKIPPED \[1\] \S*confluent-api-keys.yaml:\d\d\d: not exercised", run.out), (
        run.everything
    )
    assert "items.py" not in run.out


def test_the_states_folder_goes_though_putting_back_fails(folder: Path) -> None:
    """Whatever is raised while the resource is put back, the temporary folder is not left behind."""
    lines = (
        "from pytest_confluent_contracts.plugin import taking_over",
        "def fail(*_): raise ValueError('a hook of somebody')",
        "taking_over.restore_left = fail",
    )
    (folder / "conftest.py").write_text("\n".join(lines), encoding="utf-8")
    (temporary := folder / "temporary").mkdir()
    gate(folder, MOCK, ONE, "-k", "402", given={"TMPDIR": str(temporary)})
    assert list(temporary.glob("contract-state-*")) == []


# --- no more requests than are needed --------------------------------------------------------------------------------


def tells_no_kind(request: Request, answer: Answer) -> Answer:
    """Tell another kind in every answer that is no error."""
    if answer.status == 200 and request.is_confluent:
        answer.payload = json.loads(json.dumps(answer.payload))
        answer.payload["kind"] = "Other"
    return answer


def held(folder: Path, *options: str, plugins: tuple[str, ...] = QUIET) -> tuple[Run, int]:
    """Run the gate against a service with one fault; return the run and how many requests it sent."""
    with OtherService(tamper=tells_no_kind) as service:
        target = f"--contract-target={service.url}"
        run = gate(folder, target, ONE, *options, given=ENVIRONMENT, plugins=plugins)
    return run, len(service.requests)


def test_the_first_failure_ends_the_run_early(folder: Path) -> None:
    """With -x nothing more is probed for once a clause that fails the run is broken."""
    run, sent = held(folder, "-x", FEW)
    assert len(run.red) == 1, run.everything
    assert sent < 60


def test_the_last_failures_send_only_what_shows_them(folder: Path) -> None:
    """With --lf a clause that is broken after its first probe is sent no other, and the verdict is the same."""
    first, whole = held(folder, FEW, plugins=REMEMBERING)
    again, sent = held(folder, FEW, "--lf", plugins=REMEMBERING)
    assert again.red == first.red != set(), again.everything
    assert sent < whole / 2


def test_a_waived_failure_ends_no_search(folder: Path) -> None:
    """With -x a failure that is known does not keep the others from their evidence."""
    known = '[[waiver]]\nclause = "*kind"\nreason = "r"\nowner = "o"\nexpires = 2999-01-01\n'
    (folder / "waivers.toml").write_text(known, encoding="utf-8")
    waived = ("--contract-waivers=waivers.toml", FEW)
    run, sent = held(folder, "-x", *waived)
    assert (run.code, sent > 200) == (0, True), run.everything


@pytest.mark.parametrize("options", [(), ("-x",)])
def test_clauses_that_are_kept_are_given_all_their_evidence(
    folder: Path, options: tuple[str, ...]
) -> None:
    """With -x a service without a fault is sent as much as ever."""
    with OtherService() as service:
        target = f"--contract-target={service.url}"
        run = gate(folder, target, ONE, FEW, *options, given=ENVIRONMENT)
    assert run.code == 0, run.everything
    assert run.verdicts[f"{CONFLUENT}answered"] == "kept"
    assert len(service.requests) > 200
