"""How do the requests get there? Headers that go along, certificates, a proxy, by option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import GivenHeader, is_local
from pytest_confluent_contracts.plugin.destination import split_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.documents import Operation

OF_PROXY = "--contract-proxy"
FROM_ENVIRONMENT = "env:"


def checked_headers(
    written: Sequence[str], named: Iterable[tuple[str, str]], operations: Sequence[Operation]
) -> Iterator[GivenHeader]:
    """Yield each header that was given; raise `ContractError` where it cannot go along.

    *written* is each as it was typed, *named* its name and its value.
    """
    if not written:
        return
    from pytest_confluent_contracts.http.additions import why_unfit

    for typed, (name, value) in zip(written, named, strict=True):
        why = why_unfit(name, value, operations)
        if why:
            raise ContractError(f"--contract-header {name}: {why}{_other_way(name, operations)}")
        if any(_declares(operation, name) for operation in operations):
            cure = f"a document has this parameter; give --contract-param {name}=..."
            raise ContractError(f"--contract-header {name}: {cure}")
        is_hidden = typed.partition("=")[2].startswith(FROM_ENVIRONMENT)
        yield GivenHeader(name, value, is_hidden)


def _other_way(name: str, operations: Sequence[Operation]) -> str:
    """Return how credentials in the header *name* are given, ``""`` where it carries none."""
    variables: dict[str, None] = {}  # in their order, each once
    for operation in operations:
        if operation.carries_credentials(name):
            for scheme in operation.schemes:
                variables |= dict.fromkeys(variable for _, variable in scheme.variables)
    return f"; set {', '.join(variables)} in the environment" if variables else ""


def _declares(operation: Operation, name: str) -> bool:
    for parameter in operation.declared:
        is_header = parameter.location is Location.HEADER
        if is_header and parameter.name.lower() == name.lower():
            return True
    return False


def checked_ca_bundle(given: str) -> str:
    """Return the path of *given*; raise `ContractError` where it holds no certificates."""
    if not given:
        return ""
    from pytest_confluent_contracts.http.tls import believing_context

    believing_context(given)
    return str(Path(given).resolve())


def checked_client_cert(given: str) -> tuple[str, ...]:
    """Return the paths in *given*, ``CERT`` or ``CERT,KEY``; raise `ContractError` for bad ones."""
    if not given:
        return ()
    import ssl

    from pytest_confluent_contracts.http.tls import show_certificate

    files = tuple(given.split(",")) if not Path(given).is_file() else (given,)
    if len(files) > 2:
        raise ContractError(f"--contract-client-cert={given}: give CERT, or CERT,KEY")
    show_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)
    return tuple(str(Path(path).resolve()) for path in files)


def checked_proxy(given: str, typed: str, is_target_here: bool) -> str:
    """Return the URL of a proxy; raise `ContractError` where *given* is none.

    *typed* is the option as it was written: no password stands in that. What is on this machine is
    not reached over another one.
    """
    if not given:
        return ""
    told = f"{OF_PROXY}={typed}"
    parts = split_url(given)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ContractError(f"{OF_PROXY}: give http(s)://HOST:PORT, or env:NAME that holds it")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ContractError(f"{OF_PROXY}: give http(s)://HOST:PORT, and nothing behind it")
    if parts.password and not typed.startswith(FROM_ENVIRONMENT):
        shown = f"{parts.scheme}://{parts.hostname}"
        cure = "keep its password out of sight: give env:NAME that holds the URL"
        raise ContractError(f"{OF_PROXY}={shown}: {cure}")
    if is_target_here and not is_local(given):
        cure = "leave it out: the proxy's own machine would be asked in place of this one"
        raise ContractError(f"{told}: the target is on this machine; {cure}")
    return given
