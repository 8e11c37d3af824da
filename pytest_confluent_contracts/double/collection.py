"""Which resources do several operations have in common? All of one kind, from birth to end."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double import faces, nested
from pytest_confluent_contracts.double.later import Agenda
from pytest_confluent_contracts.double.samples import copied_json, is_allowed
from pytest_confluent_contracts.double.store import (
    DAY_S,
    SLASH_INSIDE,
    Resource,
    joined_id,
    time_stamp,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import Timestamps
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_confluent_contracts.double.faces import Face
    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.promises import Identity

    Pairs = tuple[tuple[str, str], ...]

HOST = "https://contract.example"


class Collection:
    """The resources that *operations* are about, each under its path parameters, joined by ``/``.

    ``used`` are the ids that ever were, in order; ``services`` those of the operations, by id. It
    may have a ``parent``, in whose resources its own lie, and ``children``. ``address`` is what
    stands before each documented path in the links that it tells.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = tuple(operations)
        self.kind = operations[0].resource
        self.resources: dict[str, Resource] = {}
        self.used: dict[str, None] = {}
        self.services: dict[str, Service] = {}
        self.agenda = Agenda()  # what is done later, in it or in others
        self.coming: set[str] = set()  # the ids of what is accepted, and still to be made
        self.parent: Collection | None = None
        self.children: list[Collection] = []
        self.address = HOST

    @property
    def origin(self) -> str:
        """Return the scheme and the host of ``address``."""
        scheme, _, rest = self.address.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

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
            stated = operation.promises.create_only.paths
            found += [self._path_in_one(operation, path) for path in stated]
        return tuple(dict.fromkeys(found))

    def _path_in_one(self, operation: Operation, path: str) -> str:
        """Return where a resource has what *operation* shows at *path*, in the common form."""
        kind = self.kind
        if kind is None or operation.role is not Role.LIST or not kind.items:
            return path
        if not paths.is_within(path, kind.items):
            return path
        around = faces.envelope_of(kind, [member.path for member in operation.answer_members])
        return faces.joined_path(around, paths.relative_path(path, kind.items))

    @property
    def id_member(self) -> str:
        """Return the path of the id in what is shown of a resource, ``""`` where it has none."""
        if self.identity and self.identity.property:
            return self.identity.property
        if self.kind and self.kind.parameter and self.kind.id_member in self.members:
            return self.kind.id_member
        return ""

    @property
    def fixed(self) -> list[str]:
        """Return the members that no request changes: the id, by which others find it."""
        if len(self.operations) == 1 or not self.id_member:
            return []
        return [self.id_member]

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
            shown = paths.with_value(shown, self.identity.self_link, f"{self.address}{address}")
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
        shown = copied_json(resource.shown)
        stamps = self.timestamps
        moments = ((stamps.created, resource.created), (stamps.updated, resource.updated))
        for path, moment in moments:
            if path and isinstance(shown, dict):
                shown = paths.with_value(shown, path, time_stamp(moment))
        shown = nested.with_what_lies_in(self, resource.key, shown)
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

    def with_role(self, role: Role) -> list[Service]:
        """Return the services of the operations in *role*."""
        services = self.services.values()
        return [service for service in services if service.operation.role is role]

    def find(self, id: str) -> Resource | None:
        """Return the resource under the joined path parameters *id*, None where there is none.

        One that each resource of the parent has is there as long as that.
        """
        is_born = self.is_single and self.parent is not None and id in self.parent.resources
        if is_born and id not in self.used:
            self.add(id, self.initial(self.named(id)))
        return self.resources.get(id)

    def named(self, id: str) -> Pairs:
        """Return the path parameters of the resource under *id* by their names."""
        names = paths.template_names(self.item_path)
        values = [value.replace(SLASH_INSIDE, "/") for value in id.split("/")]
        return tuple(zip(names, values, strict=False))

    def written_path(self, id: str) -> str:
        """Return the path of the resource under *id*, percent-encoded, each part in its style."""
        item = next((one for one in self.operations if one.path == self.item_path), None)
        styles = {one.name: one.style for one in item.path_parameters} if item else {}
        written: list[tuple[str, str]] = []
        for name, text in self.named(id):
            prefix = {"matrix": f";{name}=", "label": "."}.get(styles.get(name, ""), "")
            written.append((name, f"{prefix}{paths.percent_encoded(text)}"))
        return paths.filled_template(self.item_path, written)

    def initial(self, parameters: Pairs) -> Resource:
        """Return a resource as the document's examples show it, created a day ago.

        One that several operations show has every member that it may have.
        """
        shown = self.completed(self.identified(self.sample, parameters))
        if len(self.operations) > 1 and isinstance(shown, dict):
            for face in self._faces.values():
                shown = faces.filled(shown, face, self.create_only)
        return Resource(shown, -DAY_S, -DAY_S)

    def begin(self, id: str, parameters: Pairs | None = None) -> None:
        """Take up under *id*, where nothing is, what the document shows, and what it lies in."""
        if self.find(id) is not None:
            return
        if self.parent is not None and self.parent.item_path:
            above = id.split("/")[: depth_of(self.parent)]
            if len(above) == depth_of(self.parent) and self.scope_of(id):
                self.parent.begin("/".join(above))
        self.add(id, self.initial(self.named(id) if parameters is None else parameters))

    def is_on_path(self, path: str) -> bool:
        """Return whether the path template *path* leads through one of its resources."""
        return bool(self.item_path) and f"{path}/".startswith(f"{self.item_path}/")

    def add(self, id: str, resource: Resource) -> None:
        """Take up *resource* under the joined path parameters *id*."""
        resource.scope = resource.scope or self.scope_of(id)
        resource.key = id
        above = self.parent.resources.get(resource.scope) if self.parent is not None else None
        if above is not None:
            resource.tenant = resource.tenant or above.tenant
        self.resources[id] = resource
        self.used[id] = None
        self.coming.discard(id)
        nested.note_child(self, id, resource)

    def remove(self, id: str) -> None:
        """Take away what is under *id*, and what lies below it."""
        self.resources.pop(id, None)
        for child in self.children:
            below = [key for key, one in child.resources.items() if is_below(one.scope, id)]
            for key in below:
                child.remove(key)

    def under(self, parent: str) -> list[Resource]:
        """Return the resources that lie in the joined ids *parent*, oldest first."""
        return [one for one in self.resources.values() if one.scope == parent]

    def key_under(self, parents: Sequence[str], id: str) -> str:
        """Return the joined path parameters of the resource *id* that lies in *parents*.

        A path may name one without its parents: ``/things/{id}`` beside ``/accounts/{a}/things``.
        """
        depth = depth_of(self) or len(parents) + 1
        return joined_id([*parents, id][-depth:])

    def scope_of(self, id: str) -> str:
        """Return the joined ids of what the resource under *id* lies in, as its path names them."""
        if self.is_single:
            return id
        return parent_of(id)

    @property
    def is_single(self) -> bool:
        """Return whether there is one alone, under each resource of the parent."""
        return self.kind is not None and self.kind.is_single

    # --- what is sent -----------------------------------------------------------------------------

    def root_of_sent(self, operation: Operation) -> str:
        """Return the path of what a body of *operation* is about in what is shown.

        It is ``""`` where a body has the form in which a resource is shown, or where that is
        unknown.
        """
        if self.kind is None or len(self.operations) == 1:
            return ""
        root = paths.parent_path(self.id_member)
        has_root = any(one.path == root for one in operation.request_members)
        return "" if has_root else root

    def in_common_form(self, operation: Operation) -> Operation:
        """Return *operation* with the members of its body where a resource shows them."""
        root = self.root_of_sent(operation)
        if not root or operation.request is None:
            return operation
        members = tuple(
            replace(member, path=faces.joined_path(root, member.path))
            for member in operation.request.properties
        )
        return replace(operation, request=replace(operation.request, properties=members))

    def body_in_common_form(self, operation: Operation, body: Any) -> Any:
        """Return *body* in the form in which a resource is shown."""
        root = self.root_of_sent(operation)
        if not root or not isinstance(body, dict):
            return body
        return paths.with_value({}, root, body)


def depth_of(collection: Collection) -> int:
    """Return how many path parameters lead to one resource of *collection*."""
    return len(paths.template_names(collection.item_path))


def parent_of(id: str) -> str:
    """Return the joined ids without the last: those of the parent, ``""`` where there is none."""
    return id.rpartition("/")[0]


def is_below(id: str, parent: str) -> bool:
    """Return whether the joined ids *id* begin with those of *parent*."""
    return id == parent or id.startswith(f"{parent}/")
