"""Of which headings, paragraphs, tables and blocks of code is a page made, and on which lines?"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.documents.lines import UnreadableText
from pytest_confluent_contracts.documents.pages.tabs import Tab, TabbedText, without_tabs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Of a page that is read; one of many operations has 600,000 characters on 20,000 lines.
MOST_CHARACTERS = 1_000_000
MOST_LINES = 40_000
MOST_BARS = 100_000  # that part the cells of tables
FRONT_MATTER = "---"
MOST_FRONT_MATTER = 100  # lines
HTML_TABLE = re.compile(r"</?(?:table|thead|tbody|tr|td|th|html|body)\b", re.IGNORECASE)
LINK = re.compile(r"\[([^\[\]]{1,500})\]\([^()\s]{0,2000}\)")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark 0.31, 2.4


@dataclass(frozen=True)
class Block:
    """A part of a page: the line on which it begins, and the tabs around it, the outer first."""

    line: int
    tabs: tuple[Tab, ...]


@dataclass(frozen=True)
class Opening(Block):
    """Where a tab opens, the innermost of those around it; it may hold nothing."""


@dataclass(frozen=True)
class Heading(Block):
    """A heading; its level is 1 for the page's own."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph(Block):
    """A paragraph, as it is written."""

    text: str


@dataclass(frozen=True)
class Code(Block):
    """A block of code; its line is the first of the code."""

    text: str


class Row(NamedTuple):
    """A row of a table: its line, and its cells as they are written."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table(Block):
    """A table: the titles of its columns in lower case, and its rows, each with as many cells."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]


class Page(NamedTuple):
    """The blocks of a page, its lines as they are written with the tabs around each, its title."""

    blocks: list[Block]
    lines: list[str]
    tabs: list[tuple[Tab, ...]]
    title: str


def read_markdown(text: str) -> Page:
    """Return the parts of the page in *text*; raise `UnreadableText` where it is not whole."""
    _check_size(text)
    # The parser takes a carriage return alone for the end of a line, and nobody else does.
    text = text.replace("\r\n", "\n").replace("\r", " ")
    written = without_tabs(text)
    title = _take_front_matter(written.lines)
    blocks = [*_openings(written), *_blocks(written)]
    blocks.sort(key=lambda block: block.line)
    return Page(blocks, text.split("\n"), written.tabs, title)


def _check_size(text: str) -> None:
    """Raise `UnreadableText` where reading *text* would take longer than a person waits."""
    counts = {
        "characters": (len(text), MOST_CHARACTERS),
        "lines": (text.count("\n"), MOST_LINES),
        "cells": (text.count("|"), MOST_BARS),
    }
    for what, (count, most) in counts.items():
        if count > most:
            told = f"a page of more than {most:,} {what}: save the page of one operation"
            raise UnreadableText(told, 1)


def plain_text(written: str) -> str:
    """Return what a reader sees of *written*, a heading or a cell, on one line.

    Emphasis is kept as it is written: an underscore may belong to a name.
    """
    shown = html.unescape(LINK.sub(r"\1", written)).replace("`", "").replace("**", "")
    return " ".join(ESCAPED.sub(r"\1", shown).split())


def sentence_text(written: str) -> str:
    """Return *written* as a description: code stays marked as code."""
    return " ".join(html.unescape(written).split())


def _take_front_matter(lines: list[str]) -> str:
    """Blank what stands before the page in place, and return the title that is stated there."""
    stripped = [line.rstrip() for line in lines[:MOST_FRONT_MATTER]]
    if stripped[:1] != [FRONT_MATTER] or FRONT_MATTER not in stripped[1:]:
        return ""
    end = stripped.index(FRONT_MATTER, 1)
    stated = [line.partition(":") for line in stripped[1:end]]
    titles = [value.strip().strip("\"'") for name, _, value in stated if name == "title"]
    lines[: end + 1] = [""] * (end + 1)
    return next(iter(titles), "")


def _openings(written: TabbedText) -> Iterator[Block]:
    """Yield where each tab opens, in the page's order."""
    known: set[Tab] = set()
    for tabs in dict.fromkeys(written.tabs):
        for depth, tab in enumerate(tabs, 1):
            if tab not in known:
                known.add(tab)
                yield Opening(tab.line, tabs[:depth])


def _blocks(written: TabbedText) -> Iterator[Block]:
    """Yield the blocks in the page's order."""
    # Here, so that a run whose documents are no pages does not load it.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero").enable(["table", "fence", "heading", "hr"]).disable("inline")
    tokens = parser.parse("\n".join(written.lines))
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.map is not None:
            line = token.map[0] + 1
            tabs = written.tabs[line - 1]
            if token.type == "heading_open":
                text = plain_text(tokens[index + 1].content)
                yield Heading(line, tabs, int(token.tag[1:]), text)
            elif token.type == "paragraph_open":
                yield _paragraph(tokens[index + 1].content, line, tabs)
            elif token.type == "fence":
                yield Code(line + 1, tabs, token.content)
            elif token.type == "table_open":
                end = next(at for at in range(index, len(tokens)) if _ends_table(tokens[at]))
                yield _table(tokens[index:end], line, tabs)
                index = end
        index += 1


def _paragraph(written: str, line: int, tabs: tuple[Tab, ...]) -> Paragraph:
    if written.startswith("|"):
        told = "a table is expected here: its head and the line below have as many columns"
        raise UnreadableText(told, line)
    if HTML_TABLE.match(written):
        raise UnreadableText("HTML: a table is read in Markdown alone", line)
    return Paragraph(line, tabs, sentence_text(written))


def _ends_table(token: Any) -> bool:
    return bool(token.type == "table_close")


def _table(tokens: Sequence[Any], line: int, tabs: tuple[Tab, ...]) -> Table:
    """Return the table of these *tokens*; a row that is too short has empty cells at its end."""
    rows: list[tuple[int, list[str]]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append((token.map[0] + 1, []))
        elif token.type == "inline":
            rows[-1][1].append(token.content)
    titles = [plain_text(cell).lower() for cell in rows[0][1]]
    return Table(line, tabs, tuple(titles), tuple(Row(at, tuple(cells)) for at, cells in rows[1:]))
