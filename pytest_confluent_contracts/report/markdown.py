"""What does a reviewer read first? A summary in Markdown, for the page of a CI job."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report import causes
from pytest_confluent_contracts.report.record import by_operation, is_of_document, of_target
from pytest_confluent_contracts.report.terminal import FAMILIES, MOST_TABLES, ORDER, counted
from pytest_confluent_contracts.report.visible import visible

MOST = 50  # findings; a job's page takes 1 MiB
LONGEST = 600
BACKTICKS = re.compile("`+")
GLYPHS = {"broken": "❌", "withheld": "❌", "warned": "⚠️", "waived": "💤"}
TABLE_HEAD = ("| | " + " | ".join(ORDER) + " |", "|---|" + "--:|" * len(ORDER))

Data = Mapping[str, Any]


def markdown_summary(run: Data) -> str:
    """Return the summary of *run*: a table an operation, then the causes, the gravest first."""
    return "\n".join(
        [
            *_head(run),
            *_tables(run["clauses"]),
            *_causes(run["clauses"]),
            *_coverage(run),
            *_left_out(run),
            "",
        ]
    )


def _head(run: Data) -> Iterator[str]:
    yield f"## API contracts: {counted(of_target(run['clauses'])) or 'nothing judged'}"
    yield ""
    held = ", ".join(f"{_text(one['title'])} {_text(one['version'])}" for one in run["documents"])
    against = f"{_code(run['target'])} held against {held or 'no document'}"
    yield f"{against}; seed {run['seed']}; {run['seconds']:.1f} s."
    if run["interrupted"]:
        yield "\n**The run was interrupted: what is not listed was not judged.**"


def _tables(clauses: Sequence[Data]) -> Iterator[str]:
    apart = by_operation(clauses)
    if len(apart) > MOST_TABLES:
        yield from _one_table(apart)
        return
    for (document, operation), own in apart.items():
        yield f"\n### {_text(document)} · {_code(operation)}\n"
        yield from TABLE_HEAD
        verdicts: dict[str, list[str]] = {family: [] for family in FAMILIES}
        for one in of_target(own):
            verdicts.setdefault(one["family"], []).append(one["verdict"])
        for family, told in verdicts.items():
            if told:
                cells = " | ".join(str(told.count(verdict) or "") for verdict in ORDER)
                yield f"| {family.replace('_', ' ')} | {cells} |"
        of_document = [one for one in own if is_of_document(one)]
        if of_document:
            yield f"\nThe document's own examples: {counted(of_document)}."


def _one_table(apart: Mapping[tuple[str, str], Sequence[Data]]) -> Iterator[str]:
    """Yield one table of many operations, a row each."""
    yield f"\n### {len(apart)} operations\n"
    yield from TABLE_HEAD
    for (document, operation), own in apart.items():
        counts = Counter(one["verdict"] for one in of_target(own))
        cells = " | ".join(str(counts[verdict] or "") for verdict in ORDER)
        yield f"| {_text(document)} · {_code(operation)} | {cells} |"
    of_document = [one for own in apart.values() for one in own if is_of_document(one)]
    if of_document:
        yield f"\nThe documents' own examples: {counted(of_document)}."


def _causes(clauses: Sequence[Data]) -> Iterator[str]:
    found = causes.find_causes(clauses)
    if found:
        yield "\n### What to look at\n"
    for cause in found[:MOST]:
        yield f"- {GLYPHS[cause.verdict]} **{cause.verdict}**: {_text(cause.title)}{cause.spread}"
        if cause.mend:
            yield f"  to mend: {_text(cause.mend)}"
        yield f"  promised: {_text(cause.best['promise'])} ({_code(cause.best['place'])})"
        named = ", ".join(map(_code, cause.clauses[:6]))
        more = len(cause.clauses) - 6
        if more > 0:
            named += f" and {more} more"
        yield f"  seen by {named}"
        finding = cause.best["finding"] or {}
        for told in finding.get("sequence") or [finding.get("curl", "")]:
            if told:
                yield f"  {_code(told)}"
    if len(found) > MOST:
        yield f"- and {len(found) - MOST} more in the report"


def _coverage(run: Data) -> Iterator[str]:
    told = run["coverage"]
    shares = ", ".join(
        f"{told[what]['percent']:g} % of {what}" for what in ("clauses", "statuses", "keywords")
    )
    yield f"\nExercised: {shares}."


def _left_out(run: Data) -> Iterator[str]:
    """Yield what the documents have that nobody is held to."""
    for document in run["documents"]:
        left_out = document.get("left_out", ())
        named = [f"{_text(one['what'])} ({_code(_place(one))})" for one in left_out[:MOST]]
        if len(left_out) > MOST:
            named.append(f"and {len(left_out) - MOST} more")
        if named:
            yield f"\nNot held in {_text(document['name'])}: {', '.join(named)}."


def _place(told: Data) -> str:
    return f"{told['file']}:{told['line']}"


def _text(text: str) -> str:
    """Return *text* as Markdown shows it as it is.

    It is no markup, no link and no mention, on one line, and cut where it is long.
    """
    cut = _cut_line(text)
    marked = "".join(f"\\{mark}" if mark in "\\`*_{}[]()#+!|~" else mark for mark in cut)
    return (
        marked.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("@", "@\u200b")
    )


def _cut_line(text: str) -> str:
    """Return *text* on one line of at most `LONGEST` characters."""
    flat = visible(" ".join(text.split()))
    if len(flat) <= LONGEST:
        return flat
    return flat[: LONGEST - 4] + " ..."


def _code(text: str) -> str:
    """Return *text* as a code span, its fence longer than any run of backticks within."""
    cut = _cut_line(text)
    longest = max((len(run) for run in BACKTICKS.findall(cut)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in cut or not cut else ""
    return f"{fence}{pad}{cut}{pad}{fence}"
