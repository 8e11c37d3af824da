"""What did mutation testing show? Which mutations were killed, which survived, what none covers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.record import by_operation
from pytest_confluent_contracts.report.terminal import HEADING, Line

Record = Mapping[str, Any]
NAMED = 8


def proof_lines(records: Sequence[Record], seconds: float) -> Iterator[Line]:
    """Yield the result: an operation at a time, a row a family of clauses.

    Under each stands what deserves a look.
    """
    for (document, operation), own in by_operation(records).items():
        yield Line(f"{document}::{operation}", HEADING)
        tried = [record for record in own if record["fault"]]
        whole = [record for record in own if not record["fault"]]
        yield from map(Line, (*_table(tried), *_survivors(tried), *_unharmed(whole)))
        yield from map(Line, _beside(tried))
    tried = [record for record in records if record["fault"]]
    killed = sum(bool(record["noticed"]) for record in tried)
    share = 100 * killed / len(tried) if tried else 0.0
    yield Line(f"{killed} of {len(tried)} mutations killed ({share:.1f} %) in {seconds:.1f} s")


def _table(tried: Iterable[Record]) -> Iterator[str]:
    """Yield a row for each family of the clauses that the mutations name."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for record in tried:
        family = record["families"][0] if record["families"] else "none"
        rows[family]["killed" if record["noticed"] else "survived"] += 1
    yield f"  {'clauses':<12}{'mutations':>10}{'killed':>8}{'survived':>10}"
    for family, counts in sorted(rows.items()):
        yield f"  {family:<12}{counts.total():>10}{counts['killed']:>8}{counts['survived']:>10}"


def _survivors(tried: Iterable[Record]) -> Iterator[str]:
    for record in tried:
        if not record["noticed"]:
            named = ", ".join(record["named"]) or "it names no clause"
            yield f"  survived: {record['fault']}: {named}"


def _unharmed(whole: Iterable[Record]) -> Iterator[str]:
    """Yield what the service as it is showed.

    Some clauses are red without a mutation, and some are covered by none.
    """
    for record in whole:
        for clause in record["beside"]:
            yield f"  red without a mutation: {clause}"
        yield f"  no mutation covers: {', '.join(record['named']) or 'nothing'}"


def _beside(tried: Sequence[Record]) -> Iterator[str]:
    """Yield the line on clauses that turned red beside those that the mutations name.

    There is none where nobody looked.
    """
    looked = [record["beside"] for record in tried if record["beside"] is not None]
    if not looked:
        return
    counts: Counter[str] = Counter()
    for beside in looked:
        counts.update(beside)
    told = ", ".join(f"{clause} ({count})" for clause, count in counts.most_common(NAMED))
    yield f"  red beside the clause that a mutation names: {told or 'nothing'}"
