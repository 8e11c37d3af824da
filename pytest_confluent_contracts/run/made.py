"""What did this run make, and what of it is still there? And what may it have made unseen?

Each create goes only where the budget pays for the end of what it makes.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.progress import (
    ACCEPTED_FOR_LATER,
    Progress,
    id_of_made,
    shows_what_is_made,
)
from pytest_confluent_contracts.model.traffic import FailureKind
from pytest_confluent_contracts.run.sender import is_transient
from pytest_confluent_contracts.run.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.http.guard import Guard
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.later import Followed

PathParameters = tuple[tuple[str, str], ...]
# Nothing of the request has reached anybody.
NEVER_SENT = frozenset({FailureKind.UNCONNECTED, FailureKind.TLS_REFUSED})


@dataclass(slots=True)
class Made:
    """A resource that this run has made, by its path parameters, until it is deleted.

    ``is_reserved`` says whether a request is kept in the budget for its end.
    """

    parameters: PathParameters
    is_there: bool = True
    is_reserved: bool = False


class MadeResources:
    """Keeps what the run makes of one resource, whoever sends the create; lives as the session.

    *creating* and *deleting* are the operations that make and end one, None where the run has none.
    *remember* hears of all that is there, and *admit* of each that is new, before the next request
    goes. ``unanswered`` are the creates that went, and whose answer nobody has taken down; ``lost``
    those that were broken off; ``later`` those that were accepted with 202, each with its answer,
    of which the id is still to be told; ``nameless`` counts answers that tell no id.
    """

    def __init__(
        self,
        resource: Resource,
        creating: Operation | None,
        deleting: Operation | None,
        guard: Guard,
        remember: Callable[[list[PathParameters]], None],
        admit: Callable[[PathParameters], None],
    ) -> None:
        self.resource, self._guard = resource, guard
        self._creating, self._deleting = creating, deleting
        self._remember, self._admit = remember, admit
        self.all: list[Made] = []
        self.unanswered: list[Case] = []
        self.lost: list[Case] = []
        self.later: list[tuple[Case, Exchange]] = []
        self.nameless = 0

    @property
    def there(self) -> list[Made]:
        """Return what is still there, the oldest first."""
        return [one for one in self.all if one.is_there]

    # --- before a request, and after its answer ---------------------------------------------------

    @contextmanager
    def asking(self, case: Case) -> Iterator[None]:
        """Count a create as unanswered from here on, and keep a request for the end of what it
        makes.

        A run that is told to end does so behind it. Raise `BudgetSpent` where that is not payable.
        """
        if not _is_of(case, self._creating):
            yield
            return
        self._reserve()
        self.unanswered.append(case)
        try:
            with undisturbed():
                yield
        except Refusal:
            self.unanswered.remove(case)
            self._release()
            raise

    def note(self, case: Case, exchange: Exchange) -> None:
        """Take down what the answer tells of one that was made, or deleted."""
        if _is_of(case, self._creating):
            self._note_create(case, exchange)
        elif _is_of(case, self._deleting) and exchange.accepted:
            self.note_deleted(case.parameters)

    def _note_create(self, case: Case, exchange: Exchange) -> None:
        self.unanswered.remove(case)
        if not exchange.accepted:
            if is_transient(exchange) and exchange.failure_kind not in NEVER_SENT:
                self.lost.append(case)
            self._release()
            return
        parameters = self.parameters_of(case, exchange)
        if parameters is None and exchange.status == ACCEPTED_FOR_LATER:
            self.later.append((case, exchange))
            return
        self._note_made(parameters)

    def note_followed(self, answer: Exchange, followed: Followed) -> PathParameters | None:
        """Take down what the 202 *answer* made, as what it led to tells.

        Return its path parameters, None where nothing tells its id, or it was not made.
        """
        waiting = [one for one in self.later if one[1] is answer]
        if not waiting:
            return None
        self.later.remove(waiting[0])
        case, found = waiting[0][0], ""
        for one in reversed(followed.answers):
            found = found or id_of_made(one, self.resource)
        if not found and followed.progress is Progress.FAILED:
            self._release()
            return None
        if not found:
            self._note_made(None)
            return None
        own = (self.resource.parameter, self.resource.written_id(found))
        self._note_made((*case.parameters, own))
        return (*case.parameters, own)

    def _note_made(self, parameters: PathParameters | None) -> None:
        """Take down one that was made, whose end a request is kept for."""
        if parameters is None:
            self.nameless += 1
        if parameters is None or parameters in [one.parameters for one in self.there]:
            self._release()
            return
        self.all.append(Made(parameters, is_reserved=True))
        self._tell_there()
        # What was made where nothing is may not be asked for: it is told at the end.
        with suppress(Refusal):
            self._admit(parameters)

    def note_deleted(self, parameters: Sequence[tuple[str, str]]) -> None:
        """Take down that the one that *parameters* name is gone."""
        for one in self.there:
            if dict(one.parameters) == dict(parameters):
                one.is_there = False
                self.spend(one)
        self._tell_there()

    def spend(self, one: Made) -> None:
        """Let go the request that is kept for the end of *one*: it is to be sent now."""
        if one.is_reserved:
            one.is_reserved = False
            self._release()

    def _tell_there(self) -> None:
        self._remember([one.parameters for one in self.there])

    def _reserve(self) -> None:
        if self._deleting is not None:
            self._guard.reserve(self._deleting.key)

    def _release(self) -> None:
        if self._deleting is not None:
            self._guard.release(self._deleting.key)

    # --- what an answer names ---------------------------------------------------------------------

    def parameters_of(self, case: Case, exchange: Exchange) -> PathParameters | None:
        """Return the path parameters of what a create has made, None where no answer tells them."""
        id = self._id_of(case, exchange)
        if not id:
            return None
        return (*case.parameters, (self.resource.parameter, self.resource.written_id(id)))

    def _id_of(self, case: Case, exchange: Exchange) -> str:
        """Return the id of what was made: as the answer has it, its Location, or who chose it.

        What is accepted for later may tell of the job that makes it: that has an id of its own.
        """
        chosen = value_at(case.value, self.resource.id_sent) if self.resource.id_sent else ABSENT
        own = "" if chosen is ABSENT else _as_text(chosen)
        if exchange.status == ACCEPTED_FOR_LATER and not shows_what_is_made(case.operation):
            return id_of_made(exchange, self.resource) or own
        shown = value_at(exchange.json, self.resource.id_member)
        if shown is not ABSENT and self.resource.id_member:
            return _as_text(shown)
        location = urlsplit(exchange.header("Location") or "").path
        last = self.resource.plain_id(location.rstrip("/").rpartition("/")[2])
        if last:
            return last
        return own


def _is_of(case: Case, operation: Operation | None) -> bool:
    return operation is not None and case.operation.key == operation.key


def _as_text(id: Any) -> str:
    """Return *id* as it stands in a path."""
    if isinstance(id, bool) or not isinstance(id, str | int):
        return ""
    return str(id)
