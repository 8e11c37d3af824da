"""Does each room import only what it may? Read from the syntax, so that no import is missed."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest
from running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import UnionType

PACKAGE = "pytest_confluent_contracts"
# What every run of pytest loads of `plugin`; the rest of it is loaded where a run has a target.
ALWAYS = {"", "clients", "options", "fixtures", "hooks", "stash"}
MAY_IMPORT = {
    "model": set(),
    "documents": {"model"},
    "clauses": {"model"},
    "cases": {"model"},
    "http": {"model"},
    "run": {"cases", "clauses", "http", "model"},
    "double": {"model"},
    "double.proving": {"run", "cases", "clauses", "http", "model"},
    "clients": {"documents", "clauses", "http", "double", "report", "model"},
    "report": {"model"},
    "waivers": {"model"},
    "plugin": {
        "documents",
        "clauses",
        "clients",
        "cases",
        "http",
        "run",
        "double",
        "report",
        "waivers",
        "model",
    },
    "__main__": {"documents", "clauses", "clients", "http", "report", "model"},
}


@dataclass(frozen=True)
class Source:
    """One file of the package: its room, the name of its module within the package, and its text."""

    room: str
    module: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the syntax of the file."""
        return ast.parse(self.text)

    @classmethod
    def of(cls, path: Path) -> Source:
        """Return the source in *path*."""
        text = path.read_text(encoding="utf-8")
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        within = module.removeprefix(PACKAGE).removeprefix(".")
        room = within.partition(".")[0] or "__init__"
        return cls(room, within, text)


@cache
def sources() -> tuple[Source, ...]:
    """Return every file of the package, each read once."""
    return tuple(map(Source.of, sorted((ROOT / PACKAGE).rglob("*.py"))))


@cache
def imported(
    tree: ast.AST, *, inside_functions: bool = True, for_types: bool = True
) -> tuple[str, ...]:
    """Return the dotted names that *tree* imports; *for_types*: those under TYPE_CHECKING too."""
    return tuple(imports_in(tree, inside_functions, for_types))


def imports_in(tree: ast.AST, inside_functions: bool, for_types: bool) -> Iterator[str]:
    """Yield what `imported` returns."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_for_types = isinstance(node, ast.If) and is_type_checking(node.test)
        if (is_function and not inside_functions) or (is_for_types and not for_types):
            continue
        yield from imports_in(node, inside_functions, for_types)


def is_type_checking(test: ast.expr) -> bool:
    """Return whether a condition is TYPE_CHECKING."""
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def rooms_of(names: Iterable[str]) -> set[str]:
    """Return the rooms among the imported names."""
    return {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}


def libraries_of(names: Iterable[str]) -> set[str]:
    """Return the top-level packages among the imported names."""
    return {name.partition(".")[0] for name in names}


# --- rooms -----------------------------------------------------------------------------------------------------------

WALLED = [source for source in sources() if source.room != "__init__"]


@pytest.mark.parametrize("source", WALLED, ids=lambda source: source.module)
def test_a_room_imports_only_what_it_may(source: Source) -> None:
    """No room knows more of the house than the table of walls allows; a new room needs its line there."""
    allowed = MAY_IMPORT.get(source.module, MAY_IMPORT[source.room])
    assert rooms_of(imported(source.tree)) - {source.room} <= allowed


PLUGIN = [source for source in sources() if source.room == "plugin"]


@pytest.mark.parametrize("source", PLUGIN, ids=lambda source: source.module)
def test_the_plugin_imports_next_to_nothing_of_the_house_when_it_is_loaded(source: Source) -> None:
    """At its top level: pytest, the standard library, its own, and where a run has a target the words and saved states."""
    names = set(imported(source.tree, inside_functions=False, for_types=False))
    outside = libraries_of(names) - sys.stdlib_module_names - {"pytest", PACKAGE}
    name = source.module.removeprefix("plugin").removeprefix(".")
    allowed = {"plugin"} if name in ALWAYS else {"plugin", "model", "run"}
    assert (rooms_of(names) - allowed, outside) == (set(), set())


def test_what_every_run_loads_of_the_plugin_is_little() -> None:
    """Options, fixtures, hooks and the keys of the stash import each other, and no other part of the plugin."""
    for source in PLUGIN:
        name = source.module.removeprefix("plugin").removeprefix(".")
        if name in ALWAYS:
            names = imported(source.tree, inside_functions=False, for_types=False)
            own = {
                name.removeprefix(f"{PACKAGE}.plugin.")
                for name in names
                if name.startswith(f"{PACKAGE}.plugin.")
            }
            assert {part.partition(".")[0] for part in own} <= ALWAYS, source.module


def test_the_package_itself_imports_nothing() -> None:
    """Nothing is re-exported: the public interface is the modules."""
    [package] = [source for source in sources() if source.room == "__init__"]
    assert imported(package.tree) == ()


def test_the_words_need_the_standard_library_alone() -> None:
    """`model` is imported by every room, and in a process that has nothing else.

    What reads structured fields is imported where one came, and nowhere before.
    """
    for source in sources():
        if source.room == "model":
            known = sys.stdlib_module_names | {PACKAGE}
            at_once = imported(source.tree, inside_functions=False)
            assert libraries_of(at_once) <= known, source.module
            assert libraries_of(imported(source.tree)) <= known | {"http_sf"}, source.module


# --- circles ---------------------------------------------------------------------------------------------------------


def arrows(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Return which of the modules each one imports when anything runs, function-level imports included."""
    return {
        module: {
            target for name in imported(tree, for_types=False) if (target := module_of(name, trees))
        }
        for module, tree in trees.items()
    }


def module_of(name: str, trees: Mapping[str, ast.Module]) -> str:
    """Return the module that an imported name is, or stands in; ``""`` where it is none of ours."""
    if name in trees:
        return name
    around = name.rpartition(".")[0]
    return around if around in trees else ""


def circle_in(trees: Mapping[str, ast.Module]) -> list[str]:
    """Return the modules of one circle of imports, an empty list where there is none."""
    try:
        TopologicalSorter(arrows(trees)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_the_imports_run_in_no_circle() -> None:
    """A reader can follow them downwards; an import inside a function is one too."""
    trees = {f"{PACKAGE}.{source.module}".removesuffix("."): source.tree for source in sources()}
    assert circle_in(trees) == []


CIRCLES = {
    "at the top": {"p.a": "from p import b", "p.b": "from p.a import X"},
    "inside a function": {"p.a": "from p import b", "p.b": "def f():\n    from p.a import X"},
    "over a third": {"p.a": "import p.b", "p.b": "import p.c", "p.c": "import p.a"},
}
STRAIGHT = {
    "one way": {"p.a": "from p import b", "p.b": "import json"},
    "types only": {"p.a": "from p import b", "p.b": "if TYPE_CHECKING:\n    from p.a import X"},
}


@pytest.mark.parametrize("texts", CIRCLES.values(), ids=CIRCLES)
def test_a_circle_would_be_seen(texts: dict[str, str]) -> None:
    """The test above can fail: at the top, inside a function, over a third module."""
    assert circle_in({module: ast.parse(text) for module, text in texts.items()})


@pytest.mark.parametrize("texts", STRAIGHT.values(), ids=STRAIGHT)
def test_what_is_no_circle_is_not_called_one(texts: dict[str, str]) -> None:
    """A name that is imported for types alone is never followed when anything runs."""
    assert not circle_in({module: ast.parse(text) for module, text in texts.items()})


# --- libraries -------------------------------------------------------------------------------------------------------

HOMES = {
    "hypothesis": {"cases"},
    "schemathesis": {"cases"},
    "respx": {"http.targets", "clients.mocking"},
    "httpx": {
        *("http.targets", "http.guard", "http.client", "http.connections"),
        *("http.answering", "http.in_process", "http.asgi", "http.wsgi", "http.whole_answer"),
        "clients.mocking",
    },
    "uvicorn": {"clients.serving"},
    "yaml": {"documents", "http.recorded"},
    "pytest": {"plugin"},
    "http_sf": {"model.structured_fields"},
    "markdown_it": {"documents"},
}


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_room_only(library: str) -> None:
    """Generators, the client, the double of the network and pytest each stay behind one wall."""
    for source in sources():
        if library in libraries_of(imported(source.tree)):
            assert HOMES[library] & {source.room, source.module}, source.module


# What decides whether a request goes does not know what sends it, nor that what opens it.
WITHIN_HTTP: dict[str, set[str]] = {
    "raised": set(),
    "tls": {"raised"},
    "guard": {"connections", "tls"},
    "additions": {"guard", "raised", "redaction"},
    "connections": set(),
    "redaction": {"guard"},
    "strict_json": set(),
    "codings": {"strict_json"},
    "quota_ledger": set(),
    "answering": {"guard"},
    "in_process": set(),
    "whole_answer": set(),
    "asgi": {"in_process", "raised"},
    "wsgi": {"in_process", "raised"},
    "applications": {"in_process", "raised", "asgi", "wsgi"},
    "client": {
        *("guard", "connections", "codings", "redaction", "strict_json", "in_process"),
        *("tls", "additions", "raised"),
    },
    "recorded": {"redaction", "strict_json"},
    "targets": {
        *("guard", "client", "connections", "redaction", "quota_ledger", "in_process"),
        *("tls", "additions", "whole_answer"),
    },
}


@pytest.mark.parametrize("name", WITHIN_HTTP)
def test_within_http_the_guard_comes_first(name: str) -> None:
    """A module of `http` imports those before it, and no other of the room."""
    [source] = [source for source in sources() if source.module == f"http.{name}"]
    prefix = f"{PACKAGE}.http."
    own = {one.removeprefix(prefix) for one in imported(source.tree) if one.startswith(prefix)}
    assert {one.partition(".")[0] for one in own} <= WITHIN_HTTP[name]


def test_every_module_of_http_has_its_walls() -> None:
    """A new module of the room needs its line in the table."""
    modules = {source.module for source in sources() if source.module.startswith("http.")}
    assert modules == {f"http.{name}" for name in WITHIN_HTTP}


def test_only_the_guard_builds_a_transport() -> None:
    """All traffic passes the guard: nobody else names an HTTP transport of httpx."""
    builders = {
        source.module for source in sources() if any(map(is_transport, ast.walk(source.tree)))
    }
    assert builders == {"http.guard"}


def is_transport(node: ast.AST) -> bool:
    """Return whether *node* is the name of what opens connections."""
    names = {getattr(node, part, None) for part in ("attr", "id", "name")}
    openers = {
        "HTTPTransport",
        "AsyncHTTPTransport",
        "HTTPConnection",
        "create_connection",
        "urlopen",
    }
    return bool(names & openers)


def test_the_inside_of_pytest_is_named_for_types_only() -> None:
    """`_pytest` is no interface: it is not imported when anything runs."""
    for source in sources():
        names = imported(source.tree, for_types=False)
        assert not [name for name in names if name.startswith("_pytest")], source.module


def test_sentences_about_findings_are_made_by_the_report_alone() -> None:
    """Judges and the run hand on data; only `report` has the table of sentences."""
    table = f"{PACKAGE}.report.sentences"
    users = {
        source.room
        for source in sources()
        if any(f"{name}.".startswith(f"{table}.") for name in imported(source.tree))
    }
    assert "report" in users
    assert users <= {"report", "plugin"}


# --- room to read ----------------------------------------------------------------------------------------------------

MOST_COLUMNS = 100
MOST_BRANCHES = 12
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
FORKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.ExceptHandler | ast.match_case | ast.IfExp


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module or PACKAGE)
def test_a_line_fits_beside_another(source: Source) -> None:
    """Two files stand side by side on a screen: at most 100 columns."""
    lines = enumerate(source.text.splitlines(), 1)
    assert [number for number, line in lines if len(line) > MOST_COLUMNS] == []


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.module or PACKAGE)
def test_a_function_can_be_read_once(source: Source) -> None:
    """At most 12 branches, never one a line, nothing folded into itself."""
    assert list(folded_in(source.tree)) == []


def folded_in(tree: ast.Module) -> Iterator[str]:
    """Yield what a reader of *tree* would have to read twice, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            branches, lines = branches_of(node), lines_of(node)
            if branches > MOST_BRANCHES or branches > lines:
                yield f"{node.lineno}: {node.name} has {branches} branches on {lines} lines"
        if isinstance(node, ast.IfExp) and holds(node, ast.IfExp):
            yield f"{node.lineno}: a conditional expression in another"
        if isinstance(node, COMPREHENSIONS) and holds(node, COMPREHENSIONS):
            yield f"{node.lineno}: a comprehension in another"


def holds(node: ast.AST, kind: type | UnionType) -> bool:
    """Return whether something of *kind* stands inside *node*."""
    inside = (inner for child in ast.iter_child_nodes(node) for inner in ast.walk(child))
    return any(isinstance(inner, kind) for inner in inside)


def branches_of(function: ast.AST) -> int:
    """Return the branches of *function*, conditional expressions, `and`, `or` and comprehensions counted.

    Each `for` and each `if` of a comprehension is one; functions inside it are counted by themselves.
    """
    count = 0
    for node in ast.iter_child_nodes(function):
        if isinstance(node, FUNCTIONS):
            continue
        if isinstance(node, FORKS):
            count += 1
        elif isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += 1 + len(node.ifs)
        count += branches_of(node)
    return count


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of *function* without those of its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        told = function.body[0]
        lines -= (told.end_lineno or told.lineno) - told.lineno + 1
    return lines


FOLDED = {
    "a branch a line": "def f(a, b, c):\n    return a and b or c if a else b or c",
    "too many branches": "def f(a):\n" + "    if a:\n        a += 1\n" * 13,
    "nested conditional expressions": "x = 1 if a else 2 if b else 3",
    "nested comprehensions": "x = [[b for b in a] for a in c]",
}
UNFOLDED = {
    "twelve branches": "def f(a):\n" + "    if a:\n        a += 1\n" * 12,
    "a branch in a function of its own": "def f(a):\n    def g(b):\n        return b or a\n    return g",
    "one conditional expression": "x = 1 if a else 2",
    "one comprehension": "x = [a for a in b]",
}


@pytest.mark.parametrize("text", FOLDED.values(), ids=FOLDED)
def test_what_is_folded_would_be_seen(text: str) -> None:
    """The limit above can be broken."""
    assert list(folded_in(ast.parse(text)))


@pytest.mark.parametrize("text", UNFOLDED.values(), ids=UNFOLDED)
def test_what_is_not_folded_passes(text: str) -> None:
    """What comes closest to it is fine."""
    assert not list(folded_in(ast.parse(text)))
