"""What does the prose around a YAML panel say? The page's title, and headers that answers have."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.lines import Node, own_copy, set_member

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
MOST_HEADINGS = 100
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
    for above, text in pairwise(texts):
        if METHOD.fullmatch(text):
            return above
    return next(iter(texts), "")


def add_response_headers(operations: Mapping[tuple[str, str], Node], prose: Sequence[Line]) -> None:
    """Add the headers that only the prose names to the answers that it speaks of.

    The prose speaks of the answer whose status or description stands above its headers; where more
    than one operation, or answer, could be meant, none is.
    """
    headings = [
        at for at, (_, text) in enumerate(prose) if HEADERS_HEADING.fullmatch(text.strip(" \t#*:"))
    ]
    for at in headings[:MOST_HEADINGS]:
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
    responses: Node = operation["responses"]
    said = _words(above[-1][1])
    status = STATUS.fullmatch(said)
    fitting = [status[1]] if status and status[1] in responses else _described_so(responses, said)
    if len(fitting) != 1 or not isinstance(responses[fitting[0]], Node):
        return None
    return own_copy(own_copy(operation, "responses"), fitting[0])


def _described_so(responses: Node, said: str) -> list[str]:
    """Return the statuses whose description is *said*."""
    found: list[str] = []
    for status, response in responses.items():
        if isinstance(response, Node) and _words(str(response.get("description"))) == said:
            found.append(status)
    return found


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
    if "headers" not in response:
        set_member(response, "headers", Node(line), line)
    headers = own_copy(response, "headers")
    known = {one.lower(): one for one in headers}
    own_name = known.get(name.lower(), name)
    if own_name not in headers:
        schema = Node(line)
        set_member(schema, "type", "string", line)
        set_member(headers, name, Node(line), line)
        set_member(headers[name], "schema", schema, line)
    header = own_copy(headers, own_name)
    if description and not ("$ref" in header or header.get("description")):
        set_member(header, "description", description, line)
