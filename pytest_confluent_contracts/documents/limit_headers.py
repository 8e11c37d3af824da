"""Which documented headers tell the rate limit, and what do the words on them say?

Recognised are one header a number (X-RateLimit-Limit, X-Rate-Limit-Limit, RateLimit-Limit, and so
on), and the fields RateLimit and RateLimit-Policy of the drafts since the seventh.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.promises import RateLimit, ResetUnit
from pytest_confluent_contracts.model.quota import EPOCH_S, POLICY_FIELD, STATE_FIELD, USUAL_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Header, Operation

# Words with which documents tell of a Reset since 1970, and of one from now.
SINCE_1970 = re.compile(r"epoch|unix|since\W+(?:\w+\W+){0,3}1970|time ?stamp", re.IGNORECASE)
# A text that says this of its own Reset may go on to tell how others count.
RELATIVE = re.compile(r"\brelative (?:time in )?seconds\b", re.IGNORECASE)
FROM_NOW = re.compile(
    r"(?:seconds|secs|time) (?:\w+ ){0,3}?(?:until|till|to|before|left|remaining|from now)\b"
    r"|in seconds|(?:number|amount) of seconds|delta.seconds|remaining seconds",
    re.IGNORECASE,
)
NOT_SECONDS = re.compile(r"millisecond|minutes|RFC ?3339|ISO ?8601", re.IGNORECASE)
# Words that say how requests are counted: in windows that begin and end at one moment, or else.
OF_WINDOWS = re.compile(r"window|period", re.IGNORECASE)
OF_NO_WINDOWS = re.compile(
    r"slid|roll|moving|bucket|leak|token|adaptive|approximat|burst|refill|replenish|connection",
    re.IGNORECASE,
)
# The seventh draft's RateLimit, as its example or its description shows it.
MEMBERS_SHOWN = re.compile(r"\blimit\s*=\s*\d")
MAY_REFUSE_WITH = "403"  # at the limit as well as for other reasons


def usual_rate_limit(operation: Operation) -> RateLimit | None:
    """Return the headers that tell the rate limit by the usual names, and what words say of them.

    None where none of them is documented.
    """
    documented = _limit_headers_documented(operation)
    found = _usual_roles(documented)
    if not {"limit", "remaining", "reset"} & found.keys():
        found.update(_structured_roles(documented))
    if not found:
        return None
    told = {role: header.name for role, header in found.items()}
    return RateLimit(
        place=operation.place,
        reset_unit=_unit_in_words(found.get("reset")),
        limit=told.get("limit", ""),
        remaining=told.get("remaining", ""),
        reset=told.get("reset", ""),
        retry_after=told.get("retry_after", ""),
        period=told.get("period", ""),
        used=told.get("used", ""),
        may_refuse_with=_statuses_of_many_meanings(operation, told),
        inferred=True,
        in_windows=_are_in_windows(found),
    )


def _limit_headers_documented(operation: Operation) -> dict[str, Header]:
    """Return the headers that answers are documented with, by their names in lower case.

    A redirection or a failure asks to wait, too (RFC 9110 10.2.3); and so does a success that leads
    to what is not done yet, unless it tells of a limit beside that.
    """
    documented: dict[str, Header] = {}
    patience: dict[str, Header] = {}
    waits = {name.lower() for name in USUAL_NAMES["retry_after"]}
    for response in operation.responses:
        for header in response.headers:
            name = header.name.lower()
            if name not in waits:
                documented[name] = header
            elif response.status.startswith("2"):
                patience[name] = header
            elif not response.status.startswith(("3", "5")):
                documented[name] = header
    if any(_usual_roles(documented).keys() - {"retry_after"}):
        return patience | documented
    return documented


def _usual_roles(documented: Mapping[str, Header]) -> dict[str, Header]:
    found: dict[str, Header] = {}
    for role, usual in USUAL_NAMES.items():
        named = [name.lower() for name in usual if name.lower() in documented]
        if named:
            found[role] = documented[named[0]]
    return found


def _structured_roles(documented: Mapping[str, Header]) -> dict[str, Header]:
    """Return what RateLimit and RateLimit-Policy tell, as far as they are documented."""
    found: dict[str, Header] = {}
    if POLICY_FIELD.lower() in documented:
        found["limit"] = documented[POLICY_FIELD.lower()]
    if STATE_FIELD.lower() in documented:
        state = documented[STATE_FIELD.lower()]
        found["remaining"] = found["reset"] = state
        if MEMBERS_SHOWN.search(_words_on(state)):
            found["limit"] = state
    return found


def _words_on(header: Header) -> str:
    """Return all that the document says of *header*: its description, and its examples."""
    shown = [header.schema.get(key, "") for key in ("example", "examples", "default")]
    return " ".join(map(str, (header.description, *shown)))


def _unit_in_words(reset: Header | None) -> ResetUnit:
    """Return how a Reset is told, by the words and then by the numbers that the document shows.

    The drafts count seconds from now; of X-RateLimit-Reset both are usual.
    """
    if reset is None:
        return ResetUnit.UNKNOWN
    words = reset.description
    if RELATIVE.search(words):
        return ResetUnit.SECONDS
    if SINCE_1970.search(words):
        return ResetUnit.EPOCH
    if NOT_SECONDS.search(words):
        return ResetUnit.UNKNOWN
    is_of_draft = reset.name.lower().startswith(STATE_FIELD.lower())
    if is_of_draft or FROM_NOW.search(words):
        return ResetUnit.SECONDS
    return _unit_in_numbers(reset)


def _unit_in_numbers(reset: Header) -> ResetUnit:
    shown = [reset.schema.get(key) for key in ("example", "default", "maximum")]
    numbers = [number for number in shown if isinstance(number, int) and number > 0]
    if not numbers:
        return ResetUnit.UNKNOWN
    if max(numbers) >= EPOCH_S:
        return ResetUnit.EPOCH
    return ResetUnit.SECONDS


def _are_in_windows(found: Mapping[str, Header]) -> bool:
    """Return whether the words say that requests are counted in windows, and nothing against it.

    The drafts leave open how a limit is counted, and let Reset be altered at will.
    """
    words = " ".join(map(_words_on, found.values()))
    are_of_drafts = any(
        header.name.lower().startswith(STATE_FIELD.lower()) for header in found.values()
    )
    if are_of_drafts or OF_NO_WINDOWS.search(words):
        return False
    return bool(OF_WINDOWS.search(words))


def _statuses_of_many_meanings(operation: Operation, told: Mapping[str, str]) -> tuple[int, ...]:
    """Return the statuses that the limit may answer, since they are documented with its headers."""
    told_left = told.get("remaining", "").lower()
    found: list[int] = []
    for response in operation.responses:
        names = {header.name.lower() for header in response.headers}
        if response.status == MAY_REFUSE_WITH and told_left in names:
            found.append(int(response.status))
    return tuple(found)
