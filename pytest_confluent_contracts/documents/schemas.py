"""What does a schema of OpenAPI mean? JSON Schema 2020-12 of it, as a reader takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Property

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.documents.source_file import SourceFile
    from pytest_confluent_contracts.model.sources import SourceLocation

    Locate = Callable[[int], SourceLocation]

INT_BOUNDS = {"int32": 2**31, "int64": 2**63}
# Of two lower bounds the higher holds, of two upper bounds the lower.
LOWER_BOUNDS = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
UPPER_BOUNDS = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
# The keywords that hold schemas, by how they hold them (JSON Schema 2020-12, 10 and 11).
BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
IN_A_LIST = frozenset({"oneOf", "anyOf", "prefixItems"})
ALONE = frozenset(
    {
        *("items", "additionalProperties", "not", "if", "then", "else", "contains"),
        *("propertyNames", "unevaluatedItems", "unevaluatedProperties"),
    }
)
CONDITION = ("if", "then", "else")
# What each of two schemas may ask for in its own way, so that neither stands for both.
ASSERTIONS = frozenset(
    {
        *("oneOf", "anyOf", "not", "pattern", "multipleOf", "const", "format", "contains"),
        *("prefixItems", "propertyNames", "dependentSchemas", "patternProperties"),
    }
)
# What is resolved by now, or constrains no value.
LEFT_OUT = frozenset(
    {"allOf", "$ref", "description", "title", "discriminator", "xml", "externalDocs"}
)


class SchemaReader:
    """Reads the schemas of one file: references and ``allOf`` are resolved, lines are kept."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source

    def json_schema_at(self, holder: Node, line: int) -> dict[str, Any]:
        """Return the JSON Schema at the member ``schema`` of *holder*, an empty one at *line*."""
        schema: dict[str, Any] = _with_null_types(
            self._merged(holder.get("schema") or Node(line), ())
        )
        return schema

    def _merged(self, node: Any, seen: tuple[int, ...]) -> dict[str, Any]:
        """Return the schema of *node*, ``allOf`` merged into it, its line under ``x-line``.

        *seen* are the ids of the nodes around it.
        """
        if node in (None, True):
            return {}
        if not isinstance(node, Node):
            return {"not": {}}
        merged: dict[str, Any] = {"x-line": node.line}
        for part in self._parts(node, seen):
            merged = merged_schemas(merged, part)
        return merged

    def _parts(self, node: Node, seen: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        """Yield the schemas that *node* asks for together, its own keywords last."""
        if "$ref" in node and self.source.siblings_count:
            yield self._own_keywords(node, seen)
        found = self.source.resolve(node, node.line)
        if id(found) in seen:  # what contains itself is judged down to its first repetition
            return
        seen = (*seen, id(found))
        for branch in self.source.list_or_empty(found, "allOf"):
            yield self._merged(branch, seen)
        yield self._own_keywords(found, seen)

    def _own_keywords(self, node: Node, seen: tuple[int, ...]) -> dict[str, Any]:
        """Return what *node* itself asks for, without its ``allOf``."""
        own = {key: self._keyword(node, key, seen) for key in node if key not in LEFT_OUT}
        return _with_numeric_bounds(own)

    def _keyword(self, node: Node, key: str, seen: tuple[int, ...]) -> Any:
        value = node[key]
        if key in BY_NAME:
            members = self.source.mapping(node, key)
            return {name: self._member(members, name, seen) for name in members}
        if key in IN_A_LIST:
            return [self._merged(branch, seen) for branch in self.source.list_or_empty(node, key)]
        if key in ALONE and isinstance(value, Node):
            return self._merged(value, seen)
        return strip(value)

    def _member(self, members: Node, name: str, seen: tuple[int, ...]) -> dict[str, Any]:
        return {**self._merged(members[name], seen), "x-line": members.line_of(name)}


def members_of(schema: Mapping[str, Any], locate: Locate, path: str = "") -> Iterator[Property]:
    """Yield every member below *path* of a body, items of lists as ``[]``.

    *locate* tells the place of a line.

    What stands under ``oneOf`` and ``anyOf`` is judged as a whole by its parent.
    """
    required = schema.get("required") or ()
    for name, member in (schema.get("properties") or {}).items():
        child = paths.member_path(path, name)
        yield _property(child, member, locate, required=name in required)
        yield from members_of(member, locate, child)
    items = schema.get("items")
    if isinstance(items, Mapping):
        child = paths.item_path(path)
        yield _property(child, items, locate, required=False)
        yield from members_of(items, locate, child)


def _property(path: str, schema: Mapping[str, Any], locate: Locate, *, required: bool) -> Property:
    is_password = schema.get("format") == "password"
    return Property(
        path=path,
        schema=schema,
        required=required,
        place=locate(schema.get("x-line", 0)),
        read_only=bool(schema.get("readOnly") or schema.get("x-immutable")),
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
    if size is not None and schema.get("type") == "integer":
        schema["minimum"] = max(schema.get("minimum", -size), -size)
        schema["maximum"] = min(schema.get("maximum", size - 1), size - 1)
    return schema


def merged_schemas(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema that asks for both, as a reader takes it.

    ``nullable`` in any branch of allOf makes it so. Strictly a null would have to pass every
    branch; documents write ``nullable`` beside ``allOf`` and mean it.

    >>> merged_schemas({"maxLength": 9}, {"maxLength": 20, "minLength": 2})
    {'maxLength': 9, 'minLength': 2}

    What one keyword cannot say for both stays apart:

    >>> merged_schemas({"pattern": "^a"}, {"pattern": "z$"})
    {'pattern': '^a', 'allOf': [{'pattern': 'z$'}]}
    """
    merged, other = dict(one), dict(other)
    apart = list(other.pop("allOf", ()))
    if "if" in merged and "if" in other:
        apart.append({key: other.pop(key) for key in CONDITION if key in other})
    for key, value in other.items():
        if key not in merged:
            merged[key] = value
        elif _stays_apart(key, merged[key], value):
            apart.append({key: value})
        else:
            merged[key] = _merged_keyword(key, merged[key], value)
    if apart:
        merged["allOf"] = [*merged.get("allOf", ()), *apart]
    return merged


def _merged_keyword(key: str, known: Any, value: Any) -> Any:
    """Return what *key* asks for where one schema says *known* and the other *value*."""
    if key == "properties":
        return _merged_members(known, value)
    if key in ("items", "additionalProperties"):
        return _merged_alone(known, value)
    if key in LOWER_BOUNDS:
        return max(known, value)
    if key in UPPER_BOUNDS:
        return min(known, value)
    if key == "required":
        return list(dict.fromkeys([*known, *value]))
    if key == "enum":
        return [item for item in known if item in value]
    if key == "type":
        return _merged_types(known, value)
    if key in ("nullable", "uniqueItems"):
        return known or value
    if key == "x-line":
        return known
    return value


def _merged_alone(known: Any, value: Any) -> Any:
    """Return what both ask for where each is a schema, or a boolean for anything or nothing."""
    if known is False or value is False:
        return False
    if known is True:
        return value
    if value is True:
        return known
    return merged_schemas(known, value)


def _merged_types(known: Any, value: Any) -> Any:
    """Return the types that both allow: a name, or a list of them."""
    both = sorted(_types_in(known) & _types_in(value))
    if "number" in both:
        both.remove("integer")  # it is one
    return both[0] if len(both) == 1 else both


def _types_in(stated: Any) -> set[str]:
    """Return the names of types that *stated* allows; with numbers, integers too."""
    names = set(stated) if isinstance(stated, list) else {stated}
    return names | {"integer"} if "number" in names else names


def _stays_apart(key: str, known: Any, value: Any) -> bool:
    """Return whether no one value of *key* asks for what both ask for."""
    if key == "type":
        return not _types_in(known) & _types_in(value)  # which nothing satisfies
    return key in ASSERTIONS and known != value


def _merged_members(known: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(known)
    for name, member in others.items():
        merged[name] = merged_schemas(merged.get(name, {}), member)
    return merged


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
        types = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = list(dict.fromkeys([*types, "null"]))
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    return plain


def _keyword_with_null_types(key: str, value: Any) -> Any:
    if key in BY_NAME:
        return {name: _with_null_types(member) for name, member in value.items()}
    if key in IN_A_LIST or key == "allOf":
        return [_with_null_types(branch) for branch in value]
    if key in ALONE:
        return _with_null_types(value)
    return value


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
    return typed
