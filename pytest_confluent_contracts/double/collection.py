"""Which resources do several operations have in common? All of one kind, from birth to end."""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double import faces
from pytest_confluent_contracts.double.samples import is_allowed
from pytest_confluent_contracts.double.store import time_stamp
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import Timestamps
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.faces import Face
    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.promises import Identity

    Pairs = tuple[tuple[str, str], ...]

HOST = "https://contract.example"


class Collection:
    """The resources that *operations* are about, each under its path parameters, joined by ``/``.

    ``used`` are the ids that ever were; ``services`` those of the operations, by id. A collection
    may have a ``parent``, in whose resources its own lie, and ``children``.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = tuple(operations)
        self.kind = operations[0].resource
        self.resources: dict[str, Resource] = {}
        self.used: set[str] = set()
        self.services: dict[str, Service] = {}
        self.parent: Collection | None = None
        self.children: list[Collection] = []

    # --- what its operations say together ---------------------------------------------------------

    @cached_property
    def _spoken(self) -> list[Operation]:
        """Return the operations that answer with one resource, those that say most of it first."""
        if self.kind is None:
            return list(self.operations)
        order = list(faces.SPEAKING)
        spoken = [one for one in self.operations if one.role in order]
        return sorted(spoken, key=lambda one: order.index(one.role))

    @cached_property
    def _faces(self) -> dict[str, Face]:
        """Return what each operation shows of a resource, by its id, the first to be heard first.

        That of lists comes last.
        """
        found: dict[str, Face] = {}
        for operation in (*self._spoken, *self.operations):
            face = faces.face_of(operation)
            if face is not None and operation.id not in found:
                found[operation.id] = face
        return found

    @cached_property
    def members(self) -> dict[str, Property]:
        """Return every member of a resource that an operation shows, by its path."""
        found: dict[str, Property] = {}
        for face in self._faces.values():
            for path, member in face.members.items():
                found.setdefault(path, member)
        return found

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """Return the schema of a whole resource, None where only lists show it."""
        for face in self._faces.values():
            return face.schema
        return None

    @property
    def sample(self) -> Any:
        """Return a resource as the document shows one, ``{}`` where it shows none."""
        for face in self._faces.values():
            return deepcopy(face.sample)
        return {}

    @cached_property
    def identity(self) -> Identity | None:
        """Return where a resource tells its own id and address."""
        for operation in self._spoken:
            if operation.promises.identity is not None:
                return operation.promises.identity
        return None

    @cached_property
    def timestamps(self) -> Timestamps:
        """Return where a resource tells when it was created and changed."""
        for operation in self._spoken:
            stamps = operation.promises.timestamps
            if stamps.created or stamps.updated:
                return stamps
        return Timestamps()

    @cached_property
    def create_only(self) -> tuple[str, ...]:
        """Return the members that only the answer to a creation shows."""
        found: list[str] = []
        for operation in self.operations:
            found += operation.promises.create_only.paths
        return tuple(dict.fromkeys(found))

    @property
    def id_member(self) -> str:
        """Return the path of the id in what is shown of a resource, ``""`` where it has none."""
        if self.identity and self.identity.property:
            return self.identity.property
        if self.kind and self.kind.parameter and self.kind.id_member in self.members:
            return self.kind.id_member
        return ""

    @property
    def item_path(self) -> str:
        """Return the path template of one resource, ``""`` where none leads there."""
        if self.kind is None:
            return self.operations[0].path
        return self.kind.item

    # --- one resource -----------------------------------------------------------------------------

    def identified(self, shown: Any, parameters: Pairs) -> Any:
        """Return *shown* under its own id and address, without what only its creation shows."""
        if not isinstance(shown, dict):
            return shown
        if self.id_member:
            own = parameters[-1][1] if parameters else ""
            shown = paths.with_value(shown, self.id_member, self.id_value(own))
        if self.identity and self.identity.self_link and self.item_path:
            address = paths.filled_template(self.item_path, parameters)
            shown = paths.with_value(shown, self.identity.self_link, f"{HOST}{address}")
        for path in self.create_only:
            shown = paths.without_value(shown, path)
        return shown

    def id_value(self, text: str) -> Any:
        """Return the id *text* as a resource shows it: a number where that is one."""
        member = self.members.get(self.id_member)
        if member and member.schema.get("type") == "integer" and text.isdigit():
            return int(text)
        return text

    def completed(self, shown: Any) -> Any:
        """Return *shown* with all that any operation's answer requires of it."""
        if len(self.operations) == 1 or not isinstance(shown, dict):
            return shown
        for path in self.create_only:
            shown = paths.without_value(shown, path)
        return faces.completed(shown, self._faces.values())

    def show(self, resource: Resource, operation: Operation) -> Any:
        """Return the resource as *operation* shows it, with its time stamps, in the common form."""
        shown = deepcopy(resource.shown)
        stamps = self.timestamps
        moments = ((stamps.created, resource.created), (stamps.updated, resource.updated))
        for path, moment in moments:
            if path and isinstance(shown, dict):
                shown = paths.with_value(shown, path, time_stamp(moment))
        for path in self._foreign(operation):
            shown = faces.without_each(shown, paths.steps_of(path))
        return shown

    def _foreign(self, operation: Operation) -> list[str]:
        """Return the members that other operations show, and *operation* does not."""
        if operation.id not in self._foreign_by_id:
            face = self._faces.get(operation.id)
            found = faces.foreign_members(face.members, self.members) if face else []
            self._foreign_by_id[operation.id] = found
        return self._foreign_by_id[operation.id]

    @cached_property
    def _foreign_by_id(self) -> dict[str, list[str]]:
        return {}

    def is_allowed(self, shown: Any) -> bool:
        """Return whether the answers about one resource can show *shown*."""
        found = [face.schema for face in self._faces.values() if face.schema is not None]
        return all(is_allowed(schema, shown) for schema in found[:1])

    # --- all of them ------------------------------------------------------------------------------

    def with_role(self, role: Role, method: str = "") -> Iterator[Service]:
        """Yield the services of the operations in *role*, of one *method* where that is given."""
        for service in self.services.values():
            if service.operation.role is role and method in ("", service.operation.method):
                yield service

    def add(self, id: str, resource: Resource) -> None:
        """Take up *resource* under the joined path parameters *id*."""
        self.resources[id] = resource
        self.used.add(id)

    def remove(self, id: str) -> None:
        """Take away what is under *id*, and what lies below it."""
        self.resources.pop(id, None)
        for child in self.children:
            below = [key for key in child.resources if is_below(key, id)]
            for key in below:
                child.remove(key)

    def under(self, parent: str) -> list[tuple[str, Resource]]:
        """Return the resources under the joined ids *parent*, each with its own, oldest first."""
        if self.kind is not None and not self.kind.parameter:
            return [(id, one) for id, one in self.resources.items() if id == parent]
        found: list[tuple[str, Resource]] = []
        for id, resource in self.resources.items():
            if parent_of(id) == parent:
                found.append((id, resource))
        return found

    @property
    def is_single(self) -> bool:
        """Return whether there is one alone, under each resource of the parent."""
        return self.kind is not None and not self.kind.parameter and bool(self.kind.item)


def parent_of(id: str) -> str:
    """Return the joined ids without the last: those of the parent, ``""`` where there is none."""
    return id.rpartition("/")[0]


def is_below(id: str, parent: str) -> bool:
    """Return whether the joined ids *id* begin with those of *parent*."""
    return id == parent or id.startswith(f"{parent}/")
