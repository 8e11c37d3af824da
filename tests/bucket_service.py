"""What would somebody write who has `tests/apis/buckets.yaml` before him, and nothing else?

A service by hand of what PUT alone makes; whatever may be wrong with it is a class of its own.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import httpx
from plain_service import Wrong, read_object

KEY, OTHER_KEY = "bucket-key-0001", "bucket-key-0002"
REGIONS = ("north", "south", "west")
ENTRY_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
PATHS = {
    "buckets": re.compile(r"/buckets"),
    "bucket": re.compile(r"/buckets/([^/]+)"),
    "entries": re.compile(r"/buckets/([^/]+)/entries"),
    "entry": re.compile(r"/buckets/([^/]+)/entries/([^/]+)"),
}


def check_text(body: dict[str, Any], name: str) -> None:
    """Raise `Wrong` unless the member, where it is there, is a text of at most 80 characters."""
    if name in body and not (isinstance(body[name], str) and len(body[name]) <= 80):
        raise Wrong(400)


class Buckets:
    """Buckets and their entries in memory, by name; each of two principals has its own."""

    def __init__(self) -> None:
        self.of_each: dict[str, dict[str, dict[str, Any]]] = {KEY: {}, OTHER_KEY: {}}
        self.entries_of_each: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
            KEY: {},
            OTHER_KEY: {},
        }
        self.who = KEY
        self.requests: list[tuple[str, str, int]] = []

    @property
    def buckets(self) -> dict[str, dict[str, Any]]:
        """Return the buckets of whoever asks."""
        return self.of_each[self.who]

    @property
    def entries(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the entries of whoever asks, by bucket."""
        return self.entries_of_each[self.who]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        path = request.url.raw_path.decode().partition("?")[0]
        try:
            answer = self.routed(request, path)
        except Wrong as wrong:
            answer = httpx.Response(wrong.status, json={"title": "Refused"})
        self.requests.append((request.method, unquote(path), answer.status_code))
        return answer

    def routed(self, request: httpx.Request, path: str) -> httpx.Response:
        """Return the answer of the operation that *request* asks for."""
        self.who = request.headers.get("X-Key", "")
        if self.who not in self.of_each:
            raise Wrong(401)
        for name, pattern in PATHS.items():
            found = pattern.fullmatch(path)
            handler = getattr(self, f"{request.method.lower()}_{name}", None)
            if found and handler is not None:
                names = [unquote(one) for one in found.groups()]
                given = (read_object(request),) if request.method == "PUT" else ()
                answer: httpx.Response = handler(*names, *given)
                return answer
        raise Wrong(404)

    # --- buckets ----------------------------------------------------------------------------------

    def bucket(self, name: str) -> dict[str, Any]:
        """Return the bucket; raise `Wrong` where there is none."""
        if name not in self.buckets:
            raise Wrong(404)
        return self.buckets[name]

    def get_buckets(self) -> httpx.Response:
        """List all buckets."""
        return httpx.Response(200, json={"buckets": list(self.buckets.values())})

    def get_bucket(self, name: str) -> httpx.Response:
        """Read a bucket."""
        return httpx.Response(200, json=self.bucket(name))

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        """Make a bucket, or replace it."""
        if len(name) > 60 or body.get("region") not in REGIONS:
            raise Wrong(400)
        check_text(body, "note")
        status = 200 if name in self.buckets else 201
        made = {"bucket": name, "region": body["region"]}
        if "note" in body:
            made["note"] = body["note"]
        self.buckets[name] = self.keep_bucket(name, made)
        self.entries.setdefault(name, {})
        return httpx.Response(status, json=self.buckets[name])

    def keep_bucket(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        """Return what is stored of what was *made*."""
        return made

    def delete_bucket(self, name: str) -> httpx.Response:
        """Delete a bucket, and all that lies in it."""
        self.bucket(name)
        del self.buckets[name], self.entries[name]
        return httpx.Response(204)

    # --- entries ----------------------------------------------------------------------------------

    def entry(self, name: str, entry: str) -> dict[str, Any]:
        """Return the entry; raise `Wrong` where there is none."""
        self.bucket(name)
        if entry not in self.entries[name]:
            raise Wrong(404)
        return self.entries[name][entry]

    def get_entries(self, name: str) -> httpx.Response:
        """List the entries of a bucket."""
        self.bucket(name)
        return httpx.Response(200, json={"entries": list(self.entries[name].values())})

    def get_entry(self, name: str, entry: str) -> httpx.Response:
        """Read an entry."""
        return httpx.Response(200, json=self.entry(name, entry))

    def put_entry(self, name: str, entry: str, body: dict[str, Any]) -> httpx.Response:
        """Make an entry, or replace it: its name stands in the body again."""
        if name not in self.buckets or not ENTRY_NAME.fullmatch(entry):
            raise Wrong(400)
        is_named = body.get("entry") == entry and "text" in body
        if not is_named or not isinstance(body.get("pinned", False), bool):
            raise Wrong(400)
        check_text(body, "text")
        status = 204 if entry in self.entries[name] else 201
        self.entries[name][entry] = {
            one: body[one] for one in ("entry", "text", "pinned") if one in body
        }
        return httpx.Response(status)

    def delete_entry(self, name: str, entry: str) -> httpx.Response:
        """Delete an entry."""
        self.entry(name, entry)
        del self.entries[name][entry]
        return httpx.Response(204)
