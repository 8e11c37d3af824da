"""What does a schema mean, however it is written? Its alternatives, one JSON type each.

A reference and what it leads to, ``allOf`` and one schema, ``oneOf`` of two types and a list of
them, ``const`` and an ``enum`` of one value, a ``nullable`` and a branch for null: all are one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.schema_merging import is_forbidden, merged_schemas

Schema = Mapping[str, Any]

MOST_ALTERNATIVES = 200  # of one value; a schema with more is compared as it is written
MOST_REFERENCES = 16  # that lead from one to the next
ANY_TYPE: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
# What is said of a value and rules out none.
WORDS: Final = frozenset(
    {
        *("title", "description", "example", "examples", "$comment", "xml", "externalDocs"),
        *("$defs", "definitions", "$id", "$anchor", "$schema", "$dynamicAnchor"),
    }
)
# Their members are named by the document, whatever the names of keywords are.
BY_NAME: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
# These hold values, and no schemas.
OF_VALUES: Final = frozenset({"enum", "const", "default", "dependentRequired"})
# Of these, the order of a list says nothing.
UNORDERED: Final = frozenset({"type", "enum", "required"})
# What stands for leaving a keyword out.
DEFAULTS: Final[Mapping[str, Any]] = {
    "minLength": 0,
    "minItems": 0,
    "minProperties": 0,
    "uniqueItems": False,
    "additionalProperties": {},
    "items": {},
    "required": [],
    "properties": {},
    "deprecated": False,
    "readOnly": False,
    "writeOnly": False,
}


def meaning(schema: Any) -> str:
    """Return a text that two schemas share where they say the same in the same keywords."""
    return value_text(_plain(schema))


def _plain(schema: Any) -> Any:
    """Return *schema* without its words, what means nothing, and any order."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if not is_extension(key) and key not in WORDS:
            plain[key] = _plain_keyword(key, value)
    return {key: value for key, value in plain.items() if DEFAULTS.get(key, ...) != value}


def is_extension(key: str) -> bool:
    """Return whether *key* of a schema is ours or a vendor's, and none of JSON Schema."""
    return key.startswith("x-") and key != "x-discriminator"


def _plain_keyword(key: str, value: Any) -> Any:
    if key in BY_NAME and isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if key in UNORDERED and isinstance(value, list):
        return sorted(value, key=_order_of_value)
    if key in OF_VALUES:
        return value
    if value is True and key in ("additionalProperties", "items"):
        return {}
    return _plain(value)


def _order_of_value(value: Any) -> str:
    return value if isinstance(value, str) else value_text(value)


def value_text(value: Any) -> str:
    """Return a text that two JSON values share where they are one: 1 and 1.0, and not 1 and true.

    >>> value_text(1.0) == value_text(1) != value_text(True)
    True
    """
    return json.dumps(_without_fractions(value), sort_keys=True, default=str)


def _without_fractions(value: Any) -> Any:
    """Return *value* with whole numbers as such: JSON has one kind of numbers."""
    if isinstance(value, Mapping):
        return {str(key): _without_fractions(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_without_fractions(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the forms that a value may have: a schema without ``oneOf``, ``anyOf`` and ``$ref``.

    ``stated`` are the types that it names, all where it names none; ``types`` those that its
    ``enum`` leaves of them; ``values`` are those of the discriminator that choose it.
    """

    schema: Schema
    stated: frozenset[str]
    types: frozenset[str]
    values: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """Return the line where it stands."""
        return int(self.schema.get("x-line", 0))

    @property
    def enum(self) -> list[Any] | None:
        """Return the listed values, None where any will do."""
        return listed_values(self.schema)

    @property
    def meaning(self) -> str:
        """Return what two alternatives share where they say the same."""
        return f"{sorted(self.types)} {self.values} {meaning(self.schema)}"


def listed_values(schema: Schema) -> list[Any] | None:
    """Return the values that *schema* lists and its types allow; None where it lists none."""
    if "const" in schema:
        listed = [schema["const"]]
    elif isinstance(schema.get("enum"), list):
        listed = schema["enum"]
    else:
        return None
    types = _types_stated(schema)
    return [value for value in listed if types_of_value(value) & types]


def types_of_value(value: Any) -> frozenset[str]:
    """Return the JSON types that *value* is of; an integer is a number, too."""
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int | float):
        is_whole = isinstance(value, int) or value.is_integer()
        return frozenset({"number", "integer"}) if is_whole else frozenset({"number"})
    if isinstance(value, str):
        return frozenset({"string"})
    return frozenset({"array"}) if isinstance(value, list) else frozenset({"object"})


def _types_stated(schema: Schema) -> frozenset[str]:
    named = frozenset(types_allowed(schema))
    if not named:
        return ANY_TYPE
    return named | {"integer"} if "number" in named else named


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return *schema* with what its reference, or its only branch, says beside it."""
    for _ in range(MOST_REFERENCES):
        reference, branches = schema.get("$ref"), schema.get("oneOf") or schema.get("anyOf")
        if isinstance(reference, str):
            schema = _with_target(schema, definitions.get(name_of_reference(reference), {}))
        elif isinstance(branches, list) and len(branches) == 1:
            beside = {key: value for key, value in schema.items() if value is not branches}
            schema = merged_schemas(beside, branches[0])
        elif any("$ref" in part for part in schema.get("allOf", ())):
            schema = _with_parts_resolved(schema, definitions)
        else:
            break
    return schema


def _with_parts_resolved(schema: Schema, definitions: Schema) -> Schema:
    """Return *schema* with each part of its ``allOf`` that is a reference joined to it."""
    joined = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        if "$ref" in part:
            target = definitions.get(name_of_reference(part["$ref"]), {})
            joined = merged_schemas(joined, _with_target(part, target))
        else:
            joined = merged_schemas(joined, part)
    return joined


def _with_target(schema: Schema, target: Schema) -> Schema:
    """Return what *schema* says and the *target* of its reference, at the line of the former."""
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    joined = merged_schemas(target, beside)
    joined["x-line"] = beside.get("x-line", target.get("x-line", 0))
    return joined


def name_of_reference(reference: str) -> str:
    """Return the name in ``$defs`` that *reference* leads to."""
    return reference.rpartition("/")[2]


def references_in(schema: Any) -> frozenset[str]:
    """Return the names in ``$defs`` that *schema* refers to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            reference = one.get("$ref")
            if isinstance(reference, str):
                found.add(name_of_reference(reference))
            waiting += [value for key, value in one.items() if key != "$defs"]
        elif isinstance(one, list):
            waiting += one
    return frozenset(found)


def references_of_value(schema: Schema) -> tuple[str, ...]:
    """Return what *schema* refers to for its own value, in branches too: not for its members."""
    found: list[str] = []
    if "$ref" in schema:
        found.append(str(schema["$ref"]))
    for key in ("allOf", "oneOf", "anyOf"):
        for branch in schema.get(key) or ():
            found += references_of_value(branch)
    return tuple(found)


def alike_definitions(olds: Schema, news: Schema) -> frozenset[str]:
    """Return the names in ``$defs`` that say the same in both, with all that they refer to."""
    alike = {name for name in olds if name in news and meaning(olds[name]) == meaning(news[name])}
    references = {name: references_in(olds[name]) for name in alike}
    is_settled = False
    while not is_settled:
        unlike = {name for name in alike if not references[name] <= alike}
        alike -= unlike
        is_settled = not unlike
    return frozenset(alike)


def alternatives(schema: Schema, definitions: Schema) -> list[Alternative]:
    """Return the forms that a value of *schema* may have, those that mean the same once."""
    forms = _forms(schema, definitions, frozenset())
    if len(forms) > MOST_ALTERNATIVES:
        forms = [(resolved(schema, definitions), ())]
    found: dict[str, Alternative] = {}
    for form, values in forms:
        alternative = _alternative(form, values)
        if not is_forbidden(form):
            found.setdefault(alternative.meaning, alternative)
    return _with_lists_joined(list(found.values()))


def _alternative(form: Schema, values: tuple[str, ...]) -> Alternative:
    stated = types = _types_stated(form)
    listed = listed_values(form)
    if listed is not None:
        types = frozenset()
        for value in listed:
            types |= types_of_value(value)
    return Alternative(form, stated, types & stated, values)


def _forms(
    schema: Schema, definitions: Schema, within: frozenset[str]
) -> list[tuple[Schema, tuple[str, ...]]]:
    """Return each form of *schema*, and the values of the discriminator that choose it.

    *within* are the references that led here: a branch that is the whole again adds nothing.
    """
    within |= {str(schema.get("$ref", ""))}
    schema = resolved(schema, definitions)
    rest, groups = _taken_apart(schema)
    discriminator: Schema = {}
    if groups:
        discriminator = rest.pop("x-discriminator", {})
    forms: list[tuple[Schema, tuple[str, ...]]] = [(rest, ())]
    for key, branches in groups:
        if len(branches) * len(forms) > MOST_ALTERNATIVES:
            forms = [(merged_schemas(form, {key: branches}), values) for form, values in forms]
        else:
            inner = _forms_of_branches(branches, definitions, discriminator, within - {""})
            forms = _joined_forms(forms, inner)
    return forms


def _taken_apart(schema: Schema) -> tuple[dict[str, Any], list[tuple[str, list[Schema]]]]:
    """Return *schema* without its lists of branches, and these: its own, and those of ``allOf``."""
    groups: list[tuple[str, list[Schema]]] = []
    parts: list[dict[str, Any]] = []
    for part in (schema, *schema.get("allOf", ())):
        kept = {key: value for key, value in part.items() if key not in ("oneOf", "anyOf", "allOf")}
        groups += [(key, part[key]) for key in ("oneOf", "anyOf") if part.get(key)]
        parts.append(kept)
    rest, others = parts[0], [part for part in parts[1:] if part]
    if others:
        rest["allOf"] = others
    return rest, groups


def _forms_of_branches(
    branches: list[Schema], definitions: Schema, discriminator: Schema, within: frozenset[str]
) -> list[tuple[Schema, tuple[str, ...]]]:
    """Return each form of each of *branches*, with the values that choose the branch."""
    found: list[tuple[Schema, tuple[str, ...]]] = []
    for index, branch in enumerate(branches):
        if str(branch.get("$ref")) in within:
            continue
        values = tuple(sorted(_values_of_branch(discriminator, index)))
        for form, own_values in _forms(branch, definitions, within):
            found.append((form, values or own_values))
    return found


def _joined_forms(
    outer: list[tuple[Schema, tuple[str, ...]]], inner: list[tuple[Schema, tuple[str, ...]]]
) -> list[tuple[Schema, tuple[str, ...]]]:
    """Return each of the *outer* forms with each of the *inner* ones, where both are possible."""
    found: list[tuple[Schema, tuple[str, ...]]] = []
    for (form, chosen), (branch, values) in product(outer, inner):
        beside = {key: form[key] for key in form if key != "default"}
        joined = merged_schemas(beside, branch)
        joined["x-line"] = branch.get("x-line", form.get("x-line", 0))
        if joined.get("type") != []:
            found.append((joined, values or chosen))
    return found


def _values_of_branch(discriminator: Schema, index: int) -> list[str]:
    values = discriminator.get("values") or []
    if index < len(values):
        return [str(value) for value in values[index]]
    return []


def _with_lists_joined(found: list[Alternative]) -> list[Alternative]:
    """Return *found*, those that differ in their listed values alone as one that lists them all."""
    joined: dict[str, list[Any]] = {}
    first: dict[str, Alternative] = {}
    others: list[Alternative] = []
    for one in found:
        if one.enum is None or one.values:
            others.append(one)
            continue
        rest = {key: one.schema[key] for key in one.schema if key not in ("enum", "const")}
        key = meaning(rest)
        first.setdefault(key, one)
        joined.setdefault(key, []).extend(one.enum)
    for key, one in first.items():
        rest = {name: one.schema[name] for name in one.schema if name not in ("enum", "const")}
        others.append(_alternative({**rest, "enum": joined[key]}, ()))
    return others
