"""What does a schema of OpenAPI mean? JSON Schema 2020-12 of it, as a reader takes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import COMPOSING, Property, types_allowed
from pytest_confluent_contracts.model.schema_merging import (
    contradiction,
    is_forbidden,
    joined_schemas,
    merged_schemas,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_confluent_contracts.documents.source_file import SourceFile
    from pytest_confluent_contracts.model.sources import SourceLocation

    Locate = Callable[[int], SourceLocation]

INT_BOUNDS = {"int32": 2**31, "int64": 2**63}
# The keywords that hold schemas, by how they hold them (JSON Schema 2020-12, 10 and 11).
BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
IN_A_LIST = frozenset({"oneOf", "anyOf", "prefixItems"})
ALONE = frozenset(
    {
        *("items", "additionalProperties", "not", "if", "then", "else", "contains"),
        *("propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)
# What is said of a value and constrains none.
SAID_BESIDE = frozenset(
    {"x-line", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"}
)
# The keywords whose schemas speak of the same value as the one that holds them.
BESIDE = frozenset({"oneOf", "anyOf", "not", "if", "then", "else", "dependentSchemas"})
# What is resolved by now, or constrains no value.
LEFT_OUT = frozenset(
    {"allOf", "$ref", "description", "title", "discriminator", "xml", "externalDocs"}
)


class Around(NamedTuple):
    """Which schemas a schema is read within, by the ids of their nodes.

    ``beside``: those that speak of the same value.
    """

    any: frozenset[int] = frozenset()
    beside: frozenset[int] = frozenset()

    def with_node(self, node: Node) -> Around:
        """Return what *node* itself is around, for what speaks of the same value."""
        return Around(self.any | {id(node)}, self.beside | {id(node)})

    def below(self) -> Around:
        """Return what is around a member or an item."""
        return Around(self.any)


# Of a member that is required, and not in what travels this way (OpenAPI 3.0, 4.7.24.2).
REQUIRED_BACK = "x-required-back"
# What is said of a schema that contains itself beside the reference to it.
TOLD_OF_REFERENCE = ("type", "nullable", "readOnly", "writeOnly")


class SchemaReader:
    """Reads the schemas of one file: references and ``allOf`` are resolved, lines are kept.

    A schema that contains itself is kept once, under ``$defs``, and where it comes again a
    reference leads there.
    """

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.definitions: dict[int, tuple[str, dict[str, Any]]] = {}

    def json_schema_at(self, holder: Node, line: int, other_way: str = "") -> dict[str, Any]:
        """Return the JSON Schema at the member ``schema`` of *holder*, an empty one at *line*.

        *other_way* is the keyword of what travels the other way only (``readOnly`` in a request),
        and is not required there (OpenAPI 3.0, 4.7.24.2).
        """
        self.definitions = {}
        merged = self.merged(holder.get("schema", Node(line)), Around())
        definitions = self.read_definitions()
        if definitions:
            merged["$defs"] = definitions
        schema: dict[str, Any] = _with_null_types(merged)
        if other_way:
            schema = _required_this_way(schema, other_way)
        return schema

    def read_definitions(self) -> dict[str, dict[str, Any]]:
        """Return the schemas that the last one refers to, by their names."""
        return dict(self.definitions.values())

    def check(self, schema: Mapping[str, Any], line: int, what: str) -> None:
        """Raise `ContractError` at *line* where no validator takes *schema*, that of *what*."""
        import jsonschema_rs

        try:
            jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
        except ValueError as error:
            said = str(error).splitlines()[0]
            told = f"the schema of {what} is no JSON Schema: {said}"
            raise self.source.error(line, told) from error

    def merged(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, ``allOf`` merged into it, its line under ``x-line``."""
        if node in (None, True):
            return {}
        if not isinstance(node, Node):
            return {"not": {}}
        parts = list(self._parts(node, around))
        merged: dict[str, Any] = {"x-line": node.line}
        for part in parts:
            merged = merged_schemas(merged, part)
        told = contradiction(merged)
        if not told:
            return merged
        # A closed part beside others is mostly meant to speak of them all: held to the letter,
        # nothing would satisfy it.
        merged = {"x-line": node.line, "x-contradiction": told}
        for part in parts:
            merged = joined_schemas(merged, part)
        return merged

    def _parts(self, node: Node, around: Around) -> Iterator[dict[str, Any]]:
        """Yield the schemas that *node* asks for together, its own keywords last."""
        if "$ref" in node and self.source.siblings_count:
            yield self.own_keywords(node, around)
        found = self.source.resolve(node, node.line)
        if id(found) in around.beside:  # it asks for itself, and nothing more
            return
        if id(found) in around.any:
            yield self.reference_to(found)
            return
        around = around.with_node(found)
        for branch in self.source.list_or_empty(found, "allOf"):
            yield self.merged(branch, around)
        yield self.own_keywords(found, around)

    def reference_to(self, node: Node) -> dict[str, Any]:
        """Return the reference to the schema of *node*, which contains itself."""
        if id(node) not in self.definitions:
            name = f"recursive-{len(self.definitions) + 1}"
            self.definitions[id(node)] = name, {}
            self.definitions[id(node)] = name, self.merged(node, Around())
        name, _ = self.definitions[id(node)]
        told = {key: strip(node[key]) for key in TOLD_OF_REFERENCE if key in node}
        return {"$ref": f"#/$defs/{name}", **told}

    def own_keywords(self, node: Node, around: Around) -> dict[str, Any]:
        """Return what *node* itself asks for, without its ``allOf``."""
        own = {key: self._keyword(node, key, around) for key in node if key not in LEFT_OUT}
        if "discriminator" in node:
            own["x-discriminator"] = self._discriminator(node)
        return _with_numeric_bounds(own)

    def _discriminator(self, node: Node) -> dict[str, Any]:
        """Return the member that tells the branches of *node* apart, and its values for each.

        ``all`` are those of a schema without branches: which schemas extend it, they tell.
        """
        stated = self.source.mapping(node, "discriminator")
        mapping = strip(stated.get("mapping") or {})
        branches = node.get("oneOf") or node.get("anyOf") or []
        values = [_values_of_branch(branch, mapping) for branch in branches]
        return {"name": stated.get("propertyName"), "values": values, "all": list(mapping)}

    def _keyword(self, node: Node, key: str, around: Around) -> Any:
        value = node[key]
        if key in BY_NAME:
            members = self.source.mapping(node, key)
            return {name: self._member(members, name, around.below()) for name in members}
        within = around if key in BESIDE else around.below()
        if key in IN_A_LIST:
            branches = self.source.list_or_empty(node, key)
            return [self.part(branch, within) for branch in branches]
        if key in ALONE and isinstance(value, Node):
            return self.part(value, within)
        return strip(value)

    def _member(self, members: Node, name: str, around: Around) -> dict[str, Any]:
        return {**self.part(members[name], around), "x-line": members.line_of(name)}

    def part(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, which stands at a keyword of another."""
        return self.merged(node, around)


def _values_of_branch(branch: Any, mapping: Mapping[str, str]) -> list[str]:
    """Return the values of the discriminator that stand for *branch* (OpenAPI 3.0, 4.7.25).

    They are those that are mapped to it, by its reference or its name, else its name.
    """
    reference = branch.get("$ref") if isinstance(branch, Node) else None
    if not isinstance(reference, str):
        return []
    name = reference.rpartition("/")[2]
    mapped = [value for value, target in mapping.items() if target in (reference, name)]
    return mapped or [name]


def with_listed_values(
    schema: Mapping[str, Any], values: Mapping[str, Sequence[Any]]
) -> Mapping[str, Any]:
    """Return *schema* with only *values* at their paths (``data.type``), *schema* itself if none.

    They are marked as ``x-in-words``: no schema says so. One that lists values itself is left as it
    is, and so is what stands under ``oneOf`` and the like.
    """
    for path, listed in values.items():
        schema = _with_listed(schema, paths.steps_of(path), listed)
    return schema


def _with_listed(
    schema: Mapping[str, Any], steps: Sequence[paths.Step], listed: Sequence[Any]
) -> Mapping[str, Any]:
    if not steps:
        is_listed = "enum" in schema or "const" in schema
        return schema if is_listed else {**schema, "enum": list(listed), "x-in-words": True}
    first, rest = steps[0], steps[1:]
    if first is paths.ITEM:
        return _with_held(schema, "items", rest, listed)
    held = schema.get("properties")
    if not isinstance(held, Mapping):
        return schema
    changed = _with_held(held, str(first), rest, listed)
    return schema if changed is held else {**schema, "properties": changed}


def _with_held(
    holder: Mapping[str, Any], key: str, steps: Sequence[paths.Step], listed: Sequence[Any]
) -> Mapping[str, Any]:
    """Return *holder* with what it holds under *key* changed, *holder* itself where that is not."""
    held = holder.get(key)
    if not isinstance(held, Mapping):
        return holder
    changed = _with_listed(held, steps, listed)
    return holder if changed is held else {**holder, key: changed}


def members_of(
    schema: Mapping[str, Any],
    locate: Locate,
    path: str = "",
    followed: frozenset[str] = frozenset(),
) -> Iterator[Property]:
    """Yield every member below *path* of a body; *locate* tells the place of a line.

    Items of lists are told as ``[]``, the values of maps as ``*``. What stands under ``oneOf`` and
    ``anyOf`` is judged as a whole by its parent. A schema that contains itself is followed to its
    first repetition (*followed* are the references on the way there); what lies deeper is judged
    by the member that leads there.
    """
    definitions = schema.get("$defs", {})
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in followed:
        followed |= {reference}
        target = definitions.get(reference.rpartition("/")[2], {})
        schema = {**target, **schema}
    for child, member, required in _schemas_below(schema, path):
        held = _with_definitions(member, definitions)
        yield _property(child, held, locate, required=required)
        yield from members_of(held, locate, child, followed)


def members_told_once(schema: Mapping[str, Any], locate: Locate) -> Iterator[Property]:
    """Yield the members of a body as `members_of` does, those of each schema in ``$defs`` once.

    They stand where it comes first, level after level; elsewhere the member that leads to it is
    judged as a whole.
    """
    definitions = schema.get("$defs", {})
    told: set[str] = set()
    waiting: list[tuple[str, Mapping[str, Any]]] = [("", schema)]
    for path, held in waiting:  # it grows
        reference = held.get("$ref")
        if isinstance(reference, str) and reference not in told:
            told.add(reference)
            held = {**definitions.get(reference.rpartition("/")[2], {}), **held}
        for child, member, required in _schemas_below(held, path):
            alone = _with_definitions(member, definitions)
            yield _property(child, alone, locate, required=required)
            waiting.append((child, member))


def _schemas_below(
    schema: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Yield the path and the schema of each member, item and value, and whether it is required."""
    required = schema.get("required") or ()
    for name, member in (schema.get("properties") or {}).items():
        if not is_forbidden(member):
            yield paths.member_path(path, name), member, name in required
    items = schema.get("items")
    if isinstance(items, Mapping) and not is_forbidden(items):
        yield paths.item_path(path), items, False
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping) and _says_something(values):
        yield paths.value_path(path), values, False


def _says_something(schema: Mapping[str, Any]) -> bool:
    return bool(schema.keys() - {"x-line", "example"}) and not is_forbidden(schema)


def _with_definitions(
    schema: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return *schema* with what its references lead to, so that it can be read alone."""
    if not definitions or "$ref" not in json.dumps(schema, default=str):
        return schema
    return {**schema, "$defs": definitions}


def _property(path: str, schema: Mapping[str, Any], locate: Locate, *, required: bool) -> Property:
    is_password = schema.get("format") == "password"
    return Property(
        path=path,
        schema=schema,
        required=required,
        place=locate(schema.get("x-line", 0)),
        read_only=bool(schema.get("readOnly") or schema.get("x-immutable")),
        required_back=bool(schema.get(REQUIRED_BACK)),
        secret=bool(schema.get("writeOnly") or schema.get("x-redact") or is_password),
    )


# --- from OpenAPI to JSON Schema ------------------------------------------------------------------


def _with_numeric_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Turn exclusive bounds of OpenAPI 3.0 and its integer formats into bounds, in place."""
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool):
            exclusive = schema.pop(bound)
            if exclusive and limit in schema:
                schema[bound] = schema.pop(limit)
    size = INT_BOUNDS.get(str(schema.get("format")))
    if size is not None and schema.get("type") in ("integer", ["integer", "null"]):
        schema["minimum"] = max(schema.get("minimum", -size), -size)
        schema["maximum"] = min(schema.get("maximum", size - 1), size - 1)
    return schema


def _with_null_types(schema: Any) -> Any:
    """Return the schema with ``nullable`` as a type, and its null in the enum.

    It comes after ``allOf`` is merged: any branch may say it.
    """
    if not isinstance(schema, Mapping):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key != "nullable":
            plain[key] = _keyword_with_null_types(key, value)
    if schema.get("nullable") and "type" in plain:
        plain["type"] = list(dict.fromkeys([*types_allowed(plain), "null"]))
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    if schema.get("nullable") and "$ref" in plain:
        plain["anyOf"] = [{"$ref": plain.pop("$ref")}, {"type": "null"}]
    elif schema.get("nullable") and "type" not in plain:
        _add_null_branch(plain)
    return _without_null_branch(plain)


def _without_null_branch(plain: dict[str, Any]) -> dict[str, Any]:
    """Return ``anyOf: [X, {type: "null"}]`` as X with null among its types, which means the same.

    Generators write each optional member so, and its text or number is one like any other.
    """
    keys = plain.keys() - SAID_BESIDE
    if len(keys) != 1 or not keys <= {"anyOf", "oneOf"}:
        return plain
    branches = plain[next(iter(keys))]
    others = [branch for branch in branches if not _is_null_alone(branch)]
    if len(branches) != 2 or len(others) != 1 or not _is_plain(others[0]):
        return plain
    told = {key: value for key, value in plain.items() if key not in keys}
    joined = {**others[0], **told}
    kinds = joined["type"] if isinstance(joined["type"], list) else [joined["type"]]
    joined["type"] = [*kinds, "null"]
    if "const" in joined:
        joined["enum"] = [joined.pop("const"), None]
    elif "enum" in joined:
        joined["enum"] = [*joined["enum"], None]
    return joined


def _is_null_alone(schema: Any) -> bool:
    if not isinstance(schema, Mapping) or schema.keys() - SAID_BESIDE != {"type"}:
        return False
    return schema["type"] in ("null", ["null"])


def _is_plain(schema: Any) -> bool:
    """Return whether *schema* names its types, and nothing hangs on another thing.

    An object stays a branch, and so is followed as a whole: such a one is mostly replaced.
    """
    if not isinstance(schema, Mapping) or "type" not in schema:
        return False
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return COMPOSING.isdisjoint(schema) and {"null", "object"}.isdisjoint(types)


def _add_null_branch(plain: dict[str, Any]) -> None:
    """Let null pass ``oneOf`` and ``anyOf``, too.

    Strictly, ``nullable`` says nothing where no ``type`` stands beside it (3.0.3, 4.7.24.1); public
    documents write it beside ``anyOf`` and mean it.
    """
    for key in ("oneOf", "anyOf"):
        if key in plain and not any(map(_allows_null, plain[key])):
            plain[key] = [*plain[key], {"type": "null"}]


def _allows_null(schema: Any) -> bool:
    """Return whether *schema*, whose nulls are types by now, says that null may stand there."""
    if not isinstance(schema, Mapping) or "$ref" in schema:
        return schema is True
    if "enum" in schema:
        return None in schema["enum"]
    if "type" in schema:
        return "null" in schema["type"]
    branches = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return not branches or any(map(_allows_null, branches))


def _keyword_with_null_types(key: str, value: Any) -> Any:
    return _each_schema(key, value, _with_null_types)


def _each_schema(key: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """Return the *value* of a keyword with each schema that it holds as *change* has it."""
    if key in BY_NAME:
        return {name: change(member) for name, member in value.items()}
    if key in IN_A_LIST or key == "allOf":
        return [change(branch) for branch in value]
    if key in ALONE:
        return change(value)
    return value


def _required_this_way(schema: Any, other_way: str) -> Any:
    """Return the schema without those required members that have the keyword *other_way*.

    These say so themselves then, for who reads `required` alone: many a generator does.
    """
    if not isinstance(schema, Mapping):
        return schema

    def changed(inner: Any) -> Any:
        return _required_this_way(inner, other_way)

    held = {key: _each_schema(key, value, changed) for key, value in schema.items()}
    members = held.get("properties", {})
    required = schema.get("required") or ()
    back = [name for name in required if members.get(name, {}).get(other_way)]
    if not back:
        return held
    told = {name: {**members[name], REQUIRED_BACK: True} for name in back}
    kept = [name for name in required if name not in back]
    if kept:
        return {**held, "properties": members | told, "required": kept}
    del held["required"]
    return {**held, "properties": members | told}


def with_implied_types(schema: Any) -> Any:
    """Return the schema with ``type: object`` wherever members are listed and no type stands."""
    if not isinstance(schema, Mapping):
        return schema
    typed = dict(schema)
    if ("properties" in typed or "required" in typed) and "type" not in typed:
        typed["type"] = "object"
    if "properties" in typed:
        typed["properties"] = {
            name: with_implied_types(member) for name, member in typed["properties"].items()
        }
    if "items" in typed:
        typed["items"] = with_implied_types(typed["items"])
    if "$defs" in typed:
        typed["$defs"] = {
            name: with_implied_types(member) for name, member in typed["$defs"].items()
        }
    return typed
