"""What do names alone promise? Only what types agree with and no other word contradicts, and it only warns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    clause_ids,
    clause_of,
    make_case,
    make_exchange,
    operation_from,
    said,
)

from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exchanges import Exchange, Operation

    Read = Callable[..., Operation]

DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  %s:
    patch:
      parameters: [{name: %s, in: path, required: true, schema: {type: %s}, example: %s}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {%s}}}}
      responses:
        '200':
          description: The thing.
          content: {application/json: {schema: {type: object, properties: {%s}}}}
"""
TEXT, NUMBER, INSTANT = "{type: string}", "{type: integer}", "{type: string, format: date-time}"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return how to read an operation whose body and answer have these members."""

    def read(
        shown: str,
        sent: str = f"note: {TEXT}",
        path: str = "/things/{id}",
        parameter: tuple[str, str, str] = ("id", "string", "t-1"),
    ) -> Operation:
        return operation_from(DOCUMENT % (path, *parameter, sent, shown), tmp_path)

    return read


# --- identity --------------------------------------------------------------------------------------------------------

REPO, KEY_ID = ("repo", "string", "tools"), ("key_id", "string", "k-1")
IDENTITIES: dict[str, tuple[dict[str, Any], str]] = {
    "one name": ({"shown": f"id: {TEXT}"}, "id"),
    "an id by its short name": (
        {"shown": f"id: {TEXT}", "path": "/keys/{key_id}", "parameter": KEY_ID},
        "id",
    ),
    "its own name first": (
        {"shown": f"id: {TEXT}, key_id: {TEXT}", "path": "/keys/{key_id}", "parameter": KEY_ID},
        "key_id",
    ),
    "within data": ({"shown": f"data: {{properties: {{id: {TEXT}}}}}"}, "data.id"),
    "two numbers": ({"shown": f"id: {NUMBER}", "parameter": ("id", "integer", "7")}, "id"),
    "a text and a number": ({"shown": f"id: {NUMBER}"}, ""),
    "a name that is no id": (
        {"shown": f"id: {TEXT}", "path": "/repos/{repo}", "parameter": REPO},
        "",
    ),
    "another thing of the id": (
        {"shown": f"id: {TEXT}", "path": "/keys/{key_id}/owner", "parameter": KEY_ID},
        "",
    ),
    "what is called id below another id": (
        {"shown": f"id: {TEXT}", "path": "/keys/{id}/limits"},
        "",
    ),
    "its own name below itself": (
        {"shown": f"key_id: {TEXT}", "path": "/keys/{key_id}/limits", "parameter": KEY_ID},
        "key_id",
    ),
    "a name that an update writes": (
        {
            "shown": f"repo: {TEXT}",
            "sent": f"repo: {TEXT}",
            "path": "/repos/{repo}",
            "parameter": REPO,
        },
        "",
    ),
    "another format": ({"shown": "id: {type: string, format: uuid}"}, ""),
    "an example that it may not be": ({"shown": "id: {type: string, pattern: '^k-'}"}, ""),
}


ADDRESS = "{type: string, format: uri}"
SELF_LINKS = {
    "an address called self": (f"self: {ADDRESS}", "self"),
    "a text called self": (f"self: {TEXT}", ""),
    "of HAL": (
        f"_links: {{properties: {{self: {{properties: {{href: {TEXT}}}}}}}}}",
        "_links.self.href",
    ),
    "of JSON:API": (f"links: {{properties: {{self: {TEXT}}}}}", "links.self"),
    "an address of something else": (f"owner: {ADDRESS}", ""),
}
ADDRESSES = {
    "https://x.test/v1/keys/k-1": KEPT,
    "/keys/k-1": KEPT,
    "https://x.test/keys?id=k-1": KEPT,
    "https://x.test/keys/k%2D1/": KEPT,
    "https://x.test/keys/k-2": BROKEN,
    "https://x.test/keys/k-12": BROKEN,
    "https://x.test/keys": BROKEN,
}


@pytest.mark.parametrize("what", SELF_LINKS)
def test_an_address_by_its_name_is_that_of_the_resource(what: str, read: Read) -> None:
    """By name and format, or among the usual links; it has the id in it, and that is a SHOULD."""
    shown, expected = SELF_LINKS[what]
    operation = read(shown=f"id: {TEXT}, {shown}", path="/keys/{key_id}", parameter=KEY_ID)
    identity = operation.promises.identity
    assert identity is not None
    assert identity.self_link == expected
    if not expected:
        return
    clause = clause_of(operation, "update/self-addresses-resource")
    assert clause.level == "SHOULD"
    for address, told in ADDRESSES.items():
        answer = paths.with_value({"id": "k-1"}, expected, address)
        asked = make_case(operation, parameters={"key_id": "k-1"})
        assert said(operation, clause.id, make_exchange(asked, 200, answer)) == [told], address


@pytest.mark.parametrize("what", IDENTITIES)
def test_a_member_is_the_id_where_names_and_types_agree(what: str, read: Read) -> None:
    """Else nothing says which member names the resource."""
    given, expected = IDENTITIES[what]
    operation = read(**given)
    identity = operation.promises.identity
    assert (identity.property if identity else "") == expected
    if expected:
        assert clause_of(operation, "update/id-is-path-id").level == "SHOULD"


def answered(operation: Operation, shown: Any, sent: Any = None, **more: Any) -> Exchange:
    """Return the accepted update of the document's example."""
    case = make_case(operation, sent or {}, parameters=dict(operation.parameters))
    return make_exchange(case, more.pop("status", 200), shown, **more)


def test_a_number_names_the_resource_as_it_is_written(read: Read) -> None:
    """7 is ``7``, and neither 8 nor the text is."""
    operation = read(f"id: {NUMBER}", parameter=("id", "integer", "7"))
    row = [answered(operation, {"id": id}) for id in (7, 8, "7", True)]
    assert said(operation, "update/id-is-path-id", *row) == [KEPT, BROKEN, SILENT, SILENT]


# --- time stamps -----------------------------------------------------------------------------------------------------

STAMPS = {
    "its own": (
        {"shown": f"created_at: {INSTANT}, updated_at: {INSTANT}"},
        ("created_at", "updated_at"),
    ),
    "in humps": (
        {"shown": f"createdAt: {INSTANT}, updatedAt: {INSTANT}"},
        ("createdAt", "updatedAt"),
    ),
    "in its metadata": (
        {"shown": f"metadata: {{properties: {{updated_at: {INSTANT}}}}}"},
        ("", "metadata.updated_at"),
    ),
    "another's": ({"shown": f"owner: {{properties: {{updated_at: {INSTANT}}}}}"}, ("", "")),
    "something else's": ({"shown": f"key_updated_at: {INSTANT}"}, ("", "")),
    "no instant": ({"shown": f"updated_at: {TEXT}"}, ("", "")),
    "one that an update writes": (
        {"shown": f"updated_at: {INSTANT}", "sent": f"updated_at: {INSTANT}"},
        ("", ""),
    ),
}


@pytest.mark.parametrize("what", STAMPS)
def test_time_stamps_are_those_of_the_resource_itself(what: str, read: Read) -> None:
    """Those of something in it tell nothing of the update; all that follows from names warns."""
    given, expected = STAMPS[what]
    operation = read(**given)
    stamps = operation.promises.timestamps
    assert (stamps.created, stamps.updated) == expected
    for id in clause_ids(operation):
        if id.startswith(("update/updated-", "update/created-")):
            assert clause_of(operation, id).level == "SHOULD"


# --- what an update does not write -----------------------------------------------------------------------------------

MEMBERS = f"note: {TEXT}, revision: {{type: integer, readOnly: true}}"
OMITTED, REVISION = "update/omitted-unchanged", "update/immutable/revision"


def test_a_read_only_member_may_move_by_itself(read: Read) -> None:
    """It must not become what was sent; what the service makes of it is its own affair."""
    operation = read(MEMBERS, MEMBERS)
    first = answered(operation, {"note": "a", "revision": 1}, {"note": "a"})
    moved = answered(operation, {"note": "a", "revision": 2}, {"revision": 9})
    taken = answered(operation, {"note": "a", "revision": 9}, {"revision": 9})
    assert said(operation, REVISION, first, moved, taken) == [SILENT, KEPT, BROKEN]
    assert said(operation, OMITTED, first, moved, taken) == [SILENT, KEPT, KEPT]


def test_what_is_called_immutable_may_not_move(read: Read) -> None:
    """Whoever wrote it, and whether it was sent or not; read-only members beside it may."""
    fixed = "zone: {type: string, readOnly: true, x-immutable: true}"
    operation = read(f"{MEMBERS}, {fixed}", f"{MEMBERS}, {fixed}")
    first = answered(operation, {"note": "a", "revision": 1, "zone": "x"}, {"note": "a"})
    kept = answered(operation, {"note": "a", "revision": 2, "zone": "x"}, {"zone": "w"})
    moved = answered(operation, {"note": "a", "revision": 2, "zone": "y"}, {"zone": "z"})
    unsent = answered(operation, {"note": "b", "revision": 3, "zone": "w"}, {"note": "b"})
    assert said(operation, "update/immutable/zone", first, kept, moved) == [SILENT, KEPT, BROKEN]
    assert said(operation, OMITTED, first, kept, unsent) == [SILENT, KEPT, BROKEN]


def test_what_stands_in_something_immutable_may_not_move(read: Read) -> None:
    """It is a part of it, though it is only called read-only itself."""
    inner = "{name: {type: string, readOnly: true}}"
    owner = f"owner: {{type: object, readOnly: true, x-immutable: true, properties: {inner}}}"
    operation = read(f"{MEMBERS}, {owner}", MEMBERS)
    first = answered(operation, {"note": "a", "owner": {"name": "x"}}, {"note": "a"})
    kept = answered(operation, {"note": "b", "owner": {"name": "x"}}, {"note": "b"})
    moved = answered(operation, {"note": "c", "owner": {"name": "y"}}, {"note": "c"})
    assert said(operation, OMITTED, first, kept, moved) == [SILENT, KEPT, BROKEN]


def test_what_no_request_writes_may_move_by_itself(read: Read) -> None:
    """A service may count; what the client writes stays."""
    operation = read(f"note: {TEXT}, seen: {NUMBER}")
    first = answered(operation, {"note": "a", "seen": 1}, {"note": "a"})
    seen = answered(operation, {"note": "a", "seen": 2}, {"other": 1})
    lost = answered(operation, {"note": "b", "seen": 3}, {"other": 1})
    assert said(operation, OMITTED, first, seen)[1] != BROKEN
    ids = [OMITTED, "update/empty-changes-nothing"]
    assert BROKEN in [said(operation, id, first, seen, lost)[2] for id in ids]


# --- what was sent comes back ----------------------------------------------------------------------------------------

NOTE = "update/sent-is-returned/note"
OBJECT = "{type: object, additionalProperties: {type: string}}"
RETURNED = {
    "an object as it was sent": (OBJECT, {"a": "b"}, {"a": "b"}, KEPT),
    "an object merged into the old one": (OBJECT, {"a": "b"}, {"a": "b", "c": "d"}, KEPT),
    "an object without what was sent": (OBJECT, {"a": "b"}, {"c": "d"}, BROKEN),
    "an object with another value": (OBJECT, {"a": "b"}, {"a": "c"}, BROKEN),
    "an item with a member more": (
        "{type: array, items: {type: object}}",
        [{"a": 1}],
        [{"a": 1, "id": 7}],
        KEPT,
    ),
    "an item less": ("{type: array, items: {type: object}}", [{"a": 1}], [], BROKEN),
    "a number and its fraction": ("{type: number}", 4.0, 4, KEPT),
    "another number": ("{type: number}", 4.5, 4, BROKEN),
    "a text": (TEXT, "a ", "a", BROKEN),
}


@pytest.mark.parametrize("what", RETURNED)
def test_what_was_sent_is_there(what: str, read: Read) -> None:
    """Nobody says whether a PATCH sets a map's members or the whole; what was sent must be there."""
    schema, sent, came, expected = RETURNED[what]
    operation = read(f"note: {schema}", f"note: {schema}")
    assert said(operation, NOTE, answered(operation, {"note": came}, {"note": sent})) == [expected]


DIFFERENT = {
    "another type": (TEXT, "{type: object}"),
    "another format": (TEXT, "{type: string, format: uuid}"),
    "items with more members": (
        "{type: array, items: {type: object, properties: {a: {type: string}}}}",
        "{type: array, items: {type: object, properties: {a: {type: string}, id: {type: integer}}}}",
    ),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_member_of_another_kind_need_not_come_back(what: str, read: Read) -> None:
    """One name for two things promises nothing."""
    sent, shown = DIFFERENT[what]
    assert NOTE not in clause_ids(read(f"note: {shown}", f"note: {sent}"))


def test_202_does_not_show_the_update(read: Read) -> None:
    """It is accepted and may still be to come (RFC 9110 15.3.3)."""
    operation = read(f"note: {TEXT}")
    row = [
        answered(operation, {"note": "a"}, {"note": "b"}, status=status) for status in (202, 200)
    ]
    assert said(operation, NOTE, *row) == [SILENT, BROKEN]
