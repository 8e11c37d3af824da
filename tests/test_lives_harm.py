"""Is anything deleted or written that the run did not make, whatever a service answers? One life each, in process."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest
from leading import Led, read_api
from plain_service import Wrong
from shop_service import KEY, Shop

from pytest_confluent_contracts.documents import read_document
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.run import scenario
from pytest_confluent_contracts.run.scenario import SENT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHOP = read_api("shop")
STRANGERS = {
    id: {"id": id, "label": "a stranger's", "note": "kept"} for id in ("c-1", "c-2", "c-3")
}
LINES: dict[str, dict[str, dict[str, Any]]] = {
    id: {"l-1": {"id": "l-1", "count": 1, "gift": False}} for id in STRANGERS
}


class Recorded(Shop):
    """A shop in which strangers' carts lie, and that takes down what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.carts |= {id: dict(cart) for id, cart in STRANGERS.items()}
        self.lines |= {id: {k: dict(v) for k, v in own.items()} for id, own in LINES.items()}

    def asked(self, *methods: str) -> list[str]:
        """Return the paths that came with one of *methods*, in their order."""
        return [path for method, path in self.requests if method in methods]

    @property
    def strangers(self) -> dict[str, Any]:
        """Return what is there of the strangers' carts, and in them."""
        carts = {id: self.carts.get(id) for id in STRANGERS}
        return {"carts": carts, "lines": {id: self.lines.get(id) for id in STRANGERS}}

    @property
    def left(self) -> set[str]:
        """Return the ids of the carts that nobody but the run can have made."""
        return self.carts.keys() - STRANGERS.keys()


def is_untouched(shop: Recorded) -> bool:
    """Return whether the strangers' carts are as they were, and no request was to change one."""
    written = shop.asked("PUT", "PATCH", "DELETE")
    hit = [path for path in written if path.split("/")[2:3] and path.split("/")[2] in STRANGERS]
    return not hit and shop.strangers == {"carts": STRANGERS, "lines": LINES}


def lived(shop: Shop, **more: Any) -> tuple[Led, list[str]]:
    """Lead the lives of all that the shop's document has; return what is told at the end."""
    led = Led(SHOP, shop, KEY, **more)
    led.rulings()
    return led, list(led.lives.clean_up())


def created(cart: dict[str, Any], location: str = "") -> httpx.Response:
    """Return the answer to a create."""
    headers = {"Location": location or f"/carts/{cart['id']}"}
    return httpx.Response(201, json=cart, headers=headers)


# --- an id that is another's -----------------------------------------------------------------------------------------


class Upserting(Recorded):
    """Takes every other create for an update of a stranger's cart, and tells its id."""

    count = 0

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        self.count += 1
        answer = super().post_carts(body)
        return answer if self.count % 2 else created({**answer.json(), "id": "c-2"})


def test_what_was_listed_before_is_not_deleted_though_a_create_answers_its_id() -> None:
    """The list has shown it before anything was made: it is told, and neither changed nor deleted."""
    shop = Upserting()
    _, told = lived(shop)
    assert is_untouched(shop)
    [line] = [one for one in told if "carts c-2" in one]
    assert line.endswith("c-2 was there before, and a create answered its id: it is not deleted")


class Unlisted(Upserting):
    """Shows strangers' carts in no list."""

    def get_carts(self) -> httpx.Response:
        own = [cart for id, cart in self.carts.items() if id not in STRANGERS]
        return httpx.Response(200, json={"data": own})


def test_what_was_named_is_not_deleted_though_a_create_answers_its_id() -> None:
    """Whoever named it for updates has not given it away, and no list need show it."""
    shop = Unlisted()
    _, told = lived(shop, named={"cart_id": "c-2"})
    assert is_untouched(shop)
    assert any("carts c-2 was there before" in line for line in told)


class SameAgain(Recorded):
    """Answers each create with the cart that it made first."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        own = [self.carts[id] for id in self.left]
        return created(own[0]) if own else super().post_carts(body)


def test_one_that_two_creates_answer_is_deleted_once() -> None:
    """It is the run's own, and there is but one."""
    shop = SameAgain()
    _, told = lived(shop)
    assert (is_untouched(shop), shop.left) == (True, set())
    assert not [line for line in told if "carts" in line]


# --- an id, or a Location, that leads elsewhere ----------------------------------------------------------------------


def answering(change: Callable[[dict[str, Any]], httpx.Response]) -> Recorded:
    """Return a shop whose creates of carts are answered as *change* has it."""

    class Odd(Recorded):
        def post_carts(self, body: dict[str, Any]) -> httpx.Response:
            answer = super().post_carts(body)
            return change(answer.json()) if answer.status_code == 201 else answer

    return Odd()


ODD_IDS = ["..", ".", "../carts/c-1", "c-1/..", "x/../c-1", "..\\c-1", ""]


@pytest.mark.parametrize("id", ODD_IDS)
def test_an_id_that_leads_out_of_its_path_is_asked_for_nowhere(id: str) -> None:
    """What was made is sought in the list and named; no request goes where the id leads."""
    shop = answering(lambda cart: created({**cart, "id": id}, "/carts/"))
    _, told = lived(shop)
    assert is_untouched(shop)
    assert set(shop.asked("PUT", "PATCH", "DELETE")) == set()
    assert any("carts" in line and "may be left" in line for line in told)


@pytest.mark.parametrize("id", ["a/b", "c-1/lines/l-1", "%2e%2e", "a?b#c", "a b"])
def test_an_id_with_marks_of_a_path_goes_coded_as_one_segment(id: str) -> None:
    """RFC 3986 3.3: what is not coded would ask for something else."""
    shop = answering(lambda cart: created({**cart, "id": id}))
    written: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        written.append(request.url.raw_path.decode())
        return shop(request)

    led = Led(SHOP, answer, KEY)
    led.rulings()
    list(led.lives.clean_up())
    assert shop.strangers == {"carts": STRANGERS, "lines": LINES}
    deeper = [path for path in written if path.count("/") > 2 and "/lines" not in path]
    assert deeper == []


@pytest.mark.parametrize(
    "location",
    [
        "/users/c-1",
        "/operations/c-1",
        "https://elsewhere.example/c-1",
        "/carts/c-1/lines/l-1",
        "//c-1",
    ],
)
def test_a_location_that_leads_to_something_else_names_nothing(location: str) -> None:
    """The last word of it is another thing's id: a request for a cart of that name might hit a stranger's."""
    shop = answering(lambda cart: created({"label": cart["label"], "note": ""}, location))
    lived(shop)
    assert is_untouched(shop)
    assert set(shop.asked("PUT", "PATCH", "DELETE")) == set()


def test_a_location_on_another_host_is_followed_by_its_path_alone() -> None:
    """It may be the vendor's: the request goes to the target."""
    hosts: set[str] = set()
    shop = answering(
        lambda cart: created(
            {"label": cart["label"], "note": ""}, f"https://vendor.example/carts/{cart['id']}"
        )
    )

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return shop(request)

    led = Led(SHOP, answer, KEY)
    led.rulings()
    list(led.lives.clean_up())
    assert (hosts, shop.left, is_untouched(shop)) == ({"localhost"}, set(), True)


@pytest.mark.parametrize(
    "body", [[], [{"id": "c-1"}], "c-1", 7, None, {"id": ["c-1"]}, {"id": True}]
)
def test_an_answer_of_another_shape_names_nothing(body: Any) -> None:
    """A list of what is there, a text, a number: no id of what was made."""
    shop = answering(lambda _: httpx.Response(200, json=body))
    _, told = lived(shop)
    assert is_untouched(shop)
    assert set(shop.asked("DELETE", "PUT", "PATCH")) == set()
    assert any("may be left" in line for line in told)


# --- creates of which nobody knows what they made --------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 303, 307, 500, 501, 504])
def test_a_create_that_is_answered_so_that_nobody_knows_is_sought_and_named(status: int) -> None:
    """It may have made one: the list shows it, by what was sent; it is named, and not deleted."""

    class Vague(Recorded):
        def post_carts(self, body: dict[str, Any]) -> httpx.Response:
            super().post_carts(body)
            return httpx.Response(status, headers={"Location": "/carts/c-1"})

    shop = Vague()
    _, told = lived(shop)
    assert is_untouched(shop)
    named = {id for id in shop.left if any(f"carts {id} may be left" in line for line in told)}
    more = re.search("^shop: ([0-9]+) more of carts may be left", "\n".join(told), re.MULTILINE)
    assert len(named) + (int(more[1]) if more else 0) == len(shop.left) > 0
    assert all("curl -X DELETE" in line for line in told if " may be left: its create" in line)
    assert not set(shop.asked("DELETE"))


def test_a_body_that_is_no_json_is_named_as_that() -> None:
    """A service that fails at whatever it is sent fails at broken bodies, too."""
    assert scenario.sent_text(ABSENT) == "nothing that can be read"
    assert scenario.sent_text({"a": "é"}) == '{"a": "\\u00e9"}'


TICKETS = """
openapi: 3.1.0
info: {title: tickets, version: "1"}
paths:
  /tickets:
    post:
      operationId: createTicket
      responses: {"201": {description: new, content: {application/json: {schema: &ticket
        {type: object, required: [id], properties: {id: {type: string}}}}}}}
    get:
      operationId: listTickets
      responses: {"200": {description: all, content: {application/json: {schema:
        {type: array, items: *ticket}}}}}
  /tickets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readTicket
      responses: {"200": {description: one, content: {application/json: {schema: *ticket}}},
        "404": {description: none}}
    delete:
      operationId: deleteTicket
      responses: {"204": {description: gone}, "404": {description: none}}
"""


def test_what_was_made_by_no_body_is_named_too(tmp_path: Path) -> None:
    """The run ends in order where a create that sends nothing comes to grief."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(500)
        return httpx.Response(404)

    path = tmp_path / "tickets.yaml"
    path.write_text(TICKETS, encoding="utf-8")
    led = Led(read_document(path), answer, "")
    led.rulings()
    told = [line for line in led.lives.clean_up() if "one of tickets may be left" in line]
    assert told
    assert all("sent was nothing that can be read" in line for line in told)


def test_what_the_list_cannot_tell_is_named_by_what_was_sent() -> None:
    """Where the list has more pages, or does not show what was sent, it is no proof that nothing is left."""

    class Paged(Recorded):
        def post_carts(self, body: dict[str, Any]) -> httpx.Response:
            super().post_carts(body)
            return httpx.Response(500)

        def get_carts(self) -> httpx.Response:
            more = {"Link": '</carts?page=2>; rel="next"'}
            return httpx.Response(200, json={"data": [STRANGERS["c-1"]]}, headers=more)

    _, told = lived(Paged())
    lines = [line for line in told if "one of carts may be left" in line]
    assert lines
    assert all("its create was answered 500; sent was {" in line for line in lines)


@pytest.mark.parametrize("status", [400, 409, 422, 429])
def test_a_create_that_was_refused_is_not_told(status: int) -> None:
    """A 4xx says that nothing was made (RFC 9110 15.5)."""

    class Refusing(Recorded):
        def post_carts(self, body: dict[str, Any]) -> httpx.Response:
            return httpx.Response(status)

    shop = Refusing()
    _, told = lived(shop)
    assert (told, is_untouched(shop)) == ([], True)


# --- the end ---------------------------------------------------------------------------------------------------------


def test_the_newest_is_deleted_first_over_all_resources() -> None:
    """What lies in another, or holds another's id, was made after it."""
    shop = Recorded()
    order: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came = shop(request)
        if request.method == "POST" and came.is_success:
            order.append(f"{request.url.path}/{came.json()['id']}")
        return came

    led = Led(SHOP, answer, KEY)
    led.rulings()
    there = [path for path in order if is_there(shop, path)]
    before = len(shop.requests)
    assert list(led.lives.clean_up()) == []
    ended = [path for method, path in shop.requests[before:] if method == "DELETE"]
    assert ended == there[::-1]
    assert any("/lines/" in path for path in ended)


def is_there(shop: Recorded, path: str) -> bool:
    """Return whether the cart, or the line, of *path* is there."""
    _, _, cart, *line = path.split("/")
    return cart in shop.carts and (not line or line[1] in shop.lines[cart])


def test_what_is_made_is_remembered_before_the_next_request_goes() -> None:
    """At each request, what answers of creates have told until then, and no deletion has ended, is written down."""
    shop = Recorded()
    led: Led
    owed: dict[str, set[tuple[str, ...]]] = {"carts": set(), "lines": set()}

    def answer(request: httpx.Request) -> httpx.Response:
        known: dict[str, set[tuple[str, ...]]] = {"carts": set(), "lines": set()}
        for name, ids in led.remembered:
            known[name] = set(ids)
        assert all(owed[name] <= known[name] for name in owed)
        came = shop(request)
        ids_of_path = tuple(unquote(request.url.path).split("/")[2::2])
        name = "lines" if "/lines" in request.url.path else "carts"
        if request.method == "POST" and came.is_success:
            owed[name].add((*ids_of_path, came.json()["id"]))
        if request.method == "DELETE" and came.is_success:
            for kept in owed.values():  # what lies in it goes, too
                kept -= {ids for ids in kept if ids[: len(ids_of_path)] == ids_of_path}
        return came

    led = Led(SHOP, answer, KEY)
    led.rulings()
    assert owed["carts"]
    assert list(led.lives.clean_up()) == []
    assert shop.left == set()


class Reviving(Recorded):
    """Makes a deleted cart anew when it is replaced, and does not delete it a second time."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        if id not in self.carts:
            self.carts[id] = {"id": id, "label": "", "note": ""}
            self.lines[id] = {}
        return super().put_cart(id, body)

    def delete_cart(self, id: str) -> httpx.Response:
        if self.requests.count(("DELETE", f"/carts/{id}")) == 3:  # the first has no credentials
            raise Wrong(404)
        return super().delete_cart(id)


def test_what_a_write_brings_back_is_deleted_again() -> None:
    """An accepted replacement of what was deleted has made one: it does not stay."""
    shop = Reviving()
    _, told = lived(shop)
    assert (shop.left, is_untouched(shop)) == (set(), True), told


class Lying(Recorded):
    """Says that it has deleted a cart, and keeps it."""

    def delete_cart(self, id: str) -> httpx.Response:
        self.cart(id)
        return httpx.Response(204)


def test_what_is_shown_after_its_deletion_is_tried_again_and_told() -> None:
    """What a read or a list shows is there, whatever the deletion was answered."""
    shop = Lying()
    led = Led(SHOP, shop, KEY)
    led.rulings()
    before = shop.asked("DELETE").count("/carts/c-0002")
    told = list(led.lives.clean_up())
    assert shop.asked("DELETE").count("/carts/c-0002") == before + 1
    assert any("carts c-0002 is left: answered 204" in line for line in told)


def test_a_deletion_that_is_redirected_is_not_followed_and_told() -> None:
    """The address that it names is another's."""

    class Redirecting(Recorded):
        def delete_cart(self, id: str) -> httpx.Response:
            return httpx.Response(307, headers={"Location": "/carts/c-1"})

    shop = Redirecting()
    _, told = lived(shop)
    assert is_untouched(shop)
    left = {
        id for id in shop.left if any(f"carts {id} is left: answered 307" in one for one in told)
    }
    assert left == shop.left != set()


def test_a_body_that_was_told_holds_what_was_sent() -> None:
    """What is named by what was sent can be found by it; of a long one the beginning is told."""

    class Silent(Recorded):
        def post_carts(self, body: dict[str, Any]) -> httpx.Response:
            super().post_carts(body)
            return httpx.Response(500)

        def get_carts(self) -> httpx.Response:
            return httpx.Response(500)

    shop = Silent()
    _, told = lived(shop)
    sent = [line.partition("sent was ")[2] for line in told if "sent was" in line]
    labels = {json.loads(f"{one.partition(',')[0].rstrip('}')}}}")["label"] for one in sent}
    assert labels == {shop.carts[id]["label"] for id in shop.left}
    assert {one[-1] for one in sent} == {"}", "."}
    assert max(map(len, sent)) == SENT_CHARACTERS + len("...")


# --- what the document, or the choice of operations, leaves out ------------------------------------------------------


def test_what_no_operation_deletes_is_told_in_one_line() -> None:
    """Where nothing but this machine is at stake it is made all the same, and its ids are told."""
    kept = [one for one in SHOP.operations if one.method != "DELETE"]
    resources = tuple(
        replace(one, roles=tuple(pair for pair in one.roles if pair[0] is not Role.DELETE))
        for one in SHOP.resources
    )
    named = {one.name: one for one in resources}
    operations = tuple(
        replace(one, resource=named[one.resource.name]) if one.resource else one for one in kept
    )
    shop = Recorded()
    led = Led(replace(SHOP, operations=operations, resources=resources), shop, KEY)
    led.rulings()
    told = list(led.lives.clean_up())
    [line] = [one for one in told if "of carts are left" in one]
    assert f"{len(shop.left)} of carts are left, c-0001" in line
    assert line.endswith("the document has no operation that deletes them")
