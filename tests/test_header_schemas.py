"""Is the schema of a header checked when a document is read, as those of bodies are?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts import documents

if TYPE_CHECKING:
    from pathlib import Path

HEADERS = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things:
    patch:
      responses:
        '200':
          description: The things.
          headers:
            X-Size: {{schema: {schema}}}
  /others:
    patch: {{responses: {{'200': {{description: The others.}}}}}}
"""


def test_a_header_whose_schema_is_none_leaves_its_operation_unread(tmp_path: Path) -> None:
    """It is told with its line, as that of a body is; the other operations are held."""
    path = tmp_path / "things.yaml"
    path.write_text(HEADERS.format(schema="{type: 3}"), encoding="utf-8")
    document = documents.read_document(path)
    assert [operation.path for operation in document.operations] == ["/others"]
    [unread] = document.unread
    assert (unread.path, unread.place.line) == ("/things", 10)
    assert "the schema of header `X-Size` is no JSON Schema" in unread.reason


def test_a_header_whose_schema_is_one_is_read(tmp_path: Path) -> None:
    """Formats and patterns among them."""
    path = tmp_path / "things.yaml"
    path.write_text(HEADERS.format(schema="{type: integer, format: int32}"), encoding="utf-8")
    document = documents.read_document(path)
    assert document.unread == ()
    [header] = document.operations[0].responses[0].headers
    assert header.schema["maximum"] == 2**31 - 1
