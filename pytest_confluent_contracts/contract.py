"""Which words do the rooms share? The contract's vocabulary as frozen values; standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit


class Absent(Enum):
    """The value that is not there, told apart from JSON's null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

REDACTED: Final = "[redacted]"


class ContractError(Exception):
    """A wrong document, option or value: one line that names the cure."""


def is_local(url: str) -> bool:
    """Return whether *url* names this machine itself, or the embedded service: nobody and nothing lies in between."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".invalid"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Level(StrEnum):
    """How strongly a promise is made: MUST fails the test, SHOULD only warns."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Family(StrEnum):
    """What a clause is about; each family is a module of ``clauses`` and a pytest mark."""

    SHAPE = "shape"
    ERRORS = "errors"
    REQUESTS = "requests"
    SECURITY = "security"
    RATE_LIMIT = "rate_limit"
    UPDATE = "update"


class Probe(StrEnum):
    """A family of cases that provokes one kind of evidence, in the order in which probes run."""

    EXAMPLES = "examples"
    VALID = "valid"
    READ_ONLY = "read-only"
    BROKEN = "broken"
    MALFORMED = "malformed"
    CREDENTIALS = "credentials"
    UNKNOWN = "unknown"
    COVERAGE = "coverage"
    THROTTLE = "throttle"


class Expect(StrEnum):
    """What the document promises for a case."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNAUTHENTICATED = "unauthenticated"
    UNKNOWN = "unknown"
    ANY = "any"


class Verdict(StrEnum):
    """What the evidence says of a clause."""

    KEPT = "kept"
    BROKEN = "broken"
    WARNED = "warned"
    NOT_EXERCISED = "not exercised"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a promise stands: a file, as shown to people, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Property:
    """One member of a body: its path (``errors[].status``) and what the document says of it."""

    path: str
    schema: Mapping[str, Any]
    required: bool
    place: Place
    read_only: bool = False
    secret: bool = False

    @property
    def parent(self) -> str:
        """Return the path of the member that holds this one; ``""`` is the whole body."""
        return self.path.removesuffix("[]") if self.path.endswith("[]") else self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Return the member's own name, without its path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Example:
    """A value that the document shows, and where."""

    name: str
    value: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Content:
    """A documented body: media type, JSON Schema (2020-12, references resolved) and its members."""

    media_type: str
    schema: Mapping[str, Any]
    properties: tuple[Property, ...]
    examples: tuple[Example, ...]
    place: Place
    required: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """A documented response header."""

    name: str
    schema: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Response:
    """What the document says of one status (``"200"``, ``"4XX"`` or ``"default"``)."""

    status: str
    headers: tuple[Header, ...]
    content: Content | None
    place: Place


@dataclass(frozen=True, slots=True)
class Scheme:
    """A security scheme; ``variables`` maps each part of the credential to its environment variable."""

    name: str
    kind: str
    header: str
    variables: tuple[tuple[str, str], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Promise:
    """An entry of ``x-contract``: what the document's prose promises, as data."""

    data: Mapping[str, Any]
    place: Place
    says: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of a document.

    ``parameters`` gives each path parameter's example; ``source`` is the whole document as plain data, for libraries that
    read OpenAPI themselves.
    """

    document: str
    id: str
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    request: Content | None
    responses: tuple[Response, ...]
    security: tuple[tuple[Scheme, ...], ...]
    promises: Mapping[str, Promise]
    place: Place
    source: Mapping[str, Any] = field(repr=False)

    def response(self, status: int) -> Response | None:
        """Return what is documented for *status*: exactly, by its range, or by ``default``."""
        by_status = {response.status.upper(): response for response in self.responses}
        return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("DEFAULT")

    @property
    def success(self) -> Response | None:
        """Return the first documented answer of the 2xx class."""
        return next((response for response in self.responses if response.status.startswith("2")), None)

    def promise(self, key: str, name: str) -> Any:
        """Return a value of the ``x-contract`` entry *key*, None where it is not promised."""
        entry = self.promises.get(key)
        return None if entry is None else entry.data.get(name)

    @property
    def refusals(self) -> frozenset[int]:
        """Return the statuses that refuse a body which breaks the schema."""
        return frozenset(self.promise("refusals", "invalid") or ())


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


@dataclass(frozen=True, slots=True)
class Violation:
    """One place at which a body breaks its schema: JSON Pointer, keyword, and the missing member's name."""

    pointer: str
    keyword: str
    message: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A request worth sending, and what the document promises for it.

    ``value`` is the JSON value of ``body`` (ABSENT where the body is not JSON); ``violations`` is the ground truth of what
    is wrong with it; ``varies`` names the member of which the case is about; ``authority`` the credentials it travels with.
    """

    probe: Probe
    title: str
    operation: Operation
    parameters: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...] = field(repr=False)  # before an exchange is made, credentials are in it
    body: bytes | None = field(repr=False)
    value: Any = field(repr=False)
    expect: Expect
    authority: str = ""
    violations: tuple[Violation, ...] = ()
    varies: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes two cases the same request, byte for byte."""
        return self.operation.id, self.parameters, self.headers, self.body

    @property
    def size(self) -> tuple[int, int]:
        """Return what a smaller request is measured by: bytes of the body, then of its title."""
        return len(self.body or b""), len(self.title)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request that was sent, the response that came, when, and how long it took.

    Times are seconds of the run's own clock. ``failure`` says in one line why no answer came; ``json`` is ABSENT where
    ``flaw`` says why the body is not JSON. Everything is redacted; ``leaks`` names the secrets that the answer gave away.
    ``superseded`` marks one that failed on the way and was answered when it was sent again.
    """

    serial: int
    case: Case
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    json: Any
    flaw: str
    leaks: tuple[str, ...]
    sent_at: float
    came_at: float
    failure: str = ""
    superseded: bool = False

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name*, whatever its case."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value of the header *name*, whatever its case, in the order they came."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def accepted(self) -> bool:
        """Return whether the answer is of the 2xx class."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """An exchange that bears on a clause; an empty finding means that it keeps the promise."""

    exchange: Exchange | None
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a clause has no evidence.

    *withheld* means that the document promises it and the target did not give it; *probe* is the one that would have shown it,
    whose own reason for not running is then the better one.
    """

    reason: str
    withheld: bool = False
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What a run brings along for one operation.

    ``parameters`` are the path parameters of the resource that may be changed; ``pins`` are fixed values by path;
    ``credentials`` hold the value of each part by scheme; ``made_up`` says whether values that another system checks may be
    generated; ``owned`` whether the parameters name a resource that may be changed.
    """

    parameters: tuple[tuple[str, str], ...]
    pins: Mapping[str, Any] = field(repr=False)
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    seed: int = 0
    max_examples: int = 100
    made_up: bool = True
    owned: bool = True


Judge = Callable[[Sequence[Exchange]], Iterable[Evidence]]
Absentee = Callable[[Sequence[Exchange]], Absence]


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of a document.

    ``judge`` turns a run's exchanges into the evidence for this clause; ``absent`` says why there is none. ``stateful``
    marks promises about what a request changes: they are reproduced from a known state.
    """

    id: str
    family: Family
    level: Level
    place: Place
    promise: str
    needs: frozenset[Probe]
    judge: Judge
    absent: Absentee
    stateful: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and the smallest request that shows it."""

    came: str
    exchange: Exchange | None
    curl: str
    seen: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on a clause, with the evidence counted: *judged* exchanges, *against* of them broke it."""

    clause: Clause
    document: str
    operation: str
    verdict: Verdict
    judged: int = 0
    against: int = 0
    reason: str = ""
    withheld: bool = False
    finding: Finding | None = None


class Clock(Protocol):
    """Time as the run counts it, in seconds: the wall's, or the embedded service's own."""

    def now(self) -> float:
        """Return the seconds since some fixed moment; it never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let *seconds* go by."""
