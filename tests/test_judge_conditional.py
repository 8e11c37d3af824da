"""Are conditions kept? Each rule: kept, broken, and the permitted answer that comes closest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import ABSENT, BROKEN, KEPT, SILENT, Subject, SubjectKind, in_a_row
from lives import THINGS, world

from pytest_confluent_contracts.clauses import conditional
from pytest_confluent_contracts.model import conditions
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.conditions import (
    IF_CHANGED,
    IF_CURRENT,
    IF_OTHER,
    IF_STALE,
    UNCONDITIONED,
)

if TYPE_CHECKING:
    from exchanges import Exchange

W = world((Path(__file__).parent / "apis" / "conditions.yaml").read_text(encoding="utf-8"))
PLAIN = world(THINGS)
A, B = {"id": "t1", "name": "one"}, {"id": "t1", "name": "two"}


def asked(
    name: str, status: int, *, answer: Any = ABSENT, tag: str | None = None, step: str = ""
) -> Exchange:
    """Return an exchange of the operation *name*, whose answer has the *tag*."""
    told = {} if tag is None else {"ETag": tag}
    found = W.ask(name, status, answer, told=told)
    if not step:
        return found
    subject = Subject(SubjectKind.STEP, step)
    return replace(found, case=replace(found.case, subject=subject))


def read(answer: Any = A, tag: str | None = '"1"') -> Exchange:
    """Return a read."""
    return asked("read", 200, answer=answer, tag=tag)


def verdict(name: str, rule: str, *exchanges: Exchange) -> str:
    """Return what the clause ``conditional/RULE`` of the operation *name* says."""
    found = {one.id: one for one in conditional.derive(W[name])}
    evidence = list(found[f"conditional/{rule}"].judge(in_a_row(*exchanges, apart=1.0)))
    if not evidence:
        return SILENT
    return BROKEN if any(one.finding for one in evidence) else KEPT


def test_only_what_is_documented_is_held() -> None:
    """The header, the status, or the header of the request; nothing of lists and creates."""
    rules = {name: [one.id for one in conditional.derive(W[name])] for name in W.operations}
    assert {name: len(own) for name, own in rules.items() if own} == {
        "read": 5,
        "replace": 3,
        "update": 2,
        "delete": 1,
    }
    assert [one for name in PLAIN.operations for one in conditional.derive(PLAIN[name])] == []
    levels = {one.id: one.level for one in conditional.derive(W["read"])}
    assert levels["conditional/etag-stays"] is Level.SHOULD
    assert levels["conditional/if-none-match"] is Level.MUST


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ('"a"', KEPT),
        ('W/"a"', KEPT),
        ('""', KEPT),
        ("a", BROKEN),
        ("'a'", BROKEN),
        ('w/"a"', BROKEN),
    ],
)
def test_a_tag_stands_in_quotes(tag: str, told: str) -> None:
    """RFC 9110 8.8.3: W/ in capitals, and double quotes."""
    assert verdict("read", "etag-form", read(tag=tag)) == told
    assert verdict("read", "etag-form", read(tag=None)) == SILENT


def test_another_body_has_another_strong_tag() -> None:
    """A weak one may stay."""
    assert verdict("read", "etag-moves", read(A, '"1"'), read(B, '"2"')) == KEPT
    assert verdict("read", "etag-moves", read(A, '"1"'), read(B, '"1"')) == BROKEN
    assert verdict("read", "etag-moves", read(A, 'W/"1"'), read(B, 'W/"1"')) == SILENT
    assert verdict("read", "etag-moves", read(A, '"1"'), read(A, '"2"')) == SILENT


def test_what_has_not_changed_keeps_its_tag() -> None:
    """Of two reads with nothing in between."""
    assert verdict("read", "etag-stays", read(A, '"1"'), read(A, '"1"')) == KEPT
    assert verdict("read", "etag-stays", read(A, '"1"'), read(A, '"2"')) == BROKEN
    write = asked("update", 200, answer=A)
    assert verdict("read", "etag-stays", read(A, '"1"'), write, read(A, '"2"')) == SILENT


@pytest.mark.parametrize(
    ("step", "status", "told"),
    [
        (IF_CHANGED, 304, KEPT),
        (IF_CHANGED, 200, BROKEN),
        (IF_OTHER, 200, KEPT),
        (IF_OTHER, 304, BROKEN),
        (IF_CHANGED, 404, SILENT),
        (IF_CHANGED, 503, SILENT),
    ],
)
def test_a_read_is_answered_where_something_has_changed(step: str, status: int, told: str) -> None:
    """And 304 where not."""
    assert verdict("read", "if-none-match", asked("read", status, tag='"1"', step=step)) == told


def test_a_304_tells_the_tag() -> None:
    """RFC 9110 15.4.5."""
    assert verdict("read", "304-tells-tag", asked("read", 304, tag='"1"', step=IF_CHANGED)) == KEPT
    assert verdict("read", "304-tells-tag", asked("read", 304, step=IF_CHANGED)) == BROKEN
    assert verdict("read", "304-tells-tag", asked("read", 200, step=IF_CHANGED)) == SILENT


@pytest.mark.parametrize("name", ["update", "replace"])
def test_of_two_writers_one_loses(name: str) -> None:
    """The first is not refused for its tag, the second is, with 412."""
    assert verdict(name, "if-match", asked(name, 200, step=IF_CURRENT)) == KEPT
    assert verdict(name, "if-match", asked(name, 422, step=IF_CURRENT)) == KEPT
    assert verdict(name, "if-match", asked(name, 412, step=IF_CURRENT)) == BROKEN
    assert verdict(name, "lost-update", asked(name, 412, step=IF_STALE)) == KEPT
    assert verdict(name, "lost-update", asked(name, 200, step=IF_STALE)) == BROKEN
    assert verdict(name, "lost-update", asked(name, 409, step=IF_STALE)) == BROKEN
    assert verdict(name, "lost-update", asked(name, 429, step=IF_STALE)) == SILENT


def test_a_deletion_may_lose_too() -> None:
    """With an old tag nothing is deleted."""
    assert verdict("delete", "lost-update", asked("delete", 412, step=IF_STALE)) == KEPT
    assert verdict("delete", "lost-update", asked("delete", 204, step=IF_STALE)) == BROKEN


def test_a_condition_may_be_required() -> None:
    """428; where the header is declared as required, it may be missing like any parameter."""
    assert verdict("replace", "required", asked("replace", 428, step=UNCONDITIONED)) == KEPT
    assert verdict("replace", "required", asked("replace", 422, step=UNCONDITIONED)) == KEPT
    assert verdict("replace", "required", asked("replace", 200, step=UNCONDITIONED)) == BROKEN


def test_what_a_document_says_of_conditions() -> None:
    """Which operations tell a tag, take one, and ask for one."""
    assert [name for name in W.operations if conditions.tells_tag(W[name])] == [
        "read",
        "replace",
        "update",
    ]
    assert conditions.takes_if_match(W["update"])
    assert not conditions.requires_condition(W["update"])
    assert conditions.requires_condition(W["replace"])
    assert conditions.takes_if_none_match(W["read"])
    assert not conditions.takes_if_none_match(W["head"])
    assert (conditions.opaque_tag('W/"a"'), conditions.is_weak('"a"')) == ('"a"', False)
