"""How are schemas read that contain one another on many ways? Each is kept once, and referred to.

Written out on every way, four schemas that all refer to one another have a million members.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.schemas import (
    ALONE,
    BESIDE,
    BY_NAME,
    IN_A_LIST,
    LEFT_OUT,
    SAID_BESIDE,
    TOLD_OF_REFERENCE,
    Around,
    SchemaReader,
    members_of,
    members_told_once,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.documents.schemas import Locate
    from pytest_confluent_contracts.documents.source_file import SourceFile
    from pytest_confluent_contracts.model.documents import Property

# Schemas that one with circles consists of, and members that it has, where it is written out.
MOST_WRITTEN_OUT = 2_000
KEPT_ONCE = "x-kept-once"  # beside the keywords of a schema whose circles are not written out
MOST_KEPT = 20_000  # schemas that one consists of where what contains itself is kept once
# What may stand beside a sole part of `allOf` that is a reference, so that it is nothing more.
SAID_OF_REFERENCE = LEFT_OUT | SAID_BESIDE | {"nullable"}


class TooManyWays(Exception):
    """A schema is larger, with its circles written out, than anybody reads."""


class RecursiveReader(SchemaReader):
    """Reads schemas as `SchemaReader` does while the circles in them are few.

    Where they are many, each schema that contains itself is kept once, under ``$defs``.
    """

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._keeping = _KeepingReader(source)
        self._written = 0

    def json_schema_at(self, holder: Node, line: int, other_way: str = "") -> dict[str, Any]:
        """Return the JSON Schema at the member ``schema`` of *holder*, as `SchemaReader` does."""
        self._written = 0
        try:
            schema = super().json_schema_at(holder, line, other_way)
        except (TooManyWays, RecursionError):
            return self._keeping.json_schema_at(holder, line, other_way)
        if _has_many_members(schema, self.source.location):
            return self._keeping.json_schema_at(holder, line, other_way)
        return schema

    def merged(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*; raise `TooManyWays` where it has circles and is large."""
        self._written += 1
        if self._written > MOST_WRITTEN_OUT and self.definitions:
            raise TooManyWays
        return super().merged(node, around)


def listed_members(schema: Mapping[str, Any], locate: Locate) -> tuple[Property, ...]:
    """Return the members of a body with *schema*; *locate* tells the place of a line.

    A schema that contains itself is followed to its first repetition on each way; where it is kept
    once, since the ways are too many, its members are told once.
    """
    if schema.get(KEPT_ONCE):
        return tuple(members_told_once(schema, locate))
    return tuple(members_of(schema, locate))


def _has_many_members(schema: Mapping[str, Any], locate: Locate) -> bool:
    """Return whether *schema* contains itself on more ways than anybody reads."""
    if "$defs" not in schema:
        return False
    beyond = islice(members_of(schema, locate), MOST_WRITTEN_OUT, None)
    return next(beyond, None) is not None


class _KeepingReader(SchemaReader):
    """Reads each schema that contains itself once; wherever it is asked for, a reference stands."""

    def __init__(self, source: SourceFile) -> None:
        super().__init__(source)
        self._circles = Circles(source)
        self._waiting: list[Node] = []  # what is referred to and was not read
        self._count = 0

    def json_schema_at(self, holder: Node, line: int, other_way: str = "") -> dict[str, Any]:
        """Return the JSON Schema at the member ``schema`` of *holder*, as `SchemaReader` does.

        Raise `ContractError` where it is too large: only ``allOf`` and its like in circles are.
        """
        self._waiting, self._count = [], 0
        schema = super().json_schema_at(holder, line, other_way)
        return {**schema, KEPT_ONCE: True}

    def merged(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, as `SchemaReader` does, within the bound."""
        self._count += 1
        if self._count > MOST_KEPT:
            raise self.source.error(self.source.at, "the schema is too large")
        return super().merged(node, around)

    def part(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, a reference where it is one to what contains itself."""
        reference = _sole_reference(node)
        if reference is None:
            return self.merged(node, around)
        found = self.source.resolve(reference, node.line)
        if not self._is_kept(found, around):
            return self.merged(node, around)
        beside: dict[str, Any] = {}
        if reference is not node or self.source.siblings_count:
            beside = self.own_keywords(node, around)
        return {**self.reference_to(found), **beside, "x-line": node.line}

    def _is_kept(self, found: Node, around: Around) -> bool:
        """Return whether a reference leads to *found*.

        None does to what asks for itself of the same value: a validator would run in a circle.
        """
        if not self._circles.contains_itself(found):
            return False
        return not around.beside or not self._circles.asks_for_itself(found)

    def reference_to(self, node: Node) -> dict[str, Any]:
        """Return the reference to the schema of *node*, which contains itself."""
        if id(node) not in self.definitions:
            self.definitions[id(node)] = f"recursive-{len(self.definitions) + 1}", {}
            self._waiting.append(node)
        name, _ = self.definitions[id(node)]
        return {"$ref": f"#/$defs/{name}", **self._told_of(node)}

    def _told_of(self, node: Node) -> dict[str, Any]:
        """Return what is said of *node* beside a reference to it, its parts included."""
        told: dict[str, Any] = {}
        if not self._circles.asks_for_itself(node):
            for branch in self.source.list_or_empty(node, "allOf"):
                told |= self._told_of(self.source.resolve(branch, node.line))
        return told | {key: strip(node[key]) for key in TOLD_OF_REFERENCE if key in node}

    def read_definitions(self) -> dict[str, dict[str, Any]]:
        """Return the schemas that the last one refers to, and those that these refer to."""
        for node in self._waiting:  # it grows
            name, _ = self.definitions[id(node)]
            self.definitions[id(node)] = name, self.merged(node, Around())
        return super().read_definitions()


def _sole_reference(node: Any) -> Node | None:
    """Return the reference that *node* is: it itself, or the one part of its ``allOf``."""
    if not isinstance(node, Node):
        return None
    if isinstance(node.get("$ref"), str):
        return node
    parts = node.get("allOf")
    if not isinstance(parts, list) or len(parts) != 1 or not node.keys() <= SAID_OF_REFERENCE:
        return None
    [part] = parts
    if isinstance(part, Node) and isinstance(part.get("$ref"), str) and len(part) == 1:
        return part
    return None


class Circles:
    """Tells which schemas of one document contain themselves."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._within: dict[int, list[Node]] = {}
        self._beside: dict[int, list[Node]] = {}
        self._contains: dict[int, bool] = {}
        self._asks: dict[int, bool] = {}

    def contains_itself(self, node: Node) -> bool:
        """Return whether the schema of *node* comes again somewhere within it."""
        if id(node) not in self._contains:
            self._contains[id(node)] = _comes_again(node, self._schemas_within)
        return self._contains[id(node)]

    def asks_for_itself(self, node: Node) -> bool:
        """Return whether the schema of *node* comes again where it speaks of the same value."""
        if id(node) not in self._asks:
            self._asks[id(node)] = _comes_again(node, self._schemas_beside)
        return self._asks[id(node)]

    def _schemas_within(self, node: Node) -> list[Node]:
        if id(node) not in self._within:
            below = [one for key in node if key not in BESIDE for one in _schemas_at(node, key)]
            self._within[id(node)] = self._schemas_beside(node) + below
        return self._within[id(node)]

    def _schemas_beside(self, node: Node) -> list[Node]:
        """Return the schemas next to *node* that speak of the same value."""
        if id(node) not in self._beside:
            found: list[Node] = []
            if isinstance(node.get("$ref"), str):
                found.append(self._source.resolve(node, node.line))
            for key in ("allOf", *BESIDE):
                found += _schemas_at(node, key)
            self._beside[id(node)] = found
        return self._beside[id(node)]


def _schemas_at(node: Node, key: str) -> Iterator[Node]:
    """Yield the schemas that *node* holds at the keyword *key*."""
    value, held = node.get(key), []
    if key in BY_NAME and isinstance(value, Node):
        held = list(value.values())
    elif (key in IN_A_LIST or key == "allOf") and isinstance(value, list):
        held = value
    elif key in ALONE:
        held = [value]
    yield from (one for one in held if isinstance(one, Node))


def _comes_again(node: Node, next_to: Callable[[Node], list[Node]]) -> bool:
    """Return whether *node* is reached from itself, by the schemas *next_to* each."""
    known: set[int] = set()
    waiting = list(next_to(node))
    while waiting:
        one = waiting.pop()
        if one is node:
            return True
        if id(one) not in known:
            known.add(id(one))
            waiting += next_to(one)
    return False
