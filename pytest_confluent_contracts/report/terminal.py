"""What does the closing section say? Verdicts counted by family, causes told once, requests and seconds."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report import causes

ORDER = ("kept", "broken", "warned", "not exercised", "waived")
FAMILIES = ("shape", "errors", "requests", "security", "rate_limit", "update")
NAMED = 4
MARKS = {"broken:": {"red": True}, "withheld:": {"red": True}, "warned:": {"yellow": True}, "waived:": {"yellow": True}}

Record = Mapping[str, Any]


def header(target: str, documents: Iterable[str], seed: int, budget: str) -> str:
    """Return the line that says what is held against what."""
    return f"contracts: {target} against {', '.join(documents)}; seed {seed}; {budget}"


def summary(
    records: Sequence[Record], costs: Mapping[tuple[str, str], Mapping[str, float]], verbosity: int, width: int = 0
) -> Iterator[str]:
    """Yield the closing lines: an operation at a time, a row a family, then causes; folded to *width* if given."""
    operations: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        operations[record["document"], record["operation"]].append(record)
    for key, own in operations.items():
        yield f"{key[0]}::{key[1]}: {counted(own)}{_cost(costs.get(key, {}), verbosity)}"
        if verbosity >= 0:
            yield from _table(own)
        for line in (*_causes(own), *_reasons(own)):
            yield from _folded(line, width)


def markup(line: str) -> dict[str, bool]:
    """Return how pytest's terminal writer shall show *line*: red and yellow as in pytest, bold what heads a part."""
    if not line.startswith(" "):
        return {"bold": True} if "::" in line else {}
    return MARKS.get(line.split()[0], {})


def counted(records: Iterable[Record]) -> str:
    """Return the verdicts in numbers: ``118 kept, 2 broken``."""
    counts = Counter(record["verdict"] for record in records)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict])


def _cost(cost: Mapping[str, float], verbosity: int) -> str:
    if not cost:
        return ""
    told = f"; {cost['requests']:.0f} requests in {cost['seconds']:.1f} s"
    if verbosity < 2 or not cost["seconds"]:
        return told
    own = 100 * (1 - cost["waiting"] / cost["seconds"])
    return f"{told}, {own:.0f} % of it not spent waiting for the target"


# --- a row a family --------------------------------------------------------------------------------------------------


def _table(records: Sequence[Record]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        counts[record["family"]][record["verdict"]] += 1
    shown = [verdict for verdict in ORDER if verdict != "waived" or any(row[verdict] for row in counts.values())]
    yield f"  {'':<10}" + "".join(f"{verdict:>{len(verdict) + 3}}" for verdict in shown)
    for family in sorted(counts, key=lambda name: FAMILIES.index(name) if name in FAMILIES else len(FAMILIES)):
        row = "".join(f"{counts[family][verdict] or '.':>{len(verdict) + 3}}" for verdict in shown)
        yield f"  {family.replace('_', ' '):<10}{row}"


# --- what is wrong ---------------------------------------------------------------------------------------------------


def _causes(records: Sequence[Record]) -> Iterator[str]:
    for cause in causes.of(records):
        if cause.verdict == "withheld":
            yield f"  withheld: {cause.title}: {_named(cause.clauses)}"
        else:
            yield f"  {cause.verdict}: {_named(cause.clauses)}: {_told(cause)}"


def _told(cause: causes.Cause) -> str:
    """Return what came, on which statuses if on several, how often, and where the promise stands."""
    best = cause.best
    often = f"{best['against']} of {best['judged']} answers; " if best["finding"] and best["finding"]["curl"] else ""
    return f"{cause.title}{cause.spread} ({often}{best['place']})"


def _reasons(records: Sequence[Record]) -> Iterator[str]:
    for reason, own in causes.reasons(records):
        yield f"  not exercised: {reason}: {_named([record['clause'] for record in own])}"


def _named(clauses: Sequence[str]) -> str:
    more = f" and {len(clauses) - NAMED} more" if len(clauses) > NAMED else ""
    return ", ".join(clauses[:NAMED]) + more


def _folded(line: str, width: int) -> list[str]:
    if not width or len(line) <= width:
        return [line]
    return textwrap.wrap(
        line, max(width, 40), subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False
    )
