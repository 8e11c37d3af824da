"""Does `check` tell what is wrong with a document, at its line, and nothing else?

Each row is a piece of a document with one flaw, the line of which ends in ``# here``, and beside it
the nearest piece that is permitted.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from running import ROOT

from pytest_confluent_contracts import __main__ as commands
from pytest_confluent_contracts.documents import structure
from pytest_confluent_contracts.documents.ecma_pattern import is_ecma_pattern
from pytest_confluent_contracts.documents.self_check import flaws_in
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.report import flaws as report

HERE = "# here"
FOLDER = ROOT / "tests" / "documents"
DOCUMENTS = [*sorted(FOLDER.glob("*.yaml")), *sorted((FOLDER / "correct").glob("*.yaml"))]


@dataclass(frozen=True)
class Row:
    """A flaw, a text that has it, and the nearest one that has none."""

    name: str
    kind: FlawKind
    flawed: str
    permitted: str
    version: str = "3.1.0"


def schema(text: str) -> str:
    """Return a document with the schema in *text*, which nothing uses."""
    return document("", components="schemas:\n  Thing:\n" + indented(text, 4))


def document(paths: str, components: str = "", more: str = "") -> str:
    """Return a document with these *paths*, *components* and root keys."""
    text = "openapi: VERSION\ninfo: {title: Things, version: '1'}\n" + textwrap.dedent(more)
    text += "paths:\n" + indented(paths, 2) if paths else "paths: {}\n"
    if components:
        text += "components:\n" + indented(components, 2)
    return text


def operation(text: str, components: str = "", more: str = "", path: str = "/things/{id}") -> str:
    """Return a document with one operation that has the keys in *text*, and answers 204."""
    head = f"{path}:\n  patch:\n    operationId: updateThing\n"
    body = indented(text, 4)
    if "responses:" not in text:
        body += "    responses: {'204': {description: Done.}}\n"
    return document(head + body, components, more)


def things(text: str, components: str = "") -> str:
    """Return a document with one operation on a path without variables."""
    return operation(text, components, path="/things")


def indented(text: str, by: int) -> str:
    """Return *text* with all of its lines *by* columns further to the right."""
    return textwrap.indent(textwrap.dedent(text).strip("\n") + "\n", " " * by)


def answer(text: str, components: str = "") -> str:
    """Return a document with an answer 200 of the media type object in *text*."""
    body = (
        "responses:\n  '200':\n    description: A thing.\n    content:\n      application/json:\n"
    )
    return things(body + indented(text, 8), components)


def request(text: str) -> str:
    """Return a document with a request body of the media type object in *text*."""
    return things("requestBody:\n  content:\n    application/json:\n" + indented(text, 6))


def parameter(text: str) -> str:
    """Return a document with one parameter in the query."""
    listed = textwrap.indent(textwrap.dedent(text).strip("\n"), "  ")
    return things("parameters:\n- name: size\n  in: query\n" + listed + "\n")


ID = "{name: id, in: path, required: true, schema: {type: string}}"
OAUTH = """
securitySchemes:
  login:
    type: oauth2
    flows: {clientCredentials: {tokenUrl: 'https://example.com/token', scopes: {read: Read.}}}
"""
KEY = "securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}"
ROWS = [
    # --- how a document is written ---------------------------------------------------------------
    Row(
        "a key twice",
        FlawKind.DUPLICATE_KEY,
        schema("""
            type: object
            title: A
            type: object  # here
            """),
        schema("""
            type: object
            title: type
            """),
    ),
    Row(
        "a member twice, and an example of the second",
        FlawKind.DUPLICATE_KEY,
        schema(
            """
            type: object
            properties:
              size: {type: string}
              size: {type: integer}  # here
            example: {size: 1}
            """
        ),
        schema(
            """
            type: object
            properties:
              size: {type: integer}
              Size: {type: string}
            example: {size: 1}
            """
        ),
    ),
    Row(
        "a misspelt key",
        FlawKind.UNKNOWN_KEY,
        things("sumary: Update  # here"),
        things("""
            summary: Update
            x-sumary: Update
            """),
    ),
    Row(
        "a misspelt keyword of a schema",
        FlawKind.UNKNOWN_KEY,
        schema("""
            type: string
            maxLenght: 5  # here
            """),
        schema("""
            type: string
            maxLength: 5
            colour: red
            """),
    ),
    Row(
        "a misspelt key that has to be there",
        FlawKind.UNKNOWN_KEY,
        things(
            """
            parameters:
            - name: size
              in: query
              style: form
              shema: {type: integer}  # here
            """
        ),
        things(
            """
            parameters:
            - name: size
              in: query
              style: form
              schema: {type: integer}
            """
        ),
    ),
    Row(
        "misspelt parameters of a path",
        FlawKind.UNKNOWN_KEY,
        operation(
            """
            paramters: [{name: id, in: path, required: true, schema: {type: string}}]  # here
            """
        ),
        operation(
            """
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            """
        ),
    ),
    Row(
        "a misspelt section of components that is referred to",
        FlawKind.UNKNOWN_KEY,
        answer(
            """
            schema: {$ref: '#/components/schemas/Thing'}
            """,
            """
            schema:  # here
              Thing: {type: object}
            """,
        ),
        answer(
            """
            schema: {$ref: '#/components/schemas/Thing'}
            """,
            """
            schemas:
              Thing: {type: object}
            """,
        ),
    ),
    Row(
        "a keyword that 3.0 has not",
        FlawKind.UNKNOWN_KEY,
        schema("""
            type: string
            const: a  # here
            """),
        schema("""
            type: string
            enum: [a]
            """),
        "3.0.3",
    ),
    Row(
        "no title",
        FlawKind.MISSING_KEY,
        """
            openapi: VERSION
            info:  # here
              version: '1'
            paths: {}
            """,
        """
            openapi: VERSION
            info:
              title: ''
              version: '1'
            paths: {}
            """,
    ),
    Row(
        "an operation without answers",
        FlawKind.MISSING_KEY,
        document("""
            /things:
              get:  # here
                operationId: list
            """),
        document("""
            /things:
              get:
                operationId: list
                responses: {default: {description: Any.}}
            """),
        "3.0.3",
    ),
    Row(
        "answers without a status",
        FlawKind.MISSING_KEY,
        things("responses: {}  # here"),
        things("responses: {default: {description: Any.}}"),
    ),
    Row(
        "an answer without a description",
        FlawKind.MISSING_KEY,
        things("""
            responses:
              '200':  # here
                headers: {}
            """),
        things("""
            responses:
              '200':
                description: ''
            """),
    ),
    Row(
        "a parameter without a schema",
        FlawKind.MISSING_KEY,
        things("""
            parameters:
            - name: size  # here
              in: query
            """),
        things("""
            parameters:
            - name: size
              in: query
              schema: {}
            """),
    ),
    Row(
        "a list of 3.0 without items",
        FlawKind.MISSING_KEY,
        schema("""
            type: object
            properties:
              tags:  # here
                type: array
            """),
        schema("""
            type: object
            properties:
              tags:
                type: array
                items: {}
            """),
        "3.0.3",
    ),
    Row(
        "a path parameter that is not required",
        FlawKind.WRONG_VALUE,
        operation("""
            parameters:
            - name: id
              in: path
              required: false  # here
              schema: {}
            """),
        operation("parameters: [{name: id, in: path, required: true, schema: {type: string}}]"),
    ),
    Row(
        "a type that there is not",
        FlawKind.WRONG_VALUE,
        schema("type: text  # here"),
        schema("type: [string, 'null']"),
    ),
    Row(
        "a type of 3.1 in 3.0",
        FlawKind.WRONG_VALUE,
        schema("type: [string, 'null']  # here"),
        schema("""
            type: string
            nullable: true
            """),
        "3.0.3",
    ),
    Row(
        "required as it is in a parameter",
        FlawKind.WRONG_VALUE,
        schema("""
            type: object
            required: true  # here
            """),
        schema("""
            type: object
            required: []
            """),
    ),
    Row(
        "no part at all in 3.0",
        FlawKind.WRONG_VALUE,
        schema(
            """
            type: object
            allOf: []  # here
            """
        ),
        schema(
            """
            type: object
            allOf: [{}]
            """
        ),
        "3.0.3",
    ),
    Row(
        "a keyword of an older JSON Schema",
        FlawKind.WRONG_VALUE,
        schema(
            """
            type: integer
            minimum: 1
            exclusiveMinimum: true  # here
            """
        ),
        schema(
            """
            $schema: http://json-schema.org/draft-04/schema#
            type: integer
            minimum: 1
            exclusiveMinimum: true
            """
        ),
    ),
    Row(
        "a negative length",
        FlawKind.WRONG_VALUE,
        schema("""
            type: string
            minLength: -1  # here
            """),
        schema("""
            type: string
            minLength: 0
            """),
    ),
    Row(
        "a style that no query has",
        FlawKind.WRONG_VALUE,
        parameter("""
            schema: {type: string}
            style: matrix  # here
            """),
        parameter("""
            schema: {type: string}
            style: form
            """),
    ),
    Row(
        "a list of 3.0 where a mapping is due",
        FlawKind.NOT_AN_OBJECT,
        schema("""
            type: array
            items: string  # here
            """),
        schema("""
            type: array
            items: {type: string}
            """),
    ),
    Row(
        "example beside examples",
        FlawKind.EXCLUSIVE_KEYS,
        parameter("""
            schema: {type: integer}
            example: 1
            examples: {one: {value: 1}}  # here
            """),
        parameter("""
            schema: {type: integer}
            examples: {one: {value: 1}}
            """),
    ),
    Row(
        "a component with a blank in its name",
        FlawKind.COMPONENT_NAME,
        document(
            "",
            components="""
            schemas:
              My thing: {}  # here
            """,
        ),
        document(
            "",
            components="""
            schemas:
              My.thing-1_a: {}
            """,
        ),
    ),
    Row(
        "a status that is none",
        FlawKind.STATUS,
        things("""
            responses:
              '200': {description: Done.}
              '2000': {description: Done.}  # here
            """),
        things("""
            responses:
              '200': {description: Done.}
              2XX: {description: Done.}
              299: {description: Done.}
            """),
    ),
    Row(
        "a media type that is none",
        FlawKind.MEDIA_TYPE,
        things("""
            requestBody:
              content:
                json: {}  # here
            """),
        things("""
            requestBody:
              content:
                application/vnd.a+json;v=1: {}
                '*/*': {}
            """),
    ),
    Row(
        "a tag twice",
        FlawKind.DUPLICATE_TAG,
        document(
            "",
            more="""
            tags:
            - name: a
            - name: a  # here
              description: Another.
            """,
        ),
        document(
            "",
            more="""
            tags:
            - name: a
            - name: A
            """,
        ),
    ),
    Row(
        "a tag that stands twice with all it has, in 3.0",
        FlawKind.DUPLICATE_TAG,
        document("", more="tags:\n- name: a\n- name: a  # here\n"),
        document("", more="tags:\n- name: a\n- name: b\n"),
        "3.0.3",
    ),
    # --- what refers to something ----------------------------------------------------------------
    Row(
        "a reference to nothing",
        FlawKind.DANGLING_REFERENCE,
        answer(
            """
            schema:
              $ref: '#/components/schemas/Thing'  # here
            """,
            "schemas: {Other: {}}",
        ),
        answer(
            """
            schema:
              $ref: '#/components/schemas/Thing'
            """,
            "schemas: {Thing: {}}",
        ),
    ),
    Row(
        "one missing definition, referred to twice",
        FlawKind.DANGLING_REFERENCE,
        schema("""
            type: object
            properties:
              a: {$ref: '#/$defs/a'}  # here
              b: {$ref: '#/$defs/a'}
            """),
        schema("""
            type: object
            properties:
              a: {$ref: 'https://example.com/a.yaml'}
            """),
    ),
    Row(
        "a reference to a file that is not there",
        FlawKind.DANGLING_REFERENCE,
        schema("$ref: 'parts.yaml#/Thing'  # here"),
        schema("$ref: '../elsewhere.yaml#/Thing'"),
    ),
    Row(
        "a reference to itself",
        FlawKind.CIRCULAR_REFERENCE,
        document(
            "",
            components="""
            schemas:
              A: {$ref: '#/components/schemas/B'}  # here
              B: {$ref: '#/components/schemas/A'}
            """,
        ),
        document(
            "",
            components="""
            schemas:
              A: {$ref: '#/components/schemas/B'}
              B: {properties: {a: {$ref: '#/components/schemas/A'}}}
            """,
        ),
    ),
    Row(
        "a response where a schema is due",
        FlawKind.WRONG_REFERENCE,
        answer(
            "schema: {$ref: '#/components/responses/Done'}  # here",
            "responses: {Done: {description: Done.}}",
        ),
        answer(
            "schema: {$ref: '#/components/schemas/Done'}", "schemas: {Done: {description: Done.}}"
        ),
    ),
    Row(
        "a security scheme that is not defined",
        FlawKind.UNDEFINED_SCHEME,
        things(
            """
            security:
            - key: []
            - tokn: []  # here
            """,
            KEY,
        ),
        things(
            """
            security:
            - key: []
            - {}
            """,
            KEY,
        ),
    ),
    Row(
        "a security scheme of the whole document that is not defined",
        FlawKind.UNDEFINED_SCHEME,
        document(
            "",
            more="""
            security:
            - key: []  # here
            """,
        ),
        document(
            "",
            more="""
            security:
            - key: []
            """,
            components=KEY,
        ),
    ),
    Row(
        "a scope that is not defined",
        FlawKind.UNDEFINED_SCOPE,
        things(
            """
            security:
            - login: [write]  # here
            """,
            OAUTH,
        ),
        things(
            """
            security:
            - login: [read]
            """,
            OAUTH,
        ),
    ),
    Row(
        "scopes of a key",
        FlawKind.SCOPES_WITHOUT_MEANING,
        things(
            """
            security:
            - key: [read]  # here
            """,
            KEY,
        ),
        things(
            """
            security:
            - key: []
            """,
            KEY,
        ),
        "3.0.3",
    ),
    Row(
        "a link to no operation",
        FlawKind.LINK_OPERATION,
        things("""
            responses:
              '200':
                description: Done.
                links:
                  next: {operationId: readThing}  # here
            """),
        things("""
            responses:
              '200':
                description: Done.
                links:
                  next: {operationId: updateThing}
            """),
    ),
    Row(
        "a link with a parameter that the operation has not",
        FlawKind.LINK_PARAMETER,
        operation("""
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            responses:
              '200':
                description: Done.
                links:
                  next: {operationId: updateThing, parameters: {key: $response.body#/id}}  # here
            """),
        operation("""
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            responses:
              '200':
                description: Done.
                links:
                  next: {operationId: updateThing, parameters: {path.id: $response.body#/id}}
            """),
    ),
    Row(
        "an encoding of no member",
        FlawKind.ENCODING_MEMBER,
        things("""
            requestBody:
              content:
                multipart/form-data:
                  schema: {type: object, properties: {file: {type: string}}}
                  encoding:
                    fil: {contentType: image/png}  # here
            """),
        things("""
            requestBody:
              content:
                multipart/form-data:
                  schema: {type: object, properties: {file: {type: string}}}
                  encoding:
                    file: {contentType: image/png}
            """),
    ),
    Row(
        "a discriminator that no branch has",
        FlawKind.DISCRIMINATOR_MEMBER,
        document(
            "",
            components="""
            schemas:
              Cat: {type: object, properties: {name: {type: string}}}
              Pet:
                oneOf: [{$ref: '#/components/schemas/Cat'}]
                discriminator:
                  propertyName: kind  # here
            """,
        ),
        document(
            "",
            components="""
            schemas:
              Cat: {type: object, properties: {kind: {type: string}}}
              Pet:
                oneOf: [{$ref: '#/components/schemas/Cat'}]
                discriminator:
                  propertyName: kind
            """,
        ),
    ),
    Row(
        "a discriminator mapped to nothing",
        FlawKind.DISCRIMINATOR_MAPPING,
        document(
            "",
            components="""
            schemas:
              Cat: {type: object, properties: {kind: {type: string}}}
              Pet:
                oneOf: [{$ref: '#/components/schemas/Cat'}]
                discriminator:
                  propertyName: kind
                  mapping:
                    cat: Cat
                    dog: '#/components/schemas/Dog'  # here
            """,
        ),
        document(
            "",
            components="""
            schemas:
              Cat: {type: object, properties: {kind: {type: string}}}
              Pet:
                oneOf: [{$ref: '#/components/schemas/Cat'}]
                discriminator:
                  propertyName: kind
                  mapping:
                    cat: Cat
                    tom: '#/components/schemas/Cat'
            """,
        ),
    ),
    # --- paths, parameters, operations, servers --------------------------------------------------
    Row(
        "a path without a slash",
        FlawKind.PATH_TEMPLATE,
        document("things: {get: {responses: {default: {description: Any.}}}}  # here"),
        document("""
            /things: {get: {responses: {default: {description: Any.}}}}
            x-things: {}
            """),
    ),
    Row(
        "a brace that is not closed",
        FlawKind.PATH_TEMPLATE,
        document("""
            /things/{id:  # here
              get: {responses: {default: {description: Any.}}}
            """),
        operation("parameters: [{name: id, in: path, required: true, schema: {type: string}}]"),
    ),
    Row(
        "two paths that are one",
        FlawKind.SAME_PATH,
        document("""
            /things/{id}:
              parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            /things/{key}:  # here
              parameters: [{name: key, in: path, required: true, schema: {type: string}}]
            """),
        document("""
            /things/{id}:
              parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            /things/{id}/{key}:
              parameters:
              - {name: id, in: path, required: true, schema: {type: string}}
              - {name: key, in: path, required: true, schema: {type: string}}
            """),
    ),
    Row(
        "a parameter that the path has not",
        FlawKind.PATH_PARAMETER,
        operation("""
            parameters:
            - {name: id, in: path, required: true, schema: {type: string}}
            - {name: key, in: path, required: true, schema: {type: string}}  # here
            """),
        operation("""
            parameters:
            - {name: id, in: path, required: true, schema: {type: string}}
            - {name: key, in: query, schema: {}}
            """),
    ),
    Row(
        "a parameter that is called otherwise than the path has it",
        FlawKind.PATH_PARAMETER,
        operation("""
            parameters:
            - {name: thingId, in: path, required: true, schema: {type: string}}  # here
            """),
        operation("""
            parameters:
            - {name: id, in: path, required: true, schema: {type: string}}
            """),
    ),
    Row(
        "a variable without a parameter",
        FlawKind.UNDECLARED_PATH_PARAMETER,
        document("""
            /things/{id}:  # here
              get: {responses: {default: {description: Any.}}}
            """),
        document("""
            /things/{id}:
              parameters: [{name: id, in: path, required: true, schema: {type: string}}]
              get: {responses: {default: {description: Any.}}}
            """),
    ),
    Row(
        "a variable that one of two operations does not declare",
        FlawKind.UNDECLARED_PATH_PARAMETER,
        document("""
            /things/{id}:
              get:
                parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                responses: {default: {description: Any.}}
              put:  # here
                responses: {default: {description: Any.}}
            """),
        document("""
            /things/{id}:
              get:
                parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                responses: {default: {description: Any.}}
              put:
                parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                responses: {default: {description: Any.}}
            """),
    ),
    Row(
        "a parameter twice",
        FlawKind.DUPLICATE_PARAMETER,
        things("""
            parameters:
            - {name: a, in: query, schema: {}}
            - {name: a, in: query, schema: {type: string}}  # here
            """),
        things("""
            parameters:
            - {name: a, in: query, schema: {}}
            - {name: a, in: header, schema: {}}
            - {name: A, in: query, schema: {}}
            """),
    ),
    Row(
        "a header twice, in another case",
        FlawKind.DUPLICATE_PARAMETER,
        things("""
            parameters:
            - {name: X-A, in: header, schema: {}}
            - {name: x-a, in: header, schema: {}}  # here
            """),
        document("""
            /a:
              parameters: [{name: X-A, in: header, schema: {}}]
              get:
                parameters: [{name: x-a, in: header, schema: {}}]
                responses: {default: {description: Any.}}
            """),
    ),
    Row(
        "an operationId twice",
        FlawKind.DUPLICATE_OPERATION_ID,
        document("""
            /a:
              get:
                operationId: read
                responses: {default: {description: Any.}}
              put:
                operationId: read  # here
                responses: {default: {description: Any.}}
            """),
        document("""
            /a:
              get:
                operationId: read
                responses: {default: {description: Any.}}
              put:
                operationId: Read
                responses: {default: {description: Any.}}
            """),
    ),
    Row(
        "a variable of a server that is not defined",
        FlawKind.UNDEFINED_VARIABLE,
        document(
            "",
            more="""
            servers:
            - url: https://{region}.example.com/{base}  # here
              variables: {region: {default: eu}}
            """,
        ),
        document(
            "",
            more="""
            servers:
            - url: https://{region}.example.com/base
              variables: {region: {default: eu}}
            """,
        ),
    ),
    Row(
        "a server without any variables",
        FlawKind.UNDEFINED_VARIABLE,
        document("", more="servers: [{url: 'https://{region}.example.com/{base}'}]  # here\n"),
        document("", more="servers: [{url: 'https://example.com/base'}]\n"),
    ),
    Row(
        "a default of a server that is not in its enum",
        FlawKind.VARIABLE_DEFAULT,
        document(
            "",
            more="""
            servers:
            - url: https://{region}.example.com
              variables:
                region:
                  enum: [eu, us]
                  default: ap  # here
            """,
        ),
        document(
            "",
            more="""
            servers:
            - url: https://{region}.example.com
              variables:
                region:
                  enum: [eu, us]
                  default: us
            """,
        ),
    ),
    # --- schemas ---------------------------------------------------------------------------------
    Row(
        "a class that is not closed",
        FlawKind.PATTERN,
        schema("""
            type: string
            pattern: '^[a-z+$'  # here
            example: abc
            """),
        schema("""
            type: string
            pattern: '^(?<name>[^]\\p{L}|\\/)(?<!b+)$'
            """),
    ),
    Row(
        "a group with Python's name",
        FlawKind.PATTERN,
        schema("""
            type: object
            patternProperties:
              '^(?P<key>a)$': {}  # here
            """),
        schema("""
            type: object
            patternProperties:
              '^(?:[(?P<]a)$': {}
            """),
    ),
    Row(
        "bounds that cross",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: integer
            minimum: 5
            maximum: 3  # here
            """),
        schema("""
            type: integer
            minimum: 5
            maximum: 5
            """),
    ),
    Row(
        "exclusive bounds that meet, in 3.0",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: number
            minimum: 5
            exclusiveMinimum: true
            maximum: 5  # here
            """),
        schema("""
            type: number
            minimum: 5
            exclusiveMinimum: false
            maximum: 5
            """),
        "3.0.3",
    ),
    Row(
        "no integer between the bounds",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: integer
            minimum: 1.2
            maximum: 1.8  # here
            """),
        schema("""
            type: number
            minimum: 1.2
            maximum: 1.8
            """),
    ),
    Row(
        "parts of two types",
        FlawKind.UNSATISFIABLE,
        schema("""
            allOf:  # here
            - {type: string}
            - {type: integer}
            """),
        schema("""
            allOf:
            - {type: number}
            - {type: integer}
            """),
    ),
    Row(
        "a closed part that does not name what another requires",
        FlawKind.UNSATISFIABLE,
        schema("""
            allOf:  # here
            - {type: object, properties: {a: {}}, additionalProperties: false}
            - {type: object, properties: {b: {}}, required: [b]}
            """),
        schema("""
            allOf:
            - {type: object, properties: {a: {}, b: {}}, additionalProperties: false}
            - {type: object, properties: {b: {}}, required: [b]}
            """),
    ),
    Row(
        "a closed part that does not name what another allows",
        FlawKind.FORBIDDEN_MEMBER,
        schema("""
            example: {a: 1, b: 2}
            allOf:  # here
            - {type: object, properties: {a: {}}, additionalProperties: false}
            - {type: object, properties: {b: {}}}
            """),
        schema("""
            example: {a: 1, b: 2}
            allOf:
            - {type: object, properties: {a: {}}}
            - {type: object, properties: {b: {}}}
            unevaluatedProperties: false
            """),
    ),
    Row(
        "a member that two parts have of two types",
        FlawKind.FORBIDDEN_MEMBER,
        schema("""
            allOf:  # here
            - {type: object, properties: {a: {type: string}}}
            - {type: object, properties: {a: {type: integer}}}
            """),
        schema("""
            allOf:
            - {type: object, properties: {a: {type: string}}}
            - {type: object, properties: {a: {minLength: 1}}}
            """),
    ),
    Row(
        "a contradiction, told where it is and not around it",
        FlawKind.UNSATISFIABLE,
        document(
            "",
            components="""
            schemas:
              A: {minLength: 3, maxLength: 2}  # here
              B: {allOf: [{$ref: '#/components/schemas/A'}, {type: string}]}
              C: {type: object, required: [a], properties: {a: {$ref: '#/components/schemas/A'}}, example: {a: b}}
            """,
        ),
        document(
            "",
            components="""
            schemas:
              A: {minLength: 3, maxLength: 3}
              B: {allOf: [{$ref: '#/components/schemas/A'}, {type: string}]}
              C: {type: object, required: [a], properties: {a: {$ref: '#/components/schemas/A'}}, example: {a: bcd}}
            """,
        ),
    ),
    Row(
        "a required member that false forbids",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: object
            properties: {a: false}
            required: [a]  # here
            """),
        schema("""
            type: object
            properties: {a: false}
            required: [b]
            """),
    ),
    Row(
        "more members required than may be",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: object
            required: [a, b]
            maxProperties: 1  # here
            """),
        schema("""
            type: object
            required: [a, b]
            maxProperties: 2
            """),
    ),
    Row(
        "a list longer than its different items",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: array
            uniqueItems: true
            items: {enum: [a, b]}
            minItems: 3  # here
            """),
        schema("""
            type: array
            items: {enum: [a, b]}
            minItems: 3
            """),
    ),
    Row(
        "two branches that are one",
        FlawKind.UNSATISFIABLE,
        schema("oneOf: [{type: string}, {type: string}]  # here"),
        schema("anyOf: [{type: string}, {type: string}]"),
    ),
    Row(
        "branches of another type than what stands beside them",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: string
            anyOf: [{type: integer}, {minLength: 3, maxLength: 2}]  # here
            """),
        schema("""
            type: string
            anyOf: [{type: integer}, {minLength: 2}]
            """),
    ),
    Row(
        "a type that is forbidden",
        FlawKind.UNSATISFIABLE,
        schema("""
            type: string
            not: {type: string}  # here
            """),
        schema("""
            type: string
            not: {type: string, maxLength: 3}
            """),
    ),
    Row(
        "a required member that nothing declares",
        FlawKind.UNDECLARED_REQUIRED,
        schema("""
            type: object
            properties: {a: {}}
            required: [a, b]  # here
            additionalProperties: false
            """),
        schema("""
            type: object
            properties: {a: {}}
            patternProperties: {b: {}}
            required: [a, b]
            additionalProperties: false
            """),
    ),
    Row(
        "a required member that nothing declares, of a list in lines",
        FlawKind.UNDECLARED_REQUIRED,
        schema(
            """
            type: object
            properties: {a: {}}
            required:
            - a
            - b  # here
            additionalProperties: false
            """
        ),
        schema(
            """
            type: object
            properties: {a: {}}
            required:
            - a
            - b
            additionalProperties: {}
            """
        ),
    ),
    Row(
        "a required member of the same kind",
        FlawKind.ENDLESS,
        schema("""
            type: object
            properties:
              child: {$ref: '#/components/schemas/Thing'}
            required: [child]  # here
            """),
        schema("""
            type: object
            properties:
              child: {anyOf: [{$ref: '#/components/schemas/Thing'}, {type: 'null'}]}
              children: {type: array, items: {$ref: '#/components/schemas/Thing'}}
            required: [child, children]
            """),
    ),
    # --- values that are shown -------------------------------------------------------------------
    Row(
        "a value of another type than the schema",
        FlawKind.ENUM,
        schema("""
            type: string
            enum: [a, 2]  # here
            """),
        schema("""
            type: string
            enum: [a, '2']
            """),
    ),
    Row(
        "a value that is too long",
        FlawKind.ENUM,
        schema("""
            type: string
            maxLength: 1
            enum: [a, bc]  # here
            """),
        schema("""
            type: string
            maxLength: 2
            enum: [a, bc]
            """),
    ),
    Row(
        "null in an enum, where it is not allowed",
        FlawKind.ENUM,
        schema("""
            type: string
            enum: [a, null]  # here
            """),
        schema("""
            type: string
            nullable: true
            enum: [a]
            """),
        "3.0.3",
    ),
    Row(
        "one item of an enum that stands in lines",
        FlawKind.ENUM,
        schema(
            """
            type: string
            enum:
            - a
            - 2  # here
            default: a
            """
        ),
        schema(
            """
            type: [string, integer]
            enum:
            - a
            - 2
            default: 2
            """
        ),
    ),
    Row(
        "an enum of another type, with a default and an example of it",
        FlawKind.ENUM,
        schema(
            """
            type: string
            default: 1
            example: 2
            enum: [1, 2]  # here
            """
        ),
        schema(
            """
            type: integer
            default: 1
            example: 2
            enum: [1, 2]
            """
        ),
    ),
    Row(
        "an item of an example that stands in lines",
        FlawKind.EXAMPLE,
        schema(
            """
            type: array
            items: {type: integer}
            example:
            - 1
            - two  # here
            """
        ),
        schema(
            """
            type: array
            items: {type: [integer, string]}
            example:
            - 1
            - two
            """
        ),
    ),
    Row(
        "a member that the schema does not allow in an example",
        FlawKind.EXAMPLE,
        answer(
            """
            schema: {type: object, properties: {a: {}}, additionalProperties: false}
            example:
              a: 1
              b: 2  # here
            """
        ),
        answer(
            """
            schema: {type: object, properties: {a: {}}, additionalProperties: {type: integer}}
            example:
              a: 1
              b: 2
            """
        ),
    ),
    Row(
        "a mapping where a list is due",
        FlawKind.WRONG_VALUE,
        things(
            """
            parameters: {name: size, in: query}  # here
            """
        ),
        things(
            """
            parameters: [{name: size, in: query, schema: {}}]
            """
        ),
    ),
    Row(
        "a member that is both read-only and write-only in 3.0",
        FlawKind.EXCLUSIVE_KEYS,
        schema(
            """
            type: string
            readOnly: true
            writeOnly: true  # here
            """
        ),
        schema(
            """
            type: string
            readOnly: true
            writeOnly: false
            """
        ),
        "3.0.3",
    ),
    Row(
        "null in an enum and as the default, where it is not allowed",
        FlawKind.ENUM,
        schema(
            """
            type: string
            enum: [a, null]  # here
            default: null
            """
        ),
        schema(
            """
            type: [string, 'null']
            enum: [a, null]
            default: null
            """
        ),
    ),
    Row(
        "a constant of another type",
        FlawKind.ENUM,
        schema("""
            type: integer
            const: a  # here
            """),
        schema("""
            type: integer
            const: 1
            """),
    ),
    Row(
        "a default outside the enum",
        FlawKind.DEFAULT,
        schema("""
            type: string
            enum: [a, b]
            default: c  # here
            """),
        schema("""
            type: string
            enum: [a, b]
            default: b
            """),
    ),
    Row(
        "a default of another type",
        FlawKind.DEFAULT,
        parameter("""
            schema:
              type: integer
              default: '5'  # here
            """),
        parameter("""
            schema:
              type: integer
              default: 5
            """),
    ),
    Row(
        "a default of null",
        FlawKind.DEFAULT,
        schema("""
            type: string
            default: null  # here
            """),
        schema("""
            type: string
            nullable: true
            default: null
            """),
        "3.0.3",
    ),
    Row(
        "an example of a member",
        FlawKind.EXAMPLE,
        schema("""
            type: object
            properties:
              at:
                type: string
                format: date-time
                example: yesterday  # here
            """),
        schema("""
            type: object
            properties:
              at:
                type: string
                format: date-time
                example: 2026-01-01T00:00:00Z
            """),
    ),
    Row(
        "one of several examples of a schema",
        FlawKind.EXAMPLE,
        schema("""
            type: integer
            examples: [1, two]  # here
            """),
        schema("""
            type: integer
            examples: [1, 2]
            """),
    ),
    Row(
        "a member of an example of an answer",
        FlawKind.EXAMPLE,
        answer("""
            schema: {type: object, properties: {size: {type: integer}}}
            example:
              name: a
              size: big  # here
            """),
        answer("""
            schema: {type: object, properties: {size: {type: integer}}}
            example:
              name: a
              size: 1
            """),
    ),
    Row(
        "an example without a required member",
        FlawKind.EXAMPLE,
        answer("""
            schema: {type: object, required: [id]}
            example:  # here
              name: a
            """),
        answer("""
            schema: {type: object, required: [id], properties: {id: {writeOnly: true}}}
            example:
              name: a
            """),
    ),
    Row(
        "a request without a member that only requests have",
        FlawKind.EXAMPLE,
        request("""
            schema: {type: object, required: [key], properties: {key: {writeOnly: true}}}
            example: {}  # here
            """),
        request("""
            schema: {type: object, required: [id], properties: {id: {readOnly: true}}}
            example: {}
            """),
    ),
    Row(
        "a merge patch with a member of another type",
        FlawKind.EXAMPLE,
        things(
            """
            requestBody:
              content:
                application/merge-patch+json:
                  schema: {type: object, required: [a], properties: {a: {}, b: {type: string}}}
                  example: {b: 1}  # here
            """
        ),
        things(
            """
            requestBody:
              content:
                application/merge-patch+json:
                  schema: {type: object, required: [a], properties: {a: {}, b: {type: string}}}
                  example: {b: null}
            """
        ),
    ),
    Row(
        "one of the named examples of a request",
        FlawKind.EXAMPLE,
        request("""
            schema: {type: string, maxLength: 2}
            examples:
              good: {value: ab}
              bad: {value: abc}  # here
            """),
        request("""
            schema: {type: string, maxLength: 2}
            examples:
              good: {value: ab}
              far: {externalValue: 'https://example.com/a'}
            """),
    ),
    Row(
        "an example that stands among the components",
        FlawKind.EXAMPLE,
        answer(
            """
            schema: {type: string}
            examples: {one: {$ref: '#/components/examples/one'}}
            """,
            """
            examples:
              one:
                value: 1  # here
            """,
        ),
        answer(
            """
            schema: {type: string}
            examples: {one: {$ref: '#/components/examples/one'}}
            """,
            """
            examples:
              one:
                value: '1'
            """,
        ),
    ),
    Row(
        "equal items in an example",
        FlawKind.EXAMPLE,
        answer("""
            schema: {type: object, properties: {tags: {type: array, uniqueItems: true}}}
            example:
              tags: [a, a]  # here
            """),
        answer("""
            schema: {type: object, properties: {tags: {type: array, uniqueItems: true}}}
            example:
              tags: [1, true]
            """),
    ),
    Row(
        "an example of a parameter",
        FlawKind.EXAMPLE,
        parameter("""
            schema: {type: integer, maximum: 100}
            example: 101  # here
            """),
        parameter("""
            schema: {type: integer, maximum: 100}
            example: '100'
            """),
    ),
    Row(
        "an example of a header",
        FlawKind.EXAMPLE,
        things("""
            responses:
              '200':
                description: Done.
                headers:
                  X-Left: {schema: {type: integer}, example: few}  # here
            """),
        things("""
            responses:
              '200':
                description: Done.
                headers:
                  X-Left: {schema: {type: integer}, example: '12'}
            """),
    ),
    Row(
        "a member of requests alone in an answer",
        FlawKind.WRITE_ONLY_SHOWN,
        answer("""
            schema: {type: object, properties: {name: {type: string}, key: {type: string, writeOnly: true}}}
            example:
              name: a
              key: secret  # here
            """),
        request("""
            schema: {type: object, properties: {id: {type: string, readOnly: true}, key: {type: string, writeOnly: true}}}
            example:
              id: a
              key: secret
            """),
    ),
    # --- promises in words -----------------------------------------------------------------------
    Row(
        "a key that x-contract has not",
        FlawKind.X_CONTRACT,
        things("""
            x-contract:
              imutable: {properties: [id]}  # here
            """),
        things("x-contract: {}"),
    ),
    Row(
        "a member that no body has",
        FlawKind.X_CONTRACT_MEMBER,
        things("""
            x-contract:
              secrets:
                properties: [spec.kee]  # here
            requestBody:
              content:
                application/json:
                  schema: {type: object, properties: {spec: {properties: {key: {}}}}}
            """),
        things("""
            x-contract:
              secrets:
                properties: [spec.key]
            requestBody:
              content:
                application/json:
                  schema: {type: object, properties: {spec: {properties: {key: {}}}}}
            """),
    ),
    Row(
        "a header that no answer has",
        FlawKind.X_CONTRACT_HEADER,
        things("""
            x-contract:
              request-id:
                header: X-Request-Id  # here
            """),
        things("""
            x-contract:
              request-id:
                header: X-Request-Id
            responses:
              '204': {description: Done., headers: {x-request-id: {schema: {}}}}
            """),
    ),
    Row(
        "a parameter that the path has not, of x-contract",
        FlawKind.X_CONTRACT_PARAMETER,
        operation("""
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            x-contract:
              identity:
                parameter: key  # here
            """),
        operation("""
            parameters: [{name: id, in: path, required: true, schema: {type: string}}]
            x-contract:
              identity:
                parameter: id
            """),
    ),
    Row(
        "a value that the schema forbids",
        FlawKind.X_CONTRACT_VALUE,
        things(
            """
            x-contract:
              values:
                properties:
                  kind: [cat, 5]  # here
            requestBody:
              content:
                application/json:
                  schema: {type: object, properties: {kind: {type: string}}}
            """
        ),
        things(
            """
            x-contract:
              values:
                properties:
                  kind: [cat, '5']
            requestBody:
              content:
                application/json:
                  schema: {type: object, properties: {kind: {type: string}}}
            """
        ),
    ),
    Row(
        "a required member that not forbids",
        FlawKind.UNSATISFIABLE,
        schema(
            """
            type: object
            required: [a, b]
            not: {required: [a]}  # here
            """
        ),
        schema(
            """
            type: object
            required: [a, b]
            not: {required: [a, c]}
            """
        ),
    ),
    Row(
        "branches that differ far below are not the same",
        FlawKind.UNSATISFIABLE,
        schema(
            """
            oneOf:  # here
            - {properties: {a: {properties: {b: {properties: {c: {type: string}}}}}}}
            - {properties: {a: {properties: {b: {properties: {c: {type: string}}}}}}}
            """
        ),
        schema(
            """
            oneOf:
            - {properties: {a: {items: {items: {items: {items: {items: {type: string}}}}}}}}
            - {properties: {a: {items: {items: {items: {items: {items: {type: integer}}}}}}}}
            """
        ),
    ),
    Row(
        "a branch to nothing, which a mapping names, too",
        FlawKind.DANGLING_REFERENCE,
        schema(
            """
            oneOf:
            - $ref: '#/components/schemas/Cat'  # here
            discriminator: {propertyName: kind, mapping: {cat: '#/components/schemas/Cat'}}
            """
        ),
        schema(
            """
            oneOf:
            - {type: object, properties: {kind: {const: cat}}}
            discriminator: {propertyName: kind}
            """
        ),
    ),
    Row(
        "credentials of no scheme",
        FlawKind.X_CONTRACT_SCHEME,
        things(
            """
            security: [{key: []}]
            x-contract:
              credentials:
                kee: {value: KEY}  # here
            """,
            KEY,
        ),
        things(
            """
            security: [{key: []}]
            x-contract:
              credentials:
                key: {value: KEY}
            """,
            KEY,
        ),
    ),
]


def written(path: Path, text: str, version: str) -> Path:
    """Return *path*, with *text* as a document of *version* in it."""
    path.write_text(text.replace("VERSION", version), encoding="utf-8")
    return path


def line_of(text: str) -> int:
    """Return the line of *text* that is marked."""
    [line] = [number for number, line in enumerate(text.splitlines(), 1) if line.endswith(HERE)]
    return line


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_one_flaw_is_told_once_at_its_line(row: Row, tmp_path: Path) -> None:
    """The flaw, its line, and nothing else."""
    path = written(tmp_path / "flawed.yaml", row.flawed, row.version)
    found = [(flaw.kind, flaw.place.line) for flaw in flaws_in(path)]
    assert found == [(row.kind, line_of(row.flawed))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_comes_closest_and_is_permitted_is_not_told(row: Row, tmp_path: Path) -> None:
    """Nothing is said of it."""
    assert flaws_in(written(tmp_path / "permitted.yaml", row.permitted, row.version)) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{L}+",
        r"\u{12345}+",
        r"[[:alpha:]]",
        r"^[^]*$",
        r"[]",
        r"(?<=a+)b",
        r"(?<year>\d{4})\k<year>",
        r"[+*]+\++",
        r"a{,3}",
        r"\cA\/\-",
    ],
)
def test_a_pattern_of_ecma_is_one(pattern: str) -> None:
    """What only ECMA-262 reads, or reads otherwise, is a pattern all the same."""
    assert is_ecma_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[z-a]", "*a", "a{2,1}", "\\", "(?i)a", "a++", "a{2}+", "(?#c)", "(?>a)"]
)
def test_a_pattern_of_another_dialect_is_none(pattern: str) -> None:
    """What nobody reads, and what ECMA-262 has not, is none."""
    assert not is_ecma_pattern(pattern)


def test_every_kind_of_flaw_has_a_row() -> None:
    """A kind that is told nowhere is none."""
    assert {row.kind for row in ROWS} | {FlawKind.UNREADABLE_FILE} == set(FlawKind)


def test_every_kind_of_flaw_has_a_sentence(tmp_path: Path) -> None:
    """Each row is told in one line, with its rule, and no part of the sentence is left open."""
    for row in ROWS:
        [flaw] = flaws_in(written(tmp_path / "flawed.yaml", row.flawed, row.version))
        [line] = report.text_lines([flaw])
        assert line.startswith(f"{flaw.place}: ")
        assert line.endswith(f" [{row.kind}]")
        assert "()" not in line, line
        assert "``" not in line, line
    assert set(report.SENTENCES) == set(FlawKind)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_correct_document_of_every_construct_has_no_flaw(path: Path) -> None:
    """The documents that the judge is tried on say nothing against themselves."""
    assert flaws_in(path) == []


# --- more than one file, more than one flaw ----------------------------------------------------------


def test_a_file_that_cannot_be_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    """A part that is no YAML is one flaw of the document; a part with a flaw has it in its own file."""
    text = answer("schema: {$ref: 'part.yaml#/Thing'}  # here")
    path = written(tmp_path / "whole.yaml", text, "3.1.0")
    (tmp_path / "part.yaml").write_text("Thing: [", encoding="utf-8")
    [flaw] = flaws_in(path)
    assert (flaw.kind, flaw.place.line) == (FlawKind.UNREADABLE_FILE, line_of(text))
    part = "Thing:\n  type: integer\n  default: a  # here\n"
    (tmp_path / "part.yaml").write_text(part, encoding="utf-8")
    [flaw] = flaws_in(path)
    place = (str(tmp_path / "part.yaml"), line_of(part))
    assert (flaw.kind, flaw.place.file, flaw.place.line) == (FlawKind.DEFAULT, *place)


def test_all_flaws_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    """None hides another, also where the same line has two."""
    text = """
        type: object
        properties:
          size: {type: integer, default: big}
          name: {type: string, minLength: 3, maxLength: 2}
          kind: {$ref: '#/components/schemas/Kind'}
        required: [other]
        additionalProperties: false
        """
    found = flaws_in(written(tmp_path / "flawed.yaml", schema(text), "3.1.0"))
    kinds = [FlawKind.DEFAULT, FlawKind.UNSATISFIABLE, FlawKind.DANGLING_REFERENCE]
    assert [flaw.kind for flaw in found] == [*kinds, FlawKind.UNDECLARED_REQUIRED]
    lines = [flaw.place.line for flaw in found]
    assert lines == sorted(lines)


def test_one_missing_definition_is_one_flaw_with_all_its_places(tmp_path: Path) -> None:
    """What is missing is missing once, however often it is named."""
    row = next(row for row in ROWS if row.name == "one missing definition, referred to twice")
    [flaw] = flaws_in(written(tmp_path / "flawed.yaml", row.flawed, row.version))
    assert [place.line for place in flaw.also] == [flaw.place.line + 1]
    assert report.told(flaw).endswith(f"; also at {flaw.also[0]}")


def test_a_schema_of_billions_of_members_is_looked_at_in_a_while(tmp_path: Path) -> None:
    """Forty lines that refer to each other ten times are no more work than forty lines."""
    schemas = "".join(
        f"  L{level}: {{type: object, properties: {{"
        + ", ".join(f"m{n}: {{$ref: '#/components/schemas/L{level + 1}'}}" for n in range(10))
        + "}}\n"
        for level in range(9)
    )
    text = document(
        "", components=f"schemas:\n{schemas}  L9: {{type: string, default: 1}}  # here\n"
    )
    [flaw] = flaws_in(written(tmp_path / "large.yaml", text, "3.1.0"))
    assert (flaw.kind, flaw.place.line) == (FlawKind.DEFAULT, line_of(text))


# --- the command -------------------------------------------------------------------------------------


def test_the_bundled_document_has_the_two_broken_examples_of_its_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Confluent's 409 shows a Location that is no URI, its 422 one error many times; nothing else."""
    assert commands.main(["check", "confluent-api-keys"]) == 1
    lines = (ROOT / "specs" / "confluent-api-keys.yaml").read_text("utf-8").splitlines()
    location, errors = capsys.readouterr().out.splitlines()
    assert f"{location}\n{errors}\n" in (ROOT / "README.md").read_text("utf-8")
    for told, shown in ((location, "{object}/{id}"), (errors, "errors: [")):
        line = int(told.split(":")[1])
        assert shown in lines[line - 1]
        assert told.endswith("[example]")


def test_a_document_without_a_flaw_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and nothing to read by a machine."""
    assert commands.main(["check", "datadog-confluent-cloud"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "nothing is wrong" in told.err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("no.yaml", "a: [", "not YAML"),
        ("old.yaml", "swagger: '2.0'", "Swagger 2.0 is not read"),
        ("none.yaml", "a: 1", "not an OpenAPI 3.0 or 3.1 document"),
        ("list.json", "[]", "holds no mapping"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    name: str, text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 4, with the place: nothing can be said of it."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert commands.main(["check", str(tmp_path / name)]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{tmp_path / name}:")
    assert told in line


def test_a_wrong_name_or_option_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4, as for every other command."""
    assert commands.main(["check", "nobody.yaml"]) == 4
    with pytest.raises(SystemExit) as end:
        commands.main(["check", "confluent-api-keys", "--format", "xml"])
    assert end.value.code == 4
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_json_and_sarif_tell_the_same_flaws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rules, lines and words; SARIF with a rule for each result."""
    monkeypatch.chdir(tmp_path)
    text = schema("type: object\nproperties:\n  a: {$ref: '#/$defs/a'}\n  b: {$ref: '#/$defs/a'}")
    written(tmp_path / "flawed.yaml", text + "security: [{key: []}]\n", "3.1.0")
    assert commands.main(["check", "flawed.yaml", "--format", "json"]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert commands.main(["check", "flawed.yaml", "--format", "sarif"]) == 1
    [run] = json.loads(capsys.readouterr().out)["runs"]
    assert [(one["rule"], one["file"]) for one in found["flaws"]] == [
        ("dangling-reference", "flawed.yaml"),
        ("undefined-scheme", "flawed.yaml"),
    ]
    rules = run["tool"]["driver"]["rules"]
    for flaw, result in zip(found["flaws"], run["results"], strict=True):
        assert result["ruleId"] == flaw["rule"] == rules[result["ruleIndex"]]["id"]
        assert result["message"]["text"] == flaw["told"]
        places = [one["physicalLocation"]["region"]["startLine"] for one in result["locations"]]
        assert places == [flaw["line"], *(place["line"] for place in flaw["also"])]


def test_the_official_schemas_are_those_of_the_library() -> None:
    """They are carried as openapi-spec-validator has them, which keeps them up to date."""
    folder = resources.files("openapi_spec_validator") / "resources" / "schemas"
    for version in ("3.0", "3.1"):
        carried = Path(structure.__file__).parent / f"openapi-{version}.schema.json"
        kept = (folder / f"v{version}" / "schema.json").read_text("utf-8")
        assert json.loads(carried.read_text("utf-8")) == json.loads(kept)
