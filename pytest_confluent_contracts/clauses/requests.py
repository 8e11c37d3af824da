"""Does the service take what the document allows, and refuse what it forbids?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import Applies, Look, each, quote_value, throttled, value_at, withheld
from pytest_confluent_contracts.contract import Absence, Clause, Evidence, Judge
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.documents import Operation, Property
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.sources import SourceLocation

BOUNDS = ("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "minItems", "maxItems", "uniqueItems")
REFUSED_AS = {
    "json": "a body that is not JSON is refused (RFC 8259)",
    "media-type": "a body of another media type is refused",
    "required": "a request without its required body is refused",
    "lone-surrogate": "a lone surrogate is refused, or kept as it is (RFC 8259 8.2)",
}


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what must be accepted, then what must be refused."""
    if operation.request is not None:
        yield from _examples(operation)
        yield _accepted(operation)
        yield _accepted_again(operation)
        yield _undeclared(operation)
        for member in _members(operation):
            yield from _constraints(operation, member)
        yield _several(operation)
        yield from _malformed(operation)
    if operation.promise("refusals", "unknown"):
        yield _unknown(operation)


def requests(
    id: str, place: SourceLocation, promise: str, judge: Any, absent: Any, *needs: Probe, **more: Any
) -> Clause:
    """Return a clause of this family, MUST unless *more* says otherwise."""
    settings = {"level": Level.MUST} | more
    return Clause(
        f"request/{id}",
        Family.REQUESTS,
        place=place,
        promise=promise,
        judge=judge,
        absent=absent,
        needs=frozenset(needs),
        **settings,
    )


# --- accepted --------------------------------------------------------------------------------------------------------


def _taken(exchange: Exchange) -> str:
    """Return the finding where an allowed body was not accepted."""
    if exchange.accepted:
        return ""
    told = f": {quote_value(exchange.text, 120)}" if exchange.text else ""
    return f"{exchange.status} answered to a body that the document allows ({exchange.case.title}){told}"


def _wanted(*probes: Probe) -> Applies:
    return lambda e: e.case.expect is Expect.ACCEPTED and e.case.probe in probes and not throttled(e)


def _examples(operation: Operation) -> Iterator[Clause]:
    for example in operation.request.examples if operation.request else ():
        applies = _sends_example(example.name)
        yield requests(
            f"example/{example.name}",
            example.place,
            "the document's own request is accepted as published",
            each(applies, _taken),
            withheld("an answer to the example", Expect.ACCEPTED),
            Probe.EXAMPLES,
        )


def _sends_example(name: str) -> Applies:
    return lambda exchange: _wanted(Probe.EXAMPLES)(exchange) and exchange.case.varies == f"example/{name}"


def _accepted(operation: Operation) -> Clause:
    assert operation.request is not None
    return requests(
        "accepted",
        operation.request.place,
        "every body that the schema allows is accepted",
        each(_wanted(Probe.VALID, Probe.COVERAGE), _taken),
        withheld("an answer to a valid body", Expect.ACCEPTED),
        Probe.VALID,
        Probe.COVERAGE,
    )


def _accepted_again(operation: Operation) -> Clause:
    assert operation.request is not None
    between = (Probe.READ_ONLY, Probe.BROKEN, Probe.MALFORMED, Probe.UNKNOWN)
    wanted = _wanted(*between)
    return requests(
        "accepted/after-refusals",
        operation.request.place,
        "a body that the schema allows is accepted after others were refused",
        each(lambda e: wanted(e) and e.case.varies != "undeclared", _taken),
        withheld("an answer to a valid body", Expect.ACCEPTED),
        *between,
    )


def _undeclared(operation: Operation) -> Clause:
    assert operation.request is not None

    def look(exchange: Exchange) -> str:
        return "" if exchange.accepted else f"{exchange.status} answered to {exchange.case.title}"

    return requests(
        "undeclared",
        operation.request.place,
        "a member that the schema does not name does not make the request fail",
        each(lambda e: e.case.varies == "undeclared" and not throttled(e), look),
        withheld("an answer to an undeclared member", Expect.ACCEPTED),
        Probe.READ_ONLY,
        level=Level.SHOULD,
    )


# --- refused ---------------------------------------------------------------------------------------------------------


def _members(operation: Operation) -> list[Property]:
    assert operation.request is not None
    content = operation.request
    frozen = [member.path for member in content.properties if member.read_only]
    whole = Property("", content.schema, required=content.required, place=content.place)
    kept = [
        m for m in content.properties if not any(m.path == path or m.path.startswith(path + ".") for path in frozen)
    ]
    return [whole, *kept]


def constraints(member: Property) -> list[str]:
    """Return the keywords by which *member* can be wrong; ``null`` is told apart from other types."""
    types = member.schema.get("type")
    listed = types if isinstance(types, list) else [types] if types else []
    found = ["type"] if listed else []
    found += ["null"] if listed and "null" not in listed else []
    found += ["required"] if member.required and member.path else []
    found += ["enum"] if "enum" in member.schema or "const" in member.schema else []
    found += [keyword for keyword in BOUNDS if keyword in member.schema]
    return found + (["additionalProperties"] if member.schema.get("additionalProperties") is False else [])


def _constraints(operation: Operation, member: Property) -> Iterator[Clause]:
    for keyword in constraints(member):
        name = f"{member.path}/{keyword}" if member.path else f"body/{keyword}"
        yield requests(
            name,
            member.place,
            f"a body that breaks only {keyword} of {member.path or 'the body'} is refused{_with(operation)}",
            _once_served(_breaks(member.path, keyword), _refused),
            _no_such_case(f"a refusal of {member.path or 'the body'}"),
            Probe.BROKEN,
            Probe.COVERAGE,
        )


def _with(operation: Operation) -> str:
    statuses = " or ".join(map(str, sorted(operation.refusals)))
    return f" with {statuses}" if statuses else ""


def _breaks(path: str, keyword: str) -> Applies:
    """Return whether the request is wrong in just this way: by the ground truth, not by who made the case."""

    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        if case.expect is not Expect.REFUSED or len(case.violations) != 1 or throttled(exchange):
            return False
        broken = case.violations[0]
        return case.varies == path and broken.keyword == keyword

    return applies


def _several(operation: Operation) -> Clause:
    assert operation.request is not None
    return requests(
        "several",
        operation.request.place,
        f"a body that breaks the schema in several places is refused{_with(operation)}",
        _once_served(lambda e: len(e.case.violations) > 1 and not throttled(e), _refused),
        _no_such_case("a refusal of a body that is wrong in several places"),
        Probe.BROKEN,
    )


def _once_served(applies: Applies, look: Look) -> Judge:
    """Judge the answers to broken bodies: while nobody is served, one that speaks of who asks, or of what for, is no evidence."""

    def judge(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        served = any(one.accepted and one.case.probe is not Probe.CREDENTIALS for one in exchanges)
        return each(lambda exchange: applies(exchange) and (served or not _unread(exchange)), look)(exchanges)

    return judge


def _refused(exchange: Exchange) -> str:
    """Return the finding where a broken body was not refused for what it is."""
    statuses = exchange.case.operation.refusals
    if exchange.status in statuses:
        return ""
    if not statuses and 400 <= exchange.status < 500:  # the document names none (`default`, `4XX`): any will do
        return ""
    promised = " or ".join(map(str, sorted(statuses))) or "a status of the 4xx class"
    return f"{exchange.status} answered to a broken body ({exchange.case.title}), not {promised}"


def _unread(exchange: Exchange) -> bool:
    """Return whether the answer speaks of who asked, or of what for, and so not of the body."""
    refusals = exchange.case.operation.entries["refusals"].data
    return exchange.status in {refusals.get("unauthenticated", 401), refusals.get("unknown", 404), 401}


def _no_such_case(what: str) -> Callable[[Sequence[Exchange]], Absence]:
    owed = withheld(what, Expect.REFUSED)

    def absent(exchanges: Sequence[Exchange]) -> Absence:
        asked = [e for e in exchanges if e.case.expect is Expect.REFUSED and not throttled(e) and not e.failure]
        judged = [exchange for exchange in asked if not _unread(exchange)]
        return Absence("no request that could be sent breaks only this") if judged else owed(exchanges)

    return absent


# --- not JSON --------------------------------------------------------------------------------------------------------


def _malformed(operation: Operation) -> Iterator[Clause]:
    assert operation.request is not None
    for kind, promise in REFUSED_AS.items():
        if kind == "required" and not operation.request.required:
            continue
        yield requests(
            f"body/{kind}",
            operation.request.place,
            promise + _with(operation),
            _once_served(_malformed_as(kind), _surrogate if kind == "lone-surrogate" else _refused),
            _no_such_case("a refusal of a malformed body"),
            Probe.MALFORMED,
        )


def _malformed_as(kind: str) -> Applies:
    return lambda e: e.case.probe is Probe.MALFORMED and e.case.varies == kind and not throttled(e)


def _surrogate(exchange: Exchange) -> str:
    """RFC 8259 8.2 leaves open what a lone surrogate means: a service may refuse it, or give it back unharmed."""
    if not exchange.accepted:
        return _refused(exchange)
    sent, came = exchange.case.value, exchange.json
    kept = all(value_at(came, path) in (ABSENT, value) for path, value in _leaves(sent))
    return "" if kept else f"{exchange.status} answered to {exchange.case.title}, and the value was changed"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else name)
    else:
        yield path, value


# --- unknown ids -----------------------------------------------------------------------------------------------------


def _unknown(operation: Operation) -> Clause:
    promised = operation.promise("refusals", "unknown")

    def look(exchange: Exchange) -> str:
        as_bad_request = exchange.case.varies == "odd" and exchange.status in operation.refusals
        if exchange.status == promised or as_bad_request:
            return ""
        return f"{exchange.status} answered to an id that does not exist ({exchange.case.title}), not {promised}"

    return requests(
        "unknown-id",
        operation.entries["refusals"].place,
        f"an id that does not exist is answered {promised}",
        each(lambda e: e.case.expect is Expect.UNKNOWN and not throttled(e), look),
        withheld("an answer to an unknown id", Expect.UNKNOWN),
        Probe.UNKNOWN,
    )
