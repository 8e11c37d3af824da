"""Do answers look as documented? What the judges say of answers made by hand.

Every rule is asked in both directions: an answer that keeps it, one that breaks it, and the
permitted one that comes closest. What bears on no promise stands beside an answer that does, so
that a judge which says nothing at all is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    REDACTED,
    SILENT,
    Expect,
    Subject,
    SubjectKind,
    absence,
    clause_ids,
    clause_of,
    confluent,
    datadog,
    make_case,
    make_exchange,
    operation_from,
    said,
    verdict,
)

if TYPE_CHECKING:
    from exchanges import Exchange, Operation

NETWORK = "https://api.example.com"
KEY = {
    "api_version": "iam/v2",
    "kind": "ApiKey",
    "id": "ak-12345",
    "metadata": {"self": "https://api.confluent.cloud/iam/v2/api-keys/ak-12345"},
    "spec": {
        "owner": {
            "id": "u-1",
            "related": "https://api.confluent.cloud/iam/v2/users/u-1",
            "resource_name": "crn://confluent.cloud/user=u-1",
        },
    },
}
THINGS = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: t-1}
      x-contract:
        request-id: {header: Serial}
        values:
          properties:
            colour: [red, green]
      responses:
        '200':
          description: The thing.
          headers:
            Count: {required: true, schema: {type: integer}, example: 12}
            Share: {required: true, schema: {type: integer, minimum: 1, maximum: 9}, example: '5'}
            Many: {required: true, schema: {type: integer}, example: many}
            Offset: {required: true, schema: {type: number}, example: 0.5}
            Next: {required: true, schema: {type: string, format: uri}, example: https://example.com/things/t-2}
            Back: {required: true, schema: {type: string, format: uri}, example: no address}
            Note: {required: true, schema: {type: string}}
            Retry-After: {required: true, schema: {type: integer}}
            Allow: {required: true, schema: {type: string}}
            Vary: {required: true, schema: {type: string}}
            WWW-Authenticate: {schema: {type: string}}
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties:
                  id: {type: string, maxLength: 5}
                  colour: {type: string}
                  size: {type: integer, minimum: 1, maximum: 9}
                  name: {type: [string, 'null']}
                  parts:
                    type: array
                    items: {type: object, required: [name], properties: {name: {type: string}}}
                  loose: {type: array}
                  pair: {type: array, prefixItems: [{type: string}]}
                  free: {type: object}
                  open:
                    type: object
                    properties: {name: {type: string}}
                    additionalProperties: {type: integer}
                  shut:
                    type: object
                    properties: {name: {type: string}}
                    additionalProperties: false
              examples:
                good: {value: {id: t-1, size: 9}}
                bad: {value: {id: t-1, size: 10}}
        '204': {description: Nothing to tell.}
        '2XX':
          description: Something like it.
          content: {application/json: {schema: {type: object}}}
        '404': {description: No such thing.}
        '409': {description: In conflict., content: {application/json: {schema: {}}}}
        '4XX': {description: Not like this.}
"""
ANYTHING = """\
openapi: 3.1.0
info: {title: Anything, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: t-1}
      x-contract:
        request-id: {header: Serial, unique: false}
      responses:
        default:
          description: Whatever there is to say.
          content: {application/json: {schema: {}, example: {any: thing}}}
"""


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return an operation with one of each kind of member and of header."""
    return operation_from(THINGS, tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="module")
def anything(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return an operation that documents `default` alone."""
    return operation_from(ANYTHING, tmp_path_factory.mktemp("anything"))


def answer(operation: Operation, status: int = 200, value: Any = ABSENT, **more: Any) -> Exchange:
    """Return the answer to a valid request."""
    return make_exchange(make_case(operation), status, value, **more)


def lines(name: str, *values: str) -> list[tuple[str, str]]:
    """Return a header that came in several lines."""
    return [(name, value) for value in values]


# --- every answer ---------------------------------------------------------------------------------

ANSWERED = {
    "an answer": ({}, KEPT),
    "an answer that is a failure of the service": ({"status": 500}, KEPT),
    "an answer from far away": ({"url": NETWORK}, KEPT),
    "no answer": ({"failure": "connection refused"}, BROKEN),
    "no answer from far away": ({"failure": "connection refused", "url": NETWORK}, BROKEN),
    "lost on the way from far away, sent again": (
        {"failure": "connection reset", "url": NETWORK, "superseded": True},
        KEPT,
    ),
    "a gateway's answer from far away, sent again": (
        {"status": 503, "url": NETWORK, "superseded": True},
        KEPT,
    ),
    "lost on the loopback, where nobody else loses it": (
        {"failure": "connection reset", "superseded": True},
        BROKEN,
    ),
    "503 on the loopback, sent again": ({"status": 503, "superseded": True}, BROKEN),
    "lost on localhost": (
        {"url": "http://localhost:80", "status": 503, "superseded": True},
        BROKEN,
    ),
    "lost on IPv6's loopback": (
        {"url": "http://[::1]:80", "status": 503, "superseded": True},
        BROKEN,
    ),
    "lost in the embedded service": (
        {"url": "http://service.invalid", "status": 503, "superseded": True},
        BROKEN,
    ),
    "lost in the local network": (
        {"url": "http://10.0.0.1", "status": 503, "superseded": True},
        KEPT,
    ),
}


@pytest.mark.parametrize(("came", "expected"), ANSWERED.values(), ids=ANSWERED)
def test_every_request_is_answered(came: dict[str, Any], expected: str) -> None:
    """A request is answered in the end; only between hosts may it take a second try."""
    assert said(confluent(), "answered", answer(confluent(), **came)) == [expected]


AT_ONCE = {
    "an answer": ({}, KEPT),
    "no answer at all: another clause says so": ({"failure": "connection refused"}, KEPT),
    "lost, sent again": ({"failure": "connection reset", "superseded": True}, BROKEN),
    "503, sent again": ({"status": 503, "superseded": True}, BROKEN),
}


@pytest.mark.parametrize(("came", "expected"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_request_is_answered_the_first_time(came: dict[str, Any], expected: str) -> None:
    """What had to be sent again over a network is told, although it does not fail."""
    one = answer(confluent(), url=NETWORK, **came)
    assert said(confluent(), "answered/at-once", one) == [expected]


def test_nothing_lies_between_the_run_and_the_loopback() -> None:
    """Whether a network loses requests cannot be seen where there is none."""
    near = answer(confluent(), 503, superseded=True)
    far = answer(confluent(), url=NETWORK)
    assert said(confluent(), "answered/at-once", near, far) == [SILENT, KEPT]


STATUSES = {
    "200, documented": (200, KEPT),
    "422, documented": (422, KEPT),
    "429, documented": (429, KEPT),
    "418, which is not": (418, BROKEN),
    "201, which is not": (201, BROKEN),
    "502, which is not": (502, BROKEN),
    "500, documented and still a failure": (500, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), STATUSES.values(), ids=STATUSES)
def test_only_documented_statuses_are_answered(status: int, expected: str) -> None:
    """A status that the document does not list breaks it, and so does every 5xx."""
    assert said(confluent(), "statuses", answer(confluent(), status)) == [expected]


OF_IDS = {
    "414 to an odd id": (414, SubjectKind.ODD_ID, KEPT),
    "414 to another": (414, SubjectKind.NONE, BROKEN),
    "308 to an odd id": (308, SubjectKind.ODD_ID, BROKEN),
    "308 to one that is not in its normal form": (308, SubjectKind.NORMALISED_ID, KEPT),
    "500 to an odd id": (500, SubjectKind.ODD_ID, BROKEN),
}


@pytest.mark.parametrize(("status", "kind", "expected"), OF_IDS.values(), ids=OF_IDS)
def test_http_permits_what_refuses_a_form(status: int, kind: SubjectKind, expected: str) -> None:
    """An id may be too long for a front that knows nothing of the document (RFC 9110 15.5.15)."""
    case = make_case(confluent(), expect=Expect.UNKNOWN, subject=Subject(kind))
    assert said(confluent(), "statuses", make_exchange(case, status)) == [expected]


RANGES = {
    "418, inside 4XX": (418, KEPT),
    "499, the last of 4XX": (499, KEPT),
    "201, inside 2XX": (201, KEPT),
    "302, in no range": (302, BROKEN),
    "500, in no range": (500, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), RANGES.values(), ids=RANGES)
def test_a_range_documents_each_of_its_statuses(
    status: int,
    expected: str,
    things: Operation,
) -> None:
    """`4XX` stands for 400 to 499 (OpenAPI 3.1, Responses Object)."""
    assert said(things, "statuses", answer(things, status)) == [expected]


DEFAULT = {"200": (200, KEPT), "302": (302, KEPT), "499": (499, KEPT), "500": (500, BROKEN)}


@pytest.mark.parametrize(("status", "expected"), DEFAULT.values(), ids=DEFAULT)
def test_default_documents_every_other_status(
    status: int,
    expected: str,
    anything: Operation,
) -> None:
    """`default` stands for what is not listed, but no document allows a service to fail."""
    assert said(anything, "statuses", answer(anything, status)) == [expected]


def test_what_did_not_come_has_no_status() -> None:
    """Neither a lost request nor one that was sent again says what is answered."""
    lost = answer(confluent(), failure="timed out")
    again = answer(confluent(), 503, superseded=True)
    assert said(confluent(), "statuses", lost, again, answer(confluent())) == [SILENT, SILENT, KEPT]


NO_BODY = {
    "404 without a body": ("404", 404, "", KEPT),
    "404 with a body": ("404", 404, "No such thing.", BROKEN),
    "404 with one character": ("404", 404, " ", BROKEN),
    "418 without a body": ("4XX", 418, "", KEPT),
    "418 with a body": ("4XX", 418, "{}", BROKEN),
}


@pytest.mark.parametrize(("listed", "status", "text", "expected"), NO_BODY.values(), ids=NO_BODY)
def test_no_body_comes_where_none_is_documented(
    listed: str, status: int, text: str, expected: str, things: Operation
) -> None:
    """A response without `content` has no body."""
    assert said(things, f"{listed}/no-body", answer(things, status, text=text)) == [expected]


def test_another_status_may_have_a_body(things: Operation) -> None:
    """That 404 has no body says nothing of other statuses."""
    other, this = answer(things, 400, text="Why."), answer(things, 404, text="Why.")
    assert said(things, "404/no-body", other, this) == [SILENT, BROKEN]


# --- successful answers ---------------------------------------------------------------------------

MEDIA_TYPES = {
    "as documented": (["application/json"], KEPT),
    "in other letters": (["Application/JSON"], KEPT),
    "with a parameter": (["application/json; version=1"], KEPT),
    "with UTF-8": (["application/json; charset=utf-8"], KEPT),
    "with UTF-8 in quotes": (['application/json;charset="UTF-8"'], KEPT),
    "with UTF-8 in its old name": (["application/json; charset=utf8"], KEPT),
    "with ASCII, a part of UTF-8": (["application/json; charset=US-ASCII"], KEPT),
    "with Latin-1": (["application/json; charset=iso-8859-1"], BROKEN),
    "with UTF-16": (["application/json; charset=utf-16"], BROKEN),
    "with Latin-1 in capitals and quotes": (['application/json; Charset = "ISO-8859-1"'], BROKEN),
    "text": (["text/plain"], BROKEN),
    "another JSON": (["application/problem+json"], BROKEN),
    "nothing": ([], BROKEN),
    "an empty value": ([""], BROKEN),
    "twice the same": (["application/json", "application/json"], KEPT),
    "two that differ": (["application/json", "text/plain"], BROKEN),
    "two that differ in a parameter": (["application/json", "application/json; version=1"], BROKEN),
}


@pytest.mark.parametrize(("came", "expected"), MEDIA_TYPES.values(), ids=MEDIA_TYPES)
def test_the_body_is_of_the_documented_media_type(came: list[str], expected: str) -> None:
    """Type and subtype count (RFC 9110 8.3.1), and a charset other than UTF-8 (RFC 8259 8.1)."""
    one = answer(confluent(), text="{}", headers=lines("Content-Type", *came), media_type=None)
    assert said(confluent(), "200/media-type", one) == [expected]


JSON_BODIES = {
    "JSON": ("application/json", "", KEPT),
    "no JSON": ("application/json", "line 1: a value is missing", BROKEN),
    "no JSON, told as another JSON": ("application/problem+json", "not UTF-8", BROKEN),
    "no JSON, told in capitals": ("Application/JSON", "not UTF-8", BROKEN),
}


@pytest.mark.parametrize(("media_type", "flaw", "expected"), JSON_BODIES.values(), ids=JSON_BODIES)
def test_a_body_told_as_json_is_json(media_type: str, flaw: str, expected: str) -> None:
    """What is called JSON is one JSON value (RFC 8259 2) in UTF-8 (8.1)."""
    one = answer(confluent(), text="{", media_type=media_type, flaw=flaw)
    assert said(confluent(), "200/json", one) == [expected]


DEEP = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    ("sent", "expected"), [(f'{{"spec": {DEEP}}}', SILENT), ('{"spec": 1}', BROKEN)]
)
def test_a_refusal_may_repeat_what_is_too_deep_to_read(sent: str, expected: str) -> None:
    """What shows a deep request is as deep; what is deep by itself cannot be read by anybody."""
    case = make_case(confluent(), raw=sent.encode(), expect=Expect.REFUSED)
    flaw = "it is nested too deeply to be read"
    one = make_exchange(case, 422, text=f'{{"errors": [{{"input": {DEEP}}}]}}', flaw=flaw)
    assert said(confluent(), "error/json", one) == [expected]


def test_what_is_not_told_as_json_need_not_be() -> None:
    """Text that says it is text breaks the media type, not JSON; and 404 is no 200."""
    text = answer(confluent(), text="Hello", media_type="text/plain", flaw="not JSON")
    bare = answer(confluent(), text="Hello", media_type=None, flaw="not JSON")
    error = answer(confluent(), 404, text="{", flaw="not JSON")
    row = (text, bare, error, answer(confluent(), 200, KEY))
    assert said(confluent(), "200/json", *row) == [SILENT, SILENT, SILENT, KEPT]


MEMBERS = {
    "the whole: an object": ("", {"id": "t-1"}, KEPT),
    "the whole: a list": ("", [], BROKEN),
    "the whole: null": ("", None, BROKEN),
    "the whole: nested too deeply": ("", {"id": "t-1", "free": "DEEP"}, BROKEN),
    "required and there": ("id", {"id": "t-1"}, KEPT),
    "required and missing": ("id", {}, BROKEN),
    "required and null": ("id", {"id": None}, BROKEN),
    "a text for a text": ("id", {"id": ""}, KEPT),
    "a number for a text": ("id", {"id": 1}, BROKEN),
    "a text as long as allowed": ("id", {"id": "abcde"}, KEPT),
    "a text too long": ("id", {"id": "abcdef"}, BROKEN),
    "a text too long, but redacted": ("id", {"id": REDACTED}, KEPT),
    "a text with lone surrogates, as long as allowed": ("id", {"id": "abcd\ud800"}, KEPT),
    "a text with lone surrogates, too long": ("id", {"id": "abcde\ud800"}, BROKEN),
    "the least number": ("size", {"id": "t-1", "size": 1}, KEPT),
    "less than the least number": ("size", {"id": "t-1", "size": 0}, BROKEN),
    "the greatest number": ("size", {"id": "t-1", "size": 9}, KEPT),
    "more than the greatest number": ("size", {"id": "t-1", "size": 10}, BROKEN),
    "an integer with a point": ("size", {"id": "t-1", "size": 1.0}, KEPT),
    "a fraction for an integer": ("size", {"id": "t-1", "size": 1.5}, BROKEN),
    "null where it is allowed": ("name", {"id": "t-1", "name": None}, KEPT),
    "null where it is not": ("size", {"id": "t-1", "size": None}, BROKEN),
    "each entry with its name": ("parts[].name", {"parts": [{"name": "a"}, {"name": "b"}]}, KEPT),
    "one entry without its name": ("parts[].name", {"parts": [{"name": "a"}, {}]}, BROKEN),
    "one entry of another type": ("parts[]", {"parts": [{"name": "a"}, 1]}, BROKEN),
    "entries may be none": ("parts", {"parts": []}, KEPT),
    "a wrong entry that is not named, by its list": ("pair", {"pair": [1]}, BROKEN),
    "an entry that is not named and right": ("pair", {"pair": ["a"]}, KEPT),
    "a wrong member that is not named, as a value": ("open.*", {"open": {"more": "a"}}, BROKEN),
    "a member that is not named and right": ("open", {"open": {"more": 1}}, KEPT),
    "a member that is forbidden, by its parent": ("shut", {"shut": {"more": 1}}, BROKEN),
    "none that is forbidden": ("shut", {"shut": {"name": "a"}}, KEPT),
}


def deep(levels: int) -> Any:
    """Return lists inside each other."""
    nested: Any = []
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize(("path", "body", "expected"), MEMBERS.values(), ids=MEMBERS)
def test_each_member_keeps_its_schema(
    path: str,
    body: Any,
    expected: str,
    things: Operation,
) -> None:
    """A member is there if required, and as its schema says; else its parent tells it."""
    if isinstance(body, dict) and body.get("free") == "DEEP":
        body = body | {"free": deep(300)}
    clause = f"200/body/{path}" if path else "200/body"
    assert said(things, clause, answer(things, 200, body)) == [expected]


OPTIONAL = {
    "not there": ("size", {"id": "t-1"}),
    "in an empty list": ("parts[].name", {"id": "t-1", "parts": []}),
    "in a parent that is not there": ("open.name", {"id": "t-1"}),
    "in a parent of another type": ("open.name", {"id": "t-1", "open": 5}),
}


@pytest.mark.parametrize(("path", "body"), OPTIONAL.values(), ids=OPTIONAL)
def test_a_member_that_did_not_come_is_not_judged(path: str, body: Any, things: Operation) -> None:
    """Where nothing came and nothing had to, there is no evidence."""
    full = {"id": "t-1", "size": 1, "parts": [{"name": "a"}], "open": {"name": "a"}}
    row = answer(things, 200, body), answer(things, 200, full)
    assert said(things, f"200/body/{path}", *row) == [SILENT, KEPT]


def test_only_what_is_json_has_members(things: Operation) -> None:
    """Neither a body that cannot be read nor another status is held against the schema of 200."""
    unread = answer(things, 200, text="{", flaw="not JSON")
    error = answer(things, 400, {})
    row = unread, error, answer(things, 200, {})
    assert said(things, "200/body/id", *row) == [SILENT, SILENT, BROKEN]


FORMATS = {
    "an address": ("https://api.confluent.cloud/iam/v2/api-keys/ak-12345", KEPT),
    "a resource name": ("crn://confluent.cloud/api-key=ak-12345", KEPT),
    "a bare path": ("/iam/v2/api-keys/ak-12345", BROKEN),
    "words": ("not an address", BROKEN),
    "a redacted word": (f"not {REDACTED} address", KEPT),
}


@pytest.mark.parametrize(("value", "expected"), FORMATS.values(), ids=FORMATS)
def test_a_format_is_a_promise(value: str, expected: str) -> None:
    """`format: uri` is held to (RFC 3986), although JSON Schema leaves that open."""
    one = answer(confluent(), 200, KEY | {"metadata": {"self": value}})
    assert said(confluent(), "200/body/metadata.self", one) == [expected]


UNDECLARED = {
    "all are named": ({"id": "t-1", "parts": [{"name": "a"}]}, KEPT),
    "one at the top is not": ({"id": "t-1", "more": 1}, BROKEN),
    "one in an entry of a list is not": (
        {"parts": [{"name": "a"}, {"name": "b", "more": 1}]},
        BROKEN,
    ),
    "many, one long and one not printable": (
        {f"more-{index}": 1 for index in range(20)} | {"x" * 200: 1, "\x00": 1},
        BROKEN,
    ),
    "one not printable": ({"\x00": 1}, BROKEN),
    "others are allowed there": ({"open": {"name": "a", "more": 1}}, KEPT),
    "others are forbidden there, which the member says": ({"shut": {"more": 1}}, KEPT),
    "no names are told there": ({"free": {"more": 1}}, KEPT),
    "no entries are told there": ({"loose": [{"more": 1}]}, KEPT),
    "a number for a list": ({"parts": 5}, KEPT),
    "null for an object": ({"open": None}, KEPT),
    "a list for the whole": ([{"more": 1}], KEPT),
}


@pytest.mark.parametrize(("body", "expected"), UNDECLARED.values(), ids=UNDECLARED)
def test_every_member_is_named_by_the_document(body: Any, expected: str, things: Operation) -> None:
    """Where a schema lists members and is silent on others, others are not documented."""
    assert said(things, "200/undeclared", answer(things, 200, body)) == [expected]


def test_a_nested_member_is_named_too() -> None:
    """A member of a member is looked for in the schema of its parent."""
    spec = {"spec": {**KEY["spec"], "more": 1}}  # type: ignore[dict-item]
    row = answer(confluent(), 200, KEY), answer(confluent(), 200, KEY | spec)
    assert said(confluent(), "200/undeclared", *row) == [KEPT, BROKEN]


# --- headers --------------------------------------------------------------------------------------

HEADERS = {
    "a number": ("Count", ["12"], KEPT),
    "zero": ("Count", ["0"], KEPT),
    "zero with a sign": ("Count", ["-0"], KEPT),
    "a negative number, of which nothing is said": ("Count", ["-1"], KEPT),
    "a negative number of any length": ("Count", ["-" + "9" * 5000], KEPT),
    "a negative number of seconds to wait": ("Retry-After", ["-1"], BROKEN),
    "no seconds to wait": ("Retry-After", ["0"], KEPT),
    "the least": ("Share", ["1"], KEPT),
    "less than the least": ("Share", ["0"], BROKEN),
    "the most": ("Share", ["9"], KEPT),
    "more than the most": ("Share", ["10"], BROKEN),
    "more than the most, by far": ("Share", ["9" * 5000], BROKEN),
    "a number with a plus": ("Count", ["+1"], BROKEN),
    "a number with a point": ("Count", ["1.0"], BROKEN),
    "a sign alone": ("Count", ["-"], BROKEN),
    "a word for a number": ("Count", ["many"], BROKEN),
    "nothing for a number": ("Count", [""], BROKEN),
    "a number and a line end": ("Count", ["1\n"], BROKEN),
    "no number at all": ("Count", [], BROKEN),
    "a number twice": ("Count", ["1", "1"], BROKEN),
    "a text": ("Note", ["-1"], KEPT),
    "an empty text": ("Note", [""], BROKEN),
    "a blank text": ("Note", ["  "], BROKEN),
    "no text at all": ("Note", [], BROKEN),
    "a text twice": ("Note", ["a", "b"], BROKEN),
    "a list in two lines: Allow": ("Allow", ["GET", "PATCH"], KEPT),
    "a list in two lines: Vary": ("Vary", ["Accept", "Origin"], KEPT),
    "a list in two lines, one empty": ("Allow", ["GET", ""], BROKEN),
    "a list that is missing": ("Allow", [], BROKEN),
    "a challenge": ("WWW-Authenticate", ["Basic"], KEPT),
    "a challenge with a parameter": ("WWW-Authenticate", ['Basic realm="things"'], KEPT),
    "a challenge of odd letters": ("WWW-Authenticate", ["My-Scheme.v1 token"], KEPT),
    "two challenges": ("WWW-Authenticate", ["Basic", "Bearer"], KEPT),
    "two challenges, one of which is none": ("WWW-Authenticate", ["Basic", '"Bearer"'], BROKEN),
    "a parameter without a scheme": ("WWW-Authenticate", ['realm="things"'], BROKEN),
    "a scheme and a blank": ("WWW-Authenticate", ["Basic "], KEPT),
    "challenges in one line": ("WWW-Authenticate", ['Negotiate, Basic realm="api"'], KEPT),
    "a token and parameters": (
        "WWW-Authenticate",
        ['Negotiate abc/d==, Digest realm="a, b", qop = "auth,auth-int", stale=true , Bearer'],
        KEPT,
    ),
    "parameters on the next line": ("WWW-Authenticate", ['Basic realm="a"', "charset=utf-8"], KEPT),
    "an escaped quote": ("WWW-Authenticate", ['Basic realm="a \\" b"'], KEPT),
    "empty elements": ("WWW-Authenticate", [", Basic,, Bearer ,"], KEPT),
    "a secret taken out": ("WWW-Authenticate", ["Bearer scope=[redacted]"], KEPT),
    "a parameter after a bare scheme": ("WWW-Authenticate", ["Basic, realm=api"], BROKEN),
    "a parameter after a token": ("WWW-Authenticate", ["Negotiate abc==, realm=api"], BROKEN),
    "a sentence": ("WWW-Authenticate", ["Please log in"], BROKEN),
    "no comma between parameters": ("WWW-Authenticate", ['Basic realm="a" charset="b"'], BROKEN),
    "a value without quotes": ("WWW-Authenticate", ["Basic realm=the api"], BROKEN),
    "an open quote": ("WWW-Authenticate", ['Basic realm="api'], BROKEN),
    "commas alone": ("WWW-Authenticate", [", ,"], BROKEN),
    "an empty challenge": ("WWW-Authenticate", [""], BROKEN),
    "an address": ("Next", ["https://example.com/things/t-2"], KEPT),
    "an address of another kind": ("Next", ["crn://example.com"], KEPT),
    "an address with a redacted host": ("Next", [f"https://{REDACTED}/things"], KEPT),
    "a path": ("Next", ["/things/t-2"], BROKEN),
    "an address without its scheme": ("Next", ["//example.com/things/t-2"], BROKEN),
    "an address without a host": ("Next", ["https:things"], BROKEN),
    "an address with a bracket": ("Next", ["https://[example.com/"], BROKEN),
    "no address": ("Next", ["later"], BROKEN),
    "no challenge where none is asked for": ("Note", ['"Bearer"'], KEPT),
}


@pytest.mark.parametrize(("name", "values", "expected"), HEADERS.values(), ids=HEADERS)
def test_a_documented_header_is_sent_and_of_its_type(
    name: str, values: list[str], expected: str, things: Operation
) -> None:
    """One line (RFC 9110 5.3), a value of its type; WWW-Authenticate is a challenge (11.6.1)."""
    one = answer(things, 200, headers=lines(name, *values))
    assert said(things, f"200/header/{name}", one) == [expected]


def test_the_case_of_a_header_does_not_matter(things: Operation) -> None:
    """Field names are the same in capitals and in small letters (RFC 9110 5.1)."""
    row = answer(things, headers={"COUNT": "1"}), answer(things, headers={"count": "x"})
    assert said(things, "200/header/Count", *row) == [KEPT, BROKEN]


def test_a_header_is_owed_by_its_own_status_alone(things: Operation) -> None:
    """What is documented for 200 is not missed on 404."""
    row = answer(things, 404), answer(things, 200)
    assert said(things, "200/header/Count", *row) == [SILENT, BROKEN]


CHALLENGES = {
    "a challenge": (['Basic error="invalid_key"'], KEPT),
    "two challenges": (["Basic", "Bearer"], KEPT),
    "no challenge": (["=Basic"], BROKEN),
    "none": ([], BROKEN),
}


@pytest.mark.parametrize(("values", "expected"), CHALLENGES.values(), ids=CHALLENGES)
def test_a_refusal_says_how_to_authenticate(values: list[str], expected: str) -> None:
    """401 comes with a challenge (RFC 9110 11.6.1)."""
    one = answer(confluent(), 401, headers=lines("WWW-Authenticate", *values))
    assert said(confluent(), "401/header/WWW-Authenticate", one) == [expected]


def test_the_headers_of_the_rate_limit_are_left_to_their_own_family() -> None:
    """A header is judged once: that of the rate limit among rate limits, all others here."""
    families = {
        name: clause_of(confluent(), f"200/header/{name}").family.value
        for name in ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Reset")
    }
    assert families == {
        "X-Request-Id": "shape",
        "X-RateLimit-Limit": "rate_limit",
        "X-RateLimit-Reset": "rate_limit",
    }


def test_a_wait_on_a_success_alone_is_no_rate_limit(things: Operation) -> None:
    """It asks for patience, and is judged as any header is."""
    assert clause_of(things, "200/header/Retry-After").family.value == "shape"
    assert clause_of(things, "200/header/Count").family.value == "shape"


# --- request identity -----------------------------------------------------------------------------

REQUEST_IDS: dict[str, tuple[list[tuple[str, ...]], list[str]]] = {
    "all differ": ([("a",), ("b",), ("c",)], [KEPT, KEPT, KEPT]),
    "the case differs": ([("a",), ("A",)], [KEPT, KEPT]),
    "one comes again": ([("a",), ("b",), ("a",)], [KEPT, KEPT, BROKEN]),
    "one comes three times": ([("a",), ("a",), ("a",)], [KEPT, BROKEN, BROKEN]),
    "none in between": ([("a",), (), ("a",)], [KEPT, SILENT, BROKEN]),
    "two lines of one answer": ([("a", "a"), ("b",)], [KEPT, KEPT]),
    "the second line comes again": ([("a", "b"), ("c", "b")], [KEPT, BROKEN]),
    "an empty one comes again": ([("",), ("",)], [KEPT, BROKEN]),
}


@pytest.mark.parametrize(("ids", "expected"), REQUEST_IDS.values(), ids=REQUEST_IDS)
def test_no_two_answers_share_a_request_id(ids: list[tuple[str, ...]], expected: list[str]) -> None:
    """The id of a request is its own, whatever else the answer says."""
    row = [answer(confluent(), headers=lines("X-Request-Id", *values)) for values in ids]
    assert said(confluent(), "request-id/unique", *row) == expected


def test_the_id_of_a_request_that_was_sent_again_is_not_held_against_it() -> None:
    """The same request once more may have the same id."""
    lost = answer(confluent(), 503, headers={"X-Request-Id": "a"}, superseded=True)
    again = answer(confluent(), headers={"X-Request-Id": "a"})
    assert said(confluent(), "request-id/unique", lost, again, again) == [SILENT, KEPT, BROKEN]


def test_request_ids_are_unique_where_the_document_says_so(
    things: Operation,
    anything: Operation,
) -> None:
    """An id that is named is unique, unless the document says that it is not."""
    assert "request-id/unique" in clause_ids(things)
    assert "request-id/unique" not in clause_ids(anything)
    assert "request-id/unique" not in clause_ids(datadog())
    row = [answer(things, headers={"Serial": "1"}), answer(things, headers={"Serial": "1"})]
    assert said(things, "request-id/unique", *row) == [KEPT, BROKEN]


# --- prose lists of values ------------------------------------------------------------------------

VALUES = {
    "a value of the list": ([{"resource_type": "kafka"}], KEPT),
    "the last value of the list": ([{"resource_type": "schema_registry"}], KEPT),
    "another value": ([{"resource_type": "topic"}], BROKEN),
    "that of the newer document": ([{"resource_type": "flink"}], KEPT),
    "a value in capitals": ([{"resource_type": "Kafka"}], BROKEN),
    "a right one, then a wrong one": ([{"resource_type": "ksql"}, {"resource_type": ""}], BROKEN),
    "a redacted one, then a wrong one": (
        [{"resource_type": REDACTED}, {"resource_type": "x"}],
        BROKEN,
    ),
    "a redacted one alone": ([{"resource_type": f"{REDACTED}x"}], SILENT),
    "a number, which the schema refuses": ([{"resource_type": 5}], SILENT),
    "none": ([{}], SILENT),
    "no resources": ([], SILENT),
}
RESOURCE_TYPE = "200/values/data.attributes.resources[].resource_type"


@pytest.mark.parametrize(("resources", "expected"), VALUES.values(), ids=VALUES)
def test_a_value_is_one_of_those_that_the_prose_lists(resources: Any, expected: str) -> None:
    """A list of values in words binds like an enum; what cannot be read says nothing."""
    body = {"data": {"attributes": {"resources": resources}}}
    known = {"data": {"attributes": {"resources": [{"resource_type": "connector"}]}}}
    row = answer(datadog(), 200, known), answer(datadog(), 200, body)
    assert said(datadog(), RESOURCE_TYPE, *row) == [KEPT, expected]


def test_the_list_of_values_is_for_successful_answers(things: Operation) -> None:
    """An error may have a member of the same name; any 2xx is a success."""
    error, fine = answer(things, 400, {"colour": "blue"}), answer(things, 201, {"colour": "blue"})
    assert said(things, "200/values/colour", error, fine) == [SILENT, BROKEN]


# --- the document's own examples ------------------------------------------------------------------

EXAMPLES = {
    "one that keeps its schema": ("400", KEPT),
    "one that repeats what must differ": ("422", BROKEN),
    "a header's that keeps its schema": ("401/WWW-Authenticate", KEPT),
    "a header's that is no address": ("409/Location", BROKEN),
}


@pytest.mark.parametrize(("name", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_bundled_examples_are_held_to_their_schema(name: str, expected: str) -> None:
    """A published example that breaks its own schema is the document's fault, and is told."""
    assert verdict(confluent(), f"document/example/{name}") == expected


OWN_EXAMPLES = {
    "good": ("200/good", KEPT),
    "bad": ("200/bad", BROKEN),
    "a header's, good": ("200/Next", KEPT),
    "a header's, bad": ("200/Back", BROKEN),
    "an integer header's": ("200/Count", KEPT),
    "an integer header's, written as a text": ("200/Share", KEPT),
    "an integer header's, bad": ("200/Many", BROKEN),
    "a number header's": ("200/Offset", KEPT),
}


@pytest.mark.parametrize(("name", "expected"), OWN_EXAMPLES.values(), ids=OWN_EXAMPLES)
def test_each_named_example_has_its_own_clause(name: str, expected: str, things: Operation) -> None:
    """Several examples are told apart by their names."""
    assert verdict(things, f"document/example/{name}") == expected


def test_no_answer_changes_what_an_example_is(anything: Operation) -> None:
    """One example a response needs no name, and what is sent does not matter."""
    assert verdict(anything, "document/example/default") == KEPT
    assert verdict(anything, "document/example/default", answer(anything, 500, [])) == KEPT


# --- which promises, and how strong ---------------------------------------------------------------


def test_the_clauses_follow_from_the_document(things: Operation, anything: Operation) -> None:
    """What is documented has a clause; what is not has none."""
    made = set(clause_ids(things))
    assert {"404/no-body", "4XX/no-body", "2XX/media-type", "2XX/body"} <= made
    assert not {"200/no-body", "204/no-body", "204/media-type", "200/header/Serial"} & made
    assert not {"document/example/200/Note", "200/body/parts[].name[]"} & made
    assert not {id for id in clause_ids(anything) if "/values/" in id or id.endswith("/no-body")}
    assert "400/no-body" not in clause_ids(confluent())


LEVELS = {
    "answered": "MUST",
    "answered/at-once": "SHOULD",
    "statuses": "MUST",
    "404/no-body": "SHOULD",
    "200/media-type": "MUST",
    "200/json": "MUST",
    "200/body": "MUST",
    "200/body/size": "MUST",
    "200/undeclared": "SHOULD",
    "200/header/Count": "MUST",
    "request-id/unique": "MUST",
    "200/values/colour": "MUST",
    "document/example/200/good": "SHOULD",
}


@pytest.mark.parametrize(("id", "level"), LEVELS.items(), ids=LEVELS)
def test_how_strongly_a_promise_is_made(id: str, level: str, things: Operation) -> None:
    """What the document leaves open, and what is its own fault, only warns."""
    assert clause_of(things, id).level.value == level


PLACES = {
    "200/values/colour": "values:",
    "request-id/unique": "request-id:",
    "404/no-body": "'404':",
    "200/header/Note": "Note:",
    "200/body/size": "size:",
    "200/media-type": "application/json:",
    "answered": "patch:",
}


@pytest.mark.parametrize(("id", "word"), PLACES.items(), ids=PLACES)
def test_a_promise_stands_where_it_is_made(id: str, word: str, things: Operation) -> None:
    """A clause names the line of the document that begins with its word."""
    line = THINGS.splitlines()[clause_of(things, id).place.line - 1]
    assert line.strip().startswith(word)


def test_only_the_limit_needs_to_be_reached_for_429(things: Operation) -> None:
    """Every probe may bring 404; 429 comes by the one that uses up the limit."""
    assert "throttle" in clause_of(confluent(), "429/no-body").needs
    assert "throttle" not in clause_of(things, "404/no-body").needs


# --- no evidence ----------------------------------------------------------------------------------

UNSEEN = {
    "nothing sent": ("answered", (), False, "sent"),
    "no network": ("answered/at-once", (), False, "between"),
    "no answer at all": ("statuses", (), True, "answer"),
    "no 404": ("404/no-body", (200,), False, "404"),
    "no 200, but 404 to valid requests": ("200/media-type", (404, 404), True, "2 answered 404"),
    "no 200 to read": ("200/json", (404,), True, "200"),
    "no 200 with a body": ("200/body", (404,), True, "200"),
    "no 200 with a member": ("200/body/size", (404,), True, "200"),
    "a 200 without the optional member": ("200/body/size", (404, 200), False, "optional"),
    "a 200 without the member that holds it": ("200/body/parts[].name", (200,), False, "parts[]"),
    "no 200 with names": ("200/undeclared", (404,), True, "200"),
    "no 200 with a header": ("200/header/Count", (404,), True, "200"),
    "no answer with an id": ("request-id/unique", (404,), True, "Serial"),
    "no 200 with a value": ("200/values/colour", (404,), True, "200"),
    "a 200 without the value": ("200/values/colour", (404, 200), False, "colour"),
    "no example": ("document/example/200/good", (), False, "example"),
}


@pytest.mark.parametrize(("id", "statuses", "withheld", "told"), UNSEEN.values(), ids=UNSEEN)
def test_why_there_is_no_evidence(
    id: str, statuses: tuple[int, ...], withheld: bool, told: str, things: Operation
) -> None:
    """What is promised and was not given is withheld; what may stay away is not."""
    row = [answer(things, status, {"id": "t-1"}) for status in statuses]
    reason = absence(things, id, *row)
    assert reason.withheld is withheld
    assert told in reason.reason


def test_a_lost_answer_is_told_as_the_reason(things: Operation) -> None:
    """Where requests failed on the way, the reason says how."""
    reason = absence(things, "200/json", answer(things, failure="timed out"))
    assert reason.withheld
    assert "timed out" in reason.reason


def test_an_optional_member_of_a_required_one_may_stay_away() -> None:
    """What is required inside a member that did not come is the fault of that member."""
    seen = answer(confluent(), 200, KEY)
    required = absence(confluent(), "200/body/spec.resource.id", seen)
    optional = absence(confluent(), "200/body/spec.resource.kind", seen)
    assert not required.withheld
    assert "optional" not in required.reason
    assert not optional.withheld
    assert "optional" in optional.reason
