"""What did the proof show? Which faults were noticed, which missed, and what none covers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.record import by_operation
from pytest_confluent_contracts.report.terminal import HEADING, Line

Record = Mapping[str, Any]
NAMED = 8


def proof_lines(records: Sequence[Record], seconds: float) -> Iterator[Line]:
    """Yield the matrix: an operation at a time, a row a family of clauses.

    Under each stands what deserves a look.
    """
    for (document, operation), own in by_operation(records).items():
        yield Line(f"{document}::{operation}", HEADING)
        tried = [record for record in own if record["fault"]]
        whole = [record for record in own if not record["fault"]]
        yield from map(Line, (*_table(tried), *_missed(tried), *_unharmed(whole), _beside(tried)))
    tried = [record for record in records if record["fault"]]
    noticed = sum(bool(record["noticed"]) for record in tried)
    share = 100 * noticed / len(tried) if tried else 0.0
    yield Line(f"{noticed} of {len(tried)} faults noticed ({share:.1f} %) in {seconds:.1f} s")


def _table(tried: Iterable[Record]) -> Iterator[str]:
    """Yield a row for each family of the clauses that the faults name."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for record in tried:
        family = record["families"][0] if record["families"] else "none"
        rows[family]["noticed" if record["noticed"] else "missed"] += 1
    yield f"  {'clauses':<12}{'faults':>8}{'noticed':>9}{'missed':>8}"
    for family, counts in sorted(rows.items()):
        yield f"  {family:<12}{counts.total():>8}{counts['noticed']:>9}{counts['missed']:>8}"


def _missed(tried: Iterable[Record]) -> Iterator[str]:
    for record in tried:
        if not record["noticed"]:
            named = ", ".join(record["named"]) or "it names no clause"
            yield f"  missed: {record['fault']}: {named}"


def _unharmed(whole: Iterable[Record]) -> Iterator[str]:
    """Yield what the service as it is showed.

    Some clauses are red without a fault, and some are covered by none.
    """
    for record in whole:
        for clause in record["beside"]:
            yield f"  red without a fault: {clause}"
        yield f"  no fault covers: {', '.join(record['named']) or 'nothing'}"


def _beside(tried: Iterable[Record]) -> str:
    """Return the line on clauses that turned red beside those that the faults name."""
    counts: Counter[str] = Counter()
    for record in tried:
        counts.update(record["beside"])
    told = ", ".join(f"{clause} ({count})" for clause, count in counts.most_common(NAMED))
    return f"  red beside the clause that a fault names: {told or 'nothing'}"
