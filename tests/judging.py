"""How do the tests hold a server against a document without a run of pytest around it?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.client import Client
from pytest_confluent_contracts.http.guard import Guard, Rules
from pytest_confluent_contracts.http.redaction import Redactor
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.report.sentences import outcome_sentence
from pytest_confluent_contracts.run.access import planned_access
from pytest_confluent_contracts.run.campaign import Campaign
from pytest_confluent_contracts.run.sender import RunPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.traffic import Clock

DOCUMENTS = ("confluent-api-keys", "datadog-confluent-cloud")
# Overlays that leave of each bundled document the update, for a service that has nothing beside it.
UPDATES_ALONE = Path(__file__).parent / "updates_alone"
THE_DOCUMENT_ITSELF = {"document/example/409/Location", "document/example/422"}


@lru_cache
def document(name: str) -> tuple[Document, Operation]:
    """Return a bundled document without the operations beside its update, and the update."""
    read = documents.read_document(documents.find_document(name), (UPDATES_ALONE / f"{name}.yaml",))
    return read, update_of(read)


def update_of(read: Document) -> Operation:
    """Return the update of a bundled document that its page is about: of the key, of the account."""
    return next(one for one in read.operations if one.method == "PATCH")


def validate_openapi(document: Any) -> None:
    """Raise where *document* is not as the specification has it; who asks first loads for half a second."""
    import openapi_spec_validator

    openapi_spec_validator.validate(document)


def opened(
    operation: Operation, url: str, context: RunContext, timeout: float = 5.0
) -> targets.Target:
    """Return the target at *url*, open for what *operation* sends with *context*."""
    access = planned_access(make_plan(operation, context))
    return targets.live(url, [access], targets.ClientSettings(timeout), {})


def target_that_answers(
    operation: Operation,
    context: RunContext,
    clock: Clock,
    answer: Callable[[httpx.Request], httpx.Response],
    url: str = "https://h",
) -> targets.Target:
    """Return a target, open for what *operation* sends with *context*, whose answers *answer* makes."""
    return target_for(make_plan(operation, context), clock, answer, url)


def target_for(
    plan: Plan, clock: Clock, answer: Callable[[httpx.Request], httpx.Response], url: str
) -> targets.Target:
    """Return a target, open for what *plan* sends, whose answers *answer* makes."""
    allowances = targets.allowances_at(url, [planned_access(plan)])
    rules = Rules(frozenset({url}), insecure=True)
    guard = Guard(rules, allowances, clock, httpx.MockTransport(answer))
    return targets.Target(Client(url, guard, clock, Redactor(()), 10.0), clock, [plan.operation])


@lru_cache
def planned(
    name: str,
    parameters: tuple[tuple[str, str], ...],
    environment: tuple[tuple[str, str], ...],
    max_examples: int,
    throttle: bool,
) -> Plan:
    """Return what is sent of the document *name*, made once and sent to every service that is judged in process."""
    _, operation = document(name)
    variables = dict(environment)
    given = {
        scheme.name: {part: variables[variable] for part, variable in scheme.variables}
        for scheme in operation.schemes
    }
    context = RunContext(parameters, {}, given, max_examples=max_examples)
    skipped = {} if throttle else {Probe.THROTTLE: "not asked for"}
    return make_plan(operation, context, skipped=skipped)


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
    plan = planned(
        name,
        parameters or operation.parameters,
        tuple(sorted(environment.items())),
        max_examples,
        throttle,
    )
    settings = targets.ClientSettings(5.0)
    target = targets.live(url, [planned_access(plan)], settings, {})
    campaign = Campaign(plan, target, RunPolicy(pause=pause))
    wanted = set(only)
    rulings: dict[str, Ruling] = {}
    try:
        for clause in clauses.derive(operation):
            if not wanted or clause.id in wanted:
                rulings[clause.id] = campaign.ruling(clause)
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
