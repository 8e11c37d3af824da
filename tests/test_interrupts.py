"""Does a run that is told to end do so, wherever it stands?"""

from __future__ import annotations

import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from httpcore._synchronization import ThreadLock
from running import gate

from pytest_confluent_contracts.plugin.interrupts import LOCKS, interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def heard() -> Iterator[None]:
    """Let the handler of a run hear of Ctrl-C."""
    before = signal.signal(signal.SIGINT, interrupt)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("step", ["acquire", "release"])
def test_an_interrupt_leaves_no_lock_of_the_pool_taken(step: str) -> None:
    """It comes a moment later than it was sent: not between the taking of a lock and the block that gives it back."""
    signalled, quiet = partial(signal.raise_signal, signal.SIGINT), partial(int)

    class Hit:
        """The lock within; Ctrl-C arrives in one of its two steps, which have no frame of their own."""

        acquire = signalled if step == "acquire" else quiet
        release = signalled if step == "release" else quiet

    def passed() -> None:
        lock = ThreadLock()
        lock._lock = Hit()  # type: ignore[assignment]
        with lock:
            pass
        threading.Event().wait(5)

    assert ThreadLock.__module__ == LOCKS
    with pytest.raises(KeyboardInterrupt) as interrupted:
        passed()
    assert LOCKS not in [entry.frame.f_globals["__name__"] for entry in interrupted.traceback]


@pytest.mark.usefixtures("heard")
def test_an_interrupt_elsewhere_comes_at_once() -> None:
    """Whatever else the run does, Ctrl-C is not put off."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


NO_LINE = """
from pytest_confluent_contracts.run.campaign import Campaign

def hit(*_):
    raise KeyboardInterrupt

hit.__code__ = hit.__code__.replace(co_linetable=b"")
Campaign.run = hit
"""


def test_an_interrupt_in_an_instruction_without_a_line_is_one_like_any_other(folder: Path) -> None:
    """pytest cannot draw the frame that it hit, and need not."""
    (folder / "conftest.py").write_text(NO_LINE, encoding="utf-8")
    done = gate(folder, "--contract-target=mock", "--contract-max-examples=1")
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    assert "Traceback" not in done.everything
