"""What would somebody write who keeps the carts of two customers apart, and what may go wrong with that?

Written from `tests/apis/shop.yaml` alone. `TenantShop` keeps them apart; each class below it does not, in one way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from plain_service import Wrong
from shop_service import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHER_KEY = "shop-key-0002"


@dataclass
class TenantShop(Shop):
    """Carts of two customers; `hiding` is how what is another's is refused, `open_lists` whether all may list."""

    hiding: int = 404
    open_lists: bool = True
    key: str = ""
    owners: dict[str, str] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*, of whoever has its key."""
        self.key = request.headers.get("X-Key", "")
        if self.key == OTHER_KEY:  # the shop of the tests knows one key
            request.headers["X-Key"] = KEY
        return super().__call__(request)

    def cart(self, id: str) -> dict[str, Any]:
        """Return the cart of whoever asks."""
        cart = super().cart(id)
        if not self.may_use(id):
            raise Wrong(self.hiding)
        return cart

    def may_use(self, id: str) -> bool:
        """Return whether the cart is of whoever asks."""
        return self.owners[id] == self.key

    def own_carts(self) -> Iterable[dict[str, Any]]:
        """Return the carts of whoever asks."""
        return [cart for id, cart in self.carts.items() if self.owners[id] == self.key]

    def get_carts(self) -> httpx.Response:
        """List the carts of whoever asks."""
        if not self.open_lists and self.key == OTHER_KEY:
            raise Wrong(403)
        return httpx.Response(200, json={"data": list(self.own_carts())})

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        """Make a cart of whoever asks."""
        known = set(self.carts)
        answer = super().post_carts(body)
        for id in set(self.carts) - known:
            self.owners[id] = self.key
        return answer

    def as_owner(self, id: str) -> None:
        """Ask as whoever has the cart."""
        self.key = self.owners.get(id, self.key)


class ServesAll(TenantShop):
    """Reads every cart to everybody."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart, whosever it is."""
        self.as_owner(id)
        return super().get_cart(id)


class HeadTells(TenantShop):
    """Tells everybody by HEAD which carts are there."""

    def head_cart(self, id: str) -> httpx.Response:
        """Tell of a cart, whosever it is."""
        self.as_owner(id)
        return super().head_cart(id)


class ServesFromMemory(TenantShop):
    """Answers from memory what was asked before, whoever asks now."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart, or what was remembered of it."""
        memory: dict[str, httpx.Response] = self.__dict__.setdefault("memory", {})
        if id in memory and id in self.carts:
            return httpx.Response(200, json=self.carts[id])
        memory[id] = super().get_cart(id)
        return memory[id]


class FirstSeesAll(TenantShop):
    """Takes the first customer for somebody who may see all."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart."""
        if self.key == KEY:
            self.as_owner(id)
        return super().get_cart(id)


class TellsInRefusal(TenantShop):
    """Says in a refusal what is refused."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart, or say what it is called."""
        try:
            return super().get_cart(id)
        except Wrong:
            if id not in self.carts:
                raise
            title = f"{self.carts[id]['label']} is not yours: {self.carts[id]['note']}"
            told = {"title": title, "status": 404}
            return httpx.Response(404, json=told)


class ListsAll(TenantShop):
    """Lists all carts to everybody."""

    def own_carts(self) -> Iterable[dict[str, Any]]:
        """Return all carts."""
        return self.carts.values()


class ListsWhereNone(TenantShop):
    """Lists all carts to who has none."""

    def own_carts(self) -> Iterable[dict[str, Any]]:
        """Return the carts of whoever asks, or all."""
        return super().own_carts() or self.carts.values()


class ListsNewest(TenantShop):
    """Lists the newest cart to everybody."""

    def own_carts(self) -> Iterable[dict[str, Any]]:
        """Return the carts of whoever asks, and the newest."""
        newest = [id for id in self.carts if id not in self.owners or self.owners[id] == KEY][-1:]
        return [*super().own_carts(), *(self.carts[id] for id in newest)]


class UpdatesAll(TenantShop):
    """Lets everybody change every cart."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Change a cart, whosever it is."""
        self.as_owner(id)
        return super().patch_cart(id, body)


class UpdatesQuietly(TenantShop):
    """Changes a cart, and then looks whose it is."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Change a cart, and refuse to show it."""
        key = self.key
        self.as_owner(id)
        answer = super().patch_cart(id, body)
        if self.key != key:
            raise Wrong(403)
        return answer


class ReplacesAll(TenantShop):
    """Lets everybody replace every cart."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Replace a cart, whosever it is."""
        self.as_owner(id)
        return super().put_cart(id, body)


class ReplacesNotes(TenantShop):
    """Writes the note of a cart before it looks whose it is."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Replace a cart, its note first."""
        if id in self.carts and isinstance(body.get("note"), str) and "label" in body:
            self.carts[id]["note"] = body["note"]
        return super().put_cart(id, body)


class DeletesAll(TenantShop):
    """Lets everybody delete every cart."""

    def delete_cart(self, id: str) -> httpx.Response:
        """Delete a cart, whosever it is."""
        self.as_owner(id)
        return super().delete_cart(id)


class DeletesQuietly(TenantShop):
    """Deletes a cart, and answers 404 to who does not have it."""

    def delete_cart(self, id: str) -> httpx.Response:
        """Delete a cart, and say that there was none."""
        key = self.key
        self.as_owner(id)
        answer = super().delete_cart(id)
        if self.key != key:
            raise Wrong(404)
        return answer


class DeletesChanged(TenantShop):
    """Lets everybody delete what its owner has changed."""

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Change a cart, and remember that."""
        answer = super().patch_cart(id, body)
        self.__dict__.setdefault("changed", set()).add(id)
        return answer

    def delete_cart(self, id: str) -> httpx.Response:
        """Delete a cart."""
        if id in self.__dict__.get("changed", ()):
            self.as_owner(id)
        return super().delete_cart(id)


class ListsLinesOfAll(TenantShop):
    """Lists the lines of every cart to everybody."""

    def get_lines(self, cart: str) -> httpx.Response:
        """List the lines of a cart, whosever it is."""
        self.as_owner(cart)
        return super().get_lines(cart)


class ServesLinesOfAll(TenantShop):
    """Looks whose a cart is, and not whose a line is."""

    def get_line(self, cart: str, id: str) -> httpx.Response:
        """Read a line, whosever the cart is."""
        self.as_owner(cart)
        return super().get_line(cart, id)


class FindsLinesAnywhere(TenantShop):
    """Finds a line by its own id, in whichever cart, once one names a cart of one's own."""

    def get_line(self, cart: str, id: str) -> httpx.Response:
        """Read a line of any cart."""
        self.cart(cart)
        for lines in [self.lines[cart], *self.lines.values()]:
            if id in lines:
                return httpx.Response(200, json=lines[id])
        raise Wrong(404)


class DeletesLinesAnywhere(TenantShop):
    """Deletes a line by its own id, in whichever cart."""

    def delete_line(self, cart: str, id: str) -> httpx.Response:
        """Delete a line of any cart."""
        self.cart(cart)
        for lines in [self.lines[cart], *self.lines.values()]:
            if id in lines:
                del lines[id]
                return httpx.Response(204)
        raise Wrong(404)


class MakesLinesInAll(TenantShop):
    """Lets everybody put lines into every cart."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        """Make a line, whosever the cart is."""
        self.as_owner(cart)
        return super().post_lines(cart, body)


class MakesLinesQuietly(TenantShop):
    """Puts a line into a cart, and then looks whose that is."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        """Make a line, and say that there is no cart."""
        key = self.key
        self.as_owner(cart)
        answer = super().post_lines(cart, body)
        if self.key != key:
            raise Wrong(404)
        return answer


class FallsOver(TenantShop):
    """Has no answer to who asks for another's cart."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart."""
        if id in self.carts and not self.may_use(id):
            raise Wrong(500)
        return super().get_cart(id)
