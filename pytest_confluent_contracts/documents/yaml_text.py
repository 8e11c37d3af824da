"""What does a YAML text say? Its values, built from the parser's events, with their lines.

Read as OpenAPI asks for it, by the JSON schema of YAML 1.2: no dates, no octals, no yes and no.
Merge keys (``<<``), which are older than that, are followed, since documents are written with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from pytest_confluent_contracts.documents.lines import (
    DEEPEST,
    Items,
    Node,
    RepeatedKey,
    UnreadableText,
    refuse_repeated,
    with_members_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# libyaml's parser is the fast one; PyYAML may be built without it. Its nodes are slow and large:
# mappings are built from its events.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_VALUES = 3_000_000  # with each alias counted as what it stands for; the largest known: 0.4
MERGE_KEY = "<<"
CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
NUMBERS_BEGIN = frozenset("-+.0123456789")
TAG = "tag:yaml.org,2002:"


def read_yaml(text: str, most_values: int = MOST_VALUES) -> Any:
    """Return the one value of *text*; raise `UnreadableText`, also where a key is repeated.

    An alias is the same object as the value that it names, and counts as *most_values* has it.
    """
    value, repeated = read_yaml_with_repeated(text, most_values)
    refuse_repeated(repeated)
    return value


def read_yaml_with_repeated(
    text: str, most_values: int = MOST_VALUES
) -> tuple[Any, list[RepeatedKey]]:
    """Return the one value of *text*, and the keys that are repeated: the first of each counts.

    Raise `UnreadableText`.
    """
    try:
        builder = _Builder(yaml.parse(text, Loader=_PARSER), most_values)
        return builder.document(), builder.repeated
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error).partition("\n")[0]
        raise UnreadableText(problem, mark.line + 1 if mark else 1) from error


class _Builder:
    """Builds the values of one text; lives as long as the text is read."""

    def __init__(self, events: Iterator[Any], most_values: int) -> None:
        self.repeated: list[RepeatedKey] = []
        self._events = events
        self._most_values = most_values
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0

    def document(self) -> Any:
        """Return the value of the only document; null where there is none."""
        next(self._events)  # the stream begins
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), 0)
        next(self._events)  # the document ends
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise UnreadableText("a second document begins here", _line(event))
        return value

    def _value(self, event: Any, depth: int) -> Any:
        """Return what begins with *event*, *depth* levels below the whole."""
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        before = self._count
        self._count += 1
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif depth == DEEPEST:
            raise UnreadableText(f"nested more than {DEEPEST} levels deep", _line(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._mapping(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._count - before
        return value

    def _aliased(self, event: Any) -> Any:
        name = event.anchor
        if name not in self._anchors:
            raise UnreadableText(f"the alias *{name} names nothing before it", _line(event))
        # What an alias stands for is copied sooner or later: a few lines can be billions of values.
        self._count += self._sizes[name]
        if self._count > self._most_values:
            told = f"with its aliases followed, the file has more than {self._most_values} values"
            raise UnreadableText(told, _line(event))
        return self._anchors[name]

    def _sequence(self, depth: int) -> list[Any]:
        items = Items()
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.lines.append(_line(event))
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, start: Any, depth: int) -> Node:
        """Return the mapping that begins with *start*: what it merges first, then its own."""
        own, merged = Node(_line(start)), list[Node]()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise UnreadableText("a key is a text", line)
            value = self._value(next(self._events), depth + 1)
            if event.value == MERGE_KEY and event.implicit[0]:
                merged += _sources(value, line)
                continue
            if event.value in own:
                self.repeated.append(RepeatedKey(event.value, line, own))
                continue
            own[event.value] = value
            own.lines[event.value] = line
        if merged:
            return with_members_of(own, merged)
        return own


def _sources(value: Any, line: int) -> list[Node]:
    """Return the mappings that a merge key names: one, or several in a list."""
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, Node) for source in sources):
        raise UnreadableText("a merge key (<<) names a mapping, or a list of them", line)
    return sources


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


# --- scalars --------------------------------------------------------------------------------------


def _scalar(event: Any) -> Any:
    """Return the value of a scalar: guessed where it is plain, by its tag where it has one."""
    is_plain, _ = event.implicit
    text: str = event.value
    if is_plain:
        return _plain_scalar(text, _line(event))
    if event.tag is None or event.tag == "!":
        return text
    read = TAGGED.get(event.tag)
    if read is None:
        raise UnreadableText(f"the tag {event.tag} is none of YAML's JSON schema", _line(event))
    try:
        return read(text)
    except ValueError as error:
        raise UnreadableText(str(error), _line(event)) from error


def _plain_scalar(text: str, line: int) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in NUMBERS_BEGIN:
        return text
    try:
        if INTEGER.fullmatch(text):
            return int(text)
        if NUMBER.fullmatch(text):
            return float(text)
        return text
    except ValueError as error:  # Python reads integers of some thousand digits at most
        raise UnreadableText(str(error), line) from error


def _constant(text: str) -> Any:
    if text not in CONSTANTS:
        raise ValueError(f"{text!r} is none of true, false and null")
    return CONSTANTS[text]


TAGGED: dict[str, Callable[[str], Any]] = {
    f"{TAG}str": str,
    f"{TAG}int": int,
    f"{TAG}float": float,
    f"{TAG}bool": _constant,
    f"{TAG}null": _constant,
}
