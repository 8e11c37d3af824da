"""Is each file that begins first still there?"""

from __future__ import annotations

from order import FIRST
from running import TESTS


def test_each_file_that_begins_first_is_there() -> None:
    """One that was renamed would begin last, unnoticed."""
    assert [name for name in FIRST if not (TESTS / f"test_{name}.py").exists()] == []
