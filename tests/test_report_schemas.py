"""Do others' tools read the reports? SARIF and HAR against the schemas that npm packages carry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from test_report_runs import FIVE, finished, sent, sources

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.clauses.comparing import compare_documents
from pytest_confluent_contracts.documents import find_document, read_published
from pytest_confluent_contracts.documents.self_check import flaws_in
from pytest_confluent_contracts.report import document_changes, files
from pytest_confluent_contracts.report.flaws import flaws_as_sarif

NODE_MODULES = "CONTRACT_NODE_MODULES"
PACKAGES = ("@microsoft/jest-sarif@1.0.0-beta.0", "har-schema@2.0.0", "axe-core@4")


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of npm packages: the one that the environment names, else one that npm installs."""
    if given := os.environ.get(NODE_MODULES):
        return Path(given)
    if not shutil.which("npm"):
        pytest.skip(f"no npm: give {NODE_MODULES}, a folder with {', '.join(PACKAGES)}")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    command = [
        "npm",
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        *PACKAGES,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {', '.join(PACKAGES)}: {done.stderr[-200:]}")
    return folder / "node_modules"


@pytest.fixture(scope="module", params=[(), FIVE], ids=["as it is", "with five faults"])
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the reports of a run."""
    folder = tmp_path_factory.mktemp("reports")
    run = finished(request.param)
    (waived := dict(run["clauses"][0])).update(
        verdict="waived", reason="known (us, until 2030-01-01)"
    )
    withheld = dict(run["clauses"][1]) | {
        "verdict": "not exercised",
        "withheld": True,
        "reason": "withheld",
        "finding": None,
    }
    told = run | {"clauses": [waived, withheld, *run["clauses"][2:]]}
    files.write_reports(folder, told, sources(), sent(request.param))
    return folder


def loaded(path: Path) -> Any:
    """Return the JSON in *path*."""
    return json.loads(path.read_text(encoding="utf-8"))


def har_faults(modules: Path, archive: Any) -> list[str]:
    """Return what is wrong with a HAR 1.2 archive."""
    folder, named = "https://har.example/", {}
    for path in (modules / "har-schema/lib").glob("*.json"):
        # Their references are bare names, beside each other: given a folder, they are found.
        part = loaded(path) | {
            "$schema": "http://json-schema.org/draft-06/schema#",
            "$id": folder + path.name,
        }
        named[path.name] = part
    registry = jsonschema_rs.Registry(resources=[(part["$id"], part) for part in named.values()])
    validator = jsonschema_rs.Draft6Validator(
        named["har.json"], registry=registry, validate_formats=True
    )
    return [error.message[:200] for error in validator.iter_errors(archive)]


def sarif_faults(modules: Path, log: Any) -> list[str]:
    """Return what is wrong with a SARIF 2.1.0 log."""
    [path] = (modules / "@microsoft/jest-sarif/lib/schemas").glob("sarif-2.1.0*.json")
    schema = loaded(path)
    for part in ("run", "toolComponent"):
        del schema["definitions"][part]["properties"]["language"][
            "pattern"
        ]  # no regular expression: a bracket too many
    validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
    return [error.message[:200] for error in validator.iter_errors(log)]


def test_the_sarif_log_keeps_the_official_schema(reports: Path, node_modules: Path) -> None:
    """report.sarif is SARIF 2.1.0; with a line 0 it is not."""
    log = loaded(reports / "report.sarif")
    assert sarif_faults(node_modules, log) == []
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert sarif_faults(node_modules, log)


def test_the_log_of_a_check_keeps_the_official_schema(node_modules: Path) -> None:
    """What `check --format sarif` writes is SARIF 2.1.0; with a line 0 it is not."""
    path = documents.find_document("confluent-api-keys")
    log = flaws_as_sarif("specs/confluent-api-keys.yaml", flaws_in(path), "1")
    assert sarif_faults(node_modules, log) == []
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert sarif_faults(node_modules, log)


def test_the_sarif_log_of_two_documents_keeps_the_official_schema(node_modules: Path) -> None:
    """What `compare` prints, with a place in each document, in one of them, and in none."""
    old, new = (
        read_published(find_document(name))
        for name in ("confluent-api-keys", "datadog-confluent-cloud")
    )
    told = document_changes.comparison_sarif(compare_documents(old, new), "1.0")
    assert sarif_faults(node_modules, json.loads(told)) == []


def test_the_archive_keeps_the_schema_of_har(reports: Path, node_modules: Path) -> None:
    """exchanges.har is HAR 1.2; without a status it is not."""
    archive = loaded(reports / "exchanges.har")
    assert har_faults(node_modules, archive) == []
    del archive["log"]["entries"][0]["response"]["status"]
    assert har_faults(node_modules, archive)


def test_a_waived_result_is_suppressed(reports: Path) -> None:
    """SARIF has the word for a known failure: a suppression with its justification; others have none."""
    results = loaded(reports / "report.sarif")["runs"][0]["results"]
    suppressed = [result for result in results if "suppressions" in result]
    assert [one["suppressions"][0]["justification"] for one in suppressed] == [
        "known (us, until 2030-01-01)"
    ]


def test_gitlabs_file_has_what_gitlab_asks_for(reports: Path) -> None:
    """Each entry has the members that GitLab requires, a severity that it knows, and a fingerprint of its own."""
    issues = loaded(reports / "codequality.json")
    severities = {"info", "minor", "major", "critical", "blocker"}
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= issue.keys()
        assert issue["severity"] in severities
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
