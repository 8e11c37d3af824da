"""Is this body JSON, and of what value? Read as strictly as RFC 8259 asks for."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import DEEPEST_READ

TOO_DEEP = "it is nested too deeply to be read"


def parse_json(body: bytes) -> tuple[Any, str]:
    """Return the JSON value of *body*, or ABSENT and what is wrong with it (RFC 8259).

    Names that come twice make it none (section 4).

    >>> parse_json(b'{"a": 1}')
    ({'a': 1}, '')
    >>> parse_json(b'{"a": 1, "a": 2}')[1]
    "the name 'a' comes twice"
    """
    if not body:
        return ABSENT, "it is empty"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return ABSENT, f"byte {error.start} is not UTF-8"
    if text.startswith("\ufeff"):
        return ABSENT, "it begins with a byte order mark (RFC 8259 8.1)"
    try:
        value = json.loads(text, object_pairs_hook=_unique_members, parse_constant=_no_constant)
    except RecursionError:
        return ABSENT, TOO_DEEP
    except ValueError as error:
        return ABSENT, str(error)
    if _is_deep(text, value):
        return ABSENT, TOO_DEEP
    return value, ""


def _is_deep(text: str, value: Any) -> bool:
    """Return whether *value* is nested more than `DEEPEST_READ` levels deep.

    RFC 8259 section 9 leaves a limit to the reader.
    """
    if text.count("[") + text.count("{") <= DEEPEST_READ:
        return False
    level = [value]
    for _ in range(DEEPEST_READ):
        if not level:
            return False
        level = _one_level_below(level)
    return bool(level)


def _one_level_below(level: list[Any]) -> list[Any]:
    """Return the objects and lists that stand in those of *level*."""
    below: list[Any] = []
    for holder in level:
        items = holder.values() if isinstance(holder, dict) else holder
        below += [item for item in items if isinstance(item, dict | list)]
    return below


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of *pairs*; raise `ValueError` where a name comes twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the name {name!r} comes twice")
    return members


def _no_constant(name: str) -> Any:
    """Refuse ``NaN`` and ``Infinity``, which Python's reader would take."""
    raise ValueError(f"{name} is no JSON value")
