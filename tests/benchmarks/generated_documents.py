"""Is the gate green on its own service for any document? ``generated_documents.py [DOCUMENTS] [SEED]`` holds 200.

Each document has a few operations that mix the constructs of OpenAPI 3.0 and 3.1 at random. A red clause is printed
with the document that shows it, made as small as it can be.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from judging import red  # noqa: E402

from pytest_confluent_contracts import clauses, documents  # noqa: E402
from pytest_confluent_contracts.double.proving import Double  # noqa: E402
from pytest_confluent_contracts.model.traffic import Expect  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    Schema = dict[str, Any]
    Draw = Callable[[st.SearchStrategy[Any]], Any]

INSTANT = {"type": "string", "format": "date-time"}
DOCUMENTS, SEED, EXAMPLES = 200, 13, 4
NAMES = (
    "name",
    "size",
    "note",
    "tags",
    "owner",
    "a/b",
    "x.y",
    "m~n",
    "größe",
    "kind",
    "state",
    "id",
    "count",
)
PATTERNS = ("^[a-z]{2,5}$", "^x-[0-9]+$", "^(red|green)$", "^[A-Z][a-z]*$", r"^\d{3}-\d{2}$")
FORMATS = (
    "uuid",
    "date-time",
    "date",
    "email",
    "uri",
    "ipv4",
    "ipv6",
    "hostname",
    "byte",
    "password",
)
METHODS = ("patch", "put", "get", "patch", "head", "options")  # those that are held by themselves
JSON_TYPES = ("application/json", "application/vnd.things+json", "application/json; charset=utf-8")
CODES = (
    "400",
    "401",
    "403",
    "404",
    "409",
    "410",
    "412",
    "413",
    "415",
    "422",
    "429",
    "4XX",
    "default",
    "500",
)


# --- schemas ---------------------------------------------------------------------------------------------------------


@st.composite
def texts(draw: Draw) -> Schema:
    """A text: bound, formatted, by pattern, one of some, or any."""
    kind = draw(st.sampled_from(("any", "bound", "format", "pattern", "enum", "const", "example")))
    found: Schema = {"type": "string"}
    if kind == "bound":
        found["minLength"] = draw(st.integers(1, 4))
        found["maxLength"] = found["minLength"] + draw(st.integers(0, 30))
    elif kind == "format":
        found["format"] = draw(st.sampled_from(FORMATS))
    elif kind == "pattern":
        found["pattern"] = draw(st.sampled_from(PATTERNS))
    elif kind in ("enum", "const"):
        found["enum"] = ["one", "two", "three"][: 1 if kind == "const" else 3]
    elif kind == "example":
        found["example"] = "an example"
    return found


@st.composite
def numbers(draw: Draw) -> Schema:
    """A number: whole or not, with bounds, of a format, in steps."""
    found: Schema = {"type": draw(st.sampled_from(("integer", "number")))}
    if draw(st.booleans()):
        found["minimum"] = draw(st.integers(-5, 5))
    if draw(st.booleans()):
        found["maximum"] = found.get("minimum", 0) + draw(st.integers(3, 100))
    if found["type"] == "integer" and draw(st.booleans()):
        found["format"] = draw(st.sampled_from(("int32", "int64")))
    elif draw(st.integers(0, 3)) == 0:
        found["multipleOf"] = draw(st.sampled_from((1, 2, 3)))
    return found


def leaves() -> st.SearchStrategy[Schema]:
    """A schema without others in it."""
    return st.one_of(texts(), numbers(), st.just({"type": "boolean"}), st.just({}))


@st.composite
def objects(draw: Draw, members: st.SearchStrategy[Schema]) -> Schema:
    """An object: some members, of which some are required; open, closed, or with others of a type."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    found: Schema = {"type": "object", "properties": {name: draw(members) for name in names}}
    required = [name for name in names if draw(st.integers(0, 3)) == 0]
    if required:
        found["required"] = required
    shut = draw(st.sampled_from((None, None, False, True)))
    if shut is not None:
        found["additionalProperties"] = shut
    return found


@st.composite
def lists(draw: Draw, items: st.SearchStrategy[Schema]) -> Schema:
    """A list: of any length, of some, or without repetition."""
    found: Schema = {"type": "array", "items": draw(items)}
    if found["items"] == {"type": "string"} and draw(st.booleans()):
        found["uniqueItems"] = True
    elif draw(st.booleans()):
        found["minItems"] = draw(st.integers(0, 2))
        found["maxItems"] = found["minItems"] + draw(st.integers(1, 5))
    return found


@st.composite
def maps(draw: Draw, values: st.SearchStrategy[Schema]) -> Schema:
    """A map of any names to values of one kind."""
    return {"type": "object", "additionalProperties": draw(values)}


@st.composite
def marked(draw: Draw, members: st.SearchStrategy[Schema]) -> Schema:
    """A member with what a document says beside its type: whose it is, what it is by default."""
    found = dict(draw(members))
    mark = draw(
        st.sampled_from(
            ("", "", "", "readOnly", "writeOnly", "deprecated", "description", "default")
        )
    )
    if mark == "description":
        found["description"] = "What it is."
    elif mark == "default":
        found |= {"type": "string", "default": "by default"} if found == {"type": "string"} else {}
    elif mark:
        found[mark] = True
    return found


@st.composite
def conditions(draw: Draw) -> Schema:
    """An object of which one member asks for another."""
    text = {"type": "string"}
    found: Schema = {"type": "object", "properties": {"kind": text, "size": {"type": "integer"}}}
    keyword = draw(
        st.sampled_from(
            ("dependentRequired", "patternProperties", "minProperties", "propertyNames")
        )
    )
    found[keyword] = {
        "dependentRequired": {"kind": ["size"]},
        "patternProperties": {"^x-": text},
        "minProperties": 1,
        "propertyNames": {"maxLength": 12},
    }[keyword]
    return found


def schemas() -> st.SearchStrategy[Schema]:
    """Any schema of a member, two levels deep."""
    flat = leaves()
    deeper = st.one_of(flat, objects(flat), lists(texts()), maps(flat))
    return marked(st.one_of(flat, deeper, choices(), conditions()))


@st.composite
def choices(draw: Draw) -> Schema:
    """One of two kinds of value, or both at once."""
    key = draw(st.sampled_from(("oneOf", "anyOf", "allOf", "kinds", "not")))
    if key == "kinds":
        return {
            "oneOf": [kind_of("cat", "lives"), kind_of("dog", "tricks")],
            "discriminator": {"propertyName": "kind"},
        }
    if key == "not":
        return {"type": "string", "not": {"enum": ["forbidden"]}}
    if key == "allOf":
        return {"allOf": [{"type": "string"}, {"maxLength": draw(st.integers(5, 50))}]}
    return {key: [{"type": "string"}, {"type": "integer"}]}


def kind_of(name: str, member: str) -> Schema:
    """Return one of several kinds of object, which its `kind` tells apart."""
    properties = {"kind": {"type": "string", "enum": [name]}, member: {"type": "integer"}}
    return {"type": "object", "required": ["kind"], "properties": properties}


# --- operations ------------------------------------------------------------------------------------------------------


def error_bodies() -> st.SearchStrategy[Schema]:
    """The form of a refusal: as vendors have it."""
    message = {"type": "string"}
    listed = {"type": "object", "properties": {"code": message, "detail": message, "id": message}}
    problem = {
        "type": "object",
        "properties": {"type": message, "title": message, "status": {"type": "integer"}},
    }
    hub = {
        "status": message,
        "message": message,
        "correlationId": {"type": "string", "format": "uuid"},
    }
    return st.sampled_from(
        (
            {"type": "object", "properties": {"message": message}, "required": ["message"]},
            {
                "type": "object",
                "properties": {"errors": {"type": "array", "items": listed}},
                "required": ["errors"],
            },
            {"type": "object", "properties": {"errors": {"type": "array", "items": message}}},
            {"type": "object", "properties": hub, "required": ["message", "correlationId"]},
            {
                "type": "object",
                "properties": {
                    "error": {"type": "object", "properties": {"code": {"enum": [1, 2]}}}
                },
            },
            {"type": "array", "items": listed, "minItems": 1},
            problem,
            {},
        )
    )


@st.composite
def responses(draw: Draw, thing: Schema) -> Schema:
    """Statuses with or without bodies and headers: the usual ones, ranges, `default`, or hardly any."""
    found: Schema = {}
    codes = draw(
        st.lists(st.sampled_from(("200", "201", "202", "204", "2XX")), max_size=2, unique=True)
    )
    for code in codes:
        found[code] = {"description": "Done."}
        if code != "204" and draw(st.integers(0, 3)):
            found[code]["content"] = {draw(st.sampled_from(JSON_TYPES)): {"schema": thing}}
        if draw(st.booleans()):
            found[code]["headers"] = draw(headers())
    error = draw(error_bodies())
    for code in draw(st.lists(st.sampled_from(CODES), max_size=5, unique=True)):
        found[code] = {"description": "Not done."}
        if draw(st.integers(0, 3)):
            found[code]["content"] = {"application/json": {"schema": error}}
        if draw(st.integers(0, 3)) == 0:
            found[code]["headers"] = draw(headers())
    return found or {"200": {"description": "Done."}}


@st.composite
def headers(draw: Draw) -> Schema:
    """Headers of an answer, each of a type."""
    if draw(st.integers(0, 9)) == 0:
        return dict(LIMIT)
    names = draw(
        st.lists(
            st.sampled_from(("X-Request-Id", "X-Count", "X-Colour", "ETag", "Location")),
            unique=True,
        )
    )
    found: Schema = {}
    for name in names:
        found[name] = {
            "schema": draw(
                st.one_of(texts(), numbers(), lists(texts()), st.just({"type": "boolean"}))
            )
        }
        required = draw(st.sampled_from((None, True, False)))
        if required is not None:
            found[name]["required"] = required
    return found


LIMIT = {
    "X-RateLimit-Limit": {"schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"schema": {"type": "integer"}},
}
PATHS = (
    "/things/{id}",
    "/things/{thing_id}",
    "/owners/{owner}/things/{id}",
    "/settings",
    "/things/{id}/parts/{number}",
)


@st.composite
def path_parameters(draw: Draw, name: str) -> Schema:
    """A path parameter: a text or a number, with an example."""
    is_number = draw(st.integers(0, 3)) == 0
    found: Schema = {"name": name, "in": "path", "required": True}
    found["schema"] = {"type": "integer" if is_number else "string"}
    found["example"] = 10_007 if is_number else f"{name}-1"
    return found


@st.composite
def operations(draw: Draw, path: str, is_3_1: bool) -> Schema:
    """One operation: parameters, a body or none, answers, credentials."""
    thing = draw(objects(schemas()))
    answered = thing
    if draw(st.booleans()):
        kind = draw(st.sampled_from(("string", "integer")))
        own = {"id": {"type": kind}, "created_at": INSTANT, "updated_at": INSTANT}
        answered = {**thing, "properties": {**thing["properties"], **own}}
    if draw(st.integers(0, 4)) == 0:
        answered = draw(objects(leaves()))
    found: Schema = {"responses": draw(responses(answered))}
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if names:
        found["parameters"] = [draw(path_parameters(name)) for name in names]
    if draw(st.integers(0, 6)):
        media = {draw(st.sampled_from(JSON_TYPES)): {"schema": thing}}
        found["requestBody"] = {"required": draw(st.booleans()), "content": media}
    security = draw(
        st.sampled_from(
            (None, [{"key": []}], [{"bearer": []}, {"basic": []}], [{"key": [], "basic": []}])
        )
    )
    if security:
        found["security"] = security
    return nullable_members(found, is_3_1) if draw(st.booleans()) else found


def nullable_members(operation: Schema, is_3_1: bool) -> Schema:
    """Return the operation, its truth values maybe null as its version has it."""
    null = '{"type": ["boolean", "null"]}' if is_3_1 else '{"type": "boolean", "nullable": true}'
    return dict(json.loads(json.dumps(operation).replace('{"type": "boolean"}', null)))


def with_reference(document: Schema) -> Schema:
    """Return the document, the body of each operation behind a reference."""
    schemas: Schema = {}
    for number, item in enumerate(document["paths"].values()):
        [operation] = item.values()
        body = operation.get("requestBody")
        for media in body["content"].values() if body else ():
            schemas[f"Thing{number}"] = media["schema"]
            media["schema"] = {"$ref": f"#/components/schemas/Thing{number}"}
    document["components"]["schemas"] = schemas
    return document


@st.composite
def openapi(draw: Draw, most: int = 3) -> Schema:
    """A document of up to *most* operations."""
    version = draw(st.sampled_from(("3.0.3", "3.1.0")))
    chosen = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=most, unique=True))
    items: Schema = {}
    for path in chosen:
        items[path] = {draw(st.sampled_from(METHODS)): draw(operations(path, version == "3.1.0"))}
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    }
    info = {"title": "Generated", "version": "1"}
    found = {"openapi": version, "info": info, "paths": items}
    found["components"] = {"securitySchemes": schemes}
    return with_reference(found) if draw(st.booleans()) else found


# --- holding them ----------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was held so far. Operations are left out for which no allowed body could be made."""

    documents: int = 0
    operations: int = 0
    requests: int = 0
    clauses: int = 0
    left_out: int = 0


def alarms_of(document: Schema, tally: Tally) -> dict[str, str]:
    """Return what is red on the document's own embedded service, by operation and clause."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        read = documents.read_document(path)
    tally.documents += 1
    for operation in read.operations:
        double = Double(operation, max_examples=EXAMPLES)
        if not may_be_asked(double):
            tally.left_out += 1
            continue
        campaign = double.campaign()
        derived = clauses.derive(operation)
        rulings = {clause.id: campaign.ruling(clause) for clause in derived}
        found.update({f"{operation.id} {id}": told for id, told in red(rulings).items()})
        tally.operations += 1
        tally.clauses += len(derived)
        tally.requests += len(campaign.history)
    return found


def may_be_asked(double: Double) -> bool:
    """Return whether the plan has any request that the document allows."""
    made = [case for probe in double.plan.probes for case in probe.cases]
    return any(case.expect is Expect.ACCEPTED for case in made)


def hold(count: int, number: int, tally: Tally) -> None:
    """Hold *count* documents; raise `AssertionError` with the smallest that has a red clause."""

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(openapi())
    def is_green(document: Schema) -> None:
        found = alarms_of(document, tally)
        assert found == {}, json.dumps({"red": found, "document": document}, indent=1)

    is_green()


def main() -> int:
    """Hold the documents, say what came, and return the exit code."""
    given_numbers = [*map(int, sys.argv[1:]), *(DOCUMENTS, SEED)[len(sys.argv) - 1 :]]
    count, number = given_numbers[:2]
    tally, begun = Tally(), time.perf_counter()
    try:
        hold(count, number, tally)
    except AssertionError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    took = time.perf_counter() - begun
    sys.stdout.write(
        f"{tally.documents} documents, {tally.operations} operations, {tally.clauses} clauses, "
        f"{tally.requests} requests: nothing red, {took:.0f} s; {tally.left_out} operations left out\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
