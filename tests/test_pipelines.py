"""Do the action and the template run the gate, and leave the reports where they say?

Their steps are run as a runner would, in a fresh environment, from a clean checkout.
"""

from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from running import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACTION = ROOT / ".github" / "actions" / "contract-gate" / "action.yml"
TEMPLATE = ROOT / ".gitlab" / "contract-gate.yml"
ONE = "--contract-spec=datadog-confluent-cloud --contract-operation=GetConfluentAccount"
REPORTS = {"report.json", "report.html", "report.sarif", "codequality.json", "junit.xml"}

installs = pytest.mark.skipif(
    "CONTRACT_WHEEL" not in os.environ,
    reason="installs for half a minute; .ci/run asks for it by CONTRACT_WHEEL",
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return what a file says."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with each ``${{ name }}`` filled in."""
    return re.sub(r"\$\{\{ *([a-z._]+) *\}\}", lambda found: values[found[1]], text)


@dataclass
class Runner:
    """Runs scripts in a folder, as a runner of a CI system does, until one fails."""

    folder: Path
    given: dict[str, str] = field(default_factory=dict)
    code: int = 0

    def run(self, script: str, **more: str) -> None:
        """Run *script* in a strict shell, unless one has failed."""
        if self.code:
            return
        known = environment({**self.given, **more})
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=self.folder, env=known, check=False)
        self.code = done.returncode

    def run_action(self, inputs: Mapping[str, str], checkout: Path) -> list[dict[str, Any]]:
        """Run the steps of the action that are scripts; return those that are other actions."""
        action = read_yaml(checkout / ACTION.relative_to(ROOT))
        values = {
            f"inputs.{name}": one.get("default", "") for name, one in action["inputs"].items()
        }
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        values["github.action_path"] = str((checkout / ACTION.relative_to(ROOT)).parent)
        others = []
        for step in action["runs"]["steps"]:
            if "run" in step:
                given = {name: filled(text, values) for name, text in step["env"].items()}
                self.run(step["run"], **given)
            else:
                filled_in = {name: filled(text, values) for name, text in step["with"].items()}
                others.append({**step, "with": filled_in})
        return others

    def run_template(self, variables: Mapping[str, str], checkout: Path) -> dict[str, Any]:
        """Run the job's script as one, with its variables; return the job."""
        job: dict[str, Any] = read_yaml(checkout / TEMPLATE.relative_to(ROOT))[".contract-gate"]
        known = {**job["variables"], **variables}
        self.run("\n".join(job["script"]), **known)
        return job


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clean checkout of what is committed."""
    folder = tmp_path_factory.mktemp("clean") / "checkout"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, folder], check=True)
    return folder


@installs
def test_the_action_leaves_its_reports(checkout: Path, tmp_path: Path) -> None:
    """A kept API: 0, the reports and the summary; a wrong option: its exit code."""
    (work := tmp_path / "work").mkdir()
    runner = Runner(
        work,
        {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
    )
    [keeping] = runner.run_action({"target": "mock", "options": ONE, "report": "kept"}, checkout)
    assert runner.code == 0
    assert {path.name for path in (work / "kept").iterdir()} >= REPORTS
    assert ET.parse(work / "kept" / "junit.xml").getroot()[0].get("failures") == "0"
    assert "GetConfluentAccount" in (tmp_path / "summary.md").read_text()
    assert keeping["uses"].startswith("actions/upload-artifact@")
    assert keeping["with"]["path"] == "kept"
    assert keeping["if"] == "${{ !cancelled() }}"  # a broken contract is what reports are for
    runner.run_action({"target": "localhost:1", "requirement": "pip"}, checkout)
    assert runner.code == 4


@installs
def test_the_template_leaves_its_reports(checkout: Path, tmp_path: Path) -> None:
    """The files that the job names as its artifacts are there."""
    (work := tmp_path / "work").mkdir()
    runner = Runner(work, {"CI_BUILDS_DIR": str(tmp_path)})
    variables = {"CONTRACT_OPTIONS": ONE, "CONTRACT_REQUIREMENT": str(checkout)}
    job = runner.run_template(variables, checkout)
    assert runner.code == 0
    artifacts = job["artifacts"]
    folder = job["variables"]["CONTRACT_REPORT"]
    assert artifacts["paths"] == ["$CONTRACT_REPORT"]
    assert artifacts["when"] == "always"
    for kept in artifacts["reports"].values():
        assert (work / kept.replace("$CONTRACT_REPORT", folder)).is_file()
    assert {path.name for path in (work / folder).iterdir()} >= REPORTS


def test_what_callers_write_is_no_part_of_a_script() -> None:
    """Inputs reach the shell as variables: a script with one written into it would run it."""
    steps = read_yaml(ACTION)["runs"]["steps"]
    assert [step["name"] for step in steps if "run" in step]
    assert not [step["name"] for step in steps if "${{" in step.get("run", "")]
    script = "\n".join(read_yaml(TEMPLATE)[".contract-gate"]["script"])
    assert not re.findall(r'(?<!["$A-Z_/])\$CONTRACT_', script)
