"""What did this run make, and what of it is still there? And what may it have made unseen?

Each create goes only where the budget pays for the end of what it makes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_lists import is_whole_list
from pytest_confluent_contracts.clauses.lifecycle_state import (
    CREATED,
    LifeReader,
    location_on,
    tells_of_progress,
)
from pytest_confluent_contracts.clauses.reading import tells_deletion, url_parts
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    filled_template,
    percent_encoded,
    placed_parameters,
    template_pattern,
    value_at,
)
from pytest_confluent_contracts.model.progress import (
    ACCEPTED_FOR_LATER,
    Progress,
    id_of_made,
    shows_what_is_made,
)
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import FailureKind, Principal
from pytest_confluent_contracts.run.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_members import Key, Shown
    from pytest_confluent_contracts.http.guard import Guard
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.later import Followed

PathParameters = tuple[tuple[str, str], ...]
# Nothing of the request has reached anybody.
NEVER_SENT = frozenset({FailureKind.UNCONNECTED, FailureKind.TLS_REFUSED})
NOT_THERE = frozenset({404, 410})  # RFC 9110 15.5.5, 15.5.11
# A segment that leads out of the path in which it stands (RFC 3986 5.2.4), coded or not.
DOTS = frozenset({".", ".."})
BETWEEN_SEGMENTS = re.compile(r"[/\\]")


@dataclass(slots=True)
class Made:
    """A resource that this run has made, by its path parameters, until it is deleted.

    ``made_at`` is when its create was answered, in seconds since 1970; ``is_reserved`` says whether
    a request is kept in the budget for its end, ``ends_later`` whether its deletion was answered
    202: reads may show it for a while; ``has_outlived`` whether one has shown it after another 2xx.
    ``maker`` is who made it, and deletes it.
    """

    parameters: PathParameters
    made_at: float = field(default_factory=time.time)
    is_there: bool = True
    is_reserved: bool = False
    ends_later: bool = False
    has_outlived: bool = False
    maker: Principal = Principal.OWN


@dataclass(frozen=True, slots=True)
class LostCreate:
    """A create of which nobody knows what it made, and what came in the place of its id.

    ``listed_before`` are those that a list had shown when it was sent.
    """

    case: Case
    listed_before: frozenset[Key]
    came: str = "had no answer"


class MadeResources:
    """Keeps what the run makes of one resource, whoever sends the create; lives as the session.

    *creating* and *deleting* are the operations that make and end one, None where the run has none.
    *remember* hears of all that is there, and *admit* of each that is new, before the next request
    goes. *named* are the path parameters of what the run was given: no create has made that, nor
    what a list has shown before, whatever its answer says. ``others`` are such of which a create
    claims that it made them; ``lost`` are the creates of which nobody knows what they made;
    ``later`` those that were accepted with 202, each with its answer, of which the id is still to
    be told.
    """

    def __init__(
        self,
        resource: Resource,
        creating: Operation | None,
        deleting: Operation | None,
        guard: Guard,
        remember: Callable[[list[Made]], None],
        admit: Callable[[PathParameters], None],
        named: PathParameters = (),
    ) -> None:
        self.resource, self._guard = resource, guard
        self._creating, self._deleting = creating, deleting
        self._remember, self._admit = remember, admit
        self.all: list[Made] = []
        # A run makes hundreds, and each answer about one is about few of them.
        self._by_key: dict[Key, list[Made]] = {}
        self.others: list[PathParameters] = []
        self.later: list[tuple[LostCreate, Exchange]] = []
        self._unanswered: list[LostCreate] = []
        self._lost: list[LostCreate] = []
        self._reader = LifeReader(resource)
        self._named = dict(named)
        # By whoever was shown it: each principal may have ids of its own.
        self._listed_before: dict[Principal, set[Key]] = {one: set() for one in Principal}
        self._listed_in: set[PathParameters] = set()
        # Held while something is taken down: several may be made at the same time.
        self._lock = RLock()

    @property
    def there(self) -> list[Made]:
        """Return what is still there, the oldest first."""
        return [one for one in self.all if one.is_there]

    @property
    def lost(self) -> list[LostCreate]:
        """Return the creates of which nobody knows what they made."""
        return [*self._unanswered, *self._lost]

    def is_listed(self, around: PathParameters) -> bool:
        """Return whether a list has shown what was there in *around* before anything was made."""
        return around in self._listed_in

    def is_own(self, parameters: PathParameters) -> bool:
        """Return whether the run has made what *parameters* name."""
        alike = self._by_key.get(self._reader.key_of(parameters), [])
        return any(dict(one.parameters) == dict(parameters) for one in alike)

    def is_free(self, case: Case, history: Sequence[Exchange], *, is_sure: bool) -> bool:
        """Return whether *case* may create on its key: the run's own, or nobody's.

        What a read or a list has shown is somebody's. With *is_sure*, the last read of the key in
        *history* has to say that nothing is there.
        """
        key = self._reader.key_of(case.parameters)
        is_shown = key in self._listed_before[case.principal]
        is_named = self._named == dict(case.parameters)
        if (is_shown or is_named) and not self.is_own(case.parameters):
            return False
        reads = [one for one in history if _reads_the_same(one, case)]
        return not is_sure or (bool(reads) and reads[-1].status in NOT_THERE)

    def add(self, one: Made) -> None:
        """Take down that the run has made *one*, or a run before that was killed."""
        self.all.append(one)
        self._by_key.setdefault(self._reader.key_of(one.parameters), []).append(one)

    # --- before a request, and after its answer ---------------------------------------------------

    @contextmanager
    def asking(self, case: Case) -> Iterator[None]:
        """Count a create as unanswered from here on, and keep a request for the end of what it
        makes.

        A run that is told to end does so behind it. Raise `BudgetSpent` where that is not payable.
        """
        if not _is_of(case, self._creating):
            yield
            return
        self._reserve()
        with self._lock:
            known = frozenset(self._listed_before[case.principal])
            self._unanswered.append(LostCreate(case, known))
        try:
            with undisturbed():
                yield
        except Refusal:
            self._answered(case)
            self._release()
            raise

    def _answered(self, case: Case) -> LostCreate:
        """Return what was taken down of *case* when it was sent, and no longer wait for it."""
        with self._lock:
            found = next(one for one in self._unanswered if one.case == case)
            self._unanswered.remove(found)
        return found

    def note(self, case: Case, exchange: Exchange) -> None:
        """Take down what the answer tells of one that was made, deleted, or there before."""
        with self._lock:
            self._note(case, exchange)

    def _note(self, case: Case, exchange: Exchange) -> None:
        if _is_of(case, self._creating):
            self._note_create(case, exchange)
        elif not exchange.accepted:
            return
        elif self._is_made_by_other(case, exchange):
            self.add(Made(case.parameters, maker=case.principal))
            self._tell_there()
        elif _is_of(case, self._deleting):
            is_later = exchange.status == ACCEPTED_FOR_LATER
            self.note_deleted(case.parameters, later=is_later, asking=case.principal)
        elif case.operation.role is Role.LIST:
            self._note_list(case, exchange)
        elif case.operation.role is Role.READ and self.resource.is_made_by_put:
            self._note_read(case, exchange)
        elif case.parameters:  # what there is but one of has no name, and is always there
            self._note_there_again(case, self._reader.key_of(case.parameters))

    def _is_made_by_other(self, case: Case, exchange: Exchange) -> bool:
        """Return whether a PUT of a second principal has made one of its own, and replaced none."""
        is_put = self.resource.is_made_by_put and case.operation.role is Role.REPLACE
        is_others = case.principal is Principal.OTHER and exchange.status == CREATED
        return is_put and is_others and not self._is_there(case.parameters, case.principal)

    def _note_create(self, case: Case, exchange: Exchange) -> None:
        asked = self._answered(case)
        if not exchange.accepted:
            if _may_have_made(exchange):
                came = f"was answered {exchange.status}" if exchange.status else asked.came
                self._lost.append(replace(asked, came=came))
            self._release()
            return
        parameters = self.parameters_of(case, exchange)
        if parameters is None and exchange.status == ACCEPTED_FOR_LATER:
            self.later.append((asked, exchange))
            return
        self._note_made(asked, parameters)

    def note_followed(self, answer: Exchange, followed: Followed) -> PathParameters | None:
        """Take down what the 202 *answer* made, as what it led to tells.

        Return its path parameters, None where nothing tells its id, or it was not made.
        """
        waiting = [one for one in self.later if one[1] is answer]
        if not waiting:
            return None
        self.later.remove(waiting[0])
        asked, found = waiting[0][0], ""
        for one in reversed(followed.answers):
            found = found or id_of_made(one, self.resource)
        if not found and followed.progress is Progress.FAILED:
            self._release()
            return None
        parameters: PathParameters | None = None
        if found:
            parameters = self._named_by(asked.case, found)
        self._note_made(asked, parameters)
        return parameters

    def _note_made(self, asked: LostCreate, parameters: PathParameters | None) -> None:
        """Take down one that was made, whose end a request is kept for."""
        if parameters is None:
            self._lost.append(replace(asked, came="told no id that can be asked for"))
        elif self._was_there_before(parameters, asked.case.principal):
            self.others.append(parameters)
        maker = asked.case.principal
        if parameters is None or parameters in self.others or self._is_there(parameters, maker):
            self._release()
            return
        self.add(Made(parameters, is_reserved=True, maker=maker))
        self._tell_there()
        # What was made where nothing is may not be asked for: it is told at the end.
        with suppress(Refusal):
            self._admit(parameters)

    def _is_there(self, parameters: PathParameters, maker: Principal) -> bool:
        """Return whether *maker* has made what *parameters* name, and it is still there."""
        for one in self._by_key.get(self._reader.key_of(parameters), []):
            if one.is_there and one.maker is maker and one.parameters == parameters:
                return True
        return False

    def _was_there_before(self, parameters: PathParameters, asking: Principal) -> bool:
        """Return whether no create of this run can have made what *parameters* name.

        A service may take a create for an update, or answer with what it has under the same name.
        """
        if self.is_own(parameters):
            return False
        key = self._reader.key_of(parameters)
        is_named = bool(self._named) and self._named == dict(parameters)
        return is_named or key in self._listed_before[asking]

    def _note_list(self, case: Case, exchange: Exchange) -> None:
        for one in self._shown(exchange):
            if one.key in self._by_key:
                self._note_there_again(case, one.key)
            else:
                self._listed_before[case.principal].add(one.key)
        self._listed_in.add(case.parameters)

    def _note_read(self, case: Case, exchange: Exchange) -> None:
        """Take down that a key is somebody's, or that one is there that was made on it.

        What is shown as deleted is there no more.
        """
        key = self._reader.key_of(case.parameters)
        if key not in self._by_key:
            self._listed_before[case.principal].add(key)
        elif not tells_deletion(exchange.json, self.resource):
            self._note_there_again(case, key)

    def _shown(self, exchange: Exchange) -> tuple[Shown, ...]:
        steps = self._reader.read([exchange]).steps
        return steps[0].shown if steps else ()

    def _note_there_again(self, case: Case, key: Key) -> None:
        """Take down that one is there after all: a write has brought it back, or it never went."""
        is_safe = case.operation.is_safe
        meant = self._meant(key, case.principal)
        if self.resource.is_made_by_put:  # again and again, under one key
            meant = meant[-1:]
        for one in meant:
            if not one.is_there and not (one.ends_later and is_safe):
                one.is_there, one.has_outlived = True, is_safe
                self._tell_there()

    def note_deleted(
        self,
        parameters: Sequence[tuple[str, str]],
        *,
        later: bool = False,
        asking: Principal = Principal.OWN,
    ) -> None:
        """Take down that the one that *parameters* name is gone, or will be *later*.

        *asking* is who had it deleted.
        """
        for one in self._meant(self._reader.key_of(parameters), asking):
            if one.is_there and dict(one.parameters) == dict(parameters):
                one.is_there, one.ends_later = False, later
                self.spend(one)
                self._tell_there()

    def _meant(self, key: Key, asking: Principal) -> list[Made]:
        """Return what *asking* means by *key*: of its own making, else anybody's."""
        own: list[Made] = []
        others: list[Made] = []
        for one in self._by_key.get(key, []):
            if one.maker is asking:
                own.append(one)
            else:
                others.append(one)
        return own or others

    def spend(self, one: Made) -> None:
        """Let go the request that is kept for the end of *one*: it is to be sent now."""
        if one.is_reserved:
            one.is_reserved = False
            self._release()

    def _tell_there(self) -> None:
        self._remember(self.there)

    def _reserve(self) -> None:
        if self._deleting is not None:
            self._guard.reserve(self._deleting.key)

    def _release(self) -> None:
        if self._deleting is not None:
            self._guard.release(self._deleting.key)

    # --- what an answer names ---------------------------------------------------------------------

    def parameters_of(self, case: Case, exchange: Exchange) -> PathParameters | None:
        """Return the path parameters of what a create has made, None where no answer tells them.

        An id that leads out of its path, as ``..`` does, is none that can be asked for.
        """
        if case.operation.makes_on_key:
            return case.parameters
        id = self._id_of(case, exchange)
        if not id or not DOTS.isdisjoint(BETWEEN_SEGMENTS.split(id)):
            return None
        return self._named_by(case, id)

    def _named_by(self, create: Case, id: str) -> PathParameters:
        """Return the path parameters of what a *create* has made under *id*.

        The path of one may call what it lies in otherwise than that of the collection does.
        """
        around = placed_parameters(create.parameters, create.operation.path, self.resource.item)
        return (*around, self.resource.own_parameter(id))

    def _id_of(self, case: Case, exchange: Exchange) -> str:
        """Return the id of what was made: as the answer has it, its Location, or who chose it.

        What is accepted for later may tell of the job that makes it: that has an id of its own.
        """
        chosen = value_at(case.value, self.resource.id_sent) if self.resource.id_sent else ABSENT
        own = "" if chosen is ABSENT else _as_text(chosen)
        if exchange.status == ACCEPTED_FOR_LATER and not shows_what_is_made(case.operation):
            return id_of_made(exchange, self.resource) or own
        shown = value_at(exchange.json, self.resource.id_member)
        model = self._reader.model_of(case.operation, self.resource)
        is_shown = self.resource.id_member and not tells_of_progress(exchange, model)
        if shown is not ABSENT and is_shown:
            return _as_text(shown)
        return self._id_in_location(case, exchange) or own

    def _id_in_location(self, case: Case, exchange: Exchange) -> str:
        """Return the id in the path of ``Location``, ``""`` where that leads to something else.

        The host does not matter, and is never asked: it may be the vendor's.
        """
        around = self._named_by(case, "")[:-1]
        template = filled_template(self.resource.item, around, percent_encoded)
        path = url_parts(location_on(exchange)).path.rstrip("/")
        found = re.search(f"{template_pattern(template.rstrip('/'))}$", path)
        return self.resource.plain_id(found.groups()[-1]) if found and found.groups() else ""

    # --- creates of which nobody knows what they made ---------------------------------------------

    def listed_like(self, lost: LostCreate, answer: Exchange) -> list[PathParameters] | None:
        """Return what the list in *answer* shows that a *lost* create may have made.

        That has every member that was sent, as far as a list shows it, and a text among them; what
        this run knows to be its own, or has seen before, is none of it. None where the list does
        not tell: it is none, or has more pages.
        """
        steps = self._reader.read([answer]).steps
        if not answer.accepted or not steps or not steps[0].is_list:
            return None
        known = lost.listed_before | self._by_key.keys()
        found = [
            self._named_by(lost.case, one.key[-1])
            for one in steps[0].shown
            if one.key not in known and _is_alike(one.item, lost.case.value)
        ]
        if found or (is_whole_list(steps[0]) and _can_be_found(lost.case.value, steps[0].shown)):
            return found
        return None


def _is_of(case: Case, operation: Operation | None) -> bool:
    if operation is None or case.operation.key != operation.key:
        return False
    return case.operation.role is operation.role  # a PUT may create, and replace


def _reads_the_same(exchange: Exchange, case: Case) -> bool:
    """Return whether *exchange* is a read of what *case* would create."""
    asked = exchange.case
    is_read = asked.operation.role is Role.READ and asked.principal is case.principal
    return is_read and asked.parameters == case.parameters


def _as_text(id: Any) -> str:
    """Return *id* as it stands in a path."""
    if isinstance(id, bool) or not isinstance(id, str | int):
        return ""
    return str(id)


def _may_have_made(exchange: Exchange) -> bool:
    """Return whether a create that was not accepted may have made something all the same.

    A 4xx says that it has not (RFC 9110 15.5); a 3xx may lead to what it made (15.4.4).
    """
    if exchange.failure:
        return exchange.failure_kind not in NEVER_SENT
    return not 400 <= exchange.status < 500


def _is_alike(item: Mapping[str, Any], sent: Any) -> bool:
    """Return whether *item* has all that was *sent*, as far as it shows it, and a text of it."""
    shown = _shown_of(sent, item)
    return _has_text(shown) and all(item[name] == value for name, value in shown.items())


def _can_be_found(sent: Any, listed: Sequence[Shown]) -> bool:
    """Return whether each that is *listed* shows a text of its own where one was *sent*."""
    return all(_has_text(_shown_of(sent, one.item)) for one in listed)


def _shown_of(sent: Any, item: Mapping[str, Any]) -> dict[str, Any]:
    body = sent if isinstance(sent, Mapping) else {}
    return {name: value for name, value in body.items() if name in item}


def _has_text(shown: Mapping[str, Any]) -> bool:
    return any(isinstance(value, str) and value for value in shown.values())
