"""What does a request's body say, in whichever documented media type it was sent?

Written from the RFCs alone: nothing of it is shared with what writes the requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import IN_JSON, BodyKind, matching
from pytest_confluent_contracts.model.paths import ABSENT, tokens_of

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Operation

FORMS = frozenset({BodyKind.FORM, BodyKind.MULTIPART})


class Unreadable(ValueError):
    """The body is not what its media type says."""


class Unpatchable(ValueError):
    """An operation of a JSON Patch cannot be done on what is there (RFC 6902 5)."""


@dataclass(frozen=True, slots=True)
class ReadBody:
    """A body that was read: the documented one that it is, and its value.

    The value is `ABSENT` where it has no members that could be written.
    """

    content: Content
    value: Any


def read_as_documented(operation: Operation, media_type: str, body: bytes) -> ReadBody | None:
    """Return what *body* says, None where *media_type* is none of the documented ones.

    Raise `Unreadable` where it is not what it says it is.
    """
    contents = [] if operation.request is None else [operation.request, *operation.other_requests]
    named = matching([one.media_type for one in contents], media_type)
    for content in contents:
        if content.media_type == named:
            return ReadBody(content, _value_of(content, media_type, body))
    return None


def _value_of(content: Content, media_type: str, body: bytes) -> Any:
    if content.kind in IN_JSON:
        return _parsed_json(body)
    if content.kind in FORMS:
        is_form = content.kind is BodyKind.FORM
        pairs = _form_pairs(body) if is_form else _multipart_pairs(media_type, body)
        return _members_of(content, pairs)
    if not body and content.kind is BodyKind.XML:
        raise Unreadable("The body is empty.")
    return ABSENT


def _parsed_json(body: bytes) -> Any:
    try:
        value = _decoder().decode(body.decode("utf-8"))
        if b"\\u" in body:  # an escape may stand for half a pair
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    return value


@lru_cache(maxsize=1)
def _decoder() -> json.JSONDecoder:
    """Return the decoder, made once: `json.loads` makes one of each call that names a hook."""
    return json.JSONDecoder(parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# --- forms ----------------------------------------------------------------------------------------


def _form_pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unreadable("The body is no form.") from None


def _multipart_pairs(media_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return the names and contents of the parts (RFC 7578)."""
    if not re.search(r"boundary=", media_type, re.IGNORECASE):
        raise Unreadable("The boundary of the parts is not told.")
    head = f"Content-Type: {media_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    pairs: list[tuple[str, str]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise Unreadable("A part of the body has no name.")
        pairs.append((name, content.decode("utf-8", "replace")))
    return pairs


def _members_of(content: Content, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the object that *pairs* make, each of the type that the schema has for it."""
    members = content.schema.get("properties") or {}
    found: dict[str, Any] = {}
    for name, text in pairs:
        schema = members.get(name, {})
        if schema.get("type") != "array":
            found[name] = _value_of_text(schema, text)
            continue
        items = schema.get("items")
        item_schema = items if isinstance(items, Mapping) else {}
        found.setdefault(name, []).append(_value_of_text(item_schema, text))
    return found


def _value_of_text(schema: Mapping[str, Any], text: str) -> Any:
    types = types_allowed(schema)
    if "string" in types or not types:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_text_of_null = value is None and "null" not in types
    if is_text_of_null:
        return text
    return value


# --- patches --------------------------------------------------------------------------------------


def merged(target: Any, patch: Any) -> Any:
    """Return *target* with *patch* merged into it (RFC 7396 2)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def patched(target: Any, operations: Any) -> Any:
    """Return *target* with each operation of a JSON Patch done in turn (RFC 6902 4).

    Raise `Unpatchable` where one cannot be done; then none is.
    """
    document = deepcopy(target)
    for operation in operations:
        _check_addresses(operation)
        document = _with_operation(document, operation)
    return document


def _check_addresses(operation: Mapping[str, Any]) -> None:
    """Raise `Unpatchable` where an operation is about the whole resource, or about no place."""
    for key in ("path", "from"):
        if not str(operation.get(key, "/")).startswith("/"):
            raise Unpatchable(f"{key} names no member")
    if operation.get("op") in ("move", "copy") and "from" not in operation:
        raise Unpatchable("from is missing")


def _with_operation(document: Any, operation: Mapping[str, Any]) -> Any:
    name, path = operation.get("op"), operation.get("path", "")
    value = operation.get("value")
    if name in ("move", "copy"):
        value = deepcopy(_value_found(document, operation.get("from", "")))
    if name == "move":
        document = _without_value(document, operation.get("from", ""))
    if name in ("test", "remove", "replace"):
        there = _value_found(document, path)  # it must be there
        if name == "test" and there != value:
            raise Unpatchable("the test fails")
    if name in ("remove", "replace"):
        document = _without_value(document, path)
    if name in ("test", "remove"):
        return document
    return _with_added(document, path, value)


def _value_found(document: Any, pointer: str) -> Any:
    for token in tokens_of(pointer):
        if isinstance(document, list) and token.isdecimal() and int(token) < len(document):
            document = document[int(token)]
        elif isinstance(document, dict) and token in document:
            document = document[token]
        else:
            raise Unpatchable(f"nothing is at {pointer}")
    return document


def _without_value(document: Any, pointer: str) -> Any:
    *around, last = tokens_of(pointer)
    holder = _value_found(document, "".join(f"/{token}" for token in around))
    if isinstance(holder, list):
        del holder[int(last)]
    elif isinstance(holder, dict):
        del holder[last]
    return document


def _with_added(document: Any, pointer: str, value: Any) -> Any:
    *around, last = tokens_of(pointer)
    holder = _value_found(document, "".join(f"/{token}" for token in around))
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and last == "-":
        holder.append(value)
    elif isinstance(holder, list) and last.isdecimal():
        holder.insert(int(last), value)
    else:
        raise Unpatchable(f"nothing can be put at {pointer}")
    return document
