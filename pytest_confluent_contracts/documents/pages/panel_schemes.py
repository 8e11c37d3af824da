"""How are the credentials sent of a scheme that a page names and does not define?

Told is only what is certain: by the scheme's own name, by words on the page, or by the challenge of
a 401 (RFC 9110 11.6.1), which is of the one scheme that nothing else tells of. What is not told
stays undefined: its operation is then an error with the line, and an overlay can define it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import (
    Node,
    nodes_in,
    own_copy,
    remove_member,
    set_member,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Line = tuple[int, str]

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
BASIC_NAMES = frozenset({"basic"})
BEARER_NAMES = frozenset({"bearer", "jwt"})
BASIC_WORDS = re.compile(r"\b(?:HTTP )?basic (?:access )?auth", re.IGNORECASE)
BEARER_WORDS = re.compile(r"\bbearer\b", re.IGNORECASE)
BASIC_CURL = re.compile(r"\bcurl\b.*(?:-u|--user)[ =]|Authorization: *Basic ")
BEARER_CURL = re.compile(r"Authorization: *Bearer ")
# A header of a command whose value is to be filled in: $KEY, <key>, {{key}}.
KEY_IN_CURL = re.compile(r"-H[ =]?[\"']([A-Za-z][A-Za-z0-9-]*): *[$<{]")
HEADER_KIND = "header "  # before the name of the header that carries a key
NOT_OF_KEYS = frozenset({"accept", "authorization", "content-type", "idempotency-key", "if-match"})
CHALLENGE = re.compile(r"\s*(Basic|Bearer)\b", re.IGNORECASE)
UNAUTHORIZED = "401"


def add_told_schemes(
    root: Node, operations: Sequence[Node], prose: Sequence[tuple[int, str]]
) -> None:
    """Define the security schemes that the page tells, under the components of *root*."""
    defined = _defined_schemes(root, operations)
    named = {name: line for name, line in _named_schemes(root, operations) if name not in defined}
    told: dict[str, tuple[str, str]] = {}
    for name in named:
        found = _kind_by_name(name) or _kind_by_words(name, prose)
        if found:
            told[name] = found
    untold = [name for name in named if name not in told]
    if len(untold) == 1:
        found = _kind_by_elimination(untold[0], told, defined, operations, prose)
        if found:
            told[untold[0]] = found
    for name, (kind, why) in told.items():
        set_member(defined, name, _scheme(kind, why, named[name]), named[name])
    if defined:
        set_member(own_copy(root, "components"), "securitySchemes", defined, defined.line)


def _defined_schemes(root: Node, operations: Sequence[Node]) -> Node:
    """Return the schemes that the panel does define, taken out of the operations."""
    defined = Node(root.line)
    components = root.get("components")
    sources: list[Any] = []
    if isinstance(components, Node):
        sources.append(components.get("securitySchemes"))
    for operation in operations:
        sources.append(operation.get("securitySchemes"))
        remove_member(operation, "securitySchemes")
    for source in sources:
        if not isinstance(source, Node):
            continue
        for name, scheme in source.items():
            if name not in defined:
                set_member(defined, name, scheme, source.line_of(name))
    return defined


def _named_schemes(root: Node, operations: Sequence[Node]) -> Iterator[tuple[str, int]]:
    """Yield each scheme that is asked for, with the line; the first of a name comes last."""
    requirements: list[Node] = []
    for holder in (*operations, root):
        security = holder.get("security")
        if isinstance(security, list):
            requirements += [one for one in security if isinstance(one, Node)]
    for requirement in reversed(requirements):
        for name in requirement:
            yield name, requirement.line_of(name)


def _kind_by_name(name: str) -> tuple[str, str] | None:
    """Return how a scheme is sent by its name, and why; None where the name does not tell.

    An access token is sent as a bearer token (RFC 6750).
    """
    words = [word.lower() for word in WORD.findall(name)]
    if BASIC_NAMES & set(words):
        return "basic", "Its name says so."
    if BEARER_NAMES & set(words):
        return "bearer", "Its name says so."
    if ("access", "token") in pairwise(words):
        return "bearer", "An access token, as its name says, is sent as a bearer token (RFC 6750)."
    return None


def _kind_by_words(name: str, prose: Sequence[Line]) -> tuple[str, str] | None:
    """Return how a scheme is sent by a line of the page that names it; None where none tells."""
    kinds: set[tuple[str, int]] = set()
    for number, text in prose:
        if name not in text:
            continue
        beside = text.replace(name, "")
        if BASIC_WORDS.search(beside):
            kinds.add(("basic", number))
        if BEARER_WORDS.search(beside):
            kinds.add(("bearer", number))
    if len({kind for kind, _ in kinds}) != 1:
        return None
    kind, number = min(kinds)
    return kind, f"Line {number} of the page says so."


def _kind_by_elimination(
    name: str,
    told: Mapping[str, tuple[str, str]],
    defined: Node,
    operations: Sequence[Node],
    prose: Sequence[Line],
) -> tuple[str, str] | None:
    """Return how the only scheme is sent of which nothing else tells; None where that is open.

    The page shows one way to send credentials that is none of the others'.
    """
    others = {kind for kind, _ in told.values()}
    others |= {str(one.get("scheme")).lower() for one in defined.values() if isinstance(one, Node)}
    shown = dict(_kinds_shown(operations, prose))
    left = [kind for kind in shown if kind not in others]
    if len(left) != 1:
        return None
    return left[0], f"Line {shown[left[0]]} of the page shows it, and no other scheme is sent so."


def _kinds_shown(operations: Sequence[Node], prose: Sequence[Line]) -> Iterator[tuple[str, int]]:
    """Yield the ways to send credentials that challenges and commands of the page show."""
    for operation in operations:
        for text, line in _challenges(operation):
            found = CHALLENGE.match(text)
            if found:
                yield found[1].lower(), line
    for number, text in prose:
        if BASIC_CURL.search(text):
            yield "basic", number
        if BEARER_CURL.search(text):
            yield "bearer", number
        for name in KEY_IN_CURL.findall(text):
            if name.lower() not in NOT_OF_KEYS:
                yield f"{HEADER_KIND}{name}", number


def _challenges(operation: Node) -> Iterator[tuple[str, int]]:
    """Yield the values that a 401 shows for WWW-Authenticate, each with its line."""
    responses = operation.get("responses")
    refusal = responses.get(UNAUTHORIZED) if isinstance(responses, Node) else None
    headers = refusal.get("headers") if isinstance(refusal, Node) else None
    if not isinstance(headers, Node):
        return
    for name, header in headers.items():
        if name.lower() == "www-authenticate":
            yield from _values_shown(header)


def _values_shown(header: Any) -> Iterator[tuple[str, int]]:
    for node in nodes_in(header):
        for key in ("example", "value"):
            if isinstance(node.get(key), str):
                yield node[key], node.line_of(key)


def _scheme(kind: str, why: str, line: int) -> Node:
    scheme = Node(line)
    if kind.startswith(HEADER_KIND):
        carrier = kind.removeprefix(HEADER_KIND)
        scheme.update({"type": "apiKey", "in": "header", "name": carrier, "description": why})
    else:
        scheme.update({"type": "http", "scheme": kind, "description": why})
    return scheme
