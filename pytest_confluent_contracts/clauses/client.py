"""Does a client send what the document allows? Its requests are judged, not what answers them."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    MISSING,
    NOTHING,
    Looked,
    SchemaReader,
    ValueReader,
    asked_once,
    find_once,
    missing,
    quote_value,
)
from pytest_confluent_contracts.clauses.sent_forms import sent_form
from pytest_confluent_contracts.clauses.sent_parameters import (
    OtherStyle,
    sent_value,
    undeclared_queries,
)
from pytest_confluent_contracts.clauses.shape import undeclared_in
from pytest_confluent_contracts.model import paths, quota
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.documents import Content, Location, Property, deep_members
from pytest_confluent_contracts.model.media_types import FORMS, IN_JSON, essence, is_range, matching
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import (
    CARELESS_WORDS,
    REDACTED,
    Exchange,
    Probe,
    SubjectKind,
    is_malformed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.reading import Look
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.documents import Operation, Parameter, SecurityScheme
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.violations import Violated

    Placed = tuple[str, str, Violated]  # the member, its JSON Pointer, what is wrong

SENT: Final = frozenset({Probe.EXAMPLES})  # as which requests that others sent are told
IDEMPOTENCY_KEY: Final = "idempotency-key"
SLACK_S: Final = 0.1  # by which timers may differ from the clock of whoever records
NO_TOPIC: Final = Topic()
MOST_NAMED: Final = 8  # undeclared names that a finding tells


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what a request to *operation* must be, and what it should be."""
    yield _declared(operation)
    yield from _credentials(operation)
    for parameter in operation.declared:
        if not operation.carries_credentials(parameter.name):
            yield _parameter(parameter)
    yield _no_undeclared_queries(operation)
    if operation.request is None:
        yield _no_body(operation)
    else:
        yield from _body(operation, operation.request)
    yield from _waits(operation)
    for parameter in operation.declared:
        is_header = parameter.location is Location.HEADER
        if is_header and parameter.name.lower() == IDEMPOTENCY_KEY:
            yield _one_use(parameter)


def derive_suspicions(operation: Operation) -> Iterator[Judge]:
    """Yield judges that find something wherever those of `derive` do, and mostly nothing else.

    They cost less: a body is held against its schema as a whole, and no member is looked for. What
    they find does not say which member is wrong.
    """
    for clause in derive(operation):
        if clause.topic.aspect is not Aspect.MEMBER:
            yield clause.judge
    if operation.request is None:
        return
    for content in (operation.request, *operation.other_requests):
        if content.kind in IN_JSON | FORMS:
            yield _each_request(_whole_value_look(operation, content))


def _whole_value_look(operation: Operation, content: Content) -> Look:
    applies, reader = _is_sent_as(content, operation), _BodyReader(content)

    def look(exchange: Exchange) -> Finding | Looked:
        if not applies(exchange) or reader.keeps_schema(exchange):
            return NOTHING
        return Finding(FindingKind.MEMBER_SENT_WRONG, exchange.status)

    return look


# --- how requests are judged ----------------------------------------------------------------------


def _each_request(look: Look) -> Judge:
    """Return a judge that looks at every request of the operation, however it was answered."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            seen = NOTHING if _is_undeclared(exchange) else look(exchange)
            if isinstance(seen, Finding):
                yield Evidence(exchange, seen)
            elif seen is KEPT:
                yield Evidence(exchange)

    return judge


def _is_undeclared(exchange: Exchange) -> bool:
    return exchange.case.subject.kind is SubjectKind.UNDECLARED_REQUEST


def _clause(
    id: str,
    place: SourceLocation,
    promise: str,
    judge: Judge,
    *,
    level: Level = Level.MUST,
    topic: Topic = NO_TOPIC,
    sequential: bool = False,
) -> Clause:
    return Clause(
        id=f"client/{id}",
        family=Family.CLIENT,
        place=place,
        promise=promise,
        judge=judge,
        explain=missing(MissingKind.NOTHING_SENT),
        needs=SENT,
        level=level,
        topic=topic,
        sequential=sequential,
    )


# --- methods, paths, credentials ------------------------------------------------------------------


def _declared(operation: Operation) -> Clause:
    nearest = f"{operation.method} {operation.path}"

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            if not _is_undeclared(exchange):
                yield Evidence(exchange)
                continue
            asked = f"{exchange.case.operation.method} {exchange.case.operation.path}"
            kind = FindingKind.REQUEST_UNDECLARED
            near = exchange.case.subject.name or nearest
            finding = Finding(kind, exchange.status, expected=near, request=asked)
            yield Evidence(exchange, finding)

    return _clause(
        "declared",
        operation.place,
        f"only declared methods and paths are asked for, such as {nearest}",
        judge,
        topic=Topic(Aspect.GENERAL),
    )


def _credentials(operation: Operation) -> Iterator[Clause]:
    """Yield the clause on credentials, none where whoever asks without any is served."""
    if not operation.needs_credentials:
        return
    alternatives = operation.security
    told = tuple(map(_named_together, alternatives))

    def look(exchange: Exchange) -> Finding | Looked:
        if any(_is_whole(alternative, exchange) for alternative in alternatives):
            return KEPT
        kind = FindingKind.SENT_WITHOUT_CREDENTIALS
        for scheme in (one for alternative in alternatives for one in alternative):
            if any(_is_malformed(scheme, text) for text in _carried_texts(scheme, exchange)):
                kind = FindingKind.SENT_CREDENTIALS_MALFORMED
        return Finding(kind, exchange.status, expected=told)

    yield _clause(
        "credentials",
        operation.place,
        f"every request carries {' or '.join(told)}",
        _each_request(look),
    )


def _named_together(alternative: Iterable[SecurityScheme]) -> str:
    return " and ".join(scheme.name for scheme in alternative)


def _is_whole(alternative: Iterable[SecurityScheme], exchange: Exchange) -> bool:
    return all(_is_carried(scheme, exchange) for scheme in alternative)


def _is_carried(scheme: SecurityScheme, exchange: Exchange) -> bool:
    """Return whether a request carries a credential of *scheme*, redacted or not.

    One whose program had none set (``Bearer undefined``) is none.
    """
    for text in _carried_texts(scheme, exchange):
        if scheme.kind == "apiKey":
            is_there = text not in ("", *CARELESS_WORDS)
        else:
            named, _, credential = text.partition(" ")
            is_named = named.lower() == _http_scheme(scheme)
            is_meant = is_named and credential.strip() not in ("", *CARELESS_WORDS)
            is_there = is_meant and not is_malformed(named, credential)
        if is_there or text == REDACTED:
            return True
    return False


def _is_malformed(scheme: SecurityScheme, text: str) -> bool:
    """Return whether *text* names the scheme, and goes on as it does not."""
    named, _, credential = text.partition(" ")
    is_named = scheme.kind != "apiKey" and named.lower() == _http_scheme(scheme)
    return is_named and is_malformed(named, credential)


def _http_scheme(scheme: SecurityScheme) -> str:
    """Return the scheme of Authorization: tokens of OAuth 2 and of OpenID are bearers'."""
    return "basic" if scheme.kind == "basic" else "bearer"


def _carried_texts(scheme: SecurityScheme, exchange: Exchange) -> list[str]:
    case = exchange.case
    if scheme.location is Location.HEADER:
        wanted = scheme.carrier.lower()
        return [value for name, value in case.headers if name.lower() == wanted]
    if scheme.location is Location.QUERY:
        return [value for name, value in case.query if name == scheme.carrier]
    return [value for name, value in case.cookies if name == scheme.carrier]


# --- parameters -----------------------------------------------------------------------------------


def _parameter(parameter: Parameter) -> Clause:
    reader = SchemaReader(Content("", parameter.schema, (), (), parameter.place))
    where = str(parameter.location)

    def look(exchange: Exchange) -> Finding | Looked:
        try:
            value = sent_value(parameter, exchange)
        except OtherStyle as error:
            return Finding(
                FindingKind.PARAMETER_IN_OTHER_STYLE,
                exchange.status,
                parameter.name,
                expected=error.expected,
                observed=error.observed,
            )
        except ValueError as error:
            told = ("parameter", quote_value(str(error)), "")
            return _wrong_parameter(exchange, parameter, told)
        if value is ABSENT and parameter.required:
            kind = FindingKind.PARAMETER_NOT_SENT
            return Finding(kind, exchange.status, parameter.name, expected=where)
        if value is ABSENT:
            return NOTHING
        if reader.is_kept_by(value):
            return KEPT
        wrong = next(iter(reader.violations_of(value).values()), None)
        if wrong is None or _is_allowed_as_text(parameter, value):
            return KEPT
        return _wrong_parameter(exchange, parameter, wrong)

    presence = "required" if parameter.required else "optional"
    return _clause(
        f"{where}/{parameter.name}",
        parameter.place,
        f"{where} parameter {parameter.name} is {presence}, and as its schema has it",
        _each_request(look),
        topic=Topic(header=parameter.name if parameter.location is Location.HEADER else ""),
    )


def _is_allowed_as_text(parameter: Parameter, value: object) -> bool:
    """Return whether a schema that names no type of its own takes the text of a number."""
    is_scalar = isinstance(value, int | float) and not parameter.types
    return is_scalar and ValueReader(parameter.schema).is_allowed(json.dumps(value))


def _wrong_parameter(exchange: Exchange, parameter: Parameter, wrong: Violated) -> Finding:
    return Finding(
        FindingKind.PARAMETER_SENT_WRONG,
        exchange.status,
        parameter.name,
        expected=str(parameter.location),
        observed=wrong,
    )


def _no_undeclared_queries(operation: Operation) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        names = undeclared_queries(operation, exchange)
        if not names:
            return KEPT
        kind = FindingKind.QUERIES_UNDECLARED
        return Finding(kind, exchange.status, observed=tuple(names[:MOST_NAMED]))

    return _clause(
        "query-undeclared",
        operation.place,
        "the query has only parameters that the document names",
        _each_request(look),
        level=Level.SHOULD,
    )


# --- bodies ---------------------------------------------------------------------------------------


def _no_body(operation: Operation) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        if not exchange.case.body:
            return KEPT
        came = quote_value(exchange.case.body.decode("utf-8", "replace"))
        return Finding(FindingKind.BODY_SENT_UNASKED, exchange.status, observed=came)

    return _clause(
        "no-body",
        operation.place,
        "no body is sent where none is documented (RFC 9110 9.3.1)",
        _each_request(look),
        level=Level.SHOULD,
    )


def _body(operation: Operation, request: Content) -> Iterator[Clause]:
    """Yield the clauses on the body: that it is there, its media type, and its value."""
    contents = (request, *operation.other_requests)
    yield _clause(
        "body-sent",
        request.place,
        "the request has its body" if request.required else "the body may be left out",
        _each_request(partial(_look_for_body, request)),
    )
    names = tuple(one.media_type for one in contents)
    told = " or ".join(names)
    yield _clause(
        "media-type",
        request.place,
        f"the body is sent as {told}",
        _each_request(partial(_look_at_media_type, names)),
        topic=Topic(Aspect.MEDIA_TYPE),
    )
    yield _clause(
        "media-type/told",
        request.place,
        "the media type of the body is told (RFC 9110 8.3)",
        _each_request(partial(_look_for_media_type, names)),
        level=Level.SHOULD,
        topic=Topic(Aspect.MEDIA_TYPE),
    )
    for content in contents:
        if content.kind in IN_JSON | FORMS:
            suffix = "" if content is request else f"/{essence(content.media_type)}"
            yield from _value_clauses(operation, content, suffix)


def _look_for_body(request: Content, exchange: Exchange) -> Finding | Looked:
    if exchange.case.body:
        return KEPT
    if request.required:
        return Finding(FindingKind.BODY_NOT_SENT, exchange.status)
    return NOTHING


def _look_at_media_type(names: Sequence[str], exchange: Exchange) -> Finding | Looked:
    sent_as = _media_type_of(exchange)
    if not exchange.case.body or not sent_as:
        return NOTHING
    if matching(names, sent_as) is not None:
        kind = FindingKind.SENT_WITHOUT_BOUNDARY
        return Finding(kind, exchange.status) if _lacks_boundary(sent_as) else KEPT
    kind = FindingKind.SENT_AS_ANOTHER_TYPE
    return Finding(kind, exchange.status, expected=tuple(names), observed=sent_as)


def _lacks_boundary(sent_as: str) -> bool:
    """Return whether nobody can tell where the parts of a body begin (RFC 2046 5.1.1)."""
    is_in_parts = essence(sent_as).startswith("multipart/")
    return is_in_parts and not re.search(r";\s*boundary=[^\s;]", sent_as, re.IGNORECASE)


def _look_for_media_type(names: Sequence[str], exchange: Exchange) -> Finding | Looked:
    if not exchange.case.body:
        return NOTHING
    if _media_type_of(exchange):
        return KEPT
    return Finding(FindingKind.SENT_WITHOUT_TYPE, exchange.status, expected=tuple(names))


def _media_type_of(exchange: Exchange) -> str:
    """Return the media type that a request tells, ``""`` where it tells none."""
    return (exchange.case.header("Content-Type") or "").strip()


def _is_sent_as(content: Content, operation: Operation) -> Callable[[Exchange], bool]:
    """Return whether a request's body is *content*; without a media type it is the first."""
    contents = (operation.request, *operation.other_requests)
    names = [one.media_type for one in contents if one is not None]

    def applies(exchange: Exchange) -> bool:
        if not exchange.case.body:
            return False
        sent_as = _media_type_of(exchange)
        if not sent_as:
            return content is operation.request
        is_json = not is_range(content.media_type) or "json" in sent_as
        return is_json and matching(names, sent_as) == content.media_type

    return applies


# --- the value of a body --------------------------------------------------------------------------


def _value_clauses(operation: Operation, content: Content, suffix: str) -> Iterator[Clause]:
    """Yield the clauses on a body: the whole, each member, and what it should not have."""
    applies = asked_once(_is_sent_as(content, operation))
    reader = _BodyReader(content)

    def reads_value(exchange: Exchange) -> bool:
        return applies(exchange) and reader.value_in(exchange) is not ABSENT

    has_value = asked_once(reads_value)

    if content.kind in IN_JSON:
        yield _clause(
            f"json{suffix}",
            content.place,
            "the body is one JSON value in UTF-8 (RFC 8259)",
            _each_request(_where(applies, _look_at_json)),
            topic=Topic(Aspect.JSON),
        )
    whole = Property(paths.WHOLE, content.schema, required=True, place=content.place)
    for member in (whole, *content.properties):
        if not member.is_deep:
            yield _member_clause((member,), reader, has_value, suffix)
    for members in deep_members(content.properties).values():
        yield _member_clause(members, reader, has_value, suffix)
    for member in _outermost_read_only(content):
        yield _read_only(content, member, reader, has_value, suffix)
    yield _clause(
        f"undeclared{suffix}",
        content.place,
        "the body has only members that the document names",
        _each_request(_where(has_value, partial(_look_for_undeclared, reader))),
        level=Level.SHOULD,
    )


def _where(applies: Callable[[Exchange], bool], look: Look) -> Look:
    """Return *look* for the requests to which it applies."""

    def look_where(exchange: Exchange) -> Finding | Looked:
        return look(exchange) if applies(exchange) else NOTHING

    return look_where


def _look_at_json(exchange: Exchange) -> Finding | Looked:
    if exchange.case.value is not ABSENT:
        return KEPT
    coding = exchange.case.header("Content-Encoding")
    if coding and coding.lower() != "identity":
        told = f"it is in the coding {coding}, which the document does not name"
    else:
        told = _why_unreadable(exchange.case.body or b"")
    return Finding(FindingKind.SENT_NO_JSON, exchange.status, observed=told)


def _why_unreadable(body: bytes) -> str:
    """Return why *body* is no JSON; one that lenient readers take is that to them alone."""
    try:
        json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    except (ValueError, RecursionError) as error:
        return str(error)
    return "only lenient readers take it: a name comes twice, NaN, or too many levels"


class _BodyReader:
    """Reads the bodies of requests, holds them against their schema, and remembers it."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._reader = SchemaReader(content)
        self._form = partial(sent_form, content)

    def value_in(self, exchange: Exchange) -> Any:
        """Return the value of the body: of a form an object, `ABSENT` where it cannot be read."""
        if self.content.kind in IN_JSON:
            return exchange.case.value
        return find_once(self._form, exchange, self._form)

    def keeps_schema(self, exchange: Exchange) -> bool:
        """Return whether nothing is wrong with the value; what cannot be read has none."""
        value = self.value_in(exchange)
        if value is ABSENT:
            return True
        if self.content.kind in IN_JSON:
            return self._reader.is_kept_by(value)
        # A text of a form stands for any of several types: a validator alone cannot say.
        return not self.violations_in(exchange)

    def violations_in(self, exchange: Exchange) -> Mapping[str, Placed]:
        """Return the first violation of each documented member, by its path."""
        return find_once(self, exchange, self._violations)

    def _violations(self, exchange: Exchange) -> dict[str, Placed]:
        found: dict[str, Placed] = {}
        for placed in self._reader.placed_violations(self.value_in(exchange)):
            found.setdefault(placed[0], placed)
        return found


def _member_clause(
    members: Sequence[Property],
    reader: _BodyReader,
    applies: Callable[[Exchange], bool],
    suffix: str,
) -> Clause:
    """Return the clause on a member, or on those that share one as they stand deep in the body."""
    first = members[0]

    def look(exchange: Exchange) -> Finding | Looked:
        if not applies(exchange):
            return NOTHING
        found = reader.violations_in(exchange)
        for member in members:
            if member.path in found:
                return _wrong_member(exchange, found[member.path])
        value = reader.value_in(exchange)
        is_sent = any(paths.is_anywhere(value, one.path) for one in members)
        return KEPT if is_sent else NOTHING

    named = first.schema_object if first.is_deep else first.path
    presence = "required" if first.required and not first.is_deep else "optional"
    promise = f"{named or 'the body'} is {presence}, and as its schema has it"
    if first.is_deep:
        promise = f"the members of {named} are as their schema has them"
    return _clause(
        f"{first.clause_name}{suffix}",
        first.place,
        promise,
        _each_request(look),
        topic=Topic(Aspect.MEMBER, member=named),
    )


def _wrong_member(exchange: Exchange, placed: Placed) -> Finding:
    path, pointer, wrong = placed
    if wrong == MISSING:
        kind = FindingKind.MEMBER_NOT_SENT
        return Finding(kind, exchange.status, path, expected=pointer)
    kind = FindingKind.MEMBER_SENT_WRONG
    return Finding(kind, exchange.status, path, expected=pointer, observed=wrong)


def _outermost_read_only(content: Content) -> Iterator[Property]:
    """Yield the read-only members that stand in no other one."""
    outer: list[str] = []
    for member in content.properties:
        is_inside = any(paths.is_within(member.path, one) for one in outer)
        if member.read_only and not is_inside:
            outer.append(member.path)
            yield member


def _read_only(
    content: Content,
    member: Property,
    reader: _BodyReader,
    applies: Callable[[Exchange], bool],
    suffix: str,
) -> Clause:
    """Return the clause that a read-only member is not sent.

    Where the document's own request shows it, that only warns: who copies it is not to blame. So it
    does where the document lists it as required, which counts in answers alone (OpenAPI 3.0.3,
    4.7.24.2): clients that are generated by other tools ask for it, and send it.
    """

    def look(exchange: Exchange) -> Finding | Looked:
        if not applies(exchange):
            return NOTHING
        for pointer, value in paths.values_at(reader.value_in(exchange), member.path):
            return Finding(
                FindingKind.READ_ONLY_SENT,
                exchange.status,
                member.path,
                expected=pointer,
                observed=quote_value(value),
            )
        return KEPT

    shown = any(paths.is_anywhere(one.value, member.path) for one in content.examples)
    return _clause(
        f"read-only/{member.path}{suffix}",
        member.place,
        f"{member.path} is read-only, and not sent",
        _each_request(look),
        level=Level.SHOULD if shown or member.required_back else Level.MUST,
        topic=Topic(Aspect.CONSTRAINT, member=member.path),
    )


def _look_for_undeclared(reader: _BodyReader, exchange: Exchange) -> Finding | Looked:
    names = sorted(set(undeclared_in(reader.value_in(exchange), reader.content.schema, ())))
    if not names:
        return KEPT
    kind = FindingKind.MEMBERS_SENT_UNDECLARED
    return Finding(kind, exchange.status, observed=tuple(names[:MOST_NAMED]))


# --- waits ----------------------------------------------------------------------------------------


def _waits(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on what a client sends while it is asked to wait.

    That the wait is told by the document makes it a MUST; RFC 9110 10.2.3 only says "ought to".
    """
    promised = operation.promises.rate_limit
    is_promised = promised is not None and bool(promised.retry_after) and not promised.inferred
    named = [header for one in operation.responses for header in one.headers]
    place = next((one.place for one in named if one.name.lower() == "retry-after"), None)
    yield _clause(
        "retry-after",
        place or operation.place,
        "nothing is sent before the wait of Retry-After is over (RFC 9110 10.2.3)",
        _judge_waits(_asked_wait, FindingKind.SENT_BEFORE_WAIT),
        level=Level.MUST if is_promised or place else Level.SHOULD,
        topic=Topic(Aspect.WAIT),
        sequential=True,
    )
    yield _clause(
        "none-left",
        operation.place,
        "nothing is sent while no request is left in the window",
        _judge_waits(_reset_at_zero, FindingKind.SENT_AT_ZERO),
        level=Level.SHOULD,
        topic=Topic(Aspect.QUOTA),
        sequential=True,
    )


def _judge_waits(
    asked_wait: Callable[[Exchange], tuple[str, float] | None], kind: FindingKind
) -> Judge:
    """Judge what is sent before a wait is over that an answer to the same credentials asked for.

    What was on its way when that answer came is no fault of the client's. *asked_wait* gives the
    header that asks, and its seconds.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        waits: dict[str, tuple[str, float, Exchange]] = {}
        ordered = sorted(exchanges, key=lambda one: one.sent_at)
        for exchange in ordered:
            if _is_undeclared(exchange):
                continue
            known = waits.get(exchange.case.authority)
            if known is not None and exchange.sent_at >= known[2].came_at:
                yield _waited(exchange, kind, known)
            asked = asked_wait(exchange)
            if asked is not None:
                waits[exchange.case.authority] = (*asked, exchange)
            elif known is not None and exchange.sent_at - known[2].came_at >= known[1]:
                del waits[exchange.case.authority]

    return judge


def _waited(exchange: Exchange, kind: FindingKind, known: tuple[str, float, Exchange]) -> Evidence:
    """Return the evidence of a request behind an answer that asked to wait."""
    header, seconds, asking = known
    apart = exchange.sent_at - asking.came_at
    if apart >= seconds - SLACK_S:
        return Evidence(exchange)
    finding = Finding(kind, exchange.status, header, expected=seconds, observed=round(apart, 1))
    return Evidence(exchange, finding)


def _asked_wait(exchange: Exchange) -> tuple[str, float] | None:
    """Return the wait that a refusal asks for: of a success, Retry-After means another thing."""
    if not (exchange.throttled or exchange.status >= 500):
        return None
    name = quota.known_headers(exchange.case.operation).retry_after
    seconds = quota.parse_retry_after(exchange.header(name), exchange.header("Date"))
    return None if seconds is None else (name, seconds)


def _reset_at_zero(exchange: Exchange) -> tuple[str, float] | None:
    """Return the seconds to the end of a window of which an answer says that nothing is left.

    A refusal that asks for another wait is no such answer.
    """
    known = quota.known_headers(exchange.case.operation)
    left = exchange.header(known.remaining)
    if left is not None and quota.whole_number(left):
        return None  # nearly always: this spares the look at the other conventions
    told = quota.latest_quota(exchange)
    is_other = _asked_wait(exchange) is not None
    if is_other or told.remaining != 0 or told.seconds_to_reset is None:
        return None
    return known.reset, float(told.seconds_to_reset)


# --- keys of requests -----------------------------------------------------------------------------


def _one_use(parameter: Parameter) -> Clause:
    """Return the clause that a key names one request (draft-ietf-httpapi-idempotency-key-header).

    The same request may be sent again with it; another one is taken for that by the service.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        named: dict[tuple[str, str], Exchange] = {}
        for exchange in sorted(exchanges, key=lambda one: one.sent_at):
            key = exchange.case.header(parameter.name)
            if not key or key == REDACTED or _is_undeclared(exchange):
                continue
            first = named.setdefault((exchange.case.authority, key), exchange)
            if _is_same_request(first, exchange):
                yield Evidence(exchange)
                continue
            kind = FindingKind.KEY_FOR_ANOTHER_REQUEST
            yield Evidence(exchange, Finding(kind, exchange.status, parameter.name))

    return _clause(
        "idempotency-key",
        parameter.place,
        f"{parameter.name} is sent again only with the same request",
        judge,
        level=Level.SHOULD,
        topic=Topic(header=parameter.name),
        sequential=True,
    )


def _is_same_request(one: Exchange, other: Exchange) -> bool:
    if one.case.parameters != other.case.parameters:
        return False
    if one.case.value is ABSENT or other.case.value is ABSENT:
        return one.case.body == other.case.body
    return bool(one.case.value == other.case.value)
