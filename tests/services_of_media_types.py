"""Media types: bodies that are not JSON, several a body, and answers of another type than the first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
from small_services import Answer, Row, SmallService, not_json, refusal

ADDRESS = "/things/t-1"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MERGE, PATCH = "application/merge-patch+json", "application/json-patch+json"
PARTS, XML = "multipart/form-data", "application/xml"
THING = {"name": "a", "size": 1}

Change = Callable[[dict[str, Any], Any], None]
Reader = Callable[[httpx.Request], Any]
Handling = tuple[Reader, Callable[[Any], bool], Change]
Readers = Mapping[str, Handling]


class Wrong(Exception):
    """The body cannot be taken."""


# --- what the documents allow --------------------------------------------------------------------------------------


def is_thing(body: Any) -> bool:
    """Return whether it is an object with a short name and a size from 1 on, where they are there."""
    if not isinstance(body, dict):
        return False
    name, size = body.get("name", ""), body.get("size", 1)
    is_number = isinstance(size, int | float) and not isinstance(size, bool)
    return (
        isinstance(name, str) and len(name) <= 500 and is_number and size >= 1 and size == int(size)
    )


def is_named(body: Any) -> bool:
    """Return whether it is a thing with a name."""
    return is_thing(body) and "name" in body


def is_object(body: Any) -> bool:
    """Return whether it is an object."""
    return isinstance(body, dict)


def is_removal(body: Any) -> bool:
    """Return whether it is a merge patch: texts, or null for what goes."""
    if not isinstance(body, dict):
        return False
    labels = body.get("labels", {})
    if not isinstance(labels, dict) or not all(isinstance(one, str) for one in labels.values()):
        return False
    name = body.get("name")
    return name is None or (isinstance(name, str) and len(name) <= 500)


def is_patch(body: Any) -> bool:
    """Return whether it is a list of operations."""
    if not isinstance(body, list):
        return False
    for one in body:
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            return False
        if one.get("op") not in ("add", "remove", "replace", "test"):
            return False
    return True


# --- readers -------------------------------------------------------------------------------------------------------


def json_in(request: httpx.Request) -> Any:
    """Return the value of a JSON body."""
    try:
        value = json.loads(request.read().decode("utf-8"), parse_constant=not_json)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Wrong from None
    return value


def with_numbers(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the members of a form; the size is a number, tags are a list."""
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name == "tags":
            found.setdefault("tags", []).append(text)
        elif name == "size":
            found[name] = int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else text
        else:
            found[name] = text
    return found


def form_in(request: httpx.Request) -> Any:
    """Return the members of a form."""
    body = request.read()
    if not body:
        raise Wrong
    return with_numbers(parse_qsl(body.decode("ascii"), keep_blank_values=True))


def parts_in(request: httpx.Request) -> Any:
    """Return the members of a body of parts."""
    found = re.search("boundary=(.+)", request.headers["Content-Type"])
    body = request.read().decode("utf-8")
    if not found or f"--{found[1]}--" not in body:
        raise Wrong
    pairs: list[tuple[str, str]] = []
    for part in body.split(f"--{found[1]}")[1:-1]:
        head, _, content = part.partition("\r\n\r\n")
        named = re.search('name="([^"]*)"', head)
        assert named is not None
        if named[1] == "photo":  # a file, with its type
            assert 'filename="' in head
            assert "Content-Type:" in head
        pairs.append((named[1], content.removesuffix("\r\n")))
    return with_numbers(pairs)


def bytes_in(request: httpx.Request) -> Any:
    """Return the bytes of a body that nobody looks into."""
    return request.read()


def markup_in(request: httpx.Request) -> Any:
    """Return XML, which begins with a bracket."""
    if not request.read().startswith(b"<"):
        raise Wrong
    return request.read()


# --- changes -------------------------------------------------------------------------------------------------------


def set_known(state: dict[str, Any], body: Any) -> None:
    """Set the members that the thing has."""
    state.update({name: body[name] for name in ("name", "size") if name in body})


def change_nothing(state: dict[str, Any], body: Any) -> None:
    """Keep the thing as it is: the file lies elsewhere."""


def merge(state: dict[str, Any], body: Any) -> None:
    """Merge the patch: null removes."""
    if "name" in body:
        state["name"] = body["name"]
    if state.get("name", "") is None:
        del state["name"]
    if "labels" in body:
        state["labels"] = {**state["labels"], **body["labels"]}


def forget_to_remove(state: dict[str, Any], body: Any) -> None:
    """Take null for what was not sent."""
    merge(state, {name: value for name, value in body.items() if value is not None})


def patch(state: dict[str, Any], body: Any) -> None:
    """Do each operation on the two members that there are; what cannot be done is refused."""
    wanted = dict(state)
    for one in body:
        name = one["path"].removeprefix("/")
        if one["path"] not in ("/name", "/size") or (one["op"] != "add" and name not in wanted):
            raise Wrong
        if one["op"] == "test" and wanted[name] != one.get("value"):
            raise Wrong
        if one["op"] in ("add", "replace"):
            wanted[name] = one.get("value")
        elif one["op"] == "remove":
            del wanted[name]
    if not is_thing(wanted):
        raise Wrong
    state.clear()
    state.update(wanted)


# --- services ------------------------------------------------------------------------------------------------------


class Typed(SmallService):
    """A service that reads several media types, and answers in one."""

    readers: Readers
    conflict = 409
    sent_as = JSON
    text: str | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        if not re.fullmatch(self.path, unquote(request.url.raw_path.decode())):
            return refusal(404)
        media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in self.readers:
            return refusal(self.wrong_type)
        read, takes, change = self.readers[media_type]
        try:
            body = read(request)
            if not takes(body):
                return refusal(400)
        except Wrong:
            return refusal(400)
        try:
            change(self.state, body)
        except Wrong:
            return refusal(self.conflict)
        content = self.text if self.text is not None else json.dumps(self.state)
        return httpx.Response(200, content=content, headers={"Content-Type": self.sent_as})


def service(
    readers: Readers,
    shown: dict[str, Any] | None = None,
    **more: Any,
) -> Callable[[], Answer]:
    """Return the maker of a service that reads bodies by *readers*; *more* is set on it."""

    def make() -> Answer:
        made = Typed(ADDRESS, dict(THING if shown is None else shown), is_object)
        made.readers = readers
        for name, value in more.items():
            setattr(made, name, value)
        return made

    return make


def anything(_: Any) -> bool:
    """Take any body."""
    return True


IN_JSON: dict[str, Handling] = {JSON: (json_in, is_thing, set_known)}
VENDOR: dict[str, Handling] = {"application/vnd.things.v2+json": (json_in, is_thing, set_known)}
IN_FORM: dict[str, Handling] = {FORM: (form_in, is_named, set_known)}
IN_PARTS: dict[str, Handling] = {PARTS: (parts_in, is_named, set_known)}
IN_XML: dict[str, Handling] = {XML: (markup_in, anything, change_nothing)}
IN_TEXT: dict[str, Handling] = {"text/plain": (bytes_in, anything, change_nothing)}
LABELLED = {"name": "a", "labels": {"x": "y"}}

ROWS = (
    Row(
        "json_suffix",
        service(VENDOR, sent_as="application/hal+json"),
        {
            "200/media-type": service(VENDOR),
            "200/json": service(VENDOR, sent_as="application/hal+json", text="{"),
            "request/size/minimum": service(
                {"application/vnd.things.v2+json": (json_in, is_object, set_known)},
                sent_as="application/hal+json",
            ),
        },
    ),
    Row(
        "parameters_of_a_type",
        service(IN_JSON),
        {"200/media-type": service(IN_JSON, sent_as="text/plain")},
    ),
    Row(
        "any_type_in_answers",
        service(IN_JSON, sent_as="application/vnd.things+json"),
        {
            "200/body/size": service(
                IN_JSON, shown={"name": "a", "size": 0}, sent_as="application/vnd.things+json"
            )
        },
    ),
    Row(
        "range_in_answers",
        service(IN_JSON),
        {
            "200/media-type": service(IN_JSON, sent_as="text/json"),
            "200/application/*/body": service(
                IN_JSON, shown={}, text="{}", sent_as="application/hal+json"
            ),
        },
    ),
    Row(
        "types_in_answers",
        service(IN_JSON, text='{"_links": {}}', sent_as="application/hal+json"),
        {
            "200/application/hal+json/body/_links": service(
                IN_JSON, text="{}", sent_as="application/hal+json"
            ),
            "200/media-type": service(IN_JSON, text="a", sent_as="text/plain"),
        },
    ),
    Row(
        "types_in_requests",
        service(IN_JSON | IN_FORM | IN_XML),
        {f"request/media-type/{FORM}": service(IN_JSON | IN_XML)},
    ),
    Row(
        "merge_patch",
        service({MERGE: (json_in, is_removal, merge)}, shown=LABELLED),
        {
            "update/sent-is-returned/name": service(
                {MERGE: (json_in, is_removal, forget_to_remove)}, shown=LABELLED
            ),
            "request/name/type": service(
                {MERGE: (json_in, is_object, change_nothing)}, shown=LABELLED
            ),
        },
    ),
    Row(
        "json_patch",
        service({PATCH: (json_in, is_patch, patch)}),
        {
            "request/[].op/enum": service({PATCH: (json_in, anything, change_nothing)}),
            "statuses": service({PATCH: (json_in, is_patch, patch)}, conflict=500),
        },
    ),
    Row(
        "form",
        service(IN_FORM),
        {
            "request/size/type": service({FORM: (form_in, anything, change_nothing)}),
            "request/name/required": service({FORM: (form_in, is_thing, set_known)}),
            "request/accepted": service({FORM: (json_in, is_named, set_known)}),
        },
    ),
    Row(
        "parts_with_a_file",
        service(IN_PARTS),
        {"request/name/required": service({PARTS: (parts_in, is_thing, set_known)})},
    ),
    Row(
        "xml",
        service(IN_XML, text="<thing/>", sent_as=XML),
        {
            "request/body/media-type": service(
                IN_XML | IN_JSON | IN_FORM | {"text/plain": (bytes_in, anything, change_nothing)}
            )
        },
    ),
    Row(
        "binary",
        service({"application/octet-stream": (bytes_in, anything, change_nothing)}),
        {
            "request/accepted": service(
                {"application/octet-stream": (json_in, anything, change_nothing)}
            )
        },
    ),
    Row(
        "plain_text",
        service(
            {"text/plain": (bytes_in, anything, change_nothing)}, text="a", sent_as="text/plain"
        ),
        {"200/media-type": service(IN_TEXT)},
    ),
)
