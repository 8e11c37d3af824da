"""In which ways can a service break a clause? Small alterations of the embedded service, derived from a document."""

from __future__ import annotations

import base64
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import eq
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_confluent_contracts.double.service import (
    Answer,
    Problem,
    Refused,
    Request,
    Resource,
    Service,
    limit_header_names,
    steps_to,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Property
from pytest_confluent_contracts.model.paths import ABSENT, value_at

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Header, Operation, SecurityScheme

Alter = Callable[[Service], Service]
Change = Callable[[Answer, Request, Service], Answer]
When = Callable[[Request, Answer], bool]
T = TypeVar("T")

WRONG_TYPE = {
    "string": 7,
    "integer": "7",
    "number": "7",
    "boolean": "yes",
    "array": {},
    "object": "text",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break a service: what it is called, which clauses it breaks, and how the service is altered."""

    name: str
    breaks: tuple[str, ...]
    alter: Alter


def derive(operation: Operation) -> tuple[Fault, ...]:
    """Return the faults that *operation*'s document gives reason for, by name, each once."""
    of_bodies = (_answers, _envelopes, _headers, _statuses, _requests)
    of_rules = (_credentials, _limits, _updates, _secrets, _times, _rare)
    found = [fault for family in (*of_bodies, *of_rules) for fault in family(operation)]
    return tuple({fault.name: fault for fault in found}.values())


# --- how a service is altered ----------------------------------------------------------------------------------------


def replacing(step: str, do: Callable[..., Any]) -> Alter:
    """Return the alteration that does *do(service, the step as it was, its arguments)* in place of one step."""

    def alter(service: Service) -> Service:
        setattr(service, step, partial(do, service, getattr(service, step)))
        return service

    return alter


def chained(*alters: Alter) -> Alter:
    """Return the alteration that makes each of *alters*, the first one innermost."""
    return lambda service: reduce(lambda altered, alter: alter(altered), alters, service)


def answering(change: Change, when: When) -> Alter:
    """Return the alteration that changes each finished answer for which *when* holds."""

    def handle(service: Service, inner: Any, request: Request) -> Any:
        answer = inner(request)
        return change(answer, request, service) if when(request, answer) else answer

    return replacing("handle", handle)


def each_nth(count: int, change: Change) -> Alter:
    """Return the alteration that changes every *count*-th answer of the 2xx class; each service is counted anew."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)
        return answering(
            change, lambda asked, answer: accepted(asked, answer) and next(turns) % count == 0
        )(service)

    return alter


def of_answers(name: str, change: Change, when: When, *breaks: str) -> Fault:
    """Return the fault that changes each answer for which *when* holds."""
    return Fault(name, breaks, answering(change, when))


def of_step(name: str, step: str, do: Callable[..., Any], *breaks: str) -> Fault:
    """Return the fault that replaces one step of the service."""
    return Fault(name, breaks, replacing(step, do))


# --- when ------------------------------------------------------------------------------------------------------------


def accepted(_: Request, answer: Answer) -> bool:
    """Hold on answers of the 2xx class."""
    return 200 <= answer.status < 300


def refused(_: Request, answer: Answer) -> bool:
    """Hold on error answers that have a body."""
    return answer.status >= 400 and answer.value is not None


def quota_told(asked: Request, answer: Answer) -> bool:
    """Hold on answers that tell the quota."""
    return accepted(asked, answer) or answer.status == 429


def on(*statuses: int) -> When:
    """Hold on answers with one of *statuses*."""
    return lambda _, answer: answer.status in statuses


def sending(test: Callable[[Any], bool], when: When = accepted) -> When:
    """Hold where the request's JSON value passes *test*."""
    return lambda request, answer: when(request, answer) and test(_json(request))


def sending_at(path: str, kind: Callable[[Any], T], test: Callable[[T], bool]) -> When:
    """Hold where what the request has at *path*, as a *kind* (``str``, ``list``), passes *test*; nothing is empty."""
    return sending(lambda body: test(kind(_look(body, path) or "")))


def longer_than(count: int) -> Callable[[Sized], bool]:
    """Return the test whether a text or a list has more than *count* items."""
    return lambda found: len(found) > count


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


# --- what is changed -------------------------------------------------------------------------------------------------


def changing(path: str, make: Callable[[Any], Any]) -> Change:
    """Change what stands at *path* of the body, ``[]`` meaning each item."""
    return lambda answer, _, __: replace(answer, value=_rewritten(answer.value, path, make))


def changing_text(path: str, make: Callable[[str], str]) -> Change:
    """Change the text that stands at *path* of the body, if one does."""
    return changing(path, lambda found: _mapped(found, make))


def put(path: str, new: Any) -> Change:
    """Put *new* at *path* of the body."""
    return changing(path, lambda _: new)


def drop(path: str) -> Change:
    """Take the member at *path* away."""
    return put(path, ABSENT)


def counted(path: str, make: Callable[[int], Any]) -> Change:
    """Put another value at *path* each time, made from a number that counts up from 0."""
    turns = itertools.count()
    return changing(path, lambda _: make(next(turns)))


def raw(make: Callable[[bytes], bytes]) -> Change:
    """Change the bytes of the body."""
    return lambda answer, _, __: replace(answer, raw=make(answer.body))


def status(code: int) -> Change:
    """Change the status."""
    return lambda answer, _, __: replace(answer, status=code)


def header(name: str, *values: str) -> Change:
    """Give the header *name* these values; none takes it away."""

    def change(answer: Answer, _: Request, __: Service) -> Answer:
        kept = [pair for pair in answer.headers if pair[0].lower() != name.lower()]
        return replace(answer, headers=(*kept, *((name, value) for value in values)))

    return change


def number(name: str, make: Callable[[int, Service], int]) -> Change:
    """Change the number in the header *name*."""

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        known = dict(answer.headers)
        if not known.get(name, "").isdigit():
            return answer
        return header(name, str(make(int(known[name]), service)))(answer, request, service)

    return change


def _rewritten(body: Any, path: str, make: Callable[[Any], Any]) -> Any:
    """Return *body* with *make(what stands there)* at *path*; ABSENT stands for no member.

    Where *path* ends in a list's items, only the first of them is made anew.
    """
    return _rewritten_below(body, paths.steps_of(path), make)


def _rewritten_below(found: Any, steps: Sequence[paths.Step], make: Callable[[Any], Any]) -> Any:
    if not steps:
        return make(found)
    step, rest = steps[0], steps[1:]
    if isinstance(step, paths.Item):
        return _rewritten_items(found, rest, make) if isinstance(found, list) else found
    if not isinstance(found, dict) or (rest and step not in found):
        return found
    new = _rewritten_below(found.get(step, ABSENT), rest, make)
    if new is ABSENT:
        return {name: value for name, value in found.items() if name != step}
    return {**found, step: new}


def _rewritten_items(
    items: list[Any],
    steps: Sequence[paths.Step],
    make: Callable[[Any], Any],
) -> list[Any]:
    if steps:
        return [_rewritten_below(item, steps, make) for item in items]
    return [*(make(item) for item in items[:1]), *items[1:]]


def _overwritten(body: Any, path: str, new: Any) -> Any:
    """Return *body* with *new* at *path*, where there is an object for it."""
    return _rewritten(body, path, lambda _: new)


def _mapped(found: Any, make: Callable[[str], str]) -> Any:
    """Return *found* with *make* done to its text, or to each text of a list."""
    if isinstance(found, list):
        return [_mapped(item, make) for item in found]
    return make(found) if isinstance(found, str) else found


def _look(body: Any, path: str) -> Any:
    """Return the value of *body* at *path*, None where there is none."""
    found = value_at(body, path)
    return None if found is ABSENT else found


# --- answers ---------------------------------------------------------------------------------------------------------


def _answers(operation: Operation) -> Iterator[Fault]:
    if (success := operation.success) is None or success.content is None:
        return
    name = success.status
    yield from _members(name, success.content.properties, accepted)
    yield from _whole_bodies(name, accepted)
    yield of_answers(
        f"{name} with an undeclared member", put("x_surprise", 1), accepted, f"{name}/undeclared"
    )
    for path in operation.promises.allowed_values.by_path:
        other, clause = put(path, "mainframe"), f"{name}/values/{path}"
        yield of_answers(f"{name} {path} not in the list", other, accepted, clause)


def _members(prefix: str, members: tuple[Property, ...], when: When) -> Iterator[Fault]:
    for member in members:
        clause = f"{prefix}/body/{member.path}"
        for what, new in _wrong(member.schema):
            yield of_answers(f"{clause} {what}", put(member.path, new), when, clause)
        if member.required:
            yield of_answers(f"{clause} dropped", drop(member.path), when, clause)


def _wrong(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the ways in which a value can break *schema*."""
    kinds = schema.get("type", [])
    listed = kinds if isinstance(kinds, list) else [kinds]
    if listed:
        yield "retyped", WRONG_TYPE[next(kind for kind in listed if kind != "null")]
        if "null" not in listed:
            yield "null", None
    if "enum" in schema:
        yield "out of its enum", "something-else"
    if schema.get("minLength"):
        yield "too short", ""
    if "maxLength" in schema:
        yield "too long", "x" * (schema["maxLength"] + 1)
    if "format" in schema and "string" in listed:
        yield "of the wrong format", "not so"
    if "maximum" in schema:
        yield "too large", schema["maximum"] + 1
    if schema.get("additionalProperties") is False:
        yield "with a member too many", {"x_surprise": 1}


_BROKEN_JSON: Mapping[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[:-2],
    "empty": lambda body: b"",
    "twice": lambda body: body + body,
    "in UTF-16": lambda body: body.decode("utf-8").encode("utf-16"),
    "with a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "with NaN": lambda body: body[:-1] + b', "x": NaN}',
    "with a name twice": lambda body: body[:-1] + b', "x": 1, "x": 1}',
    "with invalid UTF-8": lambda body: body[:-1] + b', "x": "\xff"}',
}
_WRONG_JSON: Mapping[str, Callable[[bytes], bytes]] = {
    "a list": lambda body: b"[]",
    "null": lambda body: b"null",
    "a text": lambda body: b'"ok"',
}


def _whole_bodies(prefix: str, when: When) -> Iterator[Fault]:
    """Yield the ways in which a body as a whole can be wrong."""
    media = f"{prefix}/media-type"
    yield of_answers(f"{prefix} as text", header("Content-Type", "text/plain"), when, media)
    yield of_answers(f"{prefix} as HTML", _html, when, media)
    yield of_answers(f"{prefix} without Content-Type", header("Content-Type"), when, media)
    latin = header("Content-Type", "application/json; charset=iso-8859-1")
    yield of_answers(f"{prefix} said to be Latin-1", latin, when, media)
    two = header("Content-Type", "application/json", "text/html")
    yield of_answers(f"{prefix} with two Content-Types", two, when, media)
    for what, make in _BROKEN_JSON.items():
        yield of_answers(f"{prefix} {what}", raw(make), when, f"{prefix}/json")
    for what, make in _WRONG_JSON.items():
        yield of_answers(f"{prefix} is {what}", raw(make), when, f"{prefix}/body")


def _html(answer: Answer, request: Request, service: Service) -> Answer:
    page = replace(answer, raw=b"<html><body><h1>It works</h1></body></html>")
    return header("Content-Type", "text/html")(page, request, service)


# --- envelopes -------------------------------------------------------------------------------------------------------


def _envelopes(operation: Operation) -> Iterator[Fault]:
    content = next(
        (r.content for r in operation.responses if r.status.startswith("4") and r.content), None
    )
    if content is None:
        return
    yield from _members("error", content.properties, refused)
    yield from _whole_bodies("error", refused)
    yield of_answers(
        "error with an undeclared member", put("x_surprise", 1), refused, "error/undeclared"
    )
    yield of_answers("error list empty", put("errors", []), refused, "error/errors-not-empty")
    documented = {member.path for member in content.properties}
    if "errors" in documented and content.schema["properties"]["errors"].get("uniqueItems"):
        double = changing("errors", lambda errors: errors * 2)
        yield of_answers("error entries repeated", double, refused, "error/body/errors")
    yield from _prose(operation)
    traced = detailed(lambda _, __: 'Traceback (most recent call last): File "app.py", line 7')
    yield of_answers("error with a stack trace", traced, refused, "error/no-stack-trace")
    leaking = detailed(_sent_credentials)
    yield of_answers("error gives credentials away", leaking, on(400, 422, 404), "error/no-leak")


def detailed(told: Callable[[Request, Service], str]) -> Change:
    """Write a text into the first error of the answer, wherever the document lets one stand."""

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        text = told(request, service)
        write = changing(
            "errors[]", lambda first: {**first, "detail": text} if isinstance(first, dict) else text
        )
        return write(answer, request, service)

    return change


def _sent_credentials(request: Request, service: Service) -> str:
    schemes = service.operation.schemes
    headers = (request.headers.get(scheme.header.lower(), "") for scheme in schemes)
    return "Not allowed with " + " ".join(text.rpartition(" ")[2] for text in headers)


def _prose(operation: Operation) -> Iterator[Fault]:
    told = operation.promises.errors
    if told.status:
        path = told.status.path
        yield of_answers(f"{path} is another status", put(path, "418"), refused, "error/status")
        yield of_answers(f"{path} is a sentence", put(path, "Bad Request"), refused, "error/status")
        yield of_answers(f"{path} is a number", changing(path, int), refused, f"error/body/{path}")
    if told.occurrence:
        path = told.occurrence.path
        yield of_answers(
            f"{path} always the same", put(path, "error-1"), refused, "error/id-unique"
        )
        another = changing("errors", lambda errors: [*errors, {**errors[0], "detail": "Another."}])
        yield of_answers(
            f"{path} shared by two errors", another, refused, "error/id-unique/in-one-answer"
        )
    if told.pointer:
        yield from _pointers(told.pointer.path, on(*operation.refusals))
    for path in told.stable.paths if told.stable else ():
        another = counted(path, lambda turn: f"Problem {turn}")
        yield of_answers(f"{path} always another", another, refused, "error/code-and-title")


def _pointers(path: str, where: When) -> Iterator[Fault]:
    source = paths.parent_path(path)
    if not source or paths.steps_of(source)[-1] is paths.ITEM:
        source = path  # the error itself cannot be left out
    dotted = changing_text(path, lambda old: old[1:].replace("/", "."))
    fragment = changing_text(path, lambda old: f"#{old}")
    cut = changing_text(path, lambda old: paths.pointer_of(paths.tokens_of(old)[:-1]))
    clause, at_fault = "error/source.pointer", "error/source.pointer/at-fault"
    yield of_answers(f"{path} dotted", dotted, where, clause)
    yield of_answers(f"{path} a fragment", fragment, where, clause)
    yield of_answers(f"{path} nowhere", put(path, "/nowhere/at/all"), where, clause)
    yield of_answers(f"{path} too short", cut, where, at_fault, clause)
    yield of_answers(f"{path} at another member", put(path, "/spec/other"), where, at_fault, clause)
    yield of_answers(f"{source} left out", drop(source), where, "error/source")


# --- headers ---------------------------------------------------------------------------------------------------------

UNPROVOKED = (402, 403, 409, 500)  # a conforming service gives no occasion for these


def _headers(operation: Operation) -> Iterator[Fault]:
    refusals = [response for response in operation.responses if not response.status.startswith("2")]
    told = Counter(documented.name for response in refusals for documented in response.headers)
    for response in operation.responses:
        provoked = response.status.isdigit() and int(response.status) not in UNPROVOKED
        for documented in response.headers if provoked else ():
            shared = response in refusals and told[documented.name] > 1
            prefix = "error" if shared else response.status
            yield from _header(
                f"{prefix}/header/{documented.name}", documented, int(response.status)
            )


def _header(clause: str, documented: Header, code: int) -> Iterator[Fault]:
    broken: dict[str, tuple[str, ...]] = {"missing": (), "empty": ("",)}
    if documented.schema.get("type") == "integer":
        broken |= {"not an integer": ("soon",), "a fraction": ("1.5",), "negative": ("-1",)}
    if documented.name.lower() != "www-authenticate":
        broken |= {"sent twice": ("7", "8")}
    for what, values in broken.items():
        yield of_answers(
            f"{clause} {what} on {code}", header(documented.name, *values), on(code), clause
        )


# --- statuses --------------------------------------------------------------------------------------------------------


def _statuses(operation: Operation) -> Iterator[Fault]:
    for code in (202, 204):
        yield of_answers(f"{code} instead of 200", status(code), accepted, "statuses")
    for code in (418, 500, 503):
        # A 503 that is answered when it is sent again is availability, not contract.
        yield Fault(f"{code} now and then", ("statuses", "answered"), each_nth(11, status(code)))
    for code in (500, 415):
        broken = on(*operation.refusals)
        yield of_answers(
            f"{code} on broken bodies", status(code), broken, "statuses", "request/*/type"
        )
    if any(r.status == "429" and r.content is None for r in operation.responses):
        yield of_step("429 with a body", "refusal", _with_body, "429/no-body")
    yield Fault("every 9th connection is reset", ("answered",), each_nth(9, _reset))
    if operation.promises.request_id:
        name = operation.promises.request_id.header
        same = header(name, "req-1")
        yield of_answers(f"{name} always the same", same, lambda *_: True, "request-id/unique")
        yield of_answers(f"{name} repeated on errors", same, refused, "request-id/unique")


def _reset(*_: object) -> Answer:
    raise ConnectionResetError("the service hung up")


def _with_body(_: Service, inner: Any, problems: Sequence[Problem]) -> Any:
    answer = inner(problems)
    return replace(answer, value={"errors": []}) if answer.status == 429 else answer


# --- requests --------------------------------------------------------------------------------------------------------


def _requests(operation: Operation) -> Iterator[Fault]:
    if operation.request is None:
        return
    invalid = _refusing(operation)
    yield from _constraints(operation)
    yield of_answers("every body is refused", invalid, accepted, "request/accepted", "200/*")
    for example in operation.request.examples:
        same = sending(partial(eq, example.value))
        yield of_answers(
            f"the example {example.name} is refused",
            invalid,
            same,
            f"request/example/{example.name}",
        )
    surprised = sending(lambda body: "x_contract" in json.dumps(body))
    yield of_answers("undeclared members are refused", invalid, surprised, "request/undeclared")
    yield of_answers("undeclared members crash it", status(500), surprised, "statuses")
    yield from _malformed(operation)
    if operation.promises.refusals.unknown:
        unknown = "request/unknown-id"
        yield of_step("unknown ids are served", "find", lambda service, *_: _any(service), unknown)
        yield of_step("unknown ids are created", "find", _creating, unknown)
        yield of_answers("unknown ids are refused as invalid", invalid, on(404), unknown)


def _refusing(operation: Operation) -> Change:
    return status(min(operation.refusals, default=400))


def _constraints(operation: Operation) -> Iterator[Fault]:
    again = "request/accepted/after-refusals"
    yield of_step("the request after a refused one is refused", "validate", _sulking, again)
    several = chained(replacing("faults_in", _several_unchecked), replacing("apply", _objects_only))
    yield Fault("a body that is wrong in several places is taken", ("request/several",), several)
    members = _typed(operation)
    for member in members:
        name, beside = member.path or "body", _beside(member, members)
        for keyword in _keywords(member):
            told, broken = f"request {name}: {keyword} not checked", f"request/{name}/{keyword}"
            yield Fault(told, (broken,), _unchecked(member.path, keyword))
            if beside:
                yield Fault(
                    f"{told} where {' and '.join(beside)} stand beside it",
                    (broken,),
                    _unchecked(member.path, keyword, beside),
                )


def _several_unchecked(_: Service, inner: Any, body: Any) -> list[Any]:
    """Find nothing wrong where more than one thing is."""
    found = list(inner(body))
    return found if len(found) < 2 else []


def _sulking(service: Service, inner: Any, body: Any) -> None:
    """Refuse a valid body after a broken one for what was wrong with that one."""
    before = vars(service).pop("_broken_before", ())
    try:
        inner(body)
    except Refused as refused:
        vars(service)["_broken_before"] = refused.problems
        raise
    if before:
        raise Refused(*before)


def _beside(member: Property, members: Sequence[Property]) -> list[str]:
    """Return the other members of the same object that hold a value of their own."""
    alone = "properties" in member.schema or paths.has_items(member.path)
    others = [
        one for one in members if one is not member and one.path and one.parent == member.parent
    ]
    return [] if alone else [one.path for one in others if "properties" not in one.schema]


def _typed(operation: Operation) -> list[Property]:
    """Return the members that a request must send rightly, the whole body first."""
    request = operation.request
    assert request is not None
    frozen = [member.path for member in request.properties if member.read_only]
    found = [Property(paths.WHOLE, request.schema, False, request.place)]
    for member in request.properties:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if "type" in member.schema and not is_frozen:
            found.append(member)
    return found


def _keywords(member: Property) -> list[str]:
    required = ["required"] if member.required else []
    return [
        "type",
        "null",
        *required,
        *(key for key in ("enum", "minLength", "maxLength") if key in member.schema),
    ]


def _unchecked(path: str, keyword: str, beside: Sequence[str] = ()) -> Alter:
    """Leave one constraint of one member unchecked, in bodies that have each of *beside* too."""

    def faults_in(_: Service, inner: Any, body: Any) -> list[Any]:
        if any(value_at(body, other) is ABSENT for other in beside):
            return list(inner(body))
        return [error for error in inner(body) if not _is_of(error, body, path, keyword)]

    return chained(replacing("faults_in", faults_in), replacing("apply", _objects_only))


def _is_of(error: Any, body: Any, path: str, keyword: str) -> bool:
    """Return whether a validator's error tells of *keyword* at *path*; a value out of an enum may be of any type."""
    named = error.kind.name
    told = "null" if named == "type" and error.instance is None else named
    also = keyword == "enum" or (told == "enum" and keyword in ("type", "null"))
    is_told = told == keyword or (also and told in ("type", "null", "enum"))
    return is_told and paths.path_of(steps_to(error, body)) == path


def _objects_only(_: Service, inner: Any, resource: Resource, body: Any) -> None:
    """Apply objects only: a body that nobody checked must not crash the service, that would be another fault."""
    if isinstance(body, dict):
        inner(resource, body)


def _any(service: Service) -> Resource:
    return next(iter(service.resources.values()))


def _creating(service: Service, inner: Any, request: Request) -> Any:
    try:
        return inner(request)
    except Refused:
        service.resources[service.id_in(request.path)] = service.initial()
        raise


def _malformed(operation: Operation) -> Iterator[Fault]:
    required = ["request/body/required"] if operation.request and operation.request.required else []
    clause, crash = "request/body/json", status(500)
    yield of_step("bodies that are not JSON are taken", "read", _lenient, clause, *required)
    yield of_step("any media type is taken", "read", _untyped, "request/body/media-type")
    broken = sending(lambda body: body is None, on(*operation.refusals))
    yield of_answers("bodies that are not JSON crash it", crash, broken, "statuses", clause)
    if required:
        yield of_answers(
            "an empty body is taken", status(200), lambda request, _: not request.body, *required
        )
    yield of_answers(
        "lone surrogates crash it", crash, _surrogates, "statuses", "request/body/lone-surrogate"
    )


def _lenient(service: Service, inner: Any, request: Request) -> Any:
    try:
        return inner(request)
    except Refused as refusal:
        if refusal.problems[0].code == "malformed_body":
            return _minimal(service.operation)
        raise


def _untyped(service: Service, inner: Any, request: Request) -> Any:
    content = service.operation.request
    own = {"content-type": content.media_type if content else ""}
    return inner(replace(request, headers={**request.headers, **own}))


def _surrogates(request: Request, _: Answer) -> bool:
    return b"\\ud800" in request.body or b"\xed\xa0\x80" in request.body


def _minimal(operation: Operation) -> Any:
    """Return a body that passes for valid further on."""
    content = operation.request
    return (
        deepcopy(content.examples[0].value)
        if content and content.required and content.examples
        else {}
    )


# --- credentials -----------------------------------------------------------------------------------------------------


def _credentials(operation: Operation) -> Iterator[Fault]:
    statuses = operation.promises.refusals.unauthenticated
    if not operation.security or not statuses:
        return
    promised = statuses[0]
    yield of_step("credentials are not checked", "authenticate", lambda *_: None, "security/*")
    other = 403 if promised == 401 else 401
    yield of_answers(f"{other} without credentials", status(other), on(promised), "security/*")
    yield of_answers("404 without credentials", status(404), on(promised), "security/none")
    for scheme in operation.schemes:
        id = scheme.header if scheme.kind == "apiKey" else scheme.name
        for what, test in _LENIENT.items():
            lenient = partial(_recognised, scheme, test)
            yield of_step(
                f"{id} recognised by {what}",
                "recognised",
                lenient,
                f"security/{id}",
                "security/none",
            )
    for alternative in operation.security:
        name = "+".join(scheme.name for scheme in alternative)
        deaf = partial(_recognised, alternative[0], lambda *_: False)
        yield of_step(
            f"{name} is refused", "recognised", deaf, f"security/{name}/accepted", "200/*"
        )


_LENIENT: Mapping[str, Callable[[str, str], bool]] = {
    "its first half": lambda sent, right: (
        bool(sent) and sent[: len(right) // 2] == right[: len(right) // 2]
    ),
    "being there": lambda sent, right: bool(sent),
    "nothing": lambda sent, right: True,
    "its letters in any case": lambda sent, right: sent.lower() == right.lower(),
}


def _recognised(
    scheme: SecurityScheme,
    test: Callable[[str, str], bool],
    service: Service,
    inner: Any,
    asked: SecurityScheme,
    request: Request,
) -> Any:
    if asked != scheme:
        return inner(asked, request)
    return test(_credential(asked, request), "/".join(service.credentials[asked.name].values()))


def _credential(scheme: SecurityScheme, request: Request) -> str:
    """Return what the request shows for *scheme*, in the form in which `_recognised` compares it."""
    kind, _, sent = request.headers.get(scheme.header.lower(), "").rpartition(" ")
    if scheme.kind == "apiKey":
        return sent
    if kind.lower() != scheme.kind:
        return ""
    try:
        return (
            sent
            if scheme.kind == "bearer"
            else base64.b64decode(sent).decode().replace(":", "/", 1)
        )
    except ValueError:
        return ""


# --- the rate limit --------------------------------------------------------------------------------------------------


def _limits(operation: Operation) -> Iterator[Fault]:
    names = limit_header_names(operation)
    limit, remaining, retry = names["limit"], names["remaining"], names["retry_after"]
    above = number(remaining, lambda _, service: service.limit + 1)
    yield of_answers(
        f"{remaining} above {limit}", above, quota_told, "rate-limit/remaining-at-most-limit"
    )
    stored = header("Cache-Control", "public, max-age=60")
    yield of_answers("429 may be stored", stored, on(429), "rate-limit/429-not-storable")
    expires = (
        header("Expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
        header("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    )
    dated = chained(*(answering(change, on(429)) for change in expires))
    yield Fault("429 may be stored until it expires", ("rate-limit/429-not-storable",), dated)
    yield of_answers(
        f"{retry} far too short", header(retry, "1"), on(429), "rate-limit/retry-after-honest"
    )
    unstructured = header("RateLimit", "lots, really")
    yield of_answers(
        "RateLimit no structured field", unstructured, accepted, "rate-limit/structured-fields"
    )
    policies = [
        header("RateLimit", '"burst";r=5;t=1'),
        header("RateLimit-Policy", '"daily";q=10;w=60'),
    ]
    disagreeing = chained(*(answering(change, accepted) for change in policies))
    yield Fault(
        "RateLimit of another policy than RateLimit-Policy",
        ("rate-limit/structured-fields",),
        disagreeing,
    )
    if operation.promises.rate_limit:
        yield from _documented_limits(limit, remaining, names["reset"], retry)
        yield from _enforcement(names["reset"], retry)
    else:
        yield of_answers(
            f"{limit} no integer", header(limit, "many"), quota_told, "rate-limit/integers"
        )


def _documented_limits(limit: str, remaining: str, reset: str, retry: str) -> Iterator[Fault]:
    turns = itertools.count()
    random = number(remaining, lambda _, service: service.random.randrange(service.limit))
    changes: list[tuple[str, str, Change]] = [
        (f"{limit} changes", "limit-constant", number(limit, lambda old, _: old + next(turns) % 2)),
        (f"{remaining} stands still", "remaining-counts-down", number(remaining, lambda *_: 50)),
        (
            f"{remaining} rises",
            "remaining-counts-down",
            number(remaining, lambda _, service: service.spent),
        ),
        (f"{remaining} is random", "remaining-counts-down", random),
        (
            f"{reset} is a time of day",
            "reset-relative",
            number(reset, lambda old, _: 1_767_600_000 + old),
        ),
        (f"{reset} is in milliseconds", "reset-relative", number(reset, lambda old, _: old * 1000)),
        (
            f"{reset} grows",
            "reset-counts-down",
            number(reset, lambda _, service: 60 + service.spent),
        ),
        (f"{retry} on 200", "retry-after-only-at-limit", header(retry, "3")),
        (
            f"{remaining} not 0 on 429",
            "remaining-zero-on-429",
            number(remaining, lambda old, _: old or 3),
        ),
    ]
    for name, clause, change in changes:
        yield of_answers(name, change, quota_told, f"rate-limit/{clause}")


def _enforcement(reset: str, retry: str) -> Iterator[Fault]:
    early = number(retry, lambda old, _: max(1, old // 3))
    yield of_answers(
        f"{retry} before {reset}", early, on(429), "rate-limit/retry-after-not-before-reset"
    )
    yield of_step("the limit is not enforced", "count", _uncounted, "rate-limit/enforced")
    yield of_step(
        "the limit is enforced at half", "count", partial(_early, 0.5), "rate-limit/enforced"
    )
    yield of_step(
        "the limit is enforced a little early", "count", partial(_early, 0.9), "rate-limit/enforced"
    )
    for what, absurd in (
        ("in milliseconds", lambda old, _: old * 1000),
        ("a time of day", lambda *_: 1_767_600_000),
    ):
        yield of_answers(
            f"{retry} is {what}", number(retry, absurd), on(429), "rate-limit/retry-after-honest"
        )
    date = header(retry, "Wed, 21 Oct 2026 07:28:00 GMT")
    yield of_answers(f"{retry} is a date", date, on(429), f"429/header/{retry}")
    yield Fault("a 429 answers longer than it said", ("rate-limit/retry-after-honest",), _grudging)
    yield Fault(
        "an update is applied behind its 429",
        ("update/refused-unchanged",),
        replacing("handle", _behind_429),
    )


def _uncounted(service: Service, inner: Any) -> None:
    try:
        inner()
    except Refused:
        service.spent = service.limit


def _early(share: float, service: Service, inner: Any) -> None:
    """Refuse once *share* of the limit is spent."""
    inner()
    if service.spent > share * service.limit:
        raise _throttled()


def _behind_429(service: Service, inner: Any, request: Request) -> Answer:
    """Refuse for the limit only after the update was made."""
    answer: Answer = inner(request)
    if answer.status == 429:
        with suppress(Refused):  # what cannot be read cannot be applied
            service.apply(service.find(request), service.read(request))
    return answer


def _throttled() -> Refused:
    return Refused(Problem(429, "rate_limited", "The limit is reached."))


def _grudging(service: Service) -> Service:
    """Once the limit is reached, refuse for three windows while telling of one."""
    until = -1.0

    def count(_: Service, inner: Any) -> None:
        nonlocal until
        now = service.clock.now()
        try:
            inner()
        except Refused:
            until = until if until > now else now + 3 * service.window
        if now < until:
            raise _throttled()

    return replacing("count", count)(service)


# --- updates ---------------------------------------------------------------------------------------------------------


def _updates(operation: Operation) -> Iterator[Fault]:
    for member in _writable(operation):
        yield from _written(member)
    yield from _frozen(operation)
    identity = operation.promises.identity
    if identity and identity.property:
        path, clause = identity.property, "update/id-is-path-id"
        upper = changing(path, lambda shown: str(shown).upper())
        yield of_answers(f"{path} is another", put(path, "other-0001"), accepted, clause)
        yield of_answers(f"{path} in upper case", upper, accepted, clause)
    if identity and identity.self_link:
        own = identity.self_link
        elsewhere = put(own, "https://contract.example/elsewhere/1")
        yield of_answers(
            f"{own} addresses another", elsewhere, accepted, "update/self-addresses-resource"
        )


def _written(member: Property) -> Iterator[Fault]:
    path, clause = member.path, f"update/sent-is-returned/{member.path}"
    for what, make in _MANGLING.items():
        yield of_step(f"{path} comes back {what}", "show", partial(_mangled, path, make), clause)
    yield Fault(f"{path} changes when sent again", (clause, "update/idempotent"), _fickle(path))
    yield Fault(
        f"{path} is not stored",
        (clause, "update/omitted-unchanged"),
        _storing(path, lambda was, *_: was),
    )
    if not member.required:
        unsent = ("update/*unchanged", "update/empty-*")
        yield Fault(f"{path} is reset when left out", unsent, _storing(path, _reset_unsent))
        yield of_step(
            f"{path} is applied when refused",
            "validate",
            partial(_eager, path),
            "update/refused-unchanged",
        )
    if not member.required and _is_list(member):
        yield Fault(f"{path} is added to, not replaced", (clause,), _storing(path, _appended))


_MANGLING: Mapping[str, Callable[[str], str]] = {
    "trimmed": str.strip,
    "in lower case": str.lower,
    "cut at 255": lambda text: text[:255],
    "cut at NUL": lambda text: text.partition("\0")[0],
    "escaped": lambda text: text.replace("&", "&amp;").replace("<", "&lt;"),
    "in Latin-1": lambda text: text.encode("latin-1", "replace").decode("latin-1"),
}


def _shown(operation: Operation) -> list[str]:
    """Return the paths of the members that a successful answer shows."""
    content = operation.success.content if operation.success else None
    return sorted(member.path for member in content.properties) if content else []


def _writable(operation: Operation) -> list[Property]:
    shown, frozen = _shown(operation), operation.promises.immutable.paths
    found: list[Property] = []
    for member in operation.request.properties if operation.request else ():
        is_frozen = member.read_only or any(paths.is_within(member.path, path) for path in frozen)
        is_part = paths.has_items(member.path) or "properties" in member.schema
        if member.path in shown and not (is_frozen or is_part or "enum" in member.schema):
            found.append(member)
    return found


def _is_list(member: Property) -> bool:
    return bool(member.schema.get("type") == "array")


def _mangled(
    path: str, make: Callable[[str], str], _: Service, inner: Any, resource: Resource
) -> Any:
    return _rewritten(inner(resource), path, lambda found: _mapped(found, make))


def _fickle(path: str) -> Alter:
    """Show another value each time that the same one is shown again."""

    def alter(service: Service) -> Service:
        before: Any = None

        def show(_: Service, inner: Any, resource: Resource) -> Any:
            nonlocal before
            body = inner(resource)
            same, before = _look(body, path) == before, _look(body, path)
            if same:
                return _overwritten(body, path, _mapped(before, lambda text: f"{text} again"))
            return body

        return replacing("show", show)(service)

    return alter


def _storing(path: str, make: Callable[[Any, Any, Any], Any]) -> Alter:
    """Store *make(what was there, what was sent, what should be there now)* at *path*; ABSENT stands for nothing."""

    def apply(_: Service, inner: Any, resource: Resource, body: Any) -> None:
        was = value_at(resource.shown, path)
        inner(resource, body)
        new = make(was, value_at(body, path), value_at(resource.shown, path))
        resource.shown = _overwritten(resource.shown, path, new)

    return replacing("apply", apply)


def _reset_unsent(_: Any, sent: Any, now: Any) -> Any:
    return now if sent is not ABSENT else [] if isinstance(now, list) else ""


def _appended(was: Any, sent: Any, now: Any) -> Any:
    return now if sent is ABSENT else [*(was if isinstance(was, list) else []), *now][-3000:]


def _whatever_sent(_: Any, sent: Any, now: Any) -> Any:
    flat = isinstance(sent, str) or (
        isinstance(sent, list) and not any(isinstance(item, list) for item in sent)
    )
    return sent if flat and not isinstance(now, dict) else now


def _eager(path: str, service: Service, inner: Any, body: Any) -> None:
    """Apply a member before the body is checked."""
    try:
        inner(body)
    except Refused:
        resource = _any(service)
        now = value_at(resource.shown, path)
        new = _whatever_sent(ABSENT, value_at(body, path), now)
        resource.shown = _overwritten(resource.shown, path, new)
        raise


def _frozen(operation: Operation) -> Iterator[Fault]:
    shown, moving = _shown(operation), operation.promises.timestamps.updated
    for path in operation.promises.immutable.paths:
        below = (leaf for leaf in shown if paths.is_within(leaf, path))
        leaves = (leaf for leaf in below if not paths.has_items(leaf) and leaf != moving)
        written = chained(*(_storing(leaf, _whatever_sent) for leaf in leaves))
        yield Fault(f"{path} can be written", (f"update/immutable/{path}",), written)
    for path in shown:
        is_of_own_object = len(paths.steps_of(path)) == 2
        if is_of_own_object and paths.last_name(path).endswith("resource_name"):
            another = counted(path, lambda turn: f"crn://x/{turn}")
            unsent = ("update/omitted-unchanged", "update/empty-*")
            yield of_answers(f"{path} always another", another, accepted, *unsent)


# --- secrets ---------------------------------------------------------------------------------------------------------


def _secrets(operation: Operation) -> Iterator[Fault]:
    for path in operation.promises.create_only.paths:
        clause = f"update/create-only/{path}"
        yield of_answers(f"{path} is shown", put(path, "R15hoiDIq8"), accepted, clause)
        yield of_answers(f"{path} is shown empty", put(path, ""), accepted, f"{clause}/empty")
    yield of_answers(
        "credentials come back in a header", _echoed_credentials, accepted, "update/no-leak"
    )
    for member in operation.request.properties if operation.request else ():
        if member.secret:
            yield from _given_away(member.path)


def _echoed_credentials(answer: Answer, request: Request, service: Service) -> Answer:
    return header("X-Debug", _sent_credentials(request, service))(answer, request, service)


def _given_away(path: str) -> Iterator[Fault]:
    def told(request: Request) -> str:
        found = _look(_json(request), path)
        return found if isinstance(found, str) else ""

    def shown(write: Callable[[str], str]) -> Change:
        return lambda answer, request, _: replace(
            answer, value={**answer.value, "x_debug": write(told(request))}
        )

    in_errors = detailed(lambda request, _: f"wrong: {told(request)}")
    yield of_answers(
        f"{path} comes back under another name", shown(str), accepted, "update/no-leak"
    )
    yield of_answers(f"{path} comes back in base64", shown(_in_base64), accepted, "update/no-leak")
    yield of_answers(f"{path} comes back in errors", in_errors, refused, "error/no-leak")


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- time ------------------------------------------------------------------------------------------------------------


def _times(operation: Operation) -> Iterator[Fault]:
    stamps = operation.promises.timestamps
    created, updated = stamps.created, stamps.updated
    if created:
        moving = counted(created, lambda turn: f"2025-01-01T00:{turn % 60:02}:00Z")
        yield of_answers(f"{created} changes", moving, accepted, "update/created-constant")
    if updated:
        back = counted(updated, lambda turn: f"2026-02-01T00:{59 - turn % 60:02}:00Z")
        still = put(updated, "2026-02-01T00:00:00Z")
        yield of_answers(f"{updated} goes back", back, accepted, "update/updated-never-back")
        yield of_answers(f"{updated} stands still", still, accepted, "update/updated-moves")
    if created and updated:
        early = put(updated, "2001-01-01T00:00:00Z")
        yield of_answers(
            f"{updated} before {created}", early, accepted, "update/updated-after-created"
        )


# --- rare triggers ---------------------------------------------------------------------------------------------------


def _rare(operation: Operation) -> Iterator[Fault]:
    """Yield faults that show only now and then, only past a size, only for some characters, or only in combination."""
    invalid = _refusing(operation)
    texts = [member.path for member in _writable(operation) if not _is_list(member)]
    for path in texts:
        yield from _rare_texts(path, invalid)
    for member in _writable(operation):
        if _is_list(member):
            yield from _rare_lists(member.path, invalid)
    if len(texts) > 1:
        both = sending(lambda body: all(_look(body, path) for path in texts[:2]))
        yield of_answers(
            "two members together are refused",
            invalid,
            both,
            "request/accepted",
            "request/example/*",
        )
    for path in (
        m.path for m in (operation.request.properties if operation.request else ()) if m.secret
    ):
        yield of_answers(
            f"{path} like another member is refused",
            invalid,
            _repeating(path, texts),
            "request/accepted",
        )
    for count in (5, 7, 11, 20):
        yield Fault(
            f"every {count}th answer has no body",
            ("200/json",),
            each_nth(count, raw(lambda _: b"")),
        )
        yield Fault(
            f"every {count}th request is answered 500", ("statuses",), each_nth(count, status(500))
        )


def _repeating(path: str, others: Sequence[str]) -> When:
    """Hold where what the request has at *path* stands at one of *others* too."""
    return sending(
        lambda body: _look(body, path) in [_look(body, other) or ABSENT for other in others]
    )


def _rare_texts(path: str, invalid: Change) -> Iterator[Fault]:
    for length in (40, 64, 255, 1000, 5000, 65_535):
        long = sending_at(path, str, longer_than(length))
        yield of_answers(
            f"{path} longer than {length} is refused", invalid, long, "request/accepted"
        )
    for what, test in _CHARACTERS.items():
        yield of_answers(
            f"{path} with {what} crashes it", status(500), sending_at(path, str, test), "statuses"
        )


def _rare_lists(path: str, invalid: Change) -> Iterator[Fault]:
    taken = ("request/accepted", "request/example/*")
    for count in (0, 10, 50, 100, 1000):
        many = sending_at(path, list, longer_than(count))
        yield of_answers(f"more than {count} of {path} are refused", invalid, many, *taken)
    twice = sending_at(path, list, lambda found: len(found) != len(set(found)))
    yield of_answers(f"{path} with an entry twice are refused", invalid, twice, "request/accepted")


_CHARACTERS: Mapping[str, Callable[[str], bool]] = {
    "NUL": lambda text: "\0" in text,
    "characters outside the BMP": lambda text: any(letter > "\uffff" for letter in text),
    "combining marks": lambda text: "\u0301" in text,
    "right-to-left letters": lambda text: any("\u0590" <= letter <= "\u06ff" for letter in text),
    "quotes": lambda text: '"' in text,
    "a percent sign": lambda text: "%" in text,
    "white space at its end": lambda text: text != text.rstrip(),
}
