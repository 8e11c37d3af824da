"""Does a resource live as its document says? Its life is followed over all its operations.

The state is followed, not staged: each judge reads from the exchanges what exists, whatever their
order. Which operation has which clause follows from its role.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses import (
    lifecycle_create,
    lifecycle_delete,
    lifecycle_head,
    lifecycle_later,
    lifecycle_lists,
    lifecycle_pairs,
    lifecycle_parents,
    lifecycle_sent,
)
from pytest_confluent_contracts.clauses.lifecycle_state import LifeReader
from pytest_confluent_contracts.clauses.reading import withheld
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.progress import tells_later
from pytest_confluent_contracts.model.resources import SAFE_ROLES, WRITING_ROLES, Role
from pytest_confluent_contracts.model.traffic import OF_RESOURCES, Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_members import ItemModel
    from pytest_confluent_contracts.clauses.lifecycle_state import Life
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Header, Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

    JudgeLife = Callable[[Life], Iterable[Evidence]]

HEAD = "HEAD"
# What only the steps of a life show, in which parents are made and ended; of all else requests in
# any order tell, too.
OF_LIFE_ALONE = frozenset(
    {"own-parent-only", "gone-with-parent", "parent-shows-its-own", "parent-untouched"}
)
AFTERWARDS = MissingKind.NOT_READ_AFTERWARDS


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what the life of its resource must show of *operation*, by its role."""
    resource = operation.resource
    if resource is None:
        return
    if operation.method == HEAD:
        yield from _of_head(LifeClauses(operation, resource))
    elif operation.role in OWNED and _is_first_in_role(operation, resource):
        yield from OWNED[operation.role](LifeClauses(operation, resource))
        yield from _of_what_is_done_later(LifeClauses(operation, resource))
        if operation.role is Role.REPLACE and resource.is_made_by_put:
            yield from _of_put_that_creates(operation, resource)


def _of_put_that_creates(operation: Operation, resource: Resource) -> Iterator[Clause]:
    """Yield what holds for creates, of a PUT that creates, too; what it shares it has already."""
    replaces = {clause.id for clause in _of_replace(LifeClauses(operation, resource))}
    clauses = LifeClauses(operation.as_create, resource)
    for clause in _of_create(clauses):
        if clause.id not in replaces:
            yield clause
    yield clauses.make(
        "status-tells-if-new",
        "201 says that a PUT has created what was not there, and 200 or 204 that it has not",
        partial(lifecycle_create.judge_status_of_put, operation=operation),
        MissingEvidence(MissingKind.NOT_CREATED_ON_KEY),
        place=clauses.place,
    )


def _of_what_is_done_later(clauses: LifeClauses) -> Iterator[Clause]:
    operation = clauses.operation
    if operation.is_safe or not tells_later(operation):
        return
    stated = operation.promises.later_done
    yield clauses.make(
        "accepted-is-done",
        "what is accepted with 202 is done in the end, as where it leads to says",
        partial(lifecycle_later.judge_done, operation=operation),
        MissingEvidence(MissingKind.NO_PROGRESS, "202"),
        level=Level.SHOULD if stated is None else Level.MUST,
        place=clauses.place if stated is None else stated.place,
    )


def _is_first_in_role(operation: Operation, resource: Resource) -> bool:
    """Return whether it is the one whose requests make the life; a HEAD may share its role."""
    is_named = resource.operation_id(operation.role) == operation.id
    return is_named or operation.role is Role.READ


def level_after(operation: Operation) -> Level:
    """Return how strongly a write is held to be done when it is answered.

    A documented 202 only says that it is accepted (RFC 9110 15.3.3): that it is done at once is
    what people expect, and nobody's word. Where ``x-contract`` says when, it is.
    """
    promises = operation.promises
    if promises.consistency is not None or promises.later_done is not None:
        return Level.MUST
    if operation.success is not None and operation.success.status == "202":
        return Level.SHOULD
    return Level.MUST


class LifeClauses:
    """Makes the clauses of one operation on the life of its resource."""

    def __init__(self, operation: Operation, resource: Resource) -> None:
        self.operation = operation
        self.resource = resource
        self.reader = LifeReader(resource)
        self.level = level_after(operation)

    @cached_property
    def model(self) -> ItemModel:
        """Return what the document says of the resource in the traffic of the operation."""
        return self.reader.model_of(self.operation, self.resource)

    def has(self, *roles: Role) -> bool:
        """Return whether the document has an operation in one of *roles*."""
        return any(self.resource.operation_id(role) for role in roles)

    @property
    def place(self) -> SourceLocation:
        """Return the line of the answer that makes the promise."""
        if self.operation.success is None:
            return self.operation.place
        return self.operation.success.place

    def make(
        self,
        rule: str,
        promise: str,
        judge: JudgeLife,
        missing: MissingEvidence,
        *,
        level: Level = Level.MUST,
        place: SourceLocation | None = None,
    ) -> Clause:
        """Return the clause ``lifecycle/RULE``, held where the operation stands."""
        return Clause(
            id=f"lifecycle/{rule}",
            family=Family.LIFECYCLE,
            level=level,
            place=place or self.operation.place,
            promise=promise,
            judge=self._judge(judge),
            explain=self._explain(missing),
            needs=frozenset({Probe.LIFE}) if rule in OF_LIFE_ALONE else OF_RESOURCES,
            stateful=True,
        )

    def _judge(self, judge_life: JudgeLife) -> Judge:
        def judge(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
            life = self.reader.read(exchanges)
            evidence = list(judge_life(life))
            is_against = any(one.finding for one in evidence)
            if is_against and life.delay:
                # What was read too early is no evidence against anybody.
                return list(judge_life(life.without_early_reads()))
            return evidence

        return judge

    def _explain(self, otherwise: MissingEvidence) -> Explain:
        """Explain by *otherwise*, unless all that the operation was asked for was refused."""
        owed = f"a {self.operation.role.value} that is accepted"
        explain_withheld = withheld(owed, Expect.ACCEPTED, otherwise=otherwise)

        def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
            own = [one for one in exchanges if one.case.operation.key == self.operation.key]
            if any(one.case.expect is Expect.ACCEPTED for one in own):
                return explain_withheld(own)
            return otherwise

        return explain


# --- create ------------------------------------------------------------------------------------


def _of_create(clauses: LifeClauses) -> Iterator[Clause]:
    if clauses.has(Role.READ):
        yield clauses.make(
            "created-is-readable",
            "what is created can be read until it is deleted",
            lifecycle_create.judge_readable,
            MissingEvidence(AFTERWARDS, "create"),
            level=clauses.level,
            place=clauses.place,
        )
    yield from _of_what_create_sends(clauses)
    yield from _of_location(clauses)
    yield from _of_lists(clauses, clauses.level)
    yield from _of_several_creates(clauses)
    yield from _of_what_it_lies_in(clauses)
    yield from _of_secrets(clauses)


def _of_what_create_sends(clauses: LifeClauses) -> Iterator[Clause]:
    written = clauses.model.written
    if written:
        yield clauses.make(
            "created-equals-sent",
            "what is created shows each value as it was sent, until something changes it",
            lifecycle_sent.judge_created,
            MissingEvidence(MissingKind.NOT_RETURNED_AFTER_SENDING, "a member"),
        )
        yield clauses.make(
            "sent-is-shown",
            "what a create sends is shown by every answer about it that has a place for it",
            lifecycle_sent.judge_ever_shown,
            MissingEvidence(MissingKind.NOT_RETURNED_AFTER_SENDING, "a member"),
            level=Level.SHOULD,
        )
    defaults = [member for member in written.values() if "default" in member.schema]
    if defaults:
        yield clauses.make(
            "created-has-defaults",
            "a member that is not sent has the default that the document says",
            lifecycle_sent.judge_defaults,
            MissingEvidence(MissingKind.NO_DEFAULT_SHOWN),
            place=defaults[0].place,
        )


def _of_location(clauses: LifeClauses) -> Iterator[Clause]:
    if not clauses.resource.item:
        return
    header = _documented_location(clauses.operation)
    yield clauses.make(
        "location-leads-there",
        "Location names what was created, by its path",
        lifecycle_create.judge_location,
        MissingEvidence(MissingKind.NO_LOCATION),
        level=Level.SHOULD if header is None else Level.MUST,
        place=clauses.operation.place if header is None else header.place,
    )


def _documented_location(operation: Operation) -> Header | None:
    for response in operation.responses:
        for header in response.headers:
            if response.status.startswith("2") and header.name.lower() == "location":
                return header
    return None


def _of_several_creates(clauses: LifeClauses) -> Iterator[Clause]:
    yield clauses.make(
        "two-creates-make-two",
        "a second create makes another resource, and leaves the first as it is",
        _judge_two_creates,
        MissingEvidence(MissingKind.NOT_CREATED_TWICE),
    )
    has_body = clauses.operation.request is not None
    if has_body and (clauses.has(Role.LIST) or clauses.resource.chooses_ids):
        yield clauses.make(
            "refused-create-creates-nothing",
            "a refused create makes nothing",
            lifecycle_create.judge_refused_create,
            MissingEvidence(MissingKind.NOTHING_AFTER_REFUSAL),
        )
    yield clauses.make(
        "ids-not-reused",
        "what is created does not get the id of what was deleted",
        lifecycle_create.judge_reused_ids,
        MissingEvidence(_why_no_id_again(clauses)),
        level=Level.SHOULD,
    )


def _why_no_id_again(clauses: LifeClauses) -> MissingKind:
    """Return why nobody sees whether the service gives an id twice, where nobody does."""
    if not clauses.has(Role.DELETE):
        return MissingKind.NOTHING_DELETES
    if clauses.resource.chooses_ids:
        return MissingKind.IDS_CHOSEN
    return MissingKind.NOT_CREATED_AFTER_DELETE


def _judge_two_creates(life: Life) -> Iterator[Evidence]:
    yield from lifecycle_create.judge_two_creates(life)
    yield from lifecycle_delete.judge_siblings(life, Role.CREATE)


def _of_secrets(clauses: LifeClauses) -> Iterator[Clause]:
    promises = clauses.operation.promises
    stated = promises.create_only if promises.create_only.paths else promises.secrets
    if stated.paths:
        yield clauses.make(
            "secret-shown-once",
            "only the answer to create shows a secret that the service makes, and none shows one "
            "that was sent",
            partial(lifecycle_create.judge_secrets, operation=clauses.operation),
            MissingEvidence(MissingKind.NOT_SHOWN),
            place=stated.place,
        )
    told_once = list(_secrets_owed(clauses.operation))
    if told_once:
        yield clauses.make(
            "secret-is-told",
            "the answer to create shows the secret that no other answer shows",
            partial(lifecycle_create.judge_secret_told, members=told_once),
            MissingEvidence(MissingKind.NOT_SHOWN),
            place=promises.create_only.place,
        )


def _secrets_owed(operation: Operation) -> Iterator[str]:
    """Yield the members that the answer to a create alone shows, and that nobody sends."""
    answered = {member.path for member in operation.answer_members}
    sent = {member.path for member in operation.request_members if not member.read_only}
    for path in operation.promises.create_only.paths:
        if path in answered and path not in sent:
            yield path


# --- list and read -----------------------------------------------------------------------------


def _of_list(clauses: LifeClauses) -> Iterator[Clause]:
    if clauses.resource.items and clauses.has(Role.CREATE):
        yield clauses.make(
            "listed-as-documented",
            "each item of a list, on each of its pages, is as the document has it",
            partial(lifecycle_lists.judge_shape_of_items, clauses.operation),
            MissingEvidence(MissingKind.NOTHING_LISTED),
            place=clauses.place,
        )
    if not clauses.has(Role.CREATE):
        yield from _of_lists(clauses, Level.MUST)
    if not clauses.has(Role.READ):
        yield from _of_read(clauses)


def _of_lists(clauses: LifeClauses, level: Level) -> Iterator[Clause]:
    if not clauses.has(Role.LIST) or not clauses.resource.items:
        return
    if clauses.operation.role is Role.CREATE:
        yield clauses.make(
            "listed-once",
            "a list shows what was created, once",
            lifecycle_lists.judge_listed,
            MissingEvidence(MissingKind.NOT_LISTED_WHOLE),
            level=level,
        )
    if clauses.resource.parent:
        yield clauses.make(
            "own-parent-only",
            "what was created under one parent is neither listed nor served under another",
            lifecycle_parents.judge_own_parent,
            MissingEvidence(MissingKind.ONE_PARENT),
        )


def _of_read(clauses: LifeClauses) -> Iterator[Clause]:
    yield clauses.make(
        "reads-change-nothing",
        "GET and HEAD change nothing",
        lifecycle_pairs.judge_reads,
        MissingEvidence(MissingKind.NOT_SEEN_TWICE),
    )
    yield from _of_parent(clauses)
    others = [role for role, _ in clauses.resource.roles if role in SHOWING]
    if len(others) > 1:
        yield clauses.make(
            "same-everywhere",
            "the answers of create, read, list, replace and update agree on every member",
            lifecycle_pairs.judge_agreement,
            MissingEvidence(MissingKind.NOT_SEEN_TWICE),
        )


def _of_parent(clauses: LifeClauses) -> Iterator[Clause]:
    if not clauses.resource.parent or not clauses.has(Role.CREATE):
        return
    yield clauses.make(
        "gone-with-parent",
        "what lay in what was deleted is gone, too",
        lifecycle_parents.judge_orphans,
        MissingEvidence(MissingKind.NO_PARENT_ENDED),
    )
    if clauses.resource.in_parent and clauses.has(Role.LIST):
        yield clauses.make(
            "parent-shows-its-own",
            "what a parent shows to lie in it is what is listed there",
            lifecycle_parents.judge_parents_answers,
            MissingEvidence(MissingKind.PARENT_NOT_READ),
            level=Level.SHOULD,
        )


SHOWING = SAFE_ROLES.union(WRITING_ROLES)


def _of_head(clauses: LifeClauses) -> Iterator[Clause]:
    yield clauses.make(
        "head-as-get",
        "HEAD is answered as GET, without the body",
        partial(lifecycle_head.judge_head, operation=clauses.operation),
        MissingEvidence(MissingKind.NO_GET_BESIDE_HEAD),
    )
    yield clauses.make(
        "head-as-get/headers",
        "HEAD has the headers that GET has",
        partial(lifecycle_head.judge_head_headers, operation=clauses.operation),
        MissingEvidence(MissingKind.NO_GET_BESIDE_HEAD),
        level=Level.SHOULD,
    )


# --- replace, update, delete -------------------------------------------------------------------


def _of_replace(clauses: LifeClauses) -> Iterator[Clause]:
    if clauses.model.written:
        yield clauses.make(
            "replaced-equals-sent",
            "what is replaced shows each value as it was sent, until something changes it",
            partial(lifecycle_sent.judge_sent, role=Role.REPLACE, in_own_answer=True),
            MissingEvidence(AFTERWARDS, "replace"),
        )
    if any(not member.required for member in clauses.model.written.values()):
        yield clauses.make(
            "replace-drops-what-is-left-out",
            "what a replace leaves out is gone, null, or its default",
            lifecycle_sent.judge_left_out,
            MissingEvidence(MissingKind.NOTHING_LEFT_OUT),
        )
    yield from _of_change(clauses)


def _of_update(clauses: LifeClauses) -> Iterator[Clause]:
    if clauses.has(*SAFE_ROLES):
        yield clauses.make(
            "updated-is-read",
            "what an update sent is what is read, and all else is as it was",
            lifecycle_sent.judge_updated,
            MissingEvidence(AFTERWARDS, "update"),
        )
    yield from _of_change(clauses)


def _of_change(clauses: LifeClauses) -> Iterator[Clause]:
    """Yield what holds for whatever writes to a resource that is there."""
    if not clauses.has(*SAFE_ROLES):
        return
    role = clauses.operation.role
    # A deletion has no body that could be wrong: it is refused to who may not delete.
    if role is not Role.DELETE or clauses.operation.security:
        yield clauses.make(
            "refused-changes-nothing",
            "a refused request changes nothing",
            partial(lifecycle_pairs.judge_refused, operation=clauses.operation),
            MissingEvidence(MissingKind.NOTHING_AFTER_REFUSAL),
        )
    yield clauses.make(
        "siblings-untouched",
        "others of its kind stay what and where they are",
        partial(lifecycle_delete.judge_siblings, role=role),
        MissingEvidence(_why_no_sibling(clauses), role.value),
    )
    yield from _of_what_it_lies_in(clauses)


def _of_what_it_lies_in(clauses: LifeClauses) -> Iterator[Clause]:
    role = clauses.operation.role
    if clauses.resource.parent and clauses.has(Role.CREATE):
        yield clauses.make(
            "parent-untouched",
            "what it lies in has the values that it had",
            partial(lifecycle_parents.judge_parent_untouched, role=role),
            MissingEvidence(MissingKind.NO_PARENT_AROUND, role.value),
            level=Level.SHOULD,
        )


def _why_no_sibling(clauses: LifeClauses) -> MissingKind:
    """Return why nobody sees another of its kind before and after, where nobody does."""
    if not clauses.resource.parameter:
        return MissingKind.ONE_ALONE
    if not clauses.has(Role.CREATE):
        return MissingKind.NOTHING_CREATES
    return MissingKind.NO_SIBLING


def _of_delete(clauses: LifeClauses) -> Iterator[Clause]:
    if clauses.has(Role.READ, Role.UPDATE, Role.REPLACE):
        yield clauses.make(
            "deleted-is-gone",
            "what was deleted is answered with 404 or 410, or a 403 that is documented",
            lifecycle_delete.judge_gone,
            MissingEvidence(AFTERWARDS, "delete"),
            level=clauses.level,
            place=clauses.place,
        )
    if clauses.has(Role.LIST) and clauses.resource.items:
        yield clauses.make(
            "deleted-is-not-listed",
            "no list shows what was deleted",
            lifecycle_delete.judge_not_listed,
            MissingEvidence(AFTERWARDS, "delete"),
            level=clauses.level,
            place=clauses.place,
        )
    yield clauses.make(
        "delete-again-has-no-effect",
        "a second delete is refused, or answered as the first, and nothing else goes with it",
        lifecycle_delete.judge_again,
        MissingEvidence(MissingKind.NOT_DELETED_TWICE),
    )
    is_held = clauses.has(Role.UPDATE, Role.REPLACE) and not clauses.resource.is_made_by_put
    if (is_held or clauses.has(Role.UPDATE)) and clauses.has(*SAFE_ROLES):
        yield clauses.make(
            "no-resurrection",
            "no update or replace brings back what was deleted",
            lifecycle_delete.judge_resurrection,
            MissingEvidence(AFTERWARDS, "write to what was deleted"),
        )
    yield from _of_change(clauses)


OWNED: dict[Role, Callable[[LifeClauses], Iterator[Clause]]] = {
    Role.CREATE: _of_create,
    Role.LIST: _of_list,
    Role.READ: _of_read,
    Role.REPLACE: _of_replace,
    Role.UPDATE: _of_update,
    Role.DELETE: _of_delete,
}
