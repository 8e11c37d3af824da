"""What was found in one run, as one value? Verdicts, causes, coverage and exchanges; every report is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.report import causes

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Document, Operation

VERSION = 1
TOOL = "pytest-confluent-contracts"
USUAL = {"limit": "X-RateLimit-Limit", "remaining": "X-RateLimit-Remaining", "reset": "X-RateLimit-Reset"}
UNEXERCISED = "not exercised"
CARRIED = frozenset({"cost", "exchanges"})  # what a record brings along and a clause is not

# The keywords of JSON Schema (2020-12 validation, sections 6 and 7) that restrict a value; the others only describe it.
RESTRICTING = frozenset(
    (
        *("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
        *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties", "additionalProperties"),
    )
)

Data = Mapping[str, Any]


# --- what was held against the target --------------------------------------------------------------------------------


def described(document: Document) -> dict[str, Any]:
    """Return *document* as JSON-able data: what it is, and what of each operation a run can cover."""
    return {
        "name": document.name,
        "title": document.title,
        "version": document.version,
        "digest": document.digest,
        "file": next((operation.place.file for operation in document.operations), document.file),
        "operations": [_operation(operation) for operation in document.operations],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "method": operation.method.upper(),
        "path": operation.path,
        "line": operation.place.line,
        "statuses": [response.status for response in operation.responses],
        "limits": {role: str(operation.promise("rate-limit", role) or usual) for role, usual in USUAL.items()},
        "keywords": sorted(set(_keywords(operation))),
    }


def _keywords(operation: Operation) -> Iterator[str]:
    """Yield each keyword that restricts a body, as the clause that judges it and the keyword: ``200/body/id type``."""
    if operation.request is not None:
        for path, keyword in _restricted(operation.request):
            yield f"request/{path or 'body'} {keyword}"
    for response in operation.responses:
        side = "error" if response.status[0] in "45" else response.status
        for path, keyword in _restricted(response.content) if response.content else ():
            yield f"{side}/body{'/' if path else ''}{path} {keyword}"


def _restricted(content: Content) -> Iterator[tuple[str, str]]:
    yield from (("", keyword) for keyword in content.schema if keyword in RESTRICTING)
    for member in content.properties:
        yield from ((member.path, keyword) for keyword in member.schema if keyword in RESTRICTING)
        if member.required:
            yield member.path, "required"


# --- the run ---------------------------------------------------------------------------------------------------------


def gathered(meta: Data, records: Iterable[Data], exchanges: Iterable[Data]) -> dict[str, Any]:
    """Return the finished run as one value, JSON-able.

    *meta* tells ``tool`` (version), ``target``, ``seed``, ``started`` (ISO 8601, or a datetime), ``seconds`` and
    ``documents`` (of `described`); ``interrupted`` where the run was; ``clock``, the exchanges' clock at the start,
    where there is one for all. *records* are of `record.of`, *exchanges* of `record.exchange`, and so are those
    that a record brings along as ``exchanges``; their times become seconds since the start.
    """
    told = list(records)
    clauses = [{key: value for key, value in record.items() if key not in CARRIED} for record in told]
    brought = [exchange for record in told for exchange in record.get("exchanges", ())]
    documents = list(meta.get("documents", ()))
    timed = _since_start([*exchanges, *brought], meta.get("clock"))
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
        "causes": [cause.told() for cause in causes.of(clauses)],
        "coverage": coverage(documents, clauses, timed),
        "exchanges": timed,
    }


def _iso(moment: Any) -> str:
    if isinstance(moment, str) and moment:
        return moment
    return (moment or datetime.now(UTC)).isoformat(timespec="milliseconds")


def _since_start(exchanges: Sequence[Data], clock: float | None) -> list[Data]:
    """Return *exchanges* with times since the start; without a common clock, each operation's begin with its first."""
    begun: dict[tuple[str, str], float] = {}
    for one in exchanges:
        key = (one["document"], one["operation"])
        begun[key] = clock if clock is not None else min(begun.get(key, one["sent_at"]), one["sent_at"])
    for one in exchanges:
        zero = begun[one["document"], one["operation"]]
        assert isinstance(one, dict)
        one["sent_at"], one["came_at"] = round(one["sent_at"] - zero, 6), round(one["came_at"] - zero, 6)
    return list(exchanges)


# --- what was covered ------------------------------------------------------------------------------------------------


def exercised(clauses: Iterable[Data]) -> float:
    """Return the percentage of *clauses* that were exercised; 100 where there is none."""
    told = [clause["verdict"] != UNEXERCISED for clause in clauses]
    return _percent(sum(told), len(told))


def coverage(documents: Iterable[Data], clauses: Sequence[Data], exchanges: Iterable[Data]) -> dict[str, Any]:
    """Return how much of the documents was exercised: clauses, documented statuses, keywords of the schemas."""
    judged = {(one["document"], one["operation"], one["clause"]) for one in clauses if one["verdict"] != UNEXERCISED}
    seen = {(one["document"], one["operation"], str(one["status"])) for one in exchanges if one["status"]}
    found = [one["finding"]["exchange"] for one in clauses if one["finding"] and one["finding"]["exchange"]]
    seen |= {(one["document"], one["operation"], str(one["status"])) for one in found if one["status"]}
    statuses, keywords = [], []
    for document in documents:
        for operation in document["operations"]:
            key = (document["name"], operation["id"])
            statuses += [(*key, status, _seen(status, key, seen)) for status in operation["statuses"]]
            keywords += [(*key, one, _evaluated(one, key, judged)) for one in operation["keywords"]]
    return {
        "clauses": _share(sum(one["verdict"] != UNEXERCISED for one in clauses), len(clauses)),
        "statuses": _share(sum(one[3] for one in statuses), len(statuses))
        | {"unseen": [f"{name}::{id} {status}" for name, id, status, told in statuses if not told]},
        "keywords": _share(sum(one[3] for one in keywords), len(keywords))
        | {"unevaluated": [f"{name}::{id} {keyword}" for name, id, keyword, told in keywords if not told]},
    }


def _seen(status: str, key: tuple[str, str], seen: set[tuple[str, str, str]]) -> bool:
    if status.upper().endswith("XX"):
        return any(one[:2] == key and one[2][0] == status[0] for one in seen)
    return (*key, status) in seen


def _evaluated(keyword: str, key: tuple[str, str], judged: set[tuple[str, str, str]]) -> bool:
    """Return whether a value was held against *keyword*: its member came, or was sent broken in just that way."""
    clause, _, name = keyword.partition(" ")
    own = f"{clause}/{name}" if clause.startswith("request/") else clause
    return (*key, own) in judged


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"covered": part, "of": whole, "percent": _percent(part, whole)}


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 100.0
