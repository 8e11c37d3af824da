"""What must be whole before a run ends? A create and the taking down of its answer."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C and its like take effect at the end of the block, not within it.

    Otherwise the service would have made what nobody knows the id of. It lasts no longer than the
    request may take. Signals are heard in the main thread alone; elsewhere there is nothing to do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def wait(number: int, _: FrameType | None) -> None:
        came.append(number)

    known = {number: signal.getsignal(number) for number in ENDING}
    heard = {number: handler for number, handler in known.items() if callable(handler)}
    for number in heard:
        signal.signal(number, wait)
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)
        for number in came[:1]:
            heard[number](number, None)
