"""Do paths, their parameters and their operations fit each other?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.documents.objects import METHODS, misspelt
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.paths import template_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.documents.inspection import Inspection, Visit

MOST_PARAMETERS = 1_000  # as many as anybody may have meant
VARIABLE = re.compile(r"\{[^{}/]+\}")


class Listed(NamedTuple):
    """A parameter as a list has it, and what it is: a reference, and where that leads."""

    stated: Node
    node: Node

    @property
    def name(self) -> str:
        """Return the name that it has, ``""`` where it has none."""
        stated = self.node.get("name")
        return stated if isinstance(stated, str) else ""


class PathCheck:
    """Looks at the paths of one document."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._lines_of_ids: dict[str, int] = {}
        # The path item of each operation, by the id of its node.
        self._items: dict[int, Node] = {}

    def operation_parameters(self, operation: Node) -> set[str] | None:
        """Return the names by which a link may call a parameter: ``id``, and ``path.id``.

        None where one of them cannot be read.
        """
        names: set[str] = set()
        for holder in (self._items.get(id(operation), Node(operation.line)), operation):
            if self._unread_count(holder):
                return None
            for one in self._listed(holder):
                names |= {one.name, f"{one.node.get('in')}.{one.name}"}
        return names

    def template_variables(self, operation: Node) -> set[str] | None:
        """Return the variables of the path of *operation*, None where it has no path here."""
        item = self._items.get(id(operation))
        stated = self._inspection.source.root.get("paths")
        for path, one in stated.items() if isinstance(stated, Node) else ():
            if item is not None and self._inspection.resolved(one) is item:
                return set(template_names(path))
        return None

    def check(self, visit: Visit) -> None:
        """Tell what is wrong with a path item or an operation, wherever it stands."""
        if visit.kind == "path item":
            self._tell_duplicates(visit.node)
            for method in METHODS:
                self._items[id(visit.node.get(method))] = visit.node
        elif visit.kind == "operation":
            self._tell_duplicates(visit.node)
            self._tell_repeated_id(visit.node)

    def check_paths(self) -> None:
        """Tell what is wrong with the templates of the document's paths."""
        stated = self._inspection.source.root.get("paths")
        if not isinstance(stated, Node):
            return
        known: dict[str, str] = {}
        for path in stated:
            if not path.startswith("/"):  # told as no path at all, or an extension
                continue
            line = stated.line_of(path)
            shape = VARIABLE.sub("{}", path)
            if shape in known:
                told = FlawKind.SAME_PATH
                self._inspection.tell(told, line, path, observed=known[shape])
            known.setdefault(shape, path)
            if _has_open_brace(shape):
                self._inspection.tell(FlawKind.PATH_TEMPLATE, line, path)
                continue
            self._check_variables(path, line, stated[path])

    # --- parameters -------------------------------------------------------------------------------

    def _listed(self, holder: Any) -> Iterator[Listed]:
        """Yield the parameters that *holder* lists, without those that lead nowhere."""
        stated = holder.get("parameters") if isinstance(holder, Node) else None
        for one in stated if isinstance(stated, list) else ():
            node = self._inspection.resolved(one)
            if node is not None:
                yield Listed(one, node)

    def _unread_count(self, holder: Node) -> int:
        """Return how many parameters of *holder* cannot be read: any may be the one that is due."""
        stated = holder.get("parameters")
        if "parameters" not in holder and misspelt("parameters", holder):
            return MOST_PARAMETERS
        length = len(stated) if isinstance(stated, list) else 0
        return length - sum(bool(one.name) for one in self._listed(holder))

    def _tell_duplicates(self, holder: Node) -> None:
        known: set[tuple[str, str]] = set()
        for one in self._listed(holder):
            location = str(one.node.get("in"))
            # Headers are known in any case (RFC 9110 5.1).
            name = one.name.lower() if location == "header" else one.name
            if name and (name, location) in known:
                told = FlawKind.DUPLICATE_PARAMETER
                self._inspection.tell(told, one.stated.line, one.name, observed=location)
            known.add((name, location))

    def _check_variables(self, path: str, line: int, stated: Any) -> None:
        """Tell variables of *path* without a parameter, and parameters without a variable.

        Where one is called otherwise than the other, that is one flaw: the parameter's.
        """
        item = self._inspection.resolved(stated)
        if item is None:
            return
        beside = stated if stated is not item else Node(stated.line)
        variables = set(template_names(path))
        of_item = {*self._path_parameters(item), *self._path_parameters(beside)}
        excess = self._tell_excess(item, variables) + self._tell_excess(beside, variables)
        lacking: dict[str, list[int]] = {}
        operations = [(method, item[method]) for method in METHODS if method in item]
        for method, stated_operation in operations:
            operation = self._inspection.resolved(stated_operation)
            if operation is None:
                continue
            spare = excess + self._tell_excess(operation, variables)
            spare += self._unread_count(item) + self._unread_count(operation)
            declared = of_item | self._path_parameters(operation)
            missing = [name for name in template_names(path) if name not in declared]
            for name in missing[spare:]:
                lacking.setdefault(name, []).append(item.line_of(method))
        for name, lines in lacking.items():
            told = FlawKind.UNDECLARED_PATH_PARAMETER
            for where in [line] if len(lines) == len(operations) else lines:
                self._inspection.tell(told, where, name, observed=path)

    def _path_parameters(self, holder: Node) -> set[str]:
        """Return the names of the parameters that stand in the path, or who knows where."""
        names: set[str] = set()
        for one in self._listed(holder):
            if one.node.get("in") not in ("query", "header", "cookie"):
                names.add(one.name)
        return names

    def _tell_excess(self, holder: Node, variables: set[str]) -> int:
        """Tell the path parameters of *holder* that the path has not, and return their number."""
        count = 0
        for one in self._listed(holder):
            if one.node.get("in") == "path" and one.name and one.name not in variables:
                count += 1
                told, found = FlawKind.PATH_PARAMETER, sorted(variables)
                line = one.stated.line
                self._inspection.tell(told, line, one.name, expected=tuple(found))
        return count

    # --- operations -------------------------------------------------------------------------------

    def _tell_repeated_id(self, node: Node) -> None:
        stated = node.get("operationId")
        if not isinstance(stated, str):
            return
        line = node.line_of("operationId")
        if stated in self._lines_of_ids:
            known = self._inspection.source.location(self._lines_of_ids[stated])
            told = FlawKind.DUPLICATE_OPERATION_ID
            self._inspection.tell(told, line, stated, observed=str(known))
        self._lines_of_ids.setdefault(stated, line)


def _has_open_brace(shape: str) -> bool:
    """Return whether a brace of *shape*, a template without names, has no other to close it."""
    bare = shape.replace("{}", "")
    return "{" in bare or "}" in bare
