"""What does a schema of OpenAPI mean? JSON Schema 2020-12 of it, as a reader takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INT_BOUNDS = {"int32": 2**31, "int64": 2**63}


def in_json_schema(schema: dict[str, Any]) -> dict[str, Any]:
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


def merged_schemas(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema that asks for both, as a reader takes it: ``nullable`` in any branch of allOf makes it so.

    Strictly a null would have to pass every branch; documents write ``nullable`` beside ``allOf`` and mean it.
    """
    merged = dict(one)
    for key, value in other.items():
        if key == "properties":
            known = merged.get(key, {})
            merged[key] = known | {
                name: merged_schemas(known.get(name, {}), member) for name, member in value.items()
            }
        elif key == "items" and isinstance(value, Mapping):
            merged[key] = merged_schemas(merged.get(key, {}), value)
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
    plain = {
        key: _json_schema_member(key, value) for key, value in schema.items() if key != "nullable"
    }
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
        typed["properties"] = {
            name: with_implied_types(member) for name, member in typed["properties"].items()
        }
    if "items" in typed:
        typed["items"] = with_implied_types(typed["items"])
    return typed


def _json_schema_member(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: json_schema(member) for name, member in value.items()}
    if key in ("oneOf", "anyOf"):
        return [json_schema(branch) for branch in value]
    return json_schema(value) if key in ("items", "additionalProperties", "not") else value
