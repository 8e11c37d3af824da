"""In which ways can a service break a clause? Small callables that alter the embedded service, derived from a document."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from pytest_confluent_contracts.contract import Operation, Property, Scheme
from pytest_confluent_contracts.service import Answer, Problem, Refused, Request, Resource, Service

Alter = Callable[[Service], Service]
Change = Callable[[Answer, Request, Service], Answer]
When = Callable[[Request, Answer], bool]

WRONG_TYPE: Mapping[str, Any] = {
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
    families = (
        _answers,
        _envelopes,
        _headers,
        _statuses,
        _requests,
        _credentials,
        _limits,
        _updates,
        _secrets,
        _times,
        _rare,
    )
    found = [fault for family in families for fault in family(operation)]
    return tuple({fault.name: fault for fault in found}.values())


# --- how a service is altered ------------------------------------------------------------------------------------------


def answering(change: Change, when: When) -> Alter:
    """Return the alteration that changes each finished answer for which *when* holds."""

    def alter(service: Service) -> Service:
        inner = service.handle

        def handle(request: Request) -> Answer:
            answer = inner(request)
            return change(answer, request, service) if when(request, answer) else answer

        service.handle = handle  # type: ignore[method-assign]
        return service

    return alter


def replacing(step: str, make: Callable[[Service, Any], Any]) -> Alter:
    """Return the alteration that puts *make(service, the step as it was)* in the place of one step of the service."""

    def alter(service: Service) -> Service:
        setattr(service, step, make(service, getattr(service, step)))
        return service

    return alter


def skipping(step: str) -> Alter:
    """Return the alteration that leaves one step out."""
    return replacing(step, lambda service, inner: lambda *_: None)


# --- when ------------------------------------------------------------------------------------------------------------------


def accepted(_: Request, answer: Answer) -> bool:
    """Hold on answers of the 2xx class."""
    return 200 <= answer.status < 300


def refused(_: Request, answer: Answer) -> bool:
    """Hold on error answers that have a body."""
    return answer.status >= 400 and answer.value is not None


def on(*statuses: int) -> When:
    """Hold on answers with one of *statuses*."""
    return lambda _, answer: answer.status in statuses


def always(_: Request, __: Answer) -> bool:
    """Hold on every answer."""
    return True


def every(count: int, when: When = accepted) -> When:
    """Hold on every *count*-th of the answers on which *when* holds."""
    seen = [0]

    def holds(request: Request, answer: Answer) -> bool:
        seen[0] += when(request, answer)
        return when(request, answer) and seen[0] % count == 0

    return holds


def sending(test: Callable[[Any], bool], when: When = accepted) -> When:
    """Hold where the request's JSON value passes *test*."""
    return lambda request, answer: when(request, answer) and test(_json(request))


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


# --- what is changed -------------------------------------------------------------------------------------------------------


def value(change: Callable[[Any], Any]) -> Change:
    """Change the JSON value of the body."""
    return lambda answer, _, __: replace(answer, value=change(deepcopy(answer.value)))


def put(path: str, new: Any) -> Change:
    """Put *new* at *path*, ``[]`` meaning each item."""
    return value(lambda body: _at(body, path, lambda holder, name: holder.__setitem__(name, deepcopy(new))))


def drop(path: str) -> Change:
    """Take the member at *path* away."""
    return value(lambda body: _at(body, path, lambda holder, name: holder.pop(name, None)))


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


def _at(body: Any, path: str, act: Callable[[dict[str, Any], str], Any]) -> Any:
    holders = [body]
    *parents, name = path.replace("[]", ".[]").split(".")
    for parent in parents:
        holders = [found for holder in holders for found in _below(holder, parent)]
    for holder in holders:
        if name == "[]" and isinstance(holder, list):
            act(holder, 0) if holder else None  # type: ignore[arg-type]
        elif isinstance(holder, dict):
            act(holder, name)
    return body


def _below(holder: Any, name: str) -> list[Any]:
    if name == "[]":
        return holder if isinstance(holder, list) else []
    return [holder[name]] if isinstance(holder, dict) and name in holder else []


# --- answers -----------------------------------------------------------------------------------------------------------------


def _members(prefix: str, members: tuple[Property, ...], when: When) -> Iterator[Fault]:
    for member in members:
        clause = f"{prefix}/body/{member.path}"
        for what, new in _wrong(member.schema):
            yield Fault(f"{clause} {what}", (clause,), answering(put(member.path, new), when))
        if member.required:
            yield Fault(f"{clause} dropped", (clause,), answering(drop(member.path), when))


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


def _answers(operation: Operation) -> Iterator[Fault]:
    success = operation.success
    if success is None or success.content is None:
        return
    name = success.status
    yield from _members(name, success.content.properties, accepted)
    yield from _whole_bodies(name, accepted)
    surprise = value(lambda body: {**body, "x_surprise": 1})
    yield Fault(f"{name} with an undeclared member", (f"{name}/undeclared",), answering(surprise, accepted))
    for path in operation.promise("values", "properties") or ():
        yield Fault(
            f"{name} {path} not in the list", (f"{name}/values/{path}",), answering(put(path, "mainframe"), accepted)
        )


def _whole_bodies(prefix: str, when: When) -> Iterator[Fault]:
    """Yield the ways in which a body as a whole can be wrong."""
    media, text, whole = f"{prefix}/media-type", f"{prefix}/json", f"{prefix}/body"
    yield Fault(f"{prefix} as text", (media,), answering(header("Content-Type", "text/plain"), when))
    yield Fault(f"{prefix} as HTML", (media,), answering(_html, when))
    yield Fault(f"{prefix} without Content-Type", (media,), answering(header("Content-Type"), when))
    broken: dict[str, Callable[[bytes], bytes]] = {
        "truncated": lambda body: body[:-2],
        "empty": lambda body: b"",
        "twice": lambda body: body + body,
        "in UTF-16": lambda body: body.decode("utf-8").encode("utf-16"),
        "with a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
        "with NaN": lambda body: body[:-1] + b', "x": NaN}',
        "with a name twice": lambda body: body[:-1] + b', "x": 1, "x": 1}',
        "with invalid UTF-8": lambda body: body[:-1] + b', "x": "\xff"}',
    }
    for what, make in broken.items():
        yield Fault(f"{prefix} {what}", (text,), answering(raw(make), when))
    for what, new in (("a list", []), ("null", None), ("a text", "ok")):
        yield Fault(f"{prefix} is {what}", (whole,), answering(raw(lambda _, new=new: json.dumps(new).encode()), when))  # type: ignore[misc]


def _html(answer: Answer, request: Request, service: Service) -> Answer:
    page = replace(answer, raw=b"<html><body><h1>It works</h1></body></html>")
    return header("Content-Type", "text/html")(page, request, service)


# --- envelopes -----------------------------------------------------------------------------------------------------------------


def _envelopes(operation: Operation) -> Iterator[Fault]:
    content = next((r.content for r in operation.responses if r.status.startswith("4") and r.content), None)
    if content is None:
        return
    yield from _members("error", content.properties, refused)
    yield from _whole_bodies("error", refused)
    surprise = value(lambda body: {**body, "x_surprise": 1})
    yield Fault("error with an undeclared member", ("error/undeclared",), answering(surprise, refused))
    yield Fault("error list empty", ("error/errors-not-empty",), answering(put("errors", []), refused))
    paths = {member.path for member in content.properties}
    if "errors" in paths and content.schema["properties"]["errors"].get("uniqueItems"):
        double = value(lambda body: {**body, "errors": body["errors"] * 2})
        yield Fault("error entries repeated", ("error/body/errors",), answering(double, refused))
    yield from _prose(operation)
    trace = 'Traceback (most recent call last): File "app.py", line 7'
    yield Fault(
        "error with a stack trace",
        ("error/no-stack-trace",),
        answering(_detail(operation, lambda _, __: trace), refused),
    )
    yield Fault(
        "error gives credentials away",
        ("error/no-leak",),
        answering(_detail(operation, _sent_credentials), on(400, 422, 404)),
    )


def _detail(operation: Operation, told: Callable[[Request, Service], str]) -> Change:
    """Write a text into the first error of the answer, wherever the document lets one stand."""

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        body = deepcopy(answer.value)
        first = body["errors"][0] if body.get("errors") else None
        body["errors"][0] = (
            {**first, "detail": told(request, service)} if isinstance(first, dict) else told(request, service)
        )
        return replace(answer, value=body)

    return change


def _sent_credentials(request: Request, service: Service) -> str:
    headers = (request.headers.get(scheme.header.lower(), "") for scheme in service.schemes)
    return "Not allowed with " + " ".join(text.rpartition(" ")[2] for text in headers)


def _prose(operation: Operation) -> Iterator[Fault]:
    if path := _path(operation, "status"):
        yield Fault(f"{path} is another status", ("error/status",), answering(put(path, "418"), refused))
        yield Fault(f"{path} is a sentence", ("error/status",), answering(put(path, "Bad Request"), refused))
        other = value(
            lambda body, p=path: _at(body, p, lambda holder, name: holder.__setitem__(name, int(holder[name])))
        )
        yield Fault(f"{path} is a number", (f"error/body/{path}",), answering(other, refused))
    if path := _path(operation, "occurrence"):
        yield Fault(f"{path} always the same", ("error/id-unique",), answering(put(path, "error-1"), refused))
    if path := _path(operation, "pointer"):
        yield from _pointers(operation, path)
    stable = operation.promise("errors.stable", "paths") or ()
    for path in stable:
        counter = iter(range(10**6))
        change = value(
            lambda body, p=path, c=counter: _at(body, p, lambda h, n: h.__setitem__(n, f"Problem {next(c)}"))
        )
        yield Fault(f"{path} always another", ("error/code-and-title",), answering(change, refused))


def _path(operation: Operation, part: str) -> str:
    return str(operation.promise(f"errors.{part}", "path") or "")


def _pointers(operation: Operation, path: str) -> Iterator[Fault]:
    where = on(*operation.refusals)
    source = path.rpartition(".")[0]
    broken = {"dotted": lambda old: old[1:].replace("/", "."), "a fragment": lambda old: f"#{old}"}
    for what, make in broken.items():
        yield Fault(f"{path} {what}", ("error/source.pointer",), answering(_repointed(path, make), where))
    yield Fault(f"{path} nowhere", ("error/source.pointer",), answering(put(path, "/nowhere/at/all"), where))
    clause = ("error/source.pointer/at-fault", "error/source.pointer")
    yield Fault(f"{path} too short", clause, answering(_repointed(path, lambda old: old.rpartition("/")[0]), where))
    yield Fault(f"{path} at another member", clause, answering(put(path, "/spec/other"), where))
    yield Fault(f"{source} left out", ("error/source",), answering(drop(source), where))


def _repointed(path: str, make: Callable[[str], str]) -> Change:
    def act(holder: dict[str, Any], name: str) -> None:
        if isinstance(holder.get(name), str):
            holder[name] = make(holder[name])

    return value(lambda body: _at(body, path, act))


# --- headers -----------------------------------------------------------------------------------------------------------------


def _headers(operation: Operation) -> Iterator[Fault]:
    shared: dict[str, list[str]] = {}
    for response in operation.responses:
        for documented in response.headers:
            if not response.status.startswith("2"):
                shared.setdefault(documented.name, []).append(response.status)
    for response in operation.responses:
        for documented in response.headers:
            success = response.status.startswith("2")
            prefix = "error" if not success and len(shared[documented.name]) > 1 else response.status
            yield from _header(
                f"{prefix}/header/{documented.name}", documented.name, int(response.status), documented.schema
            )


def _header(clause: str, name: str, code: int, schema: Mapping[str, Any]) -> Iterator[Fault]:
    if code in (402, 403, 409, 500):  # a conforming service gives no occasion for these
        return
    broken: dict[str, tuple[str, ...]] = {"missing": (), "empty": ("",)}
    if schema.get("type") == "integer":
        broken |= {"not an integer": ("soon",), "a fraction": ("1.5",), "negative": ("-1",), "sent twice": ("7", "7")}
    for what, values in broken.items():
        yield Fault(f"{clause} {what} on {code}", (clause,), answering(header(name, *values), on(code)))


# --- statuses ----------------------------------------------------------------------------------------------------------------


def _statuses(operation: Operation) -> Iterator[Fault]:
    for code in (202, 204):
        yield Fault(f"{code} instead of 200", ("statuses",), answering(status(code), accepted))
    for code in (418, 500, 503):
        yield Fault(f"{code} now and then", ("statuses",), answering(status(code), every(11)))
    refusing = on(*operation.refusals)
    yield Fault("500 on broken bodies", ("statuses", "request/*/type"), answering(status(500), refusing))
    yield Fault("415 on broken bodies", ("statuses", "request/*/type"), answering(status(415), refusing))
    body_on_429 = replacing("refusal", _with_body)
    if any(r.status == "429" and r.content is None for r in operation.responses):
        yield Fault("429 with a body", ("429/no-body",), body_on_429)
    yield Fault("every 9th connection is reset", ("answered",), answering(_reset, every(9)))
    if name := operation.promise("request-id", "header"):
        yield Fault(f"{name} always the same", ("request-id/unique",), answering(header(name, "req-1"), always))
        yield Fault(f"{name} repeated on errors", ("request-id/unique",), answering(header(name, "req-1"), refused))


def _reset(answer: Answer, request: Request, service: Service) -> Answer:
    raise ConnectionResetError("the service hung up")


def _with_body(service: Service, inner: Any) -> Any:
    def refusal(problems: Any) -> Answer:
        answer: Answer = inner(problems)
        return replace(answer, value={"errors": []}) if answer.status == 429 else answer

    return refusal


# --- requests ----------------------------------------------------------------------------------------------------------------


def _requests(operation: Operation) -> Iterator[Fault]:
    request = operation.request
    if request is None:
        return
    invalid = min(operation.refusals, default=400)
    for member in _typed(operation):
        name = member.path or "body"
        for keyword in _keywords(member):
            yield Fault(
                f"request {name}: {keyword} not checked",
                (f"request/{name}/{keyword}",),
                _unchecked(member.path, keyword),
            )
    yield Fault("every body is refused", ("request/accepted", "200/*"), answering(status(invalid), accepted))
    for example in request.examples:
        same = sending(lambda body, shown=example.value: body == shown)
        told = (f"request/example/{example.name}",)
        yield Fault(f"the example {example.name} is refused", told, answering(status(invalid), same))
    surprised = sending(lambda body: "x_contract" in json.dumps(body))
    yield Fault("undeclared members are refused", ("request/undeclared",), answering(status(invalid), surprised))
    yield Fault("undeclared members crash it", ("statuses",), answering(status(500), surprised))
    yield from _malformed(operation)
    if operation.promise("refusals", "unknown"):
        yield Fault(
            "unknown ids are served",
            ("request/unknown-id",),
            replacing("find", lambda service, _: lambda __: _any(service)),
        )
        yield Fault("unknown ids are created", ("request/unknown-id",), replacing("find", _creating))
        yield Fault("unknown ids are refused as invalid", ("request/unknown-id",), answering(status(invalid), on(404)))


def _typed(operation: Operation) -> list[Property]:
    """Return the members that a request must send rightly, the whole body first."""
    request = operation.request
    assert request is not None
    frozen = [member.path for member in request.properties if member.read_only]
    whole = Property("", request.schema, False, request.place)
    kept = [m for m in request.properties if not any(m.path.startswith(path) for path in frozen) and "type" in m.schema]
    return [whole, *kept]


def _keywords(member: Property) -> list[str]:
    required = ["required"] if member.required else []
    return ["type", "null", *required, *(key for key in ("enum", "minLength", "maxLength") if key in member.schema)]


def _unchecked(path: str, keyword: str) -> Alter:
    """Leave one constraint of one member unchecked."""

    def make(service: Service, inner: Any) -> Any:
        def problem(error: Any) -> Problem | None:
            named = error.kind.name
            told = "null" if named == "type" and error.instance is None else named
            steps = [*error.instance_path, *([error.kind.property] if named == "required" else [])]
            place = "".join("[]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
            also = keyword == "enum" or (told == "enum" and keyword in ("type", "null"))
            hit = place == path and (told == keyword or (also and told in ("type", "null", "enum")))
            return None if hit else inner(error)

        return problem

    def alter(service: Service) -> Service:
        service.problem = make(service, service.problem)  # type: ignore[method-assign]
        service.apply = _tolerant(service.apply)  # type: ignore[method-assign]
        return service

    return alter


def _tolerant(inner: Callable[[Resource, Any], None]) -> Callable[[Resource, Any], None]:
    """Apply objects only: a body that nobody checked must not crash the service, that would be another fault."""
    return lambda resource, body: inner(resource, body) if isinstance(body, dict) else None


def _any(service: Service) -> Resource:
    return next(iter(service.resources.values()))


def _creating(service: Service, inner: Any) -> Any:
    def find(request: Request) -> Resource:
        try:
            found: Resource = inner(request)
        except Refused:
            service.resources[service.id_in(request.path)] = service.initial()
            raise
        return found

    return find


def _malformed(operation: Operation) -> Iterator[Fault]:
    def lenient(service: Service, inner: Any) -> Any:
        def read(request: Request) -> Any:
            try:
                return inner(request)
            except Refused as refused_:
                if refused_.problems[0].code == "malformed_body":
                    return _minimal(service)
                raise

        return read

    def untyped(service: Service, inner: Any) -> Any:
        own = {"content-type": operation.request.media_type if operation.request else ""}
        return lambda request: inner(replace(request, headers={**request.headers, **own}))

    required = ["request/body/required"] if operation.request and operation.request.required else []
    yield Fault("bodies that are not JSON are taken", ("request/body/json", *required), replacing("read", lenient))
    yield Fault("any media type is taken", ("request/body/media-type",), replacing("read", untyped))
    broken = sending(lambda body: body is None, on(*operation.refusals))
    yield Fault("bodies that are not JSON crash it", ("statuses", "request/body/json"), answering(status(500), broken))
    if required:
        empty: When = lambda request, answer: not request.body  # noqa: E731
        yield Fault("an empty body is taken", ("request/body/required",), answering(status(200), empty))
    yield Fault(
        "lone surrogates crash it", ("statuses", "request/body/lone-surrogate"), answering(status(500), _surrogates)
    )


def _surrogates(request: Request, _: Answer) -> bool:
    return b"\\ud800" in request.body or b"\xed\xa0\x80" in request.body


def _minimal(service: Service) -> Any:
    """Return a body that passes for valid further on."""
    return {} if not (service.operation.request and service.operation.request.required) else _example(service.operation)


def _example(operation: Operation) -> Any:
    return deepcopy(operation.request.examples[0].value) if operation.request and operation.request.examples else {}


# --- credentials ---------------------------------------------------------------------------------------------------------------


def _credentials(operation: Operation) -> Iterator[Fault]:
    promised = operation.promise("refusals", "unauthenticated")
    if not operation.security or not promised:
        return
    yield Fault("credentials are not checked", ("security/*",), skipping("authenticate"))
    other = 403 if promised == 401 else 401
    yield Fault(f"{other} without credentials", ("security/*",), answering(status(other), on(promised)))
    yield Fault("404 without credentials", ("security/none",), answering(status(404), on(promised)))
    for scheme in dict.fromkeys(scheme for alternative in operation.security for scheme in alternative):
        id = scheme.header if scheme.kind == "apiKey" else scheme.name
        for what, lenient in _LENIENT.items():
            alter = _recognising(scheme, lenient)
            yield Fault(f"{id} recognised by {what}", (f"security/{id}", "security/none"), alter)
    for alternative in operation.security:
        name = "+".join(scheme.name for scheme in alternative)
        deaf = _recognising(alternative[0], lambda sent, right: False)
        yield Fault(f"{name} is refused", (f"security/{name}/accepted", "200/*"), deaf)


_LENIENT: dict[str, Callable[[str, str], bool]] = {
    "its first half": lambda sent, right: bool(sent) and sent[: len(right) // 2] == right[: len(right) // 2],
    "being there": lambda sent, right: bool(sent),
    "nothing": lambda sent, right: True,
    "its letters in any case": lambda sent, right: sent.lower() == right.lower(),
}


def _recognising(scheme: Scheme, test: Callable[[str, str], bool]) -> Alter:
    def make(service: Service, inner: Any) -> Any:
        def recognised(asked: Scheme, request: Request) -> bool:
            if asked != scheme:
                return bool(inner(asked, request))
            return test(_credential(asked, request), "/".join(service.credentials[asked.name].values()))

        return recognised

    return replacing("recognised", make)


def _credential(scheme: Scheme, request: Request) -> str:
    """Return what the request shows for *scheme*, in the form in which `_recognising` compares it."""
    kind, _, sent = request.headers.get(scheme.header.lower(), "").rpartition(" ")
    if scheme.kind == "apiKey":
        return sent
    if kind.lower() != scheme.kind:
        return ""
    if scheme.kind == "bearer":
        return sent
    try:
        return base64.b64decode(sent).decode().replace(":", "/", 1)
    except ValueError:
        return ""


# --- the rate limit --------------------------------------------------------------------------------------------------------------


def _limits(operation: Operation) -> Iterator[Fault]:
    entry = operation.promises.get("rate-limit")
    told = on(int(operation.success.status) if operation.success else 200, 429)
    names = {"limit": "X-RateLimit-Limit", "remaining": "X-RateLimit-Remaining", "reset": "X-RateLimit-Reset"}
    names |= {role: str(entry.data[role]) for role in names if entry and role in entry.data}
    limit, remaining, reset = names["limit"], names["remaining"], names["reset"]
    above = number(remaining, lambda old, service: service.limit + 1)
    yield Fault(f"{remaining} above {limit}", ("rate-limit/remaining-at-most-limit",), answering(above, told))
    yield Fault(
        "429 may be stored",
        ("rate-limit/429-not-storable",),
        answering(header("Cache-Control", "public, max-age=60"), on(429)),
    )
    retry = str(entry.data.get("retry-after", "Retry-After")) if entry else "Retry-After"
    yield Fault(f"{retry} far too short", ("rate-limit/retry-after-honest",), answering(header(retry, "1"), on(429)))
    structured = "rate-limit/structured-fields"
    yield Fault(
        "RateLimit no structured field", (structured,), answering(header("RateLimit", "lots, really"), accepted)
    )
    if not entry:
        yield Fault(f"{limit} no integer", ("rate-limit/integers",), answering(header(limit, "many"), told))
        return
    yield from _documented_limits(limit, remaining, reset, retry, told)


def _documented_limits(limit: str, remaining: str, reset: str, retry: str, told: When) -> Iterator[Fault]:
    turns = iter(range(10**9))
    counts, grows = "rate-limit/remaining-counts-down", "rate-limit/reset-counts-down"
    changes: list[tuple[str, str, Change]] = [
        (f"{limit} changes", "rate-limit/limit-constant", number(limit, lambda old, _: old + next(turns) % 2)),
        (f"{remaining} stands still", counts, number(remaining, lambda old, service: 50)),
        (f"{remaining} rises", counts, number(remaining, lambda old, service: service.spent)),
        (
            f"{remaining} is random",
            counts,
            number(remaining, lambda old, service: service.random.randrange(service.limit)),
        ),
        (f"{reset} is a time of day", "rate-limit/reset-relative", number(reset, lambda old, _: 1_767_600_000 + old)),
        (f"{reset} is in milliseconds", "rate-limit/reset-relative", number(reset, lambda old, _: old * 1000)),
        (f"{reset} grows", grows, number(reset, lambda old, service: 60 + service.spent)),
        (f"{retry} on 200", "rate-limit/retry-after-only-at-limit", header(retry, "3")),
        (f"{remaining} not 0 on 429", "rate-limit/remaining-zero-on-429", number(remaining, lambda old, _: old or 3)),
    ]
    for name, clause, change in changes:
        yield Fault(name, (clause,), answering(change, told))
    early = answering(number(retry, lambda old, _: max(1, old // 3)), on(429))
    yield Fault(f"{retry} before {reset}", ("rate-limit/retry-after-not-before-reset",), early)
    yield Fault("the limit is not enforced", ("rate-limit/enforced",), replacing("count", _uncounted))
    yield Fault("the limit is enforced at half", ("rate-limit/enforced",), replacing("count", _half))
    yield Fault(
        f"{retry} is a date",
        (f"429/header/{retry}",),
        answering(header(retry, "Wed, 21 Oct 2026 07:28:00 GMT"), on(429)),
    )
    yield Fault("a 429 answers longer than it said", ("rate-limit/retry-after-honest",), replacing("count", _grudging))


def _uncounted(service: Service, inner: Any) -> Any:
    def count() -> None:
        try:
            inner()
        except Refused:
            service.spent = service.limit

    return count


def _half(service: Service, inner: Any) -> Any:
    def count() -> None:
        inner()
        if service.spent > service.limit // 2:
            raise Refused(Problem(429, "rate_limited", "The limit is reached."))

    return count


def _grudging(service: Service, inner: Any) -> Any:
    """Once the limit is reached, refuse for three windows while telling of one."""
    until = [-1.0]

    def count() -> None:
        try:
            inner()
        except Refused:
            until[0] = until[0] if until[0] > service.clock.now() else service.clock.now() + 3 * service.window
        if service.clock.now() < until[0]:
            raise Refused(Problem(429, "rate_limited", "The limit is reached."))

    return count


# --- updates ---------------------------------------------------------------------------------------------------------------------


def _updates(operation: Operation) -> Iterator[Fault]:
    writable = _writable(operation)
    for path in writable:
        clause = f"update/sent-is-returned/{path}"
        for what, make in _MANGLING.items():
            yield Fault(f"{path} comes back {what}", (clause,), _mangled(path, make))
        twice = (clause, "update/idempotent")
        yield Fault(
            f"{path} changes when sent again",
            twice,
            replacing("show", lambda service, inner, p=path: _fickle(inner, p)),
        )
        yield Fault(f"{path} is not stored", (clause, "update/omitted-unchanged"), _forgetful(path))
        optional = not _is_required(operation, path)
        if optional:
            yield Fault(f"{path} is reset when left out", ("update/*unchanged", "update/empty-*"), _resetting(path))
            yield Fault(f"{path} is applied when refused", ("update/refused-unchanged",), _eager(path))
        if optional and _holds_list(operation, path):
            yield Fault(f"{path} is added to, not replaced", (clause,), _appending(path))
    yield from _frozen(operation)
    identity = operation.promise("identity", "property")
    if identity:
        yield Fault(
            f"{identity} is another", ("update/id-is-path-id",), answering(put(identity, "other-0001"), accepted)
        )
        yield Fault(f"{identity} in upper case", ("update/id-is-path-id",), answering(_upper(identity), accepted))
    if own := operation.promise("identity", "self"):
        elsewhere = put(own, "https://contract.example/elsewhere/1")
        yield Fault(f"{own} addresses another", ("update/self-addresses-resource",), answering(elsewhere, accepted))


_MANGLING: dict[str, Callable[[str], str]] = {
    "trimmed": str.strip,
    "in lower case": str.lower,
    "cut at 255": lambda text: text[:255],
    "cut at NUL": lambda text: text.partition("\0")[0],
    "escaped": lambda text: text.replace("&", "&amp;").replace("<", "&lt;"),
    "in Latin-1": lambda text: text.encode("latin-1", "replace").decode("latin-1"),
}


def _writable(operation: Operation) -> list[str]:
    content = operation.success.content if operation.success else None
    answers = {member.path: member for member in content.properties} if content else {}
    frozen = tuple(operation.promise("immutable", "properties") or ())
    request = operation.request.properties if operation.request else ()
    return [
        m.path
        for m in request
        if m.path in answers and not m.path.startswith(frozen or ("\0",)) and not m.read_only and "[]" not in m.path
        if "properties" not in m.schema and "enum" not in m.schema
    ]


def _is_required(operation: Operation, path: str) -> bool:
    return any(m.path == path and m.required for m in operation.request.properties) if operation.request else False


def _holds_list(operation: Operation, path: str) -> bool:
    return (
        any(m.path == path and m.schema.get("type") == "array" for m in operation.request.properties)
        if operation.request
        else False
    )


def _mapped(found: Any, make: Callable[[str], str]) -> Any:
    if isinstance(found, list):
        return [_mapped(item, make) for item in found]
    return make(found) if isinstance(found, str) else found


def _mangled(path: str, make: Callable[[str], str]) -> Alter:
    def act(holder: dict[str, Any], name: str) -> None:
        if name in holder:
            holder[name] = _mapped(holder[name], make)

    return replacing("show", lambda service, inner: lambda resource: _at(inner(resource), path, act))


def _fickle(inner: Callable[[Resource], Any], path: str) -> Callable[[Resource], Any]:
    """Show another value each time that the same one is shown again."""
    before: list[Any] = [None]

    def show(resource: Resource) -> Any:
        body = inner(resource)
        now = deepcopy(_look(body, path))
        if now == before[0]:
            _at(body, path, lambda holder, name: holder.__setitem__(name, _mapped(now, lambda text: f"{text} again")))
        before[0] = now
        return body

    return show


def _upper(path: str) -> Change:
    return value(lambda body: _at(body, path, lambda holder, name: holder.__setitem__(name, str(holder[name]).upper())))


def _look(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _has(body: Any, path: str) -> bool:
    *parents, name = path.split(".")
    holder = _look(body, ".".join(parents)) if parents else body
    return isinstance(holder, dict) and name in holder


def _applying(make: Callable[[Service, Resource, Any, Any], None]) -> Alter:
    """Return the alteration whose *make(service, resource, body, the step as it was)* applies an update."""
    return replacing("apply", lambda service, inner: lambda resource, body: make(service, resource, body, inner))


def _forgetful(path: str) -> Alter:
    def apply(service: Service, resource: Resource, body: Any, inner: Any) -> None:
        before = deepcopy(_look(resource.shown, path))
        inner(resource, body)
        _at(resource.shown, path, lambda holder, name: holder.__setitem__(name, before))

    return _applying(apply)


def _resetting(path: str) -> Alter:
    def apply(service: Service, resource: Resource, body: Any, inner: Any) -> None:
        inner(resource, body)
        if not _has(body, path):
            empty: Any = [] if isinstance(_look(resource.shown, path), list) else ""
            _at(resource.shown, path, lambda holder, name: holder.__setitem__(name, empty))

    return _applying(apply)


def _appending(path: str) -> Alter:
    def apply(service: Service, resource: Resource, body: Any, inner: Any) -> None:
        before = list(_look(resource.shown, path) or [])
        inner(resource, body)
        if _has(body, path):
            _at(
                resource.shown,
                path,
                lambda holder, name: holder.__setitem__(name, (before + list(holder[name]))[-3000:]),
            )

    return _applying(apply)


def _eager(path: str) -> Alter:
    """Apply a member before the body is checked."""

    def make(service: Service, inner: Any) -> Any:
        def validate(body: Any) -> None:
            try:
                inner(body)
            except Refused:
                if _has(body, path) and isinstance(_look(body, path), (str, list)):
                    _at(_any(service).shown, path, lambda holder, name: holder.__setitem__(name, _look(body, path)))
                raise

        return validate

    return replacing("validate", make)


def _frozen(operation: Operation) -> Iterator[Fault]:
    content = operation.success.content if operation.success else None
    shown = {member.path for member in content.properties} if content else set()
    moving = operation.promise("timestamps", "updated")
    for path in operation.promise("immutable", "properties") or ():
        leaves = [
            leaf
            for leaf in shown
            if (leaf == path or leaf.startswith(f"{path}.")) and "[]" not in leaf and leaf != moving
        ]
        yield Fault(f"{path} can be written", (f"update/immutable/{path}",), _writing(leaves))
    for path in sorted(shown):
        if path.endswith("resource_name") and path.count(".") == 1:
            turns = iter(range(10**9))
            change = value(
                lambda body, p=path, t=turns: _at(body, p, lambda h, n: h.__setitem__(n, f"crn://x/{next(t)}"))
            )
            yield Fault(
                f"{path} always another", ("update/omitted-unchanged", "update/empty-*"), answering(change, accepted)
            )


def _writing(leaves: list[str]) -> Alter:
    def make(service: Service, inner: Any) -> Any:
        def apply(resource: Resource, body: Any) -> None:
            inner(resource, body)
            for leaf in leaves:
                if _has(body, leaf) and isinstance(_look(body, leaf), (str, list)):
                    _at(
                        resource.shown,
                        leaf,
                        lambda holder, name, leaf=leaf: holder.__setitem__(name, _look(body, leaf)),
                    )  # type: ignore[misc]

        return apply

    return replacing("apply", make)


# --- secrets ---------------------------------------------------------------------------------------------------------------------


def _secrets(operation: Operation) -> Iterator[Fault]:
    for path in operation.promise("create-only", "properties") or ():
        yield Fault(f"{path} is shown", (f"update/create-only/{path}",), answering(put(path, "R15hoiDIq8"), accepted))
        yield Fault(f"{path} is shown empty", (f"update/create-only/{path}/empty",), answering(put(path, ""), accepted))
    yield Fault("credentials come back in a header", ("update/no-leak",), answering(_echoed_credentials, accepted))
    for member in operation.request.properties if operation.request else ():
        if member.secret:
            yield from _given_away(member.path)


def _echoed_credentials(answer: Answer, request: Request, service: Service) -> Answer:
    return header("X-Debug", _sent_credentials(request, service))(answer, request, service)


def _given_away(path: str) -> Iterator[Fault]:
    def told(request: Request) -> str:
        found = _look(_json(request), path)
        return found if isinstance(found, str) else ""

    def in_body(answer: Answer, request: Request, _: Service) -> Answer:
        return replace(answer, value={**answer.value, "x_debug": told(request)})

    def coded(answer: Answer, request: Request, _: Service) -> Answer:
        return replace(answer, value={**answer.value, "x_debug": base64.b64encode(told(request).encode()).decode()})

    def in_errors(answer: Answer, request: Request, service: Service) -> Answer:
        return _detail(service.operation, lambda asked, _: f"wrong: {told(asked)}")(answer, request, service)

    yield Fault(f"{path} comes back under another name", ("update/no-leak",), answering(in_body, accepted))
    yield Fault(f"{path} comes back in base64", ("update/no-leak",), answering(coded, accepted))
    yield Fault(f"{path} comes back in errors", ("error/no-leak",), answering(in_errors, refused))


# --- time ------------------------------------------------------------------------------------------------------------------------


def _times(operation: Operation) -> Iterator[Fault]:
    created, updated = operation.promise("timestamps", "created"), operation.promise("timestamps", "updated")
    turns = iter(range(10**9))
    if created:
        moving = value(
            lambda body: _at(
                body, created, lambda holder, name: holder.__setitem__(name, f"2025-01-01T00:{next(turns) % 60:02}:00Z")
            )
        )
        yield Fault(f"{created} changes", ("update/created-constant",), answering(moving, accepted))
    if updated:
        back = value(
            lambda body: _at(
                body,
                updated,
                lambda holder, name: holder.__setitem__(name, f"2026-02-01T00:{59 - next(turns) % 60:02}:00Z"),
            )
        )
        yield Fault(f"{updated} goes back", ("update/updated-never-back",), answering(back, accepted))
        yield Fault(
            f"{updated} stands still",
            ("update/updated-moves",),
            answering(put(updated, "2026-02-01T00:00:00Z"), accepted),
        )
    if created and updated:
        yield Fault(
            f"{updated} before {created}",
            ("update/updated-after-created",),
            answering(put(updated, "2001-01-01T00:00:00Z"), accepted),
        )


# --- rare triggers ---------------------------------------------------------------------------------------------------------------


def _rare(operation: Operation) -> Iterator[Fault]:
    """Yield faults that show only now and then, only past a size, only for some characters, or only in combination."""
    invalid = min(operation.refusals, default=400)
    texts = [path for path in _writable(operation) if not _holds_list(operation, path)]
    for path in texts:
        for length in (40, 64, 255, 1000, 5000, 65_535):
            long = sending(lambda body, p=path, n=length: len(str(_look(body, p) or "")) > n)
            yield Fault(
                f"{path} longer than {length} is refused", ("request/accepted",), answering(status(invalid), long)
            )
        for what, test in _CHARACTERS.items():
            some = sending(lambda body, p=path, t=test: t(str(_look(body, p) or "")))
            yield Fault(f"{path} with {what} crashes it", ("statuses",), answering(status(500), some))
    lists = [path for path in _writable(operation) if _holds_list(operation, path)]
    for path in lists:
        for count in (0, 10, 50, 100, 1000):
            many = sending(lambda body, p=path, n=count: len(_look(body, p) or ()) > n)
            yield Fault(
                f"more than {count} of {path} are refused",
                ("request/accepted", "request/example/*"),
                answering(status(invalid), many),
            )
        twice = sending(lambda body, p=path: len(_look(body, p) or ()) != len(set(_look(body, p) or ())))
        yield Fault(f"{path} with an entry twice are refused", ("request/accepted",), answering(status(invalid), twice))
    if len(texts) > 1:
        both = sending(lambda body: all(_look(body, path) for path in texts[:2]))
        yield Fault(
            "two members together are refused",
            ("request/accepted", "request/example/*"),
            answering(status(invalid), both),
        )
    for count in (5, 7, 11, 20):
        yield Fault(f"every {count}th answer has no body", ("200/json",), _every(raw(lambda body: b""), count))
        yield Fault(f"every {count}th request is answered 500", ("statuses",), _every(status(500), count))


def _every(change: Change, count: int) -> Alter:
    return lambda service: answering(change, every(count))(service)


_CHARACTERS: dict[str, Callable[[str], bool]] = {
    "NUL": lambda text: "\0" in text,
    "characters outside the BMP": lambda text: any(letter > "\uffff" for letter in text),
    "combining marks": lambda text: "\u0301" in text,
    "right-to-left letters": lambda text: any("\u0590" <= letter <= "\u06ff" for letter in text),
    "quotes": lambda text: '"' in text,
    "a percent sign": lambda text: "%" in text,
    "white space at its end": lambda text: text != text.rstrip(),
}
