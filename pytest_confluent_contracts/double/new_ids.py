"""Which id does a new resource get? One in the form of those that the document shows, never twice.

The form is that of the example, else what the schemas of the id and of the path parameter allow.
"""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.patterns import UnreadablePattern, matching_text
from pytest_confluent_contracts.double.samples import allowed_value, is_allowed
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from random import Random

Schema = Mapping[str, Any]

TAIL = re.compile(r"[A-Za-z0-9]+\Z")
HEXADECIMAL = re.compile(r"[0-9a-f]+\Z")
TRIES = 200
FIRST_NUMBER = 4000  # far from those that an example counts from


class NoNewId(Exception):
    """The schemas allow no further id."""


def new_id(example: str, schemas: Sequence[Schema], used: Container[str], random: Random) -> str:
    """Return a text that no id of *used* is and that each of *schemas* allows.

    It looks like *example* where that may be. Raise `NoNewId` where none is found.
    """
    for text in _candidates(example, schemas, random):
        if text and text not in used and all(_takes(schema, text) for schema in schemas):
            return text
    raise NoNewId(example)


def _takes(schema: Schema, text: str) -> bool:
    """Return whether *schema* allows *text*, or the number that is written so."""
    if is_allowed(schema, text):
        return True
    return re.fullmatch(r"0|[1-9][0-9]*", text) is not None and is_allowed(schema, int(text))


def _candidates(example: str, schemas: Sequence[Schema], random: Random) -> Iterator[str]:
    if any("integer" in types_allowed(schema) for schema in schemas):
        yield from _numbers(int(example) if example.isdigit() else 0)
    if any(schema.get("format") == "uuid" for schema in schemas) or _is_uuid(example):
        for _ in range(TRIES):
            yield str(uuid.UUID(int=random.getrandbits(128), version=4))
    for number in range(TRIES):
        yield _like(example, number, random)
    for schema in schemas:
        yield from _of_pattern(schema)
    for _ in range(TRIES):
        yield f"{random.getrandbits(32):08x}"


def _numbers(first: int) -> Iterator[str]:
    for number in range(TRIES * TRIES):
        yield str(first + FIRST_NUMBER + number)
    for number in range(TRIES):
        yield str(number + 1)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _like(example: str, number: int, random: Random) -> str:
    """Return a text with other characters of the same kinds at the end of *example*."""
    found = TAIL.search(example)
    if found is None:
        return f"{example}{FIRST_NUMBER + number}"
    head, tail = example[: found.start()], found.group()
    if len(tail) < 4:  # there are too few of that size
        return f"{head}{tail}{FIRST_NUMBER + number + random.randrange(1000)}"
    is_hexadecimal = HEXADECIMAL.match(tail) is not None and not tail.isalpha()
    return head + "".join(_other_character(mark, random, is_hexadecimal) for mark in tail)


def _other_character(mark: str, random: Random, is_hexadecimal: bool) -> str:
    if mark.isdigit():
        return random.choice(string.digits)
    if is_hexadecimal:
        return random.choice("abcdef")
    if mark.isupper():
        return random.choice(string.ascii_uppercase)
    return random.choice(string.ascii_lowercase)


def _of_pattern(schema: Schema) -> Iterator[str]:
    """Yield texts of the schema's pattern or list, and one that it allows."""
    for turn in range(TRIES if "pattern" in schema else 0):
        try:
            yield matching_text(schema["pattern"], schema.get("minLength", 0), turn)
        except (UnreadablePattern, ValueError, RecursionError):
            break
    yield from map(str, schema.get("enum", ()))
    sample = allowed_value(schema)
    if sample is not ABSENT:
        yield str(sample)
