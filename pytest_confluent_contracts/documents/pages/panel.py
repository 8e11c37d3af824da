"""What does a page say that was saved as text, with a panel of YAML in it?

The panel holds the ``paths:`` of an OpenAPI document, and mostly nothing else: the servers and the
body that is shown stand inside the operations, and the security schemes are named and not defined.
A file that is the bare fragment is a page without prose. Where a page has several panels, their
paths are put together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import (
    Node,
    UnreadableText,
    nodes_in,
    own_copy,
    remove_member,
    set_member,
    shift_lines,
)
from pytest_confluent_contracts.documents.pages.panel_end import check_end, check_servers
from pytest_confluent_contracts.documents.pages.panel_prose import (
    add_response_headers,
    page_title,
)
from pytest_confluent_contracts.documents.pages.panel_schemes import add_told_schemes
from pytest_confluent_contracts.documents.yaml_text import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_VALUES = 30_000  # with each alias counted as what it stands for; a page has some thousand
MOST_PANELS = 200
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TOP_KEYS = (
    *("openapi", "info", "servers", "tags", "paths", "components", "security", "externalDocs"),
    *("webhooks", "jsonSchemaDialect"),
)
HEAD_KEYS = ("openapi", "info", "servers")
# What a file with one of these at its top says is no page.
OTHER_FORMATS = ("openapi", "swagger", "overlay")
TOP_KEY = re.compile(rf"[\"']?(?:{'|'.join(TOP_KEYS)}|x-[\w.-]+)[\"']?\s*:(?:\s|$)")
PATHS_KEY = re.compile(r"( *)[\"']?paths[\"']?\s*:\s*(?:#.*)?")
PATH_KEY = re.compile(r"""(?:["']?/|x-)""")
YAML_MEMBER = re.compile(r"""(?:- +)*(?:"[^"]*"|'[^']*'|[\w$/{}.-]+)\s*:(?:\s|$)""")
NO_CONTENT = re.compile(r"\s*(?:#.*)?")
HTML = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
BEFORE_YAML = re.compile(r"\s*(?:#.*|---.*|%.*)?")
# What the generator of such panels puts beside an operation's own keywords: what it is on the page.
BESIDE_AN_OPERATION = ("method", "path", "info", "postman")
SHOWN_BODY = "jsonRequestBodyExample"


@dataclass(frozen=True, slots=True)
class _Panel:
    """The lines of one panel, counted from 0; *end* is the first behind it."""

    start: int
    end: int
    root: Node


def read_panel(text: str) -> Node | None:
    """Return the OpenAPI document that the panels of *text* say, None where there is no panel.

    It is complete: with a version, a title, servers, and the security schemes that the page tells.
    The lines are those of the page. Raise `UnreadableText` where a panel cannot be understood.
    """
    lines = text.splitlines()
    spans = list(_panel_spans(lines))
    if not spans or _is_other_format(lines, spans[0][1]):
        return None
    if HTML.match(text):
        raise UnreadableText("this is HTML: save the page as text", 1)
    panels = [_read_one_panel(lines, start, end) for start, end in spans]
    whole = _put_together(panels)
    prose = _prose_lines(lines, panels)
    root = _complete_document(whole, page_title(prose))
    operations = _own_operations(root)
    if not operations and not prose:
        return None  # a part of a document in several files
    if not operations:
        raise UnreadableText("no operation stands under `paths`", root.line_of("paths"))
    last = panels[-1]
    check_end(lines[: last.end], list(operations.values()))
    if prose:
        check_servers(root, operations, last.end)
    add_response_headers(operations, prose)
    add_told_schemes(root, list(operations.values()), prose)
    for operation in operations.values():
        _tidy_operation(operation)
    _lift_servers(root, list(operations.values()))
    return root


# --- where the panels stand -----------------------------------------------------------------------


def _panel_spans(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where each panel begins, and the first line behind it."""
    end = count = 0
    for number, line in enumerate(lines):
        found = PATHS_KEY.fullmatch(line) if number >= end else None
        if not found or not _holds_paths(lines, number, len(found[1])):
            continue
        if count == MOST_PANELS:
            raise UnreadableText(f"more than {MOST_PANELS} YAML panels on one page", number + 1)
        count += 1
        start = _first_line(lines, number, end, found[1])
        end = _end_of_panel(lines, number, found[1])
        yield start, end


def _holds_paths(lines: Sequence[str], number: int, indent: int) -> bool:
    """Return whether the first line below ``paths:`` names a path, or nothing comes below it."""
    for below in range(number + 1, len(lines)):
        line = lines[below]
        if NO_CONTENT.fullmatch(line):
            continue
        own = line.lstrip(" ")
        return len(line) - len(own) > indent and bool(PATH_KEY.match(own))
    return True


def _first_line(lines: Sequence[str], number: int, least: int, indent: str) -> int:
    """Return the first line of the panel with ``paths:`` on the line *number*.

    Other keywords of a document may stand above it, with what belongs to them.
    """
    first = number
    for above in range(number - 1, least - 1, -1):
        line = lines[above]
        if _is_below_a_key(line, indent):
            continue
        if PATHS_KEY.fullmatch(line) or not _is_top_key(line, indent):
            return first
        first = above
    return first


def _end_of_panel(lines: Sequence[str], number: int, indent: str) -> int:
    """Return the first line behind the panel with ``paths:`` on the line *number*.

    Raise `UnreadableText` at a line within it that is none of YAML's.
    """
    may_be_list = False  # what stands below `paths:` is none
    for below in range(number + 1, len(lines)):
        line = lines[below]
        if _is_top_key(line, indent):
            may_be_list = True
            continue
        is_item = line.startswith(f"{indent}- ")
        if _is_below_a_key(line, indent) and (may_be_list or not is_item):
            continue
        if _goes_on(lines, below + 1, indent):
            raise UnreadableText("not YAML, and the panel goes on behind it", below + 1)
        return below
    return len(lines)


def _is_below_a_key(line: str, indent: str) -> bool:
    """Return whether a line may belong to the keyword above it: further in, a list, or nothing."""
    return line.startswith((f"{indent} ", f"{indent}- ")) or bool(NO_CONTENT.fullmatch(line))


def _is_top_key(line: str, indent: str) -> bool:
    return line.startswith(indent) and bool(TOP_KEY.match(line[len(indent) :]))


def _goes_on(lines: Sequence[str], number: int, indent: str) -> bool:
    """Return whether the next two lines from *number* on are members of a mapping, indented."""
    found: list[bool] = []
    for below in range(number, len(lines)):
        line = lines[below]
        if NO_CONTENT.fullmatch(line):
            continue
        own = line.lstrip(" ")
        is_deeper = len(line) - len(own) > len(indent)
        found.append(is_deeper and bool(YAML_MEMBER.match(own)))
        if len(found) == 2:
            return all(found)
    return False


def _is_other_format(lines: Sequence[str], end: int) -> bool:
    """Return whether the file is an OpenAPI document, or another one that a panel is not.

    It is YAML from its first line on, and one of its members says so before the panel ends.
    """
    first = next(line for line in lines if not BEFORE_YAML.fullmatch(line))
    if not YAML_MEMBER.match(first):
        return first.startswith("{")
    tops = {line.partition(":")[0] for line in lines[:end] if line[:1].strip()}
    return any(top.strip("\"' ") in OTHER_FORMATS for top in tops)


# --- what they say --------------------------------------------------------------------------------


def _read_one_panel(lines: Sequence[str], start: int, end: int) -> _Panel:
    try:
        root = read_yaml("\n".join(lines[start:end]) + "\n", MOST_VALUES)
    except UnreadableText as error:
        told = f"the YAML panel is not YAML: {error}".partition("\n")[0]
        raise UnreadableText(told, min(error.line, end - start) + start) from error
    if not isinstance(root, Node) or not isinstance(root.get("paths"), Node):
        raise UnreadableText("`paths` of the YAML panel is no mapping", start + 1)
    shift_lines(root, start)
    return _Panel(start, end, root)


def _put_together(panels: Sequence[_Panel]) -> Node:
    """Return the first panel with the paths of the others; raise where one operation is twice."""
    whole = panels[0].root
    for panel in panels[1:]:
        for path, item in panel.root["paths"].items():
            if not isinstance(item, Node):
                continue
            known = whole["paths"].setdefault(path, Node(item.line))
            whole["paths"].lines.setdefault(path, panel.root["paths"].line_of(path))
            _add_members(known, item)
    return whole


def _add_members(known: Node, item: Node) -> None:
    for name, value in item.items():
        if name in known and known[name] != value:
            told = f"`{name}` of this path stands in another panel, too, and says something else"
            raise UnreadableText(told, item.line_of(name))
        known[name] = value
        known.lines[name] = item.line_of(name)


def _prose_lines(lines: Sequence[str], panels: Sequence[_Panel]) -> list[tuple[int, str]]:
    """Return the lines outside the panels that are not blank, numbered from 1."""
    inside: set[int] = set()
    for panel in panels:
        inside.update(range(panel.start, panel.end))
    return [
        (number, line)
        for number, line in enumerate(lines, 1)
        if number - 1 not in inside and line.strip()
    ]


def _complete_document(panel: Node, title: str) -> Node:
    """Return the *panel* as a document that states its version, title and components."""
    root = Node(panel.line)
    set_member(root, "openapi", panel.get("openapi", _openapi_version(panel)), panel.line)
    info = Node(panel.line)
    stated = dict(panel.get("info") or {})
    set_member(info, "title", title or _operation_title(panel), panel.line)
    set_member(info, "version", "", panel.line)
    for name, value in stated.items():
        set_member(info, name, value, panel["info"].line_of(name))
    set_member(root, "info", info, panel.line)
    for name, value in panel.items():
        if name not in root:
            set_member(root, name, value, panel.line_of(name))
    return root


def _openapi_version(panel: Node) -> str:
    """Return 3.1.0 where a schema has a list of types, which 3.0 has not."""
    if any(isinstance(node.get("type"), list) for node in nodes_in(panel["paths"])):
        return "3.1.0"
    return "3.0.3"


def _operation_title(panel: Node) -> str:
    """Return what the first operation is called."""
    for path, operation in _operations(panel):
        return str(operation.get("summary") or operation.get("operationId") or " ".join(path))
    return "Untitled"


def _operations(root: Node) -> Iterator[tuple[tuple[str, str], Node]]:
    """Yield the operations of a document by method and path."""
    for path, item in root["paths"].items():
        if path.startswith("x-") or not isinstance(item, Node):
            continue
        for method in METHODS:
            if isinstance(item.get(method), Node):
                yield (method, path), item[method]


def _own_operations(root: Node) -> dict[tuple[str, str], Node]:
    """Return the operations by method and path, each as a copy of its own that may be changed."""
    own_copy(root, "paths")
    for method, path in list(dict(_operations(root))):
        own_copy(own_copy(root["paths"], path), method)
    return dict(_operations(root))


# --- what stands inside the operations ------------------------------------------------------------


def _tidy_operation(operation: Node) -> None:
    """Leave in an operation what OpenAPI has there; the body that is shown becomes an example."""
    if SHOWN_BODY in operation:
        _show_body(operation, operation[SHOWN_BODY], operation.line_of(SHOWN_BODY))
    for key in (SHOWN_BODY, *BESIDE_AN_OPERATION):
        remove_member(operation, key)


def _show_body(operation: Node, shown: Any, line: int) -> None:
    body = operation.get("requestBody")
    if not isinstance(body, Node) or not isinstance(body.get("content"), Node):
        return
    contents = own_copy(own_copy(operation, "requestBody"), "content")
    for media_type, media in list(contents.items()):
        is_free = isinstance(media, Node) and not {"example", "examples"} & media.keys()
        if is_free and "json" in media_type:
            set_member(own_copy(contents, media_type), "example", shown, line)


def _lift_servers(root: Node, operations: Sequence[Node]) -> None:
    """Write the servers of the operations to the document's own, and leave them where they differ.

    What the document says of its servers holds for the operations that name none.
    """
    named = [operation for operation in operations if operation.get("servers")]
    if not named:
        return
    known = _all_servers(root, named)
    line = root.lines.get("servers") or named[0].line_of("servers")
    if all(operation["servers"] == known for operation in named):
        for operation in named:
            remove_member(operation, "servers")
    set_member(root, "servers", known, line)
    for key in _members_behind(root):
        root[key] = root.pop(key)


def _all_servers(root: Node, named: Sequence[Node]) -> list[Any]:
    """Return the servers of the document and of the operations, each once."""
    known: list[Any] = list(root.get("servers") or [])
    for operation in named:
        known += [server for server in operation["servers"] if server not in known]
    return known


def _members_behind(root: Node) -> list[str]:
    """Return the members of a document that readers look for behind its servers."""
    return [key for key in root if key not in HEAD_KEYS]
