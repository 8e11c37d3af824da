"""What does the embedded service do for each role? Creates, lists, reads, replaces, deletes.

An update, and an operation that is about no resource, is served by `Service` itself.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double import faces, nested
from pytest_confluent_contracts.double.collection import Collection, depth_of
from pytest_confluent_contracts.double.later import LATER_S, Agenda, Job, telling_operation
from pytest_confluent_contracts.double.lists import ListService
from pytest_confluent_contracts.double.new_ids import NoNewId, new_id
from pytest_confluent_contracts.double.samples import allowed_value, is_allowed
from pytest_confluent_contracts.double.service import (
    Answer,
    Problem,
    Refused,
    Service,
    answer_with,
)
from pytest_confluent_contracts.double.store import (
    Resource,
    composed_body,
    is_same,
    joined_id,
    writable_members,
)
from pytest_confluent_contracts.double.under_parents import CollectionService
from pytest_confluent_contracts.double.whole_bodies import WholeBodies
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_confluent_contracts.double.service import Request, VirtualClock
    from pytest_confluent_contracts.model.documents import Content, Operation

    Pairs = tuple[tuple[str, str], ...]

SEE_OTHER = 303
CREATED = 201
CONFLICT = 409
ACCEPTED = 202


# --- one resource ---------------------------------------------------------------------------------


class ReadService(Service):
    """Shows one resource."""

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Show *resource*, or lead from a job that is done to what it made."""
        if resource.leads_to and self.operation.names_status(SEE_OTHER):
            return Answer(SEE_OTHER, (("Location", resource.leads_to),))
        return self.answer_success(resource)


class WholeService(Service):
    """Takes bodies that have a resource as a whole."""

    @cached_property
    def whole_bodies(self) -> WholeBodies:
        """Return what writes such bodies."""
        return WholeBodies(self.operation, self.collection)


class ReplaceService(WholeService):
    """Writes one resource as a whole."""

    def apply_update(self, resource: Resource, body: Any) -> None:
        """Write the members that a request may write; those that were left out are gone."""
        shown = self.write_whole(resource.shown, body)
        if not is_same(shown, resource.shown):
            resource.shown, resource.updated = shown, self.clock.now()

    def write_whole(self, shown: Any, body: Any) -> Any:
        """Return what was *shown* with what *body* has, and without what it left out."""
        return self.whole_bodies.written(shown, body)


class DeleteService(Service):
    """Removes one resource, and what lies below it."""

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Remove *resource*, and show it once more where the document has a body.

        It goes later where the document says 202, and a read tells when it is gone.
        """
        id = self.id_in(request.path)
        if self.success_status == ACCEPTED and self.collection.with_role(Role.READ):
            self.collection.agenda.add(self.clock.now() + LATER_S, lambda: self.remove(id))
        else:
            self.remove(id)
        return self.answer_success(resource)

    def remove(self, id: str) -> None:
        """Take away the resource under *id*."""
        self.collection.remove(id)

    def show_resource(self, resource: Resource) -> Any:
        """Return the resource where the answer is one, else what the document shows."""
        return shown_or_sample(self, resource)


class ActionService(Service):
    """Answers as the document shows, and does nothing but write what its answer shows again."""

    def open_store(self) -> None:
        """Take up the resource that the document's own path leads to."""
        self.own_values = [text for _, text in self.store.parameters]
        above = self.above
        if above is not None:
            above.begin(joined_id(self.own_values[: depth_of(above)]))

    @property
    def above(self) -> Collection | None:
        """Return the collection through one of whose resources its path leads, if one does."""
        found: Collection | None = self.collection
        while found is not None and not found.is_on_path(self.operation.path):
            found = found.parent
        return found

    def find_resource(self, request: Request) -> Resource:
        """Return the resource that it is done to; raise `Refused` where there is none."""
        values, above = self.values_in(request.path), self.above
        depth = 0 if above is None else depth_of(above)
        found: Resource | None = Resource(self.collection.sample, self.clock.now())
        if above is not None:
            found = above.find(joined_id(values[:depth]))
        is_known = found is not None and self.may_use(request, found)
        if found is None or not is_known or values[depth:] != self.own_values[depth:]:
            raise self.unknown()
        return found

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Say that it is done; what was sent and the answer has a place for stands there."""
        content = self.content_of(self.success_status)
        if content is None or body is ABSENT:
            return self.answer_success(resource)
        if shows_resource(self, content):
            self.apply_update(resource, body)
        answer = self.answer_success(resource)
        if not isinstance(answer.value, dict):
            return answer
        return replace(answer, value=self.with_sent(answer.value, body, content.schema))

    def with_sent(self, shown: Any, body: Any, schema: Mapping[str, Any]) -> Any:
        """Return *shown* with what *body* has of its members, as far as *schema* allows it."""
        for member in writable_members(self.operation):
            value = paths.value_at(body, member.path)
            if value is ABSENT:
                continue
            wanted = paths.with_value(shown, member.path, value)
            if is_allowed(schema, wanted):
                shown = wanted
        return shown

    def show_resource(self, resource: Resource) -> Any:
        """Return the resource where the answer is one, else what the document shows."""
        return shown_or_sample(self, resource)


def shown_or_sample(service: Service, resource: Resource) -> Any:
    """Return *resource* as it is shown where the success has its id, else the document's sample."""
    content = service.content_of(service.success_status)
    if content is None:
        return None
    shown = service.store.show(resource)
    if shows_resource(service, content) and is_allowed(content.schema, shown):
        return shown
    return composed_body(content)


def shows_resource(service: Service, content: Content) -> bool:
    """Return whether *content* is that of a resource: it has its id."""
    return any(member.path == service.collection.id_member for member in content.properties)


# --- collections ----------------------------------------------------------------------------------


class CreateService(CollectionService, WholeService):
    """Makes one resource of each request that it takes.

    Where the document says 202, it does so later; *teller* then shows how far it is.
    """

    teller: Service | None = None

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Make a resource as *body* has it, keep it, and say where it is."""
        parents = self.values_in(request.path)
        id = self.collection.key_under(parents, self.id_of_new(body))
        self.check_is_new(id)
        made = self.make_resource(id, body)
        made.scope = joined_id(parents)
        made.tenant = self.tenant_of(request)
        if self.success_status == ACCEPTED and (self.teller or self.created_location(id)):
            return self.accept(id, made)
        self.keep(id, made)
        answer = self.answer_success(made)
        return replace(answer, headers=(*answer.headers, *self.created_location(id)))

    def accept(self, id: str, made: Resource) -> Answer:
        """Say that *made* will be there, and where is told when it is."""
        self.collection.used[id] = None
        self.collection.coming.add(id)
        due = self.clock.now() + LATER_S
        if self.teller is None:
            self.collection.agenda.add(due, lambda: self.keep(id, made))
            answer = self.answer_success(made)
            return replace(answer, headers=(*answer.headers, *self.created_location(id)))
        job = Job(self.teller, len(self.teller.collection.used))
        job.resource.tenant = made.tenant
        self.collection.agenda.add(due, lambda: self.finish_job(job, id, made))
        address = f"{self.collection.address}{job.path}"
        headers = (("Location", address),) if self.created_location(id) else ()
        content = self.content_of(self.success_status)
        if content is None:
            return Answer(self.success_status, headers)
        return answer_with(self.success_status, headers, content, job.resource.shown)

    def finish_job(self, job: Job, id: str, made: Resource) -> None:
        """Keep what a job has made, and let it say so."""
        self.keep(id, made)
        job.end(self.address_of(id), id.rpartition("/")[2])

    def id_of_new(self, body: Any) -> str:
        """Return the id that the caller chose, else one that was never there."""
        chosen = self.chosen_id(body)
        if chosen is not None:
            return chosen
        return self.new_id_of_resource()

    def chosen_id(self, body: Any) -> str | None:
        """Return the id that the caller chose, None where the service does."""
        kind = self.operation.resource
        sent = paths.value_at(body, kind.id_sent) if kind and kind.id_sent else ABSENT
        if sent is ABSENT or sent is None:
            return None
        if sent == "":  # nobody could ask for it
            raise Refused(Problem(self.unprocessable, "invalid_body", "The id is empty."))
        return str(sent)

    def new_id_of_resource(self) -> str:
        """Return an id that was never there, in the form of the document's."""
        collection = self.collection
        used = [id.rpartition("/")[2] for id in collection.used]
        example = used[0] if used else ""
        try:
            return new_id(example, list(self.id_schemas()), set(used), self.random)
        except NoNewId:
            detail = "There is no further id."
            raise Refused(Problem(self.unprocessable, "conflict", detail)) from None

    def id_schemas(self) -> Iterator[Mapping[str, Any]]:
        """Yield what the document says of an id: in an answer, and in a path."""
        collection = self.collection
        if collection.id_member in collection.members:
            yield collection.members[collection.id_member].schema
        for operation in collection.operations:
            for parameter in operation.path_parameters:
                if collection.kind and parameter.name == collection.kind.parameter:
                    yield parameter.schema

    def check_is_new(self, id: str) -> None:
        """Refuse an id that another has: as a conflict, where the document knows one."""
        if id not in self.collection.resources and id not in self.collection.coming:
            return
        is_documented = self.operation.names_status(CONFLICT)
        status = CONFLICT if is_documented else self.unprocessable
        raise Refused(Problem(status, "conflict", "There is one with this id."))

    def make_resource(self, id: str, body: Any) -> Resource:
        """Return the resource that *body* describes, as it is after its creation."""
        collection, now = self.collection, self.clock.now()
        pairs = collection.named(id)
        if not pairs:  # no path leads to one
            pairs = (("id", id.rpartition("/")[2]),)
        shown = self.write_whole(faces.without_end(collection.sample, collection.members), body)
        return Resource(collection.completed(collection.identified(shown, pairs)), now, now)

    def write_whole(self, shown: Any, body: Any) -> Any:
        """Return *shown* with what *body* has, and with defaults for what it has not."""
        return self.whole_bodies.written(shown, body)

    def keep(self, id: str, resource: Resource) -> None:
        """Take up the new resource, and what it lists."""
        self.collection.add(id, resource)
        nested.take_up_listed(self.collection, id, resource)

    def answer_success(self, resource: Resource) -> Answer:
        """Return the documented success, with what only this answer shows."""
        answer = super().answer_success(resource)
        if not isinstance(answer.value, dict):
            return answer
        return replace(answer, value=self.with_secrets(answer.value))

    def with_secrets(self, shown: Any) -> Any:
        """Return *shown* with a new value for each member that only a creation shows."""
        documented = {member.path: member for member in self.operation.answer_members}
        for path in self.collection.create_only:
            if path in documented:
                shown = paths.with_value(shown, path, self.new_secret(documented[path].schema))
        return shown

    def new_secret(self, schema: Mapping[str, Any]) -> Any:
        """Return a value that *schema* allows and nobody knows."""
        drawn = f"{self.random.getrandbits(256):064x}"
        if is_allowed(schema, drawn):
            return drawn
        return allowed_value(schema)

    def created_location(self, id: str) -> list[tuple[str, str]]:
        """Return the header that tells where the new resource is, where the document has it."""
        response = self.operation.response(self.success_status)
        documented = {header.name.lower() for header in response.headers} if response else set()
        if "location" not in documented or not self.collection.item_path:
            return []
        return [("Location", self.address_of(id))]

    def address_of(self, id: str) -> str:
        """Return the address of the resource under *id*."""
        return f"{self.collection.address}{self.collection.written_path(id)}"


# --- a PUT that creates, too (RFC 9110 9.3.4) -----------------------------------------------------


class KeyedCreateService(CreateService):
    """Makes one under the key of its path, of which there is none: the part of a PUT that creates.

    ``replacing`` is the other part, which has the credentials and the limit.
    """

    replacing: Service
    _key = ""

    @cached_property
    def success_status(self) -> int:
        """Return the status that says that there was none."""
        return CREATED

    def count_request(self) -> None:
        """Spend one request of the window that the PUT has."""
        self.replacing.count_request()

    def values_in(self, path: str) -> list[str]:
        """Return what the path names before the key."""
        return super().values_in(path)[:-1]

    def find_resource(self, request: Request) -> Resource:
        """Return what the new one will lie in; raise `Refused` where there is none."""
        self._key = self.replacing.values_in(request.path)[-1]
        if len(self.operation.parameters) == 1:
            return Resource({}, self.clock.now())
        return super().find_resource(request)

    def check_parameters(self, request: Request) -> None:
        """Raise `Refused` where nothing may have this key, or another parameter is wrong."""
        for parameter in self.operation.path_parameters[-1:]:
            keys = [self._key, int(self._key)] if self._key.isdecimal() else [self._key]
            if not any(is_allowed(parameter.schema, key) for key in keys):
                detail = f"Nothing may have this {parameter.name}."
                raise Refused(Problem(self.unreadable, "invalid_parameter", detail))
        super().check_parameters(request)

    def chosen_id(self, body: Any) -> str | None:
        """Return the key: it is the caller's to choose."""
        return self._key

    def show_resource(self, resource: Resource) -> Any:
        """Return the resource, as far as the answer to a creation has a place for it."""
        shown, content = super().show_resource(resource), self.content_of(self.success_status)
        if content is None or not isinstance(shown, dict) or is_allowed(content.schema, shown):
            return shown
        names = {member.path for member in content.properties}
        return {name: value for name, value in shown.items() if name in names}


class KeyedReplaceService(ReplaceService):
    """Writes what is under a key, and makes it where nothing is."""

    creating: KeyedCreateService

    @cached_property
    def success_status(self) -> int:
        """Return the status that says that there was one, 201 where the document has no other."""
        for response in self.operation.responses:
            if response.status.startswith("2") and response.status != str(CREATED):
                return int(response.status.upper().replace("X", "0"))
        return CREATED

    def open_store(self) -> None:
        """Take up the resource that is there from the beginning, and what makes others."""
        super().open_store()
        operation, own = self.operation, tuple(self.held.items())
        self.creating = KeyedCreateService(operation.as_create, self.clock, 1, own, self.collection)
        self.creating.replacing, self.creating.credentials = self, self.credentials
        self.creating.other_credentials = self.other_credentials
        services = self.collection.services
        services[f"{operation.id} that creates"] = self.creating
        services[operation.id] = self

    def serve(self, request: Request) -> Answer:
        """Return the answer to a request for what is there, or is not yet."""
        if self.collection.find(self.id_in(request.path)) is None:
            return self.creating.serve(request)
        return super().serve(request)


# --- answers without a body -----------------------------------------------------------------------


class HeadService(Service):
    """Answers as the GET of the same path, without the body (RFC 9110 9.3.2)."""

    def handle(self, request: Request) -> Answer:
        """Return the answer to *request*, its body taken off at the end."""
        return replace(super().handle(request), value=None, raw=b"")

    @property
    def like(self) -> Service | None:
        """Return the service of the GET that it answers as, None where there is none."""
        for service in self.collection.with_role(self.operation.role):
            if service.operation.method == "GET":
                return service
        return None

    def content_of(self, status: int) -> Content | None:
        """Return the body that a GET would have."""
        if self.like is None:
            return super().content_of(status)
        return self.like.content_of(status)

    def tag_headers(self, resource: Resource) -> tuple[tuple[str, str], ...]:
        """Return the tag that a GET would have."""
        if self.like is None:
            return super().tag_headers(resource)
        return self.like.tag_headers(resource)

    def documented_headers(self, status: int, told: set[str]) -> list[tuple[str, str]]:
        """Return the headers that the document has for *status*, here or for a GET."""
        own = super().documented_headers(status, told)
        if self.like is None:
            return own
        known = told | {name.lower() for name, _ in own}
        return own + self.like.documented_headers(status, known)


class ReadHeadService(HeadService, ReadService):
    """Tells of one resource without showing it."""


class ListHeadService(HeadService, ListService):
    """Tells of a list without showing it."""


# --- all services of a document -------------------------------------------------------------------

SERVICES: Mapping[Role, type[Service]] = {
    Role.CREATE: CreateService,
    Role.LIST: ListService,
    Role.READ: ReadService,
    Role.REPLACE: ReplaceService,
    Role.UPDATE: Service,
    Role.DELETE: DeleteService,
    Role.ACTION: ActionService,
}


def service_class(operation: Operation) -> type[Service]:
    """Return what serves *operation*."""
    if operation.resource is None:
        return Service
    if operation.method == "HEAD" and operation.role is Role.LIST:
        return ListHeadService
    if operation.method == "HEAD":
        return ReadHeadService
    if operation.replaces_on_key:
        return KeyedReplaceService
    return SERVICES[operation.role]


def services_of(
    operations: Iterable[Operation],
    clock: VirtualClock,
    seed: int = 0,
    held: Mapping[tuple[str, str], Pairs] | None = None,
    addresses: Mapping[str, str] | None = None,
) -> dict[tuple[str, str], Service]:
    """Return a service for each of *operations*, by `Operation.key`.

    Those that are about one resource have their resources in common. *held* are the path
    parameters of what is there from the beginning, by `Operation.key`, where the document shows
    none; *addresses* what stands before the documented paths in links, by document.
    """
    known = held or {}
    together: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations:
        together.setdefault(_kind_of(operation), []).append(operation)
    collections = {kind: Collection(shared) for kind, shared in together.items()}
    for collection in collections.values():
        _place_under_parent(collection, collections)
        own_address = (addresses or {}).get(collection.operations[0].document)
        collection.address = own_address or collection.address
    services: dict[tuple[str, str], Service] = {}
    for operation in itertools.chain(*together.values()):
        serves, shared = service_class(operation), collections[_kind_of(operation)]
        own = known.get(operation.key, ())
        services[operation.key] = serves(operation, clock, seed, own, shared)
    for collection in collections.values():
        _begin_unaddressed(collection)
        _place_in_scope(collection)
    _share_credentials(services.values())
    _share_agenda(services)
    return services


def _share_agenda(services: Mapping[tuple[str, str], Service]) -> None:
    """Let all be done on one agenda, and a job tell of each creation that is answered 202."""
    agenda = Agenda()
    for service in services.values():
        service.collection.agenda = agenda
        if isinstance(service, CreateService):
            own = service.operation.document
            others = [one.operation for one in services.values() if one.operation.document == own]
            telling = telling_operation(service.operation, others)
            service.teller = services[telling.key] if telling else None


def _kind_of(operation: Operation) -> tuple[str, str]:
    """Return what operations have in common that are about one resource."""
    if operation.resource is None:
        return operation.document, f"alone: {operation.id}"
    return operation.document, operation.resource.name


def _place_under_parent(
    collection: Collection, collections: Mapping[tuple[str, str], Collection]
) -> None:
    kind = collection.kind
    if kind is None or not kind.parent:
        return
    document = collection.operations[0].document
    parent = collections.get((document, kind.parent))
    if parent is not None and parent is not collection:
        collection.parent = parent
        parent.children.append(collection)


def _begin_unaddressed(collection: Collection) -> None:
    """Give a collection that has no operation on one of its resources one to begin with."""
    services = list(collection.services.values())
    if collection.resources or not isinstance(services[0], CollectionService):
        return
    shown = collection.sample
    id = paths.value_at(shown, collection.id_member) if collection.id_member else "0001"
    above = services[0].store.own_id
    collection.begin(f"{above}/{id}" if above else str(id), (("id", str(id)),))


def _place_in_scope(collection: Collection) -> None:
    """Say what the first resources lie in, where their own paths do not name it."""
    services = collection.services.values()
    around = [one for one in services if isinstance(one, CollectionService)]
    around = [one for one in around if not one.operation.makes_on_key]
    if not around or not collection.item_path:
        return
    for resource in collection.resources.values():
        resource.scope = resource.scope or around[0].store.own_id
    if collection.parent is not None and around[0].store.own_id:
        collection.parent.begin(around[0].store.own_id)


def _share_credentials(services: Iterable[Service]) -> None:
    """Let the services of one document take the same credential for a scheme."""
    issued: dict[tuple[str, str, int], dict[str, str]] = {}
    for service in services:
        for number, known in enumerate((service.credentials, service.other_credentials)):
            for scheme, own in known.items():
                first = issued.setdefault((service.operation.document, scheme, number), own)
                known[scheme] = first
