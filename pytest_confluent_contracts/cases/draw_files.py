"""Where does what was drawn lie from one run to the next? In a few files that are never changed.

Each run that has drawn something writes one more, under a name of its own, whole or not at all: so
runs and workers at the same time do each other no harm, and none loses what another has written.
Whatever cannot be read or written is told in a note, and the run draws again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from stat import S_ISREG
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_FILES = 8  # of one version; of more, one is made
MOST_BYTES = 64 * 2**20  # in all, of which an operation takes 30,000. The oldest files go first
# Two environments may take turns with one folder; what nobody wrote for a week, nobody needs.
FOREIGN_KEPT_S = 7 * 86400.0
UNFINISHED = "unfinished-"
UNFINISHED_KEPT_S = 3600.0  # what a run that was killed left half written
DIGITS = 16  # of a digest: these keep what is alike apart from chance, nobody else


def digest_of(text: str) -> str:
    """Return what tells *text* from another."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class DrawFiles:
    """The texts that runs of the same *versions* have kept in *folder*, by key; of one session."""

    def __init__(self, folder: Path, versions: str) -> None:
        self.folder, self.notes = folder, list[str]()
        self._versions = versions
        self._prefix = f"draws-{digest_of(versions)[:DIGITS]}-"
        self._known: dict[str, str] | None = None  # of the files
        self._added: dict[str, str] = {}
        self._unreadable: list[Path] = []

    def text_of(self, key: str) -> str:
        """Return the text of *key*, ``""`` where there is none."""
        if key in self._added:
            return self._added[key]
        return self.load().get(key, "")

    def load(self) -> Mapping[str, str]:
        """Return the texts of the files by key, read when first asked for."""
        if self._known is None:
            self._known = {}
            for path in self._own_files():
                self._known |= self._read(path)
        return self._known

    def add(self, key: str, text: str) -> None:
        """Keep *text* for *key*: it is written when all is saved."""
        self._added[key] = text

    def save(self) -> None:
        """Write what was added since, and tidy up; what fails is a note."""
        if not self._added:
            return
        added, self._added = self._added, {}
        if self._known is not None:
            self._known |= added
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(added)
            self._tidy_up()
        except OSError as error:
            self.notes.append(f"{self.folder}: what was drawn is not kept: {_reason(error)}")

    # --- files ------------------------------------------------------------------------------------

    def _own_files(self) -> list[Path]:
        """Return the files of these versions, the oldest first."""
        return [one for one, _ in self._files() if one.name.startswith(self._prefix)]

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """Return each file of the folder with its state, the oldest first."""
        found: list[tuple[Path, os.stat_result]] = []
        with suppress(OSError):
            for path in self.folder.iterdir():
                found += [(path, state) for state in _state_of(path)]
        return sorted(found, key=lambda one: (one[1].st_mtime, one[0].name))

    def _read(self, path: Path) -> dict[str, str]:
        """Return what *path* holds, without what is not as it was written."""
        try:
            told = json.loads(path.read_bytes())
        except FileNotFoundError:  # another run has put it together with others
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._unreadable.append(path)
            self.notes.append(f"{path}: not read, and drawn anew: {_reason(error)}")
            return {}
        found = dict(_whole_entries(told, self._versions))
        if not found:
            self._unreadable.append(path)
            self.notes.append(f"{path}: not read, and drawn anew: not what this version writes")
        return found

    def _write(self, entries: dict[str, str]) -> None:
        """Write *entries* as one file more: it has its name once it is whole."""
        draws = {key: [_sum_of(key, text), text] for key, text in _fitting(entries)}
        content = json.dumps({"versions": self._versions, "draws": draws})
        name = f"{uuid4().hex}.json"
        unfinished = self.folder / f"{UNFINISHED}{name}"
        try:
            unfinished.write_text(content, encoding="ascii")
            os.replace(unfinished, self.folder / f"{self._prefix}{name}")
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise

    # --- tidying up -------------------------------------------------------------------------------

    def _tidy_up(self) -> None:
        """Leave few files, and of the newest no more than may be."""
        for path in self._unreadable:
            path.unlink(missing_ok=True)
        self._unreadable.clear()
        own = self._own_files()
        if len(own) > MOST_FILES:
            self._put_together(own)
        now, room = time.time(), MOST_BYTES
        for path, state in reversed(self._files()):
            room -= state.st_size
            if room < 0 or now - state.st_mtime > self._longest_kept(path):
                path.unlink(missing_ok=True)

    def _put_together(self, paths: list[Path]) -> None:
        """Make one file of *paths*; another run may be doing the same, or have done it."""
        entries: dict[str, str] = {}
        for path in paths:
            entries |= self._read(path)
        self._write(entries)
        for path in paths:
            path.unlink(missing_ok=True)

    def _longest_kept(self, path: Path) -> float:
        """Return the seconds after which *path* goes, since nobody will read it any more."""
        if path.name.startswith(self._prefix):
            return float("inf")
        if path.name.startswith(UNFINISHED):
            return UNFINISHED_KEPT_S
        return FOREIGN_KEPT_S


def _state_of(path: Path) -> Iterator[os.stat_result]:
    """Yield the state of *path* where it is a file that is there still, and no more than may be."""
    with suppress(OSError):
        state = path.stat()
        if S_ISREG(state.st_mode) and state.st_size <= MOST_BYTES:
            yield state


def _fitting(entries: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the last of *entries* that fit into one file: those are the newest."""
    room = MOST_BYTES // 2
    for key, text in reversed(entries.items()):
        room -= len(text)
        if room < 0:
            return
        yield key, text


def _whole_entries(told: Any, versions: str) -> Iterator[tuple[str, str]]:
    """Yield the keys and texts of *told*, a file as it was read, that are as they were written."""
    if not isinstance(told, dict) or told.get("versions") != versions:
        return
    draws = told.get("draws")
    if not isinstance(draws, dict):
        return
    for key, entry in draws.items():
        text = _whole_text(key, entry)
        if text:
            yield key, text


def _whole_text(key: str, entry: Any) -> str:
    """Return the text of *entry* as it was written for *key*, ``""`` where it is not."""
    if not isinstance(entry, list) or len(entry) != 2:
        return ""
    told, text = entry
    if not isinstance(text, str) or told != _sum_of(key, text):
        return ""
    return text


def _sum_of(key: str, text: str) -> str:
    """Return by what a file that was changed or cut is told from a whole one."""
    return digest_of(f"{key} {text}")[:DIGITS]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "no JSON"
