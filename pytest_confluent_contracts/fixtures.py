"""What may a test use? The target, its settings, and the gate that judges clauses."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.campaign import Campaign
    from pytest_confluent_contracts.contract import Clause, Document, Operation, Ruling
    from pytest_confluent_contracts.options import Settings
    from pytest_confluent_contracts.proving import Proof, Prover
    from pytest_confluent_contracts.targets import Door


class Gate:
    """Holds the documents against the target for one session: a campaign an operation, made when first asked."""

    def __init__(self, config: pytest.Config, settings: Settings, progress: Callable[..., None]) -> None:
        self.config, self.settings, self.progress = config, settings, progress
        self.strict = settings.strict
        self._campaigns: dict[tuple[str, str], Campaign] = {}
        self._doors: dict[tuple[str, str], Door] = {}
        self._provers: dict[tuple[str, str], Prover] = {}
        self.seconds: dict[tuple[str, str], float] = {}

    def ruling(self, operation: Operation, clause: Clause) -> Ruling:
        """Return the verdict on *clause*."""
        begun, key = time.perf_counter(), (operation.document, operation.id)
        ruling = self.campaign(operation).ruling(clause)
        self.seconds[key] = self.seconds.get(key, 0.0) + time.perf_counter() - begun
        self.config.hook.pytest_contract_ruling(config=self.config, ruling=ruling)
        return ruling

    def campaign(self, operation: Operation) -> Campaign:
        """Return the campaign of *operation*."""
        key = (operation.document, operation.id)
        if key not in self._campaigns:
            self._doors[key] = self.door(operation)
            self._campaigns[key] = self.opened(operation, self._doors[key])
        return self._campaigns[key]

    def door(self, operation: Operation) -> Door:
        """Return the way to *operation* of the target."""
        from pytest_confluent_contracts import targets

        manners = targets.Manners(timeout=self.settings.timeout)
        if self.settings.mocked:
            return targets.mocked(operation, manners, self.settings.pins, lambda service: service)
        given = dict(self.settings.parameters)
        parameters = tuple((name, given.get(name, shown)) for name, shown in operation.parameters)
        return targets.live(
            self.settings.target, operation, manners, parameters, credentials(operation), self.settings.pins
        )

    def opened(self, operation: Operation, door: Door) -> Campaign:
        """Return the campaign that works through *door*."""
        from pytest_confluent_contracts.campaign import Campaign
        from pytest_confluent_contracts.contract import Brief, Probe

        members = {member.path for member in operation.request.properties} if operation.request else set()
        brief = Brief(
            parameters=door.parameters,
            pins={path: value for path, value in self.settings.pins.items() if path in members},
            credentials=door.credentials,
            seed=self.settings.seed,
            max_examples=self.settings.max_examples,
        )
        asked = self.settings.throttle
        skipped = {} if asked else {Probe.THROTTLE: "the rate limit is not exhausted without --contract-throttle"}
        return Campaign(
            operation,
            brief,
            door.wire,
            door.clock,
            skipped=skipped,
            progress=self.progress,
            observe=lambda exchange: self.config.hook.pytest_contract_exchange(config=self.config, exchange=exchange),
        )

    def proof(self, document: Document, operation: Operation, fault: str) -> Proof:
        """Return what becomes of *fault* in the embedded service."""
        from pytest_confluent_contracts.proving import Prover

        key = (operation.document, operation.id)
        if key not in self._provers:
            self._provers[key] = Prover(document, operation, self.settings.seed, self.settings.max_examples)
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

    def close(self) -> None:
        """Close every connection."""
        for door in self._doors.values():
            door.wire.close()


def credentials(operation: Operation) -> dict[str, dict[str, str]]:
    """Return the credentials that the environment holds for the schemes of *operation*."""
    schemes = {scheme.name: scheme for alternative in operation.security for scheme in alternative}
    return {
        name: {part: os.environ[variable] for part, variable in scheme.variables if os.environ.get(variable)}
        for name, scheme in schemes.items()
    }


@pytest.fixture(scope="session")
def contract_settings(pytestconfig: pytest.Config) -> Any:
    """Return what the run was asked for (`options.Settings`); fails without ``--contract-target``."""
    from pytest_confluent_contracts.plugin import SETTINGS

    settings = pytestconfig.stash.get(SETTINGS, None)
    if settings is None:
        pytest.fail("contract_settings: give --contract-target", pytrace=False)
    return settings


@pytest.fixture(scope="session")
def contract_target(contract_settings: Settings) -> str:
    """Return where the requests go: a URL, or ``mock``."""
    return contract_settings.target


@pytest.fixture(scope="session")
def contract_gate(pytestconfig: pytest.Config, contract_settings: Settings) -> Iterator[Gate]:
    """Return the gate of this session."""
    from pytest_confluent_contracts.plugin import GATE, progress

    gate = Gate(pytestconfig, contract_settings, progress(pytestconfig))
    pytestconfig.stash[GATE] = gate
    yield gate
    gate.close()
