"""What is the smallest body that still shows it? A body is cut along its own axes; Hypothesis picks how far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pytest_confluent_contracts.cases import generated
from pytest_confluent_contracts.cases.build import encoded, path_at_fault, violations
from pytest_confluent_contracts.model.paths import value_at, with_value
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe

SPELLED = 24
ITEMS = 6

Build = Callable[[Iterator[int]], Any]


def shrink(case: Case, shows: Callable[[Case], bool], tries: int) -> None:
    """Offer *shows* smaller and smaller cases like *case*, while it says that they show the same; at most *tries*."""
    if case.probe is Probe.MALFORMED or not isinstance(case.value, dict):
        return
    levels, build = _axes(case.value)

    def holds(chosen: tuple[int, ...]) -> bool:
        return shows(remade(case, build(iter(chosen))))

    if levels:
        generated.smallest(levels, holds, tries)


def remade(case: Case, body: Any) -> Case:
    """Return *case* with another body; what is promised for it follows from the schema again."""
    body = _secrets_kept(case, body)
    changed = replace(case, body=encoded(body), value=body, title=f"{case.title}, shrunk")
    if case.expect not in (Expect.ACCEPTED, Expect.REFUSED):
        return changed
    wrong = violations(case.operation, body)
    varies = path_at_fault(wrong[0], body) if len(wrong) == 1 else case.varies
    expect = Expect.REFUSED if wrong else Expect.ACCEPTED
    return replace(changed, violations=wrong, expect=expect, varies=varies)


def _axes(value: Any) -> tuple[list[int], Build]:
    """Return how far each part of *value* can be cut (0: all of it), and what is left for a choice of levels."""
    if isinstance(value, dict):
        return _object_axes(value)
    if isinstance(value, list):
        return _list_axes(value)
    if isinstance(value, str):
        return _text_axes(value)
    return [], lambda _: value


def _object_axes(value: dict[str, Any]) -> tuple[list[int], Build]:
    parts = {name: _axes(member) for name, member in value.items()}

    def build(levels: Iterator[int]) -> Any:
        body = {}
        for name, (_, member) in parts.items():
            kept, left = next(levels), member(levels)
            if kept:
                body[name] = left
        return body

    return [level for inner, _ in parts.values() for level in (1, *inner)], build


def _list_axes(value: list[Any]) -> tuple[list[int], Build]:
    parts = [_axes(item) for item in value[:ITEMS]]

    def build(levels: Iterator[int]) -> Any:
        tail, head = next(levels), next(levels)
        items = [member(levels) for _, member in parts] + value[ITEMS:]
        return items[len(items) - tail :][:head]

    return [len(value), len(value), *(level for inner, _ in parts for level in inner)], build


def _text_axes(value: str) -> tuple[list[int], Build]:
    spelled = list(value[:SPELLED]) if len(value) <= SPELLED else []

    def build(levels: Iterator[int]) -> Any:
        tail, head, exact = next(levels), next(levels), next(levels)
        letters = [letter if next(levels) else "a" for letter in spelled]
        text = ("".join(letters) if spelled else value) if exact else "a" * len(value)
        return text[len(value) - tail :][:head]

    return [len(value), len(value), 1, *(1 for _ in spelled)], build


def _secrets_kept(case: Case, body: Any) -> Any:
    """Return *body* with its secrets whole: cut short, one could be mistaken for another value of an answer."""
    for member in case.operation.request.properties if case.operation.request else ():
        if member.secret and isinstance(value_at(body, member.path), str):
            body = with_value(body, member.path, value_at(case.value, member.path))
    return body
