"""In which ways can a limit be told wrongly that no prose promises, and a problem (RFC 9457)?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.limit_fields import POLICY, STATE, documents_limit
from pytest_confluent_contracts.double.mutations.altering import (
    always,
    change_text,
    is_refused,
    mutate_answers,
    mutate_step,
    put_value,
    set_header,
    tells_quota,
)
from pytest_confluent_contracts.double.mutations.envelopes import with_dots
from pytest_confluent_contracts.double.mutations.limits import (
    TIME_OF_DAY_S,
    above_limit,
    as_milliseconds,
    count_no_further,
    half_of,
    one_more,
    raised_every_other_time,
)
from pytest_confluent_contracts.double.store import described_refusal
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import ResetUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Change, Mutation
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.promises import RateLimit

PROBLEM = "application/problem+json"
POINTER = paths.member_path(paths.item_path("errors"), "pointer")
# Where the number of each role stands in a header: alone, or behind its name in a field.
PLACES = {
    "limit": re.compile(r"\A\d+(?!;)|(?<=limit=)\d+"),
    "remaining": re.compile(r"\A\d+|(?<=remaining=)\d+|(?<=;r=)\d+"),
    "reset": re.compile(r"\A\d+|(?<=reset=)\d+|(?<=;t=)\d+"),
    "period": re.compile(r"\A\d+"),
    "used": re.compile(r"\A\d+"),
}


def convention_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what is inferred: the limit's headers, and problem details."""
    promised = operation.promises.rate_limit
    if promised is not None and documents_limit(operation):
        is_structured = STATE in (promised.remaining.lower(), promised.reset.lower())
        if promised.inferred or is_structured:
            yield from number_mutations(promised)
            yield from unit_mutations(promised)
        if is_structured:
            yield from policy_mutations(promised)
    yield from problem_mutations(operation)


def change_count(promised: RateLimit, role: str, make: Callable[[int, Service], int]) -> Change:
    """Change the number of a *role* in the header that tells it."""
    name = getattr(promised, role)

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        told = dict(answer.headers).get(name, "")
        changed = PLACES[role].sub(lambda found: str(make(int(found[0]), service)), told, count=1)
        if told:
            return set_header(name, changed)(answer, request, service)
        return answer

    return change


def number_mutations(promised: RateLimit) -> Iterator[Mutation]:
    """Yield the mutations of numbers, each held against another one or against those before."""
    most = "rate-limit/remaining-at-most-limit"
    if promised.limit and promised.remaining:
        above = change_count(promised, "remaining", above_limit)
        name = f"{promised.remaining} tells more than the limit"
        yield mutate_answers(name, above, tells_quota, most)
    if promised.used and promised.limit and promised.remaining:
        more = change_count(promised, "used", one_more)
        name = f"{promised.used} is one too high"
        yield mutate_answers(name, more, tells_quota, "rate-limit/used-agrees")
    if promised.in_windows:
        yield from window_mutations(promised)


def window_mutations(promised: RateLimit) -> Iterator[Mutation]:
    """Yield the mutations of how a window is counted, from answer to answer."""
    down = "rate-limit/remaining-counts-down"
    if promised.remaining and promised.reset:
        still = change_count(promised, "remaining", always(50))
        yield mutate_answers(f"{promised.remaining} is always 50", still, tells_quota, down)
    if promised.limit and STATE not in promised.limit.lower():
        changing = change_count(promised, "limit", raised_every_other_time())
        name = f"{promised.limit} is another every other time"
        yield mutate_answers(name, changing, tells_quota, "rate-limit/limit-constant")
    if promised.limit and promised.remaining and promised.reset:
        name = "the told limit is not enforced"
        yield mutate_step(name, "count_request", count_no_further, "rate-limit/enforced")


def unit_mutations(promised: RateLimit) -> Iterator[Mutation]:
    """Yield the mutations of the unit in which Reset is told, and of the period that it is in."""
    relative, epoch = "rate-limit/reset-relative", "rate-limit/reset-epoch"
    reset = promised.reset
    if reset and promised.reset_unit is ResetUnit.SECONDS:
        until = change_count(promised, "reset", always(TIME_OF_DAY_S))
        yield mutate_answers(f"{reset} tells a time of day", until, tells_quota, relative)
    if reset and promised.reset_unit is ResetUnit.EPOCH:
        from_now = change_count(promised, "reset", always(30))
        yield mutate_answers(f"{reset} tells seconds from now", from_now, tells_quota, epoch)
        fine = change_count(promised, "reset", as_milliseconds)
        yield mutate_answers(f"{reset} tells milliseconds", fine, tells_quota, epoch)
    if reset and promised.period:
        half, name = change_count(promised, "period", half_of), f"{promised.period} is half of it"
        yield mutate_answers(name, half, tells_quota, "rate-limit/reset-within-period")


def policy_mutations(promised: RateLimit) -> Iterator[Mutation]:
    """Yield the mutations of the fields RateLimit and RateLimit-Policy, as far as documented."""
    clause, state = "rate-limit/structured-fields", promised.remaining or promised.reset
    broken = set_header(state, "limit=100 remaining=50")
    yield mutate_answers(f"{state} without a comma", broken, tells_quota, clause)
    if promised.limit.lower() == POLICY:
        other = set_header(promised.limit, '"other";q=100;w=60')
        name = f"{promised.limit} names another policy"
        yield mutate_answers(name, other, tells_quota, clause)
        endless = set_header(promised.limit, '"default";q=100;w=0')
        yield mutate_answers(f"{promised.limit} has no window", endless, tells_quota, clause)


def problem_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of problem details, where the document has any."""
    content = described_refusal(operation)
    if content is None or content.media_type.partition(";")[0].strip().lower() != PROBLEM:
        return
    documented = {member.path for member in content.properties}
    members = "error/problem-members"
    if "status" in documented:
        other, clause = put_value("status", 418), "error/problem-status"
        yield mutate_answers("problem with another status", other, is_refused, clause)
    if "type" in documented:
        words = put_value("type", "not a reference")
        yield mutate_answers("problem whose type is words", words, is_refused, members)
    if POINTER in documented:
        dotted, clause = change_text(POINTER, with_dots), "error/problem-pointer"
        yield mutate_answers("problem that points with dots", dotted, is_refused, clause)
