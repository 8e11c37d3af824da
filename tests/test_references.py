"""Does each reference lead where it should: into its file, to anchors and ids, and to files of the document's folder?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Document

MAIN = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /things/{{id}}:
    patch:
      operationId: updateThing
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      responses:
        '200':
          description: The thing.
          content: {{application/json: {{schema: {schema}}}}}
{more}
"""
NAME = "{type: object, properties: {name: {type: string}}}"
# What the schema of the answer is, what follows in the document, and the other files of the folder.
FOUND: dict[str, tuple[str, str, dict[str, str]]] = {
    "a pointer": ("{$ref: '#/x-a'}", f"x-a: {NAME}", {}),
    "a pointer through a list": ("{$ref: '#/x-a/1'}", f"x-a: [{{}}, {NAME}]", {}),
    "an escaped pointer": ("{$ref: '#/x-a~1b/%7E0c'}", f"x-a/b: {{'~c': {NAME}}}", {}),
    "a reference of a reference": ("{$ref: '#/x-a'}", f"x-a: {{$ref: '#/x-b'}}\nx-b: {NAME}", {}),
    "an anchor": ("{$ref: '#name'}", f"x-a: {{$anchor: name, {NAME[1:]}", {}),
    "a dynamic anchor as an anchor": ("{$ref: '#name'}", f"x-a: {{$dynamicAnchor: name, {NAME[1:]}", {}),
    "an id": (
        "{$ref: 'https://example.com/name'}",
        f"x-a: {{$id: 'https://example.com/name', {NAME[1:]}",
        {},
    ),
    "a pointer within an id": (
        "{$ref: 'https://example.com/a'}",
        f"x-a: {{$id: 'https://example.com/a', $ref: '#/$defs/b', $defs: {{b: {NAME}}}}}",
        {},
    ),
    "a reference out of an id, by its address": (
        "{$ref: 'https://example.com/a'}",
        "x-a: {$id: 'https://example.com/a', $ref: 'b'}\n"
        f"x-b: {{$id: 'https://example.com/b', {NAME[1:]}",
        {},
    ),
    "an id in an example, which is a value": (
        "{$ref: '#/x-a', examples: [{$id: 'https://example.com/b', $ref: nowhere}]}",
        f"x-a: {NAME}",
        {},
    ),
    "a file": ("{$ref: name.yaml}", "", {"name.yaml": NAME}),
    "a pointer into a file": ("{$ref: 'name.yaml#/a'}", "", {"name.yaml": f"a: {NAME}"}),
    "an anchor in a file": ("{$ref: 'n.yaml#a'}", "", {"n.yaml": f"x: {{$anchor: a, {NAME[1:]}"}),
    "JSON in a folder below": (
        "{$ref: ./below/name.json}",
        "",
        {"below/name.json": '{"properties": {"name": {"type": "string"}}}'},
    ),
    "a file of a file": (
        "{$ref: below/a.yaml}",
        "",
        {"below/a.yaml": "{$ref: '../b.yaml'}", "b.yaml": NAME},
    ),
    "two files that refer to each other": (
        "{$ref: 'a.yaml#/a'}",
        f"x-name: {NAME}",
        {"a.yaml": "a: {$ref: 'things.yaml#/x-name'}"},
    ),
    "a name with a blank": ("{$ref: 'the name.yaml'}", "", {"the name.yaml": NAME}),
    "the same, percent-encoded": ("{$ref: 'the%20name.yaml'}", "", {"the name.yaml": NAME}),
    "a file beside one whose id is an address": (
        "{$ref: a.yaml}",
        "",
        {"a.yaml": "{$id: 'https://example.com/a.yaml', $ref: b.yaml}", "b.yaml": NAME},
    ),
}  # fmt: skip


def read(folder: Path, schema: str, more: str = "", files: dict[str, str] | None = None) -> Document:  # fmt: skip
    """Return the document whose answer has *schema*, in a *folder* with other *files*."""
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "things.yaml"
    path.write_text(MAIN.format(schema=schema, more=more), encoding="utf-8")
    return documents.read_document(path)


def members(document: Document) -> dict[str, str]:
    """Return the members of the answer, each with its place."""
    found = document.operations[0].answer_members
    return {member.path: str(member.place).rpartition("/")[2] for member in found}


@pytest.mark.parametrize("name", FOUND)
def test_a_reference_is_followed(tmp_path: Path, name: str) -> None:
    """The answer has the one member that stands where the reference leads."""
    assert set(members(read(tmp_path, *FOUND[name]))) == {"name"}


def test_a_promise_stands_on_its_line_of_its_file(tmp_path: Path) -> None:
    """What another file says is placed there, with the lines of that file."""
    files = {"name.yaml": "# a comment\ntype: object\nproperties:\n  name:\n    type: string\n"}
    document = read(tmp_path, "{$ref: name.yaml}", "", files)
    assert members(document) == {"name": "name.yaml:4"}
    assert document.operations[0].place.line == 5
    assert [name.rpartition("/")[2] for name in document.files] == ["things.yaml", "name.yaml"]


def test_another_file_changes_the_digest(tmp_path: Path) -> None:
    """A document is another one where a file that it refers to is."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = read(tmp_path / "a", "{$ref: name.yaml}", "", {"name.yaml": NAME})
    other = read(tmp_path / "b", "{$ref: name.yaml}", "", {"name.yaml": "{}"})
    assert one.digest != other.digest


LOST = {
    "a pointer to nothing": ("'#/x-a'", "`$ref: #/x-a` points nowhere"),
    "an index past the end": ("'#/paths/0'", "points nowhere"),
    "an anchor that nobody set": ("'#a'", "points nowhere"),
    "a file that is not there": ("a.yaml", "there is no file a.yaml"),
    "a pointer to nothing in a file": ("'b.yaml#/c'", "points nowhere"),
    "a word as an index of a list in a file": ("'b.yaml#/d/e'", "points nowhere"),
    "the folder above": ("'../a.yaml'", "out of the document's folder"),
    "the folder above, encoded": ("'%2e%2e/a.yaml'", "out of the document's folder"),
    "the folder above, from below": ("'below/../../a.yaml'", "out of the document's folder"),
    "an absolute path": ("/etc/hostname", "out of the document's folder"),
    "a file address": ("'file:///etc/hostname'", "out of the document's folder"),
    "a link that leads out": ("link.yaml", "out of the document's folder"),
    "a linked folder that leads out": ("linked/a.yaml", "out of the document's folder"),
    "a network": ("'https://example.com/a.yaml'", "nothing is read; put the file"),
    "a network by its host alone": ("'//example.com/a.yaml'", "from which nothing is read"),
    "another machine's file": ("'file://example.com/a.yaml'", "from which nothing is read"),
    "another scheme": ("'ftp://example.com/a.yaml'", "from which nothing is read"),
    "a circle": ("'#/x-circle'", "runs in a circle"),
    "a value that is no mapping": ("'#/info/title'", "a mapping is expected here"),
    "a file that is neither JSON nor YAML": ("'bad.yaml'", "bad.yaml:1: not YAML"),
    "a file with a list": ("'list.yaml'", "list.yaml:1: "),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_a_reference_that_leads_nowhere_or_out_is_told_with_its_line(tmp_path: Path, name: str) -> None:  # fmt: skip
    """Nothing outside the document's folder is read, and nothing is fetched."""
    (tmp_path / "a.yaml").write_text(NAME, encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "a.yaml")
    (folder / "linked").symlink_to(tmp_path)
    reference, told = LOST[name]
    files = {"b.yaml": "d: [1]", "bad.yaml": "]", "list.yaml": "[]"}
    with pytest.raises(ContractError) as error:
        read(folder, f"{{$ref: {reference}}}", "x-circle: {$ref: '#/x-circle'}", files)
    assert told in str(error.value)
    assert re.search(r"(folder/things.yaml:1[12]|yaml:1): ", str(error.value))


BY_REFERENCE = {
    "a path item": ("{$ref: item.yaml}", {"item.yaml": "patch: {responses: {'200': {description: A}}}"}),
    "an operation": ("{patch: {$ref: 'o.yaml#/a'}}", {"o.yaml": "a: {responses: {'200': {description: A}}}"}),
    "an answer": ("{patch: {responses: {'200': {$ref: r.yaml}}}}", {"r.yaml": "{description: A}"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_REFERENCE)
def test_parts_of_an_operation_may_stand_in_another_file(tmp_path: Path, name: str) -> None:
    """What refers from there goes out from there; parameters beside a referenced path item count."""
    item, files = BY_REFERENCE[name]
    more = f"  /others/{{id}}: {item}"
    _, other = read(tmp_path, "{}", more, files).operations
    assert [response.status for response in other.responses] == ["200"]


def test_what_stands_beside_a_referenced_path_item_counts(tmp_path: Path) -> None:
    """OpenAPI 3.1 lets fields stand beside the reference of a path item."""
    files = {"item.yaml": "patch: {responses: {'200': {description: A}}}"}
    parameters = "[{name: id, in: path, example: o-1}]"
    more = f"  /others/{{id}}: {{$ref: item.yaml, parameters: {parameters}}}"
    _, other = read(tmp_path, "{}", more, files).operations
    assert other.parameters == (("id", "o-1"),)
    assert str(other.place).endswith("item.yaml:1")
