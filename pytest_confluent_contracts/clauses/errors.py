"""Is every refusal told in the documented envelope? Judged on each answer of 400 and above, documented or not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses import shape
from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    Applies,
    each,
    escape,
    essence,
    leaked,
    path_of,
    quote_value,
    skipped,
    values,
    with_status,
    withheld,
)
from pytest_confluent_contracts.contract import Absentee, Clause, Evidence, Promise
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Content, Operation, Response
    from pytest_confluent_contracts.model.sources import SourceLocation

PROBLEM = "application/problem+json"
POINTER = re.compile(r"(/([^/~]|~[01])*)*\Z")
INDEX = re.compile(r"(0|[1-9][0-9]{0,8})\Z")  # RFC 6901 section 4: no leading zeros
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


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on the envelope, its rules in prose, its headers, and what must not be in it."""
    refusals = [response for response in operation.responses if _is_error(response)]
    shared = _shared_content(refusals)
    if shared is None:
        return
    others = [response for response in refusals if response.content and not _alike(response.content, shared)]
    own = {response.status for response in others} | {r.status for r in refusals if r.content is None}
    applies = _answered_with_envelope(operation, own)
    absent = withheld("an error answer", Expect.REFUSED, otherwise="no answer had this")
    yield from shape.body("error", shared, applies, absent, EVERY, family=Family.ERRORS)
    for response in others:
        yield from _own_envelope(response)
    yield from _not_empty(shared, applies, absent)
    yield from _prose(operation, applies)
    yield from _nothing_given_away(operation)
    yield from _headers(operation, refusals)
    yield from _problem_details(operation, refusals)


def errors(id: str, place: SourceLocation, promise: str, judge: Any, absent: Absentee, **more: Any) -> Clause:
    """Return a clause of this family, MUST unless *more* says otherwise."""
    settings = {"level": Level.MUST, "needs": EVERY} | more
    return Clause(
        id=f"error/{id}", family=Family.ERRORS, place=place, promise=promise, judge=judge, absent=absent, **settings
    )


# --- which answers ---------------------------------------------------------------------------------------------------


def _is_error(response: Response) -> bool:
    return response.status[0] in "45" or response.status.lower() == "default"


def _plain(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if key != "x-line"}
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema


def _alike(one: Content, other: Content) -> bool:
    return bool(_plain(one.schema) == _plain(other.schema) and one.media_type == other.media_type)


def _shared_content(refusals: Sequence[Response]) -> Content | None:
    """Return the body that most error statuses share: the one that also binds a status nobody documented."""
    contents = [response.content for response in refusals if response.content]
    return max(contents, key=lambda content: sum(_alike(content, other) for other in contents), default=None)


def _answered_with_envelope(operation: Operation, excepted: set[str]) -> Applies:
    """Return whether an answer owes the shared envelope: any error but those documented with a body of their own."""

    def applies(exchange: Exchange) -> bool:
        response = operation.response(exchange.status)
        return exchange.status >= 400 and not (response and response.status in excepted)

    return applies


def _own_envelope(response: Response) -> Iterator[Clause]:
    if response.content:
        absent = skipped(f"no answer had status {response.status}")
        yield from shape.body(
            response.status, response.content, with_status(response.status), absent, EVERY, family=Family.ERRORS
        )


# --- the list of errors ----------------------------------------------------------------------------------------------


def _not_empty(content: Content, applies: Applies, absent: Absentee) -> Iterator[Clause]:
    lists = [member for member in content.properties if member.required and member.schema.get("type") == "array"]
    for member in lists:
        name = member.path

        def look(exchange: Exchange, name: str = name) -> str | None:
            came = next((value for _, value in values(exchange.json, name)), None)
            if not isinstance(came, list):
                return None
            return "" if came else f"{exchange.status} answered with an empty list of {name}"

        level = Level.MUST if member.schema.get("minItems") else Level.SHOULD
        promise = f"{name} tells at least one problem"
        yield errors(f"{name}-not-empty", member.place, promise, each(applies, look), absent, level=level)


# --- what the page says in prose -------------------------------------------------------------------------------------


def _prose(operation: Operation, applies: Applies) -> Iterator[Clause]:
    absent = withheld("an error answer", Expect.REFUSED, otherwise="no error carried it")
    promises = operation.entries
    if entry := promises.get("errors.status"):
        yield _status(entry, applies, absent)
    if entry := promises.get("errors.occurrence"):
        path = str(entry.data["path"])
        judge = shape.unique(lambda e: _strings(e, path) if applies(e) else [], path)
        yield errors("id-unique", entry.place, entry.says, judge, absent)
        promise = f"two errors of one answer do not share {path}"
        judge = each(applies, lambda e: _shared_id(e, path))
        yield errors("id-unique/in-one-answer", entry.place, promise, judge, absent, level=Level.SHOULD)
    if entry := promises.get("errors.stable"):
        code, title = ([*list(entry.data["paths"]), ""])[:2]
        promise = "code and title do not change for the same kind of problem"
        judge = _stable(code, title, applies)
        yield errors("code-and-title", entry.place, promise, judge, absent, level=Level.SHOULD)
    if entry := promises.get("errors.pointer"):
        yield from _pointers(entry, applies, operation)


def _strings(exchange: Exchange, path: str) -> list[str]:
    return [value for _, value in values(exchange.json, path) if isinstance(value, str)]


def _shared_id(exchange: Exchange, path: str) -> str | None:
    came = Counter(_strings(exchange, path))
    again = next((id for id, count in came.items() if count > 1), None)
    if again is not None:
        return f"{exchange.status} answered with {path} {quote_value(again)} {came[again]} times"
    return "" if came else None


def _status(entry: Promise, applies: Applies, absent: Absentee) -> Clause:
    path = str(entry.data["path"])

    def look(exchange: Exchange) -> str | None:
        came = [value for _, value in values(exchange.json, path)]
        wrong = next((value for value in came if value != str(exchange.status)), None)
        if wrong is not None:
            other = "" if isinstance(wrong, str) else ", which is no text"
            return f"{exchange.status} answered with {path} {quote_value(wrong)}{other}"
        return "" if came else None

    promise = f"{path} is the HTTP status of the answer, as a string"
    return errors("status", entry.place, promise, each(applies, look), absent)


def _stable(code: str, title: str, applies: Applies) -> Any:
    """One code has one title, and one request gets one code: the same problem is always called the same."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        titles: dict[tuple[int, str], str] = {}
        codes: dict[object, str] = {}
        for exchange in exchanges:
            if exchange.failure or exchange.superseded or not applies(exchange):
                continue
            came = [(_text(error, code), _text(error, title)) for error in _error_list(exchange, code or title)]
            if not any(any(pair) for pair in came):
                continue
            asked = (exchange.case.key, exchange.status)
            told = ",".join(sorted({pair[0] for pair in came}))
            finding = _renamed(titles, exchange.status, came)
            if codes.setdefault(asked, told) != told:
                finding = (
                    f"the same request was answered with code {quote_value(codes[asked])}, then {quote_value(told)}"
                )
            yield Evidence(exchange, finding)

    return judge


def _renamed(titles: dict[tuple[int, str], str], status: int, came: Sequence[tuple[str, str]]) -> str:
    for code, title in came:
        if code and title and (known := titles.setdefault((status, code), title)) != title:
            return f"{status} answered with code {quote_value(code)} and title {quote_value(title)}, before with {quote_value(known)}"
    return ""


def _error_list(exchange: Exchange, path: str) -> list[Any]:
    return [value for _, value in values(exchange.json, path.rpartition(".")[0])]


def _text(error: Any, path: str) -> str:
    value = error.get(path.rpartition(".")[2]) if isinstance(error, dict) and path else None
    return value if isinstance(value, str) else ""


# --- JSON Pointers ---------------------------------------------------------------------------------------------------


def _pointers(entry: Promise, applies: Applies, operation: Operation) -> Iterator[Clause]:
    path = str(entry.data["path"])
    absent = withheld("an error answer", Expect.REFUSED, otherwise=f"no error had {path}")
    named = frozenset(member.path for member in operation.request.properties) if operation.request else frozenset()

    def resolves(exchange: Exchange) -> str | None:
        came = _strings(exchange, path)
        if exchange.case.value is ABSENT and exchange.case.body is not None:
            came = [pointer for pointer in came if not POINTER.match(pointer)]
        wrong = next((fault for pointer in came if (fault := _unresolved(pointer, exchange.case.value, named))), "")
        return f"{exchange.status} answered with {path} {wrong}" if wrong else ("" if came else None)

    def at_fault(exchange: Exchange) -> str | None:
        came = _strings(exchange, path)
        if not came or not _judged_by_body(exchange, operation):
            return None
        allowed = {place for violation in exchange.case.violations for place in _places(violation)}
        wrong = next((pointer for pointer in came if pointer not in allowed), None)
        if wrong is None:
            return ""
        return f"{exchange.status} answered with {path} {quote_value(wrong)}, but wrong is {_named(allowed)}"

    def told(exchange: Exchange) -> str | None:
        if not _judged_by_body(exchange, operation) or exchange.json is ABSENT:
            return None
        if not any(violation.pointer or violation.missing for violation in exchange.case.violations):
            return None  # the whole body is wrong: there is no part of it to point at
        return "" if _strings(exchange, path) else f"{exchange.status} answered without {path}"

    promise = f"{path} is a JSON Pointer (RFC 6901) into the request body"
    yield errors("source.pointer", entry.place, promise, each(applies, resolves), absent)
    promise = f"{path} names the member that is wrong"
    yield errors("source.pointer/at-fault", entry.place, promise, each(applies, at_fault), absent)
    promise = f"{path} is told where a member of the body is wrong"
    yield errors("source", entry.place, promise, each(applies, told), absent, level=Level.SHOULD)


def _named(pointers: set[str]) -> str:
    return " or ".join(pointer or "the whole body" for pointer in sorted(pointers))


def _judged_by_body(exchange: Exchange, operation: Operation) -> bool:
    """Return whether the answer refuses the body for breaking its schema, in places that are known."""
    return bool(exchange.case.violations) and exchange.status in operation.refusals


def _places(violation: Violation) -> set[str]:
    """Return the pointers that name what is wrong; a missing member is told by its place or by its parent."""
    place = f"{violation.pointer}/{escape(violation.missing)}"
    return {place, violation.pointer} if violation.missing else {violation.pointer}


def _unresolved(pointer: str, body: Any, named: frozenset[str]) -> str:
    if not POINTER.match(pointer):
        return f"{quote_value(pointer)}, which is no JSON Pointer"
    steps: list[str | int] = []
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        steps.append(int(name) if isinstance(body, list) and INDEX.match(name) else name)
        body = _below(body, steps, named)
        if body is NOWHERE:
            return f"{quote_value(pointer)}, which points nowhere in the request body"
    return ""


NOWHERE = object()


def _below(body: Any, steps: Sequence[str | int], named: frozenset[str]) -> Any:
    """Return the value at the last of *steps* in *body*, ABSENT where a documented member is missing, else NOWHERE."""
    last = steps[-1]
    if isinstance(body, dict) and last in body:
        return body[last]
    if isinstance(body, list) and isinstance(last, int) and last < len(body):
        return body[last]
    around, path = path_of(steps[:-1]), path_of(steps)
    free = not any(name.startswith(f"{around}." if around else "") for name in named)
    return ABSENT if isinstance(body, dict) and (free or path in named) else NOWHERE


# --- what must not be in it ------------------------------------------------------------------------------------------


def _nothing_given_away(operation: Operation) -> Iterator[Clause]:
    absent = withheld("an error answer", Expect.REFUSED)

    def refused(exchange: Exchange) -> bool:
        return exchange.status >= 400

    def trace(exchange: Exchange) -> str:
        found = STACK_TRACE.search(_unescaped(exchange.text))
        return f"{exchange.status} answered with a stack trace: {quote_value(found.group())}" if found else ""

    promise = "no credential and no secret of the request is in an error answer"
    yield errors("no-leak", operation.place, promise, each(refused, leaked), absent)
    promise = "no stack trace is in an error answer"
    yield errors("no-stack-trace", operation.place, promise, each(refused, trace), absent)


def _unescaped(text: str) -> str:
    """Return *text* with the line breaks and quotes that JSON escapes."""
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


# --- headers ---------------------------------------------------------------------------------------------------------


def _headers(operation: Operation, refusals: Sequence[Response]) -> Iterator[Clause]:
    """Yield a clause a header: under ``error/`` where several statuses document it, else under its own status."""
    statuses: dict[str, list[str]] = defaultdict(list)
    limits = {name.lower() for name in shape.limit_headers(operation)}
    headers = {h.name: h for response in refusals for h in response.headers if h.name.lower() not in limits}
    for response in refusals:
        for header in response.headers:
            statuses[header.name].append(response.status)
    for name, header in headers.items():
        shared = len(statuses[name]) > 1
        absent = withheld("an error answer", Expect.REFUSED) if shared else _own_status(operation, statuses[name][0])
        id = f"error/header/{name}" if shared else f"{statuses[name][0]}/header/{name}"
        yield shape.header_clause(id, header, with_status(*statuses[name]), absent, EVERY, family=Family.ERRORS)
    if any(response.status == "405" for response in refusals) and "allow" not in {name.lower() for name in headers}:
        yield _allow(operation)


def _own_status(operation: Operation, status: str) -> Absentee:
    """Return why no answer had *status*: owed where a probe asks for it, else out of reach from outside."""
    asked = {
        str(operation.promise("refusals", "unauthenticated")): Expect.UNAUTHENTICATED,
        str(operation.promise("refusals", "unknown")): Expect.UNKNOWN,
    }
    if status in asked:
        return withheld(f"an answer with {status}", asked[status])
    return skipped(f"{status} cannot be provoked from outside")


def _allow(operation: Operation) -> Clause:
    def look(exchange: Exchange) -> str:
        return "" if exchange.header("allow") is not None else "405 answered without Allow (RFC 9110 15.5.6)"

    judge = each(with_status("405"), look)
    absent = skipped("405 cannot be provoked: undeclared methods are never sent")
    return errors("allow", operation.place, "405 lists the allowed methods", judge, absent, level=Level.SHOULD)


# --- problem details -------------------------------------------------------------------------------------------------


def _problem_details(operation: Operation, refusals: Sequence[Response]) -> Iterator[Clause]:
    if not any(r.content and essence(r.content.media_type) == PROBLEM for r in refusals):
        return

    def look(exchange: Exchange) -> str | None:
        told = exchange.json.get("status") if isinstance(exchange.json, dict) else None
        if told is None or exchange.status < 400 or essence(exchange.header("content-type")) != PROBLEM:
            return None
        return "" if told == exchange.status else f"{exchange.status} answered with status {quote_value(told)}"

    promise, judge = "status equals the HTTP status (RFC 9457 3.1.2)", each(lambda _: True, look)
    yield errors("problem-status", operation.place, promise, judge, skipped("no problem had a status"))
