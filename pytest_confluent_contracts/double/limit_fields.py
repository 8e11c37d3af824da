"""In which headers does the embedded service tell its rate limit? In those that are documented.

A document that names none gets the usual ones, X-RateLimit-Limit and so on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.promises import RateLimit, ResetUnit

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation

USUAL = RateLimit(
    limit="X-RateLimit-Limit",
    remaining="X-RateLimit-Remaining",
    reset="X-RateLimit-Reset",
    retry_after="Retry-After",
)
ROLES = ("limit", "remaining", "reset", "retry_after")
OTHER_ROLES = ("period", "used")
STATE, POLICY = "ratelimit", "ratelimit-policy"  # the fields of the drafts, in lower case
POLICY_NAME = "default"
# How a document shows that policies stand behind a number, or that policies have no names yet.
WITH_POLICIES = re.compile(r"\d+\s*,\s*\d+\s*;\s*w=")
WITHOUT_NAMES = re.compile(r"\A\W*\d+\s*;\s*w=")


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the limit as it stands: requests and seconds.

    ``ends_at`` is the second since 1970 at which it ends.
    """

    limit: int
    left: int
    seconds_left: int
    seconds: int
    ends_at: int


def documents_limit(operation: Operation) -> bool:
    """Return whether the document speaks of a rate limit: by its headers, or by its refusal.

    A Retry-After alone speaks of none, for it may stand beside any status.
    """
    promised = operation.promises.rate_limit
    tells_count = promised and (promised.limit or promised.remaining or promised.reset)
    is_stated = promised is not None and not promised.inferred
    if tells_count or is_stated or operation.promises.refusals.throttled:
        return True
    return operation.response(429) is not None


def limit_header_names(operation: Operation) -> dict[str, str]:
    """Return by role the headers that tell the rate limit, named as promised or as usual."""
    promised = operation.promises.rate_limit or USUAL
    names = {role: getattr(promised, role) or getattr(USUAL, role) for role in ROLES}
    names |= {role: getattr(promised, role) for role in OTHER_ROLES if getattr(promised, role)}
    return names


def limit_fields(operation: Operation, window: Window) -> list[tuple[str, str]]:
    """Return the headers that tell *window*, but for the one that asks to wait.

    Where one field tells several numbers, it comes once.
    """
    promised = operation.promises.rate_limit or USUAL
    is_epoch = promised.reset_unit is ResetUnit.EPOCH
    reset = window.ends_at if is_epoch else window.seconds_left
    counts = {
        "limit": window.limit,
        "remaining": window.left,
        "reset": reset,
        "period": window.seconds,
        "used": window.limit - window.left,
    }
    told: dict[str, str] = {}
    for role, count in counts.items():
        name = getattr(promised, role)
        if name and name not in told:
            told[name] = _field_value(operation, name, window, count)
    if promised.inferred:
        told |= _policies_beside(operation, told, window)
    return list(told.items())


def _policies_beside(operation: Operation, told: dict[str, str], window: Window) -> dict[str, str]:
    """Return RateLimit-Policy where it is documented, and no role of the limit is told by it."""
    for response in operation.responses:
        for header in response.headers:
            if header.name.lower() == POLICY and header.name not in told:
                return {header.name: _policy_value(operation, header.name, window)}
    return {}


def _field_value(operation: Operation, name: str, window: Window, count: int) -> str:
    """Return what the header *name* tells: *count*, or what a field of the drafts has."""
    limit, left, reset = window.limit, window.left, window.seconds_left
    if name.lower() == POLICY:
        return _policy_value(operation, name, window)
    if name.lower() == STATE and operation.promises.rate_limit is not None:
        if operation.promises.rate_limit.limit.lower() == STATE:  # as the seventh draft has it
            return f"limit={limit}, remaining={left}, reset={reset}"
        return f'"{POLICY_NAME}";r={left};t={reset}'
    if count == limit and WITH_POLICIES.search(_shown(operation, name)):
        return f"{limit}, {limit};w={window.seconds}"
    return str(count)


def _policy_value(operation: Operation, name: str, window: Window) -> str:
    promised = operation.promises.rate_limit or USUAL
    # Since the eighth draft policies have names, which RateLimit tells of as a list.
    tells_of_names = promised.remaining.lower() in (STATE, "")
    is_early = not tells_of_names or promised.limit.lower() == STATE
    if WITHOUT_NAMES.match(_shown(operation, name)) or is_early:
        return f"{window.limit};w={window.seconds}"
    return f'"{POLICY_NAME}";q={window.limit};w={window.seconds}'


def _shown(operation: Operation, name: str) -> str:
    """Return the example that the document shows of the header *name*, empty without one."""
    for response in operation.responses:
        for header in response.headers:
            if header.name == name and "example" in header.schema:
                return str(header.schema["example"])
    return ""
