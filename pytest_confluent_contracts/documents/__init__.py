"""What does this published document say, on which line? `read_document` is the way in."""

from __future__ import annotations

from pytest_confluent_contracts.documents.bundled import (
    bundled_documents,
    bundled_folder,
    find_document,
)
from pytest_confluent_contracts.documents.converted import converted_document
from pytest_confluent_contracts.documents.openapi import documents_serving, read_document
from pytest_confluent_contracts.documents.overlay import extended_name
from pytest_confluent_contracts.documents.published import read_published

__all__ = [
    "bundled_documents",
    "bundled_folder",
    "converted_document",
    "documents_serving",
    "extended_name",
    "find_document",
    "read_document",
    "read_published",
]
