"""What does an OpenAPI tree describe, and with which words? Members, headers and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SCHEMAS = 100_000  # of one body; an alias may stand for many
DEEPEST_MEMBER = 40
COMPOSED = ("allOf", "oneOf", "anyOf")
MOST_REFERENCES = 16


@dataclass(frozen=True, slots=True)
class Described:
    """One place of a body or an answer, with the words on it and their line.

    ``path`` is the member's, or the header's name. One member is described several times where
    its schema is put together of several.
    """

    path: str
    node: Node
    words: str
    line: int


class DescribedTree:
    """Reads a tree of OpenAPI as it stands: references into the tree itself are followed."""

    def __init__(self, root: Node) -> None:
        self._root = root

    def resolved(self, value: Any) -> Node:
        """Return the mapping at *value*, an empty one where there is none in this tree."""
        for _ in range(MOST_REFERENCES):
            if not isinstance(value, Node):
                return Node(0)
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._referenced(reference)
        return Node(0)

    def _referenced(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            return None
        value: Any = self._root
        for token in reference[2:].split("/"):
            name = unquote(token).replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, Node) else None
        return value

    def members(self, holder: Node) -> list[Described]:
        """Return the members of each body of *holder*, a request body or a response."""
        found: list[Described] = []
        for media in self.resolved(holder.get("content")).values():
            found += self._schemas(self.resolved(media).get("schema"))
        return found

    def _schemas(self, schema: Any) -> Iterator[Described]:
        """Yield the schemas of a body, and what stands within them, in the document's order."""
        waiting: list[tuple[str, Any, tuple[int, ...]]] = [("", schema, ())]
        for _ in range(MOST_SCHEMAS):
            if not waiting:
                return
            path, stated, around = waiting.pop()
            node = self.resolved(stated)
            if not node or id(node) in around or len(around) >= DEEPEST_MEMBER:
                continue
            words = str(node.get("description") or "")
            yield Described(path, node, words, node.line_of("description"))
            below = (*around, id(node))
            inner = [(inside, one, below) for inside, one in _inside(path, node)]
            waiting += reversed(inner)

    def headers(self, response: Node) -> Iterator[Described]:
        """Yield the headers of a response; the words on their schemas count, too."""
        headers = self.resolved(response.get("headers"))
        for name in headers:
            node = self.resolved(headers[name])
            words = node.get("description") or self.resolved(node.get("schema")).get("description")
            if node:
                yield Described(name, node, str(words or ""), node.line_of("description"))


def _inside(path: str, node: Node) -> Iterator[tuple[str, Any]]:
    """Yield what stands in a schema, with its path: of the same value, members, and items."""
    for keyword in COMPOSED:
        branches = node.get(keyword)
        if isinstance(branches, list):
            for branch in branches:
                yield path, branch
    members = node.get("properties")
    if isinstance(members, Node):
        for name, member in members.items():
            yield paths.member_path(path, name), member
    if "items" in node:
        yield paths.item_path(path), node["items"]
