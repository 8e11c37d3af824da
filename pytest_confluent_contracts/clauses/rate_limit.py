"""Do the rate-limit headers tell the truth, one by one and over a whole run?"""

from __future__ import annotations

import re
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
    is_throttled,
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
from pytest_confluent_contracts.model.quota import (
    USUAL_HEADERS,
    QuotaHeaders,
    known_headers,
    promised_headers,
    whole_number,
)
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.clauses import Explain
    from pytest_confluent_contracts.model.documents import Header, Operation
    from pytest_confluent_contracts.model.promises import RateLimit
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

A_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
STORED = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?[1-9]|\bpublic\b|\bimmutable\b")


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the documented headers, the rules on their numbers, and what happens at the limit.

    Where no headers are documented, the rules hold for those of the usual names.
    """
    promised = operation.promises.rate_limit
    documented = promised_headers(operation)
    place = operation.place if promised is None else promised.place
    if promised is not None and documented is not None:
        yield from _documented_headers(operation)
        yield from _promised_numbers(promised, documented)
        if promised.retry_after:
            yield _retry_after_only_at_limit(promised)
    else:
        yield from _usual_numbers(operation.place)
    if operation.promises.refusals.throttled:
        known = known_headers(operation)
        if documented is not None:
            yield from _at_documented_limit(place, documented, known)
        if promised is not None and promised.reset and promised.reset_is_relative:
            yield rate_waits.reset_honest(place, known)
        level = Level.SHOULD if documented is None else Level.MUST
        yield rate_waits.wait_honest(place, known, level)
        yield rate_waits.wait_exact(place, known)
        yield _not_storable(place)
    yield structured_fields.fields_agree(place)


def _at_documented_limit(
    place: SourceLocation, documented: QuotaHeaders, known: QuotaHeaders
) -> Iterator[Clause]:
    yield rate_at_limit.limit_enforced(place, documented)
    yield rate_at_limit.remaining_zero_on_429(place, known)
    if documented.reset and documented.retry_after:
        yield rate_waits.wait_not_before_reset(place, documented)


# --- the documented headers --------------------------------------------------------------------


def _documented_headers(operation: Operation) -> Iterator[Clause]:
    names = shape.limit_headers(operation)
    for response in operation.responses:
        for header in response.headers:
            if header.name.lower() in names:
                yield _documented_header(operation, response.status, header)


def _documented_header(operation: Operation, status: str, header: Header) -> Clause:
    id, applies = f"{status}/header/{header.name}", with_status(status)
    held = shape.with_words(operation, header)
    if status.startswith("2"):
        owed = shape.explain_success(operation, status)
        return shape.header_clause(Family.RATE_LIMIT, id, status, held, applies, owed, SERVED)
    return shape.header_clause(Family.RATE_LIMIT, id, status, held, applies, NO_429, NEEDED)


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
    names = [name for name in (headers.limit, headers.remaining, headers.reset) if name]
    explain = unless_answered(MissingKind.HEADERS_UNREADABLE, ", ".join(names))
    place = promised.place
    if headers.limit and headers.remaining:
        yield _remaining_at_most_limit(place, headers, explain, Level.MUST)
    if headers.limit:
        yield rate_windows.limit_constant(place, headers, explain)
    if headers.reset and promised.reset_is_relative:
        yield rate_windows.reset_relative(place, headers, explain)
        yield rate_windows.reset_counts_down(place, headers, explain)
    if headers.remaining and headers.reset:
        yield rate_windows.remaining_counts_down(place, headers, explain)
        if promised.reset_is_relative:
            yield rate_windows.reset_moves(place, headers)
            yield rate_windows.window_as_told(place, headers)


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
