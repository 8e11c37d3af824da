"""What may one not be let in with? The secret of another scheme, but where that is another way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from exchanges import operation_from

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.model.traffic import Probe, RunContext

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """
openapi: 3.1.0
info: {title: doors, version: "1"}
components:
  securitySchemes:
    one: {type: http, scheme: bearer}
    two: OTHER
security: [{one: []}, {two: []}]
paths:
  /things:
    get:
      operationId: listThings
      responses: {"200": {description: all}, "401": {description: none}}
"""
ALIKE = "{type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://x.test/t', scopes: {}}}}"
KEY = "{type: apiKey, in: header, name: X-Key}"
SECRETS = {"one": {"token": "first-token"}, "two": {"token": "second", "value": "second"}}


def sent(tmp_path: Path, other: str) -> set[str]:
    """Return what stands in `Authorization` in the requests that must be refused."""
    operation = operation_from(DOCUMENT.replace("OTHER", other), tmp_path)
    context = RunContext(operation.parameters, {}, SECRETS, max_examples=1)
    found = cases.of(Probe.CREDENTIALS, operation, context)
    refused = [dict(one.headers) for one in found if one.expect.name == "UNAUTHENTICATED"]
    return {headers.get("Authorization", "") for headers in refused}


@pytest.mark.parametrize(("other", "is_refused"), [(ALIKE, False), (KEY, True)])
def test_the_secret_of_another_way_in(tmp_path: Path, other: str, is_refused: bool) -> None:
    """A token that is right for another alternative, in the same place, is right."""
    values = sent(tmp_path, other)
    assert ("Bearer second" in values) == is_refused
    assert "Bearer first-token" not in values
    assert "Bearer first-toke" in values
