"""What did the parts of a sharded run find together? Each clause once, its gravest verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.report.causes import GRAVEST, standing
from pytest_confluent_contracts.report.exchange_log import Exchanges
from pytest_confluent_contracts.report.run import gather_run

Data = Mapping[str, Any]


def merge_runs(
    runs: Sequence[Data], sent: Sequence[Exchanges] = ()
) -> tuple[dict[str, Any], Exchanges]:
    """Return one run of *runs*, and its exchanges.

    *sent* are the exchanges of each; without them there are none. Raises `ContractError` where they
    held the target to different documents.
    """
    documents = _documents(runs)
    begun = min(datetime.fromisoformat(run["started"]) for run in runs)
    ended = max(
        datetime.fromisoformat(run["started"]) + timedelta(seconds=run["seconds"]) for run in runs
    )
    meta = {
        "tool": ", ".join(dict.fromkeys(run["tool"].get("version", "") for run in runs)),
        "target": ", ".join(dict.fromkeys(run["target"] for run in runs)),
        "seed": runs[0]["seed"],
        "started": begun.isoformat(timespec="milliseconds"),
        "seconds": (ended - begun).total_seconds(),
        "interrupted": any(run.get("interrupted") for run in runs),
        "documents": documents,
    }
    parts = list(zip(runs, sent, strict=False))
    together = Exchanges(lambda: _exchanges(parts, begun))
    moved = _with_lines_moved(runs, [part for _, part in parts])
    return gather_run(meta, _clauses(moved), together), together


def _with_lines_moved(runs: Sequence[Data], sent: Sequence[Exchanges]) -> Iterator[Data]:
    """Yield each run with its findings where their exchanges stand among those of all."""
    before = 0
    for number, run in enumerate(runs):
        count = sum(1 for _ in sent[number].lines()) if number < len(sent) else 0
        clauses = [move_lines(clause, before if count else None) for clause in run["clauses"]]
        yield {**run, "clauses": clauses}
        before += count


def move_lines(clause: Data, by: int | None) -> dict[str, Any]:
    """Return *clause* with its exchanges so many lines further on in the log.

    None where the log is gone: then they stand in no line.
    """
    moved = dict(clause)
    if clause["finding"]:
        moved["finding"] = _moved_finding(clause["finding"], by)
    if clause.get("also"):
        moved["also"] = [
            {**shape, "finding": _moved_finding(shape["finding"], by)} for shape in clause["also"]
        ]
    return moved


def _moved_finding(finding: Data, by: int | None) -> dict[str, Any]:
    shown = finding.get("exchange")
    if not shown:
        return dict(finding)
    line = shown.get("line", 0)
    if line:
        line = 0 if by is None else line + by
    return {**finding, "exchange": {**shown, "line": line}}


def _documents(runs: Iterable[Data]) -> list[Data]:
    found: dict[str, Data] = {}
    for run in runs:
        for document in run["documents"]:
            known = found.setdefault(document["name"], document)
            if known["digest"] != document["digest"]:
                told = f"{known['digest']} and {document['digest']}"
                raise ContractError(
                    f"merge: the reports are about different versions of {known['name']} ({told})"
                )
    return list(found.values())


def _clauses(runs: Iterable[Data]) -> list[dict[str, Any]]:
    found: dict[str, list[Data]] = {}
    for run in runs:
        for clause in run["clauses"]:
            found.setdefault(clause["node"], []).append(clause)
    return [_together(same) for same in found.values()]


def _together(same: Sequence[Data]) -> dict[str, Any]:
    # A clause that another part left out was still exercised; evidence that was withheld somewhere
    # is not made up for.
    gravest = min(same, key=lambda clause: GRAVEST.index(standing(clause)))
    judged = sum(clause["judged"] for clause in same)
    against = sum(clause["against"] for clause in same)
    return {**gravest, "judged": judged, "against": against}


def _exchanges(parts: Iterable[tuple[Data, Exchanges]], begun: datetime) -> Iterator[Data]:
    """Yield every exchange, numbered anew within its operation.

    Times are seconds since the first of *parts* began.
    """
    numbers: dict[tuple[str, str], int] = {}
    for run, sent in parts:
        later = (datetime.fromisoformat(run["started"]) - begun).total_seconds()
        for one in sent:
            key = (one["document"], one["operation"])
            numbers[key] = numbers.get(key, -1) + 1
            moved = {
                "serial": numbers[key],
                "sent_at": one["sent_at"] + later,
                "came_at": one["came_at"] + later,
            }
            yield {**one, **moved}
