"""Are members held whose names mean something in paths, pointers or templates? Sent, echoed, and found at fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from exchanges import operation_from
from judging import red

from pytest_confluent_contracts import cases, clauses
from pytest_confluent_contracts.cases.build import path_at_fault
from pytest_confluent_contracts.documents import read_document
from pytest_confluent_contracts.double.proving import Double, MutationTester
from pytest_confluent_contracts.double.service import Service, VirtualClock
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext
from pytest_confluent_contracts.plugin.settings import checked_pins
from pytest_confluent_contracts.run.campaign import ORDER

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.double import mutations
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.run.campaign import Campaign

# Each member that an update may write, by its path: the name as it stands in the body, and its JSON Pointer.
WRITTEN = {
    "a/b": "/a~1b",
    "c\\.d": "/c.d",
    "e\\[f\\]": "/e[f]",
    "g\\\\h": "/g\\h",
    "\\e": "/",
    "m~n": "/m~0n",
    "7": "/7",
    "i\\.j.k/l": "/i.j/k~1l",
    "i\\.j.o\\[\\]": "/i.j/o[]",
}
LIST = "i\\.j.o\\[\\]"
DOCUMENT = r"""
openapi: 3.1.0
info: {title: Odd names, version: '1'}
paths:
  /things/{a.b}/parts/{id}:
    patch:
      operationId: updatePart
      x-contract:
        refusals: {unknown: 404, invalid: [400], throttled: 429}
        identity: {parameter: id, property: 'p\[q\].id', self: 'p\[q\].s/t'}
        timestamps: {created: 'u\.v', updated: 'w/x'}
        immutable: {properties: ['r\.s', 'p\[q\]']}
        samples: {properties: {'i\.j.o\[\][]': [sampled]}}
        errors:
          pointer: {path: 'errors[].source.pointer'}
      parameters:
        - {name: a.b, in: path, required: true, schema: {type: string}, example: one two}
        - {name: id, in: path, required: true, schema: {type: string}, example: part-1}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [g\h, '']
              properties:
                a/b: {type: string}
                c.d: {type: string}
                e[f]: {type: string}
                g\h: {type: string}
                '': {type: string}
                m~n: {type: string}
                '7': {type: string}
                i.j:
                  type: object
                  properties:
                    k/l: {type: string}
                    o[]: {type: array, items: {type: string}}
      responses:
        '200':
          description: The part.
          content:
            application/json:
              schema:
                type: object
                required: [g\h, '']
                properties:
                  a/b: {type: string, example: before}
                  c.d: {type: string, example: before}
                  e[f]: {type: string, example: before}
                  g\h: {type: string, example: before}
                  '': {type: string, example: before}
                  m~n: {type: string, example: before}
                  '7': {type: string, example: before}
                  i.j:
                    type: object
                    properties:
                      k/l: {type: string, example: before}
                      o[]: {type: array, example: [before], items: {type: string}}
                  r.s: {type: string, example: fixed}
                  p[q]: {type: object, required: [id], properties: {id: {type: string}, s/t: {type: string}}}
                  u.v: {type: string, format: date-time}
                  w/x: {type: string, format: date-time}
        '400':
          description: Wrong.
          content: &wrong
            application/json:
              schema:
                type: object
                required: [errors]
                properties:
                  errors:
                    type: array
                    items:
                      type: object
                      properties:
                        code: {type: string}
                        title: {type: string}
                        detail: {type: string}
                        source: {type: object, properties: {pointer: {type: string}}}
        '404': {description: No such part., content: *wrong}
        '429': {description: Too many., content: *wrong}
"""


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return the operation whose members have names of every kind."""
    folder: Path = tmp_path_factory.mktemp("special")
    return operation_from(DOCUMENT, folder)


def make_campaign(
    operation: Operation, alter: mutations.Alter = lambda service: service
) -> Campaign:
    """Return a run that holds the double of *operation*, in process."""
    return Double(operation, max_examples=20).campaign(alter)


@pytest.fixture(scope="module")
def held(operation: Operation) -> Campaign:
    """Return the run, after all its probes."""
    campaign = make_campaign(operation)
    for probe in ORDER:
        campaign.run(probe)
    return campaign


@pytest.fixture(scope="module")
def rulings(held: Campaign, operation: Operation) -> dict[str, Ruling]:
    """Return the verdict on each clause."""
    return {clause.id: held.ruling(clause) for clause in clauses.derive(operation)}


def test_the_members_are_read_as_they_are_named(operation: Operation) -> None:
    """Every path leads back to the names of the document."""
    assert operation.request
    named = {member.path for member in operation.request.properties}
    assert named == {*WRITTEN, "i\\.j", f"{LIST}[]"}


@pytest.mark.parametrize("path", WRITTEN)
def test_every_member_is_sent_and_echoed(held: Campaign, path: str) -> None:
    """What an update writes at the member comes back there, and nowhere else under a name like it."""
    sent = []
    for exchange in held.history:
        value = paths.value_at(exchange.case.value, path)
        if value is paths.ABSENT or exchange.case.expect is not Expect.ACCEPTED:
            continue
        if exchange.throttled:
            continue
        assert exchange.status == 200, (exchange.case.title, exchange.text)
        assert paths.value_at(exchange.json, path) == value
        sent.append(json.dumps(value))
    assert len(set(sent)) > 20
    if path == LIST:
        assert json.dumps(["sampled"]) in sent


@pytest.mark.parametrize("path", WRITTEN)
def test_every_member_at_fault_is_named(held: Campaign, path: str) -> None:
    """A wrong value is refused where it stands: the case knows the path, the answer the pointer."""
    keywords = set()
    for exchange in held.history:
        case = exchange.case
        if case.probe is not Probe.BROKEN or case.subject.name != path or exchange.throttled:
            continue
        [violation] = case.violations
        place = [] if violation.missing is None else [violation.missing]
        assert violation.pointer + paths.pointer_of(place) == WRITTEN[path]
        assert path_at_fault(violation, case.value) == path
        assert exchange.status == 400
        assert [error["source"]["pointer"] for error in exchange.json["errors"]] == [WRITTEN[path]]
        keywords.add(violation.keyword)
    required = {"required"} if path in ("g\\\\h", "\\e") else set()
    assert keywords == {"type", "null", *required}


def test_a_name_in_capitals_is_another_member(held: Campaign, operation: Operation) -> None:
    """Only the last name is changed, escapes are not; the empty name has no capitals."""
    [case] = [e.case for e in held.history if e.case.title == "members in capitals"]
    changed = {"A/B", "C.D", "E[F]", "M~N"}
    assert changed <= set(case.value)
    assert set(case.value["i.j"]) == {"K/L", "O[]"}
    assert "E" not in case.value
    assert case.operation is operation


def test_undeclared_members_stand_in_the_inner_object(held: Campaign) -> None:
    """An undeclared member is put beside the declared ones, not under a name with dots in it."""
    sent = [e.case.value for e in held.history if e.case.title == "an undeclared i\\.j.x_contract"]
    assert sent
    assert all("x_contract" in value["i.j"] for value in sent)


def test_immutable_members_are_sent_whole(held: Campaign) -> None:
    """An object is sent with other values of its members, by their names; nothing of it is written."""
    bodies = [e.case.value for e in held.history if e.case.probe is Probe.READ_ONLY]
    assert any(
        set(body.get("p[q]") or ()) == {"id", "s/t"}
        for body in bodies
        if isinstance(body.get("p[q]"), dict)
    )
    assert any(isinstance(body.get("r.s"), str) for body in bodies)
    answers = [e.json for e in held.history if e.accepted]
    assert {answer["r.s"] for answer in answers} == {"fixed"}
    assert {json.dumps(answer["p[q]"]) for answer in answers} == {
        json.dumps({"id": "part-1", "s/t": "https://contract.example/things/one two/parts/part-1"})
    }


def test_time_stamps_stand_where_they_are_promised(held: Campaign) -> None:
    """The double tells creation and update in members with a dot and a slash in their names."""
    answers = [e.json for e in held.history if e.accepted]
    assert len({answer["u.v"] for answer in answers}) == 1
    assert len({answer["w/x"] for answer in answers}) > 20
    assert not any("u" in answer or "w" in answer for answer in answers)


def test_the_resource_is_addressed_by_encoded_parameters(held: Campaign) -> None:
    """A parameter's name may hold a dot, and its value what a URL spells otherwise."""
    [case] = [e.case for e in held.history[:1]]
    assert (
        paths.filled_template(case.operation.path, case.parameters)
        == "/things/one two/parts/part-1"
    )
    assert held.history[0].url.endswith("/things/one%20two/parts/part-1")
    assert held.history[0].status == 200


def test_a_slash_in_a_parameter_is_no_part_of_the_path(operation: Operation) -> None:
    """The double finds its resource by what stands between the slashes, decoded."""
    service = Service(operation, VirtualClock())
    assert service.id_in("/prefix/things/one%20two/parts/part-1?a=/b") == "one two/part-1"
    assert service.values_in("/things/one%2Ftwo/parts/part-1") == ["one/two", "part-1"]
    assert service.id_in("/things/one%2Ftwo/parts/part-1") != "one/two/part-1"
    assert service.id_in("/things/one%20two/parts/part-1") in service.store.resources


def test_a_pin_names_its_member_by_path(tmp_path: Path) -> None:
    """A pin is given as clause ids write the member; items of lists cannot be pinned."""
    path = tmp_path / "own.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    given = ["i\\.j.k/l=x", "\\e=1", "e\\[f\\]=y"]
    assert dict(checked_pins(given, [read_document(path)])) == {
        "i\\.j.k/l": "x",
        "\\e": 1,
        "e\\[f\\]": "y",
    }
    for wrong in ("i.j.k/l", f"{LIST}[]", "c.d", "a[", ""):
        with pytest.raises(ContractError, match="--contract-pin"):
            list(checked_pins([f"{wrong}=x"], [read_document(path)]))


def test_pins_stand_in_every_body(operation: Operation) -> None:
    """What is pinned has the fixed value wherever a body has room for it."""
    pins = {"i\\.j.k/l": "pinned", "\\e": "too"}
    context = RunContext(operation.parameters, pins, {}, max_examples=10)
    made = cases.of(Probe.VALID, operation, context)
    assert made
    for case in made:
        assert case.value["i.j"]["k/l"] == "pinned"
        assert case.value[""] == "too"


def test_nothing_is_red_or_withheld(rulings: dict[str, Ruling]) -> None:
    """A service that keeps its promises is not accused because of its names."""
    assert red(rulings) == {}


def test_every_member_has_its_clauses(rulings: dict[str, Ruling]) -> None:
    """Each written member is judged in the request, in the answer, and from the one to the other."""
    kept = {id for id, ruling in rulings.items() if ruling.verdict is Verdict.KEPT}
    wanted = set()
    for path in WRITTEN:
        wanted |= {f"200/body/{path}", f"update/sent-is-returned/{path}", f"request/{path}/type"}
    assert wanted - kept == set()


FAULTS = [
    "200/body/{path} retyped",
    "request {path}: type not checked",
    "{path} changes when sent again",
    "{path} is not stored",
]


def fault_cases() -> list[tuple[str, str]]:
    """Return each fault of each written member."""
    return [(path, name.replace("{path}", path)) for path in WRITTEN for name in FAULTS]


@pytest.fixture(scope="module")
def tester(operation: Operation) -> MutationTester:
    """Return what tries the faults; its requests are made once."""
    return MutationTester(operation, seed=0, max_examples=20)


@pytest.mark.parametrize(("path", "name"), fault_cases())
def test_a_fault_of_every_member_is_noticed(tester: MutationTester, path: str, name: str) -> None:
    """A double that breaks the promise on this one member turns its own clause red."""
    proof = tester.try_mutation(name)
    assert proof.complaint == ""
    assert any(path in clause for clause in proof.noticed)
