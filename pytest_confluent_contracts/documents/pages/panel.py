"""What does a page say that ends in a panel of YAML?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def read_panel(text: str) -> Node | None:
    """Return the document that the panel in *text* holds, None where it has none."""
    return None
