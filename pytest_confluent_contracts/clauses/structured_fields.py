"""Are RateLimit and RateLimit-Policy (IETF draft) structured fields, and do they agree?"""

from __future__ import annotations

from dataclasses import dataclass
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
from pytest_confluent_contracts.model.quota import POLICY_FIELD, STATE_FIELD, policy_key
from pytest_confluent_contracts.model.structured_fields import (
    Item,
    Malformed,
    as_count,
    parse_dictionary,
    parse_list,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

REQUIRED_PARAMETER = {STATE_FIELD: "r", POLICY_FIELD: "q"}
LIMIT_MEMBER, REMAINING_MEMBER, RESET_MEMBER = "limit", "remaining", "reset"


@dataclass(frozen=True, slots=True)
class Told:
    """What one field tells: items that name policies, or the members that the seventh draft has."""

    items: tuple[Item, ...] = ()
    limit: int | None = None
    remaining: int | None = None


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
    sent: dict[str, Told] = {}
    for name in REQUIRED_PARAMETER:
        if not exchange.header_values(name):
            continue
        value = exchange.field(name)
        try:
            sent[name] = _told_by(name, value)
        except Malformed:
            observed = quote_value(value)
            return Finding(FindingKind.FIELD_MALFORMED, exchange.status, name, observed=observed)
    if not sent:
        return NOTHING
    return _disagreement(exchange.status, sent) or KEPT


def _told_by(name: str, value: str) -> Told:
    """Return what a field tells; raise `Malformed` where the value is not as any draft has it.

    For example, ``"default";r=50;t=30`` as RateLimit, or ``limit=100, remaining=50, reset=30`` as
    the seventh draft has it, which names no policies there.
    """
    if name == STATE_FIELD and (members := _members_in(value)):
        return _members_told(members)
    items = parse_list(value)
    for item in items:
        _check_parameters(item)
    counts = [as_count(item.value) for item in items]
    if name == POLICY_FIELD and None not in counts:
        return Told()  # ``100;w=60``, as the drafts before the eighth have it
    for item in items:
        if not isinstance(item.value, str) or item.count(REQUIRED_PARAMETER[name]) is None:
            raise Malformed(value)
    return Told(items)


def _members_in(value: str) -> dict[str, Item]:
    """Return the members of a dictionary that tells a limit, none where it is something else."""
    try:
        members = parse_dictionary(value)
    except Malformed:
        return {}
    if LIMIT_MEMBER not in members:
        return {}
    return members


def _members_told(members: Mapping[str, Item]) -> Told:
    named = [name for name in (LIMIT_MEMBER, REMAINING_MEMBER, RESET_MEMBER) if name in members]
    counts = {name: as_count(members[name].value) for name in named}
    if None in counts.values():
        raise Malformed("no count")
    return Told(limit=counts[LIMIT_MEMBER], remaining=counts.get(REMAINING_MEMBER))


def _check_parameters(item: Item) -> None:
    """Raise `Malformed` where seconds are no count, a window has none, or a key is no bytes."""
    for name in ("t", "w"):
        if name in item.parameters and item.count(name) is None:
            raise Malformed(name)
    if item.count("w") == 0 or not isinstance(item.parameters.get("pk", b""), bytes):
        raise Malformed("w or pk")


def _disagreement(status: int, sent: Mapping[str, Told]) -> Finding | None:
    """Return where what is left is of no policy that is told, or more than its quota.

    For example, ``"hour";r=1001`` against the policy ``"hour";q=1000;w=3600``. Earlier drafts name
    no policies: there, what is left is held against the limit beside it.
    """
    state, policies = sent.get(STATE_FIELD, Told()), sent.get(POLICY_FIELD, Told())
    if state.limit is not None:
        return _above_limit(status, state.limit, state.remaining)
    if not policies.items:
        return None
    quota_by_key = {policy_key(item): item.count("q") for item in policies.items}
    quota_by_name = {item.value: item.count("q") for item in policies.items}
    for item in state.items:
        if item.value not in quota_by_name:
            known = tuple(quote_value(name) for name in quota_by_name)
            observed = quote_value(item.value)
            return Finding(FindingKind.POLICY_UNKNOWN, status, expected=known, observed=observed)
        quota = quota_by_key.get(policy_key(item), quota_by_name[item.value])
        left = item.count("r")
        if left is not None and quota is not None and left > quota:
            return Finding(FindingKind.POLICY_EXCEEDED, status, expected=quota, observed=left)
    return None


def _above_limit(status: int, limit: int, remaining: int | None) -> Finding | None:
    if remaining is None or remaining <= limit:
        return None
    return Finding(
        FindingKind.REMAINING_ABOVE_LIMIT,
        status,
        f"{STATE_FIELD} {REMAINING_MEMBER}",
        expected=(LIMIT_MEMBER, limit),
        observed=remaining,
    )
