"""Do the JSON Schemas for editors say of a file what the gate says of it?"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
import yaml
from running import ROOT
from test_waivers import FULL, LATER, REFUSED, written

from pytest_confluent_contracts.__main__ import main
from pytest_confluent_contracts.documents.editing import EDITOR_LINES, editor_schema


def as_editors_see(text: str) -> Any:
    """Return the values of a TOML text as an editor holds them: a day is a text of its own form."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        if isinstance(value, list):
            return [told(one) for one in value]
        return value.isoformat() if isinstance(value, date) else value

    return told(tomllib.loads(text))


def complaints(kind: str, value: Any) -> list[str]:
    """Return what the schema of *kind* has against *value*."""
    validator = jsonschema_rs.validator_for(editor_schema(kind), validate_formats=True)
    return [str(error.message) for error in validator.iter_errors(value)]


def test_a_whole_waiver_is_right() -> None:
    """With all keys, and with those alone that must be there."""
    least = {key: FULL[key] for key in ("clause", "reason", "owner", "expires")}
    assert complaints("waivers", as_editors_see(written(FULL, least))) == []
    assert complaints("waivers", {}) == []


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "not TOML"])
def test_what_the_gate_refuses_the_schema_refuses(name: str) -> None:
    """Each wrong file of waivers is wrong by the schema, too."""
    assert complaints("waivers", as_editors_see(REFUSED[name][0]))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_bundled_documents_are_right(path: Any) -> None:
    """Their blocks are as the schema says; a key that nobody knows, in any of them, is not."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document = json.loads(json.dumps(document, default=str))
    assert complaints("document", document) == []
    blocks = [
        operation["x-contract"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "x-contract" in operation
    ]
    assert blocks
    for block in blocks:
        block["unheard-of"] = 1
        assert complaints("document", document)
        del block["unheard-of"]


@pytest.mark.parametrize("kind", EDITOR_LINES)
def test_the_command_prints_the_schema_and_the_line(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is the schema; the line names the file that the README saves it to."""
    assert main(["schema", kind]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == editor_schema(kind)
    assert said.err.endswith(f"{EDITOR_LINES[kind]}\n")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert EDITOR_LINES[kind] in readme
    assert re.search(rf"schema {kind} > {kind}\.schema\.json", readme)


def test_a_day_is_written_as_a_day() -> None:
    """The schema takes what TOML's own day becomes, and no other text."""
    entry = {key: json.loads(json.dumps(FULL[key])) for key in ("clause", "reason", "owner")}
    assert complaints("waivers", {"waiver": [{**entry, "expires": LATER}]}) == []
    assert complaints("waivers", {"waiver": [{**entry, "expires": "2027-13-01"}]})
