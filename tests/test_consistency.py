"""Is a service whose reads lag behind its writes held to what its document says of that, and to nothing else?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from judging import red, warned
from leading import APIS, Led
from shop_service import KEY, Shop

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.double.service import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from pytest_confluent_contracts.model.documents import Document

LAG_S = 2.0


@dataclass
class Lagging(Shop):
    """Reads from a copy that is `LAG_S` behind, as a replica is."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    copies: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*: a read's is that of the state a while ago."""
        self.clock.sleep(0.01)
        if request.method not in ("GET", "HEAD"):
            answer = super().__call__(request)
            self.copies.append((self.clock.now(), json.dumps([self.carts, self.lines])))
            return answer
        now = self.carts, self.lines
        old = [state for at, state in self.copies if at <= self.clock.now() - LAG_S]
        self.carts, self.lines = json.loads(old[-1]) if old else ({}, {})
        try:
            return super().__call__(request)
        finally:
            self.carts, self.lines = now


class Forgetful(Lagging):
    """Does not show what is replaced, however long one waits."""

    def put_cart(self, id: str, body: dict[str, object]) -> httpx.Response:
        was = dict(self.cart(id))
        answer = super().put_cart(id, body)
        self.carts[id] = was
        return answer


def shop(folder: Path, within: float | None) -> Document:
    """Return the shop's document, which may say after how many seconds a read shows a write."""
    text = (APIS / "shop.yaml").read_text(encoding="utf-8")
    if within is not None:
        stated = f"      x-contract: {{consistency: {{within: {within}}}}}\n      operationId:"
        text = text.replace("      operationId:", stated)
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return documents.read_document(path)


def test_reads_that_lag_as_the_document_says_are_no_finding(tmp_path: Path) -> None:
    """The run waits before it reads, on the clock of the service."""
    led = Led(shop(tmp_path, LAG_S + 0.5), Lagging(), KEY)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert list(led.lives.clean_up()) == []


@pytest.mark.parametrize("within", [None, LAG_S / 4], ids=["nothing said", "less said"])
def test_reads_that_lag_without_a_word_are_told(tmp_path: Path, within: float | None) -> None:
    """What is created is to be read at once, or as soon as the document says."""
    rulings = Led(shop(tmp_path, within), Lagging(), KEY).rulings()
    assert "createCart::lifecycle/created-is-readable" in red(rulings)


def test_what_never_shows_is_told_however_long_it_may_take(tmp_path: Path) -> None:
    """A document that speaks of a lag does not excuse what is lost."""
    rulings = Led(shop(tmp_path, LAG_S + 0.5), Forgetful(), KEY).rulings()
    assert "replaceCart::lifecycle/replaced-equals-sent" in red(rulings)
