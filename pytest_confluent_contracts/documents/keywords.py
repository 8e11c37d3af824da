"""Which words of OpenAPI and of JSON Schema count, and which does nobody judge?

Each keyword of the meta-schemas of OpenAPI 3.0 and 3.1, and of JSON Schema's vocabularies, is in
one of the two tables, by the object in which it stands. A test walks the meta-schemas.
"""

from __future__ import annotations

from typing import Final

from pytest_confluent_contracts.model.documents import READ_METHODS

HELD_AS_KEYWORDS: Final = frozenset(method.lower() for method in READ_METHODS)
# Read; or a description, of which no service can do otherwise.
HONOURED: Final[dict[str, frozenset[str]]] = {
    "openapi": frozenset(
        ("openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs")
    ),
    "info": frozenset(
        ("title", "summary", "description", "termsOfService", "contact", "license", "version")
    ),
    "contact": frozenset(("name", "url", "email")),
    "license": frozenset(("name", "identifier", "url")),
    "server": frozenset(("url", "description", "variables")),
    "server variable": frozenset(("enum", "default", "description")),
    # What stands under these counts where it is referred to.
    "components": frozenset(
        (
            *("schemas", "responses", "parameters", "examples", "requestBodies", "headers"),
            *("securitySchemes", "links", "callbacks", "pathItems"),
        )
    ),
    "path item": frozenset(("$ref", "summary", "description", "parameters")) | HELD_AS_KEYWORDS,
    "operation": frozenset(
        (
            *("tags", "summary", "description", "externalDocs", "operationId", "parameters"),
            *("requestBody", "responses", "deprecated", "security"),
        )
    ),
    "tag": frozenset(("name", "description", "externalDocs")),
    "external documentation": frozenset(("url", "description")),
    "reference": frozenset(("$ref", "summary", "description")),
    "parameter": frozenset(
        (
            *("name", "in", "description", "required", "deprecated", "style", "explode"),
            *("schema", "content", "example", "examples", "allowReserved"),
        )
    ),
    "request body": frozenset(("description", "content", "required")),
    "media type": frozenset(("schema", "example", "examples")),
    "responses": frozenset(("default",)),
    "response": frozenset(("description", "headers", "content")),
    "header": frozenset(("description", "required", "deprecated", "schema", "example", "examples")),
    "example": frozenset(("summary", "description", "value")),
    "schema": frozenset(
        (
            *("$ref", "$id", "$anchor", "$dynamicAnchor", "$defs", "$comment", "$schema"),
            *("allOf", "oneOf", "anyOf", "not", "if", "then", "else", "dependentSchemas"),
            *("properties", "patternProperties", "additionalProperties", "propertyNames"),
            *("items", "prefixItems", "contains", "minContains", "maxContains"),
            *("unevaluatedItems", "unevaluatedProperties", "definitions"),
            *("type", "enum", "const", "format", "pattern", "minLength", "maxLength"),
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
            *("minItems", "maxItems", "uniqueItems"),
            *("minProperties", "maxProperties", "required", "dependentRequired"),
            *("nullable", "readOnly", "writeOnly"),
            *("title", "description", "default", "deprecated", "example", "examples"),
            *("externalDocs", "discriminator"),
        )
    ),
    "discriminator": frozenset(("propertyName", "mapping")),
    "security scheme": frozenset(
        (
            *("type", "description", "name", "in", "scheme", "bearerFormat", "flows"),
            "openIdConnectUrl",
        )
    ),
    # A token is taken from the environment, however it was got.
    "oauth flows": frozenset(("implicit", "password", "clientCredentials", "authorizationCode")),
    "oauth flow": frozenset(("authorizationUrl", "tokenUrl", "refreshUrl", "scopes")),
}
# Told in the header, the plan and the reports where it stands in the document.
NOT_JUDGED: Final[dict[str, frozenset[str]]] = {
    "openapi": frozenset(("webhooks", "jsonSchemaDialect")),
    "path item": frozenset(("trace", "servers")),
    "operation": frozenset(("callbacks", "servers")),
    "parameter": frozenset(("allowEmptyValue",)),
    "media type": frozenset(("encoding",)),
    "encoding": frozenset(("contentType", "headers", "style", "explode", "allowReserved")),
    "response": frozenset(("links",)),
    "link": frozenset(
        (
            *("operationRef", "operationId", "parameters", "requestBody", "description"),
            *("server", "body"),
        )
    ),
    "header": frozenset(("style", "explode", "content", "allowEmptyValue", "allowReserved")),
    "example": frozenset(("externalValue",)),
    "schema": frozenset(
        (
            *("$dynamicRef", "$vocabulary", "xml"),
            *("contentEncoding", "contentMediaType", "contentSchema"),
        )
    ),
    "xml": frozenset(("name", "namespace", "prefix", "attribute", "wrapped")),
}
# Which object stands at a keyword of another; in lists and alone.
HELD: Final[dict[tuple[str, str], str]] = {
    ("openapi", "servers"): "server",
    ("openapi", "components"): "components",
    ("path item", "parameters"): "parameter",
    **{("path item", method): "operation" for method in HELD_AS_KEYWORDS},
    ("operation", "parameters"): "parameter",
    ("operation", "requestBody"): "request body",
    ("parameter", "schema"): "schema",
    ("media type", "schema"): "schema",
    ("header", "schema"): "schema",
    **{
        ("schema", keyword): "schema"
        for keyword in (
            *("allOf", "oneOf", "anyOf", "not", "if", "then", "else", "items", "prefixItems"),
            *("additionalProperties", "propertyNames", "contains"),
            *("unevaluatedItems", "unevaluatedProperties"),
        )
    },
}
# The same, each under a name of its own.
HELD_BY_NAME: Final[dict[tuple[str, str], str]] = {
    ("openapi", "paths"): "path item",
    ("server", "variables"): "server variable",
    ("components", "securitySchemes"): "security scheme",
    ("operation", "responses"): "response",
    ("parameter", "content"): "media type",
    ("parameter", "examples"): "example",
    ("request body", "content"): "media type",
    ("media type", "examples"): "example",
    ("response", "content"): "media type",
    ("response", "headers"): "header",
    ("header", "examples"): "example",
    ("schema", "properties"): "schema",
    ("schema", "patternProperties"): "schema",
    ("schema", "dependentSchemas"): "schema",
}
