"""Which answers tell of the rate limit, and what does each say of the run's own quota?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.reading import SERVED, find_once, missing
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Family,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.quota import (
    POLICY_FIELD,
    STATE_FIELD,
    USUAL_HEADERS,
    Quota,
    QuotaHeaders,
    quota_of,
    quotas_told,
)
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Evidence, Explain, Judge
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

    QuotaOf = Callable[[Exchange], Quota | None]

SLACK_S = 1.0  # headers are whole seconds
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

    def read(exchange: Exchange) -> Quota:
        return quota_of(exchange, headers)

    def own_quota_of(exchange: Exchange) -> Quota | None:
        if exchange.case.probe is Probe.CREDENTIALS:
            return None
        if not (exchange.accepted or exchange.throttled):
            return None
        told = find_once(headers, exchange, read)
        if not told.tells_number:
            return None
        return told

    return own_quota_of


def judge_each_policy(headers: QuotaHeaders, judge_of: Callable[[QuotaHeaders], Judge]) -> Judge:
    """Return the judge that *judge_of* makes, for each policy that a structured field tells.

    Each is a quota of its own: what is left of an hour says nothing of what is left of a second.
    """
    if not headers.are_structured:
        return judge_of(headers)

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for policy in _policies_told(exchanges):
            yield from judge_of(replace(headers, policy=policy))(exchanges)

    return judge


def _policies_told(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    """Return the policies of which *exchanges* tell, each once, in the order in which they came."""
    found: dict[str, None] = {}
    for exchange in exchanges:
        for told in quotas_told(exchange.field(STATE_FIELD), exchange.field(POLICY_FIELD)):
            found[told.policy] = None
    return tuple(found)


def is_by_another_policy(refused: Exchange, headers: QuotaHeaders) -> bool:
    """Return whether a 429 came because nothing is left of another policy than the followed one."""
    least = quota_of(refused, replace(headers, policy=""))
    return least.remaining == 0 != quota_of(refused, headers).remaining


def may_be_by_another_limit(refused: Exchange, headers: QuotaHeaders) -> bool:
    """Return whether a 429 may be for a limit that no header tells, such as on what is in flight.

    It asks to wait for another time than Reset does. A document that only
    names the headers does not say that there is no such limit.
    """
    wait = headers.retry_after or USUAL_HEADERS.retry_after  # which need not be documented
    told = quota_of(refused, replace(headers, retry_after=wait))
    if told.retry_after is None or told.reset is None:
        return False
    return abs(told.retry_after - told.reset) > 2 * SLACK_S
