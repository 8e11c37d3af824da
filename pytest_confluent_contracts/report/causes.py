"""What is the one thing wrong behind several broken clauses? Causes, the gravest first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Aspect, Family, FindingKind, MissingKind
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report.record import missing_from
from pytest_confluent_contracts.report.sentences import missing_repair_sentence, missing_sentence

A_HABIT = 3  # members that break one rule in one way: two may be slips, three are a missing check
GRAVEST = ("broken", "withheld", "warned", "waived", "kept", "not exercised")
WRONG = GRAVEST[:4]  # what is not as promised
RANK = {verdict: rank for rank, verdict in enumerate(WRONG)}

# Clauses that say whether a body can be read at all.
READING = frozenset({Aspect.JSON, Aspect.MEDIA_TYPE})
# Findings whose subject is neither a member nor a header.
ABOUT_OTHERS = frozenset(
    {FindingKind.CREDENTIALS_REFUSED, FindingKind.TITLE_CHANGED, FindingKind.LIST_EMPTY}
)
# What is missing may be so because a member around it is wrong.
ABSENT_MEMBER = frozenset(
    {FindingKind.MEMBER_MISSING, FindingKind.POINTER_UNTOLD, FindingKind.VALUE_LOST}
)
# Evidence that is missing of the very member that the clause is about.
ABOUT_OWN_MEMBER = frozenset(
    {
        MissingKind.MEMBER_OPTIONAL,
        MissingKind.NOT_RETURNED_AFTER_SENDING,
        MissingKind.NOT_SHOWN_AROUND,
    }
)
# Findings that are another thing on another status.
TOLD_BY_STATUS = frozenset({FindingKind.SECRET_LEAKED, FindingKind.CHANGED_BY_REFUSED})
# Findings that say why others show what they show.
EXPLAINING = frozenset({FindingKind.CONNECTIONS_DIFFER})

# Findings that keep evidence from other clauses.
BLOCKING = frozenset(
    {
        FindingKind.NOT_ANSWERED,
        FindingKind.ALLOWED_REFUSED,
        FindingKind.REQUEST_REFUSED,
        FindingKind.PARAMETER_REFUSED,
        FindingKind.CREDENTIALS_REFUSED,
        FindingKind.UNDOCUMENTED_STATUS,
        FindingKind.MEDIA_TYPE_WRONG,
        FindingKind.JSON_UNREADABLE,
    }
)
DISCLOSING = frozenset({FindingKind.SECRET_LEAKED, FindingKind.SECRET_SHOWN})
# Behind what blocks, what discloses, and 5xx: lost or changed data, then what is taken though it
# is wrong, then what answers look like.
BY_FAMILY: Mapping[str, int] = {
    Family.UPDATE: 3,
    Family.LIFECYCLE: 3,
    Family.LIST: 3,
    Family.CONDITIONAL: 3,
    Family.REQUESTS: 4,
    Family.PARAMETERS: 4,
    Family.ERRORS: 5,
    Family.SHAPE: 5,
    Family.RATE_LIMIT: 6,
}
LEAST_DAMAGE = 7  # headers
# Findings that another one on the same member explains.
CONSEQUENCES = frozenset({FindingKind.FORM_NOT_STORED})

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
        if finding:
            return str(finding["came"])
        return why(self.best)

    @property
    def mend(self) -> str:
        """Return what to mend, ``""`` where no sentence can name it."""
        finding = self.best["finding"]
        if finding:
            return str(finding.get("mend", ""))
        return mending_missing(self.best)

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the ids of the operations in which it was seen, that of the best first."""
        return tuple(dict.fromkeys(str(record["operation"]) for record in self.records))

    @property
    def against(self) -> int:
        """Return how many exchanges show it as far as is known.

        That is the most that a clause counted, of each operation.
        """
        most: dict[str, int] = {}
        for record in self.records:
            counted = most.get(record["operation"], 0)
            most[record["operation"]] = max(counted, int(record["against"]))
        return sum(most.values())

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the answers on which it was seen: statuses, then ``error`` for errors at large."""
        told = {
            record["status"] for record in self.records if record["status"] and record["finding"]
        }
        return (*sorted(told - {"error"}), *sorted(told & {"error"}))

    @property
    def spread(self) -> str:
        """Return in words where it was seen, ``""`` where on one kind of answers of one operation.

        On answers with 200 and 429, and on error answers, it is ``, on 200, 429 and other errors``;
        in more than one operation ``, in 3 operations`` stands behind it.
        """
        count = len(self.operations)
        return self._spread_over_answers + (f", in {count} operations" if count > 1 else "")

    @property
    def _spread_over_answers(self) -> str:
        if len(self.statuses) < 2:
            return ""
        *others, last = self.statuses
        if last == "error":
            last = "other errors" if any(status >= "400" for status in others) else "errors"
        return f", on {', '.join(others)} and {last}"

    @property
    def clauses(self) -> tuple[str, ...]:
        """Return the ids of the clauses, that of the best first; several operations share one."""
        return tuple(dict.fromkeys(str(record["clause"]) for record in self.records))

    def told(self) -> dict[str, Any]:
        """Return the cause as JSON-able data; its clauses are named by node id."""
        return {
            "title": self.title,
            "verdict": self.verdict,
            "level": self.best["level"],
            "document": self.best["document"],
            "operation": self.best["operation"],
            "operations": list(self.operations),
            "against": self.against,
            "statuses": list(self.statuses),
            "clauses": [record["node"] for record in self.records],
        }


def find_causes(records: Iterable[Record]) -> list[Cause]:
    """Return the causes of all that is not as promised, the gravest first.

    Of those with one verdict, what does more damage is told first, then what was seen more often.
    What is wrong in the same way in several operations of a document is one cause; what is waived
    has causes of its own. A clause that is broken in several ways may stand in several causes.
    """
    apart: dict[tuple[str, str, bool], list[Record]] = defaultdict(list)
    for record in records:
        verdict = standing(record)
        if verdict in RANK:
            key = (record["document"], record["operation"], verdict == "waived")
            apart[key] += _by_shape(record)
    found: list[Cause] = []
    for own in apart.values():
        found += [Cause(_once_each(group)) for group in _grouped(own)]
    return sorted(_joined(found), key=_gravity)


def _joined(found: Sequence[Cause]) -> list[Cause]:
    """Return *found*, those that are the same in several operations made one."""
    habits: Counter[Key] = Counter()
    for cause in found:
        habit = _habit(cause.best)
        if habit is not None:
            habits[habit] += 1
    common = frozenset(habit for habit, count in habits.items() if count >= A_HABIT)
    together: dict[Key, list[Record]] = defaultdict(list)
    for cause in found:
        best = cause.best
        key = (best["document"], standing(best), *_in_any_operation(best, common))
        together[key] += cause.records
    return [Cause(_once_each(records)) for records in together.values()]


def _in_any_operation(best: Record, common: frozenset[Key]) -> Key:
    """Return what makes the causes that *best* and another show the same, whatever the operation.

    *common* are the rules that nobody checks in many of them. Of a header, and of the form of
    errors, which operations have in common, it does not matter what stands there in its place.
    """
    finding = best["finding"]
    if finding is None:
        return "missing", *_missing_alike(best)
    habit = _habit(best)
    if habit in common:
        return "habit", habit
    is_shared = _topic(best)["aspect"] == Aspect.HEADER or best["status"] == "error"
    if is_shared and _subject(best):
        return "shared", _kind(best), _subject(best)
    return _same_sentence(finding)


def _missing_alike(record: Record) -> Key:
    """Return why evidence is missing without how often it was asked for."""
    missing = record.get("missing")
    if not missing or record["verdict"] == "waived":
        return (why(record),)
    answer = missing["answers"][0][0] if missing["answers"] else ""
    return missing["kind"], missing["subject"], missing["expect"], answer


def _by_shape(record: Record) -> list[Record]:
    """Return *record* once for each shape of wrong answer: each may have a cause of its own."""
    others = record.get("also") or []
    told = [record]
    if others:
        apart = sum(other["against"] for other in others)
        told = [{**record, "against": max(1, record["against"] - apart)}]
    for other in others:
        told.append({**record, "against": other["against"], "finding": other["finding"]})
    return told


def _once_each(group: Sequence[Record]) -> tuple[Record, ...]:
    """Return the records of a cause, the best first; a clause is named once, by its best."""
    best: dict[str, Record] = {}
    for record in sorted(group, key=_weight):
        best.setdefault(record["node"], record)
    return tuple(best.values())


def standing(record: Record) -> str:
    """Return the verdict as people need it.

    Evidence that was withheld stands by itself: it fails.
    """
    if record["verdict"] == "not exercised" and record["withheld"]:
        return "withheld"
    return str(record["verdict"])


def is_red(record: Record) -> bool:
    """Return whether a clause is broken, or its evidence was withheld; a waived one is not."""
    return standing(record) in ("broken", "withheld")


def reasons(records: Iterable[Record]) -> list[tuple[str, tuple[Record, ...]]]:
    """Return why clauses were not exercised, nobody being to blame.

    Each reason stands with its clauses, the one with the most of them first.
    """
    told: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if standing(record) == "not exercised":
            told[why(record)].append(record)
    ordered = sorted(told.items(), key=lambda item: -len(item[1]))
    return [(reason, tuple(own)) for reason, own in ordered]


def why(record: Record) -> str:
    """Return why a clause has no evidence.

    Its own member is called *it*, so that one reason is told once.
    """
    missing = record.get("missing")
    evidence = missing_from(missing) if missing and record["verdict"] != "waived" else None
    if evidence is None:
        return str(record["reason"])
    own_member = _topic(record)["member"]
    if evidence.kind in ABOUT_OWN_MEMBER or (own_member and evidence.subject == own_member):
        return missing_sentence(evidence, subject="it")
    return missing_sentence(evidence)


def mending_missing(record: Record) -> str:
    """Return what to mend where evidence was withheld, ``""`` where no sentence can name it."""
    missing = record.get("missing")
    evidence = missing_from(missing) if missing else None
    if evidence is None or evidence.preflight:  # whose reason names the option already
        return ""
    return missing_repair_sentence(evidence)


def _gravity(cause: Cause) -> tuple[Any, ...]:
    return RANK[cause.verdict], _damage(cause), cause.best["level"] != "MUST", -cause.against


def _damage(cause: Cause) -> int:
    """Return how little damage *cause* does: 0 is what makes other clauses fail.

    It counts what shows it worst: a leaked secret among missing headers is a leaked secret.
    """
    return min(_damage_of(cause, record) for record in cause.records)


def _damage_of(cause: Cause, record: Record) -> int:
    kind = _kind(record)
    if not kind:
        # Where something was found, that says what it does.
        if cause.best["finding"]:
            return LEAST_DAMAGE
        return _damage_of_family(record)
    if kind in EXPLAINING:
        return 0
    if kind in BLOCKING and any(standing(other) == "withheld" for other in cause.records):
        return 0
    if kind in DISCLOSING or record["family"] == Family.SECURITY:
        return 1
    if record["finding"]["status"] >= 500:
        return 2
    if kind == FindingKind.HEADER_MISSING:
        return LEAST_DAMAGE
    return _damage_of_family(record)


def _damage_of_family(record: Record) -> int:
    if _topic(record)["aspect"] == Aspect.HEADER:
        return LEAST_DAMAGE
    return BY_FAMILY.get(record["family"], LEAST_DAMAGE)


def _weight(record: Record) -> tuple[Any, ...]:
    """Return what puts the clause that shows a cause best before the others."""
    return (
        RANK[standing(record)],
        record["level"] != "MUST",
        _kind(record) not in EXPLAINING,
        _kind(record) in CONSEQUENCES,
        record["family"] != Family.REQUESTS,  # what was asked explains what came of it
        _topic(record)["aspect"] == Aspect.GENERAL,  # a rule on every answer explains least
        -record["against"],
        len(record["clause"]),
    )


# --- the parts of a record ---------------------------------------------------------------------


NO_TOPIC = {"aspect": "", "member": "", "header": "", "keyword": ""}


def _topic(record: Record) -> Mapping[str, str]:
    """Return what the clause is about; a report may have been written before that was told."""
    return record.get("topic") or NO_TOPIC


def _kind(record: Record) -> str:
    """Return the kind of what was found, ``""`` where nothing was, or the kind is not told."""
    if not record["finding"]:
        return ""
    kind: str = record["finding"].get("kind", "")
    return kind


def _subject(record: Record) -> str:
    """Return the member or header that the finding is about.

    ``""`` where it is about something else.
    """
    kind = _kind(record)
    if not kind or kind in ABOUT_OTHERS:
        return ""
    finding = record["finding"]
    if kind == FindingKind.MEDIA_TYPE_WRONG:
        if finding["observed"]:
            return ""
        return "Content-Type"
    if kind == FindingKind.MEMBERS_UNDECLARED:
        names, _ = finding["observed"]
        return _owner(names[0])
    return _owner(finding["subject"])


def _owner(path: str) -> str:
    """Return the member of which *path* is the list, or its items."""
    return path.removesuffix("[]")


def _habit(record: Record) -> Key | None:
    """Return what a constraint has in common with others.

    That is the rule that is broken, and the status that came.
    """
    topic = _topic(record)
    shown = record["finding"].get("exchange") if record["finding"] else None
    if topic["aspect"] != Aspect.CONSTRAINT or not shown:
        return None
    return topic["keyword"], shown["status"]


def _frozen(quoted: Any) -> Any:
    """Return *quoted* as a key can hold it: tuples in the place of lists."""
    if isinstance(quoted, list | tuple):
        return tuple(map(_frozen, quoted))
    return quoted


# --- what belongs together ---------------------------------------------------------------------


def _grouped(records: Sequence[Record]) -> list[list[Record]]:
    """Return *records* in groups: two that share any key stand in one.

    So do those that a third joins: with the keys ``a``, ``b`` and ``a, b``, all three are one.
    """
    reader = _Reader.of(records)
    group_of: dict[Key, int] = {}
    groups: dict[int, list[Record]] = {}
    for number, record in enumerate(records):
        keys = list(reader.keys(record))
        joined = {group_of[key] for key in keys if key in group_of}
        together: list[Record] = []
        for index in sorted(joined):
            together += groups.pop(index)
        groups[number] = [*together, record]
        for key, index in group_of.items():
            if index in joined:
                group_of[key] = number
        group_of.update(dict.fromkeys(keys, number))
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a record is about, seen beside the other records of its operation."""

    subjects: frozenset[str]
    strange: frozenset[int]
    unreadable: frozenset[str]
    habits: frozenset[Key]

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Reader:
        """Return what the broken ones among *records* have to say of all."""
        broken = [record for record in records if record["finding"]]
        strange, unreadable = set(), set()
        habits: Counter[Key] = Counter()
        for record in broken:
            if _kind(record) == FindingKind.UNDOCUMENTED_STATUS:
                strange.add(record["finding"]["status"])
            if _topic(record)["aspect"] in READING:
                unreadable.add(_unreadable(record))
            if habit := _habit(record):
                habits[habit] += 1
        return cls(
            frozenset(map(_subject, broken)) - {""},
            frozenset(strange),
            frozenset(unreadable),
            frozenset(habit for habit, count in habits.items() if count >= A_HABIT),
        )

    def keys(self, record: Record) -> Iterator[Key]:
        """Yield what *record* has in common with others of the same cause."""
        if record["finding"] is None:
            yield from self._withheld(record)
            return
        yield _same_sentence(record["finding"])
        yield from self._about(record)
        yield from self._asked(record)
        yield from _same_aspect(record)
        yield from _same_habit_of_answers(record)
        if shown := record["finding"].get("exchange"):
            yield from _as_answered(record["family"], shown)
            # What changed is wrong whatever the answer was.
            if shown["status"] in self.strange and record["family"] != Family.UPDATE:
                yield "strange", shown["status"]

    def _about(self, record: Record) -> Iterator[Key]:
        """Yield the member or header in question.

        What is missing may be so because a member around it is wrong.
        """
        subject = _subject(record)
        if subject:
            yield "about", subject
        if _kind(record) in ABSENT_MEMBER:
            for name in paths.around(subject):
                if name in self.subjects:
                    yield "about", name

    def _asked(self, record: Record) -> Iterator[Key]:
        """Yield what the body that was sent explains.

        That is a rule that nobody checks, and what was taken though it is wrong.
        """
        habit = _habit(record)
        if habit is None:
            yield from self._taken_together(record)
            return
        if habit in self.habits:
            yield "habit", habit
        _, status = habit
        if status < 300:  # what was taken though it is wrong comes back in later answers
            yield "about", _owner(_topic(record)["member"]) or "body"

    def _taken_together(self, record: Record) -> Iterator[Key]:
        """Yield the habit that explains why a body with several things wrong was taken."""
        if _kind(record) == FindingKind.FORBIDDEN_TAKEN:
            status = record["finding"]["status"]
            known = [habit for habit in self.habits if habit[1] == status]
            if known:
                yield "habit", min(known)

    def _withheld(self, record: Record) -> Iterator[Key]:
        """Yield what missing evidence shares with other clauses.

        They miss it for the same reason, or show what came in its place.
        """
        if standing(record) != "withheld":
            yield "reason", record["clause"]
            return
        yield "reason", why(record)
        missing, topic = record.get("missing"), _topic(record)
        if not missing:
            return
        if missing["kind"] == MissingKind.THROTTLED_AGAIN:
            yield ("wait",)
        if topic["aspect"] == Aspect.OTHER and topic["header"] in self.subjects:
            yield "about", topic["header"]  # a header that no answer has cannot keep any other rule
        elif missing["kind"] == MissingKind.WITHHELD and missing["answers"]:
            most_frequent, _ = missing["answers"][0]
            if most_frequent.isdecimal():
                yield from self._instead(missing["expect"], int(most_frequent))

    def _instead(self, expected: str, status: int) -> Iterator[Key]:
        """Yield what evidence that was withheld shares with findings.

        They are those on the answers that came in its place.
        """
        refused = expected == Expect.REFUSED and status >= 400
        if status in self.strange:
            yield "strange", status
        elif expected == Expect.ACCEPTED and str(status) in self.unreadable:
            yield "unreadable", str(status)
        elif expected == Expect.ACCEPTED or refused:
            yield "turned away" if status < 500 else "crash", status
        elif expected == Expect.UNAUTHENTICATED:
            yield "let in", status


def _same_sentence(finding: Record) -> Key:
    """Return what makes two findings the same, on whichever answers they were seen."""
    kind = finding.get("kind", "")
    if not kind:
        return "came", finding["came"]
    values = finding["subject"], _frozen(finding["expected"]), _frozen(finding["observed"])
    status = finding["status"] if kind in TOLD_BY_STATUS else 0
    return "came", kind, *values, finding["request"], status


def _unreadable(record: Record) -> str:
    """Return the answers that cannot be read; of errors at large, the status of those that came."""
    if record["status"] != "error" or not _kind(record):
        return str(record["status"])
    return str(record["finding"]["status"])


def _same_aspect(record: Record) -> Iterator[Key]:
    """Yield what a clause shares with others because they look at the same side of the traffic."""
    aspect, finding = _topic(record)["aspect"], record["finding"]
    if aspect in READING:
        yield "unreadable", _unreadable(record)
    if _kind(record) == FindingKind.CHANGED_BY_REFUSED and 200 <= finding["status"] < 300:
        # Whoever cannot read an answer takes its request for refused.
        yield "unreadable", str(finding["status"])
    if aspect == Aspect.QUOTA:
        yield ("quota",)
    if aspect == Aspect.WAIT:
        yield ("wait",)


def _same_habit_of_answers(record: Record) -> Iterator[Key]:
    """Yield what a finding shares with others because answers are made in another way altogether.

    A service without a rate limit sends none of its headers. One whose framework refuses has a body
    of its own in the place of the documented one: members are missing, and others stand there.
    """
    kind, subject = _kind(record), _subject(record)
    if kind == FindingKind.HEADER_MISSING and "ratelimit" in subject.lower().replace("-", ""):
        yield ("no limit",)
    replaced = (FindingKind.MEMBER_MISSING, FindingKind.MEMBERS_UNDECLARED)
    # Not by its steps: a name that was shortened is no path any more.
    is_outermost = "." not in subject and "[" not in subject
    if kind in replaced and record["status"] == "error" and is_outermost:
        yield "another body", record["finding"]["status"]


def _as_answered(family: str, shown: Record) -> Iterator[Key]:
    """Yield what a finding shares with others because of how its request was answered.

    Whatever stood in that request does not matter here.
    """
    status, expected = shown["status"], shown["expected"]
    of_request = family in (Family.REQUESTS, Family.PARAMETERS)
    asked = expected == Expect.ACCEPTED or (expected == Expect.ANY and of_request)
    if status >= 500 or shown["failure"]:
        yield "crash", status
    elif (asked and status >= 400) or (status in (401, 403) and of_request):
        yield "turned away", status
    elif family == Family.SECURITY:
        yield "let in", status
    elif expected == Expect.UNKNOWN and status < 300:
        yield ("unknown taken",)
