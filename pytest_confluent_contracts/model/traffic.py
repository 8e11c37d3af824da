"""What is sent, and what came back? Cases, exchanges, and what a run brings along for them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from pytest_confluent_contracts.model.documents import Location, Operation
from pytest_confluent_contracts.model.paths import filled_template, percent_encoded
from pytest_confluent_contracts.model.quota import refuses_for_limit

REDACTED: Final = "[redacted]"
# Levels of JSON: what reads, judges and tells of an answer may then follow it level by level.
DEEPEST_READ: Final = 100
MOST_ADDRESSES: Final = 256  # remembered; a run asks of the same few again and again
MALFORMED: Final = "[redacted, not as its scheme has it]"  # in the place of such a credential
CARELESS_WORDS: Final = ("null", "undefined")  # what a program sends whose credentials are not set


def is_malformed(scheme: str, credential: str) -> bool:
    """Return whether *credential* is surely none of *scheme*, as ``Authorization`` has it.

    A token has no white space (RFC 6750 2.1); that of ``Basic`` is the base64 of a name, a colon
    and a password (RFC 7617 2). What somebody has put in its place, before it was shown to us, is
    let be: it need not be base64.

    >>> is_malformed("Basic", "me:secret"), is_malformed("Basic", "bWU6c2VjcmV0")
    (True, False)
    """
    text = credential.strip()
    if text in (REDACTED, MALFORMED):
        return text == MALFORMED
    if scheme.lower() != "basic":
        return bool(re.search(r"\s", text))
    if re.search(r"[\s:]", text):
        return True
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except ValueError:
        return False
    return decoded.isprintable() and ":" not in decoded


@lru_cache(MOST_ADDRESSES)
def is_local(url: str) -> bool:
    """Return whether *url* names this machine itself, or the embedded service.

    Then nobody and nothing lies in between.
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".invalid"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Probe(StrEnum):
    """A family of cases that provokes one kind of evidence, in the order in which probes run."""

    EXAMPLES = "examples"
    VALID = "valid"
    FORMS = "forms"
    READ_ONLY = "read-only"
    BROKEN = "broken"
    MALFORMED = "malformed"
    CREDENTIALS = "credentials"
    UNKNOWN = "unknown"
    COVERAGE = "coverage"
    PARAMETERS = "parameters"
    LIFE = "life"  # a resource from its creation to its end, over all its operations
    SEQUENCES = "sequences"  # requests of one resource in an order that was drawn
    THROTTLE = "throttle"


# What is sent of a resource, and not of one operation.
OF_RESOURCES: Final = frozenset({Probe.LIFE, Probe.SEQUENCES})


class Framing(StrEnum):
    """How a request tells where its body ends (RFC 9112 6)."""

    COUNTED = "counted"  # by Content-Length
    CHUNKED = "chunked"  # by Transfer-Encoding


class Expect(StrEnum):
    """What the document promises for a case."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNAUTHENTICATED = "unauthenticated"
    UNKNOWN = "unknown"
    HIDDEN = "hidden"  # it is another principal's: neither shown nor changed
    ANY = "any"


class Principal(StrEnum):
    """Whose credentials a request travels with."""

    OWN = "own"  # the run's first, with which nearly all is sent
    OTHER = "other"  # a second set, of somebody who has nothing to do with the first


@dataclass(frozen=True, slots=True)
class Violation:
    """One place at which a body breaks its schema, by JSON Pointer and keyword.

    ``missing`` is None where the value at the pointer itself is wrong; the empty name is a name,
    too. ``unexpected`` are the members that the closed object at the pointer may not have.
    """

    pointer: str
    keyword: str
    message: str
    missing: str | None = None
    unexpected: tuple[str, ...] = ()


class SubjectKind(StrEnum):
    """The kinds of what a case may be about; behind each, what its name is."""

    NONE = "none"
    MEMBER = "member"  # the path of the one member that is wrong, frozen or tried alone
    UNDECLARED = "undeclared"  # a member that the schema does not declare
    EXAMPLE = "example"  # the name of the document's example
    MALFORMED = "malformed"  # what is malformed about the body: json, media-type, ...
    CREDENTIALS = "credentials"  # the scheme that is wrong; empty where there are none at all
    MALFORMED_CREDENTIALS = "malformed credentials"  # the scheme of which the value is none
    # The scheme that is wrong, where something else is, too: the body, or the id.
    CREDENTIALS_BEFORE_BODY = "credentials before body"
    CREDENTIALS_BEFORE_ID = "credentials before id"
    MEDIA_TYPE = "media type"  # the other media type that a valid body is sent as
    PATCH_PATH = "path of a patch"  # an operation of a JSON Patch, which may fail for what is there
    NO_VALID_BODY = "no valid body"  # one that the schema allows was looked for, and not found
    ODD_ID = "odd id"  # an id that may be refused for its form, before anybody looks for it
    FORM = "form"  # the name of the legal form of a request; empty for the usual one
    NORMALISED_ID = "normalised id"  # an id that is the own one to who normalises what HTTP lets
    STEP = "step of a life"  # its name says what for: `created`, `refused`, `after the end`, ...
    UNKNOWN_PARENT = "unknown parent"  # the own id, under another value of a parameter before it
    UNDECLARED_REQUEST = "undeclared request"  # a client's: no operation has its method and path


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case is about: what a judge goes by where the request alone does not say it."""

    kind: SubjectKind
    name: str = ""


NOTHING_SPECIAL: Final = Subject(SubjectKind.NONE)


class TrialKind(StrEnum):
    """What a case tries of one parameter."""

    MISSING = "missing"  # it is required, and left out
    BROKEN = "broken"  # its value breaks one keyword of its schema
    ALLOWED = "allowed"  # the document names the value, or a bound that it lies on
    DEFAULT = "default"  # its value is what its absence means
    ODD = "odd"  # the schema allows the value, and a service may know that it means nothing
    UNDECLARED = "undeclared"  # the document does not name the parameter


@dataclass(frozen=True, slots=True)
class ParameterTrial:
    """The one parameter that a case tries; ``keyword`` is the rule of its schema that is broken.

    The keyword of a value inside a list or an object has ``items/`` or ``properties/`` before it.
    """

    kind: TrialKind
    location: Location
    name: str
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class CaseParts:
    """What a case that will be sent, and one that may be shown, have in common.

    ``value`` is the JSON value of ``body`` (ABSENT where the body is not JSON); ``violations`` is
    the ground truth of what is wrong with it; ``subject`` what it is about; ``authority`` the
    credentials it travels with. ``spelling`` is how the last path parameter is written in the
    path where it is not percent-encoded as usual, for example ``ak-1;a=b``. ``framing`` is how the
    end of the body is told. ``query`` and ``cookies`` are names and values as they are written,
    percent-encoded; ``trial`` says which parameter the case is about; ``principal`` who asks.
    """

    probe: Probe
    title: str
    operation: Operation = field(repr=False)  # a traceback would show the whole document
    parameters: tuple[tuple[str, str], ...]
    # Before an exchange is made, credentials are in it.
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    value: Any = field(repr=False)
    expect: Expect
    authority: str = ""
    violations: tuple[Violation, ...] = ()
    subject: Subject = NOTHING_SPECIAL
    spelling: str = ""
    framing: Framing = Framing.COUNTED
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    trial: ParameterTrial | None = None
    principal: Principal = Principal.OWN

    def header(self, name: str) -> str | None:
        """Return the first value that is sent for the header *name*, whatever its case."""
        return _first_value(self.headers, name)

    @property
    def is_between_principals(self) -> bool:
        """Return whether a second principal asks, or is asked for what it has made."""
        return self.principal is Principal.OTHER or self.expect is Expect.HIDDEN

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes two cases the same request, byte for byte."""
        address = (self.operation.id, self.parameters, self.spelling, self.query)
        return *address, self.headers, self.cookies, self.framing, self.body

    @property
    def written_path(self) -> str:
        """Return the path as it goes out, percent-encoded, without that of the target's URL."""
        styled = self.operation.styled_names
        written: list[tuple[str, str]] = []
        for name, value in self.parameters:
            written.append((name, value if name in styled else percent_encoded(value)))
        if self.spelling:
            written[-1] = (written[-1][0], self.spelling)
        return filled_template(self.operation.path, written)

    @property
    def written_query(self) -> str:
        """Return the query as it goes out, percent-encoded; ``""`` where there is none."""
        return "&".join(f"{name}={value}" for name, value in self.query)

    @property
    def written_target(self) -> str:
        """Return the path and the query as they go out, without the path of the target's URL."""
        query = self.written_query
        if query:
            return f"{self.written_path}?{query}"
        return self.written_path

    @property
    def written_cookies(self) -> str:
        """Return the value of the header ``Cookie`` (RFC 6265 4.2.1); ``""`` where none is sent."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies)

    @property
    def size(self) -> tuple[int, int]:
        """Return what a smaller request is measured by: bytes of body and query, then its title."""
        return len(self.body or b"") + len(self.written_query), len(self.title)


@dataclass(frozen=True, slots=True)
class Case(CaseParts):
    """A request worth sending, and what the document promises for it.

    Credentials and secrets are in it.
    """


@dataclass(frozen=True, slots=True)
class RedactedCase(CaseParts):
    """A case that was sent, without its secrets: it may be shown, and must not be sent again."""


def _first_value(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    wanted = name.lower()
    for known, value in headers:
        if known.lower() == wanted:
            return value
    return None


@dataclass(frozen=True, slots=True)
class GivenHeader:
    """A header that goes with every request; ``hidden`` is one that must not be seen."""

    name: str
    value: str = field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it is about to go, for who signs it.

    ``headers`` and ``body`` are as they will be sent, credentials in them; ``case`` says what the
    request is for: ``case.operation``, ``case.expect``, and ``case.authority``, which is empty
    where it goes without valid credentials.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    case: Case = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name*, whatever its case."""
        return _first_value(self.headers, name)


class FailureKind(StrEnum):
    """Why no answer came, as far as a run goes by it."""

    NONE = ""
    UNCONNECTED = "no connection"
    TLS_REFUSED = "TLS refused"
    BROKEN_OFF = "broken off"


class CodingFault(StrEnum):
    """In which way an answer's content coding is not what its header says (RFC 9110 8.4)."""

    NOT_APPLIED = "not applied"
    REPEATED = "applied more often than named"
    UNNAMED = "applied and not named"
    UNASKED = "not asked for"
    BROKEN = "cannot be undone"


@dataclass(frozen=True, slots=True)
class CodingFlaw:
    """What is wrong with the content ``coding`` of an answer, and whether its body can be read."""

    fault: CodingFault
    coding: str
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Loss:
    """How a request was lost on its connection, and silently sent again over another.

    The connection had given ``answers`` answers, the last of them ``idle`` seconds before; it had
    given none where the target attends to one connection at a time, and another was open.
    """

    idle: float
    answers: int


@dataclass(frozen=True)  # without slots: its headers are asked for by every clause, and sorted once
class Exchange:
    """The request that was sent, the response that came, when, and how long it took.

    Times are seconds of the run's own clock. ``failure`` says in one line why no answer came;
    ``json`` is ABSENT where ``flaw`` says why the body is not JSON. Everything is redacted;
    ``leaks`` names the secrets that the answer gave away. ``superseded`` marks one that failed on
    the way and was answered when it was sent again. ``connection`` numbers the connections of a
    run in the order in which they were opened, 0 where it is not known; ``losses`` are those that
    the request had before; ``coding`` says how the body's content coding is told wrongly.
    ``raised`` says in one line what an application in this process raised, and where.
    """

    serial: int
    case: RedactedCase
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
    failure_kind: FailureKind = FailureKind.NONE
    connection: int = 0
    losses: tuple[Loss, ...] = ()
    coding: CodingFlaw | None = None
    raised: str = ""

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name*, whatever its case."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value of the header *name*, whatever its case, in the order they came."""
        return self._values_by_name.get(name.lower(), ())

    @cached_property
    def worked_out(self) -> dict[int, tuple[object, Any]]:
        """Return what others have worked out of it, by the id of who did, beside that one.

        It is forgotten with the exchange: nobody else keeps that alive.
        """
        return {}

    @cached_property
    def _values_by_name(self) -> dict[str, tuple[str, ...]]:
        """Return the values of each header by its name in small letters."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            found[name.lower()] = (*found.get(name.lower(), ()), value)
        return found

    def field(self, name: str) -> str:
        """Return the lines of the structured field *name* as one, empty where it did not come.

        Several lines are one list (RFC 9651 4.2). What was redacted counts as a word, since its
        brackets may stand in no key or token.
        """
        return ", ".join(self.header_values(name)).replace(REDACTED, "redacted")

    @property
    def is_readable(self) -> bool:
        """Return whether the body could be read: its content coding, if any, be undone."""
        return self.coding is None or self.coding.is_readable

    @property
    def accepted(self) -> bool:
        """Return whether the answer is of the 2xx class."""
        return 200 <= self.status < 300

    @property
    def throttled(self) -> bool:
        """Return whether the answer only says that the rate limit is reached.

        It has no word on what was asked.
        """
        if self.status in (self.case.operation.promises.refusals.throttled or (429,)):
            return True
        return refuses_for_limit(self)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run brings along for one operation.

    ``parameters`` are the path parameters of the resource that may be changed; ``pins`` are fixed
    values by path, ABSENT for what is never sent; ``credentials`` hold the value of each part by
    scheme, ``other_credentials`` those of a second principal, where there is one; ``made_up`` says
    whether values that another system checks may be generated; ``owned`` whether the parameters
    name a resource that may be changed. ``given`` are texts for other parameters, by name.
    """

    parameters: tuple[tuple[str, str], ...]
    pins: Mapping[str, Any] = field(repr=False)
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    seed: int = 0
    max_examples: int = 100
    made_up: bool = True
    owned: bool = True
    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    other_credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


class Clock(Protocol):
    """Time as the run counts it, in seconds: the wall's, or the embedded service's own."""

    def now(self) -> float:
        """Return the seconds since some fixed moment; it never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let *seconds* go by."""
