"""What exists, and what became of it? The life of a resource, followed from request to request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pytest_confluent_contracts.clauses.lifecycle_members import (
    ItemModel,
    Key,
    Shown,
    id_name,
    id_text,
)
from pytest_confluent_contracts.clauses.reading import find_once, tells_deletion, url_parts
from pytest_confluent_contracts.clauses.update_state import EMPTY
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.conditions import NOT_MODIFIED
from pytest_confluent_contracts.model.page_links import (
    LED_STEPS,
    NEXT_PAGE,
    ODD_SIZE,
    OTHER_FILTER,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.progress import (
    ACCEPTED_FOR_LATER,
    PROGRESS,
    Progress,
    id_of_made,
    progress_in,
    progress_of_end,
)
from pytest_confluent_contracts.model.resources import SAFE_ROLES, Role
from pytest_confluent_contracts.model.serialisation import plain_values
from pytest_confluent_contracts.model.traffic import Expect, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange

CREATED = 201
ASKS_PROGRESS = Subject(SubjectKind.STEP, PROGRESS)
IS_NEXT_PAGE = Subject(SubjectKind.STEP, NEXT_PAGE)
# A page by itself: nobody reads out of it what all pages show.
IS_LONE_PAGE = frozenset(
    Subject(SubjectKind.STEP, name) for name in (*LED_STEPS.values(), ODD_SIZE, OTHER_FILTER)
)
CHANGING = frozenset({Role.REPLACE, Role.UPDATE})
WRONGLY_ACCEPTED = frozenset({Expect.REFUSED, Expect.UNAUTHENTICATED, Expect.HIDDEN})


class Outcome(Enum):
    """What an answer says of what was asked."""

    DONE = "done"
    LATER = "accepted for later"  # RFC 9110 15.3.3: 202 says that it may still be to come
    REFUSED = "refused"
    DOUBTFUL = "doubtful"  # nobody knows whether anything was written
    SILENT = "silent"  # nothing was written, and the answer has no word on what was asked


DONE_OR_LATER = frozenset({Outcome.DONE, Outcome.LATER})


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a life.

    ``owner`` is the name of the resource that its operation is about; ``key`` which one of them,
    None where that is not known, or it is about all of them; ``scope`` the ids of its parents;
    ``shown`` what the answer shows, ``is_list`` whether as a list, ``has_ids`` whether each of that
    has its id; ``is_led_on`` whether it has several pages, of which ``exchange`` is the
    last, and ``first_page`` the one that the others were led from.
    ``asked`` are the answers to which its 202 has led, which tell how far it is.
    """

    exchange: Exchange
    owner: str
    role: Role
    outcome: Outcome
    key: Key | None
    scope: tuple[str, ...]
    model: ItemModel
    shown: tuple[Shown, ...] = ()
    is_list: bool = False
    has_ids: bool = False
    is_led_on: bool = False
    first_page: Exchange | None = None
    asked: tuple[Exchange, ...] = ()

    @property
    def progress(self) -> Progress:
        """Return how far it is by the last answer that was asked for that."""
        resource = self.exchange.case.operation.resource
        if not self.asked or resource is None:
            return Progress.UNTOLD
        last = self.asked[-1]
        if self.role is Role.DELETE and self.asks_itself:
            return progress_of_end(last)
        stated = self.exchange.case.operation.promises.later_done
        return progress_in(last, stated, resource, is_of_made=self.asks_itself)

    @property
    def asks_itself(self) -> bool:
        """Return whether what it is about was read to see how far it is, and nothing beside it."""
        operations = [one.case.operation for one in self.asked[-1:]]
        return any(
            one.resource is not None and one.resource.name == self.owner and one.role is Role.READ
            for one in operations
        )

    @property
    def came_at(self) -> float:
        """Return when its last word came: the answer, or that it is done."""
        return (self.asked or (self.exchange,))[-1].came_at

    @property
    def opening(self) -> Exchange:
        """Return the exchange that was asked for by itself: of several pages, the first."""
        return self.first_page or self.exchange

    @property
    def is_safe(self) -> bool:
        """Return whether the request asks for no change (RFC 9110 9.2.1)."""
        return self.role in SAFE_ROLES

    @property
    def may_have_written(self) -> bool:
        """Return whether something may be another than before."""
        is_refused = self.outcome in (Outcome.REFUSED, Outcome.SILENT)
        return not self.is_safe and not is_refused

    @property
    def told_as(self) -> str:
        """Return the request in short: its method and its path."""
        case = self.exchange.case
        return f"{case.operation.method} {case.written_path}"

    @property
    def told_with_id(self) -> str:
        """Return the request in short; of a create, with the id of what it made."""
        is_told = self.exchange.case.operation.makes_on_key  # by its path
        if self.role is Role.CREATE and self.key is not None and not is_told:
            return f"{self.told_as} ({self.key[-1]})"
        return self.told_as

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        return self.exchange.status


@dataclass(frozen=True, slots=True)
class Moment:
    """A step, and what the life had made and deleted before it: by key, the step that did."""

    step: Step
    made: Mapping[Key, Step]
    deleted: Mapping[Key, Step]

    @property
    def maker(self) -> Step | None:
        """Return the step that made what this one is about, None where it is not there."""
        return self.made.get(self.step.key) if self.step.key else None

    @property
    def ender(self) -> Step | None:
        """Return the step that deleted what this one is about, None where none did."""
        return self.deleted.get(self.step.key) if self.step.key else None


@dataclass(frozen=True)
class Life:
    """The requests of a life in order, and the members of which answers are compared.

    ``answers`` has each page of a list, and each question for how far something is, by itself.
    ``held`` are those that hold still unless a request writes them: what requests can write, the
    id, the time of creation; ``updated`` is the time of the last change, which moves with it.
    ``own_keys`` are the resources that the run made, or asked for by their ids: the others of a
    list are other people's, who may change them at any time. ``delay`` is after how many seconds,
    at the latest, reads show what was written: 0 unless the document says otherwise.
    """

    resource: Resource
    steps: tuple[Step, ...]
    answers: tuple[Step, ...]
    held: frozenset[str]
    updated: frozenset[str]
    own_keys: frozenset[Key]
    delay: float = 0.0

    def without_early_reads(self) -> Life:
        """Return the life without the reads soon after a write, which may lag behind."""
        return replace(self, steps=tuple(_settled_steps(self.steps, self.delay)))

    def own_shown(self, step: Step) -> Iterator[Shown]:
        """Yield what the answer shows of the run's own resources."""
        return (shown for shown in step.shown if shown.key in self.own_keys)

    @property
    def own_answers(self) -> Iterator[Step]:
        """Yield each answer of the resource's own operations."""
        return (step for step in self.answers if step.owner == self.resource.name)

    @property
    def own_steps(self) -> Iterator[Step]:
        """Yield the steps of the resource's own operations."""
        return (step for step in self.steps if step.owner == self.resource.name)

    @cached_property
    def ever_shown(self) -> frozenset[tuple[str, str]]:
        """Return the members that an operation ever showed, with its id: several clauses ask."""
        found: set[tuple[str, str]] = set()
        for step in self.own_steps:
            for shown in step.shown:
                for path in shown.model.shown:
                    if shown.value(path) not in EMPTY:
                        found.add((shown.model.teller, path))
        return frozenset(found)

    def moments(self) -> Iterator[Moment]:
        """Yield each own step with what was there before it."""
        existence = Existence(self.resource)
        for step in self.steps:
            if step.owner == self.resource.name:
                yield Moment(step, dict(existence.made), dict(existence.deleted))
            existence.follow(step)


@dataclass
class _LatestLife:
    """The life that was read last from one first exchange on, and what it was read from."""

    exchanges: tuple[Exchange, ...] = ()
    life: Life | None = None


def _latest_life(_: Exchange) -> _LatestLife:
    return _LatestLife()


class LifeReader:
    """Reads the exchanges of the life of one resource.

    It remembers each operation's model. A life is remembered with its first exchange, for every
    reader of the resource: many clauses of several operations ask for the same ones.
    """

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self._models: dict[tuple[str, str, Role], ItemModel] = {}

    def read(self, exchanges: Sequence[Exchange]) -> Life:
        """Return the life that *exchanges* tell of."""
        asked = tuple(exchanges)
        if not asked:
            return self._read_anew(asked)
        latest = find_once(self.resource, asked[0], _latest_life)
        if latest.life is None or latest.exchanges != asked:
            latest.exchanges, latest.life = asked, self._read_anew(asked)
        return latest.life

    def lone_step(self, exchange: Exchange) -> Step | None:
        """Return the request as a step by itself, None where it is about no resource."""
        operation = exchange.case.operation
        if operation.resource is None or operation.role is Role.ACTION:
            return None
        return self._step(exchange, operation.resource)

    def _joined_steps(
        self, exchanges: Sequence[Exchange], told: Sequence[Step | None]
    ) -> list[Step]:
        """Return the requests in order; what only goes on with one of them is part of that."""
        steps: list[Step] = []
        for exchange, step in zip(exchanges, told, strict=True):
            subject = exchange.case.subject
            if exchange.status == NOT_MODIFIED or subject in IS_LONE_PAGE:
                continue  # it shows nothing new, and nothing was asked to change
            if subject == ASKS_PROGRESS:
                if steps:
                    steps[-1] = _with_progress(steps[-1], exchange)
            elif subject == IS_NEXT_PAGE and steps and step is not None:
                steps[-1] = _with_next_page(steps[-1], step)
            elif step is not None:
                steps.append(step)
        return steps

    def _read_anew(self, every_exchange: Sequence[Exchange]) -> Life:
        exchanges = list(filter(is_told_of_one, every_exchange))
        told = [self.lone_step(exchange) for exchange in exchanges]
        steps = self._joined_steps(exchanges, told)
        if self.resource.is_made_by_put and any(map(_shows_another_id, steps)):
            steps = list(map(_without_items, steps))
        own = [step.model for step in steps if step.owner == self.resource.name]
        held = {id_name(self.resource)}
        for model in own:
            held |= {model.created, *model.written, *model.fixed}
        updated = frozenset(model.updated for model in own) - {""}
        held = held - updated - {""}
        return Life(
            resource=self.resource,
            steps=tuple(steps),
            answers=tuple(step for step in told if step is not None),
            held=frozenset(held),
            updated=updated,
            own_keys=frozenset(self._own_keys(steps)),
            delay=_delay_of(own),
        )

    def _own_keys(self, steps: Iterable[Step]) -> Iterator[Key]:
        for step in steps:
            if step.owner == self.resource.name and step.key is not None:
                yield step.key

    def key_of(self, parameters: Sequence[tuple[str, str]]) -> Key:
        """Return the key of the resource that these path *parameters* name, its own the last."""
        values = [value for _, value in parameters]
        own = id_text(self.resource.id_in(parameters))
        return key_in(self.resource, tuple(values[:-1]), own)

    def model_of(self, operation: Operation, resource: Resource) -> ItemModel:
        """Return what the document says of *resource* in the traffic of *operation*."""
        known = (*operation.key, operation.role)  # a PUT may have two
        if known not in self._models:
            self._models[known] = ItemModel.of(operation, resource)
        return self._models[known]

    def _step(self, exchange: Exchange, resource: Resource) -> Step:
        operation = exchange.case.operation
        model = self.model_of(operation, resource)
        named = plain_values(operation, exchange.case.parameters)
        values = tuple(value for _, value in named)
        scope = values[:-1] if _names_one(operation) else values
        step = Step(
            exchange=exchange,
            owner=resource.name,
            role=operation.role,
            outcome=outcome_of(exchange),
            key=_key_of(exchange, resource, named, model),
            scope=scope,
            model=model,
        )
        return _with_what_is_shown(step, resource)


def _shows_another_id(step: Step) -> bool:
    """Return whether an answer about one has another id where the key was expected.

    So a list may have: an id that the service made, or a name with more around it.
    """
    resource = step.exchange.case.operation.resource
    if resource is None or step.role is Role.LIST or step.key is None:
        return False
    name = id_name(resource)
    shown = [id_text(paths.value_at(one.item, name)) for one in step.shown if name]
    return any(id not in ("", step.key[-1]) for id in shown)


def _without_items(step: Step) -> Step:
    """Return *step* without what its list shows, of which nobody knows who is who."""
    if step.role is not Role.LIST:
        return step
    return replace(step, shown=(), is_list=False, has_ids=False)


def _with_next_page(step: Step, following: Step) -> Step:
    """Return the list that *step* and its *following* page are together."""
    return replace(
        following,
        shown=(*step.shown, *following.shown),
        is_list=step.is_list and following.is_list,
        has_ids=step.has_ids and following.has_ids,
        is_led_on=True,
        first_page=step.opening,
    )


def _with_progress(step: Step, answer: Exchange) -> Step:
    """Return *step*, of which *answer* tells how far it is.

    It is done once that says so, and what it made may have its id from there.
    """
    if step.outcome not in DONE_OR_LATER or step.exchange.status != ACCEPTED_FOR_LATER:
        return step
    step = replace(step, asked=(*step.asked, answer))
    resource = step.exchange.case.operation.resource
    if step.role is Role.CREATE and step.key is None and resource is not None:
        id = id_of_made(answer, resource)
        if id:
            step = replace(step, key=key_in(resource, step.scope, id))
    if step.progress is Progress.DONE:
        return replace(step, outcome=Outcome.DONE)
    return step


def _settled_steps(steps: Sequence[Step], delay: float) -> Iterator[Step]:
    """Yield *steps* without the reads within *delay* seconds after a write: they may lag behind."""
    written_at: float | None = None
    for step in steps:
        if step.may_have_written:
            written_at = step.came_at
        is_early = written_at is not None and step.exchange.sent_at < written_at + delay
        if not step.is_safe or not is_early:
            yield step


def _delay_of(models: Iterable[ItemModel]) -> float:
    """Return the seconds after which reads show what was written, by the document."""
    stated = [model.operation.promises.consistency for model in models]
    return max((one.within for one in stated if one is not None), default=0.0)


# --- reading one step --------------------------------------------------------------------------


def outcome_of(exchange: Exchange) -> Outcome:
    """Return what came of the request, as far as the answer says.

    What was accepted though it had to be refused is told by itself, and what became of it nobody
    can say. A parameter that is tried may ask for less than the whole.
    """
    is_safe = exchange.case.operation.role in SAFE_ROLES
    unknown = Outcome.SILENT if is_safe else Outcome.DOUBTFUL
    if exchange.failure or exchange.superseded:
        return unknown
    if exchange.throttled:
        return Outcome.SILENT
    if exchange.accepted:
        is_wrong = exchange.case.expect in WRONGLY_ACCEPTED
        is_tried = is_safe and exchange.case.trial is not None
        if is_wrong or is_tried:
            return unknown
        return Outcome.LATER if exchange.status == ACCEPTED_FOR_LATER else Outcome.DONE
    if 400 <= exchange.status < 500:
        return Outcome.REFUSED
    return unknown


def is_told_of_one(exchange: Exchange) -> bool:
    """Return whether an exchange tells of the life as the first principal leads it.

    Of what a second one asks, that is a write which should have been refused: nobody knows what it
    has done.
    """
    case = exchange.case
    if not case.is_between_principals:
        return True
    is_write = case.operation.role not in SAFE_ROLES and case.operation.role is not Role.CREATE
    return is_write and case.expect is Expect.HIDDEN and not 400 <= exchange.status < 500


def is_scoped(resource: Resource) -> bool:
    """Return whether the path of one names its parents as the path of all of them does.

    Otherwise (``/accounts/{a}/things`` and ``/things/{id}``) the id alone names it.
    """
    if resource.is_made_by_put:
        return True  # the path of one is all that there need be
    parents = len(paths.template_names(resource.collection))
    return len(paths.template_names(resource.item)) == parents + 1


def _names_one(operation: Operation) -> bool:
    """Return whether the path of *operation* has the id of one, and not of its parents alone."""
    return operation.makes_on_key or operation.role not in (Role.CREATE, Role.LIST)


def key_in(resource: Resource, scope: tuple[str, ...], id: str) -> Key:
    """Return the key of the resource *id* under the parents *scope*."""
    return (*scope, id) if is_scoped(resource) else (id,)


def _key_of(
    exchange: Exchange,
    resource: Resource,
    parameters: tuple[tuple[str, str], ...],
    model: ItemModel,
) -> Key | None:
    role = exchange.case.operation.role
    values = tuple(value for _, value in parameters)
    scope = values[:-1] if _names_one(exchange.case.operation) else values
    if role is Role.LIST:
        return None
    if not resource.parameter and role is not Role.CREATE:
        return (*scope, *(value for _, value in parameters[-1:]), "")  # there is but one: `/me`
    if role is Role.CREATE:
        id = id_asked_for(exchange)
        if exchange.accepted:
            id = created_id(exchange, resource, model)
        return key_in(resource, scope, id) if id else None
    return key_in(resource, scope, id_text(parameters[-1][1])) if parameters else None


def id_asked_for(exchange: Exchange) -> str:
    """Return the id that the caller chose for what a create makes, ``""`` where there is none.

    It stands in the body; that of a PUT in the path.
    """
    resource, operation = exchange.case.operation.resource, exchange.case.operation
    if resource is not None and operation.makes_on_key:
        named = plain_values(operation, exchange.case.parameters)
        return id_text(named[-1][1]) if named else ""
    if resource is None or not resource.id_sent:
        return ""
    return id_text(paths.value_at(exchange.case.value, resource.id_sent))


def created_id(exchange: Exchange, resource: Resource, model: ItemModel) -> str:
    """Return the id of what a create made: from its answer, ``Location``, or its body.

    That of a 202 may lead to what tells how far it is, whose id is not that of what is made.
    """
    if exchange.case.operation.makes_on_key:
        return id_asked_for(exchange)
    told = ""
    if resource.id_member and not tells_of_progress(exchange, model):
        told = id_text(paths.value_at(exchange.json, resource.id_member))
    elif exchange.status == ACCEPTED_FOR_LATER:
        told = id_of_made(exchange, resource)
    return told or id_in_location(exchange, resource) or id_asked_for(exchange)


def tells_of_progress(exchange: Exchange, model: ItemModel) -> bool:
    """Return whether a 202 is documented to show how far it is, and not what is made.

    Then it has nothing of what was sent, and an id that is the job's own.
    """
    is_later = exchange.status == ACCEPTED_FOR_LATER
    return is_later and bool(model.written) and model.written.keys().isdisjoint(model.shown)


def location_on(exchange: Exchange) -> str:
    """Return where ``Location`` leads, ``""`` without one.

    A reference without a host, or without the path before it, is relative to what was asked (RFC
    9110 10.2.2, RFC 3986 5).
    """
    location = exchange.header("Location") or ""
    try:
        return urljoin(exchange.url, location) if location else ""
    except ValueError:  # a bracket in the host
        return ""


def id_in_location(exchange: Exchange, resource: Resource) -> str:
    """Return the id in the path that ``Location`` leads to, ``""`` where that is another path."""
    path = url_parts(location_on(exchange)).path.rstrip("/")
    if not resource.item:
        return ""
    found = re.search(f"{paths.template_pattern(resource.item.rstrip('/'))}$", path)
    return id_text(resource.plain_id(found.groups()[-1])) if found and found.groups() else ""


def _with_what_is_shown(step: Step, resource: Resource) -> Step:
    """Return *step* with what its answer shows of the resources."""
    if not _shows_resources(step):
        return step
    entries = [item for _, item in paths.values_at(step.exchange.json, step.model.root)]
    name = id_name(resource)
    shown: list[Shown] = []
    for item in entries:
        key = _key_of_item(step, resource, item, name)
        if key is not None:
            shown.append(Shown(step.exchange, key, item, step.model))
    is_documented = name in step.model.shown
    return replace(
        step,
        shown=tuple(shown),
        is_list=_shows_list(step, resource),
        has_ids=len(shown) == len(entries) and (is_documented or bool(shown)),
    )


def _shows_resources(step: Step) -> bool:
    """Return whether the answer is documented to show what is there once it is given."""
    if step.outcome not in DONE_OR_LATER or step.role is Role.DELETE:
        return False
    if step.outcome is Outcome.LATER and step.role is not Role.CREATE:
        return False
    is_another = _has_another_body(step.exchange)
    return not is_another and not tells_of_progress(step.exchange, step.model)


def _key_of_item(step: Step, resource: Resource, item: Any, name: str) -> Key | None:
    """Return which resource *item* shows, by its id at *name*; None where nobody knows."""
    if not isinstance(item, Mapping):
        return None
    if step.role is not Role.LIST:
        return step.key
    id = id_text(paths.value_at(item, name)) if name else ""
    return key_in(resource, step.scope, id) if id else None


def _has_another_body(exchange: Exchange) -> bool:
    """Return whether a success is documented to have another body than the usual one, or none."""
    operation = exchange.case.operation
    documented, success = operation.response(exchange.status), operation.success
    if documented is None or success is None:
        return False
    return documented.content is not success.content


def _shows_list(step: Step, resource: Resource) -> bool:
    if step.role is not Role.LIST or not resource.items:
        return False
    holder = paths.parent_path(resource.items)
    found = paths.value_at(step.exchange.json, holder)
    return found is not ABSENT and isinstance(found, list)


def is_read_as_gone(step: Step) -> bool:
    """Return whether a read says that the resource is not there (RFC 9110 15.5.5, 15.5.11).

    It may also be shown as one that was deleted, and is kept.
    """
    if is_told_as_deleted(step):
        return step.role is Role.READ
    return step.is_safe and step.outcome is Outcome.REFUSED and step.status in (404, 410)


def is_told_as_deleted(step: Step) -> bool:
    """Return whether the answer shows the one that *step* is about as deleted."""
    resource = step.exchange.case.operation.resource
    if resource is None or step.role in (Role.LIST, Role.CREATE) or not step.exchange.accepted:
        return False
    return tells_deletion(step.exchange.json, resource)


def is_due(step: Step) -> bool:
    """Return whether what *step* made or deleted can be held to be so at once.

    A 202 that the document does not have promises nothing. Where it is the documented success, all
    that follows is held to it, and then as a SHOULD; unless what it leads to does not say that it
    is done.
    """
    if step.outcome is not Outcome.LATER:
        return True
    if step.asked and not step.asks_itself:
        return False
    success = step.exchange.case.operation.success
    return success is not None and success.status == str(step.status)


def may_create(step: Step) -> bool:
    """Return whether it is a replace that is documented to create, too (RFC 9110 9.3.4)."""
    return step.role is Role.REPLACE and step.exchange.case.operation.names_status(CREATED)


# --- what exists -------------------------------------------------------------------------------


@dataclass
class Existence:
    """What the life made and deleted so far. What nobody knows is in neither."""

    resource: Resource
    made: dict[Key, Step] = field(default_factory=dict)
    deleted: dict[Key, Step] = field(default_factory=dict)

    def follow(self, step: Step) -> None:
        """Take in what *step* did."""
        if step.owner == self.resource.parent:
            self._follow_parent(step)
        if step.owner != self.resource.name or step.key is None:
            return
        if is_read_as_gone(step):
            self.made.pop(step.key, None)  # it is told once, and nothing can be asked of it
        if not step.may_have_written:
            return
        if step.outcome is Outcome.DOUBTFUL:
            self.made.pop(step.key, None)
            self.deleted.pop(step.key, None)
        elif step.role is Role.DELETE:
            self.made.pop(step.key, None)
            self.deleted.setdefault(step.key, step)
        elif step.role is Role.CREATE or self._is_made_by_replacing(step):
            self.deleted.pop(step.key, None)
            self.made.setdefault(step.key, step)

    def _is_made_by_replacing(self, step: Step) -> bool:
        """Return whether a replace made what was not there: the document has 201 for it, too."""
        is_new = step.status == CREATED or step.key in self.deleted
        return is_new and may_create(step)

    def _follow_parent(self, step: Step) -> None:
        """Forget what stood under a parent that may be gone."""
        if step.role is not Role.DELETE or not step.may_have_written or step.key is None:
            return
        for known in (self.made, self.deleted):
            for key, maker in list(known.items()):
                if maker.scope[-1:] == step.key[-1:]:
                    del known[key]
