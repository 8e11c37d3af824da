"""Is each object written as OpenAPI has it? Held against the official schemas of 3.0 and 3.1.

``openapi-3.0.schema.json`` and ``openapi-3.1.schema.json`` are those that the OpenAPI Initiative
publishes (Apache License 2.0), as openapi-spec-validator carries them. Held as a whole, one wrong
key makes an error at every level around it; so each object is held by its own part of the schema,
and what stands below it by theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.documents.keywords import HONOURED, NOT_JUDGED
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.objects import (
    ALONE_OR_IN_A_LIST,
    IN_LISTS,
    UNDER_NAMES,
    misspelt,
)
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.violations import quote_value, violation_of

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.inspection import Inspection, Visit

# What the official schemas call an object, where it is not our name written their way.
NAMES_IN_3_0: Final[Mapping[str, str]] = {
    "xml": "XML",
    "oauth flows": "OAuthFlows",
    "oauth flow implicit": "ImplicitOAuthFlow",
    "oauth flow password": "PasswordOAuthFlow",
    "oauth flow clientCredentials": "ClientCredentialsFlow",
    "oauth flow authorizationCode": "AuthorizationCodeOAuthFlow",
}
NAMES_IN_3_1: Final[Mapping[str, str]] = {
    "callback": "callbacks",
    "oauth flow clientCredentials": "oauth-flow-client-credentials",
    "oauth flow authorizationCode": "oauth-flow-authorization-code",
}
SCHEMES_IN_3_0: Final[Mapping[str, str]] = {
    "apiKey": "APIKeySecurityScheme",
    "http": "HTTPSecurityScheme",
    "oauth2": "OAuth2SecurityScheme",
    "openIdConnect": "OpenIdConnectSecurityScheme",
}
# Parts of the official schemas that hold for several objects, or for a part of one.
SHARED_PARTS = frozenset({"specification-extensions", "examples", "map-of-strings", "content"})
# Which keys exclude each other, and of which one has to be there: told in better words here.
EXCLUSIVE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "parameter": (("schema", "content"), ("example", "examples")),
    "header": (("schema", "content"), ("example", "examples")),
    "media type": (("example", "examples"),),
    "example": (("value", "externalValue"),),
    "link": (("operationId", "operationRef"),),
    "license": (("identifier", "url"),),
}
ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "parameter": ("schema", "content"),
    "header": ("schema", "content"),
}
OF_UNKNOWN_KEYS = frozenset({"unevaluatedProperties", "additionalProperties"})
COMBINING = frozenset({"not", "oneOf", "anyOf", "propertyNames"})
NAMES_OF_PARTS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
COMPONENT_NAME = re.compile(r"[a-zA-Z0-9._-]+")
MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*(;.*)?")
LOCATIONS = ("path", "query", "header", "cookie")
HOLDERS_OF_CONTENT = frozenset({"parameter", "header", "request body", "response"})
JSON_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
KNOWN_DIALECTS = ("draft/2020-12", "spec.openapis.org/oas/3.1")
FIRST_STATUS = "a status (200, 4XX or default)"


class StructureCheck:
    """Holds the objects of one document against the official schema of its version."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._is_3_0 = inspection.is_3_0
        self._whole = _official_schema("3.0" if self._is_3_0 else "3.1")
        self._known = self._whole.get("$defs") or self._whole["definitions"]
        self._validators: dict[str, Any] = {}

    def check(self, visit: Visit) -> None:
        """Tell what is wrong with the keys and the values of one object itself."""
        kind, node = visit.kind, visit.node
        if self._inspection.is_reference(kind, node) or self._is_of_another_dialect(kind, node):
            return
        if "$ref" in node and not isinstance(node["$ref"], str):
            self._tell_no_reference(node)
            return
        own = {key: value for key, value in node.items() if key != "$ref"}
        if kind == "schema":
            own = _with_parts_left_out(own)
        self._tell_excluded(kind, node)
        self._tell_names(kind, node)
        validator = self._validator_of(kind, node)
        if validator is not None:
            errors = list(validator.iter_errors(strip(own)))
            self._tell_errors(kind, node, errors)
        self._tell_what_no_schema_says(kind, node)

    def _is_of_another_dialect(self, kind: str, node: Node) -> bool:
        """Return whether a schema of 3.1 says that it is of another JSON Schema than 2020-12."""
        root = self._inspection.source.root
        dialect = str(node.get("$schema") or root.get("jsonSchemaDialect") or JSON_SCHEMA)
        is_known = any(known in dialect for known in KNOWN_DIALECTS)
        return kind == "schema" and not self._is_3_0 and not is_known

    # --- the official schemas ---------------------------------------------------------------------

    def _validator_of(self, kind: str, node: Node) -> Any:
        """Return what holds an object of this *kind*, None where nothing is said of it."""
        name = self._definition_name(kind, node)
        if name not in self._validators:
            self._validators[name] = self._made_validator(name)
        return self._validators[name]

    def _definition_name(self, kind: str, node: Node) -> str:
        if kind == "openapi":
            return ""
        if kind == "schema" and not self._is_3_0:
            return JSON_SCHEMA
        if not self._is_3_0:
            return NAMES_IN_3_1.get(kind) or kind.replace(" ", "-")
        if kind == "security scheme":
            return SCHEMES_IN_3_0.get(str(node.get("type")), "SecurityScheme")
        return NAMES_IN_3_0.get(kind) or kind.title().replace(" ", "")

    def _made_validator(self, name: str) -> Any:
        import jsonschema_rs

        if name == JSON_SCHEMA:
            return jsonschema_rs.Draft202012Validator({"$ref": JSON_SCHEMA})
        held = self._whole if not name else self._known.get(name)
        if name.startswith("oauth-flow-"):
            held = self._known["oauth-flows"]["$defs"][name.removeprefix("oauth-flow-")]
        if held is None:
            return None
        if self._is_3_0:
            return jsonschema_rs.Draft4Validator(self._alone(held))
        shared = {name: self._alone(self._known[name]) for name in self._known}
        own = {key: value for key, value in held.items() if key != "$defs"}
        return jsonschema_rs.Draft202012Validator({**self._alone(own), "$defs": shared})

    def _alone(self, schema: Any) -> Any:
        """Return *schema* without what it says of the objects below, and of keys together."""
        if isinstance(schema, list):
            return [self._alone(one) for one in schema]
        if not isinstance(schema, Mapping):
            return schema
        if self._is_of_another_object(schema):
            return {}
        kept: dict[str, Any] = {}
        for key, value in schema.items():
            if key in NAMES_OF_PARTS:
                kept[key] = {name: self._alone(part) for name, part in value.items()}
            elif key not in COMBINING:
                kept[key] = self._alone(value)
        return kept

    def _is_of_another_object(self, schema: Mapping[str, Any]) -> bool:
        if "$dynamicRef" in schema:
            return True
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return False
        name = reference.rpartition("/")[2]
        is_own_part = reference.count("/") > 2 and "oauth-flows" not in reference
        return not is_own_part and name not in SHARED_PARTS

    # --- in words ---------------------------------------------------------------------------------

    def _tell_errors(self, kind: str, node: Node, errors: list[Any]) -> None:
        """Tell each error once for each key; what follows from another is left out."""
        names = {error.kind.name for error in errors}
        needed = ONE_OF.get(kind, ())
        is_more = bool(names - {"unevaluatedProperties"})
        if needed and node.keys().isdisjoint(needed):
            is_more = True
        wrong: dict[str, Any] = {}
        for error in errors:
            if error.kind.name in OF_UNKNOWN_KEYS:
                self._tell_unknown(kind, node, error.kind.unexpected, is_more=is_more)
            elif error.instance_path:
                wrong.setdefault(str(error.instance_path[0]), error)
            elif kind == "responses":
                if names.isdisjoint(OF_UNKNOWN_KEYS):  # a wrong status is meant for one
                    self._missing(node, FIRST_STATUS)
            elif error.kind.name == "required":
                self._missing(node, error.kind.property)
        for key, error in wrong.items():
            # Where such items are equal, two have one name, which is told.
            if error.kind.name != "uniqueItems" or key not in ("tags", "parameters"):
                self._wrong(node, key, error)

    def _missing(self, node: Node, key: str) -> None:
        """Tell that *key* is missing, unless it is there and misspelt."""
        if misspelt(key, node):
            return
        line = self._inspection.key_line(node)
        self._inspection.tell(FlawKind.MISSING_KEY, line, key, node=node)

    def _wrong(self, node: Node, key: str, error: Any) -> None:
        line = _line_within(node, error.instance_path)
        found = violation_of(error)
        if found[0] == "anyOf" and key == "type":  # one type, or a list of them
            found = ("enum", found[1], JSON_TYPES)
            stated = node["type"]
            if isinstance(stated, list) and set(map(str, stated)) <= set(JSON_TYPES):
                found = ("uniqueItems", found[1], "")
        self._inspection.tell(FlawKind.WRONG_VALUE, line, key, observed=found, node=node)

    def _tell_unknown(self, kind: str, node: Node, keys: list[str], *, is_more: bool) -> None:
        """Tell the *keys* that OpenAPI does not have here.

        Where something else *is_more* wrong, the schema of 3.1 calls keys unknown that are not.
        """
        known = HONOURED.get(kind, frozenset()) | NOT_JUDGED.get(kind, frozenset())
        for key in keys:
            if key in known and is_more and not self._is_3_0:
                continue
            told = {"responses": FlawKind.STATUS, "paths": FlawKind.PATH_TEMPLATE}.get(kind)
            expected = misspelt(key, known)
            line = node.line_of(key)
            kind_of_flaw = told or FlawKind.UNKNOWN_KEY
            found = {"observed": kind, "expected": "" if told else expected}
            self._inspection.tell(kind_of_flaw, line, key, node=node, **found)

    def _tell_no_reference(self, node: Node) -> None:
        found = ("type", quote_value(node["$ref"]), "string")
        line = node.line_of("$ref")
        self._inspection.tell(FlawKind.WRONG_VALUE, line, "$ref", observed=found, node=node)

    def _tell_excluded(self, kind: str, node: Node) -> None:
        for one, other in EXCLUSIVE.get(kind, ()):
            if one in node and other in node:
                line = max(node.line_of(one), node.line_of(other))
                told = FlawKind.EXCLUSIVE_KEYS
                self._inspection.tell(told, line, one, observed=other, node=node)
        needed = ONE_OF.get(kind, ())
        is_missing = bool(needed) and node.keys().isdisjoint(needed)
        if is_missing and not any(misspelt(key, node) for key in needed):
            self._missing(node, " or ".join(needed))

    def _tell_names(self, kind: str, node: Node) -> None:
        """Tell names that no component, and no media type, may have."""
        if kind == "components":
            for section in node.values():
                for name in section if isinstance(section, Node) else ():
                    if not COMPONENT_NAME.fullmatch(name) and not name.startswith("x-"):
                        line = section.line_of(name)
                        self._inspection.tell(FlawKind.COMPONENT_NAME, line, name)
        content = node.get("content")
        if kind in HOLDERS_OF_CONTENT and isinstance(content, Node):
            for name in content:
                if not MEDIA_TYPE.fullmatch(name) and not name.startswith("x-"):
                    self._inspection.tell(FlawKind.MEDIA_TYPE, content.line_of(name), name)

    # --- what stands in the text of the specification only ----------------------------------------

    def _tell_what_no_schema_says(self, kind: str, node: Node) -> None:
        if kind == "openapi":
            self._tell_root(node)
        if self._is_3_0:
            self._tell_of_3_0(kind, node)
        elif kind == "schema":
            self._tell_misspelt(node)
        elif kind == "discriminator" and "propertyName" not in node:
            self._missing(node, "propertyName")

    def _tell_of_3_0(self, kind: str, node: Node) -> None:
        if kind == "parameter":
            self._tell_location(node)
        elif kind == "security scheme":
            self._tell_choice(node, "type", tuple(SCHEMES_IN_3_0))
        elif kind == "schema":
            self._tell_schema_of_3_0(node)

    def _tell_schema_of_3_0(self, node: Node) -> None:
        if node.get("type") == "array" and "items" not in node:
            self._missing(node, "items")
        for key in ("allOf", "oneOf", "anyOf"):
            if node.get(key) == []:
                line, found = node.line_of(key), ("minItems", "[]", 1)
                self._inspection.tell(FlawKind.WRONG_VALUE, line, key, observed=found, node=node)
        if node.get("readOnly") is True and node.get("writeOnly") is True:
            line = max(node.line_of("readOnly"), node.line_of("writeOnly"))
            told = FlawKind.EXCLUSIVE_KEYS
            self._inspection.tell(told, line, "readOnly", observed="writeOnly", node=node)

    def _tell_location(self, node: Node) -> None:
        """Tell what a parameter of 3.0 says that none at its place may."""
        if not self._tell_choice(node, "in", LOCATIONS):
            return
        branches = self._known["ParameterLocation"]["oneOf"]
        [branch] = [one for one in branches if node["in"] in one["properties"]["in"]["enum"]]
        import jsonschema_rs

        validator = jsonschema_rs.Draft4Validator(branch)
        self._tell_errors("parameter", node, list(validator.iter_errors(strip(node))))

    def _tell_choice(self, node: Node, key: str, known: tuple[str, ...]) -> bool:
        """Tell where *key* has another value than those that are *known*; return if it has one."""
        value = node.get(key)
        if isinstance(value, str) and value in known:
            return True
        if value is not None:
            found = ("enum", quote_value(value), tuple(json.dumps(one) for one in known))
            line = node.line_of(key)
            self._inspection.tell(FlawKind.WRONG_VALUE, line, key, observed=found, node=node)
        else:
            self._missing(node, key)
        return False

    def _tell_misspelt(self, node: Node) -> None:
        """Tell keys of a schema of 3.1, which may have any, that are misspelt."""
        known = HONOURED["schema"] | NOT_JUDGED["schema"]
        for key in node:
            near = misspelt(key, known)
            if key.startswith("x-") or not near:
                continue
            line = node.line_of(key)
            found = {"observed": "schema", "expected": near}
            self._inspection.tell(FlawKind.UNKNOWN_KEY, line, key, node=node, **found)

    def _tell_root(self, node: Node) -> None:
        if not self._is_3_0 and not {"paths", "components", "webhooks"} & node.keys():
            self._missing(node, "paths")
        tags = node.get("tags")
        known: set[str] = set()
        for tag in tags if isinstance(tags, list) else ():
            name = tag.get("name") if isinstance(tag, Node) else None
            if not isinstance(name, str):
                continue
            if name in known:
                self._inspection.tell(FlawKind.DUPLICATE_TAG, tag.line_of("name"), name)
            known.add(name)


@cache
def _official_schema(version: str) -> dict[str, Any]:
    path = Path(__file__).parent / f"openapi-{version}.schema.json"
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if version == "3.1":  # in which `body` stands for what the specification calls `server`
        read["$defs"]["link"]["properties"]["server"] = True
    return read


def _with_parts_left_out(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema's keys with each schema below as one that says nothing.

    What is no schema there is told where it is looked for.
    """
    kept: dict[str, Any] = {}
    for key, value in own.items():
        place = ("schema", key)
        if place in ALONE_OR_IN_A_LIST and key not in IN_LISTS:
            kept[key] = True
        elif place in ALONE_OR_IN_A_LIST and isinstance(value, list):
            kept[key] = [True for _ in value]
        elif place in UNDER_NAMES and isinstance(value, Node):
            kept[key] = dict.fromkeys(value, True)
        else:
            kept[key] = value
    return kept


def _line_within(node: Node, steps: list[str | int]) -> int:
    """Return the line of what *steps* lead to from *node*, as near as lines are known."""
    line, value = node.line, node
    for step in steps:
        if isinstance(value, Node):
            line = value.line_of(str(step))
        value = value[step]  # type: ignore[index]
    return line
