"""Does `documents` read what OpenAPI says, and remember where it stands?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import openapi_spec_validator
import pytest
import yaml

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.contract import Document, Operation, Property

if TYPE_CHECKING:
    from pathlib import Path

Read = Callable[[str], Document]
BUNDLED = ("confluent-api-keys", "datadog-confluent-cloud")


def wrapped(schema: str, *, version: str = "3.0.3", more: str = "") -> str:
    """Return a document whose answer has *schema*, which begins on line 9."""
    indented = "".join(f"                {line}\n" for line in schema.strip().splitlines())
    return f"""\
openapi: {version}
info: {{title: Things, version: 2024-01-02}}
paths:
  /things/{{id}}:
    patch:
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      responses: {{'200': {{description: ok, content: {{application/json: {{schema:
                # line 8
{indented}      }}}}}}}}
{more}"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return how to read a document's text."""

    def read(text: str) -> Document:
        path = tmp_path / "things.yaml"
        path.write_text(text, encoding="utf-8")
        documents.read.cache_clear()
        return documents.read(path)

    return read


def answer(document: Document) -> dict[str, Property]:
    """Return the members of the one answer, by path."""
    [operation] = document.operations
    assert operation.success
    assert operation.success.content
    return {member.path: member for member in operation.success.content.properties}


def schema(document: Document) -> dict[str, Any]:
    """Return the schema of the one answer, without the lines."""

    def plain(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items() if key != "x-line"}
        return [plain(item) for item in node] if isinstance(node, list) else node

    [operation] = document.operations
    assert operation.success
    assert operation.success.content
    return dict(plain(operation.success.content.schema))


# --- the bundled documents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_document_is_valid_openapi(name: str) -> None:
    """The document passes the validator of the OpenAPI specification."""
    text = documents.bundled()[name].read_text(encoding="utf-8")
    openapi_spec_validator.validate(yaml.load(text, yaml.BaseLoader) | {"servers": []})  # noqa: S506 - texts only


def test_both_documents_are_bundled() -> None:
    """There are two bundled documents, each with one PATCH."""
    assert tuple(documents.bundled()) == BUNDLED
    read = [documents.read(path) for path in documents.bundled().values()]
    assert [(d.name, [o.id for o in d.operations]) for d in read] == [
        ("confluent-api-keys", ["updateIamV2ApiKey"]),
        ("datadog-confluent-cloud", ["UpdateConfluentAccount"]),
    ]


@pytest.mark.parametrize("name", BUNDLED)
def test_clause_ids_are_unique(name: str) -> None:
    """No two clauses of an operation share an id."""
    document = documents.read(documents.bundled()[name])
    for operation in document.operations:
        found = [clause.id for clause in clauses.derive(document, operation)]
        assert len(found) == len(set(found))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_members_line_is_where_it_stands(name: str) -> None:
    """The line of each member of a body is one that begins with the member's name, or that of its list."""
    path = documents.bundled()[name]
    lines = path.read_text(encoding="utf-8").splitlines()
    for operation in documents.read(path).operations:
        for member in members(operation):
            own = member.name.removesuffix("[]")
            stands = lines[member.place.line - 1].strip()
            assert stands.startswith(f"{own}:") or member.path.endswith("[]"), (member.path, member.place, stands)


def members(operation: Operation) -> list[Property]:
    """Return the members of every body of *operation*."""
    contents = [operation.request, *(response.content for response in operation.responses)]
    return [member for content in contents if content for member in content.properties]


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("api.confluent.cloud", ["confluent-api-keys"]),
        ("api.us3.datadoghq.com", ["datadog-confluent-cloud"]),
        ("api.ddog-gov.com", ["datadog-confluent-cloud"]),
        ("api.example.com", []),
    ],
)
def test_a_host_is_served_by_the_documents_that_name_it(host: str, names: list[str]) -> None:
    """The documents of a live target follow from its host."""
    assert [path.stem for path in documents.serving(host)] == names


# --- reading -------------------------------------------------------------------------------------------------------


def test_dates_stay_text(read: Read) -> None:
    """What looks like a date, a yes or an octal number in YAML is text, as in JSON."""
    document = read(wrapped("{type: object, properties: {a: {enum: [2024-01-02, yes, on, 0o7, 1_000, 12:30]}}}"))
    assert document.version == "2024-01-02"
    assert answer(document)["a"].schema["enum"] == ["2024-01-02", "yes", "on", "0o7", "1_000", "12:30"]


def test_numbers_and_words_of_json_are_read_as_such(read: Read) -> None:
    """Numbers, true, false and null are not text."""
    document = read(wrapped("{type: object, properties: {a: {enum: [1, -2.5, 1e3, true, false, null]}}}"))
    assert answer(document)["a"].schema["enum"] == [1, -2.5, 1000.0, True, False, None]


def test_an_alias_is_what_it_stands_for(read: Read) -> None:
    """A YAML alias is read like the value itself, with the line of the value."""
    document = read(wrapped("type: object\nproperties:\n  a: &text {type: string, maxLength: 3}\n  b: *text".replace("\\n", "\n"))
                    if False else wrapped("{type: object, properties: {\n a: &text {type: string, maxLength: 3},\n b: *text}}"))
    found = answer(document)
    assert found["a"].schema["maxLength"] == found["b"].schema["maxLength"] == 3
