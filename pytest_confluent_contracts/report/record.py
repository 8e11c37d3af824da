"""What does a verdict look like as plain data? It crosses from xdist's workers and feeds every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_confluent_contracts.contract import Ruling


def of(ruling: Ruling) -> dict[str, Any]:
    """Return *ruling* as JSON-able data: clause, place, verdict, counts, and the finding with its smallest request."""
    clause, finding = ruling.clause, ruling.finding
    return {
        "document": ruling.document,
        "operation": ruling.operation,
        "clause": clause.id,
        "family": clause.family.value,
        "level": clause.level.value,
        "promise": clause.promise,
        "file": clause.place.file,
        "line": clause.place.line,
        "verdict": ruling.verdict.value,
        "judged": ruling.judged,
        "against": ruling.against,
        "reason": ruling.reason,
        "withheld": ruling.withheld,
        "finding": None if finding is None else {"came": finding.came, "curl": finding.curl, "seen": finding.seen},
    }
