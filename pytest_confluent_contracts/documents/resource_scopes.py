"""Which members of a body must be what a parameter of the other operations says?

For example, ``GET /clusters/{id}?environment=env-1`` finds what was created with
``{"environment": {"id": "env-1"}}``, and nothing of another environment. It is told by names and
types, where the parameter is required.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.path_shapes import joined_words
from pytest_confluent_contracts.documents.resource_ids import may_be_alike
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import has_items, last_name
from pytest_confluent_contracts.model.resources import WRITING_ROLES, Resource, Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter, Property

LEADING = frozenset({Location.QUERY, Location.HEADER})


def scopes_of(resource: Resource, members: Sequence[tuple[Operation, Role]]) -> Iterator[Scope]:
    """Yield the scopes of *resource*, of which *members* are the operations with their roles.

    Of two members that could be meant nobody knows which one is.
    """
    leading = _leading_parameters(members)
    for operation, role in members:
        if role not in WRITING_ROLES:
            continue
        for asking, parameter in leading.values():
            meant = [
                member
                for member in operation.request_members
                if member.path not in (resource.id_member, resource.id_sent)
                and _is_named_alike(member, parameter)
                and may_be_alike(parameter.schema, member.schema)
            ]
            if len(meant) == 1:
                yield Scope(operation.id, meant[0].path, asking.id, parameter.name)


def _leading_parameters(
    members: Sequence[tuple[Operation, Role]],
) -> dict[str, tuple[Operation, Parameter]]:
    """Return the required parameters of those of *members* that find one or several, by name."""
    found: dict[str, tuple[Operation, Parameter]] = {}
    for operation, role in members:
        if role in (Role.CREATE, Role.ACTION):
            continue
        for parameter in operation.other_parameters:
            if parameter.required and parameter.location in LEADING:
                found.setdefault(parameter.name, (operation, parameter))
    return found


def _is_named_alike(member: Property, parameter: Parameter) -> bool:
    """Return whether *member* has the name of *parameter*, or is the id of what that names.

    ``environment``, ``environment_id`` and the ``id`` of ``environment`` are the same.
    """
    if member.read_only or has_items(member.path):
        return False
    name = joined_words(member.name)
    if name == "id" and member.parent:
        name = joined_words(last_name(member.parent))
    return _without_id(name) == _without_id(joined_words(parameter.name))


def _without_id(name: str) -> str:
    return name.removesuffix("id") or name
