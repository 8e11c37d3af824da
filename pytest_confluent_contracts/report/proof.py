"""What did the proof show? Which faults were noticed, which were missed, and what no fault covers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
NAMED = 8


def summary(records: Sequence[Record], seconds: float) -> Iterator[str]:
    """Yield the matrix: an operation at a time, a row a family of clauses, then what deserves a look."""
    operations: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        operations[record["document"], record["operation"]].append(record)
    for key, own in operations.items():
        yield from _operation(f"{key[0]}::{key[1]}", own)
    tried = [record for record in records if record["fault"]]
    noticed = sum(bool(record["noticed"]) for record in tried)
    share = 100 * noticed / len(tried) if tried else 0.0
    yield f"{noticed} of {len(tried)} faults noticed ({share:.1f} %) in {seconds:.1f} s"


def _operation(name: str, records: Iterable[Record]) -> Iterator[str]:
    tried = [record for record in records if record["fault"]]
    yield name
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for record in tried:
        rows[record["families"][0] if record["families"] else "none"]["noticed" if record["noticed"] else "missed"] += 1
    yield f"  {'clauses':<12}{'faults':>8}{'noticed':>9}{'missed':>8}"
    for family, counts in sorted(rows.items()):
        yield f"  {family:<12}{counts.total():>8}{counts['noticed']:>9}{counts['missed']:>8}"
    yield from (
        f"  missed: {r['fault']}: {', '.join(r['named']) or 'it names no clause'}" for r in tried if not r["noticed"]
    )
    for record in records:
        if not record["fault"]:
            yield from (f"  red without a fault: {clause}" for clause in record["beside"])
            yield f"  no fault covers: {', '.join(record['named']) or 'nothing'}"
    beside = Counter(clause for record in tried for clause in record["beside"])
    told = ", ".join(f"{clause} ({count})" for clause, count in beside.most_common(NAMED))
    yield f"  red beside the clause that a fault names: {told or 'nothing'}"
