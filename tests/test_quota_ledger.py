"""Is quota told apart by operation and credentials, and merged only where that is said or proven?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exchanges import confluent, datadog, make_case, make_exchange, operation_from
from judging import target_that_answers
from services_of_limits import (
    LimitedService,
    Spent,
    Tell,
    told_by_name,
    told_in_dictionary,
    told_until,
    told_with_period,
    told_with_policies,
)
from small_services import FOLDER, read

from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.http.quota_ledger import LastTold, QuotaLedger, partition_of
from pytest_confluent_contracts.model.promises import RateLimit
from pytest_confluent_contracts.model.quota import Quota
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.run.campaign import Campaign
from pytest_confluent_contracts.run.sender import RunPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

SAME = '"hourly";r=9;t=60;pk=:c2FtZQ==:'
OTHER = '"hourly";r=9;t=60;pk=:b3RoZXI=:'


def sibling(operation: Operation) -> Operation:
    """Return another operation of the same document."""
    return replace(operation, id="another")


def told(
    operation: Operation, remaining: int, at: float = 0.0, authority: str = "own", field: str = ""
) -> Exchange:
    """Return an answer that told what is left of 100 requests; *field* is its RateLimit."""
    headers = {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": "7",
    }
    if field:
        headers["RateLimit"] = field
    return silent(operation, at, authority, headers)


def silent(
    operation: Operation,
    at: float = 0.0,
    authority: str = "own",
    headers: dict[str, str] | None = None,
) -> Exchange:
    """Return an answer that tells nothing of the quota unless *headers* do."""
    case = make_case(operation, {}, authority=authority)
    return make_exchange(case, headers=headers or {}, at=at, took=0.0)


def noted(*exchanges: Exchange) -> QuotaLedger:
    """Return a ledger that took *exchanges* down."""
    ledger = QuotaLedger({one.case.operation.key: one.case.operation for one in exchanges}.values())
    for exchange in exchanges:
        ledger.note(exchange)
    return ledger


def left(ledger: QuotaLedger, operation: Operation, authority: str = "own") -> int | None:
    """Return what is left of the quota, as far as it is known, None where nothing is."""
    last = ledger.last_told(operation, authority)
    return None if last is None else (last.quota.remaining or 0) - last.sent_since


# --- one operation ---------------------------------------------------------------------------------------------------


def test_what_was_last_told_is_kept_and_what_was_sent_since_is_counted() -> None:
    """An answer that tells takes the place of the one before; each that does not counts as spent."""
    ledger = noted(
        told(confluent(), 50, 1.0),
        told(confluent(), 40, 2.0),
        silent(confluent()),
        silent(confluent()),
    )
    assert ledger.last_told(confluent(), "own") == LastTold(Quota(100, 40, 7), 2.0, 2)


def test_nothing_is_known_before_an_answer_tells() -> None:
    """A limit without what is left of it tells nothing."""
    half = silent(confluent(), headers={"X-RateLimit-Limit": "100"})
    assert noted(half, silent(confluent())).last_told(confluent(), "own") is None


def test_credentials_are_told_apart() -> None:
    """Each alternative has a quota of its own, and spends nothing of another one's."""
    ledger = noted(
        told(confluent(), 90, authority="key"),
        told(confluent(), 10, authority="token"),
        silent(confluent(), 0, "key"),
    )
    assert (left(ledger, confluent(), "key"), left(ledger, confluent(), "token")) == (89, 10)
    assert left(ledger, confluent(), "another") is None


def test_a_request_with_wrong_credentials_may_be_on_anybodys_account() -> None:
    """A near miss counts for each of the operation's accounts, and is held to them until it is told of its own."""
    asked = [silent(confluent(), authority="") for _ in range(3)]
    ledger = noted(told(confluent(), 50), *asked)
    assert (left(ledger, confluent()), left(ledger, confluent(), "")) == (47, 47)
    ledger.note(told(confluent(), 900, authority=""))
    assert (left(ledger, confluent()), left(ledger, confluent(), "")) == (46, 900)
    assert left(ledger, datadog(), "") is None


# --- conventions -----------------------------------------------------------------------------------------------------


def test_every_convention_is_taken_down() -> None:
    """A dictionary, a list of policies, a reset as a time of day: what is left and for how long is known."""
    date = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    counts = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "50"}
    told_as = {
        "dictionary": {"RateLimit": "limit=100, remaining=50, reset=5"},
        "policies": {"RateLimit": '"a";r=50;t=5', "RateLimit-Policy": '"a";q=100;w=60'},
        "time of day": counts | {"X-RateLimit-Reset": "1800000005"} | date,
    }
    for what, headers in told_as.items():
        last = noted(silent(confluent(), 1.0, headers=headers)).last_told(confluent(), "own")
        assert last is not None, what
        limit, remaining, reset = last.quota.limit, last.quota.remaining, last.quota.reset
        assert (limit, remaining, reset, last.came_at) == (100, 50, 5, 1.0), what


def test_a_policy_is_remembered_when_it_comes_no_more() -> None:
    """RateLimit-Policy need not come with every answer; while none came, as much is allowed as was ever left."""
    unknown = noted(silent(confluent(), headers={"RateLimit": '"a";r=50'}))
    unknown.note(silent(confluent(), headers={"RateLimit": '"a";r=20'}))
    last = unknown.last_told(confluent(), "own")
    assert last is not None
    assert (last.quota.limit, last.quota.remaining) == (50, 20)
    fields = {"RateLimit": '"a";r=20', "RateLimit-Policy": '"a";q=100'}
    known = noted(silent(confluent(), headers=fields))
    known.note(silent(confluent(), headers={"RateLimit": '"a";r=19'}))
    last = known.last_told(confluent(), "own")
    assert last is not None
    assert (last.quota.limit, last.quota.remaining) == (100, 19)


# --- several operations ----------------------------------------------------------------------------------------------


def test_operations_are_told_apart() -> None:
    """What one operation has left says nothing of another, of the same document or not."""
    ledger = noted(told(confluent(), 50), silent(sibling(confluent())), silent(datadog()))
    assert left(ledger, confluent()) == 50
    assert left(ledger, sibling(confluent())) is None
    assert left(ledger, datadog()) is None


def sharing(operation: Operation) -> Operation:
    """Return *operation* with a document that says that all of them spend from one quota."""
    promised = operation.promises.rate_limit or RateLimit()
    return replace(
        operation, promises=replace(operation.promises, rate_limit=replace(promised, shared=True))
    )


def test_operations_share_a_quota_where_the_document_says_so() -> None:
    """One of them says it for all of its document, for each set of credentials; other documents are none of it."""
    ledger = noted(told(sharing(confluent()), 50), silent(sibling(confluent())), silent(datadog()))
    assert left(ledger, confluent()) == left(ledger, sibling(confluent())) == 49
    assert left(ledger, sibling(confluent()), "another") is None
    assert left(ledger, datadog()) is None


def test_operations_share_a_quota_where_the_headers_prove_it() -> None:
    """The same policy and the same partition key: what one spends, the other has spent, before and after."""
    ledger = noted(told(confluent(), 50, 1.0, field=SAME), silent(datadog(), 2.0))
    assert left(ledger, confluent()) == 50
    ledger.note(told(datadog(), 40, 3.0, field=SAME))
    assert left(ledger, confluent()) == left(ledger, datadog()) == 40
    ledger.note(silent(datadog()))
    assert left(ledger, confluent()) == 39


def test_an_answer_that_proves_and_tells_nothing_keeps_what_is_known() -> None:
    """Where a proof comes late, the later of the two answers counts, and all that was sent since either."""
    bare = silent(datadog(), 4.0, headers={"RateLimit": '"hourly";pk=:c2FtZQ==:'})
    ledger = noted(
        told(confluent(), 50, 1.0, field=SAME),
        told(datadog(), 45, 2.0),
        silent(confluent(), 3.0),
        bare,
    )
    assert left(ledger, confluent()) == left(ledger, datadog()) == 43


UNPROVEN = {
    "another partition": (SAME, OTHER),
    "another policy": (SAME, SAME.replace("hourly", "daily")),
    "no partition key": ('"hourly";r=9;t=60', '"hourly";r=9;t=60'),
    "a redacted key": ('"hourly";r=9;pk=:[redacted]:', '"hourly";r=9;pk=:[redacted]:'),
    "a key that is a word": ('"hourly";r=9;pk=same', '"hourly";r=9;pk=same'),
    "one more policy": (SAME, f'{SAME}, "daily";r=1;pk=:b3RoZXI=:'),
    "a policy without a key": (f'{SAME}, "daily";r=1', f'{SAME}, "daily";r=1'),
    "no structured field": (f"{SAME} oops", f"{SAME} oops"),
    "a key inside a name": ('"a;pk=:c2FtZQ==:";r=9', '"a;pk=:c2FtZQ==:";r=9'),
}


@pytest.mark.parametrize("what", UNPROVEN)
def test_what_proves_nothing_merges_nothing(what: str) -> None:
    """Without the same policy and the same partition key in both, each has its own."""
    one, other = UNPROVEN[what]
    ledger = noted(told(confluent(), 50, field=one), told(datadog(), 20, field=other))
    assert (left(ledger, confluent()), left(ledger, datadog())) == (50, 20)


def test_a_partition_is_read_from_a_list_of_policies() -> None:
    """Policies are strings or tokens, separated by commas; other parameters do not matter."""
    field = 'burst;r=1;pk=:YQ==:;x="a, b;pk=:eA==:" ,  "per, hour"; pk=:Yg==:;r=2'
    assert partition_of(told(confluent(), 1, field=field)) == {
        ("burst", b"a"),
        ("per, hour", b"b"),
    }


# --- the document ----------------------------------------------------------------------------------------------------

STATED = """\
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
      responses: {'200': {description: The thing.}}
      x-contract: {rate-limit: {limit: X-Limit, STATED}}
"""


def stating(folder: Path, stated: str) -> Operation:
    """Return the operation whose document states that of its rate limit."""
    return operation_from(STATED.replace("STATED", stated), folder)


@pytest.mark.parametrize(
    ("stated", "shared"), [("shared: true", True), ("shared: false", False), ("says: x", False)]
)
def test_a_document_says_whether_operations_share_a_quota(
    folder: Path, stated: str, shared: bool
) -> None:
    """Only `shared: true` of `rate-limit` says so."""
    promised = stating(folder, stated).promises.rate_limit
    assert promised is not None
    assert promised.shared is shared


def test_shared_is_yes_or_no(folder: Path) -> None:
    """Another value is an error in the document, with its line."""
    with pytest.raises(ContractError, match=r"own\.yaml:10"):
        stating(folder, "shared: sometimes")


# --- the reserve -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("authority", "waits"), [("own", True), ("another", False)])
def test_a_campaign_keeps_the_reserve_of_the_credentials_that_it_sends_with(
    authority: str, waits: bool
) -> None:
    """What another campaign on the same target was told counts here, for the same credentials alone."""
    double = Double(confluent())
    target = double.target()
    campaign = Campaign(double.plan, target, RunPolicy(reserve=True))
    own = double.plan.of(Probe.EXAMPLES).cases[0]
    target.quota.note(
        told(confluent(), 20, authority=own.authority if authority == "own" else authority)
    )
    campaign.sender.send(own)
    assert (target.clock.now() > 6.0) is waits


# --- a run, by every convention --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tell"),
    [
        ("limit_of_named_policies", told_by_name),
        ("limit_in_one_dictionary", told_in_dictionary),
        ("limit_with_policies_behind_it", told_with_policies),
        ("limit_until_a_time_of_day", told_until),
        ("limit_with_its_period", told_with_period),
        ("limit_with_a_reason", told_by_name),  # a document that names none of the fields
    ],
)
def test_a_run_leaves_others_their_share_by_every_convention(name: str, tell: Tell) -> None:
    """A fifth of the quota is never touched: the run waits for the next window as the headers tell it."""
    left: list[int] = []

    def noting(spent: Spent, now: float) -> Mapping[str, str]:
        left.append(spent.left)
        return tell(spent, now)

    operation = read(FOLDER / f"{name}.yaml").operations[0]
    service = LimitedService(noting)
    context = RunContext(operation.parameters, {}, {}, max_examples=12)
    target = target_that_answers(operation, context, service.clock, service, "https://localhost")
    campaign = Campaign(make_plan(operation, context), target, RunPolicy(reserve=True))
    campaign.run(Probe.VALID)
    assert len(left) > 80, "the quota of a window, and its reserve, are met"
    assert min(left) == 20
