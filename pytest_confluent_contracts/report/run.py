"""What was found in one run, as one value? Every report is drawn from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.documents import Property
from pytest_confluent_contracts.model.quota import known_headers
from pytest_confluent_contracts.report import causes
from pytest_confluent_contracts.report.exchange_log import NAME
from pytest_confluent_contracts.report.record import of_target

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Document, Operation
    from pytest_confluent_contracts.model.sources import SourceLocation

VERSION = 2
TOOL = "pytest-confluent-contracts"
UNEXERCISED = "not exercised"
NO_ANSWER = "0"
CARRIED = frozenset({"cost", "part"})  # what a record brings along and a clause is not

# The keywords of JSON Schema (2020-12 validation, sections 6 and 7) that restrict a value; the
# others only describe it.
RESTRICTING = frozenset(
    (
        *("type", "enum", "const", "format", "pattern", "minLength", "maxLength"),
        *("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties", "additionalProperties"),
    )
)

Data = Mapping[str, Any]
Key = tuple[str, str]  # the names of a document and of an operation


# --- what was held against the target ----------------------------------------------------------


def describe_document(document: Document) -> dict[str, Any]:
    """Return *document* as JSON-able data.

    It says what the document is, and what of each operation a run can cover.
    """
    return {
        "name": document.name,
        "title": document.title,
        "version": document.version,
        "digest": document.digest,
        "file": document.file,
        "operations": [_operation(operation) for operation in document.operations],
        "left_out": list(_left_out(document)),
    }


def _left_out(document: Document) -> Iterator[dict[str, Any]]:
    """Yield what stands in *document* and nobody is held to: operations first, then constructs."""
    for unread in document.unread:
        yield _placed(unread.id, unread.place, unread.reason)
    for unjudged in document.unjudged:
        yield _placed(unjudged.what, unjudged.place, "no clause is about it")


def _placed(what: str, place: SourceLocation, reason: str) -> dict[str, Any]:
    return {"what": what, "file": place.file, "line": place.line, "reason": reason}


def _operation(operation: Operation) -> dict[str, Any]:
    quota = known_headers(operation)
    return {
        "id": operation.id,
        "method": operation.method.upper(),
        "path": operation.path,
        "line": operation.place.line,
        "statuses": [response.status for response in operation.responses],
        "limits": {"limit": quota.limit, "remaining": quota.remaining, "reset": quota.reset},
        "keywords": sorted(set(_keywords(operation))),
    }


def _keywords(operation: Operation) -> Iterator[str]:
    """Yield each keyword that restricts a body, after the clause that judges it.

    The type of ``id`` in answers with 200 is ``200/body/id type``.
    """
    if operation.request is not None:
        for member, keyword in _restricted(operation.request):
            clause = member.clause_name if member.is_deep else member.path or "body"
            yield f"request/{clause} {keyword}"
    for response in operation.responses:
        if response.content is None:
            continue
        side = "error" if response.status[0] in "45" else response.status
        for member, keyword in _restricted(response.content):
            yield f"{side}/{member.clause_name} {keyword}"


def _restricted(content: Content) -> Iterator[tuple[Property, str]]:
    """Yield the member and the keyword of each restriction, first those of the whole body."""
    whole = Property("", content.schema, required=False, place=content.place)
    for member in (whole, *content.properties):
        for keyword in member.schema:
            if keyword in RESTRICTING:
                yield member, keyword
        if member.required:
            yield member, "required"


# --- the run -----------------------------------------------------------------------------------


def gather_run(meta: Data, records: Iterable[Data], exchanges: Iterable[Data]) -> dict[str, Any]:
    """Return the finished run as one value, JSON-able.

    *meta* tells ``tool`` (version), ``target``, ``seed``, ``started`` (ISO 8601, or a datetime),
    ``seconds`` and ``documents`` (of `describe_document`); ``interrupted`` where the run was.
    *records* are of `record.ruling_record`, *exchanges* of `record.exchange_record`, with times in
    seconds since the start. Of the exchanges it has numbers alone: they lie in a file of their own.
    """
    clauses = [_without(record, CARRIED) for record in records]
    documents = list(meta.get("documents", ()))
    sent = count_exchanges(exchanges)
    return {
        "version": VERSION,
        "tool": {"name": TOOL, "version": str(meta.get("tool", ""))},
        "target": str(meta.get("target", "")),
        "seed": int(meta.get("seed", 0)),
        "started": _iso(meta.get("started")),
        "seconds": round(float(meta.get("seconds", 0.0)), 3),
        "interrupted": bool(meta.get("interrupted", False)),
        "documents": documents,
        "clauses": clauses,
        "causes": [cause.told() for cause in causes.find_causes(clauses)],
        "coverage": coverage(documents, clauses, sent["operations"]),
        "exchanges": sent,
    }


def count_exchanges(exchanges: Iterable[Data]) -> dict[str, Any]:
    """Return how many *exchanges* there were, and which answers each operation gave how often.

    The status 0 stands for no answer.
    """
    statuses: dict[Key, Counter[int]] = {}
    for one in exchanges:
        statuses.setdefault(_key(one), Counter())[one["status"]] += 1
    told: list[dict[str, Any]] = []
    for (document, operation), counts in statuses.items():
        answers = {str(status): counts[status] for status in sorted(counts)}
        told.append(
            {
                "document": document,
                "operation": operation,
                "count": counts.total(),
                "statuses": answers,
            }
        )
    return {"file": NAME, "count": sum(one["count"] for one in told), "operations": told}


def _without(told: Data, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


def _iso(moment: str | datetime | None) -> str:
    if isinstance(moment, str) and moment:
        return moment
    return (moment or datetime.now(UTC)).isoformat(timespec="milliseconds")


def since_start(exchanges: Sequence[Data]) -> list[dict[str, Any]]:
    """Return *exchanges* of different clocks with times since the start.

    Those of each operation begin with its first exchange.
    """
    begun: dict[Key, float] = {}
    for one in exchanges:
        begun[_key(one)] = min(begun.get(_key(one), one["sent_at"]), one["sent_at"])
    told: list[dict[str, Any]] = []
    for one in exchanges:
        zero = begun[_key(one)]
        moved = {name: round(one[name] - zero, 6) for name in ("sent_at", "came_at")}
        told.append({**one, **moved})
    return told


# --- what was covered --------------------------------------------------------------------------


def exercised(clauses: Iterable[Data]) -> float:
    """Return the percentage of *clauses* that were exercised; 100 where there is none.

    Those on the document itself do not count: no target has a part in them.
    """
    told = [one["verdict"] != UNEXERCISED for one in of_target(clauses)]
    return _percent(sum(told), len(told))


def coverage(
    documents: Iterable[Data],
    clauses: Sequence[Data],
    sent: Iterable[Data],
) -> dict[str, Any]:
    """Return how much of the documents was exercised.

    Clauses are counted, documented statuses, and keywords of the schemas. *sent* tells the
    statuses of each operation that answered.
    """
    judging_target = of_target(clauses)
    judged = [one for one in judging_target if one["verdict"] != UNEXERCISED]
    judged_ids = {(_key(one), one["clause"]) for one in judged}
    seen = _statuses_seen(clauses, sent)
    statuses, keywords = _Coverage(), _Coverage()
    for document in documents:
        for operation in document["operations"]:
            key = (document["name"], operation["id"])
            name = f"{document['name']}::{operation['id']}"
            for status in operation["statuses"]:
                statuses.count(f"{name} {status}", _is_seen(status, seen.get(key, set())))
            for keyword in operation["keywords"]:
                keywords.count(f"{name} {keyword}", (key, _judging_clause(keyword)) in judged_ids)
    return {
        "clauses": _share(len(judged), len(judging_target)),
        "statuses": _share(statuses.covered, statuses.of) | {"unseen": statuses.left_out},
        "keywords": _share(keywords.covered, keywords.of) | {"unevaluated": keywords.left_out},
    }


@dataclass(slots=True)
class _Coverage:
    """How many things of a kind there are, how many were covered, and the names of the others."""

    covered: int = 0
    of: int = 0
    left_out: list[str] = field(default_factory=list)

    def count(self, name: str, is_covered: bool) -> None:
        self.of += 1
        if is_covered:
            self.covered += 1
        else:
            self.left_out.append(name)


def _key(told: Data) -> Key:
    return told["document"], told["operation"]


def _statuses_seen(clauses: Iterable[Data], sent: Iterable[Data]) -> dict[Key, set[str]]:
    """Return the statuses that came, by operation.

    Where exchanges were not kept, findings still show some.
    """
    seen: dict[Key, set[str]] = defaultdict(set)
    for one in sent:
        seen[_key(one)] |= one["statuses"].keys() - {NO_ANSWER}
    for clause in clauses:
        shown = clause["finding"]["exchange"] if clause["finding"] else None
        if shown and shown["status"]:
            seen[_key(shown)].add(str(shown["status"]))
    return seen


def _is_seen(status: str, seen: set[str]) -> bool:
    if status.upper().endswith("XX"):
        return any(came[0] == status[0] for came in seen)
    return status in seen


GROUPED = "request/members/"


def _judging_clause(keyword: str) -> str:
    """Return the clause that holds a value against *keyword*.

    It was judged where the member came, or was sent broken in just that way.
    """
    clause, _, name = keyword.rpartition(" ")  # a member may have blanks in its name
    is_alone = clause.startswith("request/") and not clause.startswith(GROUPED)
    if is_alone:
        return f"{clause}/{name}"
    return clause


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"covered": part, "of": whole, "percent": _percent(part, whole)}


def _percent(part: int, whole: int) -> float:
    if not whole:
        return 100.0
    return round(100 * part / whole, 1)
