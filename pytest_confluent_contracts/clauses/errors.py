"""Is every refusal told in the documented envelope? Judged on each answer of 400 and above.

That holds for a status that nobody documented, too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses import shape
from pytest_confluent_contracts.clauses.problem_details import problem_details
from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    HIDING,
    KEPT,
    NOTHING,
    Looked,
    each,
    is_answer,
    look_for_leaks,
    may_come_from_front,
    missing,
    quote_value,
    texts_at,
    with_status,
    withheld,
)
from pytest_confluent_contracts.clauses.refusals import is_permitted_undocumented
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
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
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Content, Header, Operation, Response
    from pytest_confluent_contracts.model.promises import Member
    from pytest_confluent_contracts.model.traffic import Exchange, Violation

# A target may send megabytes of what nearly matches: what could begin at any character is bounded.
STACK_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\bFile [\"'][^\"'\n]+\\?[\"'], line \d+"
    r"|\bat [\w$.<>/@]+\((?:[\w$]+\.(?:java|kt|scala|groovy):\d+|Native Method|Unknown Source)\)"
    r"|\bat .{1,120}\.(?:js|ts|mjs|cjs):\d+:\d+|\bat .{0,120}\(?node:[\w/]+:\d+:\d+"
    r"|\bat [\w.<>`]+\(.{0,200}\) in .{1,200}:line \d+"
    r"|\n[ \t]{1,9}at [\w.<>`$]{1,200}\(.{0,200}\)\r?\n[ \t]{1,9}at [\w.<>`$]{1,200}\("
    r"|goroutine \d+ \[|panic: |\.go:\d+ (?:\+0x|\(0x)"
    r"|\.rb:\d+:in [`']"
    r"|(?:/[\w.-]{1,60}){1,9}\.(?:py|rb|go|rs|java|kt|scala|php|cs|js|ts|ex):\d+"
    r"|thread '[^']+' panicked at|stack backtrace:"
    r"|Stack trace:\s*(?:\\n)?#0 |#\d+ \S+\.php\(\d+\)"
)


# How JSON may write what stands between the lines of a stack trace, and around its names.
ESCAPES = {
    "\\r": "\r",
    "\\n": "\n",
    "\\t": "\t",
    '\\"': '"',
    "\\u000d": "\r",
    "\\u000a": "\n",
    "\\u0009": "\t",
    "\\u0022": '"',
    "\\u000D": "\r",
    "\\u000A": "\n",
    "\\/": "/",
}

ON_ERRORS = Topic(status="error")


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on the envelope, its rules in prose, its headers, and what it must hide."""
    refusals = [response for response in operation.responses if is_error(response)]
    shared = shared_content(refusals)
    if shared is not None:
        yield from _envelope(operation, refusals, shared)
    yield from _nothing_given_away(operation)
    yield from _headers(operation, refusals)
    yield from problem_details(operation, refusals)


def _envelope(
    operation: Operation, refusals: Sequence[Response], shared: Content
) -> Iterator[Clause]:
    """Yield the clauses on the bodies of refusals."""
    applies = _owes_envelope(operation, refusals, shared)
    explain = _owed_unless(operation, MissingKind.NO_ERROR_HAD_IT)
    yield from shape.body_clauses(Family.ERRORS, "error", shared, applies, explain)
    for response in refusals:
        if response.content and not is_alike_body(response.content, shared):
            yield from _own_envelope(operation, response, response.content)
        applies_here = shape.documented_as(operation, response.status)
        yield from shape.other_body_clauses(Family.ERRORS, response, applies_here)
    yield from _lists_not_empty(shared, applies, explain)
    yield from _prose(operation, applies)


# --- which answers -----------------------------------------------------------------------------


def is_error(response: Response) -> bool:
    """Return whether *response* is that of a refusal or of a failure."""
    return response.status[0] in "45" or response.status.lower() == "default"


def _without_lines(schema: Any) -> Any:
    """Return *schema* without the lines on which its parts stand: two places may say the same."""
    if isinstance(schema, dict):
        return {key: _without_lines(value) for key, value in schema.items() if key != "x-line"}
    if isinstance(schema, list):
        return [_without_lines(item) for item in schema]
    return schema


def is_alike_body(one: Content, other: Content) -> bool:
    """Return whether two bodies say the same, wherever they stand."""
    same_type = one.media_type == other.media_type
    return same_type and bool(_without_lines(one.schema) == _without_lines(other.schema))


def shared_content(refusals: Sequence[Response]) -> Content | None:
    """Return the body that most error statuses share, None where no error has a body.

    It also binds a status that nobody documented.
    """
    contents = [response.content for response in refusals if response.content]

    def count_alike(content: Content) -> int:
        return sum(is_alike_body(content, other) for other in contents)

    return max(contents, key=count_alike, default=None)


def _owes_envelope(operation: Operation, refusals: Sequence[Response], shared: Content) -> Applies:
    """Apply to answers that owe the shared envelope.

    Any error does but those that are documented with a body of their own, or with none, and those
    of which the document need not have said anything.
    """
    excepted = {
        response.status
        for response in refusals
        if response.content is None or not is_alike_body(response.content, shared)
    }

    def applies(exchange: Exchange) -> bool:
        if exchange.status < 400 or may_come_from_front(exchange):
            return False
        response = operation.response(exchange.status)
        if response is None:
            return not is_permitted_undocumented(exchange)
        return response.status not in excepted

    return applies


def _owed(operation: Operation) -> Explain:
    """Explain that an error answer is owed; where no body is documented, none can be wrong."""
    if operation.request is None:
        return missing(MissingKind.NOTHING_SENT)
    return withheld("an error answer", Expect.REFUSED)


def _owed_unless(operation: Operation, kind: MissingKind, subject: str = "") -> Explain:
    """Explain that an error answer is owed; by *kind*, once any came.

    Where no body is documented, none can be wrong.
    """
    otherwise = MissingEvidence(kind, subject)
    if operation.request is None:
        return missing(kind, subject)
    return withheld("an error answer", Expect.REFUSED, otherwise=otherwise)


def _own_envelope(operation: Operation, response: Response, content: Content) -> Iterator[Clause]:
    explain = missing(MissingKind.NO_SUCH_STATUS, response.status)
    applies = shape.documented_as(operation, response.status)
    yield from shape.body_clauses(Family.ERRORS, response.status, content, applies, explain)


# --- the list of errors ------------------------------------------------------------------------


def _lists_not_empty(content: Content, applies: Applies, explain: Explain) -> Iterator[Clause]:
    for member in content.properties:
        if not (member.required and member.schema.get("type") == "array"):
            continue
        # Of another list nobody says that it may not be empty.
        if not (member.schema.get("minItems") or member.path == "errors"):
            continue
        yield Clause(
            id=f"error/{member.path}-not-empty",
            family=Family.ERRORS,
            level=Level.MUST if member.schema.get("minItems") else Level.SHOULD,
            place=member.place,
            promise=f"{member.path} tells at least one problem",
            judge=each(applies, _look_at_list(member.path)),
            explain=explain,
            needs=EVERY,
            topic=ON_ERRORS,
        )


def _look_at_list(path: str) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        came = next((value for _, value in paths.values_at(exchange.json, path)), None)
        if not isinstance(came, list):
            return NOTHING
        if came:
            return KEPT
        return Finding(FindingKind.LIST_EMPTY, exchange.status, path)

    return look


# --- what the page says in prose ---------------------------------------------------------------


def _prose(operation: Operation, applies: Applies) -> Iterator[Clause]:
    explain = _owed_unless(operation, MissingKind.NO_ERROR_CARRIED_IT)
    format = operation.promises.errors
    if format.status:
        yield _status_clause(format.status, applies, explain)
    if format.occurrence:
        yield from _occurrence_clauses(format.occurrence, applies, explain)
    if format.stable:
        code, title = [*format.stable.paths, ""][:2]
        yield Clause(
            id="error/code-and-title",
            family=Family.ERRORS,
            level=Level.SHOULD,
            place=format.stable.place,
            promise="code and title do not change for the same kind of problem",
            judge=_judge_names(code, title, applies),
            explain=explain,
            needs=EVERY,
            topic=ON_ERRORS,
        )
    if format.pointer:
        yield from _pointer_clauses(format.pointer, applies, operation)


def _status_clause(member: Member, applies: Applies, explain: Explain) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        came = [value for _, value in paths.values_at(exchange.json, member.path)]
        for value in came:
            if value is None or value == str(exchange.status):
                # A null is no status that is told; whether it may stand there, the schema says.
                continue
            is_text = isinstance(value, str)
            kind = FindingKind.STATUS_TOLD_WRONG if is_text else FindingKind.STATUS_TOLD_AS_NUMBER
            return Finding(kind, exchange.status, member.path, observed=quote_value(value))
        if came:
            return KEPT
        return NOTHING

    return Clause(
        id="error/status",
        family=Family.ERRORS,
        place=member.place,
        promise=f"{member.path} is the HTTP status of the answer, as a string",
        judge=each(applies, look),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )


def _occurrence_clauses(member: Member, applies: Applies, explain: Explain) -> Iterator[Clause]:
    path = member.path

    def occurrences(exchange: Exchange) -> list[str]:
        if not applies(exchange):
            return []
        return texts_at(exchange.json, path)

    def look(exchange: Exchange) -> Finding | Looked:
        counts = Counter(texts_at(exchange.json, path))
        for id, count in counts.items():
            if count > 1:
                observed = (quote_value(id), count)
                return Finding(FindingKind.ID_SHARED, exchange.status, path, observed=observed)
        if counts:
            return KEPT
        return NOTHING

    yield Clause(
        id="error/id-unique",
        family=Family.ERRORS,
        place=member.place,
        promise=member.says,
        judge=shape.no_value_twice(occurrences, path),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/id-unique/in-one-answer",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=member.place,
        promise=f"two errors of one answer do not share {path}",
        judge=each(applies, look),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )


def _judge_names(code: str, title: str, applies: Applies) -> Judge:
    """Judge that one code has one title, and one request one code: a problem keeps its name.

    For example, ``invalid_name`` titled "Invalid name" and later "Bad name" is wrong; so is the
    same request answered with ``invalid_name``, then with ``bad_request``.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        titles: dict[tuple[int, str], str] = {}
        codes: dict[object, str] = {}
        for exchange in exchanges:
            if not is_answer(exchange) or not applies(exchange):
                continue
            names = _names_told(exchange, code, title)
            if not names:
                continue
            finding = _changed_title(titles, exchange.status, names)
            told = ",".join(sorted({pair[0] for pair in names}))
            known = codes.setdefault((exchange.case.key, exchange.status), told)
            if known != told:
                finding = Finding(
                    FindingKind.CODE_CHANGED,
                    exchange.status,
                    expected=quote_value(known),
                    observed=quote_value(told),
                )
            yield Evidence(exchange, finding)

    return judge


def _names_told(exchange: Exchange, code: str, title: str) -> list[tuple[str, str]]:
    """Return the code and the title of each error of an answer, ``""`` for one that is no text.

    An answer in which no error has either of them gives an empty list.
    """
    around = paths.parent_path(code or title)
    errors = [value for _, value in paths.values_at(exchange.json, around)]
    names = [(_text_of(error, code), _text_of(error, title)) for error in errors]
    if not any(map(any, names)):
        return []
    return names


def _text_of(error: Any, path: str) -> str:
    value = paths.value_at(error, paths.last_name(path)) if path else None
    if not isinstance(value, str):
        return ""
    return value


def _changed_title(
    titles: dict[tuple[int, str], str], status: int, names: Sequence[tuple[str, str]]
) -> Finding | None:
    """Return the finding where a code comes with another title than before.

    *titles* remembers the first of each.
    """
    for code, title in names:
        if not (code and title):
            continue
        known = titles.setdefault((status, code), title)
        if known != title:
            return Finding(
                FindingKind.TITLE_CHANGED,
                status,
                quote_value(code),
                expected=quote_value(known),
                observed=quote_value(title),
            )
    return None


# --- JSON Pointers -----------------------------------------------------------------------------


def _pointer_clauses(member: Member, applies: Applies, operation: Operation) -> Iterator[Clause]:
    path = member.path
    explain = _owed_unless(operation, MissingKind.NO_SUCH_ERROR_MEMBER, path)
    yield Clause(
        id="error/source.pointer",
        family=Family.ERRORS,
        place=member.place,
        promise=f"{path} is a JSON Pointer (RFC 6901) into the request body",
        judge=each(applies, _look_where_pointers_lead(path, operation)),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/source.pointer/at-fault",
        family=Family.ERRORS,
        place=member.place,
        promise=f"{path} names the member that is wrong, or what is around it",
        judge=each(applies, _look_whether_pointers_fit(path, operation)),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/source.pointer/exact",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=member.place,
        promise=f"{path} names the member that is wrong, not what is around it",
        judge=each(applies, _look_whether_pointers_are_exact(path, operation)),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/source",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=member.place,
        promise=f"{path} is told where a member of the body is wrong",
        judge=each(applies, _look_whether_a_place_is_told(path, operation)),
        explain=explain,
        needs=EVERY,
        topic=ON_ERRORS,
    )


def _look_where_pointers_lead(path: str, operation: Operation) -> Look:
    request = operation.request
    documented = frozenset(m.path for m in request.properties) if request else frozenset[str]()

    def look(exchange: Exchange) -> Finding | Looked:
        case = exchange.case
        came = texts_at(exchange.json, path)
        if case.value is paths.ABSENT:
            # Nobody knows what stands in such a body, or in none, which may count as an empty one:
            # only what is no pointer at all is wrong.
            came = [pointer for pointer in came if not paths.is_pointer(pointer)]
        for pointer in came:
            kind = _misled(pointer, case.value, documented)
            if kind is not None:
                return Finding(kind, exchange.status, path, observed=quote_value(pointer))
        if came:
            return KEPT
        return NOTHING

    return look


def _look_whether_pointers_fit(path: str, operation: Operation) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        came = texts_at(exchange.json, path)
        if not came or not _refuses_the_body(exchange, operation):
            return NOTHING
        right = _right_pointers(exchange)
        for pointer in came:
            if pointer not in right and not _is_around(pointer, right):
                return _misplaced(
                    FindingKind.POINTER_ELSEWHERE, exchange.status, path, pointer, right
                )
        return KEPT

    return look


def _look_whether_pointers_are_exact(path: str, operation: Operation) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        came = texts_at(exchange.json, path)
        if not came or not _refuses_the_body(exchange, operation):
            return NOTHING
        right = _right_pointers(exchange)
        for pointer in came:
            if pointer not in right and _is_around(pointer, right):
                return _misplaced(FindingKind.POINTER_AROUND, exchange.status, path, pointer, right)
        if right.intersection(came):
            return KEPT
        return NOTHING

    return look


def _misplaced(kind: FindingKind, status: int, path: str, pointer: str, right: set[str]) -> Finding:
    expected = tuple(sorted(right))
    return Finding(kind, status, path, expected=expected, observed=quote_value(pointer))


def _is_around(pointer: str, right: set[str]) -> bool:
    """Return whether *pointer* names what one of *right* lies in: ``/spec`` is around ``/spec/id``.

    The empty pointer names the whole body, which is around everything.
    """
    return any(place.startswith(f"{pointer}/") for place in right)


def _look_whether_a_place_is_told(path: str, operation: Operation) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        if not _refuses_the_body(exchange, operation) or exchange.json is paths.ABSENT:
            return NOTHING
        if not any(_is_of_a_part(violation) for violation in exchange.case.violations):
            return NOTHING  # the whole body is wrong: there is no part of it to point at
        if texts_at(exchange.json, path):
            return KEPT
        return Finding(FindingKind.POINTER_UNTOLD, exchange.status, path)

    return look


def _refuses_the_body(exchange: Exchange, operation: Operation) -> bool:
    """Return whether the body was refused for breaking its schema, in places that are known."""
    return bool(exchange.case.violations) and exchange.status in operation.refusals


def _is_of_a_part(violation: Violation) -> bool:
    return bool(violation.pointer) or violation.missing is not None


def _right_pointers(exchange: Exchange) -> set[str]:
    """Return the pointers that name what is wrong with the body that was sent.

    A missing member is told by its place or by its parent: without ``spec.id``, ``/spec/id`` and
    ``/spec`` are both right. So are one that a closed object may not have, and that object.
    """
    right: set[str] = set()
    for violation in exchange.case.violations:
        right.add(violation.pointer)
        if violation.missing is not None:
            right.add(violation.pointer + paths.pointer_of([violation.missing]))
        for name in violation.unexpected:
            right.add(violation.pointer + paths.pointer_of([name]))
    return right


def _misled(pointer: str, body: Any, documented: frozenset[str]) -> FindingKind | None:
    """Return in which way *pointer* leads nowhere in *body*, None where it is right."""
    if not paths.is_pointer(pointer):
        return FindingKind.POINTER_MALFORMED
    if not pointer or paths.value_at_pointer(body, pointer) is not paths.ABSENT:
        return None
    if _may_be_missing(pointer, body, documented):
        return None
    return FindingKind.POINTER_NOWHERE


def _may_be_missing(pointer: str, body: Any, documented: frozenset[str]) -> bool:
    """Return whether *pointer* names a member that its object lacks and the document knows.

    Where the document names no member of that object, any may be meant.
    """
    holder = paths.value_at_pointer(body, pointer.rpartition("/")[0])
    path = paths.path_of(paths.steps_of_pointer(body, pointer))
    around = paths.parent_path(path)
    is_open = not any(_is_inner_member(name, around) for name in documented)
    return isinstance(holder, dict) and (is_open or path in documented)


def _is_inner_member(path: str, around: str) -> bool:
    return path != around and paths.is_member_of(path, around)


# --- what must not be in it --------------------------------------------------------------------


def _nothing_given_away(operation: Operation) -> Iterator[Clause]:
    yield Clause(
        id="error/no-leak",
        family=Family.ERRORS,
        place=operation.place,
        promise="no credential and no secret of the request is in an error answer",
        judge=each(_is_refused, look_for_leaks),
        explain=_owed(operation),
        needs=EVERY,
        topic=ON_ERRORS,
    )
    yield Clause(
        id="error/no-stack-trace",
        family=Family.ERRORS,
        place=operation.place,
        promise="no stack trace is in an error answer",
        judge=each(_is_refused, _look_for_stack_trace),
        explain=_owed(operation),
        needs=EVERY,
        topic=ON_ERRORS,
    )


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status >= 400


def _look_for_stack_trace(exchange: Exchange) -> Finding | Looked:
    found = STACK_TRACE.search(_unescaped(exchange.text))
    if found is None:
        return KEPT
    observed = quote_value(found.group())
    return Finding(FindingKind.STACK_TRACE, exchange.status, observed=observed)


def _unescaped(text: str) -> str:
    """Return *text* with the line breaks and quotes that JSON escapes."""
    for escaped, meant in ESCAPES.items():
        text = text.replace(escaped, meant)
    return text


# --- headers -----------------------------------------------------------------------------------


def _headers(operation: Operation, refusals: Sequence[Response]) -> Iterator[Clause]:
    """Yield the clauses on each header.

    One that several statuses document alike stands under ``error/``, any other under its own
    status.
    """
    headers = _documented_headers(operation, refusals)
    for documented in headers.values():
        first = documented[0][1]
        if all(_is_same_header(first, header) for _, header in documented):
            own = [status for status, _ in documented]
            yield from _header(operation, own, documented[-1][1])
            continue
        for status, header in documented:
            yield from _header(operation, [status], header)
    known = {name.lower() for name in headers}
    if "allow" not in known and any(response.status == "405" for response in refusals):
        yield _allow(operation)


def _documented_headers(
    operation: Operation, refusals: Sequence[Response]
) -> dict[str, list[tuple[str, Header]]]:
    """Return by name each header of a refusal, with its status; those of the limit are left out."""
    limits = shape.limit_headers(operation)
    headers: dict[str, list[tuple[str, Header]]] = defaultdict(list)
    for response in refusals:
        for header in response.headers:
            if header.name.lower() not in limits:
                headers[header.name].append((response.status, header))
    return headers


def _is_same_header(one: Header, other: Header) -> bool:
    is_alike = _without_lines(one.schema) == _without_lines(other.schema)
    return bool(is_alike) and one.required == other.required


def _header(operation: Operation, statuses: Sequence[str], header: Header) -> Iterator[Clause]:
    """Yield the clauses on a header that *statuses* document alike."""
    status = statuses[0] if len(statuses) == 1 else "error"
    id = f"{status}/header/{header.name}"
    applies = _is_answered_by_service(operation, *statuses)
    explain = _explain_header(operation, statuses)
    held = shape.with_words(operation, header)
    yield from shape.header_clauses(Family.ERRORS, id, status, held, applies, explain)


def _explain_header(operation: Operation, statuses: Sequence[str]) -> Explain:
    """Explain why no answer with one of *statuses* came, which document a header.

    The target owes one only where whatever refuses a broken body is among them.
    """
    if len(statuses) == 1:
        return _explain_own_status(operation, statuses[0])
    refusing = {str(status) for status in operation.refusals}
    if refusing and refusing <= set(statuses):
        return _owed(operation)
    return _owed_unless(operation, MissingKind.NO_ERROR_HAD_IT)


def _is_answered_by_service(operation: Operation, *statuses: str) -> Applies:
    has_status = shape.documented_as(operation, *statuses)

    def applies(exchange: Exchange) -> bool:
        return has_status(exchange) and not may_come_from_front(exchange)

    return applies


def _explain_own_status(operation: Operation, status: str) -> Explain:
    """Explain why no answer had *status*.

    The target owes it where a probe asks for it; else it is out of reach from outside.
    """
    refusals = operation.promises.refusals
    what = f"an answer with {status}"
    # Where another refusal is documented, it may come in place of this one.
    otherwise = MissingEvidence(MissingKind.NO_SUCH_STATUS, status)
    is_asked = bool(operation.security) and all(operation.security)
    if is_asked and status in map(str, refusals.unauthenticated):
        expect = Expect.UNAUTHENTICATED
        has_choice = len(refusals.unauthenticated) > 1
    elif operation.parameters and status in map(str, refusals.unknown):
        expect = Expect.UNKNOWN
        has_choice = len(refusals.unknown) > 1 or operation.response(HIDING) is not None
    else:
        return missing(MissingKind.UNPROVOKABLE, status)
    if has_choice:
        return withheld(what, expect, otherwise=otherwise)
    return withheld(what, expect)


def _allow(operation: Operation) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.header("allow") is not None:
            return KEPT
        return Finding(FindingKind.ALLOW_MISSING, exchange.status)

    return Clause(
        id="error/allow",
        family=Family.ERRORS,
        level=Level.SHOULD,
        place=operation.place,
        promise="405 lists the allowed methods",
        judge=each(with_status("405"), look),
        explain=missing(MissingKind.METHODS_NEVER_SENT),
        needs=EVERY,
        topic=ON_ERRORS,
    )
