"""Does `documents` read what OpenAPI says, and remember where it stands?"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import yaml
from judging import validate_openapi

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.documents import lines, loading
from pytest_confluent_contracts.model.documents import Document, Operation, Property
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

Read = Callable[[str], Document]
BUNDLED = ("confluent-api-keys", "datadog-confluent-cloud")
FIRST = 14  # the line on which the schema begins in what `answering` returns
HEAD = """\
openapi: {version}
info: {{title: Things, version: 2024-01-02}}
paths:
  /things/{{id}}:
    patch:
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}
      responses:
        '200':
          description: The thing.
          content:
            application/json:
              schema:
"""


def answering(schema: str, version: str = "3.0.3", more: str = "") -> str:
    """Return a document whose one answer has *schema*, and that ends with *more*."""
    return (
        HEAD.format(version=version)
        + indent(dedent(schema).strip("\n"), " " * 16)
        + "\n"
        + dedent(more)
    )


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return how to read the text of a document."""

    def read(text: str) -> Document:
        path = tmp_path / f"things-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(text, encoding="utf-8")
        return documents.read_document(path)

    return read


def answer(document: Document) -> dict[str, Property]:
    """Return the members of the one answer, by path."""
    [operation] = document.operations
    assert operation.success
    assert operation.success.content
    return {member.path: member for member in operation.success.content.properties}


def schema(member: Property) -> dict[str, Any]:
    """Return what the document says of *member*, without its line."""
    return {key: value for key, value in member.schema.items() if key != "x-line"}


# --- the bundled documents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_document_is_valid_openapi(name: str) -> None:
    """The document passes the validator of the OpenAPI specification."""
    validate_openapi(lines.strip(loading.load(documents.bundled_documents()[name])))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_document_is_yaml_for_everybody(name: str) -> None:
    """Another YAML reader reads the same values, but for the dates that YAML 1.1 sees."""
    text = documents.bundled_documents()[name].read_text(encoding="utf-8")
    assert lines.strip(loading.load(documents.bundled_documents()[name])) == yaml.load(
        text, _WithoutDates
    )


class _WithoutDates(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


WHOLE_APIS = {
    "confluent-api-keys": {
        "api-keys": {
            "list": "listIamV2ApiKeys",
            "create": "createIamV2ApiKey",
            "read": "getIamV2ApiKey",
            "update": "updateIamV2ApiKey",
            "delete": "deleteIamV2ApiKey",
        }
    },
    "datadog-confluent-cloud": {
        "accounts": {
            "list": "ListConfluentAccount",
            "create": "CreateConfluentAccount",
            "read": "GetConfluentAccount",
            "update": "UpdateConfluentAccount",
            "delete": "DeleteConfluentAccount",
        },
        "resources": {
            "list": "ListConfluentResource",
            "create": "CreateConfluentResource",
            "read": "GetConfluentResource",
            "update": "UpdateConfluentResource",
            "delete": "DeleteConfluentResource",
        },
    },
}


def test_both_documents_are_bundled() -> None:
    """There are two bundled documents, each a whole API: who makes, shows, changes and ends its resources is told."""
    found = [documents.read_document(path) for path in documents.bundled_documents().values()]
    told = {read.name: {one.name: dict(one.roles) for one in read.resources} for read in found}
    assert told == WHOLE_APIS
    assert [len(read.operations) for read in found] == [5, 10]


def test_a_resource_of_an_account_lies_in_it_under_an_id_that_the_caller_chooses() -> None:
    """That of an account, and of a key, is the service's to choose."""
    [keys] = documents.read_document(documents.bundled_documents()[BUNDLED[0]]).resources
    accounts, inner = documents.read_document(documents.bundled_documents()[BUNDLED[1]]).resources
    told = [(one.id_member, one.id_sent, one.items, one.parent) for one in (keys, accounts, inner)]
    assert told == [
        ("id", "", "data[]", ""),
        ("data.id", "", "data[]", ""),
        ("data.id", "data.id", "data[]", "accounts"),
    ]


@pytest.mark.parametrize("name", BUNDLED)
def test_clause_ids_are_unique(name: str) -> None:
    """No two clauses of an operation share an id."""
    document = documents.read_document(documents.bundled_documents()[name])
    for operation in document.operations:
        found = [clause.id for clause in clauses.derive(operation)]
        assert len(found) == len(set(found)) >= 30


@pytest.mark.parametrize("name", BUNDLED)
def test_a_members_line_names_it(name: str) -> None:
    """On the line of each member of a body stands the member's name; on that of a list's items, their schema."""
    path = documents.bundled_documents()[name]
    lines = path.read_text(encoding="utf-8").splitlines()
    for operation in documents.read_document(path).operations:
        named = [member for member in members(operation) if not member.path.endswith("[]")]
        astray = {
            m.path: m.place
            for m in named
            if not lines[m.place.line - 1].strip().startswith(f"{m.name}:")
        }
        assert astray == {}


def members(operation: Operation) -> list[Property]:
    """Return the members of every body of *operation*."""
    contents = [operation.request, *(response.content for response in operation.responses)]
    return [member for content in contents if content for member in content.properties]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_clauses_line_is_inside_the_document(name: str) -> None:
    """Each clause names a line of its document."""
    document = documents.read_document(documents.bundled_documents()[name])
    length = len(documents.bundled_documents()[name].read_text(encoding="utf-8").splitlines())
    places = [c.place for operation in document.operations for c in clauses.derive(operation)]
    assert {place.file for place in places} == {f"specs/{name}.yaml"}
    assert all(1 < place.line <= length for place in places)


HOSTS = {
    "api.confluent.cloud": ["confluent-api-keys"],
    "api.datadoghq.com": ["datadog-confluent-cloud"],
    "api.ap1.datadoghq.com": ["datadog-confluent-cloud"],
    "api.ap2.datadoghq.com": ["datadog-confluent-cloud"],
    "api.datadoghq.eu": ["datadog-confluent-cloud"],
    "api.ddog-gov.com": ["datadog-confluent-cloud"],
    "api.us2.ddog-gov.com": ["datadog-confluent-cloud"],
    "api.us3.datadoghq.com": ["datadog-confluent-cloud"],
    "api.us5.datadoghq.com": ["datadog-confluent-cloud"],
    "datadoghq.com.example.com": [],
}


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_served_by_the_documents_that_name_it(host: str) -> None:
    """The documents of a live target follow from its host."""
    assert [path.stem for path in documents.documents_serving(host)] == HOSTS[host]


# --- YAML ----------------------------------------------------------------------------------------------------------


def test_dates_and_other_guesses_of_yaml_stay_text(read: Read) -> None:
    """What looks like a date, a yes, a base or a time is text, as it is in JSON."""
    document = read(
        answering("{type: object, properties: {a: {enum: [2024-01-02, yes, on, 0o7, 1_000, '7']}}}")
    )
    assert document.version == "2024-01-02"
    assert schema(answer(document)["a"])["enum"] == ["2024-01-02", "yes", "on", "0o7", "1_000", "7"]


def test_numbers_and_words_of_json_are_read_as_such(read: Read) -> None:
    """Numbers, true, false and null are not text."""
    document = read(
        answering("{type: object, properties: {a: {enum: [1, -2.5, 1e3, true, false, null]}}}")
    )
    assert schema(answer(document)["a"])["enum"] == [1, -2.5, 1000.0, True, False, None]


@pytest.mark.parametrize("version", ["3.0", "3.1", "'3.1'", "3.0.4", "3.1.1"])
def test_a_version_needs_no_quotes(read: Read, version: str) -> None:
    """Without quotes 3.1 is a number, and says the same."""
    assert set(answer(read(answering("{properties: {a: {type: string}}}", version)))) == {"a"}


def test_json_is_read_too(tmp_path: Path) -> None:
    """A document may be JSON."""
    text = answering("{type: object, properties: {a: {type: string}}}")
    (path := tmp_path / "things.json").write_text(_json(text), encoding="utf-8")
    assert set(answer(documents.read_document(path))) == {"a"}


def _json(text: str) -> str:
    import json

    return json.dumps(yaml.load(text, _WithoutDates), indent=2)


def test_an_alias_is_what_it_stands_for(read: Read) -> None:
    """A YAML alias is read like the value that it names."""
    found = answer(
        read(
            answering(
                "{type: object, properties: {a: &name {type: string, maxLength: 3}, b: *name}}"
            )
        )
    )
    assert schema(found["a"]) == schema(found["b"]) == {"type": "string", "maxLength": 3}


def test_what_a_merge_key_brings_is_part_of_the_schema(read: Read) -> None:
    """A body that is put together by merge keys has their members, and what they require."""
    found = answer(
        read(
            answering(
                """
                type: object
                properties: {b: {type: integer}, <<: {a: {type: string}}}
                <<: {required: [a], additionalProperties: false}
                """
            )
        )
    )
    assert (set(found), found["a"].required) == ({"a", "b"}, True)


def test_each_member_keeps_its_line(read: Read) -> None:
    """The line of a member is where its name stands, however deep."""
    text = """
        type: object
        properties:
          a:
            type: object
            properties:
              b: {type: string}
          c:
            type: array
            items: {type: string}
        """
    lines = {
        path: member.place.line - FIRST for path, member in answer(read(answering(text))).items()
    }
    assert {path: lines[path] for path in ("a", "a.b", "c")} == {"a": 2, "a.b": 5, "c": 6}


# --- schemas -------------------------------------------------------------------------------------------------------

THING = """
components:
  schemas:
    Named:
      required: [name]
      properties:
        name: {type: string, maxLength: 9}
    Aged:
      properties:
        age: {type: integer, format: int32}
        name: {minLength: 2, maxLength: 20}
"""


def test_a_reference_is_followed_to_its_line(read: Read) -> None:
    """A member behind a $ref stands where the referenced schema names it."""
    text = answering("$ref: '#/components/schemas/Named'", more=THING)
    member = answer(read(text))["name"]
    assert (schema(member), member.required) == ({"type": "string", "maxLength": 9}, True)
    assert (
        text.splitlines()[member.place.line - 1]
        .strip()
        .startswith("name: {type: string, maxLength: 9}")
    )


def test_all_of_asks_for_every_part(read: Read) -> None:
    """Members and bounds of every branch of allOf hold together: the stricter bound wins."""
    text = """
        allOf:
          - $ref: '#/components/schemas/Named'
          - $ref: '#/components/schemas/Aged'
          - required: [age]
        """
    found = answer(read(answering(text, more=THING)))
    assert schema(found["name"]) == {"type": "string", "minLength": 2, "maxLength": 9}
    assert {path for path, member in found.items() if member.required} == {"name", "age"}


TOGETHER: dict[str, tuple[str, str, list[Any]]] = {
    "types": ("{type: [string, integer]}", "{type: number}", ["a", 1, 1.5, None]),
    "types that exclude each other": ("{type: string}", "{type: integer}", ["a", 1]),
    "a number and an integer": ("{type: number}", "{type: integer}", [1, 1.5]),
    "bounds": ("{minimum: 1, maximum: 9}", "{minimum: 3, exclusiveMaximum: 8}", [2, 3, 7, 8]),
    "patterns": ("{pattern: ^a}", "{pattern: z$}", ["az", "a", "z"]),
    "multiples": ("{multipleOf: 2}", "{multipleOf: 3}", [2, 3, 6]),
    "alternatives": (
        "{oneOf: [{required: [a]}, {required: [b]}]}",
        "{oneOf: [{required: [c]}, {required: [d]}]}",
        [{"a": 1, "c": 1}, {"a": 1}, {"c": 1}, {"a": 1, "b": 1, "c": 1}],
    ),
    "any of": ("{anyOf: [{const: 1}, {const: 2}]}", "{anyOf: [{const: 2}, {const: 3}]}", [1, 2, 3]),
    "what is excluded": ("{not: {const: 1}}", "{not: {const: 2}}", [1, 2, 3]),
    "enums": ("{enum: [1, 2]}", "{enum: [2, 3]}", [1, 2, 3]),
    "conditions": (
        "{if: {required: [a]}, then: {required: [b]}}",
        "{if: {required: [c]}, then: {required: [d]}, else: {required: [e]}}",
        [{"a": 1, "e": 1}, {"a": 1, "b": 1, "e": 1}, {"c": 1}, {"c": 1, "d": 1}, {"e": 1}, {}],
    ),
    "maps": (
        "{additionalProperties: {type: [string, integer]}}",
        "{additionalProperties: {type: [string, boolean]}}",
        [{"a": "x"}, {"a": 1}, {"a": True}],
    ),
    "items": ("{items: {minLength: 2}}", "{items: {maxLength: 3}}", [["a"], ["ab"], ["abcd"]]),
    "unique items": ("{uniqueItems: true}", "{uniqueItems: false}", [[1, 1], [1, 2]]),
    "members by pattern": (
        "{patternProperties: {^a: {type: string}}}",
        "{patternProperties: {z$: {type: integer}}}",
        [{"a": "x"}, {"z": 1}, {"az": 1}, {"az": "x"}],
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_what_is_merged_asks_for_what_both_ask_for(read: Read, name: str) -> None:
    """A value is allowed by the merged schema where each branch of allOf allows it, and nowhere else."""
    one, other, values = TOGETHER[name]
    branches = [yaml.safe_load(one), yaml.safe_load(other)]
    text = f"{{properties: {{a: {{allOf: [{one}, {other}]}}}}}}"
    merged = schema(answer(read(answering(text, "3.1.0")))["a"])
    strictly = [jsonschema_rs.is_valid({"allOf": branches}, value) for value in values]
    assert [jsonschema_rs.is_valid(merged, value) for value in values] == strictly
    assert not all(strictly)


HOLDING = {
    "patternProperties": ("{patternProperties: {^a: REF}}", {"ab": {}}, {"b": {}}),
    "dependentSchemas": ("{dependentSchemas: {a: REF}}", {"a": 1}, {"b": 1}),
    "prefixItems": ("{prefixItems: [{}, REF]}", [1, {}], [{}, {"name": "x"}]),
    "if": ("{if: REF, then: {required: [b]}}", {"name": "x"}, {"name": "x", "b": 1}),
    "then": ("{if: {required: [a]}, then: REF}", {"a": 1}, {"a": 1, "name": "x"}),
    "else": ("{if: {required: [a]}, else: REF}", {"b": 1}, {"a": 1}),
    "contains": ("{contains: REF}", [{}], [{}, {"name": "x"}]),
    "propertyNames": ("{propertyNames: {not: {allOf: [REF, {type: string}]}}}", {"a": 1}, {}),
    "not": ("{not: REF}", {"name": "x"}, {}),
    "additionalProperties": ("{additionalProperties: REF}", {"a": {}}, {"a": {"name": "x"}}),
    "unevaluatedProperties": ("{unevaluatedProperties: REF}", {"a": {}}, {"a": {"name": "x"}}),
}


@pytest.mark.parametrize("keyword", HOLDING)
def test_a_reference_is_followed_wherever_a_schema_may_stand(read: Read, keyword: str) -> None:
    """Each keyword that holds a schema may hold a reference to one."""
    text, wrong, right = HOLDING[keyword]
    referring = text.replace("REF", "{$ref: '#/components/schemas/Named'}")
    asked = schema(
        answer(read(answering(f"{{properties: {{a: {referring}}}}}", "3.1.0", THING)))["a"]
    )
    found = [jsonschema_rs.is_valid(asked, value) for value in (wrong, right)]
    assert found == [False, True]


@pytest.mark.parametrize(
    "reference",
    [
        "#/components/schemas/Both/allOf/1",
        "#/components/schemas/A%20name",
        "#/components/schemas/A~1b",
        "#/components/schemas/Both/allOf/0/properties/inner",
    ],
)
def test_a_reference_may_lead_anywhere_in_the_file(read: Read, reference: str) -> None:
    """Through lists, through names that are escaped, and into what is no component of its own."""
    named = "{properties: {found: {type: string}}}"
    more = f"""
    components:
      schemas:
        A name: {named}
        A/b: {named}
        Both: {{allOf: [{{properties: {{inner: {named}}}}}, {named}]}}
    """
    assert "found" in answer(read(answering(f"$ref: '{reference}'", more=more)))


@pytest.mark.parametrize("reference", ["#/components/schemas/Named/required/1", "#/openapi/a"])
def test_a_reference_to_nothing_is_told(read: Read, reference: str) -> None:
    """Behind a list's end, and below a text, nothing stands."""
    with pytest.raises(ContractError, match="points nowhere"):
        read(answering(f"$ref: '{reference}'", more=THING))


@pytest.mark.parametrize(("version", "most"), [("3.0.3", 9), ("3.1.0", 5)])
def test_what_stands_beside_a_reference_counts_from_3_1_on(
    read: Read, version: str, most: int
) -> None:
    """OpenAPI 3.0 takes no notice of it; JSON Schema 2020-12 asks for both."""
    text = "{properties: {a: {$ref: '#/components/schemas/Short', maxLength: 5}}}"
    more = "components: {schemas: {Short: {type: string, maxLength: 9}}}"
    assert schema(answer(read(answering(text, version, more)))["a"])["maxLength"] == most


def test_a_schema_may_contain_itself(read: Read) -> None:
    """A recursive schema is read down to its first repetition."""
    more = "components: {schemas: {Tree: {type: object, properties: {next: {$ref: '#/components/schemas/Tree'}}}}}"
    assert "next" in answer(read(answering("$ref: '#/components/schemas/Tree'", more=more)))


def test_nullable_becomes_a_type(read: Read) -> None:
    """OpenAPI 3.0's nullable is JSON Schema's null, and an enum allows it too."""
    found = answer(
        read(
            answering("{type: object, properties: {a: {type: string, nullable: true, enum: [x]}}}")
        )
    )
    assert schema(found["a"]) == {"type": ["string", "null"], "enum": ["x", None]}


def test_nullable_beside_all_of_counts(read: Read) -> None:
    """Documents write nullable beside allOf and mean it."""
    text = "{properties: {a: {nullable: true, allOf: [{$ref: '#/components/schemas/Named'}, {type: object}]}}}"
    assert schema(answer(read(answering(text, more=THING)))["a"])["type"] == ["object", "null"]


def test_a_list_of_types_is_read(read: Read) -> None:
    """OpenAPI 3.1 lists types."""
    found = answer(
        read(answering("{type: object, properties: {a: {type: [string, 'null']}}}", "3.1.0"))
    )
    assert schema(found["a"]) == {"type": ["string", "null"]}


BOUNDS = {
    "{type: integer, minimum: 3, exclusiveMinimum: true}": {
        "type": "integer",
        "exclusiveMinimum": 3,
    },
    "{type: integer, minimum: 3, exclusiveMinimum: false}": {"type": "integer", "minimum": 3},
    "{type: integer, maximum: 3, exclusiveMaximum: true}": {
        "type": "integer",
        "exclusiveMaximum": 3,
    },
    "{type: integer, exclusiveMinimum: 3}": {"type": "integer", "exclusiveMinimum": 3},
    "{type: integer, format: int32}": {
        "type": "integer",
        "format": "int32",
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
    },
    "{type: integer, format: int32, minimum: 0, maximum: 10}": {
        "type": "integer",
        "format": "int32",
        "minimum": 0,
        "maximum": 10,
    },
    "{type: integer, format: int64}": {
        "type": "integer",
        "format": "int64",
        "minimum": -(2**63),
        "maximum": 2**63 - 1,
    },
    "{type: string, format: int32}": {"type": "string", "format": "int32"},
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_is_read_in_either_dialect(read: Read, bound: str) -> None:
    """3.0's boolean bounds become numbers, and int32 and int64 become bounds, within those that stand there."""
    assert (
        schema(answer(read(answering(f"{{type: object, properties: {{a: {bound}}}}}")))["a"])
        == BOUNDS[bound]
    )


def test_read_only_and_secret_members_are_known(read: Read) -> None:
    """readOnly, writeOnly and format password say who may write and who may see a member."""
    text = "{properties: {a: {type: string, readOnly: true}, b: {type: string, format: password}, c: {type: string}}}"
    found = answer(read(answering(text)))
    assert {path: (member.read_only, member.secret) for path, member in found.items()} == {
        "a": (True, False),
        "b": (False, True),
        "c": (False, False),
    }


# --- servers, security, prose ----------------------------------------------------------------------------------------


def test_server_variables_are_spelled_out(read: Read) -> None:
    """A server with variables stands for one URL a value; without values, for its default."""
    more = """
        servers:
          - url: https://{site}.example.com/{base}
            variables: {site: {default: eu, enum: [eu, us]}, base: {default: v1}}
          - url: https://plain.example.com
        """
    urls = ("https://eu.example.com/v1", "https://us.example.com/v1", "https://plain.example.com")
    assert read(answering("{type: object}", more=more)).servers == urls


PLAIN = """
        type: object
        required: [id]
        properties:
          id: {type: string}
          name: {type: string}
          updated_at: {type: string, format: date-time}
        """


def test_a_document_without_prose_still_yields_clauses(read: Read) -> None:
    """Without x-contract the usual names are recognised: ids, time stamps and members make clauses."""
    document = read(answering(PLAIN))
    [operation] = document.operations
    found = {clause.id for clause in clauses.derive(operation)}
    assert {"statuses", "200/body/id", "update/id-is-path-id", "update/updated-never-back"} <= found


def test_the_usual_headers_are_recognised(read: Read) -> None:
    """Without x-contract documented headers with the usual names tell the rate limit."""
    headers = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    told = ", ".join(f"{name}: {{schema: {{type: integer}}}}" for name in headers)
    text = answering(PLAIN).replace(
        "description: The thing.", f"description: ok\n          headers: {{{told}}}"
    )
    document = read(text)
    found = {clause.id for clause in clauses.derive(document.operations[0])}
    assert {"200/header/X-RateLimit-Limit", "rate-limit/remaining-at-most-limit"} <= found
    assert "rate-limit/remaining-counts-down" not in found, "no word says that a window is meant"


def test_a_scheme_without_prose_has_its_own_variables(read: Read) -> None:
    """Where x-contract names no variables, they follow from the name of the scheme."""
    more = """
        security: [{my-key: []}]
        components: {securitySchemes: {my-key: {type: apiKey, in: header, name: X-Key}}}
        """
    [[scheme]] = read(answering(PLAIN, more=more)).operations[0].security
    assert (scheme.carrier, scheme.variables) == ("X-Key", (("value", "CONTRACT_MY_KEY_VALUE"),))
