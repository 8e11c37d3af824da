"""How do the tests hold a server against a document without a run of pytest around it?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.client import Client
from pytest_confluent_contracts.http.guard import Guard, Rules
from pytest_confluent_contracts.http.redaction import Redactor
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.report.sentences import outcome_sentence
from pytest_confluent_contracts.run.access import derived_access
from pytest_confluent_contracts.run.campaign import Campaign, RunPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.traffic import Case, Clock

DOCUMENTS = ("confluent-api-keys", "datadog-confluent-cloud")
THE_DOCUMENT_ITSELF = {"document/example/409/Location", "document/example/422"}


@lru_cache
def document(name: str) -> tuple[Document, Operation]:
    """Return a bundled document and its one operation."""
    read = documents.read_document(documents.find_document(name))
    return read, read.operations[0]


def opened(
    operation: Operation, url: str, context: RunContext, timeout: float = 5.0
) -> targets.Target:
    """Return the target at *url*, open for what *operation* sends with *context*."""
    access = derived_access(operation, context)
    return targets.live(url, [access], targets.ClientSettings(timeout), {})


def answered(
    operation: Operation,
    context: RunContext,
    clock: Clock,
    answer: Callable[[httpx.Request], httpx.Response],
    url: str = "https://h",
) -> targets.Target:
    """Return a target, open for what *operation* sends with *context*, whose answers *answer* makes."""
    allowances = targets.allowances_at(url, [derived_access(operation, context)])
    rules = Rules(frozenset({url}), insecure=True)
    guard = Guard(rules, allowances, clock, httpx.MockTransport(answer))
    return targets.Target(Client(url, guard, clock, Redactor(()), 10.0), clock, [operation])


@lru_cache
def planned(*_key: object) -> dict[Probe, Sequence[Case]]:
    """Return the cases that were made before for the same document and context: whoever makes more, adds them."""
    return {}


def judged(
    name: str,
    url: str,
    environment: Mapping[str, str],
    *,
    parameters: tuple[tuple[str, str], ...] | None = None,
    throttle: bool = False,
    max_examples: int = 20,
    pause: float = 0.0,
    only: Iterable[str] = (),
) -> dict[str, Ruling]:
    """Return the verdict on each clause (or *only* some) of the document *name* at *url*."""
    _, operation = document(name)
    given = {
        s.name: {part: environment[variable] for part, variable in s.variables}
        for s in operation.schemes
    }
    context = RunContext(parameters or operation.parameters, {}, given, max_examples=max_examples)
    target = opened(operation, url, context)
    skipped = {} if throttle else {Probe.THROTTLE: "not asked for"}
    policy = RunPolicy(pause=pause, skipped=skipped)
    made = planned(name, context.parameters, tuple(sorted(environment.items())), max_examples)
    connection = target.connection(context)
    campaign = Campaign(operation, context, connection, policy, planned=made)
    wanted = set(only)
    rulings: dict[str, Ruling] = {}
    try:
        for clause in clauses.derive(operation):
            if not wanted or clause.id in wanted:
                rulings[clause.id] = campaign.ruling(clause)
                run = clause.needs - campaign.skipped.keys()
                made |= {probe: campaign.planned(probe) for probe in run - made.keys()}
        return rulings
    finally:
        target.close()


def red(rulings: Mapping[str, Ruling]) -> dict[str, str]:
    """Return what came, by clause, for each that is broken or withheld."""
    return {
        id: outcome_sentence(ruling)
        for id, ruling in rulings.items()
        if ruling.verdict is Verdict.BROKEN or ruling.withheld
    }


def warned(rulings: Mapping[str, Ruling]) -> set[str]:
    """Return the clauses that only warn, but for those on the document itself."""
    return {
        id for id, ruling in rulings.items() if ruling.verdict is Verdict.WARNED
    } - THE_DOCUMENT_ITSELF
