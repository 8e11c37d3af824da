"""How are several requests told that show a finding in their order? As lines for a shell.

What one of them makes has an id of its own each time: it stands as ``$first``, to be set from the
answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.clauses import Ruling, ToldStep

# What means the same between two double quotes of a shell as it does outside of them.
PLAIN = re.compile(r"[\w:/?&=%.,~;@+*()'\[\]-]*")


def sequence_lines(ruling: Ruling) -> Iterator[str]:
    """Yield the requests of the sequence that shows the finding, numbered; none of one alone.

    Each has behind it, as a comment, how it was answered, and which name stands for what it made.
    """
    if ruling.finding is None or len(ruling.sequence) < 2:
        return
    for number, step in enumerate(ruling.sequence, start=1):
        answered = step.exchange.failure or str(step.exchange.status)
        if step.makes and step.id:
            answered = f"{answered}, {step.name}={step.id}"
        yield f"{number}. {curl(step.exchange, _address(step))}  # {visible(answered)}"


def _address(step: ToldStep) -> str:
    """Return the URL of *step* as one word of a shell that names what it is about, ``""`` where
    none is named, or nobody knows where in it that stands.
    """
    if step.makes or not step.id:
        return ""
    before, found, behind = step.exchange.url.rpartition(f"/{quote(step.id, safe='')}")
    is_plain = PLAIN.fullmatch(before) and PLAIN.fullmatch(behind)
    is_whole = not behind or behind[0] in "/?"
    return f'"{before}/${step.name}{behind}"' if found and is_plain and is_whole else ""
