"""Is the text of a header a value that its schema allows? It is read as each type it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
LONGEST_NUMBER = 300  # characters; Python reads no whole number of thousands of them
TRUTHS = {"true": True, "false": False}
# HTTP writes these as dates of its own (RFC 9110 5.6.7), whatever format a document names.
HTTP_DATES = frozenset({"date", "expires", "last-modified", "retry-after", "if-modified-since"})


def is_documented_value(name: str, schema: Mapping[str, Any], text: str) -> bool:
    """Return whether *text* is a value of the header *name* that *schema* allows.

    A list is written with commas between its items, and an object with commas between names and
    values, or with ``name=value`` (OpenAPI 3.1 4.8.12, style ``simple``). For example, ``1,2`` is
    the list ``[1, 2]`` and the text ``"1,2"``.
    """
    if name.lower() in HTTP_DATES:
        return True
    validator = jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True)
    return any(validator.is_valid(value) for value in _readings(schema, text.strip()))


def _readings(schema: Mapping[str, Any], text: str) -> Iterator[Any]:
    """Yield *text* as each value that it may be: a text, a number, a truth value, a list."""
    yield text
    if NUMBER.match(text):
        yield _number_of_text(text)
    if text in TRUTHS:
        yield TRUTHS[text]
    parts = [part.strip() for part in text.split(",")] if text else []
    items = schema.get("items")
    yield [_part(items, part) for part in parts]
    members = schema.get("properties") or {}
    yield {name: _part(members.get(name), value) for name, value in _member_pairs(parts)}


def _member_pairs(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and the values of an object's members."""
    if all("=" in part for part in parts):
        for part in parts:
            name, _, value = part.partition("=")
            yield name, value
        return
    yield from zip(parts[::2], parts[1::2], strict=False)


def _number_of_text(text: str) -> int | float:
    is_whole = "." not in text and "e" not in text.lower()
    if is_whole and len(text) <= LONGEST_NUMBER:
        return int(text)
    return float(text)


def _part(schema: Any, text: str) -> Any:
    """Return one part of a list or an object as its schema has it."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if kind in ("integer", "number") and NUMBER.match(text):
        return _number_of_text(text)
    if kind == "boolean":
        return TRUTHS.get(text, text)
    return text
