"""What does an answer say of its quota, in headers as promised and as usual?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exchanges import confluent

from pytest_confluent_contracts.model import quota
from pytest_confluent_contracts.model.promises import RateLimit
from pytest_confluent_contracts.model.quota import USUAL_HEADERS, Quota, QuotaHeaders

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation

ALL = QuotaHeaders("X-Max", "X-Left", "X-End", "X-Wait")
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


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
