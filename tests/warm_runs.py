"""How do hundreds of runs start in no time? One process loads pytest and the gate once, and forks for each of them.

A run in a fork has its own environment, folder, arguments and output, and ends with its own exit code: what it does
not have is the second that a fresh process takes to import everything. What is about that second, or about what one
process must not share with the next (the seed of `hash`), runs in a process of its own. A run that is ended by a signal
is a session of its own, as one that a shell starts is a group of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parent
WORKERS = {"-n", "--tx"}  # the options that ask for workers
# The updates alone, as most runs hold them; any clause that sends loads all that a run needs, and draws
# the bodies that most runs draw.
WARM_UP = (
    *("-q", "--contract-target=mock"),
    *(f"--contract-overlay={file}" for file in sorted((TESTS / "updates_alone").iterdir())),
    *("-k", "401 or request/accepted"),
)


class WarmRuns:
    """The process that forks, started when the first run is asked for; it ends with the process that asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: subprocess.Popen[str] | None = None

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
            pid = int(self._ask(asked))
            if meanwhile is not None:
                meanwhile(pid)
            code = self._code(deadline)
            if code is None:
                raise subprocess.TimeoutExpired(options, deadline)
            told = (path.read_text(encoding="utf-8") for path in (out, err))
            return subprocess.CompletedProcess(options, code, *told)

    def _ask(self, asked: dict[str, Any]) -> str:
        server = self._started()
        assert server.stdin is not None
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return self._told()

    def _code(self, deadline: float) -> int | None:
        """Return the exit code of the run that was asked for, None where it has none in time."""
        assert self._server is not None
        assert self._server.stdout is not None
        if not select.select([self._server.stdout], [], [], deadline)[0]:
            self.stop()
            return None
        return int(self._told())

    def _told(self) -> str:
        assert self._server is not None
        assert self._server.stdout is not None
        told = self._server.stdout.readline()
        if not told:
            self.stop()
            raise RuntimeError("the process that forks has ended; why stands on its stderr")
        return told

    def _started(self) -> subprocess.Popen[str]:
        if self._server is None:
            # A group of its own, so that a run that hangs can be ended with all that it started.
            self._server = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self.stop)
        return self._server

    def stop(self) -> None:
        """End the process, and whatever it runs."""
        server, self._server = self._server, None
        if server is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


# --- in the process that forks ---------------------------------------------------------------------------------------


def serve(asking: IO[str], answering: IO[str]) -> None:
    """Answer each line of *asking* with the id of the process that runs what it asks for, and with its exit code."""
    for line in asking:
        pid = os.fork()
        if pid == 0:
            run_in_fork(json.loads(line))
        answering.write(f"{pid}\n")
        answering.flush()
        _, status = os.waitpid(pid, 0)
        answering.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answering.flush()


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
    from hypothesis import (
        configuration,
    )  # not before pytest has loaded it, which would warn of that

    configuration.set_hypothesis_home_dir(None)
    # What is loaded stays: no run that is forked looks through it for garbage, and copies it by looking.
    gc.collect()
    gc.freeze()
    return draws


if __name__ == "__main__":
    with warm_up():
        serve(sys.stdin, sys.stdout)
