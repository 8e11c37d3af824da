"""Does an overlay change the document as OpenAPI Overlay 1.0 says, and is each change placed in its own file?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from running import THINGS, gate

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import strip
from pytest_confluent_contracts.documents.overlay import apply_overlay
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = "a: {b: [{c: 1}, {c: 2}, 3], d: {e: f}}\ng: &x {h: 1}\ni: *x\n"
CHANGED: dict[str, tuple[str, Any]] = {
    "a member added": ("{target: $.a.d, update: {n: 1}}", {"a": {"d": {"e": "f", "n": 1}}}),
    "a member replaced": ("{target: $.a.d, update: {e: g}}", {"a": {"d": {"e": "g"}}}),
    "members merged below": ("{target: $.a, update: {d: {n: {}}}}", {"a": {"d": {"e": "f", "n": {}}}}),
    "an item appended": ("{target: $.a.b, update: {c: 4}}", {"a": {"b": [{"c": 1}, {"c": 2}, 3, {"c": 4}]}}),
    "lists behind each other": ("{target: $.a, update: {b: [4]}}", {"a": {"b": [{"c": 1}, {"c": 2}, 3, 4]}}),
    "several at once": ("{target: '$.a.b[?@.c]', update: {n: 1}}", {"a": {"b": [{"c": 1, "n": 1}, {"c": 2, "n": 1}, 3]}}),
    "a member removed": ("{target: $.a.d, remove: true}", {"a": {"b": [{"c": 1}, {"c": 2}, 3]}}),
    "items removed": ("{target: '$.a.b[?@.c]', remove: true}", {"a": {"b": [3], "d": {"e": "f"}}}),
    "removed before it is updated": ("{target: $.a.d, remove: true, update: {n: 1}}", {"a": {"b": [{"c": 1}, {"c": 2}, 3]}}),
    "one after the other": ("{target: $.a, update: {n: {}}}, {target: $.a.n, update: {m: 1}}", {"a": {"n": {"m": 1}}}),
    "one place of an alias": ("{target: $.g, update: {n: 1}}", {"g": {"h": 1, "n": 1}, "i": {"h": 1}}),
    "the whole document": ("{target: $, update: {n: 1}}", {"n": 1}),
    "any depth": ("{target: $..d, update: {n: 1}}", {"a": {"d": {"e": "f", "n": 1}}}),
    "nothing to do": ("{target: $.a, description: nothing}", {"a": {"d": {"e": "f"}}}),
    "not removed": ("{target: $.a.d, remove: false}", {"a": {"d": {"e": "f"}}}),
}  # fmt: skip


def applied(folder: Path, actions: str, version: str = "1.0.0") -> tuple[FileSet, list[Any]]:
    """Return the files of the small document after the *actions*, and which of them matched nothing."""
    (folder / "document.yaml").write_text(DOCUMENT, encoding="utf-8")
    overlay = folder / "overlay.yaml"
    overlay.write_text(f"overlay: {version}\nactions: [{actions}]\n", encoding="utf-8")
    files = FileSet(folder / "document.yaml")
    return files, apply_overlay(files, overlay)


def is_within(part: Any, whole: Any) -> bool:
    """Return whether *whole* has what *part* has; the lists are the same, and removed members gone."""
    if not isinstance(part, dict):
        return bool(part == whole)
    return all(name in whole and is_within(value, whole[name]) for name, value in part.items())


@pytest.mark.parametrize("name", CHANGED)
def test_an_action_changes_the_document(tmp_path: Path, name: str) -> None:
    """What it selects is merged, appended to, or removed."""
    actions, expected = CHANGED[name]
    files, vain = applied(tmp_path, actions)
    assert is_within(expected, strip(files.first.root))
    assert vain == []
    if "remove: true" in actions and "$.a.d" in actions:
        assert "d" not in files.first.root["a"]


def test_what_is_added_has_the_line_of_the_overlay(tmp_path: Path) -> None:
    """A member that the overlay replaces, too; what it leaves alone keeps its own."""
    files, _ = applied(tmp_path, "{target: $.a.d, update: {e: g, n: {m: 1}}}")
    holder = files.first.root["a"]["d"]
    told = [str(files.location(line)).rpartition("/")[2] for line in (
        holder.line, holder.line_of("e"), holder.line_of("n"), holder["n"].line_of("m")
    )]  # fmt: skip
    assert told == ["document.yaml:1", *["overlay.yaml:2"] * 3]


def test_an_action_that_matches_nothing_is_told(tmp_path: Path) -> None:
    """Overlay 1.0 lets it pass; whoever wrote it would not know."""
    _, [vain] = applied(tmp_path, "{target: $.z, remove: true}")
    assert vain.what == "target that matches nothing (overlay)"
    assert str(vain.place).endswith("overlay.yaml:2")


WRONG = {
    "no JSONPath": ("{target: 'a.b', update: {}}", "2: `target: a.b` is no JSONPath"),
    "no target": ("{update: {}}", "2: an action of an overlay has a `target`"),
    "an action that is none": ("7", "2: an action of an overlay has a `target`"),
    "a text": ("{target: $.a.d.e, update: {}}", "selects neither an object nor a list"),
    "an object by a list": ("{target: $.a.d, update: [1]}", "what updates an object is an object"),
    "an object in place of a list": ("{target: $.a, update: {b: {}}}", "`b` is of another type"),
    "a text in place of an object": ("{target: $.a, update: {d: x}}", "`d` is of another type"),
    "the whole document removed": ("{target: $, remove: true}", "cannot be removed"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_action_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    """The line is that of the overlay."""
    actions, told = WRONG[name]
    with pytest.raises(ContractError, match=r"overlay\.yaml:2: ") as error:
        applied(tmp_path, actions)
    assert told in str(error.value)


@pytest.mark.parametrize("version", ["2.0.0", "''", "3.1.0"])
def test_another_file_is_no_overlay(tmp_path: Path, version: str) -> None:
    """It says which version of the specification it keeps."""
    with pytest.raises(ContractError, match=r"overlay\.yaml:1: not an OpenAPI Overlay 1\.0"):
        applied(tmp_path, "", version)


# --- in a run ------------------------------------------------------------------------------------------------------

OVERLAY = """\
overlay: 1.0.0
{extends}
actions:
  - target: $.paths.*.patch
    update:
      operationId: updateIt
      x-contract:
        refusals:
          unknown: 404
          says: an unknown id is refused
"""


def written(folder: Path, extends: str = "") -> tuple[Path, Path]:
    """Write a document and its overlay."""
    (document := folder / "things.yaml").write_text(THINGS, encoding="utf-8")
    (overlay := folder / "more.yaml").write_text(OVERLAY.format(extends=extends), encoding="utf-8")
    return document, overlay


def test_a_promise_that_an_overlay_adds_stands_in_the_overlay(tmp_path: Path) -> None:
    """Clauses that come of it name its file and its line; the digest tells the two documents apart."""
    document, overlay = written(tmp_path)
    bare, changed = documents.read_document(document), documents.read_document(document, (overlay,))
    [operation] = changed.operations
    [unknown] = [one for one in clauses.derive(operation) if one.id == "request/unknown-id"]
    assert operation.id == "updateIt"
    assert str(unknown.place).endswith("more.yaml:8")
    assert [name.rpartition("/")[2] for name in changed.files] == ["things.yaml", "more.yaml"]
    assert bare.digest != changed.digest


def test_a_wrong_promise_in_an_overlay_is_told_with_its_line(tmp_path: Path) -> None:
    """As it is in a document."""
    document, overlay = written(tmp_path)
    overlay.write_text(
        OVERLAY.format(extends="").replace("unknown:", "nonesuch:"), encoding="utf-8"
    )
    with pytest.raises(ContractError, match=r"more\.yaml:9: x-contract"):
        documents.read_document(document, (overlay,))


MOCK = ("--contract-target=mock", "--contract-spec=things.yaml")


def test_an_overlay_is_an_option(tmp_path: Path) -> None:
    """It changes what is collected; where several documents are held, it says which it extends."""
    written(tmp_path, "extends: ./things.yaml")
    two = (*MOCK, "--contract-spec=confluent-api-keys", "--contract-overlay=more.yaml")
    collected = gate(tmp_path, *two, "--co", "-q").out
    assert "contracts/things::updateIt::request/unknown-id" in collected


@pytest.mark.parametrize(("options", "told"), [
    (("--contract-overlay=nonesuch.yaml",), "nonesuch.yaml: no such file"),
    (("--contract-overlay=things.yaml",), "not an OpenAPI Overlay 1.0"),
    (("--contract-overlay=more.yaml", "--contract-spec=confluent-api-keys"), "for which document?"),
])  # fmt: skip
def test_a_wrong_overlay_is_told_in_one_line(tmp_path: Path, options: tuple[str, ...], told: str) -> None:  # fmt: skip
    """Exit 4, before anything is collected."""
    written(tmp_path)
    run = gate(tmp_path, *MOCK, *options)
    assert run.code == 4
    assert told in run.err
    assert "Traceback" not in run.everything
