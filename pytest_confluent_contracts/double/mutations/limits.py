"""In which ways can a service limit the rate wrongly, or tell the limit wrongly?"""

from __future__ import annotations

import itertools
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.limit_fields import (
    STATE,
    documents_limit,
    limit_header_names,
)
from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_answers,
    always,
    chain_alterations,
    change_number,
    is_accepted,
    mutate_answers,
    mutate_step,
    replace_step,
    set_header,
    tells_quota,
    with_status,
)
from pytest_confluent_contracts.double.service import (
    Problem,
    Refused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.model.documents import Operation

TIME_OF_DAY_S = 1_767_600_000  # of January 2026, in seconds since 1970
HONEST, EXACT = "rate-limit/retry-after-honest", "rate-limit/retry-after-exact"


def limit_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the rate limit: how it is told, and whether it is enforced.

    A service without a limit can break none.
    """
    if not documents_limit(operation):
        return
    promised, names = operation.promises.rate_limit, limit_header_names(operation)
    limit, remaining, retry = names["limit"], names["remaining"], names["retry_after"]
    is_inferred = promised is not None and (promised.inferred or remaining.lower() == STATE)
    if not is_inferred:  # the other conventions have mutations of their own
        above = change_number(remaining, above_limit)
        most = "rate-limit/remaining-at-most-limit"
        yield mutate_answers(f"{remaining} above {limit}", above, tells_quota, most)
    yield from storable_mutations()
    short = set_header(retry, "1")
    yield mutate_answers(f"{retry} far too short", short, with_status(429), HONEST)
    yield Mutation(f"{retry} is 1 in windows of two seconds", (EXACT,), ask_back_in_a_second)
    yield from structured_mutations()
    if promised is not None and not is_inferred:
        yield from documented_mutations(names)
        if operation.method != "DELETE":
            yield from often_asked_mutations(names)
        yield from enforcement_mutations(names["reset"], retry)
    elif promised is None:
        many = set_header(limit, "many")
        yield mutate_answers(f"{limit} no integer", many, tells_quota, "rate-limit/integers")


def storable_mutations() -> Iterator[Mutation]:
    """Yield the ways in which a cache may keep a 429."""
    clause, throttled = "rate-limit/429-not-storable", with_status(429)
    stored = set_header("Cache-Control", "public, max-age=60")
    yield mutate_answers("429 may be stored", stored, throttled, clause)
    expires = set_header("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")
    date = set_header("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
    dated = chain_alterations(alter_answers(expires, throttled), alter_answers(date, throttled))
    yield Mutation("429 may be stored until it expires", (clause,), dated)


def structured_mutations() -> Iterator[Mutation]:
    """Yield the ways in which the structured fields of the rate limit can be wrong."""
    clause, unstructured = "rate-limit/structured-fields", set_header("RateLimit", "lots, really")
    yield mutate_answers("RateLimit no structured field", unstructured, is_accepted, clause)
    burst = set_header("RateLimit", '"burst";r=5;t=1')
    spaced = set_header("RateLimit", '"burst" ; r = 5')
    yield mutate_answers("RateLimit with blanks", spaced, is_accepted, clause)
    second = set_header("RateLimit", '"burst";r=5', "lots, really")
    yield mutate_answers("RateLimit wrong in its second line", second, is_accepted, clause)
    daily = set_header("RateLimit-Policy", '"daily";q=10;w=60')
    disagreeing = chain_alterations(
        alter_answers(burst, is_accepted),
        alter_answers(daily, is_accepted),
    )
    name = "RateLimit of another policy than RateLimit-Policy"
    yield Mutation(name, (clause,), disagreeing)


# --- how a documented limit is told ---------------------------------------------------------------


def documented_mutations(names: Mapping[str, str]) -> Iterator[Mutation]:
    """Yield the mutations of the documented headers; *names* are theirs, by role."""
    limit, remaining, reset = names["limit"], names["remaining"], names["reset"]
    retry, down = names["retry_after"], "remaining-counts-down"
    changes: list[tuple[str, str, Change]] = [
        (f"{limit} changes", "limit-constant", raise_every_other_time(limit)),
        (f"{remaining} stands still", down, change_number(remaining, always(50))),
        (f"{remaining} rises", down, change_number(remaining, spent_requests)),
        (f"{reset} is a time of day", "reset-relative", change_number(reset, as_time_of_day)),
        (f"{reset} is in milliseconds", "reset-relative", change_number(reset, as_milliseconds)),
        (f"{reset} is half of what it is", "reset-honest", change_number(reset, half_of)),
        (f"{reset} is always the same", "reset-moves", change_number(reset, always(60))),
        (f"{reset} ends late", "window-as-told", change_number(reset, ten_more)),
        (f"{reset} ends early", "reset-honest", change_number(reset, ten_less)),
        (f"{reset} ends two seconds early", "reset-honest", change_number(reset, two_less)),
        (f"{limit} is 0", "enforced", set_header(limit, "0")),
        (f"{retry} on 200", "retry-after-only-at-limit", set_header(retry, "3")),
        (
            f"{remaining} not 0 on 429",
            "remaining-zero-on-429",
            change_number(remaining, three_for_none),
        ),
    ]
    for name, clause, change in changes:
        yield mutate_answers(name, change, tells_quota, f"rate-limit/{clause}")
    high, low = change_number(remaining, one_more), change_number(remaining, one_less)
    exact = "rate-limit/enforced"
    yield mutate_answers(f"{remaining} is one too high", high, is_accepted, exact)
    yield mutate_answers(f"{remaining} is one too low", low, tells_quota, exact)


def often_asked_mutations(names: Mapping[str, str]) -> Iterator[Mutation]:
    """Yield those that a few answers do not show."""
    limit, remaining, reset = names["limit"], names["remaining"], names["reset"]
    random, grows = change_number(remaining, random_below_limit), "rate-limit/reset-counts-down"
    down = "rate-limit/remaining-counts-down"
    yield mutate_answers(f"{remaining} is random", random, tells_quota, down)
    nodes = f"{remaining} is counted by two nodes"
    yield Mutation(nodes, (down,), partial(count_on_nodes, 0.0))
    apart = f"{remaining} is counted by two nodes, whose windows begin apart"
    yield Mutation(apart, (down,), partial(count_on_nodes, 7.0))
    growing = change_number(reset, growing_seconds)
    yield mutate_answers(f"{reset} grows", growing, tells_quota, grows)
    doubled = change_number(reset, twice)
    relative, name = "rate-limit/reset-relative", f"{reset} is twice what it is"
    yield mutate_answers(name, doubled, tells_quota, relative)
    differs, throttled = change_number(limit, half_of), with_status(429)
    yield mutate_answers(f"{limit} differs on 429", differs, throttled, "rate-limit/limit-constant")


def raise_every_other_time(limit: str) -> Change:
    """Tell every other time one request more in the header *limit*."""
    return change_number(limit, raised_every_other_time())


def raised_every_other_time() -> Callable[[int, Service], int]:
    """Return what makes every other number one more."""
    turns = itertools.count()

    def raised(old: int, _: Service) -> int:
        return old + next(turns) % 2

    return raised


def above_limit(_: int, service: Service) -> int:
    """Return more requests than the limit allows."""
    return service.limit + 1


def spent_requests(_: int, service: Service) -> int:
    """Return how many requests were made in the window, instead of how many are left."""
    return service.spent


def random_below_limit(_: int, service: Service) -> int:
    """Return any number of requests."""
    return service.random.randrange(service.limit)


def as_time_of_day(seconds: int, _: Service) -> int:
    """Return a moment, where seconds from now are promised."""
    return TIME_OF_DAY_S + seconds


def as_milliseconds(seconds: int, _: Service) -> int:
    """Return milliseconds, where seconds are promised."""
    return seconds * 1000


def half_of(number: int, _: Service) -> int:
    """Return half of the number, at least one."""
    return max(1, number // 2)


def twice(number: int, _: Service) -> int:
    """Return twice the number."""
    return 2 * number


def ten_more(seconds: int, _: Service) -> int:
    """Return ten seconds more."""
    return seconds + 10


def ten_less(seconds: int, _: Service) -> int:
    """Return ten seconds less, at least one."""
    return max(1, seconds - 10)


def two_less(seconds: int, _: Service) -> int:
    """Return two seconds less, if need be none."""
    return max(0, seconds - 2)


def one_more(left: int, service: Service) -> int:
    """Return one request more, as far as the limit goes."""
    return min(left + 1, service.limit)


def one_less(left: int, _: Service) -> int:
    """Return one request less, if need be none."""
    return max(0, left - 1)


def count_on_nodes(seconds_apart: float, service: Service) -> Service:
    """Let two nodes take turns at random, each with a count of its own.

    The window of the second began so many seconds before that of the first.
    """
    windows = [(service.window_start, 0), (service.window_start - seconds_apart, 0)]

    def count_request(_: Service, inner: Any) -> None:
        node = service.random.randrange(2)
        service.window_start, service.spent = windows[node]
        try:
            inner()
        finally:
            windows[node] = service.window_start, service.spent

    return replace_step("count_request", count_request)(service)


def growing_seconds(_: int, service: Service) -> int:
    """Return seconds that grow with each request."""
    return 60 + service.spent


def three_for_none(left: int, _: Service) -> int:
    """Return the requests that are left, 3 where none is."""
    return left or 3


# --- how a documented limit is enforced -----------------------------------------------------------


def enforcement_mutations(reset: str, retry: str) -> Iterator[Mutation]:
    """Yield the mutations of when a request is refused, and until when.

    *reset* and *retry* are the headers that tell the seconds to the next window.
    """
    throttled, enforced = with_status(429), "rate-limit/enforced"
    early, before = change_number(retry, a_third), "rate-limit/retry-after-not-before-reset"
    yield mutate_answers(f"{retry} before {reset}", early, throttled, before)
    yield mutate_step("the limit is not enforced", "count_request", count_no_further, enforced)
    below = "the limit is not enforced, and counted below 0"
    yield mutate_step(below, "count_request", count_below_zero, enforced)
    late, name = change_number(retry, two_less), f"{retry} is two seconds short"
    yield mutate_answers(name, late, throttled, HONEST)
    half, nearly_all = partial(refuse_early, 0.5), partial(refuse_early, 0.9)
    yield mutate_step("the limit is enforced at half", "count_request", half, enforced)
    yield mutate_step("the limit is enforced a little early", "count_request", nearly_all, enforced)
    thousandfold = change_number(retry, as_milliseconds)
    yield mutate_answers(f"{retry} is in milliseconds", thousandfold, throttled, HONEST)
    moment = change_number(retry, always(TIME_OF_DAY_S))
    yield mutate_answers(f"{retry} is a time of day", moment, throttled, HONEST)
    date = set_header(retry, "Wed, 21 Oct 2026 07:28:00 GMT")
    yield mutate_answers(f"{retry} is a date", date, throttled, f"429/header/{retry}")
    yield Mutation("a 429 answers longer than it said", (HONEST,), refuse_for_three_windows)
    name, unchanged = "an update is applied behind its 429", "update/refused-unchanged"
    yield mutate_step(name, "handle", apply_behind_429, unchanged)


def a_third(seconds: int, _: Service) -> int:
    """Return a third of the seconds, at least one."""
    return max(1, seconds // 3)


def count_no_further(service: Service, inner: Any) -> None:
    """Count to the limit, and go on serving."""
    try:
        inner()
    except Refused:
        service.spent = service.limit


def count_below_zero(service: Service, inner: Any) -> None:
    """Count past the limit, and go on serving."""
    try:
        inner()
    except Refused:
        service.spent += 1


def ask_back_in_a_second(service: Service) -> Service:
    """Limit to 10 requests in two seconds, and ask back after one however much is left."""
    service.limit, service.window, service.latency = 10, 2.0, 0.02
    retry = limit_header_names(service.operation)["retry_after"]
    return alter_answers(set_header(retry, "1"), with_status(429))(service)


def refuse_early(share: float, service: Service, inner: Any) -> None:
    """Refuse once *share* of the limit is spent."""
    inner()
    if service.spent > share * service.limit:
        raise throttled_refusal()


def apply_behind_429(service: Service, inner: Any, request: Request) -> Answer:
    """Refuse for the limit only after the update was made."""
    answer: Answer = inner(request)
    if answer.status == 429:
        with suppress(Refused):  # what cannot be read cannot be applied
            service.apply_update(service.find_resource(request), service.read_body(request))
    return answer


def throttled_refusal() -> Refused:
    """Return the refusal for the limit, as a 429."""
    return Refused(Problem(429, "rate_limited", "The limit is reached."))


def refuse_for_three_windows(service: Service) -> Service:
    """Once the limit is reached, refuse for three windows while telling of one."""
    until = -1.0

    def count_request(_: Service, inner: Any) -> None:
        nonlocal until
        now = service.clock.now()
        try:
            inner()
        except Refused:
            if until <= now:
                until = now + 3 * service.window
        if now < until:
            raise throttled_refusal()

    return replace_step("count_request", count_request)(service)
