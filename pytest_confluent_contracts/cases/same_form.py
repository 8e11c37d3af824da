"""Which other value has the form of one that was shown? What a service would take for its own.

Services check the form of a value before they store it: a made-up address of another host never
gets as far as that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation, Property

TIME_STAMP = re.compile(r"(\d{4})(-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)", re.ASCII)
LEAP_YEARS = 4  # so many later, the 29th of February is a day again
# What stands before the last segment of an address or a resource name, that segment, and the rest.
LAST_SEGMENT = re.compile(r"([^?#]*[/=])?([^/=?#]+)([/=]*(?:[?#].*)?)", re.DOTALL)


def other_of_same_form(operation: Operation, path: str, value: Any) -> Any:
    """Return another value for the member at *path* of an answer, of the same form as *value*.

    A listed value becomes another one of the list, a time the same day some years later, an address
    or an id one with another digit in its last segment. Objects and lists are changed throughout.
    ``crn://x/user=u-a83k9b`` becomes ``crn://x/user=u-a83k0b``.
    """
    if isinstance(value, Mapping):
        return {
            name: other_of_same_form(operation, paths.member_path(path, name), below)
            for name, below in value.items()
        }
    if isinstance(value, list):
        items = paths.item_path(path)
        return [other_of_same_form(operation, items, item) for item in value]
    for listed in _listed_values(operation, path):
        if listed != value:
            return listed
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return other_text(value)
    return value


def _listed_values(operation: Operation, path: str) -> list[Any]:
    """Return the values that the document lists for *path*: the only ones, or some of them."""
    listed = list(operation.promises.allowed_values.by_path.get(path, ()))
    listed += operation.promises.samples.by_path.get(path, ())
    for member in operation.answer_members:
        if member.path == path:
            listed += member.schema.get("enum", ())
    return listed


def past_of_same_form(operation: Operation, path: str, value: Any, shown: Any) -> Any:
    """Return another value like `other_of_same_form`, in which times lie in the past.

    They are a second after the creation that *shown* tells: a service may check that what is
    written was not before, nor is still to come. Where it tells none, they lie some years before
    *value*.
    """
    if not (isinstance(value, str) and TIME_STAMP.match(value)):
        return other_of_same_form(operation, path, value)
    created = paths.value_at(shown, operation.promises.timestamps.created)
    later = _second_later(created) if isinstance(created, str) else None
    return later or _years_later(value, -LEAP_YEARS)


def _second_later(text: str) -> str | None:
    """Return the time one second after the one in *text*, in its notation; None if it is none."""
    found = TIME_STAMP.match(text)
    if found is None:
        return None
    whole = found.group()
    try:
        later = datetime.fromisoformat(whole.upper()) + timedelta(seconds=1)
    except (ValueError, OverflowError):  # no such day, or the last one
        return None
    return later.isoformat(whole[10]) + text[len(whole) :]


def _years_later(text: str, years: int) -> str:
    """Return the time in *text* so many *years* later."""
    year = int(text[:4]) + years
    return f"{year % 10_000:04}{text[4:]}"


def other_text(text: str) -> str:
    """Return another text of the same form; of a time, one in the future."""
    if TIME_STAMP.match(text):
        return _years_later(text, LEAP_YEARS)
    found = LAST_SEGMENT.fullmatch(text)
    if found is None:
        return f"{text}x"
    before, segment, behind = found[1] or "", found[2], found[3]
    return before + _turned(segment) + behind


def _turned(segment: str) -> str:
    """Return *segment* with its last digit counted up, or its last letter where it has no digit."""
    for alphabet in ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        at = max(segment.rfind(character) for character in alphabet)
        if at >= 0:
            turned = alphabet[(alphabet.index(segment[at]) + 1) % len(alphabet)]
            return segment[:at] + turned + segment[at + 1 :]
    return f"{segment}x"


# --- what was shown -------------------------------------------------------------------------------


def form_of(operation: Operation, member: Property, shown: Any) -> Any:
    """Return a value of *member* that shows its form: *shown*'s, else the document's.

    It is ABSENT where neither has one. The time of the last update is the document's: the one that
    is shown differs from run to run, and each is to send the same.
    """
    is_moving = member.path == operation.promises.timestamps.updated
    came = ABSENT if is_moving else _usable(shown, member.path)
    # What breaks the schema shows no form, and may be of another type than the rest expects.
    if came is ABSENT or not is_allowed_value(member.schema, came):
        return _documented_form(operation, member)
    return came


def _usable(shown: Any, path: str) -> Any:
    """Return what stands at *path*, ABSENT where nothing is, or what was redacted."""
    value = paths.value_at(shown, path)
    is_empty = value is ABSENT or value in ("", None, [])
    if is_empty or REDACTED in str(value):
        return ABSENT
    return value


def _documented_form(operation: Operation, member: Property) -> Any:
    """Return what the document's examples show of *member*: of the answer, or one around it."""
    content = operation.success_content
    if content is not None:
        for example in content.examples:
            value = _usable(example.value, member.path)
            if value is not ABSENT:
                return value
    around = {member.path, *paths.around(member.path)}
    for holder in reversed(operation.answer_members):
        if holder.path in around and "example" in holder.schema:
            below = paths.relative_path(member.path, holder.path)
            value = _usable(holder.schema["example"], below)
            if value is not ABSENT:
                return value
    return next(iter(_listed_values(operation, member.path)), ABSENT)
