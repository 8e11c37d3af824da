"""Which operations does a page describe, and what of each stands in which of its blocks?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from pytest_confluent_contracts.documents.lines import UnreadableText
from pytest_confluent_contracts.documents.pages.fields import columns_of
from pytest_confluent_contracts.documents.pages.markdown import (
    Block,
    Code,
    Heading,
    Opening,
    Page,
    Paragraph,
    Row,
    Table,
    plain_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.documents.pages.tabs import Tab

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
METHOD_AND_URL = re.compile(rf"({'|'.join(METHODS)}):?\s+(https?://\S+)", re.IGNORECASE)
URL = re.compile(r"https?://\S+", re.IGNORECASE)
STATUS = re.compile(
    r"(?:(?:http|status|code)[ :]+){0,3}(default|[1-5](?:[0-9]{2}|XX))\b(.*)", re.IGNORECASE
)
ANNOTATION = re.compile(r"\{[%#][^{}]{0,300}\}|\s*(?:→|#+)\s*$")
# What a heading opens, by its words; the first that fits counts.
SECTIONS: Final = {
    "response": re.compile(r"\b(?:responses?|returns|answers?)\b"),
    "code": re.compile(r"\b(?:code|curl|samples?|snippets?)\b|^examples?$|^example requests?$"),
    "path": re.compile(r"\bpath\b"),
    "query": re.compile(r"\bquery\b"),
    "header": re.compile(r"\bheaders?\b"),
    "cookie": re.compile(r"\bcookies?\b"),
    "body": re.compile(r"\b(?:body|payload)\b"),
    "request": re.compile(r"^requests?$"),
    "arguments": re.compile(r"^(?:arguments|parameters|inputs?)$"),
    "overview": re.compile(r"^(?:overview|description|summary|about)$"),
    "endpoint": re.compile(r"^(?:endpoints?|urls?|servers?|sites?|hosts?)$"),
}
PARAMETERS: Final = ("path", "query", "header", "cookie")
EXAMPLES = re.compile(r"^(?:examples?|samples?)$", re.IGNORECASE)
IS_REQUIRED = re.compile(r"\brequired\b", re.IGNORECASE)


class Endpoint(NamedTuple):
    """A row of the table of endpoints: where one server takes the operation."""

    line: int
    method: str
    server: str
    path: str
    site: str


@dataclass
class Part:
    """A body as a page describes it: of the request, or of the answers with one status."""

    line: int
    title: str = ""
    required: bool = False
    about: list[Paragraph] = field(default_factory=list)
    about_model: list[Paragraph] = field(default_factory=list)
    table: Table | None = None
    headers: Table | None = None
    examples: list[Code] = field(default_factory=list)


@dataclass
class Described:
    """What a page says of one operation, in its own blocks."""

    title: str
    title_line: int
    version: str
    line: int
    endpoints: list[Endpoint]
    overview: list[Paragraph] = field(default_factory=list)
    parameters: list[tuple[str, Table]] = field(default_factory=list)
    body: Part | None = None
    responses: dict[str, Part] = field(default_factory=dict)
    code: list[tuple[int, list[str]]] = field(default_factory=list)  # from which line, the lines


# --- operations -----------------------------------------------------------------------------------


def operations_on(page: Page) -> list[Described]:
    """Return the operations of *page*, each of which has a table of endpoints.

    Raise `UnreadableText` where none has, or a part of one cannot be told.
    """
    blocks = page.blocks
    starts = [index for index, block in enumerate(blocks) if _is_endpoints(block)]
    if not starts:
        first = next((block.line for block in blocks if isinstance(block, Table)), 1)
        told = "no table of this page has a column of endpoints (a method and a URL)"
        raise UnreadableText(told, first)
    titles = [_title_before(blocks, start) for start in starts]
    found: list[Described] = []
    for number, (start, title) in enumerate(zip(starts, titles, strict=True)):
        table = blocks[start]
        assert isinstance(table, Table)
        end = _end_of(blocks, starts, titles, number)
        last = blocks[end].line - 1 if end < len(blocks) else len(page.lines)
        operation = _described(page, table, title)
        reader = _SectionReader(operation, page.lines, len(table.tabs))
        within = [one for one in blocks[start + 1 : end] if _is_within(one.tabs, table)]
        reader.take_all(within, _last_line_within(page, table, last))
        found.append(operation)
    return found


def _described(page: Page, table: Table, title: Heading | None) -> Described:
    """Return the operation of these endpoints, of which nothing more is said so far."""
    return Described(
        title=plain_title(title.text) if title else page.title,
        title_line=title.line if title else table.line,
        version=table.tabs[-1].title if table.tabs else "",
        line=table.line,
        endpoints=list(_endpoints(table)),
    )


def _is_within(tabs: tuple[Tab, ...], table: Table) -> bool:
    return tabs[: len(table.tabs)] == table.tabs


def _last_line_within(page: Page, table: Table, last: int) -> int:
    """Return the last line up to *last* that stands within the tabs of *table*."""
    for number in range(table.line, last + 1):
        if not _is_within(page.tabs[number - 1], table):
            return number - 1
    return last


def _title_before(blocks: Sequence[Block], start: int) -> Heading | None:
    """Return the heading that names the operation whose table of endpoints is at *start*."""
    tabs = blocks[start].tabs
    for block in reversed(blocks[:start]):
        is_around = block.tabs == tabs[: len(block.tabs)]
        if not isinstance(block, Heading) or not is_around or not block.text:
            continue
        if section_of(block.text) != "endpoint":
            return block
    return None


def _end_of(
    blocks: Sequence[Block], starts: Sequence[int], titles: Sequence[Heading | None], number: int
) -> int:
    """Return the index of the block behind the operation with this *number*."""
    if number + 1 == len(starts):
        return len(blocks)
    following = titles[number + 1]
    if following is None or following is titles[number]:
        return starts[number + 1]
    return next(index for index, block in enumerate(blocks) if block is following)


def _names_headers(title: str) -> bool:
    return SECTIONS["header"].search(title.lower()) is not None


def plain_title(title: str) -> str:
    """Return the words of a heading without the anchor and the arrow behind them."""
    return " ".join(ANNOTATION.sub("", title).split())


def section_of(title: str) -> str:
    """Return what a heading with this *title* opens, ``""`` where that is not known."""
    lowered = re.sub(r"\([^()]*\)", "", plain_title(title)).strip().lower()
    for section, words in SECTIONS.items():
        if words.search(lowered):
            return section
    return ""


# --- endpoints ------------------------------------------------------------------------------------


def _is_endpoints(block: Block) -> bool:
    if not isinstance(block, Table):
        return False
    if any(re.search(r"\bendpoints?\b", title) for title in block.titles):
        return True
    return any(_endpoint_texts(row, block.titles) for row in block.rows)


def _endpoint_texts(row: Row, titles: Sequence[str]) -> tuple[str, str, int] | None:
    """Return method and URL of a row, and the column of the URL, None where it has none."""
    for index, cell in enumerate(row.cells):
        text = plain_text(cell)
        found = METHOD_AND_URL.fullmatch(text)
        if found:
            return found[1].upper(), found[2], index
        method = _method_column(row, titles)
        if method and URL.fullmatch(text):
            return method, text, index
    return None


def _method_column(row: Row, titles: Sequence[str]) -> str:
    for title, cell in zip(titles, row.cells, strict=True):
        text = plain_text(cell).upper()
        if title in ("method", "verb", "http method") and text in METHODS:
            return text
    return ""


def _endpoints(table: Table) -> Iterator[Endpoint]:
    """Yield the endpoints of *table*; all of them are of one method and path."""
    first: Endpoint | None = None
    for row in table.rows:
        found = _endpoint_texts(row, table.titles)
        if found is None:
            told = "this row of the table of endpoints has no method and URL (GET https://...)"
            raise UnreadableText(told, row.line)
        endpoint = _endpoint(row, table.titles, *found)
        first = first or endpoint
        if (endpoint.method, endpoint.path) != (first.method, first.path):
            told = f"method and path differ from the row above ({first.method} {first.path})"
            raise UnreadableText(told, row.line)
        yield endpoint
    if first is None:
        raise UnreadableText("this table of endpoints has no row", table.line)


def _endpoint(row: Row, titles: Sequence[str], method: str, url: str, column: int) -> Endpoint:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UnreadableText(f"`{url}` is no URL: {error}", row.line) from error
    if "{" in parts.netloc or not parts.netloc:
        raise UnreadableText(f"the host of `{url}` is not named", row.line)
    if parts.query or parts.fragment:
        raise UnreadableText(f"`{url}` has more than a path: it belongs to no parameter", row.line)
    others = [
        plain_text(cell)
        for index, cell in enumerate(row.cells)
        if index != column and plain_text(cell).upper() not in METHODS
    ]
    server = f"{parts.scheme}://{parts.netloc}"
    return Endpoint(row.line, method, server, parts.path or "/", " ".join(filter(None, others)))


# --- the parts of one -----------------------------------------------------------------------------


class _SectionReader:
    """Puts the blocks of one operation where they belong, in the page's order."""

    def __init__(self, operation: Described, lines: Sequence[str], depth: int) -> None:
        self._operation, self._lines, self._depth = operation, lines, depth
        self._section, self._level, self._line = "", 0, operation.line
        self._status_heading: Part | None = None
        self._is_about_headers = False
        self._by_tab: dict[Tab, Part] = {}

    def take_all(self, blocks: Sequence[Block], last: int) -> None:
        """Take the *blocks*, behind which the operation ends on the line *last*."""
        for block in blocks:
            if isinstance(block, Heading):
                self._take_heading(block)
            else:
                self._take(block)
        self._close_section(last)

    # --- headings ---------------------------------------------------------------------------------

    def _take_heading(self, heading: Heading) -> None:
        status = STATUS.match(heading.text)
        if status and self._section == "response":
            self._status_heading = self._response(status, heading.line)
            return
        section = section_of(heading.text)
        if self._section == "response" and _names_headers(heading.text):
            self._is_about_headers = True
            return
        if heading.text:
            self._is_about_headers = False
        if not self._opens_section(heading, section):
            return
        self._close_section(heading.line - 1)
        self._section, self._level, self._line = section, heading.level, heading.line
        self._status_heading = None
        if section == "body":
            self._open_body(heading.line, IS_REQUIRED.search(heading.text) is not None)

    def _opens_section(self, heading: Heading, section: str) -> bool:
        """Return whether *heading* ends what stands before it: a smaller one does by its words."""
        if self._section == "code":
            # Comments of a shell look like headings of the page.
            return bool(section) and heading.level == self._level
        if EXAMPLES.match(heading.text) and heading.level > self._level:
            return self._section not in ("body", "request", "response")
        return bool(section) or (bool(heading.text) and heading.level <= self._level)

    def _close_section(self, last: int) -> None:
        if self._section == "code":
            self._operation.code.append((self._line + 1, list(self._lines[self._line : last])))

    def _open_body(self, line: int, is_required: bool) -> Part:
        if self._operation.body is not None:
            told = f"a second body; the first is on line {self._operation.body.line}"
            raise UnreadableText(told, line)
        self._operation.body = Part(line, required=is_required)
        return self._operation.body

    def _response(self, status: re.Match[str], line: int) -> Part:
        name = status[1].lower() if status[1].lower() == "default" else status[1].upper()
        if name in self._operation.responses:
            told = f"a second description of the status {name}"
            first = self._operation.responses[name].line
            raise UnreadableText(f"{told}; the first is on line {first}", line)
        part = self._operation.responses[name] = Part(line, status[2].strip(" :-"))
        return part

    # --- what stands below them -------------------------------------------------------------------

    def _take(self, block: Block) -> None:
        part = self._part_around(block)
        if part is not None:
            self._take_into(part, block)
        elif isinstance(block, Paragraph) and self._section == "overview":
            self._operation.overview.append(block)
        elif isinstance(block, Table) and self._section in PARAMETERS:
            self._operation.parameters.append((self._section, block))
        elif isinstance(block, Table) and self._section not in ("code", "overview"):
            self._check_is_prose(block)

    def _check_is_prose(self, table: Table) -> None:
        """Raise `UnreadableText` where *table* describes fields, and nothing tells of what."""
        if {"name", "type"} <= columns_of(table).keys() or self._section == "response":
            told = "what this table describes stays open: it stands below no heading that is known"
            raise UnreadableText(told, table.line)

    def _part_around(self, block: Block) -> Part | None:
        """Return the body that *block* is about: by a tab that names a status, else by heading."""
        if self._section == "code":
            return None
        for tab in block.tabs[self._depth :]:
            status = STATUS.match(tab.title)
            if status:
                if tab not in self._by_tab:
                    self._by_tab[tab] = self._response(status, tab.line)
                return self._by_tab[tab]
        if self._section == "response":
            return self._status_heading
        is_described = isinstance(block, Table | Code)
        if self._section == "request" and is_described and self._operation.body is None:
            return self._open_body(self._line, is_required=False)
        return self._operation.body if self._section in ("body", "request") else None

    def _take_table(self, part: Part, table: Table) -> None:
        known = part.headers if self._is_about_headers else part.table
        if known is not None:
            told = f"a second table of fields; the first is on line {known.line}"
            raise UnreadableText(told, table.line)
        if self._is_about_headers:
            part.headers = table
        else:
            part.table = table

    def _take_into(self, part: Part, block: Block) -> None:
        if isinstance(block, Opening):
            self._is_about_headers = part is not self._operation.body and _names_headers(
                block.tabs[-1].title
            )
        elif isinstance(block, Table):
            self._take_table(part, block)
        elif isinstance(block, Code):
            part.examples.append(block)
        elif isinstance(block, Paragraph):
            tabs = block.tabs[self._depth :]
            is_inner = bool(tabs) and not STATUS.match(tabs[-1].title)
            (part.about_model if is_inner else part.about).append(block)
