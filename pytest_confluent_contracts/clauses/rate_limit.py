"""Do the rate-limit headers tell the truth, one by one and over a whole run?"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses import shape
from pytest_confluent_contracts.clauses.reading import (
    SERVED,
    each,
    quote_value,
    skipped,
    throttled,
    with_status,
    withheld,
)
from pytest_confluent_contracts.contract import Absence, Absentee, Clause, Evidence, Judge, Promise
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Header, Operation
    from pytest_confluent_contracts.model.sources import SourceLocation

EPOCH = 10**9
SLACK = 1.0
SHORTEST_WINDOW = 0.5
MOST = 0.95  # of the requests: the service's clock and the run's do not part them at the same moment
BEYOND = 100  # times what is left of the window: milliseconds, not patience
UNTOLD = 2  # requests: Remaining may have been told before the one that was answered, and with another in flight
USUAL = {"limit": "X-RateLimit-Limit", "remaining": "X-RateLimit-Remaining", "reset": "X-RateLimit-Reset"}
RETRY_AFTER = "Retry-After"
A_DATE = "Thu, 01 Jan 1970 00:00:00 GMT"
INTEGER = re.compile(r"[0-9]+\Z")
FIELD = re.compile(r'\s*"?[\w-]+"?\s*(;\s*[a-z*][\w*.-]*\s*=\s*("[^"]*"|\d+|:[^:]*:)\s*)*\Z')
OLDER = {
    "RateLimit": re.compile(r"\s*limit\s*=\s*\d+\s*(,\s*(remaining|reset)\s*=\s*\d+\s*)*\Z"),
    "RateLimit-Policy": re.compile(r"\s*\d+\s*(;\s*w\s*=\s*\d+)?(\s*,\s*\d+\s*(;\s*w\s*=\s*\d+)?)*\s*\Z"),
}
PARAMETER = {"RateLimit": "r", "RateLimit-Policy": "q"}


@dataclass(frozen=True, slots=True)
class Quota:
    """What one answer says of the rate limit: requests and seconds; None where a header is absent or no integer."""

    limit: int | None
    remaining: int | None
    reset: int | None


Told = Callable[[Exchange], Quota | None]


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the documented headers, then the rules on their numbers; without documented headers, the usual ones."""
    entry = operation.entries.get("rate-limit")
    names = dict(USUAL) if entry is None else {role: str(entry.data[role]) for role in USUAL if role in entry.data}
    promise = entry or Promise({}, operation.place, "the usual meaning of the rate-limit headers")
    level = Level.MUST if entry else Level.SHOULD
    if entry:
        yield from _headers(operation)
    yield from _numbers(promise, names, level)
    if entry and "retry-after" in entry.data:
        yield from _retry_after(entry)
    if _is_throttled(operation):
        yield from _at_the_limit(promise, names, entry is not None)
    yield _structured_fields(promise)


def rate_limit(id: str, place: SourceLocation, promise: str, judge: Judge, absent: Absentee, **more: Any) -> Clause:
    """Return a clause of this family, MUST unless *more* says otherwise."""
    settings = {"level": Level.MUST, "needs": SERVED | {Probe.THROTTLE}} | more
    return Clause(
        f"rate-limit/{id}", Family.RATE_LIMIT, place=place, promise=promise, judge=judge, absent=absent, **settings
    )


def _is_throttled(operation: Operation) -> bool:
    return operation.promise("refusals", "throttled") is not None


# --- the documented headers ------------------------------------------------------------------------------------------


def _headers(operation: Operation) -> Iterator[Clause]:
    names = {name.lower() for name in shape.limit_headers(operation)}
    for response in operation.responses:
        for header in response.headers:
            if header.name.lower() in names:
                yield _header(response.status, header)


def _header(status: str, header: Header) -> Clause:
    limited = not status.startswith("2")
    absent = skipped(NO_429, Probe.THROTTLE) if limited else withheld(f"an answer with {status}", Expect.ACCEPTED)
    needs = SERVED | {Probe.THROTTLE} if limited else SERVED
    id = f"{status}/header/{header.name}"
    return shape.header_clause(id, header, with_status(status), absent, needs, family=Family.RATE_LIMIT)


NO_429 = "no answer was 429; --contract-throttle exhausts the rate limit"


# --- the numbers -----------------------------------------------------------------------------------------------------


def _numbers(entry: Promise, names: dict[str, str], level: Level) -> Iterator[Clause]:
    quota, absent = partial(read, names=names), _no_headers(names, level)
    if {"limit", "remaining"} <= set(names):
        promise = f"{names['remaining']} is at most {names['limit']}"
        judge = _each_quota(quota, lambda q: _above(q, names))
        yield rate_limit("remaining-at-most-limit", entry.place, promise, judge, absent, level=level)
    if level is Level.SHOULD:
        promise = "rate-limit headers are integers"
        yield rate_limit("integers", entry.place, promise, _integers(names), absent, level=level)
        return
    if "limit" in names:
        judge = _constant(quota, names["limit"])
        promise = f"{names['limit']} stays the same through a run"
        yield rate_limit("limit-constant", entry.place, promise, judge, absent)
    if "reset" in names and entry.data.get("reset-unit", "relative-seconds") == "relative-seconds":
        promise = f"{names['reset']} is seconds from now, not a time of day"
        judge = _relative(quota, names["reset"])
        yield rate_limit("reset-relative", entry.place, promise, judge, absent)
        judge = _reset_in_window(quota, names["reset"])
        promise = f"{names['reset']} never grows inside a window"
        yield rate_limit("reset-counts-down", entry.place, promise, judge, absent)
    if {"remaining", "reset"} <= set(names):
        promise = f"{names['remaining']} goes down as requests are spent, and never rises inside a window"
        judge = _counts_down(quota, names["remaining"])
        yield rate_limit("remaining-counts-down", entry.place, promise, judge, absent)


def read(exchange: Exchange, names: dict[str, str]) -> Quota | None:
    """Return what an answer to the run's own credentials says of the quota, None where it says nothing."""
    case = exchange.case
    if case.probe is Probe.CREDENTIALS or not (exchange.accepted or throttled(exchange)):
        return None
    parts = {role: _integer(exchange.header(name)) for role, name in names.items()}
    if all(part is None for part in parts.values()):
        return None
    return Quota(parts.get("limit"), parts.get("remaining"), parts.get("reset"))


def _integer(value: str | None) -> int | None:
    return int(value) if value is not None and len(value) < 20 and INTEGER.match(value) else None


def _no_headers(names: dict[str, str], level: Level) -> Absentee:
    told = ", ".join(names.values())
    if level is Level.SHOULD:
        return skipped(f"no answer had {told}, and the document promises none")
    owed = withheld("an answer with 200", Expect.ACCEPTED)

    def absent(exchanges: Sequence[Exchange]) -> Absence:
        if any(exchange.accepted for exchange in exchanges):
            return Absence(f"no answer had a readable {told}")
        return owed(exchanges)

    return absent


def _each_quota(quota: Told, fault: Callable[[Quota], str | None]) -> Judge:
    def look(exchange: Exchange) -> str | None:
        came = quota(exchange)
        found = fault(came) if came else None
        return f"{exchange.status} answered with {found}" if found else found

    return each(lambda exchange: True, look)


def _above(quota: Quota, names: dict[str, str]) -> str | None:
    if quota.limit is None or quota.remaining is None:
        return None
    above = quota.remaining > quota.limit
    return f"{names['remaining']} {quota.remaining}, above {names['limit']} {quota.limit}" if above else ""


def _constant(quota: Told, name: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        first: int | None = None
        for exchange in exchanges:
            came = quota(exchange)
            if came is None or came.limit is None:
                continue
            first = came.limit if first is None else first
            finding = f"{exchange.status} answered with {name} {came.limit}, before {first}"
            yield Evidence(exchange, "" if came.limit == first else finding)

    return judge


def _integers(names: dict[str, str]) -> Judge:
    def look(exchange: Exchange) -> str | None:
        told = (*names.values(), RETRY_AFTER)
        came = {name: value for name in told if (value := exchange.header(name)) is not None}
        wrong = next(((name, value) for name, value in came.items() if not _is_number(name, value)), None)
        if wrong:
            return f"{exchange.status} answered with {wrong[0]} {quote_value(wrong[1])}, which is no integer"
        return "" if came else None

    return each(lambda exchange: True, look)


def _is_number(name: str, value: str) -> bool:
    """Return whether *value* is an integer; where no document says how long to wait, it may be a date (RFC 9110 10.2.3)."""
    return _integer(value) is not None or (name == RETRY_AFTER and _is_after(value, A_DATE))


# --- windows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Two answers in a row that tell the quota, and whether a window may have ended between them."""

    before: Exchange
    after: Exchange
    was: Quota
    now: Quota
    may_be_new: bool


def steps(exchanges: Sequence[Exchange], quota: Told) -> Iterator[Step]:
    """Yield each pair of answers in a row that tell Remaining and Reset.

    A window ends when its Reset has run out (1 s of slack: the number is whole seconds), or when Reset jumps up
    together with Remaining. One that is said to be shorter than its own rounding cannot end over and over within half
    a second, unless it slides: then each request comes free by itself, and Remaining tells all that were spent lately.
    """
    told = [(e, q) for e in exchanges if (q := quota(e)) and q.remaining is not None and q.reset is not None]
    served = sorted(exchange.came_at for exchange in exchanges if exchange.accepted)
    ended_at = float("-inf")
    for (before, was), (after, now) in itertools.pairwise(told):
        apart = after.came_at - before.sent_at
        ends = after.came_at - ended_at >= SHORTEST_WINDOW or _tells_all(now, after.came_at, served)
        run_out = apart >= (was.reset or 0) - SLACK and ends
        jumped = (now.reset or 0) > (was.reset or 0) and (now.remaining or 0) > (was.remaining or 0)
        new = jumped or (run_out and (now.remaining or 0) >= (was.remaining or 0))
        ended_at = before.sent_at if new else ended_at  # the earliest moment: the answer may have come late
        yield Step(before, after, was, now, new)


def _tells_all(quota: Quota, at: float, served: Sequence[float]) -> bool:
    """Return whether the quota accounts for all that was served within the second before *at*, and some came free by then."""
    freed, all_served = bisect_left(served, at - SLACK), bisect_right(served, at)
    spent = (quota.limit or 0) - (quota.remaining or 0)
    return freed > 0 and spent >= MOST * (all_served - freed)


def _counts_down(quota: Told, name: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for step in steps(exchanges, quota):
            was, now = step.was.remaining or 0, step.now.remaining or 0
            told, finding = f"{step.after.status} answered with {name} {now}", ""
            if now > was:
                finding = f"{told}, after {was} in the same window"
            elif now == was != 0 and step.after.accepted:
                finding = f"{told} again, though a request was spent"
            yield Evidence(step.after, "" if step.may_be_new else finding)

    return judge


def _reset_in_window(quota: Told, name: str) -> Judge:
    """Reset may never be above the least that was told in its window: small steps add up."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        least: int | None = None
        for step in steps(exchanges, quota):
            was, now = step.was.reset or 0, step.now.reset or 0
            least = was if least is None else min(least, was)
            if step.may_be_new:
                least = now
            finding = f"{step.after.status} answered with {name} {now}, after {least}"
            yield Evidence(step.after, finding if now > least + SLACK else "")

    return judge


def _relative(quota: Told, name: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        longest, too_fast = _longest_window(exchanges, quota), dict(_faster_than_time(exchanges, quota, name))
        for exchange in exchanges:
            came = quota(exchange)
            if came is None or came.reset is None:
                continue
            if came.reset >= EPOCH:
                yield Evidence(exchange, f"{exchange.status} answered with {name} {came.reset}: a time of day")
            elif longest is not None and came.reset > longest + 2 * SLACK:
                finding = f"{exchange.status} answered with {name} {came.reset}, though a window lasts {longest:.0f} s"
                yield Evidence(exchange, finding)
            else:
                yield Evidence(exchange, too_fast.get(exchange.serial, ""))

    return judge


def _faster_than_time(exchanges: Sequence[Exchange], quota: Told, name: str) -> Iterator[tuple[int, str]]:
    """Yield the serial and the finding of each answer whose Reset fell by more seconds than went by."""
    for step in steps(exchanges, quota):
        fell, apart = (step.was.reset or 0) - (step.now.reset or 0), step.after.came_at - step.before.sent_at
        if fell > apart + 2 * SLACK and not step.may_be_new:
            told = f"{step.after.status} answered with {name} {step.now.reset}"
            yield step.after.serial, f"{told}, {apart:.1f} s after {step.was.reset}: it does not count seconds"


def _longest_window(exchanges: Sequence[Exchange], quota: Told) -> float | None:
    """Return the longest time that passed, or was still told, in a window that was seen to begin and end."""
    longest, begun = None, None
    for step in steps(exchanges, quota):
        if step.may_be_new and (step.now.remaining or 0) > (step.was.remaining or 0):
            lasted = step.after.came_at - begun if begun is not None else None
            longest = max(longest or 0.0, lasted) if lasted is not None else longest
            begun = step.before.sent_at
    return longest


# --- Retry-After -----------------------------------------------------------------------------------------------------


def _retry_after(entry: Promise) -> Iterator[Clause]:
    name = str(entry.data["retry-after"])
    allowed = set(entry.data.get("retry-after-only-on", [429]))

    def look(exchange: Exchange) -> str:
        sent = exchange.header(name) is not None and exchange.status not in allowed
        return f"{exchange.status} answered with {name}, though the rate limit was not reached" if sent else ""

    promise = f"{name} is sent only when the rate limit is reached"
    absent = withheld("an answer", Expect.ACCEPTED)
    judge = each(lambda exchange: exchange.status < 500, look)
    yield rate_limit("retry-after-only-at-limit", entry.place, promise, judge, absent)


# --- at the limit ----------------------------------------------------------------------------------------------------


def _at_the_limit(entry: Promise, names: dict[str, str], documented: bool) -> Iterator[Clause]:
    absent = skipped(NO_429, Probe.THROTTLE)
    if documented:
        promise = "the limit is enforced at Limit: the request after it is answered 429"
        yield rate_limit("enforced", entry.place, promise, _enforced(names), skipped(UNTRIED, Probe.THROTTLE))
        yield _remaining_zero(entry, names, absent)
        if "reset" in names and "retry-after" in entry.data:
            yield _not_before_reset(entry, names, absent)
    retry_after = str(entry.data.get("retry-after", RETRY_AFTER))
    promise = f"after {retry_after} has passed, a request is not answered 429"
    level = Level.MUST if documented else Level.SHOULD
    yield rate_limit(
        "retry-after-honest",
        entry.place,
        promise,
        _honest(retry_after, names.get("reset", USUAL["reset"])),
        _unwaited,
        level=level,
    )
    promise = "a 429 is not stored by caches (RFC 6585 4)"
    yield rate_limit("429-not-storable", entry.place, promise, each(throttled, _storable), absent)


UNTRIED = "the limit was not exhausted; --contract-throttle does"


def _unwaited(exchanges: Sequence[Exchange]) -> Absence:
    """Return why no wait was judged."""
    if any(map(throttled, exchanges)):
        return Absence("no request was sent after a wait as long as a 429 asked for")
    return Absence(UNTRIED, probe=Probe.THROTTLE)


def _enforced(names: dict[str, str]) -> Judge:
    """Judge what happens at the limit: neither served past it, nor refused long before Remaining ran out.

    Others may have spent the rest before one 429; before most of them they have not.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        served = 0
        told = list(steps(exchanges, partial(read, names=names)))
        shared = any(map(_others_spent, told))
        first = (step for step in told if throttled(step.after) and not throttled(step.before))
        early = {id(step): _too_early(step, shared=shared) for step in first}
        as_a_rule = 2 * sum(map(bool, early.values())) > len(early)
        for step in told:
            served = 0 if step.may_be_new else served + step.after.accepted
            if throttled(step.after):
                yield Evidence(step.after, early.get(id(step), "") if as_a_rule else "")
            elif step.after.accepted and not step.may_be_new and (finding := _past(step, served)):
                yield Evidence(step.after, finding)

    return judge


def _others_spent(step: Step) -> bool:
    """Return whether Remaining fell by more than this run sent."""
    fell = (step.was.remaining or 0) - (step.now.remaining or 0)
    return step.after.accepted and not step.may_be_new and fell > step.after.serial - step.before.serial


def _too_early(step: Step, *, shared: bool) -> str:
    between = step.after.serial - step.before.serial - 1  # these told no quota and may have spent from it
    left, limit = (step.was.remaining or 0) - between, step.was.limit or 0
    early = not step.may_be_new and left > (max(UNTOLD, limit // 5) if shared else UNTOLD)
    return f"429 answered though {left} requests of {limit} were left" if early else ""


def _past(step: Step, served: int) -> str:
    if step.was.limit and served > step.was.limit:
        return f"{step.after.status} answered to request {served} of one window, past the limit of {step.was.limit}"
    spent = step.was.remaining == 0
    return f"{step.after.status} answered although no request of {step.was.limit} was left" if spent else ""


def _remaining_zero(entry: Promise, names: dict[str, str], absent: Absentee) -> Clause:
    name = names.get("remaining", USUAL["remaining"])

    def look(exchange: Exchange) -> str | None:
        left = _integer(exchange.header(name))
        if left is None:
            return None
        return f"429 answered with {name} {left}" if left else ""

    judge = each(throttled, look)
    return rate_limit("remaining-zero-on-429", entry.place, f"{name} is 0 on 429", judge, absent, level=Level.SHOULD)


def _not_before_reset(entry: Promise, names: dict[str, str], absent: Absentee) -> Clause:
    wait, reset = str(entry.data["retry-after"]), names["reset"]

    def look(exchange: Exchange) -> str | None:
        seconds, left = _integer(exchange.header(wait)), _integer(exchange.header(reset))
        if seconds is None or left is None:
            return None
        return f"429 answered with {wait} {seconds}, before {reset} {left}" if seconds < left else ""

    judge = each(throttled, look)
    promise = f"{wait} is not earlier than {reset}"
    return rate_limit("retry-after-not-before-reset", entry.place, promise, judge, absent, level=Level.SHOULD)


def _honest(name: str, reset: str) -> Judge:
    """Judge each request that was sent after a 429 and the wait it asked for, and each wait that nobody can mean."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for before, after in itertools.pairwise(exchanges):
            wait = _integer(before.header(name)) if throttled(before) and not before.failure else None
            if wait is None:
                continue
            if absurd := _absurd(name, wait, _integer(before.header(reset))):
                yield Evidence(before, absurd)
                continue
            waited = after.sent_at - before.came_at
            # Clocks count in floats, archives in milliseconds: a wait of just that long must not fall short by a rounding.
            if after.failure or round(waited, 2) < wait + SLACK:
                continue
            again = f"429 answered again after a wait of {waited:.0f} s, though {name} was {wait}"
            yield Evidence(after, again if throttled(after) else "")

    return judge


def _absurd(name: str, wait: int, reset: int | None) -> str:
    """Return the finding where *wait* is a time of day, or so far beyond the window that it does not count seconds."""
    if wait >= EPOCH:
        return f"429 answered with {name} {wait}: a time of day"
    if reset is not None and reset < EPOCH and wait > BEYOND * (reset + 1):
        return f"429 answered with {name} {wait}, though the window ends in {reset} s"
    return ""


def _storable(exchange: Exchange) -> str:
    control = (exchange.header("cache-control") or "").lower()
    if "no-store" in control or "no-cache" in control:
        return ""
    if re.search(r"(?:s-maxage|max-age)\s*=\s*\"?[1-9]|\bpublic\b|\bimmutable\b", control):
        return f"429 answered with Cache-Control {quote_value(control)}, which lets caches store it"
    expires = exchange.header("expires")
    if expires and "max-age" not in control and _is_after(expires, exchange.header("date")):
        return f"429 answered with Expires {quote_value(expires)}, which lets caches store it (RFC 9111 3)"
    return ""


def _is_after(date: str, other: str | None) -> bool:
    """Return whether *date* is later than *other*; what is no date, or has none to compare with, is not."""
    try:
        return parsedate_to_datetime(date) > parsedate_to_datetime(other or "")
    except (TypeError, ValueError, OverflowError):
        return False


# --- the IETF draft's fields -----------------------------------------------------------------------------------------


def _structured_fields(entry: Promise) -> Clause:
    def look(exchange: Exchange) -> str | None:
        came = {name: exchange.header(name) for name in ("RateLimit", "RateLimit-Policy")}
        sent = {name: value for name, value in came.items() if value is not None}
        wrong = next((name for name, value in sent.items() if not _parses(name, value)), None)
        if wrong:
            return f"{exchange.status} answered with {wrong} {quote_value(sent[wrong])}, which is no structured field"
        return _disagreement(sent) if sent else None

    return rate_limit(
        "structured-fields",
        entry.place,
        "RateLimit and RateLimit-Policy parse as structured fields and agree (IETF draft)",
        each(lambda exchange: True, look),
        skipped("no answer had RateLimit or RateLimit-Policy"),
        level=Level.SHOULD,
    )


def _parses(name: str, value: str) -> bool:
    """Return whether each item is a structured field with the parameter it must have, or of an earlier draft's form."""
    items = value.split(",")
    own = all(FIELD.match(item) and _parameter(item, PARAMETER[name]) is not None for item in items)
    return own or bool(OLDER[name].match(value))


def _disagreement(sent: dict[str, str]) -> str:
    """Return where what is left is of no policy that is told, or more than its quota; earlier drafts name no policies."""
    told = _by_policy(sent.get("RateLimit", ""), "r")
    policies = _by_policy(sent.get("RateLimit-Policy", ""), "q")
    for policy, left in told.items() if policies else ():
        if policy not in policies:
            return f"RateLimit tells of the policy {policy}, RateLimit-Policy only of {', '.join(policies)}"
        if left > policies[policy]:
            return f"RateLimit leaves {left} of a quota of {policies[policy]} in RateLimit-Policy"
    return ""


def _by_policy(value: str, parameter: str) -> dict[str, int]:
    found = {item.partition(";")[0].strip(): _parameter(item, parameter) for item in value.split(",")}
    return {policy: number for policy, number in found.items() if number is not None}


def _parameter(value: str, name: str) -> int | None:
    found = re.search(rf";\s*{name}\s*=\s*(\d{{1,15}})(?!\d)", value)  # RFC 9651 3.3.1: at most 15 digits
    return int(found.group(1)) if found else None
