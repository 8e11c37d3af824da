"""What does a published document describe? Operations: bodies, headers, security, promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from pytest_confluent_contracts.model import media_types, paths
from pytest_confluent_contracts.model.listing import Listing
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.resources import Resource, Role
from pytest_confluent_contracts.model.sources import SourceLocation

# The methods of which a document is read (the others of OpenAPI change nothing that is judged).
READ_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# RFC 9110 9.2.1: what is sent in these asks for no change.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Names in the path of a member that is a promise of its own: readers of a document look no deeper.
DEEPEST_PROMISE = 4
CREATED = "201"
# What a schema asks of the number of an object's members, whatever they are.
COUNTING = frozenset(("minProperties", "maxProperties"))
# What a schema asks for of several members together; and `$ref`, which leads to itself again.
COMPOSING = frozenset(
    {
        "$ref",
        *("oneOf", "anyOf", "not", "if", "dependentRequired", "dependentSchemas", "allOf"),
        *COUNTING,
    }
)


def types_allowed(schema: Mapping[str, Any]) -> list[str]:
    """Return the JSON types that *schema* names, empty where it names none."""
    stated = schema.get("type", [])
    if isinstance(stated, str):
        return [stated]
    return list(stated)


@dataclass(frozen=True, slots=True)
class Property:
    """One member of a body: its path (``errors[].status``) and what the document says of it.

    ``required_back`` says that the document lists it as required, and means the other way: a
    read-only member of a request.
    """

    path: str
    schema: Mapping[str, Any]
    required: bool
    place: SourceLocation
    read_only: bool = False
    secret: bool = False
    required_back: bool = False

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
    if not names:
        return paths.WHOLE
    return paths.path_of(steps[: names[-1]])


def is_deep(path: str) -> bool:
    """Return whether the member at *path* shares a clause with its neighbours."""
    names = [step for step in paths.steps_of(path) if isinstance(step, str)]
    return len(names) > DEEPEST_PROMISE


def name_in_clauses(path: str) -> str:
    """Return what stands for *path* in the ids of clauses: itself, or those it shares one with."""
    if is_deep(path):
        return f"members/{schema_object(path)}"
    return path


def deep_members(members: Iterable[Property]) -> dict[str, list[Property]]:
    """Return the deep ones of *members* by the schema object that lists them, in their order."""
    found: dict[str, list[Property]] = {}
    for member in members:
        if member.is_deep:
            found.setdefault(member.schema_object, []).append(member)
    return found


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
        return tuple(types_allowed(self.schema))

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
    """A documented response header.

    ``required`` is None where the document does not say whether it is always sent; ``description``
    is what it says in words.
    """

    name: str
    schema: Mapping[str, Any]
    place: SourceLocation
    required: bool | None = None
    description: str = ""


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
        if self.content is None:
            return ()
        return (self.content, *self.others)

    def content_sent_as(self, media_type: str | None) -> Content | None:
        """Return the body documented for *media_type*, the most specific; None where it is none."""
        named = media_types.matching([one.media_type for one in self.contents], media_type)
        return next((one for one in self.contents if one.media_type == named), None)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme.

    ``carrier`` is the name of the header, the query parameter or the cookie that carries its
    credential, ``location`` which of these it is; ``variables`` maps each part of the credential to
    its environment variable, ``other_variables`` each part of a second principal's.
    """

    name: str
    kind: str
    carrier: str
    variables: tuple[tuple[str, str], ...]
    place: SourceLocation
    location: Location = Location.HEADER
    other_variables: tuple[tuple[str, str], ...] = ()

    @property
    def slot(self) -> Slot:
        """Return where in a request its credential stands."""
        return self.location, self.carrier


@dataclass(frozen=True)  # without slots: what is asked again and again is kept
class Operation:
    """One method on one path of a document.

    ``parameters`` gives each path parameter's example as text, in the path's order; ``declared``
    are all parameters, those of the path first; ``promises`` what the document says in words.
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
    # The request's other media types; `request` is the body that we can say most of.
    other_requests: tuple[Content, ...] = ()
    declared: tuple[Parameter, ...] = field(default=(), repr=False)
    # What it is about, None where that could not be told, and what it does to that.
    resource: Resource | None = None
    role: Role = Role.ACTION
    # In which parts its list comes, where it lists.
    listing: Listing = field(default_factory=Listing)

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells the operation apart in a run: its document's name and its id."""
        return self.document, self.id

    @property
    def is_safe(self) -> bool:
        """Return whether its requests ask for no change (RFC 9110 9.2.1)."""
        return self.method in SAFE_METHODS

    def response(self, status: int) -> Response | None:
        """Return what is documented for *status*: exactly, by its range, or by ``default``."""
        written = self._responses_as_written
        exact, by_range = written.get(str(status)), written.get(f"{status // 100}XX")
        return exact or by_range or written.get("DEFAULT")

    @cached_property
    def _responses_as_written(self) -> dict[str, Response]:
        return {response.status.upper(): response for response in reversed(self.responses)}

    @cached_property
    def success(self) -> Response | None:
        """Return the documented answer that a successful update gives, None where there is none.

        That is the first of the 2xx class with a body; without any, the first of them.
        """
        successes = [response for response in self.responses if response.status.startswith("2")]
        with_body = [response for response in successes if response.content is not None]
        return next(iter([*with_body, *successes]), None)

    @cached_property
    def as_create(self) -> Operation:
        """Return the operation as what makes a resource: a PUT on a key that nobody has does.

        Its success is then 201, with that one's body or without any (RFC 9110 9.3.4).
        """
        if self.role is Role.CREATE:
            return self
        created = [response for response in self.responses if response.status == CREATED]
        others = [response for response in self.responses if response.status != CREATED]
        if not any(response.content for response in created):
            others = [_without_content(response) for response in others]
        return replace(self, role=Role.CREATE, responses=(*created, *others))

    @property
    def is_about_keyed(self) -> bool:
        """Return whether it is about what a PUT alone makes, on a key that the caller chooses."""
        return self.resource is not None and self.resource.is_made_by_put

    @property
    def makes_on_key(self) -> bool:
        """Return whether it is what `as_create` makes of a PUT: the path has the new one's key."""
        return self.role is Role.CREATE and self.is_about_keyed

    @property
    def replaces_on_key(self) -> bool:
        """Return whether it is a PUT that creates, too, as what replaces one that is there."""
        return self.role is Role.REPLACE and self.is_about_keyed

    @cached_property
    def request_members(self) -> tuple[Property, ...]:
        """Return every member of the request body that the document declares."""
        if not self.request:
            return ()
        return self.request.properties

    @cached_property
    def request_maps(self) -> tuple[str, ...]:
        """Return the paths of the maps in the request body, of which any name may be an entry.

        Those within items of lists are left out: one path would mean several.
        """
        found: list[str] = []
        for member in self.request_members:
            holder = paths.parent_path(member.path)
            if member.path == paths.value_path(holder) and not paths.has_items(holder):
                found.append(holder)
        return tuple(found)

    @cached_property
    def success_content(self) -> Content | None:
        """Return the body that answers a successful request, None where none is documented."""
        if self.success is None:
            return None
        return self.success.content

    @cached_property
    def answer_members(self) -> tuple[Property, ...]:
        """Return every member of the body that answers a successful request."""
        content = self.success_content
        if content is None:
            return ()
        return content.properties

    @cached_property
    def path_parameters(self) -> tuple[Parameter, ...]:
        """Return the declared parameters of the path, in its order."""
        return tuple(one for one in self.declared if one.location is Location.PATH)

    @cached_property
    def other_parameters(self) -> tuple[Parameter, ...]:
        """Return the declared parameters in query, headers and cookies, in the document's order."""
        return tuple(one for one in self.declared if one.location is not Location.PATH)

    @property
    def makes_or_ends(self) -> bool:
        """Return whether it makes a resource, or ends one, or does what nobody can tell."""
        return self.method in ("POST", "DELETE")

    @cached_property
    def styled_names(self) -> frozenset[str]:
        """Return the names of the path parameters whose text is already written for the path."""
        return frozenset(one.name for one in self.path_parameters if not one.is_text)

    @property
    def secret_paths(self) -> tuple[str, ...]:
        """Return the paths of the secret members of the request body."""
        return tuple(member.path for member in self.request_members if member.secret)

    @cached_property
    def schemes(self) -> tuple[SecurityScheme, ...]:
        """Return every security scheme of its alternatives, each once, in the document's order."""
        found: list[SecurityScheme] = []
        for alternative in self.security:
            found += [scheme for scheme in alternative if scheme not in found]
        return tuple(found)

    @property
    def needs_credentials(self) -> bool:
        """Return whether some are asked for, and nobody is served without any."""
        return bool(self.security) and all(self.security)

    @property
    def credential_headers(self) -> set[str]:
        """Return the names of the headers that carry credentials, that of cookies included."""
        names = self.credential_carriers(Location.HEADER)
        if self.credential_carriers(Location.COOKIE):
            return names | {"Cookie"}
        return names

    def credential_carriers(self, location: Location) -> set[str]:
        """Return the names of what carries credentials at *location*."""
        return {scheme.carrier for scheme in self.schemes if scheme.location is location}

    def carries_credentials(self, header: str) -> bool:
        """Return whether *header*, in any case (RFC 9110 5.1), is one that carries credentials."""
        return header.lower() in self._credential_headers_lowered

    @cached_property
    def _credential_headers_lowered(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.credential_headers)

    @property
    def refusals(self) -> frozenset[int]:
        """Return the statuses that refuse a body which breaks the schema."""
        return frozenset(self.promises.refusals.invalid)

    def names_status(self, status: int) -> bool:
        """Return whether the document names *status* itself, not only its range."""
        return str(status) in self._statuses

    @cached_property
    def _statuses(self) -> frozenset[str]:
        return frozenset(response.status for response in self.responses)

    @property
    def promises_refusal(self) -> bool:
        """Return whether any documented answer may refuse a body that breaks the schema.

        It is a fitting status, the whole range, or ``default`` beside a documented success: alone,
        that may be the success itself. A document without any promises no refusal.
        """
        if self.refusals:
            return True
        written = {response.status.upper() for response in self.responses}
        return "4XX" in written or ("DEFAULT" in written and self.success is not None)


def _without_content(response: Response) -> Response:
    """Return *response* without a body where it is a success; a refusal as it is."""
    if not response.status.startswith("2"):
        return response
    return replace(response, content=None, others=())


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

    ``resources`` are what its operations are about, as far as that could be told; ``files`` gives
    the path of each file, by the name that is shown to people.
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
    resources: tuple[Resource, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
