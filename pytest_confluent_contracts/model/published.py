"""What does a document say of every operation, whatever its method? What comparing two needs.

An `Operation` has what a target is held to. Beside it stands what a request cannot fulfil, or what
no answer shows: every security scheme, scopes, what is deprecated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_confluent_contracts.model.documents import Document, Operation
from pytest_confluent_contracts.model.sources import SourceLocation


@dataclass(frozen=True, slots=True)
class Requirement:
    """A security scheme as an alternative asks for it.

    ``means`` is what a request has to do (``apiKey in header X-Key``), whatever the scheme is
    called, ``""`` where the document does not define it; ``scopes`` what its token has to be good
    for.
    """

    scheme: str
    means: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class PublishedOperation:
    """An operation with all its security alternatives; an empty one asks for no credentials.

    ``servers`` are the URLs of its own, or of its path; none where the document's hold.
    """

    operation: Operation
    security: tuple[tuple[Requirement, ...], ...]
    security_place: SourceLocation
    deprecated: bool
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """A document with the operations of every method.

    ``locate`` tells the place of a line as schemas keep it, ``servers_place`` where servers stand.
    """

    document: Document
    operations: tuple[PublishedOperation, ...]
    servers_place: SourceLocation
    locate: Callable[[int], SourceLocation] = field(repr=False)
