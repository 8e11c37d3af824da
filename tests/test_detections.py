"""Does the script that compares what tools notice still run, and does the README show its table?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from running import ROOT

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

import detections
from detections import Held, Sums

README = (ROOT / "README.md").read_text(encoding="utf-8")


def held(*failed: str, seconds: float = 1.0) -> Held:
    """Return what a run came to that failed with these kinds."""
    return Held(list(failed), [], 10, seconds, 1.0, 1, 5)


def test_a_bug_is_noticed_by_what_the_service_as_it_should_be_does_not_show() -> None:
    """The same failure on both is noise; more of the same kind is, too; another operation's is not."""
    sums = Sums([held("GET /a: x"), held("GET /b: x")])
    sums.bugs = {
        "silent": held(),
        "noise": held("GET /a: x", "GET /b: x"),
        "elsewhere": held("GET /a: x", "GET /c: x"),
    }
    assert sums.noticed() == ["elsewhere"]


def test_the_ratios_are_of_the_sums_over_all_apis() -> None:
    """Two of three against one, in half the time."""
    bugs = {"one": held("a", seconds=2.0), "two": held("b", seconds=2.0)}
    gate = Sums([held(seconds=2.0)], bugs)
    other = Sums([held(seconds=4.0)], {"one": held("a", seconds=4.0), "two": held(seconds=4.0)})
    told = detections.ratios({"things": {"gate": gate, "schemathesis": other}})
    assert told == "noticed: 2 and 1, 2.00 times as many; time: 0.50 of schemathesis"


def test_what_was_told_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    """A bug that both were tried on is not tried again."""
    asked: list[str] = []

    def service(name: str) -> detections.Handle:
        asked.append(name)
        return lambda *_: (200, [], b"")

    sums = Sums([held()], {"one": held("a")})
    results = {"things": {"gate": sums, "schemathesis": Sums([held()], {"one": held()})}}
    detections.write_results(results, tmp_path / "told.json")
    assert detections.read_results([tmp_path / "told.json"]) == results
    api = detections.every_api()[0]
    known = replace(api, name="things", bugs={"one": lambda: service("one")})
    limits = detections.Limits(1, baselines=1)
    detections.hold_all([known], {"things": ["one"]}, limits, results, list)
    assert asked == []


@pytest.mark.parametrize("api", detections.every_api(), ids=lambda one: one.name)
def test_the_same_bugs_are_drawn_and_each_can_be_served(api: detections.Api) -> None:
    """A smaller lot is the beginning of a larger one, and all are in the largest."""
    lot = detections.drawn(api, 30)
    assert detections.drawn(api, 10) == lot[:10]
    assert sorted(detections.drawn(api, 0)) == sorted(api.bugs)
    answered = api.bugs[lot[0]]()("GET", "/nowhere", {}, b"")
    assert answered[0] in (401, 403, 404)


def test_both_tools_notice_two_bugs_of_a_read(capsys: pytest.CaptureFixture[str]) -> None:
    """The script as the README names it, on one operation of one API: its table has the README's columns."""
    detections.main(
        [
            "--api=confluent-api-keys",
            "--only=OwnerLeftOut",
            "--only=CrashOnUnknown",
            "--operation=getIamV2ApiKey",
            "--examples=5",
            "--baselines=1",
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == detections.HEAD.splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:4]]
    assert [(row[0], row[2], row[-2]) for row in rows] == [
        ("confluent-api-keys", "gate", "2"),
        ("confluent-api-keys", "schemathesis", "2"),
    ]
    [(alarms, noticed), (_, noticed_by_other)] = [(int(row[-3]), int(row[-1])) for row in rows]
    assert (alarms, noticed) == (0, 2)
    assert noticed_by_other >= 1
    assert lines[-1].startswith(f"noticed: 2 and {noticed_by_other}, ")


def test_the_readme_shows_the_table_and_names_the_command() -> None:
    """Each API has a row for each tool under the columns that the script prints."""
    assert "`python tests/benchmarks/detections.py`" in README
    assert detections.HEAD in README
    for api in detections.every_api():
        for tool in detections.TOOLS:
            assert f"| {api.name} | {api.operations} | {tool} |" in README
