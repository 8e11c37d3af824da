"""What does an OpenAPI document say? 3.0 and 3.1, read into frozen `Document` values.

References and ``allOf`` are resolved, 3.0's ``nullable`` becomes a JSON Schema type, ``int32`` becomes bounds, and every
promise keeps the line where it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_confluent_contracts.documents.bundled import bundled_documents, shown
from pytest_confluent_contracts.documents.conventions import conventional_promises
from pytest_confluent_contracts.documents.lines import Node, load, strip
from pytest_confluent_contracts.documents.schemas import (
    in_json_schema,
    json_schema,
    merged_schemas,
    with_implied_types,
)
from pytest_confluent_contracts.documents.stated import stated_promises
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import (
    Content,
    Document,
    Example,
    Header,
    Operation,
    Property,
    Response,
    SecurityScheme,
)
from pytest_confluent_contracts.model.promises import Promises
from pytest_confluent_contracts.model.sources import ContractError, SourceLocation

if TYPE_CHECKING:
    from pathlib import Path


@lru_cache(maxsize=32)
def read_document(path: Path) -> Document:
    """Return the document in *path*, its PATCH operations read; raise `ContractError` naming file, line and cure."""
    reader = _Reader(path, load(path))
    try:
        return reader.document()
    except (AttributeError, TypeError, KeyError, ValueError, IndexError, RecursionError) as error:
        told = "not OpenAPI as 3.0 and 3.1 have it, at this line or below"
        raise reader.fail(reader.at, f"{told} ({type(error).__name__}: {error})") from error


def documents_serving(host: str) -> list[Path]:
    """Return the bundled documents that name a server on *host*."""
    return [
        path
        for path in bundled_documents().values()
        if host in {urlsplit(url).hostname for url in read_document(path).servers}
    ]


class _Reader:
    """One pass over one document; lives as long as the pass."""

    def __init__(self, path: Path, root: Node) -> None:
        self.path, self.root, self.file = path, root, shown(path)
        self.plain: dict[str, Any] = strip(root)
        self.at = root.line

    def fail(self, line: int, message: str) -> ContractError:
        return ContractError(f"{self.file}:{line}: {message}")

    def place(self, line: int) -> SourceLocation:
        return SourceLocation(self.file, line)

    def document(self) -> Document:
        version = self.root.get("openapi")
        if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
            raise self.fail(
                self.root.line_of("openapi"),
                "not an OpenAPI 3.0 or 3.1 document: `openapi` does not say so",
            )
        info = self.mapping(self.root, "info")
        operations = tuple(self.operations(self.mapping(self.root, "paths")))
        if not operations:
            raise self.fail(self.root.line_of("paths"), "no PATCH operation to hold a target to")
        return Document(
            name=self.path.stem,
            title=str(info.get("title", self.path.stem)),
            version=str(info.get("version", "")),
            file=self.file,
            digest=hashlib.sha256(self.path.read_bytes()).hexdigest()[:8],
            servers=tuple(self.servers(self.root)),
            operations=operations,
        )

    def mapping(self, node: Node, key: str) -> Node:
        value = node.get(key)
        if not isinstance(value, Node):
            raise self.fail(node.line_of(key), f"`{key}` is missing or not a mapping")
        return value

    def optional(self, node: Node, key: str) -> Node:
        """Return the mapping at *key*, an empty one where there is none."""
        return self.mapping(node, key) if key in node else Node(node.line)

    def listing(self, node: Node, key: str) -> list[Any]:
        """Return the list at *key*, an empty one where there is none."""
        if not isinstance(value := node.get(key, []), list):
            raise self.fail(node.line_of(key), f"`{key}` is not a list")
        return value

    def servers(self, node: Node) -> Iterator[str]:
        for server in self.listing(node, "servers"):
            url = str(self.resolve(server, node.line_of("servers")).get("url", ""))
            variables = server.get("variables") or {}
            names = re.findall(r"\{([^}]+)\}", url)
            yield from self.expand(url, names, variables)

    def expand(self, url: str, names: Sequence[str], variables: Mapping[str, Any]) -> Iterator[str]:
        if not names:
            yield url
            return
        variable = variables.get(names[0]) or {}
        for value in variable.get("enum") or [variable.get("default", "")]:
            yield from self.expand(
                url.replace("{" + names[0] + "}", str(value)), names[1:], variables
            )

    def operations(self, items: Node) -> Iterator[Operation]:
        for path, item in items.items():
            item = self.resolve(item, items.line_of(path))
            if "patch" in item:
                self.mapping(item, "patch")
                yield self.operation(path, item, item["patch"], item.line_of("patch"))

    def operation(self, path: str, item: Node, node: Node, line: int) -> Operation:
        shared = [
            (part.line_of("parameters"), one)
            for part in (item, node)
            for one in self.listing(part, "parameters")
        ]
        parameters = [self.resolve(parameter, at) for at, parameter in shared]
        for parameter in parameters:
            if not isinstance(parameter.get("name"), str):
                raise self.fail(parameter.line, "this parameter has no `name`")
        body = node.get("requestBody")
        responses = tuple(self.responses(self.mapping(node, "responses")))
        request = self.request(self.resolve(body, line)) if body else None
        operation = Operation(
            document=self.path.stem,
            id=str(node.get("operationId") or f"patch {path}"),
            method="PATCH",
            path=path,
            parameters=tuple(
                (p["name"], _parameter_example(p)) for p in parameters if p.get("in") == "path"
            ),
            request=request,
            responses=responses,
            security=tuple(self.security(node)),
            promises=Promises(),
            place=self.place(line),
            source=self.plain,
        )
        return self.with_promises(operation, node)

    def resolve(self, node: Any, line: int) -> Node:
        """Follow ``$ref`` inside the file until a mapping stands there."""
        for _ in range(64):
            self.at = line
            if not isinstance(node, Node):
                raise self.fail(line, "a mapping is expected here")
            if not isinstance(ref := node.get("$ref"), str):
                return node
            line, node = node.line_of("$ref"), self.target(ref, node.line_of("$ref"))
        raise self.fail(line, "`$ref` runs in a circle")

    def target(self, ref: str, line: int) -> Any:
        if not ref.startswith("#/"):
            raise self.fail(
                line, f"`$ref: {ref}` leaves the file; bundle the document into one file"
            )
        node: Any = self.root
        for key in paths.tokens_of(ref[1:]):
            if not isinstance(node, Mapping) or key not in node:
                raise self.fail(line, f"`$ref: {ref}` points nowhere")
            node = node[key]
        return node

    # --- security --------------------------------------------------------------------------------------------------

    def security(self, node: Node) -> Iterator[tuple[SecurityScheme, ...]]:
        credentials = self.optional(node, "x-contract").get("credentials") or {}
        holder = node if "security" in node else self.root
        for requirement in self.listing(holder, "security"):
            if not isinstance(requirement, Node):
                raise self.fail(
                    holder.line_of("security"),
                    "each entry of `security` is a mapping of scheme names",
                )
            yield tuple(
                self.scheme(name, credentials.get(name), requirement) for name in requirement
            )

    def scheme(
        self, name: str, variables: Mapping[str, Any] | None, requirement: Node
    ) -> SecurityScheme:
        line = requirement.line_of(name)
        schemes = (self.root.get("components") or {}).get("securitySchemes") or Node(line)
        if name not in schemes:
            raise self.fail(
                line, f"security scheme `{name}` is not defined under components.securitySchemes"
            )
        node = self.resolve(schemes[name], line)
        kind, header = _scheme_kind(node)
        if not kind:
            raise self.fail(
                node.line,
                f"security scheme `{name}`: only http basic, http bearer and header API keys are read",
            )
        return SecurityScheme(
            name, kind, header, _variables(name, kind, variables), self.place(schemes.line_of(name))
        )

    # --- bodies and headers ------------------------------------------------------------------------------------------

    def request(self, node: Node) -> Content:
        return self.content(node, required=bool(node.get("required", False)))

    def responses(self, responses: Node) -> Iterator[Response]:
        for status, node in responses.items():
            if status.startswith("x-"):
                continue
            node = self.resolve(node, responses.line_of(status))
            content = self.content(node, implied=True) if node.get("content") else None
            yield Response(
                status, tuple(self.headers(node)), content, self.place(responses.line_of(status))
            )

    def headers(self, node: Node) -> Iterator[Header]:
        headers = self.optional(node, "headers")
        for name, header in headers.items():
            line = headers.line_of(name)
            header = self.resolve(header, line)
            schema = json_schema(self.schema(header.get("schema") or Node(line)))
            shown = {"example": header["example"]} if "example" in header else {}
            yield Header(name, schema | shown, self.place(line))

    def content(self, node: Node, *, required: bool = True, implied: bool = False) -> Content:
        """Read a body; *implied*: an answer's schema that lists members and no type means an object."""
        contents = self.mapping(node, "content")
        if not contents:
            raise self.fail(node.line_of("content"), "`content` names no media type")
        chosen = next((name for name in contents if "json" in name), next(iter(contents)))
        media = self.resolve(contents[chosen], contents.line_of(chosen))
        schema = json_schema(self.schema(media.get("schema") or Node(contents.line_of(chosen))))
        schema = with_implied_types(schema) if implied else schema
        self.check_schema(schema, contents.line_of(chosen))
        return Content(
            media_type=chosen,
            schema=schema,
            properties=tuple(self.properties(schema, "")),
            examples=tuple(self.examples(media)),
            place=self.place(contents.line_of(chosen)),
            required=required,
        )

    def check_schema(self, schema: Mapping[str, Any], line: int) -> None:
        """Raise `ContractError` where no validator would take the schema."""
        import jsonschema_rs

        try:
            jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
        except ValueError as error:
            said = str(error).splitlines()[0]
            raise self.fail(line, f"the schema of this body is no JSON Schema: {said}") from error

    def examples(self, media: Node) -> Iterator[Example]:
        if "example" in media:
            yield Example("default", strip(media["example"]), self.place(media.line_of("example")))
        for name, example in (media.get("examples") or {}).items():
            node = self.resolve(example, media.line_of("examples"))
            yield Example(
                name, strip(node.get("value")), self.place(media["examples"].line_of(name))
            )

    # --- schemas ---------------------------------------------------------------------------------------------------------

    def schema(self, node: Any, seen: tuple[int, ...] = ()) -> dict[str, Any]:
        """Return the JSON Schema of *node*: references and ``allOf`` merged, each schema's line under ``x-line``."""
        if not isinstance(node, Node):
            return {} if node in (None, True) else {"not": {}}
        line = node.line
        node = self.resolve(node, line)
        if id(node) in seen:  # a schema that contains itself is judged down to its first repetition
            return {}
        seen = (*seen, id(node))
        merged: dict[str, Any] = {"x-line": line}
        for part in [self.schema(branch, seen) for branch in self.listing(node, "allOf")] + [
            self.own(node, seen)
        ]:
            merged = merged_schemas(merged, part)
        return merged

    def own(self, node: Node, seen: tuple[int, ...]) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        for key, value in node.items():
            if key == "properties":
                members = self.mapping(node, key)
                schema[key] = {name: self.member(members, name, seen) for name in members}
            elif key in ("items", "additionalProperties", "not") and isinstance(value, Node):
                schema[key] = self.schema(value, seen)
            elif key in ("oneOf", "anyOf"):
                schema[key] = [self.schema(branch, seen) for branch in self.listing(node, key)]
            elif key not in (
                "allOf",
                "$ref",
                "description",
                "title",
                "discriminator",
                "xml",
                "externalDocs",
            ):
                schema[key] = strip(value)
        return in_json_schema(schema)

    def member(self, properties: Node, name: str, seen: tuple[int, ...]) -> dict[str, Any]:
        return {**self.schema(properties[name], seen), "x-line": properties.line_of(name)}

    def properties(self, schema: Mapping[str, Any], path: str) -> Iterator[Property]:
        """Yield every member below *path*, list items as ``[]``; oneOf and anyOf are judged as a whole by their parent."""
        for name, member in (schema.get("properties") or {}).items():
            child = paths.member_path(path, name)
            yield self.property(child, member, name in (schema.get("required") or ()))
            yield from self.properties(member, child)
        if isinstance(items := schema.get("items"), Mapping):
            yield self.property(paths.item_path(path), items, required=False)
            yield from self.properties(items, paths.item_path(path))

    def property(self, path: str, schema: Mapping[str, Any], required: bool) -> Property:
        return Property(
            path=path,
            schema=schema,
            required=required,
            place=self.place(schema.get("x-line", 0)),
            read_only=bool(schema.get("readOnly") or schema.get("x-immutable")),
            secret=bool(
                schema.get("writeOnly")
                or schema.get("x-redact")
                or schema.get("format") == "password"
            ),
        )

    # --- prose ------------------------------------------------------------------------------------

    def with_promises(self, operation: Operation, node: Node) -> Operation:
        """Return *operation* with what its ``x-contract`` states, and what it does not by convention."""
        self.at = node.line_of("x-contract")
        promises = conventional_promises(operation)
        if "x-contract" in node:
            block = self.mapping(node, "x-contract")
            promises = replace(promises, **dict(stated_promises(block, self.file)))
        return replace(operation, promises=promises)


def _parameter_example(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema") or {}
    return str(parameter.get("example", schema.get("example", "")) or "")


def _scheme_kind(node: Mapping[str, Any]) -> tuple[str, str]:
    if node.get("type") == "http" and str(node.get("scheme", "")).lower() in ("basic", "bearer"):
        return str(node["scheme"]).lower(), "Authorization"
    if node.get("type") == "apiKey" and node.get("in") == "header":
        return "apiKey", str(node.get("name"))
    return (
        ("bearer", "Authorization") if node.get("type") in ("oauth2", "openIdConnect") else ("", "")
    )


def _variables(
    name: str, kind: str, stated: Mapping[str, Any] | None
) -> tuple[tuple[str, str], ...]:
    """Return the environment variables of a scheme: the document's, else ``CONTRACT_<SCHEME>_<PART>``."""
    parts = {"basic": ("username", "password"), "bearer": ("token",), "apiKey": ("value",)}[kind]
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).upper()
    return tuple(
        (part, str((stated or {}).get(part) or f"CONTRACT_{stem}_{part.upper()}")) for part in parts
    )
