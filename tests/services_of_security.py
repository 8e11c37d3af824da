"""Security: each document asks for one kind of credentials."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpx
from services_of_parameters import Checking, anything, cookies_of, takes_switch
from small_services import SECRET, Row, SmallService, issued_part, refusal

if TYPE_CHECKING:
    from small_services import Answer

Check = Callable[[httpx.Request], bool]
THING = "/things/t-1"


def asking(knows: Check, allows: Check = anything) -> Callable[[], Answer]:
    """Return what makes a service that answers 401 unless it *knows* who asks, then what *allows* says."""

    def make() -> Answer:
        inner = Checking(SmallService(THING, {"enabled": True}, takes_switch), allows)

        def answer(request: httpx.Request) -> httpx.Response:
            return inner(request) if knows(request) else refusal(401)

        return answer

    return make


def has_key_in_header(request: httpx.Request) -> bool:
    """Return whether X-Key is the key."""
    return str(request.headers.get("X-Key")) == SECRET


def has_key_in_query(request: httpx.Request) -> bool:
    """Return whether api_key is the key, once."""
    query = request.url.query.decode()
    return parse_qs(query, keep_blank_values=True).get("api_key") == [SECRET]


def has_key_in_cookie(request: httpx.Request) -> bool:
    """Return whether the cookie session is the key."""
    return cookies_of(request).get("session") == SECRET


def has_theme(request: httpx.Request) -> bool:
    """Return whether the cookie theme is one of two."""
    return cookies_of(request).get("theme") in ("dark", "light")


def has_pair(request: httpx.Request) -> bool:
    """Return whether user and password are right (RFC 7617)."""
    pair = f"{SECRET}:{issued_part(1)}".encode()
    return sent_as(request, "basic") == base64.b64encode(pair).decode()


def has_token(request: httpx.Request) -> bool:
    """Return whether the bearer token is right (RFC 6750)."""
    return sent_as(request, "bearer") == SECRET


def sent_as(request: httpx.Request, scheme: str) -> str:
    """Return the credential that was sent in *scheme*, in any case (RFC 9110 11.1)."""
    named, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential if named.lower() == scheme else ""


def has_both(request: httpx.Request) -> bool:
    """Return whether token and key are right."""
    return has_token(request) and has_key_in_query(request)


def has_token_or_none(request: httpx.Request) -> bool:
    """Return whether the token is right, or none was sent."""
    return "Authorization" not in request.headers or has_token(request)


def has_any(name: str) -> Check:
    """Return whether *name* is anywhere in query, cookies or headers."""
    return lambda r: name in r.headers or name in str(r.url) or name in cookies_of(r)


ROWS = (
    Row("key_in_header", asking(has_key_in_header), {"security/X-Key": asking(has_any("X-Key"))}),
    Row(
        "key_in_query",
        asking(has_key_in_query),
        {
            "security/api_key": asking(has_any("api_key")),
            "security/none": asking(lambda r: not r.url.query or has_key_in_query(r)),
            "security/key/accepted": asking(has_key_in_header),
        },
    ),
    Row(
        "key_in_cookie",
        asking(has_key_in_cookie, has_theme),
        {
            "security/session": asking(has_any("session"), has_theme),
            "parameters/cookie/theme/required": asking(
                has_key_in_cookie, lambda r: "theme" not in cookies_of(r) or has_theme(r)
            ),
        },
    ),
    Row(
        "basic_credentials",
        asking(has_pair),
        {
            "security/user": asking(lambda r: bool(sent_as(r, "basic"))),
            "security/user/accepted": asking(has_token),
        },
    ),
    Row(
        "bearer_token",
        asking(has_token),
        {"security/token": asking(lambda r: sent_as(r, "bearer").lower() == SECRET.lower())},
    ),
    Row("oauth_token", asking(has_token), {"security/none": asking(has_token_or_none)}),
    Row("openid_token", asking(has_token), {"security/login/accepted": asking(has_pair)}),
    Row(
        "optional_credentials",
        asking(has_token_or_none),
        {
            "security/none/accepted": asking(has_token),
            "security/token/accepted": asking(lambda r: "Authorization" not in r.headers),
        },
    ),
    Row(
        "two_credentials",
        asking(has_both),
        {"security/api_key": asking(has_token), "security/token": asking(has_key_in_query)},
    ),
    Row("digest_or_basic", asking(has_pair), {"security/none": asking(anything)}),
)
