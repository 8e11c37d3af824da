"""What becomes of a resource from its creation to its end?

One is made, read, changed and deleted, over all its operations. What was made is deleted at the
end.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from copy import copy
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
from pytest_confluent_contracts.cases.list_parts import (
    PAGES,
    other_filter_case,
)
from pytest_confluent_contracts.cases.other_principal import (
    ANOTHERS_HOLDER,
    AT_ANOTHERS,
    FIRST_AT_ANOTHERS,
)
from pytest_confluent_contracts.clauses.judging import rule, weigh
from pytest_confluent_contracts.clauses.lifecycle_delete import GONE
from pytest_confluent_contracts.clauses.lifecycle_state import CREATED, LifeReader
from pytest_confluent_contracts.clauses.reading import HIDING
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.targets import allowances_at
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.page_links import FILTERED, FROM_OFFSET, ODD_SIZE
from pytest_confluent_contracts.model.paths import ABSENT, placed_parameters
from pytest_confluent_contracts.model.progress import ACCEPTED_FOR_LATER
from pytest_confluent_contracts.model.resources import HOLDER, Role
from pytest_confluent_contracts.model.traffic import Expect, Principal, Probe
from pytest_confluent_contracts.run.access import made_access
from pytest_confluent_contracts.run.later import Followed, Follower
from pytest_confluent_contracts.run.list_walks import ask_page, look_around, walk
from pytest_confluent_contracts.run.made import MadeResources
from pytest_confluent_contracts.run.other_principal import is_safe_to_ask
from pytest_confluent_contracts.run.tags import tag_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.judging import Weighed
    from pytest_confluent_contracts.clauses.lifecycle_members import Shown
    from pytest_confluent_contracts.http.targets import Access
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.sender import Sender
    from pytest_confluent_contracts.run.sequences import Sequences, Shortest

PathParameters = tuple[tuple[str, str], ...]
# What is expected of a read of a key that nobody has yet.
LOOKING = frozenset({Expect.UNKNOWN, Expect.HIDDEN})
# What the first is called as if it lay in other parents.
FIRST_IN = {
    ELSEWHERE: FIRST_ELSEWHERE,
    ENDING: FIRST_AT_END,
    AT_ANOTHERS: FIRST_AT_ANOTHERS,
}


@dataclass(slots=True)
class Scenario:
    """Leads one resource through its life; lives as long as the session.

    *around* are the path parameters of what it lies in where nobody makes that; *parent* makes it
    otherwise. Where the run does not create, *given* are the path parameters of the one that it
    may use. *named* are those of one that somebody named, which no create makes. *remember* hears
    of all that was made and is there, before anything else is sent. ``sequences`` are sent after
    the steps, where a clause needs them.
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
    sequences: Sequences | None = field(default=None, init=False)
    _known: dict[str, PathParameters] = field(default_factory=dict)
    _ended: PathParameters = ()
    _has_run: bool = False
    _is_let_go: bool = False
    _unmade: str = ""
    _in_vain: int = 0  # requests accepted for later of which nobody could see the end
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
        sender.is_watched = True

    def let_go(self) -> None:
        """Forget the exchanges: every clause on this life is ruled.

        What was made is still deleted at the end. Who asks for the life again has another one led.
        """
        self.sender.let_go()
        if self.sequences is not None:
            self.sequences.let_go()
        self._is_let_go = True

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
        shortest: Shortest | None = None
        if self._needs_sequences(clause, weighed):
            assert self.sequences is not None
            weighed = weigh(clause, self.history, *self.sequences.rows)
            shortest = self.sequences.shortest(clause) if weighed.against else None
        missing = None
        if not weighed.evidence:
            missing = self._why_missing()
        if shortest is None:
            return rule(operation, weighed, self.history, missing=missing)
        return rule(
            operation,
            weighed,
            self.history,
            smallest=shortest.evidence,
            vain_tries=shortest.vain_tries,
            sequence=shortest.sequence.told,
        )

    def gather(self, clause: Clause) -> None:
        """Lead the life, and send the sequences where *clause* needs them."""
        self.run()
        is_needed = self.sequences is not None and Probe.SEQUENCES in clause.needs
        if is_needed and not self.sender.stopped:
            assert self.sequences is not None
            self.sequences.send()

    def call_off(self, why: MissingEvidence) -> None:
        """Send nothing more but what ends what was made."""
        self.sender.stopped = why
        if self.sequences is not None:
            self.sequences.call_off(why)

    def _needs_sequences(self, clause: Clause, weighed: Weighed) -> bool:
        """Return whether the sequences are asked about *clause*, too.

        A frugal run knows enough where it is broken already.
        """
        if self.sequences is None or Probe.SEQUENCES not in clause.needs or self.sender.stopped:
            return False
        return not (weighed.against and self.sender.policy.frugal)

    def _why_missing(self) -> MissingEvidence | None:
        if self.sender.stopped:
            return self.sender.stopped
        if self._unmade:
            return MissingEvidence(MissingKind.NOT_ASKED_FOR, self._unmade)
        return None

    # --- the life ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Send every step once, as far as what it is about is there."""
        if self._has_run and not self._is_let_go:
            return
        self._has_run, self._is_let_go = True, False
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

    def aside(self, life: LifeCases, sender: Sender) -> Scenario:
        """Return what sends other steps of *life* by *sender*, in what this one lies in.

        What it makes is taken down with what this one made.
        """
        other = copy(self)
        other.life, other.sender, other.sequences = life, sender, None
        other.begin_anew()
        self.watch(sender)
        return other

    def begin_anew(self) -> None:
        """Know none by its name any more: the next steps make their own."""
        self._known, self._back, self._unmade = {}, set(), ""

    def take(self, step: LifeStep) -> None:
        """Send one more step; raise `Refusal` where it may not go."""
        around = self._around()
        if around is not None:
            self._take(step, around)

    def parameters_of(self, name: str) -> PathParameters | None:
        """Return the path parameters of the one called *name*, None where none was made."""
        return self._known.get(name)

    def is_there(self, name: str) -> bool:
        """Return whether the one called *name* was made, and is not deleted."""
        known = self._known.get(name)
        return any(one.parameters == known for one in self.made.there)

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
        own = [one for one in self.history if not one.case.is_between_principals]
        return [one for one in own if one.case.operation.key == operation.key]

    def creates_on_keys(self, operation: Operation) -> list[Exchange]:
        """Return what the life has shown of *operation*, a PUT, where it creates."""
        shown = self.exchanges_of(operation)
        return [one for one in shown if one.case.operation.makes_on_key]

    def holder(self, name: str = HOLDER) -> PathParameters | None:
        """Return the path parameters of one that stays there until the end, None without any.

        It is made when it is first asked for by its *name*.
        """
        if not self.creates:
            return self.given or None
        if name not in self._known:
            around, step = self._around_holder(name), self.life.making(name)
            if around is None or step is None or self.sender.stopped:
                return None
            self.see_what_is_there()
            try:
                for one in (*self.life.looks_at_key(step), step):
                    self._send(one, around)
            except Refusal as refusal:
                self.sender.stop_for(refusal)
        return self._known.get(name)

    def _around_holder(self, name: str) -> PathParameters | None:
        """Return what the one called *name* is made in: a second principal has all of its own."""
        if name != ANOTHERS_HOLDER or self.parent is None:
            return self._around()
        around = self._by_own_names(self.parent.holder(name))
        if around is not None and self.parent.creates:
            self._admit(self.parent, around)
        return around

    def see_what_is_there(self) -> None:
        """Ask for the list before anybody makes something: no create has made what it shows.

        Where the budget does not pay for it, what is made is told apart by its id alone.
        """
        around = self._around() if self.creates else None
        listing = self.life.listing()
        if around is None or listing is None or self.sender.stopped or self._has_run:
            return
        case = self._bound_step(listing, around)
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
            withheld=not (self.life.resource.is_made_by_put and self._is_refused_on_keys()),
            asked=came.total(),
            answers=tuple(came.most_common()),
        )

    def _is_refused_on_keys(self) -> bool:
        """Return whether nothing but refusals came to creates on keys of the run's own.

        A key may have to be the id of something else: nobody owes to take one that is made up.
        """
        creates = [one for one in self.sender.history if self._is_create(one)]
        return all(400 <= one.status < 500 for one in creates)

    def _is_create(self, exchange: Exchange) -> bool:
        case = exchange.case
        is_of_this = case.operation.key == self.creating.key and case.expect is Expect.ACCEPTED
        is_of_this = is_of_this and case.operation.role is Role.CREATE
        is_own = case.principal is Principal.OWN
        return is_of_this and is_own and not exchange.superseded

    def _around(self) -> PathParameters | None:
        """Return the path parameters that lead to the collection, None where its parent is not."""
        if self.parent is None:
            return self.given[:-1] if self.life.resource.parameter else self.given
        around = self._by_own_names(self.parent.holder())
        if around is None:
            self._unmade = f"no {self.parent.life.resource.name} could be made to hold one"
            self.sender.stopped = self.parent.sender.stopped
        elif self.parent.creates:
            self._admit(self.parent, around)
        return around

    def _by_own_names(self, around: PathParameters | None) -> PathParameters | None:
        """Return what leads to a parent, each parameter called as in the path of this resource.

        For example, the ``id`` of ``/shelves/{id}`` is the ``shelf`` of ``/shelves/{shelf}/books``.
        """
        if around is None or self.parent is None:
            return around
        return placed_parameters(around, self.parent.own_path, self.own_path)

    @property
    def own_path(self) -> str:
        """Return the path of which what is known of the resource has parameters."""
        return self.life.resource.item or self.life.resource.collection

    def _bound_step(self, step: LifeStep, parameters: PathParameters) -> Case:
        """Return the case of *step* for the resource, or the parent, that *parameters* name."""
        return bound_step(step, parameters, self.own_path)

    def _find_parent(self, name: str) -> None:
        """Find another parent, in which nothing lies of what is made in theirs."""
        if self.parent is None or not self.parent.creates:
            return
        found = self._by_own_names(self.parent.holder(PARENTS[name]))
        if found is not None:
            self._known[name] = found
            self._admit(self.parent, found)
            self._find_first_in(name)

    def _find_first_in(self, name: str) -> None:
        """Let the first be asked for as if it lay in the parent called *name*, as it does not."""
        alias = FIRST_IN.get(name)
        if alias is not None and FIRST in self._known:
            self._known[alias] = (*self._known[name], self._known[FIRST][-1])
            if self.life.resource.is_made_by_put:
                self._let_out_key(self._known[alias])
            self._admit(self, self._known[alias])

    def _take(self, step: LifeStep, around: PathParameters) -> None:
        """Send *step*, unless it is about one that could not be made."""
        if step.about in PARENTS and step.about not in self._known:
            self._find_parent(step.about)
            if step.about not in self._known:
                return
        if step.case.subject.name == FILTERED:
            self._send_filtered(step, around)
        elif not self.creates:
            self._send(step, self.given or around)
        elif step.about == "" or step.about in self._known:
            self._send(step, around)

    def _send_filtered(self, step: LifeStep, around: PathParameters) -> None:
        """Ask for the list by what one of the run's own has shown in a list before."""
        if step.about not in self._known:
            return
        key = self.reader.key_of(self._known[step.about])
        listed = list(self._listed())
        own = self._own_items(listed)
        items = [one.item for one in listed if one.key == key]
        others = [one.item for one in listed if one.key != key]
        for filtered in self.life.filter_steps(step, items[-1], own) if items else ():
            bound = self._bound(filtered, around)
            if bound is None or self.sender.stopped:
                continue
            case = self.sender.listener.chosen(bound)
            if case is not None:
                self._send_filter(case, (others or items)[-1])

    def _own_items(self, listed: Sequence[Shown]) -> list[Any]:
        """Return those that are *listed* and that the run has made, as they were shown."""
        there = {self.reader.key_of(one.parameters) for one in self.made.there}
        return [one.item for one in listed if one.key in there]

    def _send_filter(self, case: Case, other: Mapping[str, Any]) -> None:
        """Ask for one filtered list, and for its second page as if it were filtered by *other*."""
        stated = case.operation.listing.pages
        if stated is None:
            self.sender.send(case)
            return
        pages = walk(self.sender, case)
        if len(pages) > 1 and stated.has_cursor:
            ask_page(self.sender, other_filter_case(case, pages[1].case.query, other))

    def _listed(self) -> Iterator[Shown]:
        """Yield what lists have shown, in order."""
        lists = [one for one in self.history if one.case.operation.role is Role.LIST]
        for step in self.reader.read(lists).steps:
            yield from step.shown

    def _send(self, step: LifeStep, around: PathParameters) -> None:
        bound = self._bound(step, around)
        if bound is None or not is_safe_to_ask(bound, self.life, self.sender.history):
            return
        case = self.sender.listener.chosen(bound)
        if case is None or not self._may_create_on_key(case):
            return
        exchange = self._send_case(case)
        followed = self._followed(case, exchange)
        if not exchange.accepted:
            self._note_not_created(case, exchange)
            return
        if case.operation.role is Role.REPLACE:
            self._note_replaced(step)
        if not case.operation.is_safe:
            self._let_it_be_seen(case.operation)
        if step.creates:
            why = self._note_known(step, case, exchange, followed)
            if case.principal is Principal.OWN:  # another's create owes the run nothing
                self._unmade = why or self._unmade

    def _note_not_created(self, case: Case, exchange: Exchange) -> None:
        """Take down what came where a PUT was to create: the key may not be anybody's to choose."""
        is_own = case.principal is Principal.OWN and case.expect is Expect.ACCEPTED
        if case.operation.makes_on_key and is_own:
            came = exchange.failure or f"was answered {exchange.status}"
            self._unmade = f"a PUT on a key of the run's own {came}"

    def _may_create_on_key(self, case: Case) -> bool:
        """Return whether nobody has the key on which *case* creates, where it creates on one.

        In a parent that the run has made, let its path out.
        """
        is_parents = case.operation.resource != self.life.resource
        is_look = case.operation.role is Role.READ and case.expect in LOOKING
        if (is_look or case.operation.makes_on_key) and not is_parents:
            self._let_out_key(case.parameters)
        if not case.operation.makes_on_key:
            return True
        made = self.parent.made if is_parents and self.parent is not None else self.made
        is_local = self.life.context_of(case.operation).made_up
        is_sure = not is_local or case.principal is Principal.OTHER
        if made.is_free(case, self.sender.history, is_sure=is_sure):
            return True
        if case.principal is Principal.OWN:
            self._unmade = "somebody has the key on which it would create"
        return False

    def _let_out_key(self, parameters: PathParameters) -> None:
        """Let out the requests for a key of the run's own in a parent that it has made."""
        resource = self.life.resource
        if self.parent is None or not (self.parent.creates and resource.is_made_by_put):
            return
        if resource.id_in(parameters) not in self.life.every_key():
            return
        client, asked = self.sender.client, (Role.READ, Role.CREATE)
        operations = [self.life.operations[role] for role in asked if role in self.life.operations]
        accesses = [made_access(one, parameters) for one in operations]
        allowances = allowances_at(client.base_url, accesses)
        client.guard.admit_made(self.parent.creating.key, allowances)

    def _note_known(
        self, step: LifeStep, case: Case, exchange: Exchange, followed: Followed
    ) -> str:
        """Take down what the create of *step* has made; return why that cannot be asked for."""
        made = self.made.parameters_of(case, exchange)
        if made is None:
            made = self.made.note_followed(exchange, followed)
        if followed.is_unfinished:
            return "what a create accepted with 202 was not done in time"
        if made is None:
            return "no answer of a create tells the id of what it made"
        if not self.made.is_own(made):
            return "a create answers with what was there before"
        self._known[step.creates] = made
        self._admit(self, made)
        return ""

    def _note_replaced(self, step: LifeStep) -> None:
        """Note that one is there again: a replace may be documented to create (RFC 9110 9.3.4)."""
        is_of_gone = step.case.expect is Expect.UNKNOWN
        if is_of_gone and step.case.operation.names_status(CREATED):
            self._back.add(step.about)

    def _bound(self, step: LifeStep, around: PathParameters) -> Case | None:
        """Return the request of *step*, None where it depends on a tag that no answer has told."""
        case = self._bound_step(step, self._known.get(step.about, around))
        if step.about in self._back and case.expect is Expect.UNKNOWN:
            case = replace(case, expect=Expect.ANY)
        if self._may_not_be_back(step, case):
            case = replace(case, expect=Expect.ANY)
        if step.condition is None:
            return case
        tag = tag_for(step.condition, case, self.history)
        return None if tag is None else step.condition.bound(case, tag)

    def _may_not_be_back(self, step: LifeStep, case: Case) -> bool:
        """Return whether *step* is about one that was deleted, and was to be made again.

        A service may refuse a key that it had before.
        """
        is_known = self.life.resource.is_made_by_put and step.about in self._known
        return is_known and case.expect is Expect.ACCEPTED and not self.is_there(step.about)

    def _followed(self, case: Case, answer: Exchange) -> Followed:
        """Wait until what *answer* accepted for later is done, as far as it says where."""
        if answer.status != ACCEPTED_FOR_LATER:
            return Followed()
        questions = self.life.questions(case.principal)
        follower = Follower(self.life.resource, questions, self.sender, self._in_vain)
        made = self.made.parameters_of(case, answer) if case.operation.role is Role.CREATE else None
        followed = follower.follow(case, answer, made or ())
        self._in_vain += followed.is_in_vain
        return followed

    def _send_case(self, case: Case) -> Exchange:
        """Return the answer to *case*, which may make a parent, or end it and what lies in it."""
        if case.operation.listing.pages is not None:
            return self._walk(case)[-1]
        is_parents = self.parent is not None and case.operation.resource != self.life.resource
        if is_parents and case.operation.role is Role.CREATE and self.parent is not None:
            return self._make_parent(case, self.parent)
        if is_parents and case.operation.role is Role.DELETE and self.parent is not None:
            return self._end_parent(case, self.parent)
        exchange = self.sender.send(case)
        self._note_gone_with_parent(case, exchange)
        return exchange

    def _end_parent(self, case: Case, parent: Scenario) -> Exchange:
        """Return the answer to the end of *parent*, in which something may lie."""
        for one in parent.made.there:
            if one.parameters == case.parameters:
                parent.made.spend(one)
        exchange = self.sender.send(case)
        if exchange.accepted:
            parent.made.note_deleted(case.parameters)
            self._ended = self._by_own_names(case.parameters) or ()
        return exchange

    def _make_parent(self, case: Case, parent: Scenario) -> Exchange:
        """Return the answer to a create of *parent*, which takes down what it makes."""
        parent.watch(self.sender)
        try:
            return self.sender.send(case)
        finally:
            self.watch(self.sender)

    def _walk(self, case: Case) -> list[Exchange]:
        """Return the pages of a list, and follow what else they lead to where that is looked at."""
        if case.subject.name in (ODD_SIZE, FROM_OFFSET):
            return [ask_page(self.sender, case)]
        pages = walk(self.sender, case)
        if case.subject.name == PAGES:
            look_around(self.sender, case, pages)
        return pages

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
            own = placed_parameters(parameters, self.own_path, operation.path)
            names_made = bool(placed_parameters(parameters[-1:], self.own_path, operation.path))
            if names_made and len(own) == len(operation.parameters):
                accesses.append(made_access(operation, own))
        client.guard.admit_made(creating.key, allowances_at(client.base_url, accesses))

    def clean_up_one(self, one: Made) -> str:
        """Delete *one* that the run made; return what is to be told, empty where it is gone."""
        step = self.life.ending(one.maker)
        if step is None:
            return ""  # all of them are told at the end
        # Ctrl-C may have come while a connection was made ready for its next request.
        self.sender.client.guard.close_up(step.case.operation.key)
        why = self._delete(one, step)
        return self._told_left(one, why) if why else ""

    def clean_up_together(self, several: Sequence[Made], most: int) -> None:
        """Delete *several* of which none hangs on another, at most so many at the same time.

        What a service refuses while it deletes others, and what could not be sent, is still there.
        """
        cases: list[Case] = []
        for one in several:
            step = self.life.ending(one.maker)
            if step is None:
                return
            cases.append(self._bound_step(step, one.parameters))
        answers: list[tuple[Made, Exchange]] = []

        def spend(index: int) -> None:
            self.made.spend(several[index])

        def keep(index: int, exchange: Exchange) -> None:
            answers.append((several[index], exchange))

        self.sender.client.guard.close_up(cases[0].operation.key)
        self.sender.stopped = None
        self.sender.policy = replace(self.sender.policy, concurrency=most)
        try:
            with suppress(Refusal):
                self.sender.send_together(cases, spend, keep)
        finally:
            for one, exchange in answers:
                self._why_left(one, exchange)

    def told_as_left(self, one: Made, error: Exception) -> str:
        """Return that *one* is left, as somebody else's *error* stopped its end; empty if gone."""
        return self._told_left(one, f"{type(error).__name__}: {error}") if one.is_there else ""

    def _told_left(self, one: Made, why: str) -> str:
        told = (
            f"{self.life.resource.name} {self.life.resource.id_in(one.parameters)} is left: {why}"
        )
        return f"{told}{self._way_back(one.parameters, one.maker)}"

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

    def _way_back(self, parameters: PathParameters, maker: Principal = Principal.OWN) -> str:
        """Return how one can be deleted by hand, empty where the document has no way."""
        step = self.life.ending()
        if step is None:
            return ""
        path = self._bound_step(step, parameters).written_path
        url = self.sender.client.redactor.text(self.sender.client.base_url + path)
        whose = " with the credentials of the second principal" if maker is Principal.OTHER else ""
        return f"; to delete it{whose}: curl -X DELETE '{url}'"

    def _delete(self, one: Made, step: LifeStep) -> str:
        """Delete *one*; return why it is still there, empty where it is not."""
        self.sender.stopped = None
        self.made.spend(one)
        try:
            exchange = self.sender.send(self._bound_step(step, one.parameters))
        except Refusal as refusal:
            return str(refusal)
        return self._why_left(one, exchange)

    def _why_left(self, one: Made, exchange: Exchange) -> str:
        """Return why *one* is still there after its deletion; empty where it is not."""
        is_hidden = exchange.status == HIDING and self._lay_in_deleted(one)
        if exchange.status in GONE or is_hidden:
            self.made.note_deleted(one.parameters, asking=one.maker)
        if one.has_outlived and not one.is_there:
            self._look_once_more(one)
        if not one.is_there:
            return ""
        return exchange.failure or f"answered {exchange.status}"

    def _lay_in_deleted(self, one: Made) -> bool:
        """Return whether what *one* lay in was made by this run, and is deleted."""
        for scenario in self.ancestors:
            for holder in scenario.made.all:
                own_path = scenario.own_path
                around = placed_parameters(one.parameters, self.own_path, own_path)
                is_around = set(holder.parameters) <= set(around)
                if is_around and not holder.is_there:
                    return True
        return False

    def _look_once_more(self, one: Made) -> None:
        """Read what was shown after a deletion that was answered like one: it may be there."""
        step = self.life.reading(one.maker)
        if step is not None:
            with suppress(Refusal):
                self.sender.send(self._bound_step(step, one.parameters))

    # --- creates without an answer ----------------------------------------------------------------

    def _lost(self) -> Iterator[str]:
        """Yield what creates may have made of which nobody has seen the id.

        Those are sought in the list by what was sent. Nothing is deleted that no create's answer
        has named: it might be another's.
        """
        answers: dict[tuple[PathParameters, Principal], Exchange | None] = {}
        name, told_before = self.life.resource.name, set[str]()
        for one in self.made.lost:
            asked = one.case.parameters, one.case.principal
            if asked not in answers:
                answers[asked] = self._list_again(*asked)
            listed = answers[asked]
            found = self.made.listed_like(one, listed) if listed is not None else None
            for parameters in found or ():
                id = self.life.resource.id_in(parameters)
                told = f"{name} {id} may be left: its create {one.came}"
                way = self._way_back(parameters, one.case.principal)
                told_before.add(f"{told}, and the list shows it{way}")
            if one.case.operation.makes_on_key:
                id, way = self.life.resource.id_in(asked[0]), self._way_back(*asked)
                told_before.add(f"{name} {id} may be left: its create {one.came}{way}")
            elif found is None:
                sent = self.sender.client.redactor.text(sent_text(one.case.value))
                told_before.add(
                    f"one of {name} may be left: its create {one.came}; sent was {sent}"
                )
        yield from sorted(told_before)[:MOST_TOLD]
        if len(told_before) > MOST_TOLD:
            yield f"{len(told_before) - MOST_TOLD} more of {name} may be left"

    def _list_again(self, around: PathParameters, asking: Principal) -> Exchange | None:
        """Return the answer of the list in *around* to *asking*, None without any."""
        listing = self.life.listing(asking)
        if listing is None or not self.life.resource.items:
            return None
        self.sender.stopped = None
        try:
            return self.sender.send(self._bound_step(listing, around))
        except Refusal:
            return None


SENT_CHARACTERS = 200
MOST_TOLD = 10  # creates of which nobody knows what they made


def _told_of(create: Exchange) -> str:
    """Return what came of a create that made nothing, as far as the run knows."""
    if create.accepted:
        return f"answered {create.status} without an id"
    return create.failure or str(create.status)


def sent_text(body: Any) -> str:
    """Return what was sent, so that it can be found by hand; of a long one the beginning."""
    if body is ABSENT:  # a body that is no JSON, or none at all
        return "nothing that can be read"
    text = json.dumps(body, ensure_ascii=True)
    return text if len(text) <= SENT_CHARACTERS else f"{text[:SENT_CHARACTERS]}..."
