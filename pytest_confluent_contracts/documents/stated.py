"""What does an ``x-contract`` block state?

Each entry as a typed value, the block checked once by its own schema.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.bundled import bundled_schema
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.model.promises import (
    AboveMaximum,
    Consistency,
    Entry,
    ErrorFormat,
    Identity,
    LaterDone,
    Member,
    Members,
    Pages,
    PageStyle,
    RateLimit,
    Refusals,
    RequestId,
    ResetUnit,
    Shared,
    StatedFilters,
    StatedOrder,
    StatedResource,
    Timestamps,
    ValuesByPath,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.documents.source_file import SourceFile


def stated_promises(block: Node, source: SourceFile) -> Iterator[tuple[str, Any]]:
    """Yield each entry of *block*, which stands in *source*, as a field of `Promises`.

    Raise `ContractError` with its line where an entry is not as ``x-contract.schema.json`` says.
    """
    _check(block, source)
    for key, (name, read_entry) in STATED.items():
        if key in block:
            yield name, read_entry(block[key], _common(block, key, source))
    if "errors" in block:
        yield "errors", _error_format(block["errors"], source)


def _check(block: Node, source: SourceFile) -> None:
    for line, told in errors_in_block(block):
        raise source.error(line, f"x-contract: {told}")


def errors_in_block(block: Node) -> Iterator[tuple[int, str]]:
    """Yield the line of each entry that is not as ``x-contract.schema.json`` says, and why."""
    for error in _block_validator().iter_errors(strip(block)):
        yield _line_at(block, error), str(error.message)


@cache
def _block_validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(bundled_schema("x-contract"))


def _line_at(block: Node, error: Any) -> int:
    """Return the line at which a validation error of an ``x-contract`` block stands."""
    node: Any = block
    line = block.line
    for part in error.instance_path:
        line = node.line_of(part) if isinstance(node, Node) else line
        node = node[part]
    named = re.search(r"'([^']+)' (?:was|were) unexpected|\"([^\"]+)\"", str(error.message))
    key = next((group for group in named.groups() if group), "") if named else ""
    if isinstance(node, Node) and key in node:
        return node.line_of(key)
    return line


def _common(holder: Node, key: str, source: SourceFile) -> dict[str, Any]:
    """Return what every entry has: where it stands, and the promise in words."""
    place = source.location(holder.line_of(key))
    return {"place": place, "says": str(holder[key].get("says", ""))}


def _error_format(entry: Node, source: SourceFile) -> ErrorFormat:
    """Return what the members of an error mean; each of them stands on a line of its own."""
    members = {
        part: Member(path=str(entry[part]["path"]), **_common(entry, part, source))
        for part in ("status", "occurrence", "pointer")
        if part in entry
    }
    stable = None
    if "stable" in entry:
        stable = Members(paths=tuple(entry["stable"]["paths"]), **_common(entry, "stable", source))
    return ErrorFormat(stable=stable, **members)


def _stated_refusals(entry: Node, common: Mapping[str, Any]) -> Refusals:
    return Refusals(
        **common,
        unauthenticated=_statuses(entry.get("unauthenticated", ())),
        unknown=_statuses(entry.get("unknown", ())),
        invalid=_statuses(entry.get("invalid", ())),
        throttled=_statuses(entry.get("throttled", ())),
    )


def _statuses(stated: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(stated, int):
        return (stated,)
    return tuple(stated)


def _stated_rate_limit(entry: Node, common: Mapping[str, Any]) -> RateLimit:
    return RateLimit(
        **common,
        limit=entry.get("limit", ""),
        remaining=entry.get("remaining", ""),
        reset=entry.get("reset", ""),
        retry_after=entry.get("retry-after", ""),
        reset_unit=ResetUnit(entry.get("reset-unit", ResetUnit.SECONDS)),
        retry_after_only_on=tuple(entry.get("retry-after-only-on", (429,))),
        shared=entry.get("shared", False),
    )


def _stated_request_id(entry: Node, common: Mapping[str, Any]) -> RequestId:
    return RequestId(**common, header=entry["header"], unique=entry.get("unique", True))


def _stated_identity(entry: Node, common: Mapping[str, Any]) -> Identity:
    return Identity(
        **common,
        parameter=entry.get("parameter", ""),
        property=entry.get("property", "id"),
        self_link=entry.get("self", ""),
    )


def _stated_timestamps(entry: Node, common: Mapping[str, Any]) -> Timestamps:
    return Timestamps(**common, created=entry.get("created", ""), updated=entry.get("updated", ""))


def _stated_members(entry: Node, common: Mapping[str, Any]) -> Members:
    return Members(**common, paths=tuple(entry["properties"]))


def _stated_values(entry: Node, common: Mapping[str, Any]) -> ValuesByPath:
    stated = strip(entry["properties"])
    return ValuesByPath(**common, by_path={path: tuple(values) for path, values in stated.items()})


def _stated_resource(entry: Node, common: Mapping[str, Any]) -> StatedResource:
    return StatedResource(
        **common,
        name=entry.get("name", ""),
        role=entry.get("role", ""),
        parameter=entry.get("parameter", ""),
        id=entry.get("id", ""),
        items=entry.get("items", ""),
        id_sent=entry.get("id-sent", ""),
        parent=entry.get("parent", ""),
        references=strip(entry.get("references", {})),
    )


def _stated_consistency(entry: Node, common: Mapping[str, Any]) -> Consistency:
    return Consistency(**common, within=float(entry["within"]))


def _stated_end(entry: Node, common: Mapping[str, Any]) -> LaterDone:
    return LaterDone(
        **common,
        status_link=entry.get("status-link", "Location"),
        status=entry.get("status", ""),
        done=tuple(entry.get("done", ())),
        failed=tuple(entry.get("failed", ())),
    )


def _stated_pages(entry: Node, common: Mapping[str, Any]) -> Pages:
    return Pages(
        **common,
        style=PageStyle(entry.get("style", PageStyle.CURSOR)),
        size=entry.get("size", ""),
        above_maximum=AboveMaximum(entry.get("above-maximum", AboveMaximum.UNKNOWN)),
        position=entry.get("position", ""),
        next=entry.get("next", ""),
        previous=entry.get("previous", ""),
        first=entry.get("first", ""),
        last=entry.get("last", ""),
        more=entry.get("more", ""),
        total=entry.get("total", ""),
        in_header=entry.get("in-link-header", False),
    )


def _stated_filters(entry: Node, common: Mapping[str, Any]) -> StatedFilters:
    return StatedFilters(**common, by_parameter=dict(entry.get("by-parameter", {})))


def _stated_order(entry: Node, common: Mapping[str, Any]) -> StatedOrder:
    return StatedOrder(
        **common,
        parameter=entry.get("parameter", ""),
        by_value=dict(strip(entry.get("by-value", {}))),
        default=entry.get("default", ""),
    )


def _stated_sharing(_: Node, common: Mapping[str, Any]) -> Shared:
    return Shared(**common)


# Each key of x-contract: the field of `Promises`, and what reads it. `credentials` belong to the
# security schemes, and each part of `errors` stands on a line of its own.
STATED: dict[str, tuple[str, Callable[[Node, Mapping[str, Any]], Entry]]] = {
    "refusals": ("refusals", _stated_refusals),
    "rate-limit": ("rate_limit", _stated_rate_limit),
    "request-id": ("request_id", _stated_request_id),
    "identity": ("identity", _stated_identity),
    "create-only": ("create_only", _stated_members),
    "secrets": ("secrets", _stated_members),
    "immutable": ("immutable", _stated_members),
    "values": ("allowed_values", _stated_values),
    "samples": ("samples", _stated_values),
    "timestamps": ("timestamps", _stated_timestamps),
    "checked-elsewhere": ("checked_elsewhere", _stated_members),
    "resource": ("resource", _stated_resource),
    "consistency": ("consistency", _stated_consistency),
    "async": ("later_done", _stated_end),
    "pagination": ("pages", _stated_pages),
    "filters": ("filters", _stated_filters),
    "sorting": ("order", _stated_order),
    "shared": ("shared", _stated_sharing),
}
