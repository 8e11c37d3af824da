"""Which resources does a session lead through their lives, and who tidies up behind them?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.resources import HOLDER, MAKING_ROLES, SAFE_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.cases.life import LifeCases
    from pytest_confluent_contracts.http.targets import Access, Target
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import RunContext
    from pytest_confluent_contracts.run.saved_state import Key, PathParameters
    from pytest_confluent_contracts.run.scenario import Scenario
    from pytest_confluent_contracts.run.sender import Listener, RunPolicy

# The exchanges of a life are numbered apart from those of each operation's own campaign.
FIRST_SERIAL = 1_000_000


@dataclass(frozen=True, slots=True)
class PlannedLife:
    """What the life of a resource takes: requests, how many are made, or why none is."""

    requests: int = 0
    count: int = 0
    why_none: str = ""


class Lives:
    """Makes the scenario of each resource when it is first asked for, its parent's before it.

    *may_create* says whether the run may send a create, and delete what it made; *remember* keeps
    what was made of a resource and is there; *left* is what a worker that died had made.
    *budget_of* is the share of an operation, in requests (None: no limit), and *may_change* says
    whether what was there before may be written by an operation.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        context_of: Callable[[Operation], RunContext],
        may_create: Callable[[Operation], bool],
        remember: Callable[[Key, list[PathParameters]], None],
        left: Sequence[tuple[Key, list[PathParameters]]] = (),
        budget_of: Callable[[Operation], int | None] = lambda _: None,
        may_change: Callable[[Operation], bool] = lambda _: True,
    ) -> None:
        self._documents = {one.name: one for one in documents}
        self._context_of, self._may_create = context_of, may_create
        self._remember, self._left = remember, left
        self._budget_of, self._may_change = budget_of, may_change
        self._scenarios: dict[tuple[str, str], Scenario] = {}

    def scenario(
        self, resource: Resource, target: Target, policy: RunPolicy, listener: Listener
    ) -> Scenario:
        """Return the scenario of *resource*."""
        from pytest_confluent_contracts.run.made import Made
        from pytest_confluent_contracts.run.scenario import Scenario
        from pytest_confluent_contracts.run.sender import Sender

        key = (resource.document, resource.name)
        if key in self._scenarios:
            return self._scenarios[key]
        parent = self.parent(resource)
        around = self.scenario(parent, target, policy, listener) if parent else None
        operations = self._operations(resource)
        creates = self.makes(resource)
        life = self._cases(resource)
        looks = [one for role, one in operations.items() if role in SAFE_ROLES]
        first = [*looks, *operations.values()][0]
        sender = Sender(
            operation=first,
            target=target,
            policy=policy,
            listener=listener,
            look=life.steps(creates=creates)[0].case,
            noted=lambda *_: None,
            first_serial=FIRST_SERIAL,
        )
        given = () if creates and around is not None else self._given(resource)
        made = Scenario(
            life=life,
            sender=sender,
            creates=creates,
            given=given,
            parent=around if creates else None,
            remember=partial(self._remember, key),
        )
        made.made.all += [Made(one) for one in self._left_of(resource)]
        self._scenarios[key] = made
        return made

    def planned(self, resource: Resource) -> PlannedLife:
        """Return what the life of *resource* takes by itself, the deletions at the end too."""
        from pytest_confluent_contracts.model.traffic import Expect

        creates = self.makes(resource)
        life = self._cases(resource)
        steps = life.steps(creates=creates)
        made = [one for one in steps if one.creates and one.case.expect is Expect.ACCEPTED]
        ended = [one for one in steps if one.case.subject.name == "delete"]
        left = max(0, len(made) - len(ended)) if life.ending() else 0
        return PlannedLife(len(steps) + left, len(made))

    def holders(self, resource: Resource) -> set[str]:
        """Return the names of the parents that the life of *resource* has made for it."""
        from pytest_confluent_contracts.cases.life import PARENTS

        steps = self._cases(resource).steps(creates=self.makes(resource))
        return {HOLDER} | {PARENTS[one.about] for one in steps if one.about in PARENTS}

    def _left_of(self, resource: Resource) -> list[PathParameters]:
        """Return what a worker that died had made of *resource*."""
        found: list[PathParameters] = []
        for key, made in self._left:
            if key == (resource.document, resource.name):
                found += made
        return found

    def clean_up(self) -> Iterator[str]:
        """Delete what the run made, what lies in another first; yield what is still there."""
        # A parent's scenario is made before those of its children.
        raised: list[Exception] = []
        for (document, _), scenario in reversed(self._scenarios.items()):
            try:
                for lost in scenario.clean_up():
                    yield f"{document}: {lost}"
            except Exception as error:
                raised.append(error)
        if raised:
            raise raised[0]

    def accesses(self, resource: Resource) -> Iterator[Access]:
        """Yield what may be sent of the life of *resource* before anything is made.

        That is its collection, where it lies in nothing that the run makes itself.
        """
        from pytest_confluent_contracts.http.targets import Access

        parent, creates = self.parent(resource), self.makes(resource)
        if parent is not None:
            yield from self.accesses(parent)
        life = self._cases(resource)
        for operation in life.every_operation:
            if not creates and operation.role in MAKING_ROLES:
                continue
            yield Access(
                operation=operation,
                credentials=self._context_of(operation).credentials,
                budget=self._budget_of(operation),
                paths=frozenset(self._paths_known(resource, operation)),
                queries=_queries(life, operation, creates=creates),
            )

    def _paths_known(self, resource: Resource, operation: Operation) -> Iterator[str]:
        """Yield the paths that a life asks for which are known before anything is made."""
        parent = self.parent(resource)
        is_made_around = parent is not None and self.makes(parent)
        is_collection = operation.path == resource.collection
        if not self.makes(resource) or (is_collection and not is_made_around):
            yield _filled(operation, dict(self._given(resource)))
        if operation.role is Role.DELETE:
            for one in self._left_of(resource):
                yield _filled(operation, dict(one))

    # --- one resource -----------------------------------------------------------------------------

    def makes(self, resource: Resource) -> bool:
        """Return whether the run makes its own, and deletes it."""
        operations = self._operations(resource)
        if Role.CREATE not in operations or not resource.parameter:
            return False
        if resource.operation_id(Role.DELETE) and Role.DELETE not in operations:
            return False  # what was left out would have to end it
        return self._may_create(operations[Role.CREATE])

    def _cases(self, resource: Resource) -> LifeCases:
        """Return what makes the steps of *resource*, and of the parent that is made for it."""
        from pytest_confluent_contracts.cases.life import LifeCases

        around, parent = None, self.parent(resource)
        if parent is not None and self.makes(resource) and self.makes(parent):
            around = self._cases(parent)
        operations, head = self._operations(resource), self._head(resource)
        return LifeCases(resource, operations, self._context_of, head, around)

    def _operations(self, resource: Resource) -> dict[Role, Operation]:
        known = self._known(resource)
        found = {role: known[id] for role, id in resource.roles if id in known}
        create = found.get(Role.CREATE)
        if create is not None and resource.parameter and self._may_create(create):
            return found
        return dict(self._for_what_was_there(found))

    def _for_what_was_there(self, known: dict[Role, Operation]) -> Iterator[tuple[Role, Operation]]:
        """Yield those that may be sent for what the run did not make, and may put back."""
        for role, operation in known.items():
            is_writing = role not in SAFE_ROLES and role not in MAKING_ROLES
            if not is_writing or self._may_change(operation):
                yield role, operation

    def _head(self, resource: Resource) -> Operation | None:
        for operation in self._known(resource).values():
            if operation.method == "HEAD" and operation.path == resource.item:
                return operation
        return None

    def _known(self, resource: Resource) -> dict[str, Operation]:
        document = self._documents[resource.document]
        return {one.id: one for one in document.operations}

    def parent(self, resource: Resource) -> Resource | None:
        """Return the resource in which those of *resource* lie, None where there is none."""
        for one in self._documents[resource.document].resources:
            if one.name == resource.parent:
                return one
        return None

    def _given(self, resource: Resource) -> PathParameters:
        """Return the path parameters of the one that the run was given."""
        found: dict[str, str] = {}
        for operation in self._operations(resource).values():
            if operation.path in (resource.item, resource.collection):
                found |= dict(self._context_of(operation).parameters)
        return tuple(found.items())


def _filled(operation: Operation, given: dict[str, str]) -> str:
    from pytest_confluent_contracts.model.paths import filled_template

    return filled_template(
        operation.path, [(name, given.get(name, text)) for name, text in operation.parameters]
    )


def _queries(life: LifeCases, operation: Operation, *, creates: bool) -> frozenset[str]:
    """Return the queries with which *operation* goes in *life*, as they are written."""
    found: set[str] = set()
    for step in (*life.steps(creates=creates), life.ending()):
        if step is not None and step.case.operation is operation:
            found.add(step.case.written_query)
    return frozenset(found) or frozenset({""})
