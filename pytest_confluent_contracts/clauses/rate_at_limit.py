"""What happens at the limit? A 429 that comes neither early nor late, with nothing left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import (
    NEEDED,
    NO_429,
    clause_over_time,
    is_by_another_policy,
    is_throttled,
    judge_each_policy,
    may_be_by_another_limit,
    own_quota,
)
from pytest_confluent_contracts.clauses.rate_windows import steps_between
from pytest_confluent_contracts.clauses.reading import KEPT, NOTHING, Looked, each, missing
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
from pytest_confluent_contracts.model.quota import QuotaHeaders, quota_of
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.clauses.rate_windows import Step
    from pytest_confluent_contracts.clauses.reading import Applies
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

# Remaining may have been told before the one that was answered, and with another in flight.
UNTOLD_REQUESTS = 2
SEEN_OFTEN = 2  # windows that ended alike: in one, others may have spent what was left
SHARED_PART = 5  # one of so many requests that others may have spent before an early 429

NOT_EXHAUSTED = missing(MissingKind.LIMIT_NOT_EXHAUSTED, probe=Probe.THROTTLE)


# --- 429 comes at the limit --------------------------------------------------------------------


def limit_enforced(place: SourceLocation, headers: QuotaHeaders, level: Level) -> Clause:
    """Return the clause that Limit requests of a window are served, and the next is not."""
    judge_of = _judge_enforcement if level is Level.MUST else _judge_without_others
    return clause_over_time(
        id="rate-limit/enforced",
        place=place,
        promise="the limit is enforced at Limit: the request after it is answered 429",
        judge=judge_each_policy(headers, judge_of),
        explain=NOT_EXHAUSTED,
        level=level,
    )


def _judge_without_others(headers: QuotaHeaders) -> Judge:
    """Judge enforcement by all but those 429s that another limit may have given."""
    judge_all = _judge_enforcement(headers)

    def judge(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        return judge_all(
            [
                exchange
                for exchange in exchanges
                if not (exchange.throttled and may_be_by_another_limit(exchange, headers))
            ]
        )

    return judge


def _judge_enforcement(headers: QuotaHeaders) -> Judge:
    """Judge what happens at the limit: nothing is served past it, nothing refused long before it.

    Others may have spent the rest before one 429; before most of them they have not. For example,
    one 429 with 40 of 100 left among three that came at 0 is nobody's fault; two of three are the
    service's.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        steps = list(steps_between(exchanges, headers))
        steps = [step for step in steps if not _is_for_another_policy(step, headers)]
        early = _early_refusals(steps)
        served_at_0 = _served_with_limit_0(exchanges, headers)
        yield from served_at_0.values()
        served = 0
        for index, step in enumerate(steps):
            served = 0 if step.may_be_new else served + step.after.accepted
            if step.after.throttled:
                yield Evidence(step.after, early.get(index))
                continue
            finding = _served_past(step, served)
            if finding is not None and step.after.serial not in served_at_0:
                yield Evidence(step.after, finding)

    return judge


def _is_for_another_policy(step: Step, headers: QuotaHeaders) -> bool:
    is_refused = step.before.throttled or step.after.throttled
    if not headers.policy or not is_refused:
        return False
    refused = step.after if step.after.throttled else step.before
    return is_by_another_policy(refused, headers)


def _served_with_limit_0(
    exchanges: Sequence[Exchange], headers: QuotaHeaders
) -> dict[int, Evidence]:
    """Return each answer that was served and says that none may be, by its serial."""
    own_quota_of = own_quota(headers)
    found: dict[int, Evidence] = {}
    for exchange in exchanges:
        told = own_quota_of(exchange)
        if told is not None and told.limit == 0 and exchange.accepted:
            finding = Finding(FindingKind.LIMIT_IS_ZERO, exchange.status, headers.limit)
            found[exchange.serial] = Evidence(exchange, finding)
    return found


def _early_refusals(steps: Sequence[Step]) -> dict[int, Finding]:
    """Return the findings on 429s that came too early, by the index of their step.

    Of 429s in a row only the first counts. There are none unless most of those came too early, or
    all of them by the same number of requests: with ``Remaining 1`` before each, it is told one too
    high.
    """
    first_429s = {
        index: step
        for index, step in enumerate(steps)
        if step.after.throttled and not step.before.throttled
    }
    tolerated = UNTOLD_REQUESTS
    if any(map(_others_spent, steps)):
        tolerated = max(tolerated, max(step.was.limit for step in steps) // SHARED_PART)
    elif _end_alike(first_429s.values()):
        tolerated = 0
    early: dict[int, Finding] = {}
    for index, step in first_429s.items():
        left = _requests_left(step)
        if not step.may_be_new and left > tolerated:
            kind, status = FindingKind.REFUSED_EARLY, step.after.status
            early[index] = Finding(kind, status, expected=step.was.limit, observed=left)
    if 2 * len(early) > len(first_429s):
        return early
    return {}


def _end_alike(first_429s: Iterable[Step]) -> bool:
    """Return whether as many requests were left each time: at least twice, one after the other."""
    left = [
        _requests_left(step)
        for step in first_429s
        if not step.may_be_new and step.before.came_at <= step.after.sent_at
    ]
    return len(left) >= SEEN_OFTEN and len(set(left)) == 1


def _requests_left(step: Step) -> int:
    """Return the requests that were left before the last answer of *step*, at least.

    Those in between told no quota, and may have spent from it.
    """
    untold = step.after.serial - step.before.serial - 1
    return step.was.remaining - untold


def _others_spent(step: Step) -> bool:
    """Return whether Remaining fell by more than this run sent."""
    fell = step.was.remaining - step.now.remaining
    sent = step.after.serial - step.before.serial
    return step.after.accepted and not step.may_be_new and fell > sent


def _served_past(step: Step, served: int) -> Finding | None:
    """Return the finding where the request was served though its window was spent.

    *served* counts those of the window, this one included: with ``Limit 100``, the 101st is wrong
    whatever Remaining said, and so is any one that follows ``Remaining 0``.
    """
    if step.may_be_new or not step.after.accepted:
        return None
    limit, status = step.was.limit, step.after.status
    if limit and served > limit:
        kind = FindingKind.SERVED_PAST_LIMIT
        return Finding(kind, status, expected=limit, observed=served)
    if step.was.remaining == 0:
        return Finding(FindingKind.SERVED_AT_ZERO, status, expected=limit)
    return None


# --- what a 429 says ---------------------------------------------------------------------------


def remaining_zero_on_429(
    place: SourceLocation, headers: QuotaHeaders, applies: Applies = is_throttled
) -> Clause:
    """Return the clause that a 429 tells 0 requests left, where it *applies*."""
    name = headers.remaining

    def look(exchange: Exchange) -> Finding | Looked:
        left = quota_of(exchange, headers).remaining
        if left is None:
            return NOTHING
        if left == 0:
            return KEPT
        return Finding(FindingKind.REMAINING_NOT_ZERO, exchange.status, name, observed=left)

    return Clause(
        id="rate-limit/remaining-zero-on-429",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise=f"{name} is 0 on 429",
        judge=each(applies, look),
        explain=NO_429,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )
