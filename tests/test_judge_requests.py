"""Does the service take what is allowed, and refuse what is forbidden? What the judges say.

Every rule is asked in both directions: an answer that keeps it, one that breaks it, and the
permitted one that comes closest. What bears on no promise stands beside an answer that does, so
that a judge which says nothing at all is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    SILENT,
    Expect,
    Probe,
    Subject,
    SubjectKind,
    absence,
    clause_ids,
    clause_of,
    confluent,
    datadog,
    make_case,
    make_exchange,
    member,
    operation_from,
    said,
)

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.resources import DELETE_AGAIN

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

EXAMPLE = Subject(SubjectKind.EXAMPLE, "update")
OTHER_EXAMPLE = Subject(SubjectKind.EXAMPLE, "curl")
UNDECLARED = Subject(SubjectKind.UNDECLARED)
PLAIN, ODD = Subject(SubjectKind.NONE), Subject(SubjectKind.ODD_ID)
NORMALISED = Subject(SubjectKind.NORMALISED_ID)

HEAD = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: t-1}
"""
BODY = """\
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              additionalProperties: false
              properties:
                name: {type: string, minLength: 2, maxLength: 4}
                code: {type: string, pattern: '^[a-z]+$'}
                day: {type: string, format: date}
                size: {type: integer, minimum: 1, maximum: 9}
                colour: {type: string, enum: [red, green]}
                parts:
                  {type: array, minItems: 1, maxItems: 2, uniqueItems: true, items: {type: string}}
                note: {type: [string, 'null']}
                free: {}
                set: {type: object, readOnly: true, properties: {at: {type: string}}}
                settings: {type: object, required: [mode], properties: {mode: {type: string}}}
"""
RESPONSES = """\
      responses:
        '200': {description: The thing.}
        '401': {description: Who are you.}
        '404': {description: No such thing.}
        '422': {description: Not like this.}
        '429': {description: Too often.}
"""
RANGES = """\
      responses:
        '200': {description: The thing.}
        '4XX': {description: Not like this.}
"""
NAMED = {"name": "abc"}


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return an operation with one member for each keyword that can be broken."""
    return operation_from(HEAD + BODY + RESPONSES, tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="module")
def ranges(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return the same operation in a document that names no single status for refusals."""
    return operation_from(HEAD + BODY + RANGES, tmp_path_factory.mktemp("ranges"))


def sent(operation: Operation, body: Any, status: int, **more: Any) -> Exchange:
    """Return the answer to a request with *body*."""
    return make_exchange(make_case(operation, body, **more), status)


def served(operation: Operation) -> Exchange:
    """Return an answer which shows that the run's credentials and id are good."""
    return sent(operation, NAMED if operation.id != "UpdateConfluentAccount" else ACCOUNT, 200)


def broken(operation: Operation, status: int, **more: Any) -> Exchange:
    """Return the answer to a body without its one required member."""
    return sent(operation, {}, status, probe=Probe.BROKEN, **more)


# --- accepted -------------------------------------------------------------------------------------

ACCOUNT = {
    "data": {
        "attributes": {"api_key": "TESTAPIKEY123", "api_secret": "update-secret"},
        "type": "confluent-cloud-accounts",
    },
}
TAKEN = {
    "200": (200, KEPT),
    "204": (204, KEPT),
    "302": (302, BROKEN),
    "400": (400, BROKEN),
    "401": (401, BROKEN),
    "404": (404, BROKEN),
    "500": (500, BROKEN),
    "429, the limit": (429, SILENT),
}
ACCEPTED = {
    "an example": ("example/update", {"probe": Probe.EXAMPLES, "subject": EXAMPLE}),
    "a valid body": ("accepted", {"probe": Probe.VALID}),
    "a body of another maker": ("accepted", {"probe": Probe.COVERAGE}),
    "after read-only members": ("accepted/after-refusals", {"probe": Probe.READ_ONLY}),
    "after broken bodies": ("accepted/after-refusals", {"probe": Probe.BROKEN}),
    "after malformed bodies": ("accepted/after-refusals", {"probe": Probe.MALFORMED}),
    "after unknown ids": ("accepted/after-refusals", {"probe": Probe.UNKNOWN}),
    "with an undeclared member": ("undeclared", {"probe": Probe.READ_ONLY, "subject": UNDECLARED}),
}


@pytest.mark.parametrize(("status", "expected"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize(("id", "how"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_document_allows_is_accepted(
    id: str,
    how: dict[str, Any],
    status: int,
    expected: str,
) -> None:
    """A valid body is answered 2xx; while the limit is reached, nothing is said of it."""
    row = sent(datadog(), ACCOUNT, 200, **how), sent(datadog(), ACCOUNT, status, **how)
    assert said(datadog(), f"request/{id}", *row) == [KEPT, expected]


NOT_THIS: dict[str, tuple[str, dict[str, Any]]] = {
    "another example": ("example/update", {"probe": Probe.EXAMPLES, "subject": OTHER_EXAMPLE}),
    "the example's body in another probe": (
        "example/update",
        {"probe": Probe.VALID, "subject": EXAMPLE},
    ),
    "an example that breaks its schema": (
        "example/update",
        {"probe": Probe.EXAMPLES, "subject": EXAMPLE, "expect": Expect.REFUSED},
    ),
    "a body that must be refused": ("accepted", {"probe": Probe.VALID, "expect": Expect.REFUSED}),
    "a body of which nothing is said": (
        "accepted",
        {"probe": Probe.COVERAGE, "expect": Expect.ANY},
    ),
    "an example for any body": ("accepted", {"probe": Probe.EXAMPLES}),
    "a valid body after refusals": ("accepted", {"probe": Probe.BROKEN}),
    "a valid body before refusals": ("accepted/after-refusals", {"probe": Probe.VALID}),
    "one between credentials": ("accepted/after-refusals", {"probe": Probe.CREDENTIALS}),
    "a broken body": ("accepted/after-refusals", {"probe": Probe.BROKEN, "expect": Expect.REFUSED}),
    "an undeclared member": (
        "accepted/after-refusals",
        {"probe": Probe.READ_ONLY, "subject": UNDECLARED},
    ),
    "no undeclared member": (
        "undeclared",
        {"probe": Probe.READ_ONLY, "subject": member("data.id")},
    ),
}
OWN: dict[str, dict[str, Any]] = {
    "example/update": {"probe": Probe.EXAMPLES, "subject": EXAMPLE},
    "accepted": {"probe": Probe.VALID},
    "accepted/after-refusals": {"probe": Probe.BROKEN},
    "undeclared": {"probe": Probe.READ_ONLY, "subject": UNDECLARED},
}


@pytest.mark.parametrize(("id", "how"), NOT_THIS.values(), ids=NOT_THIS)
def test_each_promise_has_its_own_requests(id: str, how: dict[str, Any]) -> None:
    """What was sent for another purpose is no evidence."""
    row = sent(datadog(), ACCOUNT, 400, **how), sent(datadog(), ACCOUNT, 400, **OWN[id])
    assert said(datadog(), f"request/{id}", *row) == [SILENT, BROKEN]


def test_what_did_not_come_is_no_refusal() -> None:
    """A lost request was neither accepted nor refused."""
    case = make_case(confluent(), {})
    lost, again = (
        make_exchange(case, failure="timed out"),
        make_exchange(case, 503, superseded=True),
    )
    assert said(confluent(), "request/accepted", lost, again, make_exchange(case)) == [
        SILENT,
        SILENT,
        KEPT,
    ]


# --- refused: one keyword at a time ---------------------------------------------------------------


@dataclass(frozen=True)
class Constraint:
    """One way to be wrong: its clause, a body that is, the valid one next to it, and the member."""

    id: str
    breaks: Any
    nearest: Any
    about: str | None = None


CONSTRAINTS = {
    "type of the whole": Constraint("body/type", [], NAMED),
    "null for the whole": Constraint("body/null", None, NAMED),
    "a member that is not named": Constraint(
        "body/additionalProperties",
        NAMED | {"x": 1},
        NAMED | {"free": 1},
    ),
    "type": Constraint("name/type", {"name": 12}, {"name": "12"}),
    "null": Constraint("name/null", {"name": None}, NAMED | {"note": None}),
    "required": Constraint("name/required", {}, NAMED),
    "required in a member": Constraint("settings.mode/required", NAMED | {"settings": {}}, NAMED),
    "type of one of two": Constraint("note/type", NAMED | {"note": 1}, NAMED | {"note": ""}),
    "minLength": Constraint("name/minLength", {"name": "a"}, {"name": "ab"}),
    "maxLength": Constraint("name/maxLength", {"name": "abcde"}, {"name": "abcd"}),
    "pattern": Constraint("code/pattern", NAMED | {"code": "A"}, NAMED | {"code": "a"}),
    "format": Constraint(
        "day/format",
        NAMED | {"day": "2024-02-30"},
        NAMED | {"day": "2024-02-29"},
    ),
    "minimum": Constraint("size/minimum", NAMED | {"size": 0}, NAMED | {"size": 1}),
    "maximum": Constraint("size/maximum", NAMED | {"size": 10}, NAMED | {"size": 9}),
    "integer": Constraint("size/type", NAMED | {"size": 1.5}, NAMED | {"size": 1.0}),
    "enum": Constraint("colour/enum", NAMED | {"colour": "Red"}, NAMED | {"colour": "red"}),
    "minItems": Constraint("parts/minItems", NAMED | {"parts": []}, NAMED | {"parts": ["a"]}),
    "maxItems": Constraint(
        "parts/maxItems",
        NAMED | {"parts": ["a", "b", "c"]},
        NAMED | {"parts": ["a", "b"]},
    ),
    "uniqueItems": Constraint(
        "parts/uniqueItems",
        NAMED | {"parts": ["a", "a"]},
        NAMED | {"parts": ["a", "A"]},
    ),
    "type of an item": Constraint(
        "parts[]/type",
        NAMED | {"parts": ["a", 1]},
        NAMED | {"parts": ["a"]},
        "parts[]",
    ),
    "null for an item": Constraint(
        "parts[]/null",
        NAMED | {"parts": [None]},
        NAMED | {"parts": ["a"]},
        "parts[]",
    ),
}
REFUSED = {
    "as documented": (422, KEPT),
    "accepted": (200, BROKEN),
    "accepted otherwise": (204, BROKEN),
    "another refusal": (400, BROKEN),
    "who are you, while others are served": (401, BROKEN),
    "no such thing, while others are served": (404, BROKEN),
    "a failure": (500, BROKEN),
    "the limit": (429, SILENT),
}


@pytest.mark.parametrize(("status", "expected"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("one", CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_a_body_that_breaks_one_keyword_is_refused(
    one: Constraint, status: int, expected: str, things: Operation
) -> None:
    """Every keyword of the schema binds, and the document says with which status."""
    wrong = sent(things, one.breaks, status, probe=Probe.BROKEN, subject=member(one.about))
    right = sent(things, one.breaks, 422, probe=Probe.COVERAGE, subject=member(one.about))
    row = served(things), wrong, right
    assert said(things, f"request/{one.id}", *row) == [SILENT, expected, KEPT]


@pytest.mark.parametrize("one", CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_the_body_next_to_it_is_accepted(one: Constraint, things: Operation) -> None:
    """The valid body that comes closest says nothing of the keyword, and must be taken."""
    row = [
        sent(things, one.nearest, 422),
        sent(things, one.nearest, 200),
        sent(things, one.breaks, 422, probe=Probe.BROKEN, subject=member(one.about)),
    ]
    assert said(things, f"request/{one.id}", *row) == [SILENT, SILENT, KEPT]
    assert said(things, "request/accepted", *row) == [BROKEN, KEPT, SILENT]


OTHER_FAULTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "another keyword of the member": ({"name": "abcde"}, {}),
    "the keyword at another member": (NAMED | {"code": 1}, {}),
    "null, which is told apart from other types": ({"name": None}, {}),
    "two faults": ({"name": 1, "size": 0}, {"subject": member("name")}),
    "a case about another member": ({"name": 1}, {"subject": member("code")}),
    "a case of which nothing is expected": ({"name": 1}, {"expect": Expect.ANY}),
}


@pytest.mark.parametrize(("body", "how"), OTHER_FAULTS.values(), ids=OTHER_FAULTS)
def test_another_fault_is_no_evidence(body: Any, how: dict[str, Any], things: Operation) -> None:
    """A clause on one keyword of one member asks for a body that is wrong in just this way."""
    row = served(things), sent(things, body, 200, **how), sent(things, {"name": 1}, 200)
    assert said(things, "request/name/type", *row) == [SILENT, SILENT, BROKEN]


OF_DATADOG = {"400": (400, KEPT), "422, which is not documented": (422, BROKEN)}


@pytest.mark.parametrize(("status", "expected"), OF_DATADOG.values(), ids=OF_DATADOG)
def test_the_document_says_with_which_status(status: int, expected: str) -> None:
    """What one document documents for broken bodies does not hold for another."""
    one = sent(datadog(), {"data": {**ACCOUNT["data"], "type": "other"}}, status)
    assert said(datadog(), "request/data.type/enum", one) == [expected]


ANY_REFUSAL = {
    "400, the first of its class": (400, KEPT),
    "422": (422, KEPT),
    "499, the last of its class": (499, KEPT),
    "399": (399, BROKEN),
    "500": (500, BROKEN),
    "200": (200, BROKEN),
    "429, the limit": (429, SILENT),
}


@pytest.mark.parametrize(("status", "expected"), ANY_REFUSAL.values(), ids=ANY_REFUSAL)
def test_any_4xx_refuses_where_no_status_is_named(
    status: int,
    expected: str,
    ranges: Operation,
) -> None:
    """A document of ranges leaves open which status of the class it is."""
    row = served(ranges), broken(ranges, status), broken(ranges, 400)
    assert said(ranges, "request/name/required", *row) == [SILENT, expected, KEPT]


# --- refused: several keywords --------------------------------------------------------------------


@pytest.mark.parametrize(("status", "expected"), REFUSED.values(), ids=REFUSED)
def test_a_body_that_is_wrong_in_several_places_is_refused(
    status: int,
    expected: str,
    things: Operation,
) -> None:
    """Two faults do not cancel each other."""
    wrong = sent(things, {"name": 1, "size": 0}, status, probe=Probe.BROKEN)
    right = sent(things, {"name": 1, "size": 0, "code": 1}, 422, probe=Probe.BROKEN)
    assert said(things, "request/several", served(things), wrong, right) == [SILENT, expected, KEPT]


def test_one_fault_is_not_several(things: Operation) -> None:
    """A body with one fault has a clause of its own."""
    one, two = sent(things, {"name": 1}, 200), sent(things, {"name": 1, "size": 0}, 200)
    assert said(things, "request/several", one, two) == [SILENT, BROKEN]


# --- while nobody is served -----------------------------------------------------------------------

NOT_READ = {
    "who are you": (401, SILENT),
    "no such thing": (404, SILENT),
    "the body is wrong": (422, KEPT),
    "a bad request": (400, BROKEN),
    "a failure": (500, BROKEN),
}
NOT_SERVED: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "only credentials of a check": [{"probe": Probe.CREDENTIALS, "status": 200}],
    "only refusals": [{"probe": Probe.VALID, "status": 404}],
}


@pytest.mark.parametrize("before", NOT_SERVED.values(), ids=NOT_SERVED)
@pytest.mark.parametrize(("status", "expected"), NOT_READ.values(), ids=NOT_READ)
def test_while_nobody_is_served_401_and_404_do_not_speak_of_the_body(
    status: int, expected: str, before: list[dict[str, Any]], things: Operation
) -> None:
    """A run with wrong credentials or a wrong id learns nothing of how bodies are refused."""
    others = [sent(things, NAMED, **how) for how in before]
    row = [*others, broken(things, status), broken(things, 422)]
    assert said(things, "request/name/required", *row)[len(others) :] == [expected, KEPT]


def test_the_document_says_which_status_speaks_of_who_asks() -> None:
    """Where 403 means missing credentials, it says nothing of the body either."""
    row = [sent(datadog(), {}, status) for status in (403, 401, 404, 400)]
    assert said(datadog(), "request/data/required", *row) == [SILENT, SILENT, SILENT, KEPT]
    row = [served(datadog()), *row]
    assert said(datadog(), "request/data/required", *row) == [SILENT, BROKEN, BROKEN, BROKEN, KEPT]


def test_without_documented_statuses_401_and_404_speak_of_who_asks(ranges: Operation) -> None:
    """Where the document names none, HTTP's own meaning holds (RFC 9110 15.5.2, 15.5.5)."""
    who, what = broken(ranges, 401), broken(ranges, 404)
    others = [broken(ranges, status) for status in (400, 402, 403, 405)]
    row = [who, what, *others]
    assert said(ranges, "request/name/required", *row) == [SILENT, SILENT, *[KEPT] * 4]
    assert said(ranges, "request/name/required", served(ranges), *row) == [SILENT, *[KEPT] * 6]


def test_a_broken_body_that_is_accepted_shows_that_others_are_served(things: Operation) -> None:
    """Whatever was accepted, the door is open: 404 to a broken body is then about the body."""
    row = broken(things, 404), broken(things, 200)
    assert said(things, "request/name/required", *row) == [BROKEN, BROKEN]


# --- not JSON -------------------------------------------------------------------------------------


def malformed(operation: Operation, kind: str, status: int, **more: Any) -> Exchange:
    """Return the answer to a body that is malformed in this way."""
    settings: dict[str, Any] = {
        "probe": Probe.MALFORMED,
        "expect": Expect.REFUSED,
        "subject": Subject(SubjectKind.MALFORMED, kind),
    }
    return make_exchange(make_case(operation, raw=b"{", **settings | more), status)


@pytest.mark.parametrize(("status", "expected"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("kind", ["json", "media-type", "required"])
def test_a_malformed_body_is_refused(
    kind: str,
    status: int,
    expected: str,
    things: Operation,
) -> None:
    """No JSON (RFC 8259), another media type, no body: refused like any broken body."""
    row = served(things), malformed(things, kind, status), malformed(things, kind, 422)
    assert said(things, f"request/body/{kind}", *row) == [SILENT, expected, KEPT]


@pytest.mark.parametrize("kind", ["json", "media-type", "required", "lone-surrogate"])
def test_a_malformed_body_is_not_judged_while_nobody_is_served(
    kind: str,
    things: Operation,
) -> None:
    """401 and 404 do not speak of the body while nobody is served."""
    row = [malformed(things, kind, status) for status in (401, 404, 422)]
    assert said(things, f"request/body/{kind}", *row) == [SILENT, SILENT, KEPT]


def test_each_kind_has_its_own_requests(things: Operation) -> None:
    """One kind says nothing of another, and a broken body is not malformed."""
    row = [
        malformed(things, "media-type", 500),
        sent(things, {"name": 1}, 500, probe=Probe.BROKEN),
        malformed(things, "json", 500),
    ]
    assert said(things, "request/body/json", *row) == [SILENT, SILENT, BROKEN]


def test_a_body_may_be_left_out_where_it_is_not_required() -> None:
    """Only `required: true` makes it wrong (OpenAPI 3.1, Request Body Object)."""
    assert "request/body/required" in clause_ids(datadog())
    assert "request/body/required" not in clause_ids(confluent())
    assert "request/body/json" in clause_ids(confluent())


SURROGATE = {"spec": {"display_name": "a\ud800b", "description": "fine"}}
SURROGATES: dict[str, tuple[int, Any, str]] = {
    "kept as it is": (200, SURROGATE, KEPT),
    "kept, and more is told": (
        200,
        {"id": "ak-12345", "spec": {**SURROGATE["spec"], "x": 1}},
        KEPT,
    ),
    "accepted, and not shown": (200, {"spec": {"description": "fine"}}, KEPT),
    "accepted, without a body": (204, ABSENT, KEPT),
    "replaced": (200, {"spec": {"display_name": "a\ufffdb", "description": "fine"}}, BROKEN),
    "dropped": (200, {"spec": {"display_name": "ab", "description": "fine"}}, BROKEN),
    "cleared": (200, {"spec": {"display_name": None, "description": "fine"}}, BROKEN),
    "kept, while another member was changed": (
        200,
        {"spec": {"display_name": "a\ud800b", "description": "?"}},
        BROKEN,
    ),
    "refused": (400, ABSENT, KEPT),
    "refused as another documented status": (422, ABSENT, KEPT),
    "refused with a status for something else": (404, ABSENT, BROKEN),
    "refused, as if nobody knew who asks": (401, ABSENT, BROKEN),
    "a failure": (500, ABSENT, BROKEN),
    "the limit": (429, ABSENT, SILENT),
}


@pytest.mark.parametrize(("status", "came", "expected"), SURROGATES.values(), ids=SURROGATES)
def test_a_lone_surrogate_is_refused_or_kept(status: int, came: Any, expected: str) -> None:
    """What it means is left open (RFC 8259 8.2); what is accepted is not changed."""
    case = malformed(confluent(), "lone-surrogate", status).case
    one = make_exchange(replace(case, value=SURROGATE), status, came)
    row = sent(confluent(), {}, 200), one, malformed(confluent(), "lone-surrogate", 422)
    assert said(confluent(), "request/body/lone-surrogate", *row) == [SILENT, expected, KEPT]


def test_an_item_beside_a_lone_surrogate_may_be_shown_with_its_defaults() -> None:
    """What a list's item has more than was sent has not changed."""
    sent_body = {"spec": {"display_name": "a\ud800b"}, "items": [{"sku": "s"}]}
    case = replace(malformed(confluent(), "lone-surrogate", 200).case, value=sent_body)
    row = [
        make_exchange(case, 200, sent_body | {"items": [{"sku": sku, "gift": False}]})
        for sku in ("s", "t")
    ]
    first = sent(confluent(), {}, 200)
    told = said(confluent(), "request/body/lone-surrogate", first, *row)
    assert told == [SILENT, KEPT, BROKEN]


# --- unknown ids ----------------------------------------------------------------------------------

UNKNOWN = {
    "404 to a plain one": (PLAIN, 404, KEPT),
    "400 to a plain one": (PLAIN, 400, BROKEN),
    "422 to a plain one": (PLAIN, 422, BROKEN),
    "200 to a plain one": (PLAIN, 200, BROKEN),
    "429 to a plain one": (PLAIN, 429, SILENT),
    "404 to an odd one": (ODD, 404, KEPT),
    "400 to an odd one, which may be malformed": (ODD, 400, KEPT),
    "422 to an odd one, which may be malformed": (ODD, 422, KEPT),
    "200 to an odd one": (ODD, 200, BROKEN),
    "403 to an odd one, which hides what exists": (ODD, 403, KEPT),
    "403 to a plain one, which hides what exists": (PLAIN, 403, KEPT),
    "401 to an odd one": (ODD, 401, BROKEN),
    "429 to an odd one": (ODD, 429, SILENT),
    "414 to an odd one, which may be too long": (ODD, 414, KEPT),
    "414 to a plain one": (PLAIN, 414, BROKEN),
    "500 to an odd one": (ODD, 500, BROKEN),
    "200 to what is the own one when normalised": (NORMALISED, 200, SILENT),
}
# RFC 3986 6.2.2 lets who compares addresses normalise them; a server need not.
AS_NORMALISED = {
    "unknown": (NORMALISED, 404, KEPT),
    "malformed": (NORMALISED, 400, KEPT),
    "hidden, which is told by itself": (NORMALISED, 403, KEPT),
    "sent to its normal form": (NORMALISED, 308, KEPT),
    "hidden": (NORMALISED, 403, KEPT),
    "taken for the own one": (NORMALISED, 200, BROKEN),
    "a failure": (NORMALISED, 500, BROKEN),
    "throttled": (NORMALISED, 429, SILENT),
    "another id": (PLAIN, 200, SILENT),
}


def unknown(
    operation: Operation,
    subject: Subject,
    status: int,
    expect: Expect = Expect.UNKNOWN,
) -> Exchange:
    """Return the answer to a request for an id that nobody has."""
    case = make_case(operation, probe=Probe.UNKNOWN, expect=expect, subject=subject)
    return make_exchange(case, status)


@pytest.mark.parametrize(
    ("status", "unknown_told", "deleted_told"),
    [(404, KEPT, KEPT), (410, BROKEN, KEPT), (204, SILENT, BROKEN)],
)
def test_a_second_delete_may_be_answered_as_the_first(
    status: int, unknown_told: str, deleted_told: str
) -> None:
    """What was deleted is unknown; whether it is told so is a promise only where words say it."""
    read = documents.read_document(documents.find_document("confluent-api-keys"))
    deletion = next(one for one in read.operations if one.method == "DELETE")
    again = unknown(deletion, Subject(SubjectKind.STEP, DELETE_AGAIN), status)
    assert said(deletion, "request/unknown-id", again) == [unknown_told]
    assert said(deletion, "request/unknown-id/once-deleted", again) == [deleted_told]
    assert clause_of(deletion, "request/unknown-id/once-deleted").level == "MUST"


@pytest.mark.parametrize(("subject", "status", "expected"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_id_is_not_found(subject: Subject, status: int, expected: str) -> None:
    """404 (RFC 9110 15.5.5), or a bad request where the id is no id at all."""
    row = unknown(confluent(), subject, status), unknown(confluent(), PLAIN, 404)
    assert said(confluent(), "request/unknown-id", *row) == [expected, KEPT]


HIDDEN = {404: KEPT, 403: BROKEN, 200: SILENT, 401: SILENT, 429: SILENT, 500: SILENT}


@pytest.mark.parametrize(("status", "expected"), HIDDEN.items(), ids=map(str, HIDDEN))
def test_a_403_that_hides_what_exists_is_only_warned_of(status: int, expected: str) -> None:
    """RFC 9110 15.5.4 lets 404 hide a 403; the other way about is unusual, and no lie."""
    id = "request/unknown-id/not-hidden"
    row = unknown(confluent(), PLAIN, status), unknown(confluent(), PLAIN, 404)
    assert said(confluent(), id, *row) == [expected, KEPT]
    assert clause_of(confluent(), id).level == "SHOULD"


def test_a_403_hides_only_where_it_is_documented(things: Operation) -> None:
    """Where the document has no 403, it is not what an unknown id is answered."""
    assert "request/unknown-id/not-hidden" not in clause_ids(things)
    assert said(things, "request/unknown-id", unknown(things, PLAIN, 403)) == [BROKEN]


@pytest.mark.parametrize(
    ("subject", "status", "expected"), AS_NORMALISED.values(), ids=AS_NORMALISED
)
def test_an_id_that_is_not_normalised_is_another_one(
    subject: Subject, status: int, expected: str
) -> None:
    """Dot segments, a slash at the end, the case of a UUID: taking them for the own id is told as a warning."""
    row = unknown(confluent(), subject, status), unknown(confluent(), NORMALISED, 404)
    assert said(confluent(), "request/unknown-id/normalised", *row) == [expected, KEPT]


def test_a_known_id_is_no_unknown_one() -> None:
    """A valid request in between is answered 200, and that is right."""
    row = unknown(confluent(), PLAIN, 200, Expect.ACCEPTED), unknown(confluent(), PLAIN, 404)
    assert said(confluent(), "request/unknown-id", *row) == [SILENT, KEPT]


# --- which promises -------------------------------------------------------------------------------


def test_each_keyword_of_the_schema_has_its_clause(things: Operation) -> None:
    """What a member can break, and no more; what is read-only is not sent, so it is not broken."""
    made = clause_ids(things)
    first = made.index("request/body/type")
    assert made[first : made.index("request/several")] == [
        *("request/body/type", "request/body/null", "request/body/additionalProperties"),
        *("request/name/type", "request/name/null", "request/name/required"),
        *("request/name/minLength", "request/name/maxLength"),
        *("request/code/type", "request/code/null", "request/code/pattern"),
        *("request/day/type", "request/day/null", "request/day/format"),
        *("request/size/type", "request/size/null", "request/size/minimum", "request/size/maximum"),
        *("request/colour/type", "request/colour/null", "request/colour/enum"),
        *("request/parts/type", "request/parts/null"),
        *("request/parts/minItems", "request/parts/maxItems", "request/parts/uniqueItems"),
        *("request/parts[]/type", "request/parts[]/null"),
        "request/note/type",
        *("request/settings/type", "request/settings/null"),
        *(
            "request/settings.mode/type",
            "request/settings.mode/null",
            "request/settings.mode/required",
        ),
    ]


def test_an_operation_without_a_body_is_accepted_as_it_is(tmp_path: Path) -> None:
    """Where nothing is sent, nothing is refused but the id."""
    made = clause_ids(operation_from(HEAD + RESPONSES, tmp_path))
    of_forms = [id for id in made if id.startswith("request/form/")]
    assert {id.rpartition("/")[2] for id in of_forms} == {
        *("accept-absent", "accept-any", "accept-weighted", "identity"),
        *("long-header", "header-case", "escaped-path"),
    }
    assert [id for id in made if id.startswith("request/") and id not in of_forms] == [
        "request/accepted",
        "request/unknown-id",
        "request/unknown-id/normalised",
    ]


def test_unknown_ids_are_judged_where_the_document_says_how(
    ranges: Operation,
    things: Operation,
) -> None:
    """A documented 404 is promised; that a range has a place for it only warns."""
    assert clause_of(things, "request/unknown-id").level == "MUST"
    assert clause_of(ranges, "request/unknown-id").level == "SHOULD"
    assert "request/accepted" in clause_ids(ranges)


LEVELS = {
    "example/update": "MUST",
    "accepted": "MUST",
    "accepted/after-refusals": "MUST",
    "undeclared": "SHOULD",
    "data/required": "MUST",
    "several": "MUST",
    "body/json": "MUST",
    "body/media-type": "SHOULD",
    "body/lone-surrogate": "MUST",
    "unknown-id": "MUST",
    "unknown-id/normalised": "SHOULD",
}


@pytest.mark.parametrize(("id", "level"), LEVELS.items(), ids=LEVELS)
def test_how_strongly_a_promise_is_made(id: str, level: str) -> None:
    """Of members that the schema does not name, the document says nothing."""
    assert clause_of(datadog(), f"request/{id}").level.value == level


# --- no evidence ----------------------------------------------------------------------------------

OWED = ["example/update", "accepted", "accepted/after-refusals", "undeclared", "unknown-id"]


@pytest.mark.parametrize("id", OWED)
def test_an_answer_to_a_valid_request_is_owed(id: str) -> None:
    """Where none came it was withheld, and the reason tells what came in its place."""
    expect = Expect.UNKNOWN if id == "unknown-id" else Expect.ACCEPTED
    limited = make_exchange(make_case(datadog(), expect=expect), 429)
    reason = absence(datadog(), f"request/{id}", limited, limited)
    assert absence(datadog(), f"request/{id}").withheld
    assert reason.withheld
    assert "2 answered 429" in reason.reason


REFUSALS: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing was sent": ({}, True),
    "a valid body was accepted": ({"body": NAMED, "status": 200}, True),
    "a valid body was refused": ({"body": NAMED, "status": 422}, True),
    "another broken body was refused": ({"body": {}, "status": 422}, False),
    "another broken body was accepted": ({"body": {}, "status": 200}, False),
    "another broken body was lost": ({"body": {}, "failure": "timed out"}, True),
    "another broken body reached the limit": ({"body": {}, "status": 429}, True),
    "who asks was not known": ({"body": {}, "status": 401}, True),
    "the id was not known": ({"body": {}, "status": 404}, True),
}


@pytest.mark.parametrize("id", ["size/maximum", "several", "body/json"])
@pytest.mark.parametrize(("came", "withheld"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_owed_until_one_is_read(
    came: dict[str, Any],
    withheld: bool,
    id: str,
    things: Operation,
) -> None:
    """Where others were judged, only this request was missing; else the target withheld it."""
    told = dict(came)
    body = told.pop("body", ABSENT)
    row = [make_exchange(make_case(things, body), **told)] if came else []
    assert absence(things, f"request/{id}", *row).withheld is withheld


def test_one_refusal_that_was_read_is_enough(things: Operation) -> None:
    """One answer about a body among many about who asks shows that bodies are read."""
    row = broken(things, 401), broken(things, 422), broken(things, 404)
    assert not absence(things, "request/size/maximum", *row).withheld


# --- maps that fill up ----------------------------------------------------------------------------

MAPS = (
    HEAD
    + """\
      requestBody:
        content:
          application/merge-patch+json:
            schema:
              type: object
              properties:
                labels:
                  type: object
                  maxProperties: 2
                  additionalProperties: {type: [string, 'null']}
      responses:
        '200':
          description: The thing.
          content: {application/json: {schema: {type: object}}}
        '422': {description: Wrong.}
"""
)


def test_a_patch_may_be_refused_for_what_is_there_already(folder: Path) -> None:
    """Each is allowed by itself; together they are more than the map may have.

    Where there is room, as after a member was taken out, a refusal is wrong.
    """
    operation = operation_from(MAPS, folder)

    def patched(status: int, **labels: str | None) -> Exchange:
        shown = {"labels": {"a": "1", "b": "2"}} if status == 200 else ABSENT
        return make_exchange(make_case(operation, {"labels": labels}), status, shown)

    filled = patched(200, a="1", b="2")
    assert said(operation, "request/accepted", filled, patched(422, c="3")) == [KEPT, SILENT]
    assert said(operation, "request/accepted", filled, patched(422, a="3")) == [KEPT, BROKEN]
    swapped = patched(422, a=None, c="3")
    assert said(operation, "request/accepted", filled, swapped) == [KEPT, BROKEN]
    assert said(operation, "request/accepted", filled, patched(500, a="3")) == [KEPT, BROKEN]


def test_a_replacement_brings_all_that_there_is(folder: Path) -> None:
    """What was there before fills nothing."""
    operation = operation_from(MAPS.replace("patch:", "put:"), folder)
    filled = make_exchange(make_case(operation, {"labels": {"a": "1", "b": "2"}}))
    refused = make_exchange(make_case(operation, {"labels": {"c": "3"}}), 422)
    assert said(operation, "request/accepted", filled, refused) == [KEPT, BROKEN]
