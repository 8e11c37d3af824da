"""What does a page of tables in Markdown say?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def read_tables(text: str) -> Node | None:
    """Return the document that the tables of *text* describe, None where it is no such page."""
    return None
