"""Which pairs of documents differ in one thing, and whom does it break, there and back?"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

CLIENTS, SERVERS, NOBODY = "clients", "servers", "nobody"
Told = dict[str, str]  # a clause and whom its change breaks, "clause keyword" where there are two

HEAD = """\
openapi: {version}
info: {{title: Things, version: "1"}}
"""
WRITE = """\
paths:
  /things/{id}:
    patch:
      operationId: updateThing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        content:
          application/json:
            schema:
"""
ANSWERED = """\
      responses:
        "204": {description: done}
"""
READ = """\
paths:
  /things/{id}:
    get:
      operationId: readThing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: a thing
          content:
            application/json:
              schema:
"""
LIST = """\
paths:
  /things:
    get:
      operationId: listThings
"""
FOUND = """\
      responses:
        "200": {description: found}
"""


@dataclass(frozen=True)
class Pair:
    """Two documents, and what is to be told on the way from one to the other, and back."""

    old: str
    new: str
    told: Told
    back: Told


def document(text: str, version: str = "3.0.3") -> str:
    """Return a whole document."""
    return HEAD.format(version=version) + text


def sent(schema: str, version: str = "3.0.3", more: str = "") -> str:
    """Return a document whose request has *schema*."""
    return document(WRITE + indent(schema.strip("\n"), " " * 14) + "\n" + ANSWERED + more, version)


def answered(schema: str, version: str = "3.0.3", more: str = "") -> str:
    """Return a document whose answer has *schema*."""
    return document(READ + indent(schema.strip("\n"), " " * 16) + "\n" + more, version)


def listed(text: str, responses: str = FOUND, more: str = "") -> str:
    """Return a document with a list, *text* in the operation."""
    return document(LIST + indent(text.strip("\n"), " " * 6) + "\n" + responses + more)


def of_name(schema: str) -> str:
    """Return an object whose member ``name`` has *schema*, in flow style."""
    return f"type: object\nproperties:\n  name: {schema}"


def both_ways(schemas: tuple[str, str], keyword: str) -> tuple[Pair, Pair]:
    """Return the pairs where a member is tighter in the second schema: sent, and answered."""
    old, new = map(of_name, schemas)
    request = f"request/name/{keyword}"
    return (
        Pair(sent(old), sent(new), {request: CLIENTS}, {request: SERVERS}),
        Pair(answered(old), answered(new), {"200/body/name": SERVERS}, {"200/body/name": CLIENTS}),
    )


# Each schema of a member, and one that allows less: sent, that breaks clients; answered, servers.
TIGHTER = {
    "maxLength falls": (
        ("{type: string, maxLength: 64}", "{type: string, maxLength: 32}"),
        "maxLength",
    ),
    "maxLength is new": (("{type: string}", "{type: string, maxLength: 32}"), "maxLength"),
    "minLength rises": (("{type: string}", "{type: string, minLength: 1}"), "minLength"),
    "pattern is new": (("{type: string}", "{type: string, pattern: '^a'}"), "pattern"),
    "format is new": (("{type: string}", "{type: string, format: uuid}"), "format"),
    "minimum rises": (("{type: integer, minimum: 1}", "{type: integer, minimum: 2}"), "minimum"),
    "maximum is new": (("{type: number}", "{type: number, maximum: 2.5}"), "maximum"),
    "exclusive now": (
        ("{type: number, minimum: 1}", "{type: number, minimum: 1, exclusiveMinimum: true}"),
        "exclusiveMinimum",
    ),
    "multipleOf grows": (
        ("{type: integer, multipleOf: 2}", "{type: integer, multipleOf: 4}"),
        "multipleOf",
    ),
    "int64 is int32": (
        ("{type: integer, format: int64}", "{type: integer, format: int32}"),
        "format",
    ),
    "double is float": (
        ("{type: number, format: double}", "{type: number, format: float}"),
        "format",
    ),
    "enum value gone": (
        ("{type: string, enum: [a, b]}", "{type: string, enum: [a]}"),
        "enum",
    ),
    "enum is new": (("{type: string}", "{type: string, enum: [a]}"), "enum"),
    "number is integer": (("{type: number}", "{type: integer}"), "type"),
    "anything is a text": (("{}", "{type: string}"), "type"),
    "null is gone": (("{type: string, nullable: true}", "{type: string}"), "null"),
    "null of an enum is gone": (
        (
            "{type: string, nullable: true, enum: [a, null]}",
            "{type: string, enum: [a]}",
        ),
        "null",
    ),
    "maxItems falls": (
        ("{type: array, items: {}, maxItems: 3}", "{type: array, items: {}, maxItems: 2}"),
        "maxItems",
    ),
    "items are unique": (
        ("{type: array, items: {}}", "{type: array, items: {}, uniqueItems: true}"),
        "uniqueItems",
    ),
    "few members": (("{type: object}", "{type: object, maxProperties: 3}"), "maxProperties"),
    "object is closed": (
        ("{type: object}", "{type: object, additionalProperties: false}"),
        "additionalProperties",
    ),
    "a branch is gone": (
        (
            "{oneOf: [{type: object, required: [a]}, {type: object, required: [b]}]}",
            "{oneOf: [{type: object, required: [a]}]}",
        ),
        "oneOf",
    ),
    "a type of several is gone": (
        ("{oneOf: [{type: string}, {type: integer}]}", "{type: string}"),
        "type",
    ),
    "not is new": (("{type: string}", "{type: string, not: {enum: [x]}}"), "not"),
    "a part of allOf": (
        (
            "{allOf: [{type: string, pattern: '^a'}]}",
            "{allOf: [{type: string, pattern: '^a'}, {pattern: 'z$'}]}",
        ),
        "pattern",
    ),
}

THING = "type: object\nproperties:\n  id: {type: string}\n  name: {type: string}\n"

MEMBERS = {
    "a required member is new in a request": Pair(
        sent("type: object\nproperties:\n  id: {type: string}"),
        sent(THING + "required: [name]"),
        {"request/name": CLIENTS},
        {"request/name": CLIENTS},
    ),
    "an optional member is new in a request": Pair(
        sent("type: object\nproperties:\n  id: {type: string}"),
        sent(THING),
        {"request/name": SERVERS},
        {"request/name": CLIENTS},
    ),
    "a member is required in a request": Pair(
        sent(THING),
        sent(THING + "required: [name]"),
        {"request/name/required": CLIENTS},
        {"request/name/required": SERVERS},
    ),
    "a member is new in an answer": Pair(
        answered("type: object\nproperties:\n  id: {type: string}"),
        answered(THING),
        {"200/body/name": SERVERS},
        {"200/body/name": CLIENTS},
    ),
    "a required member is new in an answer": Pair(
        answered("type: object\nproperties:\n  id: {type: string}"),
        answered(THING + "required: [name]"),
        {"200/body/name": SERVERS},
        {"200/body/name": CLIENTS},
    ),
    "a member is required in an answer": Pair(
        answered(THING),
        answered(THING + "required: [name]"),
        {"200/body/name": SERVERS},
        {"200/body/name": CLIENTS},
    ),
    "a member of an item": Pair(
        sent("type: array\nitems: {type: object, properties: {a: {type: string}}}"),
        sent("type: array\nitems: {type: object, properties: {a: {type: string, maxLength: 3}}}"),
        {"request/[].a/maxLength": CLIENTS},
        {"request/[].a/maxLength": SERVERS},
    ),
    "a value of a map": Pair(
        sent("type: object\nadditionalProperties: {type: string}"),
        sent("type: object\nadditionalProperties: {type: string, maxLength: 3}"),
        {"request/*/maxLength": CLIENTS},
        {"request/*/maxLength": SERVERS},
    ),
    "a deep member": Pair(
        sent(
            "{type: object, properties: {a: {properties: {b: {properties: {c: {properties: {d:"
            " {properties: {e: {type: string}}}}}}}}}}}"
        ),
        sent(
            "{type: object, properties: {a: {properties: {b: {properties: {c: {properties: {d:"
            " {properties: {e: {type: string, maxLength: 1}}}}}}}}}}}"
        ),
        {"request/members/a.b.c.d": CLIENTS},
        {"request/members/a.b.c.d": SERVERS},
    ),
    "two rules of one member": Pair(
        sent(of_name("{type: string, minLength: 1, maxLength: 9}")),
        sent(of_name("{type: string, minLength: 2, maxLength: 10}")),
        {"request/name/minLength": CLIENTS, "request/name/maxLength": SERVERS},
        {"request/name/minLength": SERVERS, "request/name/maxLength": CLIENTS},
    ),
    "another type in a request": Pair(
        sent(of_name("{type: string, maxLength: 3}")),
        sent(of_name("{type: integer}")),
        {"request/name/type": CLIENTS},
        {"request/name/type": CLIENTS},
    ),
    "another pattern in an answer": Pair(
        answered(of_name("{type: string, pattern: '^a'}")),
        answered(of_name("{type: string, pattern: '^b'}")),
        {"200/body/name": CLIENTS},
        {"200/body/name": CLIENTS},
    ),
    "a member is read-only, sent": Pair(
        sent(of_name("{type: string}")),
        sent(of_name("{type: string, readOnly: true}")),
        {"request/name/readOnly": CLIENTS},
        {"request/name/readOnly": SERVERS},
    ),
    "a member is read-only, answered": Pair(
        answered(of_name("{type: string}")),
        answered(of_name("{type: string, readOnly: true}")),
        {},
        {},
    ),
    "a member is write-only, answered": Pair(
        answered(of_name("{type: string}")),
        answered(of_name("{type: string, writeOnly: true}")),
        {"200/body/name": CLIENTS},
        {"200/body/name": SERVERS},
    ),
    "a read-only member is new in a request": Pair(
        sent("type: object\nproperties:\n  id: {type: string}"),
        sent(THING + "  at: {type: string, readOnly: true}\nrequired: [at]"),
        {"request/name": SERVERS},
        {"request/name": CLIENTS},
    ),
    "a value of an enum in the place of another": Pair(
        sent(of_name("{type: string, enum: [a, b]}")),
        sent(of_name("{type: string, enum: [a, c]}")),
        {"request/name/enum tightened": CLIENTS, "request/name/enum loosened": SERVERS},
        {"request/name/enum tightened": CLIENTS, "request/name/enum loosened": SERVERS},
    ),
    "another default": Pair(
        sent(of_name("{type: string, default: a}")),
        sent(of_name("{type: string, default: b}")),
        {"request/name/default": CLIENTS},
        {"request/name/default": CLIENTS},
    ),
    "deprecated": Pair(
        sent(of_name("{type: string}")),
        sent(of_name("{type: string, deprecated: true}")),
        {"request/name/deprecated": NOBODY},
        {"request/name/deprecated": NOBODY},
    ),
}

CAT = "{type: object, properties: {kind: {enum: [cat]}, lives: {type: integer}}, required: [kind]}"
DOG = "{type: object, properties: {kind: {enum: [dog]}, tricks: {type: integer}}, required: [kind]}"
OLD_DOG = DOG.replace("tricks: {type: integer}", "tricks: {type: integer, maximum: 3}")
PETS = f"""
components:
  schemas:
    Cat: {CAT}
    Dog: {DOG}
    Node:
      type: object
      properties:
        name: {{type: string}}
        children: {{type: array, items: {{$ref: '#/components/schemas/Node'}}}}
"""
CHOICE = """\
oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]
discriminator: {propertyName: kind, mapping: {cat: Cat, dog: Dog}}
"""
VALUE = """
components:
  schemas:
    Value: {oneOf: [{type: %s}, {$ref: '#/components/schemas/Value'}]}
"""
NODE = "$ref: '#/components/schemas/Node'"

COMPOSITION = {
    "a branch is new in a request": Pair(
        sent(f"oneOf: [{CAT}]"),
        sent(f"oneOf: [{CAT}, {DOG}]"),
        {"request/body/oneOf": SERVERS},
        {"request/body/oneOf": CLIENTS},
    ),
    "a branch is new in an answer": Pair(
        answered(CAT),
        answered(f"anyOf: [{CAT}, {DOG}]"),
        {"200/body": CLIENTS},
        {"200/body": SERVERS},
    ),
    "a member of a branch": Pair(
        sent(f"oneOf: [{CAT}, {DOG}]"),
        sent(f"oneOf: [{OLD_DOG}, {CAT}]"),
        {"request/tricks/maximum": CLIENTS},
        {"request/tricks/maximum": SERVERS},
    ),
    "a member of a branch that a discriminator chooses": Pair(
        sent(CHOICE, more=PETS),
        sent(CHOICE, more=PETS.replace(DOG, OLD_DOG)),
        {"request/tricks/maximum": CLIENTS},
        {"request/tricks/maximum": SERVERS},
    ),
    "a value of the discriminator": Pair(
        sent(CHOICE, more=PETS),
        sent(CHOICE.replace("dog: Dog", "dog: Dog, hound: Dog"), more=PETS),
        {"request/body/discriminator": SERVERS},
        {"request/body/discriminator": CLIENTS},
    ),
    "a schema that contains itself": Pair(
        answered(NODE, more=PETS),
        answered(NODE, more=PETS.replace("name: {type: string}", "name: {type: integer}")),
        {"200/body/name": CLIENTS},
        {"200/body/name": CLIENTS},
    ),
    "a shared schema in both directions": Pair(
        document(
            WRITE.replace(
                "            schema:\n", "            schema: {$ref: '#/components/schemas/Cat'}\n"
            )
            + '      responses: {"200": {description: ok, content: {application/json: {schema:'
            " {$ref: '#/components/schemas/Cat'}}}}}" + PETS
        ),
        document(
            WRITE.replace(
                "            schema:\n", "            schema: {$ref: '#/components/schemas/Cat'}\n"
            )
            + '      responses: {"200": {description: ok, content: {application/json: {schema:'
            " {$ref: '#/components/schemas/Cat'}}}}}"
            + PETS.replace("lives: {type: integer}", "lives: {type: integer, maximum: 9}")
        ),
        {"request/lives/maximum": CLIENTS, "200/body/lives": SERVERS},
        {"request/lives/maximum": SERVERS, "200/body/lives": CLIENTS},
    ),
    "the values of the discriminator are others": Pair(
        sent(CHOICE, more=PETS),
        sent(CHOICE.replace("dog: Dog", "hound: Dog"), more=PETS),
        {"request/body/discriminator": CLIENTS},
        {"request/body/discriminator": CLIENTS},
    ),
    "what is not allowed": Pair(
        sent(of_name("{type: string, not: {enum: [x]}}")),
        sent(of_name("{type: string, not: {enum: [x, y]}}")),
        {"request/name/not": CLIENTS},
        {"request/name/not": SERVERS},
    ),
    "a schema that is also a branch of itself": Pair(
        answered("$ref: '#/components/schemas/Value'", more=VALUE % "string"),
        answered("$ref: '#/components/schemas/Value'", more=VALUE % "string, maxLength: 9"),
        {"200/body": SERVERS},
        {"200/body": CLIENTS},
    ),
    "dependent members": Pair(
        sent("type: object\nproperties: {a: {}, b: {}}", "3.1.0"),
        sent("type: object\nproperties: {a: {}, b: {}}\ndependentRequired: {a: [b]}", "3.1.0"),
        {"request/body/dependentRequired": CLIENTS},
        {"request/body/dependentRequired": SERVERS},
    ),
    "a condition": Pair(
        answered("type: object\nif: {required: [a]}\nthen: {required: [b]}", "3.1.0"),
        answered("type: object", "3.1.0"),
        {"200/body": CLIENTS},
        {"200/body": SERVERS},
    ),
}


def query(schema: str, more: str = "") -> str:
    """Return a document with one query parameter."""
    return listed(f"parameters: [{{name: size, in: query, schema: {schema}{more}}}]")


PLAIN = listed("summary: list")
PARAMETERS = {
    "a required parameter is new": Pair(
        PLAIN,
        query("{type: integer}", ", required: true"),
        {"parameters/query/size": CLIENTS},
        {"parameters/query/size": CLIENTS},
    ),
    "an optional parameter is new": Pair(
        PLAIN,
        query("{type: integer}"),
        {"parameters/query/size": SERVERS},
        {"parameters/query/size": CLIENTS},
    ),
    "a parameter is required": Pair(
        query("{type: integer}"),
        query("{type: integer}", ", required: true"),
        {"parameters/query/size/required": CLIENTS},
        {"parameters/query/size/required": SERVERS},
    ),
    "a bound of a parameter": Pair(
        query("{type: integer, maximum: 100}"),
        query("{type: integer, maximum: 50}"),
        {"parameters/query/size/maximum": CLIENTS},
        {"parameters/query/size/maximum": SERVERS},
    ),
    "an item of a parameter": Pair(
        query("{type: array, items: {type: string, enum: [a, b]}}"),
        query("{type: array, items: {type: string, enum: [a]}}"),
        {"parameters/query/size/items/enum": CLIENTS},
        {"parameters/query/size/items/enum": SERVERS},
    ),
    "a style": Pair(
        query("{type: array, items: {type: string}}"),
        query("{type: array, items: {type: string}}", ", explode: false"),
        {"parameters/query/size/explode": CLIENTS},
        {"parameters/query/size/explode": CLIENTS},
    ),
    "a style that says nothing of one text": Pair(
        query("{type: string}"), query("{type: string}", ", explode: false"), {}, {}
    ),
    "a default": Pair(
        query("{type: integer, default: 10}"),
        query("{type: integer, default: 20}"),
        {"parameters/query/size/default": CLIENTS},
        {"parameters/query/size/default": CLIENTS},
    ),
    "a parameter is deprecated": Pair(
        query("{type: integer}"),
        query("{type: integer}", ", deprecated: true"),
        {"parameters/query/size/deprecated": NOBODY},
        {"parameters/query/size/deprecated": NOBODY},
    ),
    "a header in other letters": Pair(
        listed("parameters: [{name: X-Trace, in: header, schema: {type: string}}]"),
        listed("parameters: [{name: x-trace, in: header, schema: {type: string}}]"),
        {},
        {},
    ),
    "a parameter of the path item": Pair(
        query("{type: integer}"),
        document(
            LIST.replace(
                "    get:\n",
                "    parameters: [{name: size, in: query, schema: {type: integer}}]\n    get:\n",
            )
            + FOUND
        ),
        {},
        {},
    ),
}


def replied(responses: str) -> str:
    """Return a document with a list, *responses* in flow style."""
    return listed("summary: list", f"      responses: {responses}\n")


def with_header(header: str) -> str:
    """Return a document whose answer has one header."""
    return replied(f'{{"200": {{description: ok, headers: {{{header}}}}}}}')


def with_errors(message: str, *statuses: str) -> str:
    """Return a document with the same body for each error."""
    body = (
        "{description: no, content: {application/json: {schema: {type: object, properties: "
        f"{{message: {message}}}}}}}}}}}"
    )
    errors = "".join(f', "{status}": {body}' for status in statuses)
    return replied(f'{{"200": {{description: ok}}{errors}}}')


ANSWERS = {
    "a success is new": Pair(
        replied('{"200": {description: ok}}'),
        replied('{"200": {description: ok}, "202": {description: soon}}'),
        {"statuses": CLIENTS},
        {"statuses": SERVERS},
    ),
    "a refusal is new": Pair(
        replied('{"200": {description: ok}}'),
        replied('{"200": {description: ok}, "409": {description: no}}'),
        {"statuses": NOBODY},
        {"statuses": SERVERS},
    ),
    "another success": Pair(
        replied('{"200": {description: ok}}'),
        replied('{"201": {description: ok}}'),
        {"statuses removed": SERVERS, "statuses added": CLIENTS},
        {"statuses removed": SERVERS, "statuses added": CLIENTS},
    ),
    "the last success": Pair(
        replied('{"200": {description: ok}, "404": {description: no}}'),
        replied('{"404": {description: no}}'),
        {"statuses": CLIENTS},
        {"statuses": CLIENTS},
    ),
    "a redirection is new": Pair(
        replied('{"200": {description: ok}}'),
        replied('{"200": {description: ok}, "303": {description: there}}'),
        {"statuses": CLIENTS},
        {"statuses": SERVERS},
    ),
    "a header that all refusals lose": Pair(
        replied(
            '{"200": {description: ok}, "400": {description: no, headers: {X-Id: {}}},'
            ' "404": {description: no, headers: {X-Id: {}}}}'
        ),
        replied('{"200": {description: ok}, "400": {description: no}, "404": {description: no}}'),
        {"error/header/X-Id": CLIENTS},
        {"error/header/X-Id": SERVERS},
    ),
    "a refusal that default covered": Pair(
        replied('{"200": {description: ok}, default: {description: no}}'),
        replied('{"200": {description: ok}, "404": {description: no}, default: {description: no}}'),
        {},
        {},
    ),
    "a refusal that default covered, and its body unsaid": Pair(
        replied('{"200": {description: ok}, default: {description: no, content: {a/json: {}}}}'),
        replied(
            '{"200": {description: ok}, "409": {description: no},'
            " default: {description: no, content: {a/json: {}}}}"
        ),
        {"statuses": NOBODY},
        {"statuses": SERVERS},
    ),
    "a header is new": Pair(
        replied('{"200": {description: ok}}'),
        with_header("X-Total: {schema: {type: integer}}"),
        {"200/header/X-Total": SERVERS},
        {"200/header/X-Total": CLIENTS},
    ),
    "a header is required": Pair(
        with_header("X-Total: {schema: {type: integer}}"),
        with_header("X-Total: {required: true, schema: {type: integer}}"),
        {"200/header/X-Total": SERVERS},
        {"200/header/X-Total": CLIENTS},
    ),
    "a bound of a header": Pair(
        with_header("X-Total: {schema: {type: integer, maximum: 9}}"),
        with_header("x-total: {schema: {type: integer, maximum: 8}}"),
        {"200/header/x-total": SERVERS},
        {"200/header/X-Total": CLIENTS},
    ),
    "an error that many statuses share": Pair(
        with_errors("{type: string}", "400", "404", "500"),
        with_errors("{type: string, maxLength: 9}", "400", "404", "500"),
        {"error/body/message": SERVERS},
        {"error/body/message": CLIENTS},
    ),
    "a media type is new in an answer": Pair(
        replied('{"200": {description: ok, content: {application/json: {}}}}'),
        replied('{"200": {description: ok, content: {application/json: {}, text/csv: {}}}}'),
        {"200/media-type": SERVERS},
        {"200/media-type": CLIENTS},
    ),
    "another example in an answer": Pair(
        replied('{"200": {description: ok, content: {application/json: {example: 1}}}}'),
        replied('{"200": {description: ok, content: {application/json: {example: 2}}}}'),
        {"document/example/200": NOBODY},
        {"document/example/200": NOBODY},
    ),
    "a body is new in an answer": Pair(
        replied('{"200": {description: ok}}'),
        replied('{"200": {description: ok, content: {application/json: {}}}}'),
        {"200/body": SERVERS},
        {"200/body": CLIENTS},
    ),
}

BODY = "requestBody: {required: %s, content: {%s}}"
POST = LIST.replace("get:", "post:").replace("listThings", "createThing")


def posted(text: str) -> str:
    """Return a document with a create, *text* in the operation."""
    return document(POST + indent(text, " " * 6) + "\n" + FOUND)


BODIES = {
    "a body is required": Pair(
        posted(BODY % ("false", "application/json: {}")),
        posted(BODY % ("true", "application/json: {}")),
        {"request/body/required": CLIENTS},
        {"request/body/required": SERVERS},
    ),
    "a body is new": Pair(
        posted("summary: create"),
        posted(BODY % ("true", "application/json: {}")),
        {"request/body": CLIENTS},
        {"request/body": CLIENTS},
    ),
    "an optional body is new": Pair(
        posted("summary: create"),
        posted(BODY % ("false", "application/json: {}")),
        {"request/body": SERVERS},
        {"request/body": CLIENTS},
    ),
    "a media type is new in a request": Pair(
        posted(BODY % ("true", "application/json: {}")),
        posted(BODY % ("true", "application/json: {}, text/csv: {}")),
        {"request/media-type/text/csv": SERVERS},
        {"request/media-type/text/csv": CLIENTS},
    ),
}

SCHEMES = """\
components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    plain: {type: http, scheme: Basic}
    key: {type: apiKey, in: header, name: X-Key}
    other: {type: apiKey, in: header, name: X-Other-Key}
    oauth: {type: oauth2, flows: {}}
    digest: {type: http, scheme: digest}
"""


def secured(security: str) -> str:
    """Return a document with a list, and what it asks for."""
    return listed(f"security: {security}", more=SCHEMES)


SECURITY = {
    "credentials are asked for": Pair(
        secured("[]"),
        secured("[{basic: []}]"),
        {"security/none": CLIENTS},
        {"security/none/accepted": SERVERS},
    ),
    "an alternative is new": Pair(
        secured("[{basic: []}]"),
        secured("[{basic: []}, {key: []}]"),
        {"security/key/accepted": SERVERS},
        {"security/key/accepted": CLIENTS},
    ),
    "a second key is asked for": Pair(
        secured("[{key: []}]"),
        secured("[{key: [], other: []}]"),
        {"security/key+other/accepted": CLIENTS},
        {"security/key/accepted": SERVERS},
    ),
    "a scope is asked for": Pair(
        secured("[{oauth: [read]}]"),
        secured("[{oauth: [read, write]}]"),
        {"security/oauth/accepted": CLIENTS},
        {"security/oauth/accepted": SERVERS},
    ),
    "other credentials": Pair(
        secured("[{key: []}]"),
        secured("[{digest: []}]"),
        {"security/digest/accepted": CLIENTS},
        {"security/key/accepted": CLIENTS},
    ),
    "a scheme has another name": Pair(secured("[{basic: []}]"), secured("[{plain: []}]"), {}, {}),
    "a scheme is defined": Pair(
        listed("security: [{basic: []}]"), secured("[{basic: []}]"), {}, {}
    ),
    "for all operations": Pair(
        secured("[{basic: []}]"),
        listed("summary: list", more="security: [{basic: []}]\n" + SCHEMES),
        {},
        {},
    ),
}

SECOND = '    delete:\n      responses: {"204": {description: gone}}\n'


def with_example(example: str) -> str:
    """Return a document whose request has an example."""
    return posted(BODY % ("true", f"application/json: {{example: {example}}}"))


OPERATIONS = {
    "an operation is new": Pair(
        PLAIN, PLAIN + SECOND, {"answered": SERVERS}, {"answered": CLIENTS}
    ),
    "an operation is deprecated": Pair(
        PLAIN, listed("summary: list\ndeprecated: true"), {"answered": NOBODY}, {"answered": NOBODY}
    ),
    "an operation has another name": Pair(
        PLAIN, PLAIN.replace("listThings", "things"), {"answered": NOBODY}, {"answered": NOBODY}
    ),
    "a variable of the path has another name": Pair(
        sent("type: object"),
        sent("type: object").replace("/{id}", "/{thing}").replace("name: id", "name: thing"),
        {"parameters/path/thing": NOBODY},
        {"parameters/path/id": NOBODY},
    ),
    "another server": Pair(
        PLAIN,
        PLAIN + "servers: [{url: 'https://b.example'}]\n",
        {"servers": NOBODY},
        {"servers": NOBODY},
    ),
    "another example": Pair(
        with_example("{a: 1}"),
        with_example("{a: 2}"),
        {"request/example/default": NOBODY},
        {"request/example/default": NOBODY},
    ),
}


def promising(block: str) -> str:
    """Return a document with an ``x-contract`` block."""
    return answered(THING, more=f"      x-contract: {{{block}}}\n")


LIMIT = "rate-limit: {limit: L, remaining: R, reset: T, retry-after: Retry-After%s}"
PROMISES = {
    "pages": Pair(
        answered(THING),
        promising("pagination: {style: cursor, position: cursor, next: next}"),
        {"list/pages-end": SERVERS},
        {"list/pages-end": CLIENTS},
    ),
    "pages led to otherwise": Pair(
        promising("pagination: {style: cursor, position: cursor, next: next, total: total}"),
        promising("pagination: {style: cursor, position: after, next: next}"),
        {"list/pages-end": CLIENTS, "list/total-agrees": CLIENTS},
        {"list/pages-end": CLIENTS, "list/total-agrees": SERVERS},
    ),
    "pages of another style": Pair(
        promising("pagination: {style: number, position: page}"),
        promising("pagination: {style: offset, position: page}"),
        {"list/pages-end": CLIENTS},
        {"list/pages-end": CLIENTS},
    ),
    "what becomes of large pages": Pair(
        promising("pagination: {position: c, above-maximum: refused}"),
        promising("pagination: {position: c, above-maximum: capped}"),
        {"list/odd-page-size": CLIENTS},
        {"list/odd-page-size": CLIENTS},
    ),
    "a filter": Pair(
        promising("filters: {by-parameter: {region: region}}"),
        promising("filters: {by-parameter: {region: region, owner: owner.id}}"),
        {"list/filter/owner": SERVERS},
        {"list/filter/owner": CLIENTS},
    ),
    "a filter of another member": Pair(
        promising("filters: {by-parameter: {owner: owner}}"),
        promising("filters: {by-parameter: {owner: owner.id}}"),
        {"list/filter/owner": CLIENTS},
        {"list/filter/owner": CLIENTS},
    ),
    "an order": Pair(
        promising("sorting: {parameter: sort, by-value: {name: name}}"),
        promising("sorting: {parameter: sort, by-value: {name: name, old: at}, default: -at}"),
        {"list/order/sort/old": SERVERS, "list/order/default": SERVERS},
        {"list/order/sort/old": CLIENTS, "list/order/default": CLIENTS},
    ),
    "another parameter that sorts": Pair(
        promising("sorting: {parameter: sort, by-value: {name: name}}"),
        promising("sorting: {parameter: order, by-value: {name: name}}"),
        {"list/order/sort": CLIENTS},
        {"list/order/order": CLIENTS},
    ),
    "who sees it": Pair(
        answered(THING),
        promising("shared: {}"),
        {"lifecycle/hidden-from-others": CLIENTS},
        {"lifecycle/hidden-from-others": CLIENTS},
    ),
    "a request id": Pair(
        answered(THING),
        promising("request-id: {header: X-Request-Id}"),
        {"request-id/unique": SERVERS},
        {"request-id/unique": CLIENTS},
    ),
    "another header of the limit": Pair(
        promising(LIMIT % ""),
        promising((LIMIT % "").replace("remaining: R", "remaining: Left")),
        {"rate-limit/remaining-counts-down": CLIENTS},
        {"rate-limit/remaining-counts-down": CLIENTS},
    ),
    "another unit": Pair(
        promising(LIMIT % ""),
        promising(LIMIT % ", reset-unit: epoch-seconds"),
        {"rate-limit/reset-epoch": CLIENTS},
        {"rate-limit/reset-relative": CLIENTS},
    ),
    "where Retry-After may come": Pair(
        promising(LIMIT % ", retry-after-only-on: [429, 503]"),
        promising(LIMIT % ""),
        {"rate-limit/retry-after-only-at-limit": SERVERS},
        {"rate-limit/retry-after-only-at-limit": CLIENTS},
    ),
    "a secret that only create shows": Pair(
        promising("create-only: {properties: [id]}"),
        promising("create-only: {properties: [id, name]}"),
        {"update/create-only/name": SERVERS},
        {"update/create-only/name": CLIENTS},
    ),
    "values in words": Pair(
        promising("values: {properties: {name: [a, b]}}"),
        promising("values: {properties: {name: [a]}}"),
        {"200/values/name": SERVERS},
        {"200/values/name": CLIENTS},
    ),
    "a limit": Pair(
        answered(THING),
        promising(LIMIT % ""),
        {"rate-limit/limit-constant": SERVERS},
        {"rate-limit/limit-constant": CLIENTS},
    ),
    "a shared limit": Pair(
        promising(LIMIT % ""),
        promising(LIMIT % ", shared: true"),
        {"rate-limit/limit-constant": CLIENTS},
        {"rate-limit/limit-constant": SERVERS},
    ),
    "another refusal": Pair(
        promising("refusals: {invalid: 400}"),
        promising("refusals: {invalid: 422}"),
        {"request/several": CLIENTS},
        {"request/several": CLIENTS},
    ),
    "one more refusal": Pair(
        promising("refusals: {invalid: 400}"),
        promising("refusals: {invalid: [400, 422]}"),
        {"request/several": NOBODY},
        {"request/several": SERVERS},
    ),
    "ids that are not unique": Pair(
        promising("request-id: {header: X-Request-Id}"),
        promising("request-id: {header: X-Request-Id, unique: false}"),
        {"request-id/unique": CLIENTS},
        {"request-id/unique": SERVERS},
    ),
    "what an error points at": Pair(
        promising("errors: {status: {path: 'e[].status'}}"),
        promising("errors: {status: {path: 'e[].status'}, pointer: {path: 'e[].at'}}"),
        {"error/source.pointer": SERVERS},
        {"error/source.pointer": CLIENTS},
    ),
    "values that another system checks": Pair(
        promising("checked-elsewhere: {properties: [id]}"),
        promising("checked-elsewhere: {properties: [id, name]}"),
        {"request/accepted": CLIENTS},
        {"request/accepted": SERVERS},
    ),
    "time stamps": Pair(
        promising("timestamps: {created: a}"),
        promising("timestamps: {created: a, updated: b}"),
        {"update/updated-moves": SERVERS},
        {"update/updated-moves": CLIENTS},
    ),
    "identity": Pair(
        promising("identity: {parameter: id, property: id}"),
        promising("identity: {parameter: id, property: name}"),
        {"update/id-is-path-id": CLIENTS},
        {"update/id-is-path-id": CLIENTS},
    ),
}

SPLIT = """\
      allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]
components:
  schemas:
    B: {properties: {b: {$ref: '#/components/schemas/C'}}, required: [a]}
    C: {type: integer, minimum: 5, exclusiveMinimum: true}
    A: {type: object, properties: {a: {type: string, nullable: true}}}
"""
# Written otherwise, and the same.
SAME = {
    "references, allOf, order": (
        sent(
            "{required: [a], properties: {b: {type: integer, minimum: 6, description: B},"
            " a: {nullable: true, type: string, title: A, minLength: 0}}, type: object}"
        ),
        sent(
            "{allOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}",
            more=SPLIT.partition("\n")[2],
        ),
    ),
    "3.0 and 3.1": (
        sent(of_name("{type: string, nullable: true, enum: [a, b, null]}")),
        sent(of_name("{type: ['null', string], enum: [b, null, a]}"), "3.1.0"),
    ),
    "exclusive bounds": (
        sent(of_name("{type: number, minimum: 1, exclusiveMinimum: true}")),
        sent(of_name("{type: number, exclusiveMinimum: 1}"), "3.1.0"),
    ),
    "an object or null": (
        answered(of_name("{type: object, nullable: true, properties: {a: {type: string}}}")),
        answered(
            of_name("{oneOf: [{type: 'null'}, {type: object, properties: {a: {type: string}}}]}"),
            "3.1.0",
        ),
    ),
    "two types, two branches": (
        sent(of_name("{type: [string, integer]}"), "3.1.0"),
        sent(of_name("{anyOf: [{type: integer}, {type: string}]}"), "3.1.0"),
    ),
    "one value, and a list of one": (
        sent(of_name("{const: a}"), "3.1.0"),
        sent(of_name("{type: string, enum: [a]}"), "3.1.0"),
    ),
    "values with words on each": (
        sent(of_name("{oneOf: [{const: a, title: A}, {const: b, title: B}]}"), "3.1.0"),
        sent(of_name("{enum: [b, a]}"), "3.1.0"),
    ),
    "bytes as 3.0 and 3.1 have them": (
        sent(of_name("{type: string, format: binary}")),
        sent(of_name("{type: string, contentMediaType: application/octet-stream}"), "3.1.0"),
    ),
    "base64 as 3.0 and 3.1 have it": (
        sent(of_name("{type: string, format: byte}")),
        sent(of_name("{type: string, contentEncoding: base64}"), "3.1.0"),
    ),
    "one branch": (sent(f"oneOf: [{CAT}]"), sent(CAT)),
    "an open object": (
        sent(of_name("{type: object}")),
        sent(of_name("{type: object, additionalProperties: true, required: [], minProperties: 0}")),
    ),
    "words": (
        listed("summary: list\ndescription: of things\ntags: [a]"),
        listed("summary: all\ndescription: every thing\ntags: [b]"),
    ),
    "a schema that contains itself, elsewhere": (
        answered(NODE, more=PETS),
        answered(
            "type: object\nproperties:\n  children: {type: array, items: {$ref: "
            "'#/components/schemas/Tree'}}\n  name: {type: string}",
            more=PETS.replace("Node", "Tree"),
        ),
    ),
}


def every_pair() -> dict[str, Pair]:
    """Return all pairs by name."""
    found: dict[str, Pair] = {}
    for name, (schemas, keyword) in TIGHTER.items():
        found[f"{name}, sent"], found[f"{name}, answered"] = both_ways(schemas, keyword)
    for group in (
        *(MEMBERS, COMPOSITION, PARAMETERS, ANSWERS, BODIES, SECURITY, OPERATIONS, PROMISES),
    ):
        found |= group
    for name, (old, new) in SAME.items():
        found[name] = Pair(old, new, {}, {})
    return found
