"""What is told while requests are sent?

On a terminal, words that change; elsewhere, a line now and then.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from pytest_confluent_contracts.model.traffic import Probe

# Seconds between two lines of a log, which nobody watches and somebody may have to scroll through.
LOG_PAUSE_S = 10.0
# Seconds between two changes on a terminal: faster than one reads, slower than it flickers.
TERMINAL_PAUSE_S = 0.1
LEAST_COLUMNS = 40  # that the words need


class Silent:
    """Tells nothing.

    So it is where there is no terminal to tell it on, as in xdist's workers, and under ``-q``.
    """

    def request(self, probe: Probe, index: int, total: int) -> None:
        """Tell that request *index* (from 0) of *total* of *probe* is about to be sent."""

    def say(self, line: str) -> None:
        """Tell of a wait or a retry."""

    def clear(self) -> None:
        """Take back what was told for the moment: pytest is about to write."""


class _Telling(Silent):
    def __init__(self, config: pytest.Config, reporter: Any, pause: float) -> None:
        self.reporter, self.capture = reporter, config.pluginmanager.getplugin("capturemanager")
        self.begun, self.pause = time.monotonic(), pause
        self.next = 0.0

    def due_words(self, probe: Probe, index: int, total: int) -> str:
        """Return how far the run is where it is time to tell, else ``""``."""
        now = time.monotonic()
        if now < self.next:
            return ""
        self.next = now + self.pause
        told = f"probe {probe.value}: request {index + 1} of {total}"
        return f"{told}, {now - self.begun:.0f} s"

    def uncaptured(self) -> Any:
        """Return what lets text out to the terminal in the middle of a test."""
        return self.capture.global_and_fixture_disabled()


class Lines(_Telling):
    """Tells in whole lines, for the log of a CI job."""

    def __init__(self, config: pytest.Config, reporter: Any) -> None:
        super().__init__(config, reporter, LOG_PAUSE_S)
        self.next = self.begun + LOG_PAUSE_S

    def request(self, probe: Probe, index: int, total: int) -> None:
        """Say how far a long run is."""
        words = self.due_words(probe, index, total)
        if words:
            self.say(words)

    def say(self, line: str) -> None:
        """Write *line* as one of its own."""
        with self.uncaptured():
            self.reporter.ensure_newline()
            self.reporter.line(f"contracts: {_visible(line)}")


class Live(_Telling):
    """Tells behind what pytest has on its current line, and takes it back before pytest goes on."""

    def __init__(self, config: pytest.Config, reporter: Any) -> None:
        super().__init__(config, reporter, TERMINAL_PAUSE_S)
        self.writer, self.shown, self.now = config.get_terminal_writer(), 0, ""

    def request(self, probe: Probe, index: int, total: int) -> None:
        """Show which request of which probe is on its way, and since when the run is."""
        words = self.due_words(probe, index, total)
        if words:
            self.now = words
            self.show(words)

    def say(self, line: str) -> None:
        """Show what the run is waiting for, beside how far it is."""
        self.show(f"{line} ({self.now})" if self.now else line)

    def clear(self) -> None:
        """Leave nothing behind."""
        if self.shown:
            self.show("")
            self.next = 0.0

    def show(self, words: str) -> None:
        """Write *words* over those shown last.

        Backspaces leave pytest's own words alone, ``rewrite`` does not.
        """
        with self.uncaptured():
            if words and not self.shown and self.room < LEAST_COLUMNS:
                self.reporter.write("\n")
            words = f" {_visible(words)}"[: self.room] if words else ""
            rest = " " * (self.shown - len(words))
            self.writer.write_raw("\b" * self.shown + words + rest + "\b" * len(rest), flush=True)
            self.shown = len(words)

    @property
    def room(self) -> int:
        """Return how many columns are left on the line.

        The last stays free: a terminal may wrap after it.
        """
        return max(0, int(self.writer.fullwidth - self.writer.width_of_current_line - 1))


def _visible(line: str) -> str:
    """Return *line* as it may be printed: why no answer came is told in the target's words."""
    from pytest_confluent_contracts.report.visible import visible

    return visible(line)


def telling_of(config: pytest.Config) -> Silent:
    """Return how this process tells what it does."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.verbose < 0:
        return Silent()
    if reporter.isatty and not os.environ.get("CI"):
        return Live(config, reporter)
    return Lines(config, reporter)
