"""What could have been sent and answered? Exchanges made by hand, and what a judge says of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from judging import document

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.build import violations
from pytest_confluent_contracts.model.clauses import Clause
from pytest_confluent_contracts.model.documents import Operation
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.traffic import (
    REDACTED,
    Exchange,
    Expect,
    Probe,
    Subject,
    SubjectKind,
)
from pytest_confluent_contracts.model.traffic import RedactedCase as Case
from pytest_confluent_contracts.report.sentences import missing_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_confluent_contracts.model.traffic import CodingFlaw, Loss


# What tests of judges need of the package comes from here, and from nowhere else.
__all__ = [
    "ABSENT",
    "REDACTED",
    "Case",
    "Clause",
    "Exchange",
    "Expect",
    "Operation",
    "Probe",
    "Subject",
    "SubjectKind",
]

URL = "http://127.0.0.1:8080"
JSON = "application/json"
KEPT, BROKEN, SILENT = "kept", "broken", "no evidence"


# --- documents -------------------------------------------------------------------------------------------------------


def confluent() -> Operation:
    """Return *Update an API Key*."""
    return document("confluent-api-keys")[1]


def datadog() -> Operation:
    """Return *Update Confluent account*."""
    return document("datadog-confluent-cloud")[1]


def operation_from(text: str, folder: Path) -> Operation:
    """Return the first operation of a document of the test's own."""
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return documents.read_document(path).operations[0]


# --- exchanges -------------------------------------------------------------------------------------------------------


def member(path: str | None) -> Subject | None:
    """Return what a case about the member at *path* is about, None where that is left open."""
    return None if path is None else Subject(SubjectKind.MEMBER, path)


def make_case(
    operation: Operation,
    body: Any = ABSENT,
    *,
    raw: bytes | None = None,
    probe: Probe = Probe.VALID,
    expect: Expect | None = None,
    subject: Subject | None = None,
    headers: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    authority: str = "own",
    title: str = "a request",
) -> Case:
    """Return a request with the JSON value *body*, or with the bytes *raw* in its place.

    What is wrong with the body is found by the schema; without *expect*, it says what is promised for the request, and
    without *subject*, one violation says what the case is about.
    """
    wrong = () if body is ABSENT else violations(operation, body)
    about = wrong[0].pointer.removeprefix("/").replace("/", ".") if len(wrong) == 1 else ""
    missing = wrong[0].missing if len(wrong) == 1 else ""
    sent = (
        json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if body is not ABSENT
        else raw
    )
    return Case(
        probe=probe,
        title=title,
        operation=operation,
        parameters=tuple((parameters or {"id": "ak-12345"}).items()),
        headers=tuple((headers or {"Content-Type": JSON}).items()),
        body=sent,
        value=body,
        expect=expect or (Expect.REFUSED if wrong else Expect.ACCEPTED),
        authority=authority,
        violations=wrong,
        subject=subject or Subject(SubjectKind.MEMBER, ".".join(filter(None, (about, missing)))),
    )


def make_exchange(
    case: Case,
    status: int = 200,
    answer: Any = ABSENT,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    text: str | None = None,
    media_type: str | None = JSON,
    flaw: str = "",
    leaks: tuple[str, ...] = (),
    at: float = 0.0,
    took: float = 0.01,
    url: str = URL,
    failure: str = "",
    superseded: bool = False,
    connection: int = 0,
    losses: tuple[Loss, ...] = (),
    coding: CodingFlaw | None = None,
) -> Exchange:
    """Return the exchange in which *case*, sent *at* some second, got *status* with the JSON value *answer*.

    *text* stands in the place of the value, *flaw* says why it is no JSON; *failure* why no answer came at all.
    """
    named = list(headers.items()) if hasattr(headers, "items") else list(headers)
    shown = text if text is not None else "" if answer is ABSENT else json.dumps(answer)
    if media_type and shown and not any(name.lower() == "content-type" for name, _ in named):
        named.append(("Content-Type", media_type))
    return Exchange(
        serial=0,
        case=case,
        url=url,
        status=0 if failure else status,
        headers=tuple(named),
        text=shown,
        json=answer,
        flaw=flaw,
        leaks=leaks,
        sent_at=at,
        came_at=at + took,
        failure=failure,
        superseded=superseded,
        connection=connection,
        losses=losses,
        coding=coding,
    )


def quota_told(
    operation: Operation,
    at: float,
    left: object = None,
    reset: object = None,
    status: int = 200,
    *,
    limit: object = 100,
    probe: str = "valid",
    took: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """Return an answer *at* some second that tells the quota: *left* of *limit* for *reset* seconds; None: not told."""
    told = {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": left, "X-RateLimit-Reset": reset}
    shown = {name: str(value) for name, value in told.items() if value is not None} | dict(
        headers or {}
    )
    return make_exchange(
        make_case(operation, probe=Probe(probe)), status, headers=shown, at=at, took=took
    )


def in_a_row(*exchanges: Exchange, apart: float = 0.0) -> list[Exchange]:
    """Return *exchanges* as one run made them: numbered, and where *apart* is given, each so many seconds later."""
    return [
        replace(
            one,
            serial=index,
            sent_at=one.sent_at + index * apart,
            came_at=one.came_at + index * apart,
        )
        for index, one in enumerate(exchanges)
    ]


# --- what a judge says -----------------------------------------------------------------------------------------------


@remembered(200)
def derived_clauses(operation: Operation) -> tuple[Clause, ...]:
    """Return every clause of *operation*: thousands of tests ask for one of the same few."""
    return tuple(clauses.derive(operation))


def clause_of(operation: Operation, id: str) -> Clause:
    """Return the clause *id* of *operation*."""
    [found] = [clause for clause in derived_clauses(operation) if clause.id == id]
    return found


def clauses_of(operation: Operation, family: str) -> dict[str, Clause]:
    """Return the clauses of one family (`rate_limit`) by their ids."""
    return {one.id: one for one in derived_clauses(operation) if one.family == family}


def clause_ids(operation: Operation, family: str = "") -> list[str]:
    """Return the id of every clause of *operation*, or of one *family* of them, in order."""
    return [one.id for one in derived_clauses(operation) if family in ("", one.family)]


def said(operation: Operation, id: str, *exchanges: Exchange, apart: float = 0.0) -> list[str]:
    """Return what the clause *id* says of each exchange in turn: `KEPT`, `BROKEN` or `SILENT`."""
    row = in_a_row(*exchanges, apart=apart)
    told = dict.fromkeys(range(len(row)), SILENT)
    for evidence in clause_of(operation, id).judge(row):
        if evidence.exchange is not None:
            told[evidence.exchange.serial] = BROKEN if evidence.finding else KEPT
    return list(told.values())


def verdict(operation: Operation, id: str, *exchanges: Exchange, apart: float = 0.0) -> str:
    """Return what the clause *id* says of all the exchanges together."""
    row = in_a_row(*exchanges, apart=apart)
    evidence = list(clause_of(operation, id).judge(row))
    if not evidence:
        return SILENT
    return BROKEN if any(item.finding for item in evidence) else KEPT


# --- why a judge says nothing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explained:
    """Why a clause has no evidence: whether the target owes it, the probe that would give it, and the reason in words."""

    withheld: bool
    probe: Probe | None
    reason: str


def explained(clause: Clause, exchanges: Sequence[Exchange]) -> Explained:
    """Return why *exchanges* give no evidence for *clause*."""
    missing = clause.explain(exchanges)
    return Explained(missing.withheld, missing.probe, missing_sentence(missing))


def absence(operation: Operation, id: str, *exchanges: Exchange) -> Explained:
    """Return why the clause *id* has no evidence in these exchanges."""
    return explained(clause_of(operation, id), in_a_row(*exchanges))


def is_withheld(operation: Operation, id: str, *exchanges: Exchange) -> bool:
    """Return whether the clause *id*, of which nothing was seen, is one that the target owed."""
    return absence(operation, id, *exchanges).withheld
