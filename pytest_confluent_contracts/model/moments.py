"""Which instant does a time stamp tell, and how finely does the clock behind it tick?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Iterable

TICKS_US = (10**6, 500_000, 250_000, 200_000, 100_000)  # microseconds between two ticks of a clock
FINEST_TICK_S = 0.045


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
    return parsed if parsed.tzinfo else None


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
