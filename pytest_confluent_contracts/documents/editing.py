"""Which JSON Schemas let an editor complete and check what people write for the gate?"""

from __future__ import annotations

from typing import Any

from pytest_confluent_contracts.documents.bundled import bundled_schema
from pytest_confluent_contracts.documents.objects import METHODS

# Each kind of file, and the line at its top by which editors find the schema saved beside it.
WAIVERS, DOCUMENT = "waivers", "document"
EDITOR_LINES = {
    WAIVERS: "#:schema ./waivers.schema.json",
    DOCUMENT: "# yaml-language-server: $schema=./document.schema.json",
}


def editor_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of one of `EDITOR_LINES`.

    That of a document looks at its ``x-contract`` blocks alone: OpenAPI has schemas of its own.
    """
    if kind == WAIVERS:
        return bundled_schema("waivers")
    block = bundled_schema("x-contract")
    # They stay at the root, where the references within the block look for them.
    definitions = block.pop("$defs")
    dialect = block.pop("$schema")
    operation = {"type": "object", "properties": {"x-contract": {"$ref": "#/$defs/x-contract"}}}
    path_item = {"type": "object", "patternProperties": {f"^({'|'.join(METHODS)})$": operation}}
    return {
        "$schema": dialect,
        "title": "an OpenAPI document with x-contract",
        "type": "object",
        "properties": {"paths": {"type": "object", "additionalProperties": path_item}},
        "$defs": {**definitions, "x-contract": block},
    }
