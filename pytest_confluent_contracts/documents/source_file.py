"""What stands at this place of an OpenAPI file?

References are followed, and errors name the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.documents.bundled import shown_path
from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.sources import ContractError, SourceLocation

if TYPE_CHECKING:
    from pathlib import Path

MOST_REFERENCES = 64  # that lead from one to the next; a longer chain is taken for a circle


class SourceFile:
    """An OpenAPI file while it is read; ``at`` is the line that was read last."""

    def __init__(self, path: Path, root: Node) -> None:
        self.path, self.root, self.name = path, root, shown_path(path)
        self.at = root.line
        # 3.0 takes no notice of what stands beside `$ref`; in 3.1 both hold, as JSON Schema has it.
        self.siblings_count = not str(root.get("openapi")).startswith("3.0")

    def error(self, line: int, message: str) -> ContractError:
        """Return the error that *message* is wrong at *line*."""
        return ContractError(f"{self.name}:{line}: {message}")

    def location(self, line: int) -> SourceLocation:
        """Return *line* as a promise keeps it."""
        return SourceLocation(self.name, line)

    def mapping(self, node: Node, key: str) -> Node:
        """Return the mapping at *key*; raise `ContractError` where there is none."""
        value = node.get(key)
        if not isinstance(value, Node):
            raise self.error(node.line_of(key), f"`{key}` is missing or not a mapping")
        return value

    def mapping_or_empty(self, node: Node, key: str) -> Node:
        """Return the mapping at *key*, an empty one where nothing stands there."""
        return self.mapping(node, key) if key in node else Node(node.line)

    def list_or_empty(self, node: Node, key: str) -> list[Any]:
        """Return the list at *key*, an empty one where nothing stands there."""
        value = node.get(key, [])
        if not isinstance(value, list):
            raise self.error(node.line_of(key), f"`{key}` is not a list")
        return value

    def resolve(self, node: Any, line: int) -> Node:
        """Follow ``$ref`` inside the file from *node*, at *line*, until a mapping stands there."""
        for _ in range(MOST_REFERENCES):
            self.at = line
            if not isinstance(node, Node):
                raise self.error(line, "a mapping is expected here")
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            line = node.line_of("$ref")
            node = self._referenced_value(reference, line)
        raise self.error(line, "`$ref` runs in a circle")

    def _referenced_value(self, reference: str, line: int) -> Any:
        if not reference.startswith("#/"):
            cure = "bundle the document into one file"
            raise self.error(line, f"`$ref: {reference}` leaves the file; {cure}")
        node: Any = self.root
        for token in paths.tokens_of(unquote(reference[1:])):
            node = _child(node, token)
            if node is ABSENT:
                raise self.error(line, f"`$ref: {reference}` points nowhere")
        return node


def _child(node: Any, token: str) -> Any:
    """Return the member, or the item, of *node* that a token of a JSON Pointer names."""
    if isinstance(node, Mapping):
        return node.get(token, ABSENT)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return ABSENT
