"""How do hundreds of runs start in no time? One process loads pytest and the gate once, and forks for each of them.

xdist's workers share it: for each of them it forks a process that answers, which forks in its turn.

A run in a fork has its own environment, folder, arguments and output, and ends with its own exit code: what it does
not have is the second that a fresh process takes to import everything. What is about that second, or about what one
process must not share with the next (the seed of `hash`), runs in a process of its own. A run that is ended by a signal
is a session of its own, as one that a shell starts is a group of its own.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parent
WORKERS = {"-n", "--tx"}  # the options that ask for workers
# Objects are made before garbage is looked for; after 700, as usual, that takes 7 of 100 seconds.
GARBAGE = 50_000
# The updates alone, as most runs hold them; any clause that sends loads all that a run needs, and draws
# the bodies that most runs draw.
WARM_UP = (
    *("-q", "--contract-target=mock"),
    *(f"--contract-overlay={file}" for file in sorted((TESTS / "updates_alone").iterdir())),
    *("-k", "401 or request/accepted"),
)
# What runs load that lead lives, write reports, have workers, or hold applications of frameworks.
LATER = (
    *("pytest_confluent_contracts.run.sequences", "pytest_confluent_contracts.cases.sequences"),
    *("pytest_confluent_contracts.report.files", "xdist.dsession", "framework_applications"),
)


class WarmRuns:
    """What runs are asked of: started when the first is asked for, unless `join` has named one that others use too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._door = ""
        self._own: ForkingProcess | None = None
        self._line: Line | None = None
        atexit.register(self.stop)

    def join(self, door: str) -> None:
        """Ask the process whose socket is at *door*, which all workers of xdist share."""
        self._door = door

    def run(
        self,
        options: list[str],
        folder: Path,
        environment: dict[str, str],
        deadline: float,
        meanwhile: Callable[[int], None] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``pytest`` with *options* in *folder*; raise `subprocess.TimeoutExpired` after *deadline* seconds.

        *meanwhile* is called with the id of the run's process, which then leads a session of its own.
        """
        with self._lock, tempfile.TemporaryDirectory() as outputs:
            out, err = Path(outputs, "out"), Path(outputs, "err")
            asked = {
                "options": options,
                "folder": str(folder),
                "environment": environment,
                "out": str(out),
                "err": str(err),
                "alone": meanwhile is not None,
            }
            line = self._opened()
            pid = line.ask(asked)
            if meanwhile is not None:
                meanwhile(pid)
            code = line.code_within(deadline)
            if code is None:
                self.hang_up()
                raise subprocess.TimeoutExpired(options, deadline)
            told = (path.read_text(encoding="utf-8") for path in (out, err))
            return subprocess.CompletedProcess(options, code, *told)

    def _opened(self) -> Line:
        if self._line is None:
            if not self._door:
                self._own = ForkingProcess()
                self._door = self._own.door
            self._line = Line(self._door)
        return self._line

    def hang_up(self) -> None:
        """End what answers here, and whatever it runs; the next run is asked of another."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def stop(self) -> None:
        """End what answers here, and the process that forks where nobody else uses it."""
        self.hang_up()
        own, self._own = self._own, None
        if own is not None:
            self._door = ""
            own.stop()


class ForkingProcess:
    """The process that has loaded everything; it ends with the one that started it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.door = str(Path(self._folder.name, "door"))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.door)
            listening.listen()  # before anything is loaded, so that nobody comes too early
            number = listening.fileno()
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(number)],
                stdin=subprocess.PIPE,
                pass_fds=(number,),
                start_new_session=True,  # Ctrl-C is for those who ask
            )

    def stop(self) -> None:
        """Let it end, as soon as those who asked have hung up."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._folder.cleanup()


class Line:
    """One who asks: a process of its own answers, which forks for each run."""

    def __init__(self, door: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(door)
        self._asking = self._socket.makefile("w", encoding="utf-8")
        self._told = self._socket.makefile("r", encoding="utf-8")
        self.process = self._number()

    def ask(self, asked: dict[str, Any]) -> int:
        """Ask for a run; return the id of its process."""
        self._asking.write(json.dumps(asked) + "\n")
        self._asking.flush()
        return self._number()

    def code_within(self, deadline: float) -> int | None:
        """Return the exit code of the run that was asked for, None where it has none in time."""
        return self._number() if select.select([self._socket], [], [], deadline)[0] else None

    def _number(self) -> int:
        told = self._told.readline()
        if not told:
            raise RuntimeError("the process that forks has ended; why stands on its stderr")
        return int(told)

    def close(self) -> None:
        """End the process that answers, and a run that hangs: it leads a group of its own."""
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)
        for one in (self._asking, self._told, self._socket):
            one.close()


# --- in the process that forks ---------------------------------------------------------------------------------------


def attend(listening: socket.socket) -> None:
    """Fork one who answers for each who comes, until the process that started this one has ended."""
    answering: list[int] = []
    while is_wanted(listening):
        line, _ = listening.accept()
        with line:
            pid = os.fork()
            if pid == 0:
                listening.close()
                answer(line)
            answering.append(pid)
    for pid in answering:
        os.waitpid(pid, 0)


def is_wanted(listening: socket.socket) -> bool:
    """Wait until somebody comes; return False where who started this process has ended instead."""
    return listening in select.select([listening, sys.stdin], [], [])[0]


def answer(line: socket.socket) -> NoReturn:
    """Answer each message of *line* with the id of the process that runs what it asks for, and with its exit code."""
    try:
        os.setsid()
        line.sendall(f"{os.getpid()}\n".encode())
        for message in line.makefile("r", encoding="utf-8"):
            pid = os.fork()
            if pid == 0:
                os.close(line.detach())
                run_in_fork(json.loads(message))
            line.sendall(f"{pid}\n".encode())
            _, status = os.waitpid(pid, 0)
            line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def run_in_fork(asked: dict[str, Any]) -> NoReturn:
    """Become the run that was asked for: what ``python -m pytest`` does in that folder and environment."""
    if asked["alone"]:
        os.setsid()
        hear_signals()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    tempfile.tempdir = None  # found out anew: the environment may name another
    redirect(0, os.devnull, os.O_RDONLY)
    redirect(1, asked["out"], os.O_WRONLY | os.O_CREAT)
    redirect(2, asked["err"], os.O_WRONLY | os.O_CREAT)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        for number, mode, errors in (
            (0, "r", "strict"),
            (1, "w", "strict"),
            (2, "w", "backslashreplace"),
        )
    )
    sys.path[:0] = [asked["folder"], *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = ["pytest", *asked["options"]]
    if WORKERS.intersection(asked["options"]):
        from forked_workers import fork_workers  # needs execnet, which only xdist brings

        fork_workers()
    code = 1
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # nothing of the process that forked is to be tidied up here


def hear_signals() -> None:
    """Hear of Ctrl-C, of a job that is cancelled and of a closed terminal, as a fresh Python does.

    The tests may have been started where some of these are ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def redirect(number: int, path: str, flags: int) -> None:
    """Let the file descriptor *number* be the file at *path*."""
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


def remembered_draws(cache: Path) -> ExitStack:
    """Return what knows the draws that a run has kept in *cache*, which may be gone by then."""
    from pytest_confluent_contracts.cases.kept_draws import kept_in

    known = ExitStack()
    draws = known.enter_context(kept_in(cache / "d" / "confluent-contracts"))
    assert len(draws.load()) > 5
    return known


def warm_up() -> ExitStack:
    """Run the gate once, so that all of it is loaded, by pytest's own import hook; forget where that was.

    What it has drawn is known as long as what is returned is open, to all that is forked meanwhile.
    """
    import pytest

    home = Path.cwd()
    kept = os.dup(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        redirect(1, os.devnull, os.O_WRONLY)
        ended = pytest.main([*WARM_UP, "-o", f"cache_dir={folder}"])
        os.dup2(kept, 1)
        draws = remembered_draws(Path(folder))
        os.chdir(home)
    if ended is not pytest.ExitCode.OK:
        sys.exit(f"the run that warms up ended with {ended!r}")
    for name in LATER:
        importlib.import_module(name)
    del sys.modules["framework_applications"]  # what the tests make of frameworks is each run's own
    from hypothesis import (
        configuration,
    )  # not before pytest has loaded it, which would warn of that

    configuration.set_hypothesis_home_dir(None)
    # What is loaded stays: no run that is forked looks through it for garbage, and copies it by looking.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    return draws


if __name__ == "__main__":
    door = socket.socket(fileno=int(sys.argv[1]))
    if is_wanted(door):  # many tests run nothing
        with warm_up():
            attend(door)
