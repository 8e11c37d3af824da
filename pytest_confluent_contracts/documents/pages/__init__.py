"""What does a published page say? An OpenAPI tree of it, whose lines are those of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.pages.panel import read_panel
from pytest_confluent_contracts.documents.pages.prose import add_stated_promises
from pytest_confluent_contracts.documents.pages.tables import read_tables

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def read_page(text: str) -> Node | None:
    """Return the OpenAPI 3.0 document that the page in *text* describes, with the page's lines.

    None where it is no page that is known. Raise `UnreadableText` with its line where it is one,
    and something in it cannot be understood: nothing is guessed.
    """
    root = read_panel(text)
    if root is None:
        root = read_tables(text)
    if root is not None:
        add_stated_promises(root)
    return root
