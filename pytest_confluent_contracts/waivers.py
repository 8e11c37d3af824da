"""Which failures are known, whose are they, and until when? TOML, each entry whole or refused."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Ruling

KEYS = frozenset({"clause", "reason", "owner", "expires", "document", "target"})


@dataclass(frozen=True, slots=True)
class Waiver:
    """One known failure: the clause, why it is borne, by whom, and to which day.

    ``*`` is a wildcard in the clause, the document and the target.
    """

    clause: str
    reason: str
    owner: str
    expires: date
    document: str = "*"
    target: str = "*"

    @property
    def is_wide(self) -> bool:
        """Return whether the waiver speaks of several clauses."""
        return "*" in self.clause

    def covers(self, clause: str, document: str, target: str) -> bool:
        """Return whether the waiver speaks of this clause of this document at this target."""
        pairs = ((clause, self.clause), (document, self.document), (target, self.target))
        return all(fnmatchcase(found, pattern.replace("[", "[[]")) for found, pattern in pairs)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What waivers make of a verdict.

    It is *waived* with the reason, or shows a *fault* of the waivers themselves.
    """

    waived: str = ""
    fault: str = ""


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers in *path*; raise `ContractError` naming the entry that is not complete."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(
            f"--contract-waivers={path}: cannot be read: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"--contract-waivers={path}: not TOML: {error}") from error
    if unknown := set(tables) - {"waiver"}:
        raise ContractError(
            f"--contract-waivers={path}: unknown: {', '.join(sorted(unknown))}; write [[waiver]]"
        )
    return tuple(
        _waiver(path, number, entry) for number, entry in enumerate(tables.get("waiver", []), 1)
    )


def _waiver(path: Path, number: int, entry: Any) -> Waiver:
    """Return the waiver that *entry* is; raise `ContractError` where it is not complete."""
    name = f"--contract-waivers={path}: [[waiver]] {number}"
    known = f"known are {', '.join(sorted(KEYS))}"
    if not isinstance(entry, dict):
        raise ContractError(f"{name}: unknown: no table; {known}")
    if unknown := set(entry) - KEYS:
        raise ContractError(f"{name}: unknown: {', '.join(sorted(unknown))}; {known}")
    for key in ("clause", "reason", "owner"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            what = f"give a {key}; a waiver without one does not count"
            raise ContractError(f"{name} ({entry.get('clause', '?')}): {what}")
    for key in ("document", "target"):
        if not isinstance(entry.get(key, ""), str):
            what = f"{key} is a text, {entry[key]!r} is not"
            raise ContractError(f"{name} ({entry['clause']}): {what}")
    # A datetime is a date, and cannot be compared with one.
    if type(entry.get("expires")) is not date:
        raise ContractError(f"{name} ({entry['clause']}): give expires, a date such as 2027-01-31")
    return Waiver(**entry)


def apply_waivers(
    waivers: Sequence[Waiver],
    ruling: Ruling,
    target: str,
    today: date,
    failing: frozenset[Verdict] = frozenset({Verdict.BROKEN}),
) -> Outcome:
    """Return what *waivers* make of *ruling*: the first of those that cover it decides.

    Known failures are waived, those with a verdict that is *failing* and those of withheld
    evidence; a waiver that has expired, or is not needed any more, is itself a fault.
    """
    clause, document = ruling.clause.id, ruling.document
    if ruling.stopped:  # a wrong option is no known failure, and says nothing of the clause
        return Outcome()
    is_red = ruling.verdict in failing or ruling.withheld
    for waiver in waivers:
        if not waiver.covers(clause, document, target):
            continue
        named = f"the waiver of {waiver.clause} ({waiver.owner}: {waiver.reason})"
        if waiver.expires < today:
            return Outcome(fault=f"{named} {_told_expired(waiver, is_red=is_red)}")
        if is_red:
            return Outcome(waived=f"{waiver.reason} ({waiver.owner}, until {waiver.expires})")
        if ruling.verdict is Verdict.KEPT and not waiver.is_wide:
            return Outcome(fault=f"{named} is no longer needed: the clause is kept; delete it")
    return Outcome()


def _told_expired(waiver: Waiver, *, is_red: bool) -> str:
    return f"expired on {waiver.expires}" if is_red else "has expired: delete it"


def needless_waivers(
    waivers: Iterable[Waiver],
    records: Sequence[Mapping[str, Any]],
    target: str,
) -> list[str]:
    """Return the waivers with a wildcard of which every clause that was judged is kept."""
    found = []
    for waiver in waivers:
        own = [one for one in records if waiver.covers(one["clause"], one["document"], target)]
        verdicts = {one["verdict"] for one in own if not one["withheld"]}
        is_judged = Verdict.KEPT in verdicts and not any(map(_is_stopped, own))
        if waiver.is_wide and is_judged and verdicts <= {Verdict.KEPT, Verdict.NOT_EXERCISED}:
            named = f"the waiver of {waiver.clause} ({waiver.owner})"
            found.append(f"{named} is no longer needed: delete it")
    return found


def _is_stopped(told: Mapping[str, Any]) -> bool:
    """Return whether a preflight stopped before the clause was judged."""
    missing = told.get("missing")
    return bool(missing and missing.get("preflight"))


def draft_waivers(failed: Iterable[tuple[str, str, str]], target: str) -> str:
    """Return the TOML of each (clause, document, what came), for a human to complete.

    Without a reason a waiver does not count.
    """
    lines = []
    for clause, document, came in failed:
        lines += [
            "",
            "[[waiver]]",
            f"# {_comment(came)}",
            f"clause = {_text(clause)}",
            f"document = {_text(document)}",
            f"target = {_text(target)}",
            'reason = ""',
            'owner = ""',
            "expires = 1970-01-01",
        ]
    return "".join(f"{line}\n" for line in lines)


def _comment(told: str) -> str:
    """Return *told* on one line, without the characters that a comment must not have (TOML 1.0)."""
    return "".join(mark if mark.isprintable() else "?" for mark in " ".join(told.split())[:200])


def _text(text: str) -> str:
    """Return a basic string of TOML 1.0: written as JSON writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
