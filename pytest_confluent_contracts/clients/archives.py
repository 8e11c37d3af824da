"""How is what clients sent kept? As an HTTP archive, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clients.verdicts import exchanges_by_operation
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.report import archive, record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from pytest_confluent_contracts.clients.verdicts import Heard
    from pytest_confluent_contracts.model.traffic import Exchange


def write_recording(path: Path, heard: Sequence[Heard], begun: datetime, version: str) -> None:
    """Write what was *heard* since *begun* to *path*, a HAR archive by this *version* of the tool.

    Raise `ContractError` where it cannot be written.
    """
    exchanges: list[Exchange] = []
    for _, own in exchanges_by_operation(heard):
        exchanges += own
    exchanges.sort(key=lambda one: one.serial)
    told = [record.exchange_record(one) for one in exchanges]
    first = told[0]["sent_at"] if told else 0.0
    for one in told:  # an archive counts from its beginning
        one["sent_at"] -= first
        one["came_at"] -= first
    run = {
        "tool": {"name": "pytest-confluent-contracts", "version": version},
        "started": begun.isoformat(),
    }
    try:
        with path.open("w", encoding="utf-8") as file:
            archive.write_archive(file, run, told)
    except OSError as error:
        raise ContractError(f"--record={path}: cannot be written: {error.strerror}") from error
