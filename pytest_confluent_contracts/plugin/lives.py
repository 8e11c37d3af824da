"""Which resources does a session lead through their lives, and who tidies up behind them?"""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.resources import HOLDER, MAKING_ROLES, SAFE_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.cases.life import LifeCases
    from pytest_confluent_contracts.cases.sequences import Moves, SequenceCases
    from pytest_confluent_contracts.http.targets import Access, Target
    from pytest_confluent_contracts.model.clauses import MissingEvidence
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, RunContext
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.saved_state import Key, PathParameters
    from pytest_confluent_contracts.run.scenario import Scenario
    from pytest_confluent_contracts.run.sender import Listener, RunPolicy

# The exchanges of a life are numbered apart from those of each operation's own campaign.
FIRST_SERIAL = 1_000_000
FIRST_SERIAL_OF_SEQUENCES = 2_000_000
# Of its share of a budget, an operation spends one in so many on sequences: its own probes, and the
# life itself, show more.
SHARE_OF_SEQUENCES = 4


@dataclass(frozen=True, slots=True)
class PlannedLife:
    """What the life of a resource takes: requests, how many are made, or why none is.

    ``of_operations`` are its requests by the key of their operation; ``by_other`` are those of a
    second principal; ``sequences`` is how many are drawn after it, which take
    ``requests_of_sequences`` more.
    """

    requests: int = 0
    count: int = 0
    of_operations: Mapping[tuple[str, str], int] = field(default_factory=dict)
    why_none: str = ""
    sequences: int = 0
    requests_of_sequences: int = 0
    by_other: int = 0


class Lives:
    """Makes the scenario of each resource when it is first asked for, its parent's before it.

    *may_create* says whether the run may send a create, and delete what it made; *remember* keeps
    what was made of a resource and is there; *left* is what a worker that died had made.
    *budget_of* is the share of an operation, in requests (None: no limit), *may_change* says
    whether what was there before may be written by an operation, and *named_for* which path
    parameters of it somebody has named; *has_one* whether its path leads to something that may be
    there. *count_of* says how many sequences are drawn of a resource.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        context_of: Callable[[Operation], RunContext],
        may_create: Callable[[Operation], bool],
        remember: Callable[[Key, list[Made]], None],
        left: Sequence[tuple[Key, list[Made]]] = (),
        budget_of: Callable[[Operation], int | None] = lambda _: None,
        may_change: Callable[[Operation], bool] = lambda _: True,
        named_for: Callable[[Operation], Mapping[str, str]] = lambda _: {},
        count_of: Callable[[Resource], int] = lambda _: 0,
        has_one: Callable[[Operation], bool] = lambda _: True,
    ) -> None:
        self._documents = {one.name: one for one in documents}
        self._context_of, self._may_create = context_of, may_create
        self._remember, self._left = remember, left
        self._budget_of, self._may_change = budget_of, may_change
        self._named_for, self._count_of, self._has_one = named_for, count_of, has_one
        self._scenarios: dict[tuple[str, str], Scenario] = {}
        self._repeated: dict[tuple[str, str], LifeCases] = {}
        self._drawn: dict[tuple[str, str], list[Moves]] = {}

    def anew(self) -> Lives:
        """Return what leads the same resources through new lives, by requests that are made once.

        What the run brings along must stay the same meanwhile.
        """
        from pytest_confluent_contracts.cases.life import RepeatedLifeCases

        again = copy(self)
        again._scenarios = {}
        for document in self._documents.values():
            for resource in document.resources:
                key = (resource.document, resource.name)
                if key not in self._repeated:
                    self._repeated[key] = self._cases_made_by(RepeatedLifeCases, resource)
        return again

    def scenario(
        self, resource: Resource, target: Target, policy: RunPolicy, listener: Listener
    ) -> Scenario:
        """Return the scenario of *resource*."""
        from pytest_confluent_contracts.run.scenario import Scenario
        from pytest_confluent_contracts.run.sender import Sender

        key = (resource.document, resource.name)
        if key in self._scenarios:
            return self._scenarios[key]
        parent = self.parent(resource)
        around: Scenario | None = None
        if parent is not None and self._operations(parent):  # which may all be left out
            around = self.scenario(parent, target, policy, listener)
        operations = self._operations(resource)
        creates = self.makes(resource)
        life = self._life_cases(resource)
        looks = [one for role, one in operations.items() if role in SAFE_ROLES]
        first = [*looks, *operations.values()][0]
        steps = life.steps(creates=creates)
        sender = Sender(
            operation=first,
            target=target,
            policy=policy,
            listener=listener,
            # Without a step, as where a create alone is held, nothing is sent at all.
            look=steps[0].case if steps else life.bare(first),
            noted=lambda *_: None,
            first_serial=FIRST_SERIAL,
        )
        is_within = around is not None and (creates or self.has_made_around(resource))
        given = () if is_within else self._given(resource)
        made = Scenario(
            life=life,
            sender=sender,
            creates=creates,
            given=given,
            parent=around if is_within else None,
            remember=partial(self._remember, key),
            named=self._named(resource),
        )
        for left in self._left_of(resource):
            made.made.add(left)
        self._scenarios[key] = made
        self._add_sequences(made, target, policy, listener)
        return made

    def call_off(self, why: MissingEvidence) -> None:
        """Send nothing more of any life but what ends what was made."""
        for scenario in list(self._scenarios.values()):
            scenario.call_off(why)

    def let_go(self, resource: Resource) -> None:
        """Forget what the life of *resource* has shown: every clause on it is ruled."""
        scenario = self._scenarios.get((resource.document, resource.name))
        if scenario is not None:
            scenario.let_go()

    # --- sequences --------------------------------------------------------------------------------

    def _add_sequences(
        self, scenario: Scenario, target: Target, policy: RunPolicy, listener: Listener
    ) -> None:
        """Let *scenario* have the sequences of its resource, where any are drawn."""
        from pytest_confluent_contracts.run.sender import Sender
        from pytest_confluent_contracts.run.sequences import Sequences

        resource = scenario.life.resource
        if not self._may_draw(resource):
            return
        sender = Sender(
            operation=scenario.creating,
            target=target,
            policy=policy,
            listener=listener,
            look=scenario.life.bare(scenario.sender.operation),
            noted=lambda *_: None,
            first_serial=FIRST_SERIAL_OF_SEQUENCES,
        )
        cases = self._sequence_cases(resource)
        aside = scenario.aside(cases, sender)
        scenario.sequences = Sequences(aside, cases, lambda: self.sequences(resource))

    def _may_draw(self, resource: Resource) -> bool:
        """Return whether sequences are drawn of *resource*: each deletes all that it makes."""
        is_ended = Role.DELETE in self._operations(resource)
        return self._count_of(resource) > 0 and self.makes(resource) and is_ended

    def sequences(self, resource: Resource) -> list[Moves]:
        """Return the sequences of *resource*, as many as are asked for and its budget pays for."""
        key = (resource.document, resource.name)
        if not self._may_draw(resource):
            return []
        if key not in self._drawn:
            cases = self._sequence_cases(resource)
            drawn = cases.drawn(self._count_of(resource))
            self._drawn[key] = list(self._payable_sequences(cases, drawn))
        return self._drawn[key]

    def _payable_sequences(self, cases: SequenceCases, drawn: Sequence[Moves]) -> Iterator[Moves]:
        """Yield those of *drawn* that fit into their part of the shares, the first ones."""
        room: dict[tuple[str, str], int] = {}
        for operation in cases.every_operation:
            share = self._budget_of(operation)
            if share is None:
                yield from drawn
                return
            room[operation.key] = share // SHARE_OF_SEQUENCES
        for moves in drawn:
            for key, count in _sent_by(cases, moves).items():
                room[key] -= count
            if min(room.values()) < 0:
                return
            yield moves

    def _sequence_cases(self, resource: Resource) -> SequenceCases:
        from pytest_confluent_contracts.cases.sequences import SequenceCases

        cases = self._cases_made_by(SequenceCases, resource)
        assert isinstance(cases, SequenceCases)
        return cases

    def _sent_by_sequences(self, resource: Resource) -> Counter[tuple[str, str]]:
        """Return how many requests the sequences of *resource* take, by operation."""
        found: Counter[tuple[str, str]] = Counter()
        cases = self._sequence_cases(resource)
        for moves in self.sequences(resource):
            found.update(_sent_by(cases, moves))
        return found

    def planned(self, resource: Resource) -> PlannedLife:
        """Return what the life of *resource* takes by itself, the deletions at the end too."""
        from pytest_confluent_contracts.model.traffic import Expect, Principal

        creates = self.makes(resource)
        life = self._life_cases(resource)
        steps = life.steps(creates=creates)
        made = [one for one in steps if one.creates and one.case.expect is Expect.ACCEPTED]
        deleting = [one.case for one in steps if one.case.operation.role is Role.DELETE]
        ended = [case for case in deleting if case.expect is Expect.ACCEPTED]
        ending = life.ending()
        left = max(0, len(made) - len(ended)) if ending else 0
        sent = Counter(one.case.operation.key for one in steps)
        if ending is not None:
            sent[ending.case.operation.key] += left
        drawn = self._sent_by_sequences(resource)
        return PlannedLife(
            requests=len(steps) + left,
            count=len(made),
            of_operations=sent + drawn,
            sequences=len(self.sequences(resource)),
            requests_of_sequences=drawn.total(),
            by_other=sum(one.case.principal is Principal.OTHER for one in steps),
        )

    def holders(self, resource: Resource) -> set[str]:
        """Return the names of the parents that the life of *resource* has made for it."""
        from pytest_confluent_contracts.cases.life import PARENTS

        steps = self._life_cases(resource).steps(creates=self.makes(resource))
        return {HOLDER} | {PARENTS[one.about] for one in steps if one.about in PARENTS}

    def _left_of(self, resource: Resource) -> list[Made]:
        """Return what a worker that died had made of *resource*."""
        found: list[Made] = []
        for key, made in self._left:
            if key == (resource.document, resource.name):
                found += made
        return found

    def clean_up(self, most: int = 1) -> Iterator[str]:
        """Delete what the run made, the newest first, each though another fails.

        At most so many are deleted at the same time, of those that hang on no other. Yield what is
        still there, what came instead, and creates of which nobody knows what they made. Raise at
        the end what somebody else's hook has raised meanwhile.
        """
        raised: list[Exception] = []
        left: list[Left] = []
        for key, scenario in self._scenarios.items():
            try:
                scenario.ask_for_later()
            except Exception as error:
                raised.append(error)
            left += [Left(one, key, scenario) for one in scenario.made.there]
        # What lies in another was made after it; what holds another's id, too.
        left.sort(key=_age, reverse=True)
        if most > 1:
            for several in _hanging_on_none(left):
                raised += _clean_up_together(several, most)
                yield from _clean_up_each(_still_there(several), raised)
        else:
            yield from _clean_up_each(left, raised)
        for (document, _), scenario in self._scenarios.items():
            try:
                for lost in scenario.told_at_the_end():
                    yield f"{document}: {lost}"
            except Exception as error:
                raised.append(error)
        if raised:
            raise raised[0]

    def accesses(self, resource: Resource) -> Iterator[Access]:
        """Yield what may be sent of the life of *resource* before anything is made.

        That is its collection, where it lies in nothing that the run makes itself.
        """
        from pytest_confluent_contracts.http.targets import Access

        parent, creates = self.parent(resource), self.makes(resource)
        if parent is not None:
            yield from self.accesses(parent)
        life = self._life_cases(resource)
        for operation in life.telling:
            yield self._closed_access(operation)
        sent = [one.case for one in (*life.steps(creates=creates), life.ending()) if one]
        for operation in life.every_operation:
            if not creates and operation.role in MAKING_ROLES:
                continue
            keys = frozenset(self._paths_of_keys(resource, operation))
            yield Access(
                operation=operation,
                credentials=self._context_of(operation).credentials,
                other_credentials=self._context_of(operation).other_credentials,
                budget=self._budget_of(operation),
                paths=frozenset(self._paths_known(resource, operation)) | keys,
                keys=keys if operation.makes_on_key else frozenset(),
                queries=_queries(operation, sent),
                query_names=_query_names(operation),
            )

    def _closed_access(self, operation: Operation) -> Access:
        """Return the access to nothing of one to which an answer may lead yet."""
        from pytest_confluent_contracts.http.targets import Access

        return Access(
            operation=operation,
            credentials=self._context_of(operation).credentials,
            other_credentials=self._context_of(operation).other_credentials,
            budget=self._budget_of(operation),
            queries=frozenset(),
        )

    def _paths_known(self, resource: Resource, operation: Operation) -> Iterator[str]:
        """Yield the paths that a life asks for which are known before anything is made."""
        parent = self.parent(resource)
        is_made_around = parent is not None and self.makes(parent)
        if self.has_made_around(resource):
            return
        is_collection = operation.path == resource.collection
        if not self.makes(resource) or (is_collection and not is_made_around):
            yield _filled(operation, dict(self._given(resource)))
        if operation.role is Role.DELETE:
            for one in self._left_of(resource):
                yield _filled(operation, dict(one.parameters))

    def _paths_of_keys(self, resource: Resource, operation: Operation) -> Iterator[str]:
        """Yield the paths of the keys on which a PUT creates, for what reads and creates them.

        In what the run makes itself, they are let out when that is there.
        """
        parent = self.parent(resource)
        is_made_around = parent is not None and self.makes(parent)
        is_asked = operation.role in (Role.CREATE, Role.READ) and operation.path == resource.item
        if not (is_asked and resource.is_made_by_put and self.makes(resource)) or is_made_around:
            return
        keys = self._life_cases(resource).every_key()
        if self._may_draw(resource):
            keys += self._sequence_cases(resource).every_key()
        for key in keys:
            own = dict([resource.own_parameter(key)])
            yield _filled(operation, dict(self._given(resource)) | own)

    # --- one resource -----------------------------------------------------------------------------

    def _life_cases(self, resource: Resource) -> LifeCases:
        """Return what makes the requests of the life of *resource*."""
        from pytest_confluent_contracts.cases.life import LifeCases

        repeated = self._repeated.get((resource.document, resource.name))
        return repeated or self._cases_made_by(LifeCases, resource)

    def _cases_made_by(self, kind: type[LifeCases], resource: Resource) -> LifeCases:
        from pytest_confluent_contracts.model.progress import can_tell_progress

        around, parent = None, self.parent(resource)
        is_within = self.has_made_around(resource) or self.makes(resource)
        if parent is not None and is_within and self.makes(parent):
            around = self._life_cases(parent)
        return kind(
            resource,
            self._operations(resource),
            self._context_of,
            self._head(resource),
            telling=list(filter(can_tell_progress, self._known(resource).values())),
            around=around,
        )

    def makes(self, resource: Resource) -> bool:
        """Return whether the run makes its own, and deletes it."""
        operations = self._operations(resource)
        if Role.CREATE not in operations or not resource.parameter:
            return False
        if resource.operation_id(Role.DELETE) and Role.DELETE not in operations:
            return False  # what was left out would have to end it
        return self._may_create(operations[Role.CREATE])

    def has_made_around(self, resource: Resource) -> bool:
        """Return whether it is what each of a parent has by itself, and the run makes the parent.

        For example, the settings of a thing. One that somebody named is not such.
        """
        if not resource.is_single:
            return False
        parent = self.parent(resource)
        return parent is not None and self.makes(parent) and not self._named(resource)

    def is_led(self, resource: Resource | None) -> bool:
        """Return whether there is a step that the run may send of the life of *resource*."""
        if resource is None:
            return False
        if self.makes(resource):
            return True
        return not SAFE_ROLES.isdisjoint(self._operations(resource))

    def _operations(self, resource: Resource) -> dict[Role, Operation]:
        known = self._known(resource)
        found = {role: known[id] for role, id in resource.roles if id in known}
        if Role.CREATE in found:
            found[Role.CREATE] = found[Role.CREATE].as_create
        create = found.get(Role.CREATE)
        if create is not None and resource.parameter and self._may_create(create):
            return found
        if self.has_made_around(resource):
            return {role: one for role, one in found.items() if role not in MAKING_ROLES}
        return dict(self._for_what_was_there(found))

    def _for_what_was_there(self, known: dict[Role, Operation]) -> Iterator[tuple[Role, Operation]]:
        """Yield those that may be sent for what the run did not make, and may put back.

        An id that nobody has leads to nothing: what is refused there shows nothing of a life.
        """
        for role, operation in known.items():
            if not self._has_one(operation):
                continue
            is_writing = role not in SAFE_ROLES and role not in MAKING_ROLES
            if not is_writing or self._may_change(operation):
                yield role, operation

    def _head(self, resource: Resource) -> Operation | None:
        for operation in self._known(resource).values():
            if operation.method == "HEAD" and operation.path == resource.item:
                is_there = self.makes(resource) or self._has_one(operation)
                return operation if is_there else None
        return None

    def _known(self, resource: Resource) -> dict[str, Operation]:
        document = self._documents[resource.document]
        return {one.id: one for one in document.operations}

    def parent(self, resource: Resource) -> Resource | None:
        """Return the resource in which those of *resource* lie, None where there is none."""
        return self._called(resource.document, resource.parent)

    def named_in_bodies(self, resource: Resource) -> Iterator[tuple[str, Resource]]:
        """Yield the members of bodies that hold the id of another resource which the run makes."""
        for reference in resource.references:
            other = self._called(resource.document, reference.resource)
            if other is not None and self.makes(other):
                yield reference.member, other

    def _called(self, document: str, name: str) -> Resource | None:
        for one in self._documents[document].resources:
            if one.name == name:
                return one
        return None

    def was_given(self, resource: Resource) -> bool:
        """Return whether somebody named one of *resource*."""
        return bool(self._named(resource))

    def _named(self, resource: Resource) -> PathParameters:
        """Return the path parameters of the one that somebody named, none unless all are."""
        known = self._known(resource)
        for operation in [known[id] for _, id in resource.roles if id in known]:
            named = self._named_for(operation)
            if operation.path == resource.item and all(
                name in named for name, _ in operation.parameters
            ):
                return tuple((name, named[name]) for name, _ in operation.parameters)
        return ()

    def _given(self, resource: Resource) -> PathParameters:
        """Return the path parameters of the one that the run was given."""
        found: dict[str, str] = {}
        for operation in self._operations(resource).values():
            if operation.path in (resource.item, resource.collection):
                found |= dict(self._context_of(operation).parameters)
        return tuple(found.items())


def _sent_by(cases: SequenceCases, moves: Moves) -> Counter[tuple[str, str]]:
    """Return how many requests *moves* take by operation, with those before and after them."""
    sent: Counter[tuple[str, str]] = Counter()
    sent.update(step.case.operation.key for step in cases.begin())
    for _, steps in cases.steps_of(moves):
        sent.update(step.case.operation.key for step in steps)
    sent.update(step.case.operation.key for step in cases.ends_of(moves))
    return sent


# --- the end of what was made -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Left:
    """A resource that the run has made and not deleted, and the life that it was made in."""

    made: Made
    key: Key
    scenario: Scenario

    @property
    def document(self) -> str:
        """Return the name of its document."""
        return self.key[0]


def _age(one: Left) -> tuple[float, int]:
    """Return when it was made; of the same moment, what lies deeper is the newer."""
    return one.made.made_at, len(one.made.parameters)


def _document(one: Left) -> str:
    return one.document


def _resource(one: Left) -> Key:
    return one.key


def _hanging_on_none(left: Sequence[Left]) -> Iterator[list[Left]]:
    """Yield what is *left*, the newest first, in groups of which none hangs on another.

    Those of one resource that were made one after the other do not: what lies in one of them, or
    has its id, is another resource. Two documents have nothing in common.
    """
    for _, of_document in groupby(sorted(left, key=_document), key=_document):
        for _, alike in groupby(of_document, key=_resource):
            yield list(alike)


def _clean_up_together(several: Sequence[Left], most: int) -> Iterator[Exception]:
    """Delete *several* of one resource; yield what somebody else's hook has raised meanwhile."""
    if len(several) < 2:
        return
    try:
        several[0].scenario.clean_up_together([one.made for one in several], most)
    except Exception as error:
        yield error


def _still_there(several: Sequence[Left]) -> list[Left]:
    return [one for one in several if one.made.is_there]


def _clean_up_each(left: Sequence[Left], raised: list[Exception]) -> Iterator[str]:
    """Delete what is *left*, one after the other; yield what stays there all the same."""
    for one in left:
        try:
            told = one.scenario.clean_up_one(one.made)
        except Exception as error:
            raised.append(error)
            told = one.scenario.told_as_left(one.made, error)
        if told:
            yield f"{one.document}: {told}"


def _filled(operation: Operation, given: dict[str, str]) -> str:
    from pytest_confluent_contracts.model.paths import filled_template

    return filled_template(
        operation.path, [(name, given.get(name, text)) for name, text in operation.parameters]
    )


def _queries(operation: Operation, sent: Sequence[Case]) -> frozenset[str]:
    """Return the queries with which *operation* goes among what is *sent*, as they are written."""
    found = {case.written_query for case in sent if case.operation is operation}
    return frozenset(found) or frozenset({""})


def _query_names(operation: Operation) -> frozenset[str]:
    """Return the names that a query of *operation* may have: what the document declares of a list.

    What a life filters by is a value that a list has shown.
    """
    from pytest_confluent_contracts.model.documents import Location

    if operation.role is not Role.LIST:
        return frozenset()
    names = set(operation.credential_carriers(Location.QUERY))
    for one in operation.other_parameters:
        if one.location is Location.QUERY:
            names.add(one.name)
    return frozenset(names)
