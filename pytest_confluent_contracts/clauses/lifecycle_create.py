"""What does a create make: readable, at its address, another each time, and no secret twice?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.clauses.lifecycle_lists import (
    is_whole_list,
    new_in_list,
)
from pytest_confluent_contracts.clauses.lifecycle_members import (
    Key,
    Shown,
    is_hidden,
    quoted,
    whole_path,
)
from pytest_confluent_contracts.clauses.lifecycle_pairs import judge_refused
from pytest_confluent_contracts.clauses.lifecycle_state import (
    CREATED,
    DONE_OR_LATER,
    Outcome,
    Step,
    id_asked_for,
    is_due,
    is_read_as_gone,
    key_in,
    location_on,
    tells_of_progress,
)
from pytest_confluent_contracts.clauses.reading import leaves_of, quote_value, url_parts
from pytest_confluent_contracts.clauses.update_state import EMPTY
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.progress import ACCEPTED_FOR_LATER
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import REDACTED, Expect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource

CONFLICT = 409
SHORTEST_SECRET = 8  # characters: what is shorter may stand in an answer by chance
FEWEST_GROWTHS = 2  # times that a list grows with a refused create: once may be somebody else's
SHORTEST_MARK = 4  # characters of a text by which a resource is told from others
MASK = "*"


# --- readable ----------------------------------------------------------------------------------


def judge_readable(life: Life) -> Iterator[Evidence]:
    """Judge that what was created can be read, until it is deleted."""
    for moment in life.moments():
        step, maker = moment.step, moment.maker
        if step.role is not Role.READ or maker is None:
            continue
        if step.exchange.case.expect is not Expect.ACCEPTED or not is_due(maker):
            continue
        if step.outcome is Outcome.DONE:
            yield Evidence(step.exchange)
        elif step.outcome is Outcome.REFUSED:
            finding = Finding(
                FindingKind.CREATED_UNREADABLE,
                step.status,
                expected=quoted(step.key[-1] if step.key else ""),
                request=maker.told_as,
            )
            yield Evidence(step.exchange, finding)


# --- its address -------------------------------------------------------------------------------


def judge_location(life: Life) -> Iterator[Evidence]:
    """Judge that ``Location`` names what was created (RFC 9110 10.2.2, 15.3.2).

    It may be a reference without scheme and host, seen from the path that was asked (10.2.2:
    ``t1``, told by ``/things``, is ``/t1``), and a gateway may serve the path below a prefix; the
    host is the vendor's, whoever answered. That of a 202 may lead to what tells how far the
    creation is (15.3.3).
    """
    for step in life.own_steps:
        location = step.exchange.header("Location")
        is_made = step.role is Role.CREATE and step.outcome in DONE_OR_LATER and step.key
        if not is_made or not location or REDACTED in location:
            continue
        expected = _path_of_made(life.resource, step)
        if not expected:
            continue
        path = unquote(url_parts(location_on(step.exchange)).path).rstrip("/")
        leads_there = path.endswith(expected)
        may_tell_progress = not _is_one_of(life.resource, step, path)
        if step.status == ACCEPTED_FOR_LATER and not leads_there and may_tell_progress:
            continue
        finding = Finding(
            FindingKind.LOCATION_ELSEWHERE,
            step.status,
            "Location",
            expected=expected,
            observed=quote_value(location),
        )
        yield Evidence(step.exchange, None if leads_there else finding)


def _path_of_made(resource: Resource, step: Step) -> str:
    """Return the path of what was created, decoded; ``""`` where the answer does not tell its id.

    An id that was read from ``Location`` itself says nothing of it.
    """
    id = None
    is_told = bool(resource.id_member) and not step.exchange.case.operation.makes_on_key
    if is_told and not tells_of_progress(step.exchange, step.model):
        id = paths.value_at(step.exchange.json, resource.id_member)
    text = str(id) if isinstance(id, str | int) else id_asked_for(step.exchange)
    names = paths.template_names(resource.item)
    if not text or not names:
        return ""
    values = [*step.scope, text][-len(names) :]
    if len(values) != len(names):
        return ""
    values[-1] = unquote(resource.written_id(values[-1])) if resource.style else values[-1]
    return paths.filled_template(resource.item, zip(names, values, strict=True)).rstrip("/")


def _is_one_of(resource: Resource, step: Step, path: str) -> bool:
    """Return whether *path* leads to another resource of this kind, or to all of them."""
    collection = paths.filled_template(
        resource.collection,
        zip(paths.template_names(resource.collection), step.scope, strict=False),
    ).rstrip("/")
    holder = path.rpartition("/")[0]
    return bool(collection) and (path.endswith(collection) or holder.endswith(collection))


# --- two are two -------------------------------------------------------------------------------


def judge_two_creates(life: Life) -> Iterator[Evidence]:
    """Judge that a second create makes another resource.

    Where the caller chooses the id, the same id twice may be refused with 409; where that is
    documented and the second is answered 201, nothing can have been created. Elsewhere, a refusal
    may be for a name that is taken, and says nothing.
    """
    for moment in life.moments():
        step, earlier = moment.step, moment.maker
        if step.role is not Role.CREATE or step.key is None:
            continue
        if step.outcome in DONE_OR_LATER or _is_taken_though_wrong(step, earlier):
            if earlier is not None:
                yield from _look_at_same_id(step, earlier)
            elif moment.made:
                yield Evidence(step.exchange)
        elif earlier is not None and step.status == CONFLICT:
            yield Evidence(step.exchange)


def _is_taken_though_wrong(step: Step, earlier: Step | None) -> bool:
    """Return whether a create was taken that had to be refused, under the id of another."""
    is_sent = step.exchange.case.expect is Expect.REFUSED
    return earlier is not None and is_sent and step.exchange.accepted


def _look_at_same_id(step: Step, earlier: Step) -> Iterator[Evidence]:
    """Look at a create whose answer has the id of what is there already."""
    case = step.exchange.case
    if case.operation.makes_on_key:
        return  # a PUT replaces what is there
    if _idempotency_key(step) and _idempotency_key(step) == _idempotency_key(earlier):
        return
    id = step.key[-1] if step.key else ""
    is_chosen = id_asked_for(step.exchange) == id
    if is_chosen and not (case.operation.names_status(CONFLICT) and step.status == 201):
        return
    kind = FindingKind.DUPLICATE_TAKEN if is_chosen else FindingKind.ID_GIVEN_TWICE
    told = Finding(kind, step.status, observed=quoted(id), request=earlier.told_as)
    yield Evidence(step.exchange, told)


def _idempotency_key(step: Step) -> str:
    """Return the key by which a service knows a create that was sent before."""
    for name, value in step.exchange.case.headers:
        if name.lower().replace("-", "").endswith("idempotencykey"):
            return value
    return ""


def judge_status_of_put(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that 201 says of a PUT that nothing was there before, and no other success does.

    RFC 9110 9.3.4. What was there is known of what was made and read, or was read as gone; where
    the document has 201 alone for what is replaced, too, that is no finding.
    """
    others = {one.status for one in operation.responses} - {str(CREATED)}
    has_other = any(status.startswith("2") for status in others)
    looked = LookedUp()
    for moment in life.moments():
        step = moment.step
        is_put = step.exchange.case.operation.key == operation.key
        if is_put and step.outcome is Outcome.DONE:
            if step.key in looked.gone:
                yield Evidence(step.exchange, _told_as_old(step))
            elif step.key in looked.there and step.key in moment.made and has_other:
                yield Evidence(step.exchange, _told_as_new(step))
        looked.follow(step)


@dataclass
class LookedUp:
    """What was read last, as a life goes by: keys that are there, and those that are gone."""

    there: set[Key] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)

    def follow(self, step: Step) -> None:
        """Take in what *step* shows, or may have changed."""
        if step.is_safe:
            self._see(step)
        elif step.key is not None and step.may_have_written:
            self.gone.discard(step.key)
            if step.role is Role.DELETE or step.outcome is Outcome.DOUBTFUL:
                self.there.discard(step.key)

    def _see(self, step: Step) -> None:
        shown = {one.key for one in step.shown}
        self.there |= shown
        self.gone -= shown
        is_refused = step.outcome is Outcome.REFUSED
        if step.key is not None and is_refused and is_read_as_gone(step):
            self.gone.add(step.key)
            self.there.discard(step.key)


def _told_as_old(step: Step) -> Finding | None:
    if step.status == CREATED:
        return None
    id = step.key[-1] if step.key else ""
    return Finding(FindingKind.NEW_TOLD_AS_OLD, step.status, expected=quoted(id))


def _told_as_new(step: Step) -> Finding | None:
    if step.status != CREATED:
        return None
    id = step.key[-1] if step.key else ""
    return Finding(FindingKind.OLD_TOLD_AS_NEW, step.status, expected=quoted(id))


def judge_reused_ids(life: Life) -> Iterator[Evidence]:
    """Judge that no new resource gets the id of one that was deleted.

    What the caller chooses is his own to choose again.
    """
    for moment in life.moments():
        step = moment.step
        is_made = step.role is Role.CREATE and step.outcome in DONE_OR_LATER
        if not is_made or step.key is None or not moment.deleted:
            continue
        if id_asked_for(step.exchange):
            continue
        finding = None
        if step.key in moment.deleted:
            finding = Finding(
                FindingKind.ID_REUSED,
                step.status,
                observed=quoted(step.key[-1]),
                request=moment.deleted[step.key].told_as,
            )
        yield Evidence(step.exchange, finding)


# --- a refused create --------------------------------------------------------------------------


def judge_refused_create(life: Life) -> Iterator[Evidence]:
    """Judge that a refused create made nothing.

    A list after it has nothing new that shows what it sent: what others create meanwhile does not
    count. Where the caller chooses the id, nobody can be read under it. What shows nothing of what
    was sent was made by it where each refused create adds one, and one is new at no other time.
    """
    yield from _made_in_lists(life)
    yield from _made_each_time(life)
    yield from _changed_by_refused(life)
    yield from _made_under_chosen(life)


def _made_in_lists(life: Life) -> Iterator[Evidence]:
    before: dict[tuple[str, ...], Step] = {}  # the last list, by what it lists
    refused: list[Step] = []
    for step in life.own_steps:
        if step.role is Role.CREATE and step.outcome is Outcome.REFUSED:
            refused.append(step)
        elif step.role is Role.CREATE and step.may_have_written:
            before.clear()
        if step.is_list and is_whole_list(step):
            if step.scope in before:
                yield from _look_for_made(before[step.scope], step, refused)
            before[step.scope] = step
            refused = [create for create in refused if create.scope != step.scope]


def _changed_by_refused(life: Life) -> Iterator[Evidence]:
    """Find what a create under its id, which was refused, has changed."""
    creates: dict[tuple[str, str], Operation] = {}
    for step in life.own_steps:
        if step.role is Role.CREATE:
            operation = step.exchange.case.operation
            creates[operation.key] = operation
    for operation in creates.values():
        yield from judge_refused(life, operation)


@dataclass(frozen=True, slots=True)
class Growth:
    """What is new in a list since the one before it, and the creates refused in between."""

    refused: tuple[Step, ...]
    new: tuple[Shown, ...]

    @property
    def is_one_each(self) -> bool:
        """Return whether there is one new for each create that was refused."""
        return len(self.new) == len(self.refused)


def _made_each_time(life: Life) -> Iterator[Evidence]:
    """Find that the list grows by one with each refused create, at least twice, and only then."""
    growths = list(_growths(life))
    is_each_time = all(one.is_one_each for one in growths)
    loud = [one for one in growths if one.refused]
    is_told = len(loud) >= FEWEST_GROWTHS and len(loud) < len(growths)
    if is_each_time and is_told:
        create, made = loud[-1].refused[-1], loud[-1].new[-1]
        yield Evidence(create.exchange, _made_by_refused(create, made.key[-1]))


def _growths(life: Life) -> Iterator[Growth]:
    """Yield what is new in each whole list, unless a create between it and the last was taken."""
    before: dict[tuple[str, ...], Step] = {}
    refused: list[Step] = []
    for step in life.own_steps:
        if step.role is Role.CREATE and step.outcome is Outcome.REFUSED:
            refused.append(step)
        elif step.role is Role.CREATE and step.may_have_written:
            before.clear()
        if not (step.is_list and is_whole_list(step)):
            continue
        own = [create for create in refused if create.scope == step.scope]
        refused = [create for create in refused if create.scope != step.scope]
        if step.scope in before:
            yield _growth(life, before[step.scope], step, own)
        before[step.scope] = step


def _growth(life: Life, before: Step, after: Step, refused: Sequence[Step]) -> Growth:
    new = new_in_list(before, after)
    return Growth(tuple(refused), tuple(one for one in new if one.key not in life.own_keys))


def _made_under_chosen(life: Life) -> Iterator[Evidence]:
    chosen: dict[Key, Step] = {}
    for moment in life.moments():
        step = moment.step
        if step.role is Role.CREATE and step.outcome is Outcome.REFUSED:
            _note_chosen(life, moment, chosen)
        elif step.may_have_written and step.key in chosen:
            del chosen[step.key]
        elif step.role is Role.READ and step.key in chosen:
            yield from _look_at_chosen(step, chosen[step.key])


def _note_chosen(life: Life, moment: Moment, chosen: dict[Key, Step]) -> None:
    """Note the id that a refused create asked for, where nobody had it before."""
    step = moment.step
    id = id_asked_for(step.exchange)
    key = key_in(life.resource, step.scope, id)
    is_free = key not in moment.made and step.status != CONFLICT
    if id and is_free and step.exchange.case.expect is Expect.REFUSED:
        chosen[key] = step


def _look_at_chosen(step: Step, create: Step) -> Iterator[Evidence]:
    if step.outcome is Outcome.DONE:
        id = step.key[-1] if step.key else ""
        yield Evidence(create.exchange, _made_by_refused(create, id))
    elif step.outcome is Outcome.REFUSED:
        yield Evidence(create.exchange)


def _look_for_made(before: Step, after: Step, refused: Sequence[Step]) -> Iterator[Evidence]:
    new = new_in_list(before, after)
    for create in refused:
        if create.scope != after.scope:
            continue
        made = [shown for shown in new if _looks_made_by(shown, create)]
        finding = _made_by_refused(create, made[0].key[-1]) if made else None
        yield Evidence(create.exchange, finding)


def _made_by_refused(create: Step, id: str) -> Finding:
    kind = FindingKind.CREATED_BY_REFUSED
    return Finding(kind, create.status, observed=quoted(id), request=create.told_as)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _looks_made_by(shown: Shown, create: Step) -> bool:
    """Return whether what is listed shows a text that the create sent, and no other at its place.

    One that stands in every resource (a type, a kind) does not tell them apart.
    """
    body = create.model.body_sent(create.exchange.case)
    shared = 0
    for path, member in create.model.written.items():
        sent, came = paths.value_at(body, path), shown.value(path)
        if _are_texts(sent) and sent == came:
            shared += any(len(text) >= SHORTEST_MARK for text in sent)
        if not isinstance(sent, str) or "enum" in member.schema or not isinstance(came, str):
            continue
        if sent != came:
            return False
        shared += len(sent) >= SHORTEST_MARK
    return shared > 0


# --- secrets -----------------------------------------------------------------------------------


def judge_secrets(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that a secret is shown by create alone, and one that was sent by nobody.

    A text of stars in its place is no secret, and what was called write-only in the request alone
    is none where the document has it in the answer. What create showed is looked for under other
    names, too.
    """
    promises = operation.promises
    shown_once: dict[str, str] = {}
    for step in life.own_answers:
        is_own = step.exchange.case.operation.key == operation.key
        if not step.exchange.accepted or step.exchange.superseded or not step.exchange.text:
            continue
        hidden = [*promises.secrets.paths]
        if not is_own:
            hidden += promises.create_only.paths
            finding = _look_for_value(step, shown_once)
        else:
            finding = None
            shown_once.update(_secrets_shown(step, promises.create_only.paths))
        for path in hidden:
            is_stated = path in promises.create_only.paths or not promises.secrets.inferred
            if is_stated or not _is_documented(step, _place_in_answer(life, step, path)):
                finding = finding or _look_at_secret(life, step, path)
        yield Evidence(step.exchange, finding)


def judge_secret_told(life: Life, members: Sequence[str]) -> Iterator[Evidence]:
    """Judge that the answer to a create shows each of *members*, which nothing shows later.

    A create that is sent once more under its idempotency key may be answered without them.
    """
    for moment in life.moments():
        step = moment.step
        is_again = moment.maker is not None and bool(_idempotency_key(step))
        if step.role is not Role.CREATE or not step.shown or is_again:
            continue
        missing: Finding | None = None
        for path in members:
            told = paths.value_at(step.exchange.json, path)
            if missing is None and (told is ABSENT or told in EMPTY or _is_masked(told)):
                kind = FindingKind.SECRET_NOT_TOLD
                missing = Finding(kind, step.status, path, request=step.told_as)
        yield Evidence(step.exchange, missing)


def _look_at_secret(life: Life, step: Step, path: str) -> Finding | None:
    """Find a value at *path*, which is one of the traffic of create."""
    place = _place_in_answer(life, step, path)
    for _, value in paths.values_at(step.exchange.json, place):
        if value not in EMPTY and not _is_masked(value):
            return Finding(FindingKind.SECRET_SHOWN, step.status, place)
    return None


def _is_documented(step: Step, place: str) -> bool:
    """Return whether the document has a value at *place* in this answer, and no secret."""
    for member in step.exchange.case.operation.answer_members:
        if member.path == place:
            return not member.secret
    return False


def _place_in_answer(life: Life, step: Step, path: str) -> str:
    """Return where *path* of one resource stands in this answer: there, or in each item."""
    if step.role is not Role.LIST:
        return path
    root = paths.parent_path(life.resource.id_member)
    own = path
    if root and paths.is_within(path, root) and path != root:
        own = paths.relative_path(path, root)
    return whole_path(step.model.root, own)


def _is_masked(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(MASK * 3)


def _secrets_shown(step: Step, members: Sequence[str]) -> dict[str, str]:
    """Return the path of each secret that the answer to a create shows, by its value."""
    found: dict[str, str] = {}
    for path in members:
        value = paths.value_at(step.exchange.json, path)
        if not isinstance(value, Mapping):
            value = {"": value}
        for _, leaf in leaves_of(value):
            is_long = isinstance(leaf, str) and len(leaf) >= SHORTEST_SECRET
            if is_long and not is_hidden(leaf) and not _is_masked(leaf):
                found[leaf] = path
    return found


def _look_for_value(step: Step, shown_once: Mapping[str, str]) -> Finding | None:
    told = [step.exchange.text, *(value for _, value in step.exchange.headers)]
    for value, path in shown_once.items():
        if any(value in text for text in told):
            return Finding(FindingKind.SECRET_REPEATED, step.status, path)
    return None
