"""What went wrong in an application of somebody else's, told in one line?"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_TOLD = 500  # characters of what is shown
ENDING_TOLD = 100  # of these, the last: where it was raised stands there


class TargetUnusable(ContractError):
    """What is to be judged cannot be had: an option is wrong, or what it names does not start."""


def told_error(error: BaseException) -> str:
    """Return in one line what was raised and where: the last place outside of installed packages.

    For example ``ValueError: no such size (shop.py:12, in update_thing)``. It is whole, and has
    whatever secrets the error has: `shortened` is for what they were taken out of.
    """
    words = " ".join(str(error).split())
    told = f"{type(error).__name__}: {words}" if words else type(error).__name__
    place = _place_in(traceback.extract_tb(error.__traceback__))
    return f"{told} ({place})" if place else told


def shortened(told: str) -> str:
    """Return *told*, the middle of which is left out where it is too long to be read.

    It has no secret any more: half of one is not found by who looks for the whole.
    """
    if len(told) <= LONGEST_TOLD:
        return told
    return f"{told[: LONGEST_TOLD - ENDING_TOLD]} ... {told[-ENDING_TOLD:]}"


def _place_in(frames: Iterable[traceback.FrameSummary]) -> str:
    own = ""
    last = ""
    for frame in frames:
        if frame.filename.startswith("<frozen"):
            continue
        last = f"{Path(frame.filename).name}:{frame.lineno}, in {frame.name}"
        if "site-packages" not in frame.filename and not _is_ours(frame.filename):
            own = last
    return own or last


def _is_ours(filename: str) -> bool:
    return Path(filename).parent == Path(__file__).parent
