"""Which promises do the descriptions of a page make? The same data as ``x-contract`` has.

Written is what the wording makes certain (`wordings`), each entry with the line of its words and in
our own. Where two places could be meant, none is. What is already stated stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pytest_confluent_contracts.documents.conventions import WHERE_STAMPS_STAND
from pytest_confluent_contracts.documents.lines import Node, set_member
from pytest_confluent_contracts.documents.pages import prose_headers, wordings
from pytest_confluent_contracts.documents.pages.described import Described, DescribedTree
from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Set

METHODS = ("get", "put", "post", "delete", "patch")
ERROR_PARTS = {
    "status": "The HTTP status of the answer, written as a string.",
    "occurrence": "Unique to this occurrence of the problem.",
    "pointer": "A JSON Pointer (RFC 6901) to the place in the request that caused the problem.",
}
# Some of each kind that the words allow; the values are our own.
KEYS_AND_PAIRS = ("bare", "key:value", "a:b:c")
# A schema that has one of these says itself which values there are, and whether others may come.
LISTS_OF_VALUES = frozenset({"enum", "const", "x-extensible-enum"})
STAMP_NAMES = frozenset({"created_at", "updated_at"})
WHERE_IDS_STAND = frozenset({"", "data"})


def add_stated_promises(root: Node) -> None:
    """Write what the words of *root*, an OpenAPI document, promise into it, in place.

    Promises of an operation stand in its ``x-contract``. What OpenAPI has a keyword for is written
    as that: ``enum`` of a member that is sent, ``writeOnly``, ``readOnly``, and ``x-immutable``.
    """
    tree = DescribedTree(root)
    for path, item in tree.resolved(root.get("paths")).items():
        if path.startswith("x-") or not isinstance(item, Node):
            continue
        for method in METHODS:
            if isinstance(item.get(method), Node):
                _add_to_operation(tree, path, method, item)


def _add_to_operation(tree: DescribedTree, path: str, method: str, item: Node) -> None:
    operation: Node = item[method]
    words = _words_of(tree, path, item, operation)
    block = operation.get("x-contract")
    if not isinstance(block, Node):
        block = Node(operation.line)
    entries = {
        "rate-limit": prose_headers.rate_limit(words.headers),
        "request-id": prose_headers.request_id(words.headers),
        "errors": _error_format(words.errors),
        "identity": _identity(words),
        "create-only": None if method == "post" else _create_only(words),
        "secrets": _secrets(words),
        "values": _values(words),
        "samples": _samples(words),
        "timestamps": _timestamps(words),
        "checked-elsewhere": _checked_elsewhere(words),
    }
    for key, told in entries.items():
        if told is not None and key not in block:
            set_member(block, key, told, told.line)
    _mark_immutable(words)
    _mark_generated(words)
    if block:
        operation["x-contract"] = block
        operation.lines.setdefault("x-contract", block.line)


@dataclass(frozen=True, slots=True)
class _Words:
    """All that is described of one operation; *headers* with the status that they belong to."""

    path: str
    parameters: Sequence[Node]
    sent: Sequence[Described]
    shown: Sequence[Described]
    errors: Sequence[Described]
    headers: Sequence[tuple[str, Described]]

    def may_send(self, path: str) -> bool:
        """Return whether a request may write the member at *path*."""
        sent = {one.path for one in self.sent}
        return path in sent and not self._is_read_only(path)

    def own_holders(self) -> Set[str]:
        """Return the paths of what holds the resource's own data, and no other resource's."""
        found = set(WHERE_STAMPS_STAND)
        for one in self.shown:
            if one.path and one.parent in WHERE_IDS_STAND and wordings.is_metadata(one.words):
                found.add(one.path)
        return found

    def _is_read_only(self, path: str) -> bool:
        """Return whether the member at *path*, or what it stands in, is only read."""
        for one in self.sent:
            is_around = bool(one.path) and paths.is_within(path, one.path)
            if is_around and one.node.get("readOnly"):
                return True
        return False


def _words_of(tree: DescribedTree, path: str, item: Node, operation: Node) -> _Words:
    shown: list[Described] = []
    errors: list[Described] = []
    headers: list[tuple[str, Described]] = []
    responses = tree.resolved(operation.get("responses"))
    for status in responses:
        response = tree.resolved(responses[status])
        headers += [(status, header) for header in tree.headers(response)]
        if status.startswith("2"):
            shown += tree.members(response)
        elif status.startswith(("4", "5")):
            errors += tree.members(response)
    parameters: list[Node] = []
    for holder in (item, operation):
        stated = holder.get("parameters")
        if isinstance(stated, list):
            parameters += [tree.resolved(one) for one in stated]
    return _Words(
        path=path,
        parameters=parameters,
        sent=tree.members(tree.resolved(operation.get("requestBody"))),
        shown=shown,
        errors=errors,
        headers=headers,
    )


def entry(line: int, says: str, **members: Any) -> Node:
    """Return an entry of ``x-contract`` that stands at *line*."""
    made = Node(line)
    made["says"] = says
    made.update(members)
    return made


# --- errors ---------------------------------------------------------------------------------------


def _error_format(errors: Sequence[Described]) -> Node | None:
    """Return what the members of an error mean; a part that stands in two places is left out."""
    places = _error_places(errors)
    made: Node | None = None
    for part, says in ERROR_PARTS.items():
        if part in places:
            made = _with_part(made, part, entry(places[part].line, says, path=places[part].path))
    if "title" in places:
        stable = [places[role].path for role in ("code", "title") if role in places]
        says = "The title should not change between occurrences of one problem."
        made = _with_part(made, "stable", entry(places["title"].line, says, paths=stable))
    return made


def _error_places(errors: Sequence[Described]) -> dict[str, Described]:
    """Return the member that has each role, where there is only one."""
    meant: dict[str, dict[str, Described]] = {}
    for one in errors:
        if not one.path or not _is_text(one.node):
            continue
        for role in wordings.error_roles(one.words):
            meant.setdefault(role, {}).setdefault(one.path, one)
    places: dict[str, Described] = {}
    for role, found in meant.items():
        if len(found) == 1:
            [places[role]] = found.values()
    return places


def _with_part(made: Node | None, part: str, told: Node) -> Node:
    if made is None:
        made = entry(told.line, "What each error tells.")
    set_member(made, part, told, told.line)
    return made


def _is_text(node: Node) -> bool:
    return bool(node.get("type", "string") == "string")


# --- the resource ---------------------------------------------------------------------------------


def _identity(words: _Words) -> Node | None:
    """Return which member equals the id in the path, and which one holds the address."""
    parameter = _id_in_path(words)
    if parameter is None:
        return None
    name = str(parameter["name"])
    wanted = (name, "id") if _is_own_id(words.path, name) else (name,)
    found = _first_member(words, lambda one: _is_id_alike(one, parameter, wanted))
    if found is None:
        return None
    says = "The answer is about the resource that the path names."
    made = entry(found.line, says, parameter=name, property=found.path)
    address = _first_member(words, partial(_is_own_address, holders=words.own_holders()))
    if address is not None:
        made["self"] = address.path
        _show_id(words, parameter, address.path)
    return made


def _show_id(words: _Words, parameter: Node, address: str) -> None:
    """Make an example of the id out of an example of the address, where that is of this path."""
    if {"example", "examples"} & parameter.keys():
        return
    pattern = paths.template_pattern(words.path)
    for one in words.shown:
        shown = one.node.get("example")
        if one.path != address or not isinstance(shown, str):
            continue
        found = re.search(f"{pattern}$", urlsplit(shown).path)
        if found:
            set_member(parameter, "example", unquote(found[found.lastindex or 0]), one.line)


def _id_in_path(words: _Words) -> Node | None:
    """Return the parameter that ends the path, where the words call it an id."""
    for parameter in words.parameters:
        name, said = str(parameter.get("name")), str(parameter.get("description") or "")
        is_last = parameter.get("in") == "path" and words.path.endswith(f"/{{{name}}}")
        if is_last and wordings.speaks_of_an_id(said):
            return parameter
    return None


def _is_own_id(path: str, name: str) -> bool:
    """Return whether a parameter is called ``id``, or after its collection.

    For example, ``account_id`` is the own id below ``/accounts``.
    """
    if name.lower() == "id":
        return True
    collection = path.split("/")[-2].lower().replace("-", "").replace("_", "")
    stem = name.lower().removesuffix("id").replace("-", "").replace("_", "")
    return name.lower().endswith("id") and bool(stem) and collection.startswith(stem[:-1])


def _is_id_alike(one: Described, parameter: Node, wanted: Sequence[str]) -> bool:
    schema = parameter.get("schema")
    kind = "string"
    if isinstance(schema, Node):
        kind = str(schema.get("type", kind))
    is_named = one.name in wanted
    is_own = one.parent in WHERE_IDS_STAND
    is_alike = bool(one.node.get("type", "string") == kind)
    return is_named and is_own and is_alike and wordings.speaks_of_an_id(one.words)


def _is_own_address(one: Described, *, holders: Set[str]) -> bool:
    return one.parent in holders and _is_text(one.node) and wordings.is_address(one.words)


def _first_member(words: _Words, fits: Callable[[Described], bool]) -> Described | None:
    """Return the only member of the answer that *fits* and that no request writes."""
    found: dict[str, Described] = {}
    for one in words.shown:
        if one.path and fits(one) and not words.may_send(one.path):
            found.setdefault(one.path, one)
    return next(iter(found.values())) if len(found) == 1 else None


def _timestamps(words: _Words) -> Node | None:
    """Return when the resource was created and changed.

    Where a member has one of the usual names and other words, what is usual is left to hold.
    """
    found: dict[str, Described] = {}
    holders = words.own_holders()
    for role in ("created", "updated"):
        stamp = _first_member(words, partial(_is_stamp, role=role, holders=holders))
        if stamp is not None:
            found[role] = stamp
    told = {one.path for one in found.values()}
    if not found or not _usual_stamps(words) <= told:
        return None
    first = next(iter(found.values()))
    says = "When the resource was created, and when it was last changed."
    made = entry(first.line, says)
    for role, one in found.items():
        set_member(made, role, one.path, one.line)
    return made


def _usual_stamps(words: _Words) -> set[str]:
    """Return the paths of what is called as the time stamps of a resource are by convention."""
    found: set[str] = set()
    for one in words.shown:
        is_usual = bool(one.path) and one.name in STAMP_NAMES
        if is_usual and one.parent in WHERE_STAMPS_STAND:
            found.add(one.path)
    return found


def _is_stamp(one: Described, *, role: str, holders: Set[str]) -> bool:
    is_own = one.parent in holders and one.node.get("format") == "date-time"
    return is_own and wordings.stamp_roles(one.words) == {role}


# --- what is shown, and what is not ---------------------------------------------------------------


def _create_only(words: _Words) -> Node | None:
    says = "Shown when the resource is created, and never again."
    found = (one for one in words.shown if wordings.is_create_only(one.words))
    return _property_list(found, says)


def _secrets(words: _Words) -> Node | None:
    """Return the members of the request that never come back, and mark them as ``writeOnly``.

    They are said not to, or are said to be secret and no answer describes them.
    """
    shown = {one.name for one in words.shown if one.path}
    found: list[Described] = []
    for one in words.sent:
        is_free_text = bool(one.path) and _is_text(one.node) and "enum" not in one.node
        is_hidden = is_free_text and one.name not in shown
        if is_hidden and wordings.is_never_shown(one.words):
            set_member(one.node, "writeOnly", True, one.line)
            found.append(one)
    return _property_list(found, "Sent by the client, and shown in no answer.")


def _checked_elsewhere(words: _Words) -> Node | None:
    says = "A credential of an account elsewhere: one that is made up may be refused."
    found = (
        one for one in words.sent if _is_text(one.node) and wordings.belongs_elsewhere(one.words)
    )
    return _property_list(found, says)


def _property_list(found: Iterable[Described], says: str) -> Node | None:
    by_path: dict[str, Described] = {}
    for one in found:
        if one.path:
            by_path.setdefault(one.path, one)
    if not by_path:
        return None
    first = next(iter(by_path.values()))
    return entry(first.line, says, properties=list(by_path))


def _mark_immutable(words: _Words) -> None:
    """Mark the members that are said never to change, as schemas are marked that say so."""
    for one in (*words.sent, *words.shown):
        if one.path and wordings.is_immutable(one.words) and "x-immutable" not in one.node:
            set_member(one.node, "x-immutable", True, one.line)


def _mark_generated(words: _Words) -> None:
    """Mark as read-only what the service is said to choose, and no request may send."""
    sent = {"", *(one.path for one in words.sent)}
    for one in words.shown:
        if one.path not in sent and wordings.is_generated(one.words):
            set_member(one.node, "readOnly", True, one.line)


# --- values ---------------------------------------------------------------------------------------


def _values(words: _Words) -> Node | None:
    """Return the only values of members of the answer.

    A schema that lists its values needs none. What a request may write gets an ``enum``.
    """
    for one, listed in _with_values(words.sent):
        if not one.node.get("readOnly"):
            set_member(one.node, "enum", listed, one.line)
    return _values_by_path(_with_values(words.shown), "These are the values that there are.")


def _with_values(described: Iterable[Described]) -> Iterator[tuple[Described, list[str]]]:
    for one in described:
        is_text = bool(one.path) and one.node.get("type") == "string"
        if is_text and not LISTS_OF_VALUES & one.node.keys():
            listed = wordings.only_values(one.words)
            if listed:
                yield one, listed


def _samples(words: _Words) -> Node | None:
    found: list[tuple[Described, list[str]]] = []
    for one in (*words.sent, *words.shown):
        if wordings.is_key_or_pair(one.words):
            path = paths.item_path(one.path) if one.node.get("type") == "array" else one.path
            item = Described(path, one.node, one.words, one.line)
            found.append((item, list(KEYS_AND_PAIRS)))
    return _values_by_path(found, "A key alone, or a key and a value with a colon between them.")


def _values_by_path(found: Iterable[tuple[Described, list[str]]], says: str) -> Node | None:
    properties = Node(0)
    for one, listed in found:
        if one.path not in properties:
            properties.line = properties.line or one.line
            set_member(properties, one.path, listed, one.line)
    if not properties:
        return None
    return entry(properties.line, says, properties=properties)
