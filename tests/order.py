"""Which tests begin first? Those of the files whose tests take seconds each, or wait for a clock.

xdist gives each worker a part of all tests, and who has none left takes half of what another has still to begin. Tests
of a second or more are begun while there is enough beside them; at the end only short ones are left, and no worker
waits for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# By the seconds of their longest test.
FIRST = (
    *("detections", "ahead", "hostile", "many_operations", "clean_up", "reproducible", "gate"),
    *("pacing", "together"),
    *("report_runs", "conforming", "warehouse", "starting", "readme", "redaction", "kept_draws"),
    *("broken", "destination", "waivers", "chaos", "report_ends", "progress", "lives_safety"),
    *("sequences", "generated_documents", "wire", "distributed", "recorded", "report_gate"),
    *("restore", "report_many", "methods", "selection", "safety", "counts", "preflight"),
)
_PLACES = {f"test_{name}": place for place, name in enumerate(FIRST)}


def place(item: pytest.Item) -> int:
    """Return where the file of *item* stands among those that begin first; all others come after them, as they are."""
    return _PLACES.get(item.path.stem, len(FIRST))
