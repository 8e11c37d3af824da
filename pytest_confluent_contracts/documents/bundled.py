"""Which documents come with the package, and where do they lie?"""

from __future__ import annotations

from pathlib import Path

from pytest_confluent_contracts.model.sources import ContractError


def bundled_folder() -> Path:
    """Return the folder of the bundled documents: inside the package in a wheel, beside it in a checkout.

    The checkout comes first: an editable install leaves an old copy of ``specs`` inside site-packages (pypa/hatch#1627).
    """
    package = Path(__file__).parent.parent
    beside = package.parent / "specs"
    return (
        beside
        if (package.parent / "pyproject.toml").is_file() and beside.is_dir()
        else package / "specs"
    )


def bundled_documents() -> dict[str, Path]:
    """Return the bundled documents by name."""
    return {path.stem: path for path in sorted(bundled_folder().glob("*.yaml"))}


def find_document(name: str) -> Path:
    """Return the file of a document given by name or path; raise `ContractError` where there is none."""
    if name in (known := bundled_documents()):
        return known[name]
    if (path := Path(name)).is_file():
        return path.resolve()
    raise ContractError(f"no document {name!r}: give a file, or one of {', '.join(known)}")


def shown(path: Path) -> str:
    """Return how people name the file: ``specs/NAME`` for a bundled document, else relative to where they stand."""
    if path.parent == bundled_folder():
        return f"specs/{path.name}"
    cwd = Path.cwd()
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)
