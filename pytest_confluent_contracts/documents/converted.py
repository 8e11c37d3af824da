"""Which OpenAPI does a page say? All that was understood of it, as a document of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.documents.openapi import read_document
from pytest_confluent_contracts.documents.source_file import SourceFile
from pytest_confluent_contracts.documents.yaml_writing import write_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import UnreadOperation


def converted_document(path: Path) -> tuple[str, Sequence[UnreadOperation]]:
    """Return what the page at *path* says as OpenAPI in YAML, and the operations not understood.

    An OpenAPI document comes out as it was read. Raise `ContractError` with its line where none of
    the operations that are held can be understood, or the file says no OpenAPI.
    """
    source = SourceFile(FileSet(path))
    root = source.root
    source.check_version()
    source.mapping(root, "info")
    items = source.mapping(root, "paths").values()
    unread: Sequence[UnreadOperation] = ()
    if any(isinstance(item, Node) and "patch" in item for item in items):
        unread = read_document(path).unread
    return write_yaml(root), unread
