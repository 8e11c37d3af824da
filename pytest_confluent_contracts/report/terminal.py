"""What does the closing section say? Verdicts by family, causes told once, what it cost."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.model.clauses import Family, Verdict
from pytest_confluent_contracts.report import causes
from pytest_confluent_contracts.report.record import (
    by_operation,
    is_of_document,
    is_stopped,
    of_target,
)

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Document, Unjudged
    from pytest_confluent_contracts.model.sources import SourceLocation

ORDER = tuple(verdict.value for verdict in Verdict)
FAMILIES = tuple(family.value for family in Family)
NAMED = 4
MANY_OPERATIONS = 3  # for which one reason is told once
NARROWEST = 40  # columns: narrower than that, lines are not folded

HEADING = {"bold": True}
PLAIN: Mapping[str, bool] = {}
MARKS = {
    "broken": {"red": True},
    "withheld": {"red": True},
    "warned": {"yellow": True},
    "waived": {"yellow": True},
}

Record = Mapping[str, Any]


class Line(NamedTuple):
    """A line to be printed, and how pytest's terminal writer shall mark it: ``{"red": True}``."""

    text: str
    marks: Mapping[str, bool] = PLAIN


def header_line(target: str, documents: Iterable[str], seed: int, budget: str) -> str:
    """Return the line that says what is held against what."""
    return f"contracts: {target} against {', '.join(documents)}; seed {seed}; {budget}"


def left_out_lines(document: Document) -> Iterator[str]:
    """Yield the line that counts what *document* has and nobody is held to; none where all is.

    ``contracts: things: not read: 1 operation, skipped below; not judged: links (things.yaml:12)``
    """
    told: list[str] = []
    if document.unread:
        count = len(document.unread)
        what = "operations" if count > 1 else "operation"
        told.append(f"not read: {count} {what}, skipped below")
    found = places_by_what(document.unjudged)
    named = [_what_is_unjudged(what, places) for what, places in found.items()]
    if named:
        told.append(f"not judged: {', '.join(named)}")
    if told:
        yield f"contracts: {document.name}: {'; '.join(told)}"


def places_by_what(unjudged: Iterable[Unjudged]) -> dict[str, list[SourceLocation]]:
    """Return the places of each kind of thing that nobody judges."""
    found: dict[str, list[SourceLocation]] = defaultdict(list)
    for one in unjudged:
        found[one.what].append(one.place)
    return found


def _what_is_unjudged(what: str, places: Sequence[SourceLocation]) -> str:
    """Return how often *what* stands there, and where first."""
    if len(places) == 1:
        return f"{what} ({places[0]})"
    return f"{len(places)} {what} (first {places[0]})"


def closing_lines(
    records: Sequence[Record],
    costs: Mapping[tuple[str, str], Mapping[str, float]],
    verbosity: int,
    width: int = 0,
) -> Iterator[Line]:
    """Yield the closing lines: an operation at a time, a row a family, then causes.

    They are folded to *width* columns, 0 being any number of them. Why a clause was not exercised
    in many operations is told once, behind them.
    """
    shared = _shared_reasons(records)
    for key, own in by_operation(records).items():
        document, operation = key
        cost = _cost(costs.get(key, {}), verbosity)
        if any(map(is_stopped, own)):
            yield Line(f"{document}::{operation}: not judged{cost}", HEADING)
            continue
        judging_target = of_target(own)
        heading = f"{document}::{operation}: {counted(judging_target)}{cost}"
        yield from _folded(Line(heading, HEADING), width)
        if verbosity >= 0:
            yield from map(Line, _table(judging_target))
        of_document = [record for record in own if is_of_document(record)]
        if of_document:
            yield Line(f"  the document's own examples: {counted(of_document)}")
        for line in (*_causes(own), *_reasons(own, shared)):
            yield from _folded(line, width)
    for reason, count in shared.items():
        yield from _folded(Line(f"not exercised in {count} operations: {reason}"), width)


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


# --- a row a family ----------------------------------------------------------------------------


def _table(records: Sequence[Record]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        counts[record["family"]][record["verdict"]] += 1
    shown = list(ORDER)
    if not any(row["waived"] for row in counts.values()):
        shown.remove("waived")
    yield f"  {'':<10}" + "".join(f"{verdict:>{len(verdict) + 3}}" for verdict in shown)
    for family in sorted(counts, key=_place_of):
        row = "".join(f"{counts[family][verdict] or '.':>{len(verdict) + 3}}" for verdict in shown)
        yield f"  {family.replace('_', ' '):<10}{row}"


def _place_of(family: str) -> int:
    if family in FAMILIES:
        return FAMILIES.index(family)
    return len(FAMILIES)


# --- what is wrong -----------------------------------------------------------------------------


def _causes(records: Sequence[Record]) -> Iterator[Line]:
    for cause in causes.find_causes(records):
        named = _named(cause.clauses)
        told = f"{named}: {_told(cause)}"
        if cause.verdict == "withheld":
            told = f"{cause.title}: {named}"
        yield Line(f"  {cause.verdict}: {told}", MARKS[cause.verdict])
        if cause.mend:
            yield Line(f"    to mend: {cause.mend}")


def _told(cause: causes.Cause) -> str:
    """Return what came, how often, and where the promise stands.

    The statuses are told where it came on several.
    """
    best, often = cause.best, ""
    if best["finding"] and best["finding"]["curl"]:
        often = f"{best['against']} of {best['judged']} answers; "
    return f"{cause.title}{cause.spread} ({often}{best['place']})"


def _shared_reasons(records: Sequence[Record]) -> dict[str, int]:
    """Return what was not exercised in many operations, and in how many."""
    found: Counter[str] = Counter()
    for own in by_operation(records).values():
        if not any(map(is_stopped, own)):
            found.update(_told_reasons(own))
    return {told: count for told, count in found.items() if count >= MANY_OPERATIONS}


def _reasons(records: Sequence[Record], shared: Mapping[str, int]) -> Iterator[Line]:
    for told in _told_reasons(records):
        if told not in shared:
            yield Line(f"  not exercised: {told}")


def _told_reasons(records: Sequence[Record]) -> Iterator[str]:
    for reason, own in causes.reasons(records):
        named = _named([record["clause"] for record in own])
        yield f"{reason}: {named}"


def _named(clauses: Sequence[str]) -> str:
    told = ", ".join(clauses[:NAMED])
    if len(clauses) > NAMED:
        told += f" and {len(clauses) - NAMED} more"
    return told


def _folded(line: Line, width: int) -> Iterator[Line]:
    """Yield *line* in lines that fit; the first of them keeps its marks."""
    if not width or len(line.text) <= width:
        yield line
        return
    first, *rest = textwrap.wrap(
        line.text,
        max(width, NARROWEST),
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield Line(first, line.marks)
    yield from map(Line, rest)
