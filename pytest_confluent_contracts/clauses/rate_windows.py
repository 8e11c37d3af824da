"""Do Limit, Remaining and Reset make sense from answer to answer, window by window?"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import NEEDED, own_quota
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Topic,
)
from pytest_confluent_contracts.model.quota import EPOCH_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.quota import QuotaHeaders
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

SLACK_S = 1.0  # headers are whole seconds
SHORTEST_WINDOW_S = 0.5
# Of the requests that were served in a second, so many must be told as spent, and not all: the
# service's clock and the run's do not part them at the same moment.
TOLD_SHARE = 0.95


# --- where a window ends -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Two answers in a row that tell Remaining and Reset.

    ``was`` is what the answer ``before`` told, ``now`` what the answer ``after`` did;
    ``may_be_new`` says whether a window may have ended between them.
    """

    before: Exchange
    after: Exchange
    was: ToldQuota
    now: ToldQuota
    may_be_new: bool

    @property
    def seconds_apart(self) -> float:
        """Return the seconds from the first request to the second answer: the most that went by."""
        return self.after.came_at - self.before.sent_at


@dataclass(frozen=True, slots=True)
class ToldQuota:
    """A quota of which Remaining and Reset are known; a limit that is not told counts as 0."""

    limit: int
    remaining: int
    reset: int


def steps_between(exchanges: Sequence[Exchange], headers: QuotaHeaders) -> Iterator[Step]:
    """Yield each pair of answers in a row that tell Remaining and Reset.

    A window ends when its Reset has run out (1 s of slack: the number is whole seconds), or when
    Reset jumps up together with Remaining. A window that is said to be shorter than its own
    rounding (``Reset: 1``) cannot end over and over within half a second, unless it slides: then
    each request comes free by itself, and Remaining tells all that were spent lately.

    For example, ``Remaining 3, Reset 2`` and, 1.5 s later, ``Remaining 99, Reset 60``: a new
    window, for 2 s less the slack have passed. The same 0.2 s later is one too, since both jumped
    up. ``Remaining 99, Reset 2`` after 0.2 s is none: Remaining rose inside its window.
    """
    told = list(_told_quotas(exchanges, headers))
    served = sorted(exchange.came_at for exchange in exchanges if exchange.accepted)
    ended_at = float("-inf")
    for (before, was), (after, now) in itertools.pairwise(told):
        step = Step(before, after, was, now, may_be_new=False)
        if _has_jumped(step) or _may_have_run_out(step, ended_at, served):
            step = replace(step, may_be_new=True)
            ended_at = before.sent_at  # the earliest moment: the answer may have come late
        yield step


def _told_quotas(
    exchanges: Sequence[Exchange], headers: QuotaHeaders
) -> Iterator[tuple[Exchange, ToldQuota]]:
    quota_of = own_quota(headers)
    for exchange in exchanges:
        told = quota_of(exchange)
        if told is not None and told.remaining is not None and told.reset is not None:
            yield exchange, ToldQuota(told.limit or 0, told.remaining, told.reset)


def _has_jumped(step: Step) -> bool:
    """Return whether Reset and Remaining rose together, as they do when a window begins."""
    return step.now.reset > step.was.reset and step.now.remaining > step.was.remaining


def _may_have_run_out(step: Step, ended_at: float, served: Sequence[float]) -> bool:
    """Return whether the window may have ended because its seconds went by.

    *ended_at* is when the last window ended, *served* are the moments at which requests were
    served, in order.
    """
    if step.now.remaining < step.was.remaining:
        return False
    if step.seconds_apart < step.was.reset - SLACK_S:
        return False
    has_lasted = step.after.came_at - ended_at >= SHORTEST_WINDOW_S
    return has_lasted or _tells_all_of_last_second(step.now, step.after.came_at, served)


def _tells_all_of_last_second(quota: ToldQuota, at: float, served: Sequence[float]) -> bool:
    """Return whether the window slides: what is spent is what was served in the second before *at*.

    For example, with 30 requests served in that second and 10 before it: ``Limit 100, Remaining
    70`` tells all of the second, and the 10 have come free. ``Remaining 99`` does not: only 1 of 30
    is told as spent.
    """
    freed, all_served = bisect_left(served, at - SLACK_S), bisect_right(served, at)
    spent = quota.limit - quota.remaining
    return freed > 0 and spent >= TOLD_SHARE * (all_served - freed)


# --- Limit -------------------------------------------------------------------------------------


def limit_constant(place: SourceLocation, headers: QuotaHeaders, explain: Explain) -> Clause:
    """Return the clause that Limit is the same number on every answer."""
    return Clause(
        id="rate-limit/limit-constant",
        family=Family.RATE_LIMIT,
        place=place,
        promise=f"{headers.limit} stays the same through a run",
        judge=_judge_constant_limit(headers),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )


def _judge_constant_limit(headers: QuotaHeaders) -> Judge:
    quota_of = own_quota(headers)

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        first: int | None = None
        for exchange in exchanges:
            told = quota_of(exchange)
            if told is None or told.limit is None:
                continue
            if first is None:
                first = told.limit
            finding = None
            if told.limit != first:
                finding = Finding(
                    FindingKind.LIMIT_CHANGED,
                    exchange.status,
                    headers.limit,
                    expected=first,
                    observed=told.limit,
                )
            yield Evidence(exchange, finding)

    return judge


# --- Remaining ---------------------------------------------------------------------------------


def remaining_counts_down(place: SourceLocation, headers: QuotaHeaders, explain: Explain) -> Clause:
    """Return the clause that inside a window each request that is served lowers Remaining."""
    name = headers.remaining
    return Clause(
        id="rate-limit/remaining-counts-down",
        family=Family.RATE_LIMIT,
        place=place,
        promise=f"{name} goes down as requests are spent, and never rises inside a window",
        judge=_judge_counting_down(headers),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
        sequential=True,
    )


def _judge_counting_down(headers: QuotaHeaders) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for step in steps_between(exchanges, headers):
            finding = None if step.may_be_new else _not_counted_down(step, headers.remaining)
            yield Evidence(step.after, finding)

    return judge


def _not_counted_down(step: Step, name: str) -> Finding | None:
    """Return in which way Remaining did not go down inside a window, None where it did.

    It rose, or it stood still though a request was spent: 41 after 40 is wrong, and so is 40 after
    40 where the second answer is 200. 0 after 0 is not: there is nothing left to count.
    """
    was, now, status = step.was.remaining, step.now.remaining, step.after.status
    if now > was:
        return Finding(FindingKind.REMAINING_ROSE, status, name, expected=was, observed=now)
    if now == was != 0 and step.after.accepted:
        return Finding(FindingKind.REMAINING_STOOD_STILL, status, name, observed=now)
    return None


# --- Reset -------------------------------------------------------------------------------------


def reset_relative(place: SourceLocation, headers: QuotaHeaders, explain: Explain) -> Clause:
    """Return the clause that Reset is the number of seconds until the window ends."""
    return Clause(
        id="rate-limit/reset-relative",
        family=Family.RATE_LIMIT,
        place=place,
        promise=f"{headers.reset} is seconds from now, not a time of day",
        judge=_judge_relative_reset(headers),
        explain=explain,
        needs=NEEDED,
        sequential=True,
    )


def reset_counts_down(place: SourceLocation, headers: QuotaHeaders, explain: Explain) -> Clause:
    """Return the clause that Reset falls, or stays, until its window has ended."""
    return Clause(
        id="rate-limit/reset-counts-down",
        family=Family.RATE_LIMIT,
        place=place,
        promise=f"{headers.reset} never grows inside a window",
        judge=_judge_reset_in_window(headers),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
        sequential=True,
    )


def _judge_reset_in_window(headers: QuotaHeaders) -> Judge:
    """Judge that Reset is never above the least that was told in its window: small steps add up.

    For example, 60, 59, 60, 61 inside one window: 61 is 2 above the 59 before it, which no rounding
    explains.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        least: int | None = None
        for step in steps_between(exchanges, headers):
            now = step.now.reset
            least = step.was.reset if least is None else min(least, step.was.reset)
            if step.may_be_new:
                least = now
            finding = None
            if now > least + SLACK_S:
                finding = Finding(
                    FindingKind.RESET_ROSE,
                    step.after.status,
                    headers.reset,
                    expected=least,
                    observed=now,
                )
            yield Evidence(step.after, finding)

    return judge


def _judge_relative_reset(headers: QuotaHeaders) -> Judge:
    """Judge that Reset counts seconds from now.

    It is wrong where it is a time of day (from 10^9 on), where it is longer than any window was
    seen to last, and where it falls faster than time goes by (milliseconds).

    For example, with windows that were seen to last up to 60 s: 62 may be rounding, 63 is no number
    of seconds. And 58000 after 60000, told 2 s apart, fell by 2000.
    """
    quota_of = own_quota(headers)

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        steps = list(steps_between(exchanges, headers))
        longest = _longest_window(steps)
        too_fast = dict(_faster_than_time(steps, headers.reset))
        for exchange in exchanges:
            told = quota_of(exchange)
            if told is None or told.reset is None:
                continue
            finding = _not_relative(exchange.status, headers.reset, told.reset, longest)
            yield Evidence(exchange, finding or too_fast.get(exchange.serial))

    return judge


def _not_relative(status: int, name: str, reset: int, longest: float | None) -> Finding | None:
    if reset >= EPOCH_S:
        return Finding(FindingKind.RESET_IS_TIME_OF_DAY, status, name, observed=reset)
    if longest is not None and reset > longest + 2 * SLACK_S:
        kind = FindingKind.RESET_BEYOND_WINDOW
        return Finding(kind, status, name, expected=longest, observed=reset)
    return None


def _faster_than_time(steps: Sequence[Step], name: str) -> Iterator[tuple[int, Finding]]:
    """Yield the serial and the finding of each answer whose Reset fell faster than time went by.

    Both numbers are rounded: from 10 to 7 within 1 s is fine, from 10 to 6 is not.
    """
    for step in steps:
        went_by = step.seconds_apart
        fell = step.was.reset - step.now.reset
        if fell <= went_by + 2 * SLACK_S or step.may_be_new:
            continue
        finding = Finding(
            FindingKind.RESET_TOO_FAST,
            step.after.status,
            name,
            expected=(went_by, step.was.reset),
            observed=step.now.reset,
        )
        yield step.after.serial, finding


def _longest_window(steps: Sequence[Step]) -> float | None:
    """Return the seconds of the longest window that was seen to begin and end, None without one.

    A window begins where Remaining rises. For example, where it rises 5 s, 65 s and 127 s after the
    start, the longest window lasted 62 s.
    """
    longest: float | None = None
    begun: float | None = None
    for step in steps:
        if not (step.may_be_new and step.now.remaining > step.was.remaining):
            continue
        if begun is not None:
            longest = max(longest or 0.0, step.after.came_at - begun)
        begun = step.before.sent_at
    return longest
