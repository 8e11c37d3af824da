"""How does a run end that is told to? As Ctrl-C ends it, whoever tells it, and at a safe moment."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

LOCKS = "httpcore._synchronization"
SOON_S = 0.01


def end_on_signals() -> None:
    """Let a cancelled CI job and a closed terminal end as Ctrl-C does.

    So resources are put back. A handler of the user's stays, and so does nohup's.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    usual = (signal.SIG_DFL, signal.default_int_handler)
    hang_up = getattr(signal, "SIGHUP", signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM, hang_up):
        if signal.getsignal(number) in usual:
            signal.signal(number, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`, a moment later where *frame* takes or gives back a pool lock.

    httpcore 1.0 does that in two small functions of its own. An interrupt in one of them leaves the
    lock taken; the pool wants it again to tidy up, and waits for it for ever.
    """
    if frame is not None and frame.f_globals.get("__name__") == LOCKS:
        threading.Timer(SOON_S, _signal_main_thread, (number,)).start()
        return
    raise KeyboardInterrupt


def _signal_main_thread(number: int) -> None:
    """Send the signal again, to the main thread: what it waits for is then broken off."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
