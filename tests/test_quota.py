"""What does an answer say of its quota, in headers as promised and as usual?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exchanges import clauses_of, confluent, make_case, make_exchange, operation_from

from pytest_confluent_contracts.model import quota
from pytest_confluent_contracts.model.promises import RateLimit, ResetUnit
from pytest_confluent_contracts.model.quota import USUAL_HEADERS, Quota, QuotaHeaders
from pytest_confluent_contracts.model.structured_fields import Malformed, parse_dictionary
from pytest_confluent_contracts.run.preflight import is_turned_away

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange

    from pytest_confluent_contracts.model.documents import Operation

ALL = QuotaHeaders("X-Max", "X-Left", "X-End", "X-Wait")
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
NOW = 1_767_225_600  # the same in seconds since 1970


def promising(rate_limit: RateLimit | None) -> Operation:
    """Return an operation that promises *rate_limit*."""
    operation = confluent()
    return replace(operation, promises=replace(operation.promises, rate_limit=rate_limit))


# --- names -----------------------------------------------------------------------------------------------------------


def test_promised_names_come_first() -> None:
    """Each role that the document names goes by that name, and only those are promised."""
    operation = promising(RateLimit(limit="X-Max", reset="X-End"))
    assert quota.promised_headers(operation) == QuotaHeaders("X-Max", "", "X-End", "")
    assert quota.known_headers(operation) == QuotaHeaders(
        limit="X-Max",
        remaining="X-RateLimit-Remaining",
        reset="X-End",
        retry_after="Retry-After",
    )


def test_usual_names_stand_in_where_nothing_is_promised() -> None:
    """A service may tell its quota though no document says so."""
    operation = promising(None)
    assert quota.promised_headers(operation) is None
    assert quota.known_headers(operation) == USUAL_HEADERS


def test_only_promised_names_are_listed() -> None:
    """An empty name is no header."""
    assert QuotaHeaders("X-Max", "", "X-End", "").names == ("X-Max", "X-End")
    assert ALL.names == ("X-Max", "X-Left", "X-End", "X-Wait")
    assert QuotaHeaders("", "", "", "").names == ()


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("100", 100),
        ("007", 7),
        ("9" * 19, 10**19 - 1),
        (None, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1e3", None),
        (" 1", None),
        ("1\n", None),
        ("\u0661", None),
        ("\u00b2", None),
        ("9" * 20, None),
        ("9" * 5000, None),
        ("lots", None),
    ],
)
def test_a_whole_number_is_ascii_digits_alone(text: str | None, number: int | None) -> None:
    """What another language would read as a number is none in a header."""
    assert quota.whole_number(text) == number


def test_an_answer_is_read_by_its_headers() -> None:
    """Each number stands in the header of its role; what is no number is not told."""
    came = {"X-Max": "100", "X-Left": "many", "X-End": "30", "X-Wait": "5"}
    assert quota.read_quota(came.get, ALL) == Quota(100, None, 30, 5)
    assert quota.read_quota(came.get, USUAL_HEADERS) == Quota()
    assert quota.read_quota(came.get, QuotaHeaders("X-Max", "", "", "")) == Quota(limit=100)


def test_a_header_without_a_name_is_not_asked_for() -> None:
    """Nobody looks up the empty name: some clients raise on it."""

    def header(name: str) -> str | None:
        assert name
        return None

    assert quota.read_quota(header, QuotaHeaders("", "", "", "")) == Quota()


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [(None, None), (0, 0), (60, 60), (10**9 - 1, 10**9 - 1), (10**9, None), (1_767_600_000, None)],
)
def test_a_time_of_day_is_no_time_to_wait(reset: int | None, seconds: int | None) -> None:
    """Seconds since 1970 tell when the window ends, not how long it takes."""
    assert Quota(reset=reset).seconds_to_reset == seconds


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        ("0", None, 0.0),
        ("30", None, 30.0),
        ("1.5", None, 1.5),
        ("Thu, 01 Jan 2026 00:00:30 GMT", DATE, 30.0),
        ("Wed, 31 Dec 2025 23:59:00 GMT", DATE, 0.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", None, None),
        ("Thu, 01 Jan 2026 00:00:30 GMT", "yesterday", None),
        (None, DATE, None),
        ("", DATE, None),
        ("soon", DATE, None),
        ("-1", DATE, None),
        ("1.", DATE, None),
        ("9" * 10, DATE, None),
        ("Thu, 01 Jan 2026 00:00:30 -0000", DATE, None),  # a time without a zone cannot be compared
        ("Thu, 99 Jan 2026 00:00:30 GMT", DATE, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    text: str | None, date: str | None, seconds: float | None
) -> None:
    """RFC 9110 10.2.3: a date is counted from the answer's own; one that has passed asks for no wait."""
    assert quota.parse_retry_after(text, date) == seconds


# --- conventions -----------------------------------------------------------------------------------------------------


def came(
    headers: dict[str, str], status: int = 200, operation: Operation | None = None
) -> Exchange:
    """Return an answer with *headers*."""
    return make_exchange(make_case(operation or confluent()), status, headers=headers)


COUNTS = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "50"}
SEPARATE = {"RateLimit-Remaining": "50", "RateLimit-Reset": "5"}
TOLD = {
    "seconds from now": (COUNTS | {"X-RateLimit-Reset": "5"}, Quota(100, 50, 5)),
    "seconds since 1970": (
        COUNTS | {"X-RateLimit-Reset": str(NOW + 30), "Date": DATE},
        Quota(100, 50, 30),
    ),
    "milliseconds since 1970": (
        COUNTS | {"X-RateLimit-Reset": str(1000 * (NOW + 30)), "Date": DATE},
        Quota(100, 50, 30),
    ),
    "a moment that has passed": (
        COUNTS | {"X-RateLimit-Reset": str(NOW - 30), "Date": DATE},
        Quota(100, 50, 0),
    ),
    "no Date to count from": (COUNTS | {"X-RateLimit-Reset": str(NOW)}, Quota(100, 50, NOW)),
    "a Date beyond numbers": (
        COUNTS | {"X-RateLimit-Reset": str(NOW), "Date": f"Fri, 31 Dec {9**30} 23:59:59 GMT"},
        Quota(100, 50, NOW),
    ),
    "drafts 0 to 6": (SEPARATE | {"RateLimit-Limit": "100"}, Quota(100, 50, 5)),
    "drafts 0 to 3, policies behind": (
        SEPARATE | {"RateLimit-Limit": "100, 100;w=60, 5;w=1"},
        Quota(100, 50, 5),
    ),
    "draft 7": ({"RateLimit": "limit=100, remaining=50, reset=5"}, Quota(100, 50, 5)),
    "draft 7, in another order": ({"RateLimit": "reset=5,limit=100"}, Quota(100, None, 5)),
    "drafts 8 to 10": (
        {"RateLimit": '"a";r=50;t=5', "RateLimit-Policy": '"a";q=100;w=60'},
        Quota(100, 50, 5, None, 60, "a"),
    ),
    "without a policy": ({"RateLimit": '"a";r=50;t=5'}, Quota(None, 50, 5, None, None, "a")),
    "without a reset": ({"RateLimit": '"a";r=50'}, Quota(None, 50, None, None, None, "a")),
    "of two policies that of which less is left": (
        {
            "RateLimit": '"day";r=900;t=5000, "second";r=1;t=1',
            "RateLimit-Policy": '"day";q=1000;w=86400, "second";q=10;w=1',
        },
        Quota(10, 1, 1, None, 1, "second"),
    ),
    "of two spent ones that which lasts longer": (
        {"RateLimit": '"second";r=0;t=1, "day";r=0;t=500'},
        Quota(None, 0, 500, None, None, "day"),
    ),
    "a policy that counts bytes is none": (
        {
            "RateLimit": '"bytes";r=1;t=9, "calls";r=50;t=5',
            "RateLimit-Policy": '"bytes";q=65535;qu="content-bytes", "calls";q=100;qu="requests"',
        },
        Quota(100, 50, 5, None, None, "calls"),
    ),
    "one policy in two partitions": (
        {
            "RateLimit": '"a";r=5;pk=:YQ==:',
            "RateLimit-Policy": '"a";q=9;pk=:Yg==:, "a";q=7;pk=:YQ==:',
        },
        Quota(7, 5, None, None, None, "a 61"),
    ),
    "a key that was redacted": (
        {"RateLimit": '"a";r=5;pk=:[redacted]:'},
        Quota(None, 5, None, None, None, "a ade75a72d79d"),
    ),
    "no structured field": ({"RateLimit": "lots, really"}, Quota()),
    "a list of tokens": ({"RateLimit": "a;r=1"}, Quota(None, 1, None, None, None, "a")),
    "counts before fields": (
        COUNTS | {"RateLimit": '"a";r=1;t=9', "Retry-After": "7"},
        Quota(100, 50, None, 7),
    ),
    "a wait alone": ({"Retry-After": "7"}, Quota(retry_after=7)),
    "a wait beside fields": (
        {"RateLimit": "limit=9", "Retry-After": "7"},
        Quota(9, None, None, 7),
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_whoever_waits_reads_every_convention(what: str) -> None:
    """In the order: what the document promises, the usual names, the drafts from the newest on."""
    headers, expected = TOLD[what]
    assert quota.latest_quota(came(headers)) == expected


def test_several_lines_of_a_field_are_read_as_one() -> None:
    """RFC 9651 4.2: the second line goes on with the list."""
    lines = [("RateLimit", '"a";r=9'), ("RateLimit", '"b";r=0;t=3')]
    answer = make_exchange(make_case(confluent()), headers=lines)
    assert quota.latest_quota(answer) == Quota(None, 0, 3, None, None, "b")


@pytest.mark.parametrize("text", ["", "a=1;", "a b", "a=(1 2)", "\u00e9=1", "a=\ud800"])
def test_what_is_no_dictionary_is_malformed(text: str) -> None:
    """Nothing but `Malformed` comes of a text that is none."""
    with pytest.raises(Malformed):
        parse_dictionary(text)


# --- what a document's headers are, by their names and by the words on them ------------------------------------------

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
        '403': {description: Not yours. REFUSED}
        '429': {description: Too many.}
"""
X_COUNTS = "X-RateLimit-Limit: {}, X-RateLimit-Remaining: {}, X-RateLimit-Reset: "


def documented(folder: Path, headers: str, refused: str = "") -> RateLimit:
    """Return what a document with *headers* promises of the rate limit."""
    text = OWN.replace("HEADERS", headers).replace(" REFUSED", refused)
    found = operation_from(text, folder).promises.rate_limit
    assert found is not None
    return found


UNITS = {
    "{description: 'The time at which the window resets, in UTC epoch seconds'}": ResetUnit.EPOCH,
    "{description: Unix timestamp of the next window}": ResetUnit.EPOCH,
    "{schema: {type: integer, description: 'Seconds since January 1, 1970'}}": ResetUnit.EPOCH,
    "{description: Number of seconds until the limit resets}": ResetUnit.SECONDS,
    "{description: The time remaining before the next reset}": ResetUnit.SECONDS,
    "{description: Time left in seconds}": ResetUnit.SECONDS,
    "{description: Milliseconds until the reset}": ResetUnit.UNKNOWN,
    "{description: When the limit resets}": ResetUnit.UNKNOWN,
    "{schema: {type: integer, example: 1767225600}}": ResetUnit.EPOCH,
    "{schema: {type: integer}, example: 60}": ResetUnit.SECONDS,
    "{schema: {type: integer, maximum: 3600}}": ResetUnit.SECONDS,
    "{schema: {type: integer}}": ResetUnit.UNKNOWN,
    "{description: 'Epoch seconds', schema: {type: integer}, example: 60}": ResetUnit.EPOCH,
}


@pytest.mark.parametrize("header", UNITS)
def test_words_say_in_which_unit_reset_is_told(header: str, tmp_path: Path) -> None:
    """The words hold, then what the numbers show; where neither says so, nothing is promised."""
    found = documented(tmp_path, X_COUNTS + header)
    assert (found.reset_unit, found.inferred) == (UNITS[header], True)


WINDOWS = {
    "Requests left in the current window": True,
    "Requests left in this period": True,
    "Requests left": False,
    "Requests left in the sliding window": False,
    "Tokens left in the bucket, refilled in each period": False,
}


@pytest.mark.parametrize("words", WINDOWS)
def test_windows_are_judged_where_words_tell_of_them(words: str, tmp_path: Path) -> None:
    """A limit may slide or leak where no word says that it is counted in windows."""
    headers = f"X-RateLimit-Remaining: {{description: '{words}'}}, X-RateLimit-Reset: {{}}"
    assert documented(tmp_path, headers).in_windows is WINDOWS[words]


NAMED = {
    "X-Rate-Limit-Limit: {}, X-Rate-Limit-Used: {}": ("X-Rate-Limit-Limit", "", "", ""),
    "x-ratelimit-reset: {}, X-RateLimit-Period: {}": ("", "", "x-ratelimit-reset", ""),
    "RateLimit-Limit: {}, RateLimit-Reset: {}": ("RateLimit-Limit", "", "RateLimit-Reset", ""),
    "RateLimit: {}": ("", "RateLimit", "RateLimit", ""),
    "RateLimit: {}, RateLimit-Policy: {}": ("RateLimit-Policy", "RateLimit", "RateLimit", ""),
    "RateLimit: {example: 'limit=9, reset=5'}": ("RateLimit", "RateLimit", "RateLimit", ""),
    "RateLimit-Policy: {}": ("RateLimit-Policy", "", "", ""),
    "RateLimit: {}, X-RateLimit-Limit: {}": ("X-RateLimit-Limit", "", "", ""),
}


@pytest.mark.parametrize("headers", NAMED)
def test_each_convention_is_recognised_by_its_names(headers: str, tmp_path: Path) -> None:
    """The numbers stand in the headers that are documented, or all in one field."""
    found = documented(tmp_path, headers)
    assert (found.limit, found.remaining, found.reset, found.retry_after) == NAMED[headers]


def test_a_retry_after_elsewhere_tells_no_rate_limit(tmp_path: Path) -> None:
    """RFC 9110 10.2.3: 503 and redirections ask to wait, too."""
    text = OWN.replace("HEADERS", "Retry-After: {}").replace("'200'", "'503'")
    assert operation_from(text.replace(" REFUSED", ""), tmp_path).promises.rate_limit is None


def test_403_refuses_at_the_limit_where_it_tells_what_is_left(tmp_path: Path) -> None:
    """Then it is the limit's answer where nothing is left, or it asks to wait, and else it is not."""
    counts = X_COUNTS + "{}"
    text = OWN.replace("HEADERS", counts).replace(" REFUSED", f", headers: {{{counts}}}")
    own = operation_from(text, tmp_path)
    spent, left = {"X-RateLimit-Remaining": "0"}, {"X-RateLimit-Remaining": "7"}
    row = [spent, left, left | {"Retry-After": "9"}, {}]
    answers = [came(one, 403, own) for one in row]
    assert [one.throttled for one in answers] == [True, False, True, False]
    assert [is_turned_away(one) for one in answers] == [False, True, False, True]
    assert not came(spent, 403).throttled


@pytest.mark.parametrize(
    "headers", ["RateLimit: {}", "RateLimit-Limit: {}, RateLimit-Remaining: {}", X_COUNTS + "{}"]
)
def test_what_is_inferred_warns_at_most(headers: str, tmp_path: Path) -> None:
    """Only that a documented header comes, and that no cache stores a 429, is MUST."""
    own = operation_from(OWN.replace("HEADERS", headers).replace(" REFUSED", ""), tmp_path)
    found = clauses_of(own, "rate_limit").items()
    must = {id for id, clause in found if clause.level == "MUST" and "/header/" not in id}
    assert must == {"rate-limit/429-not-storable"}
