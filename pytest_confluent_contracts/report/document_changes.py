"""How is it told what changed between two documents? As text, JSON, or SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.model.changes import Breaks, Direction
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.report.sarif import SCHEMA, document_location
from pytest_confluent_contracts.report.visible import visible, visible_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.changes import Change, Comparison
    from pytest_confluent_contracts.model.documents import Document, UnreadOperation
    from pytest_confluent_contracts.model.sources import SourceLocation

LONGEST_VALUE = 80  # characters of a value in a line
LEVELS: Final = {Breaks.CLIENTS: "error", Breaks.SERVERS: "warning", Breaks.NOBODY: "note"}


# --- text ---------------------------------------------------------------------------------------


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield a line a change, those that break clients first, and one that counts them."""
    for who in Breaks:
        for change in comparison.changes:
            if change.breaks is who:
                yield visible(f"breaks {who}: {_subject(change)}: {_told(change)}{_places(change)}")
    for one in unread_operations(comparison):
        yield visible(f"not compared: {one.method} {one.path}: {one.reason}")
    counted = [f"{comparison.count(who)} {who}" for who in Breaks if comparison.count(who)]
    if counted:
        yield f"changes that break whom: {', '.join(counted)}"
    else:
        yield "nothing changed"


def unread_operations(comparison: Comparison) -> list[UnreadOperation]:
    """Return the operations of both documents that could not be read, and were not compared."""
    found = [*comparison.old.unread, *comparison.new.unread]
    return list({one.reason: one for one in found}.values())


def _subject(change: Change) -> str:
    return f"{change.operation}: {change.clause}" if change.operation else change.clause


def _places(change: Change) -> str:
    told = [str(place) for place in (change.old_place, change.new_place) if place is not None]
    return f" ({' -> '.join(told)})"


def _told(change: Change) -> str:
    """Return what happened, in words."""
    told = [change.member, change.keyword]
    what = " ".join(part for part in told if part)
    was, now = _short(change.was), _short(change.now)
    if change.direction in (Direction.ADDED, Direction.REMOVED):
        value = now if change.direction is Direction.ADDED else was
        return ": ".join(part for part in (f"{what} {change.direction}".strip(), value) if part)
    if change.was is ABSENT:
        return f"{what} {change.direction}: now {now}"
    if change.now is ABSENT:
        return f"{what} {change.direction}: no longer {was}"
    return f"{what} {change.direction}: {was} became {now}"


def _short(value: Any) -> str:
    """Return *value* as it is quoted in a line; ``""`` where there is none."""
    if value is ABSENT:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > LONGEST_VALUE:
        return f"{text[:LONGEST_VALUE]}..."
    return text


# --- JSON ---------------------------------------------------------------------------------------


def comparison_json(comparison: Comparison) -> str:
    """Return the changes as JSON, in the order of the documents.

    ``was``, ``is`` and a place are left out where there is none.
    """
    told = {
        "old": _document(comparison.old),
        "new": _document(comparison.new),
        "changes": [_change(change) for change in comparison.changes],
        "breaks": {str(who): comparison.count(who) for who in Breaks},
        "unread": [_unread(one) for one in unread_operations(comparison)],
    }
    return visible_json(json.dumps(told, indent=2, default=str))


def _document(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "title": document.title,
        "version": document.version,
        "file": document.file,
        "digest": document.digest,
    }


def _unread(one: UnreadOperation) -> dict[str, Any]:
    return {"operation": f"{one.method} {one.path}", "place": str(one.place), "reason": one.reason}


def _change(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operation": change.operation,
        "clause": change.clause,
        "member": change.member,
        "keyword": change.keyword,
        "direction": str(change.direction),
        "breaks": str(change.breaks),
        "told": _told(change),
    }
    if change.was is not ABSENT:
        told["was"] = change.was
    if change.now is not ABSENT:
        told["is"] = change.now
    if change.old_place is not None:
        told["old_place"] = str(change.old_place)
    if change.new_place is not None:
        told["new_place"] = str(change.new_place)
    return told


# --- SARIF --------------------------------------------------------------------------------------


def comparison_sarif(comparison: Comparison, tool_version: str) -> str:
    """Return the SARIF log: a rule a clause, a result a change, at its place in the new document.

    What breaks clients is an error, what breaks servers a warning, all else a note.
    """
    rules = {rule: number for number, rule in enumerate(_rule_ids(comparison.changes))}
    driver = {
        "name": "pytest-confluent-contracts",
        "version": tool_version or "0",
        "rules": [{"id": rule, "shortDescription": {"text": rule}} for rule in rules],
    }
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"compare/{comparison.new.name}"},
                "results": [_result(change, rules) for change in comparison.changes],
            }
        ],
    }
    return visible_json(json.dumps(log, indent=2, default=str))


def _rule_ids(changes: Sequence[Change]) -> list[str]:
    return list(dict.fromkeys(change.clause for change in changes))


def _result(change: Change, rules: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": change.clause,
        "ruleIndex": rules[change.clause],
        "kind": "fail",
        "level": LEVELS[change.breaks],
        "message": {"text": f"breaks {change.breaks}: {_subject(change)}: {_told(change)}"},
        "partialFingerprints": {"documentChange/v1": _fingerprint(change)},
        "properties": {"breaks": str(change.breaks), "direction": str(change.direction)},
    }
    places = [place for place in (change.new_place, change.old_place) if place is not None]
    if places:
        found["locations"] = [{"physicalLocation": _location(places[0])}]
    if len(places) > 1:
        related = {"physicalLocation": _location(places[1]), "message": {"text": "what was"}}
        found["relatedLocations"] = [{"id": 1, **related}]
    return found


def _location(place: SourceLocation) -> dict[str, Any]:
    region = {"startLine": max(1, place.line)}
    return {"artifactLocation": document_location(place.file), "region": region}


def _fingerprint(change: Change) -> str:
    """Return what stays the same for one change, wherever it stands."""
    said = [change.operation, change.clause, change.member, change.keyword, change.direction]
    return hashlib.sha256("\n".join(said).encode("utf-8", "backslashreplace")).hexdigest()
