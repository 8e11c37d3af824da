"""Which documents come with the package, and where do they lie?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_confluent_contracts.model.sources import ContractError


def bundled_folder() -> Path:
    """Return the folder of the bundled documents: in a wheel in the package, else beside it.

    The checkout comes first: an editable install leaves an old copy of ``specs`` inside
    site-packages (pypa/hatch#1627).
    """
    package = Path(__file__).parent.parent
    beside = package.parent / "specs"
    is_checkout = (package.parent / "pyproject.toml").is_file() and beside.is_dir()
    return beside if is_checkout else package / "specs"


def bundled_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema that lies beside the bundled documents as ``NAME.schema.json``."""
    path = bundled_folder() / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def bundled_documents() -> dict[str, Path]:
    """Return the bundled documents by name."""
    return {path.stem: path for path in sorted(bundled_folder().glob("*.yaml"))}


def find_document(name: str) -> Path:
    """Return the file of a document given by name or path.

    Raise `ContractError` where there is none.
    """
    known = bundled_documents()
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_file():
        return path.resolve()
    raise ContractError(f"no document {name!r}: give a file, or one of {', '.join(known)}")


def shown_path(path: Path) -> str:
    """Return how people name the file.

    That is ``specs/NAME`` for a bundled document, else the path from where they stand.
    """
    if path.parent == bundled_folder():
        return f"specs/{path.name}"
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
