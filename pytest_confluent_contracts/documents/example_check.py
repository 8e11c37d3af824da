"""Are the values that a document shows such as its schemas allow? Examples, defaults, enums."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_confluent_contracts.documents.lines import Node, line_in_list, strip
from pytest_confluent_contracts.documents.objects import parts_of
from pytest_confluent_contracts.documents.schema_check import held
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.formats import OPENAPI_FORMATS
from pytest_confluent_contracts.model.media_types import FORMS, BodyKind, body_kind, is_range
from pytest_confluent_contracts.model.violations import Violated, violation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.documents.inspection import Inspection, Visit

# The keyword of members that are not required in a body, by what the body is of.
OTHER_WAY = {"request body": "readOnly", "response": "writeOnly"}
EITHER_WAY = ("writeOnly", "readOnly")
HOLDERS_OF_CONTENT = ("request body", "response", "parameter", "header")
# Of these a document shows a text that stands for the body, or part of it.
NOT_SHOWN_AS_VALUES = frozenset({BodyKind.XML, BodyKind.BINARY})
SURROGATE = re.compile("[\\ud800-\\udfff]")
# What a style writes between the parts of a value.
DELIMITERS = re.compile(r"[,|;.=&\s%]")
MISSING = "missing"
OF_UNKNOWN_MEMBERS = frozenset({"additionalProperties", "unevaluatedProperties"})


class Shown(NamedTuple):
    """A value that the document shows, and the line on which it stands."""

    value: Any
    line: int


class Violation(NamedTuple):
    """What is wrong with a part of a value: the way there, and the rule that it breaks."""

    steps: list[str | int]
    wrong: Violated


class ExampleCheck:
    """Holds shown values against schemas, when all that is wrong with these is known."""

    def __init__(self, inspection: Inspection) -> None:
        self._inspection = inspection
        self._denied: dict[int, list[Any]] = {}
        self._validators: dict[tuple[int, str], tuple[dict[str, Any], Any] | None] = {}

    def check(self, visit: Visit) -> None:
        """Tell the values at *visit* that its schema does not allow."""
        node = visit.node
        if self._inspection.is_reference(visit.kind, node):
            return
        if visit.kind == "schema":
            self._check_shown_by_schema(node)
        elif visit.kind in ("parameter", "header") and "schema" in node:
            self._check_written(node, "")
        contents = node.get("content")
        if visit.kind in HOLDERS_OF_CONTENT and isinstance(contents, Node):
            for name, stated in contents.items():
                self._check_media(name, stated, OTHER_WAY.get(visit.kind, ""))

    # --- what shows a value -----------------------------------------------------------------------

    def check_enums(self, visit: Visit) -> None:
        """Tell the values that a schema allows, and does not allow."""
        node = visit.node
        if visit.kind != "schema" or self._inspection.is_reference("schema", node):
            return
        listed = node.get("enum")
        shown = [_item(node, "enum", at) for at in _indexes(listed)]
        if "const" in node:
            shown.append(_shown(node, "const"))
        wrong = [one for one in shown if self._is_wrong(one, node)]
        self._denied[id(node)] = [one.value for one in wrong]
        if shown and len(wrong) == len(shown):  # the type is wrong, or whatever forbids them all
            line = max(node.line_of(key) for key in ("enum", "const") if key in node)
            self._hold(FlawKind.ENUM, Shown(wrong[0].value, line), held(node), ("",))
            self._inspection.flawed.add(id(node))
            return
        for one in wrong:
            self._hold(FlawKind.ENUM, one, held(node), ("",))

    def _is_wrong(self, one: Shown, node: Node) -> bool:
        reader = self._reader(held(node), "")
        return reader is not None and bool(_violations(one.value, reader[1]))

    def _check_shown_by_schema(self, node: Node) -> None:
        """Hold what a schema shows of itself against it, whichever way it goes."""
        holder = held(node)
        shown = [_item(node, "examples", at) for at in _indexes(node.get("examples"))]
        if "example" in node:
            shown.append(_shown(node, "example"))
        denied = self._denied.get(id(node), [])  # what is listed, and told as that
        for one in shown:
            if one.value not in denied:
                self._hold(FlawKind.EXAMPLE, one, holder, EITHER_WAY)
        if "default" in node and node["default"] not in denied:
            self._hold(FlawKind.DEFAULT, _shown(node, "default"), holder, EITHER_WAY)

    def _check_media(self, name: str, stated: Any, other_way: str) -> None:
        """Hold the examples of one media type, as far as values are what it shows."""
        node, kind = self._inspection.resolved(stated), body_kind(name)
        if node is None or "schema" not in node or kind in NOT_SHOWN_AS_VALUES:
            return
        if kind is BodyKind.TEXT:
            self._check_written(node, other_way)
            return
        for one in self._shown_by(node):
            is_text = isinstance(one.value, str)
            if is_text and (kind in FORMS or is_range(name)):
                continue  # what is written, and who knows how
            if is_text and self._is_json_text(str(one.value), node, other_way):
                continue
            self._hold(FlawKind.EXAMPLE, one, node, (other_way,), kind)
            if other_way == "writeOnly":
                self._tell_write_only(one, node)

    def _check_written(self, node: Node, other_way: str) -> None:
        """Hold the examples of a parameter, a header or a text: as values, or as written."""
        for one in self._shown_by(node):
            if not self._is_allowed_as_written(one.value, node):
                self._hold(FlawKind.EXAMPLE, one, node, (other_way,))

    def _shown_by(self, node: Node) -> Iterator[Shown]:
        if "example" in node:
            yield _shown(node, "example")
        named = node.get("examples")
        for stated in named.values() if isinstance(named, Node) else ():
            example = self._inspection.resolved(stated)
            if example is not None and "value" in example:
                yield _shown(example, "value")

    # --- whether a schema allows it ---------------------------------------------------------------

    def _schema(self, holder: Node, other_way: str) -> dict[str, Any] | None:
        found = self._reader(holder, other_way)
        return found[0] if found else None

    def _reader(self, holder: Node, other_way: str) -> tuple[dict[str, Any], Any] | None:
        """Return the schema at *holder* and its validator, None where it is none."""
        key = (id(holder["schema"]), other_way)
        if key not in self._validators:
            self._validators[key] = self._made_reader(holder, other_way)
        return self._validators[key]

    def _made_reader(self, holder: Node, other_way: str) -> tuple[dict[str, Any], Any] | None:
        import jsonschema_rs

        schema = self._inspection.schema_at(holder, other_way)
        if schema is None:
            return None
        try:
            validator = jsonschema_rs.Draft202012Validator(
                schema, validate_formats=True, formats=dict(OPENAPI_FORMATS)
            )
        except ValueError:
            return None
        return schema, validator

    def _hold(
        self,
        kind: FlawKind,
        one: Shown,
        holder: Node,
        ways: tuple[str, ...],
        body: BodyKind = BodyKind.JSON,
    ) -> bool:
        """Tell the value unless one of the *ways* allows it; return whether it was told."""
        found: list[list[Violation]] = []
        for way in ways:
            reader = self._reader(holder, way)
            if reader is None:
                return False
            wrong = _violations(one.value, reader[1])
            wrong = [each for each in wrong if not _is_right_in(body, each.wrong)]
            if not wrong:
                return False
            found.append(wrong)
        if self._follows_from_another(holder):
            return False
        violations = min(found, key=len)
        first = min(violations, key=lambda each: _line_of(one, each.steps))
        line, subject = _line_of(one, first.steps), paths.path_of(first.steps)
        more = len(violations) - 1
        self._inspection.tell(kind, line, subject, observed=first.wrong, expected=more)
        return True

    def _is_json_text(self, value: str, holder: Node, other_way: str) -> bool:
        """Return whether *value* is a text that writes an object or a list that is allowed."""
        reader = self._reader(holder, other_way)
        try:
            read = json.loads(value)
        except ValueError:
            return False
        if reader is None or not isinstance(read, (dict, list)):
            return False
        return bool(reader[1].is_valid(read))

    def _follows_from_another(self, holder: Node) -> bool:
        """Return whether something is wrong with a schema that the value was held against."""
        if id(holder) in self._inspection.flawed:
            return True
        seen: set[int] = set()
        waiting: list[Any] = [holder["schema"]]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, Node) or id(node) in seen:
                continue
            seen.add(id(node))
            if {id(node), id(node.get("properties"))} & self._inspection.flawed:
                return True
            waiting.append(self._inspection.referenced("schema", node))
            if not self._inspection.is_reference("schema", node):
                waiting += [part.value for part in parts_of("schema", node)]
        return False

    def _is_allowed_as_written(self, value: Any, node: Node) -> bool:
        """Return whether a text writes a value that is allowed, in a way that a style has."""
        reader = self._reader(node, "")
        if not isinstance(value, str) or reader is None:
            return False
        types = set(types_allowed(reader[0]))
        if types & {"array", "object"} and DELIMITERS.search(value):
            return True
        readings = [value, _read_scalar(value), [value], [_read_scalar(value)]]
        return any(not _violations(one, reader[1]) for one in readings)

    # --- what an answer never shows ---------------------------------------------------------------

    def _tell_write_only(self, one: Shown, holder: Node) -> None:
        """Tell members of an answer's example that only requests have (JSON Schema, 9.4)."""
        schema = self._schema(holder, "writeOnly")
        for steps in _write_only_in(one.value, schema or {}):
            line, subject = _line_of(one, steps), paths.path_of(steps)
            self._inspection.tell(FlawKind.WRITE_ONLY_SHOWN, line, subject)


def _shown(holder: Node, key: str) -> Shown:
    return Shown(holder[key], holder.line_of(key))


def _indexes(listed: Any) -> range:
    return range(len(listed) if isinstance(listed, list) else 0)


def _item(holder: Node, key: str, index: int) -> Shown:
    listed = holder[key]
    return Shown(listed[index], line_in_list(listed, index, holder.line_of(key)))


def _read_scalar(text: str) -> Any:
    """Return the number or the boolean that *text* writes, else itself."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (int, float)) else text


def _violations(value: Any, validator: Any) -> list[Violation]:
    """Return what is wrong with *value*, the places in the order of the text."""
    plain = strip(value)
    text = json.dumps(plain, ensure_ascii=False, default=str)
    if SURROGATE.search(text):
        plain = json.loads(SURROGATE.sub("\ufffd", text))
    try:
        errors = list(validator.iter_errors(plain))
    except ValueError:  # nested too deep for the validator
        return []
    found: list[Violation] = []
    for error in errors:
        steps = list(error.instance_path)
        if error.kind.name == "required":
            found.append(Violation([*steps, error.kind.property], (MISSING, "", "")))
        elif error.kind.name in OF_UNKNOWN_MEMBERS:
            found.append(Violation([*steps, error.kind.unexpected[0]], violation_of(error)))
        else:
            found.append(Violation(steps, violation_of(error)))
    return found


def _is_right_in(body: BodyKind, wrong: Violated) -> bool:
    """Return whether a body of this kind may have what is *wrong* in JSON.

    In a form each value is a text; in a merge patch null removes, and what is left out stays.
    """
    keyword, came, _ = wrong
    if body in FORMS:
        return keyword == "type" and came.startswith('"')
    if body is BodyKind.MERGE_PATCH:
        return keyword == MISSING or (keyword in ("type", "enum") and came == "null")
    return False


def _line_of(one: Shown, steps: list[str | int]) -> int:
    """Return the line of what *steps* lead to in the value, as near as lines are known."""
    line, value = one.line, one.value
    for step in steps:
        if isinstance(value, Node) and step in value:
            line, value = value.line_of(str(step)), value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            line, value = line_in_list(value, step, line), value[step]
        else:
            break
    return line


def _write_only_in(
    value: Any, schema: Mapping[str, Any], steps: tuple[str | int, ...] = ()
) -> Iterator[list[str | int]]:
    """Yield the way to each member of *value* that *schema* says only requests have."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _write_only_in(item, schema["items"], (*steps, index))
    members = schema.get("properties")
    if not isinstance(value, dict) or not isinstance(members, dict):
        return
    for name, member in value.items():
        said = members.get(name) or {}
        if said.get("writeOnly") is True:
            yield [*steps, name]
        else:
            yield from _write_only_in(member, said, (*steps, name))
