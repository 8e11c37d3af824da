"""Does an update do what it says, and nothing else? Each rule on what a PATCH changes, both ways.

Most rules need several answers: each test gives a row of them, and says which one is blamed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
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
    in_a_row,
    is_withheld,
    make_case,
    make_exchange,
    operation_from,
    said,
    verdict,
)
from lives import THINGS as WHOLE_THINGS
from lives import world

from pytest_confluent_contracts.clauses import update
from pytest_confluent_contracts.model.clauses import FindingKind

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

SELF = "https://api.confluent.cloud/iam/v2/api-keys/ak-12345"
OWNER = {"id": "u-1", "related": "https://x.test/u-1", "resource_name": "crn://x.test/u-1"}
OTHER_OWNER = OWNER | {"id": "u-2"}
THEN, LATER, LATEST = (f"2026-01-01T00:00:{second}Z" for second in ("00", "01", "02"))
OTHER_ID = {"id": "ak-other"}
ACCOUNTS = "confluent-cloud-accounts"

NAME = "update/sent-is-returned/spec.display_name"
OMITTED = "update/omitted-unchanged"
EMPTY = "update/empty-changes-nothing"
REFUSED = "update/refused-unchanged"
AGAIN = "update/idempotent"
OWNER_KEPT = "update/immutable/spec.owner"
META_KEPT = "update/immutable/metadata"

THINGS = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      x-contract:
        identity: {self: self}
        immutable: {properties: [fixed, self]}
        timestamps: {updated: changed}
        create-only: {properties: [seed]}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string}
                note: {type: string}
                kind: {enum: [thing]}
                color: {enum: [red, blue]}
                fixed: {type: object, properties: {at: {type: string}}}
                fixed_too: {type: string}
                chosen: {type: string, readOnly: true}
                hidden: {type: string}
                inner: {type: object, properties: {tags: {type: array, items: {type: string}}}}
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema:
                type: object
                properties:
                  name: {type: string}
                  note: {type: string}
                  kind: {enum: [thing]}
                  color: {enum: [red, blue]}
                  fixed: {type: object, properties: {at: {type: string}}}
                  fixed_too: {type: string}
                  chosen: {type: string}
                  seed: {type: string}
                  self: {type: string}
                  changed: {type: string, format: date-time}
                  inner: {type: object, properties: {tags: {type: array, items: {type: string}}}}
"""

BARE = """
openapi: 3.1.0
info: {title: Bare, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema: {type: object, properties: {made_at: {type: string}}}
"""

ONLY_CREATED = """
openapi: 3.1.0
info: {title: Only created, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      x-contract:
        identity: {parameter: id}
        timestamps: {created: made}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {name: {type: string}}}
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema: {type: object, properties: {made: {type: string}, name: {type: string}}}
"""

NO_ANSWER = """
openapi: 3.1.0
info: {title: No answer, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      responses:
        '204': {description: Done, and nothing to show.}
"""


@pytest.fixture
def things(tmp_path: Path) -> Operation:
    """Return an operation whose members are of every kind that a rule tells apart."""
    return operation_from(THINGS, tmp_path)


def spec(**members: Any) -> dict[str, Any]:
    """Return a body that sends these members of ``spec``."""
    return {"spec": members}


def key(*, updated: Any = THEN, created: Any = THEN, **members: Any) -> dict[str, Any]:
    """Return an API key as an answer shows it, with these members of ``spec``."""
    return {
        "api_version": "iam/v2",
        "kind": "ApiKey",
        "id": "ak-12345",
        "metadata": {"self": SELF, "created_at": created, "updated_at": updated},
        "spec": {"display_name": "a", "description": "b", "owner": OWNER} | members,
    }


def patched(body: Any, answer: Any, status: int = 200, **more: Any) -> Exchange:
    """Return the exchange in which Confluent's operation was sent *body* and gave *answer*."""
    asked = {
        name: more.pop(name) for name in ("expect", "parameters", "raw", "subject") if name in more
    }
    return make_exchange(make_case(confluent(), body, **asked), status, answer, **more)


def refused(body: Any, status: int = 400, **more: Any) -> Exchange:
    """Return the exchange in which *body* was refused."""
    return patched(body, {"errors": []}, status, **more)


def shown(**members: Any) -> Exchange:
    """Return an accepted update of the name that shows the key with these members of ``spec``."""
    return patched(spec(display_name="a"), key(**members))


FIRST = shown()


# --- what was sent comes back ---------------------------------------------------------------------

ECHOES = [
    pytest.param("CI key", "CI key", KEPT, id="equal"),
    pytest.param(" CI key ", "CI key", BROKEN, id="trimmed"),
    pytest.param("CI key", "ci key", BROKEN, id="in lower case"),
    pytest.param("e\u0301", "\u00e9", BROKEN, id="composed"),
    pytest.param("", "", KEPT, id="empty"),
    pytest.param("", None, BROKEN, id="empty and null"),
    pytest.param("a", None, BROKEN, id="a text and null"),
    pytest.param("a", "", BROKEN, id="a text and nothing in it"),
    pytest.param(None, None, KEPT, id="null"),
    pytest.param(None, "a", BROKEN, id="null and the value before"),
    pytest.param(1, 1, KEPT, id="a number"),
    pytest.param(1, True, BROKEN, id="a number and true"),
    pytest.param(1, 1.0, BROKEN, id="a number with a fraction"),
    pytest.param(["a", "b"], ["b", "a"], BROKEN, id="a list in another order"),
    pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, KEPT, id="members in another order"),
]


@pytest.mark.parametrize(("sent", "came", "expected"), ECHOES)
def test_what_was_sent_comes_back(sent: Any, came: Any, expected: str) -> None:
    """An answer shows the value that was sent, to the character and the type."""
    told = patched(spec(display_name=sent), key(display_name=came), expect=Expect.ACCEPTED)
    assert verdict(confluent(), NAME, told) == expected


def nameless() -> dict[str, Any]:
    """Return an API key whose answer leaves the name out."""
    answer = key()
    del answer["spec"]["display_name"]
    return answer


@pytest.mark.parametrize("sent", ["", None, [], {}])
def test_what_is_empty_may_be_left_out(sent: Any) -> None:
    """An answer need not show an empty value; another one it shows."""
    row = [FIRST, patched(spec(display_name=sent), nameless())]
    assert said(confluent(), NAME, *row) == [KEPT, SILENT]
    assert said(confluent(), NAME, FIRST, patched(spec(display_name="x"), nameless())) == [
        KEPT,
        BROKEN,
    ]


def test_what_no_answer_ever_shows_may_be_left_out() -> None:
    """Only a member that some answer showed is missed; empty, or by a refusal, is not shown."""
    missing = patched(spec(display_name="x"), nameless())
    elsewhere = patched({}, key(display_name="x"))
    assert said(confluent(), NAME, missing, elsewhere) == [BROKEN, SILENT]
    assert said(confluent(), NAME, missing, patched({}, nameless())) == [SILENT, SILENT]
    assert said(confluent(), NAME, missing, patched({}, key(display_name=""))) == [SILENT, SILENT]
    assert said(confluent(), NAME, missing, patched({}, key(), 400)) == [SILENT, SILENT]


NO_ECHO = [
    pytest.param(patched({}, key()), id="not sent"),
    pytest.param(patched(spec(description="x"), key()), id="another member sent"),
    pytest.param(patched(spec(display_name="x"), key(), 400), id="refused"),
    pytest.param(patched(spec(display_name="x"), [key()]), id="no object"),
    pytest.param(patched(spec(display_name="x"), ABSENT, flaw="no JSON"), id="no JSON"),
    pytest.param(patched(spec(display_name="x"), key(), expect=Expect.UNKNOWN), id="unknown id"),
    pytest.param(patched(spec(display_name="x"), key(), parameters=OTHER_ID), id="another"),
    pytest.param(patched(spec(display_name="x"), key(), superseded=True), id="sent again"),
    pytest.param(patched(spec(display_name="x"), key(), failure="reset"), id="failed"),
]


@pytest.mark.parametrize("other", NO_ECHO)
def test_other_exchanges_return_nothing(other: Exchange) -> None:
    """Only an accepted update of the run's own resource that sent the member speaks of it."""
    assert said(confluent(), NAME, FIRST, other) == [KEPT, SILENT]


def test_only_what_can_be_written_and_is_shown_comes_back(things: Operation) -> None:
    """Constants, read-only and immutable members are not written, and secrets are not shown."""
    returned = {id for id in clause_ids(things) if id.startswith("update/sent-is-returned/")}
    names = {id.removeprefix("update/sent-is-returned/") for id in returned}
    assert names == {"name", "note", "color", "fixed_too", "inner.tags"}
    hidden = {id for id in clause_ids(datadog()) if "api_secret" in id and "update/" in id}
    assert not hidden


def test_what_had_to_be_refused_need_not_come_back() -> None:
    """That such a body was accepted is told once, by its own clause; a good one is returned."""
    taken = patched({"spec": {"display_name": 5, "description": "x"}}, key(description="y"))
    description = "update/sent-is-returned/spec.description"
    assert said(confluent(), NAME, taken, FIRST) == [SILENT, KEPT]
    assert said(confluent(), description, taken) == [SILENT]
    anything = patched(spec(description="x"), key(description="y"), expect=Expect.ANY)
    assert said(confluent(), description, anything) == [BROKEN]


WIPED = key()
del WIPED["spec"]["description"]


def test_what_became_of_a_wrongly_accepted_body_is_not_told_again() -> None:
    """``{"spec": null}`` that wipes the members is told as accepted; what it left is the state."""
    taken, left = patched({"spec": None}, WIPED), patched(spec(display_name="a"), WIPED)
    for id in (OMITTED, EMPTY, AGAIN, OWNER_KEPT):
        assert set(said(confluent(), id, FIRST, taken, taken)) == {SILENT}
    assert said(confluent(), OMITTED, FIRST, taken, left, FIRST) == [SILENT, SILENT, KEPT, BROKEN]


# --- one value in two notations -------------------------------------------------------------------

NOTATIONS = """
openapi: 3.1.0
info: {title: Notations, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      requestBody: {content: {application/json: {schema: &thing {type: object, properties: {
        due: {type: string, format: date-time}, link: {type: string, format: uri},
        note: {type: string}, days: {type: array, items: {type: string, format: date-time}},
        refs: {type: array, items: {type: object, properties: {at: {type: string, format: uri}}}}
      }}}}}
      responses:
        '200': {description: Done., content: {application/json: {schema: *thing}}}
"""
DUE = "2026-01-01T00:00:00Z"
LINK = "https://x.test/a/~b?q=%C3%A9"
SPELLINGS = [
    pytest.param("due", DUE, "2026-01-01T00:00:00+00:00", KEPT, id="an offset of nothing"),
    pytest.param("due", DUE, "2025-12-31T17:00:00-07:00", KEPT, id="the same instant elsewhere"),
    pytest.param("due", DUE, "2026-01-01t00:00:00.000z", KEPT, id="in lower case, with zeros"),
    pytest.param("due", DUE, "2026-01-01T00:00:00+01:00", BROKEN, id="an hour before"),
    pytest.param("due", DUE, "2026-01-01T00:00:00.000000001Z", BROKEN, id="a nanosecond later"),
    pytest.param("due", DUE, "2026-01-01T00:00:00", BROKEN, id="without an offset"),
    pytest.param("note", DUE, "2026-01-01T00:00:00+00:00", BROKEN, id="a time in a text"),
    pytest.param("days", [DUE], ["2026-01-01T01:00:00+01:00"], KEPT, id="a time in a list"),
    pytest.param("days", [DUE, DUE], [DUE], BROKEN, id="a shorter list"),
    pytest.param("link", LINK, "HTTPS://X.TEST/a/~b?q=%c3%a9", KEPT, id="scheme, host, escapes"),
    pytest.param("link", LINK, "https://x.test/a/%7Eb?q=%C3%A9", KEPT, id="escaped without need"),
    pytest.param("link", LINK, "https://x.test/a/c/.././~b?q=%C3%A9", KEPT, id="dot segments"),
    pytest.param("link", LINK, "https://x.test/A/~b?q=%C3%A9", BROKEN, id="a path in upper case"),
    pytest.param("link", LINK, "https://x.test:443/a/~b?q=%C3%A9", BROKEN, id="a default port"),
    pytest.param("link", LINK, "https://x.test/a/~b/?q=%C3%A9", BROKEN, id="a slash behind"),
    pytest.param(
        "link", "https://x.test/a%2Fb", "https://x.test/a/b", BROKEN, id="a slash escaped"
    ),
    pytest.param("link", "https://a@x.test", "https://A@x.test", BROKEN, id="another user"),
    pytest.param("link", "https://x.test", "https://x.test/", BROKEN, id="the empty path"),
    pytest.param("refs", [{"at": LINK}], [{"at": LINK.upper()}], BROKEN, id="another one, deep"),
    pytest.param("refs", [{"at": "HTTP://x"}], [{"at": "http://X"}], KEPT, id="the same, deep"),
    pytest.param("note", "HTTP://x", "http://x", BROKEN, id="an address in a text"),
]


@pytest.mark.parametrize(("name", "one", "other", "expected"), SPELLINGS)
def test_two_notations_of_one_value_are_equal(
    name: str, one: Any, other: Any, expected: str, tmp_path: Path
) -> None:
    """Times are compared as instants (RFC 3339), addresses by RFC 3986 6.2.2 and no further."""
    own = operation_from(NOTATIONS, tmp_path)
    sent = make_exchange(make_case(own, {name: one}), 200, {name: other})
    assert said(own, f"update/sent-is-returned/{name}", sent) == [expected]
    row = [make_exchange(make_case(own, {}), 200, {name: value}) for value in (one, other)]
    assert said(own, EMPTY, *row) == [SILENT, expected]


def test_an_immutable_time_may_change_its_notation() -> None:
    """So may the address of the owner; another one may not."""
    sent = spec(expires_at=LATEST, owner=OTHER_OWNER)
    upper, other = "HTTPS://X.test/u%2D1", "https://x.test/u-2"
    forms = [(THEN, "https://x.test/u-1"), ("2026-01-01T01:00:00+01:00", upper), (LATER, other)]
    row = [patched(sent, key(expires_at=at, owner=OWNER | {"related": to})) for at, to in forms]
    for id in ("update/immutable/spec.expires_at", OWNER_KEPT):
        assert said(confluent(), id, *row) == [SILENT, KEPT, BROKEN]


# --- what was not sent stays ----------------------------------------------------------------------

NAMED = spec(display_name="a")
UNSENT = [
    pytest.param(NAMED, {}, KEPT, id="all the same"),
    pytest.param(NAMED, {"description": "c"}, BROKEN, id="another description"),
    pytest.param(spec(description="c"), {"description": "c"}, KEPT, id="the description was sent"),
    pytest.param(NAMED, {"description": "B"}, BROKEN, id="in upper case"),
    pytest.param(NAMED, {"description": None}, BROKEN, id="emptied"),
    pytest.param(NAMED, {"expires_at": LATER}, BROKEN, id="set where there was none"),
    pytest.param(NAMED, {"expires_at": ""}, KEPT, id="an empty value where there was none"),
    pytest.param(NAMED, {"expires_at": None}, KEPT, id="null where there was none"),
    pytest.param(NAMED, {"owner": OTHER_OWNER}, BROKEN, id="another owner"),
    pytest.param(spec(owner={"id": "u-2"}), {"owner": OTHER_OWNER}, KEPT, id="owner sent in part"),
    pytest.param(spec(owner={}), {"owner": OTHER_OWNER}, BROKEN, id="owner sent without members"),
    pytest.param(spec(owner=5), {"owner": OTHER_OWNER}, KEPT, id="owner sent as a number"),
    pytest.param(spec(owner=OTHER_OWNER), {"description": "c"}, BROKEN, id="owner sent, another"),
    pytest.param(
        spec(description=None), {"display_name": "c"}, SILENT, id="what breaks the schema"
    ),
    pytest.param(NAMED, {"updated": LATER}, KEPT, id="the time of the update moves"),
    pytest.param(NAMED, {"created": LATER}, KEPT, id="the time of creation has its own rule"),
    pytest.param(NAMED, {"secret": "x"}, KEPT, id="the secret has its own rule"),
    pytest.param({"metadata": {}}, {"description": "c"}, BROKEN, id="only empty metadata sent"),
]


@pytest.mark.parametrize(("sent", "members", "expected"), UNSENT)
def test_what_was_not_sent_does_not_change(sent: Any, members: Any, expected: str) -> None:
    """RFC 7396 section 1: members that a merge patch does not name stay as they are."""
    assert said(confluent(), OMITTED, FIRST, patched(sent, key(**members))) == [SILENT, expected]


def test_a_value_that_goes_is_a_change() -> None:
    """Both directions count: what an answer showed and the next does not."""
    row = [shown(expires_at=LATER), shown(), shown()]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, KEPT]


def test_lists_are_compared_as_a_whole() -> None:
    """Another order, or another item, is another list; an empty one is as good as none."""
    case = make_case(
        datadog(),
        {"data": {"attributes": {"api_key": "k", "api_secret": "s"}, "type": ACCOUNTS}},
        parameters={"account_id": "account"},
    )
    lists: list[Any] = [["a", "b"], ["a", "b"], ["b", "a"], [], None]
    answers = [{"data": {"id": "account", "attributes": {"tags": tags}}} for tags in lists]
    row = [make_exchange(case, 200, answer) for answer in answers]
    assert said(datadog(), OMITTED, *row) == [SILENT, KEPT, BROKEN, BROKEN, KEPT]


def test_a_resource_is_compared_with_its_last_answer() -> None:
    """A change is blamed once, on the request that made it."""
    row = [FIRST, shown(description="c"), shown(description="c"), shown()]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, KEPT, BROKEN]


CHANGED = shown(description="c")
UNCOUNTED = [
    pytest.param(patched(NAMED, key(description="x"), parameters=OTHER_ID), id="another resource"),
    pytest.param(patched(NAMED, key(description="x"), superseded=True), id="sent again"),
]


@pytest.mark.parametrize("other", UNCOUNTED)
def test_other_resources_do_not_count(other: Exchange) -> None:
    """Requests for other ids are left out, as if they had not been sent."""
    assert said(confluent(), OMITTED, FIRST, other, FIRST) == [SILENT, SILENT, KEPT]
    assert said(confluent(), OMITTED, FIRST, other, CHANGED) == [SILENT, SILENT, BROKEN]


def test_an_unknown_id_may_have_been_taken_for_the_own_one() -> None:
    """Where it was accepted, nobody knows what it wrote to; where it was refused, it must have written nothing."""
    taken = patched(NAMED, key(description="x"), expect=Expect.UNKNOWN, parameters=OTHER_ID)
    assert said(confluent(), OMITTED, FIRST, taken, CHANGED) == [SILENT, SILENT, SILENT]
    unknown = patched(NAMED, key(), 404, expect=Expect.UNKNOWN, parameters=OTHER_ID)
    assert said(confluent(), REFUSED, FIRST, unknown, FIRST) == [SILENT, KEPT, SILENT]
    assert said(confluent(), REFUSED, FIRST, unknown, CHANGED) == [SILENT, BROKEN, SILENT]


def test_an_id_that_was_normalised_is_not_compared() -> None:
    """A warning says that it was taken; that the answer names the own id is no more than that."""
    subject = Subject(SubjectKind.NORMALISED_ID)
    taken = patched(NAMED, key(), expect=Expect.UNKNOWN, parameters=OTHER_ID, subject=subject)
    assert said(confluent(), "update/id-is-path-id", FIRST, taken) == [KEPT, SILENT]


def test_the_first_request_names_the_resource() -> None:
    """An unknown id sent first does not take the place of the run's own."""
    stranger = patched(NAMED, key(), 404, expect=Expect.UNKNOWN, parameters=OTHER_ID)
    assert said(confluent(), OMITTED, stranger, FIRST, CHANGED) == [SILENT, SILENT, BROKEN]


UNKNOWN_ENDS = [
    pytest.param(refused(NAMED, 500), id="500"),
    pytest.param(refused(NAMED, 503), id="503"),
    pytest.param(patched(NAMED, ABSENT, failure="reset"), id="no answer"),
]


@pytest.mark.parametrize("end", UNKNOWN_ENDS)
@pytest.mark.parametrize("id", [OMITTED, REFUSED])
def test_nothing_is_known_after_an_unknown_end(id: str, end: Exchange) -> None:
    """Nobody knows whether a request that failed was applied; afterwards all begins anew."""
    told = said(confluent(), id, FIRST, refused(NAMED), end, CHANGED, refused(NAMED), FIRST)
    again = [SILENT, BROKEN, SILENT] if id == REFUSED else [SILENT, SILENT, SILENT]
    assert told == [SILENT, SILENT, SILENT, *again]
    assert said(confluent(), OMITTED, FIRST, end, CHANGED, FIRST) == [
        SILENT,
        SILENT,
        SILENT,
        BROKEN,
    ]


BODIES = [
    pytest.param(b'{"spec":', SILENT, id="broken off"),
    pytest.param(b"\xff\xfe{", SILENT, id="in another encoding"),
    pytest.param(b"", BROKEN, id="empty"),
    pytest.param(None, BROKEN, id="none"),
]


@pytest.mark.parametrize(("raw", "expected"), BODIES)
def test_nobody_knows_what_an_unreadable_body_sent(raw: bytes | None, expected: str) -> None:
    """No JSON may have been read as some; but no body at all is an empty update."""
    taken = patched(ABSENT, key(description="c"), raw=raw)
    assert said(confluent(), EMPTY, FIRST, taken, FIRST) == [SILENT, expected, SILENT]
    assert said(confluent(), OMITTED, FIRST, taken, FIRST) == [SILENT, SILENT, BROKEN]


# --- empty updates --------------------------------------------------------------------------------

EMPTIES = [
    pytest.param({}, id="an empty object"),
    pytest.param(spec(), id="an empty spec"),
    pytest.param({"more": 1}, id="a member nobody knows"),
]


@pytest.mark.parametrize("sent", EMPTIES)
def test_an_empty_update_changes_nothing(sent: Any) -> None:
    """An update that names no member changes the time of the update at most."""
    assert said(confluent(), EMPTY, FIRST, patched(sent, key(updated=LATER))) == [SILENT, KEPT]
    assert said(confluent(), EMPTY, FIRST, patched(sent, key(description="c"))) == [SILENT, BROKEN]
    assert said(confluent(), OMITTED, FIRST, patched(sent, key(description="c")), FIRST) == [
        SILENT,
        SILENT,
        BROKEN,
    ]


@pytest.mark.parametrize("sent", [NAMED, spec(display_name=None), {"metadata": {}}, {"id": "x"}])
def test_an_update_that_names_a_member_is_not_empty(sent: Any) -> None:
    """Even null, or what no update writes, says something."""
    row = [FIRST, patched(sent, key(description="c")), patched({}, key())]
    assert said(confluent(), EMPTY, *row) == [SILENT, SILENT, BROKEN]


def test_an_empty_update_must_be_allowed(things: Operation) -> None:
    """Where a member of the body is required, there is none."""
    assert EMPTY in clause_ids(confluent())
    assert EMPTY not in [*clause_ids(datadog()), *clause_ids(things)]


def test_a_body_that_is_required_is_not_empty(tmp_path: Path) -> None:
    """Even where none of its members is."""
    assert EMPTY not in clause_ids(operation_from(ONLY_CREATED, tmp_path))


# --- refused requests -----------------------------------------------------------------------------

SENT_C = spec(description="c")


def test_a_refused_request_changes_nothing() -> None:
    """RFC 5789 section 2: a patch is applied as a whole or not at all."""
    assert said(confluent(), REFUSED, FIRST, refused(SENT_C), FIRST) == [SILENT, KEPT, SILENT]
    assert said(confluent(), REFUSED, FIRST, refused(SENT_C), CHANGED) == [SILENT, BROKEN, SILENT]
    assert said(confluent(), REFUSED, FIRST, refused(SENT_C, 499), CHANGED) == [
        SILENT,
        BROKEN,
        SILENT,
    ]


def test_without_a_refusal_in_between_there_is_nothing_to_blame() -> None:
    """A refusal before the first answer, or after the last, has nothing to be compared with."""
    row = [refused(SENT_C), FIRST, CHANGED, refused(SENT_C)]
    assert said(confluent(), REFUSED, *row) == [SILENT] * 4
    assert said(confluent(), REFUSED, *row, CHANGED) == [SILENT, SILENT, SILENT, KEPT, SILENT]


def test_a_refusal_is_blamed_and_the_accepted_request_is_not() -> None:
    """What changed behind a refusal is held against it alone; without a change both are kept."""
    row = [FIRST, refused(SENT_C), CHANGED]
    assert said(confluent(), OMITTED, *row) == [SILENT] * 3
    assert said(confluent(), REFUSED, *row) == [SILENT, BROKEN, SILENT]
    row = [FIRST, refused(SENT_C), FIRST]
    assert said(confluent(), OMITTED, *row) == [SILENT, SILENT, KEPT]


def test_what_changes_anyway_is_not_the_refusals_doing() -> None:
    """A member that also moves where nothing was refused is held against the accepted request."""
    row = [FIRST, CHANGED, refused(spec(description="x")), FIRST]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, SILENT, BROKEN]
    assert said(confluent(), REFUSED, *row) == [SILENT, SILENT, KEPT, SILENT]


def test_a_default_that_is_written_over_is_the_accepted_requests_doing() -> None:
    """A refusal that sent the same empty value in between does not explain what happens without one, too."""
    emptied = shown(description="")
    row = [FIRST, emptied, FIRST, refused(spec(description=None)), emptied]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, BROKEN, SILENT, BROKEN]
    assert said(confluent(), REFUSED, *row) == [SILENT, SILENT, SILENT, KEPT, SILENT]


def test_a_refused_value_that_comes_out_is_the_refusals_doing() -> None:
    """Even of a member that moves by itself: the value is the one that was refused."""
    row = [FIRST, CHANGED, refused(spec(description="d")), shown(description="d")]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, SILENT, SILENT]
    assert said(confluent(), REFUSED, *row) == [SILENT, SILENT, BROKEN, SILENT]


def test_one_of_several_refusals_may_have_the_value() -> None:
    """The others need not have sent it."""
    row = [FIRST, CHANGED, refused(spec(description="d")), refused(NAMED), shown(description="d")]
    assert said(confluent(), REFUSED, *row) == [SILENT, SILENT, BROKEN, SILENT, SILENT]


def test_both_may_be_to_blame() -> None:
    """One member moves by itself, another has the refused value: each has its own culprit."""
    moved = shown(expires_at=LATER)
    both = shown(expires_at=LATEST, description="d")
    row = [FIRST, moved, refused(spec(description="d")), both]
    assert said(confluent(), OMITTED, *row) == [SILENT, BROKEN, SILENT, BROKEN]
    assert said(confluent(), REFUSED, *row) == [SILENT, SILENT, BROKEN, SILENT]


CULPRITS = [
    pytest.param([SENT_C, NAMED], {"description": "c"}, [BROKEN, SILENT], id="its value came out"),
    pytest.param([SENT_C, SENT_C], {"description": "c"}, [SILENT, BROKEN], id="the last of two"),
    pytest.param([NAMED, SENT_C], {"description": "x"}, [SILENT, BROKEN], id="nobody's value"),
    pytest.param([SENT_C, NAMED], {"description": "x"}, [SILENT, BROKEN], id="nobody's, the last"),
    pytest.param([spec(description=""), NAMED], {"description": ""}, [SILENT, BROKEN], id="empty"),
    pytest.param([NAMED, SENT_C], {"description": ""}, [SILENT, BROKEN], id="emptied by nobody"),
    pytest.param([NAMED, SENT_C, NAMED], {}, [SILENT, SILENT, KEPT], id="nothing changed"),
]


@pytest.mark.parametrize(("bodies", "members", "expected"), CULPRITS)
def test_the_refusal_whose_value_came_out_is_blamed(
    bodies: list[Any],
    members: Any,
    expected: list[str],
) -> None:
    """Else it is the last one before the change was seen; nothing sent an empty value alone."""
    row = [FIRST, *(refused(body) for body in bodies), shown(**members)]
    assert said(confluent(), REFUSED, *row) == [SILENT, *expected, SILENT]


SHOWS_NOTHING = [
    pytest.param(patched(SENT_C, ABSENT, 204), id="204 without a body"),
    pytest.param(patched(SENT_C, [key()]), id="a list"),
    pytest.param(patched(SENT_C, key(), 304), id="304"),
    pytest.param(patched(SENT_C, key(), 429), id="429"),
]


@pytest.mark.parametrize("between", SHOWS_NOTHING)
def test_an_answer_that_does_not_show_the_resource_is_no_side_of_a_pair(between: Exchange) -> None:
    """It stands between two that do."""
    assert said(confluent(), REFUSED, FIRST, between, FIRST) == [SILENT, KEPT, SILENT]
    assert said(confluent(), REFUSED, FIRST, between, CHANGED) == [SILENT, BROKEN, SILENT]


# --- the same again -------------------------------------------------------------------------------


def test_the_same_update_twice_gives_the_same_resource() -> None:
    """What was sent has the value that it had after the first time."""
    row = [FIRST, FIRST, shown(display_name="a (2)")]
    assert said(confluent(), AGAIN, *row) == [SILENT, KEPT, BROKEN]


TWICE = [
    pytest.param(FIRST, patched(SENT_C, key(display_name="x")), id="another update"),
    pytest.param(FIRST, patched(NAMED, key(display_name="x"), parameters=OTHER_ID), id="another"),
]


@pytest.mark.parametrize(("once", "again"), TWICE)
def test_another_update_is_not_the_same(once: Exchange, again: Exchange) -> None:
    """Only the same request, byte for byte, is the same."""
    assert said(confluent(), AGAIN, once, again, again)[1] == SILENT
    assert said(confluent(), AGAIN, once, once, again) == [SILENT, KEPT, SILENT]


def test_a_refusal_in_between_makes_it_another_matter() -> None:
    """Then the change may be the refusal's."""
    row = [FIRST, refused(SENT_C), shown(display_name="x"), FIRST]
    assert said(confluent(), AGAIN, *row) == [SILENT, SILENT, SILENT, BROKEN]


def test_what_was_not_sent_is_no_part_of_the_same_update() -> None:
    """That it stays is another promise; nor is the time of creation judged here."""
    assert said(confluent(), AGAIN, FIRST, CHANGED) == [SILENT, KEPT]
    sent = {"metadata": {"created_at": THEN, "resource_name": "crn://a"}}
    row = [patched(sent, key(created=told)) for told in (THEN, LATER)]
    assert said(confluent(), AGAIN, *row) == [SILENT, KEPT]
    answer = key()
    answer["metadata"]["resource_name"] = "crn://a"
    assert said(confluent(), AGAIN, *row, patched(sent, answer)) == [SILENT, KEPT, BROKEN]


# --- what no update writes ------------------------------------------------------------------------

SENT_OWNER = spec(owner={"id": "u-2"})
IMMUTABLE = [
    pytest.param(SENT_OWNER, {}, KEPT, id="sent in part, the same"),
    pytest.param(SENT_OWNER, {"owner": OTHER_OWNER}, BROKEN, id="sent in part, changed"),
    pytest.param(spec(owner=OTHER_OWNER), {"owner": OTHER_OWNER}, BROKEN, id="sent whole, changed"),
    pytest.param(spec(owner=None), {"owner": {}}, BROKEN, id="sent as null, gone"),
    pytest.param(spec(owner=None), {}, KEPT, id="sent as null, the same"),
    pytest.param(SENT_OWNER, {"description": "c"}, KEPT, id="sent, another member changed"),
    pytest.param(SENT_OWNER, {"owner": OWNER | {"kind": "User"}}, BROKEN, id="sent, one more"),
    pytest.param(SENT_OWNER, {"owner": OWNER | {"kind": ""}}, KEPT, id="sent, an empty one more"),
]


@pytest.mark.parametrize(("sent", "members", "expected"), IMMUTABLE)
def test_an_immutable_member_stays_when_it_is_sent(sent: Any, members: Any, expected: str) -> None:
    """Nested members of it, too."""
    row = [FIRST, patched(sent, key(**members))]
    assert said(confluent(), OWNER_KEPT, *row) == [SILENT, expected]


@pytest.mark.parametrize("sent", [NAMED, {}, spec(owner={}), spec(owners=1)])
def test_an_immutable_member_that_is_not_sent_has_another_promise(sent: Any) -> None:
    """An empty object says nothing either."""
    row = [FIRST, patched(SENT_OWNER, key()), patched(sent, key(owner=OTHER_OWNER))]
    assert said(confluent(), OWNER_KEPT, *row) == [SILENT, KEPT, SILENT]


def test_a_refused_request_may_have_sent_it() -> None:
    """The last that sent the member is blamed, refused or not."""
    changed = shown(owner=OTHER_OWNER)
    row = [FIRST, refused(SENT_OWNER), refused(NAMED), changed]
    assert said(confluent(), OWNER_KEPT, *row) == [SILENT, BROKEN, SILENT, SILENT]
    row = [FIRST, refused(SENT_OWNER), refused(SENT_OWNER), FIRST]
    assert said(confluent(), OWNER_KEPT, *row) == [SILENT, SILENT, KEPT, SILENT]
    row = [FIRST, refused(SENT_OWNER), patched(SENT_OWNER, key(owner=OTHER_OWNER))]
    assert said(confluent(), OWNER_KEPT, *row) == [SILENT, SILENT, BROKEN]


def test_what_no_answer_shows_cannot_be_judged() -> None:
    """Neither answer shows it, or both do, or one."""
    sent = spec(expires_at=LATER)
    bare, dated = patched(sent, key()), patched(sent, key(expires_at=THEN))
    id = "update/immutable/spec.expires_at"
    assert said(confluent(), id, bare, bare, dated, dated, bare) == [
        SILENT,
        SILENT,
        BROKEN,
        KEPT,
        BROKEN,
    ]


def test_what_is_shown_empty_is_shown() -> None:
    """An empty value beside none is no change, and shows that the member stayed."""
    sent = spec(expires_at=LATER)
    row = [patched(sent, key(**members)) for members in ({}, {"expires_at": ""}, {})]
    assert said(confluent(), "update/immutable/spec.expires_at", *row) == [SILENT, KEPT, KEPT]


def test_the_time_of_the_update_moves_inside_what_stays() -> None:
    """``metadata`` stays, but for ``updated_at``; ``created_at`` in it stays."""
    sent = {"metadata": {"self": "https://x.test"}}
    row = [
        FIRST,
        patched(sent, key(updated=LATER)),
        patched(sent, key(updated=LATER, created=LATER)),
    ]
    assert said(confluent(), META_KEPT, *row) == [SILENT, KEPT, BROKEN]


def test_an_immutable_list_stays_as_a_whole() -> None:
    """Datadog's resources keep their items and their order."""
    sent = {"data": {"attributes": {"resources": [{"id": "c"}]}}}
    account = {"account_id": "account"}
    case = make_case(datadog(), sent, parameters=account, expect=Expect.ANY)
    lists = [[{"id": "a"}, {"id": "b"}]] * 2 + [[{"id": "b"}, {"id": "a"}]]
    answers = [{"data": {"attributes": {"resources": items}}} for items in lists]
    row = [make_exchange(case, 200, answer) for answer in answers]
    assert said(datadog(), "update/immutable/data.attributes.resources", *row) == [
        SILENT,
        KEPT,
        BROKEN,
    ]


def test_a_name_that_begins_alike_is_another_member(things: Operation) -> None:
    """``fixed`` is immutable, ``fixed.at`` is in it, and ``fixed_too`` is neither."""
    case = make_case(things, {"name": "a", "fixed": {"at": "x"}})
    shown = [("x", "a"), ("x", "b"), ("y", "b")]
    answers = [{"fixed": {"at": at}, "fixed_too": too} for at, too in shown]
    row = [make_exchange(case, 200, answer) for answer in answers]
    assert said(things, "update/immutable/fixed", *row) == [SILENT, KEPT, BROKEN]
    assert said(things, OMITTED, *row) == [SILENT, BROKEN, KEPT]


# --- the resource itself --------------------------------------------------------------------------

IDS = [
    pytest.param("ak-12345", KEPT, id="the same"),
    pytest.param("ak-12346", BROKEN, id="another"),
    pytest.param("AK-12345", BROKEN, id="in upper case"),
    pytest.param("", BROKEN, id="empty"),
]


@pytest.mark.parametrize(("came", "expected"), IDS)
def test_the_id_is_the_one_in_the_path(came: str, expected: str) -> None:
    """The answer is about the resource that was asked for."""
    row = [patched({}, key() | {"id": came}), patched({}, key() | {"id": 12345})]
    row += [patched({}, {}), patched({}, key() | {"id": "x"}, 404), patched({}, [key()])]
    assert said(confluent(), "update/id-is-path-id", *row) == [expected, *[SILENT] * 4]


def test_another_resource_has_its_own_id() -> None:
    """Each answer is held against its own request."""
    answers = [key() | {"id": id} for id in ("ak-other", "ak-12345")]
    others = [patched({}, answer, parameters=OTHER_ID) for answer in answers]
    assert said(confluent(), "update/id-is-path-id", FIRST, *others) == [KEPT, KEPT, BROKEN]


# Each address: is it an absolute URI with the id as a segment, and is its path the request's?
ADDRESSES = [
    pytest.param(SELF, KEPT, KEPT, id="as documented"),
    pytest.param("http://127.0.0.1:8080/iam/v2/api-keys/ak-12345", KEPT, KEPT, id="another host"),
    pytest.param("/iam/v2/api-keys/ak-12345", BROKEN, KEPT, id="only the path"),
    pytest.param("//x.test/iam/v2/api-keys/ak-12345", BROKEN, KEPT, id="without a scheme"),
    pytest.param("https://x.test/proxy/iam/v2/api-keys/ak-12345", KEPT, KEPT, id="below a prefix"),
    pytest.param(f"{SELF}/", KEPT, KEPT, id="a slash behind"),
    pytest.param(f"{SELF}?expand=all#top", KEPT, KEPT, id="a query and a fragment"),
    pytest.param("https://x.test/iam/v2/api-keys/ak%2D12345", KEPT, KEPT, id="percent-encoded"),
    pytest.param("https://x.test/iam/v2/api-keys/ak-12346", BROKEN, BROKEN, id="another id"),
    pytest.param("https://x.test/iam/v2/api-keys/ak-123456", BROKEN, BROKEN, id="a longer id"),
    pytest.param("https://x.test/iam/v2/api-keys", BROKEN, BROKEN, id="the collection"),
    pytest.param(f"{SELF}/versions", KEPT, BROKEN, id="below it"),
    pytest.param("https://x.test/iam/v3/api-keys/ak-12345", KEPT, BROKEN, id="another version"),
    pytest.param("https://x.test/?at=/iam/v2/api-keys/ak-12345", BROKEN, BROKEN, id="in the query"),
    pytest.param("https://[x.test/iam/v2/api-keys/ak-12345", BROKEN, BROKEN, id="no URL"),
    pytest.param("", BROKEN, BROKEN, id="empty"),
]
SELF_IDS = ["update/self-addresses-resource", "update/self-path-is-request-path"]


@pytest.mark.parametrize(("came", "named", "led"), ADDRESSES)
def test_self_addresses_the_resource(came: str, named: str, led: str) -> None:
    """It MUST be absolute and name the id; that it leads where the request went is inferred."""
    answers = [key() | {"metadata": {"self": told}} for told in (came, 5, None)]
    row = [patched({}, answer) for answer in answers]
    row += [patched({}, key() | {"metadata": {"self": "x"}}, 404)]
    for id, expected in zip(SELF_IDS, (named, led), strict=True):
        assert said(confluent(), id, *row) == [expected, SILENT, SILENT, SILENT]
    assert [clause_of(confluent(), id).level for id in SELF_IDS] == ["MUST", "SHOULD"]


IDENTIFIERS = [
    pytest.param("a b", "https://x.test/iam/v2/api-keys/a%20b", KEPT, id="a space"),
    pytest.param("a b", "https://x.test/iam/v2/api-keys/a+b", BROKEN, id="a space as a plus"),
    pytest.param("[redacted]", "https://x.test/iam/v2/api-keys/[redacted]", KEPT, id="redacted"),
    pytest.param("[redacted]", "https://[redacted]/iam/v2/api-keys/x", BROKEN, id="another place"),
]


@pytest.mark.parametrize(("id", "came", "expected"), IDENTIFIERS)
def test_self_addresses_ids_of_every_kind(id: str, came: str, expected: str) -> None:
    """RFC 3986 section 2.1: characters may be percent-encoded; a secret is compared unseen."""
    told = patched({}, {"metadata": {"self": came}}, parameters={"id": id})
    for clause in SELF_IDS:
        assert verdict(confluent(), clause, told) == expected


def test_identity_is_promised_only_where_a_parameter_is_named(things: Operation) -> None:
    """Without a parameter there is nothing to compare; the address is a promise of its own."""
    ids = {*clause_ids(things), *clause_ids(datadog())}
    assert ids.isdisjoint(SELF_IDS)
    assert "update/id-is-path-id" not in clause_ids(things)


def test_id_is_the_usual_member(tmp_path: Path) -> None:
    """A document that names the parameter alone means the member ``id``."""
    own = operation_from(ONLY_CREATED, tmp_path)
    row = [make_exchange(make_case(own), 200, {"id": id}) for id in ("ak-12345", "x")]
    assert said(own, "update/id-is-path-id", *row) == [KEPT, BROKEN]


# --- what must never be shown ---------------------------------------------------------------------


# --- what a replace leaves out ---------------------------------------------------------------------------------------


PUTS = world(WHOLE_THINGS)


def replaced(sent: Any, answer: Any, status: int = 200, **more: Any) -> Exchange:
    """Return a PUT of a thing."""
    return PUTS.ask("replace", status, answer, sent=sent, **more)


def of_thing(**members: Any) -> dict[str, Any]:
    """Return a thing as an answer shows it."""
    return {"id": "t1", "name": "a", **members}


NOTED = replaced({"name": "a", "note": "ours"}, of_thing(note="ours"))


@pytest.mark.parametrize(
    ("exchanges", "told"),
    [
        ([NOTED, replaced({"name": "b"}, of_thing())], KEPT),
        ([NOTED, replaced({"name": "b"}, of_thing(note=""))], KEPT),
        ([NOTED, replaced({"name": "b"}, of_thing(note=None))], KEPT),
        (
            [NOTED, replaced({"name": "b"}, of_thing(note="nothing to say"))],
            KEPT,
        ),  # its own default
        ([NOTED, replaced({"name": "b"}, of_thing(note="ours"))], BROKEN),
        (
            [NOTED, replaced({"name": "b", "note": "ours"}, of_thing(note="ours"))],
            SILENT,
        ),  # it was sent
        (
            [NOTED, replaced({"name": 1}, {}, 422), replaced({"name": "b"}, of_thing(note="ours"))],
            SILENT,
        ),
        (
            [
                NOTED,
                replaced({"name": "b"}, {}, 500),
                replaced({"name": "b"}, of_thing(note="ours")),
            ],
            SILENT,
        ),
        # What stood there without anybody's doing may be the default that nobody documents, ...
        (
            [
                replaced({"name": "a"}, of_thing(note="ours")),
                replaced({"name": "b"}, of_thing(note="ours")),
            ],
            SILENT,
        ),
        # ... also where somebody sent just that.
        (
            [
                replaced({"name": "a", "note": "other"}, of_thing(note="other")),
                replaced({"name": "b"}, of_thing(note="ours")),
                NOTED,
                replaced({"name": "b"}, of_thing(note="ours")),
            ],
            KEPT,
        ),
        # A number may be a default by chance.
        (
            [
                replaced({"name": "a", "size": 3}, of_thing(size=3)),
                replaced({"name": "b"}, of_thing(size=3)),
            ],
            SILENT,
        ),
    ],
)
def test_what_a_replace_leaves_out_does_not_stay(exchanges: list[Exchange], told: str) -> None:
    """A replace that merges is no replace (RFC 9110 9.3.4); what a default is, the service decides."""
    [clause] = [
        one for one in update.derive(PUTS["replace"]) if one.id == "update/left-out-is-dropped"
    ]
    evidence = list(clause.judge(in_a_row(*exchanges)))
    found = {one.finding.kind for one in evidence if one.finding}
    assert found <= {FindingKind.LEFT_OUT_STAYED}
    assert (BROKEN if found else KEPT if evidence else SILENT) == told


def test_a_merge_patch_keeps_what_it_leaves_out() -> None:
    """By whichever method it comes (RFC 7396); and a PATCH is no replace."""
    body = "application/json: {schema: {$ref: '#/components/schemas/New"
    merging = world(WHOLE_THINGS.replace(body, body.replace("json", "merge-patch+json", 1)))
    for operation in (merging["replace"], PUTS["update"]):
        assert "update/left-out-is-dropped" not in {one.id for one in update.derive(operation)}


def test_no_secret_comes_back() -> None:
    """Every answer from 200 to 399 is searched; those above are the errors' to judge."""
    row = [
        FIRST,
        *(patched({}, key(), status, leaks=("the key",)) for status in (200, 299, 304, 399)),
    ]
    row += [patched({}, key(), status, leaks=("the key",)) for status in (199, 400, 500)]
    told = said(confluent(), "update/no-leak", *row)
    assert told == [KEPT, BROKEN, BROKEN, BROKEN, BROKEN, SILENT, SILENT, SILENT]


SECRETS = [
    pytest.param(key(), KEPT, KEPT, id="left out"),
    pytest.param(key(secret=None), KEPT, KEPT, id="null"),
    pytest.param(key(secret=""), KEPT, BROKEN, id="empty"),
    pytest.param(key(secret="R15h"), BROKEN, KEPT, id="a value"),
    pytest.param(key(secret="****"), BROKEN, KEPT, id="masked"),
    pytest.param(key(secret=0), BROKEN, KEPT, id="zero"),
    pytest.param([], KEPT, KEPT, id="no object"),
]


@pytest.mark.parametrize(("answer", "value", "empty"), SECRETS)
def test_the_secret_is_only_sent_by_create(answer: Any, value: str, empty: str) -> None:
    """It MUST not be shown, and SHOULD be left out, not sent empty; a refusal does not show it."""
    secret = key(secret="x") | {"more": ""}
    row = [patched({}, answer), patched({}, secret, 400), patched({}, ABSENT, flaw="no JSON")]
    id = "update/create-only/spec.secret"
    assert said(confluent(), id, *row) == [value, SILENT, SILENT]
    assert said(confluent(), f"{id}/empty", *row) == [empty, SILENT, SILENT]
    levels = [clause_of(confluent(), one).level for one in (id, f"{id}/empty")]
    assert levels == ["MUST", "SHOULD"]


LISTED = """
openapi: 3.1.0
info: {title: Keys, version: "1"}
paths:
  /keys:
    get:
      operationId: listKeys
      x-contract: {create-only: {properties: ["data[].secret"]}}
      responses:
        "200":
          description: All keys.
          content:
            application/json:
              schema:
                type: object
                properties:
                  data:
                    type: array
                    items:
                      type: object
                      properties: {id: {type: string}, secret: {type: string}}
"""
ITEMS = [
    ([], KEPT, KEPT),
    ([{"id": "1"}, {"id": "2", "secret": None}], KEPT, KEPT),
    ([{"id": "1"}, {"id": "2", "secret": ""}], KEPT, BROKEN),
    ([{"id": "1"}, {"id": "2", "secret": "x"}], BROKEN, KEPT),
]


@pytest.mark.parametrize(("items", "value", "empty"), ITEMS)
def test_a_secret_is_seen_in_each_item_of_a_list(
    items: Any, value: str, empty: str, tmp_path: Path
) -> None:
    """One item that shows it is enough; a list of none shows none."""
    listing = operation_from(LISTED, tmp_path)
    row = [make_exchange(make_case(listing, ABSENT), 200, {"data": items})]
    id = "read/create-only/data[].secret"
    assert said(listing, id, *row) == [value]
    assert said(listing, f"{id}/empty", *row) == [empty]


def test_create_only_is_no_part_of_what_stays(things: Operation) -> None:
    """That a value came is told once, by its own rule."""
    case = make_case(things, {"name": "a"})
    row = [make_exchange(case, 200, answer) for answer in ({"seed": "a"}, {"seed": "b"})]
    assert said(things, OMITTED, *row) == [SILENT, KEPT]
    assert said(things, "update/create-only/seed", *row) == [BROKEN, BROKEN]


# --- the time of creation -------------------------------------------------------------------------

CREATED = [
    pytest.param(THEN, KEPT, id="the same"),
    pytest.param("2026-01-01T02:00:00+02:00", KEPT, id="the same moment elsewhere"),
    pytest.param("2026-01-01t00:00:00z", KEPT, id="in lower case (RFC 3339 section 5.6)"),
    pytest.param("2026-01-01T00:00:00.000Z", KEPT, id="with a fraction of nothing"),
    pytest.param("2026-01-01T00:00:00.001Z", BROKEN, id="a millisecond later"),
    pytest.param("2025-12-31T23:59:59Z", BROKEN, id="a second before"),
    pytest.param("2026-01-01T00:00:00", SILENT, id="without an offset"),
    pytest.param("yesterday", SILENT, id="no time"),
    pytest.param(1767225600, SILENT, id="a number"),
    pytest.param(None, SILENT, id="null"),
]
CREATED_ID = "update/created-constant"


@pytest.mark.parametrize(("came", "expected"), CREATED)
def test_the_time_of_creation_never_changes(came: Any, expected: str) -> None:
    """The moment is compared, not the text; what is no RFC 3339 time, the schema judges."""
    row = [FIRST, patched({}, key(created=came)), FIRST]
    assert said(confluent(), CREATED_ID, *row) == [KEPT, expected, KEPT]


def test_the_first_time_of_creation_is_the_true_one() -> None:
    """An answer that goes back to it is right."""
    row = [patched({}, key(created=told)) for told in (None, THEN, LATER, LATER, THEN)]
    assert said(confluent(), CREATED_ID, *row) == [SILENT, KEPT, BROKEN, BROKEN, KEPT]


STAMPED_IDS = [CREATED_ID, "update/updated-never-back"]


@pytest.mark.parametrize("id", STAMPED_IDS)
def test_an_unknown_id_asked_first_does_not_name_the_resource(id: str) -> None:
    """The times that are followed are those of the run's own resource."""
    stranger = patched({}, key(), 404, expect=Expect.UNKNOWN, parameters=OTHER_ID)
    row = [patched({}, key(created=LATER, updated=LATER)), patched({}, key())]
    assert said(confluent(), id, stranger, *row) == [SILENT, KEPT, BROKEN]


def test_the_order_of_times_needs_the_order_of_requests() -> None:
    """In recorded traffic that overlaps, an earlier time behind a later one is no going back."""
    assert clause_of(confluent(), "update/updated-never-back").sequential
    assert not clause_of(confluent(), CREATED_ID).sequential


@pytest.mark.parametrize("id", STAMPED_IDS)
def test_the_times_of_other_answers_do_not_count(id: str) -> None:
    """A refusal shows none, and another resource has its own."""
    row = [patched({}, key(created=LATER, updated=LATER))]
    row += [patched({}, key(), 400), patched({}, key(), parameters=OTHER_ID)]
    assert said(confluent(), id, *row) == [KEPT, SILENT, SILENT]
    assert said(confluent(), id, *row, FIRST) == [KEPT, SILENT, SILENT, BROKEN]


# --- the time of the update -----------------------------------------------------------------------


def test_the_time_of_the_update_never_goes_back() -> None:
    """It is held against the latest that was shown, not the last."""
    told = (THEN, LATEST, LATEST, LATER, THEN, LATEST)
    row = [patched({}, key(updated=updated)) for updated in told]
    answers = said(confluent(), "update/updated-never-back", *row)
    assert answers == [KEPT, KEPT, KEPT, BROKEN, BROKEN, KEPT]


ORDERS = [
    pytest.param(THEN, LATER, KEPT, id="after"),
    pytest.param(THEN, THEN, KEPT, id="at once"),
    pytest.param(LATER, THEN, BROKEN, id="before"),
    pytest.param(THEN, "2026-01-01T00:30:00+01:00", BROKEN, id="before, elsewhere"),
    pytest.param("2026-01-01T00:30:00+01:00", THEN, KEPT, id="after, elsewhere"),
]


@pytest.mark.parametrize(("created", "updated", "expected"), ORDERS)
def test_nothing_is_updated_before_it_is_created(created: str, updated: str, expected: str) -> None:
    """Both times of one answer are compared, where both are told."""
    row = [patched({}, key(created=created, updated=updated))]
    row += [patched({}, key(created=LATER, updated=None)), patched({}, key(created="x"))]
    row += [patched({}, key(created=LATER), 400)]
    told = said(confluent(), "update/updated-after-created", *row)
    assert told == [expected, SILENT, SILENT, SILENT]


LOCAL, AGREES = "update/updated-no-local-time", "update/updated-agrees-with-date"
OF_UPDATED = {"update/updated-never-back", "update/updated-moves", LOCAL, AGREES}
TIMES = OF_UPDATED | {CREATED_ID, "update/updated-after-created"}


def test_only_the_times_that_are_documented_are_judged(things: Operation) -> None:
    """One time alone is held to its own rules, and there is no order."""
    assert TIMES & {*clause_ids(confluent())} == TIMES
    assert TIMES & {*clause_ids(things)} == OF_UPDATED
    assert TIMES & {*clause_ids(datadog())} == set()


def test_the_time_of_creation_may_stand_alone(tmp_path: Path) -> None:
    """It is constant, and nothing is said of updates."""
    assert TIMES & {*clause_ids(operation_from(ONLY_CREATED, tmp_path))} == {CREATED_ID}


# --- the time of the update moves -----------------------------------------------------------------

MOVES = "update/updated-moves"


def stamped(name: str, stamp: str, at: float, **more: Any) -> Exchange:
    """Return an update of the name, answered at once *at* some second and stamped so."""
    told = f"2026-01-01T00:00:{stamp}Z" if stamp else None
    answer = key(display_name=name, updated=told)
    return patched(spec(display_name=name), answer, at=at, took=0.0, **more)


# Each row: name, stamp and second of each answer, and what is said of it.
CLOCKS = [
    pytest.param([("a", "00", 0), ("b", "01", 1)], [SILENT, KEPT], id="it moved"),
    pytest.param([("a", "01", 0), ("b", "00", 1)], [SILENT, KEPT], id="it moved back"),
    pytest.param([("a", "00", 0), ("b", "00", 2)], [SILENT, BROKEN], id="it stood still"),
    pytest.param([("a", "00", 0), ("b", "00", 1.1)], [SILENT, BROKEN], id="for a tick and a bit"),
    pytest.param([("a", "00", 0), ("b", "00", 1.05)], [SILENT, SILENT], id="for about a tick"),
    pytest.param([("a", "00", 0), ("b", "00", 0.5)], [SILENT, SILENT], id="for less than a tick"),
    pytest.param([("a", "00", 0), ("a", "00", 5)], [SILENT, SILENT], id="nothing changed"),
    pytest.param([("a", "00", 0), ("a", "01", 5)], [SILENT, SILENT], id="moved without a change"),
    pytest.param(
        [("a", "00", 0), ("b", "00", 0.6), ("c", "00", 1.2)],
        [SILENT, SILENT, BROKEN],
        id="counted from when the stamp was first seen",
    ),
    pytest.param(
        [("a", "00", 0), ("b", "01", 1), ("c", "01", 1.5), ("d", "02", 2)],
        [SILENT, KEPT, SILENT, KEPT],
        id="whole seconds: a change faster than a tick is no evidence",
    ),
    pytest.param(
        [("a", "", 0), ("b", "00", 2), ("c", "00", 4)],
        [SILENT, SILENT, BROKEN],
        id="no stamp before",
    ),
    pytest.param([("a", "00", 0), ("b", "", 2)], [SILENT, SILENT], id="no stamp after"),
]


@pytest.mark.parametrize(("row", "expected"), CLOCKS)
def test_the_time_of_the_update_moves_with_a_change(row: list[Any], expected: list[str]) -> None:
    """A change must not show a time again that was first seen more than a tick before."""
    marks = [("y", "09", 20), ("z", "09", 40)]
    told = [stamped(name, stamp, at) for name, stamp, at in row]
    assert said(confluent(), MOVES, *told) == expected
    still = [stamped(name, stamp, at) for name, stamp, at in marks]
    assert said(confluent(), MOVES, *still) == [SILENT, BROKEN]


TICKS = [
    pytest.param("00.5", 0.56, 0.54, id="halves of a second"),
    pytest.param("00.25", 0.28, 0.27, id="quarters"),
    pytest.param("00.2", 0.23, 0.21, id="fifths"),
    pytest.param("00.1", 0.12, 0.1, id="tenths"),
    pytest.param("00.123456", 0.051, 0.048, id="finer than any clock is taken for"),
]


@pytest.mark.parametrize(("stamp", "due", "early"), TICKS)
def test_the_stamps_show_the_ticks_of_the_clock(stamp: str, due: float, early: float) -> None:
    """A change is due to show after a tick and a tenth; sooner it may fall into the same one."""
    row = [stamped("a", "00", 0), stamped("b", stamp, 2)]
    assert said(confluent(), MOVES, *row, stamped("c", stamp, 2 + due)) == [SILENT, KEPT, BROKEN]
    assert said(confluent(), MOVES, *row, stamped("c", stamp, 2 + early)) == [SILENT, KEPT, SILENT]


STILL = [stamped("a", "00", 0), stamped("b", "00", 20)]


def test_a_change_behind_an_unknown_end_is_not_timed() -> None:
    """Nobody knows when it was made."""
    end = refused(NAMED, 500)
    assert said(confluent(), MOVES, STILL[0], end, STILL[1]) == [SILENT, SILENT, SILENT]
    assert said(confluent(), MOVES, STILL[0], refused(NAMED), STILL[1]) == [SILENT, SILENT, BROKEN]


def test_a_change_of_what_no_update_writes_moves_nothing() -> None:
    """Only members that an update can write are changes by it."""
    row = [patched(NAMED, key(owner=OWNER)), patched(NAMED, key(owner=OTHER_OWNER), at=9.0)]
    row += [patched(NAMED, key(owner=OTHER_OWNER, description="c"), at=20.0)]
    assert said(confluent(), MOVES, *row) == [SILENT, SILENT, BROKEN]


def clock(moves: int, stays: int, *, step: int = 1, at: float = 0.001) -> list[Exchange]:
    """Return *moves* changes that moved the clock by *step* microseconds, and *stays* after."""
    stamps = [f"00.{step * index:06}" for index in range(moves + 1)]
    stamps += [stamps[-1]] * stays
    return [stamped(str(index), stamp, index * at) for index, stamp in enumerate(stamps)]


FINE_CLOCKS = [
    pytest.param(clock(20, 1), BROKEN, id="twenty moves show a fine clock"),
    pytest.param(clock(19, 1), SILENT, id="nineteen are too few"),
    pytest.param(clock(20, 4), BROKEN, id="it stood still for one change in six"),
    pytest.param(clock(20, 5), SILENT, id="for one in five: it is coarser than it shows"),
    pytest.param(clock(20, 1, step=1000), SILENT, id="milliseconds are not fine"),
    pytest.param(clock(20, 1, step=500), SILENT, id="half of the moves are not most"),
    pytest.param(clock(21, 1, step=500), BROKEN, id="more than half of them are"),
]


@pytest.mark.parametrize(("row", "last"), FINE_CLOCKS)
def test_a_fine_clock_moves_with_every_change(row: list[Exchange], last: str) -> None:
    """Where nearly every change moved the microseconds, no tick excuses the rest."""
    told = said(confluent(), MOVES, *row)
    assert told[1] == KEPT
    assert told[-1] == last


STAMPED_THINGS = THINGS.replace(
    "hidden: {type: string}", "changed: {type: string, format: date-time}"
)


def test_a_time_of_the_update_that_may_be_sent_moves_too(tmp_path: Path) -> None:
    """Declared in the request and not read-only, it is still the service that sets it."""
    own = operation_from(STAMPED_THINGS, tmp_path)
    case = make_case(own, {"name": "a", "changed": THEN})
    told = [("a", THEN, 0.0), ("b", LATER, 9.0), ("c", LATER, 30.0)]
    row = [
        make_exchange(case, 200, {"name": name, "changed": at}, at=second)
        for name, at, second in told
    ]
    assert said(own, MOVES, *row) == [SILENT, KEPT, BROKEN]
    assert "update/sent-is-returned/changed" not in clause_ids(own)


# --- the time of the update and Date --------------------------------------------------------------


def dated(offsets: list[float], date: str = "Thu, 01 Jan 2026 12:00:{:02} GMT") -> list[Exchange]:
    """Return an answer, and then one change a second whose time is off from Date by *offsets*."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    row = [patched({}, key(updated=THEN))]
    for second, offset in enumerate(offsets, 1):
        name, moment = str(second), noon + timedelta(seconds=second + offset)
        answer = key(display_name=name, updated=moment.isoformat().replace("+00:00", "Z"))
        sent = {"Date": date.format(second)} if date else {}
        row.append(patched(spec(display_name=name), answer, at=float(second), headers=sent))
    return row


HOUR = 3600.0
DATES = [
    pytest.param([0, 0.4, -0.9], KEPT, KEPT, id="in time"),
    pytest.param([59, -59, 60], KEPT, KEPT, id="within a minute"),
    pytest.param([62, 0, 0], KEPT, BROKEN, id="more than a minute after"),
    pytest.param([-62, 0, 0], KEPT, BROKEN, id="more than a minute before"),
    pytest.param([2 * HOUR] * 3, BROKEN, SILENT, id="two hours ahead"),
    pytest.param([-7 * HOUR, -7 * HOUR + 30, -7 * HOUR - 60], BROKEN, SILENT, id="seven behind"),
    pytest.param([5.75 * HOUR] * 3, BROKEN, SILENT, id="in Nepal"),
    pytest.param([2 * HOUR, 2 * HOUR], KEPT, BROKEN, id="twice is too few"),
    pytest.param([HOUR, 2 * HOUR, 3 * HOUR], KEPT, BROKEN, id="each by other hours"),
    pytest.param([HOUR + 62] * 3, KEPT, BROKEN, id="no quarter of an hour"),
    pytest.param([2 * HOUR, 0, 2 * HOUR, 0, 2 * HOUR], BROKEN, KEPT, id="one server of two"),
]


@pytest.mark.parametrize(("offsets", "local", "agrees"), DATES)
def test_a_time_that_was_just_set_agrees_with_date(
    offsets: list[float], local: str, agrees: str
) -> None:
    """RFC 9110 6.6.1: Date is when the answer was made; quarter hours alike are a time zone."""
    assert verdict(confluent(), LOCAL, *dated(offsets)) == local
    assert verdict(confluent(), AGREES, *dated(offsets)) == agrees
    assert [clause_of(confluent(), id).level for id in (LOCAL, AGREES)] == ["MUST", "SHOULD"]


OTHER_DATES = [
    pytest.param("Thursday, 01-Jan-26 12:00:{:02} GMT", BROKEN, id="of RFC 850"),
    pytest.param("Thu Jan  1 12:00:{:02} 2026", BROKEN, id="of asctime"),
    pytest.param("Thu, 01 Jan 2026 14:00:{:02} +0200", BROKEN, id="of another zone"),
    pytest.param("", SILENT, id="none"),
    pytest.param("now", SILENT, id="unreadable"),
]


@pytest.mark.parametrize(("date", "expected"), OTHER_DATES)
def test_date_is_read_as_http_has_it(date: str, expected: str) -> None:
    """RFC 9110 5.6.7 knows three forms; a server without a clock sends none (6.6.1)."""
    assert verdict(confluent(), LOCAL, *dated([2 * HOUR] * 3, date)) == expected


def test_only_a_change_sets_a_fresh_time() -> None:
    """An old time in an answer that changed nothing, or one that stood still, is not held."""
    told = dated([0])
    old = [patched(NAMED, key(), headers={"Date": "Fri, 02 Jan 2026 00:00:00 GMT"})] * 4
    assert said(confluent(), AGREES, *old) == [SILENT] * 4
    still = [key(display_name=str(index)) for index in range(4)]
    rows = [
        patched(NAMED, answer, headers={"Date": told[1].header("Date") or ""}) for answer in still
    ]
    assert said(confluent(), AGREES, *rows) == [SILENT] * 4


# --- what is reproduced from a known state -------------------------------------------------------

BY_ITSELF = [
    "update/id-is-path-id",
    *SELF_IDS,
    "update/no-leak",
    "update/create-only/spec.secret",
    "update/create-only/spec.secret/empty",
    "update/created-constant",
    "update/updated-never-back",
    "update/updated-after-created",
]


def test_only_changes_need_a_known_state() -> None:
    """What one answer shows by itself, or times that go by themselves, need none."""
    ids = clause_ids(confluent(), "update")
    assert {id for id in ids if not clause_of(confluent(), id).stateful} == set(BY_ITSELF)


# --- why there is no evidence ---------------------------------------------------------------------

OWED = [NAME, OMITTED, EMPTY, REFUSED, AGAIN, OWNER_KEPT, MOVES, CREATED_ID]
OWED += ["update/id-is-path-id", "update/self-addresses-resource", LOCAL]


@pytest.mark.parametrize("id", OWED)
def test_an_accepted_update_is_owed(id: str) -> None:
    """Where none was accepted, the target withholds it; else the answers show too little."""
    assert is_withheld(confluent(), id)
    assert is_withheld(confluent(), id, refused(NAMED))
    assert is_withheld(confluent(), id, refused(NAMED), patched(NAMED, key(), 304))
    assert not is_withheld(confluent(), id, refused(NAMED), patched({}, {}))


def test_the_answers_that_came_instead_are_told() -> None:
    """The reason tells of valid requests only, and how often each answer came."""
    row = [refused(NAMED, 403), refused(NAMED, 403), refused(spec(display_name=5), 418)]
    reason = explained(clause_of(confluent(), OMITTED), row).reason
    assert "2 answered 403" in reason
    assert "418" not in reason


SHOWN_BY_ANY = ["no-leak", "create-only/spec.secret", "create-only/spec.secret/empty"]


@pytest.mark.parametrize("id", SHOWN_BY_ANY)
def test_what_any_answer_would_show_is_owed(id: str) -> None:
    """Every accepted update speaks of these."""
    assert is_withheld(confluent(), f"update/{id}")
    assert is_withheld(confluent(), f"update/{id}", refused(NAMED))


def test_without_a_documented_answer_nothing_is_promised(tmp_path: Path) -> None:
    """204 shows no resource: there is nothing to follow."""
    assert clause_ids(operation_from(NO_ANSWER, tmp_path), "update") == []


def test_a_bare_document_promises_little(tmp_path: Path) -> None:
    """Without a body, an id or times, what is not sent stays, and secrets stay away."""
    ids = clause_ids(operation_from(BARE, tmp_path), "update")
    assert {*ids} == {OMITTED, REFUSED, AGAIN, "update/no-leak"}


# --- maps, by merge patch -------------------------------------------------------------------------

LABELLED = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      requestBody:
        content:
          MEDIA:
            schema:
              type: object
              properties:
                name: {type: string}
                labels: {type: object, additionalProperties: {type: [string, 'null']}}
      responses:
        '200':
          description: Done.
          content:
            application/json:
              schema:
                type: object
                properties:
                  name: {type: string}
                  labels: {type: object, additionalProperties: {type: string}}
"""
BOTH = {"labels": {"a": "1", "b": "2"}}
ENTRIES = [
    ({"labels": {"b": "3"}}, {"labels": {"a": "1", "b": "3"}}, KEPT),
    ({"labels": {"b": None}}, {"labels": {"a": "1"}}, KEPT),
    ({"labels": {"b": "3"}}, {"labels": {"b": "3"}}, BROKEN),
    ({"labels": {"b": "3"}}, {"labels": {"a": "x", "b": "3"}}, BROKEN),
    ({"labels": {}}, {"labels": {}}, BROKEN),
    ({"labels": {"c": "3"}}, {"labels": {"a": "1", "b": "2", "c": "3"}}, KEPT),
]


@pytest.mark.parametrize(("sent", "shown", "expected"), ENTRIES)
def test_a_merge_patch_leaves_the_other_entries_of_a_map(
    sent: Any, shown: Any, expected: str, folder: Path
) -> None:
    """RFC 7396 2: what it does not name stays, in the map as well as beside it."""
    operation = operation_from(LABELLED.replace("MEDIA", "application/merge-patch+json"), folder)
    row = [
        make_exchange(make_case(operation, body), 200, told)
        for body, told in ((BOTH, BOTH), (sent, shown))
    ]
    assert said(operation, OMITTED, *row)[-1] == expected


@pytest.mark.parametrize("shown", [{"a": "1", "b": "3"}, {"b": "3"}])
def test_the_same_holds_of_a_map_that_may_have_so_many(shown: dict[str, str], folder: Path) -> None:
    """How many entries a map may have says nothing of what becomes of the others."""
    document = LABELLED.replace("MEDIA", "application/merge-patch+json")
    limited = "{type: object, minProperties: 1, maxProperties: 9, additional"
    operation = operation_from(document.replace("{type: object, additional", limited), folder)
    sent = {"labels": {"b": "3"}}
    row = [
        make_exchange(make_case(operation, body), 200, told)
        for body, told in ((BOTH, BOTH), (sent, {"labels": shown}))
    ]
    assert said(operation, OMITTED, *row)[-1] == (KEPT if "a" in shown else BROKEN)


def test_another_patch_may_write_a_map_anew(folder: Path) -> None:
    """Its document does not say how an object is put into the one that is there."""
    operation = operation_from(LABELLED.replace("MEDIA", "application/json"), folder)
    sent = {"labels": {"b": "3"}}
    row = [make_exchange(make_case(operation, body), 200, body) for body in (BOTH, sent)]
    assert said(operation, OMITTED, *row)[-1] == KEPT


# --- which version is changed -----------------------------------------------------------------------------------------

VERSIONED = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {name: {type: string}, version: {type: integer}}}
      responses:
        '200':
          description: The thing.
          content:
            application/json:
              schema: {type: object, properties: {name: {type: string}, version: {type: integer}}}
        '%s': {description: What is wrong.}
"""


@pytest.mark.parametrize(("status", "is_value"), [(409, False), (412, False), (400, True)])
def test_the_version_that_is_changed_is_no_value(
    status: int, is_value: bool, tmp_path: Path
) -> None:
    """Where another version is refused, the answer has the next one; else it is a member as others are."""
    own = operation_from(VERSIONED % status, tmp_path)
    assert ("update/sent-is-returned/version" in clause_ids(own)) is is_value
    assert "update/sent-is-returned/name" in clause_ids(own)
    sent = make_case(own, {"name": "a", "version": 1})
    row = [make_exchange(sent, 200, {"name": name, "version": 2}) for name in ("a", "b")]
    assert said(own, "update/sent-is-returned/name", *row) == [KEPT, BROKEN]
