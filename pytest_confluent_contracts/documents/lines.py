"""What does a file say, and on which line?

YAML and JSON as plain values that know where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path


class Node(dict[str, Any]):
    """A mapping of the file that knows the line on which it, and each of its members, begins."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of the member *key*, or the mapping's own."""
        return self.lines.get(key, self.line)


# libyaml's loader is the fast one; PyYAML may be built without it.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """YAML as OpenAPI asks for it: no dates, no octals, no yes and no.

    That is the JSON schema of YAML 1.2.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False|TRUE|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Iterator[Node]:
    mapping = Node(node.start_mark.line + 1)
    yield mapping
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                None, None, f"duplicate key {key!r}", key_node.start_mark
            )
        mapping.lines[key] = key_node.start_mark.line + 1
        mapping[key] = loader.construct_object(value_node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def load(path: Path) -> Node:
    """Return the file's mapping with its lines.

    Raise `ContractError`, with the line, where it is not YAML or holds no mapping.
    """
    try:
        root = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", error)
        raise ContractError(f"{path}{line}: not YAML: {problem}") from error
    # A number that is none or too long, and endless nesting.
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{path}: not YAML: {error}") from error
    if not isinstance(root, Node):
        raise ContractError(f"{path}:1: not an OpenAPI document: the file holds no mapping")
    return root


def strip(value: Any) -> Any:
    """Return *value* with plain dicts and lists, fit for libraries that copy or pickle."""
    if isinstance(value, Mapping):
        return {key: strip(member) for key, member in value.items()}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value
