"""What is the one thing wrong behind several broken clauses? Causes, the gravest first, each told once."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEADER = re.compile(r"(?:\d{3}|\dXX|error|default)/header/(?P<name>.+)\Z")
LEADING_STATUS = re.compile(r"\d{3} answered")
KEYWORD = re.compile(r"request/(?P<path>.+)/(?P<keyword>[^/]+)\Z")
A_HABIT = 3  # members that break the same rule in the same way: two may be two slips, three are one missing check
RANK = {"broken": 0, "withheld": 1, "warned": 2, "waived": 3}

Record = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong: the clauses that show it, the one that shows it best first."""

    verdict: str
    records: tuple[Record, ...]

    @property
    def best(self) -> Record:
        """Return the clause that shows it best."""
        return self.records[0]

    @property
    def title(self) -> str:
        """Return what came, or why nothing did."""
        finding = self.best["finding"]
        return str(finding["came"]) if finding else why(self.best)

    @property
    def against(self) -> int:
        """Return how many exchanges show it, as far as the clauses tell: the most that one of them counted."""
        return max((int(record["against"]) for record in self.records), default=0)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the statuses on which it was seen."""
        told = {record["status"] for record in self.records if record.get("status")}
        return tuple(sorted(told - {"error"}) + sorted(told & {"error"}))

    @property
    def clauses(self) -> tuple[str, ...]:
        """Return the ids of the clauses, that of the best first."""
        return tuple(str(record["clause"]) for record in self.records)

    def told(self) -> dict[str, Any]:
        """Return the cause as JSON-able data; its clauses are named by node id."""
        return {
            "title": self.title,
            "verdict": self.verdict,
            "level": self.best["level"],
            "document": self.best["document"],
            "operation": self.best["operation"],
            "against": self.against,
            "statuses": list(self.statuses),
            "clauses": [record["node"] for record in self.records],
        }


def of(records: Iterable[Record]) -> list[Cause]:
    """Return the causes of all that is not as promised: broken, withheld, warned, waived; the most seen first."""
    operations: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        if (verdict := standing(record)) in RANK:
            operations[record["document"], record["operation"], verdict].append(record)
    found = [
        Cause(verdict, tuple(sorted(group, key=_weight)))
        for (_, _, verdict), own in operations.items()
        for group in _grouped(own)
    ]
    return sorted(found, key=lambda cause: (RANK[cause.verdict], cause.best["level"] != "MUST", -cause.against))


def standing(record: Record) -> str:
    """Return the verdict as people need it: evidence that was withheld stands by itself, it fails."""
    return "withheld" if record["verdict"] == "not exercised" and record["withheld"] else str(record["verdict"])


def reasons(records: Iterable[Record]) -> list[tuple[str, tuple[Record, ...]]]:
    """Return why clauses were not exercised, nobody being to blame: each reason with its clauses, the most first."""
    told: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if standing(record) == "not exercised":
            told[why(record)].append(record)
    return [(reason, tuple(own)) for reason, own in sorted(told.items(), key=lambda item: -len(item[1]))]


def why(record: Record) -> str:
    """Return the reason without the clause's own member, so that one reason is told once."""
    return str(record["reason"]).replace(record["clause"].rpartition("/")[2], "it", 1)


def _weight(record: Record) -> tuple[Any, ...]:
    """Return what puts the clause that shows a cause best before the others."""
    return record["level"] != "MUST", record["status"] == "error", -record["against"], len(record["clause"])


# --- what belongs together -------------------------------------------------------------------------------------------------


def _grouped(records: Sequence[Record]) -> list[list[Record]]:
    """Return *records* in groups: two that share any key stand in one, and so do those that a third joins."""
    habits = Counter(habit for record in records if (habit := _habit(record)))
    group_of: dict[Key, int] = {}
    groups: dict[int, list[Record]] = {}
    for number, record in enumerate(records):
        keys = [key for key in _keys(record) if key[0] != "habit" or habits[key] >= A_HABIT]
        joined = sorted({group_of[key] for key in keys if key in group_of})
        members = [*(one for index in joined for one in groups.pop(index)), record]
        groups[number] = members
        group_of = {key: number if index in joined else index for key, index in group_of.items()} if joined else group_of
        group_of |= dict.fromkeys(keys, number)
    return list(groups.values())


def _keys(record: Record) -> Iterator[Key]:
    finding = record["finding"]
    if finding is None:
        yield "reason", why(record) if record["verdict"] == "not exercised" else record["clause"]
        return
    yield "came", LEADING_STATUS.sub("answered", finding["came"], count=1)
    if header := HEADER.match(record["clause"]):
        yield "header", header["name"].lower(), _fault(finding["came"], header["name"])
    if habit := _habit(record):
        yield habit
    if (shown := finding.get("exchange")) and (shown["status"] >= 500 or shown["failure"]):
        yield "crash", shown["status"], shown["url"], shown["request_body"], json.dumps(shown["request_headers"])


def _fault(came: str, name: str) -> str:
    """Return how a header is at fault: missing, or sent wrongly; the values differ from answer to answer."""
    return "missing" if f"without {name}" in came else "wrong"


def _habit(record: Record) -> Key | None:
    """Return what a request clause has in common with others: the rule that is broken, and the status that came."""
    found, finding = KEYWORD.match(record["clause"]), record["finding"]
    shown = finding.get("exchange") if finding else None
    return ("habit", found["keyword"], shown["status"]) if found and shown else None
