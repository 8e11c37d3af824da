"""Which object of OpenAPI stands where? All of them, below every method, and in other files.

`documents.keywords` has those that an operation is read from; here are the others, too.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_confluent_contracts.documents.keywords import HELD, HELD_BY_NAME
from pytest_confluent_contracts.documents.lines import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEAR = 0.85  # from here on two names are taken for one that is misspelt
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FLOWS = ("implicit", "password", "clientCredentials", "authorizationCode")
# Whatever stands in these, under any name but one of an extension, is an object of one kind.
MAPS: Final[Mapping[str, str]] = {
    "paths": "path item",
    "responses": "response",
    "callback": "path item",
}
ALONE_OR_IN_A_LIST: Final[Mapping[tuple[str, str], str]] = {
    **HELD,
    ("openapi", "info"): "info",
    ("openapi", "paths"): "paths",
    ("openapi", "security"): "security requirement",
    ("openapi", "tags"): "tag",
    ("openapi", "externalDocs"): "external documentation",
    ("info", "contact"): "contact",
    ("info", "license"): "license",
    ("path item", "servers"): "server",
    **{("path item", method): "operation" for method in METHODS},
    ("operation", "responses"): "responses",
    ("operation", "security"): "security requirement",
    ("operation", "servers"): "server",
    ("operation", "externalDocs"): "external documentation",
    ("tag", "externalDocs"): "external documentation",
    ("link", "server"): "server",
    ("security scheme", "flows"): "oauth flows",
    **{("oauth flows", flow): f"oauth flow {flow}" for flow in FLOWS},
    ("schema", "discriminator"): "discriminator",
    ("schema", "xml"): "xml",
    ("schema", "externalDocs"): "external documentation",
}
UNDER_NAMES: Final[Mapping[tuple[str, str], str]] = {
    **{
        place: kind
        for place, kind in HELD_BY_NAME.items()
        if place[1] not in ("paths", "responses")
    },
    ("openapi", "webhooks"): "path item",
    ("operation", "callbacks"): "callback",
    ("response", "links"): "link",
    ("header", "content"): "media type",
    ("media type", "encoding"): "encoding",
    ("encoding", "headers"): "header",
    ("components", "schemas"): "schema",
    ("components", "responses"): "response",
    ("components", "parameters"): "parameter",
    ("components", "examples"): "example",
    ("components", "requestBodies"): "request body",
    ("components", "headers"): "header",
    ("components", "securitySchemes"): "security scheme",
    ("components", "links"): "link",
    ("components", "callbacks"): "callback",
    ("components", "pathItems"): "path item",
    ("schema", "$defs"): "schema",
    ("schema", "definitions"): "schema",
}
# Of the first table, what stands in a list; the others stand alone.
IN_LISTS: Final = frozenset(
    {"servers", "security", "tags", "parameters", "allOf", "oneOf", "anyOf", "prefixItems"}
)
# Where the components of each kind stand: a reference leads to one of the kind that is due.
SECTIONS: Final[Mapping[str, str]] = {
    kind: section for (holder, section), kind in UNDER_NAMES.items() if holder == "components"
}


class Part(NamedTuple):
    """What stands in an object where another is due: its kind, and the line of its key."""

    kind: str
    value: Any
    line: int
    key: str


def parts_of(kind: str, node: Node) -> Iterator[Part]:
    """Yield what stands in *node*, an object of this *kind*, where other objects are due."""
    if kind in MAPS:
        yield from _named_parts(MAPS[kind], kind, node)
        return
    for key, value in node.items():
        line = node.line_of(key)
        if (kind, key) in ALONE_OR_IN_A_LIST:
            held = [value]
            if key in IN_LISTS:  # no list is told as what it is, and has no parts
                held = value if isinstance(value, list) else []
            for one in held:
                yield Part(ALONE_OR_IN_A_LIST[kind, key], one, line, key)
        elif (kind, key) in UNDER_NAMES and isinstance(value, Node):
            yield from _named_parts(UNDER_NAMES[kind, key], kind, value)


def misspelt(name: str, known: Iterable[str]) -> str:
    """Return which of the *known* names is *name* misspelt, or the other way round; else ``""``.

    >>> misspelt("maxLenght", ["minLength", "maxLength"])
    'maxLength'
    """
    near = difflib.get_close_matches(name, known, 1, NEAR)
    return next((one for one in near if one != name), "")


def _named_parts(kind: str, holder: str, node: Node) -> Iterator[Part]:
    """Yield what stands under names in *node*; only members of a schema begin with ``x-``, too."""
    for name, value in node.items():
        if holder == "schema" or not name.startswith("x-"):
            yield Part(kind, value, node.line_of(name), name)
