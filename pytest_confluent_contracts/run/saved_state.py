"""What must outlive a process that dies?

The state of each resource before the run, and the ids of those that it made, in a folder that only
we can read.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Key = tuple[str, str]  # of an operation; or a document and the name of one of its resources
PathParameters = tuple[tuple[str, str], ...]
PREFIX = "contract-state-"
STATE, MADE = ".json", ".made"
IS_MADE, IS_GONE = "+", "-"  # begin the lines of a `MadeFile` behind its first, which is the key


def folder() -> Path:
    """Return a new folder, readable by this user alone; its name tells whose it is."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def orphans() -> list[Path]:
    """Return the states that killed runs of this user left in the temporary folder.

    Nobody has put them back.
    """
    found: list[Path] = []
    for place in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*")):
        if not _lives(_owner(place)):
            found += _states_in(place)
    return found


def _states_in(place: Path) -> list[Path]:
    """Return the states in *place*, none where its run has removed it or another user owns it."""
    try:
        return sorted(path for path in place.iterdir() if path.suffix in (STATE, MADE))
    except OSError:
        return []


def _owner(folder: Path) -> str:
    """Return the id of the process that made *folder*."""
    return folder.name.removeprefix(PREFIX).partition("-")[0]


def _lives(pid: str) -> bool:
    """Return whether the process is there, or cannot be asked after.

    Elsewhere than on POSIX the question would end it.
    """
    if os.name != "posix" or not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def first(place: Path, key: Key, resource: str, was: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the state of *resource*, that of *key*, before it is changed.

    Return the state that was kept first. A worker on another machine does not have the folder: it
    puts back by itself, or not at all.
    """
    if not place.is_dir():
        return dict(was)
    file = _file(place, key)
    if not file.exists():
        # A kill in the middle of writing must leave nothing that looks whole.
        half = file.with_suffix(".new")
        state = {"key": key, "resource": resource, "was": was}
        half.write_text(json.dumps(state), encoding="utf-8")
        half.replace(file)
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["was"]
    return kept


def forget(place: Path | None, key: Key) -> None:
    """Drop the state of *key*: the resource is as it was."""
    if place is not None:
        _file(place, key).unlink(missing_ok=True)


def left(place: Path) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield what nobody has put back."""
    for path in sorted(place.glob(f"*{STATE}")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        yield (kept["key"][0], kept["key"][1]), kept["was"]


def written_made(made: Mapping[str, Any]) -> str:
    """Return what a `MadeFile` keeps of one that was *made*.

    It has its path ``parameters``, when it was ``made_at``, the ``url`` that deletes it, and
    whose credentials do: its ``maker``.
    """
    return json.dumps(made)


class MadeFile:
    """Keeps what this process made of the resource *key* and is still there, in the folder *place*.

    Each change is a line behind the others: a run makes hundreds, and tells of each.
    """

    def __init__(self, place: Path, key: Key) -> None:
        self._key = key
        self._file = _file(place, key).with_suffix(f".{os.getpid()}{MADE}")
        self._kept: dict[str, None] = {}  # in their order

    def keep(self, made: Sequence[str]) -> None:
        """Keep that this is all that is there, each as `written_made`."""
        before, there = self._kept, dict.fromkeys(made)
        self._kept = there
        if not there:
            self._file.unlink(missing_ok=True)
            return
        lines: list[str] = [] if before else [json.dumps(self._key)]
        lines += [f"{IS_MADE}{one}" for one in there if one not in before]
        lines += [f"{IS_GONE}{one}" for one in before if one not in there]
        if self._file.parent.is_dir():
            with self._file.open("a" if before else "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))


def made_left(place: Path) -> Iterator[tuple[Key, list[tuple[PathParameters, float, str]]]]:
    """Yield what was made and nobody has deleted, each with the moment when, and by whom."""
    for path in sorted(place.glob(f"*{MADE}")):
        lines = _whole_lines(path)
        if lines:
            key = json.loads(lines[0])
            yield (key[0], key[1]), list(map(_left_of, _still_made(lines[1:])))


def _whole_lines(path: Path) -> list[str]:
    """Return the lines of a file, without the last where a kill broke it off."""
    *whole, _ = path.read_text(encoding="utf-8").split("\n")
    return whole


def _still_made(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return what was made and is not gone, as the *lines* of a `MadeFile` tell."""
    there: dict[str, None] = {}
    for line in lines:
        one = line[len(IS_MADE) :]
        if line.startswith(IS_MADE):
            there[one] = None
        else:
            there.pop(one, None)
    return [json.loads(one) for one in there]


def _left_of(one: Mapping[str, Any]) -> tuple[PathParameters, float, str]:
    return _pairs(one["parameters"]), one["made_at"], one["maker"]


def urls_left(path: Path) -> list[str]:
    """Return what a killed run made, as its file tells; none where the file cannot be read."""
    try:
        return [one["url"] for one in _still_made(_whole_lines(path)[1:])]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _pairs(kept: Sequence[Sequence[str]]) -> PathParameters:
    return tuple((name, text) for name, text in kept)


def claim(place: Path | None, document: str, node: str) -> str:
    """Return the test that tells for all workers why *document* was not judged: *node*, if first.

    Without the folder, on another machine, each worker tells by itself.
    """
    if place is None or not place.is_dir():
        return node
    file = place / f"{zlib.crc32(document.encode()):08x}.told"
    own = file.with_suffix(f".{os.getpid()}")
    own.write_text(node, encoding="utf-8")
    try:
        os.link(own, file)  # whole at once, and only for the first
    except FileExistsError:
        return file.read_text(encoding="utf-8")
    except OSError:  # a file system without links
        return node
    finally:
        own.unlink()  # a link to the same: what is written there next would change both
    return node


def clear(place: Path) -> None:
    """Remove the folder."""
    shutil.rmtree(place, ignore_errors=True)


def _file(place: Path, key: Key) -> Path:
    name = "".join(letter if letter.isalnum() else "-" for letter in "-".join(key))
    # Two paths may differ in a slash alone.
    return place / f"{name[:80]}-{zlib.crc32(repr(key).encode()):08x}{STATE}"


def path(name: str) -> Path:
    """Return the folder that a controller named to its worker."""
    return Path(name)
