"""May a second principal ask for this? It goes to nothing that is not the run's own.

Where each principal has names of its own, the id of what the first made may be that of something
which the second had before. Before it writes, it is seen that there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.paths import value_at
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Principal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.cases.life import LifeCases
    from pytest_confluent_contracts.model.traffic import Case, Exchange


def is_safe_to_ask(case: Case, life: LifeCases, history: Sequence[Exchange]) -> bool:
    """Return whether *case* cannot hit what the run did not make.

    A write to what another principal made goes only after it was refused to be read, or was shown
    just as the one who made it has seen it. Where the document has no read, it goes on this machine
    alone.
    """
    is_hidden = case.principal is Principal.OTHER and case.expect is Expect.HIDDEN
    if not is_hidden or case.operation.is_safe or case.operation.role is Role.CREATE:
        return True
    if Role.READ not in life.operations:
        return life.context_of(case.operation).made_up
    seen = [one for one in history if _is_read_of(one, case)]
    theirs = [one for one in seen if one.case.principal is Principal.OTHER]
    makers = [one for one in seen if one.case.principal is Principal.OWN]
    return bool(theirs) and _tells_that_it_is_free(theirs[-1], makers, life)


def _tells_that_it_is_free(read: Exchange, makers: Sequence[Exchange], life: LifeCases) -> bool:
    """Return whether a *read* of the second's shows that nothing of its own is there."""
    if read.accepted:
        return _shows_the_same(read, makers, life)
    return 400 <= read.status < 500 and not read.throttled


def _is_read_of(exchange: Exchange, case: Case) -> bool:
    is_read = exchange.case.operation.role is Role.READ and exchange.case.operation.method == "GET"
    return is_read and dict(exchange.case.parameters) == dict(case.parameters)


def _shows_the_same(one: Exchange, others: Sequence[Exchange], life: LifeCases) -> bool:
    """Return whether *one* shows a resource as one of *others* has shown it."""
    if not life.resource.id_member or not isinstance(one.json, dict):
        return False
    shown = value_at(one.json, life.resource.id_member)
    for other in filter(_is_accepted, others):
        is_same = isinstance(other.json, dict) and other.json == one.json
        if is_same and shown == value_at(other.json, life.resource.id_member):
            return True
    return False


def _is_accepted(exchange: Exchange) -> bool:
    return exchange.accepted
