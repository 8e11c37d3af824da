"""What does the prose around a YAML panel say? The page's title, and headers that answers have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.lines import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Line = tuple[int, str]  # its number in the page, from 1, and its text

METHOD = re.compile(r"\s*[`*]*(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE)[`*]*(?:\s+(\S+))?\s*")
PATH = re.compile(r"\s*[`*]*(?:https?://[^/\s]+)?(/\S*?)[`*]*\s*")
VARIABLE = re.compile(r":(\w+)|\{(\w+)\}")
HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*\s*")
STATED_TITLE = re.compile(r"title\s*:\s*[\"']?(.+?)[\"']?\s*")
FENCE = re.compile(r"\s*(?:```|~~~|---).*")
SKIP_LINK = re.compile(r"skip to .*", re.IGNORECASE)
HEADERS_HEADING = re.compile(r"(?:response|returned) headers", re.IGNORECASE)
FIELD_NAME = re.compile(r"\s+([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+|[A-Z][A-Za-z0-9]*)")
STATUS = re.compile(r"([1-5][0-9]{2})\b.*")


def page_title(prose: Sequence[Line]) -> str:
    """Return the title of a page, ``""`` where it has no prose.

    That is the one that it states, its first heading, the line above the method, or its first.
    """
    texts = [text.strip() for _, text in prose if not FENCE.fullmatch(text)]
    texts = [text for text in texts if not SKIP_LINK.fullmatch(text)]
    for pattern in (STATED_TITLE, HEADING):
        for text in texts:
            found = pattern.fullmatch(text)
            if found:
                return found[1]
    for above, text in zip(texts, texts[1:], strict=False):
        if METHOD.fullmatch(text):
            return above
    return next(iter(texts), "")


def add_response_headers(
    operations: Mapping[tuple[str, str], Node], prose: Sequence[Line]
) -> None:
    """Add the headers that only the prose names to the answers that it speaks of.

    The prose speaks of the answer whose status or description stands above its headers; where more
    than one operation, or answer, could be meant, none is.
    """
    for at, (_, text) in enumerate(prose):
        if not HEADERS_HEADING.fullmatch(text.strip(" \t#*:")):
            continue
        response = _response_meant(operations, prose[:at])
        if response is None:
            continue
        for name, line, description in _headers_below(prose[at + 1 :]):
            _add_header(response, name, line, description)


def _response_meant(
    operations: Mapping[tuple[str, str], Node], above: Sequence[Line]
) -> Node | None:
    """Return the answer that the lines *above* its headers speak of, None where that is open."""
    operation = _operation_meant(operations, above)
    if operation is None or not above or not isinstance(operation.get("responses"), Node):
        return None
    said = _words(above[-1][1])
    status = STATUS.fullmatch(above[-1][1].strip())
    if status and isinstance(operation["responses"].get(status[1]), Node):
        found: Node = operation["responses"][status[1]]
        return found
    fitting: list[Node] = []
    for response in operation["responses"].values():
        if isinstance(response, Node) and _words(str(response.get("description"))) == said:
            fitting.append(response)
    return fitting[0] if len(fitting) == 1 else None


def _operation_meant(
    operations: Mapping[tuple[str, str], Node], above: Sequence[Line]
) -> Node | None:
    """Return the only operation, else the one whose method and path were named last."""
    if len(operations) == 1:
        return next(iter(operations.values()))
    shown = {(method, _with_variables(path)): node for (method, path), node in operations.items()}
    meant = None
    for named in _operations_named(above):
        meant = shown.get(named)
    return meant


def _operations_named(prose: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Yield the method and the path, each variable as ``{}``, wherever the prose names them."""
    for at, (_, text) in enumerate(prose):
        method = METHOD.fullmatch(text)
        if not method:
            continue
        following = prose[at + 1][1] if at + 1 < len(prose) else ""
        path = PATH.fullmatch(method[2] or following)
        if path:
            yield method[1].lower(), _with_variables(path[1])


def _with_variables(path: str) -> str:
    return VARIABLE.sub("{}", path)


def _words(text: str) -> str:
    return " ".join(text.split()).strip("#* ")


def _headers_below(prose: Sequence[Line]) -> Iterator[tuple[str, int, str]]:
    """Yield name, line and description of each header; indented, names and sentences by turns."""
    name, line, words = "", 0, list[str]()
    for number, text in prose:
        if not text.startswith((" ", "\t")):
            break
        found = FIELD_NAME.fullmatch(text.rstrip())
        if found:
            if name:
                yield name, line, " ".join(words)
            name, line, words = found[1], number, []
        else:
            words.append(text.strip())
    if name:
        yield name, line, " ".join(words)


def _add_header(response: Node, name: str, line: int, description: str) -> None:
    """Add a header where the panel lacks it, and its description where it lacks that."""
    if not isinstance(response.get("headers"), Node):
        response["headers"] = Node(line)
        response.lines["headers"] = line
    headers: Node = response["headers"]
    known = {one.lower(): one for one in headers}
    if name.lower() not in known:
        schema = Node(line)
        schema["type"] = "string"
        headers[name] = Node(line)
        headers[name]["schema"] = schema
        headers.lines[name] = line
    header = headers[known.get(name.lower(), name)]
    if description and isinstance(header, Node) and "$ref" not in header:
        if not header.get("description"):
            header["description"] = description
            header.lines["description"] = line
