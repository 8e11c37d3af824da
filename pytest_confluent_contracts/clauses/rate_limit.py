"""Do the rate-limit headers tell the truth, one by one and over a whole run?"""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses import (
    rate_at_limit,
    rate_waits,
    rate_windows,
    shape,
    structured_fields,
)
from pytest_confluent_contracts.clauses.rate_answers import (
    NEEDED,
    NO_429,
    SLACK_S,
    is_throttled,
    judge_each_policy,
    may_be_by_another_limit,
    own_quota,
)
from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    NOTHING,
    SERVED,
    Looked,
    always,
    each,
    missing,
    quote_value,
    unless_answered,
    with_status,
    withheld,
)
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.promises import ResetUnit
from pytest_confluent_contracts.model.quota import (
    EPOCH_MS,
    EPOCH_S,
    USUAL_HEADERS,
    QuotaHeaders,
    known_headers,
    promised_headers,
    whole_number,
)
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Header, Operation
    from pytest_confluent_contracts.model.promises import RateLimit
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

A_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
STORED = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?[1-9]|\bpublic\b|\bimmutable\b")


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the documented headers, the rules on their numbers, and what happens at the limit.

    Where no headers are documented, the rules hold for those of the usual names. What the document
    does not state, but its names and words let expect, is SHOULD.
    """
    promised = operation.promises.rate_limit
    documented = promised_headers(operation)
    place = operation.place if promised is None else promised.place
    if promised is not None and documented is not None:
        yield from _documented_headers(operation)
        yield from _promised_numbers(promised, documented)
        if promised.retry_after and not promised.inferred:
            yield _retry_after_only_at_limit(promised)
    else:
        yield from _usual_numbers(operation.place)
    if operation.promises.refusals.throttled or (promised and promised.may_refuse_with):
        known = known_headers(operation)
        if promised is not None and documented is not None:
            yield from _at_documented_limit(promised, documented, known)
        level = _level_of(promised)
        yield rate_waits.wait_honest(place, known, level)
        yield rate_waits.wait_exact(place, known)
        yield _not_storable(place)
    yield structured_fields.fields_agree(place)


def _level_of(promised: RateLimit | None) -> Level:
    """Return how strongly the rules on the numbers are promised: what is inferred warns at most."""
    is_stated = promised is not None and not promised.inferred
    if is_stated:
        return Level.MUST
    return Level.SHOULD


def _at_documented_limit(
    promised: RateLimit, documented: QuotaHeaders, known: QuotaHeaders
) -> Iterator[Clause]:
    place, level = promised.place, _level_of(promised)
    is_stated = not promised.inferred
    if promised.in_windows:
        yield rate_at_limit.limit_enforced(place, documented, level)
    if is_stated:
        yield rate_at_limit.remaining_zero_on_429(place, known)
    elif promised.remaining and promised.in_windows:
        yield rate_at_limit.remaining_zero_on_429(place, known, _is_of_told_limit(documented))
    tells_both = bool(documented.reset and documented.retry_after)
    if tells_both and (promised.in_windows or documented.are_of_drafts):
        yield rate_waits.wait_not_before_reset(place, documented)
    tells_when = promised.reset_unit is not ResetUnit.UNKNOWN
    if promised.reset and promised.in_windows and tells_when:
        yield rate_waits.reset_honest(place, known, level)


def _is_of_told_limit(headers: QuotaHeaders) -> Applies:
    """Apply to answers at the limit but those that may be for one of which no header tells."""

    def applies(exchange: Exchange) -> bool:
        return is_throttled(exchange) and not may_be_by_another_limit(exchange, headers)

    return applies


# --- the documented headers --------------------------------------------------------------------


def _documented_headers(operation: Operation) -> Iterator[Clause]:
    names = shape.limit_headers(operation)
    for response in operation.responses:
        for header in response.headers:
            if header.name.lower() in names:
                yield from _documented_header(operation, response.status, header)


def _documented_header(operation: Operation, status: str, header: Header) -> Iterator[Clause]:
    id, applies = f"{status}/header/{header.name}", with_status(status)
    held = shape.with_words(operation, header)
    if shape.asks_to_wait(status, header):  # as while something is made (RFC 9110 10.2.3)
        owed = shape.explain_success(operation, status)
        yield from shape.header_clauses(Family.RATE_LIMIT, id, status, header, applies, owed)
        return
    if status.startswith("2"):
        owed = shape.explain_success(operation, status)
        yield shape.header_clause(Family.RATE_LIMIT, id, status, held, applies, owed, SERVED)
        return
    yield shape.header_clause(Family.RATE_LIMIT, id, status, held, applies, NO_429, NEEDED)


# --- the numbers of one answer -----------------------------------------------------------------


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
    explain = unless_answered(MissingKind.HEADERS_UNREADABLE, ", ".join(headers.count_names))
    place, level = promised.place, _level_of(promised)
    if headers.limit and headers.remaining:
        yield _remaining_at_most_limit(place, headers, explain, level)
    if headers.limit and promised.in_windows:
        yield rate_windows.limit_constant(place, headers, explain, level)
    if headers.reset:
        yield from _reset_as_told(promised, headers, explain)
    if promised.in_windows:
        yield from _numbers_of_windows(promised, headers, explain)
    yield from _numbers_beside(promised, headers)


def _numbers_beside(promised: RateLimit, headers: QuotaHeaders) -> Iterator[Clause]:
    """Yield what holds for the numbers that some services tell beside the usual ones."""
    if headers.period and headers.reset:
        yield _reset_within_period(promised.place, headers)
    if headers.used and headers.limit and headers.remaining:
        yield _used_agrees(promised.place, headers)


def _reset_as_told(
    promised: RateLimit, headers: QuotaHeaders, explain: Explain
) -> Iterator[Clause]:
    """Yield in which unit Reset is told, where the document says so."""
    place, level = promised.place, _level_of(promised)
    if promised.reset_unit is ResetUnit.EPOCH:
        yield _reset_is_time_of_day(place, headers, explain, level)
    elif promised.reset_is_relative and promised.in_windows:
        yield rate_windows.reset_relative(place, headers, explain, level)
    elif promised.reset_is_relative:
        yield _reset_is_no_time_of_day(place, headers, explain, level)


def _numbers_of_windows(
    promised: RateLimit, headers: QuotaHeaders, explain: Explain
) -> Iterator[Clause]:
    """Yield what holds from answer to answer where requests are counted in windows."""
    place, level = promised.place, _level_of(promised)
    if headers.reset and promised.reset_is_relative:
        yield rate_windows.reset_counts_down(place, headers, explain, level)
    if headers.remaining and headers.reset:
        yield rate_windows.remaining_counts_down(place, headers, explain, level)
        if promised.reset_is_relative:
            yield rate_windows.reset_moves(place, headers)
            yield rate_windows.window_as_told(place, headers)


def _remaining_at_most_limit(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    def judge_of(followed: QuotaHeaders) -> Judge:
        return each(always, _look_whether_within_limit(followed))

    return Clause(
        id="rate-limit/remaining-at-most-limit",
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=f"{headers.remaining} is at most {headers.limit}",
        judge=judge_each_policy(headers, judge_of),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )


def _look_whether_within_limit(headers: QuotaHeaders) -> Look:
    own_quota_of = own_quota(headers)

    def look(exchange: Exchange) -> Finding | Looked:
        told = own_quota_of(exchange)
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

    return look


# --- the unit of Reset -------------------------------------------------------------------------


def _reset_is_no_time_of_day(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that Reset is seconds from now, for a limit that may slide or leak."""
    own_quota_of = own_quota(headers)

    def look(exchange: Exchange) -> Finding | Looked:
        told = own_quota_of(exchange)
        if told is None or told.reset is None:
            return NOTHING
        if told.reset < EPOCH_S:
            return KEPT
        kind = FindingKind.RESET_IS_TIME_OF_DAY
        return Finding(kind, exchange.status, headers.reset, observed=told.reset)

    return Clause(
        id="rate-limit/reset-relative",
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=f"{headers.reset} is seconds from now, not a time of day",
        judge=each(always, look),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.OTHER),
    )


def _reset_is_time_of_day(
    place: SourceLocation, headers: QuotaHeaders, explain: Explain, level: Level
) -> Clause:
    """Return the clause that Reset is seconds since 1970: no seconds from now, no milliseconds."""
    tells_own_quota = own_quota(replace(headers, reset_unit=ResetUnit.UNKNOWN))

    def look(exchange: Exchange) -> Finding | Looked:
        reset = whole_number(exchange.header(headers.reset))
        if reset is None or tells_own_quota(exchange) is None:
            return NOTHING
        status, name = exchange.status, headers.reset
        if reset < EPOCH_S:
            return Finding(FindingKind.RESET_IS_NO_TIME_OF_DAY, status, name, observed=reset)
        if reset >= EPOCH_MS:
            return Finding(FindingKind.RESET_IN_MILLISECONDS, status, name, observed=reset)
        return KEPT

    return Clause(
        id="rate-limit/reset-epoch",
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=f"{headers.reset} is a time of day, in seconds since 1970 (UTC)",
        judge=each(always, look),
        explain=explain,
        needs=NEEDED,
        topic=Topic(Aspect.OTHER),
    )


# --- what some services tell beside -------------------------------------------------------------


def _reset_within_period(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that a window ends within the period that is told of it."""
    own_quota_of = own_quota(headers)

    def look(exchange: Exchange) -> Finding | Looked:
        told = own_quota_of(exchange)
        if told is None or told.window is None or told.seconds_to_reset is None:
            return NOTHING
        if told.seconds_to_reset <= told.window + SLACK_S:
            return KEPT
        return Finding(
            FindingKind.RESET_BEYOND_PERIOD,
            exchange.status,
            headers.reset,
            expected=(headers.period, told.window),
            observed=told.seconds_to_reset,
        )

    return Clause(
        id="rate-limit/reset-within-period",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise=f"{headers.reset} is at most {headers.period}",
        judge=each(always, look),
        explain=missing(MissingKind.HEADERS_UNREADABLE, f"{headers.reset}, {headers.period}"),
        needs=NEEDED,
        topic=Topic(Aspect.OTHER),
    )


def _used_agrees(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that what was used and what is left make up the limit.

    Where none is left, more may have been asked for than the limit allows.
    """
    own_quota_of = own_quota(headers)

    def look(exchange: Exchange) -> Finding | Looked:
        told, used = own_quota_of(exchange), whole_number(exchange.header(headers.used))
        if told is None or used is None or told.limit is None or not told.remaining:
            return NOTHING
        if used + told.remaining == told.limit:
            return KEPT
        return Finding(
            FindingKind.USED_DISAGREES,
            exchange.status,
            headers.used,
            expected=(headers.limit, told.limit, headers.remaining, told.remaining),
            observed=used,
        )

    return Clause(
        id="rate-limit/used-agrees",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise=f"{headers.used} and {headers.remaining} make up {headers.limit}",
        judge=each(always, look),
        explain=missing(MissingKind.HEADERS_UNREADABLE, f"{headers.used}, {headers.remaining}"),
        needs=NEEDED,
        topic=Topic(Aspect.QUOTA),
    )


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
    """Return whether *date* is later than *other*, both as RFC 9110 5.6.7 writes dates.

    What is no date, or has none to compare with, is not later.
    """
    try:
        return parsedate_to_datetime(date) > parsedate_to_datetime(other or "")
    except (TypeError, ValueError, OverflowError):
        return False
