"""What does the embedded service keep? Its resource as the document shows it, and each update."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from pytest_confluent_contracts.double.bodies import merged, patched
from pytest_confluent_contracts.double.samples import allowed_value, copied_json, is_allowed
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import COMPOSING, separate_members
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_confluent_contracts.double.collection import Collection
    from pytest_confluent_contracts.model.documents import Content, Operation, Property, Response

EPOCH = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)  # what the clock's 0 stands for
EPOCH_S = EPOCH.timestamp()
DAY_S = 86_400.0
REMEMBERED = 1024  # operations of which something is known
SLASH_INSIDE = "\x1f"  # stands for a slash in a path parameter


@dataclass(slots=True)
class Resource:
    """What the service keeps of one resource; *created* and *updated* are seconds of its clock.

    *scope* are the joined ids of what it lies in, ``""`` where that is nothing; *leads_to* is the
    address of what a job has made, ``""`` elsewhere; *key* are its own joined ids, once it is kept.
    *tenant* is whose it is, ``""`` for the first.
    """

    shown: dict[str, Any]
    created: float
    updated: float = 0.0
    secret: dict[str, Any] = field(default_factory=dict)
    scope: str = ""
    leads_to: str = ""
    key: str = ""
    tenant: str = ""


class Store:
    """The resources that one operation is about, each under its path parameters, joined by ``/``.

    It has them in common with the other operations of *collection*. *parameters* are those of the
    one that is there from the beginning.
    """

    def __init__(
        self,
        operation: Operation,
        parameters: tuple[tuple[str, str], ...],
        collection: Collection,
    ) -> None:
        self.operation, self.parameters, self.collection = operation, parameters, collection
        # What is sent, in the form in which resources are shown.
        self.sent = collection.in_common_form(operation)
        fixed = [*operation.promises.immutable.paths, *read_only_paths(self.sent)]
        self._writable = writable_members(self.sent, collection.members, fixed + collection.fixed)
        self.resources = collection.resources

    @property
    def own_id(self) -> str:
        """Return the joined path parameters of the resource that is there from the beginning."""
        return joined_id([text for _, text in self.parameters])

    def initial(self) -> Resource:
        """Return the resource as the document's examples show it, created a day ago."""
        return self.collection.initial(self.parameters)

    def write(
        self, resource: Resource, body: Any, now: float, kind: BodyKind = BodyKind.JSON
    ) -> None:
        """Write what *body* has of the members that an update may write; ignore all else.

        *now*, in seconds, becomes the time of the update where anything shown changes. *kind* says
        what a body of its media type means: null in a merge patch removes, and a JSON Patch is a
        list of what to do. Raise `Unpatchable` where that cannot be done.
        """
        if body is ABSENT:  # a file, or what nobody reads here
            return
        body = self.collection.body_in_common_form(self.operation, body)
        if kind is BodyKind.JSON_PATCH:
            self._write_whole(resource, patched(resource.shown, body), now)
            return
        if kind is BodyKind.MERGE_PATCH:
            self._write_whole(resource, merged(resource.shown, body), now)
            return
        shown = self.collection.members
        for member in self._writable:
            value = paths.value_at(body, member.path)
            was = paths.value_at(resource.shown, member.path)
            if value is ABSENT or is_same(was, value):
                continue
            # What the answer has no place for is not kept; but a service that took a wrong value
            # has it.
            takes = is_allowed(shown[member.path].schema, value)
            if takes or not is_allowed(member.schema, value):
                resource.shown = paths.with_value(resource.shown, member.path, copied_json(value))
                resource.updated = now
        for path in self.sent.secret_paths:
            value = paths.value_at(body, path)
            if value is not ABSENT:
                resource.secret[path] = value
        self._settle(resource, body)

    def _settle(self, resource: Resource, body: Any) -> None:
        """Drop what was there where it is not allowed beside what *body* wrote.

        That is so where members hang on one another: of two that exclude each other, one was there
        and the other was sent.
        """
        schema = self.collection.schema
        if schema is None or COMPOSING.isdisjoint(schema):
            return
        unsent = resource.shown
        for member in self._writable:
            if paths.value_at(body, member.path) is ABSENT:
                unsent = paths.without_value(unsent, member.path)
        validator = jsonschema_rs.Draft202012Validator(dict(schema))
        for shown in (resource.shown, unsent, body):
            if validator.is_valid(shown):
                resource.shown = deepcopy(shown)
                return

    def _write_whole(self, resource: Resource, wanted: Any, now: float) -> None:
        """Write what *wanted* has of each member that an update may write, or has not."""
        for member in self._writable:
            value = paths.value_at(wanted, member.path)
            was = paths.value_at(resource.shown, member.path)
            if value is ABSENT and was is not ABSENT:
                resource.shown = paths.without_value(resource.shown, member.path)
            elif not is_same(was, value):
                resource.shown = paths.with_value(resource.shown, member.path, copied_json(value))
            if not is_same(was, value):
                resource.updated = now

    def show(self, resource: Resource) -> Any:
        """Return the resource as the operation's answers show it, with its time stamps."""
        return self.collection.show(resource, self.operation)


def joined_id(values: Iterable[str]) -> str:
    """Return what a resource is kept under: its path parameters, a slash between them."""
    return "/".join(value.replace("/", SLASH_INSIDE) for value in values)


def writable_members(
    operation: Operation,
    shown: Mapping[str, Property] | None = None,
    fixed: Sequence[str] | None = None,
) -> list[Property]:
    """Return the members that a request may write and an answer shows.

    *shown* are the members that answers show by their paths, by default those of its own answer;
    *fixed* the paths that are not written, by default those that no update changes.
    """
    answers = {one.path: one for one in operation.answer_members} if shown is None else shown
    if fixed is None:
        fixed = [*operation.promises.immutable.paths, *read_only_paths(operation)]
    found: list[Property] = []
    for member in separate_members(operation.request_members):
        is_fixed = any(paths.is_within(member.path, path) for path in fixed)
        is_secret = any(paths.is_within(path, member.path) for path in operation.secret_paths)
        if member.path in answers and not (is_fixed or is_secret):
            found.append(member)
    return found


def read_only_paths(operation: Operation) -> list[str]:
    """Return the members of the request that the document calls read-only."""
    return [member.path for member in operation.request_members if member.read_only]


def described_refusal(operation: Operation) -> Content | None:
    """Return the first body that the document describes for a status of the 4xx class."""
    for response in operation.responses:
        if response.status.startswith("4") and response.content:
            return response.content
    return None


def plain_ids(operation: Operation, decoded: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the path parameters of *operation*, of which *decoded* has the texts in their styles.

    ``.7`` of the style label is 7, and so is ``;id=7`` of the style matrix; a list stays as it is.
    """
    prefixes = _prefixes_by_name(operation)
    return [(name, text.removeprefix(prefixes.get(name, ""))) for name, text in decoded]


@remembered(REMEMBERED)
def _prefixes_by_name(operation: Operation) -> dict[str, str]:
    """Return what the style of each path parameter that has one puts before its value."""
    found: dict[str, str] = {}
    for one in operation.path_parameters:
        prefix = {"matrix": f";{one.name}=", "label": "."}.get(one.style, "")
        if prefix and not {"array", "object"} & set(one.types):
            found[one.name] = prefix
    return found


def described_success(operation: Operation) -> Response | None:
    """Return the documented answer of the 2xx class, one with a body before others without.

    None where the document has none.
    """
    first: Response | None = None
    for response in operation.responses:
        if response.status.startswith("2"):
            if response.content is not None:
                return response
            first = first or response
    return first


def is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are one, ``0`` and ``false`` being two."""
    return one == other and repr(one) == repr(other)


def time_stamp(moment: float) -> str:
    """Return the moment *moment* seconds after `EPOCH`: ``0.0`` is ``2026-01-05T08:30:00.000Z``."""
    stamp = (EPOCH + timedelta(seconds=moment)).isoformat(timespec="milliseconds")
    return f"{stamp.removesuffix('+00:00')}Z"


def seconds_since_1970(moment: float) -> int:
    """Return the moment *moment* seconds after `EPOCH` in whole seconds since 1970, rounded up."""
    return math.ceil(EPOCH_S + moment)


def http_date(moment: float) -> str:
    """Return the same moment as a ``Date`` header tells it, in whole seconds (RFC 9110 5.6.7)."""
    return _written_second(int(moment))


@lru_cache(maxsize=64)
def _written_second(second: int) -> str:
    return format_datetime(EPOCH + timedelta(seconds=second), usegmt=True)


# --- values that a document shows -----------------------------------------------------------------


def shown_success(operation: Operation) -> Any:
    """Return the body of a successful answer as the document shows it, ``{}`` where it has none."""
    success = described_success(operation)
    if success is None or success.content is None:
        return {}
    return composed_body(success.content)


def composed_body(content: Content) -> Any:
    """Return a body as the document shows it: its example, else put together from its members'.

    An example that breaks the schema gives way to a value that does not.
    """
    shown = [example.value for example in content.examples]
    for value in shown:
        if is_allowed(content.schema, value):
            return deepcopy(value)
    made = allowed_value(content.schema)
    if made is not ABSENT:
        return made
    return deepcopy(next(iter(shown), {}))
