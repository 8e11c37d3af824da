"""What does an answer say of the rate limit? Limit, Remaining, Reset and Retry-After.

Services tell it in one of these ways, and this is the one place that reads them:

* one header a number, X-RateLimit-Limit and so on, Reset in seconds from now or since 1970;
* RateLimit-Limit and so on, where Limit may list policies behind it: ``100, 100;w=60``
  (draft-ietf-httpapi-ratelimit-headers-06 and before);
* ``RateLimit: limit=100, remaining=50, reset=5`` (the seventh draft);
* ``RateLimit: "default";r=50;t=30`` beside ``RateLimit-Policy: "default";q=100;w=60`` (since the
  eighth draft), for several policies at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Protocol

from pytest_confluent_contracts.model.moments import parse_http_date
from pytest_confluent_contracts.model.promises import ResetUnit
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.structured_fields import (
    Item,
    Malformed,
    as_count,
    parse_dictionary,
    parse_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RedactedCase

    HeaderOf = Callable[[str], str | None]

# What headers are called where no document says so; the first name of each is the usual one.
USUAL_NAMES = {
    "limit": ("X-RateLimit-Limit", "X-Rate-Limit-Limit", "RateLimit-Limit"),
    "remaining": ("X-RateLimit-Remaining", "X-Rate-Limit-Remaining", "RateLimit-Remaining"),
    "reset": ("X-RateLimit-Reset", "X-Rate-Limit-Reset", "RateLimit-Reset"),
    "retry_after": ("Retry-After",),
    "period": ("X-RateLimit-Period", "X-Rate-Limit-Period"),
    "used": ("X-RateLimit-Used", "X-Rate-Limit-Used"),
}
STATE_FIELD, POLICY_FIELD = "RateLimit", "RateLimit-Policy"
STRUCTURED_FIELDS = frozenset({STATE_FIELD.lower(), POLICY_FIELD.lower()})
COUNTED_UNIT = "requests"  # what a policy counts unless it says otherwise
# So many seconds, or more, are a time of day (since 1970) and no time to wait; so many are counted
# in milliseconds.
EPOCH_S, EPOCH_MS = 10**9, 10**11
WHOLE_NUMBER = re.compile(r"[0-9]{1,19}\Z")
BELOW_ZERO = re.compile(r"-[0-9]{1,19}\Z")
# A fraction is judged elsewhere, and can be waited out all the same.
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?\Z")
# RateLimit-Limit with the policies that are told behind the number.
LIMIT_AND_POLICIES = re.compile(r"\s*([0-9]{1,15})\s*[,;]")


@dataclass(frozen=True)
class QuotaHeaders:
    """The names of the headers that tell the rate limit; ``""`` is one that is not promised.

    Where a structured field tells several numbers, it stands for each of them. ``policy`` is the
    one that is followed, of those that such a field tells; ``""`` follows the one of which least
    is left.
    """

    limit: str
    remaining: str
    reset: str
    retry_after: str
    reset_unit: ResetUnit = ResetUnit.SECONDS
    period: str = ""
    used: str = ""
    policy: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return those names that are promised, each once."""
        others = (self.retry_after, self.period, self.used)
        return (*self.count_names, *(name for name in others if name))

    @property
    def count_names(self) -> tuple[str, ...]:
        """Return those of Limit, Remaining and Reset that are promised, each once."""
        counts = (self.limit, self.remaining, self.reset)
        return tuple(dict.fromkeys(name for name in counts if name))

    @cached_property
    def lowered_counts(self) -> frozenset[str]:
        """Return the names of Limit, Remaining and Reset in small letters."""
        return frozenset(name.lower() for name in self.count_names)

    @property
    def are_of_drafts(self) -> bool:
        """Return whether Reset is told by a field of the drafts, which say what it is."""
        return self.reset.lower().startswith(STATE_FIELD.lower())

    @property
    def are_structured(self) -> bool:
        """Return whether one field tells the numbers, as the drafts since the seventh have it."""
        return STATE_FIELD.lower() in (self.remaining.lower(), self.reset.lower())


USUAL_HEADERS = QuotaHeaders(
    limit=USUAL_NAMES["limit"][0],
    remaining=USUAL_NAMES["remaining"][0],
    reset=USUAL_NAMES["reset"][0],
    retry_after=USUAL_NAMES["retry_after"][0],
    reset_unit=ResetUnit.UNKNOWN,
)
# What else may tell, whether it is documented or not: the drafts, from the newest on.
DRAFTS = (
    replace(USUAL_HEADERS, limit=POLICY_FIELD, remaining=STATE_FIELD, reset=STATE_FIELD),
    replace(
        USUAL_HEADERS,
        limit="RateLimit-Limit",
        remaining="RateLimit-Remaining",
        reset="RateLimit-Reset",
    ),
)


@dataclass(frozen=True, slots=True)
class Quota:
    """What one answer says, in requests and seconds.

    None stands where a header is absent, or no whole number. ``reset`` is seconds from now; it is a
    time of day where that is what came, and it was not to be, or no Date tells what time it is.
    ``window`` is the seconds of a whole window, ``policy`` the name under which a structured field
    tells it, with its partition key.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None
    retry_after: int | None = None
    window: int | None = None
    policy: str = ""

    @property
    def tells_number(self) -> bool:
        """Return whether any number of the quota came."""
        return (self.limit, self.remaining, self.reset) != (None, None, None)

    @property
    def seconds_to_reset(self) -> int | None:
        """Return the seconds until the window ends.

        None where Reset is not told, or is a time of day.
        """
        if self.reset is None or self.reset >= EPOCH_S:
            return None
        return self.reset


class Answer(Protocol):
    """What is read of an exchange: its status, its headers, and what it answers."""

    @property
    def status(self) -> int:
        """Return the status."""

    @property
    def case(self) -> RedactedCase:
        """Return the request."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values of its headers."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header."""

    def field(self, name: str) -> str:
        """Return all lines of a structured field as one."""


# --- which headers -----------------------------------------------------------------------------


def promised_headers(operation: Operation) -> QuotaHeaders | None:
    """Return the headers that the document promises, None where it promises none."""
    told = operation.promises.rate_limit
    if told is None:
        return None
    return QuotaHeaders(
        limit=told.limit,
        remaining=told.remaining,
        reset=told.reset,
        retry_after=told.retry_after,
        reset_unit=told.reset_unit,
        period=told.period,
        used=told.used,
    )


@remembered(256)
def known_headers(operation: Operation) -> QuotaHeaders:
    """Return the headers by which an answer to *operation* may tell its quota.

    They are those that are promised, else those of the usual names.
    """
    told = promised_headers(operation) or USUAL_HEADERS
    return replace(
        told,
        limit=told.limit or USUAL_HEADERS.limit,
        remaining=told.remaining or USUAL_HEADERS.remaining,
        reset=told.reset or USUAL_HEADERS.reset,
        retry_after=told.retry_after or USUAL_HEADERS.retry_after,
    )


# --- what one answer says ----------------------------------------------------------------------


def quota_of(answer: Answer, headers: QuotaHeaders) -> Quota:
    """Return what *answer* says of the quota, whichever lines its structured fields are in."""

    def header(name: str) -> str | None:
        if name.lower() in STRUCTURED_FIELDS:
            return answer.field(name) or None
        return answer.header(name)

    return read_quota(header, headers)


def latest_quota(answer: Answer) -> Quota:
    """Return what *answer* says of the quota, by whatever convention: for those who wait.

    Where its own headers tell nothing, those of the drafts count (RateLimit, or RateLimit-Limit
    and so on), whether they are documented or not; a Reset that is a time of day is one, whatever
    was promised.
    """
    told = quota_of(answer, _headers_to_wait_by(answer.case.operation))
    if told.tells_number:
        return told
    names = {name.lower() for name, _ in answer.headers}
    for headers in (USUAL_HEADERS, *DRAFTS):
        is_there = not headers.lowered_counts.isdisjoint(names)
        if is_there and not told.tells_number:
            told = replace(quota_of(answer, headers), retry_after=told.retry_after)
    return told


@remembered(256)
def _headers_to_wait_by(operation: Operation) -> QuotaHeaders:
    return replace(known_headers(operation), reset_unit=ResetUnit.UNKNOWN)


def read_quota(header: HeaderOf, headers: QuotaHeaders) -> Quota:
    """Return what an answer says of the quota.

    *header* gives the value of one of its headers by name. A Remaining below 0 counts as 0: it says
    how many were served too many, and no request is left.
    """
    retry_after = _number_in(header, headers.retry_after)
    if headers.are_structured:
        told = quotas_told(header(STATE_FIELD), header(POLICY_FIELD))
        return replace(_followed(told, headers.policy), retry_after=retry_after)
    reset = _number_in(header, headers.reset)
    if reset is not None and headers.reset_unit is not ResetUnit.SECONDS:
        reset = _seconds_until(reset, header("Date"), headers.reset_unit)
    return Quota(
        limit=_limit_in(header, headers.limit),
        remaining=_requests_left(header, headers.remaining),
        reset=reset,
        retry_after=retry_after,
        window=_number_in(header, headers.period),
    )


def _number_in(header: HeaderOf, name: str) -> int | None:
    if not name:
        return None
    return whole_number(header(name))


def _limit_in(header: HeaderOf, name: str) -> int | None:
    """Return the limit, which stands first where policies are told behind it."""
    text = header(name) if name else None
    found = LIMIT_AND_POLICIES.match(text) if text else None
    if found:
        return int(found[1])
    return whole_number(text)


def _requests_left(header: HeaderOf, name: str) -> int | None:
    left = header(name) if name else None
    if left is not None and BELOW_ZERO.match(left):
        return 0
    return whole_number(left)


def _seconds_until(reset: int, date: str | None, unit: ResetUnit) -> int | None:
    """Return a Reset in seconds from now, by the answer's own Date where it is a time of day.

    Where that cannot be told, it stays what it is; None where it was to be a time of day.
    """
    now = parse_http_date(date) if date else None
    if now is None or reset < EPOCH_S:
        if unit is not ResetUnit.UNKNOWN:
            return None
        return reset
    ends_at = reset // 1000 if reset >= EPOCH_MS else reset
    return max(0, ends_at - int(now.timestamp()))


def whole_number(text: str | None) -> int | None:
    """Return the number that *text* is, None where it is none.

    Only ASCII digits make one, at most 19 of them: ``"12"`` is 12, ``"12.0"`` and ``"+12"`` are
    none.
    """
    if text is not None and WHOLE_NUMBER.match(text):
        return int(text)
    return None


# --- structured fields -------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # each answer of a run is looked at by many clauses
def quotas_told(state: str | None, policies: str | None) -> tuple[Quota, ...]:
    """Return what the fields RateLimit and RateLimit-Policy tell of each policy.

    Policies that count anything but requests are left out, and so is what cannot be read. For
    example, ``"day";r=50;t=30`` and ``"day";q=100;w=60`` tell of one: 50 of 100 are left for 30 s,
    of 60.
    """
    if not state:
        return ()
    try:
        return (_members_told(parse_dictionary(state)),)
    except Malformed:
        pass
    try:
        items = parse_list(state)
    except Malformed:
        return ()
    stated = {policy_key(item): item for item in _policies_in(policies)}
    named = {item.value: item for item in stated.values()}
    told: list[Quota] = []
    for item in items:
        policy = stated.get(policy_key(item)) or named.get(item.value)
        quota = _policy_told(item, policy)
        if quota is not None:
            told.append(quota)
    return tuple(told)


def policy_key(item: Item) -> str:
    """Return what tells a policy apart: its name, and the partition of which it is told."""
    key = item.parameters.get("pk")
    partition = f" {key.hex()}" if isinstance(key, bytes) else ""
    return f"{item.value}{partition}"


def _members_told(members: dict[str, Item]) -> Quota:
    """Return what ``limit=100, remaining=50, reset=5`` tells; raise `Malformed` without a number.

    The names of a list's policies could stand there, too: ``default;r=50`` is a dictionary.
    """
    numbers = {name: as_count(item.value) for name, item in members.items()}
    told = Quota(numbers.get("limit"), numbers.get("remaining"), numbers.get("reset"))
    if not told.tells_number:
        raise Malformed("no number of the quota")
    return told


def _policies_in(policies: str | None) -> Sequence[Item]:
    try:
        if not policies:
            return ()
        return parse_list(policies)
    except Malformed:
        return ()


def _policy_told(item: Item, policy: Item | None) -> Quota | None:
    """Return what *item* of RateLimit tells, with what its *policy* does.

    None where requests are not what is counted, or nothing is told to be left.
    """
    left = item.count("r")
    if left is None:
        return None
    reset, key = item.count("t"), policy_key(item)
    if policy is None:
        return Quota(remaining=left, reset=reset, policy=key)
    if policy.parameters.get("qu", COUNTED_UNIT) != COUNTED_UNIT:
        return None
    return Quota(policy.count("q"), left, reset, window=policy.count("w"), policy=key)


def _followed(told: Iterable[Quota], policy: str) -> Quota:
    """Return what is told of *policy*, or of the one of which least is left where it is ``""``."""
    found = [quota for quota in told if policy in ("", quota.policy)]
    return min(found, key=_share_left, default=Quota())


def _share_left(quota: Quota) -> tuple[float, int]:
    """Return the share that is left, and of what is spent alike, that which takes longest first."""
    left = quota.remaining or 0
    limit = quota.limit or left or 1
    time_to_reset = quota.reset or 0
    return left / limit, -time_to_reset


# --- refusals, and waits -----------------------------------------------------------------------


def refuses_for_limit(answer: Answer) -> bool:
    """Return whether an answer with a status of many meanings says that the limit is reached.

    Some services answer 403 at the limit as well as to who may not: there, nothing is left, or the
    answer asks to wait.
    """
    promised = answer.case.operation.promises.rate_limit
    if promised is None or answer.status not in promised.may_refuse_with:
        return False
    told = latest_quota(answer)
    return told.remaining == 0 or told.retry_after is not None


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
