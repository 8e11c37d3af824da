"""Is the gate silent on its own service for a document as teams write them? Filters, defaults, an action, a singleton."""

from __future__ import annotations

from shutil import copy
from typing import TYPE_CHECKING

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    Probe,
    Subject,
    SubjectKind,
    clause_of,
    make_case,
    make_exchange,
    said,
)
from leading import APIS, read_api
from running import gate

from pytest_confluent_contracts.model.clauses import Level

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Operation

HELD = (
    *("list/filter", "ids-not-reused", "location-leads-there", "reads-change-nothing"),
    *("accept-weighted", "sent-is-returned", "answered"),
)


def operation(method: str, path: str) -> Operation:
    """Return one operation of the document."""
    known = {(one.method, one.path): one for one in read_api("ordinary").operations}
    return known[method, path]


def test_the_embedded_service_keeps_it(tmp_path: Path) -> None:
    """Filters without pages are asked for by what was shown; nothing is red, warned or not judged."""
    copy(APIS / "ordinary.yaml", tmp_path)
    named = "--contract-spec=ordinary.yaml"
    done = gate(tmp_path, "--contract-target=mock", named, "-k", " or ".join(HELD))
    assert done.code == 0, done.out
    assert {"kept"} <= set(done.verdicts.values()) <= {"kept", "not exercised"}
    assert "not declared by the document" not in done.out


FULL = {"name": "n", "kind": "a", "mood": "p", "notify": False}
RESTING = {"name": "n", "kind": "b"}
LATER = {
    "has its default": ({"notify": True, "mood": "p"}, KEPT),
    "is empty": ({"notify": True, "mood": ""}, KEPT),
    "is not shown": ({}, KEPT),
    "is kept": ({"notify": False, "mood": "p"}, KEPT),
    "is something else": ({"notify": False, "mood": "r"}, BROKEN),
}


@pytest.mark.parametrize(("shown", "expected"), LATER.values(), ids=LATER)
def test_what_a_replace_leaves_out_may_be_set_back(shown: dict[str, object], expected: str) -> None:
    """That says nothing of the form before it (RFC 9110 9.3.4); another value does."""
    own = operation("PUT", "/things/{id}")
    row = []
    for form, sent, more in (
        ("", FULL, FULL),
        ("accept-weighted", FULL, FULL),
        ("escaped", RESTING, shown),
    ):
        case = make_case(own, sent, probe=Probe.FORMS, subject=Subject(SubjectKind.FORM, form))
        row.append(make_exchange(case, 200, {"id": "1", **RESTING, **more}))
    assert said(own, "request/form/accept-weighted", *row)[1] == expected


@pytest.mark.parametrize(
    ("method", "path", "id", "level"),
    [
        ("POST", "/things/{id}/rename", "answer/sent-is-returned/name", Level.SHOULD),
        ("POST", "/things", "answer/sent-is-returned/name", Level.MUST),
        ("PUT", "/things/{id}", "update/sent-is-returned/name", Level.MUST),
    ],
)
def test_what_an_action_was_sent_is_returned_by_convention(
    method: str, path: str, id: str, level: Level
) -> None:
    """Of an action that is inferred; a create and a replace owe it."""
    assert clause_of(operation(method, path), id).level is level
