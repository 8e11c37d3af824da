"""What may updates of ids that nobody has have made? A service may take an update for a create."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.lifecycle_state import CREATED
from pytest_confluent_contracts.model.traffic import Expect, SubjectKind

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Case, Exchange

WRITING = frozenset({"PUT", "PATCH"})
# Ids that a service may read as the own one (RFC 3986 6.2.2), or as something else that is there.
READ_OTHERWISE = frozenset({SubjectKind.NORMALISED_ID, SubjectKind.ODD_ID})


class Strays:
    """Takes down which updates of one operation were accepted for ids that nobody had."""

    def __init__(self) -> None:
        self._urls: dict[str, int] = {}  # each with its status

    def see(self, case: Case, exchange: Exchange) -> None:
        """Take down an answer that says that something was written where nothing was."""
        if case.operation.method not in WRITING or case.expect is not Expect.UNKNOWN:
            return
        is_other = case.subject.kind in READ_OTHERWISE and exchange.status != CREATED
        if exchange.accepted and not is_other:
            self._urls.setdefault(exchange.url, exchange.status)

    def told(self, deletes: bool) -> str:
        """Return what may be left, and the request that deletes the first, empty without any.

        The document *deletes* resources of this kind, or has no way to.
        """
        if not self._urls:
            return ""
        url, status = next(iter(self._urls.items()))
        told = f"{url} may be left: an update of an id that nobody has was answered {status}"
        if len(self._urls) > 1:
            told += f", and so were {len(self._urls) - 1} more"
        return f"{told}; to delete it: curl -X DELETE '{url}'" if deletes else told
