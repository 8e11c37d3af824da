"""What is sent to see a rate limit at its end? No more than shows it, and it is told where nothing does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from exchanges import clause_of, confluent

from pytest_confluent_contracts.double.mutations import Mutation, derive
from pytest_confluent_contracts.double.mutations.altering import (
    alter_answers,
    is_accepted,
    set_header,
)
from pytest_confluent_contracts.double.proving import Double, unaltered
from pytest_confluent_contracts.http.quota_ledger import QuotaLedger
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Exchange, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.mutations import Alter
    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.run.campaign import Campaign

MUTATIONS: dict[str, Mutation] = {one.name: one for one in derive(confluent())}


def exhausted(alter: Alter) -> Campaign:
    """Return a campaign of which the throttle probe has run, and nothing else."""
    campaign = Double(confluent(), 0, 1).campaign(alter)
    campaign.run(Probe.THROTTLE)
    return campaign


def throttling(campaign: Campaign) -> list[Exchange]:
    """Return the exchanges of the throttle probe."""
    return [one for one in campaign.history if one.case.probe is Probe.THROTTLE]


def unlimited(service: Service) -> Service:
    """Tell a limit of 5, and count nothing."""
    service.limit = 5
    service.count_request = lambda: None  # type: ignore[method-assign]
    return service


def test_a_wait_is_broken_once_and_then_kept() -> None:
    """100 are served, three refused, one midway; then the wait has passed and the next is served."""
    sent = throttling(exhausted(unaltered))
    first = next(index for index, one in enumerate(sent) if one.throttled)
    told = [one.status for one in sent[first:]]
    assert told == [429, 429, 429, 429, 200, 200, 200, 200]
    midway, served = sent[first + 3], sent[first + 4]
    wait = int(midway.header("Retry-After") or 0)
    assert served.sent_at - midway.came_at == pytest.approx(wait, abs=0.1)
    assert midway.sent_at - sent[first + 2].came_at == pytest.approx(29, abs=1)


def test_a_second_window_is_spent_only_to_confirm_what_the_first_showed() -> None:
    """One left on a 429 may be another's doing; in two windows it is the service's."""
    once = [one for one in throttling(exhausted(unaltered)) if one.accepted]
    high = MUTATIONS["X-RateLimit-Remaining is one too high"]
    twice = [one for one in throttling(exhausted(high.alter)) if one.accepted]
    assert len(once) < 110
    assert 190 < len(twice) < 210


def at_sixty(service: Service) -> Service:
    """Tell 60 seconds, whatever went by."""
    change = set_header("X-RateLimit-Reset", "60")
    return alter_answers(change, is_accepted)(service)


@pytest.mark.parametrize(("alter", "waits"), [(at_sixty, 1), (unaltered, 0)])
def test_a_reset_that_stands_still_is_waited_for_once(alter: Alter, waits: int) -> None:
    """A fast run would be over before it shows; one that moves within a second is not waited for."""
    campaign = Double(confluent(), 0, 1).campaign(alter)
    clock = campaign.sender.clock
    campaign.run(Probe.EXAMPLES)
    clock.sleep(1.5)
    campaign.run(Probe.FORMS)
    for probe in (Probe.MALFORMED, Probe.CREDENTIALS):
        campaign.run(probe)
    pairs = itertools.pairwise(campaign.history)
    gaps = [after.sent_at - before.came_at for before, after in pairs]
    assert [gap for gap in gaps if gap > 1.0] == [pytest.approx(1.5)]
    assert len([gap for gap in gaps if 0.1 < gap < 1.0]) == waits


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (MUTATIONS["X-RateLimit-Limit is 0"].alter, "the target tells a limit of 0 requests"),
        (unlimited, "12 requests were sent, and none was answered 429"),
    ],
    ids=["limit 0", "never"],
)
def test_a_limit_that_cannot_be_reached_is_told(alter: Alter, reason: str) -> None:
    """Whoever gave the option is not told to give it."""
    campaign = exhausted(alter)
    assert campaign.skipped[Probe.THROTTLE] == reason
    assert len(throttling(campaign)) <= 13


def test_a_wait_that_is_rounded_down_is_asked_for_again_in_short_steps() -> None:
    """Where the first request after the wait is refused, the next goes an eighth of a second later."""
    short = MUTATIONS["Retry-After is 1 in windows of two seconds"]
    sent = throttling(exhausted(short.alter))
    refused = [one for one in sent if one.throttled]
    apart = [round(b.sent_at - a.came_at, 3) for a, b in itertools.pairwise(refused)]
    assert apart[:3] == [0.0, 0.0, 1.0]
    assert set(apart[3:]) == {0.125}


# --- a service that is fast ------------------------------------------------------------------------------------------

FAST = (10_000, 0.0005)  # requests of a window, and the seconds that one takes
RESET_STANDS_STILL = "X-RateLimit-Reset is always the same"


@pytest.mark.parametrize(
    ("alter", "verdict"),
    [
        (unaltered, Verdict.KEPT),
        (MUTATIONS[RESET_STANDS_STILL].alter, Verdict.WARNED),
    ],
    ids=["moves", "stands still"],
)
def test_whether_reset_moves_is_seen_of_a_fast_service(alter: Alter, verdict: Verdict) -> None:
    """One request more, as late as tells: all others take a fifth of a second together."""
    campaign = Double(confluent(), max_examples=4, pace=FAST).campaign_alone(alter)
    assert campaign.ruling(clause_of(confluent(), "rate-limit/reset-moves")).verdict is verdict
    assert 2.0 < campaign.sender.clock.now() < 2.5


def test_one_operation_waits_for_reset_to_move() -> None:
    """Of a whole API each one would wait longer than all that it sends."""
    ledger = QuotaLedger([confluent()])
    assert [ledger.is_first_to_wait() for _ in range(3)] == [True, False, False]
