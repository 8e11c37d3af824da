"""References: the same promise, a name of three characters, that stands somewhere else in each document."""

from __future__ import annotations

from typing import Any

from small_services import Row, SmallService

THING = {"name": "one"}
COLOURED = {"name": "one", "colour": "red"}


def names_it_long_enough(body: Any) -> bool:
    """Return whether the body is an object whose `name`, where it is there, is a text of three characters."""
    if not isinstance(body, dict):
        return False
    name = body.get("name", "one")
    return isinstance(name, str) and len(name) >= 3


def names_it_not_too_long(body: Any) -> bool:
    """Return whether, in addition, the name has at most twenty characters."""
    return names_it_long_enough(body) and len(body.get("name", "")) <= 20


def named_thing() -> SmallService:
    """Return a service that keeps the documents."""
    return SmallService("/things/t-1", THING, names_it_long_enough)


def shortly_named_thing() -> SmallService:
    """Return one that keeps the document in which the reference has a bound, too."""
    return SmallService("/things/t-1", THING, names_it_not_too_long)


def takes_any_name() -> SmallService:
    """Return one that minds the type alone."""
    return SmallService(
        "/things/t-1",
        THING,
        lambda body: isinstance(body, dict) and isinstance(body.get("name", ""), str),
    )


def coloured_thing() -> SmallService:
    """Return a service that keeps the document as the overlay has it."""
    return SmallService("/things/t-1", COLOURED, names_it_long_enough, set_the_name)


def takes_any_name_of_a_coloured_thing() -> SmallService:
    """Return one that minds what the document itself says, and not what the overlay adds."""
    thing = takes_any_name()
    return SmallService("/things/t-1", COLOURED, thing.takes, set_the_name)


def takes_any_colour() -> SmallService:
    """Return one that lets the colour be changed, of which the overlay says that it stays."""
    return SmallService("/things/t-1", COLOURED, names_it_long_enough)


def set_the_name(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set the name, and leave the colour as it is."""
    state["name"] = body.get("name", state["name"])


ROWS = (
    *(
        Row(name, named_thing, {"request/name/minLength": takes_any_name})
        for name in (
            "reference_to_file",
            "reference_into_file",
            "reference_of_file_to_file",
            "reference_by_anchor",
            "reference_by_id",
            "reference_in_definitions",
            "reference_through_list",
            "reference_percent_encoded",
            "reference_without_siblings",
            "path_item_in_file",
            "operation_in_file",
        )
    ),
    Row(
        "reference_with_siblings",
        shortly_named_thing,
        {"request/name/minLength": takes_any_name, "request/name/maxLength": takes_any_name},
    ),
    Row(
        "overlay",
        coloured_thing,
        {
            "request/name/minLength": takes_any_name_of_a_coloured_thing,
            "update/immutable/colour": takes_any_colour,
        },
    ),
)
