"""Is what was sent what is there? After a create, a replace and an update, until the next write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_members import (
    Key,
    changes_between,
    id_name,
    is_hidden,
    is_nothing,
    is_same_told,
    quoted,
)
from pytest_confluent_contracts.clauses.lifecycle_pairs import (
    finding_on_change,
    pairs_of_one_operation,
)
from pytest_confluent_contracts.clauses.lifecycle_state import Outcome
from pytest_confluent_contracts.clauses.notation import is_default, is_taken_over
from pytest_confluent_contracts.clauses.reading import KEPT, NOTHING, Looked, value_reader
from pytest_confluent_contracts.clauses.update import is_merged
from pytest_confluent_contracts.clauses.update_state import EMPTY, is_shown_alike
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import SAFE_ROLES, Role

if TYPE_CHECKING:
    from pytest_confluent_contracts.clauses.lifecycle_members import ItemModel, Shown
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Step
    from pytest_confluent_contracts.model.documents import Property

    Expecting = Callable[[Step], Mapping[str, Any]]

SHORTEST_TELLING = 6  # characters of a text that is not another's by chance


# --- what is expected of the answers after a write ---------------------------------------------


@dataclass
class Expectation:
    """The value that a write gave to a member; ``answered`` is what its own answer showed."""

    writer: Step
    member: Property
    value: Any
    answered: Any = ABSENT


@dataclass
class Expectations:
    """What is expected of each resource, by the path of the member, as the writes of a life go by.

    ``expecting`` says what a write gives reason to expect.
    """

    role: Role
    expecting: Expecting
    known: dict[Key, dict[str, Expectation]] = field(default_factory=dict)

    def follow(self, step: Step) -> None:
        """Take in what *step* wrote."""
        if step.key is None or not step.may_have_written:
            return
        is_understood = step.outcome is not Outcome.DOUBTFUL and _is_understood(step)
        if not is_understood:
            self.known.pop(step.key, None)
            return
        if step.role is Role.UPDATE:
            self._forget_updated(step)
        else:
            self.known[step.key] = {}
        if step.role is self.role:
            own = self.known.setdefault(step.key, {})
            for path, value in self.expecting(step).items():
                own[path] = Expectation(step, step.model.written[path], value)

    def _forget_updated(self, step: Step) -> None:
        """Expect nothing any more of what an update writes, or may move."""
        assert step.key is not None
        known = self.known.get(step.key, {})
        for path in list(known):
            if step.model.is_composed or is_spoken_of(step, path):
                del known[path]


def _is_understood(step: Step) -> bool:
    """Return whether it is known what the step writes: at once, and members by their names."""
    if step.role is Role.DELETE:
        return True
    is_later = step.outcome is Outcome.LATER and step.role is not Role.CREATE
    return not is_later and isinstance(step.model.body_sent(step.exchange.case), Mapping)


def is_spoken_of(step: Step, path: str) -> bool:
    """Return whether the body names the member at *path*, or says what is around it is null."""
    body = step.model.body_sent(step.exchange.case)
    if paths.value_at(body, path) is not ABSENT:
        return True
    return any(paths.value_at(body, holder) is None for holder in paths.around(path))


def members_sent(step: Step) -> dict[str, Any]:
    """Return the values that the request gives to members that it may write, by their paths."""
    body = step.model.body_sent(step.exchange.case)
    found: dict[str, Any] = {}
    for path in step.model.written:
        value = paths.value_at(body, path)
        if value is not ABSENT and not is_hidden(value):
            found[path] = value
    return found


def defaults_unsent(step: Step) -> dict[str, Any]:
    """Return the documented defaults of the members that the request left out, by their paths.

    A member of an object that was left out, too, has none.
    """
    body = step.model.body_sent(step.exchange.case)
    found: dict[str, Any] = {}
    for path, member in step.model.written.items():
        holder = paths.parent_path(path)
        is_around = not holder or isinstance(paths.value_at(body, holder), Mapping)
        if "default" in member.schema and is_around and paths.value_at(body, path) is ABSENT:
            found[path] = member.schema["default"]
    return found


# --- what was sent is what is shown ------------------------------------------------------------


def judge_sent(life: Life, role: Role, *, in_own_answer: bool) -> Iterator[Evidence]:
    """Judge that answers show what the writes in *role* sent, to the character.

    With *in_own_answer* that of the write counts, too. What the answer to a write itself showed
    otherwise is told once, and not again for each read that agrees with it.
    """
    roles = SAFE_ROLES | {role} if in_own_answer else SAFE_ROLES
    for step, shown, own in _answers_expected(life, Expectations(role, members_sent)):
        if step.role in roles:
            looked = [_look_at_sent(shown, one, life.ever_shown) for one in own]
            yield from evidence_of(step, looked)
        _note_own_answer(step, shown, own)


def judge_created(life: Life) -> Iterator[Evidence]:
    """Judge that what is created shows what was sent for it, and nothing that was for another."""
    yield from judge_sent(life, Role.CREATE, in_own_answer=True)
    yield from _leaks_of_creates(life)


def _leaks_of_creates(life: Life) -> Iterator[Evidence]:
    """Find what answers about a new one show that nobody sent for it, and a write did for another.

    That may be there still, or be gone: what was deleted leaves nothing behind. A value that is
    usual where nothing is sent is told from that by a create before both, which left it out and did
    not show it.
    """
    sent: dict[str, dict[str, Step]] = {}  # by path and value, as JSON: who sent it
    without: dict[str, list[Any]] = {}  # by path: what was shown where it was not sent
    unchanged = Unchanged()
    own_id = id_name(life.resource)  # which is sent for no other, and is again under its key
    for step in life.own_steps:
        unchanged.follow(step)
        if step.key is not None and unchanged.creates.get(step.key) is step:
            _note_unsent(step, without)
        for shown in step.shown:
            if shown.key in unchanged.creates:
                others = {path: known for path, known in sent.items() if path != own_id}
                yield from _look_for_leak(step, shown, unchanged.creates[shown.key], others)
        if step.may_have_written and step.outcome is not Outcome.DOUBTFUL:
            _note_sent(step, without, sent)


@dataclass
class Unchanged:
    """What is as its create has made it, as a life goes by: by key, the create.

    One that was accepted under an id that is taken has made nothing that anybody knows.
    """

    creates: dict[Key, Step] = field(default_factory=dict)
    _there: set[Key] = field(default_factory=set)

    def follow(self, step: Step) -> None:
        """Take in what *step* wrote."""
        if step.key is None or not step.may_have_written:
            return
        was_there = step.key in self._there
        self.creates.pop(step.key, None)
        self._there.discard(step.key)
        if step.role is not Role.DELETE:
            self._there.add(step.key)
        if step.role is Role.CREATE and step.shown and not was_there:
            self.creates[step.key] = step


def _note_unsent(create: Step, without: dict[str, list[Any]]) -> None:
    """Note what the answer to *create* shows of members that it did not send."""
    own = members_sent(create)
    for path in create.model.written:
        if path not in own:
            without.setdefault(path, []).append(create.shown[0].value(path))


def _note_sent(
    step: Step, without: Mapping[str, list[Any]], sent: dict[str, dict[str, Step]]
) -> None:
    """Note the telling values that *step* sends, of members that are shown without, too."""
    for path, value in members_sent(step).items():
        if path in without and is_telling(value) and value not in without[path]:
            sent.setdefault(path, {})[_as_json(value)] = step


def _look_for_leak(
    step: Step, shown: Shown, create: Step, sent: Mapping[str, Mapping[str, Step]]
) -> Iterator[Evidence]:
    """Find a value in what is *shown* of one that its *create* did not send, and another had."""
    own = members_sent(create)
    for path in create.model.written:
        came = shown.value(path)
        if path in own or not is_telling(came):
            continue
        writer = sent.get(path, {}).get(_as_json(came))
        if writer is not None:
            kind, told = FindingKind.SHOWS_ANOTHERS, writer.told_with_id
            finding = Finding(kind, step.status, path, observed=quoted(came), request=told)
            yield Evidence(step.exchange, finding)


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def is_telling(value: Any) -> bool:
    """Return whether *value* is a text that hardly two would choose, or a list of such."""
    if isinstance(value, list):
        return bool(value) and all(map(is_telling, value))
    return isinstance(value, str) and len(value) >= SHORTEST_TELLING


def judge_ever_shown(life: Life) -> Iterator[Evidence]:
    """Judge that what a create sent is shown by each operation whose answers have a place for it.

    A list may show less. A member that an operation never shows may be one that it leaves out for
    reasons of its own: the document only says that it can be there.
    """
    for step, shown, own in _answers_expected(life, Expectations(Role.CREATE, members_sent)):
        if step.role is Role.LIST or shown.model.is_composed:
            continue
        looked = [_look_if_shown(shown, one, life.ever_shown) for one in own]
        yield from evidence_of(step, looked)


def _look_if_shown(
    shown: Shown, expected: Expectation, ever_shown: frozenset[tuple[str, str]]
) -> Finding | Looked:
    path, sent = expected.member.path, expected.value
    if is_nothing(sent) or not _is_comparable(shown.model, expected.member, sent):
        return NOTHING
    if (shown.model.teller, path) in ever_shown:
        return KEPT
    status, request = shown.exchange.status, expected.writer.told_with_id
    return Finding(FindingKind.LIFE_VALUE_LOST, status, path, quoted(sent), request=request)


def judge_defaults(life: Life) -> Iterator[Evidence]:
    """Judge that answers show the documented default of what a create did not send.

    A service may leave out of its answers what was never set: that means the default, too.
    """
    for step, shown, own in _answers_expected(life, Expectations(Role.CREATE, defaults_unsent)):
        if step.role in SAFE_ROLES | {Role.CREATE}:
            yield from evidence_of(step, [_look_at_default(shown, one) for one in own])
        _note_own_answer(step, shown, own)


def evidence_of(step: Step, looked: Iterable[Finding | Looked]) -> Iterator[Evidence]:
    """Yield the evidence that several looks at one answer give: the first finding, if any."""
    seen = [one for one in looked if one is not NOTHING]
    findings = [one for one in seen if isinstance(one, Finding)]
    if findings:
        yield Evidence(step.exchange, findings[0])
    elif seen:
        yield Evidence(step.exchange)


def _answers_expected(
    life: Life, expected: Expectations
) -> Iterator[tuple[Step, Shown, list[Expectation]]]:
    """Yield each answer that shows a resource, with what is expected of it."""
    for step in life.steps:
        if step.owner != life.resource.name:
            if step.may_have_written:
                expected.known.clear()  # a parent may show its children
            continue
        expected.follow(step)
        for shown in step.shown:
            own = expected.known.get(shown.key, {})
            if own:
                yield step, shown, list(own.values())


def _note_own_answer(step: Step, shown: Shown, own: Sequence[Expectation]) -> None:
    for one in own:
        if one.writer is step:
            one.answered = shown.value(one.member.path)


def _look_at_sent(
    shown: Shown, expected: Expectation, ever_shown: frozenset[tuple[str, str]]
) -> Finding | Looked:
    path, sent = expected.member.path, expected.value
    if not _is_comparable(shown.model, expected.member, sent):
        return NOTHING
    came = paths.value_at(shown.item, path)
    status, request = shown.exchange.status, expected.writer.told_with_id
    if came is ABSENT:
        is_shown = (shown.model.teller, path) in ever_shown
        if not is_shown or sent in EMPTY or _is_left_out(shown.model, expected):
            return NOTHING
        kind = FindingKind.LIFE_VALUE_LOST
        return Finding(kind, status, path, quoted(sent), request=request)
    if is_hidden(came):
        return NOTHING
    if _is_as_sent(shown.model, expected, came):
        return KEPT
    if _was_told(shown, expected, came):
        return NOTHING
    kind = FindingKind.LIFE_VALUE_DIFFERS
    return Finding(kind, status, path, quoted(sent), quoted(came), request)


def _is_left_out(model: ItemModel, expected: Expectation) -> bool:
    """Return whether an answer may leave the member out: it need not be there, and without it the
    default holds (JSON Schema, Validation 9.2), which is what was sent.
    """
    answered = model.shown.get(expected.member.path)
    if answered is None or answered.required:
        return False
    return is_default({**expected.member.schema, **answered.schema}, expected.value)


def _is_comparable(model: ItemModel, member: Property, sent: Any) -> bool:
    """Return whether answers show the member as requests write it, and have a place for *sent*."""
    answered = model.shown.get(member.path)
    if not is_shown_alike(member, answered) or answered is None:
        return False
    is_allowed = value_reader(member.schema).is_allowed(sent)
    return not is_allowed or value_reader(answered.schema).is_allowed(sent)


def _is_as_sent(model: ItemModel, expected: Expectation, came: Any) -> bool:
    path, sent = expected.member.path, expected.value
    schema = {**model.schema_of(path), **expected.member.schema}
    if is_taken_over(schema, sent, came) or (sent in EMPTY and came in EMPTY):
        return True
    if sent is None and is_default(schema, came):
        return True  # null for a member that is never without a value
    if is_merged(expected.writer.model.operation, schema, sent, came):
        return expected.writer.role is Role.UPDATE
    return is_same_told(schema, sent, came)


def _was_told(shown: Shown, expected: Expectation, came: Any) -> bool:
    """Return whether the answer to the write itself already showed *came*."""
    answered = expected.answered
    if answered in EMPTY or expected.writer.exchange is shown.exchange:
        return False
    return is_same_told(shown.model.schema_of(expected.member.path), answered, came)


def _look_at_default(shown: Shown, expected: Expectation) -> Finding | Looked:
    path, default = expected.member.path, expected.value
    if not is_shown_alike(expected.member, shown.model.shown.get(path)):
        return NOTHING
    came = shown.value(path)
    if came is ABSENT or is_hidden(came):
        return NOTHING
    schema = {**shown.model.schema_of(path), **expected.member.schema}
    if is_same_told(schema, default, came) or is_taken_over(schema, default, came):
        return KEPT
    if _was_told(shown, expected, came):
        return NOTHING
    return Finding(
        FindingKind.DEFAULT_DIFFERS,
        shown.exchange.status,
        path,
        quoted(default),
        quoted(came),
        expected.writer.told_with_id,
    )


# --- what a replace leaves out -----------------------------------------------------------------


def judge_left_out(life: Life) -> Iterator[Evidence]:
    """Judge that what a replace leaves out is gone, null, or its default (RFC 9110 9.3.4).

    A default that the document does not tell shows where nobody ever sent the member. What only the
    service writes stays: the id, the time of creation, and what it has put into a map.
    """
    yield from _judge_kept_by_replace(life)
    usual = _values_unsent(life)
    latest: dict[Key, Shown] = {}
    pending: dict[Key, _LeftOut] = {}
    entries_sent: dict[Key, set[tuple[str, str]]] = {}
    for step in life.own_steps:
        if step.key is not None and step.may_have_written:
            pending.pop(step.key, None)
            before = latest.pop(step.key, None)
            ever_sent = entries_sent.setdefault(step.key, set())
            if before is not None and _is_replaced(step):
                members = _left_out(step, before, id_name(life.resource))
                entries = _entries_left_out(step, before, ever_sent)
                pending[step.key] = _LeftOut(step, members, entries)
            ever_sent |= _entries_sent(step)
        for shown in step.shown:
            if shown.key in pending:
                yield from evidence_of(step, pending[shown.key].looked_at(shown, usual))
            # What shows most of it, not what a list may leave out.
            if step.role is not Role.LIST or shown.key not in latest:
                latest[shown.key] = shown


def _judge_kept_by_replace(life: Life) -> Iterator[Evidence]:
    for pair in pairs_of_one_operation(life):
        writes = pair.writes_to_it
        are_replaced = bool(writes) and all(map(_is_replaced, writes))
        # What the answer of a write shows, that write may have done.
        if not are_replaced or pair.has_foreign_writes or not pair.step.is_safe:
            continue
        model = pair.after.model
        kept = {id_name(life.resource), model.created, *model.fixed} - {""}
        changed = changes_between(pair.before, pair.after, kept - set(writes[-1].model.written))
        if changed:
            yield Evidence(pair.step.exchange, finding_on_change(pair, changed, writes))


def _is_replaced(step: Step) -> bool:
    is_done = step.role is Role.REPLACE and step.outcome is Outcome.DONE
    return is_done and _is_understood(step)


def _left_out(step: Step, before: Shown, id_path: str) -> dict[str, Any]:
    """Return what was there of the members that a replace could write and did not, by path."""
    found: dict[str, Any] = {}
    for path in step.model.written:
        was = before.value(path)
        is_left = not is_spoken_of(step, path) and path != id_path
        if is_left and not is_nothing(was) and not is_hidden(was):
            found[path] = was
    return found


@dataclass
class _LeftOut:
    """What was there of what a replace has left out: members by path, and entries of maps.

    ``entries`` have the path of the map and the name, and the value that was there.
    """

    writer: Step
    members: dict[str, Any]
    entries: dict[tuple[str, str], Any]

    def looked_at(self, shown: Shown, usual: Mapping[str, list[Any]]) -> Iterator[Finding | Looked]:
        """Yield what is *shown* of each of them; *usual* is what is there where nobody sent it."""
        for path in self.members:
            yield _look_at_left_out(shown, self.writer, self.members, path, usual)
        for (path, name), was in self.entries.items():
            yield _look_at_entry(shown, self.writer, path, name, was)


def _entries_sent(step: Step) -> set[tuple[str, str]]:
    """Return the entries that a write puts into maps, each as the path of the map and a name."""
    body = step.model.body_sent(step.exchange.case)
    found: set[tuple[str, str]] = set()
    for path, member in step.model.written.items():
        value = paths.value_at(body, path)
        if isinstance(value, Mapping):
            declared = member.schema.get("properties") or {}
            found |= {(path, str(name)) for name in value if name not in declared}
    return found


def _entries_left_out(
    step: Step, before: Shown, ever_sent: set[tuple[str, str]]
) -> dict[tuple[str, str], Any]:
    """Return what was there of the entries that writes put into maps which a replace has without.

    What else is there may be the service's own.
    """
    found: dict[tuple[str, str], Any] = {}
    replaced = _entries_sent(step)
    maps = {path for path, _ in replaced}
    for path, name in ever_sent - replaced:
        was = before.value(path)
        if path in maps and isinstance(was, Mapping) and name in was:
            found[path, name] = was[name]
    return found


def _look_at_entry(shown: Shown, writer: Step, path: str, name: str, was: Any) -> Finding | Looked:
    now = shown.value(path)
    if not isinstance(now, Mapping):
        return NOTHING
    if name not in now or now[name] != was:
        return KEPT
    return Finding(
        FindingKind.LEFT_OUT_STAYED,
        shown.exchange.status,
        paths.member_path(path, name),
        observed=quoted(was),
        request=writer.told_as,
    )


def _values_unsent(life: Life) -> dict[str, list[Any]]:
    """Return what answers to creates show of members that were not sent, by path."""
    found: dict[str, list[Any]] = {}
    for step in life.own_steps:
        if step.role is not Role.CREATE:
            continue
        for shown in step.shown:
            unsent = [path for path in shown.model.shown if not is_spoken_of(step, path)]
            for path in unsent:
                found.setdefault(path, []).append(shown.value(path))
    return found


def _look_at_left_out(
    shown: Shown, writer: Step, left: Mapping[str, Any], path: str, usual: Mapping[str, list[Any]]
) -> Finding | Looked:
    member = writer.model.written[path]
    if not is_shown_alike(member, shown.model.shown.get(path)):
        return NOTHING
    schema = {**shown.model.schema_of(path), **member.schema}
    now = shown.value(path)
    if not is_same_told(schema, left[path], now):
        return KEPT
    if is_default(schema, now) or any(
        is_same_told(schema, one, now) for one in usual.get(path, ())
    ):
        return NOTHING
    return Finding(
        FindingKind.LEFT_OUT_STAYED,
        shown.exchange.status,
        path,
        observed=quoted(now),
        request=writer.told_as,
    )


# --- what an update does not send --------------------------------------------------------------


def judge_updated(life: Life) -> Iterator[Evidence]:
    """Judge that reads show what an update sent, and all else as it was before it."""
    yield from judge_sent(life, Role.UPDATE, in_own_answer=False)
    for pair in pairs_of_one_operation(life):
        updates = pair.writes_to_it
        is_plain = all(map(_leaves_rest, updates)) and not pair.has_foreign_writes
        if not updates or not is_plain or not pair.step.is_safe:
            continue
        unsent = [path for path in life.held if not _is_spoken_of_by_any(updates, path)]
        changed = changes_between(pair.before, pair.after, unsent)
        yield Evidence(pair.step.exchange, finding_on_change(pair, changed, updates))


def _leaves_rest(step: Step) -> bool:
    """Return whether the step is an update that leaves alone what it does not name."""
    is_done = step.role is Role.UPDATE and step.outcome is Outcome.DONE
    return is_done and _is_understood(step) and not step.model.is_composed


def _is_spoken_of_by_any(updates: Sequence[Step], path: str) -> bool:
    return any(is_spoken_of(update, path) for update in updates)
