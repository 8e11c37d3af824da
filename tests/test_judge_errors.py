"""What may stand in a refusal? What the document says: each rule on errors, in both directions.

One answer keeps a rule, one breaks it, and one comes as near to breaking it as is allowed. Where a
rule says nothing of an answer, another stands beside it of which it does speak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    JSON,
    KEPT,
    SILENT,
    Expect,
    Subject,
    SubjectKind,
    clause_ids,
    clause_of,
    confluent,
    datadog,
    explained,
    is_withheld,
    make_case,
    make_exchange,
    operation_from,
    said,
    verdict,
)

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

PROBLEM = "application/problem+json"
NAME = {"spec": {"display_name": "a"}}
WRONG_NAME = {"spec": {"display_name": 5}}

THINGS = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      x-contract:
        refusals: {invalid: [400]}
        errors:
          stable: {paths: ['errors[].code']}
          pointer: {path: 'errors[].at'}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [name, 'a/b']
              maxProperties: 3
              properties:
                name: {type: string}
                a/b: {type: string}
                size: {type: integer}
      responses:
        '302':
          description: A redirection is no error.
          headers: {X-Found: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {type: string}}}
        '409':
          description: A body of its own, and a header of its own.
          headers: {X-Other: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {type: object, required: [other]}}}
        '400':
          description: The envelope that most statuses share.
          headers:
            X-Trace: {required: true, schema: {type: string}}
            Retry-After: {schema: {type: integer}}
          content:
            application/json:
              schema:
                type: object
                required: [errors, warnings, count]
                properties:
                  errors: {type: array, minItems: 1}
                  warnings: {type: array}
                  notes: {type: array}
                  count: {type: integer}
                anyOf: [{required: [errors]}]
        '404':
          description: The same once more, on other lines.
          content:
            application/json:
              schema:
                type: object
                required: [errors, warnings, count]
                properties:
                  errors: {type: array, minItems: 1}
                  warnings: {type: array}
                  notes: {type: array}
                  count: {type: integer}
                anyOf: [{required: [errors]}]
        '405': {description: No body at all.}
        '410':
          description: The same members, in another media type.
          content:
            application/vnd.gone+json:
              schema:
                type: object
                required: [errors, warnings, count]
                properties:
                  errors: {type: array, minItems: 1}
                  warnings: {type: array}
                  notes: {type: array}
                  count: {type: integer}
                anyOf: [{required: [errors]}]
        '5XX':
          description: A range of statuses.
          headers: {X-Trace: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {type: object, required: [failure]}}}
"""

PROBLEMS = """
openapi: 3.1.0
info: {title: Problems, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      x-contract:
        errors:
          pointer: {path: at}
      responses:
        '200': {description: Done.}
        '405':
          description: The methods are documented.
          headers: {allow: {schema: {type: string}}}
        default:
          description: Whatever went wrong.
          content: {Application/Problem+JSON; charset=utf-8: {schema: {type: object}}}
"""

SILENT_DOCUMENT = """
openapi: 3.1.0
info: {title: Nothing said, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      responses:
        '200': {description: Done.}
        '404': {description: No such thing.}
        '405': {description: Not with this method.}
"""


@pytest.fixture
def things(tmp_path: Path) -> Operation:
    """Return an operation with an envelope, bodies of their own, a range, and no body."""
    return operation_from(THINGS, tmp_path)


@pytest.fixture
def problems(tmp_path: Path) -> Operation:
    """Return an operation whose errors are problem details (RFC 9457)."""
    return operation_from(PROBLEMS, tmp_path)


def refused(*errors: Any, status: int = 400, body: Any = WRONG_NAME, **more: Any) -> Exchange:
    """Return the exchange in which Confluent's operation refused *body* with *errors*."""
    return make_exchange(make_case(confluent(), body), status, {"errors": list(errors)}, **more)


def pointing(*pointers: str, status: int = 400, body: Any = WRONG_NAME) -> Exchange:
    """Return a refusal of *body* with an error for each of *pointers*."""
    told: list[Any] = [{"source": {"pointer": pointer}} for pointer in pointers]
    return refused(*told, status=status, body=body)


def answered(operation: Operation, status: int, answer: Any = ABSENT, **more: Any) -> Exchange:
    """Return an answer of *operation* to a request without a body."""
    return make_exchange(make_case(operation), status, answer, **more)


# --- the envelope ---------------------------------------------------------------------------------

ENVELOPE = {"errors": [{"status": "400"}]}
OWED = [400, 402, 418, 422, 499, 500, 503, 599]


@pytest.mark.parametrize("status", OWED)
def test_every_error_owes_the_envelope(status: int) -> None:
    """Documented or not, an answer of 400 and above has the body that most errors share."""
    right = answered(confluent(), status, ENVELOPE)
    wrong = answered(confluent(), status, {"message": "no"})
    assert said(confluent(), "error/body/errors", right, wrong) == [KEPT, BROKEN]


@pytest.mark.parametrize("status", [200, 302, 399, 429])
def test_no_other_answer_owes_the_envelope(status: int) -> None:
    """Below 400 there is no error, and Confluent documents no body for 429."""
    row = (answered(confluent(), 400, ENVELOPE), answered(confluent(), status, {"message": "no"}))
    assert said(confluent(), "error/body/errors", *row) == [KEPT, SILENT]


def test_what_was_lost_on_the_way_is_no_answer() -> None:
    """An exchange that failed, or that was sent again, says nothing of the envelope."""
    row = [answered(confluent(), 400, ENVELOPE), answered(confluent(), 400, {}, failure="reset")]
    row += [answered(confluent(), 400, {}, superseded=True)]
    assert said(confluent(), "error/body/errors", *row) == [KEPT, SILENT, SILENT]


BODIES = [
    pytest.param("error/body", ENVELOPE, KEPT, id="an object"),
    pytest.param("error/body", [ENVELOPE], BROKEN, id="a list in its place"),
    pytest.param("error/body/errors", {"errors": {}}, BROKEN, id="errors are no list"),
    pytest.param("error/body/errors[].title", {"errors": [{"title": "No"}]}, KEPT, id="a text"),
    pytest.param("error/body/errors[].title", {"errors": [{"title": 5}]}, BROKEN, id="no text"),
    pytest.param("error/undeclared", {"errors": []}, KEPT, id="nothing undocumented"),
    pytest.param("error/undeclared", {"errors": [], "hint": 1}, BROKEN, id="a member more"),
]


@pytest.mark.parametrize(("id", "answer", "expected"), BODIES)
def test_the_envelope_keeps_its_schema(id: str, answer: Any, expected: str) -> None:
    """The whole body and each member of it are held against the documented schema."""
    assert verdict(confluent(), id, answered(confluent(), 400, answer)) == expected


def test_the_envelope_is_told_in_its_media_type() -> None:
    """RFC 9110 section 8.3: the answer names the media type that is documented."""
    told = [answered(confluent(), 400, ENVELOPE, media_type=kind) for kind in (JSON, PROBLEM)]
    assert said(confluent(), "error/media-type", *told) == [KEPT, BROKEN]


def test_a_status_with_a_body_of_its_own_owes_that_one(things: Operation) -> None:
    """Another schema is judged under its own status, and not as the envelope."""
    right, wrong = answered(things, 409, {"other": 1}), answered(things, 409, {})
    shared = answered(things, 404, {"errors": [1], "warnings": [], "count": 1})
    assert said(things, "409/body", right, shared) == [KEPT, SILENT]
    assert said(things, "409/body", wrong, shared) == [BROKEN, SILENT]
    assert said(things, "error/body/errors", wrong, shared) == [SILENT, KEPT]


def test_a_range_may_have_a_body_of_its_own(things: Operation) -> None:
    """``5XX`` stands for each status from 500 to 599."""
    row = [
        answered(things, 500, {"failure": 1}),
        answered(things, 599, {}),
        answered(things, 499, {}),
    ]
    assert said(things, "5XX/body", *row) == [KEPT, BROKEN, SILENT]
    assert said(things, "error/body/errors", *row) == [SILENT, SILENT, BROKEN]


def test_another_media_type_makes_a_body_of_its_own(things: Operation) -> None:
    """The same schema in another media type is not the envelope."""
    gone = answered(things, 410, {"errors": [1]}, media_type="application/vnd.gone+json")
    plain = answered(things, 404, {"errors": [1]})
    assert said(things, "410/media-type", gone, plain) == [KEPT, SILENT]
    assert said(things, "error/media-type", gone, plain) == [SILENT, KEPT]


def test_a_status_without_a_body_owes_no_envelope(things: Operation) -> None:
    """A status that documents no body has none to judge; a redirection is no error."""
    row = [answered(things, status, {}) for status in (405, 302, 404)]
    assert said(things, "error/body/errors", *row) == [SILENT, SILENT, BROKEN]


def test_default_is_an_error(problems: Operation) -> None:
    """``default`` documents every error that has no entry of its own."""
    row = [answered(problems, 418, {}), answered(problems, 500, []), answered(problems, 405, [])]
    assert said(problems, "error/body", *row) == [KEPT, BROKEN, SILENT]


DEFAULT = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      responses:
        '200': {description: The thing.}
        '400':
          description: The envelope that most statuses share.
          content: {application/json: {schema: {type: object, required: [errors]}}}
        '404':
          description: The same.
          content: {application/json: {schema: {type: object, required: [errors]}}}
        default:
          description: A body of its own, and a header of its own.
          headers: {X-Fault: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: object, required: [fault]}}}
"""


def test_default_may_have_a_body_and_headers_of_its_own(tmp_path: Path) -> None:
    """They are those of each error without an entry, and of no other answer."""
    own = operation_from(DEFAULT, tmp_path)
    fault, bare = {"fault": 1}, {"errors": [1]}
    row = [
        *(answered(own, 500, fault), answered(own, 418, bare)),
        *(answered(own, 400, bare), answered(own, 200, bare)),
    ]
    assert said(own, "default/body", *row) == [KEPT, BROKEN, SILENT, SILENT]
    assert said(own, "error/body", *row) == [SILENT, SILENT, KEPT, SILENT]
    told = [
        make_exchange(make_case(own), status, bare, headers={"X-Fault": value})
        for status, value in ((500, "7"), (418, "x"), (404, "x"), (200, "x"))
    ]
    assert said(own, "default/header/X-Fault", *told) == [KEPT, BROKEN, SILENT, SILENT]


def test_default_may_have_no_body(tmp_path: Path) -> None:
    """A body that comes where none is documented is told for each such error."""
    own = operation_from(DEFAULT[: DEFAULT.rindex("          content")], tmp_path)
    row = [answered(own, 500, {}), answered(own, 400, {}), make_exchange(make_case(own), 418)]
    assert said(own, "default/no-body", *row) == [BROKEN, SILENT, KEPT]


def test_without_an_envelope_none_is_promised(tmp_path: Path) -> None:
    """Where no error has a body, none is judged; what must not be in one, and what HTTP asks for with 405, is."""
    ids = clause_ids(operation_from(SILENT_DOCUMENT, tmp_path), "errors")
    assert ids == ["error/no-leak", "error/no-stack-trace", "error/allow"]


# --- the list of errors ---------------------------------------------------------------------------

LISTS = [
    pytest.param({"errors": ["Bad Request"]}, KEPT, id="one problem"),
    pytest.param({"errors": []}, BROKEN, id="no problem"),
    pytest.param({"errors": [None]}, KEPT, id="a problem that is null"),
]


@pytest.mark.parametrize(("answer", "expected"), LISTS)
def test_the_list_of_errors_is_not_empty(answer: Any, expected: str) -> None:
    """An error answer tells at least one problem."""
    told = make_exchange(make_case(datadog()), 400, answer)
    assert verdict(datadog(), "error/errors-not-empty", told) == expected


@pytest.mark.parametrize("answer", [{}, {"errors": {}}, {"errors": None}, [], "no", ABSENT])
def test_what_is_no_list_is_not_judged_as_empty(answer: Any) -> None:
    """That the list is missing or something else, the schema says."""
    row = [make_exchange(make_case(datadog()), 400, {"errors": []})]
    row += [make_exchange(make_case(datadog()), 400, answer)]
    assert said(datadog(), "error/errors-not-empty", *row) == [BROKEN, SILENT]


def test_only_required_lists_are_owed_an_entry(things: Operation) -> None:
    """MUST where the schema says minItems; else SHOULD, where it is the list of errors. Others may be empty."""
    owed = {id for id in clause_ids(things) if id.endswith("-not-empty")}
    assert owed == {"error/errors-not-empty"}
    assert clause_of(things, "error/errors-not-empty").level == "MUST"
    assert clause_of(datadog(), "error/errors-not-empty").level == "SHOULD"


def test_each_list_is_judged_by_itself(things: Operation) -> None:
    """An empty list says nothing of the list beside it."""
    told = answered(things, 400, {"errors": [], "warnings": [1]})
    assert verdict(things, "error/errors-not-empty", told) == BROKEN


# --- the status -----------------------------------------------------------------------------------

STATUSES = [
    pytest.param([{"status": "404"}], KEPT, id="the same"),
    pytest.param([{"status": "404"}, {}], KEPT, id="one of two tells it"),
    pytest.param([{"status": "400"}], BROKEN, id="another"),
    pytest.param([{"status": 404}], BROKEN, id="a number"),
    pytest.param([{"status": "404 Not Found"}], BROKEN, id="with its phrase"),
    pytest.param([{"status": "404"}, {"status": "400"}], BROKEN, id="the second is another"),
]


@pytest.mark.parametrize(("errors", "expected"), STATUSES)
def test_the_status_is_the_http_status_as_a_text(errors: list[Any], expected: str) -> None:
    """Each error repeats the status of the answer, as a string."""
    assert verdict(confluent(), "error/status", refused(*errors, status=404)) == expected


def test_an_error_without_a_status_is_no_evidence() -> None:
    """The status is optional; a status without a body, as 429, tells none."""
    row = [refused({"status": "400"}), refused({}), refused({"status": "1"}, status=429)]
    assert said(confluent(), "error/status", *row) == [KEPT, SILENT, SILENT]


# --- the occurrence -------------------------------------------------------------------------------

ONE, OTHER = {"id": "one"}, {"id": "other"}


def test_no_two_answers_share_an_occurrence() -> None:
    """The id names one occurrence; the answer that says it again is the one that is wrong."""
    row = [refused(ONE), refused(OTHER), refused({"id": "ONE"}), refused(OTHER, status=500)]
    assert said(confluent(), "error/id-unique", *row) == [KEPT, KEPT, KEPT, BROKEN]


def test_some_answers_tell_no_occurrence() -> None:
    """No text, no id at all, no envelope owed, and an exchange sent again are no evidence."""
    row = [refused(ONE), refused({"id": 1}), refused(), refused(ONE, status=429)]
    row += [refused(ONE, superseded=True), refused(ONE)]
    assert said(confluent(), "error/id-unique", *row) == [
        KEPT,
        SILENT,
        SILENT,
        SILENT,
        SILENT,
        BROKEN,
    ]


OCCURRENCES = [
    pytest.param([ONE, OTHER], KEPT, id="two"),
    pytest.param([ONE], KEPT, id="one"),
    pytest.param([ONE, ONE], BROKEN, id="the same twice"),
    pytest.param([ONE, OTHER, OTHER], BROKEN, id="the second twice"),
]


@pytest.mark.parametrize(("errors", "expected"), OCCURRENCES)
def test_two_errors_of_one_answer_share_no_occurrence(errors: list[Any], expected: str) -> None:
    """Within an answer, too; but that is no id which an earlier answer had."""
    id = "error/id-unique/in-one-answer"
    assert said(confluent(), id, refused(*errors), refused({}), refused(*errors, status=429)) == [
        expected,
        SILENT,
        SILENT,
    ]
    assert verdict(confluent(), "error/id-unique", refused(*errors)) == KEPT


# --- code and title -------------------------------------------------------------------------------

LATE = {"code": "late", "title": "Too Late"}
EARLY = {"code": "early", "title": "Too Early"}
RENAMED = {"code": "late", "title": "Too late."}
ELSE = {"spec": {"display_name": 6}}
STABLE = [
    pytest.param([refused(LATE), refused(LATE)], [KEPT, KEPT], id="the same"),
    pytest.param([refused(LATE), refused(RENAMED)], [KEPT, BROKEN], id="a title renamed"),
    pytest.param([refused(LATE, RENAMED)], [BROKEN], id="two titles in one answer"),
    pytest.param([refused(LATE), refused(EARLY, RENAMED, body=ELSE)], [KEPT, BROKEN], id="second"),
    pytest.param([refused(LATE), refused(RENAMED, status=422)], [KEPT, KEPT], id="another status"),
    pytest.param([refused(LATE), refused(EARLY)], [KEPT, BROKEN], id="one request, two codes"),
    pytest.param([refused(LATE), refused(EARLY, body=ELSE)], [KEPT, KEPT], id="two requests"),
    pytest.param([refused(LATE), refused(EARLY, status=422)], [KEPT, KEPT], id="two statuses"),
    pytest.param([refused(LATE, EARLY), refused(EARLY, LATE)], [KEPT, KEPT], id="another order"),
    pytest.param([refused(LATE, LATE), refused(LATE)], [KEPT, KEPT], id="told twice"),
    pytest.param([refused({"code": "a"}), refused({"code": "a"})], [KEPT, KEPT], id="no titles"),
    pytest.param(
        [refused({"title": "a"}), refused({"title": "b"})],
        [KEPT, KEPT],
        id="titles without a code name no kind of problem",
    ),
    pytest.param([refused(LATE), refused({"code": "late"})], [KEPT, KEPT], id="a title left out"),
    pytest.param([refused(LATE), refused({}, "no")], [KEPT, SILENT], id="neither"),
    pytest.param([refused(LATE), refused({"code": 1, "title": 2})], [KEPT, SILENT], id="no texts"),
    pytest.param([refused(LATE), refused({}, EARLY)], [KEPT, BROKEN], id="only the second has one"),
    pytest.param([refused(LATE), refused(RENAMED, status=429)], [KEPT, SILENT], id="no envelope"),
    pytest.param([refused(LATE), refused(EARLY, superseded=True)], [KEPT, SILENT], id="sent again"),
    pytest.param([refused(LATE), refused(EARLY, failure="reset")], [KEPT, SILENT], id="failed"),
]


@pytest.mark.parametrize(("row", "expected"), STABLE)
def test_a_problem_is_always_called_the_same(row: list[Exchange], expected: list[str]) -> None:
    """One code has one title, and one request gets one code, as long as the status is the same."""
    assert said(confluent(), "error/code-and-title", *row) == expected


def test_a_code_alone_is_held_stable(things: Operation) -> None:
    """A document may promise that of the code and say nothing of a title."""
    codes = ("late", "late", "early")
    errors = [{"code": code, "": str(at), "title": str(at)} for at, code in enumerate(codes)]
    row = [answered(things, 400, {"errors": [error]}) for error in errors]
    assert said(things, "error/code-and-title", *row) == [KEPT, KEPT, BROKEN]
    named = [row[0], answered(things, 400, {"errors": [{}]})]
    assert said(things, "error/code-and-title", *named) == [KEPT, SILENT]


# --- pointers -------------------------------------------------------------------------------------

LISTED = {"more": {"tags": ["a", "b"], "none": []}}
ESCAPED = {"a/b": {"c~d": 1, "e~1f": 2}}
POINTERS = [
    pytest.param(NAME, "", KEPT, id="the whole body"),
    pytest.param(NAME, "/spec", KEPT, id="an object"),
    pytest.param(NAME, "/spec/display_name", KEPT, id="a member"),
    pytest.param(NAME, "/spec/description", KEPT, id="missing and documented"),
    pytest.param({}, "/spec", KEPT, id="missing and documented at the top"),
    pytest.param(ESCAPED, "/a~1b/c~0d", KEPT, id="escaped (RFC 6901 section 3)"),
    pytest.param(ESCAPED, "/a~1b/e~01f", KEPT, id="an escaped tilde before a one"),
    pytest.param(LISTED, "/more/tags/0", KEPT, id="the first item"),
    pytest.param(LISTED, "/more/tags/1", KEPT, id="the last item"),
    pytest.param(LISTED, "/more/names", KEPT, id="undocumented below, and missing"),
    pytest.param(NAME, "spec/display_name", BROKEN, id="no slash before"),
    pytest.param(NAME, "spec.display_name", BROKEN, id="dots"),
    pytest.param(NAME, "$.spec", BROKEN, id="JSONPath"),
    pytest.param(NAME, "#/spec", BROKEN, id="a fragment (RFC 6901 section 6)"),
    pytest.param(NAME, "/spec/display~name", BROKEN, id="a lone tilde"),
    pytest.param(NAME, "/spec/~2", BROKEN, id="an escape nobody knows"),
    pytest.param(NAME, "/spec/display_name\n", BROKEN, id="a line break behind"),
    pytest.param(NAME, "/spec/", BROKEN, id="a slash behind"),
    pytest.param(NAME, "/spec/nobody_knows", BROKEN, id="undocumented"),
    pytest.param(NAME, "/nobody_knows", BROKEN, id="undocumented at the top"),
    pytest.param(NAME, "/spec/display_name/length", BROKEN, id="below a text"),
    pytest.param({}, "/spec/display_name", BROKEN, id="below what is missing"),
    pytest.param([], "/spec", BROKEN, id="the body is a list"),
    pytest.param("spec", "/spec", BROKEN, id="the body is a text"),
    pytest.param(LISTED, "/more/tags/2", BROKEN, id="past the end"),
    pytest.param(LISTED, "/more/none/0", BROKEN, id="the first item of none"),
    pytest.param(LISTED, "/more/tags/-", BROKEN, id="the item after the last"),
    pytest.param(LISTED, "/more/tags/-1", BROKEN, id="counted from the end"),
    pytest.param(LISTED, "/more/tags/01", BROKEN, id="a leading zero (section 4)"),
    pytest.param(LISTED, "/more/tags/\u00b2", BROKEN, id="a digit that is none"),
    pytest.param(LISTED, f"/more/tags/{'9' * 5000}", BROKEN, id="an endless number"),
    pytest.param({"more": {"1": "a"}}, "/more/1", KEPT, id="a number as a name"),
    pytest.param({"more": {"1": {"a": 1}}}, "/more/1/a", KEPT, id="below a number as a name"),
    pytest.param({"more": [{"a": 1}]}, "/more/0/a", KEPT, id="a member of an item"),
    pytest.param({"more": [{"a": 1}]}, "/more/0/b", KEPT, id="missing in an undocumented item"),
    pytest.param({"more": ["a"]}, "/more/0/b", BROKEN, id="below an item that is a text"),
]


@pytest.mark.parametrize(("body", "pointer", "expected"), POINTERS)
def test_a_pointer_leads_into_the_body(body: Any, pointer: str, expected: str) -> None:
    """RFC 6901: each step is in the body, or the last is a documented member that is missing."""
    assert verdict(confluent(), "error/source.pointer", pointing(pointer, body=body)) == expected


def test_each_pointer_is_followed() -> None:
    """One of two that leads nowhere is enough; an error without a pointer is no evidence."""
    row = [
        pointing("/spec", "/spec/display_name"),
        pointing("/spec", "/no"),
        refused({}),
        pointing(),
    ]
    assert said(confluent(), "error/source.pointer", *row) == [KEPT, BROKEN, SILENT, SILENT]
    assert said(confluent(), "error/source.pointer", row[0], pointing("no", status=429)) == [
        KEPT,
        SILENT,
    ]


UNREADABLE = [
    pytest.param(b'{"spec":', ["/spec", "", "spec"], [SILENT, SILENT, BROKEN], id="broken off"),
    pytest.param(b"", ["/spec", "", "spec"], [SILENT, SILENT, BROKEN], id="empty"),
    pytest.param(None, ["/spec", "", "spec"], [SILENT, SILENT, BROKEN], id="nothing was sent"),
]


@pytest.mark.parametrize(("raw", "pointers", "expected"), UNREADABLE)
def test_a_pointer_into_what_is_no_json(
    raw: bytes | None,
    pointers: list[str],
    expected: list[str],
) -> None:
    """Where a body cannot be read, nobody can follow a pointer; what is none is wrong still."""
    answers = [{"errors": [{"source": {"pointer": pointer}}]} for pointer in pointers]
    row = [make_exchange(make_case(confluent(), raw=raw), 400, answer) for answer in answers]
    assert said(confluent(), "error/source.pointer", *row) == expected


def test_without_a_documented_body_any_missing_member_may_be_named(problems: Operation) -> None:
    """Nothing is documented there, so nothing is known to be wrong."""
    row = [make_exchange(make_case(problems, {"a": 1}), 400, {"at": at}) for at in ("/b", "/a/b")]
    assert said(problems, "error/source.pointer", *row) == [KEPT, BROKEN]


TWO_WRONG = {"spec": {"display_name": 5, "description": 6}}
AT_FAULT = [
    pytest.param(WRONG_NAME, ["/spec/display_name"], KEPT, id="the member"),
    pytest.param(WRONG_NAME, ["/spec"], KEPT, id="its parent"),
    pytest.param(WRONG_NAME, [""], KEPT, id="the whole body"),
    pytest.param(WRONG_NAME, ["/spe"], BROKEN, id="the beginning of its name"),
    pytest.param(WRONG_NAME, ["/spec/display_name/0"], BROKEN, id="what is in it"),
    pytest.param(WRONG_NAME, ["/spec/description"], BROKEN, id="its neighbour"),
    pytest.param(WRONG_NAME, ["/spec/display_name", "/spec"], KEPT, id="one right, one around"),
    pytest.param(WRONG_NAME, ["/spec/display_name", "/id"], BROKEN, id="one right, one wrong"),
    pytest.param(TWO_WRONG, ["/spec/display_name"], KEPT, id="the first of two"),
    pytest.param(TWO_WRONG, ["/spec/description"], KEPT, id="the second of two"),
    pytest.param(TWO_WRONG, ["/spec/description", "/spec/display_name"], KEPT, id="both"),
    pytest.param(TWO_WRONG, ["/spec"], KEPT, id="the parent of both"),
    pytest.param([], [""], KEPT, id="the whole body is wrong"),
    pytest.param({"spec": 5}, ["/spec"], KEPT, id="the object itself is wrong"),
]


@pytest.mark.parametrize(("body", "pointers", "expected"), AT_FAULT)
@pytest.mark.parametrize("status", [400, 422])
def test_the_member_at_fault_is_named(
    status: int,
    body: Any,
    pointers: list[str],
    expected: str,
) -> None:
    """Where it is known what is wrong with the body, a pointer names that and nothing else."""
    told = pointing(*pointers, status=status, body=body)
    assert verdict(confluent(), "error/source.pointer/at-fault", told) == expected


EXACT = [
    pytest.param(WRONG_NAME, ["/spec/display_name"], KEPT, id="the member"),
    pytest.param(WRONG_NAME, ["/spec"], BROKEN, id="its parent"),
    pytest.param(WRONG_NAME, [""], BROKEN, id="the whole body"),
    pytest.param(WRONG_NAME, ["/spec/description"], SILENT, id="its neighbour"),
    pytest.param(WRONG_NAME, ["/spec/display_name", "/spec"], BROKEN, id="one right, one around"),
    pytest.param(TWO_WRONG, ["/spec/description"], KEPT, id="the second of two"),
    pytest.param(TWO_WRONG, ["/spec"], BROKEN, id="the parent of both"),
    pytest.param([], [""], KEPT, id="the whole body is wrong"),
    pytest.param({"spec": 5}, ["/spec"], KEPT, id="the object itself is wrong"),
    pytest.param({"spec": 5}, [""], BROKEN, id="the object around it"),
]


@pytest.mark.parametrize(("body", "pointers", "expected"), EXACT)
def test_a_pointer_around_what_is_wrong_is_only_warned_of(
    body: Any, pointers: list[str], expected: str
) -> None:
    """It leads to what is wrong, if not all the way; what is neither is another promise."""
    told = pointing(*pointers, body=body)
    id = "error/source.pointer/exact"
    assert verdict(confluent(), id, told) == expected
    assert clause_of(confluent(), id).level == "SHOULD"


MISSING = [
    pytest.param({"a/b": "x"}, "/name", KEPT, id="the missing member"),
    pytest.param({"a/b": "x"}, "", KEPT, id="the parent of the missing member"),
    pytest.param({"a/b": "x"}, "/size", BROKEN, id="another member"),
    pytest.param({"name": "x"}, "/a~1b", KEPT, id="escaped (RFC 6901 section 3)"),
    pytest.param({"name": "x"}, "/a/b", BROKEN, id="not escaped"),
    pytest.param({"name": "x", "a/b": "y", "size": "z"}, "", KEPT, id="parent of a wrong one"),
]


@pytest.mark.parametrize(("body", "pointer", "expected"), MISSING)
def test_a_missing_member_is_named_by_its_place_or_its_parent(
    things: Operation, body: Any, pointer: str, expected: str
) -> None:
    """What is not there may also be told by what it is missing from."""
    told = make_exchange(make_case(things, body), 400, {"errors": [{"at": pointer}]})
    assert verdict(things, "error/source.pointer/at-fault", told) == expected


NOT_OF_THE_BODY = [
    pytest.param(pointing("/spec", status=404), id="a status that does not speak of the body"),
    pytest.param(pointing("/spec", status=500), id="a failure"),
    pytest.param(pointing("/spec", body=NAME), id="nothing is known to be wrong"),
]


@pytest.mark.parametrize("told", NOT_OF_THE_BODY)
@pytest.mark.parametrize("id", ["error/source.pointer/at-fault", "error/source"])
def test_other_refusals_point_at_what_they_like(id: str, told: Exchange) -> None:
    """Only a status that refuses broken bodies, given to one, says which member is wrong."""
    assert said(confluent(), id, pointing("/spec/display_name"), told) == [KEPT, SILENT]


def test_an_error_without_a_pointer_blames_no_member() -> None:
    """That a pointer is missing is another promise."""
    row = [pointing("/id"), refused({})]
    assert said(confluent(), "error/source.pointer/at-fault", *row) == [BROKEN, SILENT]


SOURCES = [
    pytest.param(pointing("/spec/display_name"), KEPT, id="told"),
    pytest.param(pointing("/no/where"), KEPT, id="told, if wrongly"),
    pytest.param(refused({"source": {"parameter": "id"}}), BROKEN, id="a parameter in its place"),
    pytest.param(refused({"source": {"pointer": 5}}), BROKEN, id="no text"),
    pytest.param(refused({}, {"source": {"pointer": "/spec"}}), KEPT, id="one of two errors"),
    pytest.param(refused({}), BROKEN, id="not told"),
    pytest.param(refused(body=TWO_WRONG), BROKEN, id="two members wrong, none told"),
]


@pytest.mark.parametrize(("told", "expected"), SOURCES)
def test_the_source_is_told_where_a_member_is_wrong(told: Exchange, expected: str) -> None:
    """A client learns which member to mend."""
    unread = make_exchange(make_case(confluent(), WRONG_NAME), 400, text="no", flaw="no JSON")
    whole = refused({}, body=[])
    assert said(confluent(), "error/source", told, unread, whole) == [expected, SILENT, SILENT]


def test_the_source_is_told_where_the_whole_is_wrong_too(things: Operation) -> None:
    """Too many members are the fault of no one; but one of these is wrong by itself."""
    case = make_case(things, {"name": 5, "a/b": "x", "c": 1, "d": 1})
    row = [make_exchange(case, 400, {"errors": [error]}) for error in ({"at": ""}, {})]
    assert said(things, "error/source", *row) == [KEPT, BROKEN]


def test_the_source_is_told_where_a_member_is_missing(things: Operation) -> None:
    """A member that is missing from the whole body has a place, too."""
    case = make_case(things, {"a/b": "x"})
    row = [make_exchange(case, 400, {"errors": [error]}) for error in ({"at": "/name"}, {})]
    assert said(things, "error/source", *row) == [KEPT, BROKEN]


# --- what must not be in it -----------------------------------------------------------------------


def test_no_secret_is_in_an_error_answer() -> None:
    """Every answer from 400 on is searched, whatever else it owes; others are not for here."""
    row = [refused(), refused(leaks=("the password",)), refused(status=429, leaks=("the key",))]
    row += [refused(status=status, leaks=("the key",)) for status in (200, 399)]
    assert said(confluent(), "error/no-leak", *row) == [KEPT, BROKEN, BROKEN, SILENT, SILENT]


TRACES = {
    "Python": (
        "Traceback (most recent call last)",
        "a traceback, the most recent call last",
    ),
    "Python, a frame": ('File "/srv/app.py", line 12', 'Profile "app", line 12'),
    "Python, a frame in single quotes": ("File '/srv/app', line 12", "File 'app' has no line 12"),
    "Java": (
        "at com.example.Api.patch(Api.java:42)",
        "at 10:30 (UTC)",
    ),
    "Kotlin": ("at com.example.Api$run(Api.kt:42)", "at the gate (Api.kt:42)"),
    "Scala": ("at a.B.c(B.scala:1)", "at a.B.c(B.pdf:1)"),
    "Groovy": ("at a.B.<init>(B.groovy:1)", "at a.B.init(B.groovy, 1)"),
    "Java, native": ("at java.lang.Thread.run(Native Method)", "at run(Native Methods)"),
    "Java, unknown": ("at java.base/a.B.c(Unknown Source)", "at home (Unknown Source)"),
    "Node": (
        "at handle (/srv/app.js:10:5)",
        "at /srv/app.js, 10:5",
    ),
    "TypeScript": ("at app.ts:1:2", "at app.ts:1"),
    "Node, a module": ("at run (x.mjs:10:5)", "at run (x.md:10:5)"),
    "Node, CommonJS": ("at run (x.cjs:10:5)", "at run (x.css:10:5)"),
    "Node, its own": ("at process (node:internal/task:95:5)", "at node:internal/task"),
    ".NET": (
        "at Api.Keys.Patch(String id) in C:\\src\\Keys.cs:line 42",
        "at noon (UTC) in room 5: line 42",
    ),
    ".NET without lines": (
        "Boom\n   at Api.Keys.Patch(String id)\n   at Api.Host.Run()",
        "Meet\n   at Berlin (Mitte)\n   on Monday (early)",
    ),
    ".NET without lines, one frame": (
        "Boom\n\tat Api.Patch(String id)\n\tat Api.Run()",
        "Boom\n\tat Api.Patch(String id)\n\tand no more",
    ),
    "Go": ("goroutine 17 [running]:", "goroutine 17 is running"),
    "Go, a panic": ("panic: runtime error", "do not panic, try again"),
    "Go, a frame": ("main.go:42 +0x1d", "main.go:42 + 5"),
    "Go, a frame of gin": ("handler.go:42 (0x4a)", "handler.go:42 (4a)"),
    "Ruby": ("keys.rb:10:in `patch'", "keys.rb:10 in 'patch'"),
    "Ruby 3.4": ("keys.rb:10:in 'patch'", "keys.rb: in 'patch'"),
    "a file and a line": ("failed (/srv/app/keys.py:10)", "see /v2/keys:10"),
    "a Rust file": ("/srv/src/main.rs:10", "/srv/src/main.rst:10"),
    "a PHP file": ("/srv/index.php:10", "/index.php?page=10"),
    "a path in prose": ("/srv/app.java:7", "the file /srv/app.java was not found"),
    "Rust": ("thread 'main' panicked at src/main.rs", "thread 'main' has panicked"),
    "Rust, a backtrace": ("stack backtrace:", "no stack backtrace is told"),
    "PHP": ("Stack trace:\n#0 index", "Stack trace: none"),
    "PHP, a frame": ("#1 /srv/index.php(12): run", "ticket #1 of index.php (12)"),
}


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("status", [400, 429, 500])
def test_no_stack_trace_is_in_an_error_answer(name: str, status: int) -> None:
    """Each language's own way to write one is known; prose that looks like it is innocent."""
    row = [answered(confluent(), status, {"detail": text}) for text in TRACES[name]]
    assert said(confluent(), "error/no-stack-trace", *row) == [BROKEN, KEPT]


@pytest.mark.parametrize("name", TRACES)
def test_a_stack_trace_is_found_in_plain_text(name: str) -> None:
    """A page that is no JSON gives as much away; what is no error is not searched."""
    trace, innocent = TRACES[name]
    row = [answered(confluent(), 500, text=text) for text in (trace, innocent)]
    row += [answered(confluent(), status, text=trace) for status in (200, 399)]
    assert said(confluent(), "error/no-stack-trace", *row) == [BROKEN, KEPT, SILENT, SILENT]


@pytest.mark.parametrize("end", [r"\r\n", r"\n", r"\u000a", r"\u000D\u000A"])
def test_line_ends_within_json_are_line_ends(end: str) -> None:
    """What JSON escapes is read as what it means, whichever way it is escaped."""
    trace = rf"{end}   at Api.Things.Update(String name){end}   at Api.Router.Run(){end}"
    row = [make_exchange(make_case(confluent()), 500, text=f'{{"detail": "{trace}"}}')]
    row += [make_exchange(make_case(confluent()), 500, text=r'{"detail": "meet at Api.run(x)"}')]
    assert said(confluent(), "error/no-stack-trace", *row) == [BROKEN, KEPT]


def test_a_stack_trace_may_have_the_line_ends_of_windows() -> None:
    """A carriage return before each line break hides nothing."""
    frames = ["Boom\r\n   at Api.Patch(String id)\r\n   at Api.Run()", "Boom\r\n   at noon\r\n"]
    row = [answered(confluent(), 500, text=text, media_type="text/plain") for text in frames]
    assert said(confluent(), "error/no-stack-trace", *row) == [BROKEN, KEPT]


# --- headers --------------------------------------------------------------------------------------

ID = {"X-Request-Id": "abc"}


def test_a_header_of_several_statuses_is_one_promise(things: Operation) -> None:
    """It stands under ``error/`` and binds the statuses that document it, ranges too."""
    named = {"X-Trace": "abc"}
    row = [answered(things, status, headers=named) for status in (400, 503)]
    row += [answered(things, status) for status in (400, 503, 404, 200)]
    told = said(things, "error/header/X-Trace", *row)
    assert told == [KEPT, KEPT, BROKEN, BROKEN, SILENT, SILENT]


def test_a_header_of_one_status_is_a_promise_of_that_status(things: Operation) -> None:
    """It binds no other status."""
    row = [
        answered(things, 409, headers={"x-other": "abc"}),
        answered(things, 409),
        answered(things, 400),
    ]
    assert said(things, "409/header/X-Other", *row) == [KEPT, BROKEN, SILENT]


def test_some_headers_are_others_to_judge(things: Operation) -> None:
    """Those of the rate limit have a family of their own; a redirection is no error."""
    named = {id for id in clause_ids(things, "errors") if "/header/" in id}
    assert named == {"error/header/X-Trace", "409/header/X-Other"}
    assert not {id for id in clause_ids(confluent(), "errors") if "RateLimit" in id or "429" in id}


def test_the_bundled_headers() -> None:
    """The request's id is on every error, the challenge on 401 (RFC 9110 section 11.6.1)."""
    named = [answered(confluent(), status, headers=ID) for status in (401, 429, 500)]
    bare = [answered(confluent(), status) for status in (401, 429, 500, 418)]
    told = said(confluent(), "error/header/X-Request-Id", *named, *bare)
    assert told == [KEPT, KEPT, KEPT, BROKEN, BROKEN, BROKEN, SILENT]
    challenges = [{"WWW-Authenticate": "Basic"}, {"WWW-Authenticate": 'error="x"'}]
    row = [answered(confluent(), 401, headers=headers) for headers in challenges]
    assert said(confluent(), "401/header/WWW-Authenticate", *row) == [KEPT, BROKEN]


def test_405_lists_the_allowed_methods(things: Operation) -> None:
    """RFC 9110 section 15.5.6; an empty Allow says that there are none."""
    row = [answered(things, 405, headers={"allow": value}) for value in ("PATCH", "")]
    row += [answered(things, 405), answered(things, 404)]
    assert said(things, "error/allow", *row) == [KEPT, KEPT, BROKEN, SILENT]
    assert not is_withheld(things, "error/allow")


def test_allow_is_judged_once(problems: Operation) -> None:
    """A documented header, in whatever case, is judged as such; without 405 nothing is owed."""
    assert "405/header/allow" in clause_ids(problems)
    assert "error/allow" not in [*clause_ids(problems), *clause_ids(confluent())]


# --- problem details ------------------------------------------------------------------------------

DETAILS = [
    pytest.param({"status": 404}, KEPT, id="the same"),
    pytest.param({"status": 400}, BROKEN, id="another"),
    pytest.param({"status": "404"}, BROKEN, id="a text"),
    pytest.param({"status": 0}, BROKEN, id="zero"),
]


@pytest.mark.parametrize(("answer", "expected"), DETAILS)
def test_a_problem_tells_the_http_status(problems: Operation, answer: Any, expected: str) -> None:
    """RFC 9457 section 3.1.2: status, where it is told, is the status of the answer."""
    told = answered(problems, 404, answer, media_type=f"{PROBLEM}; charset=utf-8")
    assert verdict(problems, "error/problem-status", told) == expected


NO_PROBLEMS = [
    pytest.param(404, {}, PROBLEM, id="no status told"),
    pytest.param(404, {"status": None}, PROBLEM, id="null"),
    pytest.param(404, [{"status": 400}], PROBLEM, id="a list"),
    pytest.param(404, {"status": 400}, JSON, id="another media type"),
    pytest.param(399, {"status": 400}, PROBLEM, id="no error"),
]


@pytest.mark.parametrize(("status", "answer", "media_type"), NO_PROBLEMS)
def test_what_is_no_problem_is_no_evidence(
    problems: Operation,
    status: int,
    answer: Any,
    media_type: str,
) -> None:
    """The member is optional, and other media types give it another meaning."""
    row = [answered(problems, 400, {"status": 400}, media_type=PROBLEM)]
    row += [answered(problems, status, answer, media_type=media_type)]
    assert said(problems, "error/problem-status", *row) == [KEPT, SILENT]
    assert not is_withheld(problems, "error/problem-status")


def test_problems_are_only_judged_where_documented() -> None:
    """Confluent's errors are no problem details."""
    assert "error/problem-status" not in clause_ids(confluent())


# --- why there is no evidence ---------------------------------------------------------------------

OWED_ONCE = [
    "error/body",
    "error/status",
    "error/id-unique",
    "error/code-and-title",
    "error/source.pointer",
    "error/source",
    "error/errors-not-empty",
]


@pytest.mark.parametrize("id", OWED_ONCE)
def test_errors_are_owed_until_one_was_served(id: str) -> None:
    """A target that takes broken requests withholds its errors; one that refuses shows them."""
    broken, right = make_case(confluent(), WRONG_NAME), make_case(confluent(), NAME)
    assert is_withheld(confluent(), id)
    assert is_withheld(confluent(), id, make_exchange(broken, 200))
    assert is_withheld(confluent(), id, make_exchange(broken, 399))
    assert is_withheld(confluent(), id, make_exchange(right, 400))
    assert not is_withheld(confluent(), id, make_exchange(broken, 200), make_exchange(broken, 400))


@pytest.mark.parametrize("id", ["no-leak", "no-stack-trace", "header/X-Request-Id"])
def test_an_error_answer_is_owed(id: str) -> None:
    """Any error answer would have shown these."""
    taken = make_exchange(make_case(confluent(), WRONG_NAME), 200)
    assert is_withheld(confluent(), f"error/{id}")
    assert is_withheld(confluent(), f"error/{id}", taken)


def test_the_answers_that_came_instead_are_counted() -> None:
    """The reason tells what was asked, and the three answers that came most often."""
    broken = make_case(confluent(), WRONG_NAME)
    row = [make_exchange(broken, status) for status in (200, 200, 200, 204, 204, 202, 202, 201)]
    row += [make_exchange(broken, failure="reset"), make_exchange(broken, failure="reset")]
    reason = explained(clause_of(confluent(), "error/no-leak"), row).reason
    assert "10" in reason
    assert "3 answered 200" in reason
    assert "201" not in reason
    lost = explained(clause_of(confluent(), "error/no-leak"), row[-1:]).reason
    assert "1 reset" in lost


def test_a_header_of_one_status_is_owed_where_a_probe_asks_for_it() -> None:
    """401 is asked for by requests without credentials; 409 comes about only inside the target."""
    asked = make_case(confluent(), NAME, expect=Expect.UNAUTHENTICATED)
    assert is_withheld(confluent(), "401/header/WWW-Authenticate", make_exchange(asked, 200))
    assert not is_withheld(confluent(), "409/header/Location", make_exchange(asked, 200))
    unauthenticated = clause_of(confluent(), "401/header/WWW-Authenticate")
    assert "204" in explained(unauthenticated, [make_exchange(asked, 204)]).reason


UNKNOWN_THING = """
openapi: 3.1.0
info: {title: Unknown things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      responses:
        '200': {description: Done.}
        '404':
          description: No such thing.
          headers: {X-Near: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {type: object}}}
"""


def test_a_header_of_404_is_owed_by_unknown_ids(tmp_path: Path) -> None:
    """The answer to an id that nobody has would have carried it."""
    operation = operation_from(UNKNOWN_THING, tmp_path)
    asked = make_exchange(make_case(operation, expect=Expect.UNKNOWN), 203)
    absence = explained(clause_of(operation, "404/header/X-Near"), [asked])
    assert absence.withheld
    assert "203" in absence.reason


def test_a_body_of_one_status_is_not_owed(things: Operation) -> None:
    """Nothing sent from outside has to bring that status about."""
    assert not is_withheld(things, "409/body")
    assert is_withheld(things, "error/body")


FRONTS = {
    "a page before an odd id": (SubjectKind.ODD_ID, 400, "text/html", SILENT),
    "no type at all": (SubjectKind.ODD_ID, 400, None, SILENT),
    "JSON, which is the service's": (SubjectKind.ODD_ID, 400, JSON, BROKEN),
    "a page for another id": (SubjectKind.NONE, 400, "text/html", BROKEN),
    "a page with a status of the service's own": (SubjectKind.ODD_ID, 422, "text/html", BROKEN),
}


@pytest.mark.parametrize(("kind", "status", "told_as", "expected"), FRONTS.values(), ids=FRONTS)
def test_a_front_that_refuses_an_odd_id_owes_no_envelope(
    kind: SubjectKind, status: int, told_as: str | None, expected: str
) -> None:
    """A server before the service may refuse a NUL or a long address, and knows nothing of the document."""
    case = make_case(confluent(), expect=Expect.UNKNOWN, subject=Subject(kind))
    page = make_exchange(case, status, text="<html>No.</html>", media_type=told_as)
    assert said(confluent(), "error/header/X-Request-Id", page) == [expected]


CLOSED = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    post:
      x-contract: {errors: {pointer: {path: pointer}}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              properties:
                name: {type: string}
                tags: {type: object, propertyNames: {maxLength: 3}}
      responses:
        '201': {description: Made.}
        '422':
          description: Wrong.
          content:
            application/json:
              schema: {type: object, properties: {pointer: {type: string}}}
"""
UNEXPECTED = [
    ({"name": "a", "x": 1}, "/x", KEPT),
    ({"name": "a", "x": 1}, "", KEPT),
    ({"name": "a", "x": 1}, "/name", BROKEN),
    ({"tags": {"long": 1}}, "/tags/long", KEPT),
    ({"tags": {"long": 1}}, "/tags", KEPT),
    ({"tags": {"long": 1, "a": 1}}, "/tags/a", BROKEN),
]


@pytest.mark.parametrize(("body", "pointer", "expected"), UNEXPECTED)
def test_a_pointer_may_name_the_member_that_is_too_much(
    body: Any, pointer: str, expected: str, folder: Path
) -> None:
    """What a closed object may not have stands in the body, and is what is wrong with it."""
    operation = operation_from(CLOSED, folder)
    exchange = make_exchange(make_case(operation, body), 422, {"pointer": pointer})
    assert said(operation, "error/source.pointer/at-fault", exchange) == [expected]
