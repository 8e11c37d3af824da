"""Do the times of creation and of update tell what happened, as finely as the clock ticks?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NOTHING,
    Looked,
    each,
    is_accepted,
    unless_answered,
)
from pytest_confluent_contracts.clauses.update_state import (
    changed_members,
    pairs_of_answers,
    shows_resource,
    told_under,
)
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)
from pytest_confluent_contracts.model.moments import granularity, parse_http_date, parse_moment
from pytest_confluent_contracts.model.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pytest_confluent_contracts.clauses.reading import Look
    from pytest_confluent_contracts.clauses.update_state import ResourceModel
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.promises import Timestamps
    from pytest_confluent_contracts.model.traffic import Exchange

MARGIN = 1.1  # ticks: a change so long after the last must show another
# A clock that stands still for fewer than one change in so many was not too coarse for it.
SELDOM = 5
ENOUGH_MOVES = 20
QUARTER_S = 900  # every time zone is off from UTC by a multiple of it
AGREED_S = 60  # seconds that two honest clocks may differ by
ALIKE = 3  # updates off by the same hours make a time zone, not a coincidence


def derive(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    """Yield what holds for the members that tell when the resource was created and updated."""
    promised = operation.promises.timestamps
    created, updated = promised.created, promised.updated
    scope, family = told_under(operation)
    if created:
        yield Clause(
            id=f"{scope}/created-constant",
            family=family,
            level=_level_of(promised),
            place=promised.place,
            promise=f"{created} never changes",
            judge=_judge_constant_time(model, created),
            explain=unless_answered(MissingKind.NO_TIME_STAMPS),
            needs=EVERY,
        )
    if updated:
        yield _never_back(operation, model)
    if updated and not operation.is_safe:
        yield _moves(promised, model)
        yield from _agreement_with_date(operation, model)
    if created and updated:
        yield Clause(
            id=f"{scope}/updated-after-created",
            family=family,
            level=_level_of(promised),
            place=promised.place,
            promise=f"{updated} is not before {created}",
            judge=each(is_accepted, _look_at_order(created, updated)),
            explain=unless_answered(MissingKind.NO_TIME_STAMPS),
            needs=EVERY,
        )


def _never_back(operation: Operation, model: ResourceModel) -> Clause:
    scope, family = told_under(operation)
    promised = operation.promises.timestamps
    updated = promised.updated
    return Clause(
        id=f"{scope}/updated-never-back",
        family=family,
        level=_level_of(promised),
        place=promised.place,
        promise=f"{updated} never goes back",
        judge=_judge_going_back(model, updated),
        explain=unless_answered(MissingKind.NO_TIME_STAMPS),
        needs=EVERY,
        sequential=True,
    )


def _moves(promised: Timestamps, model: ResourceModel) -> Clause:
    updated = promised.updated
    return Clause(
        id="update/updated-moves",
        family=Family.UPDATE,
        level=_level_of(promised),
        place=promised.place,
        promise=f"{updated} moves when something changed",
        judge=_judge_moving(model, updated),
        explain=unless_answered(MissingKind.NO_TIME_STAMPS),
        needs=EVERY,
        stateful=True,
    )


def _level_of(promised: Timestamps) -> Level:
    """Return how strictly time stamps are held: what follows from their names alone warns."""
    if promised.inferred:
        return Level.SHOULD
    return Level.MUST


def _agreement_with_date(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    """Yield what a time that an update just set owes to the answer's ``Date`` (RFC 9110 6.6.1).

    Both clocks may differ by a minute. A whole number of quarter hours is no clock's error but a
    time zone's, and so the time of another instant than the one it says.
    """
    promised = operation.promises.timestamps
    explain = unless_answered(MissingKind.NO_FRESH_TIME, promised.updated)
    yield Clause(
        id="update/updated-no-local-time",
        family=Family.UPDATE,
        level=_level_of(promised),
        place=promised.place,
        promise=f"{promised.updated} is the instant that it says, no local time",
        judge=_judge_zone(model, promised.updated),
        explain=explain,
        needs=EVERY,
        stateful=True,
        sequential=True,
    )
    yield Clause(
        id="update/updated-agrees-with-date",
        family=Family.UPDATE,
        level=Level.SHOULD,
        place=promised.place,
        promise=f"{promised.updated} after a change is within a minute of Date",
        judge=_judge_agreement(model, promised.updated),
        explain=explain,
        needs=EVERY,
        stateful=True,
        sequential=True,
    )


def _timed(
    model: ResourceModel, exchanges: Sequence[Exchange], path: str
) -> Iterator[tuple[Exchange, datetime]]:
    """Yield each answer that shows the run's own resource with the time at *path*."""
    for exchange in model.own_exchanges(exchanges):
        told = parse_moment(exchange.json, path) if shows_resource(exchange) else None
        if told is not None:
            yield exchange, told


def _judge_constant_time(model: ResourceModel, path: str) -> Judge:
    """Judge that each answer tells the instant that the first one told.

    ``10:00:00Z`` and ``12:00:00+02:00`` are one instant; ``10:00:00.5Z`` is another.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        first: datetime | None = None
        for exchange, told in _timed(model, exchanges, path):
            first = first or told
            finding = None
            if told != first:
                finding = _other_time(FindingKind.CREATION_MOVED, exchange, path, first, told)
            yield Evidence(exchange, finding)

    return judge


def _judge_going_back(model: ResourceModel, path: str) -> Judge:
    """Judge that no answer tells an earlier time than any before it.

    For example, of 10:00:05, 10:00:04, 10:00:04 and 10:00:05, the two in the middle are wrong.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        latest: datetime | None = None
        for exchange, told in _timed(model, exchanges, path):
            latest = max(latest or told, told)
            finding = None
            if told != latest:
                finding = _other_time(FindingKind.UPDATE_WENT_BACK, exchange, path, latest, told)
            yield Evidence(exchange, finding)

    return judge


def _other_time(
    kind: FindingKind, exchange: Exchange, path: str, expected: datetime, told: datetime
) -> Finding:
    return Finding(
        kind, exchange.status, path, expected=expected.isoformat(), observed=told.isoformat()
    )


def _look_at_order(created: str, updated: str) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        begun = parse_moment(exchange.json, created)
        changed = parse_moment(exchange.json, updated)
        if begun is None or changed is None:
            return NOTHING
        if changed >= begun:
            return KEPT
        return Finding(
            FindingKind.UPDATE_BEFORE_CREATION,
            exchange.status,
            updated,
            expected=(created, begun.isoformat()),
            observed=changed.isoformat(),
        )

    return look


# --- the clock of the updates ------------------------------------------------------------------


def _judge_moving(model: ResourceModel, path: str) -> Judge:
    """Judge that a change shows a new time once the clock must have ticked.

    It must not show a time again that was first seen at least a clock's resolution before. For
    example, a service whose times are whole seconds: two changes 0.3 s apart may show the same
    time, two changes 1.2 s apart may not.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        changes = list(_stamped_changes(model, path, exchanges))
        resolution = _resolution(changes)
        for change in changes:
            if change.has_moved:
                yield Evidence(change.after)
            elif change.elapsed >= resolution:
                kind, status = FindingKind.UPDATE_STOOD_STILL, change.after.status
                observed = change.told.isoformat()
                yield Evidence(change.after, Finding(kind, status, path, observed=observed))

    return judge


@dataclass(frozen=True, slots=True)
class StampedChange:
    """A change: ``first`` is the time told before it, ``told`` the one after it.

    ``elapsed`` are the seconds from when ``first`` was first seen to when the change was sent.
    """

    after: Exchange
    first: datetime
    told: datetime
    elapsed: float

    @property
    def has_moved(self) -> bool:
        """Return whether the change shows another time than before."""
        return self.told != self.first


def _stamped_changes(
    model: ResourceModel, path: str, exchanges: Sequence[Exchange]
) -> Iterator[StampedChange]:
    first_seen_at: dict[datetime, float] = {}
    for pair in pairs_of_answers(model, exchanges):
        told = parse_moment(pair.after.json, path)
        first = parse_moment(pair.before.json, path)
        if told is None or first is None:
            continue
        since = first_seen_at.setdefault(first, pair.before.came_at)
        if changed_members(pair, model, model.writable):
            yield StampedChange(pair.after, first, told, pair.after.sent_at - since)


def _resolution(changes: Sequence[StampedChange]) -> float:
    """Return the seconds after which a time must have moved.

    0.0 where times have microseconds and nearly every change moved them: such a clock was not too
    coarse for the rest. With times of whole seconds, 1.1.

    For example, 95 of 100 changes moved a time in microseconds: 0.0, so that each of the other 5 is
    wrong. Where only 80 moved it, a tick of 0.045 s is taken for granted: 0.0495.
    """
    moves = [change for change in changes if change.has_moved]
    with_microseconds = sum(change.told.microsecond % 1000 != 0 for change in moves)
    is_precise = 2 * with_microseconds > len(moves) >= ENOUGH_MOVES
    stood_still = len(changes) - len(moves)
    if is_precise and SELDOM * stood_still < len(changes):
        return 0.0
    return MARGIN * granularity(change.told for change in moves)


# --- the clock of the updates, held against Date -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Offset:
    """A time that an update just set, beside ``Date`` of its answer.

    ``told`` is as it was written; ``seconds`` is how far it is ahead, rounded.
    """

    after: Exchange
    told: str
    date: str
    seconds: int

    @property
    def quarters(self) -> int:
        """Return the whole number of quarter hours within a minute of it, 0 where there is none."""
        nearest = round(self.seconds / QUARTER_S)
        is_near = abs(self.seconds - nearest * QUARTER_S) <= AGREED_S
        if not is_near:
            return 0
        return nearest


def _offsets(model: ResourceModel, path: str, exchanges: Sequence[Exchange]) -> list[Offset]:
    """Return how far each time that was just set is from ``Date`` of the same answer.

    Only a change sets it anew. One that stood still is an old one, and told by its own clause.
    """
    found: list[Offset] = []
    for change in _stamped_changes(model, path, exchanges):
        date = parse_http_date(change.after.header("Date"))
        if date is not None and change.has_moved:
            seconds = round((change.told - date).total_seconds())
            told = str(value_at(change.after.json, path))
            found.append(Offset(change.after, told, date.strftime("%Y-%m-%dT%H:%M:%SZ"), seconds))
    return found


def _zones(offsets: Sequence[Offset]) -> set[int]:
    """Return by how many quarter hours, not 0, at least `ALIKE` of *offsets* are off alike."""
    counted = Counter(offset.quarters for offset in offsets if offset.quarters)
    zones: set[int] = set()
    for quarters, count in counted.items():
        if count >= ALIKE:
            zones.add(quarters)
    return zones


def _judge_zone(model: ResourceModel, path: str) -> Judge:
    """Judge that no time of an update is a local one: off from ``Date`` by whole quarter hours.

    For example, with Date at 10:00:00, 12:00:01Z in three updates is one of Vienna in summer, and
    15:45:00Z one of Nepal. Once or twice it may have another reason.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        offsets = _offsets(model, path, exchanges)
        zones = _zones(offsets)
        for offset in offsets:
            finding = None
            if offset.quarters in zones:
                minutes = offset.quarters * QUARTER_S // 60
                finding = _far_from_date(FindingKind.UPDATE_IN_LOCAL_TIME, offset, path, minutes)
            yield Evidence(offset.after, finding)

    return judge


def _judge_agreement(model: ResourceModel, path: str) -> Judge:
    """Judge that the time of an update is within a minute of ``Date``.

    A local time is told by a clause of its own, and not again here.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        offsets = _offsets(model, path, exchanges)
        zones = _zones(offsets)
        for offset in offsets:
            if offset.quarters in zones:
                continue
            finding = None
            if abs(offset.seconds) > AGREED_S:
                kind, seconds = FindingKind.UPDATE_FAR_FROM_DATE, offset.seconds
                finding = _far_from_date(kind, offset, path, seconds)
            yield Evidence(offset.after, finding)

    return judge


def _far_from_date(kind: FindingKind, offset: Offset, path: str, apart: int) -> Finding:
    return Finding(
        kind,
        offset.after.status,
        path,
        expected=(offset.date, apart),
        observed=offset.told,
    )
