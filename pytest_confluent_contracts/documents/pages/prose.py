"""Which promises stand in the sentences of a page?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def add_stated_promises(root: Node) -> None:
    """Write what the descriptions of *root* promise for certain into ``x-contract``, in place."""
