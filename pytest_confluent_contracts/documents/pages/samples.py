"""What do the curl samples of a page show? Credentials, media types, a body, values of the path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.documents.json_text import read_json
from pytest_confluent_contracts.documents.lines import UnreadableText, shift_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMAND = re.compile(r"\bcurl\s+(?=-|[\"']?https?:|\\)")
EXPORT = re.compile(r"\bexport\s+(\w{1,100})=(?:\"([^\"\n]*)\"|'([^'\n]*)'|(\S+))")
HEADER = re.compile(r"(?:-H|--header)[ \t]+(?:\"([^\"\n]*)\"|'([^'\n]*)')")
USER = re.compile(r"(?:-u|--user)[ \t]+[\"']?\$\{?(\w{1,100})\}?:\$\{?(\w{1,100})\}?")
HERE = re.compile(r"<<-?[ \t]*[\"']?(\w{1,100})[\"']?[ \t]*$", re.MULTILINE)
DATA = re.compile(r"(?:-d|--data|--data-raw|--data-binary|--json)[ \t=]+(['\"])(?=\s*[\[{])")
VARIABLE = re.compile(r"\$\{(\w{1,100})\}|\$(\w{1,100})")
MOST_COMMANDS = 20  # of one operation that are read
PLACEHOLDER = re.compile(r"CHANGE_?ME|TODO|<.*>|\$.*|\.\.\.|", re.IGNORECASE)
FENCE_END = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


@dataclass(frozen=True)
class Credential:
    """A credential that a sample sends, its scheme in the words of OpenAPI.

    ``variables`` are the environment variables of the parts, as ``x-contract`` names them.
    """

    name: str
    scheme: tuple[tuple[str, str], ...]
    variables: tuple[tuple[str, str], ...]
    line: int = field(compare=False)


@dataclass
class Sample:
    """One curl command of a page."""

    line: int
    credentials: list[Credential] = field(default_factory=list)
    media_type: str = ""
    values: dict[str, str] = field(default_factory=dict)
    body: Any = None
    body_line: int = 0


def samples_in(lines: Sequence[str], first: int, documented: frozenset[str]) -> Iterator[Sample]:
    """Yield the curl commands in *lines*, the first of which is the line *first* of the page.

    *documented* are the headers, in lower case, that the page describes as parameters: what is
    sent in them is no credential.
    """
    text = "\n".join(lines)
    starts = [found.start() for found in islice(COMMAND.finditer(text), MOST_COMMANDS)]
    ends = [*starts, len(text)][1:]
    for start, end in zip(starts, ends, strict=True):
        fence = FENCE_END.search(text, start, end)
        yield _SampleReader(text, first, documented).sample(start, fence.start() if fence else end)


class _SampleReader:
    """Reads the commands in one text."""

    def __init__(self, text: str, first: int, documented: frozenset[str]) -> None:
        self._text, self._first, self._documented = text, first, documented

    def sample(self, start: int, end: int) -> Sample:
        """Return the command between *start* and *end*."""
        command = self._text[start:end]
        sample = Sample(self._line_at(start))
        sample.values = self._exported(self._text[:start])
        for found in HEADER.finditer(command):
            name, _, value = (found[1] or found[2] or "").partition(":")
            line = self._line_at(start + found.start())
            self._take_header(sample, name.strip(), value.strip(), line)
        user = USER.search(command)
        if user:
            variables = (("username", user[1]), ("password", user[2]))
            line = self._line_at(start + user.start())
            sample.credentials.append(Credential("basic", BASIC, variables, line))
        self._take_body(sample, command, start)
        return sample

    def _line_at(self, position: int) -> int:
        return self._first + self._text.count("\n", 0, position)

    def _exported(self, before: str) -> dict[str, str]:
        """Return the values that stand before a command, those that are to be replaced left out."""
        found: dict[str, str] = {}
        for export in EXPORT.finditer(before):
            value = export[2] or export[3] or export[4] or ""
            found[export[1]] = "" if PLACEHOLDER.fullmatch(value) else value
        return found

    def _take_header(self, sample: Sample, name: str, value: str, line: int) -> None:
        lowered = name.lower()
        if lowered == "content-type":
            sample.media_type = value.partition(";")[0].strip().lower()
        elif lowered == "authorization":
            sample.credentials.append(_authorization(value, line))
        elif lowered not in self._documented:
            whole = VARIABLE.fullmatch(value)
            variable = (whole[1] or whole[2]) if whole else ""
            if variable and variable not in sample.values:
                scheme = (("type", "apiKey"), ("in", "header"), ("name", name))
                known = Credential(_component_name(name), scheme, (("value", variable),), line)
                sample.credentials.append(known)

    def _take_body(self, sample: Sample, command: str, start: int) -> None:
        """Take the body where it is JSON; another is shown to nobody."""
        here, data = HERE.search(command), DATA.search(command)
        if here:
            begin = here.end() + 1
            stop = re.search(rf"^[ \t]*{re.escape(here[1])}\b", command[begin:], re.MULTILINE)
            written = command[begin : begin + stop.start()] if stop else ""
        elif data:
            begin = data.end()
            written = command[begin:].rpartition(data[1])[0]
        else:
            return
        try:
            body = read_json(written)
        except UnreadableText:
            return
        sample.body_line = self._line_at(start + begin)
        shift_lines(body, sample.body_line - 1)
        sample.body = body


BASIC: Final = (("type", "http"), ("scheme", "basic"))


def _authorization(value: str, line: int) -> Credential:
    """Return the credential that a header ``Authorization`` of this *value* sends."""
    scheme, _, rest = value.partition(" ")
    whole = VARIABLE.fullmatch(rest.strip())
    variable = (whole[1] or whole[2]) if whole else ""
    if scheme.lower() == "bearer":
        variables = (("token", variable),) if variable else ()
        return Credential("bearer", (("type", "http"), ("scheme", "bearer")), variables, line)
    if scheme.lower() == "basic":
        return Credential("basic", BASIC, (), line)
    alone = VARIABLE.fullmatch(value)
    if alone:
        kind = (("type", "apiKey"), ("in", "header"), ("name", "Authorization"))
        return Credential("Authorization", kind, (("value", alone[1] or alone[2]),), line)
    told = f"credentials of the kind `{scheme}` are not known (Bearer and Basic are)"
    raise UnreadableText(told, line)


def _component_name(header: str) -> str:
    """Return *header* as a name of OpenAPI's components (3.0.3, 4.7.7)."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", header)
