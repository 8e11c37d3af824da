"""What becomes of evidence? Exchanges made by hand, and the ruling that they give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exchanges import clause_of, confluent, in_a_row, make_case, make_exchange

from pytest_confluent_contracts.clauses.judging import FINE_BEFORE, rule, weigh
from pytest_confluent_contracts.model.clauses import (
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
    Ruling,
    Verdict,
)
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.traffic import Exchange

OPERATION = confluent()
STATUSES = clause_of(OPERATION, "statuses")
SHORT = make_case(OPERATION, {"spec": {"display_name": "a"}}, title="a short name")
LONG = make_case(OPERATION, {"spec": {"display_name": "a" * 50}}, title="a long name")


def ruled(*exchanges: Exchange, clause: Clause = STATUSES) -> Ruling:
    """Return the ruling that *exchanges* give, in this order."""
    row = in_a_row(*exchanges)
    return rule(OPERATION, weigh(clause, row), row)


def as_level(clause: Clause, level: Level) -> Clause:
    """Return *clause* as strong as *level*."""
    return replace(clause, level=level)


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_evidence_without_a_finding_keeps_the_promise() -> None:
    """All that was judged is counted, and nothing is told."""
    ruling = ruled(make_exchange(SHORT), make_exchange(LONG))
    assert (ruling.verdict, ruling.judged, ruling.against) == (Verdict.KEPT, 2, 0)
    assert (ruling.finding, ruling.exchange, ruling.missing) == (None, None, None)


@pytest.mark.parametrize(
    ("level", "verdict"), [(Level.MUST, Verdict.BROKEN), (Level.SHOULD, Verdict.WARNED)]
)
def test_one_finding_is_enough(level: Level, verdict: Verdict) -> None:
    """A MUST is broken by it, a SHOULD warns; how often it was seen is counted."""
    clause = as_level(STATUSES, level)
    ruling = ruled(make_exchange(SHORT), make_exchange(SHORT, 500), clause=clause)
    assert (ruling.verdict, ruling.judged, ruling.against) == (verdict, 2, 1)
    assert ruling.finding is not None
    assert ruling.finding.kind is FindingKind.SERVER_ERROR


def test_the_smallest_request_is_told() -> None:
    """Of several findings, the one with the smallest body."""
    ruling = ruled(make_exchange(LONG, 500), make_exchange(SHORT, 418), make_exchange(LONG, 501))
    assert ruling.finding is not None
    assert ruling.finding.kind is FindingKind.UNDOCUMENTED_STATUS
    assert ruling.exchange is not None
    assert ruling.exchange.case is SHORT


def test_each_shape_of_wrong_answer_is_told() -> None:
    """Two crashes with small requests do not hide the pages of a proxy: status, media type, kind, count, smallest."""
    page = "text/html; charset=utf-8"
    pages = [make_exchange(case, 404, text="<p>", media_type=page) for case in (LONG, SHORT, LONG)]
    crashes = [make_exchange(SHORT, 500, text="no", media_type="text/plain") for _ in range(2)]
    fine = make_exchange(SHORT, 500, {})
    ruling = ruled(*crashes, *pages, fine, clause=clause_of(OPERATION, "error/media-type"))
    shapes = [(shape.status, shape.media_type, shape.count) for shape in ruling.shapes]
    assert shapes == [(500, "text/plain", 2), (404, "text/html", 3)]
    assert [shape.kind for shape in ruling.shapes] == [FindingKind.MEDIA_TYPE_WRONG] * 2
    smallest = [shape.exchange.case for shape in ruling.shapes if shape.exchange]
    assert smallest == [SHORT, SHORT]
    assert ruling.against == 5


def test_one_shape_is_told_once() -> None:
    """However often it came, and however large its requests are."""
    ruling = ruled(make_exchange(LONG, 500), make_exchange(SHORT, 500), make_exchange(SHORT))
    assert [shape.count for shape in ruling.shapes] == [2]


def test_a_smaller_one_that_was_found_since_is_told_in_its_place() -> None:
    """Shrinking goes on after the evidence was weighed; the counts stay those of the evidence."""
    row = in_a_row(make_exchange(LONG, 500))
    [smaller] = weigh(STATUSES, [make_exchange(SHORT, 500)]).against
    ruling = rule(OPERATION, weigh(STATUSES, row), row, smallest=smaller, vain_tries=0)
    assert ruling.exchange is smaller.exchange
    assert (ruling.judged, ruling.against) == (1, 1)


def test_rows_are_judged_each_by_itself() -> None:
    """Two quotas have nothing to do with another: a limit of 5 beside one of 10 is no change."""
    limit = clause_of(OPERATION, "rate-limit/limit-constant")
    rows = [[make_exchange(SHORT, headers={"X-RateLimit-Limit": told})] for told in ("5", "10")]
    assert weigh(limit, *rows).against == ()
    together = [exchange for row in rows for exchange in row]
    assert len(weigh(limit, together).against) == 1


# --- missing evidence ------------------------------------------------------------------------------------------------


def test_without_evidence_the_clause_explains_why() -> None:
    """What the document promises and the target did not give is withheld."""
    clause = clause_of(OPERATION, "200/body")
    ruling = ruled(make_exchange(SHORT, 404), clause=clause)
    assert ruling.verdict is Verdict.NOT_EXERCISED
    assert ruling.withheld
    assert ruling.missing is not None
    assert ruling.missing.kind is MissingKind.WITHHELD
    assert (ruling.missing.expect, ruling.missing.answers) == (Expect.ACCEPTED, (("404", 1),))


def test_nobody_owes_the_evidence_for_a_should() -> None:
    """It is missing for the same reason, and does not fail."""
    clause = as_level(clause_of(OPERATION, "200/body"), Level.SHOULD)
    ruling = ruled(make_exchange(SHORT, 404), clause=clause)
    assert ruling.missing is not None
    assert (ruling.missing.kind, ruling.withheld) == (MissingKind.WITHHELD, False)


@pytest.mark.parametrize("withheld", [True, False])
def test_the_run_may_know_better_than_the_clause(withheld: bool) -> None:
    """What stopped it is told as it is, whatever the level."""
    stopped = MissingEvidence(MissingKind.HELD_BACK, "the budget is spent", withheld=withheld)
    clause = as_level(clause_of(OPERATION, "200/body"), Level.SHOULD)
    ruling = rule(OPERATION, weigh(clause, []), [], missing=stopped)
    assert ruling.missing is stopped
    assert ruling.withheld is withheld


def test_what_is_missing_is_no_excuse_for_what_came() -> None:
    """A run that stopped has its evidence up to then."""
    stopped = MissingEvidence(MissingKind.HELD_BACK, "the budget is spent", withheld=True)
    row = in_a_row(make_exchange(SHORT, 500))
    ruling = rule(OPERATION, weigh(STATUSES, row), row, missing=stopped)
    assert (ruling.verdict, ruling.missing) == (Verdict.BROKEN, None)


# --- what was fine before --------------------------------------------------------------------------------------------


def broken_since(*, fine: int, again: tuple[int, ...]) -> str:
    """Return since when all is broken: *fine* answers, then a 500 to another request, then *again* to the first one."""
    before = [make_exchange(SHORT)] * fine
    after = [make_exchange(SHORT, status) for status in again]
    return ruled(*before, make_exchange(LONG, 500), *after).since


def test_a_request_that_breaks_the_service_for_good_is_told() -> None:
    """What was fine before is broken since: the smallest request shows it, and does not show why."""
    assert broken_since(fine=FINE_BEFORE, again=(500,)) == "a long name"


@pytest.mark.parametrize(
    ("fine", "again"),
    [
        pytest.param(FINE_BEFORE, (), id="nothing was asked again"),
        pytest.param(FINE_BEFORE, (500, 200), id="once it was served again"),
        pytest.param(FINE_BEFORE - 1, (500,), id="too few were fine"),
    ],
)
def test_a_service_that_fails_now_and_then_was_broken_by_no_request(
    fine: int, again: tuple[int, ...]
) -> None:
    """Nothing is blamed on a request unless all that was fine before it is wrong after it."""
    assert broken_since(fine=fine, again=again) == ""


def test_a_recording_blames_no_request() -> None:
    """Nobody knows what else was sent to a service of which traffic was recorded."""
    row = in_a_row(
        *[make_exchange(SHORT)] * FINE_BEFORE, make_exchange(LONG, 500), make_exchange(SHORT, 500)
    )
    ruling = rule(OPERATION, weigh(STATUSES, row), row, recorded=True)
    assert (ruling.since, ruling.recorded) == ("", True)
