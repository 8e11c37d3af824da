"""Does a PATCH mean what it says? State is followed from exchange to exchange, pair by pair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.clauses import timestamps
from pytest_confluent_contracts.clauses.notation import is_default, is_same_value, is_taken_over
from pytest_confluent_contracts.clauses.reading import (
    EVERY,
    KEPT,
    NO_200,
    NOTHING,
    Looked,
    ValueReader,
    each,
    look_for_leaks,
    quote_value,
    unless_answered,
    url_parts,
)
from pytest_confluent_contracts.clauses.update_state import (
    EMPTY,
    QUOTED,
    ResourceModel,
    called_immutable,
    changed_members,
    finding_on_first_change,
    is_same_state,
    is_wrongly_accepted,
    may_keep_unsent,
    merged_value,
    pairs_of_answers,
    shows_resource,
    speaks_of,
    told_under,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)
from pytest_confluent_contracts.model.documents import (
    COMPOSING,
    COUNTING,
    deep_members,
    types_allowed,
)
from pytest_confluent_contracts.model.media_types import FORMS, BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.serialisation import plain_values
from pytest_confluent_contracts.model.traffic import REDACTED, Probe, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.update_state import AnswerPair, Changes
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.promises import Identity
    from pytest_confluent_contracts.model.traffic import Exchange

PARTS_OF_ADDRESS = re.compile(r"[/?&=;,#]")  # what stands between its parts


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what an update must change, must leave alone, and must never show.

    What PUT leaves out, it may remove (RFC 9110 9.3.4). A safe method changes nothing, and has only
    what every answer about the resource owes.
    """
    content = operation.success_content
    if content is None:
        return
    model = ResourceModel.of(operation, content)
    if operation.makes_or_ends:
        # Each request is about another resource: what becomes of one is a matter of its life.
        yield from _sent_is_returned(operation, model)
        yield from _secrets(operation)
        return
    if not operation.is_safe:
        yield from _sent_is_returned(operation, model)
        if operation.method == "PUT":
            yield from _replaced(operation, model)
        else:
            yield from _unchanged(operation, model)
        yield from _immutable(operation, model)
    yield from _identity(operation)
    yield from _secrets(operation)
    yield from timestamps.derive(operation, model)


# --- what was sent comes back ------------------------------------------------------------------


def _sent_is_returned(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    writable = [one for one in operation.request_members if one.path in model.writable]
    scope, _ = told_under(operation)
    level = _level_of_returning(operation)
    for members in deep_members(writable).values():
        yield _all_returned(model, members)
    for member in writable:
        path = member.path
        if member.is_deep:
            continue
        yield Clause(
            id=f"{scope}/sent-is-returned/{path}",
            family=Family.UPDATE,
            level=level,
            place=member.place,
            promise=f"{path} in the answer equals the value sent, to the character",
            judge=_judge_returned(model, member),
            explain=unless_answered(MissingKind.NOT_RETURNED_AFTER_SENDING, path),
            needs=EVERY,
            stateful=True,
        )


def _level_of_returning(operation: Operation) -> Level:
    """Return how much it weighs that what *operation* was sent stands in its answer.

    What an action does nobody can tell: that it writes a member which its answer has, too, is
    inferred from the name. For example, a refund takes an ``amount`` and may answer what is left.
    """
    is_action = operation.makes_or_ends and operation.role is Role.ACTION
    return Level.SHOULD if is_action else Level.MUST


def is_merged(operation: Operation, schema: Mapping[str, Any], sent: Any, came: Any) -> bool:
    """Return whether *came* is what a merge patch makes of a member (RFC 7396 2).

    A map keeps what was not sent, and what null removed may show its default again. Without one,
    an object whose members hang on one another may be merged or replaced. A form has no null: its
    empty text says that nothing is there.
    """
    kind = operation.request.kind if operation.request else BodyKind.JSON
    if kind in FORMS and sent == "":
        return came in EMPTY
    is_patch = kind is BodyKind.MERGE_PATCH
    if not is_patch and COMPOSING.isdisjoint(schema):
        return False
    if sent is None:
        return is_patch and "default" in schema and is_same_value(schema, schema["default"], came)
    if not isinstance(sent, Mapping):
        return False
    named = _names_in(schema)
    declared = {name: value for name, value in sent.items() if name in named or not named}
    return bool(merged_value(came, declared) == came)


def _names_in(schema: Mapping[str, Any]) -> set[str]:
    """Return the members that *schema* names, its branches too; what has no name may be dropped."""
    names = set(schema.get("properties") or ())
    for key in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(key) or ():
            if isinstance(branch, Mapping):
                names |= _names_in(branch)
    for key in ("then", "else"):
        if isinstance(schema.get(key), Mapping):
            names |= _names_in(schema[key])
    return names


def _all_returned(model: ResourceModel, members: Sequence[Property]) -> Clause:
    """Return the clause on all *members* of one schema object that stands deep in a body."""
    first = members[0]
    judges = [_judge_returned(model, member) for member in members]

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for judge_one in judges:
            yield from judge_one(exchanges)

    holder = first.schema_object
    return Clause(
        id=f"{told_under(model.operation)[0]}/sent-is-returned/{first.clause_name}",
        family=Family.UPDATE,
        level=_level_of_returning(model.operation),
        place=first.place,
        promise=f"each member of {holder} in the answer equals the value sent, to the character",
        judge=judge,
        explain=unless_answered(MissingKind.NOT_RETURNED_AFTER_SENDING, holder),
        needs=EVERY,
        stateful=True,
    )


def _judge_returned(model: ResourceModel, member: Property) -> Judge:
    """Judge that an accepted value of *member* stands in the answer as it was sent.

    For example, ``"name": "a "`` may not come back as ``"a"``, nor ``1`` as ``true``. ``""`` may be
    left out of the answer, and a time be told in another zone. What a body that breaks the schema
    had in it, nobody need give back: that it was accepted is told by itself.
    """
    path, operation = member.path, model.operation
    schema = {**model.schemas[path], **member.schema}
    may_send, may_show = ValueReader(member.schema), ValueReader(model.schemas[path])

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        is_ever_shown = any(_shows(exchange, path) for exchange in exchanges)
        for exchange in model.own_exchanges(exchanges):
            sent = paths.value_at(exchange.case.value, path)
            if sent is ABSENT or not _shows_resource(exchange):
                continue
            if may_send.is_allowed(sent) and not may_show.is_allowed(sent):
                continue  # the answer's own schema has no place for it
            came = paths.value_at(exchange.json, path)
            if came is not ABSENT:
                is_returned = is_taken_over(schema, sent, came) or is_merged(
                    operation, schema, sent, came
                )
                finding = None if is_returned else _changed_value(exchange, path, sent, came)
                yield Evidence(exchange, finding)
            # An optional member that is empty, or has its default, may be left out, and one that
            # never comes is not shown at all.
            elif is_ever_shown and sent not in EMPTY and not is_default(schema, sent):
                expected = quote_value(sent, QUOTED)
                finding = Finding(FindingKind.VALUE_LOST, exchange.status, path, expected)
                yield Evidence(exchange, finding)

    return judge


def _shows_resource(exchange: Exchange) -> bool:
    return shows_resource(exchange) and not is_wrongly_accepted(exchange)


def _shows(exchange: Exchange, path: str) -> bool:
    return shows_resource(exchange) and paths.value_at(exchange.json, path) not in EMPTY


def _changed_value(exchange: Exchange, path: str, sent: Any, came: Any) -> Finding:
    return Finding(
        FindingKind.VALUE_CHANGED,
        exchange.status,
        path,
        expected=quote_value(sent, QUOTED),
        observed=quote_value(came, QUOTED),
    )


# --- what was not sent stays -------------------------------------------------------------------


def _unchanged(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    yield Clause(
        id="update/omitted-unchanged",
        family=Family.UPDATE,
        place=operation.place,
        promise="what was not sent does not change",
        judge=_judge_omitted(model, empty=False),
        explain=unless_answered(MissingKind.NOT_COMPARED),
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
            judge=_judge_omitted(model, empty=True),
            explain=unless_answered(MissingKind.NO_EMPTY_UPDATE),
            needs=EVERY,
            stateful=True,
        )
    yield _refused_unchanged(operation, _judge_refused(model))
    yield _idempotent(operation, model)


def _replaced(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    if operation.role is Role.REPLACE and _members_told_by_text(operation, model):
        yield Clause(
            id="update/left-out-is-dropped",
            family=Family.UPDATE,
            place=operation.place,
            promise="what a replace leaves out is gone, null, or its default",
            judge=_judge_left_out(model, _members_told_by_text(operation, model)),
            explain=unless_answered(MissingKind.NOTHING_LEFT_OUT),
            needs=EVERY,
            stateful=True,
        )
    yield _refused_unchanged(operation, _judge_refused_value(model))
    yield _idempotent(operation, model)


def _refused_unchanged(operation: Operation, judge: Judge) -> Clause:
    return Clause(
        id="update/refused-unchanged",
        family=Family.UPDATE,
        place=operation.place,
        promise="a refused request changes nothing",
        judge=judge,
        explain=unless_answered(MissingKind.NOTHING_AFTER_REFUSAL),
        needs=EVERY | {Probe.THROTTLE},
        stateful=True,
    )


def _idempotent(operation: Operation, model: ResourceModel) -> Clause:
    return Clause(
        id="update/idempotent",
        family=Family.UPDATE,
        place=operation.place,
        promise="the same update twice gives the same resource",
        judge=_judge_repeated(model),
        explain=unless_answered(MissingKind.NO_UPDATE_TWICE),
        needs=EVERY,
        stateful=True,
    )


def _is_empty(exchange: Exchange, model: ResourceModel) -> bool:
    """Return whether the request names no member that an update can write, and no frozen one."""
    named = (*model.writable, *model.frozen)
    return all(paths.value_at(exchange.case.value, path) is ABSENT for path in named)


def _unsent_changes(pair: AnswerPair, model: ResourceModel) -> dict[str, tuple[Any, Any]]:
    """Return what differs between both answers though the second request did not send it."""
    if not may_keep_unsent(pair, model):
        return {}
    sent = pair.after.case.value
    # Few members changed, and whether the request speaks of one takes longer to say.
    changed = changed_members(pair, model, model.state_shown(pair.after))
    return {
        path: values
        for path, values in changed.items()
        if path != model.created and not speaks_of(sent, path, model)
    }


def _attributed_changes(
    pair: AnswerPair, model: ResourceModel, elsewhere: Mapping[str, list[Any]]
) -> tuple[dict[str, tuple[Any, Any]], dict[str, tuple[Any, Any]]]:
    """Split the changes of a pair into those of the second request, and those of refused ones.

    A member that changes without any refused request in between, too (*elsewhere*), is only blamed
    on one whose value came out. For example, a counter that grows with every answer is no fault of
    a 422; a name that is now the one of the 422's body is. What an accepted request alone changed
    to the same value, as a default does that is written over what was there, is its own doing.
    """
    changed = _unsent_changes(pair, model)
    own: dict[str, tuple[Any, Any]] = {}
    by_refused: dict[str, tuple[Any, Any]] = {}
    for path, (was, now) in changed.items():
        is_blamed = path not in elsewhere or any(_sends(model, e, path, now) for e in pair.refused)
        is_own_doing = now in elsewhere.get(path, ())
        if pair.refused and is_blamed and not is_own_doing:
            by_refused[path] = (was, now)
        else:
            own[path] = (was, now)
    return own, by_refused


def _sends(model: ResourceModel, exchange: Exchange, path: str, value: Any) -> bool:
    sent = paths.value_at(exchange.case.value, path)
    return is_same_state(model.schemas[path], sent, value)


def _changed_without_refusal(
    model: ResourceModel, exchanges: Sequence[Exchange]
) -> dict[str, list[Any]]:
    """Return what members became though nobody sent them and nothing was refused in between."""
    found: dict[str, list[Any]] = {}
    for pair in pairs_of_answers(model, exchanges):
        if pair.refused:
            continue
        for path, (_, now) in _unsent_changes(pair, model).items():
            found.setdefault(path, []).append(now)
    return found


def _judge_omitted(model: ResourceModel, *, empty: bool) -> Judge:
    """Judge what an update changed that it did not send: an *empty* one, or any other.

    For example, ``{"name": "b"}`` that is answered with another ``description`` than the answer
    before it is wrong, unless a refused request in between is to blame.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs_of_answers(model, exchanges):
            if _is_empty(pair.after, model) is not empty:
                continue
            own, by_refused = _attributed_changes(pair, model, elsewhere)
            own = own or _entries_changed(pair, model)
            if own or not by_refused:
                status = pair.after.status
                finding = finding_on_first_change(FindingKind.CHANGED_UNSENT, status, own)
                yield Evidence(pair.after, finding)

    return judge


def _entries_changed(pair: AnswerPair, model: ResourceModel) -> dict[str, tuple[Any, Any]]:
    """Return what a merge patch changed of a map beside the entries that it sent (RFC 7396 2).

    For example, ``{"labels": {"b": "2"}}`` that is answered with these labels alone, where there
    was an ``a`` before. Of another patch nobody knows whether it writes a map anew.
    """
    request = model.operation.request
    if request is None or request.kind is not BodyKind.MERGE_PATCH or pair.refused:
        return {}
    changed: dict[str, tuple[Any, Any]] = {}
    for path in model.writable:
        schema = model.schemas[path]
        sent = paths.value_at(pair.after.case.value, path)
        was, now = (paths.value_at(one.json, path) for one in (pair.before, pair.after))
        is_map = isinstance(schema.get("additionalProperties"), Mapping)
        if not is_map or not (COMPOSING - COUNTING).isdisjoint(schema):
            continue
        if isinstance(sent, Mapping) and isinstance(was, Mapping) and isinstance(now, Mapping):
            for name in sorted(was.keys() - sent.keys()):
                entry = was[name], now.get(name, ABSENT)
                if not is_same_value(schema["additionalProperties"], *entry):
                    changed[paths.member_path(path, name)] = entry
    return changed


def _judge_refused(model: ResourceModel) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        elsewhere = _changed_without_refusal(model, exchanges)
        for pair in pairs_of_answers(model, exchanges):
            if not pair.refused:
                continue
            _, changed = _attributed_changes(pair, model, elsewhere)
            culprit = _culprit(model, pair, changed)
            finding = finding_on_first_change(
                FindingKind.CHANGED_BY_REFUSED, culprit.status, changed
            )
            yield Evidence(culprit, finding)

    return judge


def _judge_refused_value(model: ResourceModel) -> Judge:
    """Judge that no refused replacement's value stands in what the next one left out.

    What that may be is the service's: nothing, its default, what was there. So only a text counts,
    one of many, that never stood there before without a refusal. For example, ``{"name": "a",
    "note": "x"}`` that is refused, and after it ``{"name": "b"}`` answered with the note ``x``.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        usual: dict[str, list[Any]] = {}
        for pair in pairs_of_answers(model, exchanges):
            unsent = _shown_unsent(pair, model)
            if not pair.refused:
                for path, now in unsent.items():
                    usual.setdefault(path, []).append(now)
                continue
            was = model.state_shown(pair.before)
            changed: dict[str, tuple[Any, Any]] = {}
            for path, now in unsent.items():
                is_usual = now in usual.get(path, ()) or is_same_value(
                    model.schemas[path], was[path], now
                )
                if not is_usual and any(_sends(model, one, path, now) for one in pair.refused):
                    changed[path] = (was[path], now)
            culprit = _culprit(model, pair, changed)
            kind, status = FindingKind.CHANGED_BY_REFUSED, culprit.status
            yield Evidence(culprit, finding_on_first_change(kind, status, changed))

    return judge


def _members_told_by_text(operation: Operation, model: ResourceModel) -> list[Property]:
    """Return the optional members of which a text tells who wrote it.

    A number, or one value of a few, may be the default that the service has and nobody documents.
    A merge patch keeps what it leaves out, by whichever method it comes (RFC 7396 2).
    """
    if operation.request is None or operation.request.kind is BodyKind.MERGE_PATCH:
        return []
    found: list[Property] = []
    for member in operation.request_members:
        schema = {**model.schemas.get(member.path, {}), **member.schema}
        is_text = "string" in types_allowed(schema) and "enum" not in schema
        if member.path in model.writable and is_text and not member.required:
            found.append(member)
    return found


def _judge_left_out(model: ResourceModel, members: Sequence[Property]) -> Judge:
    """Judge that no text which an earlier request wrote is still there once it is left out.

    RFC 9110 9.3.4: what a PUT sends is what the resource is afterwards. For example,
    ``{"name": "a", "note": "x"}`` and then ``{"name": "b"}`` that is answered with the note ``x``.
    What stands there without anybody's doing is the service's own default.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        pairs = [pair for pair in pairs_of_answers(model, exchanges) if not pair.refused]
        defaults: dict[str, list[Any]] = {}
        for pair in pairs:
            _note_defaults(pair, model, members, defaults)
        for pair in pairs:
            looked = [_look_at_left_out(pair, model, one, defaults) for one in members]
            seen = [one for one in looked if one is not NOTHING]
            findings = [one for one in seen if isinstance(one, Finding)]
            if seen:
                yield Evidence(pair.after, findings[0] if findings else None)

    return judge


def _note_defaults(
    pair: AnswerPair, model: ResourceModel, members: Sequence[Property], found: dict[str, list[Any]]
) -> None:
    """Note in *found* what became of members that were left out, where they are not as before."""
    for path in changed_members(pair, model, [one.path for one in members]):
        if not speaks_of(pair.after.case.value, path, model):
            found.setdefault(path, []).append(model.state_shown(pair.after)[path])


def _look_at_left_out(
    pair: AnswerPair, model: ResourceModel, member: Property, defaults: Mapping[str, list[Any]]
) -> Finding | Looked:
    """Return what the second answer shows of a *member* that the first request wrote."""
    path = member.path
    was, now = model.state_shown(pair.before)[path], model.state_shown(pair.after)[path]
    is_written = was not in EMPTY and paths.value_at(pair.before.case.value, path) == was
    if not is_written or speaks_of(pair.after.case.value, path, model):
        return NOTHING
    schema = {**model.schemas[path], **member.schema}
    if not is_same_state(schema, was, now):
        return KEPT
    if is_default(schema, now) or now in defaults.get(path, ()):
        return NOTHING
    case = pair.after.case
    told = f"{case.operation.method} {case.written_path}"
    observed = quote_value(now, QUOTED)
    kind = FindingKind.LEFT_OUT_STAYED
    return Finding(kind, pair.after.status, path, observed=observed, request=told)


def _shown_unsent(pair: AnswerPair, model: ResourceModel) -> dict[str, str]:
    """Return the texts that the second answer shows and its request did not send, by path."""
    found: dict[str, str] = {}
    for path, now in model.state_shown(pair.after).items():
        is_one_of_many = isinstance(now, str) and now and "enum" not in model.schemas[path]
        if is_one_of_many and not speaks_of(pair.after.case.value, path, model):
            found[path] = now
    return found


def _culprit(model: ResourceModel, pair: AnswerPair, changed: Changes) -> Exchange:
    """Return the refused request whose value came out, else the last one before the change."""
    for path, (_, now) in changed.items():
        for exchange in reversed(pair.refused):
            if now not in EMPTY and _sends(model, exchange, path, now):
                return exchange
    return pair.refused[-1]


def _judge_repeated(model: ResourceModel) -> Judge:
    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs_of_answers(model, exchanges):
            sent = pair.after.case
            if pair.refused or pair.before.case.key != sent.key:
                continue
            named = [
                path
                for path in model.state_shown(pair.before)
                if path != model.created and paths.value_at(sent.value, path) is not ABSENT
            ]
            changed = changed_members(pair, model, named)
            kind, status = FindingKind.CHANGED_BY_REPEATING, pair.after.status
            yield Evidence(pair.after, finding_on_first_change(kind, status, changed))

    return judge


# --- what no update writes ---------------------------------------------------------------------


def _immutable(operation: Operation, model: ResourceModel) -> Iterator[Clause]:
    still = called_immutable(operation)
    is_inferred = operation.promises.immutable.inferred
    for path in model.frozen:
        may_move = is_inferred and not paths.is_member_of_any(path, still)
        yield Clause(
            id=f"update/immutable/{path}",
            family=Family.UPDATE,
            place=operation.promises.immutable.place,
            promise=f"{path} stays as it is when another value is sent",
            judge=_judge_read_only(model, path) if may_move else _judge_frozen(model, path),
            explain=unless_answered(MissingKind.NOT_SHOWN_AROUND, path),
            needs=EVERY,
            stateful=True,
        )


def _judge_frozen(model: ResourceModel, path: str) -> Judge:
    leaves = [
        leaf for leaf in model.shown if paths.is_member_of(leaf, path) and leaf not in model.moving
    ]

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs_of_answers(model, exchanges):
            senders = [e for e in (*pair.refused, pair.after) if _writes(e, path)]
            if not senders:
                continue
            was, now = model.state_shown(pair.before), model.state_shown(pair.after)
            if all(was[leaf] is ABSENT and now[leaf] is ABSENT for leaf in leaves):
                continue
            changed = changed_members(pair, model, leaves)
            finding = finding_on_first_change(
                FindingKind.CHANGED_BY_SENDING, pair.after.status, changed
            )
            yield Evidence(senders[-1], finding)

    return judge


def _judge_read_only(model: ResourceModel, path: str) -> Judge:
    """Judge that a read-only member does not become what was sent for it.

    That it stays as it is nobody says: the service itself may write it whenever something changes.
    """
    leaves = [leaf for leaf in model.shown if paths.is_member_of(leaf, path)]

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for pair in pairs_of_answers(model, exchanges):
            senders = [e for e in (*pair.refused, pair.after) if _writes(e, path)]
            came = {leaf: paths.value_at(pair.after.json, leaf) for leaf in leaves}
            if not senders or all(value is ABSENT for value in came.values()):
                continue
            taken: dict[str, tuple[Any, Any]] = {}
            for leaf, now in came.items():
                was = paths.value_at(pair.before.json, leaf)
                is_sent = any(_sends(model, sender, leaf, now) for sender in senders)
                if is_sent and not is_same_state(model.schemas[leaf], was, now):
                    taken[leaf] = (was, now)
            kind, status = FindingKind.CHANGED_BY_SENDING, pair.after.status
            yield Evidence(senders[-1], finding_on_first_change(kind, status, taken))

    return judge


def _writes(exchange: Exchange, path: str) -> bool:
    return paths.value_at(exchange.case.value, path) not in (ABSENT, {})


# --- the resource itself -----------------------------------------------------------------------


def _identity(operation: Operation) -> Iterator[Clause]:
    promised = operation.promises.identity
    if promised is None or not promised.parameter:
        return
    yield _id_is_path_id(operation, promised)
    if promised.self_link:
        yield _self_addresses_resource(operation, promised)
    if promised.self_link and not promised.inferred:
        yield _self_has_request_path(operation, promised)


def _id_is_path_id(operation: Operation, promised: Identity) -> Clause:
    scope, family = told_under(operation)
    parameter, member = promised.parameter, promised.property
    documented = {one.path: one.schema for one in operation.answer_members}
    schema = documented.get(member, {})
    shown_as = int if schema.get("type") == "integer" else str
    is_uuid = schema.get("format") == "uuid"

    def look(exchange: Exchange) -> Finding | Looked:
        asked = dict(plain_values(operation, exchange.case.parameters)).get(parameter)
        came = paths.value_at(exchange.json, member)
        if isinstance(came, bool) or not isinstance(came, shown_as):
            return NOTHING
        # A UUID is the same in both cases (RFC 9562 4).
        if str(came) == asked or (is_uuid and str(came).lower() == str(asked).lower()):
            return KEPT
        return Finding(
            FindingKind.ID_DIFFERS,
            exchange.status,
            member,
            expected=quote_value(asked),
            observed=quote_value(came),
        )

    return Clause(
        id=f"{scope}/id-is-path-id",
        family=family,
        level=Level.SHOULD if promised.inferred else Level.MUST,
        place=promised.place,
        promise=f"{member} in the answer is the {parameter} in the path",
        judge=each(_names_resource, look),
        explain=unless_answered(MissingKind.NO_SUCH_MEMBER, member),
        needs=EVERY,
    )


def _names_resource(exchange: Exchange) -> bool:
    """Apply to answers of the 2xx class, but for an id that is the own one when normalised."""
    return shows_resource(exchange) and exchange.case.subject.kind is not SubjectKind.NORMALISED_ID


def _self_addresses_resource(operation: Operation, promised: Identity) -> Clause:
    scope, family = told_under(operation)
    parameter, member = promised.parameter, promised.self_link

    def look(exchange: Exchange) -> Finding | Looked:
        came = paths.value_at(exchange.json, member)
        id = dict(exchange.case.parameters).get(parameter)
        if not isinstance(came, str) or id is None:
            return NOTHING
        if _leads_to(came, id.replace(REDACTED, "redacted"), promised):
            return KEPT
        return Finding(
            FindingKind.SELF_LINK_OTHERS if promised.inferred else FindingKind.SELF_LINK_NAMELESS,
            exchange.status,
            member,
            expected=quote_value(id),
            observed=quote_value(came),
        )

    return Clause(
        id=f"{scope}/self-addresses-resource",
        family=family,
        level=Level.SHOULD if promised.inferred else Level.MUST,
        place=promised.place,
        promise=f"{member} is {_what_leads_there(parameter, promised)}",
        judge=each(_names_resource, look),
        explain=unless_answered(MissingKind.NO_SUCH_MEMBER, member),
        needs=EVERY,
    )


def _leads_to(address: str, id: str, promised: Identity) -> bool:
    """Return whether *address* is that of the one with this *id*, as far as it is *promised*.

    Where only the member's name tells that it is an address, it may be a relative one, and have the
    id in any part of it: ``/things?id=7``.
    """
    if promised.inferred:
        return id in [unquote(part) for part in PARTS_OF_ADDRESS.split(address)]
    parts = url_parts(address)
    return bool(parts.scheme) and id in [unquote(segment) for segment in parts.path.split("/")]


def _what_leads_there(parameter: str, promised: Identity) -> str:
    if promised.inferred:
        return f"an address with the {parameter} in it"
    return f"an absolute URI with the {parameter} as a segment of its path"


def _self_has_request_path(operation: Operation, promised: Identity) -> Clause:
    """Return the clause that `self` leads where the request went.

    That is inferred: the published words say no more than that it is the resource's address, and a
    vendor may have a newer path for it. A gateway may serve it below a prefix.
    """
    scope, family = told_under(operation)
    member = promised.self_link

    def look(exchange: Exchange) -> Finding | Looked:
        came = paths.value_at(exchange.json, member)
        if not isinstance(came, str):
            return NOTHING
        path = paths.filled_template(operation.path, exchange.case.parameters)
        addressed = unquote(url_parts(came).path).rstrip("/")
        if addressed.endswith(path.replace(REDACTED, "redacted")):
            return KEPT
        return Finding(
            FindingKind.SELF_LINK_DIFFERS,
            exchange.status,
            member,
            expected=path,
            observed=quote_value(came),
        )

    return Clause(
        id=f"{scope}/self-path-is-request-path",
        family=family,
        level=Level.SHOULD,
        place=promised.place,
        promise=f"the path of {member} is the path of the request",
        judge=each(_names_resource, look),
        explain=unless_answered(MissingKind.NO_SUCH_MEMBER, member),
        needs=EVERY,
    )


# --- what must never be shown ------------------------------------------------------------------


def _secrets(operation: Operation) -> Iterator[Clause]:
    scope, family = told_under(operation)
    yield Clause(
        id=f"{scope}/no-leak",
        family=family,
        place=operation.promises.secrets.place,
        promise="no credential and no secret of the request comes back, in the body or a header",
        judge=each(lambda exchange: 200 <= exchange.status < 400, look_for_leaks),
        explain=NO_200,
        needs=EVERY,
    )
    if operation.role is Role.CREATE:
        return
    create_only = operation.promises.create_only
    for path in create_only.paths:
        yield from _create_only(operation, path)


def _create_only(operation: Operation, path: str) -> Iterator[Clause]:
    (scope, family), place = told_under(operation), operation.promises.create_only.place

    def look_for_value(exchange: Exchange) -> Finding | Looked:
        shown = [value for _, value in paths.values_at(exchange.json, path)]  # a list has several
        if all(value in EMPTY for value in shown):
            return KEPT
        return Finding(FindingKind.SECRET_SHOWN, exchange.status, path)

    def look_for_empty_text(exchange: Exchange) -> Finding | Looked:
        if not any(value == "" for _, value in paths.values_at(exchange.json, path)):
            return KEPT
        return Finding(FindingKind.SECRET_EMPTY, exchange.status, path)

    def is_readable(exchange: Exchange) -> bool:
        return exchange.accepted and exchange.json is not ABSENT

    yield Clause(
        id=f"{scope}/create-only/{path}",
        family=family,
        place=place,
        promise=f"{path} is only sent by create",
        judge=each(is_readable, look_for_value),
        explain=NO_200,
        needs=EVERY,
    )
    yield Clause(
        id=f"{scope}/create-only/{path}/empty",
        family=family,
        level=Level.SHOULD,
        place=place,
        promise=f"{path} is left out, not sent empty",
        judge=each(is_readable, look_for_empty_text),
        explain=NO_200,
        needs=EVERY,
    )
