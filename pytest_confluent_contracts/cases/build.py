"""How does a JSON value become a case? Building bodies, and the ground truth of what is wrong with them."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext, Violation

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation, Property, SecurityScheme

KEYWORD_ORDER = ("type", "null", "required", "enum", "const")


# --- members ---------------------------------------------------------------------------------------------------------


def members(operation: Operation) -> list[Property]:
    """Return the members of the request body that an update may send and that have a type."""
    request = operation.request.properties if operation.request else ()
    frozen = [member.path for member in request if member.read_only]
    found: list[Property] = []
    for member in request:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if member.schema.get("type") and not is_frozen:
            found.append(member)
    return found


def writable(operation: Operation) -> list[Property]:
    """Return the members that hold a value of their own: no objects, items of lists, constants."""
    found: list[Property] = []
    for member in members(operation):
        is_constant = len(member.schema.get("enum", "ab")) <= 1
        is_part = paths.has_items(member.path) or "properties" in member.schema
        if not is_part and not is_constant:
            found.append(member)
    return found


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the JSON types that *schema* allows, empty where it names none."""
    kind = schema.get("type", [])
    return list(kind) if isinstance(kind, list) else [kind]


# --- bodies ----------------------------------------------------------------------------------------------------------


def sample(member: Property) -> Any:
    """Return one unsuspicious value that *member* allows."""
    schema = member.schema
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = next(iter(types_of(schema)), "string")
    return {"string": f"contract {member.name}", "array": [], "object": {}, "boolean": True}.get(
        kind, schema.get("minimum", 1)
    )


def minimal(operation: Operation, context: RunContext) -> Any:
    """Return the smallest body that the schema allows: what is required, and what is pinned."""
    body: Any = {}
    required = {paths.WHOLE}
    for member in operation.request.properties if operation.request else ():
        if member.required and member.parent in required:
            required.add(member.path)
            value = {} if "properties" in member.schema else _shown(operation, member)
            body = paths.with_value(body, member.path, value)
    return pinned(body, context)


def full(operation: Operation, context: RunContext) -> Any:
    """Return a body with every member that an update may write."""
    body = minimal(operation, context)
    for member in writable(operation):
        body = paths.with_value(body, member.path, _shown(operation, member))
    return pinned(body, context)


def fresh(operation: Operation, context: RunContext, label: str, path: str = "") -> Any:
    """Return a full body whose members, but for *path*, have values of their own: where one is applied, it shows."""
    body = full(operation, context)
    for member in writable(operation):
        if member.path == path or member.path in context.pins or not context.made_up:
            continue
        if member.secret:
            body = paths.with_value(body, member.path, token(context, label))
            continue
        is_bound = bool({"format", "enum", "pattern"} & set(member.schema))
        if "string" in types_of(member.schema) and not is_bound:
            body = paths.with_value(body, member.path, f"{label}-{member.name}")
        elif types_of(member.schema) == ["array"]:
            body = paths.with_value(body, member.path, [f"{label}:{member.name}"])
    return body


def token(context: RunContext, name: object) -> str:
    """Return a made-up secret that nothing else in the run contains."""
    return f"cs{random.Random(f'{context.seed}/{name}').getrandbits(64):016x}"


def _shown(operation: Operation, member: Property) -> Any:
    """Return the member's value in the document's first example, else a sample."""
    for example in operation.request.examples if operation.request else ():
        value = paths.value_at(example.value, member.path)
        if value is not ABSENT:
            return value
    return sample(member)


def pinned(body: Any, context: RunContext) -> Any:
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


# --- ground truth ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(schema), validate_formats=True)


def violations(operation: Operation, body: Any) -> tuple[Violation, ...]:
    """Return each place at which *body* breaks the request schema, once, by the keyword that a reader would name."""
    if operation.request is None:
        return ()
    validator = _validator(json.dumps(operation.request.schema, sort_keys=True))
    found: dict[tuple[str, str | None], Violation] = {}
    for error in validator.iter_errors(body):
        broken = _violation(error, body)
        known = found.setdefault((broken.pointer, broken.missing), broken)
        if _rank(broken.keyword) < _rank(known.keyword):
            found[broken.pointer, broken.missing] = broken
    return tuple(found.values())


def _violation(error: Any, body: Any) -> Violation:
    steps = paths.steps_reported(body, error.instance_path, error.instance)
    pointer = paths.pointer_of(steps)
    keyword = str(error.kind.name)
    if keyword == "type" and error.instance is None:
        keyword = "null"
    missing = error.kind.property if keyword == "required" else None
    return Violation(pointer, keyword, str(error.message)[:200], missing)


def _rank(keyword: str) -> int:
    return KEYWORD_ORDER.index(keyword) if keyword in KEYWORD_ORDER else len(KEYWORD_ORDER)


def path_at_fault(violation: Violation, body: Any) -> str:
    """Return the path, as clause ids write it, of the member of *body* that is wrong or missing."""
    path = paths.path_of(paths.steps_of_pointer(body, violation.pointer))
    return path if violation.missing is None else paths.member_path(path, violation.missing)


# --- cases -----------------------------------------------------------------------------------------------------------


def encoded(body: Any) -> bytes:
    """Return *body* as JSON in UTF-8, its characters as they are."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def case(probe: Probe, title: str, operation: Operation, context: RunContext, **more: Any) -> Case:
    """Return a case with valid credentials, for the run's own resource, unless *more* says otherwise."""
    media_type = operation.request.media_type if operation.request else "application/json"
    settings: dict[str, Any] = {
        "parameters": context.parameters,
        "headers": (
            ("Content-Type", media_type),
            ("Accept", "application/json"),
            *authorised(operation, context),
        ),
        "authority": authority(operation, context),
        "expect": Expect.ANY,
        "value": ABSENT,
        "body": None,
    }
    return Case(probe=probe, title=title, operation=operation, **(settings | more))


def judged(
    probe: Probe, title: str, operation: Operation, context: RunContext, body: Any, **more: Any
) -> Case:
    """Return the case that sends *body*: what is promised for it follows from the schema, not from its maker."""
    wrong = violations(operation, body)
    settings: dict[str, Any] = {
        "value": body,
        "body": encoded(body),
        "violations": wrong,
        "expect": Expect.REFUSED if wrong else Expect.ACCEPTED,
    }
    if len(wrong) == 1:
        settings["varies"] = path_at_fault(wrong[0], body)
    return case(probe, title, operation, context, **(settings | more))


def distinct(cases: Iterable[Case]) -> list[Case]:
    """Return *cases* without those that are the same request as an earlier one, byte for byte."""
    first: dict[tuple[object, ...], Case] = {}
    for one in cases:
        first.setdefault(one.key, one)
    return list(first.values())


# --- credentials -----------------------------------------------------------------------------------------------------


def authority(operation: Operation, context: RunContext) -> str:
    """Return the name of the alternative that the run's requests travel with: the first that is complete."""
    return "+".join(scheme.name for scheme in chosen_alternative(operation, context))


def chosen_alternative(operation: Operation, context: RunContext) -> tuple[SecurityScheme, ...]:
    """Return the first documented alternative for which every credential was given."""
    return next(
        (alternative for alternative in operation.security if complete(alternative, context)), ()
    )


def complete(alternative: Sequence[SecurityScheme], context: RunContext) -> bool:
    """Return whether every part of every scheme was given."""
    return all(
        context.credentials.get(scheme.name, {}).get(part)
        for scheme in alternative
        for part, _ in scheme.variables
    )


def authorised(operation: Operation, context: RunContext) -> tuple[tuple[str, str], ...]:
    """Return the headers of the run's own credentials."""
    return tuple(
        header(scheme, context.credentials[scheme.name])
        for scheme in chosen_alternative(operation, context)
    )


def header(scheme: SecurityScheme, values: Mapping[str, str]) -> tuple[str, str]:
    """Return the header that carries *values* (RFC 7617 for basic, RFC 6750 for bearer)."""
    if scheme.kind == "basic":
        pair = f"{values.get('username', '')}:{values.get('password', '')}".encode()
        return scheme.header, f"Basic {base64.b64encode(pair).decode('ascii')}"
    if scheme.kind == "bearer":
        return (
            scheme.header,
            f"Bearer {values.get('token', '')}".rstrip(),
        )  # httpx sends no value that ends in a space
    return scheme.header, values.get("value", "")
