"""Which schema does a row of a table state? Its type, its values and its default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_confluent_contracts.documents.lines import Node, UnreadableText
from pytest_confluent_contracts.documents.pages.nodes import node_at, put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The formats that OpenAPI and JSON Schema know of each type; pages name many of them as types.
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": (
        *("date-time", "date", "time", "duration", "uuid", "uri", "uri-reference", "email"),
        *("hostname", "ipv4", "ipv6", "byte", "binary", "password"),
    ),
    "integer": ("int32", "int64"),
    "number": ("float", "double"),
}
PLAIN_TYPES: Final = frozenset(("string", "integer", "number", "boolean", "object", "array"))
OTHER_NAMES: Final[Mapping[str, str]] = {
    "bool": "boolean",
    "int": "integer",
    "list": "array",
    "datetime": "date-time",
    "url": "uri",
    "map": "object",
}
CHOICES: Final = frozenset(("oneof", "anyof"))
ENUM: Final = "enum"
CHOICE: Final = "choice"
ANY: Final = "any"
# What may have rows of its own below it.
HOLDING: Final = frozenset(("object", "array", CHOICE, ANY))

LIST = re.compile(r"\[(.*)\]|(.*)\[\]|(?:array|list)\s+of\s+(.*)|(?:array|list)\s*[<(](.*)[>)]")
WITH_FORMAT = re.compile(r"(string|integer|number)\s*[<(]\s*([a-z0-9-]+)\s*[>)]")
CODES = r"`[^`]+`(?:(?:\s*,?\s*(?:and|or)\s+|\s*,\s*)`[^`]+`)*"
ALLOWED = re.compile(rf"\ballowed (?:enum )?values?(?: are)?\s*:?\s*({CODES})", re.IGNORECASE)
POSSIBLE = re.compile(
    r"\b(?:(?:possible|valid|accepted|supported) (?:enum )?values?|one of)(?: are)?\s*:?\s*"
    rf"({CODES})",
    re.IGNORECASE,
)
CODE = re.compile(r"`([^`]+)`")
# Certain where the sentence ends behind it: "defaults to 1 hour" says something else.
DEFAULT = re.compile(
    r"\bdefaults?(?: value)?(?:\s+is|\s+to|\s+of|\s*[:=])\s*"
    r"(?:`(?P<code>[^`]+)`|\"(?P<quoted>[^\"]+)\"|(?P<bare>true|false|-?[0-9]+(?:\.[0-9]+)?))"
    r"(?=\s*(?:[;,)]|\.(?:\s|$)|$))",
    re.IGNORECASE,
)
MAY_BE_NULL = re.compile(r"\bnullable\b|\b(?:can|may) be `?null\b|\bif `?null\b", re.IGNORECASE)
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


class StatedType(NamedTuple):
    """A type as a page states it: what it is at its core, within so many lists."""

    name: str
    format: str
    lists: int

    @property
    def holds(self) -> bool:
        """Return whether rows may stand below a row of this type."""
        return self.name in HOLDING


def stated_type(written: str, line: int) -> StatedType:
    """Return the type that a cell states; raise `UnreadableText` at *line* where it is unknown."""
    name, lists = written.strip().lower(), 0
    while found := LIST.fullmatch(name):
        name = next(part for part in found.groups() if part is not None).strip()
        lists += 1
    name = OTHER_NAMES.get(name, name)
    if name.strip("<>") in CHOICES:
        return StatedType(CHOICE, "", lists)
    if name in PLAIN_TYPES or name in (ENUM, ANY):
        return StatedType(name, "", lists)
    with_format = WITH_FORMAT.fullmatch(name)
    if with_format and with_format[2] in FORMATS[with_format[1]]:
        return StatedType(with_format[1], with_format[2], lists)
    for plain, formats in FORMATS.items():
        if name in formats:
            return StatedType(plain, name, lists)
    told = f"the type `{written}` is not known" if written else "the type is missing"
    raise UnreadableText(told, line)


def schema_of(
    stated: StatedType, description: str, line: int, shown: Sequence[Any] | None = ()
) -> Node:
    """Return the schema of a row, without what stands in the rows below it.

    *shown* are the values that the page's examples have there: of an enum they tell whether its
    values are numbers. None says that all are written as texts, as they are in a URL. Raise
    `UnreadableText` where that stays open, or an enum has no values.
    """
    core = node_at(line)
    if stated.name == ENUM:
        core = _enum_schema(description, line, shown)
    elif stated.name not in (CHOICE, ANY):
        core = node_at(line, {"type": stated.name})
        _add_allowed_values(core, description, line)
    if stated.format:
        put(core, "format", stated.format, line)
    if stated.name == "array":
        is_listed = ALLOWED.search(description) is not None
        items = _enum_schema(description, line, shown) if is_listed else node_at(line)
        put(core, "items", items, line)
    schema = core
    for _ in range(stated.lists):
        schema = node_at(line, {"type": "array", "items": schema})
    _add_default(schema, description, line)
    if MAY_BE_NULL.search(description) and "type" in schema:
        put(schema, "nullable", True, line)
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def innermost(schema: Node, stated: StatedType) -> Node:
    """Return the schema within the lists of a row's *schema*: that of the rows below it."""
    for _ in range(stated.lists):
        schema = schema["items"]
    if stated.name == "array":
        found = schema["items"]
        assert isinstance(found, Node)
        return found
    return schema


# --- values ---------------------------------------------------------------------------------------


def _enum_schema(description: str, line: int, shown: Sequence[Any] | None) -> Node:
    found = ALLOWED.search(description) or POSSIBLE.search(description)
    texts = _listed_values(found[1]) if found else []
    if not texts:
        raise UnreadableText("an enum whose values the description does not list", line)
    kind = _kind_of_values(texts, line, shown)
    values = [_value_of(kind, text) for text in texts]
    return node_at(line, {"type": kind, "enum": values})


def _add_allowed_values(core: Node, description: str, line: int) -> None:
    """Write the values that the description lists for a plain type, where all of them are such."""
    found = ALLOWED.search(description)
    if not found or core["type"] in ("object", "array"):
        return
    values = [_value_of(core["type"], text) for text in _listed_values(found[1])]
    if None in values:
        told = f"not all of the values that are listed are of the type {core['type']}"
        raise UnreadableText(told, line)
    put(core, "enum", values, line)


def _listed_values(written: str) -> list[str]:
    """Return the values in *written*: each in a code of its own, or all in one with commas."""
    codes = CODE.findall(written)
    if len(codes) == 1:
        codes = codes[0].split(",")
    values = [code.strip() for code in codes]
    return list(dict.fromkeys(value for value in values if value))


def _kind_of_values(texts: Sequence[str], line: int, shown: Sequence[Any] | None) -> str:
    """Return the type of an enum's values: text, unless all look otherwise and are shown so."""
    kinds = {_kind_of_text(text) for text in texts}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    kind = kinds.pop()
    if kinds or kind == "string" or shown is None:
        return "string"
    # A placeholder in an example, which is none of the values, tells nothing.
    of_these = [value for value in shown if str(value).lower() in texts]
    are_texts = {isinstance(value, str) for value in of_these}
    if are_texts == {True}:
        return "string"
    if are_texts == {False}:
        return kind
    told = f"nothing tells whether the values of this enum are texts or of the type {kind}"
    raise UnreadableText(told, line)


def _kind_of_text(text: str) -> str:
    if text in ("true", "false"):
        return "boolean"
    found = NUMBER.fullmatch(text)
    if not found:
        return "string"
    return "number" if "." in text else "integer"


def _value_of(kind: str, text: str) -> Any:
    """Return *text* as a value of the type *kind*, None where it is none."""
    if kind == "string":
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    if not NUMBER.fullmatch(text):
        return None
    if kind == "integer":
        return None if "." in text else int(text)
    return float(text) if "." in text else int(text)


def _add_default(schema: Node, description: str, line: int) -> None:
    """Write the default that the description tells, where it is a value of the schema."""
    kind = schema.get("type")
    found = DEFAULT.search(description)
    if not found or kind not in ("string", "integer", "number", "boolean"):
        return
    text = found["code"] or found["quoted"] or found["bare"]
    value = _value_of(kind, text.strip("\"'"))
    if value is not None and value in schema.get("enum", [value]):
        put(schema, "default", value, line)
