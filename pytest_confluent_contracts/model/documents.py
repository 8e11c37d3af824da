"""What does a published document describe? Operations: bodies, headers, security, promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_confluent_contracts.model import media_types, paths
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.sources import SourceLocation

# What a schema asks for of several members together; and `$ref`, which leads to itself again.
COMPOSING = frozenset(
    {
        "$ref",
        *("oneOf", "anyOf", "not", "if", "dependentRequired", "dependentSchemas", "allOf"),
        *("minProperties", "maxProperties"),
    }
)


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
    def is_composed(self) -> bool:
        """Return whether its members hang on one another, so that they are written together."""
        return not COMPOSING.isdisjoint(self.schema)

    @property
    def parent(self) -> str:
        """Return the path of the member that holds this one; ``""`` is the whole body."""
        return paths.parent_path(self.path)

    @property
    def name(self) -> str:
        """Return the member's own name, without its path."""
        return paths.last_name(self.path)


def separate_members(members: Iterable[Property]) -> Iterator[Property]:
    """Yield those of *members* that are written and followed one by one.

    An object with members is none: they are. Of one whose members hang on one another they are
    not: it is written as a whole. Nor are items of a list, and values of a map.
    """
    composed: list[str] = []
    for member in members:
        if paths.has_items(member.path) or paths.is_member_of_any(member.path, composed):
            continue
        if member.is_composed:
            composed.append(member.path)
        if member.is_composed or "properties" not in member.schema:
            yield member


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

    @property
    def kind(self) -> BodyKind:
        """Return how such bodies are written."""
        return media_types.body_kind(self.media_type)


@dataclass(frozen=True, slots=True)
class Header:
    """A documented response header."""

    name: str
    schema: Mapping[str, Any]
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Response:
    """What the document says of one status (``"200"``, ``"4XX"`` or ``"default"``).

    ``content`` is the body that we can say most of; ``others`` are those of its other media types.
    """

    status: str
    headers: tuple[Header, ...]
    content: Content | None
    place: SourceLocation
    others: tuple[Content, ...] = ()

    @property
    def contents(self) -> tuple[Content, ...]:
        """Return every documented body, one a media type."""
        return () if self.content is None else (self.content, *self.others)

    def content_sent_as(self, media_type: str | None) -> Content | None:
        """Return the body documented for *media_type*, the most specific; None where it is none."""
        named = media_types.matching([one.media_type for one in self.contents], media_type)
        return next((one for one in self.contents if one.media_type == named), None)


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
    words; ``source`` is the whole document as plain data, for libraries that read OpenAPI
    themselves.
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
    source: Mapping[str, Any] = field(repr=False)
    # The request's other media types; `request` is the body that we can say most of.
    other_requests: tuple[Content, ...] = ()

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
class Document:
    """A published description of an API: an OpenAPI file."""

    name: str
    title: str
    version: str
    file: str
    digest: str
    servers: tuple[str, ...]
    operations: tuple[Operation, ...]
