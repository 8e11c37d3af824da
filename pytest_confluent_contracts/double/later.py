"""What does the embedded service do later, where its document says 202? And who tells how far?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.samples import is_allowed
from pytest_confluent_contracts.double.store import described_success, joined_id
from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Content, Operation

LATER_S = 1.0  # after which what was accepted is done
# What a job is said to be in, the likeliest words first.
UNDER_WAY = ("running", "in_progress", "processing", "pending", "queued", "accepted", "started")
ENDED = ("succeeded", "completed", "complete", "done", "finished", "success", "ready", "ok")
TELLING = re.compile(r"(status|state|phase)$", re.IGNORECASE)
# Segments of paths at which jobs lie.
OF_JOBS = frozenset({"jobs", "operations", "tasks", "status", "statuses", "requests", "imports"})


class Agenda:
    """What is to be done at some second of the clock."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, Callable[[], None]]] = []

    def add(self, due: float, do: Callable[[], None]) -> None:
        """Note that *do* is to be called at *due*."""
        self._entries.append((due, do))

    def run_until(self, now: float) -> None:
        """Do what is due at *now*, in the order in which it was noted."""
        due = [entry for entry in self._entries if entry[0] <= now]
        self._entries = [entry for entry in self._entries if entry[0] > now]
        for _, do in due:
            do()


# --- who tells how far it is ----------------------------------------------------------------------


def telling_operation(create: Operation, others: Iterable[Operation]) -> Operation | None:
    """Return the GET that shows what the 202 of *create* shows: a job; None where there is none.

    A 202 without a body leads to the only one that lies where jobs do.
    """
    accepted = described_success(create)
    if accepted is None or accepted.status != "202":
        return None
    found: list[Operation] = []
    for one in others:
        shown = described_success(one)
        is_of_job = one.method == "GET" and one.parameters and one.resource != create.resource
        if not is_of_job or shown is None or shown.content is None:
            continue
        if accepted.content is None:
            is_like = not OF_JOBS.isdisjoint(one.path.split("/"))
        else:
            is_like = accepted.content.schema == shown.content.schema
        if is_like:
            found.append(one)
    return found[0] if len(found) == 1 else None


# --- a job ----------------------------------------------------------------------------------------


class Job:
    """What *teller* shows of one request that was accepted: under way, and then ended."""

    def __init__(self, teller: Service, number: int) -> None:
        collection = teller.collection
        self.teller, self.content = teller, teller.content_of(teller.success_status)
        values = [text for _, text in teller.store.parameters]
        self.id = joined_id([*values[:-1], _next_id(values[-1], number)])
        self.resource: Resource = collection.initial(collection.named(self.id))
        for path in _leading_members(self.content):
            self.resource.shown = paths.without_value(self.resource.shown, path)
        self.tell(UNDER_WAY)
        collection.add(self.id, self.resource)

    @property
    def path(self) -> str:
        """Return the path at which it tells how far it is."""
        return self.teller.collection.written_path(self.id)

    def tell(self, words: tuple[str, ...]) -> None:
        """Show the first of *words* that the document allows."""
        for path, schema in telling_members(self.content):
            for word in (*words, *map(str.upper, words), *map(str.capitalize, words)):
                if is_allowed(schema, word):
                    self.set(path, word)
                    return

    def end(self, address: str, id: str) -> None:
        """Show that it is done, and lead to what it made: *address* and *id* are that one's."""
        self.tell(ENDED)
        self.resource.leads_to = address
        for path, schema in _leading_members(self.content).items():
            for value in (address, id):
                if is_allowed(schema, value):
                    self.set(path, value)
                    break

    def set(self, path: str, value: Any) -> None:
        """Write one member."""
        self.resource.shown = paths.with_value(self.resource.shown, path, value)


def _next_id(example: str, number: int) -> str:
    """Return another id than *example*, of its form: its last number counts on."""
    digits = re.search(r"(\d+)(\D*)$", example)
    if digits is None:
        return f"{example}-{number}"
    counted = str(int(digits[1]) + number).zfill(len(digits[1]))
    return f"{example[: digits.start()]}{counted}{digits[2]}"


def telling_members(content: Content | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the members that tell how far something is, by their paths, each with its schema."""
    if content is None:
        return []
    members = [one for one in content.properties if TELLING.search(one.name)]
    return [(one.path, one.schema) for one in members if not paths.has_items(one.path)]


def _leading_members(content: Content | None) -> dict[str, Mapping[str, Any]]:
    """Return the members that may lead to what was made: addresses, and ids of others."""
    if content is None:
        return {}
    found: dict[str, Mapping[str, Any]] = {}
    for one in content.properties:
        is_address = str(one.schema.get("format", "")).startswith("uri")
        is_of_another = one.name.lower().endswith("id") and len(one.name) > len("id")
        is_free = not (one.required or paths.has_items(one.path))
        if is_free and (is_address or is_of_another):
            found[one.path] = one.schema
    return found
