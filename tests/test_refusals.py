"""Which statuses may refuse what? A document that names some, ranges, or none, and what is said of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    Expect,
    Probe,
    Subject,
    SubjectKind,
    clause_of,
    make_case,
    make_exchange,
    operation_from,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exchanges import Exchange, Operation

    Read = Callable[..., Operation]

DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
%s      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties: {name: {type: string, maxLength: 5}, kind: {type: string, enum: [a]}}
      responses:
"""
KEY = "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return how to read an operation that documents these statuses, with a key or without."""

    def read(*statuses: str, key: bool = False) -> Operation:
        text = DOCUMENT % ("      security: [{key: []}]\n" if key else "")
        text += "".join(f"        '{status}': {{description: So.}}\n" for status in statuses)
        folder = tmp_path / "-".join(statuses)
        folder.mkdir(exist_ok=True)
        return operation_from(text + (KEY if key else ""), folder)

    return read


def broken(operation: Operation, status: int, body: Any, **more: Any) -> Exchange:
    """Return the refusal of a body that breaks the schema."""
    return make_exchange(make_case(operation, body, probe=Probe.BROKEN, **more), status)


def malformed(operation: Operation, status: int) -> Exchange:
    """Return the answer to a body of another media type."""
    subject = Subject(SubjectKind.MALFORMED, "media-type")
    case = make_case(
        operation, raw=b"{}", probe=Probe.MALFORMED, expect=Expect.REFUSED, subject=subject
    )
    return make_exchange(case, status)


def asked(operation: Operation, status: int, expect: Expect, **more: Any) -> Exchange:
    """Return the answer to a request of which this is expected."""
    return make_exchange(make_case(operation, {}, expect=expect, **more), status)


# --- bodies ----------------------------------------------------------------------------------------------------------

TYPE, LENGTH = "request/name/type", "request/name/maxLength"
FITTING = {
    "named": (("200", "400"), 400, KEPT),
    "fitting and not named": (("200", "400"), 422, BROKEN),
    "both named": (("200", "400", "422"), 422, KEPT),
    "covered by a range beside the named one": (("200", "400", "4XX"), 422, KEPT),
    "covered by default beside the named one": (("200", "400", "default"), 422, KEPT),
    "covered, but of another meaning": (("200", "400", "4XX"), 409, BROKEN),
    "named, but of another meaning": (("200", "400", "409"), 409, BROKEN),
    "any of a range alone": (("200", "4XX"), 409, KEPT),
    "any of default alone": (("200", "default"), 409, KEPT),
    "any where none is named": (("200",), 418, KEPT),
    "accepted where none is named": (("200",), 200, BROKEN),
    "a failure where none is named": (("200",), 500, BROKEN),
}


@pytest.mark.parametrize("what", FITTING)
def test_a_broken_body_is_refused_by_a_status_that_means_it(what: str, read: Read) -> None:
    """400 and 422 mean it (RFC 9110 15.5.1, 15.5.21); without any that is documented, any 4xx does."""
    statuses, status, expected = FITTING[what]
    operation = read(*statuses)
    assert said(operation, TYPE, broken(operation, status, {"name": 7})) == [expected]


@pytest.mark.parametrize(
    ("statuses", "level"),
    [
        (("200", "400"), "MUST"),
        (("200", "4XX"), "MUST"),
        (("200", "default"), "MUST"),
        (("200", "404"), "SHOULD"),
    ],
    ids=["named", "a range", "default", "none"],
)
def test_what_no_status_promises_only_warns(
    statuses: tuple[str, ...], level: str, read: Read
) -> None:
    """That a mistake of the client is a 4xx follows from HTTP; MUST needs a documented status."""
    operation = read(*statuses)
    for id in (TYPE, "request/several", "request/body/json", "request/body/required"):
        assert clause_of(operation, id).level == level


def test_default_alone_may_be_the_success(read: Read) -> None:
    """Beside no documented success, it promises no refusal."""
    assert clause_of(read("default"), TYPE).level == "SHOULD"


def test_415_refuses_a_media_type(read: Read) -> None:
    """It is right where it is documented; another status of the document that fits is right, too."""
    named, silent = read("200", "400", "415"), read("200", "400")
    id = "request/body/media-type"
    assert said(named, id, malformed(named, 415), malformed(named, 400)) == [KEPT, KEPT]
    assert said(silent, id, malformed(silent, 415)) == [BROKEN]
    assert said(named, TYPE, broken(named, 415, {"name": 7})) == [BROKEN]


def test_413_refuses_what_is_too_long(read: Read) -> None:
    """It is right for a text past its length or a large body, and not for another type."""
    named = read("200", "400", "413")
    assert said(named, LENGTH, broken(named, 413, {"name": "a" * 9})) == [KEPT]
    assert said(named, TYPE, broken(named, 413, {"name": 7})) == [BROKEN]
    assert said(named, TYPE, broken(named, 413, {"name": ["a" * 9000]})) == [KEPT]


def test_a_conflict_is_no_evidence_on_an_allowed_body(read: Read) -> None:
    """A documented 409 may be about another's value; an undocumented one is no excuse, nor is another status."""
    named, silent = read("200", "400", "409"), read("200", "400")
    id = "request/accepted"
    row = [asked(named, status, Expect.ACCEPTED) for status in (409, 400, 200)]
    assert said(named, id, *row) == [SILENT, BROKEN, KEPT]
    assert said(silent, id, asked(silent, 409, Expect.ACCEPTED)) == [BROKEN]


# --- statuses of which the document says nothing ----------------------------------------------------------------------

MALFORMED_KEY = {"subject": Subject(SubjectKind.MALFORMED_CREDENTIALS, "key")}
UNDOCUMENTED = {
    "a refusal where none is named": (("200",), 422, Expect.REFUSED, {}, KEPT),
    "a refusal where 404 alone is named": (("200", "404"), 422, Expect.REFUSED, {}, KEPT),
    "another refusal than the named one": (("200", "400"), 422, Expect.REFUSED, {}, BROKEN),
    "what may be refused": (("200",), 400, Expect.ANY, {}, KEPT),
    "a failure": (("200",), 500, Expect.REFUSED, {}, BROKEN),
    "a refusal of an allowed body": (("200",), 400, Expect.ACCEPTED, {}, BROKEN),
    "an unknown id": (("200", "400"), 404, Expect.UNKNOWN, {}, KEPT),
    "an id that is gone": (("200", "400"), 410, Expect.UNKNOWN, {}, KEPT),
    "an id that is gone beside a named 404": (("200", "404"), 410, Expect.UNKNOWN, {}, BROKEN),
    "an unknown id that is a conflict": (("200", "400"), 409, Expect.UNKNOWN, {}, BROKEN),
    "wrong credentials, 401": (("200", "403"), 401, Expect.UNAUTHENTICATED, {}, KEPT),
    "wrong credentials, 403": (("200", "401"), 403, Expect.UNAUTHENTICATED, {}, KEPT),
    "wrong credentials, 404": (("200", "401"), 404, Expect.UNAUTHENTICATED, {}, BROKEN),
    "no credentials at all": (("200", "401"), 400, Expect.UNAUTHENTICATED, MALFORMED_KEY, KEPT),
    "a success where none is named": (("400",), 200, Expect.ACCEPTED, {}, KEPT),
    "another success than the named one": (("200",), 202, Expect.ACCEPTED, {}, BROKEN),
    "another success than 204": (("204",), 200, Expect.ACCEPTED, {}, BROKEN),
}


@pytest.mark.parametrize("what", UNDOCUMENTED)
def test_a_status_that_nobody_named_may_be_permitted(what: str, read: Read) -> None:
    """What names no status for a refusal, or none for success, promises none."""
    statuses, status, expect, more, expected = UNDOCUMENTED[what]
    operation = read(*statuses, key=expect is Expect.UNAUTHENTICATED)
    assert said(operation, "statuses", asked(operation, status, expect, **more)) == [expected]


TURNED_AWAY = {
    "401 alone": (("401",), (401,)),
    "403 alone": (("403",), (403, 401)),
    "both": (("401", "403"), (401, 403)),
    "neither": (("400",), (401, 403)),
    "401 and a range": (("401", "4XX"), (401, 403)),
}


@pytest.mark.parametrize("what", TURNED_AWAY)
def test_who_asks_is_turned_away_by_401_or_403(what: str, read: Read) -> None:
    """401 always means it (RFC 9110 15.5.2), 403 unless the document names 401 alone."""
    statuses, expected = TURNED_AWAY[what]
    assert read("200", *statuses, key=True).promises.refusals.unauthenticated == expected


UNKNOWN = {
    "404": (("200", "404"), (404,), "MUST"),
    "410 beside it": (("200", "404", "410"), (404, 410), "MUST"),
    "a range": (("200", "4XX"), (404, 410), "SHOULD"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_id_is_not_found_or_gone(what: str, read: Read) -> None:
    """404 and 410 mean it (RFC 9110 15.5.5, 15.5.11); a range has a place for them, and promises nothing."""
    statuses, expected, level = UNKNOWN[what]
    operation = read(*statuses)
    assert operation.promises.refusals.unknown == expected
    assert clause_of(operation, "request/unknown-id").level == level


def test_what_may_be_created_need_not_exist(read: Read) -> None:
    """Where 201 is documented, an update may create what it does not find (RFC 5789 2)."""
    assert read("200", "201", "404").promises.refusals.unknown == ()
