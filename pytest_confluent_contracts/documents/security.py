"""Which credentials does an operation ask for, and where do they come from?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.model.documents import Location, SecurityScheme
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.documents.source_file import SourceFile

# The parts of a credential, by the kind of its scheme.
PARTS = {"basic": ("username", "password"), "bearer": ("token",), "apiKey": ("value",)}
OTHER_PRINCIPAL = "other"  # the key of `credentials` that has those of a second principal
CARRYING_KEYS = (Location.HEADER, Location.QUERY, Location.COOKIE)


def security_alternatives(source: SourceFile, node: Node) -> Iterator[tuple[SecurityScheme, ...]]:
    """Yield the schemes of each alternative that the operation at *node* names, else the document.

    An alternative with a scheme that no request can fulfil (digest, mutual TLS) is left out. Raise
    `ContractError` with its line where that leaves none, or a scheme is not defined.
    """
    credentials = source.mapping_or_empty(node, "x-contract").get("credentials") or {}
    others = stated_others(credentials)
    holder = node if "security" in node else source.root
    unread: list[ContractError] = []
    fulfilled = 0
    for requirement in source.list_or_empty(holder, "security"):
        if not isinstance(requirement, Node):
            told = "each entry of `security` is a mapping of scheme names"
            raise source.error(holder.line_of("security"), told)
        schemes: list[SecurityScheme | ContractError] = []
        for name in requirement:
            line = requirement.line_of(name)
            stated = credentials.get(name), others.get(name)
            schemes.append(_security_scheme(source, name, line, *stated))
        failed = [one for one in schemes if isinstance(one, ContractError)]
        unread += failed
        if not failed:
            fulfilled += 1
            yield tuple(one for one in schemes if isinstance(one, SecurityScheme))
    if unread and not fulfilled:
        raise unread[0]


def stated_others(credentials: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables of a second principal by scheme, as ``credentials`` states them.

    A security scheme may be named ``other``, too: then texts stand there, and no mappings.
    """
    others = credentials.get(OTHER_PRINCIPAL)
    if not isinstance(others, Mapping) or not all(
        isinstance(one, Mapping) for one in others.values()
    ):
        return {}
    return others


def _security_scheme(
    source: SourceFile,
    name: str,
    line: int,
    variables: Mapping[str, Any] | None,
    other_variables: Mapping[str, Any] | None,
) -> SecurityScheme | ContractError:
    """Return the scheme that is asked for by *name* at *line*; *variables* are those stated.

    *other_variables* are those of a second principal.

    Where no request can fulfil it, the error that says so is returned. Raise it where the scheme is
    not defined.
    """
    schemes = (source.root.get("components") or {}).get("securitySchemes") or Node(line)
    if name not in schemes:
        told = f"security scheme `{name}` is not defined under components.securitySchemes"
        raise source.error(line, told)
    node = source.resolve(schemes[name], line)
    kind = _scheme_kind(node)
    if not kind:
        stated = node.get("scheme") if node.get("type") == "http" else node.get("type")
        told = f"credentials of the kind {stated} are never sent (basic, bearer and API keys are)"
        return source.error(node.line, f"security scheme `{name}`: {told}")
    location, carrier = Location.HEADER, "Authorization"
    if kind == "apiKey":
        location, carrier = Location(str(node["in"])), str(node.get("name"))
    return SecurityScheme(
        name=name,
        kind=kind,
        carrier=carrier,
        variables=_credential_variables("CONTRACT", name, kind, variables or {}),
        place=source.location(schemes.line_of(name)),
        location=location,
        other_variables=_credential_variables("CONTRACT_OTHER", name, kind, other_variables or {}),
    )


def _scheme_kind(node: Mapping[str, Any]) -> str:
    """Return the kind of a scheme as `PARTS` has it, empty where no request can fulfil it."""
    stated = node.get("type")
    scheme = str(node.get("scheme", "")).lower()
    if stated == "http" and scheme in ("basic", "bearer"):
        return scheme
    if stated == "apiKey" and node.get("in") in CARRYING_KEYS:
        return "apiKey"
    # What these two end in is a token, however it was got.
    if stated in ("oauth2", "openIdConnect"):
        return "bearer"
    return ""


def _credential_variables(
    beginning: str, name: str, kind: str, stated: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Return the environment variable of each part of a credential.

    That is the document's own, else ``CONTRACT_<SCHEME>_<PART>`` (with another *beginning*, for a
    second principal).
    """
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).upper()
    found: list[tuple[str, str]] = []
    for part in PARTS[kind]:
        usual = f"{beginning}_{stem}_{part.upper()}"
        found.append((part, str(stated.get(part) or usual)))
    return tuple(found)
