"""Does each resource lie in its own parent, with it, and as the parent's own answers show it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_lists import (
    SMALL_NUMBER,
    is_whole_list,
    judge_parents,
)
from pytest_confluent_contracts.clauses.lifecycle_members import changes_between, id_text, quoted
from pytest_confluent_contracts.clauses.lifecycle_pairs import told_together
from pytest_confluent_contracts.clauses.lifecycle_state import (
    DONE_OR_LATER,
    Outcome,
    is_scoped,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from pytest_confluent_contracts.clauses.lifecycle_members import Shown
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment, Step
    from pytest_confluent_contracts.model.resources import Resource

ABOUT_ONE = (Role.READ, Role.UPDATE, Role.REPLACE, Role.DELETE)
MOST_TOLD = 4  # ids that a finding names


def is_of_one_parent(id: str) -> bool:
    """Return whether no other parent can have one of this *id* by counting for itself: 1, 2, 3."""
    return not (id.isdecimal() and len(id) <= SMALL_NUMBER)


# --- under another parent ----------------------------------------------------------------------


def judge_own_parent(life: Life) -> Iterator[Evidence]:
    """Judge that what was made under one parent is under no other: in no list, and for nobody."""
    yield from judge_parents(life)
    if is_scoped(life.resource):
        for moment in life.moments():
            yield from _look_elsewhere(moment)
    yield from _shown_in_others(life)


def _look_elsewhere(moment: Moment) -> Iterator[Evidence]:
    """Look at what is asked for under a parent in which it was not made.

    A delete may be answered as if there had been something (RFC 9110 9.2.2): what it did, others
    tell.
    """
    step, key = moment.step, moment.step.key
    is_asked = step.role in ABOUT_ONE and step.exchange.case.expect is Expect.UNKNOWN
    if not is_asked or key is None or key in moment.made or key in moment.deleted:
        return
    makers = [made for own, made in moment.made.items() if own[-1] == key[-1]]
    if not makers or not is_of_one_parent(key[-1]):
        return
    if step.outcome is Outcome.REFUSED:
        yield Evidence(step.exchange)
    elif step.outcome in DONE_OR_LATER and step.role is not Role.DELETE:
        kind, told = FindingKind.SERVED_ELSEWHERE, makers[0].told_as
        id, asked = quoted(key[-1]), step.told_as
        finding = Finding(kind, step.status, expected=id, observed=told, request=asked)
        yield Evidence(step.exchange, finding)


def _shown_in_others(life: Life) -> Iterator[Evidence]:
    """Find what was made under one parent in what another shows, where it was not before."""
    before: dict[str, set[str]] = {}  # the ids that a list of parents showed in each
    made: dict[str, Step] = {}  # what was made since then, by its id
    for step in life.steps:
        is_made = step.owner == life.resource.name and step.role is Role.CREATE
        if is_made and step.key is not None and step.outcome in DONE_OR_LATER:
            made.setdefault(step.key[-1], step)
        if step.owner != life.resource.parent or step.role is not Role.LIST:
            continue
        now = _ids_in_parents(life.resource, step)
        if before:
            finding = _first_elsewhere(step, before, now, made)
            yield Evidence(step.exchange, finding)
        before = now


def _first_elsewhere(
    step: Step,
    before: Mapping[str, set[str]],
    now: Mapping[str, set[str]],
    made: Mapping[str, Step],
) -> Finding | None:
    for parent in before.keys() & now.keys():
        for id in sorted((now[parent] - before[parent]) & made.keys()):
            maker = made[id]
            if maker.scope[-1:] != (parent,) and is_of_one_parent(id):
                kind, told = FindingKind.LISTED_ELSEWHERE, maker.told_as
                asked = step.told_as
                return Finding(kind, step.status, "", quoted(id), told, asked)
    return None


def _ids_in_parents(resource: Resource, step: Step) -> dict[str, set[str]]:
    """Return the ids that each of the parents shows, by the parent's id."""
    return {shown.key[-1]: _ids_shown(resource, shown) or set() for shown in step.shown}


def _ids_shown(resource: Resource, shown: Shown) -> set[str] | None:
    """Return the ids of what the parent shows to lie in it, None where it has no place for it."""
    listed = shown.value(_seen_from_parent(shown, resource.in_parent))
    if listed is ABSENT or not isinstance(listed, list):
        return None
    name = paths.last_name(resource.id_member)
    return {id_text(_member(one, name)) for one in listed} - {""}


def _id_member_of(shown: Shown) -> str:
    """Return where an answer about one of what is *shown* has its id."""
    kind = shown.model.operation.resource
    return kind.id_member if kind is not None else ""


def _member(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else None


# --- with its parent ---------------------------------------------------------------------------


def judge_orphans(life: Life) -> Iterator[Evidence]:
    """Judge that nothing is shown any more of what lay in a parent that was deleted.

    A parent that is refused to be deleted is there still. Where what lay in it turns up in another
    parent, or in the one that is made again under its id, nobody has made it there.
    """
    known = _Orphanage()
    for step in life.steps:
        is_own = step.owner == life.resource.name
        if step.owner == life.resource.parent and step.key is not None:
            known.follow_parent(step, step.key[-1])
        elif is_own and step.role is Role.CREATE and step.key is not None:
            known.follow_create(step, step.key[-1])
        elif is_own and step.is_safe and known.ended:
            yield from _look_at_orphans(step, known)


@dataclass
class _Orphanage:
    """Which parents have ended, by id the step that did it; ``again`` made those that are there
    once more. ``made`` are the creates of what lies in parents, by its id, ``before`` those ids of
    each parent that lay in it when it ended.
    """

    ended: dict[str, Step] = field(default_factory=dict)
    again: dict[str, Step] = field(default_factory=dict)
    made: dict[str, Step] = field(default_factory=dict)
    before: dict[str, set[str]] = field(default_factory=dict)

    def follow_parent(self, step: Step, id: str) -> None:
        """Take in what *step* did to the parent called *id*."""
        if step.role is Role.DELETE and step.outcome is Outcome.DONE:
            self.ended[id] = step
            self.again.pop(id, None)
            lay = [own for own, made in self.made.items() if made.scope[-1:] == (id,)]
            self.before[id] = set(lay)
        elif step.role is Role.CREATE and step.may_have_written and id in self.ended:
            self.again[id] = step

    def follow_create(self, step: Step, id: str) -> None:
        """Take in that *step* made what is called *id*."""
        self.made[id] = step
        if step.scope:
            self.before.get(step.scope[-1], set()).discard(id)


def _look_at_orphans(step: Step, known: _Orphanage) -> Iterator[Evidence]:
    holder = step.scope[-1] if step.scope else ""
    parent = known.ended.get(holder)
    if parent is not None and step.outcome is Outcome.REFUSED:
        yield Evidence(step.exchange)
        return
    orphans = [shown.key[-1] for shown in step.shown if _is_orphan(shown.key[-1], step, known)]
    if not orphans:
        if step.role is Role.LIST and step.outcome is Outcome.DONE:
            yield Evidence(step.exchange)
        return
    blamed = parent or known.ended[known.made[orphans[0]].scope[-1]]
    requests = [blamed, known.again[holder]] if holder in known.again else [blamed]
    kind = FindingKind.CHILD_COMES_BACK if holder in known.again else FindingKind.CHILD_OUTLIVES
    name = quoted(blamed.key[-1] if blamed.key else "")
    told = Finding(kind, step.status, observed=name, request=told_together(requests))
    yield Evidence(step.exchange, told)


def _is_orphan(id: str, step: Step, known: _Orphanage) -> bool:
    """Return whether *id* lay in a parent that has ended, and is shown in that or in another."""
    holder = step.scope[-1] if step.scope else ""
    if holder in known.again:
        return id in known.before.get(holder, set())
    if holder in known.ended:
        return True
    maker = known.made.get(id)
    if maker is None or not maker.scope or not is_of_one_parent(id):
        return False
    return maker.scope[-1] in known.ended and maker.scope != step.scope


# --- the parent itself -------------------------------------------------------------------------


def judge_parent_untouched(life: Life, role: Role) -> Iterator[Evidence]:
    """Judge that a write in *role* to what lies in a parent leaves the parent's own values alone.

    What it shows to lie in it follows; so may what no request writes, a count, or a time. That a
    service sets nothing else of it (which one is the default) nobody says.
    """
    seen: dict[str, tuple[Shown, list[Step]]] = {}
    for step in life.steps:
        if step.owner == life.resource.name and step.may_have_written:
            for _, writes in seen.values():
                writes.append(step)
        elif step.owner == life.resource.parent and step.may_have_written:
            seen.clear()
        elif step.owner == life.resource.parent and step.role is Role.READ:
            yield from _look_at_parent(life, step, seen, role)


def _look_at_parent(
    life: Life, step: Step, seen: dict[str, tuple[Shown, list[Step]]], role: Role
) -> Iterator[Evidence]:
    for shown in step.shown:
        parent = shown.key[-1]
        before, writes = seen.get(parent, (shown, []))
        blamed = [one for one in writes if one.role is role and one.outcome in DONE_OR_LATER]
        if blamed:
            changed = changes_between(before, shown, _own_members(life.resource, shown))
            yield Evidence(step.exchange, _changed_parent(step, parent, changed, blamed))
        seen[parent] = (shown, [])


def _own_members(resource: Resource, shown: Shown) -> list[str]:
    """Return what requests write of the parent, but for what lies in it, as seen from it."""
    kind, found = shown.model.operation.resource, []
    for path in kind.written if kind is not None else ():
        own = _seen_from_parent(shown, path)
        if path != resource.in_parent and own in shown.model.shown:
            found.append(own)
    return found


def _seen_from_parent(shown: Shown, path: str) -> str:
    root = paths.parent_path(_id_member_of(shown))
    if root and paths.is_within(path, root):
        return paths.relative_path(path, root)
    return path


def _changed_parent(
    step: Step, parent: str, changed: Mapping[str, tuple[Any, Any]], blamed: Sequence[Step]
) -> Finding | None:
    for path, (was, now) in changed.items():
        return Finding(
            FindingKind.LIFE_CHANGED,
            step.status,
            path,
            (quoted(parent), quoted(was)),
            quoted(now),
            told_together(blamed),
        )
    return None


# --- as its parent shows it --------------------------------------------------------------------


@dataclass
class _Told:
    """What is told of what lies in each parent, by its id, until something is written."""

    resource: Resource
    by_list: dict[str, set[str]] = field(default_factory=dict)
    by_parent: dict[str, set[str]] = field(default_factory=dict)

    def follow(self, life: Life, step: Step) -> Iterator[str]:
        """Take in what *step* tells; yield the ids of the parents of which it does."""
        if step.may_have_written:
            self.by_list.clear()
            self.by_parent.clear()
        elif step.owner == life.resource.name and is_whole_list(step) and step.scope:
            self.by_list[step.scope[-1]] = {shown.key[-1] for shown in step.shown}
            yield step.scope[-1]
        elif step.owner == life.resource.parent:
            for shown in step.shown:
                listed = _ids_shown(self.resource, shown)
                if listed is not None:
                    self.by_parent[shown.key[-1]] = listed
                    yield shown.key[-1]


def judge_parents_answers(life: Life) -> Iterator[Evidence]:
    """Judge that a parent shows to lie in it what the list of that shows.

    That both mean the same is told by their names alone.
    """
    told = _Told(life.resource)
    for step in life.steps:
        for parent in told.follow(life, step):
            if parent in told.by_list and parent in told.by_parent:
                listed, shown = told.by_list[parent], told.by_parent[parent]
                yield Evidence(step.exchange, _difference(life, step, listed, shown))


def _difference(life: Life, step: Step, listed: set[str], shown: set[str]) -> Finding | None:
    if listed == shown:
        return None
    return Finding(
        FindingKind.PARENT_SHOWS_OTHERS,
        step.status,
        life.resource.in_parent,
        expected=_told_ids(listed - shown),
        observed=_told_ids(shown - listed),
    )


def _told_ids(ids: set[str]) -> str:
    """Return the first few of *ids*, quoted."""
    told = [quoted(id) for id in sorted(ids)[:MOST_TOLD]]
    return ", ".join(told)
