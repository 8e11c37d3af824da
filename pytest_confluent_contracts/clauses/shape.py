"""Do answers look as documented? Statuses, media types, bodies, headers, ids, and examples."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.challenges import are_challenges
from pytest_confluent_contracts.clauses.header_values import (
    LONGEST_NUMBER,
    is_documented_value,
)
from pytest_confluent_contracts.clauses.problem_details import members_of_problems
from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NOTHING,
    THROTTLING,
    Looked,
    SchemaReader,
    always,
    asked_once,
    each,
    is_permitted_by_http,
    member_finding,
    missing,
    quote_value,
    texts_at,
    unless_answered,
    url_parts,
    withheld,
)
from pytest_confluent_contracts.clauses.refusals import is_permitted_undocumented
from pytest_confluent_contracts.model import paths, quota
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.documents import (
    COMPOSING,
    Content,
    Example,
    Property,
    deep_members,
)
from pytest_confluent_contracts.model.media_types import IN_JSON, body_kind, essence, matching
from pytest_confluent_contracts.model.traffic import DEEPEST_READ, REDACTED, Expect, is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Header, Operation, Response
    from pytest_confluent_contracts.model.traffic import Exchange, Probe

# Keywords by which a schema may speak of members beside those that it lists.
OPEN = COMPOSING | {"additionalProperties", "patternProperties", "unevaluatedProperties"}
DEEP_LIST = "[" * (DEEPEST_READ + 1)  # the beginning of a list that is too deep to be read
INTEGER = re.compile(r"-?[0-9]+\Z")
# Members that a finding names, and characters of each: a target may make up as many as it likes.
MOST_NAMED, LONGEST_NAME = 8, 80
# RFC 8259 8.1: JSON is UTF-8.
FOREIGN_CHARSET = re.compile(r';\s*charset\s*=\s*(?!"?(?:utf-?8|us-ascii)\b)', re.IGNORECASE)
# RFC 9110 5.3: these may come in several lines.
CHALLENGES = "www-authenticate"
LIST_HEADERS = frozenset({CHALLENGES, "allow", "vary", *quota.STRUCTURED_FIELDS})
FRAMING = frozenset({"content-type", "content-length", "transfer-encoding", "connection"})
# How the keywords of a schema are called in a promise.
TOLD_KEYWORDS = {
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


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on statuses, successful answers, request ids and examples."""
    yield _answered(operation)
    yield _answered_at_once(operation)
    yield _statuses(operation)
    # A document that describes no body of any refusal does not say that they have none.
    has_error_bodies = any(one.content and one.status[0] in "45" for one in operation.responses)
    for response in operation.responses:
        if response.status.startswith("2"):
            yield from _success(operation, response)
        elif response.content is None and has_error_bodies:
            yield _no_body(operation, response)
    yield from _request_ids(operation)
    yield from _allowed_values(operation)
    for response in operation.responses:
        yield from _examples(response)
    yield from _contradictions(operation)


# --- every answer ------------------------------------------------------------------------------


def _answered(operation: Operation) -> Clause:
    """Return the clause on availability, apart from the contract: in the end there is an answer."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            lost = is_local(exchange.url) if exchange.superseded else bool(exchange.failure)
            yield Evidence(exchange, _lost(exchange) if lost else None)

    return Clause(
        id="answered",
        family=Family.SHAPE,
        place=operation.place,
        promise="every request is answered",
        judge=judge,
        explain=missing(MissingKind.NOTHING_SENT),
        needs=EVERY,
        topic=Topic(Aspect.GENERAL),
    )


def _answered_at_once(operation: Operation) -> Clause:
    """Return the clause that, where a network is in between, nothing need be sent again."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            if not is_local(exchange.url):
                yield Evidence(exchange, _lost(exchange) if exchange.superseded else None)

    return Clause(
        id="answered/at-once",
        family=Family.SHAPE,
        level=Level.SHOULD,
        place=operation.place,
        promise="a request is answered the first time",
        judge=judge,
        explain=missing(MissingKind.NOTHING_BETWEEN),
        needs=EVERY,
    )


def _lost(exchange: Exchange) -> Finding:
    kind = FindingKind.ANSWERED_AGAIN if exchange.superseded else FindingKind.NOT_ANSWERED
    return Finding(kind, exchange.status, observed=exchange.failure)


def _statuses(operation: Operation) -> Clause:
    listed = [response.status for response in operation.responses]
    others = "" if operation.promises_refusal else ", and 4xx to a wrong request"

    def look(exchange: Exchange) -> Finding | Looked:
        title = exchange.case.title
        if exchange.status >= 500:
            return Finding(FindingKind.SERVER_ERROR, exchange.status, request=title)
        is_documented = operation.response(exchange.status) is not None
        if not (is_documented or _may_come_undocumented(exchange)):
            return Finding(FindingKind.UNDOCUMENTED_STATUS, exchange.status, request=title)
        return KEPT

    return Clause(
        id="statuses",
        family=Family.SHAPE,
        place=operation.place,
        promise=f"only {', '.join(listed)} are answered{others}, and never 5xx to a request",
        judge=each(always, look),
        explain=withheld("an answer", Expect.ACCEPTED),
        needs=EVERY,
        topic=Topic(Aspect.GENERAL),
    )


def _may_come_undocumented(exchange: Exchange) -> bool:
    return is_permitted_by_http(exchange) or is_permitted_undocumented(exchange)


def documented_as(operation: Operation, *statuses: str) -> Applies:
    """Apply to answers that are documented under one of *statuses*.

    Where a status is named, its range says nothing of it; ``default`` stands for every error that
    has no other place.
    """

    def applies(exchange: Exchange) -> bool:
        response = operation.response(exchange.status)
        if response is None or response.status not in statuses:
            return False
        return exchange.status >= 400 or response.status.lower() != "default"

    return applies


def _no_body(operation: Operation, response: Response) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        if not exchange.text:
            return KEPT
        came = quote_value(exchange.text)
        return Finding(FindingKind.BODY_UNDOCUMENTED, exchange.status, observed=came)

    return Clause(
        id=f"{response.status}/no-body",
        family=Family.SHAPE,
        level=Level.SHOULD,
        place=response.place,
        promise=f"no body is documented for {response.status}",
        judge=each(documented_as(operation, response.status), look),
        explain=missing(MissingKind.NO_SUCH_STATUS, response.status),
        needs=THROTTLING if response.status == "429" else EVERY,
        topic=Topic(status=response.status),
    )


# --- successful answers ------------------------------------------------------------------------


def _success(operation: Operation, response: Response) -> Iterator[Clause]:
    """Yield the clauses on one documented answer of the 2xx class."""
    status = response.status
    explain = explain_success(operation, status)
    applies = documented_as(operation, status)
    if response.content is not None:
        yield from body_clauses(Family.SHAPE, status, response.content, applies, explain)
    yield from other_body_clauses(Family.SHAPE, response, applies)
    limits = limit_headers(operation)
    for header in response.headers:
        if header.name.lower() not in limits:
            id = f"{status}/header/{header.name}"
            held = with_words(operation, header)
            yield from header_clauses(Family.SHAPE, id, status, held, applies, explain)


def explain_success(operation: Operation, status: str) -> Explain:
    """Explain that an answer with *status* is owed; of several successes, that another one came."""
    what = f"an answer with {status}"
    successes = [one for one in operation.responses if one.status.startswith("2")]
    if len(successes) == 1:
        return withheld(what, Expect.ACCEPTED)
    otherwise = MissingEvidence(MissingKind.NO_SUCH_STATUS, status)
    return withheld(what, Expect.ACCEPTED, otherwise=otherwise)


def limit_headers(operation: Operation) -> frozenset[str]:
    """Return the names, in lower case, of the headers that tell the rate limit.

    Their own family judges them.
    """
    promised = quota.promised_headers(operation)
    if promised:
        return frozenset(name.lower() for name in promised.names)
    return frozenset()


def body_clauses(
    family: Family, status: str, content: Content, applies: Applies, explain: Explain
) -> Iterator[Clause]:
    """Yield the clauses on a body: media type, JSON, the whole, each member, the undocumented ones.

    *status* is the answers' status, or ``error`` for a body that all errors share. An answer that
    is documented under another media type of its status is none of theirs.
    """
    yield Clause(
        id=f"{status}/media-type",
        family=family,
        place=content.place,
        promise=f"the body is {content.media_type}",
        judge=each(applies, _look_at_media_type(content.media_type)),
        explain=explain,
        needs=EVERY,
        topic=Topic(Aspect.MEDIA_TYPE, status),
    )

    def is_of_this_type(exchange: Exchange) -> bool:
        return applies(exchange) and not _is_of_another_type(exchange, content)

    explain_type = _unless_of_another_type(content, explain)
    yield from _value_clauses(family, status, content, is_of_this_type, explain_type)


def _unless_of_another_type(content: Content, explain: Explain) -> Explain:
    """Explain as *explain*, but where answers came in another documented media type."""

    def explain_type(exchanges: Sequence[Exchange]) -> MissingEvidence:
        accepted = [exchange for exchange in exchanges if exchange.accepted]
        if any(_is_of_another_type(exchange, content) for exchange in accepted):
            return MissingEvidence(MissingKind.NO_SUCH_MEDIA_TYPE, content.media_type)
        return explain(exchanges)

    return explain_type


def other_body_clauses(family: Family, response: Response, applies: Applies) -> Iterator[Clause]:
    """Yield the clauses on the bodies of *response* in its other media types.

    Nobody owes them: a service chooses among those that the request accepts.
    """
    for content in response.others:
        name = essence(content.media_type)

        def is_of_this_type(exchange: Exchange, content: Content = content) -> bool:
            return applies(exchange) and _content_of(exchange) == content

        explain = missing(MissingKind.NO_SUCH_MEDIA_TYPE, name)
        where = f"{response.status}/{name}"
        yield from _value_clauses(family, where, content, is_of_this_type, explain)


def _is_of_another_type(exchange: Exchange, content: Content) -> bool:
    """Return whether the answer is documented under another media type than that of *content*."""
    response = exchange.case.operation.response(exchange.status)
    if response is None or response.content is None:
        return False
    if not response.others and response.content.media_type == content.media_type:
        return False  # there is no other: most answers are asked, and this spares the look
    documented = response.content_sent_as(exchange.header("content-type"))
    return documented is not None and documented.media_type != content.media_type


def _content_of(exchange: Exchange) -> Content | None:
    """Return what the document says of the body of the answer, by status and media type."""
    response = exchange.case.operation.response(exchange.status)
    if not response:
        return None
    return response.content_sent_as(exchange.header("content-type"))


def _value_clauses(
    family: Family, status: str, content: Content, applies: Applies, explain: Explain
) -> Iterator[Clause]:
    """Yield the clauses on the value of a body, where it is JSON."""
    if content.kind not in IN_JSON:
        yield _unjudged(family, status, content)
        return

    def is_told_as_json(exchange: Exchange) -> bool:
        is_json = body_kind(exchange.header("content-type") or "") in IN_JSON
        return applies(exchange) and is_json and exchange.is_readable

    def has_value(exchange: Exchange) -> bool:
        return applies(exchange) and exchange.json is not paths.ABSENT

    is_readable = asked_once(has_value)
    yield Clause(
        id=f"{status}/json",
        family=family,
        place=content.place,
        promise="the body is one JSON value in UTF-8 (RFC 8259)",
        judge=each(is_told_as_json, _look_at_json),
        explain=explain,
        needs=EVERY,
        topic=Topic(Aspect.JSON, status),
    )
    reader = SchemaReader(content)
    whole = Property(paths.WHOLE, content.schema, required=True, place=content.place)
    for member in (whole, *content.properties):
        if not member.is_deep:
            yield _member_clause(family, status, member, reader, is_readable, explain)
    for members in deep_members(content.properties).values():
        yield _members_clause(family, status, members, reader, is_readable, explain)
    yield Clause(
        id=f"{status}/undeclared",
        family=family,
        level=Level.SHOULD,
        place=content.place,
        promise="every member of the body is documented",
        judge=each(is_readable, _look_for_undeclared(content.schema)),
        explain=explain,
        needs=EVERY,
        topic=Topic(status=status),
    )


def _unjudged(family: Family, status: str, content: Content) -> Clause:
    """Return the clause that says of which body only status and media type are judged."""
    return Clause(
        id=f"{status}/body",
        family=family,
        place=content.place,
        promise=f"the body is as the schema of {content.media_type} has it",
        judge=lambda _: (),
        explain=missing(MissingKind.BODY_NOT_JUDGED, content.media_type),
        needs=frozenset(),
        topic=Topic(Aspect.MEMBER, status),
    )


def _look_at_media_type(promised: str) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        came = exchange.header_values("content-type")
        response = exchange.case.operation.response(exchange.status)
        others = [one.media_type for one in response.others] if response else []
        if len(set(came)) == 1 and _is_media_type(came[0], [promised, *others]):
            return KEPT
        expected = " or ".join([promised, *others])
        return Finding(
            FindingKind.MEDIA_TYPE_WRONG, exchange.status, expected=expected, observed=came
        )

    return look


def _is_media_type(came: str, promised: Sequence[str]) -> bool:
    named = matching(promised, came)
    if named is None:
        return False
    # RFC 8259 8.1: JSON is UTF-8, whatever another charset claims; of a text it may be any.
    return body_kind(came) not in IN_JSON or not FOREIGN_CHARSET.search(came)


def _repeats_deep_request(exchange: Exchange) -> bool:
    """Return whether the answer shows a list of the request that is deeper than we read.

    Frameworks show the wrong value in their refusal, as pydantic does in ``input``.
    """
    sent = exchange.case.body or b""
    return DEEP_LIST.encode() in sent and DEEP_LIST in exchange.text


def _look_at_json(exchange: Exchange) -> Finding | Looked:
    if not exchange.flaw:
        return KEPT
    if _repeats_deep_request(exchange):
        return NOTHING
    return Finding(FindingKind.JSON_UNREADABLE, exchange.status, observed=exchange.flaw)


def _member_clause(
    family: Family,
    status: str,
    member: Property,
    reader: SchemaReader,
    applies: Applies,
    explain: Explain,
) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        wrong = reader.violations_in(exchange).get(member.path)
        if wrong is not None:
            return member_finding(exchange, member.path, wrong)
        if paths.is_anywhere(exchange.json, member.path):
            return KEPT
        return NOTHING

    return Clause(
        id=f"{status}/{member.clause_name}",
        family=family,
        place=member.place,
        promise=_promise_of(member),
        judge=each(applies, look),
        explain=_never_seen(member, applies, explain) if member.path else explain,
        needs=EVERY,
        topic=Topic(Aspect.MEMBER, status, member.path),
    )


def _members_clause(
    family: Family,
    status: str,
    members: Sequence[Property],
    reader: SchemaReader,
    applies: Applies,
    explain: Explain,
) -> Clause:
    """Return the clause on all *members* of one schema object that stands deep in a body."""
    first = members[0]
    holder = first.schema_object

    def look(exchange: Exchange) -> Finding | Looked:
        found = reader.violations_in(exchange)
        wrong = [(member.path, found[member.path]) for member in members if member.path in found]
        if wrong:
            observed = tuple(wrong[:MOST_NAMED])
            return Finding(FindingKind.MEMBERS_INVALID, exchange.status, holder, observed=observed)
        seen = any(paths.is_anywhere(exchange.json, member.path) for member in members)
        if seen:
            return KEPT
        return NOTHING

    names = ", ".join(member.name for member in members[:MOST_NAMED])
    more = f" and {len(members) - MOST_NAMED} more" if len(members) > MOST_NAMED else ""
    return Clause(
        id=f"{status}/{first.clause_name}",
        family=family,
        place=first.place,
        promise=f"the members of {holder} are as documented: {names}{more}",
        judge=each(applies, look),
        explain=_never_seen(replace(first, required=False), applies, explain),
        needs=EVERY,
        topic=Topic(Aspect.MEMBER, status, holder),
    )


def _never_seen(member: Property, applies: Applies, explain: Explain) -> Explain:
    """Explain why a member was never seen.

    Its parent is judged on its own, and what is optional may stay away.
    """

    def explain_member(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if not any(applies(exchange) for exchange in exchanges):
            return explain(exchanges)
        if member.required and member.parent:
            return MissingEvidence(MissingKind.NO_SUCH_MEMBER, member.parent)
        return MissingEvidence(MissingKind.MEMBER_OPTIONAL, member.path)

    return explain_member


def _promise_of(member: Property) -> str:
    told = [
        f"{words}{quote_value(member.schema[keyword], 60)}"
        for keyword, words in _told_in_order(member.schema)
    ]
    presence = "required" if member.required else "optional"
    rules = f": {', '.join(told)}" if told else ""
    return f"{member.path or 'the body'} is {presence}{rules}"


def _told_in_order(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the keywords of *schema* that a promise tells, with the words for each.

    They stand in the order of *schema*.
    """
    return [(keyword, TOLD_KEYWORDS[keyword]) for keyword in schema if keyword in TOLD_KEYWORDS]


def _look_for_undeclared(schema: Mapping[str, Any]) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        undeclared = set(undeclared_in(exchange.json, schema, ()))
        names = sorted(undeclared - members_of_problems(exchange))
        if not names:
            return KEPT
        shown = tuple(_shown_name(name) for name in names[:MOST_NAMED])
        more = max(0, len(names) - MOST_NAMED)
        return Finding(FindingKind.MEMBERS_UNDECLARED, exchange.status, observed=(shown, more))

    return look


def _shown_name(name: str) -> str:
    if name.isprintable() and len(name) <= LONGEST_NAME:
        return name
    return quote_value(name)


def undeclared_in(
    value: Any, schema: Mapping[str, Any], steps: tuple[paths.Step, ...]
) -> Iterator[str]:
    """Yield the path of each member of *value* that *schema* does not speak of.

    It speaks of those that it names, and of any where it says something of additional ones, or has
    branches that may name more.
    """
    declared = schema.get("properties") or {}
    if isinstance(value, dict):
        if declared and OPEN.isdisjoint(schema):
            for name in value:
                if name not in declared:
                    yield paths.path_of([*steps, name])
        for name in value.keys() & declared.keys():
            yield from undeclared_in(value[name], declared[name], (*steps, name))
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        for item in value:
            yield from undeclared_in(item, items, (*steps, paths.ITEM))


# --- headers -----------------------------------------------------------------------------------


def with_words(operation: Operation, header: Header) -> Header:
    """Return *header* with what words say of it added to its schema.

    What counts requests or seconds is not below 0: the headers of the rate limit, as the prose has
    them, and Retry-After (RFC 9110 10.2.3). Of any other integer nothing but its type is known.
    What words promise, or HTTP asks for with a status, is always sent.
    """
    promised = limit_headers(operation)
    request_id = operation.promises.request_id
    owed = {*promised, CHALLENGES}
    if request_id:
        owed.add(request_id.header.lower())
    name = header.name.lower()
    if name in owed:
        header = replace(header, required=True)
    if name not in {*promised, quota.USUAL_HEADERS.retry_after.lower()}:
        return header
    return replace(header, schema={"minimum": 0, **header.schema})


def header_clauses(
    family: Family, id: str, status: str, header: Header, applies: Applies, explain: Explain
) -> Iterator[Clause]:
    """Yield the clauses on a documented header of answers with *status*.

    Where the document does not say that it is required, it need not be sent (OpenAPI 3.1 4.8.21):
    then its value is judged where it comes, and that it never comes only warns. Content-Type is
    not judged as a header (4.8.17), and what frames an answer is the connection's.
    """
    name = header.name.lower()
    if name in FRAMING:
        return
    if header.required:
        yield header_clause(family, id, status, header, applies, explain, EVERY)
        return

    def is_sent(exchange: Exchange) -> bool:
        return applies(exchange) and exchange.header(name) is not None

    def explain_absence(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if any(applies(exchange) for exchange in exchanges):
            return MissingEvidence(MissingKind.MEMBER_OPTIONAL, header.name)
        return explain(exchanges)

    yield header_clause(family, id, status, header, is_sent, explain_absence, EVERY)
    is_of_some = asks_to_wait(status, header) or _leads_on(header)
    if header.required is None and not is_of_some:
        yield _header_is_sent(family, id, status, header, applies, explain)


def asks_to_wait(status: str, header: Header) -> bool:
    """Return whether it is Retry-After of a success or a redirection: only some have to wait."""
    is_wait = header.name.lower() == quota.USUAL_HEADERS.retry_after.lower()
    return is_wait and status[:1] in ("2", "3")


def _leads_on(header: Header) -> bool:
    """Return whether it is Link (RFC 8288): a list of one page has no other page to lead to."""
    return header.name.lower() == "link"


def _header_is_sent(
    family: Family, id: str, status: str, header: Header, applies: Applies, explain: Explain
) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.header(header.name) is not None:
            return KEPT
        return Finding(FindingKind.HEADER_MISSING, exchange.status, header.name)

    return Clause(
        id=f"{id}/sent",
        family=family,
        level=Level.SHOULD,
        place=header.place,
        promise=f"{header.name} is sent, as it is documented",
        judge=each(applies, look),
        explain=explain,
        needs=EVERY,
        topic=Topic(Aspect.HEADER, status, header=header.name),
    )


def header_clause(
    family: Family,
    id: str,
    status: str,
    header: Header,
    applies: Applies,
    explain: Explain,
    needs: frozenset[Probe],
) -> Clause:
    """Return the clause that answers with *status* have a documented header, and of its type."""
    kind = _told_type(header) if _is_integer(header) else "not empty"
    promise = f"{header.name} is sent: {kind}"
    if not header.required:
        promise = f"{header.name}, where it is sent: {_told_rules(header) or kind}"
    return Clause(
        id=id,
        family=family,
        place=header.place,
        promise=promise,
        judge=each(applies, _look_at_header(header)),
        explain=explain,
        needs=needs,
        topic=Topic(_header_aspect(status, header), status, header=header.name),
    )


def _header_aspect(status: str, header: Header) -> Aspect:
    """Return the aspect of a header.

    The wait of a 429 is wrong for the reason for which the rules on waits are.
    """
    if status == "429" and header.name == quota.USUAL_HEADERS.retry_after:
        return Aspect.WAIT
    return Aspect.HEADER


def _told_type(header: Header) -> str:
    told = ["an integer"]
    least, most = header.schema.get("minimum"), header.schema.get("maximum")
    if least is not None:
        told.append(f"at least {least}" if least else "not negative")
    if most is not None:
        told.append(f"at most {most}")
    return ", ".join(told)


def _told_rules(header: Header) -> str:
    told = _told_in_order(header.schema)
    return ", ".join(f"{words}{quote_value(header.schema[key], 60)}" for key, words in told)


def _is_integer(header: Header) -> bool:
    return header.schema.get("type") == "integer"


def _look_at_header(header: Header) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        status, name = exchange.status, header.name
        came = exchange.header_values(name)
        if not came:
            return Finding(FindingKind.HEADER_MISSING, status, name)
        if len(came) > 1 and name.lower() not in LIST_HEADERS:
            return Finding(FindingKind.HEADER_REPEATED, status, name, observed=len(came))
        if name.lower() == CHALLENGES:
            came = (", ".join(came),)
        for value in came:
            kind = _violation_of(header, value)
            if kind is not None:
                expected = _told_type(header)
                return Finding(kind, status, name, expected, observed=quote_value(value))
        whole = ", ".join(came).replace(REDACTED, "redacted")
        if _is_integer(header) and len(whole) > LONGEST_NUMBER:
            return KEPT  # no keyword but the bounds, held above, bears on it
        if is_documented_value(name, header.schema, whole):
            return KEPT
        kind, expected = FindingKind.HEADER_INVALID, _told_rules(header)
        return Finding(kind, status, name, expected, observed=quote_value(whole))

    return look


def _violation_of(header: Header, value: str) -> FindingKind | None:
    """Return in which way *value* is not what the document says of *header*, None where it is."""
    if _is_integer(header):
        return _violation_by_integer(header.schema, value)
    if not value.strip():
        # A list without items is written like that.
        if header.schema.get("type") == "array":
            return None
        return FindingKind.HEADER_EMPTY
    if header.name.lower() == CHALLENGES and not are_challenges(value):
        return FindingKind.HEADER_NO_CHALLENGE
    if header.schema.get("format") == "uri" and not _is_absolute(value):
        return FindingKind.HEADER_NO_URI
    return None


def _violation_by_integer(schema: Mapping[str, Any], value: str) -> FindingKind | None:
    if not INTEGER.match(value):
        return FindingKind.HEADER_NOT_INTEGER
    number = float(value)  # a float takes any number of digits
    least, most = schema.get("minimum"), schema.get("maximum")
    if least == 0 and number < 0:
        return FindingKind.HEADER_NEGATIVE
    is_below = least is not None and number < least
    is_above = most is not None and number > most
    if is_below or is_above:
        return FindingKind.HEADER_OUT_OF_BOUNDS
    return None


def _is_absolute(url: str) -> bool:
    parts = url_parts(url)
    return bool(parts.scheme and parts.netloc)


# --- request identity --------------------------------------------------------------------------


def _request_ids(operation: Operation) -> Iterator[Clause]:
    promised = operation.promises.request_id
    if promised is None or not promised.unique:
        return
    name = promised.header
    yield Clause(
        id="request-id/unique",
        family=Family.SHAPE,
        place=promised.place,
        promise=f"no two answers share {name}: {promised.says}",
        judge=no_value_twice(lambda exchange: exchange.header_values(name), name),
        explain=withheld(f"an answer with {name}", Expect.ACCEPTED),
        needs=EVERY,
        topic=Topic(header=name),
    )


def no_value_twice(values_of: Callable[[Exchange], Sequence[str]], name: str) -> Judge:
    """Return a judge that finds a value of *values_of* which an earlier exchange had too."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        seen: set[str] = set()
        for exchange in exchanges:
            came = () if exchange.superseded else values_of(exchange)
            if not came:
                continue
            again = next((value for value in came if value in seen), None)
            seen.update(came)
            if again is None:
                yield Evidence(exchange)
                continue
            observed = quote_value(again)
            finding = Finding(FindingKind.VALUE_REPEATED, exchange.status, name, observed=observed)
            yield Evidence(exchange, finding)

    return judge


# --- prose lists of values ---------------------------------------------------------------------


def _allowed_values(operation: Operation) -> Iterator[Clause]:
    promised = operation.promises.allowed_values
    for path, allowed in promised.by_path.items():
        yield Clause(
            id=f"200/values/{path}",
            family=Family.SHAPE,
            place=promised.place,
            promise=f"{path} is one of {', '.join(map(str, allowed))}",
            judge=each(_is_taken_rightly, _look_at_value(path, allowed)),
            explain=unless_answered(MissingKind.NO_SUCH_MEMBER, path),
            needs=EVERY,
            topic=Topic(status="200", member=path),
        )


def _is_taken_rightly(exchange: Exchange) -> bool:
    """Apply where a success does not show what a wrong request had in it: that is told there."""
    return exchange.accepted and exchange.case.expect is not Expect.REFUSED


def _look_at_value(path: str, allowed: Sequence[Any]) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        came = [value for value in texts_at(exchange.json, path) if REDACTED not in value]
        wrong = next((value for value in came if value not in allowed), None)
        if wrong is not None:
            observed = quote_value(wrong)
            return Finding(FindingKind.VALUE_UNLISTED, exchange.status, path, observed=observed)
        if came:
            return KEPT
        return NOTHING

    return look


# --- the document's own examples ---------------------------------------------------------------


def _contradictions(operation: Operation) -> Iterator[Clause]:
    """Yield a clause for each schema of a body that no value satisfies."""
    if operation.request is not None:
        yield from _contradictions_in("request", operation.request)
    for response in operation.responses:
        for content in response.contents:
            is_first = content == response.content
            name = "" if is_first else f"/{essence(content.media_type)}"
            yield from _contradictions_in(f"{response.status}{name}", content)


def _contradictions_in(where: str, content: Content) -> Iterator[Clause]:
    whole = Property(paths.WHOLE, content.schema, required=True, place=content.place)
    for member in (whole, *content.properties):
        told = member.schema.get("x-contradiction")
        if told:
            yield _contradiction_clause(where, member, told)


def _contradiction_clause(where: str, member: Property, told: str) -> Clause:
    finding = Finding(FindingKind.SCHEMA_CONTRADICTS, subject=member.path, observed=told)
    status = "" if where == "request" else where
    return Clause(
        id=f"document/schema/{where}/{member.path or 'body'}",
        family=Family.SHAPE,
        level=Level.SHOULD,
        place=member.place,
        promise=f"some value satisfies the schema of {member.path or 'the body'}",
        judge=lambda _: [Evidence(None, finding)],
        explain=missing(MissingKind.NO_EXAMPLE),
        needs=frozenset(),
        topic=Topic(status=status, member=member.path),
    )


def _examples(response: Response) -> Iterator[Clause]:
    status, content = response.status, response.content
    if content is not None:
        for example in content.examples:
            suffix = "" if example.name in ("default", status) else f"/{example.name}"
            yield _example_clause(status, f"{status}{suffix}", content, example)
    for header in response.headers:
        if "example" in header.schema:
            shown = Example(header.name, _shown_value(header), header.place)
            held = Content("", header.schema, (), (), header.place)
            yield _example_clause(status, f"{status}/{header.name}", held, shown)


def _shown_value(header: Header) -> Any:
    """Return the example of *header* as its schema has it: on the wire, 12 and "12" are one."""
    shown = header.schema["example"]
    if _is_integer(header):
        if isinstance(shown, str) and INTEGER.match(shown):
            return int(shown)
        return shown
    if header.schema.get("type") in ("number", "boolean"):
        return shown
    return str(shown)


def _example_clause(status: str, id: str, content: Content, example: Example) -> Clause:
    def judge(_: Sequence[Exchange]) -> Iterator[Evidence]:
        wrong = SchemaReader(content).violations_of(example.value)
        if not wrong:
            yield Evidence(None)
            return
        told = tuple((path, problem) for path, problem in wrong.items())
        yield Evidence(None, Finding(FindingKind.EXAMPLE_INVALID, observed=told))

    return Clause(
        id=f"document/example/{id}",
        family=Family.SHAPE,
        level=Level.SHOULD,
        place=example.place,
        promise="the document's example keeps the document's schema",
        judge=judge,
        explain=missing(MissingKind.NO_EXAMPLE),
        needs=frozenset(),
        topic=Topic(status=status),
    )
