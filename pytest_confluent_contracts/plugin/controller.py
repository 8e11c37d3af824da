"""What does one process gather of all?

Verdicts of every worker, told and written once, and what must be put back.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.plugin import interrupts, junit
from pytest_confluent_contracts.plugin.stash import (
    EXCHANGE_LOG,
    GATE,
    NOT_PUT_BACK,
    NOTES,
    STATE_FOLDER,
)
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.plugin.starting import StartedService
    from pytest_confluent_contracts.report.terminal import Line


class Controller:
    """Registered in the process that people look at; workers have none."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.config, self.settings = config, settings
        self.records: list[dict[str, Any]] = []
        self.costs: dict[tuple[str, str], dict[str, float]] = {}
        self.proofs: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.unwritten = ""  # why exchanges could not be written as they came
        self._judged: set[str] = set()
        self.begun, self.started, self.clock = time.perf_counter(), time.time(), time.monotonic()
        self.started_service: StartedService | None = None
        config.stash[STATE_FOLDER] = saved_state.folder()
        interrupts.end_on_signals()

    # --- the service that is started ------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Start the service, where an option says how; it is stopped when all is put back."""
        settings = self.settings
        if not settings.start or settings.plan or self.config.option.collectonly:
            return
        from pytest_confluent_contracts.http.raised import TargetUnusable
        from pytest_confluent_contracts.plugin.asking import hook_credentials
        from pytest_confluent_contracts.plugin.credentials import (
            shown_complaint,
            what_may_be_shown,
        )
        from pytest_confluent_contracts.plugin.starting import StartedService

        try:
            shown = what_may_be_shown(
                settings, lambda operation: hook_credentials(self.config, operation)
            )
            service = StartedService(settings.start, settings.target, settings.start_timeout, shown)
            self.config.add_cleanup(service.stop)
            self.started_service = service
            service.start()
        except TargetUnusable as error:  # of a hook
            told = shown_complaint(self.config, settings, error)
            raise pytest.UsageError(told) from None
        except ContractError as error:  # which has no secret any more
            raise pytest.UsageError(str(error)) from None

    def pytest_report_header(self) -> list[str]:
        """Return the line that says what was started, and where its output is."""
        service = self.started_service
        if service is None:
            return []
        return [f"contracts: {service.told} (its output: {service.output})"]

    def _see_started_service_off(self, session: pytest.Session) -> None:
        """Say where the service ended by itself; keep its output where the run failed."""
        service = self.started_service
        if service is None:
            return
        early_end = service.early_end()
        if early_end:
            self.faults.append(early_end)
        elif session.exitstatus == pytest.ExitCode.OK:
            service.forget_output()

    # --- gathering --------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where to keep the state of resources."""
        node.workerinput["contract_folder"] = str(self.config.stash[STATE_FOLDER])
        node.workerinput["contract_clock"] = None if self.settings.mocked else self.clock

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what it could not put back, and why it could not write."""
        told = getattr(node, "workeroutput", {})
        self.config.stash[NOT_PUT_BACK].extend(told.get("contract_lost", ()))
        self.config.stash[NOTES].extend(told.get("contract_notes", ()))
        self.unwritten = self.unwritten or told.get("contract_unwritten", "")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Iterator[None]:
        """Keep the verdict.

        Those who write it down at once, JUnit and annotations, are shown the whole of it. Where
        the target cannot be had, the run ends with one line.
        """
        unusable = getattr(report, "contract_unusable", "")
        if unusable:
            pytest.exit(unusable, returncode=pytest.ExitCode.USAGE_ERROR)
        self._keep_verdict(report)
        with _message_in_full(report), junit.completed(self.config, report):
            yield
        _without_exchange(report)

    def _keep_verdict(self, report: pytest.TestReport) -> None:
        """Keep the verdict, and the cost of its operation as last told."""
        proof = getattr(report, "contract_proof", None)
        if proof:
            self.proofs.append(proof)
        told = getattr(report, "contract", None)
        if told:
            self._drop_verdict_before(told["node"])
            self.records.append(told)
            self.costs[told["document"], told["operation"]] = told["cost"]

    def _drop_verdict_before(self, node: str) -> None:
        """Forget an earlier verdict on a clause that was run again: pytest-rerunfailures does."""
        if node in self._judged:
            self.records = [one for one in self.records if one["node"] != node]
        self._judged.add(node)

    # --- the end ----------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Put back what a dead worker left, and write what was asked for.

        The waivers are held to account too.
        """
        from pytest_confluent_contracts import waivers
        from pytest_confluent_contracts.plugin import exchange_files, taking_over

        self._sort_records()
        try:
            taking_over.restore_left(self.config, self.settings)
        finally:
            saved_state.clear(self.config.stash[STATE_FOLDER])
        self.faults = waivers.needless_waivers(
            self.settings.waived, self.records, self.settings.target
        )
        self.faults += self._too_little_seen()
        self._see_started_service_off(session)
        if self.settings.waivers_update:
            self._draft_waivers(session)
        if self.faults and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        is_worth_telling = self.records or (_broken_off(session) and not self.proofs)
        if self.settings.report is not None:
            self.config.stash[EXCHANGE_LOG].close()
            if is_worth_telling:
                self._write_reports(session)
            exchange_files.remove_parts(self.settings.report)

    def _sort_records(self) -> None:
        """Put the verdicts in the order of the documents.

        With several workers they come as each gets there.
        """
        operations = self.settings.operations()
        order = {operation.key: index for index, operation in enumerate(operations)}
        self.records.sort(key=lambda one: order[one["document"], one["operation"]])

    def _too_little_seen(self) -> list[str]:
        """Return the line that says that too few clauses were exercised, if so.

        How many there must be, ``--contract-fail-under`` says.
        """
        from pytest_confluent_contracts.report import run

        least = self.settings.fail_under
        if not least or not self.records:
            return []
        share = run.exercised(self.records)
        if share >= least:
            return []
        asked = f"--contract-fail-under={least:g}"
        return [f"{share:.1f} % of the clauses were exercised, less than {asked}"]

    def _write_reports(self, session: pytest.Session) -> None:
        """Write the reports.

        Where that fails, the verdicts are printed all the same, and the exit code is 4.
        """
        from pytest_confluent_contracts.plugin import exchange_files
        from pytest_confluent_contracts.report import files, run

        folder, log = self.settings.report, self.config.stash[EXCHANGE_LOG]
        assert folder is not None
        described: list[dict[str, Any]] = []
        sources: dict[str, str] = {}
        for path in self.settings.documents:
            document = self.settings.read(path)
            described.append(run.describe_document(document))
            for name, file in document.files.items():
                # One that is gone by now was read before: the reports do without its text.
                if Path(file).is_file():
                    sources[name] = Path(file).read_text("utf-8")
        try:
            records, exchanges = exchange_files.put_together(folder, self.records)
            finished = run.gather_run(self._meta(session, described), records, exchanges)
            files.write_reports(folder, finished, sources, exchanges)
            if unwritten := self.unwritten or log.fault:
                raise files.unwritable(folder, unwritten)
        except ContractError as error:
            self.faults.append(str(error))
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _meta(self, session: pytest.Session, described: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "tool": version("pytest-confluent-contracts"),
            "target": self.settings.target,
            "seed": self.settings.seed,
            "started": datetime.fromtimestamp(self.started, UTC),
            "seconds": time.perf_counter() - self.begun,
            "documents": described,
            "interrupted": _broken_off(session),
        }

    def _draft_waivers(self, session: pytest.Session) -> None:
        """Add what failed to the file of waivers.

        Where that cannot be written, say so and exit with 4.
        """
        from pytest_confluent_contracts import waivers

        path = self.settings.waivers
        assert path is not None
        failed = list(_failures(self.records, strict=self.settings.strict))
        if not failed:
            return
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(waivers.draft_waivers(failed, self.settings.target))
        except OSError as error:
            self.faults.append(f"--contract-waivers={path}: cannot be written: {error.strerror}")
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
            return
        told = f"{len(failed)} waivers drafted in {path.name}"
        self.faults.append(f"{told}: give each a reason, an owner and an expiry date")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the closing section."""
        from pytest_confluent_contracts.report.visible import visible

        gate = self.config.stash.get(GATE, None)
        has_verdicts = bool(self.records or self.proofs)
        if self.config.option.verbose < 1 and self._is_told_above():
            return
        if self.config.option.verbose < -1 or not (has_verdicts or gate):
            # An exit code that nobody can explain helps nobody, however quiet.
            for line in self.faults:
                terminalreporter.line(line)
            return
        terminalreporter.section("contracts")
        if gate and not has_verdicts:
            terminalreporter.line(f"no verdict: the run ended after {gate.sent} requests")
        for text, marks in self._closing_lines(terminalreporter):
            terminalreporter.line(visible(text), **marks)

    def _is_told_above(self) -> bool:
        """Return whether nothing was judged, and a failed test has said why."""
        from pytest_confluent_contracts.report.record import is_stopped, is_unjudged

        further = self.faults or self.config.stash[NOT_PUT_BACK] or self.proofs
        if further or not any(map(is_stopped, self.records)):
            return False
        return all(map(is_unjudged, self.records))

    def _closing_lines(self, reporter: pytest.TerminalReporter) -> Iterator[Line]:
        """Yield the lines of the closing section."""
        from pytest_confluent_contracts.report import proof, terminal

        width = self.config.get_terminal_writer().fullwidth if reporter.isatty else 0
        yield from terminal.closing_lines(
            self.records, self.costs, self.config.option.verbose, width
        )
        if self.proofs:
            yield from proof.proof_lines(self.proofs, time.perf_counter() - self.begun)
        for fault in self.faults:
            yield terminal.Line(fault)
        for lost in self.config.stash[NOT_PUT_BACK]:
            yield terminal.Line(f"not put back: {lost}", terminal.HEADING)
        if self.config.option.verbose > 0:
            notes = self.config.stash[NOTES]
            for note in dict.fromkeys(notes):
                yield terminal.Line(note)


def _failures(records: Iterable[dict[str, Any]], *, strict: bool) -> Iterator[tuple[str, str, str]]:
    """Yield the clause and the document of each record that fails and is not waived.

    A SHOULD fails where the run is *strict*. The third value is what came, or why nothing did. A
    wrong option of the run is no failure to be borne.
    """
    from pytest_confluent_contracts.report.causes import is_red
    from pytest_confluent_contracts.report.record import is_stopped

    for record in records:
        failed = is_red(record) or (strict and record["verdict"] == "warned")
        if failed and not is_stopped(record):
            came = record["finding"]["came"] if record["finding"] else record["reason"]
            yield record["clause"], record["document"], came


def _broken_off(session: pytest.Session) -> bool:
    """Return whether the run ended before its end: by Ctrl-C, an error, ``-x`` or ``--maxfail``."""
    early = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
    return session.exitstatus in early or bool(session.shouldfail or session.shouldstop)


def _without_exchange(report: pytest.TestReport) -> None:
    """Take the exchange of a finding out of what pytest prints and keeps: its block has it already.

    JUnit takes it from the report on the teardown, before it is taken out of that, too.
    """
    from pytest_confluent_contracts.report.block import EXCHANGE

    if report.sections:
        report.sections = [one for one in report.sections if not one[0].endswith(EXCHANGE)]


@contextmanager
def _message_in_full(report: pytest.TestReport) -> Iterator[None]:
    """Make the message of a broken clause its whole block, then its first line again.

    The short summary comes at the end, has a line for each failure, and where CI is set cuts
    nothing off a message.
    """
    crash: Any = getattr(report.longrepr, "reprcrash", None)
    if crash is None or not getattr(report, "contract", None):
        yield
        return
    crash.message, first = str(report.longrepr), crash.message
    yield
    crash.message = first
