"""Is one real run told the same to everybody? Five faults over HTTP, alone and on two workers: people, files, CI."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from other_service import Answer, OtherService, Request
from running import ROOT, THINGS, Run, gate
from test_report_runs import counted, page_counts, summary_counts

from pytest_confluent_contracts.report import causes, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAYS = {"alone": (), "-n 2": ("-n", "2")}
FINDINGS = {  # what each fault is told as: a clause, and the words
    "200/header/X-Request-Id": "200 answered without X-Request-Id",
    "200/body/spec.display_name": '7 is not of type "string"',
    "error/status": 'answered with errors[].status "418"',
    "401/header/WWW-Authenticate": "401 answered without WWW-Authenticate",
    "error/body/errors": "404 answered without errors",
}


def five_faults(request: Request, answer: Answer) -> Answer:
    """Break five things that have nothing to do with each other, two of them in every answer of a kind."""
    answer.set("X-Request-Id", None)
    answer.set("WWW-Authenticate", None)
    if answer.status == 200 and request.is_confluent:
        answer.payload["spec"]["display_name"] = 7
    for error in answer.payload.get("errors", ()) if request.is_confluent else ():
        error["status"] = "418"
    if answer.status == 404 and not request.is_confluent:
        answer.payload = {}
    return answer


@dataclass(frozen=True, slots=True)
class Told:
    """A run, the folder that it left its files in, and the target."""

    run: Run
    folder: Path
    target: str

    @property
    def report(self) -> dict[str, Any]:
        """Return report.json."""
        told: dict[str, Any] = json.loads(
            (self.folder / "reports" / "report.json").read_text(encoding="utf-8")
        )
        return told

    @property
    def tests(self) -> dict[str, ET.Element]:
        """Return the test cases of the JUnit file by node id."""
        cases = ET.parse(self.folder / "junit.xml").iter("testcase")
        return {self._node(case): case for case in cases}

    @staticmethod
    def _node(case: ET.Element) -> str:
        document, _, operation = case.attrib["classname"].removeprefix("contracts.").rpartition(".")
        return f"contracts/{document}::{operation}::{case.attrib['name']}"

    @property
    def blocks(self) -> dict[str, str]:
        """Return the failure block of each red clause, without the line that xdist puts before it."""
        return {
            one.id: re.sub(r"\A\[gw\d+\] .*\n", "", one.text)
            for one in self.run.told
            if one.outcome == "failed"
        }


@pytest.fixture(scope="module", params=WAYS)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """Return the run, as a CI job runs it."""
    (folder := tmp_path_factory.mktemp("five") / "run").mkdir()
    job = {"CI": "1", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(ROOT)}
    written = ("--junitxml=junit.xml", "--contract-report=reports", "--contract-max-examples=2")
    with OtherService(tamper=five_faults) as service:
        options = (f"--contract-target={service.url}", *written, *WAYS[request.param])
        yield Told(gate(folder, *options, given=service.environment | job), folder, service.url)


# --- people --------------------------------------------------------------------------------------------------------


def test_the_terminal_names_five_findings(told: Told) -> None:
    """More clauses are red than faults were made; each fault is told once, by its own words."""
    lines = re.findall(r"^  (?:broken|withheld): (.*)$", told.run.out, re.MULTILINE)
    assert len(told.run.red) > len(lines) == len(FINDINGS), lines
    for clause, words in FINDINGS.items():
        [line] = [line for line in lines if words in line]
        assert clause in line.split(": ")[0].split(", ")


def test_the_short_summary_has_a_line_for_each_failure(told: Told) -> None:
    """In CI too, where pytest cuts nothing off, a failure is one line: what came."""
    _, _, summary = told.run.out.partition("= short test summary info =")
    lines = summary.splitlines()[1:-1]
    first = {f"FAILED {node} - {block.splitlines()[0]}" for node, block in told.blocks.items()}
    assert {line for line in lines if not line.startswith(("SKIPPED", "WARNED"))} == first


# --- files ---------------------------------------------------------------------------------------------------------


def test_every_file_has_the_verdicts_of_the_run(told: Told) -> None:
    """What pytest said of each clause is what JSON, SARIF, GitLab's file, the page and the summary say."""
    folder, verdicts = told.folder / "reports", told.run.verdicts
    assert {one["node"]: one["verdict"] for one in told.report["clauses"]} == verdicts
    sarif = json.loads((folder / "report.sarif").read_text(encoding="utf-8"))["runs"][0]
    rules = {
        f"contracts/{rule['id']}": rule["properties"]["verdict"]
        for rule in sarif["tool"]["driver"]["rules"]
    }
    assert rules == verdicts
    standing = {one["node"]: causes.standing(one) for one in told.report["clauses"]}
    wrong = {
        node for node, verdict in standing.items() if verdict in ("broken", "withheld", "warned")
    }
    assert {f"contracts/{result['ruleId']}" for result in sarif["results"]} == wrong
    quality = json.loads((folder / "codequality.json").read_text(encoding="utf-8"))
    assert Counter(one["check_name"] for one in quality) == Counter(
        re.sub("contracts/|::.*?(?=::)", "", one) for one in wrong
    )
    assert page_counts(folder) == counted(told.report["clauses"])
    of_target = [one for name, one in verdicts.items() if "::document/" not in name]
    assert summary_counts(folder) == Counter(of_target)


def test_every_file_names_the_five_findings(told: Told) -> None:
    """The causes of report.json, the articles of the page and the list of the summary are the terminal's."""
    folder = told.folder / "reports"
    titles = [
        one["title"] for one in told.report["causes"] if one["verdict"] in ("broken", "withheld")
    ]
    assert len(titles) == len(FINDINGS), titles
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<article [^>]*class="finding (?:broken|withheld)"', page)) == len(
        FINDINGS
    )
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^- ❌", summary, re.MULTILINE)) == len(FINDINGS)


# --- JUnit ---------------------------------------------------------------------------------------------------------


def test_junit_has_the_outcome_of_each_clause(told: Told) -> None:
    """Red clauses are failures, what was not exercised is skipped, the rest has passed; no clause is left out."""
    verdicts = {one["node"]: causes.standing(one) for one in told.report["clauses"]}
    assert told.tests.keys() == verdicts.keys()
    for node, case in told.tests.items():
        assert (case.find("failure") is not None) == (verdicts[node] in ("broken", "withheld")), (
            node
        )
        assert (case.find("skipped") is not None) == (verdicts[node] == "not exercised"), node


def test_junit_has_clause_level_and_place_as_properties(told: Told) -> None:
    """Each test case says which promise it is, how binding, and where it stands."""
    clauses = {one["node"]: one for one in told.report["clauses"]}
    for node, case in told.tests.items():
        found = {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}
        promise = clauses[node]
        assert found == {
            "contract.clause": promise["clause"],
            "contract.level": promise["level"],
            "contract.place": promise["place"],
        }


def test_junit_tells_a_failure_whole(told: Told) -> None:
    """The text is the failure block; so is the message, as far as pytest lets a message go."""
    for node, block in told.blocks.items():
        [failure] = told.tests[node].findall("failure")
        message = re.sub(
            r"(\.\.\.)?\n\[.*; full report in element text\]\Z", "", failure.attrib["message"]
        )
        assert failure.text == block
        assert block.startswith(message)
        assert "\n  promised: " in message


def test_junit_has_the_exchange_of_a_failure(told: Told) -> None:
    """The request and the answer of a finding are its output, redacted; what is kept has no output."""
    findings = {one["node"]: one["finding"] for one in told.report["clauses"]}
    sent = dict(enumerate(files.read_exchanges(told.folder / "reports"), 1))
    for node, case in told.tests.items():
        outputs = [output.text or "" for output in case.findall("system-out")]
        if node not in told.blocks or not findings[node]:
            assert outputs == [], node
            continue
        [output], reference = outputs, findings[node]["exchange"]
        shown = sent[reference["line"]]
        assert (shown["url"], shown["status"]) == (reference["url"], reference["status"])
        assert f"PATCH {shown['url']}\n" in output
        assert f"\n{shown['status']}\n" in output
        assert shown["text"] in output
    assert "[redacted]" in (told.folder / "junit.xml").read_text(encoding="utf-8")


# --- annotations ---------------------------------------------------------------------------------------------------


def test_an_annotation_lands_on_the_line_of_the_promise(told: Told) -> None:
    """pytest-github-actions-annotate-failures points at the document, relative to the workspace, with the block as text."""
    places = {one["node"]: (one["file"], one["line"]) for one in told.report["clauses"]}
    found = re.findall(r"^::error file=(.*),line=(\d+)::(.*)$", told.run.err, re.MULTILINE)
    assert Counter((file, int(line)) for file, line, _ in found) == Counter(
        places[node] for node in told.run.red
    )
    texts = {
        text.replace("%0A", "\n").replace("%25", "%").partition("\n\n")[2] for _, _, text in found
    }
    assert texts == set(told.blocks.values())


@pytest.mark.parametrize("where", ["workspace", "elsewhere"])
def test_an_annotation_names_a_document_as_the_workspace_does(folder: Path, where: str) -> None:
    """A document in the checkout is named relative to it; one outside, as the bundled ones may be, leads out of it."""
    (place := folder.parent / where).mkdir()
    (place / "things.yaml").write_text(THINGS, encoding="utf-8")
    workspace = folder.parent if where == "workspace" else folder
    with OtherService() as service:
        options = (f"--contract-target={service.url}", f"--contract-spec={place / 'things.yaml'}")
        job = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(workspace)}
        done = gate(folder, *options, given=job)
    [file] = set(re.findall(r"^::error file=(.*?),line=\d+::", done.err, re.MULTILINE))
    assert file == ("workspace/things.yaml" if where == "workspace" else "../elsewhere/things.yaml")
