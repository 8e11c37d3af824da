"""Schemas as generators and well-known public documents write them: optional members, null beside branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from small_services import Row, SmallService

if TYPE_CHECKING:
    from collections.abc import Callable

    from small_services import Answer

THING = r"/things/t-1"


def is_optional_thing(body: Any) -> bool:
    """Return whether it is an object of a short name, a state and an owner, or null for each."""
    if not isinstance(body, dict):
        return False
    name, state, owner = body.get("name"), body.get("state"), body.get("owner")
    if name is not None and not (isinstance(name, str) and len(name) <= 200):
        return False
    if state not in ("open", "closed", None):
        return False
    has_login = isinstance(owner, dict) and isinstance(owner.get("login"), str)
    return owner is None or has_login


def is_thing_with_milestone(body: Any) -> bool:
    """Return whether it is an object of a text and a whole number or null."""
    if not isinstance(body, dict) or not isinstance(body.get("name", ""), str):
        return False
    number = body.get("milestone")
    is_whole = isinstance(number, float) and number.is_integer()
    return number is None or is_whole or type(number) is int


def optional(change: Callable[[Any], Any] | None = None) -> Callable[[], Answer]:
    """Return how to make the service; *change* is what it makes of each name."""

    def make() -> Answer:
        def store(state: dict[str, Any], body: dict[str, Any]) -> None:
            known = {name: value for name, value in body.items() if name in state}
            if change is not None and isinstance(known.get("name"), str):
                known["name"] = change(known["name"])
            state.update(known)

        shown = {"name": "a", "state": None, "owner": None}
        return SmallService(THING, shown, is_optional_thing, store)

    return make


def with_address(address: Any) -> Callable[[], Answer]:
    """Return how to make the service that shows *address*."""
    shown = {"name": "a", "milestone": None, "address": address}

    def make() -> Answer:
        def store(state: dict[str, Any], body: dict[str, Any]) -> None:
            state.update({name: body[name] for name in ("name", "milestone") if name in body})

        return SmallService(THING, dict(shown), is_thing_with_milestone, store)

    return make


ROWS = (
    Row("optional_members", optional(), {"update/sent-is-returned/name": optional(str.strip)}),
    Row("nullable_branches", with_address(None), {"200/body/address": with_address(1)}),
)
