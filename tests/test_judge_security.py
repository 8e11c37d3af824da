"""Is each security scheme enforced, and does each alternative work? What the judges say.

Every rule is asked in both directions: an answer that keeps it, one that breaks it, and the
permitted one that comes closest. What bears on no promise stands beside an answer that does, so
that a judge which says nothing at all is noticed.
"""

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
    absence,
    clause_ids,
    clause_of,
    confluent,
    datadog,
    make_case,
    make_exchange,
    operation_from,
    said,
)

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

DOCUMENT = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
components:
  securitySchemes:
    user: {{type: http, scheme: basic}}
    token: {{type: http, scheme: bearer}}
    key: {{type: apiKey, in: header, name: X-Key}}
paths:
  /things/{{id}}:
    patch:
      security: {security}
      x-contract: {{refusals: {refusals}}}
      parameters:
        - {{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}
      responses:
        '200': {{description: The thing.}}
"""


def secured(folder: Path, security: str, refusals: str = "{invalid: [422]}") -> Operation:
    """Return an operation with this `security`, and these statuses for refusals."""
    return operation_from(DOCUMENT.format(security=security, refusals=refusals), folder)


def stranger(operation: Operation, status: int, wrong: str = "", **more: Any) -> Exchange:
    """Return the answer to a request that must not be let in; *wrong* is the scheme that is."""
    settings: dict[str, Any] = {"probe": Probe.CREDENTIALS, "expect": Expect.UNAUTHENTICATED}
    case = make_case(
        operation, subject=Subject(SubjectKind.CREDENTIALS, wrong), authority="", **settings | more
    )
    return make_exchange(case, status)


def malformed(operation: Operation, status: int, scheme: str) -> Exchange:
    """Return the answer to a request of which the value of *scheme* is no credential at all."""
    subject = Subject(SubjectKind.MALFORMED_CREDENTIALS, scheme)
    case = make_case(
        operation,
        probe=Probe.CREDENTIALS,
        expect=Expect.UNAUTHENTICATED,
        subject=subject,
        authority="",
    )
    return make_exchange(case, status)


def guest(operation: Operation, status: int, authority: str, **more: Any) -> Exchange:
    """Return the answer to a request with the valid credentials of the alternative *authority*."""
    settings: dict[str, Any] = {"probe": Probe.CREDENTIALS, "expect": Expect.ACCEPTED}
    return make_exchange(make_case(operation, authority=authority, **settings | more), status)


# --- refused --------------------------------------------------------------------------------------

REFUSED = {
    "as documented": (401, KEPT),
    "another refusal": (403, BROKEN),
    "a bad request": (400, BROKEN),
    "accepted": (200, BROKEN),
    "a failure": (500, BROKEN),
    "moved": (302, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize(
    ("id", "wrong"),
    [
        ("none", ""),
        ("cloud-api-key", "cloud-api-key"),
        ("confluent-sts-access-token", "confluent-sts-access-token"),
    ],
)
def test_a_request_without_valid_credentials_is_refused(
    id: str,
    wrong: str,
    status: int,
    expected: str,
) -> None:
    """No credentials, or wrong ones: the documented status and no other (RFC 9110 15.5.2)."""
    assert said(confluent(), f"security/{id}", stranger(confluent(), status, wrong)) == [expected]


OF_DATADOG = {
    "as documented": (403, KEPT),
    "the usual one, which is not documented": (401, BROKEN),
    "a bad request": (400, BROKEN),
    "accepted": (200, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), OF_DATADOG.values(), ids=OF_DATADOG)
@pytest.mark.parametrize(
    ("id", "wrong"),
    [("none", ""), ("DD-API-KEY", "apiKeyAuth"), ("DD-APPLICATION-KEY", "appKeyAuth")],
)
def test_the_document_says_with_which_status(
    id: str,
    wrong: str,
    status: int,
    expected: str,
) -> None:
    """Where 403 is documented, 401 is wrong; a key is known by its header's name."""
    assert said(datadog(), f"security/{id}", stranger(datadog(), status, wrong)) == [expected]


MALFORMED = {
    "401": (401, KEPT),
    "400, a bad request": (400, KEPT),
    "422, a bad request": (422, KEPT),
    "403": (403, BROKEN),
    "404": (404, BROKEN),
    "accepted": (200, BROKEN),
    "a failure": (500, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("scheme", ["cloud-api-key", "confluent-sts-access-token"])
def test_what_is_no_credential_at_all_may_be_a_bad_request(
    scheme: str,
    status: int,
    expected: str,
) -> None:
    """A malformed Authorization may be answered as a bad request (RFC 6750 3.1)."""
    id = f"{scheme}/malformed"
    assert said(confluent(), f"security/{id}", malformed(confluent(), status, scheme)) == [expected]


def test_without_a_documented_status_401_refuses(tmp_path: Path) -> None:
    """Where the document names no status, it is HTTP's own (RFC 9110 15.5.2)."""
    operation = secured(tmp_path, "[{user: []}]")
    row = [stranger(operation, status) for status in (401, 403, 422)]
    assert said(operation, "security/none", *row) == [KEPT, BROKEN, BROKEN]
    row = [malformed(operation, status, "user") for status in (401, 422, 400)]
    assert said(operation, "security/user/malformed", *row) == [KEPT, KEPT, BROKEN]


def test_a_clause_is_about_one_thing_that_is_wrong() -> None:
    """What is wrong with one scheme says nothing of the others, nor of no credentials at all."""
    row = [
        stranger(confluent(), 200),
        stranger(confluent(), 200, "cloud-api-key"),
        malformed(confluent(), 200, "cloud-api-key"),
        stranger(confluent(), 200, "confluent-sts-access-token"),
    ]
    assert said(confluent(), "security/none", *row) == [BROKEN, SILENT, SILENT, SILENT]
    assert said(confluent(), "security/cloud-api-key", *row) == [SILENT, BROKEN, SILENT, SILENT]
    assert said(confluent(), "security/cloud-api-key/malformed", *row) == [
        SILENT,
        SILENT,
        BROKEN,
        SILENT,
    ]


NOT_ASKED = {
    "a valid request": {"expect": Expect.ACCEPTED},
    "a broken body": {"expect": Expect.REFUSED, "probe": Probe.BROKEN},
    "an unknown id": {"expect": Expect.UNKNOWN, "probe": Probe.UNKNOWN},
}


@pytest.mark.parametrize("how", NOT_ASKED.values(), ids=NOT_ASKED)
def test_only_a_request_that_must_not_be_let_in_can_show_it(how: dict[str, Any]) -> None:
    """A request with valid credentials does not ask whether others are refused."""
    row = stranger(confluent(), 200, **how), stranger(confluent(), 401)
    assert said(confluent(), "security/none", *row) == [SILENT, KEPT]


def test_a_throttled_request_was_not_looked_at(tmp_path: Path) -> None:
    """429 says that the limit is reached, not whether the credentials are right."""
    row = stranger(confluent(), 429), stranger(confluent(), 401)
    assert said(confluent(), "security/none", *row) == [SILENT, KEPT]
    operation = secured(tmp_path, "[{user: []}]", "{throttled: 420}")
    row = stranger(operation, 420), stranger(operation, 429)
    assert said(operation, "security/none", *row) == [SILENT, BROKEN]


def test_what_did_not_come_refuses_nobody() -> None:
    """A lost request is no refusal."""
    case = stranger(confluent(), 401).case
    row = (
        make_exchange(case, failure="timed out"),
        make_exchange(case, 200, superseded=True),
        make_exchange(case, 401),
    )
    assert said(confluent(), "security/none", *row) == [SILENT, SILENT, KEPT]


# --- accepted -------------------------------------------------------------------------------------

ACCEPTED = {
    "200": (200, KEPT),
    "204": (204, KEPT),
    "302": (302, BROKEN),
    "401": (401, BROKEN),
    "403": (403, BROKEN),
    "500": (500, BROKEN),
}


@pytest.mark.parametrize(("status", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_each_alternative_is_accepted(status: int, expected: str) -> None:
    """Each entry of `security` suffices alone (OpenAPI 3.1, Security Requirement Object)."""
    one = guest(confluent(), status, "confluent-sts-access-token")
    assert said(confluent(), "security/confluent-sts-access-token/accepted", one) == [expected]


def test_all_schemes_of_an_alternative_are_one_clause() -> None:
    """Schemes of one entry are valid together, and named together."""
    row = (
        guest(datadog(), 200, "apiKeyAuth+appKeyAuth"),
        guest(datadog(), 403, "apiKeyAuth+appKeyAuth"),
    )
    assert said(datadog(), "security/apiKeyAuth+appKeyAuth/accepted", *row) == [KEPT, BROKEN]


ELSEWHERE: dict[str, dict[str, Any]] = {
    "with the other alternative": {"authority": "confluent-sts-access-token"},
    "with the run's own credentials": {"authority": "own"},
    "from another probe": {"authority": "cloud-api-key", "probe": Probe.VALID},
    "with credentials that must be refused": {
        "authority": "cloud-api-key",
        "expect": Expect.UNAUTHENTICATED,
    },
    "while the limit is reached": {"authority": "cloud-api-key", "status": 429},
}


@pytest.mark.parametrize("how", ELSEWHERE.values(), ids=ELSEWHERE)
def test_only_its_own_requests_show_that_an_alternative_works(how: dict[str, Any]) -> None:
    """What another request is answered is no evidence."""
    row = guest(confluent(), **{"status": 403} | how), guest(confluent(), 200, "cloud-api-key")
    assert said(confluent(), "security/cloud-api-key/accepted", *row) == [SILENT, KEPT]


# --- which promises, and why there is no evidence -------------------------------------------------

OPEN = {
    "no security": "[]",
    "security that may be left out": "[{user: []}, {}]",
    "nothing but nothing": "[{}]",
}


@pytest.mark.parametrize("security", OPEN.values(), ids=OPEN)
def test_an_open_operation_refuses_nobody(security: str, tmp_path: Path) -> None:
    """An empty entry makes credentials optional (OpenAPI 3.1, Operation Object)."""
    made = clause_ids(secured(tmp_path, security))
    assert "answered" in made
    assert not [id for id in made if id.startswith("security/")]


def test_each_scheme_and_each_alternative_has_its_clauses(tmp_path: Path) -> None:
    """A scheme has them once, however often it is named; only Authorization can be malformed."""
    operation = secured(tmp_path, "[{user: [], key: []}, {token: [], key: []}]")
    assert [id for id in clause_ids(operation) if id.startswith("security/")] == [
        "security/none",
        "security/user",
        "security/user/malformed",
        "security/X-Key",
        "security/token",
        "security/token/malformed",
        "security/user+key/accepted",
        "security/token+key/accepted",
    ]
    first = clause_of(operation, "security/user").place
    assert clause_of(operation, "security/user+key/accepted").place == first


@pytest.mark.parametrize(
    "id",
    ["none", "cloud-api-key", "cloud-api-key/malformed", "cloud-api-key/accepted"],
)
def test_security_is_never_a_mere_wish(id: str) -> None:
    """Each of these promises must be kept, and is asked for by the probe of credentials."""
    clause = clause_of(confluent(), f"security/{id}")
    assert (clause.level.value, clause.family.value) == ("MUST", "security")
    assert clause.needs == {Probe.CREDENTIALS}


@pytest.mark.parametrize("id", ["none", "cloud-api-key", "cloud-api-key/malformed"])
def test_a_refusal_is_owed(id: str) -> None:
    """Where no refusal came, it was withheld; what came in its place is told."""
    nobody = absence(confluent(), f"security/{id}")
    row = stranger(confluent(), 429), guest(confluent(), 200, "own")
    limited = absence(confluent(), f"security/{id}", *row)
    assert nobody.withheld
    assert limited.withheld
    assert "1 answered 429" in limited.reason
    assert "200" not in limited.reason


def test_an_alternative_without_its_variables_is_not_owed() -> None:
    """Who gives no credentials for it does not ask for it; the reason names the variables."""
    reason = absence(datadog(), "security/apiKeyAuth+appKeyAuth/accepted")
    assert not reason.withheld
    assert "DD_API_KEY" in reason.reason
    assert "DD_APP_KEY" in reason.reason
