"""In which legal forms may one update be sent? They mean the same, so that each must be applied."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import (
    PLAIN_REQUEST,
    fresh_body,
    full_body,
    is_promised,
    judged_case,
    minimal_body,
    varied_members,
    violations,
)
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    percent_encoded,
    value_at,
    with_value,
    without_value,
)
from pytest_confluent_contracts.model.traffic import (
    Case,
    Framing,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation

# Characters of which JSON knows several spellings: two bytes, three, a surrogate pair, a slash.
SPELLED = "\u00e9 \u6f22 \U0001f600 /"
# What begins its value with a scheme, by kind (RFC 7617, RFC 6750), which is that of the value.
SCHEMED = frozenset({"basic", "bearer"})
LONG_HEADER = ("X-Contract-Padding", "0" * 4096)
WEIGHTED = "text/html;q=0.2, application/*;q=0.7, */*;q=0.5, application/json;q=0.9"


def legal_form_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return one update in its usual form, then others, each with values of its own, in each form.

    An optional member rests in each: the next answer shows whether what was said of it was kept. Of
    a request without a body there are only the forms of its headers and its path.
    """
    request = operation.request
    if request is None:
        return _plain_forms(operation, context)
    if request.kind not in (BodyKind.JSON, BodyKind.MERGE_PATCH):
        return []
    called = "an update" if operation.method == "PATCH" else "a request"
    usual = judged_case(
        Probe.FORMS,
        f"{called} in its usual form",
        operation,
        context,
        _new_values(operation, context, "usual"),
        subject=Subject(SubjectKind.FORM),
    )
    rests = cycle(_resting_members(operation, context))
    made = [usual]
    for index, (name, title, form) in enumerate(_forms(usual)):
        title = title.replace("an update", called)
        body = _new_values(operation, context, f"{name} {index}")
        rest = next(rests)
        if rest and name != "member-order":  # where all must stand to change places
            shorter = without_value(body, rest)
            body = shorter if is_promised(operation, shorter) else body
        body = _with_flags_in_turn(operation, context, body, index)
        plain = judged_case(Probe.FORMS, title, operation, context, body)
        made.append(_in_form(plain, name, form))
    return made


def _plain_forms(operation: Operation, context: RunContext) -> list[Case]:
    """Return the request that has no body in its usual form, then in each other."""
    form = Subject(SubjectKind.FORM)
    title = f"{PLAIN_REQUEST} in its usual form"
    usual = judged_case(Probe.FORMS, title, operation, context, ABSENT, subject=form)
    made = [usual]
    for name, title, parts in _forms_of_headers(usual):
        about = Subject(SubjectKind.FORM, name)
        made.append(replace(usual, title=title, subject=about, **parts))
    return made


def _forms_of_headers(usual: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each form of a request without a body: its name, its title, and what differs."""
    headers = usual.headers
    unasked = tuple(pair for pair in headers if pair[0] != "Accept")
    yield "accept-absent", "a request without Accept", {"headers": unasked}
    anything = _with_header(headers, "Accept", "*/*")
    yield "accept-any", "a request that accepts */*", {"headers": anything}
    weighted = _with_header(headers, "Accept", WEIGHTED)
    yield "accept-weighted", "a request that accepts several types", {"headers": weighted}
    plain = (*headers, ("Accept-Encoding", "identity"))
    yield "identity", "a request that accepts no coding", {"headers": plain}
    yield "long-header", "a request with a header of 4 KB", {"headers": (*headers, LONG_HEADER)}
    small = _in_small_letters(usual)
    yield "header-case", "a request with headers in small letters", {"headers": small}
    capital = tuple((name.upper(), value) for name, value in headers)
    yield "header-case", "a request with headers in capitals", {"headers": capital}
    if usual.parameters:
        form = {"spelling": _with_escape(usual.parameters[-1][1])}
        yield "escaped-path", "a request with a character of its id escaped", form


def _new_values(operation: Operation, context: RunContext, label: str) -> Any:
    """Return a full body with values that carry *label*.

    Where the schema does not allow it, it is the documented one, or else the smallest.
    """
    fresh = fresh_body(operation, context, f"{label} {SPELLED}")
    for body in (fresh, full_body(operation, context)):
        if not violations(operation, body):
            return body
    return minimal_body(operation, context)


def _resting_members(operation: Operation, context: RunContext) -> list[str]:
    """Return what rests in turn: one optional member after the other, so that each is sent before.

    Where there is but one, it rests every other time; the empty name stands for none.
    """
    found = [member.path for member in varied_members(operation, context) if not member.required]
    if len(found) > 1:
        return found
    return ["", *found]


def _with_flags_in_turn(operation: Operation, context: RunContext, body: Any, index: int) -> Any:
    """Return *body* with its booleans turned round in one of four forms, of a creation in each.

    Where all else rests, the next answer shows whether one was kept; what is created has none yet.
    """
    if not (operation.makes_or_ends or index % 4 == 1):
        return body
    turned = body
    for member in varied_members(operation, context):
        value = value_at(body, member.path)
        if isinstance(value, bool):
            turned = with_value(turned, member.path, not value)
    return turned if is_promised(operation, turned) else body


def _in_form(plain: Case, name: str, form: dict[str, Any]) -> Case:
    """Return *plain* with the parts of a case that make up *form*."""
    changed = dict(form)
    if write := changed.pop("write", None):
        changed["body"] = write(plain.value)
    return replace(plain, subject=Subject(SubjectKind.FORM, name), **changed)


# --- the forms ------------------------------------------------------------------------------------


def _forms(usual: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each form: its name, what a request in it is called, and the parts that differ.

    ``write`` takes the JSON value of a body and returns its bytes.
    """
    headers = usual.headers
    # Forms of the body and of what asks take turns: where one member alone may rest, it is sent
    # with the former, and its next answer shows whether it was kept.
    yield "chunked", "an update in chunks", {"framing": Framing.CHUNKED}
    unasked = tuple(pair for pair in headers if pair[0] != "Accept")
    yield "accept-absent", "an update without Accept", {"headers": unasked}
    media_type = dict(headers)["Content-Type"]
    typed = _with_header(headers, "Content-Type", f"{media_type}; charset=utf-8")
    yield "charset", "an update with charset=utf-8", {"headers": typed}
    anything = _with_header(headers, "Accept", "*/*")
    yield "accept-any", "an update that accepts */*", {"headers": anything}
    yield "white-space", "an update with white space around it", {"write": _with_white_space}
    weighted = _with_header(headers, "Accept", WEIGHTED)
    yield "accept-weighted", "an update that accepts several types, weighted", {"headers": weighted}
    yield "escaped", "an update with its characters escaped", {"write": _escaped}
    plain = (*headers, ("Accept-Encoding", "identity"))
    yield "identity", "an update that accepts no coding", {"headers": plain}
    yield "member-order", "an update with its members in another order", {"write": _reversed_order}
    yield "long-header", "an update with a header of 4 KB", {"headers": (*headers, LONG_HEADER)}
    small = _in_small_letters(usual)
    yield "header-case", "an update with headers in small letters", {"headers": small}
    typed = _with_header(headers, "Content-Type", media_type.upper())
    capital = tuple((name.upper(), value) for name, value in typed)
    yield "header-case", "an update with headers in capitals", {"headers": capital}
    if usual.parameters:
        form = {"spelling": _with_escape(usual.parameters[-1][1])}
        yield "escaped-path", "an update with a character of its id escaped", form


def _with_escape(id: str) -> str:
    """Return *id* as a path has it, its last character escaped without need (RFC 3986 2.3)."""
    escaped = "".join(f"%{byte:02X}" for byte in id[-1:].encode())
    return f"{percent_encoded(id[:-1])}{escaped}"


def _with_header(
    headers: tuple[tuple[str, str], ...], name: str, value: str
) -> tuple[tuple[str, str], ...]:
    return tuple((known, value if known == name else old) for known, old in headers)


def _in_small_letters(usual: Case) -> tuple[tuple[str, str], ...]:
    """Return the headers of *usual* in small letters, and the scheme of credentials with them.

    RFC 9110 11.1. An API key that travels in ``Authorization`` has no scheme: it is a secret whole.
    """
    schemed = {one.carrier for one in usual.operation.schemes if one.kind in SCHEMED}
    found: list[tuple[str, str]] = []
    for name, value in usual.headers:
        written = _with_small_scheme(value) if name in schemed else value
        found.append((name.lower(), written))
    return tuple(found)


def _with_small_scheme(value: str) -> str:
    scheme, blank, credentials = value.partition(" ")
    if scheme.lower() not in SCHEMED:
        return value
    return f"{scheme.lower()}{blank}{credentials}"


def _with_white_space(body: Any) -> bytes:
    """Return *body* in several lines, with blanks before it and a new line behind (RFC 8259 2)."""
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return b" \n" + text.encode("utf-8") + b"\n"


def _escaped(body: Any) -> bytes:
    """Return *body* in ASCII, its slashes escaped as well (RFC 8259 7)."""
    return json.dumps(body).replace("/", "\\/").encode("ascii")


def _reversed_order(body: Any) -> bytes:
    return json.dumps(_with_members_reversed(body), ensure_ascii=False).encode("utf-8")


def _with_members_reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_members_reversed(value[name]) for name in reversed(value)}
    return value
