"""What does each answer show of the resource, and what changed from one answer to the next?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.notation import is_same_value
from pytest_confluent_contracts.clauses.reading import SchemaReader, find_once, quote_value
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Family, Finding
from pytest_confluent_contracts.model.documents import COMPOSING, separate_members, types_allowed
from pytest_confluent_contracts.model.names import VERSIONS, plain_name
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.progress import ACCEPTED_FOR_LATER
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import FindingKind
    from pytest_confluent_contracts.model.documents import Content, Operation, Property
    from pytest_confluent_contracts.model.traffic import Exchange, RedactedCase

QUOTED = 50  # characters of a value in a finding
EMPTY: tuple[Any, ...] = ("", [], {}, None, ABSENT)
CONFLICTING = (409, 412)  # the statuses that refuse a change of another version than is there
# By path: what was there, and what is there now.
Changes = Mapping[str, tuple[Any, Any]]


def told_under(operation: Operation) -> tuple[str, Family]:
    """Return what the ids of clauses on a shown resource begin with, and their family.

    A read changes nothing: what its answer shows is a matter of its shape.
    """
    if operation.is_safe:
        return "read", Family.SHAPE
    if operation.makes_or_ends:
        return "answer", Family.UPDATE
    return "update", Family.UPDATE


# --- what an answer shows ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResourceModel:
    """What the document says of the members of an answer, all by path, lists as a whole.

    ``writable``: an update can write them; ``shown``: an answer shows them; ``frozen``: no update
    changes them; ``moving``: they change by themselves; ``created``: the time of creation;
    ``around``: the frozen members around each that is shown; ``schemas``: what each that is shown
    may be.
    """

    operation: Operation
    writable: tuple[str, ...]
    shown: tuple[str, ...]
    frozen: tuple[str, ...]
    moving: tuple[str, ...]
    created: str
    around: Mapping[str, tuple[str, ...]]
    schemas: Mapping[str, Mapping[str, Any]]
    composed: SchemaReader | None = None  # of an answer whose members hang on one another

    @classmethod
    def of(cls, operation: Operation, content: Content) -> ResourceModel:
        """Return the model of *operation*, of which *content* is the answer."""
        promises = operation.promises
        answered = {member.path: member for member in separate_members(content.properties)}
        shown = tuple(answered)
        frozen = promises.immutable.paths
        moving = promises.create_only.paths
        if promises.timestamps.updated:
            moving = (promises.timestamps.updated, *moving)
        if promises.immutable.inferred:
            moving = (*moving, *_owned_by_service(operation, answered))
        writable: list[str] = []
        for member in operation.request_members:
            is_fixed = member.path in moving or paths.is_member_of_any(member.path, frozen)
            is_free = may_vary(operation, member) and not (
                is_fixed or holds_secret(operation, member)
            )
            if is_free and is_shown_alike(member, answered.get(member.path)):
                writable.append(member.path)
        return cls(
            operation=operation,
            writable=tuple(writable),
            shown=shown,
            frozen=frozen,
            moving=moving,
            created=promises.timestamps.created,
            around={path: _frozen_around(path, frozen) for path in shown},
            schemas={member.path: member.schema for member in content.properties},
            composed=None if COMPOSING.isdisjoint(content.schema) else SchemaReader(content),
        )

    def state_shown(self, exchange: Exchange) -> dict[str, Any]:
        """Return what the answer shows of the resource, by path; null counts as absent."""
        return find_once(self, exchange, self._read_state)

    def _read_state(self, exchange: Exchange) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for path in self.shown:
            if path not in self.moving:
                value = paths.value_at(exchange.json, path)
                state[path] = ABSENT if value is None else value
        return state

    def own_exchanges(self, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
        """Yield the exchanges that may have changed the run's own resource, or show it."""
        first: tuple[tuple[str, str], ...] | None = None
        for exchange in exchanges:
            if exchange.case.expect is Expect.UNKNOWN or exchange.superseded:
                continue
            if _asks_otherwise(exchange):
                continue
            if first is None:
                first = exchange.case.parameters
            if exchange.case.parameters == first:
                yield exchange

    def exchanges_in_reach(self, exchanges: Sequence[Exchange]) -> Iterator[Exchange]:
        """Yield the own exchanges, and those for unknown ids that came after the first of them.

        A service may take a near id for the own one, or write to it though it refuses the request.
        """
        own = {id(exchange) for exchange in self.own_exchanges(exchanges)}
        has_begun = False
        for exchange in exchanges:
            is_own = id(exchange) in own
            has_begun = has_begun or is_own
            is_unknown = exchange.case.expect is Expect.UNKNOWN and not exchange.superseded
            if is_own or (has_begun and is_unknown):
                yield exchange


def _asks_otherwise(exchange: Exchange) -> bool:
    """Return whether a parameter is tried that may be taken.

    Its value may ask for less than the whole resource, or for what would be.
    """
    is_tried = exchange.case.trial is not None
    return is_tried and exchange.case.expect in (Expect.ACCEPTED, Expect.ANY)


def may_vary(operation: Operation, member: Property) -> bool:
    """Return whether an update may write one value or another.

    A member that is read-only, or of which only one value is allowed, may not vary; and what says
    which version is changed is no value that is written.
    """
    is_constant = "enum" in member.schema and len(member.schema["enum"]) <= 1
    return not (member.read_only or is_constant or _names_version(operation, member))


def _names_version(operation: Operation, member: Property) -> bool:
    """Return whether *member* is the version that is there, without which a change is refused.

    It is by its name, where the document has a status for another version: 409 or 412 (RFC 9110
    15.5.10, 15.5.13). The answer then has the next one.
    """
    is_change = operation.method in ("PUT", "PATCH")
    may_conflict = any(map(operation.names_status, CONFLICTING))
    return is_change and may_conflict and plain_name(member.name) in VERSIONS


def _owned_by_service(operation: Operation, answered: Mapping[str, Property]) -> list[str]:
    """Return the paths that an answer shows and no request writes, read-only ones too.

    The document does not say whether they hold still: a service may count versions, or note when it
    was last asked. Of what is called immutable it does.
    """
    written = _written_paths(operation)
    still = called_immutable(operation)
    members = (*operation.request_members, *answered.values())
    read_only = [member.path for member in members if member.read_only]
    found: list[str] = []
    for path in answered:
        is_written = paths.is_member_of_any(path, written)
        is_moving = not is_written or paths.is_member_of_any(path, read_only)
        if is_moving and not paths.is_member_of_any(path, still):
            found.append(path)
    return found


def called_immutable(operation: Operation) -> list[str]:
    """Return the members of the answer whose schemas say ``x-immutable``, not just ``readOnly``."""
    members = operation.answer_members
    return [member.path for member in members if member.schema.get("x-immutable")]


def _written_paths(operation: Operation) -> list[str]:
    members = operation.request_members
    return [member.path for member in members if not member.read_only]


def is_shown_alike(sent: Property, shown: Property | None) -> bool:
    """Return whether the answer shows what the request writes: the same type, of the same form.

    A request may name by ``owner`` a text, and the answer an object; and the answer's items may
    have members that the service adds.
    """
    return shown is not None and is_alike(sent.schema, shown.schema)


def holds_secret(operation: Operation, member: Property) -> bool:
    """Return whether *member* is a secret, has one in it, or stands in one."""
    secrets = operation.secret_paths
    has_one = any(paths.is_within(path, member.path) for path in secrets)
    return has_one or any(paths.is_within(member.path, path) for path in secrets)


def is_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    types, others = set(types_allowed(one)), set(types_allowed(other))
    if types and others and not types & others:
        return False
    if one.get("format") != other.get("format"):
        return False
    members, other_members = one.get("properties") or {}, other.get("properties") or {}
    if members.keys() != other_members.keys():
        return False
    items, other_items = one.get("items"), other.get("items")
    if isinstance(items, Mapping) and isinstance(other_items, Mapping):
        return is_alike(items, other_items)
    return True


def _frozen_around(path: str, frozen: Sequence[str]) -> tuple[str, ...]:
    return tuple(other for other in frozen if paths.is_member_of(path, other))


# --- answers in a row --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Two successive answers that show the resource, and the refused requests between them."""

    before: Exchange
    after: Exchange
    refused: tuple[Exchange, ...]


def pairs_of_answers(model: ResourceModel, exchanges: Sequence[Exchange]) -> Iterator[AnswerPair]:
    """Yield each two successive answers that show the resource.

    There is no pair where a request in between has an unknown end. For example, 200, 422, 200, 500,
    200 gives one pair: the first two answers with 200, the 422 between them. Nor is there one where
    an id in between was taken though nobody has it, for what it wrote to is not known, nor one
    whose second request broke the schema and was accepted all the same: that is told by itself, and
    what became of such a body nobody can say.
    """
    before: Exchange | None = None
    refused: list[Exchange] = []
    for exchange in model.exchanges_in_reach(exchanges):
        if _may_have_written(exchange):
            before, refused = None, []
            continue
        if not shows_resource(exchange):
            refused.append(exchange)
            continue
        is_understood = not _is_unreadable(exchange.case) and not is_wrongly_accepted(exchange)
        if before is not None and is_understood:
            yield AnswerPair(before, exchange, tuple(refused))
        before, refused = exchange, []


def shows_resource(exchange: Exchange) -> bool:
    """Return whether the answer shows the resource as it is after the request."""
    is_object = exchange.accepted and isinstance(exchange.json, Mapping)
    return is_object and not shows_something_else(exchange)


def _shows_what_it_makes(operation: Operation) -> bool:
    """Return whether the documented answer of a create has the id of the resource in its place."""
    content, resource = operation.success_content, operation.resource
    if operation.role is not Role.CREATE or content is None or resource is None:
        return False
    return any(one.path == resource.id_member for one in content.properties)


def shows_something_else(exchange: Exchange) -> bool:
    """Return whether a success is documented to show other things than the resource.

    202 promises nothing yet (RFC 9110 15.3.3), unless a create is documented to show with it what
    it makes; and of several documented successes another one may have another body, or none.
    """
    operation = exchange.case.operation
    if exchange.status == ACCEPTED_FOR_LATER and not _shows_what_it_makes(operation):
        return True
    documented, success = operation.response(exchange.status), operation.success
    if documented is None or success is None:
        return False
    return documented.content is not success.content


def _may_have_written(exchange: Exchange) -> bool:
    """Return whether nobody knows if the request was applied to the own resource."""
    if exchange.failure or exchange.status >= 500 or exchange.status == ACCEPTED_FOR_LATER:
        return True
    return exchange.accepted and exchange.case.expect is Expect.UNKNOWN


def _is_unreadable(case: RedactedCase) -> bool:
    """Return whether nobody knows what the body writes: it is no object, or not even JSON."""
    return bool(case.body) and not isinstance(case.value, Mapping)


def is_wrongly_accepted(exchange: Exchange) -> bool:
    """Return whether the target accepted a body that it had to refuse, as its schema says."""
    return exchange.accepted and exchange.case.expect is Expect.REFUSED


# --- changes -----------------------------------------------------------------------------------


def changed_members(
    pair: AnswerPair, model: ResourceModel, members: Iterable[str]
) -> dict[str, tuple[Any, Any]]:
    """Return those of *members* that differ between both answers."""
    was, now = model.state_shown(pair.before), model.state_shown(pair.after)
    changed: dict[str, tuple[Any, Any]] = {}
    for path in members:
        if not is_same_state(model.schemas[path], was[path], now[path]):
            changed[path] = (was[path], now[path])
    return changed


def speaks_of(body: Any, path: str, model: ResourceModel) -> bool:
    """Return whether *body* says anything of *path*.

    It names the member itself, or a frozen member around it that is not empty, or it says of what
    is around it that it is null.
    """
    if paths.value_at(body, path) is not ABSENT:
        return True
    holder = paths.parent_path(path)
    while holder:
        if paths.value_at(body, holder) is None:
            return True
        holder = paths.parent_path(holder)
    return any(paths.value_at(body, frozen) not in (ABSENT, {}) for frozen in model.around[path])


def is_same_state(schema: Mapping[str, Any], was: Any, now: Any) -> bool:
    """Return whether a member that *schema* describes is the same.

    An empty value may be left out of an answer: ``""`` and no member at all are the same, and so
    are ``[]`` and null. Two notations of one value are the same, too (`is_same_value`).
    """
    if was in EMPTY and now in EMPTY:
        return True
    if was is ABSENT or now is ABSENT:
        return False
    return is_same_value(schema, was, now)


def merged_value(target: Any, patch: Any) -> Any:
    """Return *target* with *patch* merged into it: null removes (RFC 7396 2)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged_value(result.get(name), value)
    return result


def may_keep_unsent(pair: AnswerPair, model: ResourceModel) -> bool:
    """Return whether the resource can stay what it was but for what the second request sent.

    Where its members hang on one another (``oneOf``, ``if``, ...), what was there may not be
    allowed beside it: then something has to go.
    """
    if model.composed is None or not isinstance(pair.after.case.value, Mapping):
        return True
    both = merged_value(pair.before.json, pair.after.case.value)
    return not model.composed.violations_of(both)


def finding_on_first_change(kind: FindingKind, status: int, changed: Changes) -> Finding | None:
    """Return the finding on the first of *changed*, None where there is none."""
    for path, (was, now) in changed.items():
        return Finding(kind, status, path, expected=_quoted_state(was), observed=_quoted_state(now))
    return None


def _quoted_state(value: Any) -> str:
    if value is ABSENT:
        return ""
    return quote_value(value, QUOTED)
