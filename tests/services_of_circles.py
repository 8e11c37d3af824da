"""Circles: schemas that all refer to one another."""

from __future__ import annotations

from typing import Any

from small_services import Row, SmallService

# The one member that each kind of object cannot be without.
NEEDED = {"task": "owner", "owner": "team", "team": "place", "place": "floor"}
PLACE = {"floor": 1}
TEAM = {"place": PLACE}
TASK = {"owner": {"team": TEAM}, "team": TEAM, "place": PLACE}
# Answers with the same, but for a floor that is no number, three objects deep.
WRONG = {**TASK, "owner": {"team": {"place": {"floor": "first"}}}}


def is_whole(value: Any) -> bool:
    """Return whether the value is an integer as JSON Schema has it."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value == int(value))


def is_a(kind: str, value: Any, levels: int) -> bool:
    """Return whether the value is a right task, owner, team or place, as far down as *levels* objects."""
    if levels == 0:
        return True
    if not isinstance(value, dict) or NEEDED[kind] not in value:
        return False
    for name, inner in value.items():
        if name == kind and kind != "place":
            continue  # nobody says what it is
        if name == "floor" and kind == "place" and not is_whole(inner):
            return False
        if name in NEEDED and name != kind and not is_a(name, inner, levels - 1):
            return False
    return True


def takes(levels: int) -> SmallService:
    """Return a service that looks at bodies as far down as *levels* objects."""
    return SmallService("/tasks/t-1", TASK, lambda body: is_a("task", body, levels))


def shows(task: dict[str, Any]) -> SmallService:
    """Return one that shows *task*, whatever is sent."""
    return SmallService(
        "/tasks/t-1", task, lambda body: is_a("task", body, 100), lambda state, body: None
    )


ROWS = (
    Row(
        "schemas_in_circles",
        lambda: takes(100),
        {
            "request/owner.task.owner/type": lambda: takes(3),
            "200/body/owner.team": lambda: shows(WRONG),
            "update/sent-is-returned/owner": lambda: shows(TASK),
        },
    ),
)
