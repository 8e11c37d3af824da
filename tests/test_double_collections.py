"""Is the embedded service one store behind all operations of a document? Asked directly, role by role."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from whole_documents import Double, operations_of

from pytest_confluent_contracts.double.later import LATER_S
from pytest_confluent_contracts.double.new_ids import NoNewId, new_id

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.service import Answer

FIRST = "shf-a1b2c3"  # the document's own example
A_BOOK = {"data": {"id": "b-1", "attributes": {"title": "Odes"}}}


def created(double: Double, **members: Any) -> Any:
    """Return what the service says of a new shelf."""
    answer = double.ask("createShelf", "/shelves", {"name": "A", **members})
    assert answer.status == 201
    return answer.value


def shelves(double: Double) -> list[Any]:
    """Return the shelves that are listed."""
    items: list[Any] = double.ask("listShelves", "/shelves").value["items"]
    return items


def header(answer: Answer, name: str) -> str | None:
    """Return one header of an answer."""
    return dict(answer.headers).get(name)


# --- create ----------------------------------------------------------------------------------------------------------


def test_what_is_created_is_what_was_sent_with_defaults() -> None:
    """What was left out has its default, or is not there: an example is nobody's value."""
    double = Double()
    id = created(double, size={"width": 3}, tags=["x"])["id"]
    shown = double.ask("readShelf", f"/shelves/{id}").value
    assert shown.pop("created_at") == shown.pop("updated_at") == "2026-01-05T08:30:00.020Z"
    size = {"width": 3, "unit": "cm"}
    assert shown == {"id": id, "name": "A", "size": size, "tags": ["x"], "colour": "red"}


def test_location_leads_to_what_was_created() -> None:
    """The address is that of the new one, on the host of the document's service."""
    double = Double()
    answer = double.ask("createShelf", "/shelves", {"name": "A"})
    location = header(answer, "Location") or ""
    assert location == f"https://contract.example/shelves/{answer.value['id']}"
    assert double.ask("readShelf", location.removeprefix("https://contract.example")).status == 200


def test_two_creates_make_two() -> None:
    """The same body makes another resource each time, and the first one stays."""
    double = Double()
    ids = [created(double)["id"] for _ in range(19)]  # all on one page
    assert [one["id"] for one in shelves(double)] == [FIRST, *ids]
    assert set(Counter(ids).values()) == {1}


def test_ids_look_like_the_example_and_are_the_same_for_the_same_seed() -> None:
    """Whoever reads the report of two runs finds the same ids."""
    ids = [created(Double())["id"] for _ in range(2)]
    assert ids[0] == ids[1] != FIRST
    assert len(ids[0]) == len(FIRST)
    assert ids[0].startswith("shf-")


def test_a_secret_is_shown_once() -> None:
    """Only the answer to the creation has it, each another."""
    double = Double()
    one, other = created(double), created(double)
    assert one["token"] != other["token"]
    assert "token" not in double.ask("readShelf", f"/shelves/{one['id']}").value
    assert one["token"] not in str(shelves(double))


@pytest.mark.parametrize("body", [{}, {"name": 3}, {"name": "A", "size": {}}, []])
def test_a_refused_create_creates_nothing(body: Any) -> None:
    """What breaks the schema leaves nothing behind."""
    double = Double()
    assert double.ask("createShelf", "/shelves", body).status == 400
    assert [one["id"] for one in shelves(double)] == [FIRST]


def test_without_the_key_nothing_is_created() -> None:
    """Credentials come before everything else."""
    double = Double()
    assert double.ask("createShelf", "/shelves", {"name": "A"}, key="wrong").status == 401
    assert len(shelves(double)) == 1


def test_a_caller_may_choose_the_id_once() -> None:
    """A second one with the same id is a conflict, under another parent it is another."""
    double = Double()
    other = created(double)["id"]
    assert double.ask("createBook", f"/shelves/{FIRST}/books", A_BOOK).status == 201
    assert double.ask("createBook", f"/shelves/{FIRST}/books", A_BOOK).status == 409
    assert double.ask("createBook", f"/shelves/{other}/books", A_BOOK).status == 201
    assert double.ask("readBook", f"/shelves/{other}/books/b-1").value["data"]["id"] == "b-1"


def test_an_id_that_nobody_could_ask_for_is_refused() -> None:
    """The empty text is a value that the schema allows and no path can have; a slash is not."""
    double = Double()
    empty = {"data": {"id": "", "attributes": {"title": "T"}}}
    slash = {"data": {"id": "a/b", "attributes": {"title": "T"}}}
    assert double.ask("createBook", f"/shelves/{FIRST}/books", empty).status == 400
    assert double.ask("createBook", f"/shelves/{FIRST}/books", slash).status == 201
    assert double.ask("readBook", f"/shelves/{FIRST}/books/a%2Fb").value["data"]["id"] == "a/b"
    assert len(double.ask("listBooks", f"/shelves/{FIRST}/books").value["data"]) == 2


def test_a_creation_for_later_is_there_a_second_later() -> None:
    """202 where the document has it, and not there yet; its integers count on."""
    double = Double()
    answers = [double.ask("createJob", "/jobs", {"what": "w"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    ids = [answer.value["id"] for answer in answers]
    assert all(isinstance(id, int) for id in ids)
    assert len(set(ids)) == 2
    assert double.ask("readJob", f"/jobs/{ids[1]}").status == 404
    double.services["readJob"].clock.sleep(LATER_S)
    assert double.ask("readJob", f"/jobs/{ids[1]}").value["what"] == "w"
    assert [one["id"] for one in double.ask("listJobs", "/jobs").value][1:] == ids


# --- parents and children --------------------------------------------------------------------------------------------


def test_children_are_listed_under_their_own_parent_alone() -> None:
    """Each shelf has its own books."""
    double = Double()
    other = created(double)["id"]
    double.ask("createBook", f"/shelves/{other}/books", A_BOOK)
    ids = {
        id: [one["id"] for one in double.ask("listBooks", f"/shelves/{id}/books").value["data"]]
        for id in (FIRST, other)
    }
    assert ids == {FIRST: ["book_id-0001"], other: ["b-1"]}


@pytest.mark.parametrize("id", ["createBook", "listBooks"])
def test_an_unknown_parent_is_unknown(id: str) -> None:
    """Nothing lies under what is not there."""
    assert Double().ask(id, "/shelves/other/books", A_BOOK).status == 404


def test_children_go_with_their_parent() -> None:
    """What lies under a shelf is gone with it: its books, its settings, what can be done to it."""
    double = Double()
    id = created(double)["id"]
    double.ask("createBook", f"/shelves/{id}/books", A_BOOK)
    below = {
        "readBook": f"/shelves/{id}/books/b-1",
        "listBooks": f"/shelves/{id}/books",
        "readSettings": f"/shelves/{id}/settings",
        "cleanShelf": f"/shelves/{id}/clean",
    }
    assert {double.ask(one, path).status for one, path in below.items()} == {200}
    assert double.ask("deleteShelf", f"/shelves/{id}").status == 204
    assert {double.ask(one, path).status for one, path in below.items()} == {404}


def test_what_each_parent_has_one_of_is_there_with_it() -> None:
    """Settings are nobody's creation, and those of two shelves are two."""
    double = Double()
    id = created(double)["id"]
    path = f"/shelves/{id}/settings"
    assert double.ask("readSettings", path).value["locked"] is False
    assert double.ask("replaceSettings", path, {"locked": True, "hint": "h"}).status == 200
    assert double.ask("readSettings", path).value == {"locked": True, "hint": "h"}
    assert double.ask("readSettings", f"/shelves/{FIRST}/settings").value["locked"] is False


# --- read, list, head ------------------------------------------------------------------------------------------------


def test_what_the_document_shows_is_there_from_the_beginning() -> None:
    """The example can be read, is listed, and can be updated."""
    double = Double()
    [listed] = shelves(double)
    assert listed == double.ask("readShelf", f"/shelves/{FIRST}").value
    updated = double.ask("updateShelf", f"/shelves/{FIRST}", {"note": "n"}).value
    assert (updated["id"], updated["note"], updated["name"]) == (FIRST, "n", "Poems")


def test_a_list_tells_how_many_there_are_and_that_this_is_all() -> None:
    """Members that count are right, and a link leads to another page where there is one."""
    double = Double()
    created(double)
    body = double.ask("listShelves", "/shelves?page_size=2").value
    assert (body["total"], body["next"], len(body["items"])) == (2, None, 2)
    first = double.ask("listShelves", "/shelves?page_size=1").value
    assert (first["total"], len(first["items"])) == (2, 1)
    last = double.ask("listShelves", "/shelves?" + first["next"].partition("?")[2]).value
    assert first["items"] + last["items"] == body["items"]
    assert last["next"] is None
    assert double.ask("listShelves", "/shelves?page_size=0").status == 400


def test_head_answers_as_get_without_the_body() -> None:
    """The same status and headers, whether there is one or not (RFC 9110 9.3.2)."""
    double = Double()
    for path in (f"/shelves/{FIRST}", "/shelves/other"):
        head, get = double.ask("headShelf", path), double.ask("readShelf", path)
        assert head.status == get.status
        assert head.body == b""
        assert {name for name, _ in head.headers} == {name for name, _ in get.headers}
        assert header(head, "ETag") == header(get, "ETag")
        assert header(head, "Content-Type") == header(get, "Content-Type")


def test_reads_change_nothing() -> None:
    """The same twice, whatever was read in between."""
    double = Double()
    before = double.ask("readShelf", f"/shelves/{FIRST}").body
    for id, path in (("listShelves", "/shelves"), ("headShelf", f"/shelves/{FIRST}")):
        double.ask(id, path)
    assert double.ask("readShelf", f"/shelves/{FIRST}").body == before


# --- replace, update, delete, action ---------------------------------------------------------------------------------


def test_replace_drops_what_is_left_out() -> None:
    """It is gone, or its default; what the service makes itself stays."""
    double = Double()
    id = created(double, note="n", colour="green", size={"width": 3})["id"]
    before = double.ask("readShelf", f"/shelves/{id}").value
    replaced = double.ask("replaceShelf", f"/shelves/{id}", {"name": "B"}).value
    assert replaced == double.ask("readShelf", f"/shelves/{id}").value
    assert replaced["created_at"] == before["created_at"] < replaced["updated_at"]
    names = ("id", "name", "colour", "note", "size")
    assert [replaced.get(name) for name in names] == [id, "B", "red", None, None]


def test_update_leaves_what_it_does_not_name() -> None:
    """Its answer, a read and the list agree."""
    double = Double()
    id = created(double, note="n")["id"]
    updated = double.ask("updateShelf", f"/shelves/{id}", {"colour": "green"}).value
    assert (updated["note"], updated["colour"]) == ("n", "green")
    assert double.ask("readShelf", f"/shelves/{id}").value == updated == shelves(double)[1]


def test_no_update_changes_the_id() -> None:
    """It is what others find it by, though a body has to name one."""
    double = Double()
    body = {"data": {"id": "other", "attributes": {"title": "U"}}}
    path = f"/shelves/{FIRST}/books/book_id-0001"
    assert double.ask("updateBook", path, body).value["data"]["id"] == "book_id-0001"
    assert double.ask("readBook", path).value["data"]["attributes"]["title"] == "U"


def test_what_is_deleted_is_gone_and_stays_so() -> None:
    """No operation finds it any more, no write brings it back, and its sibling is as before."""
    double = Double()
    one, other = created(double)["id"], created(double, note="n")["id"]
    before = double.ask("readShelf", f"/shelves/{other}").value
    path = f"/shelves/{one}"
    assert double.ask("deleteShelf", path).status == 204
    for id in ("readShelf", "headShelf", "updateShelf", "replaceShelf", "deleteShelf", "readShelf"):
        assert double.ask(id, path, {"name": "B"}).status == 404, id
    assert [one["id"] for one in shelves(double)] == [FIRST, other]
    assert double.ask("readShelf", f"/shelves/{other}").value == before
    assert one not in {created(double)["id"] for _ in range(50)}


def test_a_deletion_answers_as_documented() -> None:
    """With the resource once more, or with 202 and nothing."""
    double = Double()
    deleted = double.ask("deleteBook", f"/shelves/{FIRST}/books/book_id-0001")
    assert (deleted.status, deleted.value["data"]["id"]) == (200, "book_id-0001")
    [job] = double.ask("listJobs", "/jobs").value
    gone = double.ask("deleteJob", f"/jobs/{job['id']}")
    assert (gone.status, gone.body) == (202, b"")
    assert double.ask("readJob", f"/jobs/{job['id']}").status == 200
    double.services["readJob"].clock.sleep(LATER_S)
    assert double.ask("readJob", f"/jobs/{job['id']}").status == 404


def test_an_action_changes_nothing() -> None:
    """It is answered as the document shows."""
    double = Double()
    before = double.ask("readShelf", f"/shelves/{FIRST}").body
    assert double.ask("cleanShelf", f"/shelves/{FIRST}/clean").value == {"dust": 0}
    assert double.ask("readShelf", f"/shelves/{FIRST}").body == before


# --- everything -------------------------------------------------------------------------------------------------------


def test_every_answer_has_the_documented_schema() -> None:
    """Each role's success, held against its schema by a validator that had no part in it."""
    double = Double()
    id = created(double, size={"width": 3})["id"]
    asked = {
        "listShelves": ("/shelves", None),
        "createShelf": ("/shelves", {"name": "A"}),
        "readShelf": (f"/shelves/{id}", None),
        "replaceShelf": (f"/shelves/{id}", {"name": "B", "size": {"width": 1}}),
        "updateShelf": (f"/shelves/{id}", {"note": "n"}),
        "listBooks": (f"/shelves/{FIRST}/books", None),
        "createBook": (f"/shelves/{FIRST}/books", A_BOOK),
        "readBook": (f"/shelves/{FIRST}/books/b-1", None),
        "readSettings": (f"/shelves/{id}/settings", None),
        "cleanShelf": (f"/shelves/{id}/clean", None),
        "createJob": ("/jobs", {"what": "w"}),
        "listJobs": ("/jobs", None),
    }
    for id, (path, body) in asked.items():
        answer, content = double.ask(id, path, body), operations_of("library")[id].success_content
        assert 200 <= answer.status < 300, id
        assert content is not None
        jsonschema_rs.Draft202012Validator(dict(content.schema)).validate(answer.value)
        documented = {member.path for member in content.properties if "." not in member.path}
        assert not isinstance(answer.value, dict) or set(answer.value) <= documented, id


def test_operations_without_a_resource_have_their_own() -> None:
    """Two services that share nothing keep nothing for one another."""
    one, other = Double(), Double()
    created(one)
    assert len(shelves(other)) == 1


# --- new ids ---------------------------------------------------------------------------------------------------------

FORMS: dict[str, tuple[str, dict[str, Any], str]] = {
    "hexadecimal": ("lkc-00ff12", {}, r"lkc-[0-9]{2}[a-f]{2}[0-9]{2}"),
    "capitals": ("ABCDEFGH1234", {}, r"[A-Z]{8}[0-9]{4}"),
    "short": ("t-1", {}, r"t-1\d+"),
    "without an end": ("a/b/", {}, r"a/b/\d+"),
    "uuid": ("7f2c1e9a-5b1d-4c7e-9a57-000000000001", {"format": "uuid"}, r"[0-9a-f-]{36}"),
    "number": ("7", {"type": "integer"}, r"\d+"),
    "pattern": ("x", {"pattern": "^[A-Z]{3}-[0-9]{2}$"}, r"[A-Z]{3}-\d\d"),
    "bounded": ("3", {"type": "integer", "maximum": 9}, r"[1-9]"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_new_id_has_the_form_that_is_asked_for(form: str) -> None:
    """It is the example's form where the schema allows that."""
    example, schema, pattern = FORMS[form]
    made = new_id(example, [schema], {example}, Random(0))
    assert made != example
    assert jsonschema_rs.Draft202012Validator({"pattern": f"^(?:{pattern})$"}).is_valid(made), made


def test_where_no_id_is_left_none_is_made_up() -> None:
    """A list of two has two."""
    with pytest.raises(NoNewId):
        new_id("a", [{"enum": ["a", "b"]}], {"a", "b"}, Random(0))
