"""What does a document promise without saying so?

The usual names of headers and members, the documented statuses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import (
    Identity,
    Members,
    Promises,
    RateLimit,
    Refusals,
    ResetUnit,
    Timestamps,
    ValuesByPath,
)
from pytest_confluent_contracts.model.quota import EPOCH_S, POLICY_FIELD, STATE_FIELD, USUAL_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Content, Header, Operation, Property
    from pytest_confluent_contracts.model.sources import SourceLocation

# Words with which documents tell of a Reset since 1970, and of one from now.
SINCE_1970 = re.compile(r"epoch|unix|since\W+(?:\w+\W+){0,3}1970|time ?stamp", re.IGNORECASE)
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


def conventional_promises(operation: Operation) -> Promises:
    """Return what a document promises by convention: the usual names, the documented statuses."""
    place = operation.place
    answer = operation.success.content if operation.success else None
    return Promises(
        refusals=_documented_refusals(operation),
        rate_limit=_usual_rate_limit(operation),
        identity=_usual_identity(operation),
        secrets=Members(place=place, paths=_secret_members(operation)),
        immutable=Members(place=place, paths=_read_only_members(answer)),
        timestamps=_usual_timestamps(answer, place),
        create_only=Members(place=place),
        allowed_values=ValuesByPath(place=place),
        samples=ValuesByPath(place=place),
        checked_elsewhere=Members(place=place),
    )


def _documented_refusals(operation: Operation) -> Refusals:
    statuses = [response.status for response in operation.responses]
    documented = {int(status) for status in statuses if status.isdigit()}
    unauthenticated = [status for status in (401, 403) if status in documented]
    return Refusals(
        place=operation.place,
        invalid=tuple(sorted(documented & {400, 422})),
        unauthenticated=tuple(unauthenticated[:1]),
        unknown=tuple(documented & {404}),
        throttled=tuple(documented & {429}),
    )


def _usual_rate_limit(operation: Operation) -> RateLimit | None:
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
    """Return the headers that answers are documented with, by their names in lower case."""
    documented: dict[str, Header] = {}
    waits = {name.lower() for name in USUAL_NAMES["retry_after"]}
    for response in operation.responses:
        for header in response.headers:
            # RFC 9110 10.2.3: a redirection or a failure asks to wait, too.
            if header.name.lower() in waits and response.status[0] in "35":
                continue
            documented[header.name.lower()] = header
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
    return ResetUnit.EPOCH if max(numbers) >= EPOCH_S else ResetUnit.SECONDS


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


def _usual_identity(operation: Operation) -> Identity | None:
    if not operation.parameters or not (operation.success and operation.success.content):
        return None
    parameter = operation.parameters[-1][0]
    documented = {member.path for member in operation.success.content.properties}
    own = paths.member_path("", parameter)
    for path in (own, "id", paths.member_path("data", parameter), "data.id"):
        if path in documented:
            return Identity(place=operation.place, parameter=parameter, property=path)
    return None


def _secret_members(operation: Operation) -> tuple[str, ...]:
    return tuple(member.path for member in _members(operation.request) if member.secret)


def _read_only_members(content: Content | None) -> tuple[str, ...]:
    """Return the read-only members; those of a list's items are left out."""
    return tuple(member.path for member in _members(content) if _is_frozen(member))


def _is_frozen(member: Property) -> bool:
    return member.read_only and not paths.has_items(member.path)


def _usual_timestamps(content: Content | None, place: SourceLocation) -> Timestamps:
    """Return the first instants whose names end in ``created_at`` and ``updated_at``."""
    instants = [one for one in _members(content) if one.schema.get("format") == "date-time"]
    created = [member.path for member in instants if member.name.endswith("created_at")]
    updated = [member.path for member in instants if member.name.endswith("updated_at")]
    return Timestamps(
        place=place,
        created=created[0] if created else "",
        updated=updated[0] if updated else "",
    )


def _members(content: Content | None) -> tuple[Property, ...]:
    return content.properties if content else ()
