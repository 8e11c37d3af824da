"""How do the tests hold a server against a document without a run of pytest around it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts import clauses, documents, targets
from pytest_confluent_contracts.campaign import Campaign, Manner
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation

DOCUMENTS = ("confluent-api-keys", "datadog-confluent-cloud")
THE_DOCUMENT_ITSELF = {"document/example/409/Location", "document/example/422"}


def document(name: str) -> tuple[Document, Operation]:
    """Return a bundled document and its one operation."""
    read = documents.read(documents.find(name))
    return read, read.operations[0]


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
    schemes = {scheme.name: scheme for alternative in operation.security for scheme in alternative}
    given = {key: {part: environment[v] for part, v in scheme.variables} for key, scheme in schemes.items()}
    door = targets.live(url, operation, targets.Manners(5.0), parameters or operation.parameters, given, {})
    context = RunContext(door.parameters, {}, door.credentials, max_examples=max_examples)
    skipped = {} if throttle else {Probe.THROTTLE: "not asked for"}
    campaign = Campaign(operation, context, door.wire, door.clock, Manner(pause=pause, skipped=skipped))
    wanted = set(only)
    try:
        found = (clause for clause in clauses.derive(operation) if not wanted or clause.id in wanted)
        return {clause.id: campaign.ruling(clause) for clause in found}
    finally:
        door.wire.close()


def red(rulings: Mapping[str, Ruling]) -> dict[str, str]:
    """Return what came, by clause, for each that is broken or withheld."""
    return {
        id: ruling.finding.came if ruling.finding else ruling.reason
        for id, ruling in rulings.items()
        if ruling.verdict is Verdict.BROKEN or ruling.withheld
    }


def warned(rulings: Mapping[str, Ruling]) -> set[str]:
    """Return the clauses that only warn, but for those on the document itself."""
    return {id for id, ruling in rulings.items() if ruling.verdict is Verdict.WARNED} - THE_DOCUMENT_ITSELF
