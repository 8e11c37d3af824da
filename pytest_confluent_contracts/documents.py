"""What does this published document say, and on which line?

Reads OpenAPI 3.0 and 3.1, as YAML or JSON, into frozen `Document` values. References and ``allOf`` are resolved, 3.0's
``nullable`` becomes a JSON Schema type, ``int32`` becomes bounds, and every promise keeps the line where it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

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
from pytest_confluent_contracts.model.promises import (
    Entry,
    ErrorFormat,
    Identity,
    Member,
    Members,
    Promises,
    RateLimit,
    Refusals,
    RequestId,
    Timestamps,
    ValuesByPath,
)
from pytest_confluent_contracts.model.quota import USUAL_NAMES
from pytest_confluent_contracts.model.sources import ContractError, SourceLocation

INT_BOUNDS = {"int32": 2**31, "int64": 2**63}


class Node(dict[str, Any]):
    """A mapping of the file that knows the line on which it, and each of its members, begins."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of the member *key*, or the mapping's own."""
        return self.lines.get(key, self.line)


# --- the folder of bundled documents ---------------------------------------------------------------------------------


def bundled_folder() -> Path:
    """Return the folder of the bundled documents: inside the package in a wheel, beside it in a checkout.

    The checkout comes first: an editable install leaves an old copy of ``specs`` inside site-packages (pypa/hatch#1627).
    """
    package = Path(__file__).parent
    beside = package.parent / "specs"
    return beside if (package.parent / "pyproject.toml").is_file() and beside.is_dir() else package / "specs"


def bundled() -> dict[str, Path]:
    """Return the bundled documents by name."""
    return {path.stem: path for path in sorted(bundled_folder().glob("*.yaml"))}


def find(name: str) -> Path:
    """Return the file of a document given by name or path; raise `ContractError` where there is none."""
    if name in (known := bundled()):
        return known[name]
    if (path := Path(name)).is_file():
        return path.resolve()
    raise ContractError(f"no document {name!r}: give a file, or one of {', '.join(known)}")


def serving(host: str) -> list[Path]:
    """Return the bundled documents that name a server on *host*."""
    return [path for path in bundled().values() if host in {urlsplit(url).hostname for url in read(path).servers}]


# --- the file ----------------------------------------------------------------------------------------------------------


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML as OpenAPI asks for it (the JSON schema of YAML 1.2): no dates, no octals, no yes and no."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False|TRUE|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Iterator[Node]:
    mapping = Node(node.start_mark.line + 1)
    yield mapping
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in mapping:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        mapping.lines[key] = key_node.start_mark.line + 1
        mapping[key] = loader.construct_object(value_node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def load(path: Path) -> Node:
    """Return the file's mapping with its lines; raise `ContractError` with the line where it is not YAML."""
    try:
        root = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ContractError(f"{path}{line}: not YAML: {getattr(error, 'problem', error)}") from error
    except (ValueError, RecursionError) as error:  # a number that is none or too long, and endless nesting
        raise ContractError(f"{path}: not YAML: {error}") from error
    if not isinstance(root, Node):
        raise ContractError(f"{path}:1: not an OpenAPI document: the file holds no mapping")
    return root


def shown(path: Path) -> str:
    """Return how people name the file: ``specs/NAME`` for a bundled document, else relative to where they stand."""
    if path.parent == bundled_folder():
        return f"specs/{path.name}"
    cwd = Path.cwd()
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)


# --- the document ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def read(path: Path) -> Document:
    """Return the document in *path*, its PATCH operations read; raise `ContractError` naming file, line and cure."""
    reader = _Reader(path, load(path))
    try:
        return reader.document()
    except (AttributeError, TypeError, KeyError, ValueError, IndexError, RecursionError) as error:
        told = "not OpenAPI as 3.0 and 3.1 have it, at this line or below"
        raise reader.fail(reader.at, f"{told} ({type(error).__name__}: {error})") from error


def strip(value: Any) -> Any:
    """Return *value* with plain dicts and lists, fit for libraries that copy or pickle."""
    if isinstance(value, Mapping):
        return {key: strip(member) for key, member in value.items()}
    return [strip(item) for item in value] if isinstance(value, list) else value


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
                self.root.line_of("openapi"), "not an OpenAPI 3.0 or 3.1 document: `openapi` does not say so"
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
            yield from self.expand(url.replace("{" + names[0] + "}", str(value)), names[1:], variables)

    def operations(self, items: Node) -> Iterator[Operation]:
        for path, item in items.items():
            item = self.resolve(item, items.line_of(path))
            if "patch" in item:
                self.mapping(item, "patch")
                yield self.operation(path, item, item["patch"], item.line_of("patch"))

    def operation(self, path: str, item: Node, node: Node, line: int) -> Operation:
        shared = [
            (part.line_of("parameters"), one) for part in (item, node) for one in self.listing(part, "parameters")
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
            parameters=tuple((p["name"], _parameter_example(p)) for p in parameters if p.get("in") == "path"),
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
            raise self.fail(line, f"`$ref: {ref}` leaves the file; bundle the document into one file")
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
                raise self.fail(holder.line_of("security"), "each entry of `security` is a mapping of scheme names")
            yield tuple(self.scheme(name, credentials.get(name), requirement) for name in requirement)

    def scheme(self, name: str, variables: Mapping[str, Any] | None, requirement: Node) -> SecurityScheme:
        line = requirement.line_of(name)
        schemes = (self.root.get("components") or {}).get("securitySchemes") or Node(line)
        if name not in schemes:
            raise self.fail(line, f"security scheme `{name}` is not defined under components.securitySchemes")
        node = self.resolve(schemes[name], line)
        kind, header = _scheme_kind(node)
        if not kind:
            raise self.fail(
                node.line, f"security scheme `{name}`: only http basic, http bearer and header API keys are read"
            )
        return SecurityScheme(name, kind, header, _variables(name, kind, variables), self.place(schemes.line_of(name)))

    # --- bodies and headers ------------------------------------------------------------------------------------------

    def request(self, node: Node) -> Content:
        return self.content(node, required=bool(node.get("required", False)))

    def responses(self, responses: Node) -> Iterator[Response]:
        for status, node in responses.items():
            if status.startswith("x-"):
                continue
            node = self.resolve(node, responses.line_of(status))
            content = self.content(node, implied=True) if node.get("content") else None
            yield Response(status, tuple(self.headers(node)), content, self.place(responses.line_of(status)))

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
            yield Example(name, strip(node.get("value")), self.place(media["examples"].line_of(name)))

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
        for part in [self.schema(branch, seen) for branch in self.listing(node, "allOf")] + [self.own(node, seen)]:
            merged = _merge(merged, part)
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
            elif key not in ("allOf", "$ref", "description", "title", "discriminator", "xml", "externalDocs"):
                schema[key] = strip(value)
        return _dialect(schema)

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
            secret=bool(schema.get("writeOnly") or schema.get("x-redact") or schema.get("format") == "password"),
        )

    # --- prose -------------------------------------------------------------------------------------------------------

    def with_promises(self, operation: Operation, node: Node) -> Operation:
        """Return *operation* with what its ``x-contract`` states, and what it does not state by convention."""
        self.at = node.line_of("x-contract")
        promises = conventional_promises(operation)
        if "x-contract" in node:
            block = self.mapping(node, "x-contract")
            self.check(block)
            promises = replace(promises, **dict(self.stated(block)))
        return replace(operation, promises=promises)

    def stated(self, block: Node) -> Iterator[tuple[str, Any]]:
        """Yield each entry of *block* as a field of `Promises`; the block has the shape that its schema asks for."""
        for key, (name, read_entry) in STATED.items():
            if key in block:
                yield name, read_entry(block[key], self.common(block, key))
        if "errors" in block:
            yield "errors", self.error_format(block["errors"])

    def common(self, holder: Node, key: str) -> dict[str, Any]:
        """Return what every entry has: where it stands, and the promise in words."""
        return {"place": self.place(holder.line_of(key)), "says": str(holder[key].get("says", ""))}

    def error_format(self, entry: Node) -> ErrorFormat:
        """Return what the members of an error mean; each of them stands on a line of its own."""
        members = {
            part: Member(path=str(entry[part]["path"]), **self.common(entry, part))
            for part in ("status", "occurrence", "pointer")
            if part in entry
        }
        stable = None
        if "stable" in entry:
            stable = Members(paths=tuple(entry["stable"]["paths"]), **self.common(entry, "stable"))
        return ErrorFormat(stable=stable, **members)

    def check(self, block: Node) -> None:
        """Hold the block against its own JSON Schema; a wrong key is an error with its line."""
        import jsonschema_rs

        schema = json.loads((bundled_folder() / "x-contract.schema.json").read_text(encoding="utf-8"))
        for error in jsonschema_rs.validator_for(schema).iter_errors(strip(block)):
            raise self.fail(_line_at(block, error), f"x-contract: {error.message}")


def _line_at(block: Node, error: Any) -> int:
    """Return the line at which a validation error of an ``x-contract`` block stands."""
    node: Any = block
    line = block.line
    for part in error.instance_path:
        line = node.line_of(part) if isinstance(node, Node) else line
        node = node[part]
    named = re.search(r"'([^']+)' (?:was|were) unexpected|\"([^\"]+)\"", str(error.message))
    key = next((group for group in named.groups() if group), "") if named else ""
    return node.line_of(key) if isinstance(node, Node) and key in node else line


def _parameter_example(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema") or {}
    return str(parameter.get("example", schema.get("example", "")) or "")


def _scheme_kind(node: Mapping[str, Any]) -> tuple[str, str]:
    if node.get("type") == "http" and str(node.get("scheme", "")).lower() in ("basic", "bearer"):
        return str(node["scheme"]).lower(), "Authorization"
    if node.get("type") == "apiKey" and node.get("in") == "header":
        return "apiKey", str(node.get("name"))
    return ("bearer", "Authorization") if node.get("type") in ("oauth2", "openIdConnect") else ("", "")


def _variables(name: str, kind: str, stated: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return the environment variables of a scheme: the document's, else ``CONTRACT_<SCHEME>_<PART>``."""
    parts = {"basic": ("username", "password"), "bearer": ("token",), "apiKey": ("value",)}[kind]
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).upper()
    return tuple((part, str((stated or {}).get(part) or f"CONTRACT_{stem}_{part.upper()}")) for part in parts)


def _dialect(schema: dict[str, Any]) -> dict[str, Any]:
    """Turn what OpenAPI 3.0 says its own way into JSON Schema 2020-12."""
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool):
            exclusive = schema.pop(bound)
            if exclusive and limit in schema:
                schema[bound] = schema.pop(limit)
    if (size := INT_BOUNDS.get(str(schema.get("format")))) and schema.get("type") == "integer":
        schema["minimum"] = max(schema.get("minimum", -size), -size)
        schema["maximum"] = min(schema.get("maximum", size - 1), size - 1)
    return schema


def _merge(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema that asks for both, as a reader takes it: ``nullable`` in any branch of allOf makes it so.

    Strictly a null would have to pass every branch; documents write ``nullable`` beside ``allOf`` and mean it.
    """
    merged = dict(one)
    for key, value in other.items():
        if key == "properties":
            known = merged.get(key, {})
            merged[key] = known | {name: _merge(known.get(name, {}), member) for name, member in value.items()}
        elif key == "items" and isinstance(value, Mapping):
            merged[key] = _merge(merged.get(key, {}), value)
        elif key == "required":
            merged[key] = list(dict.fromkeys([*merged.get(key, ()), *value]))
        elif key in ("minLength", "minItems", "minimum", "minProperties") and key in merged:
            merged[key] = max(merged[key], value)
        elif key in ("maxLength", "maxItems", "maximum", "maxProperties") and key in merged:
            merged[key] = min(merged[key], value)
        elif key == "enum" and key in merged:
            merged[key] = [item for item in merged[key] if item in value]
        elif key == "x-line":
            merged.setdefault(key, value)
        else:
            merged[key] = value
    return merged


def json_schema(schema: Any) -> Any:
    """Return the schema in JSON Schema 2020-12: ``nullable`` becomes a type, and the enum allows its null."""
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: _json_schema_member(key, value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") and "type" in plain:
        types = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = list(dict.fromkeys([*types, "null"]))
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    return plain


def with_implied_types(schema: Any) -> Any:
    """Return the schema with ``type: object`` wherever members are listed and no type stands."""
    if not isinstance(schema, Mapping):
        return schema
    typed = dict(schema)
    if ("properties" in typed or "required" in typed) and "type" not in typed:
        typed["type"] = "object"
    if "properties" in typed:
        typed["properties"] = {name: with_implied_types(member) for name, member in typed["properties"].items()}
    if "items" in typed:
        typed["items"] = with_implied_types(typed["items"])
    return typed


def _json_schema_member(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: json_schema(member) for name, member in value.items()}
    if key in ("oneOf", "anyOf"):
        return [json_schema(branch) for branch in value]
    return json_schema(value) if key in ("items", "additionalProperties", "not") else value


# --- what x-contract states --------------------------------------------------------------------------------------------


def _stated_refusals(entry: Node, common: Mapping[str, Any]) -> Refusals:
    return Refusals(
        **common,
        unauthenticated=_statuses(entry.get("unauthenticated", ())),
        unknown=_statuses(entry.get("unknown", ())),
        invalid=_statuses(entry.get("invalid", ())),
        throttled=_statuses(entry.get("throttled", ())),
    )


def _statuses(stated: int | Sequence[int]) -> tuple[int, ...]:
    return (stated,) if isinstance(stated, int) else tuple(stated)


def _stated_rate_limit(entry: Node, common: Mapping[str, Any]) -> RateLimit:
    return RateLimit(
        **common,
        limit=entry.get("limit", ""),
        remaining=entry.get("remaining", ""),
        reset=entry.get("reset", ""),
        retry_after=entry.get("retry-after", ""),
        reset_is_relative=entry.get("reset-unit", "relative-seconds") == "relative-seconds",
        retry_after_only_on=tuple(entry.get("retry-after-only-on", (429,))),
        shared=entry.get("shared", False),
    )


def _stated_request_id(entry: Node, common: Mapping[str, Any]) -> RequestId:
    return RequestId(**common, header=entry["header"], unique=entry.get("unique", True))


def _stated_identity(entry: Node, common: Mapping[str, Any]) -> Identity:
    return Identity(
        **common,
        parameter=entry.get("parameter", ""),
        property=entry.get("property", "id"),
        self_link=entry.get("self", ""),
    )


def _stated_timestamps(entry: Node, common: Mapping[str, Any]) -> Timestamps:
    return Timestamps(**common, created=entry.get("created", ""), updated=entry.get("updated", ""))


def _stated_members(entry: Node, common: Mapping[str, Any]) -> Members:
    return Members(**common, paths=tuple(entry["properties"]))


def _stated_values(entry: Node, common: Mapping[str, Any]) -> ValuesByPath:
    stated = strip(entry["properties"])
    return ValuesByPath(**common, by_path={path: tuple(values) for path, values in stated.items()})


# Each key of x-contract: the field of `Promises`, and what reads it. `credentials` belong to the security schemes, and
# each part of `errors` stands on a line of its own.
STATED: dict[str, tuple[str, Callable[[Node, Mapping[str, Any]], Entry]]] = {
    "refusals": ("refusals", _stated_refusals),
    "rate-limit": ("rate_limit", _stated_rate_limit),
    "request-id": ("request_id", _stated_request_id),
    "identity": ("identity", _stated_identity),
    "create-only": ("create_only", _stated_members),
    "secrets": ("secrets", _stated_members),
    "immutable": ("immutable", _stated_members),
    "values": ("allowed_values", _stated_values),
    "samples": ("samples", _stated_values),
    "timestamps": ("timestamps", _stated_timestamps),
    "checked-elsewhere": ("checked_elsewhere", _stated_members),
}


# --- what a document without x-contract still says ---------------------------------------------------------------------


def conventional_promises(operation: Operation) -> Promises:
    """Return what a document promises by convention: the usual names, the documented statuses."""
    place = operation.place
    answer = operation.success.content if operation.success else None
    return Promises(
        refusals=_documented_refusals(operation),
        rate_limit=_usual_rate_limit(operation),
        identity=_usual_identity(operation),
        secrets=Members(place=place, paths=_secret_members(operation)),
        immutable=Members(place=place, paths=_read_only_members(answer)),
        timestamps=_usual_timestamps(answer, place),
        create_only=Members(place=place),
        allowed_values=ValuesByPath(place=place),
        samples=ValuesByPath(place=place),
        checked_elsewhere=Members(place=place),
    )


def _documented_refusals(operation: Operation) -> Refusals:
    documented = {int(response.status) for response in operation.responses if response.status.isdigit()}
    unauthenticated = next((status for status in (401, 403) if status in documented), None)
    return Refusals(
        place=operation.place,
        invalid=tuple(sorted(documented & {400, 422})),
        unauthenticated=() if unauthenticated is None else (unauthenticated,),
        unknown=tuple(documented & {404}),
        throttled=tuple(documented & {429}),
    )


def _usual_rate_limit(operation: Operation) -> RateLimit | None:
    """Return the headers that tell the rate limit by the usual names, None where none is documented."""
    documented = {header.name.lower(): header.name for r in operation.responses for header in r.headers}
    found: dict[str, str] = {}
    for role, usual in USUAL_NAMES.items():
        name = next((name for name in usual if name.lower() in documented), None)
        if name is not None:
            found[role] = documented[name.lower()]
    if not found:
        return None
    return RateLimit(
        place=operation.place,
        limit=found.get("limit", ""),
        remaining=found.get("remaining", ""),
        reset=found.get("reset", ""),
        retry_after=found.get("retry_after", ""),
    )


def _usual_identity(operation: Operation) -> Identity | None:
    if not operation.parameters or not (operation.success and operation.success.content):
        return None
    parameter = operation.parameters[-1][0]
    documented = {member.path for member in operation.success.content.properties}
    own = paths.member_path("", parameter)
    for path in (own, "id", paths.member_path("data", parameter), "data.id"):
        if path in documented:
            return Identity(place=operation.place, parameter=parameter, property=path)
    return None


def _secret_members(operation: Operation) -> tuple[str, ...]:
    members = operation.request.properties if operation.request else ()
    return tuple(member.path for member in members if member.secret)


def _read_only_members(content: Content | None) -> tuple[str, ...]:
    members = content.properties if content else ()
    return tuple(m.path for m in members if m.read_only and not paths.has_items(m.path))


def _usual_timestamps(content: Content | None, place: SourceLocation) -> Timestamps:
    found: dict[str, str] = {}
    for member in content.properties if content else ():
        for role in ("created", "updated"):
            if member.schema.get("format") == "date-time" and member.name.endswith(f"{role}_at"):
                found.setdefault(role, member.path)
    return Timestamps(place=place, created=found.get("created", ""), updated=found.get("updated", ""))
