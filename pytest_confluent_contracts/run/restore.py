"""How is the resource put back as it was?

The first answer shows what was there; one update writes it at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.restore import (
    restoring_update,
    shown_values,
    unrestorable_paths,
)
from pytest_confluent_contracts.http.guard import Refusal

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Case, Exchange, RunContext
    from pytest_confluent_contracts.run.sender import Listener, Sender


class FirstState:
    """What the run's own resource was when it was first seen.

    ``was`` is None until then, and once it is put back.
    """

    def __init__(self, context: RunContext, listener: Listener) -> None:
        self.context, self.listener = context, listener
        self.was: dict[str, Any] | None = None

    def see(self, case: Case, exchange: Exchange) -> None:
        """Take down what the first answer shows of the run's own resource."""
        is_changed = self.context.owned and not (
            case.operation.is_safe or case.operation.makes_or_ends
        )
        is_own = is_changed and case.parameters == self.context.parameters
        if self.was is None and is_own and exchange.accepted:
            self.was = self.listener.first_state_seen(shown_values(case.operation, exchange.json))

    def put_back(self, sender: Sender) -> str:
        """Write what was there; return what could not be put back, empty where all was."""
        if self.was is None:
            return ""
        sender.client.guard.close_up(sender.operation.key)
        was, self.was = self.was, None
        lost = unrestorable_paths(sender.operation, self.context, was)
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


def _answer_to(sender: Sender, case: Case) -> Exchange | None:
    """Return the answer to *case*, None where it may not go.

    A run that had stopped sends this one all the same.
    """
    sender.stopped = None
    try:
        return sender.send(case)
    except Refusal:
        return None
