"""Shops that are wrong in one thing, which only the order of several requests shows."""

from __future__ import annotations

from typing import Any

import httpx
from shop_service import Shop


def made(cart: dict[str, Any]) -> httpx.Response:
    """Return the answer that says that *cart* was made."""
    return httpx.Response(201, json=cart, headers={"Location": f"/carts/{cart['id']}"})


class KeepsOfTheUpdated(Shop):
    """Gives a new cart the note of the newest that was updated and deleted: create, update, delete, create."""

    newest, updated = "", ""
    left: dict[str, Any] | None = None

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().patch_cart(id, body)
        self.updated = id
        return answer

    def delete_cart(self, id: str) -> httpx.Response:
        left = dict(self.cart(id))
        answer = super().delete_cart(id)
        self.left = left if id == self.updated == self.newest else None
        return answer

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        cart = super().post_carts(body).json()
        self.newest = cart["id"]
        if self.left is not None and "note" not in body:
            cart["note"] = self.left["note"]
            self.carts[cart["id"]] = cart
        self.left = None
        return made(cart)


class KeepsTheReplaced(Shop):
    """Answers the deletion of what was replaced last, and keeps it."""

    replaced = ""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().put_cart(id, body)
        self.replaced = id
        return answer

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().patch_cart(id, body)
        self.replaced = ""
        return answer

    def delete_cart(self, id: str) -> httpx.Response:
        self.cart(id)
        if id == self.replaced:
            self.replaced = ""
            return httpx.Response(204)
        return super().delete_cart(id)


class LosesUpdateAfterList(Shop):
    """Answers the second update of a cart and keeps nothing of it, where the list was asked for in between."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: set[str] = set()
        self.updated: set[str] = set()

    def get_carts(self) -> httpx.Response:
        self.listed |= self.updated
        return super().get_carts()

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        self.updated.discard(id)
        self.listed.discard(id)
        return super().put_cart(id, body)

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        if id in self.listed:
            return httpx.Response(200, json=self.cart(id) | body)
        answer = super().patch_cart(id, body)
        self.updated.add(id)
        return answer


class ReusesForTheSecond(Shop):
    """Gives the second cart after a deletion the note of what was deleted."""

    since = 0
    left: dict[str, Any] | None = None

    def delete_cart(self, id: str) -> httpx.Response:
        left = dict(self.cart(id))
        answer = super().delete_cart(id)
        self.since, self.left = 0, left
        return answer

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        cart = super().post_carts(body).json()
        self.since += 1
        if self.left is not None and self.since == 2 and "note" not in body:
            cart["note"] = self.left["note"]
            self.carts[cart["id"]] = cart
        return made(cart)


class KeepsTheSecond(Shop):
    """Answers the deletion of a cart right after that of another, and keeps it."""

    was_deleted = False

    def delete_cart(self, id: str) -> httpx.Response:
        self.cart(id)
        if self.was_deleted:
            self.was_deleted = False
            return httpx.Response(204)
        answer = super().delete_cart(id)
        self.was_deleted = True
        return answer

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        self.was_deleted = False
        return answer
