"""Parameters: each document shows one location, one style, or one kind of path parameter."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote

import httpx
from small_services import Row, SmallService, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from small_services import Answer

THING = "/things/t-1"
COLOURS = {"red", "green", "blue"}
Check = Callable[[httpx.Request], bool]


def takes_switch(body: Any) -> bool:
    """Return whether the body is an object whose `enabled`, where it is there, is a boolean."""
    return isinstance(body, dict) and isinstance(body.get("enabled", True), bool)


@dataclass
class Checking:
    """A service that refuses a request of its resource unless `allows` lets it pass."""

    inner: SmallService
    allows: Check
    refused_with: int = 400

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        is_own = re.fullmatch(self.inner.path, path)
        if is_own and not self.allows(request):
            return refusal(self.refused_with)
        return self.inner(request)


def allowing(allows: Check, path: str = THING, *, status: int = 400) -> Callable[[], Answer]:
    """Return what makes a service at *path* that takes what *allows* lets pass, and else answers *status*."""
    return lambda: Checking(SmallService(path, {"enabled": True}, takes_switch), allows, status)


def anything(_: httpx.Request) -> bool:
    """Let every request pass."""
    return True


def query_of(request: httpx.Request) -> dict[str, list[str]]:
    """Return the decoded values of each parameter of the query."""
    return parse_qs(request.url.query.decode(), keep_blank_values=True)


def single(request: httpx.Request, name: str) -> str | None:
    """Return the decoded value of *name* in the query, None where it is not there once."""
    values = query_of(request).get(name, [])
    return values[0] if len(values) == 1 else None


def raw(request: httpx.Request, name: str) -> str | None:
    """Return the value of *name* in the query as it came, undecoded."""
    for pair in request.url.query.decode().split("&"):
        key, _, value = pair.partition("=")
        if unquote(key) == name:
            return value
    return None


def is_integer(text: str | None, low: int, high: int) -> bool:
    """Return whether *text* is an integer within bounds."""
    return bool(text and re.fullmatch(r"-?\d+", text)) and low <= int(text or 0) <= high


def optional(name: str, test: Callable[[str], bool]) -> Check:
    """Let a request pass where *name* is not in the query, or passes *test*."""

    def allows(request: httpx.Request) -> bool:
        value = single(request, name)
        return value is None or test(value)

    return allows


def required(name: str, test: Callable[[str], bool]) -> Check:
    """Let a request pass where *name* is in the query and passes *test*."""

    def allows(request: httpx.Request) -> bool:
        value = single(request, name)
        return value is not None and test(value)

    return allows


# --- values ---------------------------------------------------------------------------------------------------------


def is_depth(text: str) -> bool:
    """Return whether *text* is an integer from 1 to 9."""
    return is_integer(text, 1, 9)


def is_share(text: str) -> bool:
    """Return whether *text* is a quarter, two, three or four of them."""
    return re.fullmatch(r"[0-9.]+", text) is not None and float(text) in (0.25, 0.5, 0.75, 1)


def is_code(text: str) -> bool:
    """Return whether *text* is some letters, a hyphen and some digits."""
    return 3 <= len(text) <= 9 and re.fullmatch("[a-z]+-[0-9]+", text) is not None


def is_date(text: str) -> bool:
    """Return whether *text* is a date."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def are_colours(items: list[str]) -> bool:
    """Return whether *items* are one to three different colours."""
    return 0 < len(items) <= 3 and len(set(items)) == len(items) and set(items) <= COLOURS


def is_size(members: Mapping[str, str]) -> bool:
    """Return whether *members* are a height from 1 and maybe a switch."""
    is_switch = members.get("wide", "true") in ("true", "false")
    return is_switch and is_integer(members.get("height"), 1, 10**9)


# --- styles ---------------------------------------------------------------------------------------------------------


def has_colours_apart(request: httpx.Request) -> bool:
    """Read a pair of its own for each item."""
    return are_colours(query_of(request).get("colour", []))


def has_colours_between(between: str, request: httpx.Request) -> bool:
    """Read one value, its items with *between* between them."""
    text = raw(request, "colour")
    return text is not None and are_colours([unquote(item) for item in text.split(between)])


def has_size_apart(request: httpx.Request) -> bool:
    """Read each member under its own name."""
    return is_size(dict(parse_qsl(request.url.query.decode())))


def has_size_in_commas(request: httpx.Request) -> bool:
    """Read names and members in turn, with commas between them."""
    words = (raw(request, "size") or "").split(",")
    return len(words) % 2 == 0 and is_size(dict(zip(words[::2], words[1::2], strict=True)))


def has_size_in_brackets(request: httpx.Request) -> bool:
    """Read ``size[height]``."""
    pairs = parse_qsl(request.url.query.decode())
    named = [(re.fullmatch(r"size\[(\w+)\]", name), value) for name, value in pairs]
    return is_size({found[1]: value for found, value in named if found})


def has_size_in_json(request: httpx.Request) -> bool:
    """Read an object of JSON with a height alone."""
    try:
        size = json.loads(single(request, "size") or "")
    except ValueError:
        return False
    return isinstance(size, dict) and list(size) == ["height"] and is_height(size["height"])


def is_height(value: Any) -> bool:
    """Return whether *value* is an integer from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def has_link(request: httpx.Request) -> bool:
    """Read a link whose reserved characters are not encoded."""
    return raw(request, "next") == "https://a.example/b?c"


# --- headers and cookies --------------------------------------------------------------------------------------------


def has_mode(request: httpx.Request) -> bool:
    """Read the header X-Mode."""
    return request.headers.get("X-Mode") in ("fast", "safe")


def has_zones(request: httpx.Request) -> bool:
    """Read the numbers in the header X-Zones, where it is there."""
    text = request.headers.get("X-Zones", "1")
    return all(is_integer(item.strip(), 1, 10**9) for item in text.split(","))


def has_size_in_header(request: httpx.Request) -> bool:
    """Read ``height=1,wide=true`` in the header X-Size."""
    words = [word.partition("=") for word in request.headers.get("X-Size", "").split(",")]
    return is_size({name: value for name, _, value in words})


def cookies_of(request: httpx.Request) -> dict[str, str]:
    """Return the cookies by name."""
    pairs = [pair.strip().partition("=") for pair in request.headers.get("Cookie", "").split(";")]
    return {name: value for name, _, value in pairs}


def has_theme(request: httpx.Request) -> bool:
    """Read the cookie theme."""
    return cookies_of(request).get("theme") in ("dark", "light")


def has_overridden(request: httpx.Request) -> bool:
    """Read tenant in the query and in a header, and depth."""
    is_own = single(request, "tenant") in ("east", "west")
    header = request.headers.get("tenant", "1")
    return is_own and is_integer(header, 1, 5) and optional("depth", is_depth)(request)


# --- services that break a document ----------------------------------------------------------------------------------


@dataclass
class Failing:
    """A service that fails where `fails` says so."""

    inner: Answer
    fails: Check

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        return refusal(500) if self.fails(request) else self.inner(request)


@dataclass
class Heeding:
    """A service that answers another resource where `heeds` says so."""

    inner: Answer
    heeds: Check

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        answer = self.inner(request)
        if answer.status_code == 200 and self.heeds(request):
            shown = json.loads(answer.content)
            return httpx.Response(200, json={"enabled": not shown["enabled"]})
        return answer


def failing(make: Callable[[], Answer], fails: Check) -> Callable[[], Answer]:
    """Return what makes the service of *make* that fails where *fails* says so."""
    return lambda: Failing(make(), fails)


def heeding(make: Callable[[], Answer], heeds: Check) -> Callable[[], Answer]:
    """Return what makes the service of *make* whose answer differs where *heeds* says so."""
    return lambda: Heeding(make(), heeds)


def sends(name: str) -> Check:
    """Return whether *name* is in the query."""
    return lambda request: name in query_of(request)


def row(
    name: str,
    allows: Check,
    broken: Mapping[str, Check],
    more: Mapping[str, Callable[[], Answer]] | None = None,
) -> Row:
    """Return a row whose service takes what *allows* lets pass, and whose broken ones take too much or too little."""
    made = {clause: allowing(other) for clause, other in broken.items()}
    return Row(name, allowing(allows), made | dict(more or {}))


def of_path(name: str, path: str, own: str, broken: Mapping[str, Callable[[], Answer]]) -> Row:
    """Return a row whose service has one resource, at the decoded *path*; *own* is its id."""
    parameters = (("id", own),) if own else ()
    return Row(name, allowing(anything, path), broken, parameters)


# --- ids ------------------------------------------------------------------------------------------------------------

UUID = "7d444840-9dc0-41d1-b245-5ffdce74fad2"


def strict_uuid() -> Answer:
    """Return a service that refuses what is no UUID before it looks for one: 404 is for those alone."""
    return refusing_form(f"/things/{UUID}", is_uuid)


def is_uuid(text: str) -> bool:
    """Return whether *text* is a UUID in its usual form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def refusing_form(path: str, fits: Callable[[str], bool]) -> Answer:
    """Return a service at *path* that answers 400 to an id of another form, and to no other one."""
    inner = SmallService(path, {"enabled": True}, takes_switch)

    def answer(request: httpx.Request) -> httpx.Response:
        sent = unquote(request.url.raw_path.decode()).rpartition("/things/")[2]
        return inner(request) if fits(sent) else refusal(400)

    return answer


def strict_integer() -> Answer:
    """Return a service that refuses what is no number."""
    return refusing_form("/things/4711", lambda text: is_integer(text, 1, 2**63))


def lenient(path: str, like: str) -> Callable[[], Answer]:
    """Return what makes a service at *path* that takes every id like the pattern *like* for its own."""
    return lambda: SmallService(f"{path}|{like}", {"enabled": True}, takes_switch)


def failing_at(path: str, like: str) -> Callable[[], Answer]:
    """Return what makes a service at *path* that fails at ids like the pattern *like*."""

    def fails(request: httpx.Request) -> bool:
        return re.fullmatch(like, unquote(request.url.raw_path.decode())) is not None

    return failing(allowing(anything, path), fails)


ROWS = (
    row(
        "query_enum",
        required("tenant", {"north", "south"}.__contains__),
        {
            "parameters/query/tenant/required": optional("tenant", {"north", "south"}.__contains__),
            "parameters/query/tenant/enum": required("tenant", bool),
            "parameters/query/tenant/accepted": required("tenant", {"north"}.__contains__),
        },
        {
            "parameters/undeclared/ignored": heeding(
                allowing(required("tenant", {"north", "south"}.__contains__)),
                sends("contract_undeclared"),
            ),
            "parameters/undeclared/never-5xx": failing(
                allowing(required("tenant", {"north", "south"}.__contains__)),
                sends("contract_undeclared"),
            ),
        },
    ),
    row(
        "query_integer",
        optional("depth", is_depth),
        {
            "parameters/query/depth/type": optional(
                "depth", lambda text: not text.isdigit() or is_depth(text)
            ),
            "parameters/query/depth/minimum": optional("depth", lambda t: is_integer(t, -9, 9)),
            "parameters/query/depth/maximum": optional("depth", lambda t: is_integer(t, 1, 99)),
            "parameters/query/depth/accepted": optional("depth", lambda t: is_integer(t, 2, 9)),
        },
        {
            "parameters/query/depth/default": heeding(
                allowing(optional("depth", is_depth)), lambda r: single(r, "depth") == "3"
            ),
            "parameters/query/depth/never-5xx": failing(
                allowing(optional("depth", is_depth)),
                lambda r: not (single(r, "depth") or "1").isdigit(),
            ),
        },
    ),
    row(
        "query_number",
        optional("share", is_share),
        {
            "parameters/query/share/multipleOf": optional(
                "share", lambda text: text in ("0.375", "0.875") or is_share(text)
            ),
            "parameters/query/share/exclusiveMinimum": optional(
                "share", lambda text: text in ("0", "0.0") or is_share(text)
            ),
        },
    ),
    row(
        "query_boolean",
        optional("verbose", {"true", "false"}.__contains__),
        {
            "parameters/query/verbose/type": anything,
            "parameters/query/verbose/accepted": optional("verbose", {"false"}.__contains__),
        },
    ),
    row(
        "query_text",
        required("code", is_code),
        {
            "parameters/query/code/pattern": required("code", lambda t: 3 <= len(t) <= 9),
            "parameters/query/code/maxLength": required(
                "code", lambda t: re.fullmatch("[a-z]+-[0-9]+", t) is not None
            ),
        },
    ),
    row(
        "query_date",
        optional("since", is_date),
        {
            "parameters/query/since/format": anything,
            "parameters/query/since/accepted": optional("since", str.isdigit),
        },
    ),
    row(
        "query_list",
        has_colours_apart,
        {
            "parameters/query/colour/items/enum": lambda r: bool(query_of(r).get("colour")),
            "parameters/query/colour/accepted": lambda r: "," in (raw(r, "colour") or ""),
        },
    ),
    row(
        "query_list_commas",
        partial(has_colours_between, ","),
        {
            "parameters/query/colour/accepted": has_colours_apart,
            "parameters/query/colour/uniqueItems": lambda r: (
                (raw(r, "colour") == "red,red" or has_colours_between(",", r))
                or set((raw(r, "colour") or "x").split(",")) <= COLOURS
            ),
        },
    ),
    row(
        "query_list_spaces",
        partial(has_colours_between, "%20"),
        {"parameters/query/colour/accepted": partial(has_colours_between, ",")},
    ),
    row(
        "query_list_pipes",
        partial(has_colours_between, "%7C"),
        {"parameters/query/colour/accepted": partial(has_colours_between, ",")},
    ),
    row(
        "query_object",
        has_size_apart,
        {
            "parameters/query/size/required": lambda r: not r.url.query or has_size_apart(r),
            "parameters/query/size/accepted": has_size_in_brackets,
        },
    ),
    row(
        "query_object_commas",
        has_size_in_commas,
        {
            "parameters/query/size/accepted": has_size_apart,
            "parameters/query/size/properties/minimum": lambda r: (
                "height,0" in (raw(r, "size") or "") or has_size_in_commas(r)
            ),
        },
    ),
    row(
        "query_object_deep",
        has_size_in_brackets,
        {
            "parameters/query/size/accepted": has_size_apart,
            "parameters/query/size/properties/required": lambda r: (
                has_size_in_brackets(r) or "height" not in r.url.query.decode()
            ),
        },
    ),
    row(
        "query_json",
        has_size_in_json,
        {
            "parameters/query/size/additionalProperties": lambda r: (
                has_size_in_json(r) or "contract-none" in r.url.query.decode()
            ),
            "parameters/query/size/accepted": has_size_apart,
        },
    ),
    row(
        "query_reserved",
        has_link,
        {"parameters/query/next/accepted": lambda r: "%3A" in (raw(r, "next") or "")},
    ),
    row(
        "query_odd_name",
        optional("page[size]", lambda text: is_integer(text, 1, 50)),
        {
            "parameters/query/page[size]/maximum": optional(
                "page[size]", lambda text: is_integer(text, 1, 10**9)
            )
        },
    ),
    row(
        "header_parameter",
        has_mode,
        {
            "parameters/header/X-Mode/required": lambda r: "X-Mode" not in r.headers or has_mode(r),
            "parameters/header/X-Mode/enum": lambda r: "X-Mode" in r.headers,
        },
    ),
    row(
        "header_list",
        has_zones,
        {
            "parameters/header/X-Zones/items/type": lambda r: (
                not r.headers.get("X-Zones", "1")[-1].isdigit() or has_zones(r)
            ),
            "parameters/header/X-Zones/accepted": lambda r: "," not in r.headers.get("X-Zones", ""),
        },
    ),
    row(
        "header_object",
        has_size_in_header,
        {
            "parameters/header/X-Size/required": lambda r: (
                "X-Size" not in r.headers or has_size_in_header(r)
            ),
            "parameters/header/X-Size/accepted": lambda r: r.headers.get("X-Size") == "height,1",
        },
    ),
    row(
        "cookie_parameter",
        has_theme,
        {
            "parameters/cookie/theme/required": lambda r: "Cookie" not in r.headers or has_theme(r),
            "parameters/cookie/theme/accepted": lambda r: cookies_of(r).get("theme") == "dark",
        },
    ),
    row(
        "parameters_overridden",
        has_overridden,
        {
            "parameters/query/tenant/enum": lambda r: (
                is_integer(r.headers.get("tenant", "1"), 1, 5)
                and optional("depth", is_depth)(r)
                and single(r, "tenant") is not None
            ),
            "parameters/header/tenant/maximum": lambda r: (
                r.headers.get("tenant") == "6" or has_overridden(r)
            ),
        },
    ),
    Row(
        "path_uuid",
        strict_uuid,
        {
            "parameters/path/id/format": lenient(f"/things/{UUID}", "/things/contract-none"),
            "request/unknown-id": lenient(
                f"/things/{UUID}", "/things/(?!7d44)[0-9a-f]{8}-[0-9a-f-]{27}"
            ),
        },
        (("id", UUID),),
    ),
    Row(
        "path_integer",
        strict_integer,
        {
            "parameters/path/id/type": lenient("/things/4711", "/things/contract-none"),
            "parameters/path/id/never-5xx": failing_at("/things/4711", "/things/contract-none"),
            "request/unknown-id": lenient("/things/4711", r"/things/\d{10}"),
        },
    ),
    of_path(
        "path_patterned",
        "/things/th_abc123",
        "th_abc123",
        {"parameters/path/id/pattern": lenient("/things/th_abc123", "/things/contract.none!?")},
    ),
    Row(
        "path_several",
        allowing(anything, "/regions/eu/things/t 1/a"),
        {
            "parameters/path/region/enum": lenient(
                "/regions/eu/things/t 1/a", "/regions/contract-none/things/t 1/a"
            ),
            "request/accepted": allowing(anything, "/regions/t 1/a/things/eu"),
        },
    ),
    Row(
        "path_with_parents",
        allowing(anything, "/owners/ann/shelves/7/things/t-1"),
        {
            "request/unknown-id/parent": allowing(anything, "/owners/[^/]+/shelves/7/things/t-1"),
            "request/unknown-id": allowing(anything, "/owners/ann/shelves/7/things/[^/]+"),
        },
    ),
    of_path(
        "path_matrix",
        "/things/;id=t-1",
        "",
        {"request/accepted": allowing(anything, "/things/t-1")},
    ),
    of_path(
        "path_label", "/things/.t-1", "", {"request/accepted": allowing(anything, "/things/t-1")}
    ),
    of_path(
        "path_list",
        "/things/t-1,t-2",
        "",
        {"request/accepted": allowing(anything, "/things/t-1;t-2")},
    ),
    of_path(
        "path_without_parameter",
        "/settings",
        "",
        {"request/accepted": allowing(anything, "/other")},
    ),
)
