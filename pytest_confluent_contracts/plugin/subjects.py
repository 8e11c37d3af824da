"""What is each operation held on, and what does the run bring along for it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.plugin.asking import Credentials, HookResources, hook_credentials
from pytest_confluent_contracts.plugin.credentials import other_credentials, own_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_confluent_contracts.double.service import Service, VirtualClock
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.run.saved_state import PathParameters


class Subjects:
    """Knows what each operation is held on, and whose credentials go with its requests.

    The resource is one that an option named, a hook set up, or the run made; of ``mock``, the
    embedded service's own. *sets_up* says whether hooks may be asked for one.
    """

    def __init__(self, config: pytest.Config, settings: Settings, sets_up: bool) -> None:
        self._config, self.settings = config, settings
        self._set_up = HookResources(config)
        # Nothing is set up for a plan, which sends nothing, nor in the embedded service.
        self._sets_up = sets_up and not (settings.mocked or settings.plan)
        # The path parameters of what the run made, by the operation that is held on that.
        self._held_on: dict[tuple[str, str], PathParameters] = {}
        # What bodies name that the run made: by operation, the id at each member.
        self._named_in_bodies: dict[tuple[str, str], dict[str, Any]] = {}
        self._known_credentials: dict[tuple[str, str], Credentials] = {}
        self._clock: VirtualClock | None = None
        self._services: dict[tuple[str, str], Service] = {}

    # --- which resource ---------------------------------------------------------------------------

    def parameters(self, operation: Operation) -> tuple[tuple[str, str], ...]:
        """Return the path parameters of the resource that may be changed.

        ``""`` is one that nobody named.
        """
        if operation.key in self._held_on:
            return self._held_on[operation.key]
        if self.settings.mocked:
            return self.service(operation).parameters
        from pytest_confluent_contracts.cases.parameter_values import given_path_text, only_text

        declared = {one.name: one for one in operation.path_parameters}
        named = self.given(operation)
        found: list[tuple[str, str]] = []
        for name, shown in operation.parameters:
            parameter = declared.get(name)
            # What can be nothing else names nobody's resource.
            text = shown if self.settings.local else only_text(parameter)
            if name in named:
                text = given_path_text(parameter, named[name])
            found.append((name, text))
        return tuple(found)

    def given(self, operation: Operation) -> dict[str, str]:
        """Return the texts that were given for parameters of *operation*, by name.

        One that was given for this operation alone stands before one for all.
        """
        given = self.settings.parameters
        found = {one.name: one.text for one in given if not one.operation}
        found |= {one.name: one.text for one in given if one.operation == operation.id}
        return self._set_up_for(operation, found) | found

    def _set_up_for(self, operation: Operation, named: Mapping[str, str]) -> dict[str, str]:
        """Return the path parameters of what a hook sets up, where no option *named* one."""
        names = [name for name, _ in operation.parameters]
        is_named = all(name in named for name in names)
        if is_named or not self._sets_up:
            return {}
        return self._set_up.parameters(operation)

    def context(self, operation: Operation) -> RunContext:
        """Return what the run brings along for *operation*.

        Without a resource of its own, an id that nobody has.
        """
        from pytest_confluent_contracts.cases.unknown_ids import unknown_where_empty

        settings, parameters = self.settings, self.parameters(operation)
        own_paths = {member.path for member in operation.request_members}
        pins = {path: content for path, content in settings.pins.items() if path in own_paths}
        return RunContext(
            parameters=unknown_where_empty(operation, parameters, settings.seed),
            pins=self._scope(operation) | self._named_in_bodies.get(operation.key, {}) | pins,
            credentials=self._credentials(operation),
            seed=settings.seed,
            max_examples=settings.max_examples,
            made_up=settings.local,
            owned=self.may_change(operation) and all(content for _, content in parameters),
            given=tuple(self.given(operation).items()),
            other_credentials=self._other_credentials(operation),
        )

    def _scope(self, operation: Operation) -> dict[str, Any]:
        """Return the members of bodies that are what a parameter of other operations says.

        Else what is written lies where nobody asks for it, and is neither read nor deleted.
        """
        from pytest_confluent_contracts.cases.parameter_values import value_of_scope

        scopes = operation.resource.scopes if operation.resource is not None else ()
        own = [scope for scope in scopes if scope.operation == operation.id]
        if not own:  # as nearly everywhere, and a run asks for each of its requests
            return {}
        found: dict[str, Any] = {}
        members = {member.path: member for member in operation.request_members}
        others = {one.id: one for one in self.about_resources(operation.document)}
        for scope in own:
            given = self.given(others[scope.asking]).get(scope.parameter)
            value = value_of_scope(others[scope.asking], scope, given, members[scope.member])
            if value is not None:
                found[scope.member] = value
        return found

    def may_change(self, operation: Operation) -> bool:
        """Return whether requests may go that change something.

        What ends resources is not tried on one that was there; what another system checks needs
        pins.
        """
        if operation.method == "DELETE":
            return False
        if operation.role is Role.CREATE and not self.settings.local:
            return False  # the life of its resource brings what is to be accepted
        return self.settings.local or not self.unpinned(operation)

    def unpinned(self, operation: Operation) -> list[str]:
        """Return the members that another system checks and for which no value was given."""
        checked = operation.promises.checked_elsewhere.paths
        return [path for path in checked if path not in self.settings.pins]

    def is_named(self, operation: Operation) -> bool:
        """Return whether each path parameter is that of something which may be there."""
        return not self.missing_options(operation)

    def missing_options(self, operation: Operation) -> str:
        """Return the options that would name the rest of what *operation* is held on, if any."""
        named = self.parameters(operation)
        if operation.makes_on_key:  # that is the run's to choose
            named = named[:-1]
        missing = [name for name, content in named if not content]
        return ", ".join(f"--contract-param {name}=..." for name in missing)

    def hold_on(self, operation: Operation, parameters: PathParameters) -> None:
        """Hold *operation* on what the run made, which has these *parameters* of its path."""
        self._held_on[operation.key] = parameters

    def name_in_bodies(self, operation: Operation, path: str, id: str) -> None:
        """Let the member at *path* of each body of *operation* be the *id* of what the run made.

        A body that has no such member, or that may not have that value, stays as it is.
        """
        from pytest_confluent_contracts.cases.parameter_values import value_of_id

        for member in operation.request_members:
            value = value_of_id(member, id) if member.path == path else None
            if value is not None:
                self._named_in_bodies.setdefault(operation.key, {})[path] = value

    def leave_out_names(self, operation: Operation) -> None:
        """Leave what names others by their ids out of bodies of *operation*.

        What the run made, or was given, is named all the same.
        """
        from pytest_confluent_contracts.documents.resource_ids import optional_names_of_others

        named = self._named_in_bodies.setdefault(operation.key, {})
        kept = {*self.settings.pins, *self._scope(operation)}
        for path in optional_names_of_others(operation):
            if path not in kept:
                named.setdefault(path, ABSENT)

    def send_names_again(self, operation: Operation) -> None:
        """Send again what `leave_out_names` has left out."""
        named = self._named_in_bodies.pop(operation.key, {})
        kept = {path: value for path, value in named.items() if value is not ABSENT}
        if kept:
            self._named_in_bodies[operation.key] = kept

    def names_made(self, operation: Operation) -> bool:
        """Return whether it is known what bodies of *operation* name by its id, or leave out."""
        return operation.key in self._named_in_bodies

    def is_made(self, operation: Operation) -> bool:
        """Return whether *operation* is held on what the run made."""
        return operation.key in self._held_on

    def is_set_up(self, operation: Operation) -> bool:
        """Return whether *operation* is held on what a hook set up, and takes away."""
        return self._set_up.serves(operation)

    def take_away(self) -> None:
        """Take away what hooks have set up."""
        self._set_up.take_away()

    # --- whose credentials ------------------------------------------------------------------------

    def _credentials(self, operation: Operation) -> Mapping[str, Mapping[str, str]]:
        """Return the credentials of *operation*: those of hooks stand before the environment's."""
        if self.settings.mocked:
            return self.service(operation).credentials
        if operation.key not in self._known_credentials:
            given = hook_credentials(self._config, operation)
            self._known_credentials[operation.key] = own_credentials(operation) | given
        return self._known_credentials[operation.key]

    def _other_credentials(self, operation: Operation) -> Mapping[str, Mapping[str, str]]:
        """Return a second principal's credentials of *operation*."""
        if self.settings.mocked:
            return self.service(operation).other_credentials
        return other_credentials(operation)

    # --- the embedded service ---------------------------------------------------------------------

    @property
    def clock(self) -> VirtualClock:
        """Return the clock that all embedded services go by."""
        from pytest_confluent_contracts.double.service import VirtualClock

        if self._clock is None:
            self._clock = VirtualClock()
        return self._clock

    def service(self, operation: Operation) -> Service:
        """Return the embedded service of *operation*: those about resources share a store."""
        from pytest_confluent_contracts.cases.parameter_values import held_parameters
        from pytest_confluent_contracts.double.roles import services_of

        if operation.key not in self._services:
            together = [operation]
            if operation.resource is not None:
                together = self.about_resources(operation.document)
            held = {one.key: held_parameters(one) for one in together}
            self._services |= services_of(together, self.clock, held=held)
        return self._services[operation.key]

    def about_resources(self, name: str) -> list[Operation]:
        """Return the operations of the document *name* that are about resources."""
        for path in self.settings.documents:
            document = self.settings.read(path)
            if document.name == name:
                return [one for one in document.operations if one.resource is not None]
        return []
