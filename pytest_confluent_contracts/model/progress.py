"""How far is what was accepted with 202, and what did it make? Read from the answers alone.

RFC 9110 15.3.3: a 202 ought to point to what tells how far the request is. Where the document has
no word on that (``x-contract: {async: ...}``), it is told by the names and words that people use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.names import plain_name
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.promises import LaterDone
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange

ACCEPTED_FOR_LATER = 202
PROGRESS = "progress"  # the name of the step that asks how far a request is
# Where an answer has the address of its progress, the surest first.
ADDRESSES = ("Operation-Location", "Location")
DEEPEST = 3  # objects inside one another in which a status or an address is looked for
# Members that tell how far something is, and the last words in their names.
STATUS_WORDS = ("status", "state", "phase")
DONE_WORDS = frozenset(
    (
        *("done", "complete", "completed", "succeeded", "success", "successful", "finished"),
        *("ready", "active", "available", "ok", "created", "deleted", "resolved", "closed"),
    )
)
FAILED_WORDS = frozenset(
    ("failed", "failure", "error", "errored", "canceled", "cancelled", "aborted", "rejected")
)
# Words for a resource that is read and still being made; "pending" may be its own business.
BEING_MADE = frozenset(
    ("creating", "provisioning", "deploying", "initializing", "initialising", "building")
)
# Words that say that it goes on, beside all that end like "running".
PENDING_WORDS = frozenset(
    ("pending", "queued", "accepted", "inprogress", "started", "scheduled", "submitted", "new")
)
DONE_FLAGS = frozenset(("done", "completed", "finished", "isdone"))
# Members that hold the id of what was made, whatever that is called.
ID_OF_MADE = frozenset(("resourceid", "targetid", "entityid", "resultid", "createdid", "objectid"))


class Progress(StrEnum):
    """How far a request is that was accepted for later."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    UNTOLD = "untold"  # the answer does not say


# --- what the document says -----------------------------------------------------------------------


def tells_later(operation: Operation) -> bool:
    """Return whether *operation* is documented to answer 202, and with it where it tells the end.

    That is a header, or a member of the body that holds an address. Where the body shows what is
    made, ``Location`` leads there.
    """
    response = operation.response(ACCEPTED_FOR_LATER)
    if response is None or response.status != str(ACCEPTED_FOR_LATER):
        return False
    if operation.promises.later_done is not None:
        return True
    known = [name.lower() for name in ADDRESSES]
    if shows_what_is_made(operation):
        known = known[:1]
    if any(header.name.lower() in known for header in response.headers):
        return True
    if shows_what_is_made(operation):
        return False
    return response.content is not None and any(address_members(response.content))


def address_members(content: Content) -> Iterator[str]:
    """Yield the paths of the members of *content* that hold addresses, as their schemas say."""
    for member in content.properties:
        is_near = len(paths.steps_of(member.path)) <= DEEPEST and not paths.has_items(member.path)
        if is_near and member.schema.get("format") in ("uri", "uri-reference", "iri", "url"):
            yield member.path


def may_ask_progress(operations: Iterable[Operation]) -> bool:
    """Return whether one of *operations* is documented to answer 202."""
    return any(one.names_status(ACCEPTED_FOR_LATER) for one in operations)


def can_tell_progress(operation: Operation) -> bool:
    """Return whether a 202 may lead to *operation*: a GET of one thing, which changes nothing."""
    return operation.method == "GET" and bool(paths.template_names(operation.path))


# --- where it is told -----------------------------------------------------------------------------


def addresses_in(answer: Exchange, stated: LaterDone | None) -> list[str]:
    """Return the addresses in *answer* that may lead to its progress, the surest first.

    Each is a path with its query, as it stands on the service that was asked: the host is the
    vendor's, whoever answered.
    """
    found: list[str] = []
    if stated is not None:
        found += _stated_address(answer, stated)
    found += [text for name in ADDRESSES for text in answer.header_values(name)]
    found += _addresses_in_body(answer)
    return list(dict.fromkeys(_on_target(answer, text) for text in found))


def _stated_address(answer: Exchange, stated: LaterDone) -> list[str]:
    value = paths.value_at(answer.json, stated.status_link)
    if isinstance(value, str):
        return [value]
    return list(answer.header_values(stated.status_link))


def _addresses_in_body(answer: Exchange) -> Iterator[str]:
    """Yield what is an address in the body: as the document has it, or by its first characters."""
    documented = answer.case.operation.response(answer.status)
    if documented is not None and documented.content is not None:
        for path in address_members(documented.content):
            value = paths.value_at(answer.json, path)
            if isinstance(value, str):
                yield value
    for _, value in _near_members(answer.json):
        is_text = isinstance(value, str) and " " not in value
        if is_text and value.startswith(("/", "./", "../", "http://", "https://")):
            yield value


def _on_target(answer: Exchange, address: str) -> str:
    """Return path and query of *address*, which may be relative to what was asked (RFC 3986 5)."""
    try:
        parts = urlsplit(urljoin(answer.url, address))
    except ValueError:  # no address at all
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def values_in_path(template: str, path: str) -> tuple[str, ...] | None:
    """Return the values of the variables of *template* in *path*, as they are written there.

    A gateway may serve the path below a prefix. None where it is another path.
    """
    found = re.search(f"{paths.template_pattern(template.rstrip('/'))}/?$", path)
    return found.groups() if found else None


# --- how far it is --------------------------------------------------------------------------------


def progress_in(
    answer: Exchange, stated: LaterDone | None, resource: Resource, *, is_of_made: bool
) -> Progress:
    """Return how far a request is by *answer*, to which its 202 has led.

    *is_of_made* says whether what was asked for is the *resource* itself: it is done once it is
    there. Elsewhere 404 tells nothing. A word that nobody knows says that it is done where the
    answer leads to what was made.
    """
    if answer.status in (404, 410) and is_of_made:
        return Progress.PENDING
    if answer.status == ACCEPTED_FOR_LATER:
        return Progress.PENDING
    if answer.status in (201, 204, 303) or (300 <= answer.status < 400):
        return Progress.DONE
    if not answer.accepted:
        return Progress.UNTOLD
    if stated is not None and stated.status:
        return _progress_stated(paths.value_at(answer.json, stated.status), stated)
    word = status_in(answer.json)
    if is_of_made:
        return Progress.PENDING if word in BEING_MADE else Progress.DONE
    progress = _progress_of_word(word)
    if progress is Progress.UNTOLD and id_of_made(answer, resource):
        return Progress.DONE
    return progress


def progress_of_end(answer: Exchange) -> Progress:
    """Return how far a deletion is by *answer*, a read of what is to be gone."""
    hidden = answer.case.operation.promises.refusals.unknown
    if answer.status in (404, 410, *hidden):
        return Progress.DONE
    return Progress.PENDING if answer.accepted else Progress.UNTOLD


def _progress_stated(value: Any, stated: LaterDone) -> Progress:
    if value in stated.done:
        return Progress.DONE
    if value in stated.failed:
        return Progress.FAILED
    return Progress.UNTOLD if value is ABSENT else Progress.PENDING


def _progress_of_word(word: str | bool | None) -> Progress:
    if word in (None, True) or word in DONE_WORDS:
        return Progress.DONE  # without a status it is done once the address answers no 202
    if word in FAILED_WORDS:
        return Progress.FAILED
    is_going_on = word is False or word in PENDING_WORDS or str(word).endswith("ing")
    return Progress.PENDING if is_going_on else Progress.UNTOLD


def status_in(body: Any) -> str | bool | None:
    """Return the word, in small letters, by which *body* tells how far it is, None without any.

    A flag such as ``done`` is as good as a word.
    """
    for name, value in _near_members(body):
        plain = plain_name(name)
        if isinstance(value, bool) and plain in DONE_FLAGS:
            return value
        if isinstance(value, str) and plain.endswith(STATUS_WORDS):
            return plain_name(value)
    return None


# --- what was made --------------------------------------------------------------------------------


def id_of_made(answer: Exchange, resource: Resource) -> str:
    """Return the id of what was made, as *answer* leads to it, ``""`` where it does not.

    *answer* is a 202, or tells how far the request is: an id in its body may be its own.
    """
    for address in (*answer.header_values("Location"), *_addresses_in_body(answer)):
        path = _on_target(answer, address).partition("?")[0]
        values = values_in_path(resource.item, path) if resource.item else None
        if values:
            return resource.plain_id(values[-1])
    for name, value in _near_members(answer.json):
        is_id = isinstance(value, str | int) and not isinstance(value, bool)
        if is_id and _names_id_of(resource, plain_name(name)):
            return str(value)
    return ""


def _names_id_of(resource: Resource, name: str) -> bool:
    """Return whether a member called *name* has the id of *resource*, and not one of its own."""
    if name in ID_OF_MADE:
        return True
    stem = name.removesuffix("id")
    thing = plain_name(resource.name.rpartition("/")[2])
    is_called = len(stem) > 2 and thing.startswith(stem[:-1]) and len(thing) <= len(stem) + 3
    return stem != name and is_called


def shows_what_is_made(operation: Operation) -> bool:
    """Return whether the 202 of a create shows the resource, and not how far that is.

    It is documented to have what was sent; where nothing is sent, nobody can tell.
    """
    response = operation.response(ACCEPTED_FOR_LATER)
    if response is None or response.content is None or not operation.request_members:
        return False
    sent = {paths.last_name(one.path) for one in operation.request_members}
    shown = {paths.last_name(one.path) for one in response.content.properties}
    return not sent.isdisjoint(shown)


def _near_members(body: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of *body* and of the objects in it, those that are nearer first."""
    level = [body]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                yield from one.items()
                below += one.values()
        level = below
