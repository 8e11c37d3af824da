"""How is a part of an OpenAPI tree made of what stands on a line of a page?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node

if TYPE_CHECKING:
    from collections.abc import Mapping


def node_at(line: int, members: Mapping[str, Any] | None = None) -> Node:
    """Return a mapping with these *members*, all of which stand on *line*."""
    node = Node(line)
    for name, value in (members or {}).items():
        put(node, name, value, line)
    return node


def put(node: Node, name: str, value: Any, line: int) -> None:
    """Let *node* have the member *name*, which stands on *line*."""
    node[name] = value
    node.lines[name] = line
