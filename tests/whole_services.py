"""What does somebody serve who has the vendors' words on both whole APIs before him, and nothing else?

Two services by hand, each with its state in memory: Confluent's five operations on API keys, and
Datadog's ten on Confluent accounts and the resources under them. Choices hold what the documents
leave open; whatever is chosen, every promise is kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

CLOUD = "https://api.confluent.cloud"
CRN = "crn://confluent.cloud/organization=9bb441c4-edef-46ac-8a41-c49e44a3fd9a"
KEYS = "/iam/v2/api-keys"
ACCOUNTS = "/api/v2/integrations/confluent-cloud/accounts"
CREDENTIALS = {
    "CONFLUENT_CLOUD_API_KEY": "WHOLEKEY5T3R8NQP",
    "CONFLUENT_CLOUD_API_SECRET": "wH0l3/Secr3t+of4Servic3InMem0ry",
    "CONFLUENT_CLOUD_ACCESS_TOKEN": "eyJhbGciOiJub25lIn0.d2hvbGU.c2VydmljZQ",
    "DD_API_KEY": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "DD_APP_KEY": "00112233445566778899aabbccddeeff00112233",
}
TIED_TO_NONE = ("CLOUD", "TABLEFLOW", "GLOBAL")
TYPES = ("kafka", "connector", "ksql", "schema_registry", "flink")
LONGEST_TOKEN = 255
TITLES = {
    400: ("bad_request", "Bad Request"),
    401: ("user_unauthenticated", "Authentication Required"),
    403: ("forbidden", "Forbidden"),
    404: ("not_found", "Not Found"),
    405: ("method_not_allowed", "Method Not Allowed"),
    422: ("invalid_configuration", "Validation Failed"),
    429: ("too_many_requests", "Rate Limit Exceeded"),
    500: ("internal", "Internal Server Error"),
}


class Asked(NamedTuple):
    """A request as it came: the path is still escaped, names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """An answer about to be sent; without a *payload* it has no body."""

    status: int
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that is answered with this status, and where its fault lies."""

    def __init__(
        self, status: int, pointer: str | None = None, parameter: str | None = None
    ) -> None:
        super().__init__(status)
        self.status, self.pointer, self.parameter = status, pointer, parameter


class WholeService:
    """What both services have in common: one request after another, from the wire to the wire."""

    routes: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.crashes: list[Exception] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        target = request.url.raw_path.decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        status, told, body = self.respond(request.method, target, headers, request.read())
        return httpx.Response(status, headers=told, content=body)

    def respond(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body of the answer."""
        path, _, query = target.partition("?")
        asked = Asked(method, path, query, headers, body)
        with self._lock:
            self.requests.append((method, target))
            try:
                answer = self.handled(asked)
            except Refused as refused:
                answer = self.refusal(asked, refused)
            except Exception as error:
                self.crashes.append(error)
                answer = self.refusal(asked, Refused(500))
            self.finish(asked, answer)
        if answer.payload is None:
            content = b""
        else:
            answer.headers.setdefault("Content-Type", "application/json")
            content = json.dumps(answer.payload, ensure_ascii=False).encode()
        content = b"" if method == "HEAD" else content
        return answer.status, list(answer.headers.items()), content

    def handled(self, asked: Asked) -> Answer:
        """Return the answer of the operation that *asked* is for."""
        self.check_credentials(asked)
        for pattern, name in self.routes:
            found = re.fullmatch(pattern, asked.path)
            if found:
                handler = getattr(self, f"{asked.method.lower()}_{name}", None)
                if handler is None:
                    raise Refused(405)
                return self.operate(handler, asked, [unquote(one) for one in found.groups()])
        raise Refused(404)

    def operate(self, handler: Any, asked: Asked, ids: list[str]) -> Answer:
        """Return what *handler* answers."""
        answer: Answer = handler(asked, *ids)
        return answer

    def allowed(self, asked: Asked) -> str:
        """Return the methods of the path that *asked* names."""
        for pattern, name in self.routes:
            if re.fullmatch(pattern, asked.path):
                known = [one for one in ("get", "post", "patch", "delete") if self.has(one, name)]
                return ", ".join(known).upper()
        return ""

    def has(self, method: str, name: str) -> bool:
        """Return whether there is an operation of this method on this path."""
        return hasattr(self, f"{method}_{name}")

    def check_credentials(self, asked: Asked) -> None:
        """Raise `Refused` for who is not known."""
        raise NotImplementedError

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """Return the answer to what was refused."""
        raise NotImplementedError

    def finish(self, asked: Asked, answer: Answer) -> None:
        """Add the headers that every answer has."""
        answer.headers["Date"] = formatdate(usegmt=True)
        if answer.status == 405:
            answer.headers["Allow"] = self.allowed(asked)

    # --- bodies, strictly (RFC 8259) --------------------------------------------------------------

    def body_of(self, asked: Asked) -> Any:
        """Return the value that the body tells; raise `Refused` where it is no JSON in UTF-8."""
        kind = asked.headers.get("content-type", "").lower()
        essence, _, charset = kind.partition(";")
        if essence.strip() != "application/json":
            raise Refused(400)
        if "charset=" in charset and "utf-8" not in charset and "utf8" not in charset:
            raise Refused(400)
        try:
            text = asked.body.decode("utf-8")
            body = json.loads(
                text, object_pairs_hook=_object, parse_constant=_no_number, parse_int=float
            )
            json.dumps(body, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise Refused(400) from None
        return body


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members


def _no_number(_: str) -> float:
    raise ValueError("this is not JSON")


def member(
    parent: dict[str, Any], name: str, kind: type, place: str, status: int, *, needed: bool = False
) -> Any:
    """Return the member *name*; raise `Refused` where it is of another type, or missing and needed."""
    if name not in parent:
        if needed:
            raise Refused(status, f"{place}/{name}")
        return None
    value = parent[name]
    if not isinstance(value, kind):
        raise Refused(status, f"{place}/{name}")
    return value


# --- Confluent: API keys ---------------------------------------------------------------------------


@dataclass(frozen=True)
class KeyChoices:
    """What the words on API keys leave to the service."""

    broken_body: int = 422  # or 400: both are documented for a create and an update
    gone: int = 404  # or 403: a key that was just deleted
    unknown: int = 404  # or 403
    id_form: str = "ak-"  # or "upper" (16 capitals and digits), or "uuid"
    newest_first: bool = False
    no_link: str = "null"  # or "absent", where there is no such page
    links: tuple[str, ...] = ("first", "last", "prev", "next")
    total_size: bool = True
    host: str = CLOUD  # that links, Location and self name
    omit_empty: bool = False
    no_resource: str = "null"  # or "absent"
    references: bool = True  # api_version and kind in owner and resource
    notation: str = "fraction"  # or "seconds", "offset"
    touch_unchanged: bool = True
    refuses_unknown_parameters: bool = False
    too_many: str = "refused"  # or "capped": a page_size above the maximum
    token: str = "free"  # or "bound": to the filters with which it was told
    first_link: str = "bare"  # or "token": of the first key
    extra_headers: tuple[tuple[str, str], ...] = ()
    extra_members: bool = False
    empty_secret: bool = False  # "" where the secret is not shown
    strangers: int = 3  # keys that were there before
    limit: int = 100_000
    window: float = 60.0  # seconds


@dataclass
class Key:
    """A key as it is stored; `number` grows with every create."""

    number: int
    id: str
    owner: str
    resource: str | None
    environment: str | None
    display_name: str
    description: str
    secret: str
    created: datetime
    updated: datetime
    expires: datetime | None = None


class KeyService(WholeService):
    """API keys of one organisation; `choices` are permitted variations."""

    routes = ((KEYS, "keys"), (f"{KEYS}/([^/]+)", "key"))

    def __init__(self, choices: KeyChoices | None = None) -> None:
        super().__init__()
        self.choices = choices or KeyChoices()
        self.keys: dict[str, Key] = {}
        self.numbers = count(1)
        self.deleted: set[str] = set()
        self.left, self.window_ends = self.choices.limit, 0.0
        self.seconds: Callable[[], float] = time.monotonic
        now = datetime.now(UTC)
        for number in range(self.choices.strangers):
            self.store("u-stranger", f"lkc-s{number}", None, f"stranger {number}", "", now)
        self.expired = self.store("sa-expired", None, None, "expired", "", now)
        self.expired.expires = now - timedelta(days=2)
        own = self.store("u-a83k9b", "lkc-c29js0", "env-abc123", "first name", "first words", now)
        self.keys["ak-12345"] = self.keys.pop(own.id)
        own.id = "ak-12345"

    # --- before an operation ------------------------------------------------------------------------

    def check_credentials(self, asked: Asked) -> None:
        """Take a key with its secret, or a token."""
        scheme, _, value = asked.headers.get("authorization", "").partition(" ")
        key, secret, token = list(CREDENTIALS.values())[:3]
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        wanted = {"basic": basic, "bearer": token}.get(scheme.lower())
        if wanted is None or value.strip() != wanted:
            raise Refused(401)

    def operate(self, handler: Any, asked: Asked, ids: list[str]) -> Answer:
        """Count the request; a refusal for the limit comes before all others."""
        now = self.seconds()
        if now >= self.window_ends:
            self.left, self.window_ends = self.choices.limit, now + self.choices.window
        if self.left <= 0:
            raise Refused(429)
        self.left -= 1
        return super().operate(handler, asked, ids)

    def limit_headers(self) -> dict[str, str]:
        """Return what every success and every refusal for the limit tells of the window."""
        rest = max(0, math.ceil(self.window_ends - self.seconds()))
        return {
            "X-RateLimit-Limit": str(self.choices.limit),
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": str(rest),
        }

    def finish(self, asked: Asked, answer: Answer) -> None:
        """Add the id of the request, and the window where it is told."""
        super().finish(asked, answer)
        answer.headers["X-Request-Id"] = uuid.uuid4().hex
        if answer.status < 300 or answer.status == 429:
            answer.headers |= self.limit_headers()
        if answer.status == 429:
            answer.headers["Retry-After"] = answer.headers["X-RateLimit-Reset"]
        answer.headers |= dict(self.choices.extra_headers)

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """Return the errors of a refusal; the one for the limit has no body."""
        if refused.status == 429:
            return Answer(429)
        code, title = TITLES[refused.status]
        error: dict[str, Any] = {"id": str(uuid.uuid4()), "status": str(refused.status)}
        error |= {"code": code, "title": title, "detail": f"{title}."}
        if refused.pointer is not None:
            error["source"] = {"pointer": refused.pointer}
        if refused.parameter is not None:
            error["source"] = {"parameter": refused.parameter}
        answer = Answer(refused.status, {"errors": [error]})
        if refused.status == 401:
            told = 'Basic error="invalid_key", error_description="The API Key is invalid"'
            answer.headers["WWW-Authenticate"] = told
        return answer

    # --- what is stored, and how it is shown ------------------------------------------------------

    def new_id(self, number: int) -> str:
        """Return an id that was never used."""
        drawn = hashlib.sha256(f"key {number}".encode()).hexdigest()
        if self.choices.id_form == "upper":
            return drawn[:16].upper()
        if self.choices.id_form == "uuid":
            return str(uuid.UUID(drawn[:32]))
        return f"ak-{drawn[:8]}"

    def store(
        self,
        owner: str,
        resource: str | None,
        environment: str | None,
        name: str,
        description: str,
        now: datetime,
    ) -> Key:
        """Make a key and return it."""
        number = next(self.numbers)
        secret = base64.b64encode(hashlib.sha512(f"secret {number}".encode()).digest()).decode()[
            :64
        ]
        id = self.new_id(number)
        key = Key(number, id, owner, resource, environment, name, description, secret, now, now)
        self.keys[id] = key
        return key

    def key(self, id: str) -> Key:
        """Return the key; raise `Refused` where there is none."""
        if id in self.deleted:
            raise Refused(self.choices.gone)
        if id not in self.keys:
            raise Refused(self.choices.unknown)
        return self.keys[id]

    def told_time(self, moment: datetime) -> str:
        """Return *moment* as RFC 3339 writes it."""
        if self.choices.notation == "seconds":
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.choices.notation == "offset":
            return moment.astimezone(timezone(timedelta(hours=-7))).isoformat()
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def owner_shown(self, key: Key) -> dict[str, Any]:
        """Return the reference to the owner."""
        id = quote(key.owner, safe="")
        user = not key.owner.startswith("sa-")
        place, word = ("users", "user") if user else ("service-accounts", "service-account")
        shown = {
            "id": key.owner,
            "related": f"{self.choices.host}/iam/v2/{place}/{id}",
            "resource_name": f"{CRN}/{word}={id}",
        }
        if self.choices.references:
            shown |= {"api_version": "iam/v2", "kind": "User" if user else "ServiceAccount"}
        return shown

    def resource_shown(self, key: Key) -> dict[str, Any] | None:
        """Return the reference to what the key opens, None where it is tied to nothing."""
        if key.resource is None:
            return None
        id = quote(key.resource, safe="")
        shown = {
            "id": key.resource,
            "related": f"{self.choices.host}/cmk/v2/clusters/{id}",
            "resource_name": f"{CRN}/cloud-cluster={id}",
        }
        if key.environment is not None:
            shown["environment"] = key.environment
        if self.choices.references:
            shown |= {"api_version": "cmk/v2", "kind": "Cluster"}
        return shown

    def metadata_shown(self, key: Key) -> dict[str, Any]:
        """Return what the service records of the key."""
        return {
            "self": f"{self.choices.host}{KEYS}/{key.id}",
            "resource_name": f"{CRN}/api-key={key.id}",
            "created_at": self.told_time(key.created),
            "updated_at": self.told_time(key.updated),
        }

    def spec_shown(self, key: Key) -> dict[str, Any]:
        """Return what the key is."""
        words = {"display_name": key.display_name, "description": key.description}
        spec: dict[str, Any] = words
        if self.choices.omit_empty:
            spec = {name: value for name, value in words.items() if value}
        spec["owner"] = self.owner_shown(key)
        resource = self.resource_shown(key)
        if resource is not None or self.choices.no_resource == "null":
            spec["resource"] = resource
        if key.expires is not None:
            spec["expires_at"] = self.told_time(key.expires)
        if self.choices.empty_secret:
            spec["secret"] = ""
        return spec

    def shown(self, key: Key) -> dict[str, Any]:
        """Return the key as every answer shows it."""
        shown = {
            "api_version": "iam/v2",
            "kind": "ApiKey",
            "id": key.id,
            "metadata": self.metadata_shown(key),
            "spec": self.spec_shown(key),
        }
        if self.choices.extra_members:
            shown["status"] = {"phase": "READY"}
        return shown

    # --- list ---------------------------------------------------------------------------------------

    def get_keys(self, asked: Asked) -> Answer:
        """List keys, page by page."""
        wanted = self.parameters_of(asked)
        found = [key for key in self.in_order() if self.meets(key, wanted)]
        size = self.size_of(wanted)
        start = self.start_of(wanted, found)
        page = self.page_of(found, start, size)
        shown = [self.listed(key) for key in page]
        payload = {"api_version": "iam/v2", "kind": "ApiKeyList"}
        return Answer(
            200,
            payload | {"metadata": self.page_told(wanted, found, start, size), "data": shown},
        )

    def listed(self, key: Key) -> dict[str, Any]:
        """Return the key as a list shows it."""
        return self.shown(key)

    def parameters_of(self, asked: Asked) -> dict[str, str]:
        """Return the parameters of a list by their names."""
        known = ("spec.owner", "spec.resource", "show_expired", "page_size", "page_token")
        wanted: dict[str, str] = {}
        for name, value in parse_qsl(asked.query, keep_blank_values=True):
            if name in wanted:
                raise Refused(400, parameter=name)
            if name in known:
                wanted[name] = value
            elif self.choices.refuses_unknown_parameters:
                raise Refused(400, parameter=name)
        if wanted.get("show_expired", "false") not in ("true", "false"):
            raise Refused(400, parameter="show_expired")
        return wanted

    def in_order(self) -> list[Key]:
        """Return all keys in the order in which they are listed."""
        return sorted(
            self.keys.values(), key=lambda one: one.number, reverse=self.choices.newest_first
        )

    def meets(self, key: Key, wanted: dict[str, str]) -> bool:
        """Return whether a list that *wanted* this has the key."""
        return (
            self.has_owner(key, wanted) and self.has_resource(key, wanted)
        ) and self.is_listed_now(key, wanted)

    def has_owner(self, key: Key, wanted: dict[str, str]) -> bool:
        """Return whether the key meets the filter of owners."""
        return "spec.owner" not in wanted or key.owner == wanted["spec.owner"]

    def has_resource(self, key: Key, wanted: dict[str, str]) -> bool:
        """Return whether the key meets the filter of resources."""
        if "spec.resource" not in wanted:
            return True
        return key.resource is not None and key.resource.upper() == wanted["spec.resource"].upper()

    def is_listed_now(self, key: Key, wanted: dict[str, str]) -> bool:
        """Return whether the key works still, or is asked for though it does not."""
        expired = key.expires is not None and key.expires < datetime.now(UTC)
        return not expired or wanted.get("show_expired") == "true"

    def size_of(self, wanted: dict[str, str]) -> int:
        """Return how many keys a page has at most."""
        text = wanted.get("page_size", "10")
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
            raise Refused(400, parameter="page_size")
        if int(text) > 100 and self.choices.too_many == "refused":
            raise Refused(400, parameter="page_size")
        return min(int(text), 100)

    def token_of(self, key: Key) -> str:
        """Return the token of the page that starts with *key*."""
        return base64.urlsafe_b64encode(f"from {key.number}".encode()).decode().rstrip("=")

    def token_for(self, wanted: dict[str, str], key: Key) -> str:
        """Return the token of the page of what is *wanted* that starts with *key*."""
        return f"{self.token_of(key)}{self.bond_of(wanted)}"

    def bond_of(self, wanted: dict[str, str]) -> str:
        """Return the end of a token that is bound to its filters, empty where it is free."""
        if self.choices.token == "free":
            return ""
        told = repr([wanted.get(name) for name in ("spec.owner", "spec.resource", "show_expired")])
        return f".{zlib.crc32(told.encode()):08x}"

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        """Return where the page starts among what was found."""
        token = wanted.get("page_token", "")
        if not token:
            return 0
        if len(token) > LONGEST_TOKEN:
            raise Refused(400, parameter="page_token")
        bond = self.bond_of(wanted)
        if not token.endswith(bond):
            raise Refused(400, parameter="page_token")
        token = token.removesuffix(bond)
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
            number = int(text.removeprefix("from "))
        except ValueError:
            raise Refused(400, parameter="page_token") from None
        if not text.startswith("from "):
            raise Refused(400, parameter="page_token")
        before = [
            key
            for key in found
            if (key.number > number if self.choices.newest_first else key.number < number)
        ]
        return len(before)

    def page_of(self, found: list[Key], start: int, size: int) -> list[Key]:
        """Return the keys of a page."""
        return found[start : start + size]

    def link(self, wanted: dict[str, str], key: Key | None) -> str:
        """Return the address of the page that starts with *key*, of the first where there is none."""
        kept = {name: value for name, value in wanted.items() if name != "page_token"}
        if key is not None:
            kept["page_token"] = self.token_for(wanted, key)
        return f"{self.choices.host}{KEYS}" + (f"?{urlencode(kept)}" if kept else "")

    def page_told(
        self, wanted: dict[str, str], found: list[Key], start: int, size: int
    ) -> dict[str, Any]:
        """Return where this page stands among the others."""
        last = start + size * ((len(found) - start - 1) // size) if found[start:] else start
        pages: dict[str, str | None] = {
            "first": self.link(wanted, found[0] if found and self.names_first() else None),
            "last": self.link(wanted, found[last]) if found[last:] else None,
            "prev": self.link(wanted, found[max(0, start - size)]) if start else None,
            "next": self.next_link(wanted, found, start, size),
        }
        told: dict[str, Any] = {}
        for name in self.choices.links:
            if pages[name] is not None or self.choices.no_link == "null":
                told[name] = pages[name]
        if self.choices.total_size:
            told["total_size"] = len(found)
        return told

    def names_first(self) -> bool:
        """Return whether the link to the first page has a token."""
        return self.choices.first_link == "token"

    def next_link(
        self, wanted: dict[str, str], found: list[Key], start: int, size: int
    ) -> str | None:
        """Return the address of the page after this one, None where there is none."""
        return self.link(wanted, found[start + size]) if found[start + size :] else None

    # --- one key --------------------------------------------------------------------------------------

    def post_keys(self, asked: Asked) -> Answer:
        """Make a key; this answer alone shows its secret."""
        values = self.new_key_of(self.body_of(asked))
        key = self.store(*values, datetime.now(UTC))
        return self.created(key)

    def created(self, key: Key) -> Answer:
        """Return the answer to the create of *key*."""
        shown = self.shown(key)
        shown["spec"]["secret"] = key.secret
        return Answer(202, shown, {"Location": f"{self.choices.host}{KEYS}/{key.id}"})

    def new_key_of(self, body: Any) -> tuple[str, str | None, str | None, str, str]:
        """Return owner, resource, environment, name and description that a create asks for."""
        status = self.choices.broken_body
        if not isinstance(body, dict):
            raise Refused(status, "")
        spec = member(body, "spec", dict, "", status, needed=True)
        owner = member(spec, "owner", dict, "/spec", status, needed=True)
        owner_id = self.short_text(owner, "id", "/spec/owner", needed=True)
        resource_id, environment = None, None
        if spec.get("resource") is not None:
            resource = member(spec, "resource", dict, "/spec", status)
            resource_id = self.short_text(resource, "id", "/spec/resource", needed=True)
            environment = self.short_text(resource, "environment", "/spec/resource")
            if resource_id.upper() in TIED_TO_NONE:
                resource_id = resource_id.upper()
        name = member(spec, "display_name", str, "/spec", status) or ""
        description = member(spec, "description", str, "/spec", status) or ""
        return owner_id, resource_id, environment, name, description

    def short_text(
        self, parent: dict[str, Any], name: str, place: str, *, needed: bool = False
    ) -> Any:
        """Return a text of 1 to 255 characters."""
        status = self.choices.broken_body
        value = member(parent, name, str, place, status, needed=needed)
        if value is not None and not 1 <= len(value) <= 255:
            raise Refused(status, f"{place}/{name}")
        return value

    def get_key(self, asked: Asked, id: str) -> Answer:
        """Read a key."""
        return Answer(200, self.shown(self.key(id)))

    def patch_key(self, asked: Asked, id: str) -> Answer:
        """Change the name and the description of a key."""
        key = self.key(id)
        changes = self.changes_of(asked)
        self.change(key, changes)
        return Answer(200, self.shown(key))

    def changes_of(self, asked: Asked) -> dict[str, str]:
        """Return the members that an update names; no body names none."""
        if not asked.body:
            return {}
        body, status = self.body_of(asked), self.choices.broken_body
        if not isinstance(body, dict):
            raise Refused(status, "")
        spec = member(body, "spec", dict, "", status) or {}
        names = ("display_name", "description")
        changes = {name: member(spec, name, str, "/spec", status) for name in names}
        return {name: value for name, value in changes.items() if value is not None}

    def change(self, key: Key, changes: dict[str, str]) -> None:
        """Write the changes into the key."""
        before = (key.display_name, key.description)
        key.display_name = changes.get("display_name", key.display_name)
        key.description = changes.get("description", key.description)
        if self.choices.touch_unchanged or before != (key.display_name, key.description):
            key.updated = datetime.now(UTC)

    def delete_key(self, asked: Asked, id: str) -> Answer:
        """Delete a key."""
        self.key(id)
        del self.keys[id]
        self.deleted.add(id)
        return Answer(204)


# --- Datadog: Confluent accounts and their resources ----------------------------------------------------


@dataclass(frozen=True)
class AccountChoices:
    """What the words on the integration leave to the service."""

    id_form: str = "uuid"  # or "short"
    newest_first: bool = False
    omit_empty: bool = False  # lists without an entry are left out
    lower_tags: bool = False  # of resources
    strict_types: bool = True  # of resource_type: what no word names is refused
    ignores_other_id: bool = (
        False  # the id in the body of an update, where it is not that of the path
    )
    takes_empty_id: bool = False
    extra_headers: tuple[tuple[str, str], ...] = ()
    extra_members: bool = False
    strangers: int = 2
    unknown: int = 404  # or 403: both are documented


@dataclass
class Account:
    """An account as it is stored, and the attributes of its resources by their ids."""

    id: str
    api_key: str
    api_secret: str
    tags: list[str]
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)


class AccountService(WholeService):
    """Confluent accounts of one Datadog organisation; `choices` are permitted variations."""

    routes = (
        (ACCOUNTS, "accounts"),
        (f"{ACCOUNTS}/([^/]+)", "account"),
        (f"{ACCOUNTS}/([^/]+)/resources", "resources"),
        (f"{ACCOUNTS}/([^/]+)/resources/([^/]+)", "resource"),
    )

    def __init__(self, choices: AccountChoices | None = None) -> None:
        super().__init__()
        self.choices = choices or AccountChoices()
        self.accounts: dict[str, Account] = {}
        self.numbers = count(1)
        for number in range(self.choices.strangers):
            stranger = self.store(f"STRANGER{number}", "strange-secret", ["strange"], [])
            stranger.resources["resource_id_abc123"] = self.attributes({"resource_type": "ksql"})
        own = self.store("FIRSTKEY", "first-secret", ["first", "first:tag"], [])
        own.resources["resource_id_abc123"] = self.attributes({"resource_type": "kafka"})
        self.accounts["account_id_abc123"] = self.accounts.pop(own.id)
        own.id = "account_id_abc123"

    # --- before and after an operation ------------------------------------------------------------

    def check_credentials(self, asked: Asked) -> None:
        """Take who has both keys."""
        for name, variable in (("dd-api-key", "DD_API_KEY"), ("dd-application-key", "DD_APP_KEY")):
            if asked.headers.get(name) != CREDENTIALS[variable]:
                raise Refused(403)

    def finish(self, asked: Asked, answer: Answer) -> None:
        """Add what the choices have beside the documented headers."""
        super().finish(asked, answer)
        answer.headers |= dict(self.choices.extra_headers)

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        """Return the errors of a refusal."""
        text = TITLES[refused.status][1]
        if refused.pointer:
            text = f"{text}: {refused.pointer}"
        return Answer(refused.status, {"errors": [text]})

    # --- what is stored, and how it is shown ------------------------------------------------------

    def new_id(self, number: int) -> str:
        """Return an id that was never used."""
        drawn = hashlib.sha256(f"account {number}".encode()).hexdigest()
        if self.choices.id_form == "short":
            return drawn[:12]
        return str(uuid.UUID(drawn[:32]))

    def store(
        self, api_key: str, secret: str, tags: list[str], resources: list[dict[str, Any]]
    ) -> Account:
        """Make an account with its resources and return it."""
        account = Account(self.new_id(next(self.numbers)), api_key, secret, tags)
        for resource in resources:
            id = resource["id"] if "id" in resource else self.new_id(next(self.numbers))
            account.resources[id] = self.attributes(resource)
        self.accounts[account.id] = account
        return account

    def attributes(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes of a resource, those that were not given by default."""
        return {
            "resource_type": given["resource_type"],
            "enable_custom_metrics": given.get("enable_custom_metrics", False),
            "tags": self.resource_tags(given.get("tags", [])),
        }

    def resource_tags(self, tags: list[str]) -> list[str]:
        """Return the tags as they are stored."""
        return [tag.lower() for tag in tags] if self.choices.lower_tags else list(tags)

    def account(self, id: str) -> Account:
        """Return the account; raise `Refused` where there is none."""
        if id not in self.accounts:
            raise Refused(self.choices.unknown)
        return self.accounts[id]

    def resource(self, account: Account, id: str) -> dict[str, Any]:
        """Return the attributes of a resource; raise `Refused` where there is none."""
        if id not in account.resources:
            raise Refused(self.choices.unknown)
        return account.resources[id]

    def without_empty(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return what is shown, without empty lists where they are left out."""
        if not self.choices.omit_empty:
            return shown
        return {name: value for name, value in shown.items() if value != []}

    def account_shown(self, account: Account) -> dict[str, Any]:
        """Return the account as every answer shows it."""
        resources = [
            self.without_empty({"id": id, **attributes})
            for id, attributes in account.resources.items()
        ]
        attributes = {
            "api_key": account.api_key,
            "tags": list(account.tags),
            "resources": self.ordered(resources),
        }
        if self.choices.extra_members:
            attributes["state"] = "ok"
        return {
            "id": account.id,
            "type": "confluent-cloud-accounts",
            "attributes": self.without_empty(attributes),
        }

    def resource_shown(self, id: str, attributes: dict[str, Any]) -> dict[str, Any]:
        """Return the resource as every answer shows it."""
        shown = self.without_empty(dict(attributes))
        return {"id": id, "type": "confluent-cloud-resources", "attributes": shown}

    def ordered(self, entries: list[Any]) -> list[Any]:
        """Return the entries in the order of lists."""
        return entries[::-1] if self.choices.newest_first else entries

    # --- accounts ---------------------------------------------------------------------------------

    def get_accounts(self, asked: Asked) -> Answer:
        """List all accounts."""
        shown = [self.account_shown(one) for one in self.accounts.values()]
        return Answer(200, {"data": self.ordered(shown)})

    def post_accounts(self, asked: Asked) -> Answer:
        """Add an account."""
        attributes = self.account_attributes_of(self.body_of(asked))
        resources = member(attributes, "resources", list, "/data/attributes", 400) or []
        self.check_resources(resources)
        account = self.store(
            attributes["api_key"],
            attributes["api_secret"],
            list(attributes.get("tags", [])),
            resources,
        )
        return Answer(201, {"data": self.account_shown(account)})

    def check_resources(self, resources: list[Any]) -> None:
        """Raise `Refused` for resources of a new account that are none, or two of one id."""
        place, ids = "/data/attributes/resources", set()
        for index, resource in enumerate(resources):
            if not isinstance(resource, dict):
                raise Refused(400, f"{place}/{index}")
            self.check_attributes(resource, f"{place}/{index}")
            id = member(resource, "id", str, f"{place}/{index}", 400)
            if id in ids or (id == "" and not self.choices.takes_empty_id):
                raise Refused(400, f"{place}/{index}/id")
            if id is not None:
                ids.add(id)

    def data_of(self, body: Any, kind: str) -> dict[str, Any]:
        """Return the data of a body, whose type is *kind* and which has attributes."""
        if not isinstance(body, dict):
            raise Refused(400)
        data: dict[str, Any] = member(body, "data", dict, "", 400, needed=True)
        member(data, "attributes", dict, "/data", 400, needed=True)
        if member(data, "type", str, "/data", 400, needed=True) != kind:
            raise Refused(400, "/data/type")
        return data

    def account_attributes_of(self, body: Any) -> dict[str, Any]:
        """Return the attributes of a body about an account."""
        attributes: dict[str, Any] = self.data_of(body, "confluent-cloud-accounts")["attributes"]
        for name in ("api_key", "api_secret"):
            member(attributes, name, str, "/data/attributes", 400, needed=True)
        self.check_tags(attributes, "/data/attributes")
        return attributes

    def check_tags(self, parent: dict[str, Any], place: str) -> None:
        """Raise `Refused` unless the tags, where there are some, are texts."""
        for index, tag in enumerate(member(parent, "tags", list, place, 400) or []):
            if not isinstance(tag, str):
                raise Refused(400, f"{place}/tags/{index}")

    def check_attributes(self, attributes: dict[str, Any], place: str) -> None:
        """Raise `Refused` for attributes that a resource cannot have."""
        kind = member(attributes, "resource_type", str, place, 400, needed=True)
        if self.choices.strict_types and kind not in TYPES:
            raise Refused(400, f"{place}/resource_type")
        member(attributes, "enable_custom_metrics", bool, place, 400)
        self.check_tags(attributes, place)

    def get_account(self, asked: Asked, id: str) -> Answer:
        """Read an account."""
        return Answer(200, {"data": self.account_shown(self.account(id))})

    def patch_account(self, asked: Asked, id: str) -> Answer:
        """Change key, secret and tags of an account."""
        account = self.account(id)
        attributes = self.account_attributes_of(self.body_of(asked))
        account.api_key = attributes["api_key"]
        account.api_secret = attributes["api_secret"]
        account.tags = list(attributes.get("tags", account.tags))
        return Answer(200, {"data": self.account_shown(account)})

    def delete_account(self, asked: Asked, id: str) -> Answer:
        """Delete an account with all that is under it."""
        del self.accounts[self.account(id).id]
        return Answer(204)

    # --- resources --------------------------------------------------------------------------------

    def get_resources(self, asked: Asked, account: str) -> Answer:
        """List the resources of an account."""
        under = self.account(account).resources
        shown = [self.resource_shown(id, attributes) for id, attributes in under.items()]
        return Answer(200, {"data": self.ordered(shown)})

    def resource_of(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        """Return id and attributes of a body about a resource."""
        data = self.data_of(self.body_of(asked), "confluent-cloud-resources")
        self.check_attributes(data["attributes"], "/data/attributes")
        id: str = member(data, "id", str, "/data", 400, needed=True)
        return id, data["attributes"]

    def post_resources(self, asked: Asked, account: str) -> Answer:
        """Add a resource under the id that the caller chose."""
        under = self.account(account).resources
        id, attributes = self.resource_of(asked)
        if id in under or (not id and not self.choices.takes_empty_id):
            raise Refused(400, "/data/id")
        under[id] = self.attributes(attributes)
        return Answer(201, {"data": self.resource_shown(id, under[id])})

    def get_resource(self, asked: Asked, account: str, id: str) -> Answer:
        """Read a resource."""
        found = self.resource(self.account(account), id)
        return Answer(200, {"data": self.resource_shown(id, found)})

    def patch_resource(self, asked: Asked, account: str, id: str) -> Answer:
        """Change a resource; what the body leaves out stays."""
        found = self.resource(self.account(account), id)
        told, given = self.resource_of(asked)
        if told != id and not self.choices.ignores_other_id:
            raise Refused(400, "/data/id")
        self.change(found, given)
        return Answer(200, {"data": self.resource_shown(id, found)})

    def change(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        """Write what was given into the attributes of a resource."""
        for name in ("resource_type", "enable_custom_metrics"):
            found[name] = given.get(name, found[name])
        if "tags" in given:
            found["tags"] = self.resource_tags(given["tags"])

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        """Delete a resource of an account."""
        under = self.account(account)
        self.resource(under, id)
        del under.resources[id]
        return Answer(204)
