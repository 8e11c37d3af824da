"""What does a verdict look like as plain data? It crosses from xdist's workers and feeds every report."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Clause, Finding, Ruling
    from pytest_confluent_contracts.model.traffic import Exchange

NODE_PREFIX = "contracts/"


def of(ruling: Ruling) -> dict[str, Any]:
    """Return *ruling* as JSON-able data: clause, place, verdict, counts, and the finding with its smallest request."""
    return _promised(ruling.clause) | {
        "document": ruling.document,
        "operation": ruling.operation,
        "node": f"{NODE_PREFIX}{ruling.document}::{ruling.operation}::{ruling.clause.id}",
        "verdict": ruling.verdict.value,
        "judged": ruling.judged,
        "against": ruling.against,
        "reason": ruling.reason,
        "withheld": ruling.withheld,
        "finding": None if ruling.finding is None else _found(ruling.finding),
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
        "status": _status(clause.id),
        "probes": sorted(probe.value for probe in clause.needs),
    }


def _status(id: str) -> str:
    """Return the answers of which a clause speaks: a status, ``error`` for every error, ``""`` for any."""
    first = id.removeprefix("document/example/").partition("/")[0]
    return first if first in ("error", "default") or (len(first) == 3 and first[0].isdigit()) else ""


def _found(finding: Finding) -> dict[str, Any]:
    shown = finding.exchange
    return {
        "came": finding.came,
        "curl": finding.curl,
        "seen": finding.seen,
        "exchange": None if shown is None else exchange(shown),
    }


def exchange(exchange: Exchange) -> dict[str, Any]:
    """Return *exchange* as JSON-able data; a body that is not UTF-8 is in base64, times are the run's own seconds."""
    case = exchange.case
    body, encoding = _body(case.body)
    return {
        "serial": exchange.serial,
        "document": case.operation.document,
        "operation": case.operation.id,
        "probe": case.probe.value,
        "title": case.title,
        "expected": case.expect.value,
        "method": case.operation.method.upper(),
        "url": exchange.url,
        "request_headers": [list(pair) for pair in case.headers],
        "request_body": body,
        "request_encoding": encoding,
        "status": exchange.status,
        "headers": [list(pair) for pair in exchange.headers],
        "text": exchange.text,
        "failure": exchange.failure,
        "sent_at": exchange.sent_at,
        "came_at": exchange.came_at,
    }


def _body(body: bytes | None) -> tuple[str | None, str]:
    if body is None:
        return None, ""
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), "base64"
