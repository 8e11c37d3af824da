"""What would somebody write who has `tests/apis/warehouse.yaml` before him, and nothing else?

A service of three levels by hand. Choices hold what the document leaves open; whatever is chosen,
every promise is kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import uuid
import zlib
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import httpx

from pytest_confluent_contracts.double.service import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET, TOKEN = "warehouse-0001", "t0ken-of-the-warehouse"
KEYS = {"key": {"value": SECRET}, "token": {"token": TOKEN}}
USER = {"username": "keeper", "password": "k33per-of-boxes"}
CREDENTIALS = {**KEYS, "user": USER}
ENVIRONMENT = {
    "CONTRACT_KEY_VALUE": SECRET,
    "CONTRACT_TOKEN_TOKEN": TOKEN,
    "CONTRACT_USER_USERNAME": USER["username"],
    "CONTRACT_USER_PASSWORD": USER["password"],
}
# Whoever has these keeps sites of his own.
OTHER_SECRET, OTHER_TOKEN = "warehouse-0002", "t0ken-of-somebody-else"
OTHER_KEYS = {"key": {"value": OTHER_SECRET}, "token": {"token": OTHER_TOKEN}}
OTHER_USER = {"username": "other-keeper", "password": "k33per-of-0thers"}
OTHER_CREDENTIALS = {**OTHER_KEYS, "user": OTHER_USER}
OTHER_ENVIRONMENT = {
    "CONTRACT_OTHER_KEY_VALUE": OTHER_SECRET,
    "CONTRACT_OTHER_TOKEN_TOKEN": OTHER_TOKEN,
    "CONTRACT_OTHER_USER_USERNAME": OTHER_USER["username"],
    "CONTRACT_OTHER_USER_PASSWORD": OTHER_USER["password"],
}
FIRST, OTHER = "first", "other"  # who asks
REGIONS = ("north", "south", "east", "west")
CODE = re.compile(r"[A-Za-z0-9-]{1,40}")
TAG = re.compile(r"[a-z]{1,12}")
HOST = "https://warehouse.example/v3"
SITES = re.compile(r"/sites")
SITE = re.compile(r"/sites/([^/]+)")
RACKS = re.compile(r"/sites/([^/]+)/racks")
RACK = re.compile(r"/sites/([^/]+)/racks/([^/]+)")
BOXES = re.compile(r"/sites/([^/]+)/racks/([^/]+)/boxes")
BOX = re.compile(r"/sites/([^/]+)/racks/([^/]+)/boxes/((?:;|%3B)[^/]*)")
JOB = re.compile(r"/jobs/((?:\.|%2E)[^/]*)")
ROUTES = {
    SITES: "sites",
    SITE: "site",
    RACKS: "racks",
    RACK: "rack",
    BOXES: "boxes",
    BOX: "box",
    JOB: "job",
}
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    428: "Precondition Required",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
}


@dataclass(frozen=True)
class WarehouseChoices:
    """What the document leaves open: the first value of each is what this service does by default."""

    id_form: str = "numbers"  # uuid, long, odd
    newest_first: bool = False
    gone: int = 404  # 410, 403
    unknown: int = 404  # 403
    invalid: int = 422  # 400
    delete_status: int = 204  # 200
    unpack_status: int = 202  # 204
    replaces_unknown: bool = False  # a PUT makes a rack that is not there
    location: str = "absolute"  # path, relative, elsewhere
    shows_defaults: bool = True
    shows_absent_as_null: bool = False
    problem: str = "usual"  # least, more
    instance: str = "absolute"  # relative, urn
    media_type: str = "application/json"
    problem_type: str = "application/problem+json"
    extra_headers: tuple[tuple[str, str], ...] = ()
    upper_header_names: bool = False
    spaced: bool = False
    escaped: bool = False
    reverse_keys: bool = False
    head_length: bool = True
    packs_in: float = 1.5  # seconds; 0 is at once
    job_ends: str = "link"  # redirection
    retry_after: int | None = None
    strangers: int = 2
    challenge: str = "Bearer"
    refuses_unknown_parameters: bool = False
    empty_list_parameter: str = "taken"  # refused
    cursor_form: str = "base64"  # odd, long
    link_target: str = "absolute"  # path, query, relative, elsewhere
    link_form: str = "joined"  # reversed, lines, bare
    relations: tuple[str, ...] = ("next", "prev", "first", "last")
    too_large: str = "refused"  # capped
    last_page: str = "short"  # empty: where the one before was full
    no_such_page: int = 400  # 422
    other_filter: str = "refused"  # kept: the new filter holds
    no_token: str = "absent"  # null, empty
    tells_previous: bool = True
    folds_names: bool = False  # sorts by small letters
    tag_form: str = "hash"  # version, odd
    condition_first: bool = True  # looked at before the body
    caching: str = ""  # private, none, varied, public
    looks_at_if_match: bool = False  # of a rack, where nobody says so
    strange: int = 404  # 403: what is another's
    lists_for_other: bool = True  # False: the other may list no sites


class Wrong(Exception):
    """A request that is refused with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Page:
    """Some of *count* items: those from the one at *start*, *size* at most."""

    items: list[Any]
    start: int
    size: int
    count: int


@dataclass
class Warehouse:
    """Sites, racks and boxes in memory."""

    choices: WarehouseChoices = field(default_factory=WarehouseChoices)
    clock: VirtualClock = field(default_factory=VirtualClock)
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    racks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    boxes: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    times: dict[tuple[str, str, str], tuple[float, float]] = field(default_factory=dict)
    jobs: dict[str, tuple[float, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    crashes: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(2))
    versions: dict[str, int] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)  # of sites: the others are the first's
    caller: str = FIRST

    def __post_init__(self) -> None:
        """Begin with what the document's examples name, and with some of other people."""
        self.sites["s-1"] = {"id": "s-1", "name": "Examples", "region": "east"}
        self.racks["s-1", "r-1"] = {"code": "r-1", "levels": 3, "tags": ["dry"], "cooled": False}
        self.keep_box(
            ("s-1", "r-1", "b-1"), {"label": "x", "content": {"kind": "book", "title": "t"}}
        )
        self.times["s-1", "r-1", "b-1"] = (0.0, NEVER)
        self.jobs["j-1"] = (NEVER, "")
        for number in range(self.choices.strangers):
            id = f"stranger-{number}"
            self.sites[id] = {"id": id, "name": f"Strangers {number}", "region": "west"}

    # --- the way of a request ---------------------------------------------------------------------

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        self.clock.sleep(0.01)
        try:
            answer = self.routed(request)
        except Wrong as wrong:
            answer = self.problem(wrong.status, request)
        except Exception as error:
            self.crashes.append(f"{request.method} {request.url}: {error!r}")
            answer = httpx.Response(500)
        return self.worded(answer, request)

    def routed(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        for pattern, name in ROUTES.items():
            found = pattern.fullmatch(path)
            handler = getattr(self, f"{request.method.lower()}_{name}", None)
            if found and handler is not None:
                self.check_caller(request)
                ids = [plain(unquote(one)) for one in found.groups()]
                answer: httpx.Response = handler(request, *ids)
                return answer
        self.check_caller(request)
        raise Wrong(405 if any(one.fullmatch(path) for one in ROUTES) else 404)

    def allowed(self, request: httpx.Request) -> str:
        """Return the methods of the path that *request* names."""
        path = request.url.raw_path.decode().partition("?")[0]
        known = ("get", "head", "post", "put", "patch", "delete")
        names = [name for pattern, name in ROUTES.items() if pattern.fullmatch(path)]
        return ", ".join(m.upper() for m in known for n in names if hasattr(self, f"{m}_{n}"))

    def check_caller(self, request: httpx.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        key = request.headers.get("X-Warehouse-Key")
        known = [
            (FIRST, SECRET, TOKEN, USER),
            (OTHER, OTHER_SECRET, OTHER_TOKEN, OTHER_USER),
        ]
        for caller, secret, token, user in known:
            pair = f"{user['username']}:{user['password']}".encode()
            right = {"bearer": token, "basic": base64.b64encode(pair).decode()}
            if key == secret or (given and right.get(scheme.lower()) == given.strip()):
                self.caller = caller
                return
        raise Wrong(401)

    def is_own(self, site: str) -> bool:
        """Return whether the site is of whoever asks."""
        return self.owners.get(site, FIRST) == self.caller

    def worded(self, answer: httpx.Response, request: httpx.Request) -> httpx.Response:
        """Return *answer* in the notation that was chosen."""
        headers = [*answer.headers.items(), *self.choices.extra_headers]
        if answer.status_code == 401:
            headers.append(("WWW-Authenticate", self.choices.challenge))
        if answer.status_code == 405:
            headers.append(("Allow", self.allowed(request)))
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        if self.choices.upper_header_names:
            kept = [(name.upper(), value) for name, value in kept]
        if request.method == "HEAD":
            if self.choices.head_length and answer.content:
                kept.append(("Content-Length", str(len(answer.content))))
            return httpx.Response(answer.status_code, headers=kept)
        if answer.status_code not in (204, 303, 304) or answer.content:
            kept.append(("Content-Length", str(len(answer.content))))
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)

    def shown(self, status: int, value: Any, **headers: str) -> httpx.Response:
        """Return an answer with the JSON *value*."""
        told = {"Content-Type": self.choices.media_type}
        told |= {name.replace("_", "-"): text for name, text in headers.items()}
        return httpx.Response(status, headers=told, content=self.written(value))

    def written(self, value: Any) -> bytes:
        if self.choices.reverse_keys:
            value = reversed_keys(value)
        indent = 2 if self.choices.spaced else None
        return json.dumps(value, indent=indent, ensure_ascii=self.choices.escaped).encode(
            "utf-8", "surrogatepass"
        )

    def problem(self, status: int, request: httpx.Request) -> httpx.Response:
        body: dict[str, Any] = {"title": TITLES[status], "status": status}
        if self.choices.problem != "least":
            body |= {"type": "about:blank", "detail": "See the documentation."}
            number = next(self.numbers)
            body["instance"] = {
                "absolute": f"{HOST}/problems/{number}",
                "relative": f"/problems/{number}",
                "urn": f"urn:uuid:{uuid.UUID(int=number)}",
            }[self.choices.instance]
        if self.choices.problem == "more":
            body |= {"trace": f"t-{next(self.numbers)}", "support": {"mail": "help@example.com"}}
        told = {"Content-Type": self.choices.problem_type}
        return httpx.Response(status, headers=told, content=self.written(body))

    def location(self, path: str, request: httpx.Request) -> str:
        if self.choices.location == "absolute":
            return f"{HOST}{path}"
        if self.choices.location == "elsewhere":
            return f"http://10.0.0.7:8080/internal{path}"
        if self.choices.location == "relative":
            above = request.url.raw_path.decode().partition("?")[0].rpartition("/")[0]
            depth = above.count("/")
            return "../" * depth + path.removeprefix("/") if depth else path.removeprefix("/")
        return path

    def new_id(self) -> str:
        number = next(self.numbers)
        return {
            "numbers": str(1000 + number),
            "uuid": str(uuid.UUID(int=number + 2**100)),
            "long": f"{'long-' * 30}{number}",
            "odd": f"x.{number}~_y",
        }[self.choices.id_form]

    def lost(self, id: str) -> Wrong:
        """Return the refusal of what is not there: it may have been."""
        return Wrong(self.choices.gone if id in self.ended else self.choices.unknown)

    # --- what is sent -----------------------------------------------------------------------------

    def body(self, request: httpx.Request, media_type: str = "application/json") -> dict[str, Any]:
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != media_type:
            raise Wrong(415)
        try:
            value = json.loads(request.read().decode("utf-8"), parse_constant=no_number)
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise Wrong(400) from None
        self.check(isinstance(value, dict))
        found: dict[str, Any] = value
        return found

    def check(self, is_right: object) -> None:
        """Refuse a body that is not right."""
        if not is_right:
            raise Wrong(self.choices.invalid)

    def parameters(self, request: httpx.Request, *known: str) -> list[tuple[str, str]]:
        """Return the query's parameters, as they are written."""
        query = request.url.query.decode()
        pairs = [
            (unquote(one.partition("=")[0]), one.partition("=")[2]) for one in query.split("&")
        ]
        named = [pair for pair in pairs if pair[0]]
        strange = [name for name, _ in named if name.partition("[")[0] not in known]
        if strange and self.choices.refuses_unknown_parameters:
            raise Wrong(400)
        return named

    def split(self, pairs: list[tuple[str, str]], name: str, *by: str) -> list[str] | None:
        """Return the items of a list in one value, None where it is not sent once."""
        values = [value for key, value in pairs if key == name]
        if not values:
            return None
        if len(values) > 1:
            raise Wrong(400)
        if not values[0]:
            if self.choices.empty_list_parameter == "refused":
                raise Wrong(400)
            return []
        return [unquote(one) for one in re.split("|".join(by), values[0])]

    # --- sites ------------------------------------------------------------------------------------

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        locale = dict(cookies_of(request)).get("locale", "en")
        pairs = self.parameters(request, "region", "limit", "name", "sort", "cursor")
        regions = [unquote(value) for name, value in pairs if name == "region"]
        name, sort = self.one_of(pairs, "name"), self.one_of(pairs, "sort")
        if locale not in ("en", "fr", "de") or len(regions) > 4:
            raise Wrong(400)
        if any(one not in REGIONS for one in regions) or sort not in (None, "name", "-name"):
            raise Wrong(400)
        if self.caller == OTHER and not self.choices.lists_for_other:
            raise Wrong(403)
        own = self.own_sites()
        found = [one for one in own if not regions or one["region"] in regions]
        found = self.ordered([one for one in found if name is None or one["name"] == name])
        if sort is not None:
            found = sorted(found, key=self.rank, reverse=sort.startswith("-"))
        size = self.size(pairs, "limit", 500, 500)
        mark = self.mark("sites", regions, name, sort)
        page = self.page(found, size, self.start(pairs, "cursor", mark))
        body = {"items": list(map(self.site_shown, page.items)), "total": len(found)}
        links = self.links(request, page, mark)
        answer = self.shown(200, body)
        return httpx.Response(
            200, headers=[*answer.headers.items(), *links], content=answer.content
        )

    def own_sites(self) -> list[dict[str, Any]]:
        return [one for id, one in self.sites.items() if self.is_own(id)]

    def rank(self, site: dict[str, Any]) -> str:
        name: str = site["name"]
        return name.lower() if self.choices.folds_names else name

    # --- pages ------------------------------------------------------------------------------------

    def one_of(self, pairs: list[tuple[str, str]], name: str) -> str | None:
        """Return the text of a parameter, None where it is not sent; refuse it twice."""
        values = [unquote(value) for key, value in pairs if key == name]
        if len(values) > 1:
            raise Wrong(400)
        return values[0] if values else None

    def size(self, pairs: list[tuple[str, str]], name: str, default: int, most: int) -> int:
        told = self.one_of(pairs, name)
        if told is None:
            return default
        if not is_number(told, 1, 10**6) or (int(told) > most and self.is_refused_above()):
            raise Wrong(400)
        return min(int(told), most)

    def is_refused_above(self) -> bool:
        return self.choices.too_large == "refused"

    def mark(self, *asked: Any) -> str:
        """Return what a cursor remembers of the list that it is of."""
        told = repr(asked[:1] if self.choices.other_filter == "kept" else asked)
        return f"{zlib.crc32(told.encode('utf-8', 'surrogatepass')):08x}"

    def cursor(self, start: int, mark: str) -> str:
        text = f"{start}.{mark}"
        if self.choices.cursor_form == "odd":
            return f"a/{text}+=&?"
        if self.choices.cursor_form == "long":
            text = f"{text}.{'x' * 300}"
        return base64.urlsafe_b64encode(text.encode()).decode()

    def start(self, pairs: list[tuple[str, str]], name: str, mark: str) -> int:
        """Return how many items stand before the page; refuse a cursor that no answer has told."""
        told = self.one_of(pairs, name)
        if told is None:
            return 0
        found = re.match(r"a?/?(\d+)\.", told)
        if self.choices.cursor_form != "odd":
            try:
                text = base64.urlsafe_b64decode(told.encode()).decode()
            except ValueError:
                text = ""
            found = re.match(r"(\d+)\.", text)
        if found is None or told != self.cursor(int(found[1]), mark):
            raise Wrong(self.choices.no_such_page)
        return int(found[1])

    def page(self, items: list[Any], size: int, start: int) -> Page:
        return Page(items[start : start + size], start, size, len(items))

    def next_start(self, page: Page) -> int | None:
        after = page.start + page.size
        is_full = len(page.items) == page.size and self.choices.last_page == "empty"
        return after if after < page.count or is_full else None

    def last_start(self, page: Page) -> int:
        is_short = self.choices.last_page == "short"
        return max(0, page.count - is_short) // page.size * page.size

    def starts(self, page: Page) -> dict[str, int | None]:
        return {
            "next": self.next_start(page),
            "prev": max(0, page.start - page.size) if page.start else None,
            "first": 0,
            "last": self.last_start(page),
        }

    def links(self, request: httpx.Request, page: Page, mark: str) -> list[tuple[str, str]]:
        """Return the header Link, in one line or in several."""
        starts = self.starts(page)
        told = []
        for one in self.choices.relations:
            start = starts[one]
            if start is not None:
                target = self.target_of(request, self.cursor(start, mark))
                relation = one if self.choices.link_form == "bare" else f'"{one}"'
                told.append(f"<{target}>; rel={relation}")
        if self.choices.link_form == "reversed":
            told = [f'<{HOST}/docs>; rel="help"; title="Pages, and more"', *told[::-1]]
        if self.choices.link_form == "lines":
            return [("Link", one) for one in told]
        return [("Link", ", ".join(told))] if told else []

    def target_of(self, request: httpx.Request, cursor: str) -> str:
        path, _, query = request.url.raw_path.decode().partition("?")
        kept = [one for one in query.split("&") if one and not one.startswith("cursor=")]
        asked = "&".join([*kept, f"cursor={quote(cursor, safe='')}"])
        before = {
            "absolute": f"{HOST}{path}",
            "path": path,
            "query": "",
            "relative": path.rpartition("/")[2],
            "elsewhere": f"http://10.0.0.7:8080/internal{path}",
        }
        return f"{before[self.choices.link_target]}?{asked}"

    def tokens(self, page: Page, mark: str) -> dict[str, Any]:
        """Return the tokens of the next page and the one before."""
        starts, told = self.starts(page), dict[str, Any]()
        for name, start in (("next", starts["next"]), ("previous", starts["prev"])):
            if name == "previous" and not self.choices.tells_previous:
                continue
            if start is not None:
                told[f"{name}_page_token"] = self.cursor(start, mark)
            elif self.choices.no_token != "absent":
                told[f"{name}_page_token"] = {"null": None, "empty": ""}[self.choices.no_token]
        return told

    # --- conditions -------------------------------------------------------------------------------

    def tag(self, kind: str, shown: dict[str, Any]) -> str:
        """Return the entity tag of what is shown: strong for a site, weak for a rack."""
        text = repr(sorted(shown.items(), key=str))
        told = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if self.choices.tag_form == "version":
            told = f"v{self.versions.setdefault(f'{kind} {text}', len(self.versions) + 1)}"
        elif self.choices.tag_form == "odd":
            told = f"{told},/'W"
        return f'W/"{told}"' if kind == "rack" else f'"{told}"'

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        """Return whether If-None-Match has the tag, weak or strong."""
        told = request.headers.get("If-None-Match", "")
        return told.strip() == "*" or tag.removeprefix("W/") in re.findall(r'"[^"]*"', told)

    def check_match(self, request: httpx.Request, tag: str, *, required: bool = False) -> None:
        """Refuse a write on the condition of another tag; a weak one is always another."""
        told = request.headers.get("If-Match")
        if told is None:
            if required:
                raise Wrong(428)
            return
        tags = re.findall(r'(?:W/)?"[^"]*"', told)
        if told.strip() != "*" and (tag not in tags or tag.startswith("W/")):
            raise Wrong(412)

    def caching(self) -> dict[str, str]:
        return {
            "": {},
            "private": {"Cache-Control": "private, max-age=5"},
            "none": {"Cache-Control": "no-store", "Vary": "Accept"},
            "varied": {"Cache-Control": "max-age=0", "Vary": "Authorization, X-Warehouse-Key"},
            "public": {
                "Cache-Control": "public, max-age=9",
                "Vary": "authorization, x-warehouse-key",
            },
        }[self.choices.caching]

    # --- sites, one by one --------------------------------------------------------------------------

    def ordered(self, items: list[Any]) -> list[Any]:
        return items[::-1] if self.choices.newest_first else items

    def site_shown(self, site: dict[str, Any]) -> dict[str, Any]:
        if self.choices.shows_absent_as_null:
            return {"contact": None, **site}
        return site

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check(is_text(body.get("name"), 1, 60))
        self.check(body.get("region", "north") in REGIONS)
        contact = body.get("contact")
        if contact is not None:
            self.check(isinstance(contact, dict) and is_text(contact.get("email"), 0, 90))
            self.check(set(contact) <= {"email", "phone"})
            self.check("phone" not in contact or is_text(contact["phone"], 0, 30))
        found = {"name": body["name"], "region": body.get("region", "north")}
        return found | ({"contact": contact} if "contact" in body else {})

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        site = self.read_site(self.body(request))
        id = self.new_id()
        self.sites[id], self.owners[id] = {"id": id, **site}, self.caller
        where = self.location(f"/sites/{id}", request)
        return self.shown(201, self.site_shown(self.sites[id]), Location=where)

    def site(self, id: str) -> dict[str, Any]:
        if id not in self.sites and self.is_own(id):
            raise self.lost(id)
        if not self.is_own(id):
            raise Wrong(self.choices.strange)
        return self.sites[id]

    def site_tag(self, id: str) -> str:
        return self.tag("site", self.site_shown(self.sites[id]))

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        shown = self.site_shown(self.site(id))
        told = {"ETag": self.site_tag(id), **self.caching()}
        if self.is_known(request, told["ETag"]):
            return httpx.Response(304, headers=told)
        return self.shown(200, shown, **told)

    head_site = get_site

    def put_site(self, request: httpx.Request, id: str) -> httpx.Response:
        self.site(id)
        if self.choices.condition_first:
            self.check_match(request, self.site_tag(id), required=True)
        body = self.read_site(self.body(request))
        self.check_match(request, self.site_tag(id), required=True)
        self.sites[id] = {"id": id, **body}
        return self.shown(200, self.site_shown(self.sites[id]), ETag=self.site_tag(id))

    def delete_site(self, request: httpx.Request, id: str) -> httpx.Response:
        site = self.site(id)
        self.check_match(request, self.site_tag(id))
        for rack in [key for key in self.racks if key[0] == id]:
            self.end_rack(rack)
        del self.sites[id]
        self.ended.add(id)
        return self.ending(self.site_shown(site))

    def ending(self, shown: dict[str, Any]) -> httpx.Response:
        if self.choices.delete_status == 204:
            return httpx.Response(204)
        return self.shown(200, shown)

    # --- racks ------------------------------------------------------------------------------------

    def get_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        self.site(site)
        pairs = self.parameters(request, "tags", "codes", "levels", "limit", "offset")
        size, offset = self.size(pairs, "limit", 100, 100), self.one_of(pairs, "offset") or "0"
        if not is_number(offset, 0, 10**9):
            raise Wrong(400)
        tags = self.split(pairs, "tags", " ", "%20", r"\+")
        codes = self.split(pairs, "codes", r"\|", "%7C", "%7c")
        units = [one.strip() for one in request.headers.get("X-Units", "metric").split(",")]
        low, high = self.bounds(pairs)
        are_wrong = [one for one in tags or () if not TAG.fullmatch(one)]
        are_wrong += [one for one in codes or () if not CODE.fullmatch(one)]
        are_wrong += [one for one in units if one and one not in ("metric", "imperial")]
        if are_wrong:
            raise Wrong(400)
        found = [
            self.rack_shown(rack)
            for key, rack in self.racks.items()
            if key[0] == site
            and (not codes or key[1] in codes)
            and (not tags or set(tags) & set(rack["tags"]))
            and low <= rack["levels"] <= high
        ]
        return self.shown(200, self.page(self.ordered(found), size, int(offset)).items)

    def bounds(self, pairs: list[tuple[str, str]]) -> tuple[int, int]:
        """Return the least and the most levels that are asked for."""
        found = {"from": "1", "to": "20"}
        for name, value in pairs:
            if name.partition("[")[0] != "levels":
                continue
            inner = re.fullmatch(r"levels\[(from|to)\]", name)
            if inner is None or not is_number(unquote(value), 1, 20):
                raise Wrong(400)
            found[inner[1]] = unquote(value)
        return int(found["from"]), int(found["to"])

    def rack_shown(self, rack: dict[str, Any]) -> dict[str, Any]:
        if self.choices.shows_defaults:
            return rack
        return {k: v for k, v in rack.items() if v or k not in ("tags", "cooled")}

    def read_rack(self, body: dict[str, Any]) -> dict[str, Any]:
        tags: Any = body.get("tags", [])
        levels: Any = body.get("levels")
        self.check(is_whole(levels) and 1 <= levels <= 20)
        self.check(isinstance(tags, list) and len(tags) <= 8)
        self.check(all(isinstance(one, str) and TAG.fullmatch(one) for one in tags))
        self.check(len(set(tags)) == len(tags))
        self.check(isinstance(body.get("cooled", False), bool))
        return {"levels": int(levels), "tags": tags, "cooled": body.get("cooled", False)}

    def post_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        self.site(site)
        body = self.body(request)
        code = body.get("code")
        self.check(isinstance(code, str) and CODE.fullmatch(code))
        rack = self.read_rack(body)
        if (site, str(code)) in self.racks:
            raise Wrong(409)
        self.racks[site, str(code)] = {"code": code, **rack}
        where = self.location(f"/sites/{site}/racks/{code}", request)
        return self.shown(201, self.rack_shown(self.racks[site, str(code)]), Location=where)

    def rack(self, site: str, code: str) -> dict[str, Any]:
        self.site(site)
        if (site, code) not in self.racks:
            raise self.lost(f"{site}/{code}")
        return self.racks[site, code]

    def get_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        shown = self.rack_shown(self.rack(site, code))
        tag = self.tag("rack", shown)
        if self.is_known(request, tag):
            return httpx.Response(304, headers={"ETag": tag})
        return self.shown(200, shown, ETag=tag)

    def put_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.site(site)
        is_new = (site, code) not in self.racks
        if is_new and not (self.choices.replaces_unknown and CODE.fullmatch(code)):
            raise self.lost(f"{site}/{code}")
        if self.choices.condition_first:
            self.check_rack(request, site, code)
        rack = {"code": code, **self.read_rack(self.body(request))}
        self.check_rack(request, site, code)
        self.racks[site, code] = rack
        return self.shown(201 if is_new else 200, self.rack_shown(rack))

    def check_rack(self, request: httpx.Request, site: str, code: str) -> None:
        if (site, code) not in self.racks:
            return
        tag = self.tag("rack", self.rack_shown(self.racks[site, code]))
        if "If-None-Match" in request.headers and self.is_known(request, tag):
            raise Wrong(412)
        if self.choices.looks_at_if_match:
            self.check_match(request, tag)

    def delete_rack(self, _: httpx.Request, site: str, code: str) -> httpx.Response:
        rack = self.rack(site, code)
        self.end_rack((site, code))
        return self.ending(self.rack_shown(rack))

    def end_rack(self, key: tuple[str, str]) -> None:
        del self.racks[key]
        self.ended.add("/".join(key))
        for box in [one for one in self.boxes if one[:2] == key]:
            self.times[box] = (self.times[box][0], min(self.times[box][1], self.clock.now()))

    # --- boxes ------------------------------------------------------------------------------------

    def is_there(self, key: tuple[str, str, str]) -> bool:
        if key not in self.boxes:
            return False
        begins, ends = self.times[key]
        return begins <= self.clock.now() < ends

    def get_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.rack(site, code)
        pairs = self.parameters(request, "kinds", "label", "page_size", "page_token")
        kinds, label = self.split(pairs, "kinds", ",", "%2C", "%2c"), self.one_of(pairs, "label")
        if any(one not in ("book", "liquid") for one in kinds or ()):
            raise Wrong(400)
        found = [
            box
            for key, box in self.boxes.items()
            if key[:2] == (site, code)
            and self.is_there(key)
            and (not kinds or box["content"]["kind"] in kinds)
            and label in (None, box["label"])
        ]
        mark = self.mark("boxes", kinds, label)
        size, start = self.size(pairs, "page_size", 20, 50), self.start(pairs, "page_token", mark)
        page = self.page(self.ordered(found), size, start)
        return self.shown(200, {"boxes": page.items, **self.tokens(page, mark)})

    def keep_box(self, key: tuple[str, str, str], box: dict[str, Any]) -> None:
        self.boxes[key] = {"id": key[2], **box}

    def post_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.rack(site, code)
        body = self.body(request)
        self.check(is_text(body.get("label"), 0, 80))
        self.check(is_content(body.get("content")))
        self.check("parts" not in body or are_parts(body["parts"]))
        known = ("label", "content", "parts")
        kept: dict[str, Any] = {name: body[name] for name in known if name in body}
        key, due = (site, code, self.new_id()), self.clock.now() + self.choices.packs_in
        self.keep_box(key, kept)
        self.times[key] = (due, NEVER)
        job = f"j{next(self.numbers)}"
        self.jobs[job] = (due, f"/sites/{site}/racks/{code}/boxes/;box_id={key[2]}")
        where = self.location(f"/jobs/.{job}", request)
        return self.shown(202, {"id": job, "state": "waiting"}, Location=where, **self.wait())

    def wait(self) -> dict[str, str]:
        asked = self.choices.retry_after
        return {} if asked is None else {"Retry-After": str(asked)}

    def get_job(self, request: httpx.Request, id: str) -> httpx.Response:
        if id not in self.jobs:
            raise self.lost(id)
        due, made = self.jobs[id]
        if made:
            self.site(made.split("/")[2])
        if self.clock.now() < due:
            return self.shown(200, {"id": id, "state": "packing"}, **self.wait())
        where = self.location(made, request)
        if self.choices.job_ends == "redirection":
            return httpx.Response(303, headers={"Location": where})
        return self.shown(200, {"id": id, "state": "packed", "box": where})

    def box(self, site: str, code: str, id: str) -> dict[str, Any]:
        self.rack(site, code)
        key = (site, code, id)
        if not self.is_there(key):
            was_there = key in self.boxes and self.times[key][1] <= self.clock.now()
            raise Wrong(self.choices.gone if was_there else self.choices.unknown)
        return self.boxes[key]

    def get_box(self, _: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        return self.shown(200, self.box(site, code, id))

    def patch_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        box = self.box(site, code, id)
        body = self.body(request, "application/merge-patch+json")
        self.check("label" not in body or is_text(body["label"], 0, 80))
        removes_parts = "parts" in body and body["parts"] is None
        self.check(removes_parts or "parts" not in body or are_parts(body["parts"]))
        box.update({name: body[name] for name in ("label", "parts") if name in body})
        if removes_parts:
            del box["parts"]
        return self.shown(200, box)

    def delete_box(self, _: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        self.box(site, code, id)
        soon = self.choices.packs_in if self.choices.unpack_status == 202 else 0.0
        key = (site, code, id)
        self.times[key] = (self.times[key][0], min(self.times[key][1], self.clock.now() + soon))
        return httpx.Response(self.choices.unpack_status)


def plain(text: str) -> str:
    """Return what stands behind the sign of its style."""
    return text.removeprefix(";box_id=").removeprefix(".")


# --- values ---------------------------------------------------------------------------------------

NEVER = float("inf")


def no_number(word: str) -> None:
    """Refuse NaN and Infinity."""
    raise ValueError(word)


def is_text(value: Any, least: int, most: int) -> bool:
    """Return whether *value* is a text of so many characters."""
    return isinstance(value, str) and least <= len(value) <= most


def is_whole(value: Any) -> bool:
    """Return whether *value* is a whole number, `2.0` among them."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and value == int(value)


def is_number(text: str, least: int, most: int) -> bool:
    """Return whether *text* is a whole number within bounds."""
    return bool(re.fullmatch(r"-?\d+", text)) and least <= int(text) <= most


def is_content(value: Any) -> bool:
    """Return whether *value* is a book or a liquid, as its kind says."""
    if not isinstance(value, dict):
        return False
    if value.get("kind") == "book":
        pages = value.get("pages", 1)
        return is_text(value.get("title"), 0, 80) and is_whole(pages) and pages >= 1
    litres = value.get("litres")
    if isinstance(litres, bool) or not isinstance(litres, int | float):
        return False
    return value.get("kind") == "liquid" and 0 < litres <= 1000


def are_parts(value: Any) -> bool:
    """Return whether *value* is a list of parts, each with parts of its own."""
    if not isinstance(value, list) or len(value) > 9:
        return False
    for part in value:
        if not isinstance(part, dict) or not is_text(part.get("name"), 0, 40):
            return False
        if "parts" in part and not are_parts(part["parts"]):
            return False
    return True


def reversed_keys(value: Any) -> Any:
    """Return *value* with the members of each object in the other order."""
    if isinstance(value, dict):
        return {name: reversed_keys(inner) for name, inner in reversed(value.items())}
    return [reversed_keys(one) for one in value] if isinstance(value, list) else value


def cookies_of(request: httpx.Request) -> Iterator[tuple[str, str]]:
    """Yield the cookies of a request."""
    for pair in request.headers.get("Cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        yield name, unquote(value)


def as_handle(service: Warehouse) -> Callable[..., tuple[int, list[tuple[str, str]], bytes]]:
    """Return what serves *service* over HTTP, one request at a time."""
    lock = threading.Lock()

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        with lock:
            request = httpx.Request(method, f"http://h{path}", headers=headers, content=body)
            answer = service(request)
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() != "content-length"]
        return answer.status_code, kept, answer.content

    return handle
