"""What do the commands say of reports? diff, merge and badge, on good reports and on bad input."""

from __future__ import annotations

import copy
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from test_report_runs import FIVE, SCHEMA, finished, sent, sources

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.__main__ import main
from pytest_confluent_contracts.report import diff, files, merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = dict[str, Any]


def changed(*changes: tuple[int, dict[str, Any]]) -> Run:
    """Return the run without faults, with some clauses changed."""
    run = copy.deepcopy(finished())
    for number, change in changes:
        run["clauses"][number] |= change
    return run


KEPT = {"verdict": "kept", "withheld": False, "finding": None, "judged": 3, "against": 0}
BROKEN = {
    "verdict": "broken",
    "withheld": False,
    "finding": {"came": "x", "curl": "", "seen": "", "exchange": None},
}
WITHHELD = {
    "verdict": "not exercised",
    "withheld": True,
    "finding": None,
    "judged": 0,
    "reason": "all was 401",
}
UNSEEN = {
    "verdict": "not exercised",
    "withheld": False,
    "finding": None,
    "judged": 0,
    "reason": "optional",
}


# --- what changed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "kinds", "worse"),
    [
        (KEPT, KEPT, set(), False),
        (KEPT, BROKEN, {"broken"}, True),
        (BROKEN, BROKEN, set(), False),
        (BROKEN, KEPT, {"mended"}, False),
        (UNSEEN, KEPT, {"gained"}, False),
        (UNSEEN, BROKEN, {"broken", "gained"}, True),
        (KEPT, UNSEEN, {"lost"}, True),
        (KEPT, WITHHELD, {"broken", "lost"}, True),
        (BROKEN, UNSEEN, {"lost"}, True),
        (WITHHELD, KEPT, {"mended", "gained"}, False),
        (UNSEEN, UNSEEN, set(), False),
    ],
)
def test_a_change_is_told_as_what_it_is(
    before: Any, after: Any, kinds: set[str], worse: bool
) -> None:
    """Each way from one verdict to another has its names, and only newly broken or lost evidence is worse."""
    found = diff.compare_runs(changed((0, before)), changed((0, after)))
    told = {
        name
        for name in ("broken", "mended", "gained", "lost", "new", "gone")
        if getattr(found, name)
    }
    assert (told, found.worse) == (kinds, worse)


def test_a_clause_that_was_not_run_is_lost_evidence() -> None:
    """The same document without one of its clauses: evidence was lost, and the clause is named."""
    new = copy.deepcopy(finished())
    gone = next(one for one in new["clauses"] if one["verdict"] == "kept")
    new["clauses"].remove(gone)
    found = diff.compare_runs(finished(), new)
    assert (found.lost, found.gone, found.worse) == (((gone["node"], "it was not run"),), (), True)


def test_a_clause_of_another_version_is_no_longer_promised() -> None:
    """In another version of the document a clause may be gone, and a new one may be there: neither is worse."""
    new = copy.deepcopy(finished())
    for document in new["documents"]:
        document["digest"] = "another"
    gone = next(one for one in new["clauses"] if one["verdict"] == "kept")
    gone["node"] += "-renamed"
    found = diff.compare_runs(finished(), new)
    assert ([node for node, _ in found.new], len(found.gone), found.worse) == (
        [gone["node"]],
        1,
        False,
    )


# --- many in one -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (KEPT, UNSEEN, "kept"),
        (KEPT, BROKEN, "broken"),
        (WITHHELD, BROKEN, "broken"),
        (UNSEEN, UNSEEN, "not exercised"),
    ],
)
def test_the_gravest_verdict_of_a_clause_stands(one: Any, other: Any, together: str) -> None:
    """What one part left out another may have judged; what one part broke is broken."""
    for parts in ((one, other), (other, one)):
        whole, _ = merge.merge_runs([changed((0, part)) for part in parts])
        assert whole["clauses"][0]["verdict"] == together


def test_parts_become_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two halves of a run, merged, have each clause once and every exchange, and keep the schema."""
    run = finished(FIVE)
    for described in run["documents"]:  # as it is without the overlay that the run had
        described["digest"] = documents.read_document(
            documents.find_document(described["name"])
        ).digest
    for name, keep in (("a", lambda number: number % 2), ("b", lambda number: not number % 2)):
        half = [clause for number, clause in enumerate(run["clauses"]) if keep(number)]
        files.write_reports(tmp_path / name, run | {"clauses": half}, {}, sent(FIVE))
    assert (
        main(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--into", str(tmp_path / "all")])
        == 1
    )
    told = json.loads((tmp_path / "all" / "report.json").read_text(encoding="utf-8"))
    assert {one["node"]: one["verdict"] for one in told["clauses"]} == {
        one["node"]: one["verdict"] for one in run["clauses"]
    }
    assert told["exchanges"]["count"] == 2 * run["exchanges"]["count"]
    there = list(files.read_exchanges(tmp_path / "all"))
    assert len(there) == told["exchanges"]["count"]
    shown = [one["finding"]["exchange"] for one in told["clauses"] if one["finding"]]
    for one in filter(None, shown):
        found = there[one["line"] - 1]
        assert (found["url"], found["title"]) == (one["url"], one["title"])
    assert capsys.readouterr().err == ""
    assert jsonschema_rs.is_valid(SCHEMA, told)
    page = (tmp_path / "all" / "report.html").read_text(encoding="utf-8")
    assert "is not at hand" not in page


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """Return the folders of a run without faults and of one with five."""
    for name, faults in (("clean", ()), ("five", FIVE)):
        files.write_reports(tmp_path / name, finished(faults), sources(), sent(faults))
    return str(tmp_path / "clean"), str(tmp_path / "five" / "report.json")


def test_diff_exits_1_where_it_is_worse(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """From clean to faulty: 1, each broken clause named; the other way: mended and 0; from one to itself: 0."""
    clean, five = folders
    assert main(["diff", clean, five]) == 1
    out = capsys.readouterr().out
    assert (
        "newly broken: contracts/confluent-api-keys::updateIamV2ApiKey::200/header/X-Request-Id: 200 answered"
        in out
    )
    assert main(["diff", five, clean]) == 0
    assert "mended: contracts/confluent-api-keys" in capsys.readouterr().out
    assert main(["diff", five, five]) == 0
    assert capsys.readouterr().out == "nothing changed\n"


def test_a_badge_is_an_image(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The badge is well-formed SVG with its words for those who cannot see it; to a file, or to the standard output."""
    _, five = folders
    assert main(["badge", five, "-o", str(tmp_path / "badge.svg")]) == 0
    drawn = (tmp_path / "badge.svg").read_text(encoding="utf-8")
    assert "broken" in ET.fromstring(drawn).attrib["aria-label"]
    assert main(["badge", five]) == 0
    assert capsys.readouterr().out == drawn


def spoilt(spoil: Callable[[Run], object]) -> str:
    """Return the JSON of a run that *spoil* has changed."""
    run = copy.deepcopy(finished())
    spoil(run)
    return json.dumps(run)


def half_found(clause: dict[str, Any]) -> None:
    """Leave out of a finding's parts all but the kind."""
    clause |= BROKEN
    clause["finding"] = {**clause["finding"], "kind": "server error"}


def half_missing(clause: dict[str, Any]) -> None:
    """Leave out what came in the place of evidence that was withheld."""
    clause["missing"] = {"kind": "withheld", "subject": "it", "expect": "accepted", "asked": 4}


# The text of a report, or what spoils one, and what is said of it. None is made before its test runs.
BAD: dict[str, tuple[str | Callable[[Run], object], str]] = {
    "not JSON": ("{", "not JSON, so no report"),
    "no report": ('{"a": 1}', "no report; give a report.json"),
    "a list": ("[]", "no report; give a report.json"),
    "deep": ("[" * 100_000, "not JSON, so no report"),
    "another version": (
        lambda run: run.update(version=3),
        "a report of version 3; this tool reads version 2",
    ),
    "without documents": (
        lambda run: run.pop("documents"),
        "a damaged report: 'documents'",
    ),
    "an incomplete clause": (
        lambda run: run["clauses"][3].pop("node"),
        "clauses[3] is incomplete",
    ),
    "numbers without operations": (
        lambda run: run["exchanges"].pop("operations"),
        "a damaged report: 'exchanges'",
    ),
    "an incomplete exchange of before": (
        lambda run: run.update(version=1, exchanges=[{"status": 200}]),
        "a damaged report: 'exchanges'",
    ),
    "no start": (lambda run: run.update(started="soon"), "a damaged report: 'started'"),
    "half a topic": (
        lambda run: run["clauses"][0]["topic"].pop("aspect"),
        "clauses[0] is incomplete",
    ),
    "a finding without a status": (
        lambda run: half_found(run["clauses"][0]),
        "clauses[0] is incomplete",
    ),
    "missing without answers": (
        lambda run: half_missing(run["clauses"][0]),
        "clauses[0] is incomplete",
    ),
    "another verdict": (
        lambda run: run["clauses"][0].update(verdict="fine"),
        "clauses[0] is incomplete",
    ),
}


@pytest.mark.parametrize("command", ["diff", "merge", "badge"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_report_is_one_clear_line(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no report, or one of another version, is one line that names the file and the cure; exit 4."""
    written, said = BAD[name]
    content = written if isinstance(written, str) else spoilt(written)
    (path := tmp_path / "report.json").write_text(content, encoding="utf-8")
    arguments = {
        "diff": ["diff", str(path), str(path)],
        "merge": ["merge", str(tmp_path), "--into", str(tmp_path / "into")],
        "badge": ["badge", str(path)],
    }[command]
    assert main(arguments) == 4
    told = capsys.readouterr()
    assert (told.err.count("\n"), told.out) == (1, "")
    assert told.err.startswith(f"{path}: ")
    assert said in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diff", "missing.json", "missing.json"], "missing.json: cannot be read"),
        (["judge", "missing.har"], "missing.har: cannot be read"),
    ],
)
def test_what_is_not_there_is_one_clear_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file or a directory that is not there is named; exit 4."""
    assert main(arguments) == 4
    assert capsys.readouterr().err.startswith(said)


def test_a_folder_that_cannot_be_written_costs_no_verdict(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Parts that cannot be written as a whole are told as a whole, and one line names the folder; exit 4."""
    assert main(["merge", folders[1], "--into", "/dev/null/x"]) == 4
    said = capsys.readouterr()
    assert "updateIamV2ApiKey: " in said.out
    assert said.err.startswith("--contract-report=/dev/null/x: cannot be written: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["nope"], ["merge", "a"], ["diff", "a"]])
def test_a_wrong_command_line_is_one_clear_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong command line exits 4, as pytest does, with one line."""
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 4
    assert capsys.readouterr().err.count("\n") == 1


def test_different_documents_are_not_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports about two versions of a document have no common verdict; exit 4."""
    other = copy.deepcopy(finished())
    other["documents"][0]["digest"] = "another"
    for name, run in (("a", finished()), ("b", other)):
        files.write_reports(tmp_path / name, run, {})
    assert (
        main(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--into", str(tmp_path / "c")])
        == 4
    )
    assert "different versions of confluent-api-keys" in capsys.readouterr().err
