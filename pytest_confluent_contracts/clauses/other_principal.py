"""Is what one principal made kept from another: neither shown, listed, changed nor deleted?

Two lives are read from the same requests, that of the first principal and that of the second. It is
judged only where the second was let in somewhere: who is let in nowhere shows nothing of this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.challenges import tells_lack_of_scope
from pytest_confluent_contracts.clauses.lifecycle_lists import is_whole_list
from pytest_confluent_contracts.clauses.lifecycle_members import changes_between, quoted
from pytest_confluent_contracts.clauses.lifecycle_state import (
    CHANGING,
    CREATED,
    DONE_OR_LATER,
    LifeReader,
    id_asked_for,
    is_read_as_gone,
)
from pytest_confluent_contracts.clauses.refusals import NOT_FOUND, TURNING_AWAY
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
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Principal, Probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_members import ItemModel, Key, Shown
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Step
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange

PROMISES = {
    Role.READ: "what one principal made is not shown to another",
    Role.LIST: "a list shows nothing that another principal made",
    Role.CREATE: "nothing is made in what another principal made",
    Role.UPDATE: "no other principal changes what one has made",
    Role.REPLACE: "no other principal replaces what one has made",
    Role.DELETE: "no other principal deletes what one has made",
}
WRITING = frozenset({Role.DELETE, *CHANGING})
TELLING = 8  # characters from which on a text is nobody else's by chance


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what keeps the principals apart, where the run can make what is kept."""
    resource = operation.resource
    if resource is None or not _is_held_apart(operation, resource):
        return
    judge_two = partial(_judge, reader=LifeReader(resource), operation=operation)
    yield Clause(
        id="lifecycle/hidden-from-others",
        family=Family.LIFECYCLE,
        level=Level.MUST,
        place=operation.place,
        promise=PROMISES[operation.role],
        judge=judge_two,
        explain=partial(_why_missing, operation=operation),
        needs=frozenset({Probe.LIFE}),
        stateful=True,
    )


def _is_held_apart(operation: Operation, resource: Resource) -> bool:
    """Return whether the operation works on one of several that a create makes, for who is known.

    Not where the document says that it is for everybody.
    """
    role = operation.role
    if role not in PROMISES or operation.promises.shared is not None:
        return False
    if not operation.needs_credentials:
        return False
    if not resource.operation_id(Role.CREATE) or not resource.parameter:
        return False
    if operation.method == "HEAD":
        return operation.path == resource.item
    is_named = resource.operation_id(role) == operation.id
    return is_named and (role is not Role.CREATE or bool(resource.parent))


def _judge(
    exchanges: Sequence[Exchange], reader: LifeReader, operation: Operation
) -> Iterable[Evidence]:
    two = TwoPrincipals(tuple(exchanges), reader)
    found = [one for one in two.judge(operation) if not _is_only_for_scope(one)]
    if any(map(_lets_in, exchanges)):
        return found
    return [one for one in found if one.finding is not None]


# --- why nothing is shown -------------------------------------------------------------------------


def _why_missing(exchanges: Sequence[Exchange], operation: Operation) -> MissingEvidence:
    variables = variables_of_other(operation)
    theirs = [one for one in exchanges if one.case.principal is Principal.OTHER]
    if not theirs:
        return MissingEvidence(MissingKind.NO_OTHER_PRINCIPAL, variables)
    if any(map(_lacks_scope, theirs)):
        return MissingEvidence(MissingKind.OTHER_LACKS_SCOPE, variables)
    if any(map(_lets_in, theirs)):
        return MissingEvidence(MissingKind.NOT_ASKED_BY_OTHER)
    turning_away = operation.promises.refusals.unauthenticated or (401,)
    is_turned_away = all(one.status in turning_away for one in theirs)
    return MissingEvidence(MissingKind.OTHER_LET_IN_NOWHERE, variables, withheld=is_turned_away)


def variables_of_other(operation: Operation) -> str:
    """Return the variables that hold a second principal's credentials, by alternative."""
    told: list[str] = []
    for alternative in filter(None, operation.security):
        named = [variable for scheme in alternative for _, variable in scheme.other_variables]
        told.append(" and ".join(named))
    return ", or ".join(told)


def _is_only_for_scope(evidence: Evidence) -> bool:
    """Return whether a refusal shows nothing: it is that of a token that may not do such a thing.

    Whose the resource is then never mattered (RFC 6750 3.1).
    """
    exchange = evidence.exchange
    return evidence.finding is None and exchange is not None and _lacks_scope(exchange)


def _lacks_scope(exchange: Exchange) -> bool:
    """Return whether the second principal was refused for a scope that its token lacks."""
    field = ", ".join(exchange.header_values("WWW-Authenticate"))
    is_theirs = exchange.case.principal is Principal.OTHER
    return is_theirs and not exchange.accepted and tells_lack_of_scope(field)


def _lets_in(exchange: Exchange) -> bool:
    """Return whether the second principal was let in: with a list, or with one that it made."""
    is_theirs = exchange.case.principal is Principal.OTHER
    role = exchange.case.operation.role
    return is_theirs and exchange.accepted and role in (Role.LIST, Role.CREATE)


# --- two lives ------------------------------------------------------------------------------------


@dataclass
class TwoPrincipals:
    """What two principals made, saw and asked for, read from one row of *exchanges*.

    ``pending`` are writes of the second that were refused, by what they were about, until the first
    has looked whether they did anything; ``tried`` its creates in what is the first's.
    """

    exchanges: tuple[Exchange, ...]
    reader: LifeReader
    pending: dict[str, list[Exchange]] = field(default_factory=dict)
    seen: dict[tuple[Key, str], Shown] = field(default_factory=dict)
    tried: list[Exchange] = field(default_factory=list)

    @cached_property
    def first(self) -> Life:
        """Return the life as the first principal leads it."""
        return self.reader.read(self.exchanges)

    @cached_property
    def own(self) -> dict[Key, Step]:
        """Return what the first made: the creates, by key."""
        return _made_in(self.first)

    @cached_property
    def others(self) -> dict[Key, Step]:
        """Return what the second made of its own."""
        theirs = [one for one in self.exchanges if one.case.principal is Principal.OTHER]
        told = [one for one in theirs if one.case.expect is not Expect.HIDDEN]
        return _made_in(self.reader.read(list(map(_as_own, told))))

    @cached_property
    def older(self) -> frozenset[Key]:
        """Return the ids under which the second has something else, that it had before."""
        found: set[Key] = set()
        for one in self.exchanges:
            is_read = one.case.operation.role is Role.READ and one.accepted
            if is_read and one.case.principal is Principal.OTHER:
                key = self._key_asked_for(one)
                if self._shows_another_thing(one, self._maker_of(one, key)):
                    found.add(key)
        return frozenset(found)

    @cached_property
    def told_by_own(self) -> frozenset[str]:
        """Return texts that the first sent, and nobody else has without being told them."""
        sent: set[str] = set()
        named: set[str] = set()
        asked = {step.model.operation.key: step.model.operation for step in self.first.own_steps}
        for operation in asked.values():
            named |= set(_texts_named_by(operation))
        for step in self._writes:
            sent |= set(_telling_texts(step.model, step.exchange))
        return frozenset(sent - named)

    @property
    def _writes(self) -> Iterator[Step]:
        for step in self.first.own_steps:
            if step.role is Role.CREATE or step.role in CHANGING:
                yield step

    @cached_property
    def told_by_others(self) -> str:
        """Return all that the second sent, in a row."""
        parts: list[str] = []
        for one in self.exchanges:
            if one.case.principal is Principal.OTHER:
                parts.append(one.url)
                parts.append(json.dumps(_sent_value(one), ensure_ascii=False))
        return "\n".join(parts)

    # --- judging ----------------------------------------------------------------------------------

    def judge(self, operation: Operation) -> Iterator[Evidence]:
        """Judge what bears on *operation*, in the order in which it came."""
        steps = {step.exchange.serial: step for step in self.first.own_steps}
        for exchange in self.exchanges:
            case = exchange.case
            is_judged = case.operation.key == operation.key
            if is_judged and case.is_between_principals:
                yield from self._look_at_asked(exchange)
            step = steps.get(exchange.serial)
            if step is not None and not case.is_between_principals:
                if is_judged and step.role is Role.LIST:
                    yield from self._look_at_list(step.exchange, self.others, step.shown)
                yield from self._look_after_write(step)
        for left in self.pending.values():
            yield from map(Evidence, left)
        self.pending.clear()

    def _look_at_asked(self, exchange: Exchange) -> Iterator[Evidence]:
        """Judge a request for what the other made."""
        if exchange.throttled or exchange.failure or exchange.superseded:
            return
        if exchange.case.operation.role is Role.LIST:
            yield from self._look_at_their_list(exchange)
        elif exchange.case.expect is Expect.HIDDEN:
            yield from self._look_at_one(exchange)

    def _look_at_their_list(self, exchange: Exchange) -> Iterator[Evidence]:
        if not exchange.accepted:
            yield Evidence(exchange, self._finding_on_refusal(exchange))
            return
        life = self.reader.read([_as_own(exchange)])
        shown = [one for step in life.steps for one in step.shown]
        yield from self._look_at_list(exchange, self.own, shown)

    def _look_at_list(
        self, exchange: Exchange, hidden: Mapping[Key, Step], shown: Iterable[Shown]
    ) -> Iterator[Evidence]:
        """Judge that a list *shown* to one has nothing that the other made."""
        is_theirs = exchange.case.principal is Principal.OTHER
        if not is_theirs and not hidden:
            return
        finding: Finding | None = None
        for one in shown:
            maker = _maker_in(hidden, one.key)
            is_both = one.key in self.own and one.key in self.others
            if maker is None or is_both or _is_another_thing(one.item, maker):
                continue
            # What lies in a parent of its own is another's only where it shows what that one sent.
            if one.key not in hidden and not _shows_what_was_sent(one.item, maker):
                continue
            finding = Finding(
                FindingKind.LISTED_TO_OTHER,
                exchange.status,
                observed=quoted(one.key[-1]),
                request=maker.told_as,
            )
        if finding is None and is_theirs:
            finding = self._finding_on_values(exchange)
        yield Evidence(exchange, finding)

    def _look_at_one(self, exchange: Exchange) -> Iterator[Evidence]:
        role = exchange.case.operation.role
        key = self._key_asked_for(exchange)
        if (key in self.own and key in self.others) or key in self.older:
            return  # each principal has names of its own
        if exchange.accepted:
            yield from self._look_at_accepted(exchange, key)
            return
        finding = self._finding_on_refusal(exchange)
        if finding is None and role is Role.CREATE:
            self.tried.append(exchange)
        if finding is None and role in WRITING and key:
            self.pending.setdefault(key[-1], []).append(exchange)
            return
        yield Evidence(exchange, finding)

    def _look_at_accepted(self, exchange: Exchange, key: Key) -> Iterator[Evidence]:
        """Judge what was answered with 2xx: that is no refusal, whatever was done."""
        operation = exchange.case.operation
        maker = self._maker_of(exchange, key)
        is_silent = operation.role is Role.DELETE and not operation.promises.refusals.unknown
        is_own = operation.replaces_on_key and exchange.status == CREATED
        if is_silent or is_own:
            # A second deletion may be answered as the first was (RFC 9110 9.2.2), and a PUT may
            # have made one of its own under the key.
            self.pending.setdefault(key[-1] if key else "", []).append(exchange)
            return
        if operation.role is Role.READ and self._shows_another_thing(exchange, maker):
            return
        kind = FindingKind.TAKEN_FROM_OTHER
        if operation.role is Role.READ:
            kind = FindingKind.SERVED_TO_OTHER
        if operation.role is Role.CREATE:
            kind = FindingKind.MADE_IN_OTHERS
        told = exchange.case.parameters[-1][1] if exchange.case.parameters else ""
        finding = Finding(
            kind,
            exchange.status,
            observed=quoted(told),
            request=maker.told_as if maker else "a create of the other's",
        )
        yield Evidence(exchange, finding)

    def _shows_another_thing(self, read: Exchange, maker: Step | None) -> bool:
        """Return whether a *read* shows what *maker* has not made."""
        step = self.reader.lone_step(_as_own(read))
        if step is None or maker is None:
            return False
        return any(_is_another_thing(one.item, maker) for one in step.shown)

    # --- refusals ---------------------------------------------------------------------------------

    def _finding_on_refusal(self, exchange: Exchange) -> Finding | None:
        """Return what is wrong with a refusal: it does not say so, or it tells what is kept."""
        operation, status = exchange.case.operation, exchange.status
        is_documented = 400 <= status < 500 and operation.response(status) is not None
        if not is_documented and status not in TURNING_AWAY | NOT_FOUND:
            return Finding(FindingKind.REFUSED_TO_OTHER_OTHERWISE, status)
        return self._finding_on_values(exchange)

    def _finding_on_values(self, exchange: Exchange) -> Finding | None:
        """Return the finding on the first text of the first's that an answer to the second has."""
        if exchange.case.principal is Principal.OWN:
            return None
        for text in sorted(self.told_by_own):
            is_told = text in exchange.text or json.dumps(text)[1:-1] in exchange.text
            if is_told and text not in self.told_by_others:
                told = quoted(text)
                return Finding(FindingKind.TOLD_TO_OTHER, exchange.status, observed=told)
        return None

    # --- what a refused write has done ------------------------------------------------------------

    def _look_after_write(self, step: Step) -> Iterator[Evidence]:
        """Look at what the first principal sees for what the second's refused writes have done."""
        if step.may_have_written and step.key is not None:
            yield from map(Evidence, self.pending.pop(step.key[-1], []))
            self._forget(step.key)
        elif is_read_as_gone(step) and step.key in self._known:
            yield from self._blame_for_end(step.key)
        for shown in step.shown:
            yield from self._look_at_shown(shown)
            if shown.key not in self.own:
                yield from self._blame_for_made(shown)
        if step.is_list and is_whole_list(step) and not step.exchange.case.query:
            listed = {shown.key for shown in step.shown}
            for key in sorted(self._known - listed):
                if self.own[key].scope == step.scope:
                    yield from self._blame_for_end(key)

    @property
    def _known(self) -> set[Key]:
        """Return what the first principal has made and seen."""
        return {key for key, _ in self.seen} & self.own.keys()

    def _look_at_shown(self, shown: Shown) -> Iterator[Evidence]:
        known = shown.key, shown.model.operation.id
        before = self.seen.get(known)
        self.seen[known] = shown
        if before is None or not self.pending.get(shown.key[-1]):
            return
        changed = changes_between(before, shown, self.first.held | self.first.updated)
        for path, (was, now) in changed.items():
            values = [quoted(one) or "absent" for one in (was, now)]
            yield from self._blame(shown.key, path, values)
        yield from map(Evidence, self.pending.pop(shown.key[-1], []))

    def _blame(self, key: Key, path: str, values: Sequence[str]) -> Iterator[Evidence]:
        """Blame the writes that wait for a look at *key* for a member that is not as it was."""
        for exchange in self.pending.pop(key[-1], []):
            told, kind = (quoted(key[-1]), values[0]), FindingKind.CHANGED_BY_OTHER
            yield Evidence(exchange, Finding(kind, exchange.status, path, told, values[1]))

    def _blame_for_end(self, key: Key) -> Iterator[Evidence]:
        """Blame the writes that wait for a look at *key* for that it is gone."""
        for exchange in self.pending.pop(key[-1], []):
            told, kind = quoted(key[-1]), FindingKind.ENDED_BY_OTHER
            yield Evidence(exchange, Finding(kind, exchange.status, expected=told))

    def _blame_for_made(self, shown: Shown) -> Iterator[Evidence]:
        """Blame a refused create of the second's for what is *shown* as it was sent."""
        for exchange in list(self.tried):
            sent = self.reader.lone_step(_as_own(exchange))
            texts = _telling_texts(sent.model, exchange) if sent is not None else ()
            told = json.dumps(shown.item, ensure_ascii=False)
            if any(text in told for text in texts) or shown.key[-1] == id_asked_for(exchange):
                self.tried.remove(exchange)
                kind, id = FindingKind.MADE_IN_OTHERS, quoted(shown.key[-1])
                yield Evidence(exchange, Finding(kind, exchange.status, observed=id))

    def _forget(self, key: Key) -> None:
        for known in [one for one in self.seen if one[0] == key]:
            del self.seen[known]

    # --- who made it ------------------------------------------------------------------------------

    def _key_asked_for(self, exchange: Exchange) -> Key:
        if exchange.case.operation.role is Role.CREATE or not exchange.case.parameters:
            return ()
        return self.reader.key_of(exchange.case.parameters)

    def _maker_of(self, exchange: Exchange, key: Key) -> Step | None:
        """Return the create of what *exchange* asks for, wherever in it that lies."""
        made = self.own if exchange.case.principal is Principal.OTHER else self.others
        return _maker_in(made, key)


def _maker_in(made: Mapping[Key, Step], key: Key) -> Step | None:
    """Return the create of what has the id of *key*, there or elsewhere; None where none has."""
    if key in made or not key:
        return made.get(key)
    for known, maker in made.items():
        if known[-1] == key[-1]:
            return maker
    return None


def _shows_what_was_sent(item: Mapping[str, Any], maker: Step) -> bool:
    """Return whether *item* has a text, beside its id, that *maker* sent and no document names."""
    own = maker.key[-1] if maker.key else ""
    shown = json.dumps(item, ensure_ascii=False)
    texts = _telling_texts(maker.model, maker.exchange)
    return any(text in shown and text != own for text in texts)


def _made_in(life: Life) -> dict[Key, Step]:
    """Return the creates that were accepted in *life*, by the key of what each made."""
    made: dict[Key, Step] = {}
    for step in life.own_steps:
        if step.role is Role.CREATE and step.outcome in DONE_OR_LATER and step.key is not None:
            made.setdefault(step.key, step)
    return made


def _as_own(exchange: Exchange) -> Exchange:
    """Return *exchange* as one of a life that its principal leads."""
    case = replace(exchange.case, principal=Principal.OWN)
    if case.expect is Expect.HIDDEN:
        case = replace(case, expect=Expect.ACCEPTED)
    return replace(exchange, case=case)


def _is_another_thing(item: Mapping[str, Any], maker: Step) -> bool:
    """Return whether *item* is not what *maker* made, though it has the same id.

    Where each principal has ids of its own, those of two may be the same: no text is.
    """
    sent, told = maker.model.body_sent(maker.exchange.case), False
    if not isinstance(sent, Mapping):
        return False
    for path in maker.model.written:
        one, other = paths.value_at(item, path), paths.value_at(sent, path)
        if isinstance(one, str) and isinstance(other, str):
            if one == other:
                return False
            told = True
    return told


def _telling_texts(model: ItemModel, exchange: Exchange) -> Iterator[str]:
    """Yield the texts that a request sends and no schema names."""
    sent = model.body_sent(exchange.case)
    for path, member in model.written.items():
        value = paths.value_at(sent, path) if isinstance(sent, Mapping) else None
        if {"enum", "const", "format"} & set(member.schema):
            continue
        for text in _texts_in(value):
            if len(text) >= TELLING:
                yield text


def _texts_named_by(operation: Operation) -> Iterator[str]:
    """Yield the texts that the document itself shows: those of examples and defaults."""
    bodies = [operation.request, *(one.content for one in operation.responses)]
    for content in bodies:
        if content is None:
            continue
        for example in content.examples:
            yield from _texts_in(example.value)
        for member in content.properties:
            for key in ("example", "examples", "default"):
                yield from _texts_in(member.schema.get(key))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts_in(one)


def _sent_value(exchange: Exchange) -> Any:
    value = exchange.case.value
    return None if value is paths.ABSENT else value
