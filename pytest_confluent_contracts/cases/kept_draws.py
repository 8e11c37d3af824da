"""What was drawn before, for the very same question? Then it is drawn no more.

Drawing, and to import Hypothesis and schemathesis for it, takes most of the time of making a plan.
What they draw follows from a schema, a seed and a count alone. So it is kept, and not the cases
that are made of it: those hold credentials, pins and parameters, of which nothing may lie in a
folder, and they take no time to make.
"""

from __future__ import annotations

import hashlib
import json
import platform
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.draw_files import DrawFiles, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What says which values come: another version of one may draw others.
DRAWING = ("hypothesis", "schemathesis", "jsonschema_rs", "pytest-confluent-contracts")
UNKNOWN_VERSION = "none"
# Of an object in what is drawn that stands for a secret, so that none lies in a file: its number,
# and what comes behind it.
MADE_UP = "made up"
# Where draws are kept meanwhile, that of the innermost run last. It stands here as the memories of
# one process do: who draws, deep below a plan, asks no more than his question.
_OPEN: list[DrawFiles] = []


@contextmanager
def kept_in(folder: Path) -> Iterator[DrawFiles]:
    """Keep in *folder* what is drawn meanwhile, and take from it what was; the caller saves it."""
    files = DrawFiles(folder, versions())
    _OPEN.append(files)
    try:
        yield files
    finally:
        _OPEN.remove(files)


def once_drawn(what: str, question: list[Any], draw: Callable[[], list[Any]]) -> list[Any]:
    """Return what *draw* returns for *question*: values of JSON, drawn now or in a run before.

    *question* is all that the values follow from, and is itself of JSON. Nobody may change what is
    returned. *draw* may import what takes long to import: where the values are known, it is not
    called. It keeps Hypothesis to itself.
    """
    return [_with_secrets(value) for value in _known_or_drawn(what, question, draw)]


def _known_or_drawn(what: str, question: list[Any], draw: Callable[[], list[Any]]) -> list[Any]:
    if not _OPEN:
        return _drawn_alone(draw)
    files = _OPEN[-1]
    key = digest_of(json.dumps([what, *question]))
    known = _read(files.text_of(key))
    if known is not None:
        return known
    values = _drawn_alone(draw)
    text = _written(values)
    if text:
        files.add(key, text)
    return values


def _drawn_alone(draw: Callable[[], list[Any]]) -> list[Any]:
    from pytest_confluent_contracts.cases.drawing import isolated_hypothesis

    with isolated_hypothesis():
        return draw()


def _with_secrets(value: Any) -> Any:
    """Return *value* with the texts of the secrets that it stands for.

    They are long enough that one found in an answer is no chance.
    """
    if isinstance(value, list):
        return [_with_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {MADE_UP}:
        number, tail = value[MADE_UP]
        return f"cs{number:016x}{tail}"
    return {name: _with_secrets(one) for name, one in value.items()}


# --- as a text ------------------------------------------------------------------------------------


def _written(values: list[Any]) -> str:
    """Return *values* as JSON, ``""`` where they would not come back as they are.

    Two lone surrogates would come back as one character, and a tuple as a list.
    """
    try:
        text = json.dumps(values)
        # repr tells 1.0 from 1 and True, -0.0 from 0.0, and one order of members from another.
        is_same = repr(json.loads(text)) == repr(values)
    except (TypeError, ValueError, RecursionError):
        return ""
    return text if is_same else ""


def _read(text: str) -> list[Any] | None:
    """Return the values that `_written` wrote as *text*, None where it wrote something else."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None


# --- of which versions ----------------------------------------------------------------------------


@cache
def versions() -> str:
    """Return all that decides, beside the question, which values are drawn."""
    told = {name: _version_of(name) for name in DRAWING}
    told["python"] = f"{platform.python_implementation()} {platform.python_version()}"
    told["sources"] = _digest_of_sources()
    return json.dumps(told, sort_keys=True)


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return UNKNOWN_VERSION


def _digest_of_sources() -> str:
    """Return the digest of what draws: a checkout changes without its version."""
    found = hashlib.sha256()
    for room in ("cases", "model"):
        for path in sorted((Path(__file__).parents[1] / room).glob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
