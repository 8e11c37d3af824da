"""Is each security scheme enforced, and does each documented alternative work?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.reading import KEPT, Looked, each, missing, withheld
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Family,
    Finding,
    FindingKind,
    MissingKind,
)
from pytest_confluent_contracts.model.traffic import Expect, Probe, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.clauses.reading import Applies
    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

CREDENTIALS = frozenset({Probe.CREDENTIALS})
USUAL_REFUSAL = frozenset({401})  # RFC 9110 15.5.2


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what is refused without each scheme, then each alternative that must work."""
    if not operation.security or not all(operation.security):
        return
    promised = frozenset(operation.promises.refusals.unauthenticated) or USUAL_REFUSAL
    nothing = Subject(SubjectKind.CREDENTIALS)
    yield _refused("none", operation.place, "a request without credentials", promised, nothing)
    for scheme in operation.schemes:
        id, what = scheme_id(scheme), f"a request with {scheme.name} missing or wrong"
        wrong = Subject(SubjectKind.CREDENTIALS, scheme.name)
        yield _refused(id, scheme.place, what, promised, wrong)
        if scheme.kind != "apiKey":
            # RFC 6750 3.1: what is no credential at all may be a bad request.
            allowed = promised | operation.refusals
            what = f"a request with a malformed {scheme.name}"
            malformed = Subject(SubjectKind.MALFORMED_CREDENTIALS, scheme.name)
            yield _refused(f"{id}/malformed", scheme.place, what, allowed, malformed)
    for alternative in operation.security:
        yield _works(alternative)


def scheme_id(scheme: SecurityScheme) -> str:
    """Return how people know the scheme: by its own header where it has one, else by its name."""
    return scheme.header if scheme.kind == "apiKey" else scheme.name


def _refused(
    id: str, place: SourceLocation, what: str, promised: frozenset[int], subject: Subject
) -> Clause:
    statuses = tuple(sorted(promised))

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.status in promised:
            return KEPT
        title = exchange.case.title
        return Finding(FindingKind.REFUSAL_WRONG, exchange.status, expected=statuses, request=title)

    return Clause(
        id=f"security/{id}",
        family=Family.SECURITY,
        place=place,
        promise=f"{what} is answered {' or '.join(map(str, statuses))}",
        judge=each(_is_sent_without(subject), look),
        explain=withheld("a refusal", Expect.UNAUTHENTICATED),
        needs=CREDENTIALS,
    )


def _is_sent_without(subject: Subject) -> Applies:
    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        is_of_this_kind = case.expect is Expect.UNAUTHENTICATED and case.subject == subject
        return is_of_this_kind and not exchange.throttled

    return applies


def _works(alternative: tuple[SecurityScheme, ...]) -> Clause:
    name = "+".join(scheme.name for scheme in alternative)

    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        is_valid = case.probe is Probe.CREDENTIALS and case.expect is Expect.ACCEPTED
        return is_valid and case.authority == name and not exchange.throttled

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.accepted:
            return KEPT
        return Finding(FindingKind.CREDENTIALS_REFUSED, exchange.status, name)

    variables: list[str] = []
    for scheme in alternative:
        variables += [variable for _, variable in scheme.variables]
    return Clause(
        id=f"security/{name}/accepted",
        family=Family.SECURITY,
        place=alternative[0].place,
        promise=f"{name} is accepted",
        judge=each(applies, look),
        explain=missing(MissingKind.CREDENTIALS_NOT_SET, ", ".join(variables)),
        needs=CREDENTIALS,
    )
