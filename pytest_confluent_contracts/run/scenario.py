"""What becomes of a resource from its creation to its end?

One is made, read, changed and deleted, over all its operations. What was made is deleted at the
end.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
from pytest_confluent_contracts.cases.list_parts import FILTERED
from pytest_confluent_contracts.clauses.judging import rule, weigh
from pytest_confluent_contracts.clauses.lifecycle_delete import GONE
from pytest_confluent_contracts.clauses.lifecycle_state import CREATED, LifeReader
from pytest_confluent_contracts.clauses.reading import HIDING
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.targets import allowances_at
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.progress import ACCEPTED_FOR_LATER
from pytest_confluent_contracts.model.resources import HOLDER, Role
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.run.access import made_access
from pytest_confluent_contracts.run.later import Followed, Follower
from pytest_confluent_contracts.run.list_walks import walk
from pytest_confluent_contracts.run.made import MadeResources
from pytest_confluent_contracts.run.tags import tag_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.clauses.lifecycle_members import Shown
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
    may use. *named* are those of one that somebody named, which no create makes. *remember* hears
    of all that was made and is there, before anything else is sent.
    """

    life: LifeCases
    sender: Sender
    creates: bool
    given: PathParameters = ()
    parent: Scenario | None = None
    remember: Callable[[list[Made]], None] = lambda _: None
    named: PathParameters = ()
    made: MadeResources = field(init=False)
    reader: LifeReader = field(init=False)
    _known: dict[str, PathParameters] = field(default_factory=dict)
    _ended: PathParameters = ()
    _has_run: bool = False
    _unmade: str = ""
    _back: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Take down what is made and deleted, whoever sends it."""
        self.reader = LifeReader(self.life.resource)
        operations = self.life.operations
        self.made = MadeResources(
            resource=self.life.resource,
            creating=operations.get(Role.CREATE) if self.creates else None,
            deleting=operations.get(Role.DELETE),
            guard=self.sender.client.guard,
            remember=self.remember,
            admit=lambda parameters: self._admit(self, parameters),
            named=self.named,
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
            self.see_what_is_there()
            try:
                self._send(step, around)
            except Refusal as refusal:
                self.sender.stop_for(refusal)
        return self._known.get(name)

    def see_what_is_there(self) -> None:
        """Ask for the list before anybody makes something: no create has made what it shows.

        Where the budget does not pay for it, what is made is told apart by its id alone.
        """
        around = self._around() if self.creates else None
        listing = self.life.listing()
        if around is None or listing is None or self.sender.stopped or self._has_run:
            return
        case = bound_step(listing, around)
        if not self.made.is_listed(case.parameters):
            with suppress(Refusal):
                self._send_case(case)

    @property
    def why_unmade(self) -> MissingEvidence:
        """Return why nothing was made: what came to the creates of it, or of what it lies in."""
        if self.sender.stopped:
            return self.sender.stopped
        came = Counter(_told_of(one) for one in self.sender.history if self._is_create(one))
        if not came and self.parent is not None:
            return self.parent.why_unmade
        return MissingEvidence(
            MissingKind.NOT_MADE,
            self.life.resource.name,
            withheld=True,
            asked=came.total(),
            answers=tuple(came.most_common()),
        )

    def _is_create(self, exchange: Exchange) -> bool:
        case = exchange.case
        is_of_this = case.operation.key == self.creating.key and case.expect is Expect.ACCEPTED
        return is_of_this and not exchange.superseded

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
        """Let the first be asked for as if it lay in the parent called *name*, as it does not."""
        alias = {ELSEWHERE: FIRST_ELSEWHERE, ENDING: FIRST_AT_END}.get(name)
        if alias is not None and FIRST in self._known:
            self._known[alias] = (*self._known[name], self._known[FIRST][-1])
            self._admit(self, self._known[alias])

    def _take(self, step: LifeStep, around: PathParameters) -> None:
        """Send *step*, unless it is about one that could not be made."""
        if step.about in PARENTS and step.about not in self._known:
            self._find_parent(step.about)
        if step.case.subject.name == FILTERED:
            self._send_filtered(step, around)
        elif not self.creates:
            self._send(step, self.given)
        elif step.about == "" or step.about in self._known:
            self._send(step, around)

    def _send_filtered(self, step: LifeStep, around: PathParameters) -> None:
        """Ask for the list by what one of the run's own has shown in a list before."""
        if step.about not in self._known:
            return
        key = self.reader.key_of(self._known[step.about])
        items = [one.item for one in self._listed() if one.key == key]
        for filtered in self.life.filter_steps(step, items[-1]) if items else ():
            self._send(filtered, around)

    def _listed(self) -> Iterator[Shown]:
        """Yield what lists have shown, in order."""
        lists = [one for one in self.history if one.case.operation.role is Role.LIST]
        for step in self.reader.read(lists).steps:
            yield from step.shown

    def _send(self, step: LifeStep, around: PathParameters) -> None:
        case = self._bound(step, around)
        if case is not None:
            case = self.sender.listener.chosen(case)
        if case is None:
            return
        exchange = self._send_case(case)
        followed = self._followed(case, exchange)
        if exchange.accepted and case.operation.role is Role.REPLACE:
            self._note_replaced(step)
        if exchange.accepted and not case.operation.is_safe:
            self._let_it_be_seen(case.operation)
        if step.creates and exchange.accepted:
            made = self.made.parameters_of(case, exchange)
            if made is None:
                made = self.made.note_followed(exchange, followed)
            if followed.is_unfinished:
                self._unmade = "what a create accepted with 202 was not done in time"
                return
            if made is None:
                self._unmade = "no answer of a create tells the id of what it made"
                return
            if not self.made.is_own(made):
                self._unmade = "a create answers with what was there before"
                return
            self._known[step.creates] = made
            self._admit(self, made)

    def _note_replaced(self, step: LifeStep) -> None:
        """Note that one is there again: a replace may be documented to create (RFC 9110 9.3.4)."""
        is_of_gone = step.case.expect is Expect.UNKNOWN
        if is_of_gone and step.case.operation.names_status(CREATED):
            self._back.add(step.about)

    def _bound(self, step: LifeStep, around: PathParameters) -> Case | None:
        """Return the request of *step*, None where it depends on a tag that no answer has told."""
        case = bound_step(step, self._known.get(step.about, around))
        if step.about in self._back and case.expect is Expect.UNKNOWN:
            case = replace(case, expect=Expect.ANY)
        if step.condition is None:
            return case
        tag = tag_for(step.condition, case, self.history)
        return None if tag is None else step.condition.bound(case, tag)

    def _followed(self, case: Case, answer: Exchange) -> Followed:
        """Wait until what *answer* accepted for later is done, as far as it says where."""
        if answer.status != ACCEPTED_FOR_LATER:
            return Followed()
        follower = Follower(self.life.resource, self.life.questions(), self.sender)
        return follower.follow(case, answer)

    def _send_case(self, case: Case) -> Exchange:
        """Return the answer to *case*, which may end a parent, and what lies in it."""
        if case.operation.listing.pages is not None:
            return walk(self.sender, case)[-1]
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

    def clean_up_one(self, one: Made) -> str:
        """Delete *one* that the run made; return what is to be told, empty where it is gone."""
        step = self.life.ending()
        if step is None:
            return ""  # all of them are told at the end
        # Ctrl-C may have come while a connection was made ready for its next request.
        self.sender.client.guard.close_up(step.case.operation.key)
        why = self._delete(one, step)
        return self._told_left(one, why) if why else ""

    def told_as_left(self, one: Made, error: Exception) -> str:
        """Return that *one* is left, as somebody else's *error* stopped its end; empty if gone."""
        return self._told_left(one, f"{type(error).__name__}: {error}") if one.is_there else ""

    def _told_left(self, one: Made, why: str) -> str:
        told = (
            f"{self.life.resource.name} {self.life.resource.id_in(one.parameters)} is left: {why}"
        )
        return f"{told}{self._way_back(one.parameters)}"

    def told_at_the_end(self) -> Iterator[str]:
        """Yield what is not deleted, since nobody knows that this run made it.

        What stays there is told, and nobody tries again to delete it.
        """
        self.remember([])
        for parameters in dict.fromkeys(self.made.others):
            told = (
                f"{self.life.resource.name} {self.life.resource.id_in(parameters)} was there before"
            )
            yield f"{told}, and a create answered its id: it is not deleted"
        left = [self.life.resource.id_in(one.parameters) for one in self.made.there]
        if left and self.life.ending() is None:
            told = (
                f"{len(left)} of {self.life.resource.name} are left, {', '.join(left[:MOST_TOLD])}"
            )
            more = ", ..." if len(left) > MOST_TOLD else ""
            yield f"{told}{more}: the document has no operation that deletes them"
        yield from self._lost()

    def ask_for_later(self) -> None:
        """Find out what was made of the creates that were accepted for later."""
        for asked, answer in list(self.made.later):
            self.sender.stopped = None
            followed = Followed()
            with suppress(Refusal):
                followed = self._followed(asked.case, answer)
            self.made.note_followed(answer, followed)

    def _way_back(self, parameters: PathParameters) -> str:
        """Return how one can be deleted by hand, empty where the document has no way."""
        step = self.life.ending()
        if step is None:
            return ""
        path = bound_step(step, parameters).written_path
        url = self.sender.client.redactor.text(self.sender.client.base_url + path)
        return f"; to delete it: curl -X DELETE '{url}'"

    def _delete(self, one: Made, step: LifeStep) -> str:
        """Delete *one*; return why it is still there, empty where it is not."""
        self.sender.stopped = None
        self.made.spend(one)
        try:
            exchange = self.sender.send(bound_step(step, one.parameters))
        except Refusal as refusal:
            return str(refusal)
        is_hidden = exchange.status == HIDING and self._lay_in_deleted(one)
        if exchange.status in GONE or is_hidden:
            self.made.note_deleted(one.parameters)
        if one.has_outlived and not one.is_there:
            self._look_once_more(one)
        if not one.is_there:
            return ""
        return exchange.failure or f"answered {exchange.status}"

    def _lay_in_deleted(self, one: Made) -> bool:
        """Return whether what *one* lay in was made by this run, and is deleted."""
        for scenario in self.ancestors:
            for holder in scenario.made.all:
                is_around = set(holder.parameters) <= set(one.parameters)
                if is_around and not holder.is_there:
                    return True
        return False

    def _look_once_more(self, one: Made) -> None:
        """Read what was shown after a deletion that was answered like one: it may be there."""
        step = self.life.reading()
        if step is not None:
            with suppress(Refusal):
                self.sender.send(bound_step(step, one.parameters))

    # --- creates without an answer ----------------------------------------------------------------

    def _lost(self) -> Iterator[str]:
        """Yield what creates may have made of which nobody has seen the id.

        Those are sought in the list by what was sent. Nothing is deleted that no create's answer
        has named: it might be another's.
        """
        answers: dict[PathParameters, Exchange | None] = {}
        name, told_before = self.life.resource.name, set[str]()
        for one in self.made.lost:
            around = one.case.parameters
            if around not in answers:
                answers[around] = self._list_again(around)
            listed = answers[around]
            found = self.made.listed_like(one, listed) if listed is not None else None
            for parameters in found or ():
                id = self.life.resource.id_in(parameters)
                told = f"{name} {id} may be left: its create {one.came}"
                told_before.add(f"{told}, and the list shows it{self._way_back(parameters)}")
            if found is None:
                sent = self.sender.client.redactor.text(_sent_text(one.case.value))
                told_before.add(
                    f"one of {name} may be left: its create {one.came}; sent was {sent}"
                )
        yield from sorted(told_before)[:MOST_TOLD]
        if len(told_before) > MOST_TOLD:
            yield f"{len(told_before) - MOST_TOLD} more of {name} may be left"

    def _list_again(self, around: PathParameters) -> Exchange | None:
        """Return the answer of the list in *around*, None without any."""
        listing = self.life.listing()
        if listing is None or not self.life.resource.items:
            return None
        self.sender.stopped = None
        try:
            return self.sender.send(bound_step(listing, around))
        except Refusal:
            return None


SENT_CHARACTERS = 200
MOST_TOLD = 10  # creates of which nobody knows what they made


def _told_of(create: Exchange) -> str:
    """Return what came of a create that made nothing, as far as the run knows."""
    if create.accepted:
        return f"answered {create.status} without an id"
    return create.failure or str(create.status)


def _sent_text(body: Any) -> str:
    """Return what was sent, so that it can be found by hand."""
    return json.dumps(body, ensure_ascii=True)[:SENT_CHARACTERS]
