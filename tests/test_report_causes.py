"""Is one thing that is wrong told once? Which clauses are of one cause, and which are not."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_confluent_contracts.report import causes


def told(clause: str, came: str = "", **more: Any) -> dict[str, Any]:
    """Return the record of a broken clause, or of one whose evidence was withheld where nothing *came*."""
    first = clause.partition("/")[0]
    plain = {
        "document": "d",
        "operation": "o",
        "clause": clause,
        "node": f"contracts/d::o::{clause}",
        "level": "MUST",
        "status": first if first == "error" or first.isdigit() else "",
        "verdict": "broken" if came else "not exercised",
        "withheld": not came,
        "reason": "",
        "judged": 9,
        "against": 3,
        "finding": {"came": came, "curl": "", "seen": "", "exchange": None} if came else None,
    }
    return plain | more


def answered(clause: str, came: str, status: int, expected: str = "refused", **more: Any) -> dict[str, Any]:
    """Return the record of a broken clause with the answer that shows it."""
    record = told(clause, came, **more)
    record["finding"]["exchange"] = {"status": status, "expected": expected, "failure": ""}
    return record


def grouped(*records: dict[str, Any]) -> list[set[str]]:
    """Return the clauses of each cause."""
    return [set(cause.clauses) for cause in causes.of(records)]


VALID = "an answer with 200 was withheld: of 40 valid requests: 40 answered"
ONE = {
    "the same header is missing on several answers": [
        told("200/header/X-Id", "200 answered without X-Id"),
        told("error/header/X-Id", "404 answered without X-Id"),
        told("429/header/X-Id", "429 answered without X-Id"),
    ],
    "a member is wrong, and so does not come back as it was sent": [
        told("200/body/a.b", '200 answered with a.b: 7 is not of type "string"'),
        told("update/sent-is-returned/a.b", '200 answered with a.b 7, sent as "x"'),
    ],
    "a member is missing because the one around it is wrong": [
        told("error/body/errors", '400 answered with errors: {} is not of type "array"'),
        told("error/source", "422 answered without errors[].source.pointer", level="SHOULD", verdict="warned"),
    ],
    "what is not checked comes back": [
        answered("request/a.b/type", "200 answered to a broken body (a.b is 7), not 400", 200),
        told("200/body/a.b", '200 answered with a.b: 7 is not of type "string"'),
    ],
    "a crash breaks whatever was asked": [
        answered("statuses", "500 answered to a list", 500),
        answered("request/a/type", "500 answered to a broken body (a is []), not 400", 500),
        answered("error/body/errors", "500 answered without errors", 500),
    ],
    "a status that is not documented stands in the place of another": [
        answered("statuses", "202 answered, which is not documented, to an empty body", 202, "accepted"),
        told("200/json", reason=f"{VALID} 202"),
    ],
    "no body can be read": [
        told("200/media-type", "200 answered as text/html, not application/json"),
        told("200/body/a", reason=f"{VALID} 200"),
    ],
    "an empty answer is taken for a refusal": [
        told("200/json", "200 answered with a body that is not JSON: it is empty"),
        told("update/refused-unchanged", 'a changed from "x" to "y", by a request that was answered 200'),
    ],
    "whoever asks is turned away": [
        answered("request/accepted", "401 answered to a body that the document allows (a)", 401, "accepted"),
        told("request/a/type", reason="a refusal of a was withheld: of 98 broken requests: 98 answered 401"),
        told("request/b/type", reason="a refusal of b was withheld: of 98 broken requests: 98 answered 401"),
    ],
    "the same evidence was withheld": [
        told("200/body/a", reason=f"{VALID} 404"),
        told("200/body/b", reason=f"{VALID} 404"),
    ],
    "three members whose type is not checked": [
        answered(f"request/{name}/type", f"200 answered to a broken body ({name} is 7), not 400", 200) for name in "abc"
    ],
    "a header that no answer has cannot be unique either": [
        told("200/header/X-Id", "200 answered without X-Id"),
        told("id/unique", reason="an answer with X-Id was withheld: of 40 valid requests: 40 answered 200"),
    ],
    "anybody is let in": [
        answered("security/none", "200 answered without credentials, not 401", 200, "unauthenticated"),
        answered("security/key", "200 answered with a wrong value in X-Key, not 401", 200, "unauthenticated"),
        told("401/header/W", reason="a 401 was withheld: of 5 requests without valid credentials: 5 answered 200"),
    ],
}
SEVERAL = {
    "two headers": [
        told("200/header/X-Id", "200 answered without X-Id"),
        told("200/header/X-Limit", "200 answered without X-Limit"),
    ],
    "two members of the wrong type": [
        told("200/body/a", '200 answered with a: 7 is not of type "string"'),
        told("200/body/b", '200 answered with b: 8 is not of type "string"'),
    ],
    "two members whose type is not checked": [
        answered(f"request/{name}/type", f"200 answered to a broken body ({name} is 7), not 400", 200) for name in "ab"
    ],
    "one finding in two documents": [
        told("200/header/X-Id", "200 answered without X-Id"),
        told("200/header/X-Id", "200 answered without X-Id", document="e"),
    ],
    "a waived failure and the same that is not waived": [
        told("200/header/X-Id", "200 answered without X-Id", verdict="waived"),
        told("error/header/X-Id", "404 answered without X-Id"),
    ],
    "evidence withheld for two reasons": [
        told("200/body/a", reason=f"{VALID} 404"),
        told("401/header/W", reason="a 401 was withheld: no requests could be sent"),
    ],
}


@pytest.mark.parametrize("name", ONE)
def test_one_cause_is_told_once(name: str) -> None:
    """Clauses that break for one reason are one cause, in whatever order they come."""
    records = ONE[name]
    assert grouped(*records) == grouped(*reversed(records)) == [{record["clause"] for record in records}]


@pytest.mark.parametrize("name", SEVERAL)
def test_two_causes_are_not_told_as_one(name: str) -> None:
    """Clauses that have nothing in common stay apart."""
    assert len(grouped(*SEVERAL[name])) == len(SEVERAL[name])


def test_what_is_kept_or_cannot_be_provoked_has_no_cause() -> None:
    """Only what is not as promised is told as a cause; the reasons why others were not exercised are told apart."""
    kept, unseen = (
        told("a", "x", verdict="kept", finding=None),
        told("200/body/a", reason="a is optional", withheld=False),
    )
    assert grouped(kept, unseen) == []
    assert [(reason, len(own)) for reason, own in causes.reasons([kept, unseen])] == [("it is optional", 1)]


def test_the_gravest_comes_first() -> None:
    """Broken before withheld before warned; among broken, MUST before SHOULD, then what more exchanges show."""
    records = [
        told("w", "warned of", verdict="warned", level="SHOULD"),
        told("h", reason="withheld"),
        told("few", "seldom", against=1),
        told("many", "often", against=8),
        told("should", "always", against=9, level="SHOULD"),
    ]
    assert [cause.best["clause"] for cause in causes.of(records)] == ["many", "few", "should", "h", "w"]


def test_a_cause_names_its_statuses() -> None:
    """The answers on which it was seen are named: statuses, then error answers at large."""
    [cause] = causes.of(ONE["the same header is missing on several answers"])
    assert cause.statuses == ("200", "429", "error")
    assert cause.spread == ", on 200, 429 and other errors"
    [alone] = causes.of([told("200/header/X-Id", "200 answered without X-Id")])
    assert alone.spread == ""


def test_a_name_inside_another_word_stays() -> None:
    """Where a reason is told for several clauses, only the clause's own member becomes *it*."""
    record = told("update/immutable/id", reason="of 3 valid requests: id did not come")
    assert causes.why(record) == "of 3 valid requests: it did not come"
