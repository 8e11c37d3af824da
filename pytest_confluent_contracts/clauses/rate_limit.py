"""Do the rate-limit headers tell the truth, one by one and over a whole run?"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses import shape
from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    NOTHING,
    SERVED,
    Looked,
    always,
    each,
    missing,
    quote_value,
    unless_accepted,
    with_status,
    withheld,
)
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
    Quota,
    QuotaHeaders,
    promised_headers,
    read_quota,
    whole_number,
)
from pytest_confluent_contracts.model.traffic import Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Header, Operation
    from pytest_confluent_contracts.model.promises import RateLimit
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

    QuotaOf = Callable[[Exchange], Quota | None]

SLACK_S = 1.0  # headers are whole seconds
SHORTEST_WINDOW_S = 0.5
MOST = (
    0.95  # of the requests: the service's clock and the run's do not part them at the same moment
)
BEYOND_WINDOW = 100  # times what is left of the window: milliseconds, not patience
# Remaining may have been told before the one that was answered, and with another in flight.
UNTOLD_REQUESTS = 2
SHARED_PART = 5  # one of so many requests that others may have spent before an early 429
A_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
STORED = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?[1-9]|\bpublic\b|\bimmutable\b")

NEEDED = SERVED | {Probe.THROTTLE}
NO_429 = missing(MissingKind.NO_429, probe=Probe.THROTTLE)
NOT_EXHAUSTED = missing(MissingKind.LIMIT_NOT_EXHAUSTED, probe=Probe.THROTTLE)


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the documented headers, then the rules on their numbers; without documented headers, the usual ones."""
    promised = operation.promises.rate_limit
    documented = promised_headers(operation)
    if promised is not None and documented is not None:
        yield from _documented_headers(operation)
        yield from _promised_numbers(promised, documented)
        if promised.retry_after:
            yield _retry_after_only_at_limit(promised)
    else:
        yield from _usual_numbers(operation.place)
    if operation.promises.refusals.throttled:
        if promised is not None and documented is not None:
            yield _enforced(promised.place, documented)
            yield _remaining_zero(promised.place, documented)
            if promised.reset and promised.retry_after:
                yield _not_before_reset(promised.place, documented)
        yield _retry_after_honest(operation, documented)
        yield _not_storable(_place_of(operation))
    yield _structured_fields(_place_of(operation))


def _place_of(operation: Operation) -> SourceLocation:
    promised = operation.promises.rate_limit
    return operation.place if promised is None else promised.place


# --- the documented headers --------------------------------------------------------------------


def _documented_headers(operation: Operation) -> Iterator[Clause]:
    names = {name.lower() for name in shape.limit_headers(operation)}
    for response in operation.responses:
        for header in response.headers:
            if header.name.lower() in names:
                yield _documented_header(response.status, header)


def _documented_header(status: str, header: Header) -> Clause:
    id, applies = f"{status}/header/{header.name}", with_status(status)
    if status.startswith("2"):
        owed = withheld(f"an answer with {status}", Expect.ACCEPTED)
        return shape.header_clause(Family.RATE_LIMIT, id, status, header, applies, owed, SERVED)
    return shape.header_clause(Family.RATE_LIMIT, id, status, header, applies, NO_429, NEEDED)


# --- the numbers -------------------------------------------------------------------------------


def _usual_numbers(place: SourceLocation) -> Iterator[Clause]:
    """Yield what holds for headers of the usual names, though the document promises none."""
    told = f"{USUAL_HEADERS.limit}, {USUAL_HEADERS.remaining}, {USUAL_HEADERS.reset}"
    explain = missing(MissingKind.HEADERS_NOT_PROMISED, told)
    yield _remaining_at_most_limit(place, USUAL_HEADERS, explain, Level.SHOULD)
    yield Clause(
        id="rate-limit/integers",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise="rate-limit headers are integers",
        judge=each(always, _look_whether_integers),
        explain=explain,
        needs=NEEDED,
    )


def _promised_numbers(promised: RateLimit, headers: QuotaHeaders) -> Iterator[Clause]:
    names = [name for name in (headers.limit, headers.remaining, headers.reset) if name]
    explain = unless_accepted(
        withheld("an answer with 200", Expect.ACCEPTED),
        MissingEvidence(MissingKind.HEADERS_UNREADABLE, ", ".join(names)),
    )
    if headers.limit and headers.remaining:
        yield _remaining_at_most_limit(promised.place, headers, explain, Level.MUST)
    if headers.limit:
        yield Clause(
            id="rate-limit/limit-constant",
            family=Family.RATE_LIMIT,
            place=promised.place,
            promise=f"{headers.limit} stays the same through a run",
            judge=_judge_constant_limit(headers),
            explain=explain,
            needs=NEEDED,
            topic=Topic(Aspect.QUOTA),
        )
    if headers.reset and promised.reset_is_relative:
        yield Clause(
            id="rate-limit/reset-relative",
            family=Family.RATE_LIMIT,
            place=promised.place,
            promise=f"{headers.reset} is seconds from now, not a time of day",
            judge=_judge_relative_reset(headers),
            explain=explain,
            needs=NEEDED,
            sequential=True,
        )
        yield Clause(
            id="rate-limit/reset-counts-down",
            family=Family.RATE_LIMIT,
            place=promised.place,
            promise=f"{headers.reset} never grows inside a window",
            judge=_judge_reset_in_window(headers),
            explain=explain,
            needs=NEEDED,
            topic=Topic(Aspect.QUOTA),
            sequential=True,
        )
    if headers.remaining and headers.reset:
        yield Clause(
            id="rate-limit/remaining-counts-down",
            family=Family.RATE_LIMIT,
            place=promised.place,
            promise=f"{headers.remaining} goes down as requests are spent, and never rises inside a window",
            judge=_judge_counting_down(headers),
            explain=explain,
            needs=NEEDED,
            topic=Topic(Aspect.QUOTA),
            sequential=True,
        )


def _remaining_at_most_limit(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    quota_of = own_quota(headers)

    def look(exchange: Exchange) -> Finding | Looked:
        told = quota_of(exchange)
        if told is None or told.limit is None or told.remaining is None:
            return NOTHING
        if told.remaining <= told.limit:
            return KEPT
        return Finding(
            FindingKind.REMAINING_ABOVE_LIMIT,
            exchange.status,
            headers.remaining,
            expected=(headers.limit, told.limit),
            observed=told.remaining,
        )

    return Clause(
        id="rate-limit/remaining-at-most-limit",
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=f"{headers.remaining} is at most {headers.limit}",
        judge=each(always, look),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )


def own_quota(headers: QuotaHeaders) -> QuotaOf:
    """Return what reads the quota of the run's own credentials; None where an answer says nothing of it.

    Answers to wrong credentials, and refusals other than a 429, may tell of somebody else's quota.
    """

    def quota_of(exchange: Exchange) -> Quota | None:
        if exchange.case.probe is Probe.CREDENTIALS:
            return None
        if not (exchange.accepted or exchange.throttled):
            return None
        told = read_quota(exchange.header, headers)
        says_nothing = told.limit is None and told.remaining is None and told.reset is None
        return None if says_nothing else told

    return quota_of


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


def _look_whether_integers(exchange: Exchange) -> Finding | Looked:
    seen: Looked = NOTHING
    for name in USUAL_HEADERS.names:
        value = exchange.header(name)
        if value is None:
            continue
        seen = KEPT
        if whole_number(value) is None and not _may_be_a_date(name, value):
            observed = quote_value(value)
            return Finding(FindingKind.QUOTA_NOT_INTEGER, exchange.status, name, observed=observed)
    return seen


def _may_be_a_date(name: str, value: str) -> bool:
    """Return whether *value* is a date where one may stand: how long to wait (RFC 9110 10.2.3)."""
    return name == USUAL_HEADERS.retry_after and _is_after(value, A_DATE)


# --- windows -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Two answers in a row that tell Remaining and Reset, and whether a window may have ended between them."""

    before: Exchange
    after: Exchange
    was: QuotaTold
    now: QuotaTold
    may_be_new: bool


@dataclass(frozen=True, slots=True)
class QuotaTold:
    """A quota of which Remaining and Reset are known; a limit that is not told counts as 0."""

    limit: int
    remaining: int
    reset: int


def steps_between(exchanges: Sequence[Exchange], headers: QuotaHeaders) -> Iterator[Step]:
    """Yield each pair of answers in a row that tell Remaining and Reset.

    A window ends when its Reset has run out (1 s of slack: the number is whole seconds), or when
    Reset jumps up together with Remaining. One that is said to be shorter than its own rounding
    cannot end over and over within half a second, unless it slides: then each request comes free by
    itself, and Remaining tells all that were spent lately.

    For example, ``Remaining 3, Reset 2`` and, 1.5 s later, ``Remaining 99, Reset 60``: a new
    window, for 2 s less the slack have passed. The same 0.2 s later is one too, since both jumped
    up. ``Remaining 99, Reset 2`` after 0.2 s is none: Remaining rose inside its window.
    """
    told = list(_told_in_order(exchanges, headers))
    served = sorted(exchange.came_at for exchange in exchanges if exchange.accepted)
    ended_at = float("-inf")
    for (before, was), (after, now) in itertools.pairwise(told):
        may_end = _has_lasted(after, ended_at) or _tells_all(now, after.came_at, served)
        has_run_out = after.came_at - before.sent_at >= was.reset - SLACK_S and may_end
        has_jumped = now.reset > was.reset and now.remaining > was.remaining
        may_be_new = has_jumped or (has_run_out and now.remaining >= was.remaining)
        if may_be_new:
            ended_at = before.sent_at  # the earliest moment: the answer may have come late
        yield Step(before, after, was, now, may_be_new)


def _told_in_order(
    exchanges: Sequence[Exchange], headers: QuotaHeaders
) -> Iterator[tuple[Exchange, QuotaTold]]:
    quota_of = own_quota(headers)
    for exchange in exchanges:
        told = quota_of(exchange)
        if told is not None and told.remaining is not None and told.reset is not None:
            yield exchange, QuotaTold(told.limit or 0, told.remaining, told.reset)


def _has_lasted(after: Exchange, ended_at: float) -> bool:
    return after.came_at - ended_at >= SHORTEST_WINDOW_S


def _tells_all(quota: QuotaTold, at: float, served: Sequence[float]) -> bool:
    """Return whether the quota accounts for all that was served within the second before *at*, and some came free by then."""
    freed, all_served = bisect_left(served, at - SLACK_S), bisect_right(served, at)
    spent = quota.limit - quota.remaining
    return freed > 0 and spent >= MOST * (all_served - freed)


def _judge_counting_down(headers: QuotaHeaders) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for step in steps_between(exchanges, headers):
            finding = None if step.may_be_new else _not_counted_down(step, headers.remaining)
            yield Evidence(step.after, finding)

    return judge


def _not_counted_down(step: Step, name: str) -> Finding | None:
    """Return in which way Remaining did not go down inside a window: it rose, or stood still though a request was spent."""
    was, now, status = step.was.remaining, step.now.remaining, step.after.status
    if now > was:
        return Finding(FindingKind.REMAINING_ROSE, status, name, expected=was, observed=now)
    if now == was != 0 and step.after.accepted:
        return Finding(FindingKind.REMAINING_STOOD_STILL, status, name, observed=now)
    return None


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
    """
    quota_of = own_quota(headers)

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        longest = _longest_window(exchanges, headers)
        too_fast = dict(_faster_than_time(exchanges, headers))
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


def _faster_than_time(
    exchanges: Sequence[Exchange], headers: QuotaHeaders
) -> Iterator[tuple[int, Finding]]:
    """Yield the serial and the finding of each answer whose Reset fell by more seconds than went by."""
    for step in steps_between(exchanges, headers):
        went_by = step.after.came_at - step.before.sent_at
        fell = step.was.reset - step.now.reset
        if fell <= went_by + 2 * SLACK_S or step.may_be_new:
            continue
        yield (
            step.after.serial,
            Finding(
                FindingKind.RESET_TOO_FAST,
                step.after.status,
                headers.reset,
                expected=(went_by, step.was.reset),
                observed=step.now.reset,
            ),
        )


def _longest_window(exchanges: Sequence[Exchange], headers: QuotaHeaders) -> float | None:
    """Return the seconds of the longest window that was seen to begin and end, None where none was."""
    longest: float | None = None
    begun: float | None = None
    for step in steps_between(exchanges, headers):
        if not (step.may_be_new and step.now.remaining > step.was.remaining):
            continue
        if begun is not None:
            longest = max(longest or 0.0, step.after.came_at - begun)
        begun = step.before.sent_at
    return longest


# --- Retry-After -------------------------------------------------------------------------------


def _retry_after_only_at_limit(promised: RateLimit) -> Clause:
    name, allowed = promised.retry_after, promised.retry_after_only_on

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.header(name) is None or exchange.status in allowed:
            return KEPT
        return Finding(FindingKind.RETRY_AFTER_UNASKED, exchange.status, name)

    return Clause(
        id="rate-limit/retry-after-only-at-limit",
        family=Family.RATE_LIMIT,
        place=promised.place,
        promise=f"{name} is sent only when the rate limit is reached",
        judge=each(lambda exchange: exchange.status < 500, look),
        explain=withheld("an answer", Expect.ACCEPTED),
        needs=NEEDED,
        topic=Topic(Aspect.WAIT),
    )


# --- at the limit ------------------------------------------------------------------------------


def is_throttled(exchange: Exchange) -> bool:
    """Apply to answers that the rate limit gave."""
    return exchange.throttled


def _enforced(place: SourceLocation, headers: QuotaHeaders) -> Clause:
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
    """Judge what happens at the limit: neither served past it, nor refused long before Remaining ran out.

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
            elif step.after.accepted and not step.may_be_new:
                finding = _served_past(step, served)
                if finding is not None:
                    yield Evidence(step.after, finding)

    return judge


def _early_refusals(steps: Sequence[Step]) -> dict[int, Finding]:
    """Return the findings on first 429s that came too early, by their step; none unless most of them did."""
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
    """Return the finding where requests were left, and no others can have spent them."""
    untold = (
        step.after.serial - step.before.serial - 1
    )  # these told no quota and may have spent from it
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
    """Return the finding where a request was served though its window was spent; *served* counts those before it."""
    limit, status = step.was.limit, step.after.status
    if limit and served > limit:
        kind = FindingKind.SERVED_PAST_LIMIT
        return Finding(kind, status, expected=limit, observed=served)
    if step.was.remaining == 0:
        return Finding(FindingKind.SERVED_AT_ZERO, status, expected=limit)
    return None


def _remaining_zero(place: SourceLocation, headers: QuotaHeaders) -> Clause:
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


def _not_before_reset(place: SourceLocation, headers: QuotaHeaders) -> Clause:
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


def _retry_after_honest(operation: Operation, documented: QuotaHeaders | None) -> Clause:
    headers = documented or USUAL_HEADERS
    wait = headers.retry_after or USUAL_HEADERS.retry_after
    reset = headers.reset or USUAL_HEADERS.reset
    return Clause(
        id="rate-limit/retry-after-honest",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD if documented is None else Level.MUST,
        place=_place_of(operation),
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
    """Judge each request that was sent after a 429 and the wait it asked for, and each wait that nobody can mean.

    For example, ``Retry-After: 5``: a request that goes 6 s later must be served; one that goes 5.5
    s later says nothing, since the number is whole seconds.
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
    """Return the finding where *wait* is a time of day, or so far beyond the window that it does not count seconds."""
    if wait >= EPOCH_S:
        return Finding(FindingKind.WAIT_IS_TIME_OF_DAY, answer.status, name, observed=wait)
    if reset is not None and reset < EPOCH_S and wait > BEYOND_WINDOW * (reset + 1):
        kind = FindingKind.WAIT_BEYOND_WINDOW
        return Finding(kind, answer.status, name, expected=reset, observed=wait)
    return None


# --- caches ------------------------------------------------------------------------------------


def _not_storable(place: SourceLocation) -> Clause:
    return Clause(
        id="rate-limit/429-not-storable",
        family=Family.RATE_LIMIT,
        place=place,
        promise="a 429 is not stored by caches (RFC 6585 4)",
        judge=each(is_throttled, _look_whether_storable),
        explain=NO_429,
        needs=NEEDED,
    )


def _look_whether_storable(exchange: Exchange) -> Finding | Looked:
    control = (exchange.header("cache-control") or "").lower()
    if "no-store" in control or "no-cache" in control:
        return KEPT
    if STORED.search(control):
        observed = quote_value(control)
        return Finding(FindingKind.STORABLE, exchange.status, "Cache-Control", observed=observed)
    expires = exchange.header("expires")
    # RFC 9111 3: Expires makes it storable too; a max-age, here of 0, comes before it (5.3).
    if expires and "max-age" not in control and _is_after(expires, exchange.header("date")):
        observed = quote_value(expires)
        return Finding(FindingKind.STORABLE, exchange.status, "Expires", observed=observed)
    return KEPT


def _is_after(date: str, other: str | None) -> bool:
    """Return whether *date* is later than *other*; what is no date, or has none to compare with, is not."""
    try:
        return parsedate_to_datetime(date) > parsedate_to_datetime(other or "")
    except (TypeError, ValueError, OverflowError):
        return False


# --- the IETF draft's fields -------------------------------------------------------------------

FIELD = re.compile(
    r'\s*"?[\w-]+"?\s*'
    r'(;\s*[a-z*][\w*.-]*\s*=\s*("[^"]*"|\d+|:[^:]*:)\s*)*\Z'
)
# As the drafts before the seventh have them.
OLDER_FIELDS = {
    "RateLimit": re.compile(r"\s*limit\s*=\s*\d+\s*(,\s*(remaining|reset)\s*=\s*\d+\s*)*\Z"),
    "RateLimit-Policy": re.compile(
        r"\s*\d+\s*(;\s*w\s*=\s*\d+)?(\s*,\s*\d+\s*(;\s*w\s*=\s*\d+)?)*\s*\Z"
    ),
}
REMAINING_PARAMETER, QUOTA_PARAMETER = "r", "q"
REQUIRED_PARAMETER = {"RateLimit": REMAINING_PARAMETER, "RateLimit-Policy": QUOTA_PARAMETER}


def _structured_fields(place: SourceLocation) -> Clause:
    return Clause(
        id="rate-limit/structured-fields",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise="RateLimit and RateLimit-Policy parse as structured fields and agree (IETF draft)",
        judge=each(always, _look_at_fields),
        explain=missing(MissingKind.NO_STRUCTURED_FIELDS),
        needs=NEEDED,
    )


def _look_at_fields(exchange: Exchange) -> Finding | Looked:
    sent: dict[str, str] = {}
    for name in REQUIRED_PARAMETER:
        value = exchange.header(name)
        if value is None:
            continue
        if not _parses(name, value):
            observed = quote_value(value)
            return Finding(FindingKind.FIELD_MALFORMED, exchange.status, name, observed=observed)
        sent[name] = value
    if not sent:
        return NOTHING
    return _disagreement(exchange.status, sent) or KEPT


def _parses(name: str, value: str) -> bool:
    """Return whether each item is a structured field with the parameter it must have, or of an earlier draft's form."""
    if OLDER_FIELDS[name].match(value):
        return True
    return all(
        not (not FIELD.match(item) or _parameter_of(item, REQUIRED_PARAMETER[name]) is None)
        for item in value.split(",")
    )


def _disagreement(status: int, sent: Mapping[str, str]) -> Finding | None:
    """Return where what is left is of no policy that is told, or more than its quota; earlier drafts name no policies."""
    left_by_policy = _by_policy(sent.get("RateLimit", ""), REMAINING_PARAMETER)
    quota_by_policy = _by_policy(sent.get("RateLimit-Policy", ""), QUOTA_PARAMETER)
    if not quota_by_policy:
        return None
    for policy, left in left_by_policy.items():
        if policy not in quota_by_policy:
            known = tuple(quota_by_policy)
            return Finding(FindingKind.POLICY_UNKNOWN, status, expected=known, observed=policy)
        quota = quota_by_policy[policy]
        if left > quota:
            return Finding(FindingKind.POLICY_EXCEEDED, status, expected=quota, observed=left)
    return None


def _by_policy(value: str, parameter: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in value.split(","):
        number = _parameter_of(item, parameter)
        if number is not None:
            found[item.partition(";")[0].strip()] = number
    return found


def _parameter_of(item: str, name: str) -> int | None:
    # RFC 9651 3.3.1: at most 15 digits.
    found = re.search(rf";\s*{name}\s*=\s*(\d{{1,15}})(?!\d)", item)
    return int(found.group(1)) if found else None
