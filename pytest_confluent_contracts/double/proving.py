"""Does the gate bite?

Each fault is put into the embedded service; do the clauses that it breaks notice?
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double import mutations
from pytest_confluent_contracts.double.router import Router
from pytest_confluent_contracts.double.service import Service, VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.run.access import planned_access
from pytest_confluent_contracts.run.campaign import ORDER, Campaign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.double.mutations import Fault
    from pytest_confluent_contracts.http.targets import ClientSettings, Target
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.run.sender import Listener, RunPolicy

TIMEOUT = 10.0


def unaltered(service: Service) -> Service:
    """Return *service* as it is: the alteration that breaks nothing."""
    return service


class Double:
    """The embedded service of one operation, as a target that may be altered.

    What may be sent and what is secret is derived once: every alteration is asked the same.
    """

    def __init__(self, operation: Operation, seed: int = 0, max_examples: int = 100) -> None:
        service = Service(operation, VirtualClock())
        self.operation = operation
        self.context = RunContext(service.parameters, {}, service.credentials, seed, max_examples)
        self.plan = make_plan(operation, self.context)
        self.access = planned_access(self.plan)
        self._redactor = targets.redactor([self.access], {})

    def target(
        self,
        alter: mutations.Alter = unaltered,
        settings: ClientSettings | None = None,
    ) -> Target:
        """Return a new service with the alteration as a target, on a clock of its own."""
        clock = VirtualClock()
        services = {self.operation.key: alter(Service(self.operation, clock))}
        settings = settings or targets.ClientSettings(TIMEOUT)
        answer = Router(services).answer
        return targets.embedded(answer, clock, [self.access], settings, self._redactor)

    def campaign(
        self,
        alter: mutations.Alter = unaltered,
        policy: RunPolicy | None = None,
        listener: Listener | None = None,
        plan: Plan | None = None,
    ) -> Campaign:
        """Return a campaign against a new service with the alteration, by *plan* in place of the whole one."""
        connection = self.target(alter).connection(self.context)
        return Campaign(plan or self.plan, connection, policy, listener)


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one fault.

    There are the named clauses that noticed it, and others that turned red beside them.
    """

    fault: str
    named: tuple[str, ...]
    families: tuple[str, ...]
    noticed: tuple[str, ...]
    beside: tuple[str, ...]

    @property
    def told(self) -> str:
        """Return what is wrong with the gate, empty where nothing is."""
        if not self.fault:
            return f"red without a fault: {', '.join(self.beside)}" if self.beside else ""
        if self.noticed:
            return ""
        return f"not noticed: {self.fault}; it breaks {', '.join(self.named) or 'no clause'}"


class Prover:
    """Tries the faults of one operation.

    The requests are made once and sent to every broken service.
    """

    def __init__(self, operation: Operation, seed: int, max_examples: int) -> None:
        self.double = Double(operation, seed, max_examples)
        self.clauses = clauses.derive(operation)
        self.faults = {fault.name: fault for fault in mutations.derive(operation)}

    def prove(self, name: str) -> Proof:
        """Return what becomes of the fault *name*.

        Its probes run until one of the named clauses notices.
        """
        fault = self.faults[name]
        campaign, named = self._campaign(fault.alter), self.named(fault)
        noticed: list[str] = []
        for probe in ORDER:
            if not any(probe in clause.needs for clause in named):
                continue
            self._run(campaign, probe)
            noticed = [clause.id for clause in named if campaign.weigh(clause).against]
            if noticed:
                break
        noticed = noticed or [clause.id for clause in named if self._red(campaign, clause)]
        ids = {clause.id for clause in named}
        others = [clause for clause in self.clauses if clause.id not in ids and clause.needs]
        beside = [clause.id for clause in others if campaign.weigh(clause).against]
        families = tuple(dict.fromkeys(clause.family.value for clause in named))
        return Proof(name, tuple(sorted(ids)), families, tuple(noticed), tuple(beside))

    def unharmed(self) -> Proof:
        """Return what is red without any fault, and what no fault covers.

        The first stand as *beside*, the others as *named*.
        """
        return Proof("", tuple(self.uncovered()), (), (), tuple(self.false_alarms()))

    def named(self, fault: Fault) -> list[Clause]:
        """Return the clauses that *fault* says it breaks."""
        patterns = [_literal(name) for name in fault.breaks]
        return [clause for clause in self.clauses if _matches(clause.id, patterns)]

    def false_alarms(self) -> list[str]:
        """Return the clauses that are red though nothing is broken.

        A document's own examples are not the service's.
        """
        campaign = self._campaign(unaltered)
        for probe in ORDER:
            self._run(campaign, probe)
        provoked = [clause for clause in self.clauses if clause.needs]
        return [clause.id for clause in provoked if self._red(campaign, clause)]

    def uncovered(self) -> list[str]:
        """Return the clauses that no fault names."""
        covered = {clause.id for fault in self.faults.values() for clause in self.named(fault)}
        return [clause.id for clause in self.clauses if clause.needs and clause.id not in covered]

    def _run(self, campaign: Campaign, probe: Probe) -> None:
        campaign.run(probe)

    def _red(self, campaign: Campaign, clause: Clause) -> bool:
        weighed = campaign.weigh(clause)
        if weighed.evidence:
            return bool(weighed.against)
        return campaign.ruling(clause).withheld

    def _campaign(self, alter: mutations.Alter) -> Campaign:
        return self.double.campaign(alter)


def _matches(id: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(id, pattern) for pattern in patterns)


def _literal(pattern: str) -> str:
    """Return *pattern* with its brackets as they stand.

    ``[]`` is part of a path, only ``*`` is a wildcard.
    """
    return pattern.replace("[", "[[]")
