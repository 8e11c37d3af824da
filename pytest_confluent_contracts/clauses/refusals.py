"""Which statuses may refuse a request? The documented ones that fit what is wrong with it.

What a status fits follows from its meaning in RFC 9110 15.5. Where the document has none that fits,
it promises no refusal, and a service may choose one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

BAD_REQUEST, CONFLICT, TOO_LARGE, UNSUPPORTED = 400, 409, 413, 415
HIDING = 403
TURNING_AWAY = frozenset({401, HIDING})
NOT_FOUND = frozenset({404, 410})
# What is too much of something may be refused as too large.
SIZE_KEYWORDS = frozenset({"maxLength", "maxItems", "maxProperties"})
# What refuses a value for what it is, where the document has the status: RFC 9110 15.5.1, 15.5.5
# (a query is part of what is asked for), 15.5.13 to 15.5.15, 15.5.21; RFC 6585 3 and 5.
FITTING_PARAMETERS: Final[Mapping[Location, frozenset[int]]] = {
    Location.PATH: frozenset({400, 404, 410, 414, 422}),
    Location.QUERY: frozenset({400, 404, 414, 422}),
    Location.HEADER: frozenset({400, 406, 412, 422, 428, 431}),
    Location.COOKIE: frozenset({400, 422}),
}
PROMISING: Final = frozenset({400, 422})  # what says nothing but that a request is wrong
LARGE_BYTES = 4096  # of a body; many a service limits a whole request to some multiple of it


def refusal_level(operation: Operation) -> Level:
    """Return how strictly a broken body must be refused.

    Where the document has no status for it, that a client's mistake is a 4xx follows from HTTP
    alone (RFC 9110 15.5).
    """
    if operation.promises_refusal:
        return Level.MUST
    return Level.SHOULD


def is_fitting_refusal(exchange: Exchange) -> bool:
    """Return whether the status refuses a broken body as the document has it.

    Where it names no status for that, any of the 4xx class will do.
    """
    operation, status = exchange.case.operation, exchange.status
    if not operation.refusals:
        return 400 <= status < 500
    if status in operation.refusals:
        return True
    return status in _fitting_by_kind(exchange) and operation.response(status) is not None


def _fitting_by_kind(exchange: Exchange) -> set[int]:
    """Return the statuses that fit just this kind of broken body.

    415 speaks of the media type, or of what is found on inspecting the body (RFC 9110 15.5.16), 413
    of its size (15.5.14).
    """
    case = exchange.case
    fitting: set[int] = set()
    if case.subject.kind is SubjectKind.MALFORMED:
        fitting.add(UNSUPPORTED)
    if is_large(exchange) or any(one.keyword in SIZE_KEYWORDS for one in case.violations):
        fitting.add(TOO_LARGE)
    return fitting


def is_large(exchange: Exchange) -> bool:
    """Return whether a service that limits the size of requests may refuse this one."""
    return len(exchange.case.body or b"") > LARGE_BYTES


def parameter_refusals(operation: Operation, location: Location) -> frozenset[int]:
    """Return the statuses that may refuse a wrong value of a parameter at *location*.

    There are none where the document promises no refusal. What speaks of other things as well,
    such as 404, is no promise by itself.
    """
    fitting = {one for one in FITTING_PARAMETERS[location] if operation.response(one) is not None}
    promised = set(operation.refusals) | (fitting & PROMISING)
    if location is Location.PATH:
        unknown = set(operation.promises.refusals.unknown)
        promised |= unknown
        # A value that is none addresses nothing: where the document names no status for that, 404.
        fitting |= unknown or NOT_FOUND
        if operation.names_status(HIDING):  # it may not say whether there is one (15.5.4)
            fitting.add(HIDING)
    if promised:
        return frozenset(fitting | promised)
    return frozenset()


def may_be_refused_for_its_values(exchange: Exchange) -> bool:
    """Return whether an allowed body was refused for a reason that no schema can tell.

    The document names the status: a conflict with another's unique value or with the state of the
    resource (RFC 9110 15.5.10), or a request that is too large.
    """
    operation, status = exchange.case.operation, exchange.status
    may_be_taken = operation.promises.refusals.inferred or operation.role is Role.CREATE
    if not operation.names_status(status) or not may_be_taken:
        return False
    return status == CONFLICT or (status == TOO_LARGE and is_large(exchange))


def is_permitted_undocumented(exchange: Exchange) -> bool:
    """Return whether a status of which the document says nothing may come all the same.

    A document that names no status for a kind of refusal, or none for success, promises none.
    """
    case, status = exchange.case, exchange.status
    operation = case.operation
    if exchange.accepted:
        is_asked_for = case.expect in (Expect.ACCEPTED, Expect.ANY)
        return operation.success is None and is_asked_for
    if not 400 <= status < 500:
        return False
    if case.expect is Expect.UNAUTHENTICATED:
        return status in TURNING_AWAY or _is_malformed_credential(exchange)
    if case.expect is Expect.UNKNOWN:
        return status in NOT_FOUND and not operation.promises.refusals.unknown
    return case.expect in (Expect.REFUSED, Expect.ANY) and not operation.promises_refusal


def _is_malformed_credential(exchange: Exchange) -> bool:
    """Return whether what is no credential at all was refused as a bad request (RFC 6750 3.1)."""
    is_malformed = exchange.case.subject.kind is SubjectKind.MALFORMED_CREDENTIALS
    return is_malformed and exchange.status == BAD_REQUEST
