"""What changed from one document to another, operation by operation?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.comparing.answered import answer_changes
from pytest_confluent_contracts.clauses.comparing.credentials import credential_changes
from pytest_confluent_contracts.clauses.comparing.pairs import (
    OperationPair,
    each_once,
    name_of,
    paired_operations,
)
from pytest_confluent_contracts.clauses.comparing.promised import promise_changes
from pytest_confluent_contracts.clauses.comparing.sent import (
    parameter_changes,
    request_body_changes,
)
from pytest_confluent_contracts.model.changes import Breaks, Change, Comparison, Direction
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.published import PublishedDocument, PublishedOperation

OPERATION = "answered"  # the clause that an operation is served at all
SERVERS = "servers"


def compare_documents(old: PublishedDocument, new: PublishedDocument) -> Comparison:
    """Return what changed from *old* to *new*, in the order of the old one, new operations last."""
    return Comparison(old.document, new.document, tuple(_changes(old, new)))


def _changes(old: PublishedDocument, new: PublishedDocument) -> Iterator[Change]:
    yield from _servers(old, new)
    pairs, gone, added = paired_operations(old, new)
    for pair in pairs:
        yield from each_once(_of_operation(pair))
    for one in gone:
        yield _operation_gone(one)
    for one in added:
        yield _operation_added(one)


def _servers(old: PublishedDocument, new: PublishedDocument) -> Iterator[Change]:
    was, now = old.document.servers, new.document.servers
    if sorted(set(was)) != sorted(set(now)):
        yield Change(
            operation="",
            clause=SERVERS,
            keyword=SERVERS,
            direction=Direction.CHANGED,
            breaks=Breaks.NOBODY,
            was=list(was),
            now=list(now),
            old_place=old.servers_place,
            new_place=new.servers_place,
        )


def _operation_gone(old: PublishedOperation) -> Change:
    return Change(
        operation=name_of(old.operation),
        clause=OPERATION,
        keyword="",
        direction=Direction.REMOVED,
        breaks=Breaks.CLIENTS,
        was=old.operation.id,
        old_place=old.operation.place,
    )


def _operation_added(new: PublishedOperation) -> Change:
    return Change(
        operation=name_of(new.operation),
        clause=OPERATION,
        keyword="",
        direction=Direction.ADDED,
        breaks=Breaks.SERVERS,
        now=new.operation.id,
        new_place=new.operation.place,
    )


def _of_operation(pair: OperationPair) -> Iterator[Change]:
    yield from _names(pair)
    yield from credential_changes(pair)
    yield from parameter_changes(pair)
    yield from request_body_changes(pair)
    yield from answer_changes(pair)
    yield from promise_changes(pair)


def _names(pair: OperationPair) -> Iterator[Change]:
    """Yield what is said of the operation itself, and binds nobody."""
    changed, nobody = Direction.CHANGED, Breaks.NOBODY
    was, now = _stated_id(pair.old), _stated_id(pair.new)
    if was != now:
        values = was or ABSENT, now or ABSENT
        yield pair.change(OPERATION, "operationId", changed, nobody, values=values)
    if pair.old.deprecated != pair.new.deprecated:
        told = pair.old.deprecated, pair.new.deprecated
        yield pair.change(OPERATION, "deprecated", changed, nobody, values=told)
    servers = pair.old.servers, pair.new.servers
    if sorted(set(servers[0])) != sorted(set(servers[1])):
        urls = list(servers[0]), list(servers[1])
        yield pair.change(SERVERS, SERVERS, changed, nobody, values=urls)


def _stated_id(published: PublishedOperation) -> str:
    """Return the ``operationId``, empty where the operation has none."""
    operation = published.operation
    if operation.id == f"{operation.method.lower()} {operation.path}":
        return ""
    return operation.id
