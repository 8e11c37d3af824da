"""What is the smallest body that still shows it? Cut along its axes, as far as it shows the same.

Hypothesis can shrink too. It tries thousands of times, most of them in vain, where a request has to
be sent for each; to cut a body asks for some dozens (delta debugging, Zeller and Hildebrandt 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pytest_confluent_contracts.cases.bodies import encoded_json
from pytest_confluent_contracts.cases.build import promised_by_schema
from pytest_confluent_contracts.model.media_types import BodyKind, body_kind
from pytest_confluent_contracts.model.paths import value_at, with_value
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe

SPELLED_CHARACTERS = 24  # a text of more is cut, but its characters are not replaced one by one
CUT_ITEMS = 6  # of a longer list, the items behind these are kept or dropped whole


class ShrinkingDone(Exception):
    """No smaller value is wanted: raised by who is asked whether one shows the same."""


# Takes one level for each axis of a value, in order, and returns what they leave of it.
Build = Callable[[Iterator[int]], Any]
Levels = tuple[int, ...]


def shrink(case: Case, shows: Callable[[Case], bool], most: int) -> None:
    """Offer *shows* smaller and smaller cases like *case*, while it says that they show the same.

    It is asked about *most* cases at most, and about none after it raised `ShrinkingDone`. The same
    answers lead to the same cases.
    """
    # Written anew, a body would lose the form that it was sent in.
    is_formed = case.probe in (Probe.MALFORMED, Probe.FORMS) or not _is_json(case)
    if is_formed or not isinstance(case.value, dict):
        return
    asked: dict[Any, bool] = {}

    def is_shown(value: Any) -> bool:
        """Return whether *value* in the place of the body shows the same; each is asked once."""
        smaller = _with_body(case, value)
        if smaller.body not in asked:  # many levels may stand for one body
            if len(asked) >= most:
                raise ShrinkingDone
            asked[smaller.body] = shows(smaller)
        return asked[smaller.body]

    value = case.value
    with suppress(ShrinkingDone):
        # First what is long is cut; what is left of the texts is spelled then.
        for spelled_characters in (0, SPELLED_CHARACTERS):
            value = _smallest_value(value, is_shown, spelled_characters)


def _smallest_value(value: Any, is_shown: Callable[[Any], bool], spelled_characters: int) -> Any:
    """Return the smallest part of *value* that *is_shown*."""
    levels, build = _axes_of(value, spelled_characters)
    if not levels:
        return value

    def holds(chosen: tuple[int, ...]) -> bool:
        return is_shown(build(iter(chosen)))

    return build(iter(_smallest_levels(levels, holds)))


def _smallest_levels(levels: Sequence[int], holds: Callable[[Levels], bool]) -> Levels:
    """Return levels that *holds* still, none of which can be lower while the others stay.

    It holds for *levels* themselves.
    """
    found: Levels = tuple(levels)
    before: Levels = ()
    while found != before:
        before = found
        found = _without_blocks(found, holds)
        for axis in range(len(found)):
            found = _with_lowest(found, axis, holds)
    return found


def _without_blocks(levels: Levels, holds: Callable[[Levels], bool]) -> Levels:
    """Return *levels* with 0 in their place for all that need not be there.

    All of them are tried at once, then halves, quarters and so on: little of a large body matters.
    """
    size = len(levels)
    while size:
        for start in range(0, len(levels), size):
            block = levels[start : start + size]
            tried = (*levels[:start], *([0] * len(block)), *levels[start + size :])
            if any(block) and holds(tried):
                levels = tried
        size //= 2
    return levels


def _with_lowest(levels: Levels, axis: int, holds: Callable[[Levels], bool]) -> Levels:
    """Return *levels* with the lowest on *axis*, found by halving: what holds there holds above."""
    fails, held = 0, levels[axis]  # that nothing is too little was tried with the blocks
    while held - fails > 1:
        middle = (held + fails) // 2
        if holds((*levels[:axis], middle, *levels[axis + 1 :])):
            held = middle
        else:
            fails = middle
    return (*levels[:axis], held, *levels[axis + 1 :])


def _is_json(case: Case) -> bool:
    """Return whether the body of *case* is sent as the JSON of its value."""
    sent = [value for name, value in case.headers if name.lower() == "content-type"]
    return all(body_kind(value) in (BodyKind.JSON, BodyKind.MERGE_PATCH) for value in sent)


def _with_body(case: Case, body: Any) -> Case:
    """Return *case* with another body; what is promised for it follows from the schema again."""
    body = _with_secrets_whole(case, body)
    title = f"{case.title}, shrunk"
    changed = replace(case, body=encoded_json(body), value=body, title=title)
    if case.expect not in (Expect.ACCEPTED, Expect.REFUSED):
        return changed
    return replace(changed, **promised_by_schema(case.operation, body))


def _axes_of(value: Any, spelled_characters: int) -> tuple[list[int], Build]:
    """Return the axes along which *value* can be cut, and what builds the rest.

    An axis is the level at which all of the part is there; at 0 nothing is. A text of two letters
    has five: how much of its end is left, how much of its beginning then, whether it is spelled as
    it was, and whether each letter is. A text of more than *spelled_characters* has but the first
    three.
    """
    if isinstance(value, dict):
        return _object_axes(value, spelled_characters)
    if isinstance(value, list):
        return _list_axes(value, spelled_characters)
    if isinstance(value, str):
        return _text_axes(value, spelled_characters)

    def build(_: Iterator[int]) -> Any:
        return value

    return [], build


def _object_axes(value: dict[str, Any], spelled_characters: int) -> tuple[list[int], Build]:
    parts = {name: _axes_of(member, spelled_characters) for name, member in value.items()}
    axes: list[int] = []
    for inner, _ in parts.values():
        axes += [1, *inner]

    def build(levels: Iterator[int]) -> Any:
        body = {}
        for name, (_, build_member) in parts.items():
            is_kept = next(levels)
            # Built even where it is dropped: its levels have to be taken.
            member = build_member(levels)
            if is_kept:
                body[name] = member
        return body

    return axes, build


def _list_axes(value: list[Any], spelled_characters: int) -> tuple[list[int], Build]:
    parts = [_axes_of(item, spelled_characters) for item in value[:CUT_ITEMS]]
    axes = [len(value), len(value)]
    for inner, _ in parts:
        axes += inner

    def build(levels: Iterator[int]) -> Any:
        tail, head = next(levels), next(levels)
        items = [build_item(levels) for _, build_item in parts] + value[CUT_ITEMS:]
        return items[len(items) - tail :][:head]

    return axes, build


def _text_axes(value: str, spelled_characters: int) -> tuple[list[int], Build]:
    letters = list(value) if len(value) <= spelled_characters else []

    def build(levels: Iterator[int]) -> Any:
        tail, head, is_exact = next(levels), next(levels), next(levels)
        spelled = [letter if next(levels) else "a" for letter in letters]
        text = "a" * len(value)
        if is_exact:
            text = "".join(spelled) if letters else value
        return text[len(value) - tail :][:head]

    return [len(value), len(value), 1, *([1] * len(letters))], build


def _with_secrets_whole(case: Case, body: Any) -> Any:
    """Return *body* with its secrets whole.

    Cut short, one could be mistaken for another value of an answer.
    """
    for member in case.operation.request_members:
        if member.secret and isinstance(value_at(body, member.path), str):
            body = with_value(body, member.path, value_at(case.value, member.path))
    return body
