"""How is the budget shared out among the operations?

Over all operations of the documents: neither a selection nor workers change a share.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.plugin.settings import Settings


class Shares:
    """Shares out the requests that *settings* allow a run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, operation: Operation) -> int | None:
        """Return the share of *operation*, in requests, None where nobody counts them."""
        total = self._settings.budget
        if total is None:
            return None
        keys = self._sharing
        if operation.key not in keys:
            return 0
        each, rest = divmod(total, len(keys))
        return each + (keys.index(operation.key) < rest)

    @cached_property
    def _sharing(self) -> list[tuple[str, str]]:
        """Return the keys of the operations among which the budget is shared out.

        Those that the run holds, and those that lead the lives of what they are about, where any
        may be made.
        """
        keys = [one.key for one in self._settings.operations()]
        if not self._settings.leads_lives_in_budget:
            return keys
        about = {_resource_key(one) for one in self._settings.operations() if one.resource}
        for path in self._settings.documents:
            document = self._settings.read(path)
            parents = {one.name: one.parent for one in document.resources}
            for name in list(parents):
                if (document.name, name) in about:
                    about |= {(document.name, one) for one in _ancestors(name, parents)}
            for one in document.operations:
                if one.key not in keys and _resource_key(one) in about:
                    keys.append(one.key)
        return keys


def _resource_key(operation: Operation) -> tuple[str, str]:
    name = operation.resource.name if operation.resource else ""
    return operation.document, name


def _ancestors(name: str, parents: Mapping[str, str]) -> list[str]:
    """Return the resources in which those of *name* lie, the nearest first."""
    found: list[str] = []
    while parents.get(name) and parents[name] not in found:
        name = parents[name]
        found.append(name)
    return found
