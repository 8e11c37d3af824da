"""What would a conforming service answer?

One that is built from a document, stateful, on a clock of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import jsonschema_rs

from pytest_confluent_contracts.double import nested
from pytest_confluent_contracts.double.bodies import (
    Unpatchable,
    Unreadable,
    read_as_documented,
)
from pytest_confluent_contracts.double.collection import Collection
from pytest_confluent_contracts.double.limit_fields import (
    Window,
    documents_limit,
    limit_fields,
    limit_header_names,
)
from pytest_confluent_contracts.double.parameters import (
    REQUIRED,
    broken_rules,
    carried_credential,
)
from pytest_confluent_contracts.double.problems import promised_parts, with_part
from pytest_confluent_contracts.double.samples import allowed_value, is_allowed
from pytest_confluent_contracts.double.store import (
    Store,
    composed_body,
    described_refusal,
    described_success,
    http_date,
    joined_id,
    plain_ids,
    seconds_since_1970,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.conditions import (
    IF_MATCH,
    KEPT_HEADERS,
    NOT_MODIFIED,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    opaque_tag,
    requires_condition,
    takes_if_match,
    takes_if_none,
    takes_if_none_match,
    tells_tag,
)
from pytest_confluent_contracts.model.formats import OPENAPI_FORMATS
from pytest_confluent_contracts.model.media_types import BodyKind, sent_media_type
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import (
        Content,
        Operation,
        Parameter,
        Response,
        SecurityScheme,
    )

LIMIT = 100  # requests a window
WINDOW_S = 60.0
OTHER_TENANT = "other"  # the second of two that have nothing in common
DEEPEST = 200  # levels of a body
LATENCY_S = 0.02
SAMPLED = 1024  # documented answers of which the headers are known
# What HTTP itself sends, and what an answer without a fault has no use for.
UNSAMPLED = frozenset(
    {
        *("content-type", "content-length", "content-encoding", "transfer-encoding"),
        *("connection", "date", "retry-after"),
    }
)
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
    """Time that passes only when somebody waits, in seconds.

    A run on the embedded service never sleeps.
    """

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
    """What reached the service: its connections are numbered.

    ``path`` has the query behind it; ``headers`` have their names in lower case, ``names_sent`` are
    these as they were sent.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int = 1
    names_sent: tuple[str, ...] = ()

    def credential(self, scheme: SecurityScheme) -> str:
        """Return what the request shows for *scheme*, ``""`` where there is nothing."""
        return carried_credential(scheme, self.path, self.headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says: status, headers in order, and the JSON value of the body.

    The value None stands for no body; where *raw* is given, its bytes are the body.
    """

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
    """Why a request is refused: status, a code, a sentence, and where in the body.

    *pointer* is a JSON Pointer; None where no member is at fault.
    """

    status: int
    code: str
    detail: str
    pointer: str | None = None


class Refused(Exception):
    """Ends the handling of a request."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


class Service:
    """Serves one operation as its document describes it.

    *held* are the path parameters of its resource, where the document shows none; *collection* are
    the resources that it has in common with other operations, by default with none. Each step is a
    method: a mutation replaces just one.
    """

    def __init__(
        self,
        operation: Operation,
        clock: VirtualClock,
        seed: int = 0,
        held: tuple[tuple[str, str], ...] = (),
        collection: Collection | None = None,
    ) -> None:
        self.held = dict(held)
        self.operation, self.clock, self.random = operation, clock, Random(seed)
        self.limit, self.window, self.latency = LIMIT, WINDOW_S, LATENCY_S
        self.is_limited = documents_limit(operation)
        self.window_start, self.spent = clock.now(), 0
        self.credentials = self._issue_all(self.random)
        self.other_credentials = self._issue_all(Random(f"{OTHER_TENANT} {seed}"))
        self.collection = collection or Collection([operation])
        self.collection.services[operation.id] = self
        self.store = Store(operation, self.plain_parameters, self.collection)
        self.open_store()
        self._validators: dict[str, Any] = {}
        self._sent_as: Content | None = None  # the documented body that the request has

    # --- what it was set up with ------------------------------------------------------------------

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the path parameters of the resource that it serves."""
        found: list[tuple[str, str]] = []
        for name, shown in self.operation.parameters:
            found.append((name, self.held.get(name) or shown or f"{name}-0001"))
        return tuple(found)

    @property
    def plain_parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the path parameters of its resource without their styles.

        Where a style makes the text, it is written for the path already.
        """
        styled = self.operation.styled_names
        decoded = [(n, unquote(text) if n in styled else text) for n, text in self.parameters]
        return tuple(plain_ids(self.operation, decoded))

    def open_store(self) -> None:
        """Take up the resource that is there from the beginning."""
        self.collection.begin(self.store.own_id, self.store.parameters)

    def _issue_all(self, random: Random) -> dict[str, dict[str, str]]:
        """Return a new credential of each scheme, by its parts."""
        issued: dict[str, dict[str, str]] = {}
        for scheme in self.operation.schemes:
            own = issued.setdefault(scheme.name, {})
            for part, _ in scheme.variables:
                own[part] = f"mock-{part}-{random.getrandbits(64):016X}"
        return issued

    # --- the request's way ------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Return the answer to *request*."""
        self.clock.sleep(self.latency)
        self.collection.agenda.run_until(self.clock.now())
        try:
            return self.finish(self.serve(request))
        except Refused as refused:
            return self.finish(self.answer_refusal(refused.problems))

    def serve(self, request: Request) -> Answer:
        """Return the answer to a request that nothing speaks against; raise `Refused` otherwise."""
        self.check_method(request)
        self.authenticate(request)
        self.count_request()
        resource = self.find_resource(request)
        self.check_parameters(request)
        body = self.read_body(request)
        self.check_body(body)
        if self.is_unchanged(request, resource):
            return Answer(NOT_MODIFIED, (*self.tag_headers(resource), *self.kept_headers()))
        self.check_condition(request, resource)
        return self.perform(request, resource, body)

    # --- conditions (RFC 9110 13) -----------------------------------------------------------------

    def tag_of(self, resource: Resource) -> str:
        """Return the strong entity tag of *resource* as it is shown."""
        shown = json.dumps(self.store.show(resource), sort_keys=True, default=str)
        return f'"{hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:16]}"'

    def tag_headers(self, resource: Resource) -> tuple[tuple[str, str], ...]:
        """Return the header ETag, where the document has it."""
        if not tells_tag(self.operation):
            return ()
        tag = self.tag_of(resource)
        headers = self.operation.success.headers if self.operation.success else ()
        schemas = [one.schema for one in headers if one.name.lower() == "etag"]
        if not all(is_allowed(schema, tag) for schema in schemas):
            return ()  # its schema is none of entity tags
        return (("ETag", tag),)

    def kept_headers(self) -> list[tuple[str, str]]:
        """Return the headers of a success that a 304 has, too (RFC 9110 15.4.5)."""
        kept = {name.lower() for name in KEPT_HEADERS}
        shown = self.documented_headers(self.success_status, set())
        return [pair for pair in shown if pair[0].lower() in kept]

    def is_unchanged(self, request: Request, resource: Resource) -> bool:
        """Return whether a read is not answered, as If-None-Match has the current tag."""
        told = request.headers.get("if-none-match")
        if told is None or not takes_if_none_match(self.operation):
            return False
        return "*" in told or opaque_tag(self.tag_of(resource)) in map(opaque_tag, _tags_in(told))

    def check_condition(self, request: Request, resource: Resource) -> None:
        """Raise `Refused` where a write depends on a tag that is not current, or on none."""
        if takes_if_none(self.operation) and self.is_excluded(request, resource):
            detail = "There is one already."
            raise Refused(Problem(PRECONDITION_FAILED, "precondition_failed", detail))
        if not takes_if_match(self.operation):
            return
        told = request.headers.get("if-match")
        if told is None:
            if requires_condition(self.operation):
                detail = "Send If-Match."
                raise Refused(Problem(PRECONDITION_REQUIRED, "precondition_required", detail))
        elif told.strip() != "*" and self.tag_of(resource) not in _tags_in(told):
            detail = "Somebody else has written meanwhile."
            raise Refused(Problem(PRECONDITION_FAILED, "precondition_failed", detail))

    def is_excluded(self, request: Request, resource: Resource) -> bool:
        """Return whether If-None-Match of a write names what is there (RFC 9110 13.1.2)."""
        told = request.headers.get("if-none-match", "")
        return "*" in told or opaque_tag(self.tag_of(resource)) in map(opaque_tag, _tags_in(told))

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Do with *resource* what the operation is for, and return the answer that tells it."""
        before = resource.shown
        self.apply_update(resource, body)
        nested.settle_listed(self.collection, resource.key, resource, before)
        return self.answer_success(resource)

    def answer_success(self, resource: Resource) -> Answer:
        """Return the documented success, with *resource* where it has a body."""
        content = self.content_of(self.success_status)
        headers = self.tag_headers(resource)
        if content is None:
            return Answer(self.success_status, headers)
        return answer_with(self.success_status, headers, content, self.show_resource(resource))

    def apply_update(self, resource: Resource, body: Any) -> None:
        """Write the members that an update may write; whatever else was sent is ignored."""
        kind = self._sent_as.kind if self._sent_as else BodyKind.JSON
        try:
            self.store.write(resource, body, self.clock.now(), kind)
        except Unpatchable as error:  # RFC 5789 2.2
            problem = Problem(self.unprocessable, "conflict", f"The patch fails: {error}.")
            raise Refused(problem) from None

    def show_resource(self, resource: Resource) -> Any:
        """Return the resource as an answer shows it."""
        return self.store.show(resource)

    @cached_property
    def success_status(self) -> int:
        """Return the status of a successful answer; of a documented range the first.

        A document that has none leaves it open.
        """
        described = described_success(self.operation)
        if not described:
            return 200
        return int(described.status.upper().replace("X", "0"))

    def content_of(self, status: int) -> Content | None:
        """Return the body that the document describes for *status*, None where it has none.

        A refusal of which it says nothing looks like the others.
        """
        response = self.operation.response(status)
        if response is None:
            if status >= 400:
                return described_refusal(self.operation)
            return None
        if response.status.lower() == "default" and status < 400:
            return None  # it may speak of errors
        return response.content

    def check_method(self, request: Request) -> None:
        """Let the request pass where its method is the operation's."""
        if request.method != self.operation.method:
            raise Refused(Problem(405, "method_not_allowed", "This method is not allowed here."))

    def authenticate(self, request: Request) -> None:
        """Let the request pass where one documented alternative is complete."""
        alternatives = self.operation.security
        if not alternatives or any(self.fulfils(one, request) for one in alternatives):
            return
        if self.tenant_of(request) == OTHER_TENANT:
            return
        status = first_status(self.operation.promises.refusals.unauthenticated, 401)
        detail = "Valid credentials must be provided."
        raise Refused(Problem(status, "user_unauthenticated", detail))

    def fulfils(self, alternative: Sequence[SecurityScheme], request: Request) -> bool:
        """Return whether the request has the right credential of each scheme of *alternative*."""
        return all(self.is_recognised(scheme, request) for scheme in alternative)

    def is_recognised(self, scheme: SecurityScheme, request: Request) -> bool:
        """Return whether the request has the right credential of *scheme*."""
        return self.carries(request, scheme, self.credentials[scheme.name])

    def carries(self, request: Request, scheme: SecurityScheme, own: Mapping[str, str]) -> bool:
        """Return whether the request has the credential *own* of *scheme*."""
        sent = request.credential(scheme)
        if scheme.kind == "apiKey":
            return sent == own["value"]
        named, _, credential = sent.partition(" ")
        if named.lower() != scheme.kind:  # RFC 9110 11.1: in any case
            return False
        if scheme.kind == "basic":
            pair = f"{own['username']}:{own['password']}".encode()
            return credential == base64.b64encode(pair).decode()
        return credential == own["token"]

    # --- tenants ----------------------------------------------------------------------------------

    def tenant_of(self, request: Request) -> str:
        """Return who asks: `OTHER_TENANT`, or ``""`` for the first."""
        for alternative in self.operation.security:
            others = [self.other_credentials[scheme.name] for scheme in alternative]
            pairs = list(zip(alternative, others, strict=True))
            if pairs and all(self.carries(request, scheme, own) for scheme, own in pairs):
                return OTHER_TENANT
        return ""

    def may_use(self, request: Request, resource: Resource) -> bool:
        """Return whether *resource* is there for who asks: his own, or what all share."""
        is_shared = self.operation.promises.shared is not None
        return is_shared or resource.tenant == self.tenant_of(request)

    # --- the rate limit ---------------------------------------------------------------------------

    def count_request(self) -> None:
        """Spend one request of the window; refuse it where none is left.

        A service whose document speaks of no limit has none.
        """
        if not self.is_limited:
            return
        if self.clock.now() >= self.window_start + self.window:
            self.window_start, self.spent = self.clock.now(), 0
        status = self.limit_statuses[0]
        # A document that tells of a limit and has no status for it is not broken by one.
        if self.spent >= self.limit and self.operation.response(status) is not None:
            raise Refused(Problem(status, "rate_limited", "The limit is reached."))
        self.spent = min(self.limit, self.spent + 1)

    def seconds_left(self) -> int:
        """Return the whole seconds to the next window, rounded up, at least 1."""
        return max(1, -int(-(self.window_start + self.window - self.clock.now()) // 1))

    def limit_headers(self, status: int) -> list[tuple[str, str]]:
        """Return the headers that tell the limit.

        They stand on successes, at the limit, and wherever else the document has them.
        """
        if not self.is_limited:
            return []
        seconds_left = self.seconds_left()
        window = Window(
            limit=self.limit,
            left=self.limit - self.spent,
            seconds_left=seconds_left,
            seconds=int(self.window),
            ends_at=seconds_since_1970(self.window_start + self.window),
        )
        headers = limit_fields(self.operation, window)
        if status not in {self.success_status, *self.limit_statuses}:
            response = self.operation.response(status)
            documented = {header.name.lower() for header in response.headers} if response else set()
            return [(name, value) for name, value in headers if name.lower() in documented]
        is_exhausted = status == 429 or self.spent >= self.limit
        if status in self.limit_statuses and is_exhausted:
            headers.append((limit_header_names(self.operation)["retry_after"], str(seconds_left)))
        return headers

    @cached_property
    def limit_statuses(self) -> tuple[int, ...]:
        """Return the statuses with which the limit may refuse, the first that it does first."""
        promised = self.operation.promises
        doubtful = promised.rate_limit.may_refuse_with if promised.rate_limit else ()
        return tuple(dict.fromkeys((*promised.refusals.throttled, *doubtful, 429)))

    # --- the body ---------------------------------------------------------------------------------

    def find_resource(self, request: Request) -> Resource:
        """Return the resource that the path addresses; raise `Refused` where there is none."""
        id = self.id_in(request.path)
        resource = self.collection.find(id)
        if resource is None or not self.may_use(request, resource):
            raise self.unknown()
        return resource

    def unknown(self) -> Refused:
        """Return the refusal of what is not there."""
        status = first_status(self.operation.promises.refusals.unknown, 404)
        return Refused(Problem(status, "not_found", "There is no such resource."))

    def id_in(self, path: str) -> str:
        """Return the path parameters of *path*, joined."""
        return joined_id(self.values_in(path))

    def values_in(self, path: str) -> list[str]:
        """Return the path parameters of *path*; they stand where the template has braces.

        What stands before the template is the address of the service; other literal parts of it
        are not looked at, for they may be spelled with percent escapes.
        """
        given = path.partition("?")[0].split("/")[-self.operation.path.count("/") - 1 :]
        values: list[str] = []
        for index, pattern, count in self._variable_segments:
            if index >= len(given):
                break
            found = pattern.fullmatch(given[index])
            # What has another form is the id of nothing, and stays in its place.
            values += found.groups() if found else [""] * count
        named = zip(self._variables, map(unquote, values), strict=False)
        return [text for _, text in plain_ids(self.operation, named)]

    @cached_property
    def _variables(self) -> list[str]:
        """Return the names of the path parameters, as the path has them."""
        return paths.template_names(self.operation.path)

    @cached_property
    def _variable_segments(self) -> list[tuple[int, re.Pattern[str], int]]:
        """Return the segments of the path that have variables: which, their form, how many."""
        found: list[tuple[int, re.Pattern[str], int]] = []
        for index, segment in enumerate(self.operation.path.split("/")):
            count = len(paths.template_names(segment))
            if count:
                found.append((index, re.compile(paths.template_pattern(segment)), count))
        return found

    def check_parameters(self, request: Request) -> None:
        """Raise `Refused` with each parameter that is missing or wrong, those of the path aside."""
        problems: list[Problem] = []
        for parameter, rule in self.rules_broken(request):
            detail = f"The {parameter.location} parameter {parameter.name} breaks {rule!r}."
            problems.append(Problem(self.unreadable, "invalid_parameter", detail))
        if problems:
            raise Refused(*problems)

    def rules_broken(self, request: Request) -> list[tuple[Parameter, str]]:
        """Return the parameters that are missing or wrong, each with the rule that is broken.

        A condition that is missing is told by its own status, where the document has that.
        """
        broken = broken_rules(self.operation, request.path, request.headers)
        if not requires_condition(self.operation):
            return broken
        missing = (IF_MATCH.lower(), REQUIRED)
        return [one for one in broken if (one[0].name.lower(), one[1]) != missing]

    @property
    def refusing(self) -> list[int]:
        """Return the statuses that refuse a body, as the document names them; it need not."""
        promised = self.operation.promises.refusals.invalid
        named = [status for status in promised if self.operation.names_status(status)]
        return named or list(promised) or [400]

    @property
    def unreadable(self) -> int:
        """Return the status that refuses what is not JSON: 400 where the document has it."""
        refusing = self.refusing
        if 400 in refusing:
            return 400
        return refusing[0]

    @property
    def unsupported(self) -> int:
        """Return the status that refuses another media type: 415 where the document has it."""
        if self.operation.names_status(415):
            return 415
        return self.unreadable

    @property
    def unprocessable(self) -> int:
        """Return the status that refuses what breaks the schema."""
        return max(self.refusing)

    def read_body(self, request: Request) -> Any:
        """Return the JSON value of the body; raise `Refused` where none can be read."""
        content = self.operation.request
        self._sent_as = content
        if content is None or (not request.body and not content.required):
            self._sent_as = None  # what may be left out is not held against its schema
            return {}
        try:
            read = read_as_documented(
                self.operation, request.headers.get("content-type", ""), request.body
            )
        except Unreadable as error:
            raise Refused(Problem(self.unreadable, "malformed_body", str(error))) from None
        if read is None:
            detail = f"Send {content.media_type}."
            raise Refused(Problem(self.unsupported, "unsupported_media_type", detail))
        self._sent_as = read.content
        return read.value

    def check_body(self, body: Any) -> None:
        """Raise `Refused` with each problem of *body* where the schema is broken."""
        try:
            problems = [self.problem_of(error, body) for error in self.violations_in(body)]
            if not problems:
                _check_depth(body)
        except ValueError:  # jsonschema_rs reads nothing that is nested some 255 levels deep
            detail = "The body is nested too deeply."
            problems = [Problem(self.unreadable, "malformed_body", detail)]
        if problems:
            raise Refused(*problems)

    def violations_in(self, body: Any) -> list[Any]:
        """Return the validator's errors, the first of each place."""
        content = self._sent_as
        if content is None or body is ABSENT:
            return []
        if content.media_type not in self._validators:
            self._validators[content.media_type] = jsonschema_rs.Draft202012Validator(
                dict(content.schema), validate_formats=True, formats=dict(OPENAPI_FORMATS)
            )
        first: dict[str, Any] = {}
        for error in self._validators[content.media_type].iter_errors(body):
            first.setdefault(paths.pointer_of(steps_to_violation(error, body)), error)
        return list(first.values())

    def problem_of(self, error: Any, body: Any) -> Problem:
        """Return the problem that a validator's error of *body* stands for."""
        pointer = paths.pointer_of(steps_to_violation(error, body))
        detail = f"The value breaks the rule {error.kind.name!r}."
        return Problem(self.unprocessable, "invalid_body", detail, pointer)

    # --- the answer -------------------------------------------------------------------------------

    def answer_refusal(self, problems: Sequence[Problem]) -> Answer:
        """Return the answer that tells *problems* in the documented envelope."""
        status = problems[0].status
        content = self.content_of(status)
        headers = tuple(self.refusal_headers(status))
        if content is None:
            return Answer(status, headers)
        return answer_with(status, headers, content, self.refusal_body(problems, content))

    def refusal_body(self, problems: Sequence[Problem], content: Content) -> Any:
        """Return the body that tells *problems*: a list of errors, where the document has one.

        Another body is the one that its schema describes, with the status where it has a place.
        """
        shown = composed_body(content)
        if not isinstance(shown, dict):
            return shown
        names = {member.path for member in content.properties}
        for status in (problems[0].status, str(problems[0].status)):
            told = shown | {"status": status}
            if "status" in names and is_allowed(content.schema, told):
                shown = told
                break
        if "errors" in names:
            errors = [self.error_entry(problem, content) for problem in problems]
            told = shown | {"errors": errors}
            if is_allowed(content.schema, told):
                shown = told
        return self.with_promised_parts(shown, problems, content)

    def with_promised_parts(self, shown: Any, problems: Sequence[Problem], content: Content) -> Any:
        """Return *shown* with what the document promises of errors under names of its own."""
        documented = {member.path for member in content.properties}
        parts = promised_parts(
            self.operation.promises.errors,
            [problem.status for problem in problems],
            [problem.pointer for problem in problems],
            self.new_id,
        )
        for path, value_of in parts.items():
            told = with_part(shown, path, value_of)
            if path in documented and is_allowed(content.schema, told):
                shown = told
        return shown

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def error_entry(self, problem: Problem, content: Content) -> Any:
        """Return one entry of the list of errors.

        It is an object where the document describes one, else a sentence.
        """
        documented = {member.path for member in content.properties}
        entry = paths.item_path("errors")
        if not any(path != entry and paths.is_within(path, entry) for path in documented):
            return f"{TITLES.get(problem.status, 'Error')}: {problem.detail}"
        error = {
            "id": self.new_id(),
            "status": str(problem.status),
            "code": problem.code,
            "title": TITLES.get(problem.status, "Error"),
            "detail": problem.detail,
        }
        told = {name: error[name] for name in error if paths.member_path(entry, name) in documented}
        if problem.pointer is None:
            return told
        if paths.member_path(entry, "pointer") in documented:  # as RFC 9457 3 shows it
            return told | {"pointer": f"#{quote(problem.pointer)}"}
        return told | {"source": {"pointer": problem.pointer}}

    def refusal_headers(self, status: int) -> list[tuple[str, str]]:
        """Return the headers that HTTP asks of a refusal with *status*."""
        if status == 401:
            return [("WWW-Authenticate", 'Basic realm="contract", error="invalid_key"')]
        if status == 405:
            return [("Allow", self.operation.method)]
        return []

    def finish(self, answer: Answer) -> Answer:
        """Return the answer with the headers that every answer has."""
        headers: list[tuple[str, str]] = []
        if answer.value is not None or answer.raw is not None:
            headers.append(("Content-Type", media_type_of(self.content_of(answer.status))))
        if request_id := self.operation.promises.request_id:
            headers.append((request_id.header, f"{self.random.getrandbits(128):032x}"))
        headers += self.limit_headers(answer.status)
        headers.append(("Date", http_date(self.clock.now())))
        headers += answer.headers
        headers += self.documented_headers(answer.status, {name.lower() for name, _ in headers})
        return Answer(answer.status, tuple(headers), answer.value, answer.raw)

    def documented_headers(self, status: int, told: set[str]) -> list[tuple[str, str]]:
        """Return the headers that the document has for *status* and that are not *told* yet.

        *told* are their names in lower case. What tells the quota is told by the limit alone.
        """
        response = self.operation.response(status)
        if response is None:
            return []
        told |= UNSAMPLED | self._limit_headers_lowered
        sampled = sampled_headers(response)
        return [(name, text) for name, text in sampled if name.lower() not in told]

    @cached_property
    def _limit_headers_lowered(self) -> set[str]:
        return {name.lower() for name in limit_header_names(self.operation).values()}


def _tags_in(told: str) -> list[str]:
    """Return the entity tags of a header."""
    return re.findall(r'(?:W/)?"[^"]*"', told)


# --- bodies and headers ---------------------------------------------------------------------------


def answer_with(
    status: int, headers: tuple[tuple[str, str], ...], content: Content, value: Any
) -> Answer:
    """Return the answer that shows *value* as *content* has it: as JSON, or as plain text."""
    if "json" not in media_type_of(content):
        text = value
        if not isinstance(value, str):
            text = json.dumps(value, ensure_ascii=False)
        return Answer(status, headers, raw=text.encode())
    if value is None:
        return Answer(status, headers, raw=b"null")
    return Answer(status, headers, value)


def media_type_of(content: Content | None) -> str:
    """Return the media type that a body is sent as; of a range (``*/*``) JSON."""
    if not content:
        return "application/json"
    return sent_media_type(content.media_type)


@remembered(SAMPLED)
def sampled_headers(response: Response) -> list[tuple[str, str]]:
    """Return the headers that the document has for an answer, each with a value that it allows."""
    found: list[tuple[str, str]] = []
    for header in response.headers:
        value = allowed_value(header.schema)
        if value is not ABSENT:
            found.append((header.name, header_text(value)))
    return found


def header_text(value: Any) -> str:
    """Return *value* as a header has it: style ``simple``, parts between commas (RFC 6570)."""
    if isinstance(value, dict):
        parts: list[Any] = []
        for name, part in value.items():
            parts += (name, part)
        return ",".join(map(header_text, parts))
    if isinstance(value, list):
        return ",".join(map(header_text, value))
    if isinstance(value, str):
        return value
    return json.dumps(value)


# --- values ---------------------------------------------------------------------------------------


def steps_to_violation(error: Any, body: Any) -> list[str | int]:
    """Return the steps to the member of *body* that a validator's error tells of or misses."""
    steps = paths.steps_reported(body, error.instance_path, error.instance)
    if error.kind.name == "required":
        return [*steps, error.kind.property]
    return steps


def _check_depth(value: Any) -> None:
    """Raise `ValueError` where *value* has more levels than the service follows."""
    level = [value]
    for _ in range(DEEPEST):
        if not level:
            return
        below: list[Any] = []
        for holder in level:
            if isinstance(holder, dict):
                below += holder.values()
            elif isinstance(holder, list):
                below += holder
        level = below
    if level:
        raise ValueError("it is nested too deeply")


def first_status(statuses: Sequence[int], otherwise: int) -> int:
    """Return the first of the statuses that the document names, *otherwise* where it names none."""
    return next(iter(statuses), otherwise)
