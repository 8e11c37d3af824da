"""What will a run send, make and delete, and why not more? Asked by the gate, and by a plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.resources import HELD, HOLDER, MAKING_ROLES, Role
from pytest_confluent_contracts.model.traffic import Probe
from pytest_confluent_contracts.plugin.choice import is_chosen, matches_any
from pytest_confluent_contracts.plugin.lives import Lives, PlannedLife
from pytest_confluent_contracts.plugin.shares import Shares
from pytest_confluent_contracts.plugin.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, RunContext
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.saved_state import Key

NOTHING_TO_END = "only what this run made is deleted, and it cannot make one"
NOTHING_MADE = "the run makes nothing to lead a life of"
NEVER_ENDED = "the document has no operation that deletes what it makes"
UNREAD_KEYS = "no read tells whether somebody has the key: it is created on loopback alone"
NOT_REPLACED = "no read shows all that a PUT replaces: it is held on loopback alone"


class RunPlan:
    """What a session sends of each operation, and which resources it makes.

    *needed* are the operations that may be sent, each with the probes that its clauses need, None
    for all of the documents with every probe. *remember* keeps what was made of a resource and is
    there; *left* is what workers made and did not live to delete, None where nothing is put back
    for others.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        needed: Sequence[tuple[Operation, frozenset[Probe]]] | None = None,
        remember: Callable[[Key, list[Made]], None] = lambda *_: None,
        left: Sequence[tuple[Key, list[Made]]] | None = None,
    ) -> None:
        self.config, self.settings = config, settings
        self.subjects = Subjects(config, settings, sets_up=left is None)
        self._needed = needed
        self._probes = {operation.key: probes for operation, probes in needed or ()}
        self._shares = Shares(settings)
        self._plans: dict[tuple[str, str], Plan] = {}
        self._on_nobodys: set[tuple[str, str]] = set()  # operations for which none could be made
        self.lives = Lives(
            [settings.read_chosen(path) for path in settings.documents],
            self.subjects.context,
            lambda operation: not self.why_not_made(operation),
            remember,
            left or (),
            budget_of=self.budget,
            may_change=self._may_lead_change,
            named_for=self.subjects.given,
            count_of=self._sequences_of,
            has_one=self.subjects.is_named,
        )

    # --- what is sent -----------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Return the URL before each operation's path."""
        from pytest_confluent_contracts.http import targets

        if self.settings.mocked:
            return targets.MOCK_URL
        return self.settings.destination.url or self.settings.target

    def asked_operations(self) -> list[Operation]:
        """Return the operations that may be sent."""
        if self._needed is None:
            return self.settings.operations()
        return [one for one, _ in self._needed]

    def _probes_for(self, operation: Operation) -> frozenset[Probe]:
        """Return the probes that the clauses of *operation* need: every one, where nobody says."""
        return self._probes.get(operation.key, frozenset(Probe))

    def plan(self, operation: Operation) -> Plan:
        """Return what is sent of *operation*, made when first asked for."""
        from pytest_confluent_contracts.cases.plan import plan_within

        if operation.key not in self._plans:
            context = self.subjects.context(operation)
            self._plans[operation.key] = plan_within(
                self._room(operation),
                operation,
                context,
                needed=self._probes_for(operation),
                skipped=self.unasked(operation, context),
                most_made=self._most_made(operation),
            )
        return self._plans[operation.key]

    def forget(self, operation: Operation) -> None:
        """Let go what was planned of *operation*."""
        self._plans.pop(operation.key, None)

    def reading(self, operation: Operation) -> Case | None:
        """Return what shows the resource before *operation* writes it, None where nothing does.

        What the run makes itself is deleted at the end, and not put back.
        """
        from pytest_confluent_contracts.cases.build import bare_case

        if self.settings.mocked or operation.is_safe or operation.makes_or_ends:
            return None
        context = self.subjects.context(operation)
        read = self.in_role(operation, Role.READ)
        if read is None or not context.owned or self.made_for(operation) is not None:
            return None
        if read.method != "GET" or read.path != operation.path:
            return None
        asked = replace(self.subjects.context(read), parameters=context.parameters)
        return bare_case(Probe.EXAMPLES, "what is there before it is written", read, asked)

    # --- what is made -----------------------------------------------------------------------------

    def made_for(self, operation: Operation) -> Resource | None:
        """Return the resource of which the run makes one to hold *operation* on.

        None where it uses the one that was named, the document's example, or needs none.
        """
        resource = operation.resource
        named = self.subjects.given(operation)
        is_named = all(name in named for name, _ in operation.parameters)
        if resource is None or (is_named and operation.role is not Role.DELETE):
            return None
        if operation.role is not Role.DELETE and self.settings.mocked:
            return None  # the document's example is there
        if resource.is_single and operation.role is Role.DELETE:
            return None  # what each parent has by itself is not ended
        maker = self._maker_for(operation, resource)
        if maker is None or operation.key in self._on_nobodys or not self.lives.makes(maker):
            return None
        return maker

    def _maker_for(self, operation: Operation, resource: Resource) -> Resource | None:
        """Return of which resource one has to be there for *operation*: its own, or its parent."""
        is_around = operation.makes_on_key or operation.path == resource.collection
        if is_around or resource.is_single:
            return self.lives.parent(resource)
        return resource

    def may_hold_on_nobodys(self, operation: Operation) -> bool:
        """Return whether a read tells something where none could be made, and nobody names one."""
        return operation.method == "GET" and bool(self.subjects.missing_options(operation))

    def hold_on_nobodys(self, operation: Operation) -> Plan:
        """Return what is sent of *operation* where none could be made: for ids that nobody has."""
        self._on_nobodys.add(operation.key)
        self.forget(operation)
        return self.plan(operation)

    def resources_of(self, asked: Sequence[Operation]) -> list[Resource]:
        """Return the resources of which a life is led, and those of which one is made."""
        makers = [one for one in map(self.made_for, asked) if one is not None]
        # Whatever makes one is asked with what ends it.
        of_creates = [one.resource for one in asked if one.role is Role.CREATE and one.resource]
        led = self.led_resources(asked)
        return self._with_named(list(dict.fromkeys([*led, *makers, *of_creates])))

    def _with_named(self, resources: Sequence[Resource]) -> list[Resource]:
        """Return *resources* with those of which bodies name one, and of which those bodies do."""
        found = dict.fromkeys(resources)
        left = list(resources)
        while left:
            for named in self.named_in_bodies(left.pop()):
                if named not in found:
                    found[named] = None
                    left.append(named)
        return list(found)

    def makes_freely(self, resource: Resource) -> bool:
        """Return whether the run makes as many of *resource* as it likes, and was given none.

        That is so on this machine, where what is sent is the run's to choose.
        """
        if not self.settings.local or self.settings.mocked:
            return False
        if self.settings.budget is not None:
            return False
        return self.lives.makes(resource) and not self.lives.was_given(resource)

    def named_in_bodies(self, resource: Resource) -> dict[Resource, str]:
        """Return those of which the run makes one for bodies to name, with the member that does.

        The embedded service takes any id. A parent is named by the path: in bodies it is another
        one for each request.
        """
        if self.settings.mocked:
            return {}
        known = (resource.name, resource.parent)
        named = self.lives.named_in_bodies(resource)
        return {other: member for member, other in named if other.name not in known}

    def led_resources(self, held: Sequence[Operation]) -> list[Resource]:
        """Return the resources of which a clause on their lives is judged."""
        found: dict[tuple[str, str], Resource] = {}
        for operation in held:
            is_needed = Probe.LIFE in self._probes_for(operation)
            if operation.resource is not None and is_needed:
                found[operation.document, operation.resource.name] = operation.resource
        return list(found.values())

    def _sequences_of(self, resource: Resource) -> int:
        """Return how many sequences are drawn of *resource*: none where no clause needs them."""
        for operation in self.asked_operations():
            is_needed = Probe.SEQUENCES in self._probes_for(operation)
            if operation.resource == resource and is_needed:
                return self.settings.sequences
        return 0

    def planned_lives(self) -> Iterator[tuple[Resource, PlannedLife]]:
        """Yield each resource of which a life is led, or one is made, and what that takes."""
        asked = self.asked_operations()
        led = self.led_resources(asked)
        holders = self._planned_holders(asked, led)
        makers = [one for one in map(self.made_for, asked) if one is not None]
        for resource in self._with_named(list(dict.fromkeys([*led, *makers]))):
            life = self.lives.planned(resource) if resource in led else PlannedLife()
            creating = self._operation_in(resource, Role.CREATE)
            # What only stands there is made, and deleted at the end.
            more = len(holders.get((resource.document, resource.name), ()))
            sent = Counter(life.of_operations)
            roles = [*MAKING_ROLES]
            if resource.is_made_by_put and resource.operation_id(Role.READ):
                roles.append(Role.READ)  # whether its key is free
            for role in roles:
                sent[resource.document, resource.operation_id(role)] += more
            planned = replace(
                life,
                requests=life.requests + len(roles) * more,
                count=life.count + more,
                of_operations=sent,
                why_none=self.why_not_made(creating) if creating else "",
            )
            yield resource, planned

    def _planned_holders(
        self, asked: Sequence[Operation], led: Sequence[Resource]
    ) -> dict[tuple[str, str], set[str]]:
        """Return the names of those that are made to hold operations, or others, on."""
        found: dict[tuple[str, str], set[str]] = {}
        around: list[Resource] = [
            one for one in led if self.lives.makes(one) or self.lives.has_made_around(one)
        ]
        for operation in asked:
            resource = self.made_for(operation)
            if resource is not None:
                names = found.setdefault((resource.document, resource.name), set())
                names.add(held_under(operation))
                around.append(resource)
        for resource in self._with_named(list(dict.fromkeys(around))):
            for named in self.named_in_bodies(resource):
                found.setdefault((named.document, named.name), set()).add(HELD)
            parent = self.lives.parent(resource)
            if parent is not None and self.lives.makes(parent):
                names = found.setdefault((parent.document, parent.name), set())
                names |= self.lives.holders(resource) if resource in led else {HOLDER}
        return found

    def is_made_by_life(self, operation: Operation) -> bool:
        """Return whether the life of its resource alone shows what *operation* accepts."""
        is_create = operation.role is Role.CREATE and not self.settings.local
        return is_create and not self.why_not_made(operation)

    # --- what the budget pays for -----------------------------------------------------------------

    def budget(self, operation: Operation) -> int | None:
        """Return the share of *operation* in the budget, in requests, None where there is none."""
        return self._shares.of(operation)

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
        ending = self.in_role(operation, Role.DELETE)
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

    # --- what is not sent, and why ----------------------------------------------------------------

    def unasked(self, operation: Operation, context: RunContext) -> dict[Probe, str]:
        """Return the probes that this run must not send, each with the reason."""
        if operation.method == "PUT" and not context.made_up and self.made_for(operation) is None:
            why = self._why_not_replaced(operation, context)
            if why:
                return dict.fromkeys(Probe, why)
        if operation.makes_or_ends and not self._may_send(operation):
            return dict.fromkeys(Probe, _allowing(operation))
        if operation.role is Role.CREATE and self.why_not_made(operation):
            return dict.fromkeys(Probe, self.why_not_made(operation))
        if operation.method == "DELETE" and self.made_for(operation) is None:
            return dict.fromkeys(Probe, NOTHING_TO_END)
        return self._unasked_by_options(operation, context)

    def _why_not_replaced(self, operation: Operation, context: RunContext) -> str:
        """Return why nothing is replaced off this machine, ``""`` where it can be put back."""
        from pytest_confluent_contracts.cases.restore import unseen_paths

        missing = self.subjects.missing_options(operation)
        if missing:
            return f"name a resource that may be replaced: {missing}"
        reading = self.reading(operation)
        if reading is None or unseen_paths(operation, context, reading.operation):
            return NOT_REPLACED
        return ""

    def _unasked_by_options(self, operation: Operation, context: RunContext) -> dict[Probe, str]:
        changing = [probe for probe in Probe if probe not in (Probe.CREDENTIALS, Probe.UNKNOWN)]
        missing = self.subjects.missing_options(operation)
        if missing and self.made_for(operation) is None:
            what = "read" if operation.is_safe else "changed"
            return dict.fromkeys(changing, f"name a resource that may be {what}: {missing}")
        unpinned = self.subjects.unpinned(operation)
        if unpinned and not context.made_up:
            return dict.fromkeys(changing, _pinning(unpinned))
        if self.settings.throttle:
            return {}
        return {Probe.THROTTLE: "the rate limit is not exhausted without --contract-throttle"}

    def why_not_made(self, creating: Operation) -> str:
        """Return why the run does not send a create, and delete what it makes; ``""`` if it does.

        Both must be allowed, and the budget must pay for both.
        """
        if not is_chosen(creating, self.settings.chosen):
            return f"{NOTHING_MADE}: --contract-operation leaves out {creating.id}"
        if not self._may_send(creating):
            return _allowing(creating)
        ending = self.in_role(creating, Role.DELETE)
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
        unpinned = self.subjects.unpinned(creating)
        if unpinned and not self.settings.local:
            return _pinning(unpinned)
        missing = self.subjects.missing_options(creating)
        if missing and self.made_for(creating) is None:
            return f"name what it may be made in: {missing}"
        reads = self.in_role(creating, Role.READ) is not None
        if creating.makes_on_key and not reads and not self.settings.local:
            return UNREAD_KEYS
        return ""

    def _what_is_unpaid(self, creating: Operation, ending: Operation) -> str:
        for one in (creating, ending):
            if self.budget(one) == 0:
                told = f"no request of the budget is left for {one.id}"
                return f"{told}; --contract-budget raises it"
        return ""

    def _may_send(self, operation: Operation) -> bool:
        """Return whether what makes or ends resources may be sent: off this machine if named."""
        return self.settings.local or matches_any(operation, self.settings.allowed)

    def _may_lead_change(self, operation: Operation) -> bool:
        """Return whether a life may write, by *operation*, what was there before the run.

        Off this machine nothing is put back but what an update has shown, which is asked first.
        """
        return self.settings.local

    # --- the operations of a resource -------------------------------------------------------------

    def in_role(self, operation: Operation, role: Role) -> Operation | None:
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
                    return one.as_create if role is Role.CREATE else one
        return None


def held_under(operation: Operation) -> str:
    """Return what the one is called that *operation* is held on, among those that the run makes.

    What is deleted by mistake must not be missing elsewhere, nor what an action has cancelled be
    changed by others: a service may refuse that.
    """
    is_action = operation.role is Role.ACTION and not operation.is_safe
    return operation.id if is_action or operation.role is Role.DELETE else HELD


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
