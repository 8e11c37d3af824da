"""Which options may mend what the preflight found?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_confluent_contracts.model.clauses import MissingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.plugin.settings import Settings

# What another resource or another target may mend, and what shows that the target may serve
# another document alone.
NOWHERE = frozenset({MissingKind.UNKNOWN_RESOURCE, MissingKind.NOTHING_SERVED})
WRONG_RESOURCE = NOWHERE | {MissingKind.NOT_MADE}
WRONG_TARGET = NOWHERE | {
    MissingKind.NO_CONNECTION,
    MissingKind.TLS_REFUSED,
    MissingKind.FELL_SILENT,
}
ANOTHERS_DOCUMENT = frozenset({MissingKind.NO_CREDENTIALS, MissingKind.NOTHING_SERVED})


def mending_options(settings: Settings, operation: Operation, kind: MissingKind) -> Iterator[str]:
    """Yield the options that may mend what the preflight of *operation* found."""
    if kind in WRONG_TARGET:
        base = _documented_base_path(settings, operation) if kind in NOWHERE else ""
        yield f"--contract-target={settings.target}{base}" if base else "--contract-target"
    if kind is MissingKind.TLS_REFUSED:
        yield from ("--contract-ca-bundle", "--contract-client-cert")
    if kind is MissingKind.NO_CONNECTION and settings.proxy:
        yield "--contract-proxy"
    if kind in WRONG_RESOURCE:
        for name, _ in operation.parameters:
            yield f"--contract-param {name}=..."
    others = [path.stem for path in settings.documents]
    others.remove(operation.document)
    if others and kind in ANOTHERS_DOCUMENT:
        yield " ".join(f"--contract-spec={name}" for name in others)


def _documented_base_path(settings: Settings, operation: Operation) -> str:
    """Return the path of the document's first server, ``""`` where the target has one, too."""
    _, _, behind_host = settings.target.partition("://")
    if "/" in (behind_host or settings.target) or settings.destination.fixture:
        return ""
    for path in settings.documents:
        if path.stem == operation.document:
            servers = settings.read(path).servers
            return urlsplit(servers[0]).path.rstrip("/") if servers else ""
    return ""
