"""Does whoever waits see what for? Runs on a terminal of their own, looked at as they go; logs stay quiet."""

from __future__ import annotations

import os
import pty
import re
import sys
import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from other_service import ENVIRONMENT, Answer, Choices, OtherService, Request
from running import CODE, QUIET, environment

from pytest_confluent_contracts.model.traffic import Probe
from pytest_confluent_contracts.plugin import progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOME = (
    "--contract-spec=confluent-api-keys",
    "--contract-operation=updateIamV2ApiKey",
    "--contract-max-examples=1",
    "-k",
    "security or unknown-id",
)
LIMITED = (
    "-k",
    "request/undeclared",
)  # the last -k counts; other requests are refused before they cost anything
WORDS = re.compile(r"probe (\w+): request (\d+) of (\d+), \d+ s")
COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Screen:
    """What a terminal shows of what is written to it: colours aside, nothing but moves within a line."""

    def __init__(self) -> None:
        self.lines, self.column = [""], 0

    def write(self, text: str) -> Iterator[str]:
        """Take *text*, and yield the last line whenever the cursor turns back."""
        for mark in COLOUR.sub("", text):
            if mark == "\n":
                self.lines.append("")
            elif mark in "\r\b":
                yield self.lines[-1]
                self.column = 0 if mark == "\r" else self.column - 1
            else:
                assert mark.isprintable(), repr(mark)
                line = self.lines[-1].ljust(self.column)
                self.lines[-1] = line[: self.column] + mark + line[self.column + 1 :]
                self.column += 1


def watched(
    folder: Path, service: OtherService, *options: str, **more: str
) -> tuple[Screen, list[str]]:
    """Run the gate on a terminal; return the screen as it was left, and the lines that were seen and are gone."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        *QUIET,
        f"--contract-target={service.url}",
        *SOME,
        *options,
    ]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(folder)
        os.execve(
            sys.executable,
            command,
            environment(
                ENVIRONMENT | {"COLUMNS": "100", "TERM": "xterm", "PYTHONPATH": CODE} | more
            ),
        )
    screen, written = Screen(), b""
    try:
        while part := os.read(terminal, 65536):
            written += part
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
    seen = list(screen.write(written.decode()))
    return screen, [line for line in seen if line not in screen.lines]


def slow(request: Request, answer: Answer) -> Answer:
    """Take a while for each answer."""
    time.sleep(0.02)
    return answer


@pytest.mark.parametrize("options", [(), ("-v",)], ids=["plain", "-v"])
def test_a_terminal_shows_what_is_sent_and_keeps_nothing_of_it(
    folder: Path, options: tuple[str, ...]
) -> None:
    """Probe, request and seconds are seen as they change; afterwards pytest's own lines stand there, and no other."""
    with OtherService(tamper=slow) as service:
        screen, seen = watched(folder, service, *options)
    told = [found.groups() for line in seen if (found := WORDS.search(line))]
    assert {probe for probe, _, _ in told} == {"unknown", "credentials"}
    assert len(set(told)) > 3
    assert all(int(index) <= int(total) for _, index, total in told)
    left = "\n".join(screen.lines)
    assert not re.search(r"probe \w+:|request \d", left), left
    assert re.search(r"13 passed.* in ", left)
    assert max(len(line) for line in seen if WORDS.search(line)) < 100
    if not options:
        assert re.search(r"^contracts/confluent-api-keys \.{13} +\[100%\]$", left, re.MULTILINE)


def test_a_terminal_shows_what_the_run_waits_for(folder: Path) -> None:
    """While the rate limit is waited out, the screen says so, beside how far the run is; afterwards it does not."""
    with OtherService(Choices(limit=20, window=1.0)) as service:
        screen, seen = watched(folder, service, *LIMITED)
    waits = [
        line
        for line in seen
        if re.search(r"the rate limit is reached: waiting \d s \(probe \w+", line)
    ]
    assert waits, seen
    assert "waiting" not in "\n".join(screen.lines)


def test_in_ci_waits_are_lines(folder: Path) -> None:
    """A CI job may have a terminal too: nothing is overwritten there, a wait is a line, and requests are not told."""
    with OtherService(Choices(limit=20, window=1.0)) as service:
        screen, _ = watched(folder, service, *LIMITED, CI="true")
    left = "\n".join(screen.lines)
    assert re.search(r"^contracts: the rate limit is reached: waiting \d s$", left, re.MULTILINE), (
        left
    )
    assert not WORDS.search(left)


def test_with_q_nothing_is_told(folder: Path) -> None:
    """Who asks for quiet has it, on a terminal too."""
    with OtherService(Choices(limit=20, window=1.0)) as service:
        screen, seen = watched(folder, service, *LIMITED, "-q")
    assert "waiting" not in "\n".join([*screen.lines, *seen])
    assert not any(map(WORDS.search, seen))


class Log:
    """Stands in for pytest's reporter, its capture and its configuration: the lines are kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pluginmanager = self

    def getplugin(self, name: str) -> Any:
        """Return what lets text out."""
        return self

    def global_and_fixture_disabled(self) -> Any:
        """Return a block in which nothing is captured."""
        return nullcontext()

    def ensure_newline(self) -> None:
        """Every line is one of its own."""

    def line(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)


def test_a_log_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a minute, five requests a second, is a handful of lines in a log; one of a few seconds is none."""
    log, clock = Log(), iter(index / 5 for index in range(10_000))
    monkeypatch.setattr(
        "pytest_confluent_contracts.plugin.progress.time",
        SimpleNamespace(monotonic=lambda: next(clock)),
    )
    told: Any = progress.Lines(log, log)  # type: ignore[arg-type]
    for index in range(300):
        told.request(Probe.VALID, index, 300)
        assert log.lines == [] or index >= 45
    assert log.lines == [
        f"contracts: probe valid: request {n} of 300, {s} s"
        for n, s in zip(range(50, 301, 50), range(10, 61, 10), strict=True)
    ]
