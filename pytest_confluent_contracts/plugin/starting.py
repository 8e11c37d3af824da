"""How is the service started that ``--contract-start`` names, and how is it stopped?

It is a process group of its own: so Ctrl-C does not reach it before the run has put back what it
changed, and what it has started itself is stopped with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.http.answering import Heard

LAST_LINES = 12
MOST_READ_BYTES = 20_000
SOON_S, PAUSE_S = 1.0, 0.05
# Seconds in which it may end when it is told to, and when it is made to.
PATIENCE_S = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0))


class StartedService:
    """The service of one run, from its start to its end.

    *command* is for a shell; *url* is where it must answer within *timeout_s*. *shown* makes of its
    output what may be shown.
    """

    def __init__(
        self, command: str, url: str, timeout_s: float, shown: Callable[[str], str]
    ) -> None:
        self._command, self._url, self._timeout_s = command, url, timeout_s
        self._shown = shown
        self._process: subprocess.Popen[bytes] | None = None
        self.output: Path | None = None

    @property
    def told(self) -> str:
        """Return the option as it may be shown."""
        return f"--contract-start={self._shown(self._command)}"

    def start(self) -> None:
        """Start it and wait until it answers; raise `ContractError` where it does not."""
        from pytest_confluent_contracts.http.answering import Heard, ask_once

        if ask_once(self._url, SOON_S) is not Heard.NOBODY:
            cure = "stop that one, or give another port"
            raise ContractError(f"{self.told}: something is there at {self._url} already; {cure}")
        self._open()
        try:
            self._wait()
        except KeyboardInterrupt:
            self.forget_output()
            raise

    def _wait(self) -> None:
        """Wait until it answers; raise `ContractError` where it ends before, or time runs out."""
        from pytest_confluent_contracts.http.answering import Heard, ask_once

        end, heard = time.monotonic() + self._timeout_s, Heard.NOBODY
        while time.monotonic() < end:
            heard = ask_once(self._url, max(SOON_S, end - time.monotonic()))
            if heard is Heard.ANSWER:
                return
            if not self._is_running():
                raise ContractError(self._told_end() + self._told_rest())
            time.sleep(PAUSE_S)
        raise ContractError(self._told_silence(heard) + self._told_rest())

    def _open(self) -> None:
        handle, name = tempfile.mkstemp(prefix="contract-start-", suffix=".log")
        self.output = Path(name)
        with open(handle, "wb") as output:
            self._process = subprocess.Popen(
                self._command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # What it says last must not stand in a buffer where it is stopped.
                env={"PYTHONUNBUFFERED": "1", **os.environ},
            )

    def _is_running(self) -> bool:
        """Return whether it is there: it may have gone on in the background, without an error."""
        assert self._process is not None
        code = self._process.poll()
        return code is None or (code == 0 and self._is_group_there())

    # --- what is told -----------------------------------------------------------------------------

    def early_end(self) -> str:
        """Return what is told where it has ended by itself, ``""`` where it is still running."""
        if self._process is None or self._is_running():
            return ""
        return self._told_end()

    def _told_end(self) -> str:
        assert self._process is not None
        code = self._process.returncode
        how = f"it ended with exit code {code}" if code >= 0 else f"it ended by signal {-code}"
        if code == 0:
            how += "; give a command that stays in the foreground"
        return f"{self.told}: {how}{self._last_lines()}"

    def _told_silence(self, heard: Heard) -> str:
        waited = f"{self._url} did not answer within {self._timeout_s:g} s: {heard.value}"
        cure = "--contract-start-timeout gives it longer"
        return f"{self.told}: {waited}; {cure}{self._last_lines()}"

    def _last_lines(self) -> str:
        lines = self._said_lines()[-LAST_LINES:]
        if not lines:
            return "; it said nothing"
        return "; it said last:" + "".join(f"\n  {line}" for line in lines)

    def _said_lines(self) -> list[str]:
        """Return the lines of the end of its output, without those that are empty.

        Secrets are looked for before anything is left out: half of one would not be found.
        """
        assert self.output is not None
        size = self.output.stat().st_size
        with self.output.open("rb") as file:
            file.seek(max(0, size - MOST_READ_BYTES))
            text = file.read().decode("utf-8", "replace")
        if size > MOST_READ_BYTES:  # it begins somewhere in a line
            text = text.partition("\n")[2]
        return [line.rstrip() for line in self._shown(text).splitlines() if line.strip()]

    def _told_rest(self) -> str:
        """Return where all of its output is, where that is not told; else remove the file."""
        assert self.output is not None
        if len(self._said_lines()) > LAST_LINES:
            return f"\n  (all of its output: {self.output})"
        self.forget_output()
        return ""

    # --- its end ----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop it, and all that it has started: asked first, then made to."""
        if self._process is None:
            return
        for number, patience_s in PATIENCE_S:
            end = time.monotonic() + patience_s
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            while self._is_there() and time.monotonic() < end:
                time.sleep(PAUSE_S)
            if not self._is_there():
                break
        self._process = None

    def forget_output(self) -> None:
        """Remove the file of its output: nobody will want to read it."""
        if self.output is not None:
            self.output.unlink(missing_ok=True)

    def _is_there(self) -> bool:
        assert self._process is not None
        is_leader_there = self._process.poll() is None
        return is_leader_there or self._is_group_there()

    def _is_group_there(self) -> bool:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, 0)  # which asks whether it is there
        except (ProcessLookupError, PermissionError):
            return False
        return True
