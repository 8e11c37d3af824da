"""What does GitLab show beside a merge request? An entry for each promise that was not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.report.causes import standing, why
from pytest_confluent_contracts.report.sarif import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERITIES = {"broken": "critical", "withheld": "major", "warned": "minor"}


def quality_issues(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of *run*, each at the line of the document where the promise stands."""
    return [_issue(clause) for clause in run["clauses"] if standing(clause) in SEVERITIES]


def _issue(clause: Mapping[str, Any]) -> dict[str, Any]:
    came = clause["finding"]["came"] if clause["finding"] else f"not exercised: {why(clause)}"
    return {
        "description": f"{clause['clause']}: {came}",
        "check_name": f"{clause['document']}::{clause['clause']}",
        "fingerprint": fingerprint(clause),
        "severity": SEVERITIES[standing(clause)],
        "location": {"path": clause["file"], "lines": {"begin": max(1, clause["line"])}},
    }
