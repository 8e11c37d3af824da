"""Are two documents held at the same time, with the requests and the verdicts that each has alone?"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from other_service import CONFLUENT_PATH, ENVIRONMENT, Choices
from running import Run, ctrl_c, gate, interrupted
from test_pacing import Timed, requests_of
from test_restore import BEFORE, state

from pytest_confluent_contracts.plugin.ahead import one_at_a_time, run_together

if TYPE_CHECKING:
    from pathlib import Path

    from other_service import Request

SOME = (
    "--contract-max-examples=1",
    "-k",
    "security or body/json or unknown-id or request/undeclared or rate-limit",
)


def is_confluent(request: Request) -> bool:
    """Return whether a request is for the first of both documents."""
    return request.path.startswith(CONFLUENT_PATH)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Run, Timed]]:
    """Return the same run over both documents with one and with four requests in flight."""
    found = {}
    for many in (1, 4):
        with Timed(Choices(limit_headers_everywhere=True), latency=0.01) as service:
            folder = tmp_path_factory.mktemp(f"ahead-{many}")
            options = (f"--contract-target={service.url}", f"--contract-concurrency={many}")
            run = gate(folder, *options, *SOME, given=ENVIRONMENT)
        found[many] = run, service
    return found


def test_two_documents_are_held_at_the_same_time(pair: dict[int, tuple[Run, Timed]]) -> None:
    """One after the other by default; else the second begins before the first has ended."""
    alone = [is_confluent(one) for one in pair[1][1].requests]
    together = [is_confluent(one) for one in pair[4][1].requests]
    assert alone.index(False) == sum(alone) - 1  # at the end it is put back
    assert together.index(False) < sum(together) / 4


def test_each_gets_what_it_gets_alone(pair: dict[int, tuple[Run, Timed]]) -> None:
    """The same requests, the same verdicts, and no more in flight than were asked for."""
    assert pair[1][0].code == pair[4][0].code == 0, pair[4][0].everything
    assert pair[1][0].verdicts == pair[4][0].verdicts
    assert requests_of(pair[1][1]) == requests_of(pair[4][1])
    assert pair[4][1].most <= 4


def test_ctrl_c_ends_both_and_puts_back(tmp_path: Path) -> None:
    """Nothing goes on in a thread of its own: what each had changed is put back."""
    with Timed(latency=0.01) as service:
        done = interrupted(tmp_path, service, 60, ctrl_c, "--contract-concurrency=4")
        asked = len(service.requests)
        time.sleep(0.1)
        assert len(service.requests) == asked < 200
        assert {is_confluent(one) for one in service.requests} == {True, False}
        assert state(service) == BEFORE
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything


# --- errands --------------------------------------------------------------------------------------


def test_where_one_raises_the_others_are_called_off() -> None:
    """What it raised is raised when they have ended, and they are told to end."""
    called_off, ended = threading.Event(), []

    def fail() -> None:
        raise LookupError("nobody there")

    def go_on() -> None:
        assert called_off.wait(10)
        ended.append(True)

    with pytest.raises(LookupError, match="nobody there"):
        run_together([fail, go_on], 2, called_off.set)
    assert ended == [True]


def test_no_more_run_than_asked_for() -> None:
    """The next one begins when another has ended."""
    running, most = [], []

    def errand() -> None:
        running.append(True)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()

    run_together([errand] * 4, 2, lambda: None)
    assert max(most) <= 2
    assert len(most) == 4


def test_others_are_told_one_at_a_time() -> None:
    """A hook need not know of threads."""
    inside: list[int] = []

    def hook(number: int) -> int:
        inside.append(number)
        time.sleep(0.01)
        return inside.pop()

    told: list[int] = []
    alone = one_at_a_time(threading.RLock(), hook)
    run_together([partial(_told, alone, one, told) for one in (1, 2, 3)], 3, lambda: None)
    assert sorted(told) == [1, 2, 3]


def _told(hook: object, number: int, told: list[int]) -> None:
    assert callable(hook)
    assert hook(number) == number
    told.append(number)
