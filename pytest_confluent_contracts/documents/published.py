"""What does an OpenAPI document say of the operations of every method?

Only PATCH is held against a target; two documents are compared in all that they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.documents.openapi import (
    UNREADABLE,
    DocumentReader,
    told_as_wrong,
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
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme


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


class _PublishedReader(DocumentReader):
    """Reads every method, and keeps what each operation says beside its `Operation`."""

    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

    def published(self) -> PublishedDocument:
        source, root = self.source, self.source.root
        self.check_version()
        paths = source.mapping_or_empty(root, "paths")
        operations = tuple(self.operations(paths))
        return PublishedDocument(
            document=self.described(operations),
            operations=tuple(self._published(one, paths) for one in operations),
            servers_place=source.location(root.line_of("servers")),
            locate=source.location,
        )

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
        """Return what a request has to do for the scheme *name*; its name where it is undefined."""
        components = self.source.mapping_or_empty(self.source.root, "components")
        schemes = self.source.mapping_or_empty(components, "securitySchemes")
        if name not in schemes:
            return f"{name}, which is not defined"
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
