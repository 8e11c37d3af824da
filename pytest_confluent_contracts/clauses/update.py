"""Does a PATCH mean what it says? State is followed from exchange to exchange, on every pair of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NOTHING,
    Looked,
    each,
    is_accepted,
    is_same,
    look_for_leaks,
    quote_value,
    unless_accepted,
    url_parts,
    withheld,
)
from pytest_confluent_contracts.model import paths
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
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED, Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Content, Operation, Property
    from pytest_confluent_contracts.model.promises import Identity
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Case, Exchange

TICKS_US = (10**6, 500_000, 250_000, 200_000, 100_000)  # microseconds between two ticks of a clock
FINEST_TICK_S = 0.045  # seconds
MARGIN = 1.1  # ticks: a change so long after the last must show another
SELDOM = (
    5  # a clock that stands still for fewer than one change in so many was not too coarse for it
)
ENOUGH_MOVES = 20
QUOTED = 50  # characters of a value in a finding
EMPTY: tuple[Any, ...] = ("", [], {}, None, ABSENT)


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what an update must change, must leave alone, and must never show."""
    content = operation.success.content if operation.success else None
    if content is None:
        return
    model = Model.of(operation, content)
    yield from _sent_is_returned(operation, model)
    yield from _unchanged(operation, model)
    yield from _immutable(operation, model)
    yield from _identity(operation)
    yield from _secrets(operation)
    yield from _timestamps(operation, model)


NO_200 = withheld("an answer with 200", Expect.ACCEPTED)


def _unless_answered(kind: MissingKind, subject: str = "") -> Explain:
    """Explain a clause that needs more than one answer with 200: by *kind* where any came."""
    return unless_accepted(NO_200, MissingEvidence(kind, subject))


# --- what the answers show ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Model:
    """What the document says of the members of an answer, all by path, lists as a whole.

    ``writable``: an update can write them; ``shown``: an answer shows them; ``frozen``: no update
    changes them; ``moving``: they change by themselves; ``created``: the time of creation;
    ``around``: the frozen members around each that is shown.
    """

    operation: Operation
    writable: tuple[str, ...]
    shown: tuple[str, ...]
    frozen: tuple[str, ...]
    moving: tuple[str, ...]
    created: str
    around: Mapping[str, tuple[str, ...]]
    _known: dict[int, tuple[Exchange, dict[str, Any]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, operation: Operation, content: Content) -> Model:
        """Return the model of *operation*, of which *content* is the answer."""
        promises = operation.promises
        shown = tuple(member.path for member in content.properties if _is_leaf(member))
        frozen = promises.immutable.paths
        request = operation.request.properties if operation.request else ()
        writable = [
            member.path
            for member in request
            if _may_vary(member)
            and member.path in shown
            and not paths.is_member_of_any(member.path, frozen)
        ]
        updated = promises.timestamps.updated
        return cls(
            operation=operation,
            writable=tuple(writable),
            shown=shown,
            frozen=frozen,
            moving=((updated,) if updated else ()) + promises.create_only.paths,
            created=promises.timestamps.created,
            around={path: _frozen_around(path, frozen) for path in shown},
        )

    def state(self, exchange: Exchange) -> dict[str, Any]:
        """Return what the answer shows of the resource, by path; null counts as absent."""
        known = self._known.get(id(exchange))
        if known is None or known[0] is not exchange:  # several clauses follow the same exchanges
            known = (exchange, self._read_state(exchange))
            self._known[id(exchange)] = known
        return known[1]

    def _read_state(self, exchange: Exchange) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for path in self.shown:
            if path not in self.moving:
                value = paths.value_at(exchange.json, path)
                state[path] = ABSENT if value is None else value
        return state

    def own(self, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
        """Yield the exchanges that may have changed the run's own resource, or show it."""
        first: tuple[tuple[str, str], ...] | None = None
        for exchange in exchanges:
            if exchange.case.expect is Expect.UNKNOWN or exchange.superseded:
                continue
            first = exchange.case.parameters if first is None else first
            if exchange.case.parameters == first:
                yield exchange


def _is_leaf(member: Property) -> bool:
    return not paths.has_items(member.path) and "properties" not in member.schema


def _may_vary(member: Property) -> bool:
    """Return whether an update may write one value or another: not read-only, and more than one is allowed."""
    is_constant = "enum" in member.schema and len(member.schema["enum"]) <= 1
    return not member.read_only and not is_constant


def _frozen_around(path: str, frozen: Sequence[str]) -> tuple[str, ...]:
    return tuple(other for other in frozen if paths.is_member_of(path, other))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two successive answers that show the resource, and the refused requests between them."""

    before: Exchange
    after: Exchange
    refused: tuple[Exchange, ...]


def pairs(model: Model, exchanges: Sequence[Exchange]) -> Iterator[Pair]:
    """Yield each two successive answers that show the resource, unless a request in between has an unknown end."""
    before: Exchange | None = None
    refused: list[Exchange] = []
    for exchange in model.own(exchanges):
        if exchange.failure or exchange.status >= 500:  # nobody knows whether it was applied
            before, refused = None, []
            continue
        if not (exchange.accepted and isinstance(exchange.json, Mapping)):
            refused.append(exchange)
            continue
        if before is not None and not _is_unreadable(exchange.case):
            yield Pair(before, exchange, tuple(refused))
        before, refused = exchange, []


def _is_unreadable(case: Case) -> bool:
    """Return whether nobody knows what the body says: it is no JSON, or in another encoding."""
    return bool(case.body) and case.value is ABSENT


Changes = Mapping[str, tuple[Any, Any]]  # by path: what was there, and what is there now


def _changed_members(
    pair: Pair, model: Model, members: Iterable[str]
) -> dict[str, tuple[Any, Any]]:
    """Return those of *members* that differ between both answers."""
    was, now = model.state(pair.before), model.state(pair.after)
    return {
        path: (was[path], now[path]) for path in members if not _is_same_state(was[path], now[path])
    }


def _is_same_state(was: Any, now: Any) -> bool:
    """Return whether a member is the same; an empty value may be left out of an answer."""
    if was in EMPTY and now in EMPTY:
        return True
    if was is ABSENT or now is ABSENT:
        return False
    return is_same(was, now)


def _first_change(kind: FindingKind, status: int, changed: Changes) -> Finding | None:
    """Return the finding on the first of *changed*, None where there is none."""
    for path, (was, now) in changed.items():
        return Finding(kind, status, path, expected=_quoted_state(was), observed=_quoted_state(now))
    return None


def _quoted_state(value: Any) -> str:
    return "" if value is ABSENT else quote_value(value, QUOTED)


# --- what was sent comes back ------------------------------------------------------------------


def _sent_is_returned(operation: Operation, model: Model) -> Iterator[Clause]:
    for member in operation.request.properties if operation.request else ():
        path = member.path
        if path not in model.writable:
            continue
        yield Clause(
            id=f"update/sent-is-returned/{path}",
            family=Family.UPDATE,
            place=member.place,
            promise=f"{path} in the answer equals the value sent, to the character",
            judge=_judge_returned(model, path),
            explain=_unless_answered(MissingKind.NOT_RETURNED_AFTER_SENDING, path),
            needs=EVERY,
            stateful=True,
        )


def _judge_returned(model: Model, path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        is_ever_shown = any(_shows(exchange, path) for exchange in exchanges)
        for exchange in model.own(exchanges):
            sent = paths.value_at(exchange.case.value, path)
            if sent is ABSENT or not exchange.accepted or not isinstance(exchange.json, Mapping):
                continue
            came = paths.value_at(exchange.json, path)
            if came is ABSENT:
                # An optional member that is empty may be left out, and one that never comes is not shown at all.
                if is_ever_shown and sent not in EMPTY:
                    expected = quote_value(sent, QUOTED)
                    kind = FindingKind.VALUE_LOST
                    yield Evidence(exchange, Finding(kind, exchange.status, path, expected))
            elif is_same(sent, came):
                yield Evidence(exchange)
            else:
                yield Evidence(exchange, _changed_value(exchange.status, path, sent, came))

    return judge


def _shows(exchange: Exchange, path: str) -> bool:
    return exchange.accepted and paths.value_at(exchange.json, path) not in EMPTY


def _changed_value(status: int, path: str, sent: Any, came: Any) -> Finding:
    return Finding(
        FindingKind.VALUE_CHANGED,
        status,
        path,
        expected=quote_value(sent, QUOTED),
        observed=quote_value(came, QUOTED),
    )


# --- what was not sent stays -------------------------------------------------------------------


def _unchanged(operation: Operation, model: Model) -> Iterator[Clause]:
    yield Clause(
        id="update/omitted-unchanged",
        family=Family.UPDATE,
        place=operation.place,
        promise="what was not sent does not change",
        judge=_judge_omitted(model, lambda exchange: not _is_empty(exchange, model)),
        explain=_unless_answered(MissingKind.NOT_COMPARED),
        needs=EVERY,
        stateful=True,
    )
    request = operation.request
    if request and not request.required and "required" not in request.schema:
        yield Clause(
            id="update/empty-changes-nothing",
            family=Family.UPDATE,
            place=operation.place,
            promise="an empty update changes nothing but the time of the update",
            judge=_judge_omitted(model, lambda exchange: _is_empty(exchange, model)),
            explain=_unless_answered(MissingKind.NO_EMPTY_UPDATE),
            needs=EVERY,
            stateful=True,
        )
    yield Clause(
        id="update/refused-unchanged",
        family=Family.UPDATE,
        place=operation.place,
        promise="a refused request changes nothing",
        judge=_judge_refused(model),
        explain=_unless_answered(MissingKind.NOTHING_AFTER_REFUSAL),
        needs=EVERY | {Probe.THROTTLE},
        stateful=True,
    )
    yield Clause(
        id="update/idempotent",
        family=Family.UPDATE,
        place=operation.place,
        promise="the same update twice gives the same resource",
        judge=_judge_repeated(model),
        explain=_unless_answered(MissingKind.NO_UPDATE_TWICE),
        needs=EVERY,
        stateful=True,
    )


def _is_empty(exchange: Exchange, model: Model) -> bool:
    """Return whether the request names no member that the answer shows."""
    named = (*model.writable, *model.frozen)
    return all(paths.value_at(exchange.case.value, path) is ABSENT for path in named)


def _unsent_changes(pair: Pair, model: Model) -> dict[str, tuple[Any, Any]]:
    """Return the members that differ between both answers though the second request did not send them."""
    sent = pair.after.case.value
    unsent = [
        path
        for path in model.state(pair.after)
        if path != model.created and not _speaks_of(sent, path, model)
    ]
    return _changed_members(pair, model, unsent)


def _speaks_of(body: Any, path: str, model: Model) -> bool:
    """Return whether *body* says anything of *path*: itself, a part of it, or a frozen member around it."""
    if paths.value_at(body, path) is not ABSENT:
        return True
    return any(paths.value_at(body, frozen) not in (ABSENT, {}) for frozen in model.around[path])


def _attributed(
    pair: Pair, model: Model, elsewhere: set[str]
) -> tuple[dict[str, tuple[Any, Any]], dict[str, tuple[Any, Any]]]:
    """Split the changes of a pair: those that the second request made, and those that a refused one in between made.

    A member that changes without any refused request in between, too (*elsewhere*), is only blamed
    on one whose value came out.
    """
    changed = _unsent_changes(pair, model)
    own: dict[str, tuple[Any, Any]] = {}
    by_refused: dict[str, tuple[Any, Any]] = {}
    for path, (was, now) in changed.items():
        is_blamed = path not in elsewhere or any(_sends(e, path, now) for e in pair.refused)
        holder = by_refused if pair.refused and is_blamed else own
        holder[path] = (was, now)
    return own, by_refused


def _sends(exchange: Exchange, path: str, value: Any) -> bool:
    return _is_same_state(paths.value_at(exchange.case.value, path), value)


def _changed_without_refusal(model: Model, exchanges: Sequence[Exchange]) -> set[str]:
    found: set[str] = set()
    for pair in pairs(model, exchanges):
        if not pair.refused:
            found |= _unsent_changes(pair, model).keys()
    return found


def _judge_omitted(model: Model, applies: Callable[[Exchange], bool]) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs(model, exchanges):
            if not applies(pair.after):
                continue
            own, by_refused = _attributed(pair, model, elsewhere)
            if own or not by_refused:
                status = pair.after.status
                finding = _first_change(FindingKind.CHANGED_UNSENT, status, own)
                yield Evidence(pair.after, finding)

    return judge


def _judge_refused(model: Model) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs(model, exchanges):
            if not pair.refused:
                continue
            _, changed = _attributed(pair, model, elsewhere)
            culprit = _culprit(pair, changed)
            finding = _first_change(FindingKind.CHANGED_BY_REFUSED, culprit.status, changed)
            yield Evidence(culprit, finding)

    return judge


def _culprit(pair: Pair, changed: Changes) -> Exchange:
    """Return the refused request whose value came out, else the last one before the change was seen."""
    for path, (_, now) in changed.items():
        for exchange in reversed(pair.refused):
            if now not in EMPTY and _sends(exchange, path, now):
                return exchange
    return pair.refused[-1]


def _judge_repeated(model: Model) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs(model, exchanges):
            sent = pair.after.case
            if pair.refused or pair.before.case.key != sent.key:
                continue
            named = [
                path
                for path in model.state(pair.before)
                if path != model.created and paths.value_at(sent.value, path) is not ABSENT
            ]
            changed = _changed_members(pair, model, named)
            kind, status = FindingKind.CHANGED_BY_REPEATING, pair.after.status
            yield Evidence(pair.after, _first_change(kind, status, changed))

    return judge


# --- what no update writes ---------------------------------------------------------------------


def _immutable(operation: Operation, model: Model) -> Iterator[Clause]:
    for path in model.frozen:
        yield Clause(
            id=f"update/immutable/{path}",
            family=Family.UPDATE,
            place=operation.promises.immutable.place,
            promise=f"{path} stays as it is when another value is sent",
            judge=_judge_frozen(model, path),
            explain=_unless_answered(MissingKind.NOT_SHOWN_AROUND, path),
            needs=EVERY,
            stateful=True,
        )


def _judge_frozen(model: Model, path: str) -> Judge:
    leaves = [
        leaf for leaf in model.shown if paths.is_member_of(leaf, path) and leaf not in model.moving
    ]

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs(model, exchanges):
            senders = [e for e in (*pair.refused, pair.after) if _writes(e, path)]
            if not senders:
                continue
            was, now = model.state(pair.before), model.state(pair.after)
            if all(was[leaf] is ABSENT and now[leaf] is ABSENT for leaf in leaves):
                continue
            changed = _changed_members(pair, model, leaves)
            finding = _first_change(FindingKind.CHANGED_BY_SENDING, pair.after.status, changed)
            yield Evidence(senders[-1], finding)

    return judge


def _writes(exchange: Exchange, path: str) -> bool:
    return paths.value_at(exchange.case.value, path) not in (ABSENT, {})


# --- the resource itself -----------------------------------------------------------------------


def _identity(operation: Operation) -> Iterator[Clause]:
    promised = operation.promises.identity
    if promised is None or not promised.parameter:
        return
    yield _id_is_path_id(promised)
    if promised.self_link:
        yield _self_addresses_resource(operation, promised)


def _id_is_path_id(promised: Identity) -> Clause:
    parameter, member = promised.parameter, promised.property

    def look(exchange: Exchange) -> Finding | Looked:
        asked = dict(exchange.case.parameters).get(parameter)
        came = paths.value_at(exchange.json, member)
        if not isinstance(came, str):
            return NOTHING
        if came == asked:
            return KEPT
        return Finding(
            FindingKind.ID_DIFFERS,
            exchange.status,
            member,
            expected=quote_value(asked),
            observed=quote_value(came),
        )

    return Clause(
        id="update/id-is-path-id",
        family=Family.UPDATE,
        place=promised.place,
        promise=f"{member} in the answer is the {parameter} in the path",
        judge=each(is_accepted, look),
        explain=_unless_answered(MissingKind.NO_SUCH_MEMBER, member),
        needs=EVERY,
    )


def _self_addresses_resource(operation: Operation, promised: Identity) -> Clause:
    member = promised.self_link

    def look(exchange: Exchange) -> Finding | Looked:
        came = paths.value_at(exchange.json, member)
        if not isinstance(came, str):
            return NOTHING
        path = paths.filled_template(operation.path, exchange.case.parameters)
        addressed = unquote(url_parts(came).path).rstrip("/")
        if addressed.endswith(path.replace(REDACTED, "redacted")):
            return KEPT
        observed = quote_value(came)
        return Finding(
            FindingKind.SELF_LINK_DIFFERS,
            exchange.status,
            member,
            expected=path,
            observed=observed,
        )

    return Clause(
        id="update/self-addresses-resource",
        family=Family.UPDATE,
        place=promised.place,
        promise=f"{member} addresses this resource",
        judge=each(is_accepted, look),
        explain=_unless_answered(MissingKind.NO_SUCH_MEMBER, member),
        needs=EVERY,
    )


# --- what must never be shown ------------------------------------------------------------------


def _secrets(operation: Operation) -> Iterator[Clause]:
    yield Clause(
        id="update/no-leak",
        family=Family.UPDATE,
        place=operation.promises.secrets.place,
        promise="no credential and no secret of the request comes back, in the body or a header",
        judge=each(lambda exchange: 200 <= exchange.status < 400, look_for_leaks),
        explain=NO_200,
        needs=EVERY,
    )
    create_only = operation.promises.create_only
    for path in create_only.paths:
        yield from _create_only(path, create_only.place)


def _create_only(path: str, place: SourceLocation) -> Iterator[Clause]:
    def look_for_value(exchange: Exchange) -> Finding | Looked:
        if paths.value_at(exchange.json, path) in EMPTY:
            return KEPT
        return Finding(FindingKind.SECRET_SHOWN, exchange.status, path)

    def look_for_empty_text(exchange: Exchange) -> Finding | Looked:
        if paths.value_at(exchange.json, path) != "":
            return KEPT
        return Finding(FindingKind.SECRET_EMPTY, exchange.status, path)

    def is_readable(exchange: Exchange) -> bool:
        return exchange.accepted and exchange.json is not ABSENT

    yield Clause(
        id=f"update/create-only/{path}",
        family=Family.UPDATE,
        place=place,
        promise=f"{path} is only sent by create",
        judge=each(is_readable, look_for_value),
        explain=NO_200,
        needs=EVERY,
    )
    yield Clause(
        id=f"update/create-only/{path}/empty",
        family=Family.UPDATE,
        level=Level.SHOULD,
        place=place,
        promise=f"{path} is left out, not sent empty",
        judge=each(is_readable, look_for_empty_text),
        explain=NO_200,
        needs=EVERY,
    )


# --- time --------------------------------------------------------------------------------------


def _timestamps(operation: Operation, model: Model) -> Iterator[Clause]:
    promised = operation.promises.timestamps
    created, updated, place = promised.created, promised.updated, promised.place
    explain = _unless_answered(MissingKind.NO_TIME_STAMPS)
    if created:
        yield Clause(
            id="update/created-constant",
            family=Family.UPDATE,
            place=place,
            promise=f"{created} never changes",
            judge=_judge_constant_time(created),
            explain=explain,
            needs=EVERY,
        )
    if updated:
        yield Clause(
            id="update/updated-never-back",
            family=Family.UPDATE,
            place=place,
            promise=f"{updated} never goes back",
            judge=_judge_going_back(updated),
            explain=explain,
            needs=EVERY,
        )
        yield Clause(
            id="update/updated-moves",
            family=Family.UPDATE,
            place=place,
            promise=f"{updated} moves when something changed",
            judge=_judge_moving(model, updated),
            explain=explain,
            needs=EVERY,
            stateful=True,
        )
    if created and updated:
        yield Clause(
            id="update/updated-after-created",
            family=Family.UPDATE,
            place=place,
            promise=f"{updated} is not before {created}",
            judge=each(is_accepted, _look_at_order(created, updated)),
            explain=explain,
            needs=EVERY,
        )


def parse_moment(body: Any, path: str) -> datetime | None:
    """Return the RFC 3339 time at *path*, None where it is absent or not one (``shape`` says so)."""
    value = paths.value_at(body, path)
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.upper())  # RFC 3339 5.6: t and z too
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _timed(exchanges: Sequence[Exchange], path: str) -> Iterator[tuple[Exchange, datetime]]:
    """Yield each answer that shows the run's own resource with the time at *path*."""
    first = None
    for exchange in exchanges:
        first = exchange.case.parameters if first is None else first
        if not exchange.accepted or exchange.case.parameters != first:
            continue
        told = parse_moment(exchange.json, path)
        if told is not None:
            yield exchange, told


def _judge_constant_time(path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        first: datetime | None = None
        for exchange, told in _timed(exchanges, path):
            first = first or told
            finding = None
            if told != first:
                finding = _other_time(FindingKind.CREATION_MOVED, exchange, path, first, told)
            yield Evidence(exchange, finding)

    return judge


def _judge_going_back(path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        latest: datetime | None = None
        for exchange, told in _timed(exchanges, path):
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


def _look_at_order(created: str, updated: str) -> Callable[[Exchange], Finding | Looked]:
    def look(exchange: Exchange) -> Finding | Looked:
        begun, changed = parse_moment(exchange.json, created), parse_moment(exchange.json, updated)
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


def _judge_moving(model: Model, path: str) -> Judge:
    """Judge that a change does not show a time again that was first seen at least a clock's resolution before.

    For example, a service whose times are whole seconds: two changes 0.3 s apart may show the same
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
    """A change, the times before and after it, and the seconds since the first of them was first seen."""

    after: Exchange
    first: datetime
    told: datetime
    elapsed: float

    @property
    def has_moved(self) -> bool:
        """Return whether the change shows another time than before."""
        return self.told != self.first


def _stamped_changes(
    model: Model, path: str, exchanges: Sequence[Exchange]
) -> Iterator[StampedChange]:
    first_seen_at: dict[datetime, float] = {}
    for pair in pairs(model, exchanges):
        told, first = parse_moment(pair.after.json, path), parse_moment(pair.before.json, path)
        if told is None or first is None:
            continue
        since = first_seen_at.setdefault(first, pair.before.came_at)
        if _changed_members(pair, model, model.writable):
            yield StampedChange(pair.after, first, told, pair.after.sent_at - since)


def _resolution(changes: Sequence[StampedChange]) -> float:
    """Return the seconds after which a time must have moved.

    0.0 where times have microseconds and nearly every change moved them: such a clock was not too
    coarse for the rest. With times of whole seconds, 1.1.
    """
    moves = [change for change in changes if change.has_moved]
    with_microseconds = sum(change.told.microsecond % 1000 != 0 for change in moves)
    is_precise = 2 * with_microseconds > len(moves) >= ENOUGH_MOVES
    stood_still = len(changes) - len(moves)
    if is_precise and SELDOM * stood_still < len(changes):
        return 0.0
    return MARGIN * granularity(change.told for change in moves)


def granularity(stamps: Iterable[datetime]) -> float:
    """Return the seconds between two ticks of the clock that shows in *stamps*; none is taken for finer than `FINEST_TICK_S`."""
    shown = {stamp.microsecond for stamp in stamps}
    for tick in TICKS_US:
        if not any(microseconds % tick for microseconds in shown):
            return tick / 10**6
    return FINEST_TICK_S
