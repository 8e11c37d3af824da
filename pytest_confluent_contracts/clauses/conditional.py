"""Are conditions kept? Entity tags, reads of what has not changed, writes that must not be lost.

RFC 9110 8.8.3 and 13. Only where the document has the header ETag, the header of a condition, or
its status.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.conditions import (
    IF_CHANGED,
    IF_CURRENT,
    IF_MATCH,
    IF_OTHER,
    IF_STALE,
    NOT_MODIFIED,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    UNCONDITIONED,
    is_tag,
    is_weak,
    requires_condition,
    takes_if_match,
    takes_if_none_match,
    tells_tag,
)
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

    JudgeOwn = Callable[[Sequence[Exchange]], Iterable[Evidence]]


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what conditions promise of *operation*, one on one resource."""
    if operation.resource is None or operation.role in (Role.LIST, Role.CREATE, Role.ACTION):
        return
    if operation.role is Role.READ and operation.method == "GET" and tells_tag(operation):
        yield from _of_tags(operation)
    if takes_if_none_match(operation):
        yield from _of_reads(operation)
    if takes_if_match(operation):
        yield from _of_writes(operation)


def _of_tags(operation: Operation) -> Iterator[Clause]:
    yield _clause(operation, "etag-form", "ETag is an entity tag: a text in quotes", judge_form)
    yield _clause(
        operation,
        "etag-moves",
        "another representation has another strong tag (RFC 9110 8.8.1)",
        judge_moves,
    )
    yield _clause(
        operation,
        "etag-stays",
        "what has not changed keeps its tag",
        judge_stays,
        level=Level.SHOULD,
    )


def _of_reads(operation: Operation) -> Iterator[Clause]:
    level = Level.MUST if operation.names_status(NOT_MODIFIED) else Level.SHOULD
    yield _clause(
        operation,
        "if-none-match",
        "If-None-Match is answered 304 while the tag is current, and with the whole body else",
        partial(judge_reads, operation=operation),
        level=level,
    )
    yield _clause(
        operation,
        "304-tells-tag",
        "a 304 has the ETag that a 200 would have (RFC 9110 15.4.5)",
        judge_not_modified,
    )


def _of_writes(operation: Operation) -> Iterator[Clause]:
    if operation.role is not Role.DELETE:  # what is ended so has no second end to look at
        yield _clause(
            operation,
            "if-match",
            "If-Match with the current tag is fulfilled",
            judge_current,
        )
    yield _clause(
        operation,
        "lost-update",
        "of two that write with one tag one loses: If-Match with an old tag is answered 412",
        judge_stale,
    )
    if requires_condition(operation):
        yield _clause(
            operation,
            "required",
            "a write without a condition is answered 428 (RFC 6585 3)",
            partial(judge_unconditioned, operation=operation),
        )


def _clause(
    operation: Operation,
    rule: str,
    promise: str,
    judge: JudgeOwn,
    *,
    level: Level = Level.MUST,
) -> Clause:
    """Return the clause ``conditional/RULE``, judged by the life's exchanges of *operation*."""

    def bears_on_it(exchange: Exchange) -> bool:
        if operation.role is Role.READ:  # writes tell of the tags of reads, too
            return exchange.case.operation.role not in (Role.LIST, Role.ACTION)
        return exchange.case.operation.key == operation.key

    def judge_own(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        return judge(list(filter(bears_on_it, exchanges)))

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        return MissingEvidence(MissingKind.NO_TAG)

    return Clause(
        id=f"conditional/{rule}",
        family=Family.CONDITIONAL,
        level=level,
        place=operation.success.place if operation.success else operation.place,
        promise=promise,
        judge=judge_own,
        explain=explain,
        needs=frozenset({Probe.LIFE, Probe.SEQUENCES}),
        stateful=True,
    )


# --- tags -----------------------------------------------------------------------------------------


def judge_form(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that each ETag is an entity tag (RFC 9110 8.8.3)."""
    for exchange in _reads(exchanges):
        tag = exchange.header("ETag")
        if tag is not None:
            finding = None
            if not is_tag(tag):
                finding = Finding(FindingKind.TAG_MALFORMED, exchange.status, observed=tag)
            yield Evidence(exchange, finding)


def judge_moves(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that two reads with different bodies have different strong tags.

    A weak tag may stay where the difference does not matter.
    """
    for before, after in _pairs_of_reads(exchanges):
        tag = after.header("ETag") or ""
        if before.json == after.json or not tag or is_weak(tag):
            continue
        finding = None
        if before.header("ETag") == tag:
            finding = Finding(FindingKind.TAG_STOOD_STILL, after.status, observed=tag)
        yield Evidence(after, finding)


def judge_stays(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that two reads with nothing in between have one tag."""
    for before, after in itertools.pairwise(exchanges):
        is_read_twice = _is_told_read(before) and _is_told_read(after)
        if not is_read_twice or not _is_same_resource(before, after):
            continue
        if before.json != after.json:
            continue
        finding = None
        if before.header("ETag") != after.header("ETag"):
            finding = Finding(
                FindingKind.TAG_MOVED,
                after.status,
                expected=before.header("ETag") or "",
                observed=after.header("ETag") or "none",
            )
        yield Evidence(after, finding)


def _reads(exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    return filter(_is_told_read, exchanges)


def _is_told_read(exchange: Exchange) -> bool:
    operation = exchange.case.operation
    is_read = operation.role is Role.READ and operation.method == "GET"
    return is_read and exchange.accepted and exchange.header("ETag") is not None


def _is_same_resource(one: Exchange, other: Exchange) -> bool:
    return one.case.parameters == other.case.parameters


def _pairs_of_reads(exchanges: Sequence[Exchange]) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield each read with the one before of the same resource."""
    latest: dict[tuple[tuple[str, str], ...], Exchange] = {}
    for exchange in _reads(exchanges):
        before = latest.get(exchange.case.parameters)
        if before is not None:
            yield before, exchange
        latest[exchange.case.parameters] = exchange


# --- reads and writes on a condition --------------------------------------------------------------


def judge_reads(exchanges: Sequence[Exchange], operation: Operation) -> Iterator[Evidence]:
    """Judge that what has not changed is answered 304, and what has changed is shown."""
    for exchange in _of_step(exchanges, IF_CHANGED, IF_OTHER):
        if exchange.case.operation.key != operation.key or exchange.status >= 400:
            continue
        is_unchanged = exchange.case.subject.name == IF_CHANGED
        finding = None
        if is_unchanged and exchange.status != NOT_MODIFIED:
            finding = Finding(FindingKind.UNCHANGED_SENT_AGAIN, exchange.status)
        if not is_unchanged and exchange.status == NOT_MODIFIED:
            finding = Finding(FindingKind.CHANGED_NOT_SENT, exchange.status)
        yield Evidence(exchange, finding)


def judge_not_modified(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a 304 tells the tag."""
    for exchange in _of_step(exchanges, IF_CHANGED):
        if exchange.status == NOT_MODIFIED:
            finding = None
            if exchange.header("ETag") is None:
                finding = Finding(FindingKind.TAG_MISSING, exchange.status)
            yield Evidence(exchange, finding)


def judge_current(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write with the current tag is not refused for that."""
    for exchange in _of_step(exchanges, IF_CURRENT):
        finding = None
        if exchange.status == PRECONDITION_FAILED:
            finding = Finding(FindingKind.CURRENT_TAG_REFUSED, exchange.status)
        yield Evidence(exchange, finding)


def judge_stale(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write with an old tag is answered 412."""
    for exchange in _of_step(exchanges, IF_STALE):
        finding = None
        if exchange.status != PRECONDITION_FAILED:
            finding = Finding(FindingKind.UPDATE_LOST, exchange.status)
        yield Evidence(exchange, finding)


def judge_unconditioned(exchanges: Sequence[Exchange], operation: Operation) -> Iterator[Evidence]:
    """Judge that a write without a condition is answered 428.

    Where the header is declared as required, it is missing like any other parameter.
    """
    fitting = {PRECONDITION_REQUIRED}
    if any(one.name.lower() == IF_MATCH.lower() and one.required for one in operation.declared):
        fitting |= set(operation.promises.refusals.invalid)
    for exchange in _of_step(exchanges, UNCONDITIONED):
        finding = None
        if exchange.status not in fitting:
            finding = Finding(FindingKind.UNCONDITIONED_TAKEN, exchange.status)
        yield Evidence(exchange, finding)


def _of_step(exchanges: Sequence[Exchange], *names: str) -> Iterator[Exchange]:
    for exchange in exchanges:
        is_answered = not exchange.failure and not exchange.throttled
        if exchange.case.subject.name in names and is_answered:
            yield exchange
