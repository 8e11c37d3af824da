"""Is a page of tables in Markdown read as the document that it is, and refused with the line where it is not whole?"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from judging import red, validate_openapi, warned
from small_services import FOLDER, Row, SmallService, held
from table_pages import (
    ARGUMENTS,
    CODE,
    HEAD,
    PARCEL,
    PLATES,
    REQUEST,
    RESPONSE,
    fields,
    line_of,
    model,
    small,
    swapped,
)

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.documents.lines import Node, UnreadableText, strip
from pytest_confluent_contracts.documents.loading import load_document
from pytest_confluent_contracts.documents.pages.tables import read_tables
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARCEL_PATH = "/v3/depots/{depot}/parcels/{parcel_id}"


def tree(text: str) -> Node:
    """Return the document that a page describes; it is OpenAPI."""
    root = read_tables(text)
    assert root is not None
    validate_openapi(strip(root))
    return root


def operation(text: str = PARCEL) -> Node:
    """Return the one operation of a page."""
    [item] = tree(text)["paths"].values()
    [found] = item.values()
    assert isinstance(found, Node)
    return found


def request_schema(text: str) -> Any:
    """Return the schema of the body that a page's one operation takes, without descriptions."""
    [media] = operation(text)["requestBody"]["content"].values()
    return undescribed(strip(media["schema"]))


def undescribed(value: Any) -> Any:
    """Return *value* without any ``description``."""
    if isinstance(value, dict):
        return {name: undescribed(one) for name, one in value.items() if name != "description"}
    return [undescribed(one) for one in value] if isinstance(value, list) else value


# --- a whole page --------------------------------------------------------------------------------------------------


def test_the_endpoints_are_the_servers_and_the_path() -> None:
    """One server a row, with its site; the operation is named by its title."""
    root = tree(PARCEL)
    assert root["servers"] == [
        {"url": "https://eu.parcels.example.com", "description": "Europe"},
        {"url": "https://us.parcels.example.com", "description": "America"},
    ]
    assert root["info"] == {"title": "Rename a parcel", "version": "v3"}
    assert list(root["paths"]) == [PARCEL_PATH]
    named = operation()
    assert (named["operationId"], named["summary"]) == ("RenameAParcel", "Rename a parcel")
    assert named["description"] == "Renames one parcel."


def test_parameters_stand_under_the_heading_of_their_location() -> None:
    """In any order of columns, required as marked, and those of a path always."""
    found = {one["name"]: undescribed(strip(one)) for one in operation()["parameters"]}
    assert found["depot"] == {
        "name": "depot",
        "in": "path",
        "required": True,
        "schema": {"type": "integer"},
    }
    assert found["parcel_id"]["example"] == "p-1"  # the sample's; CHANGE_ME is none
    assert found["page[size]"]["schema"] == {"type": "integer", "default": 10}
    assert found["order"]["schema"] == {"type": "string", "enum": ["name", "-name"]}
    assert found["since"]["schema"] == {"type": "string", "format": "date-time"}
    assert found["labels"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert (found["X-Courier"]["in"], found["X-Courier"]["required"]) == ("header", False)


def test_fields_are_nested_by_their_parents() -> None:
    """A map, a list of objects, and three fields `data` of which each row belongs to one."""
    stop = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "type": {"type": "string", "enum": ["stop"]},
        },
        "required": ["id"],
    }
    attributes = {
        "size": {"type": "integer", "enum": [1, 2, 3]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "stops": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string", "format": "date-time"}, "data": stop},
            },
        },
        "weight": {"type": "number", "nullable": True},
    }
    data = {
        "type": "object",
        "properties": {
            "attributes": {"type": "object", "properties": attributes},
            "type": {"type": "string", "enum": ["parcel"], "default": "parcel"},
        },
        "required": ["type"],
    }
    assert request_schema(PARCEL) == {
        "type": "object",
        "properties": {"data": data},
        "required": ["data"],
    }


def test_the_body_is_as_the_heading_says_with_both_examples() -> None:
    """That of the tab, and that of the sample."""
    body = operation()["requestBody"]
    assert (body["required"], body["description"]) == (True, "What shall change.")
    examples = body["content"]["application/json"]["examples"]
    assert examples["curl"]["value"] == {"data": {"type": "parcel"}}
    assert examples["update"]["value"]["data"]["attributes"]["size"] == 2


def test_each_status_is_an_answer() -> None:
    """With its model and its example, with one of them, or with nothing."""
    responses = strip(operation()["responses"])
    assert list(responses) == ["200", "204", "404"]
    renamed = responses["200"]["content"]["application/json"]
    assert renamed["schema"]["required"] == ["id"]
    assert renamed["schema"]["description"] == "The parcel as it is now."
    assert renamed["schema"]["properties"]["count"] == {"type": "integer", "format": "int64"}
    assert renamed["example"]["rates"] == [1.5]
    assert "content" not in responses["204"]
    assert list(responses["404"]["content"]["application/json"]) == ["schema"]


HEADERS = "| Name | Type | Description |\n|---|---|---|\n| X-Left [*required*] | integer | How many are left. |\n"


@pytest.mark.parametrize(
    "headers",
    [
        f'{{% tab title="Headers" %}}\n{HEADERS}\n{{% /tab %}}\n',
        f"#### Response Headers\n\n{HEADERS}",
    ],
    ids=["in a tab", "under a heading"],
)
def test_the_headers_of_an_answer_are_read(headers: str) -> None:
    """From a table of their own, beside that of the body."""
    content = model(fields(" | a | string | ")) + headers
    answers = f'### Response\n\n{{% tab title="200" %}}\nOK\n{content}{{% /tab %}}\n'
    answers += '{% tab title="400" %}\nNo\n' + model(fields(" | b | string | ")) + "{% /tab %}\n"
    responses = operation(small(answers=answers))["responses"]
    assert responses["200"]["headers"] == {
        "X-Left": {
            "schema": {"type": "integer"},
            "description": "How many are left.",
            "required": True,
        }
    }
    assert list(responses["200"]["content"]["application/json"]["schema"]["properties"]) == ["a"]
    assert "headers" not in responses["400"]


def test_credentials_are_what_the_sample_sends_together() -> None:
    """A header with a variable alone is one, unless it is described as a parameter."""
    root = tree(PARCEL)
    named = operation()
    assert named["security"] == [{"X-PARCEL-KEY": [], "bearer": []}]
    assert named["x-contract"]["credentials"] == {
        "X-PARCEL-KEY": {"value": "PARCEL_KEY"},
        "bearer": {"token": "PARCEL_TOKEN"},
    }
    assert root["components"]["securitySchemes"] == {
        "X-PARCEL-KEY": {"type": "apiKey", "in": "header", "name": "X-PARCEL-KEY"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }


def test_everything_stands_on_its_line_of_the_page() -> None:
    """Rows, tabs, examples and headers of the sample."""
    named = operation()
    media = named["requestBody"]["content"]["application/json"]
    attributes = media["schema"]["properties"]["data"]["properties"]["attributes"]
    assert attributes["properties"].line_of("weight") == line_of(
        PARCEL, "| attributes           | weight"
    )
    assert (
        attributes["properties"]["labels"].line_of("additionalProperties")
        == line_of(PARCEL, "<any-key>") - 0
    )
    shown = media["examples"]["update"]["value"]["data"]["attributes"]
    assert shown.line_of("size") == line_of(PARCEL, '"size": 2')
    assert media["examples"]["curl"]["value"].line_of("data") == line_of(
        PARCEL, '"data": {"type": "parcel"}'
    )
    assert named["responses"].line_of("204") == line_of(PARCEL, '{% tab title="204" %}')
    assert named["security"][0].line_of("bearer") == line_of(PARCEL, "Bearer ${PARCEL_TOKEN}")
    assert named["parameters"][0].line == line_of(PARCEL, "| integer | The depot.")


# --- other arrangements --------------------------------------------------------------------------------------------

OTHERWISE = {
    "answers before the request": "\n".join((HEAD, RESPONSE, CODE.removesuffix("{% /tab %}\n"), ARGUMENTS, REQUEST))
    + "{% /tab %}\n",
    "statuses in other words": PARCEL.replace('"200"', '"HTTP 200 OK"').replace('"404"', '"Status: 404"'),
    "tabs of other names": PARCEL.replace('"Model"', '"Schema"').replace('"Example"', '"Sample"'),
    "no tab around the operation": swapped('{% tab title="v3" %}\n', "").removesuffix("{% /tab %}\n"),
    "lines that end as Windows writes them": PARCEL.replace("\n", "\r\n"),
    "columns of other names": PARCEL.replace("Parent field ", "PARENT       ").replace("| Field ", "| Name  "),
    "tables without spaces": re.sub(r" {2,}", " ", re.sub(r"-{3,}", "---", PARCEL)),
    "a method of its own column": swapped(
        "| API endpoint                                                         | Region |\n"
        "| -------------------------------------------------------------------- | ------ |\n",
        "| URL | Region | Method |\n| --- | --- | --- |\n",
    )
    .replace("PATCH https", "https")
    .replace(" | Europe |", " | Europe | PATCH |")
    .replace(" | America |", " | America | `patch` |"),
    "statuses as headings": swapped('{% tab title="204" %}\n{% /tab %}', "#### 204 No Content").replace(
        '{% tab title="404" %}\nNot Found', "#### 404\n\nNot Found"
    ).replace("In a few words.  |\n\n{% /tab %}\n\n{% /tab %}", "In a few words.  |\n\n{% /tab %}"),
    "examples under headings": PARCEL.replace('{% tab title="Model" %}', "##### Model").replace(
        '{% tab title="Example" %}', "##### Example"
    ).replace("{% /tab %}\n\n##### Example", "##### Example").replace("```\n\n{% /tab %}", "```").replace(
        "In a few words.  |\n\n{% /tab %}\n\n{% /tab %}", "In a few words.  |\n\n{% /tab %}"
    ),
    "a note right above the table": swapped("| API endpoint  ", "**Note**: in preview.\n| API endpoint  "),
}  # fmt: skip


@pytest.mark.parametrize("text", OTHERWISE.values(), ids=OTHERWISE)
def test_the_arrangement_of_a_page_is_free(text: str) -> None:
    """Order, names and tabs may be others: the document is the same."""
    expected, found = operation(), operation(text)
    for name in ("operationId", "requestBody", "security", "x-contract", "parameters"):
        assert found[name] == expected[name]
    assert {status: undescribed(one) for status, one in found["responses"].items()} == {
        status: undescribed(one) for status, one in expected["responses"].items()
    }
    assert tree(text)["servers"] == tree(PARCEL)["servers"]


def test_several_operations_of_a_page_are_told_apart() -> None:
    """By their titles; two versions under one title by the version."""
    title = "## Remove a thing{% #remove-a-thing %}\n\n"
    first = small(version="v1", path="/v1/things/{id}")
    second = small(version="v2", path="/v2/things/{id}", title="")
    third = small(path="/v2/things", title=title, host="other.example.com", method="DELETE")
    root = tree("# Things\n\nAll of them.\n\n" + first + second + third)
    found = {
        path: (method, one["operationId"], one["servers"][0]["url"])
        for path, item in root["paths"].items()
        for method, one in item.items()
    }
    assert found == {
        "/v1/things/{id}": ("patch", "UpdateAThingV1", "https://api.example.com"),
        "/v2/things/{id}": ("patch", "UpdateAThingV2", "https://api.example.com"),
        "/v2/things": ("delete", "RemoveAThing", "https://other.example.com"),
    }
    assert root["info"] == {"title": "Things", "version": "v1, v2"}
    saved = tree(
        "# Source: https://docs.example.com/things.md\n\n---\ntitle: Things\n---\n\n# Things\n\n"
        + first
    )
    assert saved["info"] == {"title": "Things", "version": "v1"}
    assert len(root["servers"]) == 2


def test_what_is_not_described_is_not_there() -> None:
    """No body, no parameters, no sample: no request body, no credentials."""
    named = operation(small(path="/things", sections=""))
    assert set(named) == {"operationId", "summary", "responses"}


def test_a_variable_of_the_path_that_no_table_has_is_a_text() -> None:
    """A path cannot be written without it."""
    [parameter] = operation(small(path="/things/{thing}", sections=""))["parameters"]
    assert parameter == {
        "name": "thing",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }


def test_the_example_of_an_answer_names_the_resource() -> None:
    """Where no sample gives a value for the variable that ends the path."""

    def shown(path: str, example: str) -> Any:
        content = model(fields(" | id | string | "), example)
        answers = f'### Response\n\n{{% tab title="200" %}}\nOK\n{content}{{% /tab %}}\n'
        return operation(small(path=path, sections="", answers=answers))["parameters"][-1].get(
            "example"
        )

    assert shown("/things/{thing_id}", '{"id": "t-7"}') == "t-7"
    assert shown("/things/{thing_id}", '{"data": {"thing_id": "t-8", "id": "t-9"}}') == "t-8"
    assert shown("/things/{thing_id}", '{"id": 7}') is None  # the variable is a text
    assert shown("/things/{thing}", '{"id": "t-7"}') is None
    assert shown("/things/{thing_id}/parts", '{"id": "t-7"}') is None


def test_an_example_without_a_model_is_an_example_alone() -> None:
    """Nothing is said of what else a body may hold."""
    text = small(
        sections='### Request\n\n#### Body Data\n\n{% tab title="Example" %}\n```json\n{"a": 1}\n```\n{% /tab %}\n'
    )
    body = operation(text)["requestBody"]
    assert body["required"] is False
    assert body["content"] == {"application/json": {"examples": {"update": {"value": {"a": 1}}}}}


def test_the_media_type_of_a_body_is_that_of_the_sample() -> None:
    """A patch has one of its own."""
    text = PARCEL.replace(
        "Content-Type: application/json", "Content-Type: application/merge-patch+json"
    )
    assert list(operation(text)["requestBody"]["content"]) == ["application/merge-patch+json"]


SAMPLES = {
    "a quoted body": ("curl -X PATCH https://a.example -d '{\"a\": 1}'", {"a": 1}, {}),
    "a body that is no JSON": ("curl -d @body.json https://a.example", None, {}),
    "a user": (
        'curl -u "${NAME}:${PASS}" https://a.example',
        None,
        {"basic": {"username": "NAME", "password": "PASS"}},
    ),
    "a value that is written out": ('curl -H "X-Trace: abc" https://a.example', None, {}),
    "a key in Authorization": (
        "curl https://a.example -H 'Authorization: $TOKEN'",
        None,
        {"Authorization": {"value": "TOKEN"}},
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_tell_credentials_and_bodies(name: str) -> None:
    """As curl takes them."""
    command, body, credentials = SAMPLES[name]
    sections = f"#### Body Data\n\n{model(fields(' | a | integer | '))}\n### Code Example\n\n```bash\n{command}\n```\n"
    found = operation(small(sections=sections))
    assert found.get("x-contract", {}).get("credentials", {}) == credentials
    examples = found["requestBody"]["content"]["application/json"].get("examples", {})
    assert examples.get("curl", {}).get("value") == body


def test_samples_with_other_credentials_are_alternatives() -> None:
    """Either works; the same again is none."""
    commands = ["-H 'X-A: ${A}'", "-H 'Authorization: Bearer ${B}'", "-H 'X-A: ${A}'"]
    lines = "\n".join(f"curl {one} https://a.example" for one in commands)
    found = operation(small(sections=f"### Code Example\n\n```\n{lines}\n```\n"))
    assert found["security"] == [{"X-A": []}, {"bearer": []}]


# --- rows ----------------------------------------------------------------------------------------------------------

STRING = {"type": "string"}
ROWS: dict[str, tuple[str, str, Any]] = {
    "formats as types": (
        " | a | uuid | \n | b | int32 | \n | c | double | \n | d | date | ",
        "",
        {
            "a": {"type": "string", "format": "uuid"},
            "b": {"type": "integer", "format": "int32"},
            "c": {"type": "number", "format": "double"},
            "d": {"type": "string", "format": "date"},
        },
    ),
    "a format beside a type": (
        " | a | string <date-time> | \n | b | integer (int64) | ",
        "",
        {"a": {"type": "string", "format": "date-time"}, "b": {"type": "integer", "format": "int64"}},
    ),
    "lists": (
        " | a | [[string]] | \n | b | object[] | \nb | c | integer | \n | d | array of boolean | \n | e | array | \n"
        " | f | array | Allowed enum values: `x,y`",
        "",
        {
            "a": {"type": "array", "items": {"type": "array", "items": STRING}},
            "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"type": "integer"}}}},
            "d": {"type": "array", "items": {"type": "boolean"}},
            "e": {"type": "array", "items": {}},
            "f": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}},
        },
    ),
    "an object of which nothing more is said": (" | a | object | ", "", {"a": {"type": "object"}}),
    "a map of objects": (
        " | a | object | \nadditionalProperties | <any-key> | object | \n<any-key> | b | string | ",
        "",
        {
            "a": {
                "type": "object",
                "additionalProperties": {"type": "object", "properties": {"b": STRING}},
            }
        },
    ),
    "a map of anything": (
        " | a | object | \nadditionalProperties | <any-key> |  | ",
        "",
        {"a": {"type": "object", "additionalProperties": {}}},
    ),
    "a map with members beside": (
        " | a | object | \na | b | string | \na | <any-key> | integer | ",
        "",
        {"a": {"type": "object", "properties": {"b": STRING}, "additionalProperties": {"type": "integer"}}},
    ),
    "one of several": (
        " | a | [<oneOf>] | \na | Option 1 | object | \nOption 1 | b | string | \na | Option 2 | string | ",
        "",
        {"a": {"type": "array", "items": {"anyOf": [{"type": "object", "properties": {"b": STRING}}, STRING]}}},
    ),
    "values one by one": (
        " | a | enum | Allowed enum values: `x`, `y` or `z`.\n | b | string | Allowed enum values: `p,q`",
        "",
        {"a": {"type": "string", "enum": ["x", "y", "z"]}, "b": {"type": "string", "enum": ["p", "q"]}},
    ),
    "numbers that the example has as texts": (
        " | a | enum | Allowed enum values: `1,2`",
        '{"a": "1"}',
        {"a": {"type": "string", "enum": ["1", "2"]}},
    ),
    "numbers of a type that says so": (
        " | a | integer | Allowed enum values: `1,2`",
        "",
        {"a": {"type": "integer", "enum": [1, 2]}},
    ),
    "defaults": (
        " | a | boolean | Whether. Default: `false`.\n | b | integer | Defaults to 10.\n | c | string | The default is \"x\".",
        "",
        {
            "a": {"type": "boolean", "default": False},
            "b": {"type": "integer", "default": 10},
            "c": {"type": "string", "default": "x"},
        },
    ),
    "what is no default of the type, or said under a condition": (
        " | a | integer | Defaults to 1 hour.\n | b | integer | Default: `now`.\n"
        " | c | boolean | Defaults to `true` if `a` is set.",
        "",
        {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "boolean"}},
    ),
    "names that are marked up": (
        " | `a_b` | string | \n | c\\_d\\_e | string | \n | _f_ | **string** | ",
        "",
        {"a_b": STRING, "c_d_e": STRING, "_f_": STRING},
    ),
    "marks behind names": (
        " | a [*optional*] | string | \n | b (read-only) [*required*] | string | \n | c [deprecated] | string | ",
        "",
        {"a": STRING, "b": {"type": "string", "readOnly": True}, "c": {"type": "string", "deprecated": True}},
    ),
    "parents that are named with their own": (
        " | a | object | \na | b | [object] | \na.b[] | c | string | ",
        "",
        {
            "a": {
                "type": "object",
                "properties": {
                    "b": {"type": "array", "items": {"type": "object", "properties": {"c": STRING}}}
                },
            }
        },
    ),
    "a parent that comes again": (
        " | a | object | \na | data | object | \ndata | x | string | \n"
        " | b | object | \nb | data | object | \ndata | x | integer | ",
        "",
        {
            "a": {"type": "object", "properties": {"data": {"type": "object", "properties": {"x": STRING}}}},
            "b": {
                "type": "object",
                "properties": {"data": {"type": "object", "properties": {"x": {"type": "integer"}}}},
            },
        },
    ),
    "a parent within one of its name, told apart by what comes again": (
        " | data | object | \ndata | id | string | \ndata | owner | object | \nowner | data | object | \n"
        "data | id | string | \ndata | type | string | \ndata | type | integer | ",
        "",
        {
            "data": {
                "type": "object",
                "properties": {
                    "id": STRING,
                    "owner": {
                        "type": "object",
                        "properties": {
                            "data": {"type": "object", "properties": {"id": STRING, "type": STRING}}
                        },
                    },
                    "type": {"type": "integer"},
                },
            }
        },
    ),
    "rows that are not depth-first": (
        " | a | object | \n | b | object | \na | c | string | \nb | d | string | ",
        "",
        {
            "a": {"type": "object", "properties": {"c": STRING}},
            "b": {"type": "object", "properties": {"d": STRING}},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_read(name: str) -> None:
    """Each type, each way to nest."""
    rows, example, expected = ROWS[name]
    text = small(sections="#### Body Data\n\n" + model(fields(rows), example))
    schema = request_schema(text)
    schema.pop("required", None)
    assert schema == {"type": "object", "properties": expected}


def test_options_of_the_whole_body_are_no_members() -> None:
    """Rows of these names at the top are what the body may be."""
    rows = fields(
        " | Option 1 | object | \nOption 1 | a | string | \n | Option 2 | object | \nOption 2 | b | string | "
    )
    schema = request_schema(small(sections="#### Body Data\n\n" + model(rows, '{"b": "x"}')))
    assert schema == {
        "anyOf": [
            {"type": "object", "properties": {"a": STRING}},
            {"type": "object", "properties": {"b": STRING}},
        ]
    }


def test_a_body_whose_example_is_a_list_is_one() -> None:
    """The table describes what is in it."""
    text = small(sections="#### Body Data\n\n" + model(fields(" | a | string | "), '[{"a": "x"}]'))
    assert request_schema(text) == {
        "type": "array",
        "items": {"type": "object", "properties": {"a": STRING}},
    }


def test_the_example_tells_which_parent_is_meant() -> None:
    """Where a field could stand in either of two."""
    rows = fields(
        " | data | object | \ndata | owner | object | \nowner | data | object | \ndata | id | string | \ndata | kind | string | "
    )
    inner = '{"data": {"owner": {"data": {"id": "x", "kind": "y"}}}}'
    outer = '{"data": {"owner": {"data": {"id": "x"}}, "kind": "y"}}'
    for example, within_owner in ((inner, True), (outer, False)):
        schema = request_schema(small(sections="#### Body Data\n\n" + model(rows, example)))
        data = schema["properties"]["data"]["properties"]
        assert ("kind" in data) is not within_owner
        assert ("kind" in data["owner"]["properties"]["data"]["properties"]) is within_owner


# --- what is refused -----------------------------------------------------------------------------------------------


def body(rows: str, example: str = "") -> str:
    """Return a small page with a body of these rows; a row with `!` is the one that is told."""
    return small(sections="#### Body Data\n\n" + model(fields(rows), example))


REFUSED: dict[str, tuple[str, str, str]] = {
    "a page that is cut off": (PARCEL[: PARCEL.index('"weight": 2.5')], "```json", "cut off"),
    "a page that is cut off behind a table": (
        PARCEL[: PARCEL.index("{% /tab %}")],
        '{% tab title="Model" %}',
        "`Model` that is opened here is not closed",
    ),
    "a page that is cut off before its answers": (
        small(sections="", answers=""),
        "| Site |",
        "no answer",
    ),
    "a tab that was never opened": (PARCEL + "\n{% /tab %}", "", "never opened"),
    "a table without types": (
        body("x").replace("| Type ", "| Kind ").replace("x\n", ""),
        "| Parent",
        "no column for the type",
    ),
    "a table without names": (
        small(sections="#### Body Data\n\n| Parent | Type | Description |\n|---|---|---|\n|  | string | A. |\n"),
        "| Parent | Type",
        "no column for the name",
    ),
    "a table without descriptions": (
        small(sections="#### Body Data\n\n| Field | Type |\n|---|---|\n| a | string |\n"),
        "| Field | Type |\n|---|---|\n| a",
        "no column for the description",
    ),
    "a head with too few columns": (
        small(sections="#### Body Data\n\n| Field | Type |\n|---|---|---|\n| a | string | A. |\n"),
        "| Field | Type |\n",
        "a table is expected",
    ),
    "no column for parents, where the example nests": (
        small(
            sections="#### Body Data\n\n| Field | Type | Description |\n|---|---|---|\n| a | object | |\n| b | string | |\n"
            '\n```json\n{"a": {"b": "x"}}\n```\n'
        ),
        "| Field | Type | Description |\n|---|---|---|\n| a",
        "no column for parents, and its example nests `b`",
    ),
    "a table of endpoints without any": (
        small().replace("| PATCH https://api.example.com/things/{id} ", "| somewhere "),
        "| here | somewhere",
        "no method and URL",
    ),
    "no column of endpoints": (
        re.sub(r"\| PATCH https.*?\|", "|", small()).replace("| API endpoint |", "|").replace("| --- | --- |", "| --- |", 1),
        "| Site |",
        "no table of this page has a column of endpoints",
    ),
    "endpoints of two paths": (
        small().replace("{id} |\n", "{id} |\n| there | PATCH https://api.example.org/others/{id} |\n", 1),
        "| there |",
        "differ from the row above",
    ),
    "a query in an endpoint": (small(path="/things?a=b", sections=""), "| here |", "more than a path"),
    "an operation that comes again": (
        small() + small(title="## Another\n\n").replace("here", "there"),
        "| there |",
        "already",
    ),
    "a parent that is not there": (body(" | a | object | \nb | ! | string | "), "| ! |", "no row above is the parent `b`"),
    "a parent that comes later": (body("b | ! | string | \n | b | object | "), "| ! |", "no row above is the parent `b`"),
    "a parent that holds nothing": (body(" | b | string | \nb | ! | string | "), "| ! |", "of the type string"),
    "a field that comes again": (body(" | a | string | \n | a | integer | !"), "!", "listed twice"),
    "a row without a name": (body(" |  | string | !"), "!", "names no field"),
    "a mark that is not known": (body(" | a [*!maybe*] | string | "), "!maybe", "`!maybe` means"),
    "a type that is not known": (body(" | ! | strnig | "), "| ! |", "the type `strnig` is not known"),
    "a type that is missing": (body(" | ! |  | Something."), "| ! |", "the type is missing"),
    "a list of what is not known": (body(" | ! | [thing] | "), "| ! |", "not known"),
    "an enum without values": (body(" | ! | enum | One of many."), "| ! |", "does not list"),
    "an enum of numbers or texts": (
        body(" | ! | enum | Allowed enum values: `1,2`", '{"!": "integer"}'),
        "| ! |",
        "nothing tells whether",
    ),
    "values of another type": (
        body(" | ! | integer | Allowed enum values: `1,b`"),
        "| ! |",
        "not all of the values",
    ),
    "either of two parents": (
        body(" | data | object | \ndata | owner | object | \nowner | data | object | \ndata | ! | string | "),
        "| ! |",
        "stays open",
    ),
    "either of two maps": (
        body(" | a | object | \na | b | object | \nb | c | string | \nadditionalProperties | <any-key> | string | "),
        "| <any-key> |",
        "stays open",
    ),
    "an example that is no JSON": (
        body(" | a | string | ", '{"a": "x",\n!}'),
        "!}",
        "not JSON",
    ),
    "a body of which nothing is said": (
        small(sections="#### Body Data (required)\n\nA thing.\n"),
        "#### Body Data",
        "neither a table nor an example",
    ),
    "an answer of which nothing is said": (
        small(answers='### Response\n\n{% tab title="200" %}\nOK\n' + model("A list of things.\n") + "{% /tab %}\n"),
        "A list of things",
        "neither a table nor an example",
    ),
    "a table in HTML": (
        small(sections="#### Body Data\n\n<table>\n<tr><td>a</td></tr>\n</table>\n"),
        "<table>",
        "HTML",
    ),
    "a second table of fields": (
        small(sections="#### Body Data\n\n" + model(fields(" | a | string | ") + "\n" + fields(" | b | string | !"))),
        "| Parent field | Field | Type | Description |\n| --- | --- | --- | --- |\n|  | b",
        "a second table",
    ),
    "a status that comes again": (
        small(answers='### Response\n\n{% tab title="204" %}\n{% /tab %}\n{% tab title="204" %}\nAgain\n{% /tab %}\n'),
        '{% tab title="204" %}\nAgain',
        "a second description of the status 204",
    ),
    "arguments of which kind": (
        small(sections="### Arguments\n\n#### Matrix\n\n| Name | Type | Description |\n|---|---|---|\n| a | string | A. |\n"),
        "| Name | Type | Description |\n|---|---|---|\n| a",
        "stays open",
    ),
    "a parameter that comes again": (
        small(sections="#### Query Strings\n\n" + fields(" | a | string | \n | a | string | !")),
        "!",
        "listed twice",
    ),
    "credentials of another kind": (
        small(sections="### Code Example\n\n```\ncurl https://a.example \\\n-H 'Authorization: Digest ${A}'\n```\n"),
        "-H 'Authorization",
        "`Digest` are not known",
    ),
    "tabs without end": ('{% tab title="x" %}\n' * 11, "", "tabs within more than"),
    "a page that is too long": ('{% tab title="x" %}\n' + "a" * 10_000_000, "", "more than 1,000,000 characters"),
    "a page of too many lines": ('{% tab title="x" %}\n' * 50_000, "", "more than 40,000 lines"),
    "a table of too many cells": ('{% tab title="x" %}\n' + "|a" * 200_000, "", "more than 100,000 cells"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_understood_is_told_with_its_line(name: str) -> None:
    """One line, and never a guess; within a second or so."""
    text, at, told = REFUSED[name]
    begun = time.monotonic()
    with pytest.raises(UnreadableText, match=re.escape(told)) as caught:
        read_tables(text)
    assert time.monotonic() - begun < 5
    if at:
        last = text.rindex(at)
        assert caught.value.line == text.count("\n", 0, last) + 1


FOREIGN = {
    "nothing": "",
    "prose": "# A page\n\nThat says nothing of an API.\n",
    "a table of something else": "| Name | Type |\n| --- | --- |\n| a | b |\n",
    "HTML": "<!DOCTYPE html>\n<html><body><table><tr><td>GET https://a.example</td></tr></table></body></html>\n",
    "OpenAPI": "openapi: 3.0.3\npaths: {}\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_such_page_is_left_to_others(text: str) -> None:
    """It may be something else that is known."""
    assert read_tables(text) is None


# --- as a document -------------------------------------------------------------------------------------------------


def test_a_page_is_a_document_like_another(tmp_path: Path) -> None:
    """Its clauses stand on the lines of the page, and the embedded service keeps them."""
    (path := tmp_path / "parcel.md").write_text(PARCEL, encoding="utf-8")
    document = documents.read_document(path)
    [named] = document.operations
    derived = {clause.id: clause for clause in clauses.derive(named)}
    place = derived["200/body/rates"].place
    assert place.line == line_of(PARCEL, "| rates  ")
    assert place.file.endswith("parcel.md")
    campaign = Double(named, max_examples=4).campaign()
    assert red({id: campaign.ruling(clause) for id, clause in derived.items()}) == {}


@dataclass(frozen=True)
class PageRow(Row):
    """A page, as a small document."""

    file: Path = FOLDER

    @property
    def path(self) -> Path:
        """Return the file of the page."""
        return self.file


GLAZED: dict[str, Any] = {"glaze": "matt", "rim": 3, "marks": {"front": "a bird"}}
PLATE: dict[str, Any] = {"plate_id": "p-1", "plate": GLAZED}


def takes_plate(body: Any) -> bool:
    """Return whether the body has a plate as the page has it."""
    plate = body.get("plate") if isinstance(body, dict) else None
    if not isinstance(plate, dict) or plate.get("glaze") not in ("matt", "gloss"):
        return False
    rim, marks = plate.get("rim", 3), plate.get("marks", {})
    is_number = isinstance(rim, (int, float)) and not isinstance(rim, bool) and rim == int(rim)
    is_in_range = is_number and -(2**31) <= rim < 2**31
    are_texts = isinstance(marks, dict) and all(isinstance(one, str) for one in marks.values())
    return is_in_range and are_texts


def takes_any_mark(body: Any) -> bool:
    """Return the same, but for what is painted where."""
    plate = body.get("plate") if isinstance(body, dict) else None
    if not isinstance(plate, dict) or not isinstance(plate.get("marks", {}), dict):
        return False
    return takes_plate({"plate": {name: one for name, one in plate.items() if name != "marks"}})


def takes_no_glaze(body: Any) -> bool:
    """Return the same, but that a plate may have no glaze."""
    plate = body.get("plate") if isinstance(body, dict) else None
    return isinstance(plate, dict) and takes_plate({"plate": {"glaze": "matt", **plate}})


def set_plate(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set what the body says of the plate."""
    known = ("glaze", "rim", "marks")
    state["plate"].update({name: one for name, one in body["plate"].items() if name in known})


def plates(
    shown: dict[str, Any] = PLATE, takes: Callable[[Any], bool] = takes_plate
) -> SmallService:
    """Return a service of the plate that is *shown* at first."""
    return SmallService("/plates/p-1", shown, takes, set_plate)


BROKEN = {
    "200/body/plate.marks.*": partial(plates, {**PLATE, "plate": {**GLAZED, "marks": {"x": 1}}}),
    "200/body/plate.rim": partial(plates, {**PLATE, "plate": {**GLAZED, "rim": "wide"}}),
    "request/plate.marks.*/type": partial(plates, PLATE, takes_any_mark),
    "request/plate.glaze/required": partial(plates, PLATE, takes_no_glaze),
    "update/id-is-path-id": partial(plates, {**PLATE, "plate_id": "p-2"}),
}


@pytest.fixture
def plate_row(tmp_path: Path) -> PageRow:
    """Return the page of plates."""
    (path := tmp_path / "plates.md").write_text(PLATES, encoding="utf-8")
    return PageRow("plates", plates, BROKEN, (("plate_id", "p-1"),), path)


def test_a_service_that_keeps_a_page_is_silent(plate_row: PageRow) -> None:
    """Nothing is red and nothing is warned."""
    rulings = held(plate_row, plate_row.service)
    assert (red(rulings), warned(rulings)) == ({}, set())


@pytest.mark.parametrize("id", BROKEN)
def test_a_service_that_breaks_a_page_is_told(plate_row: PageRow, id: str) -> None:
    """By the clause of what it breaks."""
    assert held(plate_row, BROKEN[id])[id].verdict in (Verdict.BROKEN, Verdict.WARNED)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("page.md", body(" | ! | strnig | "), r"page\.md:\d+: the type `strnig` is not known"),
        (
            "page.md",
            body(" | ! | strnig | ") + "```\nopenapi: 3.0.3\n```\n",
            r"page\.md:\d+: the type",
        ),
        ("page.html", "<!DOCTYPE html>\n<p>An API.</p>\n", r"page\.html:1: HTML"),
        ("page.md", "# A page\n\nOf: an API: or so\n", r"page\.md:1: neither a page that is known"),
        ("noise.md", "%{|`\n: a" * 1_500_000, r"noise\.md:1: neither a page that is known"),
    ],
)
def test_a_file_that_is_no_document_is_told_in_one_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    """With its name and line, within seconds."""
    (path := tmp_path / name).write_text(text, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(ContractError, match=told) as caught:
        load_document(path)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begun < 5
