"""Is what was deleted gone: not served, not listed, not back again, and nothing else with it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.lifecycle_lists import (
    is_whole_list,
    judge_unlisted,
    unlisted_since,
)
from pytest_confluent_contracts.clauses.lifecycle_members import Key, quoted
from pytest_confluent_contracts.clauses.lifecycle_pairs import (
    finding_vanished,
    judge_others,
)
from pytest_confluent_contracts.clauses.lifecycle_state import (
    CHANGING,
    DONE_OR_LATER,
    Outcome,
    is_due,
    is_read_as_gone,
    is_told_as_deleted,
    may_create,
)
from pytest_confluent_contracts.clauses.reading import HIDING
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment, Step
    from pytest_confluent_contracts.model.documents import Operation

GONE = frozenset({404, 410})  # RFC 9110 15.5.5, 15.5.11
# RFC 9110 15.5.10, 13.1.1: what may refuse to write to what is not there, where it is documented.
CONFLICTS = frozenset({409, 412})


def statuses_of_gone(operation: Operation) -> frozenset[int]:
    """Return the statuses that may answer for what was deleted: a documented 403 hides it."""
    documented = frozenset(operation.promises.refusals.unknown)
    if operation.response(HIDING) is not None and operation.names_status(HIDING):
        documented |= {HIDING}
    return GONE | documented


# --- served ------------------------------------------------------------------------------------


def judge_gone(life: Life) -> Iterator[Evidence]:
    """Judge that what was deleted is answered 404 or 410, or a documented 403.

    Or it is shown as deleted: ``"status": "DELETED"``, or with a time in ``deletedAt``.
    A documented 409 or 412 refuses to change what is not there, too; a replace that is documented
    to create (201) may. What a write after the end brought back is told by itself.
    """
    written: set[Key] = set()
    for moment in life.moments():
        step, ender = moment.step, moment.ender
        if step.key is None:
            continue
        if ender is None:
            written.discard(step.key)
            continue
        is_asked = step.role in (Role.READ, *CHANGING)
        is_valid = step.exchange.case.expect not in (Expect.REFUSED, Expect.UNAUTHENTICATED)
        is_new = step.key not in written or step.role in CHANGING
        if is_asked and is_valid and is_due(ender) and is_new:
            yield from _look_at_deleted(step, ender)
        if step.role in CHANGING:
            written.add(step.key)
    yield from _children_left(life)


def _look_at_deleted(step: Step, ender: Step) -> Iterator[Evidence]:
    operation = step.exchange.case.operation
    right = statuses_of_gone(operation)
    is_free = may_create(step) and operation.is_about_keyed
    if step.outcome is Outcome.REFUSED and is_free:
        return  # a key that was somebody's once may be refused
    if step.outcome is Outcome.REFUSED:
        is_conflict = step.role in CHANGING and step.status in CONFLICTS
        is_right = step.status in right or (is_conflict and operation.names_status(step.status))
        yield Evidence(step.exchange, None if is_right else _served(step, ender, right))
    elif is_told_as_deleted(step):
        yield Evidence(step.exchange)
    elif step.outcome in DONE_OR_LATER and not may_create(step):
        yield Evidence(step.exchange, _served(step, ender, right))


def _served(step: Step, ender: Step, right: frozenset[int]) -> Finding:
    return Finding(
        FindingKind.DELETED_SERVED,
        step.status,
        expected=tuple(sorted(right)),
        observed=quoted(ender.key[-1] if ender.key else ""),
        request=ender.told_as,
    )


def _children_left(life: Life) -> Iterator[Evidence]:
    """Find what is still read under a parent that was deleted."""
    deleted: dict[str, Step] = {}
    for step in life.steps:
        if step.owner == life.resource.name:
            _note_deleted(deleted, step)
            continue
        resource = step.exchange.case.operation.resource
        is_child = resource is not None and resource.parent == life.resource.name
        if is_child and step.role is Role.READ and step.scope[-1:]:
            parent = deleted.get(step.scope[-1])
            yield from _look_at_child(step, parent)


def _note_deleted(deleted: dict[str, Step], step: Step) -> None:
    if step.key is None or not step.may_have_written:
        return
    deleted.pop(step.key[-1], None)
    if step.role is Role.DELETE and step.outcome is Outcome.DONE:
        deleted[step.key[-1]] = step


def _look_at_child(step: Step, parent: Step | None) -> Iterator[Evidence]:
    if parent is None:
        return
    if step.outcome is Outcome.REFUSED:
        yield Evidence(step.exchange)
    elif step.outcome is Outcome.DONE:
        told = quoted(step.scope[-1])
        kind = FindingKind.CHILD_OUTLIVES
        finding = Finding(kind, step.status, observed=told, request=parent.told_as)
        yield Evidence(step.exchange, finding)


# --- listed ------------------------------------------------------------------------------------


def judge_not_listed(life: Life) -> Iterator[Evidence]:
    """Judge that no list shows what was deleted."""
    for moment in life.moments():
        step = moment.step
        if not step.is_list:
            continue
        gone = [key for key in moment.deleted if is_due(moment.deleted[key])]
        gone = [key for key in gone if _is_about(step, key, moment)]
        if not gone:
            continue
        listed = {shown.key for shown in step.shown} & set(gone)
        finding = None
        if listed:
            key = min(listed)
            finding = Finding(
                FindingKind.DELETED_LISTED,
                step.status,
                observed=quoted(key[-1]),
                request=moment.deleted[key].told_as,
            )
        yield Evidence(step.exchange, finding)


def _is_about(step: Step, key: Key, moment: Moment) -> bool:
    """Return whether the list is one of those that would show the resource *key*."""
    scope = moment.deleted[key].scope
    return not scope or scope == step.scope


# --- again -------------------------------------------------------------------------------------


def judge_again(life: Life) -> Iterator[Evidence]:
    """Judge that a second delete does nothing: it is refused, or answered as the first one was.

    RFC 9110 9.2.2: DELETE is idempotent, in what it does. Nothing else may vanish with it.
    """
    seen: dict[Key, list[Step]] = {}  # by what was shown: second deletes of others since
    listed: dict[Key, list[Step]] = {}  # the same, by what was listed
    for moment in life.moments():
        step = moment.step
        if step.role is Role.DELETE and moment.ender is not None:
            yield from _look_at_again(step, moment.ender)
            for blamed in (*seen.values(), *listed.values()):
                blamed.append(step)
        elif step.may_have_written:
            seen.clear()
            listed.clear()
        elif is_read_as_gone(step) and step.key is not None:
            again = seen.pop(step.key, [])
            if again:
                yield Evidence(again[-1].exchange, finding_vanished(step, step.key, again))
        if not is_told_as_deleted(step):
            seen.update((shown.key, []) for shown in step.shown)
        yield from unlisted_since(life, moment, listed)


def _look_at_again(step: Step, ender: Step) -> Iterator[Evidence]:
    operation = step.exchange.case.operation
    if step.exchange.case.expect in (Expect.REFUSED, Expect.UNAUTHENTICATED):
        return
    is_fine = step.outcome in DONE_OR_LATER
    if step.outcome is Outcome.REFUSED:
        is_fine = step.status in statuses_of_gone(operation) or operation.names_status(step.status)
    if step.outcome is Outcome.SILENT or step.exchange.failure or step.exchange.superseded:
        return
    finding = Finding(
        FindingKind.DELETED_AGAIN,
        step.status,
        expected=(*sorted(statuses_of_gone(operation)), ender.status),
        observed=quoted(ender.key[-1] if ender.key else ""),
    )
    yield Evidence(step.exchange, None if is_fine else finding)


# --- back again --------------------------------------------------------------------------------


def judge_resurrection(life: Life) -> Iterator[Evidence]:
    """Judge that no write after the end brings back what was deleted.

    It had been seen gone before: what a delete left there is told by itself.
    """
    gone: set[Key] = set()
    tried: dict[Key, Step] = {}
    for moment in life.moments():
        step, key = moment.step, moment.step.key
        gone = {one for one in gone if one in moment.deleted} | _seen_gone(moment)
        tried = {one: writer for one, writer in tried.items() if one in moment.deleted}
        if key in gone and step.role in CHANGING and not may_create(step):
            tried[key] = step
        else:
            yield from _look_if_back(step, tried)


def _seen_gone(moment: Moment) -> set[Key]:
    """Return what the step shows to be gone, of what was deleted."""
    step = moment.step
    if step.is_list and is_whole_list(step):
        listed = {shown.key for shown in step.shown}
        return {key for key in moment.deleted if _is_about(step, key, moment)} - listed
    is_refused = step.outcome is Outcome.REFUSED and step.role in (Role.READ, *CHANGING)
    if step.key is not None and step.key in moment.deleted and is_refused:
        return {step.key}
    return set()


def _look_if_back(step: Step, tried: Mapping[Key, Step]) -> Iterator[Evidence]:
    """Look at a read or a list for what writes *tried* to write to after its end."""
    if is_told_as_deleted(step):
        return
    for key in sorted({shown.key for shown in step.shown} & tried.keys()):
        if step.is_safe:
            yield Evidence(step.exchange, _back(step, key, tried[key]))
    if step.key in tried and step.role is Role.READ and step.outcome is Outcome.REFUSED:
        yield Evidence(step.exchange)


def _back(step: Step, key: Key, writer: Step) -> Finding:
    wrote = f"{writer.told_as} ({writer.exchange.failure or writer.status})"
    return Finding(FindingKind.BACK_AGAIN, step.status, observed=quoted(key[-1]), request=wrote)


# --- others ------------------------------------------------------------------------------------


def judge_siblings(life: Life, role: Role) -> Iterator[Evidence]:
    """Judge that a write in *role* leaves the others of its kind what and where they are."""
    yield from judge_others(life, role)
    yield from judge_unlisted(life, role)
