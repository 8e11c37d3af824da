"""How does a JSON value become a case? Building bodies, and the ground truth of what is wrong."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_confluent_contracts.cases.bodies import (
    OF_TEXTS,
    content_type,
    encoded_body,
    encoded_json,
    value_understood,
)
from pytest_confluent_contracts.cases.kept_draws import once_drawn
from pytest_confluent_contracts.cases.parameter_values import carried_parameters
from pytest_confluent_contracts.cases.samples import (
    discriminated_schema,
    is_allowed_value,
    sample_of,
    samples_of,
    schema_text,
    validator_of,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location, separate_members, types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.schema_merging import merged_schemas
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
    Violation,
)

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import (
        Content,
        Operation,
        Property,
        SecurityScheme,
        Slot,
    )

KEYWORD_ORDER = ("type", "null", "required", "enum", "const")
MESSAGE_CHARACTERS = 200
PLAIN_REQUEST = "the plain request"  # what one is called that has no body
SMALLEST = {"PATCH": "the smallest update", "PUT": "the smallest replacement"}
SAMPLES_DRAWN = 3  # where nothing but a strategy finds a value
# The keywords under which a rule holds on a condition alone, and what that is called.
CONDITIONAL = {
    "then": "if",
    "else": "if",
    "dependentRequired": "dependentRequired",
    "dependentSchemas": "dependentSchemas",
}
OPERATIONS_KEPT = 64  # of which what is asked for often is remembered
# RFC 6265 4.1.1: beside letters, digits and what is never encoded, what may stand in a cookie.
COOKIE_CHARACTERS = "!#$%&'()*+/:<=>?@[]^`{|}"


# --- members --------------------------------------------------------------------------------------


@remembered(OPERATIONS_KEPT)
def sendable_members(operation: Operation) -> tuple[Property, ...]:
    """Return the members of the request body that an update may send."""
    declared = operation.request_members
    frozen = [member.path for member in declared if member.read_only]
    found: list[Property] = []
    for member in declared:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if not is_frozen:
            found.append(member)
    return tuple(found)


@remembered(OPERATIONS_KEPT)
def writable_members(operation: Operation) -> tuple[Property, ...]:
    """Return the members that hold a value of their own: no objects, items of lists, constants."""
    found: list[Property] = []
    for member in separate_members(sendable_members(operation)):
        is_constant = len(member.schema.get("enum", "ab")) <= 1
        if not is_constant:
            found.append(member)
    return tuple(found)


def varied_members(operation: Operation, context: RunContext) -> list[Property]:
    """Return the writable members whose value the run may choose.

    Pins are fixed. What another system checks is left alone unless values may be made up.
    """
    fixed = set(context.pins)
    if not context.made_up:
        fixed |= set(operation.promises.checked_elsewhere.paths)
    return [member for member in writable_members(operation) if member.path not in fixed]


def holds_strings(schema: Mapping[str, Any]) -> bool:
    """Return whether *schema* describes the items of its list, and as strings."""
    return "string" in types_allowed(schema.get("items") or {})


def id_member_sent(operation: Operation) -> str:
    """Return the member of a body in which the id of the path stands again, ``""`` without one.

    A service may refuse another id there.
    """
    resource = operation.resource
    if operation.method not in ("PUT", "PATCH") or resource is None or not resource.id_member:
        return ""
    wanted = (resource.id_member, paths.last_name(resource.id_member))
    sent = [one.path for one in operation.request_members if not one.read_only]
    return next((path for path in wanted if path in sent), "")


def id_as_sent(operation: Operation, id: str) -> dict[str, Any]:
    """Return *id* by the path of the member in which a body has it again, of the member's type."""
    path = id_member_sent(operation)
    if not path:
        return {}
    [schema] = [one.schema for one in operation.request_members if one.path == path]
    is_number = "integer" in types_allowed(schema) and id.isdecimal()
    value = int(id) if is_number else id
    if is_allowed_value(schema, value):
        return {path: value}
    return {}


# --- bodies ---------------------------------------------------------------------------------------


def sample_value(member: Property) -> Any:
    """Return one unsuspicious value that *member* allows, `ABSENT` where none is known."""
    return sampled(schema_text(member.schema), member.name)


@lru_cache(maxsize=1024)
def sampled(schema: str, name: str) -> Any:
    """Return a value that *schema*, as a text, allows, `ABSENT` where none is known.

    What puts values together here is asked first, then the strategies of schemathesis.
    """
    told = discriminated_schema(json.loads(schema))
    value = sample_of(told, name)
    if value is not ABSENT:
        return value
    smallest_first = sorted(_samples_drawn(told), key=lambda one: len(str(one)))
    if not smallest_first:
        return ABSENT
    return smallest_first[0]


def _samples_drawn(schema: Mapping[str, Any]) -> list[Any]:
    def draw() -> list[Any]:
        from pytest_confluent_contracts.cases.strategies import drawn_values

        return drawn_values(schema, SAMPLES_DRAWN)

    # A text, for what hangs on its order too.
    return once_drawn("samples of schemathesis", [json.dumps(schema), SAMPLES_DRAWN], draw)


def smallest_title(operation: Operation) -> str:
    """Return what the request with the smallest body is called, by what it does."""
    if operation.request is None:
        return PLAIN_REQUEST
    return SMALLEST.get(operation.method, "the smallest request")


@remembered(OPERATIONS_KEPT)
def minimal_body(operation: Operation, context: RunContext) -> Any:
    """Return the smallest body that the schema allows: what is required, and what is pinned.

    Where none is known, it is one that the schema does not allow.
    """
    body = with_pins(_body_of_required(operation), context)
    if operation.request is None or is_promised(operation, body):
        return body
    other = sampled(schema_text(_without_shown(operation.request.schema)), "body")
    if other is ABSENT:
        return body
    return with_pins(other, context)


def _without_shown(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* without the values that it shows: they have more in them than is asked."""
    shown = ("example", "examples", "default")
    return {key: value for key, value in schema.items() if key not in shown}


def _body_of_required(operation: Operation) -> Any:
    body: Any = {}
    required = {paths.WHOLE}
    for member in operation.request_members:
        if member.required and member.parent in required:
            required.add(member.path)
            value = {} if "properties" in member.schema else _documented_value(operation, member)
            if value is not ABSENT:
                body = paths.with_value(body, member.path, value)
    return body


@remembered(OPERATIONS_KEPT)
def full_body(operation: Operation, context: RunContext) -> Any:
    """Return a body with every member that an update may write, as far as the schema allows."""
    values: dict[str, Any] = {}
    for member in writable_members(operation):
        value = _documented_value(operation, member)
        if value is not ABSENT:
            values[member.path] = _fullest_value(member, value)
    body = with_allowed_values(operation, minimal_body(operation, context), values)
    return with_pins(body, context)


def _fullest_value(member: Property, value: Any) -> Any:
    """Return *value*, or the one with most members where they hang on one another."""
    if not (member.is_composed and isinstance(value, Mapping)):
        return value
    schema = json.dumps(member.schema, default=str)  # in its order: that of the samples
    found = _sampled_objects(schema, member.name)
    return max([value, *found], key=len)


@lru_cache(maxsize=512)
def _sampled_objects(schema: str, name: str) -> tuple[Mapping[str, Any], ...]:
    """Return objects that *schema*, as a text, allows; they are asked for often."""
    found = islice(samples_of(discriminated_schema(json.loads(schema)), name), SAMPLES_DRAWN)
    return tuple(one for one in found if isinstance(one, Mapping))


def with_allowed_values(operation: Operation, body: Any, values: Mapping[str, Any]) -> Any:
    """Return *body* with all of *values*, or with those that the schema allows one by one."""
    everything = with_values(body, values)
    if is_promised(operation, everything) or not is_promised(operation, body):
        return everything
    for path, value in values.items():
        more = paths.with_value(body, path, value)
        if is_promised(operation, more):
            body = more
    return body


def body_with_member(operation: Operation, context: RunContext, member: Property) -> Any:
    """Return the smallest body that has *member*, and whatever the schema asks for beside it.

    `ABSENT` where none is known.
    """
    value = paths.value_at(full_body(operation, context), member.path)
    if value is ABSENT:
        value = _documented_value(operation, member)
    if value is not ABSENT:
        body = paths.with_value(minimal_body(operation, context), member.path, value)
        if is_promised(operation, body) or operation.request is None:
            return body
    assert operation.request is not None
    wanted = _asking_for(paths.steps_of(member.path))
    asked = merged_schemas(_without_shown(operation.request.schema), wanted)
    body = sampled(schema_text(asked), "body")
    if body is ABSENT:
        return ABSENT
    return with_pins(body, context)


def _asking_for(steps: Sequence[paths.Step]) -> dict[str, Any]:
    """Return the schema of an object that has the member to which *steps* lead."""
    if not steps:
        return {}
    name, rest = str(steps[0]), steps[1:]
    return {"type": "object", "required": [name], "properties": {name: _asking_for(rest)}}


def fresh_body(operation: Operation, context: RunContext, label: str, except_path: str = "") -> Any:
    """Return a full body with new values in all members but the one at *except_path*.

    The values carry *label*, so that one of them shows where it was applied. Off loopback, where
    nothing may be made up, the values are those of the full body.
    """
    body = full_body(operation, context)
    if not context.made_up:
        return body
    values: dict[str, Any] = {}
    for member in writable_members(operation):
        if member.path == except_path or member.path in context.pins:
            continue
        value = _fresh_value(member, context, label)
        if value is not ABSENT and is_allowed_value(member.schema, value):
            values[member.path] = value
    return with_allowed_values(operation, body, values)


def _fresh_value(member: Property, context: RunContext, label: str) -> Any:
    """Return a value for *member* that carries *label*, `ABSENT` where none is allowed."""
    if member.secret:
        return made_up_secret(context, label)
    kinds = types_allowed(member.schema)
    is_bound = bool({"format", "enum", "pattern"} & set(member.schema))
    if "string" in kinds and not is_bound:
        return f"{label}-{member.name}"
    if kinds == ["array"]:
        return [f"{label}:{member.name}"]
    return ABSENT


def made_up_secret(context: RunContext, name: object) -> str:
    """Return a made-up secret that nothing else in the run contains."""
    return f"cs{random.Random(f'{context.seed}/{name}').getrandbits(64):016x}"


def _documented_value(operation: Operation, member: Property) -> Any:
    """Return the member's value in the first documented example that has one, else a sample."""
    if operation.request is None:
        return sample_value(member)
    for example in operation.request.examples:
        value = paths.value_at(example.value, member.path)
        if value is not ABSENT:
            return value
    return sample_value(member)


def with_pins(body: Any, context: RunContext) -> Any:
    """Return *body* with the run's fixed values in it, as far as it has a place for them.

    What is fixed as ABSENT is left out.
    """
    for path, value in context.pins.items():
        if value is ABSENT:
            body = paths.without_value(body, path)
        elif _has_room(body, path):
            body = paths.with_value(body, path, value)
    return body


def _has_room(body: Any, path: str) -> bool:
    """Return whether each value around *path* is an object or absent.

    A body that is broken on purpose stays broken.
    """
    if not isinstance(body, Mapping):
        return False
    for holder in paths.around(path):
        value = paths.value_at(body, holder)
        if value is not ABSENT and not isinstance(value, Mapping):
            return False
    return True


def with_values(body: Any, values: Mapping[str, Any]) -> Any:
    """Return *body* with each of *values* at its path."""
    for path, value in values.items():
        body = paths.with_value(body, path, value)
    return body


# --- ground truth ---------------------------------------------------------------------------------


def violations(operation: Operation, body: Any) -> tuple[Violation, ...]:
    """Return each place at which *body* breaks the request schema, once.

    Where several keywords are broken at one place, it is the one that a reader would name.
    """
    if operation.request is None:
        return ()
    validator = validator_of(_schema_text_of(operation.request))
    found: dict[tuple[str, str | None], Violation] = {}
    for error in validator.iter_errors(body):
        broken = _violation_of(error, body)
        known = found.setdefault((broken.pointer, broken.missing), broken)
        if _keyword_rank(broken.keyword) < _keyword_rank(known.keyword):
            found[broken.pointer, broken.missing] = broken
    return tuple(found.values())


def is_promised(operation: Operation, body: Any) -> bool:
    """Return whether the document promises that *body* is taken.

    The schema allows it, and a discriminator in it names the branch that it is.
    """
    if operation.request is None or violations(operation, body):
        return operation.request is None
    if operation.request.kind is BodyKind.JSON_PATCH:
        return bool(body == [])  # whether an operation can be done hangs on what is there
    if operation.request.kind is BodyKind.XML:
        return False
    if operation.request.kind in OF_TEXTS and value_understood(operation.request, body) is ABSENT:
        return False
    text = _schema_text_of(operation.request)
    return '"x-discriminator"' not in text or bool(_told_validator(text).is_valid(body))


_KNOWN_TEXTS: dict[int, tuple[Content, str]] = {}
MOST_KNOWN_TEXTS = 1000


def _schema_text_of(request: Content) -> str:
    """Return the schema of *request* as one text, written once: each body asks for it."""
    if id(request) not in _KNOWN_TEXTS:
        if len(_KNOWN_TEXTS) >= MOST_KNOWN_TEXTS:
            _KNOWN_TEXTS.clear()
        # The request is kept with its text, so that its id stays its own.
        _KNOWN_TEXTS[id(request)] = (request, schema_text(request.schema))
    return _KNOWN_TEXTS[id(request)][1]


@lru_cache(maxsize=64)
def _told_validator(schema: str) -> Any:
    return validator_of(schema_text(discriminated_schema(json.loads(schema))))


def _violation_of(error: Any, body: Any) -> Violation:
    steps = paths.steps_reported(body, error.instance_path, error.instance)
    pointer = paths.pointer_of(steps)
    keyword = _condition_broken(error.schema_path) or str(error.kind.name)
    if keyword == "type" and error.instance is None:
        keyword = "null"
    missing = error.kind.property if error.kind.name == "required" else None
    message = str(error.message)[:MESSAGE_CHARACTERS]
    return Violation(pointer, keyword, message, missing, _unexpected_names(error))


def _unexpected_names(error: Any) -> tuple[str, ...]:
    """Return the names of the members that *error* says an object may not have."""
    if error.kind.name in ("additionalProperties", "unevaluatedProperties"):
        return tuple(error.kind.unexpected)
    if error.kind.name == "propertyNames":
        return (error.kind.error.instance,)
    return ()


def _condition_broken(schema_path: Sequence[str | int]) -> str:
    """Return the keyword that asks for something on a condition, where the error is of that."""
    is_name = False
    for step in schema_path:
        if not is_name and step in CONDITIONAL:
            return CONDITIONAL[str(step)]
        is_name = not is_name and step in ("properties", "patternProperties", "$defs")
    return ""


def _keyword_rank(keyword: str) -> int:
    if keyword in KEYWORD_ORDER:
        return KEYWORD_ORDER.index(keyword)
    return len(KEYWORD_ORDER)


def path_at_fault(violation: Violation, body: Any) -> str:
    """Return the path, as clause ids write it, of the member of *body* that is wrong or missing."""
    path = paths.path_of(paths.steps_of_pointer(body, violation.pointer))
    if violation.missing is None:
        return path
    return paths.member_path(path, violation.missing)


# --- cases ----------------------------------------------------------------------------------------


def bare_case(
    probe: Probe, title: str, operation: Operation, context: RunContext, **more: Any
) -> Case:
    """Return a case of which nothing is promised, unless *more* sets other fields of it.

    It goes to the run's own resource, with the parameters that every request has and valid
    credentials, and without a body.
    """
    typed: tuple[tuple[str, str], ...] = ()
    if operation.request is not None:
        typed = (("Content-Type", content_type(operation.request)),)
    carried = carried_parameters(operation, context, title)
    settings: dict[str, Any] = {
        "parameters": context.parameters,
        "headers": (
            *typed,
            ("Accept", _accepted_types(operation)),
            *carried[Location.HEADER],
        ),
        "query": carried[Location.QUERY],
        "cookies": carried[Location.COOKIE],
        "authority": authority_name(operation, context),
        "expect": Expect.ANY,
        "value": ABSENT,
        "body": None,
    }
    fields = settings | more
    credentials = credentials_of(chosen_alternative(operation, context), context)
    fields |= _carrying(
        operation, fields["headers"], fields["query"], fields["cookies"], credentials
    )
    return Case(probe=probe, title=title, operation=operation, **fields)


def _accepted_types(operation: Operation) -> str:
    """Return what ``Accept`` asks for: JSON, behind what a success is documented as elsewhere."""
    content = operation.success_content
    if content is None or content.kind in IN_JSON:
        return "application/json"
    return f"{content.media_type}, application/json;q=0.9"


def judged_case(
    probe: Probe, title: str, operation: Operation, context: RunContext, body: Any, **more: Any
) -> Case:
    """Return the case that sends *body*, with *more* fields of it set.

    What is promised for it follows from the schema, not from its maker.
    """
    settings = _body_fields(operation, body)
    return bare_case(probe, title, operation, context, **(settings | more))


def _body_fields(operation: Operation, body: Any) -> dict[str, Any]:
    """Return the fields of a case that sends *body* in the media type of the request.

    Where no body is documented, none is sent, whatever *body* is.
    """
    content = operation.request
    if content is None:
        return {"value": ABSENT, "body": None, "expect": Expect.ACCEPTED}
    if content.kind in (BodyKind.JSON, BodyKind.MERGE_PATCH):
        settings = {"value": body, "body": encoded_json(body)}
        return settings | promised_by_schema(operation, body)
    if content.kind is BodyKind.XML:  # as published, or not at all
        return {"value": ABSENT, "body": encoded_body(content, body), "expect": Expect.ANY}
    understood = value_understood(content, body)
    encoded = encoded_body(content, body)
    is_ambiguous = content.kind in OF_TEXTS and understood is ABSENT
    if encoded is None or is_ambiguous:  # nothing is promised for what can be read in two ways
        return {"value": ABSENT, "body": encoded, "expect": Expect.ANY}
    read = body if understood is ABSENT else understood
    promised = promised_by_schema(operation, read)
    # What a patch or a file makes of the resource, no one can tell from it.
    is_told = content.kind in OF_TEXTS or promised["expect"] is Expect.REFUSED
    if not is_told:
        understood = ABSENT
    return {"value": understood, "body": encoded} | promised


def promised_by_schema(operation: Operation, body: Any) -> dict[str, Any]:
    """Return the fields of a case that follow from the schema.

    What is wrong with *body*, what must come of it, and what it is about where one member alone is
    wrong.
    """
    wrong = violations(operation, body)
    if _removes_only(operation, wrong, body):
        return {"violations": (), "expect": Expect.ANY}
    expect = Expect.ANY
    if wrong:
        expect = Expect.REFUSED
    elif is_promised(operation, body):
        expect = Expect.ACCEPTED
    fields: dict[str, Any] = {"violations": wrong, "expect": expect}
    if len(wrong) == 1:
        fields["subject"] = Subject(SubjectKind.MEMBER, documented_fault(operation, wrong[0], body))
    return fields


def _removes_only(operation: Operation, wrong: Sequence[Violation], body: Any) -> bool:
    """Return whether a merge patch is wrong only in that it removes members (RFC 7396 1).

    The schema tells what stays there, and null that nothing does.
    """
    if operation.request is None or operation.request.kind is not BodyKind.MERGE_PATCH:
        return False
    if not wrong or all(violation.keyword == "null" for violation in wrong):
        return bool(wrong)
    return not violations(operation, _without_nulls(body))


def _without_nulls(body: Any) -> Any:
    """Return *body* without the members of its objects that are null; items of lists stay."""
    if not isinstance(body, Mapping):
        return body
    kept = {name: value for name, value in body.items() if value is not None}
    return {name: _without_nulls(value) for name, value in kept.items()}


def documented_fault(operation: Operation, violation: Violation, body: Any) -> str:
    """Return the path of the member that is wrong or missing, or of the nearest that is documented.

    The values of a map are told as one, and what lies below ``oneOf`` or a schema that contains
    itself by the last member that has a place of its own.
    """
    steps = paths.steps_of_pointer(body, violation.pointer)
    if violation.missing is not None:
        steps.append(violation.missing)
    known = {member.path for member in operation.request_members}
    path = paths.documented_path(steps, known)
    while path and path not in known:
        path = paths.parent_path(path)
    return path


def distinct_cases(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* without those that are the same request as an earlier one, byte for byte."""
    first: dict[tuple[object, ...], Case] = {}
    for one in cases:
        first.setdefault(one.key, one)
    return list(first.values())


# --- credentials ----------------------------------------------------------------------------------


def authority_name(operation: Operation, context: RunContext) -> str:
    """Return the name of the alternative that the run's requests travel with."""
    return alternative_name(chosen_alternative(operation, context))


def alternative_name(alternative: Sequence[SecurityScheme]) -> str:
    """Return the names of the schemes of *alternative*, a plus between them."""
    return "+".join(scheme.name for scheme in alternative)


def chosen_alternative(operation: Operation, context: RunContext) -> tuple[SecurityScheme, ...]:
    """Return the first documented alternative for which every credential was given.

    The one that asks for none comes last: who is known may do more.
    """
    for alternative in operation.security:
        if alternative and is_complete(alternative, context):
            return alternative
    return ()


def is_complete(alternative: Sequence[SecurityScheme], context: RunContext) -> bool:
    """Return whether every part of every scheme was given."""
    return all(is_given(scheme, context) for scheme in alternative)


def is_given(scheme: SecurityScheme, context: RunContext) -> bool:
    """Return whether every part of *scheme* was given: of a basic one, both user and password."""
    given = context.credentials.get(scheme.name, {})
    return all(given.get(part) for part, _ in scheme.variables)


def credentials_of(alternative: Sequence[SecurityScheme], context: RunContext) -> dict[Slot, str]:
    """Return the credentials that were given for *alternative*, by where they stand."""
    return {
        scheme.slot: credential_value(scheme, context.credentials[scheme.name])
        for scheme in alternative
    }


def with_credentials(case: Case, credentials: Mapping[Slot, str]) -> Case:
    """Return *case* with *credentials* in the place of those that it has."""
    carrying = _carrying(case.operation, case.headers, case.query, case.cookies, credentials)
    return replace(case, **carrying)


def _carrying(
    operation: Operation,
    headers: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    cookies: Iterable[tuple[str, str]],
    credentials: Mapping[Slot, str],
) -> dict[str, Any]:
    """Return the fields of a case that may carry *credentials*, with none but these in them."""
    slots = {scheme.slot for scheme in operation.schemes}
    return {
        "headers": _with_carried(headers, Location.HEADER, slots, credentials),
        "query": _with_carried(query, Location.QUERY, slots, credentials),
        "cookies": _with_carried(cookies, Location.COOKIE, slots, credentials),
    }


def _with_carried(
    pairs: Iterable[tuple[str, str]],
    location: Location,
    slots: Collection[Slot],
    credentials: Mapping[Slot, str],
) -> tuple[tuple[str, str], ...]:
    """Return *pairs*, all at *location*, without those at *slots*, and then its *credentials*."""
    kept = [pair for pair in pairs if (location, pair[0]) not in slots]
    for (where, name), value in credentials.items():
        if where is location:
            kept.append((name, _written_credential(location, value)))
    return tuple(kept)


def _written_credential(location: Location, value: str) -> str:
    """Return *value* as it is written there: a key in a cookie is an opaque text (RFC 6265 4.1)."""
    if location is Location.HEADER:
        return value
    if location is Location.COOKIE:
        return quote(value, safe=COOKIE_CHARACTERS)
    return quote(value, safe="")


def credential_value(scheme: SecurityScheme, values: Mapping[str, str]) -> str:
    """Return what carries *values* (RFC 7617 for basic, RFC 6750 for bearer)."""
    if scheme.kind == "basic":
        pair = f"{values.get('username', '')}:{values.get('password', '')}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"
    if scheme.kind == "bearer":
        # httpx sends no value that ends in a space.
        return f"Bearer {values.get('token', '')}".rstrip()
    return values.get("value", "")
