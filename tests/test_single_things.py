"""Is what each thing has by itself held on the things that a run makes? The settings of a room, for example."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from judging import red, warned
from leading import Led, read_api
from plain_service import PlainService, Wrong, check, held, read

from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from pathlib import Path

    from running import Answered

FIRST = {"locked": False, "light": "dim"}  # what a new room has


class Rooms(PlainService):
    """What somebody would write who has `tests/apis/rooms.yaml` before him, and nothing else."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.numbers = count(1)

    def routed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body of the answer; raise `Wrong` where it is refused."""
        parts = [unquote(part) for part in path.partition("?")[0].split("/")[1:]]
        if parts == ["rooms"]:
            if method == "POST":
                return 201, self.create(read(headers, body))
            return 200, {"rooms": list(self.rooms.values())}
        if parts[0] != "rooms" or len(parts) < 2 or parts[1] not in self.rooms:
            raise Wrong(404)
        if parts[2:] == ["settings"]:
            return 200, self.settle(method, parts[1], headers, body)
        if len(parts) > 2:
            raise Wrong(404)
        if method == "DELETE":
            del self.rooms[parts[1]], self.settings[parts[1]]
            return 204, None
        return 200, self.rooms[parts[1]]

    def create(self, body: Any) -> dict[str, Any]:
        """Return a new room."""
        check(body, {"name": str}, ["name"])
        if not 1 <= len(body["name"]) <= 40:
            raise Wrong(400)
        id = f"r-{next(self.numbers):04}"
        self.settings[id] = dict(FIRST)
        self.rooms[id] = {"id": id, **body}
        return self.rooms[id]

    def settle(self, method: str, id: str, headers: dict[str, str], body: bytes) -> Any:
        """Return the settings of a room, after what *method* does to them."""
        if method == "GET":
            return self.shown(id)
        sent = read(headers, body)
        check(sent, {"locked": bool, "light": str}, ["locked"] if method == "PUT" else [])
        if sent.get("light", "dim") not in ("dim", "bright"):
            raise Wrong(400)
        return self.keep(method, id, sent)

    def shown(self, id: str) -> Any:
        """Return the settings of a room as they are shown."""
        return self.settings[id]

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        """Keep what was *sent*, and return what the settings are then."""
        before = self.settings[id] if method == "PATCH" else {"light": "dim"}
        self.settings[id] = {**before, **sent}
        return self.settings[id]


class NothingSetYet(Rooms):
    """Has no settings of a room until somebody has put some, as the document allows."""

    def create(self, body: Any) -> dict[str, Any]:
        room = super().create(body)
        self.settings[room["id"]] = {}
        return room

    def shown(self, id: str) -> Any:
        if not self.settings[id]:
            raise Wrong(404)
        return self.settings[id]

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        if method == "PATCH":
            self.shown(id)
        return super().keep(method, id, sent)


class Watched(Rooms):
    """Takes down what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        self.asked.add(path)
        return super().answer(method, path, headers, body)


class Forgets(Rooms):
    """Answers a write with what was sent, and keeps what was there."""

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        before = dict(self.settings[id])
        answer = super().keep(method, id, sent)
        self.settings[id] = before
        return answer


class OneForAll(Rooms):
    """Has the same settings for each room."""

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        answer = super().keep(method, id, sent)
        self.settings = dict.fromkeys(self.settings, answer)
        return answer


class Merges(Rooms):
    """Keeps what a replacement leaves out."""

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        return super().keep("PATCH", id, sent)


class Replaces(Rooms):
    """Drops what an update leaves out."""

    def keep(self, method: str, id: str, sent: dict[str, Any]) -> Any:
        return super().keep("PUT", id, {"locked": False, **sent})


class KeepsRefused(Rooms):
    """Writes before it looks at what was sent."""

    def settle(self, method: str, id: str, headers: dict[str, str], body: bytes) -> Any:
        try:
            return super().settle(method, id, headers, body)
        except Wrong:
            self.settings[id] = {**self.settings[id], "locked": not self.settings[id]["locked"]}
            raise


FAULTS: dict[str, set[str]] = {
    "Forgets": {
        "putSettings::lifecycle/replaced-equals-sent",
        "patchSettings::lifecycle/updated-is-read",
    },
    "OneForAll": {
        "putSettings::lifecycle/siblings-untouched",
        "patchSettings::lifecycle/siblings-untouched",
    },
    "Merges": {"putSettings::lifecycle/replace-drops-what-is-left-out"},
    "Replaces": {"patchSettings::lifecycle/updated-is-read"},
    "KeepsRefused": {"putSettings::lifecycle/refused-changes-nothing"},
}


def led(rooms: Rooms) -> Led:
    """Return the lives of rooms and of their settings."""
    return Led(read_api("rooms"), rooms, "")


@pytest.mark.parametrize("rooms", [Rooms, NothingSetYet])
def test_who_keeps_the_document_is_silent(rooms: type[Rooms], folder: Path) -> None:
    """Whether a new room has settings, or none until somebody puts some; no room is left."""
    service = rooms()
    done = held(folder, service, "rooms")
    assert done.code == 0, done.everything
    assert service.rooms == {}
    assert done.verdicts["contracts/rooms::putSettings::request/accepted"] == "kept"


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_settings_is_told(fault: str) -> None:
    """By the clause of the operation that is wrong, in rooms that the run has made."""
    rulings = led(globals()[fault]()).rulings()
    told = {*red(rulings), *warned(rulings)}
    assert told >= FAULTS[fault], told


def test_nobody_elses_settings_are_touched(folder: Path) -> None:
    """Each request for settings goes to a room that the run has made, or to none that there is."""
    service = Watched()
    strangers = service.create({"name": "a stranger's"})["id"]
    before = dict(service.settings[strangers])
    done = held(folder, service, "rooms")
    assert done.code == 0, done.everything
    assert service.settings == {strangers: before}
    assert f"/rooms/{strangers}/settings" not in service.asked


def test_settings_that_somebody_named_are_those() -> None:
    """Then no room is made for them."""
    lives = Led(read_api("rooms"), Rooms(), "", named={"room": "r-1"}).lives
    settings = next(one for one in read_api("rooms").resources if one.is_single)
    assert not lives.has_made_around(settings)
    assert led(Rooms()).lives.has_made_around(settings)
    operations = led(Rooms()).lives.accesses(settings)
    assert Role.DELETE in {one.operation.role for one in operations}  # of the rooms around them
