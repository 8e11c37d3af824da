"""Is the gate green on its own service for any document? A handful of those that the benchmark makes by the hundred."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

from generated_documents import SEED, Tally, hold

HANDFUL = 6  # documents; the benchmark holds 200


def test_the_embedded_service_keeps_documents_that_were_made_at_random() -> None:
    """Nothing is red; the smallest document that shows it would stand in the failure."""
    tally = Tally()
    hold(HANDFUL, SEED, tally)
    assert tally.documents >= HANDFUL
    assert tally.requests > 0
