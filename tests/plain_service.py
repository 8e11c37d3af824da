"""What do services of the tests' own have in common? A small JSON API in memory, by hand, with no word of the judge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from leading import APIS
from running import FEW, gate, serving

if TYPE_CHECKING:
    from pathlib import Path

    from running import Answered, Run

JSON = "application/json"


class Wrong(Exception):
    """A request that is refused, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PlainService:
    """Answers with JSON what `routed` returns, and refuses what it raises; `told_as` is where it says so."""

    told_as = "error"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        told = dict(request.headers)
        path = request.url.raw_path.decode()
        status, _, content = self.answer(request.method, path, told, request.content)
        return httpx.Response(status, headers={"Content-Type": JSON}, content=content)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        """Return the answer to one request."""
        try:
            status, told = self.routed(method, path, headers, body)
        except Wrong as wrong:
            status, told = wrong.status, {self.told_as: "refused"}
        if status == 204:
            return status, [], b""
        return status, [("Content-Type", JSON)], json.dumps(told).encode()

    def routed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body of the answer; raise `Wrong` where it is refused."""
        raise NotImplementedError


def held(folder: Path, service: PlainService, name: str, *options: str) -> Run:
    """Hold the whole API *name* of `tests/apis` against *service*, behind a URL, by a few bodies and sequences."""
    copy = folder / f"{name}.yaml"
    copy.write_bytes((APIS / copy.name).read_bytes())
    with serving(service.answer) as url:
        return gate(folder, f"--contract-target={url}", f"--contract-spec={copy}", *FEW, *options)


def read(headers: dict[str, str], body: bytes) -> Any:
    """Return the body; raise `Wrong` where it is none."""
    named = {name.lower(): value for name, value in headers.items()}
    if named.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Wrong(400)
    try:
        told = json.loads(body.decode(), parse_constant=refuse_constant)
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong(400) from error
    return told


def read_object(request: httpx.Request) -> dict[str, Any]:
    """Return the JSON object of the body; raise `Wrong` where it is none."""
    told = read(dict(request.headers), request.read())
    if not isinstance(told, dict):
        raise Wrong(400)
    return told


def refuse_constant(name: str) -> None:
    """Raise `Wrong`: NaN and Infinity are no JSON."""
    raise Wrong(400)


def check(body: Any, types: dict[str, type], required: list[str]) -> None:
    """Raise `Wrong` unless *body* has what is *required*, and only members of these *types*."""
    if not isinstance(body, dict) or not set(required) <= body.keys() <= types.keys():
        raise Wrong(400)
    if not all(type(value) is types[name] for name, value in body.items()):
        raise Wrong(400)
