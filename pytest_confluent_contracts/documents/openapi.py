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
from pytest_confluent_contracts.documents.conventions import conventional_promises
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.loading import load
from pytest_confluent_contracts.documents.parameters import declared_parameters, path_examples
from pytest_confluent_contracts.documents.schemas import (
    SchemaReader,
    members_of,
    with_implied_types,
)
from pytest_confluent_contracts.documents.security import security_alternatives
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.documents.stated import stated_promises
from pytest_confluent_contracts.model.documents import (
    Content,
    Document,
    Example,
    Header,
    Operation,
    Response,
)
from pytest_confluent_contracts.model.promises import Promises

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@lru_cache(maxsize=32)
def read_document(path: Path) -> Document:
    """Return the document in *path*, its PATCH operations read.

    Raise `ContractError` naming file, line and cure.
    """
    source = SourceFile(path, load(path))
    reader = _DocumentReader(source)
    try:
        return reader.document()
    except (AttributeError, TypeError, KeyError, ValueError, IndexError, RecursionError) as error:
        told = "not OpenAPI as 3.0 and 3.1 have it, at this line or below"
        raise source.error(source.at, f"{told} ({type(error).__name__}: {error})") from error


def documents_serving(host: str) -> list[Path]:
    """Return the bundled documents that name a server on *host*."""
    found: list[Path] = []
    for path in bundled_documents().values():
        hosts = {urlsplit(url).hostname for url in read_document(path).servers}
        if host in hosts:
            found.append(path)
    return found


class _DocumentReader:
    """One pass over one document; lives as long as the pass."""

    def __init__(self, source: SourceFile) -> None:
        self.source, self.schemas = source, SchemaReader(source)
        self.plain: dict[str, Any] = strip(source.root)

    def document(self) -> Document:
        source, root = self.source, self.source.root
        self._check_version()
        info = source.mapping(root, "info")
        operations = tuple(self._operations(source.mapping(root, "paths")))
        if not operations:
            told = "no PATCH operation to hold a target to"
            raise source.error(root.line_of("paths"), told)
        return Document(
            name=source.path.stem,
            title=str(info.get("title", source.path.stem)),
            version=str(info.get("version", "")),
            file=source.name,
            digest=hashlib.sha256(source.path.read_bytes()).hexdigest()[:8],
            servers=tuple(self._servers(root)),
            operations=operations,
        )

    def _check_version(self) -> None:
        """Raise `ContractError` with its cure unless this is OpenAPI 3.0 or 3.1."""
        source, root = self.source, self.source.root
        if "swagger" in root:
            cure = "convert it, for example with `npx swagger2openapi` or editor.swagger.io"
            raise source.error(root.line_of("swagger"), f"Swagger 2.0 is not read; {cure}")
        # Without quotes, 3.1 is a number.
        version = str(root.get("openapi"))
        if not re.fullmatch(r"3\.[01](\..*)?", version):
            told = "not an OpenAPI 3.0 or 3.1 document: `openapi` does not say so"
            raise source.error(root.line_of("openapi"), told)

    def _servers(self, root: Node) -> Iterator[str]:
        for server in self.source.list_or_empty(root, "servers"):
            url = str(self.source.resolve(server, root.line_of("servers")).get("url", ""))
            variables = server.get("variables") or {}
            names = re.findall(r"\{([^}]+)\}", url)
            yield from _spelled_out(url, names, variables)

    # --- operations -------------------------------------------------------------------------------

    def _operations(self, items: Node) -> Iterator[Operation]:
        for path, item in items.items():
            item = self.source.resolve(item, items.line_of(path))
            if "patch" in item:
                node = self.source.mapping(item, "patch")
                operation = self._operation(path, item, node, item.line_of("patch"))
                yield self._with_promises(operation, node)

    def _operation(self, path: str, item: Node, node: Node, line: int) -> Operation:
        """Return the operation at *node*, a member of the path *item*, still without promises."""
        declared = declared_parameters(self.source, self.schemas, path, item, node)
        responses = tuple(self._responses(self.source.mapping(node, "responses")))
        request = self._request(node, line)
        return Operation(
            document=self.source.path.stem,
            id=str(node.get("operationId") or f"patch {path}"),
            method="PATCH",
            path=path,
            parameters=tuple(path_examples(declared)),
            request=request,
            responses=responses,
            security=tuple(security_alternatives(self.source, node)),
            promises=Promises(),
            place=self.source.location(line),
            source=self.plain,
            declared=declared,
        )

    def _with_promises(self, operation: Operation, node: Node) -> Operation:
        """Return *operation* with its promises.

        They are what its ``x-contract`` states, and what it does not, by convention.
        """
        self.source.at = node.line_of("x-contract")
        promises = conventional_promises(operation)
        if "x-contract" in node:
            block = self.source.mapping(node, "x-contract")
            promises = replace(promises, **dict(stated_promises(block, self.source.name)))
        return replace(operation, promises=promises)

    # --- bodies and headers -----------------------------------------------------------------------

    def _request(self, node: Node, line: int) -> Content | None:
        stated = node.get("requestBody")
        if not stated:
            return None
        body = self.source.resolve(stated, line)
        return self._content(body, required=bool(body.get("required", False)))

    def _responses(self, responses: Node) -> Iterator[Response]:
        for status, node in responses.items():
            if status.startswith("x-"):
                continue
            line = responses.line_of(status)
            node = self.source.resolve(node, line)
            content = self._content(node, implied=True) if node.get("content") else None
            headers = tuple(self._headers(node))
            yield Response(status, headers, content, self.source.location(line))

    def _headers(self, node: Node) -> Iterator[Header]:
        headers = self.source.mapping_or_empty(node, "headers")
        for name, header in headers.items():
            line = headers.line_of(name)
            header = self.source.resolve(header, line)
            schema = self.schemas.json_schema_at(header, line)
            if "example" in header:
                schema = schema | {"example": header["example"]}
            yield Header(name, schema, self.source.location(line))

    def _content(self, node: Node, *, required: bool = True, implied: bool = False) -> Content:
        """Return a body.

        *implied*: an answer's schema that lists members and no type means an object.
        """
        contents = self.source.mapping(node, "content")
        if not contents:
            raise self.source.error(node.line_of("content"), "`content` names no media type")
        chosen = next((name for name in contents if "json" in name), next(iter(contents)))
        line = contents.line_of(chosen)
        media = self.source.resolve(contents[chosen], line)
        schema = self.schemas.json_schema_at(media, line)
        if implied:
            schema = with_implied_types(schema)
        self._check_schema(schema, line)
        return Content(
            media_type=chosen,
            schema=schema,
            properties=tuple(members_of(schema, self.source.name)),
            examples=tuple(self._examples(media)),
            place=self.source.location(line),
            required=required,
        )

    def _check_schema(self, schema: Mapping[str, Any], line: int) -> None:
        """Raise `ContractError` where no validator would take the schema."""
        import jsonschema_rs

        try:
            jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
        except ValueError as error:
            said = str(error).splitlines()[0]
            told = f"the schema of this body is no JSON Schema: {said}"
            raise self.source.error(line, told) from error

    def _examples(self, media: Node) -> Iterator[Example]:
        if "example" in media:
            place = self.source.location(media.line_of("example"))
            yield Example("default", strip(media["example"]), place)
        for name, example in (media.get("examples") or {}).items():
            node = self.source.resolve(example, media.line_of("examples"))
            place = self.source.location(media["examples"].line_of(name))
            yield Example(name, strip(node.get("value")), place)


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
