"""Which answers tell of the rate limit, and what does each say of the run's own quota?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.reading import SERVED, missing
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Family,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.quota import Quota, QuotaHeaders, read_quota
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

    QuotaOf = Callable[[Exchange], Quota | None]

NEEDED = SERVED | {Probe.THROTTLE}
NO_429 = missing(MissingKind.NO_429, probe=Probe.THROTTLE)


def clause_over_time(
    id: str,
    place: SourceLocation,
    promise: str,
    judge: Judge,
    explain: Explain,
    level: Level = Level.MUST,
    aspect: Aspect = Aspect.QUOTA,
) -> Clause:
    """Return a clause of the rate limit that several answers in a row are judged by."""
    return Clause(
        id=id,
        family=Family.RATE_LIMIT,
        level=level,
        place=place,
        promise=promise,
        judge=judge,
        explain=explain,
        needs=NEEDED,
        topic=Topic(aspect),
        sequential=True,
    )


def is_throttled(exchange: Exchange) -> bool:
    """Apply to answers that the rate limit gave."""
    return exchange.throttled


def own_quota(headers: QuotaHeaders) -> QuotaOf:
    """Return what reads from an answer the quota of the run's own credentials.

    It gives None where an answer says nothing of it: answers to wrong credentials, and refusals
    other than a 429, may tell of somebody else's quota.
    """

    def quota_of(exchange: Exchange) -> Quota | None:
        if exchange.case.probe is Probe.CREDENTIALS:
            return None
        if not (exchange.accepted or exchange.throttled):
            return None
        told = read_quota(exchange.header, headers)
        if told.limit is None and told.remaining is None and told.reset is None:
            return None
        return told

    return quota_of
