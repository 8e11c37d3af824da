"""Are YAML and JSON read as everybody reads them, with their lines, and refused with the line where they are not?"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.documents.json_text import read_json, read_json_with_repeated
from pytest_confluent_contracts.documents.lines import Node, UnreadableText, shift_lines, strip
from pytest_confluent_contracts.documents.loading import load
from pytest_confluent_contracts.documents.yaml_text import read_yaml, read_yaml_with_repeated
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# --- what is read --------------------------------------------------------------------------------------------------

READ: dict[str, tuple[str, Any]] = {
    "a block and a flow mapping": ("a:\n  b: {c: 1}\n", {"a": {"b": {"c": 1}}}),
    "lists": ("- 1\n- [2, {a: 3}]\n", [1, [2, {"a": 3}]]),
    "null in each form": ("[~, null, Null, NULL, ]", [None] * 4),
    "an empty value": ("a:\nb: ''\n", {"a": None, "b": ""}),
    "booleans of JSON alone": ("[true, FALSE, yes, On, n]", [True, False, "yes", "On", "n"]),
    "integers": ("[0, -1, +2, 10, 017, 0o7, 0x1F]", [0, -1, 2, 10, "017", "0o7", "0x1F"]),
    "numbers": ("[1.5, -.5, 1e3, 1.e-2, .inf]", [1.5, -0.5, 1000.0, 0.01, ".inf"]),
    "what only looks like a number": ("[1.2.3, 1:30, 1_000, +]", ["1.2.3", "1:30", "1_000", "+"]),
    "a date": ("[2024-01-02, 2024-01-02T03:04:05Z]", ["2024-01-02", "2024-01-02T03:04:05Z"]),
    "keys are text": ("200: a\ntrue: b\nnull: c\n", {"200": "a", "true": "b", "null": "c"}),
    "quoted is text": ("['1', \"true\", '']", ["1", "true", ""]),
    "tags": ("[!!str 1, !!int '2', !!float 3, !!bool 'true', !!null '']", ["1", 2, 3.0, True, None]),
    "a text of several lines": ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
    "an alias": ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
    "an anchor of the same name again": (
        "a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
        {"a": 1, "b": 1, "c": 2, "d": 2},
    ),
    "a merge key": ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
    "a merge key behind what it must not change": (
        "a: &x {b: 1}\nd: {b: 2, <<: *x}\n",
        {"a": {"b": 1}, "d": {"b": 2}},
    ),
    "a merge key of several": (
        "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
        {"a": {"b": 1}, "c": {"b": 2, "d": 3}, "e": {"b": 1, "d": 3}},
    ),
    "a quoted key that is none": ("{'<<': 1}", {"<<": 1}),
    "nothing": ("", None),
    "comments alone": ("# nothing\n", None),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_yaml_is_read(name: str) -> None:
    """Each construct of the JSON schema of YAML 1.2 is read, and merge keys with it."""
    text, value = READ[name]
    read = strip(read_yaml(text))
    assert (read, json.dumps(read)) == (value, json.dumps(value))  # 1 is not true


def test_merged_members_keep_their_lines() -> None:
    """A member that came by a merge key stands where it is written, not where it is merged."""
    read = read_yaml("a: &x\n  b: 1\n  c: 2\nd:\n  <<: *x\n  c: 3\n")
    assert isinstance(read["d"], Node)
    assert (read["d"].line_of("b"), read["d"].line_of("c")) == (2, 6)
    assert read["a"] == {"b": 1, "c": 2}


WRITTEN = '{\n\t"a": [1, -2.5e3, true,\n\t\tnull, "\\/\\u00e9"],\n\n\t"b": {"c": {}, "d": []}\n}\n'


def test_json_is_read_with_its_lines() -> None:
    """JSON is read as JSON: tabs between values, and escapes that YAML does not know."""
    read = read_json(WRITTEN)
    assert strip(read) == json.loads(WRITTEN)
    assert (read.line, read.line_of("a"), read.line_of("b")) == (1, 2, 5)
    assert read["b"].line_of("d") == 5


@pytest.mark.parametrize("read", [read_yaml, read_json])
def test_a_list_knows_the_lines_of_its_items(read: Callable[[str], Any]) -> None:
    """Also where an item is no mapping; in a second file they are counted on from the first."""
    value = read('[1,\n"two",\n\n{}]')
    assert value.lines == [1, 2, 4]
    shift_lines(value, 100)
    assert value.lines == [101, 102, 104]


def test_repeated_keys_are_told_and_the_first_of_each_counts() -> None:
    """Who asks for them gets all of them; everybody else gets none of the value."""
    for read, text in (
        (read_yaml_with_repeated, "a: 1\nb: {c: 1, c: 2}\na: 3\n"),
        (read_json_with_repeated, '{"a": 1,\n"b": {"c": 1, "c": 2},\n"a": 3}'),
    ):
        value, repeated = read(text)
        assert value == {"a": 1, "b": {"c": 1}}
        assert [(key.name, key.line) for key in repeated] == [("c", 2), ("a", 3)]
        assert [key.holder for key in repeated] == [value["b"], value]


@pytest.mark.parametrize("name", ["things.json", "things.yaml"])
def test_json_may_have_any_name(tmp_path: Path, name: str) -> None:
    """What begins as JSON is read as JSON, whatever the file is called."""
    (path := tmp_path / name).write_text(WRITTEN, encoding="utf-8")
    assert strip(load(path)) == json.loads(WRITTEN)


def test_a_flow_mapping_of_yaml_is_yaml(tmp_path: Path) -> None:
    """Not everything that begins with a brace is JSON."""
    (path := tmp_path / "things.yaml").write_text("{a: b}\n", encoding="utf-8")
    assert load(path) == {"a": "b"}


def test_a_mark_of_the_byte_order_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Editors write one; it says nothing."""
    for name in ("things.yaml", "things.json"):
        (path := tmp_path / name).write_bytes(b'\xef\xbb\xbf{"a": 1}')
        assert load(path) == {"a": 1}


# --- what is refused -----------------------------------------------------------------------------------------------


REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "a duplicate key": (read_yaml, "a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"),
    "a duplicate key in JSON": (read_json, '{"a": 1,\n"a": 2}', 2, "duplicate key 'a'"),
    "an alias of nothing": (read_yaml, "a: 1\nb: *x\n", 2, "names nothing"),
    "an alias of itself": (read_yaml, "a: &x\n  b: *x\n", 2, "names nothing"),
    "a merge key of no mapping": (read_yaml, "a: 1\nb:\n  <<: 2\n", 3, "merge key"),
    "a key that is a list": (read_yaml, "a: 1\n? [b]\n: 2\n", 2, "a key is a text"),
    "a foreign tag": (read_yaml, "a: 1\nb: !!python/name:os.system ''\n", 2, "tag"),
    "a number that is none": (read_yaml, "a: 1\nb: !!int one\n", 2, "one"),
    "a number without end": (read_yaml, f"a: 1\nb: {'9' * 5000}\n", 2, "digits"),
    "a second document": (read_yaml, "a: 1\n---\nb: 2\n", 2, "second document"),
    "broken YAML": (read_yaml, "a: 1\nb: ]\n", 2, "did not find"),
    "a tab": (read_yaml, "a: 1\n\tb: 2\n", 2, "tab"),
    "broken JSON": (read_json, '{"a": 1,\n"b" 2}', 2, "':' is expected"),
    "a word in JSON": (read_json, '{"a":\nyes}', 2, "a value is expected"),
    "a name without quotes in JSON": (read_json, "{\na: 1}", 2, "name is expected"),
    "a comma too many in JSON": (read_json, '[1,\n]', 2, "a value is expected"),
    "a text without end in JSON": (read_json, '{\n"a": "b', 2, "Unterminated"),
    "two values in JSON": (read_json, "{}\n{}", 1, "more than one value"),
    "a number without end in JSON": (read_json, f"[\n{'9' * 5000}]", 2, "digits"),
    "nothing in JSON": (read_json, "", 1, "a value is expected"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_neither_is_told_with_its_line(name: str) -> None:
    """The error names the line on which a person has to look."""
    read, text, line, why = REFUSED[name]
    with pytest.raises(UnreadableText, match=re.escape(why)) as raised:
        read(text)
    assert raised.value.line == line


LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
)
BOMBS = {
    "a billion laughs": (LAUGHS, 7),
    "deep in flow": ("a: " + "[" * 1_000_000, 1),
    "deep in blocks": ("".join(f"{' ' * level}k:\n" for level in range(1, 2000)), 201),
    "deep JSON": ('{"a": ' * 500_000, 1),
    "ten megabytes of a word": ("x" * 10_000_000, 1),
    "ten megabytes of brackets": ("{[]} " * 2_000_000, 1),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_time(tmp_path: Path, name: str) -> None:
    """What would fill the memory, or the stack, ends with a line within seconds."""
    text, line = BOMBS[name]
    (path := tmp_path / "bomb.yaml").write_text(text, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(ContractError, match=rf"bomb\.yaml:{line}: "):
        load(path)
    assert time.monotonic() - begun < 5
