"""Is one operation that cannot be read one skipped test, and are the others held?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from running import THINGS, Run, gate

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Document

MOCK = ("--contract-target=mock", "--contract-spec=things.yaml")
OPERATION = THINGS.partition("paths:\n")[2]
OTHER = OPERATION.replace("/things/", "/others/").replace(
    "    patch:\n", "    patch:\n      operationId: updateOther\n"
)
SCHEMA = "schema: {type: object,"
BROKEN = OTHER.replace(SCHEMA, "schema: {$ref: '#/no/such',", 1)
PLACE = "things.yaml:18"


def read(folder: Path, text: str) -> Document:
    """Return the document that *text* is."""
    (folder / "things.yaml").write_text(text, encoding="utf-8")
    return documents.read_document(folder / "things.yaml")


@pytest.fixture(scope="module")
def mocked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run on the embedded service, of a document with one operation of two that can be read."""
    folder = tmp_path_factory.mktemp("unread")
    (folder / "things.yaml").write_text(THINGS + BROKEN, encoding="utf-8")
    few = "--contract-max-examples=1"
    return gate(folder, *MOCK, few, "-rs", "-k", "updateOther or media-type", "--contract-report=r")


def test_it_is_one_skipped_test_with_place_and_reason(mocked: Run) -> None:
    """Its node is the operation's; the summary shows file, line and reason."""
    [skipped] = [one for one in mocked.told if one.id == "contracts/things::updateOther"]
    assert skipped.outcome == "skipped"
    assert f"not read: {PLACE}: `$ref: #/no/such` points nowhere" in skipped.skipped
    assert f"{PLACE}: not read" in mocked.out


def test_the_others_are_held(mocked: Run) -> None:
    """The run is green, and the other operation is judged."""
    assert mocked.code == 0
    assert mocked.verdicts["contracts/things::patch /things/{id}::200/media-type"] == "kept"


def test_the_header_counts_it(mocked: Run) -> None:
    """One line tells that there is one."""
    assert "contracts: things: not read: 1 operation, skipped below" in mocked.out


def test_the_reports_name_it(mocked: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The JSON, the page and the summary have it with its place."""
    folder = next(tmp_path_factory.getbasetemp().glob("unread*/r"))
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    [left_out] = told["documents"][0]["left_out"]
    assert (left_out["what"], left_out["line"]) == ("updateOther", 18)
    assert "updateOther (things.yaml:18)" in (folder / "report.html").read_text(encoding="utf-8")
    assert "updateOther (`things.yaml:18`)" in (folder / "summary.md").read_text(encoding="utf-8")


def test_the_plan_names_it(tmp_path: Path) -> None:
    """`--contract-plan` has a line for it."""
    (tmp_path / "things.yaml").write_text(THINGS + BROKEN, encoding="utf-8")
    told = gate(tmp_path, *MOCK, "--contract-plan").out
    assert f"not read: things::updateOther: {PLACE}: " in told


def test_where_no_operation_can_be_read_the_document_is_refused(tmp_path: Path) -> None:
    """The first reason is told."""
    with pytest.raises(ContractError, match="points nowhere"):
        read(tmp_path, THINGS.partition("paths:\n")[0] + "paths:\n" + BROKEN)


WRONG = {
    "a path item that is a list": "  /others/{id}: []\n",
    "a path item that refers to nothing": "  /others/{id}: {$ref: '#/nothing'}\n",
    "an operation that is a text": "  /others/{id}: {patch: no}\n",
    "no responses": OTHER.replace("responses:", "x-responses:"),
    "a parameter without a name": OTHER.replace("{name: id, ", "{"),
    "properties that are a list": OTHER.replace("properties: {name: {type: string}}", "properties: [name]", 1),
    "a security scheme that nobody defines": OTHER.replace(
        "      parameters", "      security: [{key: []}]\n      parameters"
    ),
    "a pattern that is none": OTHER.replace("{type: string}}}}}", "{pattern: '('}}}}}", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_whatever_is_wrong_with_one_the_other_is_read(tmp_path: Path, name: str) -> None:
    """The reason names the file and a line of the operation that is wrong."""
    document = read(tmp_path, THINGS + WRONG[name])
    assert [operation.path for operation in document.operations] == ["/things/{id}"]
    [unread] = document.unread
    assert unread.path == "/others/{id}"
    assert unread.reason.startswith(str(unread.place))
    assert unread.place.line > 12


def test_an_operation_is_told_by_its_own_method(tmp_path: Path) -> None:
    """What cannot be read of one method leaves the others of its path."""
    wrong = "    get: {operationId: getThing, responses: []}\n    delete: {responses: []}\n"
    document = read(tmp_path, THINGS.replace("    patch:\n", f"{wrong}    patch:\n"))
    assert [one.method for one in document.operations] == ["PATCH"]
    told = [(one.id, one.method) for one in document.unread]
    assert told == [("getThing", "GET"), ("delete /things/{id}", "DELETE")]


def test_extensions_among_the_paths_are_no_operations(tmp_path: Path) -> None:
    """OpenAPI lets `x-` stand among the paths, whatever it holds."""
    document = read(tmp_path, THINGS + "  x-others: [1]\n")
    assert (len(document.operations), document.unread) == (1, ())


def test_two_operations_of_one_name_are_both_held(tmp_path: Path) -> None:
    """The second goes by its method and path, as one without a name."""
    document = read(tmp_path, THINGS + OTHER + OTHER.replace("/others/", "/more/"))
    names = [operation.id for operation in document.operations]
    assert names == ["patch /things/{id}", "updateOther", "patch /more/{id}"]
