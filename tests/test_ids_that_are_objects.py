"""What is sent to what an object names in the path? To a closed one nothing, and no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchanges import operation_from

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.model.traffic import Probe, RunContext

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """
openapi: 3.0.1
info: {title: plugins, version: "1"}
paths:
  /plugins/{version}:
    post:
      operationId: enablePlugin
      parameters: [{name: version, in: path, required: true, schema: SCHEMA}]
      responses: {"204": {description: done}, "404": {description: none}}
"""
CLOSED = (
    "{type: object, additionalProperties: false,"
    " properties: {major: {type: integer, readOnly: true}}}"
)


@pytest.mark.parametrize(("schema", "is_sent"), [(CLOSED, False), ("{type: string}", True)])
def test_an_id_of_which_there_is_no_other(tmp_path: Path, schema: str, is_sent: bool) -> None:
    """Nothing is sent to it; a text has many others."""
    operation = operation_from(DOCUMENT.replace("SCHEMA", schema), tmp_path)
    context = RunContext(operation.parameters, {}, {})
    assert bool(cases.of(Probe.UNKNOWN, operation, context)) == is_sent
