"""Is a client answered in process as the documents have it, and told what it sent wrongly?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
import respx
from running import QUIET

from pytest_confluent_contracts.clients import ClientBroken, mocked
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_confluent_contracts.clients.mocking import MockedContract

KEYS = "https://api.confluent.cloud/iam/v2/api-keys"
KEY = f"{KEYS}/ak-12345"
ACCOUNTS = "https://api.datadoghq.eu/api/v2/integrations/confluent-cloud/accounts"
BEARER = {"Authorization": "Bearer anything"}
PAIR = {"DD-API-KEY": "anything", "DD-APPLICATION-KEY": "anything"}
UPDATE = "updateIamV2ApiKey"
NAMED = {"spec": {"display_name": "new"}}
NEW_KEY = {"owner": {"id": "u-1"}, "resource": {"id": "lkc-1", "environment": "env-1"}}


@pytest.fixture
def api() -> Iterator[MockedContract]:
    """Return both documents, answered in process; nobody judges."""
    with mocked(judge=False) as mock:
        yield mock


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Return a client with a token."""
    with httpx.Client(headers=BEARER) as opened:
        yield opened


def clauses_broken(api: MockedContract) -> list[str]:
    """Return the clauses that the requests broke, or that they should have kept."""
    return [f"{one.operation} {one.clause.id}" for one in api.red_rulings()]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_what_is_written_is_read(api: MockedContract, client: httpx.Client) -> None:
    """The double keeps what it is sent, and a test sees it; every server of the documents answers."""
    assert client.patch(KEY, json=NAMED).json()["spec"]["display_name"] == "new"
    answer = client.get(KEY)
    assert answer.json()["spec"]["display_name"] == "new"
    assert answer.elapsed.total_seconds() >= 0
    assert api[UPDATE].state["ak-12345"]["spec"]["display_name"] == "new"
    assert httpx.get(ACCOUNTS, headers=PAIR).status_code == 200
    assert clauses_broken(api) == []


def test_an_asynchronous_client_is_answered_alike(api: MockedContract) -> None:
    """One mock serves both; what was asked is in one list."""

    async def send() -> int:
        async with httpx.AsyncClient(headers=BEARER) as client:
            answer = await client.patch(KEY, json=NAMED)
            return answer.status_code

    assert asyncio.run(send()) == 200
    [call] = api[UPDATE].calls
    assert (call.method, call.url, call.json, call.status) == ("PATCH", KEY, NAMED, 200)
    assert call.header("authorization") == "Bearer anything"


def test_any_whole_credential_is_taken_and_half_a_pair_is_not(api: MockedContract) -> None:
    """A client brings the credentials of its own tests."""
    assert httpx.get(KEY).status_code == 401
    assert httpx.get(KEY, auth=("key", "secret")).status_code == 200
    assert httpx.get(KEY, headers={"Authorization": "Bearer undefined"}).status_code == 401
    assert httpx.get(ACCOUNTS, headers={"DD-API-KEY": "x"}).status_code == 403


def test_answers_are_given_in_the_order_in_which_they_were_written_down(
    api: MockedContract, client: httpx.Client
) -> None:
    """Each once, and the last from then on; without a status it is the document's own."""
    api[UPDATE].answers(429, retry_after=3).then(500).then()
    assert repr(api[UPDATE]) == f"Answers to {UPDATE}: 429, 500, as the document has it"
    refused = client.patch(KEY, json=NAMED)
    assert [client.patch(KEY, json=NAMED).status_code for _ in range(3)] == [500, 200, 200]
    told = [refused.headers[name] for name in ("Retry-After", "X-RateLimit-Remaining")]
    assert (refused.status_code, *told) == (429, "3", "0")
    api[UPDATE].answers(404)
    assert [client.patch(KEY, json=NAMED).status_code for _ in range(2)] == [404, 404]
    assert client.get(KEY).status_code == 200


def test_an_error_points_at_a_member(api: MockedContract, client: httpx.Client) -> None:
    """In the documented envelope."""
    api[UPDATE].answers(422, pointer="/spec/display_name")
    [error] = client.patch(KEY, json=NAMED).json()["errors"]
    assert (error["status"], error["source"]) == ("422", {"pointer": "/spec/display_name"})
    with pytest.raises(ContractError, match="no JSON Pointer"):
        api[UPDATE].answers(422, pointer="spec.display_name")


def test_what_no_document_has_needs_to_be_said_so(
    api: MockedContract, client: httpx.Client
) -> None:
    """An undocumented status is an error that lists the documented ones, unless it is raw."""
    with pytest.raises(ContractError, match=r"documents 200, 400, .*500, and no 418; \.raw\(418"):
        api[UPDATE].answers(418)
    api[UPDATE].raw(418, headers={"X-Tea": "green"}, json={"tea": True}).then_raw(200, content=b"-")
    answer = client.patch(KEY, json=NAMED)
    assert (answer.status_code, answer.headers["X-Tea"], answer.json()) == (
        418,
        "green",
        {"tea": True},
    )
    assert client.patch(KEY, json=NAMED).content == b"-"


def test_what_nobody_knows_is_named_with_what_is_near(api: MockedContract) -> None:
    """An operation and a mutation that do not exist are typing errors."""
    with pytest.raises(ContractError, match="no operation 'updateKey'; the documents have update"):
        api["updateKey"]
    with pytest.raises(ContractError, match="has no mutation 'slow'"):
        api[UPDATE].mutate("slow")
    assert api["PATCH /iam/v2/api-keys/{id}"].calls == []


def test_a_broken_service_can_be_had(api: MockedContract, client: httpx.Client) -> None:
    """The mutations of the proof show what a client makes of a service that breaks a promise."""
    api[UPDATE].mutate("200/body/spec.owner dropped")
    assert "owner" not in client.patch(KEY, json=NAMED).json()["spec"]
    api.reset()
    assert "owner" in client.patch(KEY, json=NAMED).json()["spec"]
    assert len(api.calls) == 1


def test_a_service_that_hangs_up_is_a_lost_connection(
    api: MockedContract, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As httpx tells it of a socket."""

    def hang_up(_: object) -> None:
        raise ConnectionResetError("reset by peer")

    for service in map(api.service_of, api.operations):
        monkeypatch.setattr(service, "handle", hang_up)
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        client.patch(KEY, json={"spec": 1})
    assert clauses_broken(api) == [f"{UPDATE} client/body/spec"]


def test_a_limit_is_kept_until_its_window_ends(api: MockedContract, client: httpx.Client) -> None:
    """Time passes by itself, or at once where a test says so."""
    api.limit(2, window=30)
    assert [client.get(KEY).status_code for _ in range(3)] == [200, 200, 429]
    api["getIamV2ApiKey"].clock.advance(30)
    assert client.get(KEY).status_code == 200
    api.reset()
    assert [client.get(KEY).status_code for _ in range(4)] == [200] * 4


def test_another_host_is_respx_own_matter(api: MockedContract, client: httpx.Client) -> None:
    """What is not mocked goes nowhere; a test may add a route."""
    with pytest.raises(respx.models.AllMockedAssertionError):
        client.get("https://elsewhere.example/")
    api.router.get("https://elsewhere.example/").respond(204)
    assert client.get("https://elsewhere.example/").status_code == 204


DOCUMENT = """
openapi: 3.1.0
info: {{title: Things, version: '1'}}
servers:
  - url: '{server}'
    variables: {{region: {{default: us, enum: [us, eu]}}, port: {{default: '444'}}, version: {{default: '2'}}}}
paths:
  /things/mine: {{get: {{operationId: mine, responses: {{'204': {{description: mine}}}}}}}}
  /things/{{id}}:
    parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
    get: {{operationId: one, responses: {{'204': {{description: one}}}}}}
"""
SERVERS = {
    "https://{region}.things.example:{port}/v{version}": "https://eu.things.example:444/v2/things/mine",
    "http://things.example:8080": "http://things.example:8080/things/mine",
    "https://things.example/api/": "https://things.example/api/things/mine/",
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_is_answered_for_whatever_its_variables_are(server: str, tmp_path: Path) -> None:
    """Host, port and prefix; a path that is named to the letter goes before one with a variable."""
    (path := tmp_path / "things.yaml").write_text(DOCUMENT.format(server=server), encoding="utf-8")
    with mocked(str(path)) as api:
        assert httpx.get(SERVERS[server]).status_code == 204
        assert [len(api[name].calls) for name in ("mine", "one")] == [1, 0]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("https://things.example/things/mine", "GET /api/things/mine"),
        ("https://things.example/v2/things/mine", "GET /api/things/mine"),
        ("https://things.example/api/things/", "GET /api/things/mine"),
    ],
)
def test_a_path_without_its_prefix_or_its_id_is_not_declared(
    asked: str, near: str, tmp_path: Path
) -> None:
    """At the document's own host: elsewhere nobody knows what stands before."""
    written = DOCUMENT.format(server="https://things.example/api")
    (path := tmp_path / "things.yaml").write_text(written, encoding="utf-8")
    with mocked(str(path), judge=False) as api:
        assert httpx.get(asked).status_code == 404
    [ruling] = api.red_rulings()
    assert ruling.finding is not None
    assert (ruling.clause.id, ruling.finding.expected) == ("client/declared", near)


def test_a_slash_that_an_empty_id_leaves_is_not_the_list(api: MockedContract) -> None:
    """``f"{keys}/{id}"`` of an id that is empty is no list of keys."""
    assert httpx.get(f"{KEYS}/", headers=BEARER).status_code == 404
    assert [one.clause.id for one in api.red_rulings()] == ["client/declared"]
    api.reset()
    assert httpx.get(KEYS, headers=BEARER).status_code == 200
    api.check()


def test_links_lead_to_where_the_client_asks(api: MockedContract) -> None:
    """A client that follows them stays with the mock: of pages, and of the key itself."""
    with httpx.Client(headers=BEARER) as client:
        for name in ("a", "b", "c"):
            client.post(KEYS, json={"spec": {**NEW_KEY, "display_name": name}})
        api.clock.advance(2)
        address, seen = f"{KEYS}?page_size=2", []
        while address:
            page = client.get(address).json()
            seen += [one["metadata"]["self"] for one in page["data"]]
            address = page["metadata"].get("next")
        assert len(set(seen)) == len(seen) >= 4
        assert {client.get(one).status_code for one in seen} == {200}
    api.check()


def test_a_body_that_may_be_left_out_is_not_missed(tmp_path: Path) -> None:
    """Its schema requires a member of a body that is sent."""
    (path := tmp_path / "seals.yaml").write_text(ACTION, encoding="utf-8")
    with mocked(str(path)) as api:
        assert httpx.post("https://seals.example/seal").status_code == 204
        assert httpx.post("https://seals.example/seal", json={"by": "me"}).status_code == 204
        api.check()
        assert httpx.post("https://seals.example/seal", json={}).status_code == 422
        api.forget()


ACTION = """
openapi: 3.1.0
info: {title: Seals, version: '1'}
servers: [{url: https://seals.example}]
paths:
  /seal:
    post:
      operationId: seal
      requestBody: {content: {application/json: {schema:
        {type: object, required: [by], properties: {by: {type: string}}}}}}
      responses: {'204': {description: done}, '422': {description: wrong}}
"""


def test_a_document_without_a_host_can_only_be_served(tmp_path: Path) -> None:
    """Nobody knows which requests would be its own."""
    (path := tmp_path / "things.yaml").write_text(DOCUMENT.format(server="/v1"), encoding="utf-8")
    with pytest.raises(ContractError, match="`servers` names no host"), mocked(str(path)):
        pass


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_an_undeclared_request_is_refused_and_told(
    api: MockedContract, client: httpx.Client
) -> None:
    """405 to another method, 404 to another path, and which operation is the nearest."""
    assert client.put(KEY, json=NAMED).status_code == 405
    assert client.get(f"{KEYS.replace('keys', 'key')}/ak-1").status_code == 404
    told = [(one.operation, one.finding) for one in api.red_rulings()]
    assert [(name, found.request, found.expected) for name, found in told if found] == [
        (UPDATE, "PUT /iam/v2/api-keys/ak-12345", "PATCH /iam/v2/api-keys/{id}"),
        ("getIamV2ApiKey", "GET /iam/v2/api-key/ak-1", "GET /iam/v2/api-keys/{id}"),
    ]


def test_a_wait_may_be_waited_out_or_advanced(api: MockedContract, client: httpx.Client) -> None:
    """A client that sends at once is told; one whose sleep advances the clock is not."""
    api[UPDATE].answers(429, retry_after=3).then()
    client.patch(KEY, json=NAMED)
    api.clock.advance(3)
    assert client.patch(KEY, json=NAMED).status_code == 200
    assert clauses_broken(api) == []
    api[UPDATE].answers(429, retry_after=3).then()
    client.patch(KEY, json=NAMED)
    client.patch(KEY, json=NAMED)
    assert clauses_broken(api) == [f"{UPDATE} client/retry-after"]


def test_no_secret_is_in_what_is_told(api: MockedContract) -> None:
    """Neither a credential nor a secret member, in the text of the failure."""
    body = {
        "data": {
            "type": "confluent-cloud-accounts",
            "attributes": {"api_key": 1, "api_secret": "hidden-hidden"},
        }
    }
    httpx.post(
        ACCOUNTS, json=body, headers={"DD-API-KEY": "seen-nowhere", "DD-APPLICATION-KEY": "b"}
    )
    with pytest.raises(ClientBroken, match="api_key") as caught:
        api.check()
    assert "hidden-hidden" not in str(caught.value)
    assert "seen-nowhere" not in str(caught.value)


def test_without_pytest_the_end_of_the_block_judges() -> None:
    """A clean client ends silently, a broken one with all that is wrong, and another error as itself."""
    with mocked("confluent-api-keys"), httpx.Client(headers=BEARER) as client:
        client.patch(KEY, json=NAMED)
    with pytest.raises(ClientBroken) as caught, mocked("confluent-api-keys"):
        httpx.patch(KEY, json={"spec": {"display_name": 1}})
    told = str(caught.value)
    assert told.startswith("2 clauses are broken by what the client sent\n")
    assert f"{UPDATE} client/credentials: sent without" in told
    assert '1 is not of type "string" (/spec/display_name)' in told
    assert "(specs/confluent-api-keys.yaml:" in told
    with pytest.raises(ZeroDivisionError), mocked("confluent-api-keys"):
        httpx.patch(KEY, json=1 / 0)
    with pytest.raises(ContractError, match="no document 'nothing'"), mocked("nothing"):
        pass


# --- in a test of pytest ----------------------------------------------------------------------------------------------

TESTS = """
import httpx
import pytest

KEY = "https://api.confluent.cloud/iam/v2/api-keys/ak-12345"
HEADERS = {"Authorization": "Bearer x"}

def send(name, **more):
    return httpx.patch(KEY, json={"spec": {"display_name": name}, **more}, headers=HEADERS)

def test_right(contract_mock):
    assert send("a").status_code == 200
    assert contract_mock["updateIamV2ApiKey"].calls

def test_wrong(contract_mock):
    send(1)

def test_wrong_and_failing(contract_mock):
    assert send(1).status_code == 200

@pytest.mark.contract_client(judge=False)
def test_not_judged(contract_mock):
    send(1)

def test_warned(contract_mock):
    send("a", more=1)

@pytest.mark.contract_client("things.yaml")
def test_own_document(contract_mock):
    assert httpx.get("https://eu.things.example/v1/things").status_code == 200

def test_without():
    pass

@pytest.mark.contract_client("nothing.yaml")
def test_no_document(contract_mock):
    pass

@pytest.mark.contract_client(jugde=False)
def test_misspelt(contract_mock):
    pass

@pytest.mark.contract_client("things.yaml")
def test_session(contract_server):
    pass
"""
THINGS = """
openapi: 3.1.0
info: {title: Things, version: '1'}
servers: [{url: 'https://{region}.things.example/v1', variables: {region: {default: eu}}}]
paths: {/things: {get: {operationId: listThings, responses: {'200': {description: all}}}}}
"""


@pytest.fixture
def judged(pytester: pytest.Pytester) -> pytest.RunResult:
    """Return a run of the tests above, in this process."""
    pytester.makepyfile(TESTS)
    pytester.makefile(".yaml", things=THINGS)
    return pytester.runpytest_inprocess(*QUIET, "-rf", "-W", "default")


def test_a_test_fails_at_its_end_with_clause_and_place(judged: pytest.RunResult) -> None:
    """It fails, and is no error; what is advised warns; the mark switches it off, or names documents."""
    judged.assert_outcomes(passed=5, failed=2, errors=3, warnings=1)
    told = judged.stdout.str()
    assert f"FAILED {judged.stdout.lines[0] and ''}" in told
    assert (
        "\nupdateIamV2ApiKey client/body/spec.display_name: sent with spec.display_name: 1 is"
        in told
    )
    assert "what the documents say of the client" in told
    assert "ClientWarning: updateIamV2ApiKey client/undeclared: sent with more" in told


def test_a_mark_that_means_nothing_is_told_in_a_line(judged: pytest.RunResult) -> None:
    """What is misspelt, what is not there, and documents that a session's server does not have."""
    told = judged.outlines
    for line in (
        "contract_mock: no document 'nothing.yaml': give a file, or one of confluent-api-keys, datadog-confluent-cloud",
        "@pytest.mark.contract_client: there is no 'jugde'; it takes names of documents, and judge=False",
        "@pytest.mark.contract_client: contract_server serves those of the ini key contract_spec in the whole session",
    ):
        assert line in told
