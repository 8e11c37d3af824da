"""Is what names another thing by its id made with the id of one that is there? An order of a customer, for example."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from plain_service import PlainService, Wrong, check, held, read

if TYPE_CHECKING:
    from pathlib import Path


TYPES: dict[str, dict[str, type]] = {
    "customers": {"name": str},
    "orders": {"customer_id": int, "item": str, "note": str, "parent_id": int},
}
REQUIRED = {"customers": ["name"], "orders": ["customer_id", "item"]}
LONGEST = {"name": 60, "item": 60, "note": 100}


class Orders(PlainService):
    """What somebody would write who has `tests/apis/orders.yaml` before him: no order is of nobody."""

    told_as = "detail"
    unknown = 422  # how a customer that is not there is refused; 404 is documented, too

    def __init__(self) -> None:
        self.kept: dict[str, dict[int, dict[str, Any]]] = {"customers": {}, "orders": {}}
        self.numbers = count(1)

    def routed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body of the answer; raise `Wrong` where it is refused."""
        kind, *ids = [unquote(part) for part in path.partition("?")[0].split("/")[1:]]
        if kind not in self.kept or len(ids) > 1:
            raise Wrong(404)
        if not ids and method == "POST":
            return 201, self.create(kind, self.sent(kind, headers, body, REQUIRED[kind]))
        if not ids:
            return 200, list(self.kept[kind].values())
        if not (ids[0].isascii() and ids[0].isdecimal() and ids[0].lstrip("0") == ids[0]):
            raise Wrong(422)
        if int(ids[0]) not in self.kept[kind]:
            raise Wrong(404)
        return self.asked(method, kind, int(ids[0]), headers, body)

    def asked(
        self, method: str, kind: str, id: int, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return the answer about one that is there."""
        if method == "DELETE":
            self.delete(kind, id)
            return 204, None
        if method == "PATCH":
            sent = self.sent(kind, headers, body, [])
            self.look_for_parent(sent)
            self.kept[kind][id] |= {name: sent[name] for name in sent if name != "customer_id"}
        return 200, self.kept[kind][id]

    def sent(self, kind: str, headers: dict[str, str], body: bytes, required: list[str]) -> Any:
        """Return the body; raise `Wrong` where the document does not allow it."""
        try:
            told = read(headers, body)
            if not isinstance(told, dict):
                raise Wrong(422)
            told = {name: value for name, value in told.items() if name in TYPES[kind]}
            check(told, TYPES[kind], required)
        except Wrong as wrong:
            raise Wrong(422) from wrong
        for name, most in LONGEST.items():
            least = 0 if name == "note" else 1
            if name in told and not least <= len(told[name]) <= most:
                raise Wrong(422)
        return told

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return a new one."""
        if kind == "orders" and body["customer_id"] not in self.kept["customers"]:
            raise Wrong(self.unknown)
        self.look_for_parent(body)
        id = next(self.numbers)
        self.kept[kind][id] = {"id": id, **body}
        return self.kept[kind][id]

    def look_for_parent(self, body: dict[str, Any]) -> None:
        """Raise `Wrong` where an order names one that is not there as that which it belongs to."""
        if body.get("parent_id", 0) not in {0, *self.kept["orders"]}:
            raise Wrong(self.unknown)

    def delete(self, kind: str, id: int) -> None:
        """Delete one; a customer goes with his orders."""
        del self.kept[kind][id]
        orders = self.kept["orders"]
        for one in [
            one for one in orders if kind == "customers" and orders[one]["customer_id"] == id
        ]:
            del orders[one]


class HidesCustomers(Orders):
    """Refuses a customer that is not there with 404."""

    unknown = 404


class LosesNotes(Orders):
    """Keeps no note of an order."""

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        made = super().create(kind, body)
        self.kept[kind][made["id"]] = {name: made[name] for name in made if name != "note"}
        return made


class OfAnother(Orders):
    """Keeps each order as one of the first customer."""

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        made = super().create(kind, body)
        if kind == "orders":
            first = min(self.kept["customers"]) - 1
            self.kept[kind][made["id"]] = made | {"customer_id": first}
        return made


@pytest.mark.parametrize("orders", [Orders, HidesCustomers])
def test_who_keeps_the_document_is_silent(orders: type[Orders], folder: Path) -> None:
    """A customer is made first, and each order is one of his; all is deleted again."""
    service = orders()
    done = held(folder, service, "orders")
    assert done.code == 0, done.everything
    assert service.kept == {"customers": {}, "orders": {}}
    for clause in ("createOrder::request/accepted", "deleteOrder::lifecycle/deleted-is-gone"):
        assert done.verdicts[f"contracts/orders::{clause}"] == "kept"


@pytest.mark.parametrize("fault", [LosesNotes, OfAnother])
def test_what_is_wrong_with_orders_is_told(fault: type[Orders], folder: Path) -> None:
    """By the clause on what is created."""
    told = held(folder, fault(), "orders").red
    assert "contracts/orders::createOrder::lifecycle/created-equals-sent" in told
