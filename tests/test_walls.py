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
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / PACKAGE).rglob("*.py"))}
# What every run of pytest loads, and what only a run with a target does: who knows pytest.
ALWAYS = {"plugin", "options", "fixtures", "hooks"}
ASKED = {"session", "settings", "gate", "items", "controller", "junit", "keeping", "progress"}
PLUGIN = ALWAYS | ASKED
AT_THE_TOP = dict.fromkeys(ALWAYS, ALWAYS) | dict.fromkeys(ASKED, PLUGIN | {"contract"})
MAY_IMPORT = {
    "contract": set(),
    "documents": {"contract"},
    "clauses": {"contract"},
    "cases": {"contract"},
    "guard": {"contract"},
    "wire": {"guard", "contract"},
    "service": {"contract"},
    "faults": {"contract", "service"},
    "quota_ledger": {"model"},
    "targets": {"guard", "wire", "service", "quota_ledger"},
    "access": {"cases", "targets"},
    "campaign": {"clauses", "cases", "wire", "guard", "targets", "contract"},
    "proving": {"clauses", "faults", "service", "targets", "access", "campaign", "contract"},
    "planning": {"cases", "gate", "contract"},
    "waivers": {"contract"},
    "recorded": {"guard", "wire", "contract"},
    "__main__": {"documents", "clauses", "recorded", "wire", "report", "contract"},
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


ROOMS = [path for path in SOURCES if room(path) not in {"__init__", *PLUGIN}]


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT / PACKAGE)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """No room knows more of the house than the table of walls allows; a new room needs its line there."""
    assert own(imported(ast.parse(SOURCES[path]))) - {room(path)} <= MAY_IMPORT[room(path)]


@pytest.mark.parametrize("name", sorted(PLUGIN))
def test_the_plugin_imports_next_to_nothing_of_the_house_when_it_is_loaded(name: str) -> None:
    """Where pytest is met, the top level imports pytest, the standard library, what does so too, and at most the words."""
    names = set(imported(ast.parse(SOURCES[ROOT / PACKAGE / f"{name}.py"]), everywhere=False))
    outside = {dotted.partition(".")[0] for dotted in names} - sys.stdlib_module_names - {"pytest", PACKAGE}
    assert (own(iter(names)) - AT_THE_TOP[name], outside) == (set(), set())


def test_the_package_itself_imports_nothing() -> None:
    """Nothing is re-exported: the public interface is the modules."""
    assert list(imported(ast.parse(SOURCES[ROOT / PACKAGE / "__init__.py"]))) == []


HOMES = {
    "hypothesis": {"cases"},
    "schemathesis": {"cases"},
    "respx": {"targets"},
    "httpx": {"targets", "guard", "wire"},
    "pytest": {"planning", *PLUGIN},
}


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_room_only(library: str) -> None:
    """Generators, the client, the double of the network and pytest each stay behind one wall."""
    users = {room(p) for p, text in SOURCES.items() if library in {n.split(".")[0] for n in imported(ast.parse(text))}}
    assert users <= HOMES[library]


def test_only_the_guard_builds_a_transport() -> None:
    """All traffic passes the guard: nobody else names an HTTP transport of httpx."""
    named = {room(p) for p, text in SOURCES.items() for node in ast.walk(ast.parse(text)) if transport(node)}
    assert named == {"guard"}


def transport(node: ast.AST) -> bool:
    """Return whether *node* is the name of what opens connections."""
    names = {getattr(node, part, None) for part in ("attr", "id", "name")}
    return bool(names & {"HTTPTransport", "AsyncHTTPTransport", "HTTPConnection", "create_connection", "urlopen"})


def test_the_inside_of_pytest_is_named_for_types_only() -> None:
    """`_pytest` is no interface: it is not imported when anything runs."""
    inside = {p.name for p, text in SOURCES.items() for n in at_run_time(ast.parse(text)) if n.startswith("_pytest")}
    assert inside == set()


def at_run_time(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported when the code runs: functions too, but nothing under TYPE_CHECKING."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return imported(tree)
