"""Which files is a document written in, and where does a line of theirs stand?

A document is one file, and those that its references name. While it is read, each line has one
number over all of them, so that a plain number says the file too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.bundled import shown_path
from pytest_confluent_contracts.documents.lines import shift_lines
from pytest_confluent_contracts.documents.loading import load, load_document
from pytest_confluent_contracts.model.sources import SourceLocation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_confluent_contracts.documents.lines import Node

# The lines of a first file begin with 1, of a second with 10,000,001: none has so many.
LINES_A_FILE = 10_000_000


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file of a document: how people name it, and what its relative references go out from."""

    path: Path
    name: str
    root: Node
    base: str


class FileSet:
    """The files of one document, the first of them the one that was named."""

    def __init__(self, path: Path) -> None:
        self._files: list[LoadedFile] = []
        self.first = self._added(path, self.read_first(path), "")

    def add(self, path: Path, base: str = "") -> LoadedFile:
        """Load *path*, and return it with its lines numbered behind those of the files before.

        Its references go out from *base*, by default from the file itself. Raise `ContractError`
        where it cannot be read.
        """
        return self._added(path, self.read_root(path), base)

    def read_first(self, path: Path) -> Node:
        """Return the mapping of the document at *path*, or page; raise `ContractError`."""
        return load_document(path)

    def _added(self, path: Path, root: Node, base: str) -> LoadedFile:
        shift_lines(root, len(self._files) * LINES_A_FILE)
        added = LoadedFile(path, shown_path(path), root, base or path.resolve().as_uri())
        self._files.append(added)
        return added

    def read_root(self, path: Path) -> Node:
        """Return the mapping in the file at *path*; raise `ContractError`."""
        return load(path)

    def file_at(self, line: int) -> LoadedFile:
        """Return the file in which *line* stands."""
        return self._files[(line - 1) // LINES_A_FILE]

    def location(self, line: int) -> SourceLocation:
        """Return *line* as people count it: in its own file, from 1."""
        if line < 1:
            return SourceLocation(self.first.name, line)
        return SourceLocation(self.file_at(line).name, (line - 1) % LINES_A_FILE + 1)

    def find(self, path: Path) -> LoadedFile | None:
        """Return the file that lies at *path*, None where it was not loaded."""
        return next((one for one in self._files if one.path.resolve() == path), None)

    def __iter__(self) -> Iterator[LoadedFile]:
        """Yield the files in the order in which they were loaded."""
        return iter(self._files)
