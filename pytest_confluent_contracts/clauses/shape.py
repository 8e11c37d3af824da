"""Do answers look as documented? Statuses, media types, bodies, headers, identity, and the document's own examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    THROTTLING,
    Applies,
    Look,
    Reader,
    documented,
    each,
    essence,
    path_of,
    quote_value,
    skipped,
    url_parts,
    values,
    with_status,
    withheld,
)
from pytest_confluent_contracts.contract import Absence, Absentee, Clause, Evidence, Judge
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.documents import Content, Example, Header, Operation, Property, Response
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED, Exchange, Expect, Probe, is_local

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.sources import SourceLocation

INTEGER = re.compile(r"-?[0-9]+\Z")
NAMED, LONG = 8, 80  # members that a finding names, and characters of each: a target may make up as many as it likes
CHALLENGE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+( +\S.*)?\Z")


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on statuses, successful answers, request ids and examples."""
    yield from _answered(operation)
    yield _statuses(operation)
    for response in operation.responses:
        if response.status.startswith("2"):
            yield from success(operation, response)
        elif response.content is None:
            yield _no_body(response)
    yield from _request_ids(operation)
    yield from _values(operation)
    for response in operation.responses:
        yield from _examples(response)


def shape(
    id: str, place: SourceLocation, promise: str, judge: Judge, absent: Absentee, needs: frozenset[Probe], **more: Any
) -> Clause:
    """Return a clause of this family, MUST unless *more* says otherwise."""
    settings = {"family": Family.SHAPE, "level": Level.MUST} | more
    return Clause(id=id, place=place, promise=promise, judge=judge, absent=absent, needs=needs, **settings)


# --- every answer ----------------------------------------------------------------------------------------------------


def _answered(operation: Operation) -> Iterator[Clause]:
    """Yield availability, apart from the contract: in the end, and (where a network is in between) at once."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            lost = is_local(exchange.url) if exchange.superseded else bool(exchange.failure)
            yield Evidence(exchange, _lost(exchange) if lost else "")

    def at_once(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            if not is_local(exchange.url):
                yield Evidence(exchange, _lost(exchange) if exchange.superseded else "")

    absent = skipped("nothing was sent")
    yield shape("answered", operation.place, "every request is answered", judge, absent, EVERY)
    promise, here = "a request is answered the first time", skipped("nothing lies between the run and this target")
    yield shape("answered/at-once", operation.place, promise, at_once, here, EVERY, level=Level.SHOULD)


def _lost(exchange: Exchange) -> str:
    again = ", and an answer when it was sent again" if exchange.superseded else ""
    return f"no answer: {exchange.failure}{again}" if exchange.failure else f"{exchange.status} answered{again}"


def _statuses(operation: Operation) -> Clause:
    listed = [response.status for response in operation.responses]

    def look(exchange: Exchange) -> str:
        if exchange.status >= 500:
            return f"{exchange.status} answered to {exchange.case.title}"
        if documented(operation, exchange) is None:
            return f"{exchange.status} answered, which is not documented, to {exchange.case.title}"
        return ""

    return shape(
        "statuses",
        operation.place,
        f"only {', '.join(listed)} are answered, and never 5xx to a request",
        each(lambda exchange: True, look),
        withheld("an answer", Expect.ACCEPTED),
        needs=EVERY,
    )


def _no_body(response: Response) -> Clause:
    def look(exchange: Exchange) -> str:
        return f"{exchange.status} answered with a body: {quote_value(exchange.text)}" if exchange.text else ""

    return shape(
        f"{response.status}/no-body",
        response.place,
        f"no body is documented for {response.status}",
        each(with_status(response.status), look),
        skipped(f"no answer had status {response.status}"),
        THROTTLING if response.status == "429" else EVERY,
        level=Level.SHOULD,
    )


# --- successful answers ----------------------------------------------------------------------------------------------


def success(operation: Operation, response: Response) -> Iterator[Clause]:
    """Yield the clauses on one documented answer of the 2xx class."""
    status = response.status
    absent = withheld(f"an answer with {status}", Expect.ACCEPTED)
    if response.content is not None:
        yield from body(status, response.content, with_status(status), absent, EVERY)
    limits = {str(name).lower() for name in limit_headers(operation)}
    for header in response.headers:
        if header.name.lower() not in limits:
            yield header_clause(f"{status}/header/{header.name}", header, with_status(status), absent, EVERY)


def limit_headers(operation: Operation) -> list[str]:
    """Return the names of the headers that tell the rate limit; their own family judges them."""
    entry = operation.entries.get("rate-limit")
    roles = ("limit", "remaining", "reset", "retry-after")
    return [str(entry.data[role]) for role in roles if role in entry.data] if entry else []


def body(
    prefix: str, content: Content, applies: Applies, absent: Absentee, needs: frozenset[Probe], **more: Any
) -> Iterator[Clause]:
    """Yield the clauses on a body: media type, JSON, the whole, each member, and what is not documented."""

    def told_as_json(exchange: Exchange) -> bool:
        return applies(exchange) and "json" in essence(exchange.header("content-type"))

    def readable(exchange: Exchange) -> bool:
        return applies(exchange) and exchange.json is not ABSENT

    promise = f"the body is {content.media_type}"
    judge = each(applies, lambda exchange: _media_type(exchange, content.media_type))
    yield shape(f"{prefix}/media-type", content.place, promise, judge, absent, needs, **more)
    promise, judge = "the body is one JSON value in UTF-8 (RFC 8259)", each(told_as_json, _json)
    yield shape(f"{prefix}/json", content.place, promise, judge, absent, needs, **more)
    reader, whole = Reader(content), Property("", content.schema, required=True, place=content.place)
    for member in (whole, *content.properties):
        yield _member(prefix, member, reader, readable, absent, needs=needs, **more)
    promise = "every member of the body is documented"
    judge, more = each(readable, lambda exchange: _undeclared(exchange, content.schema)), more | {"level": Level.SHOULD}
    yield shape(f"{prefix}/undeclared", content.place, promise, judge, absent, needs, **more)


# RFC 8259 8.1: JSON is UTF-8.
FOREIGN_CHARSET = re.compile(r';\s*charset\s*=\s*(?!"?(?:utf-?8|us-ascii)\b)', re.IGNORECASE)


def _media_type(exchange: Exchange, promised: str) -> str:
    came = exchange.header_values("content-type")
    if len(set(came)) == 1 and essence(came[0]) == essence(promised) and not FOREIGN_CHARSET.search(came[0]):
        return ""
    told = f"as {' and as '.join(came)}" if came else "without Content-Type"
    return f"{exchange.status} answered {told}, not {promised}"


def _json(exchange: Exchange) -> str:
    return f"{exchange.status} answered with a body that is not JSON: {exchange.flaw}" if exchange.flaw else ""


def _member(prefix: str, member: Property, reader: Reader, applies: Applies, absent: Absentee, **more: Any) -> Clause:
    def look(exchange: Exchange) -> str | None:
        fault = reader.faults(exchange).get(member.path)
        if fault is None:
            seen = next(values(exchange.json, member.path), None)
            return "" if seen is not None else None
        name = member.path or "the body"
        return f"{exchange.status} answered {'without ' + name if fault == 'missing' else f'with {name}: {fault}'}"

    return shape(
        f"{prefix}/body/{member.path}" if member.path else f"{prefix}/body",
        member.place,
        _promised(member),
        each(applies, look),
        absent if not member.path else _unseen(member, applies, absent),
        **more,
    )


def _unseen(member: Property, applies: Applies, absent: Absentee) -> Absentee:
    """Return why a member was never seen: its parent is judged on its own, and what is optional may stay away."""

    def absence(exchanges: Sequence[Exchange]) -> Absence:
        if not any(applies(exchange) for exchange in exchanges):
            return absent(exchanges)
        if member.required and member.parent:
            return Absence(f"no answer had {member.parent}")
        return Absence(f"{member.path} is optional, and no answer had it")

    return absence


def _promised(member: Property) -> str:
    said = {key: value for key, value in member.schema.items() if key in _SAID}
    words = ", ".join(f"{_SAID[key]}{quote_value(value, 60)}" for key, value in said.items())
    presence = "required" if member.required else "optional"
    return f"{member.path or 'the body'} is {presence}{': ' + words if words else ''}"


_SAID = {
    "type": "type ",
    "format": "format ",
    "enum": "one of ",
    "minLength": "at least this long: ",
    "maxLength": "at most this long: ",
    "minimum": "at least ",
    "maximum": "at most ",
    "uniqueItems": "items differ: ",
    "additionalProperties": "other members: ",
    "pattern": "pattern ",
}


def _undeclared(exchange: Exchange, schema: Mapping[str, Any]) -> str:
    names = sorted(set(_unnamed(exchange.json, schema, ())))
    shown = [name if name.isprintable() and len(name) <= LONG else quote_value(name) for name in names[:NAMED]]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"{exchange.status} answered with {', '.join(shown)}{more}, which the document does not name" if names else ""
    )


def _unnamed(value: Any, schema: Mapping[str, Any], steps: tuple[str | int, ...]) -> Iterator[str]:
    declared = schema.get("properties")
    if isinstance(value, dict) and declared and "additionalProperties" not in schema:
        yield from (path_of([*steps, name]) for name in value if name not in declared)
    if isinstance(value, dict):
        for name in set(value) & set(declared or ()):
            yield from _unnamed(value[name], (declared or {})[name], (*steps, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for item in value:
            yield from _unnamed(item, schema["items"], (*steps, 0))


# --- headers ---------------------------------------------------------------------------------------------------------


def header_clause(
    id: str, header: Header, applies: Applies, absent: Absentee, needs: frozenset[Probe], **more: Any
) -> Clause:
    """Return the clause that a documented header is there and of its type."""
    kind = "an integer, not negative" if header.schema.get("type") == "integer" else "not empty"
    return shape(
        id,
        header.place,
        f"{header.name} is sent: {kind}",
        each(applies, lambda exchange: _header(exchange, header)),
        absent,
        needs,
        **more,
    )


LISTED = frozenset({"www-authenticate", "allow", "vary"})  # RFC 9110 5.3: only these may come in several lines


def _header(exchange: Exchange, header: Header) -> str:
    came = exchange.header_values(header.name)
    if not came:
        return f"{exchange.status} answered without {header.name}"
    if len(came) > 1 and header.name.lower() not in LISTED:
        return f"{exchange.status} answered with {header.name} {len(came)} times"
    fault = next((fault for value in came if (fault := _header_fault(header, value))), "")
    return f"{exchange.status} answered with {header.name}: {fault}" if fault else ""


def _header_fault(header: Header, value: str) -> str:
    if header.schema.get("type") == "integer":
        if not INTEGER.match(value):
            return f"{quote_value(value)} is not an integer"
        return f"{quote_value(value)} is negative" if value.strip("-0") and value.startswith("-") else ""
    if not value.strip():
        return "the value is empty"
    if header.name.lower() == "www-authenticate" and not CHALLENGE.match(value):
        return f"{quote_value(value)} is no challenge (RFC 9110 11.6.1)"
    if header.schema.get("format") == "uri" and not all(url_parts(value)[:2]):
        return f"{quote_value(value)} is not an absolute URI"
    return ""


# --- request identity ------------------------------------------------------------------------------------------------


def _request_ids(operation: Operation) -> Iterator[Clause]:
    entry = operation.entries.get("request-id")
    if entry is None or not entry.data.get("unique", True):
        return
    name = str(entry.data["header"])
    yield shape(
        "request-id/unique",
        entry.place,
        f"no two answers share {name}: {entry.says}",
        unique(lambda exchange: list(exchange.header_values(name)), name),
        withheld(f"an answer with {name}", Expect.ACCEPTED),
        EVERY,
    )


def unique(values_of: Callable[[Exchange], Sequence[str]], name: str) -> Judge:
    """Return a judge that finds a value of *values_of* which an earlier exchange had too."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        seen: set[str] = set()
        for exchange in exchanges:
            came = () if exchange.superseded else values_of(exchange)
            again = next((value for value in came if value in seen), None)
            seen.update(came)
            if came:
                yield Evidence(exchange, f"{name} {quote_value(again)} came a second time" if again is not None else "")

    return judge


# --- prose lists of values -------------------------------------------------------------------------------------------


def _values(operation: Operation) -> Iterator[Clause]:
    entry = operation.entries.get("values")
    for path, allowed in (entry.data["properties"] if entry else {}).items():
        yield shape(
            f"200/values/{path}",
            entry.place if entry else operation.place,
            f"{path} is one of {', '.join(map(str, allowed))}",
            each(lambda exchange: exchange.accepted, _one_of(path, allowed)),
            _seen_or(withheld("an answer with 200", Expect.ACCEPTED), f"no answer had {path}"),
            EVERY,
        )


def _one_of(path: str, allowed: Sequence[Any]) -> Look:
    def look(exchange: Exchange) -> str | None:
        came = [value for _, value in values(exchange.json, path) if isinstance(value, str) and REDACTED not in value]
        wrong = next((value for value in came if value not in allowed), None)
        if wrong is not None:
            return f"{exchange.status} answered with {path} {quote_value(wrong)}"
        return "" if came else None

    return look


def _seen_or(absent: Absentee, reason: str) -> Absentee:
    def absence(exchanges: Sequence[Exchange]) -> Absence:
        return Absence(reason) if any(exchange.accepted for exchange in exchanges) else absent(exchanges)

    return absence


# --- the document's own examples -------------------------------------------------------------------------------------


def _examples(response: Response) -> Iterator[Clause]:
    for example in response.content.examples if response.content else ():
        yield _example(f"document/example/{response.status}", response.content, example)
    for header in response.headers:
        if "example" in header.schema:
            value = str(header.schema["example"])
            content = Content("", header.schema, (), (), header.place)
            id = f"document/example/{response.status}/{header.name}"
            yield _example(id, content, Example(header.name, value, header.place))


def _example(id: str, content: Content | None, example: Example) -> Clause:
    def judge(_: Sequence[Exchange]) -> Iterator[Evidence]:
        faults = Reader(content).faults_of(example.value) if content else {}
        told = "; ".join(f"{path or 'the value'}: {fault}" for path, fault in faults.items())
        yield Evidence(None, f"the document's own example breaks its schema: {told}" if told else "")

    named = example.name == "default" or id.endswith(f"/{example.name}")
    return shape(
        id if named else f"{id}/{example.name}",
        example.place,
        "the document's example keeps the document's schema",
        judge,
        skipped("the document shows no example"),
        frozenset(),
        level=Level.SHOULD,
    )
