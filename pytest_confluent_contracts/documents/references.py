"""Where does a ``$ref`` lead? Into its own file, to an anchor or an ``$id``, or to another file.

Files are read from the folder of the document and below it, and nothing is ever fetched. JSON
Pointers are followed here, what is named otherwise is found by the `referencing` library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from pytest_confluent_contracts.documents.lines import Node, nodes_in
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from referencing import Anchor, Registry, Specification

    from pytest_confluent_contracts.documents.file_set import FileSet, LoadedFile

# What stands under these is a value, and no part of the description: an `$id` in it means nothing.
SHOWN_VALUES = frozenset({"example", "examples", "default", "enum", "const"})


class UnresolvedReference(Exception):
    """A ``$ref`` that leads nowhere, or where nobody may go: why, with the cure."""


class UnfollowedReference(UnresolvedReference):
    """A ``$ref`` that leads where nobody may go: whether something is there is not known."""


class References:
    """Follows the references of one document; its files are loaded as they are named."""

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self._roots: dict[str, Node] = {}
        self._bases: dict[int, str] = {}
        self._found: dict[tuple[str, str], Any] = {}
        self._registry: Registry[Any] | None = None
        self._register(files.first.base, files.first)

    def target(self, reference: str, holder: Node) -> Any:
        """Return what the *reference* that stands in *holder* leads to.

        Raise `UnresolvedReference` where there is nothing, or it lies outside the document's
        folder, and `ContractError` where a file that it names cannot be read.
        """
        file = self._files.file_at(holder.line_of("$ref"))
        base = self._bases.get(id(holder), file.base)
        if (base, reference) not in self._found:
            self._found[base, reference] = self._looked_up(reference, base, file)
        return self._found[base, reference]

    def _looked_up(self, reference: str, base: str, file: LoadedFile) -> Any:
        is_pointer = reference == "#" or reference.startswith("#/")
        if is_pointer and base in self._roots:
            return _value_at(self._roots[base], reference)
        uri = urldefrag(urljoin(base, reference)).url
        if not self._is_known(uri):
            if base != file.base and not urlsplit(reference).scheme:
                # An `$id` made an address of a network out of it; the file lies beside this one.
                return self._looked_up(reference, file.base, file)
            self._load(uri)
        return self._in_registry(reference, base)

    # --- what is named otherwise than by a pointer ------------------------------------------------

    def _in_registry(self, reference: str, base: str) -> Any:
        from referencing.exceptions import Unresolvable

        try:
            return self._crawled().resolver(base).lookup(reference).contents
        except (Unresolvable, LookupError, TypeError, ValueError) as error:
            raise UnresolvedReference("points nowhere") from error

    def _is_known(self, uri: str) -> bool:
        return uri in self._roots or uri in self._crawled()

    def _crawled(self) -> Registry[Any]:
        """Return the registry of every file so far, with each ``$id`` and anchor in it."""
        from referencing import Registry

        if self._registry is None:
            specification = _openapi_specification()
            resources = [
                (uri, specification.create_resource(root)) for uri, root in self._roots.items()
            ]
            self._registry = Registry().with_resources(resources).crawl()
        return self._registry

    # --- files ------------------------------------------------------------------------------------

    def _load(self, uri: str) -> None:
        """Load the file at *uri*; raise `UnresolvedReference` where it must not be."""
        parts = urlsplit(uri)
        if parts.scheme != "file" or parts.netloc:
            cure = "put the file into the document's folder"
            raise UnfollowedReference(f"leads to a network, from which nothing is read; {cure}")
        folder = self._files.first.path.resolve().parent
        path = Path(unquote(parts.path)).resolve()
        if not path.is_relative_to(folder):
            cure = "move the file there, or bundle the document into one"
            raise UnfollowedReference(f"leads out of the document's folder; {cure}")
        if not path.is_file():
            raise UnresolvedReference(f"points nowhere: there is no file {path.name}")
        loaded = self._files.find(path) or self._files.add(path)
        self._register(uri, loaded)

    def _register(self, uri: str, file: LoadedFile) -> None:
        """Let references find the *file* at *uri*."""
        self._roots[uri] = file.root
        self._registry = None
        if any(isinstance(node.get("$id"), str) for node in nodes_in(file.root)):
            self._bases.update(_bases_in(file.root, file.base))


def _value_at(root: Node, reference: str) -> Any:
    """Return what the JSON Pointer in the fragment of *reference* names in *root*."""
    node: Any = root
    for token in paths.tokens_of(unquote(reference[1:])):
        node = _child(node, token)
        if node is ABSENT:
            raise UnresolvedReference("points nowhere")
    return node


def _child(node: Any, token: str) -> Any:
    """Return the member, or the item, of *node* that a token of a JSON Pointer names."""
    if isinstance(node, Mapping):
        return node.get(token, ABSENT)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return ABSENT


# --- `$id` and `$anchor` (JSON Schema 2020-12, 8.2) -----------------------------------------------


def _bases_in(value: Any, base: str) -> Iterator[tuple[int, str]]:
    """Yield each mapping with a ``$ref`` below an ``$id``, by its id, and what it goes out from."""
    waiting = [(value, base)]
    while waiting:
        one, around = waiting.pop()
        within = _base_within(one, around)
        if isinstance(one, Node) and "$ref" in one and within != base:
            yield id(one), within
        waiting += [(part, within) for part in _parts_of(one)]


def _base_within(value: Any, base: str) -> str:
    own = _stated_id(value)
    if own is None:
        return base
    return urljoin(base, own)


def _stated_id(value: Any) -> str | None:
    """Return the ``$id`` of a schema without its empty fragment, None where it has none."""
    own = value.get("$id") if isinstance(value, Mapping) else None
    if isinstance(own, str) and not own.startswith("#"):
        return own.removesuffix("#")
    return None


def _parts_of(value: Any) -> Iterable[Any]:
    """Return the mappings and lists right below *value* that may be, or hold, schemas."""
    if isinstance(value, Mapping):
        parts = [part for name, part in value.items() if name not in SHOWN_VALUES]
    else:
        parts = value if isinstance(value, list) else []
    return [part for part in parts if isinstance(part, (Mapping, list))]


def _openapi_specification() -> Specification[Any]:
    """Return how `referencing` finds its way in an OpenAPI file: schemas may stand anywhere."""
    from referencing import Anchor, Specification

    def anchors_in(specification: Specification[Any], contents: Any) -> Iterable[Anchor[Any]]:
        held = contents if isinstance(contents, Mapping) else {}
        names = [held.get("$anchor"), held.get("$dynamicAnchor")]
        return [
            Anchor(name, specification.create_resource(contents))  # type: ignore[call-arg]  # attrs
            for name in names
            if isinstance(name, str)
        ]

    return Specification(  # type: ignore[call-arg]  # made by attrs, which its stubs do not tell
        name="OpenAPI",
        id_of=_stated_id,
        subresources_of=_parts_of,
        anchors_in=anchors_in,
        maybe_in_subresource=lambda segments, resolver, subresource: resolver,
    )
