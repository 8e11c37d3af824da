"""What was found wrong with a document so far, and what stands where while it is looked through?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.documents.circles import RecursiveReader
from pytest_confluent_contracts.documents.file_set import LINES_A_FILE, FileSet
from pytest_confluent_contracts.documents.lines import Node, RepeatedKey, nodes_in
from pytest_confluent_contracts.documents.loading import (
    load_document_with_repeated,
    load_with_repeated,
)
from pytest_confluent_contracts.documents.objects import SECTIONS, Part, misspelt, parts_of
from pytest_confluent_contracts.documents.references import (
    UnfollowedReference,
    UnresolvedReference,
)
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.model.flaws import Flaw, FlawKind
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from pytest_confluent_contracts.documents.file_set import LoadedFile
    from pytest_confluent_contracts.documents.schemas import Around
    from pytest_confluent_contracts.model.clauses import Quoted

# A reference to a component: the name of its section.
TO_COMPONENT = re.compile(r"#/components/([^/]+)/[^/]+$")
MOST_SCHEMAS = 20_000  # that a schema consists of, with each reference as what it leads to
# What a schema that is not as it should be is found out by, wherever that is not looked for: it is
# told where it is wrong, and nothing that follows from it is.
UNREADABLE_SCHEMA = (
    *(ContractError, AttributeError, TypeError, KeyError, ValueError, IndexError),
    RecursionError,
)


class Visit(NamedTuple):
    """An object of the document, and its kind."""

    kind: str
    node: Node


class BoundedReader(RecursiveReader):
    """Reads schemas that are no larger than can be held against in a while."""

    def json_schema_at(self, holder: Node, line: int, other_way: str = "") -> dict[str, Any]:
        """Return the JSON Schema at the member ``schema`` of *holder*, as `RecursiveReader` does.

        Raise `ContractError` where it is too large: a few lines can stand for billions of members.
        """
        self._count = 0
        return super().json_schema_at(holder, line, other_way)

    def merged(self, node: Any, around: Around) -> dict[str, Any]:
        """Return the schema of *node*, as `RecursiveReader` does, within the bound."""
        self._count += 1
        if self._count > MOST_SCHEMAS:
            raise self.source.error(self.source.at, "the schema is too large")
        return super().merged(node, around)


class FilesWithRepeatedKeys(FileSet):
    """The files of one document, read although a key of theirs is repeated."""

    def __init__(self, path: Path) -> None:
        self.repeated: list[RepeatedKey] = []
        super().__init__(path)

    def read_root(self, path: Path) -> Node:
        """Return the mapping in the file at *path*, and note its repeated keys."""
        root, repeated = load_with_repeated(path)
        self._note_repeated(repeated)
        return root

    def read_first(self, path: Path) -> Node:
        """Return the mapping of the document at *path*, and note its repeated keys."""
        root, repeated = load_document_with_repeated(path)
        self._note_repeated(repeated)
        return root

    def _note_repeated(self, repeated: list[RepeatedKey]) -> None:
        before = len(self._files) * LINES_A_FILE
        self.repeated += [key._replace(line=before + key.line) for key in repeated]


class Inspection:
    """One look through one document; gathers what is wrong with it, each thing once."""

    def __init__(self, path: Path) -> None:
        self.files = FilesWithRepeatedKeys(path)
        self.source = SourceFile(self.files)
        self.schemas = BoundedReader(self.source)
        self.is_3_0 = str(self.source.root.get("openapi")).startswith("3.0")
        self.flawed: set[int] = set()  # the ids of nodes with which something is wrong
        self._found: dict[Hashable, tuple[FlawKind, str, Quoted, Quoted, set[int]]] = {}
        self._lines: dict[int, int] = {}
        self._numbered: set[str] = set()

    # --- what is wrong ----------------------------------------------------------------------------

    def tell(
        self,
        kind: FlawKind,
        line: int,
        subject: str = "",
        *,
        observed: Quoted = "",
        expected: Quoted = "",
        node: Node | None = None,
        cause: Hashable = None,
    ) -> None:
        """Note a flaw at *line*, in *node*.

        Flaws of one kind that have one *cause* are one flaw in several places.
        """
        key = (kind, line, subject) if cause is None else (kind, cause)
        known = self._found.setdefault(key, (kind, subject, observed, expected, set()))
        known[-1].add(line)
        if node is not None:
            self.flawed.add(id(node))

    def is_told(self, kind: FlawKind, cause: Hashable) -> bool:
        """Return whether a flaw of this *kind* and *cause* is told."""
        return (kind, cause) in self._found

    def flaws(self) -> list[Flaw]:
        """Return what is wrong, by file and line; files in the order in which they were read."""
        found: list[tuple[int, Flaw]] = []
        for kind, subject, observed, expected, lines in self._found.values():
            first, *others = sorted(lines)
            places = tuple(self.source.location(line) for line in others)
            place = self.source.location(first)
            found.append((first, Flaw(kind, place, subject, observed, expected, places)))
        found.sort(key=lambda one: (one[0], one[1].kind))
        return [flaw for _, flaw in found]

    # --- what stands where ------------------------------------------------------------------------

    def key_line(self, node: Node) -> int:
        """Return the line of the key under which *node* stands; of a list's item, its own."""
        file = self.files.file_at(node.line)
        if file.name not in self._numbered:
            self._numbered.add(file.name)
            self._number_keys(file)
        return self._lines.get(id(node), node.line)

    def _number_keys(self, file: LoadedFile) -> None:
        for holder in nodes_in(file.root):
            for key, value in holder.items():
                if isinstance(value, Node):
                    self._lines.setdefault(id(value), holder.line_of(key))

    def objects(self) -> Iterator[Visit]:
        """Yield every object that stands in the document, or is referred to, each once.

        References that lead nowhere, and what is no object where one is due, are told.
        """
        seen: set[tuple[str, int]] = set()
        waiting = [Visit("openapi", self.source.root)]
        while waiting:
            visit = waiting.pop()
            key = (visit.kind, id(visit.node))
            if key in seen:
                continue
            seen.add(key)
            yield visit
            # The last one comes first from the list: what is found stands in the file's order.
            waiting += reversed(list(self._below(visit)))

    def _below(self, visit: Visit) -> Iterator[Visit]:
        target = self.referenced(visit.kind, visit.node)
        if target is not None:
            yield Visit(visit.kind, target)
        if self.is_reference(visit.kind, visit.node):
            return
        for part in parts_of(visit.kind, visit.node):
            if isinstance(part.value, Node):
                yield Visit(part.kind, part.value)
            elif not self._may_be_boolean(part):
                self.tell(FlawKind.NOT_AN_OBJECT, part.line, part.key, node=visit.node)

    def _may_be_boolean(self, part: Part) -> bool:
        if part.kind != "schema" or not isinstance(part.value, bool):
            return False
        return not self.is_3_0 or part.key in ("additionalProperties",)

    # --- references -------------------------------------------------------------------------------

    def is_reference(self, kind: str, node: Node) -> bool:
        """Return whether *node* is nothing but a reference: what stands beside it means nothing."""
        if not isinstance(node.get("$ref"), str) or kind == "path item":
            return False
        return kind != "schema" or self.is_3_0

    def referenced(self, kind: str, node: Node) -> Node | None:
        """Return the object of this *kind* that *node* refers to, None where there is none.

        Tell a reference that leads nowhere, or to something else.
        """
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return None
        line = node.line_of("$ref")
        section = TO_COMPONENT.search(reference)
        is_other = section is not None and section[1] in SECTIONS.values()
        if section is not None and is_other and SECTIONS.get(kind) != section[1]:
            found = {"observed": section[1], "expected": SECTIONS.get(kind, kind)}
            self.tell(FlawKind.WRONG_REFERENCE, line, reference, node=node, **found)
            return None
        return self._target(kind, node, reference, line)

    def _target(self, kind: str, node: Node, reference: str, line: int) -> Node | None:
        target = self.value_at(reference, node, line)
        if target is None or (kind == "schema" and isinstance(target, bool)):
            return None
        if isinstance(target, Node):
            return target
        self.flawed.add(id(node))
        if TO_COMPONENT.search(reference) is None:  # else it is told where it stands
            self.tell(FlawKind.WRONG_REFERENCE, line, reference, expected=kind)
        return None

    def value_at(self, reference: str, holder: Node, line: int) -> Any:
        """Return what *reference* in *holder* leads to, None where nothing can be read there."""
        try:
            return self.source.references.target(reference, holder)
        except UnfollowedReference:
            return None
        except UnresolvedReference:
            section = TO_COMPONENT.search(reference)
            if section is not None and self.is_misspelt_section(section[1]):
                return None
            file = self.files.file_at(line).name
            told = FlawKind.DANGLING_REFERENCE
            self.tell(told, line, reference, node=holder, cause=(reference, file))
        except ContractError as error:
            self.flawed.add(id(holder))
            self.tell(FlawKind.UNREADABLE_FILE, line, reference, observed=str(error))
        return None

    def is_misspelt_section(self, name: str) -> bool:
        """Return whether the components called *name* stand under a key that is misspelt."""
        components = self.source.root.get("components")
        return isinstance(components, Node) and bool(misspelt(name, components))

    def resolved(self, stated: Any) -> Node | None:
        """Return the object at *stated*, its references followed, None where that leads nowhere."""
        if not isinstance(stated, Node):
            return None
        try:
            return self.source.resolve(stated, stated.line)
        except ContractError:
            return None

    def schema_at(self, holder: Node, other_way: str = "") -> dict[str, Any] | None:
        """Return the JSON Schema at the member ``schema`` of *holder*, None where it is unreadable.

        *other_way* is the keyword of what travels the other way only.
        """
        try:
            return self.schemas.json_schema_at(holder, holder.line, other_way)
        except UNREADABLE_SCHEMA:
            return None
