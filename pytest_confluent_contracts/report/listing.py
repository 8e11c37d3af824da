"""Where do the promises stand? The documents as they are, each promise marked in its line."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.causes import GRAVEST, WRONG, standing
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
# A longer document, or one with more marks, is shown only around what is wrong, so many times.
MOST_LINES, MOST_MARKS = 5000, 1500
MOST_EXCERPTS, AROUND = 200, 2
TITLED = 12  # clauses that the mark of one line names

KEY = re.compile(r"(?P<lead>\s*(?:- )?)(?P<key>[\w$./{}'\"*-]+:)(?P<rest>(?: .*)?)\Z")


def slug(verdict: str) -> str:
    """Return the verdict as a class of the style sheet."""
    return "unseen" if verdict == "not exercised" else verdict


def worst(verdicts: Iterable[str]) -> str:
    """Return what a line with several promises is marked as."""
    return min(verdicts, key=GRAVEST.index)


class Listing:
    """One document with its promises marked: whole, or where it is long, around what is wrong.

    *number* is that of the document in the page, *clauses* are those that stand in it, each with
    the id of the part of the page that tells of it.
    """

    def __init__(
        self, number: int, file: str, text: str, clauses: Iterable[tuple[str, Data]]
    ) -> None:
        self.number, self.file = number, file
        self._lines = text.splitlines()
        self._at: dict[int, list[tuple[str, Data]]] = defaultdict(list)
        for anchor, clause in clauses:
            self._at[clause["line"]].append((anchor, clause))
        self.is_whole = len(self._lines) <= MOST_LINES and len(self._at) <= MOST_MARKS
        self._shown = self._shown_lines()

    def _shown_lines(self) -> Collection[int]:
        """Return the numbers of the lines that are shown, in order."""
        every = range(1, len(self._lines) + 1)
        if self.is_whole:
            return every
        wrong = [line for line, here in self._at.items() if _worst_of(here) in WRONG]
        around: set[int] = set()
        for line in sorted(wrong)[:MOST_EXCERPTS]:
            around.update(range(line - AROUND, line + AROUND + 1))
        return dict.fromkeys(line for line in every if line in around)

    def link(self, clause: Data) -> str:
        """Return the link to the line of *clause*, ``""`` where it is not shown."""
        line = clause["line"]
        if clause["file"] != self.file or line not in self._shown or line not in self._at:
            return ""
        return f"#d{self.number}-{line}"

    def drawn(self) -> Html:
        """Return the lines with their marks."""
        before, drawn = 0, list[Html]()
        for line in self._shown:
            is_next = line == before + 1
            drawn.append(self._line(line, "" if is_next else f"counter-set:l {line - 1}"))
            before = line
        return tag(
            "pre",
            tag("code", drawn),
            tabindex=0,
            role="region",
            aria_label=f"{self.file} with its promises marked",
        )

    def _line(self, line: int, style: str) -> Html:
        """Return one line; *style* numbers one that does not follow the line above it."""
        written, here = self._lines[line - 1], self._at.get(line, ())
        number = tag("i", style=style) if style else Html("<i></i>")
        if not here:
            return Html(f"{number}{_coloured(written)}\n")
        verdict = _worst_of(here)
        first = next(anchor for anchor, clause in here if standing(clause) == verdict)
        told = f"{GLYPHS[verdict]} {_count(here, verdict)}"
        link = tag(
            "a",
            told,
            href=f"#{first}",
            title=_titled(here),
            aria_label=f"line {line}: {_count(here, verdict)}",
        )
        marked = tag(
            "span",
            number,
            _coloured(written),
            " ",
            link,
            id=f"d{self.number}-{line}",
            class_=f"at {slug(verdict)}",
        )
        return Html(f"{marked}\n")


def _worst_of(here: Iterable[tuple[str, Data]]) -> str:
    return worst(standing(clause) for _, clause in here)


def _titled(here: Sequence[tuple[str, Data]]) -> str:
    """Return the clauses that stand in one line; many operations may share it."""
    told = [f"{standing(clause)}: {clause['clause']}" for _, clause in here[:TITLED]]
    if len(here) > TITLED:
        told.append(f"and {len(here) - TITLED} more")
    return "\n".join(told)


def _count(here: Sequence[tuple[str, Data]], verdict: str) -> str:
    counts = Counter(standing(clause) for _, clause in here)
    return verdict if len(here) == 1 else f"{counts[verdict]} of {len(here)} {verdict}"


def _coloured(written: str) -> Html:
    """Return a line of YAML, its key and its comment told apart."""
    if written.lstrip().startswith("#"):
        return tag("em", written)
    found = KEY.match(written)
    return html([found["lead"], tag("b", found["key"]), found["rest"]]) if found else html(written)
