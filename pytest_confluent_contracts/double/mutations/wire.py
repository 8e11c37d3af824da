"""In which ways can the wire be wrong? Content codings, framing, and connections."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_answers,
    alter_each_nth_answer,
    change_bytes,
    drop_member,
    is_accepted,
    is_list_member,
    is_refused,
    is_sent_often,
    mutate_answers,
    mutate_step,
    put_value,
    replace_step,
    rewrite_value,
    sent_json,
    set_header,
)
from pytest_confluent_contracts.double.mutations.updates import freely_writable_members
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import value_at, with_value
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Alter, Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation, Property

CODING, FRAMING, KEPT_OPEN = "wire/content-coding", "wire/framing", "wire/kept-open"
SAME = "wire/same-on-every-connection"
MACHINES, COLD = 3, 5
LOSING_SOON = 15  # where few requests are sent
LOSING = (40, 90)  # each so many requests, one that goes over a connection kept open is lost
KEPT_OPEN_SINCE = 10  # requests; by then each of a client's connections is open


def wire_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what carries the answers."""
    if operation.success_content is not None:
        yield from coding_mutations(operation)
        yield from framing_mutations()
    yield from error_mutations()
    if operation.request is not None:  # of the others too few requests are sent
        yield from connection_mutations(operation)
        return
    name = f"every {LOSING_SOON}th request is lost on a connection kept open"
    yield Mutation(name, (KEPT_OPEN,), lose_each(LOSING_SOON))
    # Each alternative of credentials is answered with what is read: else that is not seen enough.
    if operation.role is Role.READ and len(operation.security) > 1:
        named = partial(rename_by_connection, [one.path for one in operation.answer_members])
        name = "each connection shows texts of its own"
        yield mutate_answers(name, named, is_accepted, SAME)


# --- content codings ------------------------------------------------------------------------------


def coding_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the content coding."""
    for what, (named, make) in LIES.items():
        yield mutate_answers(f"an answer {what}", coded_as(named, make), has_body, CODING)
    unapplied, twice = coded_as("gzip", as_it_is), coded_as("gzip", gzip_twice)
    for count in (7, 20) if is_sent_often(operation) else ():
        name = f"every {count}th answer says gzip and is not"
        yield Mutation(name, (CODING,), alter_each_nth_answer(count, unapplied))
        name = f"every {count}th answer is in gzip twice"
        yield Mutation(name, (CODING,), alter_each_nth_answer(count, twice))


def has_body(_: Request, answer: Answer) -> bool:
    """Hold on answers that have a body."""
    return bool(answer.body)


def coded_as(named: str, make: Callable[[bytes], bytes]) -> Change:
    """Name the coding *named*, none where it is empty, of the body that *make* makes."""
    name_it = set_header("Content-Encoding", *([named] if named else []))

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        made = change_bytes(make)(answer, request, service)
        return name_it(made, request, service)

    return change


def as_it_is(body: bytes) -> bytes:
    """Return *body* in no coding."""
    return body


def gzip_once(body: bytes) -> bytes:
    """Return *body* in gzip, the same bytes at any time."""
    return gzip.compress(body, mtime=0)


def gzip_twice(body: bytes) -> bytes:
    """Return *body* in gzip, and that in gzip again."""
    return gzip_once(gzip_once(body))


def gzip_and_break_off(body: bytes) -> bytes:
    """Return the first half of *body* in gzip."""
    coded = gzip_once(body)
    return coded[: len(coded) // 2]


def gzip_with_wrong_sum(body: bytes) -> bytes:
    """Return *body* in gzip, of which the check sum is wrong (RFC 1952 2.3.1)."""
    coded = gzip_once(body)
    return coded[:-8] + bytes(4) + coded[-4:]


def scramble(body: bytes) -> bytes:
    """Return *body* in a coding that nobody can undo."""
    return bytes(octet ^ 0xA5 for octet in body)


# By what is done: the coding that is named, and what is made of the body.
LIES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "says gzip and is not": ("gzip", as_it_is),
    "says deflate and is not": ("deflate", as_it_is),
    "says deflate and is in gzip": ("deflate", gzip_once),
    "says gzip and is in deflate": ("gzip", zlib.compress),
    "is in gzip twice": ("gzip", gzip_twice),
    "says gzip twice and is in it once": ("gzip, gzip", gzip_once),
    "is in gzip and does not say so": ("", gzip_once),
    "is in deflate and does not say so": ("", zlib.compress),
    "says br, which nobody asked for": ("br", as_it_is),
    "is in a coding that nobody asked for": ("br", scramble),
    "says utf-8 in the place of a coding": ("utf-8", as_it_is),
    "is in gzip that breaks off": ("gzip", gzip_and_break_off),
    "is in gzip with a wrong sum": ("gzip", gzip_with_wrong_sum),
}


# --- framing --------------------------------------------------------------------------------------


def framing_mutations() -> Iterator[Mutation]:
    """Yield the mutations of how the end of an answer is told."""
    chunked = set_header("Transfer-Encoding", "chunked")
    yield mutate_answers("an answer has a length beside its chunks", chunked, has_body, FRAMING)


def error_mutations() -> Iterator[Mutation]:
    """Yield the mutations of what carries a refusal."""
    unapplied, twice = coded_as("gzip", as_it_is), coded_as("gzip", gzip_twice)
    yield mutate_answers("an error says gzip and is not", unapplied, is_refused, CODING)
    yield mutate_answers("an error is in gzip twice", twice, is_refused, CODING)
    chunked = set_header("Transfer-Encoding", "chunked")
    yield mutate_answers("an error has a length beside its chunks", chunked, is_refused, FRAMING)


# --- connections ----------------------------------------------------------------------------------


def connection_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations that depend on the connection."""
    for count in LOSING if is_sent_often(operation) else ():
        name = f"every {count}th request is lost on a connection kept open"
        yield Mutation(name, (KEPT_OPEN,), lose_each(count))
    if is_sent_often(operation):
        name = "each fifth connection begins with a refusal"
        yield Mutation(name, ("request/accepted",), begin_cold)
    for member in freely_writable_members(operation):
        if "null" not in types_allowed(member.schema):
            name = f"one machine of three takes null for nothing as {member.path}"
            empty = empty_value(member)
            taken = partial(take_null, member.path, empty)
            yield mutate_step(name, "handle", taken, f"request/{member.path}/null")
    # What every update has to write is never seen at rest.
    members = [one for one in freely_writable_members(operation) if not one.required]
    if not members:
        return
    name = "each connection leads to a machine with a state of its own"
    yield Mutation(name, (SAME,), keep_apart(every))
    name = "one connection leads to a machine with a state of its own"
    yield Mutation(name, (SAME,), keep_apart(second))
    for member in members:
        name = f"one connection leaves {member.path} out"
        yield Mutation(name, (SAME,), alter_over_second(drop_member(member.path)))
        name = f"one connection shows another {member.path}"
        other = ["another"] if is_list_member(member) else "another"
        yield Mutation(name, (SAME,), alter_over_second(put_value(member.path, other)))


def lose_each(count: int) -> Alter:
    """Return the alteration that loses a request now and then, and takes it when it comes again."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)

        def handle(_: Service, inner: Any, request: Request) -> Any:
            turn = next(turns)
            if turn > KEPT_OPEN_SINCE and turn % count == 0:
                raise ConnectionAbortedError("closed while the request was on its way")
            return inner(request)

        return replace_step("handle", handle)(service)

    return alter


def every(_: Request) -> bool:
    """Hold whatever the connection."""
    return True


def second(request: Request) -> bool:
    """Hold on what comes over a connection that leads to the second of three machines."""
    return request.connection % MACHINES == 2


def begin_cold(service: Service) -> Service:
    """Refuse the credentials of the first request of each fifth connection."""
    begun: set[int] = set()

    def handle(_: Service, inner: Any, request: Request) -> Any:
        is_first = request.connection not in begun
        begun.add(request.connection)
        if is_first and request.connection % COLD == 0:
            return inner(replace(request, headers={}))
        return inner(request)

    return replace_step("handle", handle)(service)


def empty_value(member: Property) -> Any:
    """Return what *member* is where nothing is in it."""
    if is_list_member(member):
        return []
    return False if types_allowed(member.schema) == ["boolean"] else ""


def take_null(path: str, empty: Any, _: Service, inner: Any, request: Request) -> Any:
    """Take null at *path* for the *empty* value on the second of three machines."""
    body = sent_json(request)
    if second(request) and value_at(body, path) is None:
        body = with_value(body, path, empty)
        return inner(replace(request, body=json.dumps(body).encode()))
    return inner(request)


def rename_by_connection(
    members: Sequence[str], answer: Answer, request: Request, _: Service
) -> Answer:
    """Show each text of the answer with the number of the connection behind it."""
    shown = answer.value
    for path in members:
        shown = rewrite_value(shown, path, partial(add_number, request.connection))
    return replace(answer, value=shown)


def add_number(number: int, shown: Any) -> Any:
    """Return *shown* with *number* behind it where it is a text."""
    return f"{shown}-{number}" if isinstance(shown, str) else shown


def keep_apart(when: Callable[[Request], bool]) -> Alter:
    """Return the alteration in which each connection has a resource of its own where *when* holds.

    All begin alike.
    """

    def alter(service: Service) -> Service:
        apart: dict[tuple[int, str], Resource] = {}

        def find(service: Service, inner: Any, request: Request) -> Resource:
            shared: Resource = inner(request)
            if not when(request):
                return shared
            key = (request.connection, service.id_in(request.path))
            return apart.setdefault(key, deepcopy(shared))

        return replace_step("find_resource", find)(service)

    return alter


def alter_over_second(change: Change) -> Alter:
    """Return the alteration of the accepted answers that go over the second connection."""

    def goes_over_second(request: Request, answer: Answer) -> bool:
        return is_accepted(request, answer) and second(request)

    return alter_answers(change, goes_over_second)
