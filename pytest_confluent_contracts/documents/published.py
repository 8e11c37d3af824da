"""What does an OpenAPI document say of the operations of every method?

Only PATCH is held against a target; two documents are compared in all that they say. Their members
are not listed, and their schemas refer to each other, as they do in the document.
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.openapi import (
    UNREADABLE,
    DocumentReader,
    told_as_wrong,
)
from pytest_confluent_contracts.documents.schemas import (
    TOLD_OF_REFERENCE,
    Around,
    SchemaReader,
)
from pytest_confluent_contracts.documents.security import security_alternatives
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.model.published import (
    PublishedDocument,
    PublishedOperation,
    Requirement,
)
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import (
        Operation,
        Property,
        SecurityScheme,
    )


def read_published(path: Path) -> PublishedDocument:
    """Return the document in *path* with the operations of every method.

    Those that cannot be read are in ``document.unread``. Raise `ContractError` naming file, line
    and cure where it is no OpenAPI document.
    """
    source = SourceFile(FileSet(path))
    reader = _PublishedReader(source)
    try:
        return reader.published()
    except UNREADABLE as error:
        raise told_as_wrong(source, error) from error


class _ReferringSchemas(SchemaReader):
    """Reads schemas whose references stay as such, each to its place in ``$defs``.

    Where schemas refer to one another, that spares to write each of them on every way to it. Only
    what ``allOf`` joins is followed. A schema that is referred to is read once for all bodies.
    """

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._names: dict[int, str] = {}
        self._read: dict[int, tuple[dict[str, Any], list[Node]]] = {}
        self._asked: list[Node] = []  # what was referred to since the last schema was read

    def part(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, or a reference with what stands beside it."""
        if not isinstance(node, Node) or not isinstance(node.get("$ref"), str):
            return self.merged(node, around)
        found = self.source.resolve(node, node.line)
        beside: dict[str, Any] = {}
        if self.source.siblings_count:
            beside = self.own_keywords(node, around)
        return {**beside, **self._reference(found, node["$ref"]), "x-line": node.line}

    def reference_to(self, node: Node) -> dict[str, Any]:
        """Return the reference to the schema of *node*, which contains itself."""
        told = {key: strip(node[key]) for key in TOLD_OF_REFERENCE if key in node}
        return {**self._reference(node, "schema"), **told}

    def read_definitions(self) -> dict[str, dict[str, Any]]:
        """Return the schemas that the last one refers to, and those that these refer to."""
        found: dict[str, dict[str, Any]] = {}
        waiting, self._asked = self._asked, []
        while waiting:
            node = waiting.pop()
            name = self._names[id(node)]
            if name in found:
                continue
            if id(node) not in self._read:
                schema = self.merged(node, Around())
                self._read[id(node)] = schema, self._asked
                self._asked = []
            found[name], asked = self._read[id(node)]
            waiting += asked
        return found

    def _reference(self, found: Node, stated: str) -> dict[str, Any]:
        """Return a reference to *found* by a name of its own, that of *stated* where it is free."""
        if id(found) not in self._names:
            stem = re.sub(r"[^A-Za-z0-9._-]", "_", stated.rpartition("/")[2])
            known = set(self._names.values())
            names = chain([stem], (f"{stem}-{number}" for number in count(2)))
            self._names[id(found)] = next(name for name in names if name not in known)
        self._asked.append(found)
        return {"$ref": f"#/$defs/{self._names[id(found)]}"}


class _PublishedReader(DocumentReader):
    """Reads every method, and keeps what each operation says beside its `Operation`."""

    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self.schemas = _ReferringSchemas(source)

    def published(self) -> PublishedDocument:
        source, root = self.source, self.source.root
        self.source.check_version()
        paths = source.mapping_or_empty(root, "paths")
        operations = tuple(self.operations(paths))
        return PublishedDocument(
            document=self.described(operations),
            operations=tuple(self._published(one, paths) for one in operations),
            servers_place=source.location(root.line_of("servers")),
            locate=source.location,
        )

    def members(self, schema: Mapping[str, Any]) -> tuple[Property, ...]:
        """Return none: documents are compared by their schemas."""
        return ()

    def security(self, node: Node) -> tuple[tuple[SecurityScheme, ...], ...]:
        """Return the alternatives that requests can fulfil, none where there are no such."""
        try:
            return tuple(security_alternatives(self.source, node))
        except ContractError:
            return ()

    def _published(self, operation: Operation, paths: Node) -> PublishedOperation:
        path, method = operation.path, operation.method.lower()
        item = self.source.path_item(paths[path], paths.line_of(path))
        node = self.source.resolve(item[method], item.line_of(method))
        holder = node if "security" in node else self.source.root
        line = holder.line_of("security")
        if "security" not in holder:
            line = node.line
        return PublishedOperation(
            operation=operation,
            security=tuple(self._alternatives(holder)) or ((),),
            security_place=self.source.location(line),
            deprecated=bool(node.get("deprecated")),
            servers=tuple(self.servers(node)) or tuple(self.servers(item)),
        )

    def _alternatives(self, holder: Node) -> Iterator[tuple[Requirement, ...]]:
        """Yield what each security alternative of *holder* asks for."""
        for alternative in self.source.list_or_empty(holder, "security"):
            if not isinstance(alternative, Node):
                told = "each entry of `security` is a mapping of scheme names"
                raise self.source.error(holder.line_of("security"), told)
            asked: list[Requirement] = []
            for name, scopes in alternative.items():
                means = self._meaning_of_scheme(name, alternative.line_of(name))
                asked.append(Requirement(name, means, frozenset(map(str, scopes or ()))))
            yield tuple(asked)

    def _meaning_of_scheme(self, name: str, line: int) -> str:
        """Return what a request has to do for the scheme *name*, ``""`` where it is undefined."""
        components = self.source.mapping_or_empty(self.source.root, "components")
        schemes = self.source.mapping_or_empty(components, "securitySchemes")
        if name not in schemes:
            return ""
        return _told_scheme(self.source.resolve(schemes[name], line))


def _told_scheme(scheme: Node) -> str:
    """Return what *scheme* asks of a request, in words that say nothing of its name.

    >>> _told_scheme({"type": "apiKey", "in": "header", "name": "X-Key"})
    'apiKey in header X-Key'
    """
    kind: Any = scheme.get("type")
    if kind == "apiKey":
        place, name = scheme.get("in"), str(scheme.get("name"))
        if place == "header":  # known in any case (RFC 9110 5.1)
            name = name.title()
        return f"apiKey in {place} {name}"
    if kind == "http":
        return f"http {str(scheme.get('scheme')).lower()}"
    return str(kind)
