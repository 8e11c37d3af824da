"""What will be sent of one operation, and in which order?

Made once, told by ``--contract-plan``, executed by `run`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases.baseline import baseline_update, spaced_updates
from pytest_confluent_contracts.cases.build import id_as_sent, is_complete
from pytest_confluent_contracts.cases.read_only import read_only_cases
from pytest_confluent_contracts.cases.thinning import kept_cases
from pytest_confluent_contracts.model.traffic import OF_RESOURCES, Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext

EVERY_PROBE = frozenset(Probe)
# Requests of an operation, the rate limit's window, the life of its resource and the search for a
# smallest request apart.
MOST_REQUESTS = 450
# Generated bodies of a probe for which that holds: who asks for more gets them on top, and one that
# is broken beside each twenty.
USUAL_EXAMPLES = 100
BROKEN_AMONG = 20
# What a create makes one of, as far as anybody knows before its answer.
MAY_MAKE = frozenset({Expect.ACCEPTED, Expect.ANY})


@dataclass(frozen=True, slots=True)
class PlannedProbe:
    """The cases of one probe, in order; without any where ``skipped`` says why it must not run.

    ``left_out`` are those that would be sent if more might; ``kept`` the indices of those that are,
    among all, None where nothing is left out.
    """

    probe: Probe
    cases: tuple[Case, ...] = ()
    skipped: str = ""
    left_out: tuple[Case, ...] = ()
    kept: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent of one operation.

    ``baseline`` is the update that changes least. It comes before whichever probe is the first,
    where the run has a resource of its own: its answer shows what was there. ``probes`` follow in
    order. ``spaced_updates`` come after the valid bodies, each after a pause in which a time stamp
    must move. ``most`` is the number of requests that the plan was made for.
    """

    operation: Operation
    context: RunContext
    baseline: Case
    probes: tuple[PlannedProbe, ...]
    spaced_updates: tuple[Case, ...]
    most: int = MOST_REQUESTS

    def of(self, probe: Probe) -> PlannedProbe:
        """Return what is planned for *probe*; nothing where no clause needs it."""
        return next((one for one in self.probes if one.probe is probe), PlannedProbe(probe))

    @property
    def skipped(self) -> dict[Probe, str]:
        """Return the probes that must not run, each with its reason."""
        return {planned.probe: planned.skipped for planned in self.probes if planned.skipped}

    @property
    def left_out(self) -> dict[Probe, int]:
        """Return how many requests are left out of each probe that is not planned whole."""
        return {one.probe: len(one.left_out) for one in self.probes if one.left_out}

    @property
    def is_authorised(self) -> bool:
        """Return whether the credentials of at least one documented alternative were given."""
        alternatives = self.operation.security
        return not alternatives or any(is_complete(one, self.context) for one in alternatives)

    def cases_once_shown(self, probe: Probe, shown: Any) -> Sequence[Case]:
        """Return the cases of *probe* where an answer has *shown* the run's own resource.

        Those that send what no update writes are the same ones in the same order, with values of
        the form that it shows: a service may check that before it stores one. The plan, made before
        any answer, has those of the document's examples.
        """
        planned = self.of(probe)
        is_own = self.context.owned and not self.operation.makes_or_ends
        if probe is not Probe.READ_ONLY or not (planned.cases and is_own):
            return planned.cases
        every = read_only_cases(self.operation, self.context, shown)
        if planned.kept is None:
            return every
        return [every[index] for index in planned.kept if index < len(every)]

    @property
    def size(self) -> int:
        """Return how many requests are planned; the rate limit's window comes on top."""
        planned = sum(len(one.cases) for one in self.probes if one.probe is not Probe.THROTTLE)
        return planned + len(self.spaced_updates) + self.context.owned

    def every_case(self) -> Iterator[Case]:
        """Yield every case that may be sent; with the baseline a run also looks in between."""
        yield self.baseline
        for planned in self.probes:
            yield from planned.cases
        yield from self.spaced_updates


def plan_within(
    budget: int | None,
    operation: Operation,
    context: RunContext,
    needed: Collection[Probe],
    skipped: Mapping[Probe, str],
    most_made: int | None = None,
) -> Plan:
    """Return the plan of at most *budget* requests, by default as many as an operation is sent.

    The listed cases of every probe come first, and what is left is spent on generated ones. Where
    it does not suffice for those, each probe keeps its share, and of what it is about the first.
    At most *most_made* of a create's requests make one, where what it makes has to be paid for.
    """
    most = usual_requests(context) if budget is None else budget
    whole = _whole_plan(operation, context, needed, skipped, most)
    plan = whole if most_made is None else _with_fewer_made(whole, most_made)
    if plan.size <= most:
        return plan
    return _thinned(plan)


def make_plan(
    operation: Operation,
    context: RunContext,
    needed: Collection[Probe] = EVERY_PROBE,
    skipped: Mapping[Probe, str] | None = None,
) -> Plan:
    """Return the plan of the *needed* probes; those in *skipped* must not run, each for its reason.

    The same operation, context and probes give the same bytes.
    """
    return plan_within(None, operation, context, needed, skipped or {})


def usual_requests(context: RunContext) -> int:
    """Return how many requests an operation is sent at most where no budget says it.

    Who asks for more generated bodies than usual gets them on top.
    """
    more = max(0, context.max_examples - USUAL_EXAMPLES)
    return MOST_REQUESTS + more + more // BROKEN_AMONG


def _whole_plan(
    operation: Operation,
    context: RunContext,
    needed: Collection[Probe],
    skipped: Mapping[Probe, str],
    most: int,
) -> Plan:
    """Return the plan with nothing left out."""
    if context.parameters:
        own = id_as_sent(operation, context.parameters[-1][1])
        context = replace(context, pins=own | dict(context.pins)) if own else context
    probes: list[PlannedProbe] = []
    for probe in Probe:
        if probe not in needed or probe in OF_RESOURCES:
            continue
        if probe in skipped:
            probes.append(PlannedProbe(probe, skipped=skipped[probe]))
        else:
            probes.append(PlannedProbe(probe, tuple(cases.of(probe, operation, context))))
    runs_valid = Probe.VALID in needed and Probe.VALID not in skipped
    return Plan(
        operation=operation,
        context=context,
        baseline=baseline_update(operation, context),
        probes=tuple(probes),
        spaced_updates=tuple(spaced_updates(operation, context)) if runs_valid else (),
        most=most,
    )


# --- within a number of requests ------------------------------------------------------------------


def _thinned(whole: Plan) -> Plan:
    """Return *whole* with as many requests as it may have, of each probe its share."""
    groups = _counted_groups(whole)
    drawn = [_drawn_indices(group) for group in groups]
    room = max(0, whole.most - whole.context.owned)
    return _with_kept(whole, _listed_then_drawn(groups, drawn, room))


def _with_fewer_made(whole: Plan, most_made: int) -> Plan:
    """Return *whole* with at most *most_made* requests that may make something, each probe's part.

    The smallest request, which comes first, is one of them.
    """
    groups = _counted_groups(whole)
    making: list[list[int]] = []
    for group in groups:
        indices = [index for index, case in enumerate(group) if case.expect in MAY_MAKE]
        making.append(indices)
    if sum(map(len, making)) + whole.context.owned <= most_made:
        return whole
    parts: list[list[Case]] = []
    for group, own in zip(groups, making, strict=True):
        parts.append([group[index] for index in own])
    room = max(0, most_made - whole.context.owned)
    kept: list[list[int]] = []
    for group, own, chosen in zip(groups, making, kept_cases(parts, room), strict=True):
        left_out = set(own) - {own[index] for index in chosen}
        kept.append([index for index in range(len(group)) if index not in left_out])
    return _with_kept(whole, kept)


def _counted_groups(plan: Plan) -> list[Sequence[Case]]:
    """Return the cases of each probe that counts, then the spaced updates."""
    groups: list[Sequence[Case]] = []
    groups += [one.cases for one in plan.probes if one.probe is not Probe.THROTTLE]
    return [*groups, plan.spaced_updates]


def _with_kept(plan: Plan, kept: Sequence[Sequence[int]]) -> Plan:
    """Return *plan* with the cases at the indices *kept* of its counted groups."""
    counted = [one.probe for one in plan.probes if one.probe is not Probe.THROTTLE]
    by_probe: dict[Probe, Sequence[int]] = dict(zip(counted, kept[:-1], strict=True))
    probes = [_with_cases_kept(one, by_probe.get(one.probe)) for one in plan.probes]
    spaced = tuple(plan.spaced_updates[index] for index in kept[-1])
    return replace(plan, probes=tuple(probes), spaced_updates=spaced)


def _drawn_indices(cases_of_probe: Sequence[Case]) -> list[int]:
    """Return the indices of the cases whose bodies are generated."""
    from pytest_confluent_contracts.cases.generated import GENERATED, GENERATED_BROKEN

    drawn = (GENERATED, GENERATED_BROKEN)
    return [index for index, case in enumerate(cases_of_probe) if case.title in drawn]


def _listed_then_drawn(
    groups: Sequence[Sequence[Case]], drawn: Sequence[Sequence[int]], room: int
) -> list[list[int]]:
    """Return the indices of what is sent of each of *groups*, *room* in all.

    What is listed goes before what is *drawn*, of which each group has its part of what is left.
    """
    listed: list[list[int]] = []
    for group, generated in zip(groups, drawn, strict=True):
        without = set(generated)
        listed.append([index for index in range(len(group)) if index not in without])
    left, total = room - sum(map(len, listed)), sum(map(len, drawn))
    kept: list[list[int]] = []
    if left >= 0:
        for own, generated in zip(listed, drawn, strict=True):
            part = len(generated) * left // max(1, total)
            kept.append(sorted([*own, *generated[:part]]))
        return kept
    parts: list[list[Case]] = []
    for group, own in zip(groups, listed, strict=True):
        parts.append([group[index] for index in own])
    for own, indices in zip(listed, kept_cases(parts, room), strict=True):
        kept.append([own[index] for index in indices])
    return kept


def _with_cases_kept(planned: PlannedProbe, indices: Sequence[int] | None) -> PlannedProbe:
    if indices is None or len(indices) == len(planned.cases):
        return planned
    chosen = set(indices)
    left_out = [case for index, case in enumerate(planned.cases) if index not in chosen]
    known = planned.kept or range(len(planned.cases))
    return replace(
        planned,
        cases=tuple(planned.cases[index] for index in indices),
        left_out=(*planned.left_out, *left_out),
        kept=tuple(known[index] for index in indices),
    )
