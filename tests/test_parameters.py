"""Which parameters are read, which are sent with every request, and what may not be seen of them?"""

from __future__ import annotations

import re
import shutil
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx
import pytest
from exchanges import Expect, Operation, Probe, operation_from
from judging import target_that_answers
from running import gate
from small_services import FOLDER, SECRET, issued, read

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.cases.unknown_ids import surely_unknown_id, unknown_where_empty
from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.documents.parameters import declared_parameters
from pytest_confluent_contracts.documents.schemas import SchemaReader
from pytest_confluent_contracts.documents.security import security_alternatives
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.double.proving import Double, MutationTester
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import guard, targets
from pytest_confluent_contracts.http.client import Client
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import REDACTED, RunContext, TrialKind
from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.run.access import planned_access

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.traffic import Case, Exchange

PLAIN = """\
openapi: 3.1.0
info: {title: Own, version: '1'}
paths:
  /things/{id}:
    patch:
      operationId: updateThing
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: t-1}
        - PARAMETER
      requestBody:
        content: {application/json: {schema: {type: object, properties: {a: {type: boolean}}}}}
      responses: {'200': {description: Yes.}, '400': {description: No.}, '404': {description: No.}}
"""


def small(name: str) -> Operation:
    """Return the operation of a small document."""
    return read(FOLDER / f"{name}.yaml").operations[0]


def with_parameter(text: str, folder: Path) -> Operation:
    """Return an operation with one more parameter."""
    return operation_from(PLAIN.replace("PARAMETER", text), folder)


def context_of(operation: Operation, **more: object) -> RunContext:
    """Return the context of a run that holds *operation*."""
    context = RunContext(operation.parameters, {}, issued(operation), max_examples=1)
    return replace(context, **more)  # type: ignore[arg-type]


def every_case(operation: Operation, **more: object) -> list[Case]:
    """Return every case that a run may send."""
    return list(make_plan(operation, context_of(operation, **more)).every_case())


# --- what is read ---------------------------------------------------------------------------------------------------


def test_an_operation_overrides_its_path_and_keeps_the_rest() -> None:
    """By name and location: the header of the same name is another parameter."""
    found = {(one.location, one.name): one for one in small("parameters_overridden").declared}
    assert list(found) == [
        (Location.PATH, "id"),
        (Location.QUERY, "tenant"),
        (Location.HEADER, "tenant"),
        (Location.QUERY, "depth"),
    ]
    assert found[Location.QUERY, "tenant"].schema["enum"] == ["east", "west"]
    assert found[Location.QUERY, "tenant"].required
    assert found[Location.QUERY, "depth"].place.line > 20  # where the reference leads


def test_path_parameters_stand_in_the_order_of_the_path() -> None:
    """Whatever the order in which they are declared; the first listed value is the one that is shown."""
    assert small("path_several").parameters == (("region", "eu"), ("id", "t 1/a"))


def test_a_variable_that_nobody_declares_is_a_text(tmp_path: Path) -> None:
    """And one that is declared, and in no path, is not sent."""
    text = PLAIN.replace("{name: id,", "{name: other,").replace("        - PARAMETER\n", "")
    own = operation_from(text, tmp_path)
    assert [(one.name, one.schema) for one in own.declared] == [("id", {"type": "string"})]


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_headers_that_openapi_ignores_are_none(name: str, tmp_path: Path) -> None:
    """They are told by the body, the answers and the security schemes."""
    own = with_parameter(f"{{name: {name}, in: header, required: true, schema: {{}}}}", tmp_path)
    assert own.other_parameters == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{name: a, in: query, style: matrix}", "style `matrix`"),
        ("{name: a, in: body}", "path, query, header or cookie"),
        ("{name: a, in: query, schema: {type: nonesuch}}", "no JSON Schema"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    """Nobody would know what to send."""
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0\nparameters:\n  - {text}\n")
    source = SourceFile(FileSet(path))
    with pytest.raises(ContractError, match=rf":3: .*{told}"):
        declared_parameters(source, SchemaReader(source), "/a", Node(1), source.root)


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_a_required_parameter_is_sent_with_every_request() -> None:
    """But where it is what the case is about; optional ones are not sent unless somebody gives one."""
    sent = every_case(small("parameters_overridden"))
    assert {one.query for one in sent if one.trial is None} == {(("tenant", "east"),)}
    given = every_case(small("query_integer"), given=(("depth", "7"),))
    assert {one.query for one in given if one.trial is None} == {(("depth", "7"),)}
    assert {one.query for one in every_case(small("query_integer")) if one.trial is None} == {()}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ("{type: string, enum: [only]}", "only"),
        ("{type: integer, minimum: 5, example: 8}", "8"),
        ("{type: integer, exclusiveMinimum: 5, multipleOf: 4}", "8"),
        ("{type: string, format: date}", "2026-01-05"),
        ("{type: boolean}", "true"),
        ("{oneOf: [{type: integer}, {type: boolean}]}", "1"),
    ],
)
def test_a_sample_obeys_the_schema(schema: str, sent: str, tmp_path: Path) -> None:
    """An example, a default, the only value, else what the schema allows."""
    own = with_parameter(f"{{name: a, in: query, required: true, schema: {schema}}}", tmp_path)
    plan = make_plan(own, context_of(own), needed=())
    assert plan.baseline.query == (("a", sent),)


def test_a_key_that_may_be_used_once_is_another_one_each_time(tmp_path: Path) -> None:
    """Two requests with one key would be taken for one; the same run sends the same keys."""
    text = "{name: Idempotency-Key, in: header, required: true, schema: {type: string}}"
    own = with_parameter(text, tmp_path)
    sent = [dict(one.headers).get("Idempotency-Key") for one in every_case(own)]
    different = {(one.title, one.body) for one in every_case(own)}
    assert len(set(sent)) > len(different) / 2
    assert sent == [dict(one.headers).get("Idempotency-Key") for one in every_case(own)]


def test_a_condition_that_is_tried_is_not_sent_beside(tmp_path: Path) -> None:
    """A write that is refused without one (428) carries one, but where its absence is tried."""
    text = "{name: If-Match, in: header, required: true, schema: {type: string, minLength: 4}}"
    own = with_parameter(text, tmp_path)
    refusal = replace(own.responses[0], status="428")
    strict = replace(own, responses=(*own.responses, refusal))
    tried = [one for one in every_case(strict) if one.trial and one.trial.name == "If-Match"]
    counts = {one.trial.kind: len(conditions_of(one)) for one in tried if one.trial}
    assert counts.pop(TrialKind.MISSING) == 0
    assert set(counts.values()) == {1}
    others = [one for one in every_case(strict) if one.trial is None]
    assert {len(conditions_of(one)) for one in others} == {1}


def conditions_of(case: Case) -> list[str]:
    """Return each If-Match that a case sends."""
    return [value for name, value in case.headers if name.lower() == "if-match"]


# --- ids ------------------------------------------------------------------------------------------------------------


def unknown(own: Operation, **more: object) -> list[Case]:
    """Return the requests for ids that nobody has."""
    made = cases.of(Probe.UNKNOWN, own, context_of(own, **more))
    return [one for one in made if one.expect is Expect.UNKNOWN]


UUID = (("id", "7d444840-9dc0-41d1-b245-5ffdce74fad2"),)


@pytest.mark.parametrize("made_up", [True, False], ids=["loopback", "elsewhere"])
def test_an_unknown_uuid_is_a_uuid(made_up: bool) -> None:
    """What is none may be refused for its form."""
    sent = unknown(small("path_uuid"), parameters=UUID, made_up=made_up)
    plain = [one.parameters[0][1] for one in sent if one.subject.kind == "none"]
    assert len(set(plain)) >= 12
    assert {str(uuid.UUID(one)) for one in plain} == set(plain)
    assert UUID[0][1] not in plain


def test_an_unknown_number_is_a_number_that_nobody_has_come_to() -> None:
    """Elsewhere it is one at the end of the range."""
    sent = unknown(small("path_integer"), made_up=False)
    plain = [int(one.parameters[0][1]) for one in sent if one.subject.kind == "none"]
    assert min(plain) >= 2**31 - 1 - 2**20


def test_an_id_nobody_has_obeys_the_schema_too() -> None:
    """Where no resource was named, and beside wrong credentials."""
    own = small("path_uuid")
    [(_, id)] = unknown_where_empty(own, (("id", ""),), 0)
    assert uuid.UUID(id)
    assert uuid.UUID(surely_unknown_id(own, context_of(own, parameters=UUID)))
    assert unknown_where_empty(own, UUID, 0) == UUID


def test_an_id_of_a_narrow_pattern_may_be_a_strangers() -> None:
    """Elsewhere none is drawn from it; what breaks it is nobody's."""
    own = small("path_patterned")
    sent = unknown(own, parameters=(("id", "th_abc123"),), made_up=False)
    assert [one for one in sent if re.fullmatch("th_[a-z0-9]{6}", one.parameters[0][1])] == []
    assert sent


# --- what may go, and what may be seen ------------------------------------------------------------------------------


def sent_to(own: Operation, url: str = "https://localhost") -> list[Exchange]:
    """Return the exchanges of a plan's baseline and first attempts with wrong credentials."""
    plan = make_plan(own, context_of(own))
    access = planned_access(plan)
    settings = targets.ClientSettings(5.0)
    inner = httpx.MockTransport(lambda _: httpx.Response(200, json={"shown": SECRET}))
    allowances = targets.allowances_at(url, [access])
    guard_ = guard.Guard(targets._rules(url, [access], settings), allowances, VirtualClock(), inner)
    redactor = targets.redactor_of([access], {})
    client = Client(url, guard_, VirtualClock(), redactor, 5.0)
    attempts = plan.of(Probe.CREDENTIALS).cases[:12]
    return [client.exchange(one, index) for index, one in enumerate([plan.baseline, *attempts])]


@pytest.mark.parametrize("name", ["key_in_query", "key_in_cookie", "two_credentials"])
def test_a_key_is_seen_nowhere(name: str) -> None:
    """Neither in the URL nor among the cookies, nor what is nearly one; the other cookie is."""
    for exchange in sent_to(small(name)):
        shown = f"{exchange.url} {exchange.case.headers} {exchange.case!r} {curl(exchange)}"
        assert SECRET[:-1] not in shown, shown
        assert "api_key=[redacted]" in exchange.url or "api_key" not in exchange.url
    if name == "key_in_cookie":
        [first, *_] = sent_to(small(name))
        assert f"theme=dark; session={REDACTED}" in curl(first)


def test_a_parameter_is_seen_in_the_curl_line() -> None:
    """As it went."""
    own = small("query_list_commas")
    plan = make_plan(own, context_of(own), needed=())
    target = target_that_answers(
        own, context_of(own), VirtualClock(), lambda _: httpx.Response(200, json={})
    )
    line = curl(target.client.exchange(plan.baseline, 0))
    assert "/things/t-1?colour=red" in line


def test_a_header_that_every_client_sends_is_shown_where_it_is_a_parameter(tmp_path: Path) -> None:
    """Who sends the line again must send it, too; of another operation it says nothing."""
    text = "{name: User-Agent, in: header, required: true, schema: {type: string, enum: [shop]}}"
    own = with_parameter(text, tmp_path)
    plan = make_plan(own, context_of(own), needed=())
    target = target_that_answers(
        own, context_of(own), VirtualClock(), lambda _: httpx.Response(200, json={})
    )
    exchange = target.client.exchange(plan.baseline, 0)
    assert "-H 'User-Agent: shop'" in curl(exchange)
    undeclared = replace(exchange.case, operation=replace(own, declared=()))
    assert "User-Agent" not in curl(replace(exchange, case=undeclared))


def test_a_key_in_the_query_does_not_travel_in_the_clear() -> None:
    """Off this machine it needs --contract-insecure, as one in a header does."""
    with pytest.raises(guard.Refusal, match="unencrypted"):
        sent_to(small("key_in_query"), "http://a.example")
    with pytest.raises(guard.Refusal, match="unencrypted"):
        sent_to(small("key_in_cookie"), "http://a.example")


def test_only_planned_queries_go() -> None:
    """Another query asks for something else."""
    own = small("query_enum")
    plan = make_plan(own, context_of(own), needed=())
    target = target_that_answers(
        own, context_of(own), VirtualClock(), lambda _: httpx.Response(200, json={})
    )
    assert target.client.exchange(plan.baseline, 0).status == 200
    for query in ((("tenant", "all"),), (("tenant", "north"), ("x", "1"))):
        with pytest.raises(guard.Refusal, match="is not declared"):
            target.client.exchange(replace(plan.baseline, query=query), 0)


# --- credentials ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "told"),
    [("{type: http, scheme: digest}", "digest"), ("{type: mutualTLS}", "mutualTLS")],
)
def test_credentials_that_are_never_sent_are_told(scheme: str, told: str, tmp_path: Path) -> None:
    """The operation cannot be held, and the reason names the kind, with the line of the scheme."""
    path = tmp_path / "own.yaml"
    path.write_text(
        f"openapi: 3.1.0\nsecurity: [{{a: []}}]\ncomponents: {{securitySchemes: {{a: {scheme}}}}}\n"
    )
    source = SourceFile(FileSet(path))
    with pytest.raises(ContractError, match=f":3: security scheme `a`: .* {told} "):
        list(security_alternatives(source, Node(1)))


def test_variables_are_named_after_the_scheme() -> None:
    """Two parts of a pair, a token, a value."""
    named = {
        name: [variable for one in small(name).schemes for _, variable in one.variables]
        for name in ("basic_credentials", "oauth_token", "key_in_cookie")
    }
    assert named == {
        "basic_credentials": ["CONTRACT_USER_USERNAME", "CONTRACT_USER_PASSWORD"],
        "oauth_token": ["CONTRACT_GRANT_TOKEN"],
        "key_in_cookie": ["CONTRACT_KEY_VALUE"],
    }


def test_the_plan_names_the_variables(folder: Path) -> None:
    """Whether they are set or not."""
    shutil.copy(FOLDER / "two_credentials.yaml", folder)
    options = (
        "--contract-target=http://127.0.0.1:9",
        "--contract-spec=two_credentials.yaml",
        "--contract-plan",
    )
    wanted = "CONTRACT_TOKEN_TOKEN and CONTRACT_KEY_VALUE"
    assert f"to mend: set {wanted}" in gate(folder, *options).out
    given = {"CONTRACT_TOKEN_TOKEN": SECRET, "CONTRACT_KEY_VALUE": SECRET}
    run = gate(folder, *options, given=given)
    assert f"credentials: from {wanted}" in run.out
    assert SECRET not in run.everything


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("tenant=south", "updateThing::depth=4"), "in all:"),
        (("updateThing::nonesuch=4",), "known: depth, id, tenant"),
        (("nonesuch::depth=4",), "known: updateThing"),
    ],
)
def test_any_parameter_may_be_given(options: tuple[str, ...], told: str, folder: Path) -> None:
    """For all operations, or for one."""
    shutil.copy(FOLDER / "parameters_overridden.yaml", folder)
    run = gate(
        folder,
        "--contract-target=http://127.0.0.1:9",
        "--contract-spec=parameters_overridden.yaml",
        "--contract-plan",
        *(f"--contract-param={one}" for one in options),
    )
    assert told in run.everything


def test_a_parameter_from_the_environment_is_not_seen(folder: Path) -> None:
    """A token that a document has for a parameter is as secret as one of a scheme."""
    text = "{name: X-Token, in: header, required: true, schema: {type: string}}"
    (folder / "own.yaml").write_text(PLAIN.replace("PARAMETER", text))
    run = gate(
        folder,
        "--contract-target=mock",
        "--contract-spec=own.yaml",
        "--contract-param=X-Token=env:TOKEN",
        "--contract-report=told",
        "-k",
        "answered",
        "--contract-max-examples=1",
        given={"TOKEN": "a-token-of-4711"},
    )
    told = "".join(path.read_text() for path in (folder / "told").iterdir())
    assert "X-Token" in told
    assert "a-token-of-4711" not in told + run.everything


# --- the proof ------------------------------------------------------------------------------------------------------

PROVED = ("query_integer", "header_list", "cookie_parameter", "query_json", "path_integer")


@pytest.mark.parametrize("name", PROVED)
def test_each_way_to_read_a_parameter_wrongly_is_noticed(name: str) -> None:
    """By one of the clauses that it breaks."""
    tester = MutationTester(small(name), 0, 1)
    tried = [
        one.name
        for one in tester.mutations.values()
        if any(clause.startswith("parameters/") for clause in one.breaks)
    ]
    assert len(tried) >= 3
    assert [one for one in tried if tester.try_mutation(one).complaint] == []


def test_the_embedded_service_has_ids_that_its_document_allows() -> None:
    """Where it shows none."""
    [(_, id)] = Double(small("path_uuid")).context.parameters
    assert uuid.UUID(id)
    [(_, id)] = Double(small("path_patterned")).context.parameters
    assert re.fullmatch("th_[a-z0-9]{6}", unquote(id))


CONDITIONED = PLAIN.replace("'404': {", "'428': {description: On which?}, '404': {")


@pytest.mark.parametrize("parameter", ["If-Match", "if-match"])
def test_what_a_request_is_without_is_not_sent(parameter: str, tmp_path: Path) -> None:
    """A write that needs a condition has one in every request but those about the condition."""
    declared = f"{{name: {parameter}, in: header, required: true, schema: {{type: string}}}}"
    operation = operation_from(CONDITIONED.replace("PARAMETER", declared), tmp_path)
    for one in every_case(operation):
        sent = [value for name, value in one.headers if name.lower() == "if-match"]
        if one.title.startswith("without the header parameter"):
            assert sent == []
        else:
            assert len(sent) == 1


def test_a_write_brings_its_condition_along_undeclared(tmp_path: Path) -> None:
    """Its 428 asks for it, beside any other parameter that is tried."""
    other = "{name: X-Mode, in: header, required: true, schema: {type: string}}"
    operation = operation_from(CONDITIONED.replace("PARAMETER", other), tmp_path)
    for one in every_case(operation):
        assert [value for name, value in one.headers if name.lower() == "if-match"] == ["*"]
