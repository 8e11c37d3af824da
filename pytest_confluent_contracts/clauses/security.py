"""Is each security scheme enforced, and does each documented alternative work?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import each, skipped, throttled, withheld
from pytest_confluent_contracts.contract import Absentee, Clause
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme
    from pytest_confluent_contracts.model.sources import SourceLocation


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield one clause for no credentials at all, one a scheme, and one for each alternative that must work."""
    if not operation.security or not all(operation.security):
        return
    promised = frozenset({operation.promise("refusals", "unauthenticated") or 401})
    yield _refused("none", operation.place, "a request without credentials", promised, "")
    for scheme in dict.fromkeys(scheme for alternative in operation.security for scheme in alternative):
        what = f"a request with {scheme.name} missing or wrong"
        yield _refused(scheme_id(scheme), scheme.place, what, promised, scheme.name)
        if scheme.kind != "apiKey":  # RFC 6750 3.1: what is no credential at all may be a bad request
            id, what = f"{scheme_id(scheme)}/malformed", f"a request with a malformed {scheme.name}"
            yield _refused(id, scheme.place, what, promised | operation.refusals, f"{scheme.name}/malformed")
    for alternative in operation.security:
        yield _works(alternative)


def scheme_id(scheme: SecurityScheme) -> str:
    """Return how people know the scheme: by its header where it has one of its own, else by its name."""
    return scheme.header if scheme.kind == "apiKey" else scheme.name


def security(id: str, place: SourceLocation, promise: str, judge: Any, absent: Absentee) -> Clause:
    """Return a clause of this family."""
    return Clause(
        id=f"security/{id}",
        family=Family.SECURITY,
        level=Level.MUST,
        place=place,
        promise=promise,
        needs=frozenset({Probe.CREDENTIALS}),
        judge=judge,
        absent=absent,
    )


def _refused(id: str, place: SourceLocation, what: str, promised: frozenset[int], varies: str) -> Clause:
    told = " or ".join(map(str, sorted(promised)))

    def look(exchange: Exchange) -> str:
        return "" if exchange.status in promised else f"{exchange.status} answered {exchange.case.title}, not {told}"

    judge = each(_without(varies), look)
    return security(id, place, f"{what} is answered {told}", judge, withheld("a refusal", Expect.UNAUTHENTICATED))


def _without(varies: str) -> Callable[[Exchange], bool]:
    return lambda e: e.case.expect is Expect.UNAUTHENTICATED and e.case.varies == varies and not throttled(e)


def _works(alternative: tuple[SecurityScheme, ...]) -> Clause:
    name = "+".join(scheme.name for scheme in alternative)

    def applies(exchange: Exchange) -> bool:
        return (
            exchange.case.probe is Probe.CREDENTIALS
            and exchange.case.expect is Expect.ACCEPTED
            and exchange.case.authority == name
            and not throttled(exchange)
        )

    def look(exchange: Exchange) -> str:
        return "" if exchange.accepted else f"{exchange.status} answered to valid credentials ({name})"

    variables = ", ".join(variable for scheme in alternative for _, variable in scheme.variables)
    return security(
        f"{name}/accepted",
        alternative[0].place,
        f"{name} is accepted",
        each(applies, look),
        skipped(f"not all of {variables} are set in the environment"),
    )
