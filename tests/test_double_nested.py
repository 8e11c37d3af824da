"""Does the embedded service show in a house what lies in it? The list of the house and what is under it are one."""

from __future__ import annotations

from typing import Any

import pytest
from whole_documents import Double, operations_of

LAMP = {"id": "lamp", "colour": "green", "heavy": True}
BED = {"id": "bed"}


def made(double: Double, *things: Any) -> str:
    """Return the id of a new house with these things."""
    answer = double.ask("createHouse", "/houses", {"street": "long", "things": list(things)})
    assert answer.status == 201
    return str(answer.value["id"])


def listed(double: Double, house: str) -> list[Any]:
    """Return what is listed under a house."""
    found: list[Any] = double.ask("listThings", f"/houses/{house}/things").value
    return found


def shown(double: Double, house: str) -> list[Any]:
    """Return what a read of the house shows in it; a list of houses shows the same."""
    read = double.ask("readHouse", f"/houses/{house}").value["things"]
    [all_of_it] = [
        one["things"]
        for one in double.ask("listHouses", "/houses").value["data"]
        if one["id"] == house
    ]
    assert read == all_of_it
    return list(read)


def test_the_document_is_understood() -> None:
    """A list of the name of the path, of things with ids."""
    resource = operations_of("houses")["readThing"].resource
    assert resource is not None
    assert (resource.parent, resource.in_parent) == ("houses", "things")
    assert resource.written == ("id", "colour", "heavy")


def test_what_a_new_house_lists_lies_in_it() -> None:
    """With its values, and with the defaults of those that it leaves out."""
    double = Double("houses")
    house = made(double, LAMP, BED)
    assert shown(double, house) == [LAMP, BED]
    assert listed(double, house) == [LAMP, BED | {"colour": "red"}]
    assert double.ask("readThing", f"/houses/{house}/things/lamp").value == LAMP


def test_what_has_no_id_gets_one() -> None:
    """Both show the same."""
    double = Double("houses")
    house = made(double, {"colour": "blue"}, {"colour": "blue"})
    ids = [one["id"] for one in shown(double, house)]
    assert ids == [one["id"] for one in listed(double, house)]
    assert len(set(ids)) == 2


def test_what_is_written_under_a_house_is_what_it_shows() -> None:
    """Made, changed, deleted."""
    double = Double("houses")
    house = made(double, LAMP)
    assert double.ask("createThing", f"/houses/{house}/things", BED).status == 201
    double.ask("updateThing", f"/houses/{house}/things/lamp", {"colour": "black"})
    assert shown(double, house) == [LAMP | {"colour": "black"}, BED | {"colour": "red"}]
    double.ask("deleteThing", f"/houses/{house}/things/lamp")
    assert [one["id"] for one in shown(double, house)] == ["bed"]


def test_what_is_written_to_the_house_lies_in_it() -> None:
    """What a replacement lists is there, what it leaves out is not."""
    double = Double("houses")
    house = made(double, LAMP, BED)
    body = {"street": "short", "things": [BED, {"id": "cup"}]}
    assert double.ask("replaceHouse", f"/houses/{house}", body).status == 200
    assert [one["id"] for one in listed(double, house)] == ["bed", "cup"]
    double.ask("replaceHouse", f"/houses/{house}", {"street": "short"})
    assert listed(double, house) == []


def test_two_houses_may_have_things_of_one_id() -> None:
    """Each its own; and what lies in a house goes with it."""
    double = Double("houses")
    one, other = made(double, LAMP), made(double, LAMP)
    double.ask("deleteThing", f"/houses/{one}/things/lamp")
    assert (shown(double, one), shown(double, other)) == ([], [LAMP])
    double.ask("deleteHouse", f"/houses/{other}")
    assert double.ask("readThing", f"/houses/{other}/things/lamp").status == 404


@pytest.mark.parametrize("id", ["listThings", "readThing", "readHouse"])
def test_the_first_house_shows_what_lies_in_it(id: str) -> None:
    """As the document's example has it."""
    double = Double("houses")
    path = {"listThings": "/houses/h-1/things", "readThing": "/houses/h-1/things/t-1"}
    assert double.ask(id, path.get(id, "/houses/h-1")).status == 200
    assert [one["id"] for one in shown(double, "h-1")] == ["t-1"]
    assert [one["id"] for one in listed(double, "h-1")] == ["t-1"]
