"""Do creates that go at the same time show what they show one after the other?"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import confluent, make_case, make_exchange
from running import Run, ctrl_c, interrupted, serving
from shop_service import Shop
from test_lives_safety import FAST, OpenShop, deleted_what_it_made, document, held, wrote

from pytest_confluent_contracts.documents import read_document
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.run.campaign import HOPELESS_AFTER, Hope, in_flight_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Answered

SPECS = Path(__file__).parent.parent / "specs"
Kinds = Counter[tuple[str, int, bytes]]


class Making(OpenShop):
    """A shop over HTTP that takes its time to make a cart, and notes how many it makes at once.

    It makes none that has a note where it does not *take* them.
    """

    def __init__(self, *, takes: bool = True) -> None:
        super().__init__(Shop())
        self.kinds: Kinds = Counter()
        self.flying, self.most, self._takes = 0, 0, takes
        self._count = threading.Lock()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        """Return the shop's answer, that to a create a moment later."""
        is_create = method == "POST"
        with self._count:
            self.kinds[method, path.count("/"), body] += 1
            self.flying += is_create
            self.most = max(self.most, self.flying)
        if is_create:
            time.sleep(0.01)
        with self._count:
            self.flying -= is_create
        if is_create and not self._takes and b'"note"' in body:
            headers = {name: value for name, value in headers.items() if name != "content-type"}
        return super().answer(method, path, headers, body)


@contextmanager
def making(*, takes: bool = True) -> Iterator[Making]:
    """Serve a shop over HTTP as long as the block lasts."""
    service = Making(takes=takes)
    with serving(service.answer) as url:
        service.url = url
        yield service


def made(folder: Path, most: int, *options: str, takes: bool = True) -> tuple[Run, Making]:
    """Run the gate over one create, with so many requests in flight."""
    with making(takes=takes) as shop:
        together = f"--contract-concurrency={most}"
        run = held(folder, shop, "-k", "createCart and not lifecycle", together, *options)
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()
    return run, shop


@pytest.mark.parametrize("takes", [True, False], ids=["kept", "broken"])
def test_creates_go_together_with_the_same_verdicts(folder: Path, takes: bool) -> None:
    """Also where so many bodies in a row are refused that the rest is not sent."""
    alone, one = made(folder, 1, "--contract-max-examples=30", takes=takes)
    together, several = made(folder, 4, "--contract-max-examples=30", takes=takes)
    assert (one.most, 1 < several.most <= 4) == (1, True)
    assert alone.verdicts == together.verdicts
    if takes:
        assert alone.code == 0, alone.everything
    assert probes(one.kinds) == probes(several.kinds)


def probes(kinds: Kinds) -> Kinds:
    """Return the creates among *kinds*."""
    return Counter({kind: many for kind, many in kinds.items() if kind[0] == "POST"})


def test_within_a_budget_creates_go_one_by_one(folder: Path) -> None:
    """Each keeps the request that deletes what it makes."""
    _, shop = made(folder, 4, "--contract-budget=2000")
    assert shop.most == 1


@pytest.mark.parametrize("after", [40, 90, 180, 300])
def test_who_interrupts_what_goes_together_leaves_nothing(folder: Path, after: int) -> None:
    """Whatever is on its way is waited for, and what it made is gone."""
    with making() as shop:
        options = (document(folder), *FAST, "--contract-sequences=6", "--contract-concurrency=4")
        few = ("-k", "Cart and lifecycle or createCart and 201")
        done = interrupted(folder, shop, after, ctrl_c, *options, *few)
        assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
        assert wrote(shop)
        assert deleted_what_it_made(shop)
        assert shop.is_as_before(), shop.shop.carts


def test_no_more_go_in_hope_than_would_go_one_by_one() -> None:
    """All that are in flight may be refused."""
    hope, case = Hope(), make_case(confluent())
    assert hope.room() == HOPELESS_AFTER
    for count in range(1, HOPELESS_AFTER + 1):
        hope.heard(0, make_exchange(case, 400))
        assert hope.room() == HOPELESS_AFTER - count
    hope.heard(0, make_exchange(case, 200))
    assert hope.room() == HOPELESS_AFTER


def parts(*cases: Any) -> list[int]:
    """Return how many of *cases* are in flight at the same time."""
    return [len(part) for part in in_flight_together(cases)]


def test_creates_under_one_id_go_after_each_other() -> None:
    """The second may be refused for the first; what must be refused makes nothing."""
    document = read_document(SPECS / "datadog-confluent-cloud.yaml")
    creating = next(one for one in document.operations if one.id == "CreateConfluentResource")

    def asked(id: str, expect: Expect = Expect.ACCEPTED) -> Any:
        return make_case(creating, {"data": {"id": id}}, expect=expect)

    assert parts(asked("a"), asked("b"), asked("c")) == [3]
    assert parts(asked("a"), asked("b"), asked("a"), asked("c")) == [2, 2]
    assert parts(asked("a", Expect.REFUSED), asked("a", Expect.REFUSED)) == [2]
    assert parts(asked("a"), asked("b", Expect.REFUSED), asked("c")) == [1, 1, 1]  # not in hope


def test_creates_under_one_idempotency_key_go_after_each_other() -> None:
    """The second is a repetition of the first, or refused while that is on its way."""
    document = read_document(SPECS / "confluent-api-keys.yaml")
    creating = next(one for one in document.operations if one.id == "createIamV2ApiKey")
    one, other = (make_case(creating, {}, headers={"Idempotency-Key": key}) for key in "ab")
    assert parts(one, other) == [2]
    assert parts(one, one, other) == [1, 2]
