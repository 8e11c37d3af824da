"""Do the judges of the rate limit blame the answers that lie, and no others?

Each rule is asked of a run that keeps it, of one that breaks it, and of the permitted run that
comes closest to breaking it. A run is a row of answers: (at, left, reset) or
(at, left, reset, status). (3, 7, 20, 429) came in second 3: 429, 7 requests left, 20 seconds until
the window ends. Each row ends in the verdicts on its answers in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    clause_of,
    clauses_of,
    confluent,
    datadog,
    explained,
    in_a_row,
    make_case,
    make_exchange,
    operation_from,
    quota_told,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Row = tuple[tuple[Any, ...], ...]

CONFLUENT = confluent()  # documents its headers
DATADOG = datadog()  # documents none
EPOCH = 10**9  # from here on, a number of seconds is a time of day
BEGUN = 64  # the second of the run's clock from which the rows count
DATE = "Fri, 31 Jul 2026 10:00:00 GMT"
LATER = "Fri, 31 Jul 2026 10:01:00 GMT"

OWN = """\
openapi: 3.0.3
info: {title: Own, version: v1}
servers: [{url: 'https://api.example'}]
paths:
  /things/{id}:
    patch:
      operationId: updateThing
      x-contract:
        PROMISES
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: thing-1}
      responses:
        '200': {description: The thing as it is.}
"""


def run_said(id: str, row: Row, limit: object = 100) -> list[str]:
    """Return what the clause *id* says of each answer of *row*."""
    answers = (quota_told(CONFLUENT, BEGUN + at, *told, limit=limit) for at, *told in row)
    return said(CONFLUENT, f"rate-limit/{id}", *answers)


def promising(folder: Path, promises: str) -> Any:
    """Return an operation of our own with these entries of `x-contract`."""
    return operation_from(OWN.replace("PROMISES", promises), folder)


def answer(status: int = 200, **headers: str) -> Any:
    """Return an answer with *headers*, `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_exchange(make_case(CONFLUENT), status, headers=named)


# --- which rules there are ------------------------------------------------------------------------


DOCUMENTED = {
    "rate-limit/remaining-at-most-limit",
    "rate-limit/limit-constant",
    "rate-limit/reset-relative",
    "rate-limit/reset-counts-down",
    "rate-limit/remaining-counts-down",
    "rate-limit/retry-after-only-at-limit",
    "rate-limit/enforced",
    "rate-limit/remaining-zero-on-429",
    "rate-limit/retry-after-not-before-reset",
    "rate-limit/retry-after-honest",
    "rate-limit/retry-after-exact",
    "rate-limit/reset-honest",
    "rate-limit/reset-moves",
    "rate-limit/window-as-told",
    "rate-limit/429-not-storable",
    "rate-limit/structured-fields",
}
HEADERS = {
    "200/header/X-RateLimit-Limit",
    "200/header/X-RateLimit-Remaining",
    "200/header/X-RateLimit-Reset",
    "429/header/X-RateLimit-Limit",
    "429/header/X-RateLimit-Remaining",
    "429/header/X-RateLimit-Reset",
    "429/header/Retry-After",
}
AT_THE_LIMIT = {
    *("enforced", "remaining-zero-on-429", "429-not-storable"),
    *("retry-after-honest", "retry-after-exact"),
}
LIMIT, LEFT, RESET, WAIT = "limit: L", "remaining: X-Left", "reset: X-Reset", "retry-after: X-Wait"


def test_a_documented_limit_is_held_to_every_rule() -> None:
    """A document that names all headers gets a rule for each of them, and one for each promise."""
    assert set(clauses_of(CONFLUENT, "rate_limit")) == DOCUMENTED | HEADERS


def test_without_a_documented_limit_the_usual_headers_are_only_warned_of() -> None:
    """What no document promises is SHOULD; that no cache stores a 429 is MUST (RFC 6585 4)."""
    levels = {id: str(clause.level) for id, clause in clauses_of(DATADOG, "rate_limit").items()}
    assert levels == {
        "rate-limit/remaining-at-most-limit": "SHOULD",
        "rate-limit/integers": "SHOULD",
        "rate-limit/retry-after-honest": "SHOULD",
        "rate-limit/retry-after-exact": "SHOULD",
        "rate-limit/429-not-storable": "MUST",
        "rate-limit/structured-fields": "SHOULD",
    }


def test_a_documented_limit_warns_of_what_its_page_does_not_say() -> None:
    """MUST is what the page says; what only follows from it is SHOULD."""
    clauses = clauses_of(CONFLUENT, "rate_limit")
    assert {id for id, clause in clauses.items() if clause.level == "SHOULD"} == {
        "rate-limit/remaining-zero-on-429",
        "rate-limit/retry-after-not-before-reset",
        "rate-limit/retry-after-exact",
        "rate-limit/reset-moves",
        "rate-limit/window-as-told",
        "rate-limit/structured-fields",
    }


@pytest.mark.parametrize(
    ("promises", "rules"),
    [
        pytest.param(
            f"{LIMIT}, {LEFT}",
            {"remaining-at-most-limit", "limit-constant"},
            id="no reset",
        ),
        pytest.param(
            f"{LEFT}, {RESET}",
            {"R", "remaining-counts-down", "reset-moves", "window-as-told"},
            id="no limit",
        ),
        pytest.param(f"{LIMIT}, {RESET}", {"R", "limit-constant"}, id="no remaining"),
        pytest.param(LIMIT, {"limit-constant"}, id="limit alone"),
        pytest.param(LEFT, set(), id="remaining alone"),
        pytest.param(WAIT, {"retry-after-only-at-limit"}, id="wait alone"),
        pytest.param(
            f"{RESET}, {WAIT}",
            {"R", "retry-after-only-at-limit", "retry-after-not-before-reset"},
            id="reset and wait",
        ),
        pytest.param(f"{RESET}, reset-unit: relative-seconds", {"R"}, id="reset in seconds"),
        pytest.param(
            f"{RESET}, reset-unit: epoch-seconds",
            {"reset-epoch", "reset-honest"},
            id="reset as a time of day",
        ),
        pytest.param(
            f"{LEFT}, {RESET}, reset-unit: epoch-seconds",
            {"remaining-counts-down", "reset-epoch", "reset-honest"},
            id="remaining, and reset as a time of day",
        ),
    ],
)
def test_a_rule_needs_the_headers_it_compares(
    promises: str,
    rules: set[str],
    tmp_path: Path,
) -> None:
    """No Reset, no rule on Reset; a Reset in epoch seconds is no seconds from now."""
    own = f"refusals: {{throttled: 429}}\n        rate-limit: {{{promises}}}"
    of_reset = {"reset-relative", "reset-counts-down", "reset-honest"}
    wanted = rules - {"R"} | (of_reset if "R" in rules else set())
    wanted |= AT_THE_LIMIT | {"structured-fields"}
    found = clauses_of(promising(tmp_path, own), "rate_limit")
    assert set(found) == {f"rate-limit/{id}" for id in wanted}


def test_what_is_never_refused_at_the_limit_has_no_rule_there(tmp_path: Path) -> None:
    """Without a status for the limit, nothing is said of what happens at it."""
    own = promising(tmp_path, f"rate-limit: {{{LIMIT}}}")
    assert set(clauses_of(own, "rate_limit")) == {
        "rate-limit/limit-constant",
        "rate-limit/structured-fields",
    }


def test_what_only_the_limit_shows_needs_the_probe_that_reaches_it() -> None:
    """Headers of 200 come with any served request, those of 429 once the limit is exhausted."""
    needs = {id: clause.needs for id, clause in clauses_of(CONFLUENT, "rate_limit").items()}
    assert needs["200/header/X-RateLimit-Limit"] == {"examples", "valid"}
    assert needs["429/header/X-RateLimit-Limit"] == {"examples", "valid", "throttle"}
    assert needs["rate-limit/enforced"] == {"examples", "valid", "throttle"}


# --- which answers count --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "probe", "expected"),
    [
        pytest.param(200, "valid", BROKEN, id="served"),
        pytest.param(204, "valid", BROKEN, id="served without a body"),
        pytest.param(429, "valid", BROKEN, id="refused at the limit"),
        pytest.param(300, "valid", SILENT, id="redirected"),
        pytest.param(400, "broken", SILENT, id="refused"),
        pytest.param(404, "unknown", SILENT, id="unknown"),
        pytest.param(503, "valid", SILENT, id="failed"),
        pytest.param(200, "credentials", SILENT, id="other credentials, served"),
        pytest.param(429, "credentials", SILENT, id="other credentials, at the limit"),
    ],
)
def test_only_answers_to_the_runs_own_credentials_tell_its_quota(
    status: int,
    probe: str,
    expected: str,
) -> None:
    """The quota is that of the credentials: 2xx and the answer at the limit tell it."""
    lies = quota_told(CONFLUENT, 0, left=101, reset=10, status=status, probe=probe)
    honest = quota_told(CONFLUENT, 1, left=99, reset=9)
    assert said(CONFLUENT, "rate-limit/remaining-at-most-limit", lies, honest) == [expected, KEPT]


def test_the_status_of_the_limit_is_the_one_that_is_documented(tmp_path: Path) -> None:
    """Where 503 says that the limit is reached, it tells the quota and 429 does not."""
    names = "limit: X-RateLimit-Limit, remaining: X-RateLimit-Remaining"
    own = promising(
        tmp_path,
        f"refusals: {{throttled: 503}}\n        rate-limit: {{{names}}}",
    )
    row = [quota_told(own, 0, left=101, status=status) for status in (503, 429)]
    assert said(own, "rate-limit/remaining-at-most-limit", *row) == [BROKEN, SILENT]
    assert said(own, "rate-limit/remaining-zero-on-429", *row) == [BROKEN, SILENT]


def test_headers_go_by_their_documented_names(tmp_path: Path) -> None:
    """X-Left is what is left where the document says so; the usual name means nothing there."""
    own = promising(tmp_path, "rate-limit: {limit: X-Quota, remaining: X-Left}")
    usual = quota_told(own, 0, left=101)
    lies = quota_told(own, 0, limit=None, headers={"X-Quota": "10", "x-left": "11"})
    assert said(own, "rate-limit/remaining-at-most-limit", usual, lies) == [SILENT, BROKEN]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("0", KEPT, id="zero"),
        pytest.param("100", KEPT, id="all that the limit allows"),
        pytest.param("101", BROKEN, id="one more"),
        pytest.param("9" * 19, BROKEN, id="nineteen digits"),
        pytest.param("9" * 20, SILENT, id="twenty digits"),
        pytest.param("", SILENT, id="empty"),
        pytest.param("-1", KEPT, id="negative: none is left"),
        pytest.param("101.5", SILENT, id="a fraction"),
        pytest.param("101\n", SILENT, id="a line end"),
        pytest.param("\u0661\u0660\u0661", SILENT, id="digits of another script"),
        pytest.param(None, SILENT, id="not told"),
    ],
)
def test_remaining_is_at_most_limit(value: str | None, expected: str) -> None:
    """Of 100 requests, 100 may be left and 101 may not; what is no integer is no evidence here."""
    row = (quota_told(CONFLUENT, 0, left=value, reset=9), quota_told(CONFLUENT, 1, left=0, reset=9))
    for operation in (CONFLUENT, DATADOG):
        assert said(operation, "rate-limit/remaining-at-most-limit", *row) == [expected, KEPT]


def test_remaining_without_limit_is_compared_with_nothing() -> None:
    """An answer must tell both numbers to be judged on them."""
    untold = quota_told(CONFLUENT, 0, left=101, reset=9, limit=None)
    lies = quota_told(CONFLUENT, 1, left=101, reset=9)
    assert said(CONFLUENT, "rate-limit/remaining-at-most-limit", untold, lies) == [SILENT, BROKEN]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param((100, 100), [KEPT, KEPT], id="the same"),
        pytest.param((0, 0), [KEPT, KEPT], id="always 0"),
        pytest.param((100, 99), [KEPT, BROKEN], id="lower by one"),
        pytest.param((100, 101), [KEPT, BROKEN], id="higher by one"),
        pytest.param((100, 50, 100), [KEPT, BROKEN, KEPT], id="back again"),
        pytest.param((100, 50, 50), [KEPT, BROKEN, BROKEN], id="changed for good"),
        pytest.param((None, 100, None, 100), [SILENT, KEPT, SILENT, KEPT], id="told now and then"),
        pytest.param((100, None, 99), [KEPT, SILENT, BROKEN], id="changed while untold"),
        pytest.param(("ten", 100), [SILENT, KEPT], id="no number"),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["with the others", "alone"])
def test_limit_stays_the_same(limits: tuple[object, ...], expected: list[str], told: bool) -> None:
    """The first Limit of a run holds for all of it."""
    left = 5 if told else None
    row = [quota_told(CONFLUENT, 0, left, left, limit=limit) for limit in limits]
    assert said(CONFLUENT, "rate-limit/limit-constant", *row) == expected


def test_limit_is_the_same_on_429() -> None:
    """A 429 tells the limit that the served answers told."""
    row = ((0, 0, 9), (1, 0, 8, 429), (2, 0, 7, 400))
    assert run_said("limit-constant", row) == [KEPT, KEPT, SILENT]
    changed = quota_told(CONFLUENT, 2, 0, 7, 429, limit=50)
    first = quota_told(CONFLUENT, 1, 0, 8)
    assert said(CONFLUENT, "rate-limit/limit-constant", first, changed) == [KEPT, BROKEN]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"X_RateLimit_Limit": "100"}, KEPT, id="an integer"),
        pytest.param({"X_RateLimit_Limit": "1e2"}, BROKEN, id="limit as a float"),
        pytest.param({"X_RateLimit_Remaining": "-1"}, BROKEN, id="remaining below zero"),
        pytest.param({"X_RateLimit_Reset": "1.5"}, BROKEN, id="reset as a fraction"),
        pytest.param({"X_RateLimit_Reset": LATER}, BROKEN, id="reset as a date"),
        pytest.param({"X_RateLimit_Reset": ""}, BROKEN, id="reset is empty"),
        pytest.param({"Retry_After": "5"}, KEPT, id="a wait in seconds"),
        pytest.param({"Retry_After": LATER}, KEPT, id="a wait until a date"),
        pytest.param({"Retry_After": "Fri, 31 Jul 2026"}, BROKEN, id="a wait until half a date"),
        pytest.param({"Retry_After": "soon"}, BROKEN, id="a wait in words"),
        pytest.param({"Retry_After": "5 s"}, BROKEN, id="a wait with its unit"),
        pytest.param(
            {"X_RateLimit_Limit": "100", "Retry_After": "soon"},
            BROKEN,
            id="one of two is none",
        ),
    ],
)
def test_where_nothing_is_documented_the_headers_are_integers(
    headers: dict[str, str],
    expected: str,
) -> None:
    """The usual headers are integers; Retry-After may be a date (RFC 9110 10.2.3)."""
    row = (answer(429, **headers), answer(200), answer(400, X_RateLimit_Reset="7"))
    assert said(DATADOG, "rate-limit/integers", *row) == [expected, SILENT, KEPT]


# --- the documented headers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["7"], KEPT, id="an integer"),
        pytest.param(["0"], KEPT, id="zero"),
        pytest.param(["-0"], KEPT, id="zero with a sign"),
        pytest.param(["-1"], BROKEN, id="negative"),
        pytest.param(["7.0"], BROKEN, id="a fraction"),
        pytest.param(["seven"], BROKEN, id="a word"),
        pytest.param([""], BROKEN, id="empty"),
        pytest.param([], BROKEN, id="missing"),
        pytest.param(["7", "7"], BROKEN, id="sent twice"),
    ],
)
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (200, "X-RateLimit-Limit"),
        (200, "X-RateLimit-Remaining"),
        (200, "X-RateLimit-Reset"),
        (429, "X-RateLimit-Limit"),
        (429, "X-RateLimit-Remaining"),
        (429, "X-RateLimit-Reset"),
        (429, "Retry-After"),
    ],
)
def test_a_documented_header_is_sent_as_an_integer(
    status: int,
    name: str,
    values: list[str],
    expected: str,
) -> None:
    """A header documented for a status comes with each answer of it: once, whole, not negative."""
    named = [(name.lower(), value) for value in values]
    sent = make_exchange(make_case(CONFLUENT), status, headers=named)
    kept = make_exchange(make_case(CONFLUENT), status, headers=[(name, "7")])
    other = make_exchange(make_case(CONFLUENT), 404, headers=named)
    assert said(CONFLUENT, f"{status}/header/{name}", sent, kept, other) == [expected, KEPT, SILENT]


# --- windows: Remaining ---------------------------------------------------------------------------


COUNTS_DOWN = [
    pytest.param(((0, 99, 10), (1, 98, 9)), [SILENT, KEPT], id="falls by one"),
    pytest.param(((0, 99, 10), (1, 90, 9)), [SILENT, KEPT], id="falls by more: others spend too"),
    pytest.param(((0, 99, 10), (1, 99, 9)), [SILENT, BROKEN], id="stands still"),
    pytest.param(((0, 1, 10), (1, 1, 9)), [SILENT, BROKEN], id="stands still at one"),
    pytest.param(((0, 98, 10), (1, 99, 9)), [SILENT, BROKEN], id="rises"),
    pytest.param(((0, 0, 10), (1, 1, 9)), [SILENT, BROKEN], id="rises from zero"),
    pytest.param(((0, 0, 10), (1, 0, 9)), [SILENT, KEPT], id="stands at zero"),
    pytest.param(((0, 5, 10), (1, 5, 9, 429)), [SILENT, KEPT], id="a 429 spends nothing"),
    pytest.param(((0, 5, 10), (1, 6, 9, 429)), [SILENT, BROKEN], id="rises on 429"),
    pytest.param(((0, 0, 10), (1, 1, 9, 429)), [SILENT, BROKEN], id="rises from zero on 429"),
    pytest.param(
        ((0, 5, 10), (1, 4, 9), (2, 6, 8), (3, 5, 7)),
        [SILENT, KEPT, BROKEN, KEPT],
        id="rises once",
    ),
    pytest.param(((0, 98, 2), (1, 99, 2)), [SILENT, KEPT], id="reset ran out but for one second"),
    pytest.param(((0, 99, 2), (1, 99, 2)), [SILENT, KEPT], id="ran out, as many left as before"),
    pytest.param(((0, 98, 2), (0.9375, 99, 2)), [SILENT, BROKEN], id="reset did not yet run out"),
    pytest.param(((0, 98, 1), (0, 99, 1)), [SILENT, KEPT], id="reset of 1 may end at once"),
    pytest.param(((0, 98, 0), (0, 99, 0)), [SILENT, KEPT], id="reset of 0 has ended"),
    pytest.param(((0, 50, 5), (1, 99, 6)), [SILENT, KEPT], id="reset jumps up with remaining"),
    pytest.param(((0, 50, 5), (1, 50, 6)), [SILENT, BROKEN], id="reset jumps up alone"),
    pytest.param(((0, 50, 5), (1, 51, 5)), [SILENT, BROKEN], id="remaining jumps up alone"),
    pytest.param(((0, 0, 5), (1, 1, 60)), [SILENT, KEPT], id="jumps up from zero"),
    pytest.param(((0, 50, 0), (0, 51, 1)), [SILENT, KEPT], id="reset jumps up from zero"),
    pytest.param(
        ((0, 5, 10), (1, None, 9), (2, None), (3, 4, 8, 400), (4, 5, None), (5, 5, 5)),
        [SILENT, SILENT, SILENT, SILENT, SILENT, BROKEN],
        id="answers between that do not tell both",
    ),
    pytest.param(
        ((0, 98, 1), (0.25, 98, 1), (0.496, 98, 1)),
        [SILENT, KEPT, BROKEN],
        id="two windows within half a second",
    ),
    pytest.param(
        ((0, 98, 0), (0.25, 98, 0), (0.375, 99, 0)),
        [SILENT, KEPT, BROKEN],
        id="two windows within half a second, reset stays 0",
    ),
    pytest.param(
        ((0, 98, 0), (0.25, 98, 0), (0.375, 99, 1)),
        [SILENT, KEPT, KEPT],
        id="two windows within half a second, reset jumps up from 0",
    ),
    pytest.param(
        ((0, 98, 1), (0.25, 98, 1), (0.5, 98, 1)),
        [SILENT, KEPT, KEPT],
        id="two windows, half a second apart",
    ),
    pytest.param(
        ((0, 98, 1), (0.25, 98, 1), (0.375, 98, 1), (0.5, 98, 1)),
        [SILENT, KEPT, BROKEN, KEPT],
        id="a lie between does not begin a window",
    ),
    pytest.param(
        ((0, 90, 1), (0.125, 90, 1), (0.25, 90, 1)),
        [SILENT, KEPT, BROKEN],
        id="others spent more than this run, and nothing came free yet",
    ),
]


@pytest.mark.parametrize(("row", "expected"), COUNTS_DOWN)
def test_remaining_goes_down_inside_a_window(row: Row, expected: list[str]) -> None:
    """5 left, then 4 or fewer; 5 again or 6 only once a window may have ended.

    A window with Reset 10 may end after 9 seconds, since Reset is whole seconds; and earlier
    where Reset rises together with Remaining.
    """
    assert run_said("remaining-counts-down", row) == expected


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        pytest.param(0.125, KEPT, id="sent a second before the next answer"),
        pytest.param(0.0, BROKEN, id="less than a second between"),
    ],
)
def test_a_window_may_end_while_an_answer_is_on_its_way(took: float, expected: str) -> None:
    """Reset 2 may have run out 1 s after it was asked for, whenever the answers came.

    Sent at 0 and answered at 0.75, sent again at 0.875: a full second lies between the first
    request and the second answer where that one takes another 0.125 s.
    """
    first = quota_told(CONFLUENT, 0, 98, 2, took=0.75)
    second = quota_told(CONFLUENT, 0.875, 99, 2, took=took)
    assert said(CONFLUENT, "rate-limit/remaining-counts-down", first, second) == [SILENT, expected]


@pytest.mark.parametrize(
    ("sent_at", "expected"),
    [
        pytest.param((0.0, 0.0, 0.0), [SILENT] * 3, id="in flight together"),
        pytest.param((0.0, 0.0, 0.5), [SILENT, SILENT, BROKEN], id="after the first was answered"),
    ],
)
def test_requests_in_flight_together_are_counted_in_any_order(
    sent_at: tuple[float, ...], expected: list[str]
) -> None:
    """Of two that were sent at once, the one that is told first may have been counted second."""
    left = (97, 98, 99)
    row = [
        quota_told(CONFLUENT, BEGUN + at, remaining, 60, took=0.25)
        for at, remaining in zip(sent_at, left, strict=True)
    ]
    assert said(CONFLUENT, "rate-limit/remaining-counts-down", *row) == expected


# two nodes, A and B, take turns: 99 of A, 99 of B, 98 of A, ...
TURNS = ((0, 99), (0, 99), (0, 98), (0, 98), (0, 97), (0, 96), (0, 97), (0, 95), (0, 96), (0, 95))
ROSE = "Remaining rose"
APART = "Remaining of several counts"
STOOD = "Remaining stood still"


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        pytest.param(
            tuple((at, left, 60) for at, left in TURNS), {APART, STOOD}, id="two nodes, one window"
        ),
        pytest.param(
            tuple(
                (0, left, reset)
                for left, reset in zip((90, 50, 89, 49, 88, 48, 87, 47), (60, 55) * 4, strict=True)
            ),
            {APART},
            id="two nodes, each with a window of its own",
        ),
        pytest.param(
            ((0, 9, 60), (0, 10, 60), (0, 11, 60), (0, 12, 60), (0, 13, 60), (0, 14, 60)),
            {ROSE},
            id="spent requests are told",
        ),
        pytest.param(
            tuple((0, left, 60) for left in (50, 12, 80, 33, 91, 5, 60, 77, 20, 95, 8, 41)),
            {ROSE},
            id="numbers at random",
        ),
        pytest.param(
            ((0, 99, 60), (0, 98, 60), (0, 99, 60), (0, 97, 60), (0, 96, 60)),
            {ROSE},
            id="once",
        ),
        pytest.param(
            tuple((0, left, 60) for left in (99, 97, 96, 93, 92, 91, 88)), set(), id="others spend"
        ),
        pytest.param(
            ((0, 2, 3), (3, 99, 60), (4, 98, 59), (4, 97, 59), (63, 99, 60), (64, 98, 59)),
            set(),
            id="window after window",
        ),
    ],
)
def test_counts_of_several_nodes_are_told_as_that(row: Row, kinds: set[str]) -> None:
    """Each number goes on from one before the last, in a few rows that fall: nodes take turns."""
    answers = in_a_row(*(quota_told(CONFLUENT, BEGUN + at, *told) for at, *told in row))
    judge = clause_of(CONFLUENT, "rate-limit/remaining-counts-down").judge
    found = {item.finding.kind.value for item in judge(answers) if item.finding}
    assert found - {STOOD} == kinds - {STOOD}


def log_of_one_second(steady: int, limit: int = 100) -> list[Any]:
    """Return 48 requests, 32 a second, Reset always 1; at most *steady* of *limit* are spent."""
    left = [limit - min(at + 1, steady) for at in range(48)]
    return [quota_told(CONFLUENT, at / 32, left[at], 1, limit=limit) for at in range(48)]


def test_a_log_that_slides_frees_each_request_by_itself() -> None:
    """33 requests came within one second: telling 32 of them as spent accounts for most (95 %)."""
    told = said(CONFLUENT, "rate-limit/remaining-counts-down", *log_of_one_second(32))
    assert told == [SILENT, *[KEPT] * 47]


def test_a_log_that_forgets_requests_does_not_slide() -> None:
    """Of 33 requests within one second, 31 are told as spent: less than 95 %, so Remaining lies.

    It stands still from the 32nd request on. A window may have ended there, and again half a
    second after it, but not in between.
    """
    told = said(CONFLUENT, "rate-limit/remaining-counts-down", *log_of_one_second(31))
    assert told == [SILENT, *[KEPT] * 31, *[BROKEN] * 14, KEPT, BROKEN]


def test_most_of_a_log_is_19_of_20() -> None:
    """Of 20 requests within one second, 19 are told as spent: 95 % are enough.

    Two come at 1.5 s, where windows may have ended; 18 at 1.75 s, less than half a second later.
    """
    row = [(0, 99, 1), (1.5, 99, 1), (1.5, 99, 1), *((1.75, left, 1) for left in range(97, 80, -1))]
    assert run_said("remaining-counts-down", (*row, (1.75, 81, 1))) == [SILENT, *[KEPT] * 20]
    assert run_said("remaining-counts-down", (*row[:-1], (1.75, 82, 1)))[-1] == BROKEN


def test_a_log_needs_to_account_only_for_what_was_served() -> None:
    """Requests that were refused are not spent: the log of one second need not tell them."""
    refused = [quota_told(CONFLUENT, at / 32 + 1 / 64, status=400, limit=None) for at in range(48)]
    row = sorted([*log_of_one_second(32), *refused], key=lambda exchange: exchange.sent_at)
    told = said(CONFLUENT, "rate-limit/remaining-counts-down", *row)
    assert (told.count(KEPT), told.count(BROKEN)) == (47, 0)


def test_a_log_without_a_limit_accounts_for_nothing() -> None:
    """Who does not tell Limit does not tell what was spent: a window may end each half second."""
    row = [quota_told(CONFLUENT, at / 32, 68, 1, limit=None) for at in range(48)]
    told = said(CONFLUENT, "rate-limit/remaining-counts-down", *row)
    assert [at for at, verdict in enumerate(told) if verdict == KEPT] == [1, 16, 31, 46]
    assert told.count(BROKEN) == 43


def test_a_log_that_is_full_may_free_one_for_each_request() -> None:
    """All 32 of 32 are told as spent, and still one is served: one came free just then."""
    assert BROKEN not in said(CONFLUENT, "rate-limit/enforced", *log_of_one_second(32, limit=32))
    forgetful = [quota_told(CONFLUENT, at / 32, 0, 1, limit=30) for at in range(48)]
    assert BROKEN in said(CONFLUENT, "rate-limit/enforced", *forgetful)


# --- windows: Reset -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, 9, 60), (1, 8, 59)), [SILENT, KEPT], id="counts down"),
        pytest.param(((0, 9, 60), (1, 8, 60)), [SILENT, KEPT], id="stands still"),
        pytest.param(((0, 9, 60), (1, 8, 61)), [SILENT, KEPT], id="grows by a rounding"),
        pytest.param(((0, 9, 60), (1, 8, 62)), [SILENT, BROKEN], id="grows by two"),
        pytest.param(((0, 9, 0), (0, 8, 1)), [SILENT, KEPT], id="grows from zero by a rounding"),
        pytest.param(((0, 9, 0), (0, 8, 2)), [SILENT, BROKEN], id="grows from zero by two"),
        pytest.param(((0, 9, 2), (0, 8, 0)), [SILENT, KEPT], id="falls to zero"),
        pytest.param(
            ((0, 9, 60), (1, 8, 61), (2, 7, 62)),
            [SILENT, KEPT, BROKEN],
            id="small steps add up",
        ),
        pytest.param(
            ((0, 9, 60), (1, 8, 58), (2, 7, 59), (3, 6, 60)),
            [SILENT, KEPT, KEPT, BROKEN],
            id="grows above the least",
        ),
        pytest.param(
            ((0, 9, 5), (1, 99, 60), (2, 98, 61), (3, 97, 62)),
            [SILENT, KEPT, KEPT, BROKEN],
            id="a window that began counts from its own reset",
        ),
        pytest.param(
            ((0, 9, 5), (5, 9, 60), (6, 8, 59)),
            [SILENT, KEPT, KEPT],
            id="reset ran out",
        ),
        pytest.param(
            ((0, 9, 0), (0, 9, 0), (0, 8, 1), (0, 7, 2)),
            [SILENT, KEPT, KEPT, BROKEN],
            id="small steps from zero",
        ),
        pytest.param(((0, 9, 60), (1, 8, 62, 429)), [SILENT, BROKEN], id="grows on 429"),
        pytest.param(((0, 0, 5), (1, 0, 60)), [SILENT, BROKEN], id="grows while none is left"),
        pytest.param(((0, 50, 10), (100, 49, 60)), [SILENT, KEPT], id="long past, fewer left"),
        pytest.param(((0, 50, 10), (11.25, 49, 60)), [SILENT, KEPT], id="past, fewer left"),
        pytest.param(((0, 50, 10), (11, 49, 60)), [SILENT, BROKEN], id="may not yet be past"),
    ],
)
def test_reset_counts_down_inside_a_window(row: Row, expected: list[str]) -> None:
    """60 s until the window ends, then 61 by a rounding, never 62; nor 62 by two steps of one."""
    assert run_said("reset-counts-down", row) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, 9, 60), (1, 8, 59)), [KEPT, KEPT], id="seconds"),
        pytest.param(((0, 9, 0),), [KEPT], id="no second left"),
        pytest.param(((0, 9, EPOCH - 1),), [KEPT], id="long, and no time of day yet"),
        pytest.param(((0, 9, 5), (1, 8, EPOCH)), [KEPT, BROKEN], id="a time of day"),
        pytest.param(((0, 9, 5), (1, 8, 1785492000, 429)), [KEPT, BROKEN], id="a time in 2026"),
        pytest.param(
            ((0, None), (1, 9, None), (2, None, EPOCH), (3, 8, 5, 400)),
            [SILENT, SILENT, BROKEN, SILENT],
            id="only Reset is needed",
        ),
        pytest.param(((0, 9, 9000), (1, 8, 8000)), [KEPT, BROKEN], id="milliseconds"),
        pytest.param(((0, 9, 60), (1, 8, 57)), [KEPT, KEPT], id="two seconds faster than time"),
        pytest.param(((0, 9, 60), (1, 8, 56)), [KEPT, BROKEN], id="three seconds faster"),
        pytest.param(((0, 9, 60), (4, 8, 56)), [KEPT, KEPT], id="as fast as time"),
        pytest.param(((0, 9, 3), (0.5, 8, 0)), [KEPT, BROKEN], id="too fast down to zero"),
        pytest.param(((0, 9, 3), (1, 8, 0)), [KEPT, KEPT], id="two faster, down to zero"),
        pytest.param(((0, 9, 56), (4, 8, 60)), [KEPT, KEPT], id="grows: not judged here"),
        pytest.param(
            ((0, 9, 60), (1, 8, 58), (2, 7, 56), (3, 6, 54), (4, 5, 52)),
            [KEPT, KEPT, KEPT, BROKEN, BROKEN],
            id="twice as fast as time: it adds up",
        ),
        pytest.param(
            ((0, 9, 60), (1, 8, 58), (2, 7, 57), (3, 6, 56), (4, 5, 54)),
            [KEPT] * 5,
            id="two seconds faster, all in all",
        ),
        pytest.param(
            ((0, 9, 60), (1, 8, 58), (1, 99, 61), (2, 98, 59)),
            [KEPT] * 4,
            id="each window is counted from its own start",
        ),
        pytest.param(
            ((0, 9, 60), (1, 8, 50), (2, 7, 49)),
            [KEPT, BROKEN, KEPT],
            id="blames the one that fell",
        ),
    ],
)
def test_reset_is_seconds_from_now(row: Row, expected: list[str]) -> None:
    """60, and a second later 59; 9000 and then 8000 are milliseconds; 1785492000 is a time of day.

    Two seconds of slack: Reset 60 may be 57 one second later, and may not be 56.
    """
    assert run_said("reset-relative", row) == expected


@pytest.mark.parametrize(
    ("row", "reset", "expected"),
    [
        pytest.param(((0, 5, 2), (2, 9, 9), (10, 9, 10)), 99, KEPT, id="none was seen to end"),
        pytest.param(((0, 5, 2), (1, 9, 9)), 99, KEPT, id="one end, and no beginning"),
        pytest.param(((0, 0, 2), (1, 0, 9), (12, 0, 9)), 15, KEPT, id="none is left all along"),
        pytest.param(((0, 5, 2), (1, 9, 9), (12, 10, 9)), 14, KEPT, id="2 s more than it lasted"),
        pytest.param(((0, 5, 2), (1, 9, 9), (12, 10, 9)), 15, BROKEN, id="3 s more"),
        pytest.param(
            ((0, 5, 2), (1, 9, 9), (11, 8, 1), (12, 10, 9), (15, 11, 11)),
            14,
            KEPT,
            id="the longest counts",
        ),
        pytest.param(
            ((0, 5, 2), (1, 9, 9), (11, 8, 1), (12, 10, 9), (15, 11, 11)),
            15,
            BROKEN,
            id="beyond the longest",
        ),
        pytest.param(
            ((0, 5, 2), (1, 9, 9), (12, 9, 9)),
            15,
            KEPT,
            id="as many left as before: no end is seen",
        ),
        pytest.param(
            ((0, 5, 2), (1, 9, 9), (2, 10, 8)),
            7,
            KEPT,
            id="rises inside a window: no end is seen",
        ),
        pytest.param(
            ((0, 0, 2), (1, 1, 9), (2, 0, 8), (12, 1, 9)),
            15,
            BROKEN,
            id="from zero to one",
        ),
        pytest.param(
            ((0, 5, 1), (0.5, 9, 1), (0.625, 8, 1), (0.75, 9, 1)),
            2,
            KEPT,
            id="under a second",
        ),
        pytest.param(
            ((0, 5, 1), (0.5, 9, 1), (0.625, 8, 1), (0.75, 9, 1)),
            3,
            BROKEN,
            id="just above that",
        ),
    ],
)
def test_reset_is_no_longer_than_a_window_lasts(row: Row, reset: int, expected: str) -> None:
    """Windows were seen to end at 1 s and at 12 s: the second lasted 12 s at most.

    Then Reset 14 may be told (2 s of slack), and 15 may not. A window is seen to end where
    Remaining rises; the last answer tells *reset*, and one request fewer.
    """
    at, left = row[-1][0], max(row[-1][1] - 1, 0)
    assert run_said("reset-relative", (*row, (at, left, reset)))[-1] == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, 9, 60), (3, 8, 57)), [SILENT, KEPT], id="as fast as time"),
        pytest.param(((0, 9, 60), (3, 8, 58)), [SILENT, KEPT], id="a second slower: rounded"),
        pytest.param(((0, 9, 60), (3, 8, 59)), [SILENT, BROKEN], id="two seconds slower"),
        pytest.param(((0, 9, 60), (3, 8, 60)), [SILENT, BROKEN], id="stands still"),
        pytest.param(((0, 9, 60), (1.875, 8, 60)), [SILENT, SILENT], id="not long enough to tell"),
        pytest.param(
            ((0, 9, 60), (1, 8, 60), (2, 7, 60), (3, 6, 60)),
            [SILENT, SILENT, BROKEN, BROKEN],
            id="stands still, answer by answer",
        ),
        pytest.param(
            ((0, 9, 60), (2, 8, 59), (4, 7, 58), (6, 6, 57)),
            [SILENT, KEPT, BROKEN, BROKEN],
            id="half as fast as time",
        ),
        pytest.param(((0, 9, 60), (3, 9, 60)), [SILENT, SILENT], id="nothing was spent"),
        pytest.param(((0, 9, 60), (3, 99, 60)), [SILENT, SILENT], id="a window that slides"),
        pytest.param(((0, 9, 1), (3, 8, 1), (6, 7, 1)), [SILENT] * 3, id="windows of a second"),
        pytest.param(((0, 9, 60), (3, 8, 61)), [SILENT, SILENT], id="rises: another finding"),
        pytest.param(((0, 9, 60), (57, 8, 3)), [SILENT, KEPT], id="the last seconds"),
    ],
)
def test_reset_falls_while_time_goes_by(row: Row, expected: list[str]) -> None:
    """60 and, 3 s later, 57 or 58; 59 and 60 are told by a clock that does not move."""
    assert run_said("reset-moves", row) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, 9, 60), (60, 99, 61)), [SILENT, KEPT], id="when it has run out"),
        pytest.param(((0, 9, 60), (58, 99, 61)), [SILENT, KEPT], id="two seconds early"),
        pytest.param(((0, 9, 60), (57, 99, 61)), [SILENT, BROKEN], id="three seconds early"),
        pytest.param(((0, 9, 60), (30, 99, 60)), [SILENT, SILENT], id="no jump, no end"),
        pytest.param(((0, 9, 1), (0.25, 99, 2)), [SILENT, KEPT], id="windows of a second"),
        pytest.param(((0, 0, 58, 429), (30, 99, 60)), [SILENT, BROKEN], id="served midway"),
    ],
)
def test_a_window_ends_when_it_was_told_to(row: Row, expected: list[str]) -> None:
    """Reset 60, and a new window 30 s later: it does not tell when the window ends."""
    assert run_said("window-as-told", row) == expected


def test_remaining_may_rise_where_reset_does_not_tell_of_windows() -> None:
    """A window that slides may tell the same Reset for ever: that has a warning of its own."""
    row = ((0, 9, 60), (1, 8, 60), (2, 7, 60), (3, 8, 60), (3.5, 8, 60))
    told = run_said("remaining-counts-down", row)
    assert told == [SILENT, KEPT, KEPT, KEPT, KEPT]
    early = ((0, 9, 60), (1, 8, 60), (1.875, 9, 60))
    assert run_said("remaining-counts-down", early) == [SILENT, KEPT, BROKEN]


# --- Retry-After ----------------------------------------------------------------------------------


def test_retry_after_comes_only_at_the_limit() -> None:
    """Retry-After on 429 is a promise kept, on 200 or 400 it is sent too soon; 5xx has its own use.

    An answer without it keeps the promise, a failure on the way is none.
    """
    row = (
        answer(429, Retry_After="5"),
        answer(200, Retry_After="5"),
        answer(400, Retry_After="5"),
        answer(499, Retry_After="5"),
        answer(500, Retry_After="5"),
        answer(503),
        answer(200),
        answer(429),
        make_exchange(make_case(CONFLUENT), failure="no answer"),
    )
    expected = [KEPT, BROKEN, BROKEN, BROKEN, SILENT, SILENT, KEPT, KEPT, SILENT]
    assert said(CONFLUENT, "rate-limit/retry-after-only-at-limit", *row) == expected


@pytest.mark.parametrize(
    ("promises", "allowed"),
    [
        pytest.param("retry-after: X-Wait", [429], id="429 unless said otherwise"),
        pytest.param(
            "retry-after: X-Wait, retry-after-only-on: [404, 429]",
            [404, 429],
            id="listed",
        ),
        pytest.param("retry-after: X-Wait, retry-after-only-on: [404]", [404], id="another"),
    ],
)
def test_the_document_says_where_to_wait(promises: str, allowed: list[int], tmp_path: Path) -> None:
    """The header's name and its statuses are the document's."""
    own = promising(tmp_path, f"rate-limit: {{{promises}}}")
    row = [answer(status, X_Wait="5") for status in (200, 404, 429)]
    expected = [KEPT if status in allowed else BROKEN for status in (200, 404, 429)]
    assert said(own, "rate-limit/retry-after-only-at-limit", *row) == expected
    usual = answer(200, Retry_After="5")
    assert said(own, "rate-limit/retry-after-only-at-limit", usual) == [KEPT]


# --- at the limit ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "row", "expected"),
    [
        pytest.param(
            100,
            ((0, 1, 9), (1, 0, 8), (2, 0, 7, 429), (3, 0, 6, 429)),
            [SILENT, SILENT, KEPT, KEPT],
            id="refused once none is left",
        ),
        pytest.param(
            100,
            ((0, 0, 9), (1, 0, 8), (2, 0, 7, 429)),
            [SILENT, BROKEN, KEPT],
            id="served though none is left",
        ),
        pytest.param(
            100,
            ((0, 0, 2), (1, 1, 2), (1, 0, 2), (1, 0, 2, 429)),
            [SILENT, SILENT, SILENT, KEPT],
            id="served in the next window",
        ),
        pytest.param(
            100,
            ((0, 0, 2), (1, 0, 9), (2, 0, 8, 429)),
            [SILENT, SILENT, KEPT],
            id="served in the next window, where others spent the rest",
        ),
        pytest.param(
            2,
            ((0, 1, 9), (1, 1, 8), (2, 1, 2), (3, 0, 2), (3, 0, 2, 429)),
            [SILENT, SILENT, SILENT, BROKEN, KEPT],
            id="served past the limit: where remaining falls, no window begins",
        ),
        pytest.param(
            None,
            ((0, 0, 1), (1.25, 0, 1, 429), (1.375, 0, 1, 429), (1.5, 0, 1)),
            [SILENT, KEPT, KEPT, BROKEN],
            id="three windows within half a second, limit is not told",
        ),
        pytest.param(
            None,
            ((0, 1, 9), (1, 0, 8), (2, 0, 7), (3, 0, 6, 429)),
            [SILENT, SILENT, BROKEN, KEPT],
            id="limit is not told, remaining is",
        ),
        pytest.param(
            0,
            ((0, 0, 9), (1, 0, 8), (2, 0, 7, 429), (3, 0, 6, 400)),
            [BROKEN, BROKEN, KEPT, SILENT],
            id="limit is 0: nobody may be served",
        ),
        pytest.param(
            2,
            ((0, 1, 9), (1, 0, 8), (2, -1, 7), (3, -2, 6)),
            [SILENT, SILENT, BROKEN, BROKEN],
            id="counted below zero",
        ),
        pytest.param(
            2,
            ((0, 0, 9), (1, -1, 8, 429), (20, 1, 9)),
            [SILENT, KEPT, SILENT],
            id="a refusal is counted below zero",
        ),
        pytest.param(
            2,
            ((0, 1, 9), (1, 1, 8), (2, 1, 7), (3, 1, 6), (4, 1, 5, 429)),
            [SILENT, SILENT, SILENT, BROKEN, KEPT],
            id="served past the limit",
        ),
        pytest.param(
            2,
            ((0, 1, 9), (1, 1, 8), (2, 1, 7, 429), (3, 1, 6), (4, 1, 5)),
            [SILENT, SILENT, KEPT, SILENT, BROKEN],
            id="a 429 is not served",
        ),
        pytest.param(
            2,
            ((0, 1, 9), (1, 1, 8), (2, 1, 7), (9, 1, 9), (10, 1, 8), (11, 1, 7), (12, 1, 6)),
            [SILENT, SILENT, SILENT, SILENT, SILENT, SILENT, BROKEN],
            id="each window counts from its own start",
        ),
    ],
)
def test_nobody_is_served_past_the_limit(limit: int | None, row: Row, expected: list[str]) -> None:
    """With Remaining 0, or Limit requests served in a window, the next is answered 429.

    Limit 2: of the answers after the first, two may be served, the third may not. A request that
    may be the first of a new window is no evidence.
    """
    assert run_said("enforced", row, limit) == expected


# in both, a fifth is left when 429 comes
TWO_MORE_WINDOWS = ((40, 20, 30), (41, 20, 29, 429), (80, 20, 30), (81, 20, 29, 429))


@pytest.mark.parametrize(
    ("limit", "row", "expected"),
    [
        pytest.param(100, ((0, 2, 9), (1, 2, 8, 429)), [SILENT, KEPT], id="two left"),
        pytest.param(100, ((0, 3, 9), (1, 3, 8, 429)), [SILENT, BROKEN], id="three left"),
        pytest.param(None, ((0, 3, 9), (1, 3, 8, 429)), [SILENT, BROKEN], id="limit is not told"),
        pytest.param(
            100,
            ((0, 5, 9), (1, None), (1, None), (1, None), (2, 5, 8, 429)),
            [SILENT, SILENT, SILENT, SILENT, KEPT],
            id="three between told nothing and may have spent",
        ),
        pytest.param(
            100,
            ((0, 5, 9), (1, None), (1, None), (2, 5, 8, 429)),
            [SILENT, SILENT, SILENT, BROKEN],
            id="two between told nothing",
        ),
        pytest.param(
            100,
            ((0, 0, 9), (1, 50, 8, 429), (2, 50, 7, 429), (3, 50, 6, 429), (4, 50, 5, 429)),
            [SILENT, KEPT, KEPT, KEPT, KEPT],
            id="only the first 429 of a row was early or not",
        ),
        pytest.param(
            100,
            ((0, 50, 2), (1, 50, 2, 429)),
            [SILENT, KEPT],
            id="the window may have ended",
        ),
        pytest.param(
            100,
            ((0, 1, 9), (1, 1, 8, 429), (20, 50, 9), (21, 50, 8, 429)),
            [SILENT, KEPT, SILENT, KEPT],
            id="early once in two windows",
        ),
        pytest.param(
            100,
            (
                *((0, 3, 9), (1, 2, 8), (2, 1, 7), (3, 1, 6, 429)),
                *((20, 50, 9), (21, 49, 8), (22, 48, 7), (23, 48, 6, 429)),
            ),
            [SILENT, SILENT, SILENT, KEPT, SILENT, SILENT, SILENT, KEPT],
            id="early once in two windows, with served requests in both",
        ),
        pytest.param(
            100,
            (
                *((0, 1, 9), (1, 1, 8, 429)),
                *((20, 50, 9), (21, 50, 8, 429)),
                *((40, 60, 9), (41, 60, 8, 429)),
            ),
            [SILENT, KEPT, SILENT, BROKEN, SILENT, BROKEN],
            id="early in two windows of three",
        ),
        pytest.param(
            100,
            ((0, 90, 30), (1, 20, 29), (2, 20, 28, 429)),
            [SILENT, SILENT, KEPT],
            id="others spend too: a fifth is left",
        ),
        pytest.param(
            100,
            ((0, 90, 30), (1, 21, 29), (2, 21, 28, 429)),
            [SILENT, SILENT, BROKEN],
            id="others spend too: more than a fifth is left",
        ),
        pytest.param(
            100,
            ((0, 21, 30), (1, 20, 29), (2, 20, 28, 429)),
            [SILENT, SILENT, BROKEN],
            id="fell by what this run sent",
        ),
        pytest.param(
            100,
            ((0, 23, 31), (1, 22, 30), (2, 20, 29), (3, 20, 28, 429)),
            [SILENT, SILENT, SILENT, KEPT],
            id="fell by one more than this run sent",
        ),
        pytest.param(
            100,
            ((0, 22, 30), (1, None), (2, 20, 29), (3, 20, 28, 429)),
            [SILENT, SILENT, SILENT, BROKEN],
            id="fell by two, and two were sent",
        ),
        pytest.param(
            100,
            ((0, 20, 30), (1, 10, 29, 429)),
            [SILENT, BROKEN],
            id="fell on the 429 itself: that does not tell of others",
        ),
        pytest.param(
            100,
            ((0, 2, 30), (1, 0, 29), (1, 0, 29, 429), *TWO_MORE_WINDOWS),
            [SILENT, SILENT, KEPT, SILENT, KEPT, SILENT, KEPT],
            id="fell to zero by two: others spend",
        ),
        pytest.param(
            100,
            ((0, 1, 30), (1, 0, 29), (1, 0, 29, 429), *TWO_MORE_WINDOWS),
            [SILENT, SILENT, KEPT, SILENT, BROKEN, SILENT, BROKEN],
            id="fell to zero by one",
        ),
        pytest.param(
            5,
            ((0, 5, 30), (1, 3, 29), (2, 3, 28, 429)),
            [SILENT, SILENT, BROKEN],
            id="a fifth of five is less than two",
        ),
        pytest.param(
            5,
            ((0, 5, 30), (1, 2, 29), (2, 2, 28, 429)),
            [SILENT, SILENT, KEPT],
            id="two of five",
        ),
        pytest.param(
            100,
            ((0, 2, 9), (1, 1, 8), (2, 0, 7, 429), (20, 2, 9), (21, 1, 8), (22, 0, 7, 429)),
            [SILENT, SILENT, BROKEN, SILENT, SILENT, BROKEN],
            id="one left in each of two windows: told one too high",
        ),
        pytest.param(
            100,
            ((0, 2, 9), (1, 1, 8), (2, 0, 7, 429), (20, 2, 9), (21, 0, 8), (22, 0, 7, 429)),
            [SILENT, SILENT, KEPT, SILENT, SILENT, KEPT],
            id="one left in one window, none in the other",
        ),
        pytest.param(
            100,
            ((0, 2, 9), (1, 1, 8), (2, 1, 7, 429), (20, 3, 9), (21, 1, 8), (22, 1, 7, 429)),
            [SILENT, SILENT, KEPT, SILENT, SILENT, KEPT],
            id="one left in each of two windows, and others spend",
        ),
        pytest.param(
            None,
            ((0, 9, 30), (1, 3, 29), (2, 3, 28, 429)),
            [SILENT, SILENT, BROKEN],
            id="others spend, and limit is not told",
        ),
    ],
)
def test_nobody_is_refused_long_before_the_limit(
    limit: int | None,
    row: Row,
    expected: list[str],
) -> None:
    """A 429 with 3 or more requests left came too early, if that is the rule in a run.

    Two may have been spent by what was on its way. Where Remaining falls by more than this run
    sent, others spend from the quota, and up to a fifth of it may be theirs.
    """
    assert run_said("enforced", row, limit) == expected


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param("0", KEPT, id="none"),
        pytest.param("00", KEPT, id="none, in two digits"),
        pytest.param("1", BROKEN, id="one"),
        pytest.param("-1", KEPT, id="less than none, which is another finding"),
        pytest.param("none", SILENT, id="no number"),
        pytest.param(None, SILENT, id="not told"),
    ],
)
def test_nothing_remains_on_429(left: str | None, expected: str) -> None:
    """429 with Remaining 0; a 200 may tell anything."""
    row = (
        quota_told(CONFLUENT, 0, left, status=429),
        quota_told(CONFLUENT, 1, left, status=200),
        quota_told(CONFLUENT, 2, 0, status=429),
    )
    told = said(CONFLUENT, "rate-limit/remaining-zero-on-429", *row)
    assert told == [expected, SILENT, KEPT]


def test_nothing_remains_on_429_in_the_usual_header_where_none_is_named(tmp_path: Path) -> None:
    """A document that names no header for what is left is held to the usual one."""
    own = promising(tmp_path, "refusals: {throttled: 429}\n        rate-limit: {limit: X-Quota}")
    row = (quota_told(own, 0, 1, status=429), quota_told(own, 1, 0, status=429))
    assert said(own, "rate-limit/remaining-zero-on-429", *row) == [BROKEN, KEPT]


@pytest.mark.parametrize(
    ("wait", "reset", "expected"),
    [
        pytest.param("10", 10, KEPT, id="when the window ends"),
        pytest.param("11", 10, KEPT, id="later"),
        pytest.param("9", 10, KEPT, id="a second earlier: both are rounded"),
        pytest.param("8", 10, BROKEN, id="two seconds earlier"),
        pytest.param("0", 0, KEPT, id="at once"),
        pytest.param("0", 1, KEPT, id="at once, in the window's last second"),
        pytest.param("0", 2, BROKEN, id="at once, before the window ends"),
        pytest.param(LATER, 10, SILENT, id="a date"),
        pytest.param("8", None, SILENT, id="reset is not told"),
    ],
)
def test_the_wait_lasts_until_the_window_ends(wait: str, reset: int | None, expected: str) -> None:
    """Reset 10 and Retry-After 10, or more; with 8, the client comes back a second too soon.

    With 9, one of the two may be rounded up and the other down.
    """
    row = (
        quota_told(CONFLUENT, 0, 0, reset, 429, headers={"Retry-After": wait}),
        quota_told(CONFLUENT, 0, 0, reset, 200, headers={"Retry-After": wait}),
        quota_told(CONFLUENT, 1, 0, 5, 429),
        quota_told(CONFLUENT, 2, 0, 5, 429, headers={"Retry-After": "5"}),
    )
    told = said(CONFLUENT, "rate-limit/retry-after-not-before-reset", *row)
    assert told == [expected, SILENT, SILENT, KEPT]


# --- waits ----------------------------------------------------------------------------------------


def waits(*row: tuple[float, int, str | None], reset: object = None) -> list[Any]:
    """Return answers (at, status, Retry-After) in a row."""
    return [
        quota_told(CONFLUENT, at, 0, reset, status, headers={"Retry-After": wait} if wait else None)
        for at, status, wait in row
    ]


@pytest.mark.parametrize("operation", [CONFLUENT, DATADOG], ids=["documented", "by convention"])
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param((6, 200, None), [SILENT, KEPT], id="waited long enough, served"),
        pytest.param((6, 404, None), [SILENT, KEPT], id="waited long enough, no 429"),
        pytest.param((6, 429, None), [SILENT, BROKEN], id="waited long enough, 429 again"),
        pytest.param((60, 429, "5"), [SILENT, BROKEN], id="waited much longer, 429 again"),
        pytest.param((5.996, 429, None), [SILENT, BROKEN], id="too short by a rounding"),
        pytest.param((5.96, 429, None), [SILENT, SILENT], id="too short"),
        pytest.param((5.5, 429, None), [SILENT, SILENT], id="too short for the slack of 1 s"),
        pytest.param((1, 429, None), [SILENT, SILENT], id="much too short"),
    ],
)
def test_after_the_wait_comes_no_429(
    operation: Any,
    after: tuple[float, int, str | None],
    expected: list[str],
) -> None:
    """429 at 0 s with Retry-After 5: from 6 s on, the next request is not answered 429.

    Who comes back earlier proves nothing, and a failure on the way does not either.
    """
    served = waits((100, 429, "0"), (101, 200, None))
    told = said(operation, "rate-limit/retry-after-honest", *waits((0, 429, "5"), after), *served)
    assert told[:2] == expected
    assert told[-1] == KEPT


def test_a_wait_is_counted_from_the_answer_to_the_next_request() -> None:
    """Retry-After 5 came 1 s after its request: 6 s after that request are 5 s of waiting."""
    early = quota_told(CONFLUENT, 0, status=429, headers={"Retry-After": "5"}, took=1)
    again = quota_told(CONFLUENT, 6, status=429, headers={"Retry-After": "5"}, took=5)
    last = quota_told(CONFLUENT, 17, status=429)
    told = said(CONFLUENT, "rate-limit/retry-after-honest", early, again, last)
    assert told == [SILENT, SILENT, BROKEN]


def test_only_a_429_that_tells_a_wait_asks_for_one() -> None:
    """A 200 or a 503 with Retry-After, a 429 without or with a date: nothing to hold it to."""
    row = waits(
        (0, 200, "1"),
        (10, 429, None),
        (20, 429, LATER),
        (30, 503, "1"),
        (40, 429, "1"),
        (50, 429, None),
    )
    told = said(CONFLUENT, "rate-limit/retry-after-honest", *row)
    assert told == [*[SILENT] * 5, BROKEN]


def test_a_failure_after_a_wait_is_no_evidence() -> None:
    """Nothing came after the wait; the answer that comes next did not follow a 429."""
    first, last = waits((0, 429, "1"), (20, 429, "1"))
    failed = make_exchange(make_case(CONFLUENT), failure="connection reset", at=10)
    after = waits((30, 200, None))
    told = said(CONFLUENT, "rate-limit/retry-after-honest", first, failed, last, *after)
    assert told == [SILENT, SILENT, SILENT, KEPT]


def test_an_absurd_wait_is_told_though_nothing_follows_it() -> None:
    """The last answer of a run is judged like any other."""
    [last] = waits((0, 429, str(EPOCH)))
    assert said(CONFLUENT, "rate-limit/retry-after-honest", last) == [BROKEN]


def test_waits_of_other_credentials_are_no_evidence() -> None:
    """Wrong credentials have a quota of their own: who waits for it says nothing of another."""
    lies = {"Retry-After": str(EPOCH)}
    row = (
        *waits((0, 429, "1")),
        quota_told(CONFLUENT, 10, status=429, probe="credentials", headers=lies),
        *waits((12, 200, None), (13, 429, "5")),
        quota_told(CONFLUENT, 20, status=429, probe="credentials"),
    )
    told = said(CONFLUENT, "rate-limit/retry-after-honest", *row)
    assert told == [SILENT, SILENT, KEPT, SILENT, SILENT]


def test_asking_within_the_slack_does_not_begin_the_wait_anew() -> None:
    """Retry-After 5: refused at 5.25 and 5.75 s is rounding, at 6 s it is in vain."""
    row = waits((0, 429, "5"), (5.25, 429, "1"), (5.75, 429, "1"), (6, 429, "1"), (7.5, 200, None))
    told = said(CONFLUENT, "rate-limit/retry-after-honest", *row)
    assert told == [SILENT, SILENT, SILENT, BROKEN, KEPT]
    row = waits((0, 429, "5"), (5.25, 429, "1"), (5.75, 200, None))
    assert said(CONFLUENT, "rate-limit/retry-after-honest", *row) == [SILENT, SILENT, KEPT]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, "2"), (2, None)), [SILENT, KEPT], id="served in time"),
        pytest.param(
            ((0, "1"), (1, "1"), (1.5, "1"), (1.75, None)), KEPT, id="half a second short"
        ),
        pytest.param(((0, "1"), (1.5, "1"), (1.75, "1"), (1.9, None)), BROKEN, id="nearly twice"),
        pytest.param(((0, "0"), (0.5, "0"), (0.75, None)), KEPT, id="at once, and half a second"),
        pytest.param(((0, "0"), (0.5, "0"), (0.75, "0"), (1, None)), BROKEN, id="not at once"),
        pytest.param(((0, "30"), (30.5, "1"), (30.9, "1"), (31, None)), KEPT, id="rounded down"),
        pytest.param(((0, "1"), (0.5, "1"), (0.9, "1"), (2, None)), KEPT, id="asked too early"),
    ],
)
def test_a_wait_is_not_short_by_more_than_its_rounding(
    row: tuple[tuple[float, str | None], ...], expected: object
) -> None:
    """Retry-After 1, and still refused 1.75 s later: that is no rounding of a wait so short.

    30.9 s told as 30 is: who waits as asked has waited nearly all of it.
    """
    answers = waits(*((at, 429 if wait else 200, wait) for at, wait in row))
    told = said(CONFLUENT, "rate-limit/retry-after-exact", *answers)
    assert (BROKEN in told) == (expected == BROKEN)
    assert KEPT in told or BROKEN in told


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(((0, 0, 5, 429), (6, 99, 60)), [SILENT, KEPT], id="served"),
        pytest.param(((0, 0, 5, 429), (6, 0, 1, 429)), [SILENT, BROKEN], id="refused a second on"),
        pytest.param(((0, 0, 5, 429), (5.75, 0, 1, 429)), [SILENT, SILENT], id="rounded"),
        pytest.param(((0, 0, 5, 429), (4, 0, 1, 429)), [SILENT, SILENT], id="not yet run out"),
        pytest.param(((0, 0, 5, 429), (9, 0, 57, 429)), [SILENT, SILENT], id="the next is spent"),
        pytest.param(((0, 0, 5, 429), (9, 0, 5, 429)), [SILENT, BROKEN], id="it does not move"),
        pytest.param(((0, 0, EPOCH, 429), (9, 0, 5, 429)), [SILENT, SILENT], id="a time of day"),
        pytest.param(((0, 0, None, 429), (9, 0, 5, 429)), [SILENT, SILENT], id="not told"),
    ],
)
def test_a_reset_that_ran_out_ends_the_window(row: Row, expected: list[str]) -> None:
    """Reset 5 on a 429: 6 s later a request is served, whatever Retry-After said."""
    assert run_said("reset-honest", row) == expected


@pytest.mark.parametrize(
    ("wait", "reset", "expected"),
    [
        pytest.param(EPOCH, None, BROKEN, id="a time of day"),
        pytest.param(EPOCH, EPOCH, BROKEN, id="a time of day, as reset is"),
        pytest.param(EPOCH - 1, None, SILENT, id="long, and no time of day yet"),
        pytest.param(EPOCH - 1, EPOCH, SILENT, id="long, and reset is a time of day"),
        pytest.param(600, 5, SILENT, id="a hundred times the window"),
        pytest.param(601, 5, BROKEN, id="milliseconds"),
        pytest.param(601, None, SILENT, id="reset is not told"),
        pytest.param(601, "soon", SILENT, id="reset is no number"),
        pytest.param(100, 0, SILENT, id="the window ends now, and there is some slack"),
        pytest.param(101, 0, BROKEN, id="the window ends now"),
    ],
)
@pytest.mark.parametrize("operation", [CONFLUENT, DATADOG], ids=["documented", "by convention"])
def test_nobody_can_mean_such_a_wait(
    operation: Any,
    wait: int,
    reset: object,
    expected: str,
) -> None:
    """Retry-After 5000 while the window ends in 5 s is milliseconds, 1785492000 a time of day.

    A wait of 100 times the window, and a second, may be meant: 600 where 5 s are left. Nobody
    waits for it here, so it is no evidence.
    """
    row = waits((0, 429, str(wait)), (1, 200, None), reset=reset)
    kept = waits((100, 429, "0"), (101, 200, None))
    told = said(operation, "rate-limit/retry-after-honest", *row, *kept)
    assert told == [expected, SILENT, SILENT, KEPT]


def test_a_wait_goes_by_its_documented_names(tmp_path: Path) -> None:
    """X-Wait and X-Ends are read where the document names them so, the usual names are not."""
    own = promising(
        tmp_path,
        "refusals: {throttled: 429}\n        rate-limit: {retry-after: X-Wait, reset: X-Ends}",
    )
    named = {"X-Wait": "1", "Retry-After": "99", "X-Ends": "1"}
    absurd = {"X-Wait": "500", "X-Ends": "1", "X-RateLimit-Reset": "500"}
    early = quota_told(own, 0, status=429, headers=named)
    again = quota_told(own, 10, status=429, headers=absurd)
    last = quota_told(own, 20)
    told = said(own, "rate-limit/retry-after-honest", early, again, last)
    assert told == [SILENT, BROKEN, SILENT]
    assert said(own, "rate-limit/retry-after-honest", again, last) == [BROKEN, SILENT]


# --- caches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, KEPT, id="nothing said"),
        pytest.param({"Cache_Control": "no-store"}, KEPT, id="no-store"),
        pytest.param({"Cache_Control": "No-Store"}, KEPT, id="in capitals"),
        pytest.param({"Cache_Control": "no-cache"}, KEPT, id="no-cache"),
        pytest.param({"Cache_Control": "private"}, KEPT, id="private"),
        pytest.param({"Cache_Control": "max-age=0"}, KEPT, id="max-age=0"),
        pytest.param({"Cache_Control": "no-store, max-age=60"}, KEPT, id="no-store wins"),
        pytest.param({"Cache_Control": "max-age=60, no-cache"}, KEPT, id="no-cache wins"),
        pytest.param({"Cache_Control": "max-age=60"}, BROKEN, id="max-age"),
        pytest.param({"Cache_Control": "Max-Age=60"}, BROKEN, id="max-age in capitals"),
        pytest.param({"Cache_Control": 'max-age="60"'}, BROKEN, id="max-age in quotes"),
        pytest.param({"Cache_Control": "max-age = 9"}, BROKEN, id="max-age with spaces"),
        pytest.param({"Cache_Control": "max-age=0, s-maxage=1"}, BROKEN, id="s-maxage"),
        pytest.param({"Cache_Control": "public"}, BROKEN, id="public"),
        pytest.param({"Cache_Control": "immutable"}, BROKEN, id="immutable"),
        pytest.param({"Cache_Control": "publicity"}, KEPT, id="a longer word"),
        pytest.param({"Expires": LATER, "Date": DATE}, BROKEN, id="expires later"),
        pytest.param({"Expires": DATE, "Date": DATE}, KEPT, id="expires at once"),
        pytest.param({"Expires": DATE, "Date": LATER}, KEPT, id="expired before"),
        pytest.param({"Expires": LATER}, KEPT, id="expires without a date"),
        pytest.param({"Expires": LATER, "Date": "now"}, KEPT, id="expires, and nonsense as date"),
        pytest.param({"Expires": "0", "Date": DATE}, KEPT, id="expires 0"),
        pytest.param({"Expires": "", "Date": DATE}, KEPT, id="expires empty"),
        pytest.param(
            {"Expires": LATER.replace("GMT", "-0000"), "Date": DATE},
            KEPT,
            id="zone is not known",
        ),
        pytest.param(
            {"Expires": LATER, "Date": DATE, "Cache_Control": "max-age=0"},
            KEPT,
            id="max-age=0 before expires",
        ),
        pytest.param(
            {"Expires": LATER, "Date": DATE, "Cache_Control": "private"},
            BROKEN,
            id="private, and expires later",
        ),
        pytest.param(
            {"Expires": LATER, "Date": DATE, "Cache_Control": "no-store"},
            KEPT,
            id="no-store before expires",
        ),
    ],
)
@pytest.mark.parametrize("operation", [CONFLUENT, DATADOG], ids=["documented", "by convention"])
def test_no_cache_stores_a_429(operation: Any, headers: dict[str, str], expected: str) -> None:
    """A 429 is not stored (RFC 6585 4): neither max-age nor Expires allows it (RFC 9111 3).

    Expires counts from Date, and max-age overrides it. A 200 may be stored.
    """
    row = (answer(429, **headers), answer(200, Cache_Control="public"), answer(429))
    told = said(operation, "rate-limit/429-not-storable", *row)
    assert told == [expected, SILENT, KEPT]


# --- the IETF draft's fields ----------------------------------------------------------------------


DAY_AND_MINUTE = '"day";q=9000;w=86400, "minute";q=100;w=60'


@pytest.mark.parametrize(
    ("quota", "policy", "expected"),
    [
        pytest.param('"d";r=50;t=30', None, KEPT, id="quota alone"),
        pytest.param(None, '"d";q=100;w=60', KEPT, id="policy alone"),
        pytest.param(None, None, SILENT, id="neither"),
        pytest.param('"d";r=50;t=30', '"d";q=100;w=60', KEPT, id="both"),
        pytest.param("d;r=50", "d;q=100", KEPT, id="as tokens"),
        pytest.param(' "d"; r=50 ', ' "d";  q=100', KEPT, id="with spaces"),
        pytest.param('"d" ;r=50', None, BROKEN, id="a space before a parameter (RFC 9651 3.1.2)"),
        pytest.param('"d";r = 50', None, BROKEN, id="spaces around a value"),
        pytest.param('"a, b;r=9";r=50', '"a, b;r=9";q=100', KEPT, id="commas in a string"),
        pytest.param('"a \\" b";r=101', '"a \\" b";q=100', BROKEN, id="a quote in a string"),
        pytest.param('"d";r=5;x;pk=:YQ==:', '"d";q=9;qu=reqs;y=?0', KEPT, id="flags and tokens"),
        pytest.param("a/b:c*;r=5;n=-1.5;d=@1700", "a/b:c*;q=9", KEPT, id="odd tokens, a date"),
        pytest.param('"d";r=5;s=%"f%c3%bc"', None, KEPT, id="a display string"),
        pytest.param('"d";r=1;r=2', '"d";q=1', BROKEN, id="the last of two counts"),
        pytest.param('"d";r=1,', None, BROKEN, id="a comma at the end"),
        pytest.param('"d";r=1 "e";r=1', None, BROKEN, id="no comma between"),
        pytest.param('"d";R=1', None, BROKEN, id="a name in capitals"),
        pytest.param('"d\u00e9";r=1', None, BROKEN, id="a string that is not ASCII"),
        pytest.param('"d;r=1', None, BROKEN, id="a string without an end"),
        pytest.param('"d";r=1;t=soon', None, BROKEN, id="seconds in words"),
        pytest.param(None, '"d";q=9;w=-1', BROKEN, id="a negative window"),
        pytest.param("?1;r=1", None, BROKEN, id="no name"),
        pytest.param('("d" "e");r=1', None, BROKEN, id="an inner list"),
        pytest.param(None, '100;w=60;comment="a, b"', KEPT, id="earlier policy with a comment"),
        pytest.param('"d";t=30;r=50', '"d";w=60;q=100', KEPT, id="in another order"),
        pytest.param('"d";r=100', '"d";q=100', KEPT, id="all is left"),
        pytest.param('"d";r=101', '"d";q=100', BROKEN, id="more than the quota is left"),
        pytest.param('"d";r=0', '"d";q=0', KEPT, id="nothing is left of nothing"),
        pytest.param('"d";r=1', '"e";q=100', BROKEN, id="another policy"),
        pytest.param('"minute";r=99', DAY_AND_MINUTE, KEPT, id="one of two policies"),
        pytest.param('"day";r=101', DAY_AND_MINUTE, KEPT, id="each has its own quota"),
        pytest.param('"day";r=1, "minute";r=101', DAY_AND_MINUTE, BROKEN, id="above the second"),
        pytest.param('"day";r=1, "hour";r=1', DAY_AND_MINUTE, BROKEN, id="the second is unknown"),
        pytest.param('"d";r=1;pk=:YWJj:', '"d";q=9;qu="requests"', KEPT, id="more parameters"),
        pytest.param('"d";r=1;pk=:YWJj', None, BROKEN, id="bytes without an end"),
        pytest.param('"d"', None, BROKEN, id="r is missing"),
        pytest.param('"d";t=30', None, BROKEN, id="only t"),
        pytest.param('"d";xr=30', None, BROKEN, id="another parameter that ends in r"),
        pytest.param('"d";r=-1', None, BROKEN, id="r is negative"),
        pytest.param('"d";r=1.5', None, BROKEN, id="r is a fraction"),
        pytest.param('"d";r=', None, BROKEN, id="r is empty"),
        pytest.param('"d";r="1"', None, BROKEN, id="r is a text"),
        pytest.param('"d";r=1, "e"', None, BROKEN, id="r is missing in the second"),
        pytest.param('"d";r=1, "e" e;r=1', None, BROKEN, id="the second is nonsense"),
        pytest.param('"d";r=' + "9" * 15, None, KEPT, id="fifteen digits"),
        pytest.param('"d";r=' + "9" * 16, None, BROKEN, id="sixteen digits (RFC 9651 3.3.1)"),
        pytest.param(None, '"d"', BROKEN, id="q is missing"),
        pytest.param(None, '"d";w=60', BROKEN, id="only w"),
        pytest.param(None, '"d";r=1', BROKEN, id="r in place of q"),
        pytest.param('"d";q=1', None, BROKEN, id="q in place of r"),
        pytest.param("50", None, BROKEN, id="a bare number"),
        pytest.param("", None, BROKEN, id="empty"),
        pytest.param(None, "plenty", BROKEN, id="a word"),
        pytest.param('"d";r=1', "plenty", BROKEN, id="one is right, one is not"),
        pytest.param("limit=100, remaining=50, reset=30", None, KEPT, id="earlier form"),
        pytest.param("limit=100", None, KEPT, id="earlier form, limit alone"),
        pytest.param("remaining=50", None, BROKEN, id="earlier form without limit"),
        pytest.param("limit=100, remaining=x", None, BROKEN, id="earlier form, no number"),
        pytest.param(None, "100;w=60", KEPT, id="earlier policy"),
        pytest.param(None, "100", KEPT, id="earlier policy without a window"),
        pytest.param(None, "10;w=1, 50;w=60, 1000", KEPT, id="earlier policies"),
        pytest.param(None, "100;w=", BROKEN, id="earlier policy, window is empty"),
        pytest.param(None, "limit=100", BROKEN, id="earlier quota as a policy"),
        pytest.param("100;w=60", None, BROKEN, id="earlier policy as a quota"),
        pytest.param("limit=1, remaining=1", "1;w=60", KEPT, id="earlier forms: all is left"),
        pytest.param("limit=1, remaining=2", "9;w=60", BROKEN, id="earlier form: above its limit"),
        pytest.param("remaining=1, limit=1", None, KEPT, id="earlier form in another order"),
        pytest.param("limit=1;x=2, remaining=1;y, z=3", None, KEPT, id="earlier form, comments"),
        pytest.param(None, '"d";q=9;w=0', BROKEN, id="a window of no seconds"),
        pytest.param('"d";r=1;pk=key', None, BROKEN, id="a partition key that is no bytes"),
        pytest.param(
            '"d";r=9;pk=:YQ==:',
            '"d";q=5;pk=:Yg==:, "d";q=9;pk=:YQ==:',
            KEPT,
            id="one policy in two partitions",
        ),
        pytest.param(
            '"default, burst";r=9', '"default, burst";q=100', KEPT, id="a comma in a name"
        ),
        pytest.param('"d";r=9', "1;w=60", KEPT, id="new quota, earlier policy: not compared"),
        pytest.param("limit=9", '"d";q=1', KEPT, id="earlier quota, new policy: not compared"),
    ],
)
@pytest.mark.parametrize("status", [200, 404, 429])
def test_the_drafts_fields_parse_and_agree(
    status: int,
    quota: str | None,
    policy: str | None,
    expected: str,
) -> None:
    """`"d";r=50;t=30` leaves 50 requests for 30 s of the policy `"d";q=100;w=60`.

    The form is that of draft-ietf-httpapi-ratelimit-headers-10; `limit=100, remaining=50, reset=30`
    and `100;w=60` are those of earlier drafts. On whatever status they come.
    """
    came = {"RateLimit": quota, "RateLimit-Policy": policy}
    named: Mapping[str, str] = {name: value for name, value in came.items() if value is not None}
    row = (
        make_exchange(make_case(CONFLUENT), status, headers=named),
        answer(RateLimit='"d";r=1'),
    )
    assert said(CONFLUENT, "rate-limit/structured-fields", *row) == [expected, KEPT]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(['"a";r=1', '"b";r=2'], KEPT, id="one each"),
        pytest.param(['"a";r=1', '"b";r=9'], BROKEN, id="the second is above its quota"),
        pytest.param(['"a";r=1', "lots"], BROKEN, id="the second is none"),
    ],
)
def test_several_lines_are_one_list(lines: list[str], expected: str) -> None:
    """Each line of a field counts (RFC 9651 4.2), not the first alone."""
    named = [("RateLimit", line) for line in lines] + [("RateLimit-Policy", '"a";q=5, "b";q=5')]
    one = make_exchange(make_case(CONFLUENT), 200, headers=named)
    assert said(CONFLUENT, "rate-limit/structured-fields", one) == [expected]


# --- why there is no evidence ---------------------------------------------------------------------


SERVED = quota_told(CONFLUENT, 0, 99, 60)
BARE = make_exchange(make_case(CONFLUENT), 200)
REFUSED = quota_told(CONFLUENT, 0, 0, 60, 429)


@pytest.mark.parametrize("name", ["Limit", "Remaining", "Reset"])
def test_the_headers_of_200_are_owed(name: str) -> None:
    """A valid request must be served with them: without an answer, they are withheld."""
    absence = explained(clause_of(CONFLUENT, f"200/header/X-RateLimit-{name}"), [REFUSED])
    assert absence.withheld
    assert absence.probe is None
    assert "429" in absence.reason


@pytest.mark.parametrize(
    "id",
    [
        "429/header/X-RateLimit-Limit",
        "429/header/Retry-After",
        "rate-limit/enforced",
        "rate-limit/remaining-zero-on-429",
        "rate-limit/retry-after-not-before-reset",
        "rate-limit/retry-after-honest",
        "rate-limit/retry-after-exact",
        "rate-limit/reset-honest",
        "rate-limit/429-not-storable",
    ],
)
def test_what_only_the_limit_shows_is_not_owed(id: str) -> None:
    """The probe that exhausts the limit would have shown it, and its reason counts."""
    absence = explained(clause_of(CONFLUENT, id), [SERVED])
    assert not absence.withheld
    assert absence.probe == "throttle"


@pytest.mark.parametrize("rule", ["remaining-at-most-limit", "limit-constant", "reset-relative"])
def test_documented_numbers_are_owed_until_something_was_served(rule: str) -> None:
    """Nothing served: withheld. Served without the headers: those have rules of their own."""
    clause = clause_of(CONFLUENT, f"rate-limit/{rule}")
    assert explained(clause, []).withheld
    assert explained(clause, [REFUSED]).withheld
    told = explained(clause, [REFUSED, BARE])
    assert not told.withheld
    assert "X-RateLimit-Reset" in told.reason


@pytest.mark.parametrize("rule", ["remaining-at-most-limit", "integers", "structured-fields"])
def test_numbers_that_no_document_promises_are_not_owed(rule: str) -> None:
    """Who promises no headers withholds none."""
    absence = explained(clause_of(DATADOG, f"rate-limit/{rule}"), [])
    assert not absence.withheld
    assert absence.probe is None


def test_an_answer_is_owed_to_see_whether_it_tells_to_wait() -> None:
    """Any answer below 500 is evidence; a service that only fails withholds it."""
    failed = make_exchange(make_case(CONFLUENT), 500)
    clause = clause_of(CONFLUENT, "rate-limit/retry-after-only-at-limit")
    assert explained(clause, [failed]).withheld


@pytest.mark.parametrize("operation", [CONFLUENT, DATADOG], ids=["documented", "by convention"])
def test_a_limit_that_was_reached_may_be_left_without_a_wait(operation: Any) -> None:
    """A 429 came, so the probe is not at fault: nobody waited as long as it asked for."""
    clause = clause_of(operation, "rate-limit/retry-after-honest")
    reached = explained(clause, [SERVED, REFUSED])
    assert (reached.withheld, reached.probe) == (False, None)
    untried = explained(clause, [SERVED, BARE])
    assert (untried.withheld, untried.probe) == (False, "throttle")


ACCEPTED_WAIT = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    post:
      x-contract:
        refusals: {throttled: 429}
        rate-limit: {limit: L, retry-after: Retry-After, retry-after-only-on: [202, 429]}
      requestBody:
        content: {application/json: {schema: {type: object, properties: {a: {type: string}}}}}
      responses:
        '202': {description: Soon., headers: {Retry-After: {schema: {type: integer}}}}
        '429': {description: Later., headers: {Retry-After: {schema: {type: integer}}}}
"""


def test_what_is_accepted_may_say_how_long_it_takes(tmp_path: Path) -> None:
    """The promised wait is that of 429: of 202 it need not be told, and is an integer where it is."""
    operation = operation_from(ACCEPTED_WAIT, tmp_path)
    row = [
        make_exchange(make_case(operation, {}), 202, headers=headers)
        for headers in ({}, {"Retry-After": "2"}, {"Retry-After": "soon"})
    ]
    assert said(operation, "202/header/Retry-After", *row) == [SILENT, KEPT, BROKEN]
    refused = make_exchange(make_case(operation, {}), 429)
    assert said(operation, "429/header/Retry-After", refused) == [BROKEN]
    assert "202/header/Retry-After/sent" not in clauses_of(operation, "rate_limit")
