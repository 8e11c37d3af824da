"""Do the vendors' own clients keep to the documents, and is one that does not told where? Over HTTP, as they are."""

from __future__ import annotations

import base64
import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, ForbiddenException, NotFoundException
from datadog_api_client.v2.api.confluent_cloud_api import ConfluentCloudApi
from datadog_api_client.v2.model.confluent_account_create_request import (
    ConfluentAccountCreateRequest,
)
from datadog_api_client.v2.model.confluent_account_create_request_attributes import (
    ConfluentAccountCreateRequestAttributes,
)
from datadog_api_client.v2.model.confluent_account_create_request_data import (
    ConfluentAccountCreateRequestData,
)
from datadog_api_client.v2.model.confluent_account_type import ConfluentAccountType
from datadog_api_client.v2.model.confluent_account_update_request import (
    ConfluentAccountUpdateRequest,
)
from datadog_api_client.v2.model.confluent_account_update_request_attributes import (
    ConfluentAccountUpdateRequestAttributes,
)
from datadog_api_client.v2.model.confluent_account_update_request_data import (
    ConfluentAccountUpdateRequestData,
)
from datadog_api_client.v2.model.confluent_resource_request import ConfluentResourceRequest
from datadog_api_client.v2.model.confluent_resource_request_attributes import (
    ConfluentResourceRequestAttributes,
)
from datadog_api_client.v2.model.confluent_resource_request_data import (
    ConfluentResourceRequestData,
)
from datadog_api_client.v2.model.confluent_resource_type import ConfluentResourceType

from pytest_confluent_contracts.documents import find_document
from pytest_confluent_contracts.model.clauses import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.clients.serving import ServedContract

NODE_MODULES = "CONTRACT_NODE_MODULES"
PACKAGES = ("@datadog/datadog-api-client@1",)
CREDENTIALS = {"apiKeyAuth": "an api key", "appKeyAuth": "an application key"}
SLOW: dict[str, Any] = {"headers": {"X-Ratelimit-Reset": "0"}, "json": {"errors": ["slow"]}}
TEN = {
    *("ListConfluentAccount", "CreateConfluentAccount", "GetConfluentAccount"),
    *("UpdateConfluentAccount", "DeleteConfluentAccount", "ListConfluentResource"),
    *("CreateConfluentResource", "GetConfluentResource", "UpdateConfluentResource"),
    "DeleteConfluentResource",
}


def asked(server: ServedContract) -> set[str]:
    """Return the operations that were asked for."""
    return {one.asked.operation.id for one in server.heard}


# --- Datadog, in Python -----------------------------------------------------------------------------------------------


@pytest.fixture
def datadog(server: ServedContract) -> Iterator[ConfluentCloudApi]:
    """Return Datadog's client, which sends to the server and does not try again."""
    with ApiClient(Configuration(host=server.url, api_key=dict(CREDENTIALS))) as client:
        yield ConfluentCloudApi(client)


def new_account(**more: Any) -> ConfluentAccountCreateRequest:
    """Return what creates an account."""
    attributes = ConfluentAccountCreateRequestAttributes(
        "KEY", "a secret", tags=["a", "b:c"], **more
    )
    kind = ConfluentAccountType("confluent-cloud-accounts")
    return ConfluentAccountCreateRequest(ConfluentAccountCreateRequestData(attributes, kind))


def changed_account() -> ConfluentAccountUpdateRequest:
    """Return what changes one."""
    attributes = ConfluentAccountUpdateRequestAttributes("KEY", "a secret", tags=["new"])
    kind = ConfluentAccountType("confluent-cloud-accounts")
    return ConfluentAccountUpdateRequest(ConfluentAccountUpdateRequestData(attributes, kind))


def resource(*, metrics: bool) -> ConfluentResourceRequest:
    """Return what creates or changes a resource."""
    attributes = ConfluentResourceRequestAttributes("kafka", enable_custom_metrics=metrics)
    kind = ConfluentResourceType("confluent-cloud-resources")
    return ConfluentResourceRequest(ConfluentResourceRequestData(attributes, "lkc-1", kind))


def test_datadogs_client_goes_through_all_ten_operations(
    server: ServedContract, datadog: ConfluentCloudApi
) -> None:
    """It reads every answer, and nothing is to be said of what it sends."""
    assert len(datadog.list_confluent_account().data) == 1
    id = datadog.create_confluent_account(new_account()).data.id
    assert datadog.get_confluent_account(id).data.attributes.tags == ["a", "b:c"]
    updated = datadog.update_confluent_account(id, changed_account())
    assert updated.data.attributes.tags == ["new"]
    assert datadog.list_confluent_resource(id).data == []
    datadog.create_confluent_resource(id, resource(metrics=False))
    assert datadog.get_confluent_resource(id, "lkc-1").data.attributes.resource_type == "kafka"
    changed = datadog.update_confluent_resource(id, "lkc-1", resource(metrics=True))
    assert changed.data.attributes.enable_custom_metrics is True
    datadog.delete_confluent_resource(id, "lkc-1")
    datadog.delete_confluent_account(id)
    assert asked(server) == TEN
    assert {one.status for one in server.calls} == {200, 201, 204}
    assert server.red_rulings() == []


def test_refusals_are_the_exceptions_that_it_documents(
    server: ServedContract, datadog: ConfluentCloudApi
) -> None:
    """Its own classes for 403 and 404, the general one for 400 and 429, with the status."""
    # Where an answer asks to wait, urllib3 beneath the client would.
    accounts = server["ListConfluentAccount"].answers(400).then(403)
    accounts.then_raw(429, json=SLOW["json"])
    with pytest.raises(ApiException) as refused:
        datadog.list_confluent_account()
    assert (refused.value.status, refused.value.body["errors"]) == (
        400,
        refused.value.body["errors"],
    )
    with pytest.raises(ForbiddenException):
        datadog.list_confluent_account()
    with pytest.raises(ApiException) as refused:
        datadog.list_confluent_account()
    assert refused.value.status == 429
    with pytest.raises(NotFoundException):
        datadog.get_confluent_account("nobody")
    assert [one.status for one in server.calls] == [400, 403, 429, 404]
    assert server.red_rulings() == []


def test_its_own_retry_waits_as_the_answer_says(server: ServedContract) -> None:
    """It goes by a header that its document does not name, so that is given raw."""
    server["ListConfluentAccount"].raw(429, headers={"X-Ratelimit-Reset": "1"}).then()
    own = Configuration(host=server.url, api_key=dict(CREDENTIALS), enable_retry=True)
    with ApiClient(own) as client:
        assert len(ConfluentCloudApi(client).list_confluent_account().data) == 1
    first, second = server.heard
    assert second.recording.sent_at is not None
    assert first.recording.sent_at is not None
    assert second.recording.sent_at - first.recording.sent_at >= 0.9
    assert server.red_rulings() == []


# --- Datadog's client, wrong in one thing -----------------------------------------------------------------------------


class Sent:
    """A request as the client would send it, to be altered in one thing."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: str) -> None:
        self.method, self.url, self.headers, self.body = method, url, headers, body

    @property
    def value(self) -> Any:
        """Return the JSON value of the body."""
        return json.loads(self.body)

    @value.setter
    def value(self, value: Any) -> None:
        self.body = json.dumps(value)

    def put(self, path: str, *value: Any) -> None:
        """Put *value* at a dotted *path* of the body; without one, take away what is there."""
        whole = self.value
        *around, name = path.split(".")
        holder = whole
        for step in around:
            holder = holder[step]
        if value:
            holder[name] = value[0]
        else:
            del holder[name]
        self.value = whole


def attribute(name: str, *value: Any) -> Callable[[Sent], None]:
    """Return what alters one attribute, or leaves it out."""
    return lambda sent: sent.put(f"data.attributes.{name}", *value)


def member(path: str, *value: Any) -> Callable[[Sent], None]:
    """Return what alters one member, or leaves it out."""
    return lambda sent: sent.put(path, *value)


def part(name: str, value: Any) -> Callable[[Sent], None]:
    """Return what alters a part of the request."""
    return lambda sent: setattr(sent, name, value)


def header(name: str, *value: str) -> Callable[[Sent], None]:
    """Return what alters a header, or leaves it out."""

    def alter(sent: Sent) -> None:
        del sent.headers[name]
        for one in value:
            sent.headers[name] = one

    return alter


def replaced(old: str, new: str) -> Callable[[Sent], None]:
    """Return what alters the address."""
    return lambda sent: setattr(sent, "url", sent.url.replace(old, new))


# How the client is wrong; the clause; what its line in the document has; what is said.
WRONG: dict[str, tuple[Callable[[Sent], None], str, str, str]] = {
    "type forgotten": (
        member("data.type"),
        "body/data.type",
        "type:",
        "sent without data.type (/data/type)",
    ),
    "api_key forgotten": (
        attribute("api_key"),
        "body/data.attributes.api_key",
        "api_key:",
        "sent without data.attributes.api_key (/data/attributes/api_key)",
    ),
    "data forgotten": (member("data"), "body/data", "data:", "sent without data (/data)"),
    "attributes null": (
        member("data.attributes", None),
        "body/data.attributes",
        "attributes:",
        'sent with data.attributes: null is not of type "object" (/data/attributes)',
    ),
    "api_key a number": (
        attribute("api_key", 1),
        "body/data.attributes.api_key",
        "api_key:",
        'sent with data.attributes.api_key: 1 is not of type "string" (/data/attributes/api_key)',
    ),
    "another type": (
        member("data.type", "accounts"),
        "body/data.type",
        "type:",
        'sent with data.type: "accounts" is not "confluent-cloud-accounts" (/data/type)',
    ),
    "tags a text": (
        attribute("tags", "a,b"),
        "body/data.attributes.tags",
        "tags:",
        'sent with data.attributes.tags: "a,b" is not of type "array" (/data/attributes/tags)',
    ),
    "a tag a number": (
        attribute("tags", ["a", 2]),
        "body/data.attributes.tags[]",
        "type: string",
        'sent with data.attributes.tags[]: 2 is not of type "string" (/data/attributes/tags/1)',
    ),
    "a resource without its type": (
        attribute("resources", [{"id": "r"}]),
        "body/data.attributes.resources[].resource_type",
        "resource_type:",
        "sent without data.attributes.resources[].resource_type"
        " (/data/attributes/resources/0/resource_type)",
    ),
    "a list of bodies": (
        part("value", []),
        "body",
        "",
        'sent with the body: [] is not of type "object"',
    ),
    "no body": (part("body", ""), "body-sent", "", "sent without the body that is required"),
    "half a body": (part("body", '{"data": '), "json", "", "sent with a body that is not JSON: "),
    "a form": (
        header("Content-Type", "application/x-www-form-urlencoded"),
        "media-type",
        "",
        "sent as application/x-www-form-urlencoded, not as application/json",
    ),
    "no media type": (
        header("Content-Type"),
        "media-type/told",
        "",
        "sent with a body and without Content-Type",
    ),
    "no application key": (
        header("DD-APPLICATION-KEY"),
        "credentials",
        "post:",
        "sent without apiKeyAuth and appKeyAuth",
    ),
    "an empty api key": (
        header("DD-API-KEY", ""),
        "credentials",
        "post:",
        "sent without apiKeyAuth and appKeyAuth",
    ),
    "another method": (
        part("method", "PUT"),
        "declared",
        "post:",
        "PUT /api/v2/integrations/confluent-cloud/accounts is not declared;"
        " the nearest is POST /api/v2/integrations/confluent-cloud/accounts",
    ),
    "a path misspelt": (
        replaced("integrations", "integration"),
        "declared",
        "post:",
        "POST /api/v2/integration/confluent-cloud/accounts is not declared;"
        " the nearest is POST /api/v2/integrations/confluent-cloud/accounts",
    ),
    "a member made up": (
        attribute("region", "eu"),
        "undeclared",
        "",
        "sent with data.attributes.region, which the document does not name",
    ),
    "a query made up": (
        replaced("accounts", "accounts?dry_run=true"),
        "query-undeclared",
        "post:",
        "sent with the query dry_run, which the document does not name",
    ),
}
ADVISED = {"media-type/told", "undeclared", "query-undeclared"}
LINES = find_document("datadog-confluent-cloud").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_a_client_that_is_wrong_in_one_thing_is_told_that(
    server: ServedContract,
    datadog: ConfluentCloudApi,
    monkeypatch: pytest.MonkeyPatch,
    told: tuple[Callable[[Sent], None], str, str, str],
) -> None:
    """One clause, with the place in the request and the line in the document; nothing else is red."""
    alter, clause, line, sentence = told
    pool = datadog.api_client.rest_client.pool_manager
    inner = pool.request

    def request(method: str, url: str, **more: Any) -> Any:
        sent = Sent(method, url, dict(more.pop("headers")), more.pop("body"))
        alter(sent)
        return inner(sent.method, sent.url, headers=sent.headers, body=sent.body or None, **more)

    monkeypatch.setattr(pool, "request", request)
    with suppress(ApiException):
        datadog.create_confluent_account(new_account())
    assert server.calls[0].status < 500
    [ruling] = server.red_rulings()
    assert ruling.clause.id == f"client/{clause}"
    assert (ruling.clause.level is Level.SHOULD) == (clause in ADVISED)
    assert ruling.clause.place.file == "specs/datadog-confluent-cloud.yaml"
    assert line in LINES[ruling.clause.place.line - 1]
    assert _said(ruling).startswith(sentence)
    assert "a secret" not in repr(ruling.exchange)


def _said(ruling: Any) -> str:
    from pytest_confluent_contracts.report.sentences import finding_sentence

    return finding_sentence(ruling.finding)


# --- Datadog, in TypeScript -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """Return the folder of npm packages that the environment names."""
    given = os.environ.get(NODE_MODULES)
    if not given:
        pytest.skip(f"no {NODE_MODULES}: a folder with {', '.join(PACKAGES)}")
    return Path(given).resolve()


def test_datadogs_typescript_client_goes_through_all_ten_operations(
    server: ServedContract, node_modules: Path
) -> None:
    """Refusals are its exceptions with their codes, and its own retry ends with an answer."""
    accounts = server["ListConfluentAccount"].answers()
    accounts.then(403).then(400).then_raw(429, **SLOW).then_raw(429, **SLOW).then()
    script = Path(__file__).parent / "real_clients" / "datadog.js"
    done = subprocess.run(
        ["node", str(script), str(node_modules), server.url.removeprefix("http://")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "accounts": 1,
        "read": "KEY",
        "updated": ["new"],
        "resources": 0,
        "resource": "kafka",
        "metrics": True,
        "codes": [404, 403, 400, 429],
        "retried": 1,
    }
    assert asked(server) == TEN
    assert server.red_rulings() == []


# --- Confluent --------------------------------------------------------------------------------------------------------

BASIC, BEARER = ("-u", "a key:a secret"), ("-H", "Authorization: Bearer a-token")


@pytest.mark.parametrize("credentials", [BASIC, BEARER], ids=["basic", "bearer"])
def test_curl_holds_with_either_credential(
    server: ServedContract, credentials: tuple[str, str]
) -> None:
    """A read, an update in JSON, a create, and a list with its filter."""
    own = {"spec": {"display_name": "new"}}
    new = {"spec": {"owner": {"id": "u-1"}, "resource": {"id": "lkc-1", "environment": "env-1"}}}
    json_body = ("-H", "Content-Type: application/json", "--data-binary")
    sent = (
        ("/iam/v2/api-keys/ak-12345",),
        ("/iam/v2/api-keys/ak-12345", "-X", "PATCH", *json_body, json.dumps(own)),
        ("/iam/v2/api-keys", *json_body, json.dumps(new)),
        ("/iam/v2/api-keys?spec.owner=u-1&page_size=5&show_expired=false",),
        ("/iam/v2/api-keys/ak-12345", "-X", "DELETE"),
    )
    arguments: list[str] = []
    for path, *more in sent:
        arguments += ["--next", "-sf", "-o", os.devnull, *credentials, f"{server.url}{path}", *more]
    done = subprocess.run(["curl", *arguments[1:]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one.status for one in server.calls] == [200, 200, 202, 200, 204]
    assert server.red_rulings() == []


def test_what_curl_sends_as_a_form_is_told(server: ServedContract) -> None:
    """Whoever forgets the header sends one."""
    url = f"{server.url}/iam/v2/api-keys/ak-12345"
    arguments = ["curl", "-s", "-o", os.devnull, *BASIC, "-X", "PATCH", url, "-d", '{"spec": {}}']
    subprocess.run(arguments, check=True)
    assert [one.clause.id for one in server.red_rulings()] == ["client/media-type"]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the name of the client that openapi-python-client makes of the bundled document."""
    from openapi_python_client import generate
    from openapi_python_client.config import Config, ConfigFile, MetaType

    folder = tmp_path_factory.mktemp("generated") / "generated_keys_client"
    source = find_document("confluent-api-keys")
    own = ConfigFile(post_hooks=[])
    generate(config=Config.from_sources(own, MetaType.NONE, source, "utf-8", True, folder))
    sys.path.insert(0, str(folder.parent))
    yield folder.name
    sys.path.remove(str(folder.parent))


def test_a_generated_client_holds(server: ServedContract, generated: str) -> None:
    """It reads what comes, and sends what its models write; one of them left empty is told."""

    def module(path: str) -> Any:
        return importlib.import_module(f"{generated}.{path}")

    calls = "api.api_keys_iamv_2"
    models, client_of = module("models"), module("client").AuthenticatedClient
    pair = base64.b64encode(b"a key:a secret").decode()
    with client_of(base_url=server.url, token=pair, prefix="Basic") as client:
        own = "https://api.confluent.cloud/iam/v2/users/u-1"
        owner = models.TypedGlobalObjectReference(id="u-1", related=own, resource_name=own)
        new = models.ApiKeyCreate(spec=models.ApiKeyCreateSpec(owner=owner, display_name="made"))
        id = module(f"{calls}.create_iam_v2_api_key").sync(client=client, body=new).id
        # The published schema lists both as required, which OpenAPI means of answers alone. The
        # generator asks for them all the same: its model cannot be made without. So that warns.
        overlooked = [
            f"client/read-only/spec.owner.{name}" for name in ("related", "resource_name")
        ]
        warned = server.red_rulings()
        assert [one.clause.id for one in warned] == overlooked
        assert {one.clause.level for one in warned} == {Level.SHOULD}
        server.check()
        server.forget()
        server.clock.advance(60)  # 202: it is there a little later
        update = models.ApiKeyUpdate(spec=models.ApiKeyUpdateSpec(display_name="changed"))
        change = module(f"{calls}.update_iam_v2_api_key")
        assert change.sync_detailed(id, client=client, body=update).status_code == 200
        read = module(f"{calls}.get_iam_v2_api_key")
        assert read.sync(id, client=client).spec.display_name == "changed"
        listed = module(f"{calls}.list_iam_v2_api_keys")
        assert len(listed.sync(client=client, page_size=5, show_expired=False).data) == 2
        delete = module(f"{calls}.delete_iam_v2_api_key")
        assert delete.sync_detailed(id, client=client).status_code == 204
        assert read.sync(id, client=client).errors[0].status == "404"
        assert server.red_rulings() == []
        update.spec.display_name = 1
        change.sync_detailed("ak-12345", client=client, body=update)
    assert [one.clause.id for one in server.red_rulings()] == ["client/body/spec.display_name"]
