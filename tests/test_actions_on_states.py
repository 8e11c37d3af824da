"""Is each action held on one of its own? What it has cancelled, nobody else may change: the document allows that."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from plain_service import PlainService, Wrong, check, held, read

if TYPE_CHECKING:
    from pathlib import Path

STATES = {"cancel": "cancelled", "pay": "paid"}
LONGEST = {"item": 60, "note": 100}


class Tickets(PlainService):
    """What somebody would write who has `tests/apis/tickets.yaml` before him: only an open ticket changes."""

    told_as = "detail"

    def __init__(self) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.numbers = count(1)

    def routed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body of the answer; raise `Wrong` where it is refused."""
        try:
            return self.asked(method, path, headers, body)
        except Wrong as wrong:
            raise Wrong(422 if wrong.status == 400 else wrong.status) from wrong

    def asked(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body; a wrong body is refused with 400 here."""
        kind, *rest = [unquote(part) for part in path.partition("?")[0].split("/")[1:]]
        if kind != "tickets" or len(rest) > 2:
            raise Wrong(404)
        if not rest:
            if method == "POST":
                return 201, self.create(sent(headers, body, ["item"]))
            return 200, list(self.tickets.values())
        if not (rest[0].isascii() and rest[0].isdecimal() and rest[0].lstrip("0") == rest[0]):
            raise Wrong(422)
        ticket = self.tickets.get(int(rest[0]))
        if ticket is None:
            raise Wrong(404)
        if len(rest) == 2:
            return 200, self.act(rest[1], ticket, headers, body)
        if method == "DELETE":
            del self.tickets[ticket["id"]]
            return 204, None
        if method == "PATCH":
            self.change(ticket, sent(headers, body, []))
        return 200, ticket

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a new ticket."""
        id = next(self.numbers)
        self.tickets[id] = {"id": id, "state": "open", **body}
        return self.tickets[id]

    def act(self, action: str, ticket: dict[str, Any], headers: dict[str, str], body: bytes) -> Any:
        """Return the ticket after what was done to it, once."""
        if action not in STATES:
            raise Wrong(404)
        if action == "pay":
            told = read(headers, body)
            amount = told.get("amount") if isinstance(told, dict) else None
            if type(amount) is not int or not 1 <= amount <= 1000:
                raise Wrong(422)
        self.change(ticket, {"state": STATES[action]})
        return ticket

    def change(self, ticket: dict[str, Any], members: dict[str, Any]) -> None:
        """Write *members*; raise `Wrong` where the ticket is open no more."""
        if ticket["state"] != "open":
            raise Wrong(409)
        ticket |= members


class NeverPaid(Tickets):
    """Pays no ticket, though it is open."""

    def act(self, action: str, ticket: dict[str, Any], headers: dict[str, str], body: bytes) -> Any:
        before = dict(ticket)
        done = super().act(action, ticket, headers, body)
        if action == "pay":
            ticket |= before
            raise Wrong(409)
        return done


def sent(headers: dict[str, str], body: bytes, required: list[str]) -> dict[str, Any]:
    """Return the members of a body that are known; raise `Wrong` where the document does not allow it."""
    told = read(headers, body)
    known = (
        {name: told[name] for name in told if name in LONGEST} if isinstance(told, dict) else told
    )
    check(known, {"item": str, "note": str}, required)
    for name, most in LONGEST.items():
        least = 0 if name == "note" else 1
        if name in known and not least <= len(known[name]) <= most:
            raise Wrong(422)
    return dict(known)


@pytest.mark.parametrize(("tickets", "red"), [(Tickets, set()), (NeverPaid, {"request/accepted"})])
def test_an_action_disturbs_nobody(tickets: type[Tickets], red: set[str], folder: Path) -> None:
    """What an action allows once is kept by its first answer; one that it never allows is told."""
    service = tickets()
    done = held(folder, service, "tickets")
    assert service.tickets == {}
    assert {f"contracts/tickets::payTicket::{id}" for id in red} <= done.red
    if not red:
        assert done.code == 0, done.everything
        assert done.verdicts["contracts/tickets::updateTicket::request/accepted"] == "kept"
        assert done.verdicts["contracts/tickets::payTicket::request/accepted"] == "kept"
