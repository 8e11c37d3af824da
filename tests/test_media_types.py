"""Is each body judged, and written, as its media type has it?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    SILENT,
    make_case,
    make_exchange,
    operation_from,
    verdict,
)
from small_services import FOLDER, read

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.model.media_types import (
    BodyKind,
    body_kind,
    matching,
    preference,
)
from pytest_confluent_contracts.model.traffic import (
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case

HAL = "application/hal+json"
ANSWERS = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        '200':
          description: The thing.
          content:
            application/xml: {schema: {type: object}}
            application/*: {schema: {type: object, required: [any]}}
            application/hal+json: {schema: {type: object, required: [_links]}}
            application/json: {schema: {type: object, required: [name]}}
"""


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/json", BodyKind.JSON),
        ("Application/JSON; charset=utf-8", BodyKind.JSON),
        ("application/vnd.x.v1+json", BodyKind.JSON),
        ("text/json", BodyKind.JSON),
        ("*/*", BodyKind.JSON),
        ("application/merge-patch+json", BodyKind.MERGE_PATCH),
        ("application/json-patch+json", BodyKind.JSON_PATCH),
        ("application/x-www-form-urlencoded", BodyKind.FORM),
        ("multipart/form-data; boundary=a", BodyKind.MULTIPART),
        ("application/xml", BodyKind.XML),
        ("image/svg+xml", BodyKind.XML),
        ("text/plain", BodyKind.TEXT),
        ("application/jsonlines", BodyKind.BINARY),
        ("application/octet-stream", BodyKind.BINARY),
    ],
)
def test_a_media_type_stands_for_a_kind(media_type: str, kind: BodyKind) -> None:
    """By its subtype and its suffix (RFC 6839), in any case."""
    assert body_kind(media_type) is kind


def test_the_most_specific_type_is_the_one() -> None:
    """RFC 9110 12.5.1, whatever the order."""
    documented = ["*/*", "application/*", "application/json"]
    assert matching(documented, "application/json; charset=utf-8") == "application/json"
    assert matching(documented, "application/xml") == "application/*"
    assert matching(documented, "text/plain") == "*/*"
    assert matching(documented[1:], "text/plain") is None
    assert matching(documented, None) is None


def test_of_several_types_json_comes_first() -> None:
    """Then what can be written, and last what nobody reads here."""
    types = ["*/*", "application/xml", "application/json-patch+json", "multipart/form-data"]
    types += ["application/merge-patch+json", HAL, "application/json"]
    assert sorted(types, key=preference) == [
        "application/json",
        HAL,
        "application/merge-patch+json",
        "multipart/form-data",
        "application/json-patch+json",
        "application/xml",
        "*/*",
    ]


@pytest.mark.parametrize(
    ("media_type", "body", "said"),
    [
        ("application/json", {"name": 1}, (KEPT, KEPT, SILENT, SILENT)),
        ("application/json", {}, (KEPT, BROKEN, SILENT, SILENT)),
        (HAL, {"_links": 1}, (KEPT, SILENT, KEPT, SILENT)),
        (HAL, {"name": 1}, (KEPT, SILENT, BROKEN, SILENT)),
        ("application/problem+json", {"any": 1}, (KEPT, SILENT, SILENT, KEPT)),
        ("application/problem+json", {}, (KEPT, SILENT, SILENT, BROKEN)),
        ("application/xml", ABSENT, (KEPT, SILENT, SILENT, SILENT)),
        ("text/html", ABSENT, (BROKEN, SILENT, SILENT, SILENT)),
    ],
)
def test_each_type_of_an_answer_is_judged_by_its_own_schema(
    tmp_path: Path, media_type: str, body: Any, said: tuple[str, ...]
) -> None:
    """And by no other; XML by its media type alone."""
    operation = operation_from(ANSWERS, tmp_path)
    text = "<a/>" if body is ABSENT else json.dumps(body)
    flaw = "no JSON" if body is ABSENT else ""
    exchange = make_exchange(
        make_case(operation, {}), 200, body, text=text, media_type=media_type, flaw=flaw
    )
    ids = ("200/media-type", "200/body", f"200/{HAL}/body", "200/application/*/body")
    assert tuple(verdict(operation, id, exchange) for id in ids) == said
    assert verdict(operation, "200/application/xml/body", exchange) == SILENT


# --- requests ------------------------------------------------------------------------------------------------------


def operation_of(name: str) -> Operation:
    """Return the operation of a small document."""
    return read(FOLDER / f"{name}.yaml").operations[0]


def made(name: str, probe: Probe = Probe.VALID) -> list[Case]:
    """Return the cases of *probe*."""
    operation = operation_of(name)
    context = RunContext(operation.parameters, {}, {}, max_examples=5)
    return cases.of(probe, operation, context)


def sent_as(case: Case) -> str:
    """Return the media type of a request."""
    return dict(case.headers).get("Content-Type", "")


def test_a_form_is_a_form() -> None:
    """Numbers are texts in it, and the value of the case is what the schema makes of them."""
    full = next(case for case in made("form") if case.title == "new values for every member")
    assert full.body == b"name=new-name&size=1&tags=new%3Atags"
    assert full.value == {"name": "new-name", "size": 1, "tags": ["new:tags"]}
    wrong = [case for case in made("form", Probe.BROKEN) if case.violations]
    assert not [case for case in wrong if case.violations[0].keyword == "null"]


def test_parts_have_a_boundary_and_a_small_file() -> None:
    """RFC 7578: the file has a name and a type."""
    full = next(case for case in made("parts_with_a_file") if b"photo" in (case.body or b""))
    boundary = sent_as(full).partition("boundary=")[2]
    assert full.body is not None
    assert full.body.endswith(f"--{boundary}--\r\n".encode())
    assert (
        b'name="photo"; filename="contract.txt"\r\nContent-Type: application/octet-stream'
        in full.body
    )
    assert len(full.body) < 1000


def test_each_other_type_gets_a_valid_body() -> None:
    """What nobody can write, XML, gets none; JSON is never sent under its name."""
    cases_sent = made("types_in_requests")
    types = {sent_as(case) for case in cases_sent}
    assert types == {"application/json", "application/x-www-form-urlencoded"}
    assert all(sent_as(case) != "application/xml" or not case.body for case in made("xml"))


def test_a_patch_that_hangs_on_what_is_there_is_no_promise() -> None:
    """Only the empty patch must be taken; the others may fail (RFC 5789 2.2), but not with 5xx."""
    promised = [case.body for case in made("json_patch") if case.expect is Expect.ACCEPTED]
    assert set(promised) == {b"[]"}
    operation = operation_of("json_patch")
    subject = Subject(SubjectKind.PATCH_PATH)
    case = make_case(operation, [], expect=Expect.ANY, subject=subject)
    statuses = {200: KEPT, 409: KEPT, 422: KEPT, 418: BROKEN, 500: BROKEN}
    for status, said in statuses.items():
        assert verdict(operation, "statuses", make_exchange(case, status, {})) == said


def merged(sent: Any, came: Any) -> str:
    """Return what is said of a merge patch and its answer."""
    operation = operation_of("merge_patch")
    exchanges = [
        make_exchange(
            make_case(operation, {"name": "b", "labels": {"y": "1"}}),
            200,
            {"name": "b", "labels": {"y": "1"}},
        ),
        make_exchange(make_case(operation, sent, expect=Expect.ANY), 200, came),
    ]
    path = next(iter(sent))
    return verdict(operation, f"update/sent-is-returned/{path}", *exchanges)


def test_null_removes_in_a_merge_patch() -> None:
    """RFC 7396: the member is gone, or null; not what it was."""
    assert merged({"name": None}, {}) == KEPT
    assert merged({"name": None}, {"name": None}) == KEPT
    assert merged({"name": None}, {"name": "b"}) == BROKEN


def test_a_map_is_merged_in_a_merge_patch() -> None:
    """What was not sent stays in it; what was sent is there."""
    seen = {"labels": {"x": "0"}}
    first = make_exchange(make_case(operation_of("merge_patch"), seen), 200, seen)
    assert verdict(operation_of("merge_patch"), "update/sent-is-returned/labels", first) == KEPT
    assert merged({"labels": {"x": "0"}}, {"labels": {"x": "0", "y": "1"}}) == KEPT
    assert merged({"labels": {"x": "0"}}, {"labels": {"y": "1"}}) == BROKEN


def test_what_removes_a_member_is_no_broken_body() -> None:
    """The schema says what a member is, and null that it goes."""
    keywords = {
        violation.keyword
        for case in made("merge_patch", Probe.BROKEN)
        if case.expect is Expect.REFUSED and len(case.violations) == 1
        for violation in case.violations
    }
    assert "null" not in keywords
    assert "type" in keywords
