"""Does the gate bite?

Each mutation is put into the embedded service; do the clauses that it breaks notice?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.parameter_values import held_parameters
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.clauses.judging import weigh
from pytest_confluent_contracts.double import mutations
from pytest_confluent_contracts.double.roles import services_of
from pytest_confluent_contracts.double.router import Router
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.run.access import planned_access
from pytest_confluent_contracts.run.campaign import ORDER, Campaign
from pytest_confluent_contracts.run.sender import Listener, RunPolicy, is_transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.double.mutations import Mutation
    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.http.redaction import Redactor
    from pytest_confluent_contracts.http.targets import Access, ClientSettings, Target
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.scenario import Scenario
    from pytest_confluent_contracts.run.sender import Sender
    from pytest_confluent_contracts.run.sequences import Sequences

TIMEOUT_S = 10.0
FIRST_LOOK = 4  # exchanges
GROWTH = 8  # each look comes after an eighth more exchanges than the one before
# A broken service has few requests a window, so that to spend them costs little, and each takes so
# long that time goes by meanwhile, as it does on a network: a little more than two whole seconds,
# so that what is told of the rest in whole seconds is hardly rounded.
LIMIT, LATENCY_S = 40, 0.1  # requests; seconds
FEW = 12  # cases that may be sent before all are, for one clause
# Makes what leads the resources of a document through their lives, of what the run brings along.
MakeLives = Callable[[Callable[["Operation"], RunContext]], "Lives"]
# The cases that have shown a mutation, by their probe and title.
ShownBy = dict[str, dict[tuple[Probe, str], None]]
Served = tuple[VirtualClock, dict[tuple[str, str], "Service"]]
KILLED = MissingEvidence(MissingKind.NOTHING_SENT)  # why nothing more is sent to the service


def unaltered(service: Service) -> Service:
    """Return *service* as it is: the alteration that breaks nothing."""
    return service


# That breaks nothing, whatever is sent.
UNALTERED = mutations.Mutation("", (), unaltered, needs_sequence=True)


class Lives(Protocol):
    """Leads the resources of a document through their lives."""

    def anew(self) -> Lives:
        """Return what leads the same resources through new lives, by the same requests."""

    def accesses(self, resource: Resource) -> Iterable[Access]:
        """Return what may be sent of the life of *resource* before anything is made."""

    def scenario(
        self, resource: Resource, target: Target, policy: RunPolicy, listener: Listener
    ) -> Scenario:
        """Return the scenario of *resource*."""


class Double:
    """The embedded service of one operation, as a target that may be altered.

    *together* are the operations of its document, by default itself alone: those that are about
    one resource have their resources in common. *make_lives* makes what leads them through their
    lives, where these are to be led; *pace* is how many requests a window has, and how many seconds
    one takes, by default as the embedded service has it. What may be sent and what is secret is
    derived once: every alteration is asked the same.
    """

    def __init__(
        self,
        operation: Operation,
        seed: int = 0,
        max_examples: int = 100,
        together: Sequence[Operation] = (),
        make_lives: MakeLives | None = None,
        pace: tuple[int, float] | None = None,
    ) -> None:
        known = any(one.key == operation.key for one in together)
        self.operation, self.together = operation, tuple(together) if known else (operation,)
        self.pace = pace
        self.held = {one.key: held_parameters(one) for one in self.together}
        self.contexts: dict[tuple[str, str], RunContext] = {}
        for key, service in self.services(VirtualClock()).items():
            own = service.parameters
            self.contexts[key] = RunContext(
                own,
                {},
                service.credentials,
                seed,
                max_examples,
                other_credentials=service.other_credentials,
            )
        self.context = self.contexts[operation.key]
        self._lives = make_lives(self._context_of) if make_lives is not None else None
        self.plan = make_plan(operation, self.context)
        self.access = planned_access(self.plan)
        self._redactor = targets.redactor_of([self.access], {})

    def services(self, clock: VirtualClock) -> dict[tuple[str, str], Service]:
        """Return new services of all operations on *clock*, with new resources."""
        services = services_of(self.together, clock, held=self.held)
        for service in services.values():
            service.limit, service.latency = self.pace or (service.limit, service.latency)
        return services

    def served(self, alter: mutations.Alter) -> Served:
        """Return a new clock, and new services with the alteration on it."""
        clock = VirtualClock()
        services = self.services(clock)
        services[self.operation.key] = alter(services[self.operation.key])
        return clock, services

    def target(
        self,
        alter: mutations.Alter = unaltered,
        settings: ClientSettings | None = None,
        served: Served | None = None,
    ) -> Target:
        """Return a new service with the alteration as a target, on a clock of its own.

        Where *served* is given, it is that one.
        """
        clock, services = served or self.served(alter)
        settings = settings or targets.ClientSettings(TIMEOUT_S)
        answer = Router(services).answer
        return targets.embedded(answer, clock, [self.access], settings, self._redactor)

    def scenario(
        self, alter: mutations.Alter = unaltered, served: Served | None = None
    ) -> Scenario | None:
        """Return the life of the operation's resource in a new service with the alteration.

        None where it has none, or nobody leads any.
        """
        resource = self.operation.resource
        if resource is None or self._lives is None:
            return None
        clock, services = served or self.served(alter)
        accesses, redactor = self._life_accesses
        settings, answer = targets.ClientSettings(TIMEOUT_S), Router(services).answer
        target = targets.embedded(answer, clock, accesses, settings, redactor)
        return self._lives.anew().scenario(resource, target, RunPolicy(), Listener())

    @cached_property
    def _life_accesses(self) -> tuple[list[Access], Redactor]:
        """Return what may be sent of the life, and what takes its secrets out.

        Every alteration is asked the same.
        """
        assert self._lives is not None
        assert self.operation.resource is not None
        accesses = list(self._lives.anew().accesses(self.operation.resource))
        return accesses, targets.redactor_of(accesses, {})

    def _context_of(self, operation: Operation) -> RunContext:
        return self.contexts[operation.key]

    def campaign(
        self,
        alter: mutations.Alter = unaltered,
        policy: RunPolicy | None = None,
        listener: Listener | None = None,
        plan: Plan | None = None,
    ) -> Campaign:
        """Return a campaign against a new service with the alteration.

        It sends *plan* where that is given, the whole plan of the operation elsewhere.
        """
        served = self.served(alter)
        campaign = self.campaign_alone(alter, policy, listener, plan, served)
        is_ending = self.operation.role is Role.DELETE
        scenario = self.scenario(alter, served) if is_ending else None
        if scenario is not None:  # what is deleted was made for that
            campaign.lived = scenario.exchanges_of(self.operation)
        campaign.created = self.created(alter)
        return campaign

    def created(self, alter: mutations.Alter) -> list[Exchange]:
        """Return what the life has shown of a PUT where it creates, none where it never does."""
        scenario = self.scenario(alter) if self.operation.replaces_on_key else None
        return [] if scenario is None else scenario.creates_on_keys(self.operation)

    def campaign_alone(
        self,
        alter: mutations.Alter = unaltered,
        policy: RunPolicy | None = None,
        listener: Listener | None = None,
        plan: Plan | None = None,
        served: Served | None = None,
    ) -> Campaign:
        """Return such a campaign that knows of no life."""
        target = self.target(alter, served=served)
        return Campaign(plan or self.plan, target, policy, listener)


@dataclass(frozen=True, slots=True)
class MutationResult:
    """What became of one mutation.

    There are the named clauses that noticed it, and others that turned red beside them: None where
    nobody looked. The fields are the keys of a proof's record.
    """

    fault: str
    named: tuple[str, ...]
    families: tuple[str, ...]
    noticed: tuple[str, ...]
    beside: tuple[str, ...] | None

    @property
    def complaint(self) -> str:
        """Return what is wrong with the gate, empty where nothing is."""
        if not self.fault:
            if not self.beside:
                return ""
            return f"red without a mutation: {', '.join(self.beside)}"
        if self.noticed:
            return ""
        return f"survived: {self.fault}; it breaks {', '.join(self.named) or 'no clause'}"


class _Watch:
    """Ends what *sender* sends as soon as one of some clauses is red.

    *seen* returns what bears on them so far. They are judged again and again, each time after an
    eighth more exchanges: judging costs as much as all that was judged before, yet less than
    sending.
    """

    def __init__(
        self, clauses: Sequence[Clause], sender: Sender, seen: Callable[[], Sequence[Exchange]]
    ) -> None:
        self.clauses, self._sender, self._seen = clauses, sender, seen
        self._next = FIRST_LOOK
        sender.listener = Listener(exchanged=self.note)

    def note(self, exchange: Exchange) -> None:
        """Hear of an exchange, and judge what has come where it is time."""
        count = len(self._sender.history)
        # What failed on the way is sent again, and then judged by the answer.
        if count < self._next or is_transient(exchange):
            return
        self._next = count + max(FIRST_LOOK, count // GROWTH)
        self.look()

    def look(self) -> None:
        """Judge what has come so far, and let nothing more be sent where a clause is red."""
        if any(weigh(clause, self._seen()).against for clause in self.clauses):
            self._sender.stopped = KILLED


class Witnesses:
    """Knows which cases bear on a clause: what the service as it is has shown of it.

    Of many cases a few are named: of each kind the first and the last, those that have shown a
    mutation before, and that which has shown the same one at another operation. *shown* is where
    that is remembered, by the name of a mutation.
    """

    def __init__(self, double: Double, shown: ShownBy) -> None:
        self._double, self._shown = double, shown
        self._few: dict[str, list[Case]] = {}
        self._telling: dict[str, list[Case]] = {}

    @cached_property
    def _campaign(self) -> Campaign:
        """Return the campaign against the service as it is, after its last request."""
        campaign = self._double.campaign_alone()
        for probe in ORDER:
            campaign.run(probe)
        return campaign

    @cached_property
    def _planned(self) -> dict[tuple[Probe, str], Case]:
        """Return what was sent, by its probe and its title."""
        found: dict[tuple[Probe, str], Case] = {}
        for exchange in self._campaign.history:
            case = self._campaign.sender.sent_case(exchange)
            found.setdefault((case.probe, case.title), case)
        return found

    def cases_for(self, name: str, clauses: Sequence[Clause]) -> list[Case]:
        """Return a few cases that bear on *clauses*, the most likely to show the mutation first."""
        likely = [self._planned.get(key) for key in self._shown.get(name, ())]
        for clause in clauses:
            if clause.id not in self._few:
                self._few[clause.id] = list(self._choose_few(clause))
            likely += [*self._telling.get(clause.id, ()), *self._few[clause.id]]
        chosen: list[Case] = []
        for case in likely:
            if case is not None and not any(case is one for one in chosen):
                chosen.append(case)
        return chosen

    def _choose_few(self, clause: Clause) -> Iterator[Case]:
        """Yield all cases that bear on *clause*, of many the first and the last of each kind."""
        sender = self._campaign.sender
        kinds: dict[tuple[object, ...], list[Case]] = {}
        for item in clause.judge(sender.history):
            exchange = item.exchange
            if exchange is not None and not (_spends_window(exchange) or exchange.throttled):
                kind = exchange.case.probe, exchange.case.expect, exchange.status
                kinds.setdefault(kind, []).append(sender.sent_case(exchange))
        count = sum(map(len, kinds.values()))
        for cases in kinds.values():
            yield from cases if count <= FEW else (cases[0], cases[-1])

    def remember(self, name: str, clauses: Sequence[Clause], campaign: Campaign) -> None:
        """Take down which case of *campaign* has shown the mutation *name*."""
        for clause in clauses:
            weighed = campaign.weigh(clause)
            exchange = weighed.against[0].exchange if weighed.against else None
            if exchange is None or not any(exchange is one for one in campaign.history):
                continue
            case = campaign.sender.sent_case(exchange)
            self._shown.setdefault(name, {})[case.probe, case.title] = None
            telling = self._telling.setdefault(clause.id, [])
            if not any(case is one for one in telling):
                telling.insert(0, case)
                del telling[FEW:]


class MutationTester:
    """Tries the mutations of one operation.

    The requests are made once and sent to every broken service. *together* are the operations of
    its document, by default itself alone; *make_lives* makes what leads their resources through
    their lives: without it, no clause on a life is held. *shown* is what the testers of several
    operations have in common of what has shown a mutation.
    """

    def __init__(
        self,
        operation: Operation,
        seed: int,
        max_examples: int,
        together: Sequence[Operation] = (),
        make_lives: MakeLives | None = None,
        shown: ShownBy | None = None,
    ) -> None:
        self._shown = {} if shown is None else shown
        self._operation, self._seed, self._max_examples = operation, seed, max_examples
        self._together, self._make_lives = tuple(together), make_lives
        held = clauses.derive(operation)
        if make_lives is None:
            held = tuple(one for one in held if not is_on_life(one))
        self.clauses = held
        self.mutations = {one.name: one for one in biting_mutations(operation, self.clauses)}

    @cached_property
    def double(self) -> Double:
        """Return the service that is broken; who only asks for names needs none."""
        return Double(
            self._operation,
            self._seed,
            self._max_examples,
            self._together,
            self._make_lives,
            (LIMIT, LATENCY_S),
        )

    @cached_property
    def witnesses(self) -> Witnesses:
        """Return what knows which cases bear on a clause."""
        return Witnesses(self.double, self._shown)

    def try_mutation(self, name: str) -> MutationResult:
        """Return whether the gate kills the mutation *name*.

        First goes what is likely to show it. Nothing more is sent once one of the named clauses is
        red.
        """
        alter = self.mutations[name].alter
        named = self.named_clauses(self.mutations[name])
        sent = [clause for clause in named if not is_on_life(clause)]
        noticed = self._noticed_by_few(name, sent)
        if not noticed:
            noticed = self._noticed_in_life(self.mutations[name], named)
        if noticed or not sent:
            return self._result(name, named, noticed, None)
        campaign = self._watched_campaign(alter, sent)
        noticed = self._run_until_noticed(campaign, sent)
        self.witnesses.remember(name, sent, campaign)
        return self._result(name, named, noticed, campaign)

    @property
    def _first_cases(self) -> list[Case]:
        """Return what a run on its own resource sends first."""
        plan = self.double.plan
        return [plan.baseline] if plan.context.owned else []

    def _noticed_by_few(self, name: str, sent: Sequence[Clause]) -> list[str]:
        """Return those of *sent* that a few cases turn red, which bear on them."""
        cases = self.witnesses.cases_for(name, sent)
        if not cases:
            return []
        campaign = self.double.campaign_alone(self.mutations[name].alter)
        try:
            for case in (*self._first_cases, *cases):
                campaign.sender.send(case)
        except Refusal as refusal:
            campaign.sender.stop_for(refusal)
        return [clause.id for clause in sent if campaign.weigh(clause).against]

    def _watched_campaign(self, alter: mutations.Alter, sent: Sequence[Clause]) -> Campaign:
        """Return the whole campaign, which ends where one of *sent* is red.

        What is deleted was made for that, in a life that ends so, too.
        """
        served = self.double.served(alter)
        campaign = self.double.campaign_alone(alter, served=served)
        is_ending = self._operation.role is Role.DELETE
        scenario = self.double.scenario(alter, served) if is_ending else None
        if scenario is not None:
            own = partial(_exchanges_of, self._operation, scenario)
            _Watch(sent, scenario.sender, own)
            scenario.run()
            campaign.lived = own()
        campaign.created = self.double.created(alter)
        _Watch(sent, campaign.sender, lambda: campaign.seen).look()
        return campaign

    def try_mutation_in_full(self, name: str) -> MutationResult:
        """Return what becomes of the mutation *name*, and which other clauses turn red.

        Each probe runs to its end, until one of the named clauses is red.
        """
        mutation = self.mutations[name]
        campaign, named = self.double.campaign(mutation.alter), self.named_clauses(mutation)
        lived = self._noticed_in_life(mutation, named)
        if lived:
            return self._result(name, named, lived, None)
        found = self._result(name, named, self._run_until_noticed(campaign, named), campaign)
        return replace(found, beside=tuple(self._red_beside(campaign, named)))

    def _noticed_in_life(self, mutation: Mutation, named: Sequence[Clause]) -> list[str]:
        """Return those of *named* that the life of the resource turns red.

        Where *mutation* says that it takes another order, its sequences are sent, too.
        """
        on_life = [clause for clause in named if is_on_life(clause)]
        scenario = self.double.scenario(mutation.alter) if on_life else None
        if scenario is None:
            return []
        sequences, scenario.sequences = scenario.sequences, None
        _Watch(on_life, scenario.sender, lambda: scenario.history)
        found: list[str] = []
        for clause in on_life:
            ruling = scenario.ruling(self._operation, clause)
            if ruling.against or ruling.withheld:
                found.append(clause.id)
        if found or sequences is None or not mutation.needs_sequence:
            return found
        return _noticed_in_sequences(sequences, on_life)

    def _result(
        self, name: str, named: Sequence[Clause], noticed: Sequence[str], campaign: Campaign | None
    ) -> MutationResult:
        """Return the result of a campaign; where nothing was said, what was withheld may tell."""
        if not noticed and campaign is not None:
            sent = [clause for clause in named if not is_on_life(clause)]
            noticed = [clause.id for clause in sent if self._is_red(campaign, clause)]
        return MutationResult(
            fault=name,
            named=tuple(sorted(clause.id for clause in named)),
            families=tuple(dict.fromkeys(clause.family.value for clause in named)),
            noticed=tuple(noticed),
            beside=None,
        )

    def try_unaltered(self) -> MutationResult:
        """Return what is red without any mutation, and what no mutation covers.

        The first stand as *beside*, the others as *named*.
        """
        named, beside = tuple(self.uncovered()), tuple(self.false_alarms())
        return MutationResult("", named, (), (), beside)

    def named_clauses(self, mutation: Mutation) -> list[Clause]:
        """Return the clauses that *mutation* says it breaks."""
        return broken_clauses(mutation, self.clauses)

    def false_alarms(self) -> list[str]:
        """Return the clauses that are red though nothing is broken.

        A document's own examples are not the service's.
        """
        campaign = self.double.campaign(unaltered)
        for probe in ORDER:
            campaign.run(probe)
        provoked = [one for one in self.clauses if one.needs and not is_on_life(one)]
        lived = self._noticed_in_life(UNALTERED, self.clauses)
        return [clause.id for clause in provoked if self._is_red(campaign, clause)] + lived

    def uncovered(self) -> list[str]:
        """Return the clauses that no mutation names."""
        covered: set[str] = set()
        for mutation in self.mutations.values():
            covered.update(clause.id for clause in self.named_clauses(mutation))
        provoked = [clause for clause in self.clauses if clause.needs]
        return [clause.id for clause in provoked if clause.id not in covered]

    def _run_until_noticed(self, campaign: Campaign, named: Sequence[Clause]) -> list[str]:
        """Run the probes that *named* need until clauses turn red, and return the ids of these.

        The list is empty where no exchange speaks against any.
        """
        for probe in ORDER:
            if not any(probe in clause.needs for clause in named):
                continue
            campaign.run(probe)
            noticed = [clause.id for clause in named if campaign.weigh(clause).against]
            if noticed:
                return noticed
        return []

    def _red_beside(self, campaign: Campaign, named: Sequence[Clause]) -> list[str]:
        """Return the clauses besides *named* that an exchange speaks against."""
        ids = {clause.id for clause in named}
        found: list[str] = []
        for clause in self.clauses:
            is_other = clause.needs and clause.id not in ids
            if is_other and campaign.weigh(clause).against:
                found.append(clause.id)
        return found

    def _is_red(self, campaign: Campaign, clause: Clause) -> bool:
        """Return whether *clause* fails: by its evidence, or because none was let through."""
        weighed = campaign.weigh(clause)
        if weighed.evidence:
            return bool(weighed.against)
        return campaign.ruling(clause).withheld


def _noticed_in_sequences(sequences: Sequences, on_life: Sequence[Clause]) -> list[str]:
    """Return the clauses that the first of *sequences* turns red that turns any."""
    shown = [clause for clause in on_life if Probe.SEQUENCES in clause.needs]
    for sent in sequences.sent_one_by_one():
        found = [clause.id for clause in shown if weigh(clause, sent.exchanges).against]
        if found:
            return found
    return []


def _spends_window(exchange: Exchange) -> bool:
    return exchange.case.probe is Probe.THROTTLE


def _exchanges_of(operation: Operation, scenario: Scenario) -> list[Exchange]:
    """Return what the life has shown of *operation* so far."""
    return [one for one in scenario.history if one.case.operation.key == operation.key]


def biting_mutations(operation: Operation, held: Sequence[Clause]) -> list[Mutation]:
    """Return the mutations of *operation* that break one of the clauses *held*."""
    return [one for one in mutations.derive(operation) if broken_clauses(one, held)]


def broken_clauses(mutation: Mutation, held: Sequence[Clause]) -> list[Clause]:
    """Return those of the clauses *held* that *mutation* says it breaks."""
    names = frozenset(mutation.breaks)
    patterns = [_literal(name) for name in names if "*" in name]
    if not patterns:  # as most of thousands
        return [clause for clause in held if clause.id in names]
    named = partial(_is_named, names=names, patterns=patterns)
    return [clause for clause in held if named(clause.id)]


def is_on_life(clause: Clause) -> bool:
    """Return whether the life of a resource tells of *clause*."""
    return Probe.LIFE in clause.needs


def _is_named(id: str, names: frozenset[str], patterns: Sequence[str]) -> bool:
    if id in names:
        return True
    return any(fnmatchcase(id, pattern) for pattern in patterns)


def _literal(pattern: str) -> str:
    """Return *pattern* with its brackets as they stand.

    ``[]`` is part of a path, only ``*`` is a wildcard.
    """
    return pattern.replace("[", "[[]")
