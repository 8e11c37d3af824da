"""Do Limit, Remaining and Reset make sense from answer to answer, window by window?"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import (
    NEEDED,
    SLACK_S,
    clause_over_time,
    judge_each_policy,
    own_quota,
)
from pytest_confluent_contracts.clauses.reading import missing
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.quota import EPOCH_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.quota import QuotaHeaders
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

SHORTEST_WINDOW_S = 0.5
# Of the requests that were served in a second, so many must be told as spent, and not all: the
# service's clock and the run's do not part them at the same moment.
TOLD_SHARE = 0.95
# So many answers must count on from an earlier one, and so many counts explain all: no chance.
SEEN_APART, MOST_COUNTS = 3, 4


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

    @property
    def least_seconds_apart(self) -> float:
        """Return the seconds from the first answer to the second request: the least."""
        return self.after.sent_at - self.before.came_at


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
    up. ``Remaining 99, Reset 2`` after 0.2 s is none: Remaining rose inside its window. Where Reset
    stands still for seconds, it does not tell when a window ends, and any rise may begin one.
    Of requests that were in flight together nobody knows which was counted first: of those, one
    is looked at.
    """
    told = list(_one_after_another(_told_quotas(exchanges, headers)))
    served = sorted(exchange.came_at for exchange in exchanges if exchange.accepted)
    ended_at = float("-inf")
    frozen_at = float("inf")
    for (before, was), (after, now) in itertools.pairwise(told):
        step = Step(before, after, was, now, may_be_new=False)
        frozen_at = min(frozen_at, before.came_at) if now.reset == was.reset else float("inf")
        has_risen = _has_jumped(step) or _has_slid(step, frozen_at)
        if has_risen or _may_have_run_out(step, ended_at, served):
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


def _one_after_another(
    told: Iterable[tuple[Exchange, ToldQuota]],
) -> Iterator[tuple[Exchange, ToldQuota]]:
    """Yield what was *told* without the requests that were sent before the last one was answered.

    For example, of 3 sent at 0 s, and answered at 1, 2 and 3 s: the first.
    """
    free_at = float("-inf")
    for exchange, quota in told:
        if exchange.sent_at >= free_at:
            free_at = exchange.came_at
            yield exchange, quota


def _has_jumped(step: Step) -> bool:
    """Return whether Reset and Remaining rose together, as they do when a window begins."""
    return step.now.reset > step.was.reset and step.now.remaining > step.was.remaining


def _has_slid(step: Step, frozen_at: float) -> bool:
    """Return whether Remaining did not fall while Reset stood still, since the second *frozen_at*.

    In a window that slides, as many may have come free as were spent.
    """
    is_frozen = step.after.sent_at - frozen_at >= 2 * SLACK_S < step.now.reset
    return is_frozen and step.now.remaining >= step.was.remaining


def _may_have_run_out(step: Step, ended_at: float, served: Sequence[float]) -> bool:
    """Return whether the window may have ended because its seconds went by.

    *ended_at* is when the last window ended, *served* are the moments at which requests were
    served, in order.
    """
    if step.least_seconds_apart > step.was.reset + SLACK_S:
        return True  # whatever is left: others may have spent more of the new window
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


def limit_constant(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that Limit is the same number on every answer."""
    return Clause(
        id="rate-limit/limit-constant",
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=f"{headers.limit} stays the same through a run",
        judge=judge_each_policy(headers, _judge_constant_limit),
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


def remaining_counts_down(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that inside a window each request that is served lowers Remaining."""
    name = headers.remaining
    return clause_over_time(
        id="rate-limit/remaining-counts-down",
        place=place,
        promise=f"{name} goes down as requests are spent, and never rises inside a window",
        judge=judge_each_policy(headers, _judge_counting_down),
        explain=explain,
        level=level,
    )


def _judge_counting_down(headers: QuotaHeaders) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        steps = list(steps_between(exchanges, headers))
        apart = _counted_apart(steps)
        for step in steps:
            finding = None if step.may_be_new else _not_counted_down(step, headers.remaining)
            if step.after.serial in apart:
                finding = _rose(step, FindingKind.REMAINING_COUNTED_APART, headers.remaining)
            yield Evidence(step.after, finding)

    return judge


def _rose(step: Step, kind: FindingKind, name: str) -> Finding:
    was, now, status = step.was.remaining, step.now.remaining, step.after.status
    return Finding(kind, status, name, expected=was, observed=now)


def _not_counted_down(step: Step, name: str) -> Finding | None:
    """Return in which way Remaining did not go down inside a window, None where it did.

    It rose, or it stood still though a request was spent: 41 after 40 is wrong, and so is 40 after
    40 where the second answer is 200. 0 after 0 is not: there is nothing left to count.
    """
    was, now, status = step.was.remaining, step.now.remaining, step.after.status
    if now > was:
        return _rose(step, FindingKind.REMAINING_ROSE, name)
    if now == was != 0 and step.after.accepted:
        return Finding(FindingKind.REMAINING_STOOD_STILL, status, name, observed=now)
    return None


# --- several counts ----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Count:
    """What one node of a service keeps of a window: requests left, told by the answer *serial*.

    ``ends_at`` is the second of the run's clock at which the window ends.
    """

    left: int
    serial: int
    ends_at: float

    def goes_on_with(self, answer: Exchange, told: ToldQuota) -> bool:
        """Return whether *answer* counts on from here: at most as far as requests were sent."""
        sent = answer.serial - self.serial
        ends_alike = abs(answer.came_at + told.reset - self.ends_at) <= 2 * SLACK_S
        return ends_alike and 1 <= self.left - told.remaining <= sent


def _counted_apart(steps: Sequence[Step]) -> frozenset[int]:
    """Return the serials of answers that count on from an earlier one than the last.

    Behind one address, two nodes each keep a count of their own: 99, 99, 98, 97, 98, 96 are 99, 98,
    97, 96 of one and 99, 98 of the other. It takes some such answers, and few counts that explain
    all of them: numbers at random do not take turns.
    """
    counts: list[Count] = []  # the one that counted last stands last
    found: list[int] = []
    for step in steps:
        answer, told = step.after, step.now
        if not counts:
            counts.append(_count_from(step.before, step.was))
        if not answer.accepted:
            continue
        counts = [count for count in counts if count.ends_at > answer.sent_at + SLACK_S]
        going = [count for count in counts if count.goes_on_with(answer, told)]
        if not going:
            counts.append(_count_from(answer, told))
            if len(counts) > MOST_COUNTS:
                return frozenset()
            continue
        nearest = min(going, key=lambda count: count.left)
        if nearest is not counts[-1] and told.remaining >= step.was.remaining:
            found.append(answer.serial)
        nearest.left, nearest.serial = told.remaining, answer.serial
        counts.remove(nearest)
        counts.append(nearest)
    if len(found) >= SEEN_APART:
        return frozenset(found)
    return frozenset()


def _count_from(answer: Exchange, told: ToldQuota) -> Count:
    return Count(told.remaining, answer.serial, answer.came_at + told.reset)


# --- Reset -------------------------------------------------------------------------------------


def reset_relative(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that Reset is the number of seconds until the window ends."""
    return clause_over_time(
        id="rate-limit/reset-relative",
        place=place,
        promise=f"{headers.reset} is seconds from now, not a time of day",
        judge=judge_each_policy(headers, _judge_relative_reset),
        explain=explain,
        level=level,
        aspect=Aspect.OTHER,
    )


def reset_counts_down(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that Reset falls, or stays, until its window has ended."""
    return clause_over_time(
        id="rate-limit/reset-counts-down",
        place=place,
        promise=f"{headers.reset} never grows inside a window",
        judge=judge_each_policy(headers, _judge_reset_in_window),
        explain=explain,
        level=level,
    )


def reset_moves(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that Reset falls as time goes by; where a window slides, it need not."""
    return clause_over_time(
        id="rate-limit/reset-moves",
        place=place,
        promise=f"{headers.reset} falls as fast as time goes by",
        judge=judge_each_policy(headers, _judge_moving_reset),
        explain=missing(MissingKind.NOT_COMPARED),
        level=Level.SHOULD,
    )


def window_as_told(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that no window ends before its Reset; where a window slides, it may."""
    return clause_over_time(
        id="rate-limit/window-as-told",
        place=place,
        promise=f"a new window begins when {headers.reset} has run out, not before",
        judge=judge_each_policy(headers, _judge_end_of_window),
        explain=missing(MissingKind.NOT_COMPARED),
        level=Level.SHOULD,
    )


def _judge_moving_reset(headers: QuotaHeaders) -> Judge:
    """Judge that Reset is lower by the seconds that went by while Remaining fell in one window.

    For example, 60 and, 3 s later, 58: both may be rounded. 59 is 2 s behind, 60 stands still. What
    is told of a window that must have ended by then is left out.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for step in _since_begun(list(steps_between(exchanges, headers))):
            went_by = step.least_seconds_apart
            is_spent = step.now.remaining < step.was.remaining
            if not is_spent or not 2 * SLACK_S <= went_by <= step.was.reset:
                continue
            finding = None
            if step.was.reset - step.now.reset <= went_by - 2 * SLACK_S:
                finding = Finding(
                    FindingKind.RESET_TOO_SLOW,
                    step.after.status,
                    headers.reset,
                    expected=(went_by, step.was.reset),
                    observed=step.now.reset,
                )
            yield Evidence(step.after, finding)

    return judge


def _judge_end_of_window(headers: QuotaHeaders) -> Judge:
    """Judge that Remaining and Reset do not jump up long before Reset has run out.

    For example, with Reset 60, a new window that begins 57 s later or before: 58 and 59 may be
    rounding.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for step in steps_between(exchanges, headers):
            if not _has_jumped(step):
                continue
            finding = None
            if step.seconds_apart < step.was.reset - 2 * SLACK_S:
                finding = Finding(
                    FindingKind.WINDOW_ENDED_EARLY,
                    step.after.status,
                    headers.reset,
                    expected=step.was.reset,
                    observed=step.seconds_apart,
                )
            yield Evidence(step.after, finding)

    return judge


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
        too_fast = dict(_faster_than_time(_since_begun(steps), headers.reset))
        too_fast |= dict(_faster_than_time(steps, headers.reset))
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


def _faster_than_time(steps: Iterable[Step], name: str) -> Iterator[tuple[int, Finding]]:
    """Yield the serial and the finding of each answer whose Reset fell faster than time went by.

    Both numbers are rounded: from 10 to 7 within 1 s is fine, from 10 to 6 is not.
    """
    for step in steps:
        if step.may_be_new or not _falls_too_fast(step):
            continue
        finding = Finding(
            FindingKind.RESET_TOO_FAST,
            step.after.status,
            name,
            expected=(step.seconds_apart, step.was.reset),
            observed=step.now.reset,
        )
        yield step.after.serial, finding


def _falls_too_fast(step: Step) -> bool:
    return step.was.reset - step.now.reset > step.seconds_apart + 2 * SLACK_S


def _since_begun(steps: Sequence[Step]) -> Iterator[Step]:
    """Yield each step as one from the first answer of its window: what drifts slowly adds up.

    Where Reset rises, or falls too fast at once, it is counted anew: that has findings of its own.
    """
    begun: Step | None = None
    for step in steps:
        if step.may_be_new or step.now.reset > step.was.reset or _falls_too_fast(step):
            begun = replace(step, before=step.after, was=step.now, may_be_new=False)
            continue
        begun = step if begun is None else begun
        yield replace(step, before=begun.before, was=begun.was)


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
