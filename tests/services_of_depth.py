"""Depth: members that stand so deep in a body that they share a clause with their neighbours."""

from __future__ import annotations

from typing import Any

from small_services import Row, SmallService

DEEPEST = {"name": "one", "size": 1, "tags": ["x"]}
THING = {"a": {"b": {"c": {"d": DEEPEST}}}}
# Answers with the same, but for a member that is wrong.
WRONG = {"a": {"b": {"c": {"d": {**DEEPEST, "size": "large"}}}}}
WRONG_ITEM = {"a": {"b": {"c": {"d": {**DEEPEST, "tags": [7]}}}}}


def deepest_of(body: Any) -> Any:
    """Return what stands at `a.b.c.d`; None where it, or what holds it, is left out; False where one is wrong."""
    for name in "abcd":
        if not isinstance(body, dict):
            return False
        if name not in body:
            return None
        body = body[name]
    return body if isinstance(body, dict) else False


def is_named_and_sized(body: Any) -> bool:
    """Return whether the body has all its members as the document has them."""
    deepest = deepest_of(body)
    if not isinstance(deepest, dict):
        return deepest is None
    name, size, tags = deepest.get("name", "one"), deepest.get("size", 1), deepest.get("tags", [])
    is_whole = isinstance(size, (int, float)) and not isinstance(size, bool) and size == int(size)
    is_listed = isinstance(tags, list) and all(isinstance(one, str) for one in tags)
    return isinstance(name, str) and len(name) >= 3 and is_whole and is_listed


def takes_any_deepest(body: Any) -> bool:
    """Return whether the body is right down to what stands deepest."""
    return deepest_of(body) is not False


def set_members_at_each_level(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set what the body names, at each level, and leave the rest as it is."""
    for name, value in body.items():
        if isinstance(state.get(name), dict) and isinstance(value, dict):
            set_members_at_each_level(state[name], value)
        elif name in state:
            state[name] = value


def deep_thing() -> SmallService:
    """Return a service that keeps the document."""
    return SmallService("/things/t-1", THING, is_named_and_sized, set_members_at_each_level)


def takes_any() -> SmallService:
    """Return one that does not check what stands deepest."""
    return SmallService("/things/t-1", THING, takes_any_deepest, set_members_at_each_level)


def shows(thing: dict[str, Any]) -> SmallService:
    """Return one that shows *thing*, whatever is sent."""
    return SmallService("/things/t-1", thing, is_named_and_sized, lambda state, body: None)


ROWS = (
    Row(
        "deep_members",
        deep_thing,
        {
            "request/members/a.b.c.d": takes_any,
            "200/members/a.b.c.d": lambda: shows(WRONG),
            "update/sent-is-returned/members/a.b.c.d": lambda: shows(THING),
        },
    ),
)
