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
    IF_ANY,
    IF_CHANGED,
    IF_CHANGED_SINCE_ANY,
    IF_CHANGED_SINCE_SEVERAL,
    IF_CHANGED_SINCE_WEAK,
    IF_CURRENT,
    IF_NONE,
    IF_OTHER,
    IF_OTHERS,
    IF_SEVERAL,
    IF_STALE,
    IF_WEAK,
    UNCONDITIONED,
)

if TYPE_CHECKING:
    from exchanges import Exchange

W = world((Path(__file__).parent / "apis" / "conditions.yaml").read_text(encoding="utf-8"))
PLAIN = world(THINGS)
A, B = {"id": "t1", "name": "one"}, {"id": "t1", "name": "two"}


CREATING = world(
    (Path(__file__).parent / "apis" / "conditions.yaml")
    .read_text(encoding="utf-8")
    .replace(
        "        '428':", "        '201': {$ref: '#/components/responses/Thing'}\n        '428':", 1
    )
)


def asked(
    name: str,
    status: int,
    *,
    answer: Any = ABSENT,
    tag: str | None = None,
    step: str = "",
    own: Any = W,
    sent: dict[str, str] | None = None,
    **told: str,
) -> Exchange:
    """Return an exchange of the operation *name*, whose answer has the *tag* and what is *told*."""
    headers = {one.replace("_", "-"): value for one, value in told.items()}
    headers |= {} if tag is None else {"ETag": tag}
    found: Exchange = own.ask(name, status, answer, told=headers, headers=sent)
    if not step:
        return found
    subject = Subject(SubjectKind.STEP, step)
    told_step: Exchange = replace(found, case=replace(found.case, subject=subject))
    return told_step


def read(answer: Any = A, tag: str | None = '"1"') -> Exchange:
    """Return a read."""
    return asked("read", 200, answer=answer, tag=tag)


def verdict(name: str, rule: str, *exchanges: Exchange, own: Any = W) -> str:
    """Return what the clause ``conditional/RULE`` of the operation *name* says."""
    found = {one.id: one for one in conditional.derive(own[name])}
    evidence = list(found[f"conditional/{rule}"].judge(in_a_row(*exchanges, apart=1.0)))
    if not evidence:
        return SILENT
    return BROKEN if any(one.finding for one in evidence) else KEPT


def test_only_what_is_documented_is_held() -> None:
    """The header, the status, or the header of the request; nothing of lists and creates."""
    rules = {name: [one.id for one in conditional.derive(W[name])] for name in W.operations}
    assert {name: len(own) for name, own in rules.items() if own} == {
        "read": 8,
        "replace": 4,
        "update": 3,
        "delete": 2,
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
        (IF_CHANGED_SINCE_ANY, 304, KEPT),
        (IF_CHANGED_SINCE_ANY, 200, BROKEN),
        (IF_CHANGED_SINCE_SEVERAL, 200, BROKEN),
        (IF_CHANGED_SINCE_WEAK, 200, BROKEN),
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


def test_a_304_keeps_the_headers_of_the_200() -> None:
    """RFC 9110 15.4.5: of those that it had, and of no others."""
    shown = asked("read", 200, answer=A, Cache_Control="private", Vary="Accept", Server="a")
    kept = asked("read", 304, step=IF_CHANGED, Cache_Control="no-cache", Vary="Accept")
    lost = asked("read", 304, step=IF_CHANGED, Cache_Control="private")
    assert verdict("read", "304-tells-headers", shown, kept) == KEPT
    assert verdict("read", "304-tells-headers", shown, lost) == BROKEN
    assert verdict("read", "304-tells-headers", read(), kept) == SILENT
    assert verdict("read", "304-tells-headers", lost) == SILENT


def test_a_304_has_no_body() -> None:
    """Whatever its headers say of one."""
    bare = asked("read", 304, step=IF_CHANGED, Content_Type="application/json")
    assert verdict("read", "304-has-no-body", bare) == KEPT
    assert (
        verdict("read", "304-has-no-body", asked("read", 304, answer=A, step=IF_CHANGED)) == BROKEN
    )
    assert verdict("read", "304-has-no-body", read()) == SILENT


@pytest.mark.parametrize(
    ("cache", "vary", "told"),
    [
        ("public, max-age=60", "", BROKEN),
        ("max-age=60", "Accept-Encoding", BROKEN),
        ("s-maxage=60", "Accept, x-key", KEPT),
        ("public", "*", KEPT),
        ("private, max-age=60", "", SILENT),
        ("no-store", "", SILENT),
        ("max-age=0", "", SILENT),
        ("", "", SILENT),
    ],
)
def test_what_any_cache_may_keep_says_by_what_it_was_chosen(
    cache: str, vary: str, told: str
) -> None:
    """A credential in a header of its own is one of these (RFC 9111 3.5 knows Authorization alone)."""
    headers = {"Cache_Control": cache, "Vary": vary}
    answer = asked(
        "read", 200, answer=A, sent={"X-Key": "k"}, **{k: v for k, v in headers.items() if v}
    )
    assert verdict("read", "vary", answer) == told
    other = asked(
        "read", 200, answer=A, sent={"Authorization": "k"}, Cache_Control="public", Vary="Cookie"
    )
    assert verdict("read", "vary", other) == SILENT


def test_what_is_shown_in_two_types_varies_by_accept() -> None:
    """Unless no cache may keep it."""
    plain = asked("read", 200, answer=A, Content_Type="application/json", Cache_Control="public")
    other = asked(
        "read", 200, answer=A, Content_Type="text/csv", Cache_Control="public", Vary="accept"
    )
    assert verdict("read", "vary", other) == SILENT
    assert verdict("read", "vary", plain, other) == BROKEN
    named = asked(
        "read", 200, answer=A, Content_Type="text/html", Cache_Control="public", Vary="Accept"
    )
    assert verdict("read", "vary", named, other) == KEPT


def test_a_put_that_is_only_to_create_writes_over_nothing() -> None:
    """RFC 9110 13.1.2: 412 where there is one; only where a PUT may create, or takes the header."""
    for status, told in ((412, KEPT), (200, BROKEN), (409, BROKEN), (404, SILENT)):
        answer = asked("replace", status, step=IF_NONE, own=CREATING)
        assert verdict("replace", "if-none-match-any", answer, own=CREATING) == told
    assert "conditional/if-none-match-any" not in {
        one.id for one in conditional.derive(W["replace"])
    }


@pytest.mark.parametrize("name", ["update", "replace"])
def test_a_condition_may_name_several_tags_or_any(name: str) -> None:
    """The current one among them is met; a weak one never is, and neither is nobody's."""
    for step in (IF_SEVERAL, IF_ANY):
        assert verdict(name, "if-match", asked(name, 200, step=step)) == KEPT
        assert verdict(name, "if-match", asked(name, 412, step=step)) == BROKEN
    assert verdict(name, "weak-never-matches", asked(name, 412, step=IF_WEAK)) == KEPT
    assert verdict(name, "weak-never-matches", asked(name, 200, step=IF_WEAK)) == BROKEN
    assert verdict(name, "lost-update", asked(name, 412, step=IF_OTHERS)) == KEPT
    assert verdict(name, "lost-update", asked(name, 200, step=IF_OTHERS)) == BROKEN
    assert verdict(name, "lost-update", asked(name, 404, step=IF_OTHERS)) == SILENT


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
