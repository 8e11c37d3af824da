"""What do the words on the headers of answers promise? A rate limit, and a request's own id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.lines import Node
from pytest_confluent_contracts.documents.pages import wordings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_confluent_contracts.documents.pages.described import Described

# Headers that RFC 9110 and its neighbours gave a meaning, whatever a page says of them.
OF_STANDARDS = frozenset(
    {
        *("www-authenticate", "proxy-authenticate", "location", "retry-after", "etag", "date"),
        *("server", "vary", "allow", "age", "expires", "last-modified", "cache-control"),
        *("set-cookie", "link", "via", "warning", "pragma", "content-type", "content-length"),
    }
)
STRUCTURED = frozenset({"ratelimit", "ratelimit-policy"})
# Statuses on which a wait has a meaning that is none of the rate limit's (RFC 9110 10.2.3).
MAY_ASK_TO_WAIT = (413, 429, 503)


def request_id(headers: Sequence[tuple[str, Described]]) -> Node | None:
    """Return the header that is said to be unique to a request; None where two are said to be."""
    found: dict[str, Described] = {}
    for _, header in headers:
        is_free = header.path.lower() not in OF_STANDARDS
        if is_free and wordings.names_the_request(header.words):
            found.setdefault(header.path.lower(), header)
    if len(found) != 1:
        return None
    [header] = found.values()
    made = Node(header.line)
    made["says"] = "Identifies one request; no two requests share it."
    made["header"] = header.path
    made["unique"] = True
    return made


def rate_limit(headers: Sequence[tuple[str, Described]]) -> Node | None:
    """Return the headers that tell the rate limit, where requests are counted in windows.

    None where the words leave open how they are counted, or where two headers are said to tell one
    number.
    """
    by_role: dict[str, dict[str, Described]] = {}
    for _, header in headers:
        role = wordings.role_in_limit(header.words)
        if role and header.path.lower() not in STRUCTURED:
            by_role.setdefault(role, {}).setdefault(header.path.lower(), header)
    if not {"limit", "remaining", "reset"} & by_role.keys():
        return None
    if any(len(named) != 1 for named in by_role.values()):
        return None
    found = {role: next(iter(named.values())) for role, named in by_role.items()}
    if not wordings.counts_in_windows(" ".join(header.words for header in found.values())):
        return None
    return _limit_entry(found, headers)


def _limit_entry(found: dict[str, Described], headers: Sequence[tuple[str, Described]]) -> Node:
    made = Node(min(header.line for header in found.values()))
    made["says"] = "Requests are counted in windows, and these headers tell how many are left."
    for role in ("limit", "remaining", "reset"):
        if role in found:
            made[role] = found[role].path
            made.lines[role] = found[role].line
    if "reset" in found:
        made["reset-unit"] = wordings.reset_unit(found["reset"].words)
        made.lines["reset-unit"] = found["reset"].line
    if "retry-after" in found:
        wait = found["retry-after"]
        made["retry-after"] = wait.path
        made["retry-after-only-on"] = _statuses_of_wait(wait, headers)
        for key in ("retry-after", "retry-after-only-on"):
            made.lines[key] = wait.line
    return made


def _statuses_of_wait(wait: Described, headers: Sequence[tuple[str, Described]]) -> list[int]:
    """Return the statuses that may ask to wait: those documented so, or any where it is open."""
    statuses = {int(status) for status, one in headers if status.isdigit() and _is_same(one, wait)}
    if not wordings.only_at_limit(wait.words):
        statuses |= {int(status) for status, _ in headers if status.isdigit()}
        statuses.update(MAY_ASK_TO_WAIT)
    return sorted(statuses)


def _is_same(one: Described, other: Described) -> bool:
    return one.path.lower() == other.path.lower()
