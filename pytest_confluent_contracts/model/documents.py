"""What does a published document describe? Operations: bodies, headers, security, promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.sources import SourceLocation


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


class Location(StrEnum):
    """Where a parameter, or a credential, stands in a request."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


Slot = tuple[Location, str]  # where a credential stands, and the name that carries it


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter of an operation (OpenAPI 3.1, Parameter Object).

    ``style`` and ``explode`` say how a value is written, ``media_type`` that of its ``content``
    does (``""`` where a style does). ``examples`` are values that the document shows for it, those
    of its schema last.
    """

    name: str
    location: Location
    required: bool
    style: str
    explode: bool
    allow_reserved: bool
    schema: Mapping[str, Any]
    media_type: str
    examples: tuple[Any, ...]
    deprecated: bool
    place: SourceLocation

    @property
    def types(self) -> tuple[str, ...]:
        """Return the JSON types that it may have, empty where the document names none."""
        stated = self.schema.get("type", ())
        return (stated,) if isinstance(stated, str) else tuple(stated)

    @property
    def default(self) -> Any:
        """Return what its absence means, `ABSENT` where the document does not say."""
        return self.schema.get("default", ABSENT)

    @property
    def is_text(self) -> bool:
        """Return whether one text in its plain form is its value: no list, object, or style."""
        is_styled = self.style in ("matrix", "label") or bool(self.media_type)
        return not is_styled and not {"array", "object"} & set(self.types)


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

    ``carrier`` is the name of the header, the query parameter or the cookie that carries its
    credential, ``location`` which of these it is; ``variables`` maps each part of the credential to
    its environment variable.
    """

    name: str
    kind: str
    carrier: str
    variables: tuple[tuple[str, str], ...]
    place: SourceLocation
    location: Location = Location.HEADER

    @property
    def slot(self) -> Slot:
        """Return where in a request its credential stands."""
        return self.location, self.carrier


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of a document.

    ``parameters`` gives each path parameter's example as text, in the path's order; ``declared``
    are all parameters, those of the path first; ``promises`` what the document says in words;
    ``source`` is the whole document as plain data, for libraries that read OpenAPI themselves.
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
    declared: tuple[Parameter, ...] = field(default=(), repr=False)

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
    def path_parameters(self) -> tuple[Parameter, ...]:
        """Return the declared parameters of the path, in its order."""
        return tuple(one for one in self.declared if one.location is Location.PATH)

    @property
    def other_parameters(self) -> tuple[Parameter, ...]:
        """Return the declared parameters in query, headers and cookies, in the document's order."""
        return tuple(one for one in self.declared if one.location is not Location.PATH)

    @property
    def styled_names(self) -> frozenset[str]:
        """Return the names of the path parameters whose text is already written for the path."""
        return frozenset(one.name for one in self.path_parameters if not one.is_text)

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
        """Return the names of the headers that carry credentials, that of cookies included."""
        names = self.credential_carriers(Location.HEADER)
        return names | {"Cookie"} if self.credential_carriers(Location.COOKIE) else names

    def credential_carriers(self, location: Location) -> set[str]:
        """Return the names of what carries credentials at *location*."""
        return {scheme.carrier for scheme in self.schemes if scheme.location is location}

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
