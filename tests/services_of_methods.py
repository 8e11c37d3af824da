"""Each method that is held by itself: read, asked for its head and its options, replaced, updated, listed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from small_services import SECRET, Row, not_json, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from small_services import Answer

BEGIN = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
OWN = "t-1"
LIMITS = {str(number) for number in range(1, 51)}


class Thing:
    """A service of one thing, as somebody would write it by hand; each step may be written otherwise."""

    def __init__(self) -> None:
        self.version = 1
        self.state: dict[str, Any] = {
            "id": OWN,
            "name": "first",
            "note": "",
            "created_at": self.time(),
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        if request.method == "OPTIONS":
            if not re.fullmatch("/things/[^/]+", path):
                return refusal(404)
            return httpx.Response(204, headers={"Allow": "GET, HEAD, OPTIONS, PATCH, PUT"})
        if not self.is_known(request):
            return refusal(401)
        if path == "/things":
            return self.listed(request)
        if path != f"/things/{OWN}":
            return self.unknown(request)
        if request.method in ("GET", "HEAD"):
            return self.read(request)
        return self.written(request)

    def is_known(self, request: httpx.Request) -> bool:
        """Return whether the request has the right key."""
        return bool(request.headers.get("X-Key") == SECRET)

    def unknown(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to an id that nobody has."""
        return refusal(404) if request.method != "HEAD" else httpx.Response(404)

    def listed(self, request: httpx.Request) -> httpx.Response:
        """Return the list of the one thing."""
        limit = request.url.params.get("limit")
        if limit is not None and limit not in LIMITS:
            return refusal(400)
        return httpx.Response(200, json={"data": [self.shown()]})

    def read(self, request: httpx.Request) -> httpx.Response:
        """Return the thing, or its headers alone."""
        headers = {"X-Version": str(self.version)}
        answer = httpx.Response(200, json=self.shown(), headers=headers)
        if request.method == "GET":
            return answer
        return httpx.Response(200, headers=answer.headers)

    def written(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a body that replaces or updates."""
        is_json = request.headers.get("Content-Type", "").lower().startswith("application/json")
        try:
            body = json.loads(request.read().decode(), parse_constant=not_json)
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return refusal(422)
        if not is_json or not self.takes(request.method, body):
            self.refused(body)
            return refusal(422)
        self.write(request.method, body)
        return httpx.Response(200, json=self.shown())

    def takes(self, method: str, body: Any) -> bool:
        """Return whether the body is as documented; another id than the own one is not."""
        if not isinstance(body, dict):
            return False
        if method == "PUT" and (body.get("id") != OWN or "name" not in body):
            return False
        texts = [body.get(name, "a") for name in ("name", "note")]
        return all(isinstance(text, str) for text in texts) and bool(body.get("name", "a"))

    def refused(self, body: Any) -> None:
        """Do nothing with a body that is refused."""

    def write(self, method: str, body: dict[str, Any]) -> None:
        """Replace the thing, what is left out with nothing; or update what is named."""
        rest = {"name": "", "note": ""} if method == "PUT" else self.state
        now = {name: body.get(name, rest.get(name)) for name in ("name", "note")}
        if now != {name: self.state[name] for name in now}:
            self.version += 1
        self.state.update(now)

    def shown(self) -> dict[str, Any]:
        """Return the thing as every answer shows it."""
        return self.state | {"updated_at": self.time()}

    def time(self) -> str:
        """Return the time of the last change."""
        return (BEGIN + timedelta(seconds=self.version)).isoformat()


# --- broken ones -----------------------------------------------------------------------------------------------------


class Otherwise(Thing):
    """A thing of which `reads` changes each body that a GET of it answers."""

    def __init__(self, reads: Callable[[dict[str, Any], int], dict[str, Any]]) -> None:
        super().__init__()
        self.reads, self.asked = reads, 0

    def read(self, request: httpx.Request) -> httpx.Response:
        """Return the thing as it should not be."""
        answer = super().read(request)
        self.asked += 1
        if request.method != "GET":
            return answer
        return httpx.Response(
            200, json=self.reads(self.shown(), self.asked), headers={"X-Version": "1"}
        )


def reading(**members: Callable[[int], Any]) -> Callable[[], Answer]:
    """Return a maker of services whose reads show these members so, by how often they were asked."""

    def change(shown: dict[str, Any], asked: int) -> dict[str, Any]:
        return shown | {name: value(asked) for name, value in members.items()}

    return lambda: Otherwise(change)


def later(asked: int) -> str:
    """Return a time that is later each time."""
    return (BEGIN + timedelta(days=asked)).isoformat()


def sooner(asked: int) -> str:
    """Return a time that is sooner each time, and after the creation."""
    return (BEGIN + timedelta(days=4000 - asked)).isoformat()


class EveryId(Thing):
    """One that has whatever is read."""

    def unknown(self, request: httpx.Request) -> httpx.Response:
        """Return the thing for any id."""
        return self.read(request) if request.method == "GET" else super().unknown(request)


class HeadOfNothing(Thing):
    """One whose HEAD lacks the header that its GET has."""

    def read(self, request: httpx.Request) -> httpx.Response:
        """Return the head without its own."""
        return httpx.Response(200) if request.method == "HEAD" else super().read(request)


class Silent(Thing):
    """One whose list is refused, as if something were wrong with it."""

    def listed(self, request: httpx.Request) -> httpx.Response:
        """Return a refusal."""
        return refusal(400)


class OpenToRead(Thing):
    """One that shows everybody everything."""

    def is_known(self, request: httpx.Request) -> bool:
        """Let everybody read."""
        return request.method == "GET" or super().is_known(request)


class ShortOnPut(Thing):
    """One that cuts what it is given to replace."""

    def write(self, method: str, body: dict[str, Any]) -> None:
        """Keep five letters."""
        if method == "PUT":
            body = body | {"name": body["name"][:5]}
        super().write(method, body)


class KeepsRefused(Thing):
    """One that keeps the note of a refused replacement for the next that has none."""

    kept = ""

    def refused(self, body: Any) -> None:
        """Keep its note."""
        if isinstance(body, dict) and isinstance(body.get("note"), str) and "id" in body:
            self.kept = body["note"]

    def write(self, method: str, body: dict[str, Any]) -> None:
        """Write the kept note where none is given."""
        if method == "PUT" and "note" not in body:
            body = body | {"note": self.kept}
        super().write(method, body)


class Counting(Thing):
    """One that adds to a name with each replacement that repeats it."""

    def write(self, method: str, body: dict[str, Any]) -> None:
        """Add a mark."""
        if method == "PUT" and body["name"] == self.state["name"]:
            body = body | {"name": body["name"] + "+"}
        super().write(method, body)


ROWS = (
    Row(
        "methods_that_read",
        Thing,
        {
            "read/id-is-path-id": reading(id=lambda _: "t-2"),
            "read/created-constant": reading(created_at=later, updated_at=lambda _: later(9999)),
            "read/updated-never-back": reading(updated_at=sooner),
            "read/updated-after-created": reading(updated_at=lambda _: "2001-01-01T00:00:00Z"),
            "200/body/name": reading(name=lambda _: 7),
            "200/header/X-Version": HeadOfNothing,
            "request/unknown-id": EveryId,
            "request/accepted": Silent,
            "security/none": OpenToRead,
        },
    ),
    Row(
        "methods_that_write",
        Thing,
        {
            "update/sent-is-returned/name": ShortOnPut,
            "update/refused-unchanged": KeepsRefused,
            "update/idempotent": Counting,
        },
    ),
)
