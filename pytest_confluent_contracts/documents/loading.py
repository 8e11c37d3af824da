"""Which values does a file hold? JSON, YAML or a published page, told apart by what is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.json_text import read_json_with_repeated
from pytest_confluent_contracts.documents.lines import (
    Node,
    RepeatedKey,
    UnreadableText,
    refuse_repeated,
)
from pytest_confluent_contracts.documents.yaml_text import read_yaml_with_repeated
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

Read = tuple[Any, list[RepeatedKey]]  # a value, and the keys in it that are repeated

# A member that only a document of its own, or an overlay, has at its root.
NO_PAGE = re.compile(r"^[\"']?(?:openapi|swagger|overlay)[\"']?[ \t]*:", re.MULTILINE)
# The same as the first that a file says: a page may show such a line further down.
BEGINS_AS_NO_PAGE = re.compile(
    r"(?:[ \t]*(?:#[^\n]*|---[ \t]*)?\r?\n)*[\"']?(?:openapi|swagger|overlay)[\"']?[ \t]*:"
)
# Of these names, no file is meant to be YAML.
NAMES_OF_PAGES = frozenset((".md", ".markdown", ".mdx", ".txt", ".html", ".htm"))


def load_document(path: Path) -> Node:
    """Return the mapping of a document with its lines.

    Of a published page it is the OpenAPI that the page describes. Raise `ContractError`, with the
    line, where the file is neither JSON, YAML nor a page that is known, or holds no mapping.
    """
    return _told_once(path, load_document_with_repeated(path))


def load_document_with_repeated(path: Path) -> tuple[Node, list[RepeatedKey]]:
    """Return the mapping of a document, or of a page, and the keys that stand in it twice."""
    text = _text_of(path)
    page = None if path.suffix == ".json" else _page_value(path, text)
    if page is not None:
        return page, []
    return _mapping(path, text)


def load(path: Path) -> Node:
    """Return the mapping of a file that is JSON or YAML with its lines.

    Raise `ContractError`, with the line, where it is neither, holds no mapping, or repeats a key.
    """
    return _told_once(path, load_with_repeated(path))


def load_with_repeated(path: Path) -> tuple[Node, list[RepeatedKey]]:
    """Return the mapping of a file that is JSON or YAML, and the keys that stand in it twice."""
    return _mapping(path, _text_of(path))


def _told_once(path: Path, read: tuple[Node, list[RepeatedKey]]) -> Node:
    """Return the mapping of *read*; raise `ContractError` where a key is repeated."""
    root, repeated = read
    try:
        refuse_repeated(repeated)
    except UnreadableText as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ContractError(f"{path}:{error.line}: not {kind}: {error}") from error
    return root


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error


def _mapping(path: Path, text: str) -> tuple[Node, list[RepeatedKey]]:
    is_json = path.suffix == ".json"
    root, repeated = _json_value(path, text) if is_json else _yaml_value(path, text)
    if not isinstance(root, Node):
        raise ContractError(f"{path}:1: not an OpenAPI document: the file holds no mapping")
    return root, repeated


def _json_value(path: Path, text: str) -> Read:
    try:
        return read_json_with_repeated(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: not JSON: {error}") from error


def _page_value(path: Path, text: str) -> Node | None:
    """Return what a published page describes, None where the text is none."""
    if _is_data(path, text):
        return None
    # Here, so that documents that are no pages do not pay for what reads them.
    from pytest_confluent_contracts.documents.pages import read_page

    try:
        return read_page(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: {error}") from error


def _is_data(path: Path, text: str) -> bool:
    """Return whether *text* is surely meant to be JSON, or an OpenAPI file in YAML."""
    begin = text[:1000].lstrip()[:2]
    if begin.startswith("{") and begin != "{%":
        return True
    if path.suffix.lower() in NAMES_OF_PAGES:
        return BEGINS_AS_NO_PAGE.match(text) is not None
    return NO_PAGE.search(text) is not None


def _yaml_value(path: Path, text: str) -> Read:
    """Return what a YAML text says.

    JSON is a part of YAML, but for tabs between its values and some of its escapes, which libyaml
    does not take: what begins as JSON is tried as JSON first.
    """
    if text.lstrip().startswith("{"):
        try:
            return read_json_with_repeated(text)
        except UnreadableText:
            pass  # a flow mapping of YAML, or broken: YAML tells where
    if text.lstrip().startswith("<"):
        told = "HTML or XML: save the page as Markdown or as text, or give its OpenAPI file"
        raise ContractError(f"{path}:1: {told}")
    try:
        return read_yaml_with_repeated(text)
    except UnreadableText as error:
        if path.suffix.lower() in NAMES_OF_PAGES:
            told = "neither a page that is known (tabs and tables, or a panel of YAML) nor OpenAPI"
            raise ContractError(f"{path}:1: {told}") from error
        raise ContractError(f"{path}:{error.line}: not YAML: {error}") from error
