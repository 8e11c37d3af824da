"""Is the option named that mends what the first request found?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_confluent_contracts.model.clauses import MissingKind
from pytest_confluent_contracts.plugin.destination import Destination
from pytest_confluent_contracts.plugin.mending import mending_options
from pytest_confluent_contracts.plugin.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """
openapi: 3.1.0
info: {{title: Things, version: '1'}}
servers: [{{url: '{server}'}}]
paths: {{/things: {{get: {{operationId: listThings, responses: {{'200': {{description: all}}}}}}}}}}
"""


@pytest.mark.parametrize(
    ("target", "server", "option"),
    [
        ("http://127.0.0.1:1", "https://things.example/api/v1/", "http://127.0.0.1:1/api/v1"),
        ("shop.web:app", "/api", "shop.web:app/api"),
        ("shop.web:app/v1", "/api", ""),
        ("http://127.0.0.1:1/v1", "/api", ""),
        ("http://127.0.0.1:1", "https://things.example", ""),
        ("fixture:shop", "/api", ""),
    ],
)
def test_the_base_path_of_the_document_is_named(
    target: str, server: str, option: str, tmp_path: Path
) -> None:
    """Where nothing is found at a target that has none; else somebody has thought of one."""
    (path := tmp_path / "things.yaml").write_text(DOCUMENT.format(server=server), encoding="utf-8")
    destination = Destination(fixture="shop" if target.startswith("fixture:") else "")
    settings = Settings(target, (path,), destination)
    [operation] = settings.read(path).operations
    told = next(mending_options(settings, operation, MissingKind.NOTHING_SERVED))
    assert told == (f"--contract-target={option}" if option else "--contract-target")
    dead = next(mending_options(settings, operation, MissingKind.NO_CONNECTION))
    assert dead == "--contract-target"
