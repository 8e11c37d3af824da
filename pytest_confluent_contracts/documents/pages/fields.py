"""Which schema does a table of fields describe, and which parameters one of parameters?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.documents.lines import Node, UnreadableText
from pytest_confluent_contracts.documents.pages.markdown import plain_text, sentence_text
from pytest_confluent_contracts.documents.pages.nesting import (
    ANY_KEY,
    ROOT,
    FieldRow,
    Nesting,
    parents_of,
)
from pytest_confluent_contracts.documents.pages.nodes import node_at, put
from pytest_confluent_contracts.documents.pages.types import innermost, schema_of, stated_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.documents.pages.markdown import Row, Table

# What a column is about, by the words of its title; the first that fits counts.
COLUMNS: Final = {
    "parent": re.compile(r"\b(?:parent|within|nested in)\b"),
    "type": re.compile(r"\b(?:type|data type|format)\b"),
    "required": re.compile(r"\b(?:required|mandatory)\b"),
    "description": re.compile(r"\b(?:description|details|meaning|notes?)\b"),
    "name": re.compile(
        r"\b(?:field|name|parameter|property|attribute|member|key|header|argument)\b"
    ),
}
NEEDED: Final = ("name", "type", "description")
# What stands behind a name and is no part of it, in OpenAPI's words: `name [*required*]`.
MARKS: Final = {
    "required": "required",
    "optional": "optional",
    "deprecated": "deprecated",
    "read-only": "readOnly",
    "readonly": "readOnly",
    "write-only": "writeOnly",
    "writeonly": "writeOnly",
    "nullable": "nullable",
}
MARK = re.compile(
    rf"\s*\[\s*[*_]+([^\]*_]+)[*_]+\s*\]|\s+[\[(]({'|'.join(MARKS)})[\])]", re.IGNORECASE
)
YES: Final = frozenset(("yes", "true", "required", "y", "x", "✓", "✔", "✅"))
ANY_NAME = re.compile(
    r"<\s*any[ _-]?(?:key|name)\s*>|<\s*\*\s*>|additionalproperties", re.IGNORECASE
)


def columns_of(table: Table) -> dict[str, int]:
    """Return which column of *table* is about what, by the titles."""
    found: dict[str, int] = {}
    for index, title in enumerate(table.titles):
        for about, pattern in COLUMNS.items():
            if about not in found and pattern.search(title):
                found[about] = index
                break
    return found


def field_rows(table: Table) -> list[FieldRow]:
    """Return the rows of a table of fields; raise `UnreadableText` where a column is missing."""
    columns = columns_of(table)
    missing = [about for about in NEEDED if about not in columns]
    if missing:
        told = f"this table has no column for the {missing[0]} of a field"
        raise UnreadableText(f"{told} (it has: {', '.join(table.titles)})", table.line)
    return [_field_row(row, columns) for row in table.rows]


def _field_row(row: Row, columns: dict[str, int]) -> FieldRow:
    cells = {about: row.cells[index] for about, index in columns.items()}
    label, marks = _name_and_marks(cells["name"], row.line)
    if not label:
        raise UnreadableText("this row names no field", row.line)
    if plain_text(cells.get("required", "")).lower() in YES:
        marks |= {"required"}
    is_any = ANY_NAME.fullmatch(label) is not None
    shown_type = plain_text(cells["type"])
    if is_any and not shown_type:
        shown_type = "any"  # a map of which nothing more is said
    return FieldRow(
        line=row.line,
        parent=_name_and_marks(cells.get("parent", ""), row.line)[0],
        label=label,
        name=ANY_KEY if is_any else label,
        marks=marks - {"required"} if is_any else marks,
        type=stated_type(shown_type, row.line),
        description=sentence_text(cells["description"]),
    )


def _name_and_marks(cell: str, line: int) -> tuple[str, frozenset[str]]:
    """Return the name in *cell*, and what is marked behind it, in OpenAPI's words."""
    written = plain_text(cell)
    marks: set[str] = set()
    for found in MARK.finditer(written):
        mark = (found[1] or found[2]).strip().lower()
        if mark not in MARKS:
            raise UnreadableText(f"what `{mark}` means behind a name is not known", line)
        marks.add(MARKS[mark])
    return MARK.sub("", written).strip(), frozenset(marks)


# --- parameters -----------------------------------------------------------------------------------


def parameters_in(table: Table, location: str) -> Iterator[Node]:
    """Yield the Parameter Object of each row; those of a path are always required."""
    known: set[str] = set()
    for row in field_rows(table):
        if row.parent:
            raise UnreadableText("a parameter stands below no other", row.line)
        if row.label in known:
            raise UnreadableText(f"the parameter `{row.label}` is listed twice", row.line)
        known.add(row.label)
        is_required = "required" in row.marks or location == "path"
        node = node_at(row.line, {"name": row.label, "in": location, "required": is_required})
        if row.description:
            put(node, "description", row.description, row.line)
        if "deprecated" in row.marks:
            put(node, "deprecated", True, row.line)
        schema = schema_of(row.type, row.description, row.line, shown=None)
        put(node, "schema", schema, row.line)
        yield node


def headers_in(table: Table) -> Node:
    """Return the Header Objects of an answer, by their names."""
    headers = node_at(table.line)
    for row in field_rows(table):
        if row.label in headers:
            raise UnreadableText(f"the header `{row.label}` is listed twice", row.line)
        schema = schema_of(row.type, row.description, row.line, shown=None)
        header = node_at(row.line, {"schema": schema})
        if row.description:
            put(header, "description", row.description, row.line)
        if "required" in row.marks:
            put(header, "required", True, row.line)
        put(headers, row.label, header, row.line)
    return headers


# --- bodies ---------------------------------------------------------------------------------------


def body_schema(table: Table, description: str, examples: Sequence[Any]) -> Node:
    """Return the schema of the body that *table* describes.

    *examples* are those that the page shows of it. They tell whether the body is a list of what
    the table describes, and which of several parents a row has.
    """
    rows = field_rows(table)
    if "parent" not in columns_of(table):
        _check_is_flat(table, rows, examples)
    nesting = Nesting(rows, parents_of(rows, examples))
    return _BodyReader(nesting, examples).body(table, description)


def _check_is_flat(table: Table, rows: Sequence[FieldRow], examples: Sequence[Any]) -> None:
    """Raise `UnreadableText` where the examples nest what a table without parents lists flat."""
    names = {row.name for row in rows}
    for example in examples:
        items = example if isinstance(example, list) else [example]
        for item in items:
            shown = set(item) if isinstance(item, dict) else names
            nested = sorted((names - shown) & _names_within(item))
            if nested:
                told = f"this table has no column for parents, and its example nests `{nested[0]}`"
                raise UnreadableText(told, table.line)


def _names_within(value: Any) -> set[str]:
    """Return the names of all members of *value*, at any depth."""
    names: set[str] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            names |= one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return names


class _BodyReader:
    """Makes the schema of one body of its nested rows."""

    def __init__(self, nesting: Nesting, examples: Sequence[Any]) -> None:
        self.nesting, self.examples = nesting, examples

    def body(self, table: Table, description: str) -> Node:
        """Return the schema of the whole body."""
        line = table.line
        schema = (
            node_at(line) if self.nesting.is_choice(ROOT) else node_at(line, {"type": "object"})
        )
        self._add_below(schema, ROOT)
        are_lists = {isinstance(example, list) for example in self.examples}
        if len(are_lists) > 1:
            told = "some of the examples are lists and some are not: which is described stays open"
            raise UnreadableText(told, line)
        if are_lists == {True}:
            schema = node_at(line, {"type": "array", "items": schema})
        if description:
            put(schema, "description", description, line)
        return schema

    def _add_below(self, schema: Node, row: int) -> None:
        """Write what the rows below *row* say into its *schema*."""
        below = self.nesting.below(row)
        if not below:
            return
        if self.nesting.is_choice(row):
            # A table says less than the schema it was made of, so a value may fit several.
            branches = [self._schema(index) for index in below]
            put(schema, "anyOf", branches, self.nesting.rows[below[0]].line)
            return
        put(schema, "type", "object", schema.line)
        self._add_members(schema, below)

    def _add_members(self, schema: Node, below: Sequence[int]) -> None:
        first = self.nesting.rows[below[0]].line
        properties = node_at(first)
        required: list[str] = []
        for index in below:
            row = self.nesting.rows[index]
            if row.name == ANY_KEY:
                put(schema, "additionalProperties", self._schema(index), row.line)
                continue
            put(properties, row.name, self._schema(index), row.line)
            if "required" in row.marks:
                required.append(row.name)
        if properties:
            put(schema, "properties", properties, first)
        if required:
            put(schema, "required", required, first)

    def _schema(self, index: int) -> Node:
        row = self.nesting.rows[index]
        shown = self.nesting.values_at(index, self.examples)
        schema = schema_of(row.type, row.description, row.line, shown)
        self._add_below(innermost(schema, row.type), index)
        for mark in sorted(row.marks - {"required", "optional"}):
            put(schema, mark, True, row.line)
        if row.description:
            put(schema, "description", row.description, row.line)
        return schema
