"""What does the closing section say? Verdicts counted, reasons gathered, requests and seconds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

ORDER = ("kept", "broken", "warned", "not exercised", "waived")
NAMED = 4

Record = Mapping[str, Any]


def header(target: str, documents: Iterable[str], seed: int, budget: str) -> str:
    """Return the line that says what is held against what."""
    return f"contracts: {target} against {', '.join(documents)}; seed {seed}; {budget}"


def summary(
    records: Sequence[Record], costs: Mapping[tuple[str, str], Mapping[str, float]], verbosity: int
) -> Iterator[str]:
    """Yield the closing lines: an operation each, then why clauses were not exercised."""
    operations: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        operations[record["document"], record["operation"]].append(record)
    for key, own in operations.items():
        counts = Counter(record["verdict"] for record in own)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])
        yield f"{key[0]}::{key[1]}: {told}{_cost(costs.get(key, {}), verbosity)}"
        yield from (f"  warned: {one['clause']}: {one['finding']['came']}" for one in own if one["verdict"] == "warned")
        yield from _reasons(own)


def _cost(cost: Mapping[str, float], verbosity: int) -> str:
    if not cost:
        return ""
    told = f"; {cost['requests']:.0f} requests in {cost['seconds']:.1f} s"
    if verbosity < 2 or not cost["seconds"]:
        return told
    own = 100 * (1 - cost["waiting"] / cost["seconds"])
    return f"{told}, {own:.0f} % of it not spent waiting for the target"


def _reasons(records: Iterable[Record]) -> Iterator[str]:
    reasons: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for record in records:
        if record["verdict"] == "not exercised":
            reason = record["reason"].replace(record["clause"].rpartition("/")[2], "it", 1)
            reasons[record["withheld"], reason].append(record["clause"])
    for (withheld, reason), clauses in sorted(reasons.items(), key=lambda item: (not item[0][0], -len(item[1]))):
        named = ", ".join(clauses[:NAMED]) + (f" and {len(clauses) - NAMED} more" if len(clauses) > NAMED else "")
        yield f"  {'withheld' if withheld else 'not exercised'}: {reason}: {named}"
