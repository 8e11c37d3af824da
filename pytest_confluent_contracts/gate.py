"""How are the documents held against the target? One campaign an operation, and one way to it, for a whole session."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts import keeping
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.progress import Silent

if TYPE_CHECKING:
    import pytest

    from pytest_confluent_contracts.campaign import Campaign
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange
    from pytest_confluent_contracts.proving import Proof, Prover
    from pytest_confluent_contracts.settings import Settings
    from pytest_confluent_contracts.targets import Door

BACKOFF = 0.5  # seconds before a first retry off this machine, where what is down may take a moment to come back


class Gate:
    """Holds the documents against the target for one session: a campaign an operation, made when first asked."""

    def __init__(self, config: pytest.Config, settings: Settings, telling: Silent | None = None) -> None:
        self.config, self.settings, self.telling = config, settings, telling or Silent()
        self.strict = settings.strict
        self.fresh: list[Exchange] = []
        self._campaigns: dict[tuple[str, str], Campaign] = {}
        self._doors: dict[tuple[str, str], Door] = {}
        self._provers: dict[tuple[str, str], Prover] = {}
        self.seconds: dict[tuple[str, str], float] = {}

    def ruling(self, operation: Operation, clause: Clause) -> Ruling:
        """Return the verdict on *clause*."""
        begun, key = time.perf_counter(), (operation.document, operation.id)
        try:
            ruling = self.campaign(operation).ruling(clause)
        finally:
            self.telling.clear()
        self.seconds[key] = self.seconds.get(key, 0.0) + time.perf_counter() - begun
        self.config.hook.pytest_contract_ruling(config=self.config, ruling=ruling)
        return ruling

    def campaign(self, operation: Operation) -> Campaign:
        """Return the campaign of *operation*."""
        key = (operation.document, operation.id)
        if key not in self._campaigns:
            self._campaigns[key] = self.opened(operation, self.door(operation))
        return self._campaigns[key]

    def door(self, operation: Operation) -> Door:
        """Return the way to *operation* of the target."""
        key = (operation.document, operation.id)
        if key not in self._doors:
            self._doors[key] = self._way(operation)
        return self._doors[key]

    def _way(self, operation: Operation) -> Door:
        from pytest_confluent_contracts import targets

        settings, share = self.settings, self.share()
        manners = targets.Manners(
            timeout=settings.timeout,
            rate=settings.rate / share,
            budget=self.budget(operation),
            hosts=settings.hosts,
            insecure=settings.insecure,
        )
        if settings.mocked:
            return targets.mocked(operation, manners, settings.pins, lambda service: service)
        given = dict(settings.parameters)
        parameters = tuple(
            (name, given.get(name, shown if settings.local else "")) for name, shown in operation.parameters
        )
        return targets.live(settings.target, operation, manners, parameters, credentials(operation), settings.pins)

    def budget(self, operation: Operation) -> int | None:
        """Return the operation's share of the run's budget, None where there is none; workers do not change it."""
        if (total := self.settings.budget) is None:
            return None
        keys = [(one.document, one.id) for one in self.operations()]
        each, rest = divmod(total, len(keys))
        return each + (keys.index((operation.document, operation.id)) < rest)

    def share(self) -> int:
        """Return among how many workers the rate is shared out."""
        worker = getattr(self.config, "workerinput", None)
        return min(int(worker["workercount"]), len(self.operations())) if worker else 1

    def operations(self) -> list[Operation]:
        """Return the operations that the run holds, in the documents' order."""
        from pytest_confluent_contracts import documents

        return [operation for path in self.settings.documents for operation in documents.read(path).operations]

    def opened(self, operation: Operation, door: Door) -> Campaign:
        """Return the campaign that works through *door*."""
        from pytest_confluent_contracts import cases, targets
        from pytest_confluent_contracts.campaign import Campaign, Listener, Manner

        settings = self.settings
        context = self.context(operation, door)
        paths = [
            cases.path_of(case)
            for case in (*cases.of(Probe.UNKNOWN, operation, context), cases.first(operation, context))
        ]
        targets.confine(door, paths)
        targets.hide(door, cases.of(Probe.CREDENTIALS, operation, context))
        manner = Manner(
            backoff=0.05 if settings.local else BACKOFF,
            concurrency=settings.concurrency,
            reserve=not settings.local and not settings.throttle,
            shrink_tries=120 if settings.local else 20,
            skipped=self.unasked(operation, context),
        )
        listener = Listener(
            progress=self.telling.request,
            say=self.telling.say if not settings.mocked else lambda _: None,
            exchanged=self.exchanged,
            opened=lambda was: self.remember(operation, was),
        )
        return Campaign(operation, context, door.wire, door.clock, manner, listener)

    def context(self, operation: Operation, door: Door) -> RunContext:
        """Return what the run brings along for *operation*; without a resource of its own, an id that nobody has."""
        settings = self.settings
        members = {member.path for member in operation.request.properties} if operation.request else set()
        owned = all(content for _, content in door.parameters) and (settings.local or not self.unpinned(operation))
        return RunContext(
            parameters=tuple((name, content or "contract-unknown-0000") for name, content in door.parameters),
            pins={path: content for path, content in settings.pins.items() if path in members},
            credentials=door.credentials,
            seed=settings.seed,
            max_examples=settings.max_examples,
            made_up=settings.local,
            owned=owned,
        )

    def unpinned(self, operation: Operation) -> list[str]:
        """Return the members that another system checks and for which no value was given."""
        checked = operation.promise("checked-elsewhere", "properties") or ()
        return [path for path in checked if path not in self.settings.pins]

    def unasked(self, operation: Operation, context: RunContext) -> dict[Probe, str]:
        """Return the probes that this run must not send, each with the reason."""
        changing = [probe for probe in Probe if probe not in (Probe.CREDENTIALS, Probe.UNKNOWN)]
        if not all(content for _, content in self.door(operation).parameters):
            named = ", ".join(f"--contract-param {name}=..." for name, content in operation.parameters)
            return dict.fromkeys(changing, f"name a resource that may be changed: {named}")
        unpinned = self.unpinned(operation)
        if unpinned and not context.made_up:
            named = ", ".join(f"--contract-pin {path}=env:..." for path in unpinned)
            return dict.fromkeys(changing, f"another system checks these values, pin real ones: {named}")
        return (
            {}
            if self.settings.throttle
            else {Probe.THROTTLE: "the rate limit is not exhausted without --contract-throttle"}
        )

    # --- what the run leaves behind ----------------------------------------------------------------------------------

    def exchanged(self, exchange: Exchange) -> None:
        """Tell whoever listens of one exchange, and keep it where reports are asked for."""
        if self.settings.report is not None:
            self.fresh.append(exchange)
        self.config.hook.pytest_contract_exchange(config=self.config, exchange=exchange)

    def remember(self, operation: Operation, was: dict[str, Any]) -> dict[str, Any]:
        """Write down what a resource was before the run, for whoever outlives this worker; it holds no pin.

        Return it, or what a worker that died before had written down.
        """
        folder = self.config.stash.get(keeping.FOLDER, None)
        if folder is None or self.settings.mocked:
            return was
        unpinned = {path: content for path, content in was.items() if path not in self.settings.pins}
        key = (operation.document, operation.id)
        return was | keeping.first(folder, key, self.resource(operation), unpinned)

    def resource(self, operation: Operation) -> str:
        """Return the URL of the resource that may be changed, without any secret."""
        door = self._doors[operation.document, operation.id]
        path = operation.path
        for name, content in door.parameters:
            path = path.replace(f"{{{name}}}", content)
        return door.wire.redactor.text(self.settings.target + path)

    def restore(self) -> None:
        """Put every resource back as its first answer showed it, each though another fails, and say what could not be."""
        with ExitStack() as each:
            for key, campaign in self._campaigns.items():
                if not self.settings.mocked and campaign.was is not None:
                    each.callback(self._put_back, key, campaign)

    def _put_back(self, key: tuple[str, str], campaign: Campaign) -> None:
        if lost := campaign.restore():
            self.config.stash[keeping.LOST].append(f"{'::'.join(key)}: {lost}")
        keeping.forget(self.config.stash.get(keeping.FOLDER, None), key)

    def proof(self, operation: Operation, fault: str) -> Proof:
        """Return what becomes of *fault* in the embedded service."""
        from pytest_confluent_contracts.proving import Prover

        key = (operation.document, operation.id)
        if key not in self._provers:
            self._provers[key] = Prover(operation, self.settings.seed, self.settings.max_examples)
        return self._provers[key].prove(fault) if fault else self._provers[key].unharmed()

    def cost(self, operation: tuple[str, str]) -> dict[str, float]:
        """Return what *operation* has cost so far: requests, seconds, seconds spent waiting for the target."""
        door = self._doors.get(operation)
        guard = door.wire.guard if door else None
        return {
            "requests": float(guard.sent if guard else 0),
            "seconds": self.seconds.get(operation, 0.0),
            "waiting": guard.waiting if guard else 0.0,
        }

    @property
    def sent(self) -> int:
        """Return how many requests this process has sent."""
        return sum(door.wire.guard.sent for door in self._doors.values())

    def close(self) -> None:
        """Put back what was changed, and close every connection."""
        with ExitStack() as doors:
            for door in self._doors.values():
                doors.callback(door.wire.close)
            self.restore()


def restore_left(config: pytest.Config, settings: Settings) -> None:
    """Put back, from the controller, what a worker changed and did not live to put back."""
    found = list(keeping.left(config.stash[keeping.FOLDER]))
    if not found:
        return

    gate = Gate(config, settings)
    operations = {(o.document, o.id): o for o in gate.operations()}
    for key, was in found:
        campaign = gate.campaign(operations[key])
        campaign.was = was | {path: content for path, content in campaign.context.pins.items() if path in was}
    gate.close()


def credentials(operation: Operation) -> dict[str, dict[str, str]]:
    """Return the credentials that the environment holds for the schemes of *operation*."""
    schemes = {scheme.name: scheme for alternative in operation.security for scheme in alternative}
    return {
        name: {part: os.environ[variable] for part, variable in scheme.variables if os.environ.get(variable)}
        for name, scheme in schemes.items()
    }
