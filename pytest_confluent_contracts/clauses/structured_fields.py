"""Are RateLimit and RateLimit-Policy (IETF draft) structured fields, and do they agree?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.rate_answers import NEEDED
from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    NOTHING,
    Looked,
    always,
    each,
    missing,
    quote_value,
)
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

FIELD = re.compile(
    r'\s*"?[\w-]+"?\s*'
    r'(;\s*[a-z*][\w*.-]*\s*=\s*("[^"]*"|\d+|:[^:]*:)\s*)*\Z'
)
# As the drafts before the seventh have them.
OLDER_FIELDS = {
    "RateLimit": re.compile(r"\s*limit\s*=\s*\d+\s*(,\s*(remaining|reset)\s*=\s*\d+\s*)*\Z"),
    "RateLimit-Policy": re.compile(
        r"\s*\d+\s*(;\s*w\s*=\s*\d+)?(\s*,\s*\d+\s*(;\s*w\s*=\s*\d+)?)*\s*\Z"
    ),
}
REMAINING_PARAMETER, QUOTA_PARAMETER = "r", "q"
REQUIRED_PARAMETER = {"RateLimit": REMAINING_PARAMETER, "RateLimit-Policy": QUOTA_PARAMETER}


def fields_agree(place: SourceLocation) -> Clause:
    """Return the clause that both fields, where they are sent, can be read and do not disagree."""
    return Clause(
        id="rate-limit/structured-fields",
        family=Family.RATE_LIMIT,
        level=Level.SHOULD,
        place=place,
        promise="RateLimit and RateLimit-Policy parse as structured fields and agree (IETF draft)",
        judge=each(always, _look_at_fields),
        explain=missing(MissingKind.NO_STRUCTURED_FIELDS),
        needs=NEEDED,
    )


def _look_at_fields(exchange: Exchange) -> Finding | Looked:
    sent: dict[str, str] = {}
    for name in REQUIRED_PARAMETER:
        value = exchange.header(name)
        if value is None:
            continue
        if not _parses(name, value):
            observed = quote_value(value)
            return Finding(FindingKind.FIELD_MALFORMED, exchange.status, name, observed=observed)
        sent[name] = value
    if not sent:
        return NOTHING
    return _disagreement(exchange.status, sent) or KEPT


def _parses(name: str, value: str) -> bool:
    """Return whether each item is a structured field that has the parameter it must have.

    For example, ``"default";r=50;t=30`` as RateLimit, or ``limit=100, remaining=50, reset=30`` as
    the drafts before the seventh have it.
    """
    if OLDER_FIELDS[name].match(value):
        return True
    return all(_is_field_item(item, REQUIRED_PARAMETER[name]) for item in value.split(","))


def _is_field_item(item: str, required: str) -> bool:
    return bool(FIELD.match(item)) and _parameter_of(item, required) is not None


def _disagreement(status: int, sent: Mapping[str, str]) -> Finding | None:
    """Return where what is left is of no policy that is told, or more than its quota.

    For example, ``"hour";r=1001`` against the policy ``"hour";q=1000;w=3600``. Earlier drafts name
    no policies: then there is nothing to compare.
    """
    left_by_policy = _by_policy(sent.get("RateLimit", ""), REMAINING_PARAMETER)
    quota_by_policy = _by_policy(sent.get("RateLimit-Policy", ""), QUOTA_PARAMETER)
    if not quota_by_policy:
        return None
    for policy, left in left_by_policy.items():
        if policy not in quota_by_policy:
            known = tuple(quota_by_policy)
            return Finding(FindingKind.POLICY_UNKNOWN, status, expected=known, observed=policy)
        quota = quota_by_policy[policy]
        if left > quota:
            return Finding(FindingKind.POLICY_EXCEEDED, status, expected=quota, observed=left)
    return None


def _by_policy(value: str, parameter: str) -> dict[str, int]:
    """Return the number that *parameter* is, by the policy of which it is told."""
    found: dict[str, int] = {}
    for item in value.split(","):
        number = _parameter_of(item, parameter)
        if number is not None:
            found[item.partition(";")[0].strip()] = number
    return found


def _parameter_of(item: str, name: str) -> int | None:
    """Return the integer that the parameter *name* of *item* is, None where it is none."""
    # RFC 9651 3.3.1: at most 15 digits.
    found = re.search(rf";\s*{name}\s*=\s*(\d{{1,15}})(?!\d)", item)
    return int(found.group(1)) if found else None
