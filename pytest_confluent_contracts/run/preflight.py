"""Can anybody be judged at all? What the first answer of an operation says of the run's options.

Six mistakes stop it before the first probe, so that they are told once and not by every clause: no
connection, TLS refused, credentials missing or refused, an unknown id, a wrong base path. Whatever
else comes (422, 5xx) is the service's, and its clauses judge it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_confluent_contracts.clauses.reading import MISSING, SchemaReader
from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.paths import parent_path
from pytest_confluent_contracts.model.quota import refuses_for_limit
from pytest_confluent_contracts.model.traffic import FailureKind, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange

UNAUTHORIZED = 401  # RFC 9110 15.5.2: the request lacks valid credentials
NOT_FOUND = 404
UNCONNECTED = {
    FailureKind.UNCONNECTED: MissingKind.NO_CONNECTION,
    FailureKind.TLS_REFUSED: MissingKind.TLS_REFUSED,
}


# What stops an operation before its first answer, found here or by who sends.
TOLD_ONCE = frozenset(
    {
        MissingKind.NO_CONNECTION,
        MissingKind.TLS_REFUSED,
        MissingKind.FELL_SILENT,
        MissingKind.HELD_BACK,
        MissingKind.NO_CREDENTIALS,
        MissingKind.CREDENTIALS_REFUSED,
        MissingKind.UNKNOWN_RESOURCE,
        MissingKind.NOTHING_SERVED,
        MissingKind.NOT_MADE,
    }
)


def is_told_once(missing: MissingEvidence) -> bool:
    """Return whether what stopped the run at its first request is one mistake, not a clause's."""
    return missing.withheld and missing.kind in TOLD_ONCE


def credential_variables(operation: Operation) -> str:
    """Return the environment variables that hold the credentials of each documented alternative."""
    ways: list[str] = []
    for alternative in operation.security:
        variables: list[str] = []
        for scheme in alternative:
            variables += [name for _, name in scheme.variables]
        if variables:
            ways.append(" and ".join(variables))
    return ", or ".join(ways)


def first_look(plan: Plan) -> Case | None:
    """Return the case of *plan* whose answer tells most of the run itself, None where it has none.

    That is the smallest update of the run's own resource, else the first request for an unknown id,
    else the first that has valid credentials.
    """
    if not any(probe.cases for probe in plan.probes):
        return None
    if plan.context.owned:
        return plan.baseline
    planned = [*plan.of(Probe.UNKNOWN).cases]
    for probe in plan.probes:
        planned += [case for case in probe.cases if case.authority]
    planned += plan.of(Probe.CREDENTIALS).cases
    return next(iter(planned), None)


def second_look(plan: Plan) -> Case | None:
    """Return the case that tells a wrong base path from a service that has odd 404s, if any.

    Where the base path is right, whoever has no credentials is turned away.
    """
    return next(iter(plan.of(Probe.CREDENTIALS).cases), None)


def is_turned_away(exchange: Exchange) -> bool:
    """Return whether *exchange* refuses the credentials, or that there are none.

    A 403 may say that the rate limit is reached.
    """
    refusals = exchange.case.operation.promises.refusals
    is_refused = exchange.status in (*refusals.unauthenticated, UNAUTHORIZED)
    return is_refused and not refuses_for_limit(exchange)


def why_unjudged(exchange: Exchange, *, owned: bool, credentials: str) -> MissingEvidence | None:
    """Return why nobody can be judged, None where the answer to the first look is no such sign.

    *owned*: it named a resource of the run's own. *credentials* names the variables that hold them.
    """
    if exchange.failure_kind in UNCONNECTED:
        parts = urlsplit(exchange.url)
        asked = f"{parts.scheme}://{parts.netloc}"
        return _stopped(UNCONNECTED[exchange.failure_kind], asked, exchange.failure)
    status = str(exchange.status)
    if exchange.case.authority and is_turned_away(exchange):
        return _stopped(MissingKind.CREDENTIALS_REFUSED, credentials, status)
    if exchange.status not in (*exchange.case.operation.promises.refusals.unknown, NOT_FOUND):
        return None
    if not _is_in_documented_form(exchange):
        return _stopped(MissingKind.NOTHING_SERVED, exchange.url, status)
    if owned:
        return _stopped(MissingKind.UNKNOWN_RESOURCE, exchange.url, status)
    return None


def _stopped(kind: MissingKind, subject: str, came: str) -> MissingEvidence:
    return MissingEvidence(
        kind, subject, withheld=True, asked=1, answers=((came, 1),), preflight=True
    )


def _is_in_documented_form(exchange: Exchange) -> bool:
    """Return whether a refusal looks like the document's own, small faults apart.

    A router that knows no such path answers in a form of its own.
    """
    response = exchange.case.operation.response(exchange.status)
    if response is None:
        return False
    return response.content is None or _has_form_of(response.content, exchange)


def _has_form_of(content: Content, exchange: Exchange) -> bool:
    if exchange.flaw:
        return False
    names = {member.path for member in content.properties if not parent_path(member.path)}
    if names and not (isinstance(exchange.json, dict) and names & exchange.json.keys()):
        return False
    wrong = SchemaReader(content).violations_of(exchange.json)
    return all(problem == MISSING and parent_path(path) for path, problem in wrong.items())
