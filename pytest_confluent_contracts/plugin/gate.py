"""How are the documents held against the target?

One target for a whole session, and one campaign an operation.
"""

from __future__ import annotations

import time
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import (
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.paths import (
    filled_template,
    percent_encoded,
    placed_parameters,
)
from pytest_confluent_contracts.model.resources import HELD, MAKING_ROLES, Role
from pytest_confluent_contracts.model.traffic import Probe
from pytest_confluent_contracts.plugin.ahead import one_at_a_time, run_together
from pytest_confluent_contracts.plugin.asking import case_chooser
from pytest_confluent_contracts.plugin.lives import Lives
from pytest_confluent_contracts.plugin.mending import mending_options
from pytest_confluent_contracts.plugin.opening import opened_target
from pytest_confluent_contracts.plugin.progress import Silent
from pytest_confluent_contracts.plugin.remaining import Remaining
from pytest_confluent_contracts.plugin.run_plan import NOTHING_MADE, RunPlan, held_under
from pytest_confluent_contracts.plugin.selection import ends_at_first_failure, is_frugal
from pytest_confluent_contracts.plugin.stash import EXCHANGE_LOG, NOT_PUT_BACK, STATE_FOLDER
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

    from pytest_confluent_contracts.double.proving import MutationResult, MutationTester, ShownBy
    from pytest_confluent_contracts.http.targets import Target
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange, RunContext
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.run.campaign import Campaign
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.scenario import Scenario
    from pytest_confluent_contracts.run.sender import Listener, RunPolicy

INTERRUPTED = "the run was interrupted"
# Seconds before a first retry: off this machine, what is down may take a moment to come back.
REMOTE_BACKOFF_S = 0.5
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
        self.run_plan = RunPlan(config, settings, needed, self._remember_made, left)
        self.subjects, self.lives = self.run_plan.subjects, self.run_plan.lives
        self.seconds: dict[tuple[str, str], float] = {}
        self._chosen = chosen
        self._remaining = Remaining(asked_once)
        self._let_go: set[tuple[str, str]] = set()  # operations of which every clause was ruled
        self._target: Target | None = None
        self._campaigns: dict[tuple[str, str], Campaign] = {}
        self._made_files: dict[saved_state.Key, saved_state.MadeFile] = {}
        self._written_made: dict[int, tuple[Made, str]] = {}
        self._testers: dict[tuple[str, str], MutationTester] = {}
        self._shown_by: ShownBy = {}
        self._telling_nodes: dict[str, str] = {}
        self._led_first: set[str] = set()  # documents
        self._has_named: set[Resource] = set()  # of which bodies have something to name
        self._is_gathered, self._is_called_off = False, False
        self._together = 1  # documents that are held at the same time
        self._told = RLock()  # held by whoever tells others what is sent

    def ruling(self, operation: Operation, clause: Clause) -> Ruling:
        """Return the verdict on *clause*; what only clauses before it needed is let go."""
        self._gather_ahead()
        for finished in self._remaining.begin(operation, clause):
            self._forget(finished)
        with self._timed(operation):
            try:
                ruling = self._judged(operation, clause)
            finally:
                self.telling.clear()
        self._remaining.ruled(operation, clause)
        self.config.hook.pytest_contract_ruling(config=self.config, ruling=ruling)
        return ruling

    @contextmanager
    def _timed(self, operation: Operation) -> Iterator[None]:
        """Count the seconds meanwhile as those of *operation*."""
        begun = time.perf_counter()
        yield
        took = time.perf_counter() - begun
        self.seconds[operation.key] = self.seconds.get(operation.key, 0.0) + took

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
        self.open()  # and with it, all that can be is planned
        for resource in self.run_plan.led_resources(self.run_plan.asked_operations()):
            self.lives.sequences(resource)  # drawn one after the other
        self._together = min(len(held), policy.concurrency)
        errands = [partial(self._gather_document, one) for one in held.values()]
        run_together(errands, self._together, self._call_off)
        self.telling.clear()

    def _gather_document(self, held: Sequence[tuple[Operation, list[Clause]]]) -> None:
        """Send what each clause of *held* needs, in this order."""
        for operation, clauses in held:
            with self._timed(operation):
                for clause in clauses:
                    if clause.needs and not self._is_called_off:
                        self._gather(operation, clause)

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
        self.run_plan.forget(operation)
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
        creating = self.run_plan.in_role(operation, Role.CREATE)
        why = self.run_plan.why_not_made(creating) if creating is not None else ""
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
        held = [one for one in self.run_plan.asked_operations() if one.document == document]
        for resource in self.run_plan.led_resources(held):
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

    def open(self) -> Target:
        """Return the target, opened when first asked for, for this session's operations alone."""
        if self._target is None:
            self._target = opened_target(self.config, self.run_plan)
        return self._target

    @property
    def target(self) -> Target:
        """Return the open target."""
        return self.open()

    # --- one operation ----------------------------------------------------------------------------

    def _begun(self, operation: Operation) -> Campaign:
        from pytest_confluent_contracts.run.campaign import Campaign

        listener = replace(
            self._listener(), first_state_seen=lambda was: self.remember(operation, was)
        )
        target = self.target
        self._make_what_bodies_name(operation)
        withheld = self._make_own(operation)
        reading = self.run_plan.reading(operation)
        plan = self.run_plan.plan(operation)
        campaign = Campaign(plan, target, self._policy(), listener, reading)
        if withheld is not None:
            campaign.sender.stopped = withheld
        if self.subjects.is_made(operation):
            campaign.first_state.is_missed = False  # it is deleted
            campaign.may_be_unset = operation.resource is not None and operation.resource.is_single
        is_led = self.lives.is_led(operation.resource)
        if is_led and operation.role in MAKING_ROLES:
            self.scenario(operation).watch(campaign.sender)
        if is_led and operation.role is Role.CREATE and not self.settings.mocked:
            self.scenario(operation).see_what_is_there()
        is_shown_by_life = operation.role is Role.DELETE or self.run_plan.is_made_by_life(operation)
        if is_led and is_shown_by_life:
            campaign.lived = self.scenario(operation).exchanges_of(operation)
        campaign.created = self._created_by(operation)
        if ends_at_first_failure(self.config):
            campaign.ending = tuple(filter(self._fails_the_run, self._selected(operation)))
        return campaign

    def _created_by(self, operation: Operation) -> list[Exchange]:
        """Return the creates of a life that a PUT has sent which replaces, too.

        Where each was refused, none of them: a key may have to be the id of something else.
        """
        if not (operation.replaces_on_key and self.lives.is_led(operation.resource)):
            return []
        creates = self.scenario(operation).creates_on_keys(operation)
        if any(one.accepted for one in creates):
            return creates
        return [one for one in creates if not 400 <= one.status < 500]

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

    def _own_of(self, operation: Operation) -> saved_state.PathParameters | None:
        """Return what the run makes to hold *operation* on, None where it does not, or cannot."""
        resource = self.run_plan.made_for(operation)
        if resource is None:
            return None
        return self._scenario_of(resource).holder(held_under(operation))

    def _make_own(self, operation: Operation) -> MissingEvidence | None:
        """Make what *operation* is held on, where the run does, and let its requests out.

        Return why it could not be made, where the run knows.
        """
        from pytest_confluent_contracts.http.targets import allowances_at
        from pytest_confluent_contracts.run.access import nobodys_access, planned_access

        resource = self.run_plan.made_for(operation)
        if resource is None:
            return None
        scenario = self._scenario_of(resource)
        own = self._own_of(operation)
        if own is None:
            return self._hold_on_nobodys(operation, scenario.why_unmade)
        self.subjects.hold_on(operation, placed_parameters(own, resource.item, operation.path))
        base_url, plan = self.run_plan.base_url, self.run_plan.plan(operation)
        access = planned_access(plan, self.run_plan.budget(operation))
        planned = allowances_at(base_url, [access])
        nobodys = allowances_at(base_url, [nobodys_access(plan)])
        self.target.guard.admit_made(scenario.creating.key, planned, nobodys[operation.key].paths)
        return None

    def _hold_on_nobodys(
        self, operation: Operation, why: MissingEvidence
    ) -> MissingEvidence | None:
        """Ask a read for ids that nobody has where none could be made, and nobody is to blame.

        Return *why* where it is not asked for anything.
        """
        from pytest_confluent_contracts.http.targets import allowances_at
        from pytest_confluent_contracts.run.access import planned_access

        is_owed = why.withheld or why.kind is not MissingKind.NOT_MADE
        if is_owed or not self.run_plan.may_hold_on_nobodys(operation):
            return why
        access = planned_access(self.run_plan.hold_on_nobodys(operation))
        allowances = allowances_at(self.run_plan.base_url, [access])
        self.target.guard.admit_read(operation.key, allowances)
        return None

    def scenario(self, operation: Operation) -> Scenario:
        """Return the life of the resource that *operation* is about."""
        assert operation.resource is not None
        return self._scenario_of(operation.resource)

    def _scenario_of(self, resource: Resource) -> Scenario:
        self._make_what_is_named(resource)
        return self.lives.scenario(resource, self.target, self._policy(), self._listener())

    def _make_what_bodies_name(self, operation: Operation) -> None:
        """Make what bodies of *operation* name, and plan it anew with bodies that do."""
        if operation.resource is None or operation.request is None:
            return
        self._make_what_is_named(operation.resource)
        if self.subjects.names_made(operation):
            self.run_plan.forget(operation)

    def _make_what_is_named(self, resource: Resource) -> None:
        """Make, once, what bodies of *resource* name by its id: a service may look who is there."""
        if resource in self._has_named:
            return
        self._has_named.add(resource)
        for other, member in self.run_plan.named_in_bodies(resource).items():
            made = self._scenario_of(other).holder(HELD)
            if made is None:
                continue
            for operation in self.subjects.about_resources(resource.document):
                if operation.resource == resource:
                    self.subjects.name_in_bodies(operation, member, other.id_in(made))
        self._leave_out_unknown(resource)

    def _leave_out_unknown(self, resource: Resource) -> None:
        """Leave names of unknown things out of bodies, where a create with them is refused.

        A service may look whether the ``parent_id`` is that of something. Where one without them is
        refused, too, it was not that.
        """
        from pytest_confluent_contracts.documents.resource_ids import optional_names_of_others

        writing = [
            one
            for one in self.subjects.about_resources(resource.document)
            if one.resource == resource and any(optional_names_of_others(one))
        ]
        if not writing or not self.run_plan.makes_freely(resource):
            return
        scenario = self._scenario_of(resource)
        if scenario.holder(HELD) is not None or scenario.sender.stopped:
            return
        for operation in writing:
            self.subjects.leave_out_names(operation)
        if scenario.holder(HELD) is None:
            for operation in writing:
                self.subjects.send_names_again(operation)

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
        is_taken_away = self.subjects.is_set_up(operation)
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
        known = self._written_made.get(id(made))
        if known is None:
            told = {"parameters": made.parameters, "made_at": made.made_at, "maker": made.maker}
            told["url"] = self._url_of(key, made)
            # It is kept beside its text, so that its id stays its own.
            known = self._written_made[id(made)] = (made, saved_state.written_made(told))
        return known[1]

    def _url_of(self, key: saved_state.Key, made: Made) -> str:
        """Return the URL of what was made, without any secret."""
        for path in self.settings.documents:
            document = self.settings.read(path)
            for one in document.resources:
                if (document.name, one.name) == key:
                    item = filled_template(one.item, made.parameters, percent_encoded)
                    return self.target.client.redactor.text(self.run_plan.base_url + item)
        return ""

    def resource(self, operation: Operation) -> str:
        """Return the URL of the resource that may be changed, without any secret."""
        path = filled_template(operation.path, self.subjects.parameters(operation))
        return self.target.client.redactor.text(self.run_plan.base_url + path)

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
        reading = self.run_plan.reading(operation)
        campaign.first_state.read = reading.operation if reading else None

    def _told_strays(self) -> Iterator[str]:
        """Yield what updates of ids that nobody has may have made."""
        for key, campaign in self._campaigns.items():
            deletes = self.run_plan.in_role(campaign.operation, Role.DELETE) is not None
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
                together=self.subjects.about_resources(operation.document),
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
            after.callback(self.subjects.take_away)
            after.callback(self.restore)
            self.config.stash[NOT_PUT_BACK].extend(self._told_strays())
            # In the embedded service nothing takes time.
            most = 1 if self.settings.mocked else self.settings.concurrency
            self.config.stash[NOT_PUT_BACK].extend(self.lives.clean_up(most))

    def _close_target(self, target: Target) -> None:
        """Close every connection, and warn of an application that does not end as it should."""
        import pytest

        from pytest_confluent_contracts.http.raised import shortened
        from pytest_confluent_contracts.report.visible import visible

        complaint = target.close()
        if complaint:
            # It has what the application raised, and with it whatever that says.
            shown = shortened(visible(target.client.redactor.text(complaint)))
            warnings.warn(pytest.PytestWarning(shown), stacklevel=1)
