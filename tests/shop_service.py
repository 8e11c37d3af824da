"""What would somebody write who has `tests/apis/shop.yaml` before him, and nothing else?

A service of a whole API by hand, and what may be wrong with it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote

import httpx
from plain_service import Wrong, read_object

KEY = "shop-key-0001"
CART = re.compile(r"/carts/([^/]+)\Z")
CARTS = re.compile(r"/carts\Z")
LINE = re.compile(r"/carts/([^/]+)/lines/([^/]+)\Z")
LINES = re.compile(r"/carts/([^/]+)/lines\Z")


def text_in(body: dict[str, Any], name: str, most: int) -> None:
    """Raise `Wrong` unless the member, where it is there, is a text of at most *most* characters."""
    if name in body and not (isinstance(body[name], str) and len(body[name]) <= most):
        raise Wrong(400)


@dataclass
class Shop:
    """Carts and their lines in memory; `faults` are the names of what is wrong with this one."""

    faults: frozenset[str] = frozenset()
    carts: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        path = request.url.raw_path.decode().partition("?")[0]
        self.requests.append((request.method, unquote(path)))
        try:
            if request.headers.get("X-Key") != KEY and "open to all" not in self.faults:
                raise Wrong(401)
            return self.routed(request, path)
        except Wrong as wrong:
            if request.method == "HEAD":
                return httpx.Response(wrong.status)
            problem = {"title": "Refused", "status": wrong.status}
            told = {"Content-Type": "application/problem+json"}
            return httpx.Response(wrong.status, headers=told, content=json.dumps(problem))

    def routed(self, request: httpx.Request, path: str) -> httpx.Response:
        """Return the answer of the operation that *request* asks for."""
        for pattern, name in ((CARTS, "carts"), (CART, "cart"), (LINES, "lines"), (LINE, "line")):
            found = pattern.match(path)
            if found:
                handler = getattr(self, f"{request.method.lower()}_{name}", None)
                if handler is None:
                    raise Wrong(405)
                return self.answered(handler, request, [unquote(one) for one in found.groups()])
        raise Wrong(404)

    def answered(self, handler: Any, request: httpx.Request, ids: list[str]) -> httpx.Response:
        """Return what *handler* answers; one that takes a body is given it."""
        if request.method in ("POST", "PUT", "PATCH"):
            answer: httpx.Response = handler(*ids, read_object(request))
        else:
            answer = handler(*ids)
        return answer

    # --- carts ------------------------------------------------------------------------------------

    def cart(self, id: str) -> dict[str, Any]:
        """Return the cart; raise `Wrong` where there is none."""
        if id not in self.carts:
            raise Wrong(404)
        return self.carts[id]

    def get_carts(self) -> httpx.Response:
        """List all carts."""
        return httpx.Response(200, json={"data": list(self.carts.values())})

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        """Make a cart."""
        if "label" not in body:
            raise Wrong(400)
        text_in(body, "label", 80)
        text_in(body, "note", 10**9)
        id = f"c-{next(self.numbers):04d}"
        cart = {"id": id, "label": body["label"], "note": body.get("note", "")}
        self.carts[id], self.lines[id] = cart, {}
        return httpx.Response(201, json=cart, headers={"Location": f"/carts/{id}"})

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart."""
        return httpx.Response(200, json=self.cart(id))

    def head_cart(self, id: str) -> httpx.Response:
        """Answer as a read does, without the body."""
        self.cart(id)
        return httpx.Response(200, headers={"Content-Type": "application/json"})

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Replace a cart: what is left out has its default."""
        cart = self.cart(id)
        if "label" not in body:
            raise Wrong(400)
        text_in(body, "label", 80)
        text_in(body, "note", 10**9)
        cart["label"], cart["note"] = body["label"], body.get("note", "")
        return httpx.Response(200, json=cart)

    def patch_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Change what the body names."""
        cart = self.cart(id)
        text_in(body, "label", 80)
        text_in(body, "note", 10**9)
        cart.update({name: body[name] for name in ("label", "note") if name in body})
        return httpx.Response(200, json=cart)

    def delete_cart(self, id: str) -> httpx.Response:
        """Delete a cart and its lines."""
        self.cart(id)
        del self.carts[id], self.lines[id]
        return httpx.Response(204)

    # --- lines ------------------------------------------------------------------------------------

    def line(self, cart: str, id: str) -> dict[str, Any]:
        """Return the line of the cart; raise `Wrong` where there is none."""
        self.cart(cart)
        if id not in self.lines[cart]:
            raise Wrong(404)
        return self.lines[cart][id]

    def get_lines(self, cart: str) -> httpx.Response:
        """List the lines of one cart."""
        self.cart(cart)
        return httpx.Response(200, json=list(self.lines[cart].values()))

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        """Make a line under the id that the caller chose."""
        self.cart(cart)
        text_in(body, "id", 40)
        number = body.get("count")
        if not body.get("id") or isinstance(number, bool) or not isinstance(number, int):
            raise Wrong(400)
        if not (1 <= number <= 999 and isinstance(body.get("gift", False), bool)):
            raise Wrong(400)
        if body["id"] in self.lines[cart]:
            raise Wrong(409)
        line = {"id": body["id"], "count": number, "gift": body.get("gift", False)}
        self.lines[cart][body["id"]] = line
        return httpx.Response(201, json=line)

    def get_line(self, cart: str, id: str) -> httpx.Response:
        """Read a line."""
        return httpx.Response(200, json=self.line(cart, id))

    def delete_line(self, cart: str, id: str) -> httpx.Response:
        """Delete a line."""
        self.line(cart, id)
        del self.lines[cart][id]
        return httpx.Response(204)
