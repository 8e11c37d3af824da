"""Which instant does a time stamp tell, and how finely does the clock behind it tick?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Iterable

TICKS_US = (10**6, 500_000, 250_000, 200_000, 100_000)  # microseconds between two ticks of a clock
FINEST_TICK_S = 0.045
# RFC 3339 5.6: a date, T, t or a space, and a time with its fraction and its offset.
TIME_STAMP = re.compile(
    r"(?P<whole>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?P<offset>[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


def parse_moment(body: Any, path: str) -> datetime | None:
    """Return the RFC 3339 time at *path*, None where there is none.

    A text that is no time, or has no offset, is none: ``shape`` says so of it.
    """
    value = paths.value_at(body, path)
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.upper())  # RFC 3339 5.6: t and z too
    except ValueError:
        return None
    if not parsed.tzinfo:
        return None
    return parsed


def instant_told(text: str) -> str | None:
    """Return the instant that an RFC 3339 time tells, alike for all its notations.

    It is None where *text* is no such time. A fraction counts to its last digit, zeros aside.

    >>> instant_told("2026-01-01T01:00:00.50+01:00")
    '2026-01-01T00:00:00+00:00 .5'
    """
    found = TIME_STAMP.fullmatch(text)
    if found is None:
        return None
    try:
        told = datetime.fromisoformat(f"{found['whole']}{found['offset']}".upper())
        instant = told.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, a leap second, the first hours of year 1
        return None
    fraction = (found["fraction"] or "").rstrip("0")
    return f"{instant.isoformat()} .{fraction}"


def parse_http_date(text: str | None) -> datetime | None:
    """Return the time that a ``Date`` header tells, None where it tells none (RFC 9110 5.6.7)."""
    try:
        told = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):  # no date, or a year beyond numbers
        return None
    if told.tzinfo:
        return told
    return told.replace(tzinfo=UTC)  # asctime has no zone and means UTC


def granularity(stamps: Iterable[datetime]) -> float:
    """Return the seconds between two ticks of the clock that shows in *stamps*.

    It is the largest of `TICKS_US` of which all are multiples: 1.0 for whole seconds, 0.5 for
    10:00:00 and 10:00:01.5. No clock is taken for finer than `FINEST_TICK_S`.
    """
    shown = {stamp.microsecond for stamp in stamps}
    for tick in TICKS_US:
        if not any(microseconds % tick for microseconds in shown):
            return tick / 10**6
    return FINEST_TICK_S
