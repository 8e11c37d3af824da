"""Rate limits: documents that tell them by one convention each, and problems (RFC 9457)."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx
from small_services import Answer, Row, SmallService, refusal

from pytest_confluent_contracts.double.service import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

LATENCY_S = 0.02
BEGUN_S = 1_800_000_000  # what the clock's 0 is, in seconds since 1970


# --- ways to count ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a request finds: whether it is served, of how many, what is left, and seconds until more is free."""

    served: bool
    limit: int
    left: int
    reset: float

    @property
    def seconds(self) -> int:
        """Return the seconds until more is free, rounded up."""
        return math.ceil(self.reset)


Count = Callable[[float], Spent]


def in_windows(limit: int = 100, seconds: float = 60.0) -> Count:
    """Return what counts requests in windows, each from the first request of its own."""
    begun, spent = -seconds, 0

    def count(now: float) -> Spent:
        nonlocal begun, spent
        if now >= begun + seconds:
            begun, spent = now, 0
        served = spent < limit
        spent += served
        return Spent(served, limit, limit - spent, begun + seconds - now)

    return count


def in_a_sliding_window(limit: int = 100, seconds: float = 60.0) -> Count:
    """Return what counts the requests of the last seconds; more is free when the first of them is past."""
    served_at: deque[float] = deque()

    def count(now: float) -> Spent:
        while served_at and served_at[0] <= now - seconds:
            served_at.popleft()
        served = len(served_at) < limit
        if served:
            served_at.append(now)
        return Spent(served, limit, limit - len(served_at), served_at[0] + seconds - now)

    return count


def in_a_bucket(limit: int = 50, per_second: float = 25.0, until_full: bool = False) -> Count:
    """Return what takes a token for each request; the bucket is refilled all the time."""
    tokens, filled_at = float(limit), 0.0

    def count(now: float) -> Spent:
        nonlocal tokens, filled_at
        tokens = min(float(limit), tokens + (now - filled_at) * per_second)
        filled_at = now
        served = tokens >= 1.0
        tokens -= served
        missing = limit - tokens if until_full else max(0.0, 1.0 - tokens)
        return Spent(served, limit, math.floor(tokens), missing / per_second)

    return count


# --- a service that counts -------------------------------------------------------------------------------------------


@dataclass
class LimitedService:
    """A service of one thing that tells its limit: how requests are counted, and in which headers that is told."""

    tell: Callable[[Spent, float], Mapping[str, str]]
    count: Count = field(default_factory=in_windows)
    refuse_with: int = 429
    on_refusal: Mapping[str, str] = field(default_factory=dict)
    thing: SmallService = field(init=False)
    clock: VirtualClock = field(default_factory=VirtualClock)

    def __post_init__(self) -> None:
        """Begin with one thing."""
        self.thing = SmallService("/things/t-1", {"name": "x"}, is_named)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*, or that the limit is reached."""
        self.clock.sleep(LATENCY_S)
        now = self.clock.now()
        spent = self.count(now)
        answer = self.thing(request) if spent.served else refusal(self.refuse_with)
        answer.headers["Date"] = formatdate(BEGUN_S + now, usegmt=True)
        answer.headers.update(self.tell(spent, now))
        if not spent.served:
            answer.headers.update(self.on_refusal)
        return answer


def is_named(body: Any) -> bool:
    """Return whether the body is an object whose name, where it is there, is a text."""
    return isinstance(body, dict) and isinstance(body.get("name", ""), str)


Tell = Callable[[Spent, float], "Mapping[str, str]"]


def limited(tell: Tell, **more: Any) -> Callable[[], Answer]:
    """Return what makes a service that tells its limit by *tell*."""
    return lambda: LimitedService(tell, **more)


# --- the drafts ------------------------------------------------------------------------------------------------------


def told_apart(spent: Spent, _: float, limit: str = "100") -> dict[str, str]:
    """Return the headers of the drafts before the seventh."""
    return {
        "RateLimit-Limit": limit,
        "RateLimit-Remaining": str(spent.left),
        "RateLimit-Reset": str(spent.seconds),
    }


def told_with_policies(spent: Spent, now: float) -> dict[str, str]:
    """Return them with the policies behind the limit."""
    return told_apart(spent, now, "100, 100;w=60")


def told_beside_policy(spent: Spent, now: float) -> dict[str, str]:
    """Return them with the policy in a field of its own."""
    return told_apart(spent, now) | {"RateLimit-Policy": "100;w=60"}


def told_in_dictionary(spent: Spent, _: float) -> dict[str, str]:
    """Return the field of the seventh draft."""
    told = f"limit=100, remaining={spent.left}, reset={spent.seconds}"
    return {"RateLimit": told, "RateLimit-Policy": "100;w=60"}


def told_by_name(spent: Spent, _: float) -> dict[str, str]:
    """Return the fields since the eighth draft."""
    return {
        "RateLimit": f'"default";r={spent.left};t={spent.seconds}',
        "RateLimit-Policy": '"default";q=100;w=60',
    }


def putting(tell: Tell, **headers: Callable[[Spent, float], str]) -> Tell:
    """Return *tell* with some of its headers told otherwise, `_` for `-`."""

    def told(spent: Spent, now: float) -> dict[str, str]:
        others = {name.replace("_", "-"): make(spent, now) for name, make in headers.items()}
        return {**tell(spent, now), **others}

    return told


def moment(spent: Spent, now: float) -> str:
    """Return when more is free, in seconds since 1970."""
    return str(math.ceil(BEGUN_S + now + spent.reset))


def text(written: str) -> Callable[[Spent, float], str]:
    """Return what writes the same each time, but for the numbers in its braces."""
    return lambda spent, _: written.format(left=spent.left, t=spent.seconds, more=spent.limit + 1)


# --- several policies ------------------------------------------------------------------------------------------------


@dataclass
class TwoPolicies:
    """Counts for a second and for a minute: what either refuses is refused."""

    second: Count = field(default_factory=lambda: in_windows(20, 1.0))
    minute: Count = field(default_factory=lambda: in_windows(200, 60.0))
    last: tuple[Spent, Spent] = field(init=False)

    def __call__(self, now: float) -> Spent:
        """Return what is left of whichever has less."""
        short = self.second(now)
        long = self.minute(now)
        self.last = (short, long)
        least = min(short, long, key=lambda one: (one.served, one.left))
        return replace(least, served=short.served and long.served)


def two_policies() -> LimitedService:
    """Return a service that tells both in one field."""
    counts = TwoPolicies()

    def tell(_: Spent, __: float) -> dict[str, str]:
        short, long = counts.last
        told = f'"second";r={short.left};t={short.seconds}, "minute";r={long.left};t={long.seconds}'
        return {"RateLimit": told, "RateLimit-Policy": '"second";q=20;w=1, "minute";q=200;w=60'}

    return LimitedService(tell, counts)


# --- one header a number ---------------------------------------------------------------------------------------------


def told_until(spent: Spent, now: float) -> dict[str, str]:
    """Return the headers of a window that ends at a time of day."""
    return {
        "X-RateLimit-Limit": str(spent.limit),
        "X-RateLimit-Remaining": str(spent.left),
        "X-RateLimit-Used": str(spent.limit - spent.left),
        "X-RateLimit-Reset": moment(spent, now),
        "X-RateLimit-Resource": "core",
    }


def told_with_period(spent: Spent, _: float) -> dict[str, str]:
    """Return the headers of a window whose period is told."""
    return {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Period": "60",
        "X-RateLimit-Remaining": str(spent.left),
        "X-RateLimit-Reset": str(spent.seconds),
        "X-RateLimit-Name": "things",
    }


def told_with_hyphens(spent: Spent, _: float) -> dict[str, str]:
    """Return the headers of a limit of which no word says how it is counted."""
    return {
        "X-Rate-Limit-Limit": str(spent.limit),
        "X-Rate-Limit-Remaining": str(spent.left),
        "X-Rate-Limit-Reset": str(spent.seconds),
    }


def told_version(_: Spent, __: float) -> dict[str, str]:
    """Return no word of the limit."""
    return {"X-Things-Version": "1"}


REASON = {"Things-Rate-Limited-Reason": "endpoint-rate"}


# --- problems --------------------------------------------------------------------------------------------------------


def problem(change: Mapping[str, Any] | None = None) -> Callable[[], Answer]:
    """Return what makes a service that refuses with problems, in each of which *change* is put."""

    def make() -> Answer:
        thing = SmallService("/things/t-1", {"name": "x"}, is_named, wrong_type=415)

        def answer(request: httpx.Request) -> httpx.Response:
            came = thing(request)
            if came.status_code < 400:
                return came
            told = {
                "type": "/problems/invalid",
                "title": "Invalid",
                "status": came.status_code,
                "detail": "Not as documented.",
                "errors": [{"detail": "No text.", "pointer": pointer_in(request)}],
            }
            media_type = {"Content-Type": "application/problem+json"}
            body = httpx.Response(200, json=told | dict(change or {})).content
            return httpx.Response(came.status_code, content=body, headers=media_type)

        return answer

    return make


def pointer_in(request: httpx.Request) -> str:
    """Return the name's place in the body, or the whole body's where it is no object."""
    try:
        body = json.loads(request.read())
    except (ValueError, RecursionError):
        return "#"
    return "#/name" if isinstance(body, dict) else "#"


ROWS = (
    Row(
        "limit_with_policies_behind_it",
        limited(told_with_policies),
        {
            "rate-limit/remaining-at-most-limit": limited(
                putting(told_with_policies, RateLimit_Remaining=text("{more}"))
            ),
            "rate-limit/reset-relative": limited(
                putting(told_with_policies, RateLimit_Reset=moment)
            ),
        },
    ),
    Row(
        "limit_beside_its_policy",
        limited(told_beside_policy, count=in_a_sliding_window()),
        {
            "rate-limit/structured-fields": limited(
                putting(told_beside_policy, RateLimit_Policy=text("100; w = 60"))
            ),
        },
    ),
    Row(
        "limit_in_one_dictionary",
        limited(told_in_dictionary),
        {
            "rate-limit/remaining-at-most-limit": limited(
                putting(told_in_dictionary, RateLimit=text("limit=100, remaining=101, reset={t}"))
            ),
            "rate-limit/structured-fields": limited(
                putting(told_in_dictionary, RateLimit=text("limit=100 remaining={left}"))
            ),
        },
    ),
    Row(
        "limit_of_named_policies",
        two_policies,
        {
            "rate-limit/structured-fields": limited(
                putting(told_by_name, RateLimit_Policy=text('"other";q=100;w=60'))
            ),
            "rate-limit/remaining-at-most-limit": limited(
                putting(told_by_name, RateLimit=text('"default";r={more};t={t}'))
            ),
        },
    ),
    Row(
        "limit_of_policies_as_stated",
        two_policies,
        {
            "rate-limit/remaining-counts-down": limited(
                putting(told_by_name, RateLimit=text('"default";r=50;t={t}'))
            ),
            "rate-limit/enforced": limited(told_by_name, count=in_windows(130)),
        },
    ),
    Row(
        "limit_until_a_time_of_day",
        limited(told_until, refuse_with=403),
        {
            "rate-limit/reset-epoch": limited(
                putting(told_until, X_RateLimit_Reset=text("{t}")), refuse_with=403
            ),
            "rate-limit/used-agrees": limited(
                putting(told_until, X_RateLimit_Used=text("{left}")), refuse_with=403
            ),
            "rate-limit/remaining-counts-down": limited(
                putting(told_until, X_RateLimit_Remaining=text("50"))
            ),
        },
    ),
    Row(
        "limit_with_its_period",
        limited(told_with_period),
        {
            "rate-limit/reset-within-period": limited(
                putting(told_with_period, X_RateLimit_Period=text("30"))
            ),
            "rate-limit/reset-relative": limited(
                putting(told_with_period, X_RateLimit_Reset=moment)
            ),
        },
    ),
    Row(
        "limit_with_hyphens",
        limited(told_with_hyphens, count=in_a_bucket(until_full=True)),
        {
            "rate-limit/remaining-at-most-limit": limited(
                putting(told_with_hyphens, X_Rate_Limit_Remaining=text("{more}"))
            ),
            "rate-limit/reset-relative": limited(
                putting(told_with_hyphens, X_Rate_Limit_Reset=moment)
            ),
        },
    ),
    Row(
        "limit_with_a_reason",
        limited(told_version, count=in_a_bucket(), on_refusal=REASON),
        {
            "rate-limit/429-not-storable": limited(
                told_version,
                count=in_a_bucket(),
                on_refusal=REASON | {"Cache-Control": "public, max-age=60"},
            ),
        },
    ),
    Row(
        "problem_details",
        problem(),
        {
            "error/problem-status": problem({"status": 418}),
            "error/problem-members": problem({"type": "not a reference"}),
            "error/problem-pointer": problem({"errors": [{"pointer": "spec.name"}]}),
        },
    ),
)
