"""What does a verdict look like as plain data? It leaves xdist's workers and feeds every report."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import MissingEvidence, MissingKind
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.report.sentences import (
    finding_sentence,
    reason_sentence,
    repair_sentence,
    seen_sentence,
)
from pytest_confluent_contracts.report.sequence import sequence_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_confluent_contracts.model.clauses import (
        Clause,
        Finding,
        Quoted,
        Ruling,
        Shape,
        Topic,
    )
    from pytest_confluent_contracts.model.traffic import Exchange

MOST_SHAPES = 5  # of wrong answers that are told beside the first
MISSING_KINDS = frozenset(kind.value for kind in MissingKind)


# --- rulings -----------------------------------------------------------------------------------


def _nowhere(_: Exchange) -> int:
    return 0


def ruling_record(ruling: Ruling, line_of: Callable[[Exchange], int] = _nowhere) -> dict[str, Any]:
    """Return *ruling* as JSON-able data: clause, place, verdict and counts.

    What was found, and what is missing, are both told twice: in English, and in the parts of which
    the English was made. *line_of* says in which line of the log an exchange stands, 0 where it is
    in none.
    """
    return _promised(ruling.clause) | {
        "document": ruling.document,
        "operation": ruling.operation,
        "node": ruling.node,
        "verdict": ruling.verdict.value,
        "judged": ruling.judged,
        "against": ruling.against,
        "reason": reason_sentence(ruling),
        "withheld": ruling.withheld,
        "finding": None if ruling.finding is None else _found(ruling, ruling.finding, line_of),
        "also": [_also(ruling, shape, line_of) for shape in ruling.shapes[1 : 1 + MOST_SHAPES]],
        "missing": None if ruling.missing is None else _missed(ruling.missing),
    }


def _promised(clause: Clause) -> dict[str, Any]:
    return {
        "clause": clause.id,
        "family": clause.family.value,
        "level": clause.level.value,
        "promise": clause.promise,
        "place": str(clause.place),
        "file": clause.place.file,
        "line": clause.place.line,
        "status": clause.topic.status,
        "topic": _topic(clause.topic),
        "probes": sorted(probe.value for probe in clause.needs),
    }


def _topic(topic: Topic) -> dict[str, str]:
    """Return what a clause is about, but for the status, which a record tells by itself."""
    return {
        "aspect": topic.aspect.value,
        "member": topic.member,
        "header": topic.header,
        "keyword": topic.keyword,
    }


def _also(ruling: Ruling, shape: Shape, line_of: Callable[[Exchange], int]) -> dict[str, Any]:
    """Return another shape of wrong answer as data: how many had it, and what is wrong with one."""
    alone = replace(
        ruling,
        against=shape.count,
        finding=shape.finding,
        exchange=shape.exchange,
        since="",
        sequence=(),
    )
    return {
        "status": shape.status,
        "media_type": shape.media_type,
        "against": shape.count,
        "finding": _found(alone, shape.finding, line_of),
    }


def _found(ruling: Ruling, finding: Finding, line_of: Callable[[Exchange], int]) -> dict[str, Any]:
    shown = ruling.exchange
    return {
        "came": finding_sentence(finding),
        "mend": repair_sentence(finding),
        "curl": "" if shown is None else curl(shown),
        "sequence": list(sequence_lines(ruling)),
        "seen": seen_sentence(ruling),
        "exchange": None if shown is None else exchange_reference(shown, line_of(shown)),
        "kind": finding.kind.value,
        "status": finding.status,
        "subject": finding.subject,
        "expected": _listed(finding.expected),
        "observed": _listed(finding.observed),
        "request": finding.request,
    }


def _listed(quoted: Quoted) -> Any:
    """Return *quoted* as JSON has it: lists in the place of tuples."""
    return [_listed(one) for one in quoted] if isinstance(quoted, tuple) else quoted


# --- what is missing ---------------------------------------------------------------------------


def _missed(missing: MissingEvidence) -> dict[str, Any]:
    return {
        "kind": missing.kind.value,
        "subject": missing.subject,
        "expect": "" if missing.expect is None else missing.expect.value,
        "asked": missing.asked,
        "answers": [list(pair) for pair in missing.answers],
        "preflight": missing.preflight,
        "options": list(missing.options),
    }


def missing_from(told: Mapping[str, Any]) -> MissingEvidence | None:
    """Return the missing evidence of which a record *told*.

    None where it is of a kind that is not known here.
    """
    if told["kind"] not in MISSING_KINDS:
        return None
    return MissingEvidence(
        kind=MissingKind(told["kind"]),
        subject=told["subject"],
        expect=Expect(told["expect"]) if told["expect"] else None,
        asked=told["asked"],
        answers=tuple((answer, count) for answer, count in told["answers"]),
        preflight=told.get("preflight", False),
        options=tuple(told.get("options", ())),
    )


# --- exchanges ---------------------------------------------------------------------------------


def exchange_reference(exchange: Exchange, line: int) -> dict[str, Any]:
    """Return what a finding tells of the exchange that shows it: what it was, and its *line*.

    What was sent and what came stands there, in the log of the run; 0 is no line.
    """
    answered = {"status": exchange.status, "failure": exchange.failure}
    return {"line": line} | _asked(exchange) | answered


def exchange_record(exchange: Exchange) -> dict[str, Any]:
    """Return *exchange* as JSON-able data.

    A body that is not UTF-8 is in base64; times are the run's own seconds.
    """
    body, encoding = _body(exchange.case.body)
    return _asked(exchange) | {
        "request_headers": [list(pair) for pair in exchange.case.headers],
        "request_body": body,
        "request_encoding": encoding,
        "status": exchange.status,
        "headers": [list(pair) for pair in exchange.headers],
        "text": exchange.text,
        "failure": exchange.failure,
        "sent_at": exchange.sent_at,
        "came_at": exchange.came_at,
        "connection": exchange.connection,
        "lost": len(exchange.losses),
    }


def _asked(exchange: Exchange) -> dict[str, Any]:
    """Return which request it was and what it was sent for, without what is in it."""
    case = exchange.case
    return {
        "serial": exchange.serial,
        "document": case.operation.document,
        "operation": case.operation.id,
        "probe": case.probe.value,
        "title": case.title,
        "expected": case.expect.value,
        "method": case.operation.method.upper(),
        "url": exchange.url,
    }


def _body(body: bytes | None) -> tuple[str | None, str]:
    if body is None:
        return None, ""
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"


def is_stopped(record: Mapping[str, Any]) -> bool:
    """Return whether the preflight found that nobody can be judged: no word on the clause."""
    missing = record.get("missing")
    return bool(missing and missing.get("preflight"))


def is_of_document(record: Mapping[str, Any]) -> bool:
    """Return whether a clause judges the document itself: nothing need be sent for it."""
    return record.get("probes") == []


def of_target(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those of *records* that judge the target: what the document keeps is none of its."""
    return [record for record in records if not is_of_document(record)]


def is_unjudged(record: Mapping[str, Any]) -> bool:
    """Return whether *record* holds no word on the target."""
    return is_stopped(record) or is_of_document(record)


def by_operation(
    records: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Return *records* by document and operation, in their order."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault((record["document"], record["operation"]), []).append(record)
    return found
