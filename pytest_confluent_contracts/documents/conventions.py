"""What does a document promise without saying so? The usual names of headers and members, the documented statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import (
    Identity,
    Members,
    Promises,
    RateLimit,
    Refusals,
    Timestamps,
    ValuesByPath,
)
from pytest_confluent_contracts.model.quota import USUAL_NAMES

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.sources import SourceLocation


def conventional_promises(operation: Operation) -> Promises:
    """Return what a document promises by convention: the usual names, the documented statuses."""
    place = operation.place
    answer = operation.success.content if operation.success else None
    return Promises(
        refusals=_documented_refusals(operation),
        rate_limit=_usual_rate_limit(operation),
        identity=_usual_identity(operation),
        secrets=Members(place=place, paths=_secret_members(operation)),
        immutable=Members(place=place, paths=_read_only_members(answer)),
        timestamps=_usual_timestamps(answer, place),
        create_only=Members(place=place),
        allowed_values=ValuesByPath(place=place),
        samples=ValuesByPath(place=place),
        checked_elsewhere=Members(place=place),
    )


def _documented_refusals(operation: Operation) -> Refusals:
    documented = {
        int(response.status) for response in operation.responses if response.status.isdigit()
    }
    unauthenticated = next((status for status in (401, 403) if status in documented), None)
    return Refusals(
        place=operation.place,
        invalid=tuple(sorted(documented & {400, 422})),
        unauthenticated=() if unauthenticated is None else (unauthenticated,),
        unknown=tuple(documented & {404}),
        throttled=tuple(documented & {429}),
    )


def _usual_rate_limit(operation: Operation) -> RateLimit | None:
    """Return the headers that tell the rate limit by the usual names, None where none is documented."""
    documented = {
        header.name.lower(): header.name for r in operation.responses for header in r.headers
    }
    found: dict[str, str] = {}
    for role, usual in USUAL_NAMES.items():
        name = next((name for name in usual if name.lower() in documented), None)
        if name is not None:
            found[role] = documented[name.lower()]
    if not found:
        return None
    return RateLimit(
        place=operation.place,
        limit=found.get("limit", ""),
        remaining=found.get("remaining", ""),
        reset=found.get("reset", ""),
        retry_after=found.get("retry_after", ""),
    )


def _usual_identity(operation: Operation) -> Identity | None:
    if not operation.parameters or not (operation.success and operation.success.content):
        return None
    parameter = operation.parameters[-1][0]
    documented = {member.path for member in operation.success.content.properties}
    own = paths.member_path("", parameter)
    for path in (own, "id", paths.member_path("data", parameter), "data.id"):
        if path in documented:
            return Identity(place=operation.place, parameter=parameter, property=path)
    return None


def _secret_members(operation: Operation) -> tuple[str, ...]:
    members = operation.request.properties if operation.request else ()
    return tuple(member.path for member in members if member.secret)


def _read_only_members(content: Content | None) -> tuple[str, ...]:
    members = content.properties if content else ()
    return tuple(m.path for m in members if m.read_only and not paths.has_items(m.path))


def _usual_timestamps(content: Content | None, place: SourceLocation) -> Timestamps:
    found: dict[str, str] = {}
    for member in content.properties if content else ():
        for role in ("created", "updated"):
            if member.schema.get("format") == "date-time" and member.name.endswith(f"{role}_at"):
                found.setdefault(role, member.path)
    return Timestamps(
        place=place, created=found.get("created", ""), updated=found.get("updated", "")
    )
