"""Does what one part of a document says of another exist there?

Security requirements name schemes and scopes, servers have variables, links name operations and
their parameters, encodings name members.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model.flaws import FlawKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.documents.inspection import Inspection, Visit
    from pytest_confluent_contracts.documents.path_check import PathCheck

VARIABLE = re.compile(r"\{([^{}]+)\}")
# Keywords by which a schema may have members that it does not list.
OF_OTHER_MEMBERS = (
    "oneOf",
    "anyOf",
    "allOf",
    "$ref",
    "patternProperties",
    "if",
    "dependentSchemas",
)


class LinkCheck:
    """Looks at what is named in one document; links are looked at when all operations are known."""

    def __init__(self, inspection: Inspection, paths: PathCheck) -> None:
        self._inspection, self._paths = inspection, paths
        self._operations: dict[str, Node] = {}
        self._links: list[Node] = []
        components = inspection.source.root.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, Node) else None
        self._schemes: Node = schemes if isinstance(schemes, Node) else Node(1)

    def check(self, visit: Visit) -> None:
        """Tell what *visit* names and is not there."""
        if visit.kind == "security requirement":
            self._check_requirement(visit.node)
        elif visit.kind == "server":
            self._check_server(visit.node)
        elif visit.kind == "media type":
            self._check_encoding(visit.node)
        elif visit.kind == "operation":
            self._operations.setdefault(str(visit.node.get("operationId")), visit.node)
        elif visit.kind == "link":
            self._links.append(visit.node)

    # --- credentials ------------------------------------------------------------------------------

    def _check_requirement(self, requirement: Node) -> None:
        if self._inspection.is_misspelt_section("securitySchemes"):
            return
        for name, scopes in requirement.items():
            line = requirement.line_of(name)
            if name not in self._schemes:
                self._inspection.tell(FlawKind.UNDEFINED_SCHEME, line, name, cause=name)
                continue
            scheme = self._inspection.resolved(self._schemes[name])
            if scheme is not None and isinstance(scopes, list):
                self._check_scopes(name, scheme, scopes, line)

    def _check_scopes(self, name: str, scheme: Node, scopes: list[Any], line: int) -> None:
        kind = scheme.get("type")
        if kind in ("http", "apiKey") and scopes and self._inspection.is_3_0:
            self._inspection.tell(FlawKind.SCOPES_WITHOUT_MEANING, line, name, observed=str(kind))
        flows = scheme.get("flows")
        if kind != "oauth2" or not isinstance(flows, Node):
            return
        known = set(_scopes_of(flows))
        for scope in scopes:
            if isinstance(scope, str) and scope not in known:
                found, told = tuple(sorted(known)), FlawKind.UNDEFINED_SCOPE
                cause = (name, scope)
                self._inspection.tell(told, line, scope, observed=name, expected=found, cause=cause)

    # --- servers and encodings --------------------------------------------------------------------

    def _check_server(self, server: Node) -> None:
        stated = server.get("variables")
        variables = stated if isinstance(stated, Node) else Node(server.line)
        for name in dict.fromkeys(VARIABLE.findall(str(server.get("url")))):
            if name not in variables:
                # Without any variables, one thing is missing, however many are named.
                cause = None if "variables" in server else id(server)
                line, told = server.line_of("url"), FlawKind.UNDEFINED_VARIABLE
                self._inspection.tell(told, line, name, cause=cause)
        for name, variable in variables.items():
            values = variable.get("enum") if isinstance(variable, Node) else None
            default = variable.get("default") if isinstance(variable, Node) else None
            if isinstance(values, list) and isinstance(default, str) and default not in values:
                line = variable.line_of("default")
                told, listed = FlawKind.VARIABLE_DEFAULT, tuple(map(str, values))
                self._inspection.tell(told, line, name, observed=default, expected=listed)

    def _check_encoding(self, media: Node) -> None:
        encoding = media.get("encoding")
        if not isinstance(encoding, Node) or "schema" not in media:
            return
        schema = self._inspection.schema_at(media) or {}
        members = schema.get("properties")
        if not members or any(key in schema for key in OF_OTHER_MEMBERS):
            return
        if schema.get("additionalProperties") not in (None, False):
            return
        for name in encoding:
            if name not in members and not name.startswith("x-"):
                line, told = encoding.line_of(name), FlawKind.ENCODING_MEMBER
                self._inspection.tell(told, line, name, expected=tuple(members))

    # --- links ------------------------------------------------------------------------------------

    def check_links(self) -> None:
        """Tell links to operations, and to parameters of theirs, that are not there."""
        for link in self._links:
            operation = self._linked(link)
            parameters = link.get("parameters")
            if operation is None or not isinstance(parameters, Node):
                continue
            known = self._paths.operation_parameters(operation)
            if known is None:
                continue
            for name in parameters:
                if name not in known:
                    line, told = parameters.line_of(name), FlawKind.LINK_PARAMETER
                    found = tuple(sorted(one for one in known if "." not in one))
                    self._inspection.tell(told, line, name, expected=found)

    def _linked(self, link: Node) -> Node | None:
        named, reference = link.get("operationId"), link.get("operationRef")
        if isinstance(named, str) and named not in self._operations:
            line = link.line_of("operationId")
            self._inspection.tell(FlawKind.LINK_OPERATION, line, named, cause=named)
        if isinstance(named, str):
            return self._operations.get(named)
        if not isinstance(reference, str):
            return None
        line = link.line_of("operationRef")
        found = self._inspection.value_at(reference, link, line)
        return found if isinstance(found, Node) else None


def _scopes_of(flows: Node) -> Iterator[str]:
    for flow in flows.values():
        scopes = flow.get("scopes") if isinstance(flow, Node) else None
        yield from scopes if isinstance(scopes, Node) else ()
