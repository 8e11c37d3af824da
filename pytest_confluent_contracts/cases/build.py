"""How does a JSON value become a case? Building bodies, and the ground truth of what is wrong."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jsonschema_rs

from pytest_confluent_contracts.cases.parameter_values import carried_parameters
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
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
    from pytest_confluent_contracts.model.documents import Operation, Property, SecurityScheme, Slot

KEYWORD_ORDER = ("type", "null", "required", "enum", "const")
MESSAGE_CHARACTERS = 200
# RFC 6265 4.1.1: beside letters, digits and what is never encoded, what may stand in a cookie.
COOKIE_CHARACTERS = "!#$%&'()*+/:<=>?@[]^`{|}"


# --- members --------------------------------------------------------------------------------------


def sendable_members(operation: Operation) -> list[Property]:
    """Return the members of the request body that an update may send and that have a type."""
    declared = operation.request_members
    frozen = [member.path for member in declared if member.read_only]
    found: list[Property] = []
    for member in declared:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if member.schema.get("type") and not is_frozen:
            found.append(member)
    return found


def writable_members(operation: Operation) -> list[Property]:
    """Return the members that hold a value of their own: no objects, items of lists, constants."""
    found: list[Property] = []
    for member in sendable_members(operation):
        is_constant = len(member.schema.get("enum", "ab")) <= 1
        is_part = paths.has_items(member.path) or "properties" in member.schema
        if not is_part and not is_constant:
            found.append(member)
    return found


def varied_members(operation: Operation, context: RunContext) -> list[Property]:
    """Return the writable members whose value the run may choose.

    Pins are fixed. What another system checks is left alone unless values may be made up.
    """
    fixed = set(context.pins)
    if not context.made_up:
        fixed |= set(operation.promises.checked_elsewhere.paths)
    return [member for member in writable_members(operation) if member.path not in fixed]


def types_allowed(schema: Mapping[str, Any]) -> list[str]:
    """Return the JSON types that *schema* allows, empty where it names none."""
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]


def holds_strings(schema: Mapping[str, Any]) -> bool:
    """Return whether *schema* describes the items of its list, and as strings."""
    return "string" in types_allowed(schema.get("items") or {})


# --- bodies ---------------------------------------------------------------------------------------


def sample_value(member: Property) -> Any:
    """Return one unsuspicious value that *member* allows."""
    schema = member.schema
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = next(iter(types_allowed(schema)), "string")
    samples = {"string": f"contract {member.name}", "array": [], "object": {}, "boolean": True}
    return samples.get(kind, schema.get("minimum", 1))


def minimal_body(operation: Operation, context: RunContext) -> Any:
    """Return the smallest body that the schema allows: what is required, and what is pinned."""
    body: Any = {}
    required = {paths.WHOLE}
    for member in operation.request_members:
        if member.required and member.parent in required:
            required.add(member.path)
            value = {} if "properties" in member.schema else _documented_value(operation, member)
            body = paths.with_value(body, member.path, value)
    return with_pins(body, context)


def full_body(operation: Operation, context: RunContext) -> Any:
    """Return a body with every member that an update may write."""
    body = minimal_body(operation, context)
    for member in writable_members(operation):
        body = paths.with_value(body, member.path, _documented_value(operation, member))
    return with_pins(body, context)


def fresh_body(operation: Operation, context: RunContext, label: str, except_path: str = "") -> Any:
    """Return a full body with new values in all members but the one at *except_path*.

    The values carry *label*, so that one of them shows where it was applied. Off loopback, where
    nothing may be made up, the values are those of the full body.
    """
    body = full_body(operation, context)
    if not context.made_up:
        return body
    for member in writable_members(operation):
        if member.path == except_path or member.path in context.pins:
            continue
        value = _fresh_value(member, context, label)
        if value is not ABSENT:
            body = paths.with_value(body, member.path, value)
    return body


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
    """Return *body* with the run's fixed values in it, as far as it has a place for them."""
    for path, value in context.pins.items():
        if _has_room(body, path):
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


@lru_cache(maxsize=64)
def _validator_of(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True)


def violations(operation: Operation, body: Any) -> tuple[Violation, ...]:
    """Return each place at which *body* breaks the request schema, once.

    Where several keywords are broken at one place, it is the one that a reader would name.
    """
    if operation.request is None:
        return ()
    validator = _validator_of(json.dumps(operation.request.schema, sort_keys=True))
    found: dict[tuple[str, str | None], Violation] = {}
    for error in validator.iter_errors(body):
        broken = _violation_of(error, body)
        known = found.setdefault((broken.pointer, broken.missing), broken)
        if _keyword_rank(broken.keyword) < _keyword_rank(known.keyword):
            found[broken.pointer, broken.missing] = broken
    return tuple(found.values())


def is_allowed_value(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether *schema*, that of one member, allows *value*."""
    return bool(_validator_of(json.dumps(schema, sort_keys=True, default=str)).is_valid(value))


def _violation_of(error: Any, body: Any) -> Violation:
    steps = paths.steps_reported(body, error.instance_path, error.instance)
    pointer = paths.pointer_of(steps)
    keyword = str(error.kind.name)
    if keyword == "type" and error.instance is None:
        keyword = "null"
    missing = error.kind.property if keyword == "required" else None
    return Violation(pointer, keyword, str(error.message)[:MESSAGE_CHARACTERS], missing)


def _keyword_rank(keyword: str) -> int:
    return KEYWORD_ORDER.index(keyword) if keyword in KEYWORD_ORDER else len(KEYWORD_ORDER)


def path_at_fault(violation: Violation, body: Any) -> str:
    """Return the path, as clause ids write it, of the member of *body* that is wrong or missing."""
    path = paths.path_of(paths.steps_of_pointer(body, violation.pointer))
    return path if violation.missing is None else paths.member_path(path, violation.missing)


# --- cases ----------------------------------------------------------------------------------------


def encoded_json(body: Any) -> bytes:
    """Return *body* as JSON in UTF-8, its characters as they are."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def bare_case(
    probe: Probe, title: str, operation: Operation, context: RunContext, **more: Any
) -> Case:
    """Return a case of which nothing is promised, unless *more* sets other fields of it.

    It goes to the run's own resource, with the parameters that every request has and valid
    credentials, and without a body.
    """
    media_type = operation.request.media_type if operation.request else "application/json"
    carried = carried_parameters(operation, context, title)
    settings: dict[str, Any] = {
        "parameters": context.parameters,
        "headers": (
            ("Content-Type", media_type),
            ("Accept", "application/json"),
            *carried[Location.HEADER],
        ),
        "query": carried[Location.QUERY],
        "cookies": carried[Location.COOKIE],
        "authority": authority_name(operation, context),
        "expect": Expect.ANY,
        "value": ABSENT,
        "body": None,
    }
    bare = Case(probe=probe, title=title, operation=operation, **(settings | more))
    return with_credentials(bare, credentials_of(chosen_alternative(operation, context), context))


def judged_case(
    probe: Probe, title: str, operation: Operation, context: RunContext, body: Any, **more: Any
) -> Case:
    """Return the case that sends *body*, with *more* fields of it set.

    What is promised for it follows from the schema, not from its maker.
    """
    settings = {"value": body, "body": encoded_json(body)} | promised_by_schema(operation, body)
    return bare_case(probe, title, operation, context, **(settings | more))


def promised_by_schema(operation: Operation, body: Any) -> dict[str, Any]:
    """Return the fields of a case that follow from the schema.

    What is wrong with *body*, what must come of it, and what it is about where one member alone is
    wrong.
    """
    wrong = violations(operation, body)
    fields: dict[str, Any] = {
        "violations": wrong,
        "expect": Expect.REFUSED if wrong else Expect.ACCEPTED,
    }
    if len(wrong) == 1:
        fields["subject"] = Subject(SubjectKind.MEMBER, path_at_fault(wrong[0], body))
    return fields


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
    slots = {scheme.slot for scheme in case.operation.schemes}
    return replace(
        case,
        headers=_with_carried(case.headers, Location.HEADER, slots, credentials),
        query=_with_carried(case.query, Location.QUERY, slots, credentials),
        cookies=_with_carried(case.cookies, Location.COOKIE, slots, credentials),
    )


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
    return quote(value, safe=COOKIE_CHARACTERS if location is Location.COOKIE else "")


def credential_value(scheme: SecurityScheme, values: Mapping[str, str]) -> str:
    """Return what carries *values* (RFC 7617 for basic, RFC 6750 for bearer)."""
    if scheme.kind == "basic":
        pair = f"{values.get('username', '')}:{values.get('password', '')}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"
    if scheme.kind == "bearer":
        # httpx sends no value that ends in a space.
        return f"Bearer {values.get('token', '')}".rstrip()
    return values.get("value", "")
