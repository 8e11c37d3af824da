"""Is each security scheme enforced, and does each alternative work? What the judges say.

Every rule is asked in both directions: an answer that keeps it, one that breaks it, and the
permitted one that comes closest. What bears on no promise stands beside an answer that does, so
that a judge which says nothing at all is noticed.
"""

from __future__ import annotations

import base64
from dataclasses import replace
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
    operation_from,
    said,
)

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.build import credentials_of
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.targets import near_misses
from pytest_confluent_contracts.model.traffic import CARELESS_WORDS

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


@pytest.mark.parametrize(
    ("status", "elsewhere", "expected"),
    [(400, 400, [SILENT]), (400, 200, [BROKEN]), (401, 401, [BROKEN])],
)
def test_a_body_that_everybody_is_refused_tells_nothing_of_credentials(
    status: int, elsewhere: int, expected: list[str]
) -> None:
    """Who is answered 400 as others are was let in; 401 speaks of who asks."""
    one = guest(confluent(), status, "cloud-api-key")
    other = guest(confluent(), elsewhere, "cloud-api-key", probe=Probe.VALID)
    told = said(confluent(), "security/cloud-api-key/accepted", one, other)
    assert told[0] == expected[0]


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
    told = [id for id in made if id.startswith("security/")]
    assert [id for id in told if not id.endswith("/accepted")] == []


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
        "security/first/id",
        "security/first/tells-nothing",
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


# --- what else is wrong ---------------------------------------------------------------------------

BODY, ID = SubjectKind.CREDENTIALS_BEFORE_BODY, SubjectKind.CREDENTIALS_BEFORE_ID
SCHEME = "cloud-api-key"
UNKNOWN_ID = {"id": "contract-unknown-0a1b"}


def turned_away(
    status: int, answer: Any = ABSENT, kind: SubjectKind = SubjectKind.CREDENTIALS, **more: Any
) -> Exchange:
    """Return the answer to wrong credentials, beside which something else may be wrong, too."""
    asked = {name: more.pop(name) for name in ("parameters", "probe") if name in more}
    settings: dict[str, Any] = {"probe": Probe.CREDENTIALS} | asked
    case = make_case(
        confluent(),
        expect=Expect.UNAUTHENTICATED,
        subject=Subject(kind, SCHEME),
        authority="",
        **settings,
    )
    return make_exchange(case, status, answer, **more)


FIRST = {
    "credentials refused": (401, KEPT),
    "the body refused": (422, BROKEN),
    "the body not read": (400, BROKEN),
    "the id not found": (404, BROKEN),
    "accepted": (200, BROKEN),
    "throttled": (429, SILENT),
}


@pytest.mark.parametrize(("status", "expected"), FIRST.values(), ids=FIRST)
@pytest.mark.parametrize(("id", "kind"), [("body", BODY), ("id", ID)])
def test_credentials_are_refused_first(
    id: str, kind: SubjectKind, status: int, expected: str
) -> None:
    """Whatever else is wrong with the request, and no clause on credentials alone speaks of it."""
    row = turned_away(status, kind=kind), turned_away(401)
    assert said(confluent(), f"security/first/{id}", *row) == [expected, SILENT]
    assert said(confluent(), f"security/{SCHEME}", *row) == [SILENT, KEPT]
    assert clause_of(confluent(), f"security/first/{id}").level.value == "SHOULD"


def envelope(detail: str = "Who are you?", **more: Any) -> Any:
    """Return the body of a refusal of credentials."""
    return {"errors": [{"status": "401", "detail": detail} | more]}


USUAL = [turned_away(401, envelope(id=f"9f8e7d{index}")) for index in range(4)]
TOLD = {
    "the same": (envelope(id="0a1b2c"), KEPT),
    "no id, which others have": (envelope(), KEPT),
    "another number in a text": (envelope(id="0a1b2c3d"), KEPT),
    "another detail": (envelope("There is no such key."), BROKEN),
    "a pointer": (envelope(source={"pointer": "/spec"}), BROKEN),
    "a second error": ({"errors": [*envelope()["errors"], {"detail": "Not JSON."}]}, BROKEN),
}


@pytest.mark.parametrize("kind", [BODY, ID])
@pytest.mark.parametrize(("answer", "expected"), TOLD.values(), ids=TOLD)
def test_a_refusal_of_credentials_tells_nothing_else(
    answer: Any, expected: str, kind: SubjectKind
) -> None:
    """It reads as it does where only the credentials are wrong."""
    row = [*USUAL, turned_away(401, answer, kind, parameters=UNKNOWN_ID)]
    assert said(confluent(), "security/first/tells-nothing", *row)[-1] == expected


def test_what_differs_each_time_tells_nothing() -> None:
    """An id without digits, a text drawn by lot: nobody knows what it would have been."""
    words = ("a", "b", "c", "d")
    usual = [turned_away(401, envelope(word)) for word in words]
    row = [*usual, turned_away(401, envelope("e"), BODY)]
    assert said(confluent(), "security/first/tells-nothing", *row)[-1] == KEPT
    paired = [turned_away(401, envelope(word)) for word in (*words[:2], *words[:2])]
    row = [*paired, turned_away(401, envelope("e"), BODY)]
    assert said(confluent(), "security/first/tells-nothing", *row)[-1] == BROKEN


def test_an_id_that_is_repeated_tells_nothing() -> None:
    """The path that was asked for may stand in an answer, whichever it is."""
    usual = [turned_away(401, envelope("No access to ak-12345.")) for _ in range(3)]
    last = turned_away(
        401, envelope("No access to contract-unknown-0a1b."), ID, parameters=UNKNOWN_ID
    )
    assert said(confluent(), "security/first/tells-nothing", *usual, last)[-1] == KEPT


def test_a_page_is_read_as_a_whole() -> None:
    """A refusal that is no JSON is compared by its text."""
    usual = [turned_away(401, text="<p>Who?</p>", flaw="no JSON") for _ in range(3)]
    same = turned_away(401, text="<p>Who?</p>", flaw="no JSON", kind=BODY)
    other = turned_away(401, text="<p>No body.</p>", flaw="no JSON", kind=BODY)
    row = [*usual, same, other]
    assert said(confluent(), "security/first/tells-nothing", *row)[-2:] == [KEPT, BROKEN]


def test_too_few_refusals_say_nothing() -> None:
    """Nor does one with another status, which another clause tells."""
    row = [*USUAL[:2], turned_away(401, envelope("x"), BODY)]
    assert said(confluent(), "security/first/tells-nothing", *row)[-1] == SILENT
    row = [*USUAL, turned_away(422, envelope("x"), BODY)]
    assert said(confluent(), "security/first/tells-nothing", *row)[-1] == SILENT


def test_without_a_body_only_the_id_can_be_wrong(folder: Path) -> None:
    """An operation that takes none has nothing to check before the credentials."""
    made = clause_ids(secured(folder, "[{user: []}]"))
    assert [id for id in made if id.startswith("security/first/")] == [
        "security/first/id",
        "security/first/tells-nothing",
    ]


# --- what is sent ---------------------------------------------------------------------------------


def attempts(operation: Operation) -> dict[str, str]:
    """Return the credentials of each request that must be refused, by its title."""
    found: dict[str, str] = {}
    for one in cases.of(Probe.CREDENTIALS, operation, Double(operation).context):
        if one.expect is Expect.UNAUTHENTICATED:
            carried = [value for name, value in one.headers if operation.carries_credentials(name)]
            found[one.title] = " & ".join(carried)
    return found


def test_secrets_are_crossed() -> None:
    """The secret of one scheme stands in the place of another's, in each direction."""
    given = Double(confluent()).context.credentials
    sent = attempts(confluent())
    pair = given[SCHEME]
    token = given["confluent-sts-access-token"]["token"]
    crossed = f"{pair['username']}:{token}".encode()
    assert f"Basic {base64.b64encode(crossed).decode()}" in sent.values()
    assert f"Bearer {pair['password']}" in sent.values()


PAIRS = {
    "the user twice": "{username}:{username}",
    "the password twice": "{password}:{password}",
    "nothing": ":",
    "a condition": "'OR'1'='1:'OR'1'='1",
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_each_half_stands_for_the_other(pair: str) -> None:
    """A pair may be wrong though each of its halves is somebody's, or nobody's."""
    given = Double(confluent()).context.credentials[SCHEME]
    carried = base64.b64encode(pair.format(**given).encode()).decode()
    assert f"Basic {carried}" in authorizations_sent()


def authorizations_sent() -> set[str]:
    """Return every value of Authorization that an attempt has."""
    sent = cases.of(Probe.CREDENTIALS, confluent(), Double(confluent()).context)
    return {value for one in sent for name, value in one.headers if name == "Authorization"}


def test_right_values_stand_under_each_other_scheme() -> None:
    """Who reads what stands behind the scheme alone takes them; also under one that nobody documents."""
    given = Double(confluent()).context.credentials
    token = given["confluent-sts-access-token"]["token"]
    pair = base64.b64encode("{username}:{password}".format(**given[SCHEME]).encode()).decode()
    crossed = {f"Bearer {pair}", f"Digest {pair}", f"Basic {token}", f"Digest {token}"}
    assert crossed <= authorizations_sent()


@pytest.mark.parametrize("operation", [confluent(), datadog()], ids=["confluent", "datadog"])
def test_wrong_credentials_come_again(operation: Operation) -> None:
    """A service that keeps what it was asked may take them for known: once more, with other values."""
    sent = cases.of(Probe.CREDENTIALS, operation, Double(operation).context)
    again = [one for one in sent if one.title.endswith(", once more")]
    [first, *_] = [one for one in sent if again and f"{one.title}, once more" == again[0].title]
    assert (first.headers, first.subject) == (again[0].headers, again[0].subject)
    assert first.body != again[0].body


def test_elsewhere_no_query_is_sent() -> None:
    """A condition would find whoever is the first, and that is a stranger."""
    context = replace(Double(confluent()).context, made_up=False)
    sent = cases.of(Probe.CREDENTIALS, confluent(), context)
    assert not [one.title for one in sent if "a query's condition" in one.title]


@pytest.mark.parametrize("operation", [confluent(), datadog()], ids=["confluent", "datadog"])
def test_no_attempt_is_right(operation: Operation) -> None:
    """HTTP takes blanks off a value (RFC 9110 5.5), and more than one before a token is allowed (11.4)."""
    context = Double(operation).context
    right = []
    for alternative in operation.security:
        given = credentials_of(alternative, context)
        carried = {name: value for (_, name), value in given.items()}
        right.append(dict(map(trimmed, carried.items())))
    for one in cases.of(Probe.CREDENTIALS, operation, context):
        own = [pair for pair in one.headers if operation.carries_credentials(pair[0])]
        is_right = dict(map(trimmed, own)) in right
        assert is_right is (one.expect is Expect.ACCEPTED), one.title


def trimmed(header: tuple[str, str]) -> tuple[str, str]:
    """Return a header as a reader of HTTP sees it."""
    return header[0], " ".join(header[1].split())


@pytest.mark.parametrize("form", ["null", "undefined", '"{}"', "{}&a=b", "x, {}", ""])
def test_careless_forms_of_a_key_are_sent(form: str) -> None:
    """Words of a program that has no key, quotes, a list, a query, nothing."""
    right = Double(datadog()).context.credentials["apiKeyAuth"]["value"]
    sent = [carried.split(" & ")[-1] for carried in attempts(datadog()).values()]
    firsts = [carried.split(" & ")[0] for carried in attempts(datadog()).values()]
    assert form.format(right) in {*sent, *firsts}


@pytest.mark.parametrize("operation", [confluent(), datadog()], ids=["confluent", "datadog"])
def test_near_misses_are_not_seen(operation: Operation) -> None:
    """Whatever is nearly a secret is redacted; the word that nobody has chosen is not."""
    double = Double(operation)
    near = near_misses(double.plan.every_case())
    assert not near & set(CARELESS_WORDS)
    redactor = targets.redactor_of([double.access], {})
    secrets = {value for parts in double.context.credentials.values() for value in parts.values()}
    for carried in attempts(operation).values():
        shown = redactor.text(carried)
        assert not [secret for secret in secrets if secret[4:-4] in shown], shown
    assert redactor.text("undefined is null") == "undefined is null"


OTHER_BEARERS = """\
    token: {{type: http, scheme: bearer}}
    web: {{type: openIdConnect, openIdConnectUrl: 'https://contract.example/openid'}}
    sign: {{type: oauth2, flows: {{clientCredentials: {{tokenUrl: /token, scopes: {{}}}}}}}}
"""


def test_what_another_alternative_allows_is_no_wrong_value(folder: Path) -> None:
    """One header tells tokens of three schemes: that of one is right, whatever it is called."""
    text = DOCUMENT.replace("    token: {{type: http, scheme: bearer}}\n", OTHER_BEARERS)
    alike = text.format(security="[{token: []}, {web: []}, {sign: []}]", refusals="{}")
    operation = operation_from(alike, folder)
    sent, given = attempts(operation), Double(operation).context.credentials
    for name in ("token", "web", "sign"):
        assert f"Bearer {given[name]['token']}" not in sent.values()
    assert "with a wrong value in Authorization" in sent


def test_a_token_that_asks_for_a_key_beside_it_is_wrong_without(folder: Path) -> None:
    """It is no alternative by itself; the one that is stays right beside another's key."""
    text = DOCUMENT.replace("    token: {{type: http, scheme: bearer}}\n", OTHER_BEARERS)
    paired = text.format(security="[{token: []}, {key: [], web: []}]", refusals="{}")
    operation = operation_from(paired, folder)
    sent, given = attempts(operation), Double(operation).context.credentials
    assert f"Bearer {given['web']['token']}" in sent.values()
    assert not [one for one in sent.values() if given["token"]["token"] in one.split(" & ")[0][7:]]
