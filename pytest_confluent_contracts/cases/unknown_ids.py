"""Which resources does nobody have? Updates of ids that do not exist: none may create one."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.build import (
    bare_case,
    fresh_body,
    id_as_sent,
    judged_case,
)
from pytest_confluent_contracts.cases.conforming_ids import conforming_ids, is_narrow
from pytest_confluent_contracts.cases.parameter_values import value_from_text
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model.formats import UUID
from pytest_confluent_contracts.model.paths import percent_encoded
from pytest_confluent_contracts.model.serialisation import path_text
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
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation, Parameter

NOBODYS_ID = "contract-unknown-0000"  # where nobody named a resource
# What an unknown id looks like. An odd one may as well be refused as a bad request.
PLAIN, ODD = NOTHING_SPECIAL, Subject(SubjectKind.ODD_ID)
# What HTTP, or the kind of id, lets a server take for the own one.
NORMALISED = Subject(SubjectKind.NORMALISED_ID)
UNKNOWN_PARENT = Subject(SubjectKind.UNKNOWN_PARENT)
PLAIN_IDS = 12  # a hash spreads ids over shards: each of some must say that it has none
LEAST_OF_SAME_FORM = 8
FEWEST_DIGITS = 5  # of a number that a service on this machine has hardly counted up to
# What a service has counted up to: a number alone, or a short one by itself at the end (``c-12``).
COUNTED_UP = re.compile(r"\A[0-9]+\Z|[-_.:~ ][0-9]{2,4}\Z")
SHOWN_CHARACTERS = 40  # of an id, in the title of its case
HEXADECIMAL = re.compile("[0-9A-Fa-f-]+")  # numbers are often the same in both cases
LAST_NUMBER = re.compile(r"([0-9]+)([^0-9]*)\Z")
# Letters of another script that look the same, and that some readers take for the same.
LOOK_ALIKES = dict(zip("aceiopxy", "\u0430\u0441\u0435\u0456\u043e\u0440\u0445\u0443", strict=True))
TO_FULL_WIDTH = 0xFEE0  # from a character of ASCII to the one that Unicode calls compatible with it
NO_UTF_8 = "%FF"


@dataclass(frozen=True, slots=True)
class UnknownId:
    """An id that nobody has, what it looks like, and how it is written where that is not usual."""

    id: str
    look: Subject = PLAIN
    spelling: str = ""


def unknown_id_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates of resources that do not exist, the first once more at the end.

    A PATCH must not create it, and a PUT is not sent where it may (RFC 9110 9.3.4). The smallest
    update of the own one comes last: it shows whether another id was taken for it.
    """
    may_create = operation.method == "PUT" and not operation.promises.refusals.unknown
    if may_create or not context.parameters:
        return []
    own_name = context.parameters[-1][0]
    made = [
        _unknown_case(operation, context, unknown, f"refused-{index}", own_name)
        for index, unknown in enumerate(_allowed_or_odd(operation, context))
    ]
    parents = list(_unknown_parents(operation, context))
    sent = [*made, *parents]
    if not sent:  # the schema allows the own id alone
        return []
    return [*sent, sent[0], baseline_update(operation, context, Probe.UNKNOWN)]


def _unknown_parents(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield an update of the own id under nobody's value of each path parameter before it.

    For example, ``/repos/{owner}/{repo}/issues/{number}`` with an owner that nobody is. Of listed
    values none is nobody's.
    """
    declared = {one.name: one for one in operation.path_parameters}
    for index, (name, own) in enumerate(context.parameters[:-1]):
        within = replace(context, parameters=context.parameters[: index + 1])
        parameter = declared.get(name)
        others = [_nobodys_id(within)]
        if parameter is not None and is_narrow(parameter):
            others = conforming_ids(parameter, within, 1)
        for other in others:
            if other != own:
                unknown = UnknownId(other, UNKNOWN_PARENT)
                yield _unknown_case(operation, context, unknown, f"parent-{name}", name)


def surely_unknown_id(operation: Operation, context: RunContext) -> str:
    """Return an id that nobody has anywhere: of another form than the own one, where it may be."""
    parameter = _last_parameter(operation, context)
    if parameter is not None and is_narrow(parameter):
        allowed = conforming_ids(parameter, context, 1)
        if allowed or not parameter.is_text:
            return next(iter(allowed), path_text(parameter, context.parameters[-1][1]))
    return _nobodys_id(context)


def unknown_where_empty(
    operation: Operation, parameters: tuple[tuple[str, str], ...], seed: int
) -> tuple[tuple[str, str], ...]:
    """Return *parameters* with an id that nobody has in the place of each empty one."""
    declared = {one.name: one for one in operation.path_parameters}
    context = RunContext(parameters, {}, {}, seed, made_up=False)
    found: list[tuple[str, str]] = []
    for name, text in parameters:
        otherwise = [NOBODYS_ID]
        if name in declared and is_narrow(declared[name]):
            otherwise = [*conforming_ids(declared[name], context, 1), NOBODYS_ID]
        found.append((name, text or otherwise[0]))
    return tuple(found)


def _last_parameter(operation: Operation, context: RunContext) -> Parameter | None:
    name, _ = context.parameters[-1]
    return next((one for one in operation.path_parameters if one.name == name), None)


def _allowed_or_odd(operation: Operation, context: RunContext) -> Iterator[UnknownId]:
    """Yield unknown ids; where the schema allows not every text, some that it allows come first.

    What it forbids may be refused for its form alone. Of a list or another style there are no near
    misses.
    """
    parameter = _last_parameter(operation, context)
    if parameter is None or not is_narrow(parameter):
        yield from _unknown_ids(context)
        return
    for text in conforming_ids(parameter, context, PLAIN_IDS):
        yield UnknownId(text)
    if not parameter.is_text:
        return
    for unknown in _unknown_ids(context):
        value = value_from_text(parameter, unknown.id)
        if unknown.look is PLAIN and not is_allowed_value(parameter.schema, value):
            yield replace(unknown, look=ODD)
        else:
            yield unknown


def _nobodys_id(context: RunContext) -> str:
    known = context.parameters[-1][1]
    return f"contract-unknown-{random.Random(f'{context.seed}/{known}').getrandbits(48):012x}"


def _unknown_ids(context: RunContext) -> Iterator[UnknownId]:
    """Yield ids that nobody has: plain ones, and near misses of the last path parameter.

    A wildcard, a prefix or an id of the same form might hit what a stranger has. Where the target
    is shared, only those are sent that can hit nothing but the own resource, if that.
    """
    known = context.parameters[-1][1]
    numbers = random.Random(f"{context.seed}/{known}")
    yield UnknownId(_nobodys_id(context))
    if context.made_up:
        near = list(_near_ids(known))
        plain = [one for one in near if one.look is PLAIN]
        others = max(LEAST_OF_SAME_FORM, PLAIN_IDS - 1 - len(plain))
        yield from _ids_of_same_form(known, others, numbers)
        yield from near
        yield from _odd_ids(known)
        yield from _normalised_ids(known)
        return
    beginning = re.match("[^0-9]*", known)
    for _ in range(1, PLAIN_IDS):
        yield UnknownId(f"{beginning.group() if beginning else ''}{numbers.getrandbits(64):016x}")
    if context.owned:
        yield UnknownId(f"{known}%", ODD)
        yield UnknownId(f"{known}.json", ODD)
        yield _encoded_again(known)


def _ids_of_same_form(known: str, count: int, numbers: random.Random) -> Iterator[UnknownId]:
    """Yield *count* plain ids that differ from *known* in their digits, or by digits behind it."""
    has_many = len(re.findall("[0-9]", known)) >= FEWEST_DIGITS
    stem = known if has_many else known + "0" * FEWEST_DIGITS
    seen = {known}
    while len(seen) <= count:  # with the own one
        other = re.sub("[0-9]", lambda _: str(numbers.randrange(10)), stem)
        if other not in seen:
            seen.add(other)
            yield UnknownId(other)


def _near_ids(known: str) -> Iterator[UnknownId]:
    """Yield ids of plain characters that *known* begins with, that end or read like it."""
    if not COUNTED_UP.search(known):  # a smaller number may well be another one's
        yield UnknownId(known[:-1] or "0")
    yield UnknownId(f"x{known}")
    # A UUID is the same in both cases (RFC 9562 4).
    if known.swapcase() != known and not UUID.fullmatch(known):
        look = NORMALISED if HEXADECIMAL.fullmatch(known) else PLAIN
        yield UnknownId(known.swapcase(), look)
    padded = LAST_NUMBER.sub(r"0\1\2", known)
    if padded != known:
        yield UnknownId(padded, _look_beside_number(known, PLAIN))


def _odd_ids(known: str) -> Iterator[UnknownId]:
    """Yield ids that a service may trip over, or read as the way to *known*."""
    for suffix in ("%", "*", ".json", "\0", "?a=b", "/x"):
        yield UnknownId(f"{known}{suffix}", ODD)
    yield UnknownId(f"{known[:-1]}_", ODD)
    yield UnknownId(f"{known};a=b", ODD, f"{percent_encoded(known)};a=b")
    yield UnknownId(f"{known} ", _look_beside_number(known, ODD))
    for alike in (_look_alike(known), _in_full_width(known)):
        if alike != known:
            yield UnknownId(alike, _look_beside_number(known, ODD))
    yield _encoded_again(known)
    yield UnknownId(f"{known}\ufffd", ODD, f"{percent_encoded(known)}{NO_UTF_8}")
    yield UnknownId("a%b'c\u00e9\u6f22", ODD)
    yield UnknownId(f"{known}{'0' * 4000}", ODD)


def _normalised_ids(known: str) -> Iterator[UnknownId]:
    """Yield what is *known* where dot segments are removed or slashes at the end dropped."""
    yield UnknownId(f"x/../{known}", NORMALISED)
    yield UnknownId(f"{known}/", NORMALISED, f"{percent_encoded(known)}/")


def _look_beside_number(known: str, otherwise: Subject) -> Subject:
    """Return the look of another spelling of *known*: a number is read in several."""
    if known.isdigit():
        return NORMALISED
    return otherwise


def _look_alike(known: str) -> str:
    """Return *known* with the first character that has a look-alike replaced by it."""
    for index, mark in enumerate(known):
        if mark in LOOK_ALIKES:
            return f"{known[:index]}{LOOK_ALIKES[mark]}{known[index + 1 :]}"
    return known


def _in_full_width(known: str) -> str:
    """Return *known* with its last letter or digit as wide as an ideograph.

    Unicode's compatibility forms (NFKC) make it the usual one again.
    """
    for index in range(len(known) - 1, -1, -1):
        if known[index].isascii() and known[index].isalnum():
            wide = chr(ord(known[index]) + TO_FULL_WIDTH)
            return f"{known[:index]}{wide}{known[index + 1 :]}"
    return known


def _encoded_again(known: str) -> UnknownId:
    """Return the id that is *known* to who decodes it twice (RFC 3986 2.4: nobody must)."""
    escaped = "".join(f"%{byte:02X}" for byte in known[-1:].encode())
    return UnknownId(f"{known[:-1]}{escaped}", ODD)


def _unknown_case(
    operation: Operation, context: RunContext, unknown: UnknownId, label: str, name: str
) -> Case:
    """Return the update with the id *unknown* in the place of the path parameter *name*."""
    # Escaped: a look-alike would not be seen, and a NUL is not to be printed.
    shown = unknown.id[:SHOWN_CHARACTERS].encode("unicode_escape").decode("ascii")
    title = f"{name} {shown}"
    if operation.request:
        # Another id in the body than in the path may be refused for that.
        pins = dict(context.pins) | id_as_sent(operation, unknown.id)
        body = fresh_body(operation, replace(context, pins=pins), label)
        one = judged_case(Probe.UNKNOWN, title, operation, context, body)
    else:
        one = bare_case(Probe.UNKNOWN, title, operation, context)
    return replace(
        one,
        parameters=tuple(
            (one, unknown.id if one == name else value) for one, value in context.parameters
        ),
        spelling=unknown.spelling,
        expect=Expect.UNKNOWN,
        violations=(),
        subject=unknown.look,
    )
