"""Within which tabs does a line of a page stand?

Tabs are Markdoc's: ``{% tab title="Model" %}`` and ``{% /tab %}``. What stands in a block of code
is no tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pytest_confluent_contracts.documents.lines import UnreadableText

if TYPE_CHECKING:
    from collections.abc import Iterator

TAB = re.compile(r"\{%\s*(?P<end>/tab\b|endtab\b)?(?P<begin>tab\b)?(?P<attributes>[^%]{0,300})%\}")
TITLE = re.compile(r"""(?:title\s*=\s*)?(?:"([^"]*)"|'([^']*)')""")
# What says how a page looks, and nothing about the service: groups of tabs, anchors, breaks.
LAYOUT = re.compile(r"\{%\s*(?:/?tabs\b|endtabs\b|#|br\b)[^%]{0,300}%\}")
# Of CommonMark (0.31, 4.5): three marks or more, and as many at the end.
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
DEEPEST_TAB = 10  # pages have three: a version, a status, a model


@dataclass(frozen=True)
class Tab:
    """A tab: its title, and the line on which it opens."""

    title: str
    line: int


class TabbedText(NamedTuple):
    """The text without its tags, line by line, and the tabs around each of these lines."""

    lines: list[str]
    tabs: list[tuple[Tab, ...]]


def without_tabs(text: str) -> TabbedText:
    """Return the lines of *text* without tags, and the tabs that are open at each.

    Raise `UnreadableText` where a tab or a block of code is not closed, or a tab was never open.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.take(line, number)
    reader.finish()
    return TabbedText(reader.lines, reader.tabs)


class _Reader:
    """Reads the lines of one page, one after the other."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tabs: list[tuple[Tab, ...]] = []
        self._open: list[Tab] = []
        self._fence, self._fence_line = "", 0

    def take(self, line: str, number: int) -> None:
        """Take the line with this *number*."""
        marks = FENCE.match(line)
        if self._fence:
            if marks and marks[1].startswith(self._fence) and not marks[2].strip():
                self._fence = ""
        elif marks and not (marks[1][0] == "`" and "`" in marks[2]):
            self._fence, self._fence_line = marks[1], number
        elif "{%" in line:
            self._take_tags(line, number)
            return
        self._keep(line)

    def _take_tags(self, line: str, number: int) -> None:
        before = tuple(self._open)
        for tag in _tab_tags(line):
            if tag["begin"] and len(self._open) == DEEPEST_TAB:
                raise UnreadableText(f"tabs within more than {DEEPEST_TAB} tabs", number)
            if tag["begin"]:
                self._open.append(Tab(_title_in(tag["attributes"]), number))
            elif self._open:
                self._open.pop()
            else:
                raise UnreadableText("a tab is closed here that was never opened", number)
        rest = LAYOUT.sub("", _without_tab_tags(line))
        if rest.strip().startswith("{%") and rest.strip().endswith("%}"):
            rest = ""
        self._keep(rest)
        # A text before the tag that closes a tab belongs to it.
        if rest.strip() and not line.lstrip().startswith("{%"):
            self.tabs[-1] = before

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        self.tabs.append(tuple(self._open))

    def finish(self) -> None:
        """Raise `UnreadableText` where the page ends within something."""
        if self._fence:
            told = "the block of code that begins here has no end: is the page cut off?"
            raise UnreadableText(told, self._fence_line)
        if self._open:
            tab = self._open[-1]
            told = f"the tab `{tab.title}` that is opened here is not closed: is the page cut off?"
            raise UnreadableText(told, tab.line)


def _tab_tags(line: str) -> Iterator[re.Match[str]]:
    """Yield the tags in *line* that open or close a tab."""
    for tag in TAB.finditer(line):
        if tag["begin"] or tag["end"]:
            yield tag


def _without_tab_tags(line: str) -> str:
    return TAB.sub(lambda tag: "" if tag["begin"] or tag["end"] else tag[0], line)


def _title_in(attributes: str) -> str:
    title = TITLE.search(attributes)
    if title is None:
        return ""
    return (title[1] or title[2] or "").strip()
