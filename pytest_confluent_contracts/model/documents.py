"""What does a published document describe? Operations: bodies, headers, security, promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.sources import SourceLocation

# Names in the path of a member that is a promise of its own: readers of a document look no deeper.
DEEPEST_PROMISE = 4


@dataclass(frozen=True, slots=True)
class Property:
    """One member of a body: its path (``errors[].status``) and what the document says of it."""

    path: str
    schema: Mapping[str, Any]
    required: bool
    place: SourceLocation
    read_only: bool = False
    secret: bool = False

    @property
    def parent(self) -> str:
        """Return the path of the member that holds this one; ``""`` is the whole body."""
        return paths.parent_path(self.path)

    @property
    def name(self) -> str:
        """Return the member's own name, without its path."""
        return paths.last_name(self.path)

    @property
    def schema_object(self) -> str:
        """Return the path of the object whose schema lists this member, or the list of it."""
        return schema_object(self.path)

    @property
    def is_deep(self) -> bool:
        """Return whether it stands so deep that it shares a clause with its neighbours."""
        return is_deep(self.path)

    @property
    def clause_name(self) -> str:
        """Return what the clauses that are about it have in their ids, behind their status."""
        if self.is_deep or not self.path:
            return name_in_clauses(self.path) or "body"
        return f"body/{self.path}"


def schema_object(path: str) -> str:
    """Return the path of the object whose schema lists the member at *path*, or the list of it.

    >>> schema_object("a.b[].c[]")
    'a.b[]'
    """
    steps = paths.steps_of(path)
    names = [index for index, step in enumerate(steps) if isinstance(step, str)]
    return paths.path_of(steps[: names[-1]] if names else ())


def is_deep(path: str) -> bool:
    """Return whether the member at *path* shares a clause with its neighbours."""
    names = [step for step in paths.steps_of(path) if isinstance(step, str)]
    return len(names) > DEEPEST_PROMISE


def name_in_clauses(path: str) -> str:
    """Return what stands for *path* in the ids of clauses: itself, or those it shares one with."""
    return f"members/{schema_object(path)}" if is_deep(path) else path


def deep_members(members: Iterable[Property]) -> dict[str, list[Property]]:
    """Return the deep ones of *members* by the schema object that lists them, in their order."""
    found: dict[str, list[Property]] = {}
    for member in members:
        if member.is_deep:
            found.setdefault(member.schema_object, []).append(member)
    return found


@dataclass(frozen=True, slots=True)
class Example:
    """A value that the document shows, and where."""

    name: str
    value: Any
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Content:
    """A documented body: media type, JSON Schema (2020-12, references resolved) and its members."""

    media_type: str
    schema: Mapping[str, Any]
    properties: tuple[Property, ...]
    examples: tuple[Example, ...]
    place: SourceLocation
    required: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """A documented response header."""

    name: str
    schema: Mapping[str, Any]
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Response:
    """What the document says of one status (``"200"``, ``"4XX"`` or ``"default"``)."""

    status: str
    headers: tuple[Header, ...]
    content: Content | None
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme.

    ``variables`` maps each part of the credential to its environment variable.
    """

    name: str
    kind: str
    header: str
    variables: tuple[tuple[str, str], ...]
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of a document.

    ``parameters`` gives each path parameter's example; ``promises`` what the document says in
    words.
    """

    document: str
    id: str
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    request: Content | None
    responses: tuple[Response, ...]
    security: tuple[tuple[SecurityScheme, ...], ...]
    promises: Promises
    place: SourceLocation

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells the operation apart in a run: its document's name and its id."""
        return self.document, self.id

    def response(self, status: int) -> Response | None:
        """Return what is documented for *status*: exactly, by its range, or by ``default``."""
        by_status = {response.status.upper(): response for response in self.responses}
        for written in (str(status), f"{status // 100}XX", "DEFAULT"):
            if written in by_status:
                return by_status[written]
        return None

    @property
    def success(self) -> Response | None:
        """Return the first documented answer of the 2xx class."""
        return next(
            (response for response in self.responses if response.status.startswith("2")), None
        )

    @property
    def request_members(self) -> tuple[Property, ...]:
        """Return every member of the request body that the document declares."""
        return self.request.properties if self.request else ()

    @property
    def answer_members(self) -> tuple[Property, ...]:
        """Return every member of the body that answers a successful request."""
        content = self.success.content if self.success else None
        return content.properties if content else ()

    @property
    def secret_paths(self) -> tuple[str, ...]:
        """Return the paths of the secret members of the request body."""
        return tuple(member.path for member in self.request_members if member.secret)

    @property
    def schemes(self) -> tuple[SecurityScheme, ...]:
        """Return every security scheme of its alternatives, each once, in the document's order."""
        return tuple(
            dict.fromkeys(scheme for alternative in self.security for scheme in alternative)
        )

    @property
    def credential_headers(self) -> set[str]:
        """Return the names of the headers that carry credentials."""
        return {scheme.header for scheme in self.schemes}

    def carries_credentials(self, header: str) -> bool:
        """Return whether *header*, in any case (RFC 9110 5.1), is one that carries credentials."""
        return header.lower() in {name.lower() for name in self.credential_headers}

    @property
    def refusals(self) -> frozenset[int]:
        """Return the statuses that refuse a body which breaks the schema."""
        return frozenset(self.promises.refusals.invalid)


@dataclass(frozen=True, slots=True)
class UnreadOperation:
    """An operation that cannot be read, and is not held for that: ``reason`` names file and line.

    ``place`` is the line that is wrong.
    """

    id: str
    method: str
    path: str
    place: SourceLocation
    reason: str


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What stands in the document and no clause is about: ``callbacks``, and where."""

    what: str
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Document:
    """A published description of an API: an OpenAPI file, and those that it refers to.

    ``files`` gives the path of each, by the name that is shown to people.
    """

    name: str
    title: str
    version: str
    file: str
    digest: str
    servers: tuple[str, ...]
    operations: tuple[Operation, ...]
    unread: tuple[UnreadOperation, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
