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
from pytest_confluent_contracts.clauses.structured_items import Item, Malformed, parse_items
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

# As the drafts before the seventh have it: a dictionary, limit first.
OLDER_QUOTA = re.compile(r"\s*limit\s*=\s*\d+\s*(,\s*(remaining|reset)\s*=\s*\d+\s*)*\Z")
REMAINING_PARAMETER, QUOTA_PARAMETER = "r", "q"
SECONDS_PARAMETERS = ("t", "w")
REQUIRED_PARAMETER = {"RateLimit": REMAINING_PARAMETER, "RateLimit-Policy": QUOTA_PARAMETER}
# A policy's name: a string, or a token as services write it, too.
NAME = re.compile(r'["A-Za-z*]')
INTEGER = re.compile(r"[0-9]+\Z")


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
    sent: dict[str, Sequence[Item]] = {}
    for name in REQUIRED_PARAMETER:
        lines = exchange.header_values(name)
        if not lines:
            continue
        value = ", ".join(lines)  # several lines are one list (RFC 9651 4.2)
        items = _items_of(name, value)
        if items is None:
            observed = quote_value(value)
            return Finding(FindingKind.FIELD_MALFORMED, exchange.status, name, observed=observed)
        sent[name] = items
    if not sent:
        return NOTHING
    return _disagreement(exchange.status, sent) or KEPT


def _items_of(name: str, value: str) -> Sequence[Item] | None:
    """Return the items that name a policy; None where the value is not as any draft has it.

    For example, ``"default";r=50;t=30`` as RateLimit, or ``limit=100, remaining=50, reset=30`` as
    the drafts before the seventh have it, which name no policies.
    """
    if name == "RateLimit" and OLDER_QUOTA.match(value):
        return ()
    try:
        items = parse_items(value)
    except Malformed:
        return None
    if not all(map(_tells_seconds_rightly, items)):
        return None
    if name == "RateLimit-Policy" and all(INTEGER.match(item.text) for item in items):
        return ()  # ``100;w=60``, as the drafts before the seventh have it
    required = REQUIRED_PARAMETER[name]
    are_policies = all(
        NAME.match(item.text) and item.integer(required) is not None for item in items
    )
    return items if are_policies else None


def _tells_seconds_rightly(item: Item) -> bool:
    told = [name for name in SECONDS_PARAMETERS if name in item.parameters]
    return all(item.integer(name) is not None for name in told)


def _disagreement(status: int, sent: Mapping[str, Sequence[Item]]) -> Finding | None:
    """Return where what is left is of no policy that is told, or more than its quota.

    For example, ``"hour";r=1001`` against the policy ``"hour";q=1000;w=3600``. Earlier drafts name
    no policies: then there is nothing to compare.
    """
    left_by_policy = _by_policy(sent.get("RateLimit", ()), REMAINING_PARAMETER)
    quota_by_policy = _by_policy(sent.get("RateLimit-Policy", ()), QUOTA_PARAMETER)
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


def _by_policy(items: Sequence[Item], parameter: str) -> dict[str, int]:
    """Return the number that *parameter* is, by the policy of which it is told."""
    found: dict[str, int] = {}
    for item in items:
        number = item.integer(parameter)
        if number is not None:
            found[item.text] = number
    return found
