"""What is sent of several documents at the same time? Of each in its own order, in a thread.

Two documents have nothing in common: no resource, no quota, no operation. While one waits for an
answer, another may be asked.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

P = ParamSpec("P")
T = TypeVar("T")


def run_together(
    errands: Sequence[Callable[[], None]], most: int, call_off: Callable[[], None]
) -> None:
    """Run *errands*, each in a thread, at most so many at a time, and return when all are over.

    Where one raises, or the wait is interrupted, the others are called off, and that is raised once
    they have ended: what was on its way has been answered then.
    """
    with ThreadPoolExecutor(most) as pool:
        running = [pool.submit(errand) for errand in errands]
        try:
            for one in running:
                one.result()
        except BaseException:
            call_off()
            raise


def one_at_a_time(lock: AbstractContextManager[object], call: Callable[P, T]) -> Callable[P, T]:
    """Return *call* for several threads: each waits until no other is in it."""

    def called(*arguments: P.args, **named: P.kwargs) -> T:
        with lock:
            return call(*arguments, **named)

    return called
