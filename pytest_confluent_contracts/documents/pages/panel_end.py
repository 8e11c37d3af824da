"""Is a page whole, or was it cut off while it was saved?

What OpenAPI asks for and the last object of the panel lacks would have come below. A page stands
alone, so that its panel names the servers; a bare fragment may be a part of something.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.keywords import HELD, HELD_BY_NAME
from pytest_confluent_contracts.documents.lines import Node, UnreadableText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY_ALONE = re.compile(r"""\s*(?:- +)*(?:"[^"]*"|'[^']*'|[\w$/{}.-]+)\s*:\s*""")
# What each kind of object needs (OpenAPI 3.0): all of these, of each group one.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "operation": (("responses",),),
    "parameter": (("name",), ("in",), ("schema", "content")),
    "request body": (("content",),),
    "response": (("description",),),
    "header": (("schema", "content"),),
}


def check_end(lines: Sequence[str], operations: Sequence[Node]) -> None:
    """Raise `UnreadableText` where the panel at the end of *lines* ends within an object."""
    number = len(lines)
    while number > 1 and not lines[number - 1].strip():
        number -= 1
    if KEY_ALONE.fullmatch(lines[number - 1]):
        told = f"the page is cut off: `{lines[number - 1].strip()}` is followed by nothing"
        raise UnreadableText(told, number)
    last = max(operations, key=_last_line)
    lacking = _lacking_at_end("operation", last)
    if lacking:
        raise UnreadableText(f"the page is cut off: {lacking} is missing", number)


def check_servers(root: Node, operations: Mapping[tuple[str, str], Node], line: int) -> None:
    """Raise `UnreadableText` where no server is named, or an operation alone names none."""
    if root.get("servers"):
        return
    items = root["paths"]
    for (method, path), operation in operations.items():
        if not (operation.get("servers") or items[path].get("servers")):
            told = f"no `servers` for {method.upper()} {path}: the page is cut off, or lacks them"
            raise UnreadableText(told, line)


def _last_line(node: Node) -> int:
    return max(node.lines.values(), default=node.line)


def _lacking_at_end(kind: str, node: Any) -> str:
    """Return what is missing in *node*, or in the last object in it; ``""`` where nothing is."""
    if not isinstance(node, Node) or "$ref" in node or not node.lines:
        return ""
    for group in NEEDED.get(kind, ()):
        if not any(key in node for key in group):
            return f"`{'` or `'.join(group)}` of this {kind}"
    if kind == "schema" and node.get("type") == "array" and "items" not in node:
        return "`items` of this list"
    key = max(node.lines, key=node.line_of)
    return _lacking_in_member(kind, key, node[key])


def _lacking_in_member(kind: str, key: str, value: Any) -> str:
    if (kind, key) in HELD:
        last = value[-1] if isinstance(value, list) and value else value
        return _lacking_at_end(HELD[kind, key], last)
    if (kind, key) in HELD_BY_NAME and isinstance(value, Node) and value.lines:
        name = max(value.lines, key=value.line_of)
        return _lacking_at_end(HELD_BY_NAME[kind, key], value[name])
    return ""
