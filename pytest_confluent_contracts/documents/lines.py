"""Where does a value of a file stand? Mappings and lists know the lines of what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DEEPEST = 200  # levels of a file that is read; published documents have some 40


class Node(dict[str, Any]):
    """A mapping of the file that knows the line on which it, and each of its members, begins."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of the member *key*, or the mapping's own."""
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list of the file that knows the line on which each of its items begins."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


def line_in_list(listed: list[Any], index: int, otherwise: int) -> int:
    """Return the line of an item of *listed*, *otherwise* where it is not known."""
    if isinstance(listed, Items):
        return listed.lines[index]
    return otherwise


class RepeatedKey(NamedTuple):
    """A key that stands a second time in one mapping, the line where it does, and the mapping."""

    name: str
    line: int
    holder: Node


class UnreadableText(Exception):
    """A text that is not what its format asks for: why, and on which line, counted from 1."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def refuse_repeated(repeated: list[RepeatedKey]) -> None:
    """Raise `UnreadableText` for the first of the keys that stand in a mapping twice, if any."""
    if repeated:
        first = repeated[0]
        raise UnreadableText(f"duplicate key {first.name!r}", first.line)


def with_members_of(own: Node, others: list[Node]) -> Node:
    """Return *own* with the members of *others* that it has not; the first that has one counts."""
    whole = Node(own.line)
    for source in (*reversed(others), own):
        whole.update(source)
        whole.lines.update(source.lines)
    return whole


def set_member(node: Node, key: str, value: Any, line: int) -> None:
    """Write the member *key* of *node*, and the line on which it stands."""
    node[key] = value
    node.lines[key] = line


def remove_member(node: Node, key: str) -> None:
    """Take the member *key* out of *node*, if it is there."""
    node.pop(key, None)
    node.lines.pop(key, None)


def own_copy(holder: Node, key: str) -> Node:
    """Return the mapping at *key* of *holder*, from now on a copy of its own.

    Where an alias made it the same as another's, a change to it alters no other place; an empty one
    is made where there is none.
    """
    known = holder.get(key)
    copied = Node(holder.line_of(key))
    if isinstance(known, Node):
        copied.line = known.line
        copied.update(known)
        copied.lines.update(known.lines)
    set_member(holder, key, copied, holder.line_of(key))
    return copied


def nodes_in(value: Any) -> Iterator[Node]:
    """Yield each mapping in *value*, itself too, once though it stands in several places."""
    for one in _holders_in(value):
        if isinstance(one, Node):
            yield one


def _holders_in(value: Any) -> Iterator[Node | list[Any]]:
    """Yield each mapping and each list in *value*, itself too, once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        if isinstance(one, Node):
            seen.add(id(one))
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            seen.add(id(one))
            yield one
            waiting += one


def shift_lines(value: Any, by: int) -> None:
    """Count the lines of everything in *value* from *by* on, in place."""
    if by == 0:
        return
    for one in _holders_in(value):
        if isinstance(one, Node):
            one.line += by
            one.lines = {key: line + by for key, line in one.lines.items()}
        elif isinstance(one, Items):
            one.lines = [line + by for line in one.lines]


def copy_nodes(value: Any) -> Any:
    """Return *value* with mappings and lists of its own, which know the same lines."""
    if isinstance(value, Node):
        copied = Node(value.line)
        copied.lines = dict(value.lines)
        for name, member in value.items():
            copied[name] = copy_nodes(member)
        return copied
    if isinstance(value, list):
        return [copy_nodes(item) for item in value]
    return value


def strip(value: Any) -> Any:
    """Return *value* with plain dicts and lists, fit for libraries that copy or pickle."""
    if isinstance(value, Mapping):
        return {key: strip(member) for key, member in value.items()}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value
