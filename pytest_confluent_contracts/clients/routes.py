"""Which operation does a request ask for, and where it asks for none, which one is the nearest?"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Document, Operation

KINDRED_METHODS = (("PATCH", "PUT", "POST"), ("GET", "HEAD", "OPTIONS"))
UNLIKE = 9  # more than any distance of methods that are of one kind
LONGEST_PATH = 300  # characters of an unknown path that are compared with those of documents
MOST_REMEMBERED = 4096  # requests whose operation is known


@dataclass(frozen=True)
class Asked:
    """What a request asks for: an operation, or one that is only the nearest.

    ``knows_path`` says of the latter whether its path is the one that was asked for.
    """

    operation: Operation
    is_declared: bool = True
    knows_path: bool = True

    def is_for(self, operation: Operation) -> bool:
        """Return whether *operation* itself is asked for."""
        return self.is_declared and self.operation.key == operation.key

    def as_sent(self, method: str, path: str) -> Operation:
        """Return the operation as it was asked for: what nobody declared, under its own name."""
        if self.is_declared:
            return self.operation
        return replace(self.operation, method=method, path=path, parameters=(), declared=())


@dataclass(frozen=True, eq=False)  # two are compared as themselves: an operation is large
class _Route:
    pattern: re.Pattern[str]
    operation: Operation
    hosts: frozenset[str]


class Routes:
    """The operations of documents by method and path, behind the prefix of any server, or none."""

    def __init__(self, documents: Sequence[Document]) -> None:
        found: list[_Route] = []
        for document in documents:
            servers = [urlsplit(server) for server in document.servers]
            prefixes = "|".join(re.escape(one.path.rstrip("/")) for one in servers)
            hosts = frozenset(one.hostname for one in servers if one.hostname)
            for operation in document.operations:
                path = paths.template_pattern(operation.path.rstrip("/"))
                pattern = re.compile(rf"(?:{prefixes})?{path}/?\Z")
                found.append(_Route(pattern, operation, hosts))
        # What is named to the letter goes before what fits any name.
        found.sort(key=lambda one: (len(one.operation.parameters), -len(one.operation.path)))
        self._routes = found
        self.find = lru_cache(MOST_REMEMBERED)(self._find)

    def hosts(self) -> frozenset[str]:
        """Return the hosts of the documents' servers, in lower case, without ports."""
        return frozenset().union(*(one.hosts for one in self._routes))

    def _find(self, method: str, host: str, path: str) -> Asked:
        """Return what is asked for at *path*, undecoded and without a query.

        Where *host* is that of a document, its operations go first.
        """
        own = [one for one in self._routes if host in one.hosts]
        others = [one for one in self._routes if one not in own]
        matching = [one for one in (*own, *others) if one.pattern.match(path)]
        for route in matching:
            if route.operation.method == method:
                return Asked(route.operation)
        if matching:
            nearest = min(matching, key=lambda one: _distance(one.operation.method, method))
            return Asked(nearest.operation, is_declared=False)
        nearest = max(own or others, key=lambda one: _nearness(one.operation, method, path))
        return Asked(nearest.operation, is_declared=False, knows_path=False)


def _distance(declared: str, asked: str) -> int:
    """Return how far two methods are apart: those that write a resource are near each other."""
    if declared == asked:
        return 0
    for kin in KINDRED_METHODS:
        if declared in kin and asked in kin:
            return 1 + kin.index(declared)
    return UNLIKE


def _nearness(operation: Operation, method: str, path: str) -> tuple[float, int]:
    """Return how much alike a path is to that of *operation*, whose variables fit anything."""
    path = path[:LONGEST_PATH]
    asked, declared = path.split("/"), operation.path.split("/")
    for index, segment in enumerate(declared[: len(asked)]):
        if "{" in segment:
            declared[index] = asked[index]
    alike = SequenceMatcher(None, "/".join(declared), path).ratio()
    return alike, -_distance(operation.method, method)


def named(operations: Sequence[Operation], name: str) -> Iterator[Operation]:
    """Yield the operations that *name* means: an ``operationId``, or ``METHOD /path``."""
    for operation in operations:
        if name in (operation.id, f"{operation.method} {operation.path}"):
            yield operation
