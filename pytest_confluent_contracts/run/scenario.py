"""What becomes of a resource from its creation to its end?

One is made, read, changed and deleted, over all its operations. What was made is deleted at the
end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.life import (
    AROUND,
    ELSEWHERE,
    ENDING,
    FIRST,
    FIRST_AT_END,
    FIRST_ELSEWHERE,
    HOLDING,
    PARENTS,
    LifeCases,
    LifeStep,
    bound_step,
)
from pytest_confluent_contracts.clauses.judging import rule, weigh
from pytest_confluent_contracts.clauses.lifecycle_state import LifeReader
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.targets import allowances_at
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.resources import HOLDER, Role
from pytest_confluent_contracts.run.access import made_access
from pytest_confluent_contracts.run.made import MadeResources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.http.targets import Access
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.sender import Sender

PathParameters = tuple[tuple[str, str], ...]


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
    made: MadeResources = field(init=False)
    _known: dict[str, PathParameters] = field(default_factory=dict)
    _ended: PathParameters = ()
    _has_run: bool = False
    _unmade: str = ""

    def __post_init__(self) -> None:
        """Take down what is made and deleted, whoever sends it."""
        operations = self.life.operations
        self.made = MadeResources(
            resource=self.life.resource,
            creating=operations.get(Role.CREATE) if self.creates else None,
            deleting=operations.get(Role.DELETE),
            guard=self.sender.client.guard,
            remember=self.remember,
            admit=lambda parameters: self._admit(self, parameters),
        )
        self.watch(self.sender)

    def watch(self, sender: Sender) -> None:
        """Take down what *sender* makes and deletes, so that it is deleted at the end, too."""
        sender.asking, sender.noted = self.made.asking, self.made.note

    @property
    def history(self) -> list[Exchange]:
        """Return every exchange of the life so far, in the order in which they were sent.

        What was made for others to be held on is theirs: they change it in between.
        """
        return [one for one in self.sender.history if one.case.subject.name != HOLDING]

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
            self._known[AROUND] = around
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
            try:
                self._send(step, around)
            except Refusal as refusal:
                self.sender.stop_for(refusal)
        return self._known.get(name)

    def _around(self) -> PathParameters | None:
        """Return the path parameters that lead to the collection, None where its parent is not."""
        if self.parent is None:
            return self.given[:-1] if self.life.resource.parameter else self.given
        around = self.parent.holder()
        if around is None:
            self._unmade = f"no {self.parent.life.resource.name} could be made to hold one"
            self.sender.stopped = self.parent.sender.stopped
        elif self.creates and self.parent.creates:
            self._admit(self.parent, around)
        return around

    def _find_parent(self, name: str) -> None:
        """Find another parent, in which nothing lies of what is made in theirs."""
        if self.parent is None or not (self.creates and self.parent.creates):
            return
        found = self.parent.holder(PARENTS[name])
        if found is not None:
            self._known[name] = found
            self._admit(self.parent, found)
            self._find_first_in(name)

    def _find_first_in(self, name: str) -> None:
        """Let the first be asked for as if it lay in the parent *name*, which it does not."""
        alias = {ELSEWHERE: FIRST_ELSEWHERE, ENDING: FIRST_AT_END}.get(name)
        if alias is not None and FIRST in self._known:
            self._known[alias] = (*self._known[name], self._known[FIRST][-1])
            self._admit(self, self._known[alias])

    def _take(self, step: LifeStep, around: PathParameters) -> None:
        """Send *step*, unless it is about one that could not be made."""
        if step.about in PARENTS and step.about not in self._known:
            self._find_parent(step.about)
        if not self.creates:
            self._send(step, self.given)
        elif step.about == "" or step.about in self._known:
            self._send(step, around)

    def _send(self, step: LifeStep, around: PathParameters) -> None:
        parameters = self._known.get(step.about, around)
        case = bound_step(step, parameters)
        exchange = self._send_case(case)
        if exchange.accepted and not case.operation.is_safe:
            self._let_it_be_seen(case.operation)
        if step.creates and exchange.accepted:
            made = self.made.parameters_of(case, exchange)
            if made is None:
                self._unmade = "no answer of a create tells the id of what it made"
                return
            self._known[step.creates] = made
            self._admit(self, made)

    def _send_case(self, case: Case) -> Exchange:
        """Return the answer to *case*, which may end a parent, and what lies in it."""
        is_parents = self.parent is not None and case.operation.resource != self.life.resource
        if not is_parents or case.operation.role is not Role.DELETE or self.parent is None:
            exchange = self.sender.send(case)
            self._note_gone_with_parent(case, exchange)
            return exchange
        ended = [one for one in self.parent.made.there if one.parameters == case.parameters]
        for one in ended:
            self.parent.made.spend(one)
        exchange = self.sender.send(case)
        if exchange.accepted:
            self.parent.made.note_deleted(case.parameters)
            self._ended = case.parameters
        return exchange

    def _note_gone_with_parent(self, case: Case, exchange: Exchange) -> None:
        """Take down that nothing is there any more of what lay in a parent that has ended."""
        is_in_it = self._ended in (case.parameters, case.parameters[:-1])
        if not self._ended or not is_in_it or exchange.status not in {*GONE, HIDING}:
            return
        for one in self.made.there:
            if one.parameters[:-1] == self._ended:
                self.made.note_deleted(one.parameters)

    def _let_it_be_seen(self, operation: Operation) -> None:
        """Wait as long as the document says that a change may take to be seen."""
        stated = operation.promises.consistency
        if stated is not None:
            self.sender.wait(stated.within, "a change may take as long to be seen")

    # --- what was made ----------------------------------------------------------------------------

    def _admit(self, maker: Scenario, parameters: PathParameters) -> None:
        """Let the guard know what a create of *maker* made, so that it may be asked for."""
        client, creating = self.sender.client, maker.creating
        accesses: list[Access] = []
        for operation in self.life.every_operation:
            wanted = {name for name, _ in operation.parameters}
            if maker.life.resource.parameter in wanted and wanted <= dict(parameters).keys():
                accesses.append(made_access(operation, parameters))
        client.guard.admit_made(creating.key, allowances_at(client.base_url, accesses))

    def clean_up(self) -> Iterator[str]:
        """Delete what the run made and has not deleted, newest first, each though another fails.

        Yield what could not be deleted, with what came instead, and creates of which nobody knows
        what they made. Raise at the end what somebody else's hook has raised meanwhile.
        """
        raised: list[Exception] = []
        step = self.life.ending()
        if step is not None and self.made.there:
            # Ctrl-C may have come while a connection was made ready for its next request.
            self.sender.client.guard.close_up(step.case.operation.key)
        for one in reversed(self.made.there):
            try:
                why = self._delete(one, step)
            except Exception as error:
                raised.append(error)
                why = f"{type(error).__name__}: {error}" if one.is_there else ""
            if why:
                told = f"{self.life.resource.name} {one.parameters[-1][1]} is left: {why}"
                yield f"{told}{self._way_back(one.parameters)}"
        try:
            yield from self._lost()
        except Exception as error:
            raised.append(error)
        if raised:
            raise raised[0]
        self.remember([])  # what is left was told, and is not tried again

    def _way_back(self, parameters: PathParameters) -> str:
        """Return how one can be deleted by hand, empty where the document has no way."""
        step = self.life.ending()
        if step is None:
            return ""
        path = bound_step(step, parameters).written_path
        url = self.sender.client.redactor.text(self.sender.client.base_url + path)
        return f"; to delete it: curl -X DELETE '{url}'"

    def _delete(self, one: Made, step: LifeStep | None) -> str:
        """Delete *one*; return why it is still there, empty where it is not."""
        if step is None:
            return "the document has no operation that deletes it"
        self.sender.stopped = None
        self.made.spend(one)
        try:
            exchange = self.sender.send(bound_step(step, one.parameters))
        except Refusal as refusal:
            return str(refusal)
        if exchange.status in GONE:
            self.made.note_deleted(one.parameters)
        if not one.is_there:
            return ""
        return exchange.failure or f"answered {exchange.status}"

    # --- creates without an answer ----------------------------------------------------------------

    def _lost(self) -> Iterator[str]:
        """Yield what creates may have made of which nobody has seen the id.

        Those are sought in the list by what was sent. Nothing is deleted that no create's answer
        has named: it might be another's.
        """
        if self.made.nameless:
            told = f"{self.made.nameless} of {self.life.resource.name} are left"
            yield f"{told}: the answer of a create told no id"
        for case in [*self.made.unanswered, *self.made.lost]:
            found = self._listed_like(case)
            name = self.life.resource.name
            for id in found or ():
                told = f"{name} {id} may be left: its create had no answer, and the list shows it"
                parameters = (*case.parameters, (self.life.resource.parameter, id))
                yield f"{told}{self._way_back(parameters)}"
            if found is None:
                sent = self.sender.client.redactor.text(_sent_text(case.value))
                yield f"one of {name} may be left: its create had no answer; sent was {sent}"

    def _listed_like(self, case: Case) -> list[str] | None:
        """Return the ids of what the list shows with all that *case* sent; None without a list.

        What this run knows to be its own, or to have been there before, is none of them.
        """
        listing = self.life.listing()
        if listing is None or not self.life.resource.items:
            return None
        reader = LifeReader(self.life.resource)
        self.sender.stopped = None
        try:
            answer = self.sender.send(bound_step(listing, case.parameters))
        except Refusal:
            return None
        if not answer.accepted:
            return None
        before = {one.parameters[-1][1] for one in self.made.all} | self._listed_before(reader)
        found: list[str] = []
        for shown in reader.read([answer]).steps[0].shown:
            sent = case.value if isinstance(case.value, Mapping) else {}
            is_alike = all(shown.item.get(name) == value for name, value in sent.items())
            if is_alike and shown.key[-1] not in before:
                found.append(shown.key[-1])
        return found

    def _listed_before(self, reader: LifeReader) -> set[str]:
        """Return the ids that a list has shown before anything was made."""
        first: list[Exchange] = []
        for exchange in self.history:
            if exchange.case.operation.role is Role.CREATE:
                break
            first.append(exchange)
        found: set[str] = set()
        for step in reader.read(first).steps:
            found |= {shown.key[-1] for shown in step.shown}
        return found


GONE = frozenset({404, 410})
HIDING = 403  # says of what is not there that it may not be seen
SENT_CHARACTERS = 200


def _sent_text(body: Any) -> str:
    """Return what was sent, so that it can be found by hand."""
    return json.dumps(body, ensure_ascii=True)[:SENT_CHARACTERS]
