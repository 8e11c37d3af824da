"""Is the gate silent on services whose limit is odd, and permitted by its document all the same?

They slide, leak, are counted by several nodes, shared with others, weighed, adapted, or one of several limits.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

import httpx
import pytest
from judging import red, warned
from services_of_limits import (
    BEGUN_S,
    ROWS,
    Count,
    LimitedService,
    Spent,
    TwoPolicies,
    in_a_bucket,
    in_a_sliding_window,
    in_windows,
    told_beside_policy,
    told_by_name,
    told_in_dictionary,
    told_until,
    told_with_hyphens,
    told_with_period,
    two_policies,
)
from small_services import held, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from small_services import Answer

BY_NAME = {row.name: row for row in ROWS}
SOME = (1, 1, 2, 1, 3)  # requests that others spend together with each of ours


def shared_with_others(count: Count) -> Count:
    """Return a count that others spend from, too."""
    turns = itertools.cycle(SOME)

    def spend(now: float) -> Spent:
        for _ in range(next(turns) - 1):
            count(now)
        return count(now)

    return spend


def by_nodes(*counts: Count) -> Count:
    """Return counts that take turns, each knowing its own alone."""
    turns = itertools.cycle(counts)
    return lambda now: next(turns)(now)


def weighed(count: Count, units: int) -> Count:
    """Return a count that each request spends several units of."""

    def spend(now: float) -> Spent:
        found = [count(now) for _ in range(units)]
        return replace(found[-1], served=all(one.served for one in found))

    return spend


def lowered(count: Count, after: int) -> Count:
    """Return a count whose limit is told to be half once so many requests have come: the service is busy."""
    turns = itertools.count()

    def spend(now: float) -> Spent:
        found = count(now)
        if next(turns) < after:
            return found
        return replace(found, limit=found.limit // 2, left=found.left // 2)

    return spend


def by_the_clock(limit: int = 100) -> Count:
    """Return what counts in windows of the clock's minutes."""
    minute, spent = -1, 0

    def count(now: float) -> Spent:
        nonlocal minute, spent
        if int((BEGUN_S + now) // 60) != minute:
            minute, spent = int((BEGUN_S + now) // 60), 0
        served = spent < limit
        spent += served
        return Spent(served, limit, limit - spent, 60 * (minute + 1) - (BEGUN_S + now))

    return count


def told_limit_by_name(spent: Spent, _: float) -> dict[str, str]:
    """Return the fields since the eighth draft, with the limit that holds now."""
    return {
        "RateLimit": f'"default";r={spent.left};t={spent.seconds}',
        "RateLimit-Policy": f'"default";q={spent.limit}',
    }


def told_limit_in_dictionary(spent: Spent, _: float) -> dict[str, str]:
    """Return the field of the seventh draft, with the limit that is nearest to its end."""
    told = f"limit={spent.limit}, remaining={spent.left}, reset={spent.seconds}"
    return {"RateLimit": told, "RateLimit-Policy": "20;w=1, 200;w=60"}


class InTwoLines(LimitedService):
    """A service that tells of each policy in a line of its own (RFC 9651 4.2)."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with its fields split at their commas."""
        found = super().__call__(request)
        lines = found.headers.multi_items()
        split: list[tuple[str, str]] = []
        for name, value in lines:
            parts = value.split(", ") if name.startswith("ratelimit") else [value]
            split += [(name, part) for part in parts]
        found.headers = httpx.Headers(split)
        return found


def two_in_two_lines() -> InTwoLines:
    """Return one with two policies."""
    service = two_policies()
    return InTwoLines(service.tell, service.count)


class WithAnotherLimit(LimitedService):
    """A service that refuses now and then for a limit of its own, of which no count tells."""

    asked, until = 0, 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer; after every fortieth, all are refused for two seconds."""
        self.asked += 1
        if self.asked % 40 == 0:
            self.until = self.clock.now() + 2.0
        if self.clock.now() >= self.until:
            return super().__call__(request)
        spent = self.count(self.clock.now())
        refused = refusal(self.refuse_with)
        refused.headers.update(self.tell(spent, self.clock.now()))
        refused.headers["Retry-After"] = str(math.ceil(self.until - self.clock.now()))
        refused.headers["Date"] = formatdate(BEGUN_S + self.clock.now(), usegmt=True)
        return refused


ODD: Mapping[str, tuple[str, Callable[[], Answer]]] = {
    "two policies in two lines": ("limit_of_named_policies", two_in_two_lines),
    "a log of the last minute": (
        "limit_with_hyphens",
        lambda: LimitedService(told_with_hyphens, in_a_sliding_window()),
    ),
    "a log of the last minute, as a policy": (
        "limit_of_named_policies",
        lambda: LimitedService(told_by_name, in_a_sliding_window()),
    ),
    "a bucket that leaks": (
        "limit_in_one_dictionary",
        lambda: LimitedService(told_limit_in_dictionary, in_a_bucket()),
    ),
    "a small bucket that fills fast": (
        "limit_with_hyphens",
        lambda: LimitedService(told_with_hyphens, in_a_bucket(5, 40.0)),
    ),
    "a small bucket that fills slowly": (
        "limit_with_hyphens",
        lambda: LimitedService(told_with_hyphens, in_a_bucket(10, 2.0, until_full=True)),
    ),
    "a bucket as a policy": (
        "limit_of_named_policies",
        lambda: LimitedService(told_limit_by_name, in_a_bucket(30, 10.0)),
    ),
    "one count a node": (
        "limit_of_named_policies",
        lambda: LimitedService(told_by_name, by_nodes(in_windows(), in_windows(), in_windows())),
    ),
    "one count a connection, of no words": (
        "limit_with_hyphens",
        lambda: LimitedService(told_with_hyphens, by_nodes(in_windows(), in_windows(100, 20.0))),
    ),
    "shared with others": (
        "limit_with_its_period",
        lambda: LimitedService(told_with_period, shared_with_others(in_windows())),
    ),
    "shared with others, until a time of day": (
        "limit_until_a_time_of_day",
        lambda: LimitedService(told_until, shared_with_others(in_windows()), refuse_with=403),
    ),
    "minutes of the clock": (
        "limit_with_its_period",
        lambda: LimitedService(told_with_period, by_the_clock()),
    ),
    "minutes of the clock, until a time of day": (
        "limit_until_a_time_of_day",
        lambda: LimitedService(told_until, by_the_clock(), refuse_with=403),
    ),
    "the nearest of two limits": (
        "limit_in_one_dictionary",
        lambda: LimitedService(told_limit_in_dictionary, TwoPolicies()),
    ),
    "the nearest of two limits, of no words": (
        "limit_with_hyphens",
        lambda: LimitedService(told_with_hyphens, TwoPolicies()),
    ),
    "five units a request": (
        "limit_in_one_dictionary",
        lambda: LimitedService(told_in_dictionary, weighed(in_windows(), 5)),
    ),
    "a limit that is lowered": (
        "limit_of_named_policies",
        lambda: LimitedService(told_limit_by_name, lowered(in_windows(), 60)),
    ),
    "a limit that slides beside its policy": (
        "limit_beside_its_policy",
        lambda: LimitedService(told_beside_policy, in_a_sliding_window(100, 2.0)),
    ),
    "another limit that no count tells": (
        "limit_until_a_time_of_day",
        lambda: WithAnotherLimit(told_until, in_windows(1000), refuse_with=403),
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_limit_is_left_alone(what: str) -> None:
    """The document has no word against it: nothing is red, nothing is warned."""
    name, make = ODD[what]
    rulings = held(BY_NAME[name], make)
    assert (red(rulings), warned(rulings)) == ({}, set())
