"""What does a session keep for its own parts?

The keys of pytest's stash, which all of them may import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.cases.draw_files import DrawFiles
    from pytest_confluent_contracts.plugin.asking import Credentials
    from pytest_confluent_contracts.plugin.gate import Gate
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.report.exchange_log import ExchangeLog

# The folder that holds the state of each resource before the run, and what could not be put back.
STATE_FOLDER: pytest.StashKey[Path] = pytest.StashKey()
NOT_PUT_BACK: pytest.StashKey[list[str]] = pytest.StashKey()
SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
# What writes the exchanges of this process down, where reports are asked for.
EXCHANGE_LOG: pytest.StashKey[ExchangeLog] = pytest.StashKey()
# What hooks gave for each operation, by the key of it.
HOOK_CREDENTIALS: pytest.StashKey[dict[tuple[str, str], Credentials]] = pytest.StashKey()
# What was drawn in runs before, and what a person may want to know of them who asks for more.
DRAWS: pytest.StashKey[DrawFiles] = pytest.StashKey()
NOTES: pytest.StashKey[list[str]] = pytest.StashKey()
GATE: pytest.StashKey[Gate] = pytest.StashKey()
