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
from pytest_confluent_contracts.model.traffic import Probe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext

EVERY_PROBE = frozenset(Probe)


@dataclass(frozen=True, slots=True)
class PlannedProbe:
    """The cases of one probe, in order; without any where ``skipped`` says why it must not run."""

    probe: Probe
    cases: tuple[Case, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent of one operation.

    ``baseline`` is the update that changes least. It comes before whichever probe is the first,
    where the run has a resource of its own: its answer shows what was there. ``probes`` follow in
    order. ``spaced_updates`` come after the valid bodies, each after a pause in which a time stamp
    must move.
    """

    operation: Operation
    context: RunContext
    baseline: Case
    probes: tuple[PlannedProbe, ...]
    spaced_updates: tuple[Case, ...]

    def of(self, probe: Probe) -> PlannedProbe:
        """Return what is planned for *probe*; nothing where no clause needs it."""
        return next((one for one in self.probes if one.probe is probe), PlannedProbe(probe))

    @property
    def skipped(self) -> dict[Probe, str]:
        """Return the probes that must not run, each with its reason."""
        return {planned.probe: planned.skipped for planned in self.probes if planned.skipped}

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
        planned = self.of(probe).cases
        is_own = self.context.owned and not self.operation.makes_or_ends
        if probe is not Probe.READ_ONLY or not (planned and is_own):
            return planned
        return read_only_cases(self.operation, self.context, shown)

    @property
    def size(self) -> int:
        """Return how many requests are planned; the rate limit's window comes on top."""
        return sum(1 for _ in self.every_case())

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
) -> Plan:
    """Return the plan, with as many generated bodies as a *budget* in requests pays for.

    The listed cases of every probe come first, and what is left is spent on generated ones.
    """
    from pytest_confluent_contracts.cases.generated import ALLOWED_PER_FORBIDDEN

    whole = make_plan(operation, context, needed, skipped)
    if budget is None or whole.size <= budget:
        return whole
    listed = make_plan(operation, replace(context, max_examples=0), needed, skipped)
    # Beside ten that are allowed, one is broken.
    affordable = max(0, budget - listed.size) * ALLOWED_PER_FORBIDDEN // (ALLOWED_PER_FORBIDDEN + 1)
    if not affordable:
        return listed
    fitting = replace(context, max_examples=min(affordable, context.max_examples))
    return make_plan(operation, fitting, needed, skipped)


def make_plan(
    operation: Operation,
    context: RunContext,
    needed: Collection[Probe] = EVERY_PROBE,
    skipped: Mapping[Probe, str] | None = None,
) -> Plan:
    """Return the plan of the *needed* probes; those in *skipped* must not run, each for its reason.

    The same operation, context and probes give the same bytes.
    """
    if context.parameters:
        own = id_as_sent(operation, context.parameters[-1][1])
        context = replace(context, pins=own | dict(context.pins)) if own else context
    reasons = skipped or {}
    probes: list[PlannedProbe] = []
    for probe in Probe:
        if probe not in needed or probe is Probe.LIFE:  # of a resource, not of an operation
            continue
        if probe in reasons:
            probes.append(PlannedProbe(probe, skipped=reasons[probe]))
        else:
            probes.append(PlannedProbe(probe, tuple(cases.of(probe, operation, context))))
    runs_valid = Probe.VALID in needed and Probe.VALID not in reasons
    return Plan(
        operation=operation,
        context=context,
        baseline=baseline_update(operation, context),
        probes=tuple(probes),
        spaced_updates=tuple(spaced_updates(operation, context)) if runs_valid else (),
    )
