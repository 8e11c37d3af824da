"""What may be sent of an operation? What is planned, and nothing else ever goes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from pytest_confluent_contracts.http.targets import Access, near_misses
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import filled_template, percent_encoded
from pytest_confluent_contracts.model.traffic import SubjectKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext


def planned_access(plan: Plan, budget: int | None = None) -> Access:
    """Return the access to what *plan* sends: the run's own resource, and ids that nobody has.

    *budget* is in requests (None: no limit).
    """
    planned = list(plan.every_case())
    paths: set[str] = set()
    spelled: set[str] = set()
    is_styled = bool(plan.operation.styled_names)
    for one in planned:
        if is_styled or one.spelling or any("/" in value for _, value in one.parameters):
            spelled.add(one.written_path)
        else:
            paths.add(filled_template(one.operation.path, one.parameters))
    return Access(
        operation=plan.operation,
        credentials=plan.context.credentials,
        other_credentials=plan.context.other_credentials,
        paths=frozenset(paths),
        spelled_paths=frozenset(spelled),
        near_misses=near_misses(planned),
        budget=budget,
        queries=frozenset(one.written_query for one in planned),
    )


def nobodys_access(plan: Plan) -> Access:
    """Return the access to what lies in a parent that nobody has: part of what *plan* sends.

    Nor has anybody one of an id that the schema forbids.
    """
    nobodys: set[str] = set()
    for one in plan.every_case():
        is_forbidden = one.trial is not None and one.trial.location is Location.PATH
        if is_forbidden or one.subject.kind is SubjectKind.UNKNOWN_PARENT:
            nobodys.add(filled_template(one.operation.path, one.parameters))
    return Access(operation=plan.operation, credentials={}, paths=frozenset(nobodys))


def reading_access(reading: Case, context: RunContext) -> Access:
    """Return the access to what *reading* asks for, before an update of it.

    It has no budget of its own: whoever writes pays.
    """
    return Access(
        operation=reading.operation,
        credentials=context.credentials,
        other_credentials=context.other_credentials,
        paths=frozenset({filled_template(reading.operation.path, reading.parameters)}),
        spelled_paths=frozenset({reading.written_path}),
        budget=0,
        queries=frozenset({reading.written_query}),
    )


def no_access(operation: Operation, context: RunContext, budget: int | None = None) -> Access:
    """Return the access of an operation to nothing: what it may ask for is still to be made."""
    return Access(
        operation=operation,
        credentials=context.credentials,
        other_credentials=context.other_credentials,
        queries=frozenset(),
        budget=budget,
    )


def made_access(operation: Operation, parameters: Sequence[tuple[str, str]]) -> Access:
    """Return the access to what *parameters* name, which the run made itself."""
    named = dict(parameters)
    styled = operation.styled_names
    own: list[tuple[str, str]] = []
    written: list[tuple[str, str]] = []
    for name, _ in operation.parameters:
        text = named[name]
        own.append((name, unquote(text) if name in styled else text))
        written.append((name, text if name in styled else percent_encoded(text)))
    paths = frozenset({filled_template(operation.path, own)})
    return Access(
        operation=operation,
        credentials={},
        paths=paths,
        keys=paths if operation.makes_on_key else frozenset(),
        spelled_paths=frozenset({filled_template(operation.path, written)}),
    )
