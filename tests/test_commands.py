"""Do the commands behave as commands do? Closed pipes, help, and formats for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from test_report_runs import FIVE, finished, sources

from pytest_confluent_contracts.__main__ import main
from pytest_confluent_contracts.report import files

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("diff", "merge", "badge", "judge", "convert", "check", "compare", "schema", "serve")
COMPARE = ["compare", "confluent-api-keys", "datadog-confluent-cloud"]


def run_unread(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command whose output nobody reads; return how it ended."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "pytest_confluent_contracts", *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            # Unbuffered, argparse itself drops what it cannot write.
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize("arguments", [COMPARE, [*COMPARE, "--format", "json"], ["--help"]])
def test_a_command_whose_output_nobody_reads_ends_quietly(arguments: list[str]) -> None:
    """Not a word on the standard error, and the code that a shell gives to a closed pipe."""
    ended = run_unread(arguments)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_each_exit_code(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says when it ends with 0 and with 4; those that judge say when with 1."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out.partition("exit codes:\n")[2].splitlines()
    codes = [line.split()[0] for line in told]
    judging = command not in {"badge", "convert", "schema"}
    assert codes == (["0", "1", "4"] if judging else ["0", "4"])


def test_what_changed_between_runs_is_told_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``diff --format json`` has each change in parts, and the exit code of the text."""
    for name, faults in (("clean", ()), ("five", FIVE)):
        files.write_reports(tmp_path / name, finished(faults), sources())
    clean, five = str(tmp_path / "clean"), str(tmp_path / "five")
    assert main(["diff", clean, five, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["worse"] is True
    changed = {(one["kind"], one["node"].rpartition("::")[2]) for one in told["changes"]}
    assert ("newly broken", "200/header/X-Request-Id") in changed
    assert main(["diff", five, five, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"worse": False, "changes": []}


@pytest.mark.parametrize("command", [COMPARE, ["check", "confluent-api-keys"]])
def test_no_command_writes_colours(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is written is the same on a terminal and in a file."""
    main(command)
    assert "\x1b" not in "".join(capsys.readouterr())
