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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Document, Operation

KINDRED_METHODS = (("PATCH", "PUT", "POST"), ("GET", "HEAD", "OPTIONS"))
UNLIKE = 9  # more than any distance of methods that are of one kind
LONGEST_PATH = 300  # characters of an unknown path that are compared with those of documents
MOST_REMEMBERED = 4096  # requests whose operation is known


@dataclass(frozen=True)
class Asked:
    """What a request asks for: an operation, or one that is only the nearest.

    ``knows_path`` says of the latter whether its path is the one that was asked for. ``prefix``
    is what stands before the documented path: in the request, or else where its server has it.
    """

    operation: Operation
    is_declared: bool = True
    knows_path: bool = True
    prefix: str = ""

    @property
    def nearest(self) -> str:
        """Return method and path of the operation, as a request to its server has them."""
        return f"{self.operation.method} {self.prefix}{self.operation.path}"

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
    """An operation, and what a path that asks for it looks like.

    ``by_host`` has the prefixes that each host of its servers has, ``anywhere`` those of any, or
    none: for a port of this machine, or a proxy.
    """

    operation: Operation
    by_host: Mapping[str, re.Pattern[str]]
    anywhere: re.Pattern[str]
    prefixes: Mapping[str, str]

    def prefix_of(self, host: str, path: str) -> str | None:
        """Return what stands before the documented path; None where *path* is not its own."""
        found = self.by_host.get(host, self.anywhere).match(path)
        return None if found is None else found["prefix"]

    def first_prefix(self, host: str) -> str:
        """Return the prefix of the first server at *host*, ``""`` where it has none there."""
        return self.prefixes.get(host, "")


class Routes:
    """The operations of documents by method and path.

    At a host that `servers` names they stand behind the prefixes of its servers; anywhere else
    behind that of any server, or none.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        found: list[_Route] = []
        for document in documents:
            by_host = _prefixes_by_host(document)
            everywhere = [urlsplit(server).path.rstrip("/") for server in document.servers]
            first = {host: prefixes[0] for host, prefixes in by_host.items()}
            for operation in document.operations:
                slash = _last_slash(operation, document)
                own = {
                    host: _pattern_of(operation, prefixes, slash)
                    for host, prefixes in by_host.items()
                }
                anywhere = _pattern_of(operation, (*everywhere, ""), slash)
                found.append(_Route(operation, own, anywhere, first))
        # What is named to the letter goes before what fits any name.
        found.sort(key=lambda one: (len(one.operation.parameters), -len(one.operation.path)))
        self._routes = found
        self.find = lru_cache(MOST_REMEMBERED)(self._find)

    def hosts(self) -> frozenset[str]:
        """Return the hosts of the documents' servers, in lower case, without ports."""
        return frozenset().union(*(one.by_host for one in self._routes))

    def _find(self, method: str, host: str, path: str) -> Asked:
        """Return what is asked for at *path*, undecoded and without a query.

        Where *host* is that of a document, its operations alone are meant.
        """
        own = [one for one in self._routes if host in one.by_host] or self._routes
        known = ((one.operation, one.prefix_of(host, path)) for one in own)
        matching = [(operation, prefix) for operation, prefix in known if prefix is not None]
        for operation, prefix in matching:
            if operation.method == method:
                return Asked(operation, prefix=prefix)
        if matching:
            nearest, prefix = min(matching, key=lambda one: _distance(one[0].method, method))
            return Asked(nearest, is_declared=False, prefix=prefix)
        route = max(own, key=lambda one: _nearness(one.operation, method, path))
        prefix = route.first_prefix(host)
        return Asked(route.operation, is_declared=False, knows_path=False, prefix=prefix)


def _prefixes_by_host(document: Document) -> dict[str, list[str]]:
    """Return the paths of the servers at each host, in the order of the document."""
    found: dict[str, list[str]] = {}
    for server in document.servers:
        parts = urlsplit(server)
        if parts.hostname:
            found.setdefault(parts.hostname, []).append(parts.path.rstrip("/"))
    return found


def _pattern_of(operation: Operation, prefixes: Iterable[str], slash: str) -> re.Pattern[str]:
    written = "|".join(re.escape(one) for one in dict.fromkeys(prefixes))
    path = paths.template_pattern(operation.path.rstrip("/"))
    return re.compile(rf"(?P<prefix>{written}){path}{slash}\Z")


def _last_slash(operation: Operation, document: Document) -> str:
    """Return the expression of a slash behind the path, which most services do not mind.

    Where the document has things below it, that slash is left of one whose id is empty.
    """
    path = operation.path.rstrip("/")
    is_above = any(one.path.startswith(f"{path}/{{") for one in document.operations)
    return operation.path[len(path) :] if is_above and path else "/?"


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
