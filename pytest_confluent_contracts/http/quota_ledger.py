"""What is left of the target's quota? What its answers last told, and how much was sent since.

Two operations may spend from one quota or from two, and so may two sets of credentials. They are
told apart here, and share an entry only where the document says so, or the headers prove it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model import quota
from pytest_confluent_contracts.model.structured_fields import Malformed, parse_list
from pytest_confluent_contracts.model.traffic import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.quota import Quota
    from pytest_confluent_contracts.model.traffic import Exchange

Spender = tuple[str, str, str]  # document, operation (empty where all of them share), credentials
Partition = frozenset[tuple[str, bytes]]

NOBODY = ""  # the authority of a request whose credentials are missing or wrong


@dataclass(frozen=True, slots=True)
class LastTold:
    """What an answer told of the quota, when, and how many requests were sent since.

    ``came_at`` is seconds of the run's clock.
    """

    quota: Quota
    came_at: float
    sent_since: int


class QuotaLedger:
    """Keeps what a target last told of its quota, by operation and credentials.

    One ledger serves a target, as long as it lives; safe to use from several threads. *operations*
    are those that are sent: one of them says for all of its document whether they share a quota.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._shared = {one.document for one in operations if _is_shared(one)}
        self._told: dict[Spender, LastTold] = {}
        self._joined: dict[Spender, Spender] = {}
        self._partitions: dict[Partition, Spender] = {}
        self._has_waited = False
        self._lock = threading.Lock()

    def is_first_to_wait(self) -> bool:
        """Return whether nobody has asked before: one operation a run may wait for Reset to move.

        Where a service is fast, a wait of seconds takes longer than all that an operation sends.
        """
        with self._lock:
            is_first, self._has_waited = not self._has_waited, True
        return is_first

    def note(self, exchange: Exchange) -> None:
        """Take down one answer, or one request that had none: it counts as spent."""
        operation = exchange.case.operation
        with self._lock:
            spender = self._spender(operation, exchange.case.authority)
            self._join(spender, partition_of(exchange))
            spender = self._entry(spender)
            told = self._with_limit(quota.latest_quota(exchange), spender)
            self._count(spender)
            if told.limit is not None and told.remaining is not None:
                self._told[spender] = LastTold(told, exchange.came_at, 0)

    def last_told(self, operation: Operation, authority: str) -> LastTold | None:
        """Return what was last told of the quota of *operation* with these credentials.

        None where nothing was. A request that is to be refused may be counted on the account whose
        credentials it nearly carries: as long as nothing was told of its own quota, it is held to
        what was told of theirs.
        """
        with self._lock:
            spender = self._spender(operation, authority)
            told = self._told.get(self._entry(spender))
            if told is not None or authority != NOBODY:
                return told
            others = [one for one in self._told if one[:2] == spender[:2]]
            return max(map(self._told.__getitem__, others), key=_came_at, default=None)

    def _with_limit(self, told: Quota, spender: Spender) -> Quota:
        """Return what was *told* with the limit that was told before, where it has none.

        RateLimit-Policy need not come with every RateLimit; while it has not come, the limit is as
        much at least as was left.
        """
        if told.limit is not None or told.remaining is None:
            return told
        before = self._told.get(spender)
        if before is None or before.quota.policy != told.policy:
            return replace(told, limit=told.remaining)
        return replace(told, limit=max(before.quota.limit or 0, told.remaining))

    def _spender(self, operation: Operation, authority: str) -> Spender:
        whole = operation.document in self._shared
        return operation.document, "" if whole else operation.id, authority

    def _entry(self, spender: Spender) -> Spender:
        """Return under which spender its entry stands.

        Another one's, where they were found to share a quota.
        """
        while spender in self._joined:
            spender = self._joined[spender]
        return spender

    def _count(self, spender: Spender) -> None:
        """Count a request of *spender*.

        One with wrong credentials may be on any account of its operation.
        """
        counted = [spender] if spender in self._told else []
        if spender[2] == NOBODY:
            counted = [one for one in self._told if one[:2] == spender[:2]]
        for one in counted:
            told = self._told[one]
            self._told[one] = LastTold(told.quota, told.came_at, told.sent_since + 1)

    def _join(self, spender: Spender, partition: Partition) -> None:
        """Let *spender* share the entry of whoever was answered with the same *partition*."""
        if not partition:
            return
        first = self._entry(self._partitions.setdefault(partition, spender))
        own = self._entry(spender)
        if own == first:
            return
        self._joined[own] = first
        known = [told for one in (own, first) if (told := self._told.pop(one, None)) is not None]
        if known:
            latest = max(known, key=_came_at)
            sent = sum(told.sent_since for told in known)  # rather too many than too few
            self._told[first] = LastTold(latest.quota, latest.came_at, sent)


def _is_shared(operation: Operation) -> bool:
    promised = operation.promises.rate_limit
    return promised is not None and promised.shared


def _came_at(told: LastTold) -> float:
    return told.came_at


def partition_of(exchange: Exchange) -> Partition:
    """Return the policies of the answer's `RateLimit` field, each with its partition key.

    It is empty where one has none. Two answers with the same ones spend from the same quota
    (draft-ietf-httpapi-ratelimit-headers, parameter ``pk``, a byte sequence):
    ``"hourly";r=9;t=60;pk=:c2FtZQ==:`` is of ``("hourly", b"same")``. A key that was redacted is
    none.
    """
    lines = exchange.header_values(quota.STATE_FIELD)
    if not lines or any(REDACTED in line for line in lines):
        return frozenset()
    try:
        items = parse_list(exchange.field(quota.STATE_FIELD))
    except Malformed:
        return frozenset()
    found = [(str(item.value), item.parameters.get("pk")) for item in items]
    keyed = [(name, key) for name, key in found if isinstance(key, bytes)]
    if len(keyed) == len(found):
        return frozenset(keyed)
    return frozenset()
