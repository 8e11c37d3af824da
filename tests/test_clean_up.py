"""Is what a run made deleted several at a time, children before parents, and all of it whoever interrupts?"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from running import Run, ctrl_c, interrupted, serving
from shop_service import Shop
from test_lives_safety import FAST, OpenShop, deleted_what_it_made, document, held, last_id, wrote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running import Answered

MAKING = ("-k", "createCart and 201 or createLine and 201")
TOGETHER = "--contract-concurrency=4"


class Ending(OpenShop):
    """A shop that takes its time to delete, and notes when each deletion begins and ends.

    It deletes no more than *at_once* at the same time, and answers 409 to others, as some clouds
    do. `deletions` are the paths, each with both moments.
    """

    def __init__(self, shop: Shop, at_once: int = 100) -> None:
        super().__init__(shop)
        self.deletions: dict[str, tuple[float, float]] = {}
        self.flying, self.most, self._at_once = 0, 0, at_once
        self._count = threading.Lock()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        """Return the shop's answer, that to a deletion a moment later."""
        if method != "DELETE":
            return super().answer(method, path, headers, body)
        begun = time.monotonic()
        with self._count:
            self.flying += 1
            self.most = max(self.most, self.flying)
            is_refused = self.flying > self._at_once
        time.sleep(0.03)
        answer: Answered = (409, [("Content-Type", "application/json")], b"{}")
        if not is_refused:
            answer = super().answer(method, path, headers, body)
        with self._count:
            self.flying -= 1
            self.deletions[path] = (begun, time.monotonic())
        return answer

    @property
    def deletes(self) -> list[str]:
        """Return the paths of what was deleted."""
        return [path for method, path in self.requests if method == "DELETE"]


@contextmanager
def ending(at_once: int = 100) -> Iterator[Ending]:
    """Serve a shop over HTTP as long as the block lasts."""
    service = Ending(Shop(), at_once)
    with serving(service.answer) as url:
        service.url = url
        yield service


def children_went_first(shop: Ending) -> bool:
    """Return whether each line was gone before its cart was asked to go."""
    for path, (_, ended) in shop.deletions.items():
        cart, _, line = path.partition("/lines/")
        if line and cart in shop.deletions and ended > shop.deletions[cart][0]:
            return False
    return True


def test_what_hangs_on_no_other_is_deleted_together(folder: Path) -> None:
    """As many at a time as may be in flight; a cart goes when its lines are gone."""
    with ending() as shop:
        run = held(folder, shop, *MAKING, TOGETHER)
    assert run.code == 0, run.everything
    assert wrote(shop)
    assert 1 < shop.most <= 4
    assert any("/lines/" in path for path in shop.deletions)
    assert children_went_first(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()


def test_one_at_a_time_the_newest_goes_first(folder: Path) -> None:
    """So it is by default on this machine, with as many requests."""
    found: dict[int, Ending] = {}
    for most in (1, 4):
        with ending() as found[most]:
            run = held(folder, found[most], *MAKING, f"--contract-concurrency={most}")
        assert run.code == 0, run.everything
    assert found[1].most == 1
    carts = [last_id(path) for path in found[1].deletes if "/lines/" not in path]
    assert carts == sorted(carts, reverse=True)
    assert sorted(found[1].deletes) == sorted(found[4].deletes)


def test_what_is_refused_beside_another_is_deleted_alone(folder: Path) -> None:
    """A service may refuse to delete two at the same time."""
    with ending(at_once=1) as shop:
        run = held(folder, shop, *MAKING, TOGETHER)
    assert run.code == 0, run.everything
    assert shop.most > 1
    assert shop.is_as_before()
    assert "is left" not in run.out


class Deletions:
    """A shop seen by its deletions alone: who waits for so many requests waits for so many ends."""

    def __init__(self, shop: Ending) -> None:
        self._shop, self.url, self.environment = shop, shop.url, shop.environment

    @property
    def requests(self) -> list[str]:
        """Return the paths that were asked to go."""
        return self._shop.deletes


ENDED: dict[str, Callable[[int], None]] = {
    "Ctrl-C": ctrl_c,
    "SIGTERM": lambda pid: os.kill(pid, signal.SIGTERM),
}


@pytest.mark.parametrize("how", ENDED)
def test_who_interrupts_the_deletions_leaves_nothing(folder: Path, how: str) -> None:
    """What was asked to go is waited for, and the rest is deleted by who puts back for others."""
    with ending() as shop:
        options = (document(folder), *FAST, *MAKING, TOGETHER)
        done: Run = interrupted(folder, Deletions(shop), 2, ENDED[how], *options)
        assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
        assert wrote(shop)
        assert deleted_what_it_made(shop)
        assert shop.is_as_before(), shop.shop.carts
