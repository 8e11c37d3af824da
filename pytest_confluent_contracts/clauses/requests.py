"""Does the service take what the document allows, and refuse what it forbids?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.notation import is_default, is_taken_over
from pytest_confluent_contracts.clauses.reading import (
    HIDING,
    KEPT,
    NOTHING,
    Looked,
    each,
    is_answer,
    is_permitted_by_http,
    is_same,
    leaves_of,
    missing,
    quote_value,
    tells_deletion,
    withheld,
)
from pytest_confluent_contracts.clauses.refusals import (
    is_fitting_refusal,
    may_be_refused_for_its_values,
    refusal_level,
)
from pytest_confluent_contracts.clauses.update_state import merged_value, shows_something_else
from pytest_confluent_contracts.model import paths
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
from pytest_confluent_contracts.model.documents import Property, deep_members, types_allowed
from pytest_confluent_contracts.model.media_types import (
    IN_JSON,
    WITH_MEMBERS,
    BodyKind,
    essence,
)
from pytest_confluent_contracts.model.resources import DELETE_AGAIN, Role
from pytest_confluent_contracts.model.traffic import Expect, Probe, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

BOUNDS = (
    *("minLength", "maxLength", "pattern", "format", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
# What a member is asked for by other schemas than its own.
RULES = (
    *("oneOf", "anyOf", "not", "contains", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems"),
    *("if", "dependentRequired", "dependentSchemas"),
)
# Of these, a part of the member may be what is wrong.
CONDITIONAL = frozenset({"if", "dependentRequired", "dependentSchemas"})
# Ids that are the own one to some: there are clauses of their own for them.
OWN_IDS = frozenset({SubjectKind.NORMALISED_ID, SubjectKind.UNKNOWN_PARENT})
LONE_SURROGATE = "lone-surrogate"
MEDIA_TYPE = "media-type"
REFUSED_AS = {
    "json": "a body that is not JSON is refused (RFC 8259)",
    MEDIA_TYPE: "a body of another media type is refused",
    "required": "a request without its required body is refused",
    LONE_SURROGATE: "a lone surrogate is refused, or kept as it is (RFC 8259 8.2)",
}
# Probes in which a request without a body is as documented.
PLAIN = (Probe.EXAMPLES, Probe.VALID, Probe.LIFE)
# Probes in which valid bodies follow such as were refused.
AMONG_REFUSALS = (Probe.READ_ONLY, Probe.BROKEN, Probe.MALFORMED, Probe.UNKNOWN)


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what must be accepted, then what must be refused."""
    request = operation.request
    if request is None:
        yield _plain_accepted(operation)
        plain = [name for name in FORMS if name not in FORMS_OF_BODY]
        if not operation.parameters:
            plain.remove("escaped-path")
        yield from _legal_forms(plain, operation.place, "a plain request")
    else:
        yield from _examples(request)
        yield _accepted(operation, request)
        yield _accepted_again(operation, request)
        for content in operation.other_requests:
            yield _accepted_as(content)
        if request.kind in WITH_MEMBERS:
            yield _undeclared(request)
        if request.kind in (BodyKind.JSON, BodyKind.MERGE_PATCH):
            yield from _legal_forms(FORMS, request.place, "a valid body")
        checked = _checked_members(request)
        for member in checked:
            if not member.is_deep:
                yield from _constraints(operation, member)
        for members in deep_members(checked).values():
            yield from _deep_constraints(operation, members)
        yield _several(operation, request)
        yield from _malformed(operation, request)
    if operation.promises.refusals.unknown and operation.parameters:
        yield from _unknown_ids(operation)


# --- accepted ----------------------------------------------------------------------------------


def _look_whether_taken(exchange: Exchange) -> Finding | Looked:
    """Find an allowed body that was not accepted.

    A documented redirection takes it, too (RFC 9110 15.4); what is refused for its values is no
    evidence.
    """
    if exchange.accepted or _is_redirected(exchange):
        return KEPT
    if may_be_refused_for_its_values(exchange):
        return NOTHING
    has_body = bool(exchange.case.body)
    return Finding(
        FindingKind.ALLOWED_REFUSED if has_body else FindingKind.REQUEST_REFUSED,
        exchange.status,
        observed=quote_value(exchange.text, 120) if exchange.text else "",
        request=exchange.case.title,
    )


def _is_redirected(exchange: Exchange) -> bool:
    is_redirection = 300 <= exchange.status < 400
    return is_redirection and exchange.case.operation.response(exchange.status) is not None


def _is_allowed_in(*probes: Probe) -> Applies:
    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        is_other = case.subject.kind is SubjectKind.MEDIA_TYPE
        is_allowed = case.expect is Expect.ACCEPTED and case.probe in probes and not is_other
        return is_allowed and not exchange.throttled

    return applies


def _examples(request: Content) -> Iterator[Clause]:
    for example in request.examples:
        yield Clause(
            id=f"request/example/{example.name}",
            family=Family.REQUESTS,
            place=example.place,
            promise="the document's own request is accepted as published",
            judge=each(_sends_example(example.name), _look_whether_taken),
            explain=withheld("an answer to the example", Expect.ACCEPTED),
            needs=frozenset({Probe.EXAMPLES}),
        )


def _sends_example(name: str) -> Applies:
    is_allowed = _is_allowed_in(Probe.EXAMPLES)
    subject = Subject(SubjectKind.EXAMPLE, name)

    def applies(exchange: Exchange) -> bool:
        return is_allowed(exchange) and exchange.case.subject == subject

    return applies


def _accepted(operation: Operation, request: Content) -> Clause:
    probes = [Probe.VALID, Probe.COVERAGE]
    if operation.role is Role.ACTION:
        probes.append(Probe.EXAMPLES)  # the first may be the only one that what is there allows
    return Clause(
        id="request/accepted",
        family=Family.REQUESTS,
        place=request.place,
        promise="every body that the schema allows is accepted",
        judge=_while_there_is_room(operation, each(_is_allowed_in(*probes), _look_whether_taken)),
        explain=withheld("an answer to a valid body", Expect.ACCEPTED),
        needs=frozenset(probes),
    )


def _while_there_is_room(operation: Operation, judge: Judge) -> Judge:
    """Return *judge* without the refused patches that may have overfilled a map.

    What a patch adds stays there: one that is allowed by itself may ask for more members than
    `maxProperties` lets the map have, together with those of patches before.
    """
    most: dict[str, int] = {}
    if operation.method == "PATCH" and operation.request is not None:
        for member in operation.request.properties:
            if "maxProperties" in member.schema and not paths.has_items(member.path):
                most[member.path] = member.schema["maxProperties"]
    if not most:
        return judge

    def judge_where_room(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        filled: dict[str, Any] = {}
        told: list[Exchange] = []
        for exchange in exchanges:
            wanted = _filled_maps(filled, exchange, most)
            is_over = any(len(names) > most[path] for path, names in wanted.items())
            if exchange.accepted:
                filled = wanted
            elif is_over:
                continue
            told.append(exchange)
        return judge(told)

    return judge_where_room


def _filled_maps(
    filled: Mapping[str, Any], exchange: Exchange, wanted: Iterable[str]
) -> dict[str, Any]:
    """Return the maps at the paths *wanted* after *exchange*: *filled* are those before.

    Where the answer shows one, it is that. What somebody else has put there is not known.
    """
    found = dict(filled)
    for path in wanted:
        shown = paths.value_at(exchange.json, path) if exchange.accepted else paths.ABSENT
        sent = paths.value_at(exchange.case.value, path)
        if isinstance(shown, dict):
            found[path] = shown
        elif isinstance(sent, dict):
            found[path] = merged_value(found.get(path), sent)
        elif sent is None:
            found[path] = {}
    return found


def _plain_accepted(operation: Operation) -> Clause:
    """Return the clause that the request is accepted to which no body belongs."""
    return Clause(
        id="request/accepted",
        family=Family.REQUESTS,
        place=operation.place,
        promise="a request as documented is accepted",
        # Of an action, the first may be the only one that what is there allows.
        judge=each(_is_allowed_in(*PLAIN), _look_whether_taken),
        explain=withheld("an answer to a plain request", Expect.ACCEPTED),
        needs=frozenset({Probe.EXAMPLES, Probe.VALID}),
    )


def _owed_to(what: str) -> Explain:
    """Explain that an answer is owed; where others were accepted, that none of these was sent.

    The schema may leave nothing to send: of a constant, there is no other value.
    """
    otherwise = MissingEvidence(MissingKind.NOTHING_SENT)
    return withheld(f"an answer to {what}", Expect.ACCEPTED, otherwise=otherwise)


def _accepted_again(operation: Operation, request: Content) -> Clause:
    is_allowed = _is_allowed_in(*AMONG_REFUSALS)

    def applies(exchange: Exchange) -> bool:
        return is_allowed(exchange) and exchange.case.subject.kind is not SubjectKind.UNDECLARED

    return Clause(
        id="request/accepted/after-refusals",
        family=Family.REQUESTS,
        place=request.place,
        promise="a body that the schema allows is accepted after others were refused",
        judge=_while_there_is_room(operation, each(applies, _look_whether_taken)),
        explain=_owed_to("a valid body"),
        needs=frozenset(AMONG_REFUSALS),
    )


def _accepted_as(content: Content) -> Clause:
    """Return the clause that a valid body in another media type is accepted, too."""
    name = essence(content.media_type)
    subject = Subject(SubjectKind.MEDIA_TYPE, name)

    def applies(exchange: Exchange) -> bool:
        return exchange.case.subject == subject and not exchange.throttled

    kind = MissingKind.NO_VALID_BODY
    if content.kind is BodyKind.XML:
        kind = MissingKind.BODY_NOT_JUDGED
    return Clause(
        id=f"request/media-type/{name}",
        family=Family.REQUESTS,
        place=content.place,
        promise=f"a body that the schema allows is accepted as {name}, too",
        judge=each(applies, _look_whether_taken),
        explain=missing(kind, content.media_type),
        needs=frozenset({Probe.VALID}),
    )


def _undeclared(request: Content) -> Clause:
    def applies(exchange: Exchange) -> bool:
        return exchange.case.subject.kind is SubjectKind.UNDECLARED and not exchange.throttled

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.accepted:
            return KEPT
        title = exchange.case.title
        return Finding(FindingKind.UNDECLARED_REFUSED, exchange.status, request=title)

    return Clause(
        id="request/undeclared",
        family=Family.REQUESTS,
        level=Level.SHOULD,
        place=request.place,
        promise="a member that the schema does not name does not make the request fail",
        judge=each(applies, look),
        explain=_owed_to("an undeclared member"),
        needs=frozenset({Probe.READ_ONLY}),
    )


# --- legal forms -------------------------------------------------------------------------------

REQUESTS_PER_FORM = 2  # at most
FORMS = {
    "chunked": "a body in chunks is taken like one that is counted (RFC 9112 7.1)",
    "charset": "charset=utf-8 behind the media type changes nothing (RFC 8259 11)",
    "accept-absent": "no Accept asks for any media type (RFC 9110 12.5.1)",
    "accept-any": "Accept: */* asks for any media type (RFC 9110 12.5.1)",
    "accept-weighted": "weights in Accept leave the documented type acceptable (RFC 9110 12.5.1)",
    "header-case": "headers, media types and schemes are known in any case (RFC 9110 5.1)",
    "identity": "Accept-Encoding: identity changes nothing (RFC 9110 12.5.3)",
    "long-header": "a header of 4 KB that nobody knows changes nothing (RFC 9110 5.1)",
    "white-space": "white space around the body, and within it, changes nothing (RFC 8259 2)",
    "escaped": "an escaped character is the character (RFC 8259 7)",
    "escaped-path": "an escaped character of a path is the character (RFC 3986 6.2.2.2)",
    "member-order": "the order of members changes nothing (RFC 8259 4)",
}
FORMS_OF_BODY = frozenset({"chunked", "charset", "white-space", "escaped", "member-order"})


def _legal_forms(names: Iterable[str], place: SourceLocation, what: str) -> Iterator[Clause]:
    for name in names:
        yield Clause(
            id=f"request/form/{name}",
            family=Family.REQUESTS,
            place=place,
            promise=FORMS[name],
            judge=_judge_form(Subject(SubjectKind.FORM, name)),
            explain=_owed_to(what),
            needs=frozenset({Probe.FORMS}),
        )


def _judge_form(form: Subject) -> Judge:
    """Judge that an update in *form* is taken, answered and stored like one in the usual form.

    Where the usual form is refused, or does not give back a member as it was sent, the form is not
    to blame; nor is it where many forms lose what the next request does not send.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        faithful = _members_given_back(exchanges)
        if faithful is None:
            return
        all_lose = _many_forms_are_lost(exchanges, faithful)
        for index, exchange in enumerate(exchanges):
            is_other = exchange.case.subject != form or exchange.throttled
            if is_other or not is_answer(exchange):
                continue
            found = _look_at_form(exchange, faithful)
            if found is None and exchange.accepted and not all_lose:
                found = _lost_afterwards(exchange, exchanges[index + 1 :], faithful)
            yield Evidence(exchange, found)

    return judge


def _members_given_back(exchanges: Sequence[Exchange]) -> set[str] | None:
    """Return the members that the answer to the usual form shows as they were sent.

    None where the usual form was not accepted.
    """
    for exchange in exchanges:
        if exchange.case.subject == Subject(SubjectKind.FORM) and exchange.accepted:
            sent = leaves_of(exchange.case.value)
            return {path for path, value in sent if _shows(exchange, path, value)}
    return None


def _shows(exchange: Exchange, path: str, value: Any) -> bool:
    return is_same(paths.value_at(exchange.json, path), value)


def _look_at_form(exchange: Exchange, faithful: set[str]) -> Finding | None:
    if is_permitted_by_http(exchange):
        return None
    if not exchange.accepted:
        found = _look_whether_taken(exchange)
        if not isinstance(found, Finding):
            return None
        return found
    if shows_something_else(exchange):
        return None
    for path, sent in leaves_of(exchange.case.value):
        if path in faithful and not _shows(exchange, path, sent):
            came = paths.value_at(exchange.json, path)
            return _read_otherwise(FindingKind.FORM_READ_OTHERWISE, exchange, path, sent, came)
    return None


def _many_forms_are_lost(exchanges: Sequence[Exchange], faithful: set[str]) -> bool:
    """Return whether the next answer shows something else for more forms than one has requests."""
    lost = 0
    for index, exchange in enumerate(exchanges):
        if exchange.case.subject.kind is not SubjectKind.FORM or not exchange.accepted:
            continue
        lost += _lost_afterwards(exchange, exchanges[index + 1 :], faithful) is not None
    return lost > REQUESTS_PER_FORM


def _lost_afterwards(
    exchange: Exchange, later: Sequence[Exchange], faithful: set[str]
) -> Finding | None:
    """Find a member that the next answer shows otherwise, though its request did not send it."""
    if exchange.case.operation.makes_or_ends:
        return None  # the next request is about another resource
    following = next(filter(is_answer, later), None)
    if following is None or not following.accepted or shows_something_else(following):
        return None
    if following.case.parameters != exchange.case.parameters:
        return None
    for path, sent in leaves_of(exchange.case.value):
        came = paths.value_at(following.json, path)
        is_sent_again = paths.value_at(following.case.value, path) is not paths.ABSENT
        is_shown = path in faithful and came is not paths.ABSENT
        if not is_shown or is_sent_again or is_same(came, sent):
            continue
        if not _may_be_set_back(following, path, came):
            return _read_otherwise(FindingKind.FORM_NOT_STORED, exchange, path, sent, came)
    return None


def _may_be_set_back(exchange: Exchange, path: str, came: Any) -> bool:
    """Return whether a replace may have set *path*, which it did not send, to *came*.

    What PUT leaves out has its default again, or is empty (RFC 9110 9.3.4).
    """
    operation = exchange.case.operation
    if operation.method != "PUT":
        return False
    members = (*operation.request_members, *operation.answer_members)
    schemas = [one.schema for one in members if one.path == path]
    return not came or any(is_default(schema, came) for schema in schemas)


def _read_otherwise(
    kind: FindingKind, exchange: Exchange, path: str, sent: Any, came: Any
) -> Finding:
    return Finding(
        kind,
        exchange.status,
        path,
        expected=quote_value(sent),
        observed="" if came is paths.ABSENT else quote_value(came),
        request=exchange.case.title,
    )


# --- refused -----------------------------------------------------------------------------------


def _checked_members(request: Content) -> list[Property]:
    """Return the members that a request must send rightly, the whole body first.

    Read-only ones are left out: they may be ignored.
    """
    whole = Property(paths.WHOLE, request.schema, required=request.required, place=request.place)
    frozen = [member.path for member in request.properties if member.read_only]
    checked = [m for m in request.properties if not paths.is_member_of_any(m.path, frozen)]
    return [whole, *checked]


def constraints_of(member: Property) -> list[str]:
    """Return the keywords by which *member* can be wrong.

    ``null`` is told apart from values of other wrong types.
    """
    schema = member.schema
    listed = types_allowed(schema)
    found = []
    if listed:
        found.append("type")
    if listed and "null" not in listed:
        found.append("null")
    if member.required and member.path:
        found.append("required")
    found += [keyword for keyword in ("enum", "const") if keyword in schema]
    found += [keyword for keyword in (*BOUNDS, *RULES) if keyword in schema]
    if schema.get("additionalProperties") is False:
        found.append("additionalProperties")
    return found


def _constraints(operation: Operation, member: Property) -> Iterator[Clause]:
    name, statuses = member.path or "the body", _with_statuses(operation)
    is_merged = operation.request is not None and operation.request.kind is BodyKind.MERGE_PATCH
    for keyword in constraints_of(member):
        if keyword == "null" and is_merged:
            continue  # it removes the member (RFC 7396 1)
        yield Clause(
            id=f"request/{member.path or 'body'}/{keyword}",
            family=Family.REQUESTS,
            level=_constraint_level(operation, member, keyword),
            place=member.place,
            promise=f"a body that breaks only {keyword} of {name} is refused{statuses}",
            judge=_once_served(_breaks_only(member.path, keyword), _look_whether_refused),
            explain=_no_such_request(f"a refusal of {name}"),
            needs=frozenset({Probe.BROKEN, Probe.COVERAGE}),
            topic=Topic(Aspect.CONSTRAINT, member=member.path, keyword=keyword),
        )


def _constraint_level(operation: Operation, member: Property, keyword: str) -> Level:
    """Return how strictly *keyword* is held: that a text can be one of some is no schema's word."""
    if keyword == "enum" and member.schema.get("x-in-words"):
        return Level.SHOULD
    return refusal_level(operation)


def _deep_constraints(operation: Operation, members: Sequence[Property]) -> Iterator[Clause]:
    """Yield the clause on all constraints of the *members* of one schema object deep in a body."""
    holder, statuses = members[0].schema_object, _with_statuses(operation)
    broken: list[Applies] = []
    for member in members:
        broken += [_breaks_only(member.path, keyword) for keyword in constraints_of(member)]

    def applies(exchange: Exchange) -> bool:
        return any(breaks_only(exchange) for breaks_only in broken)

    if broken:
        yield Clause(
            id=f"request/{members[0].clause_name}",
            family=Family.REQUESTS,
            place=members[0].place,
            promise=f"a body that breaks only a member of {holder} is refused{statuses}",
            judge=_once_served(applies, _look_whether_refused),
            explain=_no_such_request(f"a refusal of {holder}"),
            needs=frozenset({Probe.BROKEN, Probe.COVERAGE}),
            topic=Topic(Aspect.CONSTRAINT, member=holder),
        )


def _with_statuses(operation: Operation) -> str:
    statuses = " or ".join(map(str, sorted(operation.refusals)))
    if not statuses:
        return ""
    return f" with {statuses}"


def _breaks_only(path: str, keyword: str) -> Applies:
    """Apply where the request is wrong in just this way.

    That is told by the ground truth, not by who made the case.
    """
    subject = Subject(SubjectKind.MEMBER, path)

    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        if case.expect is not Expect.REFUSED or exchange.throttled or len(case.violations) != 1:
            return False
        if case.violations[0].keyword != keyword:
            return False
        if keyword in CONDITIONAL and case.subject.kind is SubjectKind.MEMBER:
            return paths.is_within(case.subject.name, path)
        return case.subject == subject

    return applies


def _several(operation: Operation, request: Content) -> Clause:
    def applies(exchange: Exchange) -> bool:
        return len(exchange.case.violations) > 1 and not exchange.throttled

    promise = (
        f"a body that breaks the schema in several places is refused{_with_statuses(operation)}"
    )
    return Clause(
        id="request/several",
        family=Family.REQUESTS,
        level=refusal_level(operation),
        place=request.place,
        promise=promise,
        judge=_once_served(applies, _look_whether_refused),
        explain=_no_such_request("a refusal of a body that is wrong in several places"),
        needs=frozenset({Probe.BROKEN}),
    )


def _once_served(applies: Applies, look: Look) -> Judge:
    """Judge the answers to broken bodies.

    While nobody is served, an answer that speaks of who asks, or of what for, is no evidence: a
    service behind a broken login answers 401 to everything.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        is_served = any(map(_is_served, exchanges))

        def bears_on_it(exchange: Exchange) -> bool:
            return applies(exchange) and (is_served or not _speaks_of_who_asks(exchange))

        return each(bears_on_it, look)(exchanges)

    return judge


def _is_served(exchange: Exchange) -> bool:
    return exchange.accepted and exchange.case.probe is not Probe.CREDENTIALS


def _look_whether_refused(exchange: Exchange) -> Finding | Looked:
    """Find a broken body that was not refused for what it is."""
    if is_fitting_refusal(exchange):
        return KEPT
    return Finding(
        FindingKind.FORBIDDEN_TAKEN,
        exchange.status,
        expected=tuple(sorted(exchange.case.operation.refusals)),
        request=exchange.case.title,
    )


def _speaks_of_who_asks(exchange: Exchange) -> bool:
    """Return whether the answer speaks of who asked, or of what for, and so not of the body."""
    refusals = exchange.case.operation.promises.refusals
    return exchange.status in {401, *refusals.unauthenticated, *(refusals.unknown or (404,))}


def _no_such_request(what: str) -> Explain:
    owed = withheld(what, Expect.REFUSED)

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if any(map(_is_judged_refusal, exchanges)):
            return MissingEvidence(MissingKind.NO_SUCH_REQUEST)
        return owed(exchanges)

    return explain


def _is_judged_refusal(exchange: Exchange) -> bool:
    """Return whether a broken body was answered for what it is."""
    if exchange.case.expect is not Expect.REFUSED or exchange.failure:
        return False
    return not exchange.throttled and not _speaks_of_who_asks(exchange)


# --- not JSON ----------------------------------------------------------------------------------


def _malformed(operation: Operation, request: Content) -> Iterator[Clause]:
    for kind, promise in REFUSED_AS.items():
        if kind == "required" and not _is_needed(request):
            continue
        if kind in ("json", LONE_SURROGATE) and request.kind not in IN_JSON:
            continue
        look = _look_at_surrogate if kind == LONE_SURROGATE else _look_whether_refused
        yield Clause(
            id=f"request/body/{kind}",
            family=Family.REQUESTS,
            # RFC 9110 8.3 lets a recipient look at the body itself.
            level=Level.SHOULD if kind == MEDIA_TYPE else refusal_level(operation),
            place=request.place,
            promise=promise + _with_statuses(operation),
            judge=_once_served(_is_malformed_as(kind), look),
            explain=_no_such_request("a refusal of a malformed body"),
            needs=frozenset({Probe.MALFORMED}),
            topic=Topic(Aspect.CONSTRAINT, keyword=kind),
        )


def _is_needed(request: Content) -> bool:
    """Return whether no body at all is wrong; an empty text is a text, an empty file a file."""
    return request.required and request.kind not in (BodyKind.TEXT, BodyKind.BINARY)


def _is_malformed_as(kind: str) -> Applies:
    subject = Subject(SubjectKind.MALFORMED, kind)

    def applies(exchange: Exchange) -> bool:
        return exchange.case.subject == subject and not exchange.throttled

    return applies


def _look_at_surrogate(exchange: Exchange) -> Finding | Looked:
    """Find a lone surrogate that was taken and changed.

    RFC 8259 8.2 leaves open what it means: a service may refuse it, or give it back unharmed.
    """
    if not exchange.accepted:
        return _look_whether_refused(exchange)
    for path, sent in leaves_of(exchange.case.value):
        came = paths.value_at(exchange.json, path)
        # An item of a list may be shown with more than was sent, as defaults are.
        if came is not paths.ABSENT and not is_taken_over({}, sent, came):
            title = exchange.case.title
            return Finding(FindingKind.SURROGATE_CHANGED, exchange.status, request=title)
    return KEPT


# --- unknown ids -------------------------------------------------------------------------------


def _unknown_level(operation: Operation) -> Level:
    """Return how strictly an unknown id must be refused: a range or ``default`` names no 404.

    Of what nobody has, a service may as well list nothing.
    """
    refusals = operation.promises.refusals
    if operation.role is Role.LIST and refusals.inferred:
        return Level.SHOULD
    is_named = any(map(operation.names_status, refusals.unknown))
    if is_named or not refusals.inferred:
        return Level.MUST
    return Level.SHOULD


def _unknown_ids(operation: Operation) -> Iterator[Clause]:
    yield _unknown(operation)
    if _hides_by(operation) is not None:
        yield _unknown_not_hidden(operation)
    yield _normalised(operation)
    if operation.role is Role.DELETE:
        yield _unknown_once_deleted(operation)
    if len(operation.parameters) > 1:
        yield _unknown_parent(operation)


def _unknown(operation: Operation) -> Clause:
    refusals = operation.promises.refusals
    promised = tuple(sorted(refusals.unknown))

    def applies(exchange: Exchange) -> bool:
        is_own = exchange.case.subject.kind in OWN_IDS
        return _asks_for_unknown(exchange) and not is_own and not _is_known_as_deleted(exchange)

    def look(exchange: Exchange) -> Finding | Looked:
        is_odd = exchange.case.subject.kind is SubjectKind.ODD_ID
        is_malformed = is_odd and exchange.status in operation.refusals
        if exchange.status in promised or exchange.status == _hides_by(operation):
            return KEPT
        if is_malformed or is_permitted_by_http(exchange):
            return KEPT
        return _taken_for_known(exchange, promised)

    return Clause(
        id="request/unknown-id",
        family=Family.REQUESTS,
        level=_unknown_level(operation),
        place=refusals.place,
        promise=f"an id that does not exist is answered {' or '.join(map(str, promised))}",
        judge=each(applies, look),
        explain=_no_answer_to_unknown,
        needs=frozenset({Probe.UNKNOWN}),
    )


def _no_answer_to_unknown(exchanges: Sequence[Exchange]) -> MissingEvidence:
    """Explain that an answer is owed, unless nobody was asked but for what was deleted."""
    others = [one for one in exchanges if not _is_known_as_deleted(one)]
    is_asked = any(one.case.expect is Expect.UNKNOWN for one in others)
    if len(others) < len(exchanges) and not is_asked:
        return MissingEvidence(MissingKind.NOTHING_SENT)
    return withheld("an answer to an unknown id", Expect.UNKNOWN)(others)


def _is_known_as_deleted(exchange: Exchange) -> bool:
    """Return whether what the run has deleted is answered as that: it is not unknown.

    A second delete may be answered as the first was, and what is kept is shown as deleted.
    """
    subject, resource = exchange.case.subject, exchange.case.operation.resource
    if subject.kind is not SubjectKind.STEP or not exchange.accepted or resource is None:
        return False
    return subject.name == DELETE_AGAIN or tells_deletion(exchange.json, resource)


def _hides_by(operation: Operation) -> int | None:
    """Return the status that hides whether an id exists, None where the document has none."""
    promised = operation.promises.refusals.unknown
    if HIDING in promised or operation.response(HIDING) is None:
        return None
    return HIDING


def _unknown_not_hidden(operation: Operation) -> Clause:
    refusals = operation.promises.refusals
    promised = tuple(sorted(refusals.unknown))

    def applies(exchange: Exchange) -> bool:
        is_unknown = exchange.case.expect is Expect.UNKNOWN and not exchange.throttled
        return is_unknown and exchange.status in (HIDING, *promised)

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.status in promised:
            return KEPT
        return Finding(
            FindingKind.UNKNOWN_ID_HIDDEN,
            exchange.status,
            expected=promised,
            request=exchange.case.title,
        )

    statuses = " or ".join(map(str, promised))
    return Clause(
        id="request/unknown-id/not-hidden",
        family=Family.REQUESTS,
        level=Level.SHOULD,
        place=refusals.place,
        promise=f"an id that does not exist is answered {statuses}, not {HIDING}",
        judge=each(applies, look),
        explain=withheld("an answer to an unknown id", Expect.UNKNOWN),
        needs=frozenset({Probe.UNKNOWN}),
    )


def _unknown_once_deleted(operation: Operation) -> Clause:
    """Return the clause that a second delete is answered as one of an id that does not exist.

    Where the document does not say so in words, a service may answer it as it did the first.
    """
    refusals = operation.promises.refusals
    promised = tuple(sorted(refusals.unknown))

    def applies(exchange: Exchange) -> bool:
        return _asks_for_unknown(exchange) and exchange.case.subject.name == DELETE_AGAIN

    def look(exchange: Exchange) -> Finding | Looked:
        return _taken_for_known(exchange, promised) if exchange.accepted else KEPT

    return Clause(
        id="request/unknown-id/once-deleted",
        family=Family.REQUESTS,
        level=Level.SHOULD if refusals.inferred else Level.MUST,
        place=refusals.place,
        promise=f"what was deleted is answered {' or '.join(map(str, promised))}, as an unknown id",
        judge=each(applies, look),
        explain=missing(MissingKind.NOT_DELETED_TWICE),
        needs=frozenset({Probe.UNKNOWN}),
    )


def _normalised(operation: Operation) -> Clause:
    refusals = operation.promises.refusals
    promised = tuple(sorted(refusals.unknown))
    allowed = {*promised, *operation.refusals, _hides_by(operation)}

    def applies(exchange: Exchange) -> bool:
        return (
            _asks_for_unknown(exchange) and exchange.case.subject.kind is SubjectKind.NORMALISED_ID
        )

    def look(exchange: Exchange) -> Finding | Looked:
        is_hidden = exchange.status == _hides_by(operation)
        if is_hidden or exchange.status in allowed or is_permitted_by_http(exchange):
            return KEPT
        return _taken_for_known(exchange, promised)

    return Clause(
        id="request/unknown-id/normalised",
        family=Family.REQUESTS,
        level=Level.SHOULD,
        place=refusals.place,
        promise="an id with a slash, dot segments or another case is another id (RFC 3986 6.2.2)",
        judge=each(applies, look),
        explain=missing(MissingKind.NOTHING_SENT),
        needs=frozenset({Probe.UNKNOWN}),
    )


def _unknown_parent(operation: Operation) -> Clause:
    """Return the clause on the own id below a parent that nobody has.

    A path does not say which of its parts a service has to look up: it only warns.
    """
    refusals = operation.promises.refusals
    promised = tuple(sorted(refusals.unknown))
    allowed = {*promised, *operation.refusals, _hides_by(operation)}

    def applies(exchange: Exchange) -> bool:
        return (
            _asks_for_unknown(exchange) and exchange.case.subject.kind is SubjectKind.UNKNOWN_PARENT
        )

    def look(exchange: Exchange) -> Finding | Looked:
        return KEPT if exchange.status in allowed else _taken_for_known(exchange, promised)

    return Clause(
        id="request/unknown-id/parent",
        family=Family.REQUESTS,
        level=Level.SHOULD,
        place=refusals.place,
        promise="the own id under a parent that does not exist is an id that does not exist",
        judge=each(applies, look),
        explain=missing(MissingKind.NOTHING_SENT),
        needs=frozenset({Probe.UNKNOWN}),
    )


def _asks_for_unknown(exchange: Exchange) -> bool:
    return exchange.case.expect is Expect.UNKNOWN and not exchange.throttled


def _taken_for_known(exchange: Exchange, promised: tuple[int, ...]) -> Finding:
    return Finding(
        FindingKind.UNKNOWN_ID_TAKEN,
        exchange.status,
        expected=promised,
        request=exchange.case.title,
    )
