"""How is a service altered? Which step or answer, when, and what is changed in it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.service import Answer, Request, Service
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT, value_at

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation, Property

Alter = Callable[[Service], Service]
Change = Callable[[Answer, Request, Service], Answer]
When = Callable[[Request, Answer], bool]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break a service: its name, which clauses it breaks, how the service is altered.

    ``needs_sequence`` says that the steps of a life do not show it, and requests in another order
    do.
    """

    name: str
    breaks: tuple[str, ...]
    alter: Alter
    needs_sequence: bool = False


# --- how a service is altered ---------------------------------------------------------------------


def replace_step(step: str, do: Callable[..., Any]) -> Alter:
    """Return the alteration that puts *do* in place of one step.

    *do* is called with the service, the step as it was, and the arguments of the step.
    """

    def alter(service: Service) -> Service:
        setattr(service, step, partial(do, service, getattr(service, step)))
        return service

    return alter


def chain_alterations(*alters: Alter) -> Alter:
    """Return the alteration that makes each of *alters*, the first one innermost."""

    def alter_all(service: Service) -> Service:
        for alter in alters:
            service = alter(service)
        return service

    return alter_all


def alter_answers(change: Change, when: When) -> Alter:
    """Return the alteration that changes each finished answer for which *when* holds."""

    def handle(service: Service, inner: Any, request: Request) -> Any:
        answer = inner(request)
        return change(answer, request, service) if when(request, answer) else answer

    return replace_step("handle", handle)


def alter_each_nth_answer(count: int, change: Change) -> Alter:
    """Return the alteration that changes every *count*-th answer of the 2xx class.

    Each service is counted anew.
    """

    def alter(service: Service) -> Service:
        turns = itertools.count(1)

        def is_nth(request: Request, answer: Answer) -> bool:
            return is_accepted(request, answer) and next(turns) % count == 0

        return alter_answers(change, is_nth)(service)

    return alter


def mutate_answers(name: str, change: Change, when: When, *breaks: str) -> Mutation:
    """Return the mutation that changes each answer for which *when* holds."""
    return Mutation(name, breaks, alter_answers(change, when))


def mutate_step(name: str, step: str, do: Callable[..., Any], *breaks: str) -> Mutation:
    """Return the mutation that replaces one step of the service."""
    return Mutation(name, breaks, replace_step(step, do))


# --- when -----------------------------------------------------------------------------------------


def is_accepted(_: Request, answer: Answer) -> bool:
    """Hold on answers of the 2xx class."""
    return 200 <= answer.status < 300


def is_refused(_: Request, answer: Answer) -> bool:
    """Hold on error answers that have a body."""
    return answer.status >= 400 and answer.value is not None


def tells_quota(request: Request, answer: Answer) -> bool:
    """Hold on answers that tell the quota."""
    return is_accepted(request, answer) or answer.status == 429


def with_status(*statuses: int) -> When:
    """Hold on answers with one of *statuses*."""

    def has_status(_: Request, answer: Answer) -> bool:
        return answer.status in statuses

    return has_status


def sends_body(test: Callable[[Any], bool], when: When = is_accepted) -> When:
    """Hold where the request's JSON value passes *test*; None stands for what is not JSON."""

    def sends(request: Request, answer: Answer) -> bool:
        return when(request, answer) and test(sent_json(request))

    return sends


def sends_text(path: str, test: Callable[[str], bool]) -> When:
    """Hold where the text that the request has at *path* passes *test*; no text is empty."""

    def passes(body: Any) -> bool:
        return test(str(find_value(body, path) or ""))

    return sends_body(passes)


def sends_list(path: str, test: Callable[[list[Any]], bool]) -> When:
    """Hold where the list that the request has at *path* passes *test*; no list is empty."""

    def passes(body: Any) -> bool:
        return test(list(find_value(body, path) or ()))

    return sends_body(passes)


def longer_than(count: int) -> Callable[[Sized], bool]:
    """Return the test whether a text or a list has more than *count* items."""

    def is_longer(found: Sized) -> bool:
        return len(found) > count

    return is_longer


def sent_json(request: Request) -> Any:
    """Return the JSON value of the request's body, None where it is not JSON."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


# --- what is changed in an answer -----------------------------------------------------------------


def change_value(path: str, make: Callable[[Any], Any]) -> Change:
    """Change what stands at *path* of the body, ``[]`` meaning each item."""

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        return replace(answer, value=rewrite_value(answer.value, path, make))

    return change


def change_text(path: str, make: Callable[[str], str]) -> Change:
    """Change the text that stands at *path* of the body, if one does."""
    return change_value(path, partial(map_texts, make=make))


def put_value(path: str, new: Any) -> Change:
    """Put *new* at *path* of the body."""
    return change_value(path, always(new))


def insert_value(path: str, new: Any) -> Change:
    """Put *new* at *path* of the body, and make what is missing on the way there."""
    steps = paths.steps_of(path)

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        return replace(answer, value=_with_inserted(answer.value, steps, new))

    return change


def _with_inserted(found: Any, steps: Sequence[paths.Step], new: Any) -> Any:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, paths.Item):
        items = found if isinstance(found, list) and found else [ABSENT]
        return [_with_inserted(item, rest, new) for item in items]
    holder = found if isinstance(found, dict) else {}
    return {**holder, step: _with_inserted(holder.get(step, ABSENT), rest, new)}


def drop_member(path: str) -> Change:
    """Take the member at *path* away."""
    return put_value(path, ABSENT)


def put_counted(path: str, make: Callable[[int], Any]) -> Change:
    """Put another value at *path* each time, made from a number that counts up from 0."""
    turns = itertools.count()

    def make_next(_: Any) -> Any:
        return make(next(turns))

    return change_value(path, make_next)


def change_bytes(make: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of the body."""

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        return replace(answer, raw=make(answer.body))

    return change


def set_status(code: int) -> Change:
    """Change the status."""

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        return replace(answer, status=code)

    return change


def set_header(name: str, *values: str) -> Change:
    """Give the header *name* these values; none takes it away."""

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        kept = [pair for pair in answer.headers if pair[0].lower() != name.lower()]
        given = [(name, value) for value in values]
        return replace(answer, headers=(*kept, *given))

    return change


def change_number(name: str, make: Callable[[int, Service], int]) -> Change:
    """Change the number in the header *name*; an answer without one stays as it is."""

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        found = dict(answer.headers).get(name, "")
        if not found.isdigit():
            return answer
        new = make(int(found), service)
        return set_header(name, str(new))(answer, request, service)

    return change


def always(value: Any) -> Callable[..., Any]:
    """Return the function that returns *value*, whatever it is called with."""

    def return_value(*_: Any) -> Any:
        return value

    return return_value


# --- what is changed in a value -------------------------------------------------------------------


def rewrite_value(body: Any, path: str, make: Callable[[Any], Any]) -> Any:
    """Return *body* with *make(what stands there)* at *path*; ABSENT stands for no member.

    Where *path* ends in a list's items, only the first of them is made anew.
    """
    return _rewrite_below(body, paths.steps_of(path), make)


def _rewrite_below(found: Any, steps: Sequence[paths.Step], make: Callable[[Any], Any]) -> Any:
    if not steps:
        return make(found)
    step, rest = steps[0], steps[1:]
    if isinstance(step, paths.Item):
        return _rewrite_items(found, rest, make) if isinstance(found, list) else found
    if not isinstance(found, dict):
        return found
    if rest and step not in found:
        return found
    new = _rewrite_below(found.get(step, ABSENT), rest, make)
    if new is ABSENT:
        return {name: value for name, value in found.items() if name != step}
    return {**found, step: new}


def _rewrite_items(
    items: list[Any],
    steps: Sequence[paths.Step],
    make: Callable[[Any], Any],
) -> list[Any]:
    if steps:
        return [_rewrite_below(item, steps, make) for item in items]
    if not items:
        return []
    return [make(items[0]), *items[1:]]


def overwrite_value(body: Any, path: str, new: Any) -> Any:
    """Return *body* with *new* at *path*, where there is an object for it."""
    return rewrite_value(body, path, always(new))


def map_texts(found: Any, make: Callable[[str], str]) -> Any:
    """Return *found* with *make* done to its text, or to each text of a list."""
    if isinstance(found, list):
        return [map_texts(item, make) for item in found]
    return make(found) if isinstance(found, str) else found


def find_value(body: Any, path: str) -> Any:
    """Return the value of *body* at *path*, None where there is none."""
    found = value_at(body, path)
    return None if found is ABSENT else found


# --- what a document and a service have -----------------------------------------------------------


def is_list_member(member: Property) -> bool:
    """Return whether the document says that *member* is a list."""
    return bool(member.schema.get("type") == "array")


def is_text_member(member: Property) -> bool:
    """Return whether a text may stand at *member*."""
    types = types_allowed(member.schema)
    return not is_list_member(member) and (not types or "string" in types)


def is_sent_often(operation: Operation) -> bool:
    """Return whether so much is sent of *operation* that it is met what shows now and then.

    That is so where there is a body to vary.
    """
    return operation.request is not None


def any_resource(service: Service) -> Resource:
    """Return the first resource that *service* keeps."""
    return next(iter(service.store.resources.values()))


def count_leaves(found: Any) -> int:
    """Return how many values that are no objects stand in *found*."""
    if isinstance(found, dict):
        return sum(count_leaves(below) for below in found.values())
    return 1
