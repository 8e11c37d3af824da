"""What would a run send, change, put back, and leave unexercised? Told without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.paths import filled_template
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe
from pytest_confluent_contracts.plugin.selection import selected_clauses
from pytest_confluent_contracts.run.foreseen import Foreseen
from pytest_confluent_contracts.run.preflight import credential_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import RunContext
    from pytest_confluent_contracts.plugin.lives import PlannedLife
    from pytest_confluent_contracts.plugin.run_plan import RunPlan
    from pytest_confluent_contracts.plugin.settings import Settings


# A move is one request, but where it goes on: through the pages of a list, or until a 202 is done.
MOVES = "up to 12 moves each, mostly one request a move"
SEQUENCE = f"{MOVES}, a look at the end, and the deletion of all that they made"
KEPT_APART = "who must see nothing of the first's"
SHOWN = 4  # clauses named of those that are not exercised


def told_plan(run_plan: RunPlan, items: Sequence[pytest.Item]) -> Iterator[str]:
    """Yield the plan of each operation of which a clause was collected."""
    for operation, clauses in selected_clauses(items):
        yield "::".join(operation.key)
        for line in _operation(run_plan, operation, clauses):
            yield f"  {line}"


def told_lives(run_plan: RunPlan) -> Iterator[str]:
    """Yield what would be made and deleted of each resource, or why nothing would be."""
    for resource, made in run_plan.planned_lives():
        told = f"life of {resource.name}: {made.requests} requests"
        if made.count:
            told += f", makes {made.count} and deletes them"
        elif made.why_none:
            told += f", makes nothing: {made.why_none}"
        yield told
        yield from _told_of_other(run_plan, resource, made)
        if made.sequences:
            told = f"sequences of {resource.name}: {made.sequences}, of {SEQUENCE}"
            yield f"{told}: {made.requests_of_sequences} requests"


def _told_of_other(run_plan: RunPlan, resource: Resource, made: PlannedLife) -> Iterator[str]:
    """Yield what a second principal asks for, or which variables would name one."""
    from pytest_confluent_contracts.clauses.other_principal import variables_of_other

    if made.by_other:
        yield f"  {made.by_other} of them by a second principal, {KEPT_APART}"
        return
    creating = run_plan.creating(resource)
    if made.count and creating is not None and creating.security:
        named = variables_of_other(creating)
        yield f"  no second principal, {KEPT_APART}: set {named}"


def told_left_out(settings: Settings) -> Iterator[str]:
    """Yield what each of the documents has that is not held, each with its place."""
    from pytest_confluent_contracts.report.terminal import places_by_what

    for path in settings.documents:
        document = settings.read(path)
        for unread in document.unread:
            yield f"not read: {document.name}::{unread.id}: {unread.reason}"
        for what, places in places_by_what(document.unjudged).items():
            named = ", ".join(map(str, places))
            yield f"not judged: {document.name}: {what}: {named}"


def told_resources(settings: Settings) -> Iterator[str]:
    """Yield what was understood of the resources of each document that several operations share."""
    for path in settings.documents:
        document = settings.read(path)
        several = [one for one in document.resources if len(one.roles) > 1]
        if several:
            yield f"resources of {document.name} (x-contract: resource says it otherwise):"
        for resource in several:
            yield f"  {_resource(resource)}"
            for role, id in resource.roles:
                yield f"    {role + ':':<9}{id}"


def _resource(resource: Resource) -> str:
    """Return what is known of *resource* beside its operations, in one line."""
    parts = [resource.item or resource.collection]
    if resource.parameter:
        parts.append(f"id: {resource.id_member or 'shown nowhere'}")
    if resource.items:
        parts.append(f"listed in: {resource.items}")
    if resource.is_made_by_put:
        parts.append("PUT creates, on a key of its own")
    if resource.id_sent:
        parts.append(f"the caller chooses: {resource.id_sent}")
    if resource.parent:
        parts.append(f"parent: {resource.parent}")
    parts += [f"{one.member} names one of {one.resource}" for one in resource.references]
    named = dict.fromkeys((one.member, one.parameter) for one in resource.scopes)
    parts += [f"{member} is what {parameter} says" for member, parameter in named]
    return f"{resource.name}: {'; '.join(parts)}"


def _operation(run_plan: RunPlan, operation: Operation, clauses: Sequence[Clause]) -> Iterator[str]:
    plan = run_plan.plan(operation)
    filled = filled_template(operation.path, plan.context.parameters)
    yield f"to: {operation.method} {run_plan.base_url}{filled}"
    if not plan.is_authorised:
        yield "nothing: no credentials are set"
        yield f"to mend: set {credential_variables(operation)}"
        return
    if plan.context.credentials and not run_plan.settings.mocked:
        yield f"credentials: from {_credentials_source(run_plan, operation)}"
    total = 0
    reading = run_plan.reading(operation)
    if reading is not None:
        total = 1
        yield "reading:      1 request, for what is put back"
    for name, count, told in _steps(plan):
        total += count
        yield f"{name + ':':<14}{told}"
    limits = _limits(run_plan, operation)
    yield f"in all: {_counted(total)}{limits}; failures are shrunk with a few more"
    yield from _left_out(plan)
    made = run_plan.made_for(operation)
    if made is not None:
        yield f"held on: one of {made.name} that the run makes, and deletes at the end"
    if operation.makes_or_ends:
        yield from _makes(operation, plan)
    elif made is None or operation.is_safe:
        yield from _changes(operation, plan.context, reading.operation if reading else None)
    yield from _unexercised(clauses, run_plan.unasked(operation, plan.context))
    yield from _unpaid(clauses, plan)


def _credentials_source(run_plan: RunPlan, operation: Operation) -> str:
    """Return where the credentials of *operation* come from: a hook, or these variables."""
    from pytest_confluent_contracts.plugin.asking import CREDENTIALS, hook_credentials

    if hook_credentials(run_plan.config, operation):
        return f"the hook {CREDENTIALS}"
    return credential_variables(operation)


def _steps(plan: Plan) -> Iterator[tuple[str, int, str]]:
    """Yield what is sent in turn: its name, how many requests it is, and what is told of it."""
    if plan.context.owned:
        yield "opening", 1, _counted(1)
    for planned in plan.probes:
        if not planned.cases:
            continue
        told = _counted(len(planned.cases))
        if planned.probe is Probe.THROTTLE:
            told = "until 429, twice the limit at most"
        # The window of the limit comes on top.
        count = 0 if planned.probe is Probe.THROTTLE else len(planned.cases)
        yield planned.probe.value, count, told
    if plan.spaced_updates:
        count = len(plan.spaced_updates)
        yield "later", count, f"{_counted(count)}, after a pause each"
    for reason, probes in _skipped_probes(plan).items():
        name = probes[0] if len(probes) == 1 else "not sent"
        named = f"{', '.join(probes)}: " if len(probes) > 1 else ""
        yield name, 0, f"{named}{reason}"


def _skipped_probes(plan: Plan) -> dict[str, list[str]]:
    """Return the names of the probes that are not sent, by the reason."""
    found: dict[str, list[str]] = {}
    for planned in plan.probes:
        if planned.skipped:
            found.setdefault(planned.skipped, []).append(planned.probe.value)
    return found


def _counted(requests: int) -> str:
    return "1 request" if requests == 1 else f"{requests} requests"


def _limits(run_plan: RunPlan, operation: Operation) -> str:
    rate, budget = run_plan.settings.rate, run_plan.budget(operation)
    told: list[str] = []
    if budget is not None:
        told.append(f"{budget}")
    if rate:
        told.append(f"{rate:g} a second")
    if not told:
        return ""
    return f" (at most {', '.join(told)})"


def _left_out(plan: Plan) -> Iterator[str]:
    """Yield how many requests of which probe are not sent, since no more than so many may be."""
    parts = [f"{count} of {probe.value}" for probe, count in plan.left_out.items()]
    if parts:
        cure = "--contract-budget raises that"
        yield f"left out: {', '.join(parts)}: {plan.most} requests may be sent; {cure}"


def _makes(operation: Operation, plan: Plan) -> Iterator[str]:
    """Yield what an operation makes by itself, beside the life of its resource."""
    accepted = [one for one in plan.every_case() if one.expect is Expect.ACCEPTED]
    if operation.role is Role.CREATE and plan.context.owned:
        yield f"made: {len(accepted)} at most, and deleted at the end"
    else:
        yield "made: nothing"


def _changes(operation: Operation, context: RunContext, read: Operation | None) -> Iterator[str]:
    from pytest_confluent_contracts.cases.build import writable_members
    from pytest_confluent_contracts.cases.restore import unseen_paths

    if operation.is_safe or not context.owned:
        yield "changed: nothing"
        return
    paths = [
        member.path for member in writable_members(operation) if member.path not in context.pins
    ]
    lost = unseen_paths(operation, context, read)
    back = [path for path in paths if path not in lost]
    yield f"changed: {', '.join(paths) or 'nothing'}"
    yield f"put back: {', '.join(back) or 'nothing'}"
    if lost:
        yield f"not put back: {', '.join(lost)}: no answer shows what was there"


def _unexercised(clauses: Sequence[Clause], unasked: dict[Probe, str]) -> Iterator[str]:
    for reason in dict.fromkeys(unasked.values()):
        # A clause that needs no probe is judged by the document alone.
        named = [clause.id for clause in clauses if _only_reason(clause, unasked) == reason]
        if named:
            yield _told_unexercised(reason, named)


def _told_unexercised(reason: str, named: Sequence[str]) -> str:
    more = ", ..." if len(named) > SHOWN else ""
    return f"not exercised: {reason}: {len(named)} clauses ({', '.join(named[:SHOWN])}{more})"


def _unpaid(clauses: Sequence[Clause], plan: Plan) -> Iterator[str]:
    """Yield which clauses nothing will show, for that is left out."""
    named: dict[str, list[str]] = {}
    foreseen = Foreseen(plan)
    for clause in clauses:
        why = foreseen.why_left_out(clause)
        if why is not None:
            named.setdefault(why.subject, []).append(clause.id)
    for reason, ids in named.items():
        yield _told_unexercised(reason, ids)


def _only_reason(clause: Clause, unasked: dict[Probe, str]) -> str:
    """Return why no probe of *clause* runs, ``""`` where one does, or there are several reasons."""
    reasons = {unasked.get(probe, "") for probe in clause.needs}
    if len(reasons) == 1:
        return reasons.pop()
    return ""
