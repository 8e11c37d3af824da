"""Are documents read as generators and well-known public APIs mean them, and judged so?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from exchanges import BROKEN, KEPT, SILENT, make_case, make_exchange, operation_from, verdict
from small_services import FOLDER, read

from pytest_confluent_contracts.cases.build import promised_by_schema
from pytest_confluent_contracts.cases.restore import shown_values
from pytest_confluent_contracts.http.client import leads_on
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

DOCUMENT = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things/{{id}}:
    patch:
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      requestBody: {{content: {{{media_type}: {{schema: {schema}}}}}}}
      responses:
        '200': {{description: The thing., content: {{application/json: {{schema: {schema}}}}}}}
        '400': {{description: Wrong.}}
        '404': {{description: No such thing.}}
"""
JSON, MERGE = "application/json", "application/merge-patch+json"
FORM = "application/x-www-form-urlencoded"
LABELS = (
    "{type: object, properties: {labels: {type: array, items: {oneOf: [{type: string},"
    " {type: object, properties: {id: {type: integer}, name: {type: string}}}]}}}}"
)
SURGE = (
    "{type: object, properties: {a: {type: string},"
    " surge: {oneOf: [{type: integer}, {type: string}]}}}"
)
NAME = "{type: object, properties: {name: {type: [string, 'null']}, size: {type: integer}}}"
VERSIONED = (
    "{type: object, properties: {name: {type: string}, meta: {type: object, properties:"
    " {label: {type: string}, generation: {type: integer, readOnly: true}}}}}"
)
OWNED = (
    "{type: object, properties: {name: {type: string}, owner: {type: [object, 'null'],"
    " properties: {login: {type: string}}}}}"
)


def with_schema(schema: str, folder: Path, media_type: str = JSON) -> Operation:
    """Return the operation whose request and answer have *schema*."""
    return operation_from(DOCUMENT.format(schema=schema, media_type=media_type), folder)


def test_what_was_null_is_put_back_as_null() -> None:
    """An empty text is another value, and not one that each schema takes."""
    [operation] = read(FOLDER / "optional_members.yaml").operations
    was = shown_values(operation, {"name": None, "state": None, "owner": None})
    assert was == {"name": None, "state": None, "owner": None}
    assert shown_values(operation, {"name": "a", "state": "open", "owner": None})["name"] == "a"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"surge": None}, Expect.ANY),
        ({"surge": 1}, Expect.ACCEPTED),
        ({"surge": True}, Expect.REFUSED),
        ({"a": 1, "surge": None}, Expect.REFUSED),
    ],
)
def test_null_removes_what_has_several_forms(body: Any, expected: Expect, tmp_path: Path) -> None:
    """RFC 7396 1: in a merge patch null is no value of the member."""
    operation = with_schema(SURGE, tmp_path, MERGE)
    assert promised_by_schema(operation, body)["expect"] is expected


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        (["bug"], KEPT),
        ([{"id": 1, "name": "bug"}], KEPT),
        ([{"id": 1, "name": "Bug"}], BROKEN),
        ([], BROKEN),
    ],
)
def test_what_is_sent_by_its_name_may_be_shown_as_its_object(
    came: Any, expected: str, tmp_path: Path
) -> None:
    """The schema allows both forms."""
    operation = with_schema(LABELS, tmp_path)
    exchange = make_exchange(make_case(operation, {"labels": ["bug"]}), 200, {"labels": came})
    assert verdict(operation, "update/sent-is-returned/labels", exchange) == expected


@pytest.mark.parametrize(
    ("unique", "came", "expected"),
    [
        ("true", ["b", "a"], KEPT),
        ("true", ["b"], BROKEN),
        ("false", ["b", "a"], BROKEN),
    ],
)
def test_the_order_of_a_set_is_free(unique: str, came: Any, expected: str, tmp_path: Path) -> None:
    """Frameworks write a set as a list of unique items."""
    tags = f"{{type: array, uniqueItems: {unique}, items: {{type: string}}}}"
    operation = with_schema(f"{{type: object, properties: {{tags: {tags}}}}}", tmp_path)
    exchange = make_exchange(make_case(operation, {"tags": ["a", "b"]}), 200, {"tags": came})
    assert verdict(operation, "update/sent-is-returned/tags", exchange) == expected


@pytest.mark.parametrize(("media_type", "expected"), [(FORM, KEPT), (JSON, BROKEN)])
def test_an_empty_text_in_a_form_is_nothing(media_type: str, expected: str, tmp_path: Path) -> None:
    """A form has no null."""
    operation = with_schema(NAME, tmp_path, media_type)
    exchange = make_exchange(make_case(operation, {"name": ""}), 200, {"name": None})
    assert verdict(operation, "update/sent-is-returned/name", exchange) == expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [({"label": "x", "generation": 2}, KEPT), ({"label": "y", "generation": 1}, BROKEN)],
)
def test_a_read_only_member_of_an_object_may_move(
    after: Any, expected: str, tmp_path: Path
) -> None:
    """A service may count versions beside what an update writes."""
    operation = with_schema(VERSIONED, tmp_path)
    before = {"name": "a", "meta": {"label": "x", "generation": 1}}
    exchanges = [
        make_exchange(make_case(operation, {"name": "a"}), 200, before),
        make_exchange(make_case(operation, {"name": "b"}), 200, {"name": "b", "meta": after}),
    ]
    assert verdict(operation, "update/omitted-unchanged", *exchanges) == expected


@pytest.mark.parametrize(("sent", "expected"), [({"owner": None}, SILENT), ({"name": "a"}, BROKEN)])
def test_null_speaks_of_all_that_an_object_held(sent: Any, expected: str, tmp_path: Path) -> None:
    """Its members are gone because the object is."""
    operation = with_schema(OWNED, tmp_path)
    exchanges = [
        make_exchange(
            make_case(operation, {"name": "a"}), 200, {"name": "a", "owner": {"login": "o"}}
        ),
        make_exchange(make_case(operation, sent), 200, {"name": "a", "owner": None}),
    ]
    assert verdict(operation, "update/omitted-unchanged", *exchanges) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://a.test/things/?key=k", True),
        ("/things/?key=k", True),
        ("https://b.test/things/?key=k", False),
        ("https://a.test/things/?key=k&more=1", False),
        ("https://a.test/things/k", False),
    ],
)
def test_a_redirect_may_keep_the_query(location: str, expected: bool) -> None:
    """A key in the query goes along to the same host, and is no leak; elsewhere it is one."""
    request = httpx.Request("PATCH", "https://a.test/things?key=k")
    assert leads_on(request, "Location", location) is expected
