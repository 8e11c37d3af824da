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
MOST_TABLES = 24  # operations of which each has its table; of more, all together have one
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

    They are folded to *width* columns, 0 being any number of them. What several operations have in
    common is told once, behind them: a cause, and why clauses were not exercised in many of them.
    Of many operations each has only a line and its own causes, unless more is asked for.
    """
    apart, found = by_operation(records), causes.find_causes(records)
    shared = _shared_reasons(apart.values())
    of_one = _by_operation_alone(found)
    is_short = len(apart) > MOST_TABLES and verbosity < 1
    for key, own in apart.items():
        document, operation = key
        cost = _cost(costs.get(key, {}), verbosity)
        if any(map(is_stopped, own)):
            yield Line(f"{document}::{operation}: not judged{cost}", HEADING)
            continue
        heading = f"{document}::{operation}: {counted(of_target(own))}{cost}"
        yield from _folded(Line(heading, HEADING), width)
        told = list(_causes(of_one[key]))
        if not is_short:
            told = [*_rows(own, verbosity), *told, *_reasons(own, shared)]
        for line in told:
            yield from _folded(line, width)
    if is_short:
        heading = f"all {len(apart)} operations: {counted(of_target(records))}"
        yield from (Line(heading, HEADING), *_rows(records, verbosity))
    in_several = [cause for cause in found if len(cause.operations) > 1]
    if in_several:
        yield Line("in several operations:", HEADING)
    for line in _causes(in_several):
        yield from _folded(line, width)
    for reason, count in shared.items():
        yield from _folded(Line(f"not exercised in {count} operations: {reason}"), width)


def _by_operation_alone(
    found: Iterable[causes.Cause],
) -> Mapping[tuple[str, str], list[causes.Cause]]:
    """Return the causes that one operation alone shows, by document and operation."""
    own: dict[tuple[str, str], list[causes.Cause]] = defaultdict(list)
    for cause in found:
        if len(cause.operations) == 1:
            own[cause.best["document"], cause.best["operation"]].append(cause)
    return own


def _rows(records: Sequence[Record], verbosity: int) -> Iterator[Line]:
    """Yield the table of *records*, and the line on what the document itself keeps."""
    if verbosity >= 0:
        yield from map(Line, _table(of_target(records)))
    of_document = [record for record in records if is_of_document(record)]
    if of_document:
        yield Line(f"  the document's own examples: {counted(of_document)}")


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


def _causes(found: Iterable[causes.Cause]) -> Iterator[Line]:
    for cause in found:
        named = _named(cause.clauses)
        told = f"{named}: {_told(cause)}"
        if cause.verdict == "withheld":
            told = f"{cause.title}{cause.spread}: {named}"
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
        if len(cause.operations) > 1:
            often = f"{best['operation']}: {often}"
    return f"{cause.title}{cause.spread} ({often}{best['place']})"


def _shared_reasons(apart: Iterable[Sequence[Record]]) -> dict[str, int]:
    """Return what was not exercised in many operations, and in how many.

    *apart* are the records of each.
    """
    found: Counter[str] = Counter()
    for own in apart:
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
