"""Is what was sent what came? Members that were not sent, things in another order, empty lists."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_confluent_contracts.clauses.notation import is_taken_over

THINGS = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("sent", "came", "taken"),
    [
        ([{"a": 1}, {"a": 2}], [{"id": "y", "a": 2}, {"id": "x", "a": 1}], True),
        ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}], False),  # without ids it is a list
        ([{"a": 1}, {"a": 1, "b": 2}], [{"id": "y", "a": 1, "b": 2}, {"id": "x", "a": 1}], True),
        ([{"a": 1}, {"a": 1}], [{"id": "y", "a": 1}, {"id": "x", "a": 2}], False),
        ([{"a": 1, "tags": []}], [{"id": "x", "a": 1}], True),
        ([{"a": 1, "tags": ["t"]}], [{"id": "x", "a": 1}], False),
        ([{"a": 1}], [{"id": "x", "a": 1}, {"id": "y", "a": 1}], False),
    ],
)
def test_things_with_ids_come_in_any_order(sent: Any, came: Any, taken: bool) -> None:
    """Each is there, whatever stands beside it; an empty list may be left out."""
    assert is_taken_over(THINGS, sent, came) == taken
