"""What do code-scanning tools read? SARIF 2.1.0: a rule a promise, a result where it is broken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pytest_confluent_contracts.report.causes import standing

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"broken": "error", "withheld": "error", "warned": "warning", "waived": "error"}

Data = Mapping[str, Any]


def sarif_lines(run: Data, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield the SARIF log of *run* as JSON, a rule and a result a line.

    A result points at the line of the document in *sources* where the promise stands.

    Kept clauses are rules without a result: tools that do not know ``kind`` would show a pass as an
    alert. Nothing is held but a line: a run may have tens of thousands of clauses.
    """
    clauses = run["clauses"]
    index = {rule_id(clause): number for number, clause in enumerate(clauses)}
    told = {
        "invocations": [
            {"executionSuccessful": not run["interrupted"], "startTimeUtc": run["started"]}
        ],
        "automationDetails": {"id": f"contracts/{run['target']}"},
        "artifacts": [_artifact(document) for document in run["documents"]],
        "properties": {
            "target": run["target"],
            "seed": run["seed"],
            "coverage": run["coverage"],
        },
    }
    driver = {"name": run["tool"]["name"], "version": run["tool"]["version"] or "0"}
    yield f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [\n'
    yield f'{_opened(told)}, "tool": {{"driver": {_opened(driver)}, "rules": ['
    yield from _lines_of(_rule(clause) for clause in clauses)
    yield ']}}, "results": ['
    found = (one for one in clauses if standing(one) in LEVELS)
    yield from _lines_of(_result(clause, index, sources) for clause in found)
    yield "]}\n]}\n"


def _opened(told: Data) -> str:
    """Return the JSON object *told* without its end: more members follow."""
    return json.dumps(told).removesuffix("}")


def _lines_of(told: Iterable[Data]) -> Iterator[str]:
    """Yield the items of a JSON array, one a line."""
    for index, one in enumerate(told):
        yield ("," if index else "") + "\n" + json.dumps(one)


def rule_id(clause: Data) -> str:
    """Return the rule's id: unique, though two documents share clause ids."""
    return f"{clause['document']}::{clause['operation']}::{clause['clause']}"


def fingerprint(clause: Data) -> str:
    """Return what stays the same for one finding from run to run."""
    return hashlib.sha256(rule_id(clause).encode("utf-8", "backslashreplace")).hexdigest()


def _rule(clause: Data) -> dict[str, Any]:
    place = f"Promised by {clause['file']}, line {clause['line']}."
    told = f"{clause['promise']}\n\n{place} Level {clause['level']}."
    again = f"Judge it alone: pytest '{clause['node']}' --contract-target=URL"
    return {
        "id": rule_id(clause),
        "name": clause["clause"],
        "shortDescription": {"text": clause["promise"][:300]},
        "fullDescription": {"text": clause["promise"]},
        "help": {
            "text": f"{told}\n\n{again}",
            "markdown": f"{_escaped(told)}\n\n{_escaped(again)}",
        },
        "defaultConfiguration": {"level": "error" if clause["level"] == "MUST" else "warning"},
        "properties": {
            "tags": ["contract", clause["family"], clause["level"]],
            "verdict": clause["verdict"],
            "judged": clause["judged"],
            "against": clause["against"],
        },
    }


def _escaped(text: str) -> str:
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#|" else mark for mark in text)


def _result(clause: Data, index: Mapping[str, int], sources: Mapping[str, str]) -> dict[str, Any]:
    found = {
        "ruleId": rule_id(clause),
        "ruleIndex": index[rule_id(clause)],
        "kind": "fail",
        "level": LEVELS[standing(clause)],
        "message": {"text": "\n".join(_message(clause))},
        "locations": [{"physicalLocation": _location(clause, sources)}],
        "partialFingerprints": {"contractClause/v1": fingerprint(clause)},
        "occurrenceCount": max(1, clause["against"]),
        "properties": {"verdict": clause["verdict"]},
    }
    if clause["verdict"] == "waived":
        found["suppressions"] = [
            {"kind": "external", "justification": clause["reason"] or "waived"}
        ]
    return found


def _message(clause: Data) -> Iterable[str]:
    finding = clause["finding"]
    if finding is None:
        return [f"not exercised: {clause['reason']}", f"promised: {clause['promise']}"]
    lines = [finding["came"], f"promised: {clause['promise']}", f"seen: {finding['seen']}"]
    if finding.get("sequence"):
        return [*lines, "requests, in this order:", *finding["sequence"]]
    return [*lines, f"request: {finding['curl']}"] if finding["curl"] else lines


def _location(clause: Data, sources: Mapping[str, str]) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(1, clause["line"])}
    lines = sources.get(clause["file"], "").splitlines()
    if 1 <= clause["line"] <= len(lines):
        region["snippet"] = {"text": lines[clause["line"] - 1]}
    return {"artifactLocation": document_location(clause["file"]), "region": region}


def document_location(name: str) -> dict[str, Any]:
    """Return where the document called *name* is, relative to the root of the checkout.

    The place is absolute where the document lies elsewhere.
    """
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def _artifact(document: Data) -> dict[str, Any]:
    described = f"{document['title']} {document['version']} ({document['digest']})"
    return {"location": document_location(document["file"]), "description": {"text": described}}
