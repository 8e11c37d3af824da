"""Does a plan keep within its number of requests, and does it say what it leaves out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchanges import confluent, operation_from

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.plan import (
    EVERY_PROBE,
    MOST_REQUESTS,
    Plan,
    make_plan,
    plan_within,
)
from pytest_confluent_contracts.cases.thinning import fair_shares
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext
from pytest_confluent_contracts.run.foreseen import Foreseen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

MANY = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things:
    post:
      requestBody: {{content: {{application/json: {{schema: &thing
        {{type: object, required: [m0], properties: {{{members}}}}}}}}}}}
      responses:
        '201': {{description: The thing., content: {{application/json: {{schema: *thing}}}}}}
        '400': {{description: Wrong.}}
  /things/{{id}}:
    get:
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      responses: {{'200': {{description: The thing., content: {{application/json: {{schema: *thing}}}}}}}}
"""
QUICK = RunContext((("id", "ak-12345"),), {}, {}, max_examples=5)


@pytest.mark.parametrize(
    ("sizes", "floors", "most", "shares"),
    [
        ([2, 50, 90], [0, 0, 0], 62, [2, 30, 30]),
        ([2, 50, 90], [0, 0, 45], 62, [2, 15, 45]),
        ([2, 50, 90], [0, 0, 0], 200, [2, 50, 90]),
        ([5, 5, 5], [0, 0, 0], 4, [2, 1, 1]),
        ([], [], 4, []),
    ],
)
def test_shares_are_fair(sizes: list[int], floors: list[int], most: int, shares: list[int]) -> None:
    """Small groups are taken whole, and none has fewer than its floor."""
    assert fair_shares(sizes, floors, most) == shares


def creating_many(count: int, folder: Path) -> Operation:
    """Return a create of *count* members, each of which has a rule of its own."""
    members = ", ".join(f"m{index}: {{type: string, maxLength: 90}}" for index in range(count))
    return operation_from(MANY.format(members=members), folder)


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return the plan of a create of 60 members."""
    operation = creating_many(60, tmp_path_factory.mktemp("many"))
    return make_plan(operation, RunContext((), {}, {}, max_examples=2))


def test_an_operation_is_sent_so_many_requests_at_most(sixty: Plan) -> None:
    """Each probe has its share of a create of 60 members, and what is left out is counted."""
    sent = {one.probe: len(one.cases) for one in sixty.probes if one.cases}
    assert sixty.size <= MOST_REQUESTS
    assert {Probe.VALID, Probe.FORMS, Probe.BROKEN, Probe.MALFORMED} <= sent.keys()
    assert sixty.left_out[Probe.VALID] > 50
    assert min(sent[Probe.VALID], sent[Probe.BROKEN]) > 100


def test_each_rule_is_still_broken_once(sixty: Plan) -> None:
    """What is left out is another case of a kind that is sent: no clause on a rule lacks its own."""
    asked, foreseen = clauses.derive(sixty.operation), Foreseen(sixty)
    lost = [clause.id for clause in asked if foreseen.why_left_out(clause) is not None]
    assert lost == []
    broken = {case.subject.name for case in sixty.of(Probe.BROKEN).cases}
    assert {f"m{index}" for index in range(60)} <= broken


def test_what_may_not_be_sent_is_told() -> None:
    """Of each clause that nothing shows any more, with the option that mends it."""
    plan = plan_within(30, confluent(), QUICK, EVERY_PROBE, {})
    foreseen = Foreseen(plan)
    reasons = {one.id: foreseen.why_left_out(one) for one in clauses.derive(confluent())}
    lost = {id: why.subject for id, why in reasons.items() if why is not None}
    assert plan.size <= 30
    assert "request/spec.display_name/null" in lost
    assert "answered" not in lost
    assert all("--contract-budget" in told for told in lost.values())


def test_a_small_budget_is_spent_on_every_probe() -> None:
    """None takes all that there is, and the same is sent each time."""
    plan, again = (plan_within(30, confluent(), QUICK, EVERY_PROBE, {}) for _ in range(2))
    sent = {one.probe: len(one.cases) for one in plan.probes if one.probe is not Probe.THROTTLE}
    assert set(sent.values()) - {0} <= {2, 3, 4}
    assert [case.key for case in plan.every_case()] == [case.key for case in again.every_case()]


def test_who_asks_for_more_generated_bodies_gets_them() -> None:
    """The usual number is for the usual examples; what is asked for beyond comes on top."""
    context = RunContext((("id", "ak-12345"),), {}, {}, max_examples=240)
    assert make_plan(confluent(), context).size > MOST_REQUESTS


def test_a_create_is_not_asked_what_only_an_update_can_show(tmp_path: Path) -> None:
    """It finds nothing that was there before: no values as they are, no looks in between."""
    operation = creating_many(2, tmp_path)
    assert operation.role is Role.CREATE
    plan = make_plan(operation, RunContext((), {}, {}, max_examples=0))
    titles = [case.title for case in plan.of(Probe.VALID).cases]
    assert not any("as it is" in title for title in titles)
    looks = [one for one in plan.of(Probe.BROKEN).cases if one.expect is Expect.ACCEPTED]
    assert (len(looks), len(plan.spaced_updates)) == (1, 0)
