"""How is the resource put back as it was?

A read shows what is there before the first update, where the document has one, else the first
answer does; one update writes it at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.restore import (
    restoring_update,
    shown_values,
    unrestorable_paths,
    unseen_paths,
)
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.paths import ABSENT, value_at

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange, RunContext
    from pytest_confluent_contracts.run.sender import Listener, Sender


class FirstState:
    """What the run's own resource was when it was first seen.

    ``was`` is None until then, and once it is put back. ``read`` is what showed it before the first
    update, None where that update's answer did. What the run made itself nobody misses.
    """

    def __init__(self, context: RunContext, listener: Listener) -> None:
        self.context, self.listener = context, listener
        self.was: dict[str, Any] | None = None
        self.read: Operation | None = None
        self.is_missed = True
        self._has_seen_update = False

    def see_before(self, operation: Operation, exchange: Exchange) -> None:
        """Take down what a read shows of what *operation* is going to write.

        Nothing, where it shows another resource than was asked for.
        """
        shown = shown_values(operation, exchange.json, exchange.case.operation)
        if shown and not _shows_another(exchange):
            self.read = exchange.case.operation
            self.was = self.listener.first_state_seen(shown)

    def see(self, case: Case, exchange: Exchange) -> None:
        """Take down what the first answer shows of the run's own resource."""
        is_changed = self.context.owned and not (
            case.operation.is_safe or case.operation.makes_or_ends
        )
        is_own = is_changed and case.parameters == self.context.parameters
        if self._has_seen_update or not (self.is_missed and is_own and exchange.accepted):
            return
        self._has_seen_update = True
        shown = shown_values(case.operation, exchange.json)
        if self.read is not None and self.was is not None:
            self.was = self._not_written_by_all(case.operation, shown) | self.was
        elif self.was is None:
            self.was = self.listener.first_state_seen(shown)

    def _not_written_by_all(self, operation: Operation, shown: dict[str, Any]) -> dict[str, Any]:
        """Return what the first update showed and cannot have written itself."""
        unseen = unseen_paths(operation, self.context)
        return {path: value for path, value in shown.items() if path not in unseen}

    def put_back(self, sender: Sender) -> str:
        """Write what was there; return what could not be put back, empty where all was."""
        if self.was is None:
            return ""
        sender.client.guard.close_up(sender.operation.key)
        was, self.was = self.was, None
        lost = unrestorable_paths(sender.operation, self.context, was, self.read)
        told: list[str] = []
        if lost:
            told.append(f"{', '.join(lost)} cannot be put back: no answer shows what was there")
        exchange = _answer_to(sender, restoring_update(sender.operation, self.context, was))
        if exchange is None or not exchange.accepted:
            why = "not answered"
            if exchange is not None and not exchange.failure:
                why = f"answered {exchange.status}"
            told.append(f"the update that puts back {was} was {why}")
        return "; ".join(told)


def _shows_another(exchange: Exchange) -> bool:
    resource = exchange.case.operation.resource
    if resource is None or not (resource.parameter and resource.id_member):
        return False
    id = value_at(exchange.json, resource.id_member)
    asked = dict(exchange.case.parameters)[resource.parameter]
    return id is not ABSENT and str(id).lower() != asked.lower()


def _answer_to(sender: Sender, case: Case) -> Exchange | None:
    """Return the answer to *case*, None where it may not go.

    A run that had stopped sends this one all the same.
    """
    sender.stopped = None
    try:
        return sender.send(case)
    except Refusal:
        return None
