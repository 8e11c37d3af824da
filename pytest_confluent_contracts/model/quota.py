"""What does an answer say of the rate limit? Limit, Remaining, Reset and Retry-After."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.documents import Operation

# What headers are called where no document says so; the first name of each is the usual one.
USUAL_NAMES = {
    "limit": ("X-RateLimit-Limit", "X-Rate-Limit-Limit"),
    "remaining": ("X-RateLimit-Remaining", "X-Rate-Limit-Remaining"),
    "reset": ("X-RateLimit-Reset", "X-Rate-Limit-Reset"),
    "retry_after": ("Retry-After",),
}
# So many seconds, or more, are a time of day (since 1970) and no time to wait.
EPOCH_S = 10**9
WHOLE_NUMBER = re.compile(r"[0-9]{1,19}\Z")
BELOW_ZERO = re.compile(r"-[0-9]{1,19}\Z")
# A fraction is judged elsewhere, and can be waited out all the same.
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class QuotaHeaders:
    """The names of the headers that tell the rate limit; ``""`` is one that is not promised."""

    limit: str
    remaining: str
    reset: str
    retry_after: str

    @property
    def names(self) -> tuple[str, ...]:
        """Return those names that are promised."""
        return tuple(
            name for name in (self.limit, self.remaining, self.reset, self.retry_after) if name
        )


USUAL_HEADERS = QuotaHeaders(**{role: names[0] for role, names in USUAL_NAMES.items()})


@dataclass(frozen=True, slots=True)
class Quota:
    """What one answer says, in requests and seconds.

    None stands where a header is absent, or no whole number.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None
    retry_after: int | None = None

    @property
    def seconds_to_reset(self) -> int | None:
        """Return the seconds until the window ends.

        None where Reset is not told, or is a time of day.
        """
        return None if self.reset is None or self.reset >= EPOCH_S else self.reset


def promised_headers(operation: Operation) -> QuotaHeaders | None:
    """Return the headers that the document promises, None where it promises none."""
    told = operation.promises.rate_limit
    return (
        None
        if told is None
        else QuotaHeaders(told.limit, told.remaining, told.reset, told.retry_after)
    )


def known_headers(operation: Operation) -> QuotaHeaders:
    """Return the headers by which an answer to *operation* may tell its quota.

    They are those that are promised, else those of the usual names.
    """
    told = promised_headers(operation) or USUAL_HEADERS
    return QuotaHeaders(
        limit=told.limit or USUAL_HEADERS.limit,
        remaining=told.remaining or USUAL_HEADERS.remaining,
        reset=told.reset or USUAL_HEADERS.reset,
        retry_after=told.retry_after or USUAL_HEADERS.retry_after,
    )


def read_quota(header: Callable[[str], str | None], headers: QuotaHeaders) -> Quota:
    """Return what an answer says of the quota.

    *header* gives the value of one of its headers by name. A Remaining below 0 counts as 0: it says
    how many were served too many, and no request is left.
    """
    return Quota(
        limit=_number_in(header, headers.limit),
        remaining=_requests_left(header, headers.remaining),
        reset=_number_in(header, headers.reset),
        retry_after=_number_in(header, headers.retry_after),
    )


def _number_in(header: Callable[[str], str | None], name: str) -> int | None:
    return whole_number(header(name)) if name else None


def _requests_left(header: Callable[[str], str | None], name: str) -> int | None:
    left = header(name) if name else None
    return 0 if left is not None and BELOW_ZERO.match(left) else whole_number(left)


def whole_number(text: str | None) -> int | None:
    """Return the number that *text* is, None where it is none.

    Only ASCII digits make one, at most 19 of them: ``"12"`` is 12, ``"12.0"`` and ``"+12"`` are
    none.
    """
    return int(text) if text is not None and WHOLE_NUMBER.match(text) else None


def parse_retry_after(text: str | None, date: str | None) -> float | None:
    """Return the seconds that a Retry-After asks to wait, None where it is absent or no such thing.

    A date (RFC 9110 10.2.3) is counted from *date*, the answer's own Date: with ``Thu, 01 Jan 2026
    00:00:30 GMT`` and the Date ``Thu, 01 Jan 2026 00:00:00 GMT``, 30.0. One that has passed asks
    for no wait.
    """
    if text and SECONDS.match(text):
        return float(text)
    try:
        apart = parsedate_to_datetime(text or "") - parsedate_to_datetime(date or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, apart.total_seconds())
