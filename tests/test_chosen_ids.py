"""Has what a create is sent an id that a service can take? One of its own, and none that is empty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from exchanges import BROKEN, KEPT, SILENT, Subject, SubjectKind, make_case, verdict
from leading import Led, read_api
from lives import THINGS, world
from test_guard import asked, guarded
from warehouse_service import SECRET, Warehouse

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.bodies import encoded_json
from pytest_confluent_contracts.cases.chosen_ids import with_own_ids
from pytest_confluent_contracts.cases.life import PARENTS
from pytest_confluent_contracts.http import guard
from pytest_confluent_contracts.model.resources import HOLDER
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RedactedCase

ACCOUNT = {"attributes": {"api_key": "k", "api_secret": "s"}, "type": "confluent-cloud-accounts"}
RESOURCE = {"attributes": {"resource_type": "kafka"}, "type": "confluent-cloud-resources"}


def datadog(id: str) -> Operation:
    """Return an operation of the integration."""
    read = documents.read_document(documents.find_document("datadog-confluent-cloud"))
    return next(one for one in read.operations if one.id == id)


def with_ids(*cases: Case) -> list[Case]:
    """Return the cases with ids of their own."""
    operation = cases[0].operation
    return list(with_own_ids(cases, operation, RunContext(operation.parameters, {}, {})))


def account_with(*ids: str) -> dict[str, Any]:
    """Return the body of a create, with resources of these ids."""
    resources = [{"resource_type": "kafka", "id": id} for id in ids]
    attributes = {**ACCOUNT["attributes"], "resources": resources}  # type: ignore[dict-item]
    return {"data": {**ACCOUNT, "attributes": attributes}}


def written(case: RedactedCase) -> Case:
    """Return the case with the bytes that are sent of its value."""
    return cast("Case", replace(case, body=encoded_json(case.value)))


def ids_in(case: Case) -> list[str]:
    """Return the ids of the resources in a body."""
    return [one["id"] for one in case.value["data"]["attributes"]["resources"]]


def test_what_nobody_could_ask_for_has_a_name() -> None:
    """An empty id of a thing in the body is filled; others stay, and two are never one."""
    create = datadog("CreateConfluentAccount")
    sent = written(make_case(create, account_with("", "lkc-1", ""), expect=Expect.ACCEPTED))
    [case] = with_ids(sent)
    first, second, third = ids_in(case)
    assert (first != third, second, bool(first and third)) == (True, "lkc-1", True)
    assert case.body == encoded_json(case.value)


def test_a_body_that_must_be_refused_stays_as_it_is() -> None:
    """What is wrong with it must not change."""
    create = datadog("CreateConfluentAccount")
    sent = written(make_case(create, account_with(""), expect=Expect.REFUSED))
    assert with_ids(sent) == [sent]


@pytest.mark.parametrize("probe", [Probe.VALID, Probe.MALFORMED])
def test_no_two_creates_choose_one_id(probe: Probe) -> None:
    """A valid body among malformed ones is a create as others are."""
    create = datadog("CreateConfluentResource")
    body = {"data": {**RESOURCE, "id": "resource_id_abc123"}}
    sent = written(make_case(create, body, probe=probe, expect=Expect.ACCEPTED))
    ids = {case.value["data"]["id"] for case in with_ids(sent, sent)}
    assert len(ids) == 2


NOW = THINGS.replace("'201': {$ref", "'202': {$ref")


@pytest.mark.parametrize(
    ("text", "answer", "said"),
    [
        (NOW, {"id": "t1", "name": "one"}, KEPT),
        (NOW, {"id": "t1", "name": "another"}, BROKEN),
        (NOW.replace("{id: {type: string}, name", "{name"), {"name": "another"}, SILENT),
    ],
)
def test_a_202_that_is_documented_to_show_what_is_made_is_held_to_it(
    text: str, answer: dict[str, Any], said: str
) -> None:
    """Without the id of the resource it may be about the work that is still to be done."""
    of = world(text)
    asked_ = of.ask("create", 202, answer, sent={"name": "one"})
    assert verdict(of["create"], "answer/sent-is-returned/name", asked_) == said


def test_what_is_made_is_asked_for_under_an_unknown_parent_too() -> None:
    """Where an id of nobody stands in the path; elsewhere nothing but what it made goes out."""
    made, unknown = "/a/1/b/x", "/a/nobody/b/x"
    child, read = ("d", "makeB"), ("d", "readB")
    opened = {
        child: guard.Allowance("POST", frozenset({"/a/1/b"})),
        read: guard.Allowance("GET", frozenset[str]()),
    }
    guard_, _ = guarded(opened)
    wanted = {read: guard.Allowance("GET", frozenset({made, unknown}))}
    with pytest.raises(guard.Refusal, match="nothing that this run made"):
        guard_.admit_made(child, wanted)
    guard_.admit_made(child, wanted, [unknown])
    with pytest.raises(guard.Refusal):
        guard_.handle_request(asked("GET", url="https://api.confluent.cloud/a/1/c"))


def test_what_a_create_in_another_form_made_is_not_sought_in_the_next() -> None:
    """The next create makes another resource."""
    of = world(THINGS)
    forms = ("", "header-case", "")
    bodies = ({"name": "one", "note": "m"}, {"name": "two", "note": "n"}, {"name": "three"})
    row = []
    for form, sent in zip(forms, bodies, strict=True):
        made = of.ask("create", 201, {"id": "t1", "note": "x", **sent}, sent=sent)
        subject = Subject(SubjectKind.FORM, form)
        row.append(replace(made, case=replace(made.case, probe=Probe.FORMS, subject=subject)))
    assert verdict(of["create"], "request/form/header-case", *row) == KEPT


def test_each_parent_that_the_run_makes_has_an_id_of_its_own() -> None:
    """Whatever the schema of an id allows: no blanks here."""
    led = Led(read_api("warehouse"), Warehouse(), SECRET)
    racks = next(one for one in led.document.resources if one.name == "racks")
    life = led.scenario(racks).life
    making = [life.making(name) for name in (HOLDER, *PARENTS.values())]
    codes = [step.case.value["code"] for step in making if step is not None]
    assert len(set(codes)) == len(codes) == len(PARENTS)  # nobody is a second principal here
