"""What does a document promise without saying so?

The usual names of headers and members, the documented statuses.
"""

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
    from pytest_confluent_contracts.model.documents import Content, Operation, Property
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
    statuses = [response.status for response in operation.responses]
    documented = {int(status) for status in statuses if status.isdigit()}
    unauthenticated = [status for status in (401, 403) if status in documented]
    return Refusals(
        place=operation.place,
        invalid=tuple(sorted(documented & {400, 422})),
        unauthenticated=tuple(unauthenticated[:1]),
        unknown=tuple(documented & {404}),
        throttled=tuple(documented & {429}),
    )


def _usual_rate_limit(operation: Operation) -> RateLimit | None:
    """Return the headers that tell the rate limit by the usual names.

    None where none of them is documented.
    """
    documented: dict[str, str] = {}
    for response in operation.responses:
        documented.update((header.name.lower(), header.name) for header in response.headers)
    found: dict[str, str] = {}
    for role, usual in USUAL_NAMES.items():
        named = [name.lower() for name in usual if name.lower() in documented]
        if named:
            found[role] = documented[named[0]]
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
    return tuple(member.path for member in _members(operation.request) if member.secret)


def _read_only_members(content: Content | None) -> tuple[str, ...]:
    """Return the read-only members; those of a list's items are left out."""
    found = [
        member.path
        for member in _members(content)
        if member.read_only and not paths.has_items(member.path)
    ]
    return tuple(found)


def _usual_timestamps(content: Content | None, place: SourceLocation) -> Timestamps:
    """Return the first instants whose names end in ``created_at`` and ``updated_at``."""
    instants = [one for one in _members(content) if one.schema.get("format") == "date-time"]
    created = [member.path for member in instants if member.name.endswith("created_at")]
    updated = [member.path for member in instants if member.name.endswith("updated_at")]
    return Timestamps(
        place=place,
        created=created[0] if created else "",
        updated=updated[0] if updated else "",
    )


def _members(content: Content | None) -> tuple[Property, ...]:
    return content.properties if content else ()
