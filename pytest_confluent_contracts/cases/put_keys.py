"""On which keys does a PUT create? On the run's own, one for each name, that nobody else has.

All are known before anything is sent: no other path is let out to a PUT that creates.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.build import id_member_sent
from pytest_confluent_contracts.cases.conforming_ids import conforming_ids, drawn_ids
from pytest_confluent_contracts.cases.samples import is_allowed_value
from pytest_confluent_contracts.model.documents import types_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.traffic import RunContext

# Seeds of the keys that are drawn, apart from those of ids that nobody has.
OWN_SEED, SEEDS, AGAIN = 1000, 2, 100
MOST_UNKNOWN = 60
NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def keys_by_name(
    creating: Operation, context: RunContext, names: Sequence[str], taken: Sequence[str] = ()
) -> dict[str, str]:
    """Return a key for each of *names*, as far as the document allows so many, the first first.

    They are allowed in the path, and in the bodies that have them again. A service may take small
    letters and capitals for the same: no two differ in that alone. None is one of those *taken*.
    For example, ``contract-0-first``.
    """
    parameter = creating.path_parameters[-1]
    schemas = [parameter.schema, *_schemas_of_id(creating)]
    plain = {name: NOT_PLAIN.sub("-", f"contract-{context.seed}-{name.lower()}") for name in names}
    if all(_is_allowed(schemas, key) for key in plain.values()):
        return plain
    # What stands for an id that nobody has must stay nobody's.
    others = {one.lower() for one in (*taken, *conforming_ids(parameter, context, MOST_UNKNOWN))}
    found: dict[str, str] = {}
    near: set[str] = set()
    # Whatever is held meanwhile, they are the same; beside those taken, they are drawn anew.
    unheld = replace(context, parameters=(), seed=context.seed + (AGAIN if taken else 0))
    for key in _drawn_keys(parameter, schemas, unheld, len(names) + len(others)):
        folded = key.lower()
        is_alike = folded in others or folded in near or not found.keys().isdisjoint(_near(folded))
        if _is_allowed(schemas, key) and not is_alike:
            found[folded] = key
            near.update(_near(folded))
    return dict(zip(names, found.values(), strict=False))


def _near(key: str) -> tuple[str, str]:
    """Return what is asked for, beside *key*, as ids that nobody has."""
    return key[:-1], f"x{key}"


def _drawn_keys(
    parameter: Parameter,
    schemas: Sequence[Mapping[str, Any]],
    context: RunContext,
    count: int,
) -> list[str]:
    """Return texts that may be allowed: by the path, else by what has the key in a body.

    The long ones come first, which no stranger has. On this machine a short text will do, too.
    """
    found: list[str] = []
    for seed in range(context.seed + OWN_SEED, context.seed + OWN_SEED + SEEDS):
        strict = replace(context, seed=seed, made_up=False)
        found += conforming_ids(parameter, strict, count)
        if context.made_up and "integer" not in parameter.types:
            found += conforming_ids(parameter, replace(context, seed=seed), count)
    for schema in schemas[1:]:
        strict = replace(context, made_up=False)
        found += map(str, drawn_ids(schema, strict, count, "key"))
    return sorted(found, key=len, reverse=True)


def _schemas_of_id(creating: Operation) -> Iterator[Mapping[str, Any]]:
    """Yield what the document says of the key where a body of the request or the answer has it."""
    resource, sent = creating.resource, id_member_sent(creating)
    for member in creating.request_members:
        if sent and member.path == sent:
            yield member.schema
    for member in creating.answer_members:
        if resource is not None and resource.id_member == member.path:
            yield member.schema


def _is_allowed(schemas: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Return whether each of *schemas* allows *key*, as a number where it is one for them."""
    for schema in schemas:
        is_number = "integer" in types_allowed(schema) and key.isdecimal()
        if not is_allowed_value(schema, int(key) if is_number else key):
            return False
    return True
