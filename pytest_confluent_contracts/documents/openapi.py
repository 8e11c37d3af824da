"""What does an OpenAPI document say? 3.0 and 3.1, read into frozen `Document` values.

References and ``allOf`` are resolved, 3.0's ``nullable`` becomes a JSON Schema type, ``int32``
becomes bounds, and every promise keeps the line where it stands.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_confluent_contracts.documents.bundled import bundled_documents
from pytest_confluent_contracts.documents.circles import RecursiveReader, listed_members
from pytest_confluent_contracts.documents.conventions import conventional_promises
from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.listings import with_listing
from pytest_confluent_contracts.documents.overlay import apply_overlay
from pytest_confluent_contracts.documents.parameters import declared_parameters, path_examples
from pytest_confluent_contracts.documents.resources import ReadOperation, resources_of
from pytest_confluent_contracts.documents.schemas import (
    SchemaReader,
    with_implied_types,
    with_listed_values,
)
from pytest_confluent_contracts.documents.security import security_alternatives
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.documents.stated import stated_promises
from pytest_confluent_contracts.documents.unjudged import unjudged_in
from pytest_confluent_contracts.model.documents import (
    READ_METHODS,
    SAFE_METHODS,
    Content,
    Document,
    Example,
    Header,
    Operation,
    Property,
    Response,
    SecurityScheme,
    Unjudged,
    UnreadOperation,
)
from pytest_confluent_contracts.model.media_types import preference
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


# What a document that is not as it should be is found out by, wherever that is not looked for.
UNREADABLE = (
    *(ContractError, AttributeError, TypeError, KeyError, ValueError, IndexError),
    RecursionError,
)


@lru_cache(maxsize=32)
def read_document(path: Path, overlays: tuple[Path, ...] = ()) -> Document:
    """Return the document in *path*, its operations read, changed as the *overlays* say.

    Raise `ContractError` naming file, line and cure, where none of them can be.
    """
    files = FileSet(path)
    vain: list[Unjudged] = []
    for overlay in overlays:
        vain += apply_overlay(files, overlay)
    source = SourceFile(files)
    reader = DocumentReader(source)
    try:
        document = reader.document()
        return replace(document, unjudged=(*vain, *document.unjudged))
    except UNREADABLE as error:
        raise told_as_wrong(source, error) from error


def told_as_wrong(source: SourceFile, error: Exception) -> ContractError:
    """Return *error* as what is wrong with the document at the line that was read last."""
    if isinstance(error, ContractError):
        return error
    told = "not OpenAPI as 3.0 and 3.1 have it, at this line or below"
    return source.error(source.at, f"{told} ({type(error).__name__}: {error})")


def documents_serving(host: str) -> list[Path]:
    """Return the bundled documents that name a server on *host*."""
    found: list[Path] = []
    for path in bundled_documents().values():
        hosts = {urlsplit(url).hostname for url in read_document(path).servers}
        if host in hosts:
            found.append(path)
    return found


class DocumentReader:
    """One pass over one document; lives as long as the pass.

    ``methods`` are those whose operations are read.
    """

    methods = tuple(method.lower() for method in READ_METHODS)

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.schemas: SchemaReader = RecursiveReader(source)
        self.unread: list[tuple[UnreadOperation, ContractError]] = []
        self.unsent: list[Unjudged] = []  # bodies of requests that have none
        self._known_schemas: dict[
            tuple[int, str, bool], tuple[Mapping[str, Any], tuple[Property, ...]]
        ] = {}

    def document(self) -> Document:
        """Return the document; raise `ContractError` where there is no operation to hold."""
        source, root = self.source, self.source.root
        source.check_version()
        read = list(self.read_operations(source.mapping(root, "paths")))
        resources, told = resources_of(source, read)
        operations = tuple(map(with_listing, told))
        if not operations and self.unread:
            _, first = self.unread[0]
            raise first
        if not operations:
            raise source.error(root.line_of("paths"), "no operation to hold a target to")
        return replace(self.described(operations), resources=resources)

    def described(self, operations: tuple[Operation, ...]) -> Document:
        """Return the document with the *operations* that were read of it."""
        source, root = self.source, self.source.root
        info = source.mapping(root, "info")
        return Document(
            name=source.path.stem,
            title=str(info.get("title", source.path.stem)),
            version=str(info.get("version", "")),
            file=source.name,
            digest=self._digest(),
            servers=tuple(self.servers(root)),
            operations=operations,
            unread=tuple(operation for operation, _ in self.unread),
            unjudged=(*unjudged_in(source), *self.unsent),
            files={file.name: str(file.path) for file in source.files},
        )

    def _digest(self) -> str:
        """Return what tells this state of the document's files from another."""
        digest = hashlib.sha256()
        for file in self.source.files:
            digest.update(file.path.read_bytes())
        return digest.hexdigest()[:8]

    def servers(self, holder: Node) -> Iterator[str]:
        """Yield the URLs of the servers that *holder* lists, its variables spelled out."""
        for server in self.source.list_or_empty(holder, "servers"):
            url = str(self.source.resolve(server, holder.line_of("servers")).get("url", ""))
            variables = server.get("variables") or {}
            names = re.findall(r"\{([^}]+)\}", url)
            yield from _spelled_out(url, names, variables)

    # --- operations -------------------------------------------------------------------------------

    def operations(self, items: Node) -> Iterator[Operation]:
        """Yield the operations at *items*; note those that cannot be read, and why."""
        for read in self.read_operations(items):
            yield read.operation

    def read_operations(self, items: Node) -> Iterator[ReadOperation]:
        """Yield the operations at *items*; note those that cannot be read, and why."""
        known: set[str] = set()
        for path in items:
            if path.startswith("x-"):
                continue
            line = items.line_of(path)
            try:
                item = self.source.path_item(items[path], line)
            except UNREADABLE as error:
                self._note_unread("", path, path, line, error)
                continue
            for keyword in item:
                if keyword in self.methods:
                    yield from self._operation_or_note(path, keyword, item, known)

    def _operation_or_note(
        self, path: str, keyword: str, item: Node, known: set[str]
    ) -> Iterator[ReadOperation]:
        """Yield the operation at *keyword* of the path *item*; note it where it cannot be read."""
        method = keyword.upper()
        id, line = f"{keyword} {path}", item.line_of(keyword)
        try:
            node = self.source.resolve(item[keyword], line)
            id = _operation_id(node, id, known)
            operation = self._operation(path, method, id, item, node)
            yield ReadOperation(self._with_promises(operation, node), node)
        except UNREADABLE as error:
            self._note_unread(method, path, id, line, error)

    def _note_unread(self, method: str, path: str, id: str, line: int, error: Exception) -> None:
        """Note what cannot be read: an operation, or without a *method* all of a path."""
        told = told_as_wrong(self.source, error)
        place = told.place or self.source.location(line)
        self.unread.append((UnreadOperation(id, method, path, place, str(told)), told))

    def _operation(self, path: str, method: str, id: str, item: Node, node: Node) -> Operation:
        """Return the operation at *node*, a member of the path *item*, still without promises."""
        line = item.line_of(method.lower())
        declared = declared_parameters(self.source, self.schemas, path, item, node)
        responses = tuple(self._responses(self.source.mapping(node, "responses")))
        if method == "HEAD":
            responses = tuple(replace(one, content=None, others=()) for one in responses)
        requests: list[Content] = []
        if method not in SAFE_METHODS:
            requests = self._requests(node, line)
        elif node.get("requestBody"):  # RFC 9110 9.3.1: it means nothing there
            place = self.source.location(node.line_of("requestBody"))
            self.unsent.append(Unjudged(f"requestBody ({method.lower()})", place))
        return Operation(
            document=self.source.path.stem,
            id=id,
            method=method,
            path=path,
            parameters=tuple(path_examples(declared)),
            request=requests[0] if requests else None,
            responses=responses,
            security=self.security(node),
            promises=Promises(),
            place=self.source.location(line),
            other_requests=tuple(requests[1:]),
            declared=declared,
        )

    def security(self, node: Node) -> tuple[tuple[SecurityScheme, ...], ...]:
        """Return the alternatives of the operation at *node* that requests can fulfil."""
        return tuple(security_alternatives(self.source, node))

    def _with_promises(self, operation: Operation, node: Node) -> Operation:
        """Return *operation* with its promises.

        They are what its ``x-contract`` states, and what it does not, by convention.
        """
        self.source.at = node.line_of("x-contract")
        promises = conventional_promises(operation)
        if "x-contract" in node:
            block = self.source.mapping(node, "x-contract")
            promises = replace(promises, **dict(stated_promises(block, self.source)))
        return replace(operation, promises=promises, request=self._listed(operation, promises))

    def _listed(self, operation: Operation, promises: Promises) -> Content | None:
        """Return the request of *operation* with the values that *promises* list for its members.

        Answers are held to them by a clause of their own.
        """
        request = operation.request
        if request is None:
            return None
        schema = with_listed_values(request.schema, promises.allowed_values.by_path)
        if schema is request.schema:
            return request
        members = listed_members(schema, self.source.location)
        return replace(request, schema=schema, properties=members)

    # --- bodies and headers -----------------------------------------------------------------------

    def _requests(self, node: Node, line: int) -> list[Content]:
        """Return the bodies that may be sent, one a media type, that of which most is said first.

        What only answers have is not required in them.
        """
        stated = node.get("requestBody")
        if not stated:
            return []
        body = self.source.resolve(stated, line)
        required = bool(body.get("required", False))
        return self._contents(body, "readOnly", required=required)

    def _responses(self, responses: Node) -> Iterator[Response]:
        for status, node in responses.items():
            if status.startswith("x-"):
                continue
            line = responses.line_of(status)
            node = self.source.resolve(node, line)
            contents: list[Content] = []
            if node.get("content"):
                contents = self._contents(node, "writeOnly", implied=True)
            headers = tuple(self.headers(node))
            place = self.source.location(line)
            first = contents[0] if contents else None
            yield Response(status, headers, first, place, tuple(contents[1:]))

    def headers(self, node: Node) -> Iterator[Header]:
        """Yield the headers of the response at *node*."""
        headers = self.source.mapping_or_empty(node, "headers")
        for name, header in headers.items():
            line = headers.line_of(name)
            header = self.source.resolve(header, line)
            schema = self.schemas.json_schema_at(header, line)
            self.schemas.check(schema, int(schema.get("x-line", line)), f"header `{name}`")
            if "example" in header:
                schema = schema | {"example": header["example"]}
            words = [header.get("description"), (header.get("schema") or {}).get("description")]
            description = " ".join(str(one) for one in words if one)
            required = header.get("required")
            presence = required if isinstance(required, bool) else None
            place = self.source.location(line)
            yield Header(name, schema, place, presence, description)

    def _contents(
        self, node: Node, other_way: str, *, required: bool = True, implied: bool = False
    ) -> list[Content]:
        """Return the bodies at *node*, one a media type, that of which most can be said first.

        *other_way* is the keyword of members that travel the other way only. *implied*: an answer's
        schema that lists members and no type means an object.
        """
        contents = self.source.mapping(node, "content")
        if not contents:
            raise self.source.error(node.line_of("content"), "`content` names no media type")
        return [
            self._content(contents, name, other_way, required=required, implied=implied)
            for name in sorted(contents, key=preference)
        ]

    def _content(
        self, contents: Node, chosen: str, other_way: str, *, required: bool, implied: bool
    ) -> Content:
        line = contents.line_of(chosen)
        media = self.source.resolve(contents[chosen], line)
        schema, members = self._schema_and_members(media, line, other_way, implied=implied)
        return Content(
            media_type=chosen,
            schema=schema,
            properties=members,
            examples=tuple(self._examples(media)),
            place=self.source.location(line),
            required=required,
        )

    def _schema_and_members(
        self, media: Node, line: int, other_way: str, *, implied: bool
    ) -> tuple[Mapping[str, Any], tuple[Property, ...]]:
        """Return the schema of *media*, read once though many operations refer to it."""
        stated = media.get("schema")
        shared = stated
        if isinstance(stated, Node) and set(stated) == {"$ref"}:
            shared = self.source.resolve(stated, line)
        key = id(shared), other_way, implied
        if stated is None or key not in self._known_schemas:
            schema = self.schemas.json_schema_at(media, line, other_way)
            if implied:
                schema = with_implied_types(schema)
            self.schemas.check(schema, line, "this body")
            self._known_schemas[key] = (schema, self.members(schema))
        return self._known_schemas[key]

    def members(self, schema: Mapping[str, Any]) -> tuple[Property, ...]:
        """Return the members of a body with *schema*."""
        return listed_members(schema, self.source.location)

    def _examples(self, media: Node) -> Iterator[Example]:
        if "example" in media:
            place = self.source.location(media.line_of("example"))
            yield Example("default", strip(media["example"]), place)
        for name, example in (media.get("examples") or {}).items():
            node = self.source.resolve(example, media.line_of("examples"))
            place = self.source.location(media["examples"].line_of(name))
            yield Example(name, strip(node.get("value")), place)


def _operation_id(node: Node, otherwise: str, known: set[str]) -> str:
    """Return the name of the operation at *node*, and add it to those that are *known*.

    It is *otherwise* where the operation has none, or that of another.
    """
    stated = str(node.get("operationId") or otherwise)
    id = otherwise if stated in known else stated
    known.add(id)
    return id


def _spelled_out(url: str, names: Sequence[str], variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield *url* with each value of the variables *names* in their place.

    A variable without listed values stands for its default.
    """
    if not names:
        yield url
        return
    name, rest = names[0], names[1:]
    variable = variables.get(name) or {}
    for value in variable.get("enum") or [variable.get("default", "")]:
        yield from _spelled_out(url.replace(f"{{{name}}}", str(value)), rest, variables)
