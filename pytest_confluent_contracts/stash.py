"""What does a session keep for its own parts? The keys of pytest's stash, which all of them may import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_confluent_contracts.gate import Gate
    from pytest_confluent_contracts.settings import Settings

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
GATE: pytest.StashKey[Gate] = pytest.StashKey()
