"""Is a resource led through its life, and what is wrong with a whole API told, by the clause that it breaks?"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import httpx
import pytest
from judging import red, warned
from leading import Led, read_api
from plain_service import Wrong
from shop_service import KEY, Shop

from pytest_confluent_contracts.model.clauses import MissingKind, Verdict
from pytest_confluent_contracts.model.resources import Resource, Role
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.plugin.lives import Lives

# --- shops that are wrong in one thing -------------------------------------------------------------------------------


class Forgetful(Shop):
    """Answers a create, and keeps nothing."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        self.carts.pop(answer.json()["id"])
        return answer


class Shouting(Shop):
    """Keeps another label than the one that was sent."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        self.carts[answer.json()["id"]]["label"] = body["label"].upper()
        return answer


class WithoutDefault(Shop):
    """Keeps a word where the document has a default."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        return super().post_carts({"note": "none", **body})


class Misleading(Shop):
    """Tells a Location at which nothing lies."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        answer.headers["Location"] = "/carts/c-9999"
        return answer


class Twice(Shop):
    """Lists the third cart twice."""

    def get_carts(self) -> httpx.Response:
        carts = list(self.carts.values())
        return httpx.Response(200, json={"data": carts + carts[2:3]})


class Short(Shop):
    """Leaves the last one out of a list."""

    def get_carts(self) -> httpx.Response:
        return httpx.Response(200, json={"data": list(self.carts.values())[:-1]})


class OneForAll(Shop):
    """Makes the same cart for the same label."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        for cart in self.carts.values():
            if cart["label"] == body.get("label"):
                return httpx.Response(201, json=cart, headers={"Location": f"/carts/{cart['id']}"})
        return super().post_carts(body)


class Hasty(Shop):
    """Makes a cart before it looks at what was sent."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        try:
            return super().post_carts(body)
        except Wrong:
            super().post_carts(body | {"label": "half"})
            raise


class Recycling(Shop):
    """Gives a new cart the id of the one that was deleted last."""

    freed: str = ""

    def delete_cart(self, id: str) -> httpx.Response:
        answer = super().delete_cart(id)
        self.freed = id
        return answer

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        if not self.freed:
            return answer
        cart = self.carts.pop(answer.json()["id"]) | {"id": self.freed}
        self.carts[self.freed], self.lines[self.freed] = cart, {}
        return httpx.Response(201, json=cart, headers={"Location": f"/carts/{self.freed}"})


class Shared(Shop):
    """Lists the lines of all carts under each."""

    def get_lines(self, cart: str) -> httpx.Response:
        self.cart(cart)
        return httpx.Response(200, json=[x for one in self.lines.values() for x in one.values()])


class Keeping(Shop):
    """Keeps what a replacement leaves out."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        return super().put_cart(id, {"note": self.cart(id)["note"], **body})


class Echoing(Shop):
    """Answers a replacement as it was sent, and keeps the old label."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        was = self.cart(id)["label"]
        answer = super().put_cart(id, body)
        self.cart(id)["label"] = was
        return answer


class Unwritten(Shop):
    """Answers an update as it was sent, and keeps nothing of it."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        was = copy.deepcopy(self.cart(id))
        answer = super().patch_cart(id, body)
        self.carts[id] = was
        return answer


class Careless(Shop):
    """Writes the note of an update before it refuses the label."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        if isinstance(body.get("note"), str):
            self.cart(id)["note"] = body["note"]
        return super().patch_cart(id, body)


class CarelessReplacing(Shop):
    """Writes the note of a replacement before it refuses the label."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        if isinstance(body.get("note"), str):
            self.cart(id)["note"] = body["note"]
        return super().put_cart(id, body)


class Spreading(Shop):
    """Writes the label of an update to every cart."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().patch_cart(id, body)
        for cart in self.carts.values():
            cart["label"] = self.cart(id)["label"]
        return answer


class Undead(Shop):
    """Still shows a cart that was deleted."""

    gone: dict[str, Any] | None = None

    def delete_cart(self, id: str) -> httpx.Response:
        self.gone = self.cart(id)
        return super().delete_cart(id)

    def get_cart(self, id: str) -> httpx.Response:
        if self.gone is not None and id == self.gone["id"]:
            return httpx.Response(200, json=self.gone)
        return super().get_cart(id)


class StillListed(Undead):
    """Still lists a cart that was deleted, and shows it no more."""

    def get_cart(self, id: str) -> httpx.Response:
        return Shop.get_cart(self, id)

    def get_carts(self) -> httpx.Response:
        gone = [] if self.gone is None else [self.gone]
        return httpx.Response(200, json={"data": [*self.carts.values(), *gone]})


class Reviving(Shop):
    """Makes a cart anew that is replaced after its end."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        self.carts.setdefault(id, {"id": id, "label": "", "note": ""})
        self.lines.setdefault(id, {})
        return super().put_cart(id, body)


class Greedy(Shop):
    """Deletes another cart when one is deleted for the second time."""

    def delete_cart(self, id: str) -> httpx.Response:
        if id not in self.carts and self.carts:
            self.carts.pop(next(iter(self.carts)))
        return super().delete_cart(id)


class Sweeping(Shop):
    """Deletes the cart after the one that was asked for, too."""

    def delete_cart(self, id: str) -> httpx.Response:
        known = list(self.carts)
        later = known[known.index(id) + 1 :] if id in known else []
        answer = super().delete_cart(id)
        for other in later[:1]:
            del self.carts[other]
        return answer


class Unguarded(Shop):
    """Deletes for whoever asks, and says that he may not."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE" and request.headers.get("X-Key") != KEY:
            self.carts.pop(request.url.path.rpartition("/")[2], None)
        return super().__call__(request)


class Counting(Shop):
    """Counts in the note how often a cart was read."""

    def get_cart(self, id: str) -> httpx.Response:
        self.cart(id)["note"] += "."
        return super().get_cart(id)


class Abridged(Shop):
    """Lists another note than the one that a read shows."""

    def get_carts(self) -> httpx.Response:
        listed = [cart | {"note": cart["note"][:3]} for cart in self.carts.values()]
        return httpx.Response(200, json={"data": listed})


class Headless(Shop):
    """Knows no cart when it is asked for its head."""

    def head_cart(self, id: str) -> httpx.Response:
        raise Wrong(404)


FAULTS: dict[type[Shop], str] = {
    Forgetful: "createCart::lifecycle/created-is-readable",
    Shouting: "createCart::lifecycle/created-equals-sent",
    WithoutDefault: "createCart::lifecycle/created-has-defaults",
    Misleading: "createCart::lifecycle/location-leads-there",
    Twice: "createCart::lifecycle/listed-once",
    Short: "createCart::lifecycle/listed-once",
    OneForAll: "createCart::lifecycle/two-creates-make-two",
    Hasty: "createCart::lifecycle/refused-create-creates-nothing",
    Recycling: "createCart::lifecycle/ids-not-reused",
    Shared: "createLine::lifecycle/own-parent-only",
    Keeping: "replaceCart::lifecycle/replace-drops-what-is-left-out",
    Echoing: "replaceCart::lifecycle/replaced-equals-sent",
    Unwritten: "updateCart::lifecycle/updated-is-read",
    Careless: "updateCart::lifecycle/refused-changes-nothing",
    CarelessReplacing: "replaceCart::lifecycle/refused-changes-nothing",
    Spreading: "updateCart::lifecycle/siblings-untouched",
    Undead: "deleteCart::lifecycle/deleted-is-gone",
    StillListed: "deleteCart::lifecycle/deleted-is-not-listed",
    Reviving: "deleteCart::lifecycle/no-resurrection",
    Greedy: "deleteCart::lifecycle/delete-again-has-no-effect",
    Sweeping: "deleteCart::lifecycle/siblings-untouched",
    Unguarded: "deleteCart::lifecycle/refused-changes-nothing",
    Counting: "getCart::lifecycle/reads-change-nothing",
    Abridged: "getCart::lifecycle/same-everywhere",
    Headless: "headCart::lifecycle/head-as-get",
}


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda one: one.__name__)
def test_what_is_wrong_with_a_life_is_told_by_its_clause(faulty: type[Shop]) -> None:
    """The clause of the promise is broken, or warned where it is a SHOULD."""
    led = Led(read_api("shop"), faulty(), KEY)
    verdicts = {id: ruling.verdict for id, ruling in led.rulings().items()}
    told = {id for id, one in verdicts.items() if one in (Verdict.BROKEN, Verdict.WARNED)}
    assert FAULTS[faulty] in told, told


def test_a_shop_that_keeps_its_document_is_silent_and_left_as_it_was() -> None:
    """Nothing is red or warned; what was made is deleted, and nothing else."""
    shop = Shop()
    shop.post_carts({"label": "a stranger's"})
    led = Led(read_api("shop"), shop, KEY)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert list(led.lives.clean_up()) == []
    assert [cart["label"] for cart in shop.carts.values()] == ["a stranger's"]


def test_where_nothing_may_be_made_nothing_is_made_or_deleted() -> None:
    """A run that may not create leads the life of what it was given: no POST, no DELETE."""
    shop = Shop()
    shop.carts["c-1"] = {"id": "c-1", "label": "given", "note": ""}
    shop.lines["c-1"] = {"l-1": {"id": "l-1", "count": 1, "gift": False}}
    led = Led(read_api("shop"), shop, KEY, may_create=False)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert {method for method, _ in shop.requests} <= {"GET", "HEAD", "PUT", "PATCH"}
    assert rulings["updateCart::lifecycle/updated-is-read"].verdict is Verdict.KEPT
    assert list(shop.carts) == ["c-1"]


class Closed(Shop):
    """It refuses every create of a cart."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        """Refuse it."""
        raise Wrong(403)


@pytest.mark.parametrize("name", ["carts", "lines"])
def test_why_none_could_be_made_is_known(name: str) -> None:
    """What came to the creates is, also where it is the parent of which none could be made."""
    led = Led(read_api("shop"), Closed(), KEY)
    [resource] = [one for one in led.document.resources if one.name == name]
    scenario = led.scenario(resource)
    assert scenario.holder() is None
    why = scenario.why_unmade
    assert (why.kind, why.subject, why.withheld) == (MissingKind.NOT_MADE, "carts", True)
    assert why.answers == (("403", 1),)


def test_what_nobody_can_delete_is_told_in_one_line() -> None:
    """A document without the deletion leaves all of it there, and says so once."""
    document = read_api("shop")
    kept = tuple(one for one in document.operations if one.method != "DELETE")
    without: list[Resource] = []
    for one in document.resources:
        roles = tuple(pair for pair in one.roles if pair[0] is not Role.DELETE)
        without.append(replace(one, roles=roles))
    by_name = {one.name: one for one in without}
    operations = tuple(
        replace(one, resource=by_name[one.resource.name]) for one in kept if one.resource
    )
    shop = Shop()
    led = Led(replace(document, operations=operations, resources=tuple(without)), shop, KEY)
    led.rulings()
    told = [line for line in led.lives.clean_up() if " of carts are left, " in line]
    assert len(shop.carts) > 2
    assert len(told) == 1
    assert all(id in told[0] for id in list(shop.carts)[:3])


def test_no_life_is_led_of_an_id_that_nobody_has() -> None:
    """What would be refused there shows nothing: a list is asked for, an unnamed one is not."""
    document = read_api("shop")

    def lives(is_named: bool) -> Lives:
        return Lives(
            [document],
            lambda operation: RunContext(operation.parameters, {}, {}),
            lambda _: False,
            lambda *_: None,
            has_one=lambda operation: is_named or not operation.parameters,
        )

    carts = next(one for one in document.resources if one.name == "carts")
    alone = replace(carts, roles=tuple(one for one in carts.roles if one[0] is Role.READ))
    assert lives(is_named=True).is_led(alone)
    assert not lives(is_named=False).is_led(alone)
    asked = {one.operation.role for one in lives(is_named=False).accesses(carts)}
    assert asked == {Role.LIST}
