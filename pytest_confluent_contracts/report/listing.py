"""Where do the promises stand? The documents as they are, each promise marked in its line."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.causes import GRAVEST, standing
from pytest_confluent_contracts.report.markup import Html, html, tag

Data = Mapping[str, Any]

GLYPHS = {
    "kept": "✓",
    "broken": "✗",
    "withheld": "✗",
    "warned": "!",
    "waived": "~",
    "not exercised": "○",
}
KEY = re.compile(r"(?P<lead>\s*(?:- )?)(?P<key>[\w$./{}'\"*-]+:)(?P<rest>(?: .*)?)\Z")


def slug(verdict: str) -> str:
    """Return the verdict as a class of the style sheet."""
    return "unseen" if verdict == "not exercised" else verdict


def worst(verdicts: Iterable[str]) -> str:
    """Return what a line with several promises is marked as."""
    return min(verdicts, key=GRAVEST.index)


def anchor(files: Sequence[str], clause: Data) -> str:
    """Return the link to the line of *clause*, ``""`` where the document's text is not at hand."""
    return f"#d{files.index(clause['file'])}-{clause['line']}" if clause["file"] in files else ""


def document_listing(
    number: int, file: str, text: str, clauses: Sequence[tuple[int, Data]]
) -> Html:
    """Return document *number* with its marks.

    *clauses* are its own, with the numbers that they have in the report.
    """
    at: dict[int, list[tuple[int, Data]]] = defaultdict(list)
    for index, clause in clauses:
        at[clause["line"]].append((index, clause))
    lines = [
        _line(number, line, written, at.get(line, ()))
        for line, written in enumerate(text.splitlines(), 1)
    ]
    return tag(
        "pre",
        tag("code", lines),
        tabindex=0,
        role="region",
        aria_label=f"{file} with its promises marked",
    )


def _line(number: int, line: int, written: str, here: Sequence[tuple[int, Data]]) -> Html:
    if not here:
        return Html(f"<i></i>{_coloured(written)}\n")
    verdict = worst(standing(clause) for _, clause in here)
    first = next(index for index, clause in here if standing(clause) == verdict)
    title = "\n".join(f"{standing(clause)}: {clause['clause']}" for _, clause in here)
    told = f"{GLYPHS[verdict]} {_count(here, verdict)}"
    link = tag(
        "a",
        told,
        href=f"#c{first}",
        title=title,
        aria_label=f"line {line}: {_count(here, verdict)}",
    )
    marked = tag(
        "span",
        Html("<i></i>"),
        _coloured(written),
        " ",
        link,
        id=f"d{number}-{line}",
        class_=f"at {slug(verdict)}",
    )
    return Html(f"{marked}\n")


def _count(here: Sequence[tuple[int, Data]], verdict: str) -> str:
    counts = Counter(standing(clause) for _, clause in here)
    return verdict if len(here) == 1 else f"{counts[verdict]} of {len(here)} {verdict}"


def _coloured(written: str) -> Html:
    """Return a line of YAML, its key and its comment told apart."""
    if written.lstrip().startswith("#"):
        return tag("em", written)
    found = KEY.match(written)
    return html([found["lead"], tag("b", found["key"]), found["rest"]]) if found else html(written)
