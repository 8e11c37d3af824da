"""What does the gate tell other plugins? Loaded with ``-p observing``, it writes each report as a line of JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

LOG = "CONTRACT_TEST_LOG"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Append what became of a clause; under xdist this runs in the controller."""
    if report.when != "call" and report.passed:
        return
    told = {
        "id": report.nodeid,
        "outcome": report.outcome,
        "text": report.longreprtext,
        "skipped": report.longrepr[2] if isinstance(report.longrepr, tuple) else "",
        "contract": getattr(report, "contract", None),
    }
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(told) + "\n")
