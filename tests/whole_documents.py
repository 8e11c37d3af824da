"""What is a whole document of our own? Its operations, with the resources that they are about."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.resources import Resource, Role
from pytest_confluent_contracts.model.sources import SourceLocation

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation

FOLDER = Path(__file__).parent / "whole_documents"
HERE = SourceLocation("library.yaml", 1)
METHODS = ("get", "head", "post", "put", "patch", "delete")


def kind(name: str, collection: str, item: str, parameter: str, **more: Any) -> Resource:
    """Return a resource of the document, still without its operations."""
    about = {"id_member": "id" if parameter else "", "items": "", "roles": (), **more}
    return Resource("library", name, collection, item, parameter, place=HERE, **about)


SHELF = kind("shelf", "/shelves", "/shelves/{shelf_id}", "shelf_id", items="items[]")
SETTINGS = kind("settings", "", "/shelves/{shelf_id}/settings", "", parent="shelf")
BOOK = kind("book", "/shelves/{shelf_id}/books", "/shelves/{shelf_id}/books/{book_id}", "book_id",
            items="data[]", id_member="data.id", id_sent="data.id", parent="shelf")  # fmt: skip
JOB = kind("job", "/jobs", "/jobs/{job_id}", "job_id", items="[]")

ROLES: dict[str, tuple[Resource, Role]] = {
    "listShelves": (SHELF, Role.LIST),
    "createShelf": (SHELF, Role.CREATE),
    "readShelf": (SHELF, Role.READ),
    "headShelf": (SHELF, Role.READ),
    "replaceShelf": (SHELF, Role.REPLACE),
    "updateShelf": (SHELF, Role.UPDATE),
    "deleteShelf": (SHELF, Role.DELETE),
    "cleanShelf": (SHELF, Role.ACTION),
    "readSettings": (SETTINGS, Role.READ),
    "replaceSettings": (SETTINGS, Role.REPLACE),
    "listBooks": (BOOK, Role.LIST),
    "createBook": (BOOK, Role.CREATE),
    "readBook": (BOOK, Role.READ),
    "updateBook": (BOOK, Role.UPDATE),
    "deleteBook": (BOOK, Role.DELETE),
    "listJobs": (JOB, Role.LIST),
    "createJob": (JOB, Role.CREATE),
    "readJob": (JOB, Role.READ),
    "deleteJob": (JOB, Role.DELETE),
}


@lru_cache
def library() -> dict[str, Operation]:
    """Return the operations of `library.yaml` by their ids, each with its resource and role."""
    whole = yaml.safe_load((FOLDER / "library.yaml").read_text())
    found: dict[str, Operation] = {}
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                found[item[method]["operationId"]] = _read_alone(whole, path, method)
    return {id: _about(operation) for id, operation in found.items()}


def _read_alone(whole: dict[str, Any], path: str, method: str) -> Operation:
    """Return one operation, read as if it were the update of its path."""
    item = whole["paths"][path]
    alone = {"parameters": item.get("parameters", []), "patch": item[method]}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "library.yaml"
        file.write_text(json.dumps({**whole, "paths": {path: alone}}))
        [operation] = documents.read_document(file).operations
    return replace(operation, method=method.upper())


def _about(operation: Operation) -> Operation:
    resource, role = ROLES[operation.id]
    roles = [(one, id) for id, (other, one) in ROLES.items() if other is resource]
    return replace(operation, resource=replace(resource, roles=tuple(roles)), role=role)
