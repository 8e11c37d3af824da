"""Which values does a file hold? JSON or YAML, told apart by how the file begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.json_text import read_json
from pytest_confluent_contracts.documents.lines import Node, UnreadableText
from pytest_confluent_contracts.documents.pages import read_page
from pytest_confluent_contracts.documents.yaml_text import read_yaml
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> Node:
    """Return the file's mapping with its lines.

    Raise `ContractError`, with the line, where it is neither JSON nor YAML or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    root = _page_value(path, text)
    if root is None:
        root = _json_value(path, text) if path.suffix == ".json" else _yaml_value(path, text)
    if not isinstance(root, Node):
        raise ContractError(f"{path}:1: not an OpenAPI document: the file holds no mapping")
    return root


def _page_value(path: Path, text: str) -> Node | None:
    try:
        return read_page(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: {error}") from error


def _json_value(path: Path, text: str) -> Any:
    try:
        return read_json(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: not JSON: {error}") from error


def _yaml_value(path: Path, text: str) -> Any:
    """Return what a YAML text says.

    JSON is a part of YAML, but for tabs between its values and some of its escapes, which libyaml
    does not take: what begins as JSON is tried as JSON first.
    """
    if text.lstrip().startswith("{"):
        try:
            return read_json(text)
        except UnreadableText:
            pass  # a flow mapping of YAML, or broken: YAML tells where
    try:
        return read_yaml(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: not YAML: {error}") from error
