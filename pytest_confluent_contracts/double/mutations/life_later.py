"""In which ways can what is accepted with 202 go wrong? It is not done, or nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.later import UNDER_WAY, telling_members
from pytest_confluent_contracts.double.mutations.life_steps import (
    at_third,
    each_time,
    from_second_on,
    mutations_on_turns,
)
from pytest_confluent_contracts.double.store import described_success, writable_members
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.later import Job
    from pytest_confluent_contracts.double.mutations.altering import Mutation
    from pytest_confluent_contracts.double.service import Answer, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

ACCEPTED_IS_DONE = "lifecycle/accepted-is-done"
READABLE = "lifecycle/created-is-readable"
TURNS = {"": each_time, " from the second on": from_second_on, " at the third": at_third}
FAILED = ("failed", "error", "failure", "cancelled")


def shows_job(operation: Operation) -> bool:
    """Return whether the 202 of *operation* shows a job: a status, and nothing of what was sent."""
    accepted = described_success(operation)
    if accepted is None or accepted.status != "202" or accepted.content is None:
        return False
    sent = {one.name for one in writable_members(operation, fixed=())}
    shown = {one.name for one in accepted.content.properties}
    return sent.isdisjoint(shown) and bool(telling_members(accepted.content))


def later_mutations() -> Iterator[Mutation]:
    """Yield the mutations of a creation that a job does later."""
    ways: dict[str, tuple[Callable[..., None], str]] = {
        "what is accepted is never done": (leave_under_way, ACCEPTED_IS_DONE),
        "what is accepted is made, and its job never ends": (keep_under_way, ACCEPTED_IS_DONE),
        "what is accepted fails": (fail, ACCEPTED_IS_DONE),
        "a job ends without what it was to make": (end_without, READABLE),
    }
    for name, (do, clause) in ways.items():
        yield from mutations_on_turns(name, Role.CREATE, TURNS, "finish_job", do, clause)
    name = "a 202 leads to a job that nobody knows"
    yield from mutations_on_turns(
        name, Role.CREATE, TURNS, "accept", lead_elsewhere, ACCEPTED_IS_DONE
    )


def leave_under_way(*_: Any) -> None:
    """Do nothing when it is due."""


def keep_under_way(service: Service, _: Any, job: Job, id: str, made: Resource) -> None:
    """Make what was accepted, and let the job go on."""
    service.collection.add(id, made)
    job.tell(UNDER_WAY)


def fail(_: Service, __: Any, job: Job, id: str, made: Resource) -> None:
    """Make nothing, and say so."""
    job.tell(FAILED)


def end_without(service: Service, inner: Any, job: Job, id: str, made: Resource) -> None:
    """Make nothing, and say that it is done."""
    inner(job, id, made)
    service.collection.remove(id)


def lead_elsewhere(_: Service, inner: Any, id: str, made: Resource) -> Answer:
    """Answer with another address, in the header alone."""
    answer: Answer = inner(id, made)
    headers: list[tuple[str, str]] = []
    for name, value in answer.headers:
        headers.append((name, f"{value}-unknown" if name == "Location" else value))
    return replace(answer, headers=tuple(headers))
