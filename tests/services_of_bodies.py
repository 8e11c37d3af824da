"""Bodies: schemas of which each document shows one construct."""

from __future__ import annotations

from typing import Any

from small_services import Row, SmallService


def has_a_label(body: Any) -> bool:
    """Return whether the body is an object whose `labels`, where it is there, maps names to texts."""
    if not isinstance(body, dict):
        return False
    labels = body.get("labels", {})
    return isinstance(labels, dict) and all(isinstance(one, str) for one in labels.values())


def map_of_texts() -> SmallService:
    """Return a service that keeps the document."""
    return SmallService("/things/t-1", {"labels": {"a": "b"}}, has_a_label, wrong_type=415)


def takes_anything() -> SmallService:
    """Return one that takes any object."""
    return SmallService("/things/t-1", {"labels": {"a": "b"}}, lambda body: isinstance(body, dict))


ROWS = (
    Row(
        "map_of_texts",
        map_of_texts,
        {"request/labels/type": takes_anything},
    ),
)
