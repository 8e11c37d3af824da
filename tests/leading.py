"""How do the tests lead the resources of a document through their lives, without a run of pytest around it?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.client import Client
from pytest_confluent_contracts.http.guard import Guard, Rules
from pytest_confluent_contracts.http.redaction import Redactor
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.plugin.lives import Lives
from pytest_confluent_contracts.run.sender import Listener, RunPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.run.made import Made
    from pytest_confluent_contracts.run.scenario import Scenario

APIS = Path(__file__).parent / "apis"
URL = "https://localhost"


class Led:
    """The lives of one document's resources against one service; `lost` is what was not deleted."""

    def __init__(
        self,
        document: Document,
        answer: Callable[[httpx.Request], httpx.Response],
        secret: str,
        *,
        may_create: bool = True,
        named: dict[str, str] | None = None,
        other: str = "",
        sequences: int = 0,
        seed: int = 0,
        url: str = URL,
    ) -> None:
        self.document, self.secret, self.other = document, secret, other
        # Of a resource, the ids on the way to each that is there.
        self.remembered: list[tuple[str, list[tuple[str, ...]]]] = []
        self.lives = Lives(
            [document],
            lambda operation: replace(self._context(operation), seed=seed),
            lambda _: may_create,
            self._remember,
            named_for=lambda _: named or {},
            count_of=lambda _: sequences,
        )
        accesses: list[targets.Access] = []
        for resource in document.resources:
            accesses += self.lives.accesses(resource)
        clock = getattr(answer, "clock", None) or VirtualClock()  # a service that waits has its own
        allowances = targets.allowances_at(url, accesses)
        rules = Rules(frozenset({url}), insecure=True)
        guard = Guard(rules, allowances, clock, httpx.MockTransport(answer))
        client = Client(url, guard, clock, Redactor(()), 10.0)
        self.target = targets.Target(client, clock, document.operations)

    def _remember(self, key: tuple[str, str], made: list[Made]) -> None:
        ids = [tuple(id for _, id in one.parameters) for one in made]
        self.remembered.append((key[1], ids))

    def _context(self, operation: Operation) -> RunContext:
        given = self._credentials(operation, self.secret)
        others = self._credentials(operation, self.other) if self.other else {}
        return RunContext(operation.parameters, {}, given, other_credentials=others)

    def _credentials(self, operation: Operation, secret: str) -> dict[str, dict[str, str]]:
        return {
            scheme.name: {part: secret for part, _ in scheme.variables}
            for scheme in operation.schemes
        }

    def scenario(self, resource: Resource) -> Scenario:
        """Return the scenario of *resource*."""
        return self.lives.scenario(resource, self.target, RunPolicy(), Listener())

    def rulings(self) -> dict[str, Ruling]:
        """Return the rulings on every clause that a life shows, by operation and clause."""
        found: dict[str, Ruling] = {}
        for operation in self.document.operations:
            if operation.resource is None:
                continue
            scenario = self.scenario(operation.resource)
            for clause in clauses.derive(operation):
                if Probe.LIFE in clause.needs:
                    found[f"{operation.id}::{clause.id}"] = scenario.ruling(operation, clause)
        return found


def read_api(name: str) -> Document:
    """Return the whole API of our own that has this name."""
    return documents.read_document(APIS / f"{name}.yaml")
