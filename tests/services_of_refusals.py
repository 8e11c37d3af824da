"""Refusals: documents that name other statuses for them, ranges, `default`, or none, and other forms of error."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
from small_services import SECRET, Answer, Row, SmallService, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[httpx.Request, httpx.Response], httpx.Response]

FOREIGN_TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded")


def is_named(body: Any) -> bool:
    """Return whether the body is an object whose `name`, where it is there, is a text of up to 40 characters."""
    if not isinstance(body, dict):
        return False
    name = body.get("name", "")
    return isinstance(name, str) and len(name) <= 40


def is_object(body: Any) -> bool:
    """Return whether the body is an object."""
    return isinstance(body, dict)


def named_thing() -> SmallService:
    """Return a service of a thing that has a name."""
    return SmallService("/things/t-1", {"name": "a"}, is_named)


def takes_any_name() -> SmallService:
    """Return one that takes any object."""
    return replace(named_thing(), takes=is_object)


def altered(make: Callable[[], Answer], change: Change) -> Callable[[], Answer]:
    """Return a maker of services that answer as those of *make* do, each answer changed."""

    def made() -> Answer:
        answer = make()
        return lambda request: change(request, answer(request))

    return made


def refusing_with(body: object, *statuses: int) -> Change:
    """Return the change that gives refusals (those with *statuses*, else all) the JSON value *body*."""

    def change(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        is_meant = response.status_code in statuses if statuses else response.status_code >= 400
        return refusal(response.status_code, body) if is_meant else response

    return change


def restated(was: int, now: int) -> Change:
    """Return the change of one status into another."""

    def change(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        return refusal(now) if response.status_code == was else response

    return change


def crashing_on_refusals(_: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Answer 500 instead of any refusal."""
    return httpx.Response(500) if response.status_code >= 400 else response


# --- statuses by their meaning ---------------------------------------------------------------------------------------


def names_other_types() -> SmallService:
    """Return a service that answers 415 to another media type."""
    return replace(named_thing(), wrong_type=415)


def takes_other_types() -> SmallService:
    """Return one that reads JSON whatever it is called."""
    return replace(named_thing(), media_types=("application/json", *FOREIGN_TYPES))


def is_long_name(request: httpx.Request) -> bool:
    """Return whether the name is a text that is too long."""
    try:
        name = json.loads(request.content)["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return isinstance(name, str) and len(name) > 40


def too_large_name(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Answer 413 to a name that is too long."""
    is_meant = response.status_code == 400 and is_long_name(request)
    return refusal(413) if is_meant else response


def conflicting(status: int) -> Change:
    """Return the change that refuses, with *status*, some names as another thing's."""

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        is_taken = response.status_code == 200 and b"like" in request.read()
        return refusal(status) if is_taken else response

    return change


# --- documents that name none ----------------------------------------------------------------------------------------


def refuses_as_it_likes() -> SmallService:
    """Return a service that answers 422, 415 and 404, as the framework has it."""
    return replace(named_thing(), invalid=422, wrong_type=415)


def takes_what_it_likes() -> SmallService:
    """Return one that takes any object."""
    return replace(refuses_as_it_likes(), takes=is_object)


# --- other forms of error --------------------------------------------------------------------------------------------

CATEGORIZED = {
    "category": "VALIDATION_ERROR",
    "correlationId": "0d1e2f3a-4b5c-4d7e-8f90-a1b2c3d4e5f6",
    "message": "no",
    "context": {"id": ["t-2"]},
}


# --- credentials -----------------------------------------------------------------------------------------------------


def asking(for_none: httpx.Response, for_wrong: httpx.Response) -> Callable[[], Answer]:
    """Return a maker of services that answer so to a request without the key, and with a wrong one."""

    def made() -> Answer:
        service = named_thing()

        def answer(request: httpx.Request) -> httpx.Response:
            key = request.headers.get("X-Key")
            if not key:
                return for_none
            return service(request) if key == SECRET else for_wrong

        return answer

    return made


def who_are_you(**headers: str) -> httpx.Response:
    """Return a 401 with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    challenge = {"WWW-Authenticate": 'Key realm="things"'}
    return httpx.Response(401, json={"message": "no"}, headers=challenge | named)


PLAIN = asking(who_are_you(), refusal(403))
EXPLAINED = asking(who_are_you(X_Why="no key"), who_are_you(X_Why="wrong key"))

ROWS = (
    Row(
        "refusal_message_required",
        named_thing,
        {"error/body/message": altered(named_thing, refusing_with({}))},
    ),
    Row(
        "refusal_unsupported_type",
        names_other_types,
        {"request/body/media-type": takes_other_types},
    ),
    Row(
        "refusal_too_large",
        altered(named_thing, too_large_name),
        {
            "request/name/maxLength": takes_any_name,
            "request/name/type": altered(named_thing, restated(400, 413)),
        },
    ),
    Row(
        "refusal_unnamed",
        refuses_as_it_likes,
        {
            "request/name/type": takes_what_it_likes,
            "statuses": altered(refuses_as_it_likes, crashing_on_refusals),
        },
    ),
    Row(
        "refusal_range",
        refuses_as_it_likes,
        {
            "request/name/type": takes_what_it_likes,
            "error/body/message": altered(refuses_as_it_likes, refusing_with({})),
        },
    ),
    Row(
        "refusal_default",
        refuses_as_it_likes,
        {
            "request/name/type": takes_what_it_likes,
            "statuses": altered(refuses_as_it_likes, crashing_on_refusals),
            "error/body/message": altered(refuses_as_it_likes, refusing_with({})),
        },
    ),
    Row(
        "refusal_range_beside_named",
        altered(named_thing, refusing_with({"fault": "no"}, 400)),
        {
            "4XX/body/message": altered(named_thing, refusing_with({"fault": "no"})),
            "error/body/fault": named_thing,
        },
    ),
    Row(
        "refusal_unlisted_errors",
        altered(named_thing, refusing_with(CATEGORIZED)),
        {
            "error/body/correlationId": altered(
                named_thing, refusing_with(CATEGORIZED | {"correlationId": "7"})
            ),
        },
    ),
    Row(
        "refusal_gone",
        lambda: replace(named_thing(), unknown=410),
        {"request/unknown-id": lambda: replace(named_thing(), unknown=400)},
    ),
    Row(
        "refusal_conflict",
        altered(named_thing, conflicting(409)),
        {"request/accepted": altered(named_thing, conflicting(400))},
    ),
    Row(
        "refusal_undocumented_credentials",
        PLAIN,
        {
            "security/none": named_thing,
            "statuses": asking(refusal(409), refusal(403)),
        },
    ),
    Row(
        "refusal_credentials_choice",
        EXPLAINED,
        {"401/header/X-Why": PLAIN, "security/none": asking(refusal(400), refusal(403))},
    ),
)
