"""How does a forked run start its xdist workers? By forks of itself as it began, for a fresh process imports for seconds.

execnet, which starts workers for xdist, is given a worker that is forked in the place of one that is started; what they
say to each other, and how they end, is the same.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from execnet import gateway_io
from execnet.gateway_base import Popen2IO
from warm_runs import hear_signals

if TYPE_CHECKING:
    from execnet.gateway_base import ExecModel

FIRST_LINE = "import sys;exec(eval(sys.stdin.readline()))"  # what execnet gives a fresh Python
STDIN, STDOUT, ALIVE = range(3)  # of the descriptors that a worker is sent


class Nursery:
    """A process that was forked before the run began, and forks a worker whenever it is sent descriptors."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        if os.fork() == 0:
            self._ours.close()
            fork_on_demand(theirs)
        theirs.close()

    def start(self) -> ForkedWorker:
        """Return a new worker."""
        (stdin, tell), (hear, stdout), (gone, alive) = os.pipe(), os.pipe(), os.pipe()
        socket.send_fds(self._ours, [b"-"], [stdin, stdout, alive])
        for theirs in (stdin, stdout, alive):
            os.close(theirs)
        pid = int(self._ours.recv(32))
        return ForkedWorker(pid, tell, hear, gone)


class ForkedWorker:
    """What execnet uses of a `subprocess.Popen`."""

    def __init__(self, pid: int, tell: int, hear: int, gone: int) -> None:
        self.pid, self._gone = pid, gone
        self.stdin, self.stdout = open(tell, "wb", buffering=0), open(hear, "rb")  # noqa: SIM115

    def wait(self) -> None:
        """Wait until nobody holds the other end of a pipe that the worker was born with."""
        os.read(self._gone, 1)

    def kill(self) -> None:
        """End the worker at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def fork_on_demand(asking: socket.socket) -> NoReturn:
    """Fork a worker for each message of *asking*, until the run that asks has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's to wait for
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # of the run, and its workers
        signal.signal(number, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(asking, 1, 3)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            asking.close()
            become_worker(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        asking.send(str(pid).encode())


def become_worker(descriptors: list[int]) -> NoReturn:
    """Do what ``python -u -c`` does with execnet's first line."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    hear_signals()
    os.dup2(descriptors[STDIN], 0)
    os.dup2(descriptors[STDOUT], 1)
    os.close(descriptors[STDIN])
    os.close(descriptors[STDOUT])  # ALIVE stays open as long as the worker lives
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["-c"]
    try:
        exec(FIRST_LINE, {"__name__": "__main__"})
    finally:
        sys.stderr.flush()
        os._exit(0)


def fork_workers() -> None:
    """Let execnet fork what it would start with this very Python."""
    nursery = Nursery()

    class ForkedIO(gateway_io.Popen2IOMaster):
        def __init__(self, args: list[str], execmodel: ExecModel) -> None:
            if args[0] != sys.executable:
                super().__init__(args, execmodel)
                return
            self.popen: Any = nursery.start()
            Popen2IO.__init__(self, self.popen.stdin, self.popen.stdout, execmodel=execmodel)

    gateway_io.Popen2IOMaster = ForkedIO  # type: ignore[misc]
