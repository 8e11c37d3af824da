"""What does an overlay change in a document? OpenAPI Overlay 1.0, applied before it is read.

Each action names places of the document by a JSONPath (RFC 9535), and what becomes of them. What an
overlay adds keeps its line in the overlay's own file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.file_set import FileSet
from pytest_confluent_contracts.documents.lines import Node, copy_nodes
from pytest_confluent_contracts.model.documents import Unjudged
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def extended_name(path: Path) -> str | None:
    """Return which document the overlay at *path* extends, None where it does not say.

    Raise `ContractError` where it is no overlay.
    """
    files = FileSet(path)
    root = _overlay_root(files, files.first.root)
    if "extends" not in root:
        return None
    return str(root["extends"])


def apply_overlay(files: FileSet, path: Path) -> list[Unjudged]:
    """Change the first of *files* as the overlay at *path* says, in place.

    Return the actions that match nothing. Raise `ContractError` with its line where one is wrong.
    """
    # References that it adds go out from the document, of which they are a part from then on.
    overlay = _overlay_root(files, files.add(path, files.first.base).root)
    actions = overlay.get("actions")
    if not isinstance(actions, list):
        raise _error(files, overlay.line_of("actions"), "`actions` is missing or no list")
    root = files.first.root
    for name, value in root.items():
        # An alias is one value in several places, and only one of them is meant.
        root[name] = copy_nodes(value)
    vain: list[Unjudged] = []
    for action in actions:
        vain += _apply_action(files, root, action, overlay.line_of("actions"))
    return vain


def _overlay_root(files: FileSet, root: Node) -> Node:
    """Return *root*, which is that of an overlay."""
    version = str(root.get("overlay"))  # without quotes, 1.0 is a number
    if not re.fullmatch(r"1\.[0-9]+(\..*)?", version):
        told = "not an OpenAPI Overlay 1.0: `overlay` does not say so"
        raise _error(files, root.line_of("overlay"), told)
    return root


def _apply_action(files: FileSet, root: Node, action: Any, line: int) -> Iterator[Unjudged]:
    """Apply one action; yield it where it matches nothing."""
    if not isinstance(action, Node) or not isinstance(action.get("target"), str):
        at = action.line if isinstance(action, Node) else line
        raise _error(files, at, "an action of an overlay has a `target`, which is a JSONPath")
    matches = _matches(files, root, action)
    if not matches:
        place = files.location(action.line_of("target"))
        yield Unjudged("target that matches nothing (overlay)", place)
    # From the last one on, so that what is removed moves nothing that is still to be removed.
    for match in reversed(matches):
        if action.get("remove") is True:
            _remove(files, match, action)
        elif "update" in action:
            _update(files, match.obj, action)


def _matches(files: FileSet, root: Node, action: Node) -> list[Any]:
    """Return the matches of the action's target, each with its value, its parent and its steps."""
    from jsonpath import JSONPathEnvironment, JSONPathError

    target = action["target"]
    try:
        return list(JSONPathEnvironment(strict=True).finditer(target, root))
    except JSONPathError as error:
        said = str(error).partition("\n")[0]
        told = f"`target: {target}` is no JSONPath (RFC 9535): {said}"
        raise _error(files, action.line_of("target"), told) from error


def _remove(files: FileSet, match: Any, action: Node) -> None:
    if match.parent is None:
        raise _error(files, action.line_of("target"), "the whole document cannot be removed")
    holder, step = match.parent.obj, match.parts[-1]
    del holder[step]
    if isinstance(holder, Node):
        holder.lines.pop(step, None)


def _update(files: FileSet, selected: Any, action: Node) -> None:
    """Merge the action's update into an object, or append it to a list (Overlay 1.0, 4.4.3)."""
    update, line = action["update"], action.line_of("update")
    if isinstance(selected, list):
        selected.append(copy_nodes(update))
    elif not isinstance(selected, Node):
        told = f"`target: {action['target']}` selects neither an object nor a list"
        raise _error(files, action.line_of("target"), told)
    elif not isinstance(update, Node):
        raise _error(files, line, "what updates an object is an object")
    else:
        _merge(files, selected, update)


def _merge(files: FileSet, known: Node, update: Node) -> None:
    """Put the members of *update* into *known*: objects member by member, lists behind lists."""
    for name, value in update.items():
        line = update.line_of(name)
        if isinstance(known.get(name), Node) and isinstance(value, Node):
            _merge(files, known[name], value)
        elif isinstance(known.get(name), list) and isinstance(value, list):
            known[name] += copy_nodes(value)
        elif _holds(known.get(name)) or (name in known and _holds(value)):
            raise _error(files, line, f"`{name}` is of another type in the document")
        else:
            known[name] = copy_nodes(value)
            known.lines[name] = line


def _holds(value: Any) -> bool:
    return isinstance(value, (Node, list))


def _error(files: FileSet, line: int, message: str) -> ContractError:
    place = files.location(line)
    return ContractError(f"{place}: {message}", place)
