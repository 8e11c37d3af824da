"""How is a value written in each media type, and what does a reader make of it?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pytest_confluent_contracts.cases.samples import member_schema
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, BodyKind, sent_media_type
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Content

BOUNDARY = "contract-boundary-0f3a"  # RFC 2046 5.1.1: nothing that we send has it in it
# Bodies of which the members are texts: another type is told by the schema alone.
OF_TEXTS = frozenset({BodyKind.FORM, BodyKind.MULTIPART})


def content_type(content: Content) -> str:
    """Return the header with which a body of *content* is sent, of a range that of JSON."""
    if content.kind is BodyKind.MULTIPART:
        return f"{content.media_type}; boundary={BOUNDARY}"
    return sent_media_type(content.media_type)


def encoded_body(content: Content, value: Any) -> bytes | None:
    """Return the bytes of *value* as *content* has it, None where it cannot be written so."""
    kind = content.kind
    if kind in OF_TEXTS:
        if not isinstance(value, Mapping):
            return None
        if kind is BodyKind.FORM:
            return _form(value)
        return _multipart(content, value)
    if kind in (BodyKind.TEXT, BodyKind.BINARY, BodyKind.XML):
        if not isinstance(value, str):
            return None
        return value.encode("utf-8", "surrogatepass")
    return encoded_json(value)


def encoded_json(body: Any) -> bytes:
    """Return *body* as JSON in UTF-8, its characters as they are."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def value_understood(content: Content, value: Any) -> Any:
    """Return what a reader makes of *value* as *content* writes it, by the schema.

    In a form, 7 and "7" are one: which it is, the schema says; and an empty list is nothing at all.
    `ABSENT` where nobody can say: of what has no members, and where a form has no one way to write
    a member (null, a list in the place of a text).
    """
    if content.kind not in OF_TEXTS:
        if content.kind not in IN_JSON:
            return ABSENT
        return value
    if not isinstance(value, Mapping):
        return ABSENT
    understood: dict[str, Any] = {}
    for name, member in value.items():
        read = _member_understood(content, member_schema(content.schema, name), member)
        if read is ABSENT:
            return ABSENT
        if read != []:
            understood[name] = read
    return understood


def _member_understood(content: Content, schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, dict):
        # OpenAPI 3.0, 4.7.15: an object is a part of JSON; a form writes it in several ways.
        if content.kind is BodyKind.MULTIPART and _is_object(schema):
            return value
        return ABSENT
    is_of_list = schema.get("type") == "array"
    if value is None or isinstance(value, list) is not is_of_list:
        return ABSENT
    if not isinstance(value, list):
        return value_of_text(schema, _field_text(value))
    if not all(isinstance(item, str | int | float) for item in value):
        return ABSENT
    items = schema.get("items")
    held = items if isinstance(items, Mapping) else {}
    return [value_of_text(held, _field_text(item)) for item in value]


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" or "properties" in schema


def value_of_text(schema: Mapping[str, Any], text: str) -> Any:
    """Return *text* as the first type of *schema* that it can be."""
    for kind in types_allowed(schema):
        if kind not in READERS:
            continue
        value = READERS[kind](text)
        if value is not ABSENT:
            return value
    return text


def _field_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def _number_of(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return ABSENT
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number:
        return ABSENT
    return value


def _integer_of(text: str) -> Any:
    value = _number_of(text)
    if not isinstance(value, int):
        return ABSENT
    return value


def _boolean_of(text: str) -> Any:
    return {"true": True, "false": False}.get(text, ABSENT)


READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _integer_of,
    "number": _number_of,
    "boolean": _boolean_of,
}


# --- forms ----------------------------------------------------------------------------------------


def _form(value: Mapping[str, Any]) -> bytes:
    """Return *value* as a form, the items of a list each under its name (style ``form``)."""
    pairs = [(name, text.encode("utf-8")) for name, text in _form_fields(value)]
    return urlencode(pairs).encode("ascii")


def _form_fields(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, member in value.items():
        items = member if isinstance(member, list) else [member]
        for item in items:
            yield name, _field_text(item)


def _multipart(content: Content, value: Mapping[str, Any]) -> bytes:
    """Return *value* as parts (RFC 7578); what is binary by its schema is a small file."""
    parts = []
    for name, text in _form_fields(value):
        shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'Content-Disposition: form-data; name="{shown}"'
        if _is_file(member_schema(content.schema, name)):
            head += '; filename="contract.txt"\r\nContent-Type: application/octet-stream'
        elif isinstance(value[name], dict):
            head += "\r\nContent-Type: application/json"
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n{text}\r\n")
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def _is_file(schema: Mapping[str, Any]) -> bool:
    """Return whether *schema* is that of a file: of a list, its items."""
    items = schema.get("items")
    held = items if isinstance(items, Mapping) else schema
    return held.get("format") == "binary" or "contentMediaType" in held
