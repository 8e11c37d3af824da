"""Which resources does nobody have? Updates of ids that do not exist: none may create one."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.build import bare_case, fresh_body, judged_case
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

    from pytest_confluent_contracts.model.documents import Operation

# What an unknown id looks like. An odd one may as well be refused as a bad request.
PLAIN, ODD = NOTHING_SPECIAL, Subject(SubjectKind.ODD_ID)
SHOWN_CHARACTERS = 40  # of an id, in the title of its case


def unknown_id_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates of resources that do not exist, the first once more at the end.

    A PATCH must not create it.
    """
    if not context.parameters:
        return []
    made = [
        _unknown_case(operation, context, id, look, f"refused-{index}")
        for index, (id, look) in enumerate(_unknown_ids(context))
    ]
    return [*made, made[0], baseline_update(operation, context, Probe.UNKNOWN)]


def _unknown_ids(context: RunContext) -> Iterator[tuple[str, Subject]]:
    """Yield ids that nobody has, plain ones and ones that a service may trip over, with their look.

    They are near misses of the last path parameter.
    """
    known = context.parameters[-1][1]
    numbers = random.Random(f"{context.seed}/{known}")
    yield f"{known}0", PLAIN
    yield f"x{known}", PLAIN
    mirrored = re.sub("[0-9]", _nines_complement, known)
    # It has the look of a real one: on a shared service it might be somebody's.
    if context.made_up and mirrored != known:
        yield mirrored, PLAIN
    yield known[:-1] or "0", PLAIN
    yield f"contract-unknown-{numbers.getrandbits(48):012x}", PLAIN
    yield f"{numbers.getrandbits(32):08x}-0000-4000-8000-{numbers.getrandbits(48):012x}", PLAIN
    if known.swapcase() != known:
        yield known.swapcase(), PLAIN
    yield f"{known} ", ODD
    yield "a%b'c\u00e9\u6f22", ODD
    yield "x" * 300, ODD


def _nines_complement(digit: re.Match[str]) -> str:
    return str(9 - int(digit.group()))


def _unknown_case(
    operation: Operation, context: RunContext, id: str, look: Subject, label: str
) -> Case:
    *rest, (name, _) = context.parameters
    title = f"{name} {id[:SHOWN_CHARACTERS]}"
    if operation.request:
        body = fresh_body(operation, context, label)
        one = judged_case(Probe.UNKNOWN, title, operation, context, body)
    else:
        one = bare_case(Probe.UNKNOWN, title, operation, context)
    parameters = (*rest, (name, id))
    return replace(one, parameters=parameters, expect=Expect.UNKNOWN, violations=(), subject=look)
