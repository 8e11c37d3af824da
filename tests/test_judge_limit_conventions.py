"""Are limits judged by the convention of their document: drafts, times of day, periods, several policies?"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    clause_of,
    clauses_of,
    make_case,
    make_exchange,
    operation_from,
    said,
    verdict,
)

from pytest_confluent_contracts import clauses

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

NOW = 1_800_000_000
OWN = """\
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
      responses:
        '200': {description: The thing., headers: {HEADERS}}
        '429': {description: Too many., headers: {Retry-After: {}}}
      STATED
"""
TOLD = "X-RateLimit-Limit: {}, X-RateLimit-Remaining: {description: Left in WORD}"
WINDOW, SLIDING = TOLD.replace("WORD", "the window"), TOLD.replace("WORD", "a sliding window")
EPOCH = "X-RateLimit-Reset: {description: UTC epoch seconds}"
SECONDS = "X-RateLimit-Reset: {description: Seconds until the reset}"
STATED = (
    "x-contract: {rate-limit: {limit: RateLimit-Policy, remaining: RateLimit, reset: RateLimit}}"
)


def documented(folder: Path, headers: str, stated: str = "") -> Operation:
    """Return an operation whose success is documented with *headers*."""
    own = folder / str(len(list(folder.iterdir())))  # what was read of a file is kept
    own.mkdir()
    return operation_from(OWN.replace("HEADERS", headers).replace("STATED", stated), own)


def test_a_wait_for_what_is_not_done_yet_is_no_rate_limit(tmp_path: Path) -> None:
    """Retry-After of a success or a redirection asks for patience, not for fewer requests."""
    text = OWN.replace("HEADERS", "Retry-After: {}").replace("STATED", "")
    limit = "'429': {description: Too many., headers: {Retry-After: {}}}"
    assert operation_from(text, folder_in(tmp_path, "with")).promises.rate_limit is not None
    alone = operation_from(text.replace(limit, ""), folder_in(tmp_path, "without"))
    assert alone.promises.rate_limit is None
    assert "200/header/Retry-After/sent" not in {one.id for one in clauses.derive(alone)}


def folder_in(folder: Path, name: str) -> Path:
    """Return a new folder: what was read of a file is kept."""
    (folder / name).mkdir()
    return folder / name


def answer(operation: Operation, at: float = 0.0, status: int = 200, **headers: str) -> Exchange:
    """Return an answer *at* some second with *headers*, `_` for `-`, and the Date of its second."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    told["Date"] = formatdate(NOW + at, usegmt=True)
    return make_exchange(make_case(operation), status, headers=told, at=at, took=0.0)


def counted(
    operation: Operation, at: float, left: int, reset: int, status: int = 200, **more: str
) -> Exchange:
    """Return an answer that tells what is left of 100, in the usual headers."""
    return answer(
        operation,
        at,
        status,
        X_RateLimit_Limit="100",
        X_RateLimit_Remaining=str(left),
        X_RateLimit_Reset=str(reset),
        **more,
    )


# --- the unit of Reset -----------------------------------------------------------------------------------------------

RESETS = {
    "a moment": (NOW + 60, KEPT, BROKEN),
    "this moment": (NOW, KEPT, BROKEN),
    "a moment that has passed": (NOW - 5, KEPT, BROKEN),
    "seconds": (60, BROKEN, KEPT),
    "none": (0, BROKEN, KEPT),
    "milliseconds": (1000 * NOW, BROKEN, BROKEN),
}


@pytest.mark.parametrize("what", RESETS)
def test_reset_is_what_the_words_say(what: str, tmp_path: Path) -> None:
    """Where they say "epoch", seconds are wrong; where they say "until", a time of day is."""
    reset, of_epoch, of_seconds = RESETS[what]
    own = documented(tmp_path, f"{SLIDING}, {EPOCH}")
    row = [counted(own, 0, 9, reset), counted(own, 1, 8, reset, 404)]
    assert said(own, "rate-limit/reset-epoch", *row) == [of_epoch, SILENT]
    own = documented(tmp_path, f"{SLIDING}, {SECONDS}")
    row = [counted(own, 0, 9, reset), counted(own, 1, 8, reset, 404)]
    assert said(own, "rate-limit/reset-relative", *row) == [of_seconds, SILENT]


def test_what_others_do_is_not_said_of_the_own_reset(tmp_path: Path) -> None:
    """Words that say how it is told may go on to say how others tell it."""
    words = "'The relative time in seconds until it resets. Others use UTC epoch seconds.'"
    own = documented(tmp_path, f"{SLIDING}, X-RateLimit-Reset: {{description: {words}}}")
    row = [counted(own, 0, 9, 60), counted(own, 1, 8, 60, 404)]
    assert said(own, "rate-limit/reset-relative", *row) == [KEPT, SILENT]
    assert "rate-limit/reset-epoch" not in clauses_of(own, "rate_limit")


def test_where_no_word_says_it_both_units_are_right(tmp_path: Path) -> None:
    """X-RateLimit-Reset is told in either; no clause speaks of it."""
    own = documented(tmp_path, f"{SLIDING}, X-RateLimit-Reset: {{}}")
    assert {"rate-limit/reset-epoch", "rate-limit/reset-relative"}.isdisjoint(
        clauses_of(own, "rate_limit")
    )


# --- windows that end at a time of day -------------------------------------------------------------------------------


def test_a_window_ends_at_its_time_of_day(tmp_path: Path) -> None:
    """Remaining may rise once the moment has come, and before that it may not."""
    own = documented(tmp_path, f"{WINDOW}, {EPOCH}")
    row = [
        counted(own, 0, 50, NOW + 30),
        counted(own, 10, 49, NOW + 30),
        counted(own, 32, 99, NOW + 92),
        counted(own, 40, 100, NOW + 92),
        counted(own, 41, 100, NOW + 92),
    ]
    expected = [SILENT, KEPT, KEPT, BROKEN, BROKEN]
    assert said(own, "rate-limit/remaining-counts-down", *row) == expected
    assert clause_of(own, "rate-limit/remaining-counts-down").level == "SHOULD"


@pytest.mark.parametrize(("asked_again", "expected"), [(60.5, []), (62.0, [BROKEN])])
def test_a_time_of_day_is_waited_for(
    asked_again: float, expected: list[str], tmp_path: Path
) -> None:
    """After the moment a request is served; a second's rounding aside."""
    own = documented(tmp_path, f"{WINDOW}, {EPOCH}")
    row = [
        counted(own, 0, 0, NOW + 60, 429),
        counted(own, asked_again, 0, NOW + 60, 429),
    ]
    assert [one for one in said(own, "rate-limit/reset-honest", *row) if one != SILENT] == expected


# --- another limit than the one that is told -------------------------------------------------------------------------


def test_a_429_may_be_of_a_limit_that_no_header_tells(tmp_path: Path) -> None:
    """One that asks to wait for another time than Reset: requests in flight, say. With Reset's own, it is told wrongly."""
    own = documented(tmp_path, f"{WINDOW}, {SECONDS}")
    early = [counted(own, 0.1 * n, 90 - n, 60) for n in range(3)]
    other = counted(own, 0.4, 87, 60, 429, Retry_After="5")
    same = counted(own, 0.4, 87, 60, 429, Retry_After="60")
    assert said(own, "rate-limit/remaining-zero-on-429", other, same) == [SILENT, BROKEN]
    rows = [(other, []), (same, [BROKEN])]
    for refused, expected in rows:
        told = said(own, "rate-limit/enforced", *early, refused)
        assert [one for one in told if one != SILENT] == expected


# --- what some tell beside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "left", "expected"),
    [
        ("10", 90, KEPT),
        ("0", 100, KEPT),
        ("11", 90, BROKEN),
        ("90", 10, KEPT),
        ("107", 0, SILENT),
        ("x", 90, SILENT),
    ],
)
def test_used_and_left_make_up_the_limit(
    used: str, left: int, expected: str, tmp_path: Path
) -> None:
    """Where none is left, more may have been asked for than the limit allows."""
    own = documented(tmp_path, f"{WINDOW}, X-RateLimit-Used: {{}}")
    one = counted(own, 0, left, 9, X_RateLimit_Used=used)
    assert said(own, "rate-limit/used-agrees", one) == [expected]


@pytest.mark.parametrize(
    ("reset", "period", "expected"),
    [
        (60, "60", KEPT),
        (61, "60", KEPT),
        (62, "60", BROKEN),
        (9, "x", SILENT),
        (NOW + 50, "60", SILENT),
    ],
)
def test_reset_lies_within_its_period(
    reset: int, period: str, expected: str, tmp_path: Path
) -> None:
    """A second's rounding aside."""
    own = documented(tmp_path, f"{SLIDING}, {SECONDS}, X-RateLimit-Period: {{}}")
    one = counted(own, 0, 9, reset, X_RateLimit_Period=period)
    assert said(own, "rate-limit/reset-within-period", one) == [expected]


# --- fields of several policies --------------------------------------------------------------------------------------

POLICIES = '"second";q=10;w=1, "hour";q=1000;w=3600'


def of_two(
    operation: Operation,
    at: float,
    second: str,
    hour: str,
    status: int = 200,
    policy: str = POLICIES,
) -> Exchange:
    """Return an answer that tells of two policies."""
    told = f'"second";{second}, "hour";{hour}'
    return answer(operation, at, status, RateLimit=told, RateLimit_Policy=policy)


def test_each_policy_is_followed_by_itself(tmp_path: Path) -> None:
    """The second's begins anew while the hour's goes on; the hour's may not rise."""
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}", STATED)
    assert clause_of(own, "rate-limit/remaining-counts-down").level == "MUST"
    keeps = [
        of_two(own, 0.0, "r=1;t=1", "r=900;t=3000"),
        of_two(own, 0.1, "r=0;t=1", "r=899;t=3000"),
        of_two(own, 1.5, "r=9;t=1", "r=898;t=2999"),
    ]
    assert said(own, "rate-limit/remaining-counts-down", *keeps) == [SILENT, KEPT, KEPT]
    rises = of_two(own, 1.6, "r=8;t=1", "r=950;t=2999")
    assert said(own, "rate-limit/remaining-counts-down", *keeps, rises)[-1] == BROKEN


def test_a_limit_above_its_quota_is_found_in_any_policy(tmp_path: Path) -> None:
    """10 of the second, and 1000 of the hour: 11 may be left of the hour alone."""
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}")
    clause = "rate-limit/remaining-at-most-limit"
    assert verdict(own, clause, of_two(own, 0, "r=10", "r=11")) == KEPT
    assert verdict(own, clause, of_two(own, 0, "r=11", "r=11")) == BROKEN
    assert clause_of(own, clause).level == "SHOULD"


def test_a_quota_of_bytes_is_not_counted_in_requests(tmp_path: Path) -> None:
    """What is left of it may stand still, or fall by thousands."""
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}", STATED)
    policy = '"second";q=10;w=1;qu="content-bytes", "hour";q=1000;w=3600;qu="requests"'
    row = [
        of_two(own, 0.0, "r=9;t=1", "r=900;t=3000", policy=policy),
        of_two(own, 0.1, "r=9;t=1", "r=899;t=3000", policy=policy),
        of_two(own, 0.2, "r=9;t=1", "r=899;t=3000", policy=policy),
    ]
    assert said(own, "rate-limit/remaining-counts-down", *row) == [SILENT, KEPT, BROKEN]


def test_a_429_of_one_policy_is_not_early_for_another(tmp_path: Path) -> None:
    """Nothing is left of the second, and much of the hour."""
    stated = STATED.replace("{rate-limit", "{refusals: {throttled: 429}, rate-limit")
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}", stated)
    row = [
        of_two(own, 0.0, "r=1;t=1", "r=900;t=3000"),
        of_two(own, 0.1, "r=0;t=1", "r=899;t=3000"),
        of_two(own, 0.2, "r=0;t=1", "r=899;t=3000", 429),
    ]
    assert BROKEN not in said(own, "rate-limit/enforced", *row)
    assert said(own, "rate-limit/remaining-zero-on-429", *row)[-1] == KEPT
    early = of_two(own, 0.2, "r=5;t=1", "r=899;t=3000", 429)
    assert said(own, "rate-limit/enforced", *row[:1], early)[-1] == BROKEN
    assert said(own, "rate-limit/remaining-zero-on-429", early) == [BROKEN]


def test_the_drafts_let_reset_be_altered_at_will(tmp_path: Path) -> None:
    """A document that merely has the fields promises no windows; that Reset is seconds, the drafts say."""
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}")
    found = {id for id in clauses_of(own, "rate_limit") if "/header/" not in id}
    assert found == {
        "rate-limit/remaining-at-most-limit",
        "rate-limit/reset-relative",
        "rate-limit/retry-after-not-before-reset",
        "rate-limit/retry-after-honest",
        "rate-limit/retry-after-exact",
        "rate-limit/429-not-storable",
        "rate-limit/structured-fields",
    }


@pytest.mark.parametrize(
    ("wait", "expected"), [("7", KEPT), ("8", KEPT), ("6", KEPT), ("5", BROKEN)]
)
def test_a_wait_does_not_end_before_reset(wait: str, expected: str, tmp_path: Path) -> None:
    """The drafts since the fourth: Retry-After is not earlier than t, but for both roundings."""
    own = documented(tmp_path, "RateLimit: {}, RateLimit-Policy: {}")
    told = {"RateLimit": '"a";r=0;t=7', "Retry_After": wait}
    one = answer(own, 0, 429, **told)
    assert said(own, "rate-limit/retry-after-not-before-reset", one) == [expected]
