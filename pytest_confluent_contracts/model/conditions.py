"""Which requests may be sent on a condition? What documents say of entity tags (RFC 9110 13)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.remembering import remembered

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation, Parameter

REMEMBERED = 1024  # operations of which it is known
NOT_MODIFIED, PRECONDITION_FAILED, PRECONDITION_REQUIRED = 304, 412, 428
IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
# The names of the steps of a life that are sent on a condition.
IF_CHANGED, IF_OTHER, IF_CURRENT, IF_STALE, UNCONDITIONED = (
    *("read if changed", "read if other", "write if current", "write if stale"),
    "write without a condition",
)
IF_CHANGED_SINCE_ANY, IF_CHANGED_SINCE_WEAK, IF_CHANGED_SINCE_SEVERAL = (
    *("read if none", "read if changed weakly", "read if none of several"),
)
IF_ANY, IF_SEVERAL, IF_WEAK, IF_OTHERS, IF_NONE = (
    *("write if any", "write if one of several", "write if weak", "write if other"),
    "write if none",
)
AS_TYPE = "read as"  # a media type; begins the name of a step
CREATED = 201
# What a 304 has where a 200 would have it (RFC 9110 15.4.5), beside ETag and Date.
KEPT_HEADERS = ("Cache-Control", "Content-Location", "Expires", "Vary")
# RFC 9110 8.8.3: an entity tag; a weak one has W/ before it.
TAG = re.compile(r"(?:W/)?\"[\x21\x23-\x7e\x80-\xff]*\"\Z")


@remembered(REMEMBERED)
def tells_tag(operation: Operation) -> bool:
    """Return whether the success of *operation* documents the header ETag."""
    success = operation.success
    return success is not None and any(one.name.lower() == "etag" for one in success.headers)


@remembered(REMEMBERED)
def takes_if_match(operation: Operation) -> bool:
    """Return whether a write may be asked for on the condition that nobody else has written."""
    if operation.is_safe:
        return False
    is_of_other = _declares(operation, IF_NONE_MATCH)  # then 412 may tell of that alone
    is_answered = operation.names_status(PRECONDITION_FAILED) and not is_of_other
    return is_answered or requires_condition(operation) or _declares(operation, IF_MATCH)


@remembered(REMEMBERED)
def takes_if_none_match(operation: Operation) -> bool:
    """Return whether a read may be asked for on the condition that something has changed."""
    if operation.method != "GET":
        return False
    return operation.names_status(NOT_MODIFIED) or _declares(operation, IF_NONE_MATCH)


def takes_if_none(operation: Operation) -> bool:
    """Return whether a PUT may be asked for on the condition that nothing is there yet.

    It declares the header, or may create, and fail on a condition (RFC 9110 13.1.2).
    """
    if operation.method != "PUT":
        return False
    may_create = operation.names_status(CREATED) and operation.names_status(PRECONDITION_FAILED)
    return may_create or _declares(operation, IF_NONE_MATCH)


def declares_if_none(operation: Operation) -> bool:
    """Return whether *operation* has If-None-Match among its parameters."""
    return _declares(operation, IF_NONE_MATCH)


def tells_caching(operation: Operation) -> bool:
    """Return whether a read documents who may keep its answer, or for whom."""
    success = operation.success
    if operation.method != "GET" or success is None:
        return False
    names = {one.name.lower() for one in success.headers}
    return bool(names & {"cache-control", "expires", "vary", "etag"})


@remembered(REMEMBERED)
def requires_condition(operation: Operation) -> bool:
    """Return whether a write without a condition is refused (RFC 6585 3)."""
    return not operation.is_safe and operation.names_status(PRECONDITION_REQUIRED)


def is_tag(text: str) -> bool:
    """Return whether *text* is an entity tag.

    >>> is_tag('"a1"'), is_tag('W/"a1"'), is_tag("a1")
    (True, True, False)
    """
    return TAG.match(text) is not None


def is_weak(tag: str) -> bool:
    """Return whether *tag* is weak: If-Match never matches it (RFC 9110 13.1.1)."""
    return tag.startswith("W/")


def opaque_tag(tag: str) -> str:
    """Return *tag* without its mark of weakness: what a weak comparison looks at."""
    return tag.removeprefix("W/")


def is_condition(parameter: Parameter) -> bool:
    """Return whether *parameter* is the header of a condition: its right value hangs on a tag."""
    is_header = parameter.location is Location.HEADER
    return is_header and parameter.name.lower() in (IF_MATCH.lower(), IF_NONE_MATCH.lower())


def _declares(operation: Operation, name: str) -> bool:
    return any(
        one.location is Location.HEADER and one.name.lower() == name.lower()
        for one in operation.declared
    )
