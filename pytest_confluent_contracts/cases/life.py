"""What shows the life of a resource? The steps from its creation to its end, in their order.

Each is a case whose path parameters are put in when its turn comes: until then nobody knows the id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases import list_parts
from pytest_confluent_contracts.cases.build import (
    bare_case,
    fresh_body,
    id_as_sent,
    id_member_sent,
    judged_case,
    minimal_body,
    sample_value,
    varied_members,
    violations,
    with_credentials,
)
from pytest_confluent_contracts.cases.conditions import (
    READ_IF_CHANGED,
    READ_IF_NONE,
    READ_IF_OTHER,
    READ_IF_SEVERAL,
    READ_IF_STALE,
    READ_IF_WEAK,
    WRITE_ANYHOW,
    WRITE_IF_ANY,
    WRITE_IF_CURRENT,
    WRITE_IF_NONE,
    WRITE_IF_OTHERS,
    WRITE_IF_SEVERAL,
    WRITE_IF_STALE,
    WRITE_IF_WEAK,
)
from pytest_confluent_contracts.cases.conforming_ids import conforming_ids
from pytest_confluent_contracts.cases.other_principal import (
    ANOTHERS,
    ANOTHERS_HOLDER,
    ANOTHERS_TOO,
    AT_ANOTHERS,
    FIRST_AT_ANOTHERS,
    INTRUDER,
    asked_by_other,
    for_maker,
    has_other,
    steps_of_other,
)
from pytest_confluent_contracts.cases.put_keys import keys_by_name
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.cases.unusual_values import (
    LONGEST_TEXT,
    with_longest_texts,
    with_unusual_values,
)
from pytest_confluent_contracts.model.conditions import (
    AS_TYPE,
    IF_ANY,
    IF_CHANGED,
    IF_CHANGED_SINCE_ANY,
    IF_CHANGED_SINCE_SEVERAL,
    IF_CHANGED_SINCE_WEAK,
    IF_CURRENT,
    IF_NONE,
    IF_OTHER,
    IF_OTHERS,
    IF_SEVERAL,
    IF_STALE,
    IF_WEAK,
    UNCONDITIONED,
    requires_condition,
    takes_if_match,
    takes_if_none,
    takes_if_none_match,
)
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    NEW_NAME,
    item_path,
    placed_parameters,
    template_names,
    value_at,
    with_value,
    without_value,
)
from pytest_confluent_contracts.model.progress import PROGRESS, may_ask_progress
from pytest_confluent_contracts.model.resources import (
    DELETE_AGAIN,
    HELD,
    HOLDER,
    OTHER_HOLDER,
    Role,
)
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Principal,
    Probe,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.cases.conditions import Condition
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import RunContext

# The resources of a life, by what the steps call them: the first has what is required, the second
# has all, is changed and deleted, the third is made by the body of the second once more.
FIRST, SECOND, THIRD, LAST = "first", "second", "third", "last"
# Other parents than theirs: one that stays, one that ends, and one that comes after it.
ELSEWHERE, ENDING, AFTERWARDS = "elsewhere", "ending", "afterwards"
# What they are called among the parents.
PARENTS = {
    ELSEWHERE: OTHER_HOLDER,
    ENDING: "ending holder",
    AFTERWARDS: "holder afterwards",
    AT_ANOTHERS: ANOTHERS_HOLDER,
}
AROUND = "around"  # the parent in which they lie
# The id of the first, as if it lay in another parent; one of the second's id, which does; and one
# that lies in the parent that ends.
FIRST_ELSEWHERE, FIRST_AT_END = "first elsewhere", "first at the end"
TWIN, ORPHAN = "twin", "orphan"
NEWEST = "newest"  # one that is made before the list is filtered, and deleted behind that
LONGEST = "longest"  # one whose texts are as long as they may be
CHOSEN = (
    *(FIRST, SECOND, THIRD, LAST, ORPHAN, ANOTHERS, INTRUDER, ANOTHERS_TOO, NEWEST, LONGEST),
    *(HOLDER, *PARENTS.values()),
)
REFUSED = "refused"  # under which nothing is made
# Whom a PUT makes on a key that is chosen: those that show most come first, where there are few.
KEYED = (FIRST, SECOND, THIRD, HELD, LAST, REFUSED)
OWN = "own"  # the one that was there before, where the run may create none
SAME_ID = {
    FIRST_ELSEWHERE: FIRST,
    FIRST_AT_END: FIRST,
    FIRST_AT_ANOTHERS: FIRST,
    TWIN: SECOND,
}
CREATED, CONFLICT = 201, 409
LOOK_AT_KEY = "read before create"
OTHER_NAME = f"{NEW_NAME}-2"  # of a value in a map, where there was another
FILTERED_AGAIN = "filtered by what was written"
HOLDING = "hold"  # a step that makes what others are held on, or what lies around them
# The steps whose condition the current tag meets.
FULFILLED = frozenset({IF_CURRENT, IF_SEVERAL, IF_ANY})
# Values of each JSON type, one of which a member does not allow.
NOT_A_VALUE: tuple[Any, ...] = (7, "no", None, [], {}, True)


@dataclass(frozen=True, slots=True)
class LifeStep:
    """A request of a life.

    ``about`` says which of the resources it goes to, ``""`` where it goes to all of them;
    ``creates`` what the one is called that its answer shows, ``""`` where it shows none;
    ``condition`` names the entity tag on which it depends.
    """

    case: Case
    about: str = ""
    creates: str = ""
    condition: Condition | None = None


class LifeCases:
    """Makes the steps of one resource from its operations, each with what the run brings along.

    *context_of* returns what the run brings along for an operation; *telling* are those to which a
    202 of one of them may lead; *around* makes the steps of what it lies in, where the run makes
    that, too.
    """

    def __init__(
        self,
        resource: Resource,
        operations: Mapping[Role, Operation],
        context_of: Callable[[Operation], RunContext],
        head: Operation | None = None,
        telling: Sequence[Operation] = (),
        around: LifeCases | None = None,
    ) -> None:
        self.resource, self.operations, self.head = resource, operations, head
        self.telling = tuple(telling) if may_ask_progress(operations.values()) else ()
        self.context_of = context_of
        self._around = around if around is not None and self._names_parent(around) else None

    def _names_parent(self, around: LifeCases) -> bool:
        """Return whether the path of one names the parent, and not its own id alone."""
        own = [(around.resource.parameter, "")]
        return bool(placed_parameters(own, around.resource.item, self.resource.item))

    @property
    def every_operation(self) -> list[Operation]:
        """Return the operations that the steps are of."""
        asked = list(self.operations.values())
        return [*asked, self.head] if self.head else asked

    # --- the order --------------------------------------------------------------------------------

    def steps(self, *, creates: bool) -> list[LifeStep]:
        """Return the steps: of resources that the run *creates*, else of the one that it was given.

        What the document has no operation for is left out.
        """
        planned = self._steps_of_created() if creates else self._steps_of_given()
        return list(planned)

    def making(self, name: str) -> LifeStep | None:
        """Return the step that makes one more, called *name*; None where the document has none."""
        made = [one for one in self._create(name, HOLDING, self._full_body(name)) if one.creates]
        step = next(iter(made), None)
        if step is None or name != ANOTHERS_HOLDER:
            return step
        context = self.context_of(step.case.operation)
        if not has_other(step.case.operation, context):
            return None
        return replace(step, case=asked_by_other(step.case, context))

    def ending(self, maker: Principal = Principal.OWN) -> LifeStep | None:
        """Return the step with which *maker* deletes one; None where the document has none."""
        return self._first_for(maker, self._bare(Role.DELETE, "clean up"))

    def listing(self, asking: Principal = Principal.OWN) -> LifeStep | None:
        """Return the step with which *asking* lists all; None where the document has none."""
        return self._first_for(asking, self._bare(Role.LIST, "list"))

    def _first_for(self, asking: Principal, steps: Iterator[LifeStep]) -> LifeStep | None:
        """Return the first of *steps* as *asking* sends it, None where there is none."""
        for step in steps:
            context = self.context_of(step.case.operation)
            return replace(step, case=for_maker(step.case, context, asking))
        return None

    def reading(self, asking: Principal = Principal.OWN) -> LifeStep | None:
        """Return the step with which *asking* reads one; None where the document has none."""
        return self._first_for(asking, self._bare(Role.READ, "read"))

    def questions(self, asking: Principal = Principal.OWN) -> list[Case]:
        """Return the requests for how far something is, their paths still to be put in."""
        found: list[Case] = []
        for operation in self.telling:
            context = self.context_of(operation)
            case = bare_case(Probe.LIFE, PROGRESS, operation, context)
            case = for_maker(case, context, asking)
            found.append(_step(case, PROGRESS, Expect.ANY))
        return found

    # --- a second principal -----------------------------------------------------------------------

    # Those that the run has made before a second principal asks for them.
    every_made = (FIRST, SECOND, THIRD)

    @property
    def may_others_create(self) -> bool:
        """Return whether a second principal makes one: in a parent of its own, or in none."""
        if self.resource.is_made_by_put:
            return self._around is not None or len(template_names(self.resource.item)) == 1
        return self._around is not None or not template_names(self.resource.collection)

    def plain(self, role: Role, name: str, about: str = "") -> list[LifeStep]:
        """Return the step *name* of *role* without a body; none where the document has none."""
        return list(self._bare(role, name, about))

    def heads(self, about: str) -> list[LifeStep]:
        """Return the HEAD of *about*; none where the document has none."""
        return [] if self.head is None else [self._bare_step(self.head, "head", about)]

    def creating(self, name: str, told: str) -> list[LifeStep]:
        """Return the step that makes what is called *name*; none where the document has none."""
        return list(self._create(name, told, self._full_body(name)))

    def writing(self, role: Role, name: str, about: str) -> list[LifeStep]:
        """Return the step *name* that would write to *about*, with values of its own."""
        operation = self.operations.get(role)
        if operation is None or operation.request is None:
            return self.plain(role, name, about)
        body = self._own_body(operation, "anothers", about)
        case = self._case(operation, f"{name}: {about}", body)
        return [LifeStep(_step(case, name, case.expect), about)]

    def _steps_of_created(self) -> Iterator[LifeStep]:
        yield from self._look()
        yield from self._read_around()
        yield from self._list_around()
        yield from self._create(FIRST, "create", self._least_body(FIRST))
        yield from self._look(FIRST)
        yield from self._create(SECOND, "create", self._full_body(SECOND))
        yield from self._look(SECOND, FIRST)
        yield from self._longest()  # before the newest, for which another principal asks
        yield from self._create(THIRD, "create again", self._full_body(SECOND, again=True))
        yield from self._look(THIRD, SECOND)
        yield from self._elsewhere()
        yield from self._parts_of_list()
        yield from self._creates_refused()
        yield from self._read_around()
        yield from self._list_around()
        # The one in the middle: a service may take the first or the last for it. Beside it is one
        # with the same values: what finds it by them may find the other, too.
        yield from self._changes(SECOND, THIRD)
        yield from self._filtered_again(SECOND)
        yield from self._full_updates(SECOND, THIRD)
        yield from self._on_conditions(SECOND)
        yield from steps_of_other(self, (SECOND, THIRD), is_held=self._around is not None)
        yield from self._end(SECOND, THIRD)
        yield from self._read(FIRST)
        yield from self._end_around()
        yield from self._taken()

    def _steps_of_given(self) -> Iterator[LifeStep]:
        # Beside what each parent has by itself lies that of another one.
        others = () if self._around is None else (ELSEWHERE,)
        yield from self._look(OWN, *others)
        if self.resource.is_single:
            yield from self._set_and_set_back(OWN, *others)
        yield from self._changes(OWN, *others)
        yield from self._asks_on_conditions(OWN)

    def _set_and_set_back(self, about: str, *others: str) -> Iterator[LifeStep]:
        """Yield writes of which one has other values than were there: nobody knows those.

        A flag, or one of few words, is else what it was before by chance, and so is what an update
        leaves alone, or a replacement leaves out.
        """
        for role in (Role.UPDATE, Role.REPLACE):
            operation = self.operations.get(role)
            if operation is None or requires_condition(operation):
                continue
            name = str(role.value)
            body = self._own_body(operation, "set", about)
            moved = self._moved_body(operation, body)
            bodies = [moved, body, *self._lesser_bodies(operation, body), moved]
            if role is Role.UPDATE:
                bodies = [moved, self._part_of(operation, body)]
                bodies += [body, self._part_of(operation, moved)]
            for sent in bodies:
                case = self._case(operation, f"{name}: {about}", sent)
                yield LifeStep(_step(case, name, case.expect), about)
                yield from self._look(about, *others)

    def _longest(self) -> Iterator[LifeStep]:
        """Yield a create, and a write, of texts that are as long as they may be.

        What shows a part of a text shows the whole of a short one.
        """
        for role in (Role.CREATE, Role.UPDATE, Role.REPLACE):
            operation = self.operations.get(role)
            if operation is None or requires_condition(operation):
                continue
            label = LONGEST if role is Role.CREATE else f"{role.value} {LONGEST}"
            body = self._own_body(operation, label, LONGEST)
            longest = with_longest_texts(operation, self.context_of(operation), body)
            longest = self._with_own_id(operation, longest, LONGEST)
            if longest == body:
                continue
            if role is Role.CREATE:
                yield from self._create(LONGEST, "create", longest)
            else:
                name = str(role.value)
                case = self._case(operation, f"{name}: {LONGEST}", longest)
                yield LifeStep(_step(case, name, case.expect), LONGEST)
            yield from self._look(LONGEST)

    def _parts_of_list(self) -> Iterator[LifeStep]:
        """Yield what shows the list in its parts: at three resources of the run's own."""
        operation = self.operations.get(Role.LIST)
        if operation is None:
            return
        context = self.context_of(operation)
        for case in (
            *list_parts.page_cases(operation, context),
            *list_parts.offset_cases(operation, context),
            *list_parts.odd_size_cases(operation, context),
            *list_parts.no_page_cases(operation, context),
            *list_parts.order_cases(operation, context),
        ):
            yield LifeStep(case)
        if operation.listing.filters:
            yield from self._filtered(
                LifeStep(list_parts.filtered_case(operation, context), SECOND)
            )

    def _filtered(self, step: LifeStep) -> Iterator[LifeStep]:
        """Yield *step* while the newest is one that has no more than it must, as the oldest.

        So what meets no filter follows what meets one, whichever way the list goes: a later page
        that forgets the filter shows it.
        """
        pages = step.case.operation.listing.pages
        is_between = pages is not None and bool(pages.size) and Role.DELETE in self.operations
        if is_between:
            yield from self._create(NEWEST, "create", self._least_body(NEWEST))
        yield step
        if is_between:
            yield from self._bare(Role.DELETE, "delete", NEWEST)

    def _filtered_again(self, about: str) -> Iterator[LifeStep]:
        """Yield what shows whether a filter goes by what was written last."""
        operation = self.operations.get(Role.LIST)
        if operation is None or not operation.listing.filters:
            return
        case = list_parts.filtered_case(operation, self.context_of(operation))
        yield LifeStep(replace(case, title=FILTERED_AGAIN), about)

    def filter_steps(
        self, step: LifeStep, item: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[LifeStep]:
        """Yield what *step* stands for: the list filtered by what *item* has."""
        context = self.context_of(step.case.operation)
        cases = list(list_parts.filter_cases(step.case.operation, context, item, others))
        count = len(step.case.operation.listing.filters)
        if step.case.principal is Principal.OTHER:  # to be shown nothing, whatever else is met
            cases = cases[: count + 2]
        elif step.case.title == FILTERED_AGAIN:  # each by itself: all else was tried before
            cases = cases[:count]
        for case in cases:
            asked = for_maker(case, context, step.case.principal)
            yield replace(step, case=replace(asked, expect=step.case.expect))

    def _changes(self, changed: str, *others: str) -> Iterator[LifeStep]:
        yield from self._update(changed)
        yield from self._look(changed, *others)
        yield from self._refused(Role.UPDATE, "update refused", changed)
        yield from self._replace(changed)
        yield from self._look(changed, *others)
        yield from self._refused(Role.REPLACE, "replace refused", changed)
        yield from self._head(changed)

    def _head(self, about: str) -> Iterator[LifeStep]:
        if self.head is not None:
            yield self._bare_step(self.head, "head", about)
            yield from self._read(about)

    def _end(self, ended: str, other: str) -> Iterator[LifeStep]:
        """Yield the end of one resource, and what must not bring it back."""
        if Role.DELETE not in self.operations:
            return
        yield from self._fill(ended)
        yield from self._delete_refused(ended)
        yield from self._read(ended)
        yield from self._bare(Role.DELETE, "delete", ended)
        yield from self._gone(Role.READ, "read after delete", ended)
        yield from self._head_of_gone(ended)
        yield from self._bare(Role.LIST, "list after delete")
        replacing = self.operations.get(Role.REPLACE)
        if replacing is not None and replacing.names_status(CREATED):
            # Afterwards there may be one again.
            yield from self._gone(Role.DELETE, DELETE_AGAIN, ended)
            if self.resource.is_made_by_put:
                yield from self._look(other)
        yield from self._gone(Role.UPDATE, "update after delete", ended)
        if self.resource.is_made_by_put:
            yield from self._create(ended, "create after delete", self._least_body(ended))
            yield from self._look(ended, other)
            yield from self._bare(Role.DELETE, "delete", ended)
        else:
            yield from self._gone(Role.REPLACE, "replace after delete", ended)
        yield from self._gone(Role.READ, "read after delete", ended)
        yield from self._gone(Role.DELETE, DELETE_AGAIN, ended)
        yield from self._bare(Role.LIST, "list after delete")
        yield from self._read(other)
        yield from self._read(TWIN)
        yield from self._read_around()
        yield from self._create(LAST, "create", self._last_body())
        yield from self._look(LAST, other)

    def _fill(self, about: str) -> Iterator[LifeStep]:
        """Yield a replacement with all members, which one under the same key must not have."""
        operation = self.operations.get(Role.REPLACE)
        if operation is not None and self.resource.is_made_by_put:
            case = self._case(operation, f"fill: {about}", self._own_body(operation, "full", about))
            yield LifeStep(_step(case, "replace", case.expect), about)
            yield from self._read(about)

    # --- conditions -------------------------------------------------------------------------------

    def _on_conditions(self, about: str) -> Iterator[LifeStep]:
        """Yield what is asked on conditions, where the document has such, deletions last."""
        yield from self._asks_on_conditions(about)
        deletion = self.operations.get(Role.DELETE)
        if deletion is not None and takes_if_match(deletion):
            yield from self._deletes_if(deletion, about)

    def _asks_on_conditions(self, about: str) -> Iterator[LifeStep]:
        """Yield reads and writes on conditions: nothing that would end what was there before."""
        reading = self.operations.get(Role.READ)
        if reading is not None:
            yield from self._read_as_types(reading, about)
            if takes_if_none_match(reading):
                yield from self._read(about)
                yield from self._reads_if(about)
        for role in (Role.UPDATE, Role.REPLACE):
            operation = self.operations.get(role)
            if operation is not None and takes_if_match(operation):
                yield from self._writes_if(operation, about)
                # By what it shows, another will look for what was written.
                yield from self._bare(Role.LIST, "list")
            if operation is not None and takes_if_none(operation):
                yield self._write_if(operation, about, IF_NONE, WRITE_IF_NONE)
                yield from self._read(about)
        if reading is not None and takes_if_none_match(reading):
            yield self._read_if(about, IF_OTHER, READ_IF_STALE)

    def _read_as_types(self, reading: Operation, about: str) -> Iterator[LifeStep]:
        """Yield a read in each documented media type, where there are several."""
        contents = reading.success.contents if reading.success else ()
        for content in contents if len(contents) > 1 else ():
            step = self._bare_step(reading, f"{AS_TYPE} {content.media_type}", about)
            others = tuple(pair for pair in step.case.headers if pair[0] != "Accept")
            headers = (*others, ("Accept", content.media_type))
            yield replace(step, case=replace(step.case, headers=headers, expect=Expect.ANY))

    def _reads_if(self, about: str) -> Iterator[LifeStep]:
        for name, condition in (
            (IF_CHANGED, READ_IF_CHANGED),
            (IF_CHANGED_SINCE_SEVERAL, READ_IF_SEVERAL),
            (IF_CHANGED_SINCE_ANY, READ_IF_NONE),
            (IF_CHANGED_SINCE_WEAK, READ_IF_WEAK),
            (IF_OTHER, READ_IF_OTHER),
        ):
            yield self._read_if(about, name, condition)

    def _read_if(self, about: str, name: str, condition: Condition) -> LifeStep:
        step = self._bare_step(self.operations[Role.READ], name, about)
        return _on_condition(step, condition, Expect.ANY)

    def _writes_if(self, operation: Operation, about: str) -> Iterator[LifeStep]:
        """Yield two writes with one tag, of which the second comes too late, and others like them.

        Before each, a read tells the current tag.
        """
        planned = [
            (IF_CURRENT, WRITE_IF_CURRENT),
            (IF_STALE, WRITE_IF_STALE),
            (IF_SEVERAL, WRITE_IF_SEVERAL),
            (IF_ANY, WRITE_IF_ANY),
            (IF_WEAK, WRITE_IF_WEAK),
            (IF_OTHERS, WRITE_IF_OTHERS),
        ]
        if requires_condition(operation):
            planned.append((UNCONDITIONED, WRITE_ANYHOW))
        yield from self._read(about)
        for name, condition in planned:
            yield self._write_if(operation, about, name, condition)
            yield from self._read(about)

    def _write_if(
        self, operation: Operation, about: str, name: str, condition: Condition
    ) -> LifeStep:
        body = self._own_body(operation, name, about)
        case = self._case(operation, f"{name}: {about}", body)
        expect = Expect.ACCEPTED if name in FULFILLED else Expect.REFUSED
        return _on_condition(LifeStep(_step(case, name, expect), about), condition, expect)

    def _deletes_if(self, deletion: Operation, about: str) -> Iterator[LifeStep]:
        """Yield deletions on conditions that are not met: what is deleted is the run's own."""
        planned = [(IF_STALE, WRITE_IF_STALE), (IF_WEAK, WRITE_IF_WEAK)]
        planned.append((IF_OTHERS, WRITE_IF_OTHERS))
        if requires_condition(deletion):
            planned.append((UNCONDITIONED, WRITE_ANYHOW))
        for name, condition in planned:
            step = self._bare_step(deletion, name, about)
            yield _on_condition(step, condition, Expect.REFUSED)
            yield from self._read(about)

    # --- other parents ----------------------------------------------------------------------------

    def _elsewhere(self) -> Iterator[LifeStep]:
        """Yield what is asked of another parent: it has none of those, but for one of the same id.

        Where the caller chooses, there is room for it: each parent has its own.
        """
        yield from self._bare(Role.LIST, "list", ELSEWHERE)
        if self._around is None:
            return
        yield from self._gone(Role.READ, "read elsewhere", FIRST_ELSEWHERE)
        yield from self._gone(Role.UPDATE, "update elsewhere", FIRST_ELSEWHERE)
        yield from self._gone(Role.DELETE, "delete elsewhere", FIRST_ELSEWHERE)
        yield from self._read(FIRST)
        if self.resource.chooses_ids:
            body = self._full_body(SECOND)
            for step in self._create(TWIN, "create elsewhere", body):
                yield replace(step, about=ELSEWHERE)
            yield from self._read(TWIN)
            yield from self._read(SECOND)

    def _read_around(self) -> Iterator[LifeStep]:
        """Yield a read of the parent, and a list of what lies in it, where it shows that."""
        if self._around is not None:
            yield from self._around._bare(Role.READ, "read around", AROUND)
            if self.resource.in_parent:
                yield from self._bare(Role.LIST, "list")

    def _list_around(self) -> Iterator[LifeStep]:
        """Yield a list of all parents, which may show what lies in each."""
        if self._around is not None and self.resource.in_parent:
            yield from self._around._bare(Role.LIST, "list around")

    def _end_around(self) -> Iterator[LifeStep]:
        """Yield the end of a parent in which one lies; and what must not outlive it.

        A documented conflict (RFC 9110 15.5.10) may keep a parent that is not empty.
        """
        ending = self._around.operations.get(Role.DELETE) if self._around else None
        if self._around is None or ending is None or ending.names_status(CONFLICT):
            return
        for step in self._create(ORPHAN, "create", self._full_body(ORPHAN)):
            yield replace(step, about=ENDING)
        yield from self._read(ORPHAN)
        yield from self._bare(Role.LIST, "list", ENDING)
        yield from self._around._bare(Role.DELETE, "delete around", ENDING)
        yield from self._gone(Role.LIST, "list after delete around", ENDING)
        yield from self._gone(Role.READ, "read after delete around", ORPHAN)
        yield from self._gone(Role.DELETE, "delete after delete around", FIRST_AT_END)
        yield from self._read(FIRST)
        yield from self._make_around_again(self._around)
        yield from self._bare(Role.LIST, "list", AFTERWARDS)

    def _make_around_again(self, around: LifeCases) -> Iterator[LifeStep]:
        """Yield a parent under the id of the one that has ended, and what must not lie in it.

        That is the caller's to choose; a service may refuse it for what was there before.
        """
        operation, listing = around.operations.get(Role.CREATE), self.operations.get(Role.LIST)
        if operation is None or not around.resource.chooses_ids:
            return
        name = PARENTS[ENDING]
        case = around._case(operation, f"create again: {name}", around._full_body(name))
        if operation.makes_on_key:
            case = around._on_key(case, around.key_of(name))
        yield LifeStep(_step(case, "create around again", Expect.ANY), about=ENDING)
        if listing is not None:
            step = self._bare_step(listing, "list after create around again", ENDING)
            yield replace(step, case=replace(step.case, expect=Expect.ANY))
        yield from self._gone(Role.READ, "read after create around again", ORPHAN)

    # --- the steps --------------------------------------------------------------------------------

    def _look(self, *about: str) -> Iterator[LifeStep]:
        for one in about:
            yield from self._read(one)
        yield from self._bare(Role.LIST, "list")
        for one in reversed(about):  # neither a read nor the list has changed it
            yield from self._read(one)

    def _read(self, about: str) -> Iterator[LifeStep]:
        yield from self._bare(Role.READ, "read", about)

    def _bare(self, role: Role, name: str, about: str = "") -> Iterator[LifeStep]:
        """Yield the request of *role* without a body, to which nothing is wrong."""
        operation = self.operations.get(role)
        if operation is not None:
            yield self._bare_step(operation, name, about)

    def bare(self, operation: Operation) -> Case:
        """Return a request of *operation* of which nothing is promised."""
        return bare_case(Probe.LIFE, operation.id, operation, self.context_of(operation))

    def _bare_step(self, operation: Operation, name: str, about: str) -> LifeStep:
        title = f"{name}: {about}" if about else name
        case = bare_case(Probe.LIFE, title, operation, self.context_of(operation))
        return LifeStep(_step(list_parts.widest(case), name, Expect.ACCEPTED), about)

    def _create(self, name: str, told: str, body: Any) -> Iterator[LifeStep]:
        operation = self.operations.get(Role.CREATE)
        if operation is None:
            return
        case = self._case(operation, f"{told}: {name}", body)
        if operation.makes_on_key:
            key = self.key_of(SAME_ID.get(name, name))
            if not key:
                return  # the document allows too few
            case = self._on_key(case, key)
            yield from self._look_at_key(case, HOLDING if told == HOLDING else LOOK_AT_KEY)
        yield LifeStep(_step(case, told, case.expect), creates=name)

    def _on_key(self, case: Case, key: str) -> Case:
        """Return *case* with *key* as the last of its path parameters."""
        return replace(case, parameters=(*case.parameters[:-1], self.resource.own_parameter(key)))

    def looks_at_key(self, step: LifeStep) -> list[LifeStep]:
        """Return what looks whether the key is free on which *step* creates; none where none is."""
        if not step.case.operation.makes_on_key:
            return []
        looks = list(self._look_at_key(step.case, step.case.subject.name))
        if step.case.principal is Principal.OWN:
            return looks
        asked: list[LifeStep] = []
        for look in looks:
            context = self.context_of(look.case.operation)
            asked.append(replace(look, case=for_maker(look.case, context, step.case.principal)))
        return asked

    def _look_at_key(self, case: Case, name: str) -> Iterator[LifeStep]:
        """Yield a read of the key on which *case* creates: nobody has it yet."""
        for step in self._bare(Role.READ, name):
            title = f"{LOOK_AT_KEY}: {case.parameters[-1][1]}"
            look = replace(
                step.case, title=title, parameters=case.parameters, expect=Expect.UNKNOWN
            )
            yield replace(step, case=look)

    def _taken(self) -> Iterator[LifeStep]:
        """Yield a create under an id that is taken, with other values than are there.

        Nobody can say what is there where it is not refused: it comes last.
        """
        operation = self.operations.get(Role.CREATE)
        if operation is None or not self.resource.id_sent:
            return
        body = self._own_body(operation, "taken", THIRD)
        yield from self._look(THIRD)
        case = self._case(operation, "a create under an id that is taken", body)
        yield LifeStep(_step(case, "create taken", Expect.REFUSED), creates="refused")
        yield from self._look(THIRD)

    def _creates_refused(self) -> Iterator[LifeStep]:
        """Yield refused creates, a list after each, and one more with nothing before it.

        What is there after each of them, and at no other time, they have made.
        """
        operation = self.operations.get(Role.CREATE)
        if operation is None:
            return
        key = self.key_of(REFUSED)
        if operation.makes_on_key and not key:
            return
        for body in self._broken_bodies(operation, REFUSED, REFUSED):
            case = self._case(operation, "a create that the schema forbids", body)
            create = LifeStep(_step(case, "create refused", Expect.REFUSED), creates=REFUSED)
            if operation.makes_on_key:
                create = replace(create, case=self._on_key(create.case, key))
                yield from self._look_at_key(create.case, LOOK_AT_KEY)
                yield create
                yield from self._look_at_key(create.case, "read after refused create")
            else:
                yield create
            yield from self._bare(Role.LIST, "list")
        yield from self._bare(Role.LIST, "list")

    def _full_updates(self, about: str, other: str) -> Iterator[LifeStep]:
        """Yield two updates of all members: to new values, and to those that *other* has, too."""
        operation = self.operations.get(Role.UPDATE)
        if operation is None:
            return
        for label in ("full", about):
            body = self._own_body(operation, label, about)
            case = self._case(operation, f"update: {about}", body)
            yield LifeStep(_step(case, "update", case.expect), about)
            for one in (about, other, TWIN):
                yield from self._read(one)
        yield from self._look(about)

    def _update(self, about: str) -> Iterator[LifeStep]:
        """Yield an update of one member: the others are to stay.

        It is one of which the value is new: that of a flag may be what was there before.
        """
        operation = self.operations.get(Role.UPDATE)
        if operation is None:
            return
        context = self.context_of(operation)
        new, known = self._unusual_body(operation, "updated"), self._full_body(SECOND)
        body = self._with_own_id(operation, minimal_body(operation, context), about)
        possible = self._members_to_update(operation, new)
        changed = [path for path in possible if value_at(new, path) != value_at(known, path)]
        for path in [*changed, *possible][:1]:
            body = with_value(body, path, value_at(new, path))
        case = self._case(operation, f"update: {about}", body)
        yield LifeStep(_step(case, "update", case.expect), about)

    def _part_of(self, operation: Operation, body: Any) -> Any:
        """Return an update of one member of *body*, and of what must be there beside it."""
        part = minimal_body(operation, self.context_of(operation))
        for path in self._members_to_update(operation, body)[:1]:
            part = with_value(part, path, value_at(body, path))
        return part

    def _members_to_update(self, operation: Operation, new: Any) -> list[str]:
        """Return the members of the body *new* of which one may be updated by itself."""
        found: list[str] = []
        for member in varied_members(operation, self.context_of(operation)):
            is_sent = value_at(new, member.path) is not ABSENT
            if is_sent and not member.secret and member.path != self._id_sent(operation):
                found.append(member.path)
        return found

    def _replace(self, about: str) -> Iterator[LifeStep]:
        """Yield replacements of all members, without one of those that may be left out, and
        without any of them.
        """
        operation = self.operations.get(Role.REPLACE)
        if operation is None:
            return
        body = self._moved_body(operation, self._own_body(operation, "replaced", about))
        body = _with_other_entries(operation, body)
        for whole in (body, *self._lesser_bodies(operation, body)):
            case = self._case(operation, f"replace: {about}", whole)
            yield LifeStep(_step(case, "replace", case.expect), about)
            yield from self._read(about)

    def _moved_body(self, operation: Operation, body: Any) -> Any:
        """Return *body* with another value of each member that is no text, where one is allowed.

        A number or a list of one would be what a create has sent, and what a default is.
        """
        members = {member.path: member for member in operation.request_members}
        for member in varied_members(operation, self.context_of(operation)):
            value = value_at(body, member.path)
            item = members.get(item_path(member.path))
            for other in _other_values(member, value, item):
                moved = with_value(body, member.path, other)
                if is_allowed_value(member.schema, other) and not violations(operation, moved):
                    body = moved
                    break
        return body

    def _lesser_bodies(self, operation: Operation, body: Any) -> list[Any]:
        """Return *body* without one member that need not be there, and without all of them.

        The first keeps the object in which that one lies; only the last is without it.
        """
        less = self._without_optional(operation, body)
        least = self._least_of(operation, body)
        return [less] if least == less else [less, least]

    def _least_of(self, operation: Operation, body: Any) -> Any:
        """Return what of *body* must be there."""
        least = minimal_body(operation, self.context_of(operation))
        for member in operation.request_members:
            is_plain = not isinstance(value_at(least, member.path), dict | type(ABSENT))
            value = value_at(body, member.path)
            if is_plain and value is not ABSENT:
                least = with_value(least, member.path, value)
        return least if not violations(operation, least) else body

    def _without_optional(self, operation: Operation, body: Any) -> Any:
        required = {member.path for member in operation.request_members if member.required}
        varied = varied_members(operation, self.context_of(operation))
        # Of what has a default, nobody sees that it is gone where it had that value.
        for member in sorted(varied, key=_has_default):
            is_there = value_at(body, member.path) is not ABSENT
            is_open = member.path not in required and member.path != self._id_sent(operation)
            if is_there and is_open:
                return without_value(body, member.path)
        return body

    def _refused(self, role: Role, name: str, about: str) -> Iterator[LifeStep]:
        operation = self.operations.get(role)
        if operation is None:
            return
        for body in self._broken_bodies(operation, name, about):
            case = self._case(operation, f"{name}: {about}", body)
            yield LifeStep(_step(case, name, Expect.REFUSED), about)
            yield from self._read(about)

    def _gone(self, role: Role, name: str, about: str) -> Iterator[LifeStep]:
        """Yield the request of *role* to what is gone; its body, if any, is fine."""
        operation = self.operations.get(role)
        if operation is None:
            return
        if operation.request is None:
            case = bare_case(Probe.LIFE, name, operation, self.context_of(operation))
        else:
            case = self._case(operation, name, self._own_body(operation, "gone", about))
        yield LifeStep(_step(case, name, Expect.UNKNOWN), about)

    def _head_of_gone(self, about: str) -> Iterator[LifeStep]:
        if self.head is not None:
            gone = self._bare_step(self.head, "head after delete", about)
            yield replace(gone, case=replace(gone.case, expect=Expect.UNKNOWN))

    def _delete_refused(self, about: str) -> Iterator[LifeStep]:
        """Yield the deletion without credentials, where the document asks for some."""
        operation = self.operations[Role.DELETE]
        if not operation.needs_credentials:
            return
        case = bare_case(Probe.LIFE, "delete refused", operation, self.context_of(operation))
        bare = replace(with_credentials(case, {}), authority="")
        yield LifeStep(_step(bare, "delete refused", Expect.UNAUTHENTICATED), about)

    # --- bodies -----------------------------------------------------------------------------------

    def _case(self, operation: Operation, title: str, body: Any) -> Case:
        return judged_case(Probe.LIFE, title, operation, self.context_of(operation), body)

    def _full_body(self, label: str, *, again: bool = False) -> Any:
        operation = self.operations.get(Role.CREATE)
        if operation is None:
            return ABSENT
        body = self._unusual_body(operation, label)
        return self._with_own_id(operation, body, THIRD if again else label)

    def _last_body(self) -> Any:
        """Return what is required, after others had all; no id where the service can choose one."""
        operation, chosen = self.operations.get(Role.CREATE), self.resource.id_sent
        body = self._least_body(LAST)
        if operation is None or not chosen or body is ABSENT:
            return body
        unchosen = without_value(body, chosen)
        return body if violations(operation, unchosen) else unchosen

    def _unusual_body(self, operation: Operation, label: str) -> Any:
        """Return a full body with values that nobody has without being sent them."""
        context = self.context_of(operation)
        body = fresh_body(operation, context, label)
        return with_unusual_values(operation, context, body, label)

    def _least_body(self, label: str) -> Any:
        operation = self.operations.get(Role.CREATE)
        if operation is None:
            return ABSENT
        body = minimal_body(operation, self.context_of(operation))
        return self._with_own_id(operation, body, label)

    def _own_body(self, operation: Operation, label: str, about: str) -> Any:
        """Return a full body for the resource *about*, with its id where the body has one."""
        return self._with_own_id(operation, self._unusual_body(operation, label), about)

    def _with_own_id(self, operation: Operation, body: Any, label: str) -> Any:
        """Return *body* with the id that the caller chooses for *label*, where he does."""
        if self.resource.is_made_by_put:
            return self._with_key(operation, body, label)
        path = self.resource.id_sent
        if not path or value_at(body, path) is ABSENT:
            return body
        chosen = self.chosen_id(operation, SAME_ID.get(label, label))
        return body if chosen is ABSENT else with_value(body, path, chosen)

    def _id_sent(self, operation: Operation) -> str:
        """Return the member of a body that has the chosen id, ``""`` without one."""
        if self.resource.is_made_by_put:
            return id_member_sent(operation)
        return self.resource.id_sent

    def _with_key(self, operation: Operation, body: Any, label: str) -> Any:
        """Return *body* with the key of the path, where it has that again."""
        key = self.key_of(SAME_ID.get(label, label))
        if label == OWN:
            key = dict(self.context_of(operation).parameters).get(self.resource.parameter, "")
        for path, value in id_as_sent(operation, key).items() if key else ():
            if value_at(body, path) is not ABSENT:
                body = with_value(body, path, value)
        return body

    def key_of(self, name: str) -> str:
        """Return the key on which a PUT makes the one called *name*, ``""`` without any."""
        return self._keys.get(name, "")

    def every_key(self) -> list[str]:
        """Return all keys on which a PUT may create."""
        return list(self._keys.values())

    @cached_property
    def _keys(self) -> dict[str, str]:
        return self._keys_of_life()

    def _keys_of_life(self) -> dict[str, str]:
        """Return the key of each one that a PUT may make, by name."""
        creating = self.operations.get(Role.CREATE)
        if creating is None or not creating.makes_on_key:
            return {}
        # Each deletion is held on one of its own.
        deletion = self.operations.get(Role.DELETE)
        held = (deletion.id,) if deletion is not None else ()
        names = dict.fromkeys((*KEYED, *held, *CHOSEN))
        return keys_by_name(creating, self.context_of(creating), list(names))

    def chosen_id(self, operation: Operation, label: str) -> Any:
        """Return the id that the run chooses for *label*, ABSENT where the schema allows none."""
        members = {member.path: member for member in operation.request_members}
        member = members.get(self.resource.id_sent)
        if member is None:
            return ABSENT
        context = self.context_of(operation)
        plain = f"contract-{context.seed}-{label}"
        if label == OWN:
            plain = dict(context.parameters).get(self.resource.parameter, "")
        for chosen in (plain, plain.replace(" ", "-")):
            if is_allowed_value(member.schema, chosen):
                return chosen
        return self._conforming_id(context, label)

    def _conforming_id(self, context: RunContext, label: str) -> Any:
        """Return an id for *label* that the path takes too, ABSENT where none is known."""
        for operation in self.operations.values():
            for parameter in operation.path_parameters:
                if parameter.name == self.resource.parameter:
                    index = CHOSEN.index(label) if label in CHOSEN else 0
                    found = conforming_ids(parameter, context, len(CHOSEN))
                    return found[index] if index < len(found) else ABSENT
        return ABSENT

    def _broken_bodies(self, operation: Operation, label: str, about: str) -> list[Any]:
        """Return full bodies of which one member has no value of its type, the first or the last.

        A service that checks one member after another has written the others in between.
        """
        if operation.request is None:
            return []
        body = self._own_body(operation, label, about)
        broken: list[Any] = []
        for member in varied_members(operation, self.context_of(operation)):
            # A service may look at the id of the path alone.
            values = NOT_A_VALUE if member.path != self._id_sent(operation) else ()
            for value in values:
                wrong = with_value(body, member.path, value)
                if len(violations(operation, wrong)) == 1:
                    broken.append(wrong)
                    break
        return [*broken[:1], *broken[1:][-1:], *self._too_long_bodies(operation, body)]

    def _too_long_bodies(self, operation: Operation, body: Any) -> Iterator[Any]:
        """Yield *body* with a text that is too long by one character: it may be stored and cut."""
        for member in varied_members(operation, self.context_of(operation)):
            most, value = member.schema.get("maxLength"), value_at(body, member.path)
            if not isinstance(most, int) or most > LONGEST_TEXT or not isinstance(value, str):
                continue
            if member.path == self._id_sent(operation):
                continue
            wrong = with_value(body, member.path, value.ljust(most, "x")[:most] + "x")
            if len(violations(operation, wrong)) == 1:
                yield wrong
                return


class RepeatedLifeCases(LifeCases):
    """Makes each step once, for whoever leads the same life again and again.

    What the run brings along must stay the same meanwhile.
    """

    @cached_property
    def _known_steps(self) -> dict[bool, list[LifeStep]]:
        return {}

    @cached_property
    def _known_making(self) -> dict[str, LifeStep | None]:
        return {}

    def steps(self, *, creates: bool) -> list[LifeStep]:
        """Return the steps, as they were made first."""
        if creates not in self._known_steps:
            self._known_steps[creates] = super().steps(creates=creates)
        return self._known_steps[creates]

    def making(self, name: str) -> LifeStep | None:
        """Return the step that makes one more, called *name*, as it was made first."""
        if name not in self._known_making:
            self._known_making[name] = super().making(name)
        return self._known_making[name]


def _other_values(member: Property, value: Any, item: Property | None) -> list[Any]:
    """Return values that *member* may have beside *value*, which it has; *item* is one of its list.

    A text has been varied already.
    """
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1]
    if isinstance(value, str) and "enum" in member.schema:
        return [one for one in member.schema["enum"] if one != value]
    if value == [] and item is not None:
        return [[sample_value(item)]]
    return []


def _has_default(member: Property) -> bool:
    return "default" in member.schema


def bound_step(step: LifeStep, parameters: Sequence[tuple[str, str]], origin: str) -> Case:
    """Return the case of *step* for the resource, or the parent, that *parameters* name.

    *origin* is the path of which these are parameters.
    """
    named = dict(placed_parameters(parameters, origin, step.case.operation.path))
    wanted = [(name, named.get(name, text)) for name, text in step.case.parameters]
    return replace(step.case, parameters=tuple(wanted))


def _with_other_entries(operation: Operation, body: Any) -> Any:
    """Return *body* with other names in its maps: those of before are left out."""
    for path in operation.request_maps:
        entries = value_at(body, path)
        if isinstance(entries, dict) and entries.keys() == {NEW_NAME}:
            renamed = with_value(body, path, {OTHER_NAME: entries[NEW_NAME]})
            if not violations(operation, renamed):
                body = renamed
    return body


def _on_condition(step: LifeStep, condition: Condition, expect: Expect) -> LifeStep:
    return replace(step, case=replace(step.case, expect=expect), condition=condition)


def _step(case: Case, name: str, expect: Expect) -> Case:
    return replace(case, subject=Subject(SubjectKind.STEP, name), expect=expect)
