"""What is the one thing wrong behind several broken clauses? Causes, the gravest first, each told once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABOUT = re.compile(r"(?:\d{3} answered )?(?:with (?:a value in )?|without )?(?P<subject>[^\s:,]+)")
ANSWERED = re.compile(r"\d{3} answered")
INSTEAD = re.compile(r"of \d+ (?P<kind>.+ requests|requests .+): \d+ answered (?P<status>\d{3})")
MISSED = re.compile(r"an answer with (?P<name>[^\s:,]+) was withheld")
MEMBER = re.compile(r"(?:\d{3}|\dXX|error|default)/(?:header|body)/(?P<name>.+)\Z")
KEYWORD = re.compile(r"request/.+/(?P<keyword>[^/]+)\Z")
STRANGE = re.compile(r"(?P<status>\d{3}) answered, which is not documented")
UNREADABLE = re.compile(r"(?P<status>\w+)/(?:json|media-type)\Z")

UNREAD = re.compile(r"by a request that was answered (?P<status>2\d\d)\Z")

A_HABIT = 3  # members that break the same rule in the same way: two may be two slips, three are one missing check
QUOTA = re.compile(r"rate-limit/(enforced|limit-constant|reset-counts-down|remaining-.+)\Z")
WAIT = re.compile(r"(?:429/header/Retry-After|rate-limit/retry-after-.+)\Z")
AGAIN = "answered again and again"
RANK = {"broken": 0, "withheld": 1, "warned": 2, "waived": 3}

Record = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong: the clauses that show it, the one that shows it best first."""

    records: tuple[Record, ...]

    @property
    def best(self) -> Record:
        """Return the clause that shows it best."""
        return self.records[0]

    @property
    def verdict(self) -> str:
        """Return the gravest verdict among its clauses: broken, withheld, warned, waived."""
        return standing(self.best)

    @property
    def title(self) -> str:
        """Return what came, or why nothing did."""
        finding = self.best["finding"]
        return str(finding["came"]) if finding else why(self.best)

    @property
    def against(self) -> int:
        """Return how many exchanges show it, as far as the clauses tell: the most that one of them counted."""
        return max(int(record["against"]) for record in self.records)

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the answers on which it was seen: statuses, then ``error`` for error answers of any status."""
        told = {record["status"] for record in self.records if record["status"] and record["finding"]}
        return (*sorted(told - {"error"}), *sorted(told & {"error"}))

    @property
    def spread(self) -> str:
        """Return in words on which answers it was seen, ``""`` where on one kind only: ``, on 200, 429 and other errors``."""
        if len(self.statuses) < 2:
            return ""
        *others, last = self.statuses
        among = "other errors" if any(status >= "400" for status in others) else "errors"
        return f", on {', '.join(others)} and {among if last == 'error' else last}"

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
    operations: dict[tuple[str, str, bool], list[Record]] = defaultdict(list)
    for record in records:
        if (verdict := standing(record)) in RANK:
            operations[record["document"], record["operation"], verdict == "waived"].append(record)
    found = [Cause(tuple(sorted(group, key=_weight))) for own in operations.values() for group in _grouped(own)]
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
    """Return why a clause has no evidence, its own member called *it*, so that one reason is told once."""
    own = re.escape(record["clause"].rpartition("/")[2])
    return re.sub(rf"(?<![\w./-]){own}(?![\w./-])", "it", record["reason"], count=1)


def _weight(record: Record) -> tuple[Any, ...]:
    """Return what puts the clause that shows a cause best before the others."""
    # What was asked explains what came of it; a rule on every answer explains least.
    asked, general = record["clause"].startswith("request/"), record["clause"] in ("statuses", "answered")
    order = (record["level"] != "MUST", not asked, general, -record["against"], len(record["clause"]))
    return RANK[standing(record)], *order


# --- what belongs together -------------------------------------------------------------------------------------------


def _grouped(records: Sequence[Record]) -> list[list[Record]]:
    """Return *records* in groups: two that share any key stand in one, and so do those that a third joins."""
    reader = _Reader.of(records)
    group_of: dict[Key, int] = {}
    groups: dict[int, list[Record]] = {}
    for number, record in enumerate(records):
        keys = list(reader.keys(record))
        joined = {group_of[key] for key in keys if key in group_of}
        groups[number] = [*(one for index in sorted(joined) for one in groups.pop(index)), record]
        group_of = {key: number if index in joined else index for key, index in group_of.items()}
        group_of |= dict.fromkeys(keys, number)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a record is about, seen beside the other records of its operation."""

    names: frozenset[str]
    subjects: frozenset[str]
    strange: frozenset[int]
    unreadable: frozenset[str]
    habits: frozenset[Key]

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Reader:
        broken = [record for record in records if record["finding"]]
        habits = Counter(habit for record in broken if (habit := _habit(record)))
        unreadable = (UNREADABLE.match(record["clause"]) for record in broken)
        strange = (STRANGE.match(record["finding"]["came"]) for record in broken)
        named = (MEMBER.match(record["clause"]) for record in broken)
        names = frozenset(found["name"].removesuffix("[]") for found in named if found)
        return cls(
            names,
            frozenset(_subject(record, names) for record in broken) - {""},
            frozenset(int(found["status"]) for found in strange if found),
            frozenset(found["status"] for found in unreadable if found),
            frozenset(habit for habit, count in habits.items() if count >= A_HABIT),
        )

    def keys(self, record: Record) -> Iterator[Key]:
        """Yield what *record* has in common with others of the same cause."""
        if record["finding"] is None:
            yield from self._withheld(record)
            return
        came = record["finding"]["came"]
        yield "came", ANSWERED.sub("answered", came, count=1)
        yield from (("about", name) for name in self._about(_subject(record, self.names), came))
        if (habit := _habit(record)) in self.habits:
            yield "habit", habit
        if habit and habit[1] < 300:  # what was taken though it is wrong comes back in later answers
            yield "about", _path(record)
        if unreadable := UNREADABLE.match(record["clause"]):
            yield "unreadable", unreadable["status"]
        if unread := UNREAD.search(came):  # whoever cannot read an answer takes its request for refused
            yield "unreadable", unread["status"]
        if QUOTA.match(record["clause"]):
            yield ("quota",)
        if WAIT.match(record["clause"]):
            yield ("wait",)
        if shown := record["finding"].get("exchange"):
            yield from _as_answered(record["clause"], shown)
            yield from (("strange", status) for status in self.strange & {shown["status"]})

    def _about(self, subject: str, came: str) -> Iterator[str]:
        """Yield the member or header in question; what is missing may be so because a member around it is wrong."""
        if subject:
            yield subject
        if f"without {subject}" in came:
            yield from (name for name in _around(subject) if name in self.subjects)

    def _withheld(self, record: Record) -> Iterator[Key]:
        yield "reason", why(record) if standing(record) == "withheld" else record["clause"]
        if AGAIN in record["reason"]:
            yield ("wait",)
        if (missed := MISSED.match(record["reason"])) and missed["name"] in self.subjects:
            yield "about", missed["name"]
        elif instead := INSTEAD.search(record["reason"]):
            yield from self._instead(instead["kind"], instead["status"])

    def _instead(self, kind: str, status: str) -> Iterator[Key]:
        """Yield what evidence that was withheld shares with the findings on the answers that came in its place."""
        if int(status) in self.strange:
            yield "strange", int(status)
        elif kind == "valid requests" and status in self.unreadable:
            yield "unreadable", status
        elif kind == "valid requests" or (kind == "broken requests" and status >= "400"):
            yield "turned away" if int(status) < 500 else "crash", int(status)
        elif "credentials" in kind:
            yield "let in", int(status)


def _around(path: str) -> Iterator[str]:
    """Yield the members that hold *path*, from the inside out."""
    while path := path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]:
        yield path


def _subject(record: Record, names: frozenset[str] = frozenset()) -> str:
    """Return the member or header that the finding begins with; ``""`` where it is about something else."""
    found = ABOUT.match(record["finding"]["came"])
    subject = found["subject"].removesuffix("[]") if found else ""
    return subject if subject in names or any(mark in subject for mark in (".", "[]", "-")) else ""


def _path(record: Record) -> str:
    """Return the member that a request clause is about."""
    return str(record["clause"]).removeprefix("request/").rpartition("/")[0].removesuffix("[]")


def _habit(record: Record) -> Key | None:
    """Return what a request clause has in common with others: the rule that is broken, and the status that came."""
    found, finding = KEYWORD.match(record["clause"]), record["finding"]
    shown = finding.get("exchange") if finding else None
    return (found["keyword"], shown["status"]) if found and shown else None


def _as_answered(id: str, shown: Record) -> Iterator[Key]:
    """Yield what a finding shares with others because of how its request was answered, whatever was in it."""
    status, expected = shown["status"], shown["expected"]
    asked = expected == "accepted" or (expected == "any" and id.startswith("request/"))
    if status >= 500 or shown["failure"]:
        yield "crash", status
    elif (asked and status >= 400) or (status in (401, 403) and id.startswith("request/")):
        yield "turned away", status
    elif id.startswith("security/"):
        yield "let in", status
    elif expected == "unknown" and status < 300:
        yield ("unknown taken",)
