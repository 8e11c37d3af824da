"""Where do exchanges go? To a file as they come, a line of JSON each; read line by line."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.report.record import exchange_record
from pytest_confluent_contracts.report.visible import visible_json

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from pytest_confluent_contracts.model.traffic import Exchange

NAME = "exchanges.jsonl"
PART = "exchanges.part-{}.jsonl"  # of one process, while the run goes on
ALONE = "main"  # the process that has no workers

Data = Mapping[str, Any]


def part_path(folder: Path, process: str) -> Path:
    """Return where the exchanges of *process* lie in *folder* until the run has ended."""
    return folder / PART.format(process)


def part_paths(folder: Path) -> list[Path]:
    """Return the parts that lie in *folder*."""
    return sorted(folder.glob(PART.format("*")))


# --- writing -----------------------------------------------------------------------------------


class ExchangeLog:
    """Writes each exchange of one process into *path*, at once: a kill leaves whole lines.

    *clock* is what the exchanges' clock said when the run started, in seconds; where it is None,
    the times of each operation begin with its first exchange. A file that cannot be written ends
    the log and not the run: ``fault`` says why.
    """

    def __init__(self, path: Path, clock: float | None) -> None:
        self.path, self.fault = path, ""
        self._clock = clock
        self._begun: dict[tuple[str, str], float] = {}
        self._file: BinaryIO | None = None
        self._count = 0
        # Where an exchange stands, as long as somebody has it: nobody else can ask.
        self._lines: dict[int, tuple[weakref.ref[Exchange], int]] = {}

    def add(self, exchange: Exchange) -> None:
        """Write *exchange*."""
        if self.fault:
            return
        line = _line_of_json(self._since_start(exchange_record(exchange)))
        try:
            self._write(line.encode())
        except OSError as error:
            self.fault = error.strerror or type(error).__name__
            return
        self._count += 1
        key = id(exchange)

        def forget(_: object) -> None:
            self._lines.pop(key, None)

        self._lines[key] = (weakref.ref(exchange, forget), self._count)

    def line_of(self, exchange: Exchange) -> int:
        """Return the line of *exchange* in this file, counted from 1; 0 where it is not there."""
        found, line = self._lines.get(id(exchange), (None, 0))
        return line if found is not None and found() is exchange else 0

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _write(self, line: bytes) -> None:
        """Write *line* whole, or nothing of it."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer: what is written is there though the process is killed.
            self._file = self.path.open("wb", buffering=0)
        before = self._file.tell()
        if self._file.write(line) != len(line):
            self._file.truncate(before)
            raise OSError(None, "no space is left")

    def _since_start(self, told: dict[str, Any]) -> dict[str, Any]:
        zero = self._clock
        if zero is None:
            zero = self._begun.setdefault((told["document"], told["operation"]), told["sent_at"])
        for name in ("sent_at", "came_at"):
            told[name] = round(told[name] - zero, 6)
        return told


def _line_of_json(exchange: Data) -> str:
    return visible_json(json.dumps(exchange)) + "\n"


# --- reading -----------------------------------------------------------------------------------


class Exchanges:
    """The exchanges of a run as data, read anew each time that they are asked for.

    *read* returns them, each as `record.exchange_record` tells it.
    """

    def __init__(self, read: Callable[[], Iterable[Data]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[Data]:
        """Yield each exchange, in order."""
        yield from self._read()

    def lines(self) -> Iterator[str]:
        """Yield each exchange as a line of JSON."""
        yield from map(_line_of_json, self)


class WrittenExchanges(Exchanges):
    """The exchanges that lie in files, one after the other; a file may be missing."""

    def __init__(self, *paths: Path) -> None:
        super().__init__(lambda: map(json.loads, self.lines()))
        self.paths = paths

    def lines(self) -> Iterator[str]:
        """Yield each exchange as a line of JSON: none of which a kill left half."""
        return chain.from_iterable(map(_whole_lines, self.paths))


def _whole_lines(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.endswith("\n"):
                yield line


def listed(exchanges: Iterable[Data]) -> Exchanges:
    """Return *exchanges* that lie in memory."""
    kept = list(exchanges)
    return Exchanges(lambda: kept)


NO_EXCHANGES = listed(())
