"""What does `compare` say of two documents? Each change, its clause, and whom it breaks."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from pairs_of_documents import PLAIN, TIGHTER, Pair, every_pair, listed, of_name, sent
from running import ROOT

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.__main__ import main
from pytest_confluent_contracts.clauses.comparing import compare_documents

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.changes import Comparison

PAIRS = every_pair()


def compared(folder: Path, old: str, new: str) -> Comparison:
    """Return what changed from one text to the other."""
    files = folder / "old.yaml", folder / "new.yaml"
    for file, text in zip(files, (old, new), strict=True):
        file.write_text(text, encoding="utf-8")
    read = [documents.read_published(file) for file in files]
    assert [one.document.unread for one in read] == [(), ()]
    return compare_documents(*read)


def told(found: Comparison) -> dict[str, str]:
    """Return whom the change of each clause breaks; of two changes of one clause, by their way."""
    counted = Counter(change.clause for change in found.changes)
    assert max(counted.values(), default=0) <= 2
    said: dict[str, str] = {}
    for change in found.changes:
        several = f" {change.direction}" if counted[change.clause] > 1 else ""
        said[f"{change.clause}{several}"] = str(change.breaks)
    return said


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_change_is_told_in_its_direction_and_nothing_else(tmp_path: Path, pair: Pair) -> None:
    """There and back: the clause, whom it breaks, and no second change."""
    assert told(compared(tmp_path, pair.old, pair.new)) == pair.told
    assert told(compared(tmp_path, pair.new, pair.old)) == pair.back


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_document_is_the_same_as_itself(tmp_path: Path, pair: Pair) -> None:
    """Both of each pair."""
    for text in (pair.old, pair.new):
        assert compared(tmp_path, text, text).changes == ()


@pytest.mark.parametrize("name", documents.bundled_documents())
def test_the_bundled_documents_are_the_same_as_themselves(name: str) -> None:
    """Nothing is told of them."""
    read = documents.read_published(documents.find_document(name))
    assert compare_documents(read, read).changes == ()


def as_update(text: str) -> str:
    """Return a document of the one method that the gate reads."""
    for method in ("get", "post"):
        text = text.replace(f"    {method}:\n", "    patch:\n")
    return text


KNOWN_TO_THE_GATE = [
    *(f"{name}, {way}" for name in TIGHTER for way in ("sent", "answered")),
    *("a member is required in a request", "a member of an item", "a value of a map"),
    *("a deep member", "a member is new in an answer", "a header is new"),
    *("a bound of a parameter", "an item of a parameter", "a parameter is required"),
    *("credentials are asked for", "an alternative is new", "an error that many statuses share"),
    *("a request id", "where Retry-After may come", "a secret that only create shows"),
    *("values in words", "identity", "another unit", "a success is new"),
    *("another example in an answer", "another example"),
    *("a body is required", "a media type is new in a request"),
]


@pytest.mark.parametrize("name", KNOWN_TO_THE_GATE)
def test_a_change_has_the_id_that_the_gate_gives_the_clause(tmp_path: Path, name: str) -> None:
    """What is tighter in the second document is a clause of it by this very id."""
    old, new = (as_update(text) for text in (PAIRS[name].old, PAIRS[name].new))
    changes = compared(tmp_path, old, new).changes
    [operation] = documents.read_document(tmp_path / "new.yaml").operations
    ids = {clause.id for clause in clauses.derive(operation)}
    assert {change.clause for change in changes} <= ids


def test_the_same_in_two_operations_is_told_at_the_place_of_each(tmp_path: Path) -> None:
    """Two bodies that say the same inline, and change in the same way."""
    texts: list[str] = []
    for kind in ("string", "integer"):
        body = f"{{application/json: {{schema: {{properties: {{a: {{type: {kind}}}}}}}}}}}"
        answer = f"responses: {{'200': {{description: ok, content: {body}}}}}"
        texts.append(listed(answer, "") + f"    options:\n      {answer}\n")
    found = compared(tmp_path, *texts)
    lines = [change.new_place.line for change in found.changes if change.new_place]
    assert lines == [7, 9]


def in_circles(kind: str) -> str:
    """Return a document with twelve schemas that refer to one another, two members of the type *kind*."""
    schemas: dict[str, Any] = {}
    for one in range(12):
        members = {f"p{other}": {"$ref": f"#/components/schemas/S{other}"} for other in range(12)}
        schemas[f"S{one}"] = {"type": "object", "properties": members}
    schemas["S0"]["properties"]["name"] = {"type": kind}
    schemas["S7"]["properties"]["title"] = {"type": kind}
    whole = {"schema": {"$ref": "#/components/schemas/S0"}}
    answer = {"description": "ok", "content": {"application/json": whole}}
    paths = {"/things": {"get": {"responses": {"200": answer}}}}
    info = {"title": "Things", "version": "1"}
    components = {"schemas": schemas}
    return json.dumps({"openapi": "3.0.3", "info": info, "paths": paths, "components": components})


def test_schemas_that_refer_to_one_another_are_told_on_the_nearest_ways(tmp_path: Path) -> None:
    """There are more ways than could ever be read: the nearest come first, and not all of them."""
    found = compared(tmp_path, in_circles("string"), in_circles("integer"))
    clauses_told = [change.clause for change in found.changes]
    assert clauses_told[:2] == ["200/body/name", "200/body/p7.title"]
    assert len(clauses_told) < 100
    assert compared(tmp_path, in_circles("string"), in_circles("string")).changes == ()


# --- the command ----------------------------------------------------------------------------------

OLD = sent(of_name("{type: string, maxLength: 64}"))
NEW = sent(of_name("{type: string, maxLength: 32}"))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two documents in the current folder, the second of which is tighter."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(NEW, encoding="utf-8")
    return "old.yaml", "new.yaml"


def test_the_text_names_clause_places_and_who_breaks(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a change, and the count; 1 where clients break, 0 on the way back."""
    assert main(["compare", *files]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "breaks clients: PATCH /things/{id}: request/name/maxLength: "
        "name maxLength tightened: 64 became 32 (old.yaml:14 -> new.yaml:14)",
        "changes that break whom: 1 clients",
    ]
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "breaks clients: PATCH /things/{id}: request/name/maxLength: " in shown
    assert main(["compare", *reversed(files)]) == 0
    assert "breaks servers: " in capsys.readouterr().out
    assert main(["compare", files[0], files[0]]) == 0
    assert capsys.readouterr().out == "nothing changed\n"


def test_the_json_has_each_change_in_parts(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Clause, member, rule, both values and both places."""
    assert main(["compare", *files, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["breaks"] == {"clients": 1, "servers": 0, "nobody": 0}
    assert told["changes"] == [
        {
            "operation": "PATCH /things/{id}",
            "clause": "request/name/maxLength",
            "member": "name",
            "keyword": "maxLength",
            "direction": "tightened",
            "breaks": "clients",
            "told": "name maxLength tightened: 64 became 32",
            "was": 64,
            "is": 32,
            "old_place": "old.yaml:14",
            "new_place": "new.yaml:14",
        }
    ]


def test_the_sarif_has_a_result_a_change(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What breaks clients is an error, at its line in the new document; what was is related."""
    assert main(["compare", *files, "--format=sarif"]) == 1
    [run] = json.loads(capsys.readouterr().out)["runs"]
    [result] = run["results"]
    assert (result["ruleId"], result["level"]) == ("request/name/maxLength", "error")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    places = [*result["locations"], *result["relatedLocations"]]
    found = [place["physicalLocation"] for place in places]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in found] == [
        ("new.yaml", 14),
        ("old.yaml", 14),
    ]
    assert main(["compare", *reversed(files), "--format=sarif"]) == 0
    [run] = json.loads(capsys.readouterr().out)["runs"]
    assert [result["level"] for result in run["results"]] == ["warning"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("openapi: 3.0.3\npaths: [", "new.yaml:"),
        ("swagger: '2.0'", "Swagger 2.0"),
        ("- a list", "no mapping"),
        (OLD.replace("{type: string, maxLength: 64}", "{$ref: '#/gone'}"), "$ref: #/gone"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(
    files: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    text: str,
    words: str,
) -> None:
    """One line on stderr, and 4."""
    (tmp_path / "new.yaml").write_text(text, encoding="utf-8")
    assert main(["compare", *files]) == 4
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "options", [["old.yaml", "gone.yaml"], ["old.yaml"], ["old.yaml", "new.yaml", "--format=xml"]]
)
def test_a_wrong_option_is_told(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """A missing file, a missing argument, an unknown format: 4, and one line."""
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(["compare", *options]))
    assert ended.value.code == 4
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_operations_of_one_document_are_compared_though_another_cannot_be_read(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its changes are told, and 4 says that they are not all."""
    other = "    get: {responses: {'200': {$ref: '#/gone'}}}\n"
    (tmp_path / "new.yaml").write_text(NEW + other, encoding="utf-8")
    (tmp_path / "old.yaml").write_text(OLD + other.replace("$ref", "description"), encoding="utf-8")
    assert main(["compare", *files]) == 4
    out = capsys.readouterr().out
    assert "request/name/maxLength" in out
    assert "not compared: GET /things/{id}: new.yaml:" in out
    assert "answered" not in out


def test_one_of_two_operations_changes_alone(tmp_path: Path) -> None:
    """The change names the operation by method and path."""
    second = "    delete:\n      responses: {'204': {description: gone}}\n"
    found = compared(tmp_path, PLAIN + second, listed("deprecated: true") + second)
    assert [change.operation for change in found.changes] == ["GET /things"]
