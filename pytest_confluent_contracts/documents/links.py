"""Which operation does the answer of another lead to? The document's links (OpenAPI 3.1, 4.8.20).

Read for what they say of ids; that they can be followed nobody judges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model.paths import ITEM, is_index, path_of, tokens_of
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.documents.source_file import SourceFile
    from pytest_confluent_contracts.model.documents import Operation

IN_BODY = re.compile(r"\{?\$response\.body#(/[^}]*)\}?\Z")
REFERENCE = re.compile(r"#/paths/([^/]+)/([a-z]+)\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """That a member of an answer is a path parameter of another operation.

    ``status`` is the answer's, ``origin`` and ``target`` are the ids of the operations, ``member``
    is a path (``data.id``).
    """

    origin: str
    status: str
    target: str
    parameter: str
    member: str


def links_of(source: SourceFile, read: Sequence[tuple[Operation, Node]]) -> Iterator[Link]:
    """Yield what the links of the operations *read* say of ids.

    One that leads nowhere, or by another expression than a place in the answer's body, says none.
    """
    by_place = {f"{one.method} {one.path}": one.id for one, _ in read}
    known = {one.id for one, _ in read}
    for operation, node in read:
        for status, link in _stated_links(source, node):
            target = str(link.get("operationId") or _referenced(link, by_place))
            if target not in known:
                continue
            parameters = link.get("parameters")
            if not isinstance(parameters, Node):
                continue  # nobody is held to it
            for name, expression in parameters.items():
                member = _member_named(expression)
                if member:
                    parameter = str(name).removeprefix("path.")
                    yield Link(operation.id, status, target, parameter, member)


def _stated_links(source: SourceFile, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield each readable link of the operation at *node*, with the status of its answer."""
    for status, stated in source.mapping_or_empty(node, "responses").items():
        if status.startswith("x-"):
            continue
        response = source.resolve(stated, node.line_of("responses"))
        links = response.get("links")
        for link in links.values() if isinstance(links, Node) else ():
            try:
                yield status, source.resolve(link, response.line_of("links"))
            except ContractError:
                continue  # nobody is held to it


def _referenced(link: Node, by_place: Mapping[str, str]) -> str:
    """Return the id of the operation that ``operationRef`` names in this document, else ``""``."""
    found = REFERENCE.search(str(link.get("operationRef", "")))
    if found is None:
        return ""
    path = unquote(found[1]).replace("~1", "/").replace("~0", "~")
    return by_place.get(f"{found[2].upper()} {path}", "")


def _member_named(expression: Any) -> str:
    """Return the path of the member that a runtime expression names, ``""`` where it names none.

    Any index stands for every item: ``$response.body#/items/0/id`` is ``items[].id``.
    """
    found = IN_BODY.match(str(expression))
    if found is None:
        return ""
    return path_of(ITEM if is_index(token) else token for token in tokens_of(found[1]))
