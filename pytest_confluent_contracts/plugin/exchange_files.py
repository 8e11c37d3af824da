"""Where do the exchanges of a run lie, and what becomes of the parts that its processes wrote?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.report.exchange_log import ExchangeLog, WrittenExchanges


def log_of(config: pytest.Config, settings: Settings) -> ExchangeLog:
    """Return what writes the exchanges of this process down, in a part of its own.

    It lies where the reports will; the process that people look at takes away what a run that was
    killed has left there.
    """
    from pytest_confluent_contracts.report.exchange_log import ALONE, ExchangeLog, part_path

    folder = settings.report
    assert folder is not None
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        path = part_path(folder, worker["workerid"])
        return ExchangeLog(path, worker["contract_clock"])
    remove_parts(folder)
    return ExchangeLog(part_path(folder, ALONE), clock_of(config, settings))


def clock_of(config: pytest.Config, settings: Settings) -> float | None:
    """Return what the exchanges' clock said when the run started.

    None where each process has a clock of its own: that of the embedded service.
    """
    if settings.mocked:
        return None
    controller: Any = config.pluginmanager.getplugin("confluent_contracts_controller")
    return float(controller.clock)


def remove_parts(folder: Path) -> None:
    """Remove the parts that lie in *folder*."""
    from pytest_confluent_contracts.report.exchange_log import part_paths

    with suppress(OSError):
        for path in part_paths(folder):
            path.unlink()


def put_together(
    folder: Path, records: Iterable[dict[str, Any]]
) -> tuple[list[dict[str, Any]], WrittenExchanges]:
    """Return *records* with the lines of their exchanges in the whole, and the whole.

    Each record tells the ``part`` in which its exchanges stand.
    """
    from pytest_confluent_contracts.report.exchange_log import WrittenExchanges, part_paths
    from pytest_confluent_contracts.report.merge import move_lines

    paths = part_paths(folder)
    before: dict[str, int] = {}
    count = 0
    for path in paths:
        before[path.name] = count
        count += sum(1 for _ in WrittenExchanges(path).lines())
    moved = [move_lines(one, before.get(one.get("part", ""))) for one in records]
    return moved, WrittenExchanges(*paths)
