"""Which PUT creates what it is sent to? One that says so, on a key that the caller chooses.

Where the service may have a say in the key (a listed value, the id of something else), or another
operation creates, a PUT replaces and nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.resource_relations import declared_parameter
from pytest_confluent_contracts.model.conditions import requires_condition
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_confluent_contracts.model.documents import Operation, Parameter

CREATED = 201
NOT_THERE = (404, 410)
LISTED = frozenset({"enum", "const"})


def creates_on_keys(operation: Operation, parameter: str, others: Iterable[Operation]) -> bool:
    """Return whether a PUT creates what nobody has under its *parameter*, the last of its path.

    Its 201 says so (RFC 9110 9.3.4), unless 404 or ``x-contract`` says that one must be there.
    *others* are the operations of its resource, of which one must delete what is created.
    """
    stated = operation.promises.resource
    if operation.method != "PUT" or not operation.names_status(CREATED):
        return False
    if any(map(operation.names_status, NOT_THERE)) or operation.promises.refusals.unknown:
        return False
    if stated is not None and stated.role:  # what it does was said, and was not this
        return False
    is_on_key = operation.path.rstrip("/").endswith(f"{{{parameter}}}")
    is_free = _is_free(declared_parameter(operation, parameter))
    return is_on_key and is_free and not requires_condition(operation) and _ends(operation, others)


def with_replacing_first(operation: Operation) -> Operation:
    """Return *operation* with 201 behind its other answers: its success is a replacement's."""
    created = [response for response in operation.responses if response.status == str(CREATED)]
    others = [response for response in operation.responses if response not in created]
    return replace(operation, responses=(*others, *created))


def _is_free(key: Parameter | None) -> bool:
    """Return whether any text, or any number, may be the *key*: none of a list, and in no style."""
    if key is None or not key.is_text or LISTED & set(key.schema):
        return False
    return not key.types or bool({"string", "integer"} & set(key.types))


def _ends(operation: Operation, others: Iterable[Operation]) -> bool:
    """Return whether one of *others* deletes what is under the key, and none of them creates."""
    is_ended = False
    for one in others:
        if one.role is Role.CREATE:
            return False
        is_ended = is_ended or (one.role is Role.DELETE and one.path == operation.path)
    return is_ended
