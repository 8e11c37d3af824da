"""Does each room import only what it may? Read from the syntax, so that no import is missed."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest
from running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = "pytest_confluent_contracts"
SOURCES = sorted((ROOT / PACKAGE).rglob("*.py"))
PLUGIN = {"plugin", "items", "fixtures", "hooks", "options"}  # pytest, and only here
MAY_IMPORT = {
    "contract": set(),
    "documents": {"contract"},
    "clauses": {"contract"},
    "cases": {"contract"},
    "guard": {"contract"},
    "wire": {"guard", "contract"},
    "service": {"contract"},
    "faults": {"contract", "service"},
    "targets": {"guard", "wire", "service", "contract"},
    "campaign": {"clauses", "cases", "wire", "guard", "contract"},
    "proving": {"clauses", "cases", "faults", "targets", "campaign", "contract"},
    "report": {"contract"},
}


def room(path: Path) -> str:
    """Return the room that the file belongs to."""
    return path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST, *, everywhere: bool = True) -> Iterator[str]:
    """Yield the dotted names that *tree* imports; only on import of the module itself where not *everywhere*."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if everywhere or not (typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield from imported(node, everywhere=everywhere)


def own(names: Iterator[str]) -> set[str]:
    """Return the rooms among the imported names."""
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}


@pytest.mark.parametrize("path", [p for p in SOURCES if room(p) not in {"__init__", *PLUGIN}], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """No room knows more of the house than the table of walls allows; a new room needs its line there."""
    assert own(imported(ast.parse(path.read_text(encoding="utf-8")))) - {room(path)} <= MAY_IMPORT[room(path)]


@pytest.mark.parametrize("name", sorted(PLUGIN))
def test_the_plugin_imports_nothing_of_the_house_when_it_is_loaded(name: str) -> None:
    """Where pytest is met, the top level imports pytest and the standard library, and options, fixtures and hooks."""
    names = set(imported(ast.parse((ROOT / PACKAGE / f"{name}.py").read_text(encoding="utf-8")), everywhere=False))
    outside = {n.partition(".")[0] for n in names} - sys.stdlib_module_names - {"pytest", PACKAGE}
    assert (own(iter(names)) - {"options", "fixtures", "hooks"}, outside) == (set(), set())


def test_the_package_itself_imports_nothing() -> None:
    """Nothing is re-exported: the public interface is the modules."""
    assert list(imported(ast.parse((ROOT / PACKAGE / "__init__.py").read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [("hypothesis", {"cases"}), ("schemathesis", {"cases"}), ("respx", {"targets"}), ("pytest", PLUGIN), ("requests", set())],
)
def test_a_library_is_imported_in_its_room_only(library: str, rooms: set[str]) -> None:
    """Generators, the double of the network and pytest stay behind one wall each."""
    users = {room(p) for p in SOURCES if library in {n.partition(".")[0] for n in imported(ast.parse(p.read_text("utf-8")))}}
    assert users <= rooms


def test_only_the_guard_builds_a_transport() -> None:
    """All traffic passes the guard: nobody else names an HTTP transport of httpx."""
    transports = {"HTTPTransport", "AsyncHTTPTransport"}
    nodes = ((room(p), node) for p in SOURCES for node in ast.walk(ast.parse(p.read_text(encoding="utf-8"))))
    named = {place for place, node in nodes if {getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "name", "")} & transports}
    assert named == {"guard"}


def test_the_inside_of_pytest_is_named_for_types_only() -> None:
    """`_pytest` is no interface: it is not imported when anything runs."""
    inside = [p.name for p in SOURCES if any(n.startswith("_pytest") for n in running(ast.parse(p.read_text(encoding="utf-8"))))]
    assert inside == []


def running(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported when the code runs: functions too, but nothing under TYPE_CHECKING."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return imported(tree)
