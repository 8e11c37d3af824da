"""Which OpenAPI document does a page say? Prose with a YAML panel, or tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.pages.panel import read_panel
from pytest_confluent_contracts.documents.pages.prose import add_stated_promises
from pytest_confluent_contracts.documents.pages.tables import read_tables

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def read_page(text: str) -> Node | None:
    """Return the OpenAPI document that the page *text* says, None where it is no page.

    Raise `UnreadableText` where it is one, and cannot be understood.
    """
    root = read_panel(text)
    if root is None:
        root = read_tables(text)
    if root is not None:
        add_stated_promises(root)
    return root
