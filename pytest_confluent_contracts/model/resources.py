"""What are several operations about? A resource: who creates, lists, reads, changes and deletes it.

Frozen values. An operation knows its resource and its role; a resource names its operations by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_confluent_contracts.model.paths import plain_of_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.model.sources import SourceLocation


class Role(StrEnum):
    """What an operation does to its resource."""

    CREATE = "create"  # POST /things, or PUT /things/{id} where nothing else creates
    LIST = "list"  # GET /things
    READ = "read"  # GET or HEAD /things/{id}
    REPLACE = "replace"  # PUT /things/{id}
    UPDATE = "update"  # PATCH /things/{id}
    DELETE = "delete"  # DELETE /things/{id}
    ACTION = "action"  # anything else: what it does to whom nobody can tell


# Those that only stand around what a run makes below them: that of the life, and another one.
HOLDER, OTHER_HOLDER = "holder", "other holder"
# One that a run makes to hold operations on.
HELD = "held"
# The step that deletes what the run has deleted: it may be answered as the first delete was.
DELETE_AGAIN = "delete again"
# What is sent in these roles changes nothing.
SAFE_ROLES = frozenset({Role.LIST, Role.READ})
# What is sent in these has a body that writes one.
WRITING_ROLES = (Role.CREATE, Role.REPLACE, Role.UPDATE)
# What is sent in these makes a resource, or ends it.
MAKING_ROLES = frozenset({Role.CREATE, Role.DELETE})


@dataclass(frozen=True, slots=True)
class Reference:
    """A member of a body that holds the id of another resource, for example ``owner.id``."""

    member: str
    resource: str


@dataclass(frozen=True, slots=True)
class Scope:
    """A member of a body that must be what a parameter of another operation says.

    ``operation`` sends it, and ``asking`` is one that has the ``parameter``, both by their ids.
    """

    operation: str
    member: str
    asking: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What several operations of a document are about.

    ``collection`` and ``item`` are path templates, ``""`` where no operation has one: ``/things``
    and ``/things/{id}``. ``parameter`` is the path parameter of ``item`` that names one of them,
    ``style`` how the path writes that, ``label`` or ``matrix``, ``""`` where it stands as it is
    (OpenAPI 3.1, Style Values); ``id_member`` where an answer about one has that id (``data.id``),
    ``items`` where a list has the items (``data[]``), both ``""`` where nobody knows. ``id_sent``
    is the member of a create's body in which the caller chooses the id, ``""`` where the service
    does. ``parent`` is the name of the resource whose id stands before in the path, ``""`` where
    there is none; ``in_parent`` is where an answer about one of the parent lists what lies in it
    (``data.things``). ``written`` are the members that requests write and a read shows, ``scopes``
    those that must be what a parameter says. ``roles``
    are the ids of the operations; of two in one role the first of the document counts, and a PUT
    may stand in two: it replaces what is there, and creates what is not. ``place`` is
    the line from which it was understood, that of the first of them, or of its ``x-contract``.
    """

    document: str
    name: str
    collection: str
    item: str
    parameter: str
    id_member: str
    items: str
    roles: tuple[tuple[Role, str], ...]
    place: SourceLocation
    parent: str = ""
    id_sent: str = ""
    style: str = ""
    references: tuple[Reference, ...] = ()
    in_parent: str = ""
    written: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()

    @property
    def is_single(self) -> bool:
        """Return whether each parent, or the whole service, has one alone, which has no id.

        For example, ``/things/{id}/settings`` and ``/me``.
        """
        return bool(self.item) and not self.parameter

    @property
    def is_made_by_put(self) -> bool:
        """Return whether a PUT creates one on a key of the caller's, and nothing else creates any.

        RFC 9110 9.3.4: 201 says that there was none, 200 or 204 that there was.
        """
        creating = self.operation_id(Role.CREATE)
        return bool(creating) and creating == self.operation_id(Role.REPLACE)

    @property
    def chooses_ids(self) -> bool:
        """Return whether the caller chooses the id of what is made: in the body, or in the path."""
        return bool(self.id_sent) or self.is_made_by_put

    def written_id(self, id: str) -> str:
        """Return *id* as `CaseParts.parameters` have it: in its style, as it stands in the path."""
        if self.style == "matrix":
            return f";{quote(self.parameter, safe='')}={quote(id, safe='')}"
        if self.style == "label":
            return f".{quote(id, safe='')}"
        return id

    def plain_id(self, written: str) -> str:
        """Return the id of which a path has *written*, percent-encoded."""
        return plain_of_style(self.style, self.parameter, written)

    def own_parameter(self, id: str) -> tuple[str, str]:
        """Return the last of the path parameters of the one with this *id*."""
        return self.parameter, self.written_id(id)

    def id_in(self, parameters: Sequence[tuple[str, str]]) -> str:
        """Return the id of the one that its path *parameters*, as `CaseParts` has them, name."""
        written = parameters[-1][1]
        return self.plain_id(written) if self.style else written

    def operation_id(self, role: Role) -> str:
        """Return the id of the operation in *role*, ``""`` where the document has none."""
        return dict(self.roles).get(role, "")
