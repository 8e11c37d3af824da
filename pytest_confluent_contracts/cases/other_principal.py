"""What does a second principal ask for? What the first one made, which is none of its business.

It goes only to what the run itself has made, and makes one of its own beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases import list_parts
from pytest_confluent_contracts.cases.build import (
    alternative_name,
    chosen_alternative,
    credentials_of,
    is_complete,
    with_credentials,
)
from pytest_confluent_contracts.cases.conditions import WRITE_IF_CURRENT
from pytest_confluent_contracts.model.conditions import takes_if_match
from pytest_confluent_contracts.model.page_links import FILTERED
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Principal, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.cases.life import LifeCases, LifeStep
    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme
    from pytest_confluent_contracts.model.traffic import Case, RunContext

# What the second principal makes of its own, and in what it tries to make one.
ANOTHERS, ANOTHERS_TOO, INTRUDER = "anothers", "anothers too", "intruder"
AT_ANOTHERS = "at another's"  # the parent that it makes for its own
ANOTHERS_HOLDER = "another holder"  # what that is called among the parents
FIRST_AT_ANOTHERS = "first at another"  # the id of the first, as if it lay in that parent
BY_ANOTHER = "by another"  # ends the name of each step of the second principal's


# --- whose credentials ----------------------------------------------------------------------------


def has_other(operation: Operation, context: RunContext) -> bool:
    """Return whether a second principal is known, where somebody has to be known at all."""
    if not operation.needs_credentials:
        return False
    alternative, theirs = _their_alternative(operation, context)
    if not alternative:
        return False
    if not is_complete(alternative, context):
        return True
    return credentials_of(alternative, theirs) != credentials_of(alternative, context)


def asked_by_other(case: Case, context: RunContext) -> Case:
    """Return *case* with the credentials of the second principal, those of it that are complete."""
    alternative, theirs = _their_alternative(case.operation, context)
    asked = with_credentials(case, credentials_of(alternative, theirs))
    return replace(
        asked,
        title=f"{case.title}, {BY_ANOTHER}",
        authority=f"other {alternative_name(alternative)}",
        principal=Principal.OTHER,
    )


def _their_alternative(
    operation: Operation, context: RunContext
) -> tuple[tuple[SecurityScheme, ...], RunContext]:
    """Return the alternative that the second principal travels with, and its credentials."""
    theirs = replace(context, credentials=context.other_credentials)
    return chosen_alternative(operation, theirs), theirs


# --- the steps ------------------------------------------------------------------------------------


def steps_of_other(life: LifeCases, changed: Sequence[str], *, is_held: bool) -> Iterator[LifeStep]:
    """Yield what a second principal asks for, and the run's own look after each of its writes.

    *changed* are those that it tries to change and to delete, the first of them in HEAD, too;
    *is_held* says whether they lie in a parent that the run has made. Without a second principal
    there is nothing to look for.
    """
    if not any(has_other(one, life.context_of(one)) for one in life.operations.values()):
        return
    own_place = AT_ANOTHERS if is_held else ""
    yield from _hidden(life, life.plain(Role.LIST, "list"))
    # Some are asked for before it has one of its own, and some then.
    for one in [one for one in life.every_made if one != changed[0]]:
        yield from _hidden(life, life.plain(Role.READ, "read", one))
    yield from _their_own(life, own_place)
    yield from _hidden(life, life.plain(Role.READ, "read", changed[0]))
    yield from _hidden(life, life.heads(changed[0]))
    yield from _their_lists(life, own_place)
    for step in (*life.plain(Role.READ, "read", ANOTHERS), *life.plain(Role.LIST, "list")):
        is_read = step.case.operation.role is Role.READ
        case = _named(step.case, f"{step.case.subject.name} of another's")
        if has_other(case.operation, life.context_of(case.operation)):
            expect = Expect.HIDDEN if is_read else Expect.ACCEPTED
            yield replace(step, case=replace(case, expect=expect))
    yield from _own_small_pages(life)
    if is_held:
        yield from _into_other_parents(life)
    yield from _their_writes(life, changed)


def _their_own(life: LifeCases, own_place: str) -> Iterator[LifeStep]:
    """Yield what the second makes of its own: two where lists have pages, so that there are two."""
    listing = life.operations.get(Role.LIST)
    has_pages = listing is not None and listing.listing.pages is not None
    for name in (ANOTHERS, ANOTHERS_TOO) if has_pages else (ANOTHERS,):
        if life.may_others_create:
            for step in life.creating(name, "create"):
                # Before a PUT creates, a read has to say that nobody has the key.
                expect = Expect.ACCEPTED if step.creates else step.case.expect
                yield from _by_other(life, replace(step, about=own_place), expect)


def _their_lists(life: LifeCases, own_place: str) -> Iterator[LifeStep]:
    """Yield lists that may show what is the first's: as a whole, by small pages, filtered."""
    operation = life.operations.get(Role.LIST)
    if operation is None:
        return
    context = life.context_of(operation)
    for place in dict.fromkeys(("", own_place)):
        yield from _hidden(life, life.plain(Role.LIST, "list", place))
    whole = life.plain(Role.LIST, "list", own_place)
    for case in list(list_parts.page_cases(operation, context))[:2]:
        yield from _hidden(life, [replace(step, case=case) for step in whole])
    if operation.listing.filters:
        filtered = list_parts.filtered_case(operation, context)
        for step in whole:
            yield from _hidden(life, [replace(step, about=life.every_made[1], case=filtered)])


def _own_small_pages(life: LifeCases) -> Iterator[LifeStep]:
    """Yield the first's own list in small pages: a later one may show what is another's."""
    operation = life.operations.get(Role.LIST)
    if operation is None:
        return
    for case in list(list_parts.page_cases(operation, life.context_of(operation)))[1:2]:
        for step in life.plain(Role.LIST, "list"):
            yield replace(step, case=case)


def _into_other_parents(life: LifeCases) -> Iterator[LifeStep]:
    """Yield what mixes the two: the first's id under the own parent, an own one in the first's."""
    yield from _hidden(life, life.plain(Role.READ, "read", FIRST_AT_ANOTHERS))
    yield from _hidden(life, life.plain(Role.DELETE, "delete", FIRST_AT_ANOTHERS))
    yield from life.plain(Role.READ, "read", life.every_made[0])
    yield from _hidden(life, life.creating(INTRUDER, "create in the first's"))
    yield from life.plain(Role.LIST, "list")


def _their_writes(life: LifeCases, changed: Sequence[str]) -> Iterator[LifeStep]:
    """Yield what would change or delete what is the first's, each with a look at it.

    A PUT that creates comes last: it may make one of the second's own under the same key.
    """
    roles = (Role.UPDATE, Role.REPLACE, Role.DELETE)
    if life.resource.is_made_by_put:
        roles = (Role.UPDATE, Role.DELETE, Role.REPLACE)
    for role in roles:
        for one in changed:
            for step in life.writing(role, role.value, one):
                if takes_if_match(step.case.operation):
                    step = replace(step, condition=WRITE_IF_CURRENT)
                yield from _hidden(life, [step])
            if role in life.operations:
                yield from life.plain(Role.READ, "read", one)
    yield from life.plain(Role.LIST, "list")


def _hidden(life: LifeCases, steps: Sequence[LifeStep]) -> Iterator[LifeStep]:
    for step in steps:
        yield from _by_other(life, step, Expect.HIDDEN)


def _by_other(life: LifeCases, step: LifeStep, expect: Expect) -> Iterator[LifeStep]:
    """Yield *step* as the second principal's, where there is one for its operation.

    What is documented to work on everybody's may be looked at, and is not written to.
    """
    operation = step.case.operation
    context = life.context_of(operation)
    if not has_other(operation, context):
        return
    if operation.promises.shared is not None and expect is Expect.HIDDEN:
        if not operation.is_safe:
            return
        expect = Expect.ANY
    asked = replace(asked_by_other(step.case, context), expect=expect)
    if asked.subject.name != FILTERED:
        asked = _named(asked, f"{asked.subject.name} {BY_ANOTHER}")
    yield replace(step, case=asked)


def _named(case: Case, name: str) -> Case:
    return replace(case, subject=Subject(SubjectKind.STEP, name))


def for_maker(case: Case, context: RunContext, principal: Principal) -> Case:
    """Return *case* as whoever made what it is about asks for it."""
    is_others = principal is Principal.OTHER and has_other(case.operation, context)
    return asked_by_other(case, context) if is_others else case
