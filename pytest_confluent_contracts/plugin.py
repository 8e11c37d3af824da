"""Where does pytest meet the gate? Its hooks, in the order in which pytest calls them.

Imports pytest and the standard library only: the plugin is installed beside other people's tests and must cost them nothing.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts import fixtures, options

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from pytest_confluent_contracts.contract import Probe
    from pytest_confluent_contracts.items import DocumentFile

SETTINGS = pytest.StashKey[options.Settings]()
GATE = pytest.StashKey["Gate"]()

FAMILIES = ("shape", "errors", "requests", "security", "rate_limit", "update")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that others may implement."""
    from pytest_confluent_contracts import hooks

    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check what was asked for, and put the documents in place of the test paths."""
    config.addinivalue_line("markers", "contract: a promise of a published API document")
    for family in FAMILIES:
        config.addinivalue_line("markers", f"{family}: a promise of this family ({family.replace('_', ' ')})")
    config.pluginmanager.register(fixtures, "confluent_contracts_fixtures")
    if (found := options.settings(config)) is not None:
        config.stash[SETTINGS] = found
        config.args = options.arguments(config, found)
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(Controller(config), "confluent_contracts_controller")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return the line that says what is held against what."""
    found = config.stash.get(SETTINGS, None)
    if found is None:
        return None
    from pytest_confluent_contracts import documents
    from pytest_confluent_contracts.report import terminal

    named = [f"{d.name} {d.version} ({d.digest})" for d in map(documents.read, found.documents)]
    return terminal.header(found.target, named, found.seed, f"{found.max_examples} generated bodies a probe")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DocumentFile | None:
    """Collect the documents of this run, and no other file."""
    found = parent.config.stash.get(SETTINGS, None)
    if found is None or file_path not in found.documents:
        return None
    from pytest_confluent_contracts.items import DocumentFile

    return DocumentFile.at(parent, file_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the verdict to the report as plain data, which crosses from xdist's workers."""
    report = yield
    ruling = getattr(item, "ruling", None)
    if ruling is not None and report.when == "call":
        from pytest_confluent_contracts.report import record

        gate = item.config.stash.get(GATE, None)
        cost = gate.cost((ruling.document, ruling.operation)) if gate else {}
        report.contract = record.of(ruling) | {"cost": cost}  # type: ignore[attr-defined]
        item.user_properties.append(("contract.clause", ruling.clause.id))
        item.user_properties.append(("contract.level", ruling.clause.level.value))
        item.user_properties.append(("contract.place", str(ruling.clause.place)))
        report.user_properties = list(item.user_properties)
    proof = getattr(item, "proof", None)
    if proof is not None and report.when == "call":
        operation = getattr(item.parent, "operation", None)
        where = {"document": getattr(operation, "document", ""), "operation": getattr(operation, "id", "")}
        report.contract_proof = asdict(proof) | where  # type: ignore[attr-defined]
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Give a broken SHOULD a result of its own: it leaves the exit code alone."""
    told = getattr(report, "contract", None)
    if told and told["verdict"] == "warned" and report.passed:
        return "warned", "w", ("WARNED", {"yellow": True})
    return None


def progress(config: pytest.Config) -> Callable[[Probe, int, int, float], None]:
    """Return what keeps one line of progress on a terminal, and nothing elsewhere."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    capture = config.pluginmanager.getplugin("capturemanager")
    if reporter is None or not reporter.isatty or hasattr(config, "workerinput") or config.option.verbose < 0:
        return lambda *_: None

    def show(probe: Probe, index: int, total: int, _: float) -> None:
        with capture.global_and_fixture_disabled():
            reporter.rewrite(f"probe {probe.value}: {index + 1} of {total} requests", erase=True)

    return show


class Controller:
    """Gathers the verdicts of all workers and tells them at the end; registered where people look."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.records: list[dict[str, Any]] = []
        self.costs: dict[tuple[str, str], dict[str, float]] = {}
        self.proofs: list[dict[str, Any]] = []
        self.begun = time.perf_counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdict, and the cost of its operation as last told."""
        if proof := getattr(report, "contract_proof", None):
            self.proofs.append(proof)
        told = getattr(report, "contract", None)
        if told:
            self.records.append(told)
            self.costs[told["document"], told["operation"]] = told["cost"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the closing section."""
        if self.config.option.verbose < -1 or not (self.records or self.proofs):
            return
        terminalreporter.section("contracts")
        for line in self.told():
            terminalreporter.line(line)

    def told(self) -> Iterator[str]:
        """Yield the lines of the closing section."""
        from pytest_confluent_contracts.report import proof, terminal

        yield from terminal.summary(self.records, self.costs, self.config.option.verbose)
        if self.proofs:
            yield from proof.summary(self.proofs, time.perf_counter() - self.begun)
