"""How are the documents held against the target?

One target for a whole session, and one campaign an operation.
"""

from __future__ import annotations

import time
import warnings
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import (
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.paths import filled_template, percent_encoded
from pytest_confluent_contracts.model.resources import HOLDER, MAKING_ROLES, Role
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.plugin.ahead import one_at_a_time, run_together
from pytest_confluent_contracts.plugin.asking import (
    Credentials,
    HookResources,
    case_chooser,
    hook_credentials,
)
from pytest_confluent_contracts.plugin.choice import is_chosen, matches_any
from pytest_confluent_contracts.plugin.credentials import other_credentials, own_credentials
from pytest_confluent_contracts.plugin.lives import Lives, PlannedLife
from pytest_confluent_contracts.plugin.mending import mending_options
from pytest_confluent_contracts.plugin.progress import Silent
from pytest_confluent_contracts.plugin.remaining import Remaining
from pytest_confluent_contracts.plugin.shares import Shares
from pytest_confluent_contracts.plugin.stash import EXCHANGE_LOG, NOT_PUT_BACK, STATE_FOLDER
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pytest

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.double.proving import MutationResult, MutationTester, ShownBy
    from pytest_confluent_contracts.double.service import Service, VirtualClock
    from pytest_confluent_contracts.http.additions import Signing
    from pytest_confluent_contracts.http.in_process import Hosted
    from pytest_confluent_contracts.http.targets import Access, Target
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, Exchange, OutgoingRequest
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.run.campaign import Campaign
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.scenario import Scenario
    from pytest_confluent_contracts.run.sender import Listener, RunPolicy

INTERRUPTED = "the run was interrupted"
HELD = "held"  # what the run makes of a resource, to hold its operations on
# Seconds before a first retry: off this machine, what is down may take a moment to come back.
REMOTE_BACKOFF_S = 0.5
# Its first answer would already show what was put there.
NOTHING_TO_END = "only what this run made is deleted, and it cannot make one"
NOTHING_MADE = "the run makes nothing to lead a life of"
NEVER_ENDED = "the document has no operation that deletes what it makes"
NOT_REPLACED = "no read shows all that a PUT replaces: it is held on loopback alone"
# Requests that a finding may be shrunk with: off this machine each of them is a load on others.
REMOTE_SHRINK_TRIES = 20


class Gate:
    """Holds the documents against the target for one session.

    *needed* are the operations that may be sent, each with the probes that its clauses need; by
    default all of the documents, with every probe. The target is opened for them when the first is
    asked for, and a request for any other is refused. *chosen* are the clauses that are judged;
    once those of *asked_once* are ruled, nobody asks for any of their operation again.
    *left* is what workers made and did not live to delete, None where the gate does not put back
    what others left.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        telling: Silent | None = None,
        needed: Sequence[tuple[Operation, frozenset[Probe]]] | None = None,
        chosen: Sequence[tuple[Operation, list[Clause]]] = (),
        left: Sequence[tuple[saved_state.Key, list[Made]]] | None = None,
        asked_once: Sequence[tuple[Operation, list[Clause]]] = (),
    ) -> None:
        self.config, self.settings, self.telling = config, settings, telling or Silent()
        self.seconds: dict[tuple[str, str], float] = {}
        self._needed, self._chosen = needed, chosen
        self._remaining = Remaining(asked_once)
        self._shares = Shares(settings)
        self._let_go: set[tuple[str, str]] = set()  # operations of which every clause was ruled
        self._is_putting_back = left is not None
        self._plans: dict[tuple[str, str], Plan] = {}
        self._target: Target | None = None
        self._clock: VirtualClock | None = None
        self._services: dict[tuple[str, str], Service] = {}
        self._campaigns: dict[tuple[str, str], Campaign] = {}
        self._made_files: dict[saved_state.Key, saved_state.MadeFile] = {}
        self._written_made: dict[tuple[Any, ...], str] = {}
        self._testers: dict[tuple[str, str], MutationTester] = {}
        self._shown_by: ShownBy = {}
        self._telling_nodes: dict[str, str] = {}
        # The path parameters of what the run made, for the operations that are held on that.
        self._made: dict[tuple[str, str], saved_state.PathParameters] = {}
        held = [settings.read_chosen(path) for path in settings.documents]
        self.lives = Lives(
            held,
            self.context,
            lambda operation: not self._why_not_made(operation),
            self._remember_made,
            left or (),
            budget_of=self.budget,
            may_change=self._may_lead_change,
            named_for=self.given,
            count_of=self._sequences_of,
        )
        self._led_first: set[str] = set()  # documents
        self._is_gathered, self._is_called_off = False, False
        self._together = 1  # documents that are held at the same time
        self._told = RLock()  # held by whoever tells others what is sent
        self._known_credentials: dict[tuple[str, str], Credentials] = {}
        self._set_up = HookResources(config)

    def ruling(self, operation: Operation, clause: Clause) -> Ruling:
        """Return the verdict on *clause*; what only clauses before it needed is let go."""
        self._gather_ahead()
        for finished in self._remaining.begin(operation, clause):
            self._forget(finished)
        begun = time.perf_counter()
        try:
            ruling = self._judged(operation, clause)
        finally:
            self.telling.clear()
        took = time.perf_counter() - begun
        self.seconds[operation.key] = self.seconds.get(operation.key, 0.0) + took
        self._remaining.ruled(operation, clause)
        self.config.hook.pytest_contract_ruling(config=self.config, ruling=ruling)
        return ruling

    # --- several documents together ---------------------------------------------------------------

    def _gather_ahead(self) -> None:
        """Send, once, what the clauses of each document need, each document beside the others.

        Each gets the same requests in the same order as alone. It is so where several requests may
        be in flight, and nothing that is seen spares the rest; xdist spreads documents itself.
        """
        if self._is_gathered:
            return
        self._is_gathered = True
        held: dict[str, list[tuple[Operation, list[Clause]]]] = {}
        for operation, clauses in self._chosen:
            held.setdefault(operation.document, []).append((operation, clauses))
        is_alone = self.settings.mocked or hasattr(self.config, "workerinput")
        policy = self._policy()
        if is_alone or len(held) < 2 or policy.concurrency < 2 or policy.frugal:
            return
        self._target = self._target or self._opened()  # and with it all that can be is planned
        for resource in self._led_resources(self._asked_operations()):
            self.lives.sequences(resource)  # drawn one after the other
        self._together = min(len(held), policy.concurrency)
        errands = [partial(self._gather_document, one) for one in held.values()]
        run_together(errands, self._together, self._call_off)
        self.telling.clear()

    def _gather_document(self, held: Sequence[tuple[Operation, list[Clause]]]) -> None:
        """Send what each clause of *held* needs, in this order."""
        for operation, clauses in held:
            begun = time.perf_counter()
            for clause in clauses:
                if clause.needs and not self._is_called_off:
                    self._gather(operation, clause)
            took = time.perf_counter() - begun
            self.seconds[operation.key] = self.seconds.get(operation.key, 0.0) + took

    def _gather(self, operation: Operation, clause: Clause) -> None:
        campaign = self.campaign(operation)
        if campaign.look_first() is not None:
            return
        if Probe.LIFE in clause.needs:
            if self.lives.is_led(operation.resource):
                self.scenario(operation).gather(clause)
            return
        if self.settings.budget is not None:
            self._lead_lives_first(operation.document)
        campaign.gather(clause)

    def _call_off(self) -> None:
        """Let nothing more be sent but what puts back, and what ends what was made."""
        self._is_called_off = True
        why = MissingEvidence(MissingKind.HELD_BACK, INTERRUPTED)
        for campaign in list(self._campaigns.values()):
            campaign.sender.stopped = why
        self.lives.call_off(why)

    def _forget(self, operation: Operation) -> None:
        """Let go what was planned and sent of *operation*, of which every clause is ruled.

        So is the life of its resource, once that holds for each operation that is about it.
        """
        self._plans.pop(operation.key, None)
        if operation.key in self._campaigns:
            self._campaigns[operation.key].let_go()
            self._let_go.add(operation.key)
        if operation.resource is not None and self._remaining.is_over(operation.resource):
            self.lives.let_go(operation.resource)

    def _judged(self, operation: Operation, clause: Clause) -> Ruling:
        campaign = self.campaign(operation)
        unjudged = campaign.look_first() if clause.needs else None
        if Probe.LIFE in clause.needs and unjudged is None:
            return self._judged_by_life(operation, clause)
        if clause.needs and unjudged is None and self.settings.budget is not None:
            self._lead_lives_first(operation.document)
        ruling = campaign.ruling(clause)
        if unjudged is None:
            return ruling
        return replace(ruling, missing=self._told_once(operation, unjudged, ruling.node))

    def _judged_by_life(self, operation: Operation, clause: Clause) -> Ruling:
        creating = self._in_role(operation, Role.CREATE)
        why = self._why_not_made(creating) if creating is not None else ""
        missing = MissingEvidence(MissingKind.NOT_ASKED_FOR, why) if why else None
        if not self.lives.is_led(operation.resource):
            missing = missing or MissingEvidence(MissingKind.NOT_ASKED_FOR, NOTHING_MADE)
            from pytest_confluent_contracts.clauses.judging import Weighed, rule

            return rule(operation, Weighed(clause, (), ()), (), missing=missing)
        ruling = self.scenario(operation).ruling(operation, clause)
        if ruling.missing is None or missing is None:
            return ruling
        return replace(ruling, missing=missing)

    def _lead_lives_first(self, document: str) -> None:
        """Make what the run makes in *document* before its campaigns spend their shares."""
        if document in self._led_first:
            return
        self._led_first.add(document)
        held = [one for one in self._asked_operations() if one.document == document]
        for resource in self._led_resources(held):
            if self.lives.is_led(resource):
                self._scenario_of(resource).run()
        for operation in held:
            self._own_of(operation)

    def _told_once(
        self, operation: Operation, unjudged: MissingEvidence, node: str
    ) -> MissingEvidence:
        """Return what the test *node* tells of a preflight that stopped *operation*.

        The first test of the document tells why, and fails; the others point to it.
        """
        if operation.document not in self._telling_nodes:
            folder = self.config.stash.get(STATE_FOLDER, None)
            first = saved_state.claim(folder, operation.document, node)
            self._telling_nodes[operation.document] = first
        first = self._telling_nodes[operation.document]
        if first != node:
            return MissingEvidence(MissingKind.NOT_JUDGED, first, preflight=True)
        options = mending_options(self.settings, operation, unjudged.kind)
        return replace(unjudged, options=tuple(options))

    def campaign(self, operation: Operation) -> Campaign:
        """Return the campaign of *operation*, made when first asked."""
        known = self._campaigns.get(operation.key)
        if known is None:
            self._campaigns[operation.key] = self._begun(operation)
        elif operation.key in self._let_go:  # somebody asks once more than he said
            self._let_go.remove(operation.key)
            self._campaigns[operation.key] = self._begun(operation)
            self._campaigns[operation.key].go_on_from(known)
        return self._campaigns[operation.key]

    # --- the target -------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """Return the target, opened when first asked for, for this session's operations alone."""
        if self._target is None:
            self._target = self._opened()
        return self._target

    @property
    def base_url(self) -> str:
        """Return the URL before each operation's path."""
        from pytest_confluent_contracts.http import targets

        if self.settings.mocked:
            return targets.MOCK_URL
        return self.settings.destination.url or self.settings.target

    def _opened(self) -> Target:
        from pytest_confluent_contracts.double.router import Router
        from pytest_confluent_contracts.http import targets
        from pytest_confluent_contracts.http.additions import Additions
        from pytest_confluent_contracts.http.tls import Reach
        from pytest_confluent_contracts.run.access import no_access, planned_access

        settings = self.settings
        asked = self._asked_operations()
        # What the run makes itself is let out when it is made.
        known = [one for one in asked if self.made_for(one) is None]
        accesses = [planned_access(self.plan(one), self.budget(one)) for one in known]
        unmade = [one for one in asked if one not in known]
        accesses += [no_access(one, self.context(one), self.budget(one)) for one in unmade]
        for resource in self._resources_of(asked):
            accesses += self.lives.accesses(resource)
        accesses += self._readings_of(known)
        given = {one.name: one.text for one in settings.parameters if one.hidden}
        hidden = given | settings.pins
        client_settings = targets.ClientSettings(
            timeout=settings.timeout,
            rate=settings.rate / self.share(),
            hosts=settings.hosts,
            insecure=settings.insecure,
            additions=Additions(settings.headers, self._signing()),
            reach=Reach(settings.ca_bundle, settings.client_cert, settings.proxy),
        )
        if settings.destination.application is not None:
            hosted = self._hosted()
            return targets.in_process(hosted, self.base_url, accesses, client_settings, hidden)
        if not settings.mocked:
            return targets.live(self.base_url, accesses, client_settings, hidden)
        services = {one.operation.key: self.service(one.operation) for one in accesses}
        redactor = targets.redactor_of(accesses, hidden, targets.own_secrets(client_settings))
        answer = Router(services).answer
        return targets.embedded(answer, self.clock, accesses, client_settings, redactor)

    def _signing(self) -> Signing | None:
        """Return what asks the hooks for what is added to a request, None where there are none."""
        caller = self.config.hook.pytest_contract_request
        if not caller.get_hookimpls():
            return None

        def sign(outgoing: OutgoingRequest) -> list[tuple[str, str]]:
            added: dict[str, str] = {}
            for result in reversed(caller(config=self.config, request=outgoing)):
                added |= result  # what was registered last, a conftest mostly, has the last word
            return list(added.items())

        return sign

    def _hosted(self) -> Hosted:
        """Return what runs the application in this process."""
        from pytest_confluent_contracts.http import applications

        application = self.settings.destination.application
        return applications.host_of(application, self.settings.target, self.settings.start_timeout)

    def _readings_of(self, asked: Sequence[Operation]) -> Iterator[Access]:
        """Yield the access to what shows a resource before one of *asked* writes it."""
        from pytest_confluent_contracts.run.access import reading_access

        for operation in asked:
            reading = self.reading(operation)
            if reading is not None:
                yield reading_access(reading, self.context(reading.operation))

    def _asked_operations(self) -> list[Operation]:
        """Return the operations that may be sent."""
        if self._needed is None:
            return self.settings.operations()
        return [one for one, _ in self._needed]

    def _resources_of(self, asked: Sequence[Operation]) -> list[Resource]:
        """Return the resources of which a life is led, and those of which one is made."""
        makers = [one for one in map(self.made_for, asked) if one is not None]
        # Whatever makes one is asked with what ends it.
        of_creates = [one.resource for one in asked if one.role is Role.CREATE and one.resource]
        return list(dict.fromkeys([*self._led_resources(asked), *makers, *of_creates]))

    def _led_resources(self, held: Sequence[Operation]) -> list[Resource]:
        """Return the resources of which a clause on their lives is judged."""
        needed = {one.key: probes for one, probes in self._needed or ()}
        found: dict[tuple[str, str], Resource] = {}
        for operation in held:
            probes = needed.get(operation.key, frozenset(Probe))
            if operation.resource is not None and Probe.LIFE in probes:
                found[operation.document, operation.resource.name] = operation.resource
        return list(found.values())

    def _sequences_of(self, resource: Resource) -> int:
        """Return how many sequences are drawn of *resource*: none where no clause needs them."""
        needed = {one.key: probes for one, probes in self._needed or ()}
        for operation in self._asked_operations():
            probes = needed.get(operation.key, frozenset(Probe))
            if operation.resource == resource and Probe.SEQUENCES in probes:
                return self.settings.sequences
        return 0

    def planned_lives(self) -> Iterator[tuple[Resource, PlannedLife]]:
        """Yield each resource of which a life is led, or one is made, and what that takes."""
        asked = self._asked_operations()
        led = self._led_resources(asked)
        holders = self._planned_holders(asked, led)
        makers = [one for one in map(self.made_for, asked) if one is not None]
        for resource in dict.fromkeys([*led, *makers]):
            life = self.lives.planned(resource) if resource in led else PlannedLife()
            creating = self._operation_in(resource, Role.CREATE)
            # What only stands there is made, and deleted at the end.
            more = len(holders.get((resource.document, resource.name), ()))
            sent = Counter(life.of_operations)
            for role in MAKING_ROLES:
                sent[resource.document, resource.operation_id(role)] += more
            planned = replace(
                life,
                requests=life.requests + 2 * more,
                count=life.count + more,
                of_operations=sent,
                why_none=self._why_not_made(creating) if creating else "",
            )
            yield resource, planned

    def _planned_holders(
        self, asked: Sequence[Operation], led: Sequence[Resource]
    ) -> dict[tuple[str, str], set[str]]:
        """Return the names of those that are made to hold operations, or others, on."""
        found: dict[tuple[str, str], set[str]] = {}
        around: list[Resource] = [one for one in led if self.lives.makes(one)]
        for operation in asked:
            resource = self.made_for(operation)
            if resource is not None:
                names = found.setdefault((resource.document, resource.name), set())
                names.add(operation.id if operation.role is Role.DELETE else HELD)
                around.append(resource)
        for resource in around:
            parent = self.lives.parent(resource)
            if parent is not None and self.lives.makes(parent):
                names = found.setdefault((parent.document, parent.name), set())
                names |= self.lives.holders(resource) if resource in led else {HOLDER}
        return found

    @property
    def clock(self) -> VirtualClock:
        """Return the clock that all embedded services go by."""
        from pytest_confluent_contracts.double.service import VirtualClock

        if self._clock is None:
            self._clock = VirtualClock()
        return self._clock

    def service(self, operation: Operation) -> Service:
        """Return the embedded service of *operation*: those about resources share a store."""
        from pytest_confluent_contracts.cases.parameter_values import held_parameters
        from pytest_confluent_contracts.double.roles import services_of

        if operation.key not in self._services:
            together = [operation]
            if operation.resource is not None:
                together = self._operations_about_resources(operation.document)
            held = {one.key: held_parameters(one) for one in together}
            self._services |= services_of(together, self.clock, held=held)
        return self._services[operation.key]

    def _operations_about_resources(self, name: str) -> list[Operation]:
        for path in self.settings.documents:
            document = self.settings.read(path)
            if document.name == name:
                return [one for one in document.operations if one.resource is not None]
        return []

    def budget(self, operation: Operation) -> int | None:
        """Return the share of *operation* in the budget, in requests, None where there is none."""
        return self._shares.of(operation)

    def share(self) -> int:
        """Return among how many workers the rate is shared out."""
        worker = getattr(self.config, "workerinput", None)
        if not worker:
            return 1
        return min(int(worker["workercount"]), len(self.settings.operations()))

    # --- one operation ----------------------------------------------------------------------------

    def parameters(self, operation: Operation) -> tuple[tuple[str, str], ...]:
        """Return the path parameters of the resource that may be changed.

        ``""`` is one that nobody named.
        """
        if operation.key in self._made:
            return self._made[operation.key]
        if self.settings.mocked:
            return self.service(operation).parameters
        from pytest_confluent_contracts.cases.parameter_values import given_path_text, only_text

        declared = {one.name: one for one in operation.path_parameters}
        named = self.given(operation)
        found: list[tuple[str, str]] = []
        for name, shown in operation.parameters:
            parameter = declared.get(name)
            # What can be nothing else names nobody's resource.
            text = shown if self.settings.local else only_text(parameter)
            if name in named:
                text = given_path_text(parameter, named[name])
            found.append((name, text))
        return tuple(found)

    def given(self, operation: Operation) -> dict[str, str]:
        """Return the texts that were given for parameters of *operation*, by name.

        One that was given for this operation alone stands before one for all.
        """
        given = self.settings.parameters
        found = {one.name: one.text for one in given if not one.operation}
        found |= {one.name: one.text for one in given if one.operation == operation.id}
        return self._set_up_for(operation, found) | found

    def _set_up_for(self, operation: Operation, named: Mapping[str, str]) -> dict[str, str]:
        """Return the path parameters of what a hook sets up, where no option *named* one.

        Nothing is set up for a plan, which sends nothing, nor in the embedded service.
        """
        names = [name for name, _ in operation.parameters]
        is_named = all(name in named for name in names)
        if is_named or self.settings.mocked or self.settings.plan or self._is_putting_back:
            return {}
        return self._set_up.parameters(operation)

    def context(self, operation: Operation) -> RunContext:
        """Return what the run brings along for *operation*.

        Without a resource of its own, an id that nobody has.
        """
        from pytest_confluent_contracts.cases.unknown_ids import unknown_where_empty

        settings, parameters = self.settings, self.parameters(operation)
        own_paths = {member.path for member in operation.request_members}
        return RunContext(
            parameters=unknown_where_empty(operation, parameters, settings.seed),
            pins={path: content for path, content in settings.pins.items() if path in own_paths},
            credentials=self._credentials(operation),
            seed=settings.seed,
            max_examples=settings.max_examples,
            made_up=settings.local,
            owned=self._may_change(operation) and all(content for _, content in parameters),
            given=tuple(self.given(operation).items()),
            other_credentials=self._other_credentials(operation),
        )

    def _credentials(self, operation: Operation) -> Mapping[str, Mapping[str, str]]:
        """Return the credentials of *operation*: those of hooks stand before the environment's."""
        if self.settings.mocked:
            return self.service(operation).credentials
        if operation.key not in self._known_credentials:
            given = hook_credentials(self.config, operation)
            self._known_credentials[operation.key] = own_credentials(operation) | given
        return self._known_credentials[operation.key]

    def _other_credentials(self, operation: Operation) -> Mapping[str, Mapping[str, str]]:
        """Return a second principal's credentials of *operation*."""
        if self.settings.mocked:
            return self.service(operation).other_credentials
        return other_credentials(operation)

    def _may_change(self, operation: Operation) -> bool:
        """Return whether requests may go that change something.

        What ends resources is not tried on one that was there; what another system checks needs
        pins.
        """
        if operation.method == "DELETE":
            return False
        if operation.role is Role.CREATE and not self.settings.local:
            return False  # the life of its resource brings what is to be accepted
        return self.settings.local or not self.unpinned(operation)

    def plan(self, operation: Operation) -> Plan:
        """Return what is sent of *operation*, made when first asked for."""
        from pytest_confluent_contracts.cases.plan import EVERY_PROBE, plan_within

        if operation.key not in self._plans:
            needed = {one.key: probes for one, probes in self._needed or ()}
            context = self.context(operation)
            self._plans[operation.key] = plan_within(
                self._room(operation),
                operation,
                context,
                needed=needed.get(operation.key, EVERY_PROBE),
                skipped=self.unasked(operation, context),
                most_made=self._most_made(operation),
            )
        return self._plans[operation.key]

    # --- what the budget pays for -----------------------------------------------------------------

    def _room(self, operation: Operation) -> int | None:
        """Return how many requests the operation's own probes may take, None where nobody counts.

        Of its share that is what lives do not take, nor the end of what is made, nor putting back;
        where a life would take nearly all, it is half.
        """
        share = self.budget(operation)
        if share is None or share <= 1:
            return share
        kept = self._needs_of_lives[operation.key] + 1
        if self.settings.throttle:
            kept += 1  # one asks for the limit
        if operation.role is Role.DELETE:
            kept += self._payable_ends(operation)
        return max(share // 2, share - kept)

    def _most_made(self, operation: Operation) -> int | None:
        """Return how many a create's own probes may make, None where nobody counts."""
        ending = self._in_role(operation, Role.DELETE)
        if operation.role is not Role.CREATE or ending is None:
            return None
        if self.budget(ending) is None:
            return None
        return self._payable_ends(ending)

    def _payable_ends(self, ending: Operation) -> int:
        """Return how many deletions are kept for what a create's own probes make: half of all."""
        if not self.settings.local:
            return 0  # there they send only what must be refused
        share = self.budget(ending) or 0
        return max(0, share - self._needs_of_lives[ending.key]) // 2

    @cached_property
    def _needs_of_lives(self) -> Counter[tuple[str, str]]:
        """Return how many requests lives take of each operation, and what is made for others."""
        found: Counter[tuple[str, str]] = Counter()
        for _, life in self.planned_lives():
            found.update(life.of_operations)
        return found

    def unpinned(self, operation: Operation) -> list[str]:
        """Return the members that another system checks and for which no value was given."""
        checked = operation.promises.checked_elsewhere.paths
        return [path for path in checked if path not in self.settings.pins]

    def unasked(self, operation: Operation, context: RunContext) -> dict[Probe, str]:
        """Return the probes that this run must not send, each with the reason."""
        if operation.method == "PUT" and not context.made_up and self.made_for(operation) is None:
            why = self._why_not_replaced(operation, context)
            if why:
                return dict.fromkeys(Probe, why)
        if operation.makes_or_ends and not self._may_send(operation):
            return dict.fromkeys(Probe, _allowing(operation))
        if operation.role is Role.CREATE and self._why_not_made(operation):
            return dict.fromkeys(Probe, self._why_not_made(operation))
        if operation.method == "DELETE" and self.made_for(operation) is None:
            return dict.fromkeys(Probe, NOTHING_TO_END)
        return self._unasked_by_options(operation, context)

    def _why_not_replaced(self, operation: Operation, context: RunContext) -> str:
        """Return why nothing is replaced off this machine, ``""`` where it can be put back."""
        from pytest_confluent_contracts.cases.restore import unseen_paths

        missing = [name for name, content in self.parameters(operation) if not content]
        if missing:
            named = ", ".join(f"--contract-param {name}=..." for name in missing)
            return f"name a resource that may be replaced: {named}"
        reading = self.reading(operation)
        if reading is None or unseen_paths(operation, context, reading.operation):
            return NOT_REPLACED
        return ""

    def _unasked_by_options(self, operation: Operation, context: RunContext) -> dict[Probe, str]:
        changing = [probe for probe in Probe if probe not in (Probe.CREDENTIALS, Probe.UNKNOWN)]
        is_named = all(content for _, content in self.parameters(operation))
        if not is_named and self.made_for(operation) is None:
            missing = [name for name, content in self.parameters(operation) if not content]
            named = ", ".join(f"--contract-param {name}=..." for name in missing)
            what = "read" if operation.is_safe else "changed"
            return dict.fromkeys(changing, f"name a resource that may be {what}: {named}")
        unpinned = self.unpinned(operation)
        if unpinned and not context.made_up:
            return dict.fromkeys(changing, _pinning(unpinned))
        if self.settings.throttle:
            return {}
        return {Probe.THROTTLE: "the rate limit is not exhausted without --contract-throttle"}

    def _begun(self, operation: Operation) -> Campaign:
        from pytest_confluent_contracts.run.campaign import Campaign

        listener = replace(
            self._listener(), first_state_seen=lambda was: self.remember(operation, was)
        )
        target = self.target
        withheld = self._make_own(operation)
        reading = self.reading(operation)
        campaign = Campaign(self.plan(operation), target, self._policy(), listener, reading)
        if withheld is not None:
            campaign.sender.stopped = withheld
        if operation.key in self._made:
            campaign.first_state.is_missed = False  # it is deleted
        is_led = self.lives.is_led(operation.resource)
        if is_led and operation.role in MAKING_ROLES:
            self.scenario(operation).watch(campaign.sender)
        if is_led and operation.role is Role.CREATE and not self.settings.mocked:
            self.scenario(operation).see_what_is_there()
        is_shown_by_life = operation.role is Role.DELETE or self._is_made_by_life(operation)
        if is_led and is_shown_by_life:
            campaign.lived = self.scenario(operation).exchanges_of(operation)
        if ends_at_first_failure(self.config):
            campaign.ending = tuple(filter(self._fails_the_run, self._selected(operation)))
        return campaign

    def reading(self, operation: Operation) -> Case | None:
        """Return what shows the resource before *operation* writes it, None where nothing does.

        What the run makes itself is deleted at the end, and not put back.
        """
        from pytest_confluent_contracts.cases.build import bare_case

        if self.settings.mocked or operation.is_safe or operation.makes_or_ends:
            return None
        context = self.context(operation)
        read = self._in_role(operation, Role.READ)
        if read is None or not context.owned or self.made_for(operation) is not None:
            return None
        if read.method != "GET" or read.path != operation.path:
            return None
        asked = replace(self.context(read), parameters=context.parameters)
        return bare_case(Probe.EXAMPLES, "what is there before it is written", read, asked)

    def _policy(self) -> RunPolicy:
        from pytest_confluent_contracts.run.sender import RunPolicy

        settings = self.settings
        policy = RunPolicy(
            concurrency=max(1, settings.concurrency // self._together),
            reserve=not settings.local and not settings.throttle,
            frugal=is_frugal(self.config),
        )
        if not settings.local:
            policy = replace(policy, backoff=REMOTE_BACKOFF_S, shrink_tries=REMOTE_SHRINK_TRIES)
        return policy

    def _listener(self) -> Listener:
        from pytest_confluent_contracts.run.sender import Listener

        # With the embedded service a wait takes no time.
        waits = Silent() if self.settings.mocked else self.telling
        return Listener(
            progress=one_at_a_time(self._told, self.telling.request),
            say=one_at_a_time(self._told, waits.say),
            exchanged=one_at_a_time(self._told, self.exchanged),
            chosen=one_at_a_time(self._told, case_chooser(self.config)),
        )

    def made_for(self, operation: Operation) -> Resource | None:
        """Return the resource of which the run makes one to hold *operation* on.

        None where it uses the one that was named, the document's example, or needs none.
        """
        resource = operation.resource
        named = self.given(operation)
        is_named = all(name in named for name, _ in operation.parameters)
        if resource is None or (is_named and operation.role is not Role.DELETE):
            return None
        if operation.role is not Role.DELETE and self.settings.mocked:
            return None  # the document's example is there
        if operation.path == resource.collection:
            resource = self.lives.parent(resource)
        if resource is None or not self.lives.makes(resource):
            return None
        return resource

    def _is_made_by_life(self, operation: Operation) -> bool:
        """Return whether the life of its resource alone shows what *operation* accepts."""
        is_create = operation.role is Role.CREATE and not self.settings.local
        return is_create and not self._why_not_made(operation)

    def _own_of(self, operation: Operation) -> saved_state.PathParameters | None:
        """Return what the run makes to hold *operation* on, None where it does not, or cannot."""
        resource = self.made_for(operation)
        if resource is None:
            return None
        # One that is deleted by mistake must not be missing elsewhere.
        name = operation.id if operation.role is Role.DELETE else HELD
        return self._scenario_of(resource).holder(name)

    def _make_own(self, operation: Operation) -> MissingEvidence | None:
        """Make what *operation* is held on, where the run does, and let its requests out.

        Return why it could not be made, where the run knows.
        """
        from pytest_confluent_contracts.http.targets import allowances_at
        from pytest_confluent_contracts.run.access import nobodys_access, planned_access

        resource = self.made_for(operation)
        if resource is None:
            return None
        scenario = self._scenario_of(resource)
        own = self._own_of(operation)
        if own is None:
            return scenario.why_unmade
        self._made[operation.key] = own
        guard = self.target.guard
        plan = self.plan(operation)
        planned = allowances_at(self.base_url, [planned_access(plan, self.budget(operation))])
        nobodys = allowances_at(self.base_url, [nobodys_access(plan)])
        guard.admit_made(scenario.creating.key, planned, nobodys[operation.key].paths)
        return None

    def scenario(self, operation: Operation) -> Scenario:
        """Return the life of the resource that *operation* is about."""
        assert operation.resource is not None
        return self._scenario_of(operation.resource)

    def _scenario_of(self, resource: Resource) -> Scenario:
        return self.lives.scenario(resource, self.target, self._policy(), self._listener())

    def _why_not_made(self, creating: Operation) -> str:
        """Return why the run does not send a create, and delete what it makes; ``""`` if it does.

        Both must be allowed, and the budget must pay for both.
        """
        if not is_chosen(creating, self.settings.chosen):
            return f"{NOTHING_MADE}: --contract-operation leaves out {creating.id}"
        if not self._may_send(creating):
            return _allowing(creating)
        ending = self._in_role(creating, Role.DELETE)
        if ending is None:
            is_spared = not self.settings.local or self.settings.budget is not None
            return NEVER_ENDED if is_spared else ""
        if not (self.settings.mocked or is_chosen(ending, self.settings.chosen)):
            told = f"{ending.id} is left out, which would delete what is made"
            return f"{told}: --contract-operation={ending.id} holds it, too"
        if not self._may_send(ending):
            return _allowing(ending)
        return self._what_is_lacking(creating) or self._what_is_unpaid(creating, ending)

    def _what_is_lacking(self, creating: Operation) -> str:
        """Return what must be given before a create may go, ``""`` where nothing must."""
        unpinned = self.unpinned(creating)
        if unpinned and not self.settings.local:
            return _pinning(unpinned)
        missing = [name for name, content in self.parameters(creating) if not content]
        if missing and self.made_for(creating) is None:
            named = ", ".join(f"--contract-param {name}=..." for name in missing)
            return f"name what it may be made in: {named}"
        return ""

    def _what_is_unpaid(self, creating: Operation, ending: Operation) -> str:
        for one in (creating, ending):
            if self.budget(one) == 0:
                told = f"no request of the budget is left for {one.id}"
                return f"{told}; --contract-budget raises it"
        return ""

    def _in_role(self, operation: Operation, role: Role) -> Operation | None:
        """Return the operation in *role* about the same resource, None where there is none."""
        if operation.resource is None:
            return None
        return self._operation_in(operation.resource, role)

    def creating(self, resource: Resource) -> Operation | None:
        """Return the operation that makes one of *resource*, None where there is none."""
        return self._operation_in(resource, Role.CREATE)

    def _operation_in(self, resource: Resource, role: Role) -> Operation | None:
        wanted = (resource.document, resource.operation_id(role))
        for path in self.settings.documents:
            for one in self.settings.read(path).operations:
                if one.key == wanted:
                    return one
        return None

    def _may_lead_change(self, operation: Operation) -> bool:
        """Return whether a life may write, by *operation*, what was there before the run.

        Off this machine nothing is put back but what an update has shown, which is asked first.
        """
        return self.settings.local

    def _may_send(self, operation: Operation) -> bool:
        """Return whether what makes or ends resources may be sent: off this machine if named."""
        return self.settings.local or matches_any(operation, self.settings.allowed)

    def _selected(self, operation: Operation) -> Sequence[Clause]:
        """Return the clauses of *operation* that this run judges."""
        held = {one.key: clauses for one, clauses in self._chosen}
        return held.get(operation.key, ())

    def _fails_the_run(self, clause: Clause) -> bool:
        """Return whether *clause* fails the run where it is broken: a MUST that nobody waives."""
        if clause.level is not Level.MUST and not self.settings.strict:
            return False
        target = self.settings.target
        waived = self.settings.waived
        return not any(one.covers(clause.id, one.document, target) for one in waived)

    # --- what the run leaves behind ---------------------------------------------------------------

    def exchanged(self, exchange: Exchange) -> None:
        """Tell whoever listens of one exchange, and write it down where reports are asked for."""
        log = self.config.stash.get(EXCHANGE_LOG, None)
        if log is not None:
            log.add(exchange)
        self.config.hook.pytest_contract_exchange(config=self.config, exchange=exchange)

    def remember(self, operation: Operation, was: dict[str, Any]) -> dict[str, Any]:
        """Write down what a resource was before the run, for whoever outlives this worker.

        It holds no pin. Return it, or what a worker that died before had written down.
        """
        folder = self.config.stash.get(STATE_FOLDER, None)
        is_taken_away = self._set_up.serves(operation)
        if folder is None or self.settings.mocked or is_taken_away:
            return was
        pins = self.settings.pins
        unpinned = {path: content for path, content in was.items() if path not in pins}
        return was | saved_state.first(folder, operation.key, self.resource(operation), unpinned)

    def _remember_made(self, key: saved_state.Key, made: list[Made]) -> None:
        """Write down what the run made and is still there, for whoever outlives this worker."""
        if self.settings.mocked:
            return
        folder = self.config.stash.get(STATE_FOLDER, None)
        if folder is None:
            return
        if key not in self._made_files:
            self._made_files[key] = saved_state.MadeFile(folder, key)
        self._made_files[key].keep([self._written(key, one) for one in made])

    def _written(self, key: saved_state.Key, made: Made) -> str:
        """Return what is written of what was made, once: all that is there is told each time."""
        known = (key, made.parameters, made.made_at, made.maker)
        if known not in self._written_made:
            told = {"parameters": made.parameters, "made_at": made.made_at, "maker": made.maker}
            told["url"] = self._url_of(key, made)
            self._written_made[known] = saved_state.written_made(told)
        return self._written_made[known]

    def _url_of(self, key: saved_state.Key, made: Made) -> str:
        """Return the URL of what was made, without any secret."""
        for path in self.settings.documents:
            document = self.settings.read(path)
            for one in document.resources:
                if (document.name, one.name) == key:
                    item = filled_template(one.item, made.parameters, percent_encoded)
                    return self.target.client.redactor.text(self.base_url + item)
        return ""

    def resource(self, operation: Operation) -> str:
        """Return the URL of the resource that may be changed, without any secret."""
        path = filled_template(operation.path, self.parameters(operation))
        return self.target.client.redactor.text(self.base_url + path)

    def restore(self) -> None:
        """Put every resource back as its first answer showed it, each though another fails.

        Say what could not be.
        """
        with ExitStack() as each:
            for key, campaign in self._campaigns.items():
                if not self.settings.mocked and campaign.was is not None:
                    each.callback(self._put_back, key, campaign)

    def take_over(self, operation: Operation, was: dict[str, Any]) -> None:
        """Put back at the end what *operation* changed for a worker that did not live to do so."""
        campaign = self.campaign(operation)
        pinned = {path: pin for path, pin in campaign.context.pins.items() if path in was}
        campaign.was = was | pinned
        reading = self.reading(operation)
        campaign.first_state.read = reading.operation if reading else None

    def _told_strays(self) -> Iterator[str]:
        """Yield what updates of ids that nobody has may have made."""
        for key, campaign in self._campaigns.items():
            deletes = self._in_role(campaign.operation, Role.DELETE) is not None
            told = campaign.strays.told(deletes)
            if told and not self.settings.mocked:
                yield f"{'::'.join(key)}: {told}"

    def _put_back(self, key: tuple[str, str], campaign: Campaign) -> None:
        lost = campaign.restore()
        if lost:
            self.config.stash[NOT_PUT_BACK].append(f"{'::'.join(key)}: {lost}")
        saved_state.forget(self.config.stash.get(STATE_FOLDER, None), key)

    def proof(self, operation: Operation, mutation: str) -> MutationResult:
        """Return what becomes of *mutation* in the embedded service; ``""`` leaves it as it is."""
        from pytest_confluent_contracts.double.proving import MutationTester

        if operation.key not in self._testers:
            tester = MutationTester(
                operation,
                self.settings.seed,
                self.settings.max_examples,
                together=self._operations_about_resources(operation.document),
                make_lives=self._lives_in_proof,
                shown=self._shown_by,
            )
            self._testers[operation.key] = tester
        tester = self._testers[operation.key]
        if not mutation:
            return tester.try_unaltered()
        if self.settings.prove == "matrix":
            return tester.try_mutation_in_full(mutation)
        return tester.try_mutation(mutation)

    def _lives_in_proof(self, context_of: Callable[[Operation], RunContext]) -> Lives:
        """Return what leads the resources of all documents through a broken service."""
        held = [self.settings.read(path) for path in self.settings.documents]
        count = self.settings.sequences
        return Lives(held, context_of, lambda _: True, lambda *_: None, count_of=lambda _: count)

    def cost(self, operation: tuple[str, str]) -> dict[str, float]:
        """Return what *operation* has cost so far.

        Requests, seconds, seconds spent waiting for the target.
        """
        guard = self._target.guard if self._target else None
        return {
            "requests": float(guard.sent_of(operation)) if guard else 0.0,
            "seconds": self.seconds.get(operation, 0.0),
            "waiting": guard.waiting_of(operation) if guard else 0.0,
        }

    @property
    def sent(self) -> int:
        """Return how many requests this process has sent."""
        if not self._target:
            return 0
        return self._target.guard.sent

    def close(self) -> None:
        """Put back what was changed, and close every connection."""
        with ExitStack() as after:
            if self._target is not None:
                after.callback(self._close_target, self._target)
            after.callback(self._set_up.take_away)
            after.callback(self.restore)
            self.config.stash[NOT_PUT_BACK].extend(self._told_strays())
            self.config.stash[NOT_PUT_BACK].extend(self.lives.clean_up())

    def _close_target(self, target: Target) -> None:
        """Close every connection, and warn of an application that does not end as it should."""
        import pytest

        from pytest_confluent_contracts.report.visible import visible

        complaint = target.close()
        if complaint:
            # It has what the application raised, and with it whatever that says.
            shown = visible(target.client.redactor.text(complaint))
            warnings.warn(pytest.PytestWarning(shown), stacklevel=1)


def _allowing(operation: Operation) -> str:
    """Return what allows *operation* off this machine."""
    told = "nobody knows what it does, nor undoes it"
    if operation.role is Role.CREATE:
        told = "what it makes is deleted"
    if operation.method == "DELETE":
        told = "it goes to what the run made alone"
    return f"--contract-allow={operation.id} would send it: {told}"


def _pinning(unpinned: Sequence[str]) -> str:
    named = ", ".join(f"--contract-pin {path}=env:..." for path in unpinned)
    return f"another system checks these values, pin real ones: {named}"


def ends_at_first_failure(config: pytest.Config) -> bool:
    """Return whether the first broken clause ends the run: ``-x``."""
    return bool(config.getoption("maxfail") == 1)


def is_frugal(config: pytest.Config) -> bool:
    """Return whether a broken clause is enough to know: ``-x``, ``--lf``."""
    return ends_at_first_failure(config) or bool(config.getoption("lf", False))


def needed_probes(items: Sequence[pytest.Item]) -> list[tuple[Operation, frozenset[Probe]]]:
    """Return the operations with a clause among *items*, in their order.

    Each has the probes that its clauses need.
    """
    needed: list[tuple[Operation, frozenset[Probe]]] = []
    for operation, clauses in selected_clauses(items):
        probes: set[Probe] = set()
        for clause in clauses:
            probes.update(clause.needs)
        needed.append((operation, frozenset(probes)))
    return needed


def selected_clauses(items: Sequence[pytest.Item]) -> list[tuple[Operation, list[Clause]]]:
    """Return the operations with a clause among *items*, in their order, each with its clauses."""
    found: dict[tuple[str, str], tuple[Operation, list[Clause]]] = {}
    for item in items:
        operation, clause = getattr(item.parent, "operation", None), getattr(item, "clause", None)
        if operation is not None and clause is not None:
            found.setdefault(operation.key, (operation, []))[1].append(clause)
    return list(found.values())


def clauses_asked_once(items: Sequence[pytest.Item]) -> list[tuple[Operation, list[Clause]]]:
    """Return what `selected_clauses` does, nothing where a test of one's own uses the gate, too.

    Such a test may ask for any clause at any time. What it is about must be there still: a life
    that was led may not be led once more where the caller chooses ids, or a parent has ended.
    """
    for item in items:
        is_clause = getattr(item, "clause", None) is not None
        if not is_clause and "contract_gate" in getattr(item, "fixturenames", ()):
            return []
    return selected_clauses(items)
