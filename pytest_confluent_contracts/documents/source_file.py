"""What stands at this place of a document?

References are followed, and errors name the file and the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node, with_members_of
from pytest_confluent_contracts.documents.references import References, UnresolvedReference
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.file_set import FileSet
    from pytest_confluent_contracts.model.sources import SourceLocation

MOST_REFERENCES = 64  # that lead from one to the next; a longer chain is taken for a circle


class SourceFile:
    """An OpenAPI document while it is read: one file, and those that its references name.

    A line is a number over all of these files (`FileSet`); ``at`` is the one that was read last.
    """

    def __init__(self, files: FileSet) -> None:
        first = files.first
        self.files, self.path, self.root, self.name = files, first.path, first.root, first.name
        self.references = References(files)
        self.at = self.root.line
        # 3.0 takes no notice of what stands beside `$ref`; in 3.1 both hold, as JSON Schema has it.
        self.siblings_count = not str(self.root.get("openapi")).startswith("3.0")

    def error(self, line: int, message: str) -> ContractError:
        """Return the error that *message* is wrong at *line*."""
        return ContractError(f"{self.location(line)}: {message}", self.location(line))

    def location(self, line: int) -> SourceLocation:
        """Return *line* as a promise keeps it."""
        return self.files.location(line)

    def check_version(self) -> None:
        """Raise `ContractError` with its cure unless this is OpenAPI 3.0 or 3.1."""
        root = self.root
        if "swagger" in root:
            cure = "convert it, for example with `npx swagger2openapi` or editor.swagger.io"
            raise self.error(root.line_of("swagger"), f"Swagger 2.0 is not read; {cure}")
        # Without quotes, 3.1 is a number.
        version = str(root.get("openapi"))
        if not re.fullmatch(r"3\.[01](\..*)?", version):
            told = "not an OpenAPI 3.0 or 3.1 document: `openapi` does not say so"
            raise self.error(root.line_of("openapi"), told)

    def mapping(self, node: Node, key: str) -> Node:
        """Return the mapping at *key*; raise `ContractError` where there is none."""
        value = node.get(key)
        if not isinstance(value, Node):
            raise self.error(node.line_of(key), f"`{key}` is missing or not a mapping")
        return value

    def mapping_or_empty(self, node: Node, key: str) -> Node:
        """Return the mapping at *key*, an empty one where nothing stands there."""
        if key in node:
            return self.mapping(node, key)
        return Node(node.line)

    def list_or_empty(self, node: Node, key: str) -> list[Any]:
        """Return the list at *key*, an empty one where nothing stands there."""
        value = node.get(key, [])
        if not isinstance(value, list):
            raise self.error(node.line_of(key), f"`{key}` is not a list")
        return value

    def resolve(self, node: Any, line: int) -> Node:
        """Follow ``$ref`` from *node*, at *line*, until a mapping stands there."""
        for _ in range(MOST_REFERENCES):
            self.at = line
            if not isinstance(node, Node):
                raise self.error(line, "a mapping is expected here")
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            line = node.line_of("$ref")
            node = self._referenced_value(reference, node, line)
        raise self.error(line, "`$ref` runs in a circle")

    def _referenced_value(self, reference: str, holder: Node, line: int) -> Any:
        try:
            return self.references.target(reference, holder)
        except UnresolvedReference as error:
            raise self.error(line, f"`$ref: {reference}` {error}") from error

    def path_item(self, stated: Any, line: int) -> Node:
        """Return the path item at *line*, with what stands beside its reference.

        Of a field that both have, OpenAPI leaves open which holds (3.1.1, 4.8.9.1): the one that
        stands beside the reference, which is nearer.
        """
        item = self.resolve(stated, line)
        if not isinstance(stated, Node) or item is stated:
            return item
        beside = Node(stated.line)
        for name in stated.keys() - {"$ref"}:
            beside[name] = stated[name]
            beside.lines[name] = stated.line_of(name)
        return with_members_of(beside, [item])
