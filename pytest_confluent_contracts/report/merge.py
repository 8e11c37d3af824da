"""What did the parts of a sharded run find together? Each clause once, its gravest verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.report.causes import GRAVEST, standing
from pytest_confluent_contracts.report.run import gather_run

Data = Mapping[str, Any]


def merge_runs(runs: Sequence[Data]) -> dict[str, Any]:
    """Return one run of *runs*.

    Raises `ContractError` where they held the target to different documents.
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
        "clock": 0.0,
    }
    return gather_run(meta, _clauses(runs), _exchanges(runs, begun))


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


def _exchanges(runs: Iterable[Data], begun: datetime) -> list[dict[str, Any]]:
    """Return every exchange, numbered anew within its operation.

    Times are seconds since the first of *runs* began.
    """
    numbers: dict[tuple[str, str], int] = {}
    together = []
    for run in runs:
        later = (datetime.fromisoformat(run["started"]) - begun).total_seconds()
        for one in run["exchanges"]:
            key = (one["document"], one["operation"])
            numbers[key] = numbers.get(key, -1) + 1
            moved = {
                "serial": numbers[key],
                "sent_at": one["sent_at"] + later,
                "came_at": one["came_at"] + later,
            }
            together.append({**one, **moved})
    return together
