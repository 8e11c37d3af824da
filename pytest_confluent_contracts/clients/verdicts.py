"""What is wrong with the requests that a client sent? Rulings, and the text that tells them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Subject, SubjectKind, is_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.clients.routes import Asked, Routes
    from pytest_confluent_contracts.http.recorded import Recording
    from pytest_confluent_contracts.model.clauses import Clause, Judge, Ruling
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange


class ClientBroken(AssertionError):
    """A client sent what the documents forbid; its text tells each clause, place and request."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One request that came, with its answer, and what it asked for."""

    recording: Recording
    asked: Asked


def exchanges_by_operation(heard: Iterable[Heard]) -> list[tuple[Operation, list[Exchange]]]:
    """Return what was *heard* as redacted exchanges, by the operation that it asked for.

    What nobody declared stands with the operation that is nearest to it.
    """
    from pytest_confluent_contracts.http.recorded import exchanges_of, redactor_of

    kept = list(heard)
    requests = [(one.recording, _operation_sent(one)) for one in kept]
    clean = redactor_of(requests)
    keyed: dict[tuple[str, str], tuple[Operation, list[Exchange]]] = {}
    for one, exchange in zip(kept, exchanges_of(requests, clean), strict=True):
        operation = one.asked.operation
        if not one.asked.is_declared:
            exchange = _as_undeclared(exchange, one.asked.nearest)
        keyed.setdefault(operation.key, (operation, []))[1].append(exchange)
    return list(keyed.values())


def _unredacted_requests(heard: Sequence[Heard]) -> Iterator[Exchange]:
    """Yield what was *heard* as it was, without the bodies of the answers."""
    from pytest_confluent_contracts.http.recorded import unredacted_requests

    requests = [(one.recording, _operation_sent(one)) for one in heard]
    for one, exchange in zip(heard, unredacted_requests(requests), strict=True):
        yield exchange if one.asked.is_declared else _as_undeclared(exchange, one.asked.nearest)


def _operation_sent(one: Heard) -> Operation:
    if one.asked.is_declared:
        return one.asked.operation
    path = one.recording.url.partition("?")[0].partition("://")[2]
    return one.asked.as_sent(one.recording.method, f"/{path.partition('/')[2]}")


def _as_undeclared(exchange: Exchange, nearest: str) -> Exchange:
    subject = Subject(SubjectKind.UNDECLARED_REQUEST, nearest)
    return replace(exchange, case=replace(exchange.case, subject=subject))


class ClientJudge:
    """Judges requests by the clauses on clients, which it derives once an operation."""

    def __init__(self) -> None:
        self._clauses: dict[tuple[str, str], tuple[Clause, ...]] = {}
        self._suspicions: dict[tuple[str, str], tuple[Judge, ...]] = {}

    def rulings(self, heard: Iterable[Heard]) -> list[Ruling]:
        """Return the ruling of each clause on which a request bears, those of the first first."""
        from pytest_confluent_contracts.clauses.judging import rule, weigh

        found: list[Ruling] = []
        for operation, exchanges in exchanges_by_operation(heard):
            for clause in self.clauses_of(operation):
                weighed = weigh(clause, exchanges)
                if weighed.evidence:
                    found.append(rule(operation, weighed, exchanges, recorded=True))
        return found

    def red_rulings(self, heard: Iterable[Heard]) -> list[Ruling]:
        """Return the rulings of which the verdict is broken or warned."""
        suspected = list(self._suspected(heard))
        return [one for one in self.rulings(suspected) if one.finding is not None]

    def _suspected(self, heard: Iterable[Heard]) -> Iterator[Heard]:
        """Yield what asked for operations at which something may be wrong.

        Nothing of it is shown, so nothing is redacted, and no answer's body is read: most requests
        are right, and cost little.
        """
        together: dict[tuple[str, str], list[Heard]] = {}
        for one in heard:
            together.setdefault(one.asked.operation.key, []).append(one)
        for own in together.values():
            if self._is_suspected(own):
                yield from own

    def _is_suspected(self, heard: Sequence[Heard]) -> bool:
        exchanges = list(_unredacted_requests(heard))
        judges = self._suspicions_of(heard[0].asked.operation)
        return any(one.finding for judge in judges for one in judge(exchanges))

    def _suspicions_of(self, operation: Operation) -> tuple[Judge, ...]:
        from pytest_confluent_contracts.clauses import suspicions_of_clients

        if operation.key not in self._suspicions:
            self._suspicions[operation.key] = suspicions_of_clients(operation)
        return self._suspicions[operation.key]

    def clauses_of(self, operation: Operation) -> tuple[Clause, ...]:
        """Return the clauses on the requests to *operation*."""
        from pytest_confluent_contracts.clauses import derive_for_clients

        if operation.key not in self._clauses:
            self._clauses[operation.key] = derive_for_clients(operation)
        return self._clauses[operation.key]


def heard_of(recordings: Iterable[Recording], routes: Routes) -> Iterator[Heard]:
    """Yield those of *recordings* that ask for the documents of *routes*, or for their servers."""
    hosts = routes.hosts()
    for one in recordings:
        try:
            parts = urlsplit(one.url)
        except ValueError:  # no URL, so none of ours
            continue
        host = parts.hostname or ""
        asked = routes.find(one.method, host, parts.path)
        if asked.is_declared or host in hosts or is_local(one.url):
            yield Heard(one, asked)


def broken(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return the rulings on what the documents forbid."""
    return [one for one in rulings if one.verdict is Verdict.BROKEN]


def warned(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return the rulings on what they advise against."""
    return [one for one in rulings if one.verdict is Verdict.WARNED]


def told_whole(rulings: Sequence[Ruling]) -> str:
    """Return the text on red *rulings*: how many, then a block each, its clause first."""
    from pytest_confluent_contracts.report.block import failure_block

    blocks = [f"{named(one)}: {failure_block(one, '')}" for one in rulings]
    if len(blocks) == 1:
        return blocks[0]
    return "\n\n".join([f"{len(blocks)} clauses are broken by what the client sent", *blocks])


def told_in_a_line(ruling: Ruling) -> str:
    """Return the line on a ruling: operation, clause, what came, and where the promise stands."""
    from pytest_confluent_contracts.report.block import failure_block

    came, *_ = failure_block(ruling, "").splitlines()
    return f"{named(ruling)}: {came} ({ruling.clause.place})"


def named(ruling: Ruling) -> str:
    """Return the operation and the clause of *ruling*."""
    return f"{ruling.operation} {ruling.clause.id}"
