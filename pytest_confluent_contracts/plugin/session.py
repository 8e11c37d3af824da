"""What happens in a session that has a target?

The hooks, in the order in which pytest calls them.
"""

from __future__ import annotations

import gc
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.model.clauses import NODE_PREFIX
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.plugin import settings
from pytest_confluent_contracts.plugin.drawn_before import keep_draws, save_draws
from pytest_confluent_contracts.plugin.stash import (
    EXCHANGE_LOG,
    GATE,
    NOT_PUT_BACK,
    NOTES,
    SETTINGS,
    STATE_FOLDER,
)
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.plugin.items import DocumentFile


def begin(config: pytest.Config) -> None:
    """Check what was asked for, and put the documents in place of the test paths."""
    found = settings.read_settings(config)
    config.stash[SETTINGS], config.stash[NOT_PUT_BACK], config.stash[NOTES] = found, [], []
    config.args = settings.collection_arguments(config, found)
    config.add_cleanup(gc.unfreeze)  # of what `_spare_last_looks` has frozen
    worker = getattr(config, "workerinput", None)
    if worker is None:
        from pytest_confluent_contracts.plugin.controller import Controller
        from pytest_confluent_contracts.plugin.failures import FailuresByCause, FailuresPutBack

        controller = Controller(config, found)
        by_cause = FailuresByCause(controller)
        config.pluginmanager.register(controller, "confluent_contracts_controller")
        config.pluginmanager.register(by_cause, "confluent_contracts_failures")
        config.pluginmanager.register(FailuresPutBack(by_cause), "confluent_contracts_put_back")
    else:
        config.stash[STATE_FOLDER] = saved_state.path(worker["contract_folder"])
    if found.report is not None:
        from pytest_confluent_contracts.plugin.exchange_files import log_of

        config.stash[EXCHANGE_LOG] = log_of(config, found)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let what is drawn come from pytest's cache, which is there by now."""
    keep_draws(session.config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return the line that says what is held against what.

    Behind it stands one for each resource that a killed run left changed.
    """
    from pytest_confluent_contracts.report import terminal

    found = config.stash[SETTINGS]
    documents = [found.read(path) for path in found.documents]
    named = [f"{one.name} {one.version} ({one.digest})" for one in documents]
    budget = f"at most {found.budget} requests" if found.budget else "no cap on requests"
    told = f"{budget}, {found.max_examples} generated bodies a probe"
    lines = [terminal.header_line(found.target, named, found.seed, told)]
    for document in documents:
        lines += terminal.left_out_lines(document)
    for path in saved_state.orphans():
        lines.append(f"contracts: {_told_orphan(path)}")
    return lines


def _told_orphan(path: Path) -> str:
    """Return what a killed run left, told by the file *path* of its state."""
    if path.suffix != saved_state.MADE:
        return f"a run that was killed put nothing back; what was there: {path}"
    ways = [f"curl -X DELETE {shlex.quote(url)}" for url in saved_state.urls_left(path)]
    return f"a run that was killed deleted nothing; what it made: {path}: {'; '.join(ways)}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Look for no garbage while tests are made: there is none among them, and there are many.

    A document of a thousand operations is collected in half of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if was_enabled:
            gc.enable()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DocumentFile | None:
    """Collect the documents of this run, and no other file."""
    if file_path not in parent.config.stash[SETTINGS].documents:
        return None
    from pytest_confluent_contracts.plugin.items import DocumentFile

    return DocumentFile.at(parent, file_path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep an operation's clauses on one worker: they share its exchanges.

    So do those of a resource, and of what lies in it: its life is led once, with ids of its own.
    Within a budget, which nobody may spend twice, those of a document that leads lives stay
    together. Faults may go anywhere.
    """
    if config.stash[SETTINGS].prove or config.getoption("dist") in ("no", "each"):
        return None
    from xdist.scheduler import LoadScopeScheduling

    scopes = dict(_scopes(config))

    class OneWorkerAResource(LoadScopeScheduling):  # type: ignore[misc]
        """Spreads the clauses by resource, and by operation where there is none."""

        def _split_scope(self, nodeid: str) -> str:
            of_operation = str(super()._split_scope(nodeid))
            return scopes.get(of_operation, of_operation)

    return OneWorkerAResource(config, log)


def _scopes(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Yield the node id of each operation, and of what it is kept together with."""
    found = config.stash[SETTINGS]
    for path in found.documents:
        document = found.read(path)
        node = f"{NODE_PREFIX}{document.name}"
        for operation in document.operations:
            together = node
            if not found.leads_lives_in_budget:
                together = f"{node}::{_outermost(document, operation)}"
            yield f"{node}::{operation.id}", together


def _outermost(document: Document, operation: Operation) -> str:
    """Return the name of the outermost resource around that of *operation*, its id without any."""
    if operation.resource is None:
        return operation.id
    parents = {one.name: one.parent for one in document.resources}
    name = operation.resource.name
    while parents.get(name):
        name = parents[name]
    return f"all of {name}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Under ``--contract-plan``, print what would be sent in place of sending it."""
    found = session.config.stash[SETTINGS]
    if not found.plan or session.config.option.collectonly:
        return None
    from pytest_confluent_contracts.plugin.credentials import shown_complaint
    from pytest_confluent_contracts.plugin.planning import (
        told_left_out,
        told_lives,
        told_plan,
        told_resources,
    )
    from pytest_confluent_contracts.plugin.run_plan import RunPlan
    from pytest_confluent_contracts.plugin.selection import needed_probes

    reporter: Any = session.config.pluginmanager.getplugin("terminalreporter")
    run_plan = RunPlan(session.config, found, needed=needed_probes(session.items))
    try:
        told = [*told_plan(run_plan, session.items), *told_lives(run_plan)]
        told += told_resources(found)
    except ContractError as error:  # of a hook
        raise pytest.UsageError(shown_complaint(session.config, found, error)) from None
    reporter.section("contract plan")
    for line in (*told, *told_left_out(found)):
        reporter.line(line)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the verdict to the report as plain data, which crosses from xdist's workers.

    So does that there is nothing to judge, since the target cannot be had.
    """
    report = yield
    if call.excinfo is not None and _is_unusable(call.excinfo.value):
        from pytest_confluent_contracts.plugin.credentials import shown_complaint

        told = shown_complaint(item.config, item.config.stash[SETTINGS], call.excinfo.value)
        report.contract_unusable = told  # type: ignore[attr-defined]
    if report.when == "call":
        if getattr(item, "ruling", None) is not None:
            _attach_ruling(item, report)
        _place_skip(item, report)
        if getattr(item, "proof", None) is not None:
            _attach_proof(item, report)
    if report.when == "teardown" and hasattr(item, "ruling"):
        item._report_sections.clear()  # pytest keeps each item, and so its exchange, to the end
    return report


def _is_unusable(error: BaseException) -> bool:
    from pytest_confluent_contracts.http.raised import TargetUnusable

    return isinstance(error, TargetUnusable)


def _attach_ruling(item: Any, report: Any) -> None:
    from pytest_confluent_contracts.report import block, record

    # It is told now: what it holds of answers, nobody need keep.
    ruling, item.ruling = item.ruling, None
    gate, log = item.config.stash[GATE], item.config.stash.get(EXCHANGE_LOG, None)
    told = (
        record.ruling_record(ruling) if log is None else record.ruling_record(ruling, log.line_of)
    )
    report.contract = told | {"cost": gate.cost((ruling.document, ruling.operation))}
    if log is not None:
        report.contract["part"] = log.path.name
    clause = ruling.clause
    item.user_properties += [
        ("contract.clause", clause.id),
        ("contract.level", clause.level.value),
        ("contract.place", str(clause.place)),
    ]
    report.user_properties = list(item.user_properties)
    text = block.exchange_text(ruling) if report.failed else ""
    if text:
        # To the item too: JUnit takes the output from the report on the teardown, which has the
        # sections of the item.
        item.add_report_section(block.EXCHANGE, "stdout", text)
        report.sections.append((f"Captured stdout {block.EXCHANGE}", text))


def _place_skip(item: Any, report: Any) -> None:
    """Let a skipped test of ours stand at its line of the document, not at our line that skips."""
    from pytest_confluent_contracts.plugin.items import path_of_place

    place = getattr(item, "place", None)
    if report.skipped and place is not None and isinstance(report.longrepr, tuple):
        *_, reason = report.longrepr
        report.longrepr = (str(path_of_place(item, place)), place.line, reason)


def _attach_proof(item: Any, report: Any) -> None:
    operation = item.parent.operation
    report.contract_proof = asdict(item.proof) | {
        "document": operation.document,
        "operation": operation.id,
    }


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Give a broken SHOULD a result of its own: it leaves the exit code alone."""
    told = getattr(report, "contract", None)
    if told and told["verdict"] == "warned" and report.passed:
        return "warned", "w", ("WARNED", {"yellow": True})
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was drawn, and send home from a worker what it could not put back.

    With it goes why its exchanges could not be written, if so.
    """
    save_draws(session.config)
    _spare_last_looks()
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        return
    output["contract_lost"] = session.config.stash[NOT_PUT_BACK]
    output["contract_notes"] = session.config.stash[NOTES]
    log = session.config.stash.get(EXCHANGE_LOG, None)
    if log is not None:
        log.close()
        output["contract_unwritten"] = log.fault


def _spare_last_looks() -> None:
    """Let pytest's last looks for garbage pass over what is there by now.

    It looks twice, for what a test has not closed. In a session with a target there are clauses
    alone, and two hundred thousand objects of theirs: each look would take an eighth of a second.
    """
    gc.freeze()
