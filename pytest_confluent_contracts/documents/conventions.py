"""What does a document promise without saying so?

The usual names of headers and members, the documented statuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.limit_headers import usual_rate_limit
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.names import plain_name
from pytest_confluent_contracts.model.promises import (
    Identity,
    Members,
    Promises,
    Refusals,
    Timestamps,
    ValuesByPath,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Content, Operation, Property

# Statuses by what they mean in RFC 9110 15.3 and 15.5, and in RFC 6585 4.
CREATED = 201
INVALID = (400, 422)
UNAUTHENTICATED = (401, 403)
# Where an answer has the address of what it is about: by its name, and as links (HAL, JSON:API).
SELF_MEMBERS = frozenset({"self", "metadata.self", "data.self"})
SELF_LINKS = frozenset({"_links.self.href", "links.self", "data.links.self", "links.self.href"})
NOT_FOUND = (404, 410)
THROTTLED = 429
# The paths of what holds the time stamps of a resource; "" is the body itself.
WHERE_STAMPS_STAND = frozenset({"", "metadata", "meta", "data", "data.attributes"})


def conventional_promises(operation: Operation) -> Promises:
    """Return what a document promises by convention: the usual names, the documented statuses."""
    place = operation.place
    answer = operation.success_content
    return Promises(
        refusals=_documented_refusals(operation),
        rate_limit=usual_rate_limit(operation),
        identity=_usual_identity(operation),
        secrets=Members(place=place, inferred=True, paths=_secret_members(operation)),
        immutable=Members(place=place, inferred=True, paths=_read_only_members(answer)),
        timestamps=_usual_timestamps(operation),
        create_only=Members(place=place),
        allowed_values=ValuesByPath(place=place),
        samples=ValuesByPath(place=place),
        checked_elsewhere=Members(place=place),
    )


def _documented_refusals(operation: Operation) -> Refusals:
    """Return the documented statuses that refuse something, by their meaning in RFC 9110 15.5.

    A range and ``default`` add to the statuses that are named; alone they name none.
    """
    unknown = _documented_first(operation, NOT_FOUND)
    if operation.names_status(CREATED) or not operation.parameters:
        unknown = ()  # an update may then create what it does not find (RFC 5789 2)
    return Refusals(
        place=operation.place,
        inferred=True,
        invalid=_named_and_covered(operation, INVALID),
        unauthenticated=_turning_away(operation),
        unknown=unknown,
        throttled=_named_and_covered(operation, (THROTTLED,)),
    )


def _named_and_covered(operation: Operation, fitting: Sequence[int]) -> tuple[int, ...]:
    """Return which of *fitting* are documented, if any is by its name."""
    if not any(map(operation.names_status, fitting)):
        return ()
    return _documented_first(operation, fitting)


def _documented_first(operation: Operation, fitting: Sequence[int]) -> tuple[int, ...]:
    """Return which of *fitting* are documented: by their name, then by a range or ``default``."""
    named = [status for status in fitting if operation.names_status(status)]
    covered = [status for status in fitting if operation.response(status) is not None]
    return tuple(dict.fromkeys([*named, *covered]))


def _turning_away(operation: Operation) -> tuple[int, ...]:
    """Return the statuses that refuse wrong credentials, the documented ones first.

    401 always means that (RFC 9110 15.5.2). A service may answer 403 instead (15.5.4), unless the
    document names 401 and has no place for 403.
    """
    if not operation.security:
        return tuple(status for status in UNAUTHENTICATED if operation.names_status(status))
    documented = _documented_first(operation, UNAUTHENTICATED)
    unauthorized, forbidden = UNAUTHENTICATED
    may_forbid = forbidden in documented or not operation.names_status(unauthorized)
    others = (unauthorized, forbidden) if may_forbid else (unauthorized,)
    return tuple(dict.fromkeys([*documented, *others]))


def _usual_identity(operation: Operation) -> Identity | None:
    """Return which member of the answer names the resource, None where none surely does.

    It is called like the last path parameter, or ``id`` where that one ends the path and is called
    an id; it may be what the parameter may be, and no update writes it. For example,
    ``/keys/{key_id}`` and ``id`` of type string agree; ``/repos/{repo}`` and the integer ``id`` do
    not, and ``id`` below ``/keys/{id}/limits`` may be that of the limits.
    """
    if not operation.parameters:
        return None
    name, example = operation.parameters[-1]
    ends_path = operation.path.endswith(f"{{{name}}}")
    by_path = {member.path: member for member in operation.answer_members}
    of_path = {one.name: one.schema for one in operation.declared if one.location is Location.PATH}
    for path in _members_called(name, ends_path=ends_path):
        found = by_path.get(path)
        if found is None or _is_written(operation, path):
            continue
        if _may_be_alike(of_path.get(name, {}), found.schema, example):
            return Identity(
                place=operation.place,
                inferred=True,
                parameter=name,
                property=path,
                self_link=_usual_self_link(operation) if ends_path else "",
            )
    return None


def _members_called(name: str, *, ends_path: bool) -> Iterator[str]:
    """Yield the members that may name what the path parameter *name* does."""
    if ends_path or name.lower() != "id":
        yield from (paths.member_path("", name), paths.member_path("data", name))
    if ends_path and name.lower().endswith("id"):
        yield from ("id", "data.id")


def _usual_self_link(operation: Operation) -> str:
    """Return the member that holds the resource's own address by its name, ``""`` without one.

    It is an address by its format, or stands among the links of HAL or of JSON:API.
    """
    for member in operation.answer_members:
        is_address = member.schema.get("format") in ("uri", "uri-reference", "url")
        if member.path in SELF_LINKS or (member.path in SELF_MEMBERS and is_address):
            return member.path
    return ""


def _is_written(operation: Operation, path: str) -> bool:
    """Return whether an update may write the member at *path*, so that it is the client's."""
    return any(one.path == path and not one.read_only for one in operation.request_members)


def _may_be_alike(parameter: Mapping[str, Any], member: Mapping[str, Any], example: str) -> bool:
    """Return whether a path parameter and a member have one type and format.

    The *example* of the parameter, where there is one, must be a value that the member may have.
    """
    if parameter.get("type") not in ("string", "integer"):
        return False
    if (parameter["type"], parameter.get("format")) != (member.get("type"), member.get("format")):
        return False
    return not example or _is_allowed(member, example)


def _is_allowed(schema: Mapping[str, Any], text: str) -> bool:
    import jsonschema_rs

    value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
    return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True).is_valid(value)


def _secret_members(operation: Operation) -> tuple[str, ...]:
    return tuple(member.path for member in _members(operation.request) if member.secret)


def _read_only_members(content: Content | None) -> tuple[str, ...]:
    """Return the read-only members; those of a list's items are left out."""
    return tuple(member.path for member in _members(content) if _is_frozen(member))


def _is_frozen(member: Property) -> bool:
    return member.read_only and not paths.has_items(member.path)


def _usual_timestamps(operation: Operation) -> Timestamps:
    """Return the instants of the resource itself that are called ``created_at``, ``updatedAt``.

    Those of something inside it (``owner.created_at``) are not its own, and what an update may
    write is the client's.
    """
    found: dict[str, str] = {}
    for member in operation.answer_members:
        is_instant = member.schema.get("format") == "date-time"
        is_own = member.parent in WHERE_STAMPS_STAND
        if is_instant and is_own and not _is_written(operation, member.path):
            found.setdefault(plain_name(member.name), member.path)
    return Timestamps(
        place=operation.place,
        inferred=True,
        created=found.get("createdat", ""),
        updated=found.get("updatedat", ""),
    )


def _members(content: Content | None) -> tuple[Property, ...]:
    if not content:
        return ()
    return content.properties
