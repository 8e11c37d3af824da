"""What stands in a document and is judged by nobody? Told, so that it does not vanish silently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.keywords import (
    HELD,
    HELD_BY_NAME,
    HONOURED,
    NOT_JUDGED,
)
from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model.documents import Unjudged
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.documents.source_file import SourceFile

NONE: frozenset[str] = frozenset()


def unjudged_in(source: SourceFile) -> Iterator[Unjudged]:
    """Yield each keyword that is not judged, or not known, in what the document's paths lead to.

    What is referred to from several places is told once.
    """
    seen: set[tuple[str, int]] = set()
    waiting: list[tuple[str, Any]] = [("openapi", source.root)]
    while waiting:
        kind, stated = waiting.pop()
        for node in _with_what_it_refers_to(source, kind, stated):
            if (kind, id(node)) in seen:
                continue
            seen.add((kind, id(node)))
            for keyword in node:
                if _is_left_out(kind, keyword):
                    place = source.location(node.line_of(keyword))
                    yield Unjudged(_told_keyword(kind, keyword), place)
            # The last one comes first from the list: what is found stands in the file's order.
            waiting += reversed(list(_held_objects(kind, node)))


def _with_what_it_refers_to(source: SourceFile, kind: str, stated: Any) -> Iterator[Node]:
    """Yield the object at *stated*, and what it refers to; nothing where that cannot be read."""
    if not isinstance(stated, Node):
        return
    if "$ref" not in stated or kind in ("schema", "path item"):
        yield stated
    try:
        found = source.resolve(stated, stated.line)
    except ContractError:
        return  # the operation that it belongs to tells so
    if found is not stated:
        yield found


def _held_objects(kind: str, node: Node) -> Iterator[tuple[str, Any]]:
    """Yield what stands in *node*, each with the kind of object that it is."""
    for keyword, value in node.items():
        if (kind, keyword) in HELD:
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                yield HELD[kind, keyword], part
        elif (kind, keyword) in HELD_BY_NAME and isinstance(value, Node):
            for part in _named_parts(kind, value):
                yield HELD_BY_NAME[kind, keyword], part


def _named_parts(kind: str, holder: Node) -> list[Any]:
    """Return what stands in *holder* under names; of a schema, all of them are members' names."""
    if kind == "schema":
        return list(holder.values())
    return [part for name, part in holder.items() if not name.startswith("x-")]


def _is_left_out(kind: str, keyword: str) -> bool:
    return not keyword.startswith("x-") and keyword not in HONOURED.get(kind, NONE)


def _told_keyword(kind: str, keyword: str) -> str:
    """Return how a keyword is told: ``xml (schema)``."""
    is_known = keyword in NOT_JUDGED.get(kind, NONE)
    if is_known:
        return f"{keyword} ({kind})"
    return f"{keyword} (unknown in {kind})"
