"""Stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.documents.lines import Node


def add_stated_promises(root: Node) -> None:
    """Nothing yet."""
