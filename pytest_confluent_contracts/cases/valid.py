"""Which bodies does the document allow? Members alone, all values in rows, and at random."""

from __future__ import annotations

import itertools
import json
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pytest_confluent_contracts.cases.build import (
    PLAIN_REQUEST,
    bare_case,
    body_with_member,
    distinct_cases,
    fresh_body,
    full_body,
    holds_strings,
    judged_case,
    minimal_body,
    varied_members,
    with_allowed_values,
    with_pins,
    with_values,
    writable_members,
)
from pytest_confluent_contracts.cases.generated import GENERATED, allowed_bodies
from pytest_confluent_contracts.cases.member_values import (
    described_values,
    has_list_of_texts,
    long_text,
    readable_values,
)
from pytest_confluent_contracts.cases.other_media_types import other_media_type_cases
from pytest_confluent_contracts.cases.repeated_values import repeating_bodies
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, BodyKind
from pytest_confluent_contracts.model.paths import ABSENT, value_at, with_value, without_value
from pytest_confluent_contracts.model.traffic import (
    NOTHING_SPECIAL,
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_confluent_contracts.model.documents import Operation

T = TypeVar("T")

# What shows only now and then has to be asked for often; another's machine is spared.
READS, FEW_READS = 24, 4
CASES_PER_REPETITION = 50
MOST_IN_ALL_PAIRS = 6  # members of which each is empty beside each that is large
# Each differs from the one before in what a service may take for nothing: a write that it then
# leaves out shows.
ALIKE = ("Alike", "alike", "alike ", "caf\u00e9", "cafe\u0301", "")


class Body(NamedTuple):
    """A body worth sending, and the path of the member that it is about, where it is one."""

    title: str
    value: Any
    member: str = ""


def allowed_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return the allowed bodies, the deterministic ones first.

    Each is valid by the schema, not by its maker.
    """
    if operation.request is None:
        plain = bare_case(Probe.VALID, PLAIN_REQUEST, operation, context, expect=Expect.ACCEPTED)
        many = READS if operation.is_safe and context.made_up else FEW_READS
        return [plain] * many

    def judged_bodies(bodies: Iterable[Body]) -> list[Case]:
        return [_judged_body(body, operation, context) for body in bodies]

    if operation.request.kind not in (BodyKind.JSON, BodyKind.MERGE_PATCH, BodyKind.FORM):
        bodies = judged_bodies(_presence_bodies(operation, context))
        alone = [one for one in bodies if one.expect is Expect.ACCEPTED]
        return [*distinct_cases(alone), *other_media_type_cases(operation, context)]
    drawn = [Body(GENERATED, body) for body in allowed_bodies(operation, context)]
    rest = [*_readable_bodies(operation, context), *_alike_bodies(operation, context)]
    rest += [*_uneven_bodies(operation, context), *drawn]
    again = [Body(*step) for step in repeating_bodies(operation, context)]
    made = [
        *distinct_cases(judged_bodies(_presence_bodies(operation, context))),
        *_escaped_cases(operation, context),
        # Among the rows one that only rests comes more than once; it is no repetition.
        *judged_bodies(_row_bodies(operation, context)),
        *judged_bodies(again),
        *distinct_cases(judged_bodies(rest)),
    ]
    allowed = [one for one in made if one.expect is Expect.ACCEPTED]
    others = other_media_type_cases(operation, context)
    return [*allowed[:2], *_some_twice(allowed[2:]), *others]


def _judged_body(body: Body, operation: Operation, context: RunContext) -> Case:
    value = with_pins(body.value, context)
    subject = Subject(SubjectKind.MEMBER, body.member) if body.member else NOTHING_SPECIAL
    return judged_case(Probe.VALID, body.title, operation, context, value, subject=subject)


def _escaped_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield a body in JSON's other spelling.

    It has indents, and escapes in place of the characters themselves.
    """
    if operation.request is None or operation.request.kind not in IN_JSON:
        return
    body = fresh_body(operation, context, "caf\u00e9 \U0001d518")
    one = judged_case(Probe.VALID, "new values, indented and escaped", operation, context, body)
    yield replace(one, body=json.dumps(body, indent=2).encode())


def _some_twice(cases: list[Case]) -> Iterator[Case]:
    """Yield the cases, now and then one of them twice: the same update must change nothing."""
    for index, one in enumerate(cases):
        yield one
        if index % CASES_PER_REPETITION == 0:
            yield one


# --- bodies ---------------------------------------------------------------------------------------


def _presence_bodies(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield every member together, none of the optional ones, each alone, and each left out."""
    everything, least = full_body(operation, context), minimal_body(operation, context)
    yield Body("new values for every member", fresh_body(operation, context, "new"))
    yield Body("every member", everything)
    yield Body("required members only", least)
    for member in operation.request_members:
        is_object = types_allowed(member.schema) == ["object"]
        if is_object and not member.read_only and not member.required:
            empty = with_value(least, member.path, {})
            yield Body(f"an empty {member.path}", empty, member.path)
    for member in writable_members(operation):
        if not member.required:
            alone = body_with_member(operation, context, member)
            if alone is not ABSENT:
                yield Body(f"{member.path} alone", alone)
            yield Body(f"{member.path} left out", without_value(everything, member.path))


def _row_bodies(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield every value of every member, one of each in a body but for one that rests.

    The answer shows what the member that rests was kept as. Of the members ``a``, ``b`` and ``c``,
    all optional, the first body holds ``b`` and ``c``, the second ``a`` and ``c``, and so on.
    """
    free = varied_members(operation, context)
    left: dict[str, deque[tuple[str, Any]]] = {}
    for index, member in enumerate(free):
        left[member.path] = _begun_later(described_values(member, operation, context), index)
    optional = [member.path for member in free if not member.required]
    if len(optional) < 2:
        optional.append("")  # at times nothing rests, or the values of a lone one were never sent
    resting = itertools.cycle(optional)
    least = minimal_body(operation, context)
    while any(left.values()):
        rests = next(resting)
        made = _row_body(operation, least, _next_row(left, rests))
        yield made if made.title else made._replace(title=f"{rests} rests")


def _next_row(left: dict[str, deque[tuple[str, Any]]], rests: str) -> dict[str, tuple[str, Any]]:
    """Take the next value of each member in *left* but the one that rests, by path."""
    row: dict[str, tuple[str, Any]] = {}
    for path, entries in left.items():
        if entries and path != rests:
            row[path] = entries.popleft()
    return row


def _readable_bodies(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield bodies in which every text has another of the values that readers stumble over.

    Where there is a list of texts, they stand in the rows.
    """
    if has_list_of_texts(operation, context):
        return
    texts = set(_text_paths(operation, context, secrets=False))
    left: dict[str, deque[tuple[str, Any]]] = {}
    for member in varied_members(operation, context):
        if member.path in texts:
            left[member.path] = _begun_later(readable_values(member.schema), len(left))
    least = minimal_body(operation, context)
    while any(left.values()):
        yield _row_body(operation, least, _next_row(left, rests=""))


def _row_body(operation: Operation, least: Any, row: dict[str, tuple[str, Any]]) -> Body:
    """Return the body that sends each value of *row*, as far as the schema allows them together.

    It is told by what they are.
    """
    title = " and ".join(f"{path} is {shown}" for path, (shown, _) in row.items())
    values = {path: value for path, (_, value) in row.items()}
    return Body(title, with_allowed_values(operation, least, values))


def _begun_later(entries: Iterable[T], by: int) -> deque[T]:
    """Return *entries* begun some way in.

    Members of one kind then do not have the same value in one body.
    """
    turned = deque(entries)
    turned.rotate(-7 * by)
    return turned


def _text_paths(operation: Operation, context: RunContext, *, secrets: bool) -> list[str]:
    """Return the paths of the members that take any text; with *secrets*, those of secrets too."""
    found: list[str] = []
    for member in varied_members(operation, context):
        is_text = types_allowed(member.schema) == ["string"] and "enum" not in member.schema
        if is_text and (secrets or not member.secret):
            found.append(member.path)
    return found


def _alike_bodies(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield bodies in which all texts are the same."""
    least = minimal_body(operation, context)
    texts = _text_paths(operation, context, secrets=False)
    if not texts:
        return
    rows = [(texts, text) for text in ALIKE]
    all_texts = _text_paths(operation, context, secrets=True)
    if all_texts != texts:
        # So short that its return in another member gives no secret away.
        rows.append((all_texts, "same"))
    for paths, text in rows:
        body = with_values(least, dict.fromkeys(paths, text))
        yield Body(f"{' and '.join(paths)} are {text!r}", body)
        is_left_out = all(value_at(least, path) is ABSENT for path in paths)
        if not text and is_left_out:
            yield Body("required members only while the texts are empty", least)


def _uneven_bodies(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield bodies in which one member is empty and another one large, for each two of them.

    Where there are many, each of them is empty beside the next and the one before.
    """
    extremes: dict[str, tuple[Any, Any]] = {}
    for path in _text_paths(operation, context, secrets=False):
        extremes[path] = ("", long_text(300))
    for member in varied_members(operation, context):
        if holds_strings(member.schema):
            extremes[member.path] = ([], _long_entries(21, 65))
    least = minimal_body(operation, context)
    pairs = list(itertools.permutations(extremes, 2))
    if len(extremes) > MOST_IN_ALL_PAIRS:
        ring = [*extremes, *list(extremes)[:1]]
        pairs = [*itertools.pairwise(ring), *itertools.pairwise(reversed(ring))]
    for small, large in pairs:
        body = with_values(least, {small: extremes[small][0], large: extremes[large][1]})
        yield Body(f"{small} is empty and {large} is large", body)


def _long_entries(count: int, length: int) -> list[str]:
    """Return *count* different texts of *length* characters each."""
    return [f"{index:03}{long_text(length)}"[:length] for index in range(count)]
