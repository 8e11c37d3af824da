"""Which values does a file hold? JSON or YAML, told apart by how the file begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.json_text import read_json_with_repeated
from pytest_confluent_contracts.documents.lines import Node, RepeatedKey, UnreadableText
from pytest_confluent_contracts.documents.yaml_text import read_yaml_with_repeated
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path


Read = tuple[Any, list[RepeatedKey]]  # a value, and the keys in it that are repeated


def load(path: Path) -> Node:
    """Return the file's mapping with its lines.

    Raise `ContractError`, with the line, where it is neither JSON nor YAML, holds no mapping, or
    repeats a key.
    """
    root, repeated = load_with_repeated(path)
    for key in repeated:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ContractError(f"{path}:{key.line}: not {kind}: duplicate key {key.name!r}")
    return root


def load_with_repeated(path: Path) -> tuple[Node, list[RepeatedKey]]:
    """Return the file's mapping with its lines, and the keys that stand in a mapping twice.

    Raise `ContractError`, with the line, where it is neither JSON nor YAML or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
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
    try:
        return read_yaml_with_repeated(text)
    except UnreadableText as error:
        raise ContractError(f"{path}:{error.line}: not YAML: {error}") from error
