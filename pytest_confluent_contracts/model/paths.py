"""Where in a body or a URL does a value stand? Paths of clause ids, JSON Pointers, URL templates.

A path names members with dots between them, ``[]`` for every item of a list, and ``*`` for every
value of a map: ``errors[].source.pointer``, ``labels.*``; ``""`` is the whole body. In a name that
holds a dot, a bracket or a backslash, a backslash stands before each of them (``a\\.b`` is one
member named ``a.b``), the name ``*`` is written ``\\*``, and the empty name ``\\e``. A slash needs
no escape: only JSON Pointers give it a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, unquote


class Absent(Enum):
    """The value that is not there, told apart from JSON's null."""

    ABSENT = "absent"


class Item(Enum):
    """The step from a list to each of its items, or from a map to each of its values."""

    ITEM = "[]"
    VALUE = "*"


ABSENT: Final = Absent.ABSENT
ITEM: Final = Item.ITEM
VALUE: Final = Item.VALUE

Step = str | Item

WHOLE = ""
EMPTY_NAME = "\\e"
ANY_NAME = "*"
NEW_NAME = "contract"  # of a value that is put into a map
# A step: ``[]``, or a name in which a backslash makes the next character stand for itself.
STEP = re.compile(r"\[\]|(?P<name>(?:[^.\[\]\\]|\\.)+)", re.DOTALL)
ESCAPED = re.compile(r"[.\[\]\\]")
POINTER = re.compile(r"(/([^/~]|~[01])*)*\Z")
INDEX = re.compile(r"(0|[1-9][0-9]{0,8})\Z")  # RFC 6901 section 4: no leading zeros
NUMBER = re.compile(r"\+?[0-9]{1,20}\Z")
VARIABLE = re.compile(r"\{([^{}]+)\}")


# --- paths -------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of *path*; raise `ValueError` where it is no path.

    ``errors[].id`` is ``("errors", ITEM, "id")``.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path):
        after_dot = path[position] == "." and bool(steps)
        position += after_dot
        found = STEP.match(path, position)
        # Between two steps stands a dot before a name, and none before an item.
        if found is None or (steps and after_dot == (found["name"] is None)):
            raise ValueError(f"{path!r} is no path: see character {position}")
        steps.append(_step_written(found["name"]))
        position = found.end()
    return tuple(steps)


def _step_written(name: str | None) -> Step:
    if name is None:
        return ITEM
    if name == ANY_NAME:
        return VALUE
    return _unescaped_name(name)


def path_of(steps: Iterable[Step | int]) -> str:
    """Return the path that is written for *steps*.

    An index stands for every item, as `ITEM` does.
    """
    return "".join(map(_written_step, steps)).removeprefix(".")


def _written_step(step: Step | int) -> str:
    if step is VALUE:
        return f".{ANY_NAME}"
    if not isinstance(step, str):
        return "[]"
    return f".{_escaped_name(step)}"


def _escaped_name(name: str) -> str:
    if name == ANY_NAME:
        return f"\\{name}"
    if not name:
        return EMPTY_NAME
    return ESCAPED.sub(lambda mark: f"\\{mark.group()}", name)


def _unescaped_name(written: str) -> str:
    if written == EMPTY_NAME:
        return ""
    return re.sub(r"\\(.)", r"\1", written, flags=re.DOTALL)


def member_path(parent: str, name: str) -> str:
    """Return the path of the member *name* of the object at *parent*."""
    return path_of([*steps_of(parent), name])


def item_path(parent: str) -> str:
    """Return the path of the items of the list at *parent*."""
    return f"{parent}[]"


def value_path(parent: str) -> str:
    """Return the path of the values of the map at *parent*."""
    return path_of([*steps_of(parent), VALUE])


def documented_path(steps: Iterable[Step | int], documented: Container[str]) -> str:
    """Return the path of *steps* as a document that has the paths *documented* would write it.

    >>> documented_path(["labels", "team"], {"labels", "labels.*"})
    'labels.*'
    """
    told: list[Step] = []
    for step in steps:
        named = step if isinstance(step, str) else ITEM
        is_of_map = path_of([*told, named]) not in documented and isinstance(step, str)
        if is_of_map and path_of([*told, VALUE]) in documented:
            told.append(VALUE)
        else:
            told.append(named)
    return path_of(told)


@lru_cache(maxsize=8192)
def parent_path(path: str) -> str:
    """Return the path of what holds the value at *path*; ``""`` for a member of the whole body."""
    return path_of(steps_of(path)[:-1])


def around(path: str) -> Iterator[str]:
    """Yield the paths of what holds the value at *path*, from the inside out.

    The whole body is not among them.
    """
    while path := parent_path(path):
        yield path


@lru_cache(maxsize=8192)
def last_name(path: str) -> str:
    """Return the name of the member at *path*.

    Items have that of their list, with ``[]`` behind it: ``tags[]``.
    """
    steps = steps_of(path)
    at = max((index for index, step in enumerate(steps) if isinstance(step, str)), default=0)
    return path_of(steps[at:])


@lru_cache(maxsize=8192)
def first_name(path: str) -> str:
    """Return the name of the outermost member on *path*, ``""`` where that is none.

    >>> first_name("spec.owner.id")
    'spec'
    """
    steps = steps_of(path)
    return steps[0] if steps and isinstance(steps[0], str) else ""


def is_within(path: str, other: str) -> bool:
    """Return whether *path* is *other*, or a member or an item below it."""
    steps, outer = steps_of(path), steps_of(other)
    return steps[: len(outer)] == outer


def is_member_of(path: str, other: str) -> bool:
    """Return whether *path* is *other*, or leads down from it by a member.

    The items of a list are not part of it.
    """
    inner = steps_of(path)[len(steps_of(other)) :]
    return is_within(path, other) and (not inner or isinstance(inner[0], str))


def is_member_of_any(path: str, others: Iterable[str]) -> bool:
    """Return whether *path* is one of *others*, or leads down from one by a member."""
    return any(is_member_of(path, other) for other in others)


def relative_path(path: str, holder: str) -> str:
    """Return *path* as seen from the value at *holder*, which it lies within.

    >>> relative_path("spec.owner.id", "spec")
    'owner.id'
    """
    return path_of(steps_of(path)[len(steps_of(holder)) :])


def has_items(path: str) -> bool:
    """Return whether *path* leads through a list or a map, and so to any number of values."""
    return any(isinstance(step, Item) for step in steps_of(path))


# --- values in a body --------------------------------------------------------------------------


def values_at(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the JSON Pointer and the value of each place of *body* that *path* names."""
    return _descend(body, steps_of(path), "")


def _descend(body: Any, steps: Sequence[Step], pointer: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield pointer, body
        return
    step, rest = steps[0], steps[1:]
    if step is VALUE and isinstance(body, dict):
        for name, value in body.items():
            yield from _descend(value, rest, f"{pointer}/{escape_token(name)}")
    elif step is ITEM and isinstance(body, list):
        for index, item in enumerate(body):
            yield from _descend(item, rest, f"{pointer}/{index}")
    elif isinstance(step, str) and isinstance(body, dict) and step in body:
        yield from _descend(body[step], rest, f"{pointer}/{escape_token(step)}")


def is_anywhere(body: Any, path: str) -> bool:
    """Return whether *path* names any place of *body*."""
    return _leads_anywhere(body, steps_of(path))


def _leads_anywhere(body: Any, steps: Sequence[Step]) -> bool:
    for index, step in enumerate(steps):
        if isinstance(step, Item):
            rest = steps[index + 1 :]
            return any(_leads_anywhere(one, rest) for one in _each_below(body, step))
        if not isinstance(body, dict) or step not in body:
            return False
        body = body[step]
    return True


def _each_below(body: Any, step: Item) -> Iterable[Any]:
    """Return the items of a list or the values of a map, none where *body* is not what is meant."""
    if step is VALUE:
        return body.values() if isinstance(body, dict) else ()
    return body if isinstance(body, list) else ()


def value_at(body: Any, path: str) -> Any:
    """Return the one value of *body* at a path without lists, `ABSENT` where there is none."""
    for step in steps_of(path):
        if not isinstance(body, dict) or step not in body:
            return ABSENT
        body = body[step]
    return body


def with_value(body: Any, path: str, value: Any) -> Any:
    """Return *body* with *value* at *path*, its other parts shared with the copy.

    What is missing around the place is made: objects, and lists with that one item.

    >>> with_value({"a": 1}, "spec.tags[]", "x")
    {'a': 1, 'spec': {'tags': ['x']}}
    """
    return _with_step(body, steps_of(path), value)


def _with_step(body: Any, steps: Sequence[Step], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step is VALUE:
        return {NEW_NAME: _with_step(ABSENT, rest, value)}
    if isinstance(step, Item):
        return [_with_step(ABSENT, rest, value)]
    holder = body if isinstance(body, Mapping) else {}
    return {**holder, step: _with_step(holder.get(step, ABSENT), rest, value)}


def without_value(body: Any, path: str) -> Any:
    """Return a copy of *body* without the member at *path*; there need not be one."""
    return _without_step(body, steps_of(path))


def _without_step(body: Any, steps: Sequence[Step]) -> Any:
    step, rest = steps[0], steps[1:]
    if not isinstance(body, Mapping) or step not in body:
        return body
    if rest:
        return {**body, step: _without_step(body[step], rest)}
    return {name: value for name, value in body.items() if name != step}


# --- JSON Pointers (RFC 6901) ------------------------------------------------------------------


def escape_token(name: str) -> str:
    """Return a member's name as a part of a JSON Pointer (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def pointer_of(steps: Iterable[str | int]) -> str:
    """Return the JSON Pointer to the place that *steps* lead to."""
    return "".join(f"/{escape_token(str(step))}" for step in steps)


def is_pointer(text: str) -> bool:
    """Return whether *text* is a JSON Pointer: empty, or parts that each begin with a slash."""
    return POINTER.match(text) is not None


def is_index(token: str) -> bool:
    """Return whether a part of a JSON Pointer names an item of a list; ``01`` does not."""
    return INDEX.match(token) is not None


def tokens_of(pointer: str) -> list[str]:
    """Return the parts of *pointer*, unescaped."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def steps_of_pointer(body: Any, pointer: str) -> list[str | int]:
    """Return the steps of *pointer*, an index as a number where *body* has a list there."""
    steps: list[str | int] = []
    for token in tokens_of(pointer):
        step = int(token) if isinstance(body, list) and is_index(token) else token
        steps.append(step)
        body = _below(body, step)
    return steps


def value_at_pointer(body: Any, pointer: str) -> Any:
    """Return the value of *body* that *pointer* names, `ABSENT` where there is none."""
    for step in steps_of_pointer(body, pointer):
        body = _below(body, step)
    return body


def _below(body: Any, step: str | int) -> Any:
    if isinstance(body, Mapping) and isinstance(step, str):
        return body.get(step, ABSENT)
    if isinstance(body, list) and isinstance(step, int) and step < len(body):
        return body[step]
    return ABSENT


# --- what a validator reports ------------------------------------------------------------------


def steps_reported(body: Any, report: Sequence[str | int], value: Any) -> list[str | int]:
    """Return the steps to *value* in *body* that *report* means, the path of a validator's error.

    jsonschema_rs leaves out empty names, and tells names that read as a number as that number: a
    report of ``[1]`` may mean the item 1 or the members ``1`` and ``+1`` (of reactions, for one).
    The body says which, else the value; where two such members are wrong alike, the first is told.
    """
    readings = list(_readings(body, report))
    if len(readings) < 2:
        if readings:
            return readings[0][0]
        return list(report)
    meant = (steps for steps, reached in readings if reached == value)
    return next(meant, readings[0][0])


def _readings(body: Any, report: Sequence[str | int]) -> Iterator[tuple[list[str | int], Any]]:
    """Yield each way in which *report* can be followed, and where it leads."""
    if not report:
        yield [], body
    for step, rest in _next_steps(body, report):
        for steps, reached in _readings(_below(body, step), rest):
            yield [step, *steps], reached


def _next_steps(
    body: Any,
    report: Sequence[str | int],
) -> Iterator[tuple[str | int, Sequence[str | int]]]:
    told = report[0] if report else None
    if isinstance(body, list) and isinstance(told, int) and told < len(body):
        yield told, report[1:]
    if not isinstance(body, Mapping):
        return
    for name in body if isinstance(told, int) else ():
        if NUMBER.match(name) and int(name) == told:
            yield name, report[1:]
    if isinstance(told, str) and told in body:
        yield told, report[1:]
    if "" in body:
        yield "", report


# --- URL templates -----------------------------------------------------------------------------


def template_names(template: str) -> list[str]:
    """Return the names of the variables of a URL template, in order.

    ``/a/{b}/{c}`` has ``b`` and ``c``.
    """
    return VARIABLE.findall(template)


def filled_template(
    template: str, values: Iterable[tuple[str, str]], write: Callable[[str], str] = str
) -> str:
    """Return *template* with *values* in the place of its variables, each as *write* has it.

    Variables without a value stay as they are.
    """
    known = dict(values)
    return VARIABLE.sub(
        lambda found: write(known[found[1]]) if found[1] in known else found[0], template
    )


def placed_parameters(
    parameters: Iterable[tuple[str, str]], origin: str, template: str
) -> tuple[tuple[str, str], ...]:
    """Return what of *parameters*, of the path *origin*, *template* has too, by its own names.

    As far as both run alike, the same place is the same parameter, however each calls it; what
    stands behind that goes by its name.

    >>> shelf = [("id", "7")]
    >>> placed_parameters(shelf, "/shelves/{id}", "/shelves/{shelf_id}/books/{id}")
    (('shelf_id', '7'),)
    """
    known = dict(parameters)
    renamed, left = _names_at_same_places(origin, template), template_names(template)
    found: dict[str, str] = {}
    for name, value in known.items():
        if name in renamed:
            found[renamed[name]] = value
        elif name in left and name not in renamed.values():
            found[name] = value
    return tuple((name, found[name]) for name in left if name in found)


@lru_cache(maxsize=8192)
def _names_at_same_places(origin: str, template: str) -> Mapping[str, str]:
    """Return how *template* calls each variable of *origin*, as far as both run alike."""
    found: dict[str, str] = {}
    segments = zip(origin.strip("/").split("/"), template.strip("/").split("/"), strict=False)
    for own, other in segments:
        if VARIABLE.sub("{}", own) != VARIABLE.sub("{}", other):
            break
        found |= zip(template_names(own), template_names(other), strict=True)
    return found


def percent_encoded(value: str) -> str:
    """Return *value* as one segment of a path (RFC 3986 3.3)."""
    return quote(value, safe="")


def plain_of_style(style: str, name: str, written: str) -> str:
    """Return the value of a path parameter of which its *style* has made *written*.

    >>> plain_of_style("matrix", "id", ";id=a%2Fb"), plain_of_style("label", "id", ".7")
    ('a/b', '7')
    """
    prefix = {"matrix": f";{quote(name, safe='')}=", "label": "."}.get(style, "")
    return unquote(written.removeprefix(prefix))


@lru_cache(maxsize=8192)
def template_pattern(template: str, variable: str = "[^/]+") -> str:
    """Return the regular expression of the paths that *template* stands for.

    Each *variable* is a group, in order.
    """
    literal = VARIABLE.split(template)[::2]
    return f"({variable})".join(re.escape(part) for part in literal)
