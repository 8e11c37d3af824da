"""Which two answers show one resource, and what lies between them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_members import (
    Key,
    Shown,
    changes_between,
    disagreements,
    quoted,
)
from pytest_confluent_contracts.clauses.lifecycle_state import (
    DONE_OR_LATER,
    Outcome,
    is_read_as_gone,
)
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Step
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Role

MOST_TOLD = 4  # requests between two answers that a finding names


@dataclass(frozen=True, slots=True)
class Pair:
    """Two successive answers of one operation that show one resource.

    ``between`` are all steps between them, also those about other resources.
    """

    before: Shown
    after: Shown
    step: Step
    between: tuple[Step, ...]
    owner: str

    @property
    def writes_to_it(self) -> list[Step]:
        """Return the steps between that may have written to the very resource."""
        return [step for step in self._own_writes if step.key == self.after.key]

    @property
    def writes_to_others(self) -> list[Step]:
        """Return the steps between that may have written to others of its kind."""
        return [step for step in self._own_writes if step.key != self.after.key]

    @property
    def has_foreign_writes(self) -> bool:
        """Return whether its parent or its children may have been written to."""
        return any(step.owner != self.owner and step.may_have_written for step in self.between)

    @property
    def _own_writes(self) -> list[Step]:
        return list(filter(self._is_own_write, self.between))

    def _is_own_write(self, step: Step) -> bool:
        return step.owner == self.owner and step.may_have_written


def pairs_of_one_operation(life: Life) -> Iterator[Pair]:
    """Yield each two successive answers of one operation that show the same resource."""
    latest: dict[tuple[Key, str], tuple[int, Shown]] = {}
    for index, step in enumerate(life.steps):
        if step.owner != life.resource.name:
            continue
        for shown in life.own_shown(step):
            known = (shown.key, shown.model.teller)
            if known in latest and latest[known][0] != index:
                start, before = latest[known]
                between = life.steps[start + 1 : index]
                yield Pair(before, shown, step, between, life.resource.name)
            latest[known] = (index, shown)


def told_together(steps: Sequence[Step]) -> str:
    """Return the requests of *steps* in short, the first few of them."""
    told = list(dict.fromkeys(step.told_with_id for step in steps))
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = ["..."]
    return ", ".join(told)


def finding_on_change(
    pair: Pair, changed: Mapping[str, tuple[Any, Any]], blamed: Sequence[Step]
) -> Finding | None:
    """Return the finding on the first member that changed, None where none did."""
    for path, (was, now) in changed.items():
        return Finding(
            FindingKind.LIFE_CHANGED,
            pair.step.status,
            path,
            (quoted(pair.after.key[-1]), quoted(was)),
            quoted(now),
            told_together(blamed),
        )
    return None


# --- reads -------------------------------------------------------------------------------------


def judge_reads(life: Life) -> Iterator[Evidence]:
    """Judge that a resource is what it was where only reads lie between two answers.

    RFC 9110 9.2.1: GET and HEAD ask for no change. The time of the last change stands still, too;
    what no request can write (a counter of reads) may move by itself.
    """
    members = life.held | life.updated
    for pair in pairs_of_one_operation(life):
        if not pair.step.is_safe or not all(step.is_safe for step in pair.between):
            continue
        changed = changes_between(pair.before, pair.after, members)
        reads = [*pair.between, pair.step]
        yield Evidence(pair.step.exchange, finding_on_change(pair, changed, reads))


def _moved_by_reads(life: Life) -> set[str]:
    """Return the members that change though nothing but reads lies between two answers."""
    moved: set[str] = set()
    for pair in pairs_of_one_operation(life):
        if pair.step.is_safe and all(step.is_safe for step in pair.between):
            moved |= changes_between(pair.before, pair.after, life.held | life.updated).keys()
    return moved


# --- requests that were refused ----------------------------------------------------------------


def judge_refused(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that what *operation* refused changed nothing.

    Nothing else was written between the two answers, and the refused request was about the very
    resource that they show, or that is not there any more. What moves where nothing is refused is
    told by itself.
    """
    members = (life.held | life.updated) - _moved_by_reads(life)
    for pair in pairs_of_one_operation(life):
        refused = refused_by(operation, pair.between, pair.after.key)
        if not refused or any(step.may_have_written for step in pair.between):
            continue
        if pair.step.is_safe:
            changed = changes_between(pair.before, pair.after, members)
            yield Evidence(refused[-1].exchange, finding_on_change(pair, changed, refused))
    yield from _vanished_by_refused(life, operation)


def _vanished_by_refused(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Find a resource that is gone after a refused request, and nothing else that was written."""
    seen: dict[Key, list[Step]] = {}  # by what was shown: the refused requests since
    for moment in life.moments():
        step = moment.step
        if step.may_have_written:
            seen.clear()
        for shown in step.shown:
            seen[shown.key] = []
        if step.key is None or step.key not in seen or moment.ender is not None:
            continue
        if not step.is_safe and step.exchange.case.operation.key == operation.key:
            seen[step.key].append(step)
        elif is_read_as_gone(step):
            refused = seen.pop(step.key)
            if refused:
                yield Evidence(refused[-1].exchange, finding_vanished(step, step.key, refused))


def refused_by(operation: Operation, steps: Iterable[Step], key: Key) -> list[Step]:
    """Return those of *steps* in which *operation* refused to write to the resource *key*."""
    return [
        step
        for step in steps
        if step.exchange.case.operation.key == operation.key
        and step.outcome is Outcome.REFUSED
        and step.key == key
    ]


def finding_vanished(step: Step, key: Key, blamed: Sequence[Step]) -> Finding:
    """Return the finding that the resource *key* was there before the steps to blame."""
    return Finding(
        FindingKind.VANISHED,
        step.status,
        expected=quoted(key[-1]),
        request=told_together(blamed),
    )


# --- others of its kind ------------------------------------------------------------------------


def judge_others(life: Life, role: Role) -> Iterator[Evidence]:
    """Judge that a write in *role* to one resource leaves the others of its kind alone."""
    for pair in pairs_of_one_operation(life):
        if not pair.step.is_safe:
            continue
        blamed = [step for step in pair.writes_to_others if _is_done_in(step, role)]
        if not blamed or pair.writes_to_it or pair.has_foreign_writes:
            continue
        changed = changes_between(pair.before, pair.after, life.held)
        yield Evidence(pair.step.exchange, finding_on_change(pair, changed, blamed))
    yield from _vanished_by_others(life, role)


def _is_done_in(step: Step, role: Role) -> bool:
    return step.role is role and step.outcome in DONE_OR_LATER


def _vanished_by_others(life: Life, role: Role) -> Iterator[Evidence]:
    """Find a resource that a read showed, and that is gone after writes to others."""
    seen: dict[Key, list[Step]] = {}  # by what was shown: the writes in *role* to others since
    for moment in life.moments():
        step = moment.step
        for shown in step.shown:
            seen[shown.key] = []
        if step.may_have_written:
            note_write(seen, step, role)
        elif is_read_as_gone(step) and step.key is not None:
            blamed = seen.pop(step.key, [])
            if blamed:
                yield Evidence(step.exchange, finding_vanished(step, step.key, blamed))


def note_write(seen: dict[Key, list[Step]], step: Step, role: Role) -> None:
    """Note a write in *role* for each resource that was *seen*, and is another than its own.

    The own one is forgotten, and all are where nobody knows what was written.
    """
    for key, blamed in list(seen.items()):
        if key == step.key or step.outcome is Outcome.DOUBTFUL:
            del seen[key]
        elif _is_done_in(step, role):
            blamed.append(step)


# --- the same everywhere -----------------------------------------------------------------------


def judge_agreement(life: Life) -> Iterator[Evidence]:
    """Judge that answers of several operations tell the same of a resource at one time.

    A list may show less of it. What no request writes may move by itself (a state, a counter): it
    disagrees only where the same is told before and after one operation told otherwise.
    """
    at_one_time: list[tuple[Step, Shown]] = []
    for step in life.steps:
        if not step.is_safe:
            at_one_time = []  # what a refused request changes is told by itself
        if step.owner != life.resource.name:
            continue
        for shown in life.own_shown(step):
            earlier = [one for one in at_one_time if one[1].key == shown.key]
            yield from _look_at_agreement(life, earlier, step, shown)
            at_one_time.append((step, shown))


def _look_at_agreement(
    life: Life, earlier: Sequence[tuple[Step, Shown]], step: Step, shown: Shown
) -> Iterator[Evidence]:
    """Hold what *step* shows against what other operations showed *earlier*."""
    has_other = False
    before: list[Shown] = []
    for other_step, other in earlier:
        before.append(other)
        if other.model.operation.key == shown.model.operation.key:
            continue
        has_other = True
        # What is accepted for later (202) is changed once more when it is done.
        moving = frozenset() if other_step.outcome is Outcome.LATER else life.updated
        differing = disagreements(other, shown, life.held | moving)
        differing = differing or _differing_in_turns(before, other, shown)
        if differing:
            yield Evidence(step.exchange, _finding_on_disagreement(step, other_step, differing))
            return
    if has_other:
        yield Evidence(step.exchange)


def _differing_in_turns(
    before: Sequence[Shown], between: Shown, after: Shown
) -> dict[str, tuple[Any, Any]]:
    """Return what is told alike *before* and *after* another operation told otherwise in between.

    An address may be written for who asks for it.
    """
    others = [one for one in before if one.model.operation.key != between.model.operation.key]
    found: dict[str, tuple[Any, Any]] = {}
    for path, (was, now) in disagreements(between, after, after.model.shown).items():
        if _is_address(after.model.schema_of(path), now):
            continue
        told = [one for one in others if one.value(path) is not ABSENT]
        if told and not changes_between(told[-1], after, [path]):
            found[path] = (was, now)
    return found


def _is_address(schema: Mapping[str, Any], value: Any) -> bool:
    is_text = isinstance(value, str)
    return "uri" in str(schema.get("format", "")) or (is_text and ":/" in value)


def _finding_on_disagreement(
    step: Step, other: Step, differing: Mapping[str, tuple[Any, Any]]
) -> Finding:
    path, (there, here) = next(iter(differing.items()))
    return Finding(
        FindingKind.ANSWERS_DISAGREE,
        step.status,
        path,
        quoted(there),
        quoted(here),
        other.told_with_id,
    )
