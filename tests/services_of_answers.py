"""Answers to a successful update: which statuses, bodies, headers, ids and times a service may give."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from services_of_refusals import altered, named_thing, takes_any_name
from small_services import Row, SmallService, refusal, set_known_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from services_of_refusals import Change
    from small_services import Answer


def answering(status: int, body: object = None) -> Change:
    """Return the change that gives each accepted update *status* and, where it is given, the JSON value *body*."""

    def change(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        if response.status_code != 200:
            return response
        if status == 204:
            return httpx.Response(204)
        return httpx.Response(status, json=response.json() if body is None else body)

    return change


def showing(**members: Any) -> Change:
    """Return the change that shows these members in each answer to an accepted update."""

    def change(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        if response.status_code != 200:
            return response
        return httpx.Response(200, json=response.json() | members)

    return change


def with_headers(**headers: str) -> Change:
    """Return the change that sends these headers with each accepted update."""

    def change(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        if response.status_code == 200:
            for name, value in headers.items():
                response.headers[name.replace("_", "-")] = value
        return response

    return change


# --- statuses --------------------------------------------------------------------------------------------------------


def creating(shown: dict[str, Any]) -> Callable[[], Answer]:
    """Return a maker of services that create what they do not find, and show it as *shown*."""

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        path = unquote(request.url.raw_path.decode())
        is_new = response.status_code == 404 and re.fullmatch("/things/[a-z0-9-]+", path)
        return httpx.Response(201, json=shown) if is_new else response

    return altered(named_thing, change)


def before_it_is_done() -> Answer:
    """Return a service that answers 202 with the thing as it was before."""
    service = named_thing()

    def answer(request: httpx.Request) -> httpx.Response:
        before = dict(service.state)
        response = service(request)
        return httpx.Response(202, json=before) if response.status_code == 200 else response

    return answer


def by_turns(job: object) -> Callable[[], Answer]:
    """Return a maker of services that answer 200, 202 and 204 by turns, 202 with this *job*."""

    def made() -> Answer:
        service = named_thing()
        turns = itertools.cycle((200, 202, 204))

        def answer(request: httpx.Request) -> httpx.Response:
            response = service(request)
            if response.status_code != 200:
                return response
            status = next(turns)
            if status == 202:
                return httpx.Response(202, json={"job": job})
            return response if status == 200 else httpx.Response(204)

        return answer

    return made


# --- bodies ----------------------------------------------------------------------------------------------------------


def touched(shown: object, unknown: object) -> Callable[[], Answer]:
    """Return a maker of services that are updated without a body, and answer with these values."""

    def answer(request: httpx.Request) -> httpx.Response:
        if unquote(request.url.raw_path.decode()) != "/things/t-1":
            return refusal(404, unknown)
        return httpx.Response(200, json=shown)

    return lambda: answer


def has_odd_names(body: Any) -> bool:
    """Return whether the body is an object whose odd members, where they are there, are texts."""
    return isinstance(body, dict) and all(
        isinstance(body.get(name, ""), str) for name in ("a/b", "m~n", "x.y")
    )


def oddly_named() -> SmallService:
    """Return a service of a thing whose members have odd names."""
    return SmallService("/things/t-1", {"a/b": "a", "m~n": "b", "x.y": "c"}, has_odd_names)


def forgets_one(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set the members of the resource that the body names, but for the one with a slash."""
    set_known_members(state, {name: value for name, value in body.items() if name != "a/b"})


def takes_any_value() -> SmallService:
    """Return a service that takes any JSON, and shows the same thing each time."""
    return SmallService("/things/t-1", {"any": ["thing"]}, lambda _: True, lambda *_: None)


def takes_any_bytes(_: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Take what was refused as no JSON."""
    is_refused = response.status_code == 400
    return httpx.Response(200, json={}) if is_refused else response


# --- what an update does not write -----------------------------------------------------------------------------------


def count_revision(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set the name, and count the revision and how often the thing was seen."""
    state["name"] = body.get("name", state["name"])
    state["revision"] += 1
    state["seen"] += 3


def write_revision(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Count, unless a revision is sent."""
    count_revision(state, body)
    if isinstance(body.get("revision"), int):
        state["revision"] = body["revision"]


def revised(change: Callable[[dict[str, Any], Any], None]) -> Callable[[], SmallService]:
    """Return a maker of services that count revisions."""

    def is_right(body: Any) -> bool:
        return isinstance(body, dict) and isinstance(body.get("name", ""), str)

    shown = {"name": "a", "revision": 1, "seen": 0}
    return lambda: SmallService("/things/t-1", shown, is_right, change)


def has_a_note(body: Any) -> bool:
    """Return whether the body is an object whose `note`, where it is there, is a text."""
    return isinstance(body, dict) and isinstance(body.get("note", ""), str)


def noted(path: str, id: object) -> Callable[[], SmallService]:
    """Return a maker of services of a thing with this id and a note."""

    def change(state: dict[str, Any], body: dict[str, Any]) -> None:
        set_known_members(state, {"note": body.get("note", state["note"])})

    return lambda: SmallService(path, {"id": id, "note": "a"}, has_a_note, change)


def stamped(creations: int) -> Callable[[], SmallService]:
    """Return a maker of services whose clock moves a second with each update; *creations* differ."""

    def change(state: dict[str, Any], body: dict[str, Any]) -> None:
        state["name"] = body.get("name", state["name"])
        second = int(state["updated_at"][17:19]) + 60 * int(state["updated_at"][14:16]) + 1
        state["updated_at"] = f"2026-01-05T08:{second // 60 % 60:02d}:{second % 60:02d}Z"
        state["created_at"] = f"2026-01-0{1 + second % creations}T00:00:00Z"
        state["owner"] = {"updated_at": f"2025-0{1 + second % 9}-01T00:00:00Z"}

    def is_right(body: Any) -> bool:
        return isinstance(body, dict) and isinstance(body.get("name", ""), str)

    shown = {
        "name": "a",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-05T08:00:00Z",
        "owner": {"updated_at": "2025-01-01T00:00:00Z"},
    }
    return lambda: SmallService("/things/t-1", shown, is_right, change)


def has_labels(body: Any) -> bool:
    """Return whether the body is an object whose `labels`, where they are there, map names to texts."""
    labels = body.get("labels", {}) if isinstance(body, dict) else None
    return isinstance(labels, dict) and all(isinstance(one, str) for one in labels.values())


def merge_labels(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set the labels that the body names, and keep the others."""
    state["labels"] = state["labels"] | body.get("labels", {})


def labelled(change: Callable[[dict[str, Any], Any], None]) -> Callable[[], SmallService]:
    """Return a maker of services of a thing that has labels."""
    return lambda: SmallService("/things/t-1", {"labels": {"a": "b"}}, has_labels, change)


HEADERS = {"X_Count": "9", "X_Tags": "1,2", "X_Fresh": "true"}


def with_count(**headers: str) -> Callable[[], Answer]:
    """Return a maker of services that send the documented headers, these of another value."""
    return altered(named_thing, with_headers(**HEADERS | headers))


def without_fresh() -> Answer:
    """Return a service that does not send the header of which nobody says that it is required."""
    return altered(named_thing, with_headers(X_Count="9", X_Tags="1"))()


ROWS = (
    Row(
        "answer_created_or_updated",
        creating({"name": "new"}),
        {"201/body/name": creating({"name": 7})},
    ),
    Row(
        "answer_without_success",
        named_thing,
        {"request/name/type": takes_any_name},
    ),
    Row(
        "answer_empty",
        altered(named_thing, answering(204)),
        {"statuses": named_thing},
    ),
    Row(
        "answer_undescribed",
        named_thing,
        {"statuses": altered(named_thing, answering(201))},
    ),
    Row(
        "answer_for_later",
        before_it_is_done,
        {"202/body/name": altered(named_thing, answering(202, {"name": 7}))},
    ),
    Row(
        "answer_one_of_several",
        by_turns("j-1"),
        {"202/body/job": by_turns(7), "200/body/name": altered(named_thing, showing(name=7))},
    ),
    Row(
        "answer_range",
        altered(named_thing, answering(201)),
        {"2XX/body/name": altered(named_thing, answering(203, {"name": 7}))},
    ),
    Row(
        "answer_headers",
        with_count(),
        {
            "200/header/X-Count": with_count(X_Count="10"),
            "200/header/X-Colour": with_count(X_Colour="blue"),
            "200/header/X-Tags": with_count(X_Tags="one,two"),
            "200/header/X-Fresh": with_count(X_Fresh="maybe"),
            "200/header/X-Fresh/sent": without_fresh,
        },
    ),
    Row(
        "answer_without_body_of_request",
        touched({"name": "a"}, {"message": "no"}),
        {
            "200/body/name": touched({}, {"message": "no"}),
            "error/body": touched({"name": "a"}, ["no"]),
            "request/unknown-id": lambda: lambda _: httpx.Response(200, json={"name": "a"}),
        },
    ),
    Row(
        "answer_odd_names",
        oddly_named,
        {"update/sent-is-returned/a/b": lambda: replace(oddly_named(), change=forgets_one)},
    ),
    Row(
        "answer_any_schema",
        takes_any_value,
        {"request/body/json": altered(takes_any_value, takes_any_bytes)},
    ),
    Row(
        "answer_moving_members",
        revised(count_revision),
        {"update/immutable/revision": revised(write_revision)},
    ),
    Row(
        "answer_integer_beside_name",
        noted("/repos/tools", 42),
        {"200/body/id": noted("/repos/tools", "tools")},
    ),
    Row(
        "answer_integer_id",
        noted("/things/10007", 10007),
        {"update/id-is-path-id": noted("/things/10007", 10008)},
    ),
    Row(
        "answer_time_stamps",
        stamped(1),
        {"update/created-constant": stamped(9)},
    ),
    Row(
        "answer_merged_map",
        labelled(merge_labels),
        {"update/sent-is-returned/labels": labelled(lambda state, _: state.update(labels={}))},
    ),
)
