"""Are conditions kept? Entity tags, reads of what has not changed, writes that must not be lost.

RFC 9110 8.8.3 and 13. Only where the document has the header ETag, the header of a condition, or
its status.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.reading import missing
from pytest_confluent_contracts.clauses.refusals import NOT_FOUND
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)
from pytest_confluent_contracts.model.conditions import (
    IF_ANY,
    IF_CHANGED,
    IF_CHANGED_SINCE_ANY,
    IF_CHANGED_SINCE_SEVERAL,
    IF_CHANGED_SINCE_WEAK,
    IF_CURRENT,
    IF_MATCH,
    IF_NONE,
    IF_NONE_MATCH,
    IF_OTHER,
    IF_OTHERS,
    IF_SEVERAL,
    IF_STALE,
    IF_WEAK,
    KEPT_HEADERS,
    NOT_MODIFIED,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    UNCONDITIONED,
    declares_if_none,
    is_tag,
    is_weak,
    requires_condition,
    takes_if_match,
    takes_if_none,
    takes_if_none_match,
    tells_caching,
    tells_tag,
)
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import OF_RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

    JudgeOwn = Callable[[Sequence[Exchange]], Iterable[Evidence]]


# The steps of a read whose condition is not met: nothing has changed.
UNCHANGED = (IF_CHANGED, IF_CHANGED_SINCE_SEVERAL, IF_CHANGED_SINCE_ANY, IF_CHANGED_SINCE_WEAK)


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what conditions promise of *operation*, one on one resource."""
    if operation.resource is None or operation.role in (Role.LIST, Role.CREATE, Role.ACTION):
        return
    if operation.role is Role.READ and operation.method == "GET" and tells_tag(operation):
        yield from _of_tags(operation)
    if takes_if_none_match(operation):
        yield from _of_reads(operation)
    if operation.role is Role.READ and tells_caching(operation):
        yield _clause(
            operation,
            "vary",
            "what a cache may keep for others names in Vary what it depends on (RFC 9110 12.5.5)",
            partial(judge_vary, operation=operation),
            level=Level.SHOULD,
        )
    if takes_if_none(operation):
        yield _clause(
            operation,
            "if-none-match-any",
            "If-None-Match: * is answered 412 where there is one (RFC 9110 13.1.2)",
            judge_if_none,
            level=Level.MUST if declares_if_none(operation) else Level.SHOULD,
        )
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
    yield _clause(
        operation,
        "304-tells-headers",
        f"a 304 has of {', '.join(KEPT_HEADERS)} what a 200 would have (RFC 9110 15.4.5)",
        partial(judge_kept_headers, operation=operation),
    )
    yield _clause(
        operation,
        "304-has-no-body",
        "a 304 has no body (RFC 9110 15.4.5)",
        judge_no_body,
    )


def _of_writes(operation: Operation) -> Iterator[Clause]:
    if operation.role is not Role.DELETE:  # what is ended so has no second end to look at
        yield _clause(
            operation,
            "if-match",
            "If-Match with the current tag, one of several, or * is fulfilled",
            judge_current,
        )
    yield _clause(
        operation,
        "lost-update",
        "of two that write with one tag one loses: If-Match with an old tag is answered 412",
        judge_stale,
    )
    yield _clause(
        operation,
        "weak-never-matches",
        "If-Match with a weak tag is answered 412 (RFC 9110 13.1.1)",
        judge_weak,
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
        if exchange.case.is_between_principals:
            return False
        if operation.role is Role.READ:  # writes tell of the tags of reads, too
            return exchange.case.operation.role not in (Role.LIST, Role.ACTION)
        return exchange.case.operation.key == operation.key

    def judge_own(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        return judge(list(filter(bears_on_it, exchanges)))

    return Clause(
        id=f"conditional/{rule}",
        family=Family.CONDITIONAL,
        level=level,
        place=operation.success.place if operation.success else operation.place,
        promise=promise,
        judge=judge_own,
        explain=missing(MissingKind.NO_TAG),
        needs=OF_RESOURCES,
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
    """Judge that what has not changed is answered 304, and what has changed is shown.

    Of two tags with one text one may be weak: a read compares them weakly (RFC 9110 13.1.2).
    """
    for exchange in _of_step(exchanges, *UNCHANGED, IF_OTHER):
        if exchange.case.operation.key != operation.key or exchange.status >= 400:
            continue
        is_unchanged = exchange.case.subject.name in UNCHANGED
        sent = exchange.case.header(IF_NONE_MATCH) or ""
        finding = None
        if is_unchanged and exchange.status != NOT_MODIFIED:
            finding = Finding(FindingKind.UNCHANGED_SENT_AGAIN, exchange.status, expected=sent)
        if not is_unchanged and exchange.status == NOT_MODIFIED:
            finding = Finding(FindingKind.CHANGED_NOT_SENT, exchange.status, expected=sent)
        yield Evidence(exchange, finding)


def judge_not_modified(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a 304 tells the tag."""
    for exchange in _not_modified(exchanges):
        finding = None
        if exchange.header("ETag") is None:
            finding = Finding(FindingKind.TAG_MISSING, exchange.status)
        yield Evidence(exchange, finding)


def _not_modified(exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
    answers = _of_step(exchanges, *UNCHANGED)
    return (one for one in answers if one.status == NOT_MODIFIED)


def judge_kept_headers(exchanges: Sequence[Exchange], operation: Operation) -> Iterator[Evidence]:
    """Judge that a 304 has the headers that the last 200 of the same resource had."""
    shown: dict[tuple[tuple[str, str], ...], Exchange] = {}
    unmodified = set(map(id, _not_modified(exchanges)))
    for exchange in exchanges:
        case = exchange.case
        if exchange.accepted and case.operation.key == operation.key:
            shown[case.parameters] = exchange
        before = shown.get(case.parameters)
        if id(exchange) not in unmodified or before is None:
            continue
        told = [name for name in KEPT_HEADERS if before.header(name) is not None]
        missing = [name for name in told if exchange.header(name) is None]
        finding = None
        for name in missing[:1]:
            finding = Finding(FindingKind.HEADER_NOT_KEPT, exchange.status, name)
        if told:
            yield Evidence(exchange, finding)


def judge_no_body(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a 304 ends with its headers."""
    for exchange in _not_modified(exchanges):
        finding = None
        if exchange.text:
            finding = Finding(FindingKind.NOT_MODIFIED_HAS_BODY, exchange.status)
        yield Evidence(exchange, finding)


def judge_current(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write with the current tag is not refused for that."""
    for exchange in _of_step(exchanges, IF_CURRENT, IF_SEVERAL, IF_ANY):
        finding = None
        if exchange.status == PRECONDITION_FAILED:
            sent = exchange.case.header(IF_MATCH) or ""
            finding = Finding(FindingKind.CURRENT_TAG_REFUSED, exchange.status, expected=sent)
        yield Evidence(exchange, finding)


def judge_stale(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write with an old tag, or with one of nobody's, is answered 412."""
    return _must_fail(exchanges, FindingKind.UPDATE_LOST, IF_MATCH, IF_STALE, IF_OTHERS)


def judge_weak(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write with the current tag as a weak one is answered 412."""
    return _must_fail(exchanges, FindingKind.WEAK_TAG_TAKEN, IF_MATCH, IF_WEAK)


def judge_if_none(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge that a write that is only to create is answered 412 where there is one."""
    return _must_fail(exchanges, FindingKind.WRITTEN_OVER, IF_NONE_MATCH, IF_NONE)


def _must_fail(
    exchanges: Sequence[Exchange], kind: FindingKind, header: str, *names: str
) -> Iterator[Evidence]:
    """Yield whether the steps *names* are answered 412; what is gone has no condition."""
    for exchange in _of_step(exchanges, *names):
        if exchange.status in NOT_FOUND:
            continue
        finding = None
        if exchange.status != PRECONDITION_FAILED:
            sent = exchange.case.header(header) or ""
            finding = Finding(kind, exchange.status, expected=sent)
        yield Evidence(exchange, finding)


def judge_vary(exchanges: Sequence[Exchange], operation: Operation) -> Iterator[Evidence]:
    """Judge that what a shared cache may keep names in Vary what it was chosen by.

    That is the header of a credential, but for Authorization, which no cache shares (RFC 9111 3.5);
    and Accept, where another one has shown another media type. What nobody may keep needs none.
    """
    own = [one for one in exchanges if one.case.operation.key == operation.key and one.accepted]
    types: dict[str, set[str]] = {}
    for exchange in own:
        told = exchange.header("Content-Type") or ""
        types.setdefault(exchange.case.written_target, set()).add(told.partition(";")[0].lower())
    for exchange in filter(may_be_shared, own):
        chosen_by = list(_credential_headers(exchange))
        if len(types[exchange.case.written_target]) > 1:
            chosen_by.append("Accept")
        finding = None
        for name in _unnamed_in_vary(exchange, chosen_by)[:1]:
            finding = Finding(FindingKind.VARY_MISSING, exchange.status, name)
        if chosen_by:
            yield Evidence(exchange, finding)


def _unnamed_in_vary(exchange: Exchange, names: Sequence[str]) -> list[str]:
    told = ",".join(exchange.header_values("Vary")).lower()
    named = {one.strip() for one in told.split(",")}
    return [name for name in names if name.lower() not in named and "*" not in named]


def may_be_shared(exchange: Exchange) -> bool:
    """Return whether the answer says that a cache may keep it for others (RFC 9111 3, 5.2.2)."""
    told = ",".join(exchange.header_values("Cache-Control")).lower()
    words = [one.strip() for one in told.split(",") if one.strip()]
    names = {one.partition("=")[0] for one in words}
    if names & {"no-store", "private", "no-cache"}:
        return False
    is_fresh = any(
        one.startswith(("max-age=", "s-maxage=")) and one.partition("=")[2].strip('"0')
        for one in words
    )
    return is_fresh or "public" in names


def _credential_headers(exchange: Exchange) -> Iterator[str]:
    sent = {name.lower() for name, _ in exchange.case.headers}
    for scheme in exchange.case.operation.schemes:
        name = "Cookie" if scheme.location is Location.COOKIE else scheme.carrier
        is_header = scheme.location in (Location.HEADER, Location.COOKIE)
        if is_header and name.lower() in sent and name.lower() != "authorization":
            yield name


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
