"""Which values of a member are worth sending? Of lists whose items are objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import operation_from

from pytest_confluent_contracts.cases.member_values import described_values
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """\
openapi: 3.1.0
info: {title: Menus, version: '1'}
paths:
  /menus/{id}:
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: m-1}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {parts: PARTS}}}}
      responses: {'200': {description: It.}}
components:
  schemas:
    Part:
      type: object
      required: [title]
      properties:
        title: {type: string, maxLength: 40}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}, maxItems: 4}
"""
OF_PARTS = "{type: array, items: {$ref: '#/components/schemas/Part'}}"
OF_ENTRIES = "{type: array, items: {type: object, properties: {name: {type: string}}}}"
OF_WORDS = "{type: array, items: {type: object, properties: {name: {enum: [a]}}}}"
OF_ONE = "{type: array, maxItems: 1, items: {type: object, properties: {name: {type: string}}}}"


def values(parts: str, folder: Path) -> dict[str, Any]:
    """Return the values of a member with the schema *parts*, by what they are told to be."""
    operation = operation_from(DOCUMENT.replace("PARTS", parts), folder)
    member = next(one for one in operation.request_members if one.path == "parts")
    return dict(described_values(member, operation, RunContext((), {}, {})))


def depth(value: Any) -> int:
    """Return how many lists lie in one another."""
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return max(map(depth, value.values()), default=0)
    return 0


def test_items_in_items_are_sent_as_deep_as_nobody_thinks_of(tmp_path: Path) -> None:
    """Three lists in one another, and two items that differ in each of them."""
    sent = values(OF_PARTS, tmp_path)
    [nested] = [value for title, value in sent.items() if title == "items in the parts of items"]
    assert depth(nested) == 3
    [inner, _] = nested[0]["parts"]
    assert inner["parts"][0]["title"] != inner["parts"][1]["title"]


def test_objects_are_sent_in_both_orders(tmp_path: Path) -> None:
    """Who keeps an order of his own tells one of both in another one."""
    sent = values(OF_ENTRIES, tmp_path)
    one, other = sent["two different items"]
    assert one != other
    assert sent["two different items, the other way round"] == [other, one]
    assert not [title for title in sent if title.startswith("items in the")]


@pytest.mark.parametrize("parts", [OF_WORDS, OF_ONE])
def test_what_cannot_differ_is_not_sent(parts: str, tmp_path: Path) -> None:
    """There is one item, or room for one."""
    assert not [title for title in values(parts, tmp_path) if title.startswith("two different")]
