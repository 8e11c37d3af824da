"""Is it worth waiting as a 429 asks? Retry-After and Reset, held to when the next one is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import (
    NEEDED,
    NO_429,
    SLACK_S,
    clause_over_time,
    is_throttled,
)
from pytest_confluent_contracts.clauses.reading import KEPT, NOTHING, Looked, each
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
from pytest_confluent_contracts.model.quota import EPOCH_S, QuotaHeaders, quota_of
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.quota import Quota
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

    AskedWait = Callable[[Quota], int | None]

# A wait so many times longer than what is left of the window counts milliseconds, no patience.
BEYOND_WINDOW = 100
# Rounded to the next second, a wait is short by half of one at most; rounded down, by a whole one,
# which is no more than a rounding unless it is a good part of the wait.
ROUNDED_S, ROUNDED_SHARE = 0.5, 1 / 3


# --- what one 429 says -------------------------------------------------------------------------


def wait_not_before_reset(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that a 429 does not ask back before the window ends.

    ``Retry-After: 10`` beside a Reset of 12 breaks it: who waits as asked is refused again. Beside
    11 it may be the rounding of both: of 10.5 s, one is told as 10 and the other as 11.
    """

    def look(exchange: Exchange) -> Finding | Looked:
        told = quota_of(exchange, headers)
        if told.retry_after is None or told.reset is None:
            return NOTHING
        if told.retry_after + SLACK_S >= told.reset:
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
        promise=f"{headers.retry_after} is not earlier than {headers.reset}, but for rounding",
        judge=each(is_throttled, look),
        explain=NO_429,
        needs=NEEDED,
        topic=Topic(Aspect.WAIT),
    )


# --- the wait that it asks for -----------------------------------------------------------------


def wait_honest(place: SourceLocation, headers: QuotaHeaders, level: Level) -> Clause:
    """Return the clause that who waited as long as a 429 asked is served."""
    return clause_over_time(
        id="rate-limit/retry-after-honest",
        place=place,
        promise=f"after {headers.retry_after} has passed, a request is not answered 429",
        judge=_judge_waits(headers),
        explain=_explain_no_wait,
        level=level,
        aspect=Aspect.WAIT,
    )


def wait_exact(place: SourceLocation, headers: QuotaHeaders) -> Clause:
    """Return the clause that a wait is not short by more than its rounding."""
    return clause_over_time(
        id="rate-limit/retry-after-exact",
        place=place,
        promise=f"{headers.retry_after} is not short by more than its rounding",
        judge=_judge_shortness(headers),
        explain=_explain_no_wait,
        level=Level.SHOULD,
        aspect=Aspect.WAIT,
    )


def reset_honest(place: SourceLocation, headers: QuotaHeaders, level: Level) -> Clause:
    """Return the clause that a request is served once the Reset of a 429 has run out."""
    asked = _seconds_to_reset if level is Level.MUST else _seconds_to_reset_alone
    return clause_over_time(
        id="rate-limit/reset-honest",
        place=place,
        promise=f"after {headers.reset} has passed, a request is not answered 429",
        judge=_judge_resets(headers, asked),
        explain=_explain_no_wait,
        level=level,
    )


def _explain_no_wait(exchanges: Sequence[Exchange]) -> MissingEvidence:
    if any(map(is_throttled, exchanges)):
        return MissingEvidence(MissingKind.NO_WAIT_AS_ASKED)
    return MissingEvidence(MissingKind.LIMIT_NOT_EXHAUSTED, probe=Probe.THROTTLE)


def _retry_after(told: Quota) -> int | None:
    return told.retry_after


def _seconds_to_reset(told: Quota) -> int | None:
    return told.seconds_to_reset


def _seconds_to_reset_alone(told: Quota) -> int | None:
    """Return the seconds to Reset, None where the answer asks to wait for another time.

    It may be for a limit of which Reset does not tell.
    """
    reset = told.seconds_to_reset
    if reset is not None and told.retry_after is not None:
        if abs(told.retry_after - reset) <= 2 * SLACK_S:
            return reset
        return None
    return reset


class Wait:
    """One wait that was kept to: the 429 that asked for it, and what was sent after it had passed.

    ``seconds`` were asked for; ``answers`` go up to the first that is no 429, and that one.
    """

    def __init__(self, asked_by: Exchange, seconds: int) -> None:
        self.asked_by, self.seconds = asked_by, seconds
        self.answers: list[Exchange] = []

    def waited(self, answer: Exchange) -> float:
        """Return the seconds between the 429 and the request of *answer*."""
        # Clocks count in floats, archives in milliseconds: a wait of just that long must not fall
        # short by a rounding.
        return round(answer.sent_at - self.asked_by.came_at, 2)

    def is_over_for(self, answer: Exchange) -> bool:
        """Return whether the request of *answer* went when the time was up."""
        return not answer.failure and self.waited(answer) >= self.seconds

    def is_refused_in_slack(self, answer: Exchange) -> bool:
        """Return whether *answer* is a 429 that the rounding of the wait may explain."""
        return answer.throttled and self.waited(answer) < self.seconds + SLACK_S


def _waits_kept(
    exchanges: Sequence[Exchange], headers: QuotaHeaders, asked: AskedWait
) -> Iterator[Wait]:
    """Yield each wait that was kept to, with at least one answer after it.

    A request that goes before the time is up says nothing, and ends the wait: the answer to it
    asks for one of its own. So does one that is refused a second after the time was up. Those of
    other credentials are left out, for they have a quota of their own.
    """
    wait: Wait | None = None
    for exchange in exchanges:
        if exchange.case.probe is Probe.CREDENTIALS:
            continue
        if wait is not None and wait.is_over_for(exchange):
            wait.answers.append(exchange)
            if wait.is_refused_in_slack(exchange):
                continue
        if wait is not None and wait.answers:
            yield wait
        wait = _wait_asked_by(exchange, headers, asked)
    if wait is not None and wait.answers:
        yield wait


def _wait_asked_by(exchange: Exchange, headers: QuotaHeaders, asked: AskedWait) -> Wait | None:
    if exchange.failure or not exchange.throttled:
        return None
    seconds = asked(quota_of(exchange, headers))
    if seconds is None:
        return None
    return Wait(exchange, seconds)


def _judge_waits(headers: QuotaHeaders) -> Judge:
    """Judge each request sent after a 429 and the wait it asked for, and waits nobody can mean.

    For example, ``Retry-After: 5``: a request that goes 6 s later must be served. One that goes
    5.5 s later and is refused says nothing, since the number is whole seconds.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        absurd = {
            exchange.serial: Evidence(exchange, finding)
            for exchange, finding in _absurd_waits(exchanges, headers)
        }
        for wait in _waits_kept(exchanges, headers, _retry_after):
            last = wait.answers[-1]
            if wait.asked_by.serial in absurd or last.serial in absurd:
                continue
            if not last.throttled:
                yield Evidence(last)
            elif wait.waited(last) >= wait.seconds + SLACK_S:
                yield Evidence(last, _in_vain(wait, headers.retry_after))
        yield from absurd.values()

    return judge


def _in_vain(wait: Wait, name: str) -> Finding:
    last = wait.answers[-1]
    return Finding(
        FindingKind.WAIT_IN_VAIN,
        last.status,
        name,
        expected=wait.seconds,
        observed=last.sent_at - wait.asked_by.came_at,
    )


def _judge_shortness(headers: QuotaHeaders) -> Judge:
    """Judge by when the next request was served: a slack of a second hides much of a short wait.

    For example, ``Retry-After: 1`` and, 1.75 s later, still a 429: the wait was short by 0.75 s, of
    at least 1.75. ``Retry-After: 30``, still refused 30.75 s later, is 30.9 s rounded down.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for wait in _waits_kept(exchanges, headers, _retry_after):
            refused = [wait.waited(answer) for answer in wait.answers if answer.throttled]
            needed = max(refused, default=0.0)
            short = needed - wait.seconds
            if short <= max(ROUNDED_S, ROUNDED_SHARE * needed):
                yield Evidence(wait.answers[-1])
                continue
            yield Evidence(
                wait.asked_by,
                Finding(
                    FindingKind.WAIT_TOO_SHORT,
                    wait.asked_by.status,
                    headers.retry_after,
                    expected=needed,
                    observed=wait.seconds,
                ),
            )

    return judge


def _judge_resets(headers: QuotaHeaders, asked: AskedWait) -> Judge:
    """Judge each request sent after a 429 once its Reset has run out.

    For example, Reset 5 and, 6 s later, a 429 that tells Reset 1: the window lasts longer than it
    said. A 429 that tells 60 is of the next window, which others may have spent.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for wait in _waits_kept(exchanges, headers, asked):
            last = wait.answers[-1]
            if not last.throttled:
                yield Evidence(last)
                continue
            now = quota_of(last, headers).seconds_to_reset
            is_next_window = now is not None and now > wait.seconds + SLACK_S
            if wait.waited(last) >= wait.seconds + SLACK_S and not is_next_window:
                yield Evidence(last, _in_vain(wait, headers.reset))

    return judge


def _absurd_waits(
    exchanges: Sequence[Exchange], headers: QuotaHeaders
) -> Iterator[tuple[Exchange, Finding]]:
    """Yield each 429 whose wait does not count seconds.

    It is a time of day, or so far beyond the window that it counts milliseconds: with a Reset of
    4 s, 501 is too long and 500 is not.
    """
    for exchange in exchanges:
        if exchange.failure or not exchange.throttled or exchange.case.probe is Probe.CREDENTIALS:
            continue
        told = quota_of(exchange, headers)
        wait, reset = told.retry_after, told.seconds_to_reset
        if wait is None:
            continue
        status, name = exchange.status, headers.retry_after
        if wait >= EPOCH_S:
            kind = FindingKind.WAIT_IS_TIME_OF_DAY
            yield exchange, Finding(kind, status, name, observed=wait)
        elif reset is not None and wait > BEYOND_WINDOW * (reset + 1):
            kind = FindingKind.WAIT_BEYOND_WINDOW
            yield exchange, Finding(kind, status, name, expected=reset, observed=wait)
