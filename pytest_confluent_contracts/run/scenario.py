"""What becomes of a resource from its creation to its end?

One is made, read, changed and deleted, over all its operations. What was made is deleted at the
end.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pytest_confluent_contracts.cases.life import ELSEWHERE, LifeCases, LifeStep, bound_step
from pytest_confluent_contracts.clauses.judging import rule, weigh
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.targets import allowances_at
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.run.access import made_access

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.http.targets import Access
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.sender import Sender

PathParameters = tuple[tuple[str, str], ...]
# Those that only stand around what is made below them: that of the life, and another one.
HOLDER, OTHER_HOLDER = "holder", "other holder"


@dataclass(slots=True)
class Made:
    """A resource that this run has made, by its path parameters, until it is deleted."""

    parameters: PathParameters
    is_there: bool = True


@dataclass(slots=True)
class Scenario:
    """Leads one resource through its life; lives as long as the session.

    *around* are the path parameters of what it lies in where nobody makes that; *parent* makes it
    otherwise. Where the run does not create, *given* are the path parameters of the one that it
    may use. *remember* hears of all that was made and is there, before anything else is sent.
    """

    life: LifeCases
    sender: Sender
    creates: bool
    given: PathParameters = ()
    parent: Scenario | None = None
    remember: Callable[[list[PathParameters]], None] = lambda _: None
    made: list[Made] = field(default_factory=list)
    _known: dict[str, PathParameters] = field(default_factory=dict)
    _has_run: bool = False
    _unmade: str = ""
    _unanswered: int = 0  # creates of which nobody knows whether they made one

    @property
    def history(self) -> list[Exchange]:
        """Return every exchange of the life so far, in the order in which they were sent."""
        return self.sender.history

    # --- verdicts ---------------------------------------------------------------------------------

    def ruling(self, operation: Operation, clause: Clause) -> Ruling:
        """Return the verdict on *clause* of *operation*, after the life was led."""
        self.run()
        weighed = weigh(clause, self.history)
        missing = None
        if not weighed.evidence:
            missing = self._why_missing()
        return rule(operation, weighed, self.history, missing=missing)

    def _why_missing(self) -> MissingEvidence | None:
        if self.sender.stopped:
            return self.sender.stopped
        if self._unmade:
            return MissingEvidence(MissingKind.NOT_ASKED_FOR, self._unmade)
        return None

    # --- the life ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Send every step once, as far as what it is about is there."""
        if self._has_run:
            return
        self._has_run = True
        try:
            around = self._around()
            if around is None:
                return
            self._look_elsewhere()
            for step in self.life.steps(creates=self.creates):
                if self.sender.stopped:
                    return
                self._take(step, around)
        except Refusal as refusal:
            self.sender.stop_for(refusal)

    @property
    def creating(self) -> Operation:
        """Return the operation that makes one."""
        return self.life.operations[Role.CREATE]

    @property
    def ancestors(self) -> list[Scenario]:
        """Return the lives of what this one lies in, the nearest first."""
        if self.parent is None:
            return []
        return [self.parent, *self.parent.ancestors]

    def exchanges_of(self, operation: Operation) -> list[Exchange]:
        """Return what the life has shown of *operation*."""
        self.run()
        return [one for one in self.history if one.case.operation.key == operation.key]

    def see_made(self, case: Case, exchange: Exchange) -> None:
        """Take down what a create outside of the life has made, so that it is deleted, too."""
        if exchange.accepted:
            # What was made where nothing is may not be asked for: it is told at the end.
            with suppress(Refusal):
                self._note_made("", case, exchange, case.parameters)

    def holder(self, name: str = HOLDER) -> PathParameters | None:
        """Return the path parameters of one that stays there until the end, None without any.

        It is made when it is first asked for by its *name*.
        """
        if not self.creates:
            return self.given or None
        if name not in self._known:
            around, step = self._around(), self.life.making(name)
            if around is None or step is None or self.sender.stopped:
                return None
            self._send(step, around)
        return self._known.get(name)

    def _around(self) -> PathParameters | None:
        """Return the path parameters that lead to the collection, None where its parent is not."""
        if self.parent is None:
            return self.given[:-1] if self.life.resource.parameter else self.given
        around = self.parent.holder()
        if around is None:
            self._unmade = f"no {self.parent.life.resource.name} could be made to hold one"
        elif self.creates:
            self._admit(self.parent, around)
        return around

    def _look_elsewhere(self) -> None:
        """Find another parent, of which the list must not show what is made here."""
        if self.parent is None or not self.creates:
            return
        elsewhere = self.parent.holder(OTHER_HOLDER)
        if elsewhere is not None:
            self._known[ELSEWHERE] = elsewhere
            self._admit(self.parent, elsewhere)

    def _take(self, step: LifeStep, around: PathParameters) -> None:
        """Send *step*, unless it is about one that could not be made."""
        if not self.creates:
            self._send(step, self.given)
        elif step.about == "" or step.about in self._known:
            self._send(step, around)

    def _send(self, step: LifeStep, around: PathParameters) -> None:
        parameters = self._known.get(step.about, around)
        case = bound_step(step, parameters)
        exchange = self.sender.send(case)
        if step.creates and exchange.accepted:
            self._note_made(step.creates, case, exchange, around)
        if step.creates and exchange.failure:
            self._unanswered += 1
        if case.operation.role is Role.DELETE and exchange.accepted:
            self._note_deleted(parameters)

    # --- what was made ----------------------------------------------------------------------------

    def _note_made(self, name: str, case: Case, exchange: Exchange, around: PathParameters) -> None:
        """Take down what a create has made, before anything else is sent."""
        id = self._id_of(case, exchange)
        if not id:
            self._unmade = "no answer of a create tells the id of what it made"
            return
        parameters = (*around, (self.life.resource.parameter, id))
        if name:
            self._known[name] = parameters
        if parameters not in [one.parameters for one in self.made]:
            self.made.append(Made(parameters))
        self._tell_made()
        self._admit(self, parameters)

    def _id_of(self, case: Case, exchange: Exchange) -> str:
        """Return the id of what was made: as the answer has it, its Location, or who chose it."""
        shown = value_at(exchange.json, self.life.resource.id_member)
        if shown is not ABSENT and self.life.resource.id_member:
            return _as_text(shown)
        location = urlsplit(exchange.header("Location") or "").path
        last = unquote(location.rstrip("/").rpartition("/")[2])
        if last:
            return last
        chosen = value_at(case.value, self.life.resource.id_sent)
        return "" if chosen is ABSENT or not self.life.resource.id_sent else _as_text(chosen)

    def _admit(self, maker: Scenario, parameters: PathParameters) -> None:
        """Let the guard know what a create of *maker* made, so that it may be asked for."""
        client, creating = self.sender.client, maker.creating
        accesses: list[Access] = []
        for operation in self.life.every_operation:
            wanted = {name for name, _ in operation.parameters}
            if maker.life.resource.parameter in wanted and wanted <= dict(parameters).keys():
                accesses.append(made_access(operation, parameters))
        client.guard.admit_made(creating.key, allowances_at(client.base_url, accesses))

    def _note_deleted(self, parameters: PathParameters) -> None:
        for one in self.made:
            if one.parameters == parameters:
                one.is_there = False
        self._tell_made()

    def _tell_made(self) -> None:
        self.remember([one.parameters for one in self.made if one.is_there])

    def clean_up(self) -> list[str]:
        """Delete what the run made and has not deleted, newest first.

        Return what could not be deleted, each with what came instead.
        """
        lost: list[str] = []
        for one in reversed(self.made):
            if one.is_there:
                why = self._delete(one)
                if why:
                    lost.append(f"{self.life.resource.name} {one.parameters[-1][1]}: {why}")
        if self._unanswered:
            lost.append(f"{self._unanswered} creates had no answer, and may have made one each")
        return lost

    def _delete(self, one: Made) -> str:
        """Delete *one*; return why it is still there, empty where it is not."""
        step = self.life.ending()
        if step is None:
            return "the document has no operation that deletes it"
        self.sender.stopped = None
        try:
            exchange = self.sender.send(bound_step(step, one.parameters))
        except Refusal as refusal:
            return str(refusal)
        if exchange.accepted or exchange.status in GONE:
            self._note_deleted(one.parameters)
            return ""
        return exchange.failure or f"answered {exchange.status}"


GONE = frozenset({404, 410})


def _as_text(id: Any) -> str:
    """Return *id* as it stands in a path."""
    if isinstance(id, bool) or not isinstance(id, str | int):
        return ""
    return str(id)
