"""What does an OpenAPI tree describe, and with which words? Members, headers and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SCHEMAS = 20_000  # of one body; an alias may stand for many
DEEPEST_MEMBER = 40
COMPOSED = ("allOf", "oneOf", "anyOf")
MOST_REFERENCES = 16


@dataclass(frozen=True, slots=True)
class Described:
    """One place of a body or an answer, with the words on it and their line.

    ``path`` is the member's, or the header's name; ``parent`` is the path of what holds a member,
    and ``name`` its own. One member is described several times where its schema is put together of
    several.
    """

    path: str
    node: Node
    words: str
    line: int
    parent: str = ""
    name: str = ""


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
        waiting = [_Waiting(schema, "", "", "", ())]
        for _ in range(MOST_SCHEMAS):
            if not waiting:
                return
            one = waiting.pop()
            node = self.resolved(one.stated)
            if not node or id(node) in one.around or len(one.around) >= DEEPEST_MEMBER:
                continue
            words = str(node.get("description") or "")
            line = node.line_of("description")
            yield Described(one.path, node, words, line, one.parent, one.name)
            waiting += reversed(list(_inside(one, node)))

    def headers(self, response: Node) -> Iterator[Described]:
        """Yield the headers of a response; the words on their schemas count, too."""
        headers = self.resolved(response.get("headers"))
        for name in headers:
            node = self.resolved(headers[name])
            words = node.get("description") or self.resolved(node.get("schema")).get("description")
            if node:
                yield Described(name, node, str(words or ""), node.line_of("description"))


class _Waiting(NamedTuple):
    """A schema that is still to be read: where it stands, and within which others, by their ids."""

    stated: Any
    path: str
    parent: str
    name: str
    around: tuple[int, ...]


def _inside(one: _Waiting, node: Node) -> Iterator[_Waiting]:
    """Yield what stands in the schema *node*: schemas of the same value, members, and items."""
    around = (*one.around, id(node))
    for keyword in COMPOSED:
        branches = node.get(keyword)
        if isinstance(branches, list):
            for branch in branches:
                yield _Waiting(branch, one.path, one.parent, one.name, around)
    members = node.get("properties")
    if isinstance(members, Node):
        for name, member in members.items():
            written = paths.member_path("", name)
            path = f"{one.path}.{written}" if one.path else written
            yield _Waiting(member, path, one.path, written, around)
    if "items" in node:
        path = paths.item_path(one.path)
        yield _Waiting(node["items"], path, one.parent, f"{one.name}[]", around)
