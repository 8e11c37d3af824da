"""What does a second conforming service answer, written by hand from the published pages alone?

It shares no code with the plugin and none with its embedded service: standard library only, every
constraint checked by hand. ``Choices`` holds what the pages leave open; each combination of choices
keeps every promise.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import math
import re
import threading
import time
import traceback
import uuid
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import unquote

from loopback_server import LoopbackHandler, LoopbackServer

CONFLUENT_PATH = "/iam/v2/api-keys/"
DATADOG_PATH = "/api/v2/integrations/confluent-cloud/accounts/"
ENVIRONMENT = {
    "CONFLUENT_CLOUD_API_KEY": "OTHERKEY7Q2M4XWZ",
    "CONFLUENT_CLOUD_API_SECRET": "oS3cr3t/7fJ+ya0qQ9xVdLk2RmTnUwEz",
    "CONFLUENT_CLOUD_ACCESS_TOKEN": "eyJhbGciOiJub25lIn0.b3RoZXItc2VydmljZQ.k7Qz0",
    "DD_API_KEY": "0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f6",
    "DD_APP_KEY": "f6e5d4c3b2a1908f7e6d5c4b3a2f1e0d9c8b7a60",
}
CREATED_AT = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=UTC)
CHUNKED_END = b"0\r\n\r\n"
CLOUD = "https://api.confluent.cloud"
CRN = "crn://confluent.cloud/organization=9bb441c4-edef-46ac-8a41-c49e44a3fd9a"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the pages leave to the service. Windows are in seconds, limits in requests."""

    confluent_id: str = "ak-12345"
    datadog_id: str = "account_id_abc123"
    broken_body_status: int = 422  # Confluent documents both 400 and 422
    hides_unknown: bool = False  # 403 for an id that does not exist: both pages document it
    any_media_type: bool = False  # what can be read as JSON is, whatever it is called
    pointers: str = "exact"  # or "around": at the object that the wrong member is in
    every_problem: bool = True  # one entry per problem, or only the first problem
    error_members: tuple[str, ...] = ("id", "status", "code", "title", "detail", "source")
    resource: str = "shown"  # or "null", "absent"
    full_references: bool = True  # api_version and kind in owner and resource
    hidden: frozenset[str] = frozenset()  # optional properties of the 200 never shown, dotted
    omit_empty: bool = False  # "" and [] are left out of the 200
    extra_properties: bool = False  # properties that the page does not name
    empty_secret: bool = False
    timestamps: str = "fraction"  # or "seconds", "tenths", "offset", "nanoseconds"
    refuses_fixed: bool = False  # another id, kind, version or metadata than its own is refused
    notations: bool = False  # every other answer tells times and addresses in another notation
    clock_ahead: float = 0.0  # seconds by which the store's clock is ahead of the one behind Date
    dates: str = "now"  # or "none": a server without a clock sends no Date (RFC 9110 6.6.1)
    touch_unchanged: bool = True  # updated_at moves on an update that changes nothing
    own_self: bool = False  # metadata.self names the loopback address
    self_path: str = CONFLUENT_PATH  # a newer version's is an absolute address of the key, too
    reverse_keys: bool = False
    spaced: bool = False  # indented JSON
    escaped: bool = False  # JSON in ASCII
    media_type: str = "application/json"
    lower_header_names: bool = False
    # The lines of WWW-Authenticate; {} stands for what the page's own example tells (RFC 9110 11.6.1).
    challenges: tuple[str, ...] = ("Basic {}",)
    extra_headers: tuple[tuple[str, str], ...] = ()
    limit: int = 100_000
    window: float = 60.0
    aligned: bool = False  # windows begin on multiples of their length, not with the first request
    reset_rounds_down: bool = False
    retry_rounds_down: bool = False
    refusals_spend: bool = True  # 400, 404 and 422 count against the limit
    limit_headers_everywhere: bool = False
    draft_headers: bool = False  # RateLimit and RateLimit-Policy beside the documented headers
    no_store: bool = False  # Cache-Control: no-store on a 429
    datadog_limit: str = "silent"  # or "bucket", "window": with headers in the usual names
    datadog_retry_after: bool = True
    datadog_request_ids: bool = False
    # After each n-th answer the connection is closed; where none is ever kept open, with or without
    # a word, else with one (RFC 9112 9.6).
    hangs_up: int = 0
    # Ids that are no ids: "unknown" as others, "malformed" (400, 414), or "front" (the same, by a front without JSON)
    odd_ids: str = "unknown"
    tells_closing: bool = False
    idle: float = 0.0  # seconds after which a connection that nobody uses is closed; 0: never
    coding: str = ""  # of bodies, where the request asks for it
    chunked: bool = False
    refuses_escapes: bool = False  # 400 to a path with an escape of what needs none
    asks_for_length: bool = False  # 411 to a body in chunks
    longest_header: int = 0  # bytes; 431 to a longer one, where there is a bound


class Request(NamedTuple):
    """A request as it came; header names in lower case, repeated headers joined by a comma."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def resource_id(self) -> str:
        return unquote(self.path.partition("?")[0].rpartition("/")[2])

    @property
    def is_confluent(self) -> bool:
        return not self.path.startswith("/api/")

    @property
    def json(self) -> Any:
        """The body as Python reads it, None where it does not."""
        with suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None


@dataclass(slots=True)
class Answer:
    """An answer about to be sent; ``raw`` takes the place of ``payload`` when it is set."""

    status: int
    payload: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    raw: bytes | None = None

    def header(self, name: str) -> str | None:
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def set(self, name: str, value: str | None) -> None:
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))


class Problem(NamedTuple):
    """One thing wrong with a body; no pointer where the body is not JSON at all."""

    pointer: str | None
    detail: str


class Refused(Exception):
    """The request is answered with this status and these problems."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status)
        self.status = status
        self.problems = problems


class Spent(NamedTuple):
    """What is left after one request; reset and retry in whole seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry: int
    retry_down: int


class RateLimit(Protocol):
    def spend(self) -> Spent: ...

    def refund(self) -> None: ...


class FixedWindow:
    """``limit`` requests in each window."""

    def __init__(self, limit: int, seconds: float, aligned: bool, rounds_down: bool) -> None:
        self.limit, self.seconds, self.left = limit, seconds, limit
        self.aligned, self.rounds_down = aligned, rounds_down
        self.end = 0.0

    def spend(self) -> Spent:
        now = time.monotonic()
        if now >= self.end:
            start = now - now % self.seconds if self.aligned else now
            self.left, self.end = self.limit, start + self.seconds
        allowed = self.left > 0
        self.left -= allowed
        seconds = self.end - now
        reset = math.floor(seconds) if self.rounds_down else math.ceil(seconds)
        retry = math.ceil(seconds)
        return Spent(allowed, self.limit, self.left, reset, retry, math.floor(seconds))

    def refund(self) -> None:
        self.left += 1


class SlidingLog:
    """``limit`` requests in any ``seconds``; each comes free by itself, and Reset tells when the next one does."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds, self.spent = limit, seconds, deque[float]()

    def spend(self) -> Spent:
        now = time.monotonic()
        while self.spent and now - self.spent[0] >= self.seconds:
            self.spent.popleft()
        allowed = len(self.spent) < self.limit
        self.spent.extend([now] * allowed)
        free = math.ceil(self.spent[0] + self.seconds - now)
        return Spent(allowed, self.limit, self.limit - len(self.spent), free, free, free)

    def refund(self) -> None:
        self.spent.pop()


class TokenBucket:
    """``limit`` requests at once, refilled evenly within ``seconds``."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.rate = limit, limit / seconds
        self.tokens, self.seen = float(limit), time.monotonic()

    def spend(self) -> Spent:
        now = time.monotonic()
        self.tokens = min(self.limit, self.tokens + (now - self.seen) * self.rate)
        self.seen = now
        allowed = self.tokens >= 1
        self.tokens -= allowed
        full = math.ceil((self.limit - self.tokens) / self.rate)
        retry = max(1, math.ceil(1 / self.rate))
        return Spent(allowed, self.limit, int(self.tokens), full, retry, retry)

    def refund(self) -> None:
        self.tokens += 1


# --- JSON, strictly (RFC 8259) ------------------------------------------------------------------


def read_json(body: bytes) -> Any:
    """The one value of the body; raises Refused(400) for anything that is not strictly JSON."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=float,  # an integer of any length: no number is ever stored
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate does not encode
    except (ValueError, RecursionError) as error:
        raise Refused(400, Problem(None, "The request body is not valid JSON.")) from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def is_json_media_type(value: str) -> bool:
    """Whether a Content-Type names application/json, in UTF-8 where it names a charset."""
    essence, *parameters = (part.strip().lower() for part in value.split(";"))
    charsets = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset=")]
    return essence == "application/json" and all(c in ("utf-8", "utf8") for c in charsets)


# --- the constraints of the two request schemas -------------------------------------------------


def confluent_problems(body: Any) -> list[Problem]:
    """What is wrong with an update of an API key; ``metadata`` has no type and is read-only."""
    if not isinstance(body, dict):
        return [_not_a(dict, "")]
    if "spec" not in body:
        return []
    if not isinstance(body["spec"], dict):
        return [_not_a(dict, "/spec")]
    spec = body["spec"]
    return [
        _not_a(str, f"/spec/{name}")
        for name in ("display_name", "description")
        if name in spec and not isinstance(spec[name], str)
    ]


def datadog_problems(body: Any) -> list[Problem]:
    """What is wrong with an update of a Confluent account."""
    if not isinstance(body, dict):
        return [_not_a(dict, "")]
    problems = list(_member(body, "data", dict, ""))
    if problems:
        return problems
    data = body["data"]
    problems = list(_member(data, "attributes", dict, "/data"))
    if not problems:
        problems = list(_attribute_problems(data["attributes"]))
    problems += (found := list(_member(data, "type", str, "/data")))
    if not found and data["type"] != "confluent-cloud-accounts":
        problems.append(Problem("/data/type", "must be confluent-cloud-accounts"))
    return problems


def _attribute_problems(attributes: dict[str, Any]) -> Iterator[Problem]:
    place = "/data/attributes"
    yield from _member(attributes, "api_key", str, place)
    yield from _member(attributes, "api_secret", str, place)
    tags = attributes.get("tags", [])
    if not isinstance(tags, list):
        yield _not_a(list, f"{place}/tags")
        return
    for index, tag in enumerate(tags):
        if not isinstance(tag, str):
            yield _not_a(str, f"{place}/tags/{index}")


def _member(parent: dict[str, Any], name: str, kind: type, place: str) -> Iterator[Problem]:
    if name not in parent:
        yield Problem(f"{place}/{name}", "is required")
    elif not isinstance(parent[name], kind):
        yield _not_a(kind, f"{place}/{name}")


def _not_a(kind: type, pointer: str) -> Problem:
    name = {"dict": "an object", "list": "an array", "str": "a string"}[kind.__name__]
    return Problem(pointer, f"must be {name}")


# --- the service --------------------------------------------------------------------------------

Headers = Iterable[tuple[str, str]]
Tamper = Callable[[Request, Answer], Answer]
CODES = {
    400: ("bad_request", "Bad Request"),
    401: ("user_unauthenticated", "Authentication Required"),
    403: ("forbidden", "Forbidden"),
    404: ("not_found", "Not Found"),
    405: ("method_not_allowed", "Method Not Allowed"),
    411: ("length_required", "Length Required"),
    414: ("uri_too_long", "URI Too Long"),
    431: ("headers_too_large", "Request Header Fields Too Large"),
    422: ("invalid_configuration", "Validation Failed"),
    429: ("too_many_requests", "Rate Limit Exceeded"),
    500: ("internal", "Internal Server Error"),
}


class OtherService:
    """Both operations on one loopback port, with their state; each step is a method to override."""

    def __init__(self, choices: Choices | None = None, tamper: Tamper | None = None) -> None:
        self.choices = c = choices or Choices()
        self.tamper = tamper
        self.confluent_id, self.datadog_id = c.confluent_id, c.datadog_id
        self.environment = dict(ENVIRONMENT)
        self.requests: list[Request] = []
        self.crashes: list[str] = []
        self.spec = {"display_name": "first name", "description": "first description"}
        self.updated_at = CREATED_AT + timedelta(days=1)
        self.account: dict[str, Any] = {"api_key": "FIRSTKEY", "tags": ["first", "first:tag"]}
        self.api_secret = "first-secret"
        self.confluent_limit: RateLimit = self._window()
        bucket = c.datadog_limit == "bucket"
        self.datadog_limit: RateLimit = TokenBucket(c.limit, c.window) if bucket else self._window()
        self._lock = threading.RLock()
        self._server = LoopbackServer(ServiceHandler, self)

    def _window(self) -> FixedWindow:
        c = self.choices
        return FixedWindow(c.limit, c.window, c.aligned, c.reset_rounds_down)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.__exit__(*exc)

    # one request, from the wire to the wire

    def respond(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body; one request at a time, so that the state has one history."""
        with self._lock:
            self.requests.append(request)
            try:
                answer = self.finish(request, self.handle(request))
                answer = self.tamper(request, answer) if self.tamper else answer
                return self.encode(request, answer)
            except Exception:
                self.crashes.append(traceback.format_exc())
                return self.encode(request, self.refusal(request, Refused(500)))

    def handle(self, request: Request) -> Answer:
        """Route, credentials, rate limit, update: the first of them to refuse answers."""
        try:
            self.check_framing(request)
            self.route(request)
            if not self.authorized(request):
                raise Refused(401 if request.is_confluent else 403)
            return self.update_within_limit(request)
        except Refused as refused:
            return self.refusal(request, refused)

    def route(self, request: Request) -> None:
        path = request.path.partition("?")[0]
        if self.choices.odd_ids != "unknown":
            self.check_form(path)
        prefix = CONFLUENT_PATH if request.is_confluent else DATADOG_PATH
        if self.choices.refuses_escapes and re.search(r"%(2[DE]|[35][0-9F]|[4-7]\w)", path):
            raise Refused(400)
        if not path.startswith(prefix) or "/" in path.removeprefix(prefix):
            raise Refused(404)
        if request.method != "PATCH":
            raise Refused(405)

    def check_framing(self, request: Request) -> None:
        if self.choices.asks_for_length and "transfer-encoding" in request.headers:
            raise Refused(411)
        longest = max(map(len, request.headers.values()))
        if 0 < self.choices.longest_header < longest:
            raise Refused(431)

    def check_form(self, path: str) -> None:
        """Refuse an id that is none, and send who adds a slash to where there is none."""
        last = unquote(path.rstrip("/").rpartition("/")[2])
        if len(last) > 2000:
            raise Refused(414)
        if not re.fullmatch("[A-Za-z0-9_-]+", last):
            raise Refused(400)
        if path.endswith("/"):
            raise Refused(308)

    def authorized(self, request: Request) -> bool:
        if request.is_confluent:
            return self.confluent_authorized(request.headers)
        return self.datadog_authorized(request.headers)

    def confluent_authorized(self, headers: dict[str, str]) -> bool:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        key, secret, token = list(self.environment.values())[:3]
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        wanted = {"basic": basic, "bearer": token}.get(scheme.lower())
        return wanted is not None and same(value.strip(), wanted)

    def datadog_authorized(self, headers: dict[str, str]) -> bool:
        api_key = same(headers.get("dd-api-key", ""), self.environment["DD_API_KEY"])
        app_key = same(headers.get("dd-application-key", ""), self.environment["DD_APP_KEY"])
        return api_key and app_key

    def update_within_limit(self, request: Request) -> Answer:
        limit = self.confluent_limit if request.is_confluent else self.datadog_limit
        spent = limit.spend()
        try:
            if not spent.allowed:
                raise Refused(429)
            answer = Answer(200, self.update(request))
        except Refused as refused:
            answer = self.refusal(request, refused)
            if refused.status != 429 and not self.choices.refusals_spend:
                limit.refund()
                spent = spent._replace(remaining=spent.remaining + 1)
        if answer.status in (200, 429) or self.choices.limit_headers_everywhere:
            answer.headers += self.limit_headers(request.is_confluent, answer.status, spent)
        return answer

    def limit_headers(self, confluent: bool, status: int, spent: Spent) -> Headers:
        c = self.choices
        if confluent or c.datadog_limit != "silent":
            yield "X-RateLimit-Limit", str(spent.limit)
            yield "X-RateLimit-Remaining", str(spent.remaining)
            yield "X-RateLimit-Reset", str(spent.reset)
        if c.draft_headers:
            yield "RateLimit-Policy", f'"default";q={spent.limit};w={math.ceil(c.window)}'
            yield "RateLimit", f'"default";r={spent.remaining};t={spent.reset}'
        if status == 429 and (confluent or c.datadog_retry_after):
            yield "Retry-After", str(spent.retry_down if c.retry_rounds_down else spent.retry)
        if status == 429 and c.no_store:
            yield "Cache-Control", "no-store"

    # the two updates

    def update(self, request: Request) -> Any:
        """The payload of a 200; raises Refused and changes nothing otherwise."""
        known = self.confluent_id if request.is_confluent else self.datadog_id
        if request.resource_id != known:
            raise Refused(403 if self.choices.hides_unknown else 404)
        body = self.read(request)
        if problems := self.problems(request, body):
            wrong = self.choices.broken_body_status if request.is_confluent else 400
            raise Refused(wrong, *problems)
        if request.is_confluent:
            self.check_fixed(body)
            self.apply_confluent(body.get("spec", {}))
            return self.shown(self.confluent_payload())
        self.apply_datadog(body["data"]["attributes"])
        return self.shown(self.datadog_payload())

    def check_fixed(self, body: dict[str, Any]) -> None:
        """Refuse what an update cannot change, unless it is sent as it is."""
        own = self.confluent_payload()
        for name in ("api_version", "kind", "id", "metadata"):
            if self.choices.refuses_fixed and body.get(name, {}) not in ({}, own[name]):
                raise Refused(self.choices.broken_body_status, Problem(f"/{name}", "is read-only"))

    def read(self, request: Request) -> Any:
        """The body as JSON. Confluent's page does not require one: none is an empty update."""
        if request.is_confluent and not request.body:
            return {}
        media_type = request.headers.get("content-type", "")
        if not (self.choices.any_media_type or is_json_media_type(media_type)):
            raise Refused(400, Problem(None, "The media type must be application/json."))
        return read_json(request.body)

    def problems(self, request: Request, body: Any) -> list[Problem]:
        return confluent_problems(body) if request.is_confluent else datadog_problems(body)

    def apply_confluent(self, spec: dict[str, Any]) -> None:
        """Store display_name and description; all else in the body is read-only or immutable."""
        before = dict(self.spec)
        self.spec.update({name: spec[name] for name in before if name in spec})
        if self.spec != before or self.choices.touch_unchanged:
            now = datetime.now(UTC) + timedelta(seconds=self.choices.clock_ahead)
            self.updated_at = max(now, self.updated_at + timedelta(microseconds=1))

    def apply_datadog(self, attributes: dict[str, Any]) -> None:
        self.api_secret = attributes["api_secret"]
        self.account.update({name: attributes[name] for name in self.account if name in attributes})

    def confluent_payload(self) -> Any:
        c, own_id = self.choices, self.confluent_id
        spec: dict[str, Any] = {**self.spec, "expires_at": "2031-01-01T00:00:00Z"}
        spec["owner"] = self.reference("u-a83k9b", "iam/v2/users", "user", "User")
        spec["resource"] = self.reference("lkc-c29js0", "cmk/v2/clusters", "kafka", "Cluster")
        spec["resource"]["environment"] = "env-abc123"
        if c.resource != "shown":
            spec["resource"] = None
        if c.resource == "absent":
            del spec["resource"]
        metadata = {
            "self": f"{self.url if c.own_self else CLOUD}{c.self_path}{own_id}",
            "resource_name": f"{CRN}/api-key={own_id}",
            "created_at": self.timestamp(CREATED_AT),
            "updated_at": self.timestamp(self.updated_at),
        }
        whole = {"api_version": "iam/v2", "kind": "ApiKey", "id": own_id, "metadata": metadata}
        if c.notations and len(self.requests) % 2:
            spec["expires_at"] = "2030-12-31t17:00:00.000-07:00"
            metadata["self"] = metadata["self"].replace("ak-", "ak%2D").replace("https", "HTTPS")
            spec["owner"]["related"] = "HTTPS://API.Confluent.Cloud/iam/v2/./users/u%2da83k9b"
        spec |= {"secret": ""} if c.empty_secret else {}
        spec |= {"rotation": {"policy": "manual"}} if c.extra_properties else {}
        return whole | {"spec": spec} | ({"etag": 7} if c.extra_properties else {})

    def reference(self, own_id: str, path: str, crn: str, kind: str) -> dict[str, Any]:
        named = {"api_version": path.rpartition("/")[0], "kind": kind}
        related, name = f"{CLOUD}/{path}/{own_id}", f"{CRN}/{crn}={own_id}"
        required = {"id": own_id, "related": related, "resource_name": name}
        return required | (named if self.choices.full_references else {})

    def datadog_payload(self) -> Any:
        resource: dict[str, Any] = {"resource_type": "kafka", "id": "resource_id_abc123"}
        resource |= {"enable_custom_metrics": False, "tags": ["myTag", "myTag2:myValue"]}
        attributes = {**self.account, "resources": [resource, {"resource_type": "connector"}]}
        attributes |= {"site": "eu1"} if self.choices.extra_properties else {}
        data = {"attributes": attributes, "id": self.datadog_id, "type": "confluent-cloud-accounts"}
        return {"data": data}

    def timestamp(self, moment: datetime) -> str:
        """RFC 3339, in the way that was chosen."""
        match self.choices.timestamps:
            case "seconds":
                return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
            case "tenths":  # of a clock that ticks no faster
                return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-5] + "Z"
            case "offset":
                west = moment.astimezone(timezone(timedelta(hours=-7)))
                return west.isoformat("T", "microseconds")
            case "nanoseconds":
                return moment.strftime("%Y-%m-%dT%H:%M:%S.%f789Z")
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def shown(self, payload: Any) -> Any:
        """The payload without what this service was chosen to leave out."""
        for path in self.choices.hidden:
            _leave_out(payload, path.split("."))
        return _without_empty(payload) if self.choices.omit_empty else payload

    # envelopes and the wire

    def refusal(self, request: Request, refused: Refused) -> Answer:
        status, problems = refused.status, list(refused.problems)
        if status == 308:
            return Answer(308)
        if not self.choices.every_problem:
            problems = problems[:1]
        if request.is_confluent:
            items = [self.error_item(status, problem) for problem in problems]
            return Answer(status, {"errors": items or [self.error_item(status, None)]})
        text = HTTPStatus(status).phrase
        return Answer(status, {"errors": [self.sentence(p) for p in problems] or [text]})

    def error_item(self, status: int, problem: Problem | None) -> dict[str, Any]:
        code, title = CODES[status]
        item: dict[str, Any] = {"id": str(uuid.uuid4()), "status": str(status)}
        item |= {"code": code, "title": title, "detail": self.sentence(problem) or title}
        item |= {"error_code": status * 100, "message": None}
        if problem and problem.pointer is not None:
            exact, around = problem.pointer, problem.pointer.rpartition("/")[0]
            item["source"] = {"pointer": around if self.choices.pointers == "around" else exact}
        return {name: item[name] for name in self.choices.error_members if name in item}

    def sentence(self, problem: Problem | None) -> str:
        if problem is None or problem.pointer is None:
            return problem.detail if problem else ""
        return f"{problem.pointer or 'The request body'} {problem.detail}."

    def finish(self, request: Request, answer: Answer) -> Answer:
        """The headers that do not depend on the update."""
        if answer.status == 308:
            return Answer(308, None, [("Location", request.path.rstrip("/"))])
        if self.choices.odd_ids == "front" and self.is_refused_by_front(request, answer):
            page = f"<html>{HTTPStatus(answer.status).phrase}</html>"
            return Answer(answer.status, None, [("Content-Type", "text/html")], page.encode())
        answer.headers.insert(0, ("Content-Type", self.choices.media_type))
        if request.is_confluent or self.choices.datadog_request_ids:
            answer.headers.append(("X-Request-Id", uuid.uuid4().hex))
        if answer.status == 401:
            error = 'error="invalid_key", error_description="The API Key is invalid"'
            for challenge in self.choices.challenges:
                answer.headers.append(("WWW-Authenticate", challenge.replace("{}", error)))
        if answer.status == 405:
            answer.headers.append(("Allow", "PATCH"))
        if answer.status == 429 and request.is_confluent:
            answer.payload = None  # the page documents headers for it, and no body
            answer.set("Content-Type", None)
        if self.choices.dates == "now":
            answer.headers.append(("Date", formatdate(usegmt=True)))
        answer.headers += self.choices.extra_headers
        return answer

    def is_refused_by_front(self, request: Request, answer: Answer) -> bool:
        """Whether a front would have refused the request, before the service heard of it."""
        known = {self.confluent_id, self.datadog_id}
        return answer.status in (411, 414, 431) or (
            answer.status == 400 and request.resource_id not in known
        )

    def encode(self, request: Request, answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
        c, body = self.choices, answer.raw
        if body is None and answer.payload is not None:
            payload = _reversed(answer.payload) if c.reverse_keys else answer.payload
            indent = 2 if c.spaced else None
            text = json.dumps(payload, ensure_ascii=c.escaped, indent=indent)
            body = text.encode("utf-8", "surrogatepass")
        body = body or b""
        headers = [*answer.headers]
        if body and c.coding and c.coding.removeprefix("x-") in self.asked_codings(request):
            headers += [("Content-Encoding", c.coding), ("Vary", "Accept-Encoding")]
            body = zlib.compress(body) if c.coding == "deflate" else gzip.compress(body)
        if body and c.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = (
                b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _halves(body))
                + CHUNKED_END
            )
        else:
            headers.append(("Content-Length", str(len(body))))
        if c.lower_header_names:
            headers = [(name.lower(), value) for name, value in headers]
        return answer.status, headers, body if request.method != "HEAD" else b""

    def asked_codings(self, request: Request) -> set[str]:
        """The codings that the request asks for, those with a weight of 0 left out."""
        asked = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
        return {part.partition(";")[0] for part in asked if not part.endswith(";q=0")}


def _halves(body: bytes) -> list[bytes]:
    middle = len(body) // 2
    return [part for part in (body[:middle], body[middle:]) if part]


def same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _leave_out(value: Any, path: list[str]) -> None:
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict) and len(path) == 1:
            entry.pop(path[0], None)
        elif isinstance(entry, dict) and path[0] in entry:
            _leave_out(entry[path[0]], path[1:])


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {n: v for n, v in value.items() if (v != "" and v != []) or n == "api_key"}
        return {n: _without_empty(v) for n, v in kept.items()}
    return [_without_empty(v) for v in value] if isinstance(value, list) else value


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return [_reversed(entry) for entry in value] if isinstance(value, list) else value


class ServiceHandler(LoopbackHandler):
    """Reads requests off a connection and writes the owner's answers."""

    def setup(self) -> None:
        """Close a connection that is idle for as long as the owner chose."""
        super().setup()
        self.connection.settimeout(self.owner.choices.idle or None)

    def answer(self) -> None:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = value if known is None else f"{known}, {value}"
        self.send(Request(self.command, self.path, headers, self.read_body()))

    def send(self, request: Request) -> None:
        status, headers, body = self.owner.respond(request)
        known = status in HTTPStatus.__members__.values()
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase if known else 'Other'}"]
        lines += [f"{name}: {value}" for name, value in headers]
        choices, count = self.owner.choices, len(self.owner.requests)
        closes = bool(choices.hangs_up) and count % choices.hangs_up == 0
        if closes and (choices.tells_closing or choices.hangs_up > 1):
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head + body)
        if closes:
            time.sleep(0.003 if choices.hangs_up > 1 else 0.0)  # the next request may be on its way
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses is refused in JSON too, and the connection ends."""
        self.close_connection = True
        answer = Answer(400, {"errors": [{"status": "400", "title": "Bad Request"}]})
        body = json.dumps(answer.payload).encode()
        head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
        head += f"X-Request-Id: {uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)
