"""What happens at the limit? A 429 that comes neither early nor late, and a wait that is meant."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import NEEDED, NO_429, is_throttled
from pytest_confluent_contracts.clauses.rate_windows import SLACK_S, steps_between
from pytest_confluent_contracts.clauses.reading import KEPT, NOTHING, Looked, each, missing
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.quota import (
    EPOCH_S,
    USUAL_HEADERS,
    QuotaHeaders,
    read_quota,
    whole_number,
)
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.rate_windows import Step
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

# A wait so many times longer than what is left of the window counts milliseconds, no patience.
BEYOND_WINDOW = 100
# Remaining may have been told before the one that was answered, and with another in flight.
UNTOLD_REQUESTS = 2
SHARED_PART = 5  # one of so many requests that others may have spent before an early 429

NOT_EXHAUSTED = missing(MissingKind.LIMIT_NOT_EXHAUSTED, probe=Probe.THROTTLE)


# --- 429 comes at the limit --------------------------------------------------------------------


def limit_enforced(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that Limit requests of a window are served, and the next is not."""
    return Clause(
        id="rate-limit/enforced",
        family=Family.RATE_LIMIT,
        place=place,
        promise="the limit is enforced at Limit: the request after it is answered 429",
        judge=_judge_enforcement(headers),
        explain=NOT_EXHAUSTED,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
        sequential=True,
    )


def _judge_enforcement(headers: QuotaHeaders) -> Judge:
    """Judge what happens at the limit: nothing is served past it, nothing refused long before it.

    Others may have spent the rest before one 429; before most of them they have not. For example,
    one 429 with 40 of 100 left among three that came at 0 is nobody's fault; two of three are the
    service's.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        steps = list(steps_between(exchanges, headers))
        early = _early_refusals(steps)
        served = 0
        for index, step in enumerate(steps):
            served = 0 if step.may_be_new else served + step.after.accepted
            if step.after.throttled:
                yield Evidence(step.after, early.get(index))
                continue
            finding = _served_past(step, served)
            if finding is not None:
                yield Evidence(step.after, finding)

    return judge


def _early_refusals(steps: Sequence[Step]) -> dict[int, Finding]:
    """Return the findings on 429s that came too early, by the index of their step.

    Of 429s in a row only the first counts. There are none unless most of those came too early.
    """
    is_shared = any(map(_others_spent, steps))
    first_429s = 0
    early: dict[int, Finding] = {}
    for index, step in enumerate(steps):
        if not step.after.throttled or step.before.throttled:
            continue
        first_429s += 1
        finding = _too_early(step, is_shared=is_shared)
        if finding is not None:
            early[index] = finding
    return early if 2 * len(early) > first_429s else {}


def _others_spent(step: Step) -> bool:
    """Return whether Remaining fell by more than this run sent."""
    fell = step.was.remaining - step.now.remaining
    sent = step.after.serial - step.before.serial
    return step.after.accepted and not step.may_be_new and fell > sent


def _too_early(step: Step, *, is_shared: bool) -> Finding | None:
    """Return the finding where requests were left, and no others can have spent them.

    For example, a 429 right after ``Limit 100, Remaining 3``: 3 is above the 2 that may have been
    in flight. Where others were seen to spend from the same quota (*is_shared*), up to a fifth of
    it is tolerated: 20.
    """
    # The requests in between told no quota, and may have spent from it.
    untold = step.after.serial - step.before.serial - 1
    left = step.was.remaining - untold
    tolerated = UNTOLD_REQUESTS
    if is_shared:
        tolerated = max(tolerated, step.was.limit // SHARED_PART)
    if step.may_be_new or left <= tolerated:
        return None
    return Finding(
        FindingKind.REFUSED_EARLY, step.after.status, expected=step.was.limit, observed=left
    )


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


def remaining_zero_on_429(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that a 429 tells 0 requests left."""
    name = headers.remaining or USUAL_HEADERS.remaining

    def look(exchange: Exchange) -> Finding | Looked:
        left = whole_number(exchange.header(name))
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
        judge=each(is_throttled, look),
        explain=NO_429,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )


def wait_not_before_reset(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that a 429 does not ask back before the window ends.

    ``Retry-After: 10`` beside a Reset of 12 breaks it: who waits as asked is refused again.
    """

    def look(exchange: Exchange) -> Finding | Looked:
        told = read_quota(exchange.header, headers)
        if told.retry_after is None or told.reset is None:
            return NOTHING
        if told.retry_after >= told.reset:
            return KEPT
        return Finding(
            FindingKind.WAIT_BEFORE_RESET,
            exchange.status,
            headers.retry_after,
            expected=(headers.reset, told.reset),
            observed=told.retry_after,
        )

    return Clause(
        id="rate-limit/retry-after-not-before-reset",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise=f"{headers.retry_after} is not earlier than {headers.reset}",
        judge=each(is_throttled, look),
        explain=NO_429,
        needs=NEEDED,
        topic=Topic(Aspect.WAIT),
    )


# --- the wait that it asks for -----------------------------------------------------------------


def wait_honest(place: SourceLocation, documented: QuotaHeaders | None) -> Clause:
    """Return the clause that who waited as long as a 429 asked is served.

    A MUST where the headers are *documented*, else a SHOULD on those of the usual names.
    """
    headers = documented or USUAL_HEADERS
    wait = headers.retry_after or USUAL_HEADERS.retry_after
    reset = headers.reset or USUAL_HEADERS.reset
    return Clause(
        id="rate-limit/retry-after-honest",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD if documented is None else Level.MUST,
        place=place,
        promise=f"after {wait} has passed, a request is not answered 429",
        judge=_judge_waits(wait, reset),
        explain=_explain_no_wait,
        needs=NEEDED,
        topic=Topic(Aspect.WAIT),
        sequential=True,
    )


def _explain_no_wait(exchanges: Sequence[Exchange]) -> MissingEvidence:
    if any(map(is_throttled, exchanges)):
        return MissingEvidence(MissingKind.NO_WAIT_AS_ASKED)
    return MissingEvidence(MissingKind.LIMIT_NOT_EXHAUSTED, probe=Probe.THROTTLE)


def _judge_waits(name: str, reset: str) -> Judge:
    """Judge each request sent after a 429 and the wait it asked for, and waits nobody can mean.

    For example, ``Retry-After: 5``: a request that goes 6 s later must be served. One that goes
    5.5 s later says nothing, since the number is whole seconds.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for before, after in itertools.pairwise(exchanges):
            if not before.throttled or before.failure:
                continue
            wait = whole_number(before.header(name))
            if wait is None:
                continue
            absurd = _absurd_wait(before, name, wait, whole_number(before.header(reset)))
            if absurd is not None:
                yield Evidence(before, absurd)
                continue
            waited = after.sent_at - before.came_at
            # Clocks count in floats, archives in milliseconds: a wait of just that long must not
            # fall short by a rounding.
            if after.failure or round(waited, 2) < wait + SLACK_S:
                continue
            finding = None
            if after.throttled:
                kind, status = FindingKind.WAIT_IN_VAIN, after.status
                finding = Finding(kind, status, name, expected=wait, observed=waited)
            yield Evidence(after, finding)

    return judge


def _absurd_wait(answer: Exchange, name: str, wait: int, reset: int | None) -> Finding | None:
    """Return the finding where *wait* does not count seconds, *reset* being what is left.

    It is a time of day, or so far beyond the window that it counts milliseconds: with a Reset of
    4 s, 501 is too long and 500 is not.
    """
    if wait >= EPOCH_S:
        return Finding(FindingKind.WAIT_IS_TIME_OF_DAY, answer.status, name, observed=wait)
    if reset is not None and reset < EPOCH_S and wait > BEYOND_WINDOW * (reset + 1):
        kind = FindingKind.WAIT_BEYOND_WINDOW
        return Finding(kind, answer.status, name, expected=reset, observed=wait)
    return None
