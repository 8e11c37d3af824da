"""Does a PATCH mean what it says? State is followed from exchange to exchange, on every pair of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    each,
    leaked,
    quote_value,
    same,
    url_parts,
    value_at,
    withheld,
)
from pytest_confluent_contracts.contract import Absence, Absentee, Clause, Evidence, Judge
from pytest_confluent_contracts.model.clauses import Family, Level
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED, Case, Exchange, Expect, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Operation
    from pytest_confluent_contracts.model.sources import SourceLocation

TICKS = (10**6, 500_000, 250_000, 200_000, 100_000)  # microseconds
FINEST = 0.045  # seconds
MARGIN = 1.1  # ticks: a change so long after the last must show another
SELDOM = 5  # a clock that stands still for fewer than one change in so many was not too coarse for it
ENOUGH = 20
EMPTY: tuple[Any, ...] = ("", [], {}, None, ABSENT)


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what an update must change, must leave alone, and must never show."""
    content = operation.success.content if operation.success else None
    if content is None:
        return
    model = Model.of(operation, content)
    yield from _echo(operation, model)
    yield from _unchanged(operation, model)
    yield from _immutable(operation, model)
    yield from _identity(operation)
    yield from _secrets(operation)
    yield from _timestamps(operation, model)


def update(id: str, place: SourceLocation, promise: str, judge: Judge, absent: Absentee, **more: Any) -> Clause:
    """Return a clause of this family, MUST and stateful unless *more* says otherwise."""
    settings: dict[str, Any] = {"level": Level.MUST, "needs": EVERY, "stateful": True} | more
    return Clause(f"update/{id}", Family.UPDATE, place=place, promise=promise, judge=judge, absent=absent, **settings)


NO_200 = withheld("an answer with 200", Expect.ACCEPTED)


def _or(reason: str) -> Absentee:
    """Return the absence of a clause that needs more than one answer with 200: *reason* where answers came."""

    def absent(exchanges: Sequence[Exchange]) -> Absence:
        return Absence(reason) if any(exchange.accepted for exchange in exchanges) else NO_200(exchanges)

    return absent


# --- what the answers show -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Model:
    """Which members an update can write, which an answer shows, which move by themselves; the frozen ones around each."""

    operation: Operation
    writable: tuple[str, ...]
    shown: tuple[str, ...]
    frozen: tuple[str, ...]
    moving: tuple[str, ...]
    created: str
    around: Mapping[str, tuple[str, ...]]
    _known: dict[int, tuple[Exchange, dict[str, Any]]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, operation: Operation, content: Content) -> Model:
        """Return what the document says: leaves of the answer, lists as a whole."""
        shown = tuple(m.path for m in content.properties if "[]" not in m.path and "properties" not in m.schema)
        entry = operation.entries.get("immutable")
        frozen = tuple(entry.data["properties"]) if entry else ()
        request = operation.request.properties if operation.request else ()
        free = [m for m in request if not m.read_only and len(m.schema.get("enum", "ab")) > 1]
        writable = tuple(m.path for m in free if m.path in shown and not _within(m.path, frozen))
        updated = operation.promise("timestamps", "updated")
        created = str(operation.promise("timestamps", "created") or "")
        secret = tuple(operation.promise("create-only", "properties") or ())
        around = {path: tuple(other for other in frozen if _within(path, (other,))) for path in shown}
        return cls(operation, writable, shown, frozen, (*((updated,) if updated else ()), *secret), created, around)

    def state(self, exchange: Exchange) -> dict[str, Any]:
        """Return what the answer shows of the resource, by path; null counts as absent."""
        known = self._known.get(id(exchange))
        if known is None or known[0] is not exchange:  # several clauses follow the same exchanges
            found = {path: value_at(exchange.json, path) for path in self.shown if path not in self.moving}
            known = (exchange, {path: ABSENT if value is None else value for path, value in found.items()})
            self._known[id(exchange)] = known
        return known[1]

    def own(self, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
        """Yield the exchanges that may have changed the run's own resource, or show it."""
        first: tuple[tuple[str, str], ...] | None = None
        for exchange in exchanges:
            if exchange.case.expect is Expect.UNKNOWN or exchange.superseded:
                continue
            first = exchange.case.parameters if first is None else first
            if exchange.case.parameters == first:
                yield exchange


def _within(path: str, paths: Sequence[str]) -> bool:
    return any(path == other or path.startswith(f"{other}.") for other in paths)


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
        if before is not None and not _unreadable(exchange.case):
            yield Pair(before, exchange, tuple(refused))
        before, refused = exchange, []


def _unreadable(case: Case) -> bool:
    """Return whether nobody knows what the body says: it is no JSON, or in another encoding."""
    return bool(case.body) and case.value is ABSENT


# --- what was sent comes back ----------------------------------------------------------------------------------------


def _echo(operation: Operation, model: Model) -> Iterator[Clause]:
    members = {member.path: member for member in operation.request.properties} if operation.request else {}
    for path in model.writable:
        yield update(
            f"sent-is-returned/{path}",
            members[path].place,
            f"{path} in the answer equals the value sent, to the character",
            _returned(model, path),
            _or(f"no answer had {path} after it was sent"),
        )


def _returned(model: Model, path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        shown = any(e.accepted and value_at(e.json, path) not in EMPTY for e in exchanges)
        for exchange in model.own(exchanges):
            sent = value_at(exchange.case.value, path)
            if sent is ABSENT or not exchange.accepted or not isinstance(exchange.json, Mapping):
                continue
            came = value_at(exchange.json, path)
            if came is ABSENT:
                if shown and sent not in EMPTY:
                    yield Evidence(
                        exchange, f"{exchange.status} answered without {path}, sent as {quote_value(sent, 50)}"
                    )
            else:
                finding = (
                    f"{exchange.status} answered with {path} {quote_value(came, 50)}, sent as {quote_value(sent, 50)}"
                )
                yield Evidence(exchange, "" if same(sent, came) else finding)

    return judge


# --- what was not sent stays -----------------------------------------------------------------------------------------


def _unchanged(operation: Operation, model: Model) -> Iterator[Clause]:
    yield update(
        "omitted-unchanged",
        operation.place,
        "what was not sent does not change",
        _omitted(model, lambda exchange: not _is_empty(exchange, model)),
        _or("no two answers could be compared"),
    )
    if operation.request and not operation.request.required and "required" not in operation.request.schema:
        yield update(
            "empty-changes-nothing",
            operation.place,
            "an empty update changes nothing but the time of the update",
            _omitted(model, lambda exchange: _is_empty(exchange, model)),
            _or("no empty update followed an answer"),
        )
    yield update(
        "refused-unchanged",
        operation.place,
        "a refused request changes nothing",
        _refused(model),
        _or("no answer followed a refused request"),
        needs=EVERY | {Probe.THROTTLE},
    )
    yield update(
        "idempotent",
        operation.place,
        "the same update twice gives the same resource",
        _idempotent(model),
        _or("no update was sent twice"),
    )


def _is_empty(exchange: Exchange, model: Model) -> bool:
    """Return whether the request names no member that the answer shows."""
    return all(value_at(exchange.case.value, path) is ABSENT for path in (*model.writable, *model.frozen))


def _changes(pair: Pair, model: Model) -> dict[str, tuple[Any, Any]]:
    """Return the members that differ between both answers though the second request did not send them."""
    was, now = model.state(pair.before), model.state(pair.after)
    sent = pair.after.case.value
    return {
        path: (was[path], now[path])
        for path in was
        if path != model.created and not _sends(sent, path, model) and not same_state(was[path], now[path])
    }


def _sends(body: Any, path: str, model: Model) -> bool:
    """Return whether *body* says anything of *path*: itself, a part of it, or a frozen member around it."""
    if value_at(body, path) is not ABSENT:
        return True
    return any(value_at(body, frozen) not in (ABSENT, {}) for frozen in model.around[path])


def same_state(was: Any, now: Any) -> bool:
    """Return whether a member is the same; an empty value may be left out of an answer."""
    if was in EMPTY and now in EMPTY:
        return True
    return was is not ABSENT and now is not ABSENT and same(was, now)


def _attributed(pair: Pair, model: Model, elsewhere: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the changes of a pair: those that the second request made, and those that a refused one in between made."""
    changed = _changes(pair, model)
    if not pair.refused:
        return changed, {}
    by_refused = {
        path: values
        for path, values in changed.items()
        if path not in elsewhere or any(same_state(value_at(e.case.value, path), values[1]) for e in pair.refused)
    }
    return {path: values for path, values in changed.items() if path not in by_refused}, by_refused


def _changed_without_refusal(model: Model, exchanges: Sequence[Exchange]) -> set[str]:
    alone = [pair for pair in pairs(model, exchanges) if not pair.refused]
    return {path for pair in alone for path in _changes(pair, model)}


def _omitted(model: Model, applies: Callable[[Exchange], bool]) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs(model, exchanges):
            if not applies(pair.after):
                continue
            own, by_refused = _attributed(pair, model, elsewhere)
            if own or not by_refused:
                yield Evidence(pair.after, _told(own, "though it was not sent"))

    return judge


def _told(changed: Mapping[str, tuple[Any, Any]], why: str) -> str:
    for path, (was, now) in changed.items():
        return f"{path} changed from {_shown(was)} to {_shown(now)}, {why}"
    return ""


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else quote_value(value, 50)


def _refused(model: Model) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs(model, exchanges):
            if not pair.refused:
                continue
            _, changed = _attributed(pair, model, elsewhere)
            culprit = _culprit(pair, changed)
            yield Evidence(culprit, _told(changed, f"by a request that was answered {culprit.status}"))

    return judge


def _culprit(pair: Pair, changed: Mapping[str, tuple[Any, Any]]) -> Exchange:
    """Return the refused request whose value came out, else the last one before the change was seen."""
    for path, (_, now) in changed.items():
        for exchange in reversed(pair.refused):
            if now not in EMPTY and same_state(value_at(exchange.case.value, path), now):
                return exchange
    return pair.refused[-1]


def _idempotent(model: Model) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs(model, exchanges):
            if pair.refused or pair.before.case.key != pair.after.case.key:
                continue
            was, now = model.state(pair.before), model.state(pair.after)
            changed = {
                path: (was[path], now[path])
                for path in was
                if path != model.created and value_at(pair.after.case.value, path) is not ABSENT
                if not same_state(was[path], now[path])
            }
            yield Evidence(pair.after, _told(changed, "by sending the same update again"))

    return judge


# --- what no update writes -------------------------------------------------------------------------------------------


def _immutable(operation: Operation, model: Model) -> Iterator[Clause]:
    entry = operation.entries.get("immutable")
    for path in model.frozen:
        yield update(
            f"immutable/{path}",
            entry.place if entry else operation.place,
            f"{path} stays as it is when another value is sent",
            _kept(model, path),
            _or(f"no answer showed {path} before and after another value was sent"),
        )


def _kept(model: Model, path: str) -> Judge:
    leaves = [leaf for leaf in model.shown if _within(leaf, (path,)) and leaf not in model.moving]

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs(model, exchanges):
            senders = [e for e in (*pair.refused, pair.after) if value_at(e.case.value, path) not in (ABSENT, {})]
            if not senders:
                continue
            was, now = model.state(pair.before), model.state(pair.after)
            changed = {leaf: (was[leaf], now[leaf]) for leaf in leaves if not same_state(was[leaf], now[leaf])}
            seen = [leaf for leaf in leaves if was[leaf] is not ABSENT or now[leaf] is not ABSENT]
            if seen or changed:
                yield Evidence(senders[-1], _told(changed, "because it was sent"))

    return judge


# --- the resource itself ---------------------------------------------------------------------------------------------


def _identity(operation: Operation) -> Iterator[Clause]:
    entry = operation.entries.get("identity")
    if entry is None or "parameter" not in entry.data:
        return
    parameter, member = str(entry.data["parameter"]), str(entry.data.get("property", "id"))

    def look(exchange: Exchange) -> str | None:
        asked = dict(exchange.case.parameters).get(parameter)
        came = value_at(exchange.json, member)
        if not isinstance(came, str):
            return None
        finding = f"{exchange.status} answered with {member} {quote_value(came)}, asked for {quote_value(asked)}"
        return "" if came == asked else finding

    judge = each(lambda exchange: exchange.accepted, look)
    promise = f"{member} in the answer is the {parameter} in the path"
    yield update("id-is-path-id", entry.place, promise, judge, _or(f"no answer had {member}"), stateful=False)
    if "self" in entry.data:
        yield _self(operation, str(entry.data["self"]), entry.place)


def _self(operation: Operation, member: str, place: SourceLocation) -> Clause:
    def look(exchange: Exchange) -> str | None:
        came = value_at(exchange.json, member)
        if not isinstance(came, str):
            return None
        path = operation.path
        for name, value in exchange.case.parameters:
            path = path.replace("{" + name + "}", value)
        right = unquote(url_parts(came).path).rstrip("/").endswith(path.replace(REDACTED, "redacted"))
        return (
            ""
            if right
            else f"{exchange.status} answered with {member} {quote_value(came)}, which does not address {path}"
        )

    judge = each(lambda exchange: exchange.accepted, look)
    promise = f"{member} addresses this resource"
    return update("self-addresses-resource", place, promise, judge, _or(f"no answer had {member}"), stateful=False)


# --- what must never be shown ----------------------------------------------------------------------------------------


def _secrets(operation: Operation) -> Iterator[Clause]:
    place = operation.entries["secrets"].place if "secrets" in operation.entries else operation.place
    judge = each(lambda exchange: 200 <= exchange.status < 400, leaked)
    promise = "no credential and no secret of the request comes back, in the body or a header"
    yield update("no-leak", place, promise, judge, NO_200, stateful=False)
    entry = operation.entries.get("create-only")
    for path in entry.data["properties"] if entry else ():
        yield from _create_only(path, entry.place if entry else operation.place)


def _create_only(path: str, place: SourceLocation) -> Iterator[Clause]:
    def shown(exchange: Exchange) -> str | None:
        came = value_at(exchange.json, path)
        return f"{exchange.status} answered with a value in {path}" if came not in EMPTY else ""

    def empty(exchange: Exchange) -> str | None:
        return f"{exchange.status} answered with an empty {path}" if value_at(exchange.json, path) == "" else ""

    def accepted(exchange: Exchange) -> bool:
        return exchange.accepted and exchange.json is not ABSENT

    promise = f"{path} is only sent by create"
    yield update(f"create-only/{path}", place, promise, each(accepted, shown), NO_200, stateful=False)
    judge, promise = each(accepted, empty), f"{path} is left out, not sent empty"
    yield update(f"create-only/{path}/empty", place, promise, judge, NO_200, level=Level.SHOULD, stateful=False)


# --- time ------------------------------------------------------------------------------------------------------------


def _timestamps(operation: Operation, model: Model) -> Iterator[Clause]:
    entry = operation.entries.get("timestamps")
    if entry is None:
        return
    created, updated = entry.data.get("created"), entry.data.get("updated")
    absent = _or("no answer had the time stamps")
    if created:
        promise = f"{created} never changes"
        yield update("created-constant", entry.place, promise, _constant(created), absent, stateful=False)
    if updated:
        promise = f"{updated} never goes back"
        yield update("updated-never-back", entry.place, promise, _never_back(updated), absent, stateful=False)
        promise = f"{updated} moves when something changed"
        yield update("updated-moves", entry.place, promise, _moves(model, updated), absent)
    if created and updated:
        promise = f"{updated} is not before {created}"
        judge = _ordered(created, updated)
        yield update("updated-after-created", entry.place, promise, judge, absent, stateful=False)


def moment(body: Any, path: str) -> datetime | None:
    """Return the RFC 3339 time at *path*, None where it is absent or not one (``shape`` says so)."""
    value = value_at(body, path)
    try:
        parsed = datetime.fromisoformat(value.upper()) if isinstance(value, str) else None  # RFC 3339 5.6: t and z too
    except ValueError:
        return None
    return parsed if parsed is None or parsed.tzinfo else None


def _timed(exchanges: Sequence[Exchange], path: str) -> Iterator[tuple[Exchange, datetime]]:
    first = None
    for exchange in exchanges:
        first = exchange.case.parameters if first is None else first
        told = moment(exchange.json, path) if exchange.accepted and exchange.case.parameters == first else None
        if told is not None:
            yield exchange, told


def _constant(path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        first: datetime | None = None
        for exchange, told in _timed(exchanges, path):
            first = first or told
            finding = f"{exchange.status} answered with {path} {told.isoformat()}, before {first.isoformat()}"
            yield Evidence(exchange, "" if told == first else finding)

    return judge


def _never_back(path: str) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        latest: datetime | None = None
        for exchange, told in _timed(exchanges, path):
            latest = max(latest or told, told)
            finding = f"{exchange.status} answered with {path} {told.isoformat()}, after {latest.isoformat()}"
            yield Evidence(exchange, "" if told == latest else finding)

    return judge


def _ordered(created: str, updated: str) -> Judge:
    def look(exchange: Exchange) -> str | None:
        begun, changed = moment(exchange.json, created), moment(exchange.json, updated)
        if begun is None or changed is None:
            return None
        told = f"{updated} {changed.isoformat()}, before {created} {begun.isoformat()}"
        return f"{exchange.status} answered with {told}" if changed < begun else ""

    return each(lambda exchange: exchange.accepted, look)


def _moves(model: Model, path: str) -> Judge:
    """A change must not show a time stamp again that was first seen at least a clock's resolution before."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        changes = list(_stamped_changes(model, path, exchanges))
        resolution = _resolution(changes)
        for change in changes:
            moved, due = change.told != change.first, change.elapsed >= resolution
            told = (
                f"{change.after.status} answered with {path} {change.told.isoformat()} again, though something changed"
            )
            if moved or due:
                yield Evidence(change.after, "" if moved else told)

    return judge


@dataclass(frozen=True, slots=True)
class StampedChange:
    """A change, the time stamps before and after it, and the seconds since the first of them was first seen."""

    after: Exchange
    first: datetime
    told: datetime
    elapsed: float


def _stamped_changes(model: Model, path: str, exchanges: Sequence[Exchange]) -> Iterator[StampedChange]:
    seen_at: dict[datetime, float] = {}
    for pair in pairs(model, exchanges):
        told, first = moment(pair.after.json, path), moment(pair.before.json, path)
        if told is None or first is None:
            continue
        since = seen_at.setdefault(first, pair.before.came_at)
        if _changed(pair, model):
            yield StampedChange(pair.after, first, told, pair.after.sent_at - since)


def _resolution(changes: Sequence[StampedChange]) -> float:
    """Return the seconds after which a time stamp must have moved.

    None where stamps have microseconds and nearly every change moved them: such a clock was not too coarse for the rest.
    """
    moves = [change for change in changes if change.told != change.first]
    precise = 2 * sum(bool(move.told.microsecond % 1000) for move in moves) > len(moves) >= ENOUGH
    if precise and SELDOM * (len(changes) - len(moves)) < len(changes):
        return 0.0
    return MARGIN * granularity(move.told for move in moves)


def granularity(stamps: Iterable[datetime]) -> float:
    """Return the seconds between two ticks of the clock that shows in *stamps*; none is taken for finer than `FINEST`."""
    shown = {stamp.microsecond for stamp in stamps}
    return next((tick / 10**6 for tick in TICKS if not any(micros % tick for micros in shown)), FINEST)


def _changed(pair: Pair, model: Model) -> bool:
    was, now = model.state(pair.before), model.state(pair.after)
    return any(not same_state(was[path], now[path]) for path in model.writable)
