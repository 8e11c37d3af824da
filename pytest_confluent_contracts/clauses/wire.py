"""Does the wire tell the truth? Content codings, framing, and connections that are kept open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NOTHING,
    Looked,
    always,
    each,
    missing,
    quote_value,
    unless_answered,
)
from pytest_confluent_contracts.clauses.update_state import (
    QUOTED,
    ResourceModel,
    is_same_state,
    shows_resource,
    speaks_of,
)
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import CodingFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange, Loss

    # The answers that show one member while no request speaks of it, by their connection.
    Stretch = dict[int, list[Exchange]]

CODING_FINDINGS = {
    CodingFault.NOT_APPLIED: FindingKind.CODING_NOT_APPLIED,
    CodingFault.REPEATED: FindingKind.CODING_REPEATED,
    CodingFault.UNNAMED: FindingKind.CODING_UNNAMED,
    CodingFault.UNASKED: FindingKind.CODING_UNASKED,
    CodingFault.BROKEN: FindingKind.CODING_BROKEN,
}
# RFC 9112 9.5: a connection that nobody uses may be closed, and a request cross the closing.
LONGEST_UNIDLE_S = 1.0
# One that hangs up after each answer, without a word, answers once on each connection.
FEWEST_ANSWERS = 2
PERMITTED_LOSSES = 1
SHOWN_OFTEN_ENOUGH = 2  # answers; a value that was shown once may have been that request's alone


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield the clauses on codings, framing and connections; none of them has a line of its own."""
    yield _content_coding(operation)
    yield _framing(operation)
    yield _kept_open(operation)
    content = operation.success_content
    if content is not None and not operation.makes_or_ends:
        yield _same_on_every_connection(operation, ResourceModel.of(operation, content))


# --- one answer --------------------------------------------------------------------------------


def _content_coding(operation: Operation) -> Clause:
    def look(exchange: Exchange) -> Finding | Looked:
        flaw = exchange.coding
        if flaw is not None:
            return Finding(CODING_FINDINGS[flaw.fault], exchange.status, flaw.coding)
        if exchange.text:
            return KEPT
        return NOTHING

    return Clause(
        id="wire/content-coding",
        family=Family.WIRE,
        place=operation.place,
        promise="a content coding is named, applied once, and was asked for (RFC 9110 8.4, 12.5.3)",
        judge=each(always, look),
        explain=missing(MissingKind.NO_BODY_CAME),
        needs=EVERY,
        topic=Topic(Aspect.GENERAL),
    )


def _framing(operation: Operation) -> Clause:
    """Return the clause on how the end of an answer is told.

    h11 goes by Transfer-Encoding, as RFC 9112 6.3 asks of readers, and passes on both headers, so
    that the lie shows here. Two lengths that differ never come so far: h11 takes them for no HTTP.
    """

    def look(exchange: Exchange) -> Finding | Looked:
        length, chunks = exchange.header("content-length"), exchange.header("transfer-encoding")
        if length is None or chunks is None:
            return KEPT
        return Finding(FindingKind.LENGTH_BESIDE_CHUNKS, exchange.status, observed=(length, chunks))

    return Clause(
        id="wire/framing",
        family=Family.WIRE,
        level=Level.SHOULD,
        place=operation.place,
        promise="no answer has both Content-Length and Transfer-Encoding (RFC 9112 6.2)",
        judge=each(always, look),
        explain=missing(MissingKind.NOTHING_SENT),
        needs=EVERY,
        topic=Topic(Aspect.GENERAL),
    )


# --- connections that are kept open ------------------------------------------------------------


def _kept_open(operation: Operation) -> Clause:
    return Clause(
        id="wire/kept-open",
        family=Family.WIRE,
        level=Level.SHOULD,
        place=operation.place,
        promise="a connection that was kept open takes the next request (RFC 9112 9.6)",
        judge=_judge_losses,
        explain=missing(MissingKind.NOT_KEPT_OPEN),
        needs=EVERY,
        sequential=True,
        topic=Topic(Aspect.GENERAL),
    )


def _judge_losses(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
    """Judge the requests that went over a connection on which there had been an answer before.

    One that was lost is permitted: the target may just have been started anew.
    """
    bearing = _sent_over_kept_open(exchanges)
    lost = {exchange.serial for exchange in bearing if any(map(_is_owed, exchange.losses))}
    finding: Finding | None = None
    if len(lost) > PERMITTED_LOSSES:
        kind = FindingKind.LOST_WHEN_KEPT_OPEN
        finding = Finding(kind, expected=len(bearing), observed=len(lost))
    for exchange in bearing:
        yield Evidence(exchange, finding if exchange.serial in lost else None)


def _sent_over_kept_open(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges of which the request went over a connection that was open before.

    What is not answered over a new connection either is no matter of the connection.
    """
    used: set[int] = set()
    found: list[Exchange] = []
    for exchange in exchanges:
        if exchange.failure:
            continue
        if exchange.losses or exchange.connection in used:
            found.append(exchange)
        if exchange.connection:
            used.add(exchange.connection)
    return found


def _is_owed(loss: Loss) -> bool:
    """Return whether the connection was one that the target kept open, and used just before."""
    return loss.answers >= FEWEST_ANSWERS and loss.idle <= LONGEST_UNIDLE_S


# --- one resource, whatever the connection -----------------------------------------------------


def _same_on_every_connection(operation: Operation, model: ResourceModel) -> Clause:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        own = [_Step(one, *_what_it_does(one)) for one in model.own_exchanges(exchanges)]
        for path in model.shown:
            if path not in model.moving:
                yield from _judge_member(model, path, own)

    return Clause(
        id="wire/same-on-every-connection",
        family=Family.WIRE,
        place=operation.place,
        promise="the resource is the same, whichever connection shows it",
        judge=judge,
        explain=unless_answered(MissingKind.ONE_CONNECTION),
        needs=EVERY,
        stateful=True,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """An exchange about the own resource, with what is the same for each of its members."""

    exchange: Exchange
    may_change_all: bool
    shows: bool


def _what_it_does(exchange: Exchange) -> tuple[bool, bool]:
    """Return whether nobody knows what the request says or did, and whether its answer shows."""
    case = exchange.case
    is_unsure = bool(exchange.failure) or exchange.status >= 500
    is_unreadable = bool(case.body) and case.value is ABSENT
    shows = bool(exchange.connection) and shows_resource(exchange)
    return is_unsure or is_unreadable, shows


def _judge_member(model: ResourceModel, path: str, steps: Sequence[_Step]) -> Iterator[Evidence]:
    """Judge that, between two requests that speak of *path*, all connections show it alike.

    For example, the answers 1, 2, 1, 2 over the connections A, B, A, B come from two machines that
    do not know of each other; 1, 2, 2, 2 does not.
    """
    stretch: Stretch = {}
    for step in steps:
        if step.may_change_all or speaks_of(step.exchange.case.value, path, model):
            yield from _differing(model, path, stretch)
            stretch = {}
        if step.shows:
            stretch.setdefault(step.exchange.connection, []).append(step.exchange)
    yield from _differing(model, path, stretch)


def _differing(model: ResourceModel, path: str, stretch: Stretch) -> Iterator[Evidence]:
    """Yield what the connections of one stretch say of *path*, each beside the first.

    Where a connection contradicts itself, it is not the connection that makes the difference.
    """
    often = [row for row in stretch.values() if len(row) >= SHOWN_OFTEN_ENOUGH]
    if len(often) < 2 or not all(_is_settled(model, path, row) for row in stretch.values()):
        return
    first = often[0]
    was = model.state_shown(first[-1])[path]
    for row in often[1:]:
        shown = row[-1]
        now = model.state_shown(shown)[path]
        if is_same_state(model.schemas[path], was, now):
            yield Evidence(shown)
        elif _are_interleaved(first, row):
            before, after = (first[-1].connection, _quoted(was)), (shown.connection, _quoted(now))
            kind = FindingKind.CONNECTIONS_DIFFER
            found = Finding(kind, shown.status, path, expected=before, observed=after)
            yield Evidence(shown, found)


def _is_settled(model: ResourceModel, path: str, row: Sequence[Exchange]) -> bool:
    """Return whether one connection always shows *path* alike."""
    last, schema = model.state_shown(row[-1])[path], model.schemas[path]
    return all(is_same_state(schema, last, model.state_shown(one)[path]) for one in row[:-1])


def _are_interleaved(one: Sequence[Exchange], other: Sequence[Exchange]) -> bool:
    """Return whether neither row ended before the other began: then something else changed it."""
    return one[0].serial < other[-1].serial and other[0].serial < one[-1].serial


def _quoted(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    return quote_value(value, QUOTED)
