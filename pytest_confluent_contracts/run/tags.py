"""Which entity tags has one resource had? Read from the answers about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.conditions import OTHERS_TAG, Which
from pytest_confluent_contracts.model.conditions import IF_MATCH, is_tag, is_weak
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.cases.conditions import Condition
    from pytest_confluent_contracts.model.traffic import Case, Exchange

TELLING = frozenset({Role.READ, Role.UPDATE, Role.REPLACE})


def tag_for(condition: Condition, case: Case, history: Sequence[Exchange]) -> str | None:
    """Return the tag that *condition* names for *case*, None where no answer has told one.

    A weak one is no condition of a write: it never matches (RFC 9110 13.1.1).
    """
    if condition.which in (Which.OTHERS, Which.NONE, Which.ANY):
        return OTHERS_TAG
    tags: list[str] = []
    for exchange in history:
        tag = exchange.header("ETag") or ""
        if _tells_of(exchange, case) and is_tag(tag):
            tags.append(tag)
    if condition.which is Which.STALE:
        tags = [tag for tag in tags if tag != tags[-1]]
    if not tags or (condition.header == IF_MATCH and is_weak(tags[-1])):
        return None
    return tags[-1]


def _tells_of(exchange: Exchange, case: Case) -> bool:
    """Return whether *exchange* shows what *case* is about."""
    is_about = dict(exchange.case.parameters) == dict(case.parameters)
    return is_about and exchange.accepted and exchange.case.operation.role in TELLING
