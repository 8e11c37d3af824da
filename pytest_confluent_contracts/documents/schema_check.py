"""Can a schema be kept? Contradictions, endless ones, patterns, discriminators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.ecma_pattern import is_ecma_pattern
from pytest_confluent_contracts.documents.inspection import UNREADABLE_SCHEMA
from pytest_confluent_contracts.documents.lines import Node, line_in_list
from pytest_confluent_contracts.documents.references import (
    UnfollowedReference,
    UnresolvedReference,
)
from pytest_confluent_contracts.documents.satisfiable import (
    Contradiction,
    contradiction_in,
    undeclared_required,
)
from pytest_confluent_contracts.documents.schemas import Around, SchemaReader
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.schema_merging import contradiction, is_forbidden
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.documents.inspection import Inspection

DEEPEST_LOOK = 3  # members and items below a schema that its parts may contradict each other about
MOST_PARTS = 2_000  # schemas that are joined to look at one
IN_PARTS = ("allOf", "oneOf", "anyOf")


class ShallowReader(SchemaReader):
    """Reads a schema a few levels deep: below, anything is allowed.

    Whether the parts of a schema contradict each other is seen near its top; a whole one may be
    thousands of times as large.
    """

    def shallow_schema(self, node: Node) -> dict[str, Any]:
        """Return the JSON Schema of *node*."""
        self._depth, self._count = 0, 0
        return self.json_schema_at(held(node), node.line)

    def _keyword(self, node: Node, key: str, around: Around) -> Any:
        if key in IN_PARTS:
            return super()._keyword(node, key, around)
        self._depth += 1
        try:
            return super()._keyword(node, key, around)
        finally:
            self._depth -= 1

    def merged(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, as `SchemaReader` does, within the bound."""
        self._count += 1
        is_far = self._depth > DEEPEST_LOOK or self._count > MOST_PARTS
        if is_far and node is not False:
            return {"x-unknown": self._count}  # the same as no other
        try:
            return super().merged(node, around)
        except ContractError:  # told where it is; the rest is looked at all the same
            return {"x-unknown": self._count}


class SchemaCheck:
    """Looks at the schemas of one document, when all of them are known."""

    def __init__(self, inspection: Inspection, schemas: list[Node]) -> None:
        self._inspection, self._schemas = inspection, schemas
        self._reader = ShallowReader(inspection.source)

    def check(self) -> None:
        """Tell what is wrong with them."""
        for node in self._schemas:
            self._check_patterns(node)
            self._check_discriminator(node)
        self._check_circles()
        self._check_contradictions()

    # --- patterns ---------------------------------------------------------------------------------

    def _check_patterns(self, node: Node) -> None:
        if self._inspection.is_reference("schema", node):
            return
        pattern = node.get("pattern")
        if isinstance(pattern, str) and not is_ecma_pattern(pattern):
            line = node.line_of("pattern")
            self._inspection.tell(FlawKind.PATTERN, line, pattern, node=node)
        named = node.get("patternProperties")
        if not isinstance(named, Node):
            return
        for name in named:
            if not is_ecma_pattern(name):
                line = named.line_of(name)
                self._inspection.tell(FlawKind.PATTERN, line, name, node=node)

    # --- contradictions ---------------------------------------------------------------------------

    def _check_contradictions(self) -> None:
        """Tell schemas that nothing satisfies, each where the contradiction is, not around it."""
        found: dict[int, tuple[Node, Contradiction]] = {}
        for node in self._schemas:
            if id(node) in self._inspection.flawed or self._is_only_reference(node):
                continue
            try:
                told = self._contradiction_of(node)
            except UNREADABLE_SCHEMA:
                continue
            if told is not None:
                found[id(node)] = (node, told)
        for node, told in found.values():
            inner = {id(one) for one in self._parts_of(node)} - {id(node)}
            if inner.isdisjoint(found) and inner.isdisjoint(self._inspection.flawed):
                line = self._line_of(node, told)
                self._inspection.tell(FlawKind.UNSATISFIABLE, line, observed=told.told)
        self._inspection.flawed |= found.keys()

    def _is_only_reference(self, node: Node) -> bool:
        return self._inspection.is_reference("schema", node) or set(node) == {"$ref"}

    def _shallow(self, node: Node) -> dict[str, Any] | None:
        try:
            return self._reader.shallow_schema(node)
        except UNREADABLE_SCHEMA:
            return None

    def _forbidden_by_false(self, node: Node, schema: dict[str, Any]) -> Contradiction | None:
        """Return where a member is required of which a part says that it must not be there."""
        required = schema.get("required") or ()
        for part in self._parts_of(node):
            members = part.get("properties")
            for name, member in members.items() if isinstance(members, Node) else ():
                if member is False and name in required:
                    return Contradiction(f"{name} is required, and false forbids it", ("required",))
        return None

    def _contradiction_of(self, node: Node) -> Contradiction | None:
        """Return why nothing satisfies the schema of *node*; tell what its members forbid."""
        schema = self._reader.shallow_schema(node)
        found = self._forbidden_by_false(node, schema)
        told = schema.get("x-contradiction")
        if found is None and (told or not undeclared_required(schema)):
            found = contradiction_in(schema)
        if found is None and told:
            found = Contradiction(told, ("allOf", "required", "type", "enum"))
        if found is None:
            self._tell_members(node, schema)
        return found

    def _tell_members(self, node: Node, schema: dict[str, Any]) -> None:
        """Tell required members that are not there, and members that parts forbid each other."""
        parts = [part for part in self._parts_of(node) if part is not node]
        if not any(id(part) in self._inspection.flawed for part in parts):
            for name in undeclared_required(schema):
                line, told = self._required_line(node, name), FlawKind.UNDECLARED_REQUIRED
                self._inspection.tell(told, line, name, node=node)
        if "allOf" in node or "$ref" in node:
            self._tell_forbidden(node, schema)

    def _tell_forbidden(self, node: Node, schema: dict[str, Any]) -> None:
        """Tell members that the parts of *node* forbid each other."""
        line, told = self._key_line(node, "allOf"), FlawKind.FORBIDDEN_MEMBER
        for name, member in (schema.get("properties") or {}).items():
            if is_forbidden(member):
                if not self._is_meant_to_be_forbidden(node, name):
                    self._inspection.tell(told, line, name, node=node)
                continue
            reason = contradiction(member) or member.get("x-contradiction")
            if reason and not self._is_told_below(node, name):
                self._inspection.tell(told, line, name, observed=reason, node=node)

    def _is_meant_to_be_forbidden(self, node: Node, name: str) -> bool:
        """Return whether a part says itself that the member *name* must not be there."""
        for part in self._parts_of(node):
            members = part.get("properties")
            member = members.get(name) if isinstance(members, Node) else None
            if member is False or (isinstance(member, Node) and "not" in member):
                return True
        return False

    def _is_told_below(self, node: Node, name: str) -> bool:
        """Return whether a part's own schema of the member *name* is a contradiction by itself."""
        for part in self._parts_of(node):
            members = part.get("properties")
            member = members.get(name) if isinstance(members, Node) else None
            for one in self._parts_of(member) if isinstance(member, Node) else ():
                schema = self._shallow(one)
                if schema is None or contradiction_in(schema) or schema.get("x-contradiction"):
                    return True
        return False

    def _required_line(self, node: Node, name: str) -> int:
        """Return the line on which *node*, or a part of it, requires the member *name*."""
        for part in self._parts_of(node):
            required = part.get("required")
            if isinstance(required, list) and name in required:
                return line_in_list(required, required.index(name), part.line_of("required"))
        return self._key_line(node, "allOf")

    def _key_line(self, node: Node, *keys: str) -> int:
        for key in keys:
            if key in node:
                return node.line_of(key)
        return self._inspection.key_line(node)

    def _line_of(self, node: Node, told: Contradiction) -> int:
        """Return the line of the last of the keywords that contradict each other."""
        lines = [node.line_of(key) for key in told.keywords if key in node]
        return max(lines, default=self._inspection.key_line(node))

    def _parts_of(self, node: Node) -> Iterator[Node]:
        """Yield *node*, and what it asks for together with it, by ``allOf`` and references."""
        seen: set[int] = set()
        waiting: list[Any] = [node]
        while waiting:
            one = waiting.pop()
            if not isinstance(one, Node) or id(one) in seen:
                continue
            seen.add(id(one))
            yield one
            waiting.append(self._inspection.referenced("schema", one))
            branches = one.get("allOf")
            waiting += branches if isinstance(branches, list) else []

    # --- circles ----------------------------------------------------------------------------------

    def _check_circles(self) -> None:
        """Tell schemas that ask for themselves, at once or in a member that has to be there."""
        edges = {id(node): list(self._needed_by(node)) for node in self._schemas}
        known = {id(node): node for node in self._schemas}
        while circle := _circle_in(edges):
            nodes = [known[one] for one in circle]
            self._tell_circle(nodes)
            for one in circle:
                del edges[one]

    def _tell_circle(self, nodes: list[Node]) -> None:
        """Tell a circle where it begins in the document: by members, or at once."""
        endless: list[Node] = []
        for node, needed in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
            if any(one is needed for one in _needed_below(node)):
                endless.append(node)
        told, keys, among = FlawKind.CIRCULAR_REFERENCE, ("$ref", "allOf"), nodes
        if endless:
            told, keys, among = FlawKind.ENDLESS, ("required", "minItems"), endless
        first = min(among, key=lambda node: node.line)
        self._inspection.tell(told, self._key_line(first, *keys))
        self._inspection.flawed |= {id(node) for node in nodes}

    def _needed_by(self, node: Node) -> Iterator[int]:
        """Yield the ids of the schemas without a value of which *node* has none."""
        if node.get("nullable") is True:
            return
        target = self._inspection.referenced("schema", node)
        if target is not None:
            yield id(target)
        if self._inspection.is_reference("schema", node):
            return
        branches = node.get("allOf")
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, Node):
                yield id(branch)
        yield from map(id, _needed_below(node))

    # --- discriminators ---------------------------------------------------------------------------

    def _check_discriminator(self, node: Node) -> None:
        stated = node.get("discriminator")
        if not isinstance(stated, Node) or self._inspection.is_reference("schema", node):
            return
        branches = node.get("oneOf") or node.get("anyOf")
        branches = branches if isinstance(branches, list) else []
        name = stated.get("propertyName")
        if isinstance(name, str):
            self._check_property(node, stated, name, branches)
        mapping = stated.get("mapping")
        if not isinstance(mapping, Node):
            return
        for value, target in mapping.items():
            if isinstance(target, str):
                self._check_mapping(mapping, value, target, branches)

    def _check_property(self, node: Node, stated: Node, name: str, branches: list[Any]) -> None:
        """Tell where the member that tells branches apart is in none of them, or not in all."""
        own = {key: value for key, value in node.items() if key not in ("oneOf", "anyOf")}
        beside = Node(node.line)
        beside.update(own)
        beside.lines.update(node.lines)
        if self._has_member(beside, name) and "properties" in node:
            return
        lacking = [one for one in branches or [node] if not self._has_member(one, name)]
        if lacking:
            line, told = stated.line_of("propertyName"), FlawKind.DISCRIMINATOR_MEMBER
            names = [str(one.get("$ref", "")) for one in lacking if isinstance(one, Node)]
            self._inspection.tell(told, line, name, observed=tuple(filter(None, names)))

    def _has_member(self, node: Any, name: str) -> bool:
        """Return whether the schema at *node* lists the member *name*, or may have it."""
        schema = self._shallow(node) if isinstance(node, Node) else None
        if schema is None or id(node) in self._inspection.flawed:
            return True
        members = schema.get("properties")
        is_open = any(key in schema for key in ("oneOf", "anyOf", "allOf", "$ref", "if"))
        if members is None or is_open or "patternProperties" in schema:
            return True
        return name in members

    def _check_mapping(self, mapping: Node, value: str, target: str, branches: list[Any]) -> None:
        line, told = mapping.line_of(value), FlawKind.DISCRIMINATOR_MAPPING
        found = self._mapped_schema(mapping, target)
        if found is None:
            if not self._is_told_as_dangling(target, line):
                self._inspection.tell(told, line, value, observed=target)
            return
        targets = [self._inspection.resolved(branch) for branch in branches]
        is_known = all(isinstance(one, Node) and "$ref" in one for one in branches)
        if not branches or not is_known or None in targets or not isinstance(found, Node):
            return
        # All schemas that a value may choose are listed (OpenAPI 3.0, 4.7.25).
        if not any(self._inspection.resolved(found) is one for one in targets):
            names = tuple(str(one["$ref"]) for one in branches)
            self._inspection.tell(told, line, value, observed=target, expected=names)

    def _is_told_as_dangling(self, target: str, line: int) -> bool:
        """Return whether a branch refers to *target*, too, and it is told there."""
        file = self._inspection.files.file_at(line).name
        references = (target, f"#/components/schemas/{target}")
        told = FlawKind.DANGLING_REFERENCE
        return any(self._inspection.is_told(told, (one, file)) for one in references)

    def _mapped_schema(self, mapping: Node, target: str) -> Any:
        """Return the schema that *target* names: a name, or a reference; None where it is none."""
        components = self._inspection.source.root.get("components")
        schemas = components.get("schemas") if isinstance(components, Node) else None
        if isinstance(schemas, Node) and target in schemas:
            return schemas[target]
        if not any(sign in target for sign in "#/."):
            return None
        try:
            return self._inspection.source.references.target(target, mapping)
        except UnfollowedReference:
            return True
        except UnresolvedReference:
            return None
        except ContractError:
            return True


def held(node: Node) -> Node:
    """Return what has *node* as its schema."""
    holder = Node(node.line)
    holder["schema"] = node
    return holder


def _needed_below(node: Node) -> Iterator[Node]:
    """Yield the schemas of the members, and the items, that a value of *node* cannot be without."""
    if node.get("type") == "object":
        members, required = node.get("properties"), node.get("required")
        for name in required if isinstance(required, list) else ():
            if not isinstance(members, Node) or not isinstance(name, str):
                continue
            if isinstance(members.get(name), Node):
                yield members[name]
    least = node.get("minItems")
    if node.get("type") == "array" and isinstance(least, int) and least > 0:
        items = node.get("items")
        if isinstance(items, Node):
            yield items


def _circle_in(edges: dict[int, list[int]]) -> list[int]:
    """Return the nodes of one circle, an empty list where there is none."""
    left = dict(edges)
    while True:
        ends = [one for one, needed in left.items() if left.keys().isdisjoint(needed)]
        if not ends:
            break
        for one in ends:
            del left[one]
    if not left:
        return []
    # Every node that is left leads to another that is.
    way: list[int] = []
    one = next(iter(left))
    while one not in way:
        way.append(one)
        one = next(other for other in left[one] if other in left)
    return way[way.index(one) :]
