"""Which operations are about one resource, and what does each do to it?

Told by paths and schemas, links, and ``x-contract``, each of which weighs more than what is before.
What is not certain is an action, or not known: never guessed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_confluent_contracts.documents.links import Link, links_of
from pytest_confluent_contracts.documents.path_shapes import (
    VARIABLE,
    PathShape,
    nearest_around,
    path_shape,
    singular,
)
from pytest_confluent_contracts.documents.puts_that_create import (
    creates_on_keys,
    with_replacing_first,
)
from pytest_confluent_contracts.documents.resource_ids import (
    has_list_alone,
    is_list,
    is_of_one,
    items_in_list,
    member_of_items_with_id,
    member_with_chosen_id,
    member_with_id,
)
from pytest_confluent_contracts.documents.resource_relations import (
    declared_parameter,
    related_resources,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import StatedResource
from pytest_confluent_contracts.model.resources import Resource, Role

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.documents.lines import Node
    from pytest_confluent_contracts.documents.source_file import SourceFile
    from pytest_confluent_contracts.model.documents import Content, Operation

ROLES_OF_ITEM = {
    "GET": Role.READ,
    "HEAD": Role.READ,
    "PUT": Role.REPLACE,
    "PATCH": Role.UPDATE,
    "DELETE": Role.DELETE,
}
ROLES_OF_ONE = (Role.READ, Role.UPDATE, Role.REPLACE, Role.DELETE)
# The statuses of a create (RFC 9110 15.3): done, made, and to be done.
MADE = ("201", "202", "200")
STATED = ""  # begins the group of a resource that `x-contract` names; no path has such a segment
Group = tuple[str, ...]  # the segments of a resource's item, or what is stated


class ReadOperation(NamedTuple):
    """An operation, and the node at which it stands."""

    operation: Operation
    node: Node


@dataclass(slots=True)
class _Member:
    """An operation while it is told what it is about."""

    operation: Operation
    shape: PathShape
    group: Group | None = None
    role: Role = Role.ACTION

    @property
    def stated(self) -> StatedResource:
        """Return what its ``x-contract`` says of its resource; nothing where there is none."""
        return self.operation.promises.resource or StatedResource()


def resources_of(
    source: SourceFile, read: Sequence[ReadOperation]
) -> tuple[tuple[Resource, ...], tuple[Operation, ...]]:
    """Return the resources of the operations *read*, and these with their resources and roles.

    Raise `ContractError` with its line where ``x-contract`` names a resource that there is not.
    """
    members = [_Member(one.operation, path_shape(one.operation.path)) for one in read]
    links = tuple(links_of(source, read))
    _tell_by_path(members)
    _tell_by_links(members, links)
    _tell_by_statement(members)
    owned: dict[Group, list[_Member]] = {group: [] for group in _groups_of(members)}
    for one in members:
        if one.group in owned:
            owned[one.group].append(one)
        else:
            one.group = None
    names = _names_of_groups(owned)
    read_alone: dict[Group, Resource] = {}
    operations: dict[Group, list[tuple[Operation, Role]]] = {}
    for group, own in owned.items():
        read_alone[group] = _ResourceReader(names[group], own, links).resource()
        operations[group] = [(one.operation, one.role) for one in own]
    resources = related_resources(read_alone, operations)
    return tuple(resources.values()), tuple(_told(one, resources) for one in members)


def _told(member: _Member, resources: Mapping[Group, Resource]) -> Operation:
    if member.group is None:
        return replace(member.operation, role=member.role)
    told = replace(member.operation, resource=resources[member.group], role=member.role)
    if told.replaces_on_key:
        return with_replacing_first(told)
    return told


# --- by paths -------------------------------------------------------------------------------------


def _tell_by_path(members: Sequence[_Member]) -> None:
    """Give each of *members* the resource and the role that its path and its method tell."""
    items = {one.shape.segments for one in members if one.shape.ends_with_parameter}
    collections = {segments[:-1] for segments in items}
    collections |= {one.shape.segments for one in members if _is_listing(one)}
    single = _single_things(members, collections)
    for one in members:
        segments = one.shape.segments
        if segments in items and _answers_with_list(one.operation):
            _tell_list_at_item(one, items)
        elif segments in items or segments in single:
            one.group, one.role = segments, _role_of_item(one.operation)
        elif segments in collections:
            one.role = _role_in_collection(one.operation)
            one.group = None if one.role is Role.ACTION else (*segments, VARIABLE)
        else:
            one.group = nearest_around(segments, items | single)  # as `/things/{id}/start` has it


def _tell_list_at_item(member: _Member, items: Container[Group]) -> None:
    """Give *member* the role of a list, as ``/repos/{owner}`` has beside ``/repos/{owner}/{repo}``.

    Without such an item nobody knows of what it is one.
    """
    below = (*member.shape.segments, VARIABLE)
    if below in items:
        member.group, member.role = below, Role.LIST


def _single_things(members: Sequence[_Member], collections: set[Group]) -> set[Group]:
    """Return the paths of things of which there is one: read, and replaced or updated.

    For example, ``/me`` and ``/things/{id}/settings``. What is only put or patched may be an
    action, as ``PUT /things/{id}/lock`` is.
    """
    methods: dict[Group, set[str]] = {}
    for one in members:
        segments = one.shape.segments
        is_candidate = not one.shape.ends_with_parameter and segments not in collections
        if is_candidate and not _answers_with_list(one.operation):
            methods.setdefault(segments, set()).add(one.operation.method)
    return {
        segments for segments, own in methods.items() if "GET" in own and own & {"PUT", "PATCH"}
    }


def _is_listing(member: _Member) -> bool:
    """Return whether what is read at a path that ends in a word is surely a list of things."""
    content = member.operation.success_content
    is_open = member.operation.method != "GET" or content is None
    if is_open or content is None or member.shape.ends_with_parameter:
        return False
    return bool(items_in_list(content, "")) and not is_of_one(content, "")


def _answers_with_list(operation: Operation) -> bool:
    content = operation.success_content
    return operation.method == "GET" and content is not None and has_list_alone(content)


def _role_of_item(operation: Operation) -> Role:
    """Return the role of an operation on one thing; POST may do anything to it."""
    return ROLES_OF_ITEM.get(operation.method, Role.ACTION)


def _role_in_collection(operation: Operation) -> Role:
    """Return the role of an operation on all things: what writes many at once is an action."""
    if operation.method in ("GET", "HEAD"):
        content = operation.success_content
        if content is None or is_list(content):
            return Role.LIST
    if operation.method == "POST" and _makes_one(operation):
        return Role.CREATE
    return Role.ACTION


def _makes_one(operation: Operation) -> bool:
    """Return whether a POST to a collection creates one thing, as its documented answers tell.

    201 says so (RFC 9110 15.3.2), and so does an address of what was made; another success does
    where its body is about one thing.
    """
    for response in operation.responses:
        is_addressed = any(header.name.lower() == "location" for header in response.headers)
        content = response.content
        if response.status == "201" or (is_addressed and response.status in MADE):
            return content is None or not has_list_alone(content)
    content = operation.success_content
    if content is None or operation.success is None or operation.success.status not in MADE:
        return False
    return is_of_one(content, singular(path_shape(operation.path).segments[-1]))


# --- by links -------------------------------------------------------------------------------------


def _tell_by_links(members: Sequence[_Member], links: Sequence[Link]) -> None:
    """Let a POST that makes something create what a link leads to, wherever its path is.

    For example, ``POST /things/new`` with a link from its 201 to ``GET /things/{id}``.
    """
    by_id = {one.operation.id: one for one in members}
    for link in links:
        origin, target = by_id[link.origin], by_id[link.target]
        leads_to_one = target.role in ROLES_OF_ONE and link.parameter == target.shape.parameter
        is_open = origin.operation.method == "POST" and origin.role is Role.ACTION
        if leads_to_one and is_open and link.status == "201":
            origin.group, origin.role = target.group, Role.CREATE


# --- by x-contract --------------------------------------------------------------------------------


def _tell_by_statement(members: Sequence[_Member]) -> None:
    """Give each of *members* what its ``x-contract`` states.

    A name that stands at one operation is that of the others of its resource, too, unless they
    state another.
    """
    named: dict[Group | None, set[str]] = {}
    for one in members:
        if one.stated.name:
            named.setdefault(one.group, set()).add(one.stated.name)
    for one in members:
        names = named.get(one.group, set()) if one.group is not None else set()
        if one.stated.role:
            one.role = Role(one.stated.role)
        if one.stated.name:
            one.group = _named_group(one.stated.name)
        elif len(names) == 1:
            one.group = _named_group(*names)
        elif one.group is None and one.role is not Role.ACTION:
            one.group = one.shape.segments


def _named_group(name: str) -> Group:
    return (STATED, name)


def _groups_of(members: Sequence[_Member]) -> list[Group]:
    """Return the resources of *members*, in their order; what only actions are about is none."""
    found: dict[Group, None] = {}
    for one in members:
        if one.group is not None and one.role is not Role.ACTION:
            found[one.group] = None
    return list(found)


def _names_of_groups(groups: Iterable[Group]) -> dict[Group, str]:
    """Return the name of each resource: the stated one, else its last words in the path.

    They are as few as no other ends with: ``projects/parts`` beside ``things/parts``.
    """
    endings: Counter[tuple[str, ...]] = Counter()
    for group in groups:
        endings.update(_endings_of(group))
    return {group: _shortest_name(group, endings) for group in groups}


def _shortest_name(group: Group, endings: Mapping[tuple[str, ...], int]) -> str:
    if group[0] == STATED:
        return group[1]
    own = [words for words in _endings_of(group) if endings[words] == 1]
    return "/".join(next(iter(own), group))


def _endings_of(group: Group) -> list[tuple[str, ...]]:
    """Return the last word in the path of *group*, the last two, and so on; or its stated name."""
    words = [part for part in group if part not in (STATED, VARIABLE)]
    return [tuple(words[-count:]) for count in range(1, len(words) + 1)]


# --- one resource ---------------------------------------------------------------------------------


def _style_of(item: _Member | None, parameter: str) -> str:
    """Return the style in which a path writes the id, ``""`` where it stands as it is."""
    declared = declared_parameter(item.operation, parameter) if item else None
    if declared is None or declared.media_type or {"array", "object"} & set(declared.types):
        return ""
    return declared.style if declared.style in ("label", "matrix") else ""


class _ResourceReader:
    """Tells what is known of one resource, of which *members* are the operations."""

    def __init__(self, name: str, members: Sequence[_Member], links: Sequence[Link]) -> None:
        self.name, self.members, self.links = name, members, links
        self.thing = singular(name.rpartition("/")[2])

    def resource(self) -> Resource:
        """Return the resource, without what others are to it."""
        stated = [one.stated for one in self.members if one.operation.promises.resource]
        place = stated[0].place if stated else self.members[0].operation.place
        item = next(iter(self._in_roles(*ROLES_OF_ONE)), None)
        collection = next(iter(self._in_roles(Role.CREATE, Role.LIST)), None)
        parameter = self._stated("parameter") or (item.shape.parameter if item else "")
        id_member = self._stated("id") or self._id_member(item, parameter)
        return Resource(
            document=self.members[0].operation.document,
            name=self.name,
            collection=collection.operation.path if collection else "",
            item=item.operation.path if item else "",
            parameter=parameter,
            id_member=id_member,
            items=self._stated("items") or self._items(id_member),
            roles=tuple(self._roles(parameter)),
            place=place,
            id_sent=self._stated("id_sent") or self._id_sent(id_member, parameter),
            style=_style_of(item, parameter),
        )

    def _stated(self, field: str) -> str:
        """Return what the first of the operations that says anything of *field* states."""
        stated = [str(getattr(one.stated, field)) for one in self.members]
        return next(filter(None, stated), "")

    def _in_roles(self, *roles: Role) -> list[_Member]:
        """Return the operations in *roles*, in their order; of one role the first counts.

        GET stands before HEAD, which only tells what GET would answer (RFC 9110 9.3.2).
        """
        found: list[_Member] = []
        for role in roles:
            own = [one for one in self.members if one.role is role]
            found += sorted(own, key=lambda one: one.operation.method == "HEAD")
        return found

    def _roles(self, parameter: str) -> Iterator[tuple[Role, str]]:
        for role in Role:
            if role is not Role.ACTION:
                for one in self._in_roles(role)[:1]:
                    yield role, one.operation.id
            if role is Role.CREATE:
                yield from self._created_by_put(parameter)

    def _created_by_put(self, parameter: str) -> Iterator[tuple[Role, str]]:
        """Yield the PUT that creates where nothing else does, on a key that the caller chooses."""
        own = [replace(one.operation, role=one.role) for one in self.members]
        for one in self._in_roles(Role.REPLACE)[:1]:
            if parameter and creates_on_keys(one.operation, parameter, own):
                yield Role.CREATE, one.operation.id

    def _id_member(self, item: _Member | None, parameter: str) -> str:
        """Return where an answer about one has its id, ``""`` where nobody knows."""
        declared = declared_parameter(item.operation, parameter) if item else None
        if declared is None:
            return ""
        creates = self._in_roles(Role.CREATE)
        sent = creates[0].operation.request_members if creates else ()
        promised = [one.operation.promises.identity for one in self._in_roles(*ROLES_OF_ONE)]
        for identity in promised:
            if identity and not identity.inferred and identity.parameter == parameter:
                return identity.property
        linked = self._id_linked(parameter)
        if linked:
            return linked
        for answer in self._answers(*ROLES_OF_ONE, Role.CREATE):
            found = member_with_id(answer, declared, self.thing, sent)
            if found:
                return found
        for answer in self._answers(Role.LIST):
            return member_of_items_with_id(answer, declared, self.thing)
        return ""

    def _answers(self, *roles: Role) -> Iterator[Content]:
        for one in self._in_roles(*roles):
            if one.operation.success_content is not None:
                yield one.operation.success_content

    def _id_linked(self, parameter: str) -> str:
        """Return where a link from a create or from one of them says that the id stands."""
        own = {one.operation.id: one.role for one in self.members}
        for link in self.links:
            is_of_one = own.get(link.origin) in (Role.CREATE, *ROLES_OF_ONE)
            is_own = link.target in own and link.parameter == parameter
            if is_of_one and is_own and not paths.has_items(link.member):
                return link.member
        return ""

    def _items(self, id_member: str) -> str:
        for answer in self._answers(Role.LIST):
            return items_in_list(answer, id_member)
        return ""

    def _id_sent(self, id_member: str, parameter: str) -> str:
        for one in self._in_roles(Role.CREATE)[:1]:
            return member_with_chosen_id(one.operation, id_member, parameter)
        return ""
