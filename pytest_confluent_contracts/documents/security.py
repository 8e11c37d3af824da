"""Which credentials does an operation ask for, and where do they come from?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model.documents import SecurityScheme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.documents.source_file import SourceFile

# The parts of a credential, by the kind of its scheme.
PARTS = {"basic": ("username", "password"), "bearer": ("token",), "apiKey": ("value",)}


def security_alternatives(source: SourceFile, node: Node) -> Iterator[tuple[SecurityScheme, ...]]:
    """Yield the schemes of each alternative that the operation at *node* names, else the document.

    Raise `ContractError` with its line where a scheme is not defined, or its kind is not read.
    """
    credentials = source.mapping_or_empty(node, "x-contract").get("credentials") or {}
    holder = node if "security" in node else source.root
    for requirement in source.list_or_empty(holder, "security"):
        if not isinstance(requirement, Node):
            told = "each entry of `security` is a mapping of scheme names"
            raise source.error(holder.line_of("security"), told)
        schemes: list[SecurityScheme] = []
        for name in requirement:
            line = requirement.line_of(name)
            schemes.append(_security_scheme(source, name, line, credentials.get(name)))
        yield tuple(schemes)


def _security_scheme(
    source: SourceFile, name: str, line: int, variables: Mapping[str, Any] | None
) -> SecurityScheme:
    """Return the scheme that is asked for by *name* at *line*; *variables* are those stated."""
    schemes = (source.root.get("components") or {}).get("securitySchemes") or Node(line)
    if name not in schemes:
        told = f"security scheme `{name}` is not defined under components.securitySchemes"
        raise source.error(line, told)
    node = source.resolve(schemes[name], line)
    kind, header = _scheme_kind(node)
    if not kind:
        known = "only http basic, http bearer and header API keys are read"
        raise source.error(node.line, f"security scheme `{name}`: {known}")
    return SecurityScheme(
        name=name,
        kind=kind,
        header=header,
        variables=_credential_variables(name, kind, variables or {}),
        place=source.location(schemes.line_of(name)),
    )


def _scheme_kind(node: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind of a scheme and the header it goes into, both empty where it is not read."""
    stated = node.get("type")
    scheme = str(node.get("scheme", "")).lower()
    if stated == "http" and scheme in ("basic", "bearer"):
        return scheme, "Authorization"
    if stated == "apiKey" and node.get("in") == "header":
        return "apiKey", str(node.get("name"))
    # What these two end in is a token, however it was got.
    if stated in ("oauth2", "openIdConnect"):
        return "bearer", "Authorization"
    return "", ""


def _credential_variables(
    name: str, kind: str, stated: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Return the environment variable of each part of a credential.

    That is the document's own, else ``CONTRACT_<SCHEME>_<PART>``.
    """
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).upper()
    found: list[tuple[str, str]] = []
    for part in PARTS[kind]:
        usual = f"CONTRACT_{stem}_{part.upper()}"
        found.append((part, str(stated.get(part) or usual)))
    return tuple(found)
