"""How are the lives of a document led through the embedded service, whole or broken?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.parameter_values import held_parameters
from pytest_confluent_contracts.double.roles import services_of
from pytest_confluent_contracts.double.router import Router
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.model.clauses import Family
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.plugin.lives import Lives
from pytest_confluent_contracts.run.sender import Listener, RunPolicy

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.mutations import Alter
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation


class LedDouble:
    """The lives of a document's resources in the embedded service, that of one operation altered."""

    def __init__(
        self, document: Document, altered: Operation | None = None, alter: Alter | None = None
    ) -> None:
        self.document = document
        self.operations = document.operations
        clock = VirtualClock()
        held = {one.key: held_parameters(one) for one in self.operations}
        self.services = services_of(self.operations, clock, held=held)
        if altered is not None and alter is not None:
            self.services[altered.key] = alter(self.services[altered.key])
        self.lives = Lives([document], self._context, lambda _: True, lambda *_: None)
        accesses: list[targets.Access] = []
        for resource in document.resources:
            accesses += self.lives.accesses(resource)
        redactor = targets.redactor_of(accesses, {})
        settings = targets.ClientSettings(10.0)
        answer = Router(self.services).answer
        self.target = targets.embedded(answer, clock, accesses, settings, redactor)

    def _context(self, operation: Operation) -> RunContext:
        service = self.services[operation.key]
        return RunContext(service.parameters, {}, service.credentials)

    def rulings(self, operation: Operation) -> dict[str, Ruling]:
        """Return the rulings on every lifecycle clause of *operation*, by its id."""
        if operation.resource is None:
            return {}
        scenario = self.lives.scenario(operation.resource, self.target, RunPolicy(), Listener())
        found: dict[str, Ruling] = {}
        for clause in clauses.derive(operation):
            if clause.family is Family.LIFECYCLE:
                found[clause.id] = scenario.ruling(operation, clause)
        return found
