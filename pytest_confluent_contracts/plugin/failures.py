"""Which failures are printed whole? Of those that one cause has, the one that shows it best.

Sixty promises may break for five reasons. pytest prints a block for each failure, and a person
reads five. Every failure still counts, has its line in the short summary, and is whole in JUnit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.plugin.controller import Controller

FAILED = "failed"  # what pytest's reporter keeps failures under


class FailuresByCause:
    """Hides failures that another one tells, while pytest prints them; ``-v`` shows them all."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.failed: list[Any] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
        """Let pytest print what is left: it does so before it asks anybody else."""
        self.failed = list(terminalreporter.stats.get(FAILED, ()))
        if self.failed and terminalreporter.config.option.verbose < 1:
            hidden = told_by_others([one.nodeid for one in self.failed], self.controller.records)
            shown = [one for one in self.failed if one.nodeid not in hidden]
            terminalreporter.stats[FAILED] = shown
        try:
            return (yield)
        finally:
            self.put_back(terminalreporter)

    def put_back(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Let every failure be counted and listed again."""
        if self.failed:
            terminalreporter.stats[FAILED] = self.failed


class FailuresPutBack:
    """Asked between pytest's failures and its short summary."""

    def __init__(self, failures: FailuresByCause) -> None:
        self.failures = failures

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Let the short summary have a line for each failure."""
        shown, failed = len(terminalreporter.stats.get(FAILED, ())), len(self.failures.failed)
        self.failures.put_back(terminalreporter)
        if 0 < shown < failed:
            told = f"{shown} of {failed} failures are shown: those that show each cause best"
            terminalreporter.line(f"({told}; -v shows them all)")


def told_by_others(failed: Sequence[str], records: Sequence[dict[str, Any]]) -> set[str]:
    """Return the node ids of *failed* of which each cause is shown by another failed one."""
    from pytest_confluent_contracts.report import causes

    found, among = causes.find_causes(records), frozenset(failed)
    best = {cause.best["node"] for cause in found}
    hidden: set[str] = set()
    for cause in found:
        if cause.best["node"] in among:
            hidden |= {record["node"] for record in cause.records}
    return hidden - best
