"""What would a conforming service answer? One built from a document, stateful, on a clock of its own."""

from __future__ import annotations

import base64
import json
import re
import uuid
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import jsonschema_rs

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_confluent_contracts.model.documents import (
        Content,
        Operation,
        Property,
        Response,
        SecurityScheme,
    )

LIMIT = 100
WINDOW = 60.0
LATENCY = 0.02
EPOCH = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
LIMIT_HEADERS = {
    "limit": "X-RateLimit-Limit",
    "remaining": "X-RateLimit-Remaining",
    "reset": "X-RateLimit-Reset",
    "retry_after": "Retry-After",
}
TITLES = {
    400: "Bad Request",
    401: "Authentication Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    422: "Validation Failed",
    429: "Too Many Requests",
}


class VirtualClock:
    """Time that passes only when somebody waits, in seconds: a run on the embedded service never sleeps."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds since the clock was made."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let *seconds* go by at once."""
        self._now += max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Request:
    """What reached the service; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says: status, headers in order, and the JSON value of the body (None: no body)."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    value: Any = None
    raw: bytes | None = None

    @property
    def body(self) -> bytes:
        """Return the bytes of the body."""
        if self.raw is not None:
            return self.raw
        if self.value is None:
            return b""
        return json.dumps(self.value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request is refused: status, a code, a sentence, and where in the body (JSON Pointer)."""

    status: int
    code: str
    detail: str
    pointer: str | None = None


@dataclass(slots=True)
class Resource:
    """What the service keeps of one resource."""

    shown: dict[str, Any]
    created: float
    updated: float = 0.0
    secret: dict[str, Any] = field(default_factory=dict)


def limit_header_names(operation: Operation) -> dict[str, str]:
    """Return by role the headers that tell the rate limit, named as promised or as usual."""
    promised = operation.promises.rate_limit
    names = dict(LIMIT_HEADERS)
    for role in names:
        if name := getattr(promised, role, ""):
            names[role] = name
    return names


class Refused(Exception):
    """Ends the handling of a request."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


class Service:
    """Serves one operation as its document describes it. Each step is a method: a fault replaces just one."""

    def __init__(self, operation: Operation, clock: VirtualClock, seed: int = 0) -> None:
        self.operation, self.clock, self.random = operation, clock, Random(seed)
        self.limit, self.window = LIMIT, WINDOW
        self.window_start, self.spent = clock.now(), 0
        self.credentials = {scheme.name: self._issue(scheme) for scheme in operation.schemes}
        self.resources = {"/".join(value for _, value in self.parameters): self.initial()}
        self._validator: Any = None

    # --- what it was set up with -------------------------------------------------------------------------------------

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the path parameters of the resource that it serves."""
        return tuple((name, value or f"{name}-0001") for name, value in self.operation.parameters)

    def _issue(self, scheme: SecurityScheme) -> dict[str, str]:
        return {
            part: f"mock-{part}-{self.random.getrandbits(64):016X}" for part, _ in scheme.variables
        }

    # --- the request's way -------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Return the answer to *request*."""
        self.clock.sleep(LATENCY)
        try:
            return self.finished(self.served(request))
        except Refused as refused:
            return self.finished(self.refusal(refused.problems))

    def served(self, request: Request) -> Answer:
        """Return the answer to a request that nothing speaks against; raise `Refused` otherwise."""
        self.route(request)
        self.authenticate(request)
        self.count()
        resource = self.find(request)
        body = self.read(request)
        self.validate(body)
        self.apply(resource, body)
        return Answer(self.succeeds, (), self.show(resource))

    @property
    def success(self) -> Response:
        return next(
            response for response in self.operation.responses if response.status.startswith("2")
        )

    @property
    def succeeds(self) -> int:
        """Return the status of a successful answer; of a documented range the first."""
        return int(self.success.status.upper().replace("X", "0"))

    def route(self, request: Request) -> None:
        if request.method != self.operation.method:
            raise Refused(Problem(405, "method_not_allowed", "This method is not allowed here."))

    def authenticate(self, request: Request) -> None:
        """Let the request pass where one documented alternative is complete."""
        if self.operation.security and not any(
            all(self.recognised(scheme, request) for scheme in alternative)
            for alternative in self.operation.security
        ):
            status = _first(self.operation.promises.refusals.unauthenticated, 401)
            detail = "Valid credentials must be provided."
            raise Refused(Problem(status, "user_unauthenticated", detail))

    def recognised(self, scheme: SecurityScheme, request: Request) -> bool:
        sent, own = request.headers.get(scheme.header.lower(), ""), self.credentials[scheme.name]
        if scheme.kind == "basic":
            pair = base64.b64encode(f"{own['username']}:{own['password']}".encode()).decode()
            return sent == f"Basic {pair}"
        return sent == (f"Bearer {own['token']}" if scheme.kind == "bearer" else own["value"])

    # --- the rate limit ----------------------------------------------------------------------------------------------

    def count(self) -> None:
        """Spend one request of the window; refuse it where none is left."""
        if self.clock.now() >= self.window_start + self.window:
            self.window_start, self.spent = self.clock.now(), 0
        if self.spent >= self.limit:
            status = _first(self.operation.promises.refusals.throttled, 429)
            raise Refused(Problem(status, "rate_limited", "The limit is reached."))
        self.spent += 1

    def seconds_left(self) -> int:
        return max(1, -int(-(self.window_start + self.window - self.clock.now()) // 1))

    def limit_headers(self, status: int) -> list[tuple[str, str]]:
        told = {
            "limit": self.limit,
            "remaining": self.limit - self.spent,
            "reset": self.seconds_left(),
        }
        if status == 429:
            told["retry_after"] = self.seconds_left()
        elif status != self.succeeds:
            return []
        names = limit_header_names(self.operation)
        return [(names[role], str(value)) for role, value in told.items()]

    # --- the body ----------------------------------------------------------------------------------------------------

    def find(self, request: Request) -> Resource:
        id = self.id_in(request.path)
        if id not in self.resources:
            status = _first(self.operation.promises.refusals.unknown, 404)
            raise Refused(Problem(status, "not_found", "There is no such resource."))
        return self.resources[id]

    def id_in(self, path: str) -> str:
        """Return the path parameters of *path*, joined; they stand where the template has braces.

        What stands before the template is the address of the service; other literal parts of it
        are not looked at, for they may be spelled with percent escapes.
        """
        segments = self.operation.path.split("/")
        given = path.partition("?")[0].split("/")[-len(segments) :]
        values: list[str] = []
        for segment, came in zip(segments, given, strict=False):
            found = re.fullmatch(paths.template_pattern(segment), came)
            values += found.groups() if found else ()
        return "/".join(map(unquote, values))

    @property
    def refusing(self) -> list[int]:
        """Return the statuses that refuse a body; a document need not name any."""
        return list(self.operation.promises.refusals.invalid) or [400]

    @property
    def unreadable(self) -> int:
        refusing = self.refusing
        return 400 if 400 in refusing else refusing[0]

    @property
    def unprocessable(self) -> int:
        return max(self.refusing)

    def read(self, request: Request) -> Any:
        content = self.operation.request
        if content is None or (not request.body and not content.required):
            return {}
        sent_as = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent_as != content.media_type:
            raise Refused(
                Problem(self.unreadable, "unsupported_media_type", f"Send {content.media_type}.")
            )
        try:
            text = request.body.decode("utf-8")
            value = json.loads(text, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise Refused(
                Problem(self.unreadable, "malformed_body", "The body is not JSON.")
            ) from None
        return value

    def validate(self, body: Any) -> None:
        try:
            problems = [self.problem(error, body) for error in self.faults_in(body)]
        except ValueError:  # jsonschema_rs reads nothing that is nested some 255 levels deep
            problems = [
                Problem(self.unreadable, "malformed_body", "The body is nested too deeply.")
            ]
        if problems:
            raise Refused(*problems)

    def faults_in(self, body: Any) -> list[Any]:
        """Return the validator's errors, the first of each place."""
        if self.operation.request is None:
            return []
        if self._validator is None:
            self._validator = jsonschema_rs.Draft202012Validator(
                dict(self.operation.request.schema), validate_formats=True
            )
        first: dict[str, Any] = {}
        for error in self._validator.iter_errors(body):
            first.setdefault(paths.pointer_of(steps_to(error, body)), error)
        return list(first.values())

    def problem(self, error: Any, body: Any) -> Problem:
        pointer = paths.pointer_of(steps_to(error, body))
        detail = f"The value breaks the rule {error.kind.name!r}."
        return Problem(self.unprocessable, "invalid_body", detail, pointer)

    # --- the resource ------------------------------------------------------------------------------------------------

    def initial(self) -> Resource:
        """Return the resource as the document's examples show it."""
        content = self.success.content
        shown = _composed(content) if content else {}
        created = -86_400.0
        return Resource(self._identified(shown), created, created)

    def _identified(self, shown: Any) -> Any:
        """Return *shown* under its own id and address, without what only its creation shows."""
        identity = self.operation.promises.identity
        if identity and identity.property:
            own = self.parameters[-1][1] if self.parameters else ""
            shown = paths.with_value(shown, identity.property, own)
        if identity and identity.self_link:
            address = paths.filled_template(self.operation.path, self.parameters)
            link = f"https://contract.example{address}"
            shown = paths.with_value(shown, identity.self_link, link)
        for path in self.operation.promises.create_only.paths:
            shown = paths.without_value(shown, path)
        return shown

    def apply(self, resource: Resource, body: Any) -> None:
        """Write the members that an update may write; whatever else was sent is ignored."""
        changed = False
        for member in self.writable():
            value = paths.value_at(body, member.path)
            was = paths.value_at(resource.shown, member.path)
            if value is not ABSENT and was != value:
                resource.shown = paths.with_value(resource.shown, member.path, deepcopy(value))
                changed = True
        for member in self.operation.request.properties if self.operation.request else ():
            value = paths.value_at(body, member.path)
            if member.secret and value is not ABSENT:
                resource.secret[member.path] = value
        if changed:
            resource.updated = self.clock.now()

    def writable(self) -> list[Property]:
        """Return the members that a request may write and an answer shows."""
        request, content = self.operation.request, self.success.content
        answers = {member.path for member in content.properties} if content else set()
        members = request.properties if request else ()
        fixed = list(self.operation.promises.immutable.paths)
        fixed += [member.path for member in members if member.read_only]
        found: list[Property] = []
        for member in members:
            is_part = paths.has_items(member.path) or "properties" in member.schema
            is_fixed = any(paths.is_within(member.path, path) for path in fixed)
            if member.path in answers and not (is_part or is_fixed or member.secret):
                found.append(member)
        return found

    def show(self, resource: Resource) -> Any:
        """Return the resource as an answer shows it."""
        shown = deepcopy(resource.shown)
        stamps = self.operation.promises.timestamps
        moments = ((stamps.created, resource.created), (stamps.updated, resource.updated))
        for path, moment in moments:
            if path:
                shown = paths.with_value(shown, path, self.told(moment))
        return shown

    def told(self, moment: float) -> str:
        return (
            (EPOCH + timedelta(seconds=moment))
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )

    # --- the answer --------------------------------------------------------------------------------------------------

    def refusal(self, problems: Sequence[Problem]) -> Answer:
        """Return the answer that tells *problems* in the documented envelope."""
        status = problems[0].status
        response = self.operation.response(status)
        content = response.content if response else self._envelope()
        value = (
            None
            if content is None
            else {"errors": [self.error(problem, content) for problem in problems]}
        )
        return Answer(status, tuple(self.refusal_headers(status)), value)

    def _envelope(self) -> Content | None:
        return next(
            (r.content for r in self.operation.responses if r.status.startswith("4") and r.content),
            None,
        )

    def error(self, problem: Problem, content: Content) -> Any:
        """Return one entry of the list of errors: an object where the document describes one, else a sentence."""
        documented = {member.path for member in content.properties}
        entry = paths.item_path("errors")
        if not any(path != entry and paths.is_within(path, entry) for path in documented):
            return f"{TITLES.get(problem.status, 'Error')}: {problem.detail}"
        error = {
            "id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "status": str(problem.status),
            "code": problem.code,
            "title": TITLES.get(problem.status, "Error"),
            "detail": problem.detail,
        }
        told = {name: error[name] for name in error if paths.member_path(entry, name) in documented}
        return told if problem.pointer is None else told | {"source": {"pointer": problem.pointer}}

    def refusal_headers(self, status: int) -> list[tuple[str, str]]:
        if status == 401:
            return [("WWW-Authenticate", 'Basic realm="contract", error="invalid_key"')]
        return [("Allow", self.operation.method)] if status == 405 else []

    def finished(self, answer: Answer) -> Answer:
        """Return the answer with the headers that every answer has."""
        headers = [("Content-Type", "application/json")] if answer.value is not None else []
        if request_id := self.operation.promises.request_id:
            headers.append((request_id.header, f"{self.random.getrandbits(128):032x}"))
        return replace(
            answer, headers=(*headers, *self.limit_headers(answer.status), *answer.headers)
        )


# --- values ----------------------------------------------------------------------------------------------------------


def steps_to(error: Any, body: Any) -> list[str | int]:
    """Return the steps to the member of *body* that a validator's error tells of or misses."""
    steps = paths.steps_reported(body, error.instance_path, error.instance)
    return [*steps, error.kind.property] if error.kind.name == "required" else steps


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _first(statuses: Sequence[int], otherwise: int) -> int:
    """Return the first of the statuses that the document names, *otherwise* where it names none."""
    return next(iter(statuses), otherwise)


def _composed(content: Content) -> Any:
    """Return a body as the document shows it: its example, else one put together from the members' examples."""
    if content.examples:
        return deepcopy(content.examples[0].value)
    return _sampled(content.schema)


def _sampled(schema: Mapping[str, Any]) -> Any:
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds), "null")
    if "example" in schema:
        return deepcopy(schema["example"])
    if kind == "object" or "properties" in schema:
        return {
            name: _sampled(member)
            for name, member in (schema.get("properties") or {}).items()
            if _wanted(name, schema)
        }
    if schema.get("enum"):
        return schema["enum"][0]
    samples = {
        "array": [],
        "boolean": False,
        "integer": schema.get("minimum", 0),
        "number": 0.0,
        "null": None,
    }
    return samples.get(
        kind, "sample".ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 255)]
    )


def _wanted(name: str, schema: Mapping[str, Any]) -> bool:
    """Return whether an example resource shows the member: required, or with an example, or holding such."""
    member = schema["properties"][name]
    if name == "deleted_at":  # the resource is alive
        return False
    return name in (schema.get("required") or ()) or "example" in member or "properties" in member
