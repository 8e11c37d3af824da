"""Is each exchange written as it comes, whole, where a finding says that it stands?"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from exchanges import confluent, make_case, make_exchange
from rulings import make_broken, make_clause

from pytest_confluent_contracts.model.clauses import Finding, FindingKind
from pytest_confluent_contracts.plugin import exchange_files
from pytest_confluent_contracts.report import exchange_log, record
from pytest_confluent_contracts.report.exchange_log import (
    ExchangeLog,
    Exchanges,
    WrittenExchanges,
    listed,
    part_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.model.traffic import Exchange

    Begin = Callable[..., ExchangeLog]

FOUND = Finding(FindingKind.NOT_ANSWERED, 200)


def answered(serial: int, sent_at: float = 0.0) -> Exchange:
    """Return an exchange of its own."""
    made = make_exchange(make_case(confluent(), {"n": serial}), 200, {"n": serial})
    return replace(made, serial=serial, sent_at=sent_at, came_at=sent_at + 0.5)


def serials(exchanges: Exchanges) -> list[int]:
    """Return the numbers that *exchanges* have."""
    return [one["serial"] for one in exchanges]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begin]:
    """Return what begins a log, which is closed at the end."""
    logs: list[ExchangeLog] = []

    def begin(name: str = "part", clock: float | None = None) -> ExchangeLog:
        logs.append(ExchangeLog(tmp_path / name, clock))
        return logs[-1]

    yield begin
    for log in logs:
        log.close()


def test_each_exchange_is_a_line_at_once(begun: Begin) -> None:
    """Before the log is closed all of it can be read, and each says what it was; times begin with the first."""
    log = begun("new/part")
    sent = [answered(serial, sent_at=10.0 + serial) for serial in range(3)]
    for one in sent:
        log.add(one)
    told = list(WrittenExchanges(log.path))
    assert [(one["sent_at"], one["came_at"]) for one in told] == [
        (0.0, 0.5),
        (1.0, 1.5),
        (2.0, 2.5),
    ]
    expected = [record.exchange_record(one) for one in sent]
    assert [one["text"] for one in told] == [one["text"] for one in expected]


def test_times_are_those_of_the_runs_clock_where_there_is_one(begun: Begin) -> None:
    """All processes of a run begin to count at one moment."""
    log = begun(clock=4.0)
    log.add(answered(0, sent_at=10.0))
    [told] = WrittenExchanges(log.path)
    assert (told["sent_at"], told["came_at"]) == (6.0, 6.5)


def test_what_an_answer_holds_stays_on_its_line(begun: Begin) -> None:
    """New lines of every kind, a lone surrogate and a command of a CI system: one line, which means the same."""
    text = "a\nb\r\u2028\x85 \ud800 ::error::x"
    log = begun()
    log.add(replace(answered(0), text=text))
    log.add(answered(1))
    assert next(iter(WrittenExchanges(log.path)))["text"] == text
    assert "::error" not in log.path.read_text(encoding="utf-8")
    assert log.path.read_bytes().count(b"\n") == 2


def test_a_finding_names_the_line_of_its_exchange(begun: Begin) -> None:
    """The very same exchange is found, whatever its number; a copy of it, or another, stands nowhere."""
    log = begun()
    first, second = answered(7), answered(7)
    log.add(first)
    log.add(second)
    ruling = make_broken(make_clause("c"), FOUND, second)
    assert record.ruling_record(ruling, log.line_of)["finding"]["exchange"]["line"] == 2
    assert record.ruling_record(ruling)["finding"]["exchange"]["line"] == 0
    assert log.line_of(replace(second, superseded=True)) == 0
    _, told = WrittenExchanges(log.path)
    reference = record.ruling_record(ruling, log.line_of)["finding"]["exchange"]
    assert {name: told[name] for name in reference if name != "line"} == {
        name: value for name, value in reference.items() if name != "line"
    }


def test_the_log_keeps_no_exchange_alive(begun: Begin) -> None:
    """Neither the exchange nor where it stands is kept once nobody has it."""
    log = begun()
    for serial in range(50):
        log.add(answered(serial))
    gc.collect()
    assert log._lines == {}


def test_a_file_that_cannot_be_written_ends_the_log_alone(tmp_path: Path, begun: Begin) -> None:
    """Why is remembered, and nothing is raised."""
    (tmp_path / "file").touch()
    log = begun("file/part")
    one = answered(0)
    log.add(one)
    assert log.fault in ("Not a directory", "File exists")
    assert log.line_of(one) == 0


def test_where_no_space_is_left_the_last_line_is_taken_back(begun: Begin) -> None:
    """What was written before is whole; what does not fit is not there, and nothing follows it."""
    log = begun()
    log.add(answered(0))
    full = log.path.stat().st_size
    assert log._file is not None
    log._file = HalfWriting(log._file)  # type: ignore[assignment]
    log.add(answered(1))
    log.add(answered(2))
    assert log.fault == "no space is left"
    assert log.path.stat().st_size == full
    assert serials(WrittenExchanges(log.path)) == [0]


class HalfWriting:
    """A file that takes half of what it is given."""

    def __init__(self, file: object) -> None:
        self.file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)

    def write(self, line: bytes) -> int:
        """Write half of *line*."""
        written: int = self.file.write(line[: len(line) // 2])  # type: ignore[attr-defined]
        return written


def test_a_line_that_was_cut_off_is_not_read(tmp_path: Path, begun: Begin) -> None:
    """A kill of the machine may leave half a line at the end: the others are read."""
    log = begun()
    log.add(answered(0))
    with log.path.open("ab") as file:
        file.write(b'{"serial": 1, "te')
    assert serials(WrittenExchanges(log.path, tmp_path / "gone")) == [0]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_exchange_log import answered
from pytest_confluent_contracts.report.exchange_log import ExchangeLog
log = ExchangeLog(Path({path!r}), None)
for serial in range(40):
    log.add(answered(serial))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like that here")
def test_after_a_kill_every_line_is_there(tmp_path: Path) -> None:
    """Nothing waits in a buffer."""
    path = tmp_path / "part"
    script = KILLED.format(tests=str(Path(__file__).parent), path=str(path))
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=given, check=False)
    assert done.returncode == -signal.SIGKILL
    assert serials(WrittenExchanges(path)) == list(range(40))


# --- parts of several processes ---------------------------------------------------------------------------------------


def test_parts_become_one_and_findings_follow(tmp_path: Path) -> None:
    """The lines of each process's findings are those of the whole."""
    records = []
    for process, count in (("gw0", 3), ("gw1", 2)):
        log = ExchangeLog(part_path(tmp_path, process), None)
        sent = [answered(10 * count + number) for number in range(count)]
        for one in sent:
            log.add(one)
        told = record.ruling_record(make_broken(make_clause(process), FOUND, sent[1]), log.line_of)
        records.append(told | {"part": log.path.name, "also": [{"finding": told["finding"]}]})
        log.close()
    records.append(record.ruling_record(make_broken(make_clause("elsewhere"), FOUND)))
    moved, whole = exchange_files.put_together(tmp_path, records)
    assert serials(whole) == [30, 31, 32, 20, 21]
    assert [one["finding"]["exchange"] and one["finding"]["exchange"]["line"] for one in moved] == [
        2,
        5,
        None,
    ]
    assert moved[1]["also"][0]["finding"]["exchange"]["line"] == 5
    assert records[1]["finding"]["exchange"]["line"] == 2, "what was told stays as it was"


def test_parts_of_a_killed_run_are_taken_away(tmp_path: Path) -> None:
    """They are, and no other file; a folder that is not there is none to be cleaned."""
    part_path(tmp_path, "gw3").touch()
    (tmp_path / exchange_log.NAME).touch()
    exchange_files.remove_parts(tmp_path)
    exchange_files.remove_parts(tmp_path / "gone")
    assert [one.name for one in tmp_path.iterdir()] == [exchange_log.NAME]


def test_exchanges_are_read_as_often_as_they_are_asked_for() -> None:
    """From memory too: as lines, and as data."""
    both = listed([record.exchange_record(answered(0)), record.exchange_record(answered(1))])
    assert serials(both) == serials(both) == [0, 1]
    assert [json.loads(line)["serial"] for line in both.lines()] == [0, 1]
