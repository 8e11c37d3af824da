"""Is a run told the same in every file? One run with known faults, one without; others import both from here."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import judging
import pytest
from running import ROOT

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.double import mutations, proving
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Loss, Probe, RedactedCase
from pytest_confluent_contracts.report import (
    archive,
    badge,
    causes,
    diff,
    files,
    matrix,
    merge,
    record,
    terminal,
)
from pytest_confluent_contracts.report import run as runs
from pytest_confluent_contracts.report.exchange_log import Exchanges, WrittenExchanges, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.service import Service

Run = dict[str, Any]
FIVE = (
    "200/header/X-Request-Id missing on 200",
    "401/header/WWW-Authenticate missing on 401",
    "429/header/Retry-After missing on 429",
    "request spec.display_name: type not checked",
    "200/body/metadata.created_at of the wrong format",
)
SCHEMA = json.loads(
    (ROOT / "pytest_confluent_contracts/report/report.schema.json").read_text(encoding="utf-8")
)
EXAMPLES = 20


# --- runs on the embedded service ------------------------------------------------------------------------------------


def altering(
    names: tuple[str, ...], known: dict[str, mutations.Mutation]
) -> Callable[[Service], Service]:
    """Return the alteration that puts each fault of *names* that is *known* into a service."""

    def alter(service: Service) -> Service:
        for name in names:
            service = known[name].alter(service) if name in known else service
        return service

    return alter


@lru_cache(maxsize=4)
def held(names: tuple[str, ...] = ()) -> tuple[Run, Exchanges]:
    """Return the run on the embedded service of both documents with the faults *names*, and what was sent."""
    records: list[Run] = []
    exchanges: list[Run] = []
    described: list[Run] = []
    for document in [judging.document(name)[0] for name in judging.DOCUMENTS]:
        described.append(runs.describe_document(document))
        for operation in document.operations:
            alter = altering(names, {fault.name: fault for fault in mutations.derive(operation)})
            campaign = proving.Double(operation, 0, EXAMPLES).campaign(alter)
            rulings = [campaign.ruling(clause) for clause in clauses.derive(operation)]
            lines = {id(one): line for line, one in enumerate(campaign.history, len(exchanges) + 1)}
            records += [record.ruling_record(one, partial(line_in, lines)) for one in rulings]
            exchanges += [record.exchange_record(exchange) for exchange in campaign.history]
    meta = {
        "tool": "0.0",
        "target": "mock",
        "seed": 0,
        "started": "2026-11-22T09:30:00+00:00",
        "seconds": 3.5,
    }
    timed = runs.since_start(exchanges)
    return runs.gather_run(meta | {"documents": described}, records, timed), listed(timed)


def line_in(lines: dict[int, int], exchange: Exchange) -> int:
    """Return the line in which *exchange* stands."""
    return lines.get(id(exchange), 0)


def finished(names: tuple[str, ...] = ()) -> Run:
    """Return the run on the embedded service of both documents with the faults *names*."""
    return held(names)[0]


def sent(names: tuple[str, ...] = ()) -> Exchanges:
    """Return what that run sent, and what came."""
    return held(names)[1]


def sources() -> dict[str, str]:
    """Return the texts of the bundled documents by the file that clauses name."""
    return {
        f"specs/{path.name}": path.read_text(encoding="utf-8")
        for path in documents.bundled_documents().values()
    }


def exchange(body: bytes | None = b"{}", **more: Any) -> Exchange:
    """Return an exchange of the first bundled operation, with *more* in it."""
    _, operation = judging.document("confluent-api-keys")
    case = RedactedCase(
        Probe.EXAMPLES, "made up", operation, (("id", "ak-1"),), (), body, {}, Expect.ANY
    )
    plain = Exchange(
        0, case, "http://127.0.0.1/iam/v2/api-keys/ak-1", 200, (), "{}", {}, "", (), 0.0, 0.1
    )
    return replace(plain, **more)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with every report of the run with five faults."""
    folder = tmp_path_factory.mktemp("reports")
    files.write_reports(folder, finished(FIVE), sources(), sent(FIVE))
    return folder


def loaded(path: Path) -> Any:
    """Return the JSON in *path*."""
    return json.loads(path.read_text(encoding="utf-8"))


# --- five faults are five findings -----------------------------------------------------------------------------------


def test_five_faults_are_told_as_five_causes() -> None:
    """A service with five faults breaks more than five clauses; the terminal names five findings, not fifty."""
    broken = [clause for clause in finished(FIVE)["clauses"] if clause["verdict"] == "broken"]
    told = [line.text for line in terminal.closing_lines(finished(FIVE)["clauses"], {}, 0)]
    lines = [line for line in told if line.startswith("  broken: ")]
    assert len(broken) > len(lines) == len(FIVE), lines


def test_a_service_without_a_fault_has_no_broken_cause() -> None:
    """Nothing is told as broken or withheld of the service as it is; the documents' own slips are warned of."""
    assert {cause.verdict for cause in causes.find_causes(finished()["clauses"])} == {"warned"}


def test_every_clause_that_is_not_as_promised_has_one_cause() -> None:
    """No red or warned clause is left out of the causes, and none is in two."""
    told = Counter(node for cause in finished(FIVE)["causes"] for node in cause["clauses"])
    red = {
        clause["node"]
        for clause in finished(FIVE)["clauses"]
        if causes.standing(clause) in causes.RANK
    }
    assert set(told) == red
    assert set(told.values()) == {1}


# --- the files agree -------------------------------------------------------------------------------------------------


def test_all_files_are_written_and_nothing_else(written: Path) -> None:
    """The eight reports lie in the folder, and no temporary file is left beside them."""
    names = {"report.json", "exchanges.jsonl", "report.html", "report.sarif", "codequality.json"}
    assert {path.name for path in written.iterdir()} == names | {
        "summary.md",
        "exchanges.har",
        "badge.svg",
    }


def test_the_json_keeps_its_schema(written: Path) -> None:
    """report.json is as report.schema.json says, and a run with a strange verdict is not."""
    validator = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
    told = loaded(written / "report.json")
    assert [error.message for error in validator.iter_errors(told)] == []
    told["clauses"][0]["verdict"] = "perhaps"
    assert not validator.is_valid(told)


def test_each_exchange_keeps_its_schema(written: Path) -> None:
    """A line of exchanges.jsonl is as report.schema.json says of an exchange; a finding's line is the one that it had."""
    shape = {"$ref": "#/$defs/exchange", "$defs": SCHEMA["$defs"]}
    validator = jsonschema_rs.Draft202012Validator(shape)
    told = list(WrittenExchanges(written / "exchanges.jsonl"))
    assert told == list(sent(FIVE))
    assert [error.message for one in told for error in validator.iter_errors(one)] == []
    assert not validator.is_valid({**told[0], "text": None})
    shown = [one["finding"]["exchange"] for one in finished(FIVE)["clauses"] if one["finding"]]
    assert any(shown)
    for one in filter(None, shown):
        there = told[one["line"] - 1]
        assert one == {"line": one["line"], **{name: there[name] for name in one if name != "line"}}


def of_before(run: Run, exchanges: Exchanges) -> Run:
    """Return *run* as version 1 of the report told it at first.

    Findings and reasons are in English alone, and exchanges stand in the report itself.
    """
    every = list(exchanges)
    old = copy.deepcopy(run) | {"version": 1, "exchanges": every}
    for cause in old["causes"]:
        del cause["operations"]
    for clause in old["clauses"]:
        del clause["topic"], clause["missing"]
        for told in (clause, *clause["also"]):
            if finding := told["finding"]:
                told["finding"] = {name: finding[name] for name in ("came", "curl", "seen")}
                line = (finding["exchange"] or {}).get("line", 0)
                told["finding"]["exchange"] = every[line - 1] if line else None
    return old


def test_a_report_of_before_is_still_read(tmp_path: Path) -> None:
    """Every file is drawn from it, its exchanges are those that it holds, and against today's run nothing changed."""
    before = of_before(finished(FIVE), sent(FIVE))
    (tmp_path / "report.json").write_text(json.dumps(before), encoding="utf-8")
    old, exchanges = files.read_report(tmp_path), files.read_exchanges(tmp_path)
    assert list(exchanges) == list(sent(FIVE))
    assert old["exchanges"] == finished(FIVE)["exchanges"]
    files.write_reports(tmp_path / "again", old, sources(), exchanges)
    assert files.read_report(tmp_path / "again") == old
    lines = list(diff.compare_runs(old, finished(FIVE)).lines())
    assert lines == ["nothing changed"]
    whole, together = merge.merge_runs([old], [exchanges])
    assert whole["clauses"] == old["clauses"]
    assert list(together) == list(exchanges)
    found = causes.find_causes(old["clauses"])
    assert {cause.title for cause in found} >= {
        cause["title"] for cause in finished(FIVE)["causes"]
    }


def test_every_file_gives_each_clause_the_same_verdict(written: Path) -> None:
    """JSON, SARIF, the page, the table of the summary and GitLab's file agree on each verdict."""
    clauses_ = loaded(written / "report.json")["clauses"]
    verdicts = {
        f"{one['document']}::{one['operation']}::{one['clause']}": one["verdict"]
        for one in clauses_
    }
    sarif = loaded(written / "report.sarif")["runs"][0]
    rules = sarif["tool"]["driver"]["rules"]
    assert {rule["id"]: rule["properties"]["verdict"] for rule in rules} == verdicts
    red = {name for name, verdict in verdicts.items() if verdict in ("broken", "warned")}
    assert {result["ruleId"] for result in sarif["results"]} == red
    quality = Counter(issue["check_name"] for issue in loaded(written / "codequality.json"))
    assert quality == Counter(re.sub(r"::.*?::", "::", name) for name in red)
    assert page_counts(written) == counted(clauses_)
    of_target = [one for name, one in verdicts.items() if "::document/" not in name]
    assert summary_counts(written) == Counter(of_target)


def page_counts(folder: Path) -> dict[str, Counter[str]]:
    """Return the verdicts that the page counts of each operation: once in its table, and once where it is told alone."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    found: dict[str, Counter[str]] = {}
    for told, counts in re.findall(
        r'<details id="o\d+" class="operation"[^>]*><summary><b>[^<]* · ([^<]+)</b> <span[^>]*>([^<]*)<',
        page,
    ):
        found[told] = Counter(
            {verdict: int(count) for count, verdict in re.findall(r"(\d+) ([a-z ]+)", counts)}
        )
    rows = re.findall(
        r'<tr data-of="o\d+"><th scope="row"><a [^>]*>([^<]+)</a></th>(.*?)</tr>', page
    )
    assert [name for name, _ in rows] == list(found)
    for name, cells in rows:
        *families, unseen = re.findall("<td>(.*?)</td>", cells)
        numbers = [int(one) for one in re.findall(r"\d+", " ".join([*families, unseen]))]
        assert sum(numbers) == found[name].total()
        assert int(unseen or 0) == found[name]["not exercised"]
    return found


def counted(told: list[Run]) -> dict[str, Counter[str]]:
    """Return how often each verdict stands among clauses, by operation."""
    found: dict[str, Counter[str]] = {}
    for one in told:
        found.setdefault(one["operation"], Counter())[causes.standing(one)] += 1
    return found


def summary_counts(folder: Path) -> Counter[str]:
    """Return the verdicts that the tables of the summary count."""
    counts: Counter[str] = Counter()
    for line in (folder / "summary.md").read_text(encoding="utf-8").splitlines():
        if cells := re.fullmatch(r"\| [\w ]+ ((?:\| \d* )+)\|", line):
            numbers = [cell.strip() for cell in cells.group(1).split("|")[1:]]
            counts.update(
                {
                    verdict: int(number)
                    for verdict, number in zip(terminal.ORDER, numbers, strict=True)
                    if number
                }
            )
    return counts


def test_a_result_points_at_the_line_of_the_promise(written: Path) -> None:
    """Each SARIF result carries the line of the document where its promise stands, as the document has it."""
    for result in loaded(written / "report.sarif")["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        lines = sources()[place["artifactLocation"]["uri"]].splitlines()
        assert place["region"]["snippet"]["text"] == lines[place["region"]["startLine"] - 1]


def test_the_archive_has_every_exchange(written: Path) -> None:
    """exchanges.har holds the exchanges of the run, in their order."""
    entries = loaded(written / "exchanges.har")["log"]["entries"]
    told = [
        (entry["request"]["method"], entry["request"]["url"], entry["response"]["status"])
        for entry in entries
    ]
    assert told == [(one["method"], one["url"], one["status"]) for one in sent(FIVE)]
    # A few at a time, and now and then one that was opened anew.
    assert [entry["connection"] for entry in entries[:3]] == ["1", "2", "3"]
    opened = {int(entry["connection"]) for entry in entries}
    assert opened == set(range(1, max(opened) + 1))


def test_the_archive_tells_what_was_silently_sent_again(tmp_path: Path) -> None:
    """A request that was lost on connections kept open says so in its comment, and which it went over at last."""
    run = finished()
    lost = exchange(connection=7, losses=(Loss(0.1, 5), Loss(0.2, 9)))
    told = [record.exchange_record(one) for one in (lost, exchange())]
    with (tmp_path / "run.har").open("w", encoding="utf-8") as file:
        archive.write_archive(file, run, told)
    first, second = loaded(tmp_path / "run.har")["log"]["entries"]
    assert first["comment"].endswith("lost on 2 connections, and sent again")
    assert first["connection"] == "7"
    assert "lost" not in second["comment"]
    assert "connection" not in second


def test_the_page_is_small_and_fetches_nothing(written: Path) -> None:
    """One file under 300 KB for both documents; nothing in it is loaded from anywhere."""
    page = (written / "report.html").read_bytes()
    assert len(page) < 300_000
    assert not re.search(rb"(?:src|href)=\"(?!#)|@import|url\(", page)


def test_only_a_rate_limit_that_was_told_is_drawn(tmp_path: Path) -> None:
    """A plot has numbers that go up and down; of a target that told none there is a sentence instead."""
    silent = [{**one, "headers": []} for one in sent()]
    throttled = sum(
        one["status"] == 429 for one in silent if one["document"] == "confluent-api-keys"
    )
    for folder, exchanges in (("told", sent()), ("silent", listed(silent))):
        files.write_reports(tmp_path / folder, finished(), sources(), exchanges)
    pages = [
        (tmp_path / folder / "report.html").read_text(encoding="utf-8")
        for folder in ("told", "silent")
    ]
    assert ["<svg" in page for page in pages] == [True, False]
    assert f"No answer told a rate limit; {throttled} answered 429." in pages[1]


# --- what a page is given stays text ---------------------------------------------------------------------------------


def test_what_a_service_answers_stays_text(tmp_path: Path) -> None:
    """Markup, a right-to-left mark and a lone surrogate of an answer are shown and do nothing."""
    run = copy.deepcopy(finished(FIVE))
    clause = next(one for one in run["clauses"] if one["finding"])
    clause["finding"]["came"] = "</h3><script>alert(1)</script> \u202e \ud800"
    came = exchange(text="<img src=x onerror=alert(1)>")
    clause["finding"]["exchange"] = record.exchange_reference(came, 1)
    files.write_reports(tmp_path, run, sources(), listed([record.exchange_record(came)]))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\u202e \\ud800" in page
    assert "&lt;img" in page
    assert "<img" not in page
    assert page.count("<script") == 1
    assert "<script" not in (tmp_path / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "told"),
    [(None, (None, "")), ("é".encode(), ("é", "utf-8")), (b"\xff", ("/w==", "base64"))],
)
def test_a_body_that_is_not_text_is_kept(body: bytes | None, told: tuple[str | None, str]) -> None:
    """A request body is told as text, in base64 where it is none, and None where there was none."""
    data = record.exchange_record(exchange(body))
    assert (data["request_body"], data["request_encoding"]) == told


def test_times_are_told_since_the_first_request_of_each_operation() -> None:
    """Where there is no clock for all, as in recordings."""
    told = [
        record.exchange_record(exchange(sent_at=7.0, came_at=7.5)),
        record.exchange_record(exchange(sent_at=5.0, came_at=6.0)),
    ]
    timed = [(one["sent_at"], one["came_at"]) for one in runs.since_start(told)]
    assert timed == [(2.0, 2.5), (0.0, 1.0)]


# --- coverage --------------------------------------------------------------------------------------------------------


def test_coverage_counts_what_was_exercised() -> None:
    """The share of clauses is that of the verdicts; a status that cannot be provoked was not seen."""
    told = finished()["coverage"]
    of_target = [one for one in finished()["clauses"] if not record.is_of_document(one)]
    verdicts = [clause["verdict"] for clause in of_target]
    assert told["clauses"]["covered"] == sum(verdict != "not exercised" for verdict in verdicts)
    assert told["clauses"]["percent"] == runs.exercised(finished()["clauses"])
    assert "confluent-api-keys::updateIamV2ApiKey 500" in told["statuses"]["unseen"]
    assert "confluent-api-keys::updateIamV2ApiKey 429" not in told["statuses"]["unseen"]
    assert 0 < told["keywords"]["covered"] < told["keywords"]["of"]


def test_a_keyword_counts_only_where_a_value_met_it() -> None:
    """A keyword of a member that no answer had is not evaluated; that of one that came is."""
    unevaluated = finished()["coverage"]["keywords"]["unevaluated"]
    assert (
        "confluent-api-keys::updateIamV2ApiKey 200/body/metadata.deleted_at format" in unevaluated
    )
    assert (
        "confluent-api-keys::updateIamV2ApiKey 200/body/metadata.created_at format"
        not in unevaluated
    )


# --- the badge -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["kept", "broken"], "1 broken, 1 kept"),
        (["kept", "warned"], "1 warned, 1 kept"),
        (["kept", "not exercised"], "1 kept"),
        (["not exercised"], "nothing exercised"),
    ],
)
def test_the_badge_tells_what_fails_first(verdicts: list[str], told: str) -> None:
    """Broken before warned before kept; not exercised is never green."""
    words, colour = badge.badge_message(
        {"clauses": [{"verdict": verdict, "withheld": False} for verdict in verdicts]}
    )
    assert words == told
    assert (colour == badge.GREEN) == (
        set(verdicts) <= {"kept", "not exercised"} and "kept" in verdicts
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_directory_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """Where a file is in the way, the line names the option, the directory and the cure."""
    (tmp_path / "file").touch()
    with pytest.raises(ContractError) as raised:
        files.write_reports(tmp_path / "file" / "reports", finished(), {})
    assert re.fullmatch(
        r"--contract-report=\S+: cannot be written: .+; name a directory that can",
        str(raised.value),
    )


def test_a_directory_is_made(tmp_path: Path) -> None:
    """A directory that is not there yet is made, with those around it."""
    assert all(path.is_file() for path in files.write_reports(tmp_path / "a" / "b", finished(), {}))


def test_a_report_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    """A file takes its place only when it is whole: what was there stays, nothing half-written lies about."""
    files.write_reports(tmp_path, finished(), {})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyError):
        files.write_reports(tmp_path, finished(), {}, listed([{"no": "exchange"}]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_summary_is_added_to_the_page_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where GITHUB_STEP_SUMMARY names a file, the summary follows what is there already."""
    (page := tmp_path / "page.md").write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    files.write_reports(tmp_path / "reports", finished(), {})
    told = (tmp_path / "reports" / "summary.md").read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8") == f"before\n{told}"


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    """What was judged before the interruption is reported, and nobody takes it for the whole."""
    run = finished() | {"interrupted": True, "clauses": finished()["clauses"][:3]}
    files.write_reports(tmp_path, run, sources())
    for name in ("report.html", "summary.md"):
        assert "The run was interrupted" in (tmp_path / name).read_text(encoding="utf-8")
    assert (
        loaded(tmp_path / "report.sarif")["runs"][0]["invocations"][0]["executionSuccessful"]
        is False
    )


# --- the closing section ---------------------------------------------------------------------------------------------


def test_each_family_has_a_row_whose_numbers_add_up() -> None:
    """A row a family for each operation; all rows together count each clause on the target once."""
    lines = [line.text for line in terminal.closing_lines(finished(FIVE)["clauses"], {}, 0)]
    rows = [line.split() for line in lines if re.match(r"  [a-z ]{10}(?: +[\d.]+)+$", line)]
    counts = [int(cell) for row in rows for cell in row if cell.isdigit()]
    assert len(rows) == 14
    of_document = [one for one in finished(FIVE)["clauses"] if record.is_of_document(one)]
    assert sum(counts) == len(finished(FIVE)["clauses"]) - len(of_document)
    told = [line for line in lines if line.startswith("  the document's own examples: ")]
    assert sum(int(count) for line in told for count in re.findall(r"\d+", line)) == len(
        of_document
    )


def test_no_answer_makes_an_example_green() -> None:
    """In the page's grid the document's examples have a row of their own: nobody has seen a 402."""
    clauses_ = finished()["clauses"]
    confluent = [one for one in clauses_ if one["document"] == "confluent-api-keys"]
    rows = str(matrix.coverage_matrix("confluent-api-keys", confluent)).split("<tr>")
    by_answers = {row.partition(">")[2].partition("<")[0]: row for row in rows}
    assert "402" not in by_answers
    assert "kept" not in by_answers.get("409", "")
    assert "kept" in by_answers["the document itself"]


def test_a_member_with_a_blank_in_its_name_counts_as_covered() -> None:
    """The keyword stands behind the last blank: ``200/body/a b type`` is judged by ``200/body/a b``."""
    assert runs._judging_clause("200/body/a b type") == "200/body/a b"
    assert runs._judging_clause("request/a b maxLength") == "request/a b/maxLength"


def test_lines_are_folded_to_the_width_only_where_one_is_given() -> None:
    """With a width no line but the heading of an operation is longer; without, each finding is one line."""
    records = finished(FIVE)["clauses"]
    folded = [
        line.text for line in terminal.closing_lines(records, {}, 0, 80) if "::" not in line.text
    ]
    assert max(map(len, folded)) <= 80
    assert max(len(line.text) for line in terminal.closing_lines(records, {}, 0)) > 80


def test_colours_follow_the_verdict() -> None:
    """Broken and withheld are red, warned and waived yellow, an operation's heading is bold, the rest is plain."""
    kept = next(one for one in finished()["clauses"] if one["verdict"] == "kept")
    came = {"came": "this came", "curl": "", "seen": "", "exchange": None}
    records = [
        kept | {"clause": "a", "verdict": "broken", "finding": came},
        kept | {"clause": "b", "verdict": "not exercised", "withheld": True, "reason": "owed"},
        kept | {"clause": "c", "verdict": "warned", "finding": came | {"came": "another"}},
        kept | {"clause": "d", "verdict": "waived", "finding": came},
        kept | {"clause": "e", "verdict": "not exercised", "reason": "optional"},
    ]
    lines = list(terminal.closing_lines(records, {}, -1))
    red, yellow = {"red": True}, {"yellow": True}
    assert [line.marks for line in lines] == [{"bold": True}, red, red, yellow, yellow, {}]


def test_only_the_first_of_folded_lines_is_coloured() -> None:
    """What is folded begins in the colour of its verdict and goes on plain, whatever word a line begins with."""
    kept = next(one for one in finished()["clauses"] if one["verdict"] == "kept")
    came = {"came": " ".join(["broken:"] * 40), "curl": "", "seen": "", "exchange": None}
    lines = list(
        terminal.closing_lines([kept | {"verdict": "broken", "finding": came}], {}, -1, 60)
    )
    assert len(lines) > 3
    assert [line.marks for line in lines[1:]] == [{"red": True}, *[{}] * (len(lines) - 2)]


# --- a large run -----------------------------------------------------------------------------------------------------

RUN_FILE = "run.json"
LARGE = """
import sys
sys.path.insert(0, {tests!r})
from test_report_runs import large
from pathlib import Path
large(Path({folder!r}))
"""


def large(folder: Path) -> None:
    """Write the reports of 1,000 clauses and 50,000 exchanges and print the seconds and the peak of memory in MB.

    They are those of the run in `RUN_FILE` of *folder*, again and again.
    """
    run = loaded(folder / RUN_FILE)
    records = [
        one | {"node": f"{one['node']}~{turn}", "clause": f"{one['clause']}~{turn}"}
        for turn in range(5)
        for one in run["clauses"]
    ]
    few = list(sent(FIVE))

    def many() -> Iterator[Run]:
        for index in range(50_000):
            yield {**few[index % len(few)], "sent_at": index / 10, "came_at": index / 10}

    begun, exchanges = time.process_time(), Exchanges(many)
    meta = {"tool": "0", "seconds": 1, "documents": run["documents"]}
    whole = runs.gather_run(meta, records[:1000], exchanges)
    files.write_reports(folder, whole, sources(), exchanges)
    # Not ru_maxrss: it keeps the peak of the process that started this one (exec carries it over).
    [told] = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    peak = int(told) / 1024
    sys.stdout.write(json.dumps([time.process_time() - begun, peak]))


def test_a_large_run_is_told_in_time_and_memory(tmp_path: Path) -> None:
    """1,000 clauses and 50,000 exchanges are written in under 20 s and 250 MB: no report holds them all at once."""
    (tmp_path / RUN_FILE).write_text(json.dumps(finished(FIVE)), encoding="utf-8")
    script = LARGE.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds, peak = json.loads(done.stdout)
    assert seconds < 20
    assert peak < 250
    assert loaded(tmp_path / "report.json")["exchanges"]["count"] == 50_000
