"""May a second principal ask for this? It goes to nothing that is not the run's own.

Where each principal has names of its own, the id of what the first made may be that of something
which the second had before. Before it writes, it is seen that there is none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.paths import ABSENT, value_at
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
    alone. Nothing is made in what the second may list: that may be a parent of its own.
    """
    is_hidden = case.principal is Principal.OTHER and case.expect is Expect.HIDDEN
    if not is_hidden or case.operation.is_safe:
        return True
    if case.operation.role is Role.CREATE:
        return _is_refused_the_place(case, history)
    if Role.READ not in life.operations:
        return life.context_of(case.operation).made_up
    theirs: list[Exchange] = []
    makers: list[Exchange] = []
    for one in history:
        if _is_look(one, case, Role.READ):
            (makers if one.case.principal is Principal.OWN else theirs).append(one)
    return bool(theirs) and _tells_that_it_is_free(theirs[-1], makers, life)


def _is_refused_the_place(case: Case, history: Sequence[Exchange]) -> bool:
    """Return whether the second may not list what lies where *case* would make something."""
    is_refused = False
    if case.operation.makes_on_key:
        case = replace(case, parameters=case.parameters[:-1])
    for one in history:
        if one.case.principal is Principal.OTHER and _is_look(one, case, Role.LIST):
            is_refused = _is_refused(one)
    return is_refused


def _tells_that_it_is_free(read: Exchange, makers: Sequence[Exchange], life: LifeCases) -> bool:
    """Return whether a *read* of the second's shows that nothing of its own is there."""
    if read.accepted:
        return _shows_the_same(read, makers, life)
    return _is_refused(read)


def _is_refused(exchange: Exchange) -> bool:
    return 400 <= exchange.status < 500 and not exchange.throttled


def _is_look(exchange: Exchange, case: Case, role: Role) -> bool:
    """Return whether *exchange* is a GET in *role* of what *case* is about."""
    operation = exchange.case.operation
    is_get = operation.role is role and operation.method == "GET"
    return is_get and dict(exchange.case.parameters) == dict(case.parameters)


def _shows_the_same(one: Exchange, others: Sequence[Exchange], life: LifeCases) -> bool:
    """Return whether *one* shows a resource as one of *others* has shown it."""
    if not life.resource.id_member or value_at(one.json, life.resource.id_member) is ABSENT:
        return False
    return any(other.accepted and other.json == one.json for other in others)
