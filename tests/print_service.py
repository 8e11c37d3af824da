"""What would somebody write who has `tests/apis/prints.yaml` before him? Prints that are made later, by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from pytest_confluent_contracts.double.service import VirtualClock

KEY = "print-key-0001"
TAKES_S = 1.5  # seconds until a print is made, or gone
WRONG = {"Content-Type": "application/problem+json"}


def refused(status: int) -> httpx.Response:
    """Return a refusal."""
    problem = json.dumps({"title": "Refused", "status": status})
    return httpx.Response(status, headers=WRONG, content=problem)


@dataclass
class Prints:
    """Prints and jobs in memory; `ends` is how a job tells that it is done: by a link, or with a redirection.

    `retry_after` is what an unfinished job asks to wait, in seconds, None where it does not.
    """

    ends: str = "link"
    retry_after: int | None = None
    clock: VirtualClock = field(default_factory=VirtualClock)
    prints: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, tuple[float, str]] = field(default_factory=lambda: {"j-1": (float("inf"), "")})
    ending: dict[str, float] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(2))
    asked_at: list[float] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        self.requests.append((request.method, request.url.path))
        if request.headers.get("X-Key") != KEY:
            return refused(401)
        _, kind, *rest = request.url.path.split("/")
        if kind == "jobs" and rest and request.method == "GET":
            return self.job(rest[0])
        if kind == "prints" and not rest:
            return self.make(request) if request.method == "POST" else self.all()
        if kind == "prints" and self.is_there(rest[0]):
            return self.one(request.method, rest[0])
        return refused(404)

    def is_there(self, id: str) -> bool:
        """Return whether the print was made, and is not gone."""
        if id not in self.prints:
            return False
        begins = self.prints[id]["at"]
        return bool(begins <= self.clock.now() < self.ending.get(id, float("inf")))

    def shown(self, id: str) -> dict[str, Any]:
        """Return the print as it is shown."""
        return {name: value for name, value in self.prints[id].items() if name != "at"}

    def all(self) -> httpx.Response:
        """List all prints."""
        there = filter(self.is_there, self.prints)
        return httpx.Response(200, json=[self.shown(id) for id in there])

    def make(self, request: httpx.Request) -> httpx.Response:
        """Accept a print."""
        try:
            body = json.loads(request.read())
        except ValueError:
            return refused(400)
        if not isinstance(body, dict) or not isinstance(body.get("title"), str):
            return refused(400)
        copies = body.get("copies", 1)
        if isinstance(copies, bool) or not isinstance(copies, int) or not 1 <= copies <= 9:
            return refused(400)
        id, due = f"p-{next(self.numbers)}", self.clock.now() + TAKES_S
        self.prints[id] = {"id": id, "title": body["title"], "copies": copies, "at": due}
        job = f"j-{next(self.numbers)}"
        self.jobs[job] = due, id
        told = {"Location": f"https://vendor.example/jobs/{job}"} | self.wait()
        return httpx.Response(202, json={"id": job, "state": "queued"}, headers=told)

    def wait(self) -> dict[str, str]:
        """Return the header that asks to wait."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def job(self, id: str) -> httpx.Response:
        """Tell how far a job is."""
        if id not in self.jobs:
            return refused(404)
        self.asked_at.append(self.clock.now())
        due, made = self.jobs[id]
        if self.clock.now() < due:
            return httpx.Response(200, json={"id": id, "state": "running"}, headers=self.wait())
        if self.ends == "redirection":
            return httpx.Response(303, headers={"Location": f"../prints/{made}"})
        return httpx.Response(
            200, json={"id": id, "state": "succeeded", "print": f"/prints/{made}"}
        )

    def one(self, method: str, id: str) -> httpx.Response:
        """Show a print, or let it be gone soon."""
        if method == "GET":
            return httpx.Response(200, json=self.shown(id))
        self.ending.setdefault(id, self.clock.now() + TAKES_S)
        return httpx.Response(202)
